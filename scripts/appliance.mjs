// npm run test:appliance: the Debian package in fresh Debian roots under a real systemd, in a virtual machine. docs/appliance.md.
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { bootDisk } from '../test/appliance/vm.mjs';
import { complaintOf } from '../test/kernel/harness/kernelLog.mjs';
import { root } from './prepare.mjs';

/** Debian's name of each suite that is tested. */
const SUITES = { bookworm: 'Debian 12', trixie: 'Debian 13' };
const DOC = 'docs/appliance.md';
const BEGIN = '<!-- measured: npm run test:appliance -->';
const END = '<!-- end of measured -->';
const TIMEOUT_S = 3000;
/** The power goes this long after saving began. */
const CUT_AFTER_MS = 4000;

process.chdir(root);
const { values: chosen } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    /** A package that was made before. */
    deb: { type: 'string' },
    'no-apt': { type: 'boolean', default: false },
  },
});
const suites = chosen.only ?? Object.keys(SUITES);
const strange = suites.find((suite) => SUITES[suite] === undefined);
if (strange !== undefined || process.platform !== 'linux' || process.arch !== 'x64') {
  console.error(
    `npm run test:appliance [-- --only ${Object.keys(SUITES).join('|')}] [--deb <file>] [--no-apt], on Debian amd64, as root`,
  );
  process.exit(2);
}
const cacheOf = (name) => {
  const folder = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), name);
  mkdirSync(folder, { recursive: true });
  return realpathSync(folder);
};
const kernelCache = cacheOf('lightkeeper-kernel');
const cache = cacheOf('lightkeeper-appliance');
const must = (command, ...args) => {
  const env = { ...process.env, KERNEL_CACHE: kernelCache, APPLIANCE_CACHE: cache };
  const done = spawnSync(command, args, { stdio: 'inherit', env });
  if (done.status !== 0) process.exit(done.status ?? 1);
};

if (!chosen['no-apt'] && spawnSync('mmdebstrap', ['--version']).error)
  must('apt-get', '-qq', 'install', '-y', 'mmdebstrap');
must('bash', 'test/kernel/harness/setUp.sh', ...(chosen['no-apt'] ? ['--no-apt'] : []));
must('bash', 'test/appliance/setUp.sh', ...suites);
if (chosen.deb === undefined) must(process.execPath, 'scripts/deb.mjs', '--arch', 'amd64', '--quick', '--no-lint');
const deb =
  chosen.deb ??
  join(
    'results',
    readdirSync('results').find((name) => name.endsWith('_amd64.deb')),
  );

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));
const out = mkdtempSync(join(realpathSync(tmpdir()), 'lightkeeper-appliance-'));
const NODE = '/usr/lib/lightkeeper/bin/node';
const guest = (script) =>
  [
    `export LK_GUEST=1 KERNEL_CACHE=/run/lk/host${kernelCache} LD_LIBRARY_PATH=/run/lk/out/lib PATH=/usr/sbin:/usr/bin:/sbin:/bin`,
    `cd /run/lk/host${root}`,
    script,
    '',
  ].join('\n');

/** Both boots of one disk. */
async function runSuite(suite) {
  const beganMs = performance.now();
  const results = [];
  const say = (line) => console.log(`${suite}: ${line}`);
  const fail = (promise, measured) => {
    say(`FAIL ${promise}: ${measured}`);
    results.push({ promise, measured, target: '', state: 'failed' });
  };
  const disk = join(out, `${suite}.img`);
  must('cp', '--sparse=always', join(cache, `${suite}.img`), disk);
  const boot = async (name, job, cutWhen) => {
    const folder = join(out, `${suite}-${name}`);
    mkdirSync(folder, { recursive: true });
    const ended = bootDisk({
      kernelCache,
      initrd: join(cache, 'initrd.img'),
      disk,
      out: folder,
      job,
      timeoutS: TIMEOUT_S,
      write: say,
      cutWhen,
    });
    // The guest's Debian may have another libfuse than the panel's stand-in was linked with.
    mkdirSync(join(folder, 'lib'));
    const fuse = spawnSync('bash', ['-c', `ldd ${kernelCache}/bin/i2cPanel | awk '/libfuse/ {print $3}'`], {
      encoding: 'utf8',
    }).stdout.trim();
    if (fuse !== '') copyFileSync(fuse, join(folder, 'lib', fuse.slice(fuse.lastIndexOf('/') + 1)));
    copyFileSync(deb, join(folder, 'lightkeeper.deb'));
    const end = await ended;
    const file = join(folder, 'results.json');
    if (existsSync(file)) results.push(...JSON.parse(readFileSync(file, 'utf8')));
    else fail(`the ${name} boot checks something`, 'no result');
    if (existsSync(join(folder, 'dmesg'))) {
      const complaint = complaintOf(readFileSync(join(folder, 'dmesg'), 'utf8'), []);
      if (complaint) fail('the kernel has nothing to complain of', complaint);
    }
    return end;
  };
  const install = 'dpkg -i /run/lk/out/lightkeeper.deb || exit 1';
  const first = await boot('first', guest(`${install}\nexec ${NODE} test/appliance/guest/installed.mjs`), (log) =>
    log.includes('CUT NOW') ? CUT_AFTER_MS : null,
  );
  if (!first.cut) fail('the first boot lasts until its power is cut', `it ended by itself, exit code ${first.rc}`);
  else {
    const second = await boot(
      'second',
      guest(`cp ${NODE} /run/node\nexec /run/node test/appliance/guest/afterCut.mjs`),
    );
    if (second.rc === null) fail('the second boot ends by itself', 'it hung, or never got that far');
  }
  return { name: SUITES[suite], results, seconds: (performance.now() - beganMs) / 1000 };
}

/** Puts the tables between the document's marks, when every suite was run. */
function writeMeasured() {
  if (!existsSync(DOC) || report.length < Object.keys(SUITES).length) return;
  const cell = (text) => text.split('\n')[0].replaceAll('|', '\\|');
  const kernel = readFileSync(join(kernelCache, 'kernel.version'), 'utf8').trim();
  const sections = report.map(({ name, results, seconds }) =>
    [
      `### ${name}`,
      '',
      `Debian's kernel ${kernel}; ${seconds.toFixed(0)} s on the host. Times are the guest's.`,
      '',
      '| Promise | Measured | Asked for | |',
      '|---|---|---|---|',
      ...results.map((one) => `| ${cell(one.promise)} | ${cell(one.measured)} | ${cell(one.target)} | ${one.state} |`),
    ].join('\n'),
  );
  const page = readFileSync(DOC, 'utf8');
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`${DOC} has lost its marks`);
  writeFileSync(DOC, `${page.slice(0, begin)}${[BEGIN, ...sections, END].join('\n\n')}${page.slice(end + END.length)}`);
  console.log(`${DOC} written`);
}

const report = [];
for (const suite of suites) report.push(await runSuite(suite));
const count = (state) => report.flatMap((one) => one.results).filter((result) => result.state === state).length;
const failed = count('failed');
if (failed > 0) console.log(`\nWhat the guests left: ${out}`);
else rmSync(out, { recursive: true, force: true });
writeMeasured();
console.log(`${count('passed')} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
