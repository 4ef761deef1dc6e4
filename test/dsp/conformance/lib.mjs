// The built modules of src/dsp as one object, for the scripts beside this file.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const dist = new URL('../../../dist/dsp/', import.meta.url);
if (!existsSync(fileURLToPath(new URL('kernels.wasm', dist)))) {
  process.stderr.write('dist/ is missing: run npm run build first.\n');
  process.exit(1);
}
const modules = await Promise.all(
  [
    'ballistics',
    'channelMeter',
    'decibels',
    'fileReadings',
    'kernelFile',
    'loudness',
    'loudnessKernel',
    'loudnessWasm',
    'meterWasm',
  ].map((name) => import(new URL(`${name}.js`, dist))),
);
const all = Object.assign({}, ...modules);

export const lib = { ...all, kernels: all.loadKernels(), kGainDb: (hz, rateHz) => kGainDb(all.kWeighting, hz, rateHz) };

/** Gain of K-weighting at a frequency, dB. */
export function kGainDb(kWeighting, hz, rateHz) {
  const w = (2 * Math.PI * hz) / rateHz;
  let power = 1;
  for (const { b0, b1, b2, a1, a2 } of kWeighting(rateHz)) {
    const at = (x0, x1, x2) =>
      (x0 + x1 * Math.cos(w) + x2 * Math.cos(2 * w)) ** 2 + (x1 * Math.sin(w) + x2 * Math.sin(2 * w)) ** 2;
    power *= at(b0, b1, b2) / at(1, a1, a2);
  }
  return 10 * Math.log10(power);
}

/** Seeded: uniform in 0 <= x < 1 (mulberry32). */
export function randomSource(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
