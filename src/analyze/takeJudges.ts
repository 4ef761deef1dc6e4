/**
 * What is made of a take beside its meters: slips, and loudness. Each needs all channels, for banks vouch against one another
 * and groups are the user's, so threads share them by kind and by group, not by channel: the results are the same
 * whatever the number of threads.
 */
import { Worker } from 'node:worker_threads';
import { createTakeLoudness, type TakeLoudnessOptions } from '../dsp/fileReadings.ts';
import type { LoudnessReadings } from '../dsp/loudness.ts';
import type { MeterKernel } from '../dsp/meterKernel.ts';
import { assertNever } from '../fault.ts';
import { BatchWriter, type BlockShape, type TakeBlock } from './blockBatches.ts';
import { TakeSlips, type TakeSlipsOptions, type TakeSlipsResult } from './takeSlips.ts';

export type Judge =
  | { readonly kind: 'slips'; readonly options: TakeSlipsOptions }
  | { readonly kind: 'loudness'; readonly options: TakeLoudnessOptions };

export type Judgement =
  | {
      readonly kind: 'slips';
      readonly result: Omit<TakeSlipsResult, 'events'> & {
        readonly events: Pick<TakeSlipsResult['events'], 'found' | 'cut'>;
      };
    }
  | { readonly kind: 'loudness'; readonly result: readonly LoudnessReadings[] };

export interface TakeWorkerData {
  readonly kernels: WebAssembly.Module;
  readonly shape: BlockShape;
  readonly judges: readonly Judge[];
}

export type FromTakeWorker =
  | { readonly kind: 'batch'; readonly batch: ArrayBuffer }
  | { readonly kind: 'done'; readonly judgements: readonly Judgement[] };

export interface RunningJudge {
  process(block: TakeBlock, frames: number): void;
  gap(): void;
  finish(): Judgement;
}

export function runJudge(kernels: WebAssembly.Module, judge: Judge): RunningJudge {
  switch (judge.kind) {
    case 'slips': {
      const slips = new TakeSlips(kernels, judge.options);
      return {
        process: (block, frames) => slips.process(block, frames),
        gap: () => slips.gap(),
        finish: () => ({ kind: 'slips', result: slips.finish() }),
      };
    }
    case 'loudness': {
      const loudness = createTakeLoudness(kernels, judge.options);
      return {
        process: (block, frames) => loudness.push(block.input, frames),
        gap: () => {},
        finish: () => ({ kind: 'loudness', result: loudness.readings() }),
      };
    }
    default:
      return assertNever(judge);
  }
}

export interface TakeJudges {
  /** Takes the block that `kernel` has just processed. Where it answers a promise, the next may not come before that is kept. */
  take(kernel: MeterKernel, frames: number): Promise<void> | null;
  gap(): Promise<void> | null;
  finish(): Promise<readonly Judgement[]>;
  /** Ends all threads, in whatever state; after `finish` too. */
  stop(): Promise<void>;
}

/** @param here judges in this thread; @param elsewhere those of each further thread, or none. Judgements come in this order. */
export function startJudges(
  kernels: WebAssembly.Module,
  here: readonly Judge[],
  elsewhere: readonly (readonly Judge[])[],
  shape: BlockShape,
): TakeJudges {
  const own = here.map((judge) => runJudge(kernels, judge));
  const judgements = elsewhere.map((): readonly Judgement[] | null => null);
  let failed: Error | null = null;
  let onChange: () => void = () => {};
  const writers: BatchWriter[] = [];
  const workers = elsewhere.map((judges, reader) => {
    const worker = new Worker(new URL('../takeWorker.js', import.meta.url), {
      workerData: { kernels, shape, judges } satisfies TakeWorkerData,
    });
    const writer = new BatchWriter(shape, (batch) => worker.postMessage(batch, [batch]));
    writers.push(writer);
    worker.on('message', (message: FromTakeWorker) => {
      if (message.kind === 'done') judgements[reader] = message.judgements;
      else writer.back(message.batch);
      onChange();
    });
    const fail = (error: Error) => {
      failed ??= error;
      onChange();
    };
    worker.on('error', fail);
    worker.on('exit', (code) => {
      if (judgements[reader] === null) fail(new Error(`A thread of the analysis ended early (${code}).`));
    });
    return worker;
  });
  const until = async (ready: () => boolean) => {
    for (;;) {
      if (failed !== null) throw failed;
      if (ready()) return;
      await new Promise<void>((resolve) => {
        onChange = resolve;
      });
    }
  };
  const hasRoom = () => writers.every((writer) => !writer.full);
  const room = () => (hasRoom() ? null : until(hasRoom));
  return {
    take(kernel, frames) {
      for (const writer of writers) writer.put(kernel, frames);
      for (const judge of own) judge.process(kernel, frames);
      return room();
    },
    gap() {
      for (const writer of writers) writer.gap();
      for (const judge of own) judge.gap();
      return room();
    },
    async finish() {
      for (const writer of writers) writer.end();
      await until(() => judgements.every((list) => list !== null));
      return [...own.map((judge) => judge.finish()), ...judgements.flatMap((list) => list ?? [])];
    },
    async stop() {
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
}
