/** Test signals: seeded, so that every run sees the same. */

/** mulberry32: uniform in 0 <= x < 1. */
export function randomSource(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Left-justified 32-bit words: noise at all levels with stretches of repeats, zeros and full scale. */
export function randomWords(seed: number, length: number): Int32Array {
  const random = randomSource(seed);
  const words = new Int32Array(length);
  for (let i = 0; i < length; i++) {
    const kind = random();
    if (kind < 0.1 && i > 0) words[i] = words[i - 1]!;
    else if (kind < 0.2) words[i] = 0;
    else if (kind < 0.3) words[i] = random() < 0.5 ? -0x8000_0000 : 0x7fff_ffff;
    else words[i] = ((random() * 4294967296) | 0) >> Math.floor(random() * 30);
  }
  return words;
}
