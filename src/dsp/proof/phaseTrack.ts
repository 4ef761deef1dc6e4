/**
 * The phase of a tone, block by block: smooth, but for steps of whole frames where frames were dropped or repeated.
 *
 * A line is fitted to the last second of the phase. A step is believed when the blocks behind it stand off the line, in the
 * first half of a short window and in the second, by more than half of what one frame makes; its whole frames are then taken
 * out and the line goes on. A click leaves the line and comes back: no step. Off the sample path: some 250 blocks a second.
 */

const TURN = 2 * Math.PI;
export const wrapped = (angle: number): number => angle - TURN * Math.round(angle / TURN);

/** Seconds of phase that the line remembers. */
const MEMORY_S = 1;
/** Blocks that are looked at before the line is first drawn. */
const FIRST_BLOCKS = 64;
/** Steps between differences of the first look. */
const FIRST_LAG = 4;
/** The fastest clock that is met, against ours: slips of one frame come no closer. Twice what is typical of two bad crystals. */
const FASTEST_PPM = 200;
const MOST_AFTER = 12;
const LEAST_AFTER = 2;
/** A frame must move the phase by so many times what noise does. */
const CLEAR = 8;
/**
 * And one block's by so many times its noise: slips that come as fast as blocks blur, and would look like noise of a ninth
 * of a frame.
 */
const CLEAR_BLOCK = 12;
/** A block this far off, in its own noise, is not of the line. */
const OUTLIER = 6;
/** Frames that receivers are known to move at once: one to a few, or half a FIFO of 64. */
const SMALL = 4;
const FIFO_LOW = 28;
const FIFO_HIGH = 36;
/** Means of the phase that are kept for the slope; twice as many are folded in pairs. */
const BINS = 32;
/** Student's t, two sides, 95 and 99 %, for 14 degrees of freedom or more. */
const T95 = 2.15;
const T99 = 2.98;

export interface PhaseStep {
  readonly frame: number;
  /** Frames moved: positive for dropped, negative for repeated or inserted; null: no whole number of frames that a receiver moves. */
  readonly frames: number | null;
}

export interface PhaseTrackOptions {
  readonly rateHz: number;
  readonly hz: number;
  readonly blockFrames: number;
}

export class PhaseTrack {
  readonly #q: number;
  readonly #blockS: number;
  readonly #blockFrames: number;
  readonly #forget: number;
  /** Blocks looked at behind a step, and in each half of them. */
  readonly #after: number;
  #first: { readonly phase: number; readonly frame: number }[] = [];
  /** The fit: sums over the past with the newest at 0, x counted in blocks. */
  #s0 = 0;
  #s1 = 0;
  #s2 = 0;
  #t0 = 0;
  #t1 = 0;
  #drawn = false;
  /** Blocks not yet of the line: raw phases, null where disturbed. */
  #pending: { readonly phase: number | null; readonly frame: number; readonly zeros: boolean }[] = [];
  /** Phase taken out so far. */
  #offset = 0;
  #variance = 0;
  /** Mean product of neighbouring residuals. */
  #covariance = 0;
  #lastResidual = 0;
  #differences = 0;
  readonly #lastThree: number[] = [];
  #zerosFrame = Number.NEGATIVE_INFINITY;
  #accepted = 0;
  #disturbed = 0;
  #badRun = 0;
  #bins: { sum: number; x: number; count: number }[] = [];
  #binBlocks: number;
  #block = 0;
  readonly steps: PhaseStep[] = [];

  constructor(options: PhaseTrackOptions) {
    this.#q = (TURN * options.hz) / options.rateHz;
    this.#blockFrames = options.blockFrames;
    this.#blockS = options.blockFrames / options.rateHz;
    this.#forget = 1 - this.#blockS / MEMORY_S;
    const room = 1e6 / (FASTEST_PPM * options.blockFrames) - 2;
    this.#after = 2 * Math.max(LEAST_AFTER / 2, Math.min(MOST_AFTER / 2, Math.floor(room / 2)));
    this.#binBlocks = Math.max(1, Math.round(0.1 / this.#blockS));
  }

  /** Seconds of phase on the line. */
  get seconds(): number {
    return this.#accepted * this.#blockS;
  }

