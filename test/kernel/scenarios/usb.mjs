// A USB Audio Class 2 interface: capture, unplugged and replugged under it, its clock, and a lock control that never changes.
import { readdirSync, readlinkSync } from 'node:fs';
import { startDaemon } from '../guest/daemon.mjs';
import { levelsAgree } from '../guest/levels.mjs';
import { playLoop } from '../guest/player.mjs';
import { rateSeen } from '../guest/rate.mjs';
import { full, scenario } from '../guest/scenario.mjs';
import { RATE_HZ, stairOfSines } from '../guest/signals.mjs';
import { modprobe, nowMs, sleep, until } from '../guest/system.mjs';
import {
  clockValidity,
  feedWhenRecorded,
  makeInterface,
  plug,
  setClockValid,
  setUsbPpm,
  streamText,
  USB_ID,
  unplug,
  usbCard,
} from '../guest/usbGadget.mjs';

const CHANNELS = 18;
const ABSENT_MS = 1000;
const BACK_MS = 3000;
const seconds = (ms) => `${(ms / 1000).toFixed(2)} s`;

/** What the daemon holds open, but for the sockets: those are this script's own questions. */
function descriptors(pid) {
  const held = readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
  return held.filter((path) => !path.startsWith('socket:')).sort();
}

await scenario(async (t) => {
  const stair = stairOfSines(CHANNELS);
  const play = async () => playLoop(await feedWhenRecorded(), stair.bytes, { channels: CHANNELS, rateHz: RATE_HZ });

  await makeInterface({ channels: CHANNELS });
  const told = /^Capture:[\s\S]*?Channels: (\d+)/m.exec(streamText(usbCard()))?.[1];
  t.check('the kernel takes it for a class-compliant interface', {
    measured: `${told} channels to capture, by snd-usb-audio`,
    target: String(CHANNELS),
    ok: Number(told) === CHANNELS,
  });

  const daemon = await startDaemon(['--pcm', USB_ID]);
  let player = await play();
  await levelsAgree(t, `the daemon's levels of ${CHANNELS} known sines`, daemon, stair, CHANNELS);

  const before = descriptors(daemon.child.pid);
  const numbers = [usbCard()];
  const gone = [];
  const running = [];
  const heard = [];
  for (let cycle = 0; cycle < 3; cycle++) {
    const unpluggedMs = nowMs();
    unplug();
    await until('absent capture', 20_000, async () => (await daemon.status()).capture.state === 'absent', 10);
    gone.push(nowMs() - unpluggedMs);
    await player.stop();
    // Another card takes the number that the interface had.
    if (cycle === 1) modprobe('snd-dummy', `index=${numbers.at(-1)}`);
    const pluggedMs = nowMs();
    numbers.push(await plug());
    await until(
      'running capture',
      20_000,
      async () => {
        const { capture } = await daemon.status();
        return capture.state === 'running' && capture.frames > 0;
      },
      10,
    );
    running.push(nowMs() - pluggedMs);
    player = await play();
    await until('signal', 20_000, async () => (await daemon.status()).channels[0]?.peakDbfs > -10, 10);
    heard.push(nowMs() - pluggedMs);
    await sleep(500);
  }
  const worst = (list) => Math.max(...list);
  t.check('unplugged: capture says absent', {
    measured: `${gone.map(seconds).join(', ')} in 3 cycles`,
    target: `<= ${seconds(ABSENT_MS)}`,
    ok: worst(gone) <= ABSENT_MS,
  });
  t.check('replugged: frames are metered again, no restart', {
    measured: `${running.map(seconds).join(', ')} in 3 cycles; card numbers ${numbers.join(', ')}`,
    target: `<= ${seconds(BACK_MS)}, found under another number`,
    ok: worst(running) <= BACK_MS && new Set(numbers).size > 1,
  });
  t.check('replugged: the signal is on the meters again', {
    measured: `${heard.map(seconds).join(', ')} from plugging in, the player's own start included`,
    target: `<= ${seconds(BACK_MS)}`,
    ok: worst(heard) <= BACK_MS,
  });
  const after = descriptors(daemon.child.pid);
  t.check('3 cycles leave no descriptor behind', {
    measured: `${before.length} before, ${after.length} after`,
    target: 'no more than before',
    ok: after.length <= before.length,
  });
  await levelsAgree(t, 'levels after the third replug', daemon, stair, CHANNELS);

  setUsbPpm(200);
  await rateSeen(t, 'the USB clock at +200 ppm', daemon, { ppm: 200, withinS: 60, tolerancePpm: 20 });
  setUsbPpm(0);

  // The driver read the control when the card came, and this device sends no notification: what it shows is old.
  const first = clockValidity(usbCard());
  setClockValid(false);
  await sleep(full ? 5000 : 2000);
  const later = clockValidity(usbCard());
  const { clock, banks } = await daemon.status();
  t.check('the clock is lost, the kernel still shows it valid: the daemon does not claim sync', {
    measured: `control ${first} -> ${later}; daemon: clock ${clock.sync}, banks ${[...new Set(banks.map((bank) => `${bank.sync} (${bank.basis})`))].join(', ')}`,
    target: 'control on -> on; clock unknown, no bank in sync by the device',
    ok:
      first === 'on' &&
      later === 'on' &&
      clock.sync === 'unknown' &&
      !banks.some((bank) => bank.sync === 'sync' && bank.basis === 'device'),
  });
  unplug();
  await until('absent capture', 20_000, async () => (await daemon.status()).capture.state === 'absent', 20);
  await player.stop();
  await plug();
  await until('running capture', 20_000, async () => (await daemon.status()).capture.state === 'running', 20);
  const replugged = await daemon.status();
  t.check('plugged in anew with no clock: the control says so, and the daemon does not claim sync', {
    measured: `control ${clockValidity(usbCard())}; daemon: clock ${replugged.clock.sync}`,
    target: 'control off; clock noLock or unknown',
    ok: clockValidity(usbCard()) === 'off' && ['noLock', 'unknown'].includes(replugged.clock.sync),
  });

  const ended = await daemon.stop();
  t.check('SIGTERM ends it cleanly', {
    measured: ended.signal ?? `exit code ${ended.code}`,
    target: 'exit code 0',
    ok: ended.code === 0,
  });
});
