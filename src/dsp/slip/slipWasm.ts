import { type LoudnessExports, loudnessIn } from '../loudnessWasm.ts';
import { JUDGE_REACH, JUDGE_ROOM } from './judgeKernel.ts';
import {
  CELL,
  HITS,
  hannWindow,
  LOGS,
  MOST_PEAKS,
  ringFrames,
  SEGMENT,
  type SlipKernel,
  type SlipKernelOptions,
  SPLICE_PLACES,
  TAPS,
  WINDOW,
} from './slipKernel.ts';

/** What src/dsp/assembly/slip.ts exports. */
interface SlipExports extends LoudnessExports {
  slipInit(
    channels: number,
    maxFrames: number,
    groups: number,
    capacity: number,
    ringFrames: number,
    loudnessColumns: number,
  ): void;
  slipLanes(): number;
  slipMasks(): number;
  slipTelling(): number;
  slipTaps(): number;
  slipOrders(): number;
  slipData(): number;
  slipEnergy(): number;
  slipLogs(): number;
  slipWindow(): number;
  slipCorrelation(): number;
  slipScores(): number;
  slipJudgeSignals(): number;
  slipJudgeRough(): number;
  slipJudgeFilters(): number;
  slipJudgeErrors(): number;
  slipJudgeBackwards(): number;
  slipJudgeExcess(): number;
  slipJudgeTold(): number;
  slipJudgeCross(): number;
  slipJudgeLoad(channel: number, group: number, lane: number, from: number): void;
  slipJudgePrepare(channels: number, order: number): void;
  slipJudgeFit(channel: number, order: number): void;
  slipRing(): number;
  slipHits(): number;
  slipCells(): number;
  slipKeep(frame: number, frames: number): void;
  slipRepeats(group: number, probeA: number, probeB: number, frames: number, phase: number): number;
  slipAppend(at: number, frames: number): void;
  slipShift(from: number, frames: number): void;
  slipCorrelate(group: number, at: number): void;
  slipTrain(group: number, at: number, lanes: number, longest: number): number;
  slipResidual(group: number, at: number, frames: number, to: number, add: boolean): void;
  slipChosen(): number;
  slipPeaks(from: number, cells: number, count: number): void;
  slipSplice(group: number, peak: number, order: number): void;
  slipRatios(): number;
  slipMisfits(): number;
  slipSpliceBank(first: number, groups: number, peak: number, live: number, order: number): void;
}

