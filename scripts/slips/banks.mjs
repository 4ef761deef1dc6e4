// Builds banks of 8 channels from the corpus, as an ADAT expander delivers them: 24 bits, each channel with its own gain
// and preamp noise. Deterministic in (set, kind, seed).
import { closeSync, openSync, readSync } from 'node:fs';
import { basename } from 'node:path';
import { corpus } from './corpus.mjs';

export const CHANNELS = 8;

export function randomOf(seed) {
  let state = seed >>> 0 || 1;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const NOISE = new Float32Array(1 << 20);
{
  const random = randomOf(99);
  for (let i = 0; i < NOISE.length; i++)
    NOISE[i] = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

const all = corpus();
const used = new Map();
/** The source material read since the last call, in tenths of a second of each file: [file, from, to) for each stretch. */
export function materialOf() {
  const stretches = [];
  for (const [file, marks] of used) {
    let open = null;
    for (const tenth of [...marks].sort((a, b) => a - b)) {
      if (open !== null && open[2] === tenth) open[2]++;
      else {
        open = [basename(file), tenth, tenth + 1];
        stretches.push(open);
      }
    }
  }
  used.clear();
  return stretches;
}

function readSegment(entry, from, frames, channel) {
  const buffer = Buffer.alloc(frames * entry.channels * 4);
  const file = openSync(entry.file, 'r');
  readSync(file, buffer, 0, buffer.length, from * entry.channels * 4);
  closeSync(file);
  const raw = new Float32Array(buffer.buffer, buffer.byteOffset, frames * entry.channels);
  const key = entry.file.replace(/\.\d+\.f32$/, '');
  if (!used.has(key)) used.set(key, new Set());
  const marks = used.get(key);
  for (let s = Math.round((from * 10) / entry.rateHz); s < Math.round(((from + frames) * 10) / entry.rateHz); s++)
    marks.add(s);
  if (entry.channels === 1) return raw;
  const out = new Float32Array(frames);
  for (let i = 0; i < frames; i++) out[i] = raw[i * entry.channels + (channel % entry.channels)];
  return out;
}

/** A mono signal of `frames` frames from files of a kind, joined end to end (fading over 10 ms at joins). */
function material(set, kind, rate, frames, random, channel = 0, files = null) {
  const pool = files ?? all.filter((e) => e.set === set && e.kind === kind && e.rateHz === rate);
  const out = new Float32Array(frames);
  let at = 0;
  while (at < frames) {
    const entry = pool[Math.floor(random() * pool.length)];
    const from = entry.frames > frames ? Math.floor(random() * (entry.frames - frames)) : 0;
    const take = Math.min(frames - at, entry.frames - from);
    const segment = readSegment(entry, from, take, channel);
    const fade = Math.min(441, take >> 1);
    for (let i = 0; i < take; i++) out[at + i] = segment[i] * Math.min(1, i / fade, (take - i) / fade);
    at += take;
  }
  return out;
}

/** Both sides of one piece. */
function stereo(set, kind, rate, frames, random) {
  const pool = all.filter((e) => e.set === set && e.kind === kind && e.rateHz === rate && e.channels === 2);
  const entry = [pool[Math.floor(random() * pool.length)]];
  const seed = Math.floor(random() * 2 ** 31);
  return [0, 1].map((c) => material(set, kind, rate, frames, randomOf(seed), c, entry));
}

function talker(set, rate, frames, random) {
  const pool = all.filter((e) => e.set === set && e.kind === 'speech' && e.rateHz === rate);
  const out = new Float32Array(frames);
  let at = Math.floor(random() * rate * 0.5);
  while (at < frames) {
    const entry = pool[Math.floor(random() * pool.length)];
    const take = Math.min(frames - at, entry.frames);
    out.set(readSegment(entry, 0, take, 0), at);
    at += take + Math.floor((0.05 + 0.35 * random()) * rate);
  }
  return out;
}

/** Drum tracks: one one-shot each, struck in a pattern; `human`: timing and force vary. */
function drums(set, rate, frames, random, count, human) {
  const pool = all.filter((e) => e.set === set && e.kind === 'drums' && e.rateHz === rate);
  const step = Math.floor((rate * 60) / (85 + 70 * random()) / 4);
  return Array.from({ length: count }, (_, d) => {
    const out = new Float32Array(frames);
    const shots = Array.from({ length: 3 }, () => {
      const entry = pool[Math.floor(random() * pool.length)];
      return readSegment(entry, 0, Math.min(entry.frames, rate * 2), 0);
    });
    const odds = Array.from({ length: 16 }, (_, i) =>
      i % (2 + (d % 3) * 2) === (d % 2) * 2 ? 0.85 : 0.15 + 0.2 * random(),
    );
    for (let s = 0; s * step < frames; s++) {
      if (random() > odds[s % 16]) continue;
      const at = s * step + (human ? Math.floor(random() * rate * 0.012) : 0);
      const force = human ? 0.25 + 0.75 * random() : 0.8;
      const shot = shots[human ? Math.floor(random() * 3) : 0];
      addDelayed(out, shot, force, at, Math.min(frames, at + shot.length));
    }
    return out;
  });
}

/** Mixes signals into mics: gains[mic][signal], each with its own delay in frames. */
function mics(signals, gains, delays, frames) {
  return gains.map((row, m) => {
    const out = new Float32Array(frames);
    row.forEach((gain, s) => {
      if (gain !== 0) addDelayed(out, signals[s], gain, delays[m][s], frames);
    });
    return out;
  });
}

function addDelayed(out, signal, gain, delay, frames) {
  for (let n = delay, from = 0; n < frames; n++, from++) out[n] += gain * signal[from];
}

const matrix = (rows, columns, value) =>
  Array.from({ length: rows }, (_, r) => Array.from({ length: columns }, (_, c) => value(r, c)));

const builders = {
  orchestral(set, rate, frames, random) {
    const signals = [
      ...stereo(set, 'orchestral', rate, frames, random),
      ...stereo(set, 'orchestral', rate, frames, random),
    ];
    return mics(
      signals,
      matrix(8, 4, () => 0.05 + 0.6 * random() ** 2),
      matrix(8, 4, () => Math.floor(random() * 400)),
      frames,
    );
  },
  'speech x8'(set, rate, frames, random) {
    const signals = Array.from({ length: 8 }, () => talker(set, rate, frames, random));
    return mics(
      signals,
      matrix(8, 8, (m, s) => (m === s ? 0.5 : 0.01)),
      matrix(8, 8, (m, s) => (m === s ? 0 : 50 + Math.floor(random() * 300))),
      frames,
    );
  },
  'drums with bleed'(set, rate, frames, random) {
    const signals = drums(set, rate, frames, random, 6, true);
    return mics(
      signals,
      matrix(8, 6, (m, s) => (m === s ? 0.6 : m >= 6 ? 0.15 + 0.3 * random() : 0.02 + 0.12 * random())),
      matrix(8, 6, (m, s) => (m === s ? 0 : 20 + Math.floor(random() * 200))),
      frames,
    );
  },
  'drums on a grid'(set, rate, frames, random) {
    const signals = drums(set, rate, frames, random, 8, false);
    return mics(
      signals,
      matrix(8, 8, (m, s) => (m === s ? 0.6 : 0)),
      matrix(8, 8, () => 0),
      frames,
    );
  },
  'rehearsal mix'(set, rate, frames, random) {
    const kit = drums(set, rate, frames, random, 3, true);
    const guitar = material(set, 'guitar', rate, frames, random);
    const [keys] = stereo(set, 'electronic', rate, frames, random);
    const voice = talker(set, rate, frames, random);
    const signals = [...kit, guitar, keys, voice];
    return mics(
      signals,
      matrix(8, 6, (m, s) => (m === s ? 0.5 : m >= 6 ? 0.1 + 0.3 * random() : 0.01 + 0.08 * random())),
      matrix(8, 6, (m, s) => (m === s ? 0 : 40 + Math.floor(random() * 500))),
      frames,
    );
  },
  'distorted guitar'(set, rate, frames, random) {
    const signals = [
      material(set, 'guitar', rate, frames, random, 0),
      material(set, 'guitar', rate, frames, random, 1),
    ];
    return mics(
      signals,
      matrix(8, 2, (m, s) => (m % 2 === s ? 0.3 + 0.4 * random() : 0.02 + 0.1 * random())),
      matrix(8, 2, () => Math.floor(random() * 60)),
      frames,
    );
  },
  electronic(set, rate, frames, random) {
    return [0, 1, 2, 3]
      .flatMap(() => stereo(set, 'electronic', rate, frames, random))
      .map((x) => x.map((v) => v * 0.7));
  },
  'one talker, 7 idle'(set, rate, frames, random) {
    const voice = talker(set, rate, frames, random);
    return Array.from({ length: 8 }, (_, c) => (c === 2 ? voice.map((v) => v * 0.5) : new Float32Array(frames)));
  },
  'mono x8'(set, rate, frames, random) {
    const [one] = stereo(set, random() < 0.5 ? 'electronic' : 'orchestral', rate, frames, random);
    return Array.from({ length: 8 }, () => one.map((v) => v * (0.3 + 0.5 * random() * 0)));
  },
  'mono x8, gains'(set, rate, frames, random) {
    const [one] = stereo(set, 'electronic', rate, frames, random);
    return Array.from({ length: 8 }, () => {
      const gain = 0.1 + 0.7 * random();
      return one.map((v) => v * gain);
    });
  },
  'edits, mutes, clicks'(set, rate, frames, random) {
    const out = builders[random() < 0.5 ? 'orchestral' : 'rehearsal mix'](set, rate, frames, random);
    for (let at = rate; at < frames - rate; at += Math.floor(rate * (0.3 + 2.5 * random()))) {
      const what = random();
      if (what < 0.4) {
        // A cut: everything jumps to another place of the take.
        const jump = 20 + Math.floor(random() * rate * 0.5);
        for (const x of out) x.copyWithin(at, at + jump, Math.min(frames, at + jump + rate));
      } else if (what < 0.6) {
        const long = Math.floor(rate * (0.01 + 0.5 * random()));
        for (const x of out) x.fill(0, at, at + long);
      } else {
        const width = 1 + Math.floor(random() * 6);
        const size = 0.3 * random() ** 2;
        for (const x of out) {
          const gain = size * (random() - 0.5);
          for (let i = 0; i < width; i++) x[at + i] += gain * (random() - 0.3);
        }
      }
    }
    return out;
  },
  squares(_set, _rate, frames, random) {
    const mono = random() < 0.5;
    const first = 40 + Math.floor(random() * 400);
    return Array.from({ length: 8 }, () => {
      const period = mono ? first : 40 + Math.floor(random() * 400);
      const out = new Float32Array(frames);
      for (let n = 0; n < frames; n++) out[n] = n % period < period / 2 ? 0.3 : -0.3;
      return out;
    });
  },
  'white noise'(_set, _rate, frames, random) {
    return Array.from({ length: 8 }, () => {
      const shift = Math.floor(random() * NOISE.length);
      return new Float32Array(frames).map((_, n) => 0.1 * NOISE[(n + shift) & (NOISE.length - 1)]);
    });
  },
  'noise floor'(_set, _rate, frames) {
    return Array.from({ length: 8 }, () => new Float32Array(frames));
  },
  silence(_set, _rate, frames) {
    return Array.from({ length: 8 }, () => new Float32Array(frames));
  },
};

export const kinds = Object.keys(builders);

/** The signals of a bank before its preamps: what is costly to make, for `render` to use more than once. */
export function makeSignals({ set, kind, seconds, seed, turn = null }) {
  const random = randomOf(seed * 7919 + 13 + kinds.indexOf(kind) * 104729 + (set === 'report' ? 1e6 : 0));
  for (let i = 0; i < 5; i++) random();
  const which = turn ?? Math.floor(random() * 4);
  const [sourceRate, rateHz] = [
    [44100, 44100],
    [44100, 48000],
    [48000, 48000],
    [96000, 96000],
  ][which];
  const frames = Math.floor(seconds * rateHz);
  const signals = builders[kind](set, sourceRate, frames, random);
  return {
    kind,
    seed,
    turn: which,
    rateHz,
    frames,
    signals,
    label: ['44.1 k', '48 k full band', '48 k', '96 k'][which],
  };
}

/** Frames of a fade at the ends of a take, where it is asked for: 10 ms at 48 k. */
const FADE = 480;

/**
 * Through the preamps: gain and noise of each channel differ by `variant`. `fill(block, from, frames, channels, first)` writes
 * frames of the take into columns first .. first + 7 of an interleaved block; `fades`: the take begins and ends in silence.
 */
export function preamps({ kind, seed, frames, signals }, variant = 0, fades = false) {
  const random = randomOf(seed * 31 + variant * 7907 + 5);
  const noiseless =
    kind === 'silence' || kind === 'electronic' || ((kind === 'mono x8' || kind === 'squares') && random() < 0.5);
  const step = kind === 'electronic' ? 65536 : 256;
  const scale = 2147483648 / step;
  const columns = signals.map((x) => {
    // Preamp noise between -108 and -88 dBFS RMS; up to 12 dB of gain taken away.
    const noise = noiseless ? 0 : 10 ** ((-108 + 20 * random()) / 20);
    const gain = variant === 0 || kind === 'mono x8' ? 1 : 10 ** ((-12 * random()) / 20) * (random() < 0.5 ? -1 : 1);
    const shift = Math.floor(random() * NOISE.length);
    const stride = 1 + 2 * Math.floor(random() * 3);
    return { x, noise, gain, shift, stride };
  });
  return (block, from, count, channels = CHANNELS, first = 0) => {
    const inFade = fades && (from < FADE || from + count > frames - FADE);
    columns.forEach((column, c) => {
      if (inFade) fillFading(column, block, from, count, channels, first + c, frames, scale, step);
      else fillSteady(column, block, from, count, channels, first + c, scale, step);
    });
  };
}

// Two loops of one sum, so that the one of every day has no branch in it: mixing took four times as long as the detector.
function fillSteady({ x, noise, gain, shift, stride }, block, from, count, channels, first, scale, step) {
  const shiftLeft = 31 - Math.clz32(step);
  const end = from + count;
  let to = first;
  let at = (from * stride + shift) & (NOISE.length - 1);
  for (let n = from; n < end; n++) {
    let v = gain * x[n] + noise * NOISE[at];
    v = v > 0.99999988 ? 0.99999988 : v < -1 ? -1 : v;
    block[to] = (Math.floor(v * scale + 0.5) | 0) << shiftLeft;
    to += channels;
    at = (at + stride) & (NOISE.length - 1);
  }
}

function fillFading({ x, noise, gain, shift, stride }, block, from, count, channels, first, frames, scale, step) {
  let to = first;
  for (let n = from; n < from + count; n++) {
    let v = gain * x[n] + noise * NOISE[(n * stride + shift) & (NOISE.length - 1)];
    if (n < FADE || n >= frames - FADE) v *= Math.min(n, frames - 1 - n) / FADE;
    v = v > 0.99999988 ? 0.99999988 : v < -1 ? -1 : v;
    block[to] = Math.floor(v * scale + 0.5) * step;
    to += channels;
  }
}

/** A whole take through the preamps. Returns {block: Int32Array, frames x 8 interleaved, rateHz, label}. */
export function render(made, variant = 0) {
  const { frames, rateHz, label, turn } = made;
  const block = new Int32Array(frames * CHANNELS);
  preamps(made, variant)(block, 0, frames);
  return { block, frames, rateHz, label, turn };
}

/**
 * A clean bank. Rates by turns: 44.1 k as recorded; 48 k made of 44.1 k samples as they are (full band, never resampled);
 * 48 k and 96 k resampled.
 */
export function makeBank(options) {
  return render(makeSignals(options));
}

/** Leaves out `size` frames at each place (frame of the input), in all channels. Returns the block and the frames at which each drop is seen. */
export function dropAt(block, channels, places, size = 1) {
  const total = block.length / channels;
  const out = new Int32Array(block.length);
  let to = 0;
  let from = 0;
  const seen = [];
  for (const place of [...places, total]) {
    const end = Math.min(place, total);
    out.set(block.subarray(from * channels, end * channels), to * channels);
    to += end - from;
    if (place < total) seen.push(to);
    from = end + size;
  }
  return { block: out.subarray(0, to * channels), seen };
}
