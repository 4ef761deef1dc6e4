import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BACKWARDS,
  ERRORS,
  JUDGE_LENGTH,
  LEFT,
  MAX_CHANNELS,
  ORDER,
  SCOUT,
  TOLD,
} from '../../../src/dsp/slip/judgeKernel.ts';
import {
  LONGEST_REPEAT,
  SEGMENT,
  SHORT_TAPS,
  type SlipKernel,
  type SlipKernelOptions,
  stage,
  TAPS,
} from '../../../src/dsp/slip/slipKernel.ts';
import { createTwinSlipKernel } from '../../../src/dsp/slip/slipTwin.ts';
import { createWasmSlipKernel } from '../../../src/dsp/slip/slipWasm.ts';
import { gaussianOf, randomOf } from './material.ts';

const kernels = new WebAssembly.Module(readFileSync(new URL('../../../dist/dsp/kernels.wasm', import.meta.url)));

function filled(kernel: SlipKernel, channels: number, seed: number): SlipKernel {
  const random = randomOf(seed);
  const gaussian = gaussianOf(random);
  for (let i = 0; i < kernel.masks.length; i++) kernel.masks[i] = random() < 0.8 ? -1 : 0;
  for (let i = 0; i < kernel.taps.length; i++)
    kernel.taps[i] = Math.floor(i / 4) % (TAPS + 1) === 0 ? 1 : gaussian() * 0.3;
  const frames = 512;
  const block = new Int32Array(frames * channels);
  const scale = 2 ** (8 + 22 * random());
  for (let at = 0; at + frames <= 2048; at += frames) {
    for (let i = 0; i < block.length; i++) block[i] = Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, gaussian() * scale));
    stage(kernel, block, channels, frames, at);
    kernel.append(at, frames);
  }
  return kernel;
}

/** Makes a lane's noise a resonance: deep and easily foreseen. */
function resonate(kernel: SlipKernel, group: number, lane: number): void {
  let a = 0;
  let b = 0;
  for (let n = 0; n < 2048; n++) {
    const at = (group * kernel.capacity + n) * 4 + lane;
    const x = 1.9 * a - 0.93 * b + kernel.data[at]! / 32;
    b = a;
    a = x;
    kernel.data[at] = Math.round(x);
  }
}

const bytesOf = (array: ArrayBufferView) => Buffer.from(array.buffer, array.byteOffset, array.byteLength);
const sameBits = (a: ArrayBufferView, b: ArrayBufferView) => bytesOf(a).equals(bytesOf(b));

