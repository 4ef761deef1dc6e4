/**
 * From a kernel's block to the levels that people watch: peak meter with hold, RMS, true peak, clip counts, silence. Integers
 * only, nothing allocated per block.
 */
import { createPeakMeter, createRmsMeter, type PeakMeter, type RmsMeter } from './ballistics.ts';
import { NO_SIGNAL, peakDbX100, truePeakDbX100 } from './decibels.ts';
import type { MeterKernel } from './meterKernel.ts';

/** IEC 60268-18: 20 dB in 1.7 s. */
const FALL_DB_X100_PER_S = 1176;
/** Below the last bit of 24 (-138.5 dBFS) a meter shows nothing. */
const FLOOR_DB_X100 = -14000;
const RMS_TIME_CONSTANT_MS = 300;
/** Under this 300 ms RMS a channel that is alive has no programme: a preamp's or converter's own noise (-115..-70 dBFS). */
const NOISE_FLOOR_DB_X100 = -7000;

/** Index into `none, digitalZero, frozen, noiseFloor`. */
export const SILENCE = { none: 0, digitalZero: 1, frozen: 2, noiseFloor: 3 } as const;

export interface BlockLevelsOptions {
  readonly channels: number;
  readonly rateHz: number;
  readonly holdMs: number;
}

export class BlockLevels {
  /** Peak and true peak of the last block. */
  readonly peakDbX100: Int32Array;
  readonly truePeakDbX100: Int32Array;
  readonly rmsDbX100: Int32Array;
  readonly clips: Int32Array;
  readonly truePeakMaxDbX100: Int32Array;
  /** Judged once a second, from that second; a channel that plays again is `none` at once. */
  readonly silence: Uint8Array;
  readonly #options: BlockLevelsOptions;
  #peakMeter: PeakMeter;
  readonly #rms: RmsMeter;
  #windowFrames = 0;
  readonly #windowOr: Int32Array;
  readonly #windowEqual: Int32Array;
  /** What the last clear took away, for one undo. */
  readonly #clearedClips: Int32Array;
  readonly #clearedTruePeakMax: Int32Array;

  constructor(options: BlockLevelsOptions) {
    const { channels, rateHz } = options;
    this.#options = options;
    this.peakDbX100 = new Int32Array(channels).fill(NO_SIGNAL);
    this.truePeakDbX100 = new Int32Array(channels).fill(NO_SIGNAL);
    this.truePeakMaxDbX100 = new Int32Array(channels).fill(NO_SIGNAL);
    this.clips = new Int32Array(channels);
    this.silence = new Uint8Array(channels).fill(SILENCE.digitalZero);
    this.#rms = createRmsMeter({ channels, rateHz, timeConstantMs: RMS_TIME_CONSTANT_MS });
    this.rmsDbX100 = new Int32Array(channels).fill(NO_SIGNAL);
    this.#peakMeter = this.#createPeakMeter(options.holdMs);
    this.#windowOr = new Int32Array(channels);
    this.#windowEqual = new Int32Array(channels);
    this.#clearedClips = new Int32Array(channels);
    this.#clearedTruePeakMax = new Int32Array(channels).fill(NO_SIGNAL);
  }

  get meterDbX100(): Int32Array {
    return this.#peakMeter.meterDbX100;
  }

  get holdDbX100(): Int32Array {
    return this.#peakMeter.holdDbX100;
  }

  #createPeakMeter(holdMs: number): PeakMeter {
    const { channels, rateHz } = this.#options;
    return createPeakMeter({
      channels,
      rateHz,
      fallDbX100PerS: FALL_DB_X100_PER_S,
      holdMs,
      floorDbX100: FLOOR_DB_X100,
    });
  }

  /** From now on; what is held is let go. */
  setHoldMs(holdMs: number): void {
    this.#peakMeter = this.#createPeakMeter(holdMs);
  }

  /** Clip counts and maxima of the named 1-based channels, or of all. */
  clear(channels: readonly number[] | null): void {
    this.#clearedClips.fill(0);
    this.#clearedTruePeakMax.fill(NO_SIGNAL);
    for (let c = 0; c < this.clips.length; c++) {
      if (channels !== null && !channels.includes(c + 1)) continue;
      this.#clearedClips[c] = this.clips[c] as number;
      this.#clearedTruePeakMax[c] = this.truePeakMaxDbX100[c] as number;
      this.clips[c] = 0;
      this.truePeakMaxDbX100[c] = NO_SIGNAL;
    }
  }

  /** Puts back what the last clear took away, with what was added since. Once: a second undo adds nothing. */
  undoClear(): void {
    for (let c = 0; c < this.clips.length; c++) {
      this.clips[c] = (this.clips[c] as number) + (this.#clearedClips[c] as number);
      this.truePeakMaxDbX100[c] = Math.max(this.truePeakMaxDbX100[c] as number, this.#clearedTruePeakMax[c] as number);
    }
    this.#clearedClips.fill(0);
    this.#clearedTruePeakMax.fill(NO_SIGNAL);
  }

  /** Takes the block that `meter` has just processed. */
  update(meter: MeterKernel, frames: number): void {
    if (frames === 0) return;
    const { channels } = this.#options;
    this.#rms.update(meter.sumSquares, frames);
    this.#windowFrames += frames;
    const windowEnds = this.#windowFrames >= this.#options.rateHz;
    for (let c = 0; c < channels; c++) {
      this.peakDbX100[c] = peakDbX100(meter.peak24[c] as number);
      const truePeak = truePeakDbX100(meter.truePeakQ13[c] as number);
      this.truePeakDbX100[c] = truePeak;
      if (truePeak > (this.truePeakMaxDbX100[c] as number)) this.truePeakMaxDbX100[c] = truePeak;
      this.clips[c] = (this.clips[c] as number) + (meter.clipEvents[c] as number);
      this.#windowOr[c] = (this.#windowOr[c] as number) | (meter.orBits[c] as number);
      this.#windowEqual[c] = (this.#windowEqual[c] as number) + (meter.equalCount[c] as number);
      const rms = this.#rms.rmsDbX100[c] as number;
      if (windowEnds) this.#judgeSilence(c, rms);
      else if (this.#playsAgain(c, rms, meter, frames)) this.silence[c] = SILENCE.none;
      // The filter's tail of a channel that is digital zero by now is not a level.
      this.rmsDbX100[c] = this.silence[c] === SILENCE.digitalZero ? NO_SIGNAL : rms;
    }
    if (windowEnds) this.#windowFrames = 0;
    this.#peakMeter.update(this.peakDbX100, frames);
  }

  #judgeSilence(c: number, rms: number): void {
    const equal = this.#windowEqual[c] as number;
    if (this.#windowOr[c] === 0) this.silence[c] = SILENCE.digitalZero;
    else if (equal >= this.#windowFrames) this.silence[c] = SILENCE.frozen;
    else if (rms < NOISE_FLOOR_DB_X100) this.silence[c] = SILENCE.noiseFloor;
    else this.silence[c] = SILENCE.none;
    this.#windowOr[c] = 0;
    this.#windowEqual[c] = 0;
  }

  #playsAgain(c: number, rms: number, meter: MeterKernel, frames: number): boolean {
    return this.silence[c] !== SILENCE.none && rms >= NOISE_FLOOR_DB_X100 && (meter.equalCount[c] as number) < frames;
  }
}
