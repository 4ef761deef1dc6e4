/**
 * The guided proof of one bank: a steady tone goes into one of its inputs, and its phase tells what the port does.
 *
 * A tone alone shows slips: each moves its phase by whole frames, 7.5 degrees a frame at 1 kHz and 48 kHz, and no slip for
 * long enough bounds the clocks' difference. Its slope shows nothing: that is the generator's own crystal. Where the same tone
 * stands on a channel of the interface's own clock as well (a Y lead, or loopback), the generator drops out of the difference
 * of the two phases, and its slope between slips is the difference of the clocks, within seconds.
 */
import { type PhaseStep, PhaseTrack, wrapped } from './phaseTrack.ts';
import { type BlockSums, ToneBlocks } from './toneBlocks.ts';
import { strongestPair, ToneFinder, windowFrames } from './toneFinder.ts';

export type ProofState = 'listening' | 'measuring' | 'passed' | 'failed' | 'unclear';
/** Why it can not tell, or not yet. */
export type ProofReason =
  | 'noTone'
  | 'clipped'
  | 'noisy'
  | 'unsteady'
  | 'badPitch'
  | 'fewJumps'
  | 'oddJumps'
  | 'tooShort';

export interface ProofReading {
  readonly state: ProofState;
  /** What stands in the way now; of `unclear`: why. null: nothing. */
  readonly reason: ProofReason | null;
  /** 0-based columns; null: not found. */
  readonly column: number | null;
  readonly reference: number | null;
  readonly hz: number | null;
  readonly levelDbfs: number | null;
  /** One frame's step of the phase over what noise makes; null before there is a track. 8 is enough. */
  readonly clearness: number | null;
  /** Seconds of tone measured, and how many it takes. */
  readonly seconds: number;
  readonly neededS: number;
  /** Positive: the bank's clock is faster. */
  readonly ppm: number | null;
  /** 95 % half width. */
  readonly uncertaintyPpm: number | null;
  /** A larger difference would have been seen, 99 %. */
  readonly boundPpm: number | null;
  readonly slips: number;
  readonly slipsPerMinute: number | null;
  /** By the difference of two tracks, or by steps of one alone. */
  readonly by: 'slope' | 'steps';
}

export interface ProofMeterOptions {
  readonly rateHz: number;
  /** 0-based columns of the bank. */
  readonly columns: readonly number[];
  /** Columns on the interface's own clock. */
  readonly references: readonly number[];
  /** It ends, unclear, after so long without a tone that can tell; null: never. */
  readonly patienceS?: number | null;
}

/** Without a reference: a slip of half a FIFO of 64 frames would come within the time, at this difference of clocks. */
const BOUND_PPM = 10;
const FIFO_FRAMES = 32;
/** At high rates little time would do: a tone is looked at for so long at least, s. */
const LEAST_STEPS_S = 15;
/** With a reference. */
const LEAST_SLOPE_S = 5;
/** One clock: less than this between them. 0.35 ppm would be a slip a minute at 48 kHz. */
const SAME_CLOCK_PPM = 0.3;
/** A slaved clock wanders by so much around its master, s: no slope is known better. */
const WANDER_S = 1e-7;
/** Steps of one rhythm that make two clocks; with a reference one step does. */
const RHYTHM_STEPS = 4;
/** A rhythm is told once it has been heard for so long, or with so many steps. */
const RHYTHM_S = 5;
const RHYTHM_ENOUGH = 8;
/** Longest measurement, s. */
const MOST_S = 240;
const PATIENCE_S = 60;
/** Tracks whose noise is this much smaller in their difference carry one another's noise: one is made of the other. */
const COPY_PART = 0.25;
/** Of the middle level: a block further off is disturbed. */
const LEVEL_PART = 0.1;
const LOST_PART = 0.25;
/**
 * Slips at the tone's own frequency hide among its harmonics: it must be above the slips of a pulled-down clock (1000 ppm),
 * with room for a bin or four. Part of the rate: 259 Hz at 192 kHz.
 */
