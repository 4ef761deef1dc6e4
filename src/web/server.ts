/**
 * The web door: the phone page, the API, the live stream. It only reads the monitor's view and sends its few commands;
 * it never touches a device. Reads are open; the Host allow-list, the limits and the policy headers stand before all.
 */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import Fastify, { type FastifyInstance } from 'fastify';
import type { Config } from '../config/schema.ts';
import type { InterfaceMap } from '../device/interfaces/interfaceMap.ts';
import { bad, type Fault, good, type Outcome } from '../fault.ts';
import type { JournalReader } from '../journal/journal.ts';
import type { MonitorCommands, MonitorView } from '../monitor/hub.ts';
import { Access } from './access.ts';
import { accessRoutes } from './accessRoutes.ts';
import { actionRoutes, type WebActions } from './actionRoutes.ts';
import { apiPageRoutes } from './apiPage.ts';
import { type ConfigDoor, configRoutes } from './configRoutes.ts';
import { Connections } from './connections.ts';
import { sendFault, type WebContext } from './context.ts';
import { AllowedHosts, lanAddresses } from './hosts.ts';
import { LiveHub, snapshotSerialiser } from './live.ts';
import { describeRoutes, type OpenApi } from './openApi.ts';
import { loadPageFiles, type PageFile } from './pageFiles.ts';
import type { WebClock, WebLogger } from './ports.ts';
import { readRoutes } from './readRoutes.ts';
import { type CheckCommands, checkRoutes } from './routes/checks.ts';
import { type EvidenceParts, evidenceRoutes } from './routes/evidence.ts';
import { guideRoutes } from './routes/guide.ts';
import { journalRoutes } from './routes/journal.ts';
import { reportRoutes } from './routes/report.ts';
import { validatorCompiler } from './validate.ts';

export interface WebOptions {
  readonly view: MonitorView;
  readonly commands: MonitorCommands;
  /** The panel as a PNG, each pixel `scale` x `scale`; the PIN masked, and SIM on it in a simulated run. */
  readonly panelPng: (scale: number) => Uint8Array;
  /** What this run can do beyond the monitor's commands; none by default. */
  readonly actions?: WebActions;
  /** The configuration on disk; without it the page has no settings. */
  readonly configDoor?: ConfigDoor;
  /** The session's memory; without it its routes are missing. */
  readonly journal?: JournalReader;
  /** PIN and sessions. Given, so that the panel's driver can show the PIN; by default a PIN that nobody can see. */
  readonly access?: Access;
  /** What slips looked like; without it there are no such routes. */
  readonly evidence?: EvidenceParts;
  /** The table of interfaces, for the planner; none by default: it then knows analogue inputs only. */
  readonly interfaceMaps?: readonly InterfaceMap[];
  /** The guided checks; without them the page offers none. */
  readonly checks?: CheckCommands;
  /** The `web` part of the configuration now. */
  readonly config: () => Config['web'];
  /** A descriptor that listens already, for this server to own (a socket unit's); null: it listens as configured. */
  readonly listenFd?: () => number | null;
  readonly logger: WebLogger;
  readonly clock: WebClock;
  /** Folder of the built page; by default beside this file. null: no page, the API alone. */
  readonly pageFolder?: string | null;
}

export interface WebAddress {
  readonly host: string;
  readonly port: number;
  /** One a person can open: the first LAN address when all are listened to. */
  readonly url: string;
}

export interface WebServer {
  /** Listens. A port that is taken or forbidden is a fault, not an exception. */
  start(): Promise<Outcome<WebAddress>>;
  /** Ends all streams and connections and closes the port. May be called twice. */
  stop(): Promise<void>;
  /** For tests (`inject`) and for the table of routes. */
  readonly app: FastifyInstance;
  readonly live: LiveHub;
  /** The OpenAPI document, made from the routes' own schemas. */
  readonly openApi: OpenApi;
}

/** Request bodies are small: a whole configuration is a few KiB. */
const BODY_LIMIT_BYTES = 64 * 1024;
const REQUEST_TIMEOUT_MS = 10_000;
const CONNECTION_TIMEOUT_MS = 30_000;
const KEEP_ALIVE_MS = 10_000;

const HEADERS: Readonly<Record<string, string>> = {
  // No upgrade-insecure-requests: the page is served over plain HTTP on the LAN.
  'content-security-policy':
    "default-src 'self'; img-src 'self' data: blob:; style-src 'self'; script-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'x-frame-options': 'DENY',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
};

