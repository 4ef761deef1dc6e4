// npm run soak: the built program for an hour of real time and a day of simulated time, with phones that come and go.
// Memory and descriptors must not grow. Writes docs/soak.md in its full form.
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from './prepare.mjs';
import { serviceEnvironment, serviceFlags } from './serviceFlags.mjs';

process.chdir(root);
const { values: chosen } = parseArgs({
  options: {
    /** Minutes of the run in real time. */
    minutes: { type: 'string', default: '60' },
    /** Hours of audio of the run in virtual time; 0: the run in real time alone. */
    hours: { type: 'string', default: '24' },
    /** An hour of virtual time alone: for CI. Writes no document. */
    short: { type: 'boolean', default: false },
    /** Answers the results as one line of JSON. */
    json: { type: 'boolean', default: false },
  },
});
const MINUTES = Number(chosen.minutes);
const HOURS = chosen.short ? 1 : Number(chosen.hours);
/** The design's target; a shorter run is not warm enough to be held to it. */
const GROWTH_MB = 5;
const WARM_UP = 0.15;
const RATE_HZ = 48_000;
const SAMPLE_MS = 1000;
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** A minute of two channels: a chord that swells and fades, noise below it, 24 bits. */
function writeTake(path) {
  const seconds = 60;
  const frames = seconds * RATE_HZ;
  const data = Buffer.alloc(frames * 2 * 3);
  let seed = 1;
  for (let i = 0; i < frames; i++) {
    const t = i / RATE_HZ;
    const swell = 0.5 - 0.5 * Math.cos((2 * Math.PI * t) / 15);
    for (let c = 0; c < 2; c++) {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) | 0;
      const tone = 0.2 * Math.sin(2 * Math.PI * 220 * (c + 1) * t) + 0.1 * Math.sin(2 * Math.PI * 331 * t);
      data.writeIntLE(Math.round((tone * swell + seed / 2 ** 40) * 0x7f_ffff), (i * 2 + c) * 3, 3);
    }
  }
  const head = Buffer.alloc(44);
  head.write('RIFF', 0);
  head.writeUInt32LE(36 + data.length, 4);
  head.write('WAVEfmt ', 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(2, 22);
  head.writeUInt32LE(RATE_HZ, 24);
  head.writeUInt32LE(RATE_HZ * 6, 28);
  head.writeUInt16LE(6, 32);
  head.writeUInt16LE(24, 34);
  head.write('data', 36);
  head.writeUInt32LE(data.length, 40);
  writeFileSync(path, Buffer.concat([head, data]));
}

/** Starts the program; resolves once its page listens. */
async function start(words, folder) {
  const child = spawn(
    process.execPath,
    [...serviceFlags, 'dist/cli-entry.js', 'run', ...words, '--http', '0', '--panel', 'none', '--state-dir', folder],
    // As the service has it.
    { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...serviceEnvironment } },
  );
  let text = '';
  const url = await new Promise((resolve, reject) => {
    const look = (chunk) => {
      text = (text + chunk).slice(-20_000);
      const found = /(http:\/\/\S+?)\/?\s/.exec(text);
      if (found) resolve(found[1]);
    };
    child.stdout.on('data', look);
    child.stderr.on('data', look);
    child.once('exit', (code) => reject(new Error(`ended with ${code}: ${text}`)));
  });
  return { child, url, folder, said: () => text };
}

/** What a visitor looks at: the page, the panel, the journal, the evidence. */
const ASKED = [
  ...['/', '/api/status', '/api/panel.png', '/metrics', '/api/config'],
  ...['/api/journal/sessions', '/api/journal/events?newest=true&limit=200', '/api/journal/takes', '/api/evidence'],
];

/** Two watchers for good, and one after another that comes, looks around, clears, and goes. */
function visitors(url, folder) {
  let stopped = false;
  let visits = 0;
  const watch = async (forMs) => {
    const end = AbortSignal.timeout(forMs);
    try {
      const stream = await fetch(`${url}/api/live`, { signal: end });
      for await (const _ of stream.body) if (stopped) break;
    } catch (error) {
      if (error.name !== 'TimeoutError' && !stopped) throw error;
    }
  };
  const steady = async () => {
    while (!stopped) await watch(30_000);
  };
  const passing = async () => {
    const pin = readFileSync(join(folder, 'pin'), 'utf8').trim();
    const headers = { 'content-type': 'application/json' };
    const paired = await fetch(`${url}/api/pair`, { method: 'POST', headers, body: JSON.stringify({ pin }) });
    const { token } = await paired.json();
    while (!stopped) {
      for (const path of ASKED) {
        const answer = await fetch(`${url}${path}`);
        if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
        await answer.arrayBuffer();
      }
      // What a slip looked like: the newest pictures there are.
      const { evidence } = await (await fetch(`${url}/api/evidence`)).json();
      for (const { id } of evidence.slice(-2)) {
        for (const kind of ['svg', 'png', 'wav'])
          await (await fetch(`${url}/api/evidence/${id}.${kind}`)).arrayBuffer();
      }
      const answer = await fetch(`${url}/api/actions/clear`, {
        method: 'POST',
        headers: { ...headers, authorization: `Bearer ${token}` },
        body: '{}',
      });
      if (!answer.ok) throw new Error(`clear: ${answer.status} ${await answer.text()}`);
      await watch(3000);
      visits++;
      await sleep(2000);
    }
  };
  const all = Promise.all([steady(), steady(), passing()]);
  all.catch(() => {});
  return {
    visits: () => visits,
    stop: async () => {
      stopped = true;
      await all;
    },
  };
}

