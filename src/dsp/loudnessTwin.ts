import {
  columnsOf,
  kWeightingQ28,
  type LoudnessKernel,
  type LoudnessKernelOptions,
  SECTION_BITS,
} from './loudnessKernel.ts';

/** K-weighting in plain TypeScript, with BigInt for its 64-bit sums: what the WASM kernel is held against. */
export function createTwinLoudness(
  options: LoudnessKernelOptions,
  input = new Int32Array(options.channels * options.maxFrames),
): LoudnessKernel {
  const { channels, maxFrames, rateHz } = options;
  const columns = columnsOf(options);
  const coefficients = kWeightingQ28(rateHz);
  const sections = [coefficients.slice(0, 5), coefficients.slice(5)];
  const bits = BigInt(SECTION_BITS);
  const sumSquaresQ4 = new BigUint64Array(columns.length);

  /** One section of one column: past inputs, past outputs, past rounding errors. */
  const freshState = () => ({ x1: 0n, x2: 0n, y1: 0n, y2: 0n, e1: 0n, e2: 0n });
  const states = columns.map(() => sections.map(freshState));

  function section(index: number, state: ReturnType<typeof freshState>, x: bigint): bigint {
    const [b0, b1, b2, a1, a2] = sections[index] as [bigint, bigint, bigint, bigint, bigint];
    const { x1, x2, y1, y2, e1, e2 } = state;
    const sum = b0 * x + b1 * x1 + b2 * x2 - a1 * y1 - a2 * y2 + 2n * e1 - e2;
    const y = sum >> bits;
    Object.assign(state, { x1: x, x2: x1, y1: y, y2: y1, e1: sum - (y << bits), e2: e1 });
    return y;
  }

  return {
    channels,
    columns,
    maxFrames,
    input,
    sumSquaresQ4,
    process(from, to) {
      if (!(from >= 0 && from <= to && to <= maxFrames))
        throw new RangeError(`frames ${from}..${to} outside 0..${maxFrames}`);
      for (const [k, column] of columns.entries()) {
        let squares = 0n;
        for (let n = from; n < to; n++) {
          let value = BigInt(input[n * channels + column]! >> 8) * 64n;
          for (let index = 0; index < 2; index++) value = section(index, states[k]![index]!, value);
          const rounded = (value + 8n) >> 4n;
          squares += rounded * rounded;
        }
        sumSquaresQ4[k] = squares;
      }
    },
    reset() {
      for (const state of states.flat()) Object.assign(state, freshState());
    },
  };
}
