import { decode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { Framebuffer } from '../../src/ui/framebuffer.ts';
import { framePng } from '../../src/ui/png.ts';

const frame = new Framebuffer();
frame.set(0, 0);
frame.set(127, 63);
frame.set(64, 33);

describe('the panel as PNG', () => {
  it('is exact at 1:1', () => {
    const png = decode(framePng(frame.bytes));
    expect([png.width, png.height, png.channels]).toEqual([128, 64, 1]);
    for (let y = 0; y < 64; y++)
      for (let x = 0; x < 128; x++) expect(png.data[y * 128 + x]).toBe(frame.get(x, y) ? 255 : 0);
  });

  it('is larger for people, each pixel a lit square', () => {
    const png = decode(framePng(frame.bytes, 4));
    expect([png.width, png.height, png.channels]).toEqual([512, 256, 3]);
    const green = (x: number, y: number) => png.data[(y * 512 + x) * 3 + 1]!;
    expect(green(64 * 4, 33 * 4)).toBeGreaterThan(200);
    expect(green(65 * 4, 33 * 4)).toBeLessThan(40);
  });

  it('refuses a scale that is no whole number from 1 to 16', () => {
    for (const scale of [0, 17, 1.5, Number.NaN]) expect(() => framePng(frame.bytes, scale)).toThrow(RangeError);
  });
});
