/**
 * Who the box may be asked as. A page on another site can point its own name at our address (DNS rebinding), so a
 * request is only answered when its Host is a name or an address that this box owns.
 */
import { hostname, networkInterfaces } from 'node:os';

/** Host names are compared in lower case, without port, IPv6 in brackets, without zone. */
export function hostOf(header: string): string | null {
  const match = /^(\[[0-9a-fA-F:.]+(?:%[\w.-]+)?\]|[A-Za-z0-9._-]+)(?::\d{1,5})?$/.exec(header);
  if (match === null) return null;
  const host = match[1]!.toLowerCase().replace(/%[^\]]*\]/, ']');
  return host.endsWith('.') ? host.slice(0, -1) : host;
}

/** `http://name:port` of an Origin header as a host, or null for another scheme, `null` and nonsense. */
export function originHost(origin: string): string | null {
  const match = /^https?:\/\/([^/]+)$/.exec(origin);
  return match === null ? null : hostOf(match[1]!);
}

export interface OwnNames {
  readonly hostname: string;
  readonly addresses: readonly string[];
}

/** The names and addresses this machine has now. */
export function ownNames(): OwnNames {
  const addresses: string[] = [];
  for (const list of Object.values(networkInterfaces())) {
    for (const entry of list ?? []) addresses.push(entry.address);
  }
  return { hostname: hostname(), addresses };
}

/** Addresses by which others reach this box: IPv4 first, no loopback, no link-local IPv6. */
export function lanAddresses(interfaces = networkInterfaces()): string[] {
  const four: string[] = [];
  const six: string[] = [];
  for (const list of Object.values(interfaces)) {
    for (const entry of list ?? []) {
      if (entry.internal) continue;
      if (entry.family === 'IPv4') four.push(entry.address);
      else if (!entry.address.startsWith('fe80')) six.push(entry.address);
    }
  }
  return [...four, ...six];
}

/** Addresses change (DHCP, Wi-Fi): asked again when older than this. */
const NAMES_AGE_MS = 5000;

export class AllowedHosts {
  readonly #configured: () => readonly string[];
  readonly #nowMs: () => number;
  readonly #own: () => OwnNames;
  #allowed = new Set<string>();
  #madeMs = Number.NEGATIVE_INFINITY;
  #madeFrom: readonly string[] = [];

  constructor(configured: () => readonly string[], nowMs: () => number, own: () => OwnNames = ownNames) {
    this.#configured = configured;
    this.#nowMs = nowMs;
    this.#own = own;
  }

  /** Is this Host header (with or without a port) one of ours? */
  allows(header: string | undefined): boolean {
    if (header === undefined) return false;
    const host = hostOf(header);
    return host !== null && this.#set().has(host);
  }

  /** A request without Origin is no cross-site request of a browser; else its host must be ours. */
  allowsOrigin(origin: string | undefined): boolean {
    if (origin === undefined) return true;
    const host = originHost(origin);
    return host !== null && this.#set().has(host);
  }

  #set(): Set<string> {
    const nowMs = this.#nowMs();
    const configured = this.#configured();
    if (nowMs - this.#madeMs < NAMES_AGE_MS && configured === this.#madeFrom) return this.#allowed;
    this.#madeMs = nowMs;
    this.#madeFrom = configured;
    const own = this.#own();
    const name = own.hostname.toLowerCase();
    const short = name.split('.')[0]!;
    this.#allowed = new Set(['localhost', '127.0.0.1', '[::1]', name, short, `${short}.local`]);
    for (const address of own.addresses) {
      this.#allowed.add(address.includes(':') ? `[${address.toLowerCase()}]` : address);
    }
    for (const host of configured) this.#allowed.add(host.toLowerCase());
    return this.#allowed;
  }
}
