/**
 * The io worker's loop: it owns the I2C bus and the GPIO lines, and waits in poll(2) for a button, a new frame or its next
 * duty. Nothing here can hold the main thread; what the main thread wants stands in shared memory (newest wins, no queue).
 */
import type { Fault } from '../../fault.ts';
import { type GpioButtons, type GpioChoice, openGpio } from '../gpio/chardev.ts';
import type { Syscalls } from '../gpio/syscalls.ts';
import type { ButtonEdge } from '../ports.ts';
import { panelFault } from './i2cBus.ts';
import type { OledChip, OledLight } from './oledChips.ts';
import { type I2cBus, type I2cFault, OledDriver } from './oledDriver.ts';

export interface PanelChoice {
  readonly chip: OledChip;
  /** N of /dev/i2c-N. */
  readonly bus: number;
  /** null: both. */
  readonly address: number | null;
  readonly flip: boolean;
  readonly invert: boolean;
}

export interface IoChoice {
  readonly panel: PanelChoice | null;
  readonly gpio: GpioChoice | null;
}

/** What the worker tells the main thread. */
export type IoEvent =
  | { readonly kind: 'edge'; readonly edge: ButtonEdge }
  | {
      readonly kind: 'panel';
      /** null: it shows the frames. */
      readonly fault: Fault | null;
      readonly address: number | null;
      readonly chip: OledChip;
      readonly bytes: number;
      readonly sweeps: number;
      readonly refused: number;
    }
  | { readonly kind: 'gpio'; readonly fault: Fault | null }
  | { readonly kind: 'stopped' };

const LIGHTS: readonly OledLight[] = ['bright', 'dim', 'off'];
const FRAME_BYTES = 1024;
const WORDS = 8;

/**
 * Shared between the threads: words of state, then the frame. The frame is written under a sequence number, odd while it
 * changes, so that a torn one is never shown.
 */
export class IoMailbox {
  readonly memory: SharedArrayBuffer;
  private readonly words: Int32Array;
  private readonly frame: Uint8Array;

  constructor(memory = new SharedArrayBuffer(WORDS * 4 + FRAME_BYTES)) {
    this.memory = memory;
    this.words = new Int32Array(memory, 0, WORDS);
    this.frame = new Uint8Array(memory, WORDS * 4, FRAME_BYTES);
  }

  putFrame(frame: Uint8Array): void {
    Atomics.add(this.words, 0, 1);
    this.frame.set(frame);
    Atomics.add(this.words, 0, 1);
  }

  /** Copies the newest frame when it is newer than `seen`. Returns its number. */
  takeFrame(into: Uint8Array, seen: number): number {
    for (let tries = 0; tries < 100; tries++) {
      const before = Atomics.load(this.words, 0);
      if (before === seen) return seen;
      if ((before & 1) === 1) continue;
      into.set(this.frame);
      if (Atomics.load(this.words, 0) === before) return before;
    }
    return seen;
  }

  setLight(light: OledLight): void {
    Atomics.store(this.words, 1, LIGHTS.indexOf(light));
  }
  light(): OledLight {
    return LIGHTS[Atomics.load(this.words, 1)]!;
  }
  setLamp(on: boolean): void {
    Atomics.store(this.words, 2, on ? 1 : 0);
  }
  lamp(): boolean {
    return Atomics.load(this.words, 2) === 1;
  }
  stop(): void {
    Atomics.store(this.words, 3, 1);
  }
  stopping(): boolean {
    return Atomics.load(this.words, 3) === 1;
  }
  /** Counts the turns of the loop: it stands still when the bus holds the worker. */
  turned(): void {
    Atomics.add(this.words, 4, 1);
  }
  turns(): number {
    return Atomics.load(this.words, 4);
  }
}

export interface IoLoopParts {
  readonly choice: IoChoice;
  readonly mailbox: IoMailbox;
  /** eventfd that the main thread makes readable after each change; -1: none. */
  readonly wakeFd: number;
  readonly calls: Syscalls;
  readonly openBus: (
    bus: number,
  ) => { readonly ok: true; readonly value: I2cBus } | { readonly ok: false; readonly fault: I2cFault };
  readonly post: (event: IoEvent) => void;
  /** CLOCK_MONOTONIC, ms: the clock of the edges. */
  readonly now: () => number;
}

