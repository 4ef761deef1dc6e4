/**
 * The patch sheet: what is plugged where, as an engineer writes it down before a session. One schema gives type, limits
 * and defaults; `src/config/schema.ts` embeds it as the section `patch`. Pure data: nothing here reads a device.
 *
 * Boxes are named by id: `interface` for the USB interface itself, else the id of an expander on the sheet.
 */
import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';
import { bad, good, type Outcome } from '../fault.ts';

/** Rates that ADAT and S/MUX are made for, Hz. */
export const RATES_HZ = [44100, 48000, 88200, 96000, 176400, 192000] as const;
export type RateHz = (typeof RATES_HZ)[number];

/** 1x: 44.1 and 48 kHz; 2x: 88.2 and 96; 4x: 176.4 and 192. */
export type RateClass = 'x1' | 'x2' | 'x4';

export function rateClass(rateHz: number): RateClass {
  if (rateHz <= 48000) return 'x1';
  return rateHz <= 96000 ? 'x2' : 'x4';
}

/** Channels on one ADAT fibre: 8 at 1x, 4 at 2x (S/MUX2), 2 at 4x (S/MUX4). */
export function adatChannels(rateHz: number): number {
  const channels = { x1: 8, x2: 4, x4: 2 };
  return channels[rateClass(rateHz)];
}

/** S/PDIF carries two channels, up to this rate on most interfaces, Hz. */
export const SPDIF_MAX_HZ = 96000;

const boxId = (description: string) => Type.String({ pattern: '^[a-z0-9-]{1,24}$', description });
const label = (description: string, maxLength = 32) => Type.String({ maxLength, default: '', description });

export const Connector = Type.Enum(
  ['xlr', 'trs', 'ts', 'combo', 'hiz', 'adat', 'spdifCoax', 'spdifOptical', 'loopback'],
  {
    description:
      'The socket on the box. combo: XLR and jack in one. hiz: instrument jack. ts: unbalanced jack. loopback: inside the box.',
  },
);
export type Connector = Static<typeof Connector>;

export const Source = Type.Enum(
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
    'expanderChannel',
    'digital',
    'playback',
  ],
  {
    description:
      'What is on the other end of the cable. linePlus4: professional line, +4 dBu. lineMinus10: consumer line, -10 dBV. expanderChannel: a channel of an expander, its source not written down. digital: a device on S/PDIF. playback: loopback.',
  },
);
export type Source = Static<typeof Source>;

export const InputMode = Type.Enum(['mic', 'line', 'inst', 'digital'], {
  description: 'How the input is switched.',
});
export type InputMode = Static<typeof InputMode>;

export const Cable = Type.Object(
  {
    balanced: Type.Boolean({ default: true, description: 'Three conductors all the way.' }),
    length: Type.Number({
      minimum: 0,
      maximum: 1000,
      default: 0,
      description: 'Length, in `unit`; 0: not written down.',
    }),
    unit: Type.Enum(['ft', 'm'], { default: 'm', description: 'Unit of length.' }),
  },
  { additionalProperties: false, default: {}, description: 'The run of cable.' },
);
export type Cable = Static<typeof Cable>;

/** Length in feet: 1 ft = 0.3048 m (exact, international foot). */
export function cableFeet(cable: Cable): number {
  return cable.unit === 'ft' ? cable.length : cable.length / 0.3048;
}

