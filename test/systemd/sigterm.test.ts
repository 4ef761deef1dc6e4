/**
 * SIGTERM at any moment: the program ends by itself with code 0, never by an abort. ENDS=50 is the long form; each run of the
 * tests does a few. The interface is the test card behind the real libasound, the panel a stand-in at the calls below it.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { TestRig } from '../alsa/testCard.ts';
import { Service } from './serviceManager.ts';

const ENDS = Number(process.env.ENDS ?? 4);
const rig = new TestRig();
rig.add({ usbId: '1235:8215', channels: [20], ratesHz: [48_000], signal: { kind: 'hash', seed: 1 } });
afterAll(() => rig.stop());

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Starts it, lets `moment` pass, ends it; how it ended, with what it said when that was not well. */
async function endAt(moment: (box: Service, ready: Promise<unknown>) => Promise<void>): Promise<string> {
  const box = new Service({
    words: ['run'],
    passSocket: true,
    preload: fileURLToPath(new URL('../measure/fakeBoard.mjs', import.meta.url)),
    config: { panel: { controller: 'ssd1306' }, buttons: { chip: 'bench', lines: ['GPIO5', 'GPIO6'] } },
    env: rig.env,
  });
  try {
    execFileSync('mkfifo', [join(box.folder, 'edges')]);
    writeFileSync(join(box.folder, 'values'), '0');
    writeFileSync(join(box.folder, 'writes.log'), '');
    const ready = box.start();
    ready.catch(() => {});
    await moment(box, ready);
    const askedMs = performance.now();
    box.kill('SIGTERM');
    const { code, signal } = await box.ended();
    const tookMs = performance.now() - askedMs;
    if (code !== 0 || signal !== null)
      return `code ${code}, signal ${signal} after ${tookMs.toFixed(0)} ms: ${box.output}`;
    return 'well';
  } finally {
    await box.remove();
  }
}

const running = async (box: Service) => {
  const status = (await (await fetch(`${box.url}/api/status`)).json()) as { capture: { state: string } };
  return status.capture.state === 'running';
};

it('SIGTERM to a running capture ends it well, each time', async () => {
  for (let i = 0; i < ENDS; i++) {
    const ended = await endAt(async (box, ready) => {
      await ready;
      await expect.poll(() => running(box), { timeout: 30_000 }).toBe(true);
      await sleep(i * 7);
    });
    expect(ended, `end ${i + 1}`).toBe('well');
  }
}, 900_000);

it('SIGTERM as soon as it is ready, and while the device is being opened, ends it well', async () => {
  for (let i = 0; i < ENDS; i++) {
    const ended = await endAt(async (_box, ready) => {
      await ready;
      await sleep((i * 400) / ENDS);
    });
    expect(ended, `end ${i + 1}, ${((i * 400) / ENDS).toFixed(0)} ms after it was ready`).toBe('well');
  }
}, 900_000);
