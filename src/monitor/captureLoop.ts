/**
 * The loop of the capture worker: wait (bounded) -> read -> kernels -> publish. It allocates nothing per period but what it
 * posts, and never waits for the main thread.
 */
import {
  blockFrames,
  type CaptureRead,
  type CaptureSource,
  type CaptureStream,
  type StreamInfo,
} from '../device/ports.ts';
import { blankForeign, ForeignWatch } from '../dsp/foreignWatch.ts';
import type { LoudnessKernel } from '../dsp/loudnessKernel.ts';
import { LtcReader } from '../dsp/ltc.ts';
import { MAX_BLOCK_FRAMES, type MeterKernel, type MeterKernelOptions } from '../dsp/meterKernel.ts';
import type { Movement } from '../dsp/meterScales.ts';
import { ProofMeter } from '../dsp/proof/proofMeter.ts';
import type { SlipEvidence } from '../dsp/slip/evidence.ts';
import { SlipDetector } from '../dsp/slip/slipDetector.ts';
import type { SlipKernel, SlipKernelOptions } from '../dsp/slip/slipKernel.ts';
import { SnippetCutter, snippetRingFrames } from '../evidence/snippetCutter.ts';
import { assertNever, type Fault } from '../fault.ts';
import type { RingWriter } from '../recorder/ring.ts';
import { ArrivalWatch, LONGEST_WATCH_NS, NARROW_NS } from './arrivalWatch.ts';
import type { CaptureEvent, CaptureState, FromCapture, ToCapture, WorkerBank } from './captureMessages.ts';
import type { LevelBoardWriter } from './levelBoard.ts';
import { LiveMeters } from './liveMeters.ts';
import { MICROFRAMES_PER_S, RateEstimate } from './rateEstimate.ts';
import { isWeak } from './verdict/bankVerdict.ts';
import { wakePeriods } from './wakePeriods.ts';

/**
 * Longest wait inside one turn: commands and the watchdog see a turn at least this often. Longer than any wait is for, or the end of the wait
 * would be stamped, and not what arrived.
 */
const WAIT_MS = 300;
/** Between two looks for commands, while there is nothing to wait for. */
const REST_MS = 50;
/** No frames for this long while the device is open: stalled. */
const STALL_MS = 1000;
/** Opening is tried again after these pauses, the last for ever. */
const BACK_OFF_MS: readonly number[] = [250, 500, 1000, 2000];
/** The rate is told this often, of frames: with what else is told once a second, so that the main thread wakes once for all. */
const RATE_EVERY_S = 1;
/** And while nobody looks: the snapshot is made each two seconds then. */
const UNSEEN_RATE_EVERY_S = 2;
/** Events posted in one turn; more are only counted. */
const MAX_EVENTS = 64;
/** What was found is told this often at most; that nothing was, less often, and while nobody looks with all else that is told once a second. */
const REPORTS_PER_S = 10;
const QUIET_REPORTS_PER_S = 2;
const UNSEEN_REPORTS_PER_S = 1;
/** A buffer that is full to a quarter: capture is behind, and the search for dropped frames, which is half of its work, can wait. */
const HURRY_PART = 4;
const PROOF_REPORTS_PER_S = 4;
/** While nobody looks, levels of so much sound are told at least, however far capture is behind: more than a wake-up brings. */
const UNSEEN_LEVELS_PER_S = 4;

export interface CaptureLoopParts {
  readonly source: CaptureSource;
  readonly board: LevelBoardWriter;
  readonly createMeter: (options: MeterKernelOptions) => MeterKernel;
  readonly createLoudnessKernel: (options: {
    readonly channels: number;
    readonly maxFrames: number;
    readonly rateHz: number;
  }) => LoudnessKernel;
  readonly createSlipKernel: (options: SlipKernelOptions) => SlipKernel;
  readonly post: (message: FromCapture) => void;
  readonly takeCommand: () => ToCapture | undefined;
  readonly sleepMs: (ms: number) => void;
  /** Monotonic. */
  readonly nowMs: () => number;
  readonly clipRun: number;
  readonly holdMs: number;
  /** How the main meter moves at first. */
  readonly movement: Movement;
  /** false: give up when the first opening fails. */
  readonly retry: boolean;
  /** For the recorder: a copy of each block, and nothing else. */
  readonly ring?: RingWriter;
  /** Called once a second of a running stream, when the work on a block is done. */
  readonly lookAtHeap?: () => void;
}

