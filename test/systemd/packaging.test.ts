/** Files that the package lays into the system. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { HELP } from '../../src/cli.ts';
import { checkConfig } from '../../src/config/check.ts';
import { defaultConfig } from '../../src/config/defaults.ts';
import { migrate } from '../../src/config/migrations.ts';
import { serialise } from '../../src/config/store.ts';

/** Is the interface 1235:8215 the chosen one under this configuration? */
function hides(configText: string | null): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'lightkeeper-udev-'));
  const file = join(folder, 'config.json');
  if (configText !== null) writeFileSync(file, configText);
  const { status } = spawnSync('sh', ['packaging/is-chosen-card', '1235:8215'], {
    env: { ...process.env, LIGHTKEEPER_CONFIG: file },
  });
  rmSync(folder, { recursive: true });
  return status === 0;
}

describe('the package', () => {
  it("comes with settings that open the page to the LAN at the socket unit's port, and are good", () => {
    const migrated = migrate(JSON.parse(readFileSync('packaging/config.json', 'utf8')));
    if (migrated.kind !== 'current') throw new Error(migrated.kind);
    const checked = checkConfig(migrated.config);
    if (!checked.ok) throw new Error(JSON.stringify(checked.problems));
    const port = /^ListenStream=(\d+)$/m.exec(readFileSync('systemd/lightkeeper.socket', 'utf8'))?.[1];
    expect(checked.config.web).toMatchObject({ host: '0.0.0.0', port: Number(port) });
    expect(checked.config.capture).toEqual(defaultConfig().capture);
    // The name on the LAN leads to the same port.
    expect(readFileSync('systemd/avahi/lightkeeper.service', 'utf8')).toContain(`<port>${port}</port>`);
  });

  it('hides the chosen interface from PipeWire, and no other', () => {
    const choose = (device: string) =>
      serialise({ ...defaultConfig(), capture: { ...defaultConfig().capture, device } });
    expect(hides(null)).toBe(true);
    expect(hides(choose('auto'))).toBe(true);
    expect(hides(choose('1235:8215'))).toBe(true);
    expect(hides(choose('2a39:3f8c'))).toBe(false);
    expect(hides(choose('hw:1,0'))).toBe(false);
    const rules = readFileSync('systemd/udev/60-lightkeeper.rules', 'utf8');
    expect(rules).toContain('ENV{ACP_IGNORE}="1"');
    expect(rules).toContain('/usr/lib/lightkeeper/is-chosen-card $attr{idVendor}:$attr{idProduct}');
  });

  it('has a man page with every command of the program, and gives those of the service its folder', () => {
    const commands = [...HELP.matchAll(/^ {2}lightkeeper \[?(\w+)/gm)].map(([, name]) => name);
    expect(commands).toContain('doctor');
    const page = readFileSync('packaging/lightkeeper.1', 'utf8');
    const described = [...page.matchAll(/^\.B[RI]? (\w+)/gm)].map(([, name]) => name);
    expect(commands.filter((name) => !described.includes(name))).toEqual([]);
    const wrapper = readFileSync('packaging/lightkeeper', 'utf8');
    expect(/^(.*)\) export STATE_DIRECTORY/m.exec(wrapper)?.[1]?.split(' | ').sort()).toEqual([
      'doctor',
      'pin',
      'report',
    ]);
  });

  it('has maintainer scripts that any POSIX shell reads', () => {
    for (const script of ['postinst', 'prerm', 'postrm', 'lightkeeper', 'is-chosen-card']) {
      expect(spawnSync('sh', ['-n', join('packaging', script)], { encoding: 'utf8' }).stderr, script).toBe('');
    }
  });
});