const LEAST_PITCH = 0.00135;
/** So many spectra in a row with lines beside the tone: no click. */
const MOST_PAIRS = 2;
/** A tone that clips does so in every period. */
const CLIP_MEMORY_S = 0.3;
/** A track's noise is known by then, s. */
const SETTLED_S = 0.5;

interface Tracking {
  readonly blocks: ToneBlocks;
  readonly hz: number;
  readonly column: number;
  readonly reference: number | null;
  readonly bank: PhaseTrack;
  /** On the reference channel, and of the difference. */
  readonly own: PhaseTrack | null;
  readonly between: PhaseTrack | null;
  /** Amplitudes of the tone, as block sums. */
  readonly levels: Float64Array;
  /** Samples of the bank's column for a spectrum, once a second. */
  readonly window: Int32Array;
  filled: number;
  lookFrame: number;
  /** Spectra in a row with a pair of lines beside the tone: one may be a click. */
  pairs: number;
  quietBlocks: number;
  /** Part of the last blocks with samples at full scale, 0..1. */
  clipped: number;
  /** Seconds in which a slip would not have been seen. */
  blindS: number;
  startFrame: number;
}

export class ProofMeter {
  readonly #options: ProofMeterOptions;
  readonly #finder: ToneFinder;
  #tracking: Tracking | null = null;
  #reading: ProofReading;
  /** Frames since the start, and when there was last a tone that could tell. */
  #frames = 0;
  #hopeFrame = 0;
  #lastReason: ProofReason = 'noTone';
  #restarts = 0;

  constructor(options: ProofMeterOptions) {
    this.#options = options;
    this.#finder = new ToneFinder(options);
    this.#reading = this.#idle('listening', null);
  }

  get reading(): ProofReading {
    return this.#reading;
  }

  get done(): boolean {
    const { state } = this.#reading;
    return state === 'passed' || state === 'failed' || state === 'unclear';
  }

  /** Frames were lost: what was measured can't be joined to what follows. */
  gap(): void {
    if (!this.done) this.#restart('tooShort');
  }

  /** The stream ended. */
  end(): void {
    if (this.done) return;
    if (this.#tracking !== null) this.#judge();
    if (this.done) return;
    const reason = this.#reading.reason ?? (this.#tracking === null ? 'noTone' : 'tooShort');
    this.#reading = { ...this.#reading, state: 'unclear', reason };
  }

  /** `block`: interleaved Int32, left-justified; its first frame is `frame` of the stream. */
  process(block: Int32Array, channels: number, frames: number, frame: number): void {
    if (this.done) return;
    this.#frames += frames;
    const tracking = this.#tracking;
    if (tracking === null) {
      const found = this.#finder.process(block, channels, frames);
      if (found !== null)
        this.#track(found.tone.hz, found.tone.column, found.reference?.column ?? null, frame + frames);
      else this.#wait();
      return;
    }
    tracking.blocks.process(block, channels, frames, frame);
    this.#lookBeside(tracking, block, channels, frames);
    if (this.#tracking !== null) this.#judge();
    this.#wait();
  }

  #idle(state: ProofState, reason: ProofReason | null): ProofReading {
    return {
      state,
      reason,
      column: null,
      reference: null,
      hz: null,
      levelDbfs: null,
      clearness: null,
      seconds: 0,
      neededS: this.#neededS(false),
      ppm: null,
      uncertaintyPpm: null,
      boundPpm: null,
      slips: 0,
      slipsPerMinute: null,
      by: 'steps',
    };
  }

  #neededS(withReference: boolean): number {
    if (withReference) return LEAST_SLOPE_S;
    return Math.max(LEAST_STEPS_S, (FIFO_FRAMES * 1e6) / (0.99 * BOUND_PPM * this.#options.rateHz));
  }

  #restart(reason: ProofReason): void {
    this.#tracking = null;
    this.#finder.reset();
    this.#lastReason = reason;
    this.#restarts++;
    this.#reading = this.#idle('listening', reason);
  }

  #wait(): void {
    if (this.done) return;
    const { rateHz, patienceS = PATIENCE_S } = this.#options;
    if (patienceS === null || this.#frames - this.#hopeFrame < patienceS * rateHz) return;
    const reason = this.#reading.reason ?? (this.#restarts > 0 ? this.#lastReason : 'noTone');
    this.#reading = { ...this.#reading, state: 'unclear', reason };
  }

  #track(hz: number, column: number, reference: number | null, frame: number): void {
    const { rateHz } = this.#options;
    const columns = reference === null ? [column] : [column, reference];
    const blocks = new ToneBlocks({ hz, rateHz, columns }, (at, sums) => this.#block(at, sums));
    const track = () => new PhaseTrack({ rateHz, hz, blockFrames: blocks.frames });
    this.#tracking = {
      blocks,
      hz,
      column,
      reference,
      bank: track(),
      own: reference === null ? null : track(),
      between: reference === null ? null : track(),
      levels: new Float64Array(columns.length),
      window: new Int32Array(windowFrames(rateHz)),
      filled: 0,
      lookFrame: 0,
      pairs: 0,
      quietBlocks: 0,
      clipped: 0,
      blindS: 0,
      startFrame: frame,
    };
  }

