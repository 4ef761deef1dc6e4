import { BEFORE, DECIMATION, type HumKernel, type HumKernelOptions, TONE_BITS, toneTable } from './humKernel.ts';

const TURN = 1 << TONE_BITS;

/** The sums behind the search for hum in plain TypeScript. `boxes`: the meter's slow stream, `boxStride` from one row to the next. */
export function createTwinHum(options: HumKernelOptions, boxes: Int32Array, boxStride: number): HumKernel {
  const { width, partSamples, phaseSteps, slowDivisor } = options;
  const lines = phaseSteps.length;
  const cosine = toneTable();
  const phases = new Uint32Array(lines);
  /** The box sums of each channel that the low-pass still needs, oldest first. */
  const history = new Float64Array(width * BEFORE);
  const run = new Float64Array(BEFORE + partSamples * DECIMATION);
  const slow = new Float64Array(width * partSamples);
  const sums = new Float64Array(width * lines * 2);
  return {
    sums,
    slowSamples(first, row, rows, phase, to) {
      for (let c = 0; c < width; c++) {
        for (let i = 0; i < BEFORE; i++) run[i] = history[c * BEFORE + i]!;
        for (let i = 0; i < rows; i++) run[BEFORE + i] = boxes[(row + i) * boxStride + first + c]!;
        let at = c * partSamples + to;
        // The taps are the same both ways.
        for (let i = DECIMATION - 1 - phase; i < rows; i += DECIMATION) {
          const sum =
            run[i]! +
            run[i + 9]! +
            3 * (run[i + 1]! + run[i + 8]!) +
            6 * (run[i + 2]! + run[i + 7]!) +
            10 * (run[i + 3]! + run[i + 6]!) +
            12 * (run[i + 4]! + run[i + 5]!);
          slow[at++] = Math.floor(sum / slowDivisor);
        }
        for (let i = 0; i < BEFORE; i++) history[c * BEFORE + i] = run[rows + i]!;
      }
    },
    endPart() {
      for (let k = 0; k < lines; k++) {
        for (let c = 0; c < width; c++) {
          let turn = phases[k]!;
          let real = 0;
          let imaginary = 0;
          for (let n = 0; n < partSamples; n++) {
            const index = turn >>> (32 - TONE_BITS);
            const x = slow[c * partSamples + n]!;
            real += x * cosine[index]!;
            imaginary -= x * cosine[(index - TURN / 4) & (TURN - 1)]!;
            turn = (turn + phaseSteps[k]!) >>> 0;
          }
          sums[(c * lines + k) * 2] = Math.floor(real / 65536);
          sums[(c * lines + k) * 2 + 1] = Math.floor(imaginary / 65536);
        }
        phases[k] = phases[k]! + Math.imul(phaseSteps[k]!, partSamples);
      }
    },
    restart() {
      for (const array of [history, slow, sums, phases]) array.fill(0);
    },
  };
}
