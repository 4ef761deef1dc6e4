/**
 * The monitor: takes levels from the board and events from the capture worker, owns the Snapshot, and hands both to the views.
 * It knows no device and no page.
 */
import type { Config } from '../config/schema.ts';
import type { InterfaceMap } from '../device/interfaces/interfaceMap.ts';
import type { StreamInfo } from '../device/ports.ts';
import { assertNever } from '../fault.ts';
import { type BankPlan, type PlannedBank, planBanks } from './bankPlan.ts';
import type { CaptureEvent, CaptureState, FromCapture, ToCapture } from './captureMessages.ts';
import { findingsOf } from './findings.ts';
import type { MonitorCommands, MonitorView } from './hub.ts';
import type { BoardFrame, LevelBoardReader } from './levelBoard.ts';
import { dbOrNull, emptyLevelFrame, type LevelFrame, NO_SIGNAL } from './levels.ts';
import type { Bank, Channel, Snapshot } from './snapshot.ts';
import { SlipVerdicts } from './verdict/slipVerdicts.ts';

/** 30 level frames a second: what an eye follows. */
const LEVEL_INTERVAL_MS = 33;
const SNAPSHOT_INTERVAL_MS = 500;

export interface MonitorParts {
  readonly config: Config;
  readonly version: string;
  /** Nothing comes from a real input. */
  readonly simulated: boolean;
  /** What was asked for, until a stream tells its own name. */
  readonly sourceName: string;
  readonly board: LevelBoardReader;
  readonly tell: (command: ToCapture) => void;
  /** The table's entry for a USB id, or null. */
  readonly interfaceMap: (usbId: string, channels: number) => InterfaceMap | null;
  /** Monotonic milliseconds since the program started. */
  readonly uptimeMs: () => number;
  /** Everything that happened, once: for the journal and the log. */
  readonly onEvent?: (event: CaptureEvent) => void;
  /** So many more events happened in one turn than are told one by one. */
  readonly onDropped?: (count: number) => void;
  readonly onState?: (state: CaptureState) => void;
}

interface Watched {
  readonly verdicts: SlipVerdicts;
  readonly ids: readonly string[];
}

interface BankRecord {
  slips: number;
  /** Of these, seen bit for bit. */
  exact: number;
  firstSlipFrame: number | null;
  lastSlipFrame: number | null;
  sinceMs: number;
}

function isNewStream(a: StreamInfo | null, b: StreamInfo): boolean {
  return a === null || a.channels !== b.channels || a.rateHz !== b.rateHz || a.usbId !== b.usbId || a.name !== b.name;
}

