/** The standing sessions of the held-out set: other interfaces, rates, expanders and programmes than those of `session.ts`. */
import type { Session } from './session.ts';
import type { Strip } from './types.ts';

const floor = (noiseDbfs: number): Strip => ({ plays: {}, noiseDbfs });
const nothing: Strip = { plays: {}, noiseDbfs: null };
const line = (plays: Strip['plays'], noiseDbfs = -100): Strip => ({ plays, noiseDbfs });
/** Recorded as a jazz band is: softer, far more of the room in each microphone. */
const softMic = (plays: Strip['plays'], noiseDbfs = -91): Strip => ({
  plays: { snare: -38, kick: -43, hat: -46, keys: -50, ...plays },
  noiseDbfs,
});
/** Close microphones of a loud band on a small stage. */
const loudMic = (plays: Strip['plays'], noiseDbfs = -88): Strip => ({
  plays: { kick: -36, snare: -35, guitar: -40, ...plays },
  noiseDbfs,
});
/** A choir in a church: voices everywhere, nothing near. */
const farMic = (plays: Strip['plays'], noiseDbfs = -84): Strip => ({
  plays: { voice: -30, keys: -37, ...plays },
  noiseDbfs,
});

const PCM_SOURCES = [
  ...Array.from({ length: 8 }, (_, i) => `Analogue ${i + 1}`),
  'PCM 1',
  'PCM 2',
  'S/PDIF 1',
  'S/PDIF 2',
  ...Array.from({ length: 8 }, (_, i) => `ADAT ${i + 1}`),
];

/** Scarlett 18i20 3rd Gen, DigiMax DP88 on ADAT, 44.1 kHz, a jazz trio with singer; controls readable. */
const STUDIO: Session = {
  interfaceName: 'Scarlett 18i20 USB',
  usbId: '1235:8215',
  rateHz: 44_100,
  strips: [
    softMic({ keys: -17 }),
    softMic({ keys: -18, voice: -44 }),
    line({ bass: -15 }, -97),
    softMic({ guitar: -19 }),
    softMic({ tom: -31, guitar: -26 }),
    softMic({ voice: -14 }),
    line({ keys: -19 }),
    line({ keys: -21, bass: -36 }),
    nothing,
    nothing,
    nothing,
    nothing,
    softMic({ kick: -16 }),
    softMic({ snare: -18, hat: -28 }),
    softMic({ hat: -21 }),
    softMic({ tom: -20 }),
    softMic({ tom: -23, kick: -35 }),
    softMic({ hat: -24, snare: -22, kick: -30 }),
    softMic({ hat: -26, snare: -23, kick: -29, tom: -27 }),
    softMic({ snare: -27, kick: -26, guitar: -33, keys: -29 }),
  ],
  names: [],
  controls: [
    'Clock Source Clock Source = Internal [Internal|S/PDIF|ADAT|Word Clock]',
    'Sync Status = Locked [Unlocked|Locked]',
    'ADAT Validity = on',
    'S/PDIF Validity = off',
    'Line In 1-4 Phantom Power Capture Switch = on',
    'Line In 5-8 Phantom Power Capture Switch = on',
    'Line In 1 Level Capture Enum = Line [Line|Inst]',
    'Line In 2 Level Capture Enum = Line [Line|Inst]',
    ...[1, 2, 3, 4, 5, 6, 7, 8].map((n) => `Line In ${n} Pad Capture Switch = off`),
    ...PCM_SOURCES.map(
      (word, i) => `PCM ${String(i + 1).padStart(2, '0')} Capture Enum = ${word} [Off|${PCM_SOURCES.join('|')}]`,
    ),
  ],
  sheet: {
    interface: {
      name: '18i20',
      model: '1235:8215',
      clock: 'internal',
      ports: [{ id: 'adat-a', name: 'ADAT', first: 13, last: 20 }],
    },
    expanders: [
      { id: 'dp88', name: 'DigiMax', model: 'digimax-dp88', clock: 'adat', fibres: ['adat-a'], returnFibre: true },
    ],
    inputs: [
      { name: 'Piano L', source: 'condenser' },
      { name: 'Piano R', source: 'condenser' },
      { name: 'Bass DI', source: 'diActive' },
      { name: 'Gtr amp', source: 'dynamic' },
      { name: 'Floor tom', source: 'dynamic' },
      { name: 'Singer', source: 'condenser' },
    ]
      .map(
        (one, i): Record<string, unknown> => ({
          ...one,
          channel: i + 1,
          input: i + 1,
          box: 'interface',
          connector: 'combo',
          phantom: true,
          phantomGroup: i < 4 ? '1-4' : '5-8',
        }),
      )
      .concat([
        { channel: 7, input: 7, connector: 'trs', name: 'Keys L', source: 'linePlus4', inputLevel: 'plus4' },
        { channel: 8, input: 8, connector: 'trs', name: 'Keys R', source: 'linePlus4', inputLevel: 'plus4' },
        ...['BD', 'SN', 'HH', 'T1', 'T2', 'OHL', 'OHR', 'Room'].map((name, i) => ({
          channel: 13 + i,
          name,
          box: 'dp88',
          input: i + 1,
          connector: 'combo',
          plug: 'xlr',
          mode: 'mic',
          source: i === 2 || i >= 5 ? 'condenser' : 'dynamic',
          phantom: i === 2 || i >= 5,
        })),
      ]),
  },
};

