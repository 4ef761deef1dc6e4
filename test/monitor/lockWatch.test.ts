import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LockWatch, type WatchedLock } from '../../src/monitor/lockWatch.ts';

describe('a lock that is watched', () => {
  it('shows a loss at once and latches it', () => {
    const watch = new LockWatch();
    expect(watch.update('locked', 0)).toBe('locked');
    expect(watch.update('noLock', 5000)).toBe('noLock');
    expect(watch.latchedAtMs).toBe(5000);
    expect(watch.losses).toBe(1);
    watch.update('locked', 6000);
    expect(watch.update('locked', 7000)).toBe('locked');
    expect(watch.latchedAtMs).toBe(5000);
    watch.clear();
    expect([watch.losses, watch.latchedAtMs]).toEqual([0, null]);
  });

  it('flapping at 10 Hz changes what is shown at most twice a second, and counts every loss', () => {
    const watch = new LockWatch();
    let shown = watch.update('sync', 0);
    let changes = 0;
    for (let ms = 50; ms <= 10_000; ms += 50) {
      const now = watch.update((ms / 50) % 2 ? 'noLock' : 'sync', ms);
      if (now !== shown) changes++;
      shown = now;
    }
    expect(changes).toBeLessThanOrEqual(2);
    expect(watch.losses).toBe(100);
    expect(shown).toBe('noLock');
  });

  it('never shows a lock that the control did not hold for a second, whatever comes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom<WatchedLock>('noLock', 'locked', 'lock', 'sync', 'unknown'), fc.nat(3000)), {
          minLength: 2,
        }),
        (steps) => {
          const watch = new LockWatch();
          let now = 0;
          let since = 0;
          let last: WatchedLock | null = null;
          let shown: WatchedLock | null = null;
          for (const [word, waitMs] of steps) {
            now += waitMs;
            if (word !== last) since = now;
            const before: WatchedLock | null = shown;
            shown = watch.update(word, now);
            if (last !== null && shown !== before && shown !== 'noLock' && shown !== 'unknown') {
              expect(shown).toBe(word);
              expect(now - since).toBeGreaterThanOrEqual(1000);
            }
            if (word === 'noLock' || word === 'unknown') expect(shown).toBe(word);
            last = word;
          }
        },
      ),
    );
  });
});
