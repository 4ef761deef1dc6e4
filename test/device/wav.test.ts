import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CaptureStream } from '../../src/device/ports.ts';
import { WavReader } from '../../src/device/wav/wavReader.ts';
import { type Pacer, wavSource } from '../../src/device/wav/wavSource.ts';
import { createTwinMeter } from '../../src/dsp/meterTwin.ts';
import { type WavSpec, wavBytes, writeWav } from '../support/wav.ts';

const usual = { maxFrames: 480, fullScale24: 8388607, clipRun: 3, truePeak: false };
let dir: string;
let streams: CaptureStream[];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'lightkeeper-wav-'));
  streams = [];
});
afterEach(() => {
  for (const stream of streams) stream.close();
  rmSync(dir, { recursive: true, force: true });
});

const at = (name: string) => join(dir, name);

function put(spec: WavSpec, name = 'take.wav'): string {
  writeWav(at(name), spec);
  return at(name);
}

function openReader(path: string): WavReader {
  const opened = WavReader.open(path);
  if (!opened.ok) throw new Error(`${opened.fault.code}: ${opened.fault.what}`);
  return opened.value;
}

function readAll(path: string): Int32Array {
  const reader = openReader(path);
  const out = new Int32Array(reader.info.frames * reader.info.channels);
  expect(reader.read(out, reader.info.frames)).toBe(reader.info.frames);
  expect(reader.read(out, 1)).toBe(0);
  reader.close();
  return out;
}

function openStream(files: string[], choice: { fast?: boolean; loop?: boolean } = {}, pacer?: Pacer): CaptureStream {
  const opened = wavSource({ kind: 'wav', files, fast: choice.fast ?? true, loop: choice.loop ?? false }, pacer).open();
  if (!opened.ok) throw new Error(`${opened.fault.code}: ${opened.fault.what}`);
  streams.push(opened.value);
  return opened.value;
}

function faultOf(files: string[]): { code: string; what: string; fix: string } {
  const opened = wavSource({ kind: 'wav', files, fast: true, loop: false }).open();
  if (opened.ok) throw new Error('it opened');
  return opened.fault;
}

const random = (count: number, seed: number) => {
  let x = seed | 1;
  return Int32Array.from({ length: count }, () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return x;
  });
};

describe('WAVE files', () => {
  it('are read bit for bit: any layout, channel count, encoding and block size', () => {
    fc.assert(
      fc.property(
        fc.record({
          channels: fc.integer({ min: 1, max: 64 }),
          frames: fc.integer({ min: 1, max: 700 }),
          encoding: fc.constantFrom('pcm16' as const, 'pcm24' as const, 'pcm32' as const),
          extensible: fc.boolean(),
          big: fc.constantFrom(undefined, 'RF64' as const, 'BW64' as const),
          textLast: fc.boolean(),
          block: fc.integer({ min: 1, max: 300 }),
          seed: fc.integer(),
        }),
        ({ channels, frames, encoding, extensible, big, textLast, block, seed }) => {
          const bits = { pcm16: 16, pcm24: 24, pcm32: 32 }[encoding];
          const samples = random(frames * channels, seed).map((x) => (x >> (32 - bits)) << (32 - bits));
          const path = put({
            channels,
            encoding,
            samples,
            textLast,
            ixmlNames: ['A'],
            ...(extensible ? { extensibleBits: bits } : {}),
            ...(big ? { big } : {}),
          });
          const reader = openReader(path);
          expect(reader.info).toMatchObject({ channels, frames, encoding, validBits: bits, notes: [] });
          const out = new Int32Array(block * channels);
          let frame = 0;
          for (let got = reader.read(out, block); got > 0; got = reader.read(out, block)) {
            expect(out.subarray(0, got * channels)).toEqual(
              samples.subarray(frame * channels, (frame + got) * channels),
            );
            frame += got;
          }
          expect(frame).toBe(frames);
          reader.close();
        },
      ),
      { numRuns: 60 },
    );
  });

  it('of float are rounded to 24 bits; overs and not-a-numbers are counted and told at the end', () => {
    const floats = Float32Array.of(
      0,
      0.5,
      -1,
      1,
      1.5,
      -2,
      Number.NaN,
      Infinity,
      2 ** -24,
      -(2 ** -24),
      3 * 2 ** -24,
      8388607 / 8388608,
    );
    const path = put({ channels: 1, encoding: 'float32', samples: floats });
    const F = 0x7fff_ff00;
    expect([...readAll(path)]).toEqual([0, 0x4000_0000, -0x8000_0000, F, F, -0x8000_0000, 0, F, 256, 0, 512, F]);
    const stream = openStream([path]);
    expect(stream.info.validBits).toBe(24);
    const block = new Int32Array(480);
    expect(stream.read(block, 480, 0)).toMatchObject({ kind: 'frames', frames: 12 });
    const end = stream.read(block, 480, 0);
    expect(end).toMatchObject({ kind: 'ended', note: { code: 'wav-float-bent' } });
    if (end.kind === 'ended') expect(end.note?.what).toMatch(/^4 float samples .* 1 were no numbers/);
  });

  it('round-trip through sox, which writes EXTENSIBLE for 24 bits', () => {
    const samples = random(3 * 1000, 5).map((x) => x & ~0xff);
    const path = put({ channels: 3, encoding: 'pcm24', samples });
    execFileSync('sox', [path, at('sox.wav')]);
    expect(readAll(at('sox.wav'))).toEqual(samples);
  });

  it('say how many of the bits are valid', () => {
    const samples = random(100, 3).map((x) => x & ~0xfff);
    expect(openReader(put({ channels: 1, encoding: 'pcm24', samples, extensibleBits: 20 })).info.validBits).toBe(20);
  });

  it('tell their track names from iXML, or from bext', () => {
    const samples = new Int32Array(4);
    const ixml = put({
      channels: 2,
      encoding: 'pcm16',
      samples,
      ixmlNames: ['Kick &amp; sub', 'Snare'],
      bext: 'sTRK1=no',
    });
    expect(openReader(ixml).info.channelNames).toEqual(['Kick & sub', 'Snare']);
    const bext = put({ channels: 2, encoding: 'pcm16', samples, bext: 'sSCENE=4\r\nsTRK2=Bass\r\n' });
    expect(openReader(bext).info.channelNames).toEqual(['', 'Bass']);
    expect(openReader(put({ channels: 2, encoding: 'pcm16', samples })).info.channelNames).toEqual([]);
  });
});

