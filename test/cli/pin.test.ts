import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { writePinFile } from '../../src/web/pinFile.ts';
import { runToEnd } from '../daemon/daemonProcess.ts';

it('lightkeeper pin prints the PIN of the box, and says what to do where there is none', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lightkeeper-pin-'));
  try {
    const none = await runToEnd(['pin', '--state-dir', folder]);
    expect(none.code).toBe(1);
    expect(none.err).toContain('[pin-not-found]');
    writePinFile(folder, '004711');
    expect(await runToEnd(['pin', '--state-dir', folder])).toEqual({ code: 0, out: '004711\n', err: '' });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
