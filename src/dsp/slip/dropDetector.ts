/**
 * Stages 1 and 2 of the slip detector: frames left out. A frame that is missing on every channel of a bank leaves a trace in
 * what a predictor can't foresee, on all channels at the same frame. Stage 1 sums that trace over the bank frame by frame
 * and keeps the largest peaks; the splice test looks at each; what passes goes to the judge.
 *
 * How much the material would have shown is measured, not assumed: now and then a frame is left out of a copy of the last
 * moments, and the copy goes the same way as the live frames. These trials are reported beside the events.
 */
import { MAX_BLOCK_FRAMES } from '../meterKernel.ts';
import {
  CELL,
  LOGS,
  MOST_PEAKS,
  PEAK_AROUND,
  PEAK_BESIDE,
  SEGMENT,
  SHORT_TAPS,
  type SlipKernel,
  SPLICE_BEFORE,
  SPLICE_PLACES,
  spliceWindow,
  TAPS,
  WINDOW,
} from './slipKernel.ts';
import { JUDGE_REACH, type Judgement, SpliceJudge } from './spliceJudge.ts';

/** One frame, or a block of up to 64, seems to be missing on a bank. */
export interface DropEvent {
  /** Index of the bank in the list given. */
  readonly bank: number;
  /** Absolute frame of the first frame behind the gap; within 1 of the truth. */
  readonly frame: number;
  /** Frames missing: 1, or what a receiver's store gives up at once. */
  readonly frames: number;
  /** Of a block: log likelihood of each number of missing frames, 0..64; null of a single frame. */
  readonly sizes: Float64Array | null;
  /** Evidence, nats: log likelihood ratio against chance and clicks. */
  readonly nats: number;
  /** The same without the channel that says most: what the rest of the bank agrees to. */
  readonly others: number;
  /** How many different things the channels say at the place: 1 for copies of one source. */
  readonly voices: number;
  /** What a look with half the taps says, nats; null: of a block. */
  readonly again: number | null;
  /**
   * How much likelier this makes what follows than the other stories of a break do, nats: of one frame, than more of them or a jump to anywhere;
   * of a block, than a jump to anywhere. null: not asked, of little evidence or where there was much to ask.
   */
  readonly storyNats: number | null;
  /** What the strongest channel did right behind the place (prediction residual, then the channel): tells a drum machine's repeated hit from a slip. */
  readonly shape: Float32Array;
  /** How much louder the bank is in the 4 ms behind the place than in the 4 ms before, dB: a hit begins here. */
  readonly riseDb: number;
}

/** A frame left out of a copy of the live material, and what the detector made of it. */
export interface DropTrial {
  readonly bank: number;
  readonly frame: number;
  /** Evidence found, nats; 0 where an earlier stage lost it. Where it was clear enough (TRIAL_ENOUGH) not all channels were asked. */
  readonly nats: number;
  readonly others: number;
  readonly voices: number;
}

export interface DropDetectorOptions {
  readonly rateHz: number;
  /** Channels of each bank, 0-based. */
  readonly banks: readonly (readonly number[])[];
  /** WASM or twin, made for `lanesOf(banks)` and DROP_CAPACITY frames. */
  readonly kernel: SlipKernel;
  readonly onDrop: (event: DropEvent) => void;
  readonly onTrial: (trial: DropTrial) => void;
}

/** Where the bank gets this much louder at once something was struck: high peaks are there for that, and electronic instruments cut off their own tail. */
const HIT_DB = 3;
/** The same of the sound itself, in 11 ms: where all that sounds before and behind can be foreseen, the prediction error does not rise. */
const STRUCK_DB = 6;
/** Segments on either side of a place whose loudness is compared: no more than are known behind the end of a step. */
const RISE_SEGMENTS = 3;
/** Frames analysed at a time. */
const STEP = 2048;
/** Frames kept before and behind them: the judge's reach and a little more. */
const MARGIN = Math.ceil((JUDGE_REACH + 64) / SEGMENT) * SEGMENT;
/** Frames set aside for trials. */
const SCRATCH = 2 * MARGIN;
/**
 * Frames of live store: its margins, a step that is looked at and one that comes in meanwhile, and the longest block. More would be moved more
 * seldom, but the banks of 34 channels then leave a processor's second cache (1.5 MB so; with 2.1 MB it cost 1 to 2 % more).
 */
