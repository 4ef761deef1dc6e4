import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FullRig, fullRig } from './support/fullRig.ts';

describe('secrets of the configuration over HTTP', () => {
  let rig: FullRig;
  let url: string;
  let token: string;
  beforeAll(async () => {
    rig = await fullRig();
    url = rig.address.url.replace(/\/$/, '');
    const pin = rig.access.pin();
    const paired = await fetch(`${url}/api/pair`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ pin }),
    });
    token = ((await paired.json()) as { token: string }).token;
  });
  afterAll(() => rig.stop());

  const put = (body: unknown, query = '') =>
    fetch(`${url}/api/config${query}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify(body),
    });
  const get = async (path: string) => (await fetch(`${url}/api/${path}`)).text();

  it('go in, are kept, and never come out again: not by the answer, the configuration, the export or the history', async () => {
    const before = (JSON.parse(await get('config')) as { config: Record<string, unknown> }).config;
    const saved = await put({ ...before, mqtt: { host: 'broker.local', username: 'box', password: 'geheim-1' } });
    expect(saved.status).toBe(200);
    expect(await saved.text()).not.toContain('geheim-1');
    // The page sends back what it was given, with another change.
    const shown = (JSON.parse(await get('config')) as { config: { mqtt: { password: string; port: number } } }).config;
    expect(shown.mqtt.password).toMatch(/^\*+$/);
    expect((await put({ ...shown, mqtt: { ...shown.mqtt, port: 1884 } })).status).toBe(200);
    expect(rig.store.config().mqtt).toMatchObject({ password: 'geheim-1', port: 1884 });
    expect(readFileSync(join(rig.store.folder, 'config.json'), 'utf8')).toContain('geheim-1');
    // An earlier configuration is loaded from the history by the page, and saved.
    const changed = await put({ ...shown, mqtt: { ...shown.mqtt, password: 'geheim-2' } });
    expect(await changed.text()).not.toMatch(/geheim/);
    for (const path of ['config', 'config/export', 'config/history', 'config/schema'])
      expect(await get(path), path).not.toMatch(/geheim/);
  });

  it('asterisks that stand for nothing are refused by name', async () => {
    const answer = await put({ ...rig.store.config(), webhook: { url: '********' } }, '?validateOnly=true');
    expect(answer.status).toBe(422);
    expect(await answer.json()).toMatchObject({ problems: [{ field: 'webhook.url' }] });
  });
});