  /** Part of the blocks that was disturbed, lately: 0..1. */
  get disturbed(): number {
    return this.#disturbed;
  }

  /** The phase left the line and did not come back: another tone, or none. */
  get lost(): boolean {
    return this.#badRun * this.#blockS > 0.3;
  }

  /** Standard deviation of a block's phase around the line, radians. */
  get noise(): number {
    return Math.sqrt(this.#variance);
  }

  /** Mean square of second differences over 6: a block's noise without what is slow; for comparing tracks. */
  get quickVariance(): number {
    return this.#differences / 6;
  }

  /** Part of the noise that is not the tone's surroundings but its own wandering: 0 for white noise, 1 for a tone that sways. */
  get sway(): number {
    return this.#variance > 0 ? Math.max(0, this.#covariance / this.#variance) : 0;
  }

  /** What noise makes of half a window behind a step, radians. */
  get #sigma(): number {
    const memory = Math.min(this.#accepted, MEMORY_S / this.#blockS);
    const white = (2 / this.#after) * (1 - this.sway) + this.sway;
    return Math.sqrt(this.#variance * (white + 4 / Math.max(8, memory)));
  }

  /** One frame more or less would be seen, and noise is not taken for one. */
  get clear(): boolean {
    return this.#drawn && this.clearness >= CLEAR;
  }

  /** How much larger one frame's step is than noise; 8 is enough. */
  get clearness(): number {
    const sigma = Math.max(this.#sigma, (this.noise * CLEAR_BLOCK) / CLEAR);
    return sigma > 0 ? this.#q / sigma : Number.POSITIVE_INFINITY;
  }

  /** The period of the tone hides a slip of so many frames. */
  hides(frames: number): boolean {
    return Math.abs(wrapped(frames * this.#q)) < Math.max(CLEAR * this.#sigma, this.#q / 4);
  }

  /** Any of the moves that receivers are known for is hidden: the frames, or null. */
  get hidden(): number | null {
    for (let frames = 1; frames <= FIFO_HIGH; frames++) {
      if ((frames <= SMALL || Math.abs(frames - 32) <= 1) && this.hides(frames)) return frames;
    }
    return null;
  }

  /** One block: its phase in radians, or null where something disturbs it. */
  add(frame: number, phase: number | null, zeros = false): void {
    if (this.#drawn) {
      this.#pending.push({ phase, frame, zeros });
      this.#work();
      return;
    }
    if (phase !== null) this.#first.push({ phase, frame });
    else if (this.#first.length > 0) this.#first = [];
    if (this.#first.length === FIRST_BLOCKS) this.#draw();
  }

  /** The line's first stroke: slope by the median of differences, which a few steps do not move. */
  #draw(): void {
    const phases = this.#first.map(({ phase }) => phase);
    const differences = phases.slice(1).map((phase, i) => wrapped(phase - phases[i]!));
    const middle = median(differences);
    const straight: number[] = [0];
    for (const difference of differences) straight.push(straight.at(-1)! + wrapped(difference - middle));
    const slope = middle + median(straight.slice(FIRST_LAG).map((y, i) => (y - straight[i]!) / FIRST_LAG));
    const seconds = differences.slice(1).map((difference, i) => Math.abs(wrapped(difference - differences[i]!)));
    this.#variance = Math.max(1e-14, (1.4826 * median(seconds)) ** 2 / 6);
    this.#differences = 6 * this.#variance;
    // As if the line had been seen for a fifth of a second already.
    const blocks = Math.max(8, Math.round(0.2 / this.#blockS));
    const start = phases[0]! + median(straight.slice(0, 7).map((y, i) => y - i * (slope - middle)));
    for (let n = blocks; n >= 1; n--) this.#fit(start - n * slope);
    this.#drawn = true;
    const first = this.#first;
    this.#first = [];
    for (const { phase, frame } of first) {
      this.#pending.push({ phase, frame, zeros: false });
      this.#work();
    }
  }

  /** Takes a point into the line: everything moves one block into the past. */
  #fit(y: number | null): void {
    const { s0, s1, s2, t0, t1 } = { s0: this.#s0, s1: this.#s1, s2: this.#s2, t0: this.#t0, t1: this.#t1 };
    this.#s0 = s0;
    this.#s1 = s1 - s0;
    this.#s2 = s2 - 2 * s1 + s0;
    this.#t1 = t1 - t0;
    if (y === null) return;
    const keep = this.#forget;
    this.#s0 = this.#s0 * keep + 1;
    this.#s1 *= keep;
    this.#s2 *= keep;
    this.#t0 = this.#t0 * keep + y;
    this.#t1 *= keep;
  }

  /** Where the line will be `ahead` blocks after the last one taken in. */
  #predict(ahead: number): number {
    const { slope, level } = this.#line();
    return level + slope * ahead;
  }

  #line(): { slope: number; level: number } {
    const d = this.#s0 * this.#s2 - this.#s1 * this.#s1;
    if (d <= 0) return { slope: 0, level: this.#t0 / Math.max(1, this.#s0) };
    const slope = (this.#s0 * this.#t1 - this.#s1 * this.#t0) / d;
    return { slope, level: (this.#t0 - slope * this.#s1) / this.#s0 };
  }

  #residual(ahead: number, phase: number): number {
    return wrapped(phase - this.#offset - this.#predict(ahead));
  }

  /** Decides on the oldest block that waits, once enough stand behind it. */
  #work(): void {
    const pending = this.#pending;
    while (pending.length > this.#after) {
      const good: { place: number; r: number }[] = [];
      pending.forEach(({ phase }, place) => {
        if (phase !== null) good.push({ place, r: this.#residual(place + 1, phase) });
      });
      const step = this.#stepIn(good);
      if (step !== null) {
        this.#takeOut(step, good);
        continue;
      }
      const first = pending.shift()!;
      if (first.zeros) this.#zerosFrame = first.frame;
      this.#takeIn(first, good[0]?.place === 0 ? good[0].r : null);
    }
  }

  /** What the blocks behind the next one stand off the line by, radians; null: no step there. */
  #stepIn(good: readonly { place: number; r: number }[]): number | null {
    const behind = good.filter(({ place }) => place > 0);
    if (behind.length < LEAST_AFTER) return null;
    const half = behind.length >> 1;
    // Around half a turn residuals may fall on both sides of it: they are looked at from the last one.
    const from = behind.at(-1)!.r;
    const off = (blocks: readonly { r: number }[]) =>
      from + blocks.reduce((sum, { r }) => sum + wrapped(r - from), 0) / blocks.length;
    const before = off(behind.slice(0, half));
    const after = off(behind.slice(half));
    const enough = this.#q / 2;
    if (Math.abs(before) < enough || Math.abs(after) < enough || !this.clear) return null;
    const spread = Math.max(4 * this.noise, this.#q / 4);
    if (Math.abs(wrapped(after - before)) > Math.max(spread, 0.3 * Math.abs(after))) return null;
    if (behind.slice(half).some(({ r }) => Math.abs(wrapped(r - after)) > spread)) return null;
    return after;
  }

  #takeOut(step: number, good: readonly { place: number; r: number }[]): void {
    // Blocks that already stand on the new level belong to it; the ones before are mixed.
    const tolerance = Math.max(4 * this.noise, this.#q / 4);
    const at = good.find(({ r }) => Math.abs(wrapped(r - step)) <= tolerance)?.place ?? 0;
    const skipped = Math.max(1, at);
    let zeros = false;
    for (let n = 0; n < skipped; n++) {
      const block = this.#pending.shift()!;
      zeros ||= block.zeros;
      this.#fit(null);
      this.#block++;
    }
    const frame = (this.#pending[0]?.frame ?? 0) - this.#blockFrames / 2;
    zeros ||= frame - this.#zerosFrame < 4 * this.#blockFrames;
    const frames = this.#framesOf(step, zeros);
    this.#offset += frames === null ? step : wrapped(frames * this.#q);
    this.steps.push({ frame, frames });
    this.#badRun = 0;
  }

  /** The whole number of frames that a receiver moves and that makes this step. */
  #framesOf(step: number, zeros: boolean): number | null {
    const tolerance = Math.max(4 * this.#sigma, 0.2 * Math.min(this.#q, 0.5));
    const fits = (frames: number) => Math.abs(wrapped(step - frames * this.#q)) <= tolerance;
    for (let frames = 1; frames <= SMALL; frames++) {
      if (fits(frames)) return frames;
      if (fits(-frames)) return -frames;
    }
    // Half a FIFO: what ran full drops it, what ran empty gives zeros until it is half full again.
    const sign = zeros ? -1 : 1;
    let best: number | null = null;
    for (let frames = FIFO_LOW; frames <= FIFO_HIGH; frames++) {
      if (fits(sign * frames) && (best === null || Math.abs(frames - 32) < Math.abs(best - 32))) best = frames;
    }
    return best === null ? null : sign * best;
  }

  #takeIn(block: { readonly phase: number | null; readonly zeros: boolean }, r: number | null): void {
    this.#block++;
    const memory = 1 - this.#forget;
    const limit = Math.max(OUTLIER * this.noise, 1e-6);
    const bad = block.phase === null || r === null || Math.abs(r) > limit;
    this.#disturbed += memory * ((bad ? 1 : 0) - this.#disturbed);
    if (bad) {
      this.#badRun++;
      // Noise that grew for good is noise, and not a row of clicks.
      if (r !== null) {
        const size = Math.max(-this.#q, Math.min(this.#q, r));
        this.#variance += 0.2 * memory * (size * size - this.#variance);
        this.#covariance += 0.2 * memory * (size * this.#lastResidual - this.#covariance);
        this.#lastResidual = size;
      }
      this.#fit(null);
      this.#lastThree.length = 0;
      return;
    }
    this.#badRun = 0;
    this.#accepted++;
    const y = this.#predict(1) + r;
    this.#variance = Math.max(1e-14, this.#variance + memory * (r * r - this.#variance));
    this.#covariance += memory * (r * this.#lastResidual - this.#covariance);
    this.#lastResidual = r;
    this.#lastThree.push(y);
    if (this.#lastThree.length > 3) this.#lastThree.shift();
    if (this.#lastThree.length === 3) {
      const [a, b, c] = this.#lastThree as [number, number, number];
      this.#differences += memory * ((a - 2 * b + c) ** 2 - this.#differences);
    }
    this.#fit(y);
    this.#bin(y);
  }

  #bin(y: number): void {
    const last = this.#bins.at(-1);
    if (last === undefined || last.count >= this.#binBlocks) this.#bins.push({ sum: y, x: this.#block, count: 1 });
    else {
      last.sum += y;
      last.x += this.#block;
      last.count++;
    }
    if (this.#bins.length <= 2 * BINS) return;
    this.#binBlocks *= 2;
    const bins = this.#bins;
    this.#bins = [];
    for (let i = 0; i < bins.length; i += 2) {
      const a = bins[i]!;
      const b = bins[i + 1];
      this.#bins.push(b === undefined ? a : { sum: a.sum + b.sum, x: a.x + b.x, count: a.count + b.count });
    }
  }

  /**
   * Slope of the phase without its steps, radians a second, with its half widths; from means of stretches, so that what
   * wanders slowly widens them. null: too short.
   */
  slope(): { readonly perS: number; readonly half95: number; readonly half99: number } | null {
    const full = this.#bins.filter(({ count }) => count >= this.#binBlocks);
    // 16 stretches or a few more.
    const group = Math.max(1, Math.floor(full.length / 16));
    const points: { x: number; y: number }[] = [];
    for (let i = 0; i + group <= full.length; i += group) {
      const bins = full.slice(i, i + group);
      const count = bins.reduce((sum, bin) => sum + bin.count, 0);
      points.push({
        x: (bins.reduce((sum, bin) => sum + bin.x, 0) / count) * this.#blockS,
        y: bins.reduce((sum, bin) => sum + bin.sum, 0) / count,
      });
    }
    const n = points.length;
    if (n < 16) return null;
    const mx = points.reduce((sum, { x }) => sum + x, 0) / n;
    const my = points.reduce((sum, { y }) => sum + y, 0) / n;
    const xx = points.reduce((sum, { x }) => sum + (x - mx) ** 2, 0);
    const perS = points.reduce((sum, { x, y }) => sum + (x - mx) * (y - my), 0) / xx;
    const left = points.reduce((sum, { x, y }) => sum + (y - my - perS * (x - mx)) ** 2, 0);
    const deviation = Math.sqrt(left / (n - 2) / xx);
    return { perS, half95: T95 * deviation, half99: T99 * deviation };
  }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
