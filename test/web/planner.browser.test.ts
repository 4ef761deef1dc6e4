/// <reference lib="dom" />
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { Value } from 'typebox/value';
import { describe, expect, it } from 'vitest';
import { Config } from '../../src/config/schema.ts';
import { HAVE_CHROMIUM } from './support/browser.ts';
import { browserRig, overflowOf, type Size, SOON, seriousOf } from './support/browserRig.ts';

/** Set to a folder to look at the screenshots. */
const SHOTS = process.env.PLANNER_SHOTS;

describe.skipIf(!HAVE_CHROMIUM)('the planner in Chromium (Debian package chromium)', () => {
  const browser = browserRig();
  const open = (size: Size, theme: 'dark' | 'light' = 'dark') =>
    browser.open(size, '#plan', '#plan form button[type=submit]', { theme });

  const shot = async (page: Page, name: string) => {
    if (SHOTS !== undefined) await page.screenshot({ path: join(SHOTS, `${name}.png`), fullPage: true });
  };

  /** A band on an 18i20 with an ADA8200: nine mics and DIs, two synth channels, the guitar mic. */
  async function planBand(page: Page): Promise<void> {
    await page.getByRole('button', { name: 'Band with drums' }).click();
    await page.getByRole('textbox', { name: 'Session' }).fill('Tuesday');
    await page.getByLabel('Interface').selectOption('scarlett-18i20-gen3');
    await page.getByLabel('Expander to add').selectOption('ada8200');
    await page.getByRole('button', { name: 'Plan it' }).click();
    await page.waitForSelector('.plan-verdict');
  }

  const cells = (page: Page, table: string) =>
    page
      .locator(`section[aria-label="${table}"] tbody tr`)
      .evaluateAll((rows) => rows.map((row) => [...row.querySelectorAll('td')].map((cell) => cell.textContent ?? '')));

  it('plans a band from a start that it offers, and agrees with the API', async () => {
    const page = await open('phone');
    await planBand(page);
    // Kick, snare, 3 toms, 2 overheads, bass DI, 2 guitars, 2 keys, vox: 13 channels, 8 on the interface.
    expect(await page.locator('.plan-verdict').textContent()).toContain(
      'It fits 48 kHz, 13 inputs (11 mic, 0 instrument, 2 line',
    );
    const rows = await cells(page, 'Channels');
    expect(rows.map((row) => row[0])).toEqual(['1', '2', '3', '4', '5', '6', '7', '8', '13', '14', '15', '16', '17']);
    expect(rows[0]).toEqual(['1', 'Kick', '18i20 1', 'mic', '']);
    expect(await cells(page, 'Clock')).toEqual([
      ['18i20', 'Internal (master)', 'Focusrite Control, Clock Source: Internal'],
      ['ADA8200', 'ADAT (follows)', 'rear SYNC switch to SLAVE, ADAT IN (not verified)'],
    ]);
    expect(await page.locator('section[aria-label="To bring"]').textContent()).toContain('1 Behringer ADA8200');
    await shot(page, 'phone');
    expect(browser.errors).toEqual([]);
  });

  it('takes sources and listeners away and adds them, by keyboard focus on the new row', async () => {
    const page = await open('phone');
    await page.getByRole('button', { name: 'Add a source' }).click();
    await page.keyboard.press('ControlOrMeta+a');
    await page.keyboard.type('Bass');
    await page.getByLabel('Kind of source 2').selectOption('instrumentPassive');
    await page.getByRole('button', { name: 'Remove Vox' }).click();
    await page.getByRole('button', { name: 'Add a listener' }).click();
    await page.getByRole('button', { name: 'Plan it' }).click();
    await page.waitForSelector('.plan-verdict');
    expect((await cells(page, 'Channels')).map((row) => row[1])).toEqual(['Bass']);
    expect(await page.locator('.plan-title').textContent()).toContain('Solo');
  });

  it('says what does not fit and the way out', async () => {
    const page = await open('phone');
    await page.getByLabel('Interface').selectOption('scarlett-18i20-gen2');
    await page.getByLabel('Rate').selectOption('96000');
    await page.getByLabel('Channels of source 1').fill('13');
    await page.getByRole('button', { name: 'Plan it' }).click();
    await page.waitForSelector('.plan-verdict.short');
    expect(await page.locator('.plan-answer').textContent()).toContain('At 48 kHz it fits');
    expect((await cells(page, 'Expanders that would do, and how many'))[0]).toEqual([
      'Focusrite Clarett OctoPre',
      '1',
      '-',
      '-',
    ]);
  });

  it('keeps the brief over a reload', async () => {
    const page = await open('phone');
    await page.getByRole('button', { name: 'Band with drums' }).click();
    await page.reload();
    await page.waitForSelector('#plan form button[type=submit]');
    expect(await page.getByLabel('Name of source 1').inputValue()).toBe('Kick');
  });

  it('puts the sheet and the names on the box once the PIN of the panel is given', async () => {
    const page = await open('phone');
    await planBand(page);
    await page.getByRole('button', { name: 'Keep on this box' }).click();
    const pin = browser.rig.panelTexts().find((text) => /^\d{6}$/.test(text)) ?? browser.rig.access.pin();
    await page.locator('dialog input').fill(String(pin));
    await page.keyboard.press('Enter');
    await page.getByText('Patch sheet, names and banks are on this box.').waitFor();
    const config = browser.rig.store.config();
    expect(config.patch?.inputs).toHaveLength(13);
    expect(config.channels.find(({ index }) => index === 1)?.name).toBe('Kick');
    expect(config.banks.find(({ kind }) => kind === 'adat')?.box).toBe('ADA8200');
    await page.goto(`${browser.rig.address.url}#patch`);
    await expect
      .poll(() => page.locator('#patch').getByLabel('Session', { exact: true }).inputValue(), SOON)
      .toBe('Tuesday');
    expect(await page.locator('#patch').getByLabel('Name of input 1', { exact: true }).inputValue()).toBe('Kick');
  });

  it('gives the configuration as a file that is valid', async () => {
    const page = await open('phone');
    await planBand(page);
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Save the configuration' }).click(),
    ]);
    const config = JSON.parse(readFileSync(await download.path(), 'utf8'));
    expect([...Value.Errors(Config, config)]).toEqual([]);
  });

  it('prints the plan without the form', async () => {
    const page = await open('desktop');
    await planBand(page);
    const folder = mkdtempSync(join(tmpdir(), 'lightkeeper-print-'));
    try {
      const pdf = join(SHOTS ?? folder, 'page.pdf');
      writeFileSync(pdf, await page.pdf({ format: 'A4' }));
      const text = execFileSync('pdftotext', ['-layout', pdf, '-'], { encoding: 'utf8' });
      expect(text).toContain('Tuesday');
      expect(text).toContain('Kick');
      expect(text).not.toContain('Plan it');
      expect(text).not.toContain('Keep on this box');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it.each(['narrow', 'phone', 'desktop'] as const)('fits a %s screen with nothing to scroll sideways', async (size) => {
    const page = await open(size);
    await planBand(page);
    expect(await overflowOf(page)).toBe(0);
    await shot(page, `fits-${size}`);
  });

  it.each(['dark', 'light'] as const)('axe finds nothing serious, %s', async (scheme) => {
    const page = await open('phone', scheme);
    await planBand(page);
    expect(await seriousOf(page)).toEqual([]);
  });
});
