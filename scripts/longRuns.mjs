// npm run long-runs: a thousand SIGKILLs into saves and a million fuzzed requests, written down in docs/long-runs.md.
// Takes the best part of an hour. With the logs of `npm run kills` and `npm run fuzz` as arguments it only writes.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

process.chdir(dirname(dirname(fileURLToPath(import.meta.url))));

function run(script) {
  const ran = spawnSync('npm', ['run', script], { encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } });
  process.stdout.write(ran.stdout);
  if (ran.status !== 0) throw new Error(`npm run ${script} failed: ${ran.stderr}`);
  return ran.stdout;
}

const [killsLog, fuzzLog] = process.argv.slice(2);
const killsText = killsLog === undefined ? run('kills') : readFileSync(killsLog, 'utf8');
const fuzzText = fuzzLog === undefined ? run('fuzz') : readFileSync(fuzzLog, 'utf8');

const kills = /kills: (\d+), (\d+) inside a write, (\d+) saves survived, (\d+) lost/.exec(killsText);
const fuzz = /fuzz: (\d+) requests, seed (\d+): (.*); heap (-?[\d.]+) MB more at the end/.exec(fuzzText);
const seconds = (text) => Math.round(Number(/Duration\s+([\d.]+)s/.exec(text)?.[1] ?? Number.NaN));
if (kills === null || fuzz === null || / failed/.test(killsText + fuzzText)) throw new Error('no result to write down');

writeFileSync(
  'docs/long-runs.md',
  `# Long runs

Too long for every test run, which does a small part of each. Written by \`npm run long-runs\`.

Machine: ${cpus()[0].model.trim()}, ${cpus().length} cores, ${process.arch}, Node ${process.version}. Other work was running on it.

## SIGKILL in the middle of a save

    npm run kills

A program saves a configuration without pause and is killed at a moment that wanders; then the folder is opened again.

| | |
|---|---:|
| kills | ${kills[1]} |
| of which inside a write: a half-written file stood beside the real one | ${kills[2]} |
| saves that were found again after a kill | ${kills[3]} |
| configurations lost, torn or taken from the history | ${kills[4]} |
| time | ${seconds(killsText)} s |

## Fuzzed requests

    npm run fuzz

Requests made from the routes' own schemas: most fit, many sit at an edge, some are nonsense. Anything but 200 or a 4xx
with a code fails it.

| | |
|---|---:|
| requests | ${fuzz[1]} |
| answers | ${fuzz[3]} |
| heap after the last, against three tenths of the way | ${fuzz[4]} MB more |
| seed | ${fuzz[2]} |
| time | ${seconds(fuzzText)} s |
`,
);
