/**
 * The contract of the statistical slip kernels: a short history of the banks' samples, a predictor's residual, and the
 * splice test. Two implementations stand behind it, bit-identical: `slipWasm.ts` and `slipTwin.ts`.
 *
 * A group is four channels (lanes) of one bank; the last group of a bank may have lanes that are masked out. Samples are
 * x >> 8 in single floats (exact); sums of products are single floats in a fixed order, so both give the same bits.
 */
import type { LoudnessKernel } from '../loudnessKernel.ts';
import type { JudgeKernel } from './judgeKernel.ts';

/**
 * Taps of the predictor at most. Each group goes with SHORT_TAPS of them where the rest would explain little more. Of 1191 drops of orchestral music of
 * the tuning set that finds 1145, SHORT_TAPS alone 1130; TAPS everywhere cost half as much again, and found less in a rehearsal.
 */
export const TAPS = 32;
export const SHORT_TAPS = 16;
/**
 * The longer predictor is used where it leaves less of a lane's prediction error by this factor of the energy or more, mean of the telling lanes: 0.9
 * dB. With 0.6 dB no more was found in orchestral music, and less in a rehearsal.
 */
export const LEAST_GAIN = 2 ** 0.3;
/** And is not asked for where a left-out frame leaves this much more of itself than can't be foreseen, as a factor of the energy, mean of the telling lanes: a short one shows that. */
export const PLAIN_TRACE = 64;
/** Frames an entry of the energy table stands for. */
export const SEGMENT = 64;
/** Frames an autocorrelation looks at. On the tuning set 1024 found no more, and 640 a little less where sound is steady. */
export const WINDOW = 768;
/** The splice test covers peak - SPLICE_BEFORE .. peak - SPLICE_BEFORE + SPLICE_PLACES - 1. */
export const SPLICE_BEFORE = 7;
export const SPLICE_PLACES = 9;
/** Frames on either side of a gap's trace that are summed as well: the place may be wrong by so many. */
export const SPLICE_GUARD = 5;
/** Frames of residual that a splice test by `order` taps sums over. */
export function spliceWindow(order: number): number {
  return order + 2 * SPLICE_GUARD;
}
/**
 * What a left-out frame must be expected to leave of itself, against what can't be foreseen, for a channel to be listened to. Noise leaves
 * next to nothing, and a bank of idle preamps costs half; in music next to no channel is under it, and up to 0.5 as much was found.
 */
export const LEAST_TRACE = 0.25;
/** Share of the background's energy that both stories of a splice are granted: a channel at its noise floor proves nothing. */
export const FLOOR_SHARE = 0.3;
/** What the energy with a missing sample put in may be, of the background's, at no price. */
export const MISFIT_LEEWAY = 1.5;
/** What one lane's misfit counts at most: it may have an onset of its own beside a gap. 6 nats. */
export const MISFIT_MOST = 0.5;

/** A lane with no more energy than this in its window (24-bit steps squared) is silent. */
export const SILENT_ENERGY = WINDOW * 0.3;
/** Added to the energy of a living lane: rounding. */
export const ROUNDING = WINDOW * 0.01;

/** Entries of `logs` a group. */
export const LOGS = 2816;
/** Frames that a peak is the largest of. */
export const CELL = 32;
/**
 * Cells before a peak, and behind it, that it is to stand out from: from whichever are louder. Measured against the mean of all around, all the
 * cells of a hit were peaks, and a clear gap in the same step was none: of the drops of the tuning set that the judge could tell, 96.5 %
 * instead of 92.5 are now among the four best in drums with bleed, 95.0 instead of 94.1 in a rehearsal.
 */
export const PEAK_BESIDE = 2;
/** Cells before the beginning of a peak's cell, and from there on, whose mean its height is measured against. */
export const PEAK_AROUND = 8;
/** Peaks chosen at once at most. */
export const MOST_PEAKS = 64;
/** The longest repeated block that `repeats` looks for, frames; the shortest is 2. */
export const LONGEST_REPEAT = 64;
/** Pairs that `repeats` tells of at most. */
export const HITS = 32;

