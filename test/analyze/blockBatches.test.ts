import { describe, expect, it } from 'vitest';
import { BatchWriter, batchesBytes, readBatch } from '../../src/analyze/blockBatches.ts';
import { loadKernels } from '../../src/dsp/kernelFile.ts';
import { createWasmMeter } from '../../src/dsp/meterWasm.ts';
import { randomWords } from '../dsp/signals.ts';

const kernels = loadKernels();
const meterOf = (channels: number) =>
  createWasmMeter(kernels, { channels, maxFrames: 48, fullScale24: 8388607, clipRun: 3, truePeak: false });
const shape = { channels: 3, blockFrames: 48 };
const kernel = meterOf(3);
/** As a thread's port does: the sender's buffer is gone. */
const handOver = (batch: ArrayBuffer) => structuredClone(batch, { transfer: [batch] });

describe('the batches of blocks between threads', () => {
  it.each([3, 32, 40])(
    'hand over every block of %i channels as the kernel left it, with its gaps, in order, and end',
    (channels) => {
      const shape = { channels, blockFrames: 48 };
      const kernel = meterOf(channels);
      const wanted: unknown[] = [];
      const seen: unknown[] = [];
      const ends: boolean[] = [];
      const writer: BatchWriter = new BatchWriter(shape, (sent) => {
        const batch = handOver(sent);
        const more = readBatch(batch, shape, {
          block: ({ input, orBits, equalCount, equalMaskLo, equalMaskHi, zeroMaskLo, zeroMaskHi }, frames) =>
            seen.push([
              frames,
              ...[input, orBits, equalCount, equalMaskLo, equalMaskHi, zeroMaskLo, zeroMaskHi].map((part) => [...part]),
            ]),
          gap: () => seen.push('gap'),
        });
        ends.push(!more);
        writer.back(handOver(batch));
      });
      // More than all batches hold together, so that each is used again.
      for (let index = 0; index < 500; index++) {
        expect(writer.full).toBe(false);
        const frames = index % 3 === 1 ? 7 : 48;
        kernel.input.set(randomWords(index, 48 * channels));
        kernel.process(frames);
        writer.put(kernel, frames);
        const { input, orBits, equalCount, equalMaskLo, equalMaskHi, zeroMaskLo, zeroMaskHi } = kernel;
        wanted.push([
          frames,
          ...[input, orBits, equalCount, equalMaskLo, equalMaskHi, zeroMaskLo, zeroMaskHi].map((part) => [...part]),
        ]);
        if (index % 7 === 0) {
          writer.gap();
          wanted.push('gap');
        }
      }
      writer.end();
      expect(seen).toEqual(wanted);
      expect(ends.indexOf(true)).toBe(ends.length - 1);
    },
  );

  it('end at once where nothing was put in', () => {
    let batches = 0;
    const writer = new BatchWriter(shape, (batch) => {
      batches++;
      expect(readBatch(batch, shape, { block: () => expect.fail(), gap: () => expect.fail() })).toBe(false);
    });
    writer.end();
    expect(batches).toBe(1);
  });

  it('are full while the reader is late, and not before; one that comes back is room for as many blocks again', () => {
    const sent: ArrayBuffer[] = [];
    const writer = new BatchWriter(shape, (batch) => sent.push(batch));
    let blocks = 0;
    for (; !writer.full; blocks++) writer.put(kernel, 48);
    expect(blocks).toBeGreaterThanOrEqual(32);
    expect(blocks % sent.length).toBe(0);
    expect(() => writer.put(kernel, 48)).toThrow(/full/);
    writer.back(sent[0]!);
    let more = 0;
    for (; !writer.full; more++) writer.put(kernel, 48);
    expect(more).toBe(blocks / (sent.length - 1));
  });

  it('stay below 32 MB a reader whatever the take', () => {
    for (const [channels, blockFrames] of [
      [1, 480],
      [64, 480],
      [64, 1920],
    ] as const)
      expect(batchesBytes({ channels, blockFrames })).toBeLessThan(32 * 2 ** 20);
  });
});
