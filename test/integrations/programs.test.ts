/**
 * The integrations against real programs: mosquitto and its clients, liblo's oscsend and oscdump, an HTTP server, and
 * Jinja for Home Assistant's templates. The built program runs as a process of its own; all talk over the loopback.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import type { Snapshot } from '../../src/monitor/snapshot.ts';
import { type Daemon, startDaemon } from '../daemon/daemonProcess.ts';

const has = (program: string) => spawnSync('sh', ['-c', `command -v ${program}`], { env: PATHS }).status === 0;
const PATHS = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` };
const canMqtt = has('mosquitto') && has('mosquitto_sub');
const canOsc = has('oscsend') && has('oscdump');
const canJinja = spawnSync('/usr/bin/python3', ['-c', 'import jinja2']).status === 0;

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

function folder(): string {
  const at = mkdtempSync(join(tmpdir(), 'lightkeeper-integrations-'));
  cleanUps.push(() => rmSync(at, { recursive: true, force: true }));
  return at;
}

async function freeTcpPort(): Promise<number> {
  const server = createTcpServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return port;
}

async function until<T>(probe: () => T | null | Promise<T | null>, what: string, withinMs = 30_000): Promise<T> {
  const endMs = performance.now() + withinMs;
  for (;;) {
    const found = await probe();
    if (found !== null && found !== false) return found;
    if (performance.now() > endMs) throw new Error(`waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function daemon(config: Record<string, unknown>, ...args: string[]): Promise<Daemon> {
  const state = folder();
  writeFileSync(join(state, 'config.json'), JSON.stringify({ version: 1, ...config }));
  const started = await startDaemon(args, {}, state);
  cleanUps.push(() => started.stop());
  return started;
}

const status = async ({ url }: Daemon) => (await (await fetch(`${url}/api/status`)).json()) as Snapshot;

function run(
  program: string,
  args: readonly string[],
): { readonly child: ChildProcess; readonly lines: () => string[] } {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env: PATHS });
  let text = '';
  child.stdout!.on('data', (chunk) => {
    text += String(chunk);
  });
  cleanUps.push(() => child.kill('SIGKILL'));
  return { child, lines: () => text.split('\n').slice(0, -1) };
}

/** mosquitto with a user and a password; keeps nothing over a restart. */
async function broker(port: number): Promise<ChildProcess> {
  const at = folder();
  execFileSync('mosquitto_passwd', ['-b', '-c', join(at, 'passwords'), 'box', 'geheim'], {
    stdio: 'ignore',
    env: PATHS,
  });
  const asRoot = process.getuid?.() === 0;
  writeFileSync(
    join(at, 'mosquitto.conf'),
    [
      `listener ${port} 127.0.0.1`,
      'allow_anonymous false',
      `password_file ${join(at, 'passwords')}`,
      ...(asRoot ? ['user root'] : []),
      '',
    ].join('\n'),
  );
  const { child } = run('mosquitto', ['-c', join(at, 'mosquitto.conf')]);
  await until(
    () =>
      spawnSync('mosquitto_pub', [...client(port), '-t', 'ready', '-m', 'x'], { env: PATHS }).status === 0
        ? true
        : null,
    'mosquitto takes messages',
  );
  return child;
}
const client = (port: number) => ['-h', '127.0.0.1', '-p', String(port), '-u', 'box', '-P', 'geheim'];

/** Everything under the two prefixes, newest payload by topic, and all in order. */
function listen(port: number) {
  const { lines } = run('mosquitto_sub', [...client(port), '-v', '-t', 'rack/#', '-t', 'homeassistant/#']);
  const all = () =>
    lines().map((line) => {
      const space = line.indexOf(' ');
      return { topic: line.slice(0, space), payload: line.slice(space + 1) };
    });
  return {
    all,
    newest: (topic: string) => all().findLast((one) => one.topic === topic)?.payload ?? null,
    topics: () => new Map(all().map(({ topic, payload }) => [topic, payload])),
  };
}

const mqtt = (port: number, more: Record<string, unknown> = {}) => ({
  mqtt: { host: '127.0.0.1', port, username: 'box', password: 'geheim', topic: 'rack', ...more },
});

