/** A session of hours, written into a store as the feed would: levels each second, clocks each minute, takes, faults. */
import { bad, good } from '../../../src/fault.ts';
import { answerQuestion } from '../../../src/journal/answer.ts';
import type { JournalReader } from '../../../src/journal/journal.ts';
import type { Question } from '../../../src/journal/messages.ts';
import type { JournalBatch, JournalEvent, JournalStore, LevelSecond, TakeRow } from '../../../src/journal/shapes.ts';
import type { SyncWord } from '../../../src/monitor/snapshot.ts';

export const RATE_HZ = 48_000;

export interface LongSession {
  readonly hours: number;
  readonly channels: number;
  readonly startedWallMs: number;
}

/** Minutes in which the expander on ADAT A slips, of each hour. */
export const SLIPPING = { from: 20, to: 24 };
/** Minutes of each hour in which the interface was taken away. */
export const AWAY = { from: 50, to: 52 };
/** Minutes of each hour that are a take. */
export const TAKES = [
  [5, 9],
  [18, 26],
  [40, 44],
] as const;

/** A level that wanders as a band does: loud in takes, quiet between; channel 10 is patched to nothing. */
export function levelOf(channel: number, second: number): { peak: number; rms: number } {
  if (channel === 9) return { peak: -127, rms: -127 };
  const minute = (second / 60) % 60;
  const playing = TAKES.some(([from, to]) => minute >= from && minute < to);
  const swing = Math.sin(second * 0.37 + channel * 1.7) * 4 + Math.sin(second * 0.011 + channel) * 6;
  const rms = Math.round((playing ? -26 : -58) + swing - (channel % 5) * 2);
  return { peak: Math.min(0, rms + 9 + ((second * 7 + channel * 3) % 4)), rms };
}

export function longSession(store: JournalStore, { hours, channels, startedWallMs }: LongSession): void {
  const names = Array.from({ length: channels }, (_, c) => (c < 8 ? `Drum ${c + 1}` : `Line ${c + 1}`));
  const banks = [
    { id: 'analogue', name: 'Analogue', box: null, kind: 'analogue', first: 1, last: Math.min(8, channels) },
    ...(channels > 8
      ? [{ id: 'adat-a', name: 'ADAT A', box: 'OctoPre', kind: 'adat', first: 9, last: Math.min(16, channels) }]
      : []),
    ...(channels > 16
      ? [{ id: 'adat-b', name: 'ADAT B', box: 'Box B', kind: 'adat', first: 17, last: Math.min(24, channels) }]
      : []),
    ...(channels > 24 ? [{ id: 'madi', name: 'MADI', box: null, kind: 'group', first: 25, last: channels }] : []),
  ];
  const stream = { stream: 1, ms: 0, name: 'Long card', rateHz: RATE_HZ, channels, channelNames: names, banks };
  const event = (ms: number, part: Partial<JournalEvent> & Pick<JournalEvent, 'kind' | 'text'>): JournalEvent => ({
    ms,
    wallMs: startedWallMs + ms,
    stream: 1,
    frame: Math.round((ms / 1000) * RATE_HZ),
    severity: 'alarm',
    where: 'all',
    detail: {},
    ...part,
  });
  let slips = 0;
  let takeNumber = 0;
  for (let minute = 0; minute < hours * 60; minute++) {
    const ms = minute * 60_000;
    const inHour = minute % 60;
    const away = inHour >= AWAY.from && inHour < AWAY.to;
    const slipping = inHour >= SLIPPING.from && inHour < SLIPPING.to;
    const events: JournalEvent[] = [];
    const levels: LevelSecond[] = [];
    for (let s = 0; s < 60 && !away; s++) {
      const second = minute * 60 + s;
      const codes = Array.from({ length: channels }, (_, c) => levelOf(c, second));
      levels.push({
        second,
        peak: Int8Array.from(codes, ({ peak }) => peak),
        rms: Int8Array.from(codes, ({ rms }) => rms),
      });
      if (slipping && s % 2 === 0) {
        slips++;
        events.push(
          event(ms + s * 1000, {
            kind: 'slip',
            where: 'adat-a',
            text: 'ADAT A slipped: 1 frame repeated.',
            detail: { slipKind: 'repeat', frames: 1, ppm: -10.4, uncertaintyPpm: 0.3, slipsBefore: slips - 1 },
          }),
        );
      }
    }
    if (minute === 0)
      events.push(
        event(0, { kind: 'state', severity: 'info', text: 'Capture is running.', detail: { state: 'running' } }),
      );
    if (inHour === AWAY.from) {
      events.push(
        event(ms, {
          kind: 'state',
          text: 'The interface is not there.',
          detail: { state: 'absent', code: 'device-gone' },
        }),
      );
    }
    if (inHour === AWAY.to) {
      events.push(
        event(ms, { kind: 'state', severity: 'info', text: 'Capture is running.', detail: { state: 'running' } }),
      );
    }
    if (inHour === 7) {
      events.push(
        event(ms + 12_000, {
          kind: 'clip',
          severity: 'warning',
          where: '3',
          text: 'Drum 3 clipped.',
          detail: { channel: 3 },
        }),
      );
    }
    const word = (id: string): SyncWord =>
      id === 'adat-a' && slipping ? 'lock' : id === 'analogue' ? 'unknown' : 'sync';
    const clocks = away
      ? []
      : [
          {
            ms,
            ratePpm: -3.2,
            banks: banks.map(({ id }) => ({
              id,
              sync: word(id),
              basis: word(id) === 'unknown' ? ('none' as const) : ('audio' as const),
              ppm: id === 'adat-a' && slipping ? -10.4 : null,
              uncertaintyPpm: id === 'adat-a' && slipping ? 0.3 : null,
              slips: id === 'adat-a' ? slips : 0,
            })),
          },
        ];
    const takes: TakeRow[] = [];
    for (const [from, to] of TAKES) {
      if (inHour !== to) continue;
      takeNumber++;
      const startedMs = ms - (to - from) * 60_000;
      const suspect = from <= SLIPPING.from && to >= SLIPPING.to;
      takes.push({
        id: `take-${takeNumber}`,
        name: `Take ${takeNumber}`,
        startedFrame: (startedMs / 1000) * RATE_HZ,
        startedMs,
        startedAt: new Date(startedWallMs + startedMs).toISOString(),
        by: 'page',
        clips: [],
        verdict: {
          word: suspect ? 'suspect' : 'clean',
          suspects: suspect ? 120 : 0,
          first: [],
          notWatchedMs: 0,
          lossesHiddenMs: 0,
          untold: [],
        },
        endedFrame: (ms / 1000) * RATE_HZ,
        endedMs: ms,
        endedAt: new Date(startedWallMs + ms).toISOString(),
      });
    }
    const batch: JournalBatch = {
      ms: ms + 59_999,
      events,
      levels,
      clocks,
      streams: minute === 0 ? [stream] : [],
      takes,
    };
    store.write(batch);
  }
}

/** The reader of the program over a store of the test, without a worker. */
export function readerOf(store: JournalStore): JournalReader {
  return {
    async ask(kind, question) {
      try {
        return good(answerQuestion(store, { kind, ...question } as unknown as Question) as never);
      } catch (error) {
        return bad('journal-unreadable', String(error), 'Mend the test.');
      }
    },
  };
}
