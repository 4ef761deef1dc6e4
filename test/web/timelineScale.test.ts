import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clampView, spanOf, stepFor, stretchToLoad, tickStep, zoomView } from '../../src/web/page/timelineScale.ts';

const HOUR_MS = 3_600_000;

describe('the view of the timeline', () => {
  it('stays within the session whatever fingers do', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 60_000, max: 24 * HOUR_MS, noNaN: true }),
        fc.array(
          fc.tuple(fc.double({ min: 0.01, max: 100, noNaN: true }), fc.double({ min: -1, max: 2, noNaN: true })),
          { maxLength: 20 },
        ),
        (endMs, moves) => {
          let view = clampView({ fromMs: 0, toMs: endMs }, endMs);
          for (const [factor, at] of moves) {
            view = zoomView(view, factor, view.fromMs + at * spanOf(view), endMs);
            expect(view.fromMs).toBeGreaterThanOrEqual(0);
            expect(view.toMs).toBeLessThanOrEqual(endMs + 1);
            expect(spanOf(view)).toBeGreaterThanOrEqual(9999);
          }
        },
      ),
    );
  });

  it('keeps what is under the finger there while it zooms', () => {
    const view = zoomView({ fromMs: HOUR_MS, toMs: 3 * HOUR_MS }, 4, 1.5 * HOUR_MS, 8 * HOUR_MS);
    expect((1.5 * HOUR_MS - view.fromMs) / spanOf(view)).toBeCloseTo(0.25, 6);
    expect(spanOf(view)).toBeCloseTo(HOUR_MS / 2, 3);
  });

  it('asks for no more than three views of a step a pixel: eight hours on a phone are 240 steps', () => {
    const stepS = stepFor(8 * HOUR_MS, 300);
    expect(stepS).toBe(120);
    const { fromS, toS } = stretchToLoad({ fromMs: 0, toMs: 8 * HOUR_MS }, stepS, 8 * HOUR_MS);
    expect((toS - fromS) / stepS).toBe(240);
    for (const spanMs of [10_000, 60_000, HOUR_MS, 8 * HOUR_MS]) {
      const step = stepFor(spanMs, 300);
      const asked = stretchToLoad({ fromMs: 8 * HOUR_MS, toMs: 8 * HOUR_MS + spanMs }, step, 24 * HOUR_MS);
      expect((asked.toS - asked.fromS) / step).toBeLessThanOrEqual(3 * 300 + 3);
      expect(asked.fromS % step).toBe(0);
    }
  });

  it('has ticks at whole times, far enough apart to read', () => {
    expect(tickStep(8 * HOUR_MS, 300, 62)).toBe(7200);
    expect(tickStep(60_000, 300, 62)).toBe(15);
  });
});
