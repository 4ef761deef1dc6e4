/**
 * The doors to the outside. An adapter stands behind each, named by its mechanism: alsa, wav, sim; gpio-chardev; ssd1306.
 * Simulated adapters are shipped features, beside the real ones.
 */
import type { Fault } from '../fault.ts';
import type { PortMap } from './interfaces/interfaceMap.ts';

/** Periods in a block at most: as many as a restful wake-up finds, and the cost beside the samples' is that of one block. */
const BLOCK_PERIODS = 4;
/** A block that goes through all kernels should stay in a processor's near memory: a Pi 5's core has 512 KiB of it. */
const BLOCK_BYTES = 288 * 1024;

/** Frames of the largest block of a stream: whole periods, one at least. */
export function blockFrames({ channels, periodFrames }: Pick<StreamInfo, 'channels' | 'periodFrames'>): number {
  const periods = Math.floor(BLOCK_BYTES / (periodFrames * channels * Int32Array.BYTES_PER_ELEMENT));
  return periodFrames * Math.min(BLOCK_PERIODS, Math.max(1, periods));
}

/** What a source delivers, known once it is open. */
export interface StreamInfo {
  readonly source: 'alsa' | 'wav' | 'sim';
  /** What a person calls it: card name, file name, scenario. */
  readonly name: string;
  /** Nominal rate, Hz. */
  readonly rateHz: number;
  /** 1..64 interleaved channels. */
  readonly channels: number;
  /**
   * Valid bits of a sample, 16..32, left-justified in the Int32: 24 for S24_3LE and S24_LE. A digital full scale is
   * the extreme code of these bits. S32_LE from a 24-bit converter is 24 when the driver says so (significant bits), else 32.
   */
  readonly validBits: number;
  /** Frames per read that the source aims at: 10 ms. */
  readonly periodFrames: number;
  /** Buffer granted, frames; 0 where there is none (files). */
  readonly bufferFrames: number;
  /** USB id as `vvvv:pppp` in lower-case hex, or null. */
  readonly usbId: string | null;
  /** ALSA's name of the card's controls (`hw:1`), where the source has any. */
  readonly ctl?: string | null;
  /** Channel names, where the source carries them (iXML, simulator), else an empty list. */
  readonly channelNames: readonly string[];
  /**
   * Ports that the source itself declares, with the box on each when it knows: a simulator's scenario. A map from the
   * table of interfaces, or the user's, stands above it.
   */
  readonly ports?: readonly (PortMap & { readonly box: string | null })[];
  /** Findings that opening already brought: a small buffer, a short last frame. */
  readonly notes: readonly Fault[];
}

/**
 * One answer of `CaptureStream.read`. The stream owns the object and reuses it: copy what you keep.
 * `frames`: `frames` whole frames stand in the block. `timeNs` is MONOTONIC_RAW (virtual time for a fast file) of the
 *   instant at which the hardware had delivered `positionFrames` frames since the stream opened; 0 where unknown. Blocks that
 *   were there at one wake-up carry one stamp.
 *   `waitingFrames` more stood in the buffer then (0 where not told): the more, the closer is an overrun.
 * `idle`: nothing arrived within the wait. `xrun`: capture goes on, `lostFrames` were lost (null: unknown).
 * `ended`: a file is over. `gone`: the device went, or failed for good; close and open anew.
 */
export type CaptureRead =
  | { kind: 'frames'; frames: number; timeNs: number; positionFrames: number; waitingFrames?: number }
  | { kind: 'idle' }
  | { kind: 'xrun'; lostFrames: number | null }
  | { kind: 'ended'; note: Fault | null }
  | { kind: 'gone'; fault: Fault };

/**
 * An arrival that was watched for: `positionFrames` frames since the stream opened were there at `timeNs` (MONOTONIC_RAW), and `widthNs`
 * before that they were not. `narrow`: that is as near as this box can look, nothing came between. The stream owns the object and reuses it.
 */
export interface WatchedArrival {
  timeNs: number;
  positionFrames: number;
  widthNs: number;
  narrow: boolean;
}

