/**
 * npm run start-times: from the start of the program to the panel's first picture, to the page and to moving meters, and from
 * SIGTERM to its end; writes docs/start-times.md. The interface is the test card behind the real libasound, the panel a
 * stand-in of 400 kHz at the open call of i2c-bus (fakeBoard.mjs), the service manager a stand-in that passes the socket.
 *
 * Measured are this checkout under the Node that runs this, and the package: PACKAGE=<.deb> (default: results/*_amd64.deb).
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { monotonicMs } from '../../src/device/panel/monotonic.ts';
import { hashSample, TestRig } from '../alsa/testCard.ts';
import { Service } from '../systemd/serviceManager.ts';

const STARTS = Number(process.env.STARTS ?? 20);
const CHANNELS = 20;
const root = fileURLToPath(new URL('../../', import.meta.url));
const work = mkdtempSync(join(tmpdir(), 'lightkeeper-starts-'));
const rig = new TestRig();
rig.add({ usbId: '1235:8215', channels: [CHANNELS], ratesHz: [48_000], signal: { kind: 'hash', seed: 1 } });
afterAll(() => {
  rig.stop();
  rmSync(work, { recursive: true, force: true });
});

/** Milliseconds after the start, or after SIGTERM. */
interface Start {
  readonly pictureMs: number;
  readonly pageMs: number;
  readonly metersMs: number;
  readonly stopMs: number;
  /** Processor time of all threads from the start to the meters. */
  readonly cpuMs: number;
}