/** What belongs to one opened stream. */
interface OpenStream {
  readonly stream: CaptureStream;
  meters: LiveMeters;
  readonly ltc: LtcReader;
  slips: SlipDetector | null;
  foreign: ForeignWatch | null;
  readonly snippets: SnippetCutter;
  /** The guided proof that runs. */
  proof: ProofMeter | null;
  proofToldFrames: number;
  banks: readonly WorkerBank[];
  /** For each bank: every block since the last report was digital zero. */
  digitalZero: boolean[];
  evidence: SlipEvidence[];
  reportedFrames: number;
  /** Frames that went through the meters. */
  frames: number;
  /** Frames of the next block that stand in the kernel's input already. */
  filled: number;
  /** The kernel's input from each period's place on, so that a block can be read a period at a time. */
  places: Places | null;
  xruns: number;
  lostFrames: number;
  lastFramesMs: number;
  /** null: a file has no clock of its own. */
  readonly rate: RateEstimate | null;
  readonly arrivals: ArrivalWatch;
  rateToldFrames: number;
  levelsToldFrames: number;
  wakeChosenFrames: number;
  readonly openedMs: number;
  wakePeriods: number;
}

interface Places {
  readonly kernel: MeterKernel;
  readonly byPeriod: readonly Int32Array[];
}

export class CaptureLoop {
  readonly #parts: CaptureLoopParts;
  #open: OpenStream | null = null;
  #state: CaptureState = { kind: 'opening' };
  #holdMs: number;
  #movement: Movement;
  #clipRun: number;
  #groups: readonly (readonly number[])[] = [];
  #timecodeColumn: number | null = null;
  #seen = true;
  #failures = 0;
  #tryAgainMs = 0;
  #stopped = false;
  #everRan = false;
  #events: CaptureEvent[] = [];
  #droppedEvents = 0;

  constructor(parts: CaptureLoopParts) {
    this.#parts = parts;
    this.#holdMs = parts.holdMs;
    this.#movement = parts.movement;
    this.#clipRun = parts.clipRun;
  }

