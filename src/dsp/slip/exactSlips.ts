/**
 * Stage 0 of the slip detector: evidence that is exact, bit for bit. A receiver that runs out of samples repeats a frame
 * (or a block of frames) on every channel of its bank at once, or sends zeros. Chance does that too: the odds are
 * counted, in bits, from the material itself, and an event needs 30 of them.
 *
 * Pure, deterministic, integers on the sample path; nothing allocates unless an event is found. A decision about a
 * frame falls LOOK_AHEAD frames later.
 */
import { FrameRing } from './frameRing.ts';
import { levinson } from './predictor.ts';
import { LONGEST_REPEAT, type RepeatKernel } from './slipKernel.ts';

/** Per-frame masks and per-channel counts of the block, as MeterKernel gives them. */
export interface FrameMasks {
  /** Bit c: channel c (lo) or 32 + c (hi) has x[n] == x[n-1]. */
  readonly equalMaskLo: Uint32Array;
  readonly equalMaskHi: Uint32Array;
  /** The same for x[n] == 0. */
  readonly zeroMaskLo: Uint32Array;
  readonly zeroMaskHi: Uint32Array;
  /** Frames of the block with x[n] == x[n-1], one entry a channel. */
  readonly equalCount: Int32Array;
}

/** Exact evidence of frames moved. */
export interface ExactSlip {
  /** Index of the bank in the list given. */
  readonly bank: number;
  /** Absolute frame of the first repeated or zeroed frame. */
  readonly frame: number;
  /** repeat: the frames before stand there again. zeros: the whole bank is 0, live before and after. */
  readonly kind: 'repeat' | 'zeros';
  /** How many frames: 1..64 repeated, 2..256 zeros. */
  readonly frames: number;
  /** -log2 of the odds that the material did it by chance at one given frame; 30 and more. Capped at 999. */
  readonly confidenceBits: number;
  /** The same happened on every live bank (two at least) at this frame: the cable or the computer, not a bank's clock. */
  readonly everyBank: boolean;
}

export interface ExactSlipsOptions {
  /** Channels of the stream, 1..64. */
  readonly channels: number;
  /** Channels of each bank, 0-based. Channels named in no bank are not watched. */
  readonly banks: readonly (readonly number[])[];
  /** Memory of the last frames and the search for repeated blocks. */
  readonly kernel: RepeatKernel;
  readonly onSlip: (slip: ExactSlip) => void;
}

/** Odds needed, bits: one false event in 2^30 frames is one in 6 hours at 48 kHz if all else failed; the other tests come on top. */
const NEEDED_BITS = 30;
/** No other such frame within this distance: material that repeats itself does so often. */
const ISOLATION = 64;
const MAX_REPEAT = LONGEST_REPEAT;
const MIN_ZEROS = 2;
const MAX_ZEROS = 256;
/** Frames after an event before it is judged. */
const LOOK_AHEAD = 2 * MAX_REPEAT + ISOLATION;
/** A channel that repeats itself more often than this says nothing: silent, frozen, or a few bits of noise. */
const LIVE_EQUAL_RATE = 0.5;
/** Leaky windows for the equality rate, frames: about 10 s and 0.17 s at 48 kHz. The larger rate of the two counts. */
const LONG_WINDOW = 2 ** 19;
const SHORT_WINDOW = 2 ** 13;
/** Another whole-bank zero run this shortly before (frames) means that the material itself has holes. */
const ZERO_HOLDOFF = 24_000;
/** Evidence of zeros counts at most this much a channel, so that one gated channel is never enough. */
const ZERO_BITS_CAP = 20;
const MAX_PENDING = 32;
/** One repeated block gives five suspicions at most. Beyond this many in a block of the stream, the material repeats itself. */
const SELF_SIMILAR = 24;
/** No repeated block is believed within this distance behind material that repeats itself, frames. */
const BLOCK_HOLDOFF = MAX_ZEROS * 16;
/** Frames looked at before an event; after it, ISOLATION. */
const BEFORE = 128;
/**
 * A cut-off breaks the line that the last two samples draw, by at least this share (RMS over the channels) of the bends that the
 * signal makes anyway; a fade runs into zero along it.
 */
