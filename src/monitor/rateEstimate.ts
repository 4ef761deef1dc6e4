/**
 * The interface's true rate, from the stamps of its frames: how fast it delivers against this box's clock.
 *
 * A stamp says that `positionFrames` frames had arrived at `timeNs`. Frames come late (USB, interrupts), never early, so
 * of each second only the earliest counts: the lower envelope of time - frames / nominal rate. The slope of that envelope
 * is the rate error. One-sided scatter shrinks with the number of stamps that a minimum is taken of, so the line is laid
 * through the minima of a few long groups of seconds, not through the seconds: at 10 s that halves its error.
 *
 * Steps and bends of the envelope are looked for every second: a step of k x 125 us is k lost USB microframes (frames
 * missing on all channels; the clock is the same), a bend is another clock. Pure: numbers in, numbers out.
 */

export type RateEvent =
  /** The clock that drives the interface changed its rate: another source, or its master was set to another rate. */
  | { readonly kind: 'clockChange'; readonly atNs: number; readonly beforePpm: number; readonly afterPpm: number }
  /** Frames are missing; the clock went on. `microframes` of 125 us. */
  | {
      readonly kind: 'lostMicroframes';
      readonly atNs: number;
      readonly microframes: number;
      readonly frames: number;
    };

export interface RateReading {
  /** Rate error against this box's clock, parts per million; positive: the interface is fast. Over up to 300 s. */
  readonly ppm: number;
  /** 95 % half width of `ppm`, from the scatter of the stamps; this box's own crystal is not in it. */
  readonly uncertaintyPpm: number;
  /** The same over the last 60 s: quicker to follow, wider. */
  readonly fastPpm: number;
  readonly fastUncertaintyPpm: number;
  /** Seconds that `ppm` rests on. */
  readonly seconds: number;
}

const SECOND_NS = 1e9;
const SLOW_S = 300;
const FAST_S = 60;
/** Seconds of envelope before anything is said. */
const MIN_POINTS = 3;
/** Groups that a line is laid through: few and long are best against one-sided scatter. */
const LINE_GROUPS = 3;
/** The first tenth of a second is not used: streams start unevenly. */
const SETTLE_NS = 0.1e9;
/** No stamp for this long: the stream stood still, and its line is broken. */
const GAP_NS = 2.5e9;

/** Changes are looked for in minima of this many seconds. */
const GROUP_S = 4;
/** Groups that it takes to look at all, and before a change. */
const MIN_GROUPS = 8;
const BEFORE = 3;
/** Seconds that it takes after a step, and after a bend, to tell which it was. */
const AFTER_STEP_S = 4;
const AFTER_BEND_S = 4;
/** By how many variances a bend must beat a step. */
const DOUBT = 25;
/** Seconds in a row that a bend must be the best account. */
const CONFIRM_S = 2;
/** A smaller step is not told from scatter. */
const MIN_STEP_S = 80e-6;
/** How far back a change is looked for, groups. */
const LOOK_BACK = 9;
/** A change must explain this many variances of the scatter, and more while there are few groups to know it by. */
const GAIN = 34;
const GAIN_FEW = 12;
/** A bend smaller than this is a crystal warming up, ppm. */
const MIN_BEND_PPM = 2.5;
/** Stamps are never taken to be better than this, s: a wake-up's own scatter. */
const FLOOR_S = 3e-6;
const MICROFRAME_S = 125e-6;
/** A packet holds whole frames: at 44.1 kHz its loss is 125 us give or take half a frame; and a stamp has its scatter. */
const STEP_TOLERANCE_S = 25e-6;
/** Half width over standard deviation, for 95 %: our measurement (npm run rate), as the scatter is no Gaussian. */
const COVER = 2.8;
/** Median of |differences| to standard deviation, for one-sided (exponential) scatter: 1 / ln 2. */
const MAD_TO_SIGMA = 1 / Math.LN2;

interface Line {
  /** s per s: minus the rate error. */
  slope: number;
  meanT: number;
  meanY: number;
  sumTT: number;
  /** Of squared residuals. */
  sumRR: number;
}

export class RateEstimate {
  readonly #rateHz: number;
  #firstNs = Number.NaN;
  #lastNs = 0;
  /** The second being filled, and its earliest stamp so far. */
  #bin = -1;
  #binT = 0;
  #binY = 0;
  /** The envelope, oldest first: s since the first stamp, and lateness in s. Steps are taken out. */
  readonly #t: number[] = [];
  readonly #y: number[] = [];
  /** Sum of the steps seen, taken off new points. */
  #stepsS = 0;
  /** Slope so far, s per s; 0 while there is none. */
  #slope = 0;
  /** Seconds in a row in which a bend was the best account. */
  #bendSeen = 0;

