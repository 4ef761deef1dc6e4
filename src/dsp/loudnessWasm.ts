import { columnsOf, kWeightingQ28, type LoudnessKernel, type LoudnessKernelOptions } from './loudnessKernel.ts';

interface LoudnessExports {
  readonly memory: WebAssembly.Memory;
  loudnessInit(channels: number, columnCount: number, maxFrames: number): void;
  loudnessReset(): void;
  loudnessInput(): number;
  loudnessSquares(): number;
  loudnessColumns(): number;
  loudnessCoefficients(): number;
  loudnessProcess(from: number, to: number): void;
}

/** K-weighting in its own WASM instance; `kernels` as for createWasmMeter. */
export function createWasmLoudness(kernels: WebAssembly.Module, options: LoudnessKernelOptions): LoudnessKernel {
  const { channels, maxFrames, rateHz } = options;
  const columns = columnsOf(options);
  const wasm = new WebAssembly.Instance(kernels).exports as unknown as LoudnessExports;
  wasm.loudnessInit(channels, columns.length, maxFrames);
  const buffer = wasm.memory.buffer;
  new BigInt64Array(buffer, wasm.loudnessCoefficients(), 10).set(kWeightingQ28(rateHz));
  new Int32Array(buffer, wasm.loudnessColumns(), columns.length).set(columns);
  return {
    channels,
    columns,
    maxFrames,
    input: new Int32Array(buffer, wasm.loudnessInput(), channels * maxFrames),
    sumSquaresQ4: new BigUint64Array(buffer, wasm.loudnessSquares(), columns.length),
    process(from, to) {
      if (!(from >= 0 && from <= to && to <= maxFrames))
        throw new RangeError(`frames ${from}..${to} outside 0..${maxFrames}`);
      wasm.loudnessProcess(from, to);
    },
    reset() {
      wasm.loudnessReset();
    },
  };
}
