/**
 * Stage 2 of the slip detector, off the sample path: was exactly one frame left out here, on all channels at once?
 *
 * The channels are first made independent: each has the part of its prediction residual explained by the channels before
 * it taken away (a frame left out of all channels is left out of any mix of them). So eight copies of one source count
 * once, and bleed does not count twice. Each is then whitened by a predictor fitted to the frames before and after, and
 * stories are compared by the residual's energy: one frame missing, against nothing, a click of one sample, or a shock to
 * what sounds (an onset).
 *
 * That a missing frame explains more than those is not enough: it must explain all. With the frame put back the error must
 * be what it is before and behind the place; so must the error of a predictor that runs backwards from behind the gap, which
 * never sees it. An onset, however well a missing frame happens to fit, leaves errors above that. And where the error before
 * and behind differ, the material changes right there, and what is seen counts less.
 */
import { levinson } from './predictor.ts';
import { type SlipKernel, TAPS } from './slipKernel.ts';

const ORDER = 24;
/** Frames looked at before and behind the place. */
export const JUDGE_REACH = 1024 + ORDER + 8;
const HALF = 1024;
/** Frames around the place that do not train the predictor. */
const GAP = 16;
const GUARD = 5;
const SPAN = ORDER + 2 * GUARD;
/** Frames of background on each side. */
const BACKGROUND = 200;
/** Share of the background's energy that both stories are granted: a channel at its noise floor proves nothing. */
const FLOOR_SHARE = 0.3;
/** With the frame put back, errors up to this share above the usual (geometric mean of before and behind) cost nothing. */
const FIT_LEEWAY = 1.2;
const BACKWARD_LEEWAY = 1.3;
/** Places tried on either side of the middle: in deep tones a gap has no sharp one. */
const PLACES = 4;
const MAX_CHANNELS = 16;
const LENGTH = 2 * JUDGE_REACH;

export interface Judgement {
  nats: number;
  others: number;
  /** How many different things the channels say at the place: 1 for copies of one source. */
  voices: number;
  place: number;
}

/** What a place is, if more than one frame is missing there. */
export interface BlockJudgement {
  /** Evidence for a cut through the bank, nats, and the same without the channel that says most. */
  nats: number;
  others: number;
  /** Offset of the first frame behind the cut. */
  place: number;
  /** The likeliest number of frames missing, 2..LONGEST_BLOCK; 0 where none or one tells it as well. */
  frames: number;
}

/** Missing frames looked for at most: what a receiver's store of 64 frames gives up at once. */
export const LONGEST_BLOCK = 64;
/** Frames around the middle within which the cut is looked for. */
const CUT_REACH = 10;
/** Evidence of a cut from which missing frames are counted, and how much likelier their number must be than none or one, nats. */
const BLOCK_SURE = 10;

