/**
 * The way of a take's blocks from the thread that reads them to one that judges them: buffers that go over with some blocks in
 * each, and come back empty. They are handed over, not shared: to and from shared memory the runtime copies word by word, which
 * took an eighth of a whole analysis (our measurement). The writer waits where the reader is late, so memory is bounded and nothing is lost.
 */
import type { MeterKernel } from '../dsp/meterKernel.ts';
import type { FrameMasks } from '../dsp/slip/exactSlips.ts';

export interface BlockShape {
  readonly channels: number;
  /** Frames of a block at most. */
  readonly blockFrames: number;
}

/** What a reader is handed: a block, as its meter kernel left it. */
export interface TakeBlock extends FrameMasks {
  readonly input: Int32Array;
  readonly orBits: Int32Array;
}

/** What a batch may take, and blocks in it at least and at most. */
const BATCH_BYTES = 1024 * 1024;
const LEAST_BLOCKS = 4;
const MOST_BLOCKS = 32;
/** Batches on their way: a new thread of a common take (16 channels) has started before they are full, and nobody waits for a judge's dearer seconds. */
const BATCHES = 16;
/** In place of a block's frames. */
const GAP = -1;
const END = -2;

/** The masks' upper halves are of channels 33 on. */
const hasUpper = ({ channels }: BlockShape) => channels > 32;

/** Words of one block: its frames, two numbers a channel, two or four masks a frame, and the samples. */
const blockWords = (shape: BlockShape) =>
  1 + 2 * shape.channels + ((hasUpper(shape) ? 4 : 2) + shape.channels) * shape.blockFrames;

function batchBlocks(shape: BlockShape): number {
  return Math.max(LEAST_BLOCKS, Math.min(MOST_BLOCKS, Math.floor(BATCH_BYTES / (4 * blockWords(shape)))));
}

/** What all batches of one reader take together, bytes. */
export function batchesBytes(shape: BlockShape): number {
  return 4 * BATCHES * batchBlocks(shape) * blockWords(shape);
}

export class BatchWriter {
  readonly #shape: BlockShape;
  readonly #send: (batch: ArrayBuffer) => void;
  readonly #free: ArrayBuffer[] = [];
  #made = 0;
  /** The batch in hand, as words with and without a sign; null: none yet. */
  #ints: Int32Array | null = null;
  #unsigned = new Uint32Array(0);
  /** Blocks in it. */
  #blocks = 0;

  /** @param send takes a batch over for good; it is handed to `back` when it was read */
  constructor(shape: BlockShape, send: (batch: ArrayBuffer) => void) {
    this.#shape = shape;
    this.#send = send;
  }

  /** Whether one more block has to wait for the reader. */
  get full(): boolean {
    return this.#ints === null && this.#free.length === 0 && this.#made === BATCHES;
  }

  /** A batch that was read, for use again. */
  back(batch: ArrayBuffer): void {
    this.#free.push(batch);
  }

  /** Copies the block that `kernel` has just processed; not while `full`. */
  put(kernel: MeterKernel, frames: number): void {
    const { channels, blockFrames } = this.#shape;
    const ints = this.#begin(frames);
    const unsigned = this.#unsigned;
    // As wholes, whatever `frames`: views of parts would be garbage each block.
    let at = this.#blocks * blockWords(this.#shape) + 1;
    ints.set(kernel.orBits, at);
    at += channels;
    ints.set(kernel.equalCount, at);
    at += channels;
    unsigned.set(kernel.equalMaskLo, at);
    at += blockFrames;
    unsigned.set(kernel.zeroMaskLo, at);
    at += blockFrames;
    if (hasUpper(this.#shape)) {
      unsigned.set(kernel.equalMaskHi, at);
      at += blockFrames;
      unsigned.set(kernel.zeroMaskHi, at);
      at += blockFrames;
    }
    ints.set(kernel.input, at);
    this.#took();
  }

  /** Frames are missing here; not while `full`. */
  gap(): void {
    this.#begin(GAP);
    this.#took();
  }

  /** No more follows; not while `full`. */
  end(): void {
    this.#begin(END);
    this.#took();
    if (this.#ints !== null) this.#sendOff();
  }

  #make(): ArrayBuffer {
    if (this.#made === BATCHES) throw new Error('all batches are on their way: `full` was not asked');
    this.#made++;
    return new ArrayBuffer(4 * batchBlocks(this.#shape) * blockWords(this.#shape));
  }

  /** The batch in hand, with the head of its next block. */
  #begin(head: number): Int32Array {
    if (this.#ints === null) {
      const batch = this.#free.pop() ?? this.#make();
      this.#ints = new Int32Array(batch);
      this.#unsigned = new Uint32Array(batch);
      this.#blocks = 0;
    }
    this.#ints[this.#blocks * blockWords(this.#shape)] = head;
    return this.#ints;
  }

  #took(): void {
    this.#blocks++;
    if (this.#blocks === batchBlocks(this.#shape)) this.#sendOff();
  }

  #sendOff(): void {
    const ints = this.#ints!;
    this.#ints = null;
    this.#send(ints.buffer as ArrayBuffer);
  }
}

/**
 * Takes every block of a batch in turn.
 *
 * @returns whether more batches follow
 */
export function readBatch(
  batch: ArrayBuffer,
  shape: BlockShape,
  on: { block(block: TakeBlock, frames: number): void; gap(): void },
): boolean {
  const { channels, blockFrames } = shape;
  const heads = new Int32Array(batch);
  const upper = hasUpper(shape);
  const none = new Uint32Array(upper ? 0 : blockFrames);
  for (let b = 0; b < batchBlocks(shape); b++) {
    let word = b * blockWords(shape);
    const frames = heads[word]!;
    word++;
    if (frames === END) return false;
    if (frames === GAP) {
      on.gap();
      continue;
    }
    const ints = (length: number) => {
      const view = new Int32Array(batch, 4 * word, length);
      word += length;
      return view;
    };
    const mask = () => {
      const view = new Uint32Array(batch, 4 * word, blockFrames);
      word += blockFrames;
      return view;
    };
    const block: TakeBlock = {
      orBits: ints(channels),
      equalCount: ints(channels),
      equalMaskLo: mask(),
      zeroMaskLo: mask(),
      equalMaskHi: upper ? mask() : none,
      zeroMaskHi: upper ? mask() : none,
      input: ints(channels * blockFrames),
    };
    on.block(block, frames);
  }
  return true;
}
