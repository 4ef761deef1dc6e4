/** Guided checks over HTTP: read by anybody, begun and driven with a session. The state is a part of the Snapshot, too. */
import { Type } from 'typebox';
import { CheckKind, CheckView, SoundcheckView } from '../../checks/check.ts';
import type { Complaint } from '../../diagnosis/complaints.ts';
import { COMPLAINT_KINDS } from '../../diagnosis/complaints.ts';
import { Finding } from '../../monitor/snapshot.ts';
import { FaultAnswer, sendFault, sessionGuard, type WebContext } from '../context.ts';

export interface CheckCommands {
  startCheck(kind: CheckKind): void;
  /** false: no check runs. */
  nextCheck(): boolean;
  endCheck(): void;
  /** What to say to a person who complains: what is seen, else the one question that would settle it. */
  answer(complaint: Complaint): Finding[];
}

const nullable = <T extends typeof CheckView | typeof SoundcheckView>(type: T) => Type.Union([type, Type.Null()]);
const ChecksAnswer = Type.Object({
  simulated: Type.Boolean(),
  check: nullable(CheckView),
  soundcheck: nullable(SoundcheckView),
});
const StartBody = Type.Object({ kind: CheckKind }, { additionalProperties: false });
const Empty = Type.Object({}, { additionalProperties: false });
const ComplaintQuery = Type.Object(
  {
    kind: Type.Enum([...COMPLAINT_KINDS], { description: 'What a person hears, or does not.' }),
    channel: Type.Optional(Type.Integer({ minimum: 1, maximum: 64, description: '1-based, where it is one.' })),
  },
  { additionalProperties: false },
);
const Answers = Type.Object({ simulated: Type.Boolean(), answers: Type.Array(Finding) });

export function checkRoutes(context: WebContext, commands: CheckCommands): void {
  const { app, view } = context;
  const onRequest = sessionGuard(context);
  const response = { 200: ChecksAnswer, 401: FaultAnswer, 409: FaultAnswer };
  const now = () => {
    const { simulated, check = null, soundcheck = null } = view.snapshot();
    return { simulated, check, soundcheck };
  };

  app.get(
    '/api/checks',
    {
      schema: {
        tags: ['checks'],
        summary: 'The guided check that runs, or the last one.',
        response: { 200: ChecksAnswer },
      },
    },
    async (_request, reply) => reply.send(now()),
  );
  app.post(
    '/api/checks/start',
    { onRequest, schema: { tags: ['checks'], summary: 'Begin a guided check.', body: StartBody, response } },
    async (request, reply) => {
      commands.startCheck(request.body.kind);
      return reply.send(now());
    },
  );
  app.post(
    '/api/checks/next',
    {
      onRequest,
      schema: { tags: ['checks'], summary: 'Go on: this channel is dead, or begin peaks anew.', body: Empty, response },
    },
    async (_request, reply) => {
      if (commands.nextCheck()) return reply.send(now());
      return sendFault(context, reply, 409, {
        code: 'check-none-runs',
        what: 'No guided check runs.',
        fix: 'Begin one first.',
      });
    },
  );
  app.post(
    '/api/checks/end',
    { onRequest, schema: { tags: ['checks'], summary: 'End the guided check.', body: Empty, response } },
    async (_request, reply) => {
      commands.endCheck();
      return reply.send(now());
    },
  );
  app.get(
    '/api/ask',
    {
      schema: {
        tags: ['checks'],
        summary: 'What a person complains of: what the box sees of it, else what it would ask.',
        querystring: ComplaintQuery,
        response: { 200: Answers, 400: FaultAnswer },
      },
    },
    async (request, reply) => {
      const { kind, channel = null } = request.query;
      return reply.send({ simulated: view.snapshot().simulated, answers: commands.answer({ kind, channel }) });
    },
  );
}