/** Longest wait: a stop or a lost wake-up is seen after this. */
const LONGEST_WAIT_MS = 250;
const REOPEN_GPIO_MS = 2000;
const RESYNC_MS = 1000;
const REPORT_MS = 1000;

/** Runs until the mailbox says stop; then puts out panel and lamp. */
export function runIoLoop(parts: IoLoopParts): void {
  const { choice, mailbox, calls, now, post } = parts;
  const driver =
    choice.panel === null
      ? null
      : new OledDriver({
          settings: choice.panel,
          addresses: choice.panel.address === null ? [0x3c, 0x3d] : [choice.panel.address],
          open: () => parts.openBus(choice.panel!.bus),
          now,
        });
  const frame = new Uint8Array(FRAME_BYTES);
  let seen = 0;
  let gpio: GpioButtons | null = null;
  let gpioAtMs = choice.gpio === null ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
  let gpioTold: string | null | undefined;
  let lampTold: boolean | null = null;
  let resyncAtMs = 0;
  let reportAtMs = 0;
  let panelTold: string | undefined;

  const tellGpio = (fault: Fault | null) => {
    const key = fault === null ? null : `${fault.code} ${fault.what}`;
    if (key === gpioTold) return;
    gpioTold = key;
    post({ kind: 'gpio', fault });
  };
  const loseGpio = () => {
    gpio?.close();
    gpio = null;
    gpioAtMs = now() + REOPEN_GPIO_MS;
    tellGpio({
      code: 'gpio-gone',
      what: 'The GPIO chip went away.',
      fix: 'It is looked for every 2 s; check what removed it.',
    });
  };
  const give = (edges: ButtonEdge[] | null) => {
    if (edges === null) loseGpio();
    else for (const edge of edges) post({ kind: 'edge', edge });
  };

  while (!mailbox.stopping()) {
    mailbox.turned();
    const nowMs = now();
    if (gpio === null && nowMs >= gpioAtMs) {
      const opened = openGpio(calls, choice.gpio!);
      gpioAtMs = nowMs + REOPEN_GPIO_MS;
      if (opened.ok) {
        gpio = opened.value;
        lampTold = null;
        tellGpio(null);
        resyncAtMs = 0;
      } else tellGpio(opened.fault);
    }
    if (gpio !== null && nowMs >= resyncAtMs) {
      resyncAtMs = nowMs + RESYNC_MS;
      give(gpio.resync(nowMs));
    }
    if (gpio !== null && lampTold !== mailbox.lamp()) {
      lampTold = mailbox.lamp();
      if (!gpio.lamp(lampTold)) loseGpio();
    }
    let waitMs = LONGEST_WAIT_MS;
    if (driver !== null) {
      const newest = mailbox.takeFrame(frame, seen);
      if (newest !== seen) {
        seen = newest;
        driver.show(frame);
      }
      driver.setLight(mailbox.light());
      waitMs = Math.min(waitMs, driver.step());
      const state = driver.state;
      const told = state.kind === 'lost' ? state.fault.kind + state.fault.code : state.kind;
      if (state.kind !== 'searching' && (told !== panelTold || now() >= reportAtMs)) {
        panelTold = told;
        reportAtMs = now() + REPORT_MS;
        post({
          kind: 'panel',
          fault: state.kind === 'lost' ? panelFault(state.fault, choice.panel!.bus) : null,
          address: state.kind === 'ready' ? state.address : null,
          chip: choice.panel!.chip,
          bytes: driver.counts.bytes,
          sweeps: driver.counts.sweeps,
          refused: driver.counts.refused,
        });
      }
    }
    const fds = [parts.wakeFd, gpio?.fd ?? -1].filter((fd) => fd >= 0);
    for (const ready of calls.poll(fds, Math.ceil(Math.max(0, waitMs)))) {
      if (ready.fd === parts.wakeFd) calls.clearWake(parts.wakeFd);
      else if (ready.failed) loseGpio();
      else if (gpio !== null) give(gpio.edges());
    }
  }
  driver?.stop();
  gpio?.lamp(false);
  gpio?.close();
  post({ kind: 'stopped' });
}
