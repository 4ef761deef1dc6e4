/** Pairing: the PIN in, a session out. */
import { Type } from 'typebox';
import { FaultAnswer, sendFault, sessionCookie, tokenOf, type WebContext } from './context.ts';

const PairBody = Type.Object(
  { pin: Type.String({ pattern: '^[0-9]{6}$', description: 'The six digits on the panel.' }) },
  { additionalProperties: false },
);
const PairAnswer = Type.Object({
  simulated: Type.Boolean(),
  token: Type.String({ description: 'For programs: Authorization: Bearer <token>. The page uses the cookie.' }),
});
const SessionAnswer = Type.Object({
  simulated: Type.Boolean(),
  paired: Type.Boolean({ description: 'This request came with a session.' }),
  lockedForS: Type.Integer({ minimum: 0, description: 'Seconds until pairing is possible again.' }),
});

export function accessRoutes(context: WebContext): void {
  const { app, access, view, logger } = context;

  app.post(
    '/api/pair',
    {
      schema: {
        tags: ['access'],
        summary: 'Pair: the PIN on the panel gives a session.',
        body: PairBody,
        response: { 200: PairAnswer, 401: FaultAnswer, 429: FaultAnswer },
      },
    },
    async (request, reply) => {
      const outcome = access.pair(request.body.pin);
      if (!outcome.ok) {
        logger.warn(`pairing refused (${outcome.fault.code})`);
        return sendFault(context, reply, outcome.fault.code === 'access-locked' ? 429 : 401, outcome.fault);
      }
      logger.info('a client has paired');
      return reply
        .header('set-cookie', sessionCookie(outcome.value))
        .send({ simulated: view.snapshot().simulated, token: outcome.value });
    },
  );

  app.delete(
    '/api/pair',
    {
      schema: { tags: ['access'], summary: 'End this session.', response: { 200: SessionAnswer } },
    },
    async (request, reply) => {
      access.leave(tokenOf(request));
      return reply
        .header('set-cookie', sessionCookie(null))
        .send({ simulated: view.snapshot().simulated, paired: false, lockedForS: access.lockedForS() });
    },
  );

  app.get(
    '/api/session',
    {
      schema: { tags: ['access'], summary: 'Is this client paired?', response: { 200: SessionAnswer } },
    },
    async (request, reply) =>
      reply.send({
        simulated: view.snapshot().simulated,
        paired: access.isSession(tokenOf(request)),
        lockedForS: access.lockedForS(),
      }),
  );
}
