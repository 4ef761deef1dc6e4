import { readFileSync } from 'node:fs';
import koffi from 'koffi';
import { expect, it } from 'vitest';
import { trimHeap } from '../../src/device/system/trimHeap.ts';

const rssKb = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);

it.skipIf(process.platform !== 'linux')('memory that the C library holds free goes back to the system', () => {
  const libc = koffi.load('libc.so.6');
  const malloc = libc.func('void *malloc(size_t)');
  const memset = libc.func('void *memset(void *, int, size_t)');
  const free = libc.func('void free(void *)');
  // Pieces under the size that is mapped on its own; the last one stays and holds the others' memory in the heap.
  const pieces = Array.from({ length: 600 }, () => memset(malloc(100_000), 1, 100_000));
  for (const piece of pieces.slice(0, -1)) free(piece);
  const before = rssKb();
  expect(trimHeap()).toBe(true);
  expect(before - rssKb()).toBeGreaterThan(40_000);
  free(pieces.at(-1));
});
