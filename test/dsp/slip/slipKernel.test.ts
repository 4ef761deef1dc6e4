import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SEGMENT, type SlipKernel, type SlipKernelOptions, TAPS } from '../../../src/dsp/slip/slipKernel.ts';
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
  const frames = kernel.staging.length / channels;
  const scale = 2 ** (8 + 22 * random());
  for (let at = 0; at + frames <= 2048; at += frames) {
    for (let i = 0; i < kernel.staging.length; i++)
      kernel.staging[i] = Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, gaussian() * scale));
    kernel.append(at, frames);
  }
  return kernel;
}

const bytesOf = (array: ArrayBufferView) => Buffer.from(array.buffer, array.byteOffset, array.byteLength);
const sameBits = (a: ArrayBufferView, b: ArrayBufferView) => bytesOf(a).equals(bytesOf(b));

describe('slip kernels', () => {
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
          for (let g = 0; g < kernel.groups; g++) kernel.residual(g, 64, 10 * SEGMENT, g > 0);
          kernel.correlate(kernel.groups - 1, 100);
          kernel.splice(kernel.groups - 1, 700);
          for (let n = 0; n < 1008; n++) kernel.signal[n] = kernel.data[n]! / 3;
          kernel.lags.fill(0);
          kernel.autocorrelate(1008, 24);
        }
        expect(sameBits(wasm.logs.subarray(0, 640), twin.logs.subarray(0, 640)), 'logs').toBe(true);
        expect(sameBits(wasm.energy, twin.energy), 'energy').toBe(true);
        expect(sameBits(wasm.correlation, twin.correlation), 'correlation').toBe(true);
        expect(sameBits(wasm.scores, twin.scores), 'scores').toBe(true);
        expect(sameBits(wasm.lags, twin.lags), 'lags').toBe(true);
        for (const kernel of [wasm, twin]) kernel.shift(512, 1024);
        expect(sameBits(wasm.data, twin.data), 'data').toBe(true);
        expect(sameBits(wasm.energy, twin.energy), 'energy').toBe(true);
      }),
      { numRuns: 12, seed: 3 },
    );
  });
});
