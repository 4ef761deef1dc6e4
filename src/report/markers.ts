/**
 * Markers for a DAW: takes as regions, faults and marks as points, in seconds from a zero that the person chooses. Pure.
 *
 * Reaper: Region/Marker Manager, "Import regions/markers" (columns #, Name, Start, End, Length; the ruler on Minutes:Seconds).
 * Audacity: File, Import, Labels (start, end, text, by tabs). WAV: `cue ` and LIST `adtl` with labl and ltxt (Multimedia
 * Programming Interface and Data Specifications 1.0, August 1991).
 */
import { bad, good, type Outcome } from '../fault.ts';
import type { JournalEvent } from '../journal/shapes.ts';
import type { BroadcastStart } from './bext.ts';
import { kindWords, type Report, type ReportFault } from './report.ts';
import { csvCell } from './reportCsv.ts';

export interface Marker {
  /** From the chosen zero. */
  readonly startS: number;
  /** null: a point. */
  readonly endS: number | null;
  readonly name: string;
}

/** What zero is. */
export type Anchor =
  /** The start of the session. */
  | { readonly kind: 'session' }
  /** The start of a take: `id`, or its name. */
  | { readonly kind: 'take'; readonly take: string }
  /** A mark of this name, the last of them: set by OSC or by hand when the DAW began to roll. */
  | { readonly kind: 'mark'; readonly name: string }
  /** Midnight of the timecode that a channel carried. `file`: the start of a file whose TimeReference is that timecode. */
  | { readonly kind: 'ltc'; readonly file: BroadcastStart | null }
  /** The start of a file whose TimeReference is the time of day. `zoneMin`: minutes east of UTC; null: found out. */
  | {
      readonly kind: 'file';
      readonly file: BroadcastStart;
      readonly zoneMin: number | null;
      readonly localZoneMin: number;
    };

const CODE_HOLDS_MS = 70_000;

/** Markers in one file; a DAW with more of them is of no use. */
export const MOST_MARKERS = 5000;

/** Faults: those of the anchor. Markers before zero, and behind the end of the file or the take, are left out. */
export function markersOf(
  report: Report,
  events: readonly JournalEvent[],
  anchor: Anchor,
): Outcome<{ readonly markers: readonly Marker[]; readonly lengthS: number; readonly said: string }> {
  const zero = zeroOf(report, events, anchor);
  if (!zero.ok) return zero;
  const { secondsAt, lengthS, said } = zero.value;
  const takes = report.takes.map((take) => ({
    startMs: take.fromMs,
    endMs: take.toMs ?? report.lengthMs,
    name: `${take.name}: ${take.verdict === 'notWatched' ? 'not watched' : take.verdict}`,
    frame: take.startedFrame,
    stream: null,
  }));
  const points = [
    ...report.faults.map((fault) => ({
      startMs: fault.ms,
      endMs: null,
      name: faultName(fault),
      frame: fault.frame,
      stream: fault.stream,
    })),
    ...report.marks.map((mark) => ({ startMs: mark.ms, endMs: null, name: mark.name, frame: -1, stream: null })),
  ];
  const markers: Marker[] = [];
  for (const { startMs, endMs, name, frame, stream } of [...takes, ...points]) {
    const startS = secondsAt(startMs, frame, stream);
    if (startS === null) continue;
    const endS = endMs === null ? null : startS + (endMs - startMs) / 1000;
    if ((endS ?? startS) < 0 || startS > lengthS) continue;
    markers.push({
      startS: Math.max(0, startS),
      endS: endS === null ? null : Math.min(lengthS, endS),
      name,
    });
  }
  markers.sort((a, b) => a.startS - b.startS);
  return good({ markers: markers.slice(0, MOST_MARKERS), lengthS, said });
}

function faultName(fault: ReportFault): string {
  return `${kindWords(fault.kind)}: ${fault.place}${fault.frames === null || fault.kind === 'clip' ? '' : `, ${fault.frames} frames`}`;
}

interface Zero {
  /** Seconds from zero; null: not on this time line. `frame` -1, `stream` null: not known. */
  readonly secondsAt: (ms: number, frame: number, stream: number | null) => number | null;
  readonly lengthS: number;
  readonly said: string;
}

