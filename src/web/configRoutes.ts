/** The configuration over HTTP: read, check, change, history, export. */
import { type Static, Type } from 'typebox';
import { checkConfig } from '../config/check.ts';
import { diffConfig, PARTS, type Part, sparesCapture } from '../config/diff.ts';
import { Config } from '../config/schema.ts';
import { maskSecrets, maskValue, restoreSecrets } from '../config/secrets.ts';
import { type ConfigStore, serialise } from '../config/store.ts';
import { checkSheet } from '../guide/checks.ts';
import { PatchSheet } from '../guide/patchSheet.ts';
import { printSheet } from '../guide/printSheet.ts';
import { FaultAnswer, sendFault, sessionGuard, type WebContext } from './context.ts';

/** What the web may do with the configuration. The composition root rebuilds the parts. */
export interface ConfigDoor {
  readonly store: ConfigStore;
  /** True while a take is marked: capture must not be opened anew then. */
  takeIsMarked(): boolean;
  /** Called after the answer is on its way, with the parts to rebuild in order. */
  apply(config: Config, rebuilds: readonly Part[]): void;
}

const Origin = Type.Object({
  kind: Type.Enum(['fresh', 'loaded', 'lastGood', 'readOnly'], {
    description: 'fresh: defaults. lastGood: the file was bad. readOnly: the file is of a newer program.',
  }),
  notes: Type.Array(Type.String(), { description: 'What migrations changed.' }),
  fault: Type.Union([FaultAnswer.properties.fault, Type.Null()]),
});
const Revision = Type.String({ description: 'Fingerprint of the configuration in use.' });
const GetAnswer = Type.Object({ simulated: Type.Boolean(), revision: Revision, origin: Origin, config: Config });
const PutQuery = Type.Object(
  {
    validateOnly: Type.Optional(
      Type.Boolean({ description: 'true: say what would change and what is wrong, and save nothing.' }),
    ),
    revision: Type.Optional(
      Type.String({ maxLength: 64, description: 'Refuse (409) when the configuration is no longer this one.' }),
    ),
  },
  { additionalProperties: false },
);
const Problems = Type.Array(Type.Object({ field: Type.String(), message: Type.String() }), {
  description: 'Field by field what does not fit; empty: all fits.',
});
const PutAnswer = Type.Object({
  simulated: Type.Boolean(),
  saved: Type.Boolean(),
  revision: Revision,
  problems: Problems,
  changes: Type.Array(
    Type.Object({
      field: Type.String(),
      from: Type.Unknown(),
      to: Type.Unknown(),
      rebuilds: Type.Enum([...PARTS, 'none']),
    }),
  ),
  rebuilds: Type.Array(Type.Enum([...PARTS]), { description: 'Parts of the program that are built anew, in order.' }),
});
const HistoryAnswer = Type.Object({
  simulated: Type.Boolean(),
  history: Type.Array(Type.Object({ number: Type.Integer(), changes: Type.Integer(), config: Config }), {
    description: 'The ten before, newest first; changes: fields that differ from now.',
  }),
});

const PatchAnswer = Type.Object({
  simulated: Type.Boolean(),
  sheet: Type.Union([PatchSheet, Type.Null()], { description: 'null: none is kept with this configuration.' }),
  notes: Type.Array(
    Type.Object({
      code: Type.String(),
      severity: Type.Enum(['alarm', 'warning', 'info']),
      where: Type.String({ description: 'The channel, box or pair by its name.' }),
      at: Type.String({ description: 'Part of the sheet to change: inputs.3, expanders.0, interface.' }),
      channels: Type.Array(Type.Integer()),
      what: Type.String(),
      why: Type.String(),
      fix: Type.String(),
    }),
  ),
});

