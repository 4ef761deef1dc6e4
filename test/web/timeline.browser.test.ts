/// <reference lib="dom" />
import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { loadFonts } from '../../src/device/panel/loadFonts.ts';
import { EvidenceStore } from '../../src/evidence/evidenceStore.ts';
import { MemoryStore } from '../../src/journal/memoryStore.ts';
import { longSession, RATE_HZ, readerOf, SLIPPING } from '../journal/support/longSession.ts';
import { HAVE_CHROMIUM } from './support/browser.ts';
import { browserRig, overflowOf, type Size, SOON, seriousOf } from './support/browserRig.ts';

const HOURS = 2;
const startedWallMs = Date.UTC(2026, 4, 1, 12, 0, 0);

function journalOf(hours: number) {
  const store = new MemoryStore({ startedWallMs, version: '1', simulated: true });
  longSession(store, { hours, channels: 34, startedWallMs });
  return readerOf(store);
}

/** The picture of the first slip of the session. */
function evidenceOfFirstSlip() {
  const fonts = loadFonts();
  const store = new EvidenceStore();
  const frame = SLIPPING.from * 60 * RATE_HZ;
  const samples = new Int32Array(8 * 1920);
  for (let i = 0; i < samples.length; i++) samples[i] = Math.round(Math.sin(i / 100) * 2 ** 29);
  const channels = [9, 10, 11, 12, 13, 14, 15, 16];
  store.add('adat-a', { bank: 0, frame, firstFrame: frame - 960, rateHz: RATE_HZ, channels, samples });
  const slip = {
    bank: 'adat-a',
    name: 'ADAT A',
    box: 'OctoPre',
    kind: 'repeat' as const,
    frames: 1,
    frame,
    ppm: -10.4,
  };
  store.prove(slip, SLIPPING.from * 60_000 + 20);
  return { store, fonts: { small: fonts.f6x12, large: fonts.f8x16 } };
}

