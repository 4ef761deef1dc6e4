import { describe, expect, it } from 'vitest';
import { play } from './rig/run.ts';
import { CLEAN } from './scenarios/index.ts';

describe('nothing is found where nothing is wrong', () => {
  it.each(CLEAN.map((scenario) => [scenario.name, scenario] as const))('%s', (_name, scenario) => {
    const { findings } = play(scenario).snapshot();
    expect(findings.map(({ code, where, symptom }) => `${code} at ${where}: ${symptom}`)).toEqual([]);
  });
});
