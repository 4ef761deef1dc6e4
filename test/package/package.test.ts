/** The packages themselves: what they hold, and that the program in them runs, on the architecture that each is for. */
import { spawn, spawnSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Snapshot } from '../../src/monitor/snapshot.ts';
import { TestRig } from '../alsa/testCard.ts';
import { type Architecture, ELF_MACHINE, makePackage, packageMissing, type Unpacked, unpack } from './packages.ts';

const RATE_HZ = 48_000;
/** dBFS of the four channels' tones. */
const LEVELS_DBFS = [-1, -12, -31.5, -60];

/** A second of four tones of 1 kHz, interleaved words of 32 bits: whole periods, so that it can go round. */
function tones(): Buffer {
  const bytes = Buffer.alloc(RATE_HZ * LEVELS_DBFS.length * 4);
  for (let frame = 0; frame < RATE_HZ; frame++) {
    LEVELS_DBFS.forEach((dbfs, channel) => {
      const value = 10 ** (dbfs / 20) * Math.sin((2 * Math.PI * 1000 * (frame + 0.5)) / RATE_HZ);
      bytes.writeInt32LE(Math.round(value * (2 ** 31 - 1)), (frame * LEVELS_DBFS.length + channel) * 4);
    });
  }
  return bytes;
}

/** e_machine of an ELF file; null: it is none. */
function elfMachine(path: string): number | null {
  const head = Buffer.alloc(20);
  const fd = openSync(path, 'r');
  readSync(fd, head, 0, 20, 0);
  closeSync(fd);
  return head.toString('latin1', 0, 4) === '\x7fELF' ? head.readUInt16LE(18) : null;
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? filesBelow(path) : [path];
  });
}

