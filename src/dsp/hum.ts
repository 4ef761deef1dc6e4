/**
 * Mains hum: narrow lines at 50 or 60 Hz and their harmonics, standing out of what is around them, for as long as one
 * looks. Integers only: box sums from the kernel (4800 a second) -> low-pass and every fourth -> 1200 a second; that is
 * mixed down by each harmonic and summed over 80 ms; fifty such sums, Hann-windowed, give a spectrum of +-3 Hz around each
 * harmonic in steps of a quarter hertz. Twelve multiplications a slow sample in place of a spectrum of all of it.
 *
 * An alarm needs, in three windows in a row, two harmonics at least 12 dB above the floor beside them. Under programme a
 * bass note may be a line too, so only quiet windows are judged, or those that hold little else than the hum.
 */
import { meanSquareDbX100, NO_SIGNAL } from './decibels.ts';
import { DECIMATION, type HumKernel, type HumKernelOptions, TAPS, TAPS_SUM } from './humKernel.ts';

/** Box sums per second that the kernel should make, about: the kernel's `boxFrames` for a rate. */
export function humBoxFrames(rateHz: number): number {
  return Math.max(1, Math.floor(rateHz / 4800));
}

const BASES = [50, 60] as const;
const HARMONICS = 6;
/** Slow samples of one partial sum: 80 ms, 96 of them at 1200 Hz, 98 at 1225. */
const PART_S = 0.08;
/** Partial sums in a window: 4 s. */
const PARTS = 50;
/** Partial sums between two windows: 2 s. */
const HOP = 25;
/** Quarter hertz steps to each side of a harmonic. */
const STEPS = 12;
/** The mains may be off by 0.4 %: beyond that a line is no hum. */
const MAINS_TOLERANCE = 0.004;
/** 12 dB: a line over the floor beside it, as power. */
const LINE_OVER_FLOOR = 16;
/** 70 dB: a line this far below all else in the window may be the tables' own rounding. */
const SMALLEST_PART = 1e-7;
const LINES_FOR_HUM = 2;
const WINDOWS_FOR_ALARM = 3;
/** Parts in a turn of channels: three windows. */
const TURN_PARTS = PARTS + (WINDOWS_FOR_ALARM - 1) * HOP;
/** A window is quiet below this RMS, as a mean square of 24-bit samples: -45 dBFS. */
const QUIET_MEAN_SQUARE = Math.round(8388607 ** 2 * 10 ** -4.5);
/** Or it is judged when lines hold this part of its power. */
const MOSTLY_HUM = 0.9;
/** Fraction bits of a slow sample. */
const SLOW_BITS = 2;

/** The lines looked for, Hz, each once. */
const FREQUENCIES = [...new Set(BASES.flatMap((base) => Array.from({ length: HARMONICS }, (_, h) => base * (h + 1))))];

/** Hann window over the parts times the phasor of each quarter-hertz step 0..STEPS, x 2^14. */
function windowed(part: (angle: number) => number, partS: number): Float64Array {
  const table = new Float64Array((STEPS + 1) * PARTS);
  for (let step = 0; step <= STEPS; step++) {
    for (let s = 0; s < PARTS; s++) {
      const hann = 0.5 - 0.5 * Math.cos((2 * Math.PI * (s + 0.5)) / PARTS);
      table[step * PARTS + s] = Math.round(hann * part(2 * Math.PI * (step / 4) * partS * s) * 16384);
    }
  }
  return table;
}

/** One channel's latest judgement. */
export interface HumReading {
  /** 0: no hum; else 50 or 60. */
  readonly baseHz: 0 | 50 | 60;
  /** RMS of all lines found together, dBFS x 100 (a full-scale sine is -301); NO_SIGNAL without hum. */
  readonly levelDbX100: number;
  /** Bit h-1 is set for each harmonic found. */
  readonly harmonics: number;
  /** Number of the strongest, 1 the fundamental; 0 without hum. */
  readonly strongest: number;
  /** Windows judged in a row that showed it. */
  readonly windows: number;
  /** Three windows in a row. */
  readonly alarm: boolean;
}

