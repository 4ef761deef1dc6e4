/**
 * The board between the capture worker and everybody else: levels in shared memory. The worker never waits for a reader, and a
 * reader that comes late misses no peak: maxima are merged until they were taken.
 *
 * One writer, one reader. A seqlock guards a publication (the count is odd while it is being written). The reader tells which
 * generation it took; only then does the writer begin its maxima anew. If the writer published again in between, a maximum
 * is told twice, never not at all. Every word is read and written with Atomics: on ARM plain accesses could be reordered
 * around the seqlock's count.
 */
import { MAX_CHANNELS } from '../dsp/limits.ts';
import { type LevelFrame, NO_SIGNAL } from './levels.ts';
import type { SilenceWord } from './snapshot.ts';

const H_SEQUENCE = 0;
const H_GENERATION = 1;
const H_TAKEN = 2;
const H_CHANNELS = 3;
const H_FRAMES_LOW = 4;
const H_FRAMES_HIGH = 5;
/** Turns of the capture loop, in any state: what a watchdog looks at. */
const H_TURNS = 6;
const H_XRUNS = 7;
const H_LOST_FRAMES = 8;
const HEADER_WORDS = 16;

const F_PEAK = 0;
const F_TRUE_PEAK = 1;
const F_RMS = 2;
const F_METER = 3;
const F_HOLD = 4;
const F_CLIPS = 5;
const F_TRUE_PEAK_MAX = 6;
const F_SILENCE = 7;
const F_PEAK_METER = 8;
const FIELDS = 9;

const SILENCE_WORDS: readonly SilenceWord[] = ['none', 'digitalZero', 'frozen', 'noiseFloor'];

/** What the writer fills per channel before it publishes. Levels in dbX100, NO_SIGNAL for digital zero. */
export interface BoardLevels {
  /** Peak of this block. */
  readonly peakDbX100: Int32Array;
  /** True peak of this block. */
  readonly truePeakDbX100: Int32Array;
  readonly rmsDbX100: Int32Array;
  readonly meterDbX100: Int32Array;
  readonly peakMeterDbX100: Int32Array;
  readonly holdDbX100: Int32Array;
  readonly clips: Int32Array;
  /** Largest true peak since the last clear. */
  readonly truePeakMaxDbX100: Int32Array;
  /** Index into none, digitalZero, frozen, noiseFloor. */
  readonly silence: Uint8Array;
}

export function createBoardMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer((HEADER_WORDS + FIELDS * MAX_CHANNELS) * 4);
}

