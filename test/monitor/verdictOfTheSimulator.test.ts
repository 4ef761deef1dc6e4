import { describe, expect, it } from 'vitest';
import { playLoop, scenarioSource } from './support/playLoop.ts';

/** `seconds` of a scenario, then its snapshot. */
const watch = (name: string, seconds: number) => playLoop((nowMs) => scenarioSource(name, nowMs), seconds).snapshot();

describe('the verdict, from samples alone', () => {
  const fast = watch('free-running', 60);
  const slow = watch('slow-expander', 15);

  it('finds an expander that runs 23 ppm fast from its dropped frames, and names it', () => {
    const bank = fast.banks.find((one) => one.id === 'adat-a');
    expect(bank).toMatchObject({ sync: 'lock', basis: 'audio', box: 'OctoPre' });
    expect(bank?.ppm).toBeCloseTo(23, 1);
    expect(bank?.uncertaintyPpm).toBeLessThan(0.5);
    expect(bank?.slipsPerMinute).toBeCloseTo(66.2, 0);
    expect(fast.findings[0]).toMatchObject({ code: 'bank-slips', severity: 'alarm', where: 'OctoPre' });
  });

  it('finds an expander that runs 41 ppm slow from its repeated frames', () => {
    const bank = slow.banks.find((one) => one.id === 'adat-a');
    expect(bank).toMatchObject({ sync: 'lock', basis: 'audio' });
    expect(bank?.ppm).toBeCloseTo(-41, 1);
  });

  it('blames no other bank', () => {
    for (const snapshot of [fast, slow]) {
      for (const bank of snapshot.banks) if (bank.id !== 'adat-a') expect(bank.slips).toBe(0);
    }
  });

  it('accuses nobody in a minute of a band that is all slaved', () => {
    const clean = watch('clean', 60);
    for (const bank of clean.banks) expect(bank.slips).toBe(0);
    expect(clean.findings).toEqual([]);
  });

  it('can not tell from a bank in which nobody plays', () => {
    const quiet = watch('quiet-expander', 20).banks.find((one) => one.id === 'adat-a');
    expect(quiet).toMatchObject({ sync: 'unknown', basis: 'none', slips: 0, boundPpm: null });
  });

  it('tells a bank of digital zeros as such, by the box, and claims no clock from it', () => {
    const dark = watch('no-fibre', 5);
    expect(dark.banks.find((one) => one.id === 'adat-a')).toMatchObject({ sync: 'unknown', basis: 'none', slips: 0 });
    expect(dark.findings).toMatchObject([{ code: 'bank-zero', where: 'OctoPre' }]);
  });

  it('tells lost USB frames from a clock: no bank is accused', () => {
    const lossy = watch('usb-loss', 22);
    for (const bank of lossy.banks) expect(bank.sync).not.toBe('lock');
  });
});