  /** Slips too fast for blocks of phase: lines beside the tone. */
  #lookBeside(tracking: Tracking, block: Int32Array, channels: number, frames: number): void {
    const { rateHz } = this.#options;
    const { window, hz, column } = tracking;
    // The first window at once, then one a second.
    const from = tracking.lookFrame;
    tracking.lookFrame += frames;
    if (tracking.lookFrame <= 0) return;
    for (let i = Math.max(0, -from); i < frames && tracking.filled < window.length; i++)
      window[tracking.filled++] = block[i * channels + column]!;
    if (tracking.filled < window.length) return;
    tracking.filled = 0;
    tracking.lookFrame = -rateHz;
    // The first line of a sawtooth of one frame, and half of it.
    const oneFrame = hz / rateHz;
    tracking.pairs = strongestPair(window, rateHz, hz) >= oneFrame / 2 ? tracking.pairs + 1 : 0;
  }

  #block(frame: number, sums: readonly BlockSums[]): void {
    const tracking = this.#tracking;
    if (tracking === null) return;
    const blockS = tracking.blocks.frames / this.#options.rateHz;
    // The oscillator goes on over blocks: only its slow difference from the tone is left in the phase.
    const phases = sums.map(({ i, q }, k): number | null => {
      const level = Math.hypot(i, q);
      const middle = tracking.levels[k]!;
      if (middle === 0) {
        tracking.levels[k] = level;
        return null;
      }
      const off = Math.abs(level - middle) > LEVEL_PART * middle;
      // The level may be turned; a moment of something else hardly moves it.
      tracking.levels[k] = middle + (off ? 0.02 : 0.05) * (level - middle);
      return off ? null : Math.atan2(q, i);
    });
    const lowest = sums.reduce((low, { i, q }, k) => Math.min(low, Math.hypot(i, q) / (tracking.levels[k] || 1)), 1);
    tracking.quietBlocks = lowest < LOST_PART ? tracking.quietBlocks + 1 : 0;
    const full = sums.some(({ clipped }) => clipped > 0) ? 1 : 0;
    tracking.clipped += Math.min(1, blockS / CLIP_MEMORY_S) * (full - tracking.clipped);
    const zeros = sums[0]!.zeros;
    const [bank = null, own = null] = phases;
    tracking.bank.add(frame, bank, zeros);
    tracking.own?.add(frame, own);
    tracking.between?.add(frame, bank === null || own === null ? null : wrapped(bank - own), zeros);
    if (!this.#main(tracking).clear || tracking.pairs >= MOST_PAIRS) tracking.blindS += blockS;
    if (tracking.quietBlocks * blockS > 0.25) this.#restart('noTone');
    else if (this.#main(tracking).lost) this.#restart(troubleOf(this.#main(tracking)));
  }

  /** Is the reference a signal of its own? A copy of the bank would always agree with it. */
  #independent({ bank, own, between }: Tracking): boolean {
    if (own === null || between === null) return false;
    return between.quickVariance > COPY_PART * (bank.quickVariance + own.quickVariance);
  }

  #main(tracking: Tracking): PhaseTrack {
    return this.#independent(tracking) ? tracking.between! : tracking.bank;
  }

  #judge(): void {
    const tracking = this.#tracking!;
    const { rateHz } = this.#options;
    const independent = this.#independent(tracking);
    const track = this.#main(tracking);
    const seconds = track.seconds;
    const steps = track.steps;
    const neededS = this.#neededS(independent);
    const amplitude = (tracking.levels[0]! * 2) / tracking.blocks.frames / 32767 / 2 ** 23;
    const base = {
      ...this.#idle('measuring', null),
      column: tracking.column,
      reference: independent ? tracking.reference : null,
      hz: tracking.hz,
      levelDbfs: amplitude > 0 ? 20 * Math.log10(amplitude) : null,
      clearness: track.seconds > 0 ? Math.min(999, track.clearness) : null,
      seconds,
      neededS,
      slips: steps.length,
      by: independent ? ('slope' as const) : ('steps' as const),
    };
    const reason = this.#obstacle(tracking, track);
    if (reason !== null) {
      this.#reading = { ...base, reason };
      // What could not be seen is not joined to what follows.
      if (tracking.blindS > 2) this.#restart(reason);
      return;
    }
    const rhythm = rhythmOf(steps, rateHz, tracking.blocks.frames);
    const decided = independent ? this.#bySlope(track, tracking.hz, rhythm) : this.#bySteps(track, rhythm, neededS);
    // Slips that are seen are slips; that there are none can't be said where the tone's own period hides some.
    const low = tracking.hz < LEAST_PITCH * rateHz;
    const hidden =
      decided.state !== 'failed' && track.seconds >= SETTLED_S && (low || (!independent && track.hidden !== null));
    this.#reading = { ...base, ...(hidden ? { reason: 'badPitch' as const } : decided) };
    if (seconds >= SETTLED_S && !hidden) this.#hopeFrame = this.#frames;
    if (this.#reading.state === 'measuring' && seconds > MOST_S) {
      const odd = steps.some(({ frames }) => frames === null);
      this.#reading = {
        ...this.#reading,
        state: 'unclear',
        reason: odd ? 'oddJumps' : steps.length > 0 ? 'fewJumps' : 'tooShort',
      };
    }
  }

  /** What stands in the way of a verdict now. */
  #obstacle(tracking: Tracking, track: PhaseTrack): ProofReason | null {
    if (tracking.clipped > 0.3) return 'clipped';
    if (track.seconds < SETTLED_S) return null;
    if (tracking.pairs >= MOST_PAIRS) return 'unsteady';
    return track.disturbed > 0.1 || !track.clear ? troubleOf(track) : null;
  }

  #bySlope(track: PhaseTrack, hz: number, rhythm: Rhythm | null): Partial<ProofReading> {
    const slope = track.seconds < LEAST_SLOPE_S ? null : track.slope();
    if (slope === null) return {};
    // Faster by so much, the bank puts more frames into a second of tone: its phase falls behind the reference's.
    const scale = 1e6 / (2 * Math.PI * hz);
    const ppm = -slope.perS * scale;
    const wanderPpm = (WANDER_S / track.seconds) * 1e6;
    const uncertaintyPpm = Math.hypot(slope.half95 * scale, wanderPpm);
    const half99 = Math.hypot(slope.half99 * scale, 1.4 * wanderPpm);
    const largest = Math.abs(ppm) + half99;
    const told = { ppm, uncertaintyPpm };
    const slipped = track.steps.length > 0;
    if (!slipped && largest < SAME_CLOCK_PPM) return { ...told, state: 'passed', boundPpm: largest };
    const apart = Math.abs(ppm) - half99 > SAME_CLOCK_PPM;
    if (!apart) return told;
    const perFrame = (60 * Math.abs(ppm) * this.#options.rateHz) / 1e6;
    const frames = Math.max(
      1,
      Math.abs(rhythm?.frames ?? track.steps.find((step) => step.frames !== null)?.frames ?? 1),
    );
    return { ...told, state: 'failed', slipsPerMinute: perFrame / frames };
  }

  #bySteps(track: PhaseTrack, rhythm: Rhythm | null, neededS: number): Partial<ProofReading> {
    const { rateHz } = this.#options;
    if (rhythm !== null) {
      const { frames, periodFrames, uncertainty } = rhythm;
      const ppm = (1e6 * frames) / periodFrames;
      return {
        state: 'failed',
        ppm,
        uncertaintyPpm: Math.abs(ppm) * uncertainty,
        slipsPerMinute: (60 * rateHz) / periodFrames,
      };
    }
    if (track.steps.length > 0 || track.seconds < neededS) return {};
    const boundPpm = (FIFO_FRAMES * 1e6) / (0.99 * track.seconds * rateHz);
    return { state: 'passed', boundPpm };
  }
}

