/**
 * Reads linear timecode (SMPTE ST 12-1: 80 bits a frame, biphase mark, sync word 0011 1111 1111 1101) from one channel.
 *
 * Integers in, addresses out, at any level above -50 dBFS and either polarity, from a fifth of the nominal speed to five times
 * it. Forwards only: backwards there is no recording. Pure.
 */

export interface TimecodeAddress {
  readonly hours: number;
  readonly minutes: number;
  readonly seconds: number;
  readonly frames: number;
  /** Drop-frame flag: numbers 0 and 1 are left out in nine of ten minutes. */
  readonly drop: boolean;
}

/** One whole frame of timecode. */
export interface TimecodeFrame {
  readonly address: TimecodeAddress;
  /** Frame of the stream at which its first bit begins; a fraction, from the crossings around it. */
  readonly atFrame: number;
  /** Its length in frames of the stream. */
  readonly length: number;
}

/** Loudest sample below this carries no code: 2^31 at -50 dBFS. */
const LEAST_PEAK = 2 ** 31 * 10 ** (-50 / 20);
/** The slicer's hysteresis, of the present peak. */
const HYSTERESIS = 0.25;
/** Fall of the peak per sample: to a half in 20 ms at 48 kHz. */
const PEAK_FALL = 0.5 ** (1 / 960);
const FRAME_BITS = 80;
/** Bits 64 to 79 as they come, the first in the highest place. */
const SYNC_WORD = 0b0011111111111101;

export class LtcDecoder {
  readonly #onFrame: (frame: TimecodeFrame) => void;
  /** Longest and shortest bit, frames of the stream: 24 frames a second at a fifth of the speed, 30 at five times it. */
  readonly #longest: number;
  readonly #shortest: number;
  #high = 0;
  #low = 0;
  #level = false;
  #before = 0;
  /** Where the present half swing crossed the middle, frames of the stream. */
  #crossedAt = 0;
  #lastAt = Number.NEGATIVE_INFINITY;
  /** Length of a bit, followed. */
  #bit = 0;
  #halfPending = false;
  /** Where each of the last 80 bits began. */
  readonly #begins = new Float64Array(FRAME_BITS);
  readonly #bits = new Uint8Array(FRAME_BITS);
  #place = 0;
  #count = 0;
  #sync = 0;
  #bitBegan = 0;

  constructor(rateHz: number, onFrame: (frame: TimecodeFrame) => void) {
    this.#onFrame = onFrame;
    this.#longest = (rateHz / (24 * FRAME_BITS)) * 5;
    this.#shortest = rateHz / (30 * FRAME_BITS) / 5;
    this.#bit = rateHz / (27 * FRAME_BITS);
  }

  /** A gap in the samples: what was begun is forgotten. */
  reset(): void {
    this.#lastAt = Number.NEGATIVE_INFINITY;
    this.#halfPending = false;
    this.#count = 0;
    this.#sync = 0;
  }

