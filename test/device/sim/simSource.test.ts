import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { checkScenario, loadScenario, type Scenario } from '../../../src/device/sim/scenario.ts';
import { simSource } from '../../../src/device/sim/simSource.ts';

function shipped(name: string): Scenario {
  const loaded = loadScenario(name);
  if (!loaded.ok) throw new Error(loaded.fault.what);
  return loaded.value;
}

/** Plays `frames` frames in virtual time, interleaved. */
function play(scenario: Scenario, frames: number, seed = 1): Int32Array {
  const opened = simSource(scenario, { seed, fast: true, nowNs: () => 0, sleepMs: () => {} }).open();
  if (!opened.ok) throw new Error(opened.fault.what);
  const stream = opened.value;
  const channels = stream.info.channels;
  const all = new Int32Array(frames * channels);
  const block = new Int32Array(stream.info.periodFrames * channels);
  let at = 0;
  while (at < frames) {
    const read = stream.read(block, stream.info.periodFrames, 100);
    if (read.kind !== 'frames') throw new Error(read.kind);
    const take = Math.min(read.frames, frames - at);
    all.set(block.subarray(0, take * channels), at * channels);
    at += take;
  }
  return all;
}

const frameOf = (all: Int32Array, channels: number, frame: number, first: number, last: number) =>
  all.subarray(frame * channels + first - 1, frame * channels + last);

describe('the simulated interface', () => {
  it('ships scenarios that all fit their schema', () => {
    const folder = new URL('../../../src/device/sim/scenarios/', import.meta.url);
    const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
    expect(files.length).toBeGreaterThanOrEqual(8);
    for (const file of files) {
      expect(checkScenario(JSON.parse(readFileSync(new URL(file, folder), 'utf8')), file)).toMatchObject({ ok: true });
    }
  });

  it('plays the same samples for the same seed, and others for another', () => {
    const scenario = shipped('clean');
    const a = play(scenario, 4800, 7);
    expect(play(scenario, 4800, 7)).toEqual(a);
    expect(play(scenario, 4800, 8)).not.toEqual(a);
  });

  it('delivers 24 valid bits left-justified: the low byte is always 0', () => {
    expect(play(shipped('session'), 9600).every((word) => (word & 0xff) === 0)).toBe(true);
  });

  it('repeats a whole bank frame at the scripted slip, and no other bank', () => {
    const scenario: Scenario = {
      ...shipped('clean'),
      events: [{ kind: 'slip', atFrame: 5000, bank: 'adat-a', frames: 1 }],
    };
    const all = play(scenario, 6000);
    const clean = play(shipped('clean'), 6000);
    expect(frameOf(all, 20, 5000, 13, 20)).toEqual(frameOf(all, 20, 4999, 13, 20));
    expect(frameOf(all, 20, 5500, 13, 20)).toEqual(frameOf(clean, 20, 5499, 13, 20));
    expect(frameOf(all, 20, 5500, 1, 8)).toEqual(frameOf(clean, 20, 5500, 1, 8));
  });

  it('drops a frame of a bank whose clock is fast, each 1e6 / ppm frames', () => {
    const scenario = shipped('clean');
    const fast = play(
      { ...scenario, banks: scenario.banks.map((b) => ({ ...b, ppm: b.id === 'adat-a' ? 500 : 0 })) },
      4500,
    );
    const clean = play(scenario, 4600);
    // Two slips in 4500 frames: frame n carries what was n + 2 on the wire.
    expect(frameOf(fast, 20, 1990, 13, 20)).toEqual(frameOf(clean, 20, 1990, 13, 20));
    expect(frameOf(fast, 20, 4400, 13, 20)).toEqual(frameOf(clean, 20, 4402, 13, 20));
  });

  it('holds full scale for as many samples as the script says', () => {
    const scenario: Scenario = {
      ...shipped('clean'),
      events: [{ kind: 'clip', atFrame: 1000, channel: 5, samples: 4 }],
    };
    const all = play(scenario, 1100);
    const column = Array.from({ length: 1100 }, (_, n) => all[n * 20 + 4]);
    expect(column.map((word, n) => (word === 0x7fffff00 ? n : -1)).filter((n) => n >= 0)).toEqual([
      1000, 1001, 1002, 1003,
    ]);
  });

  it('goes away when unplugged, stays away as long as the script says, and comes back', () => {
    let nowNs = 0;
    const scenario: Scenario = { ...shipped('clean'), events: [{ kind: 'unplug', atFrame: 480, forMs: 2000 }] };
    const source = simSource(scenario, { seed: 1, fast: true, nowNs: () => nowNs, sleepMs: () => {} });
    const opened = source.open();
    if (!opened.ok) throw new Error('open');
    const block = new Int32Array(480 * 20);
    expect(opened.value.read(block, 480, 100).kind).toBe('frames');
    opened.value.read(block, 480, 100);
    expect(opened.value.read(block, 480, 100)).toMatchObject({ kind: 'gone', fault: { code: 'device-gone' } });
    nowNs = 1.9e9;
    expect(source.open()).toMatchObject({ ok: false, fault: { code: 'device-absent' } });
    nowNs = 2.1e9;
    expect(source.open().ok).toBe(true);
  });

  it('says in one line what is wrong with a scenario', () => {
    expect(loadScenario('no-such')).toMatchObject({ ok: false, fault: { code: 'scenario-not-found' } });
    const clean = shipped('clean');
    const broken: [unknown, RegExp][] = [
      [{ ...clean, rateHz: 12 }, /rateHz/],
      [{ ...clean, banks: clean.banks.slice(1) }, /each channel must belong/],
      [{ ...clean, events: [{ kind: 'slip', atFrame: 1, bank: 'x', frames: 1 }] }, /no bank x/],
      [{ ...clean, events: [{ kind: 'clip', atFrame: 1, channel: 64, samples: 1 }] }, /no channel 64/],
      [null, /.+/],
    ];
    for (const [value, what] of broken) {
      const checked = checkScenario(value, 'mine');
      expect(checked.ok).toBe(false);
      if (!checked.ok) expect(checked.fault.what).toMatch(what);
    }
  });
});
