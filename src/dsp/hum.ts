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

const DECIMATION = 4;
/**
 * Low-pass before every fourth box sum is kept: three moving sums of four, whose product is 64. What would fold onto the
 * lower harmonics is 60 dB down and more; onto 360 Hz (from 840) 25 dB, which a line of programme there must bear anyway.
 */
const TAPS = Int32Array.of(1, 3, 6, 10, 12, 12, 10, 6, 3, 1);
const TAPS_SUM = 64;
/** Box sums before the newest that the low-pass needs. */
const BEFORE = TAPS.length - 1;

const TABLE_BITS = 12;
const COSINE_Q14 = Int32Array.from({ length: 1 << TABLE_BITS }, (_, i) =>
  Math.round(Math.cos((2 * Math.PI * i) / (1 << TABLE_BITS)) * 16384),
);
const QUARTER = 1 << (TABLE_BITS - 2);

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
  /**
   * Channels listened to at a time, each for three windows (8 s), then the next ones: hum does not hurry, and the cost is
   * theirs alone. 34 channels by eights are looked at every 40 s. Default: all, always.
   */
  readonly atOnce?: number;
}

export interface HumDetector {
  /** One a channel, replaced at each judged window (every 2 s while it is listened to). */
  readonly readings: readonly HumReading[];
  /** Takes the kernel's box sums of a block and its sums of squares. */
  update(boxes: Int32Array, boxStride: number, boxCount: number, sumSquares: BigUint64Array, frames: number): void;
  /** Begins the present window anew after a gap in the stream; readings stand. */
  restart(): void;
  reset(): void;
}

const NO_HUM: HumReading = { baseHz: 0, levelDbX100: NO_SIGNAL, harmonics: 0, strongest: 0, windows: 0, alarm: false };

export function createHumDetector(options: HumOptions): HumDetector {
  const { channels, rateHz } = options;
  const width = Math.max(1, Math.min(channels, options.atOnce ?? channels));
  /** Channels first..first+width-1 are listened to. */
  let first = 0;
  const boxFrames = humBoxFrames(rateHz);
  /** From a weighted sum of box sums to x24 with SLOW_BITS fraction bits. */
  const slowDivisor = (boxFrames * TAPS_SUM) / 2 ** SLOW_BITS;
  const slowHz = rateHz / boxFrames / DECIMATION;
  const partSamples = Math.round(slowHz * PART_S);
  const partS = partSamples / slowHz;

  const frequencies = [
    ...new Set(BASES.flatMap((base) => Array.from({ length: HARMONICS }, (_, h) => base * (h + 1)))),
  ];
  const lines = frequencies.length;
  const phaseStep = frequencies.map((hz) => Math.round((hz / slowHz) * 2 ** 32) >>> 0);
  const phase = new Uint32Array(lines);
  // Whole numbers, held as the products' own type: turning them round at each step costs more than the product.
  /** The mixing tones of the part that is being filled, one row a line; the same for all channels. */
  const cosines = new Float64Array(lines * partSamples);
  const sines = new Float64Array(lines * partSamples);
  /** The part's slow samples, one row a channel that is listened to. */
  const slow = new Float64Array(width * partSamples);
  const windowCos = windowed(Math.cos, partS);
  const windowSin = windowed(Math.sin, partS);
  /** What box sums and low-pass take from a line at each frequency, as a power. */
  const droop = frequencies.map((hz) => {
    const x = (Math.PI * hz * boxFrames) / rateHz;
    let low = 0;
    TAPS.forEach((tap, i) => {
      low += (tap / TAPS_SUM) * Math.cos((2 * Math.PI * hz * (i - (TAPS.length - 1) / 2) * boxFrames) / rateHz);
    });
    // Summing 80 ms blocks costs nothing at the harmonic itself.
    return ((Math.sin(x) / x) * low) ** 2;
  });

  /** The box sums of each channel that the low-pass still needs, oldest first. */
  const line = new Float64Array(width * BEFORE);
  /** Those and the ones of a run of rows, of one channel; no run is longer than a part. */
  const run = new Float64Array(BEFORE + partSamples * DECIMATION);
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
    for (const array of [line, slow, parts, partPower, power, powerFrames, phase]) array.fill(0);
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

  /** The tones of a part, at its end in one go: its samples wait for them. */
  function fillTones(): void {
    for (let k = 0; k < lines; k++) {
      const step = phaseStep[k]!;
      const from = k * partSamples;
      let at = phase[k]!;
      for (let n = 0; n < partSamples; n++) {
        const index = at >>> (32 - TABLE_BITS);
        cosines[from + n] = COSINE_Q14[index]!;
        sines[from + n] = COSINE_Q14[(index - QUARTER) & ((1 << TABLE_BITS) - 1)]!;
        at = (at + step) >>> 0;
      }
      phase[k] = at;
    }
  }

  /** Slow samples of one channel that is listened to, from `rows` of its box sums that begin at `at`. */
  function slowSamples(c: number, boxes: Int32Array, at: number, boxStride: number, rows: number): void {
    const history = c * BEFORE;
    for (let i = 0; i < BEFORE; i++) run[i] = line[history + i]!;
    for (let row = 0, from = at; row < rows; row++, from += boxStride) run[BEFORE + row] = boxes[from]!;
    let to = c * partSamples + inPart;
    // The taps are the same both ways.
    for (let row = DECIMATION - 1 - boxPhase; row < rows; row += DECIMATION) {
      const sum =
        run[row]! +
        run[row + 9]! +
        3 * (run[row + 1]! + run[row + 8]!) +
        6 * (run[row + 2]! + run[row + 7]!) +
        10 * (run[row + 3]! + run[row + 6]!) +
        12 * (run[row + 4]! + run[row + 5]!);
      slow[to++] = Math.floor(sum / slowDivisor);
    }
    for (let i = 0; i < BEFORE; i++) line[history + i] = run[rows + i]!;
  }

  function endPart(): void {
    const slot = partsDone % PARTS;
    fillTones();
    for (let c = 0; c < width; c++) {
      const from = c * partSamples;
      for (let k = 0; k < lines; k++) {
        const tone = k * partSamples;
        // Two sums each, so that one does not wait for the other: whole numbers below 2^48, so their order is the same.
        let real = 0;
        let realOdd = 0;
        let imaginary = 0;
        let imaginaryOdd = 0;
        let n = 0;
        for (; n + 1 < partSamples; n += 2) {
          const x = slow[from + n]!;
          const next = slow[from + n + 1]!;
          real += x * cosines[tone + n]!;
          imaginary -= x * sines[tone + n]!;
          realOdd += next * cosines[tone + n + 1]!;
          imaginaryOdd -= next * sines[tone + n + 1]!;
        }
        if (n < partSamples) {
          real += slow[from + n]! * cosines[tone + n]!;
          imaginary -= slow[from + n]! * sines[tone + n]!;
        }
        const to = ((c * lines + k) * PARTS + slot) * 2;
        parts[to] = Math.floor((real + realOdd) / 65536);
        parts[to + 1] = Math.floor((imaginary + imaginaryOdd) / 65536);
      }
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
        const k = frequencies.indexOf(baseHz * h);
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
    update(boxes, boxStride, boxCount, sumSquares, frames) {
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
      // Runs of rows that end with a part or with the block, channel by channel: what a channel needs stays at hand.
      for (let row = 0; row < boxCount; ) {
        const rows = Math.min(boxCount - row, (partSamples - inPart) * DECIMATION - boxPhase);
        for (let c = 0; c < width; c++) slowSamples(c, boxes, row * boxStride + first + c, boxStride, rows);
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
