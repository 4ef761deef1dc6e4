/// <reference lib="dom" />
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { octopreRig } from '../guide/sheets.ts';
import { HAVE_CHROMIUM } from './support/browser.ts';
import { browserRig, overflowOf, type Size, SOON, seriousOf } from './support/browserRig.ts';

/** Set to a folder to look at the screenshots. */
const SHOTS = process.env.PATCH_SHOTS;

describe.skipIf(!HAVE_CHROMIUM)('the patch sheet in Chromium (Debian package chromium)', () => {
  const browser = browserRig();

  /** A sheet begun on the box that is captured: an 18i20 of the third generation with an OctoPre on ADAT A. */
  async function begin(size: Size, theme: 'dark' | 'light' = 'dark'): Promise<Page> {
    const page = await browser.open(size, '#patch', 'body.live', { theme });
    await page.getByRole('button', { name: 'Begin a sheet' }).click();
    await page.getByRole('button', { name: 'Add an input' }).waitFor();
    return page;
  }

  /** What stands under a row, alarms and all. */
  const notesOf = (page: Page, row: string) =>
    page.locator('#patch').getByRole('group', { name: row, exact: true }).locator('.notes').innerText();
  const saved = () => browser.rig.store.config().patch;

  async function pair(page: Page): Promise<void> {
    await page.fill('.pin', browser.rig.access.pin());
    await page.getByRole('button', { name: 'Pair this phone' }).click();
  }

  const shot = async (page: Page, name: string) => {
    if (SHOTS !== undefined) await page.screenshot({ path: join(SHOTS, `${name}.png`), fullPage: true });
  };

  it('on a phone: a wrong sheet is flagged beside its rows, mended by what they say, and saved with the PIN', async () => {
    const page = await begin('phone');
    const sheet = page.locator('#patch');
    // The interface and the box on its ADAT port are known; the OctoPre's clock is not.
    expect(await sheet.getByLabel('Interface', { exact: true }).inputValue()).toBe('scarlett-18i20-gen3');
    await expect.poll(() => notesOf(page, 'OctoPre'), SOON).toContain('Nobody has written down');
    await sheet.getByLabel('Clock of OctoPre').selectOption('internal');
    await expect.poll(() => notesOf(page, 'OctoPre'), SOON).toContain("does not follow the interface's clock");

    // A ribbon with 48 V on: an alarm, with why and what to do, under that row and no other.
    await page.getByRole('button', { name: 'Add an input' }).click();
    await page.keyboard.type('Room');
    await sheet.getByLabel('Source of', { exact: false }).selectOption('ribbonPassive');
    await sheet.getByRole('button', { name: '48 V on Room' }).click();
    await expect.poll(() => notesOf(page, 'Room'), SOON).toContain('48 V is on at a passive ribbon.');
    const said = await notesOf(page, 'Room');
    expect(said).toContain('can tear it');
    expect(said).toContain('Switch 48 V off');
    // The neighbour under the same switch asks for 48 V: the ribbon is still in danger when its own switch is off.
    await page.getByRole('button', { name: 'Add an input' }).click();
    await page.keyboard.type('Vox');
    await sheet.getByLabel('Source of Vox', { exact: true }).selectOption('condenser');
    await expect.poll(() => notesOf(page, 'Vox'), SOON).toBe('');
    await sheet.getByRole('button', { name: '48 V on Room' }).click();
    await expect.poll(() => notesOf(page, 'Vox'), SOON).toContain('48 V is off at the condenser.');
    await sheet.getByRole('button', { name: '48 V on Vox' }).click();
    await expect.poll(() => notesOf(page, 'Room'), SOON).toContain('the switch for 1-4 is on for Vox');
    await shot(page, 'phone-wrong');
    if (SHOTS !== undefined) await page.screenshot({ path: join(SHOTS, 'phone-view.png') });

    // As told: the condenser goes to an input outside that group.
    await sheet.getByRole('group', { name: 'Vox', exact: true }).locator('summary').click();
    await sheet.getByLabel('Input of Vox', { exact: true }).fill('5');
    await sheet.getByLabel('Channel of Vox', { exact: true }).fill('5');
    await sheet.getByLabel('48 V group of Vox', { exact: true }).fill('5-8');
    await expect.poll(() => notesOf(page, 'Room'), SOON).toBe('');
    await sheet.getByLabel('Clock of OctoPre').selectOption('adat');
    await expect.poll(() => notesOf(page, 'OctoPre'), SOON).toContain('no fibre comes to its ADAT IN');
    await sheet.getByRole('button', { name: 'Fibre back to OctoPre' }).click();
    await expect.poll(() => sheet.getByRole('status').first().innerText(), SOON).toContain('Nothing on this sheet');

    await sheet.getByRole('button', { name: 'Save', exact: true }).click();
    await pair(page);
    await page.getByText('The sheet is saved.').waitFor();
    const kept = saved();
    expect(kept?.inputs.map(({ channel, name, source, phantom }) => [channel, name, source, phantom])).toEqual([
      [1, 'Room', 'ribbonPassive', false],
      [5, 'Vox', 'condenser', true],
    ]);
    expect(kept?.expanders).toMatchObject([{ name: 'OctoPre', clock: 'adat', fibres: ['adat-a'], returnFibre: true }]);
    // One name in one place: the sheet's names are those of the meters.
    expect(browser.rig.store.config().channels).toEqual([
      { index: 1, name: 'Room' },
      { index: 5, name: 'Vox' },
    ]);
    expect(browser.errors).toEqual([]);
  });

  it('takes steps back, discards a draft, and puts a saved sheet back', async () => {
    const page = await begin('phone');
    const sheet = page.locator('#patch');
    await page.getByRole('button', { name: 'All 8 free on Scarlett' }).click();
    expect(await sheet.getByRole('button', { name: 'Same again' }).count()).toBe(0);
    const rows = () => sheet.getByLabel(/^Name of input/).count();
    expect(await rows()).toBe(8);
    await sheet.getByLabel('Name of input 3', { exact: true }).fill('Tom');
    await page.getByRole('button', { name: 'Undo', exact: true }).click();
    expect(await sheet.getByLabel('Name of input 3', { exact: true }).inputValue()).toBe('');
    await page.getByRole('button', { name: 'Undo', exact: true }).click();
    expect(await rows()).toBe(0);
    await page.getByRole('button', { name: 'Add an input' }).click();
    await page.keyboard.type('Kick');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await pair(page);
    await page.getByText('The sheet is saved.').waitFor();
    await sheet.getByLabel('Name of input 1', { exact: true }).fill('Snare');
    await page.getByRole('button', { name: 'Discard' }).click();
    expect(await sheet.getByLabel('Name of input 1', { exact: true }).inputValue()).toBe('Kick');
    await page.getByRole('button', { name: 'Undo', exact: true }).click();
    await page.getByText('As it was before.').waitFor();
    expect(saved()).toBeUndefined();
    expect(browser.errors).toEqual([]);
  });

  it('writes the same again for the next socket, and takes a row away', async () => {
    const page = await begin('phone');
    const sheet = page.locator('#patch');
    await page.getByRole('button', { name: 'Add an input' }).click();
    await page.keyboard.type('Tom 1');
    await sheet
      .getByRole('group')
      .filter({ has: page.getByLabel('Name of input 1') })
      .locator('summary')
      .click();
    await sheet.getByLabel('Pad of', { exact: false }).click();
    await sheet.getByRole('button', { name: 'Same again after Tom 1' }).click();
    expect(await sheet.getByLabel('Name of input 2', { exact: true }).inputValue()).toBe('Tom 2');
    expect(await sheet.getByRole('group', { name: 'Tom 2' }).locator('summary').innerText()).toContain(
      '2, balanced, pad',
    );
    await sheet.getByRole('button', { name: 'Remove Tom 1' }).click();
    expect(
      await sheet.getByLabel(/^Name of input/).evaluateAll((all) => all.map((one) => (one as HTMLInputElement).value)),
    ).toEqual(['Tom 2']);
  });

  it('monitors and headphones: their runs and impedances are checked as they are typed', async () => {
    const page = await begin('phone');
    const sheet = page.locator('#patch');
    await page.getByRole('button', { name: 'Add a pair' }).click();
    await sheet.getByLabel('Connector of Main').selectOption('rca');
    await sheet.getByLabel('Length of the cable, Main').fill('2');
    await expect.poll(() => notesOf(page, 'Main'), SOON).toContain('RCA to the monitors over 2 m.');
    await sheet.getByLabel('Connector of Main').selectOption('trs');
    await expect.poll(() => notesOf(page, 'Main'), SOON).toBe('');
    await page.getByRole('button', { name: 'Add headphones' }).click();
    await sheet.getByLabel('Headphones (ohm), headphones 1').fill('250');
    await sheet.getByLabel('Output (mW), headphones 1').fill('40');
    await expect.poll(() => notesOf(page, 'headphones 1'), SOON).toContain('250 ohm headphones on an output of 40 mW.');
    // What is no number is marked and not taken.
    await sheet.getByLabel('Output (mW), headphones 1').fill('many');
    expect(await sheet.getByLabel('Output (mW), headphones 1').getAttribute('class')).toContain('wrong');
    await expect.poll(() => notesOf(page, 'headphones 1'), SOON).toContain('40 mW');
  });

  it('prints: one page with its own style, and no script may run on it', async () => {
    const page = await begin('phone');
    const none = await page.request.get(`${browser.rig.address.url}api/patch/print`);
    expect([none.status(), (await none.json()).fault.code]).toEqual([404, 'patch-none']);
    const { store } = browser.rig;
    const sheet = octopreRig([{ channel: 1, name: '<script>Room', connector: 'xlr', source: 'ribbonPassive' }]);
    await store.save({ ...store.config(), patch: sheet });
    const refused: string[] = [];
    page.on('console', (line) => line.type() === 'error' && refused.push(line.text()));
    await page.goto(`${browser.rig.address.url}api/patch/print`);
    expect(await page.locator('body').innerText()).toContain('<script>Room');
    expect(
      await page
        .locator('table')
        .first()
        .evaluate((table) => getComputedStyle(table).borderCollapse),
    ).toBe('collapse');
    expect(refused).toEqual([]);
  });

  it('someone else has changed the configuration meanwhile: nothing is overwritten unseen', async () => {
    const page = await begin('phone');
    const { store } = browser.rig;
    await store.save({ ...store.config(), meter: { ...store.config().meter, holdMs: 2000 } });
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await pair(page);
    await page.getByText('Someone else has changed').waitFor();
    expect(store.config().meter.holdMs).toBe(2000);
    expect(saved()).toBeUndefined();
  });

  it.each(['narrow', 'phone', 'landscape', 'desktop'] as const)('fits a %s screen, all rows open', async (size) => {
    const page = await begin(size);
    await page.getByRole('button', { name: 'All 8 free on Scarlett' }).click();
    await page.getByRole('button', { name: 'Add a pair' }).click();
    await page.getByRole('button', { name: 'Add headphones' }).click();
    await page.locator('#patch details').evaluateAll((all) => {
      for (const one of all) (one as HTMLDetailsElement).open = true;
    });
    expect(await overflowOf(page)).toBe(0);
    await shot(page, `fits-${size}`);
  });

  it.each(['dark', 'light'] as const)('axe finds nothing serious on a sheet with alarms, %s', async (scheme) => {
    const page = await begin('phone', scheme);
    await page.getByRole('button', { name: 'Add an input' }).click();
    await page.locator('#patch').getByLabel('Source of', { exact: false }).selectOption('ribbonPassive');
    await page.getByRole('button', { name: '48 V on', exact: false }).click();
    await page.getByText('48 V is on at a passive ribbon.').waitFor();
    await page.locator('#patch summary').last().click();
    expect(await seriousOf(page)).toEqual([]);
  });
});
