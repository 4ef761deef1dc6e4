/**
 * The way of a take's blocks from the thread that reads them to those that judge them: a ring in shared memory, one writer,
 * some readers that each take every block. The writer waits where a reader is late, so memory is bounded and nothing is lost.
 */
import type { MeterKernel } from '../dsp/meterKernel.ts';
import type { FrameMasks } from '../dsp/slip/exactSlips.ts';

export interface BlockRingShape {
  readonly channels: number;
  /** Frames of a block at most. */
  readonly blockFrames: number;
  readonly readers: number;
}

/** What a reader is handed: a block, as its meter kernel left it. */
export interface TakeBlock extends FrameMasks {
  readonly input: Int32Array;
  readonly orBits: Int32Array;
}

/** What the ring may take, and blocks in it at least and at most: 2.5 s, in which a new thread of a common take has started. */
const RING_BYTES = 16 * 1024 * 1024;
const LEAST_SLOTS = 16;
const MOST_SLOTS = 256;
/** Control words: blocks written so far, then those each reader is done with. */
const WRITTEN = 0;
const READ = 1;
/** In place of a block's frames. */
const GAP = -1;
const END = -2;

interface Slot extends TakeBlock {
  readonly head: Int32Array;
}

/** A power of two. Sleepers are woken after half of them, not at each block. */
function slotCount(shape: BlockRingShape): number {
  const fit = 2 ** Math.floor(Math.log2(RING_BYTES / (4 * slotWords(shape))));
  return Math.max(LEAST_SLOTS, Math.min(MOST_SLOTS, fit));
}

export function createBlockRing(shape: BlockRingShape): SharedArrayBuffer {
  return new SharedArrayBuffer(4 * (1 + shape.readers + slotCount(shape) * slotWords(shape)));
}

const slotWords = ({ channels, blockFrames }: BlockRingShape) => 1 + 2 * channels + (4 + channels) * blockFrames;

function slotsOf(memory: SharedArrayBuffer, shape: BlockRingShape): Slot[] {
  const { channels, blockFrames, readers } = shape;
  let word = 1 + readers;
  const ints = (length: number) => {
    const view = new Int32Array(memory, 4 * word, length);
    word += length;
    return view;
  };
  const mask = () => {
    const view = new Uint32Array(memory, 4 * word, blockFrames);
    word += blockFrames;
    return view;
  };
  return Array.from({ length: slotCount(shape) }, () => ({
    head: ints(1),
    orBits: ints(channels),
    equalCount: ints(channels),
    equalMaskLo: mask(),
    equalMaskHi: mask(),
    zeroMaskLo: mask(),
    zeroMaskHi: mask(),
    input: ints(channels * blockFrames),
  }));
}

export class BlockRingWriter {
  readonly #control: Int32Array;
  readonly #slots: readonly Slot[];
  readonly #readers: number;
  #written = 0;

  constructor(memory: SharedArrayBuffer, shape: BlockRingShape) {
    this.#control = new Int32Array(memory, 0, 1 + shape.readers);
    this.#slots = slotsOf(memory, shape);
    this.#readers = shape.readers;
  }

  /** Whether one more block has to wait for a reader. */
  get full(): boolean {
    for (let r = 0; r < this.#readers; r++)
      if (((this.#written - Atomics.load(this.#control, READ + r)) | 0) >= this.#slots.length) return true;
    return false;
  }

  /** Copies the block that `kernel` has just processed; not while `full`. */
  put(kernel: MeterKernel, frames: number): void {
    const slot = this.#slots[this.#written & (this.#slots.length - 1)]!;
    slot.head[0] = frames;
    // As wholes, whatever `frames`: views of parts would be garbage each block.
    slot.input.set(kernel.input);
    slot.orBits.set(kernel.orBits);
    slot.equalCount.set(kernel.equalCount);
    slot.equalMaskLo.set(kernel.equalMaskLo);
    slot.equalMaskHi.set(kernel.equalMaskHi);
    slot.zeroMaskLo.set(kernel.zeroMaskLo);
    slot.zeroMaskHi.set(kernel.zeroMaskHi);
    this.#commit(false);
  }

  /** Frames are missing here; not while `full`. */
  gap(): void {
    this.#slots[this.#written & (this.#slots.length - 1)]!.head[0] = GAP;
    this.#commit(false);
  }

  /** No more follows; not while `full`. */
  end(): void {
    this.#slots[this.#written & (this.#slots.length - 1)]!.head[0] = END;
    this.#commit(true);
  }

  #commit(wake: boolean): void {
    this.#written = (this.#written + 1) | 0;
    Atomics.store(this.#control, WRITTEN, this.#written);
    if (wake || this.#written % (this.#slots.length / 2) === 0) Atomics.notify(this.#control, WRITTEN);
  }
}

/**
 * Takes every block in turn, in a thread that may sleep, and returns at the end.
 *
 * @param reader 0..readers - 1
 * @param onRoom told now and then that the writer may go on
 */
export function readBlocks(
  memory: SharedArrayBuffer,
  shape: BlockRingShape,
  reader: number,
  on: { block(block: TakeBlock, frames: number): void; gap(): void; room(): void },
): void {
  const control = new Int32Array(memory, 0, 1 + shape.readers);
  const slots = slotsOf(memory, shape);
  for (let read = 0; ; ) {
    if (Atomics.load(control, WRITTEN) === read) {
      Atomics.wait(control, WRITTEN, read);
      continue;
    }
    const slot = slots[read & (slots.length - 1)]!;
    const frames = slot.head[0]!;
    if (frames === END) return;
    if (frames === GAP) on.gap();
    else on.block(slot, frames);
    read = (read + 1) | 0;
    Atomics.store(control, READ + reader, read);
    if (read % (slots.length / 2) === 0) on.room();
  }
}
