import { describe, expect, test } from 'vitest';
import { ChannelMeter, type ChannelMeterOptions, kernelOptions, SILENCE_WORDS } from '../../src/dsp/channelMeter.ts';
import { NO_SIGNAL } from '../../src/dsp/decibels.ts';
import { createFileReader, csvOfReadings } from '../../src/dsp/fileReadings.ts';
import { loadKernels } from '../../src/dsp/kernelFile.ts';
import { inReference, METER_SCALES, type Movement, onScale } from '../../src/dsp/meterScales.ts';
import { createWasmMeter } from '../../src/dsp/meterWasm.ts';
import { sampleBits } from '../../src/dsp/sampleBits.ts';
import { randomSource } from './signals.ts';

const kernels = loadKernels();
type Source = (frame: number, channel: number) => number;

/** Runs `seconds` of a source (24-bit values, rounded here) through a meter in 10 ms blocks. */
function run(
  source: Source,
  seconds: number,
  options: Partial<ChannelMeterOptions> = {},
  each?: (meter: ChannelMeter) => void,
) {
  const rateHz = options.rateHz ?? 48000;
  const full: ChannelMeterOptions = {
    channels: 1,
    rateHz,
    maxFrames: rateHz / 100,
    fullScale24: 8388607,
    clipRun: 3,
    holdMs: 1000,
    movement: 'peak',
    ...options,
  };
  const kernel = createWasmMeter(kernels, kernelOptions(full));
  const meter = new ChannelMeter(kernel, full);
  const frames = full.maxFrames;
  for (let block = 0; block < (seconds * rateHz) / frames; block++) {
    for (let n = 0; n < frames; n++) {
      for (let c = 0; c < full.channels; c++) {
        const x = Math.round(source(block * frames + n, c));
        kernel.input[n * full.channels + c] = Math.max(-8388608, Math.min(8388607, x)) * 256;
      }
    }
    kernel.process(frames);
    meter.update(frames);
    each?.(meter);
  }
  return meter;
}

const amplitude = (db: number) => 8388607 * 10 ** (db / 20);
const sine =
  (hz: number, db: number, rateHz = 48000): Source =>
  (n) =>
    amplitude(db) * Math.sin((2 * Math.PI * hz * n) / rateHz);

function noise(seed: number, db: number): Source {
  const random = randomSource(seed);
  return () => amplitude(db) * (random() + random() + random() + random() - 2) * 1.2;
}

describe('steady levels', () => {
  test.each(['peak', 'ppmI', 'ppmII', 'vu', 'k'] as const satisfies Movement[])(
    'the %s meter reads the peak of a steady 1 kHz sine, at every rate',
    (movement) => {
      for (const rateHz of [44100, 48000, 96000, 192000]) {
        const meter = run(sine(1000, -18, rateHz), 3, { movement, rateHz });
        expect(Math.abs(meter.meterDbX100[0]! + 1800), `${rateHz} Hz`).toBeLessThanOrEqual(
          movement.startsWith('ppm') ? 20 : 2,
        );
      }
    },
  );

  test('scales: alignment level is 0 VU, PPM 4 and TEST; a reference in dBu and dBV follows the interface', () => {
    expect(onScale(-1800, METER_SCALES.vu)).toBe(0);
    expect(onScale(-1800, METER_SCALES.ppmBbc)).toBe(0);
    expect(onScale(-1000, METER_SCALES.ppmEbu)).toBe(800);
    expect(onScale(-2000, METER_SCALES.k20)).toBe(0);
    expect(onScale(NO_SIGNAL, METER_SCALES.k20)).toBe(NO_SIGNAL);
    expect(inReference(-1800, { unit: 'dBu', fullScaleDbuX100: 2200 })).toBe(400);
    expect(inReference(-1800, { unit: 'dBV', fullScaleDbuX100: 2200 })).toBe(178);
    expect(inReference(-1800, { unit: 'dBFS' })).toBe(-1800);
  });

  test('crest of a sine is 3.01 dB, RMS and AES17 are 3.01 dB apart', () => {
    const meter = run(sine(997, -6), 2);
    expect(Math.abs(meter.crestDbX100[0]! - 301)).toBeLessThanOrEqual(1);
    expect(Math.abs(meter.rmsDbX100[0]! + 901)).toBeLessThanOrEqual(2);
  });
});

