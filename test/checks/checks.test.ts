import { describe, expect, it } from 'vitest';
import type { Check, Heard, ProveView } from '../../src/checks/check.ts';
import { Checks, type Soundcheck } from '../../src/checks/checks.ts';
import { startGainStaging } from '../../src/checks/gainStaging.ts';
import { startHumHunt } from '../../src/checks/humHunt.ts';
import { startLineCheck } from '../../src/checks/lineCheck.ts';
import { startNoiseSurvey } from '../../src/checks/noiseSurvey.ts';
import { startSyncProof } from '../../src/checks/syncProof.ts';

const NAMES = ['Vox', 'Gtr', 'Kick', 'Snare'];
const ORDER = NAMES.map((name, i) => ({ channel: i + 1, name }));

/** Four channels at these peaks, dBFS; RMS 12 dB below. */
const heard = (peaks: readonly (number | null)[], more: Partial<Heard> = {}): Heard[] =>
  peaks.map((peakDbfs, i) => ({
    index: i + 1,
    name: NAMES[i]!,
    peakDbfs,
    rmsDbfs: peakDbfs === null ? null : peakDbfs - 12,
    clips: 0,
    hum: null,
    ...more,
  }));
const QUIET = [-80, -80, -80, -80];
const only = (index: number, dbfs: number) => QUIET.map((quiet, i) => (i + 1 === index ? dbfs : quiet));

function steps(check: Check, count: number, peaks: readonly (number | null)[]): Check {
  let now = check;
  for (let i = 0; i < count; i++) now = now.step(heard(peaks), 0);
  return now;
}
const words = (check: Check) => check.view.rows.map(({ state, text }) => `${state} ${text}`.trim());

describe('the line check', () => {
  it('asks for one source after the other, and tells that each arrives', () => {
    let check = startLineCheck(ORDER, 0);
    for (const { channel, name } of ORDER) {
      expect(check.view).toMatchObject({ state: 'running', channel, ask: `Play ${name} (${channel}).` });
      check = steps(check, 2, QUIET);
      check = steps(check, 3, only(channel, -20));
      check = steps(check, 1, QUIET);
    }
    expect(check.view).toMatchObject({ state: 'done', ask: 'All 4 sources arrive.' });
    expect(check.view.rows.map(({ levelDbfs }) => levelDbfs)).toEqual([-32, -32, -32, -32]);
  });

  it('tells a source that comes in on another channel, and which', () => {
    let check = steps(startLineCheck(ORDER, 0), 2, QUIET);
    check = steps(check, 3, only(3, -15));
    expect(check.view.rows[0]).toMatchObject({ state: 'bad', text: 'on 3 Kick' });
    expect(check.view.channel).toBe(2);
  });

  it('takes the bleed of a loud source into other microphones for no crossing', () => {
    let check = steps(startLineCheck(ORDER, 0), 2, QUIET);
    check = steps(check, 3, [-20, -24, -31, -38]);
    expect(words(check)[0]).toBe('good arrives');
  });

  it('does not take the source before, still playing, for the one asked for', () => {
    let check = steps(startLineCheck(ORDER, 0), 2, QUIET);
    check = steps(check, 3, only(1, -15));
    expect(check.view.channel).toBe(2);
    // Vox goes on for a while: Gtr is neither there nor crossed.
    check = steps(check, 20, only(1, -15));
    expect(check.view.channel).toBe(2);
    check = steps(check, 2, QUIET);
    check = steps(check, 3, only(2, -15));
    expect(words(check).slice(0, 2)).toEqual(['good arrives', 'good arrives']);
  });

  it('says dead when the person gives up on a channel, and counts what needs a look', () => {
    let check: Check = startLineCheck(ORDER, 0);
    for (let i = 0; i < 4; i++) check = check.next();
    expect(words(check)).toEqual(['bad dead', 'bad dead', 'bad dead', 'bad dead']);
    expect(check.view.ask).toBe('4 of 4 need a look.');
    expect(check.next().view.state).toBe('done');
  });

  it('is over at once when nobody counts on any channel', () => {
    expect(startLineCheck([], 0).view).toMatchObject({ state: 'done', rows: [] });
  });
});

describe('the hum hunt', () => {
  const hums = (levels: Readonly<Record<number, number>>) =>
    heard(QUIET).map((one) => ({
      ...one,
      hum: levels[one.index] === undefined ? null : { baseHz: 50, levelDbfs: levels[one.index]! },
    }));

  it('follows the level of each channel, loudest first, and keeps what is gone as gone', () => {
    let check = startHumHunt(0).step(hums({ 2: -50, 3: -62 }), 0);
    expect(check.view.rows.map(({ channel, levelDbfs, text }) => [channel, levelDbfs, text])).toEqual([
      [2, -50, '50 Hz'],
      [3, -62, '50 Hz'],
    ]);
    check = check.step(hums({ 3: -63 }), 500);
    expect(check.view.rows).toMatchObject([
      { channel: 3, state: 'bad', levelDbfs: -63 },
      { channel: 2, state: 'gone', levelDbfs: null, text: '50 Hz -50, gone' },
    ]);
    check = check.step(hums({}), 1000);
    expect(check.view.ask).toMatch(/All hum is gone/);
  });
});

