/**
 * The Snapshot: all that a person can be shown, but for the fast meters. Immutable, versioned by `seq`.
 * It is the body of `GET /api/status`: names and units are a contract with other programs.
 *
 * Levels are numbers in dB, null for no signal (digital zero). Frames count from the stream's start. Channels are 1-based.
 */
import { type Static, Type } from 'typebox';

const Db = (description: string) => Type.Union([Type.Number(), Type.Null()], { description });
const Count = (description: string) => Type.Integer({ minimum: 0, description });

export const SyncWord = Type.Enum(['noLock', 'lock', 'sync', 'unknown'], {
  description:
    'noLock: the receiver decodes nothing. lock: it decodes, but slips. sync: one clock, with evidence. unknown: can not tell.',
});
export type SyncWord = Static<typeof SyncWord>;

export const Basis = Type.Enum(['device', 'audio', 'proof', 'none'], {
  description: 'Where the sync word comes from: the device said so, the audio shows it, a guided proof, or nothing.',
});
export type Basis = Static<typeof Basis>;

export const Vantage = Type.Enum(['own', 'mirror', 'split', 'resampled'], {
  description: 'What this box sits on: the interface itself, a mirror of it, a split fibre, or a resampled stream.',
});
export type Vantage = Static<typeof Vantage>;

export const BankKind = Type.Enum(['analogue', 'adat', 'spdif', 'aes', 'loopback', 'group'], {
  description: 'Kind of port. group: channels of no known port.',
});
export type BankKind = Static<typeof BankKind>;

export const SilenceWord = Type.Enum(['none', 'digitalZero', 'frozen', 'noiseFloor'], {
  description: 'none: signal. digitalZero: all bits 0. frozen: one value for ever. noiseFloor: alive, nothing played.',
});
export type SilenceWord = Static<typeof SilenceWord>;

export const CaptureStateWord = Type.Enum(['absent', 'opening', 'running', 'stalled', 'faulted', 'released', 'ended']);
export type CaptureStateWord = Static<typeof CaptureStateWord>;

export const Finding = Type.Object(
  {
    code: Type.String({ description: 'Stable, listed in docs/errors.md.' }),
    severity: Type.Enum(['alarm', 'warning', 'info']),
    where: Type.String({ description: 'The box, bank or channel by its name.' }),
    symptom: Type.String(),
    cause: Type.String(),
    fix: Type.String(),
    confidence: Type.Enum(['high', 'medium', 'low']),
    sinceMs: Type.Integer({ description: 'uptimeMs at which it began.' }),
  },
  { description: 'Something is wrong: what, where, why and what to do.' },
);
export type Finding = Static<typeof Finding>;

export const Bank = Type.Object({
  id: Type.String(),
  name: Type.String({ description: 'ADAT A' }),
  /** The box on the other end, in the user's words (OctoPre), or null. */
  box: Type.Union([Type.String(), Type.Null()]),
  kind: BankKind,
  channels: Type.Array(Type.Integer({ minimum: 1 }), { description: '1-based channels of the bank.' }),
  first: Type.Integer({ description: 'First channel, 1-based.' }),
  last: Type.Integer({ description: 'Last channel, 1-based.' }),
  sync: SyncWord,
  basis: Basis,
  vantage: Vantage,
  ppm: Type.Union([Type.Number(), Type.Null()], {
    description: "The bank's clock against the interface's, parts per million; positive: the bank is faster.",
  }),
  uncertaintyPpm: Type.Union([Type.Number(), Type.Null()], { description: '95 % half width of ppm.' }),
  boundPpm: Type.Union([Type.Number(), Type.Null()], {
    description: 'With sync on the basis of audio: a difference larger than this would have been seen (99 %).',
  }),
  observableS: Type.Number({ description: 'Seconds of material in which a slip could have been seen.' }),
  slips: Count('Slips since the start or the last clear.'),
  slipsPerMinute: Type.Union([Type.Number(), Type.Null()]),
  firstSlipFrame: Type.Union([Type.Integer(), Type.Null()]),
  lastSlipFrame: Type.Union([Type.Integer(), Type.Null()]),
});
export type Bank = Static<typeof Bank>;

export const Channel = Type.Object({
  index: Type.Integer({ minimum: 1, description: '1-based.' }),
  name: Type.String(),
  bank: Type.String({ description: 'id of its bank' }),
  peakDbfs: Db('Peak meter: instant rise, falls at the configured rate.'),
  rmsDbfs: Db('RMS over 300 ms; a full-scale sine reads -3.01.'),
  truePeakDbtp: Db('Largest true peak since the start or the last clear, dBTP.'),
  holdDbfs: Db('Peak held for the configured time.'),
  clips: Count('Clip events since the start or the last clear.'),
  clipped: Type.Boolean({ description: 'Latched until cleared.' }),
  silence: SilenceWord,
});
export type Channel = Static<typeof Channel>;

export const Snapshot = Type.Object(
  {
    product: Type.Literal('lightkeeper'),
    version: Type.String(),
    simulated: Type.Boolean({ description: 'true: nothing here comes from a real input.' }),
    seq: Count('Grows with each new snapshot.'),
    uptimeMs: Count('Monotonic, since the start of the program.'),
    capture: Type.Object({
      state: CaptureStateWord,
      source: Type.Enum(['alsa', 'wav', 'sim', 'none']),
      name: Type.String(),
      rateHz: Type.Integer(),
      channels: Type.Integer(),
      frames: Count('Frames since the stream began.'),
      xruns: Count('Buffer overruns since the stream began.'),
      lostFrames: Count('Frames known to be lost.'),
      fault: Type.Union([Type.Object({ code: Type.String(), what: Type.String(), fix: Type.String() }), Type.Null()]),
    }),
    clock: Type.Object({
      source: Type.Union([Type.String(), Type.Null()], {
        description: "The interface's own words, or null: not told.",
      }),
      sync: SyncWord,
      rateErrorPpm: Type.Union([Type.Number(), Type.Null()], {
        description: "The interface's rate against this box's clock.",
      }),
      uncertaintyPpm: Type.Union([Type.Number(), Type.Null()]),
    }),
    banks: Type.Array(Bank),
    channels: Type.Array(Channel),
    findings: Type.Array(Finding),
  },
  { description: 'All that the box knows at one instant.' },
);
export type Snapshot = Static<typeof Snapshot>;
