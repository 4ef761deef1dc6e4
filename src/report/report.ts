/**
 * The report of a session: what was watched, on which clocks, what happened, and what that makes of each take. Pure: made from
 * the journal alone, so that it tells of sessions of weeks ago as of the present one.
 */
import { type Static, Type } from 'typebox';
import { ClockRow, type JournalEvent, StreamRow } from '../journal/shapes.ts';
import { captureEdges, SyncSpan, syncSpans } from '../journal/timeline.ts';
import { TakeOrigin, TakeVerdictWord } from '../monitor/takes.ts';
import type { SessionRecord } from './sessionRecord.ts';

const Nullable = <T extends ReturnType<typeof Type.Number> | ReturnType<typeof Type.String>>(type: T) =>
  Type.Union([type, Type.Null()]);

export const ReportFault = Type.Object(
  {
    ms: Type.Number({ description: 'Since the start of the session, monotonic.' }),
    at: Type.String({ description: 'Wall clock, ISO 8601, UTC.' }),
    stream: Type.Integer(),
    frame: Type.Integer({ description: 'Sample position in that stream; -1: none.' }),
    kind: Type.String({
      description:
        'clip, slip, usbLoss, xrun, clockChange, clockSource, portLock, gone (the interface), stalled, faulted, recorder, or dropped: more than were told one by one.',
    }),
    where: Type.String({ description: 'Channel number, id of the bank, or all.' }),
    place: Type.String({ description: 'The same in words.' }),
    severity: Type.Enum(['alarm', 'warning', 'info']),
    text: Type.String(),
    frames: Type.Union([Type.Integer(), Type.Null()], { description: 'Frames moved or lost; null: not known.' }),
    take: Nullable(Type.String({ description: 'Name of the take it fell into.' })),
    takeMs: Nullable(Type.Number({ description: 'From the start of that take.' })),
  },
  { description: 'Something that may be heard, or that kept this box from hearing.' },
);
export type ReportFault = Static<typeof ReportFault>;

const ReportFinding = Type.Object(
  {
    code: Type.String(),
    where: Type.String(),
    severity: Type.Enum(['alarm', 'warning', 'info']),
    symptom: Type.String(),
    cause: Type.String(),
    fix: Type.String(),
    confidence: Type.String(),
    fromMs: Type.Number(),
    toMs: Nullable(Type.Number({ description: 'null: it stood to the end.' })),
    times: Type.Integer({ minimum: 1, description: 'How often it came.' }),
  },
  { description: 'A finding that stood.' },
);

const ReportTake = Type.Object({
  id: Type.String(),
  name: Type.String(),
  by: TakeOrigin,
  fromMs: Type.Number(),
  toMs: Nullable(Type.Number({ description: 'null: it runs, or the power went in the middle of it.' })),
  startedAt: Type.String(),
  startedFrame: Type.Integer(),
  verdict: TakeVerdictWord,
  suspects: Type.Integer(),
  notWatchedMs: Type.Number(),
  lossesHiddenMs: Type.Number({
    description: 'Time in which a single lost USB packet would not have shown by its arrival.',
  }),
  untold: Type.Array(Type.String({ description: 'Names of digital banks whose clock could not be told in it.' })),
  words: Type.String({ description: 'The verdict in a sentence.' }),
  clips: Type.Array(Type.Object({ channel: Type.Integer(), name: Type.String(), clips: Type.Integer() })),
});

const ReportClock = Type.Object({
  bank: Type.String(),
  name: Type.String(),
  box: Nullable(Type.String()),
  slips: Type.Integer({ description: 'Slips among the events of this session.' }),
  ppm: Nullable(Type.Number({ description: 'As told last.' })),
  uncertaintyPpm: Nullable(Type.Number()),
  inSyncMs: Type.Number({ description: 'Time with the word sync.' }),
  slippingMs: Type.Number({ description: 'Time with the word lock.' }),
  noLockMs: Type.Number(),
  unknownMs: Type.Number({ description: 'Time in which it could not be told.' }),
  spans: Type.Array(SyncSpan),
});

