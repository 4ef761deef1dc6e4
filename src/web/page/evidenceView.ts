/** What slips looked like: the newest drawings of the box, where it keeps them. Asked for only when there are slips. */
import type { Snapshot } from '../../monitor/snapshot.ts';
import { request } from './api.ts';
import { byId, h, rebuild } from './dom.ts';
import { duration } from './format.ts';

interface Evidence {
  readonly id: string;
  readonly name: string;
  readonly box: string | null;
  readonly what: string;
  readonly seconds: number;
}

const SHOWN = 3;
const ASK_EVERY_MS = 5000;

export class EvidenceView {
  readonly #root = byId('evidence');
  #slips = 0;
  #askedMs = Number.NEGATIVE_INFINITY;
  /** false: this box keeps none. */
  #kept = true;

  update(snapshot: Snapshot): void {
    const slips = snapshot.banks.reduce((sum, bank) => sum + bank.slips, 0);
    if (slips === 0) this.#show([]);
    if (slips === this.#slips || slips === 0 || !this.#kept) return;
    const nowMs = performance.now();
    if (nowMs - this.#askedMs < ASK_EVERY_MS) return;
    this.#askedMs = nowMs;
    this.#slips = slips;
    void this.#ask();
  }

  async #ask(): Promise<void> {
    const answer = await request<{ evidence: Evidence[] }>('GET', '/api/evidence');
    if (answer.ok) this.#show(answer.value.evidence.slice(0, SHOWN));
    else if (answer.status === 404) this.#kept = false;
  }

  #show(list: readonly Evidence[]): void {
    if (list.length === 0) this.#slips = 0;
    rebuild(this.#root, JSON.stringify(list.map(({ id }) => id)), () =>
      list.length === 0
        ? []
        : [
            h(
              'details',
              '',
              {},
              h('summary', 'button', {}, 'What the slips looked like'),
              h('div', 'evidence-list', {}, ...list.map(drawing)),
            ),
          ],
    );
  }
}

function drawing({ id, name, box, what, seconds }: Evidence): HTMLElement {
  const words = `${box === null ? name : `${box} on ${name}`}: ${what} at ${duration(seconds * 1000)}`;
  return h(
    'figure',
    '',
    {},
    h('img', '', { src: `/api/evidence/${id}.svg`, alt: words, loading: 'lazy' }),
    h('figcaption', '', {}, words, h('a', '', { href: `/api/evidence/${id}.wav` }, 'WAV')),
  );
}
