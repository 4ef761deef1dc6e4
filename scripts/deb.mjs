// npm run deb: the Debian packages for arm64 and amd64, complete: nothing is fetched or compiled at installation. docs/appliance.md.
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, extname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { bundle } from './bundle.mjs';
import { buildWhenStale, checkNode, installWhenStale, root } from './prepare.mjs';

/** The runtime that the package carries: the current long-term line that both architectures have, by its checksum. */
const NODE_VERSION = '24.21.0';
const TARGETS = {
  amd64: {
    npmCpu: 'x64',
    triplet: 'x86_64-linux-gnu',
    integrity: 'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
  },
  arm64: {
    npmCpu: 'arm64',
    triplet: 'aarch64-linux-gnu',
    integrity: 'sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==',
  },
};
/** Debian packages that this script uses, beside gcc and make. */
const TOOLS = ['dpkg-dev', 'g++', 'g++-aarch64-linux-gnu', 'lintian', 'make', 'python3', 'xz-utils'];

const HELP = `npm run deb -- [options]
  --arch <name>    arm64 or amd64; default: both
  --out <folder>   default: results
  --no-lint        do not run Lintian
  --quick          compress little: for tests
Tools that it needs: apt install ${TOOLS.join(' ')}`;

function options() {
  try {
    return parseArgs({
      options: {
        arch: { type: 'string' },
        out: { type: 'string', default: 'results' },
        'no-lint': { type: 'boolean', default: false },
        quick: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    console.error(`${error.message}\n${HELP}`);
    process.exit(2);
  }
}
const chosen = options();
if (chosen.help || (chosen.arch !== undefined && TARGETS[chosen.arch] === undefined)) {
  console.log(HELP);
  process.exit(chosen.help ? 0 : 2);
}

const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'lightkeeper-deb');
const run = (command, args, more = {}) =>
  execFileSync(command, args, { stdio: ['ignore', 'pipe', 'inherit'], encoding: 'utf8', maxBuffer: 1 << 28, ...more });

/** Folder of Node's runtime for the target: bin/node, include/, LICENSE. */
function runtime(target) {
  const folder = join(cache, `node-${NODE_VERSION}-${target.npmCpu}`);
  if (existsSync(folder)) return folder;
  const fresh = `${folder}.${process.pid}`;
  mkdirSync(fresh, { recursive: true });
  console.log(`Fetching Node ${NODE_VERSION} for ${target.npmCpu}`);
  run('npm', ['pack', `node-linux-${target.npmCpu}@${NODE_VERSION}`, '--silent', '--pack-destination', fresh]);
  const archive = join(
    fresh,
    readdirSync(fresh).find((name) => name.endsWith('.tgz')),
  );
  const integrity = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`;
  if (integrity !== target.integrity) throw new Error(`${basename(archive)} is not what it should be: ${integrity}`);
  run('tar', ['-xzf', archive, '-C', fresh, '--strip-components=1']);
  rmSync(archive);
  renameSync(fresh, folder);
  return folder;
}

/**
 * Headers to compile against, beside the runtime. From 24.19 on, node::ObjectWrap (a class of headers alone) takes itself off
 * Node's list in its destructor, and ends the process where no context is entered: in a collection of garbage between two
 * turns. better-sqlite3 12 destroys a statement there whenever it likes. Here the class is as it was in every Node before.
 */
function headersFor(node) {
  const folder = `${node}-headers`;
  rmSync(folder, { recursive: true, force: true });
  cpSync(join(node, 'include'), join(folder, 'include'), { recursive: true });
  const file = join(folder, 'include/node/node_object_wrap.h');
  const before = readFileSync(file, 'utf8');
  const after = before.replace(/^ {4}(Add|Remove)CleanupHook\(\);\n/gm, '');
  if (before.length - after.length !== '    AddCleanupHook();\n    RemoveCleanupHook();\n'.length) {
    throw new Error(`${file} is not as it was when this was written: look whether the hook may be taken out`);
  }
  writeFileSync(file, after);
  return folder;
}

/** Folders of a tree of node_modules that hold something to compile for Node. */
function nativeModules(modules) {
  const found = [];
  const look = (folder) => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (!entry.isDirectory()) continue;
      const path = join(folder, entry.name);
      if (entry.name.startsWith('@')) look(path);
      else {
        if (existsSync(join(path, 'binding.gyp'))) found.push(path);
        if (existsSync(join(path, 'node_modules'))) look(join(path, 'node_modules'));
      }
    }
  };
  look(modules);
  return found;
}

/** Compiles a native module for the target, against the headers of the runtime that it will meet. */
function compile(folder, target, headers) {
  const nodeGyp = join(run('npm', ['root', '-g', '--silent']).trim(), 'npm/node_modules/node-gyp/bin/node-gyp.js');
  const tool = (name) => `${target.triplet}-${name}`;
  const log = spawnSync(
    process.execPath,
    [nodeGyp, 'rebuild', '--release', `--arch=${target.npmCpu}`, `--nodedir=${headers}`],
    {
      cwd: folder,
      encoding: 'utf8',
      maxBuffer: 1 << 28,
      env: {
        ...process.env,
        CC: tool('gcc'),
        CXX: tool('g++'),
        LINK: tool('g++'),
        AR: tool('ar'),
        CFLAGS: '-O2 -D_FORTIFY_SOURCE=2 -fstack-protector-strong',
        CXXFLAGS: '-O2 -D_FORTIFY_SOURCE=2 -fstack-protector-strong',
        LDFLAGS: '-Wl,-z,relro,-z,now',
        // The build must see the target alone, not what npm was told for this machine.
        npm_config_nodedir: headers,
        npm_config_arch: target.npmCpu,
      },
    },
  );
  if (log.status !== 0) throw new Error(`${basename(folder)} does not compile:\n${log.stderr.slice(-4000)}`);
  const release = join(folder, 'build/Release');
  // better-sqlite3 also builds an extension for its own tests.
  const built = readdirSync(release).filter((name) => name.endsWith('.node') && !name.startsWith('test_'));
  if (built.length === 0) throw new Error(`${basename(folder)} compiled to nothing`);
  const kept = built.map((name) => [name, readFileSync(join(release, name))]);
  rmSync(join(folder, 'build'), { recursive: true, force: true });
  mkdirSync(release, { recursive: true });
  for (const [name, bytes] of kept) {
    writeFileSync(join(release, name), bytes);
    run(tool('strip'), ['--strip-unneeded', '--remove-section=.comment', join(release, name)]);
  }
  return built.length;
}

/** node_modules for the target, production only, compiled. Made once for a lock file. */
function productionModules(arch, target, node) {
  const stamp = createHash('sha256').update(`${NODE_VERSION} ${compile} ${headersFor}`);
  for (const name of ['package-lock.json', '.npmrc']) stamp.update(readFileSync(name));
  const folder = join(cache, `modules-${arch}-${stamp.digest('hex').slice(0, 16)}`);
  if (existsSync(folder)) return folder;
  const fresh = `${folder}.${process.pid}`;
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { recursive: true });
  for (const name of ['package-lock.json', 'package.json', '.npmrc']) cpSync(name, join(fresh, name));
  console.log(`${arch}: installing the packages of production`);
  run(
    'npm',
    [
      'ci',
      '--omit=dev',
      '--ignore-scripts',
      '--os=linux',
      `--cpu=${target.npmCpu}`,
      '--libc=glibc',
      '--loglevel=error',
    ],
    { cwd: fresh },
  );
  const headers = headersFor(node);
  for (const native of nativeModules(join(fresh, 'node_modules'))) {
    console.log(`${arch}: compiling ${native.slice(join(fresh, 'node_modules').length + 1)}`);
    compile(native, target, headers);
  }
  for (const entry of readdirSync(cache)) {
    if (entry.startsWith(`modules-${arch}-`) && join(cache, entry) !== fresh) {
      rmSync(join(cache, entry), { recursive: true, force: true });
    }
  }
  renameSync(fresh, folder);
  return folder;
}

/** Never read at run time: documents, sources of what is compiled, types, tests. */
const DEAD_FILES =
  /^(\..*|.*\.(md|markdown|map|ts|mts|cts|c|cc|cpp|h|hpp|gyp|gypi|o|a|yml|yaml|html|png|jpg|txt)|package-lock\.json|Makefile|tsconfig.*\.json|AUTHORS|HISTORY.*|CHANGES.*|eslint\.config\..*|test\.js|bench\.js|cnoke\.cjs|.*\.sh)$/i;
const DEAD_FOLDERS =
  /^(test|tests|__tests__|doc|docs|example|examples|benchmark|benchmarks|integration-test|\.github|deps|vendor|musl_.*|fuzz|integration|scripts|\.bin|man)$/;
const LICENCE = /^(licen[cs]e|copying|notice|unlicense)/i;

/** Copies node_modules without the dead weight. Licences are gathered and told. */
function copyModules(from, to, licences) {
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const source = join(from, entry.name);
    if (entry.isDirectory()) {
      const gone = DEAD_FOLDERS.test(entry.name) || entry.name === 'src';
      // A folder of sources stays where the package's own code is loaded from it.
      if (!gone || (entry.name === 'src' && hasScripts(source))) copyModules(source, join(to, entry.name), licences);
    } else if (LICENCE.test(entry.name)) licences.push(source);
    else if (!DEAD_FILES.test(entry.name)) {
      // Commands of their own are never loaded.
      if (readFileSync(source).subarray(0, 2).toString() === '#!') continue;
      mkdirSync(to, { recursive: true });
      cpSync(source, join(to, entry.name));
      chmodSync(join(to, entry.name), 0o644);
    }
  }
}

function hasScripts(folder) {
  return readdirSync(folder, { withFileTypes: true }).some(
    (entry) =>
      ['.js', '.cjs', '.mjs'].includes(extname(entry.name)) ||
      (entry.isDirectory() && hasScripts(join(folder, entry.name))),
  );
}

function thirdParties(modules, files, node) {
  const parts = [`Node.js ${NODE_VERSION}\n\n${readFileSync(join(node, 'LICENSE'), 'utf8')}`];
  const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')).packages;
  for (const path of Object.keys(lock).filter((key) => existsSync(join(modules, key, 'package.json')) && key !== '')) {
    const { name, version, license } = JSON.parse(readFileSync(join(modules, path, 'package.json'), 'utf8'));
    const texts = files
      .filter((file) => dirname(file) === join(modules, path))
      .map((file) => readFileSync(file, 'utf8'));
    parts.push([`${name} ${version}: ${license}`, ...texts].join('\n\n'));
  }
  return parts.join(`\n\n${'='.repeat(100)}\n\n`);
}

function install(to, from, mode = 0o644) {
  mkdirSync(dirname(to), { recursive: true });
  cpSync(from, to);
  chmodSync(to, mode);
}

function sizeKib(folder) {
  let total = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    total += entry.isDirectory() ? 1 + sizeKib(path) : Math.ceil(statSync(path).size / 1024);
  }
  return total;
}

/** One time for all files, so that the same sources give the same package. */
function setTimes(folder, seconds) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      chmodSync(path, 0o755);
      setTimes(path, seconds);
    } else utimesSync(path, seconds, seconds);
  }
  utimesSync(folder, seconds, seconds);
}

function builtAtS() {
  const told = process.env.SOURCE_DATE_EPOCH;
  if (told !== undefined) return Number(told);
  const commit = spawnSync('git', ['log', '-1', '--format=%ct'], { encoding: 'utf8' });
  return commit.status === 0 && commit.stdout.trim() !== '' ? Number(commit.stdout) : Math.floor(Date.now() / 1000);
}

async function makePackage(arch) {
  const target = TARGETS[arch];
  const node = runtime(target);
  const tree = productionModules(arch, target, node);
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
  const stage = join(cache, `stage-${arch}-${process.pid}`);
  rmSync(stage, { recursive: true, force: true });
  const lib = join(stage, 'usr/lib/lightkeeper');
  const doc = join(stage, 'usr/share/doc/lightkeeper');
  const fill = (name) =>
    readFileSync(join('packaging', name), 'utf8').replaceAll('@VERSION@', version).replaceAll('@ARCH@', arch);
  const compressed = (path, text) => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, gzipSync(text, { level: 9 }));
  };
  const dateS = builtAtS();

  // The program, its packages, its runtime.
  install(join(lib, 'bin/node'), join(node, 'bin/node'), 0o755);
  run(`${target.triplet}-strip`, ['--strip-unneeded', '--remove-section=.comment', join(lib, 'bin/node')]);
  cpSync('dist', join(lib, 'dist'), { recursive: true, filter: (path) => !/\.(d\.ts|map)$/.test(path) });
  // It is started by its own runtime, never by name.
  const entry = readFileSync(join(lib, 'dist/cli-entry.js'), 'utf8').replace(/^#!.*\n/, '');
  writeFileSync(join(lib, 'dist/cli-entry.js'), entry);
  const { name, type, license } = JSON.parse(readFileSync('package.json', 'utf8'));
  writeFileSync(join(lib, 'package.json'), `${JSON.stringify({ name, version, license, type }, null, 2)}\n`);
  const licences = [];
  copyModules(join(tree, 'node_modules'), join(lib, 'node_modules'), licences);
  await bundle(lib);
  install(join(lib, 'is-chosen-card'), 'packaging/is-chosen-card', 0o755);
  install(join(stage, 'usr/bin/lightkeeper'), 'packaging/lightkeeper', 0o755);
  install(join(stage, 'usr/share/lightkeeper/config.json'), 'packaging/config.json');

  // What the system reads.
  for (const unit of ['lightkeeper.service', 'lightkeeper.socket']) {
    install(join(stage, 'usr/lib/systemd/system', unit), join('systemd', unit));
  }
  install(join(stage, 'usr/lib/sysusers.d/lightkeeper.conf'), 'systemd/sysusers.d/lightkeeper.conf');
  install(join(stage, 'usr/lib/tmpfiles.d/lightkeeper.conf'), 'systemd/tmpfiles.d/lightkeeper.conf');
  install(join(stage, 'usr/lib/modules-load.d/lightkeeper.conf'), 'systemd/modules-load.d/lightkeeper.conf');
  install(join(stage, 'usr/lib/modprobe.d/lightkeeper.conf'), 'systemd/modprobe.d/lightkeeper.conf');
  install(join(stage, 'usr/lib/udev/rules.d/60-lightkeeper.rules'), 'systemd/udev/60-lightkeeper.rules');
  install(join(stage, 'etc/avahi/services/lightkeeper.service'), 'systemd/avahi/lightkeeper.service');

  // What people read.
  compressed(join(stage, 'usr/share/man/man1/lightkeeper.1.gz'), fill('lightkeeper.1'));
  install(join(doc, 'copyright'), 'packaging/copyright');
  compressed(join(doc, 'third-party-licences.gz'), thirdParties(tree, licences, node));
  compressed(
    join(doc, 'changelog.gz'),
    `lightkeeper (${version}) unstable; urgency=medium\n\n  * Version ${version}.\n\n -- Lightkeeper <lightkeeper@localhost.localdomain>  ${new Date(dateS * 1000).toUTCString().replace('GMT', '+0000')}\n`,
  );
  install(join(stage, 'usr/share/lintian/overrides/lightkeeper'), 'packaging/lintian-overrides');

  const size = sizeKib(stage);
  const control = join(stage, 'DEBIAN');
  mkdirSync(control);
  writeFileSync(join(control, 'control'), fill('control').replace('@SIZE@', String(size)));
  install(join(control, 'conffiles'), 'packaging/conffiles');
  for (const script of ['postinst', 'prerm', 'postrm'])
    install(join(control, script), join('packaging', script), 0o755);
  const sums = run('bash', ['-c', 'find etc usr -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum'], { cwd: stage });
  writeFileSync(join(control, 'md5sums'), sums);
  setTimes(stage, dateS);

  mkdirSync(chosen.out, { recursive: true });
  const file = join(chosen.out, `lightkeeper_${version}_${arch}.deb`);
  run('dpkg-deb', ['--root-owner-group', '-Zxz', `-z${chosen.quick ? 0 : 6}`, '--build', stage, file], {
    env: { ...process.env, SOURCE_DATE_EPOCH: String(dateS) },
  });
  rmSync(stage, { recursive: true, force: true });
  return { file, size };
}

/** Lintian's complaints, but for those that packaging/lintian-overrides explains. */
function lint(file) {
  const checked = spawnSync('lintian', ['--fail-on', 'error,warning', '--tag-display-limit', '0', file], {
    encoding: 'utf8',
  });
  if (checked.error) {
    console.log('Lintian is not installed here: the package was not checked.');
    return true;
  }
  const said = `${checked.stdout}${checked.stderr}`.trim();
  if (said !== '') console.log(said);
  return checked.status === 0;
}

process.chdir(root);
checkNode();
installWhenStale();
buildWhenStale();
mkdirSync(cache, { recursive: true });
let clean = true;
for (const arch of chosen.arch === undefined ? Object.keys(TARGETS) : [chosen.arch]) {
  const { file, size } = await makePackage(arch);
  console.log(`${file}: ${(statSync(file).size / 1e6).toFixed(1)} MB, ${(size / 1024).toFixed(0)} MiB installed`);
  if (!chosen['no-lint']) clean = lint(file) && clean;
}
process.exitCode = clean ? 0 : 1;
