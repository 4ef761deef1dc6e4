// docs/kernel.md: between its two marks, what the last full run measured. The rest of the page is written by hand.
import { readFileSync, writeFileSync } from 'node:fs';

const BEGIN = '<!-- measured: npm run test:kernel -->';
const END = '<!-- end of measured -->';

const cell = (text) => text.split('\n')[0].replaceAll('|', '\\|');

export function writeKernelDoc(path, report, { kernel, node }) {
  const lines = [
    BEGIN,
    '',
    `Command: \`npm run test:kernel\`. Guest: Debian's kernel ${kernel}, 2 virtual processors under TCG, Node ${node.slice(1)}.`,
    '',
  ];
  for (const { name, results, seconds } of report) {
    lines.push(
      `### ${name} (${seconds.toFixed(0)} s)`,
      '',
      '| Promise | Measured | Asked for | |',
      '|---|---|---|---|',
    );
    for (const { promise, measured, target, state } of results) {
      lines.push(`| ${cell(promise)} | ${cell(measured)} | ${cell(target)} | ${state} |`);
    }
    lines.push('');
  }
  lines.push(END);
  const page = readFileSync(path, 'utf8');
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`${path} has lost its marks "${BEGIN}" and "${END}"`);
  writeFileSync(path, page.slice(0, begin) + lines.join('\n') + page.slice(end + END.length));
}
