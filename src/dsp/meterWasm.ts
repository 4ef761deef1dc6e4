import { type HumKernel, type HumKernelOptions, toneTable } from './humKernel.ts';
import { type LoudnessExports, loudnessIn } from './loudnessWasm.ts';
import {
  checkMeterOptions,
  checkPacked,
  type MeterKernel,
  type MeterKernelOptions,
  type PackedInput,
} from './meterKernel.ts';

/** What src/dsp/assembly/index.ts exports. */
interface KernelExports extends LoudnessExports {
  init(
    channels: number,
    maxFrames: number,
    fullScale24: number,
    clipRun: number,
    truePeak: boolean,
    truePeakHeld: boolean,
    ppmFallFrames: number,
    ppmAttack1: number,
    ppmAttack2: number,
    ppmFall: number,
    boxFrames: number,
    humWidth: number,
    humLines: number,
    humPartSamples: number,
    humDivisor: number,
    packedBytes: number,
    loudnessColumns: number,
  ): void;
  reset(): void;
  process(frames: number): void;
  inputOffset(): number;
  packedOffset(): number;
  unpack(from: number, count: number): void;
  peakOffset(): number;
  sumSquaresOffset(): number;
  sumOffset(): number;
  sumAbsOffset(): number;
  ppmOffset(): number;
  boxesOffset(): number;
  boxStride(): number;
  boxesMade(): number;
  orOffset(): number;
  andOffset(): number;
  equalCountOffset(): number;
  overSamplesOffset(): number;
  clipEventsOffset(): number;
  clipFrameOffset(): number;
  truePeakOffset(): number;
  equalLoOffset(): number;
  equalHiOffset(): number;
  zeroLoOffset(): number;
  zeroHiOffset(): number;
  humTable(): number;
  humSteps(): number;
  humSums(): number;
  humSlow(first: number, row: number, rows: number, phase: number, to: number): void;
  humEndPart(): void;
  humRestart(): void;
}

/** The search for hum inside a meter's instance, which was laid out for it. */
function humOf(wasm: KernelExports, { width, phaseSteps }: HumKernelOptions): HumKernel {
  const { buffer } = wasm.memory;
  const table = toneTable();
  new Int32Array(buffer, wasm.humTable(), table.length).set(table);
  new Uint32Array(buffer, wasm.humSteps(), phaseSteps.length).set(phaseSteps);
  return {
    sums: new Float64Array(buffer, wasm.humSums(), width * phaseSteps.length * 2),
    slowSamples: (first, row, rows, phase, to) => wasm.humSlow(first, row, rows, phase, to),
    endPart: () => wasm.humEndPart(),
    restart: () => wasm.humRestart(),
  };
}

function packedOf(wasm: KernelExports, bytes: Uint8Array, input: Int32Array): PackedInput {
  return {
    bytes,
    unpack(from, count) {
      checkPacked(from, count, bytes, input);
      wasm.unpack(from, count);
    },
  };
}

/**
 * A meter in its own WASM instance. `kernels` is dist/dsp/kernels.wasm, as bytes or compiled (see kernelFile.ts);
 * compile once and pass the module where several meters are made. `input` and all results are views on WASM memory.
 *
 * @throws RangeError when an option is outside its range.
 */
export function createWasmMeter(
  kernels: WebAssembly.Module | Uint8Array<ArrayBuffer>,
  options: MeterKernelOptions,
): MeterKernel {
  checkMeterOptions(options);
  const {
    channels,
    maxFrames,
    fullScale24,
    clipRun,
    truePeak,
    truePeakHeld = false,
    ppm,
    boxFrames = 0,
    hum,
    packedBytes = 0,
    loudness,
  } = options;
  const module = kernels instanceof WebAssembly.Module ? kernels : new WebAssembly.Module(kernels);
  const wasm = new WebAssembly.Instance(module).exports as unknown as KernelExports;
  // All memory is taken here: growing it later would detach the views below.
  wasm.init(
    channels,
    maxFrames,
    fullScale24,
    clipRun,
    truePeak,
    truePeakHeld,
    ppm?.fallFrames ?? 0,
    ppm?.attack1Q32 ?? 0,
    ppm?.attack2Q32 ?? 0,
    ppm?.fallQ32 ?? 0,
    boxFrames,
    hum?.width ?? 0,
    hum?.phaseSteps.length ?? 0,
    hum?.partSamples ?? 0,
    hum?.slowDivisor ?? 1,
    packedBytes,
    loudness?.columns.length ?? 0,
  );
  const buffer = wasm.memory.buffer;
  const i32 = (offset: number, length: number) => new Int32Array(buffer, offset, length);
  const u32 = (offset: number) => new Uint32Array(buffer, offset, maxFrames);
  const input = i32(wasm.inputOffset(), maxFrames * channels);
  const truePeakQ6 = i32(wasm.truePeakOffset(), channels);
  const truePeakQ13 = new Float64Array(channels);

  const boxStride = wasm.boxStride() / 4;
  const boxRows = boxFrames > 0 ? Math.floor(maxFrames / boxFrames) + 1 : 0;

  // No getters here: V8 puts an object literal with one into its slow form, and this is read at every turn of the sample path.
  const meter = {
    channels,
    maxFrames,
    input,
    packed: packedBytes > 0 ? packedOf(wasm, new Uint8Array(buffer, wasm.packedOffset(), packedBytes), input) : null,
    peak24: i32(wasm.peakOffset(), channels),
    sumSquares: new BigUint64Array(buffer, wasm.sumSquaresOffset(), channels),
    sum: new BigInt64Array(buffer, wasm.sumOffset(), channels),
    sumAbs: new BigUint64Array(buffer, wasm.sumAbsOffset(), channels),
    ppmQ7: new Uint32Array(buffer, wasm.ppmOffset(), channels),
    boxes: i32(wasm.boxesOffset(), boxRows * boxStride),
    boxStride,
    boxCount: 0,
    hum: hum === undefined ? null : humOf(wasm, hum),
    loudness: loudness === undefined ? null : loudnessIn(wasm, { channels, maxFrames, ...loudness }, input),
    orBits: i32(wasm.orOffset(), channels),
    andBits: i32(wasm.andOffset(), channels),
    equalCount: i32(wasm.equalCountOffset(), channels),
    overSamples: i32(wasm.overSamplesOffset(), channels),
    clipEvents: i32(wasm.clipEventsOffset(), channels),
    clipFrame: i32(wasm.clipFrameOffset(), channels),
    truePeakQ13,
    equalMaskLo: u32(wasm.equalLoOffset()),
    equalMaskHi: u32(wasm.equalHiOffset()),
    zeroMaskLo: u32(wasm.zeroLoOffset()),
    zeroMaskHi: u32(wasm.zeroHiOffset()),
    process(frames: number) {
      if (!(frames >= 0 && frames <= maxFrames)) throw new RangeError(`frames ${frames} outside 0..${maxFrames}`);
      wasm.process(frames);
      meter.boxCount = wasm.boxesMade();
      if (truePeak) for (let c = 0; c < channels; c++) truePeakQ13[c] = truePeakQ6[c]! * 128;
    },
    reset() {
      wasm.reset();
      meter.boxCount = 0;
    },
  };
  return meter;
}
