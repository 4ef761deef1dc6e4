/** A plan in plain text, for a terminal. Pure. */
import type { Plan } from './planner.ts';

function columns(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const cells of rows) {
    cells.forEach((cell, i) => {
      widths[i] = Math.max(widths[i] ?? 0, cell.length);
    });
  }
  return rows.map(
    (cells) =>
      `  ${cells
        .map((cell, i) => cell.padEnd(widths[i]!))
        .join('  ')
        .trimEnd()}`,
  );
}

const count = (value: number | null) => (value === null ? '-' : String(value));
const kHz = (rateHz: number) => `${rateHz / 1000} kHz`;

export function planText(plan: Plan): string {
  const { needs, brief } = plan;
  const lines = [
    `${brief.title === '' ? 'Plan' : brief.title}: ${plan.interface.name}, ${kHz(brief.rateHz)}`,
    plan.covered ? 'All of it fits.' : 'It does not fit as it stands: see the end.',
    '',
    `Needs ${needs.inputs} inputs (${needs.mic} mic, ${needs.inst} instrument, ${needs.line} line, ${needs.digital} digital; ${needs.phantom} with 48 V)` +
      ` and ${needs.outputs} outputs (${needs.monitorPairs} monitor pairs, ${needs.headphoneMixes} mixes).`,
  ];
  if (needs.growth > 0) {
    lines.push(`${needs.growth} more mic inputs later: ${plan.growthCovered ? 'they fit' : 'they do not fit'}.`);
  }
  lines.push('', 'What is there covers it');
  lines.push(
    ...columns(
      plan.rates.map(({ rateHz, inputs, covered, missing }) => [
        kHz(rateHz),
        `${inputs} inputs`,
        covered
          ? 'yes'
          : `no: ${missing.slice(0, 4).join(', ')}${missing.length > 4 ? `, ${missing.length - 4} more` : ''}`,
      ]),
    ),
  );
  if (plan.rates.some(({ covered }) => !covered)) {
    const [x1, x2, x4] = plan.rates;
    lines.push('', 'Expanders to add, by model and rate (- : not with this interface)');
    lines.push(
      ...columns([
        ['', kHz(x1!.rateHz), kHz(x2!.rateHz), kHz(x4!.rateHz)],
        ...plan.options.map(({ name, now }) => [name, count(now.x1), count(now.x2), count(now.x4)]),
      ]),
    );
  }
  lines.push('', 'Channels');
  lines.push(
    ...columns(
      plan.channels.map(({ channel, name, boxName, input, mode, phantom, di }) => [
        String(channel),
        name,
        `${boxName} ${input}`,
        mode,
        phantom ? '48 V' : '',
        di ? 'through a DI' : '',
      ]),
    ),
  );
  lines.push('', 'Outputs');
  lines.push(
    ...columns(
      plan.outputs.map(({ need, outputs, listeners, amp }) => [
        outputs === null ? 'none' : outputs.join('-'),
        need,
        listeners.join(', '),
        amp ? 'headphone amp' : '',
      ]),
    ),
  );
  lines.push('', 'Clock');
  lines.push(...columns(plan.clock.map(({ box, role, set, how }) => [box, role, set, how])));
  lines.push('', 'Wiring');
  lines.push(...columns(plan.wiring.map(({ from, to, cable }) => [from, to, cable])));
  if (plan.shopping.length > 0) lines.push('', 'To bring', ...plan.shopping.map((item) => `  ${item}`));
  const remarks = [...plan.remarks, ...plan.notes.map(({ where, what, fix }) => `${where}: ${what} ${fix}`)];
  if (remarks.length > 0) lines.push('', 'Look at this first', ...remarks.map((remark) => `  ${remark}`));
  return `${lines.join('\n')}\n`;
}
