// For the package: the program as a few files instead of twelve hundred, so that a slow card and processor start it sooner.
// One file for each thread's root plus what they share, flat in dist/ where the roots were; native packages stay packages.
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
// Comes with vitest; the lock file pins it.
import { rolldown } from 'rolldown';

/** They load compiled files from beside themselves. */
const NATIVE = ['koffi', 'i2c-bus', 'better-sqlite3'];
/** What they need only to be compiled. */
const FOR_BUILDING = ['prebuild-install', 'nan'];

/**
 * Bundles `<folder>/dist` in place, the packages of `<folder>/node_modules` included, and removes what is in the bundle.
 * Data files (fonts, tables, kernels, the page) are not touched: a module looks for them from where it was.
 */
export async function bundle(folder) {
  const dist = join(folder, 'dist');
  const { SHARED_MODULES } = await import(pathToFileURL(join(dist, 'web/pageFiles.js')).href);
  const served = new Set(SHARED_MODULES.map((name) => join(dist, name)));
  const roots = readdirSync(dist).filter((name) => name === 'cli-entry.js' || name.endsWith('Worker.js'));
  const before = scriptsOf(dist);
  const build = await rolldown({
    input: Object.fromEntries(roots.map((name) => [name.slice(0, -3), join(dist, name)])),
    platform: 'node',
    external: (id) => id.startsWith('node:') || NATIVE.some((name) => id === name || id.startsWith(`${name}/`)),
    plugins: [
      {
        name: 'modules-stay-where-they-were',
        transform(code, id) {
          if (!id.startsWith(dist) || !code.includes('import.meta.url')) return null;
          const place = `new URL(${JSON.stringify(`./${relative(dist, id)}`)}, import.meta.url).href`;
          return { code: code.replaceAll('import.meta.url', place) };
        },
      },
    ],
  });
  const { output } = await build.write({
    dir: dist,
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: 'part-[name]-[hash].js',
  });
  await build.close();
  const written = new Set(output.map(({ fileName }) => join(dist, fileName)));
  for (const path of before) if (!written.has(path) && !served.has(path)) rmSync(path);
  prunePackages(join(folder, 'node_modules'));
}

/** Scripts of the program; the page's own are for browsers. */
function scriptsOf(dist) {
  const found = [];
  const look = (folder) => {
    for (const name of readdirSync(folder)) {
      const path = join(folder, name);
      if (statSync(path).isDirectory()) {
        if (path !== join(dist, 'web', 'page')) look(path);
      } else if (name.endsWith('.js')) found.push(path);
    }
  };
  look(dist);
  return found;
}

/** Leaves the native packages and what they need. */
function prunePackages(modules) {
  const needed = new Set();
  const need = (name) => {
    const manifest = join(modules, name, 'package.json');
    if (needed.has(name) || FOR_BUILDING.includes(name) || !existsSync(manifest)) return;
    needed.add(name);
    const { dependencies, optionalDependencies } = JSON.parse(readFileSync(manifest, 'utf8'));
    for (const other of Object.keys({ ...dependencies, ...optionalDependencies })) need(other);
  };
  for (const name of NATIVE) need(name);
  for (const entry of readdirSync(modules)) {
    const names = entry.startsWith('@') ? readdirSync(join(modules, entry)).map((name) => `${entry}/${name}`) : [entry];
    for (const name of names) if (!needed.has(name)) rmSync(join(modules, name), { recursive: true });
    if (entry.startsWith('@') && readdirSync(join(modules, entry)).length === 0)
      rmSync(join(modules, entry), { recursive: true });
  }
}
