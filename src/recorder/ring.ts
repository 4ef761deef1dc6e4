/**
 * The way of the samples from the capture worker to the recorder's: a ring in shared memory, one writer, one reader.
 *
 * The writer copies a block and goes on; it never waits. When the reader is late by more than the ring holds, blocks are
 * left out and their frames counted, and the next block says how many. A block never wraps: near the end of the ring the
 * writer skips to its beginning.
 */

/** 10 s of 34 channels at 48 kHz. */
export const RING_BYTES = 64 * 1024 * 1024;

/** Control words at the start of the memory. */
const HEAD = 0;
const TAIL = 1;
/** Frames left out so far, modulo 2^32. */
const LEFT_OUT = 2;
const CONTROL_INTS = 16;

/** Words before each block: kind, frames, channels, rate, valid bits, frame (low, high), frames lost before it, stream. */
const HEADER_INTS = 9;
const KIND_BLOCK = 1;
const KIND_SKIP = 2;

export function createRing(bytes = RING_BYTES): SharedArrayBuffer {
  return new SharedArrayBuffer(bytes);
}

export class RingWriter {
  readonly #control: Int32Array;
  readonly #data: Int32Array;
  #head = 0;
  #channels = 0;
  #rateHz = 0;
  #validBits = 0;
  #stream = 0;
  /** Frames that the next block must say are missing before it; -1: unknown. */
  #lost = 0;

  constructor(memory: SharedArrayBuffer) {
    this.#control = new Int32Array(memory, 0, CONTROL_INTS);
    this.#data = new Int32Array(memory, CONTROL_INTS * 4);
  }

  /** A stream opened; its frames count from 0. */
  open(info: { readonly channels: number; readonly rateHz: number; readonly validBits: number }): void {
    this.#channels = info.channels;
    this.#rateHz = info.rateHz;
    this.#validBits = info.validBits;
    this.#stream++;
    this.#lost = 0;
  }

  /** Frames were lost before they came here: an overrun. null: nobody knows how many. */
  lost(frames: number | null): void {
    if (frames === null) this.#lost = -1;
    else if (this.#lost >= 0) this.#lost += frames;
  }

  /**
   * Copies the whole of `block` (of which `frames` frames are good): no view is made, nothing allocated. `frame`: position
   * of its first frame in the stream. False: there was no room.
   */
  write(block: Int32Array, frames: number, frame: number): boolean {
    const need = HEADER_INTS + block.length;
    const size = this.#data.length;
    const tail = Atomics.load(this.#control, TAIL);
    let at = this.#head;
    // head == tail means empty: a word always stays free.
    if (at >= tail) {
      if (at + need + HEADER_INTS > size) {
        if (need >= tail) return this.#leaveOut(frames);
        this.#data[at] = KIND_SKIP;
        at = 0;
      }
    } else if (at + need >= tail) return this.#leaveOut(frames);
    const data = this.#data;
    data[at] = KIND_BLOCK;
    data[at + 1] = frames;
    data[at + 2] = this.#channels;
    data[at + 3] = this.#rateHz;
    data[at + 4] = this.#validBits;
    data[at + 5] = frame | 0;
    data[at + 6] = Math.floor(frame / 4294967296) | 0;
    data[at + 7] = this.#lost;
    data[at + 8] = this.#stream;
    data.set(block, at + HEADER_INTS);
    this.#lost = 0;
    // Only the good frames count: the rest is written over.
    this.#head = at + HEADER_INTS + frames * this.#channels;
    Atomics.store(this.#control, HEAD, this.#head);
    return true;
  }

  #leaveOut(frames: number): false {
    Atomics.add(this.#control, LEFT_OUT, frames);
    if (this.#lost >= 0) this.#lost += frames;
    return false;
  }
}

/** A block as the reader finds it. The object is reused; `samples` is valid until `release`. */
export interface RingBlock {
  frames: number;
  channels: number;
  rateHz: number;
  validBits: number;
  /** Position of its first frame in the stream. */
  frame: number;
  /** Frames missing before it; -1: nobody knows how many. */
  lost: number;
  /** Number of the stream, from 1. */
  stream: number;
  /** The ring's memory, and where the block begins in it. */
  samples: Int32Array;
  offset: number;
}

export class RingReader {
  readonly #control: Int32Array;
  readonly #data: Int32Array;
  #tail = 0;
  #next = 0;
  readonly #block: RingBlock;

  constructor(memory: SharedArrayBuffer) {
    this.#control = new Int32Array(memory, 0, CONTROL_INTS);
    this.#data = new Int32Array(memory, CONTROL_INTS * 4);
    this.#block = {
      frames: 0,
      channels: 0,
      rateHz: 0,
      validBits: 0,
      frame: 0,
      lost: 0,
      stream: 0,
      samples: this.#data,
      offset: 0,
    };
  }

  /** Frames left out for want of room since the start, modulo 2^32. */
  get leftOut(): number {
    return Atomics.load(this.#control, LEFT_OUT) >>> 0;
  }

  /** The oldest block, or null: there is none. Call `release` when it is done with. */
  peek(): RingBlock | null {
    const head = Atomics.load(this.#control, HEAD);
    if (this.#tail === head) return null;
    const data = this.#data;
    let at = this.#tail;
    if (data[at] === KIND_SKIP) at = 0;
    const block = this.#block;
    block.frames = data[at + 1]!;
    block.channels = data[at + 2]!;
    block.rateHz = data[at + 3]!;
    block.validBits = data[at + 4]!;
    block.frame = data[at + 6]! * 4294967296 + (data[at + 5]! >>> 0);
    block.lost = data[at + 7]!;
    block.stream = data[at + 8]!;
    block.offset = at + HEADER_INTS;
    this.#next = block.offset + block.frames * block.channels;
    return block;
  }

  release(): void {
    this.#tail = this.#next;
    Atomics.store(this.#control, TAIL, this.#tail);
  }
}