export const Report = Type.Object(
  {
    product: Type.Literal('lightkeeper'),
    version: Type.String({ description: 'Of the program that watched.' }),
    simulated: Type.Boolean(),
    session: Type.Integer(),
    startedAt: Type.String({ description: 'ISO 8601, UTC.' }),
    lengthMs: Type.Number(),
    watchedMs: Type.Number({ description: 'Time in which something was captured.' }),
    streams: Type.Array(StreamRow),
    channels: Type.Array(
      Type.Object({
        index: Type.Integer(),
        name: Type.String(),
        bank: Type.String(),
        peakDbfs: Nullable(Type.Number({ description: 'Largest sample, whole dB; null: never a bit.' })),
        clips: Type.Integer(),
      }),
    ),
    ratePpm: Type.Object(
      { least: Nullable(Type.Number()), most: Nullable(Type.Number()), last: Nullable(Type.Number()) },
      { description: "The interface's rate against this box's clock." },
    ),
    clocks: Type.Array(ReportClock),
    clockHistory: Type.Array(ClockRow),
    faults: Type.Array(ReportFault),
    findings: Type.Array(ReportFinding),
    takes: Type.Array(ReportTake),
    recordings: Type.Array(
      Type.Object({
        file: Type.String(),
        fromMs: Type.Number(),
        toMs: Nullable(Type.Number({ description: 'null: it runs, or the power went in the middle of it.' })),
        bytes: Nullable(Type.Number()),
        lostFrames: Nullable(Type.Number({ description: 'Silence stands in their place.' })),
      }),
      { description: 'Files of the safety recorder.' },
    ),
    marks: Type.Array(Type.Object({ ms: Type.Number(), at: Type.String(), name: Type.String(), by: Type.String() })),
    notes: Type.Array(Type.String({ description: 'What this report can not tell.' })),
  },
  { description: 'What a session was.' },
);
export type Report = Static<typeof Report>;
export type ReportTake = Static<typeof ReportTake>;

const minutes = (ms: number) => {
  const s = Math.round(ms / 1000);
  const two = (n: number) => String(n).padStart(2, '0');
  return s >= 3600
    ? `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`
    : `${Math.floor(s / 60)}:${two(s % 60)}`;
};

export { minutes as timeWords };

