/** What crosses between the main thread and the capture worker, besides the level board. Plain data. */
import type { CaptureChoice, StreamInfo } from '../device/ports.ts';
import type { ForeignReading } from '../dsp/foreign.ts';
import type { TimecodeEvent } from '../dsp/ltc.ts';
import type { Movement } from '../dsp/meterScales.ts';
import type { ProofReading } from '../dsp/proof/proofMeter.ts';
import type { SlipEvidence } from '../dsp/slip/evidence.ts';
import type { Snippet } from '../evidence/snippet.ts';
import type { Fault } from '../fault.ts';
import type { SlowReadings } from './slowReadings.ts';

/** States of capture. `absent` and `faulted` try again by themselves, unless the choice was made for one run only. */
export type CaptureState =
  | { readonly kind: 'opening' }
  | { readonly kind: 'running' }
  | { readonly kind: 'stalled' }
  | { readonly kind: 'absent'; readonly fault: Fault }
  | { readonly kind: 'faulted'; readonly fault: Fault }
  | { readonly kind: 'released' }
  | { readonly kind: 'ended'; readonly note: Fault | null };

/** Something that happened at a frame of the stream (counted from its start; 0-based channels are never shown: 1-based here). */
export type CaptureEvent =
  | { readonly kind: 'clip'; readonly frame: number; readonly channel: number }
  | {
      readonly kind: 'slip';
      readonly frame: number;
      readonly bank: string;
      readonly slipKind: 'drop' | 'repeat' | 'zeros';
      /** Frames moved. */
      readonly frames: number;
    }
  | { readonly kind: 'usbLoss'; readonly frame: number; readonly frames: number | null }
  | { readonly kind: 'xrun'; readonly frame: number; readonly lostFrames: number | null }
  /** The clock that drives the interface runs at another rate: rates against this box's clock, before and after. */
  | {
      readonly kind: 'clockChange';
      readonly frame: number;
      readonly beforePpm: number;
      readonly afterPpm: number;
      /** 95 % half width of their difference. */
      readonly uncertaintyPpm: number;
    };

/** Something that the interface's controls or its rate showed. `frame`: how far the stream was when it was noticed. */
export type DeviceEvent =
  /** The clock source changed, by whomever; in the interface's own words. */
  | { readonly kind: 'clockSource'; readonly frame: number; readonly from: string; readonly to: string }
  /** What is believed of a port's lock (`device`: of the whole interface) changed; calmed, so that a flapping lock does not flood. */
  | { readonly kind: 'portLock'; readonly frame: number; readonly port: string; readonly lock: LockWordTold }
  /** A preamp's switch was turned. */
  | {
      readonly kind: 'inputSwitch';
      readonly frame: number;
      /** As printed on the box. */
      readonly input: number;
      readonly switch: 'phantom' | 'inst' | 'pad' | 'air' | 'muted';
      readonly on: boolean;
    };
export type LockWordTold = 'noLock' | 'locked' | 'lock' | 'sync' | 'unknown';

/** All that happens once, at a frame. */
export type MonitorEvent = CaptureEvent | DeviceEvent;

export type FromCapture =
  | { readonly kind: 'state'; readonly state: CaptureState }
  | { readonly kind: 'stream'; readonly info: StreamInfo }
  /**
   * The interface's rate error against this box's clock and its 95 % half width, ppm; and the fewest lost frames that its stamps would show,
   * null: none for sure. About once a second.
   */
  | {
      readonly kind: 'rate';
      readonly ppm: number;
      readonly uncertaintyPpm: number;
      readonly leastLossFrames: number | null;
    }
  /**
   * Twice a second, up to ten times when there is something: how far the stream is, what the slip detector found since (bounded by its own rate of about one
   * a second and bank; `bank` is the place in the list of `banks` told), and for each bank whether all of it was 0.
   */
  | {
      readonly kind: 'slips';
      readonly frame: number;
      readonly evidence: readonly SlipEvidence[];
      readonly digitalZero: readonly boolean[];
    }
  /** What a bank was like around a frame that the slip detector pointed at; at most two a second and bank. */
  | { readonly kind: 'snippet'; readonly snippet: Snippet }
  /** Timecode on the channel that was named. */
  | { readonly kind: 'timecode'; readonly event: TimecodeEvent }
  /** All that stands now on the ports that is no sound of their own; told each time that it changes. */
  | { readonly kind: 'foreign'; readonly readings: readonly ForeignReading[] }
  /** Once a second of the stream: what changes slowly. */
  | { readonly kind: 'readings'; readonly readings: SlowReadings }
  /** How the guided proof goes: some four times a second while it runs, and once at its end. */
  | { readonly kind: 'proof'; readonly reading: ProofReading }
  /** Bounded: `dropped` more happened in that turn and were only counted. */
  | { readonly kind: 'events'; readonly events: readonly CaptureEvent[]; readonly dropped: number }
  | { readonly kind: 'bug'; readonly stack: string };

/** Channels of one bank as the worker needs them. */
export interface WorkerBank {
  readonly id: string;
  /** 0-based columns of the frame. */
  readonly columns: readonly number[];
  /** A digital port: data that is no sound can come in by it. Not, when left out. */
  readonly digital?: boolean;
}

export type ToCapture =
  /** 1-based; null: all. */
  | { readonly kind: 'clear'; readonly channels: readonly number[] | null }
  /** Puts back what the last clear took away. */
  | { readonly kind: 'undoClear' }
  /** Banks to watch for slips. Those that carry copies of others (loopback) are left out: they prove nothing. */
  | { readonly kind: 'banks'; readonly banks: readonly WorkerBank[] }
  | { readonly kind: 'holdMs'; readonly holdMs: number }
  /** How the main meter moves from now on; counts and latches stay. */
  | { readonly kind: 'movement'; readonly movement: Movement }
  /** Whether somebody looks at levels from now on; at first somebody does. */
  | { readonly kind: 'seen'; readonly seen: boolean }
  /** Samples at full scale in a row that make a clip, from now on; meters and latches begin anew. */
  | { readonly kind: 'clipRun'; readonly clipRun: number }
  /** 0-based columns of the groups whose loudness is measured. */
  | { readonly kind: 'loudness'; readonly groups: readonly (readonly number[])[] }
  /** Begin a guided proof: 0-based columns of the bank, and those on the interface's own clock. One that runs is given up. */
  | { readonly kind: 'prove'; readonly columns: readonly number[]; readonly references: readonly number[] }
  | { readonly kind: 'endProof' }
  /** 0-based column that carries timecode; null: none. */
  | { readonly kind: 'timecode'; readonly column: number | null }
  | { readonly kind: 'release' }
  | { readonly kind: 'take' }
  | { readonly kind: 'stop' };

/** The worker's own options, fixed for its life. */
export interface CaptureWorkerData {
  readonly choice: CaptureChoice;
  readonly board: SharedArrayBuffer;
  /** One word that counts the commands told; it goes up after the command was posted. */
  readonly commandsTold: SharedArrayBuffer;
  readonly clipRun: number;
  readonly holdMs: number;
  readonly movement: Movement;
  /** Opening is tried again for ever (a service), or once (a choice on the command line). */
  readonly retry: boolean;
  /** The clock worker sets its one Int32 to 1 once it has looked at the controls; null: there is no clock worker. */
  readonly gate: SharedArrayBuffer | null;
  /** Where the samples go for the recorder; null: nothing is recorded. */
  readonly ring: SharedArrayBuffer | null;
}
