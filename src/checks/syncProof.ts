/** Sync proof: a test tone into one input of each digital port in turn; the guided proof tells one clock from two. Pure. */
import { type Check, type CheckRow, type CheckView, type Heard, type ProveView, whole } from './check.ts';

export interface BankToProve {
  readonly id: string;
  readonly name: string;
  readonly box: string | null;
  /** First channel, 1-based. */
  readonly first: number;
}

interface State {
  readonly banks: readonly BankToProve[];
  readonly results: readonly CheckRow[];
  readonly startedMs: number;
  /** The present bank's turn began then; null: with the next step. A proof from before it is not this one. */
  readonly turnMs: number | null;
  readonly prove: ProveView | null;
}

const called = (bank: BankToProve) => (bank.box === null ? bank.name : `${bank.box} on ${bank.name}`);

export function startSyncProof(banks: readonly BankToProve[], nowMs: number): Check {
  return new SyncProof({ banks, results: [], startedMs: Math.floor(nowMs), turnMs: null, prove: null });
}

class SyncProof implements Check {
  readonly #state: State;
  constructor(state: State) {
    this.#state = state;
  }

  get #now(): BankToProve | undefined {
    return this.#state.banks[this.#state.results.length];
  }

  get wantsProof(): string | null {
    return this.#state.turnMs === null ? null : (this.#now?.id ?? null);
  }

  get view(): CheckView {
    const { banks, results, startedMs, prove } = this.#state;
    const now = this.#now;
    const rows = banks.map(
      (bank, i): CheckRow =>
        results[i] ?? {
          channel: bank.first,
          name: bank.box ?? bank.name,
          state: i === results.length ? 'now' : 'waiting',
          levelDbfs: null,
          text: '',
        },
    );
    const unproven = results.filter(({ state }) => state !== 'good').length;
    const ask =
      now !== undefined
        ? prove?.state === 'measuring'
          ? `${prove.what} ${prove.fix}`
          : `Send 1 kHz into one input of ${called(now)}; by a Y lead into one of the interface too.`
        : banks.length === 0
          ? 'No digital port is in use: there is nothing to prove.'
          : unproven === 0
            ? `${banks.length === 1 ? 'The port is' : `All ${banks.length} ports are`} on the interface's clock.`
            : `${unproven} of ${banks.length} not proven.`;
    return {
      kind: 'proof',
      state: now === undefined ? 'done' : 'running',
      ask,
      channel: now?.first ?? null,
      rows,
      startedMs,
    };
  }

  step(_heard: readonly Heard[], nowMs: number, prove: ProveView | null = null): Check {
    const state = this.#state;
    const now = this.#now;
    if (now === undefined) return this;
    if (state.turnMs === null) return new SyncProof({ ...state, turnMs: Math.floor(nowMs) });
    const own = prove !== null && prove.bank === now.id && prove.startedMs >= state.turnMs ? prove : null;
    switch (own?.state) {
      case 'passed':
        return this.#with(own, 'good', 'PROVEN');
      case 'failed':
        return this.#with(
          own,
          'bad',
          own.ppm === null ? 'slips' : `${own.ppm > 0 ? '+' : ''}${own.ppm.toFixed(1)} ppm`,
        );
      case 'unclear':
        return this.#with(own, 'bad', "can't tell");
      default:
        return new SyncProof({ ...state, prove: own });
    }
  }

  /** This one is left out. */
  next(): Check {
    return this.#now === undefined ? this : this.#with(null, 'waiting', 'left out');
  }

  #with(prove: ProveView | null, state: CheckRow['state'], text: string): Check {
    const bank = this.#now!;
    const row = {
      channel: bank.first,
      name: bank.box ?? bank.name,
      state,
      text,
      levelDbfs: whole(prove?.levelDbfs ?? null),
    };
    return new SyncProof({ ...this.#state, results: [...this.#state.results, row], turnMs: null, prove: null });
  }
}
