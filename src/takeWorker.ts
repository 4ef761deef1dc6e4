/** Root of a thread of `lightkeeper analyze`: slips or loudness of the blocks that the main thread reads and meters. */
import { parentPort, workerData } from 'node:worker_threads';
import { readBlocks } from './analyze/blockRing.ts';
import { type FromTakeWorker, runJudge, type TakeWorkerData } from './analyze/takeJudges.ts';

const port = parentPort;
if (port === null) throw new Error('the take worker runs as a worker thread only');

const { kernels, memory, shape, reader, judges } = workerData as TakeWorkerData;
const post = (message: FromTakeWorker) => port.postMessage(message);
const running = judges.map((judge) => runJudge(kernels, judge));
readBlocks(memory, shape, reader, {
  block: (block, frames) => {
    for (const judge of running) judge.process(block, frames);
  },
  gap: () => {
    for (const judge of running) judge.gap();
  },
  room: () => post({ kind: 'room' }),
});
post({ kind: 'done', judgements: running.map((judge) => judge.finish()) });
