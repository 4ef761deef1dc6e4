import { createTwinLoudness } from '../loudnessTwin.ts';
import { createTwinJudge } from './judgeTwin.ts';
import { levinson } from './predictor.ts';
import {
  CELL,
  FLOOR_SHARE,
  HITS,
  hannWindow,
  LEAST_GAIN,
  LEAST_TRACE,
  LOGS,
  LONGEST_REPEAT,
  MISFIT_LEEWAY,
  MISFIT_MOST,
  MOST_PEAKS,
  PEAK_AROUND,
  PEAK_BESIDE,
  PLAIN_TRACE,
  ROUNDING,
  ringFrames,
  SEGMENT,
  SHORT_TAPS,
  SILENT_ENERGY,
  type SlipKernel,
  type SlipKernelOptions,
  SPLICE_BEFORE,
  SPLICE_GUARD,
  SPLICE_PLACES,
  spliceWindow,
  TAPS,
  WINDOW,
} from './slipKernel.ts';

const { fround } = Math;

/** The energy that a left-out frame adds to the prediction error in the frame where it adds most; see `traceOf` of the assembly. */
function traceOf(r: Float64Array, a: Float64Array, order: number): number {
  let trace = 0;
  let most = 0;
  for (let k = order; k >= 1; k--) {
    let sum = 0;
    for (let j = k + 1; j <= order; j++) sum += a[j]! * (2 * r[j - k]! - (r[j - k - 1]! + r[j - k + 1]!));
    trace += a[k]! * (a[k]! * (2 * (r[0]! - r[1]!)) + 2 * sum);
    most = Math.max(most, trace);
  }
  return most;
}

