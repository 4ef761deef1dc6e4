/**
 * Meters by name: how each moves and what its scale is. Data; the movements are in ballistics.ts and the kernels.
 */
import { NO_SIGNAL } from './decibels.ts';

/** What drives a meter. */
export type Movement = 'peak' | 'ppmI' | 'ppmII' | 'vu' | 'k';

export interface MeterScale {
  readonly label: string;
  readonly standard: string;
  readonly movement: Movement;
  /** The level of a steady sine, dBFS x 100, that this meter calls 0 dB (or, for IIa, mark 4). */
  readonly zeroAtDbfsX100: number;
  /** Ends of the scale, dB x 100 from its zero. */
  readonly bottomX100: number;
  readonly topX100: number;
  /** Figures on the scale, dB x 100 from its zero. */
  readonly marks: readonly { readonly atX100: number; readonly text: string }[];
}

const decades = (...values: number[]) => values.map((db) => ({ atX100: db * 100, text: String(db) }));

/** -18 dBFS is 0 dBu by EBU R 68: PPM test level, and here 0 VU as well. */
const EBU_ALIGNMENT_X100 = -1800;

export const METER_SCALES = {
  digital: {
    label: 'dBFS',
    standard: 'IEC 60268-18',
    movement: 'peak',
    zeroAtDbfsX100: 0,
    bottomX100: -6000,
    topX100: 0,
    marks: decades(-60, -50, -40, -30, -20, -10, -6, -3, 0),
  },
  ppmDin: {
    label: 'PPM I (DIN)',
    standard: 'IEC 60268-10 type I',
    movement: 'ppmI',
    // DIN 45406 puts 0 dB at +6 dBu: -9 dBFS where 0 dBFS is +15 dBu, as German broadcasters align.
    zeroAtDbfsX100: -900,
    bottomX100: -5000,
    topX100: 500,
    marks: decades(-50, -40, -30, -20, -10, -5, 0, 5),
  },
  ppmNordic: {
    label: 'PPM I (Nordic)',
    standard: 'IEC 60268-10 type I',
    movement: 'ppmI',
    zeroAtDbfsX100: EBU_ALIGNMENT_X100,
    bottomX100: -4200,
    topX100: 1200,
    marks: [...decades(-36, -30, -24, -18, -12, -6), { atX100: 0, text: 'TEST' }, ...decades(6, 9, 12)],
  },
  ppmBbc: {
    label: 'PPM IIa (BBC)',
    standard: 'IEC 60268-10 type IIa',
    movement: 'ppmII',
    zeroAtDbfsX100: EBU_ALIGNMENT_X100,
    bottomX100: -1400,
    topX100: 1200,
    // Marks 1 to 7, 4 dB apart (6 dB between 1 and 2), 4 at the test level.
    marks: [
      { atX100: -1400, text: '1' },
      { atX100: -800, text: '2' },
      { atX100: -400, text: '3' },
      { atX100: 0, text: '4' },
      { atX100: 400, text: '5' },
      { atX100: 800, text: '6' },
      { atX100: 1200, text: '7' },
    ],
  },
  ppmEbu: {
    label: 'PPM IIb (EBU)',
    standard: 'IEC 60268-10 type IIb',
    movement: 'ppmII',
    zeroAtDbfsX100: EBU_ALIGNMENT_X100,
    bottomX100: -1400,
    topX100: 1400,
    marks: [...decades(-12, -8, -4), { atX100: 0, text: 'TEST' }, ...decades(4, 8, 12)],
  },
  vu: {
    label: 'VU',
    standard: 'IEC 60268-17',
    movement: 'vu',
    zeroAtDbfsX100: EBU_ALIGNMENT_X100,
    bottomX100: -2000,
    topX100: 300,
    marks: decades(-20, -10, -7, -5, -3, -2, -1, 0, 1, 2, 3),
  },
  k12: {
    label: 'K-12',
    standard: 'K-System',
    movement: 'k',
    zeroAtDbfsX100: -1200,
    bottomX100: -3000,
    topX100: 1200,
    marks: decades(-30, -24, -18, -12, -6, 0, 4, 8, 12),
  },
  k14: {
    label: 'K-14',
    standard: 'K-System',
    movement: 'k',
    zeroAtDbfsX100: -1400,
    bottomX100: -3000,
    topX100: 1400,
    marks: decades(-30, -24, -18, -12, -6, 0, 4, 8, 14),
  },
  k20: {
    label: 'K-20',
    standard: 'K-System',
    movement: 'k',
    zeroAtDbfsX100: -2000,
    bottomX100: -3000,
    topX100: 2000,
    marks: decades(-30, -24, -18, -12, -6, 0, 4, 8, 14, 20),
  },
} as const satisfies Record<string, MeterScale>;

export type MeterScaleName = keyof typeof METER_SCALES;

/** What a level is told in. `fullScaleDbuX100`: the analogue level of 0 dBFS at this interface's input, dBu x 100. */
export type LevelReference =
  | { readonly unit: 'dBFS' }
  | { readonly unit: 'dBu'; readonly fullScaleDbuX100: number }
  | { readonly unit: 'dBV'; readonly fullScaleDbuX100: number };

/** 0 dBu is 0.7746 V: -2.218 dBV. */
const DBU_IN_DBV_X100 = -222;

/** A level in dBFS x 100, told in the chosen unit, x 100. */
export function inReference(dbfsX100: number, reference: LevelReference): number {
  if (dbfsX100 === NO_SIGNAL) return NO_SIGNAL;
  switch (reference.unit) {
    case 'dBFS':
      return dbfsX100;
    case 'dBu':
      return dbfsX100 + reference.fullScaleDbuX100;
    case 'dBV':
      return dbfsX100 + reference.fullScaleDbuX100 + DBU_IN_DBV_X100;
  }
}

/** A meter's reading on its own scale: dB x 100 from its zero. */
export function onScale(dbfsX100: number, scale: MeterScale): number {
  return dbfsX100 === NO_SIGNAL ? NO_SIGNAL : dbfsX100 - scale.zeroAtDbfsX100;
}
