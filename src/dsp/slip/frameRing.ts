/**
 * The last frames of a stream, all channels, so that a suspicion can be looked at with what came before and after it.
 * Absolute frame numbers are kept in doubles (exact to 2^53).
 */
export class FrameRing {
  readonly channels: number;
  /** Frames held; a power of two. */
  readonly capacity: number;
  readonly #samples: Int32Array;
  readonly #mask: number;
  #end = 0;
  #start = 0;

  /** `capacity`: frames to hold, a power of two. `samples`: memory for them at least, interleaved; others fill it, then call `took`. */
  constructor(channels: number, capacity: number, samples: Int32Array) {
    this.channels = channels;
    this.capacity = capacity;
    this.#mask = capacity - 1;
    this.#samples = samples;
  }

  /** First absolute frame still held. */
  get start(): number {
    return this.#start;
  }

  /** One past the last absolute frame held. */
  get end(): number {
    return this.#end;
  }

  /** `frames` frames from `firstFrame` on stand in the ring's memory. A jump forgets what was held. */
  took(firstFrame: number, frames: number): void {
    if (firstFrame !== this.#end) this.#start = firstFrame;
    this.#end = firstFrame + frames;
    if (this.#end - this.#start > this.capacity) this.#start = this.#end - this.capacity;
  }

  /** Whether [from, to) is held. */
  holds(from: number, to: number): boolean {
    return from >= this.#start && to <= this.#end;
  }

  /** Sample of `channel` (0-based) at an absolute frame that is held. */
  at(frame: number, channel: number): number {
    return this.#samples[(frame & this.#mask) * this.channels + channel]!;
  }

  /** Copies one channel's [from, from + length) into `out` from its index 0. The range must be held. */
  read(channel: number, from: number, length: number, out: Int32Array | Float64Array): void {
    const { channels } = this;
    const samples = this.#samples;
    for (let i = 0; i < length; i++) out[i] = samples[((from + i) & this.#mask) * channels + channel]!;
  }

  clear(): void {
    this.#start = 0;
    this.#end = 0;
  }
}