export class LevelBoardWriter {
  readonly #words: Int32Array;
  readonly #peak = new Int32Array(MAX_CHANNELS).fill(NO_SIGNAL);
  readonly #truePeak = new Int32Array(MAX_CHANNELS).fill(NO_SIGNAL);
  #turns = 0;
  /** Blocks were merged since the last publication. */
  #merging = false;

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory);
  }

  /** The loop went round once, in whatever state. */
  turned(): void {
    this.#turns = (this.#turns + 1) | 0;
    Atomics.store(this.#words, H_TURNS, this.#turns);
  }

  /** Takes the maxima of a block that more blocks follow at once; `publish` will tell them. */
  merge(channels: number, levels: BoardLevels): void {
    const words = this.#words;
    // Asked at the first of the blocks only: were the last publication taken between two of them, the first would be lost.
    const begins = !this.#merging && Atomics.load(words, H_TAKEN) === Atomics.load(words, H_GENERATION);
    this.#merging = true;
    for (let c = 0; c < channels; c++) {
      const peak = levels.peakDbX100[c] as number;
      const truePeak = levels.truePeakDbX100[c] as number;
      if (begins || peak > (this.#peak[c] as number)) this.#peak[c] = peak;
      if (begins || truePeak > (this.#truePeak[c] as number)) this.#truePeak[c] = truePeak;
    }
  }

  /** Publishes one block, and what was merged before it. `frames` counts from the stream's start. */
  publish(channels: number, levels: BoardLevels, frames: number, xruns: number, lostFrames: number): void {
    const words = this.#words;
    this.merge(channels, levels);
    this.#merging = false;
    const generation = Atomics.load(words, H_GENERATION);
    const sequence = Atomics.load(words, H_SEQUENCE);
    Atomics.store(words, H_SEQUENCE, (sequence + 1) | 0);
    Atomics.store(words, H_CHANNELS, channels);
    Atomics.store(words, H_FRAMES_LOW, frames | 0);
    Atomics.store(words, H_FRAMES_HIGH, Math.floor(frames / 0x1_0000_0000));
    Atomics.store(words, H_XRUNS, xruns);
    Atomics.store(words, H_LOST_FRAMES, lostFrames);
    for (let c = 0; c < channels; c++) {
      const at = HEADER_WORDS + c * FIELDS;
      Atomics.store(words, at + F_PEAK, this.#peak[c] as number);
      Atomics.store(words, at + F_TRUE_PEAK, this.#truePeak[c] as number);
      Atomics.store(words, at + F_RMS, levels.rmsDbX100[c] as number);
      Atomics.store(words, at + F_METER, levels.meterDbX100[c] as number);
      Atomics.store(words, at + F_PEAK_METER, levels.peakMeterDbX100[c] as number);
      Atomics.store(words, at + F_HOLD, levels.holdDbX100[c] as number);
      Atomics.store(words, at + F_CLIPS, levels.clips[c] as number);
      Atomics.store(words, at + F_TRUE_PEAK_MAX, levels.truePeakMaxDbX100[c] as number);
      Atomics.store(words, at + F_SILENCE, levels.silence[c] as number);
    }
    Atomics.store(words, H_GENERATION, (generation + 1) | 0);
    Atomics.store(words, H_SEQUENCE, (sequence + 2) | 0);
  }
}

/** A level frame with what only the slow state needs. */
export interface BoardFrame extends LevelFrame {
  readonly truePeakMaxDbX100: Int32Array;
  readonly silence: readonly SilenceWord[];
  readonly xruns: number;
  readonly lostFrames: number;
}

export class LevelBoardReader {
  readonly #words: Int32Array;
  #seq = 0;
  #lastGeneration = 0;

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory);
  }

  /** Turns of the capture loop so far (wraps at 2^32). */
  turns(): number {
    return Atomics.load(this.#words, H_TURNS);
  }

  /** Publications so far (wraps at 2^32), taken or not. */
  published(): number {
    return Atomics.load(this.#words, H_GENERATION);
  }

  /** Takes what was published since the last call, maxima merged; null when nothing new was. */
  take(): BoardFrame | null {
    const words = this.#words;
    for (let attempt = 0; attempt < 1000; attempt++) {
      const before = Atomics.load(words, H_SEQUENCE);
      if ((before & 1) !== 0) continue;
      const generation = Atomics.load(words, H_GENERATION);
      if (generation === this.#lastGeneration) return null;
      const channels = Atomics.load(words, H_CHANNELS);
      const column = (field: number) => {
        const levels = new Int32Array(channels);
        for (let c = 0; c < channels; c++) levels[c] = Atomics.load(words, HEADER_WORDS + c * FIELDS + field);
        return levels;
      };
      const frame: BoardFrame = {
        seq: this.#seq + 1,
        frame: (Atomics.load(words, H_FRAMES_LOW) >>> 0) + Atomics.load(words, H_FRAMES_HIGH) * 0x1_0000_0000,
        channels,
        peakDbX100: column(F_PEAK),
        truePeakDbX100: column(F_TRUE_PEAK),
        rmsDbX100: column(F_RMS),
        meterDbX100: column(F_METER),
        peakMeterDbX100: column(F_PEAK_METER),
        holdDbX100: column(F_HOLD),
        clips: column(F_CLIPS),
        truePeakMaxDbX100: column(F_TRUE_PEAK_MAX),
        silence: Array.from(column(F_SILENCE), (word) => SILENCE_WORDS[word] ?? 'none'),
        xruns: Atomics.load(words, H_XRUNS),
        lostFrames: Atomics.load(words, H_LOST_FRAMES),
      };
      if (Atomics.load(words, H_SEQUENCE) !== before) continue;
      Atomics.store(words, H_TAKEN, generation);
      this.#lastGeneration = generation;
      this.#seq++;
      return frame;
    }
    // The writer holds the board for microseconds in each 10 ms: a thousand failures mean that it died inside.
    return null;
  }
}
