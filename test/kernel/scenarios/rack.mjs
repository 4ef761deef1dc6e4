// The program as a rack has it: an OLED on /dev/i2c-N, two buttons on a GPIO chip, a page on the network. Both are lost and
// come back, the bus hangs, a button bounces and sticks; the page shows what the panel shows.
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decode } from 'fast-png';
import { startDaemon } from '../guest/daemon.mjs';
import { makeChip, press, removeChip, returnChip, setLine } from '../guest/gpioSim.mjs';
import { HEIGHT_PX, switchPanelOn, WIDTH_PX } from '../guest/i2cPanel.mjs';
import { full, scenario } from '../guest/scenario.mjs';
import { nowMs, sleep, until } from '../guest/system.mjs';

const BUS = 7;
const CHIP = 'lk-buttons';
const LINES = ['BTN1', 'BTN2'];
const BACK_MS = 5000;
const STUCK_MS = 10_000;
const PRESSES = full ? 6 : 3;
const REQUESTS = full ? 200 : 60;
const WEB_P99_MS = 100;
const inMs = (ms) => `${ms.toFixed(0)} ms`;

function bitsOfPng(bytes) {
  const png = decode(bytes);
  if (png.width !== WIDTH_PX || png.height !== HEIGHT_PX) throw new Error(`${png.width} x ${png.height}`);
  let bits = '';
  for (let i = 0; i < WIDTH_PX * HEIGHT_PX; i++) bits += png.data[i * png.channels] > 127 ? '1' : '0';
  return bits;
}