const STORE = 2 * MARGIN + 2 * STEP + 2 * SEGMENT + MAX_BLOCK_FRAMES;
/** Frames that the kernel must hold: the scratch stands behind the store. */
export const DROP_CAPACITY = STORE + SCRATCH;
/** Peaks tested per second of audio and bank at most. 100 found 1 point less in drums with bleed, 200 no more. */
const PEAKS_PER_S = 150;
/**
 * A peak that stands out so little that it speaks against a gap by more than this, nats, is not tested unless it is the first of its step: on the tuning
 * set a third to a half of the peaks are so, and one of 1140 drops was found there; 9 more where the step's first peak was so.
 */
const LEAST_RANK_NATS = -4;
/** Half width of the mean that a peak's height is measured against. */
const AROUND = PEAK_AROUND * CELL;
/** Units of the kernel's ranks and excesses: cells' frames of what they are told for. */
const RANK = PEAK_BESIDE * CELL;
const EXCESS = 2 * AROUND;
/** Logs a step looks at; a trial's stand behind them. */
const WATCHED = STEP + 2 * AROUND;
const TRIAL_LOGS = WATCHED + SEGMENT;
/** Splice test and peak together, nats: what goes on to the judge. On the tuning set two to seven places a second of sound say more without a gap; from 2 nats on one drop in 400 fewer was found. */
const PASS_SPLICE = 0;
/**
 * What a peak that stands out more (Q7 of log2) than USUAL_RANK a telling lane adds to the splice test, nats a step: the test asks only how well
 * the frames fit with one put in, not how much there is to explain. At two judgements a second without a gap, of the drops that the judge
 * could tell 93.5 % instead of 88.6 go on to him in a rehearsal, 94.6 instead of 93.3 in orchestral music; 0.01 and 0.02 do as well.
 */
const RANK_NATS = 0.015;
const USUAL_RANK = 400;
/** What the splice test alone must say not to look further back, nats. */
const GOOD_SPLICE = 1;
/**
 * A peak this far above its surroundings (Q7 of log2, a telling lane) is more than the largest of a cell is by chance: it is looked
 * at further back as well, where the predictor's answer to a gap is late, and for a block of frames.
 */
const HIGH_PEAK = 576;
/**
 * Work of the judge a second of audio and bank, and how much may come at once, in judgements that ask all channels: the judge is dear, and
 * most places cost him a quarter of that or less. The less is left, the more the splice test and the peak must say, up to LAST_SPLICE
 * nats: material full of weak candidates does not keep the judge from the clear ones. Twice as much found no more on the tuning set.
 */
const JUDGE_PER_S = 1.5;
const JUDGE_BURST = 24;
/**
 * Of the trials of late the share that a judge who had time would have told: in noise there is always a place that looks like something, and none that
 * he could tell. Under FULL_HOPE he is lent so much less, for single frames and for blocks, but LEAST_LENT always. Where he is lent less than
 * LITTLE, half the peaks are tested, and no group goes with more than SHORT_TAPS. A new trial counts 1/HOPE_TRIALS.
 */
const FULL_HOPE = 1 / 4;
const LEAST_LENT = 1 / 8;
const LITTLE = 1 / 2;
const HOPE_TRIALS = 8;
/** Share of his work that counts where he tells a drop: those are rare, and a bank that slips must not be searched less for it. */
const TOLD_SHARE = 1 / 3;
/** Places of a step that the judge may be asked of, the best by the splice test and the peak. */
const JUDGE_STEP = 4;
/** His work of one step: more in one turn would keep a slow machine from its small buffer. */
const JUDGE_STEP_WORK = 2;
const LAST_SPLICE = 10;
/** Judge, nats: what is worth reporting. Chance exceeded 5 about once in an hour on the tuning set; see docs/slips.md. */
export const PASS_JUDGE = 1.5;
/**
 * Judgements a second of audio and bank on high peaks that are no single frame: a block of frames may be missing there. With 0.5, and 4 at
 * once, of the blocks of the tuning set 34 instead of 49 % were found in drums with bleed, 40 instead of 55 in electronic music.
 */
const BLOCK_PER_S = 0.75;
const BLOCK_BURST = 8;
/** How far before a high peak the middle of the search for a block's edge lies. */
const BLOCK_BEFORE = 7;
/**
 * The other stories are asked of a single frame from here on, nats: no less counts for anything. How often a second of audio and bank they may
 * be asked, and how often at once: they are as dear as four whole judgements (our measurement).
 */
