/**
 * npm run load: the whole program as it is installed, on 34 channels from the test card for a minute; writes docs/load.md.
 * Measured are this checkout under the Node that runs this, and, where `npm run deb` has built it, the package with its own Node.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import type { Snapshot } from '../../src/monitor/snapshot.ts';
import { TestRig } from '../alsa/testCard.ts';
import { startDaemon } from '../daemon/daemonProcess.ts';

const script = (name: string) => import(new URL(`../../scripts/${name}`, import.meta.url).href);
const { bundle } = (await script('bundle.mjs')) as { bundle: (folder: string) => Promise<void> };
const { serviceFlags, serviceEnvironment } = (await script('serviceFlags.mjs')) as {
  serviceFlags: readonly string[];
  serviceEnvironment: Readonly<Record<string, string>>;
};
const SECONDS = Number(process.env.LOAD_SECONDS ?? 60);
/** Linux counts processor time in ticks of 10 ms (USER_HZ). */
const TICKS_PER_S = 100;

const rig = new TestRig();
const installed = mkdtempSync(join(tmpdir(), 'lightkeeper-installed-'));
afterAll(() => {
  rig.stop();
  for (const one of spinning) one.kill();
  rmSync(installed, { recursive: true, force: true });
});

/** The built program as the package holds it: a few files, beside links to the packages that stay packages. */
async function install(): Promise<string> {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  cpSync(join(root, 'dist'), join(installed, 'dist'), { recursive: true });
  cpSync(join(root, 'package.json'), join(installed, 'package.json'));
  const link = (folder: string) => {
    mkdirSync(join(installed, folder), { recursive: true });
    for (const name of readdirSync(join(root, folder))) {
      if (name.startsWith('@')) link(join(folder, name));
      else symlinkSync(join(root, folder, name), join(installed, folder, name));
    }
  };
  link('node_modules');
  await bundle(installed);
  return join(installed, 'dist/cli-entry.js');
}

// A quarter of a second of noise at -12 dBFS, 24 bits, on every channel, over and over: the card runs inside the program's own
// process, so that a signal it had to compute would be counted as the program's load.
const programme = join(rig.dir, 'programme.raw');
const words = new Int32Array(12_000 * 34);
let state = 1;
for (let i = 0; i < words.length; i++) {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
  words[i] = (state >> 2) & ~0xff;
}
writeFileSync(programme, words);

interface Program {
  readonly entry: string;
  readonly runtime: string;
}

/** The newest package of this machine's architecture, unpacked; null: none was built. */
function unpackedPackage(): Program | null {
  const results = fileURLToPath(new URL('../../results/', import.meta.url));
  const architecture = process.arch === 'arm64' ? 'arm64' : 'amd64';
  const names = existsSync(results) ? readdirSync(results).filter((name) => name.endsWith(`_${architecture}.deb`)) : [];
  const name = names.sort().at(-1);
  if (name === undefined) return null;
  const to = join(installed, 'package');
  execFileSync('dpkg', ['-x', join(results, name), to]);
  const home = join(to, 'usr/lib/lightkeeper');
  return { entry: join(home, 'dist/cli-entry.js'), runtime: join(home, 'bin/node') };
}

function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_S;
}

/**
 * How fast a core runs now: nanoseconds of one multiplication that waits for the one before, three cycles on any processor since 2010. On a
 * shared machine it halves and doubles within seconds, and the program's share of a core with it.
 */
function multiplicationNs(): number {
  const count = 3_000_000;
  let x = 3;
  const from = performance.now();
  for (let i = 0; i < count; i++) x = Math.imul(x, 1_664_525);
  const ns = ((performance.now() - from) * 1e6) / count;
  // Looked at, so that it is not left out.
  if (x === 0) throw new Error('an odd number times odd numbers is odd');
  return ns;
}

