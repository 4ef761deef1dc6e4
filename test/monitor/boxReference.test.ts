import { describe, expect, it } from 'vitest';
import type { TimeKeeper } from '../../src/device/ports.ts';
import { clockPairReader, parseChronyTracking } from '../../src/device/time/timeKeeper.ts';
import { BoxReferenceWatch } from '../../src/monitor/boxReference.ts';

/** A box whose crystal runs `boxPpm` fast, under a keeper that has found that out. */
function watch(boxPpm: number, keeper: TimeKeeper, seconds: number, correction = (_s: number) => -boxPpm) {
  const box = new BoxReferenceWatch();
  let monotonicNs = 5e9;
  for (let s = 0; s <= seconds; s += 20) {
    box.take({ monotonicNs: Math.round(monotonicNs), rawNs: 5e9 + s * 1e9 }, keeper);
    monotonicNs += 20e9 * (1 + correction(s) * 1e-6);
  }
  return box.reference();
}

describe("this box's own crystal", () => {
  it('under chrony is known after a minute, to the bound that chrony gives, never better than 1 ppm', () => {
    const told = watch(12.5, { kind: 'chrony', skewPpm: 0.1, residualPpm: 0.01 }, 80);
    expect(told.kind).toBe('chrony');
    expect(told.boxPpm).toBeCloseTo(12.5, 2);
    expect(told.uncertaintyPpm).toBe(1);
    expect(watch(12.5, { kind: 'chrony', skewPpm: 4, residualPpm: -1 }, 80).uncertaintyPpm).toBe(9);
    expect(watch(12.5, { kind: 'chrony', skewPpm: 0.1, residualPpm: 0 }, 40)).toMatchObject({
      kind: 'none',
      uncertaintyPpm: 30,
    });
  });

  it('under another NTP client is known to 5 ppm, once half an hour has shown that its correction stands', () => {
    const told = watch(-8, { kind: 'ntp' }, 2400);
    expect(told).toMatchObject({ kind: 'ntp', uncertaintyPpm: 5 });
    expect(told.boxPpm).toBeCloseTo(-8, 2);
    expect(watch(-8, { kind: 'ntp' }, 1200).kind).toBe('none');
    expect(watch(-8, { kind: 'ntp' }, 2400, (s) => s / 200).kind, 'still learning').toBe('none');
    expect(watch(0, { kind: 'ntp' }, 2400).kind, 'never steered').toBe('none');
  });

  it('is trusted to 30 ppm where nobody keeps the time, and again when the time server is lost', () => {
    expect(watch(12, { kind: 'none' }, 4000)).toEqual({ kind: 'none', boxPpm: 0, uncertaintyPpm: 30 });
    const box = new BoxReferenceWatch();
    for (let s = 0; s <= 100; s += 20)
      box.take({ monotonicNs: s * 1e9, rawNs: s * 1e9 }, { kind: 'chrony', skewPpm: 0.1, residualPpm: 0 });
    expect(box.reference().kind).toBe('chrony');
    box.take({ monotonicNs: 120e9, rawNs: 120e9 }, { kind: 'none' });
    expect(box.reference().kind).toBe('none');
  });

  it("reads chrony's own words", () => {
    const line =
      'D8EF2300,time.example.org,2,1732741212.612,0.000012,-0.000034,0.000051,-8.312,-0.011,0.123,0.0123,0.0011,64.2,Normal\n';
    expect(parseChronyTracking(line)).toEqual({ kind: 'chrony', skewPpm: 0.123, residualPpm: -0.011 });
    expect(parseChronyTracking(line.replace('Normal', 'Not synchronised'))).toEqual({ kind: 'none' });
    for (const odd of ['', '506 Cannot talk to daemon', '00000000,,0,0,0,0,0,0,0,0,1,1,0,Normal'])
      expect(parseChronyTracking(odd)).toEqual({ kind: 'none' });
  });

  it('reads both clocks of this machine within microseconds of each other', () => {
    const read = clockPairReader();
    if (read === null) throw new Error('no clocks');
    const [a, b] = [read(), read()];
    expect(Math.abs(a.monotonicNs - performance.now() * 1e6)).toBeLessThan(1e15);
    expect(b.monotonicNs).toBeGreaterThan(a.monotonicNs);
    const [mono, raw] = [b.monotonicNs - a.monotonicNs, b.rawNs - a.rawNs];
    expect(Math.abs(mono - raw)).toBeLessThan(1e6 + mono * 1e-3);
  });
});
