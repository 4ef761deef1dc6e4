/**
 * Words to the service manager that started the program (sd_notify(3)): one datagram each to the socket that $NOTIFY_SOCKET
 * names, sent with the C library's own calls. No library of systemd is needed, and none of its state is kept.
 */
import koffi from 'koffi';
import type { Notifier } from '../ports.ts';

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
/** sun_path of unix(7), bytes. */
const PATH_BYTES = 108;

/** struct sockaddr_un for a path or, beginning with `@`, an abstract name; null: not an address. */
export function unixAddress(name: string): Uint8Array | null {
  if (!name.startsWith('/') && !name.startsWith('@')) return null;
  const path = Buffer.from(name);
  if (name.startsWith('@')) path[0] = 0;
  // An abstract name is counted, a path ends with a zero.
  const length = path.length + (name.startsWith('@') ? 0 : 1);
  if (length > PATH_BYTES) return null;
  const address = Buffer.alloc(2 + length);
  address.writeUInt16LE(AF_UNIX, 0);
  path.copy(address, 2);
  return address;
}

/** A notifier that sends to $NOTIFY_SOCKET, or null: nobody listens. */
export function systemdNotifier(environment: NodeJS.ProcessEnv): Notifier | null {
  const name = environment.NOTIFY_SOCKET;
  if (name === undefined) return null;
  const address = unixAddress(name);
  if (address === null) return null;
  const libc = koffi.load('libc.so.6');
  const socket = libc.func('int socket(int family, int type, int protocol)');
  const sendto = libc.func(
    'intptr_t sendto(int fd, const uint8_t *bytes, size_t length, int flags, const uint8_t *address, uint32_t addressLength)',
  );
  const fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return null;
  const send = (text: string) => {
    const bytes = Buffer.from(text);
    // A manager that does not listen is no reason to stop, or to wait.
    sendto(fd, bytes, bytes.length, MSG_DONTWAIT | MSG_NOSIGNAL, address, address.length);
  };
  const oneLine = (text: string) => text.replaceAll('\n', ' ');
  return {
    ready: (status) => send(`READY=1\nSTATUS=${oneLine(status)}`),
    status: (status) => send(`STATUS=${oneLine(status)}`),
    feed: () => send('WATCHDOG=1'),
    stopping: () => send('STOPPING=1'),
  };
}

/** Time within which the manager wants to be fed, ms, or null: it keeps no watch over this process. */
export function watchdogMs(environment: NodeJS.ProcessEnv, pid: number): number | null {
  const micros = Number(environment.WATCHDOG_USEC);
  if (!Number.isFinite(micros) || micros <= 0) return null;
  const watched = environment.WATCHDOG_PID;
  return watched === undefined || Number(watched) === pid ? micros / 1000 : null;
}
