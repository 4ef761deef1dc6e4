/** The journal over HTTP: sessions, events, levels, clocks, takes. Reads only, open like the rest of the readings. */
import { type TSchema, Type } from 'typebox';
import type { JournalReader } from '../../journal/journal.ts';
import { NO_SESSION } from '../../journal/noSession.ts';
import { ClockRow, EventKind, EventMark, JournalEvent, SessionRow, StreamRow, TakeRow } from '../../journal/shapes.ts';
import { captureEdges, SyncSpan, syncSpans } from '../../journal/timeline.ts';
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
const TimelineQuery = Type.Object(
  {
    session: SessionNumber,
    fromMs: Type.Optional(
      Type.Integer({ minimum: 0, description: 'Of the marks; the start of the session by default.' }),
    ),
    toMs: Type.Optional(Type.Integer({ minimum: 0, description: 'Exclusive; the end by default.' })),
    stepMs: Type.Integer({
      minimum: 100,
      maximum: 3_600_000,
      description: 'What one step of the picture stands for: events and words nearer than this are put together.',
    }),
  },
  { additionalProperties: false },
);
/** Marks in one answer. */
const MOST_MARKS = 4000;
/** Changes of capture that spans are cut at. */
const MOST_EDGES = 5000;
const Codes = Type.String({
  description: 'base64 of int8, steps x channels: whole dB; -127 digital zero, -128 not captured.',
});

const base64 = (codes: Int8Array) => Buffer.from(codes.buffer, codes.byteOffset, codes.byteLength).toString('base64');

const told = <T extends Record<string, TSchema>>(fields: T) => Type.Object({ simulated: Type.Boolean(), ...fields });

export function journalRoutes(context: WebContext, journal: JournalReader): void {
  const { app, view } = context;
  const simulated = () => view.snapshot().simulated;
  const schema = <Q, A>(summary: string, querystring: Q, answer: A) => ({
    tags: ['journal'],
    summary,
    querystring,
    response: { 200: answer, 400: FaultAnswer, 404: FaultAnswer, 503: FaultAnswer },
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
        'Level history: of each channel in each step the largest peak, the largest RMS, and (low) the smallest RMS of a second.',
        LevelsQuery,
        Type.Object({
          simulated: Type.Boolean(),
          fromS: Type.Integer(),
          stepS: Type.Integer(),
          steps: Type.Integer(),
          channels: Type.Integer(),
          peak: Codes,
          rms: Codes,
          low: Codes,
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
      const { peak, rms, low, ...stretch } = answer.value;
      return reply.send({
        simulated: simulated(),
        ...stretch,
        peak: base64(peak),
        rms: base64(rms),
        low: base64(low),
      });
    },
  );

  app.get(
    '/api/journal/timeline',
    {
      schema: schema(
        'All that a timeline draws besides levels: streams, takes, the words of the banks, marks.',
        TimelineQuery,
        told({
          session: SessionRow,
          streams: Type.Array(StreamRow),
          takes: Type.Array(TakeRow),
          spans: Type.Array(SyncSpan),
          marks: Type.Array(EventMark, { description: `In order of time; at most ${MOST_MARKS}.` }),
        }),
      ),
    },
    async (request, reply) => {
      const { session = 0, fromMs = 0, toMs = Number.MAX_SAFE_INTEGER, stepMs } = request.query;
      const [sessions, streams, takes, clocks, states, marks] = await Promise.all([
        journal.ask('sessions', {}),
        journal.ask('streams', { session }),
        journal.ask('takes', { session }),
        journal.ask('clocks', { session }),
        journal.ask('events', { query: { session, kinds: ['state'], limit: MOST_EDGES } }),
        journal.ask('marks', { query: { session, fromMs, toMs, bucketMs: stepMs, limit: MOST_MARKS } }),
      ]);
      if (!sessions.ok) return sendFault(context, reply, 503, sessions.fault);
      if (!streams.ok) return sendFault(context, reply, 503, streams.fault);
      if (!takes.ok) return sendFault(context, reply, 503, takes.fault);
      if (!clocks.ok) return sendFault(context, reply, 503, clocks.fault);
      if (!states.ok) return sendFault(context, reply, 503, states.fault);
      if (!marks.ok) return sendFault(context, reply, 503, marks.fault);
      const row = session === 0 ? sessions.value.at(-1) : sessions.value.find((one) => one.session === session);
      if (row === undefined) return sendFault(context, reply, 404, NO_SESSION);
      return reply.send({
        simulated: simulated(),
        session: row,
        streams: streams.value,
        takes: takes.value,
        spans: syncSpans(clocks.value, captureEdges(states.value), row.lastMs, stepMs),
        marks: marks.value,
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
