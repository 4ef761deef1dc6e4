/** Mains in the sound, and what is not sound at all. Channels are listened to for hum in turns of eight, 8 s each. */
import type { Scenario } from './types.ts';

export const HUM: readonly Scenario[] = [
  {
    name: 'guitar-near-transformer',
    story:
      'The single coil of the guitar stands beside a power supply: 50 Hz and a little of its harmonics; nobody plays.',
    session: 'band',
    seconds: 11,
    strips: { 2: { plays: {}, mains: { hz: 50, dbfs: [-52, -66, -68] } } },
    expects: { first: { code: 'channel-hum', where: 'Gtr DI', says: ['magnetic'] } },
  },
  {
    name: 'ground-loop-60',
    story: 'Keyboard and interface on two outlets in a 60 Hz country: 120 Hz and its multiples.',
    session: 'band',
    seconds: 11,
    strips: { 5: { plays: {}, mains: { hz: 60, dbfs: [-68, -54, null, -58, null, -63] } } },
    expects: { first: { code: 'channel-hum', where: 'Synth L', says: ['outlet'] } },
  },
  {
    name: 'rectifier-buzz-100',
    story: "An amplifier's worn filter capacitors: 100, 200 and 300 Hz, hardly any 50.",
    session: 'mute-controls',
    seconds: 11,
    strips: { 3: { plays: {}, mains: { hz: 50, dbfs: [-76, -57, null, -60, null, -66] } } },
    expects: { first: { code: 'channel-hum', where: 'Gtr amp', says: ['rectifier'] } },
  },
  {
    name: 'long-unbalanced-run',
    story: 'The synth stands 12 m away on an unbalanced cable, and hums.',
    session: 'band',
    seconds: 11,
    sheet: { inputs: { 6: { plug: 'ts', cable: { balanced: false, length: 12, unit: 'm' } } } },
    strips: { 6: { plays: {}, mains: { hz: 50, dbfs: [-60, -66, -68] } } },
    expects: { first: { code: 'channel-hum', where: 'Synth R', says: ['balanced'] } },
  },
  {
    name: 'hum-on-the-whole-expander',
    story: 'The OctoPre and the amps stand on different outlets: the same hum on all its eight channels.',
    session: 'mute-controls',
    seconds: 27,
    strips: Object.fromEntries(
      [13, 14, 15, 16, 17, 18, 19, 20].map((n) => [n, { plays: {}, mains: { hz: 50, dbfs: [-70, -64, null, -68] } }]),
    ),
    expects: { first: { code: 'bank-hum', where: 'OctoPre', says: ['outlet'] } },
  },
  {
    name: 'dc-on-a-channel',
    story: "A preamp's coupling capacitor leaks: a mean of -34 dBFS on one channel.",
    session: 'band',
    seconds: 8,
    strips: { 16: { dcDbfs: -34 } },
    expects: { first: { code: 'channel-dc', where: 'Hat' } },
  },
  {
    name: 'overheads-out-of-phase',
    story: 'One of two overhead cables is soldered the wrong way round: pins 2 and 3.',
    session: 'band',
    strips: { 20: { plays: {}, inverseOf: 19 } },
    expects: { first: { code: 'channel-polarity', where: 'OH right', says: ['polarity'] } },
  },
  {
    name: 'synth-out-of-phase',
    story: 'The right output of the synth comes over a cable that swaps tip and ring.',
    session: 'mute-controls',
    strips: { 6: { plays: {}, inverseOf: 5 } },
    expects: { first: { code: 'channel-polarity', where: 'Synth R' } },
  },
];
