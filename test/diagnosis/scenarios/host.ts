/**
 * Between the interface and this box: USB, power, the program that reads. Lost microframes show in the stamps of the frames,
 * and those must have been watched for a while before a step in them is one: these scenarios are long, on few channels.
 */
import type { Scenario } from './types.ts';

export const HOST: readonly Scenario[] = [
  {
    name: 'usb-microframes-lost',
    story: 'A thin USB cable: twice, one and then three microframes are lost, on all channels at once.',
    session: 'band',
    seconds: 60,
    channels: 4,
    happenings: [
      { kind: 'usbLoss', atS: 38.1, frames: 6 },
      { kind: 'usbLoss', atS: 47.7, frames: 18 },
    ],
    expects: { first: { code: 'usb-loss', where: 'Scarlett 18i8 USB', says: ['USB cable'] } },
  },
  {
    name: 'usb-loss-large',
    story: 'A hub that serves a disk as well drops 8 ms at a time.',
    session: 'digiface',
    seconds: 60,
    channels: 4,
    happenings: [37.2, 43.9, 49.1].map((atS) => ({ kind: 'usbLoss' as const, atS, frames: 384 })),
    expects: { first: { code: 'usb-loss', where: 'Digiface USB', says: ['hub'] } },
  },
  {
    name: 'under-voltage-and-losses',
    story: 'A phone charger feeds the Pi: under-voltage, and USB frames are lost with it.',
    session: 'band',
    seconds: 60,
    channels: 4,
    happenings: [
      { kind: 'usbLoss', atS: 38.9, frames: 12 },
      { kind: 'usbLoss', atS: 48.2, frames: 6 },
    ],
    power: { underVoltage: true, throttled: true },
    expects: { first: { code: 'power-low', says: ['supply'] } },
  },
  {
    name: 'buffer-overrun',
    story: 'Something else on the Pi held the processor: the capture buffer ran over.',
    session: 'band',
    happenings: [
      { kind: 'overrun', atS: 2, frames: 4800 },
      { kind: 'overrun', atS: 4, frames: 2400 },
    ],
    expects: { first: { code: 'capture-xrun', where: 'Scarlett 18i8 USB' } },
  },
  {
    name: 'interface-hangs',
    story: 'The interface is open and stops delivering: its clock source vanished inside.',
    session: 'mute-controls',
    seconds: 5,
    happenings: [{ kind: 'stall', atS: 2 }],
    expects: { first: { code: 'capture-stalled', where: 'Scarlett 18i8 USB' } },
  },
  {
    name: 'unplugged',
    story: 'The USB cable is pulled in the middle of a song.',
    session: 'band',
    seconds: 5,
    happenings: [{ kind: 'unplug', atS: 3 }],
    expects: { first: { code: 'device-gone', where: 'Scarlett 18i8 USB', says: ['USB cable'] } },
  },
  {
    name: 'held-by-another-program',
    story: 'A DAW on the same machine has the interface open.',
    session: 'band',
    seconds: 2,
    cannotOpen: {
      code: 'pcm-busy',
      what: 'Another program uses the interface.',
      fix: 'Close it there, or let it go with release.',
    },
    expects: { first: { code: 'pcm-busy', says: ['Close it there'] } },
  },
  {
    name: 'not-plugged-in',
    story: 'No interface is there.',
    session: 'band',
    seconds: 2,
    cannotOpen: {
      code: 'device-absent',
      what: 'No USB interface is here.',
      fix: 'Plug it in; it is taken up again by itself.',
    },
    expects: { first: { code: 'device-absent', says: ['Plug it in'] } },
  },
];
