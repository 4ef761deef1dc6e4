/** Entry of the io worker thread: builds what its loop needs and runs it. Started by device/panel/ioPanel.ts. */
import { parentPort, workerData } from 'node:worker_threads';
import { linuxSyscalls } from './device/gpio/syscalls.ts';
import { loadI2cBus, openI2cBus } from './device/panel/i2cBus.ts';
import { type IoChoice, type IoEvent, IoMailbox, runIoLoop } from './device/panel/ioLoop.ts';
import { monotonicMs } from './device/panel/monotonic.ts';

export interface IoWorkerData {
  readonly choice: IoChoice;
  readonly memory: SharedArrayBuffer;
  readonly wakeFd: number;
}

const { choice, memory, wakeFd } = workerData as IoWorkerData;
const post = (event: IoEvent) => parentPort!.postMessage(event);
const calls = linuxSyscalls();
const packaged = choice.panel === null ? null : loadI2cBus();
if (packaged !== null && !packaged.ok) {
  post({
    kind: 'panel',
    fault: packaged.fault,
    address: null,
    chip: choice.panel!.chip,
    bytes: 0,
    sweeps: 0,
    refused: 0,
  });
}
runIoLoop({
  choice: packaged?.ok === true ? choice : { ...choice, panel: null },
  mailbox: new IoMailbox(memory),
  wakeFd,
  calls,
  openBus: (bus) => {
    if (packaged?.ok !== true) throw new Error('the loop has no panel without the package');
    return openI2cBus(packaged.value, calls, bus);
  },
  post,
  now: monotonicMs,
});
