import { connect, type Socket } from 'node:net';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { emptyLevelFrame, NO_SIGNAL } from '../../src/monitor/levels.ts';
import { encodeLevels, LevelMerge, parseChannels } from '../../src/web/levelStream.ts';
import { BACKED_UP_BYTES, EVERYTHING, LiveHub, type LiveSocket, snapshotSerialiser } from '../../src/web/live.ts';
import { tellFaultRow } from '../faults/tell.ts';
import { FakeMonitor } from './support/fakeMonitor.ts';
import { makeWeb, type WebRig } from './support/webRig.ts';

const cleanUps: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

/** A socket that keeps what it is given while `paused`, as a kernel with a full buffer does. */
class TestSocket implements LiveSocket {
  paused = false;
  destroyed = false;
  received: string[] = [];
  #unsent: string[] = [];
  readonly #listeners: Record<string, (() => void)[]> = { drain: [], close: [] };

  get writableLength(): number {
    return this.#unsent.reduce((sum, text) => sum + text.length, 0);
  }
  write(text: string): boolean {
    if (this.paused) this.#unsent.push(text);
    else this.received.push(text);
    return !this.paused;
  }
  resume(): void {
    this.paused = false;
    this.received.push(...this.#unsent.splice(0));
    for (const listener of this.#listeners.drain!) listener();
  }
  end(): void {
    this.destroy();
  }
  destroy(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    for (const listener of this.#listeners.close!) listener();
  }
  on(event: 'drain' | 'close', listener: () => void): void {
    this.#listeners[event]!.push(listener);
  }
  events(name: string): Record<string, never>[] {
    return this.received
      .join('')
      .split('\n\n')
      .filter((event) => event.startsWith(`event: ${name}\n`))
      .map((event) => JSON.parse(event.slice(event.indexOf('data: ') + 6)));
  }
}

function hubOver(monitor: FakeMonitor) {
  let nowMs = 0;
  const hub = new LiveHub({
    view: monitor,
    clock: { nowMs: () => nowMs },
    snapshotJson: snapshotSerialiser(monitor),
    stalledMs: 30_000,
  });
  hub.start();
  cleanUps.push(() => hub.stop());
  return {
    hub,
    advance: (ms: number) => {
      nowMs += ms;
    },
  };
}

describe('a levels event', () => {
  it('carries dB with two decimals and null for no signal', () => {
    const frame = emptyLevelFrame(3);
    frame.peakDbX100.set([-1234, NO_SIGNAL, 0]);
    frame.truePeakDbX100.set([-1201, NO_SIGNAL, 31]);
    frame.rmsDbX100.set([-2400, NO_SIGNAL, -301]);
    frame.clips.set([0, 0, 7]);
    const text = encodeLevels({ ...frame, seq: 5, frame: 4800 }, 3200, null, true);
    expect(text.startsWith('event: levels\ndata: {')).toBe(true);
    expect(JSON.parse(text.slice(text.indexOf('{')))).toEqual({
      seq: 5,
      fromFrame: 3200,
      frame: 4800,
      simulated: true,
      peakDbfs: [-12.34, null, 0],
      truePeakDbtp: [-12.01, null, 0.31],
      rmsDbfs: [-24, null, -3.01],
      clips: [0, 0, 7],
    });
  });

  it('can be cut to some channels', () => {
    const frame = emptyLevelFrame(4);
    frame.peakDbX100.set([-100, -200, -300, -400]);
    const text = encodeLevels(frame, 0, [2, 4, 9], false);
    const data = JSON.parse(text.slice(text.indexOf('{')));
    expect(data.channels).toEqual([2, 4, 9]);
    expect(data.peakDbfs).toEqual([-2, -4, null]);
    expect(data.simulated).toBeUndefined();
  });
});

describe('a list of channels', () => {
  it.each([
    ['1-8,13', [1, 2, 3, 4, 5, 6, 7, 8, 13]],
    ['3, 1, 3', [1, 3]],
    ['64', [64]],
  ])('%j is read', (text, channels) => {
    expect(parseChannels(text)).toEqual(channels);
  });
  it.each(['', '0', '65', '8-1', '1-', '1-99', '1,,2', 'a', '-3'])('%j is refused', (text) => {
    expect(parseChannels(text)).toBeNull();
  });
});

describe('merging', () => {
  it('keeps the largest peak of all frames, the newest clips, and the whole span', () => {
    const level = fc.integer({ min: -12_000, max: 0 });
    const frames = fc.array(
      fc.record({ peaks: fc.array(level, { minLength: 3, maxLength: 3 }), clips: fc.nat(1000) }),
      {
        minLength: 1,
        maxLength: 40,
      },
    );
    fc.assert(
      fc.property(frames, (list) => {
        const merge = new LevelMerge();
        const frame = emptyLevelFrame(3);
        for (const [i, { peaks, clips }] of list.entries()) {
          frame.peakDbX100.set(peaks);
          frame.truePeakDbX100.set(peaks);
          frame.clips.fill(clips);
          merge.add({ ...frame, seq: i, frame: (i + 1) * 100 }, i * 100);
        }
        for (let c = 0; c < 3; c++) {
          expect(merge.peakDbX100[c]).toBe(Math.max(...list.map(({ peaks }) => peaks[c]!)));
          expect(merge.clips[c]).toBe(list.at(-1)!.clips);
        }
        expect([merge.fromFrame, merge.frame, merge.count]).toEqual([0, list.length * 100, list.length]);
      }),
    );
  });
});

describe('the hub', () => {
  it('gives a client in step every frame, one after the other without a gap', () => {
    const monitor = new FakeMonitor();
    const { hub } = hubOver(monitor);
    const socket = new TestSocket();
    hub.add(socket, EVERYTHING);
    for (let i = 0; i < 60; i++) monitor.step();
    const levels = socket.events('levels');
    expect(levels).toHaveLength(60);
    for (const [i, event] of levels.entries()) {
      expect(event.fromFrame).toBe(i * 1600);
      expect(event.frame).toBe((i + 1) * 1600);
    }
  });

  it('listens to levels only while somebody watches', () => {
    const monitor = new FakeMonitor();
    const { hub } = hubOver(monitor);
    const unwatched = monitor.listeners;
    const [one, other] = [new TestSocket(), new TestSocket()];
    hub.add(one, EVERYTHING);
    hub.add(other, EVERYTHING);
    expect(monitor.listeners).toBe(unwatched + 1);
    one.destroy();
    expect(monitor.listeners).toBe(unwatched + 1);
    other.destroy();
    expect(monitor.listeners).toBe(unwatched);
  });

  it('encodes a frame once for all clients in step', () => {
    const monitor = new FakeMonitor();
    const { hub } = hubOver(monitor);
    const sockets = Array.from({ length: 8 }, () => new TestSocket());
    for (const socket of sockets) hub.add(socket, EVERYTHING);
    monitor.emit({ 1: -3 });
    const texts = sockets.map((socket) => socket.received.at(-1)!);
    expect(texts.every((text) => text === texts[0])).toBe(true);
  });

  it('merges for a client that is behind, so that no peak is lost and nothing queues', () => {
    const monitor = new FakeMonitor();
    const { hub } = hubOver(monitor);
    const slow = new TestSocket();
    const quick = new TestSocket();
    hub.add(slow, EVERYTHING);
    hub.add(quick, EVERYTHING);
    slow.paused = true;
    // An hour of frames at 30 a second.
    for (let i = 0; i < 108_000; i++) monitor.emit(i === 50_000 ? { 7: -0.5 } : { 7: -40 });
    expect(slow.writableLength).toBeLessThan(BACKED_UP_BYTES + 4096);
    expect(hub.mergedFrames).toBeGreaterThan(100_000);
    slow.resume();
    const levels = slow.events('levels');
    expect(Math.max(...levels.map((event) => (event.peakDbfs as number[])[6]!))).toBe(-0.5);
    for (let i = 1; i < levels.length; i++) expect(levels[i]!.fromFrame).toBe(levels[i - 1]!.frame);
    expect(levels.at(-1)!.frame).toBe(monitor.levels().frame);
    expect(quick.events('levels')).toHaveLength(108_000);
  });

  it('fault row 25: closes a client that takes nothing for 30 s', async () => {
    const monitor = new FakeMonitor();
    const { hub, advance } = hubOver(monitor);
    const socket = new TestSocket();
    hub.add(socket, EVERYTHING);
    socket.paused = true;
    for (let i = 0; i < 200; i++) monitor.emit({ 1: -3 });
    advance(30_001);
    await expect.poll(() => socket.destroyed).toBe(true);
    expect(hub.clients).toBe(0);
    expect(hub.stalledClosed).toBe(1);
  });

  it('sends at most two snapshots a second, the newest', () => {
    const monitor = new FakeMonitor();
    const { hub, advance } = hubOver(monitor);
    const socket = new TestSocket();
    hub.add(socket, EVERYTHING);
    for (let i = 0; i < 40; i++) {
      monitor.publish();
      advance(100);
    }
    const snapshots = socket.events('snapshot');
    expect(snapshots.length).toBeGreaterThanOrEqual(7);
    expect(snapshots.length).toBeLessThanOrEqual(9);
  });

  it('sends slower to one who asks for it, still without losing a peak', () => {
    const monitor = new FakeMonitor();
    const { hub, advance } = hubOver(monitor);
    const socket = new TestSocket();
    hub.add(socket, { ...EVERYTHING, ratePerS: 2, channels: [5] });
    for (let i = 0; i < 300; i++) {
      monitor.emit({ 5: i % 15 === 7 ? -1 : -50 });
      advance(1000 / 30);
    }
    const levels = socket.events('levels');
    expect(levels.length).toBeGreaterThanOrEqual(18);
    expect(levels.length).toBeLessThanOrEqual(21);
    for (const event of levels.slice(1)) expect(event.peakDbfs).toEqual([-1]);
    for (let i = 1; i < levels.length; i++) expect(levels[i]!.fromFrame).toBe(levels[i - 1]!.frame);
  });

  it('beats when there is nothing else to say', async () => {
    const { hub, advance } = hubOver(new FakeMonitor());
    const socket = new TestSocket();
    hub.add(socket, EVERYTHING);
    advance(600);
    await expect.poll(() => socket.events('beat').length).toBeGreaterThan(0);
  });
});

async function started(): Promise<WebRig & { port: number }> {
  const rig = makeWeb();
  cleanUps.push(() => rig.web.stop());
  const answer = await rig.web.start();
  if (!answer.ok) throw new Error(answer.fault.what);
  return { ...rig, port: answer.value.port };
}

function liveSocket(port: number, path = '/api/live'): Promise<{ socket: Socket; head: string; text: () => string }> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    cleanUps.push(() => {
      socket.destroy();
    });
    let text = '';
    socket.setEncoding('utf8');
    socket.on('error', reject);
    socket.on('data', (chunk: string) => {
      const first = text === '';
      text += chunk;
      if (first) resolve({ socket, head: text, text: () => text });
    });
    socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
  });
}

