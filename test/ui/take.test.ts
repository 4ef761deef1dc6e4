import { describe, expect, it } from 'vitest';
import type { EndedTake } from '../../src/monitor/takes.ts';
import { takeVerdict } from '../../src/ui/pages/take.ts';

const take = (verdict: Partial<EndedTake['verdict']>): EndedTake => ({
  id: 'a',
  name: 'Take 1',
  startedFrame: 0,
  startedMs: 10_000,
  startedAt: '',
  by: 'button',
  clips: [],
  verdict: { word: 'clean', suspects: 0, first: [], notWatchedMs: 0, lossesHiddenMs: 0, untold: [], ...verdict },
  endedFrame: 0,
  endedMs: 70_000,
  endedAt: '',
});

describe("a take's verdict on the panel", () => {
  it.each([
    ['CLEAN', {}],
    ['CLEAN', { lossesHiddenMs: 30_000 }],
    ['CLEAN, USB losses ?', { lossesHiddenMs: 30_001 }],
    ['CLEAN, 1 clock ?', { untold: ['adat-a'], lossesHiddenMs: 60_000 }],
    ['CLEAN, 2 clocks ?', { untold: ['adat-a', 'adat-b'] }],
    ['SUSPECT: 1 event', { word: 'suspect', suspects: 1, lossesHiddenMs: 60_000 }],
    ['NOT ALL WATCHED', { word: 'notWatched', notWatchedMs: 5 }],
  ] as const)('is %s, in a row of 21 columns, for what is known of it', (words, verdict) => {
    const told = takeVerdict(
      take({ ...verdict, first: [], untold: 'untold' in verdict ? [...verdict.untold] : [] }),
      0,
    );
    expect(told).toBe(words);
    expect(told.length).toBeLessThanOrEqual(21);
  });

  it('of one that runs is of the time so far', () => {
    const { endedMs: _, endedFrame: __, endedAt: ___, ...running } = take({ lossesHiddenMs: 8000 });
    expect(takeVerdict(running, 20_000)).toBe('CLEAN, USB losses ?');
    expect(takeVerdict(running, 40_000)).toBe('CLEAN');
  });
});
