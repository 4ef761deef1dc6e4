import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadKernels } from '../../../src/dsp/kernelFile.ts';
import { type ExactSlip, ExactSlips } from '../../../src/dsp/slip/exactSlips.ts';
import { lanesOf, type SlipKernel, stage } from '../../../src/dsp/slip/slipKernel.ts';
import { createTwinSlipKernel } from '../../../src/dsp/slip/slipTwin.ts';
import { createWasmSlipKernel } from '../../../src/dsp/slip/slipWasm.ts';
import { band, fault, gaussianOf, PlainMasks, randomOf, sample24 } from './material.ts';

const A = [0, 1, 2, 3, 4, 5, 6, 7];
const B = [8, 9, 10, 11, 12, 13, 14, 15];

const kernels = loadKernels();

function kernelFor(channels: number, banks: number[][], maxFrames: number, twin = false): SlipKernel {
  const options = { channels, maxFrames, lanes: lanesOf(banks), capacity: 1024 };
  return twin ? createTwinSlipKernel(options) : createWasmSlipKernel(kernels, options);
}

function slipsOf(
  block: Int32Array,
  channels: number,
  banks: number[][],
  chunks: readonly number[] = [480],
  twin = false,
): ExactSlip[] {
  const found: ExactSlip[] = [];
  const maxFrames = Math.max(...chunks);
  const kernel = kernelFor(channels, banks, maxFrames, twin);
  const detector = new ExactSlips({ channels, banks, kernel, onSlip: (slip) => found.push(slip) });
  const masks = new PlainMasks(channels, maxFrames);
  const total = block.length / channels;
  for (let at = 0, i = 0; at < total; i++) {
    const frames = Math.min(chunks[i % chunks.length]!, total - at);
    const part = block.subarray(at * channels, (at + frames) * channels);
    masks.process(part, frames);
    stage(kernel, part, channels, frames, at);
    detector.process(frames, at, masks);
    at += frames;
  }
  return found;
}

const clean8 = band(8, 48_000, 1);
const clean16 = band(16, 48_000, 2);

