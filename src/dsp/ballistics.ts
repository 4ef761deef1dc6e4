/**
 * How meters move, at block rate: the fast parts (PPM, VU) are kernels. Integers only; state carries a remainder, so that
 * no rate and no block length makes a fall drift or a slow filter stall. Blocks may be of any length.
 */
import { meanSquareDbX100, NO_SIGNAL, truePeakDbX100 } from './decibels.ts';
import type { PpmConstants } from './meterKernel.ts';

/** Fractions of a hundredth of a dB that a falling meter keeps. */
const FINE = 256;

export interface PeakMeterOptions {
  readonly channels: number;
  readonly rateHz: number;
  /** dB x 100 a second. IEC 60268-18: 20 dB in 1.7 s, that is 1176. */
  readonly fallDbX100PerS: number;
  /** How long the held peak stands before it falls as the meter does. IEC 60268-18: 1.0 +- 0.5 s. */
  readonly holdMs: number;
  /** Where a falling meter goes dark, dB x 100. */
  readonly floorDbX100: number;
}

/** A peak meter: rises at once, falls steadily, and a mark that holds the peak. */
export interface PeakMeter {
  /** dB x 100 now, NO_SIGNAL below the floor. */
  readonly meterDbX100: Int32Array;
  readonly holdDbX100: Int32Array;
  /** Takes a block's peaks (dB x 100, one a channel) and its length. */
  update(peakDbX100: Int32Array, frames: number): void;
  reset(): void;
}

export function createPeakMeter(options: PeakMeterOptions): PeakMeter {
  const { channels, rateHz, fallDbX100PerS, holdMs, floorDbX100 } = options;
  const floorFine = floorDbX100 * FINE;
  const holdFrames = Math.round((holdMs * rateHz) / 1000);
  const meterDbX100 = new Int32Array(channels);
  const holdDbX100 = new Int32Array(channels);
  const meterFine = new Int32Array(channels);
  const holdFine = new Int32Array(channels);
  const holdLeft = new Float64Array(channels);
  let remainder = 0;

  function reset(): void {
    meterDbX100.fill(NO_SIGNAL);
    holdDbX100.fill(NO_SIGNAL);
    meterFine.fill(floorFine - 1);
    holdFine.fill(floorFine - 1);
    holdLeft.fill(0);
    remainder = 0;
  }
  reset();

  return {
    meterDbX100,
    holdDbX100,
    reset,
    update(peakDbX100, frames) {
      const fall = fallDbX100PerS * FINE * frames + remainder;
      const stepFine = Math.floor(fall / rateHz);
      remainder = fall - stepFine * rateHz;
      for (let c = 0; c < channels; c++) {
        const peak = peakDbX100[c]!;
        const peakFine = peak < floorDbX100 ? floorFine - 1 : peak * FINE;
        const fallen = Math.max(meterFine[c]! - stepFine, floorFine - 1);
        const level = Math.max(fallen, peakFine);
        meterFine[c] = level;
        meterDbX100[c] = level < floorFine ? NO_SIGNAL : Math.floor((level + FINE / 2) / FINE);

        let held = holdFine[c]!;
        if (peakFine >= held) {
          held = peakFine;
          holdLeft[c] = holdFrames;
        } else if (holdLeft[c]! > frames) {
          holdLeft[c] = holdLeft[c]! - frames;
        } else {
          // The block in which the hold ends falls for its remaining part only.
          const falling = frames - holdLeft[c]!;
          holdLeft[c] = 0;
          held = Math.max(held - Math.floor((stepFine * falling) / frames), level);
        }
        holdFine[c] = held;
        holdDbX100[c] = held < floorFine ? NO_SIGNAL : Math.floor((held + FINE / 2) / FINE);
      }
    },
  };
}

/** A programme meter by its time constants. */
export interface PpmType {
  readonly name: string;
  /** Speeds at which the two integrators approach a louder signal, and at which both fall, 1/s. */
  readonly attack1PerS: number;
  readonly attack2PerS: number;
  readonly fallPerS: number;
  /** Reading of a steady sine, over the sum of both integrators, x 2^16: makes it read its peak. */
  readonly gainQ16: number;
}

/** IEC 60268-10 type I: DIN and Nordic meters. Falls 20 dB in 1.7 s. */
export const PPM_I: PpmType = { name: 'PPM I', attack1PerS: 450, attack2PerS: 1300, fallPerS: 1.35, gainQ16: 33476 };
/** IEC 60268-10 type IIa and IIb: British and EBU meters, one movement, two scales. Falls 24 dB in 2.8 s. */
export const PPM_II: PpmType = { name: 'PPM II', attack1PerS: 200, attack2PerS: 860, fallPerS: 1.0, gainQ16: 33692 };

