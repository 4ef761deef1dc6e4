import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { PanelMemory } from '../../src/panelMemory.ts';

const folder = mkdtempSync(join(tmpdir(), 'lightkeeper-panel-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the panel's last page", () => {
  it('is there after a restart, and only the last of many is written', async () => {
    const before = new PanelMemory(folder);
    expect(before.read()).toBeUndefined();
    for (const page of ['bank adat-a 0', 'sync 0', 'system']) before.remember(page);
    await before.stop();
    expect(readFileSync(join(folder, 'panel-page'), 'utf8')).toBe('system\n');
    expect(new PanelMemory(folder).read()).toBe('system');
  });

  it('is not taken from a file that is not ours, and a folder that can not be written to stops nobody', async () => {
    writeFileSync(join(folder, 'panel-page'), 'x'.repeat(5000));
    expect(new PanelMemory(folder).read()).toBeUndefined();
    const nowhere = new PanelMemory(join(folder, 'absent'));
    nowhere.remember('system');
    await expect(nowhere.stop()).resolves.toBeUndefined();
  });
});
