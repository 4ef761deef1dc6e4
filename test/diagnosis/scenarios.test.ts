import { describe, expect, it } from 'vitest';
import {
  AMBIGUOUS,
  CLEAN,
  drawHeldOutPairs,
  drawPairs,
  FAULTS,
  HELD_OUT,
  HELD_OUT_AMBIGUOUS,
  HELD_OUT_ASKED,
  HELD_OUT_CLEAN,
} from './scenarios/index.ts';
import { SESSIONS } from './scenarios/session.ts';

const faults = Object.values(FAULTS).flat();
const heldOut = [...HELD_OUT, ...HELD_OUT_AMBIGUOUS, ...HELD_OUT_ASKED];
const everything = [...faults, ...AMBIGUOUS, ...CLEAN, ...heldOut, ...HELD_OUT_CLEAN];

describe('the scenarios of the diagnosis', () => {
  it('are at least 60 faults, 20 clean sessions and 20 pairs, each with a name of its own', () => {
    expect(faults.length).toBeGreaterThanOrEqual(60);
    expect(CLEAN.length).toBeGreaterThanOrEqual(20);
    expect(drawPairs()).toHaveLength(20);
    const names = everything.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });

  it('hold out 30 faults, 20 clean sessions and 20 pairs on rigs of their own, for which no rule was made', () => {
    expect(heldOut.length).toBeGreaterThanOrEqual(30);
    expect(HELD_OUT_CLEAN.length).toBeGreaterThanOrEqual(20);
    expect(drawHeldOutPairs()).toHaveLength(20);
    const before = new Set(faults.map(({ session }) => session));
    expect(heldOut.filter(({ session }) => before.has(session))).toEqual([]);
  });

  it('name only channels that their session has', () => {
    for (const scenario of everything) {
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
