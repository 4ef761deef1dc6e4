import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { halfSampleApart } from '../../../src/dsp/foreignSmux.ts';
import { bandLimited } from '../../../src/dsp/halfSample.ts';
import { recordingMissing } from '../../support/fetchRecording.mjs';
import { bursts, type Column, hash, randomOf, sample24, speech, watch } from './streams.ts';

const gaussianOf = (seed: number): Column => {
  const random = randomOf(seed);
  return () => sample24(0.2 * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()));
};
const tone =
  (hz: number, rateHz: number, level: number, phase = 0): Column =>
  (n) =>
    sample24(level * Math.sin((2 * Math.PI * hz * n) / rateHz + phase));
const square =
  (period: number, level: number): Column =>
  (n) =>
    sample24(n % period < period / 2 ? level : -level);

describe('coded bitstreams', () => {
  it('are recognised within a fifth of a second, named, and leave the levels from there on', () => {
    for (const [type, period, name] of [
      [1, 1536, 'AC-3'],
      [11, 512, 'DTS'],
      [21, 6144, 'E-AC-3'],
      [28, 1920, 'Dolby E'],
    ] as const) {
      const { told, excluded, blocks, readings } = watch(bursts(type, { type, period, payloadFrames: 300 }), 48000);
      expect(readings).toMatchObject([
        { bank: 0, channels: [0, 1], confidence: 'high', data: { kind: 'nonAudio', format: name } },
      ]);
      expect(told).toHaveLength(1);
      expect(readings[0]!.frame).toBeLessThanOrEqual(0.2 * 48000);
      expect(excluded[0]).toBeGreaterThanOrEqual(blocks - 20);
      expect(excluded[1]).toBe(excluded[0]);
    }
  });

  it('are recognised at 20 and 24 bits as well', () => {
    for (const bits of [20, 24])
      expect(watch(bursts(5, { type: 28, period: 1920, payloadFrames: 1500, bits }), 24000).readings).toMatchObject([
        { data: { kind: 'nonAudio', format: 'Dolby E' } },
      ]);
  });

  it('are found however the stream is cut into blocks: the sync pair may be the last frame of one', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4000 }), fc.integer({ min: 700, max: 4000 }), (offset, period) => {
        const [left, right] = bursts(offset, { period, payloadFrames: 200 });
        const { readings } = watch([(n) => left(n + offset), (n) => right(n + offset)], 48000);
        expect(readings).toHaveLength(1);
      }),
      { numRuns: 40, seed: 1 },
    );
  });

  it('on one pair of a bank leave the other channels alone', () => {
    const data = bursts(9, {});
    const { readings, excluded } = watch([tone(440, 48000, 0.3), tone(220, 48000, 0.3), ...data], 24000);
    expect(readings).toMatchObject([{ channels: [2, 3] }]);
    expect(excluded.slice(0, 2)).toEqual([0, 0]);
  });

  it('are gone two seconds after they end', () => {
    const [left, right] = bursts(3, {});
    const until =
      (column: Column): Column =>
      (n) =>
        n < 24000 ? column(n) : gaussianOf(n)(n);
    const { told, readings } = watch([until(left), until(right)], 3 * 48000);
    expect(told).toHaveLength(2);
    expect(readings).toEqual([]);
  });

  it('are not seen in one sync pair that chance made', () => {
    const noise = [gaussianOf(1), gaussianOf(2)] as const;
    const once: [Column, Column] = [
      (n) => (n === 5000 ? 0xf8720000 | 0 : n === 5001 ? 0x00010000 : noise[0](n)),
      (n) => (n === 5000 ? 0x4e1f0000 : noise[1](n)),
    ];
    expect(watch(once, 48000).told).toEqual([]);
  });
});

