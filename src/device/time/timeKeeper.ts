/**
 * Who keeps this machine's time, and its two clocks at one instant. Only reads, and needs no privilege: the kernel's
 * frequency correction shows in the clocks themselves, and adjtimex is closed to a service with ProtectClock.
 */
import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import koffi from 'koffi';
import type { ClockPair, TimeKeeper } from '../ports.ts';

/** linux/time.h. */
const CLOCK_MONOTONIC = 1;
const CLOCK_MONOTONIC_RAW = 4;
const TRIES = 5;
const ASK_MS = 2000;
const EVERY_MS = 20_000;
/** Turns of the clocks to one question who keeps them: that is another program to start. */
const TURNS_A_QUESTION = 3;

/** Reads both clocks as nearly at once as it can; null where there is no such library (not Linux). */
export function clockPairReader(): (() => ClockPair) | null {
  if (process.platform !== 'linux') return null;
  let gettime: (id: number, out: BigInt64Array) => number;
  try {
    gettime = koffi.load('libc.so.6').func('int clock_gettime(int id, _Out_ void *ts)');
  } catch {
    return null;
  }
  // A struct timespec: two longs.
  const words = new BigInt64Array(2);
  const halves = new Int32Array(words.buffer);
  const read = (id: number): number => {
    gettime(id, words);
    return koffi.sizeof('long') === 8
      ? Number(words[0]) * 1e9 + Number(words[1])
      : (halves[0]! >>> 0) * 1e9 + halves[1]!;
  };
  return () => {
    let best = { monotonicNs: 0, rawNs: 0, gapNs: Number.POSITIVE_INFINITY };
    for (let i = 0; i < TRIES; i++) {
      const before = read(CLOCK_MONOTONIC);
      const rawNs = read(CLOCK_MONOTONIC_RAW);
      const after = read(CLOCK_MONOTONIC);
      if (after - before < best.gapNs) best = { monotonicNs: (before + after) / 2, rawNs, gapNs: after - before };
    }
    return { monotonicNs: best.monotonicNs, rawNs: best.rawNs };
  };
}

/** What `chronyc -c tracking` prints: reference, ..., frequency, residual (8), skew (9), ..., leap status (13). */
export function parseChronyTracking(text: string): TimeKeeper {
  const fields = text.trim().split(',');
  const [residualPpm, skewPpm] = [Number(fields[8]), Number(fields[9])];
  const synchronised = fields.length >= 14 && fields[13] !== 'Not synchronised' && fields[0] !== '00000000';
  if (!synchronised || !Number.isFinite(residualPpm) || !Number.isFinite(skewPpm)) return { kind: 'none' };
  return { kind: 'chrony', skewPpm, residualPpm };
}

/** Runs a program and gives what it printed, or null: not there, refused, or too slow. */
function ask(program: string, ...words: string[]): Promise<string | null> {
  return new Promise((resolve) => {
    execFile(program, words, { timeout: ASK_MS, encoding: 'utf8' }, (error, out) =>
      resolve(error === null ? out : null),
    );
  });
}

async function installed(program: string): Promise<boolean> {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const there = await access(join(folder, program), constants.X_OK).then(
      () => true,
      () => false,
    );
    if (there) return true;
  }
  return false;
}

/** chrony where it runs; else whether anybody has synchronised the clock. */
export async function readTimeKeeper(root = '/'): Promise<TimeKeeper> {
  if (await installed('chronyc')) {
    const told = await ask('chronyc', '-c', 'tracking');
    if (told !== null) return parseChronyTracking(told);
  }
  // systemd-timesyncd touches this file each time that it has synchronised (systemd, src/timesync).
  const timesync = await access(join(root, 'run/systemd/timesync/synchronized')).then(
    () => true,
    () => false,
  );
  if (timesync) return { kind: 'ntp' };
  const told = (await installed('timedatectl'))
    ? await ask('timedatectl', 'show', '--property=NTPSynchronized', '--value')
    : null;
  return told?.trim() === 'yes' ? { kind: 'ntp' } : { kind: 'none' };
}

export interface BoxClock {
  stop(): void;
}

/** Tells both clocks at the start and three times a minute, and who keeps them, asked anew each minute. */
export function startBoxClock(tell: (pair: ClockPair, keeper: TimeKeeper) => void): BoxClock {
  const read = clockPairReader();
  let running = true;
  let keeper: TimeKeeper = { kind: 'none' };
  let turns = 0;
  const turn = async () => {
    if (turns++ % TURNS_A_QUESTION === 0) keeper = await readTimeKeeper();
    if (running && read !== null) tell(read(), keeper);
  };
  void turn();
  const timer = setInterval(() => void turn(), EVERY_MS);
  timer.unref();
  return {
    stop() {
      running = false;
      clearInterval(timer);
    },
  };
}