/** The kernel's whole numbers for a meter type at a sample rate. */
export function ppmConstants(type: PpmType, rateHz: number): PpmConstants {
  // One fall a millisecond: rarer, so that quiet levels lose whole units, and still finer than an eye or a scale.
  const fallFrames = Math.round(rateHz / 1000);
  const q32 = (part: number) => Math.round(part * 2 ** 32);
  return {
    attack1Q32: q32(1 - Math.exp(-type.attack1PerS / rateHz)),
    attack2Q32: q32(1 - Math.exp(-type.attack2PerS / rateHz)),
    fallQ32: q32(1 - Math.exp((-type.fallPerS * fallFrames) / rateHz)),
    fallFrames,
  };
}

/** dBFS x 100 of the kernel's `ppmQ7`: a steady sine reads its peak. */
export function ppmDbX100(ppmQ7: number, type: PpmType): number {
  // x24 * 2^7 * 2^16 = the true peak's scale x 2^10.
  return truePeakDbX100(Math.floor((ppmQ7 * type.gainQ16) / 1024));
}

/** Fraction bits of a mean square: 24-bit full scale squared is 2^46, so 6 keep it below 2^53. */
export const MEAN_SQUARE_BITS = 6;

export interface RmsMeterOptions {
  readonly channels: number;
  readonly rateHz: number;
  /** Time constant of the averaging: 300 ms by custom, 600 ms for K-system meters. */
  readonly timeConstantMs: number;
}

/** RMS over an exponential window: the mean square of each block through a one-pole filter. */
export interface RmsMeter {
  /** dBFS x 100 now; a full-scale sine reads -301. */
  readonly rmsDbX100: Int32Array;
  /** Mean square now, x 2^6, whole numbers. */
  readonly meanSquareQ6: Float64Array;
  /** Takes a block's sums of squares of 24-bit samples and its length in frames. */
  update(sumSquares: BigUint64Array, frames: number): void;
  reset(): void;
}

/** floor(sum * 2^6 / count) of a 64-bit sum below 2^57, exactly, for counts below 2^20. */
export function meanSquareQ6(hi: number, lo: number, count: number): number {
  const upper = hi * 64 + (lo >>> 26);
  const lower = (lo << 6) >>> 0;
  const quotient = Math.floor(upper / count);
  const rest = upper - quotient * count;
  return quotient * 0x1_0000_0000 + Math.floor((rest * 0x1_0000_0000 + lower) / count);
}

const HALF = 2 ** 26;
const GAIN_ONE = 2 ** 24;

export function createRmsMeter(options: RmsMeterOptions): RmsMeter {
  const { channels, rateHz, timeConstantMs } = options;
  const rmsDbX100 = new Int32Array(channels);
  const mean = new Float64Array(channels);
  const remainder = new Float64Array(channels);
  let knownFrames = 0;
  let gainQ24 = 0;
  let knownSums: BigUint64Array | undefined;
  let words: Uint32Array = new Uint32Array(0);

  function reset(): void {
    rmsDbX100.fill(NO_SIGNAL);
    mean.fill(0);
    remainder.fill(0);
  }
  reset();

  return {
    rmsDbX100,
    meanSquareQ6: mean,
    reset,
    update(sumSquares, frames) {
      if (frames === 0) return;
      if (frames !== knownFrames) {
        knownFrames = frames;
        gainQ24 = Math.max(1, Math.round((1 - Math.exp((-frames * 1000) / (rateHz * timeConstantMs))) * GAIN_ONE));
      }
      if (sumSquares !== knownSums) {
        // The same memory as pairs of 32 bits, low half first as on every machine this runs on: a BigInt would allocate.
        knownSums = sumSquares;
        words = new Uint32Array(sumSquares.buffer, sumSquares.byteOffset, channels * 2);
      }
      for (let c = 0; c < channels; c++) {
        const difference = meanSquareQ6(words[2 * c + 1]!, words[2 * c]!, frames) - mean[c]!;
        // mean += difference * gain / 2^24, with the part below one kept for the next block. In two halves: the product has 77 bits.
        const upper = Math.floor(difference / HALF);
        const lower = difference - upper * HALF;
        const fine = lower * gainQ24 + remainder[c]!;
        const whole = Math.floor(fine / GAIN_ONE);
        remainder[c] = fine - whole * GAIN_ONE;
        mean[c] = mean[c]! + upper * gainQ24 * (HALF / GAIN_ONE) + whole;
        rmsDbX100[c] = meanSquareDbX100(mean[c]!, MEAN_SQUARE_BITS);
      }
    },
  };
}
