// npm run faults: every row of the fault matrix (test/faults/matrix.json) by the tests that carry its number in their names,
// in their long forms, and what they measured, written to docs/faults.md. A row without a test that measured it fails.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from './prepare.mjs';

process.chdir(root);
const { values: chosen } = parseArgs({
  options: {
    /** Few kills, few plugs. Writes no document. */
    quick: { type: 'boolean', default: false },
    /** Only these rows. Writes no document. */
    row: { type: 'string', multiple: true },
  },
});
const matrix = JSON.parse(readFileSync('test/faults/matrix.json', 'utf8'));
const rows = chosen.row === undefined ? matrix : matrix.filter(({ row }) => chosen.row.includes(String(row)));
const NAME = /\bfault row (\d+)\b/;
/** Kills of the configuration, kills of the journal, plugs: the matrix's own numbers. */
const LONG = { CYCLES: '100', KILLS: '1000' };
const JOURNAL_KILLS = '200';

mkdirSync('results', { recursive: true });
const told = join(root, 'results', 'faults.jsonl');
rmSync(told, { force: true });
const report = join(root, 'results', 'faults.json');

/** One row's number, alone: 1 is not 12. */
const only = rows.length === matrix.length ? 'fault row \\d' : `fault row (${rows.map(({ row }) => row).join('|')})\\b`;

/** Runs the tests that carry a row's number; their results by file and name. */
function runTests(environment, ...words) {
  rmSync(report, { force: true });
  const ran = spawnSync(
    process.execPath,
    [
      ...['node_modules/vitest/vitest.mjs', 'run', '-t', only, '--fileParallelism=false'],
      ...['--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
      ...words,
    ],
    {
      stdio: 'inherit',
      env: {
        ...process.env,
        NODE_OPTIONS: '--expose-gc',
        LIGHTKEEPER_FAULTS_FILE: told,
        ...environment,
      },
    },
  );
  if (!existsSync(report)) throw new Error(`the tests did not run: exit code ${ran.status}`);
  const { testResults } = JSON.parse(readFileSync(report, 'utf8'));
  return testResults.flatMap((file) =>
    file.assertionResults
      .filter(({ fullName, status }) => NAME.test(fullName) && ['passed', 'failed'].includes(status))
      .map(({ fullName, status }) => ({ file: relative(root, file.name), name: fullName, status })),
  );
}

const startMs = performance.now();
const tests = chosen.quick
  ? runTests({})
  : [...runTests(LONG, '--exclude', 'test/journal/**'), ...runTests({ KILLS: JOURNAL_KILLS }, 'test/journal')];
const measurements = existsSync(told)
  ? readFileSync(told, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
  : [];

const inMs = (ms) => (ms < 1000 ? `${ms.toFixed(0)} ms` : `${(ms / 1000).toFixed(2)} s`);
const late = (measured, target) => target !== undefined && measured !== undefined && measured > target;

function judge(one) {
  const own = tests.filter(({ name }) => Number(NAME.exec(name)?.[1]) === one.row);
  const figures = measurements.filter(({ row }) => row === one.row);
  const timed = (key) => one[key] === undefined || figures.some((figure) => figure[key] !== undefined);
  const missed = figures.some((figure) => late(figure.detectMs, one.detectMs) || late(figure.recoverMs, one.recoverMs));
  let state = 'ok';
  if (own.some(({ status }) => status === 'failed')) state = 'FAILED';
  else if (own.length === 0) state = 'NO TEST';
  else if (figures.length === 0 || !timed('detectMs') || !timed('recoverMs')) state = 'NOT MEASURED';
  else if (missed) state = 'missed';
  const measured = figures.map(({ did, saw, detectMs, recoverMs }) =>
    [
      `${did}: ${saw}`,
      ...(detectMs === undefined ? [] : [`told after ${inMs(detectMs)}`]),
      ...(recoverMs === undefined ? [] : [`well after ${inMs(recoverMs)}`]),
    ].join('; '),
  );
  return { ...one, state, measured, files: [...new Set(own.map(({ file }) => file))] };
}
const judged = rows.map(judge);

for (const { row, inject, state, measured } of judged) {
  console.log(`${String(row).padStart(2)} ${state.padEnd(12)} ${inject}: ${measured.join(' | ')}`);
}
const good = judged.filter(({ state }) => state === 'ok').length;
if (!chosen.quick && chosen.row === undefined) {
  const cell = (text) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
  const lines = judged.map(
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

The same faults on a real kernel, under a real systemd: [appliance.md](appliance.md) and [kernel.md](kernel.md). Hours of
running: [soak.md](soak.md).

| # | Injected | Expected | Target | Measured | | Test |
|--:|---|---|---|---|---|---|
${lines.join('\n')}

Node ${process.version}, ${cpus()[0].model.trim()}, ${cpus().length} threads, load average ${loadavg()[0].toFixed(1)} at the end; ${((performance.now() - startMs) / 60_000).toFixed(0)} min.
`,
  );
  console.log('docs/faults.md written');
}
console.log(`${good} passed, ${judged.length - good} failed`);
process.exitCode = judged.every(({ state }) => state === 'ok') ? 0 : 1;