describe.skipIf(!canMqtt)('MQTT, with mosquitto', () => {
  it.skipIf(!canJinja)(
    'Home Assistant finds every entity, and its states are what the box says',
    async () => {
      const port = await freeTcpPort();
      await broker(port);
      const heard = listen(port);
      const box = await daemon(mqtt(port), '--sim', 'slow-expander', '--seed', '2');
      await until(
        async () => ((await status(box)).banks.some(({ sync }) => sync === 'lock') ? true : null),
        'lock',
        90_000,
      );
      // The states follow within their interval.
      await until(
        () => (heard.newest('rack/bank/adat-a')?.includes('"sync":"lock"') ? true : null),
        'the broker knows that ADAT A slips',
        10_000,
      );
      const now = await status(box);
      const topics = heard.topics();
      const entities = [...topics]
        .filter(([topic]) => topic.endsWith('/config'))
        .map(([, payload]) => JSON.parse(payload));
      expect(entities.length).toBeGreaterThan(8);
      const values = JSON.parse(
        execFileSync('/usr/bin/python3', [fileURLToPath(new URL('renderTemplate.py', import.meta.url))], {
          input: JSON.stringify(
            entities.map(({ value_template, state_topic }) => [value_template, topics.get(state_topic)]),
          ),
          encoding: 'utf8',
        }),
      ) as string[];
      const value = (id: string) => values[entities.findIndex(({ unique_id }) => unique_id === id)];
      expect(value('rack_alarm')).toBe('ON');
      expect(value('rack_capture')).toBe('running');
      expect(value('rack_adat_a_sync')).toBe('lock');
      expect(value('rack_take')).toBe('OFF');
      expect(value('rack_finding')).toContain(
        now.findings.find(({ severity }) => severity === 'alarm')!.symptom.slice(0, 20),
      );
      for (const [i, entity] of entities.entries()) {
        // An enum's state is one of its options, or None, which is "unknown"; a binary sensor's is ON or OFF.
        if (entity.options !== undefined) expect([...entity.options, 'None'], entity.unique_id).toContain(values[i]);
        if (entity.payload_on !== undefined) expect(['ON', 'OFF'], entity.unique_id).toContain(values[i]);
        if (entity.unit_of_measurement !== undefined) expect(values[i]).toMatch(/^(None|-?\d+(\.\d+)?)$/);
      }
      expect(topics.get('rack/availability')).toBe('online');
      // No more than the interval allows, and no levels.
      expect(heard.all().filter(({ topic }) => topic === 'rack/state').length).toBeLessThan(now.uptimeMs / 1000 + 2);
      expect(await box.stop()).toBe(0);
      await until(() => (heard.newest('rack/availability') === 'offline' ? true : null), 'it takes leave');
    },
    150_000,
  );

  it('the broker says that the box is gone when it was killed', async () => {
    const port = await freeTcpPort();
    await broker(port);
    const heard = listen(port);
    const box = await daemon(mqtt(port), '--sim', 'clean');
    await until(() => (heard.newest('rack/availability') === 'online' ? true : null), 'online');
    box.process.kill('SIGKILL');
    await until(() => (heard.newest('rack/availability') === 'offline' ? true : null), 'the last will');
  }, 60_000);

  it('a broker that is restarted knows all again; while it is away a finding says so, once, and nothing else suffers', async () => {
    const port = await freeTcpPort();
    const first = await broker(port);
    const box = await daemon(mqtt(port), '--sim', 'clean');
    await until(async () => ((await status(box)).capture.state === 'running' ? true : null), 'running');
    first.kill('SIGKILL');
    const codes = async () => (await status(box)).findings.filter(({ code }) => code === 'mqtt-unreachable');
    await until(async () => ((await codes()).length === 1 ? true : null), 'the finding');
    const before = await status(box);
    await new Promise((resolve) => setTimeout(resolve, 3000));
    const after = await status(box);
    expect((after.capture.frames - before.capture.frames) / ((after.uptimeMs - before.uptimeMs) * 48)).toBeGreaterThan(
      0.9,
    );
    expect(after.capture.xruns).toBe(0);
    expect(await codes()).toHaveLength(1);
    expect((await codes())[0]!.severity).toBe('info');
    await broker(port);
    const heard = listen(port);
    await until(() => (heard.newest('rack/state') !== null ? true : null), 'the state is there again', 60_000);
    expect([...heard.topics().keys()].filter((topic) => topic.endsWith('/config')).length).toBeGreaterThan(8);
    await until(async () => ((await codes()).length === 0 ? true : null), 'the finding is over');
    // In the log: away and back, not every try.
    expect(box.output().split('is not reached').length - 1).toBe(1);
  }, 120_000);

  it('a wrong password is told as such, and stands nowhere that can be read', async () => {
    const port = await freeTcpPort();
    await broker(port);
    const box = await daemon(mqtt(port, { password: 'falsch-geheim' }), '--sim', 'clean');
    await until(
      async () => ((await status(box)).findings.some(({ code }) => code === 'mqtt-refused') ? true : null),
      'refused',
    );
    for (const path of ['config', 'config/export', 'config/history', 'status'])
      expect(await (await fetch(`${box.url}/api/${path}`)).text(), path).not.toContain('falsch-geheim');
    expect(box.output()).not.toContain('falsch-geheim');
  }, 60_000);
});

