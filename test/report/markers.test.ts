import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import type { JournalEvent } from '../../src/journal/shapes.ts';
import { RecordFile } from '../../src/recorder/recordFile.ts';
import { type BroadcastStart, readBext } from '../../src/report/bext.ts';
import { type Anchor, audacityLabels, cueWav, type Marker, markersOf, reaperCsv } from '../../src/report/markers.ts';
import type { Report } from '../../src/report/report.ts';

const folder = mkdtempSync(join(tmpdir(), 'lightkeeper-markers-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const START_MS = Date.UTC(2026, 4, 1, 12, 0, 0);
const RATE_HZ = 48_000;
const fault = (ms: number) => ({
  ms,
  at: new Date(START_MS + ms).toISOString(),
  stream: 1,
  frame: Math.round((ms / 1000) * RATE_HZ),
  kind: 'slip',
  where: 'adat-a',
  place: 'ADAT A',
  severity: 'alarm' as const,
  text: 'ADAT A slipped: 1 frame repeated.',
  frames: 1,
  take: null,
  takeMs: null,
});
const report = {
  startedAt: new Date(START_MS).toISOString(),
  lengthMs: 600_000,
  streams: [{ stream: 1, rateHz: RATE_HZ }],
  takes: [
    { id: 't1', name: 'Take 1', fromMs: 60_000, toMs: 180_000, verdict: 'suspect', startedFrame: 60 * RATE_HZ },
    { id: 't2', name: 'Take 2', fromMs: 240_000, toMs: 300_000, verdict: 'clean', startedFrame: 240 * RATE_HZ },
  ],
  faults: [fault(70_500), fault(71_250), fault(400_000)],
  marks: [{ ms: 62_000, at: '', name: 'DAW rolls', by: 'osc' }],
} as unknown as Report;
const event = (ms: number, kind: JournalEvent['kind'], detail: Record<string, unknown> = {}): JournalEvent => ({
  ms,
  wallMs: START_MS + ms,
  stream: 1,
  frame: Math.round((ms / 1000) * RATE_HZ),
  kind,
  severity: 'info',
  where: 'all',
  text: kind,
  detail,
});
const events = [event(0, 'state'), event(62_000, 'mark')];

function found(anchor: Anchor, told: readonly JournalEvent[] = events) {
  const outcome = markersOf(report, told, anchor);
  if (!outcome.ok) throw new Error(outcome.fault.what);
  return outcome.value;
}
const slipsOf = (markers: readonly Marker[]) =>
  markers.filter(({ name }) => name.startsWith('slip')).map(({ startS }) => Math.round(startS * 1000) / 1000);

describe('markers', () => {
  it('count from the start of the session, of a take, or from a mark; takes are regions with their verdict', () => {
    const { markers } = found({ kind: 'session' });
    expect(markers.filter(({ endS }) => endS !== null)).toEqual([
      { startS: 60, endS: 180, name: 'Take 1: suspect' },
      { startS: 240, endS: 300, name: 'Take 2: clean' },
    ]);
    expect(slipsOf(markers)).toEqual([70.5, 71.25, 400]);
    expect(slipsOf(found({ kind: 'take', take: 'Take 1' }).markers)).toEqual([10.5, 11.25]);
    expect(slipsOf(found({ kind: 'mark', name: 'DAW rolls' }).markers)).toEqual([8.5, 9.25, 338]);
    expect(markersOf(report, events, { kind: 'take', take: 'Take 9' })).toMatchObject({
      fault: { code: 'anchor-no-take' },
    });
    expect(markersOf(report, events, { kind: 'mark', name: 'x' })).toMatchObject({ fault: { code: 'anchor-no-mark' } });
  });

  const file = (part: Partial<BroadcastStart>): BroadcastStart => ({
    rateHz: 48_000,
    timeReference: 0,
    date: '2026-05-01',
    originator: 'DAW',
    frames: 120 * 48_000,
    ...part,
  });

  it('count from the start of a file by its TimeReference, whatever its rate, in the zone of its clock', () => {
    // The file begins at 14:01:00 of a clock two hours east of UTC: one minute into the session.
    const at = (rateHz: number) => file({ rateHz, timeReference: (14 * 3600 + 60) * rateHz, frames: 120 * rateHz });
    for (const rateHz of [44_100, 48_000, 96_000]) {
      const anchor = { kind: 'file', file: at(rateHz), zoneMin: null, localZoneMin: 120 } as const;
      expect(slipsOf(found(anchor).markers)).toEqual([10.5, 11.25]);
      expect(found(anchor).said).toContain('2026-05-01T12:01:00.000Z');
    }
    // A box that keeps UTC, a file of the same: found by what overlaps the session.
    const utc = file({ timeReference: (12 * 3600 + 60) * 48_000 });
    expect(slipsOf(found({ kind: 'file', file: utc, zoneMin: null, localZoneMin: 120 }).markers)).toEqual([
      10.5, 11.25,
    ]);
    // Told by hand.
    const west = file({ timeReference: (7 * 3600 + 60) * 48_000 });
    expect(slipsOf(found({ kind: 'file', file: west, zoneMin: -300, localZoneMin: 0 }).markers)).toEqual([10.5, 11.25]);
    expect(markersOf(report, events, { kind: 'file', file: west, zoneMin: null, localZoneMin: 0 })).toMatchObject({
      fault: { code: 'anchor-outside' },
    });
  });

  it('follow a wall clock that was set in the middle: the file and the box were told the same time after it', () => {
    const jumped = [event(0, 'state'), { ...event(65_000, 'wallClock'), wallMs: START_MS + 65_000 + 5000 }];
    const anchor = {
      kind: 'file',
      file: file({ timeReference: (12 * 3600 + 60) * 48_000 }),
      zoneMin: 0,
      localZoneMin: 0,
    } as const;
    expect(slipsOf(found(anchor, jumped).markers)).toEqual([15.5, 16.25]);
  });

  it('count by timecode, sample by sample from the code that was read last before them', () => {
    const code = event(50_000, 'timecode', { timecodeS: 3600, running: true });
    const stop = event(300_000, 'timecode', { timecodeS: 3850, running: false });
    const all = [events[0]!, code, stop];
    expect(slipsOf(found({ kind: 'ltc', file: null }, all).markers)).toEqual([3620.5, 3621.25]);
    const start = file({ timeReference: 3610 * 48_000 });
    expect(slipsOf(found({ kind: 'ltc', file: start }, all).markers)).toEqual([10.5, 11.25]);
    expect(markersOf(report, events, { kind: 'ltc', file: null })).toMatchObject({ fault: { code: 'anchor-no-ltc' } });
  });

  it('for Reaper are a table of its Region/Marker Manager', () => {
    expect(reaperCsv(found({ kind: 'session' }).markers).split('\n')).toEqual([
      '#,Name,Start,End,Length',
      'R1,Take 1: suspect,1:00.000,3:00.000,2:00.000',
      'M1,DAW rolls,1:02.000,,',
      'M2,"slip: ADAT A, 1 frames",1:10.500,,',
      'M3,"slip: ADAT A, 1 frames",1:11.250,,',
      'R2,Take 2: clean,4:00.000,5:00.000,1:00.000',
      'M4,"slip: ADAT A, 1 frames",6:40.000,,',
      '',
    ]);
    expect(reaperCsv([{ startS: 3723.4561, endS: null, name: 'late' }])).toContain('M1,late,1:02:03.456,,');
  });

  it('for Audacity are lines of start, end and text, by tabs', () => {
    const lines = audacityLabels(found({ kind: 'take', take: 't1' }).markers)
      .trimEnd()
      .split('\n');
    for (const line of lines) expect(line).toMatch(/^\d+\.\d{6}\t\d+\.\d{6}\t[^\t]+$/);
    expect(lines).toContain('10.500000\t10.500000\tslip: ADAT A, 1 frames');
    expect(lines).toContain('0.000000\t120.000000\tTake 1: suspect');
  });
});

describe('cues, read by others', () => {
  const { markers, lengthS } = found({ kind: 'take', take: 'Take 1' });
  const path = join(folder, 'cues.wav');
  writeFileSync(path, cueWav(markers, lengthS, 44_100));
  const run = (program: string, ...args: string[]) => execFileSync(program, args, { encoding: 'utf8' });

  it.skipIf(!existsSync('/usr/include/sndfile.h'))(
    'libsndfile reads each cue at its sample, with its label (Debian package libsndfile1-dev)',
    () => {
      const reader = join(folder, 'readCues');
      const source = fileURLToPath(new URL('support/readCues.c', import.meta.url));
      run('gcc', '-O1', '-o', reader, source, '-lsndfile');
      const told = run(reader, path).trimEnd().split('\n');
      expect(told).toEqual(markers.map(({ startS, name }) => `${Math.round(startS * 44_100)}\t${name}`));
    },
  );

  it.skipIf(!existsSync('/usr/bin/ffprobe'))(
    'ffmpeg and sox read the file, as long as it says (Debian packages ffmpeg, sox)',
    () => {
      const probed = JSON.parse(
        run('ffprobe', '-v', 'error', '-show_format', '-show_streams', '-of', 'json', path),
      ) as {
        streams: { sample_rate: string; duration_ts: number }[];
      };
      const frames = probed.streams[0]!.duration_ts;
      expect(probed.streams[0]!.sample_rate).toBe('44100');
      expect(frames / 44_100).toBeGreaterThan(markers.at(-1)!.startS);
      expect(Number(run('soxi', '-s', path))).toBe(frames);
    },
  );
});

describe('the start of a Broadcast Wave file', () => {
  it('is read from what the safety recorder writes, and from the head alone', () => {
    const path = join(folder, 'own.wav');
    const startedWallMs = START_MS + 90_500;
    const own = new RecordFile(path, {
      channels: 2,
      rateHz: 48_000,
      bytesPerSample: 3,
      description: 'x',
      startedWallMs,
      trackNames: ['a', 'b'],
    });
    own.append(new Uint8Array(6 * 480));
    own.close();
    const head = execFileSync('head', ['-c', '4096', path]);
    const start = readBext(head);
    if (!start.ok) throw new Error(start.fault.what);
    expect(start.value).toEqual({
      rateHz: 48_000,
      timeReference: (12 * 3600 + 90.5) * 48_000,
      date: '2026-05-01',
      originator: 'Lightkeeper',
      frames: 480,
    });
    const { said } = found({
      kind: 'file',
      file: { ...start.value, frames: 48_000 * 60 },
      zoneMin: null,
      localZoneMin: 600,
    });
    expect(said).toContain('2026-05-01T12:01:30.500Z');
  });

  it.skipIf(!existsSync('/usr/bin/ffmpeg'))('is read from what ffmpeg writes', () => {
    const path = join(folder, 'daw.wav');
    execFileSync('ffmpeg', [
      '-v', 'error', '-f', 'lavfi', '-i', 'anullsrc=r=96000:cl=mono', '-t', '1', '-c:a', 'pcm_s24le', '-write_bext', '1',
      '-metadata', 'time_reference=4838400000', '-metadata', 'origination_date=2026-05-01', '-metadata', 'originator=DAW', path,
    ]); // biome-ignore format: a command line
    const start = readBext(execFileSync('head', ['-c', '4096', path]));
    expect(start).toMatchObject({
      ok: true,
      value: { rateHz: 96_000, timeReference: 4_838_400_000, date: '2026-05-01', originator: 'DAW', frames: 96_000 },
    });
  });

  it('is refused with a reason where there is none', () => {
    expect(readBext(new Uint8Array(10))).toMatchObject({ fault: { code: 'anchor-not-wave' } });
    expect(readBext(cueWav([], 1, 8000))).toMatchObject({ fault: { code: 'anchor-no-bext' } });
  });
});
