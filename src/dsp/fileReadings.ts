/**
 * The readings of a whole file or take: feed all of its frames, then ask. For `lightkeeper analyze` and the comparisons with
 * other tools. Pure: whoever reads the file puts frames into `input`.
 */

import {
  ChannelMeter,
  fullScale24Of,
  kernelOptions,
  NOISE_FLOOR_X100,
  SILENCE_WORDS,
  type Silence,
} from './channelMeter.ts';
import { NO_SIGNAL, rmsDbX100, truePeakDbX100 } from './decibels.ts';
import { createLoudnessMeters, type LoudnessReadings } from './loudness.ts';
import type { LoudnessKernel } from './loudnessKernel.ts';
import { createWasmLoudness } from './loudnessWasm.ts';
import type { MeterKernel } from './meterKernel.ts';
import { METER_SCALES, type MeterScaleName, onScale } from './meterScales.ts';
import { createWasmMeter } from './meterWasm.ts';
import { sampleBits } from './sampleBits.ts';

/** A file's bytes on their way: what is unpacked and what is read ahead meanwhile. */
const PACKED_BYTES = 1 << 22;

export interface FileReadingsOptions {
  readonly channels: number;
  readonly rateHz: number;
  /** Valid bits of the source, 8..32: sets its full scale. */
  readonly validBits: number;
  /** Full-scale samples in a row that make a clip. Default 3. */
  readonly clipRun?: number;
  /** Which meter's maximum to give beside the rest. Default digital. */
  readonly meter?: MeterScaleName;
  /** 0-based channels whose loudness is wanted together. Default: neighbours in pairs, a single channel alone. */
  readonly groups?: readonly (readonly number[])[];
  /** Of so many groups, the last ones, loudness is measured elsewhere and given to `finish`. Default 0. */
  readonly groupsElsewhere?: number;
}

/** Levels in dB x 100, NO_SIGNAL where there is none. */
export interface ChannelReadings {
  /** 1-based. */
  readonly channel: number;
  readonly peakDbX100: number;
  readonly truePeakDbX100: number;
  /** Over the whole file; `aes17` is 3.01 dB more: a full-scale sine reads 0. */
  readonly rmsDbX100: number;
  readonly aes17DbX100: number;
  readonly crestDbX100: number;
  /** Mean of the whole file: signed, in 24-bit steps, and as a level. */
  readonly dcSteps: number;
  readonly dcDbX100: number;
  /** Stayed beyond -60 dBFS on one side for 5 s. */
  readonly dcFlag: boolean;
  /** Largest reading of the chosen meter, on its own scale. */
  readonly meterMaxX100: number;
  readonly clips: number;
  readonly overSamples: number;
  readonly flatTop: boolean;
  readonly bitsUsed: number;
  readonly stuckAtOne: number;
  readonly stuckAtZero: number;
  /** Smallest RMS of a second, digital zero left out, of the last minute. */
  readonly noiseFloorDbX100: number;
  /** Of the whole file: digitalZero and frozen when all of it was; noiseFloor when no second passed -70 dBFS RMS. */
  readonly silence: Silence;
  /** Seconds judged in each state. */
  readonly silenceSeconds: Readonly<Record<Silence, number>>;
  /** 1-based channel that this one copies, or null. */
  readonly copyOf: number | null;
  /** Seconds in which this channel and its neighbour (1-2, 3-4, ...) were of opposite polarity. */
  readonly oppositeSeconds: number;
  /** The strongest hum that raised the alarm, or null. */
  readonly hum: { readonly baseHz: 50 | 60; readonly levelDbX100: number; readonly harmonics: number } | null;
}

export interface GroupLoudness extends LoudnessReadings {
  /** 1-based. */
  readonly channels: readonly number[];
  readonly truePeakDbX100: number;
}

export interface FileReadings {
  readonly frames: number;
  readonly rateHz: number;
  readonly meter: MeterScaleName;
  readonly channels: readonly ChannelReadings[];
  readonly loudness: readonly GroupLoudness[];
}

export interface FileReader {
  /** blockFrames x channels Int32, interleaved, left-justified. */
  readonly input: Int32Array;
  /** The kernel behind it, for whoever looks at the block last pushed as well (slips, clips). */
  readonly kernel: MeterKernel;
  /** 10 ms of frames: the longest block to push. */
  readonly blockFrames: number;
  /** Takes `frames` frames standing in `input`; all blocks but the last should be of `blockFrames`. */
  push(frames: number): void;
  /** `elsewhere`: loudness of the last `groupsElsewhere` groups, in order. */
  finish(elsewhere?: readonly LoudnessReadings[]): FileReadings;
}