const stageInputs = (first: number, box: string, names: readonly string[], sources: readonly string[]) =>
  names.map((name, i) => ({
    channel: first + i,
    name,
    box,
    input: i + 1,
    connector: sources[i]!.startsWith('line') ? 'trs' : 'xlr',
    source: sources[i],
    phantom: sources[i] === 'condenser',
  }));

/** MOTU 828 (2024) with two expanders, 48 kHz, a loud band; no control can be read. */
const LIVE: Session = {
  interfaceName: 'MOTU 828',
  usbId: '07fd:000e',
  rateHz: 48_000,
  strips: [
    loudMic({ voice: -6 }),
    loudMic({ voice: -9 }),
    line({ guitar: -9 }),
    loudMic({ guitar: -12 }),
    line({ bass: -8 }),
    loudMic({ bass: -16, kick: -29 }),
    line({ keys: -9 }),
    line({ keys: -11, bass: -40 }),
    line({ keys: -20, voice: -22 }),
    floor(-103),
    nothing,
    nothing,
    nothing,
    nothing,
    loudMic({ kick: -6 }),
    loudMic({ snare: -7, hat: -21 }),
    loudMic({ snare: -10, kick: -28 }),
    loudMic({ hat: -13 }),
    loudMic({ tom: -8 }),
    loudMic({ tom: -10, snare: -29 }),
    loudMic({ hat: -15, snare: -14, tom: -18 }),
    loudMic({ hat: -16, snare: -13, tom: -19, kick: -24 }),
    loudMic({ guitar: -10 }),
    loudMic({ guitar: -12, bass: -33 }),
    loudMic({ voice: -13 }),
    loudMic({ voice: -15, guitar: -31 }),
    loudMic({ snare: -16, hat: -20 }),
    loudMic({ keys: -17 }),
    line({ noise: -28, kick: -25 }),
    line({ keys: -16 }),
  ],
  names: [],
  controls: [],
  sheet: {
    interface: {
      name: '828',
      model: '07fd:000e',
      clock: 'internal',
      ports: [
        { id: 'adat-a', name: 'ADAT A', first: 15, last: 22 },
        { id: 'adat-b', name: 'ADAT B', first: 23, last: 30 },
      ],
    },
    expanders: [
      { id: 'ada', name: 'ADA8000', model: 'ada8000', clock: 'adat', fibres: ['adat-a'], returnFibre: true },
      { id: 'fuse', name: 'AudioFuse', model: 'audiofuse-8pre', clock: 'adat', fibres: ['adat-b'], returnFibre: true },
    ],
    inputs: [
      { channel: 1, input: 1, connector: 'combo', plug: 'xlr', mode: 'mic', name: 'Vox 1', source: 'dynamic' },
      { channel: 2, input: 2, connector: 'combo', plug: 'xlr', mode: 'mic', name: 'Vox 2', source: 'dynamic' },
      { channel: 3, input: 3, connector: 'trs', name: 'Modeller', source: 'linePlus4', inputLevel: 'plus4' },
      ...stageInputs(
        15,
        'ada',
        ['Kick', 'Snare', 'Snr 2', 'Hat', 'Tom', 'Floor', 'OH 1', 'OH 2'],
        ['dynamic', 'dynamic', 'dynamic', 'condenser', 'dynamic', 'dynamic', 'condenser', 'condenser'],
      ).map((input) => ({ ...input, phantom: true, phantomGroup: '1-8' })),
      ...stageInputs(
        23,
        'fuse',
        ['Gtr 1', 'Gtr 2', 'BVox 1', 'BVox 2', 'Perc', 'Leslie', 'Track 1', 'Track 2'],
        ['dynamic', 'dynamic', 'dynamic', 'dynamic', 'condenser', 'dynamic', 'linePlus4', 'linePlus4'],
      ),
      { channel: 7, input: 7, connector: 'trs', name: 'Synth L', source: 'linePlus4', inputLevel: 'plus4' },
      { channel: 8, input: 8, connector: 'trs', name: 'Synth R', source: 'linePlus4', inputLevel: 'plus4' },
      { channel: 9, input: 9, connector: 'trs', name: 'Sampler', source: 'linePlus4', inputLevel: 'plus4' },
    ],
  },
};

