// npm run pictures: the page and the panel of a simulated run, as they look, into docs/pictures. Needs Debian's chromium.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { decode } from 'fast-png';
import { chromium } from 'playwright-core';

process.chdir(dirname(dirname(fileURLToPath(import.meta.url))));
const out = 'docs/pictures';
mkdirSync(out, { recursive: true });
const state = mkdtempSync(join(tmpdir(), 'lightkeeper-pictures-'));
const scenario = process.argv[2] ?? 'slow-expander';
const args = ['dist/cli-entry.js', '--sim', scenario, '--http', '0', '--panel', 'none', '--state-dir', state];
const program = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
const url = await new Promise((resolve, reject) => {
  let text = '';
  program.stdout.on('data', (chunk) => {
    text += chunk;
    const found = /(http:\/\/\S+)/.exec(text);
    if (found) resolve(found[1]);
  });
  program.once('exit', (code) => reject(new Error(`the program ended with ${code}`)));
});

const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
});
try {
  // Names as an engineer would write them, so that the picture shows a session and not a test.
  const pin = readFileSync(join(state, 'pin'), 'utf8').trim();
  const paired = await (
    await fetch(`${url}api/pair`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ pin }),
    })
  ).json();
  if (paired.token === undefined) throw new Error('could not pair');
  // By then the expander was heard to run on its own clock, and its ppm has settled.
  const untilMs = performance.now() + 30_000;
  while (performance.now() < untilMs) {
    const { banks, capture } = await (await fetch(`${url}api/status`)).json();
    if (banks.some(({ sync, ppm }) => sync === 'lock' && ppm !== null) && capture.frames > 12 * 48_000) break;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  // A sheet with a fault on it, so that the picture shows what the checks say.
  const keepSheet = async () => {
    const { config } = await (await fetch(`${url}api/config`)).json();
    const input = (channel, name, source, more = {}) => ({
      channel,
      name,
      input: channel,
      connector: 'combo',
      source,
      phantomGroup: channel <= 4 ? '1-4' : '5-8',
      cable: { length: 6 },
      ...more,
    });
    const patch = {
      title: 'Tuesday',
      interface: { name: '18i20', model: 'scarlett-18i20-gen3' },
      inputs: [
        input(1, 'Room', 'ribbonPassive'),
        input(2, 'Vox', 'condenser', { phantom: true }),
        input(3, 'Snare', 'dynamic'),
      ],
      monitors: [{ name: 'Main', outputs: '1-2', cable: { length: 2 } }],
    };
    const saved = await fetch(`${url}api/config`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${paired.token}` },
      body: JSON.stringify({ ...config, patch }),
    });
    if (!saved.ok) throw new Error(`the sheet was not saved: ${await saved.text()}`);
  };
  const shoot = async (name, view, width, height, scale, theme = 'dark') => {
    const context = await browser.newContext({ viewport: { width, height }, deviceScaleFactor: scale });
    await context.addInitScript((chosen) => localStorage.setItem('lightkeeper-theme', chosen), theme);
    const page = await context.newPage();
    await page.goto(`${url}#${view}`);
    await page.waitForSelector('body.live');
    await page.waitForTimeout(2500);
    if (view === 'patch') await page.locator('#patch-inputs').scrollIntoViewIfNeeded();
    if (view === 'patch')
      await page.evaluate(() => scrollTo(0, document.querySelector('#patch-inputs').offsetTop - 60));
    await page.screenshot({ path: `${out}/${name}.png` });
    await context.close();
  };
  await shoot('phone', 'live', 390, 844, 2);
  await shoot('phone-light', 'live', 390, 844, 2, 'light');
  await shoot('phone-landscape', 'live', 844, 390, 2);
  await shoot('phone-panel', 'panel', 390, 844, 2);
  await shoot('phone-settings', 'settings', 390, 844, 2);
  await shoot('phone-narrow', 'live', 320, 640, 2);
  await shoot('desktop', 'live', 1440, 900, 1);
  // Before the sheet's fault takes the panel over. The word blinks: the brightest of some is the one with all of it.
  const shots = [];
  for (let i = 0; i < 6; i++) {
    const png = Buffer.from(await (await fetch(`${url}api/panel.png?scale=4`)).arrayBuffer());
    shots.push({ png, light: decode(png).data.reduce((sum, value) => sum + value, 0) });
    await new Promise((resolve) => setTimeout(resolve, 330));
  }
  writeFileSync(`${out}/panel.png`, shots.sort((x, y) => y.light - x.light)[0].png);
  await keepSheet();
  await shoot('phone-patch', 'patch', 390, 844, 2);
} finally {
  await browser.close();
  program.kill('SIGTERM');
  await new Promise((resolve) => program.once('exit', resolve));
  rmSync(state, { recursive: true, force: true });
}
