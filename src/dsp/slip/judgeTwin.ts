/** Plain TypeScript twin of src/dsp/assembly/judge.ts: the same sums in the same order. */
import {
  BACKGROUND,
  BACKWARD,
  BACKWARDS,
  BEFORE,
  BEHIND,
  COPY,
  CUT_REACH,
  ERRORS,
  GAP,
  GUARD,
  HALF,
  JUDGE_LENGTH,
  JUDGE_REACH,
  JUDGE_ROOM,
  type JudgeKernel,
  LEFT,
  MAX_CHANNELS,
  MISSING,
  ORDER,
  OTHER,
  PLACES,
  RIDGE,
  RIDGE_SHARE,
  ROUGH,
  TOLD,
  TRIED,
} from './judgeKernel.ts';
import { TAPS } from './slipKernel.ts';

/** First and last frame (exclusive) of each side that the predictor is fitted to. */
const SIDES = [
  [JUDGE_REACH - HALF, JUDGE_REACH - GAP],
  [JUDGE_REACH + GAP, JUDGE_REACH + HALF],
] as const;

/** `data` and `taps`: the store of the slip kernel, `capacity` frames a group. */
export function createTwinJudge(data: Float32Array, taps: Float32Array, capacity: number): JudgeKernel {
  const signals = new Float64Array(JUDGE_ROOM.signals);
  const rough = new Float64Array(JUDGE_ROOM.rough);
  const filters = new Float64Array(JUDGE_ROOM.filters);
  const errors = new Float64Array(JUDGE_ROOM.errors);
  const backwards = new Float64Array(JUDGE_ROOM.backwards);
  const excess = new Float64Array(JUDGE_ROOM.excess);
  const cross = new Float64Array(JUDGE_ROOM.cross);
  const told = new Float64Array(JUDGE_ROOM.told);
  /** [i][j >= i]: products of the frames i and j back. */
  const gram = Array.from({ length: ORDER + 1 }, () => new Float64Array(ORDER + 1));
  /** [k][i >= k]: column k of the lower triangle. */
  const factor = Array.from({ length: ORDER }, () => new Float64Array(ORDER));
  const solved = new Float64Array(ORDER);
  const inverse = new Float64Array(ORDER);
  const zeroState = new Float64Array(ORDER + 2);
  const signalOf = (c: number) => signals.subarray(c * JUDGE_LENGTH, (c + 1) * JUDGE_LENGTH);
  const residuals = Array.from({ length: MAX_CHANNELS }, () => new Float64Array(2 * ROUGH));

  let roughOrder = TAPS;
  const findResidual = (c: number) => {
    const x = signalOf(c);
    const a = rough.subarray(c * (TAPS + 1), c * (TAPS + 1) + roughOrder + 1);
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

  const makeIndependent = (channels: number, order: number) => {
    roughOrder = order;
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
    for (let c = 0; c < channels; c++) {
      const e = residuals[c]!;
      const all = dot(e, e, 0, 2 * ROUGH);
      excess[c] = all > 0 ? dot(e, e, ROUGH - GUARD, ROUGH + ORDER) / all : 0;
    }
  };

  /**
   * Sums of products over both sides, forwards; the sums of all lags follow from those of the first by what leaves and enters at the ends.
   */
  const findGram = (x: Float64Array, order: number) => {
    gram[0]!.fill(0);
    for (const [from, to] of SIDES)
      for (let lag = 0; lag <= order; lag++) {
        // Even and odd frames apart, as in the kernel.
        let even = 0;
        let odd = 0;
        for (let n = from + order; n < to; n += 2) {
          even += x[n]! * x[n - lag]!;
          odd += x[n + 1]! * x[n + 1 - lag]!;
        }
        gram[0]![lag]! += even + odd;
      }
    const [[a, b], [c, d]] = SIDES;
    for (let i = 0; i < order; i++)
      for (let j = i; j < order; j++) {
        const entering = (at: number) => x[at + order - 1 - i]! * x[at + order - 1 - j]!;
        const leaving = (at: number) => x[at - 1 - i]! * x[at - 1 - j]!;
        gram[i + 1]![j + 1] = gram[i]![j]! + (entering(a) - leaving(b) + (entering(c) - leaving(d)));
      }
  };

  /**
   * The predictor-error filter that leaves least of both sides, forwards and backwards (modified covariance method). Returns the energy of
   * what it is fitted to, twice over, or 0 when there is nothing (out is then 1, 0, ...).
   */
  const predictorOf = (x: Float64Array, out: Float64Array, order: number) => {
    findGram(x, order);
    const both = (i: number, j: number) => gram[i]![j]! + gram[order - j]![order - i]!;
    out.fill(0);
    out[0] = 1;
    const energy = both(0, 0);
    if (!(energy > 0)) return 0;
    const ridge = energy * RIDGE_SHARE + RIDGE;
    for (let j = 0; j < order; j++) solved[j] = -both(0, j + 1);
    // Cholesky, column by column.
    for (let j = 0; j < order; j++) {
      const column = factor[j]!;
      for (let i = j; i < order; i++) {
        let sum = both(j + 1, i + 1);
        if (i === j) sum += ridge;
        for (let k = 0; k < j; k++) sum -= factor[k]![j]! * factor[k]![i]!;
        column[i] = sum;
      }
      const one = 1 / Math.sqrt(Math.max(column[j]!, 1e-12));
      inverse[j] = one;
      for (let i = j; i < order; i++) column[i]! *= one;
    }
    for (let k = 0; k < order; k++) {
      const z = solved[k]! * inverse[k]!;
      solved[k] = z;
      for (let i = k + 1; i < order; i++) solved[i]! -= factor[k]![i]! * z;
    }
    for (let i = order - 1; i >= 0; i--) {
      const sums = [0, 0];
      for (let k = i + 1; k < order; k++) sums[(k - i - 1) % 2]! += factor[i]![k]! * solved[k]!;
      solved[i] = (solved[i]! - (sums[0]! + sums[1]!)) * inverse[i]!;
    }
    for (let i = 0; i < order; i++) out[i + 1] = solved[i]!;
    return energy;
  };

  const compare = (c: number, x: Float64Array, a: Float64Array, order: number) => {
    const e = (m: number) => errors[c * ERRORS + m - JUDGE_REACH + BACKGROUND]!;
    const back = (m: number) => backwards[c * BACKWARDS + m - JUDGE_REACH + CUT_REACH]!;
    for (let i = 0; i < order + 16; i++) {
      let r = 0;
      for (let k = 0; k <= order; k++) r += a[k]! * x[JUDGE_REACH - CUT_REACH + i + k]!;
      backwards[c * BACKWARDS + i] = r;
    }
    let gain = 0;
    for (let k = 0; k <= order; k++) gain += a[k]! * a[k]!;
    // What the filter makes of the frames behind a place alone: [k] is its answer right before frame k behind it.
    const first = JUDGE_REACH - PLACES;
    for (let k = 0; k <= order; k++) {
      let sum = 0;
      for (let j = 0; j <= k; j++) sum += a[j]! * x[first + k - j]!;
      zeroState[k + 1] = sum;
    }
    zeroState[0] = 0;
    for (let i = 0; i < TRIED; i++) {
      const n = first + i;
      let all = 0;
      let inside = 0;
      for (let m = n - GUARD; m < n + order + GUARD; m++) {
        all += e(m) * e(m);
        if (m >= n && m < n + order) inside += e(m) * e(m);
      }
      let best = 0;
      for (let j = n - 2; j <= n + 1; j++) {
        let click = 0;
        for (let k = 0; k <= order; k++) click += a[k]! * e(j + k);
        best = Math.max(best, (click * click) / gain, e(j) * e(j));
      }
      let backward = 0;
      for (let m = n; m < n + order; m++) backward += back(m) * back(m);
      // With a frame put in as nothing before n: what the frames before say of each frame from there on, and what those behind say.
      const energies = [0, 0];
      const shares = [0, 0];
      for (let k = 0; k <= order; k++) {
        const r = zeroState[k]! + e(n + k) - zeroState[k + 1]!;
        if (k < order) {
          energies[k % 2]! += r * r;
          shares[k % 2]! += r * a[k]!;
          continue;
        }
        energies[0] = energies[0]! + energies[1]! + r * r;
        shares[0] = shares[0]! + shares[1]! + r * a[k]!;
      }
      for (let k = 0; k <= order; k++) zeroState[k] = zeroState[k + 1]! - a[k]! * x[n]!;
      zeroState[order + 1] = e(n + 1 + order);
      const [energy, share] = [energies[0]!, shares[0]!];
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
    backwards,
    excess,
    cross,
    told,
    load(channel, group, lane, index) {
      for (let n = 0; n < JUDGE_LENGTH; n++)
        signals[channel * JUDGE_LENGTH + n] = data[(group * capacity + index - JUDGE_REACH + n) * 4 + lane]!;
      for (let k = 0; k <= TAPS; k++) rough[channel * (TAPS + 1) + k] = taps[(group * (TAPS + 1) + k) * 4 + lane]!;
    },
    prepare: makeIndependent,
    weigh(c, order) {
      const x = signalOf(c);
      const a = filters.subarray(c * (ORDER + 1), (c + 1) * (ORDER + 1));
      const left = predictorOf(x, a, order);
      told[c * TOLD + LEFT] = left;
      if (left === 0) return;
      let before = 0;
      let behind = 0;
      for (let i = 0; i < 2 * BACKGROUND + order; i++) {
        const r = filterAt(x, a, JUDGE_REACH - BACKGROUND + i);
        errors[c * ERRORS + i] = r;
        if (i < BACKGROUND - GUARD - 1) before += r * r;
        else if (i >= BACKGROUND + order + GUARD + 1) behind += r * r;
      }
      told[c * TOLD + BEFORE] = before / (BACKGROUND - GUARD - 1);
      told[c * TOLD + BEHIND] = behind / (BACKGROUND - GUARD - 1);
      compare(c, x, a, order);
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
