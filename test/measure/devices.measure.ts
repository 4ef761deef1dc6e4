/** npm run devices: what `lightkeeper list`, `dump` and `--replay` say of simulated interfaces. Writes docs/devices.md. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { ControlDump } from '../../src/device/alsa/controls.ts';
import type { Snapshot } from '../../src/monitor/snapshot.ts';
import { DIGIFACE, GEN3, GENERIC } from '../alsa/families.ts';
import { type CardSpec, TestRig } from '../alsa/testCard.ts';
import { runToEnd, startDaemon } from '../daemon/daemonProcess.ts';

const CARDS: readonly CardSpec[] = [
  { id: 'USB', name: 'Scarlett 18i20 USB', usbId: '1235:8215', channels: [20, 18, 10], controls: GEN3 },
  { id: 'Digiface', name: 'Digiface USB', usbId: '2a39:3f8c', channels: [32], controls: DIGIFACE },
  { id: 'Device', name: 'USB Audio Device', usbId: '0d8c:0001', channels: [8], controls: GENERIC },
];
const fence = (text: string) => `\`\`\`\n${text.trimEnd()}\n\`\`\``;

/** The head of a dump: the card, and its first controls whole. */
function head(text: string): string {
  const dump = JSON.parse(text) as ControlDump;
  const { controls, ...rest } = dump;
  const first = JSON.stringify({ ...rest, controls: controls.slice(0, 2) }, null, 1);
  return `${first}\n... and ${controls.length - 2} more controls`;
}

function described(now: Snapshot): string {
  return [
    `clock source: ${now.clock.source ?? 'not told'}; the interface: ${now.clock.sync}; port mode: ${now.clock.portMode ?? 'not told'}`,
    ...now.clock.ports.map(
      (port) => `${port.port}: ${port.lock} (the control "${port.control}" shows ${port.told}; ${port.trust})`,
    ),
    ...now.banks.map((bank) => `${bank.name}, channels ${bank.first}-${bank.last}: ${bank.sync} (${bank.basis})`),
    ...now.inputs.map(
      (input) =>
        `input ${input.input} on channel ${input.channel ?? '-'}: ${Object.entries(input)
          .filter(([name, value]) => value !== null && name !== 'input' && name !== 'channel')
          .map(([name, value]) => `${name} ${value}`)
          .join(', ')}`,
    ),
  ].join('\n');
}

it('writes docs/devices.md', async () => {
  const rig = new TestRig();
  const folder = mkdtempSync(join(tmpdir(), 'lightkeeper-devices-'));
  try {
    for (const card of CARDS) rig.add(card);
    const listed = await runToEnd(['list'], rig.env);
    expect(listed.code, listed.err).toBe(0);
    const parts: string[] = [];
    for (const { name, usbId } of CARDS) {
      const dumped = await runToEnd(['dump', usbId!], rig.env);
      expect(dumped.code, dumped.err).toBe(0);
      const file = join(folder, 'dump.json');
      writeFileSync(file, dumped.out);
      const daemon = await startDaemon(['--replay', file]);
      let now: Snapshot | null = null;
      await expect
        .poll(
          async () => {
            now = (await (await fetch(`${daemon.url}/api/status`)).json()) as Snapshot;
            return now.clock.source !== null && now.capture.frames > 96_000;
          },
          { timeout: 60_000 },
        )
        .toBe(true);
      await daemon.stop();
      parts.push(
        `## ${name} (USB ${usbId})`,
        `\`lightkeeper dump ${usbId}\`, its beginning:`,
        fence(head(dumped.out)),
        `\`lightkeeper --replay dump.json\`, from \`/api/status\`:`,
        fence(described(now!)),
      );
    }
    const page = [
      '# What it reads of an interface',
      '',
      'Made by `npm run devices` from three simulated cards behind the real libasound (`test/alsa`): a Scarlett whose owner has',
      'routed ADAT to channels 9 to 16, an RME Digiface, and an interface of no known family. `dump` only reads. A dump of an',
      'interface that is told wrongly, or not at all, is what to send in: `--replay` plays it on any machine, with silence on its',
      'channels and SIM on every screen.',
      '',
      '`stale`: the kernel shows what it read once and was never told of again, so it is no word. `idle`: the control means',
      'something only while a stream runs.',
      '',
      '## `lightkeeper list`',
      '',
      fence(listed.out),
      '',
    ].join('\n');
    writeFileSync('docs/devices.md', `${page}\n${parts.join('\n\n')}\n`);
  } finally {
    rig.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}, 300_000);
