import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cardOfPcm, listCards, parseUsbStream, pcmHolder } from '../../src/device/alsa/cards.ts';
import { TestRig, testCardMissing } from './testCard.ts';

describe('the list of sound cards', () => {
  it('is empty where there is no /proc/asound', () => {
    expect(listCards('/nowhere/asound')).toEqual([]);
    expect(cardOfPcm('hw:USB,0', '/nowhere/asound')).toBeNull();
    expect(pcmHolder(0, 0, '/nowhere/asound')).toBeNull();
  });

  it('reads what a USB interface can capture, as the kernel writes it', () => {
    const text = `Focusrite Scarlett 18i20 USB at usb-xhci-hcd.0-1, high speed : USB Audio

Playback:
  Status: Stop
  Interface 1
    Altset 1
    Format: S32_LE
    Channels: 20
    Endpoint: 0x01 (1 OUT) (ASYNC)
    Rates: 44100, 48000
    Bits: 24

Capture:
  Status: Running
    Interface = 2
    Altset = 1
    Packet Size = 216
    Momentary freq = 48000 Hz (0x6.0000)
  Interface 2
    Altset 1
    Format: S32_LE
    Channels: 18
    Endpoint: 0x82 (2 IN) (ASYNC)
    Rates: 44100, 48000
    Data packet interval: 125 us
    Bits: 24
    Channel map: FL FR FC LFE
  Interface 2
    Altset 2
    Format: S24_3LE
    Channels: 10
    Endpoint: 0x82 (2 IN) (ASYNC)
    Rates: 44100 - 192000 (continuous)
`;
    expect(parseUsbStream(text)).toEqual([
      { format: 'S32_LE', channels: 18, ratesHz: [44100, 48000], bits: 24 },
      { format: 'S24_3LE', channels: 10, ratesHz: [44100, 192000], bits: null },
    ]);
    expect(parseUsbStream('Playback:\n  Interface 1\n    Altset 1\n    Format: S32_LE\n    Channels: 20\n')).toEqual(
      [],
    );
    expect(parseUsbStream('')).toEqual([]);
  });

  const missing = testCardMissing();
  describe.skipIf(missing !== null)(`of a rig${missing ? ` (${missing})` : ''}`, () => {
    let rig: TestRig;
    beforeEach(() => {
      rig = new TestRig();
    });
    afterEach(() => rig.stop());

    it('has each card with its USB id and what it captures', () => {
      expect(listCards(rig.procRoot)).toEqual([]);
      rig.add({ number: 2, id: 'USB', name: 'Scarlett 18i20 USB', usbId: '1235:8215', channels: [20], bits: 24 });
      rig.add({ number: 0, id: 'Loopback', driver: 'Loopback', name: 'Loopback', channels: [2] });
      expect(listCards(rig.procRoot)).toMatchObject([
        { number: 0, id: 'Loopback', driver: 'Loopback', usbId: null },
        {
          number: 2,
          id: 'USB',
          name: 'Scarlett 18i20 USB',
          usbId: '1235:8215',
          capture: [
            { device: 0, pcm: 'hw:2,0', altSettings: [{ format: 'S32_LE', channels: 20, ratesHz: [48000], bits: 24 }] },
          ],
        },
      ]);
    });

    it('tells the card behind a PCM name', () => {
      rig.add({ number: 2, id: 'Gen3' });
      for (const name of ['hw:2,0', 'hw:2', 'plughw:2,0', 'hw:Gen3', 'hw:CARD=Gen3,DEV=0', 'front:CARD=Gen3'])
        expect(cardOfPcm(name, rig.procRoot), name).toEqual({ card: 2, device: 0 });
      expect(cardOfPcm('hw:CARD=Gen3,DEV=1', rig.procRoot)).toEqual({ card: 2, device: 1 });
      for (const name of ['default', 'hw:Other', 'null']) expect(cardOfPcm(name, rig.procRoot), name).toBeNull();
    });
  });
});
