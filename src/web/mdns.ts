/**
 * Makes the box findable as `lightkeeper.local` and as an HTTP service, where no Avahi does it (Avahi has its own file,
 * systemd/avahi/lightkeeper.service). Multicast DNS by RFC 6762, service discovery by RFC 6763; IPv4.
 */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { existsSync } from 'node:fs';
import { type DnsRecord, decodePacket, encodePacket, type Question, TYPE } from './mdnsPacket.ts';
import type { WebLogger } from './ports.ts';

const GROUP = '224.0.0.251';
const PORT = 5353;
/** RFC 6762 section 10: records that name an address live 120 s, others 75 min. */
const HOST_TTL_S = 120;
const SERVICE_TTL_S = 4500;
const SERVICE = '_http._tcp.local';

/** True where Avahi runs: it owns the port and the names. */
export function avahiRuns(): boolean {
  return existsSync('/run/avahi-daemon/socket');
}

export interface MdnsOptions {
  /** Wanted host name without `.local`; `-2`, `-3` is added when another host has it. */
  readonly name: string;
  /** Port of the page. */
  readonly httpPort: number;
  /** IPv4 addresses now. */
  readonly addresses: () => readonly string[];
  readonly logger: WebLogger;
  /** For tests: another UDP port, without the group. */
  readonly udpPort?: number;
}

/** All records of this host, with the lifetime asked for (0: goodbye). */
export function recordsOf(host: string, httpPort: number, addresses: readonly string[], goodbye = false): DnsRecord[] {
  const hostName = `${host}.local`;
  const instance = `${host}.${SERVICE}`;
  const ttl = (seconds: number) => (goodbye ? 0 : seconds);
  return [
    { type: 'PTR', name: '_services._dns-sd._udp.local', ttlS: ttl(SERVICE_TTL_S), target: SERVICE },
    { type: 'PTR', name: SERVICE, ttlS: ttl(SERVICE_TTL_S), target: instance },
    { type: 'SRV', name: instance, ttlS: ttl(HOST_TTL_S), target: hostName, port: httpPort },
    { type: 'TXT', name: instance, ttlS: ttl(SERVICE_TTL_S), texts: ['path=/', 'product=lightkeeper'] },
    ...addresses.map((address): DnsRecord => ({ type: 'A', name: hostName, ttlS: ttl(HOST_TTL_S), address })),
  ];
}

/** The records that answer these questions, each once; with a service also what one asks next. */
export function answersTo(questions: readonly Question[], records: readonly DnsRecord[]): DnsRecord[] {
  const wanted = new Set<DnsRecord>();
  for (const question of questions) {
    for (const record of records) {
      if (record.name !== question.name) continue;
      if (question.type === TYPE.ANY || question.type === TYPE[record.type]) wanted.add(record);
    }
  }
  if ([...wanted].some((record) => record.type === 'PTR' && record.name === SERVICE)) {
    for (const record of records) if (record.type !== 'PTR') wanted.add(record);
  }
  return records.filter((record) => wanted.has(record));
}

export class MdnsResponder {
  readonly #options: MdnsOptions;
  #socket: Socket | null = null;
  #timers: NodeJS.Timeout[] = [];
  #host: string;
  #suffix = 1;
  #settled = false;

  constructor(options: MdnsOptions) {
    this.#options = options;
    this.#host = options.name.toLowerCase();
  }

  /** The name that is answered to, `lightkeeper.local`; null until it is sure that no other host has it. */
  name(): string | null {
    return this.#settled ? `${this.#host}.local` : null;
  }

  /** UDP port in use, for tests. */
  port(): number {
    return this.#socket?.address().port ?? 0;
  }

