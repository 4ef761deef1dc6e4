import { connect } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, it } from 'vitest';
import { loadFonts } from '../../src/device/panel/loadFonts.ts';
import { EvidenceStore } from '../../src/evidence/evidenceStore.ts';
import { bad, good } from '../../src/fault.ts';
import { MemoryStore } from '../../src/journal/memoryStore.ts';
import type { Operation, SchemaNode } from '../../src/web/openApi.ts';
import { tellFaultRow } from '../faults/tell.ts';
import { longSession, readerOf } from '../journal/support/longSession.ts';
import { type FullRig, fullRig } from './support/fullRig.ts';

/** 10 000 in CI; `npm run fuzz` sends a million. */
const REQUESTS = Number(process.env.FUZZ_REQUESTS ?? 10_000);
const SEED = Number(process.env.FUZZ_SEED ?? 20_26);

let rig: FullRig | null = null;
afterEach(async () => {
  await rig?.stop();
  rig = null;
});

function mulberry(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const NASTY: readonly unknown[] = [
  null,
  true,
  -1,
  0,
  65,
  1e308,
  -1e308,
  0.5,
  '',
  'A',
  '__proto__',
  'constructor',
  '../../etc/passwd',
  '%00',
  '\u0000',
  '\ud800',
  '𝕏'.repeat(40),
  'x'.repeat(5000),
  '<script>alert(1)</script>',
  '{{7*7}}',
  "' OR 1=1 --",
  [],
  {},
  [[[[[[[]]]]]]],
  { toString: 1 },
  { constructor: { prototype: {} } },
  Array.from({ length: 200 }, (_, i) => i),
];

const text = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));

/** A value for a schema: mostly one that fits, sometimes one at its edge, sometimes nonsense. */
function valueFor(schema: SchemaNode | undefined, random: () => number, depth = 0): unknown {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  if (schema === undefined || depth > 6 || random() < 0.08) return pick(NASTY);
  if (schema.const !== undefined) return random() < 0.9 ? schema.const : pick(NASTY);
  if (schema.enum !== undefined) return random() < 0.9 ? pick(schema.enum) : pick(NASTY);
  if (schema.anyOf !== undefined) return valueFor(pick(schema.anyOf), random, depth + 1);
  switch (schema.type) {
    case 'integer':
    case 'number': {
      const low = schema.minimum ?? -1000;
      const high = schema.maximum ?? 1000;
      const edge = random();
      if (edge < 0.1) return low - 1;
      if (edge < 0.2) return high + 1;
      if (edge < 0.3) return low;
      if (edge < 0.4) return high;
      return Math.floor(low + random() * (high - low));
    }
    case 'boolean':
      return random() < 0.5;
    case 'null':
      return null;
    case 'string': {
      const length = Math.floor(random() * Math.min(40, (schema.maxLength ?? 20) + 2));
      return Array.from({ length }, () => pick([...'abc019-_ :.ÄöÜ'])).join('');
    }
    case 'array': {
      const length = Math.floor(random() * Math.min(8, (schema.maxItems ?? 4) + 2));
      return Array.from({ length }, () => valueFor(schema.items, random, depth + 1));
    }
    case 'object': {
      const made: Record<string, unknown> = {};
      for (const [name, child] of Object.entries(schema.properties ?? {})) {
        if (random() < 0.9) made[name] = valueFor(child, random, depth + 1);
      }
      if (random() < 0.15) made[pick(['__proto__', 'colour', '', 'constructor', '\u0000', 'toString'])] = pick(NASTY);
      return made;
    }
    default:
      return pick(NASTY);
  }
}

/** What a run can have beside the rig's own: journal, evidence, checks, proof. */
function everyRoute() {
  const journal = new MemoryStore({ startedWallMs: 1.7e12, version: '1', simulated: true });
  longSession(journal, { hours: 1, channels: 18, startedWallMs: 1.7e12 });
  const fonts = loadFonts();
  const store = new EvidenceStore();
  const samples = Int32Array.from({ length: 1920 * 2 }, (_, i) => Math.round(1e9 * Math.sin(i / 40)));
  store.add('adat-a', { bank: 0, frame: 48000, firstFrame: 47040, rateHz: 48000, channels: [13, 14], samples });
  const slip = { bank: 'adat-a', name: 'ADAT A', box: 'OctoPre', kind: 'repeat', frames: 1, frame: 48000, ppm: -41 };
  store.prove(slip as Parameters<EvidenceStore['prove']>[0], 1234.5);
  return {
    journal: readerOf(journal),
    evidence: { store, fonts: { small: fonts.f6x12, large: fonts.f8x16 } },
    checks: { startCheck: () => {}, nextCheck: () => false, endCheck: () => {}, answer: () => [] },
    prove: (bank: string | null) =>
      bank === null || bank === 'adat-a'
        ? good(null)
        : bad('prove-no-bank', `There is no bank ${bank}.`, 'Choose another.'),
  };
}

function heapUsedMb(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  collect();
  return process.memoryUsage().heapUsed / 1e6;
}

