import { describe, expect, it } from 'vitest';
import { loadKernels } from '../../../src/dsp/kernelFile.ts';
import { MAX_BLOCK_FRAMES } from '../../../src/dsp/meterKernel.ts';
import { DROP_CAPACITY, DropDetector, type DropEvent, type DropTrial } from '../../../src/dsp/slip/dropDetector.ts';
import { ORDER } from '../../../src/dsp/slip/judgeKernel.ts';
import { lanesOf, stage } from '../../../src/dsp/slip/slipKernel.ts';
import { createTwinSlipKernel } from '../../../src/dsp/slip/slipTwin.ts';
import { createWasmSlipKernel } from '../../../src/dsp/slip/slipWasm.ts';
import { band, fault, gaussianOf, randomOf, sample24 } from './material.ts';

const A = [0, 1, 2, 3, 4, 5, 6, 7];
const kernels = loadKernels();

function run(
  block: Int32Array,
  channels: number,
  banks: number[][],
  twin = false,
  frames = 480,
  hurried: (at: number) => boolean = () => false,
) {
  const drops: DropEvent[] = [];
  const trials: DropTrial[] = [];
  const options = { channels, maxFrames: frames, lanes: lanesOf(banks), capacity: DROP_CAPACITY };
  const kernel = twin ? createTwinSlipKernel(options) : createWasmSlipKernel(kernels, options);
  const detector = new DropDetector({
    rateHz: 48_000,
    banks,
    kernel,
    onDrop: (event) => drops.push(event),
    onTrial: (trial) => trials.push(trial),
  });
  const total = block.length / channels;
  for (let at = 0; at < total; at += frames) {
    const count = Math.min(frames, total - at);
    stage(kernel, block.subarray(at * channels, (at + count) * channels), channels, count, at);
    detector.process(count, at, hurried(at));
  }
  return { drops, trials };
}

const clean = band(8, 144_000, 21);