const STORY_NATS = 6;
const STORIES_PER_S = 1;
const STORIES_BURST = 8;
/** Evidence of a cut at whose edge the judge is asked again, and of a block worth reporting, nats. */
const PASS_BLOCK = 10;
const TOLD_BLOCK = 15;
const TRIAL_EVERY_S = 1.5;
/** Of a trial the truth is known: when all channels but the surest say this much, nats, by the first look or the second, the rest is not asked. */
const TRIAL_ENOUGH = 20;
export const SHAPE_FRAMES = 64;

interface BankLanes {
  readonly channels: readonly number[];
  readonly firstGroup: number;
  readonly groups: number;
  nextTrial: number;
  /** Index up to which residual and logs are known, or -1. */
  known: number;
  /** What the judge may still work, in judgements that ask all channels. */
  tokens: number;
  blockTokens: number;
  storyTokens: number;
  /** Share of the trials of late that the judge would have told, with all time that he may have. */
  hope: number;
  lastDrop: number;
  /** Lanes in which a frame left out would show. */
  telling: number;
  /** Taps of the longest predictor among the groups that tell. */
  order: number;
  /** What a fit changes in the kernel, and room to keep it. */
  readonly fitted: readonly (Float32Array | Int32Array)[];
  readonly kept: readonly (Float32Array | Int32Array)[];
  /** Of them the masks. */
  readonly keptMasks: Int32Array;
}

/** What stands at a place; indices into the store. */
interface Found {
  /** Around where it was judged. */
  readonly at: number;
  readonly place: number;
  readonly frames: number;
  readonly sizes: Float64Array | null;
  readonly nats: number;
  readonly others: number;
  readonly voices: number;
  readonly again: number | null;
  readonly storyNats: number | null;
}

/** A single frame, as the judge found it around index `at`. */
function foundOf(at: number, { place, nats, others, voices, again }: Judgement): Found {
  return { at, place: at + place, frames: 1, sizes: null, nats, others, voices, again, storyNats: null };
}

export class DropDetector {
  readonly #options: DropDetectorOptions;
  readonly #kernel: SlipKernel;
  readonly #banks: BankLanes[] = [];
  readonly #judge: SpliceJudge;
  readonly #best = { nats: 0, place: 0 };
  /** The best peaks of a step by the splice test and their height, best first: what both say, the place, and which peak it is. */
  readonly #picks = Array.from({ length: JUDGE_STEP }, () => ({ nats: 0, place: 0, peak: 0 }));
  /** What a place of this step had to say more than, nats, for the judge to be asked: he has so many picks, and so much work. */
  #leastAsked = 0;
  readonly #peaks: number;
  /** Channels of the last judgement. */
  #asked = 0;
  /** Absolute frame of index 0 of the store. */
  #base = 0;
  /** Frames in the store. */
  #held = 0;
  /** Index of the next frame to analyse. */
  #next = MARGIN;
  /** The bank of that step whose turn it is. */
  #turn = 0;
  #random = 0x1234567;
  /** Work done, for figures: peaks tested, judged. */
  readonly work = { peaks: 0, judged: 0, trials: 0 };