describe('slip kernels', () => {
  it('take copies of one source for one witness, though each has a noise of its own', () => {
    const options: SlipKernelOptions = { channels: 8, maxFrames: 512, lanes: [0, 1, 2, 3, 4, 5, 6, 7], capacity: 4096 };
    const kernel = createWasmSlipKernel(kernels, options);
    const gaussian = gaussianOf(randomOf(9));
    const place = 2000;
    let a = 0;
    let b = 0;
    // A deep source, resonant: what its predictor leaves is no larger than the preamps' noise.
    const source = Float64Array.from({ length: 4097 }, () => {
      const x = 1.98 * a - 0.985 * b + gaussian();
      b = a;
      a = x;
      return 4 * x;
    });
    for (let n = 0; n < 4096; n++)
      for (let c = 0; c < 8; c++)
        kernel.data[(n + (c >> 2) * 4096) * 4 + (c & 3)] = Math.round(
          source[n + (n >= place ? 1 : 0)]! + 6 * gaussian(),
        );
    for (let g = 0; g < 2; g++) kernel.train(g, place - 512, 4, TAPS);
    for (let c = 0; c < 8; c++) kernel.judge.load(c, c >> 2, c & 3, place);
    kernel.judge.prepare(8, TAPS);
    const middle = 504;
    const powerOf = (c: number) => {
      let sum = 0;
      for (let n = 0; n < 2 * middle; n++) sum += kernel.judge.signals[c * JUDGE_LENGTH + 16 + n]! ** 2;
      return sum / (2 * middle);
    };
    // Nothing of the source is left in the seven copies but noise: theirs, and that of the first.
    for (let c = 1; c < 8; c++) expect(powerOf(c), `channel ${c}`).toBeLessThan(2.2 * 36);
    expect(powerOf(0)).toBeGreaterThan(100 * 36);
  });

  it('judge a place by the same bits in WASM and in plain TypeScript, whatever the channels carry', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e6 }), fc.constantFrom(1, 2, 3, 8, 16), (seed, channels) => {
        const lanes = Array.from({ length: Math.ceil(channels / 4) * 4 }, (_, c) => Math.min(c, channels - 1));
        const options: SlipKernelOptions = { channels, maxFrames: 512, lanes, capacity: 4096 };
        const pair = [createWasmSlipKernel(kernels, options), createTwinSlipKernel(options)] as const;
        for (const kernel of pair) {
          const random = randomOf(seed);
          const gaussian = gaussianOf(random);
          for (let c = 0; c < channels; c++) {
            // One in six says nothing; some are copies; the rest is a sum of what all hear and noise, whitened by a tap.
            const level = random() < 1 / 6 ? 0 : 10 ** (5 * random());
            const copied = c > 0 && random() < 0.2;
            let last = 0;
            for (let n = 0; n < 4096; n++) {
              last = 0.7 * last + level * gaussian();
              const at = (n + (c >> 2) * 4096) * 4 + (c & 3);
              kernel.data[at] = copied ? kernel.data[n * 4]! : Math.round(last);
            }
          }
          for (let g = 0; g < kernel.groups; g++) kernel.train(g, 1500, Math.min(4, channels - 4 * g), TAPS);
          for (let c = 0; c < channels; c++) kernel.judge.load(c, c >> 2, c & 3, 1500 + (seed % 900));
          kernel.judge.prepare(channels, seed % 3 === 0 ? SHORT_TAPS : TAPS);
          for (let c = 0; c < channels; c++) kernel.judge.weigh(c, c % 3 === 2 ? SCOUT : ORDER);
        }
        const [wasm, twin] = pair.map((kernel) => kernel.judge);
        const rows = (all: Float64Array, length: number) =>
          Array.from({ length: channels }, (_, c) => all.subarray(c * length, (c + 1) * length));
        for (const [name, length] of [
          ['signals', JUDGE_LENGTH],
          ['rough', TAPS + 1],
          ['filters', ORDER + 1],
        ] as const)
          rows(wasm![name], length).forEach((row, c) => {
            expect(sameBits(row, rows(twin![name], length)[c]!), `${name} of channel ${c}`).toBe(true);
          });
        for (let c = 0; c < channels; c++) {
          for (let i = c; i < channels; i++)
            expect(wasm!.cross[c * MAX_CHANNELS + i]).toBe(twin!.cross[c * MAX_CHANNELS + i]);
          const told = rows(wasm!.told, TOLD)[c]!;
          const twinTold = rows(twin!.told, TOLD)[c]!;
          expect(told[LEFT]).toBe(twinTold[LEFT]);
          if (told[LEFT] === 0) continue;
          expect([...told]).toEqual([...twinTold]);
          expect(wasm!.excess[c]).toBe(twin!.excess[c]);
          const backwards = rows(wasm!.backwards, BACKWARDS)[c]!;
          expect(sameBits(backwards, rows(twin!.backwards, BACKWARDS)[c]!), `backwards of channel ${c}`).toBe(true);
          const errors = rows(wasm!.errors, ERRORS)[c]!;
          expect(sameBits(errors, rows(twin!.errors, ERRORS)[c]!), `errors of channel ${c}`).toBe(true);
        }
      }),
      { numRuns: 12, seed: 5 },
    );
  });

  it('listen to lanes in which a left-out frame would show, and to no noise', () => {
    const options: SlipKernelOptions = { channels: 4, maxFrames: 512, lanes: [0, 1, 2, 3], capacity: 2048 };
    for (let seed = 1; seed <= 20; seed++) {
      const kernel = createWasmSlipKernel(kernels, options);
      const gaussian = gaussianOf(randomOf(seed));
      for (let i = 0; i < kernel.data.length; i++) kernel.data[i] = i % 4 === 3 ? 0 : Math.round(1e5 * gaussian());
      resonate(kernel, 0, 1);
      expect(kernel.train(0, 200, 4, TAPS)).toBe(1);
      expect([...kernel.masks]).toEqual([-1, -1, -1, 0]);
      expect([...kernel.telling]).toEqual([0, -1, 0, 0]);
      // Sound that is white needs no search at all.
      for (let n = 0; n < 2048; n++) kernel.data[n * 4 + 1] = kernel.data[n * 4 + 2]!;
      kernel.train(0, 200, 3, TAPS);
      kernel.residual(0, 64, 4 * SEGMENT, 0, false);
      expect(kernel.logs.subarray(0, 4 * SEGMENT).every((log) => log === 0)).toBe(true);
    }
  });

  it('give the same bits in WASM and in plain TypeScript', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e6 }), fc.constantFrom(1, 2, 5, 8, 18, 34), (seed, channels) => {
        const lanes: number[] = [];
        const random = randomOf(seed);
        const first = Math.floor(random() * Math.max(1, channels - 4));
        for (let c = first; c < channels; c++) lanes.push(random() < 0.9 ? c : Math.floor(random() * channels));
        while (lanes.length % 4 !== 0) lanes.push(0);
        const options: SlipKernelOptions = { channels, maxFrames: 512, lanes, capacity: 2048 };
        const wasm = filled(createWasmSlipKernel(kernels, options), channels, seed);
        const twin = filled(createTwinSlipKernel(options), channels, seed);
        expect(sameBits(wasm.data, twin.data), 'data').toBe(true);
        for (const kernel of [wasm, twin]) {
          // A lane that says nothing, and one that says the same for ever.
          for (let n = 0; n < 2048; n++) kernel.data[n * 4] = seed % 2 === 0 ? 0 : 1000;
          // Noise tells of no left-out frame; a deep tone made of it does.
          for (let g = 0; g < kernel.groups; g++) resonate(kernel, g, 1 + ((seed + g) % 3));
        }
        for (let g = 0; g < wasm.groups; g++) {
          const count = 1 + ((seed + g) % 4);
          const longest = (seed + g) % 5 === 0 ? SHORT_TAPS : TAPS;
          expect(wasm.train(g, 200, count, longest)).toBe(twin.train(g, 200, count, longest));
        }
        expect(sameBits(wasm.masks, twin.masks), 'masks').toBe(true);
        expect(sameBits(wasm.telling, twin.telling), 'telling').toBe(true);
        expect(sameBits(wasm.taps, twin.taps), 'taps').toBe(true);
        expect([...wasm.orders]).toEqual([...twin.orders]);
        for (const kernel of [wasm, twin]) {
          for (let g = 0; g < kernel.groups; g++) kernel.residual(g, 64, 10 * SEGMENT, 32, g > 0);
          kernel.peaks(32, 20, 3);
          kernel.correlate(kernel.groups - 1, 100);
          kernel.splice(kernel.groups - 1, 700, TAPS);
        }
        expect(sameBits(wasm.logs, twin.logs), 'logs').toBe(true);
        expect(sameBits(wasm.cells.subarray(0, 20), twin.cells.subarray(0, 20)), 'cells').toBe(true);
        expect(sameBits(wasm.cellSums.subarray(0, 20), twin.cellSums.subarray(0, 20)), 'cellSums').toBe(true);
        for (const name of ['peakFrames', 'peakRanks', 'peakExcesses'] as const)
          expect(wasm[name].slice(0, 3), name).toEqual(twin[name].slice(0, 3));
        expect(sameBits(wasm.energy, twin.energy), 'energy').toBe(true);
        expect(sameBits(wasm.correlation, twin.correlation), 'correlation').toBe(true);
        expect(sameBits(wasm.scores, twin.scores), 'scores').toBe(true);
        for (const kernel of [wasm, twin])
          kernel.spliceBank(0, kernel.groups, 500, 480, seed % 2 === 0 ? TAPS : Math.max(...kernel.orders));
        expect([...wasm.ratios]).toEqual([...twin.ratios]);
        expect([...wasm.misfits]).toEqual([...twin.misfits]);
        for (const kernel of [wasm, twin]) kernel.shift(512, 1024);
        expect(sameBits(wasm.data, twin.data), 'data').toBe(true);
        expect(sameBits(wasm.energy, twin.energy), 'energy').toBe(true);
      }),
      { numRuns: 12, seed: 3 },
    );
  });

  it('fit a long predictor where it explains more, a short one where it does not or a gap is plain without, by the same bits', () => {
    const options: SlipKernelOptions = { channels: 4, maxFrames: 512, lanes: [0, 1, 2, 3], capacity: 2048 };
    /** Echoes of noise, so many frames apart, in all lanes: what a predictor of as many taps foresees. */
    const echoes = (lag: number, share: number, noise: number) => {
      const pair = [createWasmSlipKernel(kernels, options), createTwinSlipKernel(options)] as const;
      for (const kernel of pair) {
        const gaussian = gaussianOf(randomOf(11));
        for (let lane = 0; lane < 4; lane++) {
          let slow = 0;
          for (let n = 0; n < 2048; n++) {
            slow = 0.95 * slow + noise * gaussian();
            kernel.data[n * 4 + lane] = Math.round(slow + (n < lag ? 0 : share * kernel.data[(n - lag) * 4 + lane]!));
          }
        }
      }
      return pair;
    };
    const ordersOf = (pair: readonly SlipKernel[], longest = TAPS) => {
      const told = pair.map((kernel) => kernel.train(0, 600, 4, longest));
      expect(told[0]).toBe(told[1]);
      expect(sameBits(pair[0]!.taps, pair[1]!.taps)).toBe(true);
      expect(sameBits(pair[0]!.telling, pair[1]!.telling)).toBe(true);
      expect(sameBits(pair[0]!.correlation, pair[1]!.correlation)).toBe(true);
      expect(pair[0]!.orders[0]).toBe(pair[1]!.orders[0]);
      return pair[0]!.orders[0];
    };
    const far = echoes(25, 0.8, 1e4);
    expect(ordersOf(far, SHORT_TAPS)).toBe(SHORT_TAPS);
    expect(ordersOf(far)).toBe(TAPS);
    for (const kernel of far) kernel.residual(0, 64, 10 * SEGMENT, 0, false);
    expect(sameBits(far[0].logs, far[1].logs)).toBe(true);
    expect(ordersOf(echoes(12, 0.8, 1e4))).toBe(SHORT_TAPS);
    // A deep tone with little noise: with one frame missing it jumps far beyond what is left of it.
    const plain = echoes(25, 0, 1e4);
    for (const kernel of plain)
      for (let n = 0; n < 2048; n++)
        for (let lane = 0; lane < 4; lane++)
          kernel.data[n * 4 + lane] = Math.round(4e6 * Math.sin(0.05 * n + lane) + 1e-3 * kernel.data[n * 4 + lane]!);
    expect(ordersOf(plain)).toBe(SHORT_TAPS);
  });

  it('suspect the same repeated blocks, and each that is there, whatever its length and place', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1e6 }),
        fc.integer({ min: 2, max: LONGEST_REPEAT }),
        fc.integer({ min: 130, max: 700 }),
        fc.integer({ min: 0, max: 2 ** 40 }),
        fc.integer({ min: 17, max: 512 }),
        (seed, lag, at, firstFrame, maxFrames) => {
          const channels = 5;
          const options: SlipKernelOptions = { channels, maxFrames, lanes: [0, 1, 2, 3], capacity: 1024 };
          const wasm = createWasmSlipKernel(kernels, options);
          const twin = createTwinSlipKernel(options);
          const random = randomOf(seed);
          const samples = Int32Array.from({ length: 1000 * channels }, () => (random() * 2 ** 32) | 0);
          samples.copyWithin(at * channels, (at - lag) * channels, at * channels);
          const suspects: number[] = [];
          for (let from = 0; from < 1000; from += maxFrames) {
            const frames = Math.min(maxFrames, 1000 - from);
            const counts = [wasm, twin].map((kernel) => {
              const part = samples.subarray(from * channels, (from + frames) * channels);
              stage(kernel, part, channels, frames, firstFrame + from);
              return kernel.repeats(0, 1, 3, frames, firstFrame + from);
            });
            expect(counts[0]).toBe(counts[1]);
            expect(sameBits(wasm.hits, twin.hits), 'hits').toBe(true);
            for (let i = 0; i < counts[0]!; i++)
              if (wasm.hits[2 * i + 1] === lag) suspects.push(from + wasm.hits[2 * i]! - at);
          }
          expect(sameBits(wasm.ring, twin.ring), 'ring').toBe(true);
          expect(suspects.some((place) => place >= 0 && place < lag)).toBe(true);
        },
      ),
      { numRuns: 60, seed: 4 },
    );
  });
});
