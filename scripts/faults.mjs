// npm run faults: every row of the fault matrix (test/faults/matrix.json) by the tests that carry its number in their names,
// in their long forms, and what they measured, written to docs/faults.md. A row without a test that measured it fails.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { judgeRow, rowsNamedIn, testsOf } from './faultRows.mjs';
import { root } from './prepare.mjs';

process.chdir(root);
const { values: chosen } = parseArgs({
  options: {
    /** Few kills, few plugs. Writes no document. */
    quick: { type: 'boolean', default: false },
    /** Only these rows, in their long forms: the others stand in the document as they were measured before. */
    row: { type: 'string', multiple: true },
  },
});
const matrix = JSON.parse(readFileSync('test/faults/matrix.json', 'utf8'));
const rows = chosen.row === undefined ? matrix : matrix.filter(({ row }) => chosen.row.includes(String(row)));
/** Kills of the configuration, kills of the journal, plugs: the matrix's own numbers. */
const LONG = { CYCLES: '100', KILLS: '1000' };
const JOURNAL_KILLS = '200';

mkdirSync('results', { recursive: true });
// Parts may run beside one another.
const told = join(root, 'results', `faults-${process.pid}.jsonl`);
rmSync(told, { force: true });
const report = join(root, 'results', `faults-${process.pid}.json`);
/** Rows as they were measured, with when and at what load. */
const keptFile = join(root, 'results', 'faults-rows.json');

/** One row's number, alone: 1 is not 12. */
const only = rows.length === matrix.length ? 'fault row \\d' : `fault row (${rows.map(({ row }) => row).join('|')})\\b`;
const wanted = new Set(rows.map(({ row }) => row));
/** Longest that one file may take: a thousand kills on a busy machine are an hour. */
const FILE_LIMIT_MS = 2 * 3_600_000;

/** Files with tests of the chosen rows, and which rows. */
function filesOfRows() {
  return readdirSync('test', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .sort()
    .map((name) => ({ file: join('test', name), rows: rowsNamedIn(readFileSync(join('test', name), 'utf8')) }))
    .map(({ file, rows: named }) => ({ file, rows: named.filter((row) => wanted.has(row)) }))
    .filter(({ rows: named }) => named.length > 0);
}

/** Runs a file's tests that carry a row's number. Each file has a process of its own: one that dies costs its own rows only. */
function runFile({ file, rows: named }) {
  rmSync(report, { force: true });
  const numbers = chosen.quick ? {} : file.startsWith('test/journal/') ? { KILLS: JOURNAL_KILLS } : LONG;
  const ran = spawnSync(
    process.execPath,
    [
      ...['node_modules/vitest/vitest.mjs', 'run', file, '-t', only],
      ...['--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
    ],
    {
      stdio: 'inherit',
      timeout: FILE_LIMIT_MS,
      env: {
        ...process.env,
        NODE_OPTIONS: '--expose-gc',
        LIGHTKEEPER_FAULTS_FILE: told,
        ...numbers,
      },
    },
  );
  const results = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')).testResults : [];
  return testsOf(file, named, results, ran.signal ?? `exit code ${ran.status}`);
}

const startMs = performance.now();
const tests = filesOfRows().flatMap(runFile);
const measurements = existsSync(told)
  ? readFileSync(told, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
  : [];

const judged = rows.map((one) => judgeRow(one, tests, measurements));

for (const { row, inject, state, measured } of judged) {
  console.log(`${String(row).padStart(2)} ${state.padEnd(12)} ${inject}: ${measured.join(' | ')}`);
}
const good = judged.filter(({ state }) => state === 'ok').length;
for (const file of [told, report]) rmSync(file, { force: true });
const kept = existsSync(keptFile) ? JSON.parse(readFileSync(keptFile, 'utf8')) : {};
const took = {
  at: new Date().toISOString().slice(0, 16),
  load: loadavg()[0],
  minutes: (performance.now() - startMs) / 60_000,
};
for (const one of judged) kept[one.row] = { ...one, took };
if (!chosen.quick) writeFileSync(keptFile, JSON.stringify(kept));
const all = matrix.map((one) => kept[one.row] ?? { ...one, state: 'not measured yet', measured: [], files: [] });
if (!chosen.quick) {
  const runs = [
    ...new Map(all.flatMap(({ took: part }) => (part === undefined ? [] : [[part.at, part]]))).values(),
  ].sort((a, b) => (a.at < b.at ? -1 : 1));
  const cell = (text) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
  const lines = all.map(
    ({ row, inject, expect, target, measured, state, files }) =>
      `| ${row} | ${cell(inject)} | ${cell(expect)} | ${target} | ${cell(measured.join('<br>'))} | ${state} | ${files.map((file) => `[${file.slice('test/'.length)}](../${file})`).join('<br>')} |`,
  );
  writeFileSync(
    'docs/faults.md',
    `# The fault matrix

What can go wrong, done to the program on purpose. \`npm run faults\` runs every test that has \`fault row N\` in its name, in
its long form (${LONG.KILLS} kills in the middle of a save, ${JOURNAL_KILLS} of the journal, ${LONG.CYCLES} plugs), and writes this table; a
row that no test measured fails it. \`npm test\` runs the same tests in their short forms, and there a timed target fails at five
times its figure only, so that a busy machine is no fault; here \`missed\` means the figure itself.
Single rows are measured anew by \`npm run faults -- --row N\`; \`not measured yet\` is no result, neither good nor bad.

The same faults on a real kernel, under a real systemd: [appliance.md](appliance.md) and [kernel.md](kernel.md). Hours of
running: [soak.md](soak.md).

| # | Injected | Expected | Target | Measured | | Test |
|--:|---|---|---|---|---|---|
${lines.join('\n')}

Node ${process.version}, ${cpus()[0].model.trim()}, ${cpus().length} threads. ${runs.length === 1 ? 'One run' : `${runs.length} parts (\`--row N\`)`}: ${runs
      .map(
        ({ at, load, minutes }) =>
          `${at.replace('T', ' ')} UTC, ${minutes.toFixed(0)} min, load average ${load.toFixed(1)} at the end`,
      )
      .join('; ')}.
`,
  );
  console.log('docs/faults.md written');
}
console.log(`${good} passed, ${judged.length - good} failed`);
process.exitCode = judged.every(({ state }) => state === 'ok') ? 0 : 1;
