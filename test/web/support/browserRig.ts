/// <reference lib="dom" />
/** What the tests of the page in Chromium share: one browser a file, a rig and a page a test, and axe. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll } from 'vitest';
import type { WebOptions } from '../../../src/web/server.ts';
import { startBrowser } from './browser.ts';
import type { FakeMonitorOptions } from './fakeMonitor.ts';
import { type FullRig, fullRig } from './fullRig.ts';

export const SIZES = {
  phone: { width: 390, height: 844 },
  narrow: { width: 320, height: 640 },
  landscape: { width: 844, height: 390 },
  tablet: { width: 820, height: 1180 },
  desktop: { width: 1440, height: 900 },
} as const;
export type Size = keyof typeof SIZES;

/** A loaded machine draws slowly; what is promised is that it happens. */
export const SOON = { timeout: 15_000 };

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export interface OpenOptions extends BrowserContextOptions, FakeMonitorOptions {
  /** What the session's memory holds, and the pictures of slips; none by default. */
  readonly journal?: WebOptions['journal'];
  readonly evidence?: WebOptions['evidence'];
  /** The guided proof; none by default. */
  readonly prove?: NonNullable<WebOptions['actions']>['prove'];
  /** What this phone has chosen; nothing: dark. */
  readonly theme?: 'dark' | 'light' | 'system';
}

export interface BrowserRig {
  /** The rig of this test, after `open`. */
  readonly rig: FullRig;
  /** Errors that scripts of the page threw in this test. */
  readonly errors: readonly string[];
  /** Opens `url#hash` and waits for `ready`. The monitor runs in real time until `halt`. */
  open(size: Size, hash: string, ready: string, options?: OpenOptions): Promise<Page>;
  /** Stops the monitor; `instead` runs at the end of the test. */
  halt(instead?: () => void): void;
}

/** Call it inside `describe`: it sets the hooks. */
export function browserRig(): BrowserRig {
  let browser: Browser;
  let rig: FullRig | null = null;
  let context: BrowserContext | null = null;
  let stop = () => {};
  const errors: string[] = [];
  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(() => browser?.close());
  afterEach(async () => {
    stop();
    await context?.close();
    await rig?.stop();
    rig = null;
    context = null;
    stop = () => {};
    errors.length = 0;
  });
  return {
    get rig() {
      if (rig === null) throw new Error('open a page first');
      return rig;
    },
    errors,
    async open(size, hash, ready, options = {}) {
      const { channels, simulated, seed, theme, journal, evidence, prove, ...contextOptions } = options;
      rig = await fullRig({
        ...(channels === undefined ? {} : { channels }),
        ...(simulated === undefined ? {} : { simulated }),
        ...(seed === undefined ? {} : { seed }),
        ...(journal === undefined ? {} : { journal }),
        ...(evidence === undefined ? {} : { evidence }),
        ...(prove === undefined ? {} : { prove }),
      });
      stop = rig.monitor.run();
      context = await browser.newContext({ viewport: SIZES[size], ...contextOptions });
      if (theme !== undefined) {
        await context.addInitScript((chosen) => localStorage.setItem('lightkeeper-theme', chosen), theme);
      }
      const page = await context.newPage();
      page.setDefaultTimeout(15_000);
      page.on('pageerror', (error) => errors.push(error.message));
      await page.goto(`${rig.address.url}${hash}`);
      await page.waitForSelector(ready, { state: 'attached' });
      return page;
    },
    halt(instead = () => {}) {
      stop();
      stop = instead;
    },
  };
}

/** What axe calls serious or critical, with the elements; empty: nothing. */
export async function seriousOf(page: Page): Promise<string[]> {
  // The page's policy forbids added scripts; the inspector's own world does not ask it.
  await page.evaluate(AXE);
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: { run: () => Promise<{ violations: { id: string; impact: string; nodes: { html: string }[] }[] }> };
    };
    const { violations } = await axe.run();
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`);
  });
}

/** How far the page is wider than its window, px. */
export function overflowOf(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}
