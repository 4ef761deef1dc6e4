/**
 * The two UDP sockets of OSC. What goes out is bounded by its rate and by what may wait in the system: a tick whose
 * datagrams have nowhere to go is left out. What comes in is bounded by a bucket of commands; the rest is counted.
 */
import { createSocket, type Socket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { bad, type Fault } from '../fault.ts';
import { decodePacket, encodeBundles, type OscSend } from './oscPackets.ts';
import { commandOf, type OscCommand } from './oscView.ts';

/** Datagrams that may wait in the system. */
const UNSENT = 32;
/** Commands a second, and at once: a controller's whole surface may send at once. */
export const COMMANDS_PER_S = 20;
export const COMMANDS_AT_ONCE = 20;
const LOOK_UP_MS = 60_000;
const LOOK_UP_AGAIN_MS = 10_000;
const LISTEN_AGAIN_MS = 10_000;

export class OscSender {
  readonly #host: string;
  readonly #port: number;
  #socket: Socket | null = null;
  #address: string | null = null;
  #fault: Fault | null = null;
  #lookedMs = Number.NEGATIVE_INFINITY;
  #looking = false;
  #unsent = 0;
  #dropped = 0;
  #stopped = false;

  constructor(host: string, port: number) {
    this.#host = host;
    this.#port = port;
  }

  get fault(): Fault | null {
    return this.#fault;
  }

  /** Datagrams that were left out. */
  get dropped(): number {
    return this.#dropped;
  }

  send(messages: readonly OscSend[], nowMs: number): void {
    this.#lookUp(nowMs);
    const address = this.#address;
    if (address === null || this.#stopped) return;
    this.#socket ??= this.#open(isIP(address) === 6 ? 'udp6' : 'udp4');
    for (const datagram of encodeBundles(messages)) {
      if (this.#unsent >= UNSENT) {
        this.#dropped++;
        continue;
      }
      this.#unsent++;
      // Nobody there, no route: a receiver that is off is no fault of the session.
      this.#socket.send(datagram, this.#port, address, (error) => {
        this.#unsent--;
        if (error !== null) this.#dropped++;
      });
    }
  }

  #open(family: 'udp4' | 'udp6'): Socket {
    const socket = createSocket(family);
    socket.on('error', () => {});
    socket.unref();
    return socket;
  }

  #lookUp(nowMs: number): void {
    const wait = this.#address === null ? LOOK_UP_AGAIN_MS : LOOK_UP_MS;
    if (this.#looking || nowMs - this.#lookedMs < wait) return;
    this.#lookedMs = nowMs;
    if (isIP(this.#host) !== 0) {
      this.#address = this.#host;
      return;
    }
    this.#looking = true;
    lookup(this.#host).then(
      ({ address }) => {
        this.#looking = false;
        if (isIP(address) !== isIP(this.#address ?? address)) this.#close();
        this.#address = address;
        this.#fault = null;
      },
      () => {
        this.#looking = false;
        if (this.#address !== null) return;
        this.#fault = bad(
          'osc-receiver-unknown',
          `The name ${this.#host} that OSC is sent to is not known in this network.`,
          'Write its address instead, or switch it on.',
        ).fault;
      },
    );
  }

  #close(): void {
    this.#socket?.close();
    this.#socket = null;
    this.#unsent = 0;
  }

  stop(): void {
    this.#stopped = true;
    this.#close();
  }
}

export interface OscListenerParts {
  readonly port: number;
  readonly address: string;
  /** Empty: everybody. */
  readonly allowFrom: readonly string[];
  readonly nowMs: () => number;
  readonly onCommand: (command: OscCommand) => void;
}

export class OscListener {
  readonly #parts: OscListenerParts;
  #socket: Socket | null = null;
  #timer: NodeJS.Timeout | undefined;
  #fault: Fault | null = null;
  #tokens = COMMANDS_AT_ONCE;
  #tokensMs: number;
  #dropped = 0;
  #stopped = false;

  constructor(parts: OscListenerParts) {
    this.#parts = parts;
    this.#tokensMs = parts.nowMs();
  }

  get fault(): Fault | null {
    return this.#fault;
  }

  /** Commands beyond the rate. */
  get dropped(): number {
    return this.#dropped;
  }

  start(): void {
    const { port, address } = this.#parts;
    const socket = createSocket(isIP(address) === 6 ? 'udp6' : 'udp4');
    this.#socket = socket;
    socket.on('message', (bytes, from) => this.#onDatagram(bytes, from.address));
    socket.on('listening', () => {
      this.#fault = null;
    });
    socket.on('error', (error) => {
      const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
      this.#fault = bad(
        'osc-port-taken',
        `OSC commands can not be taken on ${address}, UDP port ${port} (${code}).`,
        'Choose another port or address under Settings, or end the program that holds it.',
      ).fault;
      socket.close();
      this.#socket = null;
      if (!this.#stopped) this.#timer = setTimeout(() => this.start(), LISTEN_AGAIN_MS).unref();
    });
    socket.bind(port, address);
    socket.unref();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#socket?.close();
    this.#socket = null;
  }

  #onDatagram(bytes: Uint8Array, from: string): void {
    const { allowFrom, nowMs, onCommand } = this.#parts;
    if (allowFrom.length > 0 && !allowFrom.includes(from)) return;
    for (const message of decodePacket(bytes) ?? []) {
      const command = commandOf(message);
      if (command === null) continue;
      const now = nowMs();
      this.#tokens = Math.min(COMMANDS_AT_ONCE, this.#tokens + ((now - this.#tokensMs) / 1000) * COMMANDS_PER_S);
      this.#tokensMs = now;
      if (this.#tokens < 1) {
        this.#dropped++;
        continue;
      }
      this.#tokens--;
      onCommand(command);
    }
  }
}
