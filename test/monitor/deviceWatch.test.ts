import { describe, expect, it } from 'vitest';
import type { ClockInput, ClockReading } from '../../src/device/ports.ts';
import type { PlannedBank } from '../../src/monitor/bankPlan.ts';
import type { DeviceEvent } from '../../src/monitor/captureMessages.ts';
import { carries, DeviceWatch } from '../../src/monitor/deviceWatch.ts';
import type { Bank } from '../../src/monitor/snapshot.ts';

const input = (port: string, lock: ClockInput['lock'], more: Partial<ClockInput> = {}): ClockInput => ({
  port,
  control: `${port} control`,
  lock,
  told: lock,
  trust: 'live',
  format: null,
  rateHz: null,
  ...more,
});
const reading = (more: Partial<ClockReading> = {}): ClockReading => ({
  family: 'rme-digiface',
  source: 'Internal',
  sourcePort: null,
  device: null,
  inputs: [],
  portMode: null,
  rateHz: null,
  preamps: [],
  routing: [],
  notes: [],
  ...more,
});
const planned = (id: string, kind: PlannedBank['kind'], first: number, last: number): PlannedBank => ({
  id,
  name: id.toUpperCase(),
  box: null,
  kind,
  first,
  last,
});
const BANKS = [planned('analogue', 'analogue', 1, 8), planned('adat-a', 'adat', 9, 16)];

function rig() {
  const events: DeviceEvent[] = [];
  const watch = new DeviceWatch(
    (event) => events.push(event),
    () => 4800,
  );
  const tell = (told: Partial<ClockReading>, nowMs: number, source: { from: string; to: string } | null = null) =>
    watch.take({ kind: 'reading', reading: reading(told), source }, nowMs);
  const codes = (box: string | null = null) =>
    watch
      .findings({
        deviceName: 'Card',
        banks: BANKS.map((bank) => ({ ...bank, box: bank.kind === 'adat' ? box : null }) as unknown as Bank),
      })
      .map((finding) => `${finding.severity} ${finding.code}`);
  return { watch, events, tell, codes };
}