function zeroOf(report: Report, events: readonly JournalEvent[], anchor: Anchor): Outcome<Zero> {
  const from = (zeroMs: number, lengthS: number, said: string): Outcome<Zero> =>
    good({ secondsAt: (ms) => (ms - zeroMs) / 1000, lengthS, said });
  const wallOffsetMs = (ms: number) => {
    // The event nearest before tells how wall and monotonic time stood to each other then.
    const near = events.findLast((event) => event.ms <= ms) ?? events[0];
    return near === undefined ? Date.parse(report.startedAt) : near.wallMs - near.ms;
  };
  switch (anchor.kind) {
    case 'session':
      return from(0, report.lengthMs / 1000, 'Zero is the start of the session.');
    case 'take': {
      const take = report.takes.find(({ id, name }) => id === anchor.take || name === anchor.take);
      if (take === undefined) {
        return bad(
          'anchor-no-take',
          `There is no take "${anchor.take}" in this session.`,
          'See the report for their names.',
        );
      }
      const toMs = take.toMs ?? report.lengthMs;
      return from(take.fromMs, (toMs - take.fromMs) / 1000, `Zero is the start of ${take.name}.`);
    }
    case 'mark': {
      const mark = report.marks.findLast(({ name }) => name === anchor.name);
      if (mark === undefined) {
        return bad(
          'anchor-no-mark',
          `There is no mark "${anchor.name}" in this session.`,
          'See the report for their names.',
        );
      }
      return from(mark.ms, (report.lengthMs - mark.ms) / 1000, `Zero is the mark ${mark.name}.`);
    }
    case 'ltc': {
      const codes = events.filter(({ kind, detail }) => kind === 'timecode' && typeof detail.timecodeS === 'number');
      if (codes.length === 0) {
        return bad(
          'anchor-no-ltc',
          'No timecode was read in this session.',
          'Name the channel that carries it: takes.timecodeChannel in the configuration.',
        );
      }
      const fileS = anchor.file === null ? 0 : anchor.file.timeReference / anchor.file.rateHz;
      const rateOf = (stream: number) => report.streams.find((one) => one.stream === stream)?.rateHz ?? 48_000;
      const lengthS = anchor.file?.frames == null ? 86_400 : anchor.file.frames / anchor.file.rateHz;
      return good({
        secondsAt(ms, frame, stream) {
          const code = codes.findLast((one) => one.ms <= ms + 40) ?? null;
          // Running code is told again each minute: what is older has been lost with its stream.
          if (code === null || code.detail.running === false || ms - code.ms > CODE_HOLDS_MS) return null;
          if (frame >= 0 && stream !== null && stream !== code.stream) return null;
          const sinceS =
            frame >= 0 && (stream === null || stream === code.stream)
              ? (frame - code.frame) / rateOf(code.stream)
              : (ms - code.ms) / 1000;
          return (code.detail.timecodeS as number) + sinceS - fileS;
        },
        lengthS,
        said:
          anchor.file === null ? 'Zero is 00:00:00:00 of the timecode.' : 'Zero is the start of the file, by timecode.',
      });
    }
    case 'file': {
      const { file } = anchor;
      const lengthS = file.frames === null ? 86_400 : file.frames / file.rateHz;
      const sinceMidnightMs = (file.timeReference / file.rateHz) * 1000;
      const sessionFrom = Date.parse(report.startedAt);
      const sessionTo = sessionFrom + report.lengthMs;
      const zones =
        anchor.zoneMin !== null
          ? [anchor.zoneMin]
          : file.originator === 'Lightkeeper'
            ? [0]
            : [anchor.localZoneMin, 0].filter((zone, i, all) => all.indexOf(zone) === i);
      for (const zoneMin of zones) {
        for (const day of daysOf(file, sessionFrom, zoneMin)) {
          const startWallMs = day + sinceMidnightMs - zoneMin * 60_000;
          if (startWallMs > sessionTo || startWallMs + lengthS * 1000 < sessionFrom) continue;
          return good({
            secondsAt: (ms) => (ms + wallOffsetMs(ms) - startWallMs) / 1000,
            lengthS,
            said: `Zero is the start of the file, ${new Date(startWallMs).toISOString()}, its clock taken as UTC${zoneMin < 0 ? '−' : '+'}${Math.abs(zoneMin) / 60} h.`,
          });
        }
      }
      return bad(
        'anchor-outside',
        'By its TimeReference the file was not recorded during this session.',
        'Say how its clock stood with --zone, such as --zone +2, or choose another session.',
      );
    }
  }
}

/** Midnights, as if in UTC, that the TimeReference may count from: that of its date, or those around the session. */
function daysOf(file: BroadcastStart, sessionFrom: number, zoneMin: number): number[] {
  if (file.date !== null) return [Date.parse(file.date)];
  const local = sessionFrom + zoneMin * 60_000;
  const midnight = Math.floor(local / 86_400_000) * 86_400_000;
  return [midnight, midnight - 86_400_000, midnight + 86_400_000];
}

