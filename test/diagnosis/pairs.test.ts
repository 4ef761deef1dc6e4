import { describe, expect, it } from 'vitest';
import { names } from './rig/judge.ts';
import { play } from './rig/run.ts';
import { drawPairs } from './scenarios/index.ts';

describe('two faults at once, drawn by seed: both are listed', () => {
  it.each(drawPairs().map((pair) => [pair.name, pair] as const))('%s', (_name, pair) => {
    const { findings } = play(pair).snapshot();
    const missing = pair.expects.filter((cause) => !findings.some((finding) => names(finding, cause)));
    expect(missing, findings.map(({ code, where }) => `${code} at ${where}`).join(', ')).toEqual([]);
  });
});