describe('the three silences', () => {
  const word = (meter: ChannelMeter) => SILENCE_WORDS[meter.silence[0]!];
  test('digital zero, a frozen value, a noise floor and signal are told apart', () => {
    expect(word(run(() => 0, 2.1))).toBe('digitalZero');
    expect(word(run(() => -77, 2.1))).toBe('frozen');
    expect(word(run(noise(1, -90), 2.1))).toBe('noiseFloor');
    expect(word(run(sine(440, -20), 2.1))).toBe('none');
  });

  test('a channel that plays again is out of silence within the second', () => {
    let quietAt = -1;
    let block = 0;
    run(
      (n) => (n < 48000 * 2 ? 0 : sine(440, -20)(n, 0)),
      2.5,
      {},
      (meter) => {
        block++;
        if (quietAt < 0 && block > 200 && word(meter) === 'none') quietAt = block;
      },
    );
    expect(quietAt).toBeGreaterThan(200);
    expect(quietAt).toBeLessThan(210);
  });

  test('the noise floor is the quietest second of the last minute, and digital zero is none', () => {
    const levels = [-60, -80, -70];
    const sources = levels.map((db, i) => noise(i + 2, db));
    const meter = run((n) => {
      const second = Math.floor(n / 48000);
      return second === 3 ? 0 : sources[second % 3]!(n, 0);
    }, 6);
    const alone = run(noise(3, -80), 1);
    expect(Math.abs(meter.noiseFloorDbX100[0]! - alone.secondRmsDbX100[0]!)).toBeLessThan(10);
  });
});

describe('direct current', () => {
  test('an offset of -50 dBFS is measured and flagged after five seconds, either sign', () => {
    for (const sign of [1, -1]) {
      const source: Source = (n) => sign * amplitude(-50) + sine(50, -20)(n, 0);
      expect(run(source, 4).dcFlag[0]).toBe(0);
      const meter = run(source, 5);
      expect(meter.dcFlag[0]).toBe(1);
      expect(Math.abs(meter.dcDbX100[0]! + 5000)).toBeLessThanOrEqual(2);
    }
  });

  test('a slow bass note is not called an offset', () => {
    expect(run(sine(20.3, -6), 8).dcFlag[0]).toBe(0);
  });
});

describe('bits', () => {
  test('16-bit material says 16, 24-bit says 24', () => {
    const random = noise(5, -20);
    expect(run((n, c) => Math.round(random(n, c) / 256) * 256, 1.1).bits[0]!.used).toBe(16);
    expect(run(noise(5, -20), 1.1).bits[0]!.used).toBe(24);
  });

  test('a bit stuck at 1 or at 0 is named', () => {
    const random = noise(6, -20);
    const stuckOne = run((n, c) => Math.round(random(n, c)) | (1 << 7), 1.1).bits[0]!;
    expect(stuckOne.stuckAtOne).toBe((1 << 15) >>> 0);
    expect(stuckOne.stuckAtZero).toBe(0);
    const stuckZero = run((n, c) => Math.round(random(n, c)) & ~(1 << 9), 1.1).bits[0]!;
    expect(stuckZero.stuckAtZero).toBe(1 << 17);
    expect(stuckZero.stuckAtOne).toBe(0);
    expect(sampleBits(0, 0)).toEqual({ used: 0, stuckAtOne: 0, stuckAtZero: 0 });
  });
});

