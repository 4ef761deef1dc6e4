import { describe, expect, it } from 'vitest';
import { loadFonts } from '../../src/device/panel/loadFonts.ts';
import { fitText, glyphOf, parseBdf, textWidthPx, wrapText } from '../../src/ui/font.ts';

const fonts = loadFonts();

describe('fonts', () => {
  it('hold all of ASCII in five sizes, each glyph as wide as its cell', () => {
    for (const [font, width, height] of [
      [fonts.f5x8, 5, 8],
      [fonts.f6x12, 6, 12],
      [fonts.f8x16, 8, 16],
      [fonts.f12x24, 12, 24],
      [fonts.f16x32, 16, 32],
    ] as const) {
      expect([font.cellWidthPx, font.cellHeightPx]).toEqual([width, height]);
      for (let code = 0x20; code < 0x7f; code++) {
        const glyph = font.glyphs.get(code)!;
        expect(glyph.advancePx).toBe(width);
        expect(glyph.rows.length).toBe(height);
        expect(glyph.rows.some((row) => row !== 0)).toBe(code !== 0x20);
        for (const row of glyph.rows) expect(row).toBeLessThan(2 ** width);
      }
    }
  });

  it('are read pixel by pixel: the I of 5x8', () => {
    const rows = glyphOf(fonts.f5x8, 'I').rows.map((row) => row.toString(2).padStart(5, '0').replaceAll('0', '.'));
    expect(rows).toEqual(['.....', '.111.', '..1..', '..1..', '..1..', '..1..', '.111.', '.....']);
  });

  it("place a glyph's own box within the cell", () => {
    const bdf = `STARTFONT 2.1\nFONTBOUNDINGBOX 8 8 0 -2\nCHARS 1\nSTARTCHAR x\nENCODING 120\nDWIDTH 8 0\nBBX 3 2 2 0\nBITMAP\nE0\nA0\nENDCHAR\nENDFONT\n`;
    const rows = parseBdf(bdf, 'made up').glyphs.get(120)!.rows;
    expect(rows).toEqual([0, 0, 0, 0, 0b00111000, 0b00101000, 0, 0]);
  });

  it('refuse a file that is no font', () => {
    expect(() => parseBdf('hello', 'x')).toThrow(/not a BDF/);
  });

  it('draw the bare letter where an accent is missing, and a question mark where all is', () => {
    expect(glyphOf(fonts.f5x8, '\u00e9')).toBe(glyphOf(fonts.f5x8, 'e'));
    expect(glyphOf(fonts.f6x12, '\u00e9')).not.toBe(glyphOf(fonts.f6x12, 'e'));
    expect(glyphOf(fonts.f5x8, '\u4e2d')).toBe(glyphOf(fonts.f5x8, '?'));
  });

  it('cut long names to the room there is, and leave others alone', () => {
    expect(fitText(fonts.f6x12, 'Kick in', 42)).toBe('Kick in');
    expect(fitText(fonts.f6x12, 'Kick inside', 42)).toBe('Kick..');
    expect(fitText(fonts.f6x12, 'Kick inside', 5)).toBe('');
    for (let room = 0; room < 80; room++)
      expect(textWidthPx(fonts.f6x12, fitText(fonts.f6x12, 'Overhead left', room))).toBeLessThanOrEqual(room);
  });

  it('wrap at spaces, and break what is longer than a line', () => {
    expect(wrapText(fonts.f6x12, 'Set SYNC to ADAT on the OctoPre.', 126)).toEqual([
      'Set SYNC to ADAT on',
      'the OctoPre.',
    ]);
    expect(wrapText(fonts.f6x12, 'abcdefghij', 30)).toEqual(['abcde', 'fghij']);
    expect(wrapText(fonts.f6x12, '', 30)).toEqual([]);
  });
});
