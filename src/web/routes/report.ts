/** The report of a session, and its markers for a DAW. Reads only, open like the journal they are made from. */
import { Type } from 'typebox';
import type { EvidenceStore } from '../../evidence/evidenceStore.ts';
import { assertNever } from '../../fault.ts';
import type { JournalReader } from '../../journal/journal.ts';
import { type Anchor, audacityLabels, cueWav, markersOf, reaperCsv } from '../../report/markers.ts';
import { reportPictures } from '../../report/pictures.ts';
import { buildReport, Report } from '../../report/report.ts';
import { reportCsv } from '../../report/reportCsv.ts';
import { reportHtml } from '../../report/reportHtml.ts';
import { readSession } from '../../report/sessionRecord.ts';
import { FaultAnswer, sendFault, type WebContext } from '../context.ts';

const Session = Type.String({ pattern: '^[0-9]{1,9}$', description: 'Number of the session; 0: the present one.' });

const MarkersQuery = Type.Object(
  {
    zero: Type.Optional(
      Type.Enum(['session', 'take', 'mark', 'ltc', 'file'], {
        description:
          'What zero is: the start of the session (default), of `take`, the mark `mark`, 00:00:00:00 of the timecode, or the start of a file.',
      }),
    ),
    take: Type.Optional(Type.String({ maxLength: 64, description: 'Name or id of a take.' })),
    mark: Type.Optional(Type.String({ maxLength: 64, description: 'Name of a mark.' })),
    timeReference: Type.Optional(
      Type.Integer({ minimum: 0, description: "TimeReference of the file's bext chunk: samples since midnight." }),
    ),
    rateHz: Type.Optional(Type.Integer({ minimum: 8000, maximum: 768_000, description: 'Rate of that file.' })),
    frames: Type.Optional(Type.Integer({ minimum: 0, description: 'Its length; a day by default.' })),
    date: Type.Optional(
      Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$', description: 'OriginationDate of that chunk.' }),
    ),
    originator: Type.Optional(Type.String({ maxLength: 32, description: 'Originator of that chunk.' })),
    zoneMin: Type.Optional(
      Type.Integer({
        minimum: -840,
        maximum: 840,
        description: "Minutes east of UTC of that file's clock; found out by default.",
      }),
    ),
  },
  { additionalProperties: false },
);

/** `evidence`: of the present session; without it the page has no pictures. */
export function reportRoutes(context: WebContext, journal: JournalReader, evidence: EvidenceStore | null): void {
  const { app } = context;
  const statusOf = (code: string) => (code === 'journal-no-session' ? 404 : code.startsWith('anchor-') ? 400 : 503);

  app.get(
    '/api/sessions/:session/report.json',
    {
      schema: {
        tags: ['report'],
        summary: 'The report of a session.',
        params: Type.Object({ session: Session }),
        response: { 200: Report, 404: FaultAnswer, 503: FaultAnswer },
      },
    },
    async (request, reply) => {
      const record = await readSession(journal, Number(request.params.session));
      if (!record.ok) return sendFault(context, reply, statusOf(record.fault.code), record.fault);
      return reply.send(buildReport(record.value));
    },
  );

  app.get(
    '/api/sessions/:session/:file',
    {
      schema: {
        tags: ['report'],
        summary:
          'report.html: the report as one page to read or print. report.csv: as one table. markers.*: takes as regions, faults and marks as markers, for Reaper, for Audacity, or as cues of a silent WAV.',
        params: Type.Object({
          session: Session,
          file: Type.Enum([
            'report.html',
            'report.csv',
            'markers.reaper.csv',
            'markers.audacity.txt',
            'markers.cue.wav',
          ]),
        }),
        querystring: MarkersQuery,
        produces: ['text/html', 'text/csv', 'text/plain', 'audio/wav'],
        response: { 400: FaultAnswer, 404: FaultAnswer, 503: FaultAnswer },
      },
    },
    async (request, reply) => {
      const record = await readSession(journal, Number(request.params.session));
      if (!record.ok) return sendFault(context, reply, statusOf(record.fault.code), record.fault);
      const report = buildReport(record.value);
      const { file } = request.params;
      const send = (type: string, body: string | Buffer, kept: 'inline' | 'attachment' = 'attachment') =>
        reply
          .header('content-type', type)
          .header('content-disposition', `${kept}; filename="lightkeeper-session-${report.session}.${file}"`)
          .send(body as never);
      if (file === 'report.csv') return send('text/csv; charset=utf-8', reportCsv(report));
      if (file === 'report.html') {
        const sessions = await journal.ask('sessions', {});
        const present = sessions.ok && sessions.value.at(-1)?.session === report.session;
        const pictures = present && evidence !== null ? reportPictures(report, evidence.list()) : [];
        // The page carries its own style, and nothing else: no script, no address.
        reply.header(
          'content-security-policy',
          "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
        );
        return send('text/html; charset=utf-8', reportHtml(report, pictures), 'inline');
      }
      const anchor = anchorOf(request.query);
      if (anchor === null) {
        return sendFault(context, reply, 400, {
          code: 'anchor-incomplete',
          what: 'The zero that was asked for needs more to be told.',
          fix: 'zero=take wants take, zero=mark wants mark, zero=file wants timeReference and rateHz.',
        });
      }
      const found = markersOf(report, record.value.events, anchor);
      if (!found.ok) return sendFault(context, reply, statusOf(found.fault.code), found.fault);
      const { markers, lengthS, said } = found.value;
      reply.header('x-lightkeeper-zero', said.replace(/[^\x20-\x7e]/g, '-'));
      switch (file) {
        case 'markers.reaper.csv':
          return send('text/csv; charset=utf-8', reaperCsv(markers));
        case 'markers.audacity.txt':
          return send('text/plain; charset=utf-8', audacityLabels(markers));
        case 'markers.cue.wav': {
          const rateHz = request.query.rateHz ?? report.streams.at(-1)?.rateHz ?? 48_000;
          return send('audio/wav', cueWav(markers, lengthS, rateHz));
        }
        default:
          return assertNever(file);
      }
    },
  );
}

/** null: something is missing. */
function anchorOf(query: {
  readonly zero?: 'session' | 'take' | 'mark' | 'ltc' | 'file';
  readonly take?: string;
  readonly mark?: string;
  readonly timeReference?: number;
  readonly rateHz?: number;
  readonly frames?: number;
  readonly date?: string;
  readonly originator?: string;
  readonly zoneMin?: number;
}): Anchor | null {
  const { timeReference, rateHz } = query;
  const file =
    timeReference === undefined || rateHz === undefined
      ? null
      : {
          timeReference,
          rateHz,
          frames: query.frames ?? null,
          date: query.date ?? null,
          originator: query.originator ?? '',
        };
  switch (query.zero ?? 'session') {
    case 'session':
      return { kind: 'session' };
    case 'take':
      return query.take === undefined ? null : { kind: 'take', take: query.take };
    case 'mark':
      return query.mark === undefined ? null : { kind: 'mark', name: query.mark };
    case 'ltc':
      return { kind: 'ltc', file };
    case 'file':
      return file === null
        ? null
        : { kind: 'file', file, zoneMin: query.zoneMin ?? null, localZoneMin: -new Date().getTimezoneOffset() };
  }
}
