/**
 * Keeps one journal open through what disks do: a bad file is put aside, a read-only or missing disk gives a journal in
 * memory, a full disk lets the rows wait. It never throws for what a disk does. Lives in the journal's worker.
 */
import { mkdirSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { MemoryStore } from './memoryStore.ts';
import type { JournalBatch, JournalHealth, JournalStore, SessionStart } from './shapes.ts';
import {
  isCorrupt,
  type JournalLimits,
  NewerJournal,
  putFileAside,
  type SqliteModule,
  SqliteStore,
  sqliteCode,
} from './sqliteStore.ts';

/** Batches that wait for a disk that is full: ten minutes of seconds. Older ones are dropped and counted. */
export const WAITING_BATCHES = 600;
const RETRY_MS = 5000;
const PRUNE_EVERY_MS = 60_000;

export interface KeeperParts {
  /** null: it is not installed. */
  readonly sqlite: SqliteModule | null;
  readonly file: string;
  readonly start: SessionStart;
  readonly limits: JournalLimits;
  readonly nowWallMs: () => number;
  readonly nowMs: () => number;
}

export class JournalKeeper {
  readonly #parts: KeeperParts;
  #limits: JournalLimits;
  #store: JournalStore;
  #memory: { readonly why: 'noModule' | 'readOnly' | 'full' | 'failed'; readonly told: string } | null = null;
  #trouble: { readonly why: 'full' | 'failed'; readonly told: string } | null = null;
  #waiting: JournalBatch[] = [];
  #retryAtMs = 0;
  #prunedMs = Number.NEGATIVE_INFINITY;
  /** Batches lost because the disk stayed full. */
  dropped = 0;

  constructor(parts: KeeperParts) {
    this.#parts = parts;
    this.#limits = parts.limits;
    this.#store = this.#open();
  }

  get store(): JournalStore {
    return this.#store;
  }

  health(): JournalHealth {
    if (this.#memory !== null) return { kind: 'memory', ...this.#memory };
    if (this.#trouble !== null) return { kind: 'waiting', ...this.#trouble };
    return { kind: 'disk', bytes: this.#store.bytes() };
  }

  limit(limits: JournalLimits): void {
    this.#limits = limits;
    this.#store.limit(limits);
  }

  write(batch: JournalBatch): void {
    this.#waiting.push(batch);
    if (this.#waiting.length > WAITING_BATCHES) {
      this.#waiting.shift();
      this.dropped++;
    }
    if (this.#trouble === null || this.#parts.nowMs() >= this.#retryAtMs) this.#writeWaiting();
    if (this.#trouble === null && this.#parts.nowMs() - this.#prunedMs >= PRUNE_EVERY_MS) this.#prune();
  }

  close(): void {
    if (this.#waiting.length > 0) this.#writeWaiting();
    this.#store.close();
  }

  #open(): JournalStore {
    const { sqlite, file, start } = this.#parts;
    const limits = this.#limits;
    if (sqlite === null) {
      return this.#inMemory(
        'noModule',
        'better-sqlite3 is not installed, or was compiled against Node 24.19 or newer and would end the program.',
      );
    }
    try {
      mkdirSync(dirname(file), { recursive: true });
      return new SqliteStore(sqlite, file, start, limits);
    } catch (error) {
      if (error instanceof NewerJournal) return this.#inMemory('failed', error.message);
      if (!isCorrupt(error)) return this.#inMemory(memoryReason(error), reasonTold(error));
    }
    try {
      const aside = putFileAside(file, this.#parts.nowWallMs());
      return new SqliteStore(sqlite, file, start, limits, basename(aside));
    } catch (error) {
      return this.#inMemory(memoryReason(error), reasonTold(error));
    }
  }

  #inMemory(why: 'noModule' | 'readOnly' | 'full' | 'failed', told: string): JournalStore {
    this.#memory = { why, told };
    return new MemoryStore(this.#parts.start);
  }

  #writeWaiting(): void {
    try {
      for (let batch = this.#waiting[0]; batch !== undefined; batch = this.#waiting[0]) {
        this.#store.write(batch);
        this.#waiting.shift();
      }
      this.#trouble = null;
    } catch (error) {
      if (isCorrupt(error)) {
        this.#store.close();
        this.#store = this.#open();
        return;
      }
      this.#retryAtMs = this.#parts.nowMs() + RETRY_MS;
      this.#trouble = { why: sqliteCode(error) === 'SQLITE_FULL' ? 'full' : 'failed', told: reasonTold(error) };
    }
  }

  #prune(): void {
    this.#prunedMs = this.#parts.nowMs();
    try {
      this.#store.prune(this.#parts.nowWallMs());
    } catch (error) {
      if (isCorrupt(error)) return;
      this.#retryAtMs = this.#parts.nowMs() + RETRY_MS;
      this.#trouble = { why: sqliteCode(error) === 'SQLITE_FULL' ? 'full' : 'failed', told: reasonTold(error) };
    }
  }
}

function memoryReason(error: unknown): 'readOnly' | 'full' | 'failed' {
  const code = sqliteCode(error);
  if (code.startsWith('SQLITE_READONLY') || code.startsWith('SQLITE_CANTOPEN')) return 'readOnly';
  if (code === 'EROFS' || code === 'EACCES' || code === 'EPERM') return 'readOnly';
  if (code === 'SQLITE_FULL' || code === 'ENOSPC') return 'full';
  return 'failed';
}

function reasonTold(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