/** Plain data: it crosses to another thread. */
export interface TakeLoudnessOptions {
  readonly channels: number;
  readonly rateHz: number;
  readonly blockFrames: number;
  /** 0-based channels of each group. */
  readonly groups: readonly (readonly number[])[];
}

/** Loudness of a take's groups. */
export function createTakeLoudness(
  kernels: WebAssembly.Module,
  options: TakeLoudnessOptions,
): {
  /** Takes the first `frames` frames of `input`, a whole block of interleaved Int32. */
  push(input: Int32Array, frames: number): void;
  /** In the order of the groups. */
  readings(): LoudnessReadings[];
} {
  const { channels, rateHz, blockFrames, groups } = options;
  const columns = columnsOfGroups(groups);
  const kernel = createWasmLoudness(kernels, { channels, columns, maxFrames: blockFrames, rateHz });
  const meters = createGroupMeters(kernel, groups, rateHz);
  return {
    push(input, frames) {
      // As a whole, whatever `frames`: a copy within the cache costs less than a view a block.
      kernel.input.set(input);
      meters.update(frames);
    },
    readings: () => meters.groups.map((group) => group.readings()),
  };
}

/** The channels of which groups' loudness is made, each once; 0-based, as the groups name them. */
export function columnsOfGroups(groups: readonly (readonly number[])[]): number[] {
  return [...new Set(groups.flat())];
}

/** Loudness of groups behind a kernel that weighs `columnsOfGroups` of them. */
export function createGroupMeters(
  kernel: LoudnessKernel,
  groups: readonly (readonly number[])[],
  rateHz: number,
): ReturnType<typeof createLoudnessMeters> {
  const places = groups.map((members) => members.map((c) => kernel.columns.indexOf(c)));
  return createLoudnessMeters(kernel, places, { rateHz });
}

/** 10 ms, the longest block of a take. */
export function takeBlockFrames(rateHz: number): number {
  return Math.min(1920, Math.max(1, Math.round(rateHz / 100)));
}

