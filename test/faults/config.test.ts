import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Snapshot } from '../../src/monitor/snapshot.ts';
import { type Daemon, startDaemon } from '../daemon/daemonProcess.ts';
import { tellFaultRow } from './tell.ts';

/** A mount of one's own needs root, or user namespaces that the kernel allows. */
const MOUNTS =
  spawnSync('unshare', ['-rm', 'sh', '-c', 'mount -t tmpfs -o size=64k tmpfs /mnt && mount -o remount,ro /mnt'])
    .status === 0;

let folder: string;
let daemon: Daemon | null = null;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lightkeeper-faults-'));
});
afterEach(async () => {
  await daemon?.stop();
  daemon = null;
  rmSync(folder, { recursive: true, force: true });
});

async function json<T>(path: string, init: RequestInit = {}): Promise<{ status: number; body: T }> {
  const answer = await fetch(`${daemon!.url}${path}`, init);
  return { status: answer.status, body: (await answer.json()) as T };
}

async function pairedHeaders(): Promise<Record<string, string>> {
  const pin = readFileSync(join(folder, 'pin'), 'utf8').trim();
  const headers = { 'content-type': 'application/json' };
  const paired = await json<{ token: string }>('/api/pair', { method: 'POST', headers, body: JSON.stringify({ pin }) });
  return { ...headers, authorization: `Bearer ${paired.body.token}` };
}

describe('faults of the configuration', () => {
  it.each([
    ['garbage', '{"version": 1, "met'],
    ['nothing', ''],
    ['an unknown key', '{"version": 1, "colour": "red"}'],
  ])('fault row 19: a file that holds %s: it starts, says so, and keeps the file aside', async (what, text) => {
    writeFileSync(join(folder, 'config.json'), text);
    daemon = await startDaemon(['--sim', 'clean'], {}, folder);
    const { body } = await json<Snapshot>('/api/status');
    expect(body.findings.find(({ code }) => code === 'config-bad')).toMatchObject({
      severity: 'warning',
      where: 'Configuration',
    });
    expect(readFileSync(join(folder, 'config.bad-1.json'), 'utf8')).toBe(text);
    // A good one is saved: the banner goes.
    const config = (await json<{ config: object }>('/api/config')).body.config;
    const saved = await json('/api/config', {
      method: 'PUT',
      headers: await pairedHeaders(),
      body: JSON.stringify({ ...config, meter: { clipRun: 3, holdMs: 1500 } }),
    });
    expect(saved.status).toBe(200);
    const codes = async () => (await json<Snapshot>('/api/status')).body.findings.map(({ code }) => code);
    await expect.poll(codes, { timeout: 15_000 }).not.toContain('config-bad');
    tellFaultRow({ row: 19, did: `config.json holds ${what}`, saw: 'starts; finding config-bad; file kept aside' });
  });

  it('fault row 20: a file of a newer version is used by nobody and touched by nobody', async () => {
    const text = '{"version": 99, "capture": {"device": "new words"}}';
    writeFileSync(join(folder, 'config.json'), text);
    daemon = await startDaemon(['--sim', 'clean'], {}, folder);
    const { body } = await json<Snapshot>('/api/status');
    expect(body.findings.map(({ code }) => code)).toContain('config-newer');
    const config = (await json<{ config: object }>('/api/config')).body.config;
    const saved = await json<{ fault: { code: string } }>('/api/config', {
      method: 'PUT',
      headers: await pairedHeaders(),
      body: JSON.stringify({ ...config, meter: { clipRun: 3, holdMs: 1500 } }),
    });
    expect([saved.status, saved.body.fault.code]).toEqual([409, 'config-newer']);
    await daemon.stop();
    daemon = null;
    expect(readFileSync(join(folder, 'config.json'), 'utf8')).toBe(text);
    expect(readdirSync(folder).filter((name) => name.startsWith('config.bad'))).toEqual([]);
    tellFaultRow({ row: 20, did: 'config.json of version 99', saw: 'read-only mode; the file is unchanged' });
  });

  it.skipIf(!MOUNTS)(
    'fault row 21: a full disk and a read-only one refuse the save with the reason; the old stays',
    () => {
      const script = fileURLToPath(new URL('support/fullDisk.mjs', import.meta.url));
      const mount = 'mount -t tmpfs -o size=256k tmpfs "$1" && exec "$2" "$3" "$1"';
      const words = ['-rm', 'sh', '-c', mount, 'sh', folder, process.execPath, script];
      const text = execFileSync('unshare', words, { encoding: 'utf8' });
      const steps = JSON.parse(text) as { what: string; code?: string; fix?: string; onDisk?: number; inUse: number }[];
      expect(steps.map(({ what, code, onDisk, inUse }) => [what, code, onDisk, inUse])).toEqual([
        ['healthy', null, 1001, 1001],
        ['full', 'config-disk-full', 1001, 1001],
        ['restart on the full disk', undefined, undefined, 1001],
        ['freed', null, 1003, 1003],
        ['read-only', 'config-not-writable', 1003, 1003],
        ['writable again', null, 1005, 1005],
      ]);
      expect(steps[1]?.fix).toContain('Free some space');
      tellFaultRow({ row: 21, did: 'tmpfs full, then read-only', saw: 'saves refused with the reason; 0 lost' });
    },
  );
});
