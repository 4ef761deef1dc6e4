/** The evidence allows more than one cause: all of them must be named. */
import type { Scenario } from './types.ts';

const gone = { sourceGone: [0, 99] as const };
const ADAT = [13, 14, 15, 16, 17, 18, 19, 20];

export const AMBIGUOUS: readonly Scenario[] = [
  {
    name: 'zeros-without-a-word',
    story: 'A bank of zeros and no control: box off, fibre out, or the port set to the other format.',
    session: 'mute-controls',
    strips: Object.fromEntries(ADAT.map((n) => [n, { zeros: [0, 99] }])),
    expects: { first: { code: 'bank-zero', where: 'OctoPre' }, or: ['fibre-out', 'port-mode-wrong'] },
  },
  {
    name: 'one-slip',
    story: 'A single frame is repeated once, on the OctoPre alone: a clock, or a knock against the fibre.',
    session: 'mute-controls',
    seconds: 8,
    happenings: [{ kind: 'slip', atS: 4, port: 'adat-a', frames: 1 }],
    expects: { first: { code: 'bank-slips', where: 'OctoPre' }, or: ['link-disturbed'] },
  },
  {
    name: 'dead-condenser-on-expander',
    story: 'A condenser on the OctoPre is silent; the sheet has 48 V on, and nothing can read the switch.',
    session: 'mute-controls',
    seconds: 13,
    strips: { 16: gone },
    expects: { first: { code: 'channel-dead', where: 'Hat' }, or: ['phantom-off'] },
  },
  {
    name: 'zeros-though-locked',
    story: 'Zeros over a link in sync: muted in the expander, or routed from nowhere.',
    session: 'digiface',
    strips: Object.fromEntries([1, 2, 3, 4, 5, 6, 7, 8].map((n) => [n, { zeros: [0, 99] }])),
    expects: { first: { code: 'bank-zero-locked', where: 'ADA8200' }, or: ['routing-off'] },
  },
  {
    name: 'even-harmonics',
    story: '100 Hz and its multiples: a loop through two outlets, or a power supply of the amp.',
    session: 'mute-controls',
    seconds: 11,
    strips: { 3: { plays: {}, mains: { hz: 50, dbfs: [-74, -56, null, -60, null, -65] } } },
    expects: { first: { code: 'channel-hum', where: 'Gtr amp' }, or: ['ground-loop'] },
  },
  {
    name: 'opposite-neighbours',
    story: 'Two overheads of opposite polarity: a cable, a switch at the preamp, or meant so.',
    session: 'mute-controls',
    strips: { 20: { plays: {}, inverseOf: 19 } },
    expects: { first: { code: 'channel-polarity', where: 'OH right' }, or: ['polarity-switch'] },
  },
  {
    name: 'equal-neighbours',
    story: 'Two channels are the same, bit for bit: routing, or a link in the box before.',
    session: 'mute-controls',
    strips: { 6: { copyOf: 5 } },
    expects: { first: { code: 'channel-copy', where: 'Synth R' }, or: ['copied-upstream'] },
  },
  {
    name: 'stalls',
    story: 'Frames stop: the clock source inside, or the USB link.',
    session: 'mute-controls',
    seconds: 5,
    happenings: [{ kind: 'stall', atS: 2 }],
    expects: { first: { code: 'capture-stalled' }, or: ['usb-hangs'] },
  },
];
