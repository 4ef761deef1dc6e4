import { Value } from 'typebox/value';
import { describe, expect, it } from 'vitest';
import type { ScenarioEvent } from '../../src/device/sim/scenario.ts';
import { reportPictures } from '../../src/report/pictures.ts';
import { buildReport, type Report, Report as ReportSchema } from '../../src/report/report.ts';
import { reportCsv } from '../../src/report/reportCsv.ts';
import { reportHtml } from '../../src/report/reportHtml.ts';
import { readSession } from '../../src/report/sessionRecord.ts';
import { readerOf } from '../journal/support/longSession.ts';
import { simulateSession } from './support/simulatedSession.ts';

const RATE_HZ = 48_000;
const at = (s: number) => Math.round(s * RATE_HZ);
const FAULTS: readonly ScenarioEvent[] = [
  { kind: 'clip', atFrame: at(6), channel: 3, samples: 12 },
  { kind: 'slip', atFrame: at(24.25), bank: 'adat-a', frames: 1 },
  { kind: 'slip', atFrame: at(27.5), bank: 'adat-a', frames: 1 },
  { kind: 'clip', atFrame: at(31), channel: 14, samples: 8 },
  { kind: 'slip', atFrame: at(34), bank: 'adat-a', frames: 3 },
  { kind: 'usbLoss', atFrame: at(40), frames: 48 },
  { kind: 'xrun', atFrame: at(46), frames: 960 },
  { kind: 'unplug', atFrame: at(52), forMs: 2000 },
];
const TAKES = [
  { fromS: 5, toS: 10 },
  { fromS: 12, toS: 20 },
  { fromS: 23, toS: 30 },
  { fromS: 50, toS: 58 },
];

const session = simulateSession(FAULTS, TAKES, 62);
const read = await readSession(readerOf(session.store), 0);
if (!read.ok) throw new Error(read.fault.what);
const report = buildReport(read.value);

/** What the script did, as a report should tell it. */
function expected(event: ScenarioEvent) {
  switch (event.kind) {
    case 'clip':
      return { kind: 'clip', where: String(event.channel), frames: null };
    case 'slip':
      return { kind: 'slip', where: event.bank, frames: event.frames };
    case 'usbLoss':
      return { kind: 'usbLoss', where: 'all', frames: event.frames };
    case 'xrun':
      // The block that was being made across the gap is lost with it.
      return { kind: 'xrun', where: 'all', frames: event.frames + 480 };
    case 'unplug':
      return { kind: 'gone', where: 'all', frames: null };
    default:
      throw new Error(`no word for ${event.kind}`);
  }
}