export interface SlipKernelOptions {
  /** 1..64 */
  readonly channels: number;
  /** Frames of a block at most. */
  readonly maxFrames: number;
  /**
   * Channel (0-based) of each lane, four a group. Lanes that are masked out name any channel, or one of up to three behind the last: what
   * stands there in memory is read, and counts for nothing.
   */
  readonly lanes: readonly number[];
  /** Frames held, a multiple of SEGMENT. */
  readonly capacity: number;
  /** K-weighting of the ring, for who has no other place for it: at least one of the channels (0-based), and the rate. */
  readonly loudness?: { readonly columns: readonly number[]; readonly rateHz: number };
}

/** Frames of the ring of whole samples: a block and what an event is judged by before and behind it; a power of two. */
export function ringFrames(maxFrames: number): number {
  return 2 ** Math.ceil(Math.log2(maxFrames + 1024));
}

/** Puts the first `frames` frames of an interleaved block into the kernel; the first has the absolute number `firstFrame`. */
export function stage(
  kernel: SlipKernel,
  block: Int32Array,
  channels: number,
  frames: number,
  firstFrame: number,
): void {
  const { ring } = kernel;
  const at = (firstFrame % kernel.ringFrames) * channels;
  // A whole block is one copy; a view on a part of it would be an allocation.
  if (at + block.length <= ring.length) ring.set(block, at);
  else for (let i = 0; i < frames * channels; i++) ring[at + i] = block[i]!;
  kernel.keep(firstFrame, frames);
}

/** What exact evidence needs of the kernel. */
export interface RepeatKernel {
  /** Frames that the ring holds, a power of two. */
  readonly ringFrames: number;
  /**
   * The last `ringFrames` frames, all 32 bits, interleaved; frame n stands at n modulo `ringFrames`. Behind its end there is room for
   * one more block, so that a block is put in without a break: see `stage`.
   */
  readonly ring: Int32Array;
  /** Of the last `repeats`: frame within the block, lag, for HITS pairs at most. */
  readonly hits: Int32Array;
  /** `frames` frames stand in the ring from the place of `firstFrame` on, and maybe behind its end: they are the block that the rest looks at. */
  keep(firstFrame: number, frames: number): void;
  /**
   * In the block kept last: suspects blocks of 2..LONGEST_REPEAT frames that stand in the stream twice in a row, by a fingerprint of two channels.
   * For every such block that ends in the block, or goes on behind them, at least one pair (a frame of the second copy, its length) has
   * been told, here or for the block before. Returns how many pairs stand in `hits`. `group` names the memory to use, one a bank.
   */
  repeats(group: number, probeA: number, probeB: number, frames: number, firstFrame: number): number;
}

export interface SlipKernel extends RepeatKernel {
  readonly groups: number;
  readonly capacity: number;
  /** All bits set: the lane carries something. Four entries a group. */
  readonly masks: Int32Array;
  /** All bits set: a frame left out of the lane would show, and it counts in `logs` and in the splice test. Four entries a group. */
  readonly telling: Int32Array;
  /** Predictor of each lane: [group][0..TAPS][lane], the first is 1; 0 behind the group's `orders`. */
  readonly taps: Float32Array;
  /** Taps of each group's predictors: SHORT_TAPS or TAPS. */
  readonly orders: Int32Array;
  /** [group][frame][lane], x >> 8. */
  readonly data: Float32Array;
  /** Sum of squared residuals per SEGMENT frames: [group][segment][lane]. */
  readonly energy: Float32Array;
  /** Sums over telling lanes of log2(|r| + 1) in Q7, one entry a frame: LOGS entries a group, for `residual` to fill. */
  readonly logs: Int32Array;
  /** Of the last `peaks`, one entry a cell: the largest, and the sum of its logs. */
  readonly cells: Int32Array;
  readonly cellSums: Int32Array;
  /**
   * The peaks that it chose: the frame, counted from the first cell that was asked; PEAK_BESIDE cells' frames (64) times how far it stands out
   * from its louder side; and twice PEAK_AROUND cells' frames (512) times how far from all around.
   */
  readonly peakFrames: Int32Array;
  readonly peakRanks: Int32Array;
  readonly peakExcesses: Int32Array;
  /** [lag][lane], of the last `correlate` or `train`; lags over SHORT_TAPS are 0 where they were not asked for. */
  readonly correlation: Float64Array;
  /** [place][q0, qc, q1][lane], of the last `splice`. */
  readonly scores: Float32Array;
  /** Of the last `spliceBank`, one a place. */
  readonly ratios: Float64Array;
  /** Of the last `spliceBank`, one a place: how badly the place, with the missing sample put in, fits the background; 0 is well. */
  readonly misfits: Float64Array;
  /** K-weighting of what stands in the ring, which is its input; null without `loudness`. Nothing else touches it. */
  readonly loudness: LoudnessKernel | null;
  /** The sums of the judge, who looks at what this kernel holds. */
  readonly judge: JudgeKernel;

