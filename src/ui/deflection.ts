/** Where a level stands on a bar. Integers: levels are hundredths of a dB. */
import { NO_SIGNAL } from '../monitor/levels.ts';

/**
 * Points of the scale, dBFS x 100 -> parts per ten thousand of the full bar: 2.5 % a dB from -20 to 0 dBFS, denser below,
 * after the deflection of IEC 60268-18's peak programme meters.
 */
const POINTS: readonly (readonly [number, number])[] = [
  [-7000, 0],
  [-6000, 250],
  [-5000, 750],
  [-4000, 1500],
  [-3000, 3000],
  [-2000, 5000],
  [0, 10000],
];

/** 0 (no signal, or -70 dBFS and less) to 10000 (0 dBFS and more). */
export function deflectionX10000(dbX100: number): number {
  if (dbX100 === NO_SIGNAL || dbX100 <= -7000) return 0;
  for (let i = 1; i < POINTS.length; i++) {
    const [db1, at1] = POINTS[i]!;
    if (dbX100 > db1) continue;
    const [db0, at0] = POINTS[i - 1]!;
    return at0 + Math.floor(((dbX100 - db0) * (at1 - at0)) / (db1 - db0));
  }
  return 10000;
}

/** Lit rows of a bar of `fullPx` rows. Any signal above -70 dBFS lights at least one. */
export function barPx(dbX100: number, fullPx: number): number {
  const part = deflectionX10000(dbX100);
  return part === 0 ? 0 : Math.max(1, Math.round((part * fullPx) / 10000));
}

/** dBFS of the ticks drawn beside bars. */
export const TICKS_DBFS: readonly number[] = [0, -6, -12, -18, -30, -48];
