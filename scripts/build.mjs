// Builds dist/: WASM kernels, the program, the phone page, and the data files beside them. What did not change since the last
// build is kept (`--anew`: nothing is).
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, extname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
process.chdir(root);

function run(script, ...args) {
  execFileSync(process.execPath, [script, ...args], { stdio: ['ignore', 'inherit', 'inherit'] });
}

const folder = join('.stamp', 'built');
if (process.argv.includes('--anew') || !existsSync('dist') || !existsSync(folder)) {
  rmSync('dist', { recursive: true, force: true });
  rmSync(folder, { recursive: true, force: true });
}
mkdirSync('dist/dsp', { recursive: true });
mkdirSync(folder, { recursive: true });

const compiler = JSON.parse(readFileSync('node_modules/assemblyscript/package.json', 'utf8')).version;
const assembly = createHash('sha256').update(compiler);
for (const name of readdirSync('src/dsp/assembly').sort())
  assembly.update(readFileSync(join('src/dsp/assembly', name)));
const assemblyStamp = join(folder, 'assembly');
const wanted = assembly.digest('hex');
if (!existsSync(assemblyStamp) || readFileSync(assemblyStamp, 'utf8') !== wanted) {
  run(
    'node_modules/assemblyscript/bin/asc.js',
    'src/dsp/assembly/index.ts',
    '--config',
    'src/dsp/assembly/asconfig.json',
  );
  writeFileSync(assemblyStamp, wanted);
}
for (const [name, project] of [
  ['program', 'tsconfig.json'],
  ['page', 'src/web/page/tsconfig.json'],
]) {
  const memory = join(folder, `${name}.tsbuildinfo`);
  run('node_modules/typescript/bin/tsc', '-p', project, '--incremental', '--tsBuildInfoFile', memory);
}

/** What was built from, or copied from, a source that is gone. */
function removeStale(from) {
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const path = join(from, entry.name);
    if (entry.isDirectory()) removeStale(path);
    else {
      const source = join('src', relative('dist', path));
      const typeScript = source.replace(/\.js(\.map)?$/, '.ts');
      if (!existsSync(source) && !existsSync(typeScript) && !path.endsWith('.wasm')) rmSync(path);
    }
  }
}
removeStale('dist');

// Data that the program reads at run time: fonts, interface tables, scenarios, the page's html and css.
const isSource = (path) => extname(path) === '.ts' || path.endsWith('tsconfig.json') || path.endsWith('asconfig.json');
function copyData(from, to) {
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const source = join(from, entry.name);
    const target = join(to, entry.name);
    if (entry.isDirectory()) {
      if (source !== join('src', 'dsp', 'assembly')) copyData(source, target);
    } else if (!isSource(source)) {
      mkdirSync(to, { recursive: true });
      cpSync(source, target);
    }
  }
}
copyData('src', 'dist');