const rssMb = (pid) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;
const descriptors = (pid) => readdirSync(`/proc/${pid}/fd`).length;

/** Runs until `done` says so. Memory is the least of a window: what is left when the garbage was collected. */
async function soak(name, words, done) {
  const folder = mkdtempSync(join(tmpdir(), 'lightkeeper-soak-'));
  const program = await start(words, folder);
  const { child, url } = program;
  const people = visitors(url, folder);
  const samples = [];
  const startMs = performance.now();
  let status = null;
  try {
    for (;;) {
      await sleep(SAMPLE_MS);
      if (child.exitCode !== null || child.signalCode !== null) throw new Error(`${name} ended: ${program.said()}`);
      if (samples.length % 10 === 0) status = await (await fetch(`${url}/api/status`)).json();
      const progress = done(performance.now() - startMs, status);
      samples.push({ rssMb: rssMb(child.pid), fds: descriptors(child.pid), progress });
      if (progress >= 1) break;
    }
    await people.stop();
    await sleep(3000);
    const restFds = descriptors(child.pid);
    const warm = samples.filter((sample) => sample.progress >= WARM_UP);
    const window = Math.max(5, Math.floor(warm.length / 8));
    const least = (part, key) => Math.min(...part.map((sample) => sample[key]));
    const first = warm.slice(0, window);
    const last = warm.slice(-window);
    return {
      name,
      words: words.map((word) => word.replace(tmpdir(), '…')).join(' '),
      tookS: (performance.now() - startMs) / 1000,
      audioH: status.capture.frames / status.capture.rateHz / 3600,
      visits: people.visits(),
      firstMb: least(first, 'rssMb'),
      lastMb: least(last, 'rssMb'),
      mostMb: Math.max(...warm.map((sample) => sample.rssMb)),
      growthMb: least(last, 'rssMb') - least(first, 'rssMb'),
      firstFds: least(first, 'fds'),
      lastFds: least(last, 'fds'),
      restFds,
    };
  } finally {
    child.kill('SIGTERM');
    await new Promise((resolve) => (child.exitCode === null ? child.once('exit', resolve) : resolve()));
    rmSync(folder, { recursive: true, force: true });
  }
}

const work = mkdtempSync(join(tmpdir(), 'lightkeeper-soak-take-'));
const take = join(work, 'take.wav');
writeTake(take);
const inRealTime = () => soak('real time', ['--sim', 'slow-expander'], (ms) => ms / (MINUTES * 60_000));
const inVirtualTime = () =>
  soak('virtual time', ['--wav', take, '--fast', '--loop'], (_ms, status) =>
    status === null || status.capture.rateHz === 0 ? 0 : status.capture.frames / status.capture.rateHz / (HOURS * 3600),
  );
let results;
try {
  results = await Promise.all([...(chosen.short ? [] : [inRealTime()]), ...(HOURS > 0 ? [inVirtualTime()] : [])]);
} finally {
  rmSync(work, { recursive: true, force: true });
}

// A short run ends while the heap still finds its size.
const limitMb = chosen.short ? 5 * GROWTH_MB : GROWTH_MB;
let failed = 0;
for (const run of results) {
  const ok = run.growthMb < limitMb && run.lastFds <= run.firstFds;
  if (!ok) failed++;
  console.log(
    `${ok ? 'ok  ' : 'FAIL'} ${run.name}: ${run.audioH.toFixed(2)} h of audio in ${(run.tookS / 60).toFixed(1)} min, ` +
      `${run.visits} visits; memory ${run.firstMb.toFixed(1)} -> ${run.lastMb.toFixed(1)} MB (${run.growthMb >= 0 ? '+' : ''}${run.growthMb.toFixed(1)}; ` +
      `asked for < ${limitMb}), descriptors ${run.firstFds} -> ${run.lastFds}`,
  );
}
if (!chosen.short) {
  const rows = results.map(
    (run) =>
      `| ${run.name}: \`${run.words}\` | ${run.audioH.toFixed(1)} h | ${(run.tookS / 60).toFixed(0)} min | ${run.visits} | ${run.firstMb.toFixed(1)} | ${run.lastMb.toFixed(1)} | ${run.growthMb.toFixed(1)} | ${run.firstFds} | ${run.lastFds} |`,
  );
  writeFileSync(
    'docs/soak.md',
    `# Soak

\`npm run soak\` runs the built program for an hour of real time and, beside it, for a day of simulated time (a take of one
minute, over and over, as fast as it is read). Two phones watch for good; another comes every few seconds, opens the page,
asks the API, reads the journal, fetches the pictures of the newest slips, clears, watches, and goes. The simulated expander
slips more than once a second, so the journal and the evidence are busy all the while. \`npm run soak -- --short\`, an hour of
simulated time, is what every run of the tests does (test/faults/soak.test.ts): a minute or two instead of ten real ones.

Memory is the resident size of the whole process, the least of a window of an eighth of the run: what is left when the
garbage was collected. The first ${Math.round(WARM_UP * 100)} % of the run is warm-up. Asked for: growth below ${GROWTH_MB} MB, no more descriptors.

<!-- measured: npm run soak -- --minutes ${MINUTES} --hours ${HOURS} -->

| Run | Audio | Took | Visits | MB, first | MB, last | Growth, MB | Descriptors, first | last |
|---|---|---|---|---|---|---|---|---|
${rows.join('\n')}

Node ${process.version}, ${cpus()[0].model.trim()}, ${cpus().length} threads.
`,
  );
  console.log('docs/soak.md written');
}
if (chosen.json) console.log(JSON.stringify(results));
console.log(`${results.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