export function buildReport(record: SessionRecord): Report {
  const { session, streams, clocks, takes, events } = record;
  const stream = streams.at(-1);
  const bankName = (id: string) => stream?.banks.find((bank) => bank.id === id)?.name ?? id;
  const channelName = (index: number) => stream?.channelNames[index - 1] || `Channel ${index}`;
  const endMs = session.lastMs;
  const edges = captureEdges(events);
  const takeRows = takes.map((take) => ({ take, toMs: 'endedMs' in take ? take.endedMs : null }));
  const placed = (event: JournalEvent) => {
    const found = takeRows.find(({ take, toMs }) => event.ms >= take.startedMs && event.ms <= (toMs ?? endMs));
    return found === undefined
      ? { take: null, takeMs: null }
      : { take: found.take.name, takeMs: Math.round(event.ms - found.take.startedMs) };
  };
  let notRunning: string | null = null;
  const faults = events.flatMap((event): ReportFault[] => {
    const kind = faultKind(event);
    if (event.kind === 'state') {
      // A device that is gone is tried again and again: it went once.
      const told = notRunning === kind;
      notRunning = event.detail.state === 'opening' ? notRunning : kind;
      if (told) return [];
    }
    if (kind === null) return [];
    const place =
      event.kind === 'clip'
        ? channelName(Number(event.where))
        : event.where === 'all'
          ? 'all channels'
          : bankName(event.where);
    const moved = event.detail.frames ?? event.detail.lostFrames ?? event.detail.count;
    const { ms, stream: of, frame, where, severity, text } = event;
    return [
      {
        ms,
        at: new Date(event.wallMs).toISOString(),
        stream: of,
        frame,
        kind,
        where,
        place,
        severity,
        text,
        frames: typeof moved === 'number' ? moved : null,
        ...placed(event),
      },
    ];
  });
  const spans = syncSpans(clocks, edges, endMs, 0);
  const watchedMs = timeWatched(edges, endMs);
  const clips = faults.filter(({ kind }) => kind === 'clip');
  const rates = clocks.map(({ ratePpm }) => ratePpm).filter((ppm) => ppm !== null);
  return {
    product: 'lightkeeper',
    version: session.version,
    simulated: session.simulated,
    session: session.session,
    startedAt: new Date(session.startedWallMs).toISOString(),
    lengthMs: endMs,
    watchedMs,
    streams: [...streams],
    channels: Array.from({ length: stream?.channels ?? 0 }, (_, c) => ({
      index: c + 1,
      name: channelName(c + 1),
      bank: stream?.banks.find(({ first, last }) => first <= c + 1 && c + 1 <= last)?.id ?? '',
      peakDbfs: record.peaksDbfs[c] ?? null,
      clips: clips.filter(({ where }) => where === String(c + 1)).length,
    })),
    ratePpm: {
      least: rates.length === 0 ? null : Math.min(...rates),
      most: rates.length === 0 ? null : Math.max(...rates),
      last: rates.at(-1) ?? null,
    },
    clocks: (stream?.banks ?? []).filter(judged).map(({ id, name, box }) => {
      const own = spans.filter(({ bank }) => bank === id);
      const told = own.findLast(({ ppm }) => ppm !== null);
      const time = (word: SyncSpan['sync']) =>
        own.filter(({ sync }) => sync === word).reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
      return {
        bank: id,
        name,
        box,
        slips: faults.filter(({ kind, where }) => kind === 'slip' && where === id).length,
        ppm: told?.ppm ?? null,
        uncertaintyPpm: told?.uncertaintyPpm ?? null,
        inSyncMs: time('sync'),
        slippingMs: time('lock'),
        noLockMs: time('noLock'),
        unknownMs: time('unknown'),
        spans: own,
      };
    }),
    clockHistory: [...clocks],
    faults,
    findings: findingsThatStood(events),
    takes: takeRows.map(({ take, toMs }) => {
      const { word, suspects, notWatchedMs, lossesHiddenMs, untold } = take.verdict;
      const within = faults.filter(({ take: name, ms }) => name === take.name && ms >= take.startedMs);
      return {
        id: take.id,
        name: take.name,
        by: take.by,
        fromMs: take.startedMs,
        toMs,
        startedAt: take.startedAt,
        startedFrame: take.startedFrame,
        verdict: word,
        suspects,
        notWatchedMs,
        lossesHiddenMs,
        untold: untold.map(bankName),
        words: takeWords(word, within, notWatchedMs, lossesHiddenMs, untold.map(bankName)),
        clips: take.clips.flatMap((count, c) =>
          count > 0 ? [{ channel: c + 1, name: channelName(c + 1), clips: count }] : [],
        ),
      };
    }),
    recordings: recordingsOf(events),
    marks: events
      .filter(({ kind }) => kind === 'mark')
      .map(({ ms, wallMs, text, where }) => ({ ms, at: new Date(wallMs).toISOString(), name: text, by: where })),
    notes: notesOf(record, watchedMs, endMs),
  };
}

/** Analogue inputs run on the interface's own clock, and a loopback on anybody's: there is nothing to tell. */
const judged = ({ kind }: { readonly kind: string }) => kind !== 'analogue' && kind !== 'loopback';

/** What of the journal's events is a fault, and its kind in a report; null: no fault. */
function faultKind(event: JournalEvent): string | null {
  switch (event.kind) {
    case 'clip':
    case 'slip':
    case 'usbLoss':
    case 'xrun':
    case 'clockChange':
    case 'clockSource':
    case 'dropped':
      return event.kind;
    case 'portLock':
      return event.severity === 'alarm' ? 'portLock' : null;
    case 'recorder':
      return event.severity === 'info' ? null : 'recorder';
    case 'state':
      switch (event.detail.state) {
        case 'absent':
          return 'gone';
        case 'stalled':
          return 'stalled';
        case 'faulted':
          return 'faulted';
        default:
          return null;
      }
    default:
      return null;
  }
}

/** The recorder tells of each file twice: when it begins, and when it is whole. */
function recordingsOf(events: readonly JournalEvent[]): Report['recordings'] {
  const found = new Map<string, Report['recordings'][number]>();
  for (const { kind, ms, detail } of events) {
    if (kind !== 'recorder' || typeof detail.file !== 'string') continue;
    const number = (name: string) => (typeof detail[name] === 'number' ? (detail[name] as number) : null);
    const known = found.get(detail.file);
    const whole = detail.bytes !== undefined;
    found.set(detail.file, {
      file: detail.file,
      fromMs: known?.fromMs ?? ms,
      toMs: whole ? ms : null,
      bytes: number('bytes'),
      lostFrames: number('lostFrames'),
    });
  }
  return [...found.values()];
}

