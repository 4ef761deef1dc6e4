/**
 * Looks for a steady test tone among the channels of a bank, and for the same tone on channels of the interface's own clock.
 * Off the sample path: samples are copied as they come, and a spectrum of one column is made a block.
 */

/** Where a test tone may lie, Hz. */
export const TONE_LOW_HZ = 190;
export const TONE_HIGH_HZ = 4200;
/** Softer than this it is no test tone, dBFS of a sine's peak. */
const LEAST_DBFS = -75;
/** Part of a column's power above 150 Hz that the tone holds at least. */
const LEAST_SHARE = 0.5;
const FLOOR_HZ = 150;
/** Slower slips are seen in the phase of blocks. */
const LEAST_PAIR_HZ = 60;
/** Lines stand out of the noise by so much, as power: 15 dB. */
const OVER_NOISE = 30;
/** Two looks at one tone agree within this, Hz. */
const SAME_HZ = 1.5;

export interface Tone {
  /** 0-based column of the frame. */
  readonly column: number;
  readonly hz: number;
  /** Peak of the sine, dBFS. */
  readonly levelDbfs: number;
  /** Its part of all power above 150 Hz, 0..1. */
  readonly share: number;
}

/** A power of two near an eighth of a second. */
export function windowFrames(rateHz: number): number {
  return 2 ** Math.round(Math.log2(rateHz / 8));
}

/** Power of each bin, Hann-windowed. */
function powersOf(samples: Int32Array): Float64Array {
  const n = samples.length;
  const re = new Float64Array(n);
  const im = new Float64Array(n);
  for (let i = 0; i < n; i++) re[i] = (samples[i]! / 2 ** 31) * (0.5 - 0.5 * Math.cos((2 * Math.PI * i) / n));
  transform(re, im);
  return re.subarray(0, n / 2).map((x, bin) => x * x + im[bin]! ** 2);
}

/**
 * Slips that come faster than blocks of phase can follow make lines at even distances to both sides of the tone: the
 * strongest such pair, as amplitude over the tone's, from `LEAST_PAIR_HZ` on.
 */
export function strongestPair(samples: Int32Array, rateHz: number, hz: number): number {
  const powers = powersOf(samples);
  const perHz = samples.length / rateHz;
  const at = (wanted: number) => {
    // A line below 0 or above half the rate is folded back.
    const bin = Math.abs(wanted) % samples.length;
    const top = Math.round(bin < powers.length ? bin : samples.length - bin);
    let most = 0;
    for (let near = Math.max(0, top - 1); near <= top + 1 && near < powers.length; near++)
      most = Math.max(most, powers[near]!);
    return most;
  };
  const tone = hz * perHz;
  let best = 0;
  for (let away = Math.ceil(LEAST_PAIR_HZ * perHz); away < powers.length; away++) {
    // Harmonics of the tone are no slips.
    const order = away / tone;
    if (Math.abs(order - Math.round(order)) * tone < 4) continue;
    best = Math.max(best, Math.min(at(tone + away), at(tone - away)));
  }
  const middle = Float64Array.from(powers).sort()[powers.length >> 1]!;
  return best < OVER_NOISE * middle ? 0 : Math.sqrt(best / at(tone));
}

/** The strongest line of the window, if it is one that could be a test tone. `samples`: Int32, left-justified. */
export function toneIn(samples: Int32Array, rateHz: number, column = 0): Tone | null {
  const n = samples.length;
  const powers = powersOf(samples);
  const power = (bin: number) => powers[bin] ?? 0;
  const binHz = rateHz / n;
  let best = 0;
  let all = 0;
  for (let bin = Math.ceil(FLOOR_HZ / binHz); bin < n / 2; bin++) {
    const p = power(bin);
    all += p;
    if (p > best && bin * binHz >= TONE_LOW_HZ && bin * binHz <= TONE_HIGH_HZ) best = p;
  }
  if (best === 0) return null;
  let top = Math.ceil(TONE_LOW_HZ / binHz);
  while (power(top) !== best) top++;
  // A Hann window's line, between two bins: the ratio of the two largest tells where.
  const next = power(top + 1) > power(top - 1) ? 1 : -1;
  const ratio = Math.sqrt(power(top + next) / best);
  const hz = (top + (next * (2 * ratio - 1)) / (1 + ratio)) * binHz;
  let line = 0;
  for (let bin = top - 2; bin <= top + 2; bin++) line += power(bin);
  // Sum of the line's bins = amplitude^2 / 4 * n * sum of window^2, 3/8 n.
  const levelDbfs = 10 * Math.log10((line * 4) / (n * n * 0.375));
  const share = line / all;
  return levelDbfs < LEAST_DBFS || share < LEAST_SHARE ? null : { column, hz, levelDbfs, share };
}

