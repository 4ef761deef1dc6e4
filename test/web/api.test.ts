import { Check } from 'typebox/value';
import { afterEach, describe, expect, it } from 'vitest';
import { Snapshot } from '../../src/monitor/snapshot.ts';
import { createWebServer } from '../../src/web/server.ts';
import { tellFaultRow } from '../faults/tell.ts';
import { makeWeb, TINY_PNG, type WebRig } from './support/webRig.ts';

const HOST = { host: 'localhost:8080' };
const open: WebRig[] = [];
function rig(options: Parameters<typeof makeWeb>[0] = {}): WebRig {
  const made = makeWeb(options);
  open.push(made);
  return made;
}
afterEach(async () => {
  for (const { web } of open.splice(0)) await web.stop();
});

describe('GET /api/status', () => {
  it('is the snapshot as it is, and fits its schema', async () => {
    const { web, monitor } = rig();
    for (let i = 0; i < 90; i++) monitor.step();
    const answer = await web.app.inject({ url: '/api/status', headers: HOST });
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['content-type']).toContain('application/json');
    expect(answer.json()).toEqual(monitor.snapshot());
    expect(Check(Snapshot, answer.json())).toBe(true);
    expect(answer.json().banks.find((bank: { id: string }) => bank.id === 'adat-a').slips).toBeGreaterThan(0);
  });

  it('is serialised once per seq', async () => {
    const { web, monitor } = rig();
    monitor.publish();
    let made = 0;
    const counted = { ...monitor.snapshot(), toJSON: () => ({ made: ++made }) };
    monitor.override(() => counted);
    for (let i = 0; i < 5; i++) await web.app.inject({ url: '/api/status', headers: HOST });
    expect(made).toBe(1);
  });
});

describe('every answer of a simulated run', () => {
  it.each(['/api/status', '/api/health', '/api/panel.png', '/', '/api/nothing', '/api/panel.png?scale=99'])(
    'says so: %s',
    async (url) => {
      const answer = await rig().web.app.inject({ url, headers: HOST });
      expect(answer.headers['x-lightkeeper-simulated']).toBe('true');
      if (String(answer.headers['content-type']).includes('json')) expect(answer.json().simulated).toBe(true);
    },
  );

  it('and a real run does not', async () => {
    const { web } = rig({ simulated: false });
    const answer = await web.app.inject({ url: '/api/health', headers: HOST });
    expect(answer.headers['x-lightkeeper-simulated']).toBeUndefined();
    expect(answer.json().simulated).toBe(false);
  });
});

describe('GET /api/panel.png', () => {
  it('passes the scale on and answers the picture', async () => {
    const scales: number[] = [];
    const { web } = rig({
      panelPng: (scale) => {
        scales.push(scale);
        return TINY_PNG;
      },
    });
    const plain = await web.app.inject({ url: '/api/panel.png', headers: HOST });
    await web.app.inject({ url: '/api/panel.png?scale=8', headers: HOST });
    expect(plain.headers['content-type']).toBe('image/png');
    expect(plain.rawPayload.equals(TINY_PNG)).toBe(true);
    expect(scales).toEqual([1, 8]);
  });

  it.each(['0', '9', '1.5', 'four', ''])('refuses the scale %j with a code', async (scale) => {
    const answer = await rig().web.app.inject({ url: `/api/panel.png?scale=${scale}`, headers: HOST });
    expect(answer.statusCode).toBe(400);
    expect(answer.json().fault.code).toBe('web-bad-request');
  });
});

describe('GET /api/health', () => {
  it('is ok while capture runs, and not while nothing is captured', async () => {
    const { web, monitor } = rig();
    expect((await web.app.inject({ url: '/api/health', headers: HOST })).json()).toMatchObject({
      ok: true,
      capture: 'running',
    });
    monitor.override((snapshot) => ({ ...snapshot, capture: { ...snapshot.capture, state: 'stalled' } }));
    expect((await web.app.inject({ url: '/api/health', headers: HOST })).json()).toMatchObject({
      ok: false,
      capture: 'stalled',
    });
  });
});

describe('Host and Origin', () => {
  it.each([
    'evil.example',
    'localhost.evil.example',
    '127.0.0.1.evil.example:8080',
    'evil.example:8080',
    '8.8.8.8',
    '[2001:db8::1]:8080',
    'a@localhost',
  ])('fault row 29: a request as %j is refused on every route', async (host) => {
    const { web } = rig();
    for (const url of ['/', '/api/status', '/api/live', '/api/health', '/api/panel.png', '/nothing']) {
      const answer = await web.app.inject({ url, headers: { host } });
      expect(answer.statusCode, url).toBe(403);
      expect(answer.json().fault.code).toBe('web-host');
    }
    tellFaultRow({ row: 29, did: `Host ${JSON.stringify(host)}`, saw: '403 on 6 of 6 routes' });
  });

  it.each(['localhost', 'LOCALHOST:1', '127.0.0.1:8080', '[::1]:8080', 'localhost.'])('%j is ours', async (host) => {
    expect((await rig().web.app.inject({ url: '/api/health', headers: { host } })).statusCode).toBe(200);
  });

  it('a configured name is ours', async () => {
    const { web } = rig({ config: () => ({ host: '127.0.0.1', port: 0, allowedHosts: ['Meters.Studio.Lan'] }) });
    expect((await web.app.inject({ url: '/api/health', headers: { host: 'meters.studio.lan:80' } })).statusCode).toBe(
      200,
    );
  });

  it.each(['http://evil.example', 'null', 'file://', 'chrome-extension://abc', 'http://localhost@evil.example'])(
    'fault row 29: the origin %j is refused',
    async (origin) => {
      const answer = await rig().web.app.inject({ url: '/api/status', headers: { ...HOST, origin } });
      expect(answer.statusCode).toBe(403);
      expect(answer.json().fault.code).toBe('web-origin');
      tellFaultRow({ row: 29, did: `Origin ${origin}`, saw: '403' });
    },
  );

  it('the own origin passes', async () => {
    const headers = { ...HOST, origin: 'http://localhost:8080' };
    expect((await rig().web.app.inject({ url: '/api/status', headers })).statusCode).toBe(200);
  });
});

