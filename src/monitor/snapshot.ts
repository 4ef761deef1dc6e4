/**
 * The Snapshot: all that a person can be shown, but for the fast meters. Immutable, versioned by `seq`.
 * It is the body of `GET /api/status`: names and units are a contract with other programs.
 *
 * Levels are numbers in dB, null for no signal (digital zero). Frames count from the stream's start. Channels are 1-based.
 */
import { type Static, type TSchema, Type } from 'typebox';
import { CheckView, SoundcheckView } from '../checks/check.ts';
import { RecorderView } from '../recorder/view.ts';
import { Power } from './powerWatch.ts';
import { EndedTake, RunningTake } from './takes.ts';

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

export const CantTell = Type.Object(
  {
    why: Type.Enum(['notJudged', 'vantage', 'noSound', 'zeros', 'quiet', 'hidden', 'tooLittle', 'held'], {
      description:
        'notJudged: nothing is captured, or it is no bank to judge (analogue, loopback). vantage: a split fibre, or a resampled stream. noSound: data or hash. zeros: digital zero. quiet: nothing plays. hidden: what plays would hardly show a slip, however long. tooLittle: more of the same will do. held: a jump was heard that may be a slip; it waits for whether it comes again.',
    }),
    heardPercent: Type.Integer({ minimum: 0, maximum: 100, description: 'What was heard, of what sync wants.' }),
    showsPercent: Type.Union([Type.Integer({ minimum: 0, maximum: 100 }), Type.Null()], {
      description: 'Share of the last minute in which a slip would have shown; null: not known yet.',
    }),
  },
  { description: 'Why no word can be said, and how far it is from one.' },
);
export type CantTell = Static<typeof CantTell>;

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
    acknowledged: Type.Optional(
      Type.Boolean({
        description: 'A person has taken note: it stays listed, quiet, until it comes again or gets worse.',
      }),
    ),
    evidence: Type.Optional(Type.Array(Type.String(), { description: 'What was measured or read, a line each.' })),
    others: Type.Optional(
      Type.Array(Type.Object({ code: Type.String(), cause: Type.String(), fix: Type.String() }), {
        description: 'Other causes that the same evidence allows, likelier ones first.',
      }),
    ),
    question: Type.Optional(Type.String({ description: 'The one question whose answer would settle it.' })),
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
    description:
      'With sync on the basis of audio or of a proof: a difference larger than this would have been seen (99 %).',
  }),
  observableS: Type.Number({ description: 'Seconds of material in which a slip could have been seen.' }),
  cantTell: Type.Union([CantTell, Type.Null()], { description: 'With sync unknown: why; else null.' }),
  proof: Type.Union(
    [
      Type.Object({
        ppm: Type.Union([Type.Number(), Type.Null()], {
          description:
            "The bank's clock against the interface's; positive: the bank is faster. null: passed by steps alone, or by moves of unknown size.",
        }),
        uncertaintyPpm: Type.Union([Type.Number(), Type.Null()], { description: '95 % half width.' }),
        boundPpm: Type.Union([Type.Number(), Type.Null()], {
          description: 'Of one that passed: a larger difference would have been seen (99 %).',
        }),
        passed: Type.Boolean({ description: 'One clock, within boundPpm.' }),
        ageS: Count('Seconds since it was made.'),
      }),
      Type.Null(),
    ],
    {
      description:
        'The last guided proof, while it holds: a slip after one that passed, a gap, or digital silence ends it. null: none.',
    },
  ),
  slips: Count('Slips since the start or the last clear.'),
  slipsExact: Count(
    'Of them, frames repeated or zeroed: that is read off the samples. A missing frame is inferred from how the sound goes on.',
  ),
  slipsPerMinute: Type.Union([Type.Number(), Type.Null()]),
  firstSlipFrame: Type.Union([Type.Integer(), Type.Null()]),
  lastSlipFrame: Type.Union([Type.Integer(), Type.Null()]),
});
export type Bank = Static<typeof Bank>;

