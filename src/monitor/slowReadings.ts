/**
 * What the capture worker tells once a second of every channel, and of the groups whose loudness is measured: plain data,
 * copied out of the meters. Levels are dB x 100, NO_SIGNAL where there is none; arrays have one entry a channel.
 */
import type { ChannelMeter } from '../dsp/channelMeter.ts';
import type { LoudnessReadings } from '../dsp/loudness.ts';

export interface SlowReadings {
  /** How far the stream is. */
  readonly frame: number;
  readonly peakMaxDbX100: Int32Array;
  readonly crestDbX100: Int32Array;
  readonly noiseFloorDbX100: Int32Array;
  readonly dcDbX100: Int32Array;
  readonly dcFlag: Uint8Array;
  readonly flatTop: Uint8Array;
  readonly overSamples: Float64Array;
  readonly usedBits: Uint8Array;
  readonly stuckAtOne: Uint32Array;
  readonly stuckAtZero: Uint32Array;
  /** 0-based lower channel that this one copies; -1: none. */
  readonly copyOf: Int16Array;
  /** 1: against its neighbour's polarity in the last second. */
  readonly opposite: Uint8Array;
  /** 50 or 60 while hum stands, else 0. */
  readonly humHz: Uint8Array;
  readonly humDbX100: Int32Array;
  /** Bit h-1 for each harmonic. */
  readonly humHarmonics: Uint8Array;
  /** Number of the strongest of them, 1 the fundamental. */
  readonly humStrongest: Uint8Array;
  /** In the order of the groups that were told. */
  readonly loudness: readonly LoudnessReadings[];
}

/** Copies what stands now. `meter` looks for hum and pairs. */
export function slowReadingsOf(
  meter: ChannelMeter,
  frame: number,
  loudness: readonly LoudnessReadings[],
): SlowReadings {
  const hum = meter.hum!.readings;
  return {
    frame,
    peakMaxDbX100: meter.peakMaxDbX100.slice(),
    crestDbX100: meter.crestDbX100.slice(),
    noiseFloorDbX100: meter.noiseFloorDbX100.slice(),
    dcDbX100: meter.dcDbX100.slice(),
    dcFlag: meter.dcFlag.slice(),
    flatTop: meter.flatTop.slice(),
    overSamples: meter.overSamples.slice(),
    usedBits: Uint8Array.from(meter.bits, (bits) => bits.used),
    stuckAtOne: Uint32Array.from(meter.bits, (bits) => bits.stuckAtOne),
    stuckAtZero: Uint32Array.from(meter.bits, (bits) => bits.stuckAtZero),
    copyOf: meter.pairs!.copyOf.slice(),
    opposite: meter.pairs!.opposite.slice(),
    humHz: Uint8Array.from(hum, (reading) => (reading.alarm ? reading.baseHz : 0)),
    humDbX100: Int32Array.from(hum, (reading) => reading.levelDbX100),
    humHarmonics: Uint8Array.from(hum, (reading) => reading.harmonics),
    humStrongest: Uint8Array.from(hum, (reading) => reading.strongest),
    loudness,
  };
}
