/**
 * npm run load:web: what phones cost. 34 channels from the test card through libasound; 16 live clients for a minute,
 * one of them stalled; then 10 000 one-sample transients with four clients paused at random. Writes docs/load-web.md.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import type { Snapshot } from '../../src/monitor/snapshot.ts';
import { TestRig } from '../alsa/testCard.ts';
import { type Daemon, startDaemon } from '../daemon/daemonProcess.ts';

const SECONDS = Number(process.env.LOAD_SECONDS ?? 60);
const TRANSIENTS = Number(process.env.TRANSIENTS ?? 10_000);
/** Linux counts processor time in ticks of 10 ms (USER_HZ). */
const TICKS_PER_S = 100;
const RATE_HZ = 48_000;

const rig = new TestRig();
const folder = mkdtempSync(join(tmpdir(), 'lightkeeper-load-'));
afterAll(() => {
  rig.stop();
  rmSync(folder, { recursive: true, force: true });
});

interface Levels {
  readonly fromFrame: number;
  readonly frame: number;
  readonly peakDbfs: readonly (number | null)[];
  readonly clips: readonly number[];
}

/** A live client of its own socket, so that a test can pause it. */
class LiveClient {
  readonly socket: Socket;
  readonly events: { readonly atMs: number; readonly levels: Levels }[] = [];
  #text = '';

