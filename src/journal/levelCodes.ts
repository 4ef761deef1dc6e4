/**
 * The level history's codes: whole dB in one byte, and the merging of seconds into minutes and longer steps. Pure.
 *
 * A second of 34 channels is 68 bytes, an hour 245 kB.
 */
import { NO_SIGNAL } from '../monitor/levels.ts';
import type { LevelSecond, LevelStretch } from './shapes.ts';

/** Nothing was captured. */
export const NOT_CAPTURED = -128;
/** Captured, and digital zero. */
export const NO_SIGNAL_CODE = -127;

/** Hundredths of a dB -> whole dB, -126..127; digital zero: -127. */
export function levelCode(dbX100: number): number {
  if (dbX100 === NO_SIGNAL) return NO_SIGNAL_CODE;
  return Math.max(-126, Math.min(127, Math.round(dbX100 / 100)));
}

/** dB, or null for digital zero or nothing captured. */
export function codeDb(code: number): number | null {
  return code <= NO_SIGNAL_CODE ? null : code;
}

/** An empty stretch: nothing captured. */
export function emptyStretch(fromS: number, toS: number, stepS: number, channels: number): LevelStretch {
  const steps = Math.max(0, Math.ceil((toS - fromS) / stepS));
  const codes = () => new Int8Array(steps * channels).fill(NOT_CAPTURED);
  return { fromS, stepS, steps, channels, peak: codes(), rms: codes(), low: codes() };
}

/**
 * Merges one second into the stretch: the largest peak and RMS, the smallest RMS. `low`: the smallest RMS where `second` stands
 * for more than one. Seconds outside the stretch, and channels beyond it, are left out.
 */
export function addSecond(stretch: LevelStretch, second: LevelSecond, low: Int8Array = second.rms): void {
  const step = Math.floor((second.second - stretch.fromS) / stretch.stepS);
  if (step < 0 || step >= stretch.steps) return;
  const base = step * stretch.channels;
  const channels = Math.min(stretch.channels, second.peak.length);
  for (let c = 0; c < channels; c++) {
    if (second.peak[c]! > stretch.peak[base + c]!) stretch.peak[base + c] = second.peak[c]!;
    if (second.rms[c]! > stretch.rms[base + c]!) stretch.rms[base + c] = second.rms[c]!;
    if (low[c] === NOT_CAPTURED) continue;
    const least = stretch.low[base + c]!;
    if (least === NOT_CAPTURED || low[c]! < least) stretch.low[base + c] = low[c]!;
  }
}

/** Sixty seconds in one row. Channels: the most that any of them had. */
export interface LevelMinute {
  readonly minute: number;
  readonly channels: number;
  /** Maximum of each channel over the minute. */
  readonly peakMax: Int8Array;
  readonly rmsMax: Int8Array;
  /** Smallest RMS of each channel in the seconds that were captured. */
  readonly rmsMin: Int8Array;
  /** 60 x channels. */
  readonly peak: Int8Array;
  readonly rms: Int8Array;
}

export function packMinute(minute: number, seconds: readonly LevelSecond[]): LevelMinute {
  const channels = Math.max(0, ...seconds.map((second) => second.peak.length));
  const codes = (length: number) => new Int8Array(length).fill(NOT_CAPTURED);
  const packed = {
    minute,
    channels,
    peakMax: codes(channels),
    rmsMax: codes(channels),
    rmsMin: codes(channels),
    peak: codes(60 * channels),
    rms: codes(60 * channels),
  };
  for (const second of seconds) {
    const place = (second.second - minute * 60) * channels;
    for (let c = 0; c < second.peak.length; c++) {
      const peak = second.peak[c]!;
      const rms = second.rms[c]!;
      packed.peak[place + c] = peak;
      packed.rms[place + c] = rms;
      if (peak > packed.peakMax[c]!) packed.peakMax[c] = peak;
      if (rms > packed.rmsMax[c]!) packed.rmsMax[c] = rms;
      const least = packed.rmsMin[c]!;
      if (rms !== NOT_CAPTURED && (least === NOT_CAPTURED || rms < least)) packed.rmsMin[c] = rms;
    }
  }
  return packed;
}

/** The seconds of a minute's row again; those in which nothing was captured are left out. */
export function unpackMinute(minute: Pick<LevelMinute, 'minute' | 'channels' | 'peak' | 'rms'>): LevelSecond[] {
  const { channels } = minute;
  const seconds: LevelSecond[] = [];
  for (let s = 0; s < 60; s++) {
    const peak = minute.peak.subarray(s * channels, (s + 1) * channels);
    const rms = minute.rms.subarray(s * channels, (s + 1) * channels);
    if (peak.every((code) => code === NOT_CAPTURED)) continue;
    seconds.push({ second: minute.minute * 60 + s, peak, rms });
  }
  return seconds;
}