/** 1:02:03.456 as Reaper writes it: minutes:seconds, hours before them where there are any. */
function reaperTime(seconds: number): string {
  const ms = Math.round(seconds * 1000);
  const two = (n: number) => String(n).padStart(2, '0');
  const hours = Math.floor(ms / 3_600_000);
  const minutes = Math.floor(ms / 60_000) % 60;
  const rest = `${two(Math.floor(ms / 1000) % 60)}.${String(ms % 1000).padStart(3, '0')}`;
  return hours > 0 ? `${hours}:${two(minutes)}:${rest}` : `${minutes}:${rest}`;
}

export function reaperCsv(markers: readonly Marker[]): string {
  let points = 0;
  let regions = 0;
  const lines = markers.map(({ startS, endS, name }) => {
    const start = reaperTime(startS);
    if (endS === null) return [`M${++points}`, csvCell(name), start, '', ''].join(',');
    return [`R${++regions}`, csvCell(name), start, reaperTime(endS), reaperTime(endS - startS)].join(',');
  });
  return ['#,Name,Start,End,Length', ...lines, ''].join('\n');
}

export function audacityLabels(markers: readonly Marker[]): string {
  return markers
    .map(
      ({ startS, endS, name }) =>
        `${startS.toFixed(6)}\t${(endS ?? startS).toFixed(6)}\t${name.replace(/[\t\r\n]/g, ' ')}\n`,
    )
    .join('');
}

/** Bytes of silence in a file of cues at most: a long session takes a lower rate, and with it coarser places. */
const MOST_SILENCE = 32e6;

/** Rate of the file of cues: the wanted one, where the file stays small. */
export function cueRate(lengthS: number, rateHz: number): number {
  return [rateHz, 8000, 1000].find((rate) => lengthS * rate <= MOST_SILENCE) ?? 100;
}

/** A silent 8-bit mono file as long as the last marker, with a cue and a label for each marker. */
export function cueWav(markers: readonly Marker[], lengthS: number, wantedHz: number): Buffer {
  const last = markers.reduce((most, { startS, endS }) => Math.max(most, endS ?? startS), 0);
  const seconds = Math.min(lengthS, last + 1);
  const rateHz = cueRate(seconds, wantedHz);
  const frames = Math.max(1, Math.ceil(seconds * rateHz));
  const at = (s: number) => Math.min(frames - 1, Math.round(s * rateHz));
  const chunk = (id: string, body: Buffer) => {
    const head = Buffer.alloc(8);
    head.write(id, 'latin1');
    head.writeUInt32LE(body.length, 4);
    return Buffer.concat([head, body, Buffer.alloc(body.length % 2)]);
  };
  const format = Buffer.alloc(16);
  format.writeUInt16LE(1, 0);
  format.writeUInt16LE(1, 2);
  format.writeUInt32LE(rateHz, 4);
  format.writeUInt32LE(rateHz, 8);
  format.writeUInt16LE(1, 12);
  format.writeUInt16LE(8, 14);
  const cues = Buffer.alloc(4 + 24 * markers.length);
  cues.writeUInt32LE(markers.length, 0);
  // All labels before all regions: libsndfile reads no label behind the first region.
  const labels: Buffer[] = [Buffer.from('adtl', 'latin1')];
  const regions: Buffer[] = [];
  markers.forEach(({ startS, endS, name }, i) => {
    const place = 4 + 24 * i;
    cues.writeUInt32LE(i + 1, place);
    cues.writeUInt32LE(at(startS), place + 4);
    cues.write('data', place + 8, 'latin1');
    cues.writeUInt32LE(at(startS), place + 20);
    const id = Buffer.alloc(4);
    id.writeUInt32LE(i + 1, 0);
    labels.push(chunk('labl', Buffer.concat([id, Buffer.from(`${name}\0`, 'utf8')])));
    if (endS === null) return;
    const region = Buffer.alloc(20);
    region.writeUInt32LE(i + 1, 0);
    region.writeUInt32LE(Math.max(0, at(endS) - at(startS)), 4);
    region.write('rgn ', 8, 'latin1');
    regions.push(chunk('ltxt', region));
  });
  const body = Buffer.concat([
    Buffer.from('WAVE', 'latin1'),
    chunk('fmt ', format),
    chunk('data', Buffer.alloc(frames, 0x80)),
    chunk('cue ', cues),
    chunk('LIST', Buffer.concat([...labels, ...regions])),
  ]);
  return chunk('RIFF', body);
}
