import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createPeakMeter, createRmsMeter, meanOfSum } from '../../src/dsp/ballistics.ts';
import { NO_SIGNAL } from '../../src/dsp/decibels.ts';

const rates = [44100, 48000, 88200, 96000, 176400, 192000];
const peakOptions = { channels: 1, fallDbX100PerS: 1176, holdMs: 1000, floorDbX100: -14000 };

describe('the peak meter', () => {
  test.each(rates)('at %i Hz falls 20 dB in 1.7 s and holds its mark for 1 s, whatever the block length', (rateHz) => {
    for (const frames of [1, 64, 441, rateHz / 100]) {
      const meter = createPeakMeter({ ...peakOptions, rateHz });
      meter.update(Int32Array.of(-600), frames);
      const silence = Int32Array.of(NO_SIGNAL);
      let done = 0;
      let holdEnd = 0;
      while (done < rateHz * 1.7) {
        meter.update(silence, frames);
        done += frames;
        if (meter.holdDbX100[0] === -600) holdEnd = done;
      }
      const expected = -600 - (1176 * done) / rateHz;
      expect(Math.abs(meter.meterDbX100[0]! - expected)).toBeLessThanOrEqual(1);
      expect(holdEnd / rateHz).toBeGreaterThan(0.98);
      expect(holdEnd / rateHz).toBeLessThan(1.02);
      // After the hold the mark falls as the meter does, a second behind.
      expect(Math.abs(meter.holdDbX100[0]! - (expected + 1176))).toBeLessThanOrEqual(3);
    }
  });

  test('rises at once, takes a new peak during the hold, and goes dark below its floor', () => {
    const meter = createPeakMeter({ ...peakOptions, rateHz: 48000 });
    expect(meter.meterDbX100[0]).toBe(NO_SIGNAL);
    meter.update(Int32Array.of(-4000), 480);
    expect([meter.meterDbX100[0], meter.holdDbX100[0]]).toEqual([-4000, -4000]);
    meter.update(Int32Array.of(-10), 480);
    expect([meter.meterDbX100[0], meter.holdDbX100[0]]).toEqual([-10, -10]);
    for (let i = 0; i < 1400; i++) meter.update(Int32Array.of(NO_SIGNAL), 480);
    expect([meter.meterDbX100[0], meter.holdDbX100[0]]).toEqual([NO_SIGNAL, NO_SIGNAL]);
  });
});

function squaresOf(meanSquare: number, frames: number): BigUint64Array {
  return BigUint64Array.of(BigInt(Math.round(meanSquare * frames)));
}

describe('the RMS meter', () => {
  test('settles within 0.01 dB of a steady level at -100 dBFS and 0.05 dB at -120, and does not stall on the way down', () => {
    for (const rateHz of rates) {
      const frames = rateHz / 100;
      const meter = createRmsMeter({ channels: 1, rateHz, timeConstantMs: 300 });
      for (const db of [0, -60, -100, -120]) {
        const square = 8388607 ** 2 * 10 ** (db / 10);
        const sums = squaresOf(square, frames);
        const exact = 10 * Math.log10(Number(sums[0]) / frames / 8388607 ** 2);
        for (let i = 0; i < 1600; i++) meter.update(sums, frames);
        const error = Math.abs(meter.rmsDbX100[0]! / 100 - exact);
        expect(error, `${db} dBFS at ${rateHz} Hz`).toBeLessThanOrEqual(db >= -100 ? 0.01 : 0.05);
      }
    }
  });

  test('reaches 63.2 % of a step after 300 ms at every rate and block length', () => {
    for (const rateHz of rates) {
      for (const frames of [48, rateHz / 100]) {
        const meter = createRmsMeter({ channels: 1, rateHz, timeConstantMs: 300 });
        const sums = squaresOf(2 ** 40, frames);
        let done = 0;
        while (done < rateHz * 0.3) {
          meter.update(sums, frames);
          done += frames;
        }
        const expected = 1 - Math.exp(-done / (0.3 * rateHz));
        expect(meter.meanSquareQ6[0]! / 2 ** 46).toBeCloseTo(expected, 2);
      }
    }
  });

  test('its integer mean is exact', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 57n - 1n }), fc.integer({ min: 1, max: 1920 }), (sum, frames) => {
        fc.pre(sum / BigInt(frames) < 2n ** 46n);
        const exact = (sum * 64n) / BigInt(frames);
        expect(BigInt(meanOfSum(Number(sum >> 32n), Number(sum & 0xffff_ffffn), frames, 64))).toBe(exact);
      }),
      { seed: 11 },
    );
  });

  test('digital silence drains it to no signal', () => {
    const meter = createRmsMeter({ channels: 1, rateHz: 48000, timeConstantMs: 300 });
    meter.update(squaresOf(2 ** 46 - 1, 480), 480);
    for (let i = 0; i < 3000; i++) meter.update(BigUint64Array.of(0n), 480);
    expect(meter.rmsDbX100[0]).toBe(NO_SIGNAL);
  });
});
