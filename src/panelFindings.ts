/** What the page says of the wired panel and buttons: gone, refused, stuck. Time is passed in. */
import type { IoStatus } from './device/panel/ioPanel.ts';
import type { ButtonEdge } from './device/ports.ts';
import type { Fault } from './fault.ts';
import type { Finding } from './monitor/snapshot.ts';

type Button = ButtonEdge['button'];

export class PanelFindings {
  readonly #nowMs: () => number;
  readonly #stuckSinceMs = new Map<Button, number>();
  /** When each fault was first seen, by its code. */
  readonly #sinceMs = new Map<string, number>();

  /** `nowMs`: uptime. */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  onStuck(button: Button, stuck: boolean): void {
    if (stuck) this.#stuckSinceMs.set(button, this.#nowMs());
    else this.#stuckSinceMs.delete(button);
  }

  /** `status` null: neither panel nor buttons were asked for. */
  findings(status: IoStatus | null): Finding[] {
    const faults = [status?.panel?.fault ?? null, status?.gpio?.fault ?? null].filter((fault) => fault !== null);
    for (const code of [...this.#sinceMs.keys()])
      if (!faults.some((fault) => fault.code === code)) this.#sinceMs.delete(code);
    const found = faults.map((fault) => this.#of(fault));
    // Lines that are gone hold no button down.
    const stuck = status?.gpio?.fault == null ? [...this.#stuckSinceMs] : [];
    for (const [button, sinceMs] of stuck) {
      found.push({
        code: 'button-stuck',
        severity: 'warning',
        where: `Button ${button}`,
        symptom: `Button ${button} has been down for 10 s: it is ignored until it comes up.`,
        cause: 'It sticks, something lies on it, or its wire touches ground.',
        fix: 'Free it; if nothing holds it, check its two wires.',
        confidence: 'high',
        sinceMs: Math.floor(sinceMs),
      });
    }
    return found;
  }

  #of({ code, what, fix }: Fault): Finding {
    const sinceMs = this.#sinceMs.get(code) ?? this.#nowMs();
    this.#sinceMs.set(code, sinceMs);
    return {
      code,
      severity: 'warning',
      where: 'This box',
      symptom: what,
      cause: what,
      fix,
      confidence: 'high',
      sinceMs: Math.floor(sinceMs),
    };
  }
}