export const Channel = Type.Object({
  index: Type.Integer({ minimum: 1, description: '1-based.' }),
  name: Type.String(),
  bank: Type.String({ description: 'id of its bank' }),
  peakDbfs: Db('Peak meter: instant rise, falls 20 dB in 1.7 s (K-system: 15 dB/s).'),
  meterDb: Db("The chosen meter's reading on its own scale: dB from the zero that `meter` tells."),
  rmsDbfs: Db('RMS over 300 ms; a full-scale sine reads -3.01.'),
  truePeakDbtp: Db('Largest true peak since the start or the last clear, dBTP.'),
  holdDbfs: Db('Peak held for the configured time.'),
  peakMaxDbfs: Db('Largest sample since the start or the last clear.'),
  overSamples: Count('Samples at full scale since the start or the last clear.'),
  clips: Count('Clip events since the start or the last clear.'),
  clipped: Type.Boolean({ description: 'Latched until cleared.' }),
  silence: SilenceWord,
  armed: Type.Boolean({
    description:
      'Somebody counts on it: it has a name in the settings or on the patch sheet, or has played for a second.',
  }),
  dead: Type.Boolean({
    description:
      'It played, and has carried no living bits for 10 s, or been silent for a quarter of an hour while others play.',
  }),
  crestDb: Db('Peak over RMS in the last second; a sine has 3.01.'),
  noiseFloorDbfs: Db('Smallest RMS of a second in the last minute, digital zero left out.'),
  dcDbfs: Db('Size of the mean of the last second.'),
  dcFlag: Type.Boolean({ description: 'The mean stood beyond -60 dBFS, within a quarter of itself, for 5 s.' }),
  usedBits: Type.Integer({
    minimum: 0,
    maximum: 32,
    description: 'Bits that moved in the last second, from the top one down.',
  }),
  stuckAtOne: Count('Mask of the 32-bit word: bits that were 1 all the second though the sign changed.'),
  stuckAtZero: Count('Bits that were 0 all the second though a lower one moved.'),
  flatTop: Type.Boolean({
    description: 'Clipped before the interface: flat tops below full scale. Latched until cleared.',
  }),
  copyOf: Type.Union([Type.Integer({ minimum: 1 }), Type.Null()], {
    description: 'Lower channel, 1-based, that this one copies bit for bit.',
  }),
  opposite: Type.Boolean({ description: 'Of opposite polarity to its neighbour (1-2, 3-4, ...).' }),
  hum: Type.Union(
    [
      Type.Object({
        baseHz: Type.Union([Type.Literal(50), Type.Literal(60)]),
        levelDbfs: Type.Number({ description: 'RMS of all its harmonics.' }),
        harmonics: Type.Integer({ description: 'Bit h-1 for each harmonic found.' }),
        strongest: Type.Integer({ minimum: 1, maximum: 6, description: 'The strongest of them; 1: the fundamental.' }),
      }),
      Type.Null(),
    ],
    { description: 'Mains hum that stood in a quiet stretch. Channels are listened to in turns.' },
  ),
});
export type Channel = Static<typeof Channel>;

const LockWord = Type.Enum(['noLock', 'locked', 'lock', 'sync', 'unknown'], {
  description:
    'locked: decoded; whether it runs from the same clock is not told (a two-state control). lock: decoded, not in sync; sync: one clock (a three-state control).',
});
const Nullable = <T extends TSchema>(type: T, description: string) => Type.Union([type, Type.Null()], { description });

export const ClockPort = Type.Object(
  {
    port: Type.String({ description: 'Bank id: adat-a, spdif, aes, word-clock; device: the interface as a whole.' }),
    control: Type.String({ description: "ALSA's name of the control." }),
    lock: Type.Unsafe<Static<typeof LockWord>>({ ...LockWord, description: 'What is believed now, calmed.' }),
    told: Type.Unsafe<Static<typeof LockWord>>({ ...LockWord, description: 'What the control itself shows.' }),
    trust: Type.Enum(['live', 'polled', 'stale', 'idle'], {
      description:
        'live: raises events. polled: read 4 times a second. stale: cached by the kernel, age unknown. idle: means nothing until a stream runs.',
    }),
    format: Nullable(Type.String(), 'What the port receives, where told.'),
    rateHz: Nullable(Type.Integer(), 'Rate of what it receives, Hz, where told.'),
    losses: Count('Times that lock was lost since the start or the last clear.'),
    firstLossMs: Nullable(Type.Integer(), 'uptimeMs of the first loss since the start or the last clear.'),
  },
  { description: "What the interface's own controls tell of one digital port." },
);
export type ClockPort = Static<typeof ClockPort>;

