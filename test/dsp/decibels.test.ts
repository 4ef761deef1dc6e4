import { describe, expect, test } from 'vitest';
import { log2Q20, meanSquareDbX100, NO_SIGNAL, peakDbX100, rmsDbX100, truePeakDbX100 } from '../../src/dsp/decibels.ts';
import { randomSource } from './signals.ts';

const FULL_SCALE = 8388607;

/** Largest difference in dB between a reading and the exact value. */
function worst(pairs: Iterable<[dbX100: number, exactDb: number]>): number {
  let largest = 0;
  for (const [reading, exact] of pairs) largest = Math.max(largest, Math.abs(reading / 100 - exact));
  return largest;
}

describe('decibels', () => {
  test('peak is within 0.0052 dB at every code of the low 16 bits and a spread of the rest', () => {
    function* codes(): Iterable<[number, number]> {
      for (let code = 1; code < 65536; code++) yield [peakDbX100(code), 20 * Math.log10(code / FULL_SCALE)];
      for (let code = 65536; code <= 8388608; code += 61) yield [peakDbX100(code), 20 * Math.log10(code / FULL_SCALE)];
    }
    expect(worst(codes())).toBeLessThan(0.0052);
  });

  test('true peak and mean square are within 0.0052 dB from the last bit to the largest value', () => {
    const random = randomSource(3);
    const levels = Array.from({ length: 200_000 }, () => Math.floor(2 ** (random() * 37)) + 1);
    expect(
      worst(levels.map((q13) => [truePeakDbX100(q13), 20 * Math.log10(q13 / (FULL_SCALE * 8192))] as const) as never),
    ).toBeLessThan(0.0052);
    const squares = Array.from({ length: 200_000 }, () => Math.floor(2 ** (random() * 52)) + 1);
    expect(
      worst(squares.map((q6) => [meanSquareDbX100(q6, 6), 10 * Math.log10(q6 / 64 / FULL_SCALE ** 2)]) as never),
    ).toBeLessThan(0.0052);
  });

  test('RMS of a 64-bit sum is within 0.0052 dB, for sums beyond 2^53 as well', () => {
    const random = randomSource(4);
    function* sums(): Iterable<[number, number]> {
      for (let i = 0; i < 100_000; i++) {
        const hi = Math.floor(random() * 2 ** (i % 26));
        const lo = Math.floor(random() * 2 ** 32);
        const count = 1 + Math.floor(random() * 1920);
        if (hi + lo > 0)
          yield [rmsDbX100(hi, lo, count), 10 * Math.log10((hi * 2 ** 32 + lo) / count / FULL_SCALE ** 2)];
      }
    }
    expect(worst(sums())).toBeLessThan(0.0052);
  });

  test('the landmarks: full scale, the most negative code, half scale, one step, digital zero', () => {
    expect(peakDbX100(8388607)).toBe(0);
    expect(peakDbX100(8388608)).toBe(0);
    expect(peakDbX100(4194304)).toBe(-602);
    expect(peakDbX100(1)).toBe(-13847);
    expect(peakDbX100(0)).toBe(NO_SIGNAL);
    expect(truePeakDbX100(8388607 * 8192)).toBe(0);
    expect(truePeakDbX100(8388607 * 8192 * 2)).toBe(602);
    expect(truePeakDbX100(0)).toBe(NO_SIGNAL);
    expect(rmsDbX100(0, 0, 480)).toBe(NO_SIGNAL);
    // A full-scale sine has half the square of full scale: -3.01 dB.
    const half = (BigInt(FULL_SCALE) * BigInt(FULL_SCALE) * 480n) / 2n;
    expect(rmsDbX100(Number(half >> 32n), Number(half & 0xffff_ffffn), 480)).toBe(-301);
  });

  test('a larger number never reads lower', () => {
    let before = 0;
    let drops = 0;
    for (let hi = 0; hi < 4; hi++) {
      for (let step = hi === 0 ? 1 : 0; step < 65536; step++) {
        const log = log2Q20(hi, step * 65536 + (step === 0 ? 0 : 65535));
        if (log < before) drops++;
        before = log;
      }
    }
    expect(drops).toBe(0);
    expect(before).toBe(log2Q20(3, 0xffff_ffff));
  });
});
