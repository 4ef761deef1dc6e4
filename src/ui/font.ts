/** Bitmap fonts from BDF text (Adobe's Glyph Bitmap Distribution Format 2.1). Pure: who reads the file is elsewhere. */

export interface Glyph {
  /** How far the pen moves, px. */
  readonly advancePx: number;
  /** One number a row of the font's cell, top first; bit `cellWidthPx - 1` is the left column. */
  readonly rows: readonly number[];
}

export interface Font {
  readonly name: string;
  /** The cell: all glyphs are placed in one. */
  readonly cellWidthPx: number;
  readonly cellHeightPx: number;
  readonly glyphs: ReadonlyMap<number, Glyph>;
}

/** The five sizes of Spleen that the pages use. */
export interface PanelFonts {
  readonly f5x8: Font;
  readonly f6x12: Font;
  readonly f8x16: Font;
  readonly f12x24: Font;
  readonly f16x32: Font;
}

/** Throws when the text is no BDF font: the files are our own, so that is a bug. */
export function parseBdf(text: string, name: string): Font {
  const box = /^FONTBOUNDINGBOX (\d+) (\d+) (-?\d+) (-?\d+)/m.exec(text);
  if (box === null || !text.startsWith('STARTFONT')) throw new Error(`${name}: not a BDF font`);
  const [cellWidth, cellHeight, cellX, cellY] = box.slice(1, 5).map(Number) as [number, number, number, number];
  const glyphs = new Map<number, Glyph>();
  let code = -1;
  let advance = cellWidth;
  let bbx: readonly [number, number, number, number] = [cellWidth, cellHeight, cellX, cellY];
  let bitmap: number[] | null = null;
  for (const line of text.replaceAll('\r', '').split('\n')) {
    // Most lines are rows of a bitmap, and every start of the program reads them all.
    if (bitmap !== null && line !== '' && line !== 'ENDCHAR') {
      bitmap.push(Number.parseInt(line, 16));
      continue;
    }
    const [word, ...rest] = line.split(' ');
    if (word === 'STARTCHAR') {
      code = -1;
      advance = cellWidth;
      bbx = [cellWidth, cellHeight, cellX, cellY];
    } else if (word === 'ENCODING') code = Number(rest[0]);
    else if (word === 'DWIDTH') advance = Number(rest[0]);
    else if (word === 'BBX') bbx = rest.map(Number) as [number, number, number, number];
    else if (word === 'BITMAP') bitmap = [];
    else if (word === 'ENDCHAR') {
      if (code >= 0 && bitmap !== null) glyphs.set(code, { advancePx: advance, rows: placed(bitmap, bbx) });
      bitmap = null;
    }
  }
  if (glyphs.size === 0) throw new Error(`${name}: no glyphs`);
  return { name, cellWidthPx: cellWidth, cellHeightPx: cellHeight, glyphs };

  /** A glyph's own box, put into the font's cell. BDF pads rows to whole bytes, left-justified. */
  function placed(bits: readonly number[], [width, height, x, y]: readonly [number, number, number, number]): number[] {
    const rows = new Array<number>(cellHeight).fill(0);
    const top = cellHeight + cellY - (height + y);
    const padded = Math.ceil(width / 8) * 8;
    for (let row = 0; row < height; row++) {
      const at = top + row;
      if (at < 0 || at >= cellHeight) continue;
      const value = (bits[row] ?? 0) >>> (padded - width);
      rows[at] = value << (cellWidth - width - (x - cellX));
    }
    return rows;
  }
}

/** The glyph of a code point: its own, else that of the bare letter (é -> e), else a question mark. */
export function glyphOf(font: Font, character: string): Glyph {
  const own = font.glyphs.get(character.codePointAt(0)!);
  if (own !== undefined) return own;
  const bare = font.glyphs.get(character.normalize('NFD').codePointAt(0)!);
  return bare ?? font.glyphs.get(0x3f)!;
}

export function textWidthPx(font: Font, text: string, trackingPx = 0): number {
  let width = 0;
  for (const character of text) width += glyphOf(font, character).advancePx + trackingPx;
  return width;
}

/** The text, or as much of it as fits, ended by two dots. */
export function fitText(font: Font, text: string, maxWidthPx: number): string {
  if (textWidthPx(font, text) <= maxWidthPx) return text;
  const characters = [...text];
  while (characters.length > 0) {
    characters.pop();
    const cut = `${characters.join('').trimEnd()}..`;
    if (textWidthPx(font, cut) <= maxWidthPx) return cut;
  }
  return '';
}

/** Breaks text at spaces into lines of at most `maxWidthPx`; a word longer than a line is broken where it must. */
export function wrapText(font: Font, text: string, maxWidthPx: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/).filter((part) => part !== '')) {
    const joined = line === '' ? word : `${line} ${word}`;
    if (textWidthPx(font, joined) <= maxWidthPx) {
      line = joined;
      continue;
    }
    if (line !== '') lines.push(line);
    line = '';
    for (const character of word) {
      if (textWidthPx(font, line + character) > maxWidthPx) {
        lines.push(line);
        line = '';
      }
      line += character;
    }
  }
  if (line !== '') lines.push(line);
  return lines;
}
