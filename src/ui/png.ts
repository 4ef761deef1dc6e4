/** Frames as PNG: exact at 1:1, and larger for people. */
import { encode } from 'fast-png';
import { Framebuffer, PANEL_HEIGHT_PX, PANEL_WIDTH_PX } from './framebuffer.ts';

/** Lit and dark, RGB: a white-blue OLED behind its glass. */
const LIT: readonly [number, number, number] = [214, 236, 255];
const DARK: readonly [number, number, number] = [10, 13, 18];
const GAP: readonly [number, number, number] = [4, 5, 8];

/** scale 1: 8-bit grey, 0 and 255, one byte a pixel. 2..16: colour; from 3 on with the gaps between pixels. */
export function framePng(frame: Uint8Array, scale = 1): Uint8Array {
  if (!Number.isInteger(scale) || scale < 1 || scale > 16) throw new RangeError(`scale 1 to 16, not ${scale}`);
  const picture = new Framebuffer(PANEL_WIDTH_PX, PANEL_HEIGHT_PX, frame);
  const width = PANEL_WIDTH_PX * scale;
  const height = PANEL_HEIGHT_PX * scale;
  if (scale === 1) {
    const data = new Uint8Array(width * height);
    for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) data[y * width + x] = picture.get(x, y) ? 255 : 0;
    return encode({ width, height, data, channels: 1, depth: 8 }, { zlib: { level: 9 } });
  }
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const lit = picture.get(Math.floor(x / scale), Math.floor(y / scale));
      const inGap = scale >= 3 && (x % scale === scale - 1 || y % scale === scale - 1);
      const [r, g, b] = lit ? (inGap ? mix(LIT, DARK) : LIT) : inGap ? GAP : DARK;
      data.set([r, g, b], (y * width + x) * 3);
    }
  }
  return encode({ width, height, data, channels: 3, depth: 8 }, { zlib: { level: 9 } });
}

function mix(
  a: readonly [number, number, number],
  b: readonly [number, number, number],
): readonly [number, number, number] {
  return [(a[0] * 2 + b[0]) / 3, (a[1] * 2 + b[1]) / 3, (a[2] * 2 + b[2]) / 3];
}
