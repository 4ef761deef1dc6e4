/** Plays every scenario of the diagnosis and writes docs/diagnosis.md. Run: npm run diagnosis */
import { writeFileSync } from 'node:fs';
import { it } from 'vitest';
import { judge, names } from '../diagnosis/rig/judge.ts';
import { isReadYet } from '../diagnosis/rig/notReadYet.ts';
import { play } from '../diagnosis/rig/run.ts';
import { rulesMarkdown } from '../diagnosis/rulesMarkdown.ts';
import { AMBIGUOUS, CLEAN, drawPairs, FAULTS } from '../diagnosis/scenarios/index.ts';
import { PAIR_SEED } from '../diagnosis/scenarios/pairs.ts';
import type { Scenario } from '../diagnosis/scenarios/types.ts';

const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
const row = (...cells: string[]) => `| ${cells.map(cell).join(' | ')} |`;

/** Right, and what stood first. */
function result(scenario: Scenario): { right: boolean; first: string } {
  if (scenario.complaint === undefined) return judge(scenario);
  const { kind, channel = null } = scenario.complaint;
  const [first] = play(scenario).answer({ kind: kind as never, channel });
  return {
    right: names(first, scenario.expects.first),
    first: first === undefined ? 'nothing' : `${first.code} at ${first.where}`,
  };
}

it('plays all scenarios and writes docs/diagnosis.md', { timeout: 3_600_000 }, () => {
  const lines = [rulesMarkdown(), '## Scenarios', ''];
  let right = 0;
  let all = 0;
  let waiting = 0;
  const tables: string[] = [];
  for (const [room, scenarios] of Object.entries({ ...FAULTS, ambiguous: AMBIGUOUS })) {
    tables.push(
      `### ${room[0]!.toUpperCase()}${room.slice(1)}`,
      '',
      row('Set-up', 'Cause', 'Told first', ''),
      '|---|---|---|---|',
    );
    for (const scenario of scenarios) {
      const read = isReadYet(scenario.expects.first.code);
      if (!read) waiting++;
      const { right: ok, first } = read ? result(scenario) : { right: false, first: '-' };
      if (read) all++;
      if (ok) right++;
      const { code, where } = scenario.expects.first;
      const causes = [where === undefined ? code : `${code} at ${where}`, ...(scenario.expects.or ?? [])].join('; or ');
      tables.push(row(scenario.story, causes, first, read ? (ok ? 'right' : '**wrong**') : 'not read yet'));
    }
    tables.push('');
  }
  const isRead = (pair: { expects: readonly { code: string }[] }) => pair.expects.every(({ code }) => isReadYet(code));
  const drawn = drawPairs();
  const pairs = drawn.filter(isRead).map((pair) => {
    const { findings } = play(pair).snapshot();
    return { pair, both: pair.expects.every((cause) => findings.some((finding) => names(finding, cause))) };
  });
  const clean = CLEAN.map((scenario) => ({ scenario, found: play(scenario).snapshot().findings }));
  const both = pairs.filter((pair) => pair.both).length;
  const silent = clean.filter(({ found }) => found.length === 0).length;
  lines.push(
    'Each is a physical set-up, played as samples through the capture loop, the kernels, the slip detector and the monitor, with',
    "control values through the device's own reader. Set-ups and causes: `test/diagnosis/scenarios/`.",
    '',
    `- The right cause first: ${right} of ${all} (${((100 * right) / all).toFixed(1)} %). Where the evidence allows several causes, all are listed.`,
    ...(waiting === 0
      ? []
      : [
          `- Not played: ${waiting} scenarios and ${drawn.length - pairs.length} pairs that need slow readings of a channel (hum, DC, copies, polarity, flat tops, stuck bits), which the Snapshot does not have yet.`,
        ]),
    `- Two faults at once, drawn with seed ${PAIR_SEED}: both listed in ${both} of ${pairs.length}.`,
    `- Nothing wrong: no finding in ${silent} of ${clean.length}.`,
    '',
    ...tables,
    '### Two at once',
    '',
    row('Pair', ''),
    '|---|---|',
    ...pairs.map(({ pair, both: ok }) => row(pair.name, ok ? 'both listed' : '**not both**')),
    '',
    '### Nothing wrong',
    '',
    row('Set-up', ''),
    '|---|---|',
    ...clean.map(({ scenario, found }) =>
      row(scenario.story, found.length === 0 ? 'no finding' : `**${found.map(({ code }) => code).join(', ')}**`),
    ),
    '',
  );
  writeFileSync(new URL('../../docs/diagnosis.md', import.meta.url), lines.join('\n'));
});