const Switch = (description: string) => Nullable(Type.Boolean(), `${description} null: the interface does not tell.`);

export const InputSwitches = Type.Object(
  {
    input: Type.Integer({ minimum: 1, description: 'As printed on the box.' }),
    channel: Nullable(
      Type.Integer({ minimum: 1 }),
      '1-based capture channel that carries it; null: none, or not told.',
    ),
    phantom: Switch('48 V.'),
    inst: Switch('true: instrument (Hi-Z). false: line.'),
    pad: Switch('Pad.'),
    air: Switch('Air.'),
    gain: Nullable(Type.Integer(), "In the control's own steps; null: the interface does not tell."),
    muted: Switch('Muted in the interface.'),
  },
  { description: "Switches of one preamp, as the interface's controls tell them. Never written." },
);
export type InputSwitches = Static<typeof InputSwitches>;
export const ProveProgress = Type.Object(
  {
    bank: Type.String({ description: 'id of the bank' }),
    state: Type.Enum(['listening', 'measuring', 'passed', 'failed', 'unclear'], {
      description:
        'listening: no test tone yet. measuring: it is there. passed: one clock. failed: two clocks. unclear: the tone is there and can not tell; `what` says why.',
    }),
    channel: Type.Union([Type.Integer({ minimum: 1 }), Type.Null()], {
      description: 'Channel of the bank with the tone, 1-based.',
    }),
    reference: Type.Union([Type.Integer({ minimum: 1 }), Type.Null()], {
      description: "Channel on the interface's own clock that carries the same tone, 1-based; null: none does.",
    }),
    hz: Type.Union([Type.Number(), Type.Null()], { description: 'Frequency of the tone, as measured.' }),
    levelDbfs: Db('Peak of the tone, dBFS.'),
    seconds: Type.Number({ description: 'Length of tone measured, s.' }),
    neededS: Type.Integer({ description: 'Length of tone that it takes, s; 0: not known yet.' }),
    ppm: Type.Union([Type.Number(), Type.Null()]),
    uncertaintyPpm: Type.Union([Type.Number(), Type.Null()], { description: '95 % half width.' }),
    boundPpm: Type.Union([Type.Number(), Type.Null()], {
      description: 'Of one that passed: a larger difference would have been seen (99 %).',
    }),
    slips: Count('Steps of the phase by whole frames.'),
    slipsPerMinute: Type.Union([Type.Number(), Type.Null()]),
    what: Type.String({ description: 'What is going on, or the result, in plain words.' }),
    fix: Type.String({ description: "What to do now; '' for nothing." }),
    startedMs: Type.Integer({ description: 'uptimeMs.' }),
  },
  { description: 'The guided proof that runs, or the last one.' },
);
export type ProveProgress = Static<typeof ProveProgress>;

export const ForeignEntry = Type.Object(
  {
    bank: Type.String({ description: 'id of the bank' }),
    kind: Type.Enum(['nonAudio', 'hash', 'smuxSplit', 'smuxMerged'], {
      description:
        'nonAudio: a coded bitstream. hash: a stream at the wrong rate or format. smuxSplit: the sender runs at twice or four times our rate. smuxMerged: at half of it.',
    }),
    format: Type.Union([Type.String(), Type.Null()], { description: 'Of a bitstream: AC-3, DTS, ...' }),
    channels: Type.Array(Type.Integer({ minimum: 1 }), { description: '1-based.' }),
    confidence: Type.Enum(['high', 'medium', 'low']),
    sinceFrame: Count('Frame at which it was recognised.'),
  },
  { description: 'A port carries what is no sound of its own. nonAudio and hash are left out of the levels.' },
);
export type ForeignEntry = Static<typeof ForeignEntry>;

export const MeterUnit = Type.Enum(['dBFS', 'dBu', 'dBV']);
export type MeterUnit = Static<typeof MeterUnit>;

