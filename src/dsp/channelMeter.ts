/**
 * All readings of all channels, from the kernel's blocks: the fast meters, the held and counted ones, and what is judged
 * once a second. The capture worker runs one for the live stream, `fileReadings.ts` one for a file. Pure; integers; per
 * block nothing is allocated but a hum reading every 2 s.
 *
 * Definitions, standards and tolerances: docs/metering.md.
 */
import {
  createKMeter,
  createPeakMeter,
  createRmsMeter,
  createVuMeter,
  type PeakMeter,
  PPM_I,
  PPM_II,
  type PpmType,
  ppmConstants,
  ppmDbX100,
  type RmsMeter,
  type SumMeter,
} from './ballistics.ts';
import { type ChannelPairs, createChannelPairs } from './channelPairs.ts';
import {
  FULL_SCALE_24,
  NO_SIGNAL,
  rmsDbX100,
  peakDbX100 as toPeakDbX100,
  truePeakDbX100 as toTruePeakDbX100,
} from './decibels.ts';
import { FLAT_TOP_MIN_24, FLAT_TOP_MIN_EQUAL, hasFlatTop } from './flatTop.ts';
import { createHumDetector, type HumDetector, humBoxFrames, humKernelOptions } from './hum.ts';
import type { MeterKernel, MeterKernelOptions } from './meterKernel.ts';
import type { Movement } from './meterScales.ts';
import { type SampleBits, sampleBits } from './sampleBits.ts';

/** IEC 60268-18: 20 dB in 1.7 s. */
const DIGITAL_FALL_X100_PER_S = 1176;
/** K-system peak: 15 dB a second. */
const K_FALL_X100_PER_S = 1500;
/** Below the last bit of 24 (-138.5 dBFS) a meter shows nothing. */
const FLOOR_X100 = -14000;
const RMS_MS = 300;
/** Under this RMS a channel that is alive has no programme: a preamp's or converter's own noise (-115..-70 dBFS). */
export const NOISE_FLOOR_X100 = -7000;
/** Seconds that the noise floor looks back. */
const FLOOR_SECONDS = 60;
/** 1 s means beyond this, dBFS x 100, are a DC offset ... */
const DC_FLAG_X100 = -6000;
/** ... when they stay within a quarter of the first for so many seconds: one second of a bass note has a mean, too. */
const DC_FLAG_SECONDS = 5;
const DC_STEADY = 4;
/** Blocks with flat tops, of the last second, that make a finding: one block may be chance. */
const FLAT_TOP_BLOCKS = 3;

export const SILENCE_WORDS = ['none', 'digitalZero', 'frozen', 'noiseFloor'] as const;
/** none: signal. digitalZero: all bits 0. frozen: one value for ever. noiseFloor: alive, below -70 dBFS RMS. */
export type Silence = (typeof SILENCE_WORDS)[number];
const [NONE, ZERO, FROZEN, FLOOR] = [0, 1, 2, 3];

export interface ChannelMeterOptions {
  readonly channels: number;
  readonly rateHz: number;
  /** Longest block, frames. */
  readonly maxFrames: number;
  /** 24-bit size of the source's full scale; 8388607 for 24 bits, 8388352 for 16. */
  readonly fullScale24: number;
  /** Full-scale samples in a row that make a clip, 1..20. */
  readonly clipRun: number;
  readonly holdMs: number;
  /** How the main meter moves. */
  readonly movement: Movement;
  /** Look for hum and channel pairs, too; false saves a fifth of the time. Default true. */
  readonly diagnose?: boolean;
  /** Channels listened to for hum at a time, in turns (see `createHumDetector`). Default: all. */
  readonly humAtOnce?: number;
}

/** What the kernel must be made with for a channel meter. */
export function kernelOptions(options: ChannelMeterOptions): MeterKernelOptions {
  const { channels, rateHz, maxFrames, fullScale24, clipRun, movement, diagnose = true } = options;
  const type = ppmOf(movement);
  return {
    channels,
    maxFrames,
    fullScale24,
    clipRun,
    truePeak: true,
    ...(type ? { ppm: ppmConstants(type, rateHz) } : {}),
    ...(diagnose ? { boxFrames: humBoxFrames(rateHz), hum: humKernelOptions(humOptions(options)) } : {}),
  };
}

function humOptions({ channels, rateHz, humAtOnce }: ChannelMeterOptions) {
  return { channels, rateHz, ...(humAtOnce === undefined ? {} : { atOnce: humAtOnce }) };
}

