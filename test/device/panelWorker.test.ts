/** The io worker itself, as a thread, with the real C library. It runs the built program: `npm test` builds first. */
import { existsSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { linuxSyscalls } from '../../src/device/gpio/syscalls.ts';
import { type IoPanel, startIoPanel } from '../../src/device/panel/ioPanel.ts';
import { monotonicMs } from '../../src/device/panel/monotonic.ts';
import type { Fault } from '../../src/fault.ts';

const entry = new URL('../../dist/ioWorker.js', import.meta.url);
const linux = process.platform === 'linux';
let panel: IoPanel | null = null;

afterEach(async () => {
  await panel?.stop();
  panel = null;
});

async function until(what: () => boolean): Promise<void> {
  const end = performance.now() + 15_000;
  while (!what()) {
    if (performance.now() > end) throw new Error('it did not happen within 15 s');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

describe.skipIf(!linux)('the C library calls', () => {
  it('wake a waiting poll, from another call, once', () => {
    const calls = linuxSyscalls();
    const fd = calls.eventFd();
    expect(fd).toBeGreaterThan(0);
    expect(calls.poll([fd], 0)).toEqual([]);
    calls.wake(fd);
    calls.wake(fd);
    expect(calls.poll([fd], 1000)).toEqual([{ fd, failed: false }]);
    calls.clearWake(fd);
    expect(calls.poll([fd], 0)).toEqual([]);
    calls.close(fd);
    expect(calls.poll([fd], 0)).toEqual([{ fd, failed: true }]);
  });

  it('give errno as a negative number', () => {
    const calls = linuxSyscalls();
    expect(calls.open('/dev/lightkeeper-is-not-there')).toBe(-2);
    expect(calls.ioctl(9999, 0x8044b401, new Uint8Array(68))).toBe(-9);
  });

  it('share the clock of the edges', () => {
    const one = monotonicMs();
    expect(monotonicMs()).toBeGreaterThanOrEqual(one);
  });
});

describe.skipIf(!linux || !existsSync(entry))('the io worker', () => {
  it('starts with no panel and no GPIO there, says each once, and stops at once', async () => {
    const faults: Fault[] = [];
    panel = startIoPanel({
      choice: {
        panel: { chip: 'ssd1306', bus: 250, address: null, flip: false, invert: false },
        gpio: { chip: 'no-such-chip', buttons: [{ button: 'A', line: 'NO-SUCH-LINE' }], lamp: null },
      },
      onEdge: () => undefined,
      onFault: (fault) => faults.push(fault),
      entry,
    });
    for (let i = 0; i < 30; i++) panel.show(new Uint8Array(1024).fill(i));
    await until(() => faults.length === 2);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(faults.map((fault) => fault.code).sort()).toEqual([
      expect.stringMatching(/^gpio-(none|not-found)$/),
      expect.stringMatching(/^(panel-no-bus|i2c-package-missing)$/),
    ]);
    expect(panel.status().panel?.fault).not.toBeNull();
    const began = performance.now();
    await panel.stop();
    expect(performance.now() - began).toBeLessThan(5000);
  });

  it('can be started again after it was stopped', async () => {
    for (let i = 0; i < 2; i++) {
      const faults: Fault[] = [];
      panel = startIoPanel({
        choice: { panel: { chip: 'sh1106', bus: 250, address: 0x3d, flip: true, invert: false }, gpio: null },
        onEdge: () => undefined,
        onFault: (fault) => faults.push(fault),
        entry,
      });
      await until(() => faults.length === 1);
      await panel.stop();
    }
  });
});