export interface HumOptions {
  readonly channels: number;
  readonly rateHz: number;
  /** Of the meter's kernel, made with `humKernelOptions`. */
  readonly kernel: HumKernel;
  /**
   * Channels listened to at a time, each for three windows (8 s), then the next ones: hum does not hurry, and the cost is
   * theirs alone. 34 channels by eights are looked at every 40 s. Default: all, always.
   */
  readonly atOnce?: number;
}

interface Slow {
  /** Slow samples a second, and in a part. */
  readonly hz: number;
  readonly partSamples: number;
}

function slowOf(rateHz: number): Slow {
  const hz = rateHz / humBoxFrames(rateHz) / DECIMATION;
  return { hz, partSamples: Math.round(hz * PART_S) };
}

function widthOf({ channels, atOnce }: { readonly channels: number; readonly atOnce?: number }): number {
  return Math.max(1, Math.min(channels, atOnce ?? channels));
}

/** What the meter's kernel needs for `createHumDetector` with the same options. */
export function humKernelOptions(options: {
  readonly channels: number;
  readonly rateHz: number;
  readonly atOnce?: number;
}): HumKernelOptions {
  const { hz, partSamples } = slowOf(options.rateHz);
  return {
    width: widthOf(options),
    partSamples,
    phaseSteps: FREQUENCIES.map((line) => Math.round((line / hz) * 2 ** 32) >>> 0),
    // From a weighted sum of box sums to x24 with SLOW_BITS fraction bits.
    slowDivisor: (humBoxFrames(options.rateHz) * TAPS_SUM) / 2 ** SLOW_BITS,
  };
}

export interface HumDetector {
  /** One a channel, replaced at each judged window (every 2 s while it is listened to). */
  readonly readings: readonly HumReading[];
  /** Takes the block that the meter's kernel has just processed: how many box sums it made, and its sums of squares. */
  update(boxCount: number, sumSquares: BigUint64Array, frames: number): void;
  /** Begins the present window anew after a gap in the stream; readings stand. */
  restart(): void;
  reset(): void;
}

const NO_HUM: HumReading = { baseHz: 0, levelDbX100: NO_SIGNAL, harmonics: 0, strongest: 0, windows: 0, alarm: false };