export function createWebServer(options: WebOptions): WebServer {
  const { view, clock, logger } = options;
  const allowed = new AllowedHosts(
    () => options.config().allowedHosts,
    () => clock.nowMs(),
  );
  const connections = new Connections();
  const snapshotJson = snapshotSerialiser(view);
  const live = new LiveHub({ view, clock, snapshotJson, stalledMs: CONNECTION_TIMEOUT_MS });
  const { pageFolder = join(dirname(fileURLToPath(import.meta.url)), 'page') } = options;
  const pageFiles = pageFolder === null ? new Map<string, PageFile>() : loadPageFiles(pageFolder);

  const app = Fastify({
    logger: false,
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 64, ignoreTrailingSlash: false },
    http: { headersTimeout: REQUEST_TIMEOUT_MS, connectionsCheckingInterval: 1000, maxHeaderSize: 8 * 1024 },
    // Not one stack trace or parser's word leaves: the answer is always our own.
    clientErrorHandler: (_error, socket) => {
      if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
      else socket.destroy();
    },
  }).withTypeProvider<TypeBoxTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  // Bodies are JSON alone: a form of another site can not send that without asking first.
  app.removeContentTypeParser('text/plain');
  // Answers are built to their schemas by the compiler's word; nothing is dropped or bent on the way out.
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  const access = options.access ?? new Access({ clock });
  const context: WebContext = { app, view, clock, logger, access };
  const openApi = describeRoutes(app, view.snapshot().version);
  connections.attach(app.server);

  app.addHook('onRequest', async (request, reply) => {
    reply.headers(HEADERS);
    view.looked();
    if (view.snapshot().simulated) reply.header('x-lightkeeper-simulated', 'true');
    if (!allowed.allows(request.headers.host)) {
      return sendFault(context, reply, 403, {
        code: 'web-host',
        what: 'The request asks for a name that this box does not have.',
        fix: 'Open the page by an address of the box, or add the name to web.allowedHosts.',
      });
    }
    if (!allowed.allowsOrigin(request.headers.origin)) {
      return sendFault(context, reply, 403, {
        code: 'web-origin',
        what: 'The request comes from a page of another site.',
        fix: 'Use the page that the box itself serves.',
      });
    }
    return undefined;
  });

  app.setNotFoundHandler((_request, reply) =>
    sendFault(context, reply, 404, {
      code: 'web-no-route',
      what: 'There is nothing at this address.',
      fix: 'The page is at /, the API at /api/status.',
    }),
  );

  app.setErrorHandler((error: { statusCode?: number; validation?: unknown; message?: string }, _request, reply) => {
    const status = error.validation !== undefined ? 400 : (error.statusCode ?? 500);
    if (status >= 500) {
      logger.error(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
      return sendFault(context, reply, 500, {
        code: 'web-bug',
        what: 'The box made a mistake answering this.',
        fix: 'See the log; report it.',
      });
    }
    return sendFault(context, reply, status, {
      code: status === 413 ? 'web-too-large' : 'web-bad-request',
      what: requestComplaint(error),
      fix: 'Send what docs/api.md describes.',
    });
  });

  readRoutes(context, { live, snapshotJson, panelPng: options.panelPng });
  accessRoutes(context);
  actionRoutes(context, options.commands, options.actions ?? {});
  if (options.configDoor !== undefined) configRoutes(context, options.configDoor);
  if (options.journal !== undefined) {
    journalRoutes(context, options.journal);
    reportRoutes(context, options.journal, options.evidence?.store ?? null);
  }
  if (options.checks !== undefined) checkRoutes(context, options.checks);
  if (options.evidence !== undefined) evidenceRoutes(context, options.evidence);
  guideRoutes(context, { interfaceMaps: options.interfaceMaps ?? [] });
  apiPageRoutes(context, openApi);

  for (const [url, file] of pageFiles) {
    app.get(url, (request, reply) => {
      // The page must never be older than the program behind it: the phone asks each time, and mostly hears 304.
      reply.header('cache-control', 'no-cache').header('etag', file.etag).header('vary', 'accept-encoding');
      if (request.headers['if-none-match'] === file.etag) return reply.code(304).send();
      reply.header('content-type', file.type);
      if (/\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''))) {
        return reply.header('content-encoding', 'gzip').send(file.gzipped);
      }
      return reply.send(file.body);
    });
  }

  return {
    app: app as unknown as FastifyInstance,
    live,
    openApi,
    async start() {
      const configured = options.config();
      const fd = options.listenFd?.() ?? null;
      // Node takes a descriptor before host and port, which only Fastify asks for.
      const given = fd === null ? null : { fd };
      const { port } = configured;
      let { host } = configured;
      try {
        await app.listen({ host, port, ...given });
      } catch (error) {
        return listenFault(error, host, port);
      }
      live.start();
      const bound = app.server.address();
      const boundPort = bound !== null && typeof bound === 'object' ? bound.port : port;
      if (given !== null && bound !== null && typeof bound === 'object') host = bound.address;
      return good({ host, port: boundPort, url: `http://${urlHost(host)}:${boundPort}/` });
    },
    async stop() {
      live.stop();
      connections.closeAll();
      await app.close();
    },
  };
}

/** An address that a person can type, for a host that may mean all of them. */
function urlHost(host: string): string {
  const shown = host === '0.0.0.0' || host === '::' ? (lanAddresses()[0] ?? '127.0.0.1') : host;
  return shown.includes(':') ? `[${shown}]` : shown;
}

function listenFault(error: unknown, host: string, port: number): { readonly ok: false; readonly fault: Fault } {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  switch (code) {
    case 'EADDRINUSE':
      return bad(
        'web-port-taken',
        `Port ${port} is taken by another program.`,
        'Choose another with --http <port> or web.port, or stop the other program.',
      );
    case 'EACCES':
      return bad(
        'web-port-forbidden',
        `The system does not let this user listen on port ${port}.`,
        'Choose a port of 1024 or more with --http <port> or web.port.',
      );
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return bad(
        'web-address-unknown',
        `This machine has no address ${host}.`,
        'Set web.host to 127.0.0.1 for this machine only, or to 0.0.0.0 for the LAN.',
      );
    default:
      throw error;
  }
}

/** One line of what is wrong with a request, in the schema's words, without repeating what was sent. */
function requestComplaint(error: { validation?: unknown; message?: string; statusCode?: number }): string {
  if (Array.isArray(error.validation)) {
    const first = error.validation.find((e) => e.keyword !== 'boolean') ?? error.validation[0];
    const where = String(first?.instancePath ?? '')
      .slice(1)
      .replaceAll('/', '.');
    return `${where === '' ? 'The request' : where} ${String(first?.message ?? 'is not as described')}.`;
  }
  switch (error.statusCode) {
    case 413:
      return 'The body is larger than 64 KiB.';
    case 415:
      return 'Bodies must be application/json.';
    default:
      return 'The request can not be read.';
  }
}
