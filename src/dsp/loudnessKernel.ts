/**
 * The contract of K-weighting. `loudnessWasm.ts` and `loudnessTwin.ts` stand behind it and are bit-identical.
 */
export interface LoudnessKernel {
  /** Of the input. */
  readonly channels: number;
  /** 0-based channels that are weighted. */
  readonly columns: readonly number[];
  readonly maxFrames: number;
  /** Where the caller puts frames: Int32, left-justified, interleaved; the top 24 bits are read. */
  readonly input: Int32Array;
  /** Of the frames last processed, one a column: sum of squares of the K-weighted samples, each x24 * 4. */
  readonly sumSquaresQ4: BigUint64Array;
  /** Weights frames from..to (to not included) of `input`. The filters carry over. */
  process(from: number, to: number): void;
  reset(): void;
}

export interface LoudnessKernelOptions {
  /** Channels of the input, 1..64. */
  readonly channels: number;
  /** 0-based channels to weigh, in any order. Default: all. */
  readonly columns?: readonly number[];
  readonly maxFrames: number;
  readonly rateHz: number;
}

/** @throws RangeError when channels or columns are out of range. */
export function columnsOf({ channels, columns }: LoudnessKernelOptions): readonly number[] {
  if (!(channels >= 1 && channels <= 64)) throw new RangeError(`channels is ${channels}, not 1..64`);
  const chosen = columns ?? Array.from({ length: channels }, (_, c) => c);
  if (chosen.length > 64 || chosen.some((c) => !Number.isInteger(c) || c < 0 || c >= channels))
    throw new RangeError(`columns are ${chosen.join()}, not up to 64 of 0..${channels - 1}`);
  return chosen;
}

/** One second-order section: (b0 + b1/z + b2/z^2) / (1 + a1/z + a2/z^2). */
export interface Section {
  readonly b0: number;
  readonly b1: number;
  readonly b2: number;
  readonly a1: number;
  readonly a2: number;
}

/** Fraction bits of the kernel's coefficients. */
export const SECTION_BITS = 28;

/**
 * The two sections of K-weighting at any rate. BS.1770-5 tables them at 48 kHz only; these are the analogue filters behind
 * the tables (a shelf of +4.0 dB at 1682 Hz, a high-pass at 38.1 Hz), warped to the rate by the bilinear transform. At
 * 48 kHz they give the tables to 1e-9. The tables' high-pass passes +0.043 dB: that gain is kept at every rate.
 */
export function kWeighting(rateHz: number): readonly [Section, Section] {
  const shelf = { hz: 1681.974450955533, gainDb: 3.999843853973347, q: 0.7071752369554196 };
  const k = Math.tan((Math.PI * shelf.hz) / rateHz);
  const vh = 10 ** (shelf.gainDb / 20);
  const vb = vh ** 0.4996667741545416;
  const a0 = 1 + k / shelf.q + k * k;
  const first: Section = {
    b0: (vh + (vb * k) / shelf.q + k * k) / a0,
    b1: (2 * (k * k - vh)) / a0,
    b2: (vh - (vb * k) / shelf.q + k * k) / a0,
    a1: (2 * (k * k - 1)) / a0,
    a2: (1 - k / shelf.q + k * k) / a0,
  };
  const pass = { hz: 38.13547087602444, q: 0.5003270373238773 };
  const denominator = (hz: number) => {
    const t = Math.tan((Math.PI * pass.hz) / hz);
    return { t, sum: 1 + t / pass.q + t * t };
  };
  const { t, sum } = denominator(rateHz);
  const gain = denominator(48000).sum / sum;
  const second: Section = {
    b0: gain,
    b1: -2 * gain,
    b2: gain,
    a1: (2 * (t * t - 1)) / sum,
    a2: (1 - t / pass.q + t * t) / sum,
  };
  return [first, second];
}

/** The ten coefficients as the kernel takes them: b0 b1 b2 a1 a2 of both sections, x 2^28. */
export function kWeightingQ28(rateHz: number): bigint[] {
  return kWeighting(rateHz).flatMap((section) =>
    [section.b0, section.b1, section.b2, section.a1, section.a2].map((value) =>
      BigInt(Math.round(value * 2 ** SECTION_BITS)),
    ),
  );
}