/** Room for samples of three bytes (S24_3LE), and a fast way from there into a block that `CaptureStream.read` is handed. */
export interface PackedBlock {
  readonly bytes: Uint8Array;
  /** The `count` samples from byte `from` on become the first `count` words of the block, left-justified. */
  unpack(from: number, count: number): void;
}

/** An open stream. Synchronous: it lives in the capture worker, which does nothing else. */
export interface CaptureStream {
  readonly info: StreamInfo;
  /**
   * From now on `read` is handed the block that `packed` unpacks into: a source of three bytes a sample may leave that work to it, and read
   * ahead into its bytes. Not every source does.
   */
  unpackBy?(packed: PackedBlock): void;
  /**
   * null: a `read` of up to `maxFrames` frames need not wait for a disk; else kept when that is so. For who has other work meanwhile; needs no
   * calling. Not every source does.
   */
  ready?(maxFrames: number): Promise<void> | null;
  /**
   * Waits at most `waitMs` (<= 300) for a period and puts it into `block`: interleaved frames x channels, Int32,
   * left-justified (a 24-bit sample times 256), all 32 bits kept. `block` holds at least `maxFrames` frames.
   */
  read(block: Int32Array, maxFrames: number, waitMs: number): CaptureRead;
  /** Closes the device. May be called twice. */
  close(): void;
  /**
   * How many periods one wait is for, where the source waits: more cost less and stamp less often. As many as the buffer has room
   * for are granted.
   */
  wakeEvery?(periods: number): void;
  /**
   * Watches for arrivals without sleeping, until one is known to `narrowNs`, or as well as a slow box can, for `longestNs` at most: no wake-up,
   * which may come some 100 us late, stands between it and its stamp. The best known of those that came; null: none came. It costs the
   * processor all that time.
   */
  watchArrival?(longestNs: number, narrowNs: number): WatchedArrival | null;
}

/** A capture adapter: opens a stream or says why not. Expected faults are values; it never writes to the device. */
export interface CaptureSource {
  open(): { readonly ok: true; readonly value: CaptureStream } | { readonly ok: false; readonly fault: Fault };
}

/** What the capture worker is told to open. Plain data: it crosses a thread. */
export type CaptureChoice =
  | {
      readonly kind: 'alsa';
      /** ALSA PCM name, such as `hw:1,0`; a USB id, such as `1235:8215`; or `auto`: the first USB capture card. */
      readonly pcm: string;
      /** null: keep the rate that the device has now. */
      readonly rateHz: number | null;
      /** null: all that the device offers. */
      readonly channels: number | null;
    }
  | {
      readonly kind: 'wav';
      readonly files: readonly string[];
      /** As fast as it reads, in virtual time; else in real time. */
      readonly fast: boolean;
      readonly loop: boolean;
    }
  | {
      readonly kind: 'sim';
      /** Name of a shipped scenario, or path of a scenario file. */
      readonly scenario: string;
      readonly seed: number;
      /** Virtual time: no pacing. */
      readonly fast: boolean;
    }
  | {
      /** Controls of a card that somebody has sent in, with silence on its channels. */
      readonly kind: 'replay';
      /** What `lightkeeper dump` wrote. */
      readonly dumpFile: string;
    };

/** A display of 1 bit a pixel behind its own driver. */
export interface Panel {
  readonly widthPx: number;
  readonly heightPx: number;
  /**
   * Shows a frame: width*height/8 bytes in pages of 8 rows, one byte a column, bit 0 the upper row (SSD1306's own order).
   * The newest frame wins; it never blocks the caller.
   */
  show(frame: Uint8Array): void;
  stop(): Promise<void>;
}

/** Edge of a button or key, on the way to the pure gesture reducer. */
export interface ButtonEdge {
  readonly button: 'A' | 'B' | 'C' | 'D';
  readonly down: boolean;
  /** Monotonic, ms. */
  readonly timeMs: number;
}

