/**
 * Clipping below full scale: a pad, a converter or a limiter before the interface cuts tops flat at a level of its own.
 * A block shows it when its largest value is reached in two or more runs of three or more equal samples, on either side
 * of zero. Honest distortion bends: its tops are not equal to the last bit.
 *
 * A naive digital square wave is flat for the same reason and is called so.
 */

const RUN = 3;
const RUNS = 2;
/** Fewest equal neighbours that two runs of three can have: a cheap first look. */
export const FLAT_TOP_MIN_EQUAL = RUNS * (RUN - 1);
/** -30 dBFS: below it a block's largest value is a few coarse steps, in 16-bit material, and repeats by chance. */
export const FLAT_TOP_MIN_24 = 265_271;

/**
 * Looks at one channel of a block of interleaved words. True when its top or its bottom is flat. Call it for blocks that
 * have at least FLAT_TOP_MIN_EQUAL equal neighbours and a peak of at least FLAT_TOP_MIN_24.
 */
export function hasFlatTop(words: Int32Array, channels: number, channel: number, frames: number): boolean {
  let largest = -0x8000_0000;
  let smallest = 0x7fff_ffff;
  for (let n = 0, at = channel; n < frames; n++, at += channels) {
    const x = words[at]!;
    if (x > largest) largest = x;
    if (x < smallest) smallest = x;
  }
  return runsAt(words, channels, channel, frames, largest) || runsAt(words, channels, channel, frames, smallest);
}

function runsAt(words: Int32Array, channels: number, channel: number, frames: number, value: number): boolean {
  if (Math.abs(value >> 8) < FLAT_TOP_MIN_24) return false;
  let runs = 0;
  let length = 0;
  for (let n = 0, at = channel; n < frames; n++, at += channels) {
    if (words[at] !== value) length = 0;
    else if (++length === RUN && ++runs === RUNS) return true;
  }
  return false;
}