describe("the interface's own word", () => {
  it('three states give a bank its word; two-state "locked", stale and idle controls give none, never sync', () => {
    const { watch, tell } = rig();
    const word = (lock: ClockInput['lock'], nowMs: number) => {
      tell({ inputs: [input('adat-a', lock)] }, nowMs);
      watch.turn(nowMs + 1500);
      return watch.wordOf(BANKS[1]!, BANKS);
    };
    expect(word('sync', 0)).toBe('sync');
    expect(word('lock', 2000)).toBe('lock');
    expect(word('noLock', 4000)).toBe('noLock');
    expect(word('locked', 6000)).toBeNull();
    expect(word('unknown', 8000)).toBeNull();
    expect(watch.wordOf(BANKS[0]!, BANKS)).toBeNull();
  });

  it('a lock that is lost is told at once; one that flaps at 10 Hz changes at most twice a second, and each loss is counted', () => {
    const { watch, events, tell, codes } = rig();
    tell({ inputs: [input('adat-a', 'locked')] }, 0);
    for (let i = 0; i < 100; i++) {
      tell({ inputs: [input('adat-a', i % 2 ? 'locked' : 'noLock')] }, 5000 + i * 50);
      watch.turn(5000 + i * 50 + 33);
    }
    const changes = events.filter((event) => event.kind === 'portLock');
    expect(changes[0]).toMatchObject({ port: 'adat-a', lock: 'noLock', frame: 4800 });
    // 5 s of flapping
    expect(changes.length).toBeLessThanOrEqual(10);
    watch.take({ kind: 'alive' }, 20_000);
    watch.turn(20_000);
    expect(watch.clock(true).ports[0]).toMatchObject({ lock: 'locked', losses: 50, firstLossMs: 5000 });
    expect(codes()).toEqual(['warning port-no-lock']);
    watch.clear();
    expect(codes()).toEqual([]);
  });

  it('is not believed when the controls fall silent, and is again when they answer', () => {
    const { watch, tell, codes } = rig();
    tell({ inputs: [input('adat-a', 'sync')], source: 'ADAT', sourcePort: 'adat-a' }, 0);
    const bank = BANKS[1]!;
    const told = () => [watch.wordOf(bank, BANKS), watch.clock(true).sync];
    for (let ms = 0; ms <= 20_000; ms += 1000) {
      watch.take({ kind: 'alive' }, ms);
      watch.turn(ms);
    }
    expect(told()).toEqual(['sync', 'sync']);
    watch.turn(24_000);
    expect(told()).toEqual(['sync', 'sync']);
    expect(watch.turn(26_000)).toBe(true);
    expect(told()).toEqual([null, 'unknown']);
    expect(codes()).toEqual(['warning controls-silent']);
    watch.take({ kind: 'alive' }, 27_000);
    expect(watch.turn(27_000)).toBe(true);
    expect(told()).toEqual(['sync', 'sync']);
    expect(codes()).toEqual([]);
  });

  it('an empty port is no fault; one with a box to its name, or that the clock is taken from, is', () => {
    const { tell, codes, watch } = rig();
    tell({ inputs: [input('adat-a', 'noLock')] }, 0);
    expect(codes()).toEqual([]);
    expect(codes('OctoPre')).toEqual(['alarm port-no-lock']);
    tell({ inputs: [input('adat-a', 'noLock')], source: 'ADAT', sourcePort: 'adat-a' }, 10);
    expect(codes()).toEqual(['alarm port-no-lock']);
    expect(watch.clock(true)).toMatchObject({ source: 'ADAT', sync: 'noLock' });
    expect(watch.clock(false).sync).toBe('unknown');
  });

  it('a clock source that changed as a stream opened is laid at the door of autoclock, at another time at nobody’s', () => {
    const { watch, events, tell } = rig();
    watch.streamOpened(1000);
    tell({ source: 'Internal' }, 1200, { from: 'ADAT', to: 'Internal' });
    const [first] = watch.findings({ deviceName: 'Card', banks: [] });
    expect(first).toMatchObject({ code: 'clock-source-changed', sinceMs: 1200, confidence: 'medium' });
    expect(first?.cause).toContain('autoclock');
    expect(events).toEqual([{ kind: 'clockSource', frame: 4800, from: 'ADAT', to: 'Internal' }]);
    tell({ source: 'ADAT' }, 60_000, { from: 'Internal', to: 'ADAT' });
    const [second] = watch.findings({ deviceName: 'Card', banks: [] });
    expect(second).toMatchObject({ symptom: expect.stringContaining('after 1 changes before'), confidence: 'high' });
    expect(second?.cause).not.toContain('autoclock');
  });

  it('preamp switches stand beside the channel that carries them, by routing or by place, and a turn of one is an event', () => {
    const { watch, events, tell } = rig();
    const preamp = (phantom: boolean) => ({
      input: 2,
      phantom,
      inst: null,
      pad: null,
      air: null,
      gain: 30,
      muted: false,
    });
    tell({ preamps: [preamp(false)] }, 0);
    expect(watch.inputs(BANKS)).toEqual([{ ...preamp(false), channel: 2 }]);
    tell({ preamps: [preamp(true)], routing: ['ADAT 1', 'Analogue 1', 'Analogue 2'] }, 10);
    expect(watch.inputs(BANKS)[0]?.channel).toBe(3);
    expect(events).toEqual([{ kind: 'inputSwitch', frame: 4800, input: 2, switch: 'phantom', on: true }]);
    tell({ preamps: [preamp(true)], routing: ['ADAT 1', 'Off', 'Analogue 1'] }, 20);
    expect(watch.inputs(BANKS)[0]?.channel).toBeNull();
  });

  it('the routing is used when it is told for every channel, and only then', () => {
    const { watch, tell } = rig();
    expect(tell({ routing: ['Analogue 1', 'ADAT 1', 'ADAT 2'] }, 0)).toBe(true);
    expect(tell({ routing: ['Analogue 1', 'ADAT 1', 'ADAT 2'] }, 0)).toBe(false);
    expect(watch.routedPorts(3)?.map((port) => port.id)).toEqual(['analogue', 'adat-a']);
    expect(watch.routedPorts(2)?.map((port) => port.last)).toEqual([1, 2]);
    expect(watch.routedPorts(4)).toBeNull();
    tell({ routing: ['Analogue 1', '', 'ADAT 2'] }, 0);
    expect(watch.routedPorts(3)).toBeNull();
  });

  it('controls that are gone leave no word standing, and their losses are remembered for the replug', () => {
    const { watch, tell } = rig();
    tell({ inputs: [input('adat-a', 'sync')] }, 0);
    tell({ inputs: [input('adat-a', 'noLock')] }, 100);
    watch.take({ kind: 'unreadable', fault: { code: 'controls-absent', what: 'x', fix: 'y' } }, 200);
    expect(watch.wordOf(BANKS[1]!, BANKS)).toBeNull();
    expect(watch.clock(true)).toEqual({ source: null, sync: 'unknown', portMode: null, ports: [] });
    tell({ inputs: [input('adat-a', 'sync')] }, 5000);
    watch.turn(7000);
    expect(watch.clock(true).ports[0]).toMatchObject({ lock: 'sync', losses: 1 });
  });

  it("finds a port's bank by id, by pieces of a routing, and by order where the user has named the banks", () => {
    const own = [planned('octo', 'adat', 11, 18), planned('ada', 'adat', 19, 26), planned('dig', 'spdif', 9, 10)];
    expect(own.map((bank) => carries(bank, 'adat-b', own))).toEqual([false, true, false]);
    expect(own.map((bank) => carries(bank, 'spdif', own))).toEqual([false, false, true]);
    const pieces = [planned('adat-a', 'adat', 1, 4), planned('adat-a-r2', 'adat', 9, 12)];
    expect(pieces.map((bank) => carries(bank, 'adat-a', pieces))).toEqual([true, true]);
    expect(pieces.map((bank) => carries(bank, 'adat-b', pieces))).toEqual([false, false]);
    expect(carries(own[0]!, 'word-clock', own)).toBe(false);
  });
});
