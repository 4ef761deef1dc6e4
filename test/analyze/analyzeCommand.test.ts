import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadScenario } from '../../src/device/sim/scenario.ts';
import { simSource } from '../../src/device/sim/simSource.ts';
import { runToEnd } from '../daemon/daemonProcess.ts';
import { writeWav } from '../support/wav.ts';

const folder = mkdtempSync(join(tmpdir(), 'lightkeeper-analyze-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Twelve seconds of the simulator's slow expander, as a DAW would have recorded them. */
function take(): string {
  const scenario = loadScenario('slow-expander');
  if (!scenario.ok) throw new Error(scenario.fault.what);
  const opened = simSource(scenario.value, { seed: 1, fast: true, nowNs: () => 0, sleepMs: () => {} }).open();
  if (!opened.ok) throw new Error(opened.fault.what);
  const samples = new Int32Array(12 * 48_000 * 20);
  const block = new Int32Array(480 * 20);
  for (let at = 0; at < samples.length; at += block.length) {
    opened.value.read(block, 480, 0);
    samples.set(block, at);
  }
  const path = join(folder, 'take.wav');
  writeWav(path, { channels: 20, encoding: 'pcm24', samples });
  return path;
}

describe('lightkeeper analyze', () => {
  const path = take();
  const map = join(folder, 'banks.json');
  writeFileSync(map, JSON.stringify([{ id: 'adat-a', name: 'ADAT A', kind: 'adat', first: 13, last: 20 }]));

  it('finds in a recorded take which bank slipped and by how many ppm, as JSON and in words', async () => {
    const json = await runToEnd(['analyze', path, '--json', '--map', map]);
    expect(json.code, json.err).toBe(0);
    const analysis = JSON.parse(json.out);
    expect(analysis).toMatchObject({ rateHz: 48000, frames: 576000, bits: 24, files: [path] });
    const bank = analysis.banks.find((one: { id: string }) => one.id === 'adat-a');
    expect(bank).toMatchObject({ sync: 'lock', basis: 'audio', first: 13, last: 20 });
    expect(bank.ppm).toBeCloseTo(-41, 0);
    // A frame each 24 390: 23 in twelve seconds.
    expect(Math.abs(bank.slips.length - 23)).toBeLessThanOrEqual(1);
    expect(bank.slips[0]).toMatchObject({ kind: 'repeat', frames: 1 });
    const text = await runToEnd(['analyze', path, '--map', map]);
    expect(text.out).toMatch(/^ ch 1-2 +-\d+\.\d /m);
    const csv = await runToEnd(['analyze', path, '--csv', '--loudness', '1-20']);
    const rows = csv.out.trim().split('\n');
    expect(rows).toHaveLength(21);
    expect(rows[0]).toContain('channel,name,peak_dbfs,true_peak_dbtp,');
    expect(rows[20]!.split(',')[1]).not.toBe('');
    expect(text.out).toMatch(/adat-a \(13-20\): LOCK, slips, -4[01]\.\d\d ppm/);
  }, 60_000);

  it('says in one line what is wrong with a map or a file', async () => {
    writeFileSync(join(folder, 'bad.json'), '[{"id":"x"}]');
    for (const args of [
      ['analyze', path, '--map', join(folder, 'none.json')],
      ['analyze', path, '--map', join(folder, 'bad.json')],
      ['analyze', join(folder, 'none.wav')],
    ]) {
      const ended = await runToEnd(args);
      expect(ended.code).toBe(1);
      expect(ended.err.trim().split('\n')).toHaveLength(1);
      expect(ended.err).toMatch(/^lightkeeper: \[(map-unreadable|map-invalid|wav-not-found)\]/);
    }
  }, 60_000);
});
