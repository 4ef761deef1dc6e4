/**
 * A connection to an MQTT broker that is held as well as it can be: it waits, tries again, and never holds anybody up.
 * Retained topics are latest-wins, one value each: what a slow broker did not take in time is replaced. Events wait in a
 * queue of EVENTS; the oldest goes first, and the loss is counted.
 */
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { type ConnectPacket, DISCONNECT, encodeConnect, encodePublish, PacketReader, PINGREQ } from './mqttPackets.ts';

/** Events that wait for a broker. */
export const EVENTS = 100;
/** Topics that are kept; more are refused. */
export const TOPICS = 256;
/** Bytes on their way to a broker that does not take them; more wait here, where they can be replaced. */
const UNSENT_BYTES = 64 * 1024;
const KEEP_ALIVE_S = 20;
const CONNECT_MS = 5000;
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 60_000;
const STOP_MS = 500;

export type MqttState =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'connected' }
  /** `unreachable`: no connection, or it broke. `refused`: the broker will not have us, by its CONNACK code. */
  | { readonly kind: 'waiting'; readonly why: 'unreachable' | 'refused'; readonly code: number };

export interface MqttClientParts {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  readonly hello: Omit<ConnectPacket, 'keepAliveS'>;
  readonly onState: (state: MqttState) => void;
  /** For tests: the first wait before another try, ms. */
  readonly firstWaitMs?: number;
}

export class MqttClient {
  readonly #parts: MqttClientParts;
  #socket: Socket | null = null;
  #connected = false;
  #stopped = false;
  #waitMs: number;
  #timer: NodeJS.Timeout | undefined;
  #ping: NodeJS.Timeout | undefined;
  #awaitsPong = false;
  #refusedBy = 0;
  /** What shall stand at the broker, and what was sent in this connection. */
  readonly #wanted = new Map<string, string>();
  readonly #sent = new Map<string, string>();
  #events: { topic: string; payload: string }[] = [];
  #dropped = 0;

  constructor(parts: MqttClientParts) {
    this.#parts = parts;
    this.#waitMs = parts.firstWaitMs ?? FIRST_WAIT_MS;
  }

  start(): void {
    this.#connect();
  }

  /** Events that were given up. */
  get dropped(): number {
    return this.#dropped;
  }

  /** A retained topic; '' takes it away. Sent when it changed, and again with every new connection. */
  retain(topic: string, payload: string): void {
    if (!this.#wanted.has(topic) && this.#wanted.size >= TOPICS) {
      this.#dropped++;
      return;
    }
    this.#wanted.set(topic, payload);
    this.#flush();
  }

  /** Something that happened, not retained. */
  event(topic: string, payload: string): void {
    this.#events.push({ topic, payload });
    if (this.#events.length > EVENTS) {
      this.#events.shift();
      this.#dropped++;
    }
    this.#flush();
  }

  /** Takes leave with `last`, retained, so that the will stays unsaid. */
  async stop(last: { readonly topic: string; readonly payload: string }): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#ping);
    const socket = this.#socket;
    if (socket === null) return;
    if (!this.#connected) {
      socket.destroy();
      return;
    }
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    socket.write(encodePublish(last.topic, last.payload, true));
    socket.end(DISCONNECT);
    const timer = setTimeout(() => socket.destroy(), STOP_MS);
    await closed;
    clearTimeout(timer);
  }

  #connect(): void {
    if (this.#stopped) return;
    const { host, port, tls } = this.#parts;
    this.#parts.onState({ kind: 'connecting' });
    const reader = new PacketReader();
    const socket = tls ? connectTls({ host, port, servername: host }) : connectTcp({ host, port });
    this.#socket = socket;
    this.#refusedBy = 0;
    this.#awaitsPong = false;
    socket.setNoDelay(true);
    const late = setTimeout(() => socket.destroy(), CONNECT_MS);
    socket.once(tls ? 'secureConnect' : 'connect', () => {
      socket.write(encodeConnect({ ...this.#parts.hello, keepAliveS: KEEP_ALIVE_S }));
    });
    socket.on('data', (bytes: Uint8Array) => {
      const packets = reader.push(bytes);
      if (packets === null) {
        socket.destroy();
        return;
      }
      for (const packet of packets) {
        if (packet.kind === 'pong') this.#awaitsPong = false;
        else if (packet.kind === 'connack') {
          clearTimeout(late);
          if (packet.code === 0) this.#welcome();
          else {
            this.#refusedBy = packet.code;
            socket.destroy();
          }
        }
      }
    });
    socket.on('drain', () => this.#flush());
    // 'close' follows, and says all that matters.
    socket.on('error', () => {});
    socket.once('close', () => {
      clearTimeout(late);
      clearTimeout(this.#ping);
      this.#connected = false;
      this.#socket = null;
      if (this.#stopped) return;
      const refused = this.#refusedBy !== 0;
      this.#parts.onState({ kind: 'waiting', why: refused ? 'refused' : 'unreachable', code: this.#refusedBy });
      // A little apart, so that ten boxes do not come at once when the broker is back.
      this.#timer = setTimeout(() => this.#connect(), this.#waitMs * (0.75 + Math.random() / 2));
      this.#waitMs = Math.min(LONGEST_WAIT_MS, this.#waitMs * 2);
    });
  }

  #welcome(): void {
    this.#connected = true;
    this.#waitMs = this.#parts.firstWaitMs ?? FIRST_WAIT_MS;
    this.#sent.clear();
    this.#parts.onState({ kind: 'connected' });
    this.#pingLater();
    this.#flush();
  }

  #pingLater(): void {
    this.#ping = setTimeout(
      () => {
        if (this.#awaitsPong) {
          this.#socket?.destroy();
          return;
        }
        this.#awaitsPong = true;
        this.#socket?.write(PINGREQ);
        this.#pingLater();
      },
      (KEEP_ALIVE_S * 1000) / 2,
    );
  }

  #flush(): void {
    const socket = this.#socket;
    if (socket === null || !this.#connected) return;
    for (const [topic, payload] of this.#wanted) {
      if (this.#sent.get(topic) === payload) continue;
      if (socket.writableLength > UNSENT_BYTES) return;
      socket.write(encodePublish(topic, payload, true));
      this.#sent.set(topic, payload);
      if (payload === '') {
        this.#wanted.delete(topic);
        this.#sent.delete(topic);
      }
    }
    while (this.#events.length > 0 && socket.writableLength <= UNSENT_BYTES) {
      const { topic, payload } = this.#events.shift()!;
      socket.write(encodePublish(topic, payload, false));
    }
  }
}