describe.skipIf(!canOsc)('OSC, with liblo', () => {
  it('oscsend marks takes that stand in the journal with their names; too many commands are left out', async () => {
    const port = await freeUdpPort();
    const box = await daemon({ osc: { listenPort: port } }, '--sim', 'clean');
    await until(async () => ((await status(box)).capture.state === 'running' ? true : null), 'running');
    const send = (...words: string[]) => execFileSync('oscsend', ['127.0.0.1', String(port), ...words]);
    send('/lightkeeper/take/start', 's', 'Verse 1');
    await until(async () => ((await status(box)).take?.name === 'Verse 1' ? true : null), 'the take runs');
    expect((await status(box)).take!.by).toBe('osc');
    send('/lightkeeper/take/stop');
    await until(async () => ((await status(box)).take === null ? true : null), 'it has ended');
    send('/lightkeeper/take/name', 's', 'Chorus');
    send('/lightkeeper/take/toggle', 'i', '1');
    // The release of the button.
    send('/lightkeeper/take/toggle', 'i', '0');
    await until(async () => ((await status(box)).take?.name === 'Chorus' ? true : null), 'the named take runs');
    send('/lightkeeper/mark', 's', 'clap');
    send('/lightkeeper/take/stop');
    await until(async () => ((await status(box)).take === null ? true : null), 'it has ended');
    interface Kept {
      readonly takes: readonly { readonly name: string; readonly by: string }[];
      readonly events: readonly { readonly kind: string; readonly text: string }[];
    }
    const ask = async (what: string) => (await (await fetch(`${box.url}/api/journal/${what}`)).json()) as Kept;
    const takes = await until(async () => {
      const kept = await ask('takes');
      return kept.takes.length === 2 && kept.takes.every((take) => 'endedMs' in take) ? kept.takes : null;
    }, 'both takes in the journal');
    expect(takes.map(({ name, by }) => `${name} ${by}`).sort()).toEqual(['Chorus osc', 'Verse 1 osc']);
    await until(
      async () =>
        (await ask('events?limit=200')).events.some(({ kind, text }) => kind === 'mark' && text === 'clap')
          ? true
          : null,
      'the mark in the journal',
    );
    // A flood of garbage and of marks, from a socket of our own: oscsend is too slow for that.
    const flood = createSocket('udp4');
    const mark = Buffer.from('/lightkeeper/mark\0\0\0,\0\0\0', 'latin1');
    for (let i = 0; i < 2000; i++) flood.send(i % 2 === 0 ? mark : Buffer.from(`junk ${i}`), port, '127.0.0.1');
    await new Promise((resolve) => setTimeout(resolve, 2500));
    flood.close();
    const marks = (await ask('events?limit=1000')).events.filter(({ kind }) => kind === 'mark').length;
    expect(marks).toBeGreaterThan(10);
    expect(marks).toBeLessThan(120);
    expect((await status(box)).capture.xruns).toBe(0);
  }, 90_000);

  it('oscdump gets levels and states, at the set rate and no faster', async () => {
    const port = await freeUdpPort();
    const { lines } = run('oscdump', ['-L', String(port)]);
    const box = await daemon({ osc: { sendTo: '127.0.0.1', sendPort: port, levelsPerS: 5 } }, '--sim', 'slow-expander');
    await until(() => (lines().some((line) => line.includes('/lightkeeper/levels')) ? true : null), 'levels');
    const count = () => lines().filter((line) => line.includes('/lightkeeper/levels ')).length;
    const began = { ms: performance.now(), count: count() };
    await until(
      () => (lines().some((line) => line.includes('/lightkeeper/bank/adat-a/sync s "lock"')) ? true : null),
      'lock',
      90_000,
    );
    await until(() => (performance.now() - began.ms > 10_000 ? true : null), 'ten seconds of levels');
    const came = count() - began.count;
    const seconds = (performance.now() - began.ms) / 1000;
    // One that was on its way when the count began, and one whose turn came as it ended.
    expect(came).toBeLessThanOrEqual(5 * seconds + 2);
    expect(came / seconds).toBeGreaterThan(2.5);
    const levels = lines().findLast((line) => line.includes('/lightkeeper/levels '))!;
    const numbers = levels
      .slice(levels.indexOf('/levels') + 8)
      .split(' ')
      .slice(1)
      .map(Number);
    expect(numbers).toHaveLength((await status(box)).channels.length);
    for (const number of numbers) expect(number).toBeLessThanOrEqual(0);
    expect(numbers.some((number) => number > -60)).toBe(true);
    await until(
      () => (lines().some((line) => /\/lightkeeper\/finding ssss "alarm"/.test(line)) ? true : null),
      'the finding',
    );
  }, 150_000);

  it('a port that another program holds is told by a finding', async () => {
    const holder = createSocket('udp4');
    await new Promise<void>((resolve) => holder.bind(0, '127.0.0.1', resolve));
    cleanUps.push(() => holder.close());
    const box = await daemon({ osc: { listenPort: holder.address().port } }, '--sim', 'clean');
    await until(
      async () => ((await status(box)).findings.some(({ code }) => code === 'osc-port-taken') ? true : null),
      'the finding',
    );
  }, 60_000);
});

