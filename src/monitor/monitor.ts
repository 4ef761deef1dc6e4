/**
 * The monitor: takes levels from the board and events from the capture worker, owns the Snapshot, and hands both to the views.
 * It knows no device and no page.
 */
import { type CheckKind, heardOf } from '../checks/check.ts';
import { Checks } from '../checks/checks.ts';
import type { Config } from '../config/schema.ts';
import type { InterfaceMap } from '../device/interfaces/interfaceMap.ts';
import type { StreamInfo } from '../device/ports.ts';
import { answerComplaint, type Complaint } from '../diagnosis/complaints.ts';
import { Diagnosis } from '../diagnosis/diagnose.ts';
import { boxOnSheet } from '../diagnosis/rig.ts';
import type { TimecodeEvent } from '../dsp/ltc.ts';
import { METER_SCALES, onScale } from '../dsp/meterScales.ts';
import type { Snippet } from '../evidence/snippet.ts';
import { assertNever, bad, good, type Outcome } from '../fault.ts';
import type { RecorderView } from '../recorder/view.ts';
import { Acknowledgements } from './acknowledgements.ts';
import { type BankPlan, type PlannedBank, planBanks } from './bankPlan.ts';
import type { BoxReference } from './boxReference.ts';
import { cantTell } from './cantTell.ts';
import type { CaptureState, FromCapture, MonitorEvent, ToCapture } from './captureMessages.ts';
import { ChannelWatch, loudnessGroups, meterSection } from './channelWatch.ts';
import type { FromClock, ToClock } from './clockMessages.ts';
import { DeviceWatch } from './deviceWatch.ts';
import { findingsOf } from './findings.ts';
import { ForeignBoard } from './foreign.ts';
import type { MonitorCommands, MonitorView } from './hub.ts';
import type { BoardFrame, LevelBoardReader } from './levelBoard.ts';
import { dbOrNull, emptyLevelFrame, type LevelFrame, NO_SIGNAL } from './levels.ts';
import { LossTally } from './lossTally.ts';
import { type Power, PowerWatch } from './powerWatch.ts';
import { Proofs } from './proofs.ts';
import { RateWatch } from './rateWatch.ts';
import { sessionRateFindings, sessionRateHz } from './sessionRate.ts';
import type { Bank, Channel, Finding, Snapshot, Vantage } from './snapshot.ts';
import { type EndedTake, type RunningTake, type TakeInstant, type TakeOrigin, Takes } from './takes.ts';
import type { BankVerdictState } from './verdict/bankVerdict.ts';
import { SlipVerdicts } from './verdict/slipVerdicts.ts';

/** 30 level frames a second: what an eye follows. */
const LEVEL_INTERVAL_MS = 33;
/** Between two turns while nobody listens to levels, and while nobody looks at all: a wake-up costs more than the turn. */
const IDLE_INTERVAL_MS = 250;
const UNSEEN_INTERVAL_MS = 500;
const SNAPSHOT_INTERVAL_MS = 500;
/** With nobody who looks at them, and no news: what is judged slowly (SYNC, hum, levels) can wait for so long; an event does not. */
const UNSEEN_SNAPSHOT_INTERVAL_MS = 2000;
/** Levels are kept by the second, whoever looks. */
const KEPT_LEVELS_MS = 1000;
/** Who looked will look again within this. */
const LOOKING_MS = 3000;
/**
 * The capture worker turns every 300 ms at least, and while it runs it tells levels each quarter of a second of sound. One that did not turn for
 * this long hangs in a driver, and one that turns and tells nothing hears nothing: nobody watches.
 */
const HUNG_MS = 3000;

export interface MonitorParts {
  readonly config: Config;
  readonly version: string;
  /** Nothing comes from a real input. */
  readonly simulated: boolean;
  /** What was asked for, until a stream tells its own name. */
  readonly sourceName: string;
  readonly board: LevelBoardReader;
  /** Findings of the program itself that stand now. */
  readonly standing?: () => readonly Finding[];
  readonly tell: (command: ToCapture) => void;
  /** To the worker that reads the interface's controls, where there is one. */
  readonly tellClock?: (command: ToClock) => void;
  /** The table's entry for a USB id, or null. */
  readonly interfaceMap: (usbId: string, channels: number) => InterfaceMap | null;
  /** Monotonic milliseconds since the program started. */
  readonly uptimeMs: () => number;
  /** Everything that happened, once: for the journal and the log. */
  readonly onEvent?: (event: MonitorEvent) => void;
  /** What a bank was like around a frame that may be a slip: for the evidence. */
  readonly onSnippet?: (bank: string, snippet: Snippet) => void;
  /** So many more events happened in one turn than are told one by one. */
  readonly onDropped?: (count: number) => void;
  /** Timecode on the channel that the configuration names. */
  readonly onTimecode?: (event: TimecodeEvent) => void;
  readonly onState?: (state: CaptureState) => void;
  /** A stream opened: frames count anew. */
  readonly onStream?: (info: StreamInfo) => void;
  /** Wall clock, ms since 1970; Date.now by default. */
  readonly wallMs?: () => number;
  readonly takes?: Takes;
  /** The guided checks; without it a line check is kept for this run only. */
  readonly checks?: Checks;
  readonly recorder?: () => RecorderView | null;
}