describe('hash', () => {
  it('on a whole port is told within half a second and leaves the levels from its first block', () => {
    const columns = Array.from({ length: 8 }, (_, c) => hash(c + 1));
    const { readings, excluded, blocks } = watch(columns, 48000);
    expect(readings).toMatchObject([{ data: { kind: 'hash' }, confidence: 'medium' }]);
    expect(readings[0]!.frame).toBeLessThanOrEqual(24000);
    expect(excluded).toEqual(columns.map(() => blocks));
  });

  it('on two channels is told with low confidence: it may be a generator', () => {
    expect(watch([hash(1), hash(2)], 48000).readings).toMatchObject([{ data: { kind: 'hash' }, confidence: 'low' }]);
  });

  it('is gone when the port carries sound again', () => {
    const columns = Array.from({ length: 8 }, (_, c): Column => {
      const noise = hash(c + 1);
      const sound = tone(300 + 100 * c, 48000, 0.5);
      return (n) => (n < 48000 ? noise(n) : sound(n));
    });
    const { told, readings } = watch(columns, 2 * 48000);
    expect(told).toHaveLength(2);
    expect(readings).toEqual([]);
  });

  it('is not seen where one channel plays: a noise generator on seven inputs is no wrong rate', () => {
    const columns = [tone(440, 48000, 0.5), ...Array.from({ length: 7 }, (_, c) => hash(c + 1))];
    expect(watch(columns, 48000)).toMatchObject({ told: [], excluded: columns.map(() => 0) });
  });

  it('is not seen in one noise on all channels, in quieter noise, in Gaussian noise, nor on analogue inputs', () => {
    const one = hash(1);
    expect(watch([one, one, one, one], 48000).told).toEqual([]);
    for (const scale of [0.25, 0.5, 0.7])
      expect(
        watch(
          Array.from({ length: 8 }, (_, c) => hash(c + 1, scale)),
          48000,
        ).told,
      ).toEqual([]);
    expect(
      watch(
        Array.from({ length: 8 }, (_, c) => gaussianOf(c + 1)),
        48000,
      ).told,
    ).toEqual([]);
    const loud = Array.from({ length: 8 }, (_, c): Column => {
      const random = randomOf(c + 1);
      return () => sample24(0.6 * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()));
    });
    expect(watch(loud, 48000).told).toEqual([]);
    const columns = Array.from({ length: 8 }, (_, c) => hash(c + 1));
    expect(watch(columns, 48000, { banks: [{ columns: [0, 1, 2, 3, 4, 5, 6, 7], digital: false }] })).toMatchObject({
      told: [],
      excluded: columns.map(() => 0),
    });
  });
});

describe('an S/MUX mismatch', () => {
  /** A band at 96 kHz, 3.2 s over and over: partials up to 12 kHz and a little noise. */
  const players = new Map<number, Int32Array>();
  const player = (seed: number): Column => {
    let samples = players.get(seed);
    if (samples === undefined) {
      const random = randomOf(seed);
      const partials = Array.from({ length: 8 }, () => [60 + 12000 * random() ** 3, random() * 6.28, random() / 8]);
      const length = 3.2 * 96000;
      samples = new Int32Array(length);
      for (let n = 0; n < length; n++) {
        let x = 2e-5 * (random() - 0.5);
        for (const [hz, phase, level] of partials)
          x += 0.4 * level! * Math.sin((2 * Math.PI * Math.round(hz! * 3.2) * n) / length + phase!);
        samples[n] = sample24(x);
      }
      players.set(seed, samples);
    }
    const kept = samples;
    return (n) => kept[n % kept.length]!;
  };
  const split = (signals: readonly Column[], factor: number) =>
    signals.flatMap((signal) =>
      Array.from(
        { length: factor },
        (_, i): Column =>
          (n) =>
            signal(n * factor + i),
      ),
    );

  it('of a 96 kHz sender on a 48 kHz port is told within three seconds, with both rates known', () => {
    const { readings } = watch(split([1, 2, 3, 4].map(player), 2), 3 * 48000);
    expect(readings).toMatchObject([
      { data: { kind: 'smuxSplit', factor: 2 }, confidence: 'medium', channels: [0, 1, 2, 3, 4, 5, 6, 7] },
    ]);
  });

  it('of a 192 kHz sender is told as four channels to one', () => {
    const { readings } = watch(split([5, 6].map(player), 4), 3 * 48000);
    expect(readings).toMatchObject([{ data: { kind: 'smuxSplit', factor: 4 }, confidence: 'medium' }]);
  });

  it('of a 48 kHz sender on a 96 kHz port is told, also where only one of two inputs plays', () => {
    const silent: Column = (n) => sample24(1e-5 * (randomOf(n)() - 0.5));
    const slow = (seed: number): Column => {
      const signal = player(seed);
      return (n) => signal(2 * n);
    };
    const inTurn =
      (a: Column, b: Column): Column =>
      (n) =>
        (n % 2 === 0 ? a : b)(n >> 1);
    const columns = [
      inTurn(slow(1), slow(2)),
      inTurn(slow(3), silent),
      inTurn(slow(4), slow(5)),
      inTurn(silent, silent),
    ];
    const { readings } = watch(columns, 3 * 96000, { rateHz: 96000 });
    expect(readings).toMatchObject([{ data: { kind: 'smuxMerged' }, confidence: 'medium', channels: [0, 1, 2] }]);
  });

  it('is not seen in stereo pairs, mono pairs, pairs of other delays, or white noise', () => {
    const fast = [1, 2, 3, 4].map(player);
    const delayed = (delay: number) =>
      fast.flatMap((signal): Column[] => [(n) => signal(2 * n + 20), (n) => signal(2 * n + 20 - delay)]);
    for (const delay of [0, 1, 2, 3, 4, 11, 40])
      expect(watch(delayed(delay), 2 * 48000).told, `delay of ${delay / 2} samples`).toEqual([]);
    expect(
      watch(
        fast.flatMap((s) => [s, s]),
        2 * 48000,
      ).told,
    ).toEqual([]);
    expect(
      watch(
        Array.from({ length: 8 }, (_, c) => gaussianOf(c + 1)),
        2 * 48000,
      ).told,
    ).toEqual([]);
    expect(
      watch(
        Array.from({ length: 8 }, (_, c) => square(48 + 2 * c, 0.8)),
        2 * 48000,
      ).told,
    ).toEqual([]);
  });

  it('is not seen at 96 kHz in programme, noise, squares, or a whistle near half the rate', () => {
    const at96 = (columns: readonly Column[]) => watch(columns, 3 * 96000, { rateHz: 96000 }).told;
    expect(at96([1, 2, 3, 4].map(player))).toEqual([]);
    expect(at96([1, 2, 3, 4].map((s) => gaussianOf(s)))).toEqual([]);
    expect(at96([1, 2, 3, 4].map((s) => square(96 + 2 * s, 0.8)))).toEqual([]);
    expect(at96([46900, 47100, 47500, 47900].map((hz) => tone(hz, 96000, 0.1)))).toEqual([]);
  });

  it('needs sound: silence and the noise floor tell nothing', () => {
    const floor = Array.from(
      { length: 8 },
      (_, c): Column =>
        (n) =>
          sample24(3e-5 * (randomOf(c + 8 * n)() - 0.5)),
    );
    expect(watch(floor, 2 * 48000).told).toEqual([]);
    expect(
      watch(
        floor.map(() => () => 0),
        48000,
      ).told,
    ).toEqual([]);
  });

  it('filter finds what lies between two samples to better than -40 dB up to 19 kHz at 48', () => {
    const taps = bandLimited(8);
    expect(taps.reduce((a, b) => a + b, 0)).toBe(16384);
    for (const hz of [100, 1000, 5000, 10000, 15000, 19000]) {
      let gain = 0;
      for (let k = 0; k < 8; k++) gain += (2 * taps[k]! * Math.cos((2 * Math.PI * hz * (k + 0.5)) / 48000)) / 32768;
      expect(Math.abs(gain - 1), `${hz} Hz`).toBeLessThan(0.01);
    }
  });

  it('is a matter of half a sample: whatever the tone, a third of one does not pass', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2000, max: 17000 }),
        fc.double({ min: 0.05, max: 0.34, noNaN: true }),
        (hz, delay) => {
          const block = new Int32Array(480 * 2);
          for (let n = 0; n < 480; n++) {
            block[2 * n] = tone(hz, 48000, 0.5)(n);
            block[2 * n + 1] = tone(hz, 48000, 0.5)(n + delay);
          }
          expect(halfSampleApart(block, 2, 0, 1, 480)).not.toBe('yes');
        },
      ),
      { numRuns: 100, seed: 2 },
    );
  });
});

