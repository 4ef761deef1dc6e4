import { execFileSync } from 'node:child_process';
import { mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { loadFonts } from '../../src/device/panel/loadFonts.ts';
import { phoneUrl } from '../../src/device/panel/systemFacts.ts';
import type { Snapshot } from '../../src/monitor/snapshot.ts';
import { PanelLoop } from '../../src/panelLoop.ts';
import { initialUi } from '../../src/ui/navigation.ts';
import { createPanelApp, drawPanel } from '../../src/ui/panelApp.ts';
import type { PanelView } from '../../src/ui/view.ts';
import { AddressWatch, LOOK_EVERY_MS } from '../../src/web/addressWatch.ts';
import { runToEnd, startDaemon } from '../daemon/daemonProcess.ts';
import { makeWeb } from '../web/support/webRig.ts';
import { tellFaultRow } from './tell.ts';

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});
const folder = () => {
  const made = mkdtempSync(join(tmpdir(), 'lightkeeper-faults-'));
  cleanUps.push(() => rmSync(made, { recursive: true, force: true }));
  return made;
};
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('faults of the network', () => {
  it('fault row 26: 32 live clients: 16 served, the rest hear 503, and the panel draws on', async () => {
    const { web, monitor } = makeWeb();
    cleanUps.push(() => web.stop());
    const listening = await web.start();
    if (!listening.ok) throw new Error(listening.fault.what);
    const { port } = listening.value;
    cleanUps.push(monitor.run());
    let frames = 0;
    const loop = new PanelLoop({
      app: createPanelApp({ fonts: loadFonts() }),
      nowMs: () => performance.now(),
      view: () => ({ ...viewOf(null), snapshot: monitor.snapshot(), levels: monitor.levels() }),
      onCommand: () => {},
    });
    loop.attach({ widthPx: 128, heightPx: 64, show: () => frames++, stop: async () => {} });
    loop.start();
    cleanUps.push(() => loop.stop());
    const framesIn = async (ms: number) => {
      const before = frames;
      const startMs = performance.now();
      await wait(ms);
      return ((frames - before) * 1000) / (performance.now() - startMs);
    };
    const alone = await framesIn(2000);
    const heads = await Promise.all(Array.from({ length: 32 }, () => liveHead(port)));
    expect(heads.filter((head) => head.includes(' 200 '))).toHaveLength(16);
    const refused = heads.filter((head) => head.includes(' 503 '));
    expect(refused).toHaveLength(16);
    for (const head of refused) expect(head).toContain('retry-after');
    const watched = await framesIn(2000);
    // Unchanged is the target; a fifth of it, so that a busy machine is no fault.
    expect(watched).toBeGreaterThan(alone / 5);
    tellFaultRow({
      row: 26,
      did: '32 live clients',
      saw: `16 served, 16 heard 503; panel ${alone.toFixed(1)} frames/s alone, ${watched.toFixed(1)} with them`,
    });
  });

  it('fault row 31: the wall clock jumps an hour on and two back: levels, uptime and sessions do not notice', async () => {
    const at = folder();
    const shim = join(at, 'wallClock.so');
    const source = fileURLToPath(new URL('support/wallClock.c', import.meta.url));
    execFileSync('gcc', ['-O2', '-Wall', '-Werror', '-shared', '-fPIC', '-o', shim, source, '-ldl']);
    const offset = join(at, 'offset');
    const file = openSync(offset, 'w');
    const jump = (seconds: number) => {
      const bytes = Buffer.alloc(8);
      bytes.writeBigInt64LE(BigInt(seconds));
      writeSync(file, bytes, 0, 8, 0);
    };
    jump(0);
    const state = join(at, 'state');
    const daemon = await startDaemon(['--sim', 'clean'], { LD_PRELOAD: shim, CLOCK_OFFSET_FILE: offset }, state);
    cleanUps.push(() => daemon.stop());
    const headers = { 'content-type': 'application/json' };
    const pin = readFileSync(join(state, 'pin'), 'utf8').trim();
    const pair = await fetch(`${daemon.url}/api/pair`, { method: 'POST', headers, body: JSON.stringify({ pin }) });
    const { token } = (await pair.json()) as { token: string };
    const stream = await watchLive(daemon.url);
    cleanUps.push(() => stream.stop());
    const seen: { dateS: number; uptimeMs: number; atMs: number }[] = [];
    for (const seconds of [0, 3600, -3600]) {
      jump(seconds);
      await wait(1500);
      const answer = await fetch(`${daemon.url}/api/status`);
      const { uptimeMs } = (await answer.json()) as Snapshot;
      const dateS = (Date.parse(String(answer.headers.get('date'))) - Date.now()) / 1000;
      seen.push({ dateS, uptimeMs, atMs: performance.now() });
      const clear = await fetch(`${daemon.url}/api/actions/clear`, {
        method: 'POST',
        headers: { ...headers, authorization: `Bearer ${token}` },
        body: '{}',
      });
      expect(clear.status, `session after a jump to ${seconds} s`).toBe(200);
    }
    // The program's wall clock did jump: its Date header says so.
    for (const [i, seconds] of [0, 3600, -3600].entries()) expect(Math.abs(seen[i]!.dateS - seconds)).toBeLessThan(30);
    for (let i = 1; i < seen.length; i++) {
      const told = seen[i]!.uptimeMs - seen[i - 1]!.uptimeMs;
      expect(Math.abs(told - (seen[i]!.atMs - seen[i - 1]!.atMs))).toBeLessThan(2500);
    }
    expect(stream.events.length).toBeGreaterThan(20);
    // Frame by frame, without a gap or an overlap, from the first event to the last.
    for (let i = 1; i < stream.events.length; i++) {
      expect(stream.events[i]!.fromFrame).toBe(stream.events[i - 1]!.frame);
    }
    expect(stream.longestGapMs()).toBeLessThan(5000);
    tellFaultRow({
      row: 31,
      did: 'wall clock +1 h, then -2 h',
      saw: `${stream.events.length} events without a gap in frames, longest pause ${Math.round(stream.longestGapMs())} ms`,
    });
  });

  it('fault row 32: a port that another program has is one clear line', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    cleanUps.push(() => other.close());
    const { port } = other.address() as { port: number };
    const words = ['--sim', 'clean', '--http', String(port), '--panel', 'none', '--state-dir', folder()];
    const ended = await runToEnd(words);
    expect(ended.code).not.toBe(0);
    expect(ended.err).toMatch(/lightkeeper: \[web-port-taken\] .*\d+/);
    expect(ended.err).not.toMatch(/\n\s+at /);
  });

  it('fault row 32: the address changes, and the panel shows the new one within 5 s', async () => {
    let address = '192.168.1.23';
    const interfaces = () => ({
      eth0: [{ address, netmask: '', family: 'IPv4' as const, mac: '', internal: false, cidr: null }],
    });
    const urlNow = () => phoneUrl('0.0.0.0', 8080, interfaces());
    let shown = urlNow();
    const changes: string[] = [];
    const watch = new AddressWatch({
      look: () => JSON.stringify(urlNow()),
      onChange: (now) => {
        changes.push(now);
        shown = urlNow();
      },
    });
    cleanUps.push(() => watch.stop());
    const fonts = loadFonts();
    const panel = () => {
      const ui = { ...initialUi(0), page: { kind: 'network' as const } };
      return drawPanel(fonts, viewOf(shown), ui, 1000)
        .texts.map(({ text }) => text)
        .join(' ');
    };
    expect(panel()).toContain('192.168.1.23');
    address = '10.0.0.7';
    const before = performance.now();
    await expect.poll(panel, { timeout: 25_000, interval: 50 }).toContain('10.0.0.7');
    const tookMs = performance.now() - before;
    expect(panel()).not.toContain('192.168.1.23');
    expect(changes).toHaveLength(1);
    // 5 s is the target and 2 s the rhythm; 5x for a busy machine.
    expect(LOOK_EVERY_MS).toBeLessThan(5000);
    expect(tookMs).toBeLessThan(25_000);
    tellFaultRow({ row: 32, did: 'another IPv4 address', saw: 'the panel shows it', detectMs: Math.round(tookMs) });
  });
});

