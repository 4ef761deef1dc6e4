/** The rules of the diagnosis as a table, for docs/diagnosis.md. */
import { COMPLAINT_KINDS } from '../../src/diagnosis/complaints.ts';
import { RULES } from '../../src/diagnosis/diagnose.ts';
import { EXPLAINS } from '../../src/diagnosis/order.ts';

export function rulesMarkdown(): string {
  const cell = (text: string) => text.replaceAll('|', '\\|');
  return [
    '# Diagnosis',
    '',
    '<!-- Made by `npm run diagnosis`; do not edit. -->',
    '',
    "What the box concludes, from samples, from the interface's own controls, and from the patch sheet. Beside these rules stand the",
    "findings of the monitor's own rooms (capture, slips, clock controls, foreign data, power): [errors.md](errors.md) has them all.",
    '',
    '- A finding must stand for its time before it is told, and stays 2.5 s after it was last seen.',
    '- Causes stand before their effects; what another finding explains is not told.',
    '- Confidence: high 90 % and more, medium 60 to 90 %, low below.',
    '- What capture can not know (latency, monitors, headphones, dynamic or condenser) is asked, never claimed.',
    '',
    '## Rules',
    '',
    '| Code | Symptom | Cause | Fix | Evidence | Confidence | Severity | After | Explains |',
    '|---|---|---|---|---|---|---|---|---|',
    ...RULES.map((rule) =>
      [
        '',
        `\`${rule.code}\``,
        ...[rule.symptom, rule.cause, rule.fix, rule.evidence, rule.confidence, rule.severity].map(cell),
        rule.afterMs === 0 ? 'at once' : `${rule.afterMs / 1000} s`,
        (EXPLAINS[rule.code] ?? []).map((code) => `\`${code}\``).join(' '),
        '',
      ]
        .join(' | ')
        .trim(),
    ),
    '',
    '## Complaints',
    '',
    'A person picks what they hear, or do not; the answer is what is seen of it, else the one question that would settle it:',
    `\`GET /api/ask?kind=...\` with ${COMPLAINT_KINDS.map((kind) => `\`${kind}\``).join(', ')}, and \`channel\` where it is one.`,
    '',
  ].join('\n');
}
