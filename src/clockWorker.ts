/** Root of the clock worker: reads the controls of the card that is captured, until told to stop. It writes none. */
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { alsaCardClockSource, alsaClockSource, dumpClockSource } from './device/clock/clockSource.ts';
import type { ClockSource } from './device/ports.ts';
import { loadDump } from './device/sim/replay.ts';
import { trimHeap } from './device/system/trimHeap.ts';
import { ClockLoop } from './monitor/clockLoop.ts';
import type { ClockWorkerData, FromClock, ToClock } from './monitor/clockMessages.ts';

const port = parentPort;
if (port === null) throw new Error('the clock worker runs as a worker thread only');

const { choice, gate, bellFd } = workerData as ClockWorkerData;
const first = new Int32Array(gate);
const sleeper = new Int32Array(new SharedArrayBuffer(4));
/** Each turn that nothing asks for wakes a core for nothing; the monitor wants a word each second. */
const WAIT_MS = 1000;
/** Where no bell rings for a command, it is looked for. */
const LOOK_MS = 250;
const post = (message: FromClock) => port.postMessage(message);

const sleepMs = (ms: number) => void Atomics.wait(sleeper, 0, 0, ms);

function sourceOf(card: { readonly ctl: string; readonly usbId: string | null } | null): ClockSource {
  if (choice.kind === 'replay') {
    const dump = loadDump(choice.dumpFile);
    return dump.ok ? dumpClockSource(dump.value, sleepMs) : { open: () => dump };
  }
  return card === null ? alsaCardClockSource(choice.pcm, bellFd) : alsaClockSource(card.ctl, card.usbId, bellFd);
}

try {
  new ClockLoop({
    source: sourceOf,
    post,
    takeCommand: () => receiveMessageOnPort(port)?.message as ToClock | undefined,
    sleepMs,
    nowMs: () => performance.now(),
    trimMemory: trimHeap,
    waitMs: bellFd !== null && choice.kind === 'alsa' ? WAIT_MS : LOOK_MS,
    onFirst: () => {
      Atomics.store(first, 0, 1);
      Atomics.notify(first, 0);
    },
  }).run();
} catch (error) {
  post({ kind: 'bug', stack: (error as Error).stack ?? String(error) });
}