function rssMb(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

/** Loaded before the program: SIGUSR2 blocks its main thread for 400 ms, as a long garbage collection would. */
const blocker = `data:text/javascript,${encodeURIComponent(`
  import { isMainThread } from 'node:worker_threads';
  if (isMainThread) process.on('SIGUSR2', () => { const end = performance.now() + 400; while (performance.now() < end); });
`)}`;

/**
 * Keeps every core from halting, in the idle class: what else wants to run goes first. In a virtual machine a core that halts is woken by
 * its host, and that time is put to the account of the program that wakes.
 */
const spinning: ChildProcess[] = [];
function keepAwake(): void {
  spinning.push(
    ...cpus().map(() => spawn('chrt', ['-i', '0', 'sh', '-c', 'while :; do :; done'], { stdio: 'ignore' })),
  );
}

type Circumstances = 'plain' | 'awake' | 'blocked';

let cards = 0;

/** The compiler of the runtime goes on making quick code of slow for two minutes: a session lasts hours. */
const SETTLED_S = 120;

async function measure({ entry, runtime }: Program, circumstances: Circumstances, afterS: number) {
  const blocked = circumstances === 'blocked';
  const card = rig.add({
    id: `Card${++cards}`,
    channels: [34],
    ratesHz: [48000],
    formats: ['S32_LE'],
    signal: { kind: 'raw', channels: 34, path: programme },
  });
  const daemon = await startDaemon(
    ['--pcm', `hw:${card.number},0`, '--channels', '34', '--rate', '48000'],
    {
      ...rig.env,
      ...serviceEnvironment,
      NODE_OPTIONS: `--import=${blocker}`,
    },
    undefined,
    [...serviceFlags, entry],
    runtime,
  );
  const pid = daemon.process.pid as number;
  if (circumstances === 'awake') keepAwake();
  await new Promise((resolve) => setTimeout(resolve, afterS * 1000));
  const from = cpuSeconds(pid);
  const fromMs = performance.now();
  const multiplications: number[] = [];
  for (let s = 0; s < SECONDS; s++) {
    if (blocked) daemon.process.kill('SIGUSR2');
    multiplications.push(multiplicationNs());
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
  const percent = ((cpuSeconds(pid) - from) / ((performance.now() - fromMs) / 1000)) * 100;
  for (const one of spinning.splice(0)) one.kill();
  const status = (await (await fetch(`${daemon.url}/api/status`)).json()) as Snapshot;
  const stepNs = multiplications.sort((a, b) => a - b)[SECONDS >> 1]!;
  const leastFrames = (afterS + SECONDS - 2) * 48_000;
  const result = { percent, stepNs, rss: rssMb(pid), capture: status.capture, leastFrames };
  await daemon.stop();
  return result;
}

it('measures', async () => {
  const checkout = { entry: await install(), runtime: process.execPath };
  const packaged = unpackedPackage();
  const columns = [
    { title: 'its first minute', run: await measure(checkout, 'plain', 5) },
    { title: 'its third minute', run: await measure(checkout, 'plain', SETTLED_S) },
    { title: 'third minute, cores kept awake', run: await measure(checkout, 'awake', SETTLED_S) },
    { title: 'first minute, main thread blocked 400 ms a second', run: await measure(checkout, 'blocked', 5) },
  ];
  if (packaged !== null) {
    const version = execFileSync(packaged.runtime, ['--version'], { encoding: 'utf8' }).trim();
    columns.push({
      title: `third minute, the package, Node ${version.slice(1)}`,
      run: await measure(packaged, 'plain', SETTLED_S),
    });
  }
  const runs = columns.map(({ run }) => run);
  type Run = (typeof runs)[number];
  const line = (name: string, goal: string, of: (run: Run) => string | number) =>
    `| ${name} | ${runs.map(of).join(' | ')} | ${goal} |`;
  const titles = columns.map(({ title }) => title).join(' | ');
  const page = new URL('../../docs/load.md', import.meta.url);
  // What people have noted beneath the table stays.
  const notes = /^## Notes\n[\s\S]*/m.exec(readFileSync(page, 'utf8'))?.[0] ?? '';
  writeFileSync(
    page,
    `# What the program costs

The whole program (capture, all meters with true peak, slips, page, no client) on 34 channels of S32_LE at 48 kHz from the
test card through libasound, for ${SECONDS} s: the files, Node's flags (\`${serviceFlags.join(' ')}\`) and environment of the package's
service. The card runs inside the program's process: its buffer of a second (6.5 MB) and its 1.6 MB of noise are in the memory.

First the minute from its fifth second on, while the runtime still compiles, and then its third minute, as it goes on for hours, both with nothing
else on the machine; then the same with each core kept from halting by a loop of the idle class, which yields to
everything, for in a virtual machine it costs to wake a halted core (but two loops that run share its caches);
then with the main thread blocked for 400 ms once a second (that blocking is in its processor figure)${packaged === null ? '' : '; last the package (`npm run deb`) with\nthe runtime that it carries'}.
How fast the cores ran is measured beside it, once a second: what a share of a core is worth is the machine's, and its hour's.

    npm run load

Machine: ${cpus()[0]?.model.trim()}, ${cpus().length} cores, ${process.arch}, Node ${process.version}. Load average at the end: ${loadavg()[0]!.toFixed(1)}.

| | ${titles} | goal |
|---|${'---:|'.repeat(columns.length)}---|
${line('processor, % of one core', '<= 3', ({ percent }) => percent.toFixed(2))}
${line('one multiplication (3 cycles) meanwhile, ns', '', ({ stepNs }) => stepNs.toFixed(2))}
${line('processor, million cycles a second', '', ({ percent, stepNs }) => ((percent / 100) * (3 / stepNs) * 1000).toFixed(0))}
${line('memory (RSS), MB', '<= 110', ({ rss }) => rss.toFixed(1))}
${line('frames captured', '', ({ capture }) => capture.frames)}
${line('overruns', '0', ({ capture }) => capture.xruns)}
${line('frames lost', '0', ({ capture }) => capture.lostFrames)}
${notes === '' ? '' : `\n${notes}`}`,
  );
  expect(runs.map(({ capture }) => capture.xruns)).toEqual(runs.map(() => 0));
  // A program that told nothing while nobody looked would be cheap.
  for (const { capture, leastFrames } of runs) expect(capture.frames).toBeGreaterThan(leastFrames);
});
