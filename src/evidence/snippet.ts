/** A piece of a bank around one frame: what a slip looked like. Plain data: it crosses a thread. */
export interface Snippet {
  /** Place of the bank in the list that the worker was told. */
  readonly bank: number;
  /** Frame in question, counted from the stream's start. */
  readonly frame: number;
  /** Absolute frame of the first one in `samples`. */
  readonly firstFrame: number;
  readonly rateHz: number;
  /** 1-based channels of the stream, in the order of `samples`. */
  readonly channels: readonly number[];
  /** Interleaved, left-justified Int32. */
  readonly samples: Int32Array;
}

/** Frames on either side of the one in question: 20 ms. */
export function snippetReach(rateHz: number): number {
  return Math.round(rateHz / 50);
}