const CUT_OFF = 0.3;
/** And the largest of the last few samples is no smaller than this share (RMS over the channels) of the signal's mean size near by: a fade's is. */
const EDGE = 0.4;
const EDGE_FRAMES = 4;

/** Frames on each side of an event by which it is told how loud it is right there. */
const BESIDE = 4;

/** Taps of the predictor that tells whether the signal goes on smoothly with the repeated frames taken out. */
const JOIN_TAPS = 12;
/** Frames before an event that it is fitted to, and those around the join that it is judged by. */
const JOIN_FIT = 320;
const JOIN_WINDOW = JOIN_TAPS + 4;
/** Share of the usual error that both stories are granted. */
const JOIN_FLOOR = 0.3;
/** A predictor is wrong at onsets more often than its own odds say: its bits count in part, and only so many. */
const JOIN_WEIGHT = 0.7;
const JOIN_BITS_CAP = 24;
/** Equality itself must give this much before a predictor is asked. */
const LEAST_EQUAL_BITS = 8;
/**
 * With less than this from equality a channel must say as well that the frame is one too many: a hundred hours have 2^34 frames, and in those of the
 * report set music of 16 bits stood still by itself in three. Of 131 repeats with 30 to 40 bits (tuning set) the least that the best channel said was 9.7.
 */
const SURE_BITS = 40;
const LEAST_JOIN_BITS = 6;
/** What equality and predictor together must give where equality alone is too little: two frames of eight copies had 30 in a hundred hours. */
const JOINED_BITS = 33;

interface Pending {
  kind: 'repeat' | 'block' | 'zeros';
  /** block: any frame of it, until it is judged. */
  frame: number;
  frames: number;
}

class BankState {
  readonly channels: readonly number[];
  readonly maskLo: number;
  readonly maskHi: number;
  needLo = 0;
  needHi = 0;
  /** The channels of `needLo` and `needHi`. */
  live: readonly number[] = [];
  /** Run of bank-wide equal frames now open. */
  equalRun = 0;
  /** Last frame of the run of equal frames before this one. */
  lastEqualEnd = Number.NEGATIVE_INFINITY;
  zeroRun = 0;
  lastZeroEnd = Number.NEGATIVE_INFINITY;
  /** Two live channels with the rarest repetitions: their pair of samples is the frame's fingerprint. */
  probeA = -1;
  probeB = -1;
  lastBlockEnd = Number.NEGATIVE_INFINITY;
  readonly pending: Pending[] = [];
  /** Memory in the kernel. */
  readonly group: number;

  constructor(channels: readonly number[], group: number) {
    this.channels = channels;
    this.group = group;
    let lo = 0;
    let hi = 0;
    for (const c of channels) {
      if (c < 32) lo |= 1 << c;
      else hi |= 1 << (c - 32);
    }
    this.maskLo = lo;
    this.maskHi = hi;
  }

  lives(channel: number): boolean {
    return channel >= 0 && ((channel < 32 ? this.needLo >>> channel : this.needHi >>> (channel - 32)) & 1) === 1;
  }

  reset(): void {
    this.equalRun = 0;
    this.lastEqualEnd = Number.NEGATIVE_INFINITY;
    this.zeroRun = 0;
    this.lastZeroEnd = Number.NEGATIVE_INFINITY;
    this.lastBlockEnd = Number.NEGATIVE_INFINITY;
    this.pending.length = 0;
  }
}

export class ExactSlips {
  readonly #channels: number;
  readonly #banks: BankState[];
  readonly #onSlip: (slip: ExactSlip) => void;
  readonly #ring: FrameRing;
  readonly #kernel: RepeatKernel;
  readonly #equalLong: Float64Array;
  readonly #equalShort: Float64Array;
  #longFrames = 0;
  #shortFrames = 0;
  /** Candidates found so far, before the odds are counted: for tests and figures. */
  candidates = 0;

