import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { alsaSource } from '../../src/device/alsa/alsaSource.ts';
import type { CaptureStream } from '../../src/device/ports.ts';
import { WavReader } from '../../src/device/wav/wavReader.ts';
import { wavSource } from '../../src/device/wav/wavSource.ts';
import { peakDbX100, rmsDbX100 } from '../../src/dsp/decibels.ts';
import { loadKernels } from '../../src/dsp/kernelFile.ts';
import { createWasmMeter } from '../../src/dsp/meterWasm.ts';
import { recordingDir, recordingMissing } from '../support/fetchRecording.mjs';
import { writeWav } from '../support/wav.ts';
import { TestRig, testCardMissing } from './testCard.ts';

const missing = testCardMissing() ?? recordingMissing();
const CHANNELS = 34;

describe.skipIf(missing !== null)(`a real recording on 34 channels${missing ? ` (${missing})` : ''}`, () => {
  let dir: string;
  let recording: Int32Array;
  let frames: number;
  let rig: TestRig;
  let stream: CaptureStream | null = null;

  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'lightkeeper-recording-'));
    // Spoken words, one after the other, each channel another part of them; 16 bits put 7 bits down, so that all 24 move.
    const words: Int32Array[] = [];
    for (const name of readdirSync(recordingDir())
      .filter((one) => one.endsWith('.wav'))
      .sort()) {
      const opened = WavReader.open(join(recordingDir(), name));
      if (!opened.ok) throw new Error(opened.fault.what);
      const { info } = opened.value;
      expect(info).toMatchObject({ rateHz: 48000, channels: 1, encoding: 'pcm16' });
      const samples = new Int32Array(info.frames);
      opened.value.read(samples, info.frames);
      opened.value.close();
      words.push(samples);
    }
    const all = new Int32Array(words.reduce((sum, one) => sum + one.length, 0));
    let at = 0;
    for (const one of words) {
      all.set(one, at);
      at += one.length;
    }
    frames = 96_000;
    recording = new Int32Array(frames * CHANNELS);
    for (let f = 0; f < frames; f++)
      for (let c = 0; c < CHANNELS; c++)
        recording[f * CHANNELS + c] = (all[(f + c * 15_013) % all.length]! >> (c % 8)) & ~0xff;
    writeFileSync(join(dir, 'recording.s32'), new Uint8Array(recording.buffer));
    writeWav(join(dir, 'recording.wav'), {
      channels: CHANNELS,
      encoding: 'pcm24',
      samples: recording,
      extensibleBits: 24,
    });
  });
  afterAll(() => {
    rmSync(dir, { recursive: true, force: true });
  });
  beforeEach(() => {
    rig = new TestRig();
  });
  afterEach(() => {
    stream?.close();
    stream = null;
    rig.stop();
  });

  function expectBitExact(source: CaptureStream): void {
    const block = new Int32Array(480 * CHANNELS);
    let frame = 0;
    while (frame < frames) {
      const got = source.read(block, 480, 100);
      if (got.kind === 'idle') continue;
      if (got.kind !== 'frames') throw new Error(got.kind);
      const here = Math.min(got.frames, frames - frame) * CHANNELS;
      for (let i = 0, j = frame * CHANNELS; i < here; i++, j++)
        if (block[i] !== recording[j])
          throw new Error(`frame ${frame + Math.floor(i / CHANNELS)}, channel ${(i % CHANNELS) + 1} differs`);
      frame += got.frames;
    }
    expect(recording.some((x) => x !== 0)).toBe(true);
  }

  for (const format of ['S32_LE', 'S24_3LE'] as const) {
    for (const signal of ['raw', 'wav'] as const) {
      it(`comes through libasound bit for bit: ${format}, card fed by a ${signal} file`, () => {
        const card = rig.add({
          formats: [format],
          channels: [CHANNELS],
          bits: 24,
          virtual: true,
          signal:
            signal === 'raw'
              ? { kind: 'raw', channels: CHANNELS, path: join(dir, 'recording.s32') }
              : { kind: 'wav', path: join(dir, 'recording.wav') },
        });
        const opened = alsaSource(
          { kind: 'alsa', pcm: card.pcm, rateHz: null, channels: null },
          { procRoot: rig.procRoot },
        ).open();
        if (!opened.ok) throw new Error(opened.fault.what);
        stream = opened.value;
        expect(stream.info).toMatchObject({ channels: CHANNELS, validBits: 24 });
        expectBitExact(stream);
      });
    }
  }

  it('reads the peak and RMS that sox stats reads, within 0.01 dB, on every channel, through libasound', () => {
    const card = rig.add({
      formats: ['S24_3LE'],
      channels: [CHANNELS],
      virtual: true,
      signal: { kind: 'wav', path: join(dir, 'recording.wav') },
    });
    const opened = alsaSource(
      { kind: 'alsa', pcm: card.pcm, rateHz: null, channels: null },
      { procRoot: rig.procRoot },
    ).open();
    if (!opened.ok) throw new Error(opened.fault.what);
    stream = opened.value;
    const meter = createWasmMeter(loadKernels(), {
      channels: CHANNELS,
      maxFrames: 480,
      fullScale24: 8388607,
      clipRun: 3,
      truePeak: false,
    });
    const peak24 = new Array<number>(CHANNELS).fill(0);
    const sumSquares = new Array<bigint>(CHANNELS).fill(0n);
    for (let frame = 0; frame < frames; ) {
      const got = stream.read(meter.input, 480, 100);
      if (got.kind === 'idle') continue;
      if (got.kind !== 'frames') throw new Error(got.kind);
      const here = Math.min(got.frames, frames - frame);
      meter.process(here);
      for (let c = 0; c < CHANNELS; c++) {
        peak24[c] = Math.max(peak24[c]!, meter.peak24[c]!);
        sumSquares[c]! += meter.sumSquares[c]!;
      }
      frame += here;
    }
    const sox = spawnSync('sox', [join(dir, 'recording.wav'), '-n', 'stats'], { encoding: 'utf8' }).stderr;
    // After the name of a line come the overall figure, then one a channel.
    const line = (name: string) => {
      const found = sox.split('\n').find((one) => one.startsWith(name));
      return found!.slice(name.length).trim().split(/\s+/).slice(1).map(Number);
    };
    const soxPeaks = line('Pk lev dB');
    const soxRms = line('RMS lev dB');
    expect(soxPeaks).toHaveLength(CHANNELS);
    for (let c = 0; c < CHANNELS; c++) {
      const sum = sumSquares[c]!;
      expect(Math.abs(peakDbX100(peak24[c]!) / 100 - soxPeaks[c]!)).toBeLessThanOrEqual(0.0101);
      const rms = rmsDbX100(Number(sum >> 32n), Number(sum & 0xffff_ffffn), frames) / 100;
      expect(Math.abs(rms - soxRms[c]!)).toBeLessThanOrEqual(0.0101);
    }
  });

  it('comes through a WAVE file bit for bit', () => {
    const opened = wavSource({ kind: 'wav', files: [join(dir, 'recording.wav')], fast: true, loop: false }).open();
    if (!opened.ok) throw new Error(opened.fault.what);
    stream = opened.value;
    expect(stream.info).toMatchObject({ channels: CHANNELS, validBits: 24 });
    expectBitExact(stream);
    expect(stream.read(new Int32Array(480 * CHANNELS), 480, 0)).toEqual({ kind: 'ended', note: null });
  });
});