function ppmOf(movement: Movement): PpmType | undefined {
  switch (movement) {
    case 'ppmI':
      return PPM_I;
    case 'ppmII':
      return PPM_II;
    case 'peak':
    case 'vu':
    case 'k':
      return undefined;
  }
}

export class ChannelMeter {
  /** Sample peak and true peak of the last block. */
  readonly peakDbX100: Int32Array;
  readonly truePeakDbX100: Int32Array;
  /** 300 ms RMS; AES17 reads 3.01 dB more. */
  readonly rmsDbX100: Int32Array;
  /** Clip events since the last clear. */
  readonly clips: Int32Array;
  readonly overSamples: Float64Array;
  /** Largest since the last clear. */
  readonly peakMaxDbX100: Int32Array;
  readonly truePeakMaxDbX100: Int32Array;

  // Judged once a second.

  /** Index into SILENCE_WORDS; a channel that plays again is `none` at once. */
  readonly silence: Uint8Array;
  /** Mean of the last second as a level, and 1 where it stayed beyond -60 dBFS on one side for 5 s. */
  readonly dcDbX100: Int32Array;
  readonly dcFlag: Uint8Array;
  /** RMS of the last second; the smallest of them in the last 60 s, digital zero left out. */
  readonly secondRmsDbX100: Int32Array;
  readonly noiseFloorDbX100: Int32Array;
  /** Peak over RMS in the last second, dB x 100; NO_SIGNAL in silence. A sine has 301. */
  readonly crestDbX100: Int32Array;
  /** 1 from the second in which three blocks had flat tops below full scale, until the next clear. */
  readonly flatTop: Uint8Array;
  /** Bits over the last second that had signal. */
  readonly bits: SampleBits[];
  readonly pairs: ChannelPairs | undefined;
  readonly hum: HumDetector | undefined;

  readonly #options: ChannelMeterOptions;
  readonly #kernel: MeterKernel;
  readonly #ppm: PpmType | undefined;
  readonly #rms: RmsMeter;
  readonly #average: SumMeter | undefined;
  #peakMeter: PeakMeter;
  readonly #movementDbX100: Int32Array;
  readonly #words: Uint32Array;
  readonly #sumsLo: Uint32Array;
  readonly #sumsHi: Int32Array;