export function createFileReader(kernels: WebAssembly.Module, options: FileReadingsOptions): FileReader {
  const { channels, rateHz, validBits, clipRun = 3, meter: scaleName = 'digital' } = options;
  const scale = METER_SCALES[scaleName];
  const blockFrames = takeBlockFrames(rateHz);
  const meterOptions = {
    channels,
    rateHz,
    maxFrames: blockFrames,
    fullScale24: fullScale24Of(validBits),
    clipRun,
    holdMs: 1000,
    movement: scale.movement,
  };
  const groups = options.groups ?? pairsOf(channels);
  const groupsHere = groups.slice(0, groups.length - (options.groupsElsewhere ?? 0));
  const columns = columnsOfGroups(groupsHere);
  const kernel = createWasmMeter(kernels, {
    ...kernelOptions(meterOptions),
    truePeakHeld: true,
    packedBytes: PACKED_BYTES,
    ...(columns.length > 0 ? { loudness: { columns, rateHz } } : {}),
  });
  const meter = new ChannelMeter(kernel, meterOptions);
  const loudness = kernel.loudness === null ? null : createGroupMeters(kernel.loudness, groupsHere, rateHz);

  let frames = 0;
  let secondFrames = 0;
  const squares = new Array<bigint>(channels).fill(0n);
  const sums = new Array<bigint>(channels).fill(0n);
  // Of the second that runs, as whole numbers: the halves of each 64-bit word by themselves. A bigint a block would be garbage.
  const squareWords = new Uint32Array(kernel.sumSquares.buffer, kernel.sumSquares.byteOffset, 2 * channels);
  const sumWords = new Int32Array(kernel.sum.buffer, kernel.sum.byteOffset, 2 * channels);
  const squareLow = new Float64Array(channels);
  const squareHigh = new Float64Array(channels);
  const sumNow = new Float64Array(channels);
  const or = new Int32Array(channels);
  const and = new Int32Array(channels).fill(-1);
  const meterMax = new Int32Array(channels).fill(NO_SIGNAL);
  const dcFlag = new Uint8Array(channels);
  const silenceSeconds = Array.from({ length: channels }, () => [0, 0, 0, 0]);
  const oppositeSeconds = new Int32Array(channels);
  const copyOf = new Int16Array(channels).fill(-1);
  const hum = new Array<ChannelReadings['hum']>(channels).fill(null);
  const equal = new Float64Array(channels);
  const secondSquares = new Array<bigint>(channels).fill(0n);
  const loudestSecond = new Int32Array(channels).fill(NO_SIGNAL);

  function endSecond(c: number, count: number): void {
    squares[c] = squares[c]! + BigInt(squareLow[c]!) + (BigInt(squareHigh[c]!) << 32n);
    sums[c] = sums[c]! + BigInt(sumNow[c]!);
    squareLow[c] = squareHigh[c] = sumNow[c] = 0;
    loudestSecond[c] = Math.max(loudestSecond[c]!, ofSquares(squares[c]! - secondSquares[c]!, count));
    secondSquares[c] = squares[c]!;
  }

  function silenceOf(c: number): Silence {
    if (or[c] === 0) return 'digitalZero';
    // The first frame has nothing before it to be equal to.
    if (equal[c]! >= frames - 1) return 'frozen';
    return loudestSecond[c]! < NOISE_FLOOR_X100 ? 'noiseFloor' : 'none';
  }

  return {
    input: kernel.input,
    kernel,
    blockFrames,
    push(count) {
      if (count === 0) return;
      kernel.process(count);
      meter.update(count);
      frames += count;
      secondFrames += count;
      const secondEnds = secondFrames >= rateHz;
      for (let c = 0; c < channels; c++) {
        squareLow[c] = squareLow[c]! + squareWords[2 * c]!;
        squareHigh[c] = squareHigh[c]! + squareWords[2 * c + 1]!;
        sumNow[c] = sumNow[c]! + sumWords[2 * c + 1]! * 2 ** 32 + (sumWords[2 * c]! >>> 0);
        or[c] = or[c]! | kernel.orBits[c]!;
        and[c] = and[c]! & kernel.andBits[c]!;
        equal[c] = equal[c]! + kernel.equalCount[c]!;
        meterMax[c] = Math.max(meterMax[c]!, meter.meterDbX100[c]!);
        if (meter.pairs!.copyOf[c]! >= 0) copyOf[c] = meter.pairs!.copyOf[c]!;
        const found = meter.hum!.readings[c]!;
        if (found.alarm && found.baseHz !== 0 && found.levelDbX100 > (hum[c]?.levelDbX100 ?? NO_SIGNAL)) {
          hum[c] = { baseHz: found.baseHz, levelDbX100: found.levelDbX100, harmonics: found.harmonics };
        }
        if (secondEnds) {
          endSecond(c, secondFrames);
          const state = silenceSeconds[c]!;
          const word = meter.silence[c]!;
          state[word] = state[word]! + 1;
          if (meter.dcFlag[c]) dcFlag[c] = 1;
          if (meter.pairs!.opposite[c]) oppositeSeconds[c] = oppositeSeconds[c]! + 1;
        }
      }
      if (secondEnds) secondFrames = 0;
      loudness?.update(count);
    },
    finish(elsewhere = []) {
      const loudnessOf = [...(loudness?.groups.map((group) => group.readings()) ?? []), ...elsewhere];
      if (secondFrames > 0) for (let c = 0; c < channels; c++) endSecond(c, secondFrames);
      secondFrames = 0;
      return {
        frames,
        rateHz,
        meter: scaleName,
        channels: squares.map((square, c): ChannelReadings => {
          const peak = meter.peakMaxDbX100[c]!;
          const rms = ofSquares(square, frames);
          const bits = sampleBits(or[c]!, and[c]!);
          const mean = frames === 0 ? 0 : Number(sums[c]!) / frames;
          const seconds = silenceSeconds[c]!;
          return {
            channel: c + 1,
            peakDbX100: peak,
            truePeakDbX100: meter.truePeakMaxDbX100[c]!,
            rmsDbX100: rms,
            aes17DbX100: ofSquares(square * 2n, frames),
            crestDbX100: rms === NO_SIGNAL ? NO_SIGNAL : peak - rms,
            dcSteps: mean,
            dcDbX100: truePeakDbX100(Math.floor(Math.abs(mean) * 8192)),
            dcFlag: dcFlag[c] === 1,
            meterMaxX100: onScale(meterMax[c]!, scale),
            clips: meter.clips[c]!,
            overSamples: meter.overSamples[c]!,
            flatTop: meter.flatTop[c] === 1,
            bitsUsed: bits.used,
            stuckAtOne: bits.stuckAtOne,
            stuckAtZero: bits.stuckAtZero,
            noiseFloorDbX100: meter.noiseFloorDbX100[c]!,
            silence: silenceOf(c),
            silenceSeconds: Object.fromEntries(SILENCE_WORDS.map((word, i) => [word, seconds[i]!])) as Record<
              Silence,
              number
            >,
            copyOf: copyOf[c]! < 0 ? null : copyOf[c]! + 1,
            oppositeSeconds: oppositeSeconds[c]!,
            hum: hum[c]!,
          };
        }),
        loudness: groups.map((members, index) => ({
          channels: members.map((c) => c + 1),
          truePeakDbX100: members.reduce((max, c) => Math.max(max, meter.truePeakMaxDbX100[c]!), NO_SIGNAL),
          ...loudnessOf[index]!,
        })),
      };
    },
  };
}

