import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { ConfigStore } from '../../src/config/store.ts';
import { Access, TRIES_PER_MINUTE } from '../../src/web/access.ts';
import type { WebActions } from '../../src/web/actionRoutes.ts';
import { readPinFile, writePinFile } from '../../src/web/pinFile.ts';
import { tellFaultRow } from '../faults/tell.ts';
import { makeWeb } from './support/webRig.ts';

const HOST = { host: 'localhost' };
const cleanUps: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
});
function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'lightkeeper-access-'));
  cleanUps.push(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

/** Draws 111111, 222222, ... so that a test knows which PINs are wrong. */
function testAccess() {
  let nowMs = 0;
  let drawn = 0;
  const pins: string[] = [];
  const access = new Access({
    clock: { nowMs: () => nowMs },
    draw: () => (++drawn % 10) * 111_111,
    onPin: (pin) => pins.push(pin),
  });
  return {
    access,
    pins,
    advance: (ms: number) => {
      nowMs += ms;
    },
  };
}

describe('the PIN', () => {
  it('is six digits, leading zeros and all', () => {
    const access = new Access({ clock: { nowMs: () => 0 }, draw: () => 42 + Math.floor(Math.random() * 2) });
    expect(access.pin()).toMatch(/^0000\d\d$/);
    for (let i = 0; i < 50; i++) expect(new Access({ clock: { nowMs: () => 0 } }).pin()).toMatch(/^\d{6}$/);
  });

  it('gives a session, which ends when it is left or unused for 12 hours', () => {
    const { access, advance } = testAccess();
    const paired = access.pair('111111');
    if (!paired.ok) throw new Error('not paired');
    expect(access.isSession(paired.value)).toBe(true);
    advance(11 * 3600_000);
    expect(access.isSession(paired.value)).toBe(true);
    advance(13 * 3600_000);
    expect(access.isSession(paired.value)).toBe(false);
    const second = access.pair('111111');
    if (!second.ok) throw new Error('not paired');
    access.leave(second.value);
    expect(access.isSession(second.value)).toBe(false);
    expect(access.isSession(null)).toBe(false);
    expect(access.isSession('')).toBe(false);
  });

  it('can not be guessed: five tries a minute, then a minute closed and a new PIN', () => {
    const { access, pins, advance } = testAccess();
    let tries = 0;
    const MINUTES = 60;
    for (let second = 0; second < 60 * MINUTES; second++) {
      for (let i = 0; i < 20; i++) {
        const outcome = access.pair('999990');
        expect(outcome.ok).toBe(false);
        if (!outcome.ok && outcome.fault.code === 'access-wrong-pin') tries++;
      }
      advance(1000);
    }
    expect(tries).toBeLessThanOrEqual(TRIES_PER_MINUTE * MINUTES);
    expect(tries).toBeGreaterThan(0);
    expect(new Set(pins.slice(0, 9)).size).toBe(9);
  });

  it('is not accepted while the door is closed, even when right', () => {
    const { access, pins, advance } = testAccess();
    for (let i = 0; i < TRIES_PER_MINUTE; i++) access.pair('000000');
    const renewed = pins.at(-1)!;
    expect(renewed).not.toBe(pins[0]);
    expect(access.pair(renewed)).toMatchObject({ ok: false, fault: { code: 'access-locked' } });
    expect(access.lockedForS()).toBe(60);
    advance(60_000);
    expect(access.pair(pins[0]!).ok).toBe(false);
    expect(access.pair(renewed).ok).toBe(true);
  });

  it('sessions are bounded: the oldest goes', () => {
    const { access } = testAccess();
    const tokens = Array.from({ length: 40 }, () => {
      const paired = access.pair('111111');
      return paired.ok ? paired.value : '';
    });
    expect(access.sessions).toBe(32);
    expect(access.isSession(tokens[0]!)).toBe(false);
    expect(access.isSession(tokens[39]!)).toBe(true);
  });

  it('in its file is for its owner alone', () => {
    const at = folder();
    expect(writePinFile(at, '012345').ok).toBe(true);
    expect(statSync(join(at, 'pin')).mode & 0o777).toBe(0o600);
    expect(readPinFile(at)).toEqual({ ok: true, value: '012345' });
    expect(readPinFile(join(at, 'nowhere'))).toMatchObject({ ok: false, fault: { code: 'pin-not-found' } });
    expect(writePinFile(join(at, 'nowhere'), '1')).toMatchObject({
      ok: false,
      fault: { code: 'pin-file-not-writable' },
    });
  });
});

async function rig(actions: WebActions = {}) {
  const { access, pins, advance } = testAccess();
  const store = await ConfigStore.open(folder());
  const applied: unknown[] = [];
  let takeMarked = false;
  const made = makeWeb({
    access,
    actions,
    configDoor: {
      store,
      takeIsMarked: () => takeMarked,
      apply: (config, rebuilds) => applied.push({ config, rebuilds }),
    },
  });
  cleanUps.push(() => made.web.stop());
  const pair = async () => {
    const answer = await made.web.app.inject({
      method: 'POST',
      url: '/api/pair',
      headers: HOST,
      payload: { pin: pins.at(-1)! },
    });
    const cookie = String(answer.headers['set-cookie']).split(';')[0]!;
    return { answer, headers: { ...HOST, cookie } };
  };
  return {
    ...made,
    access,
    pins,
    advance,
    store,
    applied,
    pair,
    markTake: (marked: boolean) => {
      takeMarked = marked;
    },
  };
}

const WRITES = [
  ['PUT', '/api/config', { version: 1 }],
  ['POST', '/api/actions/clear', {}],
  ['POST', '/api/actions/undo-clear', {}],
  ['POST', '/api/actions/acknowledge', { code: 'clip' }],
  ['POST', '/api/actions/mark-take', { name: 'Take 1' }],
  ['POST', '/api/actions/prove', { bank: 'adat-a' }],
  ['POST', '/api/actions/release', {}],
  ['POST', '/api/actions/take', {}],
  ['POST', '/api/actions/press', { buttons: ['A'] }],
] as const;

describe('writes', () => {
  it.each(WRITES)('%s %s needs a session, and does nothing without one', async (method, url, payload) => {
    const { web, monitor, store } = await rig();
    const before = store.revision();
    for (const headers of [
      HOST,
      { ...HOST, cookie: 'lightkeeper_session=guess' },
      { ...HOST, authorization: 'Bearer guess' },
    ]) {
      const answer = await web.app.inject({ method, url, payload, headers });
      expect(answer.statusCode).toBe(401);
      expect(answer.json().fault.code).toBe('access-needed');
    }
    expect(monitor.calls).toEqual([]);
    expect(store.revision()).toBe(before);
  });

  it.each(WRITES)('%s %s from another site is refused even with the cookie', async (method, url, payload) => {
    const { web, monitor, pair } = await rig();
    const { headers } = await pair();
    const answer = await web.app.inject({
      method,
      url,
      payload,
      headers: { ...headers, origin: 'http://evil.example' },
    });
    expect(answer.statusCode).toBe(403);
    expect(monitor.calls).toEqual([]);
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'])(
    'a body of %s is refused: only JSON is read',
    async (type) => {
      const { web, monitor, pair } = await rig();
      const { headers } = await pair();
      const answer = await web.app.inject({
        method: 'POST',
        url: '/api/actions/clear',
        payload: '{}',
        headers: { ...headers, 'content-type': type },
      });
      expect(answer.statusCode).toBe(415);
      expect(monitor.calls).toEqual([]);
    },
  );

  it('fault row 28: a body of 10 MB, and JSON that is none, are refused with a code', async () => {
    const { web, pair } = await rig();
    const { headers } = await pair();
    const post = (payload: string) =>
      web.app.inject({
        method: 'PUT',
        url: '/api/config',
        payload,
        headers: { ...headers, 'content-type': 'application/json' },
      });
    const large = await post(`{"version":1,"x":"${'y'.repeat(10_000_000)}"}`);
    expect([large.statusCode, large.json().fault.code]).toEqual([413, 'web-too-large']);
    const broken = await post('{"version":');
    expect([broken.statusCode, broken.json().fault.code]).toEqual([400, 'web-bad-request']);
    const proto = await post('{"__proto__": {"x": 1}, "version": 1}');
    expect(proto.statusCode).toBe(400);
  });
});

describe('pairing over HTTP', () => {
  it('sets a cookie that scripts and other sites can not use', async () => {
    const { pair, web } = await rig();
    const { answer, headers } = await pair();
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['set-cookie']).toMatch(/HttpOnly; SameSite=Strict/);
    expect((await web.app.inject({ url: '/api/session', headers })).json()).toMatchObject({ paired: true });
    const bearer = { ...HOST, authorization: `Bearer ${answer.json().token}` };
    expect((await web.app.inject({ url: '/api/session', headers: bearer })).json()).toMatchObject({ paired: true });
    await web.app.inject({ method: 'DELETE', url: '/api/pair', headers });
    expect((await web.app.inject({ url: '/api/session', headers })).json()).toMatchObject({ paired: false });
  });

  it('fault row 30: brute force is locked out: 429 from the sixth try of a minute on', async () => {
    const { web, advance } = await rig();
    const codes: number[] = [];
    for (let i = 0; i < 30; i++) {
      const answer = await web.app.inject({
        method: 'POST',
        url: '/api/pair',
        headers: HOST,
        payload: { pin: `9${String(i).padStart(5, '0')}` },
      });
      codes.push(answer.statusCode);
      advance(1000);
    }
    expect(codes.filter((code) => code === 401)).toHaveLength(5);
    expect(codes.slice(5).every((code) => code === 429)).toBe(true);
    tellFaultRow({ row: 30, did: '30 wrong PINs in 30 s', saw: '5 tried, then 429' });
  });

  it('no answer to anyone carries the PIN, and no log line', async () => {
    const { web, pins, log, pair } = await rig();
    await pair();
    const routes = Object.entries(web.openApi.paths).flatMap(([url, methods]) =>
      Object.keys(methods).map((method) => [method.toUpperCase(), url] as const),
    );
    expect(routes.length).toBeGreaterThan(15);
    const extra = ['/', '/api/docs', '/page/main.js', '/nothing'].map((url) => ['GET', url] as const);
    for (const [method, url] of [...routes, ...extra]) {
      if (url === '/api/live') continue;
      for (const payload of [undefined, {}, { pin: pins[0]!.replace('1', '2') }, { pin: 'abc' }]) {
        if (payload !== undefined && method === 'GET') continue;
        const answer = await web.app.inject({
          method: method as 'GET',
          url,
          headers: HOST,
          ...(payload ? { payload } : {}),
        });
        const everything = `${JSON.stringify(answer.headers)}${answer.body}`;
        for (const pin of pins) expect(everything, `${method} ${url}`).not.toContain(pin);
      }
    }
    for (const pin of pins) expect(log.join('\n')).not.toContain(pin);
  });
});

describe('actions', () => {
  it('reach the monitor', async () => {
    const { web, monitor, pair } = await rig();
    const { headers } = await pair();
    const post = async (name: string, payload: object) =>
      (await web.app.inject({ method: 'POST', url: `/api/actions/${name}`, payload, headers })).statusCode;
    expect(await post('clear', {})).toBe(200);
    expect(await post('clear', { channels: [3, 4] })).toBe(200);
    expect(await post('release', {})).toBe(200);
    expect(await post('take', {})).toBe(200);
    expect(monitor.calls).toEqual(['clear all', 'clear 3,4', 'release', 'take']);
    expect(await post('clear', { channels: [] })).toBe(400);
    expect(await post('clear', { channels: [65] })).toBe(400);
    expect(await post('clear', { channel: 3 })).toBe(400);
  });

  it('reach what the run can do, and say so when it can not', async () => {
    const calls: unknown[] = [];
    const { web, pair } = await rig({
      press: (buttons, holdMs) => {
        calls.push([buttons, holdMs]);
        return { ok: true, value: null };
      },
      undoClear: () => ({ ok: false, fault: { code: 'undo-none', what: 'w', fix: 'f' } }),
    });
    const { headers } = await pair();
    const post = (name: string, payload: object) =>
      web.app.inject({ method: 'POST', url: `/api/actions/${name}`, payload, headers });
    expect((await web.app.inject({ url: '/api/actions', headers: HOST })).json().actions).toEqual([
      'clear',
      'press',
      'release',
      'take',
      'undo-clear',
    ]);
    expect((await post('press', { buttons: ['A', 'B'], holdMs: 3000 })).statusCode).toBe(200);
    expect((await post('press', { buttons: ['C'] })).statusCode).toBe(200);
    expect(calls).toEqual([
      [['A', 'B'], 3000],
      [['C'], 80],
    ]);
    expect((await post('undo-clear', {})).json().fault.code).toBe('undo-none');
    const missing = await post('prove', { bank: 'adat-a' });
    expect([missing.statusCode, missing.json().fault.code]).toEqual([409, 'action-not-here']);
  });
});

describe('the configuration over HTTP', () => {
  it('is read, checked, changed and applied, part by part', async () => {
    const { web, pair, store, applied } = await rig();
    const { headers } = await pair();
    const got = (await web.app.inject({ url: '/api/config', headers: HOST })).json();
    expect(got.config).toEqual(store.config());
    const wanted = { ...got.config, meter: { ...got.config.meter, holdMs: 4000 } };
    const put = (query: string, payload: object) =>
      web.app.inject({ method: 'PUT', url: `/api/config${query}`, payload, headers });
    const checked = (await put('?validateOnly=true', wanted)).json();
    expect(checked).toMatchObject({ saved: false, rebuilds: ['monitor'] });
    expect(checked.changes).toEqual([{ field: 'meter.holdMs', from: 1000, to: 4000, rebuilds: 'monitor' }]);
    expect(store.config().meter.holdMs).toBe(1000);
    const saved = await put(`?revision=${got.revision}`, wanted);
    expect(saved.json()).toMatchObject({ saved: true, rebuilds: ['monitor'] });
    expect(store.config().meter.holdMs).toBe(4000);
    await expect.poll(() => applied.length).toBe(1);
    expect(applied[0]).toMatchObject({ config: { meter: { holdMs: 4000 } }, rebuilds: ['monitor'] });
    const late = await put(`?revision=${got.revision}`, got.config);
    expect([late.statusCode, late.json().fault.code]).toEqual([409, 'config-changed-meanwhile']);
    const exported = await web.app.inject({ url: '/api/config/export', headers: HOST });
    expect(exported.json()).toEqual(wanted);
    expect((await put('', exported.json())).json().changes).toEqual([]);
    const { history } = (await web.app.inject({ url: '/api/config/history', headers: HOST })).json();
    expect(history[0]).toMatchObject({ changes: 0 });
  });

  it('that does not fit is refused field by field', async () => {
    const { web, pair, store } = await rig();
    const { headers } = await pair();
    const before = store.revision();
    const answer = await web.app.inject({
      method: 'PUT',
      url: '/api/config',
      payload: { version: 1, meter: { holdMs: 1 }, colour: 'red' },
      headers,
    });
    expect(answer.statusCode).toBe(422);
    expect(
      answer
        .json()
        .problems.map((problem: { field: string }) => problem.field)
        .sort(),
    ).toEqual(['colour', 'meter.holdMs']);
    expect(store.revision()).toBe(before);
  });

  it('is refused while a take is marked if capture must reopen, and only then', async () => {
    const { web, pair, markTake } = await rig();
    const { headers } = await pair();
    markTake(true);
    const put = (payload: object) => web.app.inject({ method: 'PUT', url: '/api/config', payload, headers });
    const refused = await put({ version: 1, capture: { rateHz: 96_000 } });
    expect([refused.statusCode, refused.json().fault.code]).toEqual([409, 'config-take-marked']);
    expect((await put({ version: 1, channels: [{ index: 1, name: 'Kick' }] })).statusCode).toBe(200);
    markTake(false);
    expect((await put({ version: 1, capture: { rateHz: 96_000 } })).statusCode).toBe(200);
  });
});