await scenario(async (t) => {
  const stateDir = mkdtempSync(join(tmpdir(), 'lk-state-'));
  const silence = join(stateDir, 'silence.json');
  // A scenario that plays nothing: a picture that stands still can be compared.
  writeFileSync(
    silence,
    JSON.stringify({
      name: 'silence',
      description: 'Nothing is heard.',
      interfaceName: 'Silent interface',
      usbId: null,
      rateHz: 48_000,
      validBits: 24,
      interfacePpm: 0,
      tempoBpm: 120,
      repeatEveryFrames: null,
      channels: [
        { index: 1, name: 'one', hears: {}, noiseDbfs: null },
        { index: 2, name: 'two', hears: {}, noiseDbfs: null },
      ],
      banks: [{ id: 'adat-a', name: 'ADAT A', kind: 'adat', first: 1, last: 2 }],
      events: [],
    }),
  );
  writeFileSync(
    join(stateDir, 'config.json'),
    JSON.stringify({
      version: 1,
      panel: { controller: 'ssd1306', bus: BUS },
      buttons: { chip: CHIP, lines: LINES },
    }),
  );

  const daemon = await startDaemon(['--sim', silence], { stateDir });
  const status = () => daemon.status();
  const served = async () => bitsOfPng(new Uint8Array(await (await daemon.get('/api/panel.png')).arrayBuffer()));
  const lines = (words) =>
    daemon
      .log()
      .split('\n')
      .filter((line) => line.includes(words)).length;
  const finding = async (code) => (await status()).findings.find((one) => one.code === code);

  await until('running capture', 30_000, async () => (await status()).capture.state === 'running');
  await sleep(4000);
  const warned = [lines('panel-'), lines('gpio-')];
  t.check('fault row 16: no panel and no GPIO: it starts, watches, and says each once', {
    measured: `capture ${(await status()).capture.state}; ${warned[0]} line of the panel, ${warned[1]} of the buttons`,
    target: 'running; 1 and 1',
    ok: (await status()).capture.state === 'running' && warned[0] === 1 && warned[1] === 1,
  });

  makeChip(CHIP, LINES);
  let panel = await switchPanelOn(BUS);
  const arrivedMs = nowMs();
  /** The panel shows what the page serves; the picture may be on its way for a moment. */
  const agree = (within = 5000) =>
    until(
      'the same picture on panel and page',
      within,
      async () => {
        const before = panel.picture();
        return before !== null && /1/.test(before) && before === (await served()) ? before : null;
      },
      30,
    );
  await agree(20_000);
  const upMs = nowMs() - arrivedMs;
  await until(
    'buttons',
    20_000,
    async () => (await finding('gpio-none')) === undefined && (await finding('gpio-not-found')) === undefined,
  );
  t.check('panel and buttons that come after the start are taken', {
    measured: `the picture stands after ${inMs(upMs)}, and equals /api/panel.png pixel for pixel`,
    target: `<= ${inMs(BACK_MS)}; equal`,
    ok: upMs <= BACK_MS,
  });

  // What the first seconds brought may fill the panel for a while.
  await sleep(6000);
  const flip = async (line, bounces = 0) => {
    const before = await agree();
    await press(line, 80, bounces);
    const releasedMs = nowMs();
    try {
      await until('another picture', 2000, () => panel.picture() !== before, 2);
      const ms = nowMs() - releasedMs;
      return { ms, picture: await agree() };
    } catch {
      return null;
    }
  };
  const flips = [];
  for (let i = 0; i < PRESSES; i++) {
    flips.push(await flip(1));
    await sleep(150);
  }
  const made = flips.filter((one) => one !== null);
  const pictures = new Set(made.map((one) => one.picture));
  t.check('the running program: a press flips the page on the panel, and the page on the network shows the same', {
    measured: `${made.length} of ${PRESSES} presses, ${pictures.size} pictures, each equal to /api/panel.png; at most ${inMs(Math.max(0, ...made.map((one) => one.ms)))} after the release`,
    target: `${PRESSES} of ${PRESSES}`,
    ok: made.length === PRESSES && pictures.size > 1,
  });

  const bounced = await flip(1, 4);
  await sleep(500);
  const steady = bounced === null ? null : await agree();
  t.check('fault row 17: a press that bounces flips one page', {
    measured: bounced === null ? 'none' : steady === bounced.picture ? 'one' : 'more than one',
    target: 'one',
    ok: bounced !== null && steady === bounced.picture,
  });
  const beforeStuck = await agree();
  setLine(0, false);
  await sleep(STUCK_MS + 1500);
  const stuck = await finding('button-stuck');
  const duringStuck = (await status()).findings.some((one) => one.code === 'button-stuck');
  setLine(0, true);
  await sleep(1500);
  const freed = await finding('button-stuck');
  t.check('fault row 17: a button that sticks is said, does nothing when it comes free, and is said no more', {
    measured: `${stuck?.symptom ?? 'not said'}; ${freed === undefined ? 'gone once free' : 'still said'}`,
    target: 'said; gone once free',
    ok: duringStuck && freed === undefined && beforeStuck !== null,
  });

  const naks = panel.state().naks;
  panel.setFault('nak-every 12');
  for (let i = 0; i < 6; i++) await flip(1);
  panel.heal();
  const refused = panel.state().naks - naks;
  await agree();
  t.check('fault row 13: single writes that are not acknowledged are tried again', {
    measured: `${refused} refused; the picture is right, ${(await finding('panel-silent')) === undefined ? 'no fault is said' : 'a fault is said'}`,
    target: 'at least 1 refused; right; none said',
    ok: refused >= 1 && (await finding('panel-silent')) === undefined,
  });

  /** Frames and the moment they were counted at, of one snapshot: snapshots are half a second apart. */
  const counted = async () => {
    const { capture, uptimeMs } = await status();
    return { frames: capture.frames, uptimeMs };
  };
  panel.setFault('nak');
  const goneMs = nowMs();
  await until('finding', 10_000, () => finding('panel-silent'));
  const saidMs = nowMs() - goneMs;
  const before = await counted();
  await sleep(2000);
  const after = await counted();
  const rate = (after.frames - before.frames) / (after.uptimeMs - before.uptimeMs) / 48;
  await press(1);
  await sleep(400);
  panel.heal();
  const healedMs = nowMs();
  await agree(20_000);
  const backMs = nowMs() - healedMs;
  await panel.switchOff();
  await until('finding', 10_000, async () => (await finding('panel-silent')) ?? (await finding('panel-no-bus')));
  panel = await switchPanelOn(BUS);
  const returnedMs = nowMs();
  await agree(20_000);
  const anewMs = nowMs() - returnedMs;
  t.check('fault row 14: the panel stops answering and returns; it is taken away with its bus, and another put there', {
    measured: `said after ${inMs(saidMs)}; capture at ${(rate * 100).toFixed(0)} % meanwhile; right again after ${inMs(backMs)} and ${inMs(anewMs)}`,
    target: `capture goes on; <= ${inMs(BACK_MS)}`,
    ok: rate > 0.9 && backMs <= BACK_MS && anewMs <= BACK_MS,
  });

  panel.setFault('timeout');
  await until('finding', 20_000, () => finding('panel-bus-hung'));
  const took = [];
  for (let i = 0; i < REQUESTS; i++) {
    const askedMs = nowMs();
    await daemon.get('/api/panel.png');
    took.push(nowMs() - askedMs);
  }
  const p99 = took.sort((a, b) => a - b)[Math.floor(REQUESTS * 0.99)];
  panel.heal();
  await agree(20_000);
  t.check('fault row 15: the bus hangs: the page answers', {
    measured: `p99 ${inMs(p99)} of ${REQUESTS} requests; the picture is right again once the bus is free`,
    target: `p99 < ${inMs(WEB_P99_MS)}`,
    ok: p99 < WEB_P99_MS,
  });

  // The kernel minds that a chip goes while its lines are in use; that is what is done here.
  t.provokes("leaking at least 'lightkeeper'");
  removeChip();
  await until('finding', 10_000, () => finding('gpio-gone'));
  const drawn = await agree();
  returnChip(LINES);
  const chipMs = nowMs();
  await until('buttons', 20_000, async () => (await finding('gpio-gone')) === undefined);
  const linesMs = nowMs() - chipMs;
  await sleep(400);
  const flipped = await flip(1);
  t.check('the running program: the GPIO chip is removed and returns', {
    measured: `panel ${drawn === null ? 'stops' : 'goes on'}; lines had again after ${inMs(linesMs)}; a press ${flipped === null ? 'does nothing' : 'flips the page'}`,
    target: `panel goes on; <= ${inMs(BACK_MS)}; flips`,
    ok: drawn !== null && linesMs <= BACK_MS && flipped !== null,
  });

  const ended = await daemon.stop();
  await until('dark panel', 3000, () => panel.state().on === 0, 20).catch(() => {});
  t.check('SIGTERM ends it cleanly and puts the panel out', {
    measured: `${ended.signal ?? `exit code ${ended.code}`}, display ${panel.state().on === 0 ? 'off' : 'on'}`,
    target: 'exit code 0, display off',
    ok: ended.code === 0 && panel.state().on === 0,
  });
});