export const LoudnessGroup = Type.Object(
  {
    name: Type.String(),
    channels: Type.Array(Type.Integer({ minimum: 1 }), { description: '1-based.' }),
    momentaryLufs: Db('Over 400 ms, LUFS.'),
    momentaryMaxLufs: Db('Largest since the start or the last clear.'),
    shortTermLufs: Db('Over 3 s, LUFS.'),
    shortTermMaxLufs: Db('Largest since the start or the last clear.'),
    integratedLufs: Db('Gated, since the start or the last clear, LUFS.'),
    rangeLu: Db('Loudness range, LU.'),
    truePeakDbtp: Db('Largest true peak of the group.'),
  },
  { description: 'Programme loudness of channels together: ITU-R BS.1770-5, EBU R 128.' },
);
export type LoudnessGroup = Static<typeof LoudnessGroup>;

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
      sessionRateHz: Type.Union([Type.Integer(), Type.Null()], {
        description: 'Rate that the session is meant to have, by the patch sheet or the configuration; null: not said.',
      }),
      channels: Type.Integer(),
      frames: Count('Frames since the stream began.'),
      xruns: Count('Buffer overruns since the stream began.'),
      usbLosses: Count(
        'Times that all channels jumped at once since the stream began: frames lost on USB, without a word.',
      ),
      lostFrames: Count(
        'Frames known to be lost since the stream began: in overruns, and on USB where it is known how many.',
      ),
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
      uncertaintyPpm: Nullable(Type.Number(), '95 % half width of rateErrorPpm.'),
      absolutePpm: Nullable(Type.Number(), "The interface's rate against true time, as far as this box knows it."),
      absoluteUncertaintyPpm: Nullable(Type.Number(), '95 % half width of absolutePpm.'),
      reference: Type.Enum(['chrony', 'ntp', 'none'], {
        description:
          "Who has checked this box's crystal: a time server, by chrony or another NTP client; none: it is trusted to 30 ppm.",
      }),
      trueRateHz: Nullable(
        Type.Integer(),
        'Another standard rate at which the stream truly runs, Hz: a 44.1 kHz master behind a 48 kHz stream.',
      ),
      leastLossFrames: Nullable(
        Type.Integer(),
        'Fewest frames lost on the way (USB) that the times of their arrival would show now; null: not known yet, or this box reads too late to be sure of any. What is heard of losses needs no times.',
      ),
      portMode: Nullable(Type.String(), "Mode of the digital ports in the interface's own words; null: not told."),
      ports: Type.Array(ClockPort, { description: 'What the controls tell of each digital port; empty: nothing.' }),
    }),
    inputs: Type.Array(InputSwitches, { description: 'Switches of the preamps; empty: the interface tells none.' }),
    banks: Type.Array(Bank),
    meter: Type.Object(
      {
        ballistic: Type.String({ description: 'Name of the chosen meter, as in the configuration.' }),
        label: Type.String(),
        standard: Type.String(),
        zeroAtDbfs: Type.Number({ description: 'Level of a steady sine, dBFS, that this meter calls 0.' }),
        bottomDb: Type.Number({ description: 'Ends of its scale, dB from its zero.' }),
        topDb: Type.Number(),
        marks: Type.Array(Type.Object({ atDb: Type.Number(), text: Type.String() })),
        unit: MeterUnit,
        fullScaleIs: Type.Number({ description: 'What 0 dBFS is in that unit at the inputs; add it to any dBFS.' }),
      },
      { description: 'How the meters move, and what levels are told in.' },
    ),
    channels: Type.Array(Channel),
    loudness: Type.Array(LoudnessGroup),
    prove: Type.Union([ProveProgress, Type.Null()], { description: 'null: no proof was asked for.' }),
    foreign: Type.Array(ForeignEntry, { description: 'Empty while every port carries sound.' }),
    power: Type.Union([Power, Type.Null()], { description: 'null: not known, as on anything but a Raspberry Pi.' }),
    check: Type.Optional(CheckView),
    soundcheck: Type.Optional(SoundcheckView),
    findings: Type.Array(Finding),
    recorder: Type.Union([RecorderView, Type.Null()], { description: 'null: nothing is recorded.' }),
    take: Type.Union([RunningTake, Type.Null()], { description: 'The take that runs, or null.' }),
    lastTake: Type.Union([EndedTake, Type.Null()], { description: 'The take before, of this run of the program.' }),
  },
  { description: 'All that the box knows at one instant.' },
);
export type Snapshot = Static<typeof Snapshot>;
