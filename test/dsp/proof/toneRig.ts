/**
 * A test tone through a real rig, sample by sample: a generator with its own crystal and noise, an expander with another,
 * a receiver that drops or repeats frames where the two clocks part, and (when wanted) an input of the interface that hears
 * the same tone.
 */

import { Random } from '../../../src/device/sim/voices.ts';
import { ProofMeter, type ProofReading } from '../../../src/dsp/proof/proofMeter.ts';

export interface ToneRig {
  readonly rateHz: number;
  readonly hz: number;
  /** Peak of the tone at the expander, dBFS. */
  readonly levelDbfs: number;
  /** RMS of each converter's noise, dBFS. */
  readonly noiseDbfs: number;
  /** The expander's clock against the interface's. */
  readonly ppm: number;
  /** Frames that the receiver moves at once. */
  readonly slipFrames: number;
  /** What ran empty gives zeros instead of repeats. */
  readonly zeros?: boolean;
  /** The generator's crystal, and how much it drifts, ppm and ppm a minute. */
  readonly generatorPpm: number;
  readonly driftPpmPerMinute: number;
  /** The generator sways: ppm, with this period. */
  readonly swayPpm?: number;
  readonly swayS?: number;
  /** Clicks a minute on the expander's channel. */
  readonly clicksPerMinute: number;
  /** The reference: a Y lead, a copy inside the interface of what comes from the port, or none. */
  readonly reference: 'lead' | 'copy' | 'none';
  /** The generator itself stumbles so often a minute, by so many of our frames. */
  readonly stumblesPerMinute?: number;
  readonly stumbleFrames?: number;
  readonly clip?: boolean;
  readonly seed: number;
}

const BLOCK = 480;

/** Plays until there is a verdict, at most so long. Column 0: silence of the bank. 1: the tone. 2: the reference. */
export function prove(rig: ToneRig, seconds: number): { readonly reading: ProofReading; readonly tookS: number } {
  const { rateHz, hz, ppm, slipFrames } = rig;
  const meter = new ProofMeter({ rateHz, columns: [0, 1], references: [2] });
  const random = new Random(rig.seed * 7919 + 13);
  const amplitude = 10 ** (rig.levelDbfs / 20);
  const noise = 10 ** (rig.noiseDbfs / 20) * Math.sqrt(3 / 2);
  const hiss = () => noise * (random.next() + random.next());
  const block = new Int32Array(3 * BLOCK);
  const uniform = () => random.next() / 2 + 0.5;
  // Somewhere between two slips: a receiver that has just begun stands at half its FIFO, and one that slipped does again.
  let lead = ppm === 0 ? 0 : Math.sign(ppm) * uniform();
  let sent = 0;
  let held = 0;
  let heldLeft = 0;
  let muted = 0;
  let stumbled = 0;
  let click = 0;
  let frame = 0;
  const start = uniform();
  const clickOdds = rig.clicksPerMinute / 60 / rateHz;
  const stumbleOdds = (rig.stumblesPerMinute ?? 0) / 60 / rateHz;
  // The tone's phase at a time of the interface's clock, in turns.
  const toneAt = (s: number) => {
    const generator = rig.generatorPpm * s + (rig.driftPpmPerMinute / 120) * s * s;
    const period = rig.swayS ?? 1;
    const sway = rig.swayPpm ? ((rig.swayPpm * period) / (2 * Math.PI)) * Math.sin((2 * Math.PI * s) / period) : 0;
    return hz * (s + (generator + sway) * 1e-6) + start;
  };
  const code = (x: number) => {
    const limit = rig.clip ? 0.7 * amplitude : 1;
    const scaled = Math.max(-limit, Math.min(limit, x)) * (rig.clip ? 1 / limit : 1);
    return Math.round(Math.max(-1, Math.min(1, scaled)) * 8388607) * 256;
  };
  const senderHz = rateHz * (1 + ppm * 1e-6);
  const sender = () => {
    sent++;
    return code(amplitude * Math.sin(2 * Math.PI * (toneAt(sent / senderHz) + stumbled)) + hiss() + click);
  };
  while (!meter.done && frame < seconds * rateHz) {
    for (let i = 0; i < BLOCK; i++, frame++) {
      if (random.next() / 2 + 0.5 < clickOdds) click = random.next();
      else click *= 0.97;
      if (random.next() / 2 + 0.5 < stumbleOdds) stumbled += ((rig.stumbleFrames ?? 0) * hz) / rateHz;
      lead += (ppm * 1e-6) / slipFrames;
      if (lead >= 1) {
        lead -= 1;
        for (let k = 0; k < slipFrames; k++) sender();
      } else if (lead <= -1) {
        lead += 1;
        if (rig.zeros) muted = slipFrames;
        else heldLeft = slipFrames;
      }
      if (muted > 0) {
        muted--;
        block[3 * i + 1] = 0;
      } else {
        if (heldLeft > 0) heldLeft--;
        else held = sender();
        block[3 * i + 1] = held;
      }
      block[3 * i] = code(hiss());
      block[3 * i + 2] =
        rig.reference === 'lead'
          ? code(0.5 * amplitude * Math.sin(2 * Math.PI * (toneAt((frame + 1) / rateHz) + stumbled)) + hiss())
          : rig.reference === 'copy'
            ? Math.round(block[3 * i + 1]! / 512) * 256
            : code(hiss());
    }
    meter.process(block, 3, BLOCK, frame - BLOCK);
  }
  if (!meter.done) meter.end();
  return { reading: meter.reading, tookS: frame / rateHz };
}

export const PLAIN: ToneRig = {
  rateHz: 48000,
  hz: 1000,
  levelDbfs: -20,
  noiseDbfs: -100,
  ppm: 0,
  slipFrames: 1,
  generatorPpm: 17,
  driftPpmPerMinute: 0.2,
  clicksPerMinute: 0,
  reference: 'none',
  seed: 1,
};
