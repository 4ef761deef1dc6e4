import { describe, expect, it } from 'vitest';
import { ArrivalWatch } from '../../src/monitor/arrivalWatch.ts';

/** Seconds of `from..to` in which it may be watched, each tried until it says no more. */
function tried(watch: ArrivalWatch, from: number, to: number, sees: (second: number) => boolean) {
  const tries: number[] = [];
  for (let second = from; second < to; second++) {
    let count = 0;
    for (; count < 100 && watch.due(second); count++) watch.watched(sees(second));
    tries.push(count);
  }
  return tries;
}

describe('when an arrival is watched for', () => {
  it('tries six times a second at most', () => {
    expect(tried(new ArrivalWatch(), 0, 20, () => true)).toEqual(new Array(20).fill(6));
  });

  it('gives up for a minute after five seconds in vain, then tries again, and goes on when one is seen', () => {
    const watch = new ArrivalWatch();
    expect(tried(watch, 0, 5, () => false)).toEqual([6, 6, 6, 6, 6]);
    expect(tried(watch, 5, 65, () => true)).toEqual(new Array(60).fill(0));
    expect(tried(watch, 65, 80, () => true)).toEqual(new Array(15).fill(6));
  });

  it('does not give up while one in five seconds is seen', () => {
    expect(tried(new ArrivalWatch(), 0, 100, (second) => second % 5 === 4)).toEqual(new Array(100).fill(6));
  });
});
