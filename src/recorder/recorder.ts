/**
 * The safety recorder: takes blocks from the ring, keeps the last minute of them in memory, and writes a take with what
 * came before it to the disk. It lives in its own worker: a slow disk fills its memory, then the ring, and never holds
 * capture. Whatever is left out is counted, told, and stands as silence in the file, so that positions hold.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { bad, type Fault, type Outcome } from '../fault.ts';
import { RecordFile } from './recordFile.ts';
import { packSamples, type WaveFacts, type WaveFormat } from './rf64.ts';
import type { RingBlock, RingReader } from './ring.ts';
import type { FromRecorder, RecorderOptions, RecorderView } from './view.ts';

/** The header counts all samples at least this often; with a chunk of a second this keeps a power cut's loss under 10 s. */
export const SETTLE_MS = 5000;
/** Memory for what a slow disk has not taken yet, beyond the pre-roll. */
const BACKLOG_S = 30;
const DISK_LOOK_MS = 2000;
/** The disk is never filled to the last byte: a full FAT can lose its directory. */
export const RESERVE_BYTES = 64e6;
/** A gap longer than this begins a new file instead of being filled with silence. */
const LONGEST_SILENCE_S = 30;

/** At most a second of one stream. */
interface Chunk extends WaveFormat {
  readonly stream: number;
  readonly startedWallMs: number;
  /** Frames of silence that stand before it: lost on the way. */
  readonly silentFrames: number;
  /** Nobody knows how many were lost before it. */
  readonly gap: boolean;
  frames: number;
  readonly bytes: Buffer;
  written: boolean;
}

export interface RecorderParts {
  readonly reader: RingReader;
  readonly options: RecorderOptions;
  readonly findDisk: (options: RecorderOptions) => Outcome<{ readonly folder: string }>;
  readonly freeBytes: (folder: string) => number | null;
  /** Memory that may be used, bytes. */
  readonly memoryBytes: () => number;
  readonly nowMs: () => number;
  readonly wallMs: () => number;
  readonly say: (said: Extract<FromRecorder, { kind: 'said' }>) => void;
  /** For tests: a file that fails. */
  readonly openFile?: (path: string, facts: WaveFacts) => RecordFile;
}

export class Recorder {
  readonly #parts: RecorderParts;
  #options: RecorderOptions;
  #chunks: Chunk[] = [];
  #filling: Chunk | null = null;
  #pool: Buffer[] = [];
  #disk: Outcome<{ readonly folder: string }>;
  #free: number | null = null;
  #lookedMs = Number.NEGATIVE_INFINITY;
  #take: { readonly name: string; readonly trackNames: readonly string[]; part: number } | null = null;
  #stopping = false;
  #file: RecordFile | null = null;
  #fileStream = 0;
  #lastFile: string | null = null;
  #settledMs = 0;
  #lostFrames = 0;
  #fault: Fault | null = null;
  #retryMs = 0;
  #bytesPerS = 0;

  constructor(parts: RecorderParts) {
    this.#parts = parts;
    this.#options = parts.options;
    this.#disk = parts.findDisk(parts.options);
  }

  setOptions(options: RecorderOptions): void {
    this.#options = options;
    this.#lookedMs = Number.NEGATIVE_INFINITY;
  }

  /** A take begins: the file begins `preRollS` before it. */
  start(name: string, trackNames: readonly string[]): void {
    this.#finish();
    this.#take = { name, trackNames, part: 0 };
    this.#stopping = false;
    this.#lostFrames = 0;
    this.#fault = null;
    this.#lookedMs = Number.NEGATIVE_INFINITY;
  }

