import { Random } from '../../../src/device/sim/voices.ts';
import { PLAIN, type ToneRig } from './toneRig.ts';

/**
 * A rig at random: rates 44.1 to 192 kHz, tones 200 Hz to 4 kHz (from 300 at 192), levels to -60 dBFS over converters of
 * -95 to -110, generators up to 50 ppm off that drift, a few clicks. `slaved`: one clock; else 2 to 100 ppm, either way.
 */
export function drawRig(seed: number, slaved: boolean, reference: ToneRig['reference'], slipFrames = 1): ToneRig {
  const random = new Random(seed * 2654435 + 97);
  const between = (low: number, high: number) => low + (high - low) * (random.next() / 2 + 0.5);
  const rateHz = [44100, 48000, 88200, 96000, 192000][Math.floor(between(0, 4.999))]!;
  const size = 2 * 50 ** between(0, 1);
  return {
    ...PLAIN,
    rateHz,
    hz: Math.round((rateHz > 100_000 ? 300 : 200) * 2 ** between(0, rateHz > 100_000 ? 3.7 : 4.3) * 10) / 10,
    levelDbfs: between(-60, -3),
    noiseDbfs: between(-110, -95),
    ppm: slaved ? 0 : random.next() < 0 ? -size : size,
    slipFrames,
    zeros: slipFrames > 1,
    generatorPpm: between(-50, 50),
    driftPpmPerMinute: between(-2, 2),
    clicksPerMinute: between(0, 6),
    reference,
    seed,
  };
}
