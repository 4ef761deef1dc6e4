/**
 * Row 34 of the fault matrix, in the form for every run: an hour of simulated time through the built program, with phones,
 * journal and evidence. A day of it, and an hour of real time, is `npm run soak` (docs/soak.md).
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { tellFaultRow } from './tell.ts';

interface Soaked {
  readonly audioH: number;
  readonly visits: number;
  readonly firstMb: number;
  readonly lastMb: number;
  readonly growthMb: number;
  readonly firstFds: number;
  readonly lastFds: number;
}

it('fault row 34: an hour of simulated time leaves memory and descriptors as they were', () => {
  const script = fileURLToPath(new URL('../../scripts/soak.mjs', import.meta.url));
  const ran = spawnSync(process.execPath, [script, '--short', '--json'], { encoding: 'utf8' });
  const line = ran.stdout.split('\n').find((one) => one.startsWith('['));
  if (line === undefined) throw new Error(`${ran.stdout}${ran.stderr}`);
  const [soaked] = JSON.parse(line) as [Soaked];
  expect(soaked.audioH).toBeGreaterThanOrEqual(1);
  expect(soaked.visits).toBeGreaterThan(0);
  // The target is 5 MB; five times that before a heap that still finds its size is a fault.
  expect(soaked.growthMb).toBeLessThan(25);
  expect(soaked.lastFds).toBeLessThanOrEqual(soaked.firstFds);
  expect(ran.status, ran.stdout).toBe(0);
  const grown = `${soaked.growthMb >= 0 ? '+' : ''}${soaked.growthMb.toFixed(1)} MB`;
  tellFaultRow({
    row: 34,
    did: `${soaked.audioH.toFixed(1)} h of simulated time, ${soaked.visits} visits`,
    saw: `memory ${grown} after warm-up, descriptors ${soaked.firstFds} -> ${soaked.lastFds}; a day and a real hour: soak.md`,
  });
}, 900_000);
