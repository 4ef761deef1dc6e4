/**
 * The standing sessions that scenarios differ from. All is well in them: condensers have 48 V, the expander follows the
 * interface, every fader is at a sensible level, some inputs are not used.
 */
import { HELD_OUT_SESSIONS } from './heldOutSessions.ts';
import type { SessionName, Strip } from './types.ts';

export interface Session {
  readonly interfaceName: string;
  readonly usbId: string;
  readonly rateHz: number;
  readonly strips: readonly Strip[];
  readonly names: readonly string[];
  /** Text of the controls, `name = value [choices]`; empty: none readable. */
  readonly controls: readonly string[];
  /** The patch sheet, as parsePatchSheet takes it. */
  readonly sheet: {
    readonly interface: {
      readonly ports: readonly {
        readonly id: string;
        readonly name: string;
        readonly first: number;
        readonly last: number;
      }[];
      readonly [field: string]: unknown;
    };
    readonly expanders: readonly Readonly<Record<string, unknown>>[];
    readonly inputs: readonly Readonly<Record<string, unknown>>[];
  };
}

const floor = (noiseDbfs: number): Strip => ({ plays: {}, noiseDbfs });
const nothing: Strip = { plays: {}, noiseDbfs: null };
/** A microphone in the room: its own voice, and the drums some way off. */
const mic = (plays: Strip['plays'], noiseDbfs = -98): Strip => ({
  plays: { snare: -44, kick: -48, hat: -54, ...plays },
  noiseDbfs,
});
const line = (plays: Strip['plays'], noiseDbfs = -102): Strip => ({ plays, noiseDbfs });

const DRUMS: readonly Strip[] = [
  mic({ kick: -10, tom: -34 }),
  mic({ snare: -11, hat: -26 }),
  mic({ snare: -15, hat: -30 }),
  mic({ hat: -14, snare: -24 }, -94),
  mic({ tom: -12, snare: -30 }),
  mic({ tom: -15, snare: -32 }),
  mic({ hat: -20, snare: -17, kick: -24, tom: -19 }, -95),
  mic({ hat: -21, snare: -18, kick: -25, tom: -18 }, -95),
];
const DRUM_NAMES = ['Kick', 'Snare', 'Snare bot', 'Hat', 'Tom 1', 'Tom 2', 'OH left', 'OH right'];
const DRUM_SOURCES = ['dynamic', 'dynamic', 'dynamic', 'condenser', 'dynamic', 'dynamic', 'condenser', 'condenser'];

const drumInputs = (first: number, box: string) =>
  DRUM_NAMES.map((name, i) => ({
    channel: first + i,
    name,
    box,
    input: i + 1,
    connector: 'combo',
    plug: 'xlr',
    mode: 'mic',
    source: DRUM_SOURCES[i],
    phantom: DRUM_SOURCES[i] === 'condenser' || i >= 4,
    phantomGroup: i < 4 ? '1-4' : '5-8',
  })).map((input) => (input.phantomGroup === '1-4' ? { ...input, phantom: true } : input));

/** 18i8: 1-4 microphones and instruments, 5-8 line, 9-10 S/PDIF, 11-12 loopback, 13-20 ADAT. */
const bandStrips: readonly Strip[] = [
  mic({ voice: -8 }, -93),
  line({ guitar: -12 }),
  mic({ guitar: -14 }),
  mic({ voice: -38 }),
  line({ keys: -13 }),
  line({ keys: -14, bass: -40 }),
  floor(-108),
  floor(-108),
  nothing,
  nothing,
  nothing,
  nothing,
  ...DRUMS,
];
const bandNames = ['Vox', 'Gtr DI', 'Gtr amp', 'Talkback', 'Synth L', 'Synth R', '', '', '', '', '', '', ...DRUM_NAMES];

const PCM_SOURCES = [
  ...Array.from({ length: 8 }, (_, i) => `Analogue ${i + 1}`),
  'S/PDIF 1',
  'S/PDIF 2',
  'PCM 1',
  'PCM 2',
  ...Array.from({ length: 8 }, (_, i) => `ADAT ${i + 1}`),
];
const pcm = (channel: number) => `PCM ${String(channel).padStart(2, '0')} Capture Enum`;

/** Names as Linux 6.12 gives them to the Scarlett 18i8 3rd Gen (mixer_scarlett2.c). */
const bandControls: readonly string[] = [
  'Clock Source Clock Source = Internal [Internal|S/PDIF|ADAT]',
  'Sync Status = Locked [Unlocked|Locked]',
  'ADAT Validity = on',
  'S/PDIF Validity = off',
  'Line In 1-2 Phantom Power Capture Switch = on',
  'Line In 3-4 Phantom Power Capture Switch = off',
  'Line In 1 Level Capture Enum = Line [Line|Inst]',
  'Line In 2 Level Capture Enum = Inst [Line|Inst]',
  ...[1, 2, 3, 4].map((n) => `Line In ${n} Pad Capture Switch = off`),
  ...[1, 2, 3, 4].map((n) => `Line In ${n} Air Capture Switch = off`),
  ...PCM_SOURCES.map((word, i) => `${pcm(i + 1)} = ${word} [Off|${PCM_SOURCES.join('|')}]`),
];