  /** Turns until told to stop. */
  run(): void {
    this.#setState({ kind: 'opening' });
    while (!this.#stopped) this.turn();
    this.#close();
  }

  /** Was told to stop. */
  get stopped(): boolean {
    return this.#stopped;
  }

  /** One turn: commands, then at most one period. */
  turn(): void {
    for (let command = this.#parts.takeCommand(); command !== undefined; command = this.#parts.takeCommand()) {
      this.#obey(command);
    }
    switch (this.#state.kind) {
      case 'opening':
      case 'absent':
      case 'faulted':
        this.#tryOpen();
        break;
      case 'running':
      case 'stalled':
        this.#capture();
        break;
      case 'released':
      case 'ended':
        this.#parts.sleepMs(REST_MS);
        break;
      default:
        assertNever(this.#state);
    }
    this.#postEvents();
    this.#parts.board.turned();
  }

  #setState(state: CaptureState): void {
    this.#state = state;
    this.#parts.post({ kind: 'state', state });
  }

  #obey(command: ToCapture): void {
    // What was read before the command is of before the command; and meters may be put up anew.
    if (this.#open !== null) this.#endBlock(this.#open);
    switch (command.kind) {
      case 'clear':
        this.#open?.meters.clear(command.channels);
        return;
      case 'undoClear':
        this.#open?.meters.undoClear();
        return;
      case 'banks':
        if (this.#open !== null) this.#watchBanks(this.#open, command.banks);
        return;
      case 'holdMs':
        this.#holdMs = command.holdMs;
        this.#open?.meters.setHoldMs(command.holdMs);
        return;
      case 'movement':
        this.#movement = command.movement;
        this.#open?.meters.setMovement(command.movement);
        return;
      case 'seen':
        this.#seen = command.seen;
        // Who begins to look waits for no second to pass.
        if (this.#open !== null && command.seen) this.#chooseWake(this.#open);
        return;
      case 'clipRun':
        if (command.clipRun === this.#clipRun) return;
        this.#clipRun = command.clipRun;
        // Meters of another kind begin anew; the device is not touched.
        if (this.#open !== null) this.#open.meters = this.#meters(this.#open.stream.info);
        return;
      case 'loudness':
        this.#groups = command.groups;
        this.#open?.meters.setGroups(command.groups);
        return;
      case 'prove':
        if (this.#open === null) return;
        this.#open.proof = new ProofMeter({ rateHz: this.#open.stream.info.rateHz, ...command });
        this.#open.proofToldFrames = this.#open.frames;
        return;
      case 'endProof':
        if (this.#open !== null) this.#open.proof = null;
        return;
      case 'timecode':
        this.#timecodeColumn = command.column;
        return;
      case 'release':
        this.#close();
        this.#setState({ kind: 'released' });
        return;
      case 'take':
        if (this.#state.kind !== 'released') return;
        this.#failures = 0;
        this.#tryAgainMs = 0;
        this.#setState({ kind: 'opening' });
        return;
      case 'stop':
        this.#stopped = true;
        return;
      default:
        assertNever(command);
    }
  }

  #watchBanks(open: OpenStream, banks: readonly WorkerBank[]): void {
    const { channels, rateHz } = open.stream.info;
    const { maxFrames } = open.meters.kernel;
    open.banks = banks;
    open.digitalZero = banks.map(() => true);
    open.evidence = [];
    open.foreign = new ForeignWatch({
      channels,
      rateHz,
      banks: banks.map(({ columns, digital = false }) => ({ columns, digital })),
      onChange: (readings) => this.#parts.post({ kind: 'foreign', readings }),
    });
    open.slips = new SlipDetector({
      channels,
      maxFrames,
      rateHz,
      banks: banks.map((bank) => bank.columns),
      kernel: (lanes, capacity) => {
        // Its ring is to hold what the evidence is cut from: one copy of each sample serves both.
        const kernel = this.#parts.createSlipKernel({
          channels,
          maxFrames: snippetRingFrames(rateHz, maxFrames),
          lanes,
          capacity,
        });
        open.snippets.watch({ frames: kernel.ringFrames, samples: kernel.ring });
        return kernel;
      },
      onEvidence: (evidence) => {
        // Bursts and hash are full of edges, and none of them is a slip.
        if (open.foreign?.silences(evidence.event.bank) === true) return;
        // What may turn out to be a slip is kept as it looked.
        if (
          evidence.kind === 'exact' ? !evidence.event.everyBank : evidence.kind === 'drop' && isWeak(evidence.event)
        ) {
          const { bank, frame } = evidence.event;
          open.snippets.want(bank, banks[bank]!.columns, frame);
        }
        if (open.evidence.length < MAX_EVENTS) open.evidence.push(evidence);
        else this.#droppedEvents++;
      },
    });
  }

  /** What the detector found, and how far the stream is: the verdict needs both. */
  #reportSlips(open: OpenStream): void {
    const quietPerS = this.#seen ? QUIET_REPORTS_PER_S : UNSEEN_REPORTS_PER_S;
    const perS = open.evidence.some(({ kind }) => kind !== 'trial') ? REPORTS_PER_S : quietPerS;
    if (open.slips === null || open.frames - open.reportedFrames < open.stream.info.rateHz / perS) return;
    open.reportedFrames = open.frames;
    this.#parts.post({
      kind: 'slips',
      frame: open.frames,
      evidence: open.evidence,
      digitalZero: open.digitalZero,
    });
    open.evidence = [];
    open.digitalZero = open.banks.map(() => true);
  }

  #event(event: CaptureEvent): void {
    if (this.#events.length < MAX_EVENTS) this.#events.push(event);
    else this.#droppedEvents++;
  }

  #postEvents(): void {
    if (this.#events.length === 0 && this.#droppedEvents === 0) return;
    this.#parts.post({ kind: 'events', events: this.#events, dropped: this.#droppedEvents });
    this.#events = [];
    this.#droppedEvents = 0;
  }

  #tryOpen(): void {
    const nowMs = this.#parts.nowMs();
    if (nowMs < this.#tryAgainMs) {
      this.#parts.sleepMs(Math.min(REST_MS, this.#tryAgainMs - nowMs));
      return;
    }
    const opened = this.#parts.source.open();
    if (!opened.ok) {
      const pause = BACK_OFF_MS[Math.min(this.#failures, BACK_OFF_MS.length - 1)] as number;
      this.#failures++;
      this.#tryAgainMs = nowMs + pause;
      this.#fail(opened.fault);
      // What never ran was asked for in vain; what ran once comes back when it can.
      if (!this.#parts.retry && !this.#everRan) this.#stopped = true;
      return;
    }
    this.#failures = 0;
    this.#everRan = true;
    const stream = opened.value;
    const { info } = stream;
    const meters = this.#meters(info);
    this.#open = {
      stream,
      meters,
      ltc: new LtcReader(info.rateHz, (event) => this.#parts.post({ kind: 'timecode', event })),
      slips: null,
      foreign: null,
      snippets: new SnippetCutter({
        channels: info.channels,
        maxFrames: meters.kernel.maxFrames,
        rateHz: info.rateHz,
        onSnippet: (snippet) => this.#parts.post({ kind: 'snippet', snippet }),
      }),
      proof: null,
      proofToldFrames: 0,
      banks: [],
      digitalZero: [],
      evidence: [],
      reportedFrames: 0,
      frames: 0,
      filled: 0,
      places: null,
      xruns: 0,
      lostFrames: 0,
      lastFramesMs: nowMs,
      rate: info.source === 'wav' ? null : new RateEstimate(info.rateHz),
      arrivals: new ArrivalWatch(),
      rateToldFrames: 0,
      levelsToldFrames: 0,
      wakeChosenFrames: 0,
      openedMs: nowMs,
      wakePeriods: 1,
    };
    this.#parts.ring?.open(info);
    this.#parts.post({ kind: 'stream', info });
    this.#setState({ kind: 'running' });
  }

  #meters(info: StreamInfo): LiveMeters {
    const meters = new LiveMeters({
      channels: info.channels,
      rateHz: info.rateHz,
      maxFrames: Math.min(MAX_BLOCK_FRAMES, blockFrames(info)),
      validBits: info.validBits,
      clipRun: this.#clipRun,
      holdMs: this.#holdMs,
      movement: this.#movement,
      createMeter: this.#parts.createMeter,
      createLoudnessKernel: this.#parts.createLoudnessKernel,
    });
    meters.setGroups(this.#groups);
    return meters;
  }

  /** A fault that did not change is not told again. */
  #fail(fault: Fault): void {
    const kind = fault.code === 'device-absent' || fault.code === 'device-gone' ? 'absent' : 'faulted';
    if (this.#state.kind === kind && this.#state.fault.code === fault.code && this.#state.fault.what === fault.what)
      return;
    this.#setState({ kind, fault });
  }

  #capture(): void {
    const open = this.#open as OpenStream;
    const { maxFrames } = open.meters.kernel;
    const read: CaptureRead = open.stream.read(this.#place(open), maxFrames - open.filled, WAIT_MS);
    if (read.kind !== 'frames') this.#endBlock(open);
    switch (read.kind) {
      case 'frames': {
        this.#onStamp(open, read.timeNs, read.positionFrames);
        open.filled += read.frames;
        open.lastFramesMs = this.#parts.nowMs();
        // Woken for each period's stamp, a whole block is waited for all the same: its cost beside the samples' is that of one period.
        const { periodFrames } = open.stream.info;
        const waitingFrames = read.waitingFrames ?? 0;
        const waits =
          open.stream.wakeEvery !== undefined &&
          open.filled % periodFrames === 0 &&
          open.filled + periodFrames <= maxFrames;
        if (!waits) this.#endBlock(open, waitingFrames);
        // Behind the work: its core is awake, and nothing waits for it.
        if (waitingFrames < periodFrames) this.#watchArrival(open);
        this.#tellRate(open);
        return;
      }
      case 'idle':
        if (this.#state.kind === 'running' && this.#parts.nowMs() - open.lastFramesMs > STALL_MS) {
          this.#setState({ kind: 'stalled' });
        }
        return;
      case 'xrun':
        open.xruns++;
        open.lostFrames += read.lostFrames ?? 0;
        this.#parts.ring?.lost(read.lostFrames);
        open.meters.gap();
        open.slips?.reset();
        open.foreign?.reset();
        open.snippets.reset();
        open.proof?.gap();
        open.ltc.reset(open.frames);
        open.rate?.restart();
        this.#event({ kind: 'xrun', frame: open.frames, lostFrames: read.lostFrames });
        return;
      case 'ended':
        if (open.proof !== null) {
          open.proof.end();
          this.#parts.post({ kind: 'proof', reading: open.proof.reading });
        }
        this.#close();
        this.#setState({ kind: 'ended', note: read.note });
        return;
      case 'gone':
        this.#close();
        this.#fail(read.fault);
        this.#tryAgainMs = this.#parts.nowMs() + (BACK_OFF_MS[0] as number);
        return;
      default:
        assertNever(read);
    }
  }

  /** Where the next frames go: behind those that stand in the kernel's input. */
  #place(open: OpenStream): Int32Array {
    const { kernel } = open.meters;
    if (open.filled === 0) return kernel.input;
    const { periodFrames } = open.stream.info;
    if (open.places?.kernel !== kernel) {
      const byPeriod = Array.from({ length: Math.ceil(kernel.maxFrames / periodFrames) }, (_, i) =>
        kernel.input.subarray(i * periodFrames * kernel.channels),
      );
      open.places = { kernel, byPeriod };
    }
    return open.places.byPeriod[open.filled / periodFrames] as Int32Array;
  }

  /** What stands in the kernel's input goes through all that listens. */
  #endBlock(open: OpenStream, waitingFrames = 0): void {
    const frames = open.filled;
    if (frames === 0) return;
    open.filled = 0;
    this.#onFrames(open, frames, waitingFrames);
  }

  #onFrames(open: OpenStream, frames: number, waitingFrames: number): void {
    const meter = open.meters.kernel;
    meter.process(frames);
    this.#parts.ring?.write(meter.input, frames, open.frames);
    open.foreign?.process(meter.input, frames, open.frames, meter);
    const hurried = waitingFrames * HURRY_PART > open.stream.info.bufferFrames;
    open.slips?.process(meter.input, frames, open.frames, meter, hurried);
    // The detector has put the block into its ring, and pointed at what it found.
    open.snippets.advance(frames, open.frames);
    this.#prove(open, meter.input, frames);
    if (open.foreign !== null) blankForeign(meter, open.foreign.excluded);
    const column = this.#timecodeColumn;
    if (column !== null && column < meter.channels)
      open.ltc.process(meter.input, frames, meter.channels, column, open.frames);
    open.meters.update(frames);
    for (let c = 0; c < meter.channels; c++) {
      if ((meter.clipEvents[c] as number) > 0) {
        this.#event({ kind: 'clip', frame: open.frames + (meter.clipFrame[c] as number), channel: c + 1 });
      }
    }
    for (let b = 0; b < open.banks.length; b++) {
      const columns = (open.banks[b] as WorkerBank).columns;
      for (let i = 0; i < columns.length; i++) {
        if (meter.orBits[columns[i] as number] !== 0) open.digitalZero[b] = false;
      }
    }
    open.frames += frames;
    this.#reportSlips(open);
    const slow = open.meters.slow(open.frames);
    if (slow !== null) this.#parts.post({ kind: 'readings', readings: slow });
    this.#tellLevels(open, waitingFrames);
    if (this.#state.kind === 'stalled') this.#setState({ kind: 'running' });
  }

  /** While nobody looks, the last of the whole blocks that are there speaks for all. Less than a block may stay behind at every wake. */
  #tellLevels(open: OpenStream, waitingFrames: number): void {
    const { kernel, meter } = open.meters;
    const followed = waitingFrames >= kernel.maxFrames;
    const due = open.frames - open.levelsToldFrames >= open.stream.info.rateHz / UNSEEN_LEVELS_PER_S;
    if (!this.#seen && followed && !due) {
      this.#parts.board.merge(kernel.channels, meter);
      return;
    }
    open.levelsToldFrames = open.frames;
    this.#parts.board.publish(kernel.channels, meter, open.frames, open.xruns, open.lostFrames);
  }

  #prove(open: OpenStream, input: Int32Array, frames: number): void {
    const { proof } = open;
    if (proof === null) return;
    proof.process(input, open.stream.info.channels, frames, open.frames);
    const due = open.frames - open.proofToldFrames >= open.stream.info.rateHz / PROOF_REPORTS_PER_S;
    if (!proof.done && !due) return;
    open.proofToldFrames = open.frames;
    this.#parts.post({ kind: 'proof', reading: proof.reading });
    if (proof.done) open.proof = null;
  }

