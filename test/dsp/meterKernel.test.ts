import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PPM_I, PPM_II, ppmConstants } from '../../src/dsp/ballistics.ts';
import { loadKernels } from '../../src/dsp/kernelFile.ts';
import type { MeterKernel, MeterKernelOptions } from '../../src/dsp/meterKernel.ts';
import { createTwinMeter } from '../../src/dsp/meterTwin.ts';
import { createWasmMeter } from '../../src/dsp/meterWasm.ts';
import { TRUE_PEAK_PHASE_0, TRUE_PEAK_PHASE_1 } from '../../src/dsp/truePeakFilter.ts';
import { randomWords } from './signals.ts';

const kernels = loadKernels();
const usual: MeterKernelOptions = {
  channels: 2,
  maxFrames: 480,
  fullScale24: 8388607,
  clipRun: 3,
  truePeak: true,
  ppm: ppmConstants(PPM_I, 48000),
  boxFrames: 10,
};

interface Readings {
  peak24: number[];
  sumSquares: bigint[];
  sum: bigint[];
  sumAbs: bigint[];
  ppmQ7: number[];
  boxes: number[][];
  orBits: number[];
  andBits: number[];
  equalCount: number[];
  overSamples: number[];
  clipEvents: number[];
  clipFrame: number[];
  truePeakQ13: number[];
  equalMaskLo: number[];
  equalMaskHi: number[];
  zeroMaskLo: number[];
  zeroMaskHi: number[];
}

function readings(meter: MeterKernel, frames: number): Readings {
  return {
    peak24: [...meter.peak24],
    sumSquares: [...meter.sumSquares],
    sum: [...meter.sum],
    sumAbs: [...meter.sumAbs],
    ppmQ7: [...meter.ppmQ7],
    boxes: Array.from({ length: meter.boxCount }, (_, k) => [
      ...meter.boxes.subarray(k * meter.boxStride, k * meter.boxStride + meter.channels),
    ]),
    orBits: [...meter.orBits],
    andBits: [...meter.andBits],
    equalCount: [...meter.equalCount],
    overSamples: [...meter.overSamples],
    clipEvents: [...meter.clipEvents],
    clipFrame: [...meter.clipFrame],
    truePeakQ13: [...meter.truePeakQ13],
    equalMaskLo: [...meter.equalMaskLo.subarray(0, frames)],
    equalMaskHi: [...meter.equalMaskHi.subarray(0, frames)],
    zeroMaskLo: [...meter.zeroMaskLo.subarray(0, frames)],
    zeroMaskHi: [...meter.zeroMaskHi.subarray(0, frames)],
  };
}

function feed(meter: MeterKernel, words: Int32Array): Readings {
  meter.input.set(words);
  const frames = words.length / meter.channels;
  meter.process(frames);
  return readings(meter, frames);
}

