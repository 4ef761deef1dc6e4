/** The device rows of the fault matrix, done to the running program through the real libasound on the test card. */
import { spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadFonts } from '../../src/device/panel/loadFonts.ts';
import type { JournalEvent } from '../../src/journal/shapes.ts';
import type { Snapshot } from '../../src/monitor/snapshot.ts';
import { type CardSpec, type TestCard, type TestControl, TestRig, testCardMissing } from '../alsa/testCard.ts';
import { type Daemon, startDaemon } from '../daemon/daemonProcess.ts';
import { panelShows } from '../daemon/readPanel.ts';
import { tellFaultRow } from './tell.ts';

const missing = testCardMissing();
const fonts = loadFonts();
/** Targets are for a quiet machine; a test fails at five times the target only. */
const SLACK = 5;
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const SYNC_STATUS: TestControl[] = [
  {
    name: 'Clock Source Clock Source',
    type: 'ENUMERATED',
    items: ['Internal', 'S/PDIF', 'ADAT'],
    values: [2],
    writable: true,
  },
  { name: 'Sync Status', type: 'ENUMERATED', items: ['Unlocked', 'Locked'], values: [1] },
  { iface: 'CARD', name: 'ADAT Validity', type: 'BOOLEAN', values: [1] },
];
/** A Scarlett 18i20 of the third generation in silence: no sound, so that no other finding stands before the one looked for. */
const SCARLETT: CardSpec = {
  usbId: '1235:8215',
  name: 'Scarlett 18i20 USB',
  channels: [20],
  signal: { kind: 'silence' },
  number: 1,
};

