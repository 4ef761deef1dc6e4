/** What every group of routes is given. */
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type {
  FastifyBaseLogger,
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import { type Static, Type } from 'typebox';
import type { Fault } from '../fault.ts';
import type { MonitorView } from '../monitor/hub.ts';
import type { Access } from './access.ts';
import type { WebClock, WebLogger } from './ports.ts';

declare module 'fastify' {
  /** What the OpenAPI document says of a route beyond its schemas. */
  interface FastifySchema {
    readonly tags?: readonly string[];
    readonly summary?: string;
    /** Media type of the answer where it is not JSON. */
    readonly produces?: readonly string[];
  }
}

export type WebApp = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression<RawServerDefault>,
  RawReplyDefaultExpression<RawServerDefault>,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

export interface WebContext {
  readonly app: WebApp;
  readonly view: MonitorView;
  readonly clock: WebClock;
  readonly logger: WebLogger;
  readonly access: Access;
}

export const FaultAnswer = Type.Object(
  {
    simulated: Type.Boolean(),
    fault: Type.Object({
      code: Type.String({ description: 'Stable; listed in docs/errors.md.' }),
      what: Type.String({ description: 'What happened.' }),
      fix: Type.String({ description: 'What to do.' }),
    }),
  },
  { description: 'It could not be done: why, and what to do.' },
);
export type FaultAnswer = Static<typeof FaultAnswer>;

/** Answers a fault in the one form that all routes share. */
export function sendFault(context: Pick<WebContext, 'view'>, reply: FastifyReply, status: number, fault: Fault) {
  return reply.code(status).send({ simulated: context.view.snapshot().simulated, fault } satisfies FaultAnswer);
}

const COOKIE = 'lightkeeper_session';

/** The session token of a request: the page's cookie, or `Authorization: Bearer` for programs. */
export function tokenOf(request: FastifyRequest): string | null {
  const bearer = /^Bearer ([\w-]{1,128})$/.exec(request.headers.authorization ?? '');
  if (bearer !== null) return bearer[1]!;
  for (const part of (request.headers.cookie ?? '').split(';')) {
    const [name, value] = part.trim().split('=');
    if (name === COOKIE && value !== undefined) return value;
  }
  return null;
}

/** null ends the session in the browser. Not `Secure`: the page is plain HTTP on the LAN. */
export function sessionCookie(token: string | null): string {
  const age = token === null ? 0 : 30 * 24 * 3600;
  return `${COOKIE}=${token ?? ''}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${age}`;
}

/** Guards a write: without a session the answer is 401 and nothing is done. */
export function sessionGuard(context: WebContext) {
  return async (request: FastifyRequest, reply: FastifyReply) => {
    if (context.access.isSession(tokenOf(request))) return undefined;
    return sendFault(context, reply, 401, {
      code: 'access-needed',
      what: 'Changes need the PIN that the panel shows.',
      fix: 'Pair first: the page asks for it, programs send it to POST /api/pair.',
    });
  };
}
