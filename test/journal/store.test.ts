import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import {
  addSecond,
  codeDb,
  emptyStretch,
  levelCode,
  NO_SIGNAL_CODE,
  NOT_CAPTURED,
  packMinute,
  unpackMinute,
} from '../../src/journal/levelCodes.ts';
import { MemoryStore } from '../../src/journal/memoryStore.ts';
import type {
  EventKind,
  JournalBatch,
  JournalEvent,
  JournalStore,
  LevelSecond,
  TakeRow,
} from '../../src/journal/shapes.ts';
import { loadSqlite, SqliteStore } from '../../src/journal/sqliteStore.ts';
import { NO_SIGNAL } from '../../src/monitor/levels.ts';

const TAKE: TakeRow = {
  id: 'a',
  name: 'Take 1',
  startedFrame: 0,
  startedMs: 10,
  startedAt: '',
  by: 'page',
  clips: [],
  verdict: { word: 'clean', suspects: 0, first: [], notWatchedMs: 0, lossesHiddenMs: 0, untold: [] },
};

const sqlite = loadSqlite();
const cleanUps: (() => void)[] = [];
afterEach(() => {
  for (const cleanUp of cleanUps.splice(0).reverse()) cleanUp();
});

const start = { startedWallMs: 1_770_000_000_000, version: '1.0', simulated: false };
const limits = { maxBytes: 64e6, maxAgeMs: 86_400_000 * 30 };

function onDisk(): SqliteStore {
  const at = mkdtempSync(join(tmpdir(), 'lightkeeper-store-'));
  const store = new SqliteStore(sqlite!, join(at, 'journal.sqlite'), start, limits);
  cleanUps.push(() => {
    store.close();
    rmSync(at, { recursive: true, force: true });
  });
  return store;
}

function event(ms: number, kind: EventKind = 'mark'): JournalEvent {
  return {
    ms,
    wallMs: 1_770_000_000_000 + ms,
    stream: 1,
    frame: ms * 48,
    kind,
    severity: 'info',
    where: 'adat-a',
    text: `at ${ms}`,
    detail: { ppm: 12.5, nested: [1, 2] },
  };
}
const batch = (part: Partial<JournalBatch> & { ms: number }): JournalBatch => ({
  events: [],
  levels: [],
  clocks: [],
  streams: [],
  takes: [],
  ...part,
});
const second = (at: number, channels: number, code: (c: number) => number): LevelSecond => ({
  second: at,
  peak: Int8Array.from({ length: channels }, (_, c) => code(c)),
  rms: Int8Array.from({ length: channels }, (_, c) => Math.max(-126, code(c) - 10)),
});

const kinds: readonly [string, () => JournalStore][] = [
  ['in memory', () => new MemoryStore(start)],
  ...(sqlite === null ? [] : ([['in SQLite', onDisk]] as [string, () => JournalStore][])),
];

for (const [name, open] of kinds) {
  describe(`the journal ${name}`, () => {
    it('gives back events as they were, by time and kind, oldest or newest first, within a limit', () => {
      const store = open();
      store.write(batch({ ms: 500, events: [event(100), event(200, 'slip')] }));
      store.write(batch({ ms: 1000, events: [event(700, 'slip'), event(900)] }));
      const all = store.events({ session: store.session, limit: 10 });
      expect(all).toEqual([event(100), event(200, 'slip'), event(700, 'slip'), event(900)]);
      expect(store.events({ session: store.session, kinds: ['slip'], limit: 10 }).map(({ ms }) => ms)).toEqual([
        200, 700,
      ]);
      expect(store.events({ session: store.session, newest: true, limit: 2 }).map(({ ms }) => ms)).toEqual([900, 700]);
      expect(store.events({ session: store.session, fromMs: 200, toMs: 900, limit: 9 }).map(({ ms }) => ms)).toEqual([
        200, 700,
      ]);
      expect(store.events({ session: 99, limit: 9 })).toEqual([]);
    });

    it('gives back levels in any step as the maximum, whatever the number of channels', () => {
      fc.assert(
        fc.property(
          fc.array(
            fc.record({
              gap: fc.integer({ min: 1, max: 50 }),
              channels: fc.integer({ min: 1, max: 5 }),
              code: fc.integer({ min: -127, max: 0 }),
            }),
            {
              minLength: 1,
              maxLength: 60,
            },
          ),
          fc.integer({ min: 1, max: 90 }),
          fc.constantFrom(1, 7, 60, 120),
          (rows, from, stepS) => {
            const store = open();
            const seconds: LevelSecond[] = [];
            let at = 0;
            for (const { gap, channels, code } of rows) {
              at += gap;
              seconds.push(second(at, channels, (c) => Math.max(-127, code - c)));
              store.write(batch({ ms: at * 1000, levels: [seconds.at(-1)!] }));
            }
            const fromS = stepS % 60 === 0 ? Math.floor(from / stepS) * stepS : from;
            const told = store.levels(store.session, fromS, at + 10, stepS);
            const expected = emptyStretch(fromS, at + 10, stepS, told.channels);
            for (const one of seconds) addSecond(expected, one);
            expect([...told.peak]).toEqual([...expected.peak]);
            expect([...told.rms]).toEqual([...expected.rms]);
          },
        ),
        { numRuns: 25 },
      );
    });

    it('keeps the last word on each take, and says of a session how much there is', () => {
      const store = open();
      store.write(batch({ ms: 100, takes: [TAKE], events: [event(10, 'takeStart')] }));
      store.write(
        batch({
          ms: 200,
          takes: [{ ...TAKE, endedFrame: 9, endedMs: 190, endedAt: '' }],
          events: [event(190, 'takeEnd')],
        }),
      );
      expect(store.takes(store.session)).toMatchObject([{ id: 'a', endedMs: 190 }]);
      expect(store.sessions()).toMatchObject([
        {
          session: 1,
          startedWallMs: start.startedWallMs,
          version: '1.0',
          simulated: false,
          events: 2,
          takes: 1,
          lastMs: 200,
        },
      ]);
    });
  });
}

