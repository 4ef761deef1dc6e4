/** Nothing is wrong here: not one finding may stand, however odd it looks. */
import type { CleanScenario, Strip } from './types.ts';

const on = (channels: readonly number[], strip: Partial<Strip>) =>
  Object.fromEntries(channels.map((channel) => [channel, strip]));
const range = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, i) => first + i);
const quiet = (db: number) => on(range(1, 20), { gainDb: db });

export const CLEAN: readonly CleanScenario[] = [
  { name: 'the-band', story: 'The band plays.', session: 'band', seconds: 15 },
  {
    name: 'the-band-no-controls',
    story: 'The band plays, and no control can be read.',
    session: 'mute-controls',
    seconds: 15,
  },
  { name: 'two-expanders', story: 'Two expanders, both in sync, both playing.', session: 'digiface', seconds: 15 },
  {
    name: 'quiet-song',
    story: 'A ballad, 24 dB down on all channels.',
    session: 'band',
    seconds: 14,
    strips: quiet(-24),
  },
  {
    name: 'very-quiet-song',
    story: 'A lullaby, 36 dB down.',
    session: 'mute-controls',
    seconds: 14,
    strips: quiet(-36),
  },
  {
    name: 'between-songs',
    story: 'Nobody plays; the room and the preamps alone.',
    session: 'band',
    seconds: 14,
    strips: on([...range(1, 6), ...range(13, 20)], { plays: {} }),
  },
  {
    name: 'everything-unplugged',
    story: 'Nothing is plugged in yet: noise floors.',
    session: 'mute-controls',
    seconds: 14,
    strips: on([...range(1, 6), ...range(13, 20)], { plays: {}, noiseDbfs: -106 }),
  },
  {
    name: 'synth-rests',
    story: 'The synth is silent while the band plays: a line hears no room.',
    session: 'band',
    seconds: 14,
    strips: on([5, 6], { plays: {} }),
  },
  {
    name: 'singer-rests',
    story: 'The singer has nothing to do in this song: the microphone hears the drums.',
    session: 'band',
    seconds: 14,
    strips: on([1], { plays: { snare: -44, kick: -48, hat: -54 } }),
  },
  {
    name: 'guitar-di-rests',
    story: 'The guitar is unplugged from its DI for a tuner.',
    session: 'band',
    seconds: 14,
    strips: on([2], { plays: {} }),
  },
  {
    name: 'hot-but-clean',
    story: 'The kick peaks just below full scale and never reaches it.',
    session: 'band',
    strips: { 13: { plays: { kick: -3.2 } } },
  },
  {
    name: 'drums-alone',
    story: 'Only the drummer plays; all others rest, their microphones hear him.',
    session: 'mute-controls',
    seconds: 14,
    strips: { ...on([1, 3, 4], { plays: { snare: -44, kick: -48 } }), ...on([2, 5, 6], { plays: {} }) },
  },
  {
    name: 'voice-alone',
    story: 'An a-cappella take: the singer, and drums that only hear her.',
    session: 'band',
    seconds: 14,
    strips: {
      ...on(range(13, 20), { plays: { voice: -52 } }),
      ...on([3, 4], { plays: { voice: -46 } }),
      ...on([2, 5, 6], { plays: {} }),
    },
  },
  {
    name: 'mono-synth',
    story: 'The synth is mono and plays the same on both sides, each with its own noise.',
    session: 'band',
    strips: on([5, 6], { plays: { keys: -13 } }),
  },
  {
    name: 'snare-top-and-bottom',
    story: 'Snare from above and below: opposite polarity, as it must be, and not neighbours by name only.',
    session: 'band',
    strips: { 15: { plays: { hat: -30 }, inverseOf: 14, gainDb: -4 } },
  },
  {
    name: 'bass-drone',
    story: 'A held low note on the synth, 55 Hz: no hum.',
    session: 'band',
    seconds: 12,
    strips: on([5, 6], { plays: { bass: -14 } }),
  },
  {
    name: 'unused-expander-inputs',
    story: 'Four of the eight inputs of the OctoPre are not used and not on the sheet.',
    session: 'mute-controls',
    seconds: 14,
    sheet: { inputs: { 17: null, 18: null, 19: null, 20: null } },
    strips: on([17, 18, 19, 20], { plays: {}, noiseDbfs: -104 }),
  },
  {
    name: 'no-expander-at-all',
    story: 'No expander on the sheet; the ADAT port is exact zeros, as an empty port is.',
    session: 'band',
    sheet: { expanders: { octopre: { fibres: [] } }, inputs: Object.fromEntries(range(13, 20).map((n) => [n, null])) },
    strips: on(range(13, 20), { plays: {}, noiseDbfs: null }),
  },
  {
    name: 'dynamic-under-48v',
    story: 'A dynamic under 48 V: no harm, and nothing to say.',
    session: 'band',
    controls: ['Line In 3-4 Phantom Power Capture Switch = on'],
  },
  {
    name: 'active-bass-into-line',
    story: 'An active bass in a line input: works.',
    session: 'band',
    controls: ['Line In 2 Level Capture Enum = Line'],
    sheet: { inputs: { 2: { name: 'Bass', source: 'instrumentActive', mode: 'line' } } },
    strips: on([2], { plays: { bass: -14 } }),
  },
  {
    name: 'distorted-guitar',
    story: 'A guitar amp distorts as it should: round tops, no flat ones.',
    session: 'band',
    strips: on([3], { plays: { guitar: -10, noise: -46 } }),
  },
  {
    name: 'interface-follows-expander',
    story: 'The interface takes its clock from ADAT, the OctoPre is the master: locked, and good.',
    session: 'band',
    controls: ['Clock Source Clock Source = ADAT'],
    sheet: { interface: { clock: 'adat', clockPort: 'adat-a' }, expanders: { octopre: { clock: 'internal' } } },
  },
  {
    name: 'fade-to-nothing',
    story: 'The song fades out at the mixer into digital silence on the synth.',
    session: 'mute-controls',
    strips: on([5, 6], { zeros: [4, 99] }),
  },
  {
    name: 'empty-spdif',
    story: 'Port 2 of the Digiface has no box and no lock; nobody wrote one down.',
    session: 'digiface',
    controls: ['Input 2 Sync = No Lock'],
    sheet: { expanders: { octamic: { fibres: [] } }, inputs: Object.fromEntries(range(9, 13).map((n) => [n, null])) },
    strips: on(range(9, 16), { plays: {}, noiseDbfs: null }),
  },
];