describe('clipping', () => {
  test('overs and clips are counted, and cleared by channel', () => {
    const meter = run((n) => 1.5 * sine(1000, 0)(n, 0), 1, { channels: 2 });
    expect(meter.clips[0]).toBe(2000);
    expect(meter.overSamples[0]).toBeGreaterThan(6000);
    meter.clear([1]);
    expect([...meter.clips]).toEqual([0, 2000]);
    meter.clear(null);
    expect([...meter.clips]).toEqual([0, 0]);
  });

  test('a top cut flat at -6 dBFS is found, the same wave before the cut is not, nor is one merely squashed', () => {
    const wave = sine(201.3, -3);
    const limit = amplitude(-6);
    expect(run((n) => Math.max(-limit, Math.min(limit, wave(n, 0))), 1.1).flatTop[0]).toBe(1);
    expect(run((n) => Math.min(limit, wave(n, 0)), 1.1).flatTop[0]).toBe(1);
    expect(run(wave, 1.1).flatTop[0]).toBe(0);
    expect(run((n) => limit * Math.tanh((2 * wave(n, 0)) / limit), 1.1).flatTop[0]).toBe(0);
  });
});

describe('pairs of channels', () => {
  test('an exact copy is found after a second, and lost with the first sample that differs', () => {
    const left = noise(8, -30);
    let value = 0;
    const source: Source = (n, c) => {
      if (c === 0) value = Math.round(left(n, 0));
      return c === 2 && n >= 48000 * 3 && n % 4800 === 0 ? value + 1 : c === 1 ? 0.5 * value : value;
    };
    const seen: number[] = [];
    run(source, 4, { channels: 3 }, (meter) => seen.push(meter.pairs!.copyOf[2]!));
    expect(seen[98]).toBe(-1);
    expect(seen[101]).toBe(0);
    expect(seen[299]).toBe(0);
    expect(seen[300]).toBe(-1);
    expect(seen.at(-1)).toBe(-1);
  });

  test('digital silence and a coarse square are no copies: too few values', () => {
    const meter = run((n) => (n % 100 < 50 ? 1000 : -1000), 3, { channels: 2 });
    expect([...meter.pairs!.copyOf]).toEqual([-1, -1]);
  });

  test('opposite polarity is found, with some of each channel alone beside it; equal polarity is not', () => {
    const both = noise(9, -20);
    const own = noise(10, -40);
    let value = 0;
    const source: Source = (n, c) => {
      if (c % 2 === 0) value = both(n, 0);
      return (c === 1 ? -value : value) + own(n, c);
    };
    const meter = run(source, 2.1, { channels: 4 });
    expect([...meter.pairs!.opposite]).toEqual([1, 1, 0, 0]);
    expect(meter.pairs!.correlationX1000[0]).toBeLessThan(-950);
    expect(meter.pairs!.correlationX1000[2]).toBeGreaterThan(950);
  });

  test.each([44100, 48000, 96000])(
    'a test tone 120 degrees apart is no opposite polarity, at any third-octave frequency and %i Hz',
    (rateHz) => {
      for (const hz of [1000, 2000, 3150, 4000, 5000, 6300, 8000, 10000, 12500, 16000]) {
        const turn = (2 * Math.PI * hz) / rateHz;
        const tone: Source = (n, c) => amplitude(-20) * Math.cos(turn * n + (c * 2 * Math.PI) / 3);
        const meter = run(tone, 1.05, { channels: 2, rateHz });
        expect(Math.abs(meter.pairs!.correlationX1000[0]! + 500), `${hz} Hz`).toBeLessThan(100);
        expect([...meter.pairs!.opposite]).toEqual([0, 0]);
      }
    },
  );
});