describe.skipIf(sqlite === null)('a take that an earlier version wrote', () => {
  it('has no time in which losses were hidden: that was not counted', () => {
    const store = onDisk();
    const verdict = { word: 'clean', suspects: 0, first: [], notWatchedMs: 7, untold: [] };
    const take = { ...TAKE, verdict };
    store.write(batch({ ms: 100, takes: [take as unknown as TakeRow] }));
    expect(store.takes(store.session)[0]!.verdict).toEqual({ ...verdict, lossesHiddenMs: 0 });
  });
});

describe.skipIf(sqlite === null)('the bounds of the journal (better-sqlite3 installed)', () => {
  it('hold by size: the oldest hours go, the newest stay', () => {
    const store = onDisk();
    for (let minute = 0; minute < 240; minute++) {
      const levels = Array.from({ length: 60 }, (_, s) => second(minute * 60 + s, 34, () => -20));
      store.write(batch({ ms: minute * 60_000, levels, events: [event(minute * 60_000)] }));
    }
    const before = store.bytes();
    store.limit({ maxBytes: before / 2, maxAgeMs: 1e12 });
    store.prune(start.startedWallMs + 240 * 60_000);
    expect(store.bytes()).toBeLessThanOrEqual(before / 2);
    expect(store.bytes()).toBeGreaterThan(before / 8);
    const kept = store.events({ session: 1, limit: 1000 });
    expect(kept.at(-1)!.ms).toBe(239 * 60_000);
    expect(kept[0]!.ms).toBeGreaterThan(60 * 60_000);
  });

  it('hold by age: a session that ended long ago goes whole', () => {
    const at = mkdtempSync(join(tmpdir(), 'lightkeeper-store-'));
    cleanUps.push(() => rmSync(at, { recursive: true, force: true }));
    const file = join(at, 'journal.sqlite');
    const old = new SqliteStore(sqlite!, file, start, limits);
    old.write(batch({ ms: 1000, events: [event(1)], levels: [second(1, 4, () => -3)] }));
    old.close();
    const store = new SqliteStore(
      sqlite!,
      file,
      { ...start, startedWallMs: start.startedWallMs + limits.maxAgeMs + 5000 },
      limits,
    );
    cleanUps.push(() => store.close());
    expect(store.sessions()).toHaveLength(2);
    store.prune(start.startedWallMs + limits.maxAgeMs + 5000);
    expect(store.sessions().map(({ session }) => session)).toEqual([2]);
    expect(store.levels(1, 0, 60, 1).channels).toBe(0);
  });
});

describe('level codes', () => {
  it('are whole dB, and tell digital zero from nothing captured', () => {
    expect(levelCode(NO_SIGNAL)).toBe(NO_SIGNAL_CODE);
    expect(levelCode(-2049)).toBe(-20);
    expect(levelCode(-30_000)).toBe(-126);
    expect(levelCode(0)).toBe(0);
    expect(codeDb(NO_SIGNAL_CODE)).toBeNull();
    expect(codeDb(NOT_CAPTURED)).toBeNull();
    expect(codeDb(-18)).toBe(-18);
  });

  it('of a minute come back as the seconds they were packed from', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 0, max: 59 }), { minLength: 1 }),
        fc.integer({ min: 0, max: 5000 }),
        (at, minute) => {
          const seconds = at.sort((a, b) => a - b).map((s) => second(minute * 60 + s, 3, (c) => -(s + c)));
          expect(unpackMinute(packMinute(minute, seconds))).toEqual(seconds);
        },
      ),
    );
  });
});
