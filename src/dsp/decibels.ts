/**
 * Levels in hundredths of a decibel (`dbX100`), by integers alone, so that every machine and thread says the same.
 * Whole numbers beyond 32 bits are doubles that hold integers below 2^53, or two halves `hi`, `lo` of 32 bits.
 *
 * log2 by counting leading zeros, then a table of 128 steps with straight lines between: at most 0.0001 dB off before
 * the result is rounded to 0.01 dB (test/dsp/decibels.test.ts measures 0.0051 dB in all).
 */

/** dbX100 of digital zero: there is no number for it. Shown as null or as an empty bar. */
export const NO_SIGNAL = -0x8000_0000;

/** Full scale of a 24-bit sample: what 0 dBFS means. */
export const FULL_SCALE_24 = 8388607;

const TABLE_BITS = 7;
/** log2 is held with 20 fraction bits. */
const ONE_Q20 = 1 << 20;
const LOG2_Q20 = Int32Array.from({ length: (1 << TABLE_BITS) + 1 }, (_, i) =>
  Math.round(Math.log2(1 + i / (1 << TABLE_BITS)) * ONE_Q20),
);

/** 1000 log10(2), with 24 fraction bits: dbX100 of a doubled power. */
const DB_X100_PER_OCTAVE_Q24 = Math.round(1000 * Math.log10(2) * 2 ** 24);

/** log2 of the unsigned 64-bit number hi * 2^32 + lo, with 20 fraction bits. The number must not be 0. */
export function log2Q20(hi: number, lo: number): number {
  hi >>>= 0;
  lo >>>= 0;
  let whole: number;
  let mantissa: number;
  if (hi !== 0) {
    const zeros = Math.clz32(hi);
    whole = 63 - zeros;
    mantissa = zeros === 0 ? hi : ((hi << zeros) | (lo >>> (32 - zeros))) >>> 0;
  } else {
    const zeros = Math.clz32(lo);
    whole = 31 - zeros;
    mantissa = (lo << zeros) >>> 0;
  }
  const index = (mantissa >>> (31 - TABLE_BITS)) & ((1 << TABLE_BITS) - 1);
  // The 14 bits below the table's index carry the line between two entries.
  const between = (mantissa >>> (31 - TABLE_BITS - 14)) & 0x3fff;
  const low = LOG2_Q20[index]!;
  const step = LOG2_Q20[index + 1]! - low;
  return whole * ONE_Q20 + low + ((step * between + 0x2000) >> 14);
}

/** log2 of a whole number 1..2^53, with 20 fraction bits. */
function log2Q20OfWhole(value: number): number {
  return log2Q20(Math.floor(value / 0x1_0000_0000), value >>> 0);
}

function dbX100OfLog2(powerQ20: number): number {
  return Math.floor((powerQ20 * DB_X100_PER_OCTAVE_Q24 + 2 ** 43) / 2 ** 44);
}

const FULL_SCALE_LOG2_Q20 = log2Q20(0, FULL_SCALE_24);
/** True peak is scaled by 2^13. */
const FULL_SCALE_Q13_LOG2_Q20 = FULL_SCALE_LOG2_Q20 + 13 * ONE_Q20;

/** dBFS x 100 of a 24-bit magnitude 0..8388608. 8388607 is 0. */
export function peakDbX100(peak24: number): number {
  return peak24 <= 0 ? NO_SIGNAL : dbX100OfLog2(2 * (log2Q20(0, peak24) - FULL_SCALE_LOG2_Q20));
}

/** dBTP x 100 of a true peak as the kernel gives it (24-bit magnitude x 8192, a whole number below 2^53). */
export function truePeakDbX100(truePeakQ13: number): number {
  return truePeakQ13 <= 0 ? NO_SIGNAL : dbX100OfLog2(2 * (log2Q20OfWhole(truePeakQ13) - FULL_SCALE_Q13_LOG2_Q20));
}

/**
 * dBFS x 100 of the RMS of `count` samples whose squares sum to hi * 2^32 + lo. Full scale is a full-scale square wave:
 * a full-scale sine reads -3.01.
 */
export function rmsDbX100(hi: number, lo: number, count: number): number {
  if ((hi === 0 && lo === 0) || count <= 0) return NO_SIGNAL;
  return dbX100OfLog2(log2Q20(hi, lo) - log2Q20OfWhole(count) - 2 * FULL_SCALE_LOG2_Q20);
}

/** dBFS x 100 of the RMS whose mean square is `meanSquare` / 2^fractionBits, a whole number below 2^53. */
export function meanSquareDbX100(meanSquare: number, fractionBits: number): number {
  if (meanSquare <= 0) return NO_SIGNAL;
  return dbX100OfLog2(log2Q20OfWhole(meanSquare) - fractionBits * ONE_Q20 - 2 * FULL_SCALE_LOG2_Q20);
}

/** -0.691 dB, BS.1770-5's constant, in octaves of power with 20 fraction bits. */
const LOUDNESS_OFFSET_Q20 = Math.round((-0.691 / (10 * Math.log10(2))) * ONE_Q20);

/** LUFS x 100 of a K-weighted, channel-weighted mean square (24-bit scale) / 2^fractionBits. */
export function loudnessX100OfMeanSquare(meanSquare: number, fractionBits: number): number {
  if (meanSquare <= 0) return NO_SIGNAL;
  return dbX100OfLog2(
    log2Q20OfWhole(meanSquare) - fractionBits * ONE_Q20 - 2 * FULL_SCALE_LOG2_Q20 + LOUDNESS_OFFSET_Q20,
  );
}
