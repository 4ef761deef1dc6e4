import { describe, expect, it } from 'vitest';
import type { CaptureSource, CaptureStream, StreamInfo } from '../../src/device/ports.ts';
import { loadScenario, type Scenario } from '../../src/device/sim/scenario.ts';
import { simSource } from '../../src/device/sim/simSource.ts';
import { loadKernels } from '../../src/dsp/kernelFile.ts';
import { createWasmLoudness } from '../../src/dsp/loudnessWasm.ts';
import { createWasmMeter } from '../../src/dsp/meterWasm.ts';
import { createWasmSlipKernel } from '../../src/dsp/slip/slipWasm.ts';
import { bad } from '../../src/fault.ts';
import { CaptureLoop } from '../../src/monitor/captureLoop.ts';
import type { CaptureEvent, CaptureState, FromCapture, ToCapture } from '../../src/monitor/captureMessages.ts';
import { createBoardMemory, LevelBoardReader, LevelBoardWriter } from '../../src/monitor/levelBoard.ts';

const kernels = loadKernels();

function shipped(name: string): Scenario {
  const loaded = loadScenario(name);
  if (!loaded.ok) throw new Error(loaded.fault.what);
  return loaded.value;
}

/** A loop on a scenario in virtual time, with its banks told as the monitor would. */
function rig(scenario: Scenario, retry = true, source?: CaptureSource) {
  let nowMs = 0;
  const memory = createBoardMemory();
  const commands: ToCapture[] = [];
  const messages: FromCapture[] = [];
  const loop = new CaptureLoop({
    source:
      source ??
      simSource(scenario, {
        seed: 1,
        fast: true,
        nowNs: () => nowMs * 1e6,
        sleepMs: (ms) => {
          nowMs += ms;
        },
      }),
    board: new LevelBoardWriter(memory),
    createMeter: (options) => createWasmMeter(kernels, options),
    createLoudnessKernel: (options) => createWasmLoudness(kernels, options),
    createSlipKernel: (options) => createWasmSlipKernel(kernels, options),
    post: (message) => {
      messages.push(message);
      if (message.kind !== 'stream') return;
      commands.push({
        kind: 'banks',
        banks: scenario.banks.map((bank) => ({
          id: bank.id,
          columns: Array.from({ length: bank.last - bank.first + 1 }, (_, i) => bank.first - 1 + i),
        })),
      });
    },
    takeCommand: () => commands.shift(),
    sleepMs: (ms) => {
      nowMs += ms;
    },
    nowMs: () => nowMs,
    clipRun: 3,
    movement: 'peak',
    holdMs: 1000,
    retry,
  });
  return {
    loop,
    commands,
    reader: new LevelBoardReader(memory),
    turns: (count: number) => {
      for (let i = 0; i < count && !loop.stopped; i++) {
        loop.turn();
        nowMs += 10;
      }
    },
    events: () => messages.flatMap((m): readonly CaptureEvent[] => (m.kind === 'events' ? m.events : [])),
    rates: () => messages.filter((m) => m.kind === 'rate'),
    exact: () =>
      messages
        .flatMap((m) => (m.kind === 'slips' ? m.evidence : []))
        .flatMap((e) => (e.kind === 'exact' ? [e.event] : [])),
    states: () => messages.flatMap((m): CaptureState[] => (m.kind === 'state' ? [m.state] : [])),
  };
}

/** The simulator's stream of a scenario, with some of its ways changed. */
function changedSource(scenario: Scenario, change: (stream: CaptureStream) => Partial<CaptureStream>): CaptureSource {
  const inner = simSource(scenario, { seed: 1, fast: true, nowNs: () => 0, sleepMs: () => {} });
  return {
    open: () => {
      const opened = inner.open();
      if (!opened.ok) return opened;
      const stream = opened.value;
      const same: CaptureStream = {
        info: stream.info,
        read: (block, maxFrames, waitMs) => stream.read(block, maxFrames, waitMs),
        close: () => stream.close(),
      };
      return { ok: true, value: { ...same, ...change(stream) } };
    },
  };
}

