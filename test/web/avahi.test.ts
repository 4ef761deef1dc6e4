import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { avahiService, tellAvahi } from '../../src/web/avahiFile.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lightkeeper-avahi-'));
  file = join(folder, 'lightkeeper.service');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("Avahi's service file", () => {
  it('in the package is the one for port 80', () => {
    expect(avahiService(80)).toBe(readFileSync('systemd/avahi/lightkeeper.service', 'utf8'));
  });

  it('is given the port that the page really has, and keeps what the user wrote', async () => {
    writeFileSync(file, avahiService(80).replace('Lightkeeper on %h', 'Studio B meters'));
    expect(await tellAvahi(8080, file)).toEqual({ ok: true, value: 'written' });
    const text = readFileSync(file, 'utf8');
    expect(text).toContain('<port>8080</port>');
    expect(text).toContain('Studio B meters');
    expect(await tellAvahi(8080, file)).toEqual({ ok: true, value: 'same' });
  });

  it('is made anew where it names no port, and not at all where there is none', async () => {
    expect(await tellAvahi(8080, file)).toEqual({ ok: true, value: 'absent' });
    writeFileSync(file, 'what is this');
    expect(await tellAvahi(8080, file)).toEqual({ ok: true, value: 'written' });
    expect(readFileSync(file, 'utf8')).toBe(avahiService(8080));
  });

  it.skipIf(process.getuid?.() === 0)('that can not be written is told with what to do', async () => {
    writeFileSync(file, avahiService(80));
    chmodSync(file, 0o444);
    expect(await tellAvahi(8080, file)).toMatchObject({ ok: false, fault: { code: 'avahi-not-writable' } });
  });

  it('on a disk that takes nothing is told with what to do', async () => {
    // Reads as any other file, and no write to it comes through.
    expect(await tellAvahi(8080, '/proc/version')).toMatchObject({ ok: false, fault: { code: 'avahi-not-writable' } });
  });
});
