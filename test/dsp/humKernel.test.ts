import fc from 'fast-check';
import { expect, test } from 'vitest';
import { humBoxFrames, humKernelOptions } from '../../src/dsp/hum.ts';
import { DECIMATION } from '../../src/dsp/humKernel.ts';
import { loadKernels } from '../../src/dsp/kernelFile.ts';
import type { MeterKernel, MeterKernelOptions } from '../../src/dsp/meterKernel.ts';
import { createTwinMeter } from '../../src/dsp/meterTwin.ts';
import { createWasmMeter } from '../../src/dsp/meterWasm.ts';
import { randomWords } from './signals.ts';

const kernels = loadKernels();

/** A meter, and how far its part of slow samples is. */
class Listener {
  readonly #meter: MeterKernel;
  readonly #partSamples: number;
  #phase = 0;
  #inPart = 0;
  ended = 0;

  constructor(meter: MeterKernel, partSamples: number) {
    this.#meter = meter;
    this.#partSamples = partSamples;
  }

  /** The sums after each part that ends in the block. */
  feed(words: Int32Array, first: number): number[][] {
    const { hum, channels, input } = this.#meter;
    input.set(words);
    this.#meter.process(words.length / channels);
    const sums: number[][] = [];
    for (let row = 0; row < this.#meter.boxCount; ) {
      const rows = Math.min(this.#meter.boxCount - row, (this.#partSamples - this.#inPart) * DECIMATION - this.#phase);
      hum!.slowSamples(first, row, rows, this.#phase, this.#inPart);
      row += rows;
      this.#inPart += Math.floor((this.#phase + rows) / DECIMATION);
      this.#phase = (this.#phase + rows) % DECIMATION;
      if (this.#inPart < this.#partSamples) continue;
      this.#inPart = 0;
      this.ended++;
      hum!.endPart();
      sums.push([...hum!.sums]);
    }
    return sums;
  }

  restart(): void {
    this.#meter.hum!.restart();
    this.#phase = this.#inPart = 0;
  }
}

test('the sums behind the search for hum are bit for bit those of the plain twin, at any rate, width, block size and restart', () => {
  let parts = 0;
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 1, max: 12 }),
      fc.constantFrom(32_000, 44_100, 48_000, 88_200, 96_000, 192_000),
      fc.array(fc.record({ frames: fc.integer({ min: 0, max: 3840 }), restart: fc.boolean() }), {
        minLength: 4,
        maxLength: 16,
      }),
      fc.integer(),
      (channels, atOnce, rateHz, blocks, seed) => {
        const hum = humKernelOptions({ channels, rateHz, atOnce });
        const options: MeterKernelOptions = {
          channels,
          maxFrames: 3840,
          fullScale24: 8388607,
          clipRun: 3,
          truePeak: false,
          boxFrames: humBoxFrames(rateHz),
          hum,
        };
        const wasm = new Listener(createWasmMeter(kernels, options), hum.partSamples);
        const twin = new Listener(createTwinMeter(options), hum.partSamples);
        blocks.forEach(({ frames, restart }, i) => {
          if (restart && i % 5 === 4) {
            wasm.restart();
            twin.restart();
          }
          const words = randomWords(seed + i, frames * channels);
          const first = i % (channels - hum.width + 1);
          expect(wasm.feed(words, first)).toEqual(twin.feed(words, first));
        });
        parts += twin.ended;
      },
    ),
    { numRuns: 60, seed: 4711 },
  );
  expect(parts).toBeGreaterThan(50);
});

test('a search for hum without a slow stream, wider than the meter, or of no line is refused', () => {
  const meter = { channels: 4, maxFrames: 480, fullScale24: 8388607, clipRun: 3, truePeak: false };
  const hum = { width: 4, partSamples: 96, phaseSteps: [1], slowDivisor: 160 };
  for (const create of [createTwinMeter, (options: MeterKernelOptions) => createWasmMeter(kernels, options)]) {
    expect(() => create({ ...meter, hum })).toThrow(RangeError);
    expect(() => create({ ...meter, boxFrames: 10, hum: { ...hum, width: 5 } })).toThrow(RangeError);
    expect(() => create({ ...meter, boxFrames: 10, hum: { ...hum, phaseSteps: [] } })).toThrow(RangeError);
    expect(() => create({ ...meter, boxFrames: 10, hum: { ...hum, partSamples: 257 } })).toThrow(RangeError);
    expect(create({ ...meter, boxFrames: 10, hum }).hum).not.toBeNull();
    expect(create({ ...meter, boxFrames: 10 }).hum).toBeNull();
  }
});
