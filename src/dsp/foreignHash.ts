/**
 * Hash: what a receiver makes of a stream at the wrong rate or in the wrong format. Its samples take all codes alike, up to
 * full scale, on every live channel, each its own, with no memory from one to the next. Programme never does all of it at once.
 * Judged block by block from whole numbers; the meter's results open the gate, so that quiet channels cost nothing.
 */

/** A uniform spread over all codes reaches this (0.97 of full scale) in 200 samples with 99.8 %. */
const PEAK_24 = Math.floor(0.97 * 8388607);
/** Blocks shorter than this prove nothing. */
export const HASH_MIN_FRAMES = 200;
/** Mean square over full scale squared: 1/3 for hash, 0.14 for a Gaussian that just reaches full scale, 0.5 for a sine, 1 for a square. */
const LEAST_POWER = 0.22;
const MOST_POWER = 0.44;
/** Mean size over full scale: 0.5 for hash. */
const LEAST_MEAN = 0.42;
const MOST_MEAN = 0.58;
/** Memory from one sample to the next, and across channels: |r| of 480 independent samples stays under 0.2 but once in 10^5. */
const MEMORY = 0.2;

/** The meter's results for one channel that let it through to `isHash`. `overs`: samples at full scale. */
export function mayBeHash(peak24: number, overs: number, frames: number): boolean {
  return frames >= HASH_MIN_FRAMES && peak24 >= PEAK_24 && overs <= frames / 64;
}

/** One channel of a block of interleaved Int32 frames. */
export function isHash(block: Int32Array, stride: number, channel: number, frames: number): boolean {
  // 20 bits: products and their sums stay far below 2^53.
  let power = 0;
  let size = 0;
  let lag1 = 0;
  let lag2 = 0;
  let x1 = 0;
  let x2 = 0;
  for (let n = 0, at = channel; n < frames; n++, at += stride) {
    const x = block[at]! >> 12;
    power += x * x;
    size += x < 0 ? -x : x;
    lag1 += x * x1;
    lag2 += x * x2;
    x2 = x1;
    x1 = x;
  }
  const full = 524287;
  const meanPower = power / frames / (full * full);
  const mean = size / frames / full;
  return (
    meanPower >= LEAST_POWER &&
    meanPower <= MOST_POWER &&
    mean >= LEAST_MEAN &&
    mean <= MOST_MEAN &&
    Math.abs(lag1) <= MEMORY * power &&
    Math.abs(lag2) <= MEMORY * power
  );
}

/** Whether two channels of a block say something of each other: copies of one noise are somebody's test signal. */
export function areRelated(block: Int32Array, stride: number, a: number, b: number, frames: number): boolean {
  let cross = 0;
  let left = 0;
  let right = 0;
  for (let n = 0, at = 0; n < frames; n++, at += stride) {
    const x = block[at + a]! >> 12;
    const y = block[at + b]! >> 12;
    cross += x * y;
    left += x * x;
    right += y * y;
  }
  return cross * cross > MEMORY * MEMORY * left * right;
}