export class Monitor implements MonitorView, MonitorCommands {
  readonly #parts: MonitorParts;
  #config: Config;
  /** Records as they stood before the last clear of all; null: there is nothing to undo. */
  #cleared: {
    records: Map<string, BankRecord>;
    usbLosses: { count: number; sinceMs: number };
    xruns: { count: number; sinceMs: number };
  } | null = null;
  #clearDone = false;
  #state: CaptureState = { kind: 'opening' };
  #stateSinceMs = 0;
  #info: StreamInfo | null = null;
  #infoSinceMs = 0;
  #plan: BankPlan = { banks: [], from: 'guess' };
  #records = new Map<string, BankRecord>();
  #watched: Watched | null = null;
  #usbLosses = { count: 0, sinceMs: 0 };
  #xruns = { count: 0, sinceMs: 0 };
  #board: BoardFrame | null = null;
  #counts = { frames: 0, xruns: 0, lostFrames: 0 };
  /** As the worker told it last; null: not known yet, or no interface. */
  #rate: { readonly ppm: number; readonly uncertaintyPpm: number } | null = null;
  #levels: LevelFrame = emptyLevelFrame(0);
  #snapshot: Snapshot;
  #lastSnapshotMs = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | null = null;
  readonly #snapshotListeners = new Set<(snapshot: Snapshot) => void>();
  readonly #levelListeners = new Set<(frame: LevelFrame) => void>();

  constructor(parts: MonitorParts) {
    this.#parts = parts;
    this.#config = parts.config;
    this.#snapshot = this.#build();
  }

  start(): void {
    this.#timer ??= setInterval(() => this.turn(), LEVEL_INTERVAL_MS);
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  snapshot(): Snapshot {
    return this.#snapshot;
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

  clear(channels?: readonly number[]): void {
    this.#parts.tell({ kind: 'clear', channels: channels ?? null });
    this.#clearDone = true;
    this.#cleared = null;
    if (channels !== undefined) return;
    this.#cleared = { records: this.#records, usbLosses: this.#usbLosses, xruns: this.#xruns };
    this.#records = new Map();
    this.#watched?.verdicts.clear();
    this.#usbLosses = { count: 0, sinceMs: 0 };
    this.#xruns = { count: 0, sinceMs: 0 };
  }

  /** Puts back what the last clear took away, with what came since. false: there is nothing to put back. */
  undoClear(): boolean {
    if (!this.#clearDone) return false;
    this.#parts.tell({ kind: 'undoClear' });
    const before = this.#cleared;
    this.#clearDone = false;
    this.#cleared = null;
    if (before === null) return true;
    for (const [id, old] of before.records) {
      const since = this.#records.get(id);
      const lastSlipFrame = since?.lastSlipFrame ?? old.lastSlipFrame;
      this.#records.set(id, { ...old, slips: old.slips + (since?.slips ?? 0), lastSlipFrame });
    }
    const sum = (old: { count: number; sinceMs: number }, since: { count: number; sinceMs: number }) => ({
      count: old.count + since.count,
      sinceMs: old.sinceMs || since.sinceMs,
    });
    this.#usbLosses = sum(before.usbLosses, this.#usbLosses);
    this.#xruns = sum(before.xruns, this.#xruns);
    return true;
  }

  /** Takes a changed configuration: names, banks, hold and vantage, without touching capture. */
  reconfigure(config: Config): void {
    this.#config = config;
    this.#parts.tell({ kind: 'holdMs', holdMs: config.meter.holdMs });
    if (this.#info !== null) this.#openStream(this.#info);
  }

  release(): void {
    this.#parts.tell({ kind: 'release' });
  }

  take(): void {
    this.#parts.tell({ kind: 'take' });
  }

  /** One message of the capture worker. */
  onMessage(message: FromCapture): void {
    switch (message.kind) {
      case 'state':
        this.#state = message.state;
        this.#stateSinceMs = this.#parts.uptimeMs();
        // Levels of an interface that is not there would be a lie.
        if (!this.#hasLevels()) this.#dropLevels();
        this.#parts.onState?.(message.state);
        return;
      case 'stream':
        this.#rate = null;
        this.#openStream(message.info);
        return;
      case 'rate':
        this.#rate = { ppm: message.ppm, uncertaintyPpm: message.uncertaintyPpm };
        return;
      case 'events':
        if (message.dropped > 0) this.#parts.onDropped?.(message.dropped);
        for (const event of message.events) this.#onEvent(event);
        return;
      case 'evidence':
        for (const item of message.items) this.#watched?.verdicts.take(item);
        return;
      case 'bug':
        // The worker could not go on: a bug is not survived by pretending.
        throw new Error(`capture worker: ${message.stack}`);
      default:
        assertNever(message);
    }
  }

  #hasLevels(): boolean {
    return this.#state.kind === 'running' || this.#state.kind === 'ended';
  }

  #dropLevels(): void {
    this.#board = null;
    this.#rate = null;
    this.#levels = { ...emptyLevelFrame(this.#levels.channels), seq: this.#levels.seq, frame: this.#levels.frame };
  }

  #openStream(info: StreamInfo): void {
    const fresh = isNewStream(this.#info, info);
    this.#info = info;
    this.#infoSinceMs = this.#parts.uptimeMs();
    const map = info.usbId === null ? null : this.#parts.interfaceMap(info.usbId, info.channels);
    this.#plan = planBanks(info, this.#config.banks, map);
    if (fresh) {
      this.#records.clear();
      this.#cleared = null;
      this.#clearDone = false;
    }
    this.#watchBanks(info);
    this.#parts.tell({
      kind: 'banks',
      banks: this.#plan.banks.map((bank) => ({
        id: bank.id,
        columns: Array.from({ length: bank.last - bank.first + 1 }, (_, i) => bank.first - 1 + i),
        copies: bank.kind === 'loopback',
      })),
    });
  }

  /** A new stream counts its frames anew, and so do its verdicts. */
  #watchBanks(info: StreamInfo): void {
    const banks = this.#plan.banks.filter((bank) => bank.kind !== 'loopback');
    const verdicts = new SlipVerdicts({
      rateHz: info.rateHz,
      banks,
      onSlip: (bank, slip) => {
        // The worker tells of exact slips itself, at once.
        if (slip.kind === 'drop')
          this.#onEvent({ kind: 'slip', frame: slip.frame, bank: bank.id, slipKind: slip.kind, frames: slip.frames });
      },
    });
    this.#watched = { verdicts, ids: banks.map((bank) => bank.id) };
  }

  /** Lets the verdicts know how far the stream is, and which banks are digital zero. */
  #advanceVerdicts(frame: BoardFrame): void {
    const watched = this.#watched;
    if (watched === null) return;
    const zero = watched.ids.map((id) => {
      const plan = this.#plan.banks.find((bank) => bank.id === id);
      if (plan === undefined) return false;
      for (let c = plan.first - 1; c < plan.last; c++) if (frame.silence[c] !== 'digitalZero') return false;
      return true;
    });
    watched.verdicts.advance(frame.frame, zero);
  }

  #onEvent(event: CaptureEvent): void {
    const nowMs = this.#parts.uptimeMs();
    switch (event.kind) {
      case 'clip':
        break;
      case 'slip': {
        const record = this.#records.get(event.bank) ?? {
          slips: 0,
          exact: 0,
          firstSlipFrame: event.frame,
          lastSlipFrame: event.frame,
          sinceMs: nowMs,
        };
        record.slips++;
        if (event.slipKind !== 'drop') record.exact++;
        record.lastSlipFrame = event.frame;
        this.#records.set(event.bank, record);
        break;
      }
      case 'usbLoss':
        this.#usbLosses = { count: this.#usbLosses.count + 1, sinceMs: this.#usbLosses.sinceMs || nowMs };
        break;
      case 'xrun':
        this.#watched?.verdicts.gap();
        this.#xruns = { count: this.#xruns.count + 1, sinceMs: this.#xruns.sinceMs || nowMs };
        break;
      default:
        assertNever(event);
    }
    this.#parts.onEvent?.(event);
  }

  /** One turn of the monitor: called by the timer, and by tests. */
  turn(): void {
    const frame = this.#parts.board.take();
    // What the worker published before the interface went is taken, and not shown.
    if (frame !== null && this.#hasLevels()) {
      this.#board = frame;
      this.#levels = frame;
      this.#counts = { frames: frame.frame, xruns: frame.xruns, lostFrames: frame.lostFrames };
      this.#advanceVerdicts(frame);
      for (const listener of this.#levelListeners) listener(frame);
    }
    const nowMs = this.#parts.uptimeMs();
    if (nowMs - this.#lastSnapshotMs >= SNAPSHOT_INTERVAL_MS) {
      this.#lastSnapshotMs = nowMs;
      this.#snapshot = this.#build();
      for (const listener of this.#snapshotListeners) listener(this.#snapshot);
    }
  }

  #bankOf(plan: PlannedBank): Bank {
    const record = this.#records.get(plan.id);
    const verdict = this.#watched?.verdicts.verdicts[this.#watched.ids.indexOf(plan.id)]?.state();
    const heard = verdict?.sync ?? 'unknown';
    // A slip seen for certain stands until as much was heard again as `sync` takes.
    const slipping = heard === 'lock' || (heard !== 'sync' && record !== undefined && record.exact > 0);
    return {
      id: plan.id,
      name: plan.name,
      box: plan.box,
      kind: plan.kind,
      channels: Array.from({ length: plan.last - plan.first + 1 }, (_, i) => plan.first + i),
      first: plan.first,
      last: plan.last,
      sync: slipping ? 'lock' : heard,
      basis: slipping ? 'audio' : (verdict?.basis ?? 'none'),
      vantage: this.#config.capture.vantage,
      ppm: verdict?.ppm ?? null,
      uncertaintyPpm: verdict?.uncertaintyPpm ?? null,
      boundPpm: slipping ? null : (verdict?.boundPpm ?? null),
      observableS: verdict?.observableS ?? 0,
      slips: record?.slips ?? 0,
      slipsPerMinute: verdict?.slipsPerMinute ?? null,
      firstSlipFrame: record?.firstSlipFrame ?? null,
      lastSlipFrame: record?.lastSlipFrame ?? null,
    };
  }

  #channelOf(index: number, info: StreamInfo, board: BoardFrame | null): Channel {
    const c = index - 1;
    const live = board !== null && c < board.channels ? board : null;
    const level = (column: Int32Array | undefined) => dbOrNull(column?.[c] ?? NO_SIGNAL);
    const configured = this.#config.channels.find((channel) => channel.index === index)?.name;
    const clips = live?.clips[c] ?? 0;
    return {
      index,
      name: configured || info.channelNames[c] || `Ch ${index}`,
      bank: this.#plan.banks.find((bank) => index >= bank.first && index <= bank.last)?.id ?? '',
      peakDbfs: level(live?.meterDbX100),
      rmsDbfs: level(live?.rmsDbX100),
      truePeakDbtp: level(live?.truePeakMaxDbX100),
      holdDbfs: level(live?.holdDbX100),
      clips,
      clipped: clips > 0,
      silence: live?.silence[c] ?? 'digitalZero',
    };
  }

  #build(): Snapshot {
    const info = this.#info;
    const state = this.#state;
    const banks = info === null ? [] : this.#plan.banks.map((plan) => this.#bankOf(plan));
    const name = info?.name ?? this.#parts.sourceName;
    const seq = (this.#snapshot as Snapshot | undefined)?.seq ?? 0;
    return {
      product: 'lightkeeper',
      version: this.#parts.version,
      simulated: this.#parts.simulated,
      seq: seq + 1,
      uptimeMs: Math.floor(this.#parts.uptimeMs()),
      capture: {
        state: state.kind,
        source: info?.source ?? 'none',
        name,
        rateHz: info?.rateHz ?? 0,
        channels: info?.channels ?? 0,
        ...this.#counts,
        fault: state.kind === 'absent' || state.kind === 'faulted' ? state.fault : null,
      },
      clock: {
        source: null,
        sync: 'unknown',
        rateErrorPpm: this.#rate?.ppm ?? null,
        uncertaintyPpm: this.#rate?.uncertaintyPpm ?? null,
      },
      banks,
      channels:
        info === null ? [] : Array.from({ length: info.channels }, (_, i) => this.#channelOf(i + 1, info, this.#board)),
      findings: findingsOf({
        capture: state,
        captureSinceMs: Math.floor(this.#stateSinceMs),
        deviceName: name,
        notes: info?.notes ?? [],
        notesSinceMs: Math.floor(this.#infoSinceMs),
        banks,
        slipSinceMs: new Map([...this.#records].map(([id, record]) => [id, Math.floor(record.sinceMs)])),
        usbLosses: { count: this.#usbLosses.count, sinceMs: Math.floor(this.#usbLosses.sinceMs) },
        xruns: { count: this.#xruns.count, sinceMs: Math.floor(this.#xruns.sinceMs) },
        banksGuessed: info !== null && this.#plan.from === 'guess',
      }),
    };
  }
}
