import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { ResourceLimits } from 'node:worker_threads';

/**
 * Of a worker. Little lives long in them, and a collection of a megabyte takes less than a millisecond; left alone a young generation
 * grows to 48 MB a thread, all of it touched in time. A bound of 256 MB on the old one is ten times what is ever in use: V8 lets a heap
 * of a small bound grow by 1.3 between two collections instead of by 4. The main thread's bounds stand on the command line of the service.
 */
export const WORKER_LIMITS: ResourceLimits = { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 256 };

/** Collects all garbage of the calling thread, in some 30 ms on the main one, 5 in a worker; its context is made once a thread. */
let collect: (() => void) | undefined;

/** Gives back what starting has left, sources read and modules linked: some 8 MB. */
export function collectStart(): void {
  if (collect === undefined) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as (() => void) | undefined;
    setFlagsFromString('--no-expose-gc');
  }
  collect?.();
}

/**
 * What runs often was compiled in the first seconds; what was not runs now and then, and compiling it does not pay: at two turns a
 * second V8's compiler goes on for minutes, at half a percent of a core. From here on a function must run four times as long before it
 * is compiled. For the whole process.
 */
export function compileLess(): void {
  // Bytes of bytecode run; V8's own is 132 kB.
  setFlagsFromString('--interrupt-budget=540672');
}

/** Garbage that a thread may gather before `HeapWatch` collects it, bytes. */
const GATHERED_BYTES = 2 << 20;

/**
 * For a thread that answers now and then: left alone V8 makes its first full collection when there are tens of megabytes, which at a
 * question a second takes hours of steady growth. The capture loop's young generation collects itself in a fraction of a millisecond; what
 * outlives it is 0.1 MB a minute, so that 5 ms are taken for it every 20 minutes.
 */
export class HeapWatch {
  readonly #usedBytes: () => number;
  readonly #collect: () => void;
  #leftBytes: number;

  constructor(usedBytes = () => getHeapStatistics().used_heap_size, collectNow = collectStart) {
    this.#usedBytes = usedBytes;
    this.#collect = collectNow;
    this.#leftBytes = usedBytes();
  }

  /** Collects when it is time; true when it did. */
  look(): boolean {
    if (this.#usedBytes() - this.#leftBytes < GATHERED_BYTES) return false;
    this.#collect();
    this.#leftBytes = this.#usedBytes();
    return true;
  }
}