/** Noise jumps from block to block; a tone that sways takes its time. */
function troubleOf(track: PhaseTrack): ProofReason {
  return track.sway > 0.4 ? 'unsteady' : 'noisy';
}

interface Rhythm {
  /** Frames of each step, with its sign. */
  readonly frames: number;
  readonly periodFrames: number;
  /** 95 % half width of the period, as part of it. */
  readonly uncertainty: number;
}

/** Steps that come at even intervals, all of one size and sign: two clocks. null: not, or not yet. */
export function rhythmOf(steps: readonly PhaseStep[], rateHz: number, blockFrames: number): Rhythm | null {
  if (steps.length < RHYTHM_STEPS) return null;
  // A click on top of a slip may hide how many frames it was: one in five is let pass.
  const frames = steps.map((step) => step.frames).sort((a, b) => (a ?? 0) - (b ?? 0))[steps.length >> 1]!;
  const alike = steps.filter((step) => step.frames === frames);
  if (frames === null || alike.length < Math.max(RHYTHM_STEPS, 0.8 * steps.length)) return null;
  const at = alike.map(({ frame }) => frame);
  const span = at.at(-1)! - at[0]!;
  if (span < RHYTHM_S * rateHz && alike.length < RHYTHM_ENOUGH) return null;
  const gaps = at.slice(1).map((frame, i) => frame - at[i]!);
  const middle = [...gaps].sort((a, b) => a - b)[gaps.length >> 1]!;
  const places = [0];
  for (const gap of gaps) places.push(places.at(-1)! + Math.max(1, Math.round(gap / middle)));
  const n = places.length;
  const mx = places.reduce((sum, x) => sum + x, 0) / n;
  const my = at.reduce((sum, y) => sum + y, 0) / n;
  const xx = places.reduce((sum, x) => sum + (x - mx) ** 2, 0);
  const periodFrames = places.reduce((sum, x, i) => sum + (x - mx) * (at[i]! - my), 0) / xx;
  const off = places.map((x, i) => at[i]! - my - periodFrames * (x - mx));
  const allowed = 0.12 * periodFrames + 2 * blockFrames;
  if (off.some((each) => Math.abs(each) > allowed)) return null;
  // Most of the places must be taken: every slip is seen, but for a click that covers one.
  if (n < 0.7 * (places.at(-1)! + 1)) return null;
  const scatter = Math.max(
    blockFrames / Math.sqrt(12),
    Math.sqrt(off.reduce((sum, each) => sum + each ** 2, 0) / (n - 2)),
  );
  const t = n < 8 ? 4.3 : 2.3;
  return { frames, periodFrames, uncertainty: (t * scatter) / Math.sqrt(xx) / periodFrames };
}
