import { describe, expect, it } from 'vitest';
import type { Monitor } from '../../src/monitor/monitor.ts';
import { playLoop, scenarioSource } from './support/playLoop.ts';

/** A guided proof of the OctoPre from the first snapshot on; `seconds` of the scenario. */
function proveInSim(name: string, seconds: number, then: (monitor: Monitor, nowMs: number) => void = () => {}) {
  let begun = false;
  return playLoop(
    (nowMs) => scenarioSource(name, nowMs),
    seconds,
    {},
    (monitor, nowMs) => {
      monitor.onSnapshot(({ capture }) => {
        if (!begun && capture.state === 'running' && nowMs() > 500) {
          begun = true;
          expect(monitor.startProof('adat-a')).toEqual({ ok: true, value: null });
        }
        then(monitor, nowMs());
      });
    },
  ).snapshot();
}

describe('the guided proof, from samples to the snapshot', () => {
  it('proves a slaved expander within 8 s, where an input of the interface hears the tone too', () => {
    const { prove, banks, findings } = proveInSim('test-tone', 8);
    expect(prove).toMatchObject({ bank: 'adat-a', state: 'passed', channel: 13, reference: 8 });
    expect(prove?.hz).toBeCloseTo(997, 0);
    expect(Math.abs(prove?.ppm ?? 9)).toBeLessThan(0.05);
    const bank = banks.find(({ id }) => id === 'adat-a');
    expect(bank).toMatchObject({ sync: 'sync', basis: 'proof', proof: { passed: true } });
    expect(bank?.boundPpm).toBeLessThan(0.3);
    expect(bank?.proof?.ageS).toBeLessThan(8);
    expect(findings.filter(({ code }) => code === 'bank-slips')).toEqual([]);
  });

  it('finds an expander that runs 23 ppm fast by the tone alone, in ten seconds, with its sign and rate', () => {
    const { prove, banks, findings } = proveInSim('test-tone-free', 10);
    expect(prove).toMatchObject({ state: 'failed', channel: 13, reference: null });
    expect(Math.abs((prove?.ppm ?? 0) - 23)).toBeLessThan(prove?.uncertaintyPpm ?? 0);
    expect(prove?.uncertaintyPpm).toBeLessThan(1);
    expect(banks.find(({ id }) => id === 'adat-a')).toMatchObject({ sync: 'lock', basis: 'proof' });
    expect(findings[0]).toMatchObject({ code: 'bank-slips', severity: 'alarm', where: 'OctoPre' });
  });

  it('says that there is no tone when nobody sends one, and claims nothing', () => {
    const { prove, banks } = proveInSim('quiet-expander', 63);
    expect(prove).toMatchObject({ state: 'unclear' });
    expect(prove?.what).toContain('No steady tone');
    expect(banks.find(({ id }) => id === 'adat-a')).toMatchObject({ sync: 'unknown', proof: null });
  });

  it('is refused where there is nothing to prove, and given up when asked', () => {
    let asked = 0;
    const { prove } = proveInSim('test-tone', 4, (monitor, nowMs) => {
      if (nowMs < 2000 || asked++ > 0) return;
      expect(monitor.startProof('analogue')).toMatchObject({ ok: false, fault: { code: 'prove-not-digital' } });
      expect(monitor.startProof('adat-z')).toMatchObject({ ok: false, fault: { code: 'prove-no-bank' } });
      expect(monitor.snapshot().prove).toMatchObject({ bank: 'adat-a' });
      monitor.endProof();
    });
    expect(prove).toBeNull();
  });
});
