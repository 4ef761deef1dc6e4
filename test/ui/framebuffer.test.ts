import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Framebuffer } from '../../src/ui/framebuffer.ts';

describe('the framebuffer', () => {
  it("keeps pixels in the SSD1306's order: pages of 8 rows, a byte a column, bit 0 on top", () => {
    const frame = new Framebuffer();
    frame.set(3, 0);
    frame.set(3, 9);
    frame.set(127, 63);
    expect(frame.bytes.length).toBe(1024);
    expect(frame.bytes[3]).toBe(0x01);
    expect(frame.bytes[128 + 3]).toBe(0x02);
    expect(frame.bytes[7 * 128 + 127]).toBe(0x80);
    expect(frame.bytes.reduce((sum, byte) => sum + (byte === 0 ? 0 : 1), 0)).toBe(3);
  });

  it('reads back any pixel written, and ignores those outside', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: -5, max: 140 }), fc.integer({ min: -5, max: 70 }), fc.boolean())),
        (writes) => {
          const frame = new Framebuffer();
          const truth = new Map<string, boolean>();
          for (const [x, y, lit] of writes) {
            frame.set(x, y, lit);
            if (x >= 0 && y >= 0 && x < 128 && y < 64) truth.set(`${x},${y}`, lit);
          }
          for (let y = -1; y <= 64; y++)
            for (let x = -1; x <= 128; x++) if (frame.get(x, y) !== (truth.get(`${x},${y}`) ?? false)) return false;
          return true;
        },
      ),
      { numRuns: 20 },
    );
  });

  it('moves the picture without wrapping it around', () => {
    const frame = new Framebuffer();
    frame.set(10, 7);
    frame.set(127, 20);
    const moved = frame.shifted(1, 1);
    expect(moved.get(11, 8)).toBe(true);
    expect(moved.get(0, 21)).toBe(false);
    expect(moved.bytes.filter((byte) => byte !== 0).length).toBe(1);
  });
});
