/**
 * The studio guide over HTTP: the tables, the checks, the planner. Pure computations: nothing is written, so reads and
 * these need no PIN. Missing fields take the defaults of their schema before it is checked.
 */
import { Type } from 'typebox';
import { Value } from 'typebox/value';
import type { InterfaceMap } from '../../device/interfaces/interfaceMap.ts';
import { ABILITIES, analogueInputCount, type InterfaceAbility, portsAtRate } from '../../guide/abilities.ts';
import { Brief, parseBrief } from '../../guide/brief.ts';
import { CHECK_CODES, checkSheet } from '../../guide/checks.ts';
import { EXPANDERS } from '../../guide/expanders.ts';
import { PatchSheet } from '../../guide/patchSheet.ts';
import { planSession } from '../../guide/planner.ts';
import { FaultAnswer, sendFault, type WebContext } from '../context.ts';

const Verified = Type.Boolean({
  description: "true: read in the maker's papers or a driver; false: check it on the box.",
});

const ExpanderAnswer = Type.Object({
  id: Type.String(),
  maker: Type.String(),
  name: Type.String(),
  inputs: Type.Integer(),
  micInputs: Type.Integer(),
  instInputs: Type.Integer(),
  adatOuts: Type.Integer(),
  adatIns: Type.Integer(),
  wordClockIn: Type.Boolean(),
  wordClockOut: Type.Boolean(),
  maxAdatRateHz: Type.Integer({ description: 'Highest rate over ADAT, Hz; 48000: no S/MUX.' }),
  setSync: Type.Record(Type.String(), Type.String(), { description: 'What to press, in the words on the box.' }),
  verified: Type.Object({ ports: Verified, sync: Verified }),
  source: Type.String({ description: 'Where the facts come from.' }),
});

const Ports = (rate: string) =>
  Type.Array(
    Type.Object({
      id: Type.String(),
      name: Type.String(),
      kind: Type.String(),
      first: Type.Integer(),
      last: Type.Integer(),
    }),
    { description: `Digital inputs at ${rate}, with their capture channels.` },
  );

const InterfaceAnswer = Type.Object({
  id: Type.String(),
  name: Type.String(),
  usbIds: Type.Array(Type.String()),
  analogueInputs: Type.Integer(),
  adatPorts: Type.Integer({ description: 'ADAT inputs at 44.1 and 48 kHz.' }),
  adatOuts: Type.Integer(),
  stereoOutputs: Type.Integer({ description: 'Stereo pairs, each of one mix.' }),
  maxRateHz: Type.Integer(),
  inputs: Type.Array(
    Type.Object({
      first: Type.Integer(),
      last: Type.Integer(),
      connector: Type.String(),
      kinds: Type.Array(Type.String()),
    }),
    { description: 'Runs of like analogue inputs.' },
  ),
  phantomGroups: Type.Array(Type.Array(Type.Integer()), { description: 'First and last input under one 48 V switch.' }),
  ports: Type.Object({ x1: Ports('44.1 and 48 kHz'), x2: Ports('88.2 and 96 kHz'), x4: Ports('176.4 and 192 kHz') }),
  verified: Verified,
});

const TablesAnswer = Type.Object({
  simulated: Type.Boolean(),
  expanders: Type.Array(ExpanderAnswer),
  interfaces: Type.Array(InterfaceAnswer),
});

const Note = Type.Object({
  code: Type.Enum([...CHECK_CODES]),
  severity: Type.Enum(['alarm', 'warning', 'info']),
  where: Type.String({ description: 'The channel, box or pair by its name.' }),
  at: Type.String({ description: 'Part of the sheet to change: inputs.3, expanders.0, interface.' }),
  channels: Type.Array(Type.Integer(), { description: 'Capture channels it concerns, 1-based.' }),
  what: Type.String(),
  why: Type.String(),
  fix: Type.String(),
});

const CheckAnswer = Type.Object({
  simulated: Type.Boolean(),
  notes: Type.Array(Note, { description: 'Alarms first.' }),
});
const PlanAnswer = Type.Object({
  simulated: Type.Boolean(),
  plan: Type.Unknown({
    description: 'Needs, cover at each rate, expanders, channels, wiring, clock, sheet, configuration.',
  }),
});