const combo = { connector: 'combo', box: 'interface' };
const bandSheet: Session['sheet'] = {
  interface: {
    name: '18i8',
    model: '1235:8214',
    clock: 'internal',
    ports: [{ id: 'adat-a', name: 'ADAT', first: 13, last: 20 }],
  },
  expanders: [
    {
      id: 'octopre',
      name: 'OctoPre',
      model: 'clarett-octopre',
      clock: 'adat',
      fibres: ['adat-a'],
      returnFibre: true,
    },
  ],
  inputs: [
    { ...combo, channel: 1, input: 1, name: 'Vox', source: 'condenser', phantom: true, phantomGroup: '1-2' },
    { ...combo, channel: 2, input: 2, name: 'Gtr DI', plug: 'ts', mode: 'inst', source: 'instrumentPassive' },
    { ...combo, channel: 3, input: 3, name: 'Gtr amp', source: 'dynamic' },
    { ...combo, channel: 4, input: 4, name: 'Talkback', source: 'dynamic' },
    { channel: 5, input: 5, connector: 'trs', name: 'Synth L', source: 'linePlus4', inputLevel: 'plus4' },
    { channel: 6, input: 6, connector: 'trs', name: 'Synth R', source: 'linePlus4', inputLevel: 'plus4' },
    ...drumInputs(13, 'octopre'),
  ],
};

/** Digiface USB, opened with 16 channels: ports 1 and 2. */
const digiSheet: Session['sheet'] = {
  interface: {
    name: 'Digiface',
    model: '2a39:3f8c',
    clock: 'internal',
    ports: [
      { id: 'adat-a', name: 'ADAT 1', first: 1, last: 8 },
      { id: 'adat-b', name: 'ADAT 2', first: 9, last: 16 },
    ],
  },
  expanders: [
    { id: 'ada', name: 'ADA8200', model: 'ada8200', clock: 'adat', fibres: ['adat-a'], returnFibre: true },
    { id: 'octamic', name: 'OctaMic', model: 'octamic-xtc', clock: 'adat', fibres: ['adat-b'], returnFibre: true },
  ],
  inputs: [
    ...drumInputs(1, 'ada').map(({ phantomGroup: _, ...input }) => ({
      ...input,
      connector: 'xlr',
      phantomGroup: '1-8',
    })),
    ...['Vox', 'Bass DI', 'Gtr amp', 'Keys L', 'Keys R'].map((name, i) => ({
      channel: 9 + i,
      name,
      box: 'octamic',
      input: i + 1,
      connector: i >= 3 ? 'trs' : 'xlr',
      source: (['condenser', 'diActive', 'dynamic', 'linePlus4', 'linePlus4'] as const)[i],
      phantom: i < 2,
    })),
  ],
};

export const SESSIONS: Readonly<Record<SessionName, Session>> = {
  ...HELD_OUT_SESSIONS,
  band: {
    interfaceName: 'Scarlett 18i8 USB',
    usbId: '1235:8214',
    rateHz: 48_000,
    strips: bandStrips,
    names: bandNames,
    controls: bandControls,
    sheet: bandSheet,
  },
  'mute-controls': {
    interfaceName: 'Scarlett 18i8 USB',
    usbId: '1235:8214',
    rateHz: 48_000,
    strips: bandStrips,
    names: bandNames,
    controls: [],
    sheet: bandSheet,
  },
  digiface: {
    interfaceName: 'Digiface USB',
    usbId: '2a39:3f8c',
    rateHz: 48_000,
    strips: [
      ...DRUMS,
      mic({ voice: -8 }, -93),
      line({ bass: -12 }),
      mic({ guitar: -14 }),
      line({ keys: -13 }),
      line({ keys: -14, bass: -40 }),
      floor(-108),
      floor(-108),
      floor(-108),
    ],
    names: [...DRUM_NAMES, 'Vox', 'Bass DI', 'Gtr amp', 'Keys L', 'Keys R', '', '', ''],
    controls: [
      ...[1, 2, 3, 4].map((n) => `Input ${n} Sync = ${n <= 2 ? 'Sync' : 'No Lock'} [No Lock|Lock|Sync]`),
      ...[1, 2, 3, 4].map((n) => `Input ${n} Format = ADAT [ADAT|S/PDIF]`),
      'Current Sync Source = Internal [Internal|Input 1|Input 2|Input 3|Input 4]',
      'Sync Source = Internal [Internal|Input 1|Input 2|Input 3|Input 4]',
    ],
    sheet: digiSheet,
  },
};