describe('the WASM meter and its plain twin', () => {
  test('agree bit for bit on every channel count from 1 to 64, over blocks of odd sizes that carry over', () => {
    for (let channels = 1; channels <= 64; channels++) {
      const options = {
        ...usual,
        channels,
        maxFrames: 67,
        clipRun: 1 + (channels % 20),
        truePeakHeld: channels % 3 === 0,
      };
      const wasm = createWasmMeter(kernels, options);
      const twin = createTwinMeter(options);
      let seed = channels;
      for (const frames of [1, 2, 3, 5, 0, 7, 67, 11, 12, 64, 1]) {
        const words = randomWords(seed++, frames * channels);
        expect(feed(wasm, words), `${channels} channels, ${frames} frames`).toEqual(feed(twin, words));
      }
    }
  });

  test('agree on any words, sizes, thresholds and resets', () => {
    const word = fc.oneof(
      fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff }),
      fc.constantFrom(0, -1, 1, 255, 256, -256, -0x8000_0000, 0x7fff_ff00, 0x7fff_ffff, -0x7fff_ff00),
      fc.integer({ min: -300, max: 300 }),
    );
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 64 }),
        fc.integer({ min: 1, max: 20 }),
        fc.constantFrom(8388607, 8388352, 4000000, 1),
        fc.boolean(),
        fc.boolean(),
        fc.constantFrom(undefined, ppmConstants(PPM_I, 44100), ppmConstants(PPM_II, 192000)),
        fc.constantFrom(undefined, 1, 7, 40),
        fc.array(fc.record({ words: fc.array(word, { maxLength: 400 }), reset: fc.boolean() }), { maxLength: 5 }),
        (channels, clipRun, fullScale24, truePeak, truePeakHeld, ppm, boxFrames, blocks) => {
          const options: MeterKernelOptions = {
            channels,
            maxFrames: 400,
            clipRun,
            fullScale24,
            truePeak,
            truePeakHeld,
            ...(ppm ? { ppm } : {}),
            ...(boxFrames ? { boxFrames } : {}),
          };
          const wasm = createWasmMeter(kernels, options);
          const twin = createTwinMeter(options);
          for (const block of blocks) {
            if (block.reset) {
              wasm.reset();
              twin.reset();
            }
            const words = Int32Array.from(block.words.slice(0, block.words.length - (block.words.length % channels)));
            expect(feed(wasm, words)).toEqual(feed(twin, words));
          }
        },
      ),
      { numRuns: 300, seed: 20240517 },
    );
  });

  test('hold the largest true peak since a reset, whatever comes between: swelling tones, steps, beats at half the rate, noise', () => {
    for (const channels of [5, 8, 16, 19]) {
      const options = { ...usual, channels, maxFrames: 500 };
      const held = { ...options, truePeakHeld: true };
      const wasm = createWasmMeter(kernels, held);
      const twin = createTwinMeter(held);
      const plain = createWasmMeter(kernels, options);
      const largest = new Float64Array(channels);
      for (let block = 0; block < 60; block++) {
        if (block === 40) {
          for (const meter of [wasm, twin, plain]) meter.reset();
          largest.fill(0);
        }
        // Shorter than what the filter knows of the past, too.
        const frames = block % 7 === 3 ? 61 : block % 7 === 5 ? 5 : 500;
        const noise = randomWords(channels + block, frames * channels);
        const words = Int32Array.from(noise, (word, i) => {
          const n = Math.floor(i / channels) + 500 * block;
          const c = i % channels;
          const swell = 2 ** 30 * (0.5 + 0.45 * Math.sin(block * (0.2 + 0.13 * c)));
          const shapes = [
            swell * Math.sin(n * (0.013 + 0.004 * c)),
            // An odd phase at a third, a quarter and near the half of the rate: true peaks far over the samples.
            swell * Math.sin((2 * Math.PI * n) / (2.05 + (c % 3)) + 0.8),
            n % 97 < 40 ? swell : -swell,
            word * 2 ** -(block % 9),
          ];
          return Math.trunc(shapes[(c + (block >> 4)) % 4]!) + (word >> 14);
        });
        const { truePeakQ13, ...rest } = feed(plain, words);
        for (let c = 0; c < channels; c++) largest[c] = Math.max(largest[c]!, truePeakQ13[c]!);
        const wanted = { truePeakQ13: [...largest], ...rest };
        expect(feed(wasm, words)).toEqual(wanted);
        expect(feed(twin, words)).toEqual(wanted);
      }
    }
  });

  test('make the same samples of three bytes each, left-justified, from any byte on', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 3, maxLength: 400 }), fc.nat(400), fc.nat(140), (bytes, start, many) => {
        const from = start % bytes.length;
        const count = Math.min(many, Math.floor((bytes.length - from) / 3));
        const options = { ...usual, channels: 1, packedBytes: bytes.length };
        const meters = [createWasmMeter(kernels, options), createTwinMeter(options)];
        const packed = Buffer.from(bytes);
        const wanted = Array.from({ length: count }, (_, i) => packed.readIntLE(from + 3 * i, 3) * 256);
        for (const { input, packed } of meters) {
          input.fill(7);
          packed!.bytes.set(bytes);
          packed!.unpack(from, count);
          expect([...input.subarray(0, count)]).toEqual(wanted);
          expect(input.subarray(count).every((word) => word === 7)).toBe(true);
          expect(() => packed!.unpack(from, bytes.length)).toThrow(RangeError);
        }
      }),
    );
    expect(createWasmMeter(kernels, usual).packed).toBe(null);
    expect(() => createWasmMeter(kernels, { ...usual, packedBytes: 2 ** 22 + 1 })).toThrow(RangeError);
  });

  test('agree on long blocks of tones, clipped tones, steps and noise from full scale down to the last bits', () => {
    for (const channels of [1, 2, 3, 4, 5, 8, 13]) {
      const options = { ...usual, channels, maxFrames: 1000 };
      const wasm = createWasmMeter(kernels, options);
      const twin = createTwinMeter(options);
      for (const [block, frames] of [1000, 241, 997, 480].entries()) {
        const noise = randomWords(channels + block, frames * channels);
        const words = Int32Array.from(noise, (word, i) => {
          const n = Math.floor(i / channels);
          const c = i % channels;
          const size = 10 ** (-(c * 11 + block * 3) / 20);
          const tone = Math.sin((2 * Math.PI * (1 + (c % 4)) * n) / 48 + c) * size;
          const shape = [tone, Math.max(-size / 2, Math.min(size / 2, tone)), n > frames / 2 ? size : -size];
          const x = shape[(c + block) % 4] ?? (word / 2 ** 31) * size;
          return Math.max(-8388608, Math.min(8388607, Math.round(x * 8388608))) * 256;
        });
        expect(feed(wasm, words), `${channels} channels, block ${block}`).toEqual(feed(twin, words));
      }
    }
  });

  test('agree on long blocks at the largest size, all at the extreme codes', () => {
    for (const channels of [1, 2, 3, 18, 34, 64]) {
      const options = { ...usual, channels, maxFrames: 1920 };
      const wasm = createWasmMeter(kernels, options);
      const twin = createTwinMeter(options);
      for (const value of [-0x8000_0000, 0x7fff_ff00, -1, 0]) {
        const words = new Int32Array(1920 * channels).fill(value);
        expect(feed(wasm, words)).toEqual(feed(twin, words));
      }
    }
  });
});

