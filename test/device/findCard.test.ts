import { describe, expect, it } from 'vitest';
import type { Card } from '../../src/device/alsa/cards.ts';
import { pcmOfDevice } from '../../src/device/alsa/findCard.ts';

const card = (number: number, usbId: string | null, captures = true): Card => ({
  number,
  id: `C${number}`,
  driver: 'x',
  name: `Card ${number}`,
  usbId,
  capture: captures ? [{ device: 0, pcm: `hw:${number},0`, name: 'in', altSettings: [] }] : [],
});

describe('finding the card that is meant', () => {
  it('takes the first USB card that captures, when nobody chooses', () => {
    const cards = [card(0, null), card(1, '0d8c:0001', false), card(2, '1235:8215'), card(3, '1397:0001')];
    expect(pcmOfDevice('auto', cards)).toBe('hw:2,0');
    expect(pcmOfDevice('auto', cards.slice(0, 2))).toBe(null);
  });

  it('finds a USB interface under whatever number it comes back', () => {
    expect(pcmOfDevice('1235:8215', [card(1, '1235:8215')])).toBe('hw:1,0');
    expect(pcmOfDevice('1235:8215', [card(4, '1235:8215')])).toBe('hw:4,0');
    expect(pcmOfDevice('1235:8215', [card(4, '1235:8216')])).toBe(null);
  });

  it('takes any other word as an ALSA name', () => {
    expect(pcmOfDevice('plughw:USB,0', [])).toBe('plughw:USB,0');
  });
});
