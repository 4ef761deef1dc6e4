// Buttons on the GPIO character device and an OLED on /dev/i2c-N: golden pictures over the wire, presses, and both lost.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decode } from 'fast-png';
import { startDaemon } from '../guest/daemon.mjs';
import { makeChip, press, removeChip, returnChip } from '../guest/gpioSim.mjs';
import { bitsOfFrame, frameOfBits, HEIGHT_PX, switchPanelOn, WIDTH_PX } from '../guest/i2cPanel.mjs';
import { full, scenario } from '../guest/scenario.mjs';
import { nowMs, sleep, until } from '../guest/system.mjs';

const dist = (path) => import(join(process.cwd(), 'dist', path));
const { startIoPanel } = await dist('device/panel/ioPanel.js');
const { monotonicMs } = await dist('device/panel/monotonic.js');
const { loadFonts } = await dist('device/panel/loadFonts.js');
const { createPanelApp } = await dist('ui/panelApp.js');
const { PanelLoop } = await dist('panelLoop.js');
const { emptyLevelFrame } = await dist('monitor/levels.js');

const GOLDEN = 'test/ui/golden';
const LINES = ['BTN1', 'BTN2'];
const CHIP = 'lk-buttons';
const RETURN_MS = 5000;
const PRESSES = 6;
const inMs = (ms) => `${ms.toFixed(0)} ms`;

/** A golden PNG as text of pixels. */
function golden(name) {
  const png = decode(readFileSync(join(GOLDEN, name)));
  if (png.width !== WIDTH_PX || png.height !== HEIGHT_PX) throw new Error(`${name}: ${png.width} x ${png.height}`);
  let bits = '';
  for (let i = 0; i < WIDTH_PX * HEIGHT_PX; i++) bits += png.data[i * png.channels] > 127 ? '1' : '0';
  return bits;
}

/** Shows each picture through the product's driver and reads it back from the panel. Names of those that differ. */
async function showAll(io, panel, names) {
  const wrong = [];
  for (const name of names) {
    const bits = golden(name);
    io.show(frameOfBits(bits));
    await until(name, 3000, () => panel.picture() === bits, 15).catch(() => wrong.push(name));
  }
  return wrong;
}

