/** Noise survey: with nobody playing, the floor of every channel over ten seconds, worst first. Pure. */
import { type Check, type CheckRow, type CheckView, type Heard, level, whole } from './check.ts';

const SURVEY_MS = 10_000;
/** A floor above this is heard behind a quiet song; one above the other is no floor: somebody plays. */
const NOISY_DBFS = -72;
const PLAYING_DBFS = -45;

interface Floor {
  readonly channel: number;
  readonly name: string;
  /** Smallest and largest RMS so far. */
  readonly low: number;
  readonly high: number;
}

export function startNoiseSurvey(nowMs: number): Check {
  return new NoiseSurvey([], Math.floor(nowMs), nowMs);
}

class NoiseSurvey implements Check {
  readonly #floors: readonly Floor[];
  readonly #startedMs: number;
  readonly #nowMs: number;
  constructor(floors: readonly Floor[], startedMs: number, nowMs: number) {
    this.#floors = floors;
    this.#startedMs = startedMs;
    this.#nowMs = nowMs;
  }

  get view(): CheckView {
    const done = this.#nowMs - this.#startedMs >= SURVEY_MS;
    const rows = this.#floors
      .filter(({ high }) => high > -200)
      .sort((a, b) => b.low - a.low)
      .map(({ channel, name, low, high }): CheckRow => {
        const row = { channel, name, levelDbfs: whole(low) };
        if (high > PLAYING_DBFS) return { ...row, state: 'waiting', text: 'plays' };
        return low > NOISY_DBFS ? { ...row, state: 'bad', text: 'noisy' } : { ...row, state: 'good', text: 'quiet' };
      });
    const noisy = rows.filter(({ state }) => state === 'bad').length;
    return {
      kind: 'noise',
      state: done ? 'done' : 'running',
      ask: done
        ? noisy === 0
          ? 'No floor stands out.'
          : `${noisy} noisy: check gain and cable.`
        : `Nobody plays, please: ${Math.ceil((SURVEY_MS - (this.#nowMs - this.#startedMs)) / 1000)} s more.`,
      channel: null,
      rows,
      startedMs: this.#startedMs,
    };
  }

  step(heard: readonly Heard[], nowMs: number): Check {
    if (this.#nowMs - this.#startedMs >= SURVEY_MS) return this;
    const before = new Map(this.#floors.map((floor) => [floor.channel, floor]));
    const floors = heard.map(({ index, name, rmsDbfs }): Floor => {
      const known = before.get(index);
      const now = level(rmsDbfs);
      return {
        channel: index,
        name,
        low: Math.min(known?.low ?? now, now),
        high: Math.max(known?.high ?? now, now),
      };
    });
    return new NoiseSurvey(floors, this.#startedMs, nowMs);
  }

  next(): Check {
    return this;
  }
}