  constructor(options: DropDetectorOptions) {
    this.#options = options;
    const { kernel } = options;
    let firstGroup = 0;
    for (const channels of options.banks) {
      const groups = Math.ceil(channels.length / 4);
      const of = <T extends Float32Array | Int32Array>(all: T) => {
        const each = all.length / kernel.groups;
        return all.subarray(firstGroup * each, (firstGroup + groups) * each);
      };
      const fitted = [of(kernel.taps), of(kernel.telling), of(kernel.orders), of(kernel.masks)];
      const keptMasks = new Int32Array(4 * groups);
      this.#banks.push({
        channels,
        firstGroup,
        groups,
        nextTrial: options.rateHz,
        known: -1,
        tokens: JUDGE_BURST,
        blockTokens: BLOCK_BURST,
        storyTokens: STORIES_BURST,
        hope: 1,
        lastDrop: Number.NEGATIVE_INFINITY,
        telling: 0,
        order: SHORT_TAPS,
        fitted,
        kept: [...fitted.slice(0, 3).map((part) => part.slice()), keptMasks],
        keptMasks,
      });
      firstGroup += groups;
    }
    this.#kernel = kernel;
    this.#judge = new SpliceJudge(this.#kernel.judge);
    this.#peaks = Math.max(2, Math.min(MOST_PEAKS, Math.round((PEAKS_PER_S * STEP) / options.rateHz)));
  }

  /** Takes the block that the kernel has kept. After lost frames call `reset` first. */
  process(frames: number, firstFrame: number, hurried = false): void {
    if (this.#held === 0) this.#base = firstFrame;
    const kernel = this.#kernel;
    if (this.#held + frames > STORE) {
      const from = Math.floor((this.#next - MARGIN) / SEGMENT) * SEGMENT;
      const keep = Math.ceil((this.#held - from) / SEGMENT) * SEGMENT;
      kernel.shift(from, keep);
      this.#base += from;
      this.#held -= from;
      this.#next -= from;
      for (const bank of this.#banks) if (bank.known >= 0) bank.known -= from;
    }
    kernel.append(this.#held, frames);
    this.#held += frames;
    // The banks of a step take turns over the blocks until the next step is due: all at once may take longer than a small buffer holds.
    if (this.#banks.length === 0) return;
    let turns = Math.ceil((this.#banks.length * frames) / STEP);
    while (this.#held >= this.#next + STEP + MARGIN) {
      const late = this.#held >= this.#next + 2 * STEP + MARGIN;
      if (turns-- <= 0 && !late) return;
      if (hurried) this.#passOver(this.#turn);
      else this.#analyse(this.#turn);
      if (++this.#turn < this.#banks.length) continue;
      this.#turn = 0;
      this.#next += STEP;
    }
  }

  /** A step that nobody looks at: a slip in it would not have been seen, and the trials say so. */
  #passOver(b: number): void {
    const bank = this.#banks[b]!;
    bank.known = -1;
    const frame = this.#base + this.#next;
    bank.nextTrial = frame + STEP;
    this.#options.onTrial({ bank: b, frame, nats: 0, others: 0, voices: 0 });
  }

  reset(): void {
    this.#held = 0;
    this.#next = MARGIN;
    this.#turn = 0;
    for (const bank of this.#banks) bank.known = -1;
  }

  /** A uniform number in [0, 1): places of the trials. Fixed seed: the same input gives the same trials. */
  #uniform(): number {
    this.#random = (Math.imul(this.#random, 1664525) + 1013904223) >>> 0;
    return this.#random / 2 ** 32;
  }

  /** Fits the predictors of a bank to WINDOW frames from index `at`. Returns how many lanes tell of a frame left out. */
  #fit(bank: BankLanes, at: number): number {
    const kernel = this.#kernel;
    const longest = lentTo(bank) < LITTLE ? SHORT_TAPS : TAPS;
    let telling = 0;
    bank.order = SHORT_TAPS;
    for (let i = 0; i < bank.groups; i++) {
      const group = bank.firstGroup + i;
      const tells = kernel.train(group, at, Math.min(4, bank.channels.length - 4 * i), longest);
      telling += tells;
      if (tells > 0) bank.order = Math.max(bank.order, kernel.orders[group]!);
    }
    return telling;
  }

  #analyse(b: number): void {
    const bank = this.#banks[b]!;
    const kernel = this.#kernel;
    const at = this.#next;
    bank.telling = this.#fit(bank, at + (STEP - WINDOW) / 2);
    const now = this.#base + at;
    const trialDue = now >= bank.nextTrial;
    if (trialDue) bank.nextTrial = now + TRIAL_EVERY_S * this.#options.rateHz * (0.5 + this.#uniform());
    if (bank.telling === 0) {
      bank.known = -1;
      // Of noise it is known without a trial that nothing would have been seen. Silence is no time that was watched at all.
      if (trialDue && this.#lives(bank)) this.#options.onTrial({ bank: b, frame: now, nats: 0, others: 0, voices: 0 });
      return;
    }
    // The end of the last step's logs is the beginning of this one's.
    const logs = bank.firstGroup * LOGS;
    const carried = bank.known === at + AROUND ? 2 * AROUND : 0;
    if (carried > 0) kernel.logs.copyWithin(logs, logs + STEP, logs + WATCHED);
    for (let g = bank.firstGroup; g < bank.firstGroup + bank.groups; g++)
      kernel.residual(g, at - AROUND + carried, WATCHED - carried, logs + carried, g > bank.firstGroup);
    bank.known = at + STEP + AROUND;
    const lent = lentTo(bank);
    const peaks = lent < LITTLE ? Math.ceil(this.#peaks / 2) : this.#peaks;
    kernel.peaks(logs, WATCHED / CELL, peaks);
    const seconds = STEP / this.#options.rateHz;
    bank.tokens = Math.min(JUDGE_BURST, bank.tokens + lent * JUDGE_PER_S * seconds);
    bank.blockTokens = Math.min(BLOCK_BURST, bank.blockTokens + lent * BLOCK_PER_S * seconds);
    bank.storyTokens = Math.min(STORIES_BURST, bank.storyTokens + STORIES_PER_S * seconds);
    // The least of the kept peaks is what a trial must beat to be kept in its place.
    let least = Number.POSITIVE_INFINITY;
    let top = 0;
    for (let i = 0; i < peaks; i++) {
      least = Math.min(least, kernel.peakRanks[i]! / RANK);
      if (kernel.peakExcesses[i]! > kernel.peakExcesses[top]!) top = i;
    }
    const most = kernel.peakExcesses[top]! / EXCESS;
    least = Math.max(least, this.#pick(bank, at, peaks));
    const picks = this.#picks;
    // The highest peak comes last: a block is asked for right behind its judgement.
    let topAt = Number.NaN;
    let topFound: Found | null = null;
    let worked = 0;
    this.#leastAsked = picks[JUDGE_STEP - 1]!.nats;
    for (let pass = 0; pass < 2; pass++)
      for (let i = 0; i < JUDGE_STEP; i++) {
        const { nats, place, peak } = picks[i]!;
        if ((peak === top) !== (pass === 1) || nats < passOf(bank)) continue;
        if (worked > JUDGE_STEP_WORK - 1) {
          // He would not have been asked of a trial that says less either.
          this.#leastAsked = Math.max(this.#leastAsked, nats);
          continue;
        }
        const verdict = this.#askJudge(bank, place);
        const spent = this.#judge.spent(this.#asked);
        bank.tokens -= verdict.nats < PASS_JUDGE ? spent : TOLD_SHARE * spent;
        worked += spent;
        if (peak === top) topAt = place;
        if (verdict.nats < PASS_JUDGE) continue;
        const found = this.#withStory(bank, foundOf(place, verdict));
        // More are missing, or the sound jumps: the block's turn.
        if (found.storyNats !== null && found.storyNats < 0) continue;
        if (peak === top) topFound = found;
        else this.#report(b, found);
      }
    // What says so little of a single frame may be a block as well.
    if (topFound === null || topFound.nats < STORY_NATS) {
      const index = at - AROUND + kernel.peakFrames[top]!;
      topFound = this.#findBlock(bank, index, index, most, topAt, true) ?? topFound;
    }
    if (topFound !== null) this.#report(b, topFound);
    if (trialDue) this.#trial(b, bank, at + Math.floor(this.#uniform() * STEP), least, most);
  }

  /** A channel of the bank carries something. */
  #lives(bank: BankLanes): boolean {
    const { masks } = this.#kernel;
    for (let lane = bank.firstGroup * 4; lane < (bank.firstGroup + bank.groups) * 4; lane++)
      if (masks[lane] !== 0) return true;
    return false;
  }

  /**
   * Splice tests of the `peaks` peaks of the step at index `at`; the best, with what the peaks themselves say, go to `#picks`. Returns how far a peak had to
   * stand out to be tested.
   */
  #pick(bank: BankLanes, at: number, peaks: number): number {
    const picks = this.#picks;
    const { peakFrames, peakRanks, peakExcesses } = this.#kernel;
    for (const pick of picks) {
      pick.nats = Number.NEGATIVE_INFINITY;
      pick.peak = -1;
    }
    let first = Number.NEGATIVE_INFINITY;
    for (let peak = 0; peak < peaks; peak++) first = Math.max(first, peakRanks[peak]! / RANK);
    const least = Math.min(first, leastRank(bank));
    for (let peak = 0; peak < peaks; peak++) {
      const rank = peakRanks[peak]! / RANK;
      if (rank < least) continue;
      this.work.peaks++;
      const index = at - AROUND + peakFrames[peak]!;
      const { nats: spliced, place } = this.#look(bank, index, index, peakExcesses[peak]! / EXCESS);
      const nats = spliced + rankNats(bank, rank);
      const worst = picks[JUDGE_STEP - 1]!;
      if (nats <= worst.nats) continue;
      worst.nats = nats;
      worst.place = place;
      worst.peak = peak;
      for (let i = JUDGE_STEP - 1; i > 0 && picks[i]!.nats > picks[i - 1]!.nats; i--) {
        const better = picks[i]!;
        picks[i] = picks[i - 1]!;
        picks[i - 1] = better;
      }
    }
    return least;
  }

  /** What a trial's peak at `index` of the scratch would have been taken for: it must be one of the step's best. Uses up nothing. */
  #findTrial(bank: BankLanes, index: number, live: number, height: number, rank: number, most: number): Found | null {
    const { nats: spliced, place } = this.#look(bank, index, live, height);
    const nats = spliced + rankNats(bank, rank);
    let at = Number.NaN;
    if (nats >= PASS_SPLICE) {
      // He is asked whatever he has left, or what he is lent would depend on itself.
      const verdict = this.#askJudge(bank, place, TRIAL_ENOUGH);
      if (verdict.nats >= PASS_JUDGE) bank.hope += 1 / HOPE_TRIALS;
      if (nats >= passOf(bank) && nats > this.#leastAsked) {
        at = place;
        if (verdict.nats >= PASS_JUDGE) return foundOf(at, verdict);
      }
    }
    return height < most ? null : this.#findBlock(bank, index, live, height, at, false);
  }

  /**
   * A block that is missing at a peak that is no single frame, or null. `index`: of live store or scratch; the background is taken around
   * index `live`. `at`: where the judge was asked last, or NaN. Only the highest peak of a step is asked for a block. `live` peaks use
   * up judgements; trials only need that there are any.
   */
  #findBlock(bank: BankLanes, index: number, live: number, height: number, at: number, spend: boolean): Found | null {
    if (height < HIGH_PEAK * bank.telling || bank.blockTokens < 1) return null;
    if (this.#riseDb(bank, live) >= HIT_DB) return null;
    if (spend) bank.blockTokens--;
    const cut = { nats: Number.NEGATIVE_INFINITY, others: 0, voices: 0, edge: 0 };
    const look = (middle: number) => {
      const { nats, others, place, riseDb } = this.#judge.judgeBlock(this.#asked);
      if (riseDb >= STRUCK_DB || nats <= cut.nats) return;
      Object.assign(cut, { nats, others, voices: this.#judge.voices, edge: middle + place });
    };
    if (!Number.isNaN(at)) look(at);
    // The answer of the predictor to a gap is largest at its beginning, or a little behind. The splice test, which looks for a single frame, may have
    // named any place.
    this.#askJudge(bank, index - BLOCK_BEFORE);
    look(index - BLOCK_BEFORE);
    if (cut.nats < PASS_BLOCK) return null;
    const { nats, others, voices, edge } = cut;
    // The edge is known well now: was it a single frame after all?
    const single = this.#askJudge(bank, edge);
    if (single.nats >= STORY_NATS) {
      const found = this.#withStory(bank, foundOf(edge, single));
      if (found.storyNats === null || found.storyNats >= 0) return found;
    }
    if (nats < TOLD_BLOCK) return null;
    const frames = this.#judge.missingFrames(this.#asked);
    if (frames === 0) return null;
    const { blockNats: storyNats } = this.#judge;
    return {
      at: edge,
      place: edge,
      frames,
      sizes: this.#judge.sizes.slice(),
      nats,
      others,
      voices,
      again: null,
      storyNats,
    };
  }

  #report(b: number, found: Found): void {
    const bank = this.#banks[b]!;
    const { at, place, frames, sizes, nats, others, voices, again, storyNats } = found;
    const frame = this.#base + place;
    // Two peaks may lead to the same gap.
    if (Math.abs(frame - bank.lastDrop) < CELL) return;
    bank.lastDrop = frame;
    const riseDb = this.#riseDb(bank, at);
    this.#options.onDrop({
      bank: b,
      frame,
      frames,
      sizes,
      nats,
      others,
      voices,
      again,
      storyNats,
      shape: this.#shape(bank, at),
      riseDb,
    });
  }

  /** A single frame that the judge has just found, with what the other stories of a break say of it, if they may be asked. */
  #withStory(bank: BankLanes, found: Found): Found {
    if (found.nats < STORY_NATS || bank.storyTokens < 1) return found;
    bank.storyTokens--;
    return { ...found, storyNats: this.#judge.singleNats(this.#asked, found.place - found.at) };
  }

  /** Splice test around a peak, and before it where the peak is high. */
  #look(bank: BankLanes, peak: number, live: number, height: number): { nats: number; place: number } {
    const { nats, place } = this.#splice(bank, peak, live);
    const best = this.#best;
    if (nats >= GOOD_SPLICE || height < HIGH_PEAK * bank.telling) return best;
    this.#splice(bank, peak - SPLICE_PLACES, live);
    if (nats > best.nats) {
      best.nats = nats;
      best.place = place;
    }
    return best;
  }

  /** Splice test around index `peak` (of live store or scratch); the background is taken around index `live`. */
  #splice(bank: BankLanes, peak: number, live: number): { nats: number; place: number } {
    const kernel = this.#kernel;
    kernel.spliceBank(bank.firstGroup, bank.groups, peak, live, bank.order);
    const { ratios, misfits } = kernel;
    const half = spliceWindow(bank.order) / 2;
    const best = this.#best;
    best.nats = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < SPLICE_PLACES; i++) {
      // A logarithm is never more than this, and dear: most places need none.
      if (half * (ratios[i]! - 1 - misfits[i]!) < best.nats) continue;
      const nats = half * (Math.log(ratios[i]!) - misfits[i]!);
      if (nats <= best.nats) continue;
      best.nats = nats;
      best.place = peak - SPLICE_BEFORE + i;
    }
    return best;
  }

  /**
   * Hands the surroundings of index `at` to the judge, live lanes only. He compares the channels by predictors fitted right there: those of the step,
   * fitted to its middle, may leave so much in common that one channel takes all evidence, and the rest says no.
   */
  #askJudge(bank: BankLanes, at: number, enough = Number.POSITIVE_INFINITY): Judgement {
    this.work.judged++;
    const kernel = this.#kernel;
    const { fitted, kept, order } = bank;
    for (let i = 0; i < fitted.length; i++) kept[i]!.set(fitted[i]!);
    this.#fit(bank, at - WINDOW / 2);
    kernel.masks.set(bank.keptMasks, bank.firstGroup * 4);
    let channels = 0;
    for (let i = 0; i < bank.channels.length && channels < SpliceJudge.maxChannels; i++) {
      const group = bank.firstGroup + (i >> 2);
      const lane = i & 3;
      if (kernel.masks[group * 4 + lane] === 0) continue;
      kernel.judge.load(channels++, group, lane, at);
    }
    this.#asked = channels;
    const rough = bank.order;
    for (let i = 0; i < fitted.length; i++) fitted[i]!.set(kept[i]!);
    bank.order = order;
    return this.#judge.judge(channels, rough, enough);
  }

  /** Leaves one frame out of a copy around index `place` and lets the copy go through all stages. */
  #trial(b: number, bank: BankLanes, place: number, least: number, most: number): void {
    this.work.trials++;
    const kernel = this.#kernel;
    const middle = STORE + MARGIN;
    const logs = bank.firstGroup * LOGS + TRIAL_LOGS;
    for (let g = bank.firstGroup; g < bank.firstGroup + bank.groups; g++) {
      const base = g * kernel.capacity;
      kernel.data.copyWithin((base + STORE) * 4, (base + place - MARGIN) * 4, (base + place) * 4);
      kernel.data.copyWithin((base + middle) * 4, (base + place + 1) * 4, (base + place + MARGIN) * 4);
      kernel.residual(g, middle - SEGMENT, 2 * SEGMENT, logs, g > bank.firstGroup);
    }
    let top = 0;
    let height = Number.NEGATIVE_INFINITY;
    for (let k = -2; k < bank.order; k++) {
      const e = heightOf(kernel.logs[logs + SEGMENT + k]!, kernel.logs[logs + SEGMENT + k + 1]!);
      if (e > height) {
        height = e;
        top = k;
      }
    }
    const frame = place - this.#next;
    const cell = Math.floor(frame / CELL);
    const excess = height - meanAround(kernel.cellSums, cell);
    const rank = height - meanBeside(kernel.cellSums, cell);
    bank.hope -= bank.hope / HOPE_TRIALS;
    const found = rank > least ? this.#findTrial(bank, middle + top, place, excess, rank, most) : null;
    const seen = found !== null && found.sizes === null && Math.abs(found.place - middle) <= 2;
    const { nats, others, voices } = seen ? found : { nats: 0, others: 0, voices: 0 };
    this.#options.onTrial({ bank: b, frame: this.#base + place, nats, others, voices });
  }

  /** Mean over the telling channels of their power behind index `at` against that before it, dB. */
  #riseDb(bank: BankLanes, at: number): number {
    const { energy, telling, capacity } = this.#kernel;
    const segments = capacity / SEGMENT;
    const middle = Math.floor(at / SEGMENT);
    let sum = 0;
    let live = 0;
    for (let i = 0; i < bank.channels.length; i++) {
      const group = bank.firstGroup + (i >> 2);
      const lane = i & 3;
      if (telling[group * 4 + lane] === 0) continue;
      let before = 1e-3;
      let behind = 1e-3;
      for (let s = 1; s <= RISE_SEGMENTS; s++) {
        before += energy[(group * segments + middle - s) * 4 + lane]!;
        behind += energy[(group * segments + middle + s) * 4 + lane]!;
      }
      sum += 10 * Math.log10(behind / before);
      live++;
    }
    return live === 0 ? 0 : sum / live;
  }

  /** Residual of the strongest channel right behind the filter's answer to the gap itself. */
  #shape(bank: BankLanes, at: number): Float32Array {
    const kernel = this.#kernel;
    const { order } = bank;
    const shape = new Float32Array(SHAPE_FRAMES + 1);
    const segments = kernel.capacity / SEGMENT;
    let strongest = 0;
    let most = -1;
    for (let i = 0; i < bank.channels.length; i++) {
      const group = bank.firstGroup + (i >> 2);
      if (kernel.telling[group * 4 + (i & 3)] === 0) continue;
      const power = kernel.energy[(group * segments + Math.floor((at + order) / SEGMENT)) * 4 + (i & 3)]!;
      if (power > most) {
        most = power;
        strongest = i;
      }
    }
    const group = bank.firstGroup + (strongest >> 2);
    const lane = strongest & 3;
    for (let n = 0; n < SHAPE_FRAMES; n++) {
      const p = (group * kernel.capacity + at + order + 1 + n) * 4 + lane;
      let r = 0;
      for (let k = 0; k <= order; k++) r += kernel.taps[(group * (TAPS + 1) + k) * 4 + lane]! * kernel.data[p - 4 * k]!;
      shape[n] = r;
    }
    // Which channel it is counts as well.
    shape[SHAPE_FRAMES] = strongest;
    return shape;
  }
}