async function until<T>(probe: () => Promise<T | null>, withinMs: number): Promise<T> {
  const endMs = performance.now() + withinMs;
  for (;;) {
    const found = await probe().catch(() => null);
    if (found !== null) return found;
    if (performance.now() > endMs) throw new Error('waited in vain');
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

describe.each<Architecture>(['amd64', 'arm64'])('the package for %s', (architecture) => {
  const missing = packageMissing(architecture);
  describe.skipIf(missing !== null)(
    `unpacked${architecture === 'arm64' ? ', under emulation' : ''}${missing ? ` (${missing})` : ''}`,
    () => {
      const work = mkdtempSync(join(tmpdir(), 'lightkeeper-package-'));
      let unpacked: Unpacked;
      let said = '';
      beforeAll(() => {
        const made = makePackage(architecture);
        said = made.said;
        unpacked = unpack(architecture, made.file, join(work, 'root'));
      }, 2_400_000);
      afterAll(() => rmSync(work, { recursive: true, force: true }));

      /** Runs its own Node on a line of JavaScript, from the program's folder. */
      const evaluate = (code: string) => {
        const [command, ...words] = [...unpacked.node, '-p', code];
        const done = spawnSync(command!, words, {
          cwd: unpacked.lib,
          encoding: 'utf8',
          env: { ...process.env, ...unpacked.env },
        });
        if (done.status !== 0) throw new Error(done.stderr);
        return done.stdout.trim();
      };

      it('is found clean by Lintian, and holds compiled files of its architecture alone', () => {
        expect(said).not.toContain('was not checked');
        const machines = filesBelow(unpacked.lib)
          .map((path) => [path, elfMachine(path)] as const)
          .filter(([, machine]) => machine !== null);
        // Node itself, koffi, i2c-bus, better-sqlite3.
        expect(machines.length).toBeGreaterThanOrEqual(4);
        for (const [path, machine] of machines) expect(machine, path).toBe(ELF_MACHINE[architecture]);
      });

      it('carries Node 24, and its compiled modules load in it', () => {
        const told = evaluate(
          `const db = new (require('better-sqlite3'))(':memory:');
           const one = db.prepare('select sqlite_version() as v').get().v;
           const { scanSync, openSync } = require('i2c-bus');
           const strlen = require('koffi').load('libc.so.6').func('size_t strlen(const char *text)');
           JSON.stringify([process.version, process.arch, one, typeof openSync, Number(strlen('lightkeeper'))])`,
        );
        const [version, arch, sqlite, openSync, length] = JSON.parse(told);
        expect(version).toMatch(/^v24\./);
        expect(arch).toBe(architecture === 'amd64' ? 'x64' : 'arm64');
        expect(sqlite).toMatch(/^3\./);
        expect([openSync, length]).toEqual(['function', 11]);
      });

      it('forgets statements of its database while it runs, and at its end, without coming down', () => {
        const told = evaluate(
          `const db = new (require('better-sqlite3'))(':memory:');
           let sum = 0;
           for (let i = 0; i < 20000; i++) sum += db.prepare('select ' + i + ' as i').get().i;
           // Garbage is collected between two turns, where no context is entered.
           setTimeout(() => {}, 500);
           String(sum)`,
        );
        expect(told).toBe('199990000');
      }, 60_000);

      it('starts, captures through libasound, meters, keeps a journal, serves its page, and stops', async () => {
        const rig = new TestRig(unpacked.card);
        const state = join(work, 'state');
        const raw = join(work, 'tones.raw');
        writeFileSync(raw, tones());
        rig.add({
          usbId: '1235:8215',
          channels: [LEVELS_DBFS.length],
          signal: { kind: 'raw', channels: LEVELS_DBFS.length, path: raw },
        });
        const [command, ...words] = [
          ...[...unpacked.node, join(unpacked.lib, 'dist/cli-entry.js'), 'run'],
          ...['--pcm', 'hw:0,0', '--http', '0', '--panel', 'none', '--state-dir', state],
        ];
        const child = spawn(command!, words, {
          env: { ...process.env, ...unpacked.env, ...rig.env, CACHE_DIRECTORY: join(work, 'cache') },
          stdio: ['ignore', 'pipe', 'pipe'],
        });
        let output = '';
        child.stdout.on('data', (chunk) => (output += String(chunk)));
        child.stderr.on('data', (chunk) => (output += String(chunk)));
        const ended = new Promise((resolve) => child.once('exit', (code, signal) => resolve(code ?? signal)));
        try {
          const url = await until(async () => /(http:\/\/\S+?)\/?\s/.exec(output)?.[1] ?? null, 120_000);
          const status = async () => (await (await fetch(`${url}/api/status`)).json()) as Snapshot;
          const levels = await until(async () => {
            const { capture, channels } = await status();
            const peaks = channels.map((channel) => channel.peakDbfs);
            const near = LEVELS_DBFS.every((dbfs, i) => Math.abs((peaks[i] ?? -999) - dbfs) < 0.05);
            return capture.state === 'running' && near ? peaks : null;
          }, 120_000).catch(async () => (await status()).channels.map((channel) => channel.peakDbfs));
          for (const [i, dbfs] of LEVELS_DBFS.entries()) expect(levels[i], `channel ${i + 1}`).toBeCloseTo(dbfs, 1);
          const page = await fetch(`${url}/`);
          expect([page.status, (await page.text()).includes('<html')]).toEqual([200, true]);
          expect((await fetch(`${url}/api/panel.png`)).headers.get('content-type')).toBe('image/png');
          // In better-sqlite3's file, not in memory.
          const sessions = await until(async () => {
            const asked = (await (await fetch(`${url}/api/journal/sessions`)).json()) as { sessions?: unknown[] };
            return (asked.sessions?.length ?? 0) > 0 ? asked.sessions! : null;
          }, 60_000);
          expect(sessions).toHaveLength(1);
          expect((await status()).findings.map(({ code }) => code)).not.toContain('journal-in-memory');
          expect(existsSync(join(state, 'journal.sqlite'))).toBe(true);
          // Compiled code for the next start.
          expect(readdirSync(join(work, 'cache')).length).toBeGreaterThan(0);
          child.kill('SIGTERM');
          expect(await ended, output).toBe(0);
        } finally {
          child.kill('SIGKILL');
          await ended;
          rig.stop();
        }
      }, 400_000);
    },
  );
});
