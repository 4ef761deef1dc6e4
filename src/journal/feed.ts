/**
 * Turns what the monitor tells into rows: events with their times, seconds of levels, the clocks once a minute and on
 * every change. Pure: time comes in. Bounded: what is more than a batch may hold is counted, and the count is told.
 */
import type { TimecodeEvent } from '../dsp/ltc.ts';
import type { CaptureState, MonitorEvent } from '../monitor/captureMessages.ts';
import type { LevelFrame } from '../monitor/levels.ts';
import type { Finding, Snapshot } from '../monitor/snapshot.ts';
import type { EndedTake, RunningTake } from '../monitor/takes.ts';
import { levelCode } from './levelCodes.ts';
import type { ClockRow, EventKind, JournalBatch, JournalEvent, LevelSecond, StreamRow, TakeRow } from './shapes.ts';
import { describeEvent } from './words.ts';

/** Events in one batch; more are counted in one `dropped` event. */
export const BATCH_EVENTS = 200;
/** Seconds of levels that wait when nobody fetches batches. */
const WAITING_SECONDS = 900;
const CLOCK_EVERY_MS = 60_000;
const TAKE_EVERY_MS = 10_000;
/** A wall clock that moved by more than this against the monotonic one was set. */
const WALL_JUMP_MS = 1000;

export interface FeedClock {
  readonly uptimeMs: () => number;
  readonly wallMs: () => number;
}

export class JournalFeed {
  readonly #clock: FeedClock;
  #events: JournalEvent[] = [];
  #dropped = 0;
  #levels: LevelSecond[] = [];
  #clocks: ClockRow[] = [];
  #streams: StreamRow[] = [];
  readonly #takes = new Map<string, TakeRow>();
  #second: { second: number; peak: Int8Array; rms: Int8Array } | null = null;
  #stream = 0;
  #streamToTell = false;
  #rateHz = 0;
  /** A frame of the stream and its monotonic time: where the others are counted from. */
  #anchor = { frame: 0, ms: 0 };
  #snapshot: Snapshot | null = null;
  #findings = new Map<string, Finding>();
  #words = new Map<string, string>();
  /** Start of the proof that was told last. */
  #proofMs: number | null = null;
  #lastClockMs = Number.NEGATIVE_INFINITY;
  #lastTakeMs = Number.NEGATIVE_INFINITY;
  #wallOffsetMs: number | null = null;

  constructor(clock: FeedClock) {
    this.#clock = clock;
  }

