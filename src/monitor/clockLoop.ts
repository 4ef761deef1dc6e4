/**
 * The loop of the clock worker: reads the controls of the card that is captured, by events and by polling, finds it again
 * after an unplugging, and tells what changed. Its waits are bounded, so that a command is seen within a quarter of a second, or at
 * once where a bell rings for it.
 */
import type { ClockSource, ClockStream } from '../device/ports.ts';
import { assertNever, type Fault } from '../fault.ts';
import type { FromClock, ToClock } from './clockMessages.ts';

/** Pause before the card is looked for again. */
const AGAIN_MS = 500;
const IDLE_MS = 100;

const ALIVE_EVERY_MS = 1000;

export interface ClockLoopParts {
  /** Controls of this card, or (null) of the one that was chosen, wherever it is now. */
  readonly source: (card: { readonly ctl: string; readonly usbId: string | null } | null) => ClockSource;
  readonly post: (message: FromClock) => void;
  readonly takeCommand: () => ToClock | undefined;
  readonly sleepMs: (ms: number) => void;
  /** Monotonic. */
  readonly nowMs: () => number;
  /** Gives back memory that is held free. */
  readonly trimMemory: () => void;
  /** Longest wait for a change. */
  readonly waitMs: number;
  /** Called once, when the first reading was posted or could not be had. */
  readonly onFirst: () => void;
}

export class ClockLoop {
  readonly #parts: ClockLoopParts;
  #stream: ClockStream | null = null;
  /** The card that capture told, while it is there. */
  #card: { readonly ctl: string; readonly usbId: string | null } | null = null;
  #openCtl: string | null = null;
  #streaming = false;
  #tryAgainMs = 0;
  #aliveMs = Number.NEGATIVE_INFINITY;
  #fault: Fault | null = null;
  #first = true;
  #stopped = false;
  /** Clock source as last seen, and on which interface. */
  #last: { readonly usbId: string | null; readonly source: string } | null = null;

  constructor(parts: ClockLoopParts) {
    this.#parts = parts;
  }

  /** Turns until told to stop. */
  run(): void {
    while (!this.#stopped) this.turn();
    this.#close();
  }

  turn(): void {
    for (let command = this.#parts.takeCommand(); command !== undefined; command = this.#parts.takeCommand()) {
      this.#obey(command);
    }
    if (this.#stopped) return;
    const nowMs = this.#parts.nowMs();
    if (nowMs - this.#aliveMs >= ALIVE_EVERY_MS) {
      this.#aliveMs = nowMs;
      this.#parts.post({ kind: 'alive' });
    }
    if (this.#stream === null) this.#open();
    else this.#read(this.#stream);
    if (this.#first) {
      this.#first = false;
      this.#parts.onFirst();
    }
  }

  #obey(command: ToClock): void {
    switch (command.kind) {
      case 'card':
        this.#card = { ctl: command.ctl, usbId: command.usbId };
        if (this.#stream !== null && this.#openCtl === command.ctl) return;
        // Another card than the one read so far, or the same one anew.
        this.#close();
        this.#tryAgainMs = 0;
        return;
      case 'streaming':
        this.#streaming = command.on;
        this.#stream?.setStreaming(command.on);
        return;
      case 'trimMemory':
        this.#parts.trimMemory();
        return;
      case 'stop':
        this.#stopped = true;
        return;
      default:
        assertNever(command);
    }
  }

  #open(): void {
    const nowMs = this.#parts.nowMs();
    if (nowMs < this.#tryAgainMs) {
      this.#parts.sleepMs(Math.min(IDLE_MS, this.#tryAgainMs - nowMs));
      return;
    }
    const opened = this.#parts.source(this.#card).open();
    if (!opened.ok) {
      this.#unreadable(opened.fault);
      return;
    }
    this.#stream = opened.value;
    this.#openCtl = this.#card?.ctl ?? null;
    this.#stream.setStreaming(this.#streaming);
    this.#read(this.#stream);
  }

  #read(stream: ClockStream): void {
    const got = stream.read(this.#parts.waitMs);
    switch (got.kind) {
      case 'idle':
        return;
      case 'reading': {
        this.#fault = null;
        const { source } = got.reading;
        const before = this.#last?.usbId === stream.usbId ? this.#last.source : null;
        const changed = source !== null && before !== null && before !== source;
        if (source !== null) this.#last = { usbId: stream.usbId, source };
        this.#parts.post({
          kind: 'reading',
          reading: got.reading,
          source: changed ? { from: before, to: source } : null,
        });
        return;
      }
      case 'gone':
        this.#close();
        // It may come back under another number.
        this.#card = null;
        this.#unreadable(got.fault);
        return;
      default:
        assertNever(got);
    }
  }

  #unreadable(fault: Fault): void {
    this.#tryAgainMs = this.#parts.nowMs() + AGAIN_MS;
    // The card that capture told is not there any more: look for the one that was chosen.
    this.#card = null;
    if (this.#fault?.code === fault.code) return;
    this.#fault = fault;
    this.#parts.post({ kind: 'unreadable', fault });
  }

  #close(): void {
    this.#stream?.close();
    this.#stream = null;
    this.#openCtl = null;
  }
}
