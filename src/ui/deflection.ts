/** Where a level stands on a bar. Integers: levels are hundredths of a dB. */
import { NO_SIGNAL } from '../monitor/levels.ts';
import type { Snapshot } from '../monitor/snapshot.ts';

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
  return litPx(DIGITAL, dbX100, fullPx);
}

/** dBFS of the ticks drawn beside bars. */
export const TICKS_DBFS: readonly number[] = [0, -6, -12, -18, -30, -48];

/** How bars of the chosen meter are drawn. */
export interface Deflection {
  /** 0 to 10000 of a level in dBFS x 100. */
  readonly partX10000: (dbfsX100: number) => number;
  /** dBFS of the ticks. */
  readonly ticksDbfs: readonly number[];
  /** What the meter is called where it is not the usual one, else empty. */
  readonly label: string;
}

const DIGITAL: Deflection = { partX10000: deflectionX10000, ticksDbfs: TICKS_DBFS, label: '' };

/** The digital meter has its own curve; all others are even in dB from one end of their scale to the other. */
export function deflectionOf(meter: Snapshot['meter']): Deflection {
  if (meter.ballistic === 'digital') return DIGITAL;
  const bottom = Math.round((meter.zeroAtDbfs + meter.bottomDb) * 100);
  const length = Math.round((meter.topDb - meter.bottomDb) * 100);
  return {
    partX10000: (dbfsX100) =>
      dbfsX100 === NO_SIGNAL ? 0 : Math.max(0, Math.min(10000, Math.floor(((dbfsX100 - bottom) * 10000) / length))),
    ticksDbfs: meter.marks.map(({ atDb }) => meter.zeroAtDbfs + atDb),
    label: meter.label,
  };
}

/** Lit rows of `fullPx` on a meter. Any reading on its scale lights at least one. */
export function litPx(deflection: Deflection, dbfsX100: number, fullPx: number): number {
  const part = deflection.partX10000(dbfsX100);
  return part === 0 ? 0 : Math.max(1, Math.round((part * fullPx) / 10000));
}