  constructor(options: ExactSlipsOptions) {
    this.#channels = options.channels;
    this.#kernel = options.kernel;
    let group = 0;
    this.#banks = options.banks.map((channels) => {
      const bank = new BankState(channels, group);
      group += Math.ceil(channels.length / 4);
      return bank;
    });
    this.#onSlip = options.onSlip;
    const { ring, ringFrames } = options.kernel;
    this.#ring = new FrameRing(options.channels, ringFrames, ring);
    this.#equalLong = new Float64Array(options.channels);
    this.#equalShort = new Float64Array(options.channels);
  }

  /**
   * Looks at the block that the kernel has kept. `firstFrame` is the absolute number of its first frame; after a
   * gap (xrun) call `reset` first.
   */
  process(frames: number, firstFrame: number, masks: FrameMasks): void {
    if (frames <= 0) return;
    this.#countEqual(masks, frames);
    this.#ring.took(firstFrame, frames);
    for (let b = 0; b < this.#banks.length; b++) {
      const bank = this.#banks[b]!;
      this.#chooseLive(bank);
      this.#scan(bank, frames, firstFrame, masks);
      if (bank.probeA >= 0) this.#scanBlocks(bank, frames, firstFrame);
      if (bank.pending.length > 0) this.#judge(b, bank);
    }
  }

  /** Forgets all that carries over: after lost frames. */
  reset(): void {
    this.#ring.clear();
    this.#equalLong.fill(0);
    this.#equalShort.fill(0);
    this.#longFrames = 0;
    this.#shortFrames = 0;
    for (const bank of this.#banks) bank.reset();
  }

  #countEqual(masks: FrameMasks, frames: number): void {
    if (this.#longFrames >= LONG_WINDOW) {
      this.#longFrames /= 2;
      for (let c = 0; c < this.#channels; c++) this.#equalLong[c]! /= 2;
    }
    if (this.#shortFrames >= SHORT_WINDOW) {
      this.#shortFrames /= 2;
      for (let c = 0; c < this.#channels; c++) this.#equalShort[c]! /= 2;
    }
    this.#longFrames += frames;
    this.#shortFrames += frames;
    for (let c = 0; c < this.#channels; c++) {
      const count = masks.equalCount[c]!;
      this.#equalLong[c]! += count;
      this.#equalShort[c]! += count;
    }
  }

  #equalRate(channel: number): number {
    const long = (this.#equalLong[channel]! + 1) / (this.#longFrames + 2);
    const short = this.#equalShort[channel]! / (this.#shortFrames + 2);
    return Math.max(long, short);
  }

  #chooseLive(bank: BankState): void {
    let lo = 0;
    let hi = 0;
    let best = 1;
    let second = 1;
    let a = -1;
    let b = -1;
    let lives = 0;
    for (let i = 0; i < bank.channels.length; i++) {
      const c = bank.channels[i]!;
      const rate = this.#equalRate(c);
      if (rate >= LIVE_EQUAL_RATE) continue;
      lives++;
      if (c < 32) lo |= 1 << c;
      else hi |= 1 << (c - 32);
      if (rate < best) {
        second = best;
        b = a;
        best = rate;
        a = c;
      } else if (rate < second) {
        second = rate;
        b = c;
      }
    }
    if (lo !== bank.needLo || hi !== bank.needHi) {
      bank.needLo = lo;
      bank.needHi = hi;
      bank.live = bank.channels.filter((c) => bank.lives(c));
    }
    if (b < 0) b = a;
    // Keep the probes while they live, so that fingerprints stay comparable over blocks.
    const keep = bank.lives(bank.probeA) && (bank.lives(bank.probeB) || lives === 1);
    if (!keep || (bank.probeA === bank.probeB && a !== b)) {
      bank.probeA = a;
      bank.probeB = b;
    }
  }

  /** Runs of frames in which the whole bank is 0, or all its live channels stand still. */
  #scan(bank: BankState, frames: number, firstFrame: number, masks: FrameMasks): void {
    const { equalMaskLo, equalMaskHi, zeroMaskLo, zeroMaskHi, equalCount } = masks;
    const { maskLo, maskHi, needLo, needHi } = bank;
    const anyLive = (needLo | needHi) !== 0;
    if (bank.equalRun === 0) {
      // Most blocks need no look at their frames: a run on the bank shows in the counts of every channel.
      let least = frames;
      let leastLive = anyLive ? frames : 0;
      for (let i = 0; i < bank.channels.length; i++) least = Math.min(least, equalCount[bank.channels[i]!]!);
      for (let i = 0; i < bank.live.length; i++) leastLive = Math.min(leastLive, equalCount[bank.live[i]!]!);
      const zeroAt = (i: number) =>
        ((zeroMaskLo[i]! & maskLo) ^ maskLo) === 0 && ((zeroMaskHi[i]! & maskHi) ^ maskHi) === 0;
      if (least === frames && bank.zeroRun > 0 && zeroAt(0)) {
        bank.zeroRun += frames;
        bank.lastEqualEnd = firstFrame + frames - 1;
        return;
      }
      if (least === 0 && leastLive === 0 && bank.zeroRun <= 1) {
        // A zero frame whose neighbour is not zero is no run.
        bank.zeroRun = zeroAt(frames - 1) ? 1 : 0;
        return;
      }
    }
    for (let i = 0; i < frames; i++) {
      const frame = firstFrame + i;
      const zero = ((zeroMaskLo[i]! & maskLo) ^ maskLo) === 0 && ((zeroMaskHi[i]! & maskHi) ^ maskHi) === 0;
      if (zero) {
        bank.zeroRun++;
        // Silence stands still too: at the ends of a fade all channels are within a step of 0, and equal by chance.
        if (bank.zeroRun >= MIN_ZEROS) {
          bank.lastEqualEnd = frame;
          forgetNear(bank, frame);
        }
      } else if (bank.zeroRun > 0) {
        const run = bank.zeroRun;
        bank.zeroRun = 0;
        const start = frame - run;
        if (run >= MIN_ZEROS && run <= MAX_ZEROS && start - bank.lastZeroEnd > ZERO_HOLDOFF)
          this.#suspect(bank, 'zeros', start, run);
        if (run >= MIN_ZEROS) bank.lastZeroEnd = frame;
      }
      if (!anyLive) continue;
      const equal = !zero && ((equalMaskLo[i]! & needLo) ^ needLo) === 0 && ((equalMaskHi[i]! & needHi) ^ needHi) === 0;
      if (equal) bank.equalRun++;
      else if (bank.equalRun > 0) {
        const run = bank.equalRun;
        const start = frame - run;
        bank.equalRun = 0;
        const near = start - bank.lastEqualEnd <= ISOLATION;
        bank.lastEqualEnd = frame - 1;
        if (near) forgetNear(bank, start);
        else if (run <= MAX_REPEAT) this.#suspect(bank, 'repeat', start, run);
      }
    }
  }

  #scanBlocks(bank: BankState, frames: number, firstFrame: number): void {
    const { hits } = this.#kernel;
    const count = this.#kernel.repeats(bank.group, bank.probeA, bank.probeB, frames, firstFrame);
    if (count > SELF_SIMILAR) {
      bank.lastBlockEnd = firstFrame + frames;
      return;
    }
    for (let i = 0; i < count; i++) {
      const frame = firstFrame + hits[2 * i]!;
      if (frame - bank.lastBlockEnd > BLOCK_HOLDOFF) this.#suspect(bank, 'block', frame, hits[2 * i + 1]!);
    }
  }

  /**
   * A suspected block's true start, from any frame of it: where the two probes begin to repeat themselves at that lag. A
   * repeated block matches for its own length; a few more may agree by chance. Periodic material goes on and on.
   */
  #isBlock(bank: BankState, suspect: Pending): boolean {
    const lag = suspect.frames;
    let start = suspect.frame;
    let end = suspect.frame + 1;
    if (!this.#ring.holds(start - 3 * lag, start + 2 * lag)) return false;
    while (start > suspect.frame - lag - 3 && this.#probesRepeat(bank, start - 1, lag)) start--;
    while (end - start < lag + 3 && this.#probesRepeat(bank, end, lag)) end++;
    const run = end - start;
    if (run < lag) return false;
    // A frame that stands still is no block of several: a hold or zeros, told as such.
    let still = true;
    for (let f = start + 1; f < end && still; f++) still = this.#probesRepeat(bank, f, 1);
    if (still) return false;
    const believed = run <= lag + 2 && start - bank.lastBlockEnd > BLOCK_HOLDOFF;
    bank.lastBlockEnd = Math.max(bank.lastBlockEnd, end);
    suspect.frame = start;
    return believed;
  }

  #probesRepeat(bank: BankState, frame: number, lag: number): boolean {
    const ring = this.#ring;
    return (
      ring.at(frame, bank.probeA) === ring.at(frame - lag, bank.probeA) &&
      ring.at(frame, bank.probeB) === ring.at(frame - lag, bank.probeB)
    );
  }

  #suspect(bank: BankState, kind: Pending['kind'], frame: number, frames: number): void {
    this.candidates++;
    // Full: the material is full of such frames, and none of them is evidence.
    if (bank.pending.length >= MAX_PENDING) bank.pending.length = 0;
    else bank.pending.push({ kind, frame, frames });
  }

  #judge(index: number, bank: BankState): void {
    while (bank.pending.length > 0) {
      const head = bank.pending[0]!;
      if (this.#ring.end < head.frame + head.frames + LOOK_AHEAD) return;
      bank.pending.shift();
      if (head.kind === 'block' && !this.#isBlock(bank, head)) continue;
      const bits = head.kind === 'zeros' ? this.#zeroBits(bank, head) : this.#repeatBits(bank, head);
      if (bits < NEEDED_BITS) continue;
      this.#onSlip({
        bank: index,
        frame: head.frame,
        kind: head.kind === 'zeros' ? 'zeros' : 'repeat',
        frames: head.frames,
        confidenceBits: Math.min(999, Math.floor(bits)),
        everyBank: this.#onEveryBank(head),
      });
    }
  }

  /** Whether every live bank shows the same at the same frame; needs two live banks. */
  #onEveryBank(event: Pending): boolean {
    let live = 0;
    const lag = event.kind === 'block' ? event.frames : 1;
    for (const bank of this.#banks) {
      if (bank.live.length === 0) continue;
      live++;
      for (let f = event.frame; f < event.frame + event.frames; f++)
        for (const c of bank.live) {
          const x = this.#ring.at(f, c);
          if (event.kind === 'zeros' ? x !== 0 : x !== this.#ring.at(f - lag, c)) return false;
        }
    }
    return live >= 2;
  }

  /**
   * Odds of a repetition, in bits. Given that all channels so far repeat, the next one repeats by chance with the
   * probability that its lag difference, less what the others explain of it, is zero: about step / (sigma * sqrt(2 pi)). So
   * copies, scaled copies and mixes of a few sources count as what they are. The counted rate of repetitions bounds
   * each channel's share, and a rate counted near the event bounds it again.
   */
  #repeatBits(bank: BankState, event: Pending): number {
    const ring = this.#ring;
    const block = event.kind === 'block';
    const lag = block ? event.frames : 1;
    const end = event.frame + event.frames + (block ? 0 : 1);
    if (!ring.holds(event.frame - BEFORE - lag, end + ISOLATION)) return 0;
    if (block)
      for (const c of bank.live)
        for (let f = event.frame; f < end; f++) if (ring.at(f, c) !== ring.at(f - lag, c)) return 0;
    let bits = 0;
    const parts = this.#independent(bank.live, event.frame, end, lag);
    const quieter = parts.length === 0 ? 1 : this.#quieter(parts, event.frame, end, lag);
    for (const part of parts) {
      const near = part.equal === 0 ? 0 : (part.equal + 1) / (BEFORE + ISOLATION + 2);
      const counted = lag === 1 ? this.#equalRate(part.channel) : 0;
      const sigmaSteps = part.sigmaSteps * quieter;
      bits += Math.max(0, -Math.log2(Math.max(near, counted, 1 / (2.5066 * sigmaSteps))));
    }
    if (bits >= SURE_BITS || bits < LEAST_EQUAL_BITS || parts.length === 0) return bits;
    const join = (channel: number) => this.#joinBits(channel, event.frame, event.frames);
    if (bits >= NEEDED_BITS) return parts.some(({ channel }) => join(channel) >= LEAST_JOIN_BITS) ? bits : 0;
    // Few sources: one equal frame is no rarity then. What more there is to say lies in the frames that follow.
    const { channel } = parts[0]!;
    if (block) bits += (event.frames - 1) * this.#furtherBits(channel, event.frame, end, lag);
    if (bits >= NEEDED_BITS) return bits;
    const joined = bits + join(channel);
    return joined >= JOINED_BITS ? joined : 0;
  }

  /**
   * By how much the lag differences are smaller right beside [from, to) than all around it, on the smaller side, over all channels: 0..1.
   * Where a take begins behind a loud one, the first frames are within a step or two of each other, and equal by chance.
   */
  #quieter(channels: readonly { readonly channel: number }[], from: number, to: number, lag: number): number {
    const ring = this.#ring;
    const power = (channel: number, first: number, count: number) => {
      let sum = 0;
      for (let f = first; f < first + count; f++) sum += (ring.at(f, channel) - ring.at(f - lag, channel)) ** 2;
      return sum;
    };
    let before = 0;
    let behind = 0;
    for (const { channel } of channels) {
      const all =
        (power(channel, from - BEFORE, BEFORE) + power(channel, to, ISOLATION)) / (BEFORE + ISOLATION) ||
        Number.MIN_VALUE;
      before += power(channel, from - BESIDE, BESIDE) / BESIDE / all;
      behind += power(channel, to, BESIDE) / BESIDE / all;
    }
    return Math.min(1, Math.sqrt(Math.min(before, behind) / channels.length));
  }

  /**
   * Odds that one more frame is equal after one was, in bits: the spread of the change of the lag difference, in steps, by
   * whichever difference of it is the smallest.
   */
  #furtherBits(channel: number, from: number, to: number, lag: number): number {
    const ring = this.#ring;
    const step = this.#step(channel, from - BEFORE, to + ISOLATION);
    const d = new Float64Array(BEFORE);
    for (let i = 0; i < BEFORE; i++)
      d[i] = ring.at(from - BEFORE + i, channel) - ring.at(from - BEFORE + i - lag, channel);
    let least = Number.POSITIVE_INFINITY;
    for (let order = 1; order <= 3; order++) {
      for (let i = BEFORE - 1; i >= order; i--) d[i]! -= d[i - 1]!;
      let power = 0;
      for (let i = order; i < BEFORE; i++) power += d[i]! * d[i]!;
      least = Math.min(least, Math.sqrt(power / (BEFORE - order)) / step);
    }
    return Math.max(0, Math.log2(2.5066 * least));
  }

  /**
   * How much better a predictor foresees the channel with the frames from `at` on taken out, in bits. Fitted to the frames
   * before; a repeated frame breaks the line of the signal, and without it the line is whole.
   */
  #joinBits(channel: number, at: number, frames: number): number {
    const ring = this.#ring;
    const first = at - JOIN_FIT;
    if (!ring.holds(first, at + frames + JOIN_WINDOW)) return 0;
    const x = new Float64Array(JOIN_FIT + frames + JOIN_WINDOW);
    for (let i = 0; i < x.length; i++) x[i] = ring.at(first + i, channel) / 256;
    const lags = new Float64Array(JOIN_TAPS + 1);
    const hann = (i: number) => 0.5 - 0.5 * Math.cos((2 * Math.PI * (i + 0.5)) / JOIN_FIT);
    const windowed = Float64Array.from({ length: JOIN_FIT }, (_, i) => x[i]! * hann(i));
    for (let k = 0; k <= JOIN_TAPS; k++) for (let i = k; i < JOIN_FIT; i++) lags[k]! += windowed[i]! * windowed[i - k]!;
    const a = new Float64Array(JOIN_TAPS + 1);
    if (levinson(lags, JOIN_TAPS, JOIN_FIT * 0.05, a, new Float64Array(JOIN_TAPS + 1)) === 0) return 0;
    const error = (y: Float64Array, from: number, to: number) => {
      let sum = 0;
      for (let n = from; n < to; n++) {
        let e = 0;
        for (let k = 0; k <= JOIN_TAPS; k++) e += a[k]! * y[n - k]!;
        sum += e * e;
      }
      return sum;
    };
    const usual = (error(x, JOIN_TAPS, JOIN_FIT) / (JOIN_FIT - JOIN_TAPS)) * JOIN_WINDOW;
    const joined = new Float64Array(JOIN_FIT + JOIN_WINDOW);
    joined.set(x.subarray(0, JOIN_FIT));
    joined.set(x.subarray(JOIN_FIT + frames), JOIN_FIT);
    const floor = JOIN_FLOOR * usual + 1e-9;
    const asItIs = error(x, JOIN_FIT, JOIN_FIT + JOIN_WINDOW) + floor;
    const without = error(joined, JOIN_FIT, JOIN_FIT + JOIN_WINDOW) + floor;
    // Without the repetition nothing may be left to explain: an onset stays one.
    if (without > 3 * (usual + floor)) return 0;
    const nats = (JOIN_WINDOW / 2) * Math.log(asItIs / without);
    return Math.max(0, Math.min(JOIN_BITS_CAP, (JOIN_WEIGHT * nats) / Math.LN2));
  }

  /**
   * The channels that carry something of their own around [from, to), strongest first, with the spread of their lag
   * differences given those before them (in steps of the channel's resolution), and how many differences were zero.
   */
  #independent(
    live: readonly number[],
    from: number,
    to: number,
    lag: number,
  ): { channel: number; sigmaSteps: number; equal: number }[] {
    const ring = this.#ring;
    const first = from - BEFORE;
    const total = BEFORE + ISOLATION;
    const differences = live.map((c) => {
      const d = new Float64Array(total);
      for (let i = 0; i < BEFORE; i++) d[i] = ring.at(first + i, c) - ring.at(first + i - lag, c);
      // A single frame's successor still differs from the frame itself; a block's successor is compared with the block.
      for (let i = 0; i < ISOLATION; i++) d[BEFORE + i] = ring.at(to + i, c) - ring.at(to + i - lag, c);
      return d;
    });
    const steps = live.map((c) => this.#step(c, first, to + ISOLATION));
    const covariance = differences.map((a) => Float64Array.from(differences, (b) => dot(a, b) / total));
    const left = new Set(live.keys());
    const parts: { channel: number; sigmaSteps: number; equal: number }[] = [];
    while (left.size > 0) {
      let pivot = -1;
      let sigmaSteps = 0;
      for (const j of left) {
        const sigma = Math.sqrt(Math.max(0, covariance[j]![j]!)) / steps[j]!;
        if (sigma > sigmaSteps) {
          sigmaSteps = sigma;
          pivot = j;
        }
      }
      // Half a step is what rounding leaves of a copy.
      if (pivot < 0 || sigmaSteps < 1) break;
      left.delete(pivot);
      let equal = 0;
      for (const d of differences[pivot]!) if (d === 0) equal++;
      parts.push({ channel: live[pivot]!, sigmaSteps, equal });
      const variance = covariance[pivot]![pivot]!;
      for (const i of left) {
        const factor = covariance[i]![pivot]! / variance;
        for (const j of left) covariance[i]![j]! -= factor * covariance[pivot]![j]!;
      }
    }
    return parts;
  }

  /** Smallest step of a channel over [from, to), in Int32 units: 256 for 24 bits, 65536 for 16. */
  #step(channel: number, from: number, to: number): number {
    let or = 0;
    for (let f = from; f < to; f++) or |= this.#ring.at(f, channel);
    return or === 0 ? 1 : 2 ** (31 - Math.clz32(or & -or));
  }

  /** Odds of a run of zeros on the whole bank, in bits; 0 unless it is cut off hard and the bank lives on both sides. */
  #zeroBits(bank: BankState, event: Pending): number {
    const ring = this.#ring;
    const end = event.frame + event.frames;
    if (!ring.holds(event.frame - BEFORE - 1, end + ISOLATION + 2)) return 0;
    const own = new Set(this.#independent(bank.live, event.frame, end + 1, 1).map((part) => part.channel));
    let bits = 0;
    let living = 0;
    const cut = [0, 0];
    const edge = [0, 0];
    for (const c of bank.live) {
      let zerosBefore = 0;
      let zerosAfter = 0;
      const bend = [0, 0];
      const size = [0, 0];
      for (let i = 1; i <= ISOLATION; i++) {
        const x = event.frame - i;
        const y = end + i - 1;
        if (ring.at(x, c) === 0) zerosBefore++;
        if (ring.at(y, c) === 0) zerosAfter++;
        bend[0]! += Math.abs(ring.at(x, c) - 2 * ring.at(x - 1, c) + ring.at(x - 2, c));
        bend[1]! += Math.abs(ring.at(y, c) - 2 * ring.at(y + 1, c) + ring.at(y + 2, c));
        size[0]! += Math.abs(ring.at(x, c));
        size[1]! += Math.abs(ring.at(y, c));
      }
      if (zerosBefore > ISOLATION / 2 || zerosAfter > ISOLATION / 2) continue;
      living++;
      for (let side = 0; side < 2; side++) {
        const near = ring.at(side === 0 ? event.frame - 1 : end, c);
        const far = ring.at(side === 0 ? event.frame - 2 : end + 1, c);
        cut[side]! += against(2 * near - far, bend[side]! / ISOLATION) ** 2;
        let largest = 0;
        for (let i = 0; i < EDGE_FRAMES; i++)
          largest = Math.max(largest, Math.abs(ring.at(side === 0 ? event.frame - 1 - i : end + i, c)));
        edge[side]! += against(largest, size[side]! / ISOLATION) ** 2;
      }
      if (!own.has(c)) continue;
      const rate = (Math.max(zerosBefore, zerosAfter) + 1) / (ISOLATION + 2);
      bits += Math.min(ZERO_BITS_CAP, -Math.log2(rate) * event.frames);
    }
    const hard = Math.min(...cut) >= CUT_OFF ** 2 * living && Math.min(...edge) >= EDGE ** 2 * living;
    return hard ? bits : 0;
  }
}

/** A size in units of what is usual; 4 at most. */
function against(value: number, usual: number): number {
  return Math.min(4, Math.abs(value) / Math.max(1, usual));
}

function forgetNear(bank: BankState, start: number): void {
  const pending = bank.pending;
  for (let i = pending.length - 1; i >= 0; i--)
    if (pending[i]!.kind === 'repeat' && start - (pending[i]!.frame + pending[i]!.frames) <= ISOLATION)
      pending.splice(i, 1);
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
