/** A change of the settings of the running program, on the test card: what it touches is built anew, and nothing else. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Config } from '../../src/config/schema.ts';
import type { JournalEvent } from '../../src/journal/shapes.ts';
import type { Snapshot } from '../../src/monitor/snapshot.ts';
import { readPinFile } from '../../src/web/pinFile.ts';
import { TestRig, testCardMissing } from '../alsa/testCard.ts';
import { type Daemon, startDaemon } from './daemonProcess.ts';

const missing = testCardMissing();
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe.skipIf(missing !== null)(`settings changed while it runs${missing ? ` (${missing})` : ''}`, () => {
  let rig: TestRig;
  let daemon: Daemon;
  let stateDir: string;
  let token: string;
  beforeEach(async () => {
    rig = new TestRig();
    stateDir = mkdtempSync(join(tmpdir(), 'lightkeeper-reload-'));
    rig.add({ usbId: '1235:8215', channels: [20], ratesHz: [48_000, 96_000], signal: { kind: 'silence' } });
    daemon = await startDaemon([], { ...rig.env, INVOCATION_ID: 'test' }, stateDir);
    await until((now) => now.capture.frames > 0);
    const pin = readPinFile(stateDir);
    if (!pin.ok) throw new Error(pin.fault.what);
    const paired = await fetch(`${daemon.url}/api/pair`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ pin: pin.value }),
    });
    token = ((await paired.json()) as { token: string }).token;
  });
  afterEach(async () => {
    expect(await daemon.stop(), daemon.output()).toBe(0);
    rig.stop();
    rmSync(stateDir, { recursive: true, force: true });
  });

  const status = async () => (await (await fetch(`${daemon.url}/api/status`)).json()) as Snapshot;
  async function until(is: (now: Snapshot) => boolean): Promise<Snapshot> {
    const began = performance.now();
    for (;;) {
      const now = await status().catch(() => null);
      if (now !== null && is(now)) return now;
      if (performance.now() - began > 15_000) throw new Error(`${JSON.stringify(now?.capture)}; ${daemon.output()}`);
      await wait(20);
    }
  }
  const streams = async () => {
    const told = await fetch(`${daemon.url}/api/journal/events?kind=stream&limit=100`);
    return ((await told.json()) as { events: JournalEvent[] }).events.length;
  };
  async function save(change: (config: Config) => void): Promise<string[]> {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const { config } = (await (await fetch(`${daemon.url}/api/config`, { headers })).json()) as { config: Config };
    change(config);
    const answer = await fetch(`${daemon.url}/api/config`, { method: 'PUT', headers, body: JSON.stringify(config) });
    const told = (await answer.json()) as { rebuilds: string[]; fault?: { what: string } };
    if (answer.status !== 200) throw new Error(told.fault?.what);
    return told.rebuilds;
  }
  /** Frames at the end of `during`, which must have gone on from those at its start without a new stream. */
  async function framesGoOn(during: () => Promise<void>): Promise<void> {
    const before = await status();
    const atMs = performance.now();
    await during();
    await wait(1500);
    const after = await until((now) => now.capture.state === 'running');
    const elapsedS = (performance.now() - atMs) / 1000;
    const counted = (after.capture.frames - before.capture.frames) / 48_000;
    // Counted on at the card's own pace: none missing but what the question itself took.
    expect(counted).toBeGreaterThan(elapsedS - 1.2);
    expect(after.capture.xruns).toBe(0);
    expect(after.uptimeMs).toBeGreaterThan(before.uptimeMs);
  }

  it('frames go on counting while panel, buttons, names, clip run and journal are changed', async () => {
    const { pid } = daemon.process;
    await framesGoOn(async () => {
      expect(
        await save((config) => {
          config.panel.controller = 'ssd1306';
          config.panel.bus = 200;
          config.buttons.lines = ['BTN1', 'BTN2'];
          config.buttons.chip = 'no-such-chip';
          config.channels = [{ index: 1, name: 'Kick' }];
          config.meter.clipRun = 5;
          config.journal.maxMb = 32;
        }),
      ).toEqual(['monitor', 'panel', 'buttons']);
      // The panel and the buttons were started: what they lack is said.
      await until(({ findings }) => findings.some(({ code }) => code === 'panel-no-bus'));
      await until(({ findings }) => findings.some(({ code }) => code.startsWith('gpio-')));
    });
    expect((await status()).channels[0]?.name).toBe('Kick');
    await framesGoOn(async () => {
      expect(
        await save((config) => {
          config.panel.controller = 'none';
        }),
      ).toEqual(['panel']);
      await until(({ findings }) => !findings.some(({ code }) => code === 'panel-no-bus'));
    });
    expect(daemon.process.pid).toBe(pid);
    expect(await streams()).toBe(1);
  }, 60_000);

  it('frames go on counting while the page is opened elsewhere; an address that can not be had leaves it where it is', async () => {
    await framesGoOn(async () => {
      expect(
        await save((config) => {
          config.web.host = '0.0.0.0';
        }),
      ).toEqual(['web']);
      await until(() => true);
    });
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    try {
      await framesGoOn(async () => {
        expect(
          await save((config) => {
            config.web.host = '203.0.113.7';
          }),
        ).toEqual(['web']);
        const now = await until(({ findings }) => findings.some(({ code }) => code === 'web-address-unknown'));
        expect(now.findings.find(({ code }) => code === 'web-address-unknown')?.cause).toContain('stays where it was');
      });
    } finally {
      taken.close();
    }
    expect(await streams()).toBe(1);
  }, 60_000);

  it('another rate opens the device anew, in the same program, with the same page', async () => {
    const before = await status();
    expect(
      await save((config) => {
        config.capture.rateHz = 96_000;
      }),
    ).toEqual(['capture']);
    const now = await until(({ capture }) => capture.rateHz === 96_000 && capture.state === 'running');
    expect(now.uptimeMs).toBeGreaterThan(before.uptimeMs);
    expect(now.seq).toBeGreaterThan(before.seq);
    await expect.poll(streams, { timeout: 10_000 }).toBe(2);
  }, 60_000);
});