describe('exact evidence of slips', () => {
  it('finds a repeated frame or block of 1 to 64 frames at its exact frame, whatever the block sizes', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('repeat' as const, 'hold' as const),
        fc.integer({ min: 1, max: 64 }),
        fc.integer({ min: 20_000, max: 45_000 }),
        fc.array(fc.integer({ min: 1, max: 1920 }), { minLength: 1, maxLength: 5 }),
        (kind, frames, at, chunks) => {
          const found = slipsOf(fault(clean8, 8, A, kind, at, frames), 8, [A], chunks);
          expect(found).toHaveLength(1);
          expect(found[0]).toMatchObject({ bank: 0, frame: at, kind: 'repeat', frames, everyBank: false });
          expect(found[0]!.confidenceBits).toBeGreaterThanOrEqual(30);
        },
      ),
      { numRuns: 40, seed: 7 },
    );
  });

  it('finds a burst of 2 to 256 zeros on the bank at its exact frame', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 256 }), fc.integer({ min: 20_000, max: 45_000 }), (frames, at) => {
        const found = slipsOf(fault(clean8, 8, A, 'zeros', at, frames), 8, [A]);
        expect(found).toHaveLength(1);
        expect(found[0]).toMatchObject({ bank: 0, frame: at, kind: 'zeros', frames });
      }),
      { numRuns: 25, seed: 8 },
    );
  });

  it('names the bank that repeats, and no other', () => {
    const found = slipsOf(fault(clean16, 16, B, 'repeat', 30_000, 1), 16, [A, B]);
    expect(found.map(({ bank, frame, everyBank }) => ({ bank, frame, everyBank }))).toEqual([
      { bank: 1, frame: 30_000, everyBank: false },
    ]);
  });

  it('says when every bank shows the same at once, which no single clock can do', () => {
    for (const kind of ['repeat', 'zeros'] as const) {
      const found = slipsOf(fault(clean16, 16, [...A, ...B], kind, 30_000, 32), 16, [A, B]);
      expect(found.map(({ bank, everyBank }) => ({ bank, everyBank }))).toEqual([
        { bank: 0, everyBank: true },
        { bank: 1, everyBank: true },
      ]);
    }
  });

  it('finds a repeat with two talkers and six idle preamps', () => {
    const block = band(8, 48_000, 3);
    const gaussian = gaussianOf(randomOf(4));
    for (let n = 0; n < 48_000; n++) for (let c = 2; c < 8; c++) block[n * 8 + c] = sample24(1.5e-5 * gaussian());
    expect(slipsOf(fault(block, 8, A, 'repeat', 33_333, 1), 8, [A])).toHaveLength(1);
  });

  it('stays silent on clean material of every awkward kind', () => {
    const frames = 96_000;
    const random = randomOf(5);
    const gaussian = gaussianOf(random);
    const make = (value: (n: number, c: number) => number) => {
      const block = new Int32Array(frames * 8);
      for (let n = 0; n < frames; n++) for (let c = 0; c < 8; c++) block[n * 8 + c] = value(n, c);
      return block;
    };
    const tune = band(1, frames, 6);
    const two = band(2, frames, 8);
    const mix = (n: number, c: number) =>
      (two[2 * n]! / 2 ** 30) * (0.9 - 0.1 * c) + (two[2 * n + 1]! / 2 ** 30) * (0.1 * c);
    const cases: Record<string, Int32Array> = {
      'digital silence': make(() => 0),
      'noise floor of one or two steps': make(() => Math.round(gaussian()) * 256),
      'white noise': make(() => sample24(0.2 * gaussian())),
      'one channel copied to all': make((n) => tune[n]!),
      'one channel with a gain for each copy': make((n, c) => sample24((tune[n]! / 2 ** 31) * (1 - c / 10))),
      'two sources in 16 bits, panned over eight channels': make((n, c) => Math.round(mix(n, c) * 8000) * 65536),
      'square waves': make((n, c) => (n % (100 + 7 * c) < 50 ? 1 : -1) * 2 ** 29),
      'one square wave on all': make((n) => (n % 96 < 48 ? 1 : -1) * 2 ** 29),
      'a table of 32 samples played for two periods at a time': make((n) =>
        n % 500 < 64 ? sample24(Math.sin((n % 500) * 0.19634954084936207) * 0.5) : 0,
      ),
      'clipped tops on all channels': make((n) =>
        sample24(Math.max(-0.9, Math.min(0.9, 3 * Math.sin(n / 37) + 1e-4 * gaussian()))),
      ),
      'fades of all channels into a few frames of digital zero and out again': make(
        (n, c) =>
          Math.round(
            (tune[(n + 777 * c) % frames]! / 65536) *
              Math.min(1, Math.max(0, Math.abs((n % 40_000) - 20_000) - 3) / 900),
          ) * 65536,
      ),
      'a gate that shuts all channels for a long time': make((n, c) =>
        n % 20_000 < 9_000 ? tune[(n + 999 * c) % frames]! : 0,
      ),
    };
    for (const [name, block] of Object.entries(cases)) expect(slipsOf(block, 8, [A]), name).toEqual([]);
    expect(slipsOf(clean16, 16, [A, B]), 'band').toEqual([]);
  });

  it('says nothing where takes are faded out and in, and every channel stands within a step of zero for a while', () => {
    const fade = 480;
    const take = 2400;
    const takes = 300;
    const gaussian = gaussianOf(randomOf(11));
    const block = new Int32Array(take * takes * 8);
    for (let n = 0; n < take * takes; n++) {
      const at = n % take;
      // Music at the end of each take, nothing but preamp noise at its beginning.
      const level = at < take / 2 ? 60 : 200_000;
      const gain = Math.min(1, at / fade, (take - 1 - at) / fade);
      for (let c = 0; c < 8; c++) block[n * 8 + c] = Math.round(level * gain * gaussian()) * 256;
    }
    expect(slipsOf(block, 8, [A])).toEqual([]);
  });

  it('says nothing where a quiet take begins right behind the loud end of another', () => {
    const gaussian = gaussianOf(randomOf(12));
    const block = new Int32Array(2400 * 300 * 8);
    for (let n = 0; n < 2400 * 300; n++) {
      // It grows from less than a step of 24 bits.
      const at = n % 2400;
      const level = at < 1200 ? Math.min(60, 0.2 * 10 ** (at / 12)) : 200_000;
      for (let c = 0; c < 8; c++) block[n * 8 + c] = Math.round(level * gaussian()) * 256;
    }
    expect(slipsOf(block, 8, [A])).toEqual([]);
  });

  it('forgets what came before a gap', () => {
    const found: ExactSlip[] = [];
    const kernel = kernelFor(8, [A], 480);
    const detector = new ExactSlips({ channels: 8, banks: [A], kernel, onSlip: (slip) => found.push(slip) });
    const masks = new PlainMasks(8, 480);
    const feed = (from: number, frames: number, as: number) => {
      for (let at = 0; at < frames; at += 480) {
        const part = clean8.subarray((from + at) * 8, (from + at + 480) * 8);
        masks.process(part, 480);
        stage(kernel, part, 8, 480, as + at);
        detector.process(480, as + at, masks);
      }
    };
    feed(0, 24_000, 0);
    detector.reset();
    feed(23_520, 24_000, 50_000);
    expect(found).toEqual([]);
  });
});