export const PatchInput = Type.Object(
  {
    channel: Type.Integer({ minimum: 1, maximum: 64, description: 'Capture channel, 1-based.' }),
    name: label('As on the track sheet: Kick in.', 16),
    box: Type.String({
      pattern: '^[a-z0-9-]{1,24}$',
      default: 'interface',
      description: 'Box that the cable goes into: interface, or the id of an expander.',
    }),
    input: Type.Integer({
      minimum: 1,
      maximum: 64,
      default: 1,
      description: 'Number of the input on that box; on a digital port: channel of the port, 1-based.',
    }),
    port: Type.Union([Type.Null(), boxId('id of the digital port')], {
      default: null,
      description: 'Digital port of the interface, for the connectors ADAT and S/PDIF.',
    }),
    connector: Connector,
    source: Source,
    mode: Type.Union([Type.Null(), InputMode], { default: null, description: 'null: as the connector implies.' }),
    inputLevel: Type.Union([Type.Null(), Type.Enum(['plus4', 'minus10'])], {
      default: null,
      description: 'Nominal level that a line input is switched to: +4 dBu or -10 dBV; null: not written down.',
    }),
    sourceLevel: Type.Union([Type.Null(), Type.Enum(['plus4', 'minus10'])], {
      default: null,
      description: 'Nominal level of the source where its kind does not tell: a synth with +4 outputs.',
    }),
    phantom: Type.Boolean({ default: false, description: '48 V is on.' }),
    phantomGroup: Type.Union([Type.Null(), Type.String({ minLength: 1, maxLength: 16 })], {
      default: null,
      description: 'Inputs of one box that share a 48 V switch carry the same word: 1-4. null: a switch of its own.',
    }),
    pad: Type.Boolean({ default: false, description: 'Pad is in.' }),
    plug: Type.Union([Type.Null(), Type.Enum(['xlr', 'trs', 'ts', 'rca', 'optical'])], {
      default: null,
      description: 'Plug at the end that goes into the box; null: the one that the socket is made for.',
    }),
    cable: Cable,
    replug: Type.Boolean({
      default: false,
      description: 'About to be plugged in or pulled out: a microphone change between songs.',
    }),
  },
  { additionalProperties: false, description: 'One channel: what comes in, and how.' },
);
export type PatchInput = Static<typeof PatchInput>;

export const ClockChoice = Type.Enum(['internal', 'adat', 'spdif', 'wordClock', 'unknown'], {
  description: 'What the box takes its clock from. unknown: nobody looked.',
});
export type ClockChoice = Static<typeof ClockChoice>;

const wordClockFrom = Type.Union([Type.Null(), boxId('id of a box, interface, or house')], {
  default: null,
  description: 'Box that a BNC cable brings word clock from; house: a studio clock. null: no such cable.',
});

export const PatchPort = Type.Object(
  {
    id: boxId('Short name for programs: adat-a.'),
    name: label('As printed on the interface: ADAT A.', 16),
    connector: Type.Enum(['optical', 'coax'], { default: 'optical' }),
    mode: Type.Enum(['adat', 'spdif'], { default: 'adat', description: 'What the port is set to carry.' }),
    first: Type.Integer({ minimum: 1, maximum: 64, description: 'First capture channel at this rate, 1-based.' }),
    last: Type.Integer({ minimum: 1, maximum: 64, description: 'Last capture channel at this rate, 1-based.' }),
  },
  { additionalProperties: false, description: 'A digital input of the interface.' },
);
export type PatchPort = Static<typeof PatchPort>;

export const PatchExpander = Type.Object(
  {
    id: boxId('Short name for programs: octopre-1.'),
    name: label('As people in the room call it: OctoPre.', 24),
    model: Type.Union([Type.Null(), boxId('id in the table of expanders')], {
      default: null,
      description: 'Known model, whose own words are then used; null: not in the table.',
    }),
    clock: Type.Unsafe<ClockChoice>({ ...ClockChoice, default: 'unknown' }),
    fibres: Type.Array(boxId('id of a port'), {
      maxItems: 4,
      default: [],
      description: "Ports of the interface that this box's outputs 1, 2, ... are plugged into.",
    }),
    returnFibre: Type.Boolean({
      default: false,
      description: "A second fibre runs back: the interface's ADAT OUT into this box's ADAT IN.",
    }),
    wordClockFrom,
  },
  { additionalProperties: false, description: 'A box that adds inputs over a digital port.' },
);
export type PatchExpander = Static<typeof PatchExpander>;

export const PatchMonitors = Type.Object(
  {
    name: label('Which pair: Main.', 24),
    outputs: label('Outputs that feed it: 1-2.', 16),
    connector: Type.Enum(['xlr', 'trs', 'ts', 'rca'], { default: 'trs' }),
    cable: Cable,
  },
  { additionalProperties: false, description: 'A pair of monitors and its run of cable.' },
);
export type PatchMonitors = Static<typeof PatchMonitors>;

