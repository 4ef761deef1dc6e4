/**
 * The sample path of the guided proof: one column, or two, multiplied by a sine and a cosine of the tone's frequency and
 * summed over blocks of whole periods. Whole numbers only: 24-bit samples times 15-bit table entries, at most 2^50 a block,
 * held exactly in doubles. No WASM twin: it runs on two columns at most, and only while a proof runs.
 */

const TABLE_BITS = 14;
const TABLE = 1 << TABLE_BITS;
/** One turn of a cosine, 15 bits. */
const COSINE = Int16Array.from({ length: TABLE }, (_, i) => Math.round(32767 * Math.cos((2 * Math.PI * i) / TABLE)));
const QUARTER = TABLE >> 2;
/** Largest sample of 16 valid bits, as 24: from there on a sample counts as full scale. */
const FULL_SCALE_24 = 0x7fff00;
/** Zeros in a row that a tone does not pass by itself. */
const ZERO_RUN = 8;
/** A block is at least so long, s, and so many periods of the tone. */
const LEAST_S = 0.004;
const LEAST_PERIODS = 2;

/** What one column gave in one block. */
export interface BlockSums {
  readonly i: number;
  readonly q: number;
  /** Samples at full scale. */
  readonly clipped: number;
  /** A run of exact zeros: a receiver that muted. */
  readonly zeros: boolean;
}

/** Frames of a block: a number of periods that comes closest to a whole number of frames, so that twice the tone sums to nothing. */
export function blockFrames(hz: number, rateHz: number): number {
  const period = rateHz / hz;
  const least = Math.max(LEAST_PERIODS, Math.ceil((LEAST_S * rateHz) / period));
  let best = least;
  for (let periods = least; periods <= least + 3; periods++) {
    const off = (n: number) => Math.abs(n * period - Math.round(n * period));
    if (off(periods) < off(best) - 0.02) best = periods;
  }
  return Math.round(best * period);
}

export class ToneBlocks {
  /** Frames of a block. */
  readonly frames: number;
  readonly #columns: readonly number[];
  readonly #step: number;
  readonly #onBlock: (frame: number, sums: readonly BlockSums[]) => void;
  readonly #i: Float64Array;
  readonly #q: Float64Array;
  readonly #clipped: Int32Array;
  readonly #zeroRun: Int32Array;
  readonly #zeros: Uint8Array;
  #phase = 0;
  #filled = 0;

  /** `onBlock`: the frame at which the block began, and what each column gave. */
  constructor(
    options: { readonly hz: number; readonly rateHz: number; readonly columns: readonly number[] },
    onBlock: (frame: number, sums: readonly BlockSums[]) => void,
  ) {
    this.frames = blockFrames(options.hz, options.rateHz);
    this.#columns = options.columns;
    this.#step = Math.round((options.hz / options.rateHz) * 2 ** 32) >>> 0;
    this.#onBlock = onBlock;
    this.#i = new Float64Array(options.columns.length);
    this.#q = new Float64Array(options.columns.length);
    this.#clipped = new Int32Array(options.columns.length);
    this.#zeroRun = new Int32Array(options.columns.length);
    this.#zeros = new Uint8Array(options.columns.length);
  }

  /** Frequency that the sums are made for, Hz: what the phase of the blocks is told against. */
  oscillatorHz(rateHz: number): number {
    return (this.#step / 2 ** 32) * rateHz;
  }

  /** `block`: interleaved Int32, left-justified; its first frame is `frame` of the stream. */
  process(block: Int32Array, channels: number, frames: number, frame: number): void {
    for (let done = 0; done < frames; ) {
      const take = Math.min(frames - done, this.frames - this.#filled);
      const end = this.#run(block, channels, done, take);
      this.#phase = end;
      this.#filled += take;
      done += take;
      if (this.#filled === this.frames) this.#tell(frame + done - this.frames);
    }
  }

  #run(block: Int32Array, channels: number, from: number, take: number): number {
    const step = this.#step;
    let phase = this.#phase;
    for (let k = 0; k < this.#columns.length; k++) {
      phase = this.#phase;
      let i = 0;
      let q = 0;
      let clipped = 0;
      let run = this.#zeroRun[k]!;
      let zeros = this.#zeros[k]!;
      for (let n = 0, at = from * channels + this.#columns[k]!; n < take; n++, at += channels) {
        const x = block[at]! >> 8;
        const index = phase >>> (32 - TABLE_BITS);
        i += x * COSINE[index]!;
        q -= x * COSINE[(index - QUARTER) & (TABLE - 1)]!;
        phase = (phase + step) >>> 0;
        if (x >= FULL_SCALE_24 || x <= -FULL_SCALE_24) clipped++;
        if (x !== 0) run = 0;
        else if (++run >= ZERO_RUN) zeros = 1;
      }
      this.#i[k] = this.#i[k]! + i;
      this.#q[k] = this.#q[k]! + q;
      this.#clipped[k] = this.#clipped[k]! + clipped;
      this.#zeroRun[k] = run;
      this.#zeros[k] = zeros;
    }
    return phase;
  }

  #tell(frame: number): void {
    const sums = this.#columns.map((_, k) => ({
      i: this.#i[k]!,
      q: this.#q[k]!,
      clipped: this.#clipped[k]!,
      zeros: this.#zeros[k] === 1,
    }));
    this.#i.fill(0);
    this.#q.fill(0);
    this.#clipped.fill(0);
    this.#zeros.fill(0);
    this.#filled = 0;
    this.#onBlock(frame, sums);
  }
}