function viewOf(url: string | null): PanelView {
  const { monitor } = makeWeb();
  return {
    snapshot: monitor.snapshot(),
    levels: monitor.levels(),
    network: { url, name: null, pin: '123456' },
    system: null,
    takeRunning: false,
    canProve: false,
  };
}

/** Opens a live stream and answers what came first. */
function liveHead(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket: Socket = connect(port, '127.0.0.1');
    cleanUps.push(() => socket.destroy());
    socket.on('error', reject);
    socket.once('data', (bytes) => {
      socket.on('data', () => {});
      resolve(bytes.toString());
    });
    socket.write('GET /api/live HTTP/1.1\r\nHost: localhost\r\n\r\n');
  });
}

interface Levels {
  readonly fromFrame: number;
  readonly frame: number;
}

async function watchLive(url: string) {
  const abort = new AbortController();
  const answer = await fetch(`${url}/api/live`, { signal: abort.signal });
  const events: Levels[] = [];
  let longestMs = 0;
  let lastMs = performance.now();
  const reading = (async () => {
    let text = '';
    const decoder = new TextDecoder();
    for await (const bytes of answer.body as unknown as AsyncIterable<Uint8Array>) {
      text += decoder.decode(bytes, { stream: true });
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) {
        if (!block.includes('event: levels')) continue;
        longestMs = Math.max(longestMs, performance.now() - lastMs);
        lastMs = performance.now();
        events.push(JSON.parse(/^data: (.*)$/m.exec(block)![1]!) as Levels);
      }
    }
  })().catch(() => {
    // Cut off by ourselves.
  });
  return {
    events,
    longestGapMs: () => longestMs,
    stop: async () => {
      abort.abort();
      await reading;
    },
  };
}
