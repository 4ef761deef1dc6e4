import { columnsOf, kWeightingQ28, type LoudnessKernel, type LoudnessKernelOptions } from './loudnessKernel.ts';

export interface LoudnessExports {
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
  const input = new Int32Array(wasm.memory.buffer, wasm.loudnessInput(), channels * maxFrames);
  return loudnessIn(wasm, { channels, columns, maxFrames, rateHz }, input);
}

/** K-weighting in an instance whose memory is laid out for it; `input` is what it reads. */
export function loudnessIn(
  wasm: LoudnessExports,
  options: Required<LoudnessKernelOptions>,
  input: Int32Array,
): LoudnessKernel {
  const { channels, columns, maxFrames, rateHz } = options;
  const { buffer } = wasm.memory;
  new BigInt64Array(buffer, wasm.loudnessCoefficients(), 10).set(kWeightingQ28(rateHz));
  new Int32Array(buffer, wasm.loudnessColumns(), columns.length).set(columns);
  return {
    channels,
    columns,
    maxFrames,
    input,
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
