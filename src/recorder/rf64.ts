/**
 * Headers of the recorder's files: Broadcast Wave that grows into RF64 (BW64's predecessor, read by the same programs).
 *
 * Sources: EBU Tech 3285 v2 (bext chunk), EBU Tech 3306 v1.1 (RF64: a JUNK chunk of 28 bytes keeps the place of ds64; over
 * 4 GiB `RIFF` becomes `RF64`, JUNK becomes ds64, and the 32-bit sizes read 0xFFFFFFFF), WAVEFORMATEXTENSIBLE as in
 * mmreg.h, iXML 1.61 (TRACK_LIST).
 */

export interface WaveFormat {
  readonly channels: number;
  readonly rateHz: number;
  /** 3: 24 bit, 4: 32 bit. */
  readonly bytesPerSample: 3 | 4;
}

export interface WaveFacts extends WaveFormat {
  /** At most 256 ASCII characters. */
  readonly description: string;
  /** Wall clock of the first sample, ms since 1970. */
  readonly startedWallMs: number;
  readonly trackNames: readonly string[];
}

const DS64_BYTES = 28;
const BEXT_BYTES = 602;

function ascii(text: string, bytes: number): Buffer {
  const out = Buffer.alloc(bytes);
  out.write(text.replace(/[^\x20-\x7e]/g, '?').slice(0, bytes), 'latin1');
  return out;
}

function chunk(id: string, body: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.write(id, 'latin1');
  head.writeUInt32LE(body.length, 4);
  return Buffer.concat([head, body, Buffer.alloc(body.length % 2)]);
}

/** Samples since midnight (UTC) of the first sample: what BWF calls TimeReference. */
export function timeReference(startedWallMs: number, rateHz: number): number {
  return Math.round(((startedWallMs % 86_400_000) / 1000) * rateHz);
}

function bext(facts: WaveFacts): Buffer {
  const at = new Date(facts.startedWallMs).toISOString();
  const body = Buffer.alloc(BEXT_BYTES);
  ascii(facts.description, 256).copy(body, 0);
  ascii('Lightkeeper', 32).copy(body, 256);
  ascii(at.slice(0, 10), 10).copy(body, 320);
  ascii(at.slice(11, 19), 8).copy(body, 330);
  body.writeBigUInt64LE(BigInt(timeReference(facts.startedWallMs, facts.rateHz)), 338);
  body.writeUInt16LE(1, 346);
  return body;
}

const xml = (text: string) =>
  text.replace(/[<>&"]/g, (mark) => ({ '<': '&lt;', '>': '&gt;', '&': '&amp;', '"': '&quot;' })[mark]!);

function ixml(facts: WaveFacts): Buffer {
  const tracks = facts.trackNames
    .map(
      (name, i) =>
        `<TRACK><CHANNEL_INDEX>${i + 1}</CHANNEL_INDEX><INTERLEAVE_INDEX>${i + 1}</INTERLEAVE_INDEX><NAME>${xml(name)}</NAME></TRACK>`,
    )
    .join('');
  const count = facts.trackNames.length;
  return Buffer.from(
    `<?xml version="1.0" encoding="UTF-8"?><BWFXML><IXML_VERSION>1.61</IXML_VERSION><TRACK_LIST><TRACK_COUNT>${count}</TRACK_COUNT>${tracks}</TRACK_LIST></BWFXML>`,
    'utf8',
  );
}

function fmt(format: WaveFormat): Buffer {
  const { channels, rateHz, bytesPerSample } = format;
  const body = Buffer.alloc(40);
  body.writeUInt16LE(0xfffe, 0);
  body.writeUInt16LE(channels, 2);
  body.writeUInt32LE(rateHz, 4);
  body.writeUInt32LE(rateHz * channels * bytesPerSample, 8);
  body.writeUInt16LE(channels * bytesPerSample, 12);
  body.writeUInt16LE(bytesPerSample * 8, 14);
  body.writeUInt16LE(22, 16);
  body.writeUInt16LE(bytesPerSample * 8, 18);
  // Channel mask 0: the channels are what they are named, no loudspeaker positions.
  Buffer.from('0100000000001000800000aa00389b71', 'hex').copy(body, 24);
  return body;
}

/** The whole header up to the first sample, for a file of 0 frames. Its length does not change as the file grows. */
export function waveHeader(facts: WaveFacts): Buffer {
  const dataHead = Buffer.alloc(8);
  dataHead.write('data', 'latin1');
  const riff = Buffer.alloc(12);
  riff.write('RIFF', 0, 'latin1');
  riff.write('WAVE', 8, 'latin1');
  const header = Buffer.concat([
    riff,
    chunk('JUNK', Buffer.alloc(DS64_BYTES)),
    chunk('bext', bext(facts)),
    chunk('fmt ', fmt(facts)),
    chunk('iXML', ixml(facts)),
    dataHead,
  ]);
  setDataSize(header, facts, 0);
  return header;
}

/** Writes the sizes for so many bytes of samples into the header: RIFF below 4 GiB, RF64 above. */
export function setDataSize(header: Buffer, format: WaveFormat, dataBytes: number): void {
  const riffBytes = header.length - 8 + dataBytes + (dataBytes % 2);
  if (riffBytes <= 0xffff_fffe) {
    header.write('RIFF', 0, 'latin1');
    header.writeUInt32LE(riffBytes, 4);
    header.write('JUNK', 12, 'latin1');
    header.fill(0, 20, 20 + DS64_BYTES);
    header.writeUInt32LE(dataBytes, header.length - 4);
    return;
  }
  header.write('RF64', 0, 'latin1');
  header.writeUInt32LE(0xffff_ffff, 4);
  header.write('ds64', 12, 'latin1');
  header.writeBigUInt64LE(BigInt(riffBytes), 20);
  header.writeBigUInt64LE(BigInt(dataBytes), 28);
  header.writeBigUInt64LE(BigInt(Math.floor(dataBytes / (format.channels * format.bytesPerSample))), 36);
  header.writeUInt32LE(0, 44);
  header.writeUInt32LE(0xffff_ffff, header.length - 4);
}

/** Left-justified Int32 samples -> little-endian PCM of 3 or 4 bytes. Bit-exact for as many valid bits. */
export function packSamples(
  samples: Int32Array,
  offset: number,
  count: number,
  bytesPerSample: 3 | 4,
  out: Uint8Array,
  at: number,
): void {
  let place = at;
  for (let i = 0; i < count; i++) {
    const x = samples[offset + i]!;
    if (bytesPerSample === 4) out[place++] = x;
    out[place++] = x >> 8;
    out[place++] = x >> 16;
    out[place++] = x >> 24;
  }
}
