// npm run test:kernel: the built program on a real kernel's interfaces, in a virtual machine. See docs/kernel.md.
import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { availableParallelism, homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { writeKernelDoc } from '../test/kernel/harness/doc.mjs';
import { complaintOf, crashOf } from '../test/kernel/harness/kernelLog.mjs';
import { NO_RESULT, runInGuest, TIMED_OUT } from '../test/kernel/harness/vm.mjs';

const root = realpathSync(dirname(dirname(fileURLToPath(import.meta.url))));
const HELP = `npm run test:kernel -- [options]
  --smoke          the short form, for CI
  --only <name>    one scenario: ${scenarioNames().join(', ')} (may be given again)
  --no-apt         install nothing; say what is missing
  --no-build       test dist/ as it stands
  --set-up         only make the virtual machine's parts
  --verbose        show what the daemon says
The parts are kept in \${XDG_CACHE_HOME:-~/.cache}/lightkeeper-kernel.`;

/** Exit code of the set-up when a package, or root to install it, is missing. */
const NOT_TO_BE_HAD = 3;
/** A scenario that takes longer than this hangs. A busy machine is several times slower than an idle one. */
const TIMEOUT_S = { smoke: 900, full: 3600 };

function scenarioNames() {
  return readdirSync(join(root, 'test/kernel/scenarios'))
    .filter((name) => name.endsWith('.mjs'))
    .map((name) => name.slice(0, -4))
    .sort();
}

function options() {
  try {
    return parseArgs({
      options: {
        smoke: { type: 'boolean', default: false },
        only: { type: 'string', multiple: true },
        'no-apt': { type: 'boolean', default: false },
        'no-build': { type: 'boolean', default: false },
        'set-up': { type: 'boolean', default: false },
        verbose: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    console.error(`${error.message}\n${HELP}`);
    process.exit(2);
  }
}

const chosen = options();
if (chosen.help) {
  console.log(HELP);
  process.exit(0);
}
const names = chosen.only ?? scenarioNames();
const unknown = names.find((name) => !scenarioNames().includes(name));
if (unknown !== undefined) {
  console.error(`There is no scenario "${unknown}".\n${HELP}`);
  process.exit(2);
}
/** Counts for `npm test`, which adds them to its own. */
function tellCounts(counts) {
  mkdirSync(join(root, 'results'), { recursive: true });
  writeFileSync(join(root, 'results/kernel.json'), JSON.stringify(counts));
  console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
}
/** The virtual machine can't be had here: in the short form that is no failure, and each scenario is skipped by its name. */
function notHere(why, code) {
  console.error(`kernel: ${why}`);
  if (!chosen.smoke) process.exit(code);
  for (const name of names) console.log(`${name}: skipped: ${why}`);
  tellCounts({ passed: 0, failed: 0, skipped: names.length });
  process.exit(0);
}
rmSync(join(root, 'results/kernel.json'), { force: true });
if (process.platform !== 'linux' || process.arch !== 'x64')
  notHere('the virtual machine is x86-64: run this on Debian 12, amd64.', 2);
if (spawnSync('apt-get', ['--version']).status !== 0) notHere('its kernel comes from Debian, by apt.', 2);

const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'lightkeeper-kernel');
mkdirSync(cache, { recursive: true });
const startMs = performance.now();
const seconds = () => (performance.now() - startMs) / 1000;
const setUp = spawnSync('bash', ['test/kernel/harness/setUp.sh', ...(chosen['no-apt'] ? ['--no-apt'] : [])], {
  cwd: root,
  env: { ...process.env, KERNEL_CACHE: realpathSync(cache) },
  stdio: 'inherit',
});
if (setUp.status === NOT_TO_BE_HAD) notHere('its parts can not be had here: see above.', NOT_TO_BE_HAD);
if (setUp.status !== 0) {
  console.error('kernel: the set-up failed.');
  process.exit(setUp.status ?? 1);
}
const setUpS = seconds();
if (chosen['set-up']) process.exit(0);
if (!chosen['no-build'])
  execFileSync(process.execPath, [join(root, 'scripts/build.mjs')], { cwd: root, stdio: 'inherit' });

// A guest must not outlive this program.
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));
const out = mkdtempSync(join(realpathSync(tmpdir()), 'lightkeeper-kernel-'));

/** A guest whose kernel crashed shows nothing: its scenario runs once more, in a fresh one, and that counts. */
async function runScenario(name) {
  const first = await runOnce(name);
  if (first.crash === null) return first;
  console.log(`${name}: The guest's kernel crashed: ${first.crash}. Once more, in a fresh guest.`);
  renameSync(join(out, name), join(out, `${name}-crashed`));
  return await runOnce(name);
}

/** Runs one scenario in a guest of its own; its lines carry its name, for another may run beside it. */
async function runOnce(name) {
  const beganS = seconds();
  const folder = join(out, name);
  let line = '';
  const say = (text) => console.log(`${name}: ${text}`);
  const rc = await runInGuest({
    cache: realpathSync(cache),
    out: folder,
    cwd: root,
    command: [process.execPath, `test/kernel/scenarios/${name}.mjs`],
    env: { LK_GUEST: '1', LK_FULL: chosen.smoke ? '0' : '1', LK_VERBOSE: chosen.verbose ? '1' : '0' },
    timeoutS: chosen.smoke ? TIMEOUT_S.smoke : TIMEOUT_S.full,
    write: (text) => {
      const lines = (line + text.replaceAll('\r', '')).split('\n');
      line = lines.pop();
      lines.forEach(say);
    },
  });
  if (line !== '') say(line);
  const file = join(folder, 'results.json');
  const results = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : [];
  const fail = (promise, measured) => {
    say(`FAIL ${promise}: ${measured}`);
    results.push({ promise, measured, target: '', state: 'failed' });
  };
  if (rc === TIMED_OUT) fail('ends in time', 'the scenario hung and was stopped');
  else if (rc === NO_RESULT) {
    fail('the guest ends by itself', 'it ended without a result');
    console.log(readFileSync(join(folder, 'console.log'), 'utf8').split('\n').slice(-15).join('\n'));
  } else if (results.length === 0) fail('checks something', `no result, exit code ${rc}`);
  let crash = null;
  if (existsSync(join(folder, 'dmesg'))) {
    const excused = join(folder, 'provoked.json');
    const provoked = existsSync(excused) ? JSON.parse(readFileSync(excused, 'utf8')) : [];
    const log = readFileSync(join(folder, 'dmesg'), 'utf8');
    crash = crashOf(log);
    const complaint = complaintOf(log, provoked);
    if (complaint) fail('the kernel has nothing to complain of', complaint);
  }
  return { name, results, crash, seconds: seconds() - beganS };
}

// A guest keeps one core busy; its own clock makes it safe to share.
const report = [];
const waiting = [...names];
const worker = async () => {
  for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) report.push(await runScenario(name));
};
await Promise.all(Array.from({ length: Math.max(1, Math.min(3, availableParallelism())) }, worker));

const count = (state) => report.flatMap((one) => one.results).filter((result) => result.state === state).length;
const failed = count('failed');
if (failed > 0) console.log(`\nLogs of the guests: ${out}`);
else rmSync(out, { recursive: true, force: true });
if (!chosen.smoke) {
  writeKernelDoc(join(root, 'docs/kernel.md'), report, {
    kernel: readFileSync(join(cache, 'kernel.version'), 'utf8').trim(),
    node: process.version,
  });
  console.log('\ndocs/kernel.md written');
}
console.log(`\nset-up ${setUpS.toFixed(0)} s, all ${seconds().toFixed(0)} s`);
tellCounts({ passed: count('passed'), failed, skipped: count('skipped') });
process.exitCode = failed > 0 ? 1 : 0;