/** In place, radix 2. */
function transform(re: Float64Array, im: Float64Array): void {
  const n = re.length;
  for (let i = 1, j = 0; i < n; i++) {
    let bit = n >> 1;
    for (; (j & bit) !== 0; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) [re[i], re[j]] = [re[j]!, re[i]!];
  }
  for (let size = 2; size <= n; size <<= 1) {
    const half = size >> 1;
    for (let k = 0; k < half; k++) {
      const angle = (-2 * Math.PI * k) / size;
      const c = Math.cos(angle);
      const s = Math.sin(angle);
      for (let at = k; at < n; at += size) {
        const other = at + half;
        const x = re[other]! * c - im[other]! * s;
        const y = re[other]! * s + im[other]! * c;
        re[other] = re[at]! - x;
        im[other] = im[at]! - y;
        re[at] = re[at]! + x;
        im[at] = im[at]! + y;
      }
    }
  }
}

export interface FoundTone {
  readonly tone: Tone;
  /** The same tone on a channel of the interface's own clock, or null. */
  readonly reference: Tone | null;
}

export interface ToneFinderOptions {
  readonly rateHz: number;
  /** 0-based columns of the bank, and of channels on the interface's own clock. */
  readonly columns: readonly number[];
  readonly references: readonly number[];
}

export class ToneFinder {
  readonly #rateHz: number;
  readonly #own: readonly number[];
  readonly #all: readonly number[];
  readonly #windows: Int32Array[];
  readonly #frames: number;
  #filled = 0;
  /** Column under analysis; -1: the windows are being filled. */
  #at = -1;
  #tones: (Tone | null)[] = [];
  #before: Tone | null = null;

  constructor(options: ToneFinderOptions) {
    this.#rateHz = options.rateHz;
    this.#own = options.columns;
    this.#all = [...options.columns, ...options.references];
    this.#frames = windowFrames(options.rateHz);
    this.#windows = this.#all.map(() => new Int32Array(this.#frames));
  }

  /** Frames that were lost break the windows. */
  reset(): void {
    this.#filled = 0;
    this.#at = -1;
    this.#tones = [];
    this.#before = null;
  }

  /** One block; the tone once two windows in a row have shown it. */
  process(block: Int32Array, channels: number, frames: number): FoundTone | null {
    if (this.#at >= 0) return this.#look();
    const take = Math.min(frames, this.#frames - this.#filled);
    for (let k = 0; k < this.#all.length; k++) {
      const window = this.#windows[k]!;
      for (let i = 0, at = this.#all[k]!; i < take; i++, at += channels) window[this.#filled + i] = block[at]!;
    }
    this.#filled += take;
    if (this.#filled === this.#frames) this.#at = 0;
    return null;
  }

  #look(): FoundTone | null {
    this.#tones.push(toneIn(this.#windows[this.#at]!, this.#rateHz, this.#all[this.#at]!));
    if (++this.#at < this.#all.length) return null;
    const loudest = (tones: readonly (Tone | null)[]) =>
      tones.reduce(
        (best, tone) => (tone !== null && (best === null || tone.levelDbfs > best.levelDbfs) ? tone : best),
        null,
      );
    const tone = loudest(this.#tones.slice(0, this.#own.length));
    const before = this.#before;
    const others = this.#tones.slice(this.#own.length);
    this.reset();
    this.#before = tone;
    if (tone === null || before === null || before.column !== tone.column || Math.abs(before.hz - tone.hz) > SAME_HZ)
      return null;
    const reference = loudest(others.filter((other) => other !== null && Math.abs(other.hz - tone.hz) <= SAME_HZ));
    return { tone: { ...tone, hz: (tone.hz + before.hz) / 2 }, reference };
  }
}