export class SpliceJudge {
  /** Fill with samples (any scale): signals[c][JUDGE_REACH] is the frame right behind the suspected gap. */
  readonly signals: Float64Array[] = Array.from({ length: MAX_CHANNELS }, () => new Float64Array(LENGTH));
  readonly #filters = Array.from({ length: MAX_CHANNELS }, () => new Float64Array(ORDER + 1));
  readonly #residuals = Array.from({ length: MAX_CHANNELS }, () => new Float64Array(2 * 400));
  readonly #kernel: SlipKernel;
  readonly #scratch = new Float64Array(ORDER + 1);
  readonly #hann = Float64Array.from(
    { length: HALF - GAP },
    (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * (i + 0.5)) / (HALF - GAP)),
  );
  readonly #error = new Float64Array(LENGTH);
  /** Energy of the error a frame, of the channel in hand. */
  #before = 0;
  #behind = 0;
  readonly #total = new Float64Array(2 * PLACES + 1);
  readonly #largest = new Float64Array(2 * PLACES + 1);
  readonly #answer: Judgement = { nats: 0, others: 0, voices: 0, place: 0 };

  readonly #backward = new Float64Array(LENGTH);
  readonly #blockSums = new Float64Array(2 * CUT_REACH + 1);
  readonly #blockLargest = new Float64Array(2 * CUT_REACH + 1);
  readonly #likelihood = new Float64Array(LONGEST_BLOCK + 1);
  readonly #gaps = {
    factor: new Float64Array(LONGEST_BLOCK * (ORDER + 1)),
    lag: new Float64Array(ORDER + 1),
    row: new Float64Array(LONGEST_BLOCK + ORDER),
    pre: new Float64Array(ORDER),
    post: new Float64Array(ORDER),
    solved: new Float64Array(LONGEST_BLOCK),
  };
  readonly #blockAnswer: BlockJudgement = { nats: 0, others: 0, place: 0, frames: 0 };

  static readonly maxChannels = MAX_CHANNELS;

  constructor(kernel: SlipKernel) {
    this.#kernel = kernel;
  }

  /** A predictor of at most ORDER taps for channel `c`, good enough to compare the channels by. */
  readonly rough: Float64Array[] = Array.from({ length: MAX_CHANNELS }, () => new Float64Array(TAPS + 1));

  /**
   * Evidence for one missing frame, in nats, the best of the places around the middle: log of the likelihood
   * ratio against the best of the other stories, each channel with a scale of its own. Uses signals 0..channels-1 and
   * overwrites them. `place` is the offset that was best; `others`: the evidence without the channel that says most.
   * The answer is reused by the next call.
   */
  judge(channels: number): Judgement {
    this.#makeIndependent(channels);
    const total = this.#total.fill(0);
    const largest = this.#largest.fill(0);
    for (let c = 0; c < channels; c++) {
      const x = this.signals[c]!;
      const a = this.#filters[c]!;
      if (this.#fit(x, a) === 0) continue;
      this.#background(x, a);
      for (let i = 0; i <= 2 * PLACES; i++) {
        const ratio = this.#ratio(x, a, JUDGE_REACH + i - PLACES);
        total[i]! += ratio;
        if (ratio > largest[i]!) largest[i] = ratio;
      }
    }
    let best = 0;
    for (let i = 1; i < total.length; i++) if (total[i]! > total[best]!) best = i;
    this.#answer.nats = total[best]!;
    this.#answer.others = total[best]! - largest[best]!;
    this.#answer.place = best - PLACES;
    return this.#answer;
  }

  /** How many different things the channels said in the last judgement. */
  get voices(): number {
    return this.#answer.voices;
  }

  /** Log likelihood of 0..LONGEST_BLOCK missing frames at the last block found; the next one writes over it. */
  get sizes(): Float64Array {
    return this.#likelihood;
  }

  /**
   * Were several frames left out? To be asked right after `judge`, of the same place. First, whether the sound is cut at all: behind
   * the cut a predictor that runs forwards is lost for its whole length, while one that runs backwards from behind, and the
   * forward one before, are as right as ever. Then how many frames are missing: the likelihood of what follows, with so many
   * unknown frames between, each weighed by all values that they might have had.
   */
  judgeBlock(channels: number): BlockJudgement {
    const answer = this.#blockAnswer;
    const sums = this.#blockSums.fill(0);
    const largest = this.#blockLargest.fill(0);
    const forward = this.#error;
    const backward = this.#backward;
    const from = JUDGE_REACH - CUT_REACH - ORDER;
    const to = JUDGE_REACH + CUT_REACH + ORDER;
    for (let c = 0; c < channels; c++) {
      const x = this.signals[c]!;
      const a = this.#filters[c]!;
      if (a[1] === 0 && a[2] === 0) continue;
      this.#background(x, a);
      for (let m = from; m < to; m++) {
        let r = 0;
        for (let k = 0; k <= ORDER; k++) r += a[k]! * x[m + k]!;
        backward[m] = r;
      }
      for (let i = 0; i <= 2 * CUT_REACH; i++) {
        const n = JUDGE_REACH - CUT_REACH + i;
        let before = 0;
        let behind = 0;
        let lost = 0;
        let shock = 0;
        for (let k = 0; k < ORDER; k++) {
          before += forward[n - 1 - k]! ** 2;
          behind += backward[n + k]! ** 2;
          const e = forward[n + k]! ** 2;
          lost += e;
          if (e > shock) shock = e;
        }
        let click = 0;
        let gain = 0;
        for (let k = 0; k <= ORDER; k++) {
          click += a[k]! * forward[n + k]!;
          gain += a[k]! * a[k]!;
        }
        const other = Math.max(0, lost - Math.max(shock, (click * click) / gain));
        const usual = Math.sqrt(this.#before * this.#behind) + 1e-9;
        const floor = (FLOOR_SHARE * ORDER * (this.#before + this.#behind)) / 2 + 1e-9;
        let nats =
          (ORDER / 2) * Math.log((other + floor) / (behind + floor)) -
          misfit(behind / (ORDER * usual * BACKWARD_LEEWAY), ORDER) -
          misfit(before / (ORDER * usual * BACKWARD_LEEWAY), ORDER);
        if (nats > 0) nats /= 1 + Math.abs(Math.log((this.#before + 1e-9) / (this.#behind + 1e-9)));
        sums[i]! += nats;
        if (nats > largest[i]!) largest[i] = nats;
      }
    }
    let best = 0;
    for (let i = 1; i < sums.length; i++) if (sums[i]! > sums[best]!) best = i;
    answer.nats = sums[best]!;
    answer.others = sums[best]! - largest[best]!;
    answer.place = best - CUT_REACH;
    answer.frames = answer.nats >= BLOCK_SURE ? this.#missing(channels, JUDGE_REACH + answer.place) : 0;
    return answer;
  }

  /** The likeliest number of frames missing before index `n`, or 0. */
  #missing(channels: number, n: number): number {
    const likelihood = this.#likelihood.fill(0);
    for (let c = 0; c < channels; c++) {
      const a = this.#filters[c]!;
      if (a[1] === 0 && a[2] === 0) continue;
      this.#background(this.signals[c]!, a);
      this.#weighGaps(this.signals[c]!, a, n, Math.sqrt(this.#before * this.#behind) + 1e-9);
    }
    let best = 2;
    for (let d = 3; d <= LONGEST_BLOCK; d++) if (likelihood[d]! > likelihood[best]!) best = d;
    return likelihood[best]! - Math.max(likelihood[0]!, likelihood[1]!) >= BLOCK_SURE ? best : 0;
  }

  /**
   * Adds, for each number d of missing frames, the log likelihood of the ORDER frames behind, the missing ones integrated out:
   * with A the predictor over the missing frames, B = A'A (the same Toeplitz matrix for every d, cut to d) and b = A'r,
   * -(r'r - b'B^-1 b) / 2s - log det(B) / 2.
   */
  #weighGaps(x: Float64Array, a: Float64Array, n: number, usual: number): void {
    const { factor, row, pre, post } = this.#gaps;
    for (let k = 0; k < ORDER; k++) {
      let u = 0;
      let w = 0;
      for (let j = k + 1; j <= ORDER; j++) u += a[j]! * x[n - 1 + k + 1 - j]!;
      for (let j = 0; j <= k; j++) w += a[j]! * x[n + k - j]!;
      pre[k] = u;
      post[k] = w;
    }
    // Cholesky factor of the banded B: row i keeps columns i - ORDER .. i.
    const width = ORDER + 1;
    const lag = this.#gaps.lag;
    for (let k = 0; k <= ORDER; k++) {
      let sum = 0;
      for (let j = 0; j + k <= ORDER; j++) sum += a[j]! * a[j + k]!;
      lag[k] = sum;
    }
    for (let i = 0; i < LONGEST_BLOCK; i++)
      for (let j = Math.max(0, i - ORDER); j <= i; j++) {
        let sum = lag[i - j]!;
        for (let k = Math.max(0, i - ORDER); k < j; k++)
          sum -= factor[i * width + k - i + ORDER]! * factor[j * width + k - j + ORDER]!;
        factor[i * width + j - i + ORDER] =
          i === j ? Math.sqrt(Math.max(sum, 1e-12)) : sum / factor[j * width + ORDER]!;
      }
    const likelihood = this.#likelihood;
    let none = 0;
    for (let k = 0; k < ORDER; k++) none += (pre[k]! + post[k]!) ** 2;
    likelihood[0]! -= none / (2 * usual);
    let logRoot = 0;
    for (let d = 1; d <= LONGEST_BLOCK; d++) {
      logRoot += Math.log(factor[(d - 1) * width + ORDER]!);
      const total = d + ORDER;
      let energy = 0;
      for (let k = 0; k < total; k++) {
        row[k] = (k < ORDER ? pre[k]! : 0) + (k >= d ? post[k - d]! : 0);
        energy += row[k]! * row[k]!;
      }
      let explained = 0;
      for (let i = 0; i < d; i++) {
        let b = 0;
        for (let k = 0; k <= ORDER; k++) b += a[k]! * row[i + k]!;
        for (let k = Math.max(0, i - ORDER); k < i; k++)
          b -= factor[i * width + k - i + ORDER]! * this.#gaps.solved[k]!;
        const z = b / factor[i * width + ORDER]!;
        this.#gaps.solved[i] = z;
        explained += z * z;
      }
      likelihood[d]! -= Math.max(0, energy - explained) / (2 * usual) + logRoot;
    }
  }

  /** How many different things the channels say right at the place: 1 for copies, up to their number. */
  #voices(channels: number): number {
    let sum = 0;
    let counted = 0;
    for (let i = 0; i < channels; i++) {
      const a = this.#residuals[i]!;
      let own = 0;
      for (let n = 400 - GUARD; n < 400 + ORDER; n++) own += a[n]! * a[n]!;
      if (own <= 0) continue;
      counted++;
      for (let j = 0; j < channels; j++) {
        const b = this.#residuals[j]!;
        let cross = 0;
        let other = 0;
        for (let n = 400 - GUARD; n < 400 + ORDER; n++) {
          cross += a[n]! * b[n]!;
          other += b[n]! * b[n]!;
        }
        if (other > 0) sum += (cross * cross) / (own * other);
      }
    }
    return counted === 0 ? 0 : (counted * counted) / sum;
  }

  #makeIndependent(channels: number): void {
    const reach = 400;
    for (let c = 0; c < channels; c++) {
      const x = this.signals[c]!;
      const a = this.rough[c]!;
      const e = this.#residuals[c]!;
      for (let i = 0; i < 2 * reach; i++) {
        const m = JUDGE_REACH - reach + i;
        e[i] = filterAt(x, a, m);
      }
    }
    this.#answer.voices = this.#voices(channels);
    for (let i = 0; i < channels; i++)
      for (let j = 0; j < i; j++) {
        const ei = this.#residuals[i]!;
        const ej = this.#residuals[j]!;
        let cross = 0;
        let power = 0;
        for (let n = 0; n < ei.length; n++) {
          cross += ei[n]! * ej[n]!;
          power += ej[n]! * ej[n]!;
        }
        if (power <= 0) continue;
        const factor = cross / power;
        for (let n = 0; n < ei.length; n++) ei[n]! -= factor * ej[n]!;
        const xi = this.signals[i]!;
        const xj = this.signals[j]!;
        for (let n = 0; n < LENGTH; n++) xi[n]! -= factor * xj[n]!;
      }
  }

  /** Fits the predictor to the frames before and behind the middle. Returns 0 when there is nothing. */
  #fit(x: Float64Array, out: Float64Array): number {
    const s = this.#kernel.signal;
    const length = HALF - GAP;
    this.#kernel.lags.fill(0);
    for (let side = 0; side < 2; side++) {
      const from = side === 0 ? JUDGE_REACH - HALF : JUDGE_REACH + GAP;
      for (let i = 0; i < length; i++) s[i] = x[from + i]! * this.#hann[i]!;
      this.#kernel.autocorrelate(length, ORDER);
    }
    return levinson(this.#kernel.lags, ORDER, 1e-3, out, this.#scratch);
  }

  /** Energy of the error a frame, before the place and behind it. */
  #background(x: Float64Array, a: Float64Array): void {
    let before = 0;
    let behind = 0;
    for (let m = JUDGE_REACH - BACKGROUND; m < JUDGE_REACH + BACKGROUND; m++) {
      const e = filterAt(x, a, m);
      this.#error[m] = e;
      if (m < JUDGE_REACH - GUARD - 1) before += e * e;
      else if (m >= JUDGE_REACH + ORDER + GUARD + 1) behind += e * e;
    }
    this.#before = before / (BACKGROUND - GUARD - 1);
    this.#behind = behind / (BACKGROUND - ORDER - GUARD - 1);
  }

  #ratio(x: Float64Array, a: Float64Array, n: number): number {
    const e = this.#error;
    let gain = 0;
    for (let k = 0; k <= ORDER; k++) gain += a[k]! * a[k]!;
    let q0 = 0;
    let inside = 0;
    for (let m = n - GUARD; m < n + ORDER + GUARD; m++) {
      q0 += e[m]! * e[m]!;
      if (m >= n && m < n + ORDER) inside += e[m]! * e[m]!;
    }
    let clicks = 0;
    let shock = 0;
    for (let j = n - 2; j <= n + 1; j++) {
      let c = 0;
      for (let k = 0; k <= ORDER; k++) c += a[k]! * e[j + k]!;
      clicks = Math.max(clicks, (c * c) / gain);
      shock = Math.max(shock, e[j]! * e[j]!);
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
    const q1 = Math.max(0, q0 - inside + energy - (share * share) / gain);
    const other = Math.max(0, q0 - Math.max(clicks, shock));
    const floor = (FLOOR_SHARE * SPAN * (this.#before + this.#behind)) / 2 + 1e-9;
    const usual = Math.sqrt(this.#before * this.#behind) + 1e-9;
    const nats =
      (SPAN / 2) * Math.log((other + floor) / (q1 + floor)) -
      misfit(q1 / (SPAN * usual * FIT_LEEWAY), SPAN) -
      misfit(backward / (ORDER * usual * BACKWARD_LEEWAY), ORDER);
    return nats > 0 ? nats / (1 + Math.abs(Math.log((this.#before + 1e-9) / (this.#behind + 1e-9)))) : nats;
  }
}

/** What an energy that is `ratio` times the expected one costs over `count` frames, nats; smaller ones are free. */
function misfit(ratio: number, count: number): number {
  return ratio > 1 ? (count / 2) * (ratio - 1 - Math.log(ratio)) : 0;
}

function filterAt(x: Float64Array, a: Float64Array, m: number): number {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += a[k]! * x[m - k]!;
  return sum;
}
