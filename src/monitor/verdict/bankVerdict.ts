/**
 * The verdict on one bank: noLock, lock (slipping), sync, or unknown, and how it is known. Pure: frames in, words out; time is
 * the frame count. See docs/slips.md for what each number was measured on.
 */
import { type Comb, type CombHit, findComb, onComb } from '../../dsp/slip/comb.ts';
import type { DropEvent, DropTrial } from '../../dsp/slip/dropDetector.ts';
import type { ExactSlip } from '../../dsp/slip/exactSlips.ts';
import type { Basis, SyncWord } from '../snapshot.ts';

/** One slip as it is shown and stored. */
export interface Slip {
  readonly frame: number;
  readonly kind: 'drop' | 'repeat' | 'zeros';
  readonly frames: number;
}

/**
 * Why what was heard settles nothing. zeros: digital zero. tooLittle: more of the same will do. hidden: what plays would hardly show a
 * slip, however long. held: a jump was heard that may be a block of frames left out, or some that may stand on a comb.
 */
export type Unsettled = 'zeros' | 'tooLittle' | 'hidden' | 'held';

export interface BankVerdictState {
  readonly sync: SyncWord;
  readonly basis: Basis;
  /** null: `sync` is not `unknown`. */
  readonly unsettled: Unsettled | null;
  /** What was heard since the last slip or gap, of what `sync` wants, 0..1. */
  readonly heardPart: number;
  /** Share of the last minute in which a slip would have been seen, 0..1; null before the first trials. */
  readonly showsNow: number | null;
  /** Positive: the bank's clock is faster than the interface's. */
  readonly ppm: number | null;
  /** 95 % half width. */
  readonly uncertaintyPpm: number | null;
  /** With `sync` from audio: a larger difference would have been seen (99 %). */
  readonly boundPpm: number | null;
  /** Seconds, since the last slip or gap, in which a slip would have been seen. */
  readonly observableS: number;
  /** Share of the last minutes in which a slip would have been seen, 0..1; null before the first trials. */
  readonly recall: number | null;
  readonly slips: number;
  readonly slipsPerMinute: number | null;
  readonly firstSlipFrame: number | null;
  readonly lastSlipFrame: number | null;
  /** Frames of the longest single slip. */
  readonly longestFrames: number;
  /** true from the first lock until cleared. */
  readonly latched: boolean;
  /** The whole bank is digital zero, for half a second or more. */
  readonly digitalZero: boolean;
}

/** What a guided proof found. */
export interface ProofResult {
  /** One clock, as far as `boundPpm` tells. */
  readonly passed: boolean;
  readonly ppm: number | null;
  readonly uncertaintyPpm: number | null;
  readonly boundPpm: number | null;
  readonly slipsPerMinute: number | null;
  /** Monotonic, when it was made. */
  readonly atMs: number;
}

/** What a device's own control says of the bank, where there is one. */
export type DeviceWord = 'noLock' | 'lock' | 'sync' | null;

/** What the detector says of a place, or of a trial (one frame). */
interface Found {
  readonly frames?: number;
  readonly sizes?: Float64Array | null;
  readonly nats: number;
  readonly others: number;
  readonly voices: number;
}

/** Different things that the channels must say to be more than one witness: copies of one source say one. */
const WITNESSES = 1.5;

/**
 * What a drop that is shown alone must say, nats: in all, without the surest channel, by the short look, and against the other stories of a break. The
 * less the one says, the more the other must. See docs/slips.md for what clean sound reaches.
 */
const ALONE = [
  { nats: 20, others: 6, again: Number.NEGATIVE_INFINITY, story: 0, witnesses: WITNESSES },
  { nats: 14, others: 6, again: 2, story: 0, witnesses: WITNESSES },
  { nats: 14, others: 4, again: 2, story: 20, witnesses: WITNESSES },
  // Copies of one source are one witness, and reached 26 nats.
  { nats: 40, others: 5, again: Number.NEGATIVE_INFINITY, story: 20, witnesses: 0 },
] as const;

