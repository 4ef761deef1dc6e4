/**
 * A stand-in for systemd as the program meets it: a datagram socket that hears what it says, a listening socket passed as
 * descriptor 3, a runtime folder kept across restarts, and a watchdog that kills. Built on the C library's own calls.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import koffi from 'koffi';
import { unixAddress } from '../../src/device/systemd/notifier.ts';
import { entry } from '../daemon/daemonProcess.ts';

const libc = koffi.load('libc.so.6');
const socket = libc.func('int socket(int family, int type, int protocol)');
const bind = libc.func('int bind(int fd, const uint8_t *address, uint32_t length)');
const recv = libc.func('intptr_t recv(int fd, _Out_ uint8_t *into, size_t length, int flags)');
const close = libc.func('int close(int fd)');
const listen = libc.func('int listen(int fd, int backlog)');
const getsockname = libc.func('int getsockname(int fd, _Out_ uint8_t *address, _Inout_ uint32_t *length)');
const MSG_DONTWAIT = 0x40;

/** A socket that listens on a free port of 127.0.0.1 and that nobody here accepts from, as a socket unit's. */
function listeningSocket(): { fd: number; port: number } {
  const fd = socket(2, 1 | 0o2000000, 0);
  const address = new Uint8Array([2, 0, 0, 0, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
  if (bind(fd, address, address.length) !== 0 || listen(fd, 64) !== 0) throw new Error('can not listen');
  getsockname(fd, address, [address.length]);
  return { fd, port: address[2]! * 256 + address[3]! };
}

/** Hears datagrams at a path or an abstract name. */
export class NotifySocket {
  readonly name: string;
  readonly #fd: number;
  readonly #bytes = new Uint8Array(4096);

  constructor(name: string) {
    this.name = name;
    this.#fd = socket(1, 2 | 0o2000000, 0);
    const address = unixAddress(name);
    if (address === null || bind(this.#fd, address, address.length) !== 0) throw new Error(`can not listen at ${name}`);
  }

  /** What came since the last call. */
  take(): string[] {
    const texts: string[] = [];
    for (;;) {
      const length = Number(recv(this.#fd, this.#bytes, this.#bytes.length, MSG_DONTWAIT));
      if (length < 0) return texts;
      texts.push(Buffer.from(this.#bytes.subarray(0, length)).toString());
    }
  }

  close(): void {
    close(this.#fd);
  }
}

export interface ServiceOptions {
  readonly words: readonly string[];
  /** null: no watch is kept. */
  readonly watchdogMs?: number | null;
  /** Pass a listening socket, as a socket unit does. */
  readonly passSocket?: boolean;
  /** Modules for the program to load first. BOARD_DIR is the service's folder. */
  readonly preload?: string;
  /** Another Node, another build of the program. */
  readonly node?: string;
  readonly entry?: string;
  readonly env?: Record<string, string>;
  /** What config.json holds beside its version. */
  readonly config?: object;
}

/** One service. `start` may be called again after its process ended: folders and socket stay. */
export class Service {
  readonly folder = mkdtempSync(join(tmpdir(), 'lightkeeper-service-'));
  readonly notify = new NotifySocket(join(this.folder, 'notify'));
  readonly heard: { readonly text: string; readonly atMs: number }[] = [];
  readonly #options: ServiceOptions;
  #listener: { fd: number; port: number } | null = null;
  #child: ChildProcess | null = null;
  #ended: Promise<{ code: number | null; signal: string | null }> = Promise.resolve({ code: null, signal: null });
  #output = '';

  constructor(options: ServiceOptions) {
    this.#options = options;
    if (options.config === undefined) return;
    const state = join(this.folder, 'state');
    mkdirSync(state);
    writeFileSync(join(state, 'config.json'), JSON.stringify({ version: 1, ...options.config }));
  }

  /** Starts the built program and waits for READY=1. The time from start to READY, ms. */
  async start(): Promise<number> {
    const { words, watchdogMs = null, passSocket = false, preload, node = process.execPath } = this.#options;
    if (passSocket) this.#listener ??= listeningSocket();
    const program = [
      ...(preload === undefined ? [] : ['--import', preload]),
      this.#options.entry ?? entry,
      ...words,
      '--state-dir',
      join(this.folder, 'state'),
    ];
    const startMs = performance.now();
    this.#output = '';
    this.heard.length = 0;
    // The shell knows the pid before the program begins, and becomes it.
    const child = spawn('/bin/sh', ['-c', 'export LISTEN_PID=$$; exec "$0" "$@"', node, ...program], {
      env: {
        ...process.env,
        NOTIFY_SOCKET: this.notify.name,
        RUNTIME_DIRECTORY: join(this.folder, 'run'),
        BOARD_DIR: this.folder,
        ...this.#options.env,
        ...(watchdogMs === null ? {} : { WATCHDOG_USEC: String(watchdogMs * 1000) }),
        ...(passSocket ? { LISTEN_FDS: '1' } : {}),
      },
      stdio: ['ignore', 'pipe', 'pipe', ...(this.#listener === null ? [] : [this.#listener.fd])],
    });
    this.#child = child;
    child.stdout?.on('data', (chunk: Buffer) => {
      this.#output += chunk.toString();
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      this.#output += chunk.toString();
    });
    let over = false;
    this.#ended = new Promise((resolve) =>
      child.once('close', (code, signal) => {
        over = true;
        resolve({ code, signal });
      }),
    );
    await this.until(() => over || this.hears('READY=1'), 30_000);
    if (!this.hears('READY=1')) throw new Error(`ended before READY=1: ${this.#output}`);
    return performance.now() - startMs;
  }

  hears(text: string): boolean {
    for (const heard of this.notify.take()) this.heard.push({ text: heard, atMs: performance.now() });
    return this.heard.some((one) => one.text.includes(text));
  }

  /** How often it was fed so far. */
  feeds(): number {
    this.hears('');
    return this.heard.filter((one) => one.text.includes('WATCHDOG=1')).length;
  }

  async until(what: () => boolean, withinMs: number): Promise<void> {
    const endMs = performance.now() + withinMs;
    while (!what()) {
      if (performance.now() > endMs) throw new Error(`it did not happen within ${withinMs} ms: ${this.#output}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  get pid(): number {
    return this.#child?.pid ?? -1;
  }

  get output(): string {
    return this.#output;
  }

  /** Where the page is. */
  get url(): string {
    if (this.#listener !== null) return `http://127.0.0.1:${this.#listener.port}`;
    const status = this.heard.map((one) => /STATUS=.*?(http:\S+?)\/?$/m.exec(one.text)?.[1]).find(Boolean);
    if (status === undefined) throw new Error(`no address heard: ${this.#output}`);
    return status;
  }

  kill(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  async ended(): Promise<{ code: number | null; signal: string | null }> {
    return this.#ended;
  }

  async remove(): Promise<void> {
    if (this.#child?.exitCode === null && this.#child.signalCode === null) this.kill('SIGKILL');
    await this.#ended;
    if (this.#listener !== null) close(this.#listener.fd);
    this.notify.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
