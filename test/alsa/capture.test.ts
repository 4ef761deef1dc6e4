import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AlsaOptions, alsaSource } from '../../src/device/alsa/alsaSource.ts';
import { loadAlsa } from '../../src/device/alsa/libasound.ts';
import type { CaptureRead, CaptureStream } from '../../src/device/ports.ts';
import type { Fault } from '../../src/fault.ts';
import { hashSample, type TestCard, TestRig, testCardMissing } from './testCard.ts';

const missing = testCardMissing();

describe.skipIf(missing !== null)(`capture through libasound${missing ? ` (${missing})` : ''}`, () => {
  let rig: TestRig;
  let open: CaptureStream[];
  beforeEach(() => {
    rig = new TestRig();
    open = [];
  });
  afterEach(() => {
    for (const stream of open) stream.close();
    rig.stop();
  });

  interface Wish {
    rateHz?: number;
    channels?: number;
    pcm?: string;
  }
  function attempt(pcm: string, wish: Wish = {}, options: AlsaOptions = {}) {
    const choice = { kind: 'alsa' as const, pcm, rateHz: wish.rateHz ?? null, channels: wish.channels ?? null };
    return alsaSource(choice, { procRoot: rig.procRoot, ...options }).open();
  }
  function openStream(card: TestCard, wish: Wish = {}): CaptureStream {
    const result = attempt(wish.pcm ?? card.pcm, wish);
    if (!result.ok) throw new Error(`${result.fault.code}: ${result.fault.what}`);
    open.push(result.value);
    return result.value;
  }
  function faultOf(pcm: string, wish: Wish = {}): Fault {
    const result = attempt(pcm, wish);
    if (result.ok) {
      result.value.close();
      throw new Error('it opened');
    }
    expect(result.fault.what).not.toContain('\n');
    expect(result.fault.fix).not.toBe('');
    return result.fault;
  }
  /** Reads until something else than frames and idle comes; at most `frames`. */
  function readOn(stream: CaptureStream, frames = 480_000): { handed: number; end: CaptureRead | null } {
    const block = new Int32Array(480 * stream.info.channels);
    let handed = 0;
    const until = performance.now() + 5000;
    while (handed < frames && performance.now() < until) {
      const got = stream.read(block, 480, 100);
      if (got.kind === 'frames') handed += got.frames;
      else if (got.kind !== 'idle') return { handed, end: { ...got } };
    }
    return { handed, end: null };
  }

  for (const format of ['S32_LE', 'S24_3LE', 'S24_LE', 'S16_LE'] as const) {
    const bits = { S32_LE: 32, S24_3LE: 24, S24_LE: 24, S16_LE: 16 }[format];
    for (const channels of [1, 3, 34, 64]) {
      it(`hands out ${channels} channels of ${format} bit for bit`, () => {
        const card = rig.add({
          formats: [format],
          channels: [channels],
          signal: { kind: 'hash', seed: 7 },
          virtual: true,
        });
        const stream = openStream(card);
        expect(stream.info).toMatchObject({
          source: 'alsa',
          channels,
          rateHz: 48000,
          validBits: bits,
          periodFrames: 480,
          bufferFrames: 48000,
          notes: [],
        });
        const block = new Int32Array(480 * channels);
        let frame = 0;
        while (frame < 24_000) {
          const got = stream.read(block, 480, 100);
          if (got.kind !== 'frames') throw new Error(got.kind);
          for (let i = 0; i < got.frames; i++, frame++)
            for (let c = 0; c < channels; c++)
              if (block[i * channels + c] !== hashSample(frame, c, 7, bits))
                throw new Error(`frame ${frame} channel ${c + 1} differs`);
        }
        expect(card.writes()).toBe(0);
      });
    }
  }

  it('watches arrivals: of each it is known within microseconds when it came, and no two of an exact clock contradict each other', () => {
    const card = rig.add({ channels: [2], signal: { kind: 'silence' } });
    const stream = openStream(card);
    const block = new Int32Array(2 * 480);
    // Frame n of an exact card comes n / rate after a beginning that is not known: each arrival says where it lies.
    let after = Number.NEGATIVE_INFINITY;
    let until = Number.POSITIVE_INFINITY;
    let beganNs = 0;
    const widths: number[] = [];
    for (let reads = 0; widths.length < 40 && reads < 1000; reads++) {
      if (stream.read(block, 480, 100).kind !== 'frames' || reads % 4 !== 0) continue;
      const arrival = stream.watchArrival!(3.5e6, 40e3);
      if (arrival === null) continue;
      beganNs ||= arrival.timeNs;
      const ns = arrival.timeNs - beganNs - (arrival.positionFrames / 48_000) * 1e9;
      after = Math.max(after, ns - arrival.widthNs);
      until = Math.min(until, ns);
      widths.push(arrival.widthNs);
      expect(arrival.positionFrames % 48).toBe(0);
    }
    expect(widths).toHaveLength(40);
    // A nanosecond for the sums of floats.
    expect(after).toBeLessThan(until + 1);
    expect(Math.min(...widths)).toBeLessThan(40e3);
  });

  it('watches in vain where nothing comes, loses no frame by it, and leaves an overrun and an unplug to the next read', () => {
    const card = rig.add({ channels: [2], signal: { kind: 'hash', seed: 3 }, virtual: true });
    const stream = openStream(card);
    const block = new Int32Array(2 * 480);
    let frame = 0;
    for (let reads = 0; reads < 20; reads++) {
      const got = stream.read(block, 480, 100);
      if (got.kind !== 'frames') throw new Error(got.kind);
      for (let i = 0; i < got.frames; i++, frame++) expect(block[2 * i]).toBe(hashSample(frame, 0, 3, 32));
      // Virtual time stands still while it is looked at.
      expect(stream.watchArrival!(1e6, 1e4)).toBeNull();
    }
    const real = rig.add({ id: 'Live', channels: [2] });
    real.inject('xrun', 4800);
    const live = openStream(real);
    let arrival: unknown = 1;
    for (let tries = 0; arrival !== null && tries < 500; tries++) arrival = live.watchArrival!(1.5e6, 40e3);
    expect(arrival).toBeNull();
    expect(readOn(live, 48_000).end?.kind).toBe('xrun');
    real.inject('unplug', 'now');
    expect(readOn(live).end?.kind).toBe('gone');
    expect(live.watchArrival!(1.5e6, 40e3)).toBeNull();
    live.close();
    expect(live.watchArrival!(1.5e6, 40e3)).toBeNull();
  });

  it('takes the format with most bits, and the valid bits that the driver tells', () => {
    const card = rig.add({ formats: ['S16_LE', 'S24_3LE', 'S32_LE'], bits: 24, signal: { kind: 'hash', seed: 1 } });
    const stream = openStream(card);
    expect(stream.info.validBits).toBe(24);
    const block = new Int32Array(2 * 480);
    let got = stream.read(block, 480, 100);
    for (let i = 0; i < 20 && got.kind === 'idle'; i++) got = stream.read(block, 480, 100);
    expect(got.kind).toBe('frames');
    expect(block[0]).toBe(hashSample(0, 0, 1, 24));
  });

  it('keeps the present rate of the device, else takes 48 kHz, else what there is', () => {
    const card = rig.add({ ratesHz: [44100, 48000, 96000], channels: [2] });
    expect(openStream(card).info.rateHz).toBe(48000);
    open.pop()!.close();
    rig.runAt(card, 96000);
    expect(openStream(card).info).toMatchObject({ rateHz: 96000, periodFrames: 960 });
    open.pop()!.close();
    expect(openStream(card, { rateHz: 44100 }).info).toMatchObject({ rateHz: 44100, periodFrames: 441 });
    const odd = rig.add({ id: 'Odd', ratesHz: [37000] });
    expect(openStream(odd).info.rateHz).toBe(37000);
    open.pop()!.close();
    const fault = faultOf(odd.pcm, { rateHz: 48000 });
    expect(fault.code).toBe('pcm-no-rate');
    expect(fault.what).toContain('37000');
  });

  it('captures all channels up to 64, or as many as asked, and says when the device has others', () => {
    const card = rig.add({ channels: [8, 18, 20] });
    expect(openStream(card).info).toMatchObject({ channels: 20, notes: [] });
    open.pop()!.close();
    expect(openStream(card, { channels: 18 }).info).toMatchObject({ channels: 18, notes: [] });
    open.pop()!.close();
    expect(openStream(card, { channels: 34 }).info).toMatchObject({
      channels: 20,
      notes: [{ code: 'channels-differ' }],
    });
    const huge = rig.add({ id: 'Huge', channels: [2, 128] });
    expect(openStream(huge).info.channels).toBe(2);
    const all = rig.add({ id: 'All', channels: [128] });
    expect(faultOf(all.pcm).code).toBe('pcm-no-channels');
  });

  it('notes a buffer below 200 ms', () => {
    const card = rig.add({ channels: [34], bufferMaxBytes: 34 * 4 * 4800 });
    const { info } = openStream(card);
    expect(info.bufferFrames).toBe(4800);
    expect(info.notes.map((note) => note.code)).toEqual(['small-buffer']);
    expect(info.notes[0]!.what).toContain('100 ms');
  });

  it('names what stands in the way of opening: no device, no format, no permission to guess', () => {
    const card = rig.add({ formats: ['FLOAT_LE'] });
    expect(faultOf(card.pcm).code).toBe('pcm-no-format');
    expect(faultOf('hw:7,0').code).toBe('device-absent');
    expect(faultOf('no such name').code).toBe('device-absent');
    expect(faultOf('').code).toBe('device-absent');
    card.unplug();
    expect(faultOf(card.pcm).code).toBe('device-absent');
  });

  it('names the program that holds the device', () => {
    const card = rig.add({});
    card.holdBusy(process.pid);
    const fault = faultOf(card.pcm);
    expect(fault.code).toBe('pcm-busy');
    expect(fault.what).toContain(`(pid ${process.pid})`);
    card.holdBusy(null);
    openStream(card);
    // in use by this very stream, and /proc knows nobody
    expect(faultOf(card.pcm).what).toContain('another program');
  });

  it('finds a card by its id as well as by number', () => {
    const card = rig.add({ number: 3, id: 'Scarlett', name: 'Scarlett 18i20', usbId: '1235:8215' });
    expect(openStream(card).info).toMatchObject({ name: 'Scarlett 18i20', usbId: '1235:8215' });
  });

  it('tells an overrun, goes on, and knows how many frames were lost', () => {
    const card = rig.add({ signal: { kind: 'count' }, channels: [1] });
    card.inject('xrun', 4800);
    const stream = openStream(card);
    const { handed, end } = readOn(stream);
    if (end?.kind !== 'xrun') throw new Error(`${end?.kind}`);
    const block = new Int32Array(480);
    let got = stream.read(block, 480, 100);
    for (let i = 0; i < 20 && got.kind === 'idle'; i++) got = stream.read(block, 480, 100);
    if (got.kind !== 'frames') throw new Error(got.kind);
    const trulyLost = (block[0]! >>> 8) - handed;
    // two steps of 1 ms: one at either end
    expect(Math.abs(end.lostFrames! - trulyLost)).toBeLessThanOrEqual(96);
    expect(got.positionFrames).toBeGreaterThanOrEqual(handed + end.lostFrames! + got.frames);
  });

  it('overruns by itself when nobody reads for longer than the buffer, and counts what was lost', () => {
    const card = rig.add({ signal: { kind: 'count' }, channels: [64], bufferMaxBytes: 64 * 4 * 2400 });
    const stream = openStream(card);
    expect(readOn(stream, 480).end).toBeNull();
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 150);
    const { end } = readOn(stream, 48000);
    if (end?.kind !== 'xrun') throw new Error(`${end?.kind}`);
    expect(end.lostFrames).toBeGreaterThan(2400);
    expect(readOn(stream, 960).end).toBeNull();
  });

  it('takes up again after the machine slept, with the loss unknown', () => {
    const card = rig.add({ virtual: true });
    card.inject('suspend', 4800);
    const stream = openStream(card);
    expect(readOn(stream).end).toEqual({ kind: 'xrun', lostFrames: null });
    expect(readOn(stream, 4800)).toMatchObject({ handed: 4800, end: null });
  });

  it('tells an unplugged device at once, and stays gone', () => {
    const card = rig.add({});
    const stream = openStream(card);
    readOn(stream, 960);
    card.unplug();
    const began = performance.now();
    const { end } = readOn(stream);
    expect(end).toMatchObject({ kind: 'gone', fault: { code: 'device-gone' } });
    expect(performance.now() - began).toBeLessThan(1000);
    expect(readOn(stream).end).toMatchObject({ kind: 'gone', fault: { code: 'device-gone' } });
    stream.close();
    stream.close();
    expect(readOn(stream).end?.kind).toBe('gone');
    card.plug(5);
    expect(readOn(openStream(card), 960).handed).toBeGreaterThanOrEqual(960);
  });

  it('answers idle while a device stalls, within the wait', () => {
    const card = rig.add({});
    card.inject('stall', 960);
    const stream = openStream(card);
    const block = new Int32Array(2 * 480);
    let handed = 0;
    for (let got = stream.read(block, 480, 50); got.kind === 'frames'; got = stream.read(block, 480, 50))
      handed += got.frames;
    expect(handed).toBe(960);
    const began = performance.now();
    expect(stream.read(block, 480, 50).kind).toBe('idle');
    const tookMs = performance.now() - began;
    expect(tookMs).toBeGreaterThan(40);
    expect(tookMs).toBeLessThan(1000);
  });

  it('stamps frames by MONOTONIC_RAW: positions never run back, and grow at the rate of the card', () => {
    const card = rig.add({ ppm: 20_000, channels: [2] });
    const stream = openStream(card);
    const block = new Int32Array(2 * 480);
    const points: { timeNs: number; positionFrames: number }[] = [];
    while ((points.at(-1)?.positionFrames ?? 0) < 24_000) {
      const got = stream.read(block, 480, 100);
      // Blocks of one wake-up carry one stamp.
      if (got.kind === 'frames') {
        if (got.timeNs === points.at(-1)?.timeNs) expect(got.positionFrames).toBe(points.at(-1)?.positionFrames);
        else points.push({ timeNs: got.timeNs, positionFrames: got.positionFrames });
      } else if (got.kind !== 'idle') throw new Error(got.kind);
    }
    for (let i = 1; i < points.length; i++) {
      expect(points[i]!.timeNs).toBeGreaterThan(points[i - 1]!.timeNs);
      expect(points[i]!.positionFrames).toBeGreaterThanOrEqual(points[i - 1]!.positionFrames);
    }
    const first = points[5]!;
    const last = points.at(-1)!;
    const rateHz = ((last.positionFrames - first.positionFrames) * 1e9) / (last.timeNs - first.timeNs);
    // 2 % fast; steps of 1 ms in half a second leave 0.4 %
    expect(rateHz / 48000).toBeGreaterThan(1.014);
    expect(rateHz / 48000).toBeLessThan(1.026);
  });

  it('says that the library is missing, where it is', () => {
    const result = loadAlsa('libasound-not-there.so.9');
    expect(result).toMatchObject({ ok: false, fault: { code: 'alsa-library-missing' } });
    if (!result.ok) expect(result.fault.what).not.toContain('\n');
  });
});
