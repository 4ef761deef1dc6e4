import { describe, expect, it } from 'vitest';
import { parseCommandLine } from '../../src/cli.ts';
import { runProve } from '../../src/prove/proveCommand.ts';

const sim = (scenario: string) => ({ kind: 'sim', scenario, seed: 1, fast: false }) as const;

function proven(scenario: string, bank: string | null = null, json = false) {
  const told: string[] = [];
  const report = runProve({ choice: sim(scenario), bank, mapFile: null, json }, (line) => told.push(line));
  return { report, told };
}

describe('lightkeeper prove', () => {
  it('reads its words', () => {
    expect(parseCommandLine(['prove', '--bank', 'ADAT A', '--sim', 'test-tone', '--json'])).toEqual({
      ok: true,
      value: {
        command: 'prove',
        options: { choice: sim('test-tone'), bank: 'ADAT A', mapFile: null, json: true },
      },
    });
    expect(parseCommandLine(['prove'])).toMatchObject({
      value: { options: { choice: { kind: 'alsa', pcm: 'auto' } } },
    });
    expect(parseCommandLine(['prove', 'what'])).toMatchObject({ ok: false });
    expect(parseCommandLine(['--bank', 'ADAT A'])).toMatchObject({ ok: false });
  });

  it('proves a slaved expander, naming tone, reference and bound, and tells how it goes', () => {
    const { report, told } = proven('test-tone');
    expect(report).toMatchObject({ ok: true, value: { state: 'passed' } });
    const text = report.ok ? report.value.text : '';
    expect(text).toMatch(/^PROVEN ADAT A\nOctoPre runs on the interface's clock: 0\.00 ppm \+-0\.02\.\n/);
    expect(text).toContain('997.0 Hz, -20.0 dBFS on channel 13');
    expect(text).toContain('against channel 8');
    expect(told).toContain('997.0 Hz: 3 of 5 s.');
  });

  it('finds a free-running one by the tone alone: ppm, sign, rate, and what to set', () => {
    const { report } = proven('test-tone-free', 'octopre', true);
    const told = JSON.parse(report.ok ? report.value.text : '{}');
    expect(told).toMatchObject({ bank: 'adat-a', state: 'failed', channel: 13, reference: null });
    expect(Math.abs(told.ppm - 23)).toBeLessThan(told.uncertaintyPpm);
    expect(told.slipsPerMinute).toBeCloseTo(66, 0);
  });

  it("can't tell where there is no tone, and refuses what has no clock", () => {
    expect(proven('quiet-expander', 'ADAT A').report).toMatchObject({ ok: true, value: { state: 'unclear' } });
    expect(proven('test-tone', 'Analogue').report).toMatchObject({ ok: false, fault: { code: 'prove-not-digital' } });
    expect(proven('test-tone', 'ADAT Z').report).toMatchObject({ ok: false, fault: { code: 'prove-no-bank' } });
    expect(proven('nowhere').report).toMatchObject({ ok: false, fault: { code: 'scenario-not-found' } });
  });
});