/** Mean of the logs from AROUND frames before cell `cell` of the step to AROUND behind its beginning. `sums`: of each cell. */
function meanAround(sums: Int32Array, cell: number): number {
  let sum = 0;
  for (let i = cell; i < cell + 2 * PEAK_AROUND; i++) sum += sums[i]!;
  return sum / EXCESS;
}

/** Mean of the logs of PEAK_BESIDE cells before cell `cell` of the step, or behind it: the larger. */
function meanBeside(sums: Int32Array, cell: number): number {
  let before = 0;
  let behind = 0;
  for (let i = 1; i <= PEAK_BESIDE; i++) {
    before += sums[PEAK_AROUND + cell - i]!;
    behind += sums[PEAK_AROUND + cell + i]!;
  }
  return Math.max(before, behind) / RANK;
}

/** What a peak that stands out by `rank` says for a missing frame beside the splice test, nats. */
function rankNats(bank: BankLanes, rank: number): number {
  return RANK_NATS * (rank - USUAL_RANK * bank.telling);
}

/** How far a peak must stand out to be tested. */
function leastRank(bank: BankLanes): number {
  return USUAL_RANK * bank.telling + LEAST_RANK_NATS / RANK_NATS;
}

/** Share of the work that is lent to a bank's judge, LEAST_LENT..1. */
function lentTo(bank: BankLanes): number {
  return Math.max(LEAST_LENT, Math.min(1, bank.hope / FULL_HOPE));
}

/** What the splice test and the peak must say together for a bank's judge to be asked, nats. */
function passOf(bank: BankLanes): number {
  if (bank.tokens < 1) return Number.POSITIVE_INFINITY;
  return PASS_SPLICE + (LAST_SPLICE - PASS_SPLICE) * (1 - bank.tokens / JUDGE_BURST);
}

/** A gap shows in one frame or in two neighbours; as `peaks` of the kernel. */
function heightOf(log: number, next: number): number {
  return Math.max(log, ((log + next) * 589) >> 10);
}