type Judged = Pick<
  BankVerdictState,
  'sync' | 'basis' | 'ppm' | 'uncertaintyPpm' | 'boundPpm' | 'observableS' | 'slipsPerMinute'
>;

interface BankRecord {
  readonly slips: number;
  /** Of them, frames repeated or zeroed. */
  readonly slipsExact: number;
  readonly firstSlipFrame: number;
  readonly lastSlipFrame: number;
  readonly sinceMs: number;
}

/** Analogue inputs run on the interface's own clock, and a loopback on anybody's: no word is said of either. */
const NOT_JUDGED: Judged = {
  sync: 'unknown',
  basis: 'none',
  ppm: null,
  uncertaintyPpm: null,
  boundPpm: null,
  observableS: 0,
  slipsPerMinute: null,
};

function samePorts(a: readonly PlannedBank[], b: readonly PlannedBank[]): boolean {
  const key = (banks: readonly PlannedBank[]) => banks.map((x) => `${x.id} ${x.kind} ${x.first} ${x.last}`).join();
  return key(a) === key(b);
}

/**
 * Another second (`spanMs`) of the clock has begun since. What is to be done in each of them is done in the first turn of each: done so long
 * after the last time, it would now and then leave one out, for timers come late.
 */
function isAnother(spanMs: number, nowMs: number, thenMs: number): boolean {
  return Math.floor(nowMs / spanMs) !== Math.floor(thenMs / spanMs);
}