function timeWatched(edges: ReturnType<typeof captureEdges>, endMs: number): number {
  let sum = 0;
  edges.forEach(({ ms, running }, i) => {
    if (running) sum += Math.max(0, (edges[i + 1]?.ms ?? endMs) - ms);
  });
  return sum;
}

function findingsThatStood(events: readonly JournalEvent[]): Report['findings'] {
  const found = new Map<string, Report['findings'][number]>();
  for (const event of events) {
    if (event.kind !== 'finding' && event.kind !== 'findingEnd') continue;
    const key = `${event.detail.code}|${event.where}`;
    const known = found.get(key);
    if (event.kind === 'findingEnd') {
      if (known !== undefined) found.set(key, { ...known, toMs: event.ms });
      continue;
    }
    const word = (name: string) => {
      const value = event.detail[name];
      return typeof value === 'string' ? value : '';
    };
    found.set(key, {
      code: word('code'),
      where: event.where,
      severity: event.severity,
      symptom: event.text,
      cause: word('cause'),
      fix: word('fix'),
      confidence: word('confidence'),
      fromMs: known?.fromMs ?? event.ms,
      toMs: null,
      times: (known?.times ?? 0) + 1,
    });
  }
  const order = ['alarm', 'warning', 'info'];
  return [...found.values()].sort(
    (a, b) => order.indexOf(a.severity) - order.indexOf(b.severity) || a.fromMs - b.fromMs,
  );
}

const KIND_WORDS: Readonly<Record<string, string>> = {
  clip: 'clip',
  slip: 'slip',
  usbLoss: 'USB loss',
  xrun: 'overrun',
  clockChange: 'clock changed',
  clockSource: 'change of clock source',
  portLock: 'lock lost',
  gone: 'interface gone',
  stalled: 'capture stalled',
  faulted: 'capture faulted',
  recorder: 'trouble of the recorder',
  dropped: 'more events',
};

export function kindWords(kind: string): string {
  return KIND_WORDS[kind] ?? kind;
}

/** Times told in the sentence of a take. */
const TIMES_TOLD = 12;
/** Less is the moment in which a change is being told. */
const TOLD_HIDDEN_MS = 1000;

function takeWords(
  word: ReportTake['verdict'],
  faults: readonly ReportFault[],
  notWatchedMs: number,
  lossesHiddenMs: number,
  untold: readonly string[],
): string {
  const parts: string[] = [];
  switch (word) {
    case 'clean':
      parts.push('clean: all of it was watched, and nothing happened');
      break;
    case 'notWatched':
      parts.push('not watched in full: nothing was seen');
      break;
    case 'suspect': {
      const told = faults
        .slice(0, TIMES_TOLD)
        .map(({ takeMs, kind, place }) => `${minutes(takeMs ?? 0)} ${kindWords(kind)} (${place})`);
      const more = faults.length - told.length;
      parts.push(`suspect at ${told.join(', ')}${more > 0 ? ` and ${more} more` : ''}`);
      break;
    }
  }
  if (notWatchedMs > 0) parts.push(`${minutes(notWatchedMs)} not watched`);
  if (lossesHiddenMs >= TOLD_HIDDEN_MS)
    parts.push(`${minutes(lossesHiddenMs)} in which a single lost USB packet would not have shown`);
  if (untold.length > 0) parts.push(`clock not told: ${untold.join(', ')}`);
  return `${parts.join('; ')}.`;
}

function notesOf(record: SessionRecord, watchedMs: number, endMs: number): string[] {
  const notes: string[] = [];
  if (record.session.simulated) notes.push('SIMULATED: nothing here comes from a real input.');
  if (record.leftOut > 0) notes.push(`${record.leftOut} more events are in the journal and not in this report.`);
  if (record.streams.length === 0) notes.push('Nothing was captured in this session.');
  else if (endMs - watchedMs > 2000) notes.push(`${minutes(endMs - watchedMs)} of this session were not watched.`);
  if (record.streams.length > 1) {
    notes.push(`The interface was opened ${record.streams.length} times: sample positions count from each opening.`);
  }
  return notes;
}
