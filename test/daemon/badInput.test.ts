import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runToEnd } from './daemonProcess.ts';

const folder = mkdtempSync(join(tmpdir(), 'lightkeeper-bad-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, bytes: Buffer | string): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

/** A WAV header for PCM, with a size of data that may lie. */
function wav(channels: number, rateHz: number, bits: number, data: Buffer, dataSize = data.length): Buffer {
  const header = Buffer.alloc(44);
  header.write('RIFF', 0);
  header.writeUInt32LE(36 + data.length, 4);
  header.write('WAVEfmt ', 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(channels, 22);
  header.writeUInt32LE(rateHz, 24);
  header.writeUInt32LE(((rateHz * channels * bits) / 8) >>> 0, 28);
  header.writeUInt16LE(((channels * bits) / 8) & 0xffff, 32);
  header.writeUInt16LE(bits, 34);
  header.write('data', 36);
  header.writeUInt32LE(dataSize, 40);
  return Buffer.concat([header, data]);
}

/** One clear line with a code, a non-zero exit, no stack trace. */
async function expectOneLine(args: readonly string[], code: RegExp, env: Record<string, string> = {}): Promise<void> {
  const ended = await runToEnd([...args, '--http', '0', '--panel', 'none', '--state-dir', folder], env);
  const lines = ended.err.trim().split('\n');
  expect(ended.code, ended.err).not.toBe(0);
  expect(lines, ended.err).toHaveLength(1);
  expect(ended.out).toBe('');
  expect(lines[0]).toMatch(code);
  expect(ended.err).not.toMatch(/\n\s+at /);
  expect(ended.err).not.toContain('node:');
}

describe('bad input gets one line that says what to do', () => {
  it.each([
    ['a wrong flag', ['--frobnicate'], /\[usage\]/],
    ['a scenario that does not exist', ['--sim', 'no-such'], /\[scenario-not-found\]/],
    ['a WAV file that does not exist', ['--wav', '/no/such.wav'], /\[wav-/],
    ['a PCM that does not exist', ['--pcm', 'hw:77,0'], /\[device-absent\]/],
  ])('%s', async (_what, args, code) => {
    await expectOneLine(args, code);
  });

  it.each([
    ['an empty file', Buffer.alloc(0)],
    ['rubbish', Buffer.from('this is not audio at all, whatever its name says')],
    ['half a header', wav(2, 48000, 16, Buffer.alloc(0)).subarray(0, 30)],
    ['no data at all', wav(2, 48000, 16, Buffer.alloc(0))],
    ['0 channels', wav(0, 48000, 16, Buffer.alloc(64))],
    ['65535 channels', wav(65535, 48000, 16, Buffer.alloc(64))],
    ['rate 0', wav(2, 0, 16, Buffer.alloc(64))],
    ['12 bits', wav(2, 48000, 12, Buffer.alloc(66))],
  ])('a WAV file with %s', async (name, bytes) => {
    await expectOneLine(['--wav', file(`${name.replaceAll(' ', '-')}.wav`, bytes)], /\[wav-/);
  });

  it('a port that another program has, on the command line', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const port = (other.address() as { port: number }).port;
    try {
      const ended = await runToEnd([
        '--sim',
        'clean',
        '--http',
        String(port),
        '--panel',
        'none',
        '--state-dir',
        folder,
      ]);
      expect(ended.code).not.toBe(0);
      expect(ended.err).toMatch(/lightkeeper: \[web-port-taken\]/);
      expect(ended.err).not.toMatch(/\n\s+at /);
    } finally {
      other.close();
    }
  });
});
