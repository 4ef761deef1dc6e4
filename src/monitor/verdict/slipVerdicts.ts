/**
 * Evidence of all banks in, a verdict a bank out. What happens on every bank at one frame is the cable or the computer; what
 * a bank on the interface's own clock shows at the same frame is in the sound or in the supply: neither is a slip.
 */
import { likeness } from '../../dsp/slip/comb.ts';
import type { DropEvent } from '../../dsp/slip/dropDetector.ts';
import type { SlipEvidence } from '../../dsp/slip/evidence.ts';
import { assertNever } from '../../fault.ts';
import type { BankKind } from '../snapshot.ts';
import { BankVerdict, isWeak, type Slip } from './bankVerdict.ts';

export interface VerdictBank {
  readonly id: string;
  /** `analogue` runs on the interface's own clock: it can't slip, and vouches against events that it shares. */
  readonly kind: BankKind;
}

export interface SlipVerdictsOptions {
  readonly rateHz: number;
  /** In the order of the detector's banks. */
  readonly banks: readonly VerdictBank[];
  readonly onSlip?: (bank: VerdictBank, slip: Slip) => void;
  /** Something moved or broke on banks of different clocks at once. */
  readonly onLoss?: (frame: number) => void;
}

/** Drops wait this long for what other banks say of the same frame. */
const HOLD_S = 0.3;
/** Frames within which two banks' events are one. */
const TOGETHER = 8;
/** Waveforms this alike are copies: a loopback or a routed signal carries the slip of its origin and vouches for nothing. */
const COPY = 0.95;
const MAX_WAITING = 256;

export class SlipVerdicts {
  readonly #options: SlipVerdictsOptions;
  readonly verdicts: readonly BankVerdict[];
  #waiting: DropEvent[] = [];
  #frame = 0;
  #lastLoss = Number.NEGATIVE_INFINITY;

  constructor(options: SlipVerdictsOptions) {
    this.#options = options;
    this.verdicts = options.banks.map(
      (bank) => new BankVerdict(options.rateHz, (slip) => options.onSlip?.(bank, slip)),
    );
  }

  take(evidence: SlipEvidence): void {
    switch (evidence.kind) {
      case 'exact': {
        const { event } = evidence;
        if (event.everyBank) this.#loss(event.frame);
        else if (!this.#ownClock(event.bank)) this.verdicts[event.bank]?.takeExact(event);
        return;
      }
      case 'drop':
        // Bounded: a flood of events is no evidence of one clock; the oldest are let go.
        if (this.#waiting.length >= MAX_WAITING) this.#waiting.shift();
        this.#waiting.push(evidence.event);
        return;
      case 'trial':
        this.verdicts[evidence.event.bank]?.takeTrial(evidence.event);
        return;
      default:
        assertNever(evidence);
    }
  }

  /** The stream is at `frame`; `digitalZero` tells for each bank whether all of it was 0 since the last call. */
  advance(frame: number, digitalZero: readonly boolean[]): void {
    const frames = frame - this.#frame;
    if (frames <= 0) return;
    this.#frame = frame;
    this.verdicts.forEach((verdict, b) => {
      verdict.advance(frames, digitalZero[b] ?? false);
    });
    const ripe = frame - HOLD_S * this.#options.rateHz;
    while (this.#waiting.length > 0) {
      this.#waiting.sort((a, b) => a.frame - b.frame);
      const first = this.#waiting[0]!;
      if (first.frame > ripe) return;
      const together = this.#waiting.filter((event) => event.frame - first.frame <= TOGETHER);
      this.#waiting = this.#waiting.filter((event) => event.frame - first.frame > TOGETHER);
      this.#decide(together);
    }
  }

  /** Frames were lost: nothing before can be compared with what follows. */
  gap(): void {
    this.#waiting = [];
    for (const verdict of this.verdicts) verdict.gap();
  }

  /** Clears counts and latches. */
  clear(): void {
    for (const verdict of this.verdicts) verdict.clear();
  }

  #ownClock(bank: number): boolean {
    return this.#options.banks[bank]?.kind === 'analogue';
  }

  #decide(together: readonly DropEvent[]): void {
    const vouching = together.filter((event) => this.#ownClock(event.bank) && isWeak(event));
    for (const event of together) {
      if (this.#ownClock(event.bank)) continue;
      // The shape's last entry names a channel within the bank: copies are compared without it.
      const vetoed = vouching.some((other) => likeness(sameChannel(other.shape), sameChannel(event.shape)) < COPY);
      if (vetoed) this.#loss(event.frame);
      else this.verdicts[event.bank]?.takeDrop(event);
    }
  }

  #loss(frame: number): void {
    if (Math.abs(frame - this.#lastLoss) <= TOGETHER) return;
    this.#lastLoss = frame;
    this.#options.onLoss?.(frame);
  }
}

function sameChannel(shape: Float32Array): Float32Array {
  const out = shape.slice();
  out[out.length - 1] = 0;
  return out;
}
