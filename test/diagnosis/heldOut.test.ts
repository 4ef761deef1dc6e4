import { describe, expect, it } from 'vitest';
import { contradictions } from './rig/contradictions.ts';
import { judge, names, statusOf, unread } from './rig/judge.ts';
import { play } from './rig/run.ts';
import { drawHeldOutPairs, HELD_OUT, HELD_OUT_AMBIGUOUS, HELD_OUT_ASKED, HELD_OUT_CLEAN } from './scenarios/index.ts';

/** Ten of them, spread over the set, are read off the panel's picture and the API as well. */
const throughAll = (i: number) => i % 5 === 2;

describe('the held-out set, for which no rule was made: from samples to the right cause', () => {
  it.each([...HELD_OUT, ...HELD_OUT_AMBIGUOUS].map((scenario, i) => [scenario.name, scenario, i] as const))(
    '%s',
    async (_name, scenario, i) => {
      const { right, first, findings, monitor } = judge(scenario);
      expect(right, `${scenario.story} It says: ${first}.`).toBe(true);
      expect(contradictions(findings, monitor.snapshot())).toEqual([]);
      if (!throughAll(i)) return;
      const told = await statusOf(monitor);
      expect(names(told.findings[0], scenario.expects.first)).toBe(true);
      expect(unread(monitor, findings[0]!)).toEqual([]);
    },
  );

  it.each(HELD_OUT_ASKED.map((scenario) => [scenario.name, scenario] as const))('asked: %s', (_name, scenario) => {
    const { kind, channel = null } = scenario.complaint!;
    const [first] = play(scenario).answer({ kind: kind as never, channel });
    expect(names(first, scenario.expects.first), `${first?.code}: ${first?.cause}`).toBe(true);
  });

  it.each(drawHeldOutPairs().map((pair) => [pair.name, pair] as const))('two at once: %s', (_name, pair) => {
    const monitor = play(pair);
    const { findings } = monitor.snapshot();
    const missing = pair.expects.filter((cause) => !findings.some((finding) => names(finding, cause)));
    expect(missing, findings.map(({ code, where }) => `${code} at ${where}`).join(', ')).toEqual([]);
    expect(contradictions(findings, monitor.snapshot())).toEqual([]);
  });

  it.each(HELD_OUT_CLEAN.map((scenario) => [scenario.name, scenario] as const))(
    'nothing is wrong, and nothing is found: %s',
    (_name, scenario) => {
      const { findings } = play(scenario).snapshot();
      expect(findings.map(({ code, where, symptom }) => `${code} at ${where}: ${symptom}`)).toEqual([]);
    },
  );
});
