/**
 * Capture from WAVE files: `CaptureSource` of one polywav, or of several files side by side (mono takes of one session).
 * In real time it is paced by the monotonic clock from its first frame on, so that it does not drift; `fast` reads as
 * quickly as it is asked. Either way time is the file's own: frame / rate.
 */
import { bad, type Fault, good, type Outcome } from '../../fault.ts';
import type { CaptureChoice, CaptureRead, CaptureSource, CaptureStream, PackedBlock, StreamInfo } from '../ports.ts';
import { MAX_WAV_CHANNELS, titleOf, WavReader } from './wavReader.ts';

export type WavChoice = Extract<CaptureChoice, { kind: 'wav' }>;

/** Passed in by tests; the machine's own by default. */
export interface Pacer {
  /** Monotonic, ns. */
  nowNs(): number;
  sleepMs(ms: number): void;
}

export function monotonicPacer(): Pacer {
  const cell = new Int32Array(new SharedArrayBuffer(4));
  return {
    nowNs: () => performance.now() * 1e6,
    sleepMs: (ms) => {
      Atomics.wait(cell, 0, 0, ms);
    },
  };
}

export function wavSource(choice: WavChoice, pacer: Pacer = monotonicPacer()): CaptureSource {
  return { open: () => openWav(choice, pacer) };
}

function openWav(choice: WavChoice, pacer: Pacer): Outcome<CaptureStream> {
  if (choice.files.length === 0) return bad('wav-none', 'No WAVE file is named.', 'Name one or more: --wav take.wav.');
  const readers: WavReader[] = [];
  const fail = <T>(outcome: Outcome<T>): Outcome<CaptureStream> => {
    for (const reader of readers) reader.close();
    if (outcome.ok) throw new Error('not a fault');
    return outcome;
  };
  let channels = 0;
  for (const path of choice.files) {
    const opened = WavReader.open(path);
    if (!opened.ok) return fail(opened);
    const reader = opened.value;
    readers.push(reader);
    channels += reader.info.channels;
    if (channels > MAX_WAV_CHANNELS)
      return fail(
        bad(
          'wav-channels',
          `These files have more than ${MAX_WAV_CHANNELS} channels together.`,
          `Name files of at most ${MAX_WAV_CHANNELS} channels in all.`,
        ),
      );
    const first = readers[0]!.info;
    if (reader.info.rateHz !== first.rateHz)
      return fail(
        bad(
          'wav-rates-differ',
          `${first.path} runs at ${first.rateHz} Hz, ${path} at ${reader.info.rateHz} Hz.`,
          'Name files of one take.',
        ),
      );
  }
  const infos = readers.map((reader) => reader.info);
  const first = infos[0]!;
  const frames = Math.min(...infos.map((info) => info.frames));
  const notes: Fault[] = infos.flatMap((info) => info.notes);
  const longest = Math.max(...infos.map((info) => info.frames));
  if (longest !== frames)
    notes.push({
      code: 'wav-lengths-differ',
      what: `The files are of different lengths; all are read for ${frames} frames, the longest has ${longest}.`,
      fix: 'Name files of one take, with one length.',
    });
  const named = infos.length > 1 || infos.some((info) => info.channelNames.length > 0);
  const channelNames = named
    ? infos.flatMap((info) =>
        Array.from({ length: info.channels }, (_, c) => {
          if (info.channelNames[c]) return info.channelNames[c];
          const title = infos.length > 1 ? titleOf(info.path) : '';
          return title !== '' && info.channels > 1 ? `${title} ${c + 1}` : title;
        }),
      )
    : [];
  const info: StreamInfo = {
    source: 'wav',
    name: infos.length === 1 ? titleOf(first.path) : `${titleOf(first.path)} and ${infos.length - 1} more`,
    rateHz: first.rateHz,
    channels,
    validBits: Math.max(16, ...infos.map((one) => one.validBits)),
    periodFrames: Math.round(first.rateHz / 100),
    bufferFrames: 0,
    usbId: null,
    channelNames,
    notes,
  };
  return good(new WavStream(info, readers, frames, choice, pacer));
}