const ohmsOrNull = (description: string, maximum: number) =>
  Type.Union([Type.Null(), Type.Number({ minimum: 0, maximum })], { default: null, description });

export const PatchHeadphones = Type.Object(
  {
    name: label('Who wears them: Singer.', 24),
    output: label('Socket: Phones 1.', 24),
    mix: label('Mix they want: Singer. The same word: the same mix. Empty: any.', 24),
    impedanceOhm: ohmsOrNull('Impedance of the headphones, ohm; null: not known.', 2000),
    ampOutputOhm: ohmsOrNull("Output impedance of the headphone output, ohm, from its maker's data.", 1000),
    ampPowerMw: ohmsOrNull("Power of the headphone output, mW a side, from its maker's data.", 10000),
  },
  { additionalProperties: false, description: 'A pair of headphones and the output it hangs on.' },
);
export type PatchHeadphones = Static<typeof PatchHeadphones>;

export const PatchInterface = Type.Object(
  {
    name: label('As people call it: 18i20.', 48),
    model: Type.Union([Type.Null(), Type.String({ pattern: '^[a-z0-9:-]{1,40}$' })], {
      default: null,
      description: 'id in the table of interfaces, or USB id (1235:8215); null: not in the table.',
    }),
    analogueInputs: Type.Union([Type.Null(), Type.Integer({ minimum: 0, maximum: 64 })], {
      default: null,
      description: 'Analogue inputs; null: as the table says, if it knows the model.',
    }),
    clock: Type.Unsafe<ClockChoice>({ ...ClockChoice, default: 'internal' }),
    clockPort: Type.Union([Type.Null(), boxId('id of a port')], {
      default: null,
      description: 'Port that the clock comes from, with clock adat or spdif; null: the first of that kind.',
    }),
    wordClockFrom,
    ports: Type.Array(PatchPort, { maxItems: 8, default: [] }),
  },
  { additionalProperties: false, default: {}, description: 'The USB interface.' },
);
export type PatchInterface = Static<typeof PatchInterface>;

export const PatchSheet = Type.Object(
  {
    title: label('What the session is called.', 48),
    rateHz: Type.Enum([...RATES_HZ], { default: 48000, description: 'Sample rate of the session, Hz.' }),
    interface: PatchInterface,
    expanders: Type.Array(PatchExpander, { maxItems: 8, default: [] }),
    inputs: Type.Array(PatchInput, { maxItems: 64, default: [] }),
    monitors: Type.Array(PatchMonitors, { maxItems: 8, default: [] }),
    headphones: Type.Array(PatchHeadphones, { maxItems: 16, default: [] }),
  },
  { additionalProperties: false, description: 'What is plugged where, and how the clocks are set.' },
);
export type PatchSheet = Static<typeof PatchSheet>;

/**
 * Fills in the defaults and validates. Fault `patch-invalid` names the first field that does not fit.
 */
export function parsePatchSheet(value: unknown): Outcome<PatchSheet> {
  const filled = Value.Default(PatchSheet, Value.Clone(value));
  if (Value.Check(PatchSheet, filled)) return good(filled);
  return bad('patch-invalid', firstError(filled), 'Correct that field and send the sheet again.');
}

function firstError(value: unknown): string {
  for (const error of Value.Errors(PatchSheet, value)) {
    return `The patch sheet does not fit at ${error.instancePath || '/'}: ${error.message}.`;
  }
  return 'The patch sheet does not fit its schema.';
}

/** Channel by its name, for a person. */
export function channelWords(input: PatchInput): string {
  return input.name === '' ? `ch ${input.channel}` : `${input.name} (ch ${input.channel})`;
}

/** How the input is switched: as written, else as the socket implies. */
export function effectiveMode(input: PatchInput): InputMode {
  if (input.mode !== null) return input.mode;
  switch (input.connector) {
    case 'xlr':
      return 'mic';
    case 'hiz':
      return 'inst';
    case 'trs':
    case 'ts':
      return 'line';
    case 'combo':
      return input.plug === null || input.plug === 'xlr' ? 'mic' : 'line';
    case 'adat':
    case 'spdifCoax':
    case 'spdifOptical':
    case 'loopback':
      return 'digital';
  }
}
