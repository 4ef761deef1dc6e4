/**
 * The band in the box: small deterministic instruments, one sample a call, all from one seed. Made to be metered and to
 * carry slips as real programme does (transients, decays, bleed), not to please.
 */
import type { VoiceName } from './scenario.ts';

/** xorshift32: small, seeded, the same on every machine. */
export class Random {
  #state: number;
  constructor(seed: number) {
    this.#state = (seed ^ 0x9e3779b9) | 0 || 1;
    for (let i = 0; i < 8; i++) this.next();
  }
  /** Uniform in -1..1. */
  next(): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x;
    return x / 0x8000_0000;
  }
}

export interface Voice {
  /** The next sample, nominally within -1..1. */
  next(): number;
  /** A voice that keeps time by itself, whoever samples it: it is told how fast the sampler's clock runs. */
  sampledAt?(ppm: number): void;
}

const TWO_PI = 2 * Math.PI;

/** A 16-step pattern: strength 0..1 a step. */
class Sequencer {
  #left = 0;
  #step = -1;
  readonly #framesPerStep: number;
  readonly #pattern: readonly number[];
  constructor(rateHz: number, tempoBpm: number, pattern: readonly number[]) {
    this.#framesPerStep = (60 * rateHz) / tempoBpm / 4;
    this.#pattern = pattern;
  }
  /** Strength of a hit that begins at this sample, else 0. */
  tick(): number {
    if (this.#left > 0) {
      this.#left -= 1;
      return 0;
    }
    this.#step = (this.#step + 1) % this.#pattern.length;
    this.#left += this.#framesPerStep - 1;
    return this.#pattern[this.#step] ?? 0;
  }
}

