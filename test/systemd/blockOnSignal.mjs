// Loaded before the program: SIGUSR2 blocks its event loop for a minute, as an endless loop in it would.
import { isMainThread } from 'node:worker_threads';

if (isMainThread) {
  process.on('SIGUSR2', () => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60_000));
}
