/** The report as one table (RFC 4180, UTF-8): a line a channel, clock, take, finding and fault; `record` says which. Pure. */
import type { Report } from './report.ts';

const COLUMNS = [
  'record',
  'name',
  'where',
  'utc',
  'from_s',
  'to_s',
  'stream',
  'frame',
  'kind',
  'severity',
  'verdict',
  'take',
  'take_s',
  'ppm',
  'uncertainty_ppm',
  'peak_dbfs',
  'count',
  'text',
] as const;
type Row = Partial<Record<(typeof COLUMNS)[number], string | number | null>>;

export function csvCell(value: string | number | null | undefined): string {
  if (value === null || value === undefined) return '';
  const text = String(value);
  // A name that begins like a formula would be run by a spreadsheet.
  const safe = typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export function reportCsv(report: Report): string {
  const s = (ms: number | null) => (ms === null ? null : Math.round(ms) / 1000);
  const rows: Row[] = [
    {
      record: 'session',
      name: String(report.session),
      utc: report.startedAt,
      from_s: 0,
      to_s: s(report.lengthMs),
      text: [`watched ${s(report.watchedMs)} s`, ...report.notes].join(' '),
    },
    ...report.channels.map(
      (one): Row => ({
        record: 'channel',
        name: one.name,
        where: one.bank,
        frame: null,
        peak_dbfs: one.peakDbfs,
        count: one.clips,
        kind: 'clips',
        take: null,
        text: `channel ${one.index}`,
      }),
    ),
    ...report.clocks.flatMap(({ name, box, spans, slips, ppm, uncertaintyPpm }): Row[] => [
      { record: 'clock', name, where: box ?? '', ppm, uncertainty_ppm: uncertaintyPpm, count: slips, kind: 'slips' },
      ...spans.map(
        (span): Row => ({
          record: 'clockSpan',
          name,
          from_s: s(span.fromMs),
          to_s: s(span.toMs),
          verdict: span.sync,
          ppm: span.ppm,
          uncertainty_ppm: span.uncertaintyPpm,
        }),
      ),
    ]),
    ...report.takes.map(
      (take): Row => ({
        record: 'take',
        name: take.name,
        utc: take.startedAt,
        from_s: s(take.fromMs),
        to_s: s(take.toMs),
        frame: take.startedFrame,
        verdict: take.verdict,
        count: take.suspects,
        text: take.words,
      }),
    ),
    ...report.findings.map(
      (one): Row => ({
        record: 'finding',
        name: one.code,
        where: one.where,
        from_s: s(one.fromMs),
        to_s: s(one.toMs),
        severity: one.severity,
        count: one.times,
        text: `${one.symptom} ${one.cause} ${one.fix}`,
      }),
    ),
    ...report.recordings.map(
      (one): Row => ({
        record: 'recording',
        name: one.file,
        from_s: s(one.fromMs),
        to_s: s(one.toMs),
        kind: 'lost frames',
        count: one.lostFrames,
        text: one.bytes === null ? 'not ended' : `${one.bytes} bytes`,
      }),
    ),
    ...report.marks.map(
      (mark): Row => ({ record: 'mark', name: mark.name, where: mark.by, utc: mark.at, from_s: s(mark.ms) }),
    ),
    ...report.faults.map(
      (fault): Row => ({
        record: 'fault',
        name: fault.place,
        where: fault.where,
        utc: fault.at,
        from_s: s(fault.ms),
        stream: fault.stream,
        frame: fault.frame,
        kind: fault.kind,
        severity: fault.severity,
        take: fault.take,
        take_s: s(fault.takeMs),
        count: fault.frames,
        text: fault.text,
      }),
    ),
  ];
  return [COLUMNS.join(','), ...rows.map((row) => COLUMNS.map((column) => csvCell(row[column])).join(',')), ''].join(
    '\r\n',
  );
}
