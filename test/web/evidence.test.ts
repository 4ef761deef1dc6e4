import { decode } from 'fast-png';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadFonts } from '../../src/device/panel/loadFonts.ts';
import { EvidenceStore } from '../../src/evidence/evidenceStore.ts';
import { makeWeb, type WebRig } from './support/webRig.ts';

let rig: WebRig;
let store: EvidenceStore;
beforeEach(() => {
  store = new EvidenceStore();
  const { f6x12: small, f8x16: large } = loadFonts();
  rig = makeWeb({ evidence: { store, fonts: { small, large } } });
});
afterEach(() => rig.web.stop());

const get = (url: string) => rig.web.app.inject({ url, headers: { host: 'localhost' } });

function slipAt(frame: number): void {
  const samples = Int32Array.from({ length: 1920 * 2 }, (_, i) => Math.round(1e9 * Math.sin(i / 40)));
  store.add('adat-a', { bank: 0, frame, firstFrame: frame - 960, rateHz: 48000, channels: [13, 14], samples });
  store.prove({ bank: 'adat-a', name: 'ADAT A', box: 'OctoPre', kind: 'repeat', frames: 1, frame, ppm: -41 }, 1234.5);
}

describe('evidence over HTTP', () => {
  it('is an empty list while nothing slipped', async () => {
    expect((await get('/api/evidence')).json()).toMatchObject({ evidence: [] });
  });

  it('lists slips newest first, with what happened, where and when', async () => {
    slipAt(48000);
    slipAt(96000);
    const { evidence } = (await get('/api/evidence')).json();
    expect(evidence).toHaveLength(2);
    expect(evidence[0]).toEqual({
      id: 'adat-a-2',
      bank: 'adat-a',
      name: 'ADAT A',
      box: 'OctoPre',
      kind: 'repeat',
      frames: 1,
      what: '1 frame twice',
      frame: 96000,
      seconds: 2,
      rateHz: 48000,
      ppm: -41,
      provenMs: 1234,
      channels: [13, 14],
    });
  });

  it('gives each as SVG, PNG and WAV, without a PIN', async () => {
    slipAt(48000);
    const svg = await get('/api/evidence/adat-a-1.svg');
    expect(svg.statusCode).toBe(200);
    expect(svg.headers['content-type']).toBe('image/svg+xml');
    expect(svg.body).toMatch(/^<svg [\s\S]*OctoPre[\s\S]*<\/svg>\s*$/);
    const png = await get('/api/evidence/adat-a-1.png');
    expect(png.headers['content-type']).toBe('image/png');
    expect(decode(png.rawPayload).width).toBe(960);
    const wav = await get('/api/evidence/adat-a-1.wav');
    expect(wav.headers['content-type']).toBe('audio/wav');
    expect(wav.rawPayload.subarray(0, 4).toString()).toBe('RIFF');
    expect(wav.rawPayload.length).toBe(44 + 1920 * 2 * 3);
  });

  it('answers 404 with what to do for evidence that is gone, and 400 for names that are none', async () => {
    const gone = await get('/api/evidence/adat-a-7.png');
    expect(gone.statusCode).toBe(404);
    expect(gone.json().fault.code).toBe('evidence-gone');
    for (const name of ['adat-a-1.exe', '..%2f..%2fetc%2fpasswd', 'x'.repeat(60)])
      expect((await get(`/api/evidence/${name}`)).statusCode).toBe(400);
  });
});