describe('over a real socket', () => {
  it('the stream is an event stream with a snapshot first and levels after', async () => {
    const { port, monitor } = await started();
    const { head, text } = await liveSocket(port);
    expect(head).toContain('200 OK');
    expect(head.toLowerCase()).toContain('content-type: text/event-stream');
    expect(head.toLowerCase()).toContain('x-lightkeeper-simulated: true');
    monitor.step();
    await expect.poll(() => text().includes('event: levels')).toBe(true);
    expect(text().indexOf('event: snapshot')).toBeLessThan(text().indexOf('event: levels'));
  });

  it('fault row 26: 16 streams are served, the next hears 503, and a place is free again when one leaves', async () => {
    const { port, web } = await started();
    const streams = await Promise.all(Array.from({ length: 16 }, () => liveSocket(port)));
    expect(web.live.clients).toBe(16);
    const extra = await Promise.all(Array.from({ length: 16 }, () => liveSocket(port)));
    for (const { head } of extra) {
      expect(head).toContain('503');
      expect(head).toContain('web-live-full');
    }
    streams[0]!.socket.destroy();
    await expect.poll(() => web.live.clients).toBe(15);
    expect((await liveSocket(port)).head).toContain('200 OK');
  });

  it('fault row 25: a client stalled for an hour of frames holds under 1 MB, and others are not held up', async () => {
    const { port, monitor, web } = await started();
    const { socket } = await liveSocket(port);
    const other = await liveSocket(port);
    socket.pause();
    let mostBytes = 0;
    for (let round = 0; round < 360; round++) {
      for (let i = 0; i < 300; i++) monitor.emit({ 1: -20, 2: -30 });
      await new Promise((resolve) => setImmediate(resolve));
      mostBytes = Math.max(mostBytes, web.live.heldBytes);
    }
    expect(web.live.mergedFrames).toBeGreaterThan(0);
    expect(mostBytes).toBeGreaterThan(0);
    expect(mostBytes).toBeLessThan(1_000_000);
    tellFaultRow({ row: 25, did: '108000 frames to a stalled client', saw: `at most ${mostBytes} bytes held` });
    const before = other.text().length;
    monitor.emit({ 1: -1 });
    await expect.poll(() => other.text().length).toBeGreaterThan(before);
    expect(web.live.clients).toBe(2);
  });

  it.each(['channels=0-3', 'channels=x', 'rate=0', 'rate=31', 'events=all', 'other=1'])(
    'a filter that is no filter is refused: %s',
    async (query) => {
      const { web } = makeWeb();
      cleanUps.push(() => web.stop());
      const answer = await web.app.inject({ url: `/api/live?${query}`, headers: { host: 'localhost' } });
      expect(answer.statusCode).toBe(400);
    },
  );
});

