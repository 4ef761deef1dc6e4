/** Things a person does from the phone: each needs a session, each says in plain words why it can't be done. */
import { Type } from 'typebox';
import type { Fault, Outcome } from '../fault.ts';
import type { MonitorCommands } from '../monitor/hub.ts';
import { FaultAnswer, sendFault, sessionGuard, type WebContext } from './context.ts';

/**
 * What the composition root can do beyond the monitor's own commands. A missing one is answered 409: this run has no
 * such thing (no panel, no journal), and the page does not offer it.
 */
export interface WebActions {
  /** Puts back what the last `clear` took away, as long as nothing new came over it. */
  undoClear?(): Outcome<null>;
  /** Silences a finding's alarm until it comes again. */
  acknowledge?(code: string, where: string | null): Outcome<null>;
  /** Begins a take (`name`; empty: numbered) or ends the one that runs (`null`). */
  markTake?(name: string | null): Outcome<null>;
  /** Begins the guided proof on a bank; null gives up the one that runs. */
  prove?(bank: string | null): Outcome<null>;
  /** Presses buttons of the panel together for so long. */
  press?(buttons: readonly ('A' | 'B' | 'C' | 'D')[], holdMs: number): Outcome<null>;
}

const Done = Type.Object({ simulated: Type.Boolean(), done: Type.Literal(true) });
const Empty = Type.Object({}, { additionalProperties: false });
const ClearBody = Type.Object(
  {
    channels: Type.Optional(
      Type.Array(Type.Integer({ minimum: 1, maximum: 64 }), {
        minItems: 1,
        maxItems: 64,
        description: '1-based; all by default.',
      }),
    ),
  },
  { additionalProperties: false },
);
const AcknowledgeBody = Type.Object(
  {
    code: Type.String({ minLength: 1, maxLength: 64, description: 'Code of the finding.' }),
    where: Type.Optional(Type.String({ maxLength: 128, description: 'Only the finding at this place.' })),
  },
  { additionalProperties: false },
);
const MarkTakeBody = Type.Object(
  {
    name: Type.Union([Type.String({ maxLength: 40 }), Type.Null()], {
      description: 'Name of the take that begins, empty: Take n; null ends the one that runs.',
    }),
  },
  { additionalProperties: false },
);
const ProveBody = Type.Object(
  {
    bank: Type.Union([Type.String({ pattern: '^[a-z0-9-]{1,24}$' }), Type.Null()], {
      description: 'id of the bank; null gives up the proof that runs.',
    }),
  },
  { additionalProperties: false },
);
const PressBody = Type.Object(
  {
    buttons: Type.Array(Type.Enum(['A', 'B', 'C', 'D']), {
      minItems: 1,
      maxItems: 4,
      description: 'Pressed together.',
    }),
    holdMs: Type.Optional(
      Type.Integer({ minimum: 20, maximum: 5000, description: 'How long, ms; 80 by default: a short press.' }),
    ),
  },
  { additionalProperties: false },
);

const NOT_HERE: Fault = {
  code: 'action-not-here',
  what: 'This run has nothing that could do that.',
  fix: 'See GET /api/actions for what it can do.',
};

export function actionRoutes(context: WebContext, commands: MonitorCommands, actions: WebActions): void {
  const { app, view } = context;
  const onRequest = sessionGuard(context);
  const response = { 200: Done, 401: FaultAnswer, 409: FaultAnswer };
  const done = () => ({ simulated: view.snapshot().simulated, done: true as const });
  const schema = <B>(summary: string, body: B) => ({ tags: ['actions'], summary, body, response });

  app.get(
    '/api/actions',
    {
      schema: {
        tags: ['actions'],
        summary: 'What this run can do.',
        response: { 200: Type.Object({ simulated: Type.Boolean(), actions: Type.Array(Type.String()) }) },
      },
    },
    async (_request, reply) => {
      const names = ['clear', 'release', 'take'];
      if (actions.undoClear) names.push('undo-clear');
      if (actions.acknowledge) names.push('acknowledge');
      if (actions.markTake) names.push('mark-take');
      if (actions.prove) names.push('prove');
      if (actions.press) names.push('press');
      return reply.send({ simulated: view.snapshot().simulated, actions: names.sort() });
    },
  );

  app.post(
    '/api/actions/clear',
    { onRequest, schema: schema('Clear clip latches, counters and maxima.', ClearBody) },
    async (request, reply) => {
      commands.clear(request.body.channels);
      return reply.send(done());
    },
  );
  app.post(
    '/api/actions/release',
    { onRequest, schema: schema('Close the interface for another program.', Empty) },
    async (_r, reply) => {
      commands.release();
      return reply.send(done());
    },
  );
  app.post(
    '/api/actions/take',
    { onRequest, schema: schema('Open the interface again.', Empty) },
    async (_r, reply) => {
      commands.take();
      return reply.send(done());
    },
  );
  app.post(
    '/api/actions/undo-clear',
    { onRequest, schema: schema('Put back what the last clear took away.', Empty) },
    async (_r, reply) => {
      const outcome = actions.undoClear?.() ?? { ok: false as const, fault: NOT_HERE };
      return outcome.ok ? reply.send(done()) : sendFault(context, reply, 409, outcome.fault);
    },
  );
  app.post(
    '/api/actions/acknowledge',
    { onRequest, schema: schema('Silence a finding until it comes again.', AcknowledgeBody) },
    async (request, reply) => {
      const { code, where } = request.body;
      const outcome = actions.acknowledge?.(code, where ?? null) ?? { ok: false as const, fault: NOT_HERE };
      return outcome.ok ? reply.send(done()) : sendFault(context, reply, 409, outcome.fault);
    },
  );
  app.post(
    '/api/actions/mark-take',
    { onRequest, schema: schema('Begin or end a take.', MarkTakeBody) },
    async (request, reply) => {
      const outcome = actions.markTake?.(request.body.name) ?? { ok: false as const, fault: NOT_HERE };
      return outcome.ok ? reply.send(done()) : sendFault(context, reply, 409, outcome.fault);
    },
  );
  app.post(
    '/api/actions/prove',
    {
      onRequest,
      schema: schema('Begin the guided proof on a bank, or give it up. How it goes stands in the status.', ProveBody),
    },
    async (request, reply) => {
      const outcome = actions.prove?.(request.body.bank) ?? { ok: false as const, fault: NOT_HERE };
      return outcome.ok ? reply.send(done()) : sendFault(context, reply, 409, outcome.fault);
    },
  );
  app.post(
    '/api/actions/press',
    { onRequest, schema: schema("Press the panel's buttons.", PressBody) },
    async (request, reply) => {
      const { buttons, holdMs = 80 } = request.body;
      const outcome = actions.press?.(buttons, holdMs) ?? { ok: false as const, fault: NOT_HERE };
      return outcome.ok ? reply.send(done()) : sendFault(context, reply, 409, outcome.fault);
    },
  );
}
