/**
 * A scenario of the diagnosis tests: a physical set-up with something wrong in it (or nothing), and the cause that a good
 * engineer would name. Data only: `../rig/` turns it into samples and control values, and nothing of `expects` goes in there.
 *
 * A scenario says only how it differs from the standing session in `session.ts`.
 */
import type { VoiceName } from '../../../src/device/sim/scenario.ts';
import type { HeldOutSession } from './heldOutSessions.ts';

/** What reaches one capture channel, on the clock of its own box. Levels are dBFS at the converter. */
export interface Strip {
  /** Voices heard, each with a gain in dB. */
  readonly plays: Partial<Record<VoiceName, number>>;
  /** Noise of preamp and converter, dBFS RMS; null: exact digital zero. */
  readonly noiseDbfs: number | null;
  /** The source's level against what it should be, dB: a wrong gain, a wrong nominal level. */
  readonly gainDb?: number;
  /** The source does not arrive between these seconds: 48 V off, a cable out, a muted preamp. The noise stays. */
  readonly sourceGone?: readonly [fromS: number, toS: number];
  /** The source plays between these seconds only. */
  readonly playsOnly?: readonly [fromS: number, toS: number];
  /** Exact zeros between these seconds. */
  readonly zeros?: readonly [fromS: number, toS: number];
  /** Mains: amplitude of harmonics 1, 2, 3 ..., dBFS peak; null: none of it. */
  readonly mains?: { readonly hz: 50 | 60; readonly dbfs: readonly (number | null)[]; readonly untilS?: number };
  /** A converter or limiter before the interface cuts at this level, dBFS. */
  readonly cutAtDbfs?: number;
  /** Mean, dBFS, positive. */
  readonly dcDbfs?: number;
  /** This bit of 24 (0 the lowest) is always 1. */
  readonly stuckBit?: number;
  /** Bit for bit what this channel carries. */
  readonly copyOf?: number;
  /** What this channel carries, wired the other way round, its own noise on it. */
  readonly inverseOf?: number;
  /** One value for ever, 24-bit code. */
  readonly frozenAt?: number;
}

export type Happening =
  /** Frames lost on all channels without a word, as lost USB microframes are. */
  | { readonly kind: 'usbLoss'; readonly atS: number; readonly frames: number }
  /** The host did not fetch in time. */
  | { readonly kind: 'overrun'; readonly atS: number; readonly frames: number }
  /** Nothing is delivered any more. */
  | { readonly kind: 'stall'; readonly atS: number }
  | { readonly kind: 'unplug'; readonly atS: number }
  /** One frame repeated (+) or dropped (-) on a port, once. */
  | { readonly kind: 'slip'; readonly atS: number; readonly port: string; readonly frames: number }
  /** A hand (or the device itself) moves a control: `name = value`. */
  | { readonly kind: 'control'; readonly atS: number; readonly to: string };

export interface Change {
  /** Seconds of samples; 6 by default. */
  readonly seconds?: number;
  /** The session's rate by default. */
  readonly rateHz?: number;
  /** Channels that the interface opens with; all of the session's by default. */
  readonly channels?: number;
  readonly strips?: Readonly<Record<number, Partial<Strip>>>;
  /** Each bank's clock against the interface's, ppm, and how its receiver gives way. */
  readonly clocks?: Readonly<Record<string, { readonly ppm: number; readonly burst?: 32 }>>;
  readonly happenings?: readonly Happening[];
  /** Lines `name = value`; those of the session stand where none of the same name is here. */
  readonly controls?: readonly string[];
  /** Over the session's sheet: fields by input channel, by expander id, of the interface, of the ears. */
  readonly sheet?: {
    readonly inputs?: Readonly<Record<number, object | null>>;
    readonly expanders?: Readonly<Record<string, object>>;
    readonly interface?: object;
    readonly monitors?: readonly object[];
    readonly headphones?: readonly object[];
  };
  /** The device can not be opened, with this fault's code. */
  readonly cannotOpen?: { readonly code: string; readonly what: string; readonly fix: string };
  /** The Pi's own supply. */
  readonly power?: { readonly underVoltage: boolean; readonly throttled: boolean };
}

export type SessionName =
  /** Scarlett 18i8 3rd Gen with a Clarett OctoPre on its ADAT port, 48 kHz, its controls readable. */
  | 'band'
  /** The same wiring behind an interface without readable controls. */
  | 'mute-controls'
  /** RME Digiface USB: three-state sync controls, two expanders on ports 1 and 2. */
  | 'digiface'
  /** Of the held-out set: heldOutSessions.ts. */
  | HeldOutSession;

export interface Scenario extends Change {
  readonly name: string;
  /** The set-up in one sentence. */
  readonly story: string;
  readonly session: SessionName;
  /** What a person complains of, where the box can't see it by itself. */
  readonly complaint?: { readonly kind: string; readonly channel?: number };
  readonly expects: Expectation;
}

export interface Expectation {
  /** The cause to be named first, and where. */
  readonly first: Cause;
  /** Other causes that the same evidence allows: they must be listed, too. */
  readonly or?: readonly string[];
}

export interface Cause {
  /** Short name of the cause; see docs/diagnosis.md. */
  readonly code: string;
  /** The box, bank or channel as people call it. */
  readonly where?: string;
  /** Words that must stand in cause or fix: the box's own menu, the switch, the channel. */
  readonly says?: readonly string[];
}

export interface CleanScenario extends Change {
  readonly name: string;
  readonly story: string;
  readonly session: SessionName;
}