describe('damaged WAVE files', () => {
  const samples = random(3 * 1000, 9).map((x) => x & ~0xff);

  it('cut in the middle of a frame are read to the last whole frame, and the loss is told', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8999 }), (cut) => {
        const whole = wavBytes({ channels: 3, encoding: 'pcm24', samples });
        writeFileSync(at('cut.wav'), whole.subarray(0, whole.length - cut));
        const frames = Math.floor((9000 - cut) / 9);
        if (frames === 0) {
          expect(faultOf([at('cut.wav')]).code).toBe('wav-empty');
          return;
        }
        const stream = openStream([at('cut.wav')]);
        expect(stream.info.notes.map((note) => note.code)).toEqual(['wav-truncated']);
        expect(stream.info.notes[0]!.what).toContain(`${frames} whole frames are read, ${1000 - frames} of those`);
        expect(readAll(at('cut.wav'))).toEqual(samples.subarray(0, 3 * frames));
      }),
      { numRuns: 40 },
    );
  });

  it('left unfinished by a recorder (sizes 0, or all ones) are read to their end', () => {
    for (const bytes of [0, 0xffff_ffff]) {
      const path = put({ channels: 3, encoding: 'pcm24', samples, lie: { dataBytes: bytes, riffBytes: bytes } });
      const reader = openReader(path);
      expect(reader.info.notes.map((note) => note.code)).toEqual(['wav-unfinished']);
      expect(readAll(path)).toEqual(samples);
      reader.close();
    }
  });

  it('with sizes that lie are read as far as the file goes', () => {
    const long = put({ channels: 3, encoding: 'pcm24', samples, lie: { dataBytes: 4_000_000_000 } });
    expect(openReader(long).info).toMatchObject({ frames: 1000, notes: [{ code: 'wav-truncated' }] });
    const big = put({ channels: 3, encoding: 'pcm24', samples, big: 'RF64', lie: { dataBytes: 2 ** 52 } });
    expect(openReader(big).info).toMatchObject({ frames: 1000, notes: [{ code: 'wav-truncated' }] });
    const odd = put({ channels: 3, encoding: 'pcm24', samples, lie: { dataBytes: 8995 } });
    expect(openReader(odd).info).toMatchObject({ frames: 999, notes: [{ code: 'wav-truncated' }] });
  });

  it('that can not be read give one fault, with a code and a way out', () => {
    const tiny = new Int32Array(6);
    writeFileSync(at('text.wav'), 'this is no sound file at all');
    writeFileSync(at('nothing.wav'), '');
    writeFileSync(at('header.wav'), wavBytes({ channels: 1, encoding: 'pcm16', samples: tiny }).subarray(0, 30));
    mkdirSync(at('folder.wav'));
    const cases: [string, string][] = [
      [at('missing.wav'), 'wav-not-found'],
      [at('folder.wav'), 'wav-unreadable'],
      [at('text.wav'), 'wav-not-wave'],
      [at('nothing.wav'), 'wav-not-wave'],
      [at('header.wav'), 'wav-not-wave'],
      [put({ channels: 2, encoding: 'pcm16', samples: new Int32Array(0) }, 'empty.wav'), 'wav-empty'],
      [put({ channels: 2, encoding: 'pcm16', samples: tiny, lie: { channels: 0 } }, 'none.wav'), 'wav-channels'],
      [put({ channels: 2, encoding: 'pcm16', samples: tiny, lie: { channels: 65535 } }, 'many.wav'), 'wav-channels'],
      [put({ channels: 65, encoding: 'pcm16', samples: new Int32Array(65) }, 'over.wav'), 'wav-channels'],
      [put({ channels: 2, encoding: 'pcm16', samples: tiny, lie: { tag: 85 } }, 'mp3.wav'), 'wav-format'],
      [put({ channels: 2, encoding: 'pcm16', samples: tiny, rateHz: 3 }, 'rate.wav'), 'wav-format'],
    ];
    if (process.getuid?.() !== 0) {
      chmodSync(put({ channels: 1, encoding: 'pcm16', samples: tiny }, 'secret.wav'), 0);
      cases.push([at('secret.wav'), 'wav-unreadable']);
    }
    for (const [path, code] of cases) {
      const fault = faultOf([path]);
      expect(fault.code, path).toBe(code);
      expect(fault.what).not.toContain('\n');
      expect(fault.fix.length).toBeGreaterThan(5);
    }
    expect(faultOf([]).code).toBe('wav-none');
  });

  it('of any other bytes never throw', () => {
    const whole = wavBytes({
      channels: 2,
      encoding: 'pcm24',
      samples: random(200, 1),
      ixmlNames: ['a', 'b'],
      extensibleBits: 24,
    });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(whole.length - 1), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 12 }),
        fc.nat(whole.length),
        (bytes, end) => {
          const bent = Buffer.from(whole);
          for (const [where, value] of bytes) bent[where] = value;
          writeFileSync(at('bent.wav'), bent.subarray(0, end));
          const opened = WavReader.open(at('bent.wav'));
          if (!opened.ok) {
            expect(opened.fault.code).toMatch(/^wav-/);
            return;
          }
          const { frames, channels } = opened.value.info;
          expect(opened.value.read(new Int32Array(frames * channels), frames)).toBe(frames);
          opened.value.close();
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('a stream from WAVE files', () => {
  it('puts mono files of one take side by side', () => {
    const left = random(1000, 1).map((x) => x & ~0xff);
    const right = random(1000, 2).map((x) => x & ~0xffff);
    const files = [
      put({ channels: 1, encoding: 'pcm24', samples: left }, 'Kick.wav'),
      put({ channels: 1, encoding: 'pcm16', samples: right }, 'Snare.wav'),
      put({ channels: 2, encoding: 'pcm32', samples: random(2000, 3) }, 'OH.wav'),
    ];
    const stream = openStream(files);
    expect(stream.info).toMatchObject({
      source: 'wav',
      channels: 4,
      validBits: 32,
      channelNames: ['Kick', 'Snare', 'OH 1', 'OH 2'],
      bufferFrames: 0,
      periodFrames: 480,
    });
    const block = new Int32Array(4 * 480);
    let frame = 0;
    for (let got = stream.read(block, 480, 0); got.kind === 'frames'; got = stream.read(block, 480, 0)) {
      for (let f = 0; f < got.frames; f++, frame++) {
        expect(block[4 * f]).toBe(left[frame]);
        expect(block[4 * f + 1]).toBe(right[frame]);
      }
      expect(got.positionFrames).toBe(frame);
      expect(got.timeNs).toBe(Math.round((frame / 48000) * 1e9));
    }
    expect(frame).toBe(1000);
    expect(stream.read(block, 480, 0)).toEqual({ kind: 'ended', note: null });
  });

  it('refuses files that do not belong together', () => {
    const samples = new Int32Array(64);
    const a = put({ channels: 32, encoding: 'pcm16', samples }, 'a.wav');
    const b = put({ channels: 32, encoding: 'pcm16', samples }, 'b.wav');
    const c = put({ channels: 1, encoding: 'pcm16', samples }, 'c.wav');
    const d = put({ channels: 1, encoding: 'pcm16', samples, rateHz: 44100 }, 'd.wav');
    expect(openStream([a, b]).info.channels).toBe(64);
    expect(faultOf([a, b, c]).code).toBe('wav-channels');
    expect(faultOf([a, d]).code).toBe('wav-rates-differ');
    expect(openStream([a, c]).info.notes.map((note) => note.code)).toEqual(['wav-lengths-differ']);
  });

  it('loops without a seam', () => {
    const samples = random(1000, 4).map((x) => x & ~0xffff);
    const stream = openStream([put({ channels: 1, encoding: 'pcm16', samples })], { loop: true });
    const block = new Int32Array(480);
    for (let frame = 0; frame < 4800; ) {
      const got = stream.read(block, 480, 0);
      if (got.kind !== 'frames') throw new Error(got.kind);
      expect(got.frames).toBe(480);
      for (let f = 0; f < got.frames; f++, frame++) expect(block[f]).toBe(samples[frame % 1000]);
      expect(got.positionFrames).toBe(frame);
    }
  });

  it('of 24 bits gives the same frames through a block that unpacks them, whatever room it has; of other bits it reads them itself', () => {
    const samples = random(3 * 1700, 5);
    for (const [encoding, mask] of [
      ['pcm24', ~0xff],
      ['pcm16', ~0xffff],
    ] as const)
      for (const loop of [false, true])
        for (const packedBytes of [8, 9, 100, 9 * 480, 9 * 1000, 1 << 16]) {
          const meter = createTwinMeter({
            channels: 3,
            maxFrames: 480,
            fullScale24: 8388607,
            clipRun: 3,
            truePeak: false,
            packedBytes,
          });
          const stream = openStream([put({ channels: 3, encoding, samples })], { loop });
          stream.unpackBy!(meter.packed!);
          const seen: number[] = [];
          for (
            let got = stream.read(meter.input, 480, 0);
            got.kind === 'frames';
            got = stream.read(meter.input, 480, 0)
          ) {
            expect(got.positionFrames).toBe(seen.length / 3 + got.frames);
            seen.push(...meter.input.subarray(0, 3 * got.frames));
            if (seen.length >= 3 * 4000) break;
          }
          const frames = loop ? seen.length / 3 : 1700;
          expect(seen).toEqual(Array.from({ length: 3 * frames }, (_, i) => samples[i % samples.length]! & mask));
          stream.close();
        }
  });

  it('in real time keeps to the clock, catches up after a pause, and does not drift', () => {
    let now = 5e9;
    const pacer: Pacer = {
      nowNs: () => now,
      sleepMs: (ms) => {
        now += ms * 1e6 + 70_000; // sleeps late, always
      },
    };
    const stream = openStream(
      [put({ channels: 1, encoding: 'pcm16', samples: random(48000, 6) })],
      { fast: false },
      pacer,
    );
    const block = new Int32Array(480);
    expect(stream.read(block, 480, 4)).toEqual({ kind: 'idle' });
    let reads = 0;
    for (let got = stream.read(block, 480, 100); got.kind !== 'ended'; got = stream.read(block, 480, 100)) {
      if (got.kind !== 'frames') throw new Error(got.kind);
      reads++;
      const dueNs = 5e9 + (got.positionFrames / 48000) * 1e9;
      expect(now).toBeGreaterThanOrEqual(dueNs);
      if (reads === 30) now += 300e6;
      else if (reads < 30 || reads > 65) expect(now - dueNs).toBeLessThan(200_000);
    }
    expect(reads).toBe(100);
    expect(now - 5e9).toBeLessThan(1.0002e9);
  });

  it('tells of a file cut while it plays', () => {
    const path = put({ channels: 1, encoding: 'pcm16', samples: random(48000, 6) });
    const stream = openStream([path]);
    const block = new Int32Array(480);
    expect(stream.read(block, 480, 0).kind).toBe('frames');
    writeFileSync(path, '');
    let got = stream.read(block, 480, 0);
    for (let i = 0; i < 100 && got.kind === 'frames'; i++) got = stream.read(block, 480, 0);
    expect(got).toMatchObject({ kind: 'gone', fault: { code: 'wav-read-failed' } });
  });

  it('tells of a file cut while it plays, what was read ahead given first', () => {
    const path = put({ channels: 1, encoding: 'pcm24', samples: random(48000, 6) });
    // Four pieces of ten blocks each: one stands there, the others are not asked for by a source that nobody waits for.
    const packedBytes = 3 * 480 * 40;
    const options = { channels: 1, maxFrames: 480, fullScale24: 8388607, clipRun: 3, truePeak: false, packedBytes };
    const meter = createTwinMeter(options);
    const stream = openStream([path]);
    stream.unpackBy!(meter.packed!);
    expect(stream.read(meter.input, 480, 0).kind).toBe('frames');
    writeFileSync(path, '');
    for (let i = 0; i < 9; i++) expect(stream.read(meter.input, 480, 0).kind).toBe('frames');
    expect(stream.read(meter.input, 480, 0)).toMatchObject({ kind: 'gone', fault: { code: 'wav-read-failed' } });
  });

  it('read ahead gives the same frames, whatever room there is and however the reads are cut', async () => {
    const samples = random(3 * 1700, 5);
    for (const loop of [false, true])
      for (const packedBytes of [9, 18, 100, 9 * 479, 9 * 960, 9 * 1000, 9 * 1024, 1 << 16])
        for (const most of [480, 37]) {
          const meter = createTwinMeter({ ...usual, channels: 3, packedBytes });
          const stream = openStream([put({ channels: 3, encoding: 'pcm24', samples })], { loop });
          stream.unpackBy!(meter.packed!);
          const seen: number[] = [];
          let waited = 0;
          for (;;) {
            const ready = stream.ready!(most);
            if (ready !== null) {
              waited++;
              await ready;
            }
            const got = stream.read(meter.input, most, 0);
            if (got.kind !== 'frames') break;
            expect(got.positionFrames).toBe(seen.length / 3 + got.frames);
            seen.push(...meter.input.subarray(0, 3 * got.frames));
            if (seen.length >= 3 * 4000) break;
          }
          const frames = loop ? seen.length / 3 : 1700;
          expect(frames).toBeGreaterThanOrEqual(1700);
          expect(seen).toEqual(Array.from({ length: 3 * frames }, (_, i) => samples[i % samples.length]! & ~0xff));
          // With room for one frame only nothing can be read ahead.
          expect(waited > 0).toBe(packedBytes >= 18);
          stream.close();
        }
  });

  it('read ahead tells of a file that was cut meanwhile, and is closed while it reads', async () => {
    const path = put({ channels: 1, encoding: 'pcm24', samples: random(48000, 6) });
    const meter = createTwinMeter({ ...usual, channels: 1, packedBytes: 3 * 480 * 40 });
    const stream = openStream([path]);
    stream.unpackBy!(meter.packed!);
    await stream.ready!(480);
    expect(stream.read(meter.input, 480, 0).kind).toBe('frames');
    writeFileSync(path, '');
    let got: { readonly kind: string } = { kind: 'frames' };
    let blocks = 0;
    for (; got.kind === 'frames'; blocks++) {
      await stream.ready!(480);
      got = stream.read(meter.input, 480, 0);
    }
    expect(blocks).toBeGreaterThanOrEqual(10);
    expect(got).toMatchObject({ kind: 'gone', fault: { code: 'wav-read-failed' } });
    stream.close();

    const closed = openStream([put({ channels: 1, encoding: 'pcm24', samples: random(48000, 6) })]);
    closed.unpackBy!(createTwinMeter({ ...usual, channels: 1, packedBytes: 3 * 480 * 40 }).packed!);
    const openFiles = () => readdirSync('/proc/self/fd').length;
    const before = openFiles();
    const ready = closed.ready!(480);
    closed.close();
    closed.close();
    expect(openFiles()).toBe(before);
    await ready;
    await new Promise((resolve) => setImmediate(resolve));
    expect(openFiles()).toBe(before - 1);
    expect(closed.ready!(480)).toBe(null);
  });

  it('reads 64 channels in bounded memory and without garbage', () => {
    const frames = 48000;
    const path = put({ channels: 64, encoding: 'pcm24', samples: random(frames * 64, 8) });
    const stream = openStream([path], { loop: true });
    const block = new Int32Array(64 * 480);
    for (let i = 0; i < 200; i++) stream.read(block, 480, 0);
    const before = process.memoryUsage();
    for (let i = 0; i < 1000; i++) stream.read(block, 480, 0);
    const after = process.memoryUsage();
    expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(1 << 20);
    expect(after.heapUsed - before.heapUsed).toBeLessThan(4 << 20);
  });
});
