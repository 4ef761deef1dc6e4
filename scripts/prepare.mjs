// Shared by start and test: checks Node, installs and builds when stale. Plain syntax, so that an old Node can still say so.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

export function checkNode() {
  const parts = process.versions.node.split('.').map(Number);
  const ok = (parts[0] === 20 && parts[1] >= 19) || (parts[0] > 20 && parts[0] < 25);
  if (ok) return;
  console.error(`[node-version] Lightkeeper needs Node 20.19 to 24, and this is ${process.versions.node}.`);
  console.error('Install a current LTS (Debian 13: apt install nodejs npm) and start again.');
  process.exit(1);
}

function walk(folder, found) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) walk(path, found);
    else found.push(path);
  }
  return found;
}

function readStamp(name) {
  const file = join(root, '.stamp', name);
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

function writeStamp(name, value) {
  mkdirSync(join(root, '.stamp'), { recursive: true });
  writeFileSync(join(root, '.stamp', name), value);
}

/** Installs node_modules when the lock file or Node's version changed since. */
export function installWhenStale() {
  const lock = readFileSync(join(root, 'package-lock.json'));
  // The binary interface decides whether native modules must be built anew.
  const wanted = createHash('sha256').update(lock).update(process.versions.modules).digest('hex');
  if (existsSync(join(root, 'node_modules')) && readStamp('install') === wanted) return false;
  console.log('Installing packages (once) ...');
  execFileSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: root, stdio: 'inherit' });
  writeStamp('install', wanted);
  return true;
}

/** Builds dist/ when a source file changed since: by path, size and time. */
export function buildWhenStale() {
  const hash = createHash('sha256');
  const files = walk(join(root, 'src'), []).sort();
  files.push(join(root, 'package.json'), join(root, 'tsconfig.json'), join(root, 'scripts', 'build.mjs'));
  for (const file of files) {
    const stat = statSync(file);
    hash.update(`${file} ${stat.size} ${stat.mtimeMs}\n`);
  }
  hash.update(readStamp('install'));
  const wanted = hash.digest('hex');
  if (existsSync(join(root, 'dist', 'cli-entry.js')) && readStamp('build') === wanted) return false;
  console.log('Building ...');
  execFileSync(process.execPath, [join(root, 'scripts', 'build.mjs')], { cwd: root, stdio: 'inherit' });
  writeStamp('build', wanted);
  return true;
}
