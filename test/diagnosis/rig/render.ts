/** One channel of a scenario as 24-bit samples, on the clock of its own box. */
import type { VoiceName } from '../../../src/device/sim/scenario.ts';
import type { Strip } from '../scenarios/types.ts';
import { hiss, voice } from './voices.ts';

const FULL_SCALE = 8388607;
const amplitude = (db: number) => 10 ** (db / 20);
/** The source goes and comes over so many frames: an edge would be a click of its own. */
const FADE_S = 0.01;

/** Frames by which the sound of a voice arrives later at this channel than at its own microphone: 0.3 to 3 m of air. */
function delayFrames(channel: number, place: number, loudest: boolean, rateHz: number): number {
  return loudest ? 0 : Math.round(((0.3 + ((channel * 7 + place * 5) % 11) * 0.27) / 343) * rateHz);
}

/** Most strips are the same in most scenarios. */
const kept = new Map<string, Int32Array>();
const KEEP = 64;
/** What is kept is made so long at least, s. */
const LEAST_S = 16;

/** A channel's samples, at least `frames` of them, left-justified in Int32. `earlier`: those of lower channels, for copies. */
export function rendered(
  strip: Strip,
  channel: number,
  frames: number,
  rateHz: number,
  earlier: (channel: number) => Int32Array,
): Int32Array {
  if (strip.copyOf !== undefined) return earlier(strip.copyOf);
  if (strip.inverseOf !== undefined) return render(strip, channel, frames, rateHz, earlier);
  const key = `${channel} ${rateHz} ${JSON.stringify(strip)}`;
  let samples = kept.get(key);
  if (samples === undefined || samples.length < frames) {
    samples = render(strip, channel, Math.max(frames, rateHz > 48_000 ? 0 : LEAST_S * rateHz), rateHz, earlier);
    if (kept.size >= KEEP) kept.delete(kept.keys().next().value!);
  } else kept.delete(key);
  kept.set(key, samples);
  return samples;
}

function render(
  strip: Strip,
  channel: number,
  frames: number,
  rateHz: number,
  earlier: (channel: number) => Int32Array,
): Int32Array {
  const out = new Int32Array(frames);
  if (strip.frozenAt !== undefined) return out.fill(strip.frozenAt * 256);
  const sound = new Float32Array(frames);
  const voices = Object.entries(strip.plays) as [VoiceName, number][];
  const loudest = Math.max(...voices.map(([, db]) => db));
  voices.forEach(([name, db], place) => {
    const samples = voice(name, rateHz);
    const gain = amplitude(db + (strip.gainDb ?? 0));
    const delay = delayFrames(channel, place, db === loudest, rateHz);
    let at = 0;
    for (let n = delay; n < frames; n++) {
      sound[n]! += gain * samples[at]!;
      if (++at === samples.length) at = 0;
    }
  });
  if (strip.inverseOf !== undefined) {
    const other = earlier(strip.inverseOf);
    const gain = amplitude(strip.gainDb ?? 0) / 2147483648;
    for (let n = 0; n < frames; n++) sound[n]! -= gain * other[n]!;
  }
  if (strip.sourceGone !== undefined) fade(sound, strip.sourceGone, rateHz);
  if (strip.playsOnly !== undefined) {
    const [from, to] = strip.playsOnly;
    fade(sound, [0, from], rateHz);
    fade(sound, [to, frames / rateHz + 1], rateHz);
  }
  if (strip.mains !== undefined) {
    const { hz, dbfs, untilS = Number.POSITIVE_INFINITY } = strip.mains;
    const end = Math.min(frames, untilS * rateHz);
    dbfs.forEach((db, h) => {
      if (db === null) return;
      const step = (2 * Math.PI * hz * (h + 1)) / rateHz;
      for (let n = 0; n < end; n++) sound[n]! += amplitude(db) * Math.sin(step * n + channel + h);
    });
  }
  if (strip.noiseDbfs !== null) {
    const noise = hiss(rateHz);
    const level = amplitude(strip.noiseDbfs);
    let at = (channel * 40_009) % noise.length;
    for (let n = 0; n < frames; n++) {
      sound[n]! += level * noise[at]!;
      if (++at === noise.length) at = 0;
    }
  }
  const cut = strip.cutAtDbfs === undefined ? 1 : amplitude(strip.cutAtDbfs);
  const dc = strip.dcDbfs === undefined ? 0 : Math.round(amplitude(strip.dcDbfs) * FULL_SCALE);
  const stuck = strip.stuckBit === undefined ? 0 : 1 << strip.stuckBit;
  for (let n = 0; n < frames; n++) {
    const code = Math.round(Math.max(-cut, Math.min(cut, sound[n]!)) * FULL_SCALE) + dc;
    out[n] = (Math.max(-FULL_SCALE - 1, Math.min(FULL_SCALE, code)) | stuck) * 256;
  }
  if (strip.zeros !== undefined) {
    const [from, to] = strip.zeros;
    out.fill(0, Math.round(from * rateHz), Math.min(frames, Math.round(to * rateHz)));
  }
  return out;
}

function fade(sound: Float32Array, [fromS, toS]: readonly [number, number], rateHz: number): void {
  const edge = FADE_S * rateHz;
  for (let n = 0; n < sound.length; n++) {
    const inside = Math.min(fromS === 0 ? edge : n - fromS * rateHz, toS * rateHz - n);
    if (inside > 0) sound[n]! *= Math.max(0, 1 - inside / edge);
  }
}
