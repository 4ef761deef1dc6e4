/**
 * The few packets of MQTT 3.1.1 (OASIS standard, 2014) that a client needs which only tells: CONNECT with a last will,
 * PUBLISH at QoS 0, PINGREQ, DISCONNECT; of the broker's, CONNACK and PINGRESP are understood. Pure.
 */

export interface ConnectPacket {
  readonly clientId: string;
  /** The broker takes silence of 1.5 times this as our end, s. */
  readonly keepAliveS: number;
  readonly username: string | null;
  readonly password: string | null;
  /** What the broker says, retained, when we are gone without a word. */
  readonly will: { readonly topic: string; readonly payload: string };
}

export const PINGREQ: Uint8Array = Uint8Array.of(0xc0, 0);
export const DISCONNECT: Uint8Array = Uint8Array.of(0xe0, 0);

/** 2.2.3: seven bits a byte, the lowest first. At most 268 435 455. */
function remainingLength(length: number): Uint8Array {
  const bytes: number[] = [];
  let left = length;
  do {
    bytes.push((left & 0x7f) | (left > 0x7f ? 0x80 : 0));
    left >>= 7;
  } while (left > 0);
  return Uint8Array.from(bytes);
}

/** 1.5.3: two bytes of length, then UTF-8. */
function text(value: string): Uint8Array {
  const bytes = Buffer.from(value, 'utf8');
  if (bytes.length > 65535) throw new Error('an MQTT string of more than 65535 bytes');
  return Buffer.concat([Uint8Array.of(bytes.length >> 8, bytes.length & 0xff), bytes]);
}

function packet(firstByte: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([Uint8Array.of(firstByte), remainingLength(length), ...parts]);
}

/** 3.1. A clean session; the will at QoS 1, retained. A password goes with a user name only. */
export function encodeConnect({ clientId, keepAliveS, username, password, will }: ConnectPacket): Uint8Array {
  const withPassword = username !== null && password !== null;
  const flags = 0x02 | 0x04 | 0x08 | 0x20 | (username === null ? 0 : 0x80) | (withPassword ? 0x40 : 0);
  return packet(
    0x10,
    text('MQTT'),
    Uint8Array.of(4, flags, keepAliveS >> 8, keepAliveS & 0xff),
    text(clientId),
    text(will.topic),
    text(will.payload),
    ...(username === null ? [] : [text(username)]),
    ...(withPassword ? [text(password)] : []),
  );
}

/** 3.3, QoS 0. An empty retained payload takes the retained one away. */
export function encodePublish(topic: string, payload: string, retain: boolean): Uint8Array {
  return packet(retain ? 0x31 : 0x30, text(topic), Buffer.from(payload, 'utf8'));
}

export type BrokerPacket =
  /** 3.2.2.3: 0 accepted, 1 version, 2 client id, 3 unavailable, 4 user or password, 5 not authorised. */
  { readonly kind: 'connack'; readonly code: number } | { readonly kind: 'pong' };

const CONNACK = 0x20;
const PINGRESP = 0xd0;

/**
 * Cuts the broker's bytes into packets. Who subscribes to nothing and publishes at QoS 0 gets two kinds, both short; after
 * `null` something else came: that is no broker, close the connection.
 */
export class PacketReader {
  #waiting: Uint8Array = new Uint8Array(0);

  push(bytes: Uint8Array): BrokerPacket[] | null {
    let left: Uint8Array = this.#waiting.length === 0 ? bytes : Buffer.concat([this.#waiting, bytes]);
    const packets: BrokerPacket[] = [];
    for (;;) {
      const [first, length] = left;
      if (first === undefined || length === undefined) break;
      if (first === CONNACK && length === 2) {
        if (left.length < 4) break;
        packets.push({ kind: 'connack', code: left[3]! });
      } else if (first === PINGRESP && length === 0) packets.push({ kind: 'pong' });
      else return null;
      left = left.subarray(2 + length);
    }
    // Four bytes at most.
    this.#waiting = left.slice();
    return packets;
  }
}