describe('the report of a simulated session', () => {
  it('lists exactly its faults: kind, place, number of frames and time, none more and none less', () => {
    expect(report.faults.map(({ kind, where, frames }) => ({ kind, where, frames }))).toEqual(FAULTS.map(expected));
    report.faults.forEach((fault, i) => {
      const wantedMs = (FAULTS[i]!.atFrame / RATE_HZ) * 1000;
      // Lost microframes are dated by the stamps around them, which are a second apart.
      expect(Math.abs(fault.ms - wantedMs)).toBeLessThan(fault.kind === 'usbLoss' ? 1100 : 50);
      if (fault.kind === 'slip') expect(fault.frame).toBe(FAULTS[i]!.atFrame);
    });
  });

  it('has nothing in it when nothing happened', async () => {
    const quiet = simulateSession([], [{ fromS: 2, toS: 8 }], 10);
    const clean = await readSession(readerOf(quiet.store), 0);
    if (!clean.ok) throw new Error(clean.fault.what);
    const told = buildReport(clean.value);
    expect(told.faults).toEqual([]);
    expect(told.findings).toEqual([]);
    expect(told.takes).toMatchObject([{ verdict: 'clean', suspects: 0 }]);
    expect(reportHtml(told)).toContain('None was seen.');
  });

  it('gives each take its verdict: clean, suspect with the times, or not watched', () => {
    expect(report.takes.map(({ name, verdict, suspects }) => [name, verdict, suspects])).toEqual([
      ['Take 1', 'suspect', 1],
      ['Take 2', 'clean', 0],
      ['Take 3', 'suspect', 2],
      ['Take 4', 'notWatched', 0],
    ]);
    expect(report.takes[0]!.words).toContain('suspect at 0:01 clip (Gtr R)');
    expect(report.takes[2]!.words).toContain('0:01 slip (ADAT A), 0:05 slip (ADAT A)');
    expect(report.takes[3]!.words).toContain('0:02 not watched');
    expect(report.watchedMs).toBeGreaterThan(59_000);
    expect(report.lengthMs - report.watchedMs).toBeGreaterThan(1900);
  });

  it('says of a take for how long a lost USB packet would not have shown', async () => {
    const quiet = simulateSession([], [{ fromS: 2, toS: 8 }], 10);
    const session = await readSession(readerOf(quiet.store), 0);
    if (!session.ok) throw new Error(session.fault.what);
    const words = (lossesHiddenMs: number) =>
      buildReport({
        ...session.value,
        takes: session.value.takes.map((take) => ({ ...take, verdict: { ...take.verdict, lossesHiddenMs } })),
      }).takes[0]!.words;
    expect(words(83_000)).toContain('1:23 in which a single lost USB packet would not have shown');
    expect(words(900)).not.toContain('lost USB packet');
  });

  it('tells the findings that stood, each once, of these faults and no others', () => {
    expect(report.findings.map(({ code, where }) => `${code} ${where}`).sort()).toEqual([
      'bank-slips OctoPre',
      'capture-xrun Scarlett 18i20 (simulated)',
      'channel-clipping Gtr R',
      'channel-clipping Kick out',
      'device-gone Scarlett 18i20 (simulated)',
      'usb-loss Scarlett 18i20 (simulated)',
    ]);
  });

  it('tells no clock of the time in which nothing was captured', () => {
    for (const { spans } of report.clocks) {
      for (const { fromMs, toMs } of spans) expect(toMs <= 52_100 || fromMs >= 53_900).toBe(true);
    }
    expect(report.clocks.find(({ bank }) => bank === 'adat-a')).toMatchObject({
      slips: 3,
      name: 'ADAT A',
      box: 'OctoPre',
    });
  });

  it('is one page that needs nothing else, with the pictures of its slips', () => {
    const pictures = reportPictures(report, session.evidence.list());
    expect(pictures.map(({ words }) => words).sort()).toEqual([
      'ADAT A: 1 frame twice at 0:24',
      'ADAT A: 1 frame twice at 0:28',
      'ADAT A: 3 frames twice at 0:34',
    ]);
    const html = reportHtml(report, pictures);
    expect(html.match(/<figure><svg/g)).toHaveLength(3);
    expect(html).not.toMatch(/<script|<link|\bsrc=|href=|url\(/);
    for (const fault of report.faults) expect(html).toContain(fault.text);
    expect(Buffer.byteLength(html)).toBeLessThan(2_000_000);
  });

  it('is a table whose lines hold as many fields as its head, one line a fault', () => {
    const [head, ...lines] = reportCsv(report).trimEnd().split('\r\n');
    const fields = (line: string) => line.match(/("([^"]|"")*"|[^,]*)(,|$)/g)!.length - (line.endsWith(',') ? 0 : 1);
    for (const line of lines) expect(fields(line)).toBe(fields(head!));
    expect(lines.filter((line) => line.startsWith('fault,'))).toHaveLength(FAULTS.length);
    expect(lines.filter((line) => line.startsWith('channel,'))).toHaveLength(20);
  });

  it('lets no name be run by a spreadsheet, or be read as HTML', () => {
    const named: Report = {
      ...report,
      channels: [{ index: 1, name: '=HYPERLINK("x")', bank: 'a', peakDbfs: -3, clips: 0 }],
      notes: ['<img src=x onerror=alert(1)>'],
    };
    expect(reportCsv(named)).toContain(`"'=HYPERLINK(""x"")"`);
    expect(reportHtml(named)).toContain('&lt;img src=x');
    expect(reportHtml(named)).not.toContain('<img');
  });

  it('fits the schema that the API tells', () => {
    expect([...Value.Errors(ReportSchema, report)]).toEqual([]);
  });
});
