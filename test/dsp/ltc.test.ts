import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  frameCount,
  LtcDecoder,
  LtcReader,
  TIMECODE_RATES,
  type TimecodeEvent,
  type TimecodeFrame,
  timecodeRate,
  timecodeSeconds,
  timecodeText,
} from '../../src/dsp/ltc.ts';

const HAVE_LIBLTC = existsSync('/usr/include/ltc.h');
const folder = mkdtempSync(join(tmpdir(), 'lightkeeper-ltc-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Code {
  readonly rateHz: number;
  readonly fps: string;
  readonly drop: boolean;
  readonly from: readonly [number, number, number, number];
  readonly frames: number;
  readonly dbfs: number;
}

/** Made by libltc, 8 bits, as samples of 32. */
function generate({ rateHz, fps, drop, from, frames, dbfs }: Code): Int32Array {
  const words = [rateHz, fps, drop ? 1 : 0, ...from, frames, dbfs].map(String);
  const bytes = execFileSync(join(folder, 'ltcGenerate'), words, { maxBuffer: 1e9 });
  return Int32Array.from(bytes, (byte) => (byte - 128) * 2 ** 24);
}

/** Fed in blocks of odd lengths, as column 1 of 3. */
function feed(samples: Int32Array, process: (block: Int32Array, frames: number, first: number) => void): void {
  let seed = 1;
  for (let at = 0; at < samples.length; ) {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    const frames = Math.min(samples.length - at, 100 + (seed % 400));
    const block = new Int32Array(frames * 3).fill(12_345_678);
    for (let i = 0; i < frames; i++) block[i * 3 + 1] = samples[at + i]!;
    process(block, frames, at);
    at += frames;
  }
}

function decode(samples: Int32Array, rateHz: number): TimecodeFrame[] {
  const found: TimecodeFrame[] = [];
  const decoder = new LtcDecoder(rateHz, (frame) => found.push(frame));
  feed(samples, (block, frames, first) => decoder.process(block, frames, 3, 1, first));
  return found;
}

function read(samples: Int32Array, rateHz: number): TimecodeEvent[] {
  const events: TimecodeEvent[] = [];
  const reader = new LtcReader(rateHz, (event) => events.push(event));
  feed(samples, (block, frames, first) => reader.process(block, frames, 3, 1, first));
  return events;
}

const FPS: readonly (readonly [string, boolean, string])[] = [
  ['24', false, '24'],
  ['25', false, '25'],
  ['29.97002997', true, '29.97'],
  ['29.97002997', false, '29.97'],
  ['30', false, '30'],
];

describe.skipIf(!HAVE_LIBLTC)('timecode made by libltc (Debian package libltc-dev)', () => {
  beforeAll(() => {
    const source = fileURLToPath(new URL('support/ltcGenerate.c', import.meta.url));
    execFileSync('gcc', ['-O1', '-o', join(folder, 'ltcGenerate'), source, '-lltc', '-lm']);
  });

  for (const rateHz of [44_100, 48_000, 96_000]) {
    it.each(FPS)(
      `is read frame by frame at ${rateHz} Hz, %s frames a second (drop: %s): the rate is told as %s`,
      (fps, drop, name) => {
        const samples = generate({ rateHz, fps, drop, from: [1, 8, 57, 10], frames: 150, dbfs: -3 });
        const frames = decode(samples, rateHz);
        const rate = TIMECODE_RATES.find((one) => one.name === name)!;
        // The first may be cut off by the settling of the slicer; the last ends with the file.
        expect(frames.length).toBeGreaterThanOrEqual(147);
        const first = frameCount({ hours: 1, minutes: 8, seconds: 57, frames: 10, drop }, rate);
        const perFrame = rateHz / rate.hz;
        for (const { address, atFrame } of frames) {
          expect(address.drop).toBe(drop);
          const expectedAt = (frameCount(address, rate) - first) * perFrame;
          // libltc places each half bit on a sample.
          expect(Math.abs(atFrame - expectedAt)).toBeLessThan(2);
        }
        const counts = frames.map(({ address }) => frameCount(address, rate));
        expect(counts).toEqual(counts.map((_, i) => counts[0]! + i));
        const [started] = read(samples, rateHz);
        expect(started).toMatchObject({ kind: 'started', rate: name, drop });
        if (started?.kind !== 'started') return;
        expect(started.seconds - started.frame / rateHz).toBeCloseTo(first / rate.hz, 3);
      },
    );
  }

  it('is read down to -40 dBFS, upside down, and through the noise of a bad cable', () => {
    const code = { rateHz: 48_000, fps: '25', drop: false, from: [10, 0, 0, 0], frames: 60 } as const;
    const loud = generate({ ...code, dbfs: -3 });
    for (const gain of [1, -1, 0.014, -0.014]) {
      expect(
        decode(
          loud.map((x) => x * gain),
          48_000,
        ).length,
      ).toBeGreaterThanOrEqual(57);
    }
    let seed = 7;
    const noisy = loud.map((x) => {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) | 0;
      return x * 0.2 + seed * 0.02;
    });
    expect(decode(noisy, 48_000).length).toBeGreaterThanOrEqual(57);
  });

  it('tells where it starts, where it jumps, and where it stops', () => {
    const code = { rateHz: 48_000, fps: '25', drop: false, frames: 75, dbfs: -6 } as const;
    const a = generate({ ...code, from: [1, 0, 0, 0] });
    const b = generate({ ...code, from: [2, 0, 0, 0] });
    const silence = new Int32Array(48_000);
    const samples = Int32Array.from([...silence, ...a, ...b, ...silence]);
    const events = read(samples, 48_000);
    expect(events.map(({ kind }) => kind)).toEqual(['started', 'stopped', 'started', 'stopped']);
    const [first, jump, second, end] = events;
    // Thirty frames in a row are asked for; the first may be lost.
    expect(first).toMatchObject({ text: expect.stringMatching(/^01:00:01:0[456]$/) });
    expect(Math.abs(jump!.frame - (48_000 + a.length))).toBeLessThan(2 * 1920 + 10);
    expect(second?.kind === 'started' && second.seconds).toBeCloseTo(
      7200 + (second!.frame - 48_000 - a.length) / 48_000,
      2,
    );
    expect(Math.abs(end!.frame - (48_000 + a.length + b.length))).toBeLessThan(1920 + 10);
  });
});

