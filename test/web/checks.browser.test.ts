/// <reference lib="dom" />
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { loadFonts } from '../../src/device/panel/loadFonts.ts';
import { initialUi, reduceUi } from '../../src/ui/navigation.ts';
import { drawPanel } from '../../src/ui/panelApp.ts';
import type { PanelView } from '../../src/ui/view.ts';
import { Access } from '../../src/web/access.ts';
import { createWebServer, type WebServer } from '../../src/web/server.ts';
import { begin, type Running } from '../diagnosis/rig/run.ts';
import type { Change } from '../diagnosis/scenarios/types.ts';
import { HAVE_CHROMIUM, startBrowser } from './support/browser.ts';
import { BUILT_PAGE } from './support/webRig.ts';

const SOON = { timeout: 20_000, interval: 100 };
/** Only these on the sheet. */
const KEEP = [1, 3, 4, 13, 14];
const rest = Object.fromEntries([2, 5, 6, 15, 16, 17, 18, 19, 20].map((channel) => [channel, null] as const));
const silent = Object.fromEntries([2, 5, 6, 15, 16, 17, 18, 19, 20].map((channel) => [channel, { plays: {} }]));

describe.skipIf(!HAVE_CHROMIUM)('guided checks in Chromium, from samples', () => {
  let browser: Browser;
  let web: WebServer | null = null;
  let page: Page;
  let running: Running;
  const access = new Access({ clock: { nowMs: () => performance.now() } });
  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(() => browser?.close());
  afterEach(async () => {
    await page?.close();
    await web?.stop();
    web = null;
  });

  async function open(change: Change): Promise<void> {
    running = begin({ name: 'checks', session: 'band', ...change });
    const { monitor } = running;
    const nothing = () => {};
    web = createWebServer({
      view: monitor,
      commands: monitor,
      checks: monitor,
      panelPng: () => new Uint8Array(),
      access,
      config: () => ({ host: '127.0.0.1', port: 0, allowedHosts: [] }),
      logger: { info: nothing, warn: nothing, error: nothing },
      clock: { nowMs: () => performance.now() },
      pageFolder: BUILT_PAGE,
    });
    const address = await web.start();
    if (!address.ok) throw new Error(address.fault.what);
    running.elapse(1);
    page = await (await browser.newContext({ viewport: { width: 390, height: 844 } })).newPage();
    page.setDefaultTimeout(20_000);
    await page.goto(`${address.value.url}#checks`);
    await page.waitForSelector('[data-check="line"]');
  }

  /** Presses a button that writes; the first one asks for the PIN. */
  async function press(selector: string): Promise<void> {
    await page.click(selector);
    const pin = page.locator('dialog .pin');
    if ((await page.context().cookies()).length > 0) return;
    await pin.fill(access.pin());
    await page.click('button:has-text("Pair this phone")');
  }

  const row = (channel: number) => page.locator(`.check-rows li[data-channel="${channel}"]`).innerText();
  const ask = () => page.locator('.check .ask').innerText();
  /** The rows of the panel's page of that check. */
  const panelRows = (check: 'line' | 'hum'): string[] => {
    const view = {
      snapshot: running.monitor.snapshot(),
      levels: running.monitor.levels(),
      network: null,
      system: null,
      takeRunning: false,
      canProve: false,
    } as PanelView;
    const ui = initialUi(0, { kind: 'check', check });
    return drawPanel(loadFonts(), view, ui, 0).texts.map(({ text }) => text);
  };

  it('a line check walks the sources: one arrives, one is dead, two are crossed; and it is kept to compare with', async () => {
    await open({
      seconds: 34,
      sheet: { inputs: rest },
      strips: {
        ...silent,
        1: { plays: { guitar: -8 }, playsOnly: [2, 5] },
        3: { plays: { guitar: -12 }, playsOnly: [10, 13] },
        4: { plays: {} },
        // The cables of kick and snare are in each other's socket.
        14: { plays: { kick: -10 }, playsOnly: [20, 23] },
        13: { plays: { snare: -8 }, playsOnly: [28, 32] },
      },
    });
    await press('[data-check="line"]');
    await expect.poll(ask, SOON).toBe('Play Vox (1).');
    running.elapse(6);
    await expect.poll(() => row(1), SOON).toContain('arrives');
    expect(panelRows('line')).toContain('Play Gtr amp (3).');
    running.elapse(9);
    await expect.poll(() => row(3), SOON).toContain('arrives');
    await expect.poll(ask, SOON).toBe('Play Talkback (4).');
    running.elapse(1);
    await page.click('[data-step="next"]');
    await expect.poll(() => row(4), SOON).toContain('dead');
    running.elapse(8);
    await expect.poll(() => row(13), SOON).toContain('on 14 Snare');
    running.elapse(8);
    await expect.poll(() => row(14), SOON).toContain('on 13 Kick');
    await expect.poll(ask, SOON).toBe(`3 of ${KEEP.length} need a look.`);
    expect(panelRows('line').some((text) => /Talkback.*dead/.test(text))).toBe(true);
    await expect.poll(() => page.locator('.soundcheck').innerText(), SOON).toContain('Since the sound check');
    const answer = await web!.app.inject({ url: '/api/checks', headers: { host: 'localhost' } });
    expect(answer.json()).toMatchObject({ check: { kind: 'line', state: 'done' }, soundcheck: { changes: [] } });
  }, 120_000);

  it('a hum hunt shows where it hums, and that it is gone once its cable is pulled', async () => {
    const nobody = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [i + 1, { plays: {} }] as const));
    await open({
      seconds: 60,
      strips: { ...nobody, 2: { plays: {}, mains: { hz: 50, dbfs: [-52, -66, -68], untilS: 14 } } },
    });
    await press('[data-check="hum"]');
    await expect.poll(ask, SOON).toBe('Nobody plays: listening for hum.');
    running.elapse(12);
    await expect.poll(() => row(2), SOON).toMatch(/50 Hz\s+-5\d dBFS/);
    expect(panelRows('hum').some((text) => /Gtr DI.*50 Hz/.test(text))).toBe(true);
    // The cable is pulled; its channel's turn of listening comes again within half a minute.
    running.elapse(34);
    await expect.poll(() => row(2), SOON).toMatch(/50 Hz -5\d, gone/);
    await expect.poll(ask, SOON).toMatch(/All hum is gone/);
    await page.click('[data-step="end"]');
    await expect.poll(() => page.locator('.check').count(), SOON).toBe(0);
  }, 120_000);

  it('says where a complaint is to be looked for: signal that reaches the interface is lost in the DAW', async () => {
    await open({ seconds: 4 });
    running.elapse(3);
    await page.selectOption('.desk select', '13');
    await page.click('[data-complaint="noSignal"]');
    await expect.poll(() => page.locator('.answers').innerText(), SOON).toContain('Signal reaches the interface on 13');
    expect(await page.locator('.answers').innerText()).toContain('DAW');
    await page.click('[data-complaint="latency"]');
    await expect.poll(() => page.locator('.answers .question').innerText(), SOON).toContain('direct monitoring');
  });
});

