import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { MemoryStore } from '../../src/journal/memoryStore.ts';
import type { ClockRow, JournalStore } from '../../src/journal/shapes.ts';
import { loadSqlite, SqliteStore } from '../../src/journal/sqliteStore.ts';
import { captureEdges, syncSpans } from '../../src/journal/timeline.ts';
import type { SyncWord } from '../../src/monitor/snapshot.ts';
import { longSession } from './support/longSession.ts';

const row = (ms: number, sync: SyncWord, ppm: number | null = null): ClockRow => ({
  ms,
  ratePpm: null,
  banks: [{ id: 'a', sync, basis: 'audio', ppm, uncertaintyPpm: null, slips: 0 }],
});
const words = (spans: readonly { fromMs: number; toMs: number; sync: SyncWord }[]) =>
  spans.map(({ fromMs, toMs, sync }) => [fromMs, toMs, sync]);

describe('the words of a bank over a session', () => {
  it('hold from each row to the next, joined while they are the same, up to the end', () => {
    const rows = [
      row(0, 'unknown'),
      row(500, 'sync'),
      row(60_500, 'sync'),
      row(70_000, 'lock', -10),
      row(75_000, 'lock', -10.4),
    ];
    expect(words(syncSpans(rows, [], 80_000, 0))).toEqual([
      [0, 500, 'unknown'],
      [500, 70_000, 'sync'],
      [70_000, 80_000, 'lock'],
    ]);
    expect(syncSpans(rows, [], 80_000, 0).at(-1)?.ppm).toBe(-10.4);
  });

  it('end where capture ends, and where nothing was told for minutes: there nobody watched', () => {
    const rows = [row(0, 'sync'), row(60_000, 'sync'), row(300_000, 'sync'), row(900_000, 'sync')];
    const edges = captureEdges([
      { ms: 0, kind: 'state', detail: { state: 'running' } },
      { ms: 70_000, kind: 'state', detail: { state: 'absent' } },
      { ms: 299_000, kind: 'state', detail: { state: 'running' } },
    ]);
    expect(words(syncSpans(rows, edges, 910_000, 0))).toEqual([
      [0, 70_000, 'sync'],
      [300_000, 430_000, 'sync'],
      [900_000, 910_000, 'sync'],
    ]);
  });

  it('are not told while nothing is captured, whatever the last word was; a new stretch begins without a word', () => {
    const edges = captureEdges([
      { ms: 0, kind: 'state', detail: { state: 'running' } },
      { ms: 20_000, kind: 'state', detail: { state: 'absent' } },
      { ms: 30_000, kind: 'state', detail: { state: 'running' } },
    ]);
    const rows = [row(0, 'sync', 0.1), row(25_000, 'sync', 0.1), row(50_000, 'sync', 0.1)];
    expect(words(syncSpans(rows, edges, 60_000, 0))).toEqual([
      [0, 20_000, 'sync'],
      [30_000, 50_000, 'unknown'],
      [50_000, 60_000, 'sync'],
    ]);
  });

  it('on a grid take the worst word of each step: no short fault is hidden by a long good stretch', () => {
    const rows = [row(0, 'sync'), row(60_000, 'sync'), row(90_100, 'lock'), row(90_600, 'sync'), row(120_000, 'sync')];
    expect(words(syncSpans(rows, [], 180_000, 10_000))).toEqual([
      [0, 90_000, 'sync'],
      [90_000, 100_000, 'lock'],
      [100_000, 180_000, 'sync'],
    ]);
  });
});

const sqlite = loadSqlite();
const cleanUps: (() => void)[] = [];
afterEach(() => {
  for (const cleanUp of cleanUps.splice(0).reverse()) cleanUp();
});
const startedWallMs = 1_770_000_000_000;
const start = { startedWallMs, version: '1', simulated: true };
function folder(): string {
  const at = mkdtempSync(join(tmpdir(), 'lightkeeper-timeline-'));
  cleanUps.push(() => rmSync(at, { recursive: true, force: true }));
  return at;
}
const limits = { maxBytes: 64e6, maxAgeMs: 1e12 };
const stores: readonly [string, () => JournalStore][] = [
  ['in memory', () => new MemoryStore(start)],
  ...(sqlite === null
    ? []
    : ([
        [
          'in SQLite',
          () => {
            const store = new SqliteStore(sqlite, join(folder(), 'journal.sqlite'), start, limits);
            cleanUps.push(() => store.close());
            return store;
          },
        ],
      ] as [string, () => JournalStore][])),
];

for (const [name, open] of stores) {
  describe(`an hour in the journal ${name}`, () => {
    const store = () => {
      const one = open();
      longSession(one, { hours: 1, channels: 34, startedWallMs });
      return one;
    };

    it('gives events near in time as one mark a kind and place, none lost in the count', () => {
      const one = store();
      const query = { session: one.session, fromMs: 0, toMs: 3_600_000, limit: 1000 };
      const coarse = one.marks({ ...query, bucketMs: 120_000 });
      const slips = coarse.filter(({ kind }) => kind === 'slip');
      expect(slips.map(({ ms, count }) => [ms, count])).toEqual([
        [1_200_000, 60],
        [1_320_000, 60],
      ]);
      const fine = one.marks({ ...query, bucketMs: 1000 });
      expect(fine.filter(({ kind }) => kind === 'slip')).toHaveLength(120);
      expect(fine.reduce((sum, { count }) => sum + count, 0)).toBe(coarse.reduce((sum, { count }) => sum + count, 0));
      expect(coarse.find(({ kind }) => kind === 'clip')).toMatchObject({
        ms: 432_000,
        where: '3',
        severity: 'warning',
        count: 1,
      });
    });

    it('gives the span of the RMS in each step: the same by minutes as by seconds', () => {
      const one = store();
      const minutes = one.levels(one.session, 0, 3600, 60);
      const seconds = one.levels(one.session, 0, 3600, 1);
      for (let minute = 0; minute < 60; minute++) {
        for (let c = 0; c < 34; c++) {
          const codes = Array.from({ length: 60 }, (_, s) => seconds.rms[(minute * 60 + s) * 34 + c]!).filter(
            (code) => code > -128,
          );
          const at = minute * 34 + c;
          expect(minutes.low[at]).toBe(codes.length === 0 ? -128 : Math.min(...codes));
          expect(minutes.rms[at]).toBe(codes.length === 0 ? -128 : Math.max(...codes));
        }
      }
    });
  });
}

describe.skipIf(sqlite === null)('a journal of the version before (better-sqlite3 installed)', () => {
  it('is taken over: its minutes tell the smallest RMS too, read or written on', () => {
    const file = join(folder(), 'journal.sqlite');
    const store = new SqliteStore(sqlite!, file, start, limits);
    longSession(store, { hours: 1, channels: 4, startedWallMs });
    const expected = [...store.levels(1, 0, 3540, 60).low];
    store.close();
    const old = new sqlite!(file);
    old.exec('ALTER TABLE level_minute DROP COLUMN rmsMin; PRAGMA user_version = 1');
    old.close();
    const reader = new SqliteStore(sqlite!, file, null, limits);
    expect([...reader.levels(1, 0, 3540, 60).low]).toEqual(expected);
    reader.close();
    const again = new SqliteStore(sqlite!, file, start, limits);
    cleanUps.push(() => again.close());
    expect([...again.levels(1, 0, 3540, 60).low]).toEqual(expected);
    longSession(again, { hours: 1, channels: 4, startedWallMs });
    expect([...again.levels(2, 0, 3540, 60).low]).toEqual(expected);
  });
});
