import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { RULES } from '../../src/diagnosis/diagnose.ts';
import { CAUSES_FIRST, EXPLAINS } from '../../src/diagnosis/order.ts';
import { rulesMarkdown } from './rulesMarkdown.ts';
import {
  AMBIGUOUS,
  CLEAN,
  FAULTS,
  HELD_OUT,
  HELD_OUT_AMBIGUOUS,
  HELD_OUT_ASKED,
  HELD_OUT_CLEAN,
} from './scenarios/index.ts';

const doc = readFileSync(new URL('../../docs/diagnosis.md', import.meta.url), 'utf8');

describe('docs/diagnosis.md (npm run diagnosis writes it anew)', () => {
  it('has every rule in its present words', () => {
    expect(doc.startsWith(rulesMarkdown())).toBe(true);
  });

  it('has every scenario, and at least 95 % of the first causes right', () => {
    for (const { story } of [...Object.values(FAULTS).flat(), ...AMBIGUOUS, ...CLEAN])
      expect(doc).toContain(story.replaceAll('|', '\\|'));
    const [, right, all] = /The right cause first: (\d+) of (\d+)/.exec(doc)!;
    expect(Number(all)).toBe(Object.values(FAULTS).flat().length + AMBIGUOUS.length);
    expect(Number(right) / Number(all)).toBeGreaterThanOrEqual(0.95);
  });

  it('has the held-out set with its first figure and the present one', () => {
    const heldOut = [...HELD_OUT, ...HELD_OUT_AMBIGUOUS, ...HELD_OUT_ASKED];
    for (const { story } of [...heldOut, ...HELD_OUT_CLEAN]) expect(doc).toContain(story);
    const [, first, firstOf, now, nowOf] = /\| the right cause first \| (\d+) of (\d+) .*? \| (\d+) of (\d+) /
      .exec(doc)!
      .map(Number);
    expect([firstOf, nowOf]).toEqual([heldOut.length, heldOut.length]);
    expect(now! / nowOf!).toBeGreaterThanOrEqual(0.95);
    expect(first).toBeLessThanOrEqual(firstOf!);
  });

  it('rests on rules that each have a place in the order, and explain only what exists', () => {
    for (const { code } of RULES) expect(CAUSES_FIRST).toContain(code);
    for (const [code, explained] of Object.entries(EXPLAINS))
      for (const one of explained) expect(EXPLAINS[one] ?? []).not.toContain(code);
  });
});