/** Plain TypeScript twin of src/dsp/assembly/slip.ts: the same operations in the same order, one lane at a time. */
export function createTwinSlipKernel(options: SlipKernelOptions): SlipKernel {
  const { channels, maxFrames, lanes, capacity, loudness } = options;
  const groups = lanes.length / 4;
  const masks = new Int32Array(lanes.length);
  const telling = new Int32Array(lanes.length);
  const taps = new Float32Array(groups * (TAPS + 1) * 4);
  const orders = new Int32Array(groups).fill(SHORT_TAPS);
  const data = new Float32Array(groups * capacity * 4);
  const energy = new Float32Array((groups * capacity * 4) / SEGMENT);
  const logs = new Int32Array(groups * LOGS);
  const cells = new Int32Array(LOGS / CELL);
  const cellSums = new Int32Array(LOGS / CELL);
  const peakFrames = new Int32Array(MOST_PEAKS);
  const peakRanks = new Int32Array(MOST_PEAKS);
  const peakExcesses = new Int32Array(MOST_PEAKS);
  const ringLength = ringFrames(maxFrames);
  const ring = new Int32Array((ringLength + maxFrames) * channels);
  /** Sample of the block in hand where it begins. */
  let start = 0;
  const hits = new Int32Array(HITS * 2);
  const keys = Array.from({ length: groups }, () => new Int32Array(LONGEST_REPEAT + maxFrames));
  const correlation = new Float64Array((TAPS + 1) * 4);
  const scores = new Float32Array(SPLICE_PLACES * 3 * 4);
  const window = hannWindow();
  const float = new Float32Array(1);
  const bits = new Int32Array(float.buffer);

  const x = (group: number, frame: number, lane: number) => data[(group * capacity + frame) * 4 + lane]!;
  const tapOf = (group: number, k: number, lane: number) => taps[(group * (TAPS + 1) + k) * 4 + lane]!;
  const mulAdd = (sum: number, a: number, b: number) => fround(sum + fround(a * b));

  const windowed = Array.from({ length: 4 }, () => new Float32Array(WINDOW));
  const correlateLags = (first: number, last: number) => {
    for (let lane = 0; lane < 4; lane++) {
      const x = windowed[lane]!;
      for (let lag = first; lag <= last; lag++) {
        let total = 0;
        for (let from = 0; from < WINDOW; from += 32) {
          let sum = 0;
          for (let n = from; n < from + 32; n++) sum = mulAdd(sum, x[n]!, n < lag ? 0 : x[n - lag]!);
          total += sum;
        }
        correlation[lag * 4 + lane] = total;
      }
    }
  };
  const correlate = (group: number, at: number) => {
    for (let lane = 0; lane < 4; lane++)
      for (let n = 0; n < WINDOW; n++) windowed[lane]![n] = fround(x(group, at + n, lane) * window[n]!);
    correlation.fill(0);
    correlateLags(0, SHORT_TAPS);
  };

  /** Predictor of `order` taps of each lane from the correlation; what it leaves of their energy; which lanes tell. */
  const predict = (group: number, order: number, lives: (lane: number) => boolean) => {
    const r = new Float64Array(TAPS + 1);
    const a = new Float64Array(TAPS + 1);
    const energies: number[] = [];
    const traces: number[] = [];
    const tells: boolean[] = [];
    for (let lane = 0; lane < 4; lane++) {
      for (let k = 0; k <= TAPS; k++) r[k] = correlation[k * 4 + lane]!;
      const floor = lives(lane) ? ROUNDING : 1;
      const left = levinson(r, order, floor, a, new Float64Array(TAPS + 1));
      for (let k = 0; k <= TAPS; k++) taps[(group * (TAPS + 1) + k) * 4 + lane] = a[k]!;
      energies.push(r[0]! > 0 ? left : floor);
      const trace = traceOf(r, a, order);
      traces.push(trace);
      tells.push(lives(lane) && trace > left * LEAST_TRACE);
    }
    tells.forEach((tell, lane) => {
      telling[group * 4 + lane] = tell ? -1 : 0;
    });
    return { energies, traces, tells };
  };

  const ratios = new Float64Array(SPLICE_PLACES);
  const misfits = new Float64Array(SPLICE_PLACES);

  const kernel: SlipKernel = {
    groups,
    capacity,
    masks,
    telling,
    taps,
    orders,
    data,
    energy,
    logs,
    cells,
    cellSums,
    peakFrames,
    peakRanks,
    peakExcesses,
    ringFrames: ringLength,
    loudness:
      loudness === undefined
        ? null
        : createTwinLoudness({ channels, maxFrames: ringLength + maxFrames, ...loudness }, ring),
    ring,
    hits,
    correlation,
    scores,
    ratios,
    misfits,
    judge: createTwinJudge(data, taps, capacity),
    keep(firstFrame, frames) {
      start = (firstFrame % ringLength) * channels;
      const behind = start + frames * channels - ringLength * channels;
      if (behind > 0) ring.copyWithin(0, ringLength * channels, ringLength * channels + behind);
    },
    repeats(group, probeA, probeB, frames, firstFrame) {
      const key = keys[group]!;
      for (let n = 0; n < frames; n++)
        key[LONGEST_REPEAT + n] =
          ring[start + n * channels + probeA]! ^ Math.imul(ring[start + n * channels + probeB]!, 0x9e3779b1);
      let found = 0;
      for (let n = 0; n < frames; n++) {
        const look = (longest: number, shortest: number) => {
          for (let lag = longest; lag >= shortest; lag--) {
            if (found >= HITS || key[LONGEST_REPEAT + n] !== key[LONGEST_REPEAT + n - lag]) continue;
            hits[2 * found] = n;
            hits[2 * found + 1] = lag;
            found++;
          }
        };
        const phase = firstFrame + n;
        if (phase % 2 === 0) {
          look(2, 2);
          look(3, 3);
        }
        if (phase % 4 === 0) look(7, 4);
        if (phase % 8 === 0) look(15, 8);
        if (phase % 16 === 0) look(LONGEST_REPEAT, 16);
      }
      key.copyWithin(0, frames, frames + LONGEST_REPEAT);
      return found;
    },
    append(at, frames) {
      for (let g = 0; g < groups; g++)
        for (let n = 0; n < frames; n++)
          for (let lane = 0; lane < 4; lane++)
            // Beyond the last channel of the block a vector load reads what follows; such lanes are masked out.
            data[(g * capacity + at + n) * 4 + lane] = (ring[start + n * channels + lanes[g * 4 + lane]!] ?? 0) >> 8;
    },
    shift(from, frames) {
      for (let g = 0; g < groups; g++) {
        const at = g * capacity * 4;
        data.copyWithin(at, at + from * 4, at + (from + frames) * 4);
        const segment = at / SEGMENT;
        energy.copyWithin(segment, segment + (from / SEGMENT) * 4, segment + ((from + frames) / SEGMENT) * 4);
      }
    },
    correlate,
    train(group, at, count, longest) {
      correlate(group, at);
      orders[group] = SHORT_TAPS;
      const mask = masks.subarray(group * 4, group * 4 + 4);
      for (let lane = 0; lane < 4; lane++) mask[lane] = lane < count && correlation[lane]! > SILENT_ENERGY ? -1 : 0;
      telling.fill(0, group * 4, group * 4 + 4);
      if (mask.every((bits) => bits === 0)) return 0;
      const lives = (lane: number) => mask[lane] !== 0;
      const short = predict(group, SHORT_TAPS, lives);
      const asked = short.tells.filter((tell) => tell).length;
      if (asked === 0 || longest === SHORT_TAPS) return asked;
      let mostPlain = 1;
      let leastGain = 1;
      for (let lane = 0; lane < asked; lane++) {
        mostPlain *= PLAIN_TRACE;
        leastGain *= LEAST_GAIN;
      }
      let plain = 1;
      for (let lane = 0; lane < 4; lane++) if (short.tells[lane]) plain *= short.traces[lane]! / short.energies[lane]!;
      if (plain > mostPlain) return asked;
      correlateLags(SHORT_TAPS + 1, TAPS);
      const kept = taps.slice(group * (TAPS + 1) * 4, (group + 1) * (TAPS + 1) * 4);
      const longer = predict(group, TAPS, lives);
      let gain = 1;
      for (let lane = 0; lane < 4; lane++)
        if (short.tells[lane]) gain *= short.energies[lane]! / longer.energies[lane]!;
      if (gain > leastGain) {
        orders[group] = TAPS;
        return longer.tells.filter((tell) => tell).length;
      }
      taps.set(kept, group * (TAPS + 1) * 4);
      for (let lane = 0; lane < 4; lane++) telling[group * 4 + lane] = short.tells[lane] ? -1 : 0;
      return asked;
    },
    residual(group, at, frames, to, add) {
      if (!add) logs.fill(0, to, to + frames);
      if (telling.subarray(group * 4, group * 4 + 4).every((tells) => tells === 0)) {
        const first = (group * (capacity / SEGMENT) + Math.floor(at / SEGMENT)) * 4;
        energy.fill(0, first, first + (frames / SEGMENT) * 4);
        return;
      }
      const order = orders[group]!;
      for (let lane = 0; lane < 4; lane++) {
        for (let n = 0; n < frames; n++) {
          const segment = (group * (capacity / SEGMENT) + Math.floor((at + n) / SEGMENT)) * 4 + lane;
          if (n % SEGMENT === 0) energy[segment] = 0;
          let r = fround(tapOf(group, order, lane) * x(group, at + n - order, lane));
          for (let k = order - 1; k >= 1; k--) r = mulAdd(r, tapOf(group, k, lane), x(group, at + n - k, lane));
          r = fround(r + x(group, at + n, lane));
          energy[segment] = mulAdd(energy[segment]!, r, r);
          float[0] = fround(Math.abs(r) + 1);
          logs[to + n]! += ((bits[0]! >> 16) - (127 << 7)) & telling[group * 4 + lane]!;
        }
      }
    },
    peaks(from, asked, count) {
      const heightAt = (n: number) => Math.max(logs[n]!, Math.imul(logs[n]! + (logs[n + 1] ?? 0), 589) >> 10);
      for (let cell = 0; cell < asked; cell++) {
        let top = 0;
        let sum = 0;
        for (let n = from + cell * CELL; n < from + (cell + 1) * CELL; n++) {
          top = Math.max(top, heightAt(n));
          sum += logs[n]!;
        }
        cells[cell] = top;
        cellSums[cell] = sum;
      }
      const sumOf = (first: number, length: number) =>
        cellSums.subarray(first, first + length).reduce((a, b) => a + b, 0);
      peakRanks.fill(-(2 ** 31), 0, count);
      let worst = 0;
      for (let cell = PEAK_AROUND; cell < asked - PEAK_AROUND; cell++) {
        const beside = Math.max(sumOf(cell - PEAK_BESIDE, PEAK_BESIDE), sumOf(cell + 1, PEAK_BESIDE));
        const rank = cells[cell]! * PEAK_BESIDE * CELL - beside;
        if (rank <= peakRanks[worst]!) continue;
        let frame = cell * CELL;
        while (heightAt(from + frame) < cells[cell]!) frame++;
        peakFrames[worst] = frame;
        peakRanks[worst] = rank;
        peakExcesses[worst] = cells[cell]! * 2 * PEAK_AROUND * CELL - sumOf(cell - PEAK_AROUND, 2 * PEAK_AROUND);
        worst = 0;
        for (let k = 1; k < count; k++) if (peakRanks[k]! < peakRanks[worst]!) worst = k;
      }
    },
    splice(group, peak, order) {
      const first = peak - SPLICE_BEFORE;
      const from = first - SPLICE_GUARD;
      const total = SPLICE_PLACES - 1 + order + 2 * SPLICE_GUARD;
      const error = new Float32Array(total);
      const click = new Float32Array(SPLICE_PLACES + 3);
      const join = new Float32Array(order + 1);
      for (let lane = 0; lane < 4; lane++) {
        const a = (k: number) => tapOf(group, k, lane);
        let gain = 0;
        for (let k = 0; k <= order; k++) gain = mulAdd(gain, a(k), a(k));
        for (let m = 0; m < total; m++) {
          let r = 0;
          for (let k = 0; k <= order; k++) r = mulAdd(r, a(k), x(group, from + m - k, lane));
          error[m] = r;
        }
        const square = (m: number) => fround(error[m]! * error[m]!);
        // Of 2^power squares from m on, halves first.
        const squares = (m: number, power: number): number =>
          power === 0 ? square(m) : fround(squares(m, power - 1) + squares(m + 2 ** (power - 1), power - 1));
        for (let j = 0; j < SPLICE_PLACES + 3; j++) {
          let c = 0;
          for (let k = 0; k <= order; k++) c = mulAdd(c, a(k), error[j - 2 + SPLICE_GUARD + k]!);
          click[j] = fround(fround(c * c) / gain);
        }
        for (let k = 0; k <= order; k++) {
          let r = 0;
          for (let j = 0; j <= order; j++) {
            const m = first + k - j;
            r = mulAdd(r, a(j), m === first ? 0 : x(group, m > first ? m - 1 : m, lane));
          }
          join[k] = r;
        }
        for (let i = 0; i < SPLICE_PLACES; i++) {
          if (i > 0) {
            const moved = x(group, first + i - 1, lane);
            for (let k = 0; k < order; k++) join[k] = mulAdd(join[k + 1]!, fround(a(k + 1) - a(k)), moved);
            join[order] = fround(error[i + SPLICE_GUARD + order - 1]! - fround(a(order) * moved));
          }
          const sum = [0, 0];
          const share = [0, 0];
          for (let k = 0; k <= order; k++) {
            sum[k % 2] = mulAdd(sum[k % 2]!, join[k]!, join[k]!);
            share[k % 2] = mulAdd(share[k % 2]!, join[k]!, a(k));
          }
          const shared = fround(share[0]! + share[1]!);
          const left = fround(fround(sum[0]! + sum[1]!) - fround(fround(shared * shared) / gain));
          const behind = i + SPLICE_GUARD + order;
          const around = fround(
            fround(squares(i, 2) + square(i + 4)) + fround(squares(behind, 2) + square(behind + 4)),
          );
          let inside = fround(squares(i + SPLICE_GUARD, 3) + squares(i + SPLICE_GUARD + 8, 3));
          for (let k = 16; k < order; k += 16)
            inside = fround(inside + fround(squares(i + SPLICE_GUARD + k, 3) + squares(i + SPLICE_GUARD + k + 8, 3)));
          const q0 = fround(around + inside);
          const best = Math.max(...click.subarray(i, i + 4));
          scores[(i * 3 + 0) * 4 + lane] = q0;
          scores[(i * 3 + 1) * 4 + lane] = fround(q0 - best);
          scores[(i * 3 + 2) * 4 + lane] = fround(around + left);
        }
      }
    },
    spliceBank(first, count, peak, live, order) {
      // Products of likelihood ratios, one a place: few enough for a double.
      ratios.fill(1);
      misfits.fill(0);
      const middle = Math.floor(live / SEGMENT);
      for (let g = first; g < first + count; g++) {
        kernel.splice(g, peak, order);
        for (let lane = 0; lane < 4; lane++) {
          if (telling[g * 4 + lane] === 0) continue;
          let power = 0;
          for (let s = middle - 4; s <= middle + 4; s++)
            if (Math.abs(s - middle) > 1) power += energy[((g * capacity) / SEGMENT + s) * 4 + lane]!;
          const floor = ((FLOOR_SHARE * power) / (6 * SEGMENT)) * spliceWindow(order) + 1e-3;
          for (let i = 0; i < SPLICE_PLACES; i++) {
            const other = Math.max(0, scores[(i * 3 + 1) * 4 + lane]!);
            const missing = Math.max(0, scores[(i * 3 + 2) * 4 + lane]!);
            ratios[i]! *= (other + floor) / (missing + floor);
            const over = Math.max(0, missing / (floor * (MISFIT_LEEWAY / FLOOR_SHARE)) - 1);
            misfits[i]! += Math.min(MISFIT_MOST, (over * over) / (over + 2));
          }
        }
      }
    },
  };
  return kernel;
}