/** A drop that may be shown by itself. A block never is: cuts in the music look like one, and only a comb of them is none. */
export function isStrong(drop: Found & { readonly again: number | null; readonly storyNats: number | null }): boolean {
  const { sizes, storyNats } = drop;
  // Where another story of a break is likelier, or nobody asked for them, it is none.
  if (sizes || storyNats === null || storyNats < 0) return false;
  return ALONE.some(
    ({ nats, others, again, story, witnesses }) =>
      drop.nats >= nats &&
      drop.others >= others &&
      (drop.again ?? Number.NEGATIVE_INFINITY) >= again &&
      storyNats >= story &&
      drop.voices >= witnesses,
  );
}

/**
 * The sound breaks here on the whole bank: frames may be missing, whoever says so and however many, or it is a cut of an edit. Where it gets
 * much quieter at once the sound ends; where frames are left out it does so in 2 of 100 places.
 */
function isBreak(drop: DropEvent): boolean {
  return drop.sizes !== null && drop.nats >= 30 && drop.riseDb > -END_DB;
}
const END_DB = 4.5;
/**
 * What 2 to 64 missing frames must say against a jump to anywhere, nats, for SYNC to wait. On the tuning set 9 of 100 cuts of an edit say more, and
 * of 100 blocks less: none in orchestral and electronic music, 2 in drums and distorted guitar, 5 in a rehearsal, 8 in speech.
 */
const BLOCK_STORY_NATS = 2;
/** Where clear cuts outnumber what may be blocks, the sound is being edited, and more is asked: 2 of 100 cuts say that, and 77 to 94 of 100 blocks. */
const EDITED_STORY_NATS = 10;
const CLEARLY_CUT_NATS = -5;
const EDITED_CUTS = 4;
const EDITED_SHARE = 2;
const EDITED_S = 300;

/**
 * A drop that counts on a comb: likelier than not by far, and the rest of the bank, where it says something, does not speak
 * against it. Copies of one source are one witness, who must be surer.
 */
export function isWeak(drop: Found): boolean {
  if (drop.sizes) return drop.nats >= 15 && drop.others >= 5;
  return drop.nats >= (drop.voices >= WITNESSES ? 6 : 10) && drop.others >= 0;
}

/** Hits and odds that a comb needs before it is an alarm. */
const ALARM_HITS = 6;
const ALARM_NATS = 28;
/** With exact or strong events alone fewer will do. */
const ALARM_STRONG_HITS = 4;
/** A comb this likely withholds `sync`. */
const SUSPICION_NATS = 10;
/** Exact slips within this time that make an alarm without a comb. */
const EXACT_PAIR_S = 120;
const EXACT_TRIPLE_S = 900;
/** A comb of ALARM_HITS is found with 99 % when this many hits are expected: P(Poisson(13.1) < 6) = 1 %. */
const EXPECTED_HITS = 13.1;
/** `sync` is said from this bound on, ppm. */
const SYNC_BOUND_PPM = 10;
/** Below this share of observable time the bank stays `unknown`. */
const LEAST_RECALL = 0.2;
/** A `sync` that stands does so down to this share. */
const KEEP_RECALL = 0.15;
/** What plays now, and not what was silent minutes ago, says whether slips would show in it. */
const NOW_S = 60;
/** Who has just begun to play is not told that it will not do: of ten trials, two are seen in three seconds. */
const NEWEST_S = 15;
const RECENT_S = 180;
/** Fewer trials say nothing of a share. */
const LEAST_TRIALS = 8;
/** Evidence older than this says nothing about the clock of now. */
export const MEMORY_S = 1200;
/** Least time that a lock stands after its last slip. */
const HOLD_S = 30;
/** A receiver that gives up 32 frames at once does so every 67 s at 10 ppm: SYNC waits this long after one block. */
const BLOCK_WAIT_S = 120;
/** Digital zero for this long counts; signal for this long ends it. */
const ZERO_S = 0.5;
const MAX_EVENTS = 64;

interface Event extends CombHit {
  readonly slip: Slip;
  readonly strong: boolean;
}

