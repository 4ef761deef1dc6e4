/** The few C library calls that GPIO and the io worker need, through koffi. Synchronous; each takes about 1 us. */
import { readdirSync } from 'node:fs';
import { constants } from 'node:os';
import koffi from 'koffi';

/** Negative results are errno, negated: -19 is ENODEV. */
export interface Syscalls {
  /** Device files of GPIO chips. */
  gpioChips(): string[];
  open(path: string): number;
  close(fd: number): void;
  /** `argument` is read and written in place. */
  ioctl(fd: number, request: number, argument: Uint8Array): number;
  /** For requests whose argument is a plain number. */
  ioctlNumber(fd: number, request: number, argument: number): number;
  /** Bytes read, 0 at the end. */
  read(fd: number, into: Uint8Array): number;
  /** Waits for any of the descriptors. Returns those that can be read, or failed; empty after `timeoutMs`. */
  poll(fds: readonly number[], timeoutMs: number): { readonly fd: number; readonly failed: boolean }[];
  /** A descriptor that `wake` makes readable and `clearWake` quiet again (eventfd(2)). Any thread may call `wake`. */
  eventFd(): number;
  wake(fd: number): void;
  clearWake(fd: number): void;
}

const O_RDWR = 0o2;
const O_NONBLOCK = 0o4000;
const O_CLOEXEC = 0o2000000;
const EFD_NONBLOCK = O_NONBLOCK;
const POLLIN = 1;
const POLLBAD = 0x08 | 0x10 | 0x20; // POLLERR, POLLHUP, POLLNVAL

/** Linux only. Throws where there is no C library to load. */
export function linuxSyscalls(): Syscalls {
  const libc = koffi.load('libc.so.6');
  // open and ioctl are variadic; their one further argument travels in the same register as a named one on x86-64 and arm64.
  const open = libc.func('int open(const char *path, int flags)');
  const close = libc.func('int close(int fd)');
  const ioctl = libc.func('int ioctl(int fd, unsigned long request, _Inout_ uint8_t *argument)');
  const ioctlNumber = libc.func('ioctl', 'int', ['int', 'unsigned long', 'unsigned long']);
  const read = libc.func('intptr_t read(int fd, _Out_ uint8_t *into, size_t length)');
  const write = libc.func('intptr_t write(int fd, const uint8_t *from, size_t length)');
  const poll = libc.func('int poll(_Inout_ uint8_t *fds, unsigned long count, int timeoutMs)');
  const eventfd = libc.func('int eventfd(unsigned int start, int flags)');
  const outcome = (result: number) => (result < 0 ? -koffi.errno() : result);
  const one = new Uint8Array(8);
  one[0] = 1;
  const scratch = new Uint8Array(8);
  return {
    gpioChips() {
      try {
        return readdirSync('/dev')
          .filter((name) => /^gpiochip\d+$/.test(name))
          .sort((a, b) => Number(a.slice(8)) - Number(b.slice(8)))
          .map((name) => `/dev/${name}`);
      } catch {
        return [];
      }
    },
    open: (path) => outcome(open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC)),
    close: (fd) => {
      close(fd);
    },
    ioctl: (fd, request, argument) => outcome(ioctl(fd, request, argument)),
    ioctlNumber: (fd, request, argument) => outcome(ioctlNumber(fd, request, argument)),
    read: (fd, into) => outcome(Number(read(fd, into, into.length))),
    poll(fds, timeoutMs) {
      // struct pollfd: int fd; short events; short revents.
      const bytes = new Uint8Array(fds.length * 8);
      const view = new DataView(bytes.buffer);
      fds.forEach((fd, i) => {
        view.setInt32(i * 8, fd, true);
        view.setInt16(i * 8 + 4, POLLIN, true);
      });
      if (poll(bytes, fds.length, timeoutMs) <= 0) return [];
      return fds.flatMap((fd, i) => {
        const got = view.getInt16(i * 8 + 6, true);
        return got === 0 ? [] : [{ fd, failed: (got & POLLBAD) !== 0 }];
      });
    },
    eventFd: () => outcome(eventfd(0, EFD_NONBLOCK | O_CLOEXEC)),
    wake: (fd) => {
      write(fd, one, 8);
    },
    clearWake: (fd) => {
      read(fd, scratch, 8);
    },
  };
}

/** `ENODEV` for -19. */
export function errnoName(result: number): string {
  const found = Object.entries(constants.errno).find(([, value]) => value === -result);
  return found?.[0] ?? `errno ${-result}`;
}
