/**
 * The guided proof as the Snapshot tells it: which bank, how it goes, what came out, in plain words. Pure but for its memory
 * of the one that runs.
 */
import type { ProofReading, ProofReason } from '../dsp/proof/proofMeter.ts';
import { assertNever } from '../fault.ts';
import type { PlannedBank } from './bankPlan.ts';
import type { ProveProgress } from './snapshot.ts';
import type { ProofResult } from './verdict/bankVerdict.ts';

export type ProvenBank = Pick<PlannedBank, 'id' | 'name' | 'box' | 'kind'>;

const boxOf = (bank: ProvenBank) => bank.box ?? bank.name;
/** Two decimals below ten; no minus before a nought. */
const digits = (ppm: number) => ppm.toFixed(Math.abs(ppm) < 9.95 ? 2 : 1).replace(/^-(0\.0+)$/, '$1');

function told(reading: ProofReading): string {
  const { ppm, uncertaintyPpm } = reading;
  if (ppm === null) return '';
  return `${ppm >= 0.005 ? '+' : ''}${digits(ppm)} ppm${uncertaintyPpm === null ? '' : ` +-${digits(uncertaintyPpm)}`}`;
}

const whole = (s: number) => Math.ceil(s - 1e-6);

/** What stands in the way, and what to do about it. */
const OBSTACLES: Readonly<Record<ProofReason, (bank: ProvenBank) => { what: string; fix: string }>> = {
  noTone: (bank) => ({
    what: `No steady tone arrives on ${bank.name}.`,
    fix: `Send 1 kHz at -20 dBFS into one input of ${boxOf(bank)}, and hold it.`,
  }),
  clipped: (bank) => ({ what: `The tone clips on ${bank.name}.`, fix: 'Turn it down by 10 dB.' }),
  noisy: () => ({ what: 'The tone is too noisy to tell.', fix: 'Turn it up, mute all else on that input.' }),
  unsteady: () => ({
    what: 'The tone does not hold still.',
    fix: 'Use a generator with a crystal, 1 kHz, and nothing else on that input.',
  }),
  badPitch: () => ({ what: "Slips could hide in this tone's period.", fix: 'Set the generator to 1 kHz.' }),
  fewJumps: () => ({
    what: 'The tone jumped, in no rhythm: generator or port, it can not tell.',
    fix: 'Send the tone into an input of the interface too, and prove again.',
  }),
  oddJumps: () => ({
    what: 'The tone jumped by no whole frames: the generator stumbles.',
    fix: 'Use another generator, or send the tone into an input of the interface too.',
  }),
  tooShort: () => ({ what: 'The tone was too short to tell.', fix: 'Hold it until the proof ends.' }),
};

function wordsOf(bank: ProvenBank, reading: ProofReading): { what: string; fix: string } {
  const { state, reason, seconds, neededS, hz } = reading;
  const obstacle = reason === null ? null : OBSTACLES[reason](bank);
  switch (state) {
    case 'listening':
      return obstacle ?? { ...OBSTACLES.noTone(bank), what: `Listening for a tone on ${bank.name}.` };
    case 'measuring': {
      if (obstacle !== null) return obstacle;
      const jumps = reading.slips === 0 ? '' : `, ${reading.slips} jump${reading.slips === 1 ? '' : 's'}`;
      return {
        what: `${hz === null ? 'The tone' : `${hz.toFixed(hz < 1000 ? 1 : 0)} Hz`}: ${Math.floor(seconds)} of ${whole(neededS)} s${jumps}.`,
        fix: 'Hold it.',
      };
    }
    case 'passed':
      return {
        what: `${boxOf(bank)} runs on the interface's clock: ${
          reading.ppm === null ? `no slip in ${Math.floor(seconds)} s of tone` : told(reading)
        }.`,
        fix: '',
      };
    case 'failed': {
      const rate =
        reading.slipsPerMinute === null
          ? ''
          : `, ${reading.slipsPerMinute.toFixed(reading.slipsPerMinute < 10 ? 1 : 0)} slips a minute`;
      return {
        what: `${boxOf(bank)} runs on its own clock: ${told(reading)}${rate}.`,
        fix: `Set ${boxOf(bank)} to sync to the interface, or the interface to ${bank.name}.`,
      };
    }
    case 'unclear':
      return obstacle ?? OBSTACLES.tooShort(bank);
    default:
      return assertNever(state);
  }
}

/** `startedMs`: uptimeMs. */
export function progressOf(bank: ProvenBank, reading: ProofReading, startedMs: number): ProveProgress {
  const oneBased = (column: number | null) => (column === null ? null : column + 1);
  return {
    bank: bank.id,
    state: reading.state,
    channel: oneBased(reading.column),
    reference: oneBased(reading.reference),
    hz: reading.hz,
    levelDbfs: reading.levelDbfs,
    seconds: Math.round(reading.seconds * 10) / 10,
    neededS: whole(reading.neededS),
    ppm: reading.ppm,
    uncertaintyPpm: reading.uncertaintyPpm,
    boundPpm: reading.boundPpm,
    slips: reading.slips,
    slipsPerMinute: reading.slipsPerMinute,
    ...wordsOf(bank, reading),
    startedMs: Math.floor(startedMs),
  };
}

const BEGUN: ProofReading = {
  state: 'listening',
  reason: null,
  column: null,
  reference: null,
  hz: null,
  levelDbfs: null,
  clearness: null,
  seconds: 0,
  neededS: 0,
  ppm: null,
  uncertaintyPpm: null,
  boundPpm: null,
  slips: 0,
  slipsPerMinute: null,
  by: 'steps',
};

export class Proofs {
  #bank: ProvenBank | null = null;
  #startedMs = 0;
  #progress: ProveProgress | null = null;

  get view(): ProveProgress | null {
    return this.#progress;
  }

  /** The bank whose proof runs, or null. */
  get running(): string | null {
    return this.#bank?.id ?? null;
  }

  begin(bank: ProvenBank, nowMs: number): void {
    this.#bank = bank;
    this.#startedMs = nowMs;
    this.#progress = progressOf(bank, BEGUN, nowMs);
  }

  /** A reading of the worker. A verdict is returned once, for the bank that it is of. */
  take(reading: ProofReading, nowMs: number): { readonly bank: string; readonly result: ProofResult } | null {
    const bank = this.#bank;
    if (bank === null) return null;
    this.#progress = progressOf(bank, reading, this.#startedMs);
    const { state, ppm, uncertaintyPpm, boundPpm, slipsPerMinute } = reading;
    if (state === 'listening' || state === 'measuring') return null;
    this.#bank = null;
    if (state === 'unclear') return null;
    return {
      bank: bank.id,
      result: { passed: state === 'passed', ppm, uncertaintyPpm, boundPpm, slipsPerMinute, atMs: nowMs },
    };
  }

  /** Given up by a person: as if it had not been asked for. */
  giveUp(): void {
    if (this.#bank === null) return;
    this.#bank = null;
    this.#progress = null;
  }

  /** Nothing is captured any more. */
  interrupt(): void {
    if (this.#bank === null || this.#progress === null) return;
    this.#bank = null;
    this.#progress = {
      ...this.#progress,
      state: 'unclear',
      what: 'The interface went away while the proof ran.',
      fix: 'Begin it again once frames arrive.',
    };
  }
}
