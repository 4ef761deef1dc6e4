/**
 * The contract of the statistical slip kernels: a short history of the banks' samples, a predictor's residual, and the
 * splice test. Two implementations stand behind it, bit-identical: `slipWasm.ts` and `slipTwin.ts`.
 *
 * A group is four channels (lanes) of one bank; the last group of a bank may have lanes that are masked out. Samples are
 * x >> 8 in single floats (exact); sums of products are single floats in a fixed order, so both give the same bits.
 */
export const TAPS = 16;
/** Frames an entry of the energy table stands for. */
export const SEGMENT = 64;
/** Frames an autocorrelation looks at. */
export const WINDOW = 1024;
/** The splice test covers peak - SPLICE_BEFORE .. peak - SPLICE_BEFORE + SPLICE_PLACES - 1. */
export const SPLICE_BEFORE = 7;
export const SPLICE_PLACES = 9;
/** Frames of residual that a splice test sums over. */
export const SPLICE_GUARD = 5;
export const SPLICE_WINDOW = TAPS + 2 * SPLICE_GUARD;

export interface SlipKernelOptions {
  /** 1..64 */
  readonly channels: number;
  /** Frames of a block at most. */
  readonly maxFrames: number;
  /** Channel (0-based) of each lane, four a group. Lanes that are masked out name any channel. */
  readonly lanes: readonly number[];
  /** Frames held, a multiple of SEGMENT. */
  readonly capacity: number;
}

export interface SlipKernel {
  readonly groups: number;
  readonly capacity: number;
  /** Where a block is put before `append`: maxFrames x channels, Int32, interleaved. */
  readonly staging: Int32Array;
  /** All bits set: the lane counts in `logs`. Four entries a group. */
  readonly masks: Int32Array;
  /** Predictor of each lane: [group][0..TAPS][lane], the first is 1. */
  readonly taps: Float32Array;
  /** [group][frame][lane], x >> 8. */
  readonly data: Float32Array;
  /** Sum of squared residuals per SEGMENT frames: [group][segment][lane]. */
  readonly energy: Float32Array;
  /** Sum over lanes of log2(|r| + 1) in Q7, one entry a frame of the last `residual`. */
  readonly logs: Int32Array;
  /** [lag][lane], of the last `correlate`. */
  readonly correlation: Float64Array;
  /** Input of `autocorrelate`: up to WINDOW doubles. */
  readonly signal: Float64Array;
  /** Output of `autocorrelate`, which adds to it: clear it first. */
  readonly lags: Float64Array;
  /** [place][q0, qc, q1][lane], of the last `splice`. */
  readonly scores: Float32Array;

  /** Puts the first `frames` staged frames at index `at` of every group. */
  append(at: number, frames: number): void;
  /** Moves `frames` frames from index `from` to the start; both multiples of SEGMENT. */
  shift(from: number, frames: number): void;
  /** Hann-windowed autocorrelation of WINDOW frames from index `at`. */
  correlate(group: number, at: number): void;
  /** Adds the autocorrelation, lags 0..order (at most 32), of the first `length` (even) values of `signal` to `lags`. */
  autocorrelate(length: number, order: number): void;
  /** Residual of `frames` (a multiple of SEGMENT) frames from index `at` >= TAPS; `add`: adds to `logs`. */
  residual(group: number, at: number, frames: number, add: boolean): void;
  /**
   * Was one frame left out between n-1 and n, for each place around index `peak`? Energies of the residual as it stands
   * (q0), with the best single click taken out (qc), with the best missing sample put in (q1).
   */
  splice(group: number, peak: number): void;
}

/** The window of `correlate`. */
export function hannWindow(): Float32Array {
  return Float32Array.from({ length: WINDOW }, (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * (n + 0.5)) / WINDOW));
}
