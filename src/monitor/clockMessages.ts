/** What crosses between the main thread and the clock worker. Plain data. */
import type { CaptureChoice, ClockReading } from '../device/ports.ts';
import type { Fault } from '../fault.ts';

export type FromClock =
  /**
   * What the controls say now: at the opening, and after each change. `source`: the clock source is another one than in the
   * last reading of the same interface, which may lie before an unplugging.
   */
  | {
      readonly kind: 'reading';
      readonly reading: ClockReading;
      readonly source: { readonly from: string; readonly to: string } | null;
    }
  /** The controls can't be read: no such card now, or no permission. Told once until it changes. */
  | { readonly kind: 'unreadable'; readonly fault: Fault }
  /** The loop turns: told about once a second, so that the words of one that hangs are not believed for ever. */
  | { readonly kind: 'alive' }
  | { readonly kind: 'bug'; readonly stack: string };

export type ToClock =
  /** A stream opened on this card: its controls are the ones to read. */
  | { readonly kind: 'card'; readonly ctl: string; readonly usbId: string | null }
  /** A capture stream runs, or not: some controls mean something only while one does. */
  | { readonly kind: 'streaming'; readonly on: boolean }
  /** Give back memory that is held free. */
  | { readonly kind: 'trimMemory' }
  | { readonly kind: 'stop' };

export interface ClockWorkerData {
  readonly choice: Extract<CaptureChoice, { kind: 'alsa' | 'replay' }>;
  /** One Int32: set to 1 and notified once the first reading is there, or is not to be had. */
  readonly gate: SharedArrayBuffer;
  /** Rings when a command was sent; null: there is no bell. */
  readonly bellFd: number | null;
}
