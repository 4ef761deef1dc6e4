/**
 * The interface's true rate, from the stamps of its frames: how fast it delivers against this box's clock.
 *
 * A stamp says that `positionFrames` frames had arrived at `timeNs`. Frames come late (USB, interrupts), never early, so
 * of each second only the earliest counts: the lower envelope of time - frames / nominal rate. The slope of that envelope
 * is the rate error. One-sided scatter shrinks with the number of stamps that a minimum is taken of, so the line is laid
 * through the minima of a few long groups of seconds, not through the seconds: at 10 s that halves its error.
 *
 * Steps and bends of the envelope are looked for every second: a step of k x 125 us is k lost USB microframes (frames
 * missing on all channels; the clock is the same), a bend is another clock. A smaller step is this box, which wakes later for a while:
 * how late it was seen to be is remembered, and nothing that does not stand out of that is told. Pure: numbers in, numbers out.
 */

export type RateEvent =
  /** The clock that drives the interface changed its rate: another source, or its master was set to another rate. */
  | {
      readonly kind: 'clockChange';
      readonly atNs: number;
      readonly beforePpm: number;
      readonly afterPpm: number;
      /** 95 % half width of their difference: a few seconds of the new clock are known. */
      readonly uncertaintyPpm: number;
    }
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

/**
 * Changes are looked for in the envelope of this many seconds. Its points stand above the truth by an exponential scatter
 * (the least of many waits), so the likelihood of a line is told by the sum of the distances above it: `nats` below.
 */
const LOOK_S = 120;
/** Arrivals a second to watch for while a stream is younger than so many seconds, and while in as many they scatter more than this, s. */
const MOST_WATCHED = 4;
const SCATTER_S = 10;
const SCATTERED_S = 10e-6;
/** Seconds without a watched stamp that are passed over in a line of watched stamps, in a row. */
const MOST_MISSED_S = 10;
/** Seconds that it takes to look at all, and before a change. */
const MIN_LOOK_S = 24;
const BEFORE_S = 12;
/** How far back a change is looked for. */
const LOOK_BACK_S = 40;
/** Two lines must explain the envelope this much better than one, nats, to look closer: our measurement (npm run rate). */
const GATE_NATS = 15;
/**
 * And a step this much: three late seconds look like one. A lost microframe at 2 ms of jitter gathers 6 nats a second, so
 * it is told some seconds later for that; no false one in 3 x 20 hours (npm run rate).
 */
const STEP_GATE_NATS = 26;
/** By how many nats a bend must beat a step, and a step a bend. A loss must never be taken for another clock. */
const BEND_NATS = 6;
const STEP_NATS = 3;
/** Seconds that it takes after a step, and after a bend, to tell which it was. */
const AFTER_STEP_S = 4;
const SURE_STEP_S = 10;
const AFTER_BEND_S = 5;
/** Seconds in a row that a bend must be the best account. */
const CONFIRM_S = 2;
/**
 * What the earliest seconds say must be true of most of them as well: of a box that wakes 80 us late nearly always, and once in half a
 * minute at once, the earliest alone would tell losses and other clocks. A step of most seconds differs by no more than this, s, and
 * half of their scatter; and a bend of them is at least this share of that of the earliest.
 */
const MOST_OFF_S = 40e-6;
const MOST_AGREE = 0.5;
/** Seconds before a change that most are asked of. */
const MOST_S = 60;
/**
 * A smaller step is no loss: it is the box, which wakes later for some seconds (a core that sleeps deeper or runs slower: 20 to 60 us in
 * our measurement). Back: the stream is earlier than it was, so what was lost was not lost.
 */
const MIN_STEP_S = 80e-6;
/** Points in a row that must stand above the line for the box to be called late: scatter alone leaves one of them on it. */
const LATE_S = 4;
/** A change must carry the envelope off by so many times what the box's own lateness did before. */
const OVER_WANDER = 2.2;
/** The box's own lateness may come to this without having been seen before, s. */
const LEAST_WANDER_S = 18e-6;
/** A box that was hardly watched yet may be as late as this, s; half of it after each so many seconds in which it was not. */
const NEW_WANDER_S = 75e-6;
const NEW_HALF_LIFE_S = 50;
/** And to no more than this: what is later is no mood, s. */
const MOST_WANDER_S = 200e-6;
/** What was seen of it is half forgotten after this, s. */
const WANDER_HALF_LIFE_S = 1800;
/** Scatter from which such a lateness, where it was not seen before, is no account of its own: it drowns, s. */
const DROWNED_S = 18e-6;
/** A bend smaller than this is a crystal warming up, ppm. */
const MIN_BEND_PPM = 2.5;
/** Stamps are never taken to be better than this, s: a wake-up's own scatter. */
const FLOOR_S = 3e-6;
/** USB packets come each 125 us: the least that can be lost is what one of them holds. */
export const MICROFRAMES_PER_S = 8000;
const MICROFRAME_S = 1 / MICROFRAMES_PER_S;
/** A packet holds whole frames: at 44.1 kHz its loss is 125 us give or take half a frame; and a stamp has its scatter. */
const STEP_TOLERANCE_S = 25e-6;
/** More than what rounding makes of a sum of distances, s. */
const ROUNDED_S = 1e-11;
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
}