await scenario(async (t) => {
  const names = readdirSync(GOLDEN).filter((name) => name.endsWith('.png'));
  const shown = full ? names : names.filter((_, i) => i % 12 === 0);
  const faults = [];
  let onEdge = () => {};
  const start = (bus, chip, gpio) =>
    startIoPanel({
      choice: { panel: { chip, bus, address: null, flip: false, invert: false }, gpio },
      onEdge: (edge) => onEdge(edge),
      onFault: (fault) => faults.push(fault.code),
    });

  for (const chip of full ? ['ssd1306', 'sh1106'] : ['ssd1306']) {
    const bus = chip === 'sh1106' ? 6 : 5;
    const panel = await switchPanelOn(bus, ...(chip === 'sh1106' ? ['--sh1106'] : []));
    const io = start(bus, chip, null);
    const wrong = await showAll(io, panel, shown);
    const { unknown } = panel.state();
    t.check(`golden pictures, over i2c-dev, on a ${chip.toUpperCase()}`, {
      measured: `${shown.length - wrong.length} of ${shown.length} pixel for pixel${wrong.length > 0 ? `, not ${wrong.join(', ')}` : ''}; ${unknown} bytes it did not know`,
      target: 'all; 0',
      ok: wrong.length === 0 && shown.length > 0 && unknown === 0,
    });
    await io.stop();
    await until('dark panel', 3000, () => panel.state().on === 0, 20).catch(() => {});
    t.check(`stopping leaves the ${chip.toUpperCase()} dark`, {
      measured: panel.state().on === 0 ? 'display off' : 'display on',
      target: 'display off',
      ok: panel.state().on === 0,
    });
    await panel.switchOff();
  }

  // The rest is the long form's: the running program presses and loses the same in the scenario `rack`.
  if (!full) return;

  // A real Snapshot to draw pages from; then buttons, panel loop and wire together.
  const daemon = await startDaemon(['--sim', 'clean']);
  const snapshot = await until('running simulator', 20_000, async () => {
    const status = await daemon.status();
    return status.capture.state === 'running' ? status : null;
  });
  await daemon.stop();

  makeChip(CHIP, LINES);
  let panel = await switchPanelOn(7);
  const loop = new PanelLoop({
    app: createPanelApp({ fonts: loadFonts() }),
    nowMs: monotonicMs,
    view: () => ({
      snapshot,
      levels: emptyLevelFrame(snapshot.channels.length),
      network: null,
      system: null,
      takeRunning: true,
      canProve: false,
    }),
    onCommand: () => {},
  });
  const io = start(7, 'ssd1306', {
    chip: CHIP,
    buttons: [
      { button: 'A', line: LINES[0] },
      { button: 'B', line: LINES[1] },
    ],
    lamp: null,
  });
  onEdge = (edge) => loop.edge(edge);
  loop.attach(io);
  loop.start();
  const onWire = () => panel.picture() === bitsOfFrame(loop.frame(false));
  await until('first picture', 10_000, onWire, 10);
  await sleep(500);

  const pageOf = () => JSON.stringify(loop.ui.page);
  /** Presses and waits for another page, and for it on the panel. ms from the release to each, or null. */
  const flip = async (line, bounces = 0) => {
    const before = pageOf();
    await press(line, 80, bounces);
    const releasedMs = nowMs();
    try {
      await until('another page', 2000, () => pageOf() !== before, 1);
      const flippedMs = nowMs() - releasedMs;
      await until('its picture', 2000, onWire, 1);
      return { flippedMs, shownMs: nowMs() - releasedMs };
    } catch {
      return null;
    }
  };
  const flips = [];
  const pages = new Set([pageOf()]);
  for (let i = 0; i < PRESSES; i++) {
    flips.push(await flip(i < PRESSES - 1 ? 1 : 0));
    pages.add(pageOf());
    await sleep(150);
  }
  const made = flips.filter((one) => one !== null);
  t.check('a press flips the page, and the panel shows it', {
    measured: `${made.length} of ${PRESSES} presses, ${pages.size} pages seen; page at most ${inMs(Math.max(...made.map((one) => one.flippedMs)))} after the release, picture ${inMs(Math.max(...made.map((one) => one.shownMs)))} (the stand-in waits 15 ms for the bus to be quiet)`,
    target: `${PRESSES} of ${PRESSES}`,
    ok: made.length === PRESSES && pages.size > 2,
  });
  const beforeBounce = pageOf();
  const bounced = await flip(1, 4);
  const afterBounce = pageOf();
  await sleep(400);
  t.check('a press that bounces is one press', {
    measured: bounced === null ? 'no page flipped' : pageOf() === afterBounce ? 'one page' : 'more than one page',
    target: 'one page',
    ok: bounced !== null && afterBounce !== beforeBounce && pageOf() === afterBounce,
  });

  panel.setFault('nak');
  const silentMs = nowMs();
  await until('fault of the panel', 10_000, () => io.status().panel.fault?.code, 10);
  const code = io.status().panel.fault.code;
  const saidMs = nowMs() - silentMs;
  const beforePress = pageOf();
  await press(1);
  await sleep(300);
  const stillFlips = pageOf() !== beforePress;
  panel.heal();
  const healedMs = nowMs();
  await until('picture', 20_000, onWire, 10);
  t.check('a panel that stops answering and returns', {
    measured: `${code} after ${inMs(saidMs)}; buttons ${stillFlips ? 'go on' : 'stop'}; picture right ${inMs(nowMs() - healedMs)} after it answers`,
    target: `buttons go on; <= ${RETURN_MS} ms`,
    ok: stillFlips && nowMs() - healedMs <= RETURN_MS,
  });

  await panel.switchOff();
  await until('fault of the panel', 10_000, () => io.status().panel.fault?.code, 10);
  const goneCode = io.status().panel.fault.code;
  panel = await switchPanelOn(7);
  const returnedMs = nowMs();
  await until('picture', 20_000, onWire, 10);
  t.check('a panel taken away with its bus, and another put there', {
    measured: `${goneCode}; initialised and right ${inMs(nowMs() - returnedMs)} after it is there`,
    target: `<= ${RETURN_MS} ms`,
    ok: nowMs() - returnedMs <= RETURN_MS,
  });

  // The kernel minds that a chip goes while its lines are in use; that is what is done here.
  t.provokes("leaking at least 'lightkeeper'");
  removeChip();
  await until('fault of the buttons', 10_000, () => io.status().gpio.fault?.code, 10);
  const gpioCode = io.status().gpio.fault.code;
  const drawn = await until('picture', 5000, onWire, 10).catch(() => false);
  returnChip(LINES);
  const chipMs = nowMs();
  await until('buttons', 20_000, () => io.status().gpio.fault === null, 10);
  const backMs = nowMs() - chipMs;
  await sleep(300);
  const flipped = await flip(1);
  t.check('the GPIO chip is removed and returns', {
    measured: `${gpioCode}; panel ${drawn ? 'goes on' : 'stops'}; lines had again after ${inMs(backMs)}, a press ${flipped === null ? 'does nothing' : 'flips the page'}`,
    target: `panel goes on; <= ${RETURN_MS} ms; flips`,
    ok: drawn !== false && backMs <= RETURN_MS && flipped !== null,
  });
  await loop.stop();
});