describe.each([
  ['WASM', (options: MeterKernelOptions) => createWasmMeter(kernels, options)],
  ['twin', createTwinMeter],
])('the %s meter', (_name, create) => {
  test('gives the same whether the stream comes as one block or cut anywhere', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 6 }),
        fc.integer(),
        (channels, cuts, seed) => {
          const total = cuts.reduce((a, b) => a + b, 0);
          const words = randomWords(seed, total * channels);
          const options = { ...usual, channels };
          const whole = feed(create(options), words);
          const meter = create(options);
          const joined = readings(create(options), 0);
          let done = 0;
          for (const frames of cuts) {
            const part = feed(meter, words.subarray(done * channels, (done + frames) * channels));
            for (let c = 0; c < channels; c++) {
              joined.peak24[c] = Math.max(joined.peak24[c]!, part.peak24[c]!);
              joined.truePeakQ13[c] = Math.max(joined.truePeakQ13[c]!, part.truePeakQ13[c]!);
              joined.sumSquares[c]! += part.sumSquares[c]!;
              joined.sum[c]! += part.sum[c]!;
              joined.sumAbs[c]! += part.sumAbs[c]!;
              joined.ppmQ7[c] = Math.max(joined.ppmQ7[c]!, part.ppmQ7[c]!);
              joined.orBits[c]! |= part.orBits[c]!;
              joined.andBits[c] =
                done === 0 && frames === 0 ? -1 : done === 0 ? part.andBits[c]! : joined.andBits[c]! & part.andBits[c]!;
              joined.equalCount[c]! += part.equalCount[c]!;
              joined.overSamples[c]! += part.overSamples[c]!;
              joined.clipEvents[c]! += part.clipEvents[c]!;
              if (done === 0 && frames === 0) joined.clipFrame[c] = -1;
              else if (part.clipFrame[c]! >= 0) joined.clipFrame[c] = done + part.clipFrame[c]!;
              else if (done === 0) joined.clipFrame[c] = -1;
            }
            joined.boxes.push(...part.boxes);
            joined.equalMaskLo.push(...part.equalMaskLo);
            joined.equalMaskHi.push(...part.equalMaskHi);
            joined.zeroMaskLo.push(...part.zeroMaskLo);
            joined.zeroMaskHi.push(...part.zeroMaskHi);
            done += frames;
          }
          expect(joined).toEqual(whole);
        },
      ),
      { numRuns: 100, seed: 7 },
    );
  });

  test('reads peak, sums, bits, equality and masks as a person would by hand', () => {
    const meter = create({ ...usual, channels: 2, maxFrames: 8 });
    // Left: 24-bit values 1, -3, -3, 0. Right: silence with one stray bit below the 24.
    const words = Int32Array.from([1 << 8, 0, -3 << 8, 0, -3 << 8, 1, 0, 0]);
    expect(feed(meter, words)).toEqual({
      peak24: [3, 0],
      sumSquares: [19n, 0n],
      sum: [-5n, 0n],
      sumAbs: [7n, 0n],
      ppmQ7: [...meter.ppmQ7],
      boxes: [],
      orBits: [(1 << 8) | (-3 << 8), 1],
      andBits: [0, 0],
      equalCount: [1, 1],
      overSamples: [0, 0],
      clipEvents: [0, 0],
      clipFrame: [-1, -1],
      truePeakQ13: [...meter.truePeakQ13],
      equalMaskLo: [0, 2, 1, 0],
      equalMaskHi: [0, 0, 0, 0],
      zeroMaskLo: [2, 2, 0, 3],
      zeroMaskHi: [0, 0, 0, 0],
    });
  });

  test('counts a clip once when its run reaches the length, across blocks, either sign', () => {
    const meter = create({ ...usual, channels: 1, maxFrames: 8, clipRun: 3 });
    const over = 0x7fff_ff00;
    expect(feed(meter, Int32Array.from([0, over, -0x8000_0000]))).toMatchObject({ overSamples: [2], clipEvents: [0] });
    expect(feed(meter, Int32Array.from([over, over, 0, over]))).toMatchObject({ clipEvents: [1], clipFrame: [0] });
    expect(feed(meter, Int32Array.from([over, over, over]))).toMatchObject({ clipEvents: [1], clipFrame: [1] });
  });

  test('true peak stays within 1/32 of a 24-bit step of the exact filter output, at full scale and in the last bits', () => {
    const mirrored = [
      TRUE_PEAK_PHASE_0,
      TRUE_PEAK_PHASE_1,
      [...TRUE_PEAK_PHASE_1].reverse(),
      [...TRUE_PEAK_PHASE_0].reverse(),
    ];
    // The worst case drives every tap of a phase with its own sign at full scale.
    const worst = TRUE_PEAK_PHASE_1.map((tap) => (tap < 0 ? -0x8000_0000 : 0x7fff_ff00)).reverse();
    const signals = [Int32Array.from(worst), Int32Array.from(worst, (x) => ~x)];
    for (let seed = 1; seed < 40; seed++) {
      signals.push(Int32Array.from(randomWords(seed, 100), (word) => word >> (seed % 23)));
    }
    for (const words of signals) {
      const meter = create({ ...usual, channels: 1 });
      const measured = feed(meter, words).truePeakQ13[0]!;
      let exact = 0;
      for (let n = 0; n < words.length; n++) {
        for (const phase of mirrored) {
          let y = 0;
          for (let k = 0; k < 12; k++) y += phase[k]! * ((words[n - k] ?? 0) >> 8);
          exact = Math.max(exact, Math.abs(y));
        }
      }
      // Rounding down enlarges a negative part by less than a step as it shortens a positive one.
      expect(Math.abs(measured - exact)).toBeLessThanOrEqual(256);
      expect(Number.isInteger(measured)).toBe(true);
    }
  });

  test('the first frame of a stream, and of one after a reset, equals nothing', () => {
    const meter = create({ ...usual, channels: 3, maxFrames: 4 });
    const silence = new Int32Array(3);
    expect(feed(meter, silence)).toMatchObject({ equalCount: [0, 0, 0], equalMaskLo: [0], zeroMaskLo: [7] });
    expect(feed(meter, silence)).toMatchObject({ equalCount: [1, 1, 1], equalMaskLo: [7] });
    meter.reset();
    expect(feed(meter, silence)).toMatchObject({ equalCount: [0, 0, 0], equalMaskLo: [0] });
  });

  test('refuses options and block sizes outside their range', () => {
    expect(() => create({ ...usual, channels: 65 })).toThrow(RangeError);
    expect(() => create({ ...usual, channels: 0 })).toThrow(RangeError);
    expect(() => create({ ...usual, maxFrames: 3841 })).toThrow(RangeError);
    expect(() => create({ ...usual, clipRun: 0 })).toThrow(RangeError);
    expect(() => create({ ...usual, fullScale24: 8388608 })).toThrow(RangeError);
    expect(() => create(usual).process(481)).toThrow(RangeError);
    expect(() => create(usual).process(-1)).toThrow(RangeError);
  });
});