describe('the page', () => {
  it('loads all it needs from the box itself and under the policy', async () => {
    const { web } = rig();
    const page = await web.app.inject({ url: '/', headers: HOST });
    expect(page.headers['content-type']).toContain('text/html');
    const policy = String(page.headers['content-security-policy']);
    expect(policy).toContain("default-src 'self'");
    expect(policy).not.toContain('upgrade-insecure-requests');
    expect(policy).not.toContain('unsafe');
    expect(page.body).not.toMatch(/<script(?![^>]*\ssrc=)[^>]*>/);
    expect(page.body).not.toMatch(/\son\w+=|\sstyle=/);
    const assets = [...page.body.matchAll(/(?:src|href)="(\/page\/[^"]+)"/g)].map((match) => match[1]!);
    expect(assets.length).toBeGreaterThan(3);
    for (const url of assets) expect((await web.app.inject({ url, headers: HOST })).statusCode, url).toBe(200);
    expect(page.body).not.toMatch(/https?:\/\//);
  });

  it('weighs less than 150 KB compressed, all files together', async () => {
    const { web } = rig();
    const names = ['/'];
    const page = await web.app.inject({ url: '/', headers: HOST });
    names.push(...[...page.body.matchAll(/(?:src|href)="(\/page\/[^"]+)"/g)].map((match) => match[1]!));
    const seen = new Set<string>();
    let bytes = 0;
    while (names.length > 0) {
      const url = names.pop()!;
      if (seen.has(url)) continue;
      seen.add(url);
      const headers = { ...HOST, 'accept-encoding': 'gzip' };
      bytes += (await web.app.inject({ url, headers })).rawPayload.length;
      if (!url.endsWith('.js')) continue;
      const source = (await web.app.inject({ url, headers: HOST })).body;
      const imports = [...source.matchAll(/(?:from|import) ['"](\.[^'"]+)['"]/g)];
      names.push(...imports.map((match) => new URL(match[1]!, `http://box${url}`).pathname));
    }
    expect(seen.size).toBeGreaterThan(8);
    expect([...seen]).toContain('/ui/view.js');
    expect(bytes).toBeLessThan(150_000);
  });

  it('answers 304 to a phone that has it', async () => {
    const { web } = rig();
    const first = await web.app.inject({ url: '/page/main.js', headers: HOST });
    const again = await web.app.inject({
      url: '/page/main.js',
      headers: { ...HOST, 'if-none-match': String(first.headers.etag) },
    });
    expect(again.statusCode).toBe(304);
    expect(again.body).toBe('');
  });

  it.each(['/page/../server.js', '/page/%2e%2e/server.js', '/page/main.ts', '/page/tsconfig.json', '/package.json'])(
    'no other file is served: %s',
    async (url) => {
      expect((await rig().web.app.inject({ url, headers: HOST })).statusCode).toBe(404);
    },
  );
});

describe('a port that can not be had', () => {
  it('that is taken is a fault with a code and what to do', async () => {
    const first = rig();
    const started = await first.web.start();
    if (!started.ok) throw new Error(started.fault.what);
    const { port } = started.value;
    const second = rig({ config: () => ({ host: '127.0.0.1', port, allowedHosts: [] }) });
    const answer = await second.web.start();
    expect(answer).toMatchObject({ ok: false, fault: { code: 'web-port-taken' } });
    if (!answer.ok) {
      expect(answer.fault.what).toContain(String(port));
      expect(answer.fault.fix).toContain('--http');
    }
  });

  it('of an address that this machine lacks is a fault', async () => {
    const { web } = rig({ config: () => ({ host: '203.0.113.7', port: 0, allowedHosts: [] }) });
    expect(await web.start()).toMatchObject({ ok: false, fault: { code: 'web-address-unknown' } });
  });
});

describe('a bug', () => {
  it('is logged with its stack and answered without one', async () => {
    const { web, log } = rig({
      panelPng: () => {
        throw new Error('secret detail');
      },
    });
    const answer = await web.app.inject({ url: '/api/panel.png', headers: HOST });
    expect(answer.statusCode).toBe(500);
    expect(answer.body).not.toContain('secret');
    expect(answer.body).not.toContain('.ts');
    expect(log.join('\n')).toContain('secret detail');
  });
});

it('stop may be called twice, and leaves no listener behind', async () => {
  const { web, monitor } = rig();
  await web.start();
  expect(monitor.listeners).toBe(1);
  await web.stop();
  await web.stop();
  expect(monitor.listeners).toBe(0);
  expect(typeof createWebServer).toBe('function');
});