describe('a check by the buttons of the panel', () => {
  it('is begun, driven and ended by holding A on its page', () => {
    const running = begin({ name: 'panel', session: 'band', seconds: 3 });
    running.elapse(1);
    const view = () =>
      ({
        snapshot: running.monitor.snapshot(),
        levels: running.monitor.levels(),
        network: null,
        system: null,
        takeRunning: false,
        canProve: false,
      }) as PanelView;
    const hold = (check: 'line' | 'hum' | 'gain' | 'noise') => {
      const gesture = { kind: 'long', button: 'A' } as const;
      const step = reduceUi(initialUi(0, { kind: 'check', check }), { kind: 'gesture', gesture, timeMs: 1 }, view());
      return step.commands.find((command) => command.kind === 'check');
    };
    expect(hold('line')).toEqual({ kind: 'check', check: 'line', step: 'start' });
    running.monitor.startCheck('line');
    expect(hold('line')).toEqual({ kind: 'check', check: 'line', step: 'next' });
    // The page of another check begins that one.
    expect(hold('hum')).toEqual({ kind: 'check', check: 'hum', step: 'start' });
    running.monitor.startCheck('hum');
    expect(hold('hum')).toEqual({ kind: 'check', check: 'hum', step: 'end' });
    running.monitor.endCheck();
    expect(running.monitor.snapshot().check).toBeUndefined();
  });
});