export function configRoutes(context: WebContext, door: ConfigDoor): void {
  const { app, view, logger } = context;
  const { store } = door;
  const needsSession = sessionGuard(context);

  app.get(
    '/api/config',
    { schema: { tags: ['config'], summary: 'The configuration in use.', response: { 200: GetAnswer } } },
    async (_request, reply) =>
      reply.send({
        simulated: view.snapshot().simulated,
        revision: store.revision(),
        origin: originAnswer(store),
        config: maskSecrets(store.config()),
      }),
  );

  app.get(
    '/api/config/schema',
    { schema: { tags: ['config'], summary: 'The JSON Schema of the configuration: units, limits, defaults.' } },
    async (_request, reply) => reply.send({ simulated: view.snapshot().simulated, schema: Config }),
  );

  app.get(
    '/api/config/export',
    { schema: { tags: ['config'], summary: 'The configuration as a file; import it with PUT /api/config.' } },
    async (_request, reply) =>
      reply
        .header('content-type', 'application/json; charset=utf-8')
        .header('content-disposition', 'attachment; filename="lightkeeper-config.json"')
        .send(serialise(maskSecrets(store.config()))),
  );

  app.get(
    '/api/config/history',
    {
      schema: {
        tags: ['config'],
        summary: 'The ten configurations before this one.',
        response: { 200: HistoryAnswer },
      },
    },
    async (_request, reply) => {
      const history = (await store.history()).map(({ number, config }) => ({
        number,
        changes: diffConfig(store.config(), config).changes.length,
        config: maskSecrets(config),
      }));
      return reply.send({ simulated: view.snapshot().simulated, history });
    },
  );

  app.get(
    '/api/patch',
    {
      schema: {
        tags: ['config'],
        summary: 'The patch sheet of the session, and what is wrong or worth knowing about it.',
        response: { 200: PatchAnswer },
      },
    },
    async (_request, reply) => {
      const sheet = store.config().patch ?? null;
      const notes = sheet === null ? [] : checkSheet(sheet).map((note) => ({ ...note, channels: [...note.channels] }));
      return reply.send({ simulated: view.snapshot().simulated, sheet, notes });
    },
  );

  app.get(
    '/api/patch/print',
    {
      schema: {
        tags: ['config'],
        summary: 'The patch sheet as one page to print.',
        produces: ['text/html'],
        response: { 200: Type.String({ description: 'One page, nothing in it is fetched.' }), 404: FaultAnswer },
      },
    },
    async (_request, reply) => {
      const sheet = store.config().patch;
      if (sheet === undefined) {
        return sendFault(context, reply, 404, {
          code: 'patch-none',
          what: 'No patch sheet is kept with this configuration.',
          fix: 'Begin one under Patch on the page, or plan a session.',
        });
      }
      // Its style stands inside the page, so that it is one file; scripts stay forbidden.
      return reply
        .header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
        .type('text/html; charset=utf-8')
        .send(printSheet({ sheet }));
    },
  );

  app.put(
    '/api/config',
    {
      // To ask what a change would do changes nothing.
      onRequest: async (request, reply) =>
        (request.query as { validateOnly?: unknown }).validateOnly === 'true'
          ? undefined
          : needsSession(request, reply),
      schema: {
        tags: ['config'],
        summary: 'Change the configuration, or only check it.',
        querystring: PutQuery,
        // The whole is checked by the same schema inside, so that every complaint names its field.
        body: Type.Unsafe<unknown>(
          Type.Object({}, { description: 'A whole configuration; missing fields get defaults.' }),
        ),
        response: { 200: PutAnswer, 401: FaultAnswer, 409: FaultAnswer, 422: PutAnswer, 507: FaultAnswer },
      },
    },
    async (request, reply) => {
      const { simulated } = view.snapshot();
      const { validateOnly = false, revision } = request.query;
      const restored = restoreSecrets(request.body, store.config());
      const checked = checkConfig(restored.value);
      const unknown = restored.unknown.map((field) => ({ field, message: 'is not known here: type it anew' }));
      if (!checked.ok || unknown.length > 0) {
        return reply.code(422).send({
          simulated,
          saved: false,
          revision: store.revision(),
          problems: [
            ...unknown,
            ...(checked.ok ? [] : checked.problems.filter(({ field }) => !restored.unknown.includes(field))),
          ],
          changes: [],
          rebuilds: [],
        });
      }
      const { changes, rebuilds } = diffConfig(store.config(), checked.config);
      const answer = (saved: boolean): Static<typeof PutAnswer> => ({
        simulated,
        saved,
        revision: store.revision(),
        problems: [],
        changes: changes.map((change) => ({
          ...change,
          from: maskValue(change.field, change.from),
          to: maskValue(change.field, change.to),
        })),
        rebuilds: [...rebuilds],
      });
      if (validateOnly) return reply.send(answer(false));
      if (revision !== undefined && revision !== store.revision()) {
        return sendFault(context, reply, 409, {
          code: 'config-changed-meanwhile',
          what: 'Someone else has changed the configuration meanwhile.',
          fix: 'Load it again, make your change once more, and save.',
        });
      }
      if (door.takeIsMarked() && rebuilds.some((part) => !sparesCapture(part))) {
        return sendFault(context, reply, 409, {
          code: 'config-take-marked',
          what: 'A take is marked, and this change would open capture anew in the middle of it.',
          fix: 'End the take first, then save.',
        });
      }
      const saved = await store.save(checked.config);
      if (!saved.ok) return sendFault(context, reply, saved.fault.code === 'config-newer' ? 409 : 507, saved.fault);
      logger.info(`configuration saved; rebuilt: ${rebuilds.join(', ') || 'nothing'}`);
      // The answer goes out first: a rebuilt web server closes this very connection.
      reply.raw.once('finish', () => setImmediate(() => door.apply(saved.value, rebuilds)));
      return reply.send(answer(true));
    },
  );
}

function originAnswer(store: ConfigStore): Static<typeof Origin> {
  const origin = store.origin();
  switch (origin.kind) {
    case 'fresh':
      return { kind: 'fresh', notes: [], fault: null };
    case 'loaded':
      return { kind: 'loaded', notes: [...origin.notes], fault: null };
    case 'lastGood':
    case 'readOnly':
      return { kind: origin.kind, notes: [], fault: origin.fault };
  }
}
