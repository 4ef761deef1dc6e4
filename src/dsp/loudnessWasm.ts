import { kWeightingQ28, type LoudnessKernel } from './loudnessKernel.ts';

interface LoudnessExports {
  readonly memory: WebAssembly.Memory;
  loudnessInit(channels: number, maxFrames: number): void;
  loudnessReset(): void;
  loudnessInput(): number;
  loudnessSquares(): number;
  loudnessCoefficients(): number;
  loudnessProcess(from: number, to: number): void;
}

/** K-weighting of 1..64 channels in its own WASM instance; `kernels` as for createWasmMeter. */
export function createWasmLoudness(
  kernels: WebAssembly.Module,
  options: { readonly channels: number; readonly maxFrames: number; readonly rateHz: number },
): LoudnessKernel {
  const { channels, maxFrames, rateHz } = options;
  if (!(channels >= 1 && channels <= 64)) throw new RangeError(`channels is ${channels}, not 1..64`);
  const wasm = new WebAssembly.Instance(kernels).exports as unknown as LoudnessExports;
  wasm.loudnessInit(channels, maxFrames);
  const buffer = wasm.memory.buffer;
  new BigInt64Array(buffer, wasm.loudnessCoefficients(), 10).set(kWeightingQ28(rateHz));
  return {
    channels,
    maxFrames,
    input: new Int32Array(buffer, wasm.loudnessInput(), channels * maxFrames),
    sumSquaresQ4: new BigUint64Array(buffer, wasm.loudnessSquares(), channels),
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
