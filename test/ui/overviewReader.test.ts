/** A reader with nothing but the PNG: it must get back the height of every bar and the state word. */
import { decode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { loadFonts } from '../../src/device/panel/loadFonts.ts';
import { glyphOf } from '../../src/ui/font.ts';
import { initialUi } from '../../src/ui/navigation.ts';
import { OVERVIEW, overviewColumns } from '../../src/ui/pages/overview.ts';
import { createPanelApp } from '../../src/ui/panelApp.ts';
import { framePng } from '../../src/ui/png.ts';
import { rig, rigBanks } from './fixtures.ts';

const fonts = loadFonts();
const app = createPanelApp({ fonts });
type Pixel = (x: number, y: number) => boolean;

function readable(png: Uint8Array): Pixel {
  const picture = decode(png);
  return (x, y) => picture.data[y * picture.width + x]! > 127;
}

/** Deflection of IEC 60268-18 in percent, from its points, in floating point: not the program's own code. */
function percentOf(dbfs: number): number {
  const points = [
    [-70, 0],
    [-60, 2.5],
    [-50, 7.5],
    [-40, 15],
    [-30, 30],
    [-20, 50],
    [0, 100],
  ] as const;
  if (dbfs <= -70) return 0;
  if (dbfs >= 0) return 100;
  const at = points.findIndex(([db]) => db >= dbfs);
  const [db0, p0] = points[at - 1]!;
  const [db1, p1] = points[at]!;
  return p0 + ((dbfs - db0) / (db1 - db0)) * (p1 - p0);
}

/** Where bars begin: runs of lit columns just above the foot line, from full-scale bars. */
function barColumns(pixel: Pixel): number[] {
  const starts: number[] = [];
  for (let x = 0; x < 127; x++) if (pixel(x, 61) && (x === 0 || !pixel(x - 1, 61))) starts.push(x);
  return starts;
}

function barHeight(pixel: Pixel, x: number): number {
  let rows = 0;
  while (rows < 32 && pixel(x, 61 - rows)) rows++;
  return rows;
}

/** Letters of the upper 24 rows at the left, told apart by gaps, each matched with all capitals. */
function readWord(pixel: Pixel): string {
  const litOnDark =
    [0, 1].filter((x) => Array.from({ length: 24 }, (_, y) => pixel(x, y)).filter(Boolean).length > 20).length === 0;
  // NO LOCK stands dark in a lit box with a rim of one pixel.
  const ink: Pixel = litOnDark ? pixel : (x, y) => !pixel(x, y + 1);
  let limit = 127;
  if (!litOnDark) for (limit = 0; pixel(limit, 0) && pixel(limit, 25); ) limit++;
  const columns = Array.from(
    { length: limit },
    (_, x) => Array.from({ length: 24 }, (_, y) => y).filter((y) => ink(x, y)).length,
  );
  const letters: [number, number][] = [];
  for (let x = 0; x < limit; x++) {
    if (columns[x] === 0) continue;
    const start = x;
    while (x < limit && columns[x]! > 0) x++;
    letters.push([start, x - start]);
  }
  let word = '';
  for (const [start, width] of letters) {
    // The word ends where small print begins: letters of the big type fill the height or end at its foot.
    let tall = 0;
    for (let x = start; x < start + width; x++) for (let y = 17; y < 24; y++) if (ink(x, y)) tall++;
    const top = Array.from({ length: 8 }, (_, y) => y).some((y) =>
      Array.from({ length: width }, (_, i) => start + i).some((x) => ink(x, y)),
    );
    if (tall === 0 || !top || width < 2) break;
    if (start > 100) break;
    let best = '';
    let bestDistance = Number.POSITIVE_INFINITY;
    for (const letter of 'SYNCLOK!?') {
      const rows = glyphOf(fonts.f16x32, letter).rows.slice(6, 26);
      const used = Array.from({ length: 16 }, (_, c) => c).filter((c) =>
        rows.some((row) => ((row >> (15 - c)) & 1) === 1),
      );
      const left = Math.min(...used);
      const glyphWidth = Math.max(...used) - left + 1;
      let distance = Math.abs(glyphWidth - width) * 24;
      for (let y = 0; y < 24; y++)
        for (let x = 0; x < Math.min(width, glyphWidth); x++) {
          const truth = ((rows[Math.floor((y * 20) / 24)]! >> (15 - left - x)) & 1) === 1;
          if (truth !== ink(start + x, y)) distance++;
        }
      if (distance < bestDistance) [best, bestDistance] = [letter, distance];
    }
    if (bestDistance > 60) break;
    word += best;
  }
  return word;
}

describe('the overview, read from its PNG alone', () => {
  const full = readable(framePng(app.render(rig({ level: () => 0, hold: () => 0 }), initialUi(0), 0)));
  const columns = barColumns(full);

  it('has 34 bars of 2 px in steps of 3', () => {
    expect(columns.length).toBe(34);
    expect(columns).toEqual(overviewColumns([8, 2, 8, 8, 8]).map((column) => column.x));
    for (const x of columns) expect([full(x, 40), full(x + 1, 40), full(x + 2, 40)]).toEqual([true, true, false]);
  });

  it('gives every bar back to a pixel, at every level from -80 to 0 dBFS in half decibels', () => {
    let worst = 0;
    for (let step = 0; step <= 160; step++) {
      const level = (index: number) => -80 + ((step + index * 7) % 161) / 2;
      const view = rig({ level, hold: (index) => level(index) });
      const pixel = readable(framePng(app.render(view, initialUi(0), 0)));
      columns.forEach((x, place) => {
        const expected = (percentOf(level(place + 1)) / 100) * (OVERVIEW.barBottomY - OVERVIEW.barTopY);
        worst = Math.max(worst, Math.abs(barHeight(pixel, x) - expected));
      });
    }
    expect(worst).toBeLessThanOrEqual(1);
  });

  it.each([
    ['sync', 'SYNC'],
    ['lock', 'LOCK!'],
    ['noLock', 'NOLOCK'],
    ['unknown', '?'],
  ] as const)('gives the state word back at all levels: %s', (sync, word) => {
    for (const level of [null, -96, -60, -40, -20, -6, 0]) {
      for (const simulated of [false, true]) {
        const banks = rigBanks({ sync }).map((each) =>
          each.id === 'spdif' ? { ...each, sync: 'sync' as const } : each,
        );
        const view = rig({ banks, level: () => level, clips: (i) => (level === 0 ? i : 0), snapshot: { simulated } });
        const pixel = readable(framePng(app.render(view, initialUi(0), 0)));
        expect(readWord(pixel)).toBe(word);
      }
    }
  });
});