describe.skipIf(missing !== null)(
  `faults of the device, in the running program${missing ? ` (${missing})` : ''}`,
  () => {
    let rig: TestRig;
    let daemon: Daemon | null = null;
    let stateDir: string;
    beforeEach(() => {
      rig = new TestRig();
      stateDir = mkdtempSync(join(tmpdir(), 'lightkeeper-faults-'));
    });
    afterEach(async () => {
      const code = await daemon?.stop();
      const said = daemon?.output();
      daemon = null;
      for (const card of rig.cards) expect(card.writes(), 'writes to the device').toBe(0);
      rig.stop();
      rmSync(stateDir, { recursive: true, force: true });
      if (code !== undefined) expect(code, said).toBe(0);
    });

    const status = async () => (await (await fetch(`${daemon!.url}/api/status`)).json()) as Snapshot;
    const panel = async () => new Uint8Array(await (await fetch(`${daemon!.url}/api/panel.png`)).arrayBuffer());
    const events = async (kind: string) =>
      (
        (await (await fetch(`${daemon!.url}/api/journal/events?kind=${kind}&limit=1000`)).json()) as {
          events: JournalEvent[];
        }
      ).events;
    /** Polls until `is` holds; returns what it saw and how long it took, ms. Fails at five times `withinMs`. */
    async function until(what: string, withinMs: number, is: (now: Snapshot) => boolean) {
      const began = performance.now();
      let last: Snapshot | null = null;
      while (performance.now() - began < withinMs * SLACK) {
        last = await status();
        if (is(last)) return { now: last, ms: performance.now() - began };
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      const { capture, clock, findings } = last!;
      throw new Error(
        `${what}: not within ${withinMs * SLACK} ms; ${JSON.stringify({ capture, clock, findings })}; ${daemon!.output()}`,
      );
    }
    const running = (now: Snapshot) => now.capture.state === 'running' && now.capture.frames > 0;
    async function start(spec: CardSpec): Promise<TestCard> {
      const card = rig.add(spec);
      daemon = await startDaemon([], { ...rig.env, INVOCATION_ID: 'test' }, stateDir);
      await until('running', 5000, running);
      return card;
    }

    it('fault row 1: unplugged, page and panel say so', async () => {
      const card = await start(SCARLETT);
      const began = performance.now();
      card.unplug();
      await until('absent', 1000, (now) => now.capture.state === 'absent');
      const shown = await panel();
      const ms = performance.now() - began;
      expect(panelShows(shown, fonts.f5x8, 'DEVICE') || panelShows(shown, fonts.f5x8, 'device-gone')).toBe(true);
      tellFaultRow({ row: 1, did: 'unplugged', saw: 'absent on page and panel', detectMs: Math.round(ms) });
    }, 60_000);

    it('fault row 2: plugged in again it is metered again, under its number', async () => {
      const card = await start(SCARLETT);
      const { pid } = daemon!.process;
      card.unplug();
      await until('absent', 1000, (now) => now.capture.state === 'absent');
      card.plug();
      const { ms } = await until('running', 3000, running);
      expect(daemon!.process.pid).toBe(pid);
      tellFaultRow({
        row: 2,
        did: 'unplugged and plugged in',
        saw: 'meters back, no restart',
        recoverMs: Math.round(ms),
      });
    }, 60_000);

    it('fault row 3: plugged in again under another card number it is found by its USB id', async () => {
      writeFileSync(join(stateDir, 'config.json'), JSON.stringify({ version: 1, capture: { device: '1235:8215' } }));
      rig.add({ usbId: '0d8c:0001', id: 'Other', name: 'Another card', number: 0 });
      const card = await start(SCARLETT);
      expect((await status()).capture.name).toBe('Scarlett 18i20 USB');
      card.unplug();
      await until('absent', 1000, (now) => now.capture.state === 'absent');
      card.plug(5);
      const { now, ms } = await until('running', 3000, running);
      expect(now.capture.name).toBe('Scarlett 18i20 USB');
      tellFaultRow({ row: 3, did: 'card 1 came back as card 5', saw: 'found by USB id', recoverMs: Math.round(ms) });
    }, 60_000);

    it.each([
      ['sleep', 'Stop that program'],
      ['pipewire', 'systemctl --user stop pipewire'],
    ])(
      'fault row 5: held by %s: the holder is named, and it runs soon after it is free',
      async (program, fix) => {
        const card = rig.add(SCARLETT);
        // A program by that name: a copy of sleep.
        const path = join(stateDir, program);
        copyFileSync('/bin/sleep', path);
        const holder = spawn(path, ['120'], { stdio: 'ignore' });
        try {
          card.holdBusy(holder.pid!);
          daemon = await startDaemon([], { ...rig.env, INVOCATION_ID: 'test' }, stateDir);
          const { now } = await until('busy', 2000, (one) => one.capture.fault?.code === 'pcm-busy');
          expect(now.capture.fault?.what).toContain(`${program} (pid ${holder.pid})`);
          expect(now.capture.fault?.fix).toContain(fix);
          // Long enough for the pauses between tries to have grown to their longest.
          await wait(2500);
          card.holdBusy(null);
          const { ms } = await until('running', 5000, running);
          tellFaultRow({
            row: 5,
            did: `held by ${program}`,
            saw: `"in use by ${program} (pid ...)"; runs once free`,
            recoverMs: Math.round(ms),
          });
        } finally {
          holder.kill();
        }
      },
      60_000,
    );

    it('fault row 6: the rate goes from 48 to 96 kHz: opened again, with the map of S/MUX', async () => {
      const card = await start(SCARLETT);
      expect((await status()).banks.find((bank) => bank.id === 'adat-a')).toMatchObject({ first: 13, last: 20 });
      // A change of rate makes the interface leave the bus and come back with fewer channels.
      card.unplug();
      await until('absent', 1000, (now) => now.capture.state === 'absent');
      card.set({ ratesHz: [96_000], channels: [18] });
      card.plug();
      const { now, ms } = await until('96 kHz', 2000, (one) => running(one) && one.capture.rateHz === 96_000);
      const adat = now.banks.filter((bank) => bank.kind === 'adat');
      expect(adat[0]?.channels.length).toBe(4);
      tellFaultRow({
        row: 6,
        did: '48 kHz, 20 channels became 96 kHz, 18 channels',
        saw: `ADAT A is channels ${adat[0]?.first}-${adat[0]?.last}`,
        recoverMs: Math.round(ms),
      });
    }, 60_000);

    it('fault row 7: fewer channels than the banks that were set: cut short, said, and no crash', async () => {
      writeFileSync(
        join(stateDir, 'config.json'),
        JSON.stringify({
          version: 1,
          banks: [
            { id: 'adat-a', name: 'ADAT A', kind: 'adat', first: 9, last: 16 },
            { id: 'adat-b', name: 'ADAT B', kind: 'adat', first: 17, last: 24 },
          ],
        }),
      );
      await start({ ...SCARLETT, channels: [14] });
      const { now } = await until('said', 2000, (one) => one.findings.some(({ code }) => code === 'banks-beyond'));
      expect(now.channels.length).toBe(14);
      expect(now.banks.find((bank) => bank.id === 'adat-a')).toMatchObject({ first: 9, last: 14 });
      expect(now.banks.some((bank) => bank.id === 'adat-b')).toBe(false);
      const said = now.findings.filter(({ code }) => code === 'banks-beyond');
      expect(said.map((one) => one.where)).toEqual(['ADAT A', 'ADAT B']);
      tellFaultRow({ row: 7, did: '14 channels, banks to 24', saw: `cut at 14; "${said[1]?.symptom}"` });
    }, 60_000);

    it('fault row 8: a stream that stands still is said to be stalled, and runs on', async () => {
      const card = await start(SCARLETT);
      const began = performance.now();
      card.inject('stall', 'now', 3000);
      const { ms } = await until('stalled', 2000, (now) => now.capture.state === 'stalled');
      await until('running', 3000 + 2000, running);
      tellFaultRow({
        row: 8,
        did: 'no frames for 3 s',
        saw: 'stalled, then running',
        detectMs: Math.round(ms),
        recoverMs: Math.round(performance.now() - began),
      });
    }, 60_000);

    it('fault row 9: a storm of overruns is counted, and does not flood the log', async () => {
      const card = await start(SCARLETT);
      const linesBefore = overrunLines();
      const began = performance.now();
      for (let i = 0; i < 60; i++) {
        card.inject('xrun', 'now');
        await wait(50);
      }
      const { now } = await until('overruns', 3000, (one) => one.capture.xruns >= 30);
      const seconds = (performance.now() - began) / 1000;
      const lines = overrunLines() - linesBefore;
      expect(lines).toBeGreaterThanOrEqual(1);
      expect(lines).toBeLessThanOrEqual(Math.ceil(seconds) + 1);
      expect(now.findings.find(({ code }) => code === 'capture-xrun')?.symptom).toMatch(/\d\d times/);
      tellFaultRow({
        row: 9,
        did: `60 overruns in ${seconds.toFixed(1)} s`,
        saw: `${now.capture.xruns} counted, ${lines} lines of the log`,
      });
    }, 60_000);
    const overrunLines = () =>
      daemon!
        .output()
        .split('\n')
        .filter((line) => line.includes('event-xrun')).length;

    it('fault row 10: lock is lost: NO LOCK on panel and page, latched and journalled; a control that never changes is no word', async () => {
      const card = await start({ ...SCARLETT, controls: SYNC_STATUS });
      const device = (now: Snapshot) => now.clock.ports.find((port) => port.port === 'device');
      await until('locked', 3000, (now) => device(now)?.lock === 'locked');
      // The validity is cached by the kernel, and no event ever came for it: on, and worth nothing.
      expect((await status()).clock.ports.find((port) => port.port === 'adat-a')).toMatchObject({
        told: 'locked',
        lock: 'unknown',
        trust: 'stale',
      });
      expect((await status()).banks.find((bank) => bank.id === 'adat-a')?.sync).toBe('unknown');
      card.turn('Sync Status', 0);
      const { ms } = await until('no lock', 500, (now) => now.clock.sync === 'noLock');
      expect(panelShows(await panel(), fonts.f5x8, 'NO LOCK')).toBe(true);
      await wait(300);
      card.turn('Sync Status', 1);
      const back = await until('locked', 3000, (now) => device(now)?.lock === 'locked');
      // Latched: it is back, and that it was lost still stands, until a person clears it.
      expect(device(back.now)).toMatchObject({ losses: 1 });
      expect(back.now.findings.find(({ code }) => code === 'clock-no-lock')).toMatchObject({ severity: 'warning' });
      await wait(1200);
      const told = (await events('portLock')).filter((event) => event.where === 'device');
      expect(told.map((event) => event.detail.lock)).toContain('noLock');
      tellFaultRow({
        row: 10,
        did: 'Sync Status went to Unlocked',
        saw: 'NO LOCK on panel and page, latched, journalled; the stale validity reads ?',
        detectMs: Math.round(ms),
      });
    }, 60_000);

    it('fault row 11: a lock that flaps at 10 Hz is calmed and counted', async () => {
      const card = await start({ ...SCARLETT, controls: SYNC_STATUS });
      const device = (now: Snapshot) => now.clock.ports.find((port) => port.port === 'device');
      await until('locked', 3000, (now) => device(now)?.lock === 'locked');
      const began = performance.now();
      let [shown, changes, flips] = ['', 0, 0];
      while (performance.now() - began < 4000) {
        card.turn('Sync Status', flips++ % 2);
        const next = performance.now() + 50;
        while (performance.now() < next) {
          const word = (await status()).clock.sync;
          if (shown !== '' && word !== shown) changes++;
          shown = word;
          await wait(10);
        }
      }
      const seconds = (performance.now() - began) / 1000;
      const losses = device(await status())?.losses ?? 0;
      expect(changes / seconds).toBeLessThanOrEqual(2);
      expect(losses).toBeGreaterThanOrEqual(5);
      tellFaultRow({
        row: 11,
        did: `${flips} flips in ${seconds.toFixed(1)} s`,
        saw: `${changes} changes of the word shown; ${losses} losses counted`,
      });
    }, 60_000);

    it('fault row 12: an interface with no lock control, in silence, is never called SYNC', async () => {
      await start({
        ...SCARLETT,
        controls: [{ name: 'Master Playback Switch', type: 'BOOLEAN', values: [1], writable: true }],
      });
      const began = performance.now();
      let looks = 0;
      while (performance.now() - began < 4000) {
        const now = await status();
        looks++;
        expect(now.clock.sync).toBe('unknown');
        for (const bank of now.banks) expect(bank.sync, bank.name).toBe('unknown');
        await wait(50);
      }
      expect(panelShows(await panel(), fonts.f5x8, 'SYNC')).toBe(false);
      tellFaultRow({
        row: 12,
        did: 'no clock control, silence',
        saw: `unknown in ${looks} of ${looks} looks; no SYNC on the panel`,
      });
    }, 60_000);
  },
);
