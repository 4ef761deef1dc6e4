import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CombHit, findComb } from '../../../src/dsp/slip/comb.ts';
import { randomOf } from './material.ts';

const shapeOf = (random: () => number) => Float32Array.from({ length: 65 }, (_, i) => (i === 64 ? 3 : random() - 0.5));

/** Slips at an even period with +-1 frame of jitter, each found with the odds `recall`, among `others` random events. */
function train(period: number, slots: number, recall: number, others: number, seed: number): CombHit[] {
  const random = randomOf(seed);
  const hits: CombHit[] = [];
  for (let m = 0; m < slots; m++)
    if (m === slots - 1 || random() < recall)
      hits.push({
        frame: Math.round(1000 + m * period + 2 * random() - 1),
        moved: 1,
        sizes: null,
        shape: shapeOf(random),
        riseDb: -1 + 3 * (random() - 0.5),
        nats: 20,
      });
  for (let i = 0; i < others; i++)
    hits.push({
      frame: Math.floor(random() * slots * period),
      moved: 1,
      sizes: null,
      shape: shapeOf(random),
      riseDb: -1,
      nats: 8,
    });
  return hits.filter((hit) => hit.frame <= 1000 + (slots - 1) * period + 2).sort((a, b) => a.frame - b.frame);
}

describe('the comb of slips', () => {
  it('finds the period of a train, half of it missing and strangers among it, to 0.05 %', () => {
    fc.assert(
      fc.property(fc.integer({ min: 10_000, max: 500_000 }), fc.integer({ min: 1, max: 1e6 }), (period, seed) => {
        const comb = findComb(train(period, 40, 0.5, 8, seed));
        expect(comb).not.toBeNull();
        expect(Math.abs(comb!.periodFrames / period - 1)).toBeLessThan(5e-4);
        expect(comb!.nats).toBeGreaterThan(28);
      }),
      { numRuns: 40, seed: 11 },
    );
  });

  it('does not take a fraction or a multiple of the period', () => {
    for (let seed = 1; seed < 30; seed++) {
      const comb = findComb(train(48_000, 30, 0.9, 0, seed));
      expect(comb!.periodFrames / 48_000).toBeCloseTo(1, 3);
    }
  });

  it('is not misled by a stray event that fits a third of the period', () => {
    const hits = train(90_000, 14, 1, 0, 12);
    hits.push({ frame: hits[5]!.frame + 30_000, moved: 1, sizes: null, shape: null, riseDb: null, nats: 10 });
    hits.push({ frame: hits[2]!.frame + 60_000, moved: 1, sizes: null, shape: null, riseDb: null, nats: 10 });
    hits.sort((a, b) => a.frame - b.frame);
    expect(findComb(hits)!.periodFrames / 90_000).toBeCloseTo(1, 3);
  });

  it('refuses a comb whose events all sit where something is struck: that is the beat, not a clock', () => {
    const beat = train(27_692, 20, 0.9, 0, 3).map((hit) => ({ ...hit, riseDb: 4 }));
    expect(findComb(beat)).toBeNull();
    expect(findComb(train(27_692, 20, 0.9, 0, 3))!.nats).toBeGreaterThan(28);
  });

  it('finds nothing likely in events that come by chance', () => {
    let most = 0;
    for (let seed = 1; seed <= 60; seed++) {
      const random = randomOf(seed);
      const hits = Array.from({ length: 40 }, () => ({
        frame: Math.floor(random() * 48_000 * 600),
        moved: 1,
        sizes: null,
        shape: shapeOf(random),
        riseDb: -1 + 3 * (random() - 0.5),
        nats: 10,
      })).sort((a, b) => a.frame - b.frame);
      most = Math.max(most, findComb(hits)?.nats ?? 0);
    }
    expect(most).toBeLessThan(20);
  });

  it('refuses an even train of one and the same sound: a drum machine', () => {
    const random = randomOf(5);
    const shape = shapeOf(random);
    const hits = train(24_000, 30, 1, 0, 5).map((hit) => ({
      ...hit,
      shape: shape.map((x, i) => (i === 64 ? x : x + 0.05 * random())),
    }));
    expect(findComb(hits)).toBeNull();
  });

  it('refuses an even train of one and the same hard cut, however sure each of them looks', () => {
    const random = randomOf(6);
    const shape = shapeOf(random);
    const sizes = Float64Array.from({ length: 65 }, (_, d) => -Math.abs(d - 32));
    const cuts = train(24_000, 30, 1, 0, 6).map((hit) => ({ ...hit, shape, sizes, moved: 32, nats: 300 }));
    expect(findComb(cuts)).toBeNull();
    expect(findComb(cuts.map((hit) => ({ ...hit, shape: shapeOf(random) })))!.moved).toBe(32);
  });

  it('gives the sign: frames left out are positive, repeated ones negative', () => {
    const hits = train(48_000, 12, 1, 0, 9);
    expect(findComb(hits)!.moved).toBe(1);
    expect(findComb(hits.map((hit) => ({ ...hit, moved: -32 })))!.moved).toBe(-32);
  });
});
