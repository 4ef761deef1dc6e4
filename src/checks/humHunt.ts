/** Hum hunt: the level of mains hum on every channel while things are unplugged; what is gone stays listed as gone. Pure. */
import { type Check, type CheckRow, type CheckView, type Heard, whole } from './check.ts';

interface Found {
  readonly channel: number;
  readonly name: string;
  readonly baseHz: number;
  readonly worstDbfs: number;
  /** null: gone. */
  readonly nowDbfs: number | null;
}

export function startHumHunt(nowMs: number): Check {
  return new HumHunt([], Math.floor(nowMs));
}

class HumHunt implements Check {
  readonly #found: readonly Found[];
  readonly #startedMs: number;
  constructor(found: readonly Found[], startedMs: number) {
    this.#found = found;
    this.#startedMs = startedMs;
  }

  get view(): CheckView {
    const humming = this.#found.filter(({ nowDbfs }) => nowDbfs !== null);
    const rows = [...this.#found]
      .sort((a, b) => (b.nowDbfs ?? -300) - (a.nowDbfs ?? -300) || b.worstDbfs - a.worstDbfs)
      .map(
        ({ channel, name, baseHz, nowDbfs, worstDbfs }): CheckRow => ({
          channel,
          name,
          state: nowDbfs === null ? 'gone' : 'bad',
          levelDbfs: whole(nowDbfs),
          text: nowDbfs === null ? `${baseHz} Hz ${worstDbfs.toFixed(0)}, gone` : `${baseHz} Hz`,
        }),
      );
    return {
      kind: 'hum',
      state: 'running',
      ask:
        this.#found.length === 0
          ? 'Nobody plays: listening for hum.'
          : humming.length === 0
            ? 'All hum is gone: what was unplugged last brought it.'
            : 'Unplug one by one, and wait.',
      channel: null,
      rows,
      startedMs: this.#startedMs,
    };
  }

  step(heard: readonly Heard[]): Check {
    const found = new Map(this.#found.map((one) => [one.channel, { ...one, nowDbfs: null as number | null }]));
    for (const { index, name, hum } of heard) {
      if (hum === null) continue;
      const before = found.get(index);
      found.set(index, {
        channel: index,
        name,
        baseHz: hum.baseHz,
        nowDbfs: hum.levelDbfs,
        worstDbfs: Math.max(before?.worstDbfs ?? -300, hum.levelDbfs),
      });
    }
    return new HumHunt([...found.values()], this.#startedMs);
  }

  next(): Check {
    return this;
  }
}
