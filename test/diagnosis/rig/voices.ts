/** The simulator's instruments, played once and kept: scenarios share them. */
import type { VoiceName } from '../../../src/device/sim/scenario.ts';
import { createVoice, Random } from '../../../src/device/sim/voices.ts';

const TEMPO_BPM = 132;
/** Seconds that are kept: a longer scenario hears them again. */
const LENGTH_S = 16;

const played = new Map<string, Float32Array>();

/** Microphones and converters pass no DC: a high-pass of 5 Hz. */
function withoutMean(next: () => number, rateHz: number): () => number {
  const pole = 1 - (2 * Math.PI * 5) / rateHz;
  let before = 0;
  let out = 0;
  return () => {
    const x = next();
    out = x - before + pole * out;
    before = x;
    return out;
  };
}

function keep(key: string, rateHz: number, next: () => number): Float32Array {
  const samples = Float32Array.from({ length: LENGTH_S * rateHz }, withoutMean(next, rateHz));
  played.set(key, samples);
  return samples;
}

/** A voice, within -1..1. */
export function voice(name: VoiceName, rateHz: number): Float32Array {
  const key = `${name} ${rateHz}`;
  const known = played.get(key);
  if (known !== undefined) return known;
  const one = createVoice(name, rateHz, TEMPO_BPM, 7);
  return keep(key, rateHz, () => one.next());
}

/** Noise of RMS 1, triangular; each channel reads it from another place. */
export function hiss(rateHz: number): Float32Array {
  const random = new Random(99);
  const key = `hiss ${rateHz}`;
  return played.get(key) ?? keep(key, rateHz, () => 1.2247 * (random.next() + random.next()));
}
