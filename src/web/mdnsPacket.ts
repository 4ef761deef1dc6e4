/**
 * DNS packets as multicast DNS uses them (RFC 1035, RFC 6762): just what a responder for one host and one service needs.
 * Pure: bytes in, records out.
 */

export const TYPE = { A: 1, PTR: 12, TXT: 16, AAAA: 28, SRV: 33, ANY: 255 } as const;

export interface Question {
  /** Lower case, without the final dot: `lightkeeper.local`. */
  readonly name: string;
  readonly type: number;
  /** The asker wants the answer sent to it alone. */
  readonly unicast: boolean;
}

export type DnsRecord = { readonly name: string; readonly ttlS: number } & (
  | { readonly type: 'A'; readonly address: string }
  | { readonly type: 'PTR'; readonly target: string }
  | { readonly type: 'SRV'; readonly target: string; readonly port: number }
  | { readonly type: 'TXT'; readonly texts: readonly string[] }
);

export interface Packet {
  readonly id: number;
  readonly response: boolean;
  readonly questions: readonly Question[];
  /** Answers of the kinds above; other kinds are skipped. */
  readonly answers: readonly DnsRecord[];
}

function encodeName(name: string): Buffer {
  const parts = name.split('.').map((label) => {
    const bytes = Buffer.from(label, 'utf8').subarray(0, 63);
    return Buffer.concat([Buffer.from([bytes.length]), bytes]);
  });
  return Buffer.concat([...parts, Buffer.from([0])]);
}

function encodeData(record: DnsRecord): Buffer {
  switch (record.type) {
    case 'A':
      return Buffer.from(record.address.split('.').map(Number));
    case 'PTR':
      return encodeName(record.target);
    case 'SRV': {
      const head = Buffer.alloc(6);
      head.writeUInt16BE(record.port, 4);
      return Buffer.concat([head, encodeName(record.target)]);
    }
    case 'TXT':
      return Buffer.concat(
        record.texts.map((text) => {
          const bytes = Buffer.from(text, 'utf8').subarray(0, 255);
          return Buffer.concat([Buffer.from([bytes.length]), bytes]);
        }),
      );
  }
}

/** Shared records (PTR) must not carry the bit that flushes other hosts' answers. */
const CACHE_FLUSH = 0x8000;

export function encodePacket(packet: {
  readonly id?: number;
  readonly questions?: readonly { readonly name: string; readonly type: number }[];
  readonly answers?: readonly DnsRecord[];
}): Buffer {
  const { id = 0, questions = [], answers = [] } = packet;
  const head = Buffer.alloc(12);
  head.writeUInt16BE(id, 0);
  // Response and authoritative where it answers.
  head.writeUInt16BE(answers.length > 0 ? 0x8400 : 0, 2);
  head.writeUInt16BE(questions.length, 4);
  head.writeUInt16BE(answers.length, 6);
  const parts: Buffer[] = [head];
  for (const question of questions) {
    const tail = Buffer.alloc(4);
    tail.writeUInt16BE(question.type, 0);
    tail.writeUInt16BE(1, 2);
    parts.push(encodeName(question.name), tail);
  }
  for (const record of answers) {
    const data = encodeData(record);
    const middle = Buffer.alloc(10);
    middle.writeUInt16BE(TYPE[record.type], 0);
    middle.writeUInt16BE(record.type === 'PTR' ? 1 : 1 | CACHE_FLUSH, 2);
    middle.writeUInt32BE(record.ttlS, 4);
    middle.writeUInt16BE(data.length, 8);
    parts.push(encodeName(record.name), middle, data);
  }
  return Buffer.concat(parts);
}

/** null for what is no DNS packet, or one that points in circles. Never throws. */
export function decodePacket(bytes: Buffer): Packet | null {
  try {
    return decode(bytes);
  } catch {
    // Buffer's own range checks: the packet ends before what it announces.
    return null;
  }
}

function decode(bytes: Buffer): Packet | null {
  const id = bytes.readUInt16BE(0);
  const flags = bytes.readUInt16BE(2);
  const questionCount = bytes.readUInt16BE(4);
  const answerCount = bytes.readUInt16BE(6);
  if (questionCount > 64 || answerCount > 64) return null;
  let at = 12;
  const readName = (from: number): { name: string; next: number } | null => {
    const labels: string[] = [];
    let position = from;
    let next = -1;
    for (let jumps = 0; jumps < 20; ) {
      const length = bytes.readUInt8(position);
      if (length === 0) {
        return { name: labels.join('.').toLowerCase(), next: next < 0 ? position + 1 : next };
      }
      if ((length & 0xc0) === 0xc0) {
        if (next < 0) next = position + 2;
        position = bytes.readUInt16BE(position) & 0x3fff;
        jumps++;
        continue;
      }
      if (length > 63 || labels.length > 32) return null;
      const end = position + 1 + length;
      if (end > bytes.length) return null;
      labels.push(bytes.toString('utf8', position + 1, end));
      position = end;
    }
    return null;
  };
  const questions: Question[] = [];
  for (let i = 0; i < questionCount; i++) {
    const read = readName(at);
    if (read === null) return null;
    const type = bytes.readUInt16BE(read.next);
    const unicast = (bytes.readUInt16BE(read.next + 2) & 0x8000) !== 0;
    at = read.next + 4;
    questions.push({ name: read.name, type, unicast });
  }
  const answers: DnsRecord[] = [];
  for (let i = 0; i < answerCount; i++) {
    const read = readName(at);
    if (read === null) return null;
    const type = bytes.readUInt16BE(read.next);
    const ttlS = bytes.readUInt32BE(read.next + 4);
    const length = bytes.readUInt16BE(read.next + 8);
    const data = read.next + 10;
    at = data + length;
    if (at > bytes.length) return null;
    const { name } = read;
    if (type === TYPE.A && length === 4) {
      answers.push({ name, ttlS, type: 'A', address: [...bytes.subarray(data, at)].join('.') });
    } else if (type === TYPE.PTR) {
      const target = readName(data);
      if (target !== null) answers.push({ name, ttlS, type: 'PTR', target: target.name });
    } else if (type === TYPE.SRV) {
      const target = readName(data + 6);
      if (target !== null)
        answers.push({ name, ttlS, type: 'SRV', target: target.name, port: bytes.readUInt16BE(data + 4) });
    } else if (type === TYPE.TXT) {
      const texts: string[] = [];
      for (let p = data; p < at; ) {
        const size = bytes.readUInt8(p);
        texts.push(bytes.toString('utf8', p + 1, Math.min(at, p + 1 + size)));
        p += 1 + size;
      }
      answers.push({ name, ttlS, type: 'TXT', texts });
    }
  }
  return { id, response: (flags & 0x8000) !== 0, questions, answers };
}
