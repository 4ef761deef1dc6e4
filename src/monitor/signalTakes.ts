/**
 * Takes that begin and end by themselves: by the level of a channel, or while timecode runs. Pure: levels and times come in,
 * a wish comes out. It ends only what it began; a person's take it leaves alone.
 */

import { NO_SIGNAL } from './levels.ts';

export interface SignalRule {
  readonly begin: 'byHand' | 'level' | 'timecode';
  /** 1-based; `level` only. null: the loudest of all. */
  readonly channel: number | null;
  /** Above this for `startS`: a take begins, at the moment the level rose. */
  readonly startDbfs: number;
  readonly startS: number;
  /** Below this for `endS`: it ends. Never above `startDbfs`. */
  readonly endDbfs: number;
  /** With `timecode`: so long without it. */
  readonly endS: number;
}

/** A level that rises may fall between two hits for so long and still count as risen. */
export const GAP_MS = 500;

export type SignalWish =
  /** It began `agoMs` ago. */
  { readonly kind: 'begin'; readonly agoMs: number } | { readonly kind: 'end' };

/** Peak of the rule's channel, dBFS; null: digital zero, or no such channel. */
export function levelFor(rule: SignalRule, peakDbX100: ArrayLike<number>, channels: number): number | null {
  let most = NO_SIGNAL;
  if (rule.channel !== null) most = rule.channel <= channels ? peakDbX100[rule.channel - 1]! : NO_SIGNAL;
  else for (let c = 0; c < channels; c++) most = Math.max(most, peakDbX100[c]!);
  return most === NO_SIGNAL ? null : most / 100;
}

export class SignalTakes {
  #rule: SignalRule;
  /** When the level rose; null: it has not. */
  #loudSinceMs: number | null = null;
  #lastLoudMs = 0;
  /** When the level was last above the lower threshold. */
  #lastHeardMs = Number.NEGATIVE_INFINITY;
  /** Timecode: since when it runs, or null. */
  #codeSinceMs: number | null = null;
  #codeStoppedMs = Number.NEGATIVE_INFINITY;
  /** A take of ours runs. */
  #began = false;
  /** Quiet is waited for before the next may begin: somebody has ended ours by hand while it was loud. */
  #waitForQuiet = false;

  constructor(rule: SignalRule) {
    this.#rule = rule;
  }

  get rule(): SignalRule {
    return this.#rule;
  }

  setRule(rule: SignalRule): void {
    if (JSON.stringify(rule) === JSON.stringify(this.#rule)) return;
    this.#rule = rule;
    this.#loudSinceMs = null;
    this.#waitForQuiet = false;
  }

  /** Timecode starts or stops. */
  onTimecode(running: boolean, nowMs: number): void {
    if (running) this.#codeSinceMs ??= nowMs;
    else if (this.#codeSinceMs !== null) {
      this.#codeSinceMs = null;
      this.#codeStoppedMs = nowMs;
    }
  }

  /**
   * A level frame. `peakDbfs`: the largest sample of the rule's channel since the last frame, null for nothing; `takeRuns`: some
   * take runs, ours or another's.
   */
  turn(peakDbfs: number | null, takeRuns: boolean, nowMs: number): SignalWish | null {
    const { begin, startDbfs, startS, endS } = this.#rule;
    const endDbfs = Math.min(this.#rule.endDbfs, startDbfs);
    if (this.#began && !takeRuns) {
      this.#began = false;
      this.#waitForQuiet = true;
    }
    if (begin === 'byHand') {
      this.#began = false;
      return null;
    }
    let sinceMs: number | null;
    let longEnough = true;
    let quietMs: number;
    if (begin === 'timecode') {
      sinceMs = this.#codeSinceMs;
      quietMs = sinceMs === null ? nowMs - this.#codeStoppedMs : 0;
    } else {
      const level = peakDbfs ?? Number.NEGATIVE_INFINITY;
      if (level >= startDbfs) {
        this.#loudSinceMs ??= nowMs;
        this.#lastLoudMs = nowMs;
      } else if (nowMs - this.#lastLoudMs > GAP_MS) this.#loudSinceMs = null;
      if (level >= endDbfs) this.#lastHeardMs = nowMs;
      sinceMs = this.#loudSinceMs;
      // From the first hit to the last: the silence behind them does not count.
      longEnough = sinceMs !== null && this.#lastLoudMs - sinceMs >= startS * 1000;
      quietMs = nowMs - this.#lastHeardMs;
    }
    if (this.#began) {
      if (quietMs < endS * 1000) return null;
      this.#began = false;
      return { kind: 'end' };
    }
    if (this.#waitForQuiet) {
      if (quietMs < endS * 1000) return null;
      this.#waitForQuiet = false;
    }
    if (takeRuns || sinceMs === null || !longEnough) return null;
    this.#began = true;
    return { kind: 'begin', agoMs: nowMs - sinceMs };
  }

  /** The take that was wished for could not begin. */
  refused(): void {
    this.#began = false;
    this.#waitForQuiet = true;
  }
}
