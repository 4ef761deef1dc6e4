import { describe, expect, it } from 'vitest';
import { loadKernels } from '../../src/dsp/kernelFile.ts';
import { createWasmLoudness } from '../../src/dsp/loudnessWasm.ts';
import type { Movement } from '../../src/dsp/meterScales.ts';
import { createWasmMeter } from '../../src/dsp/meterWasm.ts';
import { LiveMeters } from '../../src/monitor/liveMeters.ts';
import type { SlowReadings } from '../../src/monitor/slowReadings.ts';

const kernels = loadKernels();
const RATE = 48_000;
const PERIOD = 480;
const FULL = 8_388_607;

function rig(channels: number, movement: Movement = 'peak') {
  const meters = new LiveMeters({
    channels,
    rateHz: RATE,
    maxFrames: PERIOD,
    validBits: 24,
    clipRun: 3,
    holdMs: 1000,
    movement,
    createMeter: (options) => createWasmMeter(kernels, options),
    createLoudnessKernel: (options) => createWasmLoudness(kernels, options),
  });
  let frame = 0;
  const told: SlowReadings[] = [];
  return {
    meters,
    told,
    /** `signal` in parts of full scale. */
    play(seconds: number, signal: (channel: number, frame: number) => number) {
      for (const end = frame + seconds * RATE; frame < end; frame += PERIOD) {
        const { kernel } = meters;
        for (let n = 0; n < PERIOD; n++) {
          for (let c = 0; c < channels; c++)
            kernel.input[n * channels + c] = Math.round(signal(c, frame + n) * FULL) * 256;
        }
        kernel.process(PERIOD);
        meters.update(PERIOD);
        const slow = meters.slow(frame + PERIOD);
        if (slow !== null) told.push(slow);
      }
    },
  };
}

const sine = (hz: number, frame: number) => Math.sin((2 * Math.PI * hz * frame) / RATE);

describe('the live meters', () => {
  it('a change of movement in the midst of a take keeps what was counted and latched', () => {
    const { meters, play } = rig(2);
    play(0.1, (c, n) => (c === 0 && n % PERIOD < 4 ? 1 : 0.1 * sine(1000, n)));
    const clips = meters.meter.clips[0]!;
    const largest = meters.meter.truePeakMaxDbX100[0]!;
    expect(clips).toBe(10);
    for (const movement of ['ppmII', 'vu', 'k', 'ppmI'] as const) {
      meters.setMovement(movement);
      play(3, (_, n) => 0.1 * sine(1000, n));
      expect(meters.meter.clips[0]).toBe(clips);
      expect(meters.meter.truePeakMaxDbX100[0]).toBe(largest);
      // A steady sine reads its peak on all of them.
      expect(Math.abs(meters.meter.meterDbX100[1]! + 2000), movement).toBeLessThanOrEqual(15);
      expect(Math.abs(meters.meter.peakMeterDbX100[1]! + 2000), movement).toBeLessThanOrEqual(2);
    }
    meters.clear(null);
    meters.setMovement('peak');
    expect(meters.meter.clips[0]).toBe(0);
    meters.undoClear();
    expect(meters.meter.clips[0]).toBe(clips);
    expect(meters.meter.truePeakMaxDbX100[0]).toBe(largest);
  });

  it('measures the loudness of groups in any order of channels, goes on through a change of the others, and clears', () => {
    const { meters, told, play } = rig(4);
    const stereo = (c: number, n: number) => (c === 0 || c === 3 ? 10 ** (-23 / 20) * sine(1000, n) : 0);
    meters.setGroups([[3, 0]]);
    play(4, stereo);
    expect(Math.abs(told.at(-1)!.loudness[0]!.integratedX100 + 2300)).toBeLessThanOrEqual(10);
    meters.setGroups([[1], [3, 0]]);
    play(1, stereo);
    // The group kept its 3 s: a new one would not have a short-term maximum after one second.
    expect(Math.abs(told.at(-1)!.loudness[1]!.shortTermMaxX100 + 2300)).toBeLessThanOrEqual(10);
    meters.clear(null);
    play(1, (c, n) => 0.1 * stereo(c, n));
    expect(told.at(-1)!.loudness[1]!.integratedX100).toBeLessThan(-2500);
    meters.undoClear();
    play(1, stereo);
    expect(Math.abs(told.at(-1)!.loudness[1]!.momentaryMaxX100 + 2300)).toBeLessThanOrEqual(10);
    expect(told.at(-1)!.loudness[1]!.integratedX100).toBeGreaterThan(-2400);
    // Channels that the stream has not are no group.
    meters.setGroups([[4]]);
    play(1, stereo);
    expect(told.at(-1)!.loudness).toEqual([]);
  });

  it('tells the slow readings once a second, and finds hum on any of 18 idle channels within a round of turns', () => {
    const { told, play } = rig(18);
    let seed = 5;
    const noise = () => {
      seed = (Math.imul(seed, 1664525) + 1013904223) | 0;
      return seed / 2 ** 31;
    };
    play(26, (c, n) => {
      const hum = c === 16 ? 10 ** (-70 / 20) * (sine(50.02, n) + 0.5 * sine(100.04, n)) : 0;
      return hum + 10 ** (-95 / 20) * noise();
    });
    expect(told).toHaveLength(26);
    const last = told.at(-1)!;
    expect([...last.humHz].map((hz, c) => (hz > 0 ? c : -1)).filter((c) => c >= 0)).toEqual([16]);
    // Peaks of -70 and -76 dBFS: -72.04 dBFS RMS together.
    expect(Math.abs(last.humDbX100[16]! + 7204)).toBeLessThanOrEqual(100);
    expect(Math.abs(last.noiseFloorDbX100[0]! + 9977)).toBeLessThanOrEqual(30);
  });

  it('tells direct offset, flat tops, stuck bits, copies and polarity', () => {
    const { told, play } = rig(6);
    let seed = 9;
    const noise = () => {
      seed = (Math.imul(seed, 1664525) + 1013904223) | 0;
      return seed / 2 ** 31;
    };
    let now = 0;
    play(7, (c, n) => {
      if (c === 0) now = 0.1 * noise();
      switch (c) {
        case 0:
        case 2:
          return now;
        case 1:
          return -now;
        case 3:
          return 0.02 + 0.001 * now;
        case 4:
          return Math.max(-0.4, Math.min(0.4, 0.7 * sine(220, n)));
        default:
          return Math.round(now * 2 ** 15) / 2 ** 15;
      }
    });
    const last = told.at(-1)!;
    expect([...last.opposite]).toEqual([1, 1, 0, 0, 0, 0]);
    expect([...last.copyOf]).toEqual([-1, -1, 0, -1, -1, -1]);
    expect([...last.dcFlag]).toEqual([0, 0, 0, 1, 0, 0]);
    expect([...last.flatTop]).toEqual([0, 0, 0, 0, 1, 0]);
    expect(last.crestDbX100[4]).toBeGreaterThan(0);
  });
});
