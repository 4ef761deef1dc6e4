import { Value } from 'typebox/value';
import { describe, expect, it } from 'vitest';
import { defaultConfig } from '../../src/config/defaults.ts';
import type { StreamInfo } from '../../src/device/ports.ts';
import { parsePatchSheet } from '../../src/guide/patchSheet.ts';
import type { FromCapture, ToCapture } from '../../src/monitor/captureMessages.ts';
import { createBoardMemory, LevelBoardReader, LevelBoardWriter } from '../../src/monitor/levelBoard.ts';
import { NO_SIGNAL } from '../../src/monitor/levels.ts';
import { Monitor } from '../../src/monitor/monitor.ts';
import { Snapshot } from '../../src/monitor/snapshot.ts';

const info: StreamInfo = {
  source: 'alsa',
  name: 'Scarlett 18i20',
  rateHz: 48000,
  channels: 20,
  validBits: 24,
  periodFrames: 480,
  bufferFrames: 48000,
  usbId: null,
  ports: [
    { id: 'analogue', name: 'Analogue', kind: 'analogue', first: 1, last: 12, box: null },
    { id: 'adat-a', name: 'ADAT A', kind: 'adat', first: 13, last: 20, box: 'OctoPre' },
  ],
  channelNames: ['Kick'],
  notes: [],
};

function rig() {
  let nowMs = 0;
  const memory = createBoardMemory();
  const told: ToCapture[] = [];
  const monitor = new Monitor({
    config: defaultConfig(),
    version: '1.2.3',
    simulated: false,
    sourceName: 'hw:1,0',
    board: new LevelBoardReader(memory),
    tell: (command) => told.push(command),
    interfaceMap: () => null,
    uptimeMs: () => nowMs,
  });
  const writer = new LevelBoardWriter(memory);
  const column = () => new Int32Array(20).fill(NO_SIGNAL);
  // With the digital meter the bars show the peak meter.
  const meter = column();
  const levels = {
    peakDbX100: column(),
    truePeakDbX100: column(),
    rmsDbX100: column(),
    meterDbX100: meter,
    peakMeterDbX100: meter,
    holdDbX100: column(),
    clips: new Int32Array(20),
    truePeakMaxDbX100: column(),
    silence: new Uint8Array(20).fill(1),
  };
  return {
    monitor,
    told,
    levels,
    /** As the capture worker does once a turn. */
    turned: () => writer.turned(),
    publish: (frames: number) => writer.publish(20, levels, frames, 0, 0),
    /** Time goes by, with somebody who looks. */
    elapse: (ms: number) => {
      nowMs += ms;
      monitor.looked();
      monitor.turn();
    },
    elapseUnseen: (ms: number) => {
      nowMs += ms;
      monitor.turn();
    },
  };
}