describe.skipIf(!HAVE_CHROMIUM)('the timeline in Chromium (Debian package chromium)', () => {
  const browser = browserRig();
  const open = async (size: Size, more: Parameters<typeof browser.open>[3] = {}): Promise<Page> => {
    const page = await browser.open(size, '#timeline', 'body.live', {
      journal: journalOf(HOURS),
      evidence: evidenceOfFirstSlip(),
      timezoneId: 'UTC',
      ...more,
    });
    await expect.poll(() => page.locator('.tl-summary').innerText(), SOON).toContain('long');
    return page;
  };
  /** Where an instant stands on the page: the middle of the row of ADAT A, CSS px. */
  const placeOf = async (page: Page, ms: number, fromMs: number, toMs: number, rowY: number) => {
    const box = (await page.locator('.tl-canvas').boundingBox())!;
    const gutter = box.width < 600 ? 84 : 132;
    return { x: box.x + gutter + ((ms - fromMs) / (toMs - fromMs)) * (box.width - gutter), y: box.y + rowY };
  };
  /** Axis, takes, events, the bank and the 8 channels above it: half of ADAT A's own row below them. */
  const adatRowY = (phone: boolean) => 20 + 22 + 24 + 20 + 8 * (phone ? 15 : 17) + 10;
  const label = (page: Page) => page.locator('.tl-frame').getAttribute('aria-label');

  it('shows the hours of a session, and a tap on a slip shows its evidence, picture and sound', async () => {
    const page = await open('phone', { hasTouch: true });
    expect(await page.locator('.tl-summary').innerText()).toContain(
      `${HOURS}:00:00 long, ${3 * HOURS} takes, ${HOURS} suspect`.replace('2:00:00', '1:59:59'),
    );
    const endMs = HOURS * 3_600_000;
    const at = await placeOf(page, SLIPPING.from * 60_000, 0, endMs, adatRowY(true));
    await page.touchscreen.tap(at.x, at.y);
    await expect.poll(() => page.locator('.tl-told').innerText(), SOON).toContain('ADAT A slipped: 1 frame repeated.');
    const told = await page.locator('.tl-told').innerText();
    expect(told).toContain('12:20:00');
    expect(told).toContain('-10.4');
    const picture = page.locator('.tl-told img');
    await expect.poll(() => picture.evaluate((img: HTMLImageElement) => img.naturalWidth), SOON).toBeGreaterThan(100);
    const wav = await page.locator('.tl-told a', { hasText: 'WAV' }).getAttribute('href');
    expect((await page.request.get(new URL(wav!, page.url()).href)).headers()['content-type']).toBe('audio/wav');
    await page.locator('.tl-close').click();
    await expect.poll(() => page.locator('.tl-told').innerText(), SOON).toBe('');
    expect(browser.errors).toEqual([]);
  });

  it('moves with the finger, zooms with the wheel and the keys, and asks for finer levels as it comes closer', async () => {
    const page = await open('desktop');
    const steps: number[] = [];
    page.on('request', (request) => {
      const step = /levels\?.*stepS=(\d+)/.exec(request.url())?.[1];
      if (step !== undefined) steps.push(Number(step));
    });
    const before = await label(page);
    const box = (await page.locator('.tl-canvas').boundingBox())!;
    await page.mouse.move(box.x + 700, box.y + 200);
    for (let i = 0; i < 12; i++) await page.mouse.wheel(0, -400);
    await expect.poll(() => steps.at(-1), SOON).toBe(1);
    const near = await label(page);
    expect(near).not.toBe(before);
    await page.mouse.down();
    await page.mouse.move(box.x + 1100, box.y + 200, { steps: 8 });
    await page.mouse.up();
    await expect.poll(() => label(page), SOON).not.toBe(near);
    await page.locator('.tl-frame').focus();
    await page.keyboard.press('Home');
    await expect.poll(() => label(page), SOON).toContain('Timeline of 12:00:00 to 12:00:1');
    await page.getByRole('button', { name: 'All' }).click();
    await expect.poll(() => label(page), SOON).toBe(before);
    expect(browser.errors).toEqual([]);
  });

  it('tells the levels of a channel where it is tapped, and the word of a bank', async () => {
    const page = await open('phone');
    const endMs = HOURS * 3_600_000;
    const at = await placeOf(page, 7 * 60_000, 0, endMs, 20 + 22 + 24 + 20 + 15 / 2);
    await page.mouse.click(at.x, at.y);
    await expect
      .poll(() => page.locator('.tl-told').innerText(), SOON)
      .toMatch(/1 Drum 1\s+12:0[67]:\d\d.*peak −?\d+ dBFS, RMS/s);
    const bank = await placeOf(page, 35 * 60_000, 0, endMs, adatRowY(true));
    await page.mouse.click(bank.x, bank.y);
    await expect.poll(() => page.locator('.tl-told').innerText(), SOON).toContain('in sync');
    const away = await placeOf(page, 51 * 60_000, 0, endMs, adatRowY(true));
    await page.mouse.click(away.x, away.y - 40);
    await expect.poll(() => page.locator('.tl-told').innerText(), SOON).toContain('nothing was captured');
  });

  it('has its events as a table behind it, each with its evidence', async () => {
    const page = await open('narrow');
    await page.getByText('Events as a table').click();
    await expect.poll(() => page.locator('.tl-rows tbody tr').count(), SOON).toBeGreaterThan(100);
    const row = page.locator('.tl-rows tr', { hasText: 'Drum 3 clipped.' }).first();
    expect(await row.innerText()).toContain('12:07:12');
    await row.getByRole('button').click();
    await expect.poll(() => page.locator('.tl-told').innerText(), SOON).toContain('Drum 3 clipped.');
  });

  it('hands out the report of the session and its markers', async () => {
    const page = await open('phone');
    const saved = async (name: string) => {
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('link', { name, exact: true }).click(),
      ]);
      return { file: download.suggestedFilename(), text: readFileSync(await download.path(), 'utf8') };
    };
    const csv = await saved('CSV');
    expect(csv.file).toBe('lightkeeper-session-1.report.csv');
    expect(csv.text.split('\r\n').filter((line) => line.startsWith('fault,'))).toHaveLength(HOURS * 122);
    expect((await saved('Reaper')).text).toContain('R1,Take 1: clean,5:00.000,9:00.000,4:00.000');
    const [report] = await Promise.all([
      page.waitForEvent('popup'),
      page.getByRole('link', { name: 'Open to read or print' }).click(),
    ]);
    await report.waitForLoadState();
    expect(await report.locator('h1').innerText()).toBe('Lightkeeper, session 1');
    // Its own style holds: the words of the takes have a ground.
    const ground = await report
      .locator('.word.suspect')
      .first()
      .evaluate((word) => getComputedStyle(word).backgroundColor);
    expect(ground).toBe('rgb(255, 227, 171)');
    expect(await report.locator('figure svg').count()).toBe(1);
    expect(await seriousOf(report)).toEqual([]);
    expect(browser.errors).toEqual([]);
  });

  it.each(['narrow', 'phone', 'tablet', 'desktop'] as const)(
    'fits a %s and gives axe nothing to say, dark and light',
    async (size) => {
      for (const theme of ['dark', 'light'] as const) {
        const page = await open(size, { theme });
        await page.getByText('Events as a table').click();
        await expect.poll(() => page.locator('.tl-rows tbody tr').count(), SOON).toBeGreaterThan(0);
        expect(await overflowOf(page)).toBeLessThanOrEqual(0);
        expect(await seriousOf(page)).toEqual([]);
        expect(browser.errors).toEqual([]);
        await page.close();
      }
    },
  );
});