  /** `samples`: interleaved, `stride` a frame, this channel at `column`; `firstFrame`: position of the first of `frames`. */
  process(samples: Int32Array, frames: number, stride: number, column: number, firstFrame: number): void {
    for (let i = 0; i < frames; i++) {
      const x = samples[i * stride + column]!;
      this.#high = x > this.#high ? x : this.#high * PEAK_FALL;
      this.#low = x < this.#low ? x : this.#low * PEAK_FALL;
      const swing = this.#high - this.#low;
      const middle = (this.#high + this.#low) / 2;
      const before = this.#before;
      this.#before = x;
      // The crossing of the middle, between two samples; it counts once the swing has gone through.
      if (before < middle !== x < middle && x !== before) {
        this.#crossedAt = firstFrame + i - 1 + (middle - before) / (x - before);
      }
      if (swing < 2 * LEAST_PEAK) continue;
      const beyond = swing * HYSTERESIS * 0.5;
      if (this.#level ? x < middle - beyond : x > middle + beyond) {
        this.#level = !this.#level;
        this.#onEdge(this.#crossedAt);
      }
    }
  }

  #onEdge(at: number): void {
    const length = at - this.#lastAt;
    this.#lastAt = at;
    if (!(length < 1.5 * this.#longest) || length < 0.3 * this.#shortest) {
      this.#halfPending = false;
      this.#count = 0;
      this.#bitBegan = at;
      return;
    }
    if (length > 0.75 * this.#bit) {
      // A whole bit without a change in its middle: 0. A half that waited was noise, or the phase was wrong.
      if (this.#halfPending) this.#count = 0;
      this.#halfPending = false;
      this.#follow(length);
      this.#take(0, at - length);
    } else if (this.#halfPending) {
      this.#halfPending = false;
      this.#follow(at - this.#bitBegan);
      this.#take(1, this.#bitBegan);
    } else {
      this.#halfPending = true;
      this.#bitBegan = at - length;
    }
  }

  #follow(length: number): void {
    const next = this.#bit + (length - this.#bit) * 0.1;
    this.#bit = Math.min(this.#longest, Math.max(this.#shortest, next));
  }

  #take(bit: 0 | 1, beganAt: number): void {
    this.#bits[this.#place] = bit;
    this.#begins[this.#place] = beganAt;
    this.#place = (this.#place + 1) % FRAME_BITS;
    this.#count++;
    this.#sync = ((this.#sync << 1) | bit) & 0xffff;
    if (this.#sync !== SYNC_WORD || this.#count < FRAME_BITS) return;
    const at = this.#begins[this.#place]!;
    const address = this.#address();
    if (address !== null) this.#onFrame({ address, atFrame: at, length: this.#lastAt - at });
  }

  /** Bits of the frame, the least first. */
  #number(from: number, bits: number): number {
    let value = 0;
    for (let i = 0; i < bits; i++) value |= this.#bits[(this.#place + from + i) % FRAME_BITS]! << i;
    return value;
  }

  /** null: no time of day. */
  #address(): TimecodeAddress | null {
    const digits = [this.#number(0, 4), this.#number(16, 4), this.#number(32, 4), this.#number(48, 4)];
    const frames = digits[0]! + 10 * this.#number(8, 2);
    const seconds = digits[1]! + 10 * this.#number(24, 3);
    const minutes = digits[2]! + 10 * this.#number(40, 3);
    const hours = digits[3]! + 10 * this.#number(56, 2);
    if (digits.some((digit) => digit > 9) || frames > 29 || seconds > 59 || minutes > 59 || hours > 23) return null;
    return { hours, minutes, seconds, frames, drop: this.#number(10, 1) === 1 };
  }
}

/** Frame rates of timecode. `numbers`: frame numbers in a second. */
export const TIMECODE_RATES = [
  { name: '23.976', numbers: 24, hz: 24_000 / 1001 },
  { name: '24', numbers: 24, hz: 24 },
  { name: '25', numbers: 25, hz: 25 },
  { name: '29.97', numbers: 30, hz: 30_000 / 1001 },
  { name: '30', numbers: 30, hz: 30 },
] as const;
export type TimecodeRate = (typeof TIMECODE_RATES)[number];

/** The rate nearest to a measured one, Hz; null: none within 0.04 % (29.97 and 30 lie 0.1 % apart). */
export function timecodeRate(measuredHz: number): TimecodeRate | null {
  const best = TIMECODE_RATES.reduce((near, one) =>
    Math.abs(one.hz - measuredHz) < Math.abs(near.hz - measuredHz) ? one : near,
  );
  return Math.abs(best.hz / measuredHz - 1) < 0.0004 ? best : null;
}

/** Frames since 00:00:00:00. */
export function frameCount(address: TimecodeAddress, rate: TimecodeRate): number {
  const minutes = address.hours * 60 + address.minutes;
  const count = (minutes * 60 + address.seconds) * rate.numbers + address.frames;
  return address.drop ? count - 2 * (minutes - Math.floor(minutes / 10)) : count;
}

/** Seconds of the clock since 00:00:00:00: what BWF's TimeReference counts, in samples. */
export function timecodeSeconds(address: TimecodeAddress, rate: TimecodeRate): number {
  return frameCount(address, rate) / rate.hz;
}

/** `01:02:03:04`, with a semicolon before the frames of drop-frame code. */
export function timecodeText({ hours, minutes, seconds, frames, drop }: TimecodeAddress): string {
  const two = (n: number) => String(n).padStart(2, '0');
  return `${two(hours)}:${two(minutes)}:${two(seconds)}${drop ? ';' : ':'}${two(frames)}`;
}

/** What the reader tells. */
export type TimecodeEvent =
  | {
      /** started: it runs, or it jumped. running: told again now and then, for clocks that drift. */
      readonly kind: 'started' | 'running';
      /** Frame of the stream. */
      readonly frame: number;
      /** Frame of the stream where this run of code began. */
      readonly sinceFrame: number;
      readonly text: string;
      readonly seconds: number;
      readonly rate: TimecodeRate['name'];
      readonly drop: boolean;
    }
  | { readonly kind: 'stopped'; readonly frame: number };

/** Frames in a row that must count up before it is believed; the rate is measured over them. */
const BELIEVED = 30;
/** No frame of code for so long, s: it has stopped. */
const STOPPED_S = 0.25;
const AGAIN_S = 60;

/** Timecode as it runs: starts, jumps, stops. */
export class LtcReader {
  readonly #decoder: LtcDecoder;
  readonly #rateHz: number;
  readonly #onEvent: (event: TimecodeEvent) => void;
  #run: { first: TimecodeFrame; last: TimecodeFrame; count: number } | null = null;
  #told: { rate: TimecodeRate; atFrame: number } | null = null;