const alsaInfo = (channels: number): StreamInfo => ({
  source: 'alsa',
  name: 'a card',
  rateHz: 48_000,
  channels,
  validBits: 24,
  periodFrames: 480,
  bufferFrames: 48_000,
  usbId: null,
  channelNames: [],
  notes: [],
});

describe('the capture loop', () => {
  it("finds the demo scenario's clip and slip at the script's frames, and nothing else in its first 10 s", () => {
    const { turns, events, exact } = rig(shipped('session'));
    turns(1001);
    const found = events();
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ kind: 'clip', channel: 5 });
    expect(Math.abs((found[0] as { frame: number }).frame - 144_000)).toBeLessThanOrEqual(2);
    // Bank 3 of the scenario is ADAT A.
    expect(exact()).toMatchObject([{ kind: 'repeat', bank: 3, frames: 1, everyBank: false }]);
    expect(Math.abs((exact()[0]?.frame ?? 0) - 288_000)).toBeLessThanOrEqual(2);
  });

  it.each([
    ['a period at a time', (_read: number) => 480],
    ['in odd pieces', (read: number) => (read % 7 === 3 ? 101 : 480)],
  ])('finds the same at the same frames where a device is read %s and a block is gathered', (_name, size) => {
    const whole = rig(shipped('session'));
    whole.turns(1001);
    let reads = 0;
    let commanded = 0;
    const source = changedSource(shipped('session'), (stream) => ({
      read: (block, maxFrames, waitMs) => {
        // A command between two periods of a block: new meters, none of whose frames may be lost.
        if (++reads % 50 === 1 && reads > 600) {
          pieces.commands.push({ kind: 'clipRun', clipRun: 3 + (++commanded % 2) });
        }
        return stream.read(block, Math.min(maxFrames, size(reads)), waitMs);
      },
      wakeEvery() {},
    }));
    const pieces = rig(shipped('session'), true, source);
    pieces.turns(1200);
    expect(commanded).toBeGreaterThan(5);
    expect(pieces.events()).toEqual(whole.events());
    // How unlikely chance would be is told from the blocks before, whose lengths differ.
    const place = (found: ReturnType<typeof whole.exact>) => found.map(({ confidenceBits: _, ...event }) => event);
    expect(place(pieces.exact())).toEqual(place(whole.exact()));
    expect(pieces.exact()[0]!.confidenceBits).toBeGreaterThan(whole.exact()[0]!.confidenceBits - 5);
    expect(pieces.reader.take()!.frame).toBeGreaterThan(480_000);
  });

  it('wakes each 80 ms while nobody looks, and each 40 ms at once when somebody does', () => {
    const waits: number[] = [];
    const source = changedSource(shipped('clean'), (stream) => ({
      read: (block, maxFrames, waitMs) => stream.read(block, Math.min(maxFrames, 480), waitMs),
      wakeEvery: (periods) => waits.push(periods),
    }));
    const { turns, commands } = rig(shipped('clean'), true, source);
    turns(1200);
    expect(waits).toEqual([4]);
    commands.push({ kind: 'seen', seen: false });
    turns(101);
    expect(waits).toEqual([4, 8]);
    turns(300);
    commands.push({ kind: 'seen', seen: true });
    turns(1);
    expect(waits).toEqual([4, 8, 4]);
  });

  it('watches for four arrivals a second, then for one, behind the work of a wake-up, wakes seldom as soon as some were seen, and gives up where none comes', () => {
    const watchedAt = (sees: (watched: number) => boolean, seen = true) => {
      const at: number[] = [];
      const wakes: { readonly atS: number; readonly periods: number }[] = [];
      let waiting = 0;
      let now = { timeNs: 0, positionFrames: 0 };
      const source = changedSource(shipped('clean'), (stream) => ({
        read: (block, maxFrames, waitMs) => {
          const read = stream.read(block, Math.min(maxFrames, 480), waitMs);
          if (read.kind !== 'frames') return read;
          // Each fourth read leaves a period behind.
          waiting = (waiting + 1) % 4;
          now = { timeNs: read.timeNs, positionFrames: read.positionFrames };
          return { ...read, waitingFrames: waiting === 0 ? 480 : 0 };
        },
        wakeEvery: (periods) => wakes.push({ atS: now.timeNs / 1e9, periods }),
        watchArrival: (longestNs) => {
          expect(waiting).not.toBe(0);
          expect(longestNs).toBeLessThanOrEqual(4e6);
          at.push(now.positionFrames / 48_000);
          return sees(at.length)
            ? { timeNs: now.timeNs + 1e6, positionFrames: now.positionFrames + 48, widthNs: 5000, narrow: true }
            : null;
        },
      }));
      const { turns, commands } = rig(shipped('clean'), true, source);
      if (!seen) commands.push({ kind: 'seen', seen });
      turns(3000);
      return { at, wakes };
    };
    const inSecond = (at: readonly number[], s: number) => at.filter((atS) => Math.floor(atS - 0.12) === s).length;
    const each = watchedAt(() => true);
    for (let s = 1; s < 10; s++) expect(inSecond(each.at, s)).toBe(4);
    for (let s = 12; s < 29; s++) expect(inSecond(each.at, s)).toBe(1);
    expect(each.wakes).toHaveLength(1);
    expect(each.wakes[0]!.periods).toBe(4);
    expect(each.wakes[0]!.atS - each.at[0]!).toBeLessThan(5);
    // Nobody looks, and stamps are no wake-ups: it may sleep long.
    const unseen = watchedAt(() => true, false);
    expect(unseen.wakes.map(({ periods }) => periods)).toEqual([24]);
    // Another program had the core at each second try.
    const second = watchedAt((watched) => watched % 2 === 0);
    for (let s = 2; s < 10; s++) expect(inSecond(second.at, s)).toBe(6);
    for (let s = 13; s < 29; s++) expect(inSecond(second.at, s)).toBeLessThanOrEqual(2);
    const never = watchedAt(() => false);
    expect(never.at.length).toBe(30);
    expect(never.at.at(-1)).toBeLessThan(6);
    expect(never.wakes[0]!.atS - never.at[0]!).toBeGreaterThan(9);
  });

  it.each([0, 1, 2, 3, 4, 5])(
    'tells the levels of each wake-up while nobody looks, where %i periods more than it waited for stand in the buffer each time',
    (left) => {
      const channels = 34;
      const info = alsaInfo(channels);
      const WAKE_PERIODS = 24;
      let position = 0;
      let avail = left * 480;
      let wakes = 0;
      const read: CaptureStream['read'] = (block, maxFrames) => {
        if (avail < 480) {
          avail += WAKE_PERIODS * 480;
          wakes++;
        }
        const frames = Math.min(avail, maxFrames);
        avail -= frames;
        block.fill(1 << 20, 0, frames * channels);
        position += frames;
        return {
          kind: 'frames',
          frames,
          timeNs: (position / 48_000) * 1e9,
          positionFrames: position,
          waitingFrames: avail,
        };
      };
      const source: CaptureSource = {
        open: () => ({ ok: true, value: { info, read, wakeEvery() {}, close() {} } }),
      };
      const { loop, commands, reader } = rig(shipped('clean'), true, source);
      loop.turn();
      commands.push({ kind: 'seen', seen: false });
      for (let told = 0; told < 20; told++) {
        const before = wakes;
        while (wakes === before) loop.turn();
        const frame = reader.take();
        // All that was read but what stands behind the last whole block, which is four periods of 34 channels.
        expect(frame?.frame ?? 0).toBeGreaterThan(told === 0 ? -1 : position - 2 * 4 * 480);
      }
    },
  );

  it('tells levels each quarter of a second of sound while nobody looks, though capture is behind all the time', () => {
    let position = 0;
    const read: CaptureStream['read'] = (block, maxFrames) => {
      block.fill(1 << 20, 0, maxFrames * 34);
      position += maxFrames;
      const timeNs = (position / 48_000) * 1e9;
      return { kind: 'frames', frames: maxFrames, timeNs, positionFrames: position, waitingFrames: 40_000 };
    };
    const source: CaptureSource = { open: () => ({ ok: true, value: { info: alsaInfo(34), read, close() {} } }) };
    const { loop, commands, reader } = rig(shipped('clean'), true, source);
    loop.turn();
    commands.push({ kind: 'seen', seen: false });
    let told = 0;
    for (let turn = 0; turn < 200; turn++) {
      loop.turn();
      told = reader.take()?.frame ?? told;
      expect(position - told).toBeLessThan(12_000 + 2 * 1920);
    }
  });

  it('says nothing on a clean band for half a minute', () => {
    const { turns, events, exact } = rig(shipped('clean'));
    turns(3000);
    expect(events()).toEqual([]);
    expect(exact()).toEqual([]);
  });

  it('levels come out right: a tone of known level, digital zero, and a noise floor', () => {
    const scenario: Scenario = {
      ...shipped('clean'),
      banks: [{ id: 'a', name: 'A', kind: 'group', first: 1, last: 3 }],
      channels: [
        { index: 1, name: 'tone', hears: { tone: -20 }, noiseDbfs: -110 },
        { index: 2, name: 'zero', hears: {}, noiseDbfs: null },
        { index: 3, name: 'floor', hears: {}, noiseDbfs: -96 },
      ],
    };
    const { turns, reader } = rig(scenario);
    turns(400);
    const frame = reader.take();
    expect(frame?.silence).toEqual(['none', 'digitalZero', 'noiseFloor']);
    expect(Math.abs(frame!.meterDbX100[0]! - -2000)).toBeLessThanOrEqual(2);
    expect(Math.abs(frame!.rmsDbX100[0]! - -2301)).toBeLessThanOrEqual(2);
    expect(frame!.rmsDbX100[1]).toBe(-0x8000_0000);
    expect(Math.abs(frame!.rmsDbX100[2]! - -9600)).toBeLessThanOrEqual(50);
  });

  it('lives through an xrun and an unplug, and comes back by itself', () => {
    const { turns, events, states, reader } = rig(shipped('unplug'));
    turns(1200);
    expect(events().filter((event) => event.kind === 'xrun')).toHaveLength(1);
    const kinds = states().map((state) => state.kind);
    expect(kinds.filter((kind, i) => kind !== kinds[i - 1])).toEqual(['running', 'absent', 'running']);
    const frame = reader.take();
    expect(frame!.frame).toBeGreaterThan(0);
    expect(frame!.xruns).toBe(0);
  });

  it('gives up at once when the source of a single run is not there, and a service goes on trying', () => {
    const nothing: CaptureSource = { open: () => bad('device-absent', 'It is not here.', 'Plug it in.') };
    const once = rig(shipped('clean'), false, nothing);
    once.turns(20);
    expect(once.loop.stopped).toBe(true);
    expect(once.states()).toMatchObject([{ kind: 'absent' }]);
    const service = rig(shipped('clean'), true, nothing);
    service.turns(2000);
    expect(service.loop.stopped).toBe(false);
    // The same fault is told once, however often it comes.
    expect(service.states()).toMatchObject([{ kind: 'absent' }]);
  });

  it('takes a source of a single run up again, once it has run', () => {
    const { turns, loop, states } = rig(shipped('unplug'), false);
    turns(1500);
    expect(loop.stopped).toBe(false);
    expect(states().at(-1)).toEqual({ kind: 'running' });
  });

  it('lets the interface go on release and takes it up again on take', () => {
    const { turns, commands, states, loop } = rig(shipped('clean'));
    turns(5);
    commands.push({ kind: 'release' });
    turns(5);
    commands.push({ kind: 'take' });
    turns(5);
    expect(states().map((state) => state.kind)).toEqual(['running', 'released', 'opening', 'running']);
    commands.push({ kind: 'stop' });
    turns(2);
    expect(loop.stopped).toBe(true);
  });

  it('clears clip counts and true-peak maxima, of one channel or of all', () => {
    const scenario: Scenario = {
      ...shipped('clean'),
      events: [
        { kind: 'clip', atFrame: 1000, channel: 1, samples: 5 },
        { kind: 'clip', atFrame: 1000, channel: 2, samples: 5 },
      ],
    };
    const { turns, commands, reader } = rig(scenario);
    turns(10);
    expect([...reader.take()!.clips.subarray(0, 2)]).toEqual([1, 1]);
    commands.push({ kind: 'clear', channels: [2] });
    turns(2);
    expect([...reader.take()!.clips.subarray(0, 2)]).toEqual([1, 0]);
    commands.push({ kind: 'clear', channels: null });
    turns(2);
    const frame = reader.take()!;
    expect([...frame.clips.subarray(0, 2)]).toEqual([0, 0]);
    expect(frame.truePeakMaxDbX100[0]!).toBeLessThan(-100);
  });

  it('tells how fast the interface runs, from the stamps of its frames, and begins anew after an overrun', () => {
    const ppm = 50;
    let position = 0;
    let overrun = false;
    const source: CaptureSource = {
      open: () => ({
        ok: true,
        value: {
          info: alsaInfo(2),
          read: () => {
            if (overrun) {
              overrun = false;
              return { kind: 'xrun', lostFrames: 48_000 };
            }
            position += 480;
            const timeNs = 1e9 + (position / 48_000 / (1 + ppm * 1e-6)) * 1e9;
            return { kind: 'frames', frames: 480, timeNs, positionFrames: position };
          },
          close: () => {},
        },
      }),
    };
    const { turns, rates } = rig(shipped('clean'), true, source);
    turns(300);
    expect(rates()).toHaveLength(0); // three seconds of stamps are no evidence yet
    turns(1000);
    const told = rates();
    expect(told.length).toBeGreaterThanOrEqual(8);
    expect(told.length).toBeLessThanOrEqual(11);
    expect(told.at(-1)!.ppm).toBeCloseTo(ppm, 0);
    expect(told.at(-1)!.uncertaintyPpm).toBeGreaterThan(0);
    overrun = true;
    turns(250);
    expect(rates().length - told.length).toBeLessThanOrEqual(1);
  });

  it('an interface whose clock changes by 5 ppm is told once, at its frame, with the rates before and after', () => {
    const channels = 2;
    const periodFrames = 480;
    const changedS = 60;
    let timeNs = 1e12;
    let position = 0;
    const source: CaptureSource = {
      open: () => ({
        ok: true,
        value: {
          info: {
            source: 'alsa',
            name: 'Interface',
            rateHz: 48_000,
            channels,
            validBits: 24,
            periodFrames,
            bufferFrames: 48_000,
            usbId: null,
            channelNames: [],
            notes: [],
          },
          read(block) {
            block.fill(0, 0, periodFrames * channels);
            const ppm = position < changedS * 48_000 ? 7 : 12;
            timeNs += (periodFrames / (48_000 * (1 + ppm * 1e-6))) * 1e9;
            position += periodFrames;
            return { kind: 'frames', frames: periodFrames, timeNs: Math.round(timeNs), positionFrames: position };
          },
          close() {},
        },
      }),
    };
    const { turns, events, rates } = rig(shipped('clean'), true, source);
    turns(8000);
    const found = events();
    expect(found).toMatchObject([{ kind: 'clockChange' }]);
    const [change] = found;
    if (change?.kind !== 'clockChange') throw new Error('no change');
    expect(Math.abs(change.frame - changedS * 48_000)).toBeLessThan(2 * 48_000);
    expect(change.beforePpm).toBeCloseTo(7, 1);
    expect(change.afterPpm).toBeCloseTo(12, 1);
    expect(rates().at(-1)).toMatchObject({ ppm: expect.closeTo(12, 1) });
  });
});
