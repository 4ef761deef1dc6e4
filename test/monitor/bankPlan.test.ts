import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { InterfaceMap } from '../../src/device/interfaces/interfaceMap.ts';
import type { StreamInfo } from '../../src/device/ports.ts';
import { planBanks } from '../../src/monitor/bankPlan.ts';

const info = (channels: number, rateHz = 48000): StreamInfo => ({
  source: 'alsa',
  name: 'test',
  rateHz,
  channels,
  validBits: 24,
  periodFrames: 480,
  bufferFrames: 48000,
  usbId: '1235:8215',
  channelNames: [],
  notes: [],
});
const map: InterfaceMap = {
  name: '18i20',
  usbIds: ['1235:8215'],
  verified: true,
  maps: {
    x1: [
      { id: 'analogue', name: 'Analogue', kind: 'analogue', first: 1, last: 8 },
      { id: 'adat-a', name: 'ADAT A', kind: 'adat', first: 13, last: 20 },
    ],
    x2: [{ id: 'adat-a', name: 'ADAT A', kind: 'adat', first: 13, last: 16 }],
    x4: null,
  },
};

describe('the plan of banks', () => {
  it('takes the table at the rate of the stream, and groups what the table leaves out', () => {
    expect(planBanks(info(20), [], map).banks.map((b) => [b.id, b.first, b.last])).toEqual([
      ['analogue', 1, 8],
      ['ch-9', 9, 12],
      ['adat-a', 13, 20],
    ]);
    expect(planBanks(info(16, 96000), [], map).banks.find((b) => b.id === 'adat-a')).toMatchObject({
      first: 13,
      last: 16,
    });
  });

  it('puts the word of the user above the table', () => {
    const mine = [{ id: 'a', name: 'A', kind: 'adat' as const, first: 1, last: 8, box: 'OctoPre' }];
    const plan = planBanks(info(8), mine, map);
    expect(plan).toMatchObject({ from: 'config', banks: [{ id: 'a', box: 'OctoPre' }] });
  });

  it('says that it guesses when nobody knows the interface', () => {
    expect(planBanks(info(18), [], null)).toMatchObject({ from: 'guess' });
    // The table knows the interface, but not at this rate.
    expect(planBanks(info(10, 192000), [], map)).toMatchObject({ from: 'guess' });
  });

  it('gives each channel exactly one bank, with any table and any number of channels', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 64 }), fc.boolean(), (channels, known) => {
        const owners = new Array<number>(channels).fill(0);
        for (const bank of planBanks(info(channels), [], known ? map : null).banks) {
          for (let c = bank.first; c <= bank.last; c++) owners[c - 1] = (owners[c - 1] ?? 0) + 1;
        }
        expect(owners.every((count) => count === 1)).toBe(true);
      }),
    );
  });
});
