import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
// @ts-expect-error: a script, without types
import { guideDoc, plannerDoc, splitTest, TEST_FILES } from '../../scripts/guide-docs.mjs';
import { ABILITIES } from '../../src/guide/abilities.ts';
import { parseBrief } from '../../src/guide/brief.ts';
import { CHECK_CODES } from '../../src/guide/checks.ts';
import { describeChecks } from '../../src/guide/describeChecks.ts';
import { EXPANDERS } from '../../src/guide/expanders.ts';
import { planSession } from '../../src/guide/planner.ts';
import { planText } from '../../src/guide/planText.ts';
import { INTERFACE_MAPS } from './sheets.ts';

interface Part {
  readonly part: string;
  readonly rows: readonly (readonly [statement: string, where: string, tests: readonly string[]])[];
}

const statements: Part[] = JSON.parse(readFileSync('test/guide/statements.json', 'utf8'));
const rows = statements.flatMap((part) => part.rows);

describe('docs/guide.md and docs/planner.md', () => {
  it('are what scripts/guide-docs.mjs writes from the tables of the program', () => {
    expect(readFileSync('docs/guide.md', 'utf8')).toBe(guideDoc({ statements, checks: describeChecks() }));
    const brief = readFileSync('examples/band-brief.json', 'utf8');
    const parsed = parseBrief(JSON.parse(brief));
    if (!parsed.ok) throw new Error(parsed.fault.what);
    const planned = planSession(parsed.value, INTERFACE_MAPS);
    if (!planned.ok) throw new Error(planned.fault.what);
    expect(readFileSync('docs/planner.md', 'utf8')).toBe(
      plannerDoc({ brief, text: planText(planned.value), expanders: EXPANDERS, abilities: ABILITIES }),
    );
  });

  it('name a test for each statement, and each such test exists', () => {
    const sources = new Map<string, string>();
    for (const file of Object.values(TEST_FILES) as string[]) sources.set(file, readFileSync(file, 'utf8'));
    for (const [statement, where, tests] of rows) {
      expect(where, statement).not.toBe('');
      expect(tests.length, statement).toBeGreaterThan(0);
      for (const test of tests) {
        const { file, name } = splitTest(test);
        // it('name', or on a line of its own behind it.each(...)(
        const escaped = name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
        expect(sources.get(file), test).toMatch(new RegExp(`\\(\\s*'${escaped}',`));
      }
    }
  });

  it('leave no check out: every code is in the table of checks and is named by a test', () => {
    const guide = readFileSync('docs/guide.md', 'utf8');
    const tests = readFileSync('test/guide/checks.test.ts', 'utf8');
    for (const code of CHECK_CODES) {
      expect(guide).toContain(`| \`${code}\` |`);
      expect(tests).toContain(`'${code}'`);
    }
    expect(describeChecks().map(({ code }) => code)).toEqual([...CHECK_CODES]);
  });
});