describe('gain staging', () => {
  it('holds the highest peak of each channel against the window', () => {
    let check = startGainStaging(ORDER, 0).step(heard([-12, -30, -2, -80]), 0);
    check = check.step(heard([-40, -33, -30, -80]), 500);
    expect(words(check)).toEqual(['good good', 'bad 12 dB more', 'bad 4 dB too hot', 'waiting not played']);
    expect(words(check.next())).toEqual(Array.from({ length: 4 }, () => 'waiting not played'));
  });

  it('counts clips of the check alone', () => {
    const clipped = (clips: number) => heard([-12, -12, -12, -12], { clips });
    const check = startGainStaging(ORDER, 0).step(clipped(5), 0);
    expect(words(check)[0]).toBe('good good');
    expect(words(check.step(clipped(6), 500))[0]).toBe('bad clips');
  });
});

describe('the noise survey', () => {
  it('takes ten seconds, tells floors worst first, and leaves out who plays', () => {
    let check = startNoiseSurvey(0);
    for (let ms = 500; ms <= 10_500; ms += 500) check = check.step(heard([-90, -50, -20, null]), ms);
    expect(check.view.state).toBe('done');
    expect(check.view.rows.map(({ channel, state, text }) => [channel, state, text])).toEqual([
      [3, 'waiting', 'plays'],
      [2, 'bad', 'noisy'],
      [1, 'good', 'quiet'],
    ]);
  });
});

describe('the last line check', () => {
  it('is kept, and later tells which channel is no longer as loud', () => {
    const kept: Soundcheck[] = [];
    const parts = { soundcheck: null, onSoundcheck: (one: Soundcheck) => kept.push(one), nowIso: () => 'then' };
    const checks = new Checks(parts);
    checks.start('line', ORDER.slice(0, 2), 0);
    let ms = 0;
    const turn = (peaks: readonly number[], count: number) => {
      for (let i = 0; i < count; i++) {
        ms += 500;
        checks.turn(heard(peaks), ms);
      }
    };
    turn(QUIET, 2);
    turn(only(1, -20), 3);
    turn(QUIET, 2);
    turn(only(2, -10), 3);
    expect(kept).toEqual([
      {
        at: 'then',
        channels: [
          { channel: 1, rmsDbfs: -32 },
          { channel: 2, rmsDbfs: -22 },
        ],
      },
    ]);
    turn([-21, -19, -80, -80], 150);
    const names = (channel: number) => NAMES[channel - 1]!;
    expect(checks.soundcheck(names)).toEqual({ at: 'then', changes: [{ channel: 2, name: 'Gtr', db: -9 }] });
    // Who does not play has not become softer.
    turn(QUIET, 150);
    expect(checks.soundcheck(names)?.changes).toEqual([]);
    // Another run of the program compares with the same.
    const later = new Checks({ ...parts, soundcheck: kept[0]! });
    expect(later.soundcheck(names)).toEqual({ at: 'then', changes: [] });
  });
});

describe('sync proof', () => {
  const banks = [
    { id: 'adat-a', name: 'ADAT A', box: 'OctoPre', first: 13 },
    { id: 'adat-b', name: 'ADAT B', box: null, first: 21 },
    { id: 'spdif', name: 'S/PDIF', box: 'Kemper', first: 11 },
  ];
  const prove = (part: Partial<ProveView>): ProveView => ({
    bank: 'adat-a',
    state: 'measuring',
    levelDbfs: -20,
    ppm: null,
    what: '1000 Hz: 2 of 5 s.',
    fix: 'Hold it.',
    startedMs: 500,
    ...part,
  });

  it('asks for a tone into each port in turn, and keeps what the proofs say', () => {
    let check = startSyncProof(banks, 0);
    expect(check.wantsProof).toBeNull();
    check = check.step([], 500, prove({ state: 'passed', startedMs: 100 }));
    expect(check.wantsProof).toBe('adat-a');
    expect(check.view).toMatchObject({ kind: 'proof', state: 'running', channel: 13 });
    expect(check.view.ask).toContain('OctoPre on ADAT A');
    check = check.step([], 1000, prove({ state: 'passed', startedMs: 100 }));
    expect(check.wantsProof, 'a proof from before is not this one').toBe('adat-a');
    check = check.step([], 1500, prove({}));
    expect(check.view.ask).toBe('1000 Hz: 2 of 5 s. Hold it.');
    check = check.step([], 2000, prove({ state: 'passed' })).step([], 2500);
    expect(check.wantsProof).toBe('adat-b');
    check = check.step([], 3000, prove({ bank: 'adat-b', state: 'failed', ppm: 23.04, startedMs: 2500 }));
    check = check.next();
    expect(check.view).toMatchObject({
      state: 'done',
      ask: '2 of 3 not proven.',
      rows: [
        { channel: 13, name: 'OctoPre', state: 'good', text: 'PROVEN', levelDbfs: -20 },
        { channel: 21, name: 'ADAT B', state: 'bad', text: '+23.0 ppm' },
        { channel: 11, name: 'Kemper', state: 'waiting', text: 'left out' },
      ],
    });
  });

  it('has nothing to prove without a digital port in use', () => {
    expect(startSyncProof([], 0).view).toMatchObject({ state: 'done', rows: [] });
  });
});
