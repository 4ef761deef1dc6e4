/**
 * What the journal keeps and tells. Rows are plain data: they cross to the journal's worker, and over HTTP.
 *
 * `ms` is monotonic since the start of the session (one run of the program); `wallMs` the wall clock, ms since 1970, as it
 * stood then; `frame` the sample position in stream number `stream` of the session, -1 where there is none.
 */
import { type Static, Type } from 'typebox';
import { Basis, SyncWord } from '../monitor/snapshot.ts';
import { EndedTake, RunningTake } from '../monitor/takes.ts';

export const EventKind = Type.Enum(
  [
    'clip',
    'slip',
    'usbLoss',
    'xrun',
    'clockChange',
    'clockSource',
    'portLock',
    'inputSwitch',
    'dropped',
    'state',
    'stream',
    'sync',
    'finding',
    'findingEnd',
    'takeStart',
    'takeEnd',
    'mark',
    'wallClock',
    'recorder',
    'proof',
    'timecode',
  ],
  {
    description:
      'clockChange: the clock that drives the interface runs at another rate. dropped: so many more events were only counted. state: capture. stream: one opened. sync: the word of a bank changed. mark: set by hand or by OSC. wallClock: it was set. proof: a guided proof ended. timecode: what a channel carried, where it began, each minute, and where it stopped.',
  },
);
export type EventKind = Static<typeof EventKind>;

export const JournalEvent = Type.Object(
  {
    ms: Type.Number({ description: 'Monotonic, since the start of the session.' }),
    wallMs: Type.Number({ description: 'Wall clock, ms since 1970.' }),
    stream: Type.Integer({ description: 'Number of the stream in the session, from 1; 0: none yet.' }),
    frame: Type.Integer({ description: 'Sample position in that stream; -1: none.' }),
    kind: EventKind,
    severity: Type.Enum(['alarm', 'warning', 'info']),
    where: Type.String({ description: 'Channel number, id of a bank, `all`, or a name.' }),
    text: Type.String({ description: 'One sentence.' }),
    detail: Type.Record(Type.String(), Type.Unknown(), { description: 'The evidence, by kind.' }),
  },
  { description: 'Something that happened.' },
);
export type JournalEvent = Static<typeof JournalEvent>;

export const StreamRow = Type.Object({
  stream: Type.Integer(),
  ms: Type.Number(),
  name: Type.String(),
  rateHz: Type.Integer(),
  channels: Type.Integer(),
  channelNames: Type.Array(Type.String()),
  banks: Type.Array(
    Type.Object({
      id: Type.String(),
      name: Type.String(),
      box: Type.Union([Type.String(), Type.Null()]),
      kind: Type.String(),
      first: Type.Integer(),
      last: Type.Integer(),
    }),
  ),
});
export type StreamRow = Static<typeof StreamRow>;

export const ClockRow = Type.Object(
  {
    ms: Type.Number(),
    ratePpm: Type.Union([Type.Number(), Type.Null()], { description: "The interface against this box's clock." }),
    banks: Type.Array(
      Type.Object({
        id: Type.String(),
        sync: SyncWord,
        basis: Basis,
        ppm: Type.Union([Type.Number(), Type.Null()]),
        uncertaintyPpm: Type.Union([Type.Number(), Type.Null()]),
        slips: Type.Integer(),
      }),
    ),
  },
  { description: 'The clocks once a minute, and whenever a word changes.' },
);
export type ClockRow = Static<typeof ClockRow>;

export const TakeRow = Type.Union([EndedTake, RunningTake], {
  description: 'A take; without endedMs it runs, or the power went in the middle of it.',
});
export type TakeRow = Static<typeof TakeRow>;

/** Levels of one second: whole dB as int8; see `levelCode`. */
export interface LevelSecond {
  /** Seconds since the start of the session. */
  readonly second: number;
  /** Largest sample peak of each channel. */
  readonly peak: Int8Array;
  /** Largest RMS (300 ms) of each channel. */
  readonly rms: Int8Array;
}