export class RateEstimate {
  readonly #rateHz: number;
  #firstNs = Number.NaN;
  #lastNs = 0;
  /** The second being filled, and its earliest stamp so far. */
  #bin = -1;
  #binT = 0;
  #binY = 0;
  /** Sum of the second's stamps along the slope, s, and how many they are. */
  #binSum = 0;
  #binCount = 0;
  /** The second's earliest watched stamp; how many it had, and how many are wanted. */
  #binWatchedT = 0;
  #binWatchedY = 0;
  #binWatchedCount = 0;
  #watchedWanted = MOST_WATCHED;
  /** The line is laid through watched stamps only. Seconds in a row that had one, or none. */
  #isWatched = false;
  #watchedInARow = 0;
  #missedInARow = 0;
  /** It was watched, and no longer is. */
  #isBlind = false;
  /** How late stamps of wake-ups were in the mean of a second, against watched ones, at most; half forgotten after WANDER_HALF_LIFE_S. */
  #wakeLateS = 0;
  #latenessS: number | null = null;
  /** The envelope, oldest first: s since the first stamp, and lateness in s. Steps are taken out. */
  readonly #t: number[] = [];
  readonly #y: number[] = [];
  /** Sum of the steps seen, taken off new points. */
  #stepsS = 0;
  /** Scatter of the envelope before the last change of clock, s; 0: there was none. A few seconds tell their own badly. */
  #scatterBefore = 0;
  /** Slope so far, s per s; 0 while there is none. */
  #slope = 0;
  /** What a line told that was broken off early. */
  #told: RateReading | null = null;
  /** How late the box itself was seen to be for some seconds, s, and when (`timeNs`). Its moods outlast a stream. */
  #wanderS = LEAST_WANDER_S;
  #wanderNs = 0;
  /** Seconds of stamps so far, of all streams. */
  #watchedS = 0;
  /** Seconds in a row in which a bend was the best account. */
  #bendSeen = 0;
  /** Something changed, and it is not told yet what: points of the envelope, as bend and as step. */
  #suspicion: { at: number; isStep: boolean; stepAt: number; stepS: number } | null = null;

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
    this.#scatterBefore = 0;
    this.#slope = 0;
    this.#bendSeen = 0;
    this.#suspicion = null;
    this.#latenessS = null;
    this.#told = null;
    this.#binWatchedCount = 0;
    this.#watchedWanted = MOST_WATCHED;
    this.#isWatched = false;
    this.#isBlind = false;
    this.#watchedInARow = 0;
    this.#missedInARow = 0;
  }

  /**
   * From now on stamps are waited for in another way, and come later or earlier by the difference (45 us in our measurement). A line that
   * has just begun begins anew, and what it told stands until the new one tells it better; in a long one the difference is a step that
   * tells itself. Stamps of arrivals that were watched for know nothing of it.
   */
  waitsOtherwise(): void {
    if (this.#t.length >= MIN_LOOK_S || this.#isWatched) return;
    const told = this.reading();
    const lateness = this.#latenessS;
    this.restart();
    this.#told = told;
    this.#latenessS = lateness;
  }

  /** A new line from here on. `told`: what stands until it is told better. */
  #beginLine(told: RateReading | null): void {
    this.#told = told;
    this.#t.length = 0;
    this.#y.length = 0;
    this.#scatterBefore = 0;
    this.#bendSeen = 0;
    this.#suspicion = null;
  }

  /**
   * How much later than the earliest of its second a stamp comes in the mean, s, over the last few seconds; null: not known yet. The later,
   * the more stamps a second are wanted. Where arrivals are watched for, of those: that the box wakes late does not matter then.
   */
  get latenessS(): number | null {
    return this.#latenessS;
  }

  /**
   * The least loss that would be told if it came now, USB microframes of 125 us; null: none for sure, for this box's stamps come too late, or
   * were watched for too short a time, or it is just being told what a change of theirs is. In two recordings of busy boxes 95 % of the losses
   * of so many and more were told, and half of those where it was null (npm run rate).
   */
  get leastLossMicroframes(): number | null {
    const from = Math.max(0, this.#t.length - LOOK_S);
    const t = this.#t.slice(from);
    const y = this.#y.slice(from);
    const n = t.length;
    if (n < MIN_LOOK_S || this.#suspicion !== null || this.#isBlind) return null;
    const own = scatter(t, y);
    const { slope, sum } = underLine(t, y, 0, n);
    // A step must stand out of the box's own lateness, and of the scatter within the time that it is looked for.
    const wander = Math.max(this.#remembered(wanderBefore(t, y, n, own)), this.#newWander());
    const leastS = Math.max(MIN_STEP_S, OVER_WANDER * wander, (STEP_GATE_NATS * sum) / n / LOOK_BACK_S);
    // Where only few seconds reach down to the line, a step is told when one of them comes: perhaps too late.
    let level = Number.POSITIVE_INFINITY;
    for (let i = 0; i < n; i++) level = Math.min(level, y[i]! - slope * t[i]!);
    if (levelOfMost(t, y, 0, n, slope) - level > MOST_OFF_S + own / 2) return null;
    return Math.ceil(leastS / MICROFRAME_S);
  }

  /** Arrivals are watched for, and were seen; seconds in which none was seen count for nothing. */
  get isWatched(): boolean {
    return this.#isWatched;
  }

  /** The second under way wants another stamp of an arrival that is watched for: one is enough where they scatter by a few us. */
  get wantsWatched(): boolean {
    return this.#binWatchedCount < this.#watchedWanted;
  }

  /**
   * Takes a stamp (`timeNs` MONOTONIC_RAW, `positionFrames` since the stream's start). An event, where this second shows one. `watched`: not
   * of a wake-up, but of an arrival that was watched for.
   */
  add(timeNs: number, positionFrames: number, watched = false): RateEvent | null {
    if (timeNs <= 0) return null;
    const begins = Number.isNaN(this.#firstNs);
    if (begins || !(timeNs - this.#lastNs <= GAP_NS && timeNs >= this.#lastNs)) {
      if (!begins) this.restart();
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
      this.#binSum += y - this.#slope * t;
      this.#binCount++;
      if (watched) {
        if (this.#binWatchedCount === 0 || y - this.#binWatchedY < this.#slope * (t - this.#binWatchedT)) {
          this.#binWatchedT = t;
          this.#binWatchedY = y;
        }
        this.#binWatchedCount++;
      }
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
    this.#binSum = this.#binY - this.#slope * t;
    this.#binCount = 1;
    this.#binWatchedT = t;
    this.#binWatchedY = this.#binY;
    this.#binWatchedCount = watched ? 1 : 0;
    return event;
  }

  /** null: not yet. */
  reading(): RateReading | null {
    const told = this.#told;
    const now = this.#read();
    if (told === null) return now;
    // No longer than the new line is the shorter: a change that it is in doubt about must show.
    if (now === null || (now.seconds < told.seconds && now.uncertaintyPpm > told.uncertaintyPpm)) return told;
    this.#told = null;
    return now;
  }

  #read(): RateReading | null {
    const n = this.#t.length;
    if (n < MIN_POINTS) return null;
    // The second under way counts once half of it is there.
    const open =
      (this.#lastNs - this.#firstNs - SETTLE_NS) / SECOND_NS - this.#bin >= 0.5 &&
      !(this.#isWatched && this.#binWatchedCount === 0);
    const t = open ? [...this.#t, this.#isWatched ? this.#binWatchedT : this.#binT] : this.#t;
    const y = open ? [...this.#y, this.#isWatched ? this.#binWatchedY : this.#binY] : this.#y;
    const doubt = this.#suspicion;
    const known = n < FAST_S ? this.#scatterBefore : 0;
    const slow = doubt === null ? throughMinima(t, y, known) : inDoubt(t, y, doubt);
    const fast = n > FAST_S && doubt === null ? throughMinima(t.slice(-FAST_S), y.slice(-FAST_S), 0) : slow;
    const seconds = this.#t[n - 1]! - this.#t[0]!;
    // What the box's own lateness can turn a line by, from its one end to the other; of a blind one from its first third to its last.
    const turnPpm = (this.#isBlind ? 1.5e6 : 1e6) * Math.max(this.#seenWander(), wanderBefore(t, y, n, scatter(t, y)));
    return {
      ppm: slow.ppm,
      uncertaintyPpm: slow.halfPpm + turnPpm / seconds,
      fastPpm: fast.ppm,
      fastUncertaintyPpm: fast.halfPpm + turnPpm / Math.min(seconds, FAST_S),
      seconds,
    };
  }

  #close(): RateEvent | null {
    const watched = this.#binWatchedCount > 0;
    this.#watchedInARow = watched ? this.#watchedInARow + 1 : 0;
    this.#missedInARow = watched ? 0 : this.#missedInARow + 1;
    const enough = this.#t.length === 0 ? 1 : MIN_POINTS;
    if (this.#isWatched ? this.#missedInARow > MOST_MISSED_S : this.#watchedInARow >= enough) {
      // From here on the stamps are of another kind, later or earlier by what this box takes to wake: that is no step of the stream.
      // Of a box that went blind the old word, sharp as it was, would be a claim about a clock that may have changed since.
      this.#beginLine(this.#isWatched ? null : this.reading());
      this.#isWatched = !this.#isWatched;
      // A box that no longer finds the time to watch wakes late as well: no change is told from its wake-ups until it watches again.
      this.#isBlind = !this.#isWatched;
      this.#wanderS = this.#isWatched ? LEAST_WANDER_S : Math.max(MOST_WANDER_S, this.#wakeLateS);
      this.#wanderNs = this.#lastNs;
    }
    // Of such a second it is known that the core was somebody else's.
    if (this.#isWatched && !watched) return null;
    const watchedAt = this.#binWatchedY - this.#slope * this.#binWatchedT;
    const mean = this.#binSum / this.#binCount;
    if (watched) this.#wakeLateS = Math.max(mean - watchedAt, this.#wakeLateS * 2 ** (-1 / WANDER_HALF_LIFE_S));
    const lateness = (watched ? watchedAt : mean) - (this.#binY - this.#slope * this.#binT);
    // Without a slope the drift of the clocks stands in the second as well: 60 ppm are 0.03 ms.
    this.#latenessS = this.#latenessS === null ? lateness : this.#latenessS + (lateness - this.#latenessS) / 4;
    this.#watchedS++;
    // A slow box sees each arrival some 10 us late, and a prompt wake-up is earlier: through both no line is laid.
    this.#t.push(this.#isWatched ? this.#binWatchedT : this.#binT);
    this.#y.push(this.#isWatched ? this.#binWatchedY : this.#binY);
    if (this.#t.length > SLOW_S) {
      this.#t.shift();
      this.#y.shift();
    }
    const event = this.#lookForChange();
    if (this.#isWatched) {
      const lately = this.#t.length - SCATTER_S;
      const scattered = lately < 0 || scatter(this.#t.slice(lately), this.#y.slice(lately)) > SCATTERED_S;
      this.#watchedWanted = scattered ? MOST_WATCHED : 1;
    }
    this.#slope = this.#t.length >= MIN_POINTS ? leastSquares(this.#t, this.#y).slope : 0;
    return event;
  }

  #lookForChange(): RateEvent | null {
    this.#suspicion = null;
    if (this.#isBlind) return null;
    const from = Math.max(0, this.#t.length - LOOK_S);
    const t = this.#t.slice(from);
    const y = this.#y.slice(from);
    const n = t.length;
    if (n < MIN_LOOK_S) return null;
    const first = underFirst(t, y);
    const last = underLast(t, y, n - LOOK_BACK_S);
    const oneLine = first[n]!;
    let best = { at: 0, sum: Number.POSITIVE_INFINITY };
    for (let at = Math.max(BEFORE_S, n - LOOK_BACK_S); at < n - 1; at++) {
      const sum = first[at]! + last[at]!;
      if (sum < best.sum) best = { at, sum };
    }
    const mean = Math.max(FLOOR_S, first[best.at]! / Math.max(1, best.at - 2));
    if (oneLine - best.sum < GATE_NATS * mean) {
      this.#bendSeen = 0;
      return null;
    }
    const own = scatter(t, y);
    const wander = this.#wander(wanderBefore(t, y, best.at, own));
    // Something changed: a step or a bend? Two lines that need not meet are nearer to the points than any bend or step there: a place where
    // even they are farther off than what was found is not asked. The likeliest place goes first.
    const places = [best.at];
    for (let at = Math.max(BEFORE_S, n - LOOK_BACK_S); at < n - 1; at++) if (at !== best.at) places.push(at);
    let bend = { sum: Number.POSITIVE_INFINITY, size: 0, at: 0 };
    for (const at of places) {
      if (first[at]! + last[at]! > bend.sum + ROUNDED_S) continue;
      const asBend = fitBend(t, y, at);
      if (asBend.sum < bend.sum || (asBend.sum === bend.sum && at < bend.at)) bend = { ...asBend, at };
    }
    let step = { sum: Number.POSITIVE_INFINITY, size: 0, at: 0 };
    let loss = Number.POSITIVE_INFINITY;
    for (const at of places) {
      // A step's own second belongs to neither line.
      const leastSum = first[at]! + last[at + 1]! - ROUNDED_S;
      if (leastSum > step.sum && (leastSum > loss || leastSum > bend.sum + BEND_NATS * mean)) continue;
      const asStep = fitStep(t, y, at, mean);
      if (asStep.sum < step.sum || (asStep.sum === step.sum && at < step.at)) step = { ...asStep, at };
      if (Math.abs(asStep.size) >= MIN_STEP_S) loss = Math.min(loss, asStep.sum);
    }
    this.#suspicion = { at: from + bend.at, isStep: step.sum <= bend.sum, stepAt: from + step.at, stepS: step.size };
    const forBend = (step.sum - bend.sum) / mean;
    if (forBend <= -STEP_NATS) {
      this.#bendSeen = 0;
      const after = n - step.at - 1;
      if (after < AFTER_STEP_S - 1 || oneLine - step.sum < STEP_GATE_NATS * mean) return null;
      if (Math.abs(stepOfMost(t, y, step.at) - step.size) > MOST_OFF_S + own / 2) return null;
      if (Math.abs(step.size) < Math.max(MIN_STEP_S, OVER_WANDER * wander)) return null;
      // No whole number of microframes: a few seconds more, and the least of them stands nearer to the truth.
      if (!this.#isLoss(step.size) && after < SURE_STEP_S) return null;
      return this.#takeStepOut(step.size, from + step.at);
    }
    // Close to call: a few seconds more will tell.
    const drowned = wander <= LEAST_WANDER_S ? own / DROWNED_S : 0;
    const overLate = BEND_NATS * Math.max(0, 1 - drowned);
    if (
      forBend < overLate ||
      loss - bend.sum < BEND_NATS * mean ||
      bend.at > n - AFTER_BEND_S ||
      Math.abs(bend.size) * 1e6 < MIN_BEND_PPM ||
      Math.abs(bend.size) * (t[n - 1]! - t[bend.at]!) < OVER_WANDER * wander
    ) {
      this.#bendSeen = 0;
      return null;
    }
    if (bendOfMost(t, y, bend.at) / bend.size < MOST_AGREE) {
      this.#bendSeen = 0;
      return null;
    }
    if (++this.#bendSeen < CONFIRM_S) return null;
    this.#bendSeen = 0;
    return this.#bendAt(from + bend.at, bend.size);
  }

  /** Takes what was seen of the box's own lateness now; the most that is remembered, s. */
  #wander(seenS: number): number {
    this.#wanderS = this.#remembered(seenS);
    this.#wanderNs = this.#lastNs;
    return Math.max(this.#wanderS, this.#newWander());
  }

  #remembered(seenS: number): number {
    const forgotten = 2 ** (-(this.#lastNs - this.#wanderNs) / SECOND_NS / WANDER_HALF_LIFE_S);
    return Math.max(LEAST_WANDER_S, Math.min(seenS, MOST_WANDER_S), this.#wanderS * forgotten);
  }

  /** How late the box may be without having been seen so, as long as it was hardly watched, s. */
  #newWander(): number {
    return NEW_WANDER_S * 2 ** (-this.#watchedS / NEW_HALF_LIFE_S);
  }

  /** How late the box was seen to be, s; 0: it was not. */
  #seenWander(): number {
    return this.#wanderS > LEAST_WANDER_S ? this.#wanderS : 0;
  }

  /** A whole number of USB microframes? */
  #isLoss(size: number): boolean {
    const microframes = Math.round(size / MICROFRAME_S);
    const off = Math.abs(size - microframes * MICROFRAME_S);
    return microframes >= 1 && off <= STEP_TOLERANCE_S + scatter(this.#t, this.#y) / 2;
  }

  #takeStepOut(size: number, at: number): RateEvent | null {
    const microframes = Math.round(size / MICROFRAME_S);
    const isLoss = this.#isLoss(size);
    // 6 frames at 48 kHz; 5 or 6 at 44.1 kHz.
    const whole = (microframes * this.#rateHz) / MICROFRAMES_PER_S;
    const frames = isLoss && Number.isInteger(whole) ? whole : Math.round(size * this.#rateHz);
    const exact = frames / this.#rateHz;
    for (let i = at + 1; i < this.#t.length; i++) this.#y[i] = this.#y[i]! - exact;
    this.#stepsS += exact;
    this.#suspicion = null;
    const atNs = this.#firstNs + SETTLE_NS + this.#t[at]! * SECOND_NS;
    // The second of the step stands on either level, or between, and may be one of three: they tell nothing of the rate.
    this.#t.splice(at - 1, 3);
    this.#y.splice(at - 1, 3);
    if (!isLoss) {
      // No frames were lost, or what was said lost is there again: so late the box can be.
      this.#wander(Math.abs(size));
      return null;
    }
    return {
      kind: 'lostMicroframes',
      atNs,
      microframes,
      frames,
    };
  }

  /** null: of a change smaller than half of its own half width nothing can be told. */
  #bendAt(at: number, size: number): RateEvent | null {
    const before = throughMinima(this.#t.slice(0, at), this.#y.slice(0, at), 0);
    const atNs = this.#firstNs + SETTLE_NS + this.#t[at]! * SECOND_NS;
    const scatterBefore = scatter(this.#t.slice(0, at), this.#y.slice(0, at));
    // The second of the change holds stamps of either clock; where that shows above the scatter, it may be its neighbour.
    const drop = at + (Math.abs(size) > 2 * scatterBefore ? 2 : 1);
    const t = this.#t.slice(drop);
    const y = this.#y.slice(drop);
    const after = throughMinima(t, y, scatterBefore);
    const turnPpm = (1e6 * this.#seenWander()) / (t[t.length - 1]! - t[0]!);
    const uncertaintyPpm = Math.hypot(before.halfPpm, after.halfPpm, turnPpm);
    if (Math.abs(after.ppm - before.ppm) < Math.max(MIN_BEND_PPM, uncertaintyPpm / 2)) return null;
    this.#scatterBefore = scatterBefore;
    this.#t.splice(0, drop);
    this.#y.splice(0, drop);
    this.#suspicion = null;
    this.#told = null;
    return { kind: 'clockChange', atNs, beforePpm: before.ppm, afterPpm: after.ppm, uncertaintyPpm };
  }
}

/**
 * While it is open whether a step or a bend was seen, the reading follows the likelier, and its half width reaches to the
 * other.
 */
function inDoubt(
  t: readonly number[],
  y: readonly number[],
  doubt: { readonly at: number; readonly isStep: boolean; readonly stepAt: number; readonly stepS: number },
): { ppm: number; halfPpm: number } {
  const mended = throughMinima(
    t,
    y.map((late, i) => (i > doubt.stepAt ? late - doubt.stepS : late)),
    0,
  );
  const since = Math.min(doubt.at + 1, t.length - MIN_POINTS);
  const anew = throughMinima(t.slice(since), y.slice(since), scatter(t.slice(0, doubt.at), y.slice(0, doubt.at)));
  const [likely, other] = doubt.isStep ? [mended, anew] : [anew, mended];
  return { ppm: likely.ppm, halfPpm: Math.max(likely.halfPpm, Math.abs(likely.ppm - other.ppm)) };
}

/** The line through the minima of long groups. `leastScatter`: what the points' scatter is at least, s. */
function throughMinima(
  t: readonly number[],
  y: readonly number[],
  leastScatter: number,
): { ppm: number; halfPpm: number } {
  const size = Math.max(1, Math.floor(t.length / LINE_GROUPS));
  let line = leastSquares(t, y);
  // The minima depend on the slope taken out before, a little: twice is enough.
  for (let pass = 0; pass < 2 && size > 1; pass++) {
    const groups = minima(t, y, size, line);
    line = leastSquares(groups.t, groups.y);
  }
  // One-sided scatter of the minima of `size` seconds is `size` times smaller than that of one.
  const sigma = Math.max(Math.max(scatter(t, y), leastScatter) / size, FLOOR_S / Math.sqrt(size));
  return { ppm: -line.slope * 1e6, halfPpm: (COVER * sigma * 1e6) / Math.sqrt(line.sumTT) };
}

function leastSquares(t: readonly number[], y: readonly number[]): Line {
  const n = t.length;
  let meanT = 0;
  let meanY = 0;
  for (let i = 0; i < t.length; i++) {
    meanT += t[i]!;
    meanY += y[i]!;
  }
  meanT /= n;
  meanY /= n;
  let sumTT = 0;
  let sumTY = 0;
  for (let i = 0; i < t.length; i++) {
    const dt = t[i]! - meanT;
    const dy = y[i]! - meanY;
    sumTT += dt * dt;
    sumTY += dt * dy;
  }
  const slope = sumTT > 0 ? sumTY / sumTT : 0;
  return { slope, meanT, meanY, sumTT };
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

interface Under {
  /** s per s. */
  readonly slope: number;
  /** Of the distances of the points above the line, s. */
  readonly sum: number;
}

/** Places of the lower convex hull of points from..to. */
function lowerHull(t: readonly number[], y: readonly number[], from: number, to: number): number[] {
  const hull: number[] = [];
  for (let i = from; i < to; i++) {
    while (hull.length >= 2) {
      const a = hull[hull.length - 2]!;
      const b = hull[hull.length - 1]!;
      if ((y[b]! - y[a]!) * (t[i]! - t[a]!) < (y[i]! - y[a]!) * (t[b]! - t[a]!)) break;
      hull.pop();
    }
    hull.push(i);
  }
  return hull;
}

/** The line under all points from..to that is nearest to them: the most likely one where scatter is late only. */
function underLine(t: readonly number[], y: readonly number[], from: number, to: number): Under {
  const n = to - from;
  if (n < 2) return { slope: 0, sum: 0 };
  const hull = lowerHull(t, y, from, to);
  let sumT = 0;
  let sumY = 0;
  for (let i = from; i < to; i++) {
    sumT += t[i]!;
    sumY += y[i]!;
  }
  // Of all edges of the hull the one below the middle: moving off it in either direction adds distance.
  let edge = 1;
  while (edge < hull.length - 1 && t[hull[edge]!]! < sumT / n) edge++;
  const a = hull[edge - 1]!;
  const b = hull[edge]!;
  const slope = (y[b]! - y[a]!) / (t[b]! - t[a]!);
  return { slope, sum: distanceAbove(t, y, a, b, sumT, sumY, n) };
}

/** Of `n` points with these sums above the line through points a and b, s. */
function distanceAbove(
  t: readonly number[],
  y: readonly number[],
  a: number,
  b: number,
  sumT: number,
  sumY: number,
  n: number,
): number {
  const slope = (y[b]! - y[a]!) / (t[b]! - t[a]!);
  return Math.max(0, sumY - n * y[a]! - slope * (sumT - n * t[a]!));
}

/** `underLine` of the first 0, 1, 2 ... all points, each hull made of the one before: their distances above it, s. */
function underFirst(t: readonly number[], y: readonly number[]): Float64Array {
  const sums = new Float64Array(t.length + 1);
  const hull: number[] = [];
  let sumT = 0;
  let sumY = 0;
  for (let i = 0; i < t.length; i++) {
    while (hull.length >= 2) {
      const a = hull[hull.length - 2]!;
      const b = hull[hull.length - 1]!;
      if ((y[b]! - y[a]!) * (t[i]! - t[a]!) < (y[i]! - y[a]!) * (t[b]! - t[a]!)) break;
      hull.pop();
    }
    hull.push(i);
    sumT += t[i]!;
    sumY += y[i]!;
    const n = i + 1;
    if (n < 2) continue;
    let edge = 1;
    while (edge < hull.length - 1 && t[hull[edge]!]! < sumT / n) edge++;
    sums[n] = distanceAbove(t, y, hull[edge - 1]!, hull[edge]!, sumT, sumY, n);
  }
  return sums;
}

/** The same of the points from `at` to the last, for each `at` from `least` on. */
function underLast(t: readonly number[], y: readonly number[], least: number): Float64Array {
  const sums = new Float64Array(t.length + 1);
  // From the right: the last entry is the leftmost point.
  const hull: number[] = [];
  let sumT = 0;
  let sumY = 0;
  for (let i = t.length - 1; i >= 0 && i >= least; i--) {
    while (hull.length >= 2) {
      const b = hull[hull.length - 1]!;
      const right = hull[hull.length - 2]!;
      if ((y[b]! - y[i]!) * (t[right]! - t[i]!) < (y[right]! - y[i]!) * (t[b]! - t[i]!)) break;
      hull.pop();
    }
    hull.push(i);
    sumT += t[i]!;
    sumY += y[i]!;
    const n = t.length - i;
    if (n < 2) continue;
    let edge = hull.length - 2;
    while (edge > 0 && t[hull[edge]!]! < sumT / n) edge--;
    sums[i] = distanceAbove(t, y, hull[edge + 1]!, hull[edge]!, sumT, sumY, n);
  }
  return sums;
}

/**
 * How late the box itself was among the first `to` points, s: the most by which LATE_S in a row stood above the line under all, less what
 * scatter (exponential, of mean `own`) makes of as many.
 */
function wanderBefore(t: readonly number[], y: readonly number[], to: number, own: number): number {
  const { slope } = underLine(t, y, 0, to);
  let level = Number.POSITIVE_INFINITY;
  for (let i = 0; i < to; i++) level = Math.min(level, y[i]! - slope * t[i]!);
  let most = 0;
  for (let end = LATE_S; end <= to; end++) {
    let low = Number.POSITIVE_INFINITY;
    for (let i = end - LATE_S; i < end; i++) low = Math.min(low, y[i]! - slope * t[i]!);
    most = Math.max(most, low - level);
  }
  return Math.max(0, most - (own / LATE_S) * Math.log(to));
}

/** The slope of most of points from..to: the median of those of all pairs, s per s. */
function slopeOfMost(t: readonly number[], y: readonly number[], from: number, to: number): number {
  const slopes: number[] = [];
  for (let i = from; i < to; i++) for (let j = i + 1; j < to; j++) slopes.push((y[j]! - y[i]!) / (t[j]! - t[i]!));
  return slopes.length === 0 ? 0 : median(slopes);
}

/** How late most points from..to stand above a slope, s. */
function levelOfMost(t: readonly number[], y: readonly number[], from: number, to: number, slope: number): number {
  const late: number[] = [];
  for (let i = from; i < to; i++) late.push(y[i]! - slope * t[i]!);
  return median(late);
}

/** How much later most points behind `at` are than most before it, on one slope, s. */
function stepOfMost(t: readonly number[], y: readonly number[], at: number): number {
  const from = Math.max(0, at - MOST_S);
  const slope = slopeOfMost(t, y, from, at);
  return levelOfMost(t, y, at + 1, t.length, slope) - levelOfMost(t, y, from, at, slope);
}

/** The slope at which most points behind `at` go off from the line of most before it, s per s: by the later half of them, which tells it best. */
function bendOfMost(t: readonly number[], y: readonly number[], at: number): number {
  const from = Math.max(0, at - MOST_S);
  const slope = slopeOfMost(t, y, from, at);
  const level = levelOfMost(t, y, from, at, slope);
  const t0 = (t[at - 1]! + t[at]!) / 2;
  const bends: number[] = [];
  for (let i = (at + t.length) >> 1; i < t.length; i++) bends.push((y[i]! - slope * t[i]! - level) / (t[i]! - t0));
  return median(bends);
}

/** The least of y - slope * (t - t0) over the points of a hull. */
function leastOver(hull: readonly number[], t: readonly number[], y: readonly number[], slope: number, t0: number) {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < hull.length; i++) {
    const r = y[hull[i]!]! - slope * (t[hull[i]!]! - t0);
    if (r < least) least = r;
  }
  return least;
}

/** Sums of t - t0 and of y, over from..to. */
function sums(t: readonly number[], y: readonly number[], from: number, to: number, t0: number) {
  let sumT = 0;
  let sumY = 0;
  for (let i = from; i < to; i++) {
    sumT += t[i]! - t0;
    sumY += y[i]!;
  }
  return { sumT, sumY };
}

/** Slopes are looked for this far on either side of where they are thought to be. */
const SEARCH = 20e-6;
const SEARCH_STEPS = 22;

/** The place of the least of a convex function, by golden section, and that least value. */
function least(of: (x: number) => number, middle: number): { x: number; value: number } {
  const golden = (Math.sqrt(5) - 1) / 2;
  let low = middle - SEARCH;
  let high = middle + SEARCH;
  let a = high - golden * (high - low);
  let b = low + golden * (high - low);
  let atA = of(a);
  let atB = of(b);
  for (let i = 0; i < SEARCH_STEPS; i++) {
    if (atA <= atB) {
      high = b;
      b = a;
      atB = atA;
      a = high - golden * (high - low);
      atA = of(a);
    } else {
      low = a;
      a = b;
      atA = atB;
      b = low + golden * (high - low);
      atB = of(b);
    }
  }
  return atA <= atB ? { x: a, value: atA } : { x: b, value: atB };
}

/**
 * One slope, two levels, parted in the second of point `at`, which may stand anywhere between them. `size`: how much later
 * the second is, s. `mean`: of the scatter, s.
 */
function fitStep(t: readonly number[], y: readonly number[], at: number, mean: number): { sum: number; size: number } {
  const n = t.length;
  const t0 = t[at]!;
  const before = lowerHull(t, y, 0, at);
  const after = lowerHull(t, y, at + 1, n);
  const early = sums(t, y, 0, at, t0);
  const late = sums(t, y, at + 1, n, t0);
  const sumY = early.sumY + late.sumY;
  const sumT = early.sumT + late.sumT;
  const found = least(
    (slope) =>
      sumY - slope * sumT - at * leastOver(before, t, y, slope, t0) - (n - at - 1) * leastOver(after, t, y, slope, t0),
    underLine(t, y, 0, at).slope,
  );
  const level = leastOver(before, t, y, found.x, t0);
  const size = leastOver(after, t, y, found.x, t0) - level;
  const between = y[at]! - level;
  const upper = Math.max(size, 0);
  const lower = Math.min(size, 0);
  // Below both levels it can't be: the line would have to go lower for it, under all points.
  const cost =
    between < lower ? (lower - between) * n : between < upper ? Math.min(between - lower, 2 * mean) : between - upper;
  return { sum: found.value + cost, size };
}

/** Two slopes that meet before point `at`. `size`: by how much the slope changes, s per s. */
function fitBend(t: readonly number[], y: readonly number[], at: number): { sum: number; size: number } {
  const n = t.length;
  const t0 = (t[at - 1]! + t[at]!) / 2;
  const before = lowerHull(t, y, 0, at);
  const after = lowerHull(t, y, at, n);
  const early = sums(t, y, 0, at, t0);
  const late = sums(t, y, at, n, t0);
  const slopeAfter = underLine(t, y, at, n).slope;
  let second = slopeAfter;
  const found = least(
    (slope) => {
      const levelBefore = leastOver(before, t, y, slope, t0);
      const rest = early.sumY - slope * early.sumT + late.sumY;
      const inner = least(
        (other) => rest - other * late.sumT - n * Math.min(levelBefore, leastOver(after, t, y, other, t0)),
        slopeAfter,
      );
      second = inner.x;
      return inner.value;
    },
    underLine(t, y, 0, at).slope,
  );
  return { sum: found.value, size: second - found.x };
}

function median(values: readonly number[]): number {
  // A typed array sorts numbers without asking a function back at each step.
  const sorted = Float64Array.from(values).sort();
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