describe('hum', () => {
  const hum =
    (base: number, db: number, rateHz: number): Source =>
    (n) => {
      const turn = (2 * Math.PI * base * n) / rateHz;
      return amplitude(db) * (Math.sin(turn) + 0.5 * Math.sin(2 * turn + 1) + 0.25 * Math.sin(3 * turn + 2));
    };
  // RMS of the three lines against the first one's peak.
  const rmsOver = 10 * Math.log10((1 + 0.25 + 0.0625) / 2);

  test.each([44100, 48000, 96000, 176400, 192000])(
    'at %i Hz 50 and 60 Hz are found from -50 to -100 dBFS over a noise floor, their level within 1 dB',
    (rateHz) => {
      const cases = [
        [50, -50],
        [59.93, -100],
        [60, -80],
        [50.1, -100],
      ] as const;
      for (const [base, level] of rateHz < 96000 ? cases : cases.slice(0, rateHz > 96000 ? 1 : 2)) {
        const floor = noise(12, -110);
        const line = hum(base, level, rateHz);
        const meter = run((n, c) => line(n, c) + floor(n, c), 8.4, { rateHz });
        const reading = meter.hum!.readings[0]!;
        expect(reading, `${base} Hz at ${level}`).toMatchObject({ alarm: true, baseHz: Math.round(base) });
        expect(reading.harmonics & 3).toBe(3);
        expect(Math.abs(reading.levelDbX100 / 100 - (level + rmsOver))).toBeLessThan(1);
      }
    },
  );

  test('noise, silence and a lone bass note raise no alarm', () => {
    for (const source of [noise(13, -60), () => 0, sine(55, -50), sine(50, -50)]) {
      let alarms = 0;
      run(source, 13, {}, (meter) => {
        if (meter.hum!.readings[0]!.alarm) alarms++;
      });
      expect(alarms).toBe(0);
    }
  });
});

describe('the readings of a file', () => {
  test('a pair is read in full, and as CSV', () => {
    const reader = createFileReader(kernels, { channels: 2, rateHz: 48000, validBits: 24 });
    const tone = sine(1000, -20);
    let n = 0;
    for (const frames of [...new Array<number>(400).fill(480), 96]) {
      for (let i = 0; i < frames; i++, n++) {
        const x = Math.round(tone(n, 0) + 100);
        reader.input[2 * i] = x * 256;
        reader.input[2 * i + 1] = -x * 256;
      }
      reader.push(frames);
    }
    const readings = reader.finish();
    expect(readings.frames).toBe(400 * 480 + 96);
    const [left, right] = readings.channels;
    expect(left!.peakDbX100).toBe(-2000);
    expect(left!.rmsDbX100).toBe(-2301);
    expect(left!.aes17DbX100).toBe(-2000);
    expect(left!.dcSteps).toBeCloseTo(100, 0);
    expect(right!.dcSteps).toBeCloseTo(-100, 0);
    expect(left!.bitsUsed).toBe(24);
    expect(right!.oppositeSeconds).toBe(4);
    expect(readings.loudness).toHaveLength(1);
    expect(Math.abs(readings.loudness[0]!.integratedX100 + 2000)).toBeLessThanOrEqual(5);
    const csv = csvOfReadings(readings).trim().split('\n');
    expect(csv).toHaveLength(3);
    const cell = (name: string, line: number) => csv[line]!.split(',')[csv[0]!.split(',').indexOf(name)];
    expect(cell('peak_dbfs', 1)).toBe('-20.00');
    expect(cell('rms_aes17_dbfs', 2)).toBe('-20.00');
    expect(cell('copy_of', 2)).toBe('');
    expect(cell('loudness_channels', 2)).toBe('1 2');
  });

  test('an empty file has no readings and no faults', () => {
    const readings = createFileReader(kernels, { channels: 1, rateHz: 44100, validBits: 16 }).finish();
    expect(readings).toMatchObject({
      frames: 0,
      channels: [{ peakDbX100: NO_SIGNAL, rmsDbX100: NO_SIGNAL, dcSteps: 0, hum: null }],
    });
    expect(csvOfReadings(readings).split('\n')[1]!.startsWith('1,,,')).toBe(true);
  });
});
