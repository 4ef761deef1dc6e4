import { describe, expect, it } from 'vitest';
import { MAX_EVENTS, TakeEvents } from '../../src/analyze/takeEvents.ts';

describe('events of a take gathered in two places', () => {
  it('come out as if they had been found in one, block by block and turn by turn, then by their frames', () => {
    const meters = new TakeEvents();
    const slips = new TakeEvents();
    slips.add(TakeEvents.order(0, 'detector'), 7, 'usb-loss', [0, 1]);
    slips.add(TakeEvents.order(0, 'verdict'), 7, 'slip-drop', [1]);
    slips.add(TakeEvents.order(2, 'detector'), 7, 'slip-repeat', [1]);
    meters.add(TakeEvents.order(0, 'meter'), 7, 'clip', [0]);
    meters.add(TakeEvents.order(1, 'meter'), 3, 'silence', [0]);
    const together = TakeEvents.together([meters, structuredClone({ found: slips.found, cut: slips.cut })], 100);
    expect(together.map(({ code }) => code)).toEqual(['silence', 'usb-loss', 'clip', 'slip-drop', 'slip-repeat']);
    expect(together[1]).toEqual({ frame: 7, code: 'usb-loss', channels: [1, 2] });
  });

  it('are cut after the first that were found, wherever, and say so', () => {
    const meters = new TakeEvents();
    const slips = new TakeEvents();
    for (let block = 0; block < MAX_EVENTS; block++) meters.add(TakeEvents.order(block, 'meter'), block, 'clip', [0]);
    expect(TakeEvents.together([meters, slips], 500)).toHaveLength(MAX_EVENTS);
    slips.add(TakeEvents.order(5, 'verdict'), 1, 'slip-drop', [1]);
    const together = TakeEvents.together([meters, slips], 20_000);
    expect(together).toHaveLength(MAX_EVENTS + 1);
    expect(together.at(-1)).toEqual({ frame: 20_000, code: 'events-cut', channels: [] });
    expect(together.some(({ code }) => code === 'slip-drop')).toBe(true);
    expect(together.some(({ frame }) => frame === MAX_EVENTS - 1)).toBe(false);
  });
});
