/**
 * Reads PCM from WAVE files, synchronously and in bounded memory: RIFF, RF64 and BW64 (EBU Tech 3306, ITU-R BS.2088),
 * PCM of 16, 24 and 32 bits and 32-bit float, WAVE_FORMAT_EXTENSIBLE, track names from iXML or bext.
 * A damaged file is read as far as it goes, and what is missing is told in `notes`.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { basename } from 'node:path';
import { bad, type Fault, good, type Outcome } from '../../fault.ts';
import type { PackedBlock } from '../ports.ts';
import { type FloatCounts, fromFloat32, fromS16, fromS24Packed } from '../sampleFormats.ts';
import { ReadAhead, readWhole } from './readAhead.ts';

export type WavEncoding = 'pcm16' | 'pcm24' | 'pcm32' | 'float32';

export interface WavInfo {
  readonly path: string;
  readonly rateHz: number;
  readonly channels: number;
  readonly encoding: WavEncoding;
  /** Valid bits of a sample, 1..32; float is read as 24. */
  readonly validBits: number;
  /** Whole frames that can be read. */
  readonly frames: number;
  /** One name a channel, '' where it has none; an empty list where no channel has one. */
  readonly channelNames: readonly string[];
  /** What the file says of itself: description and originator of its bext chunk, note and project of its iXML; '' where nothing. */
  readonly description: string;
  /** What is wrong with the file, though it can be read. */
  readonly notes: readonly Fault[];
}

const TAG_PCM = 1;
const TAG_FLOAT = 3;
const TAG_EXTENSIBLE = 0xfffe;
/** No more channels than this can be metered, in one file or several. */
export const MAX_WAV_CHANNELS = 64;
/** Text chunks beyond this are not looked at. */
const MAX_TEXT_BYTES = 1 << 20;
/** A file of more chunks than this is no recording. */
const MAX_CHUNKS = 4096;
const RAW_BYTES = 1 << 18;

const BYTES: Record<WavEncoding, number> = { pcm16: 2, pcm24: 3, pcm32: 4, float32: 4 };

interface Layout {
  info: WavInfo;
  dataAt: number;
}

export class WavReader {
  readonly info: WavInfo;
  readonly #fd: number;
  readonly #dataAt: number;
  readonly #frameBytes: number;
  readonly #rawFrames: number;
  readonly #bytes: Uint8Array;
  readonly #halves: Int16Array;
  readonly #words: Int32Array;
  readonly #floats: Float32Array;
  /** For interleaving with other files. */
  readonly #apart: Int32Array;
  readonly #counts: FloatCounts = { overs: 0, nans: 0 };
  #next = 0;
  #ahead: ReadAhead | null = null;
  #open = true;

  private constructor(fd: number, layout: Layout) {
    this.#fd = fd;
    this.info = layout.info;
    this.#dataAt = layout.dataAt;
    this.#frameBytes = BYTES[layout.info.encoding] * layout.info.channels;
    this.#rawFrames = Math.floor(RAW_BYTES / this.#frameBytes);
    const raw = new ArrayBuffer(RAW_BYTES);
    this.#bytes = new Uint8Array(raw);
    this.#halves = new Int16Array(raw);
    this.#words = new Int32Array(raw);
    this.#floats = new Float32Array(raw);
    this.#apart = new Int32Array(this.#rawFrames * layout.info.channels);
  }