/** Asks for the live stream before the program is there: the manager's socket holds the request. */
function firstLevels(url: string): Promise<{ readonly headMs: number; readonly levelsMs: number }> {
  return new Promise((resolve, reject) => {
    const asked = request(`${url}/api/live`, (answer) => {
      const headMs = monotonicMs();
      let text = '';
      answer.setEncoding('utf8');
      answer.on('error', () => {});
      answer.on('data', (chunk: string) => {
        text += chunk;
        // Every channel of the card plays: a level that is a number has been measured.
        if (!/event: levels\ndata: .*"peakDbfs":\[-?\d/.test(text)) return;
        resolve({ headMs, levelsMs: monotonicMs() });
        asked.destroy();
      });
    });
    asked.on('error', reject);
    asked.end();
  });
}

/** User and system time of a process, ms. */
function cpuMsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

async function measureStart(program: Program): Promise<Start> {
  const box = new Service({
    words: ['run'],
    passSocket: true,
    watchdogMs: 10_000,
    preload: fileURLToPath(new URL('./fakeBoard.mjs', import.meta.url)),
    config: { panel: { controller: 'ssd1306' }, buttons: { chip: 'bench', lines: ['GPIO5', 'GPIO6'] } },
    env: rig.env,
    ...program,
  });
  try {
    execFileSync('mkfifo', [join(box.folder, 'edges')]);
    writeFileSync(join(box.folder, 'values'), '0');
    writeFileSync(join(box.folder, 'writes.log'), '');
    const writes = () => readFileSync(join(box.folder, 'writes.log'), 'utf8').trim().split('\n');
    const startMs = monotonicMs();
    const started = box.start();
    const levels = await firstLevels(box.url);
    const cpuMs = cpuMsOf(box.pid);
    await started;
    // AF, display on, is sent once the whole picture stands.
    await box.until(() => writes().some((line) => / - - - \S*af$/.test(line)), 30_000);
    const lit = writes().find((line) => / - - - \S*af$/.test(line))!;
    const askedMs = monotonicMs();
    box.kill('SIGTERM');
    const ended = await box.ended();
    const stopMs = monotonicMs() - askedMs;
    expect(ended).toEqual({ code: 0, signal: null });
    expect(writes().at(-1)).toMatch(/ - - - 00ae$/);
    return {
      pictureMs: Number(lit.split(' ')[1]) - startMs,
      pageMs: levels.headMs - startMs,
      metersMs: levels.levelsMs - startMs,
      stopMs,
      cpuMs,
    };
  } finally {
    await box.remove();
  }
}

interface Program {
  readonly node?: string;
  readonly entry?: string;
  readonly env?: Record<string, string>;
}

/** The package unpacked, as it lies on a Pi: its own Node, its bundle, its cache of compiled code. null: none was made. */
function packaged(): { readonly program: Program; readonly version: string } | null {
  const made = existsSync(join(root, 'results'))
    ? readdirSync(join(root, 'results')).find((name) => name.endsWith('_amd64.deb'))
    : undefined;
  const file = process.env.PACKAGE ?? (made === undefined ? undefined : join(root, 'results', made));
  if (file === undefined) return null;
  const at = join(work, 'package');
  execFileSync('dpkg-deb', ['-x', file, at]);
  const lib = join(at, 'usr/lib/lightkeeper');
  const cache = join(work, 'cache');
  mkdirSync(cache);
  const node = join(lib, 'bin/node');
  return {
    program: { node, entry: join(lib, 'dist/cli-entry.js'), env: { ...rig.env, CACHE_DIRECTORY: cache } },
    version: execFileSync(node, ['--version'], { encoding: 'utf8' }).trim(),
  };
}

const TARGETS = { pictureMs: 1500, pageMs: null, metersMs: 2500, stopMs: 2000, cpuMs: null } as const;
const NAMES = {
  pictureMs: "start to the panel's first picture",
  pageMs: 'start to an answer of the page',
  metersMs: 'start to the first levels on the phone',
  stopMs: 'SIGTERM to the end, panel dark',
  cpuMs: 'processor time until the first levels, all threads',
} as const;

function table(starts: readonly Start[]): string {
  const rows = (Object.keys(TARGETS) as (keyof Start)[]).map((key) => {
    const sorted = starts.map((start) => start[key]).sort((a, b) => a - b);
    const at = (part: number) => sorted[Math.min(sorted.length - 1, Math.ceil(part * sorted.length) - 1)]!.toFixed(0);
    return `| ${NAMES[key]} | ${at(0.5)} | ${at(0.9)} | ${at(1)} | ${TARGETS[key] ?? ''} |`;
  });
  return ['| ms | median | p90 | worst | target |', '|---|--:|--:|--:|--:|', ...rows].join('\n');
}

it('measures starts and writes docs/start-times.md', async () => {
  expect(hashSample(0, 0, 1)).not.toBe(0);
  const pack = packaged();
  const kinds: { readonly title: string; readonly program: Program }[] = [
    ...(pack === null ? [] : [{ title: `The package, Node ${pack.version}`, program: pack.program }]),
    { title: `This checkout, Node ${process.version}`, program: { env: rig.env } },
  ];
  const sections: string[] = [];
  for (const { title, program } of kinds) {
    // The first start fills the caches: of the disk, and of compiled code.
    const first = await measureStart(program);
    const starts: Start[] = [];
    for (let i = 0; i < STARTS; i++) starts.push(await measureStart(program));
    const told = `${starts.length} starts, load average ${loadavg()[0]!.toFixed(1)} at their end. The start before them, with nothing compiled yet: picture after ${first.pictureMs.toFixed(0)} ms, levels after ${first.metersMs.toFixed(0)} ms.`;
    sections.push(`## ${title}\n\n${table(starts)}\n\n${told}`);
    console.log(`${title}\n${table(starts)}\n${told}`);
    for (const key of ['pictureMs', 'metersMs', 'stopMs'] as const) {
      const sorted = starts.map((start) => start[key]).sort((a, b) => a - b);
      expect(sorted[Math.floor(sorted.length / 2)]!, `${title}, ${key}`).toBeLessThan(5 * TARGETS[key]);
    }
  }
  writeFileSync(
    new URL('../../docs/start-times.md', import.meta.url),
    `# From the start to the meters

Made by \`npm run start-times\`, after \`npm run deb -- --arch amd64\`, on ${cpus()[0]!.model.trim()} (${cpus().length} threads). The program runs as a
service: a stand-in for the manager starts it and passes it the listening socket, a phone asks for the live stream before it
is there. The interface is the test card with ${CHANNELS} channels behind the real libasound; the panel is a stand-in of 400 kHz at the
open call of i2c-bus. The package's program is a few files instead of twelve hundred, and keeps its compiled code in
\`/var/cache/lightkeeper\`; a checkout has neither. A Raspberry Pi 4 has a slower processor: there these figures are not known.

${sections.join('\n\n')}
`,
  );
});
