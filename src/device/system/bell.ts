/**
 * A bell between two threads of this process: whoever waits in poll(2) for a device hears it at once, instead of looking for messages
 * again and again. An eventfd(2), by koffi: Node has none of its own.
 */
import { closeSync, readSync, writeSync } from 'node:fs';
import koffi from 'koffi';

/** bits/eventfd.h: EFD_NONBLOCK and EFD_CLOEXEC, as O_NONBLOCK and O_CLOEXEC (asm-generic/fcntl.h). */
const NONBLOCK_CLOEXEC = 0o4000 | 0o2000000;

export interface Bell {
  /** To be given to the thread that waits: readable after a `ring`. */
  readonly fd: number;
  ring(): void;
  close(): void;
}

type EventFd = (count: number, flags: number) => number;

let eventfd: EventFd | null | undefined;

/** null where there is no such call (not Linux), or no descriptor left: who waits must look from time to time. */
export function hangBell(): Bell | null {
  if (eventfd === undefined) {
    try {
      eventfd = koffi.load('libc.so.6').func('int eventfd(unsigned int count, int flags)') as EventFd;
    } catch {
      eventfd = null;
    }
  }
  const fd = eventfd?.(0, NONBLOCK_CLOEXEC) ?? -1;
  if (fd < 0) return null;
  const one = new Uint8Array(BigUint64Array.of(1n).buffer);
  return {
    fd,
    ring: () => void writeSync(fd, one),
    close: () => closeSync(fd),
  };
}

const count = new Uint8Array(8);

/** Stills a bell that rang. */
export function stillBell(fd: number): void {
  try {
    readSync(fd, count);
  } catch {
    // It did not ring (EAGAIN).
  }
}