  /** Never fails: a box without a findable name is still a box. */
  start(): Promise<void> {
    const { udpPort, logger } = this.#options;
    const socket = createSocket({ type: 'udp4', reuseAddr: true });
    this.#socket = socket;
    return new Promise((resolve) => {
      socket.on('error', (error) => {
        logger.warn(`mDNS is off: ${error.message}`);
        this.#close();
        resolve();
      });
      socket.on('message', (bytes, from) => this.#onMessage(bytes, from));
      socket.bind(udpPort ?? PORT, () => {
        if (udpPort === undefined) {
          socket.setMulticastTTL(255);
          socket.setMulticastLoopback(true);
          this.#join(socket);
        }
        this.#probe();
        resolve();
      });
    });
  }

  #join(socket: Socket): void {
    for (const address of this.#options.addresses()) {
      try {
        socket.addMembership(GROUP, address);
      } catch {
        // Joined already through another address of the same interface.
      }
    }
  }

  /** The addresses are others now: hears the group on them, and tells all who listen. */
  readdress(): void {
    if (this.#socket === null) return;
    if (this.#options.udpPort === undefined) this.#join(this.#socket);
    if (this.#settled) this.#announce();
  }

  /** Three questions, 250 ms apart, for our own name; silence means that it is free (RFC 6762 section 8.1). */
  #probe(): void {
    this.#settled = false;
    for (const timer of this.#timers) clearTimeout(timer);
    const questions = [{ name: `${this.#host}.local`, type: TYPE.ANY }];
    this.#timers = [0, 250, 500].map((ms) => setTimeout(() => this.#send(encodePacket({ questions })), ms));
    this.#timers.push(
      setTimeout(() => {
        this.#settled = true;
        this.#announce();
      }, 750),
      setTimeout(() => this.#announce(), 1750),
    );
    for (const timer of this.#timers) timer.unref();
  }

  #records(goodbye = false): DnsRecord[] {
    return recordsOf(this.#host, this.#options.httpPort, this.#options.addresses(), goodbye);
  }

  #announce(): void {
    const answers = this.#records();
    if (answers.some(({ type }) => type === 'A')) this.#send(encodePacket({ answers }));
  }

  #send(bytes: Buffer, to?: RemoteInfo): void {
    const group = this.#options.udpPort === undefined;
    if (to === undefined && !group) return;
    this.#socket?.send(bytes, to?.port ?? PORT, to?.address ?? GROUP, () => {
      // A network that is away takes nothing: the next announcement will.
    });
  }

  #onMessage(bytes: Buffer, from: RemoteInfo): void {
    const packet = decodePacket(bytes);
    if (packet === null) return;
    if (packet.response) {
      this.#onAnswers(packet.answers);
      return;
    }
    if (!this.#settled) return;
    const answers = answersTo(packet.questions, this.#records());
    if (answers.length === 0) return;
    // One who asks from another port is no mDNS host: it is answered alone, with its own id (RFC 6762 section 6.7).
    const legacy = from.port !== PORT;
    if (legacy) this.#send(encodePacket({ id: packet.id, answers }), from);
    else if (packet.questions.every(({ unicast }) => unicast)) this.#send(encodePacket({ answers }), from);
    else this.#send(encodePacket({ answers }));
  }

  /** Another host answers to our name with an address that is not ours: take the next name. */
  #onAnswers(answers: readonly DnsRecord[]): void {
    const own = new Set(this.#options.addresses());
    const taken = answers.some(
      (record) =>
        record.type === 'A' && record.name === `${this.#host}.local` && record.ttlS > 0 && !own.has(record.address),
    );
    if (!taken) return;
    this.#suffix++;
    this.#host = `${this.#options.name.toLowerCase()}-${this.#suffix}`;
    this.#options.logger.info(`mDNS: the name is taken; trying ${this.#host}.local`);
    this.#probe();
  }

  #close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers = [];
    this.#settled = false;
    const socket = this.#socket;
    this.#socket = null;
    try {
      socket?.close();
    } catch {
      // Closed already, by its own error.
    }
  }

  /** Says goodbye, so that phones forget the name at once. */
  async stop(): Promise<void> {
    if (this.#socket !== null && this.#settled) {
      this.#send(encodePacket({ answers: this.#records(true) }));
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    this.#close();
  }
}
