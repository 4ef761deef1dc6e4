/** The link: what comes over the fibre is not what was sent, or nothing is. */
import type { Scenario, Strip } from './types.ts';

const all = (channels: readonly number[], strip: Partial<Strip>) =>
  Object.fromEntries(channels.map((channel) => [channel, strip]));
const ADAT = [13, 14, 15, 16, 17, 18, 19, 20];
const PORT_1 = [1, 2, 3, 4, 5, 6, 7, 8];

export const LINK: readonly Scenario[] = [
  {
    name: 'expander-off',
    story: 'The OctoPre is switched off from the start; no control of this interface tells anything.',
    session: 'mute-controls',
    strips: all(ADAT, { zeros: [0, 99] }),
    expects: { first: { code: 'bank-zero', where: 'OctoPre', says: ['off', 'cable'] } },
  },
  {
    name: 'fibre-pulled',
    story: 'Somebody trips over the fibre after three seconds of playing.',
    session: 'mute-controls',
    seconds: 7,
    strips: all(ADAT, { zeros: [3, 99] }),
    expects: { first: { code: 'bank-zero', where: 'OctoPre', says: ['cable'] } },
  },
  {
    name: 'port-set-to-spdif',
    story: "The interface's optical port is set to S/PDIF, the OctoPre sends ADAT into it.",
    session: 'band',
    controls: ['Digital I/O Mode Capture Enum = S/PDIF Optical [S/PDIF RCA|S/PDIF Optical|Dual ADAT]'],
    strips: all(ADAT, { zeros: [0, 99] }),
    expects: { first: { code: 'port-mode-wrong', where: 'OctoPre', says: ['S/PDIF Optical'] } },
  },
  {
    name: 'locked-but-zeros',
    story: 'Port 1 says Sync, and all eight channels are exact zeros: the ADA8200 sends digital silence.',
    session: 'digiface',
    strips: all(PORT_1, { zeros: [0, 99] }),
    expects: { first: { code: 'bank-zero-locked', where: 'ADA8200' } },
  },
  {
    name: 'routing-off',
    story: 'In the routing of the interface the eight ADAT channels were set to Off.',
    session: 'band',
    controls: ADAT.map((n) => `PCM ${n} Capture Enum = Off`),
    strips: all(ADAT, { zeros: [0, 99] }),
    expects: { first: { code: 'routing-off', where: 'OctoPre', says: ['Off'] } },
  },
  {
    name: 'one-channel-routed-off',
    story: 'Only the channel of the first tom is routed to Off.',
    session: 'band',
    controls: ['PCM 17 Capture Enum = Off'],
    strips: { 17: { zeros: [0, 99] } },
    expects: { first: { code: 'routing-off', where: 'Tom 1', says: ['Off'] } },
  },
  {
    name: 'half-the-channels-at-96k',
    story:
      'The session was set to 96 kHz, and one fibre carries four channels there: toms and overheads have no way in.',
    session: 'band',
    rateHz: 96_000,
    channels: 16,
    seconds: 4,
    expects: { first: { code: 'smux-half', where: 'OctoPre', says: ['96 kHz', 'second fibre'] } },
  },
  {
    name: 'ada8200-at-96k',
    story: 'The ADA8200 has no S/MUX; the interface was opened at 96 kHz.',
    session: 'digiface',
    rateHz: 96_000,
    channels: 8,
    seconds: 4,
    controls: ['Input 1 Sync = No Lock'],
    strips: all([1, 2, 3, 4], { zeros: [0, 99] }),
    expects: { first: { code: 'expander-rate', where: 'ADA8200', says: ['48 kHz'] } },
  },
  {
    name: 'one-dead-slot',
    story: 'One channel of the fibre is exact zero while its seven neighbours are alive.',
    session: 'mute-controls',
    strips: { 15: { zeros: [0, 99] } },
    expects: { first: { code: 'channel-zero', where: 'Snare bot' } },
  },
  {
    name: 'converter-stands-still',
    story: "A channel's converter has hung: one value for ever.",
    session: 'mute-controls',
    strips: { 17: { frozenAt: -1873 } },
    expects: { first: { code: 'channel-frozen', where: 'Tom 1' } },
  },
  {
    name: 'stuck-bit',
    story: 'Bit 7 of one channel is always 1: a broken line in the converter.',
    session: 'mute-controls',
    strips: { 14: { stuckBit: 7 } },
    expects: { first: { code: 'channel-bits-stuck', where: 'Snare' } },
  },
  {
    name: 'stuck-high-bit',
    story: 'Bit 15 of an overhead is always 1: every quiet passage is a fizz.',
    session: 'band',
    strips: { 19: { stuckBit: 15 } },
    expects: { first: { code: 'channel-bits-stuck', where: 'OH left' } },
  },
  {
    name: 'copied-by-routing',
    story: "The interface's routing sends ADAT 1 to two capture channels: Snare records the kick.",
    session: 'band',
    controls: ['PCM 14 Capture Enum = ADAT 1'],
    strips: { 14: { copyOf: 13 } },
    expects: { first: { code: 'channel-copy', where: 'Snare', says: ['ADAT 1'] } },
  },
  {
    name: 'copied-upstream',
    story: 'Inside the expander one preamp feeds two slots; the second microphone is nowhere.',
    session: 'mute-controls',
    strips: { 18: { copyOf: 17 } },
    expects: { first: { code: 'channel-copy', where: 'Tom 2', says: ['Tom 1'] } },
  },
  {
    name: 'expander-preamps-dead',
    story: "The stage box's snake is out: the fibre is alive, and all eight preamps of the OctoPre hear nothing.",
    session: 'mute-controls',
    seconds: 14,
    strips: all(ADAT, { plays: {}, sourceGone: [0, 99] }),
    expects: { first: { code: 'bank-no-source', where: 'OctoPre', says: ['fibre'] } },
  },
];
