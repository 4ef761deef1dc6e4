/** A dump that a user has sent in: written by `lightkeeper dump` from a card of the real libasound, and played by `--replay`. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadInterfaceTable } from '../../src/device/interfaces/interfaceTable.ts';
import { loadDump, replayScenario } from '../../src/device/sim/replay.ts';
import type { Snapshot } from '../../src/monitor/snapshot.ts';
import { runToEnd, startDaemon } from '../daemon/daemonProcess.ts';
import { DIGIFACE, GEN3 } from './families.ts';
import { TestRig, testCardMissing } from './testCard.ts';

const missing = testCardMissing();

describe.skipIf(missing !== null)(`a card that was sent in${missing ? ` (${missing})` : ''}`, () => {
  let rig: TestRig;
  let folder: string;
  beforeEach(() => {
    rig = new TestRig();
    folder = mkdtempSync(join(tmpdir(), 'lightkeeper-replay-'));
  });
  afterEach(() => {
    rig.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it.each([
    [
      'a Digiface tells each port by its three-state control',
      { usbId: '2a39:3f8c', name: 'Digiface USB', controls: DIGIFACE },
      (now: Snapshot) => {
        expect(now.banks.map((bank) => [bank.id, bank.sync, bank.basis])).toEqual([
          ['adat-a', 'sync', 'device'],
          ['adat-b', 'lock', 'device'],
          ['adat-c', 'noLock', 'device'],
          ['adat-d', 'noLock', 'device'],
        ]);
        expect(now.clock.source).toBe('Input 1');
      },
    ],
    [
      "a Scarlett stands with its owner's routing, its preamps, and a stale validity that is no word",
      { usbId: '1235:8215', name: 'Scarlett 18i20 USB', controls: GEN3 },
      (now: Snapshot) => {
        expect(now.banks.map((bank) => [bank.id, bank.first, bank.last])).toEqual([
          ['analogue', 1, 8],
          ['adat-a', 9, 16],
          ['spdif', 17, 18],
          ['loopback', 19, 20],
        ]);
        expect(now.inputs[0]).toMatchObject({ input: 1, phantom: true, inst: true });
        expect(now.clock.ports.find((port) => port.port === 'adat-a')).toMatchObject({
          lock: 'unknown',
          trust: 'stale',
        });
        expect(now.banks.every((bank) => bank.sync === 'unknown')).toBe(true);
      },
    ],
  ] as const)(
    '%s',
    async (_what, spec, check) => {
      rig.add({ ...spec, controls: [...spec.controls], channels: [20] });
      const dumped = await runToEnd(['dump'], rig.env);
      expect(dumped.code, dumped.err).toBe(0);
      const file = join(folder, 'dump.json');
      writeFileSync(file, dumped.out);
      // No sound card is there when it is replayed.
      const daemon = await startDaemon(['--replay', file]);
      try {
        let now: Snapshot | null = null;
        await expect
          .poll(
            async () => {
              now = (await (await fetch(`${daemon.url}/api/status`)).json()) as Snapshot;
              return now.clock.ports.length > 0 && now.capture.frames > 0 && now.banks[0]?.sync !== undefined;
            },
            { timeout: 15_000 },
          )
          .toBe(true);
        await new Promise((resolve) => setTimeout(resolve, 1500));
        now = (await (await fetch(`${daemon.url}/api/status`)).json()) as Snapshot;
        expect(now).toMatchObject({ simulated: true, capture: { name: spec.name, state: 'running' } });
        check(now);
      } finally {
        expect(await daemon.stop(), daemon.output()).toBe(0);
      }
    },
    60_000,
  );

  it('has the channels of the table where it tells no routing, and 8 where it is not known', () => {
    const table = loadInterfaceTable();
    const card = { id: 'USB', driver: 'USB-Audio', name: 'Card', longname: '', mixername: '' };
    const dump = (usbId: string | null) =>
      ({ format: 'lightkeeper-controls', version: 1, usbId, card, controls: [] }) as const;
    expect(replayScenario(dump('2a39:3f8c'), table).channels.length).toBe(32);
    expect(replayScenario(dump(null), table).channels.length).toBe(8);
  });

  it('what is no dump is said in one line, with a fix', async () => {
    const file = join(folder, 'odd.json');
    writeFileSync(file, '{"format":"something"}');
    expect(loadDump(file)).toMatchObject({ ok: false, fault: { code: 'dump-unreadable' } });
    expect(loadDump(join(folder, 'none.json'))).toMatchObject({ ok: false, fault: { code: 'dump-unreadable' } });
    const ran = await runToEnd(['--replay', file, '--http', '0', '--panel', 'none', '--state-dir', folder]);
    expect(ran.code).toBe(1);
    expect(ran.err.trim().split('\n').length, ran.err).toBe(1);
    expect(ran.err).toContain('[dump-unreadable]');
  }, 30_000);
});
