import { describe, expect, it } from 'vitest';
import { judge, names, statusOf, unread } from './rig/judge.ts';
import { AMBIGUOUS, FAULTS } from './scenarios/index.ts';

const seen = [...Object.values(FAULTS).flat(), ...AMBIGUOUS].filter(({ complaint }) => complaint === undefined);

describe('from samples to the right cause', () => {
  it.each(seen.map((scenario) => [scenario.name, scenario] as const))('%s', async (_name, scenario) => {
    const { right, first, findings, monitor } = judge(scenario);
    expect(right, `${scenario.story} It says: ${first}.`).toBe(true);
    const told = await statusOf(monitor);
    expect(names(told.findings[0], scenario.expects.first)).toBe(true);
    expect(unread(monitor, findings[0]!)).toEqual([]);
  });
});
