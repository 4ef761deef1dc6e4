/**
 * The journal in one SQLite file: WAL, every commit synced, so that a power cut takes no more than what was not yet
 * committed. https://www.sqlite.org/pragma.html#pragma_synchronous: in WAL mode NORMAL may lose commits since the last
 * checkpoint, FULL syncs the WAL after each.
 *
 * The worker commits once a second while something is captured: one page of 4 KiB into the WAL. Seconds of levels are
 * packed into a row a minute.
 */
import { readFileSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import type BetterSqlite3 from 'better-sqlite3';
import { addSecond, emptyStretch, packMinute, unpackMinute } from './levelCodes.ts';
import type {
  ClockRow,
  EventMark,
  EventQuery,
  JournalBatch,
  JournalEvent,
  JournalStore,
  LevelSecond,
  LevelStretch,
  MarkQuery,
  SessionRow,
  SessionStart,
  StreamRow,
  TakeRow,
} from './shapes.ts';

export type SqliteModule = typeof BetterSqlite3;

const SCHEMA_VERSION = 2;
const SCHEMA = `
CREATE TABLE session (
  id INTEGER PRIMARY KEY, startedWallMs INTEGER NOT NULL, lastMs INTEGER NOT NULL, version TEXT NOT NULL,
  simulated INTEGER NOT NULL);
CREATE TABLE event (
  id INTEGER PRIMARY KEY, session INTEGER NOT NULL, ms REAL NOT NULL, wallMs INTEGER NOT NULL, stream INTEGER NOT NULL,
  frame INTEGER NOT NULL, kind TEXT NOT NULL, severity TEXT NOT NULL, place TEXT NOT NULL, text TEXT NOT NULL,
  detail TEXT NOT NULL);
CREATE INDEX event_by_time ON event (session, ms);
CREATE TABLE level_second (
  session INTEGER NOT NULL, second INTEGER NOT NULL, peak BLOB NOT NULL, rms BLOB NOT NULL,
  PRIMARY KEY (session, second)) WITHOUT ROWID;
CREATE TABLE level_minute (
  key INTEGER PRIMARY KEY, channels INTEGER NOT NULL, peakMax BLOB NOT NULL, rmsMax BLOB NOT NULL, peak BLOB NOT NULL,
  rms BLOB NOT NULL, rmsMin BLOB);
CREATE TABLE clock (id INTEGER PRIMARY KEY, session INTEGER NOT NULL, ms REAL NOT NULL, row TEXT NOT NULL);
CREATE INDEX clock_by_time ON clock (session, ms);
CREATE TABLE stream (session INTEGER NOT NULL, stream INTEGER NOT NULL, row TEXT NOT NULL, PRIMARY KEY (session, stream));
CREATE TABLE take (id TEXT PRIMARY KEY, session INTEGER NOT NULL, ms REAL NOT NULL, row TEXT NOT NULL);
`;

/** 1 -> 2: minutes keep their smallest RMS too; in older rows it is NULL, and read from the seconds. */
const FROM_1 = 'ALTER TABLE level_minute ADD COLUMN rmsMin BLOB';

/** level_minute.key = session x this + minute: 31 years of minutes. */
const MINUTES_A_SESSION = 2 ** 24;

export interface JournalLimits {
  /** What the rows may take, bytes. */
  readonly maxBytes: number;
  /** Older than this is forgotten, ms of wall time. */
  readonly maxAgeMs: number;
}

/**
 * better-sqlite3, or null where it is not installed (it is an optional dependency, built on the machine), or where it would
 * end the program: compiled against the headers of Node 24.19 or newer, its statements take themselves off Node's list when
 * they are destroyed, and Node aborts where that happens between two turns. The package is compiled without.
 */
export function loadSqlite(load: NodeJS.Require = createRequire(import.meta.url)): SqliteModule | null {
  try {
    const compiled = load.resolve('better-sqlite3/build/Release/better_sqlite3.node');
    if (readFileSync(compiled).includes('RemoveEnvironmentCleanupHook')) return null;
    return load('better-sqlite3') as SqliteModule;
  } catch {
    return null;
  }
}

/** The SQLite result code of an error, such as SQLITE_FULL; empty for anything else. */
export function sqliteCode(error: unknown): string {
  const code = (error as { code?: unknown }).code;
  return typeof code === 'string' ? code : '';
}

/** What says that the file itself is no good, and another must be begun. */
export function isCorrupt(error: unknown): boolean {
  const code = sqliteCode(error);
  return code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB';
}

interface Statements {
  readonly touch: BetterSqlite3.Statement;
  readonly event: BetterSqlite3.Statement;
  readonly second: BetterSqlite3.Statement;
  readonly minute: BetterSqlite3.Statement;
  readonly clock: BetterSqlite3.Statement;
  readonly stream: BetterSqlite3.Statement;
  readonly take: BetterSqlite3.Statement;
}

export class SqliteStore implements JournalStore {
  readonly session: number;
  readonly putAside: string | null;
  readonly #db: BetterSqlite3.Database;
  #limits: JournalLimits;
  readonly #statements: Statements;
  #minuteOpen = -1;
  readonly #rmsMin: string;

  /** Throws SQLite's own error when the file can not be used; see `openStore` for what is done then. */
  constructor(
    sqlite: SqliteModule,
    file: string,
    start: SessionStart | null,
    limits: JournalLimits,
    putAside: string | null = null,
  ) {
    const db = new sqlite(file, { readonly: start === null, fileMustExist: start === null, timeout: 2000 });
    this.#db = db;
    this.#limits = limits;
    this.putAside = putAside;
    try {
      if (start !== null) {
        db.pragma('journal_mode = WAL');
        db.pragma('synchronous = FULL');
        db.pragma('wal_autocheckpoint = 1000');
        db.pragma('journal_size_limit = 4194304');
        // KiB. What is read again is in the kernel's cache; SQLite's own of 2 MB filled up over the first hour.
        db.pragma('cache_size = -512');
      }
      const version = db.pragma('user_version', { simple: true }) as number;
      if (version > SCHEMA_VERSION) throw new NewerJournal(version);
      if (start !== null && db.pragma('quick_check(1)', { simple: true }) !== 'ok') throw new CorruptJournal();
      if (version === 0 && start !== null) {
        db.transaction(() => {
          db.exec(SCHEMA);
          db.pragma(`user_version = ${SCHEMA_VERSION}`);
        })();
      } else if (version === 1 && start !== null) {
        db.transaction(() => {
          db.exec(FROM_1);
          db.pragma(`user_version = ${SCHEMA_VERSION}`);
        })();
      }
      // A journal that is only read stays as it is.
      this.#rmsMin = version === 1 && start === null ? 'NULL AS rmsMin' : 'rmsMin';
      this.#statements = {
        touch: db.prepare('UPDATE session SET lastMs = ? WHERE id = ?'),
        event: db.prepare(
          'INSERT INTO event (session, ms, wallMs, stream, frame, kind, severity, place, text, detail) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
        ),
        second: db.prepare('INSERT OR REPLACE INTO level_second (session, second, peak, rms) VALUES (?, ?, ?, ?)'),
        // Before version 2 this is never run: a journal that is written to has been brought up to date.
        minute: db.prepare(
          this.#rmsMin === 'rmsMin'
            ? 'INSERT OR REPLACE INTO level_minute (key, channels, peakMax, rmsMax, peak, rms, rmsMin) VALUES (?, ?, ?, ?, ?, ?, ?)'
            : 'SELECT 0',
        ),
        clock: db.prepare('INSERT INTO clock (session, ms, row) VALUES (?, ?, ?)'),
        stream: db.prepare('INSERT OR REPLACE INTO stream (session, stream, row) VALUES (?, ?, ?)'),
        take: db.prepare(
          'INSERT INTO take (id, session, ms, row) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET row = excluded.row',
        ),
      };
      if (start === null) {
        this.session = 0;
      } else {
        // What the last session left unpacked when its power went.
        db.transaction(() => this.#packAll())();
        const { startedWallMs, version: program, simulated } = start;
        this.session = Number(
          db
            .prepare('INSERT INTO session (startedWallMs, lastMs, version, simulated) VALUES (?, 0, ?, ?)')
            .run(Math.floor(startedWallMs), program, simulated ? 1 : 0).lastInsertRowid,
        );
      }
    } catch (error) {
      db.close();
      throw error;
    }
  }

  write(batch: JournalBatch): void {
    this.#db.transaction(() => {
      const { touch, event, second, clock, stream, take } = this.#statements;
      for (const e of batch.events) {
        event.run(
          this.session,
          e.ms,
          Math.floor(e.wallMs),
          e.stream,
          e.frame,
          e.kind,
          e.severity,
          e.where,
          e.text,
          JSON.stringify(e.detail),
        );
      }
      for (const row of batch.streams) stream.run(this.session, row.stream, JSON.stringify(row));
      for (const row of batch.clocks) clock.run(this.session, row.ms, JSON.stringify(row));
      for (const row of batch.takes) take.run(row.id, this.session, row.startedMs, JSON.stringify(row));
      let minuteDone = false;
      for (const level of batch.levels) {
        const minute = Math.floor(level.second / 60);
        if (this.#minuteOpen !== -1 && minute !== this.#minuteOpen) {
          this.#pack(this.session, this.#minuteOpen);
          minuteDone = true;
        }
        this.#minuteOpen = minute;
        second.run(this.session, level.second, Buffer.from(level.peak), Buffer.from(level.rms));
      }
      // The session's own row is a page more: written with events and once a minute, not each second.
      if (minuteDone || batch.events.length > 0) touch.run(Math.floor(batch.ms), this.session);
    })();
  }

  #pack(session: number, minute: number): void {
    const rows = this.#db
      .prepare('SELECT second, peak, rms FROM level_second WHERE session = ? AND second >= ? AND second < ?')
      .all(session, minute * 60, minute * 60 + 60) as { second: number; peak: Buffer; rms: Buffer }[];
    if (rows.length === 0) return;
    const packed = packMinute(minute, rows.map(secondOf));
    this.#statements.minute.run(
      session * MINUTES_A_SESSION + minute,
      packed.channels,
      Buffer.from(packed.peakMax),
      Buffer.from(packed.rmsMax),
      Buffer.from(packed.peak),
      Buffer.from(packed.rms),
      Buffer.from(packed.rmsMin),
    );
    this.#db
      .prepare('DELETE FROM level_second WHERE session = ? AND second >= ? AND second < ?')
      .run(session, minute * 60, minute * 60 + 60);
  }

  #packAll(): void {
    const open = this.#db.prepare('SELECT DISTINCT session, second / 60 AS minute FROM level_second').all() as {
      session: number;
      minute: number;
    }[];
    for (const { session, minute } of open) this.#pack(session, minute);
  }

  sessions(): SessionRow[] {
    const rows = this.#db
      .prepare(
        `SELECT id, startedWallMs, version, simulated,
           max(lastMs, coalesce((SELECT max(second) * 1000 FROM level_second WHERE session = session.id), 0),
               coalesce((SELECT max(ms) FROM event WHERE session = session.id), 0)) AS lastMs,
           (SELECT count(*) FROM event WHERE session = session.id) AS events,
           (SELECT count(*) FROM take WHERE session = session.id) AS takes
         FROM session ORDER BY id`,
      )
      .all() as (Omit<SessionRow, 'session' | 'simulated'> & { id: number; simulated: number })[];
    return rows.map(({ id, simulated, ...row }) => ({ session: id, ...row, simulated: simulated === 1 }));
  }

  events(query: EventQuery): JournalEvent[] {
    const { session, fromMs = 0, toMs = Number.MAX_SAFE_INTEGER, kinds, newest = false, limit } = query;
    const only = kinds === undefined ? '' : `AND kind IN (${kinds.map(() => '?').join(', ')})`;
    const order = newest ? 'DESC' : 'ASC';
    const rows = this.#db
      .prepare(
        `SELECT ms, wallMs, stream, frame, kind, severity, place, text, detail FROM event
         WHERE session = ? AND ms >= ? AND ms < ? ${only} ORDER BY ms ${order}, id ${order} LIMIT ?`,
      )
      .all(session, fromMs, toMs, ...(kinds ?? []), limit) as (Omit<JournalEvent, 'where' | 'detail'> & {
      place: string;
      detail: string;
    })[];
    return rows.map(({ place, detail, ...row }) => ({ ...row, where: place, detail: JSON.parse(detail) }));
  }

  marks(query: MarkQuery): EventMark[] {
    const { session, fromMs, toMs, bucketMs, limit } = query;
    // Beside min() SQLite gives the other columns of the row that holds it: https://www.sqlite.org/lang_select.html#bareagg
    return this.#db
      .prepare(
        `SELECT min(ms) AS ms, kind, severity, place AS "where", count(*) AS count, text FROM event
         WHERE session = ? AND ms >= ? AND ms < ? GROUP BY CAST(ms / ? AS INTEGER), kind, place ORDER BY 1 LIMIT ?`,
      )
      .all(session, fromMs, toMs, bucketMs, limit) as EventMark[];
  }

  levels(session: number, fromS: number, toS: number, stepS: number): LevelStretch {
    const first = session * MINUTES_A_SESSION + Math.max(0, Math.floor(fromS / 60));
    const last = session * MINUTES_A_SESSION + Math.min(MINUTES_A_SESSION - 1, Math.floor(Math.max(0, toS - 1) / 60));
    const seconds = (
      this.#db
        .prepare('SELECT second, peak, rms FROM level_second WHERE session = ? AND second >= ? AND second < ?')
        .all(session, fromS, toS) as { second: number; peak: Buffer; rms: Buffer }[]
    ).map(secondOf);
    const most = this.#db
      .prepare('SELECT coalesce(max(channels), 0) AS channels FROM level_minute WHERE key BETWEEN ? AND ?')
      .get(first, last) as { channels: number };
    const channels = seconds.reduce((n, { peak }) => Math.max(n, peak.length), most.channels);
    const stretch = emptyStretch(fromS, toS, stepS, channels);
    // A step of whole minutes reads the maxima alone: the seconds lie on pages of their own.
    const coarse = stepS % 60 === 0 && fromS % 60 === 0;
    const columns = coarse ? `peakMax AS peak, rmsMax AS rms, ${this.#rmsMin}` : 'peak, rms';
    const minutes = this.#db
      .prepare(`SELECT key, channels, ${columns} FROM level_minute WHERE key BETWEEN ? AND ?`)
      .all(first, last) as { key: number; channels: number; peak: Buffer; rms: Buffer; rmsMin?: Buffer | null }[];
    for (const row of minutes) {
      const minute = row.key - session * MINUTES_A_SESSION;
      const codes = { peak: int8(row.peak), rms: int8(row.rms) };
      if (coarse) {
        const low = row.rmsMin == null ? this.#leastOf(row.key) : int8(row.rmsMin);
        addSecond(stretch, { second: minute * 60, ...codes }, low);
      } else
        for (const second of unpackMinute({ minute, channels: row.channels, ...codes })) addSecond(stretch, second);
    }
    for (const second of seconds) addSecond(stretch, second);
    return stretch;
  }

  /** Smallest RMS of a minute that was packed before the journal kept it. */
  #leastOf(key: number): Int8Array {
    const row = this.#db.prepare('SELECT channels, peak, rms FROM level_minute WHERE key = ?').get(key) as {
      channels: number;
      peak: Buffer;
      rms: Buffer;
    };
    const codes = { channels: row.channels, peak: int8(row.peak), rms: int8(row.rms) };
    return packMinute(0, unpackMinute({ minute: 0, ...codes })).rmsMin;
  }

  clocks(session: number): ClockRow[] {
    return this.#rows('SELECT row FROM clock WHERE session = ? ORDER BY ms, id', session);
  }

  streams(session: number): StreamRow[] {
    return this.#rows('SELECT row FROM stream WHERE session = ? ORDER BY stream', session);
  }

  takes(session: number): TakeRow[] {
    // Rows of before hidden losses were counted have none.
    return this.#rows<TakeRow>('SELECT row FROM take WHERE session = ? ORDER BY ms', session).map((row) => ({
      ...row,
      verdict: { ...row.verdict, lossesHiddenMs: row.verdict.lossesHiddenMs ?? 0 },
    }));
  }

  #rows<T>(sql: string, session: number): T[] {
    return (this.#db.prepare(sql).all(session) as { row: string }[]).map(({ row }) => JSON.parse(row) as T);
  }

  /** Bytes that rows take: pages in use. */
  bytes(): number {
    const pragma = (name: string) => this.#db.pragma(name, { simple: true }) as number;
    return (pragma('page_count') - pragma('freelist_count')) * pragma('page_size');
  }

  limit(limits: JournalLimits): void {
    this.#limits = limits;
  }

  prune(nowWallMs: number): void {
    const old = this.#db
      .prepare('SELECT id FROM session WHERE startedWallMs + lastMs < ? AND id <> ?')
      .all(nowWallMs - this.#limits.maxAgeMs, this.session) as { id: number }[];
    for (const { id } of old) this.#forget(id);
    // The oldest session goes whole; the present one loses its oldest hours.
    for (let round = 0; round < 1000 && this.bytes() > this.#limits.maxBytes; round++) {
      const oldest = this.#db.prepare('SELECT id FROM session ORDER BY id LIMIT 1').get() as { id: number };
      if (oldest.id !== this.session) this.#forget(oldest.id);
      else if (!this.#forgetOldestHour()) return;
    }
  }

  #forget(session: number): void {
    this.#db.transaction(() => {
      for (const table of ['event', 'level_second', 'clock', 'stream', 'take'])
        this.#db.prepare(`DELETE FROM ${table} WHERE session = ?`).run(session);
      this.#db
        .prepare('DELETE FROM level_minute WHERE key BETWEEN ? AND ?')
        .run(session * MINUTES_A_SESSION, (session + 1) * MINUTES_A_SESSION - 1);
      this.#db.prepare('DELETE FROM session WHERE id = ?').run(session);
    })();
  }

  /** false: there is nothing left that could go. */
  #forgetOldestHour(): boolean {
    const base = this.session * MINUTES_A_SESSION;
    const oldestMinute = this.#db.prepare('SELECT min(key) AS key FROM level_minute WHERE key >= ?').get(base) as {
      key: number | null;
    };
    const oldestEvent = this.#db.prepare('SELECT min(ms) AS ms FROM event WHERE session = ?').get(this.session) as {
      ms: number | null;
    };
    const fromMs = Math.min(
      oldestMinute.key === null ? Number.POSITIVE_INFINITY : (oldestMinute.key - base) * 60_000,
      oldestEvent.ms ?? Number.POSITIVE_INFINITY,
    );
    if (!Number.isFinite(fromMs)) return false;
    const toMs = fromMs + 3_600_000;
    this.#db.transaction(() => {
      this.#db.prepare('DELETE FROM event WHERE session = ? AND ms < ?').run(this.session, toMs);
      this.#db.prepare('DELETE FROM clock WHERE session = ? AND ms < ?').run(this.session, toMs);
      this.#db
        .prepare('DELETE FROM level_minute WHERE key >= ? AND key < ?')
        .run(base, base + Math.floor(toMs / 60_000));
    })();
    return true;
  }

  close(): void {
    this.#db.close();
  }
}

export class NewerJournal extends Error {
  constructor(version: number) {
    super(`The journal is of version ${version}, of a newer program.`);
  }
}

class CorruptJournal extends Error {
  readonly code = 'SQLITE_CORRUPT';
}

function int8(buffer: Buffer): Int8Array {
  return new Int8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}

function secondOf(row: { second: number; peak: Buffer; rms: Buffer }): LevelSecond {
  return { second: row.second, peak: int8(row.peak), rms: int8(row.rms) };
}

/** Gives a bad file another name, with its WAL. Returns the name. Throws when the folder can not be written to. */
export function putFileAside(file: string, stampMs: number): string {
  const name = `${file}.bad-${new Date(stampMs).toISOString().replace(/[-:]|\.\d+/g, '')}`;
  renameSync(file, name);
  for (const tail of ['-wal', '-shm']) rmSync(`${file}${tail}`, { force: true });
  return name;
}
