import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { checkConfig } from '../../src/config/check.ts';
import { defaultConfig } from '../../src/config/defaults.ts';
import { diffConfig } from '../../src/config/diff.ts';
import { CONFIG_VERSION, type Migration, migrate } from '../../src/config/migrations.ts';
import type { Config } from '../../src/config/schema.ts';
import { ConfigStore, HISTORY_LENGTH } from '../../src/config/store.ts';
import { tellFaultRow } from '../faults/tell.ts';

const cleanUps: (() => void)[] = [];
afterEach(() => {
  for (const cleanUp of cleanUps.splice(0)) cleanUp();
});
function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'lightkeeper-config-'));
  cleanUps.push(() => rmSync(made, { recursive: true, force: true }));
  return made;
}
const held = (holdMs: number): Config => ({ ...defaultConfig(), meter: { ...defaultConfig().meter, holdMs } });
const GOLDEN = fileURLToPath(new URL('golden', import.meta.url));

describe('checking', () => {
  it('fills in the defaults of a patch sheet too, and names the field of it that does not fit', () => {
    const row = { channel: 1, name: 'Vox', connector: 'xlr', source: 'condenser' };
    const checked = checkConfig({ version: 1, patch: { inputs: [row] } });
    if (!checked.ok) throw new Error(JSON.stringify(checked.problems));
    expect(checked.config.patch).toMatchObject({
      rateHz: 48_000,
      inputs: [{ ...row, phantom: false, cable: { balanced: true, unit: 'm' } }],
    });
    const wrong = checkConfig({ version: 1, patch: { inputs: [{ ...row, source: 'kazoo' }] } });
    expect(wrong).toMatchObject({ ok: false, problems: [{ field: 'patch.inputs.0.source' }] });
  });

  it('fills in every default', () => {
    expect(checkConfig({ version: 1 })).toEqual({ ok: true, config: defaultConfig() });
  });

  it.each([
    [{ version: 1, colour: 'red' }, 'colour'],
    [{ version: 1, meter: { holdMs: 3 } }, 'meter.holdMs'],
    [{ version: 1, meter: { clipRun: '3' } }, 'meter.clipRun'],
    [{ version: 1, channels: [{ index: 0, name: 'Kick' }] }, 'channels.0.index'],
    [
      {
        version: 1,
        channels: [
          { index: 4, name: 'a' },
          { index: 4, name: 'b' },
        ],
      },
      'channels.1.index',
    ],
    [{ version: 1, banks: [{ id: 'a', name: 'A', kind: 'adat', first: 8, last: 1 }] }, 'banks.0.last'],
    [
      {
        version: 1,
        banks: [
          { id: 'a', name: 'A', kind: 'adat', first: 1, last: 8 },
          { id: 'b', name: 'B', kind: 'adat', first: 8, last: 15 },
        ],
      },
      'banks.1.first',
    ],
  ])('%j is refused, and the field is named', (value, field) => {
    const checked = checkConfig(value);
    expect(checked.ok).toBe(false);
    if (!checked.ok) expect(checked.problems.map((problem) => problem.field)).toContain(field);
  });

  it('never throws, whatever it is given, and never changes it', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const before = JSON.stringify(value);
        checkConfig(value);
        checkConfig({ ...(typeof value === 'object' ? value : {}), version: 1 });
        expect(JSON.stringify(value)).toBe(before);
      }),
    );
  });
});

describe('migrations', () => {
  it.each(readdirSync(GOLDEN))('a released file loads for ever: %s', async (name) => {
    const at = folder();
    const text = readFileSync(join(GOLDEN, name), 'utf8');
    writeFileSync(join(at, 'config.json'), text);
    const store = await ConfigStore.open(at);
    expect(store.origin().kind).toBe('loaded');
    const { version: _old, ...fields } = JSON.parse(text);
    expect(store.config()).toMatchObject({ version: CONFIG_VERSION, ...fields });
  });

  it('there is a golden file of every version', () => {
    const versions = readdirSync(GOLDEN).map((name) => JSON.parse(readFileSync(join(GOLDEN, name), 'utf8')).version);
    expect(versions.sort()).toEqual(Array.from({ length: CONFIG_VERSION }, (_, i) => i + 1));
  });

  it('steps are taken one by one, in order, and leave their input alone', () => {
    const steps: Migration[] = [
      {
        from: 2,
        note: 'b became c',
        migrate: (config) => {
          const { b, ...rest } = config as { b: number };
          return { ...rest, c: b * 10 };
        },
      },
      { from: 1, note: 'a became b', migrate: (config) => ({ b: (config as unknown as { a: number }).a + 1 }) },
    ];
    const old = Object.freeze({ version: 1, a: 4 });
    expect(migrate(old, steps, 3)).toEqual({
      kind: 'current',
      config: { version: 3, c: 50 },
      notes: ['a became b', 'b became c'],
    });
    expect(migrate({ version: 9 }, steps, 3)).toEqual({ kind: 'newer', version: 9 });
    for (const raw of [null, [], 7, {}, { version: '1' }, { version: 0 }, { version: 1.5 }]) {
      expect(migrate(raw, steps, 3).kind).toBe('unknown');
    }
  });
});

