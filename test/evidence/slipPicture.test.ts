import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { loadFonts } from '../../src/device/panel/loadFonts.ts';
import { WavReader } from '../../src/device/wav/wavReader.ts';
import { drawingSvg } from '../../src/evidence/drawing.ts';
import { drawingPng } from '../../src/evidence/raster.ts';
import { residualDb, slipPicture } from '../../src/evidence/slipPicture.ts';
import type { Snippet } from '../../src/evidence/snippet.ts';
import { snippetWav } from '../../src/evidence/snippetWav.ts';
import { band, fault } from '../dsp/slip/material.ts';

const CHANNELS = 4;
const bank = [0, 1, 2, 3];

function snippetOf(kind: 'drop' | 'repeat' | 'zeros', frames: number): Snippet {
  const at = 5000;
  const block = fault(band(CHANNELS, 12000, 7), CHANNELS, bank, kind, at, frames);
  return {
    bank: 0,
    frame: at,
    firstFrame: at - 960,
    rateHz: 48000,
    channels: [13, 14, 15, 16],
    samples: block.slice((at - 960) * CHANNELS, (at + 960) * CHANNELS),
  };
}
const caption = (kind: 'drop' | 'repeat' | 'zeros', frames: number) => ({
  id: 'adat-a-1',
  name: 'ADAT A',
  box: 'Octo <Pre> & Co',
  kind,
  frames,
  frame: 5000,
  ppm: 23.1,
});
const { f6x12: small, f8x16: large } = loadFonts();

describe('the picture of a slip', () => {
  it('says what happened, where, when and how fast the clock runs', () => {
    const drawing = slipPicture(snippetOf('drop', 1), caption('drop', 1), ['Kick', 'Snare', '', '']);
    const words = drawing.shapes.flatMap((shape) => (shape.kind === 'text' ? [shape.text] : []));
    expect(words).toContain('ADAT A (Octo <Pre> & Co) slipped: 1 frame missing');
    expect(words).toContain("frame 5000, 0:00.104, 48000 Hz, clock +23.10 ppm against the interface's");
    expect(words).toEqual(expect.arrayContaining(['ch 13', 'ch 16', 'Kick', 'Snare']));
  });

  it('marks the frames that stand there twice, or as zeros, and the seam of a gap', () => {
    const marks = (kind: 'drop' | 'repeat' | 'zeros', frames: number) =>
      slipPicture(snippetOf(kind, frames), caption(kind, frames)).shapes.filter(
        (shape) => shape.kind === 'dot' && shape.fill === '#c8321e',
      ).length;
    expect(marks('repeat', 1)).toBe(CHANNELS);
    expect(marks('zeros', 16)).toBe(16 * CHANNELS);
    expect(marks('drop', 1)).toBe(0);
    const drop = slipPicture(snippetOf('drop', 1), caption('drop', 1));
    expect(drop.shapes.filter((shape) => shape.kind === 'line' && shape.dashed === true)).toHaveLength(2);
  });

  it('shows what the predictor did not foresee at the seam and nowhere else', () => {
    for (const [kind, frames] of [
      ['drop', 1],
      ['repeat', 1],
      ['zeros', 16],
    ] as const) {
      const { samples } = snippetOf(kind, frames);
      const db = new Float64Array(1920);
      for (const c of bank) {
        const x = Float64Array.from({ length: 1920 }, (_, n) => samples[n * CHANNELS + c]! / 2 ** 31);
        residualDb(x, 960).forEach((value, n) => {
          db[n]! += value / CHANNELS;
        });
      }
      const top = db.indexOf(Math.max(...db));
      expect(top, kind).toBeGreaterThanOrEqual(958);
      expect(top, kind).toBeLessThanOrEqual(960 + frames + 24);
      expect(db[top]!).toBeGreaterThan(20);
    }
  });

  it('is one line of XML safe from the names of boxes, and a PNG of the same size with the seam in red', () => {
    const drawing = slipPicture(snippetOf('repeat', 1), caption('repeat', 1));
    const svg = drawingSvg(drawing);
    expect(svg).toContain('Octo &#60;Pre&#62; &#38; Co');
    expect(svg.match(/<(?!\/|\?)[a-z]+[^>]*[^/]>/g)!.length).toBe(svg.match(/<\/[a-z]+>/g)!.length);
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
    const png = decode(drawingPng(drawing, { small, large }));
    expect([png.width, png.height]).toEqual([drawing.widthPx, drawing.heightPx]);
    let red = 0;
    for (let i = 0; i < png.data.length; i += 3)
      if (png.data[i]! > 180 && png.data[i + 1]! < 80 && png.data[i + 2]! < 60) red++;
    expect(red).toBeGreaterThan(150);
  });

  it('draws in one place: a picture leaves nothing of the one before it, and less than its pixels behind', () => {
    const tall = slipPicture(snippetOf('repeat', 1), caption('repeat', 1));
    const one: Snippet = { ...snippetOf('drop', 1), channels: [13], samples: new Int32Array(1920).fill(256) };
    const low = slipPicture(one, caption('drop', 1));
    const pixels = (png: Uint8Array) => Buffer.from(decode(png).data);
    const alone = pixels(drawingPng(low, { small, large }));
    const before = process.memoryUsage().arrayBuffers;
    const kept: Uint8Array[] = [];
    for (let i = 0; i < 6; i++) {
      kept.push(drawingPng(tall, { small, large }));
      kept.push(drawingPng(low, { small, large }));
    }
    const grownBytes = process.memoryUsage().arrayBuffers - before;
    expect(pixels(kept.at(-1)!).equals(alone)).toBe(true);
    expect(pixels(kept[0]!).equals(pixels(kept[2]!))).toBe(true);
    expect(grownBytes / 6).toBeLessThan((tall.widthPx * tall.heightPx * 3) / 2);
  });

  it('stands on silence, on one channel, and on a place near the edge', () => {
    const silent = { ...snippetOf('drop', 1), samples: new Int32Array(1920 * CHANNELS) };
    expect(drawingSvg(slipPicture(silent, caption('drop', 1)))).not.toMatch(/NaN|Infinity/);
    const one: Snippet = { ...silent, channels: [13], samples: new Int32Array(1920).fill(256) };
    expect(drawingSvg(slipPicture(one, caption('zeros', 64)))).not.toMatch(/NaN|Infinity/);
  });
});

describe('the sound of a slip', () => {
  it('is a WAVE file of the very samples, to 24 bits', () => {
    const folder = mkdtempSync(join(tmpdir(), 'lightkeeper-evidence-'));
    try {
      for (const channels of [1, 2, 4]) {
        const whole = snippetOf('drop', 1);
        const snippet = {
          ...whole,
          channels: whole.channels.slice(0, channels),
          samples: whole.samples.slice(0, 1001 * channels),
        };
        const path = join(folder, `${channels}.wav`);
        writeFileSync(path, snippetWav(snippet));
        const opened = WavReader.open(path);
        if (!opened.ok) throw new Error(opened.fault.what);
        const { info } = opened.value;
        expect(info).toMatchObject({ channels, rateHz: 48000, validBits: 24, frames: 1001, notes: [] });
        const back = new Int32Array(1001 * channels);
        opened.value.read(back, 1001);
        opened.value.close();
        expect(back).toEqual(snippet.samples);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
