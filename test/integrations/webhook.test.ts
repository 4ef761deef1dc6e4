import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { AlarmWatch } from '../../src/integrations/alarmWatch.ts';
import { signatureOf, TRIES, WAITING, Webhook } from '../../src/integrations/webhook.ts';
import { FORGET_MS } from '../../src/monitor/acknowledgements.ts';
import type { Finding, Snapshot } from '../../src/monitor/snapshot.ts';
import { FakeMonitor } from '../web/support/fakeMonitor.ts';

const cleanUps: (() => void)[] = [];
afterEach(() => {
  for (const cleanUp of cleanUps.splice(0).reverse()) cleanUp();
});

interface Got {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A receiver that answers with `status(n)` to its nth request; 0: not at all. */
async function receiver(status: (n: number) => number): Promise<{ url: string; got: Got[]; server: Server }> {
  const got: Got[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += String(chunk);
    });
    request.on('end', () => {
      got.push({ headers: request.headers, body });
      const code = status(got.length);
      if (code !== 0) response.writeHead(code, code === 302 ? { location: '/elsewhere' } : {}).end('x'.repeat(100_000));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanUps.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?key=geheim`, got, server };
}

function webhook(url: string, secret: string | null = null, answerMs = 2000): Webhook {
  const made = new Webhook({ url, secret, wallMs: () => 1_770_000_000_000, firstWaitMs: 5, answerMs });
  cleanUps.push(() => made.stop());
  return made;
}

async function until(probe: () => boolean, withinMs = 15_000): Promise<void> {
  const endMs = performance.now() + withinMs;
  while (!probe()) {
    if (performance.now() > endMs) throw new Error('waited in vain');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

describe('the webhook', () => {
  it('is tried again until the receiver takes it, with the same id, and then never again', async () => {
    const { url, got } = await receiver((n) => (n === 1 ? 503 : n === 2 ? 429 : 204));
    const hook = webhook(url);
    hook.send({ id: 'run-1', body: '{"a":1}' });
    await until(() => got.length === 3);
    await until(() => hook.fault === null);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(got).toHaveLength(3);
    expect(new Set(got.map(({ headers }) => headers['x-lightkeeper-delivery']))).toEqual(new Set(['run-1']));
    expect(got.every(({ body }) => body === '{"a":1}')).toBe(true);
  });

  it('is tried again when nobody answers, and when nobody is there', async () => {
    const silent = await receiver((n) => (n === 1 ? 0 : 200));
    const hook = webhook(silent.url, null, 150);
    hook.send({ id: '1', body: '{}' });
    await until(() => silent.got.length === 2);
    const gone = await receiver(() => 200);
    gone.server.close();
    const other = webhook(gone.url);
    other.send({ id: '1', body: '{}' });
    await until(() => other.fault !== null);
    expect(other.fault!.code).toBe('webhook-failing');
    gone.server.listen(Number(new URL(gone.url).port), '127.0.0.1');
    await until(() => gone.got.length === 1);
    await until(() => other.fault === null);
  });

  it('keeps the order, gives up at last, and goes on with the next', async () => {
    const { url, got } = await receiver((n) => (n <= TRIES ? 500 : 200));
    const hook = webhook(url);
    hook.send({ id: 'bad', body: '{}' });
    hook.send({ id: 'good', body: '{}' });
    await until(() => got.length === TRIES + 1, 60_000);
    expect(got.map(({ headers }) => headers['x-lightkeeper-delivery'])).toEqual([...Array(TRIES).fill('bad'), 'good']);
    await until(() => hook.fault === null);
    expect(hook.dropped).toBe(1);
  }, 90_000);

  it('does not follow to another address, and does not try again what is refused for good', async () => {
    const { url, got } = await receiver((n) => (n === 1 ? 302 : n === 2 ? 404 : 200));
    const hook = webhook(url);
    hook.send({ id: '1', body: '{}' });
    hook.send({ id: '2', body: '{}' });
    hook.send({ id: '3', body: '{}' });
    await until(() => got.length === 3);
    expect(got.map(({ headers }) => headers['x-lightkeeper-delivery'])).toEqual(['1', '2', '3']);
    await until(() => hook.dropped === 2);
  });

  it('holds a bounded number; the oldest go first and are counted', async () => {
    const { url, got } = await receiver(() => 0);
    const hook = webhook(url, null, 60_000);
    for (let i = 0; i < WAITING + 30; i++) hook.send({ id: String(i), body: '{}' });
    await until(() => got.length === 1);
    expect(hook.dropped).toBe(30);
  });

  it('is signed so that the receiver can tell who sent it and when, and the address is in no fault', async () => {
    const { url, got } = await receiver((n) => (n === 1 ? 500 : 200));
    const hook = webhook(url, 'a long secret');
    hook.send({ id: '1', body: '{"x":"ü"}' });
    await until(() => got.length >= 1);
    await until(() => hook.fault !== null || got.length === 2);
    expect(JSON.stringify(hook.fault ?? '')).not.toMatch(/geheim|secret|127\.0\.0\.1/);
    await until(() => got.length === 2);
    const { headers, body } = got[1]!;
    expect(headers['x-lightkeeper-timestamp']).toBe('1770000000');
    expect(headers['x-lightkeeper-signature']).toBe(signatureOf('a long secret', '1770000000', body));
    expect(signatureOf('another', '1770000000', body)).not.toBe(headers['x-lightkeeper-signature']);
  });
});

describe('which alarms are sent', () => {
  const base = new FakeMonitor().snapshot();
  const finding = (more: Partial<Finding>): Finding => ({
    code: 'bank-slips',
    severity: 'alarm',
    where: 'ADAT A',
    symptom: '',
    cause: '',
    fix: '',
    confidence: 'high',
    sinceMs: 0,
    ...more,
  });
  const at = (uptimeMs: number, ...findings: Finding[]): Snapshot => ({ ...base, uptimeMs, findings });

  it('each cause once while it stands, and again only after it was away for a minute', () => {
    const watch = new AlarmWatch();
    let told = 0;
    for (let ms = 0; ms < 600_000; ms += 500) told += watch.fresh(at(ms, finding({}))).length;
    expect(told).toBe(1);
    expect(watch.fresh(at(600_500))).toEqual([]);
    expect(watch.fresh(at(601_000, finding({})))).toEqual([]);
    expect(watch.fresh(at(601_500))).toEqual([]);
    expect(watch.fresh(at(601_500 + FORGET_MS))).toEqual([]);
    expect(watch.fresh(at(602_000 + FORGET_MS, finding({})))).toHaveLength(1);
  });

  it('two places are two causes; warnings and what was acknowledged are not sent', () => {
    const watch = new AlarmWatch();
    const fresh = watch.fresh(
      at(
        0,
        finding({}),
        finding({ where: 'ADAT B' }),
        finding({ code: 'x', severity: 'warning' }),
        finding({ code: 'y', acknowledged: true }),
      ),
    );
    expect(fresh.map(({ where }) => where)).toEqual(['ADAT A', 'ADAT B']);
  });
});
