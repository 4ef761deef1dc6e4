/** Snapshots and levels for the panel's tests and pictures: a Scarlett 18i20 with an expander, 34 channels, and smaller rigs. */
import { meterSection, UNREAD_CHANNEL } from '../../src/monitor/channelWatch.ts';
import { emptyLevelFrame, type LevelFrame, NO_SIGNAL } from '../../src/monitor/levels.ts';
import type { Bank, Channel, Finding, Snapshot } from '../../src/monitor/snapshot.ts';
import type { PanelView } from '../../src/ui/view.ts';

export function bank(part: Partial<Bank> & Pick<Bank, 'id' | 'name' | 'first' | 'last'>): Bank {
  return {
    box: null,
    kind: 'adat',
    channels: Array.from({ length: part.last - part.first + 1 }, (_, i) => part.first + i),
    sync: 'sync',
    basis: 'audio',
    vantage: 'own',
    ppm: null,
    uncertaintyPpm: null,
    boundPpm: 0.4,
    observableS: 300,
    cantTell: part.sync === 'unknown' ? { why: 'quiet', heardPercent: 0, showsPercent: 0 } : null,
    proof: null,
    slips: 0,
    slipsExact: part.slips ?? 0,
    slipsPerMinute: null,
    firstSlipFrame: null,
    lastSlipFrame: null,
    ...part,
  };
}

/** A 34-channel rig: analogue, S/PDIF, three ADAT ports. */
export function rigBanks(adatA: Partial<Bank> = {}): Bank[] {
  return [
    bank({ id: 'analogue', name: 'Analogue', kind: 'analogue', first: 1, last: 8, basis: 'proof', boundPpm: null }),
    bank({
      id: 'spdif',
      name: 'S/PDIF',
      kind: 'spdif',
      first: 9,
      last: 10,
      sync: 'unknown',
      basis: 'none',
      boundPpm: null,
    }),
    bank({ id: 'adat-a', name: 'ADAT A', first: 11, last: 18, box: 'OctoPre', ...adatA }),
    bank({ id: 'adat-b', name: 'ADAT B', first: 19, last: 26, box: 'ADA8200', basis: 'proof' }),
    bank({ id: 'adat-c', name: 'ADAT C', first: 27, last: 34, box: 'Digimax' }),
  ];
}

const NAMES = [
  'Kick in',
  'Kick out',
  'Snare top',
  'Snare bot',
  'Hat',
  'Tom 1',
  'Tom 2',
  'Floor tom',
  'OH left',
  'OH right',
  'Bass DI',
  'Bass mic',
  'Gtr L',
  'Gtr R',
  'Keys L',
  'Keys R',
  'Vox',
  'Vox bv',
];

export interface Rig {
  readonly banks?: Bank[];
  readonly findings?: Finding[];
  readonly snapshot?: Partial<Snapshot>;
  readonly capture?: Partial<Snapshot['capture']>;
  readonly clock?: Partial<Snapshot['clock']>;
  readonly view?: Partial<PanelView>;
  /** dBFS of channel index (1-based); null for none. */
  readonly level?: (index: number) => number | null;
  readonly hold?: (index: number) => number | null;
  readonly clips?: (index: number) => number;
  readonly channel?: (index: number) => Partial<Channel>;
}

export function spread(index: number): number | null {
  return -62 + ((index * 37) % 61);
}

export function rig(parts: Rig = {}): PanelView {
  const banks = parts.banks ?? rigBanks();
  const count = Math.max(0, ...banks.map((each) => each.last));
  const level = parts.level ?? spread;
  const hold = parts.hold ?? ((index) => (level(index) === null ? null : Math.min(0, level(index)! + 3)));
  const clips = parts.clips ?? (() => 0);
  const levels: LevelFrame = emptyLevelFrame(count);
  const channels: Channel[] = [];
  const x100 = (db: number | null) => (db === null ? NO_SIGNAL : Math.round(db * 100));
  for (let index = 1; index <= count; index++) {
    levels.meterDbX100[index - 1] = x100(level(index));
    levels.peakDbX100[index - 1] = x100(level(index));
    levels.holdDbX100[index - 1] = x100(hold(index));
    levels.rmsDbX100[index - 1] = x100(level(index) === null ? null : level(index)! - 9);
    levels.truePeakDbX100[index - 1] = x100(level(index));
    levels.clips[index - 1] = clips(index);
    channels.push({
      index,
      name: NAMES[(index - 1) % NAMES.length]!,
      bank: banks.find((each) => each.channels.includes(index))?.id ?? '',
      ...UNREAD_CHANNEL,
      armed: level(index) !== null,
      peakDbfs: level(index),
      meterDb: level(index),
      rmsDbfs: level(index) === null ? null : level(index)! - 9,
      truePeakDbtp: hold(index) === null ? null : hold(index)! + 0.3,
      holdDbfs: hold(index),
      clips: clips(index),
      clipped: clips(index) > 0,
      silence: level(index) === null ? 'digitalZero' : level(index)! < -85 ? 'noiseFloor' : 'none',
      ...parts.channel?.(index),
    });
  }
  return {
    levels,
    network: { url: 'http://192.168.1.23:8080', name: 'lightkeeper.local', pin: '482915' },
    system: { cpuPercent: 1.8, rssMb: 71, temperatureC: 52, panel: 'SSD1306 400k', buttons: 'A B' },
    takeRunning: false,
    canProve: true,
    ...parts.view,
    snapshot: {
      product: 'lightkeeper',
      version: '0.1.0',
      simulated: false,
      seq: 1,
      uptimeMs: 3_700_000,
      capture: {
        state: 'running',
        source: 'alsa',
        name: 'Scarlett 18i20 USB',
        rateHz: 48_000,
        sessionRateHz: null,
        channels: count,
        frames: 48_000 * 3700,
        xruns: 0,
        usbLosses: 0,
        lostFrames: 0,
        fault: null,
        ...parts.capture,
      },
      clock: {
        source: 'Internal',
        sync: 'sync',
        rateErrorPpm: -3.2,
        uncertaintyPpm: 1.1,
        absolutePpm: null,
        absoluteUncertaintyPpm: null,
        reference: 'none',
        trueRateHz: null,
        leastLossFrames: 6,
        portMode: null,
        ports: [],
        ...parts.clock,
      },
      inputs: [],
      banks,
      meter: meterSection(),
      channels,
      loudness: [],
      prove: null,
      foreign: [],
      power: null,
      findings: parts.findings ?? [],
      take: null,
      recorder: null,
      lastTake: null,
      ...parts.snapshot,
    },
  };
}

export function finding(part: Partial<Finding> = {}): Finding {
  return {
    code: 'clock-slip',
    severity: 'alarm',
    where: 'ADAT A',
    symptom: 'Clicks on all eight channels at once.',
    cause: 'OctoPre runs on its own clock.',
    fix: 'Set SYNC to ADAT on the OctoPre.',
    confidence: 'high',
    sinceMs: 1000,
    ...part,
  };
}
