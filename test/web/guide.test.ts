import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EXPANDERS } from '../../src/guide/expanders.ts';
import { SOUND_SHEETS } from '../guide/sheets.ts';
import { makeWeb, type WebRig } from './support/webRig.ts';

let rig: WebRig;
let nowMs: number;
beforeEach(() => {
  nowMs = 0;
  rig = makeWeb({ clock: { nowMs: () => nowMs } });
});
afterEach(() => rig.web.stop());

const post = (url: string, payload: unknown) =>
  rig.web.app.inject({ method: 'POST', url, payload: payload as object, headers: { host: 'localhost' } });

describe('the guide over HTTP', () => {
  it('tells all expanders with their sync words and whether they are verified', async () => {
    const answer = await rig.web.app.inject({ url: '/api/guide/expanders', headers: { host: 'localhost' } });
    const { expanders, interfaces } = answer.json();
    expect(expanders).toHaveLength(EXPANDERS.length);
    expect(expanders.find(({ id }: { id: string }) => id === 'ada8200')).toMatchObject({
      setSync: { adat: 'rear SYNC switch to SLAVE, ADAT IN' },
      verified: { sync: false },
    });
    expect(interfaces.find(({ id }: { id: string }) => id === 'audient-evo-16')).toMatchObject({ adatPorts: 2 });
  });

  it('checks a sheet without a PIN and keeps nothing', async () => {
    const bad = await post('/api/guide/check', {
      inputs: [{ channel: 1, name: 'Room', connector: 'xlr', source: 'ribbonPassive', phantom: true }],
    });
    expect(bad.statusCode).toBe(200);
    expect(bad.json().notes).toMatchObject([{ code: 'phantom-on-passive-ribbon', severity: 'alarm', channels: [1] }]);
    const sound = await post('/api/guide/check', SOUND_SHEETS[0]!.sheet);
    expect(sound.json().notes).toEqual([]);
  });

  it('refuses a sheet that does not fit its schema, naming the field', async () => {
    const answer = await post('/api/guide/check', { inputs: [{ channel: 99, connector: 'xlr', source: 'dynamic' }] });
    expect(answer.statusCode).toBe(400);
    expect(answer.json().fault.what).toContain('inputs.0.channel');
    for (const body of ['a word', 3, null, [], { __proto__: null, inputs: 'x' }]) {
      expect((await post('/api/guide/check', body)).statusCode).toBeGreaterThanOrEqual(400);
      expect((await post('/api/guide/check', body)).statusCode).toBeLessThan(500);
    }
  });

  it('plans a brief', async () => {
    const answer = await post('/api/guide/plan', {
      interface: '1235:8215',
      sources: [{ name: 'Mic', kind: 'dynamic', count: 12 }],
      expander: 'ada8200',
    });
    const { plan } = answer.json();
    expect(plan).toMatchObject({ covered: true, needs: { inputs: 12 } });
    expect(plan.channels.map(({ channel }: { channel: number }) => channel)).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8, 13, 14, 15, 16,
    ]);
  });

  it('answers 422 with what to do for an interface that it does not know, or more than 64 channels', async () => {
    const unknown = await post('/api/guide/plan', { interface: 'Portastudio' });
    expect([unknown.statusCode, unknown.json().fault.code]).toEqual([422, 'plan-unknown-interface']);
    const many = { sources: Array.from({ length: 5 }, () => ({ name: 'Mic', kind: 'dynamic', count: 16 })) };
    const much = await post('/api/guide/plan', many);
    expect([much.statusCode, much.json().fault.code]).toEqual([422, 'brief-too-many']);
  });

  it('plans four times a second at most, so that nobody starves the panel', async () => {
    const codes: number[] = [];
    for (let i = 0; i < 5; i++) codes.push((await post('/api/guide/plan', {})).statusCode);
    expect(codes).toEqual([200, 200, 200, 200, 429]);
    nowMs = 1000;
    expect((await post('/api/guide/plan', {})).statusCode).toBe(200);
  });
});
