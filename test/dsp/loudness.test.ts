import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { loudnessX100OfMeanSquare, NO_SIGNAL } from '../../src/dsp/decibels.ts';
import { loadKernels } from '../../src/dsp/kernelFile.ts';
import { createLoudnessMeter, createLoudnessMeters } from '../../src/dsp/loudness.ts';
import { kWeighting, type Section } from '../../src/dsp/loudnessKernel.ts';
import { createTwinLoudness } from '../../src/dsp/loudnessTwin.ts';
import { createWasmLoudness } from '../../src/dsp/loudnessWasm.ts';
import { createTwinMeter } from '../../src/dsp/meterTwin.ts';
import { createWasmMeter } from '../../src/dsp/meterWasm.ts';
import { randomSource, randomWords } from './signals.ts';

const kernels = loadKernels();

/** What sections one after the other make of a single 1, in floating point. */
function answerOf(sections: readonly Section[], frames: number): Float64Array {
  let x = new Float64Array(frames);
  x[0] = 1;
  for (const { b0, b1, b2, a1, a2 } of sections) {
    const y = new Float64Array(frames);
    for (let n = 0; n < frames; n++)
      y[n] = b0 * x[n]! + b1 * (x[n - 1] ?? 0) + b2 * (x[n - 2] ?? 0) - a1 * (y[n - 1] ?? 0) - a2 * (y[n - 2] ?? 0);
    x = y;
  }
  return x;
}
const rates = [44100, 48000, 88200, 96000, 176400, 192000];

/** A block's channels, and some of them. */
const someColumns = fc.integer({ min: 1, max: 64 }).chain((channels) =>
  fc.record({
    channels: fc.constant(channels),
    columns: fc.uniqueArray(fc.integer({ min: 0, max: channels - 1 }), { minLength: 1 }),
  }),
);

