/** Root of the recorder's worker: the only thread that waits for the disk of the recordings. */
import { freemem } from 'node:os';
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { assertNever } from './fault.ts';
import { findDisk, freeBytes } from './recorder/disk.ts';
import { Recorder } from './recorder/recorder.ts';
import { RingReader } from './recorder/ring.ts';
import type { FromRecorder, RecorderWorkerData, ToRecorder } from './recorder/view.ts';

const port = parentPort;
if (port === null) throw new Error('the recorder worker runs as a worker thread only');
const data = workerData as RecorderWorkerData;
const post = (message: FromRecorder) => port.postMessage(message);
const TURN_MS = 50;
const TELL_MS = 500;
/** Share of what was free at the start that the pre-roll may fill. */
const memoryBytes = freemem() / 3;

const sleeper = new Int32Array(new SharedArrayBuffer(4));
try {
  const recorder = new Recorder({
    reader: new RingReader(data.ring),
    options: data.options,
    findDisk,
    freeBytes,
    memoryBytes: () => memoryBytes,
    nowMs: () => performance.now(),
    wallMs: () => Date.now(),
    say: post,
  });
  let toldMs = Number.NEGATIVE_INFINITY;
  for (let open = true; open; ) {
    for (let message = receiveMessageOnPort(port); message !== undefined; message = receiveMessageOnPort(port)) {
      const told = message.message as ToRecorder;
      switch (told.kind) {
        case 'start':
          recorder.start(told.name, told.trackNames);
          break;
        case 'stop':
          recorder.stop();
          break;
        case 'options':
          recorder.setOptions(told.options);
          break;
        case 'close':
          open = false;
          break;
        default:
          assertNever(told);
      }
    }
    const more = recorder.turn();
    if (performance.now() - toldMs >= TELL_MS) {
      toldMs = performance.now();
      post({ kind: 'view', view: recorder.view() });
    }
    if (open && !more) Atomics.wait(sleeper, 0, 0, TURN_MS);
  }
  recorder.close();
  post({ kind: 'view', view: recorder.view() });
} catch (error) {
  post({ kind: 'bug', stack: (error as Error).stack ?? String(error) });
}