class WavStream implements CaptureStream {
  readonly info: StreamInfo;
  readonly #readers: readonly WavReader[];
  readonly #length: number;
  readonly #fast: boolean;
  readonly #loop: boolean;
  readonly #pacer: Pacer;
  #packed: PackedBlock | null = null;
  #startNs: number | null = null;
  /** Frames handed out since the start; in a loop it goes on growing. */
  #position = 0;
  readonly #frames = { kind: 'frames' as const, frames: 0, timeNs: 0, positionFrames: 0 };
  readonly #idle = { kind: 'idle' as const };

  constructor(info: StreamInfo, readers: readonly WavReader[], length: number, choice: WavChoice, pacer: Pacer) {
    this.info = info;
    this.#readers = readers;
    this.#length = length;
    this.#fast = choice.fast;
    this.#loop = choice.loop;
    this.#pacer = pacer;
  }

  unpackBy(packed: PackedBlock): void {
    const { encoding, channels } = this.#readers[0]!.info;
    const alone = this.#readers.length === 1 && encoding === 'pcm24';
    if (alone && packed.bytes.length >= 3 * channels) this.#packed = packed;
  }

  ready(maxFrames: number): Promise<void> | null {
    if (this.#packed === null) return null;
    const reader = this.#readers[0]!;
    const at = this.#position % this.#length;
    if (reader.frame !== at) reader.seek(at);
    return reader.awaitPacked(this.#packed, Math.min(maxFrames, this.info.periodFrames));
  }

  read(block: Int32Array, maxFrames: number, waitMs: number): CaptureRead {
    const left = this.#loop ? Number.POSITIVE_INFINITY : this.#length - this.#position;
    if (left <= 0) return { kind: 'ended', note: this.#floatNote() };
    const want = Math.min(maxFrames, this.info.periodFrames, left);
    if (!this.#fast && !this.#waitFor(this.#position + want, waitMs)) return this.#idle;
    const got = this.#take(block, want);
    if (got < 0)
      return {
        kind: 'gone',
        fault: {
          code: 'wav-read-failed',
          what: `The file can no longer be read at frame ${this.#position % this.#length}.`,
          fix: 'Check the disk, or whether the file was moved or cut.',
        },
      };
    this.#position += got;
    const answer = this.#frames;
    answer.frames = got;
    answer.positionFrames = this.#position;
    answer.timeNs = Math.round((this.#position / this.info.rateHz) * 1e9);
    return answer;
  }

  close(): void {
    for (const reader of this.#readers) reader.close();
  }

  /** Waits until `frames` frames are due; false: not within `waitMs`. Due times come from the start, not from the last read. */
  #waitFor(frames: number, waitMs: number): boolean {
    const now = this.#pacer.nowNs();
    this.#startNs ??= now;
    const leftMs = (this.#startNs + (frames / this.info.rateHz) * 1e9 - now) / 1e6;
    if (leftMs <= 0) return true;
    this.#pacer.sleepMs(Math.min(leftMs, waitMs));
    return leftMs <= waitMs;
  }

  #take(block: Int32Array, want: number): number {
    const { channels } = this.info;
    let done = 0;
    while (done < want) {
      const at = (this.#position + done) % this.#length;
      const now = Math.min(want - done, this.#length - at);
      if (this.#packed !== null && done === 0) {
        const reader = this.#readers[0]!;
        if (reader.frame !== at) reader.seek(at);
        const got = reader.readPacked(this.#packed, now);
        if (got <= 0) return -1;
        done += got;
        continue;
      }
      let firstChannel = 0;
      for (const reader of this.#readers) {
        if (reader.frame !== at) reader.seek(at);
        if (reader.read(block, now, channels, firstChannel, done) !== now) return -1;
        firstChannel += reader.info.channels;
      }
      done += now;
    }
    return done;
  }

  #floatNote(): Fault | null {
    let overs = 0;
    let nans = 0;
    for (const reader of this.#readers) {
      overs += reader.floatCounts.overs;
      nans += reader.floatCounts.nans;
    }
    if (overs === 0 && nans === 0) return null;
    return {
      code: 'wav-float-bent',
      what: `${overs} float samples were beyond full scale and read as full scale; ${nans} were no numbers and read as zero.`,
      fix: 'Export with headroom, or as 24-bit PCM, to see what a converter would.',
    };
  }
}