export class BankVerdict {
  readonly #rateHz: number;
  #frame = 0;
  #since = 0;
  /** No SYNC by ear before this frame: the sound was cut. */
  #waitUntil = 0;
  #events: Event[] = [];
  #exact: number[] = [];
  /** Breaks of the last EDITED_S, and what they said for a block against a jump, nats. */
  #breaks: { readonly frame: number; readonly storyNats: number }[] = [];
  #trials: { frame: number; frames: number; seen: boolean }[] = [];
  #lastTrial = 0;
  #comb: Comb | null = null;
  #lock: {
    from: number;
    until: number;
    /** Of the comb that gave the ppm. */
    nats: number;
    ppm: number | null;
    uncertaintyPpm: number | null;
    perMinute: number | null;
  } | null = null;
  #searched = Number.NEGATIVE_INFINITY;
  #zeroFrames = 0;
  #aliveFrames = 0;
  #zero = false;
  #latched = false;
  #synced = false;
  #device: DeviceWord = null;
  #proof: ProofResult | null = null;
  readonly #counted = new Map<number, Slip>();
  #slips = 0;
  #first: number | null = null;
  #last: number | null = null;
  #longest = 0;
  readonly #onSlip: ((slip: Slip) => void) | null;

  /** `onSlip`: called once for each slip that is counted, in no strict order: a comb proves earlier ones. */
  constructor(rateHz: number, onSlip: ((slip: Slip) => void) | null = null) {
    this.#rateHz = rateHz;
    this.#onSlip = onSlip;
  }

  /** Exact evidence on this bank. */
  takeExact(exact: ExactSlip): void {
    const slip: Slip = { frame: exact.frame, kind: exact.kind, frames: exact.frames };
    this.#add({
      frame: exact.frame,
      moved: -exact.frames,
      sizes: null,
      shape: null,
      riseDb: null,
      nats: exact.confidenceBits,
      slip,
      strong: true,
    });
    this.revokeProof();
    this.#count(slip);
    this.#restart(exact.frame);
    this.#exact.push(exact.frame);
    if (this.#exact.length > 3) this.#exact.shift();
    const span = (back: number) => {
      const from = this.#exact.at(-1 - back);
      return from === undefined ? Number.POSITIVE_INFINITY : (exact.frame - from) / this.#rateHz;
    };
    if (span(1) <= EXACT_PAIR_S || span(2) <= EXACT_TRIPLE_S) {
      const seconds = span(1);
      this.#alarm(exact.frame, seconds * 2, { nats: 0, ppm: null, uncertaintyPpm: null, perMinute: 60 / seconds });
    }
    this.#search(true);
  }

  /** A frame that seems to be missing. */
  takeDrop(drop: DropEvent): void {
    // Blocks come seldom: SYNC waits for as long as the next may take. What is heard meanwhile counts.
    if (isBreak(drop) && this.#mayBeBlock(drop)) {
      this.#restart(drop.frame);
      this.#waitUntil = Math.max(this.#waitUntil, drop.frame + BLOCK_WAIT_S * this.#rateHz);
    }
    if (!isWeak(drop)) return;
    const strong = isStrong(drop);
    const slip: Slip = { frame: drop.frame, kind: 'drop', frames: drop.frames };
    this.#add({
      frame: drop.frame,
      moved: drop.frames,
      sizes: drop.sizes,
      shape: drop.shape,
      riseDb: drop.riseDb,
      nats: drop.nats,
      slip,
      strong,
    });
    if (strong) {
      this.revokeProof();
      this.#count(slip);
      this.#restart(drop.frame);
    }
    this.#search(false);
  }

  /**
   * A trial: would a slip have been seen just now? In copies of one source it does not count: a single frame may be seen there, a block that
   * a receiver gives up at once never is, and SYNC would be said of both.
   */
  takeTrial(trial: DropTrial): void {
    const frames = Math.min(trial.frame - this.#lastTrial, 5 * this.#rateHz);
    this.#lastTrial = trial.frame;
    this.#trials.push({
      frame: trial.frame,
      frames: Math.max(0, frames),
      seen: isWeak(trial) && trial.voices >= WITNESSES,
    });
    while (this.#trials.length > 0 && this.#trials[0]!.frame < trial.frame - MEMORY_S * this.#rateHz)
      this.#trials.shift();
    this.#synced = this.#heardClean(this.#seen());
  }

  /** Time goes on: `frames` more, in which the bank was digital zero throughout, or not. */
  advance(frames: number, digitalZero: boolean): void {
    this.#frame += frames;
    if (digitalZero) {
      this.#zeroFrames += frames;
      this.#aliveFrames = 0;
      if (this.#zeroFrames >= ZERO_S * this.#rateHz) {
        this.#zero = true;
        // What was seen before the silence says nothing of the clock behind it.
        this.#proof = null;
        this.#restart(this.#frame);
      }
    } else {
      this.#aliveFrames += frames;
      this.#zeroFrames = 0;
      if (this.#aliveFrames >= ZERO_S * this.#rateHz) this.#zero = false;
    }
    if (this.#lock !== null && this.#frame > this.#lock.until) {
      this.#lock = null;
      this.#comb = null;
      this.#restart(this.#frame);
    }
  }

  /** What the device's own control says, or null where it says nothing that can be trusted. */
  setDevice(word: DeviceWord): void {
    // A clock that was put right after a proof had failed.
    if (word === 'sync' && this.#device !== 'sync' && this.#proof?.passed === false) this.#proof = null;
    this.#device = word;
  }

  /** A guided proof ended with a verdict: it stands until something happens on the bank. */
  setProof(proof: ProofResult): void {
    this.#proof = proof;
    // Evidence against a failed one counts from here on; what was seen before one that passed stays seen.
    if (!proof.passed) {
      this.#latched = true;
      this.#restart(this.#frame);
    }
  }

  /** Something happened to the clocks: a proof that passed is no word about now. */
  revokeProof(): void {
    if (this.#proof?.passed === true) this.#proof = null;
  }

  /** The last guided proof, while it holds: a slip, a gap, or digital silence since then ends it. */
  get proof(): ProofResult | null {
    return this.#proof;
  }

  /** Frames were lost: events before and after can't stand on one comb. */
  gap(): void {
    this.#events = [];
    this.#comb = null;
    this.#proof = null;
    this.#restart(this.#frame);
  }

  /** Clears counts and the latch. */
  clear(): void {
    this.#counted.clear();
    this.#slips = 0;
    this.#first = null;
    this.#last = null;
    this.#longest = 0;
    this.#latched = false;
    if (this.#proof?.passed === false) this.#proof = null;
  }

  state(): BankVerdictState {
    const seen = this.#seen();
    const recall = this.#recall();
    const lock = this.#lock;
    const base = {
      unsettled: null,
      heardPart: this.#heardPart(seen),
      showsNow: this.#recall(NOW_S),
      observableS: seen.frames / this.#rateHz,
      recall,
      slips: this.#slips,
      slipsPerMinute: lock?.perMinute ?? null,
      firstSlipFrame: this.#first,
      lastSlipFrame: this.#last,
      longestFrames: this.#longest,
      latched: this.#latched,
      digitalZero: this.#zero,
    };
    const none = { ppm: null, uncertaintyPpm: null, boundPpm: null };
    const proof = this.#proof;
    const failed = proof !== null && !proof.passed && !this.#heardClean(seen) ? proof : null;
    // Of two that say lock, the one that knows better by how much.
    const surer =
      failed !== null &&
      (failed.uncertaintyPpm ?? Number.POSITIVE_INFINITY) < (lock?.uncertaintyPpm ?? Number.POSITIVE_INFINITY);
    // A device that says "sync" may still be wrong about its own input; slips heard overrule it.
    if (lock !== null && !surer)
      return {
        sync: 'lock',
        basis: 'audio',
        ppm: lock.ppm,
        uncertaintyPpm: lock.uncertaintyPpm,
        boundPpm: null,
        ...base,
      };
    if (failed !== null)
      return {
        sync: 'lock',
        basis: 'proof',
        ppm: failed.ppm,
        uncertaintyPpm: failed.uncertaintyPpm,
        boundPpm: null,
        ...base,
        slipsPerMinute: failed.slipsPerMinute,
      };
    const proven = proof?.passed === true && (this.#device === null || this.#device === 'sync');
    if (proven && !this.#suspicious)
      return { sync: 'sync', basis: 'proof', ppm: null, uncertaintyPpm: null, boundPpm: proof.boundPpm, ...base };
    if (this.#device !== null) return { sync: this.#device, basis: 'device', ...none, ...base };
    // Zeros alone don't tell a dead fibre from a muted source: without a control that says so, it is not known.
    if (this.#zero) return { sync: 'unknown', basis: 'none', ...none, ...base, unsettled: 'zeros' };
    if (this.#heardClean(seen))
      return { sync: 'sync', basis: 'audio', ppm: null, uncertaintyPpm: null, boundPpm: boundOf(seen), ...base };
    return { sync: 'unknown', basis: 'none', ...none, ...base, unsettled: this.#unsettled() };
  }

  /** A break that may be a block left out, and not only a cut of one who edits. */
  #mayBeBlock({ frame, storyNats: told }: DropEvent): boolean {
    const storyNats = told ?? Number.POSITIVE_INFINITY;
    this.#breaks = this.#breaks.filter((other) => other.frame > frame - EDITED_S * this.#rateHz);
    if (this.#breaks.length >= MAX_EVENTS) this.#breaks.shift();
    this.#breaks.push({ frame, storyNats });
    const cuts = this.#breaks.filter((other) => other.storyNats < CLEARLY_CUT_NATS).length;
    const blocks = this.#breaks.filter((other) => other.storyNats > BLOCK_STORY_NATS).length;
    const edited = cuts >= EDITED_CUTS && cuts >= EDITED_SHARE * blocks;
    return storyNats > (edited ? EDITED_STORY_NATS : BLOCK_STORY_NATS);
  }

  #unsettled(): Unsettled {
    const hides = (seconds: number) => {
      const share = this.#recall(seconds);
      return share !== null && share < this.#leastRecall;
    };
    if (hides(NOW_S) && hides(NEWEST_S)) return 'hidden';
    return this.#frame < this.#waitUntil || this.#suspicious ? 'held' : 'tooLittle';
  }

  #heardPart(seen: { watched: number; count: number; trials: number }): number {
    const boundPpm = boundOf(seen);
    const recall = this.#recall();
    if (boundPpm === null || recall === null) return 0;
    return Math.min(1, SYNC_BOUND_PPM / boundPpm, recall / this.#leastRecall);
  }

  get #leastRecall(): number {
    return this.#synced ? KEEP_RECALL : LEAST_RECALL;
  }

  /** Enough was heard that slips would have been, and none were. */
  #heardClean(seen: { watched: number; count: number; trials: number }): boolean {
    const boundPpm = boundOf(seen);
    const recall = this.#recall();
    if (boundPpm === null || recall === null || this.#frame < this.#waitUntil) return false;
    return boundPpm <= SYNC_BOUND_PPM && recall >= this.#leastRecall && !this.#suspicious;
  }

  get #suspicious(): boolean {
    return this.#comb !== null && this.#comb.nats >= SUSPICION_NATS;
  }

  /** Odds of the best comb so far, nats: for figures. */
  get combNats(): number {
    return this.#comb?.nats ?? 0;
  }

  /** Trials since the last slip or gap: how many, how many of them seen, the frames of those, and of all. */
  #seen(): { frames: number; watched: number; count: number; trials: number } {
    let frames = 0;
    let watched = 0;
    let count = 0;
    let trials = 0;
    for (const trial of this.#trials) {
      if (trial.frame <= this.#since) continue;
      trials++;
      watched += trial.frames;
      if (!trial.seen) continue;
      frames += trial.frames;
      count++;
    }
    return { frames, watched, count, trials };
  }

  #recall(seconds = RECENT_S): number | null {
    const recent = this.#trials.filter((trial) => trial.frame > this.#frame - seconds * this.#rateHz);
    if (recent.length < LEAST_TRIALS) return null;
    return recent.filter((trial) => trial.seen).length / recent.length;
  }

  #restart(frame: number): void {
    this.#since = Math.max(this.#since, frame);
  }

  #add(event: Event): void {
    this.#events.push(event);
    this.#events.sort((a, b) => a.frame - b.frame);
    while (this.#events.length > MAX_EVENTS || this.#events[0]!.frame < event.frame - MEMORY_S * this.#rateHz)
      this.#events.shift();
  }

  #count(slip: Slip): void {
    if (this.#counted.has(slip.frame)) return;
    this.#counted.set(slip.frame, slip);
    // Bounded: only recent frames can come again.
    if (this.#counted.size > 4 * MAX_EVENTS) this.#counted.delete(this.#counted.keys().next().value!);
    this.#slips++;
    this.#first = this.#first === null ? slip.frame : Math.min(this.#first, slip.frame);
    this.#last = this.#last === null ? slip.frame : Math.max(this.#last, slip.frame);
    this.#longest = Math.max(this.#longest, slip.frames);
    this.#onSlip?.(slip);
  }

  #search(always: boolean): void {
    const newest = this.#events.at(-1);
    if (newest === undefined) return;
    // A search looks at some thousand periods: once a second is enough.
    if (!always && newest.frame - this.#searched < this.#rateHz) return;
    this.#searched = newest.frame;
    const strong = this.#events.filter((event) => event.strong);
    const candidates = [findComb(this.#events)];
    if (newest.strong && strong.length < this.#events.length) candidates.push(findComb(strong));
    for (const comb of candidates) {
      if (comb === null) continue;
      if (this.#comb === null || comb.nats > this.#comb.nats || comb.lastFrame > this.#comb.lastFrame)
        this.#comb = comb;
      const members = this.#events.filter((event) => onComb(event.frame, comb));
      const enough =
        comb.hits >= ALARM_HITS ||
        (comb.hits >= ALARM_STRONG_HITS && members.filter((event) => event.strong).length >= comb.hits);
      if (!enough || comb.nats < ALARM_NATS) continue;
      const scale = (1e6 * comb.moved) / comb.periodFrames;
      this.#alarm(
        newest.frame,
        (6 * comb.periodFrames * comb.slots) / comb.hits / this.#rateHz,
        comb.settled && comb.nats >= (this.#lock?.nats ?? 0) / 2
          ? {
              nats: comb.nats,
              ppm: scale,
              uncertaintyPpm: Math.abs(scale) * (comb.periodUncertainty / comb.periodFrames),
              perMinute: (60 * this.#rateHz) / comb.periodFrames,
            }
          : { nats: 0, ppm: null, uncertaintyPpm: null, perMinute: null },
      );
      for (const event of members)
        this.#count(event.sizes === null ? event.slip : { ...event.slip, frames: Math.abs(comb.moved) });
      return;
    }
  }

  #alarm(
    frame: number,
    holdS: number,
    clock: { nats: number; ppm: number | null; uncertaintyPpm: number | null; perMinute: number | null },
  ): void {
    this.#latched = true;
    this.revokeProof();
    const until = frame + Math.max(HOLD_S, Math.min(holdS, MEMORY_S)) * this.#rateHz;
    const known = clock.ppm !== null || this.#lock === null ? clock : this.#lock;
    this.#lock = {
      from: this.#lock?.from ?? frame,
      until,
      // What once stood on much better evidence is not given up for less; in time it is.
      nats: Math.max(clock.nats, 0.97 * (this.#lock?.nats ?? 0)),
      ppm: known.ppm,
      uncertaintyPpm: known.uncertaintyPpm,
      perMinute: known.perMinute,
    };
    this.#restart(frame);
  }
}

/** A larger difference would have been seen (99 %); null: nothing seen. */
function boundOf(seen: { watched: number; count: number; trials: number }): number | null {
  // Few trials may have been lucky: the lower 95 % bound of the share seen counts.
  const sure = seen.watched * leastShare(seen.count, seen.trials);
  return sure > 0 ? (EXPECTED_HITS * 1e6) / sure : null;
}

/** Lower 95 % bound (Wilson) of a share of which `seen` of `all` trials are a sample. */
function leastShare(seen: number, all: number): number {
  if (all === 0) return 0;
  const z = 1.645;
  const share = seen / all;
  const centre = share + (z * z) / (2 * all);
  const spread = z * Math.sqrt((share * (1 - share)) / all + (z * z) / (4 * all * all));
  return Math.max(0, (centre - spread) / (1 + (z * z) / all));
}
