/** The running program on a card of the real libasound: what the interface's controls tell, on the API and on the panel. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadFonts } from '../../src/device/panel/loadFonts.ts';
import type { Snapshot } from '../../src/monitor/snapshot.ts';
import { type Daemon, startDaemon } from '../daemon/daemonProcess.ts';
import { panelShows } from '../daemon/readPanel.ts';
import { type TestControl, TestRig, testCardMissing } from './testCard.ts';

const missing = testCardMissing();
const fonts = loadFonts();
/** Targets are for a quiet machine; a test fails at five times the target only. */
const SLACK = 5;

const choice = (name: string, items: string[], at: number, more: Partial<TestControl> = {}): TestControl => ({
  name,
  type: 'ENUMERATED',
  items,
  values: [at],
  ...more,
});
const bool = (name: string, on: boolean, more: Partial<TestControl> = {}): TestControl => ({
  iface: 'CARD',
  name,
  type: 'BOOLEAN',
  values: [on ? 1 : 0],
  ...more,
});

/** Two ports of an RME Digiface: three states each, polled. */
const DIGIFACE: TestControl[] = [
  choice('Input 1 Sync', ['No Lock', 'Lock', 'Sync'], 2, { volatile: true }),
  choice('Input 2 Sync', ['No Lock', 'Lock', 'Sync'], 0, { volatile: true }),
  choice('Current Sync Source', ['Internal', 'Input 1', 'Input 2'], 1, { volatile: true }),
];
/** A Scarlett 18i20 of the third generation whose owner has routed ADAT to the first channels. */
const SCARLETT: TestControl[] = [
  choice('Clock Source Clock Source', ['Internal', 'S/PDIF', 'ADAT'], 0, { writable: true }),
  choice('Sync Status', ['Unlocked', 'Locked'], 1),
  bool('ADAT Validity', true),
  bool('Line In 1-4 Phantom Power Capture Switch', false, { iface: 'MIXER' }),
  choice('Line In 1 Level Capture Enum', ['Line', 'Inst'], 1),
  ...Array.from({ length: 20 }, (_, i) =>
    choice(
      `PCM ${String(i + 1).padStart(2, '0')} Capture Enum`,
      [
        'Off',
        ...Array.from({ length: 8 }, (_, k) => `Analogue ${k + 1}`),
        ...Array.from({ length: 8 }, (_, k) => `ADAT ${k + 1}`),
        ...Array.from({ length: 4 }, (_, k) => `PCM ${k + 1}`),
      ],
      i < 8 ? 9 + i : i < 16 ? i - 7 : 1 + i,
    ),
  ),
];

describe.skipIf(missing !== null)(`controls of the running program${missing ? ` (${missing})` : ''}`, () => {
  let rig: TestRig;
  let daemon: Daemon | null = null;
  beforeEach(() => {
    rig = new TestRig();
  });
  afterEach(async () => {
    const code = await daemon?.stop();
    daemon = null;
    for (const card of rig.cards) expect(card.writes(), 'writes to the device').toBe(0);
    rig.stop();
    if (code !== undefined) expect(code).toBe(0);
  });

  const start = async () => {
    daemon = await startDaemon([], { ...rig.env, INVOCATION_ID: 'test' });
    return daemon;
  };
  const status = async () => (await (await fetch(`${daemon!.url}/api/status`)).json()) as Snapshot;
  const panel = async () => new Uint8Array(await (await fetch(`${daemon!.url}/api/panel.png`)).arrayBuffer());
  /** Polls until `is` holds; returns the snapshot and how long it took, ms. */
  async function until(what: string, withinMs: number, is: (now: Snapshot) => boolean) {
    const began = performance.now();
    let last: Snapshot | null = null;
    while (performance.now() - began < withinMs * SLACK) {
      last = await status();
      if (is(last)) return { now: last, ms: performance.now() - began };
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error(`${what}: not within ${withinMs * SLACK} ms; ${JSON.stringify(last)}; ${daemon!.output()}`);
  }
  const bank = (now: Snapshot, id: string) => now.banks.find((one) => one.id === id);

  it('a three-state control gives each bank its word on the basis of the device; the switch of a clock source is dated', async () => {
    const card = rig.add({
      usbId: '2a39:3f8c',
      name: 'Digiface USB',
      channels: [32],
      signal: { kind: 'hash', seed: 1 },
      controls: DIGIFACE,
    });
    await start();
    const { now } = await until('sync', 5000, (one) => bank(one, 'adat-a')?.sync === 'sync');
    expect(bank(now, 'adat-a')).toMatchObject({ sync: 'sync', basis: 'device' });
    expect(bank(now, 'adat-b')).toMatchObject({ sync: 'noLock', basis: 'device' });
    expect(bank(now, 'adat-c')).toMatchObject({ sync: 'unknown', basis: 'none' });
    expect(now.clock).toMatchObject({ source: 'Input 1', sync: 'sync' });
    expect(now.clock.ports.map((port) => [port.port, port.lock, port.trust])).toEqual([
      ['adat-a', 'sync', 'polled'],
      ['adat-b', 'noLock', 'polled'],
    ]);
    const beforeMs = now.uptimeMs;
    card.turn('Current Sync Source', 0);
    const changed = await until('source', 2000, (one) => one.clock.source === 'Internal');
    const finding = changed.now.findings.find((one) => one.code === 'clock-source-changed');
    expect(finding?.symptom).toContain('from Input 1 to Internal');
    expect(finding?.sinceMs).toBeGreaterThanOrEqual(beforeMs);
    expect(daemon!.output()).toMatch(/clock source went from Input 1 to Internal at frame \d+/);
  }, 60_000);

  it("the device's routing outranks the table, its preamps stand in the snapshot, and two states never say sync", async () => {
    const card = rig.add({
      usbId: '1235:8215',
      name: 'Scarlett 18i20 USB',
      channels: [20],
      // Not full-scale noise: that is a finding of its own, and would stand on the panel first.
      signal: { kind: 'silence' },
      controls: SCARLETT,
    });
    await start();
    const { now } = await until('running', 5000, (one) => one.inputs.length > 0 && one.channels.length === 20);
    expect(now.banks.map((one) => [one.id, one.first, one.last])).toEqual([
      ['adat-a', 1, 8],
      ['analogue', 9, 16],
      ['loopback', 17, 20],
    ]);
    expect(now.inputs.slice(0, 2)).toMatchObject([
      { input: 1, channel: 9, phantom: false, inst: true, gain: null },
      { input: 2, channel: 10, phantom: false, inst: null },
    ]);
    card.turn('Line In 1-4 Phantom Power Capture Switch', 1);
    await until('phantom', 1000, (one) => one.inputs[3]?.phantom === true);
    card.turn('PCM 20 Capture Enum', 0);
    await until('routing', 1000, (one) => one.banks.at(-1)?.id === 'off');
    // "Locked" of two states: decoded, and no word on sync.
    await until('locked', 2000, (one) => one.clock.ports[0]?.lock === 'locked');
    expect((await status()).clock.sync).toBe('unknown');
    expect(await panel().then((png) => panelShows(png, fonts.f5x8, 'SYNC'))).toBe(false);
    card.turn('Sync Status', 0);
    const lost = await until('no lock', 500, (one) => one.clock.sync === 'noLock');
    expect(lost.now.findings[0]).toMatchObject({ code: 'clock-no-lock', severity: 'alarm' });
    expect(panelShows(await panel(), fonts.f5x8, 'NO LOCK')).toBe(true);
  }, 60_000);
});