/** Neighbours in pairs, a single last channel alone; 0-based. */
export function pairsOf(channels: number): number[][] {
  const groups: number[][] = [];
  for (let c = 0; c < channels; c += 2) groups.push(c + 1 < channels ? [c, c + 1] : [c]);
  return groups;
}

function ofSquares(square: bigint, frames: number): number {
  // Brought below 2^64 together with the count: a day at 192 kHz is 2^34 frames.
  let count = frames;
  while (square >> 64n > 0n) {
    square >>= 1n;
    count /= 2;
  }
  if (count !== Math.floor(count)) {
    square = (square * 65536n) / BigInt(Math.round(count * 65536));
    count = 1;
  }
  return rmsDbX100(Number(square >> 32n), Number(square & 0xffff_ffffn), count);
}

const CSV_COLUMNS: readonly [name: string, value: (c: ChannelReadings) => string | number | null][] = [
  ['channel', (c) => c.channel],
  ['peak_dbfs', (c) => db(c.peakDbX100)],
  ['true_peak_dbtp', (c) => db(c.truePeakDbX100)],
  ['rms_dbfs', (c) => db(c.rmsDbX100)],
  ['rms_aes17_dbfs', (c) => db(c.aes17DbX100)],
  ['crest_db', (c) => db(c.crestDbX100)],
  ['dc_dbfs', (c) => db(c.dcDbX100)],
  ['dc_flag', (c) => Number(c.dcFlag)],
  ['meter_max_db', (c) => db(c.meterMaxX100)],
  ['clips', (c) => c.clips],
  ['over_samples', (c) => c.overSamples],
  ['flat_top', (c) => Number(c.flatTop)],
  ['bits_used', (c) => c.bitsUsed],
  ['stuck_at_one', (c) => `0x${c.stuckAtOne.toString(16)}`],
  ['stuck_at_zero', (c) => `0x${c.stuckAtZero.toString(16)}`],
  ['silence', (c) => c.silence],
  ['noise_floor_dbfs', (c) => db(c.noiseFloorDbX100)],
  ['seconds_digital_zero', (c) => c.silenceSeconds.digitalZero],
  ['seconds_frozen', (c) => c.silenceSeconds.frozen],
  ['seconds_noise_floor', (c) => c.silenceSeconds.noiseFloor],
  ['copy_of', (c) => c.copyOf],
  ['opposite_seconds', (c) => c.oppositeSeconds],
  ['hum_hz', (c) => c.hum?.baseHz ?? null],
  ['hum_dbfs', (c) => (c.hum ? db(c.hum.levelDbX100) : null)],
];
const LOUDNESS_COLUMNS: readonly [name: string, value: (g: GroupLoudness) => string | number | null][] = [
  ['loudness_channels', (g) => g.channels.join(' ')],
  ['integrated_lufs', (g) => db(g.integratedX100)],
  ['range_lu', (g) => db(g.rangeX100)],
  ['momentary_max_lufs', (g) => db(g.momentaryMaxX100)],
  ['short_term_max_lufs', (g) => db(g.shortTermMaxX100)],
];

function db(x100: number): string | null {
  return x100 === NO_SIGNAL ? null : (x100 / 100).toFixed(2);
}

/** A text cell as RFC 4180 wants it. */
function cell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/**
 * One line a channel, with the loudness of the first group it is in; empty cells where there is no reading.
 *
 * @param names names of the channels, in order: a second column `name`
 */
export function csvOfReadings(readings: FileReadings, names?: readonly string[]): string {
  const titles = [...CSV_COLUMNS, ...LOUDNESS_COLUMNS].map(([name]) => name);
  if (names) titles.splice(1, 0, 'name');
  const header = titles.join(',');
  const lines = readings.channels.map((channel) => {
    const group = readings.loudness.find((g) => g.channels.includes(channel.channel));
    const cells = [
      ...CSV_COLUMNS.map(([, value]) => value(channel)),
      ...LOUDNESS_COLUMNS.map(([, value]) => (group ? value(group) : null)),
    ];
    if (names) cells.splice(1, 0, cell(names[channel.channel - 1] ?? ''));
    return cells.map((value) => value ?? '').join(',');
  });
  return `${[header, ...lines].join('\n')}\n`;
}