describe.skipIf(recordingMissing() !== null)('real recordings (alsa-utils, eight voices)', () => {
  const column =
    (word: Float32Array, gain = 1): Column =>
    (n) =>
      sample24(gain * word[n % word.length]!);

  /** Half a sample later, by a sinc of 64 taps. */
  const between = (word: Float32Array): Float32Array => {
    const taps = Array.from({ length: 64 }, (_, i) => {
      const t = i - 31.5;
      return (Math.sin(Math.PI * t) / (Math.PI * t)) * (0.5 + 0.5 * Math.cos((Math.PI * t) / 32.5));
    });
    return word.map((_, n) => {
      let x = 0;
      for (let i = 0; i < 64; i++) x += taps[i]! * word[(n + i - 31 + word.length) % word.length]!;
      return x;
    });
  };

  it('raise nothing, at any rate they may be read at, quiet or driven into clipping', () => {
    const words = speech();
    for (const [rateHz, gains] of [
      [48000, [0.1, 1, 8]],
      [96000, [1]],
      [192000, [1]],
    ] as const)
      for (const gain of gains) {
        const { told, excluded } = watch(
          words.map((word) => column(word, gain)),
          3 * 48000,
          { rateHz },
        );
        expect(told, `${rateHz} Hz, gain ${gain}`).toEqual([]);
        expect(excluded).toEqual(words.map(() => 0));
      }
  });

  it('split by S/MUX are told as such', () => {
    // Brought to 96 kHz first: the even samples are the recording, the odd ones lie between.
    const columns = speech()
      .slice(0, 4)
      .flatMap((word): Column[] => [column(word), column(between(word))]);
    expect(watch(columns, 3 * 48000, { rateHz: 48000 }).told.flat()).toMatchObject([
      { data: { kind: 'smuxSplit', factor: 2 } },
    ]);
  });

  it('merged by S/MUX are told as such', () => {
    const words = speech();
    const columns = [0, 2, 4, 6].map(
      (c): Column =>
        (n) =>
          column(words[c + (n % 2)]!)(n >> 1),
    );
    const { told } = watch(columns, 4 * 48000, { rateHz: 96000 });
    expect(told.flat().some((reading) => reading.data.kind === 'smuxMerged')).toBe(true);
    expect(told.flat().every((reading) => reading.data.kind === 'smuxMerged')).toBe(true);
  });
});