  /** One stamp a second is of an arrival that was seen to come: a wake-up may be late by more than a clock goes off in half a minute. */
  #watchArrival(open: OpenStream): void {
    const { rate, stream } = open;
    if (rate === null || stream.watchArrival === undefined || !rate.wantsWatched) return;
    if (!open.arrivals.due(Math.floor(open.frames / stream.info.rateHz))) return;
    const arrival = stream.watchArrival(LONGEST_WATCH_NS, NARROW_NS);
    open.arrivals.watched(arrival?.narrow === true);
    // One that is known badly is late like a wake-up, and not by as much: it would look like a mood of the clock.
    if (arrival?.narrow === true) this.#onStamp(open, arrival.timeNs, arrival.positionFrames, true);
  }

  /** A step in the stamps is frames that were lost on the way, on all channels and without a word; a bend is another clock. */
  #onStamp(open: OpenStream, timeNs: number, positionFrames: number, watched = false): void {
    const told = open.rate?.add(timeNs, positionFrames, watched) ?? null;
    if (told === null) return;
    open.proof?.gap();
    const sinceFrames = Math.round(((timeNs - told.atNs) / 1e9) * open.stream.info.rateHz);
    const frame = Math.max(0, open.frames + open.filled - sinceFrames);
    if (told.kind === 'lostMicroframes') {
      this.#event({ kind: 'usbLoss', frame, frames: told.frames });
      return;
    }
    const { beforePpm, afterPpm, uncertaintyPpm } = told;
    this.#event({ kind: 'clockChange', frame, beforePpm, afterPpm, uncertaintyPpm });
    this.#postRate(open);
  }

  #tellRate(open: OpenStream): void {
    if (open.frames - open.wakeChosenFrames < open.stream.info.rateHz) return;
    open.wakeChosenFrames = open.frames;
    this.#chooseWake(open);
    this.#parts.lookAtHeap?.();
    const everyS = this.#seen ? RATE_EVERY_S : UNSEEN_RATE_EVERY_S;
    if (open.frames - open.rateToldFrames < everyS * open.stream.info.rateHz) return;
    open.rateToldFrames = open.frames;
    this.#postRate(open);
  }

  #postRate(open: OpenStream): void {
    const { rate } = open;
    const reading = rate?.reading() ?? null;
    if (rate === null || reading === null) return;
    const microframes = rate.leastLossMicroframes;
    this.#parts.post({
      kind: 'rate',
      ppm: reading.ppm,
      uncertaintyPpm: reading.uncertaintyPpm,
      leastLossFrames:
        microframes === null ? null : Math.ceil((microframes * open.stream.info.rateHz) / MICROFRAMES_PER_S),
    });
  }

  #chooseWake(open: OpenStream): void {
    const periods = wakePeriods(
      open.wakePeriods,
      open.lastFramesMs - open.openedMs,
      open.rate?.latenessS ?? null,
      this.#seen,
      open.rate?.isWatched,
    );
    if (periods === open.wakePeriods) return;
    open.wakePeriods = periods;
    open.stream.wakeEvery?.(periods);
    open.rate?.waitsOtherwise();
  }

  #close(): void {
    this.#open?.stream.close();
    this.#open = null;
  }
}