describe('the diff', () => {
  it('names the fields, and the parts to rebuild in order, each once', () => {
    const before = defaultConfig();
    const after: Config = {
      ...before,
      capture: { ...before.capture, rateHz: 96_000 },
      meter: { ...before.meter, holdMs: 2000, clipRun: 1 },
      web: { ...before.web, port: 9000, allowedHosts: ['meters'] },
      channels: [{ index: 1, name: 'Kick' }],
    };
    const diff = diffConfig(before, after);
    expect(diff.changes.map((change) => [change.field, change.rebuilds])).toEqual([
      ['capture.rateHz', 'capture'],
      ['meter.clipRun', 'monitor'],
      ['meter.holdMs', 'monitor'],
      ['channels', 'monitor'],
      ['web.port', 'web'],
      ['web.allowedHosts', 'web'],
    ]);
    expect(diff.rebuilds).toEqual(['capture', 'monitor', 'web']);
    expect(diffConfig(before, structuredClone(before))).toEqual({ changes: [], rebuilds: [] });
  });
});

describe('the store', () => {
  it('starts with the defaults where there is nothing, and finds again what it saved', async () => {
    const at = join(folder(), 'state', 'deeper');
    const store = await ConfigStore.open(at);
    expect(store.origin().kind).toBe('fresh');
    const before = store.revision();
    expect(await store.save(held(3000))).toMatchObject({ ok: true });
    expect(store.revision()).not.toBe(before);
    const again = await ConfigStore.open(at);
    expect(again.config()).toEqual(held(3000));
    expect(again.origin()).toEqual({ kind: 'loaded', notes: [] });
  });

  it('remembers the ten before, newest first', async () => {
    const at = folder();
    const store = await ConfigStore.open(at);
    for (let i = 0; i < 15; i++) await store.save(held(1000 + i));
    const history = await store.history();
    expect(history).toHaveLength(HISTORY_LENGTH);
    expect(history.map(({ config }) => config.meter.holdMs)).toEqual(
      Array.from({ length: 10 }, (_, i) => 1000 + 13 - i),
    );
    expect(readdirSync(join(at, 'config-history'))).toHaveLength(HISTORY_LENGTH);
  });

  it('saves one after the other when two ask at once', async () => {
    const at = folder();
    const store = await ConfigStore.open(at);
    await Promise.all([2000, 3000, 4000].map((ms) => store.save(held(ms))));
    expect((await ConfigStore.open(at)).config().meter.holdMs).toBe(4000);
    expect((await store.history()).map(({ config }) => config.meter.holdMs)).toEqual([3000, 2000]);
  });

  it.each([
    ['garbage', '{"version": 1, "met'],
    ['nothing', ''],
    ['zero bytes', '\0\0\0\0\0\0'],
    ['an unknown key', '{"version": 1, "colour": "red"}'],
    ['a value out of range', '{"version": 1, "meter": {"holdMs": 1}}'],
    ['no version', '{}'],
    ['a list', '[1,2,3]'],
  ])('starts with the last good one when the file holds %s, and keeps the bad file aside', async (_what, text) => {
    const at = folder();
    const store = await ConfigStore.open(at);
    await store.save(held(5000));
    await store.save(held(6000));
    writeFileSync(join(at, 'config.json'), text);
    const again = await ConfigStore.open(at);
    expect(again.config()).toEqual(held(5000));
    expect(again.origin()).toMatchObject({ kind: 'lastGood', fault: { code: 'config-bad' } });
    expect(readFileSync(join(at, 'config.bad-1.json'), 'utf8')).toBe(text);
    const third = await ConfigStore.open(at);
    expect(third.config()).toEqual(held(5000));
    expect(third.origin().kind).toBe('loaded');
  });

  it('starts with the defaults when nothing on the disk is good', async () => {
    const at = folder();
    for (let i = 0; i < 8; i++) {
      writeFileSync(join(at, 'config.json'), `garbage ${i}`);
      const store = await ConfigStore.open(at);
      expect(store.config()).toEqual(defaultConfig());
    }
    expect(readdirSync(at).filter((name) => name.startsWith('config.bad-'))).toHaveLength(5);
  });

  it('leaves a file of a newer version as it is and refuses to save over it', async () => {
    const at = folder();
    const text = '{"version": 99, "capture": {"device": "new words"}}';
    writeFileSync(join(at, 'config.json'), text);
    const store = await ConfigStore.open(at);
    expect(store.origin()).toMatchObject({ kind: 'readOnly', fault: { code: 'config-newer' } });
    expect(await store.save(held(2000))).toMatchObject({ ok: false, fault: { code: 'config-newer' } });
    expect(readFileSync(join(at, 'config.json'), 'utf8')).toBe(text);
    expect(readdirSync(at).filter((name) => name.endsWith('.json'))).toEqual(['config.json']);
  });

  it.each([
    ['ENOSPC', 'config-disk-full'],
    ['EROFS', 'config-not-writable'],
    ['EACCES', 'config-not-writable'],
    ['EIO', 'config-save-failed'],
  ])('refuses a save that meets %s with the reason; the old one stays', async (code, fault) => {
    const at = folder();
    const first = await ConfigStore.open(at);
    await first.save(held(2000));
    const store = await ConfigStore.open(at, () => Promise.reject(Object.assign(new Error(code), { code })));
    expect(await store.save(held(3000))).toMatchObject({ ok: false, fault: { code: fault } });
    expect(store.config()).toEqual(held(2000));
    expect((await ConfigStore.open(at)).config()).toEqual(held(2000));
  });

  it('a folder that can not be made is a fault at the save, not at the start', async () => {
    const at = folder();
    writeFileSync(join(at, 'file'), 'in the way');
    const store = await ConfigStore.open(join(at, 'file', 'state'));
    expect(store.config()).toEqual(defaultConfig());
    expect((await store.save(held(2000))).ok).toBe(false);
  });
});

