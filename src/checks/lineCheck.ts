/**
 * Line check: the box asks for one source after the other, and tells whether it arrives, on its own channel. Pure.
 *
 * A source counts as heard on a channel when its peaks pass -40 dBFS for a second and no other channel that was quiet before
 * is 6 dB louder; on another channel when that one is 20 dB above the one asked for. What still plays from before is left out.
 */
import { type Check, type CheckRow, type CheckView, type Heard, level, whole } from './check.ts';

const HEARD_DBFS = -40;
const QUIET_DBFS = -50;
/** Louder elsewhere by so much: bleed of a loud source into microphones beside it stays below. */
const BLEED_DB = 6;
const CROSSED_DB = 20;
/** Steps in a row, half a second each. */
const HEARD_STEPS = 2;
const CROSSED_STEPS = 3;

interface State {
  readonly order: readonly { readonly channel: number; readonly name: string }[];
  readonly results: readonly CheckRow[];
  readonly startedMs: number;
  /** Steps that the present channel was heard for, and the one it was heard on instead. */
  readonly heard: number;
  readonly elsewhere: { readonly channel: number; readonly steps: number } | null;
  readonly loudestRms: number | null;
  /** Channels that were playing when this one's turn began; null: the turn begins with the next step. */
  readonly busy: ReadonlySet<number> | null;
}

export function startLineCheck(order: readonly { channel: number; name: string }[], nowMs: number): Check {
  return new LineCheck({ order, results: [], startedMs: Math.floor(nowMs), ...FRESH });
}

const FRESH = { heard: 0, elsewhere: null, loudestRms: null, busy: null } as const;

class LineCheck implements Check {
  readonly #state: State;
  constructor(state: State) {
    this.#state = state;
  }

  get view(): CheckView {
    const { order, results, startedMs } = this.#state;
    const now = order[results.length];
    const rows = order.map(
      ({ channel, name }, i): CheckRow =>
        results[i] ?? { channel, name, state: i === results.length ? 'now' : 'waiting', levelDbfs: null, text: '' },
    );
    const bad = results.filter(({ state }) => state === 'bad').length;
    const ask =
      now !== undefined
        ? `Play ${now.name} (${now.channel}).`
        : order.length === 0
          ? 'No channel has a name or a line on the patch sheet yet.'
          : bad === 0
            ? `All ${order.length} sources arrive.`
            : `${bad} of ${order.length} need a look.`;
    return {
      kind: 'line',
      state: now === undefined ? 'done' : 'running',
      ask,
      channel: now?.channel ?? null,
      rows,
      startedMs,
    };
  }

  step(heard: readonly Heard[]): Check {
    const state = this.#state;
    const now = state.order[state.results.length];
    if (now === undefined) return this;
    const peak = (index: number) => level(heard.find((one) => one.index === index)?.peakDbfs ?? null);
    if (state.busy === null) {
      const busy = heard.filter((one) => level(one.peakDbfs) > HEARD_DBFS).map(({ index }) => index);
      return new LineCheck({ ...state, busy: new Set(busy) });
    }
    // What has fallen silent since may be the next source.
    const busy = new Set([...state.busy].filter((index) => peak(index) > QUIET_DBFS));
    if (busy.has(now.channel)) return new LineCheck({ ...state, busy });
    const own = peak(now.channel);
    const others = heard.filter(({ index }) => index !== now.channel && !busy.has(index));
    const loudest = others.reduce<Heard | null>(
      (best, one) => (best === null || level(one.peakDbfs) > level(best.peakDbfs) ? one : best),
      null,
    );
    const other = level(loudest?.peakDbfs ?? null);
    const rms = heard.find(({ index }) => index === now.channel)?.rmsDbfs ?? null;
    const loudestRms = Math.max(level(state.loudestRms), level(rms));
    if (own > HEARD_DBFS && other - own < BLEED_DB) {
      if (state.heard + 1 < HEARD_STEPS)
        return new LineCheck({ ...state, busy, heard: state.heard + 1, loudestRms, elsewhere: null });
      return this.#with({ ...now, state: 'good', levelDbfs: whole(loudestRms), text: 'arrives' });
    }
    if (loudest !== null && other > HEARD_DBFS && other - own >= CROSSED_DB) {
      const steps = state.elsewhere?.channel === loudest.index ? state.elsewhere.steps + 1 : 1;
      if (steps < CROSSED_STEPS)
        return new LineCheck({ ...state, busy, heard: 0, loudestRms, elsewhere: { channel: loudest.index, steps } });
      return this.#with({
        ...now,
        state: 'bad',
        levelDbfs: whole(loudest.rmsDbfs),
        text: `on ${loudest.index} ${loudest.name}`.trim(),
      });
    }
    return new LineCheck({ ...state, busy, heard: 0, elsewhere: null, loudestRms });
  }

  next(): Check {
    const now = this.#state.order[this.#state.results.length];
    return now === undefined ? this : this.#with({ ...now, state: 'bad', levelDbfs: null, text: 'dead' });
  }

  #with(row: CheckRow): Check {
    return new LineCheck({ ...this.#state, ...FRESH, results: [...this.#state.results, row] });
  }
}