  /** The take ends: what is in memory is written, then the file is closed. */
  stop(): void {
    if (this.#take !== null) this.#stopping = true;
  }

  /** One turn; true: there is more to do at once. */
  turn(): boolean {
    this.#drain();
    const nowMs = this.#parts.nowMs();
    if (nowMs - this.#lookedMs >= DISK_LOOK_MS) {
      this.#lookedMs = nowMs;
      this.#disk = this.#parts.findDisk(this.#options);
      this.#free = this.#disk.ok ? this.#freeOf(this.#disk.value.folder) : null;
    }
    let more = false;
    if (this.#take !== null) {
      if (this.#stopping && this.#filling !== null) this.#closeChunk();
      more = this.#writeOne(nowMs);
      if (this.#stopping && !more) {
        this.#finish();
        this.#take = null;
        this.#stopping = false;
      }
    }
    this.#trim();
    return more;
  }

  /** Ends the take and writes what it can. */
  close(): void {
    this.stop();
    for (let round = 0; round < 1000 && this.turn(); round++);
    this.turn();
    this.#finish();
  }

  view(): RecorderView {
    const frames = (chunk: Chunk | null) => (chunk === null ? 0 : chunk.frames / chunk.rateHz);
    const keptS = this.#chunks.reduce((sum, chunk) => sum + frames(chunk), frames(this.#filling));
    const file = this.#file;
    const spare = this.#free === null ? null : Math.max(0, this.#free - RESERVE_BYTES);
    return {
      state: this.#fault !== null ? 'faulted' : this.#file !== null ? 'recording' : this.#disk.ok ? 'armed' : 'noDisk',
      folder: this.#disk.ok ? this.#disk.value.folder : null,
      file: this.#file?.path ?? this.#lastFile,
      minutesLeft: spare === null || this.#bytesPerS === 0 ? null : Math.floor(spare / this.#bytesPerS / 60),
      preRollS: Math.round(Math.min(keptS, this.#options.preRollS) * 10) / 10,
      recordedS: file === null ? 0 : Math.round((file.dataBytes / bytesPerSecond(file.facts)) * 10) / 10,
      lostFrames: this.#lostFrames,
      fault: this.#fault ?? (this.#disk.ok ? null : this.#disk.fault),
    };
  }

  #freeOf(folder: string): number | null {
    try {
      mkdirSync(folder, { recursive: true });
    } catch {
      return null;
    }
    return this.#parts.freeBytes(folder);
  }

  #drain(): void {
    for (let block = this.#parts.reader.peek(); block !== null; block = this.#parts.reader.peek()) {
      this.#take1(block);
      this.#parts.reader.release();
    }
  }

  #take1(block: RingBlock): void {
    if (block.channels === 0 || block.frames === 0) return;
    const bytesPerSample = block.validBits > 24 ? 4 : 3;
    const filling = this.#filling;
    const fits =
      filling !== null &&
      filling.stream === block.stream &&
      block.lost === 0 &&
      (filling.frames + block.frames) * block.channels * bytesPerSample <= filling.bytes.length;
    if (!fits) {
      this.#closeChunk();
      if (block.lost > 0) {
        this.#lostFrames += block.lost;
        this.#parts.say({
          kind: 'said',
          severity: 'alarm',
          text: `${block.lost} frames did not reach the recorder; silence stands for them.`,
          detail: { frames: block.lost, frame: block.frame },
        });
      }
      const size = Math.max(block.rateHz, block.frames) * block.channels * bytesPerSample;
      this.#bytesPerS = block.rateHz * block.channels * bytesPerSample;
      this.#filling = {
        stream: block.stream,
        channels: block.channels,
        rateHz: block.rateHz,
        bytesPerSample,
        startedWallMs: this.#parts.wallMs() - (block.frames / block.rateHz) * 1000,
        silentFrames: Math.max(0, block.lost),
        gap: block.lost < 0,
        frames: 0,
        bytes: this.#buffer(size),
        written: false,
      };
    }
    const chunk = this.#filling!;
    packSamples(
      block.samples,
      block.offset,
      block.frames * block.channels,
      chunk.bytesPerSample,
      chunk.bytes,
      chunk.frames * chunk.channels * chunk.bytesPerSample,
    );
    chunk.frames += block.frames;
  }

  #buffer(bytes: number): Buffer {
    const at = this.#pool.findIndex((buffer) => buffer.length === bytes);
    return at === -1 ? Buffer.allocUnsafe(bytes) : this.#pool.splice(at, 1)[0]!;
  }

  #closeChunk(): void {
    if (this.#filling === null) return;
    if (this.#filling.frames > 0) this.#chunks.push(this.#filling);
    this.#filling = null;
  }

  /** Forgets what is older than the pre-roll and written, or not wanted. */
  #trim(): void {
    const budgetS = this.#bytesPerS === 0 ? 0 : this.#parts.memoryBytes() / this.#bytesPerS;
    const wantS = Math.min(this.#options.preRollS, budgetS);
    const recording = this.#take !== null;
    const length = (chunk: Chunk) => chunk.frames / chunk.rateHz;
    let keptS = this.#chunks.reduce(
      (sum, chunk) => sum + length(chunk),
      this.#filling === null ? 0 : length(this.#filling),
    );
    while (this.#chunks.length > 0) {
      const oldest = this.#chunks[0]!;
      const mustWrite = recording && !oldest.written;
      if (keptS - length(oldest) < wantS) return;
      if (mustWrite && keptS < Math.min(wantS + BACKLOG_S, Math.max(wantS, budgetS) + 5)) return;
      this.#chunks.shift();
      keptS -= length(oldest);
      if (mustWrite) this.#left(oldest);
      if (this.#pool.length < 8) this.#pool.push(oldest.bytes);
      else this.#pool = this.#pool.slice(-4);
    }
  }

  /** A chunk that the disk was too slow for: silence of its length goes before the next. */
  #left(chunk: Chunk): void {
    this.#lostFrames += chunk.frames;
    this.#parts.say({
      kind: 'said',
      severity: 'alarm',
      text: `The disk was too slow: ${(chunk.frames / chunk.rateHz).toFixed(1)} s are missing in the recording.`,
      detail: { frames: chunk.frames },
    });
    const next = this.#chunks[0] ?? this.#filling;
    if (next !== null && next !== undefined && next.stream === chunk.stream) {
      (next as { silentFrames: number }).silentFrames += chunk.frames + chunk.silentFrames;
    }
  }

  /** Writes the oldest chunk that is not written yet. True: there may be another. */
  #writeOne(nowMs: number): boolean {
    if (this.#fault !== null && nowMs < this.#retryMs) return false;
    const chunk = this.#chunks.find((one) => !one.written);
    try {
      if (chunk !== undefined) {
        const file = this.#fileFor(chunk);
        if (file === null) return false;
        const begins = file.dataBytes === 0;
        const silence = chunk.silentFrames * chunk.channels * chunk.bytesPerSample;
        if (silence > 0 && file.dataBytes > 0 && chunk.silentFrames <= LONGEST_SILENCE_S * chunk.rateHz) {
          file.append(Buffer.alloc(silence));
        }
        file.append(chunk.bytes.subarray(0, chunk.frames * chunk.channels * chunk.bytesPerSample));
        chunk.written = true;
        this.#fault = null;
        if (begins) this.#sayBegun(file);
      }
      if (this.#file !== null && nowMs - this.#settledMs >= SETTLE_MS) {
        this.#settledMs = nowMs;
        this.#file.settle();
      }
    } catch (error) {
      this.#fail(error, nowMs);
      return false;
    }
    return this.#chunks.some((one) => !one.written);
  }

  /** The file that a chunk belongs into: another when the stream is another, or too much is missing before it. */
  #fileFor(chunk: Chunk): RecordFile | null {
    const tooLong = chunk.silentFrames > LONGEST_SILENCE_S * chunk.rateHz;
    if (this.#file !== null && this.#fileStream === chunk.stream && !chunk.gap && !tooLong) {
      if (this.#free !== null && this.#free < RESERVE_BYTES) throw new DiskFull();
      return this.#file;
    }
    this.#finish();
    if (!this.#disk.ok) {
      this.#noteFault(this.#disk.fault);
      this.#retryMs = this.#parts.nowMs() + DISK_LOOK_MS;
      return null;
    }
    if (this.#free !== null && this.#free < RESERVE_BYTES) throw new DiskFull();
    const take = this.#take!;
    const number = take.part + 1;
    const stamp = new Date(chunk.startedWallMs).toISOString().slice(0, 19).replace(/:/g, '-');
    const name = take.name
      .replace(/[^\p{L}\p{N} _-]/gu, '_')
      .trim()
      .replace(/ +/g, '-');
    const part = number === 1 ? '' : `-part${number}`;
    mkdirSync(this.#disk.value.folder, { recursive: true });
    const facts: WaveFacts = {
      channels: chunk.channels,
      rateHz: chunk.rateHz,
      bytesPerSample: chunk.bytesPerSample,
      description: `${take.name}, safety recording${part === '' ? '' : `, part ${number}`}`,
      startedWallMs: chunk.startedWallMs,
      trackNames: take.trackNames.slice(0, chunk.channels),
    };
    const open = this.#parts.openFile ?? ((path: string, about: WaveFacts) => new RecordFile(path, about));
    this.#file = open(join(this.#disk.value.folder, `${stamp}-${name}${part}.wav`), facts);
    take.part = number;
    this.#fileStream = chunk.stream;
    this.#settledMs = this.#parts.nowMs();
    return this.#file;
  }

  #sayBegun({ path, facts }: RecordFile): void {
    this.#parts.say({
      kind: 'said',
      severity: 'info',
      text: `Recording to ${path}.`,
      detail: { file: path, channels: facts.channels, rateHz: facts.rateHz },
    });
  }

  #finish(): void {
    const file = this.#file;
    this.#file = null;
    if (file === null) return;
    if (file.dataBytes === 0) {
      file.abandon();
      if (this.#take !== null) this.#take.part--;
      return;
    }
    this.#lastFile = file.path;
    try {
      file.close();
      this.#parts.say({
        kind: 'said',
        severity: 'info',
        text: `Recorded ${file.path}.`,
        detail: { file: file.path, bytes: file.dataBytes, lostFrames: this.#lostFrames },
      });
    } catch (error) {
      this.#noteFault(writeFault(error));
    }
  }

  #fail(error: unknown, nowMs: number): void {
    const tooLarge = (error as NodeJS.ErrnoException).code === 'EFBIG';
    this.#finish();
    // FAT ends at 4 GiB: the take goes on in another file, and nothing is missing.
    if (tooLarge) return;
    this.#retryMs = nowMs + DISK_LOOK_MS;
    this.#noteFault(writeFault(error));
  }

  #noteFault(fault: Fault): void {
    if (this.#fault?.code !== fault.code) {
      this.#parts.say({ kind: 'said', severity: 'alarm', text: fault.what, detail: { code: fault.code } });
    }
    this.#fault = fault;
  }
}

class DiskFull extends Error {
  readonly code = 'ENOSPC';
}

function bytesPerSecond(format: WaveFormat): number {
  return format.rateHz * format.channels * format.bytesPerSample;
}

function writeFault(error: unknown): Fault {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return bad('recorder-disk-full', 'The disk of the recorder is full.', 'Free some space or plug in another disk.')
        .fault;
    case 'EROFS':
    case 'EACCES':
    case 'EPERM':
      return bad(
        'recorder-read-only',
        'The disk of the recorder can not be written to.',
        'Mount it writable; check it with fsck if it was pulled out.',
      ).fault;
    default:
      return bad(
        'recorder-disk-failed',
        `Writing to the disk of the recorder failed (${code === '' ? 'unknown error' : code}).`,
        'Check its cable; plug in another disk. Recording goes on in a new file as soon as it can.',
      ).fault;
  }
}
