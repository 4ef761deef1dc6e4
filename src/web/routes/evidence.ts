/** What slips looked like: a list, and each as a drawing (SVG, PNG) and as sound (WAV). Reads are open. */
import { Type } from 'typebox';
import { drawingSvg } from '../../evidence/drawing.ts';
import type { Evidence, EvidenceStore } from '../../evidence/evidenceStore.ts';
import { drawingPng, type RasterFonts } from '../../evidence/raster.ts';
import { slipPicture, slipWords } from '../../evidence/slipPicture.ts';
import { snippetWav } from '../../evidence/snippetWav.ts';
import { FaultAnswer, sendFault, type WebContext } from '../context.ts';

const Item = Type.Object({
  id: Type.String({ description: 'Of the files: /api/evidence/<id>.svg, .png, .wav.' }),
  bank: Type.String(),
  name: Type.String(),
  box: Type.Union([Type.String(), Type.Null()]),
  kind: Type.Enum(['drop', 'repeat', 'zeros']),
  frames: Type.Integer({ minimum: 1, description: 'Frames moved.' }),
  what: Type.String({ description: 'In words: 1 frame missing.' }),
  frame: Type.Integer({ minimum: 0, description: "From the stream's start." }),
  seconds: Type.Number({ description: 'The same, in seconds.' }),
  rateHz: Type.Integer(),
  ppm: Type.Union([Type.Number(), Type.Null()]),
  provenMs: Type.Integer({ description: 'uptimeMs when it was proven.' }),
  channels: Type.Array(Type.Integer({ minimum: 1 })),
});

const ListAnswer = Type.Object({
  simulated: Type.Boolean(),
  evidence: Type.Array(Item, { description: 'Newest first; bounded, the eldest goes.' }),
});

/** Pictures kept ready: a page that shows a list asks for the same ones again and again. */
const KEPT_PICTURES = 16;

export interface EvidenceParts {
  readonly store: EvidenceStore;
  readonly fonts: RasterFonts;
}

export function evidenceRoutes(context: WebContext, parts: EvidenceParts): void {
  const { app, view } = context;
  const pictures = new Map<string, Buffer>();

  const drawingOf = (item: Evidence) => {
    const names = item.snippet.channels.map((index) => view.snapshot().channels[index - 1]?.name ?? '');
    return slipPicture(item.snippet, item, names);
  };
  const png = (item: Evidence): Buffer => {
    const key = `${item.id} ${item.ppm}`;
    const kept = pictures.get(key);
    if (kept !== undefined) return kept;
    const made = Buffer.from(drawingPng(drawingOf(item), parts.fonts));
    pictures.set(key, made);
    if (pictures.size > KEPT_PICTURES) pictures.delete(pictures.keys().next().value!);
    return made;
  };

  app.get(
    '/api/evidence',
    { schema: { tags: ['read'], summary: 'Slips with what they looked like.', response: { 200: ListAnswer } } },
    async (_request, reply) =>
      reply.send({
        simulated: view.snapshot().simulated,
        evidence: parts.store.list().map(({ snippet, ...item }) => ({
          ...item,
          what: slipWords(item.kind, item.frames),
          seconds: Math.round((1000 * item.frame) / snippet.rateHz) / 1000,
          rateHz: snippet.rateHz,
          provenMs: Math.floor(item.provenMs),
          channels: [...snippet.channels],
        })),
      }),
  );

  app.get(
    '/api/evidence/:file',
    {
      schema: {
        tags: ['read'],
        summary: 'One slip: <id>.svg or <id>.png, drawn; <id>.wav, 20 ms on either side, a track a channel.',
        params: Type.Object({ file: Type.String({ pattern: '^[a-z0-9-]{1,40}\\.(svg|png|wav)$' }) }),
        produces: ['image/svg+xml', 'image/png', 'audio/wav'],
        response: { 404: FaultAnswer },
      },
    },
    async (request, reply) => {
      const [id, ending] = request.params.file.split('.') as [string, string];
      const item = parts.store.get(id);
      if (item === null) {
        return sendFault(context, reply, 404, {
          code: 'evidence-gone',
          what: 'There is no such evidence: it never was, or newer slips have pushed it out.',
          fix: 'Ask for the list: GET /api/evidence.',
        });
      }
      if (ending === 'svg')
        return reply.header('content-type', 'image/svg+xml').send(drawingSvg(drawingOf(item)) as never);
      if (ending === 'png') return reply.header('content-type', 'image/png').send(png(item) as never);
      return reply
        .header('content-type', 'audio/wav')
        .header('content-disposition', `attachment; filename="${id}.wav"`)
        .send(Buffer.from(snippetWav(item.snippet)) as never);
    },
  );
}
