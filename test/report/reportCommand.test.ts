import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parseCommandLine } from '../../src/cli.ts';
import { loadSqlite, SqliteStore } from '../../src/journal/sqliteStore.ts';
import type { Report } from '../../src/report/report.ts';
import { runReport } from '../../src/report/reportCommand.ts';
import { longSession } from '../journal/support/longSession.ts';

const sqlite = loadSqlite();
const folder = mkdtempSync(join(tmpdir(), 'lightkeeper-report-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function run(...words: string[]) {
  const request = parseCommandLine(['report', '--state-dir', folder, ...words]);
  if (!request.ok) throw new Error(request.fault.what);
  if (request.value.command !== 'report') throw new Error('not a report');
  const made = await runReport(request.value.options, request.value.stateDir);
  if (!made.ok) throw new Error(`${made.fault.code} ${made.fault.what}`);
  return made.value.text;
}

describe.skipIf(sqlite === null)('lightkeeper report (better-sqlite3 installed)', () => {
  const startedWallMs = Date.UTC(2026, 4, 1, 12);
  const start = { startedWallMs, version: '1', simulated: true };
  // The journal stays open, as that of a program that runs.
  const store =
    sqlite === null
      ? null
      : new SqliteStore(sqlite, join(folder, 'journal.sqlite'), start, { maxBytes: 64e6, maxAgeMs: 1e12 });
  if (store !== null) longSession(store, { hours: 1, channels: 34, startedWallMs });
  afterAll(() => store?.close());

  it('tells the last session as JSON, as a page and as a table, while the program writes on', async () => {
    const told = JSON.parse(await run()) as Report;
    expect(told.faults.filter(({ kind }) => kind === 'slip')).toHaveLength(120);
    expect(told.faults.filter(({ kind }) => kind !== 'slip').map(({ kind }) => kind)).toEqual(['clip', 'gone']);
    expect(told.takes.map(({ verdict }) => verdict)).toEqual(['clean', 'suspect', 'clean']);
    const page = join(folder, 'session.html');
    expect(await run('--session', '1', '--out', page)).toContain('The report of session 1 is in');
    expect(readFileSync(page, 'utf8')).toContain('Take 2');
    const csv = join(folder, 'session.csv');
    await run('--out', csv);
    expect(
      readFileSync(csv, 'utf8')
        .split('\r\n')
        .filter((line) => line.startsWith('fault,')),
    ).toHaveLength(122);
  });

  it('gives the markers of a take to the terminal, or into a file', async () => {
    expect(await run('--markers', 'audacity', '--take', 'Take 2')).toContain(
      '120.000000\t120.000000\tslip: ADAT A, 1 frames',
    );
    const wav = join(folder, 'take.wav');
    expect(await run('--markers', 'cue', '--take', 'Take 2', '--out', wav)).toContain('121 markers are in');
    expect(readFileSync(wav).subarray(0, 4).toString()).toBe('RIFF');
  });

  it('refuses with a code and a way out what can not be done', async () => {
    await expect(run('--session', '9')).rejects.toThrow('journal-no-session');
    await expect(run('--markers', 'reaper', '--anchor', join(folder, 'none.wav'))).rejects.toThrow('anchor-unreadable');
    const nowhere = await runReport(
      { session: null, out: null, markers: null, take: null, mark: null, anchorFile: null, ltc: false, zoneMin: null },
      join(folder, 'empty'),
    );
    expect(nowhere).toMatchObject({ fault: { code: 'report-no-journal' } });
  });

  it.each([
    ['--take goes with --markers', ['--take', 'x']],
    ['--markers wants one of', ['--markers', 'cubase']],
    ['Choose one of', ['--markers', 'reaper', '--take', 'x', '--mark', 'y']],
    ['--markers cue wants --out', ['--markers', 'cue']],
    ['--out wants a name', ['--out', 'x.pdf']],
    ['--zone wants hours', ['--markers', 'reaper', '--zone', 'CET']],
  ])('says "%s" to a wrong line', (said, words) => {
    expect(parseCommandLine(['report', ...words])).toMatchObject({ fault: { code: 'usage' } });
    const told = parseCommandLine(['report', ...words]);
    expect(told.ok ? '' : told.fault.what).toContain(said);
  });
});