  /** Puts the first `frames` frames of the block kept last at index `at` of every group. */
  append(at: number, frames: number): void;
  /** Moves `frames` frames from index `from` to the start; both multiples of SEGMENT. */
  shift(from: number, frames: number): void;
  /** Hann-windowed autocorrelation of WINDOW frames from index `at`, lags 0..SHORT_TAPS. */
  correlate(group: number, at: number): void;
  /**
   * Fits the predictors of a group, whose first `lanes` lanes carry channels, to WINDOW frames from index `at`: `masks`, `telling` and, when
   * any lane lives, `taps` and `orders` of the group. With `longest` TAPS: as many where they leave less than the SHORT_TAPS first ones by LEAST_GAIN,
   * which is not asked where a gap is plain without (PLAIN_TRACE); with SHORT_TAPS: those. Returns how many lanes tell of a frame left out: with the taps a, the energy E of the prediction
   * error and the autocorrelation D of the steps from sample to sample, those where the largest over k of sum a[i] a[j] D(i - j), i and j > k,
   * is over LEAST_TRACE times E.
   */
  train(group: number, at: number, lanes: number, longest: number): number;
  /** Residual of `frames` (a multiple of SEGMENT) frames from index `at` >= TAPS; its logs are put, or added, at entry `to` on. With no telling lane there are no logs and no energy. */
  residual(group: number, at: number, frames: number, to: number, add: boolean): void;
  /**
   * The largest of each CELL frames of `logs` from entry `from` on; two neighbours count as 589/1024 of their sum. Reads one entry more. Of
   * the cells but the first and last PEAK_AROUND the `count` that stand out most from the mean log of the PEAK_BESIDE cells before, or
   * behind, whichever is larger: at most MOST_PEAKS, and no more than there are.
   */
  peaks(from: number, cells: number, count: number): void;
  /**
   * Was one frame left out between n-1 and n, for each place around index `peak`? Energies of the residual as it stands
   * (q0), with the best single click taken out (qc), with the best missing sample put in (q1). `order`: the group's taps, or more.
   */
  splice(group: number, peak: number, order: number): void;
  /**
   * The splice test of a bank, groups `first` .. `first + groups - 1`: for each place the product over the telling lanes of (qc + floor) /
   * (q1 + floor), at `ratios`; and the sum of r - 1 - log r (nearly: (r - 1)^2 / (r + 1)) for a ratio r > 1 of q1 to MISFIT_LEEWAY of the background, MISFIT_MOST at most, at `misfits`. The floor is FLOOR_SHARE of what spliceWindow(order) frames have around index `live`, by the energy table.
   */
  spliceBank(first: number, groups: number, peak: number, live: number, order: number): void;
}

/** The lanes of a kernel that serves `banks` (channels each, 0-based), group by group. */
export function lanesOf(banks: readonly (readonly number[])[]): number[] {
  const lanes: number[] = [];
  for (const bank of banks) {
    const last = bank.at(-1) ?? 0;
    // Lanes beyond the bank follow on, so that a group stays one load; they are masked out. Behind the last channel that is the next frame.
    for (let i = 0; i < Math.ceil(bank.length / 4) * 4; i++) lanes.push(bank[i] ?? last + i - bank.length + 1);
  }
  return lanes;
}

/** The window of `correlate`. */
export function hannWindow(): Float32Array {
  return Float32Array.from({ length: WINDOW }, (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * (n + 0.5)) / WINDOW));
}
