// Builds dist/: WASM kernels, the program, the phone page, and the data files beside them.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
process.chdir(root);

function run(script, ...args) {
  execFileSync(process.execPath, [script, ...args], { stdio: ['ignore', 'inherit', 'inherit'] });
}

rmSync('dist', { recursive: true, force: true });
mkdirSync('dist/dsp', { recursive: true });
if (existsSync('src/dsp/assembly/index.ts')) {
  run(
    'node_modules/assemblyscript/bin/asc.js',
    'src/dsp/assembly/index.ts',
    '--config',
    'src/dsp/assembly/asconfig.json',
  );
}
run('node_modules/typescript/bin/tsc', '-p', 'tsconfig.json');
if (existsSync('src/web/page/tsconfig.json'))
  run('node_modules/typescript/bin/tsc', '-p', 'src/web/page/tsconfig.json');

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
