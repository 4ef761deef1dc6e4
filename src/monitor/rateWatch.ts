/**
 * The interface's rate made fit for people: against this box's clock and against true time as far as that is known, changes
 * of the clock that drives it, and a master at another standard rate behind the stream. Pure: time comes in.
 */
import { BARE_CRYSTAL, type BoxReference } from './boxReference.ts';
import type { CaptureEvent, FromCapture } from './captureMessages.ts';
import { MICROFRAMES_PER_S, otherStandardRate } from './rateEstimate.ts';
import type { Finding, Snapshot } from './snapshot.ts';

type ClockChange = Extract<CaptureEvent, { readonly kind: 'clockChange' }>;
type RateWords = Pick<
  Snapshot['clock'],
  | 'rateErrorPpm'
  | 'uncertaintyPpm'
  | 'absolutePpm'
  | 'absoluteUncertaintyPpm'
  | 'reference'
  | 'trueRateHz'
  | 'leastLossFrames'
>;
type RateWord = Omit<Extract<FromCapture, { readonly kind: 'rate' }>, 'kind'>;

/** What the interface's controls say of its clock, for the cause. */
export interface RateContext {
  readonly deviceName: string;
  /** Clock source in the interface's own words, or null. */
  readonly source: string | null;
  /** It follows another box's clock; null: not told. */
  readonly external: boolean | null;
  /** uptimeMs at which its clock source was seen to change, or null. */
  readonly sourceChangedMs: number | null;
}

/** A switch of the source this near to the change is its cause: the rate tells some seconds later. */
const SAME_CAUSE_MS = 30_000;

/**
 * Losses that are hidden most of the time are a finding, and none any more once they are hidden seldom: a busy box is now late and now not.
 * From never to always, or back, takes three minutes.
 */
const HIDDEN_MEAN_MS = 150_000;
const HIDDEN_SHARE = 0.7;
const SEEN_SHARE = 0.3;

const signed = (ppm: number) => `${ppm > 0 ? '+' : ''}${ppm.toFixed(1)} ppm`;
const kHz = (rateHz: number) => `${rateHz / 1000} kHz`;

export class RateWatch {
  #rateHz = 0;
  #overUsb = true;
  #now: RateWord | null = null;
  /** Share of the last minutes in which single lost packets would not have shown, when it was asked last, and since when it is a finding. */
  #hidden: { share: number; atMs: number | null; toldMs: number | null } = { share: 0, atMs: null, toldMs: null };
  #reference: BoxReference = BARE_CRYSTAL;
  #change: { beforePpm: number; byPpm: number; uncertaintyPpm: number; sinceMs: number; count: number } | null = null;
  /** The rate so far behind a stream that shall have another, and since when. */
  #other: { readonly rateHz: number; readonly sinceMs: number } | null = null;

  /** A stream opened, over USB or not: nothing is known of its rate. What its clock did before still stands. */
  streamOpened(rateHz: number, overUsb = true): void {
    this.#rateHz = rateHz;
    this.#overUsb = overUsb;
    this.drop();
    this.#hidden = { share: 0, atMs: null, toldMs: null };
  }

  /** Nothing is captured: the last reading is no word about now. */
  drop(): void {
    this.#now = null;
    this.#other = null;
  }

