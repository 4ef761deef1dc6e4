/** The recorder as the main thread sees it. Nothing here waits for a disk. */

import { Worker } from 'node:worker_threads';
import { WORKER_LIMITS } from '../heap.ts';
import type { Finding } from '../monitor/snapshot.ts';
import type { FromRecorder, RecorderOptions, RecorderView, RecorderWorkerData, ToRecorder } from './view.ts';

/** A file of a minute's backlog may still have to be closed. */
const STOP_MS = 3000;

export interface RecorderClientParts {
  readonly ring: SharedArrayBuffer;
  readonly options: RecorderOptions;
  readonly uptimeMs: () => number;
  readonly onSaid: (said: Extract<FromRecorder, { kind: 'said' }>) => void;
}

export class RecorderClient {
  readonly #worker: Worker;
  #view: RecorderView | null = null;
  #faultSinceMs = 0;
  #stopping = false;

  constructor(parts: RecorderClientParts) {
    this.#worker = new Worker(new URL('../recorderWorker.js', import.meta.url), {
      workerData: { ring: parts.ring, options: parts.options } satisfies RecorderWorkerData,
      resourceLimits: WORKER_LIMITS,
    });
    this.#worker.on('message', (message: FromRecorder) => {
      if (message.kind === 'said') parts.onSaid(message);
      else if (message.kind === 'bug') throw new Error(`recorder worker: ${message.stack}`);
      else {
        if (message.view.fault?.code !== this.#view?.fault?.code) this.#faultSinceMs = parts.uptimeMs();
        this.#view = message.view;
      }
    });
    this.#worker.on('error', (error) => {
      throw error;
    });
    this.#worker.on('exit', (code) => {
      if (!this.#stopping && code !== 0) throw new Error(`recorder worker ended with code ${code}`);
    });
  }

  #post(message: ToRecorder): void {
    this.#worker.postMessage(message);
  }

  start(name: string, trackNames: readonly string[]): void {
    this.#post({ kind: 'start', name, trackNames });
  }

  stop(): void {
    this.#post({ kind: 'stop' });
  }

  setOptions(options: RecorderOptions): void {
    this.#post({ kind: 'options', options });
  }

  /** null until the worker has told. */
  view(): RecorderView | null {
    return this.#view;
  }

  findings(): Finding[] {
    const view = this.#view;
    if (view === null) return [];
    const found: Finding[] = [];
    const where = 'Recorder';
    if (view.fault !== null) {
      found.push({
        code: view.fault.code,
        severity: view.state === 'faulted' ? 'alarm' : 'warning',
        where,
        symptom: view.fault.what,
        cause: view.state === 'noDisk' ? 'Takes are not recorded on this box.' : 'The disk does not take the samples.',
        fix: view.fault.fix,
        confidence: 'high',
        sinceMs: Math.floor(this.#faultSinceMs),
      });
    } else if (view.minutesLeft !== null && view.minutesLeft < 15) {
      found.push({
        code: 'recorder-disk-nearly-full',
        severity: 'warning',
        where,
        symptom: `The disk of the recorder has room for ${view.minutesLeft} minutes.`,
        cause: 'It fills up.',
        fix: 'Free some space or plug in another disk between takes.',
        confidence: 'high',
        sinceMs: Math.floor(this.#faultSinceMs),
      });
    }
    return found;
  }

  async close(): Promise<void> {
    this.#stopping = true;
    const exited = new Promise<void>((resolve) => this.#worker.once('exit', () => resolve()));
    this.#post({ kind: 'close' });
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([
      exited,
      new Promise<void>((resolve) => {
        timer = setTimeout(resolve, STOP_MS);
      }),
    ]);
    clearTimeout(timer);
    await this.#worker.terminate();
  }
}
