/**
 * The threads of a device: capture, and the reader of its controls. They are started anew when the configuration names
 * another device, rate or number of channels; what reads the level board does not notice but for a stream that opens.
 */
import { Worker } from 'node:worker_threads';
import type { CaptureChoice } from './device/ports.ts';
import { type Bell, hangBell } from './device/system/bell.ts';
import { WORKER_LIMITS } from './heap.ts';
import type { CaptureWorkerData, FromCapture, ToCapture } from './monitor/captureMessages.ts';
import type { ClockWorkerData, FromClock, ToClock } from './monitor/clockMessages.ts';

/** How long a worker may take to close the device. */
const STOP_MS = 1500;

export type CaptureSettings = Omit<CaptureWorkerData, 'gate' | 'board' | 'ring' | 'commandsTold'>;

export interface CaptureThreadsParts {
  readonly board: SharedArrayBuffer;
  readonly ring: SharedArrayBuffer | null;
  /** Whether the interface's controls are read: the simulator and files have none, and safe mode leaves them alone. */
  readonly readControls: boolean;
  readonly onCapture: (message: FromCapture) => void;
  readonly onClock: (message: FromClock) => void;
}

interface Threads {
  readonly capture: Worker;
  readonly commandsTold: Int32Array;
  readonly clock: ClockThread | null;
  stopping: boolean;
}

interface ClockThread {
  readonly worker: Worker;
  readonly bell: Bell | null;
}

export class CaptureThreads {
  readonly #parts: CaptureThreadsParts;
  #threads: Threads | null = null;
  #turn: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(parts: CaptureThreadsParts) {
    this.#parts = parts;
  }

  /** The device of the threads before is closed first: two can not have it. */
  start(settings: CaptureSettings): Promise<void> {
    if (this.#threads === null) this.#begin(settings);
    else
      this.#turn = this.#turn.then(async () => {
        await this.#end();
        if (!this.#stopped) this.#begin(settings);
      });
    return this.#turn;
  }

  tell(command: ToCapture): void {
    if (this.#threads !== null) tellCapture(this.#threads, command);
  }

  tellClock(command: ToClock): void {
    const clock = this.#threads?.clock ?? null;
    if (clock !== null) tellClockThread(clock, command);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#turn;
    await this.#end();
  }

  #begin(settings: CaptureSettings): void {
    const { board, ring, readControls } = this.#parts;
    const gate = new SharedArrayBuffer(4);
    const commandsTold = new SharedArrayBuffer(4);
    const clock = readControls ? this.#clockWorker(settings.choice, gate) : null;
    const capture = new Worker(new URL('./captureWorker.js', import.meta.url), {
      workerData: {
        ...settings,
        board,
        commandsTold,
        ring,
        gate: clock === null ? null : gate,
      } satisfies CaptureWorkerData,
      resourceLimits: WORKER_LIMITS,
    });
    const threads: Threads = { capture, commandsTold: new Int32Array(commandsTold), clock, stopping: false };
    this.#threads = threads;
    capture.on('message', (message: FromCapture) => {
      if (!threads.stopping) this.#parts.onCapture(message);
    });
    clock?.worker.on('message', (message: FromClock) => {
      if (!threads.stopping) this.#parts.onClock(message);
    });
    for (const [name, one] of Object.entries({ capture, clock: clock?.worker })) {
      one?.on('error', (error) => {
        throw error;
      });
      one?.on('exit', (code) => {
        if (!threads.stopping && code !== 0) throw new Error(`${name} worker ended with code ${code}`);
      });
    }
  }

  #clockWorker(choice: CaptureChoice, gate: SharedArrayBuffer): ClockThread | null {
    if (choice.kind !== 'alsa' && choice.kind !== 'replay') return null;
    const bell = hangBell();
    const worker = new Worker(new URL('./clockWorker.js', import.meta.url), {
      workerData: { choice, gate, bellFd: bell?.fd ?? null } satisfies ClockWorkerData,
      resourceLimits: WORKER_LIMITS,
    });
    return { worker, bell };
  }

  async #end(): Promise<void> {
    const threads = this.#threads;
    if (threads === null) return;
    threads.stopping = true;
    this.#threads = null;
    const { capture, clock } = threads;
    await Promise.all([
      stopWorker(capture, () => tellCapture(threads, { kind: 'stop' })),
      clock === null ? null : stopWorker(clock.worker, () => tellClockThread(clock, { kind: 'stop' })),
    ]);
    // Only now: the thread waited for it.
    clock?.bell?.close();
  }
}

/** The count goes up behind the command: who sees it finds the command there. */
function tellCapture({ capture, commandsTold }: Threads, command: ToCapture): void {
  capture.postMessage(command);
  Atomics.add(commandsTold, 0, 1);
}

function tellClockThread({ worker, bell }: ClockThread, command: ToClock): void {
  worker.postMessage(command);
  bell?.ring();
}

async function stopWorker(worker: Worker, tellToStop: () => void): Promise<void> {
  const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  tellToStop();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, STOP_MS);
  });
  await Promise.race([exited, late]);
  clearTimeout(timer);
  await worker.terminate();
}
