// What is played: sines whose levels are known by arithmetic, and noise whose every frame is unlike any other.

export const RATE_HZ = 48_000;
const FULL_SCALE_24 = 8_388_607;

/**
 * Interleaved S32_LE, 24 valid bits: a 1 kHz sine a channel, channel c (1-based) 0.5 dB below the one before it, the
 * first at -3 dBFS. 100 ms, so it may be repeated without a seam. `peaks` and `rms` are of the rounded samples, dBFS.
 */
export function stairOfSines(channels) {
  const frames = RATE_HZ / 10;
  const samples = new Int32Array(frames * channels);
  const peaks = [];
  const rms = [];
  for (let c = 0; c < channels; c++) {
    const amplitude = FULL_SCALE_24 * 10 ** (-(3 + 0.5 * c) / 20);
    let peak = 0;
    let squares = 0;
    for (let f = 0; f < frames; f++) {
      const value = Math.round(amplitude * Math.sin((2 * Math.PI * 1000 * f) / RATE_HZ + c));
      samples[f * channels + c] = value * 256;
      peak = Math.max(peak, Math.abs(value));
      squares += value * value;
    }
    peaks.push(20 * Math.log10(peak / FULL_SCALE_24));
    rms.push(10 * Math.log10(squares / frames / FULL_SCALE_24 ** 2));
  }
  return { bytes: Buffer.from(samples.buffer), frames, peaks, rms };
}

/** Interleaved S32_LE noise of all 32 bits from a seed; xorshift32, so no frame of a second comes twice. */
export function noise(channels, frames, seed) {
  const samples = new Int32Array(frames * channels);
  let state = seed | 0 || 1;
  for (let i = 0; i < samples.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    samples[i] = state;
  }
  return samples;
}
