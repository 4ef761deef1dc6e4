/**
 * A monitor for tests of the web: an 18i20 of the third generation, 20 channels, whose ADAT expander runs free, so that
 * its bank slips. It computes levels from a seed and moves only when `step` is called; `run` steps it in real time.
 */
import type { Outcome } from '../../../src/fault.ts';
import { Acknowledgements } from '../../../src/monitor/acknowledgements.ts';
import { meterSection, UNREAD_CHANNEL } from '../../../src/monitor/channelWatch.ts';
import type { MonitorCommands, MonitorView } from '../../../src/monitor/hub.ts';
import { dbOrNull, emptyLevelFrame, type LevelFrame, NO_SIGNAL } from '../../../src/monitor/levels.ts';
import type { Bank, Channel, Finding, Snapshot } from '../../../src/monitor/snapshot.ts';

const NAMES = [
  'Kick in',
  'Kick out',
  'Snare top',
  'Snare bot',
  'Bass DI',
  'Bass amp',
  'Gtr L',
  'Gtr R',
  'Loop 1',
  'Loop 2',
  'S/PDIF L',
  'S/PDIF R',
  'Hat',
  'Tom 1',
  'Tom 2',
  'Floor tom',
  'OH L',
  'OH R',
  'Room',
  'Vox',
];
const RATE_HZ = 48_000;
const FRAMES_A_STEP = 1600;

/** mulberry32: small, seeded, good enough for moving bars. */
function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export interface FakeMonitorOptions {
  readonly channels?: number;
  readonly simulated?: boolean;
  readonly seed?: number;
}

export class FakeMonitor implements MonitorView, MonitorCommands {
  readonly calls: string[] = [];
  /** Requests and panels that said somebody looks. */
  looks = 0;
  readonly #channels: number;
  readonly #random: () => number;
  readonly #levels: LevelFrame & { seq: number; frame: number };
  readonly #meter: Float64Array;
  readonly #snapshotListeners = new Set<(snapshot: Snapshot) => void>();
  readonly #levelListeners = new Set<(frame: LevelFrame) => void>();
  readonly #truePeakMax: Int32Array;
  #snapshot: Snapshot;
  #step = 0;
  #released = false;
  readonly #acknowledged = new Acknowledgements();
  slips = 0;
  /** Names by 1-based channel that a configuration has given. */
  names: ReadonlyMap<number, string> = new Map();

  constructor(options: FakeMonitorOptions = {}) {
    this.#channels = options.channels ?? 20;
    this.#random = random(options.seed ?? 1);
    this.#levels = emptyLevelFrame(this.#channels);
    this.#meter = new Float64Array(this.#channels).fill(-120);
    this.#truePeakMax = new Int32Array(this.#channels).fill(NO_SIGNAL);
    this.#snapshot = this.#makeSnapshot(0, options.simulated ?? true);
  }

  snapshot(): Snapshot {
    return this.#snapshot;
  }

  looked(): void {
    this.looks++;
  }

  levels(): LevelFrame {
    return this.#levels;
  }

  onSnapshot(listener: (snapshot: Snapshot) => void): () => void {
    this.#snapshotListeners.add(listener);
    return () => this.#snapshotListeners.delete(listener);
  }

  onLevels(listener: (frame: LevelFrame) => void): () => void {
    this.#levelListeners.add(listener);
    return () => this.#levelListeners.delete(listener);
  }

  get listeners(): number {
    return this.#snapshotListeners.size + this.#levelListeners.size;
  }

