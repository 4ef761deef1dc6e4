import { describe, expect, it } from 'vitest';
import {
  commandOf,
  levelMessages,
  OSC_IN,
  OSC_OUT,
  PeakHold,
  ROOT,
  stateMessages,
} from '../../src/integrations/oscView.ts';
import { emptyLevelFrame, NO_SIGNAL } from '../../src/monitor/levels.ts';
import { FakeMonitor } from '../web/support/fakeMonitor.ts';

const pattern = (address: string) =>
  new RegExp(`^${ROOT}${address.replace('<n>', '\\d+').replace('<id>', '[a-z0-9-]+')}$`);

describe('what OSC tells', () => {
  const monitor = new FakeMonitor();
  monitor.step();
  const sent = [...levelMessages(monitor.levels().peakDbX100, 20), ...stateMessages(monitor.snapshot())];

  it('is what the documents list, with those types, and nothing else', () => {
    for (const { address, args } of sent) {
      const row = OSC_OUT.find(([listed]) => pattern(listed).test(address));
      expect(row, address).toBeDefined();
      if (row![1] === 'f ...') continue;
      const types = args.map((arg) => (typeof arg === 'string' ? 's' : typeof arg === 'object' ? 'f' : 'i')).join(' ');
      expect(types, address).toBe(row![1]);
    }
    for (const [address] of OSC_OUT)
      expect(
        sent.some((one) => pattern(address).test(one.address)),
        address,
      ).toBe(true);
  });

  it('tells the largest peak of all frames since the message before', () => {
    const hold = new PeakHold();
    const frame = (peak: number) => ({ ...emptyLevelFrame(2), peakDbX100: Int32Array.of(peak, NO_SIGNAL) });
    hold.add(frame(-4000));
    hold.add(frame(-300));
    hold.add(frame(-6000));
    expect([...hold.take()]).toEqual([-300, NO_SIGNAL]);
    expect([...hold.take()]).toEqual([NO_SIGNAL, NO_SIGNAL]);
  });
});

describe('what OSC may ask for', () => {
  it('is what the documents list, and nothing else', () => {
    for (const [address, args] of OSC_IN) {
      const asked = commandOf({
        address: `${ROOT}${address.replace('<n>', '7')}`,
        args: args.startsWith('s') ? ['x'] : [],
      });
      expect(asked, address).not.toBeNull();
    }
    for (const address of [
      '/lightkeeper',
      '/lightkeeper/',
      '/lightkeeper/take',
      '/take/start',
      '/lightkeeper/channel/0/clear',
      '/lightkeeper/channel/65/clear',
      '/lightkeeper/release',
    ])
      expect(commandOf({ address, args: [] }), address).toBeNull();
  });

  it("begins a take on a button's press, and not again on its release", () => {
    const address = '/lightkeeper/take/start';
    expect(commandOf({ address, args: [1] })).toEqual({ kind: 'takeStart', name: null });
    expect(commandOf({ address, args: [true] })).toEqual({ kind: 'takeStart', name: null });
    expect(commandOf({ address, args: [0] })).toBeNull();
    expect(commandOf({ address, args: [false] })).toBeNull();
    expect(commandOf({ address, args: ['Verse'] })).toEqual({ kind: 'takeStart', name: 'Verse' });
  });

  it('takes names as a person writes them, bounded and without control characters', () => {
    expect(commandOf({ address: '/lightkeeper/take/name', args: ['  Grün\u0007 \n'] })).toEqual({
      kind: 'takeName',
      name: 'Grün',
    });
    expect(commandOf({ address: '/lightkeeper/take/name', args: ['   '] })).toBeNull();
    const long = commandOf({ address: '/lightkeeper/mark', args: ['x'.repeat(500)] });
    expect(long).toEqual({ kind: 'mark', name: 'x'.repeat(40) });
  });
});