/** The slip kernels in a WASM instance of their own. `kernels`: dist/dsp/kernels.wasm, as bytes or compiled. */
export function createWasmSlipKernel(
  kernels: WebAssembly.Module | Uint8Array<ArrayBuffer>,
  options: SlipKernelOptions,
): SlipKernel {
  const { channels, maxFrames, lanes, capacity, loudness } = options;
  const groups = lanes.length / 4;
  const module = kernels instanceof WebAssembly.Module ? kernels : new WebAssembly.Module(kernels);
  const wasm = new WebAssembly.Instance(module).exports as unknown as SlipExports;
  const ringLength = ringFrames(maxFrames);
  wasm.slipInit(channels, maxFrames, groups, capacity, ringLength, loudness?.columns.length ?? 0);
  const buffer = wasm.memory.buffer;
  new Int32Array(buffer, wasm.slipLanes(), lanes.length).set(lanes);
  new Float32Array(buffer, wasm.slipWindow(), WINDOW).set(hannWindow());
  const ring = new Int32Array(buffer, wasm.slipRing(), (ringLength + maxFrames) * channels);
  return {
    groups,
    capacity,
    masks: new Int32Array(buffer, wasm.slipMasks(), lanes.length),
    telling: new Int32Array(buffer, wasm.slipTelling(), lanes.length),
    taps: new Float32Array(buffer, wasm.slipTaps(), groups * (TAPS + 1) * 4),
    orders: new Int32Array(buffer, wasm.slipOrders(), groups),
    data: new Float32Array(buffer, wasm.slipData(), groups * capacity * 4),
    energy: new Float32Array(buffer, wasm.slipEnergy(), (groups * capacity * 4) / SEGMENT),
    logs: new Int32Array(buffer, wasm.slipLogs(), groups * LOGS),
    cells: new Int32Array(buffer, wasm.slipCells(), LOGS / CELL),
    cellSums: new Int32Array(buffer, wasm.slipCells() + (LOGS / CELL) * 4, LOGS / CELL),
    peakFrames: new Int32Array(buffer, wasm.slipChosen(), MOST_PEAKS),
    peakRanks: new Int32Array(buffer, wasm.slipChosen() + MOST_PEAKS * 4, MOST_PEAKS),
    peakExcesses: new Int32Array(buffer, wasm.slipChosen() + MOST_PEAKS * 8, MOST_PEAKS),
    ringFrames: ringLength,
    ring,
    loudness:
      loudness === undefined
        ? null
        : loudnessIn(wasm, { channels, maxFrames: ringLength + maxFrames, ...loudness }, ring),
    hits: new Int32Array(buffer, wasm.slipHits(), HITS * 2),
    correlation: new Float64Array(buffer, wasm.slipCorrelation(), (TAPS + 1) * 4),
    scores: new Float32Array(buffer, wasm.slipScores(), SPLICE_PLACES * 3 * 4),
    ratios: new Float64Array(buffer, wasm.slipRatios(), SPLICE_PLACES),
    misfits: new Float64Array(buffer, wasm.slipMisfits(), SPLICE_PLACES),
    judge: {
      signals: new Float64Array(buffer, wasm.slipJudgeSignals(), JUDGE_ROOM.signals),
      rough: new Float64Array(buffer, wasm.slipJudgeRough(), JUDGE_ROOM.rough),
      filters: new Float64Array(buffer, wasm.slipJudgeFilters(), JUDGE_ROOM.filters),
      errors: new Float64Array(buffer, wasm.slipJudgeErrors(), JUDGE_ROOM.errors),
      backwards: new Float64Array(buffer, wasm.slipJudgeBackwards(), JUDGE_ROOM.backwards),
      excess: new Float64Array(buffer, wasm.slipJudgeExcess(), JUDGE_ROOM.excess),
      cross: new Float64Array(buffer, wasm.slipJudgeCross(), JUDGE_ROOM.cross),
      told: new Float64Array(buffer, wasm.slipJudgeTold(), JUDGE_ROOM.told),
      load: (channel, group, lane, index) => wasm.slipJudgeLoad(channel, group, lane, index - JUDGE_REACH),
      prepare: (judged, order) => wasm.slipJudgePrepare(judged, order),
      weigh: (channel, order) => wasm.slipJudgeFit(channel, order),
    },
    append: (at, frames) => wasm.slipAppend(at, frames),
    shift: (from, frames) => wasm.slipShift(from, frames),
    train: (group, at, lanes, longest) => wasm.slipTrain(group, at, lanes, longest),
    correlate: (group, at) => wasm.slipCorrelate(group, at),
    residual: (group, at, frames, to, add) => wasm.slipResidual(group, at, frames, to, add),
    peaks: (from, cells, count) => wasm.slipPeaks(from, cells, count),
    // Frame numbers beyond 31 bits: only their low bits matter to the ring and to the phase.
    keep: (firstFrame, frames) => wasm.slipKeep(firstFrame % 2 ** 30, frames),
    repeats: (group, probeA, probeB, frames, firstFrame) =>
      wasm.slipRepeats(group, probeA, probeB, frames, firstFrame % 2 ** 30),
    splice: (group, peak, order) => wasm.slipSplice(group, peak, order),
    spliceBank: (first, count, peak, live, order) => wasm.slipSpliceBank(first, count, peak, live, order),
  };
}
