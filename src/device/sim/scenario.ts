/**
 * A scenario: what a simulated interface hears, and what goes wrong, on a script. The simulator writes samples only:
 * every event that a person then sees was detected, none is announced.
 */
import { existsSync, readFileSync } from 'node:fs';
import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';
import { bad, good, type Outcome } from '../../fault.ts';
import { BankKind } from '../../monitor/snapshot.ts';

const Frame = Type.Integer({ minimum: 0, description: 'Frame of the stream, from 0.' });
const BankId = Type.String({ minLength: 1, maxLength: 24 });
const closed = { additionalProperties: false };

const VOICES = ['kick', 'snare', 'hat', 'tom', 'bass', 'guitar', 'keys', 'voice', 'tone', 'square', 'noise'] as const;
export type VoiceName = (typeof VOICES)[number];

export const ScenarioEvent = Type.Union([
  Type.Object(
    {
      kind: Type.Literal('slip'),
      atFrame: Frame,
      bank: BankId,
      /** Positive: frames repeated (sender slow). Negative: frames dropped (sender fast). */
      frames: Type.Integer({ minimum: -64, maximum: 64 }),
    },
    closed,
  ),
  Type.Object(
    {
      kind: Type.Literal('clock'),
      atFrame: Frame,
      bank: BankId,
      /** The bank's clock against the interface's from here on; positive is faster. 0: slaved again. */
      ppm: Type.Number({ minimum: -2000, maximum: 2000 }),
    },
    closed,
  ),
  Type.Object(
    {
      kind: Type.Literal('clip'),
      atFrame: Frame,
      channel: Type.Integer({ minimum: 1, maximum: 64 }),
      samples: Type.Integer({ minimum: 1, maximum: 100000 }),
    },
    closed,
  ),
  Type.Object(
    {
      /** Exact zeros on a whole bank: a receiver that muted. */
      kind: Type.Literal('zeros'),
      atFrame: Frame,
      bank: BankId,
      frames: Type.Integer({ minimum: 1 }),
    },
    closed,
  ),
  Type.Object(
    {
      /** A source goes (or comes back, with gain 0 dB): the preamp's own noise stays. */
      kind: Type.Literal('gain'),
      atFrame: Frame,
      channel: Type.Integer({ minimum: 1, maximum: 64 }),
      gainDb: Type.Number({ minimum: -200, maximum: 40 }),
    },
    closed,
  ),
  Type.Object(
    {
      /** Frames lost on all channels without a word: lost USB microframes. */
      kind: Type.Literal('usbLoss'),
      atFrame: Frame,
      frames: Type.Integer({ minimum: 1, maximum: 48000 }),
    },
    closed,
  ),
  Type.Object({ kind: Type.Literal('xrun'), atFrame: Frame, frames: Type.Integer({ minimum: 1 }) }, closed),
  Type.Object({ kind: Type.Literal('stall'), atFrame: Frame, forMs: Type.Integer({ minimum: 1 }) }, closed),
  Type.Object({ kind: Type.Literal('unplug'), atFrame: Frame, forMs: Type.Integer({ minimum: 1 }) }, closed),
]);
export type ScenarioEvent = Static<typeof ScenarioEvent>;

export const ScenarioBank = Type.Object(
  {
    id: BankId,
    name: Type.String({ maxLength: 16 }),
    kind: BankKind,
    box: Type.Optional(Type.String({ maxLength: 16 })),
    first: Type.Integer({ minimum: 1, maximum: 64 }),
    last: Type.Integer({ minimum: 1, maximum: 64 }),
    /** Its clock against the interface's from the start. */
    ppm: Type.Optional(Type.Number({ minimum: -2000, maximum: 2000 })),
  },
  closed,
);

