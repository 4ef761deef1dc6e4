/** The listening socket that a systemd socket unit passes (sd_listen_fds(3)): port 80 without a privilege. */
import koffi from 'koffi';

/** The first passed descriptor. */
const FIRST_FD = 3;
const F_SETFD = 2;
const F_DUPFD_CLOEXEC = 1030;
const FD_CLOEXEC = 1;

/** The passed descriptor, or null: none was passed to this process. */
export function passedSocket(environment: NodeJS.ProcessEnv, pid: number): number | null {
  if (Number(environment.LISTEN_PID) !== pid) return null;
  return Number(environment.LISTEN_FDS) >= 1 ? FIRST_FD : null;
}

/**
 * A second descriptor of the same socket: a server closes the one that it was given, and the next one (after a change of
 * configuration) must be able to listen again. null: it is no open descriptor.
 */
export function secondDescriptor(fd: number): number | null {
  // fcntl is variadic; its one further argument travels in the same register as a named one on x86-64 and arm64.
  const fcntl = koffi.load('libc.so.6').func('int fcntl(int fd, int command, long argument)');
  fcntl(fd, F_SETFD, FD_CLOEXEC);
  const second = fcntl(fd, F_DUPFD_CLOEXEC, FIRST_FD + 1);
  return second < 0 ? null : second;
}
