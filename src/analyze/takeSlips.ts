/**
 * The slips of a take: detector and verdicts of its banks, block by block, in whichever thread. And loudness of some groups, if this thread has
 * time: the block stands in the detector's ring already.
 */
import { columnsOfGroups, createGroupMeters } from '../dsp/fileReadings.ts';
import type { createLoudnessMeters, LoudnessReadings } from '../dsp/loudness.ts';
import { SlipDetector } from '../dsp/slip/slipDetector.ts';
import type { SlipKernel } from '../dsp/slip/slipKernel.ts';
import { createWasmSlipKernel } from '../dsp/slip/slipWasm.ts';
import type { BankVerdictState, Slip } from '../monitor/verdict/bankVerdict.ts';
import { SlipVerdicts, type VerdictBank } from '../monitor/verdict/slipVerdicts.ts';
import type { TakeBlock } from './blockBatches.ts';
import { MAX_EVENTS, TakeEvents } from './takeEvents.ts';

/** Plain data: it crosses to another thread. */
export interface TakeSlipsOptions {
  readonly channels: number;
  readonly rateHz: number;
  /** Frames of a block at most. */
  readonly blockFrames: number;
  readonly banks: readonly VerdictBank[];
  /** 0-based channels of each bank. */
  readonly columns: readonly (readonly number[])[];
  /** Groups whose loudness is measured here as well, 0-based channels. */
  readonly groups: readonly (readonly number[])[];
}

/** Of all banks, in their order. Plain data too. */
export interface TakeSlipsResult {
  /** At most MAX_EVENTS a bank, as they were found. */
  readonly slips: readonly (readonly Slip[])[];
  readonly states: readonly BankVerdictState[];
  /** Frame until which `sync` stood, to a second, with nothing since that speaks against it. */
  readonly syncUntil: readonly (number | null)[];
  readonly events: TakeEvents;
  /** Of `groups`, in their order. */
  readonly loudness: readonly LoudnessReadings[];
}

export class TakeSlips {
  readonly #options: TakeSlipsOptions;
  readonly #detector: SlipDetector;
  readonly #kernel: SlipKernel;
  readonly #loudness: ReturnType<typeof createLoudnessMeters> | null;
  readonly #verdicts: SlipVerdicts;
  readonly #slips: readonly Slip[][];
  readonly #events = new TakeEvents();
  readonly #zero: boolean[];
  /** A take that slipped once is not saved by a good end: the last lock is its verdict. */
  readonly #locks: (BankVerdictState | null)[];
  /**
   * Nor does silence at its end take back what was heard before it: the last sync stands until its frame, while nothing since speaks
   * against it. What `plays` behind it, and for too short a time, is a question of its own: then the take has no word.
   */
  readonly #syncs: ({ readonly state: BankVerdictState; readonly frame: number; readonly plays: boolean } | null)[];
  #blocks = 0;
  #order = 0;
  #frames = 0;
  #secondFrames = 0;

  constructor(kernels: WebAssembly.Module, options: TakeSlipsOptions) {
    const { channels, rateHz, blockFrames, banks, columns, groups } = options;
    this.#options = options;
    this.#slips = banks.map(() => []);
    this.#zero = banks.map(() => false);
    this.#locks = banks.map(() => null);
    this.#syncs = banks.map(() => null);
    this.#verdicts = new SlipVerdicts({
      rateHz,
      banks,
      onSlip: (bank, slip) => {
        const index = banks.indexOf(bank);
        if (this.#slips[index]!.length < MAX_EVENTS) this.#slips[index]!.push(slip);
        this.#events.add(this.#order, slip.frame, `slip-${slip.kind}`, columns[index]!);
      },
      onLoss: (frame) => this.#events.add(this.#order, frame, 'usb-loss', [...Array(channels).keys()]),
    });
    const loudness = groups.length === 0 ? {} : { loudness: { columns: columnsOfGroups(groups), rateHz } };
    let kernel = null as SlipKernel | null;
    this.#detector = new SlipDetector({
      channels,
      maxFrames: blockFrames,
      rateHz,
      banks: columns,
      kernel: (lanes, capacity) => {
        kernel = createWasmSlipKernel(kernels, { channels, maxFrames: blockFrames, lanes, capacity, ...loudness });
        return kernel;
      },
      onEvidence: (evidence) => this.#verdicts.take(evidence),
    });
    this.#kernel = kernel!;
    this.#loudness = kernel!.loudness === null ? null : createGroupMeters(kernel!.loudness, groups, rateHz);
  }

  process(block: TakeBlock, count: number): void {
    this.#order = TakeEvents.order(this.#blocks, 'detector');
    this.#detector.process(block.input, count, this.#frames, block);
    this.#loudness?.update(count, this.#frames % this.#kernel.ringFrames);
    this.#order = TakeEvents.order(this.#blocks, 'verdict');
    this.#blocks++;
    this.#frames += count;
    this.#secondFrames += count;
    this.#options.columns.forEach((columns, b) => {
      this.#zero[b] = columns.every((c) => block.orBits[c] === 0);
    });
    this.#verdicts.advance(this.#frames, this.#zero);
    if (this.#secondFrames < this.#options.rateHz) return;
    this.#secondFrames = 0;
    this.#keepWords();
  }

  gap(): void {
    this.#detector.reset();
    this.#verdicts.gap();
  }

  finish(): TakeSlipsResult {
    // What still waits for its neighbours is decided by one more second of nothing.
    this.#order = TakeEvents.order(this.#blocks, 'verdict');
    this.#verdicts.advance(this.#frames + this.#options.rateHz, this.#zero);
    this.#keepWords();
    const words = this.#verdicts.verdicts.map((verdict, b) => {
      const now = verdict.state();
      const lock = this.#locks[b]!;
      if (lock !== null) return { state: lock, until: null };
      const kept = this.#syncs[b]!;
      const silent = now.sync === 'unknown' && kept !== null && !kept.plays;
      return { state: silent ? kept.state : now, until: now.sync === 'sync' ? this.#frames : (kept?.frame ?? null) };
    });
    return {
      slips: this.#slips,
      states: words.map(({ state }) => state),
      syncUntil: words.map(({ until }) => until),
      events: this.#events,
      loudness: this.#loudness?.groups.map((group) => group.readings()) ?? [],
    };
  }

  #keepWords(): void {
    this.#verdicts.verdicts.forEach((verdict, b) => {
      const state = verdict.state();
      if (state.sync === 'lock') this.#locks[b] = state;
      const kept = this.#syncs[b]!;
      if (state.sync === 'sync') this.#syncs[b] = { state, frame: this.#frames, plays: false };
      else if (kept === null) return;
      else if (state.unsettled === 'held' || state.slips > kept.state.slips) this.#syncs[b] = null;
      else if (state.unsettled === 'tooLittle' && state.heardPart > 0) this.#syncs[b] = { ...kept, plays: true };
    });
  }
}