export const ScenarioChannel = Type.Object(
  {
    index: Type.Integer({ minimum: 1, maximum: 64 }),
    name: Type.String({ maxLength: 16 }),
    /** What the microphone or line hears: voices of the bank's band, each with a gain in dB. Empty: nothing plugged in. */
    hears: Type.Partial(
      Type.Object(
        Object.fromEntries(VOICES.map((name) => [name, Type.Number({ minimum: -120, maximum: 20 })])) as {
          [V in (typeof VOICES)[number]]: ReturnType<typeof Type.Number>;
        },
        closed,
      ),
    ),
    /** The converter's and preamp's own noise, dBFS RMS; null: exact digital zero (nothing patched). */
    noiseDbfs: Type.Union([Type.Number({ minimum: -150, maximum: 0 }), Type.Null()]),
    /** Stands at this DC offset, in 24-bit codes. */
    dc24: Type.Optional(Type.Integer({ minimum: -8388608, maximum: 8388607 })),
  },
  closed,
);

export const Scenario = Type.Object(
  {
    name: Type.String(),
    description: Type.String(),
    interfaceName: Type.String({ maxLength: 48 }),
    usbId: Type.Union([Type.Null(), Type.String({ pattern: '^[0-9a-f]{4}:[0-9a-f]{4}$' })]),
    rateHz: Type.Integer({ minimum: 8000, maximum: 192000 }),
    validBits: Type.Enum([16, 24]),
    /** The interface's own crystal against this machine's clock. */
    interfacePpm: Type.Number({ minimum: -500, maximum: 500 }),
    tempoBpm: Type.Number({ minimum: 30, maximum: 300 }),
    banks: Type.Array(ScenarioBank, { minItems: 1, maxItems: 16 }),
    channels: Type.Array(ScenarioChannel, { minItems: 1, maxItems: 64 }),
    events: Type.Array(ScenarioEvent, { maxItems: 4096 }),
    /** Repeats the script of events every so many frames; null: once. */
    repeatEveryFrames: Type.Union([Type.Null(), Type.Integer({ minimum: 48000 })]),
  },
  closed,
);
export type Scenario = Static<typeof Scenario>;

const shippedFolder = new URL('./scenarios/', import.meta.url);

/** Loads a shipped scenario by its name, or a scenario file by its path. */
export function loadScenario(nameOrPath: string): Outcome<Scenario> {
  const shipped = new URL(`${encodeURIComponent(nameOrPath)}.json`, shippedFolder);
  const file = existsSync(shipped) ? shipped : nameOrPath;
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return bad(
      'scenario-not-found',
      `There is no scenario "${nameOrPath}".`,
      'Use a shipped name (see lightkeeper --help) or the path of a scenario file.',
    );
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    return bad(
      'scenario-invalid',
      `Scenario "${nameOrPath}" is not JSON: ${(error as Error).message}.`,
      'Mend the file.',
    );
  }
  return checkScenario(parsed, nameOrPath);
}

/** Checks shape and sense: channels 1..n without holes, banks within them, events on known banks and channels. */
export function checkScenario(value: unknown, name: string): Outcome<Scenario> {
  const invalid = (what: string) => bad('scenario-invalid', `Scenario "${name}": ${what}.`, 'Mend the file.');
  if (!Value.Check(Scenario, value)) {
    const first = [...Value.Errors(Scenario, value)][0];
    return invalid(first ? `${first.instancePath || '/'} ${first.message}` : 'it does not fit the schema');
  }
  const channels = value.channels.length;
  if (value.channels.some((channel, i) => channel.index !== i + 1))
    return invalid('channels must be 1, 2, 3, ... in order');
  const owner = new Array<string | undefined>(channels);
  for (const bank of value.banks) {
    if (bank.last < bank.first || bank.last > channels)
      return invalid(`bank ${bank.id} lies outside channels 1..${channels}`);
    for (let c = bank.first; c <= bank.last; c++) {
      if (owner[c - 1] !== undefined) return invalid(`channel ${c} is in two banks`);
      owner[c - 1] = bank.id;
    }
  }
  if (owner.includes(undefined)) return invalid('each channel must belong to a bank');
  for (const event of value.events) {
    if ('bank' in event && !value.banks.some((bank) => bank.id === event.bank)) return invalid(`no bank ${event.bank}`);
    if ('channel' in event && event.channel > channels) return invalid(`no channel ${event.channel}`);
  }
  return good(value);
}
