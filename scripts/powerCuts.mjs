// npm run power:machine: a virtual machine that keeps a journal and a recording on its disk loses its power, 200 times
// (`--cuts 10`: the short form, of the tests). After each cut the disk is checked as the next boot would, and what is found
// on it is held against what had happened. The last line is JSON: the losses.
import { execFileSync, spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { availableParallelism, homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { loadSqlite, SqliteStore } from '../dist/journal/sqliteStore.js';
import { runInGuest } from '../test/kernel/harness/vm.mjs';

const root = realpathSync(dirname(dirname(fileURLToPath(import.meta.url))));
const { values } = parseArgs({
  options: { cuts: { type: 'string', default: '200' }, 'no-apt': { type: 'boolean', default: false } },
});
const CUTS = Number(values.cuts);
const DISK_BYTES = 512e6;
const CHANNELS = 8;
/** A guest that does not even begin. */
const TIMEOUT_S = 600;
/** The cuts wander from this on, over so much: around the header that counts after 6 s for the first time, or over two of them. */
const FIRST_S = CUTS > 20 ? 1.2 : 3.2;
const OVER_S = CUTS > 20 ? 14 : 6;
const LIMITS = { maxBytes: 64e6, maxAgeMs: 1e12 };
const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` };

const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'lightkeeper-kernel');
mkdirSync(cache, { recursive: true });
const setUp = spawnSync('bash', ['test/kernel/harness/setUp.sh', ...(values['no-apt'] ? ['--no-apt'] : [])], {
  cwd: root,
  env: { ...env, KERNEL_CACHE: realpathSync(cache) },
  stdio: ['ignore', 'inherit', 'inherit'],
});
if (setUp.status !== 0) process.exit(setUp.status ?? 1);

const work = mkdtempSync(join(realpathSync(tmpdir()), 'lightkeeper-power-'));
process.once('exit', () => rmSync(work, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));

/** One disk, written to and cut off `cuts` times. */
async function oneMachine(name, cuts, results) {
  const disk = join(work, `${name}.img`);
  writeFileSync(disk, '');
  truncateSync(disk, DISK_BYTES);
  execFileSync('mkfs.ext4', ['-q', '-F', disk], { env });
  for (let cut = 1; cut <= cuts; cut++) {
    const told = { j: [], r: [] };
    const other = [];
    const power = new AbortController();
    let line = '';
    // By the guest's own clock, which a busy host slows down: a moment that wanders over each flush and each header.
    const cutAtS = FIRST_S + ((cut * 2.917 + name.length * 0.613) % OVER_S);
    await runInGuest({
      cache: realpathSync(cache),
      out: join(work, name),
      cwd: root,
      command: [process.execPath, 'test/kernel/guest/powerCut.mjs', String(cut)],
      timeoutS: TIMEOUT_S,
      disk,
      cut: power.signal,
      memoryMb: 1024,
      // Cheaper by a third; but a busy host would make this guest miss its moments, so not in a run of the tests.
      clock: CUTS > 20 ? 'host' : 'counted',
      write: (text) => {
        const lines = (line + text.replaceAll('\r', '')).split('\n');
        line = lines.pop();
        for (const one of lines) {
          const [mark, value] = one.split(' ');
          if (told[mark] === undefined) other.push(one);
          else told[mark].push(Number(value));
        }
        if (told.j.length > 0 && (told.r.at(-1) ?? 0) >= cutAtS * 48_000) power.abort();
      },
    });
    if (told.j.length === 0 || told.r.length === 0)
      throw new Error(`the guest wrote nothing: ${other.slice(-10).join('\n')}`);
    results.push(look(disk, join(work, `${name}-found`), cut, told));
    console.log(`${name} cut ${cut}: ${JSON.stringify(results.at(-1))}`);
  }
}

/** What the next boot finds: the file system's own recovery, then the files. Throws where anything does not open or is not whole. */
function look(disk, to, cut, told) {
  const checked = spawnSync('e2fsck', ['-p', disk], { env, encoding: 'utf8' });
  if (checked.status > 1) throw new Error(`the file system is damaged: ${checked.stdout}`);
  rmSync(to, { recursive: true, force: true });
  mkdirSync(to);
  const dumped = spawnSync('debugfs', ['-R', `rdump / ${to}`, disk], { env, encoding: 'utf8' });
  if (dumped.status !== 0) throw new Error(dumped.stderr);
  const store = new SqliteStore(loadSqlite(), join(to, 'journal.sqlite'), null, LIMITS);
  if (store.putAside !== null) throw new Error('the journal was damaged');
  // A cut before the session's own row was on the disk loses the session, and counts as all of it.
  const session = store.sessions().find(({ version }) => version === `run ${cut}`)?.session;
  const mine =
    session === undefined ? [] : store.events({ session, limit: 100_000 }).filter(({ kind }) => kind === 'mark');
  store.close();
  mine.forEach(({ text }, i) => {
    if (text !== `at ${told.j[i]}` && i < told.j.length)
      throw new Error(`event ${i} of cut ${cut} is another: ${text}`);
  });
  const newestMs = mine.at(-1)?.ms ?? told.j[0];
  const [name] = readdirSync(join(to, 'takes'));
  const frames = name === undefined ? 0 : ramp(readFileSync(join(to, 'takes', name)));
  return {
    events: mine.length,
    journalLostMs: Math.max(0, Math.round(told.j.at(-1) - newestMs)),
    frames,
    recordingLostS: Math.max(0, (told.r.at(-1) - frames) / 48_000),
    ranS: told.r.at(-1) / 48_000,
  };
}

/** Frames that the header counts, each the ramp that was recorded. */
function ramp(file) {
  let at = 12;
  let dataBytes = 0;
  const rf64 = file.toString('latin1', 0, 4) === 'RF64';
  for (;;) {
    const id = file.toString('latin1', at, at + 4);
    const size = file.readUInt32LE(at + 4);
    if (id === 'ds64') dataBytes = Number(file.readBigUInt64LE(at + 16));
    if (id === 'data') {
      if (!rf64) dataBytes = size;
      break;
    }
    at += 8 + size + (size % 2);
  }
  if (at + 8 + dataBytes > file.length) throw new Error('the header counts more than there is');
  for (let i = 0; i < dataBytes / 3; i++)
    if (file.readIntLE(at + 8 + i * 3, 3) !== i % 8_000_000) throw new Error(`sample ${i} differs`);
  return dataBytes / 3 / CHANNELS;
}

const results = [];
const machines = Math.max(1, Math.min(2, availableParallelism(), CUTS));
const startedMs = performance.now();
await Promise.all(
  Array.from({ length: machines }, (_, i) =>
    oneMachine(`machine${'-'.repeat(i)}`, Math.floor(CUTS / machines) + (i < CUTS % machines ? 1 : 0), results),
  ),
);
const sorted = (pick) => results.map(pick).sort((a, b) => a - b);
const journal = sorted(({ journalLostMs }) => journalLostMs);
const recording = sorted(({ recordingLostS }) => recordingLostS);
console.log(
  JSON.stringify({
    cuts: results.length,
    journalMedianMs: journal[journal.length >> 1],
    journalWorstMs: journal.at(-1),
    recordingMedianS: recording[recording.length >> 1],
    recordingWorstS: recording.at(-1),
    longestRunS: Math.max(...results.map(({ ranS }) => ranS)),
    seconds: Math.round((performance.now() - startedMs) / 1000),
  }),
);