  /** `rateHz`: nominal rate, Hz. */
  constructor(rateHz: number) {
    this.#rateHz = rateHz;
  }

  /** Forgets all: after an overrun, a new stream, another rate. */
  restart(): void {
    this.#firstNs = Number.NaN;
    this.#bin = -1;
    this.#t.length = 0;
    this.#y.length = 0;
    this.#stepsS = 0;
    this.#slope = 0;
    this.#bendSeen = 0;
  }

  /** Takes a stamp (`timeNs` MONOTONIC_RAW, `positionFrames` since the stream's start). An event, where this second shows one. */
  add(timeNs: number, positionFrames: number): RateEvent | null {
    if (timeNs <= 0) return null;
    if (!(timeNs - this.#lastNs <= GAP_NS && timeNs >= this.#lastNs) || Number.isNaN(this.#firstNs)) {
      this.restart();
      this.#firstNs = timeNs;
      this.#lastNs = timeNs;
      return null;
    }
    this.#lastNs = timeNs;
    const t = (timeNs - this.#firstNs - SETTLE_NS) / SECOND_NS;
    if (t < 0) return null;
    const y = (timeNs - this.#firstNs) / SECOND_NS - positionFrames / this.#rateHz - this.#stepsS;
    const bin = Math.floor(t);
    if (bin === this.#bin) {
      // Along the slope, or the earliest would always stand at one end of the second.
      if (y - this.#binY < this.#slope * (t - this.#binT)) {
        this.#binT = t;
        this.#binY = y;
      }
      return null;
    }
    const stepsBefore = this.#stepsS;
    const event = this.#bin < 0 ? null : this.#close();
    this.#bin = bin;
    this.#binT = t;
    this.#binY = y - (this.#stepsS - stepsBefore);
    return event;
  }

  /** null: not yet. */
  reading(): RateReading | null {
    const n = this.#t.length;
    if (n < MIN_POINTS) return null;
    // The second under way counts once half of it is there.
    const open = (this.#lastNs - this.#firstNs - SETTLE_NS) / SECOND_NS - this.#bin >= 0.5;
    const t = open ? [...this.#t, this.#binT] : this.#t;
    const y = open ? [...this.#y, this.#binY] : this.#y;
    const slow = throughMinima(t, y);
    const fast = n > FAST_S ? throughMinima(t.slice(-FAST_S), y.slice(-FAST_S)) : slow;
    return {
      ppm: slow.ppm,
      uncertaintyPpm: slow.halfPpm,
      fastPpm: fast.ppm,
      fastUncertaintyPpm: fast.halfPpm,
      seconds: this.#t[n - 1]! - this.#t[0]!,
    };
  }

  #close(): RateEvent | null {
    this.#t.push(this.#binT);
    this.#y.push(this.#binY);
    if (this.#t.length > SLOW_S) {
      this.#t.shift();
      this.#y.shift();
    }
    const event = this.#lookForChange();
    this.#slope = this.#t.length >= MIN_POINTS ? leastSquares(this.#t, this.#y).slope : 0;
    return event;
  }

  #lookForChange(): RateEvent | null {
    if (this.#t.length < MIN_GROUPS * GROUP_S) return null;
    // Is there anything? Minima of groups see furthest.
    const { t, y } = minima(this.#t, this.#y, GROUP_S, leastSquares(this.#t, this.#y));
    const n = t.length;
    const line = leastSquares(t, y);
    const sigma = Math.max(FLOOR_S, scatter(t, y));
    const enough = (GAIN + (GAIN * GAIN_FEW) / n) * sigma * sigma;
    for (let at = Math.max(BEFORE, n - LOOK_BACK); at < n; at++)
      if (explain(t, y, line, at, -1, true).gain > enough || explain(t, y, line, at, -1, false).gain > enough)
        return this.#tellWhich();
    this.#bendSeen = 0;
    return null;
  }

  /** Something changed: a step or a bend? The seconds tell. */
  #tellWhich(): RateEvent | null {
    const n = this.#t.length;
    let step = { left: Number.POSITIVE_INFINITY, size: 0, at: 0 };
    let bend = { left: Number.POSITIVE_INFINITY, size: 0, at: 0 };
    const all = leastSquares(this.#t, this.#y);
    for (let at = Math.max(BEFORE * GROUP_S, n - LOOK_BACK * GROUP_S); at < n - 1; at++) {
      const asBend = explain(this.#t, this.#y, all, at, -1, true);
      if (all.sumRR - asBend.gain < bend.left) bend = { left: all.sumRR - asBend.gain, size: asBend.size, at };
      // The second of a step may stand on either level, or between.
      const line = leastSquares(this.#t, this.#y, at);
      const asStep = explain(this.#t, this.#y, line, at, at, false);
      if (Math.abs(asStep.size) < MIN_STEP_S) continue;
      const low = this.#y[at]! - line.meanY - line.slope * (this.#t[at]! - line.meanT) - asStep.size * asStep.zero;
      const off = asStep.size > 0 ? outside(low, 0, asStep.size) : outside(low, asStep.size, 0);
      const left = line.sumRR - asStep.gain + off * off;
      if (left < step.left) step = { left, size: asStep.size, at };
    }
    if (step.left <= bend.left) {
      this.#bendSeen = 0;
      return step.at < n - AFTER_STEP_S ? this.#takeStepOut(step.size, step.at) : null;
    }
    // Close to call: a few seconds more will tell. A loss must never be taken for a change of clock.
    if (step.left - bend.left < DOUBT * scatter(this.#t, this.#y) ** 2) return null;
    if (bend.at >= n - AFTER_BEND_S || Math.abs(bend.size) * 1e6 < MIN_BEND_PPM) return null;
    if (++this.#bendSeen < CONFIRM_S) return null;
    this.#bendSeen = 0;
    return this.#bendAt(bend.at);
  }

  #takeStepOut(size: number, at: number): RateEvent | null {
    const microframes = Math.round(size / MICROFRAME_S);
    const isLoss =
      microframes >= 1 && Math.abs(size - microframes * MICROFRAME_S) <= STEP_TOLERANCE_S + scatter(this.#t, this.#y);
    // 6 frames at 48 kHz; 5 or 6 at 44.1 kHz.
    const whole = (microframes * this.#rateHz) / 8000;
    const frames = isLoss && Number.isInteger(whole) ? whole : Math.round(size * this.#rateHz);
    const exact = frames / this.#rateHz;
    // The second of the step itself stands on either side, or between: the nearer end of the step is its place.
    const before = this.#y[at - 1]!;
    if (Math.abs(this.#y[at]! - before) > Math.abs(this.#y[at]! - before - exact)) this.#y[at] = this.#y[at]! - exact;
    for (let i = at + 1; i < this.#t.length; i++) this.#y[i] = this.#y[i]! - exact;
    this.#stepsS += exact;
    if (!isLoss) return null;
    return {
      kind: 'lostMicroframes',
      atNs: this.#firstNs + SETTLE_NS + this.#t[at]! * SECOND_NS,
      microframes,
      frames,
    };
  }

  #bendAt(at: number): RateEvent {
    const beforePpm = -leastSquares(this.#t.slice(0, at), this.#y.slice(0, at)).slope * 1e6;
    const atNs = this.#firstNs + SETTLE_NS + this.#t[at]! * SECOND_NS;
    this.#t.splice(0, at);
    this.#y.splice(0, at);
    return { kind: 'clockChange', atNs, beforePpm, afterPpm: -leastSquares(this.#t, this.#y).slope * 1e6 };
  }
}

/** The line through the minima of long groups. */
function throughMinima(t: readonly number[], y: readonly number[]): { ppm: number; halfPpm: number } {
  const size = Math.max(1, Math.floor(t.length / LINE_GROUPS));
  let line = leastSquares(t, y);
  // The minima depend on the slope taken out before, a little: twice is enough.
  for (let pass = 0; pass < 2 && size > 1; pass++) {
    const groups = minima(t, y, size, line);
    line = leastSquares(groups.t, groups.y);
  }
  // One-sided scatter of the minima of `size` seconds is `size` times smaller than that of one.
  const sigma = Math.max(scatter(t, y) / size, FLOOR_S / Math.sqrt(size));
  return { ppm: -line.slope * 1e6, halfPpm: (COVER * sigma * 1e6) / Math.sqrt(line.sumTT) };
}

/** Least squares; without point `skip`. */
function leastSquares(t: readonly number[], y: readonly number[], skip = -1): Line {
  const n = t.length - (skip >= 0 ? 1 : 0);
  let meanT = 0;
  let meanY = 0;
  for (let i = 0; i < t.length; i++) {
    if (i === skip) continue;
    meanT += t[i]!;
    meanY += y[i]!;
  }
  meanT /= n;
  meanY /= n;
  let sumTT = 0;
  let sumTY = 0;
  let sumYY = 0;
  for (let i = 0; i < t.length; i++) {
    if (i === skip) continue;
    const dt = t[i]! - meanT;
    const dy = y[i]! - meanY;
    sumTT += dt * dt;
    sumTY += dt * dy;
    sumYY += dy * dy;
  }
  const slope = sumTT > 0 ? sumTY / sumTT : 0;
  return { slope, meanT, meanY, sumTT, sumRR: Math.max(0, sumYY - slope * sumTY) };
}

/** The earliest point of each group of `size`, counted from the end, once the slope is taken out. `from`: where groups begin. */
function minima(t: readonly number[], y: readonly number[], size: number, line: Line) {
  const out = { t: [] as number[], y: [] as number[], from: [] as number[] };
  for (let begin = t.length % size; begin + size <= t.length; begin += size) {
    let best = begin;
    let least = Number.POSITIVE_INFINITY;
    for (let i = begin; i < begin + size; i++) {
      const r = y[i]! - line.slope * t[i]!;
      if (r < least) {
        least = r;
        best = i;
      }
    }
    out.t.push(t[best]!);
    out.y.push(y[best]!);
    out.from.push(begin);
  }
  return out;
}

/** Scatter of an envelope, s, from its differences: a step or a bend hardly moves it. */
function scatter(t: readonly number[], y: readonly number[]): number {
  const n = t.length;
  if (n < MIN_POINTS) return FLOOR_S;
  const slopes: number[] = [];
  let span = 0;
  for (let i = 1; i < n; i++) {
    slopes.push((y[i]! - y[i - 1]!) / (t[i]! - t[i - 1]!));
    span += t[i]! - t[i - 1]!;
  }
  const middle = median(slopes);
  return median(slopes.map((slope) => Math.abs(slope - middle))) * (span / (n - 1)) * MAD_TO_SIGMA;
}

/**
 * How much of the squared scatter about `line` one more term explains: a step at point `at`, or a bend before it.
 * `size` is the step in s, or the change of slope. Point `skip` is left out, as it was from the line.
 */
function explain(t: readonly number[], y: readonly number[], line: Line, at: number, skip: number, isBend: boolean) {
  const n = t.length - (skip >= 0 ? 1 : 0);
  const t0 = t[at - 1]!;
  let sumZ = 0;
  let sumZT = 0;
  for (let i = at; i < t.length; i++) {
    if (i === skip) continue;
    const z = isBend ? t[i]! - t0 : 1;
    sumZ += z;
    sumZT += z * (t[i]! - line.meanT);
  }
  const meanZ = sumZ / n;
  const tilt = sumZT / line.sumTT;
  let sumRZ = 0;
  let sumZZ = 0;
  for (let i = 0; i < t.length; i++) {
    if (i === skip) continue;
    const dt = t[i]! - line.meanT;
    const z = (i < at ? 0 : isBend ? t[i]! - t0 : 1) - meanZ - tilt * dt;
    const r = y[i]! - line.meanY - line.slope * dt;
    sumRZ += r * z;
    sumZZ += z * z;
  }
  // `zero`: what the new term, freed of level and slope, is at point `at` while it is still 0 there.
  const zero = -meanZ - tilt * (t[at]! - line.meanT);
  return sumZZ > 0 ? { gain: (sumRZ * sumRZ) / sumZZ, size: sumRZ / sumZZ, zero } : { gain: 0, size: 0, zero };
}

/** How far `x` lies outside of low..high. */
function outside(x: number, low: number, high: number): number {
  return x < low ? low - x : x > high ? x - high : 0;
}

function median(values: readonly number[]): number {
  const sorted = values.slice().sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

const STANDARD_RATES_HZ = [32_000, 44_100, 48_000, 88_200, 96_000, 176_400, 192_000];

/**
 * The standard rate at which a stream of `nominalHz` truly runs, when that is another one: a 44.1 kHz master behind a
 * 48 kHz stream. null: it runs at its own rate, or at none of the standard ones (within 500 ppm).
 */
export function otherStandardRate(nominalHz: number, ppm: number): number | null {
  const trueHz = nominalHz * (1 + ppm * 1e-6);
  const found = STANDARD_RATES_HZ.find((rateHz) => Math.abs(trueHz / rateHz - 1) < 500e-6);
  return found === undefined || found === nominalHz ? null : found;
}