describe('dropped frames', () => {
  it('are found on the bank that lost them, within two frames of the place, and nowhere else', () => {
    const block = band(16, 96_000, 22);
    const B = [8, 9, 10, 11, 12, 13, 14, 15];
    const { drops } = run(fault(block, 16, B, 'drop', 50_000, 1), 16, [A, B]);
    expect(drops.map((drop) => drop.bank)).toEqual([1]);
    expect(Math.abs(drops[0]!.frame - 50_000)).toBeLessThanOrEqual(2);
    expect(drops[0]!.others).toBeGreaterThan(10);
    // Both looks say so, the short one and the long one.
    expect(drops[0]!.again).toBeGreaterThan(10);
  });

  it('cost the judge no more work than he is granted, however many places look like one', () => {
    // Tones under noise: the splice test often says yes, and no channel ever says no for sure.
    const seconds = 30;
    const gaussian = gaussianOf(randomOf(31));
    const block = new Int32Array(seconds * 48_000 * 8);
    for (let n = 0; n < seconds * 48_000; n++)
      for (let c = 0; c < 8; c++)
        block[n * 8 + c] = sample24(0.25 * Math.sin((2 * Math.PI * (100 + 37 * c) * n) / 48_000) + 0.06 * gaussian());
    const options = { channels: 8, maxFrames: 480, lanes: lanesOf([A]), capacity: DROP_CAPACITY };
    const kernel = createWasmSlipKernel(kernels, options);
    const asked = { short: 0, long: 0 };
    const judge = {
      ...kernel.judge,
      weigh(channel: number, order: number) {
        asked[order === ORDER ? 'long' : 'short']++;
        kernel.judge.weigh(channel, order);
      },
    };
    const detector = new DropDetector({
      rateHz: 48_000,
      banks: [A],
      kernel: { ...kernel, judge },
      onDrop: () => {},
      onTrial: () => {},
    });
    for (let at = 0; at < seconds * 48_000; at += 480) {
      stage(kernel, block.subarray(at * 8, (at + 480) * 8), 8, 480, at);
      detector.process(480, at);
    }
    // 1.5 whole judgements a second and 24 to begin with; and a trial in 1.5 s, which is no choice of his.
    const granted = 8 * (1.5 * seconds + 24 + seconds / 0.75);
    expect(asked.long).toBeLessThan(granted);
    expect(asked.short).toBeGreaterThan(asked.long);
  });

  it('are looked for less where for a while none would have been found, and as before once music plays again', () => {
    const noiseS = 60;
    const music = band(8, 40 * 48_000, 33);
    const block = new Int32Array(noiseS * 48_000 * 8 + music.length);
    const gaussian = gaussianOf(randomOf(31));
    for (let n = 0; n < noiseS * 48_000; n++)
      for (let c = 0; c < 8; c++)
        block[n * 8 + c] = sample24(0.25 * Math.sin((2 * Math.PI * (100 + 37 * c) * n) / 48_000) + 0.009 * gaussian());
    block.set(music, noiseS * 48_000 * 8);
    const places = Array.from({ length: 18 }, (_, i) => (noiseS + 2 * i + 2) * 48_000 + 777 * i);
    let faulty: Int32Array = block;
    for (const [i, place] of places.entries()) faulty = fault(faulty, 8, A, 'drop', place - i, 1);

    const options = { channels: 8, maxFrames: 480, lanes: lanesOf([A]), capacity: DROP_CAPACITY };
    const kernel = createWasmSlipKernel(kernels, options);
    const seconds = Array.from({ length: noiseS + 40 }, () => 0);
    let second = 0;
    const judge = {
      ...kernel.judge,
      prepare(channels: number, order: number) {
        seconds[second]!++;
        kernel.judge.prepare(channels, order);
      },
    };
    const drops: DropEvent[] = [];
    const detector = new DropDetector({
      rateHz: 48_000,
      banks: [A],
      kernel: { ...kernel, judge },
      onDrop: (event) => drops.push(event),
      onTrial: () => {},
    });
    for (let at = 0; at < (noiseS + 40) * 48_000; at += 480) {
      second = Math.floor(at / 48_000);
      stage(kernel, faulty.subarray(at * 8, (at + 480) * 8), 8, 480, at);
      detector.process(480, at);
    }
    const asked = (from: number, to: number) => seconds.slice(from, to).reduce((a, b) => a + b, 0) / (to - from);
    expect(asked(0, 15)).toBeGreaterThan(6);
    // With all the work that he may do it would be 6 a second.
    expect(asked(40, 60)).toBeLessThan(2);
    const found = places.filter((place) => drops.some((drop) => Math.abs(drop.frame - place) <= 40));
    expect(found.length).toBeGreaterThanOrEqual(17);
  });

  it('are found as a block where 2 to 64 are missing at once, at the place, most often with their number', () => {
    let found = 0;
    let sized = 0;
    for (const [i, size] of [2, 7, 20, 32, 64].entries()) {
      const at = 63_000 + 1777 * i;
      const { drops } = run(fault(clean, 8, A, 'drop', at, size), 8, [A]);
      const there = drops.filter((drop) => Math.abs(drop.frame - at) <= 2);
      if (there.length !== 1) continue;
      found++;
      expect(there[0]!.frames).toBeGreaterThan(1);
      expect(there[0]!.others).toBeGreaterThan(10);
      if (there[0]!.frames === size) sized++;
    }
    expect(found).toBeGreaterThanOrEqual(4);
    expect(sized).toBeGreaterThanOrEqual(3);
  });

  it('are told from a jump to another place of the sound: the frames behind go on where some are missing, and do not where it jumps', () => {
    const told = (frames: number) =>
      [63_000, 66_000, 69_000, 78_000, 81_000, 90_000].flatMap((at) =>
        run(fault(clean, 8, A, 'drop', at, frames), 8, [A]).drops.filter((drop) => Math.abs(drop.frame - at) <= 4),
      );
    const singles = told(1);
    expect(singles.length).toBeGreaterThanOrEqual(5);
    for (const { frames, storyNats } of singles) {
      expect(frames).toBe(1);
      expect(storyNats).toBeGreaterThan(20);
    }
    const blocks = [...told(7), ...told(32)];
    expect(blocks.length).toBeGreaterThanOrEqual(8);
    for (const { storyNats } of blocks) expect(storyNats).toBeGreaterThan(5.5);
    const jumps = [...told(3000), ...told(9111), ...told(20_222)];
    expect(jumps.length).toBeGreaterThanOrEqual(4);
    for (const { storyNats } of jumps) expect(storyNats).toBeLessThan(0);
  });

  it('are the same, and so are the trials, however the blocks are cut: banks take turns and lose nothing', () => {
    const banks = Array.from({ length: 5 }, (_, b) => A.map((c) => 8 * b + c));
    const block = fault(band(40, 96_000, 23), 40, banks[3]!, 'drop', 50_000, 1);
    const sorted = (frames: number) => {
      const { drops, trials } = run(block, 40, banks, false, frames);
      const order = (a: { frame: number; bank: number }, b: { frame: number; bank: number }) =>
        a.frame - b.frame || a.bank - b.bank;
      return { drops: drops.sort(order), trials: trials.sort(order) };
    };
    const whole = sorted(2048);
    expect(whole.drops.some((drop) => drop.bank === 3 && Math.abs(drop.frame - 50_000) <= 2)).toBe(true);
    expect(whole.trials.length).toBeGreaterThan(2);
    for (const frames of [96, 480, 960, MAX_BLOCK_FRAMES]) {
      const { drops, trials } = sorted(frames);
      // The last step may stand half done when the material ends.
      const until = 96_000 - 8192;
      const early = <T extends { frame: number }>(events: T[]) => events.filter(({ frame }) => frame < until);
      expect(early(drops)).toEqual(early(whole.drops));
      expect(early(trials)).toEqual(early(whole.trials));
    }
  });

  it('are absent from clean material', () => {
    expect(run(clean, 8, [A]).drops).toEqual([]);
  });

  it('are reported the same by WASM and by the plain twin', () => {
    const block = fault(clean.subarray(0, 8 * 30_000), 8, A, 'drop', 12_345, 1);
    const wasm = run(block, 8, [A]);
    expect(run(block, 8, [A], true)).toEqual(wasm);
    // The notes of this material are switched on all at once, without an attack: that is a cut, and may be told as one.
    expect(wasm.drops.filter((drop) => drop.sizes === null)).toHaveLength(1);
  });

  it('are not looked for while capture is behind, which counts as time in which nothing would have been seen', () => {
    const block = fault(fault(clean, 8, A, 'drop', 40_000, 1), 8, A, 'drop', 110_000, 1);
    const behind = (at: number) => at >= 30_000 && at < 60_000;
    const { drops, trials } = run(block, 8, [A], false, 480, behind);
    const single = drops.filter((drop) => drop.sizes === null);
    expect(single.map((drop) => Math.round(drop.frame / 1000))).toEqual([110]);
    // Every 2048 frames a trial that was lost.
    const lost = trials.filter(({ frame, nats }) => nats === 0 && frame > 27_000 && frame < 60_000);
    expect(lost.length).toBeGreaterThanOrEqual(13);
    expect(trials.some(({ frame, nats }) => nats > 0 && frame > 62_000)).toBe(true);
  });

  it('do not depend on how the stream is cut into blocks', () => {
    const block = fault(clean, 8, A, 'drop', 77_777, 1);
    const one = run(block, 8, [A], false, 480);
    const other = run(block, 8, [A], false, 1000);
    expect(other).toEqual(one);
  });

  it('would have been seen: trials say so on music, and say no on noise and silence', () => {
    const seen = run(clean, 8, [A]).trials;
    expect(seen.length).toBeGreaterThan(1);
    // The band strikes all its notes every 12 000 frames, at once.
    const unstruck = seen.filter(({ frame }) => (frame + 64) % 12_000 > 128);
    expect(unstruck.length).toBeGreaterThan(1);
    for (const trial of unstruck) expect(trial.nats).toBeGreaterThan(20);
    const gaussian = gaussianOf(randomOf(3));
    const noise = Int32Array.from({ length: 8 * 144_000 }, () => sample24(0.1 * gaussian()));
    for (const trial of run(noise, 8, [A]).trials) expect(trial.nats).toBe(0);
    expect(run(new Int32Array(8 * 144_000), 8, [A])).toEqual({ drops: [], trials: [] });
  });
});