  /** Faults: wav-not-found, wav-unreadable, wav-not-wave, wav-format, wav-channels, wav-empty. */
  static open(path: string): Outcome<WavReader> {
    let fd: number;
    try {
      fd = openSync(path, 'r');
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? 'error';
      return code === 'ENOENT' || code === 'ENOTDIR'
        ? bad('wav-not-found', `There is no file ${path}.`, 'Check the name.')
        : bad('wav-unreadable', `${path} can not be read (${code}).`, "Check the file's permissions.");
    }
    let layout: Outcome<Layout>;
    try {
      layout = readLayout(fd, path);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === undefined) throw error;
      layout = bad('wav-unreadable', `${path} can not be read (${code}).`, 'Name a WAVE file, not a directory.');
    }
    if (!layout.ok) {
      closeSync(fd);
      return layout;
    }
    return good(new WavReader(fd, layout.value));
  }

  /** Frame that the next `read` begins at. */
  get frame(): number {
    return this.#next;
  }

  /** Float samples bent so far: over full scale, and not a number. Always 0 for PCM. */
  get floatCounts(): Readonly<FloatCounts> {
    return this.#counts;
  }

  /** Moves to a frame, 0..frames. */
  seek(frame: number): void {
    this.#next = Math.max(0, Math.min(this.info.frames, Math.trunc(frame)));
  }

  /**
   * Reads up to `maxFrames` frames as left-justified Int32: sample of frame f, channel c goes to
   * out[(outFrame + f) * stride + firstChannel + c]. Returns the frames read; 0 at the end, or -1 where the file can no
   * longer be read.
   */
  read(out: Int32Array, maxFrames: number, stride = this.info.channels, firstChannel = 0, outFrame = 0): number {
    let done = 0;
    while (done < maxFrames && this.#next < this.info.frames) {
      const want = Math.min(maxFrames - done, this.info.frames - this.#next, this.#rawFrames);
      const got = readWhole(
        this.#fd,
        this.#bytes,
        0,
        want * this.#frameBytes,
        this.#dataAt + this.#next * this.#frameBytes,
      );
      if (got < 0) return -1;
      const frames = Math.floor(got / this.#frameBytes);
      if (frames === 0) return done > 0 ? done : -1;
      const count = frames * this.info.channels;
      if (stride === this.info.channels && firstChannel === 0 && outFrame === 0 && done === 0) {
        this.#convert(out, count);
      } else {
        this.#convert(this.#apart, count);
        this.#scatter(out, frames, stride, firstChannel, outFrame + done);
      }
      done += frames;
      this.#next += frames;
    }
    return done;
  }

  /**
   * As `read`, of a file of 24 bits, into the block that `packed` unpacks into: reads as far ahead as its bytes have room. Those bytes are this
   * reader's alone, and always the same.
   */
  readPacked(packed: PackedBlock, maxFrames: number): number {
    const next = this.#next;
    if (next >= this.info.frames) return 0;
    const ahead = this.#readAhead(packed, maxFrames);
    const there = ahead.find(next);
    if (there === 0) return -1;
    const frames = Math.min(maxFrames, there);
    packed.unpack(ahead.byteAt, frames * this.info.channels);
    this.#next += frames;
    return frames;
  }

  /** null: the next `readPacked` need not wait for the disk, and what follows is read beside the program; else kept when that is so. */
  awaitPacked(packed: PackedBlock, maxFrames: number): Promise<void> | null {
    return this.#open ? this.#readAhead(packed, maxFrames).await(this.#next) : null;
  }

  /** Closes the file; where it is read from just now, as soon as that is done. May be called twice. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    const settled = this.#ahead?.settled() ?? null;
    if (settled === null) closeSync(this.#fd);
    else void settled.then(() => closeSync(this.#fd));
  }

  #readAhead({ bytes }: PackedBlock, blockFrames: number): ReadAhead {
    this.#ahead ??= new ReadAhead({
      fd: this.#fd,
      dataAt: this.#dataAt,
      frameBytes: this.#frameBytes,
      frames: this.info.frames,
      bytes,
      blockFrames,
    });
    return this.#ahead;
  }

  #convert(out: Int32Array, count: number): void {
    switch (this.info.encoding) {
      case 'pcm16':
        fromS16(this.#halves, out, count);
        break;
      case 'pcm24':
        fromS24Packed(this.#words, this.#bytes, out, count);
        break;
      case 'pcm32':
        for (let i = 0; i < count; i++) out[i] = this.#words[i]!;
        break;
      case 'float32':
        fromFloat32(this.#floats, out, count, this.#counts);
        break;
    }
  }

  #scatter(out: Int32Array, frames: number, stride: number, firstChannel: number, outFrame: number): void {
    const channels = this.info.channels;
    for (let f = 0, from = 0; f < frames; f++) {
      const at = (outFrame + f) * stride + firstChannel;
      for (let c = 0; c < channels; c++) out[at + c] = this.#apart[from++]!;
    }
  }
}

function readAt(fd: number, at: number, bytes: number): Buffer {
  const buffer = Buffer.alloc(bytes);
  let got = 0;
  while (got < bytes) {
    const n = readSync(fd, buffer, got, bytes - got, at + got);
    if (n === 0) break;
    got += n;
  }
  return buffer.subarray(0, got);
}

interface Format {
  tag: number;
  channels: number;
  rateHz: number;
  frameBytes: number;
  bits: number;
  validBits: number;
}

function parseFormat(b: Buffer): Format | null {
  if (b.length < 16) return null;
  let tag = b.readUInt16LE(0);
  const bits = b.readUInt16LE(14);
  let validBits = bits;
  if (tag === TAG_EXTENSIBLE) {
    if (b.length < 40) return null;
    const told = b.readUInt16LE(18);
    if (told > 0 && told <= bits) validBits = told;
    // The first two bytes of the GUID are the tag; the rest is fixed (…-0000-0010-8000-00aa00389b71).
    if (b.toString('hex', 26, 40) !== '000000001000800000aa00389b71') return null;
    tag = b.readUInt16LE(24);
  }
  return {
    tag,
    channels: b.readUInt16LE(2),
    rateHz: b.readUInt32LE(4),
    frameBytes: b.readUInt16LE(12),
    bits,
    validBits,
  };
}

function encodingOf(format: Format): WavEncoding | null {
  const bytes = format.frameBytes / format.channels;
  if (format.tag === TAG_FLOAT) return format.bits === 32 && bytes === 4 ? 'float32' : null;
  if (format.tag !== TAG_PCM) return null;
  if (bytes === 2 && format.bits > 8 && format.bits <= 16) return 'pcm16';
  if (bytes === 3 && format.bits > 16 && format.bits <= 24) return 'pcm24';
  if (bytes === 4 && format.bits > 16 && format.bits <= 32) return 'pcm32';
  return null;
}

function readLayout(fd: number, path: string): Outcome<Layout> {
  const size = fstatSync(fd).size;
  const head = readAt(fd, 0, 12);
  const kind = head.toString('latin1', 0, 4);
  if (head.length < 12 || !['RIFF', 'RF64', 'BW64'].includes(kind) || head.toString('latin1', 8, 12) !== 'WAVE')
    return bad('wav-not-wave', `${path} is not a WAVE file.`, 'Export the take as WAV, 16, 24 or 32 bits.');

  let format: Format | null = null;
  let formatSeen = false;
  let dataAt = -1;
  let dataBytes = 0;
  let data64: number | null = null;
  let names: string[] = [];
  let description = '';
  const notes: Fault[] = [];
  let at = 12;
  for (let n = 0; n < MAX_CHUNKS && at + 8 <= size; n++) {
    const header = readAt(fd, at, 8);
    if (header.length < 8) break;
    const id = header.toString('latin1', 0, 4);
    let bytes = header.readUInt32LE(4);
    if (id === 'data' && bytes === 0xffff_ffff && data64 !== null) bytes = data64;
    const body = at + 8;
    if (id === 'fmt ' && !formatSeen) {
      formatSeen = true;
      format = parseFormat(readAt(fd, body, Math.min(bytes, 64)));
    } else if (id === 'ds64') {
      const ds64 = readAt(fd, body, 24);
      if (ds64.length === 24) data64 = Number(ds64.readBigUInt64LE(8));
    } else if (id === 'data' && dataAt < 0) {
      dataAt = body;
      dataBytes = bytes;
      // A recorder that died left 0 or -1 here: the sound runs to the end of the file.
      if ((bytes === 0xffff_ffff || (bytes === 0 && unfinished(head, size))) && size > body) {
        dataBytes = size - body;
        bytes = dataBytes;
        notes.push({
          code: 'wav-unfinished',
          what: `${path} was never finished by its recorder; it is read to its last whole frame.`,
          fix: 'Nothing is lost that reached the disk; repair the header in an editor before using the take elsewhere.',
        });
      }
    } else if ((id === 'iXML' || id === 'bext') && bytes > 0 && bytes <= MAX_TEXT_BYTES) {
      const text = readAt(fd, body, bytes).toString('utf8');
      const found = id === 'iXML' ? namesOfIxml(text) : namesOfBext(text);
      if (found.length > 0 && (id === 'iXML' || names.length === 0)) names = found;
      description += `${id === 'iXML' ? descriptionOfIxml(text) : descriptionOfBext(text)}\n`;
    }
    at = body + bytes + (bytes % 2);
  }

  if (!formatSeen || dataAt < 0)
    return bad(
      'wav-not-wave',
      `${path} has no ${formatSeen ? 'sound data' : 'format'}: it is cut short, or no WAVE file.`,
      'Copy it again from the recorder.',
    );
  if (format === null)
    return bad(
      'wav-format',
      `${path} has a sample format that is not known.`,
      'Export it as PCM of 16, 24 or 32 bits, or 32-bit float.',
    );
  if (format.channels < 1 || format.channels > MAX_WAV_CHANNELS)
    return bad(
      'wav-channels',
      `${path} says that it has ${format.channels} channels; 1 to ${MAX_WAV_CHANNELS} can be read.`,
      'Split it, or export fewer tracks.',
    );
  const encoding = encodingOf(format);
  if (encoding === null || format.rateHz < 1000 || format.rateHz > 768_000)
    return bad(
      'wav-format',
      `${path} can not be read: format ${format.tag}, ${format.bits} bits, ${format.frameBytes} bytes a frame, ${format.rateHz} Hz.`,
      'Export it as PCM of 16, 24 or 32 bits, or 32-bit float.',
    );

  const there = Math.max(0, Math.min(dataBytes, size - dataAt));
  const frames = Math.floor(there / format.frameBytes);
  if (frames === 0)
    return bad('wav-empty', `${path} has no sound in it.`, 'Choose another take, or copy it again from the recorder.');
  const missing = dataBytes - frames * format.frameBytes;
  if (missing > 0 && notes.length === 0) {
    const frameLoss = Math.ceil(missing / format.frameBytes);
    notes.push({
      code: 'wav-truncated',
      what: `${path} is cut short: ${frames} whole frames are read, ${frameLoss} of those announced are missing or cut.`,
      fix: 'Copy it again from the recorder, if the whole take is needed.',
    });
  }
  const channelNames = Array.from({ length: format.channels }, (_, c) => names[c] ?? '');
  return good({
    dataAt,
    info: {
      path,
      rateHz: format.rateHz,
      channels: format.channels,
      encoding,
      validBits: encoding === 'float32' ? 24 : format.validBits,
      frames,
      channelNames: channelNames.some((name) => name !== '') ? channelNames : [],
      description: description.trim(),
      notes,
    },
  });
}

/** RIFF size that a recorder wrote before it knew better: not that of the file. */
function unfinished(head: Buffer, size: number): boolean {
  const riff = head.readUInt32LE(4);
  return riff === 0 || riff + 8 < size;
}

function plain(text: string): string {
  return text
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"')
    .replace(/&apos;/g, "'")
    .replace(/&amp;/g, '&')
    .trim();
}

/** Track names of an iXML chunk (gallery.co.uk/ixml), by INTERLEAVE_INDEX. */
export function namesOfIxml(text: string): string[] {
  const names: string[] = [];
  for (const track of text.matchAll(/<TRACK>([\s\S]*?)<\/TRACK>/g)) {
    const tag = (name: string) => new RegExp(`<${name}>([\\s\\S]*?)</${name}>`).exec(track[1]!)?.[1];
    const index = Number(tag('INTERLEAVE_INDEX') ?? tag('CHANNEL_INDEX'));
    const name = tag('NAME');
    if (Number.isInteger(index) && index >= 1 && index <= MAX_WAV_CHANNELS && name !== undefined)
      names[index - 1] = plain(name);
  }
  return names;
}

/** Track names that field recorders write into the description of a bext chunk: `sTRK1=Kick`. */
export function namesOfBext(text: string): string[] {
  const names: string[] = [];
  for (const match of text.slice(0, 256).matchAll(/TRK(\d{1,2})=([^\r\n\0]*)/g)) {
    const index = Number(match[1]);
    if (index >= 1 && index <= MAX_WAV_CHANNELS) names[index - 1] = match[2]!.trim();
  }
  return names;
}

/** Description (256 bytes) and originator (32) of a bext chunk, EBU Tech 3285. */
function descriptionOfBext(text: string): string {
  return [text.slice(0, 256), text.slice(256, 288)].map((part) => part.replace(/\0.*$/s, '').trim()).join('\n');
}

/** What people and recorders write into iXML beside the track names. */
function descriptionOfIxml(text: string): string {
  return ['NOTE', 'PROJECT', 'BWF_DESCRIPTION', 'BWF_ORIGINATOR']
    .map((name) => plain(new RegExp(`<${name}>([\\s\\S]*?)</${name}>`).exec(text)?.[1] ?? ''))
    .filter((part) => part !== '')
    .join('\n');
}

/** What to call a file: its name without folder and ending. */
export function titleOf(path: string): string {
  return basename(path).replace(/\.[^.]*$/, '');
}
