import { describe, expect, it } from 'vitest';
import type { ComplaintKind } from '../../src/diagnosis/complaints.ts';
import { names } from './rig/judge.ts';
import { play } from './rig/run.ts';
import { CLEAN, FAULTS } from './scenarios/index.ts';

const asked = FAULTS.complaints!;
const answers = (scenario: Parameters<typeof play>[0], kind: string, channel: number | null = null) =>
  play(scenario).answer({ kind: kind as ComplaintKind, channel });

describe('what a person complains of', () => {
  it.each(asked.map((scenario) => [scenario.name, scenario] as const))('%s', (_name, scenario) => {
    const { kind, channel = null } = scenario.complaint!;
    const [first, ...more] = answers(scenario, kind, channel);
    expect(names(first, scenario.expects.first), `${first?.code}: ${first?.cause}`).toBe(true);
    // A question claims nothing: it stands alone, with low confidence.
    if (first!.code.startsWith('ask-')) {
      expect(first).toMatchObject({ confidence: 'low', severity: 'info' });
      expect(first!.question).toMatch(/\?$/);
      expect(more).toEqual([]);
    }
  });

  it('is never answered by a cause that capture can not see', () => {
    const clean = CLEAN.find(({ name }) => name === 'the-band')!;
    for (const kind of ['latency', 'monitorsSilent', 'headphonesQuiet', 'hum', 'crackle', 'distortion'])
      expect(answers({ ...clean, seconds: 3 }, kind).map(({ code }) => code.startsWith('ask-'))).toEqual([true]);
  });
});