/** KILLS=1000 is the full form: `npm run kills`. */
const KILLS = Number(process.env.KILLS ?? 12);

describe('SIGKILL in the middle of saves', () => {
  it(`fault row 18: ${KILLS} times leaves the old or the new configuration, whole`, async () => {
    const at = folder();
    const store = await ConfigStore.open(at);
    await store.save(held(1000));
    const saver = fileURLToPath(new URL('support/saveForEver.mjs', import.meta.url));
    let newest = 1000;
    let torn = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      const child: ChildProcess = spawn(process.execPath, [saver, at, String(newest)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      cleanUps.push(() => child.kill('SIGKILL'));
      await new Promise((resolve) => child.stdout!.once('data', resolve));
      await new Promise((resolve) => setTimeout(resolve, (kill * 7) % 23));
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await gone;
      // A half-written file beside the real one: the kill fell into a save.
      if (readdirSync(at).some((name) => name.endsWith('.tmp'))) torn++;
      const again = await ConfigStore.open(at);
      expect(again.origin()).toEqual({ kind: 'loaded', notes: [] });
      expect(again.config().meter.holdMs).toBeGreaterThanOrEqual(newest);
      newest = again.config().meter.holdMs;
      for (const { config } of await again.history()) expect(config.meter.holdMs).toBeLessThanOrEqual(newest);
    }
    expect(readdirSync(at).filter((name) => name.startsWith('config.bad'))).toEqual([]);
    expect(newest).toBeGreaterThan(1000);
    tellFaultRow({ row: 18, did: `SIGKILL x ${KILLS} while saving`, saw: `${torn} fell into a write; 0 lost` });
    console.log(`kills: ${KILLS}, ${torn} inside a write, ${newest - 1000} saves survived, 0 lost`);
  }, 3_600_000);
});