/** Lock of one digital port, or of the interface as a whole, as its own control tells it. */
export interface ClockInput {
  /** Bank id: adat-a, spdif, aes, word-clock; `device` for the interface as a whole. */
  readonly port: string;
  /** ALSA's name of the control. */
  readonly control: string;
  /**
   * noLock: nothing is decoded. locked: decoded; whether it runs from the same clock is not told (a two-state control).
   * lock: decoded, and not in sync; sync: one clock (a three-state control). unknown: not to be trusted now.
   */
  readonly lock: 'noLock' | 'locked' | 'lock' | 'sync' | 'unknown';
  /** What the control itself shows, trusted or not. */
  readonly told: 'noLock' | 'locked' | 'lock' | 'sync' | 'unknown';
  /** live: raises events. polled: read 4 times a second. stale: cached by the kernel, age unknown. idle: means nothing until a stream runs. */
  readonly trust: 'live' | 'polled' | 'stale' | 'idle';
  /** What the port receives, where told. */
  readonly format: string | null;
  readonly rateHz: number | null;
}

/** Switches of one preamp; null: no such control. */
export interface PreampReading {
  /** 1-based, as printed on the box. */
  readonly input: number;
  readonly phantom: boolean | null;
  /** true: instrument (Hi-Z), false: line. */
  readonly inst: boolean | null;
  readonly pad: boolean | null;
  readonly air: boolean | null;
  /** In the control's own steps. */
  readonly gain: number | null;
  readonly muted: boolean | null;
}

/** What a device's controls say, at one instant. */
export interface ClockReading {
  /** Family of controls: focusrite, rme-digiface, ..., generic. */
  readonly family: string;
  /** Clock source in the device's own words, or null: not told. */
  readonly source: string | null;
  /** Port that the clock comes from, as in `ClockInput.port`; null: internal, or not told. */
  readonly sourcePort: string | null;
  /** Lock of the interface to its clock source; null: it has no such control. */
  readonly device: ClockInput | null;
  readonly inputs: readonly ClockInput[];
  /** Mode of the digital ports in the device's own words, or null. */
  readonly portMode: string | null;
  /** Rate as the device tells it, Hz, or null. */
  readonly rateHz: number | null;
  readonly preamps: readonly PreampReading[];
  /** What each capture channel carries, in the device's words, from channel 1; empty: not told. */
  readonly routing: readonly string[];
  /** What stands in the way of this interface, by its controls: a mode that hides them, a helper program that is missing. */
  readonly notes: readonly Fault[];
}

/** One answer of `ClockStream.read`. `source`: the clock source changed since the last reading, by whomever. */
export type ClockRead =
  | { readonly kind: 'reading'; readonly reading: ClockReading; readonly source: { from: string; to: string } | null }
  | { readonly kind: 'idle' }
  | { readonly kind: 'gone'; readonly fault: Fault };

export interface ClockStream {
  /** USB id of the card, or null. */
  readonly usbId: string | null;
  /** Waits at most `waitMs` (0: not at all) for a change of a control. The first answer is always a reading. */
  read(waitMs: number): ClockRead;
  /** Some controls mean something only while a capture stream runs. */
  setStreaming(streaming: boolean): void;
  close(): void;
}

/** Reads what a device tells of its clock. Never writes to it. */
export interface ClockSource {
  open(): { readonly ok: true; readonly value: ClockStream } | { readonly ok: false; readonly fault: Fault };
}

/** The service manager that started the program. Never waits, never throws. */
export interface Notifier {
  /** All is up; `status` is one line for people. */
  ready(status: string): void;
  status(status: string): void;
  /** The watchdog's food: every loop turned. */
  feed(): void;
  stopping(): void;
}

/** Who keeps this machine's time, as seen from outside the kernel. */
export type TimeKeeper =
  /** chronyd, synchronised: bound on its frequency error (skew) and what it still corrects, ppm. */
  | { readonly kind: 'chrony'; readonly skewPpm: number; readonly residualPpm: number }
  /** Another NTP client, synchronised: how good its frequency is it does not tell. */
  | { readonly kind: 'ntp' }
  /** Nobody, or not synchronised. */
  | { readonly kind: 'none' };

/** Both clocks at one instant, ns. */
export interface ClockPair {
  readonly monotonicNs: number;
  readonly rawNs: number;
}
