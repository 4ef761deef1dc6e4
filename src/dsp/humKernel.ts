/**
 * The contract of the sums behind the search for hum: the meter's slow stream -> a low-pass and every fourth (about 1200 a second) ->
 * mixed down by each line looked for and summed over a part of 80 ms. Two implementations, bit-identical: `meterWasm.ts` and `humTwin.ts`.
 *
 * All numbers are whole and below 2^53, held as doubles: the order of a sum does not matter.
 */

/** Every so many box sums one slow sample. */
export const DECIMATION = 4;
/**
 * Low-pass before every fourth box sum is kept: three moving sums of four, whose product is 64. What would fold onto the
 * lower harmonics is 60 dB down and more; onto 360 Hz (from 840) 25 dB, which a line of programme there must bear anyway.
 */
export const TAPS = Int32Array.of(1, 3, 6, 10, 12, 12, 10, 6, 3, 1);
export const TAPS_SUM = 64;
/** Box sums before the newest that the low-pass needs. */
export const BEFORE = TAPS.length - 1;

/** Entries of a turn, as a power of two. */
export const TONE_BITS = 12;
/** One turn of a cosine x 2^14. */
export function toneTable(): Int32Array {
  return Int32Array.from({ length: 1 << TONE_BITS }, (_, i) =>
    Math.round(Math.cos((2 * Math.PI * i) / (1 << TONE_BITS)) * 16384),
  );
}

export interface HumKernelOptions {
  /** Channels listened to at a time, 1..64, no more than the meter has. */
  readonly width: number;
  /** Slow samples of one part, 1..256. */
  readonly partSamples: number;
  /** Of each line looked for (1..16): turns a slow sample x 2^32. */
  readonly phaseSteps: readonly number[];
  /** What a low-passed sum of box sums is divided by. */
  readonly slowDivisor: number;
}

export interface HumKernel {
  /** Of the last `endPart`: [channel listened to][line][real, imaginary], a slow sample times a tone x 2^14, summed and / 2^16. */
  readonly sums: Float64Array;
  /**
   * Makes slow samples of the rows `row`..`row + rows - 1` of the meter's last block, for channels `first`..`first + width - 1`: every
   * DECIMATION-th row, `phase` rows after the last one. The first is sample `to` of the part. No more rows than the part has room for.
   */
  slowSamples(first: number, row: number, rows: number, phase: number, to: number): void;
  /** Mixes the part's slow samples down. The tones go on from part to part. */
  endPart(): void;
  /** Forgets samples, sums and phases. */
  restart(): void;
}
