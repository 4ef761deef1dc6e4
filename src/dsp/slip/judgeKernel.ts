/**
 * The contract of the judge's sums: what `SpliceJudge` weighs. Two implementations stand behind it, bit-identical: src/dsp/assembly/judge.ts
 * (in the slip kernels) and `judgeTwin.ts`. Off the sample path: a few calls a second and bank.
 */
import { TAPS } from './slipKernel.ts';

/**
 * Taps of the judge's predictor: 2 ms at 48 kHz. What a missing frame leaves of itself grows with what the predictor knows: from 24 taps to 96
 * the drops told at a known place went from 27 to 64 % in drums with bleed, from 92 to 98 % in orchestral music (tuning set, at 24 nats).
 */
export const ORDER = 96;
/**
 * Taps of a first look at all channels, which costs a quarter: where they say no together, the long predictor is not asked. Of 1221 frames left out
 * of the tuning set that it would have counted, 19 are lost by that; of 22 clean places (in 18 h) where it said 6 nats and more, one is left.
 */
export const SCOUT = 48;
/** The predictor is fitted to what lies between this and GAP frames before the place, and as much behind. */
export const HALF = 512;
export const GAP = 16;
/** Frames looked at before and behind the place. */
export const JUDGE_REACH = HALF + 8;
/** Frames of a channel in hand. */
export const JUDGE_LENGTH = 2 * JUDGE_REACH;
/** Added to the diagonal of what the predictor is solved from: a share of the energy, and that of rounding (24-bit steps squared). */
export const RIDGE_SHARE = 1e-9;
export const RIDGE = 0.2 * HALF;
/** Frames on either side of a gap's trace that are summed as well. */
export const GUARD = 5;
/** Frames of background on each side. */
export const BACKGROUND = 200;
/** Frames of the predictor's error in hand. */
export const ERRORS = 2 * BACKGROUND + ORDER;
/** Places tried on either side of the middle: in deep tones a gap has no sharp one. */
export const PLACES = 4;
export const TRIED = 2 * PLACES + 1;
/** Frames around the middle within which a cut is looked for. */
export const CUT_REACH = 10;
/** Frames of the error of a predictor that runs backwards, from CUT_REACH before the middle on. */
export const BACKWARDS = ORDER + 16;
export const MAX_CHANNELS = 16;
/** Frames of residual on either side by which channels are compared. */
export const ROUGH = 400;
/** A channel of whose energy another explains this share is a copy of it. */
export const COPY = 0.97;

/** Where in `told` a channel's numbers stand. */
export const LEFT = 0;
export const BEFORE = 1;
export const BEHIND = 2;
export const OTHER = 3;
export const MISSING = OTHER + TRIED;
export const BACKWARD = MISSING + TRIED;
export const TOLD = BACKWARD + TRIED;

export interface JudgeKernel {
  /** [channel][frame]: any scale; frame JUDGE_REACH is the one right behind the suspected gap. `judge` overwrites them. */
  readonly signals: Float64Array;
  /** [channel][0..TAPS]: a predictor good enough to compare the channels by; the first tap is 1, and those that it has not are 0. */
  readonly rough: Float64Array;
  /** [channel][0..ORDER]: the predictor fitted to what is the channel's own. */
  readonly filters: Float64Array;
  /** [channel][frame]: error of that predictor, ERRORS frames from BACKGROUND before the middle on. */
  readonly errors: Float64Array;
  /** [channel][frame]: error of the same predictor run backwards, BACKWARDS frames from CUT_REACH before the middle on. */
  readonly backwards: Float64Array;
  /** [channel]: how much of what is the channel's own in the rough residual stands right at the place, of all; 0 where there is none. */
  readonly excess: Float64Array;
  /** [i][j >= i], MAX_CHANNELS a row: products of the residuals right at the place, GUARD frames before it to ORDER behind. */
  readonly cross: Float64Array;
  /**
   * [channel]: LEFT: energy of what the predictor is fitted to, 0 where there is nothing and no other number counts. BEFORE, BEHIND: energy of
   * its error a frame. From OTHER, MISSING, BACKWARD on, for each of TRIED places: energy of the error around it with the best click or shock taken out;
   * with the best frame put in; and of the error of a predictor that runs backwards.
   */
  readonly told: Float64Array;
  /** Loads channel `channel` with lane `lane` of a group: `index` of the store becomes JUDGE_REACH. */
  load(channel: number, group: number, lane: number, index: number): void;
  /** Makes the first `channels` channels independent, and compares them at the place. `order`: taps of the rough predictors, TAPS at most. */
  prepare(channels: number, order: number): void;
  /**
   * Fits the predictor of one of the channels prepared, and fills its filter, both errors and its numbers. `order`: its taps, ORDER or SCOUT;
   * of errors, backwards and filters as many are told as belong to it.
   */
  weigh(channel: number, order: number): void;
}

/** Room for what `JudgeKernel` holds, by name: number of doubles. */
export const JUDGE_ROOM = {
  signals: MAX_CHANNELS * JUDGE_LENGTH,
  rough: MAX_CHANNELS * (TAPS + 1),
  filters: MAX_CHANNELS * (ORDER + 1),
  errors: MAX_CHANNELS * ERRORS,
  backwards: MAX_CHANNELS * BACKWARDS,
  excess: MAX_CHANNELS,
  cross: MAX_CHANNELS * MAX_CHANNELS,
  told: MAX_CHANNELS * TOLD,
} as const;