/** What the verdict is worth from where this box sits: see the table of rigs in the README. */
function seenFrom(vantage: Vantage, verdict: Judged): Judged {
  const unknown = { sync: 'unknown', basis: 'none', ppm: null, uncertaintyPpm: null, boundPpm: null } as const;
  switch (vantage) {
    case 'own':
    case 'mirror':
      return verdict;
    case 'split':
      // An interface that is clocked from the very fibre is always in sync with it: that proves nothing.
      return verdict.sync === 'sync' ? { ...verdict, ...unknown } : verdict;
    case 'resampled':
      return { ...verdict, ...unknown };
    default:
      return assertNever(vantage);
  }
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
  /** Turns of the capture worker as last seen, and when they last changed. */
  #turns = 0;
  #turnedMs = 0;
  #published = 0;
  #publishedMs = 0;
  #hung = false;
  #hungSinceMs = 0;
  #info: StreamInfo | null = null;
  #infoSinceMs = 0;
  #plan: BankPlan = { banks: [], from: 'guess', beyond: [] };
  /** Slips of each bank since the last clear, by id. */
  #records = new Map<string, BankRecord>();
  #verdicts: SlipVerdicts | null = null;
  /** Ids of the banks that are judged, in the order that the worker knows them. */
  #watched: readonly string[] = [];
  readonly #foreign = new ForeignBoard();
  readonly #acknowledged = new Acknowledgements();
  readonly #power = new PowerWatch();
  readonly #channels = new ChannelWatch();
  #usbLosses = { count: 0, sinceMs: 0 };
  #xruns = { count: 0, sinceMs: 0 };
  #board: BoardFrame | null = null;
  #counts = { frames: 0, xruns: 0, lostFrames: 0 };
  /** Lost on USB since the stream began: how often, and how many frames as far as the stamps told. */
  #lostOnUsb = { times: 0, frames: 0 };
  readonly #rate = new RateWatch();
  readonly #losses = new LossTally();
  #levels: LevelFrame = emptyLevelFrame(0);
  #snapshot: Snapshot;
  #takenMs = Number.NEGATIVE_INFINITY;
  #lastSnapshotMs = Number.NEGATIVE_INFINITY;
  #lookedMs = Number.NEGATIVE_INFINITY;
  /** What the capture worker knows of whether somebody looks. */
  #toldSeen = true;
  /** Something happened that the last snapshot does not tell. */
  #news = false;
  #timer: NodeJS.Timeout | null = null;
  #everyMs = 0;
  readonly #diagnosis = new Diagnosis();
  readonly #device = new DeviceWatch(
    (event) => this.#onEvent(event),
    () => this.#instant().frame,
  );
  readonly #takes: Takes;
  readonly #checks: Checks;
  #checkedMs = Number.NEGATIVE_INFINITY;
  readonly #proofs = new Proofs();
  readonly #snapshotListeners = new Set<(snapshot: Snapshot) => void>();
  readonly #takenListeners = new Set<(frame: LevelFrame) => void>();
  #started = false;
  readonly #levelListeners = new Set<(frame: LevelFrame) => void>();

  constructor(parts: MonitorParts) {
    this.#parts = parts;
    this.#config = parts.config;
    this.#takes = parts.takes ?? new Takes();
    this.#checks =
      parts.checks ?? new Checks({ soundcheck: null, onSoundcheck: () => {}, nowIso: () => new Date().toISOString() });
    this.#snapshot = this.#build();
  }

  start(): void {
    this.#started = true;
    this.#pace();
  }

  /** Turns as often as somebody needs it. */
  #pace(): void {
    if (!this.#started) return;
    const looking = this.#looking(this.#parts.uptimeMs());
    if (looking !== this.#toldSeen) {
      this.#toldSeen = looking;
      this.#parts.tell({ kind: 'seen', seen: looking });
    }
    const seen = looking ? IDLE_INTERVAL_MS : UNSEEN_INTERVAL_MS;
    const everyMs = this.#levelListeners.size > 0 ? LEVEL_INTERVAL_MS : seen;
    if (this.#timer !== null && everyMs === this.#everyMs) return;
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#everyMs = everyMs;
    this.#timer = setInterval(() => this.turn(), everyMs);
  }

  stop(): void {
    this.#started = false;
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  snapshot(): Snapshot {
    return this.#snapshot;
  }

  looked(): void {
    this.#lookedMs = this.#parts.uptimeMs();
    if (this.#timer === null) return;
    if (this.#lookedMs - this.#lastSnapshotMs >= SNAPSHOT_INTERVAL_MS) this.turn();
    this.#pace();
  }

  levels(): LevelFrame {
    this.#freshLevels();
    return this.#levels;
  }

  /** With nobody listening the board is left alone, where maxima add up: who asks gets what stands there now. */
  #freshLevels(): void {
    if (this.#levelListeners.size === 0 && this.#parts.uptimeMs() - this.#takenMs >= LEVEL_INTERVAL_MS)
      this.#takeLevels();
  }

  onSnapshot(listener: (snapshot: Snapshot) => void): () => void {
    this.#snapshotListeners.add(listener);
    return () => this.#snapshotListeners.delete(listener);
  }

  onLevels(listener: (frame: LevelFrame) => void): () => void {
    this.#levelListeners.add(listener);
    if (this.#levelListeners.size === 1) this.#pace();
    return () => {
      if (this.#levelListeners.delete(listener) && this.#levelListeners.size === 0) this.#pace();
    };
  }

  /**
   * Each level frame that is taken from the board, for whatever reason: at least one before each snapshot, with the maxima
   * since the one before. For who keeps levels and need not be quick. Returns its disposer.
   */
  onLevelsTaken(listener: (frame: LevelFrame) => void): () => void {
    this.#takenListeners.add(listener);
    return () => this.#takenListeners.delete(listener);
  }

  clear(channels?: readonly number[]): void {
    this.#parts.tell({ kind: 'clear', channels: channels ?? null });
    this.#clearDone = true;
    this.#cleared = null;
    if (channels !== undefined) return;
    this.#cleared = { records: this.#records, usbLosses: this.#usbLosses, xruns: this.#xruns };
    this.#records = new Map();
    this.#usbLosses = { count: 0, sinceMs: 0 };
    this.#xruns = { count: 0, sinceMs: 0 };
    this.#device.clear();
    this.#rate.clear();
    this.#power.clear(this.#parts.uptimeMs());
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
      const slips = old.slips + (since?.slips ?? 0);
      const slipsExact = old.slipsExact + (since?.slipsExact ?? 0);
      this.#records.set(id, { ...old, slips, slipsExact, lastSlipFrame });
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
    this.#parts.tell({ kind: 'clipRun', clipRun: config.meter.clipRun });
    this.#parts.tell({ kind: 'holdMs', holdMs: config.meter.holdMs });
    this.#parts.tell({ kind: 'movement', movement: METER_SCALES[config.meter.ballistic].movement });
    this.#tellTimecodeChannel();
    if (this.#info !== null) this.#openStream(this.#info, false);
  }

  /** Takes note of findings with this code that stand now, at one place or at all: they stay listed, quiet. */
  acknowledge(code: string, where: string | null): Outcome<null> {
    const noted = this.#acknowledged.acknowledge(code, where, this.#parts.uptimeMs());
    // Shown with the next turn, not half a second later.
    if (noted.ok) this.#lastSnapshotMs = Number.NEGATIVE_INFINITY;
    return noted;
  }

  /** A reading of the box's own power; null: not known here. */
  onPower(reading: Power | null): void {
    if (reading !== null) this.#news = true;
    this.#power.take(reading, this.#parts.uptimeMs());
  }

  /** What is known of this box's own crystal. */
  onReference(reference: BoxReference): void {
    this.#rate.onReference(reference);
  }

  release(): void {
    this.#parts.tell({ kind: 'release' });
  }

  take(): void {
    this.#parts.tell({ kind: 'take' });
  }

  /** Begins a take, `agoMs` before now; null or an empty name: `Take n`. */
  startTake(name: string | null, by: TakeOrigin, agoMs = 0): Outcome<RunningTake> {
    const { frame, uptimeMs, wallMs } = this.#instant();
    // Never before the stream: frames count from its start.
    const back = Math.min(agoMs, (frame / (this.#info?.rateHz ?? 48_000)) * 1000);
    const since = {
      frame: frame - Math.round((back / 1000) * (this.#info?.rateHz ?? 48_000)),
      uptimeMs: uptimeMs - back,
    };
    return this.#takes.start(name, by, { ...since, wallMs: wallMs - back });
  }

  endTake(): Outcome<EndedTake> {
    return this.#takes.end(this.#instant());
  }

  get takeRuns(): boolean {
    return this.#takes.running;
  }

  /** Now, by the frames that were captured so far: while nobody looks they are counted here once a second only. */
  #instant(): TakeInstant {
    this.#freshLevels();
    return {
      frame: this.#counts.frames,
      uptimeMs: this.#parts.uptimeMs(),
      wallMs: (this.#parts.wallMs ?? Date.now)(),
    };
  }

  /** One message of the capture worker. */
  onMessage(message: FromCapture): void {
    switch (message.kind) {
      case 'state':
        this.#news = true;
        this.#state = message.state;
        this.#stateSinceMs = this.#parts.uptimeMs();
        this.#parts.tellClock?.({ kind: 'streaming', on: message.state.kind === 'running' });
        // Levels of an interface that is not there would be a lie.
        if (!this.#hasLevels()) {
          this.#dropLevels();
          this.#proofs.interrupt();
        }
        this.#takes.onWatching(message.state.kind === 'running', this.#stateSinceMs);
        this.#tellHiddenLosses();
        this.#parts.onState?.(message.state);
        return;
      case 'stream':
        this.#news = true;
        this.#rate.streamOpened(message.info.rateHz, message.info.source === 'alsa');
        this.#losses.open(message.info.rateHz);
        this.#device.streamOpened(this.#parts.uptimeMs());
        if (message.info.ctl != null)
          this.#parts.tellClock?.({ kind: 'card', ctl: message.info.ctl, usbId: message.info.usbId });
        this.#takes.onStream(message.info.rateHz, message.info.channels, this.#parts.uptimeMs());
        this.#openStream(message.info, true);
        this.#parts.onStream?.(message.info);
        return;
      case 'rate':
        this.#rate.take(message, this.#parts.uptimeMs());
        this.#tellHiddenLosses();
        return;
      case 'slips':
        for (const evidence of message.evidence) {
          // What a trial would have shown changes no alarm.
          if (evidence.kind !== 'trial') this.#news = true;
          this.#verdicts?.take(evidence);
        }
        this.#verdicts?.advance(message.frame, message.digitalZero);
        return;
      case 'snippet': {
        const bank = this.#watched[message.snippet.bank];
        if (bank !== undefined) this.#parts.onSnippet?.(bank, message.snippet);
        return;
      }
      case 'timecode':
        this.#parts.onTimecode?.(message.event);
        return;
      case 'foreign': {
        this.#news = true;
        const before = this.#foreign.noSound();
        this.#foreign.take(message.readings, this.#parts.uptimeMs());
        const after = this.#foreign.noSound();
        // What was heard before the data says nothing of the clock behind it.
        this.#watched.forEach((id, b) => {
          if (before.has(id) !== after.has(id)) this.#verdicts?.verdicts[b]?.gap();
        });
        return;
      }
      case 'proof': {
        const ended = this.#proofs.take(message.reading, this.#parts.uptimeMs());
        if (ended !== null) this.#verdicts?.verdicts[this.#watched.indexOf(ended.bank)]?.setProof(ended.result);
        // Shown with the next turn, not half a second later.
        this.#lastSnapshotMs = Number.NEGATIVE_INFINITY;
        return;
      }
      case 'readings':
        this.#channels.take(message.readings);
        return;
      case 'events':
        if (message.dropped > 0) {
          this.#parts.onDropped?.(message.dropped);
          this.#takes.onDropped(message.dropped);
        }
        for (const event of message.events) this.#onEvent(event);
        return;
      case 'bug':
        // The worker could not go on: a bug is not survived by pretending.
        throw new Error(`capture worker: ${message.stack}`);
      default:
        assertNever(message);
    }
  }

  /** One message of the clock worker. */
  onClock(message: FromClock): void {
    if (message.kind === 'bug') throw new Error(`clock worker: ${message.stack}`);
    const rerouted = this.#device.take(message, this.#parts.uptimeMs());
    if (rerouted && this.#info !== null) this.#openStream(this.#info, false);
    // What the controls tell does not wait for the next turn.
    if (message.kind !== 'alive' && this.#timer !== null) this.turn();
  }

  #hasLevels(): boolean {
    return !this.#hung && (this.#state.kind === 'running' || this.#state.kind === 'ended');
  }

  /** A worker that hangs can't say so: its turns tell, and its levels. What it said last is no word about now. */
  #watchWorker(nowMs: number): void {
    const turns = this.#parts.board.turns();
    if (turns !== this.#turns) {
      this.#turns = turns;
      this.#turnedMs = nowMs;
    }
    const published = this.#parts.board.published();
    if (published !== this.#published) {
      this.#published = published;
      this.#publishedMs = nowMs;
    }
    const toldMs = Math.max(Math.min(this.#turnedMs, this.#publishedMs), this.#stateSinceMs);
    const hung = this.#state.kind === 'running' && nowMs - toldMs > HUNG_MS;
    if (hung === this.#hung) return;
    this.#news = true;
    this.#hung = hung;
    this.#hungSinceMs = nowMs;
    this.#takes.onWatching(this.#state.kind === 'running' && !hung, nowMs);
    if (hung) this.#dropLevels();
    this.#tellHiddenLosses();
    if (!hung) return;
    this.#proofs.interrupt();
    this.#verdicts?.gap();
  }

  /** Time in which nothing is captured counts as not watched, and not as this. */
  #tellHiddenLosses(): void {
    this.#takes.onLossesHidden(this.#hasLevels() && this.#rate.hidesLosses, this.#parts.uptimeMs());
  }

  #dropLevels(): void {
    this.#board = null;
    this.#channels.drop();
    this.#rate.drop();
    this.#foreign.open(this.#watched);
    this.#levels = { ...emptyLevelFrame(this.#levels.channels), seq: this.#levels.seq, frame: this.#levels.frame };
  }

  #tellTimecodeChannel(): void {
    const { timecodeChannel } = this.#config.takes;
    this.#parts.tell({ kind: 'timecode', column: timecodeChannel === null ? null : timecodeChannel - 1 });
  }

  /** `fresh`: a stream has just opened; else the configuration changed under it. */
  #openStream(info: StreamInfo, fresh: boolean): void {
    this.#info = info;
    this.#infoSinceMs = this.#parts.uptimeMs();
    const map = info.usbId === null ? null : this.#parts.interfaceMap(info.usbId, info.channels);
    const before = this.#plan;
    this.#plan = planBanks(info, this.#config.banks, map, this.#device.routedPorts(info.channels));
    const groups = loudnessGroups(this.#config, this.#plan.banks);
    this.#channels.configure(this.#config, groups);
    if (fresh) this.#channels.open(info.channels, this.#parts.uptimeMs());
    this.#tellTimecodeChannel();
    this.#parts.tell({ kind: 'loudness', groups: groups.map((group) => group.channels.map((channel) => channel - 1)) });
    if (fresh) {
      // Frames count from the stream's start, and so do slips.
      this.#records.clear();
      this.#lostOnUsb = { times: 0, frames: 0 };
      this.#cleared = null;
      this.#clearDone = false;
    } else if (samePorts(before.banks, this.#plan.banks)) {
      // Names may have changed: what was heard so far still holds.
      return;
    }
    this.endProof();
    // A loopback carries copies of other banks: it proves nothing, for or against.
    this.#watched = this.#plan.banks.filter((bank) => bank.kind !== 'loopback').map((bank) => bank.id);
    this.#foreign.open(this.#watched);
    this.#verdicts = new SlipVerdicts({
      rateHz: info.rateHz,
      banks: this.#plan.banks.filter((bank) => bank.kind !== 'loopback'),
      onSlip: (bank, slip) =>
        this.#onEvent({ kind: 'slip', frame: slip.frame, bank: bank.id, slipKind: slip.kind, frames: slip.frames }),
      onLoss: (frame) => this.#onEvent({ kind: 'usbLoss', frame, frames: null }),
    });
    this.#parts.tell({
      kind: 'banks',
      banks: this.#plan.banks
        .filter((bank) => this.#watched.includes(bank.id))
        .map((bank) => ({
          id: bank.id,
          columns: Array.from({ length: bank.last - bank.first + 1 }, (_, i) => bank.first - 1 + i),
          digital: bank.kind !== 'analogue',
        })),
    });
  }

  #onEvent(event: MonitorEvent): void {
    this.#news = true;
    const nowMs = this.#parts.uptimeMs();
    switch (event.kind) {
      case 'clip':
        break;
      case 'slip': {
        const record = this.#records.get(event.bank);
        // A comb proves earlier slips after later ones.
        this.#records.set(event.bank, {
          slips: (record?.slips ?? 0) + 1,
          slipsExact: (record?.slipsExact ?? 0) + (event.slipKind === 'drop' ? 0 : 1),
          firstSlipFrame: Math.min(event.frame, record?.firstSlipFrame ?? event.frame),
          lastSlipFrame: Math.max(event.frame, record?.lastSlipFrame ?? event.frame),
          sinceMs: record?.sinceMs ?? nowMs,
        });
        break;
      }
      case 'usbLoss':
        this.#lostOnUsb.frames += event.frames ?? 0;
        if (!this.#losses.isNew(event)) return;
        this.#lostOnUsb.times++;
        this.#usbLosses = { count: this.#usbLosses.count + 1, sinceMs: this.#usbLosses.sinceMs || nowMs };
        this.#revokeProofs('device');
        break;
      case 'xrun':
        this.#xruns = { count: this.#xruns.count + 1, sinceMs: this.#xruns.sinceMs || nowMs };
        this.#verdicts?.gap();
        break;
      case 'clockChange':
        this.#rate.onChange(event, nowMs);
        this.#revokeProofs('device');
        break;
      case 'clockSource':
        this.#revokeProofs('device');
        break;
      case 'portLock':
        if (event.lock === 'noLock' || event.lock === 'lock') this.#revokeProofs(event.port);
        break;
      case 'inputSwitch':
        break;
      default:
        assertNever(event);
    }
    this.#takes.onEvent(event);
    this.#parts.onEvent?.(event);
  }

  /** The clocks of a port, or of all (`device`), are not what they were. */
  #revokeProofs(port: string): void {
    this.#watched.forEach((id, b) => {
      if (port === 'device' || port === id) this.#verdicts?.verdicts[b]?.revokeProof();
    });
  }

  /** What the worker has published since the last time, to who listens. */
  #takeLevels(): void {
    this.#takenMs = this.#parts.uptimeMs();
    const frame = this.#parts.board.take();
    // What the worker published before the interface went is taken, and not shown.
    if (frame === null || !this.#hasLevels()) return;
    this.#board = frame;
    this.#levels = frame;
    this.#channels.look(frame.silence, this.#takenMs);
    this.#channels.truePeaks(frame.truePeakMaxDbX100);
    this.#counts = { frames: frame.frame, xruns: frame.xruns, lostFrames: frame.lostFrames };
    for (const listener of this.#takenListeners) listener(frame);
    for (const listener of this.#levelListeners) listener(frame);
  }

  /** One turn of the monitor: called by the timer, and by tests. */
  turn(): void {
    const nowMs = this.#parts.uptimeMs();
    this.#watchWorker(nowMs);
    // What the device tells is shown at once: calmed, it changes at most twice a second a port.
    const snapshotDue = this.#device.turn(nowMs) || this.#snapshotDue(nowMs);
    const levelsDue = this.#takenListeners.size > 0 && isAnother(KEPT_LEVELS_MS, nowMs, this.#takenMs);
    if (snapshotDue || levelsDue || this.#levelListeners.size > 0) this.#takeLevels();
    if (snapshotDue) {
      this.#lastSnapshotMs = nowMs;
      this.#news = false;
      this.#snapshot = this.#build();
      for (const listener of this.#snapshotListeners) listener(this.#snapshot);
      this.#beginCheckProof();
    }
    if (this.#timer !== null) this.#pace();
  }

  /** A check or a proof that runs has somebody before it. */
  #looking(nowMs: number): boolean {
    return (
      this.#levelListeners.size > 0 ||
      nowMs - this.#lookedMs < LOOKING_MS ||
      this.#checks.running ||
      this.#proofs.running !== null
    );
  }

  /** While nobody looks it is made in a turn in which levels are taken anyway. */
  #snapshotDue(nowMs: number): boolean {
    return this.#news || this.#looking(nowMs)
      ? nowMs - this.#lastSnapshotMs >= SNAPSHOT_INTERVAL_MS
      : isAnother(UNSEEN_SNAPSHOT_INTERVAL_MS, nowMs, this.#lastSnapshotMs);
  }

  #bankOf(plan: PlannedBank): Bank {
    const { vantage } = this.#config.capture;
    const record = this.#records.get(plan.id);
    const judge = this.#verdicts?.verdicts[this.#watched.indexOf(plan.id)];
    judge?.setDevice(this.#device.wordOf(plan, this.#plan.banks));
    const verdict = judge?.state();
    // While nothing is captured nobody watches: the last word would be a claim about now.
    const watching = this.#hasLevels() && plan.kind !== 'analogue';
    // Data that is no sound shows no slips; a port that gives hash is no port in sync, whatever its control says.
    const noSound = this.#foreign.noSound().has(plan.id);
    const untold = verdict?.sync === 'sync' && noSound;
    const proof = watching ? (judge?.proof ?? null) : null;
    const judged = watching && verdict !== undefined && !untold ? seenFrom(vantage, verdict) : NOT_JUDGED;
    const channels = Array.from({ length: plan.last - plan.first + 1 }, (_, i) => plan.first + i);
    const plays = channels.some((index) => this.#board?.silence[index - 1] === 'none');
    return {
      id: plan.id,
      name: plan.name,
      box: plan.box ?? boxOnSheet(this.#config.patch ?? null, plan.id),
      kind: plan.kind,
      channels,
      first: plan.first,
      last: plan.last,
      sync: judged.sync,
      basis: judged.basis,
      vantage,
      ppm: judged.ppm,
      uncertaintyPpm: judged.uncertaintyPpm,
      boundPpm: judged.boundPpm,
      observableS: Math.round(judged.observableS * 10) / 10,
      cantTell:
        judged.sync === 'unknown'
          ? cantTell({ verdict: watching ? (verdict ?? null) : null, vantage, noSound, plays })
          : null,
      proof:
        proof === null
          ? null
          : {
              passed: proof.passed,
              ppm: proof.ppm,
              uncertaintyPpm: proof.uncertaintyPpm,
              boundPpm: proof.boundPpm,
              ageS: Math.max(0, Math.floor((this.#parts.uptimeMs() - proof.atMs) / 1000)),
            },
      slips: record?.slips ?? 0,
      slipsExact: record?.slipsExact ?? 0,
      slipsPerMinute: judged.slipsPerMinute,
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
      peakDbfs: level(live?.peakMeterDbX100),
      meterDb: dbOrNull(onScale(live?.meterDbX100[c] ?? NO_SIGNAL, METER_SCALES[this.#config.meter.ballistic])),
      rmsDbfs: level(live?.rmsDbX100),
      truePeakDbtp: level(live?.truePeakMaxDbX100),
      holdDbfs: level(live?.holdDbX100),
      clips,
      clipped: clips > 0,
      silence: live?.silence[c] ?? 'digitalZero',
      ...this.#channels.channel(index, this.#parts.uptimeMs()),
    };
  }

  /** What to say to a person who complains. */
  answer(complaint: Complaint): Finding[] {
    const { rig } = this.#diagnosis;
    return rig === null ? [] : answerComplaint(complaint, this.#snapshot.findings, rig);
  }

  /** Begins the guided proof of a bank; one that runs is given up. */
  startProof(id: string): Outcome<null> {
    const bank = this.#plan.banks.find((one) => one.id === id);
    const { vantage } = this.#config.capture;
    if (bank === undefined)
      return bad('prove-no-bank', `There is no bank ${id}.`, 'See GET /api/status for the banks there are.');
    if (bank.kind === 'analogue' || bank.kind === 'loopback')
      return bad(
        'prove-not-digital',
        `${bank.name} has no clock but the interface's own: there is nothing to prove.`,
        'Choose a digital port.',
      );
    if (!this.#hasLevels() || this.#state.kind !== 'running')
      return bad('prove-not-watching', 'Nothing is captured now.', 'Begin the proof once frames arrive.');
    if (vantage === 'split' || vantage === 'resampled')
      return bad(
        'prove-vantage',
        'From where this box sits a tone proves nothing: it follows any clock.',
        "Put the interface's own cable on it, or clock the tap from the DAW's interface (capture.vantage).",
      );
    this.#proofs.begin(bank, this.#parts.uptimeMs());
    const columns = (banks: readonly PlannedBank[]) =>
      banks.flatMap(({ first, last }) => Array.from({ length: last - first + 1 }, (_, i) => first - 1 + i));
    this.#parts.tell({
      kind: 'prove',
      columns: columns([bank]),
      // A loopback that carries the bank itself is found out by its noise.
      references: columns(this.#plan.banks.filter(({ kind }) => kind === 'analogue' || kind === 'loopback')),
    });
    this.#snapshotNow();
    return good(null);
  }

  /** Gives up the proof that runs. */
  endProof(): void {
    if (this.#proofs.running === null) return;
    this.#proofs.giveUp();
    this.#parts.tell({ kind: 'endProof' });
    this.#lastSnapshotMs = Number.NEGATIVE_INFINITY;
  }

  /** Begins a guided check; one that runs is given up. */
  startCheck(kind: CheckKind): void {
    this.#endCheckProof();
    const inUse = this.#snapshot.banks.filter(
      (bank) =>
        bank.kind !== 'analogue' &&
        bank.kind !== 'loopback' &&
        (bank.box !== null || bank.channels.some((c) => this.#snapshot.channels[c - 1]?.silence !== 'digitalZero')),
    );
    this.#checks.start(kind, this.#countedOn(), this.#parts.uptimeMs(), inUse);
    this.#snapshotNow();
  }

  /** Goes on to the next step of the check that runs. false: none runs. */
  nextCheck(): boolean {
    const went = this.#checks.next();
    if (went) this.#snapshotNow();
    return went;
  }

  endCheck(): void {
    this.#endCheckProof();
    this.#checks.end();
    this.#snapshotNow();
  }

  /** A proof that a check asked for ends with it. */
  #endCheckProof(): void {
    const { wantsProof } = this.#checks;
    if (wantsProof !== null && wantsProof === this.#proofs.running) this.endProof();
  }

  /** The proof that a check waits for begins, and one that it has gone past ends. */
  #beginCheckProof(): void {
    const wanted = this.#checks.wantsProof;
    if (wanted === null || wanted === this.#proofs.running) return;
    // Where it can't be done the check goes on.
    if (!this.startProof(wanted).ok) this.#checks.next();
  }

  /** Channels on the sheet, else those with a name, in that order. */
  #countedOn(): { channel: number; name: string }[] {
    const { channels } = this.#snapshot;
    const sheet = (this.#config.patch?.inputs ?? []).map((input) => input.channel);
    const wanted =
      sheet.length > 0 ? sheet : this.#config.channels.filter(({ name }) => name !== '').map((c) => c.index);
    return [...new Set(wanted)].flatMap((index) => {
      const channel = channels.find((one) => one.index === index);
      return channel === undefined ? [] : [{ channel: index, name: channel.name }];
    });
  }

  #snapshotNow(): void {
    this.#snapshot = this.#build();
    for (const listener of this.#snapshotListeners) listener(this.#snapshot);
  }

  #turnChecks(channels: readonly Channel[]): void {
    const nowMs = this.#parts.uptimeMs();
    if (!this.#hasLevels() || nowMs - this.#checkedMs < SNAPSHOT_INTERVAL_MS) return;
    this.#checkedMs = nowMs;
    this.#checks.turn(channels.map(heardOf), nowMs, this.#proofs.view);
  }

  #build(): Snapshot {
    const info = this.#info;
    const state: CaptureState = this.#hung ? { kind: 'stalled' } : this.#state;
    const banks = info === null ? [] : this.#plan.banks.map((plan) => this.#bankOf(plan));
    const name = info?.name ?? this.#parts.sourceName;
    const channels =
      info === null ? [] : Array.from({ length: info.channels }, (_, i) => this.#channelOf(i + 1, info, this.#board));
    const seq = (this.#snapshot as Snapshot | undefined)?.seq ?? 0;
    const silent = (c: number) => this.#board?.silence[c - 1] === 'digitalZero';
    this.#takes.onBanks(
      banks
        .filter((bank) => bank.kind !== 'analogue' && bank.kind !== 'loopback' && !bank.channels.every(silent))
        .map((bank) => ({ id: bank.id, told: bank.sync !== 'unknown' })),
    );
    const known: Omit<Snapshot, 'findings'> = {
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
        sessionRateHz: sessionRateHz(this.#config),
        channels: info?.channels ?? 0,
        ...this.#counts,
        usbLosses: this.#lostOnUsb.times,
        lostFrames: this.#counts.lostFrames + this.#lostOnUsb.frames,
        fault: state.kind === 'absent' || state.kind === 'faulted' ? state.fault : null,
      },
      clock: {
        ...this.#device.clock(this.#hasLevels()),
        ...this.#rate.words(),
      },
      inputs: this.#device.inputs(this.#plan.banks),
      banks,
      meter: meterSection(this.#config.meter),
      channels,
      loudness: this.#channels.loudness(),
      prove: this.#proofs.view,
      foreign: this.#foreign.entries(),
      power: this.#power.state(),
      recorder: this.#parts.recorder?.() ?? null,
      ...this.#takes.view(this.#parts.uptimeMs()),
    };
    this.#turnChecks(known.channels);
    const check = this.#checks.view();
    const soundcheck = this.#checks.soundcheck(
      (index) => known.channels.find((channel) => channel.index === index)?.name ?? `Ch ${index}`,
    );
    const found = findingsOf({
      standing: [
        ...(this.#parts.standing?.() ?? []),
        ...this.#power.findings(),
        ...sessionRateFindings(sessionRateHz(this.#config), info?.rateHz ?? 0, name, Math.floor(this.#infoSinceMs)),
        ...this.#foreign.findings(banks, info?.rateHz ?? 0),
      ],
      capture: state,
      captureSinceMs: Math.floor(this.#hung ? this.#hungSinceMs : this.#stateSinceMs),
      deviceName: name,
      notes: info?.notes ?? [],
      notesSinceMs: Math.floor(this.#infoSinceMs),
      banks,
      slipSinceMs: new Map([...this.#records].map(([id, record]) => [id, Math.floor(record.sinceMs)])),
      usbLosses: { count: this.#usbLosses.count, sinceMs: Math.floor(this.#usbLosses.sinceMs) },
      xruns: { count: this.#xruns.count, sinceMs: Math.floor(this.#xruns.sinceMs) },
      banksGuessed: info !== null && this.#plan.from === 'guess',
      beyond: info === null ? [] : this.#plan.beyond,
      channels: info?.channels ?? 0,
      more: [
        ...this.#device.findings({ deviceName: name, banks }),
        ...this.#rate.findings({ deviceName: name, ...this.#device.clockContext }),
      ],
    });
    const sheet = this.#config.patch ?? null;
    const routing = this.#device.routing;
    const findings = this.#diagnosis.judge(
      { snapshot: known, sheet, routing, found, everRan: info !== null },
      this.#parts.uptimeMs(),
    );
    return {
      ...known,
      ...(check === null ? {} : { check }),
      ...(soundcheck === null ? {} : { soundcheck }),
      findings: this.#acknowledged.mark(findings, this.#parts.uptimeMs()),
    };
  }
}
