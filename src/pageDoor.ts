/**
 * The page on the network through changes of the configuration: the server, its name there, and the address that a phone
 * reaches. A change of `web` builds these anew and nothing else; where the new address can't be had, the old one is taken again.
 */
import { networkInterfaces } from 'node:os';
import type { Config } from './config/schema.ts';
import { phoneUrl } from './device/panel/systemFacts.ts';
import { type Fault, good, type Outcome } from './fault.ts';
import type { Logger } from './log.ts';
import type { Finding } from './monitor/snapshot.ts';
import { AddressWatch } from './web/addressWatch.ts';
import { tellAvahi } from './web/avahiFile.ts';
import { lanAddresses } from './web/hosts.ts';
import { avahiRuns, MdnsResponder } from './web/mdns.ts';
import type { WebLogger } from './web/ports.ts';
import type { WebAddress, WebServer } from './web/server.ts';

export interface PageDoorParts {
  /** A server that will listen as `web` says. */
  readonly create: (web: () => Config['web']) => WebServer;
  readonly log: Logger;
  readonly webLogger: WebLogger;
  /** false: nothing is told on the network (safe mode). */
  readonly named: boolean;
  readonly uptimeMs: () => number;
  /** Once for each address that is listened on. */
  readonly onListening: (address: WebAddress) => void;
}

export class PageDoor {
  readonly #parts: PageDoorParts;
  #web: Config['web'];
  #server: WebServer | null = null;
  #mdns: MdnsResponder | null = null;
  #addresses: AddressWatch | null = null;
  #phone: string | null = null;
  #refused: { readonly fault: Fault; readonly sinceMs: number } | null = null;
  #turn: Promise<unknown> = Promise.resolve();
  #stopped = false;

  constructor(parts: PageDoorParts, web: Config['web']) {
    this.#parts = parts;
    this.#web = web;
  }

  /** Listens. A port that is taken or forbidden is a fault. */
  start(): Promise<Outcome<WebAddress>> {
    const opening = this.#open();
    this.#turn = opening;
    return opening;
  }

  /** Takes a changed `web` without listening anew: names under which it may be asked for. */
  note(web: Config['web']): void {
    this.#web = { ...web, host: this.#web.host, port: this.#web.port };
  }

  /** Listens as this says; where that can't be, as before, and a finding says why. */
  restart(web: Config['web']): Promise<void> {
    const change = this.#turn.then(async () => {
      if (this.#stopped) return;
      const before = this.#web;
      await this.#close();
      this.#web = web;
      const opened = await this.#open();
      this.#refused = null;
      if (opened.ok) {
        this.#parts.log.info('page-listens', `The page is at ${opened.value.url} now.`);
        return;
      }
      const { fault } = opened;
      this.#parts.log.warn(fault.code, `${fault.what} ${fault.fix} The old address is kept.`);
      this.#refused = { fault, sinceMs: this.#parts.uptimeMs() };
      this.#web = before;
      const again = await this.#open();
      if (!again.ok) this.#parts.log.error(again.fault.code, `${again.fault.what} ${again.fault.fix}`);
    });
    this.#turn = change;
    return change;
  }

  get listening(): boolean {
    return this.#server?.app.server.listening ?? false;
  }

  /** Address that a phone reaches, or null: only this machine reaches the page. */
  get phone(): string | null {
    return this.#phone;
  }

  get name(): string | null {
    return this.#mdns?.name() ?? null;
  }

  findings(): Finding[] {
    if (this.#refused === null) return [];
    const { fault, sinceMs } = this.#refused;
    return [
      {
        code: fault.code,
        severity: 'warning',
        where: 'This box',
        symptom: fault.what,
        cause: `The settings ask for an address that can not be had; the page stays where it was, on port ${this.#web.port}.`,
        fix: fault.fix,
        confidence: 'high',
        sinceMs: Math.floor(sinceMs),
      },
    ];
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#turn;
    await this.#close();
  }

  async #open(): Promise<Outcome<WebAddress>> {
    const server = this.#parts.create(() => this.#web);
    this.#server = server;
    const listening = await server.start();
    if (!listening.ok) {
      await this.#close();
      return listening;
    }
    const { host, port, url } = listening.value;
    // A free port of the system's choice stays the same for the phones that have it open.
    if (this.#web.port === 0) this.#web = { ...this.#web, port };
    // Only what the LAN can reach is worth a name there.
    if (this.#parts.named && host !== '127.0.0.1' && host !== '::1') await this.#tellName(port);
    const reached = Number(new URL(url).port || 80);
    const phoneNow = (interfaces = networkInterfaces()) => phoneUrl(host, reached, interfaces);
    this.#phone = phoneNow();
    this.#addresses = new AddressWatch({
      look: () => {
        const interfaces = networkInterfaces();
        return JSON.stringify([phoneNow(interfaces), lanAddresses(interfaces)]);
      },
      onChange: () => {
        this.#phone = phoneNow();
        this.#mdns?.readdress();
        this.#parts.log.info(
          'address-changed',
          this.#phone === null ? 'No network reaches the page now.' : `The page is at ${this.#phone} now.`,
        );
      },
    });
    this.#parts.onListening(listening.value);
    return good(listening.value);
  }

  async #tellName(port: number): Promise<void> {
    if (avahiRuns()) {
      const told = await tellAvahi(port);
      if (!told.ok) this.#parts.log.warn(told.fault.code, `${told.fault.what} ${told.fault.fix}`);
      return;
    }
    this.#mdns = new MdnsResponder({
      name: 'lightkeeper',
      httpPort: port,
      addresses: () => lanAddresses().filter((address) => !address.includes(':')),
      logger: this.#parts.webLogger,
    });
    await this.#mdns.start();
  }

  async #close(): Promise<void> {
    this.#addresses?.stop();
    this.#addresses = null;
    this.#phone = null;
    const [server, mdns] = [this.#server, this.#mdns];
    this.#server = null;
    this.#mdns = null;
    await Promise.all([server?.stop(), mdns?.stop()]);
  }
}
