import {
  hannWindow,
  SEGMENT,
  type SlipKernel,
  type SlipKernelOptions,
  SPLICE_BEFORE,
  SPLICE_GUARD,
  SPLICE_PLACES,
  TAPS,
  WINDOW,
} from './slipKernel.ts';

const { fround } = Math;

/** Plain TypeScript twin of src/dsp/assembly/slip.ts: the same operations in the same order, one lane at a time. */
export function createTwinSlipKernel(options: SlipKernelOptions): SlipKernel {
  const { channels, maxFrames, lanes, capacity } = options;
  const groups = lanes.length / 4;
  const staging = new Int32Array(maxFrames * channels);
  const masks = new Int32Array(lanes.length);
  const taps = new Float32Array(groups * (TAPS + 1) * 4);
  const data = new Float32Array(groups * capacity * 4);
  const energy = new Float32Array((groups * capacity * 4) / SEGMENT);
  const logs = new Int32Array(capacity);
  const correlation = new Float64Array((TAPS + 1) * 4);
  const scores = new Float32Array(SPLICE_PLACES * 3 * 4);
  const signal = new Float64Array(WINDOW);
  const lags = new Float64Array(33);
  const window = hannWindow();
  const float = new Float32Array(1);
  const bits = new Int32Array(float.buffer);

  const x = (group: number, frame: number, lane: number) => data[(group * capacity + frame) * 4 + lane]!;
  const tapOf = (group: number, k: number, lane: number) => taps[(group * (TAPS + 1) + k) * 4 + lane]!;
  const mulAdd = (sum: number, a: number, b: number) => fround(sum + fround(a * b));

  return {
    groups,
    capacity,
    staging,
    masks,
    taps,
    data,
    energy,
    logs,
    correlation,
    scores,
    signal,
    lags,
    autocorrelate(length, order) {
      for (let lag = 0; lag <= order; lag++) {
        let even = 0;
        let odd = 0;
        for (let n = 0; n < length; n += 2) {
          even += signal[n]! * (signal[n - lag] ?? 0);
          odd += signal[n + 1]! * (signal[n + 1 - lag] ?? 0);
        }
        lags[lag]! += even + odd;
      }
    },
    append(at, frames) {
      for (let g = 0; g < groups; g++)
        for (let n = 0; n < frames; n++)
          for (let lane = 0; lane < 4; lane++)
            // Beyond the last channel of the block a vector load reads what follows; such lanes are masked out.
            data[(g * capacity + at + n) * 4 + lane] = (staging[n * channels + lanes[g * 4 + lane]!] ?? 0) >> 8;
    },
    shift(from, frames) {
      for (let g = 0; g < groups; g++) {
        const at = g * capacity * 4;
        data.copyWithin(at, at + from * 4, at + (from + frames) * 4);
        const segment = at / SEGMENT;
        energy.copyWithin(segment, segment + (from / SEGMENT) * 4, segment + ((from + frames) / SEGMENT) * 4);
      }
    },
    correlate(group, at) {
      const windowed = new Float32Array(WINDOW);
      for (let lane = 0; lane < 4; lane++) {
        for (let n = 0; n < WINDOW; n++) windowed[n] = fround(x(group, at + n, lane) * window[n]!);
        for (let lag = 0; lag <= TAPS; lag++) {
          let total = 0;
          for (let n = lag; n < WINDOW; ) {
            const end = Math.min(n + 32, WINDOW);
            let sum = 0;
            for (; n < end; n++) sum = mulAdd(sum, windowed[n]!, windowed[n - lag]!);
            total += sum;
          }
          correlation[lag * 4 + lane] = total;
        }
      }
    },
    residual(group, at, frames, add) {
      if (!add) logs.fill(0, 0, frames);
      for (let lane = 0; lane < 4; lane++) {
        for (let n = 0; n < frames; n++) {
          const segment = (group * (capacity / SEGMENT) + Math.floor((at + n) / SEGMENT)) * 4 + lane;
          if (n % SEGMENT === 0) energy[segment] = 0;
          let r = x(group, at + n, lane);
          for (let k = 1; k <= 8; k++) r = mulAdd(r, tapOf(group, k, lane), x(group, at + n - k, lane));
          let s = fround(tapOf(group, 9, lane) * x(group, at + n - 9, lane));
          for (let k = 10; k <= TAPS; k++) s = mulAdd(s, tapOf(group, k, lane), x(group, at + n - k, lane));
          r = fround(r + s);
          energy[segment] = mulAdd(energy[segment]!, r, r);
          float[0] = fround(Math.abs(r) + 1);
          logs[n]! += ((bits[0]! >> 16) - (127 << 7)) & masks[group * 4 + lane]!;
        }
      }
    },
    splice(group, peak) {
      const first = peak - SPLICE_BEFORE;
      const from = first - SPLICE_GUARD;
      const total = SPLICE_PLACES - 1 + TAPS + 2 * SPLICE_GUARD;
      const error = new Float32Array(total);
      const click = new Float32Array(SPLICE_PLACES + 3);
      for (let lane = 0; lane < 4; lane++) {
        const a = (k: number) => tapOf(group, k, lane);
        let gain = 0;
        for (let k = 0; k <= TAPS; k++) gain = mulAdd(gain, a(k), a(k));
        for (let m = 0; m < total; m++) {
          let r = 0;
          for (let k = 0; k <= TAPS; k++) r = mulAdd(r, a(k), x(group, from + m - k, lane));
          error[m] = r;
        }
        for (let j = 0; j < SPLICE_PLACES + 3; j++) {
          let c = 0;
          for (let k = 0; k <= TAPS; k++) c = mulAdd(c, a(k), error[j - 2 + SPLICE_GUARD + k]!);
          click[j] = fround(fround(c * c) / gain);
        }
        for (let i = 0; i < SPLICE_PLACES; i++) {
          const n = first + i;
          let around = 0;
          let inside = 0;
          for (let m = 0; m < TAPS + 2 * SPLICE_GUARD; m++) {
            const square = fround(error[i + m]! * error[i + m]!);
            if (m >= SPLICE_GUARD && m < SPLICE_GUARD + TAPS) inside = fround(inside + square);
            else around = fround(around + square);
          }
          const q0 = fround(around + inside);
          let best = 0;
          for (let j = 0; j < 4; j++) best = Math.max(best, click[i + j]!);
          let sum = 0;
          let share = 0;
          for (let k = 0; k <= TAPS; k++) {
            let r = 0;
            for (let j = 0; j < k; j++) r = mulAdd(r, a(j), x(group, n + k - 1 - j, lane));
            for (let j = k + 1; j <= TAPS; j++) r = mulAdd(r, a(j), x(group, n + k - j, lane));
            sum = mulAdd(sum, r, r);
            share = mulAdd(share, r, a(k));
          }
          const q1 = fround(around + fround(sum - fround(fround(share * share) / gain)));
          scores[(i * 3 + 0) * 4 + lane] = q0;
          scores[(i * 3 + 1) * 4 + lane] = fround(q0 - best);
          scores[(i * 3 + 2) * 4 + lane] = q1;
        }
      }
    },
  };
}
