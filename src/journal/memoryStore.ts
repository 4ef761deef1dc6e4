/** The journal where nothing lasts: when the state folder is read-only, or SQLite is not installed. Bounded by time. */
import { addSecond, emptyStretch } from './levelCodes.ts';
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

/** 12 h of levels, 34 channels: 3 MB. */
const KEPT_SECONDS = 12 * 3600;
const KEPT_EVENTS = 20_000;
const KEPT_CLOCKS = 12 * 60 + 1000;
const KEPT_TAKES = 1000;

export class MemoryStore implements JournalStore {
  readonly session = 1;
  readonly putAside = null;
  readonly #start: SessionStart;
  #lastMs = 0;
  #events: JournalEvent[] = [];
  #levels: LevelSecond[] = [];
  #clocks: ClockRow[] = [];
  #streams: StreamRow[] = [];
  readonly #takes = new Map<string, TakeRow>();

  constructor(start: SessionStart) {
    this.#start = start;
  }

  write(batch: JournalBatch): void {
    this.#lastMs = batch.ms;
    this.#events.push(...batch.events);
    this.#levels.push(...batch.levels);
    this.#clocks.push(...batch.clocks);
    this.#streams.push(...batch.streams);
    for (const take of batch.takes) this.#takes.set(take.id, take);
  }

  sessions(): SessionRow[] {
    const { startedWallMs, version, simulated } = this.#start;
    return [
      {
        session: this.session,
        startedWallMs,
        lastMs: this.#lastMs,
        version,
        simulated,
        events: this.#events.length,
        takes: this.#takes.size,
      },
    ];
  }

  events(query: EventQuery): JournalEvent[] {
    if (query.session !== this.session) return [];
    const { fromMs = 0, toMs = Number.POSITIVE_INFINITY, kinds, newest = false, limit } = query;
    const found = this.#events.filter(
      (event) => event.ms >= fromMs && event.ms < toMs && (kinds === undefined || kinds.includes(event.kind)),
    );
    return newest ? found.reverse().slice(0, limit) : found.slice(0, limit);
  }

  marks(query: MarkQuery): EventMark[] {
    const { fromMs, toMs, bucketMs, limit } = query;
    const marks = new Map<string, EventMark>();
    const events = this.events({ session: query.session, fromMs, toMs, limit: Number.POSITIVE_INFINITY });
    for (const { ms, kind, severity, where, text } of events) {
      const key = `${Math.floor(ms / bucketMs)} ${kind} ${where}`;
      const mark = marks.get(key);
      if (mark === undefined) marks.set(key, { ms, kind, severity, where, count: 1, text });
      else {
        const first = ms < mark.ms ? { ms, severity, text } : {};
        marks.set(key, { ...mark, ...first, count: mark.count + 1 });
      }
    }
    return [...marks.values()].sort((a, b) => a.ms - b.ms).slice(0, limit);
  }

  levels(session: number, fromS: number, toS: number, stepS: number): LevelStretch {
    const seconds = session === this.session ? this.#levels : [];
    const channels = seconds.reduce((most, { peak }) => Math.max(most, peak.length), 0);
    const stretch = emptyStretch(fromS, toS, stepS, channels);
    for (const second of seconds) addSecond(stretch, second);
    return stretch;
  }

  clocks(session: number): ClockRow[] {
    return session === this.session ? [...this.#clocks] : [];
  }

  streams(session: number): StreamRow[] {
    return session === this.session ? [...this.#streams] : [];
  }

  takes(session: number): TakeRow[] {
    return session === this.session ? [...this.#takes.values()] : [];
  }

  /** Bounded by time already. */
  limit(): void {}

  prune(): void {
    this.#events = this.#events.slice(-KEPT_EVENTS);
    this.#levels = this.#levels.slice(-KEPT_SECONDS);
    this.#clocks = this.#clocks.slice(-KEPT_CLOCKS);
    this.#streams = this.#streams.slice(-KEPT_TAKES);
    for (const id of this.#takes.keys()) {
      if (this.#takes.size <= KEPT_TAKES) break;
      this.#takes.delete(id);
    }
  }

  bytes(): number {
    return this.#levels.reduce((sum, { peak }) => sum + 2 * peak.length, 0) + this.#events.length * 300;
  }

  close(): void {}
}
