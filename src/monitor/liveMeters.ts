/**
 * The meters of one opened stream, in the capture worker: kernel, channel meter with the chosen movement, and the loudness of
 * the groups that are wanted. Per block nothing is allocated; a change of movement or of groups happens between two blocks.
 */
import { ChannelMeter, type ChannelMeterOptions, fullScale24Of, kernelOptions } from '../dsp/channelMeter.ts';
import { gather } from '../dsp/gather.ts';
import { createLoudnessMeter, type LoudnessMeter } from '../dsp/loudness.ts';
import type { LoudnessKernel } from '../dsp/loudnessKernel.ts';
import type { MeterKernel, MeterKernelOptions } from '../dsp/meterKernel.ts';
import type { Movement } from '../dsp/meterScales.ts';
import { type SlowReadings, slowReadingsOf } from './slowReadings.ts';

/** Hum is looked for on so many channels at a time: a full round of 34 takes 40 s, at a fifth of the cost. */
const HUM_AT_ONCE = 8;

export interface LiveMetersOptions {
  readonly channels: number;
  readonly rateHz: number;
  /** Longest block, frames. */
  readonly maxFrames: number;
  readonly validBits: number;
  readonly clipRun: number;
  readonly holdMs: number;
  readonly movement: Movement;
  readonly createMeter: (options: MeterKernelOptions) => MeterKernel;
  readonly createLoudnessKernel: (options: {
    readonly channels: number;
    readonly maxFrames: number;
    readonly rateHz: number;
  }) => LoudnessKernel;
}

interface Group {
  readonly columns: readonly number[];
  readonly meter: LoudnessMeter;
}

export class LiveMeters {
  readonly #options: LiveMetersOptions;
  #holdMs: number;
  #movement: Movement;
  #kernel: MeterKernel;
  #meter: ChannelMeter;
  #groups: Group[] = [];
  #sinceTold = 0;

  constructor(options: LiveMetersOptions) {
    this.#options = options;
    this.#holdMs = options.holdMs;
    this.#movement = options.movement;
    [this.#kernel, this.#meter] = this.#create();
  }

  /** Reads frames into `kernel.input`; ask anew for each block. */
  get kernel(): MeterKernel {
    return this.#kernel;
  }

  /** What the board publishes; ask anew for each block. */
  get meter(): ChannelMeter {
    return this.#meter;
  }

  #create(): [MeterKernel, ChannelMeter] {
    const { channels, rateHz, maxFrames, validBits, clipRun, createMeter } = this.#options;
    const options: ChannelMeterOptions = {
      channels,
      rateHz,
      maxFrames,
      fullScale24: fullScale24Of(validBits),
      clipRun,
      holdMs: this.#holdMs,
      movement: this.#movement,
      humAtOnce: HUM_AT_ONCE,
    };
    const kernel = createMeter(kernelOptions(options));
    return [kernel, new ChannelMeter(kernel, options)];
  }

  /** What is counted and latched stays. */
  setMovement(movement: Movement): void {
    if (movement === this.#movement) return;
    this.#movement = movement;
    const before = this.#meter;
    [this.#kernel, this.#meter] = this.#create();
    this.#meter.adopt(before);
  }

  setHoldMs(holdMs: number): void {
    this.#holdMs = holdMs;
    this.#meter.setHoldMs(holdMs);
  }

  /** 0-based columns of each group. A group that was there before goes on. */
  setGroups(groups: readonly (readonly number[])[]): void {
    const { channels, rateHz, maxFrames, createLoudnessKernel } = this.#options;
    const before = new Map(this.#groups.map((group) => [group.columns.join(), group]));
    this.#groups = groups
      .filter((columns) => columns.length > 0 && columns.every((c) => c < channels))
      .map(
        (columns) =>
          before.get(columns.join()) ?? {
            columns,
            meter: createLoudnessMeter(createLoudnessKernel({ channels: columns.length, maxFrames, rateHz }), {
              rateHz,
            }),
          },
      );
  }

  clear(channels: readonly number[] | null): void {
    this.#meter.clear(channels);
    // Loudness is of a group: it begins anew with a clear of all only.
    if (channels === null) for (const { meter } of this.#groups) meter.clear();
  }

  undoClear(): void {
    this.#meter.undoClear();
    for (const { meter } of this.#groups) meter.undoClear();
  }

  /** Frames are missing from the stream. */
  gap(): void {
    this.#kernel.reset();
    this.#meter.gap();
  }

  /** Takes the block that `kernel` has just processed. */
  update(frames: number): void {
    this.#meter.update(frames);
    const { input, channels } = this.#kernel;
    for (const { columns, meter } of this.#groups) {
      gather(input, channels, columns, frames, meter.kernel.input);
      meter.update(frames);
    }
    this.#sinceTold += frames;
  }

  /** Once a second what changes slowly, else null. `frame`: how far the stream is. */
  slow(frame: number): SlowReadings | null {
    if (this.#sinceTold < this.#options.rateHz) return null;
    this.#sinceTold = 0;
    return slowReadingsOf(
      this.#meter,
      frame,
      this.#groups.map(({ meter }) => meter.readings()),
    );
  }
}