  clear(channels?: readonly number[]): void {
    this.calls.push(`clear ${channels?.join(',') ?? 'all'}`);
    const wanted = channels ?? Array.from({ length: this.#channels }, (_, i) => i + 1);
    for (const channel of wanted) {
      this.#levels.clips[channel - 1] = 0;
      this.#truePeakMax[channel - 1] = NO_SIGNAL;
    }
    this.publish();
  }

  release(): void {
    this.calls.push('release');
    this.#released = true;
    this.publish();
  }

  take(): void {
    this.calls.push('take');
    this.#released = false;
    this.publish();
  }

  acknowledge(code: string, where: string | null): Outcome<null> {
    const noted = this.#acknowledged.acknowledge(code, where, this.#snapshot.uptimeMs);
    this.publish();
    return noted;
  }

  /** Puts a clip on a 1-based channel. */
  clip(channel: number): void {
    this.#levels.clips[channel - 1]!++;
  }

  /** A level frame whose peaks are given, dBFS by 1-based channel; the others stay silent. For tests of exact values. */
  emit(peaks: Readonly<Record<number, number>>, frames = FRAMES_A_STEP): void {
    const levels = this.#levels;
    levels.peakDbX100.fill(NO_SIGNAL);
    levels.truePeakDbX100.fill(NO_SIGNAL);
    levels.rmsDbX100.fill(NO_SIGNAL);
    for (const [channel, db] of Object.entries(peaks)) {
      levels.peakDbX100[Number(channel) - 1] = Math.round(db * 100);
      levels.truePeakDbX100[Number(channel) - 1] = Math.round(db * 100) + 20;
      levels.rmsDbX100[Number(channel) - 1] = Math.round(db * 100) - 1200;
    }
    levels.seq++;
    levels.frame += frames;
    for (const listener of this.#levelListeners) listener(levels);
  }

  /** A 30th of a second. */
  step(): void {
    this.#step++;
    const t = this.#step / 30;
    const levels = this.#levels;
    for (let c = 0; c < this.#channels; c++) {
      const rmsDb = this.#programme(c, t);
      if (rmsDb === null) {
        levels.peakDbX100[c] = NO_SIGNAL;
        levels.truePeakDbX100[c] = NO_SIGNAL;
        levels.rmsDbX100[c] = NO_SIGNAL;
        levels.meterDbX100[c] = NO_SIGNAL;
        levels.holdDbX100[c] = NO_SIGNAL;
        continue;
      }
      const peakDb = Math.min(0, rmsDb + 8 + 4 * this.#random());
      this.#meter[c] = Math.max(peakDb, this.#meter[c]! - 20 / 30);
      levels.peakDbX100[c] = Math.round(peakDb * 100);
      levels.truePeakDbX100[c] = Math.round(peakDb * 100) + 15;
      levels.rmsDbX100[c] = Math.round(rmsDb * 100);
      levels.meterDbX100[c] = Math.round(this.#meter[c]! * 100);
      levels.holdDbX100[c] = Math.max(levels.holdDbX100[c]! - 60, levels.meterDbX100[c]!);
      if (levels.truePeakDbX100[c]! > this.#truePeakMax[c]!) this.#truePeakMax[c] = levels.truePeakDbX100[c]!;
    }
    levels.seq++;
    levels.frame += FRAMES_A_STEP;
    if (this.#step === 45 && this.#channels >= 3) this.clip(3);
    if (this.#step % 60 === 40) this.slips++;
    for (const listener of this.#levelListeners) listener(levels);
    if (this.#step % 15 === 0) this.publish();
  }

  publish(): void {
    this.#snapshot = this.#makeSnapshot(this.#snapshot.seq + 1, this.#snapshot.simulated);
    for (const listener of this.#snapshotListeners) listener(this.#snapshot);
  }

  /** Another state of capture, for tests of faults. */
  override(change: (snapshot: Snapshot) => Snapshot): void {
    this.#snapshot = change({ ...this.#snapshot, seq: this.#snapshot.seq + 1 });
    for (const listener of this.#snapshotListeners) listener(this.#snapshot);
  }

  /** Steps in real time, 30 a second. Returns its disposer. */
  run(): () => void {
    const timer = setInterval(() => this.step(), 1000 / 30);
    return () => clearInterval(timer);
  }

  #programme(c: number, t: number): number | null {
    if (c === 8 || c === 9) return null;
    if (c === 10 || c === 11) return -92 + this.#random();
    const beat = (t * 2 + (c % 4) * 0.25) % 1;
    const hit = -18 - (c % 5) * 4 - beat * (c % 3 === 0 ? 34 : 10);
    return hit + 3 * this.#random() + 4 * Math.sin(t * 0.31 + c);
  }

  #bank(id: string, name: string, kind: Bank['kind'], first: number, last: number, more: Partial<Bank>): Bank {
    return {
      id,
      name,
      box: null,
      kind,
      channels: Array.from({ length: last - first + 1 }, (_, i) => first + i),
      first,
      last,
      sync: 'unknown',
      basis: 'none',
      vantage: 'own',
      ppm: null,
      uncertaintyPpm: null,
      boundPpm: null,
      observableS: 0,
      cantTell:
        (more.sync ?? 'unknown') === 'unknown' ? { why: 'tooLittle', heardPercent: 0, showsPercent: null } : null,
      proof: null,
      slips: 0,
      slipsExact: more.slips ?? 0,
      slipsPerMinute: null,
      firstSlipFrame: null,
      lastSlipFrame: null,
      ...more,
    };
  }

  #makeSnapshot(seq: number, simulated: boolean): Snapshot {
    const t = this.#step / 30;
    const levels = this.#levels;
    const last = this.#channels;
    const banks =
      last >= 20
        ? [
            this.#bank('analogue', 'Analogue', 'analogue', 1, 8, {
              sync: 'sync',
              basis: 'device',
              ppm: 0,
              uncertaintyPpm: 0,
            }),
            this.#bank('loopback', 'Loopback', 'loopback', 9, 10, {}),
            this.#bank('spdif', 'S/PDIF', 'spdif', 11, 12, {}),
            this.#bank('adat-a', 'ADAT A', 'adat', 13, last, {
              box: 'OctoPre',
              sync: this.slips > 0 ? 'lock' : 'unknown',
              basis: this.slips > 0 ? 'audio' : 'none',
              ppm: this.slips > 1 ? 10.4 : null,
              uncertaintyPpm: this.slips > 1 ? 0.3 : null,
              observableS: Math.round(t),
              slips: this.slips,
              slipsPerMinute: this.slips > 1 ? 30 : null,
              firstSlipFrame: this.slips > 0 ? 64_000 : null,
              lastSlipFrame: this.slips > 0 ? 64_000 + 96_000 * (this.slips - 1) : null,
            }),
          ]
        : [this.#bank('in', 'Inputs', 'group', 1, last, {})];
    const channels: Channel[] = Array.from({ length: last }, (_, c) => ({
      index: c + 1,
      name: this.names.get(c + 1) ?? NAMES[c] ?? `Ch ${c + 1}`,
      bank: banks.find((bank) => bank.first <= c + 1 && c + 1 <= bank.last)!.id,
      ...UNREAD_CHANNEL,
      armed: true,
      peakDbfs: dbOrNull(levels.meterDbX100[c]!),
      meterDb: dbOrNull(levels.meterDbX100[c]!),
      rmsDbfs: dbOrNull(levels.rmsDbX100[c]!),
      truePeakDbtp: dbOrNull(this.#truePeakMax[c]!),
      holdDbfs: dbOrNull(levels.holdDbX100[c]!),
      clips: levels.clips[c]!,
      clipped: levels.clips[c]! > 0,
      silence: c === 8 || c === 9 ? 'digitalZero' : c === 10 || c === 11 ? 'noiseFloor' : 'none',
    }));
    const findings: Finding[] = [];
    if (this.slips > 0 && last >= 20) {
      findings.push({
        code: 'slip-periodic',
        severity: 'alarm',
        where: 'ADAT A (OctoPre)',
        symptom: `${this.slips} slips on channels 13 to 20, one every 2 s.`,
        cause: 'The OctoPre runs on its own clock.',
        fix: 'Set SYNC on the OctoPre to ADAT (or word clock), or set the interface to take its clock from ADAT.',
        confidence: 'high',
        sinceMs: 1333,
      });
    }
    if (levels.clips[2]! > 0 && last >= 3) {
      findings.push({
        code: 'clip',
        severity: 'warning',
        where: 'Snare top (3)',
        symptom: '3 or more samples in a row at full scale.',
        cause: 'The preamp gain is too high for the loudest hit.',
        fix: 'Take 6 dB off the gain, or switch in the pad.',
        confidence: 'high',
        sinceMs: 1500,
      });
    }
    return {
      product: 'lightkeeper',
      version: '0.1.0',
      simulated,
      seq,
      uptimeMs: Math.round(t * 1000),
      capture: {
        state: this.#released ? 'released' : 'running',
        source: simulated ? 'sim' : 'alsa',
        name: 'Scarlett 18i20 3rd Gen',
        rateHz: RATE_HZ,
        sessionRateHz: null,
        channels: last,
        frames: levels.frame,
        xruns: 0,
        usbLosses: 0,
        lostFrames: 0,
        fault: null,
      },
      clock: {
        source: 'Internal',
        sync: 'sync',
        rateErrorPpm: -3.2,
        uncertaintyPpm: 0.8,
        absolutePpm: null,
        absoluteUncertaintyPpm: null,
        reference: 'none',
        trueRateHz: null,
        leastLossFrames: 6,
        portMode: null,
        ports: [],
      },
      inputs: [],
      banks,
      meter: meterSection(),
      channels,
      loudness: [],
      prove: null,
      foreign: [],
      power: null,
      findings: this.#acknowledged.mark(findings, Math.round(t * 1000)),
      take: null,
      recorder: null,
      lastTake: null,
    };
  }
}
