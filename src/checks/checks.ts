/** The guided checks of one run: begins, feeds and ends them, and keeps the last line check to compare with. */
import { assertNever } from '../fault.ts';
import type { Check, CheckKind, CheckView, Heard, LevelChange, ProveView, SoundcheckView } from './check.ts';
import { level } from './check.ts';
import { startGainStaging } from './gainStaging.ts';
import { startHumHunt } from './humHunt.ts';
import { startLineCheck } from './lineCheck.ts';
import { startNoiseSurvey } from './noiseSurvey.ts';
import { type BankToProve, startSyncProof } from './syncProof.ts';

/** The last line check, as it is kept in the state folder. */
export interface Soundcheck {
  /** ISO 8601. */
  readonly at: string;
  readonly channels: readonly { readonly channel: number; readonly rmsDbfs: number }[];
}

/** A change is told from here on, dB. */
const CHANGE_DB = 6;
/** Loudest RMS of the last one to two of these is compared. */
const WINDOW_MS = 30_000;
/** Softer than this nobody plays. */
const PLAYS_DBFS = -60;

export interface ChecksParts {
  /** As it was kept; null: none. */
  readonly soundcheck: Soundcheck | null;
  readonly onSoundcheck: (soundcheck: Soundcheck) => void;
  /** Wall clock, ISO 8601. */
  readonly nowIso: () => string;
}

export class Checks {
  readonly #parts: ChecksParts;
  #check: Check | null = null;
  #soundcheck: Soundcheck | null;
  #windowMs = Number.NEGATIVE_INFINITY;
  #loudest = new Map<number, number>();
  #before = new Map<number, number>();

  constructor(parts: ChecksParts) {
    this.#parts = parts;
    this.#soundcheck = parts.soundcheck;
  }

  /** `order`: channels that somebody counts on, in the order of the sheet. `banks`: digital ports in use. */
  start(
    kind: CheckKind,
    order: readonly { channel: number; name: string }[],
    nowMs: number,
    banks: readonly BankToProve[] = [],
  ): void {
    switch (kind) {
      case 'line':
        this.#check = startLineCheck(order, nowMs);
        return;
      case 'hum':
        this.#check = startHumHunt(nowMs);
        return;
      case 'gain':
        this.#check = startGainStaging(order, nowMs);
        return;
      case 'noise':
        this.#check = startNoiseSurvey(nowMs);
        return;
      case 'proof':
        this.#check = startSyncProof(banks, nowMs);
        return;
      default:
        assertNever(kind);
    }
  }

  /** false: no check runs. */
  next(): boolean {
    if (this.#check === null || this.#check.view.state === 'done') return false;
    this.#take(this.#check.next());
    return true;
  }

  end(): void {
    this.#check = null;
  }

  /** A check waits for somebody. */
  get running(): boolean {
    return this.#check?.view.state === 'running';
  }

  /** Once or twice a second, while frames come. */
  turn(heard: readonly Heard[], nowMs: number, prove: ProveView | null = null): void {
    if (this.#check?.view.state === 'running') this.#take(this.#check.step(heard, nowMs, prove));
    if (nowMs - this.#windowMs >= WINDOW_MS) {
      this.#windowMs = nowMs;
      this.#before = this.#loudest;
      this.#loudest = new Map();
    }
    for (const { index, rmsDbfs } of heard)
      this.#loudest.set(index, Math.max(this.#loudest.get(index) ?? -200, level(rmsDbfs)));
  }

  /** Bank whose guided proof is to run now, by its id; null: none. */
  get wantsProof(): string | null {
    return this.#check?.wantsProof ?? null;
  }

  view(): CheckView | null {
    return this.#check?.view ?? null;
  }

  /** The last line check and what moved since; `names` by channel. */
  soundcheck(names: (channel: number) => string): SoundcheckView | null {
    if (this.#soundcheck === null) return null;
    const changes = this.#soundcheck.channels.flatMap(({ channel, rmsDbfs }): LevelChange[] => {
      const now = Math.max(this.#loudest.get(channel) ?? -200, this.#before.get(channel) ?? -200);
      const db = Math.round(now - rmsDbfs);
      return now > PLAYS_DBFS && Math.abs(db) >= CHANGE_DB ? [{ channel, name: names(channel), db }] : [];
    });
    return { at: this.#soundcheck.at, changes };
  }

  #take(check: Check): void {
    const ended = this.#check?.view.state === 'running' && check.view.state === 'done';
    this.#check = check;
    const { kind, rows } = check.view;
    if (!ended || kind !== 'line') return;
    const channels = rows.flatMap(({ channel, state, levelDbfs }) =>
      state === 'good' && levelDbfs !== null ? [{ channel, rmsDbfs: levelDbfs }] : [],
    );
    if (channels.length === 0) return;
    this.#soundcheck = { at: this.#parts.nowIso(), channels };
    this.#parts.onSoundcheck(this.#soundcheck);
  }
}
