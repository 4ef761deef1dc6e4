// gpio-sim: a GPIO chip of the kernel's own, whose lines are pulled up and down from here as buttons would.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { modprobe, sleep } from './system.mjs';

const CHIP = '/sys/kernel/config/gpio-sim/lk';
const put = (path, value) => writeFileSync(path, `${value}\n`);
const get = (path) => readFileSync(path, 'utf8').trim();

/** Makes a chip with this label and these line names. */
export function makeChip(label, lines) {
  modprobe('gpio-sim');
  const bank = join(CHIP, 'bank0');
  mkdirSync(CHIP);
  mkdirSync(bank);
  put(join(bank, 'num_lines'), lines.length);
  put(join(bank, 'label'), label);
  lines.forEach((name, i) => {
    mkdirSync(join(bank, `line${i}`));
    put(join(bank, `line${i}/name`), name);
  });
  returnChip(lines);
}

/** Takes the whole chip away, lines in use or not. */
export function removeChip() {
  put(join(CHIP, 'live'), 0);
}

export function returnChip(lines) {
  put(join(CHIP, 'live'), 1);
  lines.forEach((_, i) => {
    setLine(i, true);
  });
}

/** Pulls a line up or down: the button's own resistor. */
export function setLine(index, up) {
  const device = join('/sys/devices/platform', get(join(CHIP, 'dev_name')), get(join(CHIP, 'bank0/chip_name')));
  put(join(device, `sim_gpio${index}`, 'pull'), up ? 'pull-up' : 'pull-down');
}

/** A press of `ms`, down to ground, with `bounces` short breaks at its start. */
export async function press(index, ms = 80, bounces = 0) {
  for (let i = 0; i < bounces; i++) {
    setLine(index, false);
    await sleep(1);
    setLine(index, true);
    await sleep(1);
  }
  setLine(index, false);
  await sleep(ms);
  setLine(index, true);
}