describe('connections', () => {
  it('fault row 27: 200 sockets that send nothing push out each other, not the others', async () => {
    const { port } = await started();
    const idle = Array.from({ length: 200 }, () => connect(port, '127.0.0.1'));
    for (const socket of idle) {
      socket.on('error', () => {});
      cleanUps.push(() => {
        socket.destroy();
      });
      socket.write('GET /api/status HTTP/1.1\r\nHos');
    }
    const times: number[] = [];
    for (let i = 0; i < 50; i++) {
      const before = performance.now();
      const answer = await fetch(`http://127.0.0.1:${port}/api/health`);
      expect(answer.status).toBe(200);
      await answer.arrayBuffer();
      times.push(performance.now() - before);
    }
    times.sort((a, b) => a - b);
    // The target is 200 ms; five times that, so that a busy machine is no fault.
    expect(times[49]!).toBeLessThan(1000);
    tellFaultRow({
      row: 27,
      did: '200 sockets that send half a request',
      saw: `others were answered, ${times.length} of ${times.length}`,
      // Of 50, the slowest.
      p99Ms: times[49]!,
    });
    // The server closed them as it took the next; that this process hears of it takes its turn on a busy machine.
    await expect
      .poll(() => idle.filter((socket) => !socket.destroyed && socket.readable).length, { timeout: 10_000 })
      .toBeLessThanOrEqual(64);
  });
});
