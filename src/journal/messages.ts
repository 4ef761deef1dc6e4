/** What crosses between the main thread and the journal's worker. Plain data. */
import type { Fault } from '../fault.ts';
import type {
  ClockRow,
  EventMark,
  EventQuery,
  JournalBatch,
  JournalEvent,
  JournalHealth,
  LevelStretch,
  MarkQuery,
  SessionRow,
  SessionStart,
  StreamRow,
  TakeRow,
} from './shapes.ts';
import type { JournalLimits } from './sqliteStore.ts';

export interface JournalWorkerData {
  readonly file: string;
  readonly start: SessionStart;
  readonly limits: JournalLimits;
}

/** Every question and its answer. `session` 0: the present one. */
export interface JournalQuestions {
  readonly sessions: { readonly ask: Record<never, never>; readonly answer: SessionRow[] };
  readonly events: { readonly ask: { readonly query: EventQuery }; readonly answer: JournalEvent[] };
  readonly marks: { readonly ask: { readonly query: MarkQuery }; readonly answer: EventMark[] };
  readonly levels: {
    readonly ask: {
      readonly session: number;
      readonly fromS: number;
      readonly toS: number;
      readonly stepS: number;
    };
    readonly answer: LevelStretch;
  };
  readonly clocks: { readonly ask: { readonly session: number }; readonly answer: ClockRow[] };
  readonly streams: { readonly ask: { readonly session: number }; readonly answer: StreamRow[] };
  readonly takes: { readonly ask: { readonly session: number }; readonly answer: TakeRow[] };
}
export type QuestionKind = keyof JournalQuestions;

export type Question = { [K in QuestionKind]: { readonly kind: K } & JournalQuestions[K]['ask'] }[QuestionKind];

export type ToJournal =
  | { readonly kind: 'write'; readonly batch: JournalBatch }
  | { readonly kind: 'ask'; readonly id: number; readonly question: Question }
  | { readonly kind: 'limits'; readonly limits: JournalLimits }
  | { readonly kind: 'close' };

export type FromJournal =
  /** After opening and after each write. */
  | {
      readonly kind: 'state';
      readonly session: number;
      readonly health: JournalHealth;
      readonly putAside: string | null;
      readonly dropped: number;
      readonly takesBefore: number;
      readonly opened: boolean;
    }
  | { readonly kind: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'refused'; readonly id: number; readonly fault: Fault }
  | { readonly kind: 'bug'; readonly stack: string };
