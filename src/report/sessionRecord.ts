/** All that the journal knows of one session, asked for in pieces. */
import { good, type Outcome } from '../fault.ts';
import type { JournalReader } from '../journal/journal.ts';
import { codeDb } from '../journal/levelCodes.ts';
import { NO_SESSION } from '../journal/noSession.ts';
import type { ClockRow, JournalEvent, SessionRow, StreamRow, TakeRow } from '../journal/shapes.ts';

/** Events that a report reads; a session with more of them says so. */
export const MOST_EVENTS = 20_000;
/** Levels are read in steps of so long: a report tells maxima only. */
const LEVEL_STEP_S = 60;

export interface SessionRecord {
  readonly session: SessionRow;
  readonly streams: readonly StreamRow[];
  readonly clocks: readonly ClockRow[];
  readonly takes: readonly TakeRow[];
  /** In order of time. */
  readonly events: readonly JournalEvent[];
  /** Events that are kept and were not read. */
  readonly leftOut: number;
  /** Largest sample peak of channel 1, 2, ..., whole dBFS; null: nothing but digital zero, or nothing captured. */
  readonly peaksDbfs: readonly (number | null)[];
}

/** `number` 0: the present session. Faults: those of the journal, and `journal-no-session`. */
export async function readSession(journal: JournalReader, number: number): Promise<Outcome<SessionRecord>> {
  const sessions = await journal.ask('sessions', {});
  if (!sessions.ok) return sessions;
  const session = number === 0 ? sessions.value.at(-1) : sessions.value.find((one) => one.session === number);
  if (session === undefined) return { ok: false, fault: NO_SESSION };
  const at = { session: session.session };
  const streams = await journal.ask('streams', at);
  if (!streams.ok) return streams;
  const clocks = await journal.ask('clocks', at);
  if (!clocks.ok) return clocks;
  const takes = await journal.ask('takes', at);
  if (!takes.ok) return takes;
  const events = await journal.ask('events', { query: { ...at, limit: MOST_EVENTS } });
  if (!events.ok) return events;
  const toS = (Math.floor(session.lastMs / 1000 / LEVEL_STEP_S) + 1) * LEVEL_STEP_S;
  const levels = await journal.ask('levels', { ...at, fromS: 0, toS, stepS: LEVEL_STEP_S });
  if (!levels.ok) return levels;
  const { channels, steps, peak } = levels.value;
  const peaks = Array.from({ length: channels }, (_, c) => {
    let most = -128;
    for (let s = 0; s < steps; s++) most = Math.max(most, peak[s * channels + c]!);
    return codeDb(most);
  });
  return good({
    session,
    streams: streams.value,
    clocks: clocks.value,
    takes: takes.value,
    events: [...events.value].sort((a, b) => a.ms - b.ms),
    leftOut: Math.max(0, session.events - events.value.length),
    peaksDbfs: peaks,
  });
}
