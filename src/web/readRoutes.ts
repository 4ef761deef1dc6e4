/** What anyone on the LAN may read: status, health, the panel's picture, the live stream, metrics. */
import { Type } from 'typebox';
import { CaptureStateWord, Snapshot } from '../monitor/snapshot.ts';
import { FaultAnswer, sendFault, type WebContext } from './context.ts';
import { parseChannels } from './levelStream.ts';
import { type LiveHub, MAX_LIVE_STREAMS } from './live.ts';
import { prometheusText } from './metrics.ts';

const LiveQuery = Type.Object(
  {
    events: Type.Optional(
      Type.Enum(['levels', 'snapshot', 'levels,snapshot'], { description: 'Which events to send; both by default.' }),
    ),
    channels: Type.Optional(
      Type.String({ maxLength: 200, pattern: '^[0-9, -]+$', description: '1-based, such as 1-8,13; all by default.' }),
    ),
    rate: Type.Optional(Type.Integer({ minimum: 1, maximum: 30, description: 'levels events a second, at most.' })),
  },
  { additionalProperties: false },
);

const PanelQuery = Type.Object(
  {
    scale: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 8, description: 'Screen pixels a panel pixel; 1 by default.' }),
    ),
    t: Type.Optional(Type.String({ maxLength: 32, description: 'Ignored: lets a page ask past its cache.' })),
  },
  { additionalProperties: false },
);

const Health = Type.Object({
  ok: Type.Boolean({ description: 'Capture runs, or stands still because it was told to.' }),
  product: Type.Literal('lightkeeper'),
  version: Type.String(),
  simulated: Type.Boolean(),
  uptimeMs: Type.Integer({ minimum: 0 }),
  capture: CaptureStateWord,
  liveClients: Type.Integer({ minimum: 0 }),
});

const text = (description: string) => Type.String({ description });

export interface ReadParts {
  readonly live: LiveHub;
  readonly snapshotJson: () => string;
  readonly panelPng: (scale: number) => Uint8Array;
}

export function readRoutes(context: WebContext, parts: ReadParts): void {
  const { app, view } = context;
  const { live, snapshotJson } = parts;

  app.get(
    '/api/status',
    { schema: { tags: ['read'], summary: 'The snapshot: all that the box knows now.', response: { 200: Snapshot } } },
    async (_request, reply) => {
      // The text that was made once for this seq; it is the snapshot as it is.
      const json: unknown = snapshotJson();
      return reply.header('content-type', 'application/json; charset=utf-8').send(json as Snapshot);
    },
  );

  app.get(
    '/api/health',
    { schema: { tags: ['read'], summary: 'Is all well? For watchdogs.', response: { 200: Health } } },
    async (_request, reply) => {
      const { simulated, version, uptimeMs, capture } = view.snapshot();
      return reply.send({
        ok: capture.state === 'running' || capture.state === 'released' || capture.state === 'ended',
        product: 'lightkeeper',
        version,
        simulated,
        uptimeMs,
        capture: capture.state,
        liveClients: live.clients,
      });
    },
  );

  app.get(
    '/api/panel.png',
    {
      schema: {
        tags: ['read'],
        summary: "The panel's picture, 128x64; a PIN on it is masked.",
        querystring: PanelQuery,
        produces: ['image/png'],
      },
    },
    async (request, reply) =>
      reply.header('content-type', 'image/png').send(Buffer.from(parts.panelPng(request.query.scale ?? 1))),
  );

  app.get(
    '/api/live',
    {
      schema: {
        tags: ['read'],
        summary:
          'Server-sent events: levels 25 to 30 times a second, snapshot on change, beat when there is nothing to say.',
        querystring: LiveQuery,
        produces: ['text/event-stream'],
        response: { 200: text('Events.'), 400: FaultAnswer, 503: FaultAnswer },
      },
    },
    async (request, reply) => {
      const { events = 'levels,snapshot', channels: wanted, rate = 30 } = request.query;
      const channels = wanted === undefined ? null : parseChannels(wanted);
      if (wanted !== undefined && channels === null) {
        return sendFault(context, reply, 400, {
          code: 'web-bad-request',
          what: 'channels is no list of channels.',
          fix: 'Write it like 1-8,13, from 1 to 64.',
        });
      }
      if (live.clients >= MAX_LIVE_STREAMS) {
        reply.header('retry-after', '5');
        return sendFault(context, reply, 503, {
          code: 'web-live-full',
          what: `All ${MAX_LIVE_STREAMS} live streams are taken.`,
          fix: 'Close a page that is open elsewhere.',
        });
      }
      reply.hijack();
      const response = reply.raw;
      for (const [name, value] of Object.entries(reply.getHeaders())) {
        if (value !== undefined) response.setHeader(name, value);
      }
      response.writeHead(200, { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' });
      response.socket?.setNoDelay(true);
      live.add(response, {
        levels: events.includes('levels'),
        snapshots: events.includes('snapshot'),
        channels,
        ratePerS: rate,
      });
      return reply;
    },
  );

  app.get(
    '/metrics',
    {
      schema: {
        tags: ['read'],
        summary: 'The snapshot for Prometheus.',
        produces: ['text/plain'],
        response: { 200: text("Prometheus' text format.") },
      },
    },
    async (_request, reply) =>
      reply.header('content-type', 'text/plain; version=0.0.4; charset=utf-8').send(
        prometheusText(view.snapshot(), {
          liveClients: live.clients,
          mergedFrames: live.mergedFrames,
          stalledClosed: live.stalledClosed,
        }),
      ),
  );
}
