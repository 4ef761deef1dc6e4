/** Gain staging: everybody plays as loud as they will; the highest peak of each channel against a target window. Pure. */
import { type Check, type CheckRow, type CheckView, type Heard, level, whole } from './check.ts';

/** Peaks of a good gain: room above for the loud moment, far from the noise below. */
export const TARGET_DBFS = [-18, -6] as const;
/** Nothing has been played on it yet, below this peak. */
const PLAYED_DBFS = -50;

interface Reached {
  readonly channel: number;
  readonly name: string;
  readonly peakDbfs: number | null;
  readonly clipsBefore: number;
  readonly clips: number;
}

export function startGainStaging(order: readonly { channel: number; name: string }[], nowMs: number): Check {
  return new GainStaging(
    order.map(({ channel, name }) => ({ channel, name, peakDbfs: null, clipsBefore: -1, clips: 0 })),
    Math.floor(nowMs),
  );
}

function rowOf({ channel, name, peakDbfs, clips }: Reached): CheckRow {
  const [low, high] = TARGET_DBFS;
  const peak = level(peakDbfs);
  const row = { channel, name, levelDbfs: whole(peakDbfs) };
  if (clips > 0) return { ...row, state: 'bad', text: 'clips' };
  if (peak < PLAYED_DBFS) return { ...row, state: 'waiting', text: 'not played' };
  if (peak > high) return { ...row, state: 'bad', text: `${Math.ceil(peak - high)} dB too hot` };
  if (peak < low) return { ...row, state: 'bad', text: `${Math.ceil(low - peak)} dB more` };
  return { ...row, state: 'good', text: 'good' };
}

class GainStaging implements Check {
  readonly #reached: readonly Reached[];
  readonly #startedMs: number;
  constructor(reached: readonly Reached[], startedMs: number) {
    this.#reached = reached;
    this.#startedMs = startedMs;
  }

  get view(): CheckView {
    const rows = this.#reached.map(rowOf);
    const open = rows.filter(({ state }) => state !== 'good').length;
    return {
      kind: 'gain',
      state: 'running',
      ask:
        rows.length > 0 && open === 0
          ? 'All gains are good.'
          : `Play your loudest: aim at ${TARGET_DBFS[0]} to ${TARGET_DBFS[1]} dBFS.`,
      channel: null,
      rows,
      startedMs: this.#startedMs,
    };
  }

  step(heard: readonly Heard[]): Check {
    return new GainStaging(
      this.#reached.map((one) => {
        const now = heard.find(({ index }) => index === one.channel);
        if (now === undefined) return one;
        const clipsBefore = one.clipsBefore < 0 ? now.clips : Math.min(one.clipsBefore, now.clips);
        const peak = Math.max(level(one.peakDbfs), level(now.peakDbfs));
        return { ...one, clipsBefore, clips: now.clips - clipsBefore, peakDbfs: peak <= -200 ? null : peak };
      }),
      this.#startedMs,
    );
  }

  /** Gains were changed: peaks begin anew. */
  next(): Check {
    return new GainStaging(
      this.#reached.map((one) => ({ ...one, peakDbfs: null, clipsBefore: -1, clips: 0 })),
      this.#startedMs,
    );
  }
}