/** One hit of a drum: a decaying sine whose pitch falls. */
class Strike {
  #level = 0;
  #phase = 0;
  #bend = 0;
  start(level: number): void {
    this.#level = level;
    this.#phase = 0;
    this.#bend = 1;
  }
  next(decay: number, bendDecay: number, lowStep: number, bendStep: number): number {
    this.#level *= decay;
    this.#bend *= bendDecay;
    this.#phase += lowStep + bendStep * this.#bend;
    if (this.#phase > TWO_PI) this.#phase -= TWO_PI;
    return this.#level * Math.sin(this.#phase);
  }
}

/** Kick and toms. A skin goes on ringing under the next hit: cutting it off would be a splice, which is what slips are. */
class Drum implements Voice {
  readonly #strikes = [new Strike(), new Strike(), new Strike()];
  #newest = 0;
  readonly #sequencer: Sequencer;
  readonly #decay: number;
  readonly #bendDecay: number;
  readonly #lowStep: number;
  readonly #bendStep: number;
  constructor(rateHz: number, sequencer: Sequencer, lowHz: number, bendHz: number, decayS: number) {
    this.#sequencer = sequencer;
    this.#decay = Math.exp(-1 / (decayS * rateHz));
    this.#bendDecay = Math.exp(-1 / (0.02 * rateHz));
    this.#lowStep = (TWO_PI * lowHz) / rateHz;
    this.#bendStep = (TWO_PI * bendHz) / rateHz;
  }
  next(): number {
    const hit = this.#sequencer.tick();
    if (hit > 0) {
      this.#newest = (this.#newest + 1) % this.#strikes.length;
      this.#strikes[this.#newest]?.start(hit);
    }
    let sum = 0;
    for (const strike of this.#strikes) sum += strike.next(this.#decay, this.#bendDecay, this.#lowStep, this.#bendStep);
    return sum;
  }
}

/** Filtered noise bursts with a body tone: snare; without: hat. */
class NoiseHit implements Voice {
  #level = 0;
  #phase = 0;
  #last = 0;
  readonly #sequencer: Sequencer;
  readonly #random: Random;
  readonly #decay: number;
  readonly #bodyStep: number;
  readonly #body: number;
  constructor(rateHz: number, sequencer: Sequencer, random: Random, decayS: number, bodyHz: number, body: number) {
    this.#sequencer = sequencer;
    this.#random = random;
    this.#decay = Math.exp(-1 / (decayS * rateHz));
    this.#bodyStep = (TWO_PI * bodyHz) / rateHz;
    this.#body = body;
  }
  next(): number {
    const hit = this.#sequencer.tick();
    // The body's phase runs on: a snare that still rings is not cut off by the next hit.
    if (hit > this.#level) this.#level = hit;
    this.#level *= this.#decay;
    this.#phase += this.#bodyStep;
    if (this.#phase > TWO_PI) this.#phase -= TWO_PI;
    const white = this.#random.next();
    const bright = (white - this.#last) * 0.5;
    this.#last = white;
    return this.#level * ((1 - this.#body) * bright + this.#body * Math.sin(this.#phase));
  }
}

/** A plucked string (delay line with a lossy loop): bass and guitar. */
class Pluck implements Voice {
  #line = new Float64Array(1);
  #at = 0;
  #last = 0;
  #note = 0;
  readonly #sequencer: Sequencer;
  readonly #random: Random;
  readonly #rateHz: number;
  readonly #notesHz: readonly number[];
  readonly #loss: number;
  constructor(rateHz: number, sequencer: Sequencer, random: Random, notesHz: readonly number[], loss: number) {
    this.#sequencer = sequencer;
    this.#random = random;
    this.#rateHz = rateHz;
    this.#notesHz = notesHz;
    this.#loss = loss;
    this.#line = new Float64Array(Math.ceil(rateHz / Math.min(...notesHz)));
  }
  #length = 1;
  next(): number {
    const hit = this.#sequencer.tick();
    if (hit > 0) {
      this.#note = (this.#note + 1) % this.#notesHz.length;
      this.#length = Math.max(2, Math.floor(this.#rateHz / (this.#notesHz[this.#note] ?? 110)));
      let low = 0;
      for (let i = 0; i < this.#length; i++) {
        low += 0.5 * (this.#random.next() - low);
        this.#line[i] = hit * low * 1.6;
      }
      this.#at = 0;
    }
    const now = this.#line[this.#at] ?? 0;
    this.#line[this.#at] = this.#loss * 0.5 * (now + this.#last);
    this.#last = now;
    this.#at = this.#at + 1 >= this.#length ? 0 : this.#at + 1;
    return now;
  }
}

/** Glottal pulses through three resonances with a syllable's rise and fall: a talker or singer. */
class Talker implements Voice {
  readonly #random: Random;
  readonly #rateHz: number;
  #phase = 0;
  #pitchHz = 120;
  #left = 0;
  #level = 0;
  #target = 0;
  readonly #y1 = [0, 0, 0];
  readonly #y2 = [0, 0, 0];
  readonly #a1 = [0, 0, 0];
  readonly #a2 = [0, 0, 0];
  constructor(rateHz: number, random: Random) {
    this.#random = random;
    this.#rateHz = rateHz;
    this.#newSyllable();
  }
  #newSyllable(): void {
    const r = () => 0.5 + 0.5 * this.#random.next();
    const speaks = r() > 0.25;
    this.#target = speaks ? 0.4 + 0.6 * r() : 0;
    this.#pitchHz = 100 + 60 * r();
    this.#left = Math.floor(this.#rateHz * (0.09 + 0.2 * r()));
    const formantsHz = [300 + 500 * r(), 900 + 1300 * r(), 2400 + 600 * r()];
    const widthHz = [80, 110, 160];
    for (let i = 0; i < 3; i++) {
      const radius = Math.exp((-Math.PI * (widthHz[i] ?? 100)) / this.#rateHz);
      this.#a1[i] = 2 * radius * Math.cos((TWO_PI * (formantsHz[i] ?? 500)) / this.#rateHz);
      this.#a2[i] = -radius * radius;
    }
  }
  next(): number {
    if (--this.#left <= 0) this.#newSyllable();
    this.#level += (this.#target - this.#level) * (30 / this.#rateHz);
    this.#phase += this.#pitchHz / this.#rateHz;
    // Pulses go one way; their mean is taken off, for no microphone passes DC.
    let pulse = 0.02 * this.#random.next() - this.#pitchHz / this.#rateHz;
    if (this.#phase >= 1) {
      this.#phase -= 1;
      pulse += 1;
    }
    let sum = 0;
    for (let i = 0; i < 3; i++) {
      const y = pulse + (this.#a1[i] ?? 0) * (this.#y1[i] ?? 0) + (this.#a2[i] ?? 0) * (this.#y2[i] ?? 0);
      this.#y2[i] = this.#y1[i] ?? 0;
      this.#y1[i] = y;
      sum += y * (0.05 / (1 + i));
    }
    return this.#level * Math.max(-1, Math.min(1, sum));
  }
}

/** Chords of decaying partials. */
class Keys implements Voice {
  readonly #phases = new Float64Array(6);
  readonly #steps = new Float64Array(6);
  #level = 0;
  #chord = 0;
  readonly #decay: number;
  readonly #sequencer: Sequencer;
  readonly #rateHz: number;
  constructor(rateHz: number, sequencer: Sequencer) {
    this.#rateHz = rateHz;
    this.#sequencer = sequencer;
    this.#decay = Math.exp(-1 / (0.9 * rateHz));
  }
  next(): number {
    const hit = this.#sequencer.tick();
    if (hit > 0) {
      const rootHz = [220, 174.61, 261.63, 196][this.#chord++ % 4] ?? 220;
      [1, 1.25, 1.5, 2, 2.51, 3.01].forEach((ratio, i) => {
        this.#steps[i] = (TWO_PI * rootHz * ratio) / this.#rateHz;
      });
      this.#level = hit;
    }
    this.#level *= this.#decay;
    let sum = 0;
    for (let i = 0; i < 6; i++) {
      let phase = (this.#phases[i] ?? 0) + (this.#steps[i] ?? 0);
      if (phase > TWO_PI) phase -= TWO_PI;
      this.#phases[i] = phase;
      sum += Math.sin(phase) * (0.3 / (1 + 0.5 * i));
    }
    return this.#level * sum;
  }
}

/** A steady 997 Hz wave: sine, or the naive square that no slip detector can read. */
class Steady implements Voice {
  #phase = 0;
  readonly #nominal: number;
  #step: number;
  readonly #square: boolean;
  constructor(rateHz: number, hz: number, square: boolean) {
    this.#nominal = hz / rateHz;
    this.#step = this.#nominal;
    this.#square = square;
  }
  sampledAt(ppm: number): void {
    this.#step = this.#nominal / (1 + ppm * 1e-6);
  }
  next(): number {
    this.#phase += this.#step;
    if (this.#phase >= 1) this.#phase -= 1;
    if (this.#square) return this.#phase < 0.5 ? 0.5 : -0.5;
    return Math.sin(TWO_PI * this.#phase);
  }
}

export function createVoice(name: VoiceName, rateHz: number, tempoBpm: number, seed: number): Voice {
  const random = new Random(seed);
  const pattern = (steps: string) =>
    new Sequencer(
      rateHz,
      tempoBpm,
      [...steps].map((step) => Number(step) / 9),
    );
  switch (name) {
    case 'kick':
      return new Drum(rateHz, pattern('9000000790090000'), 48, 160, 0.16);
    case 'snare':
      return new NoiseHit(rateHz, pattern('0000900200009003'), random, 0.09, 190, 0.4);
    case 'hat':
      return new NoiseHit(rateHz, pattern('7050705070507058'), random, 0.03, 0, 0);
    case 'tom':
      return new Drum(rateHz, pattern('00000000000000870000000000006780'), 92, 60, 0.3);
    case 'bass':
      return new Pluck(rateHz, pattern('9003000090000500'), random, [41.2, 55, 49, 61.7], 0.9995);
    case 'guitar':
      return new Pluck(rateHz, pattern('8005805080058050'), random, [110, 164.8, 196, 246.9, 130.8], 0.999);
    case 'keys':
      return new Keys(rateHz, pattern('9000000000000000'));
    case 'voice':
      return new Talker(rateHz, random);
    case 'tone':
      return new Steady(rateHz, 997, false);
    case 'square':
      return new Steady(rateHz, 997, true);
    case 'noise':
      return random;
  }
}
