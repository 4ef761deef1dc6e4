// docs/kernel.md: between its two marks, a section a scenario, as its last full run measured. The rest is written by hand.
import { readFileSync, writeFileSync } from 'node:fs';

const BEGIN = '<!-- measured: npm run test:kernel -->';
const END = '<!-- end of measured -->';

const cell = (text) => text.split('\n')[0].replaceAll('|', '\\|');

function section({ name, results, seconds }, { kernel, node }) {
  const lines = [
    `### ${name}`,
    '',
    `\`npm run test:kernel -- --only ${name}\`: ${seconds.toFixed(0)} s on the host, Debian's kernel ${kernel}, Node ${node.slice(1)}.`,
    '',
    '| Promise | Measured | Asked for | |',
    '|---|---|---|---|',
    ...results.map((one) => `| ${cell(one.promise)} | ${cell(one.measured)} | ${cell(one.target)} | ${one.state} |`),
  ];
  return lines.join('\n');
}

/** Puts the sections of `report` in the place of the older ones of the same names. */
export function writeKernelDoc(path, report, versions) {
  const page = readFileSync(path, 'utf8');
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`${path} has lost its marks "${BEGIN}" and "${END}"`);
  const sections = new Map();
  for (const text of page.slice(begin + BEGIN.length, end).split(/^(?=### )/m)) {
    const name = /^### (.*)$/m.exec(text)?.[1];
    if (name !== undefined) sections.set(name, text.trim());
  }
  for (const one of report) sections.set(one.name, section(one, versions));
  const measured = [...sections.keys()].sort().map((name) => sections.get(name));
  writeFileSync(
    path,
    `${page.slice(0, begin)}${[BEGIN, ...measured, END].join('\n\n')}${page.slice(end + END.length)}`,
  );
}
