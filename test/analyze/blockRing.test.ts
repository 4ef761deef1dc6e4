import { describe, expect, it } from 'vitest';
import { BlockRingWriter, createBlockRing, readBlocks } from '../../src/analyze/blockRing.ts';
import { loadKernels } from '../../src/dsp/kernelFile.ts';
import { createWasmMeter } from '../../src/dsp/meterWasm.ts';
import { randomWords } from '../dsp/signals.ts';

const shape = { channels: 3, blockFrames: 48, readers: 2 };
const kernel = createWasmMeter(loadKernels(), {
  channels: 3,
  maxFrames: 48,
  fullScale24: 8388607,
  clipRun: 3,
  truePeak: false,
});

describe('the ring of blocks between threads', () => {
  it('hands every reader every block as the kernel left it, with its gaps, and ends', () => {
    const memory = createBlockRing(shape);
    const writer = new BlockRingWriter(memory, shape);
    const wanted: unknown[] = [];
    for (const [index, frames] of [48, 7, 48].entries()) {
      kernel.input.set(randomWords(index, 48 * 3));
      kernel.process(frames);
      writer.put(kernel, frames);
      wanted.push([frames, [...kernel.input], [...kernel.orBits], [...kernel.equalCount], [...kernel.zeroMaskLo]]);
      if (index === 1) {
        writer.gap();
        wanted.push('gap');
      }
    }
    writer.end();
    for (const reader of [0, 1]) {
      const seen: unknown[] = [];
      readBlocks(memory, shape, reader, {
        block: ({ input, orBits, equalCount, zeroMaskLo }, frames) =>
          seen.push([frames, [...input], [...orBits], [...equalCount], [...zeroMaskLo]]),
        gap: () => seen.push('gap'),
        room: () => {},
      });
      expect(seen).toEqual(wanted);
    }
  });

  it('is full while its slowest reader is late, and tells when there is room', () => {
    const memory = createBlockRing(shape);
    const writer = new BlockRingWriter(memory, shape);
    let blocks = 0;
    for (; !writer.full; blocks++) writer.put(kernel, 48);
    expect(blocks).toBeGreaterThanOrEqual(16);
    /** Reads until there is room, then no further. */
    const readHalf = (reader: number) => {
      try {
        readBlocks(memory, shape, reader, {
          block: () => {},
          gap: () => {},
          room: () => {
            throw new Error('room');
          },
        });
      } catch (error) {
        expect((error as Error).message).toBe('room');
      }
    };
    readHalf(0);
    expect(writer.full).toBe(true);
    readHalf(1);
    expect(writer.full).toBe(false);
  });

  it('stays below 64 MB whatever the take', () => {
    for (const [channels, blockFrames] of [
      [1, 480],
      [64, 480],
      [64, 1920],
    ] as const) {
      const bytes = createBlockRing({ channels, blockFrames, readers: 2 }).byteLength;
      expect(bytes).toBeLessThan(64 * 2 ** 20);
    }
  });
});
