/** What a rule is: data for people, and a small predicate. */
import type { Finding } from '../monitor/snapshot.ts';
import type { Rig } from './rig.ts';

/** A cause that the same evidence allows, less likely than the first. */
export interface OtherCause {
  readonly code: string;
  readonly cause: string;
  readonly fix: string;
}

/** One place where a rule sees its fault. */
export interface Seen {
  /** The box, bank or channel as people call it. */
  readonly where: string;
  /** Channels that it concerns, 1-based; empty: the interface as a whole. */
  readonly channels: readonly number[];
  readonly symptom: string;
  readonly cause: string;
  readonly fix: string;
  /** What was measured or read, a line each. */
  readonly evidence: readonly string[];
  readonly severity?: Finding['severity'];
  readonly confidence?: Finding['confidence'];
  readonly others?: readonly OtherCause[];
  /** The one question whose answer would settle it; '' for none. */
  readonly question?: string;
}

export interface Rule {
  readonly code: string;
  /** These four in general words, for docs/diagnosis.md and docs/errors.md. */
  readonly symptom: string;
  readonly cause: string;
  readonly fix: string;
  readonly evidence: string;
  readonly severity: Finding['severity'];
  readonly confidence: Finding['confidence'];
  /** It must stand for so long before it is told, ms. */
  readonly afterMs: number;
  readonly find: (rig: Rig) => readonly Seen[];
}
