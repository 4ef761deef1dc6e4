/** Root of a thread of `lightkeeper analyze`: slips or loudness of the blocks that the main thread reads and meters. */
import { parentPort, workerData } from 'node:worker_threads';
import { readBatch } from './analyze/blockBatches.ts';
import { type FromTakeWorker, runJudge, type TakeWorkerData } from './analyze/takeJudges.ts';

const port = parentPort;
if (port === null) throw new Error('the take worker runs as a worker thread only');

const { kernels, shape, judges } = workerData as TakeWorkerData;
const post = (message: FromTakeWorker, handOver: ArrayBuffer[] = []) => port.postMessage(message, handOver);
const running = judges.map((judge) => runJudge(kernels, judge));
port.on('message', (batch: ArrayBuffer) => {
  const more = readBatch(batch, shape, {
    block: (block, frames) => {
      for (const judge of running) judge.process(block, frames);
    },
    gap: () => {
      for (const judge of running) judge.gap();
    },
  });
  if (more) {
    post({ kind: 'batch', batch }, [batch]);
    return;
  }
  post({ kind: 'done', judgements: running.map((judge) => judge.finish()) });
  port.close();
});
