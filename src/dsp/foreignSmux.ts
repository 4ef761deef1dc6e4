/**
 * S/MUX mismatch, from the samples of one block. A sender at twice our rate puts the even samples of a channel on one of ours
 * and the odd ones on the next: the two are one signal, half a sample apart. A sender at half our rate is read the other
 * way: one of our channels takes the samples of two of its channels in turn.
 *
 * Whole numbers throughout: 20-bit samples, 15-bit filter, sums below 2^53.
 */
import { bandLimited } from './halfSample.ts';

/** `yes` and `no` are votes of one block; null: the material can't tell (silent, or nothing but low notes). */
export type Vote = 'yes' | 'no' | null;

const TAPS = 8;
/** Frames on either side that the filter needs. */
export const SMUX_MARGIN = TAPS;
export const SMUX_MIN_FRAMES = 240;
/** What the half-sample story leaves over must be this much smaller than what every other story leaves: 18 dB. */
const BETTER = 64;
/** Less difference than this (mean square, 20-bit steps: -96 dBFS) between two channels is the last bits' noise. */
const LEAST_DIFFERENCE = 64;
/** Below this (20-bit, -54 dBFS RMS) a channel says nothing. */
const LEAST_POWER = 1 << 20;
/** Largest likeness of even and odd samples: a tone near half the rate makes them opposite, and is no S/MUX. */
const MOST_LIKE = 0.95;

const HALF = bandLimited(TAPS);

/** Does column `b` carry what column `a` carries, half a sample later? */
export function halfSampleApart(block: Int32Array, stride: number, a: number, b: number, frames: number): Vote {
  if (frames < SMUX_MIN_FRAMES) return null;
  let same = 0;
  let next = 0;
  let powerA = 0;
  let powerB = 0;
  let counted = 0;
  // Every third frame is enough: 150 of them in 10 ms at 48 kHz.
  for (let n = TAPS; n < frames - TAPS; n += 3) {
    const at = n * stride;
    const x = block[at + a]! >> 12;
    const y = block[at + b]! >> 12;
    const s = y - x;
    const d = y - (block[at + a + stride]! >> 12);
    same += s * s;
    next += d * d;
    powerA += x * x;
    powerB += y * y;
    counted++;
  }
  if (powerA < LEAST_POWER * counted || powerB < LEAST_POWER * counted) return null;
  const plain = Math.min(same, next);
  const least = LEAST_DIFFERENCE * counted;
  if (plain < least) return null;
  // The dear part, filtering: two channels that have nothing to do with each other are told apart by the first few of its frames, for
  // what is left over only grows.
  let half = 0;
  let early = 0;
  for (let n = TAPS; n < frames - TAPS; n += 3) {
    const at = n * stride;
    const y = block[at + b]! >> 12;
    let between = 0;
    let before = 0;
    for (let k = 0; k < TAPS; k++) {
      const left = block[at + a - k * stride]! >> 12;
      const right = block[at + a + (k + 1) * stride]! >> 12;
      between += HALF[k]! * (left + right);
      before += HALF[k]! * ((block[at + a - (k + 1) * stride]! >> 12) + (block[at + a + k * stride]! >> 12));
    }
    const h = y - Math.round(between / 32768);
    const e = y - Math.round(before / 32768);
    half += h * h;
    early += e * e;
    if (half * 4 >= plain && early >= least) return 'no';
  }
  const other = Math.min(plain, early);
  if (other < least) return null;
  if (half * BETTER < other) return 'yes';
  return half * 4 < other ? null : 'no';
}

/** Does column `c` carry two signals, sample by sample in turn? */
export function twoInTurn(block: Int32Array, stride: number, c: number, frames: number): Vote {
  if (frames < SMUX_MIN_FRAMES) return null;
  let one = 0;
  let two = 0;
  let power = 0;
  let cross = 0;
  let even = 0;
  let odd = 0;
  for (let n = 2; n + 1 < frames; n += 2) {
    const at = n * stride + c;
    const x = block[at]! >> 12;
    const y = block[at + stride]! >> 12;
    const d1 = y - x;
    const d2 = x - (block[at - 2 * stride]! >> 12);
    const d3 = y - (block[at - stride]! >> 12);
    one += d1 * d1;
    two += (d2 * d2 + d3 * d3) / 2;
    cross += x * y;
    even += x * x;
    odd += y * y;
    power++;
  }
  if (even + odd < 2 * LEAST_POWER * power) return null;
  if (cross * cross > MOST_LIKE * MOST_LIKE * even * odd) return one < two ? 'no' : null;
  // A quarter for low notes at this rate, one for white noise; the more, the lower the notes, for two signals in turn.
  if (one > 3 * two) return 'yes';
  return one < two ? 'no' : null;
}