export const SessionRow = Type.Object({
  session: Type.Integer({ description: 'Number in the journal, from 1.' }),
  startedWallMs: Type.Number(),
  lastMs: Type.Number({ description: 'Monotonic, of the last thing written.' }),
  version: Type.String(),
  simulated: Type.Boolean(),
  events: Type.Integer({ description: 'Events kept.' }),
  takes: Type.Integer(),
});
export type SessionRow = Static<typeof SessionRow>;

/** What begins a session. */
export interface SessionStart {
  readonly startedWallMs: number;
  readonly version: string;
  readonly simulated: boolean;
}

/** All that one turn of the feed hands over. Written in one transaction. */
export interface JournalBatch {
  readonly ms: number;
  readonly events: readonly JournalEvent[];
  readonly levels: readonly LevelSecond[];
  readonly clocks: readonly ClockRow[];
  readonly streams: readonly StreamRow[];
  readonly takes: readonly TakeRow[];
}

export interface EventQuery {
  readonly session: number;
  readonly fromMs?: number;
  readonly toMs?: number;
  readonly kinds?: readonly EventKind[];
  /** Newest first when true. */
  readonly newest?: boolean;
  readonly limit: number;
}

/**
 * A stretch of the level history, in steps of `stepS` seconds; each array is steps x channels codes: the largest peak of a
 * step, its largest RMS, and `low`, the smallest RMS of its seconds.
 */
export interface LevelStretch {
  readonly fromS: number;
  readonly stepS: number;
  readonly steps: number;
  readonly channels: number;
  readonly peak: Int8Array;
  readonly rms: Int8Array;
  readonly low: Int8Array;
}

/** Events of one kind at one place that fell into one bucket of time. */
export const EventMark = Type.Object(
  {
    ms: Type.Number({ description: 'Of the first of them.' }),
    kind: EventKind,
    severity: Type.Enum(['alarm', 'warning', 'info'], { description: 'Of the first.' }),
    where: Type.String(),
    count: Type.Integer({ minimum: 1 }),
    text: Type.String({ description: 'Of the first.' }),
  },
  { description: 'Events of one kind at one place, near in time.' },
);
export type EventMark = Static<typeof EventMark>;

export interface MarkQuery {
  readonly session: number;
  readonly fromMs: number;
  readonly toMs: number;
  /** Width of a bucket. */
  readonly bucketMs: number;
  readonly limit: number;
}

/** Where the journal stands, and how it is. */
export type JournalHealth =
  | { readonly kind: 'disk'; readonly bytes: number }
  /** Nothing lasts over a restart. */
  | { readonly kind: 'memory'; readonly why: 'noModule' | 'readOnly' | 'full' | 'failed'; readonly told: string }
  /** The disk is full or fails now; what is to be written waits in memory, within a bound. */
  | { readonly kind: 'waiting'; readonly why: 'full' | 'failed'; readonly told: string };

/** One journal, wherever it stands. All calls are synchronous: they run in the journal's own worker. */
export interface JournalStore {
  /** Number of the present session. */
  readonly session: number;
  /** Name under which a bad file was put aside at opening, or null. */
  readonly putAside: string | null;
  write(batch: JournalBatch): void;
  sessions(): SessionRow[];
  events(query: EventQuery): JournalEvent[];
  marks(query: MarkQuery): EventMark[];
  levels(session: number, fromS: number, toS: number, stepS: number): LevelStretch;
  clocks(session: number): ClockRow[];
  streams(session: number): StreamRow[];
  takes(session: number): TakeRow[];
  limit(limits: { readonly maxBytes: number; readonly maxAgeMs: number }): void;
  /** Forgets what is too old or too much. */
  prune(nowWallMs: number): void;
  bytes(): number;
  close(): void;
}
