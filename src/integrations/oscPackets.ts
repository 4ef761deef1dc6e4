/**
 * Open Sound Control 1.0 (specification of 2002, opensoundcontrol.org): messages with the types i f s b h d T F N I, and
 * bundles. Pure. Reading is total: bytes that are no OSC, or hold a type that is not known, give null.
 */

export type OscArgument = number | string | boolean | null | Uint8Array;

export interface OscMessage {
  readonly address: string;
  readonly args: readonly OscArgument[];
}

/** An integer that must be sent as a float, or a float as such: OSC tells them apart. */
export class OscFloat {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}
export type OscSend = { readonly address: string; readonly args: readonly (OscArgument | OscFloat)[] };

/** Bundles within bundles, deeper than anybody writes them. */
const DEEPEST = 4;
/** Messages of one datagram; more are no controller's. */
const MOST_MESSAGES = 256;

function padded(length: number): number {
  return (length + 3) & ~3;
}

/** Zero-ended and filled up to a multiple of four. A NUL inside would end it early: it is left out. */
function oscString(value: string): Buffer {
  const bytes = Buffer.from(value.replaceAll('\0', ''), 'utf8');
  const whole = Buffer.alloc(padded(bytes.length + 1));
  bytes.copy(whole);
  return whole;
}

/** Whole numbers within 32 bits go as i, others as f; strings as s, bytes as b. */
export function encodeMessage({ address, args }: OscSend): Buffer {
  let types = ',';
  const parts: Buffer[] = [];
  for (const arg of args) {
    if (arg === null) types += 'N';
    else if (arg === true) types += 'T';
    else if (arg === false) types += 'F';
    else if (typeof arg === 'string') {
      types += 's';
      parts.push(oscString(arg));
    } else if (typeof arg === 'number' && Number.isInteger(arg) && Math.abs(arg) < 2 ** 31) {
      types += 'i';
      const part = Buffer.alloc(4);
      part.writeInt32BE(arg);
      parts.push(part);
    } else if (arg instanceof OscFloat || typeof arg === 'number') {
      types += 'f';
      const part = Buffer.alloc(4);
      part.writeFloatBE(typeof arg === 'number' ? arg : arg.value);
      parts.push(part);
    } else {
      types += 'b';
      const part = Buffer.alloc(4 + padded(arg.length));
      part.writeInt32BE(arg.length);
      part.set(arg, 4);
      parts.push(part);
    }
  }
  return Buffer.concat([oscString(address), oscString(types), ...parts]);
}

const BUNDLE = Buffer.from('#bundle\0', 'latin1');
/** Time tag 1: at once. */
const AT_ONCE = Buffer.from([0, 0, 0, 0, 0, 0, 0, 1]);

/** Bundles of encoded messages, each at most `mtuBytes` long where its messages allow it. */
export function encodeBundles(messages: readonly OscSend[], mtuBytes = 1400): Buffer[] {
  const bundles: Buffer[] = [];
  let parts: Buffer[] = [];
  let length = 0;
  const close = () => {
    if (parts.length > 0) bundles.push(Buffer.concat([BUNDLE, AT_ONCE, ...parts]));
    parts = [];
    length = 16;
  };
  close();
  for (const message of messages) {
    const encoded = encodeMessage(message);
    if (length + 4 + encoded.length > mtuBytes) close();
    const size = Buffer.alloc(4);
    size.writeInt32BE(encoded.length);
    parts.push(size, encoded);
    length += 4 + encoded.length;
  }
  close();
  return bundles;
}

/** All messages of a datagram in order, time tags left aside; null: this is no OSC. Never throws. */
export function decodePacket(bytes: Uint8Array): OscMessage[] | null {
  const messages: OscMessage[] = [];
  return readPacket(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), 0, messages) ? messages : null;
}

function readPacket(bytes: Buffer, depth: number, into: OscMessage[]): boolean {
  if (bytes.length % 4 !== 0 || bytes.length === 0 || into.length >= MOST_MESSAGES) return false;
  if (bytes.length < 16 || !bytes.subarray(0, 8).equals(BUNDLE)) {
    const message = readMessage(bytes);
    if (message === null) return false;
    into.push(message);
    return true;
  }
  if (depth >= DEEPEST) return false;
  let at = 16;
  while (at < bytes.length) {
    const size = at + 4 <= bytes.length ? bytes.readInt32BE(at) : -1;
    if (size <= 0 || at + 4 + size > bytes.length) return false;
    if (!readPacket(bytes.subarray(at + 4, at + 4 + size), depth + 1, into)) return false;
    at += 4 + size;
  }
  return true;
}

function readMessage(bytes: Buffer): OscMessage | null {
  let at = 0;
  const string = (): string | null => {
    const end = bytes.indexOf(0, at);
    if (end < 0 || padded(end + 1) > bytes.length) return null;
    const value = bytes.toString('utf8', at, end);
    at = padded(end + 1);
    return value;
  };
  const address = string();
  if (address === null || !address.startsWith('/')) return null;
  // Some old senders leave the types out where there are no arguments.
  if (at === bytes.length) return { address, args: [] };
  const types = string();
  if (types === null || !types.startsWith(',')) return null;
  const args: OscArgument[] = [];
  for (const type of types.slice(1)) {
    const room = (size: number) => at + size <= bytes.length;
    switch (type) {
      case 'i':
        if (!room(4)) return null;
        args.push(bytes.readInt32BE(at));
        at += 4;
        break;
      case 'f':
        if (!room(4)) return null;
        args.push(bytes.readFloatBE(at));
        at += 4;
        break;
      case 'h':
        if (!room(8)) return null;
        args.push(Number(bytes.readBigInt64BE(at)));
        at += 8;
        break;
      case 'd':
        if (!room(8)) return null;
        args.push(bytes.readDoubleBE(at));
        at += 8;
        break;
      case 's': {
        const value = string();
        if (value === null) return null;
        args.push(value);
        break;
      }
      case 'b': {
        const size = room(4) ? bytes.readInt32BE(at) : -1;
        if (size < 0 || !room(4 + padded(size))) return null;
        args.push(new Uint8Array(bytes.subarray(at + 4, at + 4 + size)));
        at += 4 + padded(size);
        break;
      }
      case 'T':
      case 'F':
        args.push(type === 'T');
        break;
      case 'N':
        args.push(null);
        break;
      case 'I':
        args.push(Number.POSITIVE_INFINITY);
        break;
      default:
        return null;
    }
  }
  return at === bytes.length ? { address, args } : null;
}
