/**
 * Which alarms are new: each cause once, however often the Snapshot tells it. A cause is a finding's code at its place;
 * one that was away for FORGET_MS is a new one, before that it only flickered. Pure.
 */
import { FORGET_MS } from '../monitor/acknowledgements.ts';
import type { Finding, Snapshot } from '../monitor/snapshot.ts';

export class AlarmWatch {
  readonly #lastMs = new Map<string, number>();

  /** The alarms of this snapshot that were not told before. Those that a person has acknowledged are known. */
  fresh(snapshot: Snapshot): Finding[] {
    const nowMs = snapshot.uptimeMs;
    const fresh: Finding[] = [];
    for (const finding of snapshot.findings) {
      if (finding.severity !== 'alarm') continue;
      const cause = `${finding.code}|${finding.where}`;
      if (!this.#lastMs.has(cause) && finding.acknowledged !== true) fresh.push(finding);
      this.#lastMs.set(cause, nowMs);
    }
    for (const [cause, lastMs] of this.#lastMs) if (nowMs - lastMs >= FORGET_MS) this.#lastMs.delete(cause);
    return fresh;
  }
}