describe('K-weighting', () => {
  test("is the standard's own table at 48 kHz", () => {
    const [shelf, pass] = kWeighting(48000);
    // ITU-R BS.1770-5, tables 1 and 2.
    expect(shelf.b0).toBeCloseTo(1.53512485958697, 9);
    expect(shelf.b1).toBeCloseTo(-2.69169618938638, 9);
    expect(shelf.b2).toBeCloseTo(1.19839281085285, 9);
    expect(shelf.a1).toBeCloseTo(-1.69065929318241, 9);
    expect(shelf.a2).toBeCloseTo(0.73248077421585, 9);
    expect([pass.b0, pass.b1, pass.b2]).toEqual([1, -2, 1]);
    expect(pass.a1).toBeCloseTo(-1.99004745483398, 9);
    expect(pass.a2).toBeCloseTo(0.99007225036621, 9);
  });

  test('in WASM agrees with the plain twin bit for bit, over any cut', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 64 }),
        fc.constantFrom(...rates),
        fc.integer(),
        fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 4 }),
        (channels, rateHz, seed, cuts) => {
          const options = { channels, rateHz, maxFrames: 20 };
          const wasm = createWasmLoudness(kernels, options);
          const twin = createTwinLoudness(options);
          for (const [index, cut] of cuts.entries()) {
            const words = randomWords(seed + index, 20 * channels);
            wasm.input.set(words);
            twin.input.set(words);
            for (const [from, to] of [
              [0, cut],
              [cut, 20],
            ] as const) {
              wasm.process(from, to);
              twin.process(from, to);
              expect([...wasm.sumSquaresQ4]).toEqual([...twin.sumSquaresQ4]);
            }
          }
        },
      ),
      { numRuns: 60, seed: 5 },
    );
  });

  test.each([8000, ...rates, 384_000])(
    'at %i Hz holds the largest outputs that there are, bit for bit with the plain twin',
    (rateHz) => {
      // Full scale with the signs of the filters' answer from its end back: no signal of so many frames comes out larger.
      const frames = Math.min(3840, Math.round(rateHz / 12));
      const answer = answerOf(kWeighting(rateHz), frames);
      const options = { channels: 5, rateHz, maxFrames: frames };
      const wasm = createWasmLoudness(kernels, options);
      const twin = createTwinLoudness(options);
      for (const kernel of [wasm, twin])
        for (let n = 0; n < frames; n++)
          for (let c = 0; c < 5; c++)
            kernel.input[5 * n + c] = answer[frames - 1 - n]! * (c % 2 === 0 ? 1 : -1) > 0 ? 0x7fff_ffff : -0x8000_0000;
      let largest = 0n;
      for (let n = 0; n < frames; n++) {
        wasm.process(n, n + 1);
        twin.process(n, n + 1);
        expect([...wasm.sumSquaresQ4]).toEqual([...twin.sumSquaresQ4]);
        if (twin.sumSquaresQ4[0]! > largest) largest = twin.sumSquaresQ4[0]!;
      }
      // Outputs are x24 * 4 here: 3.4 to 3.5 times full scale at the rates of music, and under four times anywhere.
      const timesFullScale = Math.sqrt(Number(largest)) / (4 * 2 ** 23);
      expect(timesFullScale).toBeGreaterThan(2.7);
      expect(timesFullScale).toBeLessThan(3.6);
    },
  );

  test('of some columns of a wide block agrees with the plain twin and with a block of these alone', () => {
    fc.assert(
      fc.property(someColumns, fc.constantFrom(...rates), fc.integer(), ({ channels, columns }, rateHz, seed) => {
        const options = { channels, columns, rateHz, maxFrames: 20 };
        const wasm = createWasmLoudness(kernels, options);
        const twin = createTwinLoudness(options);
        const alone = createWasmLoudness(kernels, { channels: columns.length, rateHz, maxFrames: 20 });
        for (let block = 0; block < 3; block++) {
          const words = randomWords(seed + block, 20 * channels);
          wasm.input.set(words);
          twin.input.set(words);
          for (let n = 0; n < 20; n++)
            for (const [k, c] of columns.entries()) alone.input[n * columns.length + k] = words[n * channels + c]!;
          for (const kernel of [wasm, twin, alone]) kernel.process(0, 20);
          expect([...wasm.sumSquaresQ4]).toEqual([...twin.sumSquaresQ4]);
          expect([...wasm.sumSquaresQ4]).toEqual([...alone.sumSquaresQ4]);
        }
      }),
      { numRuns: 60, seed: 6 },
    );
  });

  test("beside a meter reads the meter's own input, and gives the same as alone and as the plain twin; a reset of one is none of the other", () => {
    fc.assert(
      fc.property(someColumns, fc.constantFrom(...rates), fc.integer(), ({ channels, columns }, rateHz, seed) => {
        const options = { channels, maxFrames: 20, fullScale24: 8388607, clipRun: 3, truePeak: true, boxFrames: 7 };
        const loudness = { columns, rateHz };
        const wasm = createWasmMeter(kernels, { ...options, loudness, packedBytes: 30 });
        const twin = createTwinMeter({ ...options, loudness });
        const alone = createWasmLoudness(kernels, { channels, columns, rateHz, maxFrames: 20 });
        const plain = createWasmMeter(kernels, options);
        for (let block = 0; block < 4; block++) {
          const words = randomWords(seed + block, 20 * channels);
          for (const kernel of [wasm, twin, alone, plain]) kernel.input.set(words);
          if (block === 2) for (const kernel of [wasm, twin, plain]) kernel.reset();
          if (block === 3) for (const kernel of [wasm.loudness!, twin.loudness!, alone]) kernel.reset();
          for (const kernel of [wasm, twin, plain]) kernel.process(20);
          for (const kernel of [wasm.loudness!, twin.loudness!, alone]) kernel.process(0, 20);
          expect([...wasm.loudness!.sumSquaresQ4]).toEqual([...alone.sumSquaresQ4]);
          expect([...twin.loudness!.sumSquaresQ4]).toEqual([...alone.sumSquaresQ4]);
          expect([...wasm.truePeakQ13]).toEqual([...plain.truePeakQ13]);
          expect([...wasm.sumSquares]).toEqual([...plain.sumSquares]);
        }
      }),
      { numRuns: 60, seed: 7 },
    );
  });

  test('refuses columns that are not there', () => {
    const options = { channels: 2, maxFrames: 20, fullScale24: 8388607, clipRun: 3, truePeak: true };
    for (const columns of [[], [2]])
      expect(() => createWasmMeter(kernels, { ...options, loudness: { columns, rateHz: 48000 } })).toThrow(RangeError);
    for (const columns of [[2], [-1], [0.5]])
      expect(() => createWasmLoudness(kernels, { channels: 2, columns, rateHz: 48000, maxFrames: 1 })).toThrow(
        RangeError,
      );
  });

  test('does not overflow on the loudest input: a full-scale square wave where the shelf lifts it', () => {
    for (const rateHz of rates) {
      const wasm = createWasmLoudness(kernels, { channels: 1, rateHz, maxFrames: 1920 });
      const twin = createTwinLoudness({ channels: 1, rateHz, maxFrames: 1920 });
      for (let n = 0; n < 1920; n++) wasm.input[n] = n % 20 < 10 ? -0x8000_0000 : 0x7fff_ffff;
      twin.input.set(wasm.input);
      wasm.process(0, 1920);
      twin.process(0, 1920);
      expect(wasm.sumSquaresQ4[0]).toBe(twin.sumSquaresQ4[0]);
    }
  });

  test.each(rates)(
    'at %i Hz stays within 0.01 dB of the same filter in double precision down to -100 dBFS',
    (rateHz) => {
      const random = randomSource(9);
      for (const [db, hz, tolerance] of [
        [0, 997, 0.001],
        [-60, 50, 0.01],
        [-100, 997, 0.01],
        [-100, 40, 0.05],
      ] as const) {
        const seconds = 1;
        const frames = rateHz / 100;
        const kernel = createWasmLoudness(kernels, { channels: 1, rateHz, maxFrames: frames });
        const states = kWeighting(rateHz).map((section) => ({ section, x1: 0, x2: 0, y1: 0, y2: 0 }));
        let exact = 0;
        let measured = 0n;
        for (let block = 0; block < seconds * 100; block++) {
          for (let n = 0; n < frames; n++) {
            const phase = (2 * Math.PI * hz * (block * frames + n)) / rateHz;
            const x = Math.floor(8388607 * 10 ** (db / 20) * Math.sin(phase) + random() - random() + 0.5);
            kernel.input[n] = Math.max(-8388608, Math.min(8388607, x)) * 256;
            let value = kernel.input[n]! / 256;
            for (const state of states) {
              const { b0, b1, b2, a1, a2 } = state.section;
              const y = b0 * value + b1 * state.x1 + b2 * state.x2 - a1 * state.y1 - a2 * state.y2;
              Object.assign(state, { x1: value, x2: state.x1, y1: y, y2: state.y1 });
              value = y;
            }
            if (block >= 20) exact += value * value;
          }
          kernel.process(0, frames);
          if (block >= 20) measured += kernel.sumSquaresQ4[0]!;
        }
        const error = 10 * Math.log10(Number(measured) / 16 / exact);
        expect(Math.abs(error), `${hz} Hz at ${db} dBFS`).toBeLessThan(tolerance);
      }
    },
  );
});

