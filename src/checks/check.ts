/** Guided checks: what they share, as the Snapshot and the API tell it. */
import { type Static, Type } from 'typebox';

export const CHECK_KINDS = ['line', 'hum', 'gain', 'noise', 'proof'] as const;
export const CheckKind = Type.Enum([...CHECK_KINDS], {
  description:
    'line: every source in turn, does it arrive, and on its own channel? hum: where is it, while things are unplugged. gain: do peaks reach the target window? noise: floors, with nobody playing. proof: a test tone into each digital port in turn: one clock, or two?',
});
export type CheckKind = Static<typeof CheckKind>;

const Db = (description: string) => Type.Union([Type.Number(), Type.Null()], { description });

export const CheckRow = Type.Object(
  {
    channel: Type.Integer({ minimum: 1, description: '1-based.' }),
    name: Type.String(),
    state: Type.Enum(['waiting', 'now', 'good', 'bad', 'gone'], {
      description: 'waiting: not yet. now: being asked for. good, bad: found so. gone: it was bad, and is no more.',
    }),
    levelDbfs: Db('What was measured: RMS of the line check, hum, peak, noise floor, or the test tone.'),
    text: Type.String({ description: 'In a word or two: arrives, on Tom 2, dead, 50 Hz, too hot.' }),
  },
  { description: 'One channel of a check.' },
);
export type CheckRow = Static<typeof CheckRow>;

export const CheckView = Type.Object(
  {
    kind: CheckKind,
    state: Type.Enum(['running', 'done']),
    ask: Type.String({ description: 'What to do now, in one sentence.' }),
    channel: Type.Union([Type.Integer({ minimum: 1 }), Type.Null()], {
      description: 'The channel asked for, 1-based.',
    }),
    rows: Type.Array(CheckRow),
    startedMs: Type.Integer({ description: 'uptimeMs.' }),
  },
  { description: 'The guided check that runs, or the last one.' },
);
export type CheckView = Static<typeof CheckView>;

export const LevelChange = Type.Object(
  {
    channel: Type.Integer({ minimum: 1, description: '1-based.' }),
    name: Type.String(),
    db: Type.Number({ description: 'Loudest RMS of the last minute against that of the line check, dB.' }),
  },
  { description: 'A channel that is not as loud, or as soft, as it was at the sound check.' },
);
export type LevelChange = Static<typeof LevelChange>;

export const SoundcheckView = Type.Object(
  {
    at: Type.String({ description: 'When the line check ended, ISO 8601.' }),
    changes: Type.Array(LevelChange, { description: 'Channels that moved by 6 dB or more since.' }),
  },
  { description: 'The last line check, and what has changed since.' },
);
export type SoundcheckView = Static<typeof SoundcheckView>;

/** What a check looks at in a channel, twice a second. */
export interface Heard {
  /** 1-based. */
  readonly index: number;
  readonly name: string;
  /** dBFS; null: digital zero. */
  readonly rmsDbfs: number | null;
  readonly peakDbfs: number | null;
  readonly clips: number;
  readonly hum: { readonly baseHz: number; readonly levelDbfs: number } | null;
}

/** A channel of the Snapshot, as checks hear it. */
export function heardOf(
  channel: Pick<Heard, 'index' | 'name' | 'rmsDbfs' | 'peakDbfs' | 'clips'> & { readonly hum?: Heard['hum'] },
): Heard {
  const { index, name, rmsDbfs, peakDbfs, clips, hum = null } = channel;
  return { index, name, rmsDbfs, peakDbfs, clips, hum };
}

/** What a check needs of a guided proof. */
export interface ProveView {
  readonly bank: string;
  readonly state: 'listening' | 'measuring' | 'passed' | 'failed' | 'unclear';
  readonly levelDbfs: number | null;
  readonly ppm: number | null;
  readonly what: string;
  readonly fix: string;
  /** uptimeMs. */
  readonly startedMs: number;
}

/** A check in progress: pure, each step a new one. */
export interface Check {
  readonly view: CheckView;
  /** id of the bank whose guided proof it waits for. */
  readonly wantsProof?: string | null;
  /** `prove`: the guided proof that runs or ran last. */
  step(heard: readonly Heard[], nowMs: number, prove?: ProveView | null): Check;
  /** The person says: go on (line check: this one is dead). */
  next(): Check;
}

export const level = (dbfs: number | null): number => dbfs ?? -200;
export const whole = (dbfs: number | null): number | null => (dbfs === null ? null : Math.round(dbfs * 10) / 10);
