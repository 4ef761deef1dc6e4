import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type BoardLevels,
  createBoardMemory,
  LevelBoardReader,
  LevelBoardWriter,
} from '../../src/monitor/levelBoard.ts';
import { NO_SIGNAL } from '../../src/monitor/levels.ts';

function levels(peaks: readonly number[]): BoardLevels {
  const column = Int32Array.from(peaks);
  return {
    peakDbX100: column,
    truePeakDbX100: column.map((peak) => (peak === NO_SIGNAL ? peak : peak + 1)),
    rmsDbX100: column,
    meterDbX100: column,
    peakMeterDbX100: column,
    holdDbX100: column,
    clips: column.map((peak) => (peak === 0 ? 1 : 0)),
    truePeakMaxDbX100: column,
    silence: new Uint8Array(peaks.length),
  };
}

describe('the level board', () => {
  it('tells a late reader every peak, whenever it reads', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.constant('read' as const), fc.integer({ min: -12000, max: 0 })), { maxLength: 200 }),
        (steps) => {
          const memory = createBoardMemory();
          const writer = new LevelBoardWriter(memory);
          const reader = new LevelBoardReader(memory);
          let expected: number | null = null;
          let frames = 0;
          for (const step of [...steps, 'read' as const]) {
            if (step === 'read') {
              const frame = reader.take();
              expect(frame === null ? null : frame.peakDbX100[0]).toBe(expected);
              if (frame !== null) {
                expect(frame.frame).toBe(frames);
                expect(frame.truePeakDbX100[0]).toBe((expected as number) + 1);
              }
              expected = null;
            } else {
              frames += 480;
              writer.publish(2, levels([step, NO_SIGNAL]), frames, 0, 0);
              expected = expected === null ? step : Math.max(expected, step);
            }
          }
        },
      ),
    );
  });

  it('loses no peak of blocks that are merged before one is published, whenever it is read; a peak may be told twice at most', () => {
    const peak = fc.integer({ min: -12000, max: 0 });
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.constant({ kind: 'read' as const, peak: 0 }),
            fc.record({ kind: fc.constantFrom('merge' as const, 'publish' as const), peak }),
          ),
          { maxLength: 200 },
        ),
        (steps) => {
          const memory = createBoardMemory();
          const writer = new LevelBoardWriter(memory);
          const reader = new LevelBoardReader(memory);
          let frames = 0;
          /** Not published yet; published, and not read; told by the last reading. */
          let merged: number[] = [];
          let waiting: number[] = [];
          let told: number[] = [];
          for (const step of [...steps, { kind: 'publish' as const, peak: -1 }, { kind: 'read' as const, peak: 0 }]) {
            frames += 480;
            if (step.kind === 'merge') {
              writer.merge(2, levels([step.peak, NO_SIGNAL]));
              merged.push(step.peak);
            } else if (step.kind === 'publish') {
              writer.publish(2, levels([step.peak, NO_SIGNAL]), frames, 0, 0);
              waiting.push(...merged, step.peak);
              merged = [];
            } else {
              const frame = reader.take();
              expect(frame === null).toBe(waiting.length === 0);
              if (frame === null) continue;
              expect(frame.peakDbX100[0]).toBeGreaterThanOrEqual(Math.max(...waiting));
              expect(frame.peakDbX100[0]).toBeLessThanOrEqual(Math.max(...waiting, ...told));
              told = waiting;
              waiting = [];
            }
          }
        },
      ),
    );
  });

  it('carries frame counts beyond 2^32 and 64 channels', () => {
    const memory = createBoardMemory();
    const frames = 48_000 * 3600 * 24 * 30;
    new LevelBoardWriter(memory).publish(64, levels(Array.from({ length: 64 }, (_, c) => -c)), frames, 3, 77);
    const frame = new LevelBoardReader(memory).take();
    expect(frame).toMatchObject({ frame: frames, channels: 64, xruns: 3, lostFrames: 77 });
    expect(frame?.peakDbX100[63]).toBe(-63);
  });

  it('never shows half a publication to a reader in another thread', async () => {
    const memory = createBoardMemory();
    const reader = new LevelBoardReader(memory);
    // The writer below publishes the same number in every field and channel: a torn read would mix two.
    const code = `
      const { workerData } = require('node:worker_threads');
      import(workerData.module).then(({ LevelBoardWriter }) => {
        const writer = new LevelBoardWriter(workerData.memory);
        const column = new Int32Array(64);
        const all = { peakDbX100: column, truePeakDbX100: column, rmsDbX100: column, meterDbX100: column, peakMeterDbX100: column, holdDbX100: column,
          clips: column, truePeakMaxDbX100: column, silence: new Uint8Array(64) };
        const nap = new Int32Array(new SharedArrayBuffer(4));
        for (let n = 1; n <= 40000; n++) {
          column.fill(n);
          writer.publish(64, all, n, n, n);
          if (n % 40 === 0) Atomics.wait(nap, 0, 0, 0.2);
        }
      });`;
    const worker = new Worker(code, {
      eval: true,
      workerData: { memory, module: new URL('../../dist/monitor/levelBoard.js', import.meta.url).href },
    });
    const ended = new Promise((resolve) => worker.on('exit', resolve));
    let done = false;
    void ended.then(() => {
      done = true;
    });
    let reads = 0;
    let torn = 0;
    while (!done) {
      for (let i = 0; i < 200; i++) {
        const frame = reader.take();
        if (frame === null) continue;
        reads++;
        const now = frame.frame;
        // Peaks are maxima of a growing number, so they too equal the newest.
        for (const column of [frame.peakDbX100, frame.rmsDbX100, frame.clips, frame.holdDbX100]) {
          if (column.some((value) => value !== now)) torn++;
        }
        if (frame.xruns !== now || frame.lostFrames !== now) torn++;
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(reads).toBeGreaterThan(10);
    expect(torn).toBe(0);
  });
});
