/**
 * What is made of a take beside its meters: slips, and loudness. Each needs all channels, for banks vouch against one another
 * and groups are the user's, so they are shared out among threads by kind and not by channel: the results are the same
 * whatever the number of threads.
 */
import { Worker } from 'node:worker_threads';
import { createTakeLoudness, type TakeLoudnessOptions } from '../dsp/fileReadings.ts';
import type { LoudnessReadings } from '../dsp/loudness.ts';
import type { MeterKernel } from '../dsp/meterKernel.ts';
import { assertNever } from '../fault.ts';
import { type BlockRingShape, BlockRingWriter, createBlockRing, type TakeBlock } from './blockRing.ts';
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
  readonly memory: SharedArrayBuffer;
  readonly shape: BlockRingShape;
  readonly reader: number;
  readonly judges: readonly Judge[];
}

export type FromTakeWorker =
  | { readonly kind: 'room' }
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
  /** Takes the block that `kernel` has just processed; a promise: not before it is kept may the next come. */
  take(kernel: MeterKernel, frames: number): Promise<void> | null;
  gap(): Promise<void> | null;
  finish(): Promise<readonly Judgement[]>;
  /** Ends all threads, in whatever state; after `finish` too. */
  stop(): Promise<void>;
}

/** Judges in this thread, one after the other. */
export function judgesHere(kernels: WebAssembly.Module, judges: readonly Judge[]): TakeJudges {
  const running = judges.map((judge) => runJudge(kernels, judge));
  return {
    take(kernel, frames) {
      for (const judge of running) judge.process(kernel, frames);
      return null;
    },
    gap() {
      for (const judge of running) judge.gap();
      return null;
    },
    finish: () => Promise.resolve(running.map((judge) => judge.finish())),
    stop: () => Promise.resolve(),
  };
}

/** A thread for each list of judges. */
export function judgesInThreads(
  kernels: WebAssembly.Module,
  lists: readonly (readonly Judge[])[],
  shape: Omit<BlockRingShape, 'readers'>,
): TakeJudges {
  const whole: BlockRingShape = { ...shape, readers: lists.length };
  const memory = createBlockRing(whole);
  const writer = new BlockRingWriter(memory, whole);
  const judgements = lists.map((): readonly Judgement[] | null => null);
  let failed: Error | null = null;
  let onChange: () => void = () => {};
  const workers = lists.map((judges, reader) => {
    const worker = new Worker(new URL('../takeWorker.js', import.meta.url), {
      workerData: { kernels, memory, shape: whole, reader, judges } satisfies TakeWorkerData,
    });
    worker.on('message', (message: FromTakeWorker) => {
      if (message.kind === 'done') judgements[reader] = message.judgements;
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
  const hasRoom = () => !writer.full;
  const room = () => (writer.full ? until(hasRoom) : null);
  return {
    take(kernel, frames) {
      writer.put(kernel, frames);
      return room();
    },
    gap() {
      writer.gap();
      return room();
    },
    async finish() {
      writer.end();
      await until(() => judgements.every((list) => list !== null));
      return judgements.flatMap((list) => list ?? []);
    },
    async stop() {
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
}