describe('fuzzing by the schemas', () => {
  it(`fault row 28: ${REQUESTS} requests over every route: done or refused with a code, no crash, no growth`, async () => {
    rig = await fullRig(everyRoute());
    const { web, access, monitor, store } = rig;
    const random = mulberry(SEED);
    const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
    const configSchema = (await web.app.inject({ url: '/api/config/schema', headers: { host: 'localhost' } })).json()
      .schema as SchemaNode;
    const routes: [string, string, Operation][] = Object.entries(web.openApi.paths)
      .filter(([path]) => path !== '/api/live')
      .flatMap(([path, methods]) =>
        Object.entries(methods).map(([method, op]): [string, string, Operation] => [path, method.toUpperCase(), op]),
      );
    for (const path of ['/api/actions/prove', '/api/checks/start', '/api/journal', '/api/evidence'])
      expect(
        routes.some(([route]) => route.startsWith(path)),
        path,
      ).toBe(true);
    expect(routes.length).toBeGreaterThan(40);
    const paired = access.pair(access.pin());
    if (!paired.ok) throw new Error('not paired');
    const statuses = new Map<number, number>();
    const done = new Map<string, number>();
    let heapMb = 0;
    for (let i = 0; i < REQUESTS; i++) {
      const [path, method, operation] = pick(routes);
      const query = new URLSearchParams();
      for (const { name, schema } of operation.parameters ?? []) {
        if (random() < 0.5) query.append(name, text(valueFor(schema, random)).slice(0, 300));
      }
      if (random() < 0.05) query.append(text(pick(NASTY)).slice(0, 50), text(pick(NASTY)).slice(0, 300));
      const declared = operation.requestBody?.content['application/json']?.schema;
      const schema = path === '/api/config' ? configSchema : declared;
      let payload: string | undefined;
      if (schema !== undefined || random() < 0.05) {
        payload = JSON.stringify(valueFor(schema, random)) ?? '';
        if (random() < 0.05) payload = payload.slice(0, Math.floor(random() * payload.length));
      }
      const headers: Record<string, string> = { host: random() < 0.97 ? 'localhost' : 'evil.example' };
      if (random() < 0.7) headers.authorization = `Bearer ${paired.value}`;
      if (payload !== undefined) headers['content-type'] = random() < 0.95 ? 'application/json' : 'text/plain';
      if (random() < 0.03) headers.origin = 'http://evil.example';
      if (random() < 0.05) headers.cookie = 'lightkeeper_session=%%%; ;=;x';
      const used = random() < 0.97 ? method : pick(['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD']);
      const tail = query.size === 0 ? '' : `?${query}`;
      const answer = await web.app.inject({
        method: used as 'GET',
        url: `${path}${tail}`,
        headers,
        ...(payload === undefined ? {} : { payload }),
      });
      statuses.set(answer.statusCode, (statuses.get(answer.statusCode) ?? 0) + 1);
      const what = `${used} ${path}${tail} ${payload ?? ''} -> ${answer.statusCode} ${answer.body.slice(0, 300)}`;
      expect(answer.statusCode === 200 || (answer.statusCode >= 400 && answer.statusCode < 500), what).toBe(true);
      if (answer.statusCode === 200) done.set(`${method} ${path}`, (done.get(`${method} ${path}`) ?? 0) + 1);
      if (answer.statusCode >= 400 && used !== 'HEAD' && answer.statusCode !== 422) {
        expect(answer.json().fault.code, what).toMatch(/^[a-z-]+$/);
      }
      expect(answer.body, what).not.toMatch(/node_modules|\.ts:\d|\.js:\d/);
      if (i % 50 === 0) monitor.step();
      if (i === Math.floor(REQUESTS * 0.3)) heapMb = heapUsedMb();
    }
    const growthMb = heapUsedMb() - heapMb;
    tellFaultRow({
      row: 28,
      did: `${REQUESTS} fuzzed requests`,
      saw: `only 200 and 4xx; heap ${growthMb.toFixed(1)} MB more`,
    });
    console.log(
      `fuzz: ${REQUESTS} requests, seed ${SEED}: ${[...statuses]
        .sort(([a], [b]) => a - b)
        .map(([code, n]) => `${code}: ${n}`)
        .join(', ')}; heap ${growthMb.toFixed(1)} MB more at the end`,
    );
    // Not only refusals: most routes were reached in good form too (a random PIN and history are not).
    expect(done.size).toBeGreaterThan(routes.length * 0.6);
    expect(growthMb).toBeLessThan(10);
    expect((await store.history()).length).toBeLessThanOrEqual(10);
    expect(access.sessions).toBeLessThanOrEqual(32);
  }, 3_600_000);

  it('raw nonsense on the socket is answered or closed, and the next one is served', async () => {
    rig = await fullRig();
    const { port } = rig.address;
    const random = mulberry(SEED);
    const pieces = [
      'GET ',
      'POST ',
      '/api/status',
      '/api/live',
      ' HTTP/1.1\r\n',
      'Host: localhost\r\n',
      '\r\n',
      'Content-Length: 5\r\n',
      'Content-Length: -1\r\n',
      'Transfer-Encoding: chunked\r\n',
      'zz\r\n',
      '\0\0\0',
      '0\r\n\r\n',
      'Expect: 100-continue\r\n',
      'Connection: upgrade\r\nUpgrade: websocket\r\n',
      'x'.repeat(9000),
      '\u{1F600}',
    ];
    for (let i = 0; i < 300; i++) {
      await new Promise<void>((resolve) => {
        const socket = connect(port, '127.0.0.1');
        socket.on('error', () => {});
        socket.on('close', () => resolve());
        socket.setTimeout(20, () => socket.destroy());
        socket.on('data', () => {});
        const count = 1 + Math.floor(random() * 8);
        socket.write(Array.from({ length: count }, () => pieces[Math.floor(random() * pieces.length)]).join(''));
      });
    }
    const answer = await fetch(`http://127.0.0.1:${port}/api/health`);
    expect(answer.status).toBe(200);
    await expect.poll(() => rig!.web.live.clients).toBe(0);
  });
});
