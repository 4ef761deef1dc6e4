/**
 * Cuts out what a slip looked like, in the capture worker: when the slip detector points at a frame, the 20 ms before and behind it
 * are taken from the detector's own ring of whole samples, as soon as they stand there. Counting allocates nothing; cutting does, and
 * is rare.
 */
import { type Snippet, snippetReach } from './snippet.ts';

/** The drop detector points back as far as two of its steps and the judge's reach, frames. */
const DETECTOR_LAG = 8192;
/** Frames pointed at that wait for what comes behind them; more at once are no evidence of one clock, and are let go. */
const MAX_WAITING = 16;
/** Cuts a second and bank: a flood of weak suspicions must not fill the main thread. */
const CUTS_PER_S = 2;

/** The last frames of a stream, all channels interleaved: frame n stands at (n modulo `frames`) * channels. */
export interface SampleRing {
  readonly frames: number;
  readonly samples: Int32Array;
}

interface Waiting {
  readonly bank: number;
  readonly columns: readonly number[];
  readonly frame: number;
}

export interface SnippetCutterOptions {
  readonly channels: number;
  /** Frames of a block at most: a block is written into the ring whole, and what stands behind its frames covers the oldest ones. */
  readonly maxFrames: number;
  readonly rateHz: number;
  readonly onSnippet: (snippet: Snippet) => void;
}

/** Frames that a ring must hold, so that all that the detector may point at is still there when it does. */
export function snippetRingFrames(rateHz: number, maxFrames: number): number {
  return DETECTOR_LAG + 2 * snippetReach(rateHz) + 2 * maxFrames;
}

export class SnippetCutter {
  readonly #options: SnippetCutterOptions;
  readonly #reach: number;
  #ring: SampleRing = { frames: 0, samples: new Int32Array(0) };
  /** Absolute frame behind the last one, and frames known to be good before it. */
  #end = 0;
  #held = 0;
  #waiting: Waiting[] = [];
  readonly #lastCuts = new Map<number, number>();
  /** Frames pointed at that were let go: too many at once, or no longer there. */
  missed = 0;

  constructor(options: SnippetCutterOptions) {
    this.#options = options;
    this.#reach = snippetReach(options.rateHz);
  }

  /** Cuts from this ring from now on; nothing stands in it yet. */
  watch(ring: SampleRing): void {
    this.reset();
    this.#ring = ring;
  }

  /** `frames` more frames stand in the ring; the first has the absolute number `firstFrame`. */
  advance(frames: number, firstFrame: number): void {
    if (firstFrame !== this.#end) this.reset();
    this.#end = firstFrame + frames;
    this.#held = Math.min(this.#held + frames, this.#ring.frames - this.#options.maxFrames);
    if (this.#waiting.length > 0) this.#cutRipe();
  }

  /** Points at a frame of a bank: it is cut out by one of the next `advance`s. */
  want(bank: number, columns: readonly number[], frame: number): void {
    const last = this.#lastCuts.get(bank) ?? Number.NEGATIVE_INFINITY;
    if (this.#waiting.length >= MAX_WAITING || Math.abs(frame - last) < this.#options.rateHz / CUTS_PER_S) {
      this.missed++;
      return;
    }
    this.#lastCuts.set(bank, frame);
    this.#waiting.push({ bank, columns, frame });
  }

  /** After lost frames: what came before is not next to what follows. */
  reset(): void {
    this.missed += this.#waiting.length;
    this.#waiting = [];
    this.#held = 0;
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
    const ring = this.#ring;
    const length = 2 * this.#reach;
    const samples = new Int32Array(length * columns.length);
    let place = first % ring.frames;
    let out = 0;
    for (let n = 0; n < length; n++) {
      const at = place * channels;
      for (const column of columns) samples[out++] = ring.samples[at + column]!;
      place = place + 1 === ring.frames ? 0 : place + 1;
    }
    return { bank, frame, firstFrame: first, rateHz, channels: columns.map((c) => c + 1), samples };
  }
}
