import { describe, expect, it } from 'vitest';
import type { CaptureSource } from '../../src/device/ports.ts';
import { good } from '../../src/fault.ts';
import { bursts, type Column, hash, sample24 } from '../dsp/foreign/streams.ts';
import { playLoop } from './support/playLoop.ts';

const tone =
  (hz: number, level: number): Column =>
  (n) =>
    sample24(level * Math.sin((2 * Math.PI * hz * n) / 48000));

/** An interface of so many columns: 1-2 analogue, then `port`, an S/PDIF or ADAT port with a box on it. */
function watchPort(port: readonly Column[], kind: 'spdif' | 'adat', seconds: number) {
  const columns = [tone(440, 0.5), tone(330, 0.5), ...port];
  const channels = columns.length;
  let at = 0;
  const source: CaptureSource = {
    open: () =>
      good({
        info: {
          source: 'sim',
          name: 'test',
          rateHz: 48000,
          channels,
          validBits: 24,
          periodFrames: 480,
          bufferFrames: 0,
          usbId: null,
          channelNames: [],
          ports: [
            { id: 'analogue', name: 'Analogue', kind: 'analogue', first: 1, last: 2, box: null },
            {
              id: 'port',
              name: kind === 'adat' ? 'ADAT A' : 'S/PDIF',
              kind,
              first: 3,
              last: channels,
              box: 'CD player',
            },
          ],
          notes: [],
        },
        read(block) {
          for (let n = 0; n < 480; n++)
            for (let c = 0; c < channels; c++) block[n * channels + c] = columns[c]!(at + n);
          at += 480;
          return { kind: 'frames', frames: 480, timeNs: (at / 48000) * 1e9, positionFrames: at };
        },
        close() {},
      }),
  };
  const events: string[] = [];
  const monitor = playLoop(() => source, seconds, { onEvent: (event) => events.push(event.kind) });
  return { snapshot: monitor.snapshot(), events };
}

describe('data on a digital port', () => {
  it('is named in a finding with box, cause and fix, and never clips, peaks or slips', () => {
    // Zeros between the bursts, and runs of full-scale words within them, as coded data may have.
    const clipping = bursts(4, { period: 512, payloadFrames: 400 }).map(
      (column): Column =>
        (n) =>
          (n % 512) % 50 > 40 && n % 512 < 400 ? sample24(1) : column(n),
    );
    const { snapshot, events } = watchPort(clipping, 'spdif', 4);
    expect(snapshot.foreign).toMatchObject([
      { bank: 'port', kind: 'nonAudio', format: 'AC-3', channels: [3, 4], confidence: 'high' },
    ]);
    expect(snapshot.findings[0]).toMatchObject({
      code: 'foreign-data',
      severity: 'alarm',
      where: 'CD player',
      symptom: 'S/PDIF carries AC-3 data, not sound, on channels 3-4.',
    });
    expect(snapshot.findings[0]!.fix).toContain('PCM');
    for (const channel of snapshot.channels.slice(2)) {
      expect(channel.peakDbfs).toBeNull();
      expect(channel.holdDbfs).toBeNull();
      expect(channel.silence).not.toBe('digitalZero');
    }
    expect(snapshot.channels[0]!.peakDbfs).toBeCloseTo(-6, 0);
    expect(events.filter((kind) => kind === 'slip')).toEqual([]);
    expect(events.filter((kind) => kind === 'clip')).toEqual([]);
    expect(snapshot.channels[2]!.truePeakDbtp).toBeNull();
  });

  it('of the wrong rate is told with what to do, and leaves no peak behind', () => {
    const { snapshot, events } = watchPort(
      Array.from({ length: 8 }, (_, c) => hash(c + 1)),
      'adat',
      3,
    );
    expect(snapshot.foreign).toMatchObject([{ bank: 'port', kind: 'hash', confidence: 'medium' }]);
    expect(snapshot.findings[0]).toMatchObject({ code: 'foreign-hash', severity: 'alarm', confidence: 'medium' });
    expect(snapshot.findings[0]!.fix).toMatch(/^Mute first/);
    for (const channel of snapshot.channels.slice(2)) {
      expect(channel.clips).toBe(0);
      expect(channel.holdDbfs).toBeNull();
    }
    expect(snapshot.banks[1]).toMatchObject({ sync: 'unknown', slips: 0 });
    expect(events).toEqual([]);
  });

  it('is told of no port that carries sound', () => {
    const { snapshot } = watchPort([tone(500, 0.3), tone(700, 0.3)], 'spdif', 2);
    expect(snapshot.foreign).toEqual([]);
  });
});
