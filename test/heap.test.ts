/** Garbage of a thread that answers now and then: collected in time, and only then. */
import { Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';
import { HeapWatch, WORKER_LIMITS } from '../src/heap.ts';

const MB = 2 ** 20;

it('collects when 2 MB have been gathered over what the last collection left, and not before', () => {
  let used = 4 * MB;
  let collections = 0;
  const watch = new HeapWatch(
    () => used,
    () => {
      collections++;
      used = 4.5 * MB;
    },
  );
  used = 5.9 * MB;
  expect(watch.look()).toBe(false);
  used = 6 * MB;
  expect(watch.look()).toBe(true);
  used = 6.4 * MB;
  expect(watch.look()).toBe(false);
  used = 6.5 * MB;
  expect(watch.look()).toBe(true);
  expect(collections).toBe(2);
});

it('keeps the heap of a worker that answers ten thousand questions within some megabytes', async () => {
  const answering = (watched: boolean) =>
    new Promise<number>((resolve, reject) => {
      const heap = JSON.stringify(new URL('../dist/heap.js', import.meta.url).href);
      const program = `
        import(${heap}).then(async ({ HeapWatch }) => {
          const { parentPort } = require('node:worker_threads');
          const { getHeapStatistics } = require('node:v8');
          const watch = new HeapWatch();
          const recent = [];
          let most = 0;
          for (let i = 0; i < 10_000; i++) {
            // Lives just long enough to be taken for old.
            recent.push(Array.from({ length: 100 }, (_, k) => ({ ms: i + k + 0.5, text: 'row ' + i + ' ' + k })));
            if (recent.length > 30) recent.shift();
            if (${watched}) watch.look();
            most = Math.max(most, getHeapStatistics().used_heap_size);
          }
          parentPort.postMessage(most / ${MB});
        });`;
      const worker = new Worker(program, { eval: true, resourceLimits: WORKER_LIMITS });
      worker.once('message', resolve);
      worker.once('error', reject);
    });
  const [left, watched] = [await answering(false), await answering(true)];
  expect(watched).toBeLessThan(12);
  expect(left).toBeGreaterThan(watched);
}, 60_000);