function feedSine(rateHz: number, seconds: number, db: number, blockFrames = rateHz / 100) {
  const meter = createLoudnessMeter(createWasmLoudness(kernels, { channels: 2, rateHz, maxFrames: blockFrames }), {
    rateHz,
  });
  const total = Math.round(rateHz * seconds);
  for (let done = 0; done < total; ) {
    const frames = Math.min(blockFrames, total - done);
    for (let n = 0; n < frames; n++) {
      const x = Math.round(8388607 * 10 ** (db / 20) * Math.sin((2 * Math.PI * 1000 * (done + n)) / rateHz));
      meter.kernel.input[2 * n] = x * 256;
      meter.kernel.input[2 * n + 1] = x * 256;
    }
    meter.update(frames);
    done += frames;
  }
  return meter;
}

describe('the loudness meter', () => {
  test.each(rates)('at %i Hz reads a stereo 1 kHz sine at -23 dBFS as -23.0 LUFS', (rateHz) => {
    const readings = feedSine(rateHz, 4, -23).readings();
    expect(readings.momentaryX100 / 100).toBeCloseTo(-23, 1);
    expect(readings.shortTermX100 / 100).toBeCloseTo(-23, 1);
    expect(readings.integratedX100 / 100).toBeCloseTo(-23, 1);
    expect(readings.rangeX100).toBeLessThanOrEqual(2);
  });

  test('does not care how the stream is cut into blocks', () => {
    expect(feedSine(48000, 3.5, -30, 1).readings()).toEqual(feedSine(48000, 3.5, -30, 1920).readings());
  });

  test('has no reading before there was signal, and none after a reset', () => {
    const meter = feedSine(48000, 0.05, -200);
    expect(meter.readings()).toMatchObject({ integratedX100: NO_SIGNAL, momentaryMaxX100: NO_SIGNAL, rangeX100: 0 });
    const played = feedSine(48000, 1, -20);
    expect(played.readings().integratedX100).toBeGreaterThan(-2100);
    played.reset();
    expect(played.readings()).toMatchObject({ integratedX100: NO_SIGNAL, momentaryX100: NO_SIGNAL });
  });

  test('of several groups behind one kernel reads as each group behind a kernel of its own', () => {
    const groups = [[0, 3], [3], [1, 2, 0]];
    const rateHz = 48000;
    const together = createWasmLoudness(kernels, { channels: 4, rateHz, maxFrames: 700 });
    const meters = createLoudnessMeters(together, groups, { rateHz });
    const alone = groups.map((members) =>
      createLoudnessMeter(createWasmLoudness(kernels, { channels: members.length, rateHz, maxFrames: 700 }), {
        rateHz,
      }),
    );
    for (let block = 0; block < 300; block++) {
      const words = randomWords(block, 700 * 4).map((word) => word >> (block % 7));
      together.input.set(words);
      meters.update(700);
      for (const [index, members] of groups.entries()) {
        const { kernel, update } = alone[index]!;
        for (let n = 0; n < 700; n++)
          for (const [k, c] of members.entries()) kernel.input[n * members.length + k] = words[4 * n + c]!;
        update(700);
      }
    }
    expect(meters.groups.map((group) => group.readings())).toEqual(alone.map((meter) => meter.readings()));
    expect(meters.groups[0]!.momentaryX100).not.toBe(meters.groups[1]!.momentaryX100);
  });

  test('keeps the sums of its windows exactly as if each were summed anew, also where they outgrow 53 bits', () => {
    const random = randomSource(11);
    const sumSquaresQ4 = new BigUint64Array(1);
    const meter = createLoudnessMeter(
      {
        channels: 1,
        columns: [0],
        maxFrames: 1,
        input: new Int32Array(1),
        sumSquaresQ4,
        process: () => {},
        reset: () => {},
      },
      { rateHz: 100 },
    );
    const energies: number[] = [];
    const summed = (count: number) => {
      let sum = 0;
      for (let i = 1; i <= count; i++) sum += energies[energies.length - i] ?? 0;
      return loudnessX100OfMeanSquare(Math.floor(sum / count), 2);
    };
    for (let cell = 0; cell < 4000; cell++) {
      // Five seconds of each loudness: short-term sums pass 2^53 from 46 bits on, momentary ones from 48.
      const bits = [30, 49, 51, 20, 52, 47, 0, 44][Math.floor(cell / 500)]!;
      const energy = Math.floor((random() + random() * 2 ** -32) * 2 ** bits);
      energies.push(energy);
      sumSquaresQ4[0] = BigInt(energy) * 4n;
      meter.update(1);
      expect([meter.momentaryX100, meter.shortTermX100]).toEqual([summed(40), summed(300)]);
    }
  });
});
