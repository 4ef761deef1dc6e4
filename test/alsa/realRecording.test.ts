import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { alsaSource } from '../../src/device/alsa/alsaSource.ts';
import type { CaptureStream } from '../../src/device/ports.ts';
import { WavReader } from '../../src/device/wav/wavReader.ts';
import { wavSource } from '../../src/device/wav/wavSource.ts';
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

  it('comes through a WAVE file bit for bit', () => {
    const opened = wavSource({ kind: 'wav', files: [join(dir, 'recording.wav')], fast: true, loop: false }).open();
    if (!opened.ok) throw new Error(opened.fault.what);
    stream = opened.value;
    expect(stream.info).toMatchObject({ channels: CHANNELS, validBits: 24 });
    expectBitExact(stream);
    expect(stream.read(new Int32Array(480 * CHANNELS), 480, 0)).toEqual({ kind: 'ended', note: null });
  });
});
