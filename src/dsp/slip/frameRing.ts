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

  /** `capacity`: frames to hold, rounded up to a power of two. `samples`: memory that is filled by others, who then call `took`. */
  constructor(channels: number, capacity: number, samples: Int32Array | null = null) {
    this.channels = channels;
    this.capacity = 2 ** Math.ceil(Math.log2(Math.max(2, capacity)));
    this.#mask = this.capacity - 1;
    this.#samples = samples ?? new Int32Array(this.capacity * channels);
  }

  /** First absolute frame still held. */
  get start(): number {
    return this.#start;
  }

  /** One past the last absolute frame held. */
  get end(): number {
    return this.#end;
  }

  /** Appends `frames` (at most `capacity`) frames from `block`, beginning at its frame `from`. `firstFrame` is the absolute number of the first. A jump forgets what was held. */
  append(block: Int32Array, from: number, frames: number, firstFrame: number): void {
    const { channels } = this;
    const at = firstFrame & this.#mask;
    const head = Math.min(frames, this.capacity - at);
    copy(block, from * channels, this.#samples, at * channels, head * channels);
    if (head < frames) copy(block, (from + head) * channels, this.#samples, 0, (frames - head) * channels);
    this.took(firstFrame, frames);
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

// A loop, not subarray().set(): that would make a view each time, and the sample path allocates nothing.
function copy(from: Int32Array, at: number, to: Int32Array, into: number, length: number): void {
  for (let i = 0; i < length; i++) to[into + i] = from[at + i]!;
}
