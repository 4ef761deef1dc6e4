/** Reads a panel PNG as a person would: is this text on it, in this font, light or dark? */
import { decode } from 'fast-png';
import { type Font, glyphOf } from '../../src/ui/font.ts';

/** True where the text stands, glyph by glyph, exactly, at any place; either lit on dark or dark on lit. */
export function panelShows(png: Uint8Array, font: Font, text: string): boolean {
  const image = decode(png);
  const lit = (x: number, y: number) => (image.data[y * image.width + x] as number) > 127;
  const rows: boolean[][] = Array.from({ length: font.cellHeightPx }, () => []);
  for (const character of text) {
    const glyph = glyphOf(font, character);
    for (let row = 0; row < font.cellHeightPx; row++) {
      const bits = glyph.rows[row] as number;
      for (let c = 0; c < font.cellWidthPx; c++) rows[row]?.push(((bits >> (font.cellWidthPx - 1 - c)) & 1) === 1);
    }
  }
  // Cells may overlap their neighbours' blank rows, so only rows with ink are compared.
  const inked = rows.flatMap((row, y) => (row.some(Boolean) ? [y] : []));
  const width = rows[0]?.length ?? 0;
  for (let top = -2; top <= image.height - font.cellHeightPx + 2; top++) {
    for (let left = 0; left <= image.width - width + 1; left++) {
      for (const inverted of [false, true]) {
        const same = inked.every((row) =>
          (rows[row] as boolean[]).every((ink, column) => {
            const x = left + column;
            const y = top + row;
            if (x >= image.width || y < 0 || y >= image.height) return !ink;
            return lit(x, y) === (ink !== inverted);
          }),
        );
        if (same) return true;
      }
    }
  }
  return false;
}
