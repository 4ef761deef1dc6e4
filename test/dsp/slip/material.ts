/** Seeded material and faults for the slip tests: no recordings needed. */

export function randomOf(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export function gaussianOf(random: () => number): () => number {
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Left-justified 24-bit sample of a value in -1..1. */
export function sample24(value: number): number {
  return Math.max(-8388608, Math.min(8388607, Math.round(value * 8388607))) * 256;
}

/**
 * Band-like material: each channel sums decaying partials at its own pitches, a little of its neighbours (bleed), and
 * preamp noise at about -100 dBFS. Interleaved Int32, 24 bits.
 */
export function band(channels: number, frames: number, seed: number, level = 0.3, noise = 1e-5): Int32Array {
  const random = randomOf(seed);
  const gaussian = gaussianOf(random);
  const dry = Array.from({ length: channels }, () => {
    const out = new Float64Array(frames);
    const partials = Array.from({ length: 6 }, () => ({
      w: (2 * Math.PI * (60 + 5000 * random() ** 3)) / 48000,
      p: 6.283 * random(),
      a: random(),
    }));
    for (let n = 0; n < frames; n++) {
      const envelope = Math.exp(-((n % 12000) / 4000));
      let x = 0;
      for (const { w, p, a } of partials) x += a * Math.sin(w * n + p);
      out[n] = (level / 6) * x * (0.1 + envelope);
    }
    return out;
  });
  const block = new Int32Array(frames * channels);
  for (let n = 0; n < frames; n++)
    for (let c = 0; c < channels; c++) {
      const bleed = dry[(c + 1) % channels]![n]! * 0.1;
      block[n * channels + c] = sample24(dry[c]![n]! + bleed + noise * gaussian());
    }
  return block;
}

/** A bank at frame `at`: `frames` frames are stood in again (repeat: a block of them; hold: the last one), left out (drop), or zeroed. */
export function fault(
  block: Int32Array,
  channels: number,
  bank: readonly number[],
  kind: 'repeat' | 'hold' | 'drop' | 'zeros',
  at: number,
  frames: number,
): Int32Array {
  const total = block.length / channels;
  const out = block.slice();
  for (const c of bank)
    for (let n = at; n < total; n++) {
      let from = n;
      if (kind === 'repeat') from = n - frames;
      else if (kind === 'hold') from = n < at + frames ? at - 1 : n - frames;
      else if (kind === 'drop') from = n + frames;
      const zero = (kind === 'zeros' && n < at + frames) || from >= total;
      out[n * channels + c] = zero ? 0 : block[from * channels + c]!;
    }
  return out;
}

/** The masks of MeterKernel, computed plainly. */
export class PlainMasks {
  readonly equalMaskLo: Uint32Array;
  readonly equalMaskHi: Uint32Array;
  readonly zeroMaskLo: Uint32Array;
  readonly zeroMaskHi: Uint32Array;
  readonly equalCount: Int32Array;
  readonly #last: Int32Array;

  constructor(channels: number, maxFrames: number) {
    this.equalMaskLo = new Uint32Array(maxFrames);
    this.equalMaskHi = new Uint32Array(maxFrames);
    this.zeroMaskLo = new Uint32Array(maxFrames);
    this.zeroMaskHi = new Uint32Array(maxFrames);
    this.equalCount = new Int32Array(channels);
    this.#last = new Int32Array(channels);
  }

  process(block: Int32Array, frames: number): void {
    const channels = this.#last.length;
    this.equalCount.fill(0);
    for (let n = 0; n < frames; n++) {
      const equal = [0, 0];
      const zero = [0, 0];
      for (let c = 0; c < channels; c++) {
        const x = block[n * channels + c]!;
        const bit = 2 ** (c & 31);
        if (x === this.#last[c]) {
          equal[c >> 5]! += bit;
          this.equalCount[c]!++;
        }
        if (x === 0) zero[c >> 5]! += bit;
        this.#last[c] = x;
      }
      this.equalMaskLo[n] = equal[0]!;
      this.equalMaskHi[n] = equal[1]!;
      this.zeroMaskLo[n] = zero[0]!;
      this.zeroMaskHi[n] = zero[1]!;
    }
  }
}