  constructor(url: string, query: string) {
    const { port } = new URL(url);
    this.socket = connect(Number(port), '127.0.0.1');
    this.socket.setEncoding('utf8');
    this.socket.on('error', () => {});
    this.socket.on('data', (chunk: string) => this.#take(chunk));
    this.socket.write(`GET /api/live${query} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
  }

  #take(chunk: string): void {
    const atMs = performance.now();
    this.#text += chunk;
    for (;;) {
      const from = this.#text.indexOf('event: levels\ndata: ');
      if (from < 0) {
        this.#text = this.#text.slice(-40_000);
        return;
      }
      const end = this.#text.indexOf('\n\n', from);
      if (end < 0) return;
      // Chunk marks of HTTP stand between events, never inside one that was written at once.
      this.events.push({ atMs, levels: JSON.parse(this.#text.slice(from + 20, end)) as Levels });
      this.#text = this.#text.slice(end);
    }
  }
}

function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_S;
}

function rssMb(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const status = async (daemon: Daemon) => (await (await fetch(`${daemon.url}/api/status`)).json()) as Snapshot;

async function percentOver(pid: number, seconds: number): Promise<number> {
  const cpu = cpuSeconds(pid);
  const fromMs = performance.now();
  await sleep(seconds * 1000);
  return ((cpuSeconds(pid) - cpu) / ((performance.now() - fromMs) / 1000)) * 100;
}

/** Milliseconds from the capture of an event's newest frame to its arrival, above the quickest of all. */
function latenesses(client: LiveClient): number[] {
  return client.events.map(({ atMs, levels }) => atMs - (levels.frame / RATE_HZ) * 1000);
}

it('measures phones', async () => {
  const card = rig.add({
    id: 'Load',
    channels: [34],
    ratesHz: [RATE_HZ],
    formats: ['S32_LE'],
    signal: { kind: 'hash', seed: 5 },
  });
  const daemon = await startDaemon(
    ['--pcm', `hw:${card.number},0`, '--channels', '34', '--rate', String(RATE_HZ)],
    rig.env,
  );
  const pid = daemon.process.pid as number;
  await sleep(4000);
  const alone = await percentOver(pid, Math.min(20, SECONDS));
  const rssAlone = rssMb(pid);
  const clients = Array.from({ length: 15 }, () => new LiveClient(daemon.url, ''));
  await sleep(2000);
  const rssBefore = rssMb(pid);
  const stalled = new LiveClient(daemon.url, '');
  await sleep(500);
  stalled.socket.pause();
  const withClients = await percentOver(pid, SECONDS);
  const rssAfter = rssMb(pid);
  const { capture } = await status(daemon);
  const all = clients.flatMap(latenesses);
  const least = Math.min(...all);
  const late = all.map((ms) => ms - least).sort((a, b) => a - b);
  const p = (share: number) => late[Math.floor((late.length - 1) * share)]!;
  let gaps = 0;
  for (const client of clients) {
    for (let i = 1; i < client.events.length; i++) {
      if (client.events[i]!.levels.fromFrame !== client.events[i - 1]!.levels.frame) gaps++;
    }
  }
  const first = clients[0]!.events;
  const perSecond = ((first.length - 1) * 1000) / (first.at(-1)!.atMs - first[0]!.atMs);
  for (const client of [...clients, stalled]) client.socket.destroy();
  await daemon.stop();

  const learned = await transients();
  writeFileSync(
    new URL('../../docs/load-web.md', import.meta.url),
    `# What phones cost

The whole program on 34 channels of S32_LE at 48 kHz from the test card through libasound, for ${SECONDS} s with 16 live
clients, one of which stalled after half a second. The clients run in a process of their own on the same machine.
Lateness: from the capture of an event's newest frame to its arrival, above the quickest event of all, plus the period
of 10 ms in which a frame may wait for its block.

    npm run load:web

Machine: ${cpus()[0]?.model.trim()}, ${cpus().length} cores, ${process.arch}, Node ${process.version}. Other work was running on it.

| | measured | goal |
|---|---:|---:|
| processor without clients, % of one core | ${alone.toFixed(1)} | |
| processor with 16 clients, % of one core | ${withClients.toFixed(1)} | |
| added by 16 clients, % of one core | ${(withClients - alone).toFixed(1)} | <= 15 |
| overruns, frames lost | ${capture.xruns}, ${capture.lostFrames} | 0, 0 |
| levels events a second | ${perSecond.toFixed(1)} | 25 to 30 |
| gaps between events of a client | ${gaps} | 0 |
| sample to client, median | ${(p(0.5) + 10).toFixed(1)} ms | |
| sample to client, 99 % | ${(p(0.99) + 10).toFixed(1)} ms | <= 100 |
| memory without clients, with 15, with the stalled one too | ${rssAlone.toFixed(1)}, ${rssBefore.toFixed(1)}, ${rssAfter.toFixed(1)} MB | |

${learned.transients} one-sample full-scale transients through libasound, four clients each paused at random for up to 3 s:

| | measured | goal |
|---|---:|---:|
| transients that each client was told of (peak 0 dBFS in the span that holds the frame) | ${learned.told.join(', ')} | ${learned.transients} each |
| events received by each client | ${learned.events.join(', ')} | |
| spans without a transient that showed one | ${learned.wrong} | 0 |
`,
  );
  expect(capture.xruns + capture.lostFrames).toBe(0);
  expect(gaps).toBe(0);
  expect(learned.told).toEqual(Array.from({ length: 4 }, () => learned.transients));
  expect(learned.wrong).toBe(0);
});

/** 200 transients a second at seeded places of channel 2; the rest is silence. */
async function transients() {
  const perSecond = 200;
  const leadFrames = RATE_HZ * 6;
  const frames = leadFrames + Math.ceil((TRANSIENTS / perSecond) * RATE_HZ) + RATE_HZ * 30;
  const samples = new Int32Array(frames * 2);
  const at: number[] = [];
  let state = 12345;
  for (let i = 0; i < TRANSIENTS; i++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    const frame = leadFrames + Math.floor((i * RATE_HZ) / perSecond) + ((state >>> 8) % 120);
    at.push(frame);
    samples[frame * 2 + 1] = 8_388_607 * 256;
  }
  const path = join(folder, 'transients.raw');
  writeFileSync(path, Buffer.from(samples.buffer));
  const card = rig.add({
    id: 'Clicks',
    channels: [2],
    ratesHz: [RATE_HZ],
    formats: ['S32_LE'],
    signal: { kind: 'raw', channels: 2, path },
  });
  const daemon = await startDaemon(
    ['--pcm', `hw:${card.number},0`, '--channels', '2', '--rate', String(RATE_HZ)],
    rig.env,
  );
  const clients = Array.from({ length: 4 }, () => new LiveClient(daemon.url, '?events=levels'));
  let going = true;
  const pausing = clients.map(async (client) => {
    while (going) {
      await sleep(Math.random() * 2000);
      client.socket.pause();
      await sleep(Math.random() * 3000);
      client.socket.resume();
    }
  });
  const last = at.at(-1)!;
  while ((await status(daemon)).capture.frames < last + RATE_HZ * 2) await sleep(500);
  going = false;
  await Promise.all(pausing);
  await sleep(1500);
  await daemon.stop();
  let wrong = 0;
  const told = clients.map((client) => {
    let count = 0;
    let next = 0;
    for (const { levels } of client.events) {
      let inside = 0;
      // The frame numbered n (from 0) is the last of the n + 1 that were captured by then.
      while (next < at.length && at[next]! < levels.frame) {
        if (at[next]! >= levels.fromFrame) inside++;
        next++;
      }
      const loud = (levels.peakDbfs[1] ?? -200) > -0.01;
      if (loud) count += inside;
      if (loud && inside === 0) wrong++;
    }
    return count;
  });
  return {
    transients: TRANSIENTS,
    told,
    events: clients.map((client) => client.events.length),
    wrong,
  };
}
