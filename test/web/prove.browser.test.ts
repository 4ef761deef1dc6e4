/// <reference lib="dom" />
import { describe, expect, it } from 'vitest';
import { good } from '../../src/fault.ts';
import type { Bank, ProveProgress } from '../../src/monitor/snapshot.ts';
import { HAVE_CHROMIUM } from './support/browser.ts';
import { browserRig, SOON, seriousOf } from './support/browserRig.ts';

const PROVING: ProveProgress = {
  bank: 'adat-a',
  state: 'measuring',
  channel: 13,
  reference: 8,
  hz: 999.98,
  levelDbfs: -20.1,
  seconds: 3.4,
  neededS: 5,
  ppm: null,
  uncertaintyPpm: null,
  boundPpm: null,
  slips: 0,
  slipsPerMinute: null,
  what: '1000.0 Hz: 3 of 5 s.',
  fix: 'Hold it.',
  startedMs: 1000,
};

describe.skipIf(!HAVE_CHROMIUM)('the guided proof on the phone', () => {
  const browser = browserRig();

  it.each(['phone', 'narrow'] as const)(
    'begins with a thumb, tells how it goes, and ends PROVEN or not (%s)',
    async (size) => {
      const asked: (string | null)[] = [];
      const page = await browser.open(size, '', 'body.live', {
        prove: (bank) => {
          asked.push(bank);
          return good(null);
        },
      });
      browser.halt();
      const show = (prove: ProveProgress | null, bank: Partial<Bank>) =>
        browser.rig.monitor.override((snapshot) => ({
          ...snapshot,
          prove,
          banks: snapshot.banks.map((one) => (one.id === 'adat-a' ? { ...one, slips: 0, ...bank } : one)),
        }));
      show(null, { sync: 'unknown', basis: 'none' });
      const button = page.locator('button[data-prove="adat-a"]');
      await expect.poll(() => button.innerText(), SOON).toBe('Prove it');
      await button.click();
      await page.locator('dialog .pin').fill(browser.rig.access.pin());
      await page.click('button:has-text("Pair this phone")');
      await expect.poll(() => asked, SOON).toEqual(['adat-a']);
      show(PROVING, { sync: 'unknown', basis: 'none' });
      const words = page.locator('[aria-label="ADAT A"] .prove-words');
      await expect.poll(() => words.innerText(), SOON).toBe('1000.0 Hz: 3 of 5 s. Hold it.');
      expect(await button.innerText()).toBe('Give up');
      expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
      expect(await seriousOf(page)).toEqual([]);
      await button.click();
      await expect.poll(() => asked, SOON).toEqual(['adat-a', null]);
      const proof = { passed: true, ppm: 0.01, uncertaintyPpm: 0.02, boundPpm: 0.03, ageS: 200 };
      show({ ...PROVING, state: 'passed' }, { sync: 'sync', basis: 'proof', boundPpm: 0.03, proof });
      const head = page.locator('[aria-label="ADAT A"] .bank-head');
      await expect.poll(() => head.innerText(), SOON).toContain('PROVEN by a test tone 3 min ago: under 0.03 ppm');
      show({ ...PROVING, state: 'failed' }, { sync: 'lock', basis: 'proof', ppm: 23, uncertaintyPpm: 0.1 });
      await expect.poll(() => head.innerText(), SOON).toContain('by a test tone');
      expect(browser.errors).toEqual([]);
    },
  );

  it('is not offered where this run has none', async () => {
    const page = await browser.open('phone', '', 'body.live');
    await expect.poll(() => page.locator('.bank-head').count(), SOON).toBeGreaterThan(2);
    expect(await page.locator('button[data-prove]').count()).toBe(0);
  });
});
