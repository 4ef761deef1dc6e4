import { describe, expect, it } from 'vitest';
import { blockFrames, ToneBlocks } from '../../../src/dsp/proof/toneBlocks.ts';
import { toneIn, windowFrames } from '../../../src/dsp/proof/toneFinder.ts';
import { drawRig } from './draw.ts';
import { PLAIN, prove, type ToneRig } from './toneRig.ts';

const seeds = (count: number, from: number) => Array.from({ length: count }, (_, i) => from + i);
const told = (rig: ToneRig) => JSON.stringify(rig);

describe('a test tone', () => {
  it('is found anywhere from 200 Hz to 4 kHz, its frequency to a hertz, its level to 0.2 dB, down to -60 dBFS', () => {
    for (const rateHz of [44100, 48000, 96000, 192000]) {
      for (const hz of [200, 440.5, 997, 1000, 2793.8, 4000]) {
        for (const level of [-1, -20, -60]) {
          const samples = Int32Array.from(
            { length: windowFrames(rateHz) },
            (_, i) => Math.round(8388607 * 10 ** (level / 20) * Math.sin((2 * Math.PI * hz * i) / rateHz + 1)) * 256,
          );
          const tone = toneIn(samples, rateHz);
          expect(Math.abs((tone?.hz ?? 0) - hz), `${hz} Hz at ${rateHz}`).toBeLessThan(1);
          expect(Math.abs((tone?.levelDbfs ?? 0) - level), `${hz} Hz at ${rateHz}`).toBeLessThan(0.2);
        }
      }
    }
  });

  it('is summed in whole numbers, whatever blocks the stream comes in', () => {
    const hz = 997;
    const rateHz = 48000;
    const samples = Int32Array.from({ length: 30_000 }, (_, i) => Math.round(2 ** 31 * 0.9 * Math.sin(i * 0.1305)) | 0);
    const sumsOf = (cut: number) => {
      const out: number[] = [];
      const blocks = new ToneBlocks({ hz, rateHz, columns: [0] }, (frame, [sum]) => out.push(frame, sum!.i, sum!.q));
      for (let at = 0; at < samples.length; at += cut) {
        const part = samples.subarray(at, at + cut);
        blocks.process(part, 1, part.length, at);
      }
      return out;
    };
    const whole = sumsOf(30_000);
    expect(whole.length).toBe(3 * Math.floor(30_000 / blockFrames(hz, rateHz)));
    expect(whole.every(Number.isSafeInteger)).toBe(true);
    for (const cut of [1, 7, 480, 4096]) expect(sumsOf(cut)).toEqual(whole);
  });
});

