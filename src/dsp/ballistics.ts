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

const MEAN_SQUARE_SCALE = 2 ** MEAN_SQUARE_BITS;

/** floor(sum * scale / count) of a 64-bit sum hi * 2^32 + lo, exactly, for a scale of 2^0..2^20, results below 2^53 and counts below 2^20. */
export function meanOfSum(hi: number, lo: number, count: number, scale: number): number {
  const overflow = Math.floor((lo * scale) / 0x1_0000_0000);
  const upper = hi * scale + overflow;
  const lower = lo * scale - overflow * 0x1_0000_0000;
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
        const difference = meanOfSum(words[2 * c + 1]!, words[2 * c]!, frames, MEAN_SQUARE_SCALE) - mean[c]!;
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

/** value * gainQ24 / 2^24, rounded; value is a whole number below 2^53 in size. */
function scaled(value: number, gainQ24: number): number {
  const upper = Math.floor(value / HALF);
  const lower = value - upper * HALF;
  return upper * gainQ24 * (HALF / GAIN_ONE) + Math.floor((lower * gainQ24 + GAIN_ONE / 2) / GAIN_ONE);
}

/** Two low-pass steps in a row, driven by block means, stepped exactly for any block length. */
class TwoPoles {
  readonly #speedPerS: number;
  readonly #feedback: number;
  readonly #rateHz: number;
  readonly #first: Float64Array;
  readonly second: Float64Array;
  #knownFrames = 0;
  // One block's step: first' = a first + b second + p input; second' = c first + d second + q input.
  #a = 0;
  #b = 0;
  #c = 0;
  #d = 0;
  #p = 0;
  #q = 0;

  /** first' = speed (input - feedback second - first), second' = speed (first - second). */
  constructor(channels: number, rateHz: number, speedPerS: number, feedback: number) {
    this.#rateHz = rateHz;
    this.#speedPerS = speedPerS;
    this.#feedback = feedback;
    this.#first = new Float64Array(channels);
    this.second = new Float64Array(channels);
  }

  reset(): void {
    this.#first.fill(0);
    this.second.fill(0);
  }

  /** The exact step over a block (matrix exponential by its series), rounded once to Q24. */
  prepare(frames: number): void {
    if (frames === this.#knownFrames) return;
    this.#knownFrames = frames;
    const t = (this.#speedPerS * frames) / this.#rateHz;
    const m = [-t, -this.#feedback * t, t, -t] as const;
    let term = [1, 0, 0, 1];
    const sum = [1, 0, 0, 1];
    for (let k = 1; k < 30; k++) {
      const [w, x, y, z] = term as [number, number, number, number];
      term = [
        (w * m[0] + x * m[2]) / k,
        (w * m[1] + x * m[3]) / k,
        (y * m[0] + z * m[2]) / k,
        (y * m[1] + z * m[3]) / k,
      ];
      for (let i = 0; i < 4; i++) sum[i] = sum[i]! + term[i]!;
    }
    const q24 = (value: number) => Math.round(value * GAIN_ONE);
    this.#a = q24(sum[0]!);
    this.#b = q24(sum[1]!);
    this.#c = q24(sum[2]!);
    this.#d = q24(sum[3]!);
    // A steady input u ends at first = second = u / (1 + feedback): the input's gains follow from that.
    const end = 1 / (1 + this.#feedback);
    this.#p = q24(end) - scaled(this.#a, q24(end)) - scaled(this.#b, q24(end));
    this.#q = q24(end) - scaled(this.#c, q24(end)) - scaled(this.#d, q24(end));
  }

  step(c: number, input: number): number {
    const first = this.#first[c]!;
    const second = this.second[c]!;
    this.#first[c] = scaled(first, this.#a) + scaled(second, this.#b) + scaled(input, this.#p);
    // Rounding must not carry a draining meter below nothing.
    const result = Math.max(0, scaled(first, this.#c) + scaled(second, this.#d) + scaled(input, this.#q));
    this.second[c] = result;
    return result;
  }
}

/** Meters fed with a block's sums. */
export interface SumMeter {
  /** dB x 100 now. */
  readonly dbX100: Int32Array;
  update(sums: BigUint64Array, frames: number): void;
  reset(): void;
}

function createSumMeter(channels: number, poles: TwoPoles, scale: number, read: (value: number) => number): SumMeter {
  const dbX100 = new Int32Array(channels).fill(NO_SIGNAL);
  let known: BigUint64Array | undefined;
  let words: Uint32Array = new Uint32Array(0);
  return {
    dbX100,
    reset() {
      poles.reset();
      dbX100.fill(NO_SIGNAL);
    },
    update(sums, frames) {
      if (frames === 0) return;
      if (sums !== known) {
        known = sums;
        words = new Uint32Array(sums.buffer, sums.byteOffset, channels * 2);
      }
      poles.prepare(frames);
      for (let c = 0; c < channels; c++) {
        const mean = meanOfSum(words[2 * c + 1]!, words[2 * c]!, frames, scale);
        dbX100[c] = read(poles.step(c, mean));
      }
    },
  };
}

/** Fraction bits of a mean magnitude. */
const MEAN_SIZE_BITS = 20;
/** 1.5 (the loop's gain at rest) x pi / 2 (mean of a sine to its peak), x 2^13 so that the true peak's scale serves. */
const VU_GAIN_Q13 = Math.round(1.5 * (Math.PI / 2) * 8192);

/**
 * Volume indicator (IEC 60268-17): the mean magnitude through a damped second-order movement, 99 % in 300 ms with 1.2 %
 * overshoot. Fed with `sumAbs`; reads a steady sine's peak, dBFS x 100. Subtract the level that reads 0 VU.
 */
export function createVuMeter(options: { readonly channels: number; readonly rateHz: number }): SumMeter {
  const poles = new TwoPoles(options.channels, options.rateHz, 11.1, 0.5);
  return createSumMeter(options.channels, poles, 2 ** MEAN_SIZE_BITS, (value) =>
    truePeakDbX100(Math.floor((Math.floor(value / 16) * VU_GAIN_Q13) / 65536)),
  );
}

/**
 * K-system level (Katz): RMS with 99 % in 600 ms, in AES17's scale, so that a sine reads its peak. Fed with `sumSquares`;
 * dBFS x 100. Subtract -20, -14 or -12 dB for the meter's own scale.
 */
export function createKMeter(options: { readonly channels: number; readonly rateHz: number }): SumMeter {
  const poles = new TwoPoles(options.channels, options.rateHz, 9.72, 0);
  return createSumMeter(options.channels, poles, MEAN_SQUARE_SCALE, (value) =>
    meanSquareDbX100(value, MEAN_SQUARE_BITS - 1),
  );
}
