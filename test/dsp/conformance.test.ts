import { describe, expect, test } from 'vitest';
import * as ballistics from '../../src/dsp/ballistics.ts';
import * as channelMeter from '../../src/dsp/channelMeter.ts';
import * as decibels from '../../src/dsp/decibels.ts';
import * as fileReadings from '../../src/dsp/fileReadings.ts';
import { loadKernels } from '../../src/dsp/kernelFile.ts';
import * as loudness from '../../src/dsp/loudness.ts';
import * as loudnessWasm from '../../src/dsp/loudnessWasm.ts';
import * as meterWasm from '../../src/dsp/meterWasm.ts';
import * as cases from './conformance/cases.mjs';

const lib = {
  ...ballistics,
  ...channelMeter,
  ...decibels,
  ...fileReadings,
  ...loudness,
  ...loudnessWasm,
  ...meterWasm,
  kernels: loadKernels(),
};

function hold(rows: readonly cases.Row[]) {
  expect(rows.length).toBeGreaterThan(2);
  for (const row of rows) {
    expect(row.measured, `${row.standard} ${row.name}`).toBeGreaterThanOrEqual(row.low - 1e-9);
    expect(row.measured, `${row.standard} ${row.name}`).toBeLessThanOrEqual(row.high + 1e-9);
  }
}

// The short form, at 48 kHz; `npm run conformance` does all of it at four rates.
describe("the standards' tables", () => {
  test('IEC 60268-10: PPM I and II bursts and returns', () => hold(cases.ppm(lib, 48000)));
  test('IEC 60268-17 and K-System: rise and overshoot', () => hold(cases.volumeMeters(lib, 48000)));
  test('IEC 60268-18: digital peak, delay, return, hold', () => hold(cases.digitalPeak(lib, 48000)));
  test('AES17: sine and square', () => hold(cases.rms(lib, 48000)));
  test('EBU Tech 3341: loudness and true peak', () => hold(cases.tech3341(lib, 48000, { short: true })));
  test('EBU Tech 3342: loudness range', () => hold(cases.tech3342(lib, 48000)));
});
