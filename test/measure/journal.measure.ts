/**
 * npm run journal:hours: eight simulated hours of 34 channels through the journal, second by second as the program does it;
 * what it takes on the disk and how quickly it answers; the timeline on it in Chromium. Writes docs/journal.md.
 */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { JournalKeeper } from '../../src/journal/keeper.ts';
import type { JournalBatch, JournalStore } from '../../src/journal/shapes.ts';
import { loadSqlite, SqliteStore } from '../../src/journal/sqliteStore.ts';
import { captureEdges, syncSpans } from '../../src/journal/timeline.ts';
import { buildReport } from '../../src/report/report.ts';
import { reportHtml } from '../../src/report/reportHtml.ts';
import { readSession } from '../../src/report/sessionRecord.ts';
import { longSession, readerOf } from '../journal/support/longSession.ts';
import { startBrowser } from '../web/support/browser.ts';
import { SIZES } from '../web/support/browserRig.ts';
import { fullRig } from '../web/support/fullRig.ts';

const HOURS = Number(process.env.HOURS ?? 8);
const CHANNELS = 34;
const startedWallMs = Date.UTC(2026, 4, 1, 10);
const folder = mkdtempSync(join(process.env.JOURNAL_FOLDER ?? tmpdir(), 'lightkeeper-hours-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Bytes that this process has sent to disks: proc(5) io. */
const written = () => Number(/^write_bytes: (\d+)/m.exec(readFileSync('/proc/self/io', 'utf8'))?.[1]);
const fileBytes = (file: string) =>
  ['', '-wal', '-shm'].reduce((sum, tail) => {
    try {
      return sum + statSync(`${file}${tail}`).size;
    } catch {
      return sum;
    }
  }, 0);

/** Hands over what `longSession` writes by the minute second by second, as the feed does. */
function bySecond(write: (batch: JournalBatch) => void): JournalStore {
  return {
    write(batch: JournalBatch) {
      const { levels, events, ...rest } = batch;
      const from = batch.ms - 59_999;
      for (let s = 0; s < 60; s++) {
        const inSecond = (ms: number) => ms >= from + s * 1000 && ms < from + (s + 1) * 1000;
        const second = Math.floor(from / 1000) + s;
        const part = {
          ms: from + s * 1000 + 999,
          events: events.filter(({ ms }) => inSecond(ms)),
          levels: levels.filter((one) => one.second === second),
        };
        const first = s === 0 ? rest : { clocks: [], streams: [], takes: [] };
        if (part.events.length + part.levels.length > 0 || s === 0) write({ ...first, ...part });
      }
    },
  } as unknown as JournalStore;
}

async function timed<T>(
  times: number,
  ask: () => T | Promise<T>,
): Promise<{ medianMs: number; mostMs: number; value: T }> {
  const took: number[] = [];
  let value = await ask();
  for (let i = 0; i < times; i++) {
    const from = performance.now();
    value = await ask();
    took.push(performance.now() - from);
  }
  took.sort((a, b) => a - b);
  return { medianMs: took[times >> 1]!, mostMs: took.at(-1)!, value };
}

async function inChromium(store: JournalStore) {
  const browser = await startBrowser();
  const results: { size: string; openMs: number; fps: number; slowMs: number; zoomFps: number }[] = [];
  try {
    for (const size of ['phone', 'desktop'] as const) {
      const rig = await fullRig({ channels: CHANNELS, journal: readerOf(store) });
      const stop = rig.monitor.run();
      const context = await browser.newContext({ viewport: SIZES[size], deviceScaleFactor: size === 'phone' ? 2 : 1 });
      const page = await context.newPage();
      await page.goto(rig.address.url);
      await page.waitForSelector('body.live', { state: 'attached' });
      await page.waitForTimeout(2000);
      const opens: number[] = [];
      for (let i = 0; i < 3; i++) {
        // From the tap on the tab to the lanes of the whole session on the screen.
        opens.push(
          await page.evaluate(async () => {
            location.hash = '#live';
            await new Promise((resolve) => setTimeout(resolve, 300));
            const canvas = () => document.querySelector<HTMLCanvasElement>('.tl-canvas')!;
            const from = performance.now();
            location.hash = '#timeline';
            for (;;) {
              await new Promise((resolve) => requestAnimationFrame(resolve));
              const summary = document.querySelector('.tl-summary')?.textContent ?? '';
              if (!summary.includes('long')) continue;
              const { width, height } = canvas();
              const { data } = canvas()
                .getContext('2d')!
                .getImageData(width - 40, 0, 20, height);
              let lit = 0;
              for (let p = 0; p < data.length; p += 4) if (data[p + 1]! > 140 && data[p]! < 170) lit++;
              if (lit > 20) return performance.now() - from;
              if (performance.now() - from > 20_000) return Number.NaN;
            }
          }),
        );
        if (i < 2) await page.reload();
        if (i < 2) await page.waitForSelector('body.live', { state: 'attached' });
        if (i < 2) await page.waitForTimeout(1500);
      }
      const frames = async (move: () => Promise<void>) => {
        await page.evaluate(() => {
          const times: number[] = [];
          Object.assign(globalThis, { tlTimes: times, tlGoing: true });
          const tick = (ms: number) => {
            times.push(ms);
            if ((globalThis as unknown as { tlGoing: boolean }).tlGoing) requestAnimationFrame(tick);
          };
          requestAnimationFrame(tick);
        });
        await move();
        return page.evaluate(() => {
          const all = globalThis as unknown as { tlTimes: number[]; tlGoing: boolean };
          all.tlGoing = false;
          const gaps = all.tlTimes.slice(1).map((ms, i) => ms - all.tlTimes[i]!);
          gaps.sort((a, b) => a - b);
          const sum = gaps.reduce((a, b) => a + b, 0);
          return { fps: (gaps.length * 1000) / sum, slowMs: gaps[Math.floor(gaps.length * 0.95)]! };
        });
      };
      const box = (await page.locator('.tl-canvas').boundingBox())!;
      const right = box.x + box.width - 20;
      await page.mouse.move(right, box.y + 200);
      for (let i = 0; i < 6; i++) await page.mouse.wheel(0, -300);
      await page.waitForTimeout(1000);
      const pan = await frames(async () => {
        for (let round = 0; round < 4; round++) {
          await page.mouse.move(right - 180, box.y + 200);
          await page.mouse.down();
          for (let i = 0; i < 40; i++) await page.mouse.move(right - 180 + (round % 2 === 0 ? i : -i) * 4, box.y + 200);
          await page.mouse.up();
        }
      });
      const zoom = await frames(async () => {
        for (let i = 0; i < 60; i++) await page.mouse.wheel(0, i % 20 < 10 ? -120 : 120);
      });
      results.push({ size, openMs: Math.max(...opens), fps: pan.fps, slowMs: pan.slowMs, zoomFps: zoom.fps });
      stop();
      await context.close();
      await rig.stop();
    }
  } finally {
    await browser.close();
  }
  return results;
}

it('measures eight hours', async () => {
  const sqlite = loadSqlite();
  if (sqlite === null) throw new Error('better-sqlite3 is not installed');
  const file = join(folder, 'journal.sqlite');
  const start = { startedWallMs, version: '1', simulated: true };
  let nowMs = 0;
  const keeper = new JournalKeeper({
    sqlite,
    file,
    start,
    limits: { maxBytes: 64e6, maxAgeMs: 90 * 86_400_000 },
    nowWallMs: () => startedWallMs + nowMs,
    nowMs: () => nowMs,
  });
  const before = written();
  const cpu = process.cpuUsage();
  let batches = 0;
  longSession(
    bySecond((batch) => {
      nowMs = batch.ms;
      batches++;
      keeper.write(batch);
    }),
    { hours: HOURS, channels: CHANNELS, startedWallMs },
  );
  const seconds = HOURS * 3600;
  const cpuMs = (process.cpuUsage(cpu).user + process.cpuUsage(cpu).system) / 1000;
  const bytes = { rows: keeper.store.bytes(), file: fileBytes(file), written: written() - before };
  const { store } = keeper;
  const session = store.session;
  const load = loadavg()[0]!;

  const queries: [string, Awaited<ReturnType<typeof timed>>][] = [];
  const ask = async <T>(name: string, times: number, question: () => T | Promise<T>) => {
    const result = await timed(times, question);
    queries.push([name, result]);
    return result.value;
  };
  await ask('levels, all of it, a step a 2 minutes (a phone)', 20, () => store.levels(session, 0, seconds, 120));
  await ask('levels, all of it, a step a 30 s (a desktop)', 20, () => store.levels(session, 0, seconds, 30));
  await ask('levels, an hour, a step a 10 s', 20, () => store.levels(session, 7200, 10_800, 10));
  await ask('levels, 15 minutes, each second', 20, () => store.levels(session, 7200, 8100, 1));
  const clocks = await ask('clocks and the words made of them', 20, () =>
    syncSpans(
      store.clocks(session),
      captureEdges(store.events({ session, kinds: ['state'], limit: 5000 })),
      nowMs,
      120_000,
    ),
  );
  const marks = await ask('marks, all of it, 8 minutes each', 20, () =>
    store.marks({ session, fromMs: 0, toMs: nowMs + 1, bucketMs: 480_000, limit: 4000 }),
  );
  await ask('events of an hour', 20, () => store.events({ session, fromMs: 7_200_000, toMs: 10_800_000, limit: 5000 }));
  await ask('report of the session, as a page', 5, async () => {
    const record = await readSession(readerOf(store), 0);
    if (!record.ok) throw new Error(record.fault.what);
    return reportHtml(buildReport(record.value)).length;
  });
  expect(clocks.length).toBeGreaterThan(0);
  expect(marks.length).toBeGreaterThan(0);
  const pages = await inChromium(store);

  // The bounds: by size while it writes on, and by age.
  const half = Math.floor(bytes.rows / 2);
  keeper.limit({ maxBytes: half, maxAgeMs: 90 * 86_400_000 });
  nowMs += 120_000;
  keeper.write({ ms: nowMs, events: [], levels: [], clocks: [], streams: [], takes: [] });
  const bounded = store.bytes();
  const kept = store.levels(session, 0, seconds, 60);
  const firstKept = kept.peak.findIndex((code) => code > -128);
  const lastKept = kept.peak.findLastIndex((code) => code > -128);
  keeper.close();
  const later = { ...start, startedWallMs: startedWallMs + 91 * 86_400_000 };
  const aged = new SqliteStore(sqlite, file, later, { maxBytes: 64e6, maxAgeMs: 90 * 86_400_000 });
  const sessionsBefore = aged.sessions().length;
  aged.prune(later.startedWallMs + HOURS * 3_600_000);
  const sessionsAfter = aged.sessions().length;
  const agedBytes = aged.bytes();
  aged.close();

  const kb = (n: number) => `${(n / 1000).toFixed(0)} kB`;
  const mb = (n: number) => `${(n / 1e6).toFixed(2)} MB`;
  const ms = (n: number) => (n < 10 ? n.toFixed(1) : n.toFixed(0));
  const clock = (minute: number) => `${Math.floor(minute / 60)}:${String(minute % 60).padStart(2, '0')}`;
  writeFileSync(
    new URL('../../docs/journal.md', import.meta.url),
    `# The journal over ${HOURS} hours

${HOURS} simulated hours of ${CHANNELS} channels, written second by second as the program does it: levels each second, clocks each
minute, 3 takes, a port that slips for 4 minutes, a clip and an unplugging each hour. The disk is synced after each second.

    npm run journal:hours

Machine: ${cpus()[0]?.model.trim()}, ${cpus().length} cores, ${process.arch}, Node ${process.version}, load average ${load.toFixed(1)} (other work was running on it).

| | measured |
|---|---:|
| rows | ${mb(bytes.rows)}, ${kb(bytes.rows / HOURS)} an hour |
| files on the disk (database, WAL) | ${mb(bytes.file)} |
| written to the disk, all rewriting included | ${mb(bytes.written)}, ${kb(bytes.written / seconds)}/s |
| commits | ${batches} |
| processor | ${ms(cpuMs / seconds)} ms for each second of the session |
| fits into the default bound of 64 MB | ${Math.floor(64e6 / (bytes.rows / HOURS))} hours |

## Questions

In the journal's own thread; twenty times each (the report five times), after one that was not counted.

| | median | slowest |
|---|---:|---:|
${queries.map(([name, { medianMs, mostMs }]) => `| ${name} | ${ms(medianMs)} ms | ${ms(mostMs)} ms |`).join('\n')}

## The timeline in Chromium

From the tap on the tab to the lanes of all ${HOURS} hours on the screen (the slowest of three, each on a page loaded anew);
frames a second while a finger moves it to and fro and while it zooms, and the time under which 95 of 100 frames stayed.
Headless Chromium without a graphics processor, which shares the machine's cores with the program.

| | opens, goal <= 1000 ms | moves, goal >= 30 fps | 95 % of frames within | zooms |
|---|---:|---:|---:|---:|
${pages.map((one) => `| ${one.size} (${SIZES[one.size as 'phone'].width} x ${SIZES[one.size as 'phone'].height}) | ${ms(one.openMs)} ms | ${one.fps.toFixed(0)} fps | ${ms(one.slowMs)} ms | ${one.zoomFps.toFixed(0)} fps |`).join('\n')}

## Bounds

| | |
|---|---|
| by size: the bound set to half of what is there | ${mb(bounded)} of ${mb(half)}; levels kept from ${clock(Math.floor(firstKept / CHANNELS))} to ${clock(Math.floor(lastKept / CHANNELS))} |
| by age: a session 91 days old, the bound 90 | ${sessionsBefore} sessions before, ${sessionsAfter} after; ${kb(agedBytes)} left |
`,
  );
  expect(bounded).toBeLessThanOrEqual(half);
  expect(lastKept).toBeGreaterThan(firstKept);
  expect([sessionsBefore, sessionsAfter]).toEqual([2, 1]);
  for (const { openMs } of pages) expect(openMs).not.toBeNaN();
});
