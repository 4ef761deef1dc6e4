// Levels as the daemon tells them, against arithmetic on what is played.
import { sleep, until } from './system.mjs';

/** Two decimals are told: half a step, and the fixed-point decibels' own rounding. */
export const LEVEL_TOLERANCE_DB = 0.02;

/** Largest difference over all channels of peak, hold and RMS, dB; Infinity where a channel shows nothing. */
export function worstDifference(snapshot, stair) {
  let worst = 0;
  if (snapshot.channels.length !== stair.peaks.length) return Number.POSITIVE_INFINITY;
  snapshot.channels.forEach((channel, c) => {
    for (const [told, known] of [
      [channel.peakDbfs, stair.peaks[c]],
      [channel.holdDbfs, stair.peaks[c]],
      [channel.rmsDbfs, stair.rms[c]],
    ]) {
      worst = Math.max(worst, told === null ? Number.POSITIVE_INFINITY : Math.abs(told - known));
    }
  });
  return worst;
}

export async function levelsAgree(t, promise, daemon, stair, channels) {
  await until('levels of what is played', 30_000, async () => {
    const snapshot = await daemon.status();
    return snapshot.capture.state === 'running' && snapshot.channels[0]?.rmsDbfs > -20;
  });
  await sleep(4000); // RMS settles: 300 ms a time constant
  const worst = worstDifference(await daemon.status(), stair);
  t.check(promise, {
    measured: `at most ${worst.toFixed(3)} dB off, peak, hold and RMS of ${channels} channels`,
    target: `within ${LEVEL_TOLERANCE_DB} dB`,
    ok: worst <= LEVEL_TOLERANCE_DB,
  });
}
