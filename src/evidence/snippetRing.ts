/**
 * The last moments of a stream, all channels, in the capture worker: when the slip detector points at a frame, the 20 ms before
 * and behind it are cut out as soon as they are there. Appending copies and allocates nothing; cutting allocates, and is rare.
 */
import { type Snippet, snippetReach } from './snippet.ts';

/** The drop detector points back as far as two of its steps and the judge's reach, frames. */
const DETECTOR_LAG = 8192;
/** Frames pointed at that wait for what comes behind them; more at once are no evidence of one clock, and are let go. */
const MAX_WAITING = 16;
/** Cuts a second and bank: a flood of weak suspicions must not fill the main thread. */
const CUTS_PER_S = 2;

interface Waiting {
  readonly bank: number;
  readonly columns: readonly number[];
  readonly frame: number;
}

export interface SnippetRingOptions {
  readonly channels: number;
  /** Frames of a block at most; `append` is given blocks of exactly this size, filled as far as it is told. */
  readonly maxFrames: number;
  readonly rateHz: number;
  readonly onSnippet: (snippet: Snippet) => void;
}

export class SnippetRing {
  readonly #options: SnippetRingOptions;
  readonly #reach: number;
  /** Frames of the ring proper; maxFrames of slack stand behind it. */
  readonly #capacity: number;
  readonly #samples: Int32Array;
  #next = 0;
  /** Absolute frame behind the last one, and frames known to be good before it. */
  #end = 0;
  #held = 0;
  #waiting: Waiting[] = [];
  readonly #lastCuts = new Map<number, number>();
  /** Frames pointed at that were let go: too many at once, or no longer there. */
  missed = 0;

  constructor(options: SnippetRingOptions) {
    this.#options = options;
    this.#reach = snippetReach(options.rateHz);
    this.#capacity = DETECTOR_LAG + 2 * this.#reach + 2 * options.maxFrames;
    this.#samples = new Int32Array((this.#capacity + options.maxFrames) * options.channels);
  }

  /** Takes the first `frames` frames of a block. `firstFrame`: absolute number of the first. */
  append(block: Int32Array, frames: number, firstFrame: number): void {
    const { channels } = this.#options;
    if (firstFrame !== this.#end) this.reset();
    // The whole block in one copy: what stands behind its frames lands on the oldest ones, which are not counted as held.
    this.#samples.set(block, this.#next * channels);
    const past = this.#next + frames - this.#capacity;
    if (past > 0) this.#samples.copyWithin(0, this.#capacity * channels, (this.#capacity + past) * channels);
    this.#next = past >= 0 ? past : this.#next + frames;
    this.#end = firstFrame + frames;
    this.#held = Math.min(this.#held + frames, this.#capacity - this.#options.maxFrames);
    if (this.#waiting.length > 0) this.#cutRipe();
  }

  /** Points at a frame of a bank. */
  want(bank: number, columns: readonly number[], frame: number): void {
    const last = this.#lastCuts.get(bank) ?? Number.NEGATIVE_INFINITY;
    if (this.#waiting.length >= MAX_WAITING || Math.abs(frame - last) < this.#options.rateHz / CUTS_PER_S) {
      this.missed++;
      return;
    }
    this.#lastCuts.set(bank, frame);
    this.#waiting.push({ bank, columns, frame });
    this.#cutRipe();
  }

  /** After lost frames: what came before is not next to what follows. */
  reset(): void {
    this.missed += this.#waiting.length;
    this.#waiting = [];
    this.#held = 0;
    this.#next = 0;
  }

  #cutRipe(): void {
    const ripe = this.#waiting.filter((one) => one.frame + this.#reach <= this.#end);
    if (ripe.length === 0) return;
    this.#waiting = this.#waiting.filter((one) => one.frame + this.#reach > this.#end);
    for (const one of ripe) {
      const first = one.frame - this.#reach;
      if (first < this.#end - this.#held) this.missed++;
      else this.#options.onSnippet(this.#cut(one, first));
    }
  }

  #cut({ bank, columns, frame }: Waiting, first: number): Snippet {
    const { channels, rateHz } = this.#options;
    const length = 2 * this.#reach;
    const samples = new Int32Array(length * columns.length);
    // `next` is where frame `end` will go.
    let place = (((this.#next - (this.#end - first)) % this.#capacity) + this.#capacity) % this.#capacity;
    let out = 0;
    for (let n = 0; n < length; n++) {
      const at = place * channels;
      for (const column of columns) samples[out++] = this.#samples[at + column]!;
      place = place + 1 === this.#capacity ? 0 : place + 1;
    }
    return { bank, frame, firstFrame: first, rateHz, channels: columns.map((c) => c + 1), samples };
  }
}
