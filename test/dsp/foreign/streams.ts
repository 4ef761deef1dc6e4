/** What comes in by a port that is set wrong, made from a seed; and the watch run over it as the capture loop does. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { WavReader } from '../../../src/device/wav/wavReader.ts';
import type { ForeignReading } from '../../../src/dsp/foreign.ts';
import { ForeignWatch } from '../../../src/dsp/foreignWatch.ts';
import { recordingDir } from '../../support/fetchRecording.mjs';

export function randomOf(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** A column of the stream: frame number to left-justified Int32. */
export type Column = (n: number) => number;

export const sample24 = (value: number) => Math.max(-8388608, Math.min(8388607, Math.round(value * 8388607))) * 256;

/** Runs the watch over columns in 10 ms blocks. Answers all that it told, and for each block which channels were left out. */
export function watch(
  columns: readonly Column[],
  frames: number,
  options: { rateHz?: number; banks?: readonly { columns: readonly number[]; digital: boolean }[] } = {},
) {
  const { rateHz = 48000 } = options;
  const channels = columns.length;
  const banks = options.banks ?? [{ columns: columns.map((_, c) => c), digital: true }];
  const told: (readonly ForeignReading[])[] = [];
  const foreign = new ForeignWatch({ channels, rateHz, banks, onChange: (readings) => told.push(readings) });
  const blockFrames = Math.round(rateHz / 100);
  const block = new Int32Array(blockFrames * channels);
  const meter = {
    peak24: new Int32Array(channels),
    orBits: new Int32Array(channels),
    overSamples: new Int32Array(channels),
  };
  const excluded: number[] = new Array(channels).fill(0);
  let blocks = 0;
  for (let at = 0; at < frames; at += blockFrames) {
    const count = Math.min(blockFrames, frames - at);
    meter.peak24.fill(0);
    meter.orBits.fill(0);
    meter.overSamples.fill(0);
    for (let n = 0; n < count; n++)
      for (let c = 0; c < channels; c++) {
        const x = columns[c]!(at + n);
        block[n * channels + c] = x;
        const size = Math.abs(x >> 8);
        if (size > meter.peak24[c]!) meter.peak24[c] = size;
        if (size >= 8388607) meter.overSamples[c]!++;
        meter.orBits[c]! |= x;
      }
    foreign.process(block, count, at, meter);
    blocks++;
    for (let c = 0; c < channels; c++) excluded[c]! += foreign.excluded[c]!;
  }
  return { told, excluded, blocks, readings: foreign.readings, foreign };
}

/**
 * The two columns of an IEC 61937 stream: bursts of random payload every `period` frames, zeros between.
 * `bits`: 16, or 20 and 24 as in ST 337.
 */
export function bursts(
  seed: number,
  {
    type = 1,
    period = 1536,
    payloadFrames = 384,
    bits = 16,
  }: Partial<Record<'type' | 'period' | 'payloadFrames' | 'bits', number>>,
): [Column, Column] {
  const pa = { 16: 0xf8720000, 20: 0x6f872000, 24: 0x96f87200 }[bits]! | 0;
  const pb = { 16: 0x4e1f0000, 20: 0x54e1f000, 24: 0xa54e1f00 }[bits]! | 0;
  const word = (n: number, side: number) => {
    const hash = randomOf(seed + n * 2 + side)();
    return (Math.floor(hash * 2 ** bits) << (32 - bits)) | 0;
  };
  const column = (side: 0 | 1) => (n: number) => {
    const k = n % period;
    if (k === 0) return side === 0 ? pa : pb;
    if (k === 1) return side === 0 ? (type << 16) | 0 : ((payloadFrames * 32) << 16) | 0;
    return k < 2 + payloadFrames ? word(n, side) : 0;
  };
  return [column(0), column(1)];
}

/** Independent codes, all alike, up to full scale: a decoder that lost its frame. */
export function hash(seed: number, scale = 1): Column {
  return (n) => Math.round((randomOf(seed * 7919 + n)() * 2 - 1) * 8388607 * scale) * 256;
}

let recordings: Float32Array[] | null = null;

/** Eight spoken words at 48 kHz (Debian's alsa-utils), -1..1, one after the other on eight channels of equal length. */
export function speech(): Float32Array[] {
  if (recordings !== null) return recordings;
  const dir = recordingDir();
  const words = readdirSync(dir)
    .filter((name) => name.endsWith('.wav') && name !== 'Noise.wav')
    .sort()
    .map((name) => {
      const opened = WavReader.open(join(dir, name));
      if (!opened.ok) throw new Error(opened.fault.what);
      const reader = opened.value;
      const block = new Int32Array(reader.info.frames * reader.info.channels);
      reader.read(block, reader.info.frames);
      reader.close();
      return Float32Array.from({ length: reader.info.frames }, (_, n) => block[n * reader.info.channels]! / 2 ** 31);
    });
  const length = Math.max(...words.map((word) => word.length));
  recordings = words.slice(0, 8).map((word) => {
    const out = new Float32Array(length);
    for (let n = 0; n < length; n++) out[n] = word[n % word.length]!;
    return out;
  });
  return recordings;
}
