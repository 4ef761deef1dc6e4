// The stand-in for an OLED on I2C: a /dev/i2c-N by CUSE, and the picture that a person would see on it.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { modprobe, start, until } from './system.mjs';

export const WIDTH_PX = 128;
export const HEIGHT_PX = 64;

/** Switches a panel on at /dev/i2c-<bus>, on a 400 kHz bus. Its memory is random at first, as a real one's. */
export async function switchPanelOn(bus, ...more) {
  modprobe('cuse');
  const dir = mkdtempSync(join(tmpdir(), 'lk-oled-'));
  const program = join(process.env.KERNEL_CACHE, 'bin/i2cPanel');
  const panel = start(program, ['--bus', String(bus), '--dir', dir, '--khz', '400', ...more]);
  await until(`/dev/i2c-${bus}`, 20_000, () => existsSync(`/dev/i2c-${bus}`), 20);
  const fault = join(dir, 'fault');
  return {
    /** Pulls its plug. */
    switchOff: () => panel.stop('SIGKILL'),
    setFault: (word) => writeFileSync(fault, `${word}\n`),
    heal: () => rmSync(fault, { force: true }),
    state: () => JSON.parse(readFileSync(join(dir, 'state.json'), 'utf8')),
    /** Lit pixels as text of 0 and 1, row by row; null before the first frame. */
    picture() {
      const file = join(dir, 'frame.pbm');
      if (!existsSync(file)) return null;
      const bytes = readFileSync(file).subarray(-(WIDTH_PX * HEIGHT_PX) / 8);
      let bits = '';
      for (const byte of bytes) bits += (~byte & 0xff).toString(2).padStart(8, '0');
      return bits;
    },
  };
}

/** A frame in the order of the port `Panel.show`, as the same text. */
export function bitsOfFrame(frame) {
  let bits = '';
  for (let y = 0; y < HEIGHT_PX; y++) {
    for (let x = 0; x < WIDTH_PX; x++) bits += (frame[(y >> 3) * WIDTH_PX + x] >> (y & 7)) & 1;
  }
  return bits;
}

/** Text of pixels -> a frame in the order of `Panel.show`. */
export function frameOfBits(bits) {
  const frame = new Uint8Array((WIDTH_PX * HEIGHT_PX) / 8);
  for (let i = 0; i < bits.length; i++) {
    const x = i % WIDTH_PX;
    const y = (i - x) / WIDTH_PX;
    if (bits[i] === '1') frame[(y >> 3) * WIDTH_PX + x] |= 1 << (y & 7);
  }
  return frame;
}
