/** The brief: what a session needs, as a producer would say it. The planner's only input. */
import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';
import { bad, good, type Outcome } from '../fault.ts';
import { RATES_HZ } from './patchSheet.ts';

export const BriefSourceKind = Type.Enum(
  [
    'dynamic',
    'condenser',
    'ribbonPassive',
    'ribbonActive',
    'diActive',
    'diPassive',
    'instrumentPassive',
    'instrumentActive',
    'synth',
    'linePlus4',
    'lineMinus10',
    'digital',
  ],
  { description: 'As on the patch sheet; digital: a device with S/PDIF, one or two channels of it.' },
);
export type BriefSourceKind = Static<typeof BriefSourceKind>;

export const BriefSource = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 16, description: 'As on the track sheet: Kick in.' }),
    kind: BriefSourceKind,
    count: Type.Integer({
      minimum: 1,
      maximum: 16,
      default: 1,
      description: 'Channels: 2 for a stereo synth, 3 for toms.',
    }),
  },
  { additionalProperties: false },
);
export type BriefSource = Static<typeof BriefSource>;

export const BriefHeadphones = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 24, description: 'Who wears them: Singer.' }),
    mix: Type.String({
      minLength: 1,
      maxLength: 24,
      default: 'main',
      description: 'Name of the mix. The same name is the same mix and counts once; main: what the monitors play.',
    }),
  },
  { additionalProperties: false },
);
export type BriefHeadphones = Static<typeof BriefHeadphones>;

export const Brief = Type.Object(
  {
    title: Type.String({ maxLength: 48, default: '', description: 'What the session is called.' }),
    rateHz: Type.Enum([...RATES_HZ], { default: 48000, description: 'Sample rate of the session, Hz.' }),
    interface: Type.Union([Type.Null(), Type.String({ maxLength: 48 })], {
      default: null,
      description: 'The interface: id or name in the table, or USB id. null: choose one.',
    }),
    sources: Type.Array(BriefSource, { maxItems: 64, default: [], description: 'All that is recorded at once.' }),
    headphones: Type.Array(BriefHeadphones, { maxItems: 16, default: [], description: 'Who listens, and to what.' }),
    monitorPairs: Type.Integer({ minimum: 0, maximum: 4, default: 1, description: 'Pairs of monitors; 2 for A/B.' }),
    growth: Type.Integer({
      minimum: 0,
      maximum: 32,
      default: 0,
      description: 'Microphone inputs that will be wanted later, on top of these.',
    }),
    have: Type.Array(Type.String({ maxLength: 24 }), {
      maxItems: 4,
      default: [],
      description: 'Expanders already there, by their id in the table.',
    }),
    expander: Type.Union([Type.Null(), Type.String({ maxLength: 24 })], {
      default: null,
      description: 'Model to add where inputs run short; null: choose one.',
    }),
  },
  { additionalProperties: false, description: 'What a session needs.' },
);
export type Brief = Static<typeof Brief>;

/** Channels of one stream that this program handles. */
const MAX_CHANNELS = 64;

/**
 * Fills in the defaults and validates. Faults: `brief-invalid` names the first field that does not fit;
 * `brief-too-many` when the sources come to more than 64 channels.
 */
export function parseBrief(value: unknown): Outcome<Brief> {
  const filled = Value.Default(Brief, Value.Clone(value));
  if (Value.Check(Brief, filled)) {
    const channels = filled.sources.reduce((sum, source) => sum + source.count, 0);
    if (channels <= MAX_CHANNELS) return good(filled);
    return bad('brief-too-many', `The sources come to ${channels} channels.`, `Plan ${MAX_CHANNELS} channels at most.`);
  }
  for (const error of Value.Errors(Brief, filled)) {
    return bad(
      'brief-invalid',
      `The brief does not fit at ${error.instancePath || '/'}: ${error.message}.`,
      'Correct that field; docs/planner.md lists them all.',
    );
  }
  return bad('brief-invalid', 'The brief does not fit its schema.', 'docs/planner.md lists all fields.');
}
