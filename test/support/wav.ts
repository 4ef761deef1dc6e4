/** Writes WAVE files for tests, sound and broken. Samples are left-justified Int32 (the low bits are dropped), or floats. */
import { writeFileSync } from 'node:fs';

export interface WavSpec {
  readonly rateHz?: number;
  readonly channels: number;
  readonly encoding: 'pcm16' | 'pcm24' | 'pcm32' | 'float32';
  /** Interleaved. */
  readonly samples: Int32Array | Float32Array;
  /** WAVE_FORMAT_EXTENSIBLE, with this number of valid bits. */
  readonly extensibleBits?: number;
  /** RF64 or BW64 with a ds64 chunk. */
  readonly big?: 'RF64' | 'BW64';
  /** Track names in an iXML chunk. */
  readonly ixmlNames?: readonly string[];
  /** Description of a bext chunk. */
  readonly bext?: string;
  /** Puts the text chunks behind the data. */
  readonly textLast?: boolean;
  /** What the header says in place of the truth. */
  readonly lie?: {
    readonly dataBytes?: number;
    readonly riffBytes?: number;
    readonly channels?: number;
    readonly tag?: number;
  };
}

const BYTES = { pcm16: 2, pcm24: 3, pcm32: 4, float32: 4 };

function chunk(id: string, body: Buffer, saidBytes = body.length): Buffer {
  const head = Buffer.alloc(8);
  head.write(id, 0, 'latin1');
  head.writeUInt32LE(saidBytes, 4);
  return Buffer.concat(body.length % 2 ? [head, body, Buffer.alloc(1)] : [head, body]);
}

export function wavBytes(spec: WavSpec): Buffer {
  const bytes = BYTES[spec.encoding];
  const data = Buffer.alloc(spec.samples.length * bytes);
  spec.samples.forEach((x, i) => {
    if (spec.encoding === 'float32') data.writeFloatLE(x, 4 * i);
    else data.writeIntLE(x >> (8 * (4 - bytes)), bytes * i, bytes);
  });
  const rateHz = spec.rateHz ?? 48000;
  const tag = spec.lie?.tag ?? (spec.encoding === 'float32' ? 3 : 1);
  const frameBytes = spec.channels * bytes;
  const fmt = Buffer.alloc(spec.extensibleBits === undefined ? 16 : 40);
  fmt.writeUInt16LE(spec.extensibleBits === undefined ? tag : 0xfffe, 0);
  fmt.writeUInt16LE(spec.lie?.channels ?? spec.channels, 2);
  fmt.writeUInt32LE(rateHz, 4);
  fmt.writeUInt32LE(rateHz * frameBytes, 8);
  fmt.writeUInt16LE(frameBytes & 0xffff, 12);
  fmt.writeUInt16LE(8 * bytes, 14);
  if (spec.extensibleBits !== undefined) {
    fmt.writeUInt16LE(22, 16);
    fmt.writeUInt16LE(spec.extensibleBits, 18);
    fmt.writeUInt16LE(tag, 24);
    Buffer.from('000000001000800000aa00389b71', 'hex').copy(fmt, 26);
  }
  const text: Buffer[] = [];
  if (spec.ixmlNames) {
    const tracks = spec.ixmlNames.map(
      (name, i) =>
        `<TRACK><CHANNEL_INDEX>${i + 1}</CHANNEL_INDEX><INTERLEAVE_INDEX>${i + 1}</INTERLEAVE_INDEX><NAME>${name}</NAME></TRACK>`,
    );
    text.push(
      chunk('iXML', Buffer.from(`<?xml version="1.0"?><BWFXML><TRACK_LIST>${tracks.join('')}</TRACK_LIST></BWFXML>`)),
    );
  }
  if (spec.bext !== undefined) {
    const bext = Buffer.alloc(602);
    bext.write(spec.bext, 0, 256, 'latin1');
    text.push(chunk('bext', bext));
  }
  const sound = chunk('data', data, spec.big ? 0xffff_ffff : (spec.lie?.dataBytes ?? data.length));
  const body = Buffer.concat([chunk('fmt ', fmt), ...(spec.textLast ? [sound, ...text] : [...text, sound])]);
  const ds64 = Buffer.alloc(28);
  if (spec.big) {
    ds64.writeBigUInt64LE(BigInt(body.length + 40), 0);
    ds64.writeBigUInt64LE(BigInt(spec.lie?.dataBytes ?? data.length), 8);
    ds64.writeBigUInt64LE(BigInt(spec.samples.length / spec.channels), 16);
  }
  const head = Buffer.alloc(12);
  head.write(spec.big ?? 'RIFF', 0, 'latin1');
  head.writeUInt32LE(spec.big ? 0xffff_ffff : (spec.lie?.riffBytes ?? body.length + 4), 4);
  head.write('WAVE', 8, 'latin1');
  return Buffer.concat(spec.big ? [head, chunk('ds64', ds64), body] : [head, body]);
}

export function writeWav(path: string, spec: WavSpec): void {
  writeFileSync(path, wavBytes(spec));
}
