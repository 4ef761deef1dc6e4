import { describe, expect, it } from 'vitest';
import { AMBIGUOUS, CLEAN, drawPairs, FAULTS } from './scenarios/index.ts';
import { SESSIONS } from './scenarios/session.ts';

const faults = Object.values(FAULTS).flat();

describe('the scenarios of the diagnosis', () => {
  it('are at least 60 faults, 20 clean sessions and 20 pairs, each with a name of its own', () => {
    expect(faults.length).toBeGreaterThanOrEqual(60);
    expect(CLEAN.length).toBeGreaterThanOrEqual(20);
    expect(drawPairs()).toHaveLength(20);
    const names = [...faults, ...AMBIGUOUS, ...CLEAN].map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });

  it('name only channels that their session has', () => {
    for (const scenario of [...faults, ...AMBIGUOUS, ...CLEAN]) {
      const { strips } = SESSIONS[scenario.session];
      for (const channel of Object.keys(scenario.strips ?? {}))
        expect(Number(channel)).toBeLessThanOrEqual(strips.length);
    }
  });

  it('are drawn in pairs the same every time, and others from another seed', () => {
    expect(drawPairs().map(({ name }) => name)).toEqual(drawPairs().map(({ name }) => name));
    expect(drawPairs(7).map(({ name }) => name)).not.toEqual(drawPairs().map(({ name }) => name));
  });
});