describe('the webhook, with a real receiver', () => {
  it('each alarm comes once, though the receiver failed at first and the alarm goes on', async () => {
    const got: { readonly id: string; readonly code: string; readonly where: string; readonly status: number }[] = [];
    const server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk) => {
        body += String(chunk);
      });
      request.on('end', () => {
        const sent = JSON.parse(body) as { id: string; alarm: { code: string; where: string } };
        const answer = got.length < 2 ? 503 : 200;
        got.push({ id: sent.id, code: sent.alarm.code, where: sent.alarm.where, status: answer });
        response.writeHead(answer).end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    cleanUps.push(() => {
      server.closeAllConnections();
      server.close();
    });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/key-geheim`;
    const box = await daemon({ webhook: { url } }, '--sim', 'slow-expander');
    await until(() => (got.some((one) => one.status === 200) ? true : null), 'taken', 120_000);
    await new Promise((resolve) => setTimeout(resolve, 5000));
    const taken = got.filter((one) => one.status === 200).map(({ code, where }) => `${code} ${where}`);
    expect(new Set(taken).size).toBe(taken.length);
    const alarms = (await status(box)).findings.filter(({ severity }) => severity === 'alarm');
    for (const { code, where } of alarms) expect(taken).toContain(`${code} ${where}`);
    // The first one was tried three times, always with the same id.
    expect(new Set(got.slice(0, 3).map(({ id }) => id)).size).toBe(1);
    expect(box.output()).not.toContain('geheim');
    expect(await (await fetch(`${box.url}/api/config`)).text()).not.toContain('geheim');
  }, 180_000);
});
