/// <reference lib="dom" />
import type { BrowserContextOptions, Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import type { Snapshot } from '../../src/monitor/snapshot.ts';
import { HAVE_CHROMIUM } from './support/browser.ts';
import { browserRig, overflowOf, SIZES, type Size, SOON, seriousOf } from './support/browserRig.ts';
import type { FullRig } from './support/fullRig.ts';

const VIEWS = ['live', 'panel', 'patch', 'plan', 'checks', 'settings'] as const;

describe.skipIf(!HAVE_CHROMIUM)('the page in Chromium (Debian package chromium)', () => {
  const browser = browserRig();
  async function open(size: Size, hash = '', options: BrowserContextOptions = {}): Promise<Page> {
    const page = await browser.open(size, hash, 'body.live', options);
    await page.waitForSelector('.cell .number', { state: 'attached' });
    return page;
  }

  /** Height of each bar of a bank, 0..1 of the canvas under the clip lamps: the topmost lit pixel in its middle. */
  const bars = (page: Page, bank: string, count: number) =>
    page.evaluate(
      ([name, n]) => {
        const canvas = document.querySelector<HTMLCanvasElement>(`section[aria-label="${name}"] canvas`)!;
        const context = canvas.getContext('2d')!;
        const scale = canvas.height / canvas.clientHeight;
        const top = Math.round(12 * scale);
        return Array.from({ length: n }, (_, bar) => {
          const x = Math.round(((bar + 0.5) * canvas.width) / 8);
          const { data } = context.getImageData(x, 0, 1, canvas.height);
          for (let y = top; y < canvas.height; y++) {
            if (data[y * 4]! + data[y * 4 + 1]! + data[y * 4 + 2]! > 200)
              return (canvas.height - y) / (canvas.height - top);
          }
          return 0;
        });
      },
      [bank, count] as [string, number],
    );

  const pinOfPanel = () => {
    const pin = browser.rig.panelTexts().find((text) => /^\d{6}$/.test(text));
    if (pin === undefined) throw new Error(`the panel shows no PIN: ${browser.rig.panelTexts().join(' | ')}`);
    return pin;
  };

  it.each(['phone', 'desktop'] as const)('meters move and agree with the API on a %s', async (size) => {
    const page = await open(size);
    expect(await page.locator('#sim').isVisible()).toBe(true);
    const first = await bars(page, 'Analogue', 8);
    await expect
      .poll(async () => JSON.stringify(await bars(page, 'Analogue', 8)) !== JSON.stringify(first), SOON)
      .toBe(true);
    // Now the levels stand still at known values, and the bars must come to them.
    browser.halt();
    const still = setInterval(() => browser.rig.monitor.emit({ 1: -6, 2: -20, 3: -40, 13: -12 }), 33);
    browser.halt(() => clearInterval(still));
    browser.rig.monitor.override((snapshot) => ({
      ...snapshot,
      channels: snapshot.channels.map((channel) => (channel.index === 2 ? { ...channel, holdDbfs: -20 } : channel)),
    }));
    await expect
      .poll(async () => {
        const heights = await bars(page, 'Analogue', 3);
        const want = [0.85, 0.5, 0.15];
        return heights.every((height, i) => Math.abs(height - want[i]!) < 0.08);
      }, SOON)
      .toBe(true);
    await expect.poll(() => page.locator('[aria-label="2 Kick out"]').getAttribute('aria-valuenow'), SOON).toBe('-20');
    const status = (await (await fetch(`${browser.rig.address.url}api/status`)).json()) as Snapshot;
    for (const channel of status.channels.slice(0, 8)) {
      const cell = page.locator(`[aria-label="${channel.index} ${channel.name}"]`);
      const said = Number(await cell.getAttribute('aria-valuenow'));
      if (channel.holdDbfs !== null) expect(Math.abs(said - channel.holdDbfs)).toBeLessThanOrEqual(0.5);
    }
    expect(browser.errors).toEqual([]);
  });

  it('says the worst word with its box, as the panel does', async () => {
    const page = await open('phone');
    await expect.poll(() => page.locator('#verdict').innerText(), SOON).toContain('LOCK');
    expect(await page.locator('#verdict').innerText()).toContain('OctoPre');
    await expect.poll(() => browser.rig.panelTexts().join(' | '), SOON).toContain('LOCK');
    expect(await page.locator('#findings').innerText()).toContain('Set SYNC on the OctoPre');
  });

  it('puts first what matters: watching and from where, the word, the take, clips, dead channels, bars, then the facts', async () => {
    const page = await open('phone');
    browser.halt();
    const { monitor } = browser.rig;
    monitor.clip(3);
    monitor.publish();
    monitor.override((snapshot) => ({
      ...snapshot,
      capture: { ...snapshot.capture, sessionRateHz: 96_000, usbLosses: 1, xruns: 2, lostFrames: 480 },
      banks: snapshot.banks.map((bank) => ({ ...bank, vantage: 'mirror' as const })),
      channels: snapshot.channels.map((channel) => ({ ...channel, dead: channel.index === 13 })),
      power: { underVoltage: true, throttled: false },
    }));
    await expect.poll(() => page.locator('#dead').innerText(), SOON).toContain('Hat');
    expect(await page.locator('#watch').innerText()).toMatch(
      /Watching\s+Scarlett 18i20 3rd Gen\s+at a mirror: the slips the DAW gets/,
    );
    expect(await page.locator('#clips').innerText()).toContain('Snare top');
    const facts = await page.locator('#facts > div').allInnerTexts();
    expect(facts.map((fact) => fact.split('\n')[0])).toEqual([
      'Headroom',
      'Rate',
      'Losses',
      'Pi power',
      'Clock source',
      'Running',
    ]);
    expect(facts[1]).toContain('the session is at 96 kHz');
    expect(facts[2]).toMatch(/3\s+1 on USB, 2 overruns, 480 frames lost/);
    expect(facts[3]).toContain('too low');
    expect(await page.locator('#facts .bad dt').allInnerTexts()).toEqual(['Rate', 'Losses', 'Pi power']);
    // In the order of the page, from the top of a phone down.
    const tops = await page.evaluate(() =>
      ['watch', 'verdict', 'take', 'clips', 'dead', 'banks', 'facts', 'findings'].map((id) => {
        const box = document.getElementById(id)!;
        return box.childElementCount === 0 ? null : Math.round(box.getBoundingClientRect().top);
      }),
    );
    const shown = tops.filter((top) => top !== null);
    expect(shown).toEqual([...shown].sort((a, b) => a - b));
    expect(shown.length).toBeGreaterThanOrEqual(7);
    monitor.override((snapshot) => ({ ...snapshot, power: null }));
    await expect.poll(() => page.locator('#facts').innerText(), SOON).toContain('not known');
    expect(browser.errors).toEqual([]);
  });

  it('says of one frame that seems to be missing that it is no proof, on top and at its bank', async () => {
    const page = await open('phone');
    browser.halt();
    const { monitor } = browser.rig;
    const adat = { sync: 'unknown', basis: 'none', slips: 1, slipsPerMinute: null, ppm: null } as const;
    const said = (slipsExact: number) => {
      monitor.override((snapshot) => ({
        ...snapshot,
        banks: snapshot.banks.map((bank) => (bank.id === 'adat-a' ? { ...bank, ...adat, slipsExact } : bank)),
      }));
      return page.locator('#verdict, #banks').allInnerTexts();
    };
    await expect
      .poll(async () => (await said(0)).join(' '), SOON)
      .toMatch(/OctoPre on ADAT A: one frame seems to be missing, which is no proof\..*one frame missing\?/s);
    await expect
      .poll(async () => (await said(1)).join(' '), SOON)
      .toMatch(/OctoPre on ADAT A: 1 slip seen, not enough to name its clock\..*1 slip seen/s);
    monitor.override((snapshot) => snapshot);
  });

  it('says no "none" of losses where some would not show', async () => {
    const page = await open('phone');
    const { monitor } = browser.rig;
    const said = async (leastLossFrames: number | null) => {
      monitor.override((snapshot) => ({
        ...snapshot,
        simulated: false,
        capture: { ...snapshot.capture, source: 'alsa', usbLosses: 0, xruns: 0, lostFrames: 0 },
        clock: { ...snapshot.clock, leastLossFrames },
      }));
      return page.locator('#facts > div').nth(2).innerText();
    };
    await expect.poll(() => said(null), SOON).toMatch(/none seen\s+can not be told for sure now/);
    await expect.poll(() => said(12), SOON).toMatch(/none seen\s+fewer than 12 frames would not show/);
    await expect.poll(() => said(6), SOON).toMatch(/none\s+\d+ channels/);
    monitor.override((snapshot) => snapshot);
  });

  it('shows the safety recorder: state, what fits on the disk, what was lost, and where it is set', async () => {
    const page = await open('narrow');
    browser.halt();
    const told = {
      state: 'armed' as const,
      folder: '/media/usb/lightkeeper',
      file: null,
      minutesLeft: 412,
      preRollS: 60,
      recordedS: 0,
      lostFrames: 0,
      fault: null,
    };
    const box = page.locator('#recorder');
    browser.rig.monitor.override((snapshot) => ({ ...snapshot, recorder: told }));
    await expect.poll(() => box.innerText(), SOON).toContain('Recorder: Armed');
    expect(await box.innerText()).toMatch(
      /6 h 52 min left[\s\S]*keeps the last 60 s; records into \/media\/usb\/lightkeeper/,
    );
    const file = '/media/usb/lightkeeper/2026-05-01T12-00-05-Take-1.wav';
    browser.rig.monitor.override((snapshot) => ({
      ...snapshot,
      recorder: { ...told, state: 'recording', file, minutesLeft: 9, recordedS: 83, lostFrames: 4800 },
    }));
    await expect.poll(() => box.innerText(), SOON).toContain('Recorder: Recording');
    expect(await box.innerText()).toMatch(
      /9 min left[\s\S]*1:23 so far, all channels, in 2026-05-01T12-00-05-Take-1\.wav/,
    );
    expect(await box.innerText()).toContain('4800 frames lost');
    expect(await box.getByRole('link', { name: 'Settings' }).getAttribute('href')).toBe('#settings');
    expect(await overflowOf(page)).toBeLessThanOrEqual(0);
    expect(await seriousOf(page)).toEqual([]);
    expect(browser.errors).toEqual([]);
  });

  it('a port with nothing on it is told as not used, without a question mark', async () => {
    const page = await open('phone');
    const adat = page.locator('section[aria-label="ADAT A"] .bank-head');
    await expect.poll(() => adat.innerText(), SOON).toContain('LOCK');
    browser.halt();
    browser.rig.monitor.override((snapshot) => ({
      ...snapshot,
      channels: snapshot.channels.map((channel) =>
        channel.bank === 'spdif' ? { ...channel, silence: 'digitalZero' as const } : channel,
      ),
    }));
    const head = page.locator('section[aria-label="S/PDIF"] .bank-head');
    await expect.poll(() => head.innerText(), SOON).toContain('not used');
    expect(await head.innerText()).not.toContain('?');
    expect(await adat.innerText()).toContain('LOCK');
  });

  it('shows what slips looked like where the box keeps drawings, and asks for none where it does not', async () => {
    const page = await open('phone');
    const drawing = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 2 1"><rect width="2" height="1"/></svg>';
    let asked = 0;
    await page.route('**/api/evidence', (route) => {
      asked++;
      const item = { id: 'adat-a-1', name: 'ADAT A', box: 'OctoPre', what: '1 frame missing', seconds: 83.4 };
      return route.fulfill({ json: { simulated: true, evidence: [item] } });
    });
    await page.route('**/api/evidence/*.svg', (route) =>
      route.fulfill({ contentType: 'image/svg+xml', body: drawing }),
    );
    await page.reload();
    await page.getByText('What the slips looked like').click({ timeout: 30_000 });
    const figure = page.locator('#evidence figure');
    expect(await figure.innerText()).toContain('OctoPre on ADAT A: 1 frame missing at 1:23');
    await expect
      .poll(() => figure.locator('img').evaluate((img: HTMLImageElement) => img.naturalWidth), SOON)
      .toBeGreaterThan(0);
    expect(asked).toBeGreaterThan(0);
    await page.unroute('**/api/evidence');
    await page.reload();
    await expect.poll(() => page.locator('.finding.alarm').count(), SOON).toBeGreaterThan(0);
    await page.waitForTimeout(1000);
    expect(await page.locator('#evidence').innerText()).toBe('');
    expect(browser.errors).toEqual([]);
  });

  it('a finding is noted with the PIN, and stays in the list, quiet, on the panel too', async () => {
    const page = await open('phone');
    const card = page.locator('.finding.alarm');
    await expect.poll(() => card.innerText(), SOON).toContain('OctoPre');
    await card.getByRole('button', { name: 'Got it' }).click();
    await page.fill('.pin', browser.rig.access.pin());
    await page.click('button:has-text("Pair this phone")');
    await expect.poll(() => card.innerText(), SOON).toContain('noted, quiet until it comes again');
    expect(await card.getByRole('button').count()).toBe(0);
    expect(await card.getAttribute('class')).toContain('quiet');
    const { findings } = (await (await fetch(`${browser.rig.address.url}api/status`)).json()) as Snapshot;
    expect(findings.find(({ severity }) => severity === 'alarm')?.acknowledged).toBe(true);
    const { alarmLamp } = await import('../../src/ui/view.ts');
    expect(alarmLamp(browser.rig.monitor.snapshot(), [])).toBe(false);
  });

  it('is dark wherever it is opened, and light when this phone says so, bars and all', async () => {
    const page = await open('phone', '', { colorScheme: 'light' });
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    expect(await ground()).toBe('rgb(11, 12, 12)');
    await page.goto(`${browser.rig.address.url}#settings`);
    await page.getByLabel('Colours').selectOption('light');
    expect(await ground()).toBe('rgb(243, 240, 232)');
    await page.reload();
    await page.waitForSelector('body.live');
    expect(await ground()).toBe('rgb(243, 240, 232)');
    await page.getByLabel('Colours').selectOption('system');
    await page.emulateMedia({ colorScheme: 'dark' });
    await expect.poll(ground, SOON).toBe('rgb(11, 12, 12)');
    await page.emulateMedia({ colorScheme: 'light' });
    await expect.poll(ground, SOON).toBe('rgb(243, 240, 232)');
  });

  it('a clip latches by name, is cleared after pairing with the PIN from the panel, and can be undone', async () => {
    const page = await open('phone');
    await expect.poll(() => page.locator('#clips').innerText(), SOON).toContain('Snare top');
    await page.click('#clips button');
    await page.waitForSelector('dialog .pin');
    // A wrong one first.
    const wrong = browser.rig.access.pin() === '000000' ? '000001' : '000000';
    await page.fill('.pin', wrong);
    await page.click('button:has-text("Pair this phone")');
    await expect.poll(() => page.locator('#pin-say').innerText(), SOON).toContain('not the PIN');
    // A and B together for 3 s, as on the box; the browser may not press before it is paired.
    await expect.poll(() => holdBoth(browser.rig), { timeout: 20_000, interval: 4000 }).toBe(true);
    await page.fill('.pin', pinOfPanel());
    await page.click('button:has-text("Pair this phone")');
    await expect.poll(() => page.locator('#toast').innerText(), SOON).toContain('cleared');
    await expect.poll(() => page.locator('#clips').innerText(), SOON).toBe('');
    await page.click('#toast button:has-text("Undo")');
    await expect.poll(() => page.locator('#clips').innerText(), SOON).toContain('Snare top');
  });

  it('the panel mirror shows the masked PIN page, and its buttons press', async () => {
    const page = await open('phone', '#panel');
    const before = await panelPixels(browser.rig);
    await page.click('.key:has-text("page on")');
    await page.fill('.pin', browser.rig.access.pin());
    await page.click('button:has-text("Pair this phone")');
    await expect.poll(() => panelPixels(browser.rig), SOON).not.toBe(before);
    // A finding that takes the panel over eats one press, as on the box: press again.
    await expect
      .poll(
        async () => {
          await page.click('.key:has-text("PIN on the box")');
          await page.waitForTimeout(3600);
          return browser.rig.panelTexts().includes(browser.rig.access.pin());
        },
        { timeout: 25_000, interval: 200 },
      )
      .toBe(true);
    // Between two pictures it has none.
    const width = () => page.locator('.panel-image').evaluate((image: HTMLImageElement) => image.naturalWidth);
    await expect.poll(width, SOON).toBe(512);
  });

  it('a configuration round trip: names in bulk, saved, in force, exported', async () => {
    const page = await open('phone', '#settings');
    await page.waitForSelector('.names input');
    await page.fill('.bulk .range', '1-4');
    await page.fill('.bulk input:not(.range)', 'Kit');
    await page.click('.bulk button');
    await page.fill('#field-meter-holdMs', '100');
    await page.locator('#field-meter-holdMs').blur();
    await expect.poll(() => page.locator('.save-bar').innerText(), SOON).toContain('1 field to correct');
    expect(await page.locator('.field.bad').innerText()).toContain('500');
    await page.fill('#field-meter-holdMs', '2000');
    await page.locator('#field-meter-holdMs').blur();
    await expect.poll(() => page.locator('.save-bar').innerText(), SOON).toContain('2 changes');
    await page.click('.save-bar button:has-text("Save")');
    await page.fill('.pin', browser.rig.access.pin());
    await page.click('button:has-text("Pair this phone")');
    await expect.poll(() => page.locator('#toast').innerText(), SOON).toContain('Saved: 2 changes');
    expect(browser.rig.store.config().meter.holdMs).toBe(2000);
    expect(browser.rig.store.config().channels.map(({ name }) => name)).toEqual(['Kit 1', 'Kit 2', 'Kit 3', 'Kit 4']);
    await page.goto(`${browser.rig.address.url}#live`);
    await expect.poll(() => page.locator('#banks').innerText(), SOON).toContain('Kit 4');
    const exported = await (await fetch(`${browser.rig.address.url}api/config/export`)).json();
    expect(exported).toEqual(browser.rig.store.config());
    expect(browser.errors).toEqual([]);
  });

  it('turns grey and says stale within seconds of silence, and comes back by itself after a restart', async () => {
    const page = await open('phone');
    await browser.rig.stopWeb();
    await page.waitForSelector('body.stale');
    expect(await page.locator('#link-word').innerText()).toMatch(/stale \d+ s/);
    await browser.rig.restart();
    await page.waitForSelector('body.live', { timeout: 25_000 });
  });

  it('nothing is cut or scrolls sideways, from 320 px to a desk', async () => {
    const page = await open('phone');
    for (const [size, viewport] of Object.entries(SIZES)) {
      await page.setViewportSize(viewport);
      for (const view of VIEWS) {
        await page.goto(`${browser.rig.address.url}#${view}`);
        await page.waitForTimeout(150);
        expect(await overflowOf(page), `${size} ${view}`).toBe(0);
      }
    }
  });

  it.each(['dark', 'light'] as const)('axe finds nothing serious on any tab, %s', async (colorScheme) => {
    const page = await open('phone', '', { reducedMotion: 'reduce' });
    await page.evaluate((chosen) => localStorage.setItem('lightkeeper-theme', chosen), colorScheme);
    await page.reload();
    await page.waitForSelector('body.live');
    await expect.poll(() => page.locator('.finding').count(), SOON).toBeGreaterThan(0);
    for (const view of VIEWS) {
      await page.evaluate((hash) => {
        location.hash = hash;
      }, view);
      await page.waitForTimeout(400);
      expect(await seriousOf(page), `${colorScheme} ${view}`).toEqual([]);
    }
  });

  it('the bars are drawn at the screen rhythm', async () => {
    const page = await open('phone');
    const perSecond = await page.evaluate(
      () =>
        new Promise<number>((resolve) => {
          let frames = 0;
          const start = performance.now();
          const count = () => {
            frames++;
            if (performance.now() - start < 2000) requestAnimationFrame(count);
            else resolve((frames * 1000) / (performance.now() - start));
          };
          requestAnimationFrame(count);
        }),
    );
    // 60 is the target; a fifth of it, so that a busy machine without a graphics card is no fault.
    expect(perSecond).toBeGreaterThan(12);
  });
});

/** Presses A and B on the box itself for over 3 s: the network page with the PIN comes up. */
async function holdBoth(rig: FullRig): Promise<boolean> {
  rig.pressOnBox(['A', 'B'], 3200);
  await new Promise((resolve) => setTimeout(resolve, 3400));
  return rig.panelTexts().includes(rig.access.pin());
}

async function panelPixels(rig: FullRig): Promise<string> {
  const answer = await fetch(`${rig.address.url}api/panel.png`);
  return Buffer.from(await answer.arrayBuffer()).toString('base64');
}