/** Plans a second, for all clients together: one can take a tenth of a second of the thread that draws the panel. */
const PLANS_A_SECOND = 4;

export interface GuideParts {
  /** The table of interfaces; without it the planner knows analogue inputs only. */
  readonly interfaceMaps: readonly InterfaceMap[];
}

export function guideRoutes(context: WebContext, { interfaceMaps }: GuideParts): void {
  const { app, view, clock } = context;
  const simulated = () => view.snapshot().simulated;
  let secondBeganMs = Number.NEGATIVE_INFINITY;
  let plansThisSecond = 0;
  const digitalPorts = (ability: InterfaceAbility, rateHz: number) =>
    portsAtRate(ability, interfaceMaps, rateHz).ports.filter(({ kind }) => kind === 'adat' || kind === 'spdif');

  app.get(
    '/api/guide/expanders',
    {
      schema: {
        tags: ['guide'],
        summary: 'Expanders and interfaces that the planner and the checks know.',
        response: { 200: TablesAnswer },
      },
    },
    async (_request, reply) =>
      reply.send({
        simulated: simulated(),
        expanders: EXPANDERS.map((model) => ({
          id: model.id,
          maker: model.maker,
          name: model.name,
          inputs: model.inputs,
          micInputs: model.micInputs,
          instInputs: model.instInputs,
          adatOuts: model.adatOuts,
          adatIns: model.adatIns,
          wordClockIn: model.wordClockIn,
          wordClockOut: model.wordClockOut,
          maxAdatRateHz: model.maxAdatRateHz,
          setSync: { ...model.setSync },
          verified: { ...model.verified },
          source: model.source,
        })),
        interfaces: ABILITIES.map((ability) => ({
          id: ability.id,
          name: ability.name,
          usbIds: [...ability.usbIds],
          analogueInputs: analogueInputCount(ability),
          adatPorts: portsAtRate(ability, interfaceMaps, 48000).ports.filter(({ kind }) => kind === 'adat').length,
          adatOuts: ability.adatOuts,
          stereoOutputs: ability.feeds.length,
          maxRateHz: ability.maxRateHz,
          inputs: ability.inputs.map(({ kinds, ...run }) => ({ ...run, kinds: [...kinds] })),
          phantomGroups: ability.phantomGroups.map((group) => [...group]),
          ports: {
            x1: digitalPorts(ability, 48000),
            x2: digitalPorts(ability, 96000),
            x4: digitalPorts(ability, 192000),
          },
          verified: ability.verified,
        })),
      }),
  );

  app.post(
    '/api/guide/check',
    {
      schema: {
        tags: ['guide'],
        summary: 'Checks a patch sheet; nothing is kept.',
        body: PatchSheet,
        response: { 200: CheckAnswer, 400: FaultAnswer },
      },
      preValidation: async (request) => {
        request.body = Value.Default(PatchSheet, request.body) as PatchSheet;
      },
    },
    async (request, reply) =>
      reply.send({
        simulated: simulated(),
        notes: checkSheet(request.body).map((note) => ({ ...note, channels: [...note.channels] })),
      }),
  );

  app.post(
    '/api/guide/plan',
    {
      schema: {
        tags: ['guide'],
        summary: 'Plans a session from a brief; nothing is kept.',
        body: Brief,
        response: { 200: PlanAnswer, 400: FaultAnswer, 422: FaultAnswer, 429: FaultAnswer },
      },
      preValidation: async (request) => {
        request.body = Value.Default(Brief, request.body) as Brief;
      },
    },
    async (request, reply) => {
      const brief = parseBrief(request.body);
      if (!brief.ok) return sendFault(context, reply, 422, brief.fault);
      const nowMs = clock.nowMs();
      if (nowMs - secondBeganMs >= 1000) {
        secondBeganMs = nowMs;
        plansThisSecond = 0;
      }
      if (++plansThisSecond > PLANS_A_SECOND) {
        return sendFault(context, reply, 429, {
          code: 'guide-busy',
          what: 'Too many plans are asked for at once.',
          fix: 'Ask again in a second.',
        });
      }
      const planned = planSession(brief.value, interfaceMaps);
      if (!planned.ok) return sendFault(context, reply, 422, planned.fault);
      return reply.send({ simulated: simulated(), plan: planned.value });
    },
  );
}