describe('timecode', () => {
  it('is not found in music, noise or silence', () => {
    let seed = 3;
    const noise = Int32Array.from({ length: 480_000 }, () => {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) | 0;
      return seed;
    });
    const square = Int32Array.from({ length: 480_000 }, (_, i) =>
      Math.floor(i / 12) % 2 === 0 ? 2 ** 30 : -(2 ** 30),
    );
    const sine = Int32Array.from({ length: 480_000 }, (_, i) => Math.round(Math.sin(i / 7) * 2 ** 30));
    for (const samples of [noise, square, sine, new Int32Array(480_000)]) expect(read(samples, 48_000)).toEqual([]);
  });

  it('counts drop-frame code as SMPTE ST 12-1 has it: ten minutes are 17982 frames, an hour loses 3.6 ms', () => {
    const rate = timecodeRate(29.97)!;
    expect(rate.name).toBe('29.97');
    const at = (hours: number, minutes: number, seconds: number, frames: number) =>
      frameCount({ hours, minutes, seconds, frames, drop: true }, rate);
    expect(at(0, 10, 0, 0)).toBe(17_982);
    expect(at(0, 1, 0, 2) - at(0, 0, 59, 29)).toBe(1);
    expect(at(0, 10, 0, 0) - at(0, 9, 59, 29)).toBe(1);
    const hour = { hours: 1, minutes: 0, seconds: 0, frames: 0, drop: true };
    expect(timecodeSeconds(hour, rate) - 3600).toBeCloseTo(-0.0036, 5);
    expect(timecodeText(hour)).toBe('01:00:00;00');
  });

  it('rates that no timecode has are told as none', () => {
    expect(timecodeRate(29.985)).toBeNull();
    expect(timecodeRate(27)).toBeNull();
    expect(timecodeRate(30.003)?.name).toBe('30');
  });
});