  constructor(rateHz: number, onEvent: (event: TimecodeEvent) => void) {
    this.#rateHz = rateHz;
    this.#onEvent = onEvent;
    this.#decoder = new LtcDecoder(rateHz, (frame) => this.#onFrame(frame));
  }

  process(samples: Int32Array, frames: number, stride: number, column: number, firstFrame: number): void {
    this.#decoder.process(samples, frames, stride, column, firstFrame);
    const end = firstFrame + frames;
    if (this.#run !== null && end - this.#run.last.atFrame - this.#run.last.length > STOPPED_S * this.#rateHz) {
      this.#stop(Math.round(this.#run.last.atFrame + this.#run.last.length));
    }
  }

  /** A gap in the samples: positions do not hold over it. */
  reset(frame: number): void {
    this.#decoder.reset();
    this.#stop(frame);
  }

  #stop(frame: number): void {
    this.#run = null;
    if (this.#told === null) return;
    this.#told = null;
    this.#onEvent({ kind: 'stopped', frame });
  }

  #onFrame(frame: TimecodeFrame): void {
    const run = this.#run;
    if (run === null || !follows(run.last, frame)) {
      if (run !== null) this.#stop(Math.round(frame.atFrame));
      this.#run = { first: frame, last: frame, count: 1 };
      return;
    }
    run.last = frame;
    run.count++;
    if (this.#told !== null) {
      if (frame.atFrame - this.#told.atFrame >= AGAIN_S * this.#rateHz) this.#tell('running', frame, this.#told.rate);
      return;
    }
    if (run.count < BELIEVED) return;
    const measured = ((run.count - 1) * this.#rateHz) / (frame.atFrame - run.first.atFrame);
    const rate = timecodeRate(measured);
    if (rate !== null) this.#tell('started', frame, rate);
  }

  #tell(kind: 'started' | 'running', frame: TimecodeFrame, rate: TimecodeRate): void {
    const { address } = frame;
    const at = Math.round(frame.atFrame);
    this.#told = { rate, atFrame: at };
    // The frame of the stream is whole, the code is not: what was rounded off goes to the seconds.
    const seconds = timecodeSeconds(address, rate) + (at - frame.atFrame) / this.#rateHz;
    const sinceFrame = Math.round(this.#run?.first.atFrame ?? at);
    this.#onEvent({
      kind,
      frame: at,
      sinceFrame,
      text: timecodeText(address),
      seconds,
      rate: rate.name,
      drop: address.drop,
    });
  }
}

/** `b` is the address after `a`, and begins where `a` ended. */
function follows(a: TimecodeFrame, b: TimecodeFrame): boolean {
  if (Math.abs(b.atFrame - a.atFrame - a.length) > 0.25 * a.length) return false;
  const [x, y] = [a.address, b.address];
  if (x.drop !== y.drop) return false;
  if (y.frames === x.frames + 1) return x.seconds === y.seconds && x.minutes === y.minutes && x.hours === y.hours;
  const next = (x.hours * 3600 + x.minutes * 60 + x.seconds + 1) % 86_400;
  const skips = y.drop && y.seconds === 0 && y.minutes % 10 !== 0;
  return y.frames === (skips ? 2 : 0) && y.hours * 3600 + y.minutes * 60 + y.seconds === next && x.frames >= 23;
}
