import type { HumKernel, HumKernelOptions } from './humKernel.ts';
import { columnsOf, type LoudnessKernel } from './loudnessKernel.ts';

/**
 * The contract of the per-block metering kernels. Two implementations stand behind it and must stay bit-identical:
 * `meterWasm.ts` (AssemblyScript, WASM SIMD) and `meterTwin.ts` (plain TypeScript).
 *
 * Samples are Int32, left-justified, interleaved frames x channels, 1..64 channels, all 32 bits kept. Meters read the
 * top 24: `x >> 8`, so that 24-bit full scale is 8388607 and the most negative code is 8388608 in size.
 * All outputs describe the block just processed, unless said to carry over. Arrays have one entry a channel and are
 * reused: copy what you keep. Nothing allocates in `process`.
 */
export interface MeterKernel {
  readonly channels: number;
  readonly maxFrames: number;
  /** Where the caller (or the sound card itself) puts frames: maxFrames x channels Int32, with slack behind it. */
  readonly input: Int32Array;
  /** A second way into `input`, for sources of three bytes a sample; null without `packedBytes`. */
  readonly packed: PackedInput | null;

  /** Largest |x >> 8| of the block: 0..8388608. */
  readonly peak24: Int32Array;
  /** Exact sum of (x >> 8)^2 over the block. */
  readonly sumSquares: BigUint64Array;
  /** Exact sum of (x >> 8) over the block: for DC. */
  readonly sum: BigInt64Array;
  /** Exact sum of |x >> 8| over the block: for meters that average (VU). */
  readonly sumAbs: BigUint64Array;
  /** OR of all 32-bit words of the block: 0 means digital silence (and is the answer to an empty block). */
  readonly orBits: Int32Array;
  /** AND of all 32-bit words of the block; all ones for an empty block. */
  readonly andBits: Int32Array;
  /** How many frames had x[n] == x[n-1], all 32 bits; the first frame compares with the last of the block before. */
  readonly equalCount: Int32Array;
  /** Samples at or over `fullScale24` in size. */
  readonly overSamples: Int32Array;
  /** Clip events: runs of at least `clipRun` such samples in a row, counted once each when the run reaches that length; runs carry over blocks. */
  readonly clipEvents: Int32Array;
  /** Frame within the block where the last clip event reached its length, or -1. */
  readonly clipFrame: Int32Array;
  /**
   * Largest 4x oversampled magnitude (ITU-R BS.1770-5 Annex 2 filter), as x24 * 8192: 24-bit full scale is
   * 8388607 * 8192, beyond Int32, hence doubles holding whole numbers. At most 256 (1/32 of a 24-bit step) below the
   * filter's exact output, at any level; the same for any cut of the stream into blocks. With `truePeakHeld` it does not fall: the largest
   * since the last `reset`.
   */
  readonly truePeakQ13: Float64Array;

  /**
   * Programme peak (IEC 60268-10): the largest sum of the meter's two integrators in the block, as x24 * 128 each, so
   * 24-bit full scale on both is 2^31. Multiply by the meter's gain. 0 without `ppm`.
   */
  readonly ppmQ7: Uint32Array;
  /**
   * The slow stream: sums of `boxFrames` samples (x >> 8) in a row, carried over blocks. Row k, channel c is at
   * k * boxStride + c; `boxCount` rows were completed in this block.
   */
  readonly boxes: Int32Array;
  readonly boxStride: number;
  readonly boxCount: number;
  /** The search for hum in the slow stream of the block just processed; null without `hum`. It is restarted by itself, not by `reset`. */
  readonly hum: HumKernel | null;
  /** K-weighting of what stands in `input`, without a copy of it; null without `loudness`. Neither `process` nor `reset` touches it. */
  readonly loudness: LoudnessKernel | null;

  /**
   * For each frame a bit mask over channels (bit c of lo: channel c, of hi: channel 32 + c): x[n] == x[n-1], all 32 bits.
   */
  readonly equalMaskLo: Uint32Array;
  readonly equalMaskHi: Uint32Array;
  /** The same for x[n] == 0. */
  readonly zeroMaskLo: Uint32Array;
  readonly zeroMaskHi: Uint32Array;

