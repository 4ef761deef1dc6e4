/**
 * The packages as `npm run deb` makes them, unpacked, and what it takes to run each here: amd64 as it is, arm64 under
 * user-mode emulation with Debian's own libraries for it. Made once a test run; slow parts are kept in caches.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildTestCard } from '../alsa/testCard.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const cache = join(root, 'test/.cache/package');

export type Architecture = 'amd64' | 'arm64';

/** ELF machine numbers: e_machine of elf(5). */
export const ELF_MACHINE = { amd64: 62, arm64: 183 } as const;

const CROSS = 'aarch64-linux-gnu';
/** C and C++ libraries of arm64, of Debian's packages libc6-arm64-cross and libstdc++6-arm64-cross. */
const SYSROOT = `/usr/${CROSS}`;
const EMULATOR = 'qemu-aarch64-static';

const runs = (command: string, ...words: string[]) => spawnSync(command, words).status === 0;

/** Why packages can not be made and run here, or null. */
export function packageMissing(architecture: Architecture): string | null {
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'needs Linux on amd64';
  if (!runs('dpkg-deb', '--version')) return 'needs dpkg';
  const needed = {
    amd64: [['x86_64-linux-gnu-g++', 'g++']],
    arm64: [
      [`${CROSS}-g++`, `g++-${CROSS}`],
      [EMULATOR, 'qemu-user-static'],
    ],
  }[architecture];
  const missing = needed.find(([command]) => !runs(command!, '--version'));
  return missing === undefined ? null : `needs Debian's ${missing[1]}`;
}

/** Makes the package and checks it with Lintian. Its file. */
export function makePackage(architecture: Architecture): { readonly file: string; readonly said: string } {
  const words = ['scripts/deb.mjs', '--arch', architecture, '--quick', '--out', cache];
  const made = spawnSync(process.execPath, words, { cwd: root, encoding: 'utf8' });
  if (made.status !== 0) throw new Error(`${made.stdout}${made.stderr}`);
  const file = readdirSync(cache).find((name) => name.endsWith(`_${architecture}.deb`));
  return { file: join(cache, file!), said: made.stdout };
}

/** Debian's libasound2 for arm64, unpacked: the folder of its library. Debian's own lists and database are left alone. */
function foreignAsound(): string {
  const folder = join(cache, 'asound-arm64');
  const library = join(folder, 'usr/lib', CROSS);
  if (existsSync(library)) return library;
  const work = mkdtempSync(join(cache, 'fetch-'));
  try {
    mkdirSync(join(work, 'lists/partial'), { recursive: true });
    const options = [
      ...['APT::Architectures::=amd64', 'APT::Architectures::=arm64', 'APT::Sandbox::User=root'],
      ...[
        `Dir::State::Lists=${work}/lists`,
        'Dir::Cache::pkgcache=',
        'Dir::Cache::srcpkgcache=',
        'Acquire::Languages=none',
      ],
    ].flatMap((option) => ['-o', option]);
    execFileSync('apt-get', [...options, '-qq', 'update'], { cwd: work, stdio: 'pipe' });
    // Debian 13 gave it another name.
    const fetched = ['libasound2', 'libasound2t64'].some(
      (name) => spawnSync('apt-get', [...options, '-qq', 'download', `${name}:arm64`], { cwd: work }).status === 0,
    );
    if (!fetched) throw new Error('no libasound2 for arm64');
    const deb = readdirSync(work).find((name) => name.endsWith('.deb'))!;
    execFileSync('dpkg-deb', ['-x', deb, 'tree'], { cwd: work });
    rmSync(folder, { recursive: true, force: true });
    renameSync(join(work, 'tree'), folder);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return library;
}

export interface Unpacked {
  /** /usr/lib/lightkeeper of the package. */
  readonly lib: string;
  /** Words that run the package's own Node. */
  readonly node: readonly string[];
  readonly env: Record<string, string>;
  /** The test card's plug-in for this machine. */
  readonly card: string;
}

/** Unpacks a package into a folder and finds what runs it. */
export function unpack(architecture: Architecture, file: string, into: string): Unpacked {
  execFileSync('dpkg-deb', ['-x', file, into]);
  const lib = join(into, 'usr/lib/lightkeeper');
  const node = join(lib, 'bin/node');
  if (architecture === 'amd64') return { lib, node: [node], env: {}, card: buildTestCard() };
  mkdirSync(cache, { recursive: true });
  const asound = foreignAsound();
  // The library under the name that the linker looks for.
  const stubs = join(into, 'link');
  mkdirSync(stubs);
  execFileSync('ln', ['-s', join(asound, 'libasound.so.2'), join(stubs, 'libasound.so')]);
  const words = ['-idirafter', '/usr/include', `-L${stubs}`];
  const card = buildTestCard(join(cache, 'card-arm64.so'), `${CROSS}-gcc`, ...words);
  return {
    lib,
    node: [EMULATOR, '-L', SYSROOT, '-E', `LD_LIBRARY_PATH=${asound}`, node],
    env: {},
    card,
  };
}