describe('the guided proof', () => {
  it('passes nobody on two clocks: 2 to 100 ppm either way, at any rate, pitch, level, noise, drift, clicks (24 draws)', () => {
    for (const seed of seeds(24, 1)) {
      const reference = (['none', 'lead', 'copy'] as const)[seed % 3]!;
      const rig = drawRig(seed, false, reference, seed % 4 === 3 ? 32 : 1);
      const { state, boundPpm } = prove(rig, 70).reading;
      // A pass claims no more than its bound.
      expect(state === 'passed' && Math.abs(rig.ppm) > boundPpm!, told(rig)).toBe(false);
    }
  });

  it('fails nobody on one clock (16 draws)', () => {
    for (const seed of seeds(16, 100)) {
      const rig = drawRig(seed, true, seed % 3 === 0 ? 'none' : 'lead');
      expect(prove(rig, 75).reading.state, told(rig)).not.toBe('failed');
    }
  });

  it('tells the ppm of two clocks within its own uncertainty, by sign, within 12 s with a Y lead, clicks and all', () => {
    let within = 0;
    const rigs = seeds(20, 200).map((seed) => ({ ...drawRig(seed, false, 'lead'), levelDbfs: -20, hz: 1000 }));
    for (const rig of rigs) {
      const { reading, tookS } = prove(rig, 30);
      expect(reading.state, told(rig)).toBe('failed');
      expect(tookS, told(rig)).toBeLessThan(12);
      expect(Math.sign(reading.ppm!)).toBe(Math.sign(rig.ppm));
      if (Math.abs(reading.ppm! - rig.ppm) <= reading.uncertaintyPpm!) within++;
    }
    expect(within).toBeGreaterThanOrEqual(18);
  });

  it('tells them by the steps of the tone alone, too', () => {
    for (const seed of seeds(12, 300)) {
      const rig = { ...drawRig(seed, false, 'none'), levelDbfs: -20, hz: 1000 };
      const { reading } = prove(rig, 40);
      expect(reading.state, told(rig)).toBe('failed');
      expect(Math.abs(reading.ppm! - rig.ppm), told(rig)).toBeLessThanOrEqual(1.5 * reading.uncertaintyPpm!);
      expect(reading.uncertaintyPpm!).toBeLessThan(0.03 * Math.abs(rig.ppm) + 0.02);
    }
  });

  it('passes one clock within 7 s with a Y lead, and within 75 s alone, with a bound', () => {
    const lead = prove({ ...PLAIN, reference: 'lead' }, 60);
    expect(lead.reading).toMatchObject({ state: 'passed', by: 'slope' });
    expect(lead.tookS).toBeLessThan(7);
    expect(lead.reading.boundPpm).toBeLessThan(0.3);
    const alone = prove(PLAIN, 100);
    expect(alone.reading).toMatchObject({ state: 'passed', by: 'steps', ppm: null });
    expect(alone.tookS).toBeLessThan(75);
    expect(alone.reading.boundPpm).toBeLessThanOrEqual(10);
  });

  it('never passes on so little tone that a FIFO of 64 frames could hide the slips', () => {
    expect(prove(PLAIN, 30).reading).toMatchObject({ state: 'unclear', reason: 'tooShort' });
    expect(prove({ ...PLAIN, ppm: 20, slipFrames: 32 }, 80).reading.state).not.toBe('passed');
  });

  it('takes no copy of the bank for a reference', () => {
    expect(prove({ ...PLAIN, ppm: -41, reference: 'copy' }, 20).reading).toMatchObject({
      state: 'failed',
      by: 'steps',
    });
    expect(prove({ ...PLAIN, reference: 'copy' }, 20).reading).toMatchObject({ state: 'unclear', by: 'steps' });
  });

  it('tells slips of a FIFO by how many frames it moved: dropped, or filled with zeros', () => {
    expect(prove({ ...PLAIN, ppm: 60, slipFrames: 32 }, 60).reading.ppm).toBeCloseTo(60, 0);
    expect(prove({ ...PLAIN, ppm: -60, slipFrames: 32, zeros: true }, 60).reading.ppm).toBeCloseTo(-60, 0);
  });

  it('passes no pulled-down clock, whose slips come faster than it can count', () => {
    for (const rateHz of [48000, 192000]) {
      for (const ppm of [-700, 1000, 1302]) {
        for (const reference of ['none', 'lead'] as const) {
          const rig = { ...PLAIN, rateHz, ppm, reference, hz: rateHz === 48000 ? 200 : 1000 };
          expect(prove(rig, reference === 'lead' ? 12 : 20).reading.state, told(rig)).not.toBe('passed');
        }
      }
    }
  });

  it.each<[string, Partial<ToneRig>, string]>([
    ['no tone', { levelDbfs: -130 }, 'noTone'],
    ['a clipped one', { clip: true }, 'clipped'],
    ['one in noise', { levelDbfs: -60, noiseDbfs: -68 }, 'noisy'],
    ['one that sways', { swayPpm: 3000, swayS: 0.3 }, 'unsteady'],
    ['one whose period hides half a FIFO', { hz: 1500 }, 'badPitch'],
  ])("can't tell from %s, and says why", (_, change, reason) => {
    expect(prove({ ...PLAIN, ...change }, 62).reading).toMatchObject({ state: 'unclear', reason });
  });

  it('does not take a generator that stumbles for a clock, nor clicks; and a Y lead sees through it', () => {
    const stumbles = { stumblesPerMinute: 10, stumbleFrames: 7.3 };
    expect(prove({ ...PLAIN, ...stumbles }, 60).reading.state).toBe('unclear');
    expect(prove({ ...PLAIN, ...stumbles, reference: 'lead' }, 20).reading.state).toBe('passed');
    expect(prove({ ...PLAIN, clicksPerMinute: 30 }, 80).reading.state).toBe('passed');
  });
});
