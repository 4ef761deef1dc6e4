/** Held out like `heldOut.ts`: nothing is wrong here, and nothing may be found. */
import type { CleanScenario, Strip } from './types.ts';

const all = (channels: readonly number[], strip: Partial<Strip>) =>
  Object.fromEntries(channels.map((channel) => [channel, strip]));
const range = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, i) => first + i);

export const HELD_OUT_CLEAN: readonly CleanScenario[] = [
  { name: 'jazz-at-44k', story: 'The trio plays at 44.1 kHz.', session: 'studio', seconds: 16 },
  { name: 'loud-band-two-boxes', story: 'The loud band plays over two expanders.', session: 'live', seconds: 15 },
  { name: 'choir', story: 'The choir sings in a quiet church with noisy preamps.', session: 'church', seconds: 16 },
  { name: 'chamber-at-88k', story: 'Chamber music at 88.2 kHz over S/MUX.', session: 'chamber', seconds: 14 },
  {
    name: 'chamber-at-96k',
    story: 'The same at 96 kHz.',
    session: 'chamber',
    rateHz: 96_000,
    seconds: 14,
  },
  {
    name: 'band-at-44k',
    story: 'The band of the other set, at 44.1 kHz.',
    session: 'band',
    rateHz: 44_100,
    seconds: 14,
  },
  {
    name: 'brushes',
    story: 'A ballad with brushes, 30 dB down.',
    session: 'studio',
    seconds: 14,
    strips: all([...range(1, 8), ...range(13, 20)], { gainDb: -30 }),
  },
  {
    name: 'far-choir',
    story: 'The choir whispers, 26 dB down, near the noise of its preamps.',
    session: 'church',
    seconds: 14,
    strips: all(range(1, 12), { gainDb: -26 }),
  },
  {
    name: 'a-cappella',
    story: 'The singer alone; the drum microphones hear her, the lines nothing.',
    session: 'studio',
    seconds: 14,
    strips: {
      ...all([1, 2, 4, 5], { plays: { voice: -40 } }),
      ...all([3, 7, 8], { plays: {} }),
      ...all(range(13, 20), { plays: { voice: -44 } }),
    },
  },
  {
    name: 'long-rest',
    story: 'The singer rests for half a minute and hears the drums meanwhile; the keyboard is silent all that time.',
    session: 'studio',
    seconds: 36,
    strips: { 6: { plays: { snare: -39, kick: -44 } }, ...all([7, 8], { plays: {} }) },
  },
  {
    name: 'nobody-in-church',
    story: 'Nobody is there yet: noise floors of -80 dBFS.',
    session: 'church',
    seconds: 14,
    strips: all(range(1, 12), { plays: {}, noiseDbfs: -80 }),
  },
  {
    name: 'hot-master',
    story: 'A mastered record comes in by the keyboard inputs, its peaks a hair below full scale.',
    session: 'studio',
    seconds: 12,
    strips: {
      7: { plays: { keys: -1.5, kick: -8, snare: -10 }, gainDb: -3.6 },
      8: { plays: { keys: -2, kick: -8 }, gainDb: -3.6 },
    },
  },
  {
    name: 'hot-drums',
    story: 'A loud drummer; kick and snare come to 2 dB below full scale and never reach it.',
    session: 'live',
    seconds: 10,
    strips: { 15: { plays: { kick: -2.4 } }, 16: { plays: { snare: -2.6 } } },
  },
  {
    name: 'second-port-unused',
    story: 'The second expander stayed at home: port B is exact zeros, and the sheet has no box there.',
    session: 'live',
    seconds: 12,
    sheet: { expanders: { fuse: { fibres: [] } }, inputs: Object.fromEntries(range(23, 30).map((n) => [n, null])) },
    strips: all(range(23, 30), { plays: {}, noiseDbfs: null }),
  },
  {
    name: 'half-the-expander-unused',
    story: 'Four inputs of the ADA8000 are open and not on the sheet.',
    session: 'live',
    seconds: 14,
    sheet: { inputs: Object.fromEntries(range(19, 22).map((n) => [n, null])) },
    strips: all(range(19, 22), { plays: {}, noiseDbfs: -92 }),
  },
  {
    name: 'loopback-mirrors-keys',
    story: 'The loopback carries the keyboard bit for bit, as the mixer of the interface was set.',
    session: 'studio',
    seconds: 10,
    strips: { 9: { copyOf: 7 }, 10: { copyOf: 8 } },
  },
  {
    name: 'backing-track-stops',
    story:
      'The backing track on two lines of the AudioFuse stops into digital silence, which its converters turn to noise.',
    session: 'live',
    seconds: 14,
    strips: all([29, 30], { playsOnly: [0, 5] }),
  },
  {
    name: 'mono-celesta',
    story: 'The celesta is mono and goes into two inputs.',
    session: 'chamber',
    strips: all([7, 8], { plays: { keys: -17 } }),
  },
  {
    name: 'organ-pedal',
    story: 'A long low note of the organ on two microphones: no hum.',
    session: 'church',
    seconds: 20,
    strips: all([9, 10], { plays: { bass: -22, voice: -34 } }),
  },
  {
    name: 'perc-rests',
    story: 'The percussionist has nothing to do; his condenser hears the band.',
    session: 'live',
    seconds: 14,
    strips: { 27: { plays: { kick: -36, snare: -35, guitar: -40 } } },
  },
  {
    name: 'everything-open-at-44k',
    story: 'Nothing is plugged in at the studio: noise floors of -104 and -97 dBFS.',
    session: 'studio',
    seconds: 14,
    strips: {
      ...all(range(1, 8), { plays: {}, noiseDbfs: -104 }),
      ...all(range(13, 20), { plays: {}, noiseDbfs: -97 }),
    },
  },
  {
    name: 'synced-and-quiet-viola',
    story: 'Only the viola plays; everything else hears her from afar at 88.2 kHz.',
    session: 'chamber',
    seconds: 14,
    strips: {
      ...all([1, 2], { plays: { guitar: -41 } }),
      4: { plays: { guitar: -45 } },
      ...all([7, 8], { plays: {} }),
      ...all(range(11, 14), { plays: { guitar: -43 } }),
    },
  },
];
