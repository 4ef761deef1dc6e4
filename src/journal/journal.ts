/**
 * The journal as the main thread sees it: the feed's batches go to the worker twice a second, questions come back as
 * promises, and how the journal is, is told as findings. Nothing here waits for a disk.
 */

import { Worker } from 'node:worker_threads';
import { bad, type Fault, good, type Outcome } from '../fault.ts';
import { WORKER_LIMITS } from '../heap.ts';
import type { Finding } from '../monitor/snapshot.ts';
import type { JournalFeed } from './feed.ts';
import type {
  FromJournal,
  JournalQuestions,
  JournalWorkerData,
  Question,
  QuestionKind,
  ToJournal,
} from './messages.ts';
import type { JournalHealth } from './shapes.ts';
import type { JournalLimits } from './sqliteStore.ts';

/** So much of an event is lost at most when the power goes, besides the transit to the disk. */
export const FLUSH_MS = 500;
/** Batches on their way to a worker that does not answer; then the feed keeps what it can hold. */
const IN_FLIGHT = 20;
const QUESTIONS = 64;
const STOP_MS = 1500;

export interface JournalParts extends JournalWorkerData {
  readonly feed: JournalFeed;
  readonly uptimeMs: () => number;
  /** Takes of earlier sessions, once, when the journal is open. */
  readonly onOpen?: (takesBefore: number) => void;
  /** A change of how it is, in one line. */
  readonly onHealth?: (health: JournalHealth) => void;
  /** Where the worker's file lies; beside the program by default. */
  readonly workerUrl?: URL;
}

/** What the web and the report ask. */
export interface JournalReader {
  ask<K extends QuestionKind>(
    kind: K,
    question: JournalQuestions[K]['ask'],
  ): Promise<Outcome<JournalQuestions[K]['answer']>>;
}

export class Journal implements JournalReader {
  readonly #parts: JournalParts;
  readonly #worker: Worker;
  readonly #questions = new Map<number, (outcome: Outcome<unknown>) => void>();
  #nextId = 1;
  #inFlight = 0;
  #timer: NodeJS.Timeout | null = null;
  #health: JournalHealth | null = null;
  #healthSinceMs = 0;
  #putAside: string | null = null;
  #session = 0;
  #stopping = false;

  constructor(parts: JournalParts) {
    this.#parts = parts;
    const { file, start, limits } = parts;
    this.#worker = new Worker(parts.workerUrl ?? new URL('../journalWorker.js', import.meta.url), {
      workerData: { file, start, limits } satisfies JournalWorkerData,
      resourceLimits: WORKER_LIMITS,
    });
    this.#worker.on('message', (message: FromJournal) => this.#onMessage(message));
    this.#worker.on('error', (error) => {
      throw error;
    });
    this.#worker.on('exit', (code) => {
      if (!this.#stopping && code !== 0) throw new Error(`journal worker ended with code ${code}`);
    });
  }

  start(): void {
    this.#timer ??= setInterval(() => this.turn(), FLUSH_MS);
  }

  /** Number of the present session; 0 until the journal is open. */
  get session(): number {
    return this.#session;
  }

  /** null until it is open. */
  get health(): JournalHealth | null {
    return this.#health;
  }

  turn(): void {
    if (this.#inFlight >= IN_FLIGHT) return;
    const batch = this.#parts.feed.fetch();
    if (batch === null) return;
    this.#inFlight++;
    this.#post({ kind: 'write', batch });
  }

  /** How much it may keep, from now on. */
  limit(limits: JournalLimits): void {
    this.#post({ kind: 'limits', limits });
  }

  #post(message: ToJournal): void {
    this.#worker.postMessage(message);
  }

  #onMessage(message: FromJournal): void {
    switch (message.kind) {
      case 'state': {
        if (!message.opened) this.#inFlight--;
        const before = this.#health;
        this.#health = message.health;
        this.#putAside = message.putAside;
        this.#session = message.session;
        if (message.opened) this.#parts.onOpen?.(message.takesBefore);
        if (before?.kind !== message.health.kind) {
          this.#healthSinceMs = this.#parts.uptimeMs();
          this.#parts.onHealth?.(message.health);
        }
        return;
      }
      case 'answer':
        this.#settle(message.id, good(message.value));
        return;
      case 'refused':
        this.#settle(message.id, { ok: false, fault: message.fault });
        return;
      case 'bug':
        throw new Error(`journal worker: ${message.stack}`);
    }
  }

  #settle(id: number, outcome: Outcome<unknown>): void {
    this.#questions.get(id)?.(outcome);
    this.#questions.delete(id);
  }

  ask<K extends QuestionKind>(
    kind: K,
    question: JournalQuestions[K]['ask'],
  ): Promise<Outcome<JournalQuestions[K]['answer']>> {
    if (this.#stopping || this.#questions.size >= QUESTIONS) {
      return Promise.resolve(
        bad('journal-busy', 'The journal has too many questions to answer.', 'Ask again in a second.'),
      );
    }
    const id = this.#nextId++;
    return new Promise((resolve) => {
      this.#questions.set(id, resolve as (outcome: Outcome<unknown>) => void);
      this.#post({ kind: 'ask', id, question: { kind, ...question } as unknown as Question });
    });
  }

  /** For the Snapshot: what a person should know of it. */
  findings(): Finding[] {
    const found: Finding[] = [];
    const sinceMs = Math.floor(this.#healthSinceMs);
    const add = (fault: Fault, severity: Finding['severity'], cause: string) =>
      found.push({
        code: fault.code,
        severity,
        where: 'Journal',
        symptom: fault.what,
        cause,
        fix: fault.fix,
        confidence: 'high',
        sinceMs,
      });
    const health = this.#health;
    if (health?.kind === 'memory') {
      const { fault } = bad(
        'journal-in-memory',
        'The journal of this session is lost when the power goes.',
        health.why === 'noModule'
          ? 'Install better-sqlite3 under Node 20 or 22 with a C++ compiler at hand, or the package; then start again.'
          : 'Mount the state folder writable, or give --state-dir one that is.',
      );
      add(fault, 'info', health.told);
    } else if (health?.kind === 'waiting') {
      const { fault } = bad(
        'journal-waiting',
        health.why === 'full'
          ? 'The disk of the journal is full; rows wait in memory.'
          : 'The journal can not be written to now; rows wait in memory.',
        'Free some space on the state partition; writing goes on by itself.',
      );
      add(fault, 'warning', health.told);
    }
    if (this.#putAside !== null) {
      const { fault } = bad(
        'journal-put-aside',
        `The journal's file was damaged; it is kept as ${this.#putAside}.`,
        'A new one was begun; nothing is to be done.',
      );
      add(fault, 'info', 'SQLite could not read it: a disk fault, or a copy cut short.');
    }
    return found;
  }

  async stop(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    const last = this.#parts.feed.fetch(true);
    if (last !== null) this.#post({ kind: 'write', batch: last });
    this.#stopping = true;
    const exited = new Promise<void>((resolve) => this.#worker.once('exit', () => resolve()));
    this.#post({ kind: 'close' });
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([
      exited,
      new Promise<void>((resolve) => {
        timer = setTimeout(resolve, STOP_MS);
      }),
    ]);
    clearTimeout(timer);
    await this.#worker.terminate();
    for (const id of [...this.#questions.keys()]) {
      this.#settle(id, bad('journal-busy', 'The journal closes.', 'Ask again when the program runs.'));
    }
  }
}