  /** Processes `frames` (0..maxFrames) frames standing in `input`. */
  process(frames: number): void;
  /** Forgets all that carries over: filter memory, clip runs, the last frame. */
  reset(): void;
}

/** Where a source puts samples of three bytes (S24_3LE), several blocks at a time if it likes, and their way into `input`. */
export interface PackedInput {
  readonly bytes: Uint8Array;
  /** The `count` samples from byte `from` on, left-justified, become the first `count` words of `input`. */
  unpack(from: number, count: number): void;
}

/** @throws RangeError when samples are asked for that do not stand in `bytes`, or find no room in `input`. */
export function checkPacked(from: number, count: number, bytes: Uint8Array, input: Int32Array): void {
  if (!(from >= 0 && count >= 0 && from + 3 * count <= bytes.length && count <= input.length))
    throw new RangeError(
      `${count} samples from byte ${from} are beyond ${bytes.length} bytes or ${input.length} samples`,
    );
}

/** 40 ms at 96 kHz, 20 ms at 192 kHz. */
export const MAX_BLOCK_FRAMES = 3840;

/** Four megabytes: some pieces that are read in turn. */
export const MAX_PACKED_BYTES = 1 << 22;

export interface MeterKernelOptions {
  /** 1..64 */
  readonly channels: number;
  /** 1..MAX_BLOCK_FRAMES frames a block. */
  readonly maxFrames: number;
  /** Size of a full-scale sample in 24-bit terms: extreme positive code of the source's valid bits, 8388607 for 24 bits. */
  readonly fullScale24: number;
  /** Samples in a row that make a clip: 1..20, 3 by custom. */
  readonly clipRun: number;
  /** false leaves truePeakQ13 at 0 and saves most of the cost. */
  readonly truePeak: boolean;
  /** true where only the largest true peak of all blocks counts: what is surely smaller is not looked for, which saves most of the cost. */
  readonly truePeakHeld?: boolean;
  /** Leave out to save its cost. */
  readonly ppm?: PpmConstants;
  /** Samples summed into one of the slow stream: 1..192; leave out for none. */
  readonly boxFrames?: number;
  /** Needs `boxFrames`; leave out for none. */
  readonly hum?: HumKernelOptions;
  /** K-weighting beside the meter; leave out for none. `columns`: 0-based channels, at least one. */
  readonly loudness?: { readonly columns: readonly number[]; readonly rateHz: number };
  /** Room for samples of three bytes: 1..MAX_PACKED_BYTES; leave out for none. */
  readonly packedBytes?: number;
}

/** A programme meter's movement, as whole numbers (see `ppmConstants` in ballistics.ts). */
export interface PpmConstants {
  /** What an integrator takes of the way to a larger sample, x 2^32. */
  readonly attack1Q32: number;
  readonly attack2Q32: number;
  /** What an integrator loses every `fallFrames` frames, x 2^32. */
  readonly fallQ32: number;
  readonly fallFrames: number;
}

/** @throws RangeError naming the option that is out of range. */
export function checkMeterOptions(options: MeterKernelOptions): void {
  const check = (name: keyof MeterKernelOptions, low: number, high: number) => {
    const value = options[name];
    if (!Number.isInteger(value) || Number(value) < low || Number(value) > high) {
      throw new RangeError(`${name} is ${value}, not a whole number ${low}..${high}`);
    }
  };
  check('channels', 1, 64);
  check('maxFrames', 1, MAX_BLOCK_FRAMES);
  check('fullScale24', 1, 8388607);
  check('clipRun', 1, 20);
  if (options.boxFrames !== undefined) check('boxFrames', 1, 192);
  if (options.packedBytes !== undefined) check('packedBytes', 1, MAX_PACKED_BYTES);
  if (options.loudness?.columns.length === 0) throw new RangeError('loudness has no columns');
  if (options.loudness !== undefined) columnsOf({ ...options, ...options.loudness });
  if (options.hum === undefined) return;
  const { width, partSamples, phaseSteps } = options.hum;
  const fits = width >= 1 && width <= options.channels && partSamples >= 1 && partSamples <= 256;
  if (options.boxFrames === undefined || !fits || phaseSteps.length < 1 || phaseSteps.length > 16)
    throw new RangeError('hum is out of its ranges, or there is no slow stream to look at');
}
