import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { defaultConfig } from '../../src/config/defaults.ts';
import type { CaptureSource } from '../../src/device/ports.ts';
import type { TimecodeEvent } from '../../src/dsp/ltc.ts';
import { good } from '../../src/fault.ts';
import { playLoop } from './support/playLoop.ts';

const folder = mkdtempSync(join(tmpdir(), 'lightkeeper-timecode-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const RATE_HZ = 48_000;
const CHANNELS = 4;

/** Channel 3 carries these samples, the others nothing. */
function source(samples: Int32Array, nowMs: () => number): CaptureSource {
  let at = 0;
  const info = {
    name: 'code',
    source: 'sim' as const,
    rateHz: RATE_HZ,
    channels: CHANNELS,
    validBits: 24,
    periodFrames: 480,
    usbId: null,
    bufferFrames: 0,
    channelNames: [],
    notes: [],
  };
  return {
    open: () =>
      good({
        info,
        read(block: Int32Array) {
          block.fill(0, 0, 480 * CHANNELS);
          for (let i = 0; i < 480; i++) block[i * CHANNELS + 2] = samples[at + i] ?? 0;
          at += 480;
          return { kind: 'frames' as const, frames: 480, timeNs: nowMs() * 1e6, positionFrames: at };
        },
        close() {},
      } as never),
  };
}

describe.skipIf(!existsSync('/usr/include/ltc.h'))('timecode on a channel (Debian package libltc-dev)', () => {
  it('is told by the channel that the configuration names, through the capture loop, and by no other', () => {
    const program = join(folder, 'ltcGenerate');
    const made = fileURLToPath(new URL('../dsp/support/ltcGenerate.c', import.meta.url));
    execFileSync('gcc', ['-O1', '-o', program, made, '-lltc', '-lm']);
    const bytes = execFileSync(program, ['48000', '25', '0', '10', '0', '0', '0', '100', '-6']);
    const samples = new Int32Array(RATE_HZ + bytes.length);
    bytes.forEach((byte, i) => {
      samples[RATE_HZ + i] = (byte - 128) * 2 ** 24;
    });
    const listen = (channel: number | null) => {
      const events: TimecodeEvent[] = [];
      playLoop(
        (nowMs) => source(samples, nowMs),
        7,
        { onTimecode: (event) => events.push(event) },
        (monitor) => {
          const config = defaultConfig();
          monitor.reconfigure({ ...config, takes: { ...config.takes, timecodeChannel: channel } });
        },
      );
      return events;
    };
    const [started, stopped, ...more] = listen(3);
    expect(more).toEqual([]);
    expect(started).toMatchObject({ kind: 'started', rate: '25', drop: false });
    if (started?.kind !== 'started') return;
    expect(started.seconds - (started.frame - RATE_HZ) / RATE_HZ).toBeCloseTo(36_000, 3);
    expect(Math.abs(started.sinceFrame - RATE_HZ)).toBeLessThan(2 * 1920);
    expect(stopped).toMatchObject({ kind: 'stopped' });
    // The last frame of code ends with an edge that never comes.
    expect(Math.abs(stopped!.frame - samples.length)).toBeLessThan(2 * 1920);
    expect(listen(2)).toEqual([]);
    expect(listen(null)).toEqual([]);
  });
});