  /** A stream opened: its row is told with the next snapshot, which knows the names and the banks. */
  onStream(info: { readonly name: string; readonly rateHz: number; readonly channels: number }): void {
    this.#stream++;
    this.#rateHz = info.rateHz;
    this.#anchor = { frame: 0, ms: this.#clock.uptimeMs() };
    this.#streamToTell = true;
    this.#add('stream', 'info', 'all', `${info.name} opened: ${info.channels} channels, ${info.rateHz} Hz.`, 0, {
      ...info,
    });
  }

  onLevels(frame: LevelFrame): void {
    const ms = this.#clock.uptimeMs();
    this.#anchor = { frame: frame.frame, ms };
    const second = Math.floor(ms / 1000);
    if (this.#second !== null && (this.#second.second !== second || this.#second.peak.length !== frame.channels)) {
      this.#closeSecond();
    }
    this.#second ??= {
      second,
      peak: new Int8Array(frame.channels).fill(-128),
      rms: new Int8Array(frame.channels).fill(-128),
    };
    const { peak, rms } = this.#second;
    for (let c = 0; c < frame.channels; c++) {
      const peakCode = levelCode(frame.peakDbX100[c]!);
      const rmsCode = levelCode(frame.rmsDbX100[c]!);
      if (peakCode > peak[c]!) peak[c] = peakCode;
      if (rmsCode > rms[c]!) rms[c] = rmsCode;
    }
  }

  #closeSecond(): void {
    if (this.#second === null) return;
    this.#levels.push(this.#second);
    if (this.#levels.length > WAITING_SECONDS) this.#levels.shift();
    this.#second = null;
  }

  onEvent(event: MonitorEvent): void {
    const { severity, where, text, detail } = describeEvent(event, this.#snapshot);
    this.#add(event.kind, severity, where, text, event.frame, detail);
  }

  onDropped(count: number): void {
    this.#dropped += count;
  }

  onState(state: CaptureState): void {
    const bad = state.kind === 'absent' || state.kind === 'faulted';
    const severity = bad || state.kind === 'stalled' ? 'alarm' : 'info';
    const text = bad ? state.fault.what : `Capture is ${state.kind}.`;
    this.#add('state', severity, 'all', text, -1, { state: state.kind, ...(bad ? { code: state.fault.code } : {}) });
  }

  onTakeStart(take: RunningTake): void {
    this.#takes.set(take.id, take);
    this.#lastTakeMs = this.#clock.uptimeMs();
    this.#add('takeStart', 'info', take.name, `${take.name} begins.`, take.startedFrame, { id: take.id, by: take.by });
  }

  onTakeEnd(take: EndedTake): void {
    this.#takes.set(take.id, take);
    const { word, suspects } = take.verdict;
    this.#add(
      'takeEnd',
      word === 'suspect' ? 'warning' : 'info',
      take.name,
      `${take.name} ends: ${word}.`,
      take.endedFrame,
      {
        id: take.id,
        word,
        suspects,
      },
    );
  }

  /** Something was proven later to have fallen into a take that has ended: its row is written anew. */
  onTakeAmended(take: EndedTake): void {
    this.#takes.set(take.id, take);
  }

  /** A mark by hand or by OSC, to lay the report's times against another recorder's. */
  onMark(name: string, by: string): void {
    this.#add('mark', 'info', by, name, this.#anchor.frame, { by });
  }

  /** Timecode on a channel: where markers by timecode are counted from. */
  onTimecode(event: TimecodeEvent): void {
    const { frame } = event;
    if (event.kind === 'stopped') {
      this.#add('timecode', 'info', 'Timecode', 'Timecode stopped.', frame, { running: false, timecodeS: 0 });
      return;
    }
    const { text, seconds, rate, drop } = event;
    const words = event.kind === 'started' ? 'Timecode runs' : 'Timecode';
    const detail = { running: true, timecode: text, timecodeS: seconds, rate, drop };
    this.#add('timecode', 'info', 'Timecode', `${words}: ${text}, ${rate} frames a second.`, frame, detail);
  }

  /** What the recorder did, or could not do. */
  onRecorder(severity: JournalEvent['severity'], text: string, detail: Record<string, unknown>): void {
    this.#add('recorder', severity, 'Recorder', text, -1, detail);
  }

  onSnapshot(snapshot: Snapshot): void {
    const ms = this.#clock.uptimeMs();
    this.#snapshot = snapshot;
    if (this.#streamToTell && snapshot.channels.length > 0) {
      this.#streamToTell = false;
      this.#streams.push({
        stream: this.#stream,
        ms: this.#anchor.ms,
        name: snapshot.capture.name,
        rateHz: snapshot.capture.rateHz,
        channels: snapshot.capture.channels,
        channelNames: snapshot.channels.map((channel) => channel.name),
        banks: snapshot.banks.map(({ id, name, box, kind, first, last }) => ({ id, name, box, kind, first, last })),
      });
    }
    this.#compareFindings(snapshot);
    const changed = this.#compareWords(snapshot);
    this.#compareProof(snapshot);
    if (snapshot.banks.length > 0 && (changed || ms - this.#lastClockMs >= CLOCK_EVERY_MS)) {
      this.#lastClockMs = ms;
      this.#clocks.push({
        ms,
        ratePpm: snapshot.clock.rateErrorPpm,
        banks: snapshot.banks.map(({ id, sync, basis, ppm, uncertaintyPpm, slips }) => ({
          id,
          sync,
          basis,
          ppm,
          uncertaintyPpm,
          slips,
        })),
      });
    }
    if (snapshot.take !== null && ms - this.#lastTakeMs >= TAKE_EVERY_MS) {
      this.#lastTakeMs = ms;
      this.#takes.set(snapshot.take.id, snapshot.take);
    }
    const offsetMs = this.#clock.wallMs() - ms;
    if (this.#wallOffsetMs !== null && Math.abs(offsetMs - this.#wallOffsetMs) > WALL_JUMP_MS) {
      const byMs = Math.round(offsetMs - this.#wallOffsetMs);
      this.#add('wallClock', 'info', 'all', `The wall clock was set by ${(byMs / 1000).toFixed(1)} s.`, -1, { byMs });
    }
    this.#wallOffsetMs = offsetMs;
  }

  #compareFindings(snapshot: Snapshot): void {
    const now = new Map(snapshot.findings.map((finding) => [`${finding.code}|${finding.where}`, finding]));
    for (const [key, finding] of now) {
      if (this.#findings.has(key)) continue;
      const { code, cause, fix, confidence, sinceMs } = finding;
      this.#add('finding', finding.severity, finding.where, finding.symptom, -1, {
        code,
        cause,
        fix,
        confidence,
        sinceMs,
      });
    }
    for (const [key, finding] of this.#findings) {
      if (now.has(key)) continue;
      this.#add('findingEnd', 'info', finding.where, `No more: ${finding.symptom}`, -1, { code: finding.code });
    }
    this.#findings = now;
  }

  /** A guided proof that has ended is told once. */
  #compareProof({ prove, capture }: Snapshot): void {
    const ended = prove !== null && (prove.state === 'passed' || prove.state === 'failed' || prove.state === 'unclear');
    if (!ended || prove.startedMs === this.#proofMs) return;
    this.#proofMs = prove.startedMs;
    const { state, what, fix, bank, channel, reference, hz, ppm, uncertaintyPpm, boundPpm, seconds, slips } = prove;
    this.#add(
      'proof',
      state === 'failed' ? 'alarm' : state === 'passed' ? 'info' : 'warning',
      bank,
      what,
      capture.frames,
      {
        state,
        fix,
        channel,
        reference,
        hz,
        ppm,
        uncertaintyPpm,
        boundPpm,
        seconds,
        slips,
      },
    );
  }

  /** true: a bank's word is not what it was. */
  #compareWords(snapshot: Snapshot): boolean {
    let changed = false;
    const now = new Map<string, string>(snapshot.banks.map((bank) => [bank.id, bank.sync]));
    for (const bank of snapshot.banks) {
      const before = this.#words.get(bank.id) ?? 'unknown';
      if (before === bank.sync) continue;
      changed = true;
      this.#add(
        'sync',
        bank.sync === 'lock' || bank.sync === 'noLock' ? 'alarm' : 'info',
        bank.id,
        `${bank.name}: ${before} -> ${bank.sync}.`,
        snapshot.capture.frames,
        {
          from: before,
          to: bank.sync,
          basis: bank.basis,
          ppm: bank.ppm,
          uncertaintyPpm: bank.uncertaintyPpm,
          boundPpm: bank.boundPpm,
          observableS: bank.observableS,
          slips: bank.slips,
        },
      );
    }
    this.#words = now;
    return changed;
  }

  #add(
    kind: EventKind,
    severity: JournalEvent['severity'],
    where: string,
    text: string,
    frame: number,
    detail: Record<string, unknown>,
  ): void {
    if (this.#events.length >= BATCH_EVENTS) {
      this.#dropped++;
      return;
    }
    const nowMs = this.#clock.uptimeMs();
    const nowWallMs = this.#clock.wallMs();
    // What is told later than it was happens at its frame: a comb proves earlier slips after later ones.
    const frames =
      kind === 'clip' ||
      kind === 'slip' ||
      kind === 'usbLoss' ||
      kind === 'xrun' ||
      kind === 'clockChange' ||
      kind === 'timecode';
    const agoMs =
      frames && this.#rateHz > 0
        ? Math.max(0, nowMs - this.#anchor.ms - ((frame - this.#anchor.frame) / this.#rateHz) * 1000)
        : 0;
    this.#events.push({
      ms: Math.round(nowMs - agoMs),
      wallMs: Math.round(nowWallMs - agoMs),
      stream: this.#stream,
      frame,
      kind,
      severity,
      where,
      text,
      detail,
    });
  }

  /** What came since the last call, or null: nothing. `last`: the second under way is handed over too. */
  fetch(last = false): JournalBatch | null {
    const ms = this.#clock.uptimeMs();
    if (this.#second !== null && (last || Math.floor(ms / 1000) > this.#second.second)) this.#closeSecond();
    if (this.#dropped > 0) {
      const count = this.#dropped;
      this.#dropped = 0;
      // Room is made: the count is told, whatever else is not.
      if (this.#events.length >= BATCH_EVENTS) this.#events.pop();
      this.#add('dropped', 'warning', 'all', `${count} more events were only counted.`, -1, { count });
    }
    const batch: JournalBatch = {
      ms,
      events: this.#events,
      levels: this.#levels,
      clocks: this.#clocks,
      streams: this.#streams,
      takes: [...this.#takes.values()],
    };
    const rows =
      batch.events.length + batch.levels.length + batch.clocks.length + batch.streams.length + batch.takes.length;
    if (rows === 0) return null;
    this.#events = [];
    this.#levels = [];
    this.#clocks = [];
    this.#streams = [];
    this.#takes.clear();
    return batch;
  }
}
