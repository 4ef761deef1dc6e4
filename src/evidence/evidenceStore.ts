/**
 * Snippets of slips, bounded in number and bytes: the eldest goes. A comb proves slips minutes after they happened, so every
 * suspicion is kept as a candidate until a slip at its frame is counted, or it is pushed out.
 */
import { MEMORY_S } from '../monitor/verdict/bankVerdict.ts';
import type { Snippet } from './snippet.ts';

/** A slip with what it looked like. */
export interface Evidence {
  /** `adat-a-3`: unique for the life of the program. */
  readonly id: string;
  readonly bank: string;
  readonly name: string;
  readonly box: string | null;
  readonly kind: 'drop' | 'repeat' | 'zeros';
  /** Frames moved. */
  readonly frames: number;
  /** Frame of the slip, from the start of its stream. */
  readonly frame: number;
  /** The bank's clock against the interface's when it was known, else null. */
  readonly ppm: number | null;
  /** Milliseconds since the program started, when it was proven. */
  readonly provenMs: number;
  readonly snippet: Snippet;
}

export interface SlipToProve {
  readonly bank: string;
  readonly name: string;
  readonly box: string | null;
  readonly kind: 'drop' | 'repeat' | 'zeros';
  readonly frames: number;
  readonly frame: number;
  readonly ppm: number | null;
}

export interface EvidenceLimits {
  readonly items: number;
  readonly bytes: number;
  readonly candidates: number;
  readonly candidateBytes: number;
  /** The verdict proves nothing older: its memory of suspicions, s. */
  readonly candidateS: number;
}

/** 20 ms on either side of 8 channels at 48 kHz are 61 kB. */
export const EVIDENCE_LIMITS: EvidenceLimits = {
  items: 64,
  bytes: 8 << 20,
  candidates: 256,
  candidateBytes: 8 << 20,
  candidateS: MEMORY_S,
};

/** A snippet and a slip this near are of one event: a drop is known to within one frame. */
const SAME_FRAMES = 2;
/** Slips that were proven and whose snippet is still on its way. */
const MAX_AWAITED = 64;

export class EvidenceStore {
  readonly #limits: EvidenceLimits;
  #candidates: { readonly bank: string; readonly snippet: Snippet }[] = [];
  #items: Evidence[] = [];
  #awaited: { readonly slip: SlipToProve; readonly provenMs: number }[] = [];
  #made = 0;
  #bytes = 0;
  #candidateBytes = 0;

  constructor(limits: EvidenceLimits = EVIDENCE_LIMITS) {
    this.#limits = limits;
  }

  /** Newest first. */
  list(): readonly Evidence[] {
    return [...this.#items].reverse();
  }

  get(id: string): Evidence | null {
    return this.#items.find((item) => item.id === id) ?? null;
  }

  /** Bytes of samples held, proven and not. */
  get bytes(): { readonly items: number; readonly candidates: number } {
    return { items: this.#bytes, candidates: this.#candidateBytes };
  }

  /** A new stream began: frames count from 0 again, and what was not proven never will be. */
  newStream(): void {
    this.#candidates = [];
    this.#candidateBytes = 0;
    this.#awaited = [];
  }

  /** What a suspicion looked like. */
  add(bank: string, snippet: Snippet): void {
    const waiting = this.#awaited.findIndex((one) => isOf(bank, snippet, one.slip));
    if (waiting >= 0) {
      const { slip, provenMs } = this.#awaited.splice(waiting, 1)[0]!;
      this.#keep(slip, snippet, provenMs);
      return;
    }
    this.#candidates.push({ bank, snippet });
    this.#candidateBytes += snippet.samples.byteLength;
    // Kept until others displaced them, suspicions that nothing can prove any more would fill the store within hours.
    const tooOld = snippet.frame - this.#limits.candidateS * snippet.rateHz;
    while (this.#candidates[0]!.snippet.frame < tooOld)
      this.#candidateBytes -= this.#candidates.shift()!.snippet.samples.byteLength;
    while (
      this.#candidates.length > this.#limits.candidates ||
      (this.#candidateBytes > this.#limits.candidateBytes && this.#candidates.length > 0)
    )
      this.#candidateBytes -= this.#candidates.shift()!.snippet.samples.byteLength;
  }

  /** A slip was counted. Its snippet, where there is one, becomes evidence. */
  prove(slip: SlipToProve, provenMs: number): void {
    const at = this.#candidates.findIndex(({ bank, snippet }) => isOf(bank, snippet, slip));
    if (at < 0) {
      this.#awaited.push({ slip, provenMs });
      if (this.#awaited.length > MAX_AWAITED) this.#awaited.shift();
      return;
    }
    const { snippet } = this.#candidates.splice(at, 1)[0]!;
    this.#candidateBytes -= snippet.samples.byteLength;
    this.#keep(slip, snippet, provenMs);
  }

  /** The bank's clock is known now: slips that were proven before it take it over. */
  noteClock(bank: string, ppm: number): void {
    this.#items = this.#items.map((item) => (item.bank === bank && item.ppm === null ? { ...item, ppm } : item));
  }

  #keep(slip: SlipToProve, snippet: Snippet, provenMs: number): void {
    this.#made++;
    this.#items.push({ id: `${slip.bank}-${this.#made}`, ...slip, provenMs, snippet });
    this.#bytes += snippet.samples.byteLength;
    while (this.#items.length > this.#limits.items || (this.#bytes > this.#limits.bytes && this.#items.length > 0))
      this.#bytes -= this.#items.shift()!.snippet.samples.byteLength;
  }
}

function isOf(bank: string, snippet: Snippet, slip: SlipToProve): boolean {
  return bank === slip.bank && Math.abs(snippet.frame - slip.frame) <= SAME_FRAMES;
}

/** The slip of an event, with what the Snapshot knows of its bank. */
export function slipToProve(
  event: {
    readonly bank: string;
    readonly slipKind: SlipToProve['kind'];
    readonly frames: number;
    readonly frame: number;
  },
  snapshot: { readonly banks: readonly { id: string; name: string; box: string | null; ppm: number | null }[] },
): SlipToProve {
  const bank = snapshot.banks.find((one) => one.id === event.bank);
  return {
    bank: event.bank,
    name: bank?.name ?? event.bank,
    box: bank?.box ?? null,
    kind: event.slipKind,
    frames: event.frames,
    frame: event.frame,
    ppm: bank?.ppm ?? null,
  };
}
