/**
 * A whole machine loses its power: a guest of the kernel harness that keeps a journal and a recording on a disk of its own.
 * Ten times here, 200 times by `npm run power:machine`. See docs/power.md.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loadSqlite } from '../../src/journal/sqliteStore.ts';

const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'lightkeeper-kernel');
const canBoot =
  process.platform === 'linux' &&
  process.arch === 'x64' &&
  (process.getuid?.() === 0 || existsSync(join(cache, 'stamp')));

describe.skipIf(!canBoot || loadSqlite() === null)(
  'a machine that loses its power (x86-64, root or the kernel set up)',
  () => {
    it('10 times: the journal opens each time and has lost a second at most, the recording reads and has lost 10 s at most', () => {
      const script = fileURLToPath(new URL('../../scripts/powerCuts.mjs', import.meta.url));
      const ran = spawnSync(process.execPath, [script, '--cuts', '10'], { encoding: 'utf8' });
      expect(ran.status, `${ran.stdout}\n${ran.stderr}`).toBe(0);
      const measured = JSON.parse(ran.stdout.trim().split('\n').at(-1)!) as Record<string, number>;
      expect(measured.cuts).toBe(10);
      expect(measured.journalWorstMs).toBeLessThanOrEqual(1000);
      expect(measured.recordingWorstS).toBeLessThan(10);
    }, 1_800_000);
  },
);