/** RME Babyface Pro FS (class compliant) with an EVO SP8, 48 kHz, a choir in a church; no control can be read. */
const CHURCH: Session = {
  interfaceName: 'Babyface Pro FS',
  usbId: '2a39:3fb0',
  rateHz: 48_000,
  strips: [
    farMic({ voice: -20 }),
    farMic({ voice: -21, keys: -40 }),
    farMic({ keys: -24 }),
    line({ keys: -22 }),
    farMic({ voice: -23 }),
    farMic({ voice: -24, hat: -60 }),
    farMic({ voice: -25, keys: -33 }),
    farMic({ voice: -22, keys: -35 }),
    farMic({ keys: -21 }),
    farMic({ keys: -23, voice: -34 }),
    farMic({ voice: -28, keys: -27 }),
    farMic({ voice: -29, keys: -26 }),
  ],
  names: [],
  controls: [],
  sheet: {
    interface: {
      name: 'Babyface',
      model: '2a39:3fb0',
      clock: 'internal',
      ports: [{ id: 'adat-a', name: 'ADAT', first: 5, last: 12 }],
    },
    expanders: [{ id: 'sp8', name: 'SP8', model: 'evo-sp8', clock: 'adat', fibres: ['adat-a'], returnFibre: true }],
    inputs: [
      { channel: 1, input: 1, connector: 'xlr', name: 'Main 1', source: 'condenser', phantom: true },
      { channel: 2, input: 2, connector: 'xlr', name: 'Main 2', source: 'condenser', phantom: true },
      ...['Sop', 'Alto', 'Ten', 'Bass', 'Organ 1', 'Organ 2', 'Nave 1', 'Nave 2'].map((name, i) => ({
        channel: 5 + i,
        name,
        box: 'sp8',
        input: i + 1,
        connector: 'combo',
        plug: 'xlr',
        mode: 'mic',
        source: i < 2 ? 'dynamic' : 'condenser',
        phantom: i >= 2,
      })),
    ],
  },
};

/** Clarett 8Pre USB with a Series 8p on S/MUX, 88.2 kHz, chamber music; no control can be read. */
const CHAMBER: Session = {
  interfaceName: 'Clarett 8Pre USB',
  usbId: '1235:8208',
  rateHz: 88_200,
  strips: [
    farMic({ keys: -18 }),
    farMic({ keys: -19, voice: -33 }),
    farMic({ guitar: -25 }),
    farMic({ bass: -24 }),
    floor(-101),
    floor(-101),
    line({ keys: -17 }),
    line({ keys: -18, guitar: -44 }),
    nothing,
    nothing,
    farMic({ guitar: -22 }),
    farMic({ voice: -24 }),
    farMic({ keys: -26 }),
    farMic({ keys: -27, bass: -31 }),
  ],
  names: [],
  controls: [],
  sheet: {
    interface: {
      name: 'Clarett',
      model: '1235:8208',
      clock: 'internal',
      ports: [{ id: 'adat-a', name: 'ADAT', first: 11, last: 14 }],
    },
    expanders: [
      {
        id: 's8p',
        name: 'Series 8p',
        model: 'series-8p-dynamic',
        clock: 'adat',
        fibres: ['adat-a'],
        returnFibre: true,
      },
    ],
    inputs: [
      {
        channel: 1,
        input: 1,
        connector: 'combo',
        plug: 'xlr',
        mode: 'mic',
        name: 'Tree L',
        source: 'condenser',
        phantom: true,
      },
      {
        channel: 2,
        input: 2,
        connector: 'combo',
        plug: 'xlr',
        mode: 'mic',
        name: 'Tree R',
        source: 'condenser',
        phantom: true,
      },
      {
        channel: 3,
        input: 3,
        connector: 'combo',
        plug: 'xlr',
        mode: 'mic',
        name: 'Viola',
        source: 'condenser',
        phantom: true,
      },
      { channel: 4, input: 4, connector: 'combo', plug: 'xlr', mode: 'mic', name: 'Cello', source: 'dynamic' },
      { channel: 7, input: 7, connector: 'trs', name: 'Celesta L', source: 'linePlus4', inputLevel: 'plus4' },
      { channel: 8, input: 8, connector: 'trs', name: 'Celesta R', source: 'linePlus4', inputLevel: 'plus4' },
      ...['Violin', 'Flute', 'Hall 1', 'Hall 2'].map((name, i) => ({
        channel: 11 + i,
        name,
        box: 's8p',
        input: i + 1,
        connector: 'combo',
        plug: 'xlr',
        mode: 'mic',
        source: i === 1 ? 'dynamic' : 'condenser',
        phantom: i !== 1,
      })),
    ],
  },
};

export const HELD_OUT_SESSIONS = { studio: STUDIO, live: LIVE, church: CHURCH, chamber: CHAMBER } as const;
export type HeldOutSession = keyof typeof HELD_OUT_SESSIONS;
