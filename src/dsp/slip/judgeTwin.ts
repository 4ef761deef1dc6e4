/** Plain TypeScript twin of src/dsp/assembly/judge.ts: the same sums in the same order. */
import {
  BACKGROUND,
  BACKWARD,
  BEFORE,
  BEHIND,
  COPY,
  GAP,
  GUARD,
  HALF,
  JUDGE_LENGTH,
  JUDGE_REACH,
  JUDGE_ROOM,
  type JudgeKernel,
  judgeWindow,
  LEFT,
  MAX_CHANNELS,
  MISSING,
  ORDER,
  OTHER,
  PLACES,
  ROUGH,
  TOLD,
  TRIED,
} from './judgeKernel.ts';
import { levinson } from './predictor.ts';
import { TAPS } from './slipKernel.ts';

/** `data` and `taps`: the store of the slip kernel, `capacity` frames a group. */
export function createTwinJudge(data: Float32Array, taps: Float32Array, capacity: number): JudgeKernel {
  const signals = new Float64Array(JUDGE_ROOM.signals);
  const rough = new Float64Array(JUDGE_ROOM.rough);
  const filters = new Float64Array(JUDGE_ROOM.filters);
  const errors = new Float64Array(JUDGE_ROOM.errors);
  const cross = new Float64Array(JUDGE_ROOM.cross);
  const told = new Float64Array(JUDGE_ROOM.told);
  const hann = judgeWindow();
  const side = new Float64Array(HALF - GAP);
  const lags = new Float64Array(ORDER + 1);
  const scratch = new Float64Array(ORDER + 1);
  const signalOf = (c: number) => signals.subarray(c * JUDGE_LENGTH, (c + 1) * JUDGE_LENGTH);
  const residuals = Array.from({ length: MAX_CHANNELS }, () => new Float64Array(2 * ROUGH));

  const findResidual = (c: number) => {
    const x = signalOf(c);
    const a = rough.subarray(c * (TAPS + 1), (c + 1) * (TAPS + 1));
    residuals[c]!.forEach((_, i, e) => {
      e[i] = filterAt(x, a, JUDGE_REACH - ROUGH + i);
    });
  };

  /** What is a copy of a channel before, but for noise, loses all that this one explains of it. */
  const takeCopies = (channels: number) => {
    const copies = new Set<number>();
    const from = JUDGE_REACH - ROUGH;
    const to = JUDGE_REACH + ROUGH;
    const powers = Array.from({ length: channels }, (_, c) => dot(signalOf(c), signalOf(c), from, to));
    for (let j = 0; j < channels; j++) {
      const power = dot(signalOf(j), signalOf(j), from, to);
      for (let i = j + 1; i < channels; i++) {
        const sum = dot(signalOf(i), signalOf(j), from, to);
        if (!(sum * sum > COPY * powers[i]! * power)) continue;
        take(signalOf(i), signalOf(j), sum / power);
        findResidual(i);
        copies.add(i * MAX_CHANNELS + j);
      }
    }
    return copies;
  };

  const makeIndependent = (channels: number) => {
    for (let c = 0; c < channels; c++) findResidual(c);
    for (let i = 0; i < channels; i++)
      for (let j = i; j < channels; j++)
        cross[i * MAX_CHANNELS + j] = dot(residuals[i]!, residuals[j]!, ROUGH - GUARD, ROUGH + ORDER);
    const copies = takeCopies(channels);
    for (let i = 0; i < channels; i++)
      for (let j = 0; j < i; j++) {
        const power = dot(residuals[j]!, residuals[j]!, 0, 2 * ROUGH);
        // What a copy still has in common with the first is the noise of that: it would bring the source back.
        if (power <= 0 || copies.has(i * MAX_CHANNELS + j)) continue;
        const factor = dot(residuals[i]!, residuals[j]!, 0, 2 * ROUGH) / power;
        take(residuals[i]!, residuals[j]!, factor);
        take(signalOf(i), signalOf(j), factor);
      }
  };

  /** Fits the predictor to the frames before and behind the middle. Returns what it leaves. */
  const predictorOf = (x: Float64Array, out: Float64Array) => {
    lags.fill(0);
    for (const from of [JUDGE_REACH - HALF, JUDGE_REACH + GAP]) {
      for (let i = 0; i < side.length; i++) side[i] = x[from + i]! * hann[i]!;
      for (let lag = 0; lag <= ORDER; lag++) {
        // Even and odd frames apart, as in the kernel.
        let even = 0;
        let odd = 0;
        for (let n = 0; n < side.length; n += 2) {
          even += side[n]! * (n < lag ? 0 : side[n - lag]!);
          odd += side[n + 1]! * (n + 1 < lag ? 0 : side[n + 1 - lag]!);
        }
        lags[lag]! += even + odd;
      }
    }
    return levinson(lags, ORDER, 1e-3, out, scratch);
  };

  const compare = (c: number, x: Float64Array, a: Float64Array) => {
    const e = (m: number) => errors[c * 2 * BACKGROUND + m - JUDGE_REACH + BACKGROUND]!;
    let gain = 0;
    for (let k = 0; k <= ORDER; k++) gain += a[k]! * a[k]!;
    for (let i = 0; i < TRIED; i++) {
      const n = JUDGE_REACH + i - PLACES;
      let all = 0;
      let inside = 0;
      for (let m = n - GUARD; m < n + ORDER + GUARD; m++) {
        all += e(m) * e(m);
        if (m >= n && m < n + ORDER) inside += e(m) * e(m);
      }
      let best = 0;
      for (let j = n - 2; j <= n + 1; j++) {
        let click = 0;
        for (let k = 0; k <= ORDER; k++) click += a[k]! * e(j + k);
        best = Math.max(best, (click * click) / gain, e(j) * e(j));
      }
      let backward = 0;
      for (let m = n; m < n + ORDER; m++) {
        let r = 0;
        for (let k = 0; k <= ORDER; k++) r += a[k]! * x[m + k]!;
        backward += r * r;
      }
      let energy = 0;
      let share = 0;
      for (let k = 0; k <= ORDER; k++) {
        const p = n + k - 1;
        let r = 0;
        for (let j = 0; j < k; j++) r += a[j]! * x[p - j]!;
        for (let j = k + 1; j <= ORDER; j++) r += a[j]! * x[p - j + 1]!;
        energy += r * r;
        share += r * a[k]!;
      }
      told[c * TOLD + OTHER + i] = Math.max(0, all - best);
      told[c * TOLD + MISSING + i] = Math.max(0, all - inside + energy - (share * share) / gain);
      told[c * TOLD + BACKWARD + i] = backward;
    }
  };

  return {
    signals,
    rough,
    filters,
    errors,
    cross,
    told,
    load(channel, group, lane, index) {
      for (let n = 0; n < JUDGE_LENGTH; n++)
        signals[channel * JUDGE_LENGTH + n] = data[(group * capacity + index - JUDGE_REACH + n) * 4 + lane]!;
      for (let k = 0; k <= TAPS; k++) rough[channel * (TAPS + 1) + k] = taps[(group * (TAPS + 1) + k) * 4 + lane]!;
    },
    judge(channels) {
      makeIndependent(channels);
      for (let c = 0; c < channels; c++) {
        const x = signalOf(c);
        const a = filters.subarray(c * (ORDER + 1), (c + 1) * (ORDER + 1));
        const left = predictorOf(x, a);
        told[c * TOLD + LEFT] = left;
        if (left === 0) continue;
        let before = 0;
        let behind = 0;
        for (let i = 0; i < 2 * BACKGROUND; i++) {
          const r = filterAt(x, a, JUDGE_REACH - BACKGROUND + i);
          errors[c * 2 * BACKGROUND + i] = r;
          if (i < BACKGROUND - GUARD - 1) before += r * r;
          else if (i >= BACKGROUND + ORDER + GUARD + 1) behind += r * r;
        }
        told[c * TOLD + BEFORE] = before / (BACKGROUND - GUARD - 1);
        told[c * TOLD + BEHIND] = behind / (BACKGROUND - ORDER - GUARD - 1);
        compare(c, x, a);
      }
    },
  };
}

function filterAt(x: Float64Array, a: Float64Array, m: number): number {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += a[k]! * x[m - k]!;
  return sum;
}

function dot(a: Float64Array, b: Float64Array, from: number, to: number): number {
  let sum = 0;
  for (let n = from; n < to; n++) sum += a[n]! * b[n]!;
  return sum;
}

/** x -= factor * y */
function take(x: Float64Array, y: Float64Array, factor: number): void {
  for (let n = 0; n < x.length; n++) x[n]! -= factor * y[n]!;
}
