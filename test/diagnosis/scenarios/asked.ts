/**
 * What a person complains of. What the box can't see it asks about, and claims nothing: `code` is then that of the question.
 */
import type { Scenario } from './types.ts';

export const ASKED: readonly Scenario[] = [
  {
    name: 'silent-in-the-daw',
    story: 'The engineer hears nothing of the kick in the DAW; the signal reaches the interface on 13.',
    session: 'band',
    complaint: { kind: 'noSignal', channel: 13 },
    expects: { first: { code: 'signal-arrives', where: 'Kick', says: ['13', 'DAW'] } },
  },
  {
    name: 'crackle-is-clipping',
    story: 'It crackles, and the snare clips.',
    session: 'band',
    strips: { 14: { gainDb: 20 } },
    complaint: { kind: 'crackle' },
    expects: { first: { code: 'channel-clipping', where: 'Snare', says: ['gain'] } },
  },
  {
    name: 'crackle-is-a-clock',
    story: 'It crackles, and the OctoPre slips.',
    session: 'band',
    seconds: 10,
    clocks: { 'adat-a': { ppm: -60 } },
    complaint: { kind: 'crackle' },
    expects: { first: { code: 'bank-slips', where: 'OctoPre' } },
  },
  {
    name: 'crackle-is-usb',
    story: 'It crackles, and USB frames are lost.',
    session: 'band',
    seconds: 60,
    channels: 4,
    happenings: [
      { kind: 'usbLoss', atS: 38.1, frames: 6 },
      { kind: 'usbLoss', atS: 48.7, frames: 12 },
    ],
    complaint: { kind: 'crackle' },
    expects: { first: { code: 'usb-loss' } },
  },
  {
    name: 'crackle-unseen',
    story: 'It crackles in the headphones, and all that comes in is clean.',
    session: 'band',
    complaint: { kind: 'crackle' },
    expects: { first: { code: 'ask-crackle-out', says: ['DAW'] } },
  },
  {
    name: 'monitors-hum',
    story: 'The monitors hum; the inputs are clean.',
    session: 'band',
    seconds: 11,
    complaint: { kind: 'hum' },
    expects: { first: { code: 'ask-hum-monitors', says: ['muted'] } },
  },
  {
    name: 'hum-is-recorded',
    story: 'The monitors hum, and so does the guitar on input 2.',
    session: 'band',
    seconds: 11,
    strips: { 2: { plays: {}, mains: { hz: 50, dbfs: [-52, -66, -68] } } },
    complaint: { kind: 'hum' },
    expects: { first: { code: 'channel-hum', where: 'Gtr DI' } },
  },
  {
    name: 'latency',
    story: 'The singer hears herself late.',
    session: 'band',
    complaint: { kind: 'latency' },
    expects: { first: { code: 'ask-latency', says: ['direct monitoring'] } },
  },
  {
    name: 'monitors-silent',
    story: 'No sound from the monitors, though all channels play.',
    session: 'band',
    complaint: { kind: 'monitorsSilent' },
    expects: { first: { code: 'ask-monitors-silent', says: ['monitor knob'] } },
  },
  {
    name: 'headphones-of-250-ohm',
    story: 'The drummer can not hear: 250 ohm headphones on an output of 40 mW.',
    session: 'band',
    sheet: { headphones: [{ name: 'Drummer', output: 'Phones 1', impedanceOhm: 250, ampPowerMw: 40 }] },
    complaint: { kind: 'headphonesQuiet' },
    expects: { first: { code: 'headphone-power-low', says: ['headphone amp'] } },
  },
  {
    name: 'headphones-unknown',
    story: 'Headphones too quiet, and nobody wrote down which they are.',
    session: 'band',
    complaint: { kind: 'headphonesQuiet' },
    expects: { first: { code: 'ask-headphones', says: ['ohm'] } },
  },
];
