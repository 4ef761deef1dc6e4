/** The journal over HTTP: sessions, events, levels, clocks, takes. Reads only, open like the rest of the readings. */
import { Type } from 'typebox';
import type { JournalReader } from '../../journal/journal.ts';
import { ClockRow, EventKind, JournalEvent, SessionRow, StreamRow, TakeRow } from '../../journal/shapes.ts';
import { FaultAnswer, sendFault, type WebContext } from '../context.ts';

/** Codes of one answer: steps x channels, twice. */
const MOST_CODES = 400_000;

const SessionNumber = Type.Optional(
  Type.Integer({ minimum: 0, description: 'Number of the session; 0: the present one.' }),
);
const SessionQuery = Type.Object({ session: SessionNumber }, { additionalProperties: false });
const EventsQuery = Type.Object(
  {
    session: SessionNumber,
    fromMs: Type.Optional(Type.Integer({ minimum: 0 })),
    toMs: Type.Optional(Type.Integer({ minimum: 0 })),
    kind: Type.Optional(EventKind),
    newest: Type.Optional(Type.Boolean({ description: 'true: the newest first.' })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 5000, description: '1000 by default.' })),
  },
  { additionalProperties: false },
);
const LevelsQuery = Type.Object(
  {
    session: SessionNumber,
    fromS: Type.Integer({ minimum: 0, description: 'Seconds since the start of the session.' }),
    toS: Type.Integer({ minimum: 0, description: 'Exclusive.' }),
    stepS: Type.Integer({ minimum: 1, maximum: 3600, description: 'A step is the maximum over so many seconds.' }),
  },
  { additionalProperties: false },
);
const Codes = Type.String({
  description: 'base64 of int8, steps x channels: whole dB; -127 digital zero, -128 not captured.',
});

const told = <T extends Record<string, ReturnType<typeof Type.Array>>>(fields: T) =>
  Type.Object({ simulated: Type.Boolean(), ...fields });

export function journalRoutes(context: WebContext, journal: JournalReader): void {
  const { app, view } = context;
  const simulated = () => view.snapshot().simulated;
  const schema = <Q, A>(summary: string, querystring: Q, answer: A) => ({
    tags: ['journal'],
    summary,
    querystring,
    response: { 200: answer, 400: FaultAnswer, 503: FaultAnswer },
  });

  app.get(
    '/api/journal/sessions',
    {
      schema: schema(
        'Sessions in the journal; the last is the present one.',
        Type.Object({}, { additionalProperties: false }),
        told({ sessions: Type.Array(SessionRow) }),
      ),
    },
    async (_request, reply) => {
      const answer = await journal.ask('sessions', {});
      if (!answer.ok) return sendFault(context, reply, 503, answer.fault);
      return reply.send({ simulated: simulated(), sessions: answer.value });
    },
  );

  app.get(
    '/api/journal/events',
    { schema: schema('What happened.', EventsQuery, told({ events: Type.Array(JournalEvent) })) },
    async (request, reply) => {
      const { session = 0, fromMs, toMs, kind, newest = false, limit = 1000 } = request.query;
      const answer = await journal.ask('events', {
        query: {
          session,
          limit,
          newest,
          ...(fromMs === undefined ? {} : { fromMs }),
          ...(toMs === undefined ? {} : { toMs }),
          ...(kind === undefined ? {} : { kinds: [kind] }),
        },
      });
      if (!answer.ok) return sendFault(context, reply, 503, answer.fault);
      return reply.send({ simulated: simulated(), events: answer.value });
    },
  );

  app.get(
    '/api/journal/levels',
    {
      schema: schema(
        'Level history: the largest peak and RMS of each channel in each step.',
        LevelsQuery,
        Type.Object({
          simulated: Type.Boolean(),
          fromS: Type.Integer(),
          stepS: Type.Integer(),
          steps: Type.Integer(),
          channels: Type.Integer(),
          peak: Codes,
          rms: Codes,
        }),
      ),
    },
    async (request, reply) => {
      const { session = 0, fromS, toS, stepS } = request.query;
      if (toS <= fromS || ((toS - fromS) / stepS) * 64 > MOST_CODES) {
        return sendFault(context, reply, 400, {
          code: 'journal-stretch',
          what: 'This stretch of the history is empty, or too long for its steps.',
          fix: 'Ask for a larger stepS: 6000 steps fit in one answer.',
        });
      }
      const answer = await journal.ask('levels', { session, fromS, toS, stepS });
      if (!answer.ok) return sendFault(context, reply, 503, answer.fault);
      const { peak, rms, ...stretch } = answer.value;
      return reply.send({
        simulated: simulated(),
        ...stretch,
        peak: Buffer.from(peak.buffer, peak.byteOffset, peak.byteLength).toString('base64'),
        rms: Buffer.from(rms.buffer, rms.byteOffset, rms.byteLength).toString('base64'),
      });
    },
  );

  app.get(
    '/api/journal/clocks',
    {
      schema: schema(
        'The clocks, once a minute and on every change.',
        SessionQuery,
        told({ clocks: Type.Array(ClockRow) }),
      ),
    },
    async (request, reply) => {
      const answer = await journal.ask('clocks', { session: request.query.session ?? 0 });
      if (!answer.ok) return sendFault(context, reply, 503, answer.fault);
      return reply.send({ simulated: simulated(), clocks: answer.value });
    },
  );

  app.get(
    '/api/journal/streams',
    {
      schema: schema(
        'Streams that opened: interface, rate, names, banks.',
        SessionQuery,
        told({ streams: Type.Array(StreamRow) }),
      ),
    },
    async (request, reply) => {
      const answer = await journal.ask('streams', { session: request.query.session ?? 0 });
      if (!answer.ok) return sendFault(context, reply, 503, answer.fault);
      return reply.send({ simulated: simulated(), streams: answer.value });
    },
  );

  app.get(
    '/api/journal/takes',
    { schema: schema('Takes, with their verdicts.', SessionQuery, told({ takes: Type.Array(TakeRow) })) },
    async (request, reply) => {
      const answer = await journal.ask('takes', { session: request.query.session ?? 0 });
      if (!answer.ok) return sendFault(context, reply, 503, answer.fault);
      return reply.send({ simulated: simulated(), takes: answer.value });
    },
  );
}