export function createHumDetector(options: HumOptions): HumDetector {
  const { channels, rateHz, kernel } = options;
  const width = widthOf(options);
  /** Channels first..first+width-1 are listened to. */
  let first = 0;
  const boxFrames = humBoxFrames(rateHz);
  const { hz: slowHz, partSamples } = slowOf(rateHz);
  const partS = partSamples / slowHz;
  const lines = FREQUENCIES.length;
  const windowCos = windowed(Math.cos, partS);
  const windowSin = windowed(Math.sin, partS);
  /** What box sums and low-pass take from a line at each frequency, as a power. */
  const droop = FREQUENCIES.map((hz) => {
    const x = (Math.PI * hz * boxFrames) / rateHz;
    let low = 0;
    TAPS.forEach((tap, i) => {
      low += (tap / TAPS_SUM) * Math.cos((2 * Math.PI * hz * (i - (TAPS.length - 1) / 2) * boxFrames) / rateHz);
    });
    // Summing 80 ms blocks costs nothing at the harmonic itself.
    return ((Math.sin(x) / x) * low) ** 2;
  });

  const parts = new Float64Array(width * lines * PARTS * 2);
  const partPower = new Float64Array(width * PARTS);
  const power = new Float64Array(width);
  const powerFrames = new Float64Array(PARTS);
  const readings: HumReading[] = new Array<HumReading>(channels).fill(NO_HUM);
  let boxPhase = 0;
  let inPart = 0;
  let partsDone = 0;
  let framesInPart = 0;
  /** The next channel to judge, one a block: a third of a millisecond each. None left: `width`. */
  let toJudge = width;
  let words: Uint32Array = new Uint32Array(0);
  let known: BigUint64Array | undefined;

  function restart(): void {
    kernel.restart();
    for (const array of [parts, partPower, power, powerFrames]) array.fill(0);
    boxPhase = inPart = partsDone = framesInPart = 0;
    toJudge = width;
  }

  function reset(): void {
    restart();
    readings.fill(NO_HUM);
    first = 0;
  }

  /** The next channels' turn; the last turn overlaps the one before where the width does not divide the channels. */
  function nextTurn(): void {
    restart();
    first = first + width >= channels ? 0 : Math.min(first + width, channels - width);
  }

  function endPart(): void {
    const slot = partsDone % PARTS;
    kernel.endPart();
    const { sums } = kernel;
    for (let i = 0; i < width * lines; i++) {
      const to = (i * PARTS + slot) * 2;
      parts[to] = sums[2 * i]!;
      parts[to + 1] = sums[2 * i + 1]!;
    }
    for (let c = 0; c < width; c++) {
      partPower[c * PARTS + slot] = power[c]!;
      power[c] = 0;
    }
    powerFrames[slot] = framesInPart;
    framesInPart = 0;
    partsDone++;
    if (partsDone >= PARTS && (partsDone - PARTS) % HOP === 0) toJudge = 0;
  }

  const spectrum = new Float64Array(2 * STEPS + 1);
  const partReal = new Float64Array(PARTS);
  const partImaginary = new Float64Array(PARTS);
  const size = (re: number, im: number) => {
    const r = Math.floor(re / 2 ** 14);
    const i = Math.floor(im / 2 ** 14);
    return r * r + i * i;
  };
  function fillSpectrum(c: number, k: number): void {
    const from = (c * lines + k) * PARTS;
    for (let s = 0; s < PARTS; s++) {
      const at = (from + ((partsDone + s) % PARTS)) * 2;
      partReal[s] = parts[at]!;
      partImaginary[s] = parts[at + 1]!;
    }
    for (let step = 0; step <= STEPS; step++) {
      let realCos = 0;
      let realSin = 0;
      let imaginaryCos = 0;
      let imaginarySin = 0;
      for (let s = 0, at = step * PARTS; s < PARTS; s++, at++) {
        const re = partReal[s]!;
        const im = partImaginary[s]!;
        const cosine = windowCos[at]!;
        const sine = windowSin[at]!;
        realCos += re * cosine;
        realSin += re * sine;
        imaginaryCos += im * cosine;
        imaginarySin += im * sine;
      }
      // x exp(-j a) above the line, x exp(j a) below it.
      spectrum[STEPS + step] = size(realCos + imaginarySin, imaginaryCos - realSin);
      spectrum[STEPS - step] = size(realCos - imaginarySin, imaginaryCos + realSin);
    }
  }

  // A line of amplitude A (x24) gives |X| = A / 2 * 2^SLOW_BITS * 2^14 / 2^16 * partSamples * PARTS / 2 at its peak; the
  // power in its five bins is 1.5 times that squared (Hann). A^2 / 2 is its mean square.
  const peakOfOne = 0.5 * 2 ** (SLOW_BITS - 2) * partSamples * (PARTS / 2);
  const meanSquarePerPower = 0.5 / (1.5 * peakOfOne * peakOfOne);

  /** Whether the lines could hold most of a window's power: a partial sum passes all within 6 Hz of its line, so never less than the line. */
  function mostlyLines(c: number, meanSquare: number): boolean {
    let sum = 0;
    for (let k = 0; k < lines; k++) {
      const from = (c * lines + k) * PARTS * 2;
      let partsPower = 0;
      for (let i = 0; i < PARTS * 2; i++) partsPower += parts[from + i]! * parts[from + i]!;
      sum += partsPower / droop[k]!;
    }
    const amplitudeOfOne = 0.5 * 2 ** (SLOW_BITS - 2) * partSamples;
    return (0.5 * sum) / (PARTS * amplitudeOfOne * amplitudeOfOne) > (MOSTLY_HUM / 2) * meanSquare;
  }

  function judge(c: number): void {
    let total = 0;
    let frames = 0;
    for (let s = 0; s < PARTS; s++) {
      total += partPower[c * PARTS + s]!;
      frames += powerFrames[s]!;
    }
    const meanSquare = frames === 0 ? 0 : total / frames;
    const channel = first + c;
    if (meanSquare === 0) {
      readings[channel] = NO_HUM;
      return;
    }
    // A loud window is only worth a spectrum when its partial sums alone hold most of its power.
    if (meanSquare >= QUIET_MEAN_SQUARE && !mostlyLines(c, meanSquare)) return;
    let best: { baseHz: 50 | 60; found: number; strongest: number; count: number; meanSquare: number } | undefined;
    for (const baseHz of BASES) {
      let found = 0;
      let strongest = 0;
      let largest = 0;
      let count = 0;
      let sum = 0;
      for (let h = 1; h <= HARMONICS; h++) {
        const k = FREQUENCIES.indexOf(baseHz * h);
        fillSpectrum(c, k);
        const search = Math.max(1, Math.ceil(baseHz * h * MAINS_TOLERANCE * 4));
        let peak = STEPS;
        for (let step = STEPS - search; step <= STEPS + search; step++) {
          if (spectrum[step]! > spectrum[peak]!) peak = step;
        }
        let floor = 0;
        let bins = 0;
        for (let step = 0; step <= 2 * STEPS; step++) {
          if (Math.abs(step - STEPS) > search + 2) {
            floor += spectrum[step]!;
            bins++;
          }
        }
        // A floor of nothing (a pure line, or rounding to 0) still counts as one.
        floor = Math.max(1, floor / bins);
        if (spectrum[peak]! < LINE_OVER_FLOOR * floor) continue;
        let linePower = 0;
        for (let step = peak - 2; step <= peak + 2; step++) linePower += spectrum[step]! - floor;
        const lineSquare = (linePower * meanSquarePerPower) / droop[k]!;
        if (lineSquare < SMALLEST_PART * meanSquare) continue;
        found |= 1 << (h - 1);
        if (lineSquare > largest) {
          largest = lineSquare;
          strongest = h;
        }
        count++;
        sum += lineSquare;
      }
      if (best === undefined || count > best.count || (count === best.count && sum > best.meanSquare)) {
        best = { baseHz, found, strongest, count, meanSquare: sum };
      }
    }
    const quiet = meanSquare < QUIET_MEAN_SQUARE || best!.meanSquare > MOSTLY_HUM * meanSquare;
    // A loud window says nothing: what was known stays.
    if (!quiet) return;
    if (best!.count < LINES_FOR_HUM) {
      readings[channel] = NO_HUM;
      return;
    }
    const before = readings[channel]!;
    const windows = before.baseHz === best!.baseHz ? before.windows + 1 : 1;
    readings[channel] = {
      baseHz: best!.baseHz,
      levelDbX100: meanSquareDbX100(Math.round(best!.meanSquare * 64), 6),
      harmonics: best!.found,
      strongest: best!.strongest,
      windows,
      alarm: windows >= WINDOWS_FOR_ALARM,
    };
  }

  return {
    readings,
    restart,
    reset,
    update(boxCount, sumSquares, frames) {
      if (known !== sumSquares) {
        known = sumSquares;
        words = new Uint32Array(sumSquares.buffer, sumSquares.byteOffset, channels * 2);
      }
      for (let c = 0; c < width; c++) {
        const at = 2 * (first + c);
        power[c] = power[c]! + words[at]! + words[at + 1]! * 0x1_0000_0000;
      }
      framesInPart += frames;
      if (toJudge < width) {
        judge(toJudge++);
        if (toJudge === width && width < channels && partsDone >= TURN_PARTS) {
          nextTurn();
          return;
        }
      }
      // Runs of rows that end with a part or with the block.
      for (let row = 0; row < boxCount; ) {
        const rows = Math.min(boxCount - row, (partSamples - inPart) * DECIMATION - boxPhase);
        kernel.slowSamples(first, row, rows, boxPhase, inPart);
        row += rows;
        inPart += Math.floor((boxPhase + rows) / DECIMATION);
        boxPhase = (boxPhase + rows) % DECIMATION;
        if (inPart < partSamples) continue;
        inPart = 0;
        endPart();
      }
    },
  };
}
