/**
 * Which findings a person has taken note of, on the panel or on the page. They stay listed, but quiet, until they come
 * again or get worse. Pure.
 */
import { bad, good, type Outcome } from '../fault.ts';
import type { Finding } from './snapshot.ts';

/** A finding that was away for so long is a new one; before that it only flickered. The panel forgets after as long. */
export const FORGET_MS = 60_000;

const WORSE: readonly Finding['severity'][] = ['info', 'warning', 'alarm'];

interface Noted {
  readonly code: string;
  readonly where: string;
  severity: Finding['severity'];
  lastMs: number;
}

export class Acknowledgements {
  #noted: Noted[] = [];
  #standing: readonly Finding[] = [];

  /**
   * Takes note of the findings with this code that stand now, at one place or (`where` null) at all. Fault
   * `acknowledge-nothing` where none stands.
   */
  acknowledge(code: string, where: string | null, nowMs: number): Outcome<null> {
    const meant = this.#standing.filter((one) => one.code === code && (where === null || one.where === where));
    if (meant.length === 0) {
      return bad('acknowledge-nothing', 'No such finding stands now.', 'It may be over: look at the list again.');
    }
    for (const { code, where, severity } of meant) {
      this.#noted = this.#noted.filter((noted) => noted.code !== code || noted.where !== where);
      this.#noted.push({ code, where, severity, lastMs: nowMs });
    }
    return good(null);
  }

  /** The findings that stand at `nowMs`, each with `acknowledged`. */
  mark(findings: readonly Finding[], nowMs: number): Finding[] {
    this.#standing = findings;
    const marked = findings.map((finding) => {
      const noted = this.#noted.find(({ code, where }) => code === finding.code && where === finding.where);
      if (noted === undefined) return { ...finding, acknowledged: false };
      const worse = WORSE.indexOf(finding.severity) > WORSE.indexOf(noted.severity);
      noted.lastMs = worse ? Number.NEGATIVE_INFINITY : nowMs;
      return { ...finding, acknowledged: !worse };
    });
    this.#noted = this.#noted.filter(({ lastMs }) => nowMs - lastMs < FORGET_MS);
    return marked;
  }
}
