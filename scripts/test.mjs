// npm test: installs what the tests need, type check, lint, tests. Ends with the line "N passed, N failed".
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { buildWhenStale, checkNode, installWhenStale, root } from './prepare.mjs';

checkNode();
process.chdir(root);

/** Debian packages that the tests use and that are not installed. */
function missingPackages() {
  const wanted = readFileSync('test/debian-packages.txt', 'utf8')
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim())
    .filter((line) => line !== '');
  return wanted.filter((name) => {
    const query = spawnSync('dpkg', ['-s', name], { encoding: 'utf8' });
    return query.status !== 0 || !query.stdout.includes('install ok installed');
  });
}

function installDebianPackages() {
  if (spawnSync('dpkg-query', ['--version']).status !== 0) {
    console.log('Not a Debian system: tests that need Debian packages are skipped by name.');
    return;
  }
  const missing = missingPackages();
  if (missing.length === 0) return;
  const isRoot = process.getuid && process.getuid() === 0;
  const sudo = isRoot ? [] : ['sudo', '-n'];
  console.log(`Installing Debian packages for the tests: ${missing.join(' ')}`);
  const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const apt = (...args) => {
    const words = [...sudo, 'apt-get', ...args];
    return (
      spawnSync(words[0], words.slice(1), { stdio: ['ignore', 'ignore', 'inherit'], env: environment }).status === 0
    );
  };
  apt('update');
  if (!apt('install', '-y', '--no-install-recommends', ...missing)) {
    console.log(`Could not install: ${missing.join(' ')}. Tests that need them are skipped by name.`);
  }
}

let failedSteps = 0;
function step(name, script, ...args) {
  const result = spawnSync(process.execPath, [script, ...args], { stdio: 'inherit' });
  if (result.status !== 0) {
    console.log(`${name} failed`);
    failedSteps++;
  } else {
    console.log(`${name} passed`);
  }
  return result.status === 0;
}

installWhenStale();
installDebianPackages();
let passed = 0;
let failed = 0;
let skipped = 0;
let built = true;
try {
  buildWhenStale();
} catch {
  built = false;
  failedSteps++;
}
if (built) {
  step('type check', 'node_modules/typescript/bin/tsc', '-p', 'tsconfig.test.json');
  step('lint', 'node_modules/@biomejs/biome/bin/biome', 'ci', '.');
  const report = join(root, 'results', 'vitest.json');
  mkdirSync('results', { recursive: true });
  rmSync(report, { force: true });
  const result = spawnSync(
    process.execPath,
    [
      'node_modules/vitest/vitest.mjs',
      'run',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
      ...process.argv.slice(2),
    ],
    { stdio: 'inherit' },
  );
  try {
    const counts = JSON.parse(readFileSync(report, 'utf8'));
    passed = counts.numPassedTests;
    failed = counts.numFailedTests;
    skipped = counts.numPendingTests;
    // A test file that could not even be loaded has no failed test in it, and is a failure all the same.
    if (result.status !== 0 && failed === 0) failedSteps++;
  } catch {
    failedSteps++;
  }
}
// The real kernel's interfaces, in a virtual machine: alone, for it takes a core. Not when single files were asked for.
if (built && process.argv.length === 2) {
  const ran = spawnSync(process.execPath, ['scripts/kernel.mjs', '--smoke', '--no-build'], { stdio: 'inherit' });
  try {
    const counts = JSON.parse(readFileSync(join(root, 'results', 'kernel.json'), 'utf8'));
    passed += counts.passed;
    failed += counts.failed;
    skipped += counts.skipped;
    if (ran.status !== 0 && counts.failed === 0) failedSteps++;
  } catch {
    console.log('The virtual machine gave no result.');
    failedSteps++;
  }
}
console.log(`${passed} passed, ${failed + failedSteps} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exit(failed + failedSteps === 0 && passed > 0 ? 0 : 1);