  take(reading: RateWord, nowMs: number): void {
    this.#now = reading;
    this.#takeHidden(reading.leastLossFrames, nowMs);
    const rateHz = otherStandardRate(this.#rateHz, reading.ppm);
    if (rateHz === null) this.#other = null;
    else if (this.#other?.rateHz !== rateHz) this.#other = { rateHz, sinceMs: nowMs };
  }

  /** A single packet that is lost on USB now would not show by when frames arrive. */
  get hidesLosses(): boolean {
    return this.#overUsb && this.#hides(this.#now?.leastLossFrames ?? null);
  }

  #hides(leastLossFrames: number | null): boolean {
    return leastLossFrames === null || leastLossFrames > Math.ceil(this.#rateHz / MICROFRAMES_PER_S);
  }

  #takeHidden(leastLossFrames: number | null, nowMs: number): void {
    const hidden = this.#hidden;
    const is = this.#hides(leastLossFrames);
    if (hidden.atMs !== null)
      hidden.share += ((is ? 1 : 0) - hidden.share) * (1 - Math.exp((hidden.atMs - nowMs) / HIDDEN_MEAN_MS));
    hidden.atMs = nowMs;
    if (hidden.toldMs === null ? hidden.share > HIDDEN_SHARE : hidden.share < SEEN_SHARE)
      hidden.toldMs = hidden.toldMs === null ? nowMs : null;
  }

  /** What is known of this box's own crystal now. */
  onReference(reference: BoxReference): void {
    this.#reference = reference;
  }

  onChange(change: ClockChange, nowMs: number): void {
    this.#change = {
      beforePpm: change.beforePpm,
      byPpm: change.afterPpm - change.beforePpm,
      uncertaintyPpm: change.uncertaintyPpm,
      sinceMs: nowMs,
      count: (this.#change?.count ?? 0) + 1,
    };
  }

  clear(): void {
    this.#change = null;
  }

  words(): RateWords {
    const now = this.#now;
    const reference = this.#reference;
    return {
      rateErrorPpm: now?.ppm ?? null,
      uncertaintyPpm: now?.uncertaintyPpm ?? null,
      absolutePpm: now === null ? null : now.ppm + reference.boxPpm,
      absoluteUncertaintyPpm: now === null ? null : Math.hypot(now.uncertaintyPpm, reference.uncertaintyPpm),
      reference: reference.kind,
      trueRateHz: this.#other?.rateHz ?? null,
      leastLossFrames: this.#overUsb ? (now?.leastLossFrames ?? null) : null,
    };
  }

  findings(context: RateContext): Finding[] {
    const found: Finding[] = [];
    const { deviceName, source } = context;
    const change = this.#change;
    if (this.#other !== null) {
      const { rateHz, sinceMs } = this.#other;
      found.push({
        code: 'clock-other-rate',
        severity: 'alarm',
        where: deviceName,
        symptom: `The stream is called ${kHz(this.#rateHz)} and runs at ${kHz(rateHz)}.`,
        cause: `Its clock master runs at ${kHz(rateHz)}: the take will play at the wrong pitch and length.`,
        fix: `Set the clock master${source === null ? '' : ` (${source})`} and the session to the same rate.`,
        confidence: 'high',
        sinceMs: Math.floor(sinceMs),
        evidence: [`measured: ${signed(this.#now?.ppm ?? 0)} against ${kHz(this.#rateHz)}`],
      });
    }
    if (change !== null) {
      const switched =
        context.sourceChangedMs !== null && Math.abs(context.sourceChangedMs - change.sinceMs) <= SAME_CAUSE_MS;
      const earlier = change.count - 1;
      const before = earlier === 0 ? '' : earlier === 1 ? '; one change before' : `; ${earlier} changes before`;
      found.push({
        code: 'clock-changed',
        severity: 'warning',
        where: deviceName,
        symptom: `Its clock changed by ${signed(change.byPpm)} (+-${change.uncertaintyPpm.toFixed(1)})${before}.`,
        cause: switched
          ? `Its clock source was switched${source === null ? '' : ` to ${source}`}.`
          : context.external === true
            ? `The box that it takes its clock from${source === null ? '' : ` (${source})`} changed its own, or was lost and another took its place.`
            : 'Another clock drives it now: its source was switched, or the box that it follows changed its own.',
        fix: 'Check which box is the clock master, and that nobody switched it; what was recorded across the change has a seam.',
        confidence: switched ? 'high' : 'medium',
        sinceMs: Math.floor(change.sinceMs),
        evidence: [
          `${signed(change.beforePpm)} before, ${signed(change.beforePpm + change.byPpm)} after, against this box's clock`,
        ],
      });
    }
    if (this.#overUsb && this.#now !== null && this.#hidden.toldMs !== null) {
      found.push({
        code: 'losses-hidden',
        severity: 'info',
        where: 'This box',
        symptom: 'Most of the time it can not be told for sure by their arrival whether single USB packets are lost.',
        cause: 'This box comes late to what arrives: other programs take its processor, or it is slow to wake.',
        fix: 'Stop other programs on it, and let its processor run at full clock. What can be heard of losses is told as before.',
        confidence: 'high',
        sinceMs: Math.floor(this.#hidden.toldMs),
      });
    }
    return found;
  }
}