  #windowFrames = 0;
  #seconds = 0;
  readonly #windowOr: Int32Array;
  readonly #windowAnd: Int32Array;
  readonly #windowEqual: Int32Array;
  readonly #windowPeak: Int32Array;
  readonly #windowSquaresHi: Float64Array;
  readonly #windowSquaresLo: Float64Array;
  readonly #windowSum: Float64Array;
  readonly #windowFlat: Int32Array;
  readonly #dcSeconds: Int32Array;
  /** Mean of the first of these seconds, 24-bit steps. */
  readonly #dcMeans: Float64Array;
  readonly #floors: Int32Array;
  /** What the last clear took away, for one undo. */
  readonly #cleared: {
    readonly clips: Int32Array;
    readonly overSamples: Float64Array;
    readonly flatTop: Uint8Array;
    readonly peakMaxDbX100: Int32Array;
    readonly truePeakMaxDbX100: Int32Array;
  };

  /** `kernel` must have been made with `kernelOptions(options)`. */
  constructor(kernel: MeterKernel, options: ChannelMeterOptions) {
    const { channels, rateHz, diagnose = true } = options;
    this.#options = options;
    this.#kernel = kernel;
    const dark = () => new Int32Array(channels).fill(NO_SIGNAL);
    const ints = () => new Int32Array(channels);
    const whole = () => new Float64Array(channels);
    this.peakDbX100 = dark();
    this.truePeakDbX100 = dark();
    this.rmsDbX100 = dark();
    this.peakMaxDbX100 = dark();
    this.truePeakMaxDbX100 = dark();
    this.clips = ints();
    this.overSamples = whole();
    this.silence = new Uint8Array(channels).fill(ZERO!);
    this.dcDbX100 = dark();
    this.dcFlag = new Uint8Array(channels);
    this.secondRmsDbX100 = dark();
    this.noiseFloorDbX100 = dark();
    this.crestDbX100 = dark();
    this.flatTop = new Uint8Array(channels);
    this.bits = Array.from({ length: channels }, () => sampleBits(0, 0));
    this.pairs = diagnose ? createChannelPairs(options) : undefined;
    // Without its sums the search would be silent, and nobody would know.
    if (diagnose && kernel.hum === null) throw new Error('the kernel was not made with kernelOptions of these options');
    this.hum = kernel.hum === null ? undefined : createHumDetector({ ...humOptions(options), kernel: kernel.hum });

    this.#ppm = ppmOf(options.movement);
    this.#rms = createRmsMeter({ channels, rateHz, timeConstantMs: RMS_MS });
    this.#average =
      options.movement === 'vu' ? createVuMeter(options) : options.movement === 'k' ? createKMeter(options) : undefined;
    this.#peakMeter = this.#createPeakMeter(options.holdMs);
    this.#movementDbX100 = dark();
    this.#words = new Uint32Array(kernel.sumSquares.buffer, kernel.sumSquares.byteOffset, channels * 2);
    this.#sumsLo = new Uint32Array(kernel.sum.buffer, kernel.sum.byteOffset, channels * 2);
    this.#sumsHi = new Int32Array(kernel.sum.buffer, kernel.sum.byteOffset, channels * 2);
    this.#windowOr = ints();
    this.#windowAnd = ints().fill(-1);
    this.#windowEqual = ints();
    this.#windowPeak = ints();
    this.#windowSquaresHi = whole();
    this.#windowSquaresLo = whole();
    this.#windowSum = whole();
    this.#windowFlat = ints();
    this.#dcSeconds = ints();
    this.#dcMeans = whole();
    this.#floors = new Int32Array(channels * FLOOR_SECONDS).fill(NO_SIGNAL);
    this.#cleared = {
      clips: ints(),
      overSamples: whole(),
      flatTop: new Uint8Array(channels),
      peakMaxDbX100: dark(),
      truePeakMaxDbX100: dark(),
    };
  }

  /**
   * Takes over what another meter of the same stream has counted, latched and seen: for a change of movement while it
   * runs. The fast meters rise anew.
   */
  adopt(other: ChannelMeter): void {
    const pairs: readonly (readonly [
      Int32Array | Float64Array | Uint8Array,
      Int32Array | Float64Array | Uint8Array,
    ])[] = [
      [this.clips, other.clips],
      [this.overSamples, other.overSamples],
      [this.peakMaxDbX100, other.peakMaxDbX100],
      [this.truePeakMaxDbX100, other.truePeakMaxDbX100],
      [this.silence, other.silence],
      [this.dcDbX100, other.dcDbX100],
      [this.dcFlag, other.dcFlag],
      [this.secondRmsDbX100, other.secondRmsDbX100],
      [this.noiseFloorDbX100, other.noiseFloorDbX100],
      [this.crestDbX100, other.crestDbX100],
      [this.flatTop, other.flatTop],
      [this.#dcSeconds, other.#dcSeconds],
      [this.#dcMeans, other.#dcMeans],
      [this.#floors, other.#floors],
      [this.#cleared.clips, other.#cleared.clips],
      [this.#cleared.overSamples, other.#cleared.overSamples],
      [this.#cleared.flatTop, other.#cleared.flatTop],
      [this.#cleared.peakMaxDbX100, other.#cleared.peakMaxDbX100],
      [this.#cleared.truePeakMaxDbX100, other.#cleared.truePeakMaxDbX100],
    ];
    for (const [to, from] of pairs) to.set(from);
    other.bits.forEach((bits, c) => {
      this.bits[c] = bits;
    });
    this.#seconds = other.#seconds;
  }

  /** Frames are missing from the stream: what needs it whole begins anew. Call `reset` of the kernel as well. */
  gap(): void {
    this.hum?.restart();
  }

  #createPeakMeter(holdMs: number): PeakMeter {
    const { channels, rateHz, movement } = this.#options;
    return createPeakMeter({
      channels,
      rateHz,
      holdMs,
      fallDbX100PerS: movement === 'k' ? K_FALL_X100_PER_S : DIGITAL_FALL_X100_PER_S,
      floorDbX100: FLOOR_X100,
    });
  }

  /** The main meter, moving as `movement` says; dBFS x 100 of a steady sine's peak. Put it on a scale with `onScale`. */
  get meterDbX100(): Int32Array {
    return this.#options.movement === 'peak' ? this.#peakMeter.meterDbX100 : this.#movementDbX100;
  }

  /** Digital peak beside a slower meter (60268-18 fall, or the K-system's). */
  get peakMeterDbX100(): Int32Array {
    return this.#peakMeter.meterDbX100;
  }

  get holdDbX100(): Int32Array {
    return this.#peakMeter.holdDbX100;
  }

  /** From now on; what is held is let go. */
  setHoldMs(holdMs: number): void {
    this.#peakMeter = this.#createPeakMeter(holdMs);
  }

  /** Counts, maxima and latches of the named 1-based channels, or of all. */
  clear(channels: readonly number[] | null): void {
    const cleared = this.#cleared;
    cleared.clips.fill(0);
    cleared.overSamples.fill(0);
    cleared.flatTop.fill(0);
    cleared.peakMaxDbX100.fill(NO_SIGNAL);
    cleared.truePeakMaxDbX100.fill(NO_SIGNAL);
    for (let c = 0; c < this.clips.length; c++) {
      if (channels !== null && !channels.includes(c + 1)) continue;
      cleared.clips[c] = this.clips[c]!;
      cleared.overSamples[c] = this.overSamples[c]!;
      cleared.flatTop[c] = this.flatTop[c]!;
      cleared.peakMaxDbX100[c] = this.peakMaxDbX100[c]!;
      cleared.truePeakMaxDbX100[c] = this.truePeakMaxDbX100[c]!;
      this.clips[c] = 0;
      this.overSamples[c] = 0;
      this.flatTop[c] = 0;
      this.peakMaxDbX100[c] = NO_SIGNAL;
      this.truePeakMaxDbX100[c] = NO_SIGNAL;
    }
  }

  /** Puts back what the last clear took away, with what came since. Once: a second undo adds nothing. */
  undoClear(): void {
    const cleared = this.#cleared;
    for (let c = 0; c < this.clips.length; c++) {
      this.clips[c] = this.clips[c]! + cleared.clips[c]!;
      this.overSamples[c] = this.overSamples[c]! + cleared.overSamples[c]!;
      this.flatTop[c] = this.flatTop[c]! | cleared.flatTop[c]!;
      this.peakMaxDbX100[c] = Math.max(this.peakMaxDbX100[c]!, cleared.peakMaxDbX100[c]!);
      this.truePeakMaxDbX100[c] = Math.max(this.truePeakMaxDbX100[c]!, cleared.truePeakMaxDbX100[c]!);
    }
    this.clear([]);
  }

  /** Takes the block that the kernel has just processed. */
  update(frames: number): void {
    if (frames === 0) return;
    const kernel = this.#kernel;
    const { channels, rateHz, fullScale24 } = this.#options;
    this.#rms.update(kernel.sumSquares, frames);
    this.#windowFrames += frames;
    const windowEnds = this.#windowFrames >= rateHz;
    // Looked up once a block: in the loop each of these would cost as much as a reading.
    const { peak24, truePeakQ13, clipEvents, overSamples, orBits, andBits, equalCount, ppmQ7, input } = kernel;
    const { peakDbX100, truePeakDbX100, rmsDbX100, peakMaxDbX100, truePeakMaxDbX100, silence } = this;
    const filteredRmsDbX100 = this.#rms.rmsDbX100;
    const squares = this.#words;
    const sumsLo = this.#sumsLo;
    const sumsHi = this.#sumsHi;
    const squaresLo = this.#windowSquaresLo;
    const squaresHi = this.#windowSquaresHi;
    const sum = this.#windowSum;
    const ppm = this.#ppm;
    for (let c = 0; c < channels; c++) {
      const size = peak24[c]!;
      const peak = toPeakDbX100(size);
      const truePeak = toTruePeakDbX100(truePeakQ13[c]!);
      peakDbX100[c] = peak;
      truePeakDbX100[c] = truePeak;
      if (peak > peakMaxDbX100[c]!) peakMaxDbX100[c] = peak;
      if (truePeak > truePeakMaxDbX100[c]!) truePeakMaxDbX100[c] = truePeak;
      this.clips[c] = this.clips[c]! + clipEvents[c]!;
      this.overSamples[c] = this.overSamples[c]! + overSamples[c]!;
      this.#windowOr[c] = this.#windowOr[c]! | orBits[c]!;
      this.#windowAnd[c] = this.#windowAnd[c]! & andBits[c]!;
      this.#windowEqual[c] = this.#windowEqual[c]! + equalCount[c]!;
      if (size > this.#windowPeak[c]!) this.#windowPeak[c] = size;
      squaresLo[c] = squaresLo[c]! + squares[2 * c]!;
      squaresHi[c] = squaresHi[c]! + squares[2 * c + 1]!;
      sum[c] = sum[c]! + sumsHi[2 * c + 1]! * 0x1_0000_0000 + sumsLo[2 * c]!;
      if (
        equalCount[c]! >= FLAT_TOP_MIN_EQUAL &&
        size >= FLAT_TOP_MIN_24 &&
        size < fullScale24 &&
        hasFlatTop(input, channels, c, frames)
      ) {
        this.#windowFlat[c] = this.#windowFlat[c]! + 1;
      }

      const rms = filteredRmsDbX100[c]!;
      if (windowEnds) this.#endSecond(c, rms);
      else if (silence[c] !== NONE && rms >= NOISE_FLOOR_X100 && equalCount[c]! < frames) silence[c] = NONE!;
      // The filter's tail of a channel that is digital zero by now is not a level.
      rmsDbX100[c] = silence[c] === ZERO ? NO_SIGNAL : rms;
      if (ppm) this.#movementDbX100[c] = ppmDbX100(ppmQ7[c]!, ppm);
    }
    if (windowEnds) {
      this.#windowFrames = 0;
      this.#seconds++;
    }
    this.#peakMeter.update(this.peakDbX100, frames);
    if (this.#average) {
      this.#average.update(this.#options.movement === 'vu' ? kernel.sumAbs : kernel.sumSquares, frames);
      this.#movementDbX100.set(this.#average.dbX100);
    }
    this.pairs?.update(kernel, frames);
    this.hum?.update(kernel.boxCount, kernel.sumSquares, frames);
  }

  #endSecond(c: number, rms: number): void {
    const frames = this.#windowFrames;
    const or = this.#windowOr[c]!;
    if (or === 0) this.silence[c] = ZERO!;
    else if (this.#windowEqual[c]! >= frames) this.silence[c] = FROZEN!;
    else if (rms < NOISE_FLOOR_X100) this.silence[c] = FLOOR!;
    else this.silence[c] = NONE!;

    const carry = Math.floor(this.#windowSquaresLo[c]! / 0x1_0000_0000);
    const squaresLo = this.#windowSquaresLo[c]! - carry * 0x1_0000_0000;
    const secondRms = rmsDbX100(this.#windowSquaresHi[c]! + carry, squaresLo, frames);
    this.secondRmsDbX100[c] = secondRms;
    this.crestDbX100[c] = secondRms === NO_SIGNAL ? NO_SIGNAL : toPeakDbX100(this.#windowPeak[c]!) - secondRms;

    this.#floors[c * FLOOR_SECONDS + (this.#seconds % FLOOR_SECONDS)] = secondRms;
    let floor = NO_SIGNAL;
    for (let s = 0; s < FLOOR_SECONDS; s++) {
      const level = this.#floors[c * FLOOR_SECONDS + s]!;
      if (level !== NO_SIGNAL && (floor === NO_SIGNAL || level < floor)) floor = level;
    }
    this.noiseFloorDbX100[c] = floor;

    this.#judgeDc(c, frames);
    if (or !== 0) this.bits[c] = sampleBits(or, this.#windowAnd[c]!);
    if (this.#windowFlat[c]! >= FLAT_TOP_BLOCKS) this.flatTop[c] = 1;

    this.#windowOr[c] = 0;
    this.#windowAnd[c] = -1;
    this.#windowEqual[c] = 0;
    this.#windowPeak[c] = 0;
    this.#windowSquaresLo[c] = 0;
    this.#windowSquaresHi[c] = 0;
    this.#windowSum[c] = 0;
    this.#windowFlat[c] = 0;
  }

  #judgeDc(c: number, frames: number): void {
    const sum = this.#windowSum[c]!;
    // The mean with 13 fraction bits, so that the true peak's scale serves.
    this.dcDbX100[c] = toTruePeakDbX100(Math.floor((Math.abs(sum) * 8192) / frames));
    const mean = sum / frames;
    const before = this.#dcMeans[c]!;
    const beyond = this.dcDbX100[c]! > DC_FLAG_X100;
    // An offset stands still; the mean of lopsided programme moves with its level.
    const stands = beyond && before !== 0 && Math.abs(mean - before) <= Math.abs(before) / DC_STEADY;
    this.#dcSeconds[c] = !beyond ? 0 : stands ? this.#dcSeconds[c]! + 1 : 1;
    if (!stands) this.#dcMeans[c] = beyond ? mean : 0;
    this.dcFlag[c] = this.#dcSeconds[c]! >= DC_FLAG_SECONDS ? 1 : 0;
  }
}

/** Size of full scale for a source of so many valid bits (8..32), as 24-bit samples show it: the extreme positive code. */
export function fullScale24Of(validBits: number): number {
  const bits = Math.min(24, validBits);
  return bits === 24 ? FULL_SCALE_24 : (2 ** (bits - 1) - 1) * 2 ** (24 - bits);
}
