import { existsSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ControlBoard, dumpOf, openControls, parseDump, ReplayBoard } from '../../src/device/alsa/controls.ts';
import { alsaClockSource, clockStream } from '../../src/device/clock/clockSource.ts';
import { portsOfRouting, readClock } from '../../src/device/clock/readClock.ts';
import type { ClockInput, ClockReading, ClockStream } from '../../src/device/ports.ts';
import { hangBell } from '../../src/device/system/bell.ts';
import {
  ADI2,
  AUDIENT,
  BABYFACE,
  bool,
  CLARETT,
  DIGIFACE,
  GEN1,
  GEN3,
  GEN4,
  GENERIC,
  MINIDSP,
  PRESONUS,
  VOCASTER,
} from './families.ts';
import { type TestCard, type TestControl, TestRig, testCardMissing } from './testCard.ts';

const missing = testCardMissing();

describe.skipIf(missing !== null)(`clock controls through libasound${missing ? ` (${missing})` : ''}`, () => {
  let rig: TestRig;
  let card: TestCard;
  let stream: ClockStream | null = null;
  let board: ControlBoard | null = null;
  beforeEach(() => {
    rig = new TestRig();
  });
  afterEach(() => {
    expect(card.writes(), 'writes to the device').toBe(0);
    stream?.close();
    board?.close();
    stream = null;
    board = null;
    rig.stop();
  });

  function open(controls: TestControl[], usbId: string): ClockReading {
    card = rig.add({ controls, usbId });
    const opened = alsaClockSource('hw:0', usbId).open();
    if (!opened.ok) throw new Error(opened.fault.what);
    stream = opened.value;
    stream.setStreaming(true);
    return next(0);
  }
  /** The next reading, within 5 s. */
  function next(waitMs = 250): ClockReading {
    for (let i = 0; i < 20; i++) {
      const got = stream!.read(waitMs);
      if (got.kind === 'reading') return got.reading;
      if (got.kind === 'gone') throw new Error(got.fault.what);
    }
    throw new Error('no reading came');
  }
  const port = (reading: ClockReading, id: string): ClockInput | undefined =>
    reading.inputs.find((one) => one.port === id);

  it('RME Digiface: three states a port, polled; current source, rate, and what each port receives', () => {
    const reading = open(DIGIFACE, '2a39:3f8c');
    expect(reading).toMatchObject({ family: 'rme-digiface', source: 'Input 1', rateHz: 48000, device: null });
    expect(reading.inputs.map((one) => [one.port, one.lock, one.trust])).toEqual([
      ['adat-a', 'sync', 'polled'],
      ['adat-b', 'lock', 'polled'],
      ['adat-c', 'noLock', 'polled'],
      ['adat-d', 'noLock', 'polled'],
    ]);
    expect(port(reading, 'adat-b')).toMatchObject({ format: 'S/PDIF', rateHz: 44100 });
    // the driver's masks of port 4 are not to be trusted
    expect(port(reading, 'adat-d')?.rateHz).toBeNull();
    card.turn('Input 1 Sync', 1);
    const began = performance.now();
    expect(port(next(), 'adat-a')?.lock).toBe('lock');
    expect(performance.now() - began).toBeLessThan(2500); // target 500 ms
  });

  it('RME ADI-2: three states of AES and S/PDIF, and the frequency to 1 Hz', () => {
    const reading = open(ADI2, '2a39:3fd0');
    expect(reading).toMatchObject({ family: 'rme-adi2', rateHz: 47999 });
    expect(reading.inputs.map((one) => [one.port, one.lock])).toEqual([
      ['aes', 'noLock'],
      ['spdif', 'sync'],
    ]);
  });

  it('RME Babyface Pro: a source, and no word on lock', () => {
    expect(open(BABYFACE, '2a39:3fb0')).toMatchObject({
      family: 'rme-babyface',
      source: 'AutoSync',
      device: null,
      inputs: [],
    });
  });

  it('Focusrite 1st generation: two states, polled; locked is not called sync; routing by its own names', () => {
    const reading = open(GEN1, '1235:800c');
    expect(reading).toMatchObject({
      family: 'focusrite-gen1',
      source: 'ADAT',
      device: { lock: 'locked', trust: 'polled' },
    });
    expect(portsOfRouting(reading.routing)).toMatchObject([
      { id: 'analogue', first: 1, last: 8 },
      { id: 'spdif', first: 9, last: 10 },
      { id: 'adat-a', first: 11, last: 18 },
    ]);
    expect(reading.preamps).toMatchObject([{ input: 1, inst: true, phantom: null }]);
    card.turn('Sample Clock Sync Status', 0);
    expect(next().device?.lock).toBe('noLock');
  });

  it('Focusrite 2nd and 3rd generation: sync status by events, port mode, preamps, and the routing of the user', () => {
    const reading = open(GEN3, '1235:8215');
    expect(reading).toMatchObject({
      family: 'focusrite',
      source: 'ADAT',
      portMode: 'S/PDIF RCA',
      device: { control: 'Sync Status', lock: 'locked', trust: 'live' },
    });
    expect(reading.preamps).toMatchObject([
      { input: 1, phantom: true, inst: true, pad: false, air: true },
      { input: 2, phantom: true, inst: null },
      { input: 3, phantom: true },
      { input: 4, phantom: true },
    ]);
    expect(portsOfRouting(reading.routing)).toMatchObject([
      { id: 'analogue', first: 1, last: 8 },
      { id: 'adat-a', first: 9, last: 16 },
      { id: 'spdif', first: 17, last: 18 },
      { id: 'loopback', kind: 'loopback', first: 19, last: 20 },
    ]);
    card.turn('Sync Status', 0);
    const began = performance.now();
    expect(next().device?.lock).toBe('noLock');
    expect(performance.now() - began).toBeLessThan(2500); // target 500 ms
  });

  it('a sync status means nothing until a stream runs', () => {
    open(GEN3, '1235:8215');
    stream!.setStreaming(false);
    expect(next().device).toMatchObject({ lock: 'unknown', told: 'locked', trust: 'idle' });
  });

  it('a cached validity shows "can not tell" until the device has sent an event for it', () => {
    const reading = open(GEN3, '1235:8215');
    expect(port(reading, 'adat-a')).toMatchObject({ lock: 'unknown', told: 'locked', trust: 'stale' });
    expect(port(reading, 'spdif')).toMatchObject({ lock: 'unknown', told: 'noLock', trust: 'stale' });
    card.turn('ADAT Validity', 0);
    expect(port(next(), 'adat-a')).toMatchObject({ lock: 'noLock', trust: 'live' });
    card.turn('ADAT Validity', 1);
    expect(port(next(), 'adat-a')).toMatchObject({ lock: 'locked', trust: 'live' });
  });

  it('Focusrite 4th generation: two ADAT ports, gain and mute', () => {
    const reading = open(GEN4, '1235:821d');
    expect(reading).toMatchObject({ family: 'focusrite', source: 'ADAT Port 2' });
    expect(reading.inputs.map((one) => one.port)).toEqual(['adat-a', 'adat-b']);
    expect(reading.preamps).toMatchObject([{ input: 1, gain: 34, muted: true }]);
  });

  it('Audient, PreSonus and generic interfaces: a selector, and validity that is stale', () => {
    const audient = open(AUDIENT, '2708:000a');
    expect(audient).toMatchObject({ family: 'audient', source: 'Audient Optical1 Clock' });
    expect(port(audient, 'adat-a')).toMatchObject({ lock: 'unknown', told: 'locked', trust: 'stale' });
    stream!.close();
    card.set({ controls: PRESONUS });
    const presonus = clockStreamOf('194f:010d');
    expect(presonus).toMatchObject({
      family: 'presonus',
      source: 'Internal',
      inputs: [{ port: 'adat-a', told: 'noLock' }],
    });
    stream!.close();
    card.set({ controls: GENERIC });
    expect(clockStreamOf('0d8c:0001')).toMatchObject({
      family: 'generic',
      source: 'Internal',
      device: { lock: 'unknown', told: 'locked', trust: 'stale' },
    });
    stream!.close();
    card.set({ controls: GENERIC });
    expect(clockStreamOf('2752:0011').family).toBe('minidsp');
  });

  function clockStreamOf(usbId: string): ClockReading {
    const opened = alsaClockSource('hw:0', usbId).open();
    if (!opened.ok) throw new Error(opened.fault.what);
    stream = opened.value;
    return next(0);
  }

  it('an interface with no clock control at all can not tell, and says no lock word', () => {
    const reading = open([bool('Master Playback Switch', true, { iface: 'MIXER' })], '1397:0509');
    expect(reading).toMatchObject({
      family: 'generic',
      source: null,
      device: null,
      inputs: [],
      routing: [],
      preamps: [],
    });
    stream!.close();
    card.set({ controls: [] });
    expect(clockStreamOf('1397:0509')).toMatchObject({ source: null, inputs: [] });
  });

  it('Clarett and Vocaster: the same sync status; what they do not have is not told', () => {
    const clarett = open(CLARETT, '1235:820c');
    expect(clarett).toMatchObject({
      family: 'focusrite',
      source: 'S/PDIF',
      sourcePort: 'spdif',
      portMode: 'S/PDIF RCA',
      device: { lock: 'locked', trust: 'live' },
    });
    expect(port(clarett, 'spdif')).toMatchObject({ told: 'locked', lock: 'unknown', trust: 'stale' });
    card.turn('Sync Status', 0);
    expect(next().device?.lock).toBe('noLock');
    stream!.close();
    card.set({ controls: VOCASTER });
    const vocaster = clockStreamOf('1235:8217');
    expect(vocaster).toMatchObject({ family: 'focusrite', source: null, inputs: [], routing: [] });
    expect(vocaster.preamps).toMatchObject([
      { input: 1, phantom: true, muted: false, gain: 41, pad: null },
      { input: 2, phantom: false, muted: null },
    ]);
  });

  it('miniDSP: a selector by its vendor, and a validity that counts once an event came', () => {
    const reading = open(MINIDSP, '2752:0011');
    expect(reading).toMatchObject({ family: 'minidsp', source: 'S/PDIF', sourcePort: 'spdif' });
    expect(port(reading, 'spdif')).toMatchObject({ told: 'locked', lock: 'unknown', trust: 'stale' });
    card.turn('S/PDIF Clock Validity', 0);
    expect(port(next(), 'spdif')).toMatchObject({ lock: 'noLock', trust: 'live' });
  });

  it.each([
    ['RME Digiface', DIGIFACE, '2a39:3f8c', /^Input \d Sync$|Sync Source$/],
    ['RME ADI-2', ADI2, '2a39:3fd0', /Sync$/],
    ['Focusrite 1st generation', GEN1, '1235:800c', /^Sample Clock/],
    ['Focusrite 3rd generation', GEN3, '1235:8215', /^Sync Status$|Validity$|Clock Source$/],
    ['Focusrite 4th generation', GEN4, '1235:821d', /^Sync Status$|Validity$|Clock Source$/],
    ['Clarett', CLARETT, '1235:820c', /^Sync Status$|Validity$|Clock Source$/],
    ['Vocaster', VOCASTER, '1235:8217', /^Sync Status$/],
    ['Audient', AUDIENT, '2708:000a', /Validity$|Clock Source$/],
    ['PreSonus', PRESONUS, '194f:010d', /Validity$|Clock Source$/],
    ['miniDSP', MINIDSP, '2752:0011', /Validity$|Clock Source$/],
    ['generic', GENERIC, '0d8c:0001', /Validity$|Clock Source$/],
    ['Babyface', BABYFACE, '2a39:3fb0', /Clock Source$/],
  ] as const)(
    '%s without its clock controls tells no lock and no source, and the rest is still read',
    (_name, controls, usbId, gone) => {
      const whole = open([...controls], usbId);
      stream!.close();
      card.set({ controls: controls.filter((control) => !gone.test(control.name)) });
      const bare = clockStreamOf(usbId);
      expect(bare).toMatchObject({ source: null, device: null, inputs: [] });
      expect(bare.preamps).toEqual(whole.preamps);
      expect(bare.routing).toEqual(whole.routing);
    },
  );

  it.each([
    ['RME Digiface', DIGIFACE, '2a39:3f8c', 'Input 1 Sync', 2, 0, 'adat-a'],
    ['RME ADI-2', ADI2, '2a39:3fd0', 'SPDIF Sync', 2, 0, 'spdif'],
    ['Focusrite 1st generation', GEN1, '1235:800c', 'Sample Clock Sync Status', 1, 0, 'device'],
    ['Focusrite 3rd generation', GEN3, '1235:8215', 'Sync Status', 1, 0, 'device'],
    ['Focusrite 4th generation', GEN4, '1235:821d', 'ADAT Port 2 Validity', 1, 0, 'adat-b'],
    ['Clarett', CLARETT, '1235:820c', 'ADAT Validity', 1, 0, 'adat-a'],
    ['Vocaster', VOCASTER, '1235:8217', 'Sync Status', 1, 0, 'device'],
    ['Audient', AUDIENT, '2708:000a', 'Audient Optical1 Clock Validity', 1, 0, 'adat-a'],
    ['PreSonus', PRESONUS, '194f:010d', 'ADAT Clock Validity', 1, 0, 'adat-a'],
    ['miniDSP', MINIDSP, '2752:0011', 'S/PDIF Clock Validity', 1, 0, 'spdif'],
    ['generic', GENERIC, '0d8c:0001', 'Clock Source 41 Validity', 1, 0, 'device'],
  ] as const)('%s: a lock that flaps is read each time as it stands', (_name, controls, usbId, name, on, off, id) => {
    open([...controls], usbId);
    const lockOf = (reading: ClockReading) => (id === 'device' ? reading.device : port(reading, id))?.lock;
    // As it stands at first, the other way, and back: the first event also makes a cached value worth something.
    const start = controls.find((control) => control.name === name)!.values[0];
    const flips = start === on ? [off, on, off] : [on, off, on];
    for (const value of flips) {
      card.turn(name, value);
      const wanted = value === off ? 'noLock' : 'locked or sync';
      let seen = lockOf(next());
      for (let i = 0; i < 4 && (seen === 'noLock') !== (value === off); i++) seen = lockOf(next());
      expect(seen === 'noLock' ? 'noLock' : seen === 'locked' || seen === 'sync' ? 'locked or sync' : seen).toBe(
        wanted,
      );
    }
  });

  it('a switch of the clock source is noticed, whoever made it', () => {
    open(GEN3, '1235:8215');
    card.turn('Clock Source Clock Source', 0);
    for (let i = 0; i < 20; i++) {
      const got = stream!.read(250);
      if (got.kind !== 'reading') continue;
      expect(got.source).toEqual({ from: 'ADAT', to: 'Internal' });
      return;
    }
    throw new Error('not noticed');
  });

  it('a wait for the card ends when a bell rings, once for each ring, and a change of a control still ends it', () => {
    card = rig.add({ controls: GEN3, usbId: '1235:8215' });
    const bell = hangBell();
    if (bell === null) throw new Error('no bell');
    try {
      const opened = alsaClockSource('hw:0', '1235:8215', bell.fd).open();
      if (!opened.ok) throw new Error(opened.fault.what);
      stream = opened.value;
      expect(stream.read(0).kind).toBe('reading');
      const waited = (ms: number) => {
        const began = performance.now();
        return { got: stream!.read(ms).kind, ms: performance.now() - began };
      };
      bell.ring();
      const rung = waited(20_000);
      expect(rung.got).toBe('idle');
      expect(rung.ms).toBeLessThan(10_000);
      const still = waited(400);
      expect(still.got).toBe('idle');
      expect(still.ms).toBeGreaterThan(350);
      card.turn('Clock Source Clock Source', 0);
      const changed = waited(20_000);
      expect(changed.got).toBe('reading');
      expect(changed.ms).toBeLessThan(10_000);
    } finally {
      stream?.close();
      stream = null;
      bell.close();
    }
  });

  it('an unplugged card is told', () => {
    open(GEN3, '1235:8215');
    card.unplug();
    let got = stream!.read(250);
    for (let i = 0; i < 20 && got.kind !== 'gone'; i++) got = stream!.read(250);
    expect(got).toMatchObject({ kind: 'gone', fault: { code: 'controls-failed' } });
    expect(alsaClockSource('hw:0', null).open()).toMatchObject({ ok: false, fault: { code: 'controls-absent' } });
  });

  it('a dump holds all that the card shows, and replays as the same card', () => {
    card = rig.add({ controls: GEN3, usbId: '1235:8215', name: 'Scarlett 18i20 USB' });
    const opened = openControls('hw:0');
    if (!opened.ok) throw new Error(opened.fault.what);
    board = opened.value;
    expect(board.controls).toHaveLength(GEN3.length);
    const text = JSON.stringify(dumpOf(board, '1235:8215'));
    const dump = parseDump(text);
    if (!dump.ok) throw new Error(dump.fault.what);
    expect(dump.value.card.name).toBe('Scarlett 18i20 USB');
    const replay = new ReplayBoard(dump.value);
    const context = { usbId: dump.value.usbId, streaming: true };
    expect(readClock(replay.controls, context)).toEqual(readClock(board.controls, context));
    const again = clockStream(replay, dump.value.usbId);
    again.setStreaming(true);
    again.read(0);
    replay.turn('Sync Status', 0);
    expect(again.read(0)).toMatchObject({ kind: 'reading', reading: { device: { lock: 'noLock' } } });
    for (const bad of [
      '',
      '{}',
      '[]',
      '{"format":"lightkeeper-controls","version":2,"controls":[]}',
      text.slice(0, -5),
    ])
      expect(parseDump(bad)).toMatchObject({ ok: false, fault: { code: 'dump-unreadable' } });
  });

  it('opening and closing 200 times leaves no descriptor behind', async () => {
    if (!existsSync('/proc/self/fd')) return;
    const { readdirSync } = await import('node:fs');
    open(GEN3, '1235:8215');
    stream!.close();
    const before = readdirSync('/proc/self/fd').length;
    for (let i = 0; i < 200; i++) {
      clockStreamOf('1235:8215');
      stream!.close();
    }
    expect(readdirSync('/proc/self/fd').length).toBe(before);
  });
});
