/** The wired panel, buttons and lamp, as the main thread sees them: a handle on the io worker. */

import { Worker } from 'node:worker_threads';
import type { Fault } from '../../fault.ts';
import { WORKER_LIMITS } from '../../heap.ts';
import { linuxSyscalls, type Syscalls } from '../gpio/syscalls.ts';
import type { ButtonEdge, Panel } from '../ports.ts';
import { type IoChoice, type IoEvent, IoMailbox } from './ioLoop.ts';
import type { OledLight } from './oledChips.ts';
import { OLED_PAGES, OLED_WIDTH_PX } from './oledDriver.ts';

export interface IoStatus {
  /** null: not asked for. `fault` null: it works. */
  readonly panel: { readonly fault: Fault | null; readonly bytesPerS: number } | null;
  readonly gpio: { readonly fault: Fault | null } | null;
  /** For the System page: controller, or what is wrong with it; buttons by letter. null: not asked for. */
  readonly label: string | null;
  readonly buttons: string | null;
}

export interface IoPanel extends Panel {
  setLight(light: OledLight): void;
  setLamp(on: boolean): void;
  status(): IoStatus;
  /** Turns of the worker's loop, and its starts: what a watchdog looks at. It stands still when a bus holds the worker. */
  turns(): number;
}

export interface IoPanelOptions {
  readonly choice: IoChoice;
  readonly onEdge: (edge: ButtonEdge) => void;
  /** Something came up or failed: once a change, not once a try. */
  readonly onFault: (fault: Fault) => void;
  /** For tests: another entry than dist/ioWorker.js, and other calls. */
  readonly entry?: URL;
  readonly calls?: Syscalls;
}

const STOP_WITHIN_MS = 1000;
const RESTART_AFTER_MS = 2000;

/** Starts the io worker. It is started anew should it die. */
export function startIoPanel(options: IoPanelOptions): IoPanel {
  const { choice } = options;
  const calls = options.calls ?? linuxSyscalls();
  const mailbox = new IoMailbox();
  const wakeFd = calls.eventFd();
  const entry = options.entry ?? new URL('../../ioWorker.js', import.meta.url);
  let worker: Worker | null = null;
  let stopped = false;
  let restart: NodeJS.Timeout | null = null;
  let panel: IoStatus['panel'] = choice.panel === null ? null : { fault: null, bytesPerS: 0 };
  let gpio: IoStatus['gpio'] = choice.gpio === null ? null : { fault: null };
  let lastBytes = 0;
  let lastMs = performance.now();
  let ended: () => void = () => undefined;

  const onEvent = (event: IoEvent) => {
    switch (event.kind) {
      case 'edge':
        options.onEdge(event.edge);
        return;
      case 'panel': {
        const elapsedS = Math.max(0.001, (performance.now() - lastMs) / 1000);
        const news = event.fault !== null && event.fault.code !== panel?.fault?.code;
        panel = {
          fault: event.fault,
          bytesPerS: Math.round(Math.max(0, event.bytes - lastBytes) / elapsedS),
        };
        lastBytes = event.bytes;
        lastMs = performance.now();
        if (news) options.onFault(event.fault!);
        return;
      }
      case 'gpio':
        if (gpio !== null) gpio = { fault: event.fault };
        if (event.fault !== null) options.onFault(event.fault);
        return;
      case 'stopped':
        ended();
        return;
    }
  };
  const start = () => {
    restart = null;
    lastBytes = 0;
    // A worker that dies and comes back is a fault of its own; the watchdog is for one that hangs.
    mailbox.turned();
    worker = new Worker(entry, {
      workerData: { choice, memory: mailbox.memory, wakeFd },
      name: 'io',
      resourceLimits: WORKER_LIMITS,
    });
    worker.on('message', onEvent);
    worker.on('error', (error) => {
      options.onFault({
        code: 'io-worker-failed',
        what: `Panel and buttons failed: ${error.message}.`,
        fix: 'They are started anew by themselves; report this as a bug.',
      });
    });
    worker.on('exit', () => {
      worker = null;
      ended();
      if (!stopped) restart = setTimeout(start, RESTART_AFTER_MS);
    });
    worker.unref();
  };
  start();

  return {
    widthPx: OLED_WIDTH_PX,
    heightPx: OLED_PAGES * 8,
    show(frame) {
      mailbox.putFrame(frame);
      calls.wake(wakeFd);
    },
    setLight(light) {
      mailbox.setLight(light);
      calls.wake(wakeFd);
    },
    setLamp(on) {
      mailbox.setLamp(on);
      calls.wake(wakeFd);
    },
    status: () => ({
      panel,
      gpio,
      label: choice.panel === null ? null : panel?.fault == null ? choice.panel.chip.toUpperCase() : 'panel gone',
      buttons:
        choice.gpio === null || choice.gpio.buttons.length === 0
          ? null
          : gpio?.fault == null
            ? choice.gpio.buttons.map((each) => each.button).join('')
            : 'no A B',
    }),
    turns: () => mailbox.turns(),
    async stop() {
      if (stopped) return;
      stopped = true;
      if (restart !== null) clearTimeout(restart);
      mailbox.stop();
      calls.wake(wakeFd);
      if (worker === null) return;
      const running = worker;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, STOP_WITHIN_MS);
        ended = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      // A worker that the kernel holds in a hung bus can not be ended: it must not keep the program.
      await Promise.race([running.terminate(), new Promise((resolve) => setTimeout(resolve, STOP_WITHIN_MS).unref())]);
    },
  };
}
