/**
 * Channels that carry the same: exact copies (a patch or a routing repeated), and neighbours of opposite polarity.
 */
import { peakDbX100 } from './decibels.ts';
import type { MeterKernel } from './meterKernel.ts';

/** More different values than a frozen or a quantised-away signal has. */
const DISTINCT_VALUES = 1000;
/** Polarity needs a signal: -70 dBFS peak on both in the blocks that are summed. */
const POLARITY_MIN_24 = 2653;
/** Every how many blocks polarity sums one: ten of a second's 100 are enough for a correlation of -0.9. */
const POLARITY_EVERY = 10;
/**
 * And every how many of its frames: a correlation needs no low-pass, but a tone on a multiple of what is left would stand still and look
 * opposite at any phase beyond 90 degrees. No third-octave frequency is near one of 44.1 or 48 kHz / 13; 44.1 kHz / 7 is 6300 Hz.
 */
const POLARITY_STEP = 13;
/** Normalised cross sum below which neighbours are called opposite. */
const OPPOSITE = -0.9;
/** Bits of a hash table that counts different values. */
const SEEN_BITS = 16;

export interface ChannelPairs {
  /** 0-based lowest channel that this one has copied, bit for bit, for at least a second; -1: none. One a channel. */
  readonly copyOf: Int16Array;
  /** 1 where channels c and c + 1 (c even) were of opposite polarity in the last second. One a channel, both are marked. */
  readonly opposite: Uint8Array;
  /** Normalised cross sum of c and c + 1 over the last second x 1000, -1000..1000; 0 without signal. Even channels. */
  readonly correlationX1000: Int16Array;
  /** Takes the block the kernel has just processed. */
  update(kernel: MeterKernel, frames: number): void;
  reset(): void;
}

export function createChannelPairs(options: { readonly channels: number; readonly rateHz: number }): ChannelPairs {
  const { channels, rateHz } = options;
  const copyOf = new Int16Array(channels).fill(-1);
  const opposite = new Uint8Array(channels);
  const correlationX1000 = new Int16Array(channels);
  /** Whom this channel equals at present (it may take a second to be said), and since how many frames. */
  const candidate = new Int16Array(channels).fill(-1);
  const equalFrames = new Float64Array(channels);
  const distinct = new Int32Array(channels);
  const seen = new Uint8Array(channels << (SEEN_BITS - 3));
  const cross = new Float64Array(channels);
  const power = new Float64Array(channels);
  let windowFrames = 0;
  let blocks = 0;

  function forget(c: number): void {
    candidate[c] = -1;
    equalFrames[c] = 0;
    distinct[c] = 0;
    copyOf[c] = -1;
    seen.fill(0, c << (SEEN_BITS - 3), (c + 1) << (SEEN_BITS - 3));
  }

  function sameWords(words: Int32Array, a: number, b: number, frames: number): boolean {
    for (let n = 0, at = 0; n < frames; n++, at += channels) if (words[at + a] !== words[at + b]) return false;
    return true;
  }

  /** The kernel's results tell channels apart but once in ages; what they let through is compared word by word. */
  function same(kernel: MeterKernel, a: number, b: number, frames: number): boolean {
    return (
      kernel.peak24[a] === kernel.peak24[b] &&
      kernel.orBits[a] === kernel.orBits[b] &&
      kernel.andBits[a] === kernel.andBits[b] &&
      kernel.equalCount[a] === kernel.equalCount[b] &&
      sameWords(kernel.input, a, b, frames)
    );
  }

  function countDistinct(words: Int32Array, c: number, frames: number): void {
    const base = c << (SEEN_BITS - 3);
    for (let n = 0, at = c; n < frames && distinct[c]! <= DISTINCT_VALUES; n++, at += channels) {
      const hash = Math.imul(words[at]! >> 8, 0x9e3779b1) >>> (32 - SEEN_BITS);
      const index = base + (hash >>> 3);
      const bit = 1 << (hash & 7);
      if ((seen[index]! & bit) === 0) {
        seen[index] = seen[index]! | bit;
        distinct[c] = distinct[c]! + 1;
      }
    }
  }

  function copies(kernel: MeterKernel, frames: number): void {
    const { orBits, peak24 } = kernel;
    for (let c = 1; c < channels; c++) {
      if (orBits[c] === 0) {
        // Two silent channels are equal, and it means nothing; nor does it end what was known.
        if (candidate[c]! >= 0 && orBits[candidate[c]!] !== 0) forget(c);
        continue;
      }
      const before = candidate[c]!;
      if (before >= 0 && !same(kernel, before, c, frames)) forget(c);
      if (candidate[c]! < 0) {
        const peak = peak24[c]!;
        for (let other = 0; other < c; other++) {
          if (peak24[other] === peak && orBits[other] !== 0 && same(kernel, other, c, frames)) {
            candidate[c] = other;
            break;
          }
        }
      }
      if (candidate[c]! < 0) continue;
      equalFrames[c] = equalFrames[c]! + frames;
      if (distinct[c]! <= DISTINCT_VALUES) countDistinct(kernel.input, c, frames);
      if (equalFrames[c]! >= rateHz && distinct[c]! > DISTINCT_VALUES) copyOf[c] = candidate[c]!;
    }
  }

  function polarity(kernel: MeterKernel, frames: number): void {
    const words = kernel.input;
    for (let a = 0; a + 1 < channels; a += 2) {
      if (kernel.peak24[a]! < POLARITY_MIN_24 || kernel.peak24[a + 1]! < POLARITY_MIN_24) continue;
      // 20 bits are enough for a correlation, and keep a second's sums below 2^53.
      let sum = 0;
      let left = 0;
      let right = 0;
      for (let n = 0, at = a; n < frames; n += POLARITY_STEP, at += POLARITY_STEP * channels) {
        const l = words[at]! >> 12;
        const r = words[at + 1]! >> 12;
        sum += l * r;
        left += l * l;
        right += r * r;
      }
      cross[a] = cross[a]! + sum;
      power[a] = power[a]! + left;
      power[a + 1] = power[a + 1]! + right;
    }
  }

  function endWindow(): void {
    for (let a = 0; a + 1 < channels; a += 2) {
      const scale = Math.sqrt(power[a]!) * Math.sqrt(power[a + 1]!);
      correlationX1000[a] = scale === 0 ? 0 : Math.round((cross[a]! / scale) * 1000);
      const against = correlationX1000[a]! < OPPOSITE * 1000 ? 1 : 0;
      opposite[a] = against;
      opposite[a + 1] = against;
    }
    cross.fill(0);
    power.fill(0);
    windowFrames = 0;
  }

  return {
    copyOf,
    opposite,
    correlationX1000,
    update(kernel, frames) {
      if (frames === 0) return;
      copies(kernel, frames);
      if (blocks++ % POLARITY_EVERY === 0) polarity(kernel, frames);
      windowFrames += frames;
      if (windowFrames >= rateHz) endWindow();
    },
    reset() {
      for (let c = 0; c < channels; c++) forget(c);
      opposite.fill(0);
      correlationX1000.fill(0);
      cross.fill(0);
      power.fill(0);
      windowFrames = 0;
      blocks = 0;
    },
  };
}

/** The level below which polarity is not judged, dBFS x 100: for the documentation and its test. */
export const POLARITY_FLOOR_DB_X100 = peakDbX100(POLARITY_MIN_24);
