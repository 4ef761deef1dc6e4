/**
 * Fast meters: what moves 30 times a second. Levels are hundredths of a dB in Int32 (`dbX100`), so that no rounding
 * differs between threads; NO_SIGNAL stands for digital zero.
 */

import { NO_SIGNAL } from '../dsp/decibels.ts';

export { NO_SIGNAL };

/** One reading of all channels. Arrays have one entry a channel. */
export interface LevelFrame {
  /** Grows by one a frame. */
  readonly seq: number;
  /** Frames captured since the stream began. */
  readonly frame: number;
  readonly channels: number;
  /** Largest sample peak since the reader's last frame (nothing is missed between), dBFS x 100. */
  readonly peakDbX100: Int32Array;
  /** Largest true peak since the reader's last frame, dBTP x 100. */
  readonly truePeakDbX100: Int32Array;
  /** RMS over 300 ms now, dBFS x 100. */
  readonly rmsDbX100: Int32Array;
  /** The chosen meter (peak, PPM, VU, K) now, as the dBFS x 100 of a steady sine's peak: what bars show. */
  readonly meterDbX100: Int32Array;
  /** Digital peak meter with its fall, now, dBFS x 100; the same where that is the chosen one. */
  readonly peakMeterDbX100: Int32Array;
  /** Held peak, now, dBFS x 100. */
  readonly holdDbX100: Int32Array;
  /** Clip events since the start or the last clear. */
  readonly clips: Int32Array;
}

/** null for no signal, else dB with two decimals. */
export function dbOrNull(dbX100: number): number | null {
  return dbX100 === NO_SIGNAL ? null : dbX100 / 100;
}

export function emptyLevelFrame(channels: number): LevelFrame {
  const level = () => new Int32Array(channels).fill(NO_SIGNAL);
  return {
    seq: 0,
    frame: 0,
    channels,
    peakDbX100: level(),
    truePeakDbX100: level(),
    rmsDbX100: level(),
    meterDbX100: level(),
    peakMeterDbX100: level(),
    holdDbX100: level(),
    clips: new Int32Array(channels),
  };
}