describe('the monitor', () => {
  it('arms what is named, tells the worker which groups to measure, and shows the chosen meter on its own scale', () => {
    const { monitor, told, levels, publish, elapse } = rig();
    monitor.onMessage({ kind: 'stream', info });
    monitor.onMessage({ kind: 'state', state: { kind: 'running' } });
    const config = monitor.snapshot();
    expect(config.meter).toMatchObject({ ballistic: 'digital', unit: 'dBFS', fullScaleIs: 0 });
    monitor.reconfigure({
      ...defaultConfig(),
      channels: [{ index: 7, name: 'Bass' }],
      loudness: [{ name: 'Mix', channels: [3, 4] }],
      meter: { ...defaultConfig().meter, ballistic: 'ppmEbu', unit: 'dBu', fullScaleDbu: 18 },
    });
    expect(told).toContainEqual({ kind: 'loudness', groups: [[2, 3]] });
    expect(told).toContainEqual({ kind: 'movement', movement: 'ppmII' });
    levels.meterDbX100.fill(-1800);
    publish(480);
    elapse(500);
    const { channels, meter, loudness } = monitor.snapshot();
    expect(channels.filter(({ armed }) => armed).map(({ index }) => index)).toEqual([7]);
    expect(channels[6]).toMatchObject({ name: 'Bass', meterDb: 0, dead: false });
    expect(meter).toMatchObject({ ballistic: 'ppmEbu', zeroAtDbfs: -18, unit: 'dBu', fullScaleIs: 18 });
    expect(loudness).toMatchObject([{ name: 'Mix', channels: [3, 4], integratedLufs: null }]);
  });

  it('makes a snapshot twice a second while somebody looks, and each other second while nobody does', () => {
    const { monitor, elapse, elapseUnseen } = rig();
    const made = (turn: (ms: number) => void) => {
      const before = monitor.snapshot().seq;
      for (let i = 0; i < 40; i++) turn(250);
      return monitor.snapshot().seq - before;
    };
    expect(made(elapse)).toBe(20);
    for (let i = 0; i < 12; i++) elapseUnseen(250);
    expect(made(elapseUnseen)).toBe(5);
    // Who listens to levels looks.
    const end = monitor.onLevels(() => {});
    expect(made(elapseUnseen)).toBe(20);
    end();
  });

  it('tells the worker when somebody begins to look, and when nobody does any more', () => {
    const { monitor, told, elapseUnseen } = rig();
    const seen = () => told.flatMap((command) => (command.kind === 'seen' ? [command.seen] : []));
    monitor.start();
    try {
      expect(seen()).toEqual([false]);
      const end = monitor.onLevels(() => {});
      expect(seen()).toEqual([false, true]);
      monitor.onLevels(() => {})();
      expect(seen()).toEqual([false, true]);
      end();
      expect(seen()).toEqual([false, true, false]);
      monitor.looked();
      expect(seen()).toEqual([false, true, false, true]);
      elapseUnseen(2900);
      expect(seen()).toEqual([false, true, false, true]);
      elapseUnseen(200);
      expect(seen()).toEqual([false, true, false, true, false]);
    } finally {
      monitor.stop();
    }
  });

  it('tells an alarm half a second after its cause, though nobody looks, and what a trial shows in its time', () => {
    const { monitor, elapse, elapseUnseen, publish, turned } = rig();
    monitor.onMessage({ kind: 'stream', info });
    monitor.onMessage({ kind: 'state', state: { kind: 'running' } });
    elapse(500);
    for (let i = 0; i < 8; i++) elapseUnseen(500);
    const slip = (frame: number): FromCapture => ({
      kind: 'slips',
      frame: frame + 480,
      evidence: [
        {
          kind: 'exact',
          event: { bank: 1, frame, kind: 'repeat', frames: 1, everyBank: false, confidenceBits: 60 },
        },
      ],
      digitalZero: [false, false],
    });
    let frames = 0;
    const until = (message: FromCapture | null, told: () => boolean) => {
      if (message !== null) monitor.onMessage(message);
      for (let ms = 0; ms <= 5000; ms += 100) {
        frames += 4800;
        publish(frames);
        turned();
        if (told()) return ms;
        elapseUnseen(100);
      }
      throw new Error('not told');
    };
    const slips = () => monitor.snapshot().banks.find(({ id }) => id === 'adat-a')?.slips;
    // Wherever in the two seconds it comes.
    for (let i = 1; i <= 7; i++) {
      expect(
        until(slip(i * 24_000), () => slips() === i),
        `slip ${i}`,
      ).toBeLessThanOrEqual(500);
      for (let k = 0; k < i * 3; k++) elapseUnseen(100);
    }
    expect(until(null, () => slips() === 7)).toBe(0);
    const before = monitor.snapshot().seq;
    for (let i = 0; i < 30; i++) elapseUnseen(100);
    const trial = { bank: 1, frame: 300_000, nats: 40, others: 30, voices: 3 };
    monitor.onMessage({
      kind: 'slips',
      frame: 300_480,
      evidence: [{ kind: 'trial', event: trial }],
      digitalZero: [false, false],
    });
    for (let i = 0; i < 30; i++) elapseUnseen(100);
    expect(monitor.snapshot().seq - before).toBeLessThanOrEqual(4);
  });

  it('gives levels of each second to who keeps them, though nobody looks', () => {
    const { monitor, elapseUnseen, publish, turned } = rig();
    monitor.onMessage({ kind: 'stream', info });
    monitor.onMessage({ kind: 'state', state: { kind: 'running' } });
    let taken = 0;
    monitor.onLevelsTaken(() => taken++);
    for (let i = 1; i <= 20; i++) {
      publish(i * 24_000);
      turned();
      elapseUnseen(500);
    }
    expect(taken).toBeGreaterThanOrEqual(10);
    expect(taken).toBeLessThanOrEqual(11);
  });

  it('keeps an acknowledged finding listed and quiet, and refuses one that does not stand', () => {
    const { monitor, elapse } = rig();
    monitor.onPower({ underVoltage: true, throttled: null });
    elapse(500);
    expect(monitor.snapshot().findings).toMatchObject([{ code: 'power-low', acknowledged: false }]);
    expect(monitor.acknowledge('no-such-code', null)).toMatchObject({ ok: false });
    expect(monitor.acknowledge('power-low', 'This box').ok).toBe(true);
    // With the very next turn.
    elapse(1);
    expect(monitor.snapshot().findings).toMatchObject([{ code: 'power-low', acknowledged: true }]);
    expect(monitor.snapshot().power).toEqual({ underVoltage: true, throttled: null });
    expect(Value.Check(Snapshot, monitor.snapshot())).toBe(true);
  });

  it("says when the interface does not run at the session's rate, by the sheet before the configuration", () => {
    const { monitor, elapse } = rig();
    monitor.onMessage({ kind: 'stream', info });
    monitor.onMessage({ kind: 'state', state: { kind: 'running' } });
    const told = (rateHz: number | null, sheetHz?: 48000 | 96000) => {
      const config = defaultConfig();
      config.capture.rateHz = rateHz;
      const sheet = parsePatchSheet({ rateHz: sheetHz });
      if (sheetHz !== undefined && sheet.ok) config.patch = sheet.value;
      monitor.reconfigure(config);
      elapse(500);
      const { findings, capture } = monitor.snapshot();
      return [capture.sessionRateHz, findings.some(({ code }) => code === 'rate-not-session')];
    };
    expect(told(null)).toEqual([null, false]);
    expect(told(48_000)).toEqual([48_000, false]);
    expect(told(44_100)).toEqual([44_100, true]);
    expect(told(44_100, 48_000)).toEqual([48_000, false]);
    expect(told(null, 96_000)).toEqual([96_000, true]);
  });

  it('gives a snapshot that fits its schema, before a stream and with one', () => {
    const { monitor, elapse, publish } = rig();
    expect(Value.Check(Snapshot, monitor.snapshot())).toBe(true);
    monitor.onMessage({ kind: 'stream', info });
    monitor.onMessage({ kind: 'state', state: { kind: 'running' } });
    publish(480);
    elapse(500);
    const snapshot = monitor.snapshot();
    expect([...Value.Errors(Snapshot, snapshot)]).toEqual([]);
    expect(snapshot.channels).toHaveLength(20);
    expect(snapshot.channels[0]).toMatchObject({ index: 1, name: 'Kick', bank: 'analogue', peakDbfs: null });
    expect(snapshot.channels[19]).toMatchObject({ name: 'Ch 20', bank: 'adat-a' });
  });

  it('says unknown with no basis for a bank that it knows nothing of, never sync', () => {
    const { monitor, elapse } = rig();
    monitor.onMessage({ kind: 'stream', info });
    monitor.onMessage({ kind: 'state', state: { kind: 'running' } });
    elapse(60_000);
    for (const bank of monitor.snapshot().banks) expect(bank).toMatchObject({ sync: 'unknown', basis: 'none' });
  });

  it('takes levels in each second of the clock while nobody looks, though its timer is late by a little each time', () => {
    const { monitor, publish, turned, elapseUnseen } = rig();
    monitor.onMessage({ kind: 'stream', info });
    monitor.onMessage({ kind: 'state', state: { kind: 'running' } });
    let nowMs = 0;
    const seconds = new Set<number>();
    monitor.onLevelsTaken(() => seconds.add(Math.floor(nowMs / 1000)));
    for (let turn = 1; turn <= 4000; turn++) {
      const byMs = turn % 7 === 0 ? 499.6 : 500.7;
      nowMs += byMs;
      publish(Math.round(nowMs * 48));
      turned();
      elapseUnseen(byMs);
    }
    expect(seconds.size).toBe(Math.floor(nowMs / 1000) + 1);
  });

  it('marks a take at the frame that is captured now, though nobody looked for a while', () => {
    const { monitor, publish, turned, elapseUnseen } = rig();
    monitor.onMessage({ kind: 'stream', info });
    monitor.onMessage({ kind: 'state', state: { kind: 'running' } });
    publish(48_000);
    turned();
    elapseUnseen(1000);
    // Half a second in which the monitor takes nothing from the board.
    elapseUnseen(500);
    publish(72_000);
    turned();
    expect(monitor.startTake('One', 'osc')).toMatchObject({ ok: true, value: { startedFrame: 72_000 } });
    elapseUnseen(250);
    publish(84_000);
    expect(monitor.endTake()).toMatchObject({ ok: true, value: { endedFrame: 84_000 } });
  });

  it('tells of a take for how long a lost USB packet would not have shown, on an interface and on no file', () => {
    const take = (source: StreamInfo['source'], least: readonly (number | null)[]) => {
      const { monitor, elapse, turned, publish } = rig();
      monitor.onMessage({ kind: 'stream', info: { ...info, source } });
      monitor.onMessage({ kind: 'state', state: { kind: 'running' } });
      monitor.startTake('One', 'page');
      for (const [s, leastLossFrames] of least.entries()) {
        publish((s + 1) * 48_000);
        turned();
        elapse(1000);
        monitor.onMessage({ kind: 'rate', ppm: 1, uncertaintyPpm: 0.1, leastLossFrames });
      }
      // The interface goes: that time is not watched, and no more.
      monitor.onMessage({
        kind: 'state',
        state: { kind: 'absent', fault: { code: 'device-gone', what: 'It went.', fix: 'Plug it in.' } },
      });
      elapse(5000);
      const ended = monitor.endTake();
      return ended.ok ? ended.value.verdict : null;
    };
    // Nothing is known in the first second; six frames are one packet of 48 kHz; seven are more.
    expect(take('alsa', [6, 6, null, 7, 6, 6])).toMatchObject({ lossesHiddenMs: 3000, notWatchedMs: 5000 });
    expect(take('alsa', [6, 6, 6])).toMatchObject({ lossesHiddenMs: 1000 });
    expect(take('wav', [])).toMatchObject({ lossesHiddenMs: 0 });
  });

  it('says no word either while the capture worker turns and tells no levels: it hears nothing', () => {
    const { monitor, elapse, publish, turned } = rig();
    monitor.onMessage({ kind: 'stream', info });
    monitor.onMessage({ kind: 'state', state: { kind: 'running' } });
    const states = (told: (s: number) => boolean) =>
      Array.from({ length: 8 }, (_, s) => {
        if (told(s)) publish((s + 1) * 48_000);
        turned();
        elapse(1000);
        return monitor.snapshot().capture.state;
      });
    expect(new Set(states(() => true))).toEqual(new Set(['running']));
    // Three seconds may pass: a slow box is no broken one.
    expect(states((s) => s % 3 === 2)).not.toContain('stalled');
    expect(states(() => false).slice(3)).toEqual(Array(5).fill('stalled'));
    expect(monitor.snapshot().findings[0]).toMatchObject({ code: 'capture-stalled', severity: 'alarm' });
    publish(48_000);
    elapse(1000);
    expect(monitor.snapshot().capture.state).toBe('running');
  });

  it('says no word and shows no level while the capture worker hangs, and a take of that time is not clean', () => {
    const { monitor, elapse, levels, publish, turned } = rig();
    monitor.onMessage({ kind: 'stream', info });
    monitor.onMessage({ kind: 'state', state: { kind: 'running' } });
    const hear = (fromS: number, toS: number) => {
      for (let s = fromS; s < toS; s++) {
        const trial = { bank: 1, frame: s * 48_000 + 24_000, nats: 50, others: 40, voices: 4 };
        monitor.onMessage({
          kind: 'slips',
          frame: (s + 1) * 48_000,
          evidence: [{ kind: 'trial', event: trial }],
          digitalZero: [false, false],
        });
        levels.peakDbX100.fill(-1000);
        publish((s + 1) * 48_000);
        turned();
        elapse(1000);
      }
    };
    hear(0, 120);
    expect(monitor.snapshot().banks[1]).toMatchObject({ sync: 'sync', basis: 'audio' });
    monitor.startTake('One', 'page');
    elapse(2000);
    expect(monitor.snapshot().capture.state).toBe('running');
    elapse(2000);
    const hung = monitor.snapshot();
    expect(hung.capture.state).toBe('stalled');
    expect(hung.banks[1]).toMatchObject({ sync: 'unknown', basis: 'none' });
    expect(hung.findings[0]).toMatchObject({ code: 'capture-stalled', severity: 'alarm' });
    expect(hung.channels.every((channel) => channel.rmsDbfs === null && channel.peakDbfs === null)).toBe(true);
    elapse(60_000);
    // It turns again: watching goes on, and what was heard before counts for nothing.
    hear(200, 202);
    expect(monitor.snapshot().capture.state).toBe('running');
    expect(monitor.snapshot().banks[1]).toMatchObject({ sync: 'unknown' });
    const ended = monitor.endTake();
    expect(ended).toMatchObject({ ok: true, value: { verdict: { word: 'notWatched' } } });
  });

  it('takes one frame that seems to be missing for a note, a second one or a repeated frame for a warning', () => {
    const { monitor, elapse } = rig();
    monitor.onMessage({ kind: 'stream', info });
    monitor.onMessage({ kind: 'state', state: { kind: 'running' } });
    const missing = (frame: number) => {
      const drop = {
        bank: 1,
        frame,
        frames: 1,
        sizes: null,
        nats: 60,
        others: 40,
        voices: 4,
        again: 30,
        storyNats: 30,
        riseDb: 0,
      };
      monitor.onMessage({
        kind: 'slips',
        frame: frame + 4800,
        digitalZero: [false, false],
        evidence: [{ kind: 'drop', event: { ...drop, shape: new Float32Array(65).fill(1) } }],
      });
      // It is held until the other banks have spoken.
      monitor.onMessage({ kind: 'slips', frame: frame + 240_000, digitalZero: [false, false], evidence: [] });
      elapse(500);
    };
    missing(48_000);
    expect(monitor.snapshot().banks[1]).toMatchObject({ sync: 'unknown', slips: 1, slipsExact: 0 });
    const once = monitor.snapshot().findings[0];
    expect(once).toMatchObject({ code: 'bank-slip-once', severity: 'info', where: 'OctoPre', confidence: 'low' });
    expect(once).toMatchObject({ symptom: 'A frame seems to be missing in ADAT A, once.' });
    expect(once?.evidence).toEqual(['one frame, from how its live channels go on']);
    expect(once?.cause).toMatch(/^Once is no proof/);
    missing(1_048_000);
    expect(monitor.snapshot().findings[0]).toMatchObject({
      severity: 'warning',
      symptom: 'ADAT A slipped 2 times.',
      evidence: ['2 slips heard on all its live channels'],
    });
    monitor.clear();
    missing(2_000_000);
    expect(monitor.snapshot().findings[0]).toMatchObject({ severity: 'info' });
    monitor.clear();
    const repeat = {
      bank: 1,
      frame: 3_000_000,
      kind: 'repeat',
      frames: 1,
      confidenceBits: 60,
      everyBank: false,
    } as const;
    monitor.onMessage({
      kind: 'slips',
      frame: 3_004_800,
      digitalZero: [false, false],
      evidence: [{ kind: 'exact', event: repeat }],
    });
    elapse(500);
    expect(monitor.snapshot().findings[0]).toMatchObject({
      severity: 'warning',
      symptom: 'ADAT A slipped once.',
      evidence: ['1 slip heard on all its live channels'],
    });
    monitor.clear();
    missing(4_000_000);
    expect(monitor.undoClear()).toBe(true);
    elapse(500);
    // What came since stands beside what was taken back.
    expect(monitor.snapshot().banks[1]).toMatchObject({ slips: 2, slipsExact: 1 });
    expect(monitor.snapshot().findings[0]).toMatchObject({ severity: 'warning' });
  });

  it('counts each USB loss once and the frames that the stamps tell, from the start of the stream on', () => {
    const { monitor, elapse } = rig();
    monitor.onMessage({ kind: 'stream', info });
    monitor.onMessage({ kind: 'state', state: { kind: 'running' } });
    const lost = (frame: number, frames: number | null) =>
      monitor.onMessage({ kind: 'events', events: [{ kind: 'usbLoss', frame, frames }], dropped: 0 });
    // Heard, and then measured: one loss. Another one only measured.
    lost(480_000, null);
    lost(500_000, 6);
    lost(960_000, 12);
    elapse(500);
    expect(monitor.snapshot().capture).toMatchObject({ usbLosses: 2, lostFrames: 18, xruns: 0 });
    expect(monitor.snapshot().findings[0]).toMatchObject({
      code: 'usb-loss',
      symptom: 'All channels jumped together, 2 times; the clocks are fine.',
    });
    monitor.clear();
    elapse(500);
    expect(monitor.snapshot().findings).toEqual([]);
    expect(monitor.snapshot().capture).toMatchObject({ usbLosses: 2, lostFrames: 18 });
    monitor.onMessage({ kind: 'stream', info });
    elapse(500);
    expect(monitor.snapshot().capture).toMatchObject({ usbLosses: 0, lostFrames: 0 });
  });

  it('takes SYNC back when the port carries data that is no sound, and begins anew when it is sound again', () => {
    const { monitor, elapse, turned, publish } = rig();
    let frames = 0;
    const captured = () => {
      frames += 48_000;
      publish(frames);
      turned();
    };
    monitor.onMessage({ kind: 'stream', info });
    monitor.onMessage({ kind: 'state', state: { kind: 'running' } });
    for (let s = 0; s < 120; s++) {
      const trial = { bank: 1, frame: s * 48_000 + 24_000, nats: 50, others: 40, voices: 4 };
      monitor.onMessage({
        kind: 'slips',
        frame: (s + 1) * 48_000,
        evidence: [{ kind: 'trial', event: trial }],
        digitalZero: [false, false],
      });
      captured();
      elapse(1000);
    }
    expect(monitor.snapshot().banks[1]).toMatchObject({ sync: 'sync', basis: 'audio' });
    const hash = {
      bank: 1,
      channels: [12, 13, 14, 15],
      data: { kind: 'hash' },
      confidence: 'medium',
      frame: 5_760_000,
    } as const;
    monitor.onMessage({ kind: 'foreign', readings: [hash] });
    captured();
    elapse(1000);
    expect(monitor.snapshot().banks[1]).toMatchObject({ sync: 'unknown', basis: 'none' });
    monitor.onMessage({ kind: 'foreign', readings: [] });
    captured();
    elapse(1000);
    expect(monitor.snapshot().banks[1]).toMatchObject({ sync: 'unknown', basis: 'none' });
    // Its own control says sync: not while the port gives hash.
    const input = {
      port: 'adat-a',
      control: 'x',
      lock: 'sync',
      told: 'sync',
      trust: 'live',
      format: null,
      rateHz: null,
    } as const;
    const reading = {
      family: 'rme-digiface',
      source: 'ADAT',
      sourcePort: 'adat-a',
      device: null,
      inputs: [input],
      portMode: null,
      rateHz: null,
      preamps: [],
      routing: [],
      notes: [],
    } as const;
    monitor.onClock({ kind: 'reading', reading, source: null });
    captured();
    elapse(1000);
    expect(monitor.snapshot().banks[1]).toMatchObject({ sync: 'sync', basis: 'device' });
    monitor.onMessage({ kind: 'foreign', readings: [hash] });
    captured();
    elapse(1000);
    expect(monitor.snapshot().banks[1]).toMatchObject({ sync: 'unknown', basis: 'none' });
  });

  it('tells one slip as a slip, and names box, cause and fix when they go on; clearing mends no clock', () => {
    const { monitor, elapse } = rig();
    monitor.onMessage({ kind: 'stream', info });
    monitor.onMessage({ kind: 'state', state: { kind: 'running' } });
    const repeat = (frame: number) =>
      monitor.onMessage({
        kind: 'slips',
        frame: frame + 4800,
        digitalZero: [false, false],
        evidence: [
          { kind: 'exact', event: { bank: 1, frame, kind: 'repeat', frames: 1, confidenceBits: 60, everyBank: false } },
        ],
      });
    repeat(48_000);
    elapse(500);
    expect(monitor.snapshot().banks[1]).toMatchObject({ sync: 'unknown', slips: 1, firstSlipFrame: 48000 });
    expect(monitor.snapshot().findings[0]).toMatchObject({ code: 'bank-slips', severity: 'warning', where: 'OctoPre' });
    for (let n = 1; n <= 10; n++) repeat(48_000 + n * 40_000);
    elapse(500);
    const bank = monitor.snapshot().banks[1];
    expect(bank).toMatchObject({ sync: 'lock', basis: 'audio', slips: 11 });
    // One frame in 40 000 repeated: the box is 25 ppm slow.
    expect(bank?.ppm).toBeCloseTo(-25, 1);
    expect(monitor.snapshot().findings[0]).toMatchObject({ severity: 'alarm', confidence: 'high' });
    expect(monitor.snapshot().findings[0]?.cause).toMatch(/own clock, 25\.0 ppm slow/);
    expect(monitor.snapshot().banks[0]).toMatchObject({ sync: 'unknown', slips: 0 });
    monitor.clear();
    elapse(500);
    // Clearing counts mends no clock: the bank is still slipping, and says so.
    expect(monitor.snapshot().banks[1]).toMatchObject({ slips: 0, sync: 'lock' });
    expect(monitor.snapshot().findings[0]).toMatchObject({ code: 'bank-slips', symptom: 'ADAT A slips.' });
    expect(monitor.undoClear()).toBe(true);
    elapse(500);
    expect(monitor.snapshot().banks[1]).toMatchObject({ slips: 11, firstSlipFrame: 48000 });
    // Nobody watches while the interface is released or stalled: no word is kept from before.
    for (const kind of ['released', 'stalled'] as const) {
      monitor.onMessage({ kind: 'state', state: { kind } });
      elapse(500);
      expect(monitor.snapshot().banks[1]).toMatchObject({ sync: 'unknown', basis: 'none', ppm: null, slips: 11 });
    }
  });

  it('shows no level of an interface that is gone', () => {
    const { monitor, elapse, levels, publish } = rig();
    monitor.onMessage({ kind: 'stream', info });
    monitor.onMessage({ kind: 'state', state: { kind: 'running' } });
    levels.meterDbX100.fill(-600);
    publish(480);
    elapse(500);
    expect(monitor.snapshot().channels[0]?.peakDbfs).toBe(-6);
    monitor.onMessage({
      kind: 'state',
      state: { kind: 'absent', fault: { code: 'device-gone', what: 'It went away.', fix: 'Plug it in.' } },
    });
    elapse(500);
    expect(monitor.snapshot().channels[0]?.peakDbfs).toBe(null);
    expect(monitor.snapshot().findings[0]).toMatchObject({ code: 'device-gone', severity: 'alarm' });
    expect(monitor.levels().meterDbX100[0]).toBe(NO_SIGNAL);
  });

  it('keeps to two snapshots a second, each with a new seq, and merges levels between its turns', () => {
    const { monitor, elapse, levels, publish } = rig();
    monitor.onMessage({ kind: 'stream', info });
    monitor.onMessage({ kind: 'state', state: { kind: 'running' } });
    const seqs: number[] = [];
    const stop = monitor.onSnapshot((snapshot) => seqs.push(snapshot.seq));
    for (let i = 0; i < 60; i++) elapse(33);
    expect(seqs.length).toBeLessThanOrEqual(4);
    expect(new Set(seqs).size).toBe(seqs.length);
    stop();
    levels.peakDbX100[3] = -100;
    publish(480);
    levels.peakDbX100[3] = -5000;
    publish(960);
    elapse(33);
    expect(monitor.levels().peakDbX100[3]).toBe(-100);
  });

  it('tells the worker which channels form a bank, and leaves loopback out: it proves nothing', () => {
    const { monitor, told } = rig();
    monitor.onMessage({
      kind: 'stream',
      info: { ...info, ports: [{ id: 'loop', name: 'Loop', kind: 'loopback', first: 1, last: 2, box: null }] },
    });
    const banks = told.find((command) => command.kind === 'banks');
    expect(banks?.kind === 'banks' && banks.banks.map((bank) => bank.columns[0])).toEqual([2, 10, 18]);
  });

  it("shows the interface's rate error while it runs, and none once it is gone or another stream begins", () => {
    const { monitor, elapse } = rig();
    monitor.onMessage({ kind: 'stream', info });
    monitor.onMessage({ kind: 'state', state: { kind: 'running' } });
    expect(monitor.snapshot().clock).toMatchObject({ rateErrorPpm: null, uncertaintyPpm: null });
    const tell = () => {
      monitor.onMessage({ kind: 'rate', leastLossFrames: 6, ppm: -3.25, uncertaintyPpm: 0.5 });
      elapse(500);
    };
    tell();
    expect(monitor.snapshot().clock).toMatchObject({ rateErrorPpm: -3.25, uncertaintyPpm: 0.5, leastLossFrames: 6 });
    monitor.onMessage({ kind: 'state', state: { kind: 'absent', fault: { code: 'x', what: 'x', fix: 'x' } } });
    elapse(500);
    expect(monitor.snapshot().clock).toMatchObject({ rateErrorPpm: null, uncertaintyPpm: null });
    monitor.onMessage({ kind: 'stream', info });
    monitor.onMessage({ kind: 'state', state: { kind: 'running' } });
    tell();
    expect(monitor.snapshot().clock.rateErrorPpm).toBe(-3.25);
    monitor.onMessage({ kind: 'stream', info });
    elapse(500);
    expect(monitor.snapshot().clock.rateErrorPpm).toBeNull();
  });
});
