/** Draws text and shapes into a framebuffer, and keeps a list of the texts: the tests look there for what is clipped. */
import { type Font, fitText, glyphOf, textWidthPx } from './font.ts';
import { Framebuffer, PANEL_HEIGHT_PX, PANEL_WIDTH_PX } from './framebuffer.ts';

/** Pages stay within this, so that the whole picture can move by 1 px against burn-in. */
export const PAGE_WIDTH_PX = PANEL_WIDTH_PX - 1;
export const PAGE_HEIGHT_PX = PANEL_HEIGHT_PX - 1;

export interface TextOptions {
  /** Where x stands: the left edge, the middle or the right edge (exclusive) of the text. Left when not given. */
  readonly align?: 'left' | 'centre' | 'right';
  /** Names of the user's choice are cut to this width, px; other texts must fit and are never cut. */
  readonly cutToPx?: number;
  /** Dark on a lit box that is 1 px larger than the text. */
  readonly inverted?: boolean;
  /** Added to each glyph's advance, px. */
  readonly trackingPx?: number;
  /** Rows of the cell to draw: [first, last], 0-based. All when not given. */
  readonly cellRows?: readonly [number, number];
  /** Draws those rows over so many, by repeating some. */
  readonly stretchToPx?: number;
}

/** One text as it was drawn. */
export interface DrawnText {
  readonly text: string;
  readonly asked: string;
  readonly x: number;
  readonly y: number;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly inverted: boolean;
  /** Every lit (with `inverted`: dark) pixel of its glyphs, as y * 4096 + x + 2048: also those that fell outside. */
  readonly ink: readonly number[];
}

export function inkKey(x: number, y: number): number {
  return y * 4096 + x + 2048;
}

export class Canvas {
  readonly frame = new Framebuffer();
  readonly texts: DrawnText[] = [];

  /** Draws one line with the upper left corner of its first cell at x, y. Returns its width, px. */
  text(font: Font, x: number, y: number, asked: string, options: TextOptions = {}): number {
    const text = options.cutToPx === undefined ? asked : fitText(font, asked, options.cutToPx);
    const tracking = options.trackingPx ?? 0;
    const widthPx = textWidthPx(font, text, tracking);
    const [firstRow, lastRow] = options.cellRows ?? [0, font.cellHeightPx - 1];
    const sourceRows = lastRow - firstRow + 1;
    const heightPx = options.stretchToPx ?? sourceRows;
    let left = x;
    if (options.align === 'right') left = x - widthPx;
    else if (options.align === 'centre') left = x - (widthPx >> 1);
    const inverted = options.inverted ?? false;
    if (inverted) this.frame.fill(left - 1, y, widthPx + 1, heightPx);
    const ink: number[] = [];
    let pen = left;
    for (const character of text) {
      const glyph = glyphOf(font, character);
      for (let row = 0; row < heightPx; row++) {
        const bits = glyph.rows[firstRow + Math.floor((row * sourceRows) / heightPx)]!;
        for (let column = 0; column < font.cellWidthPx; column++) {
          if (((bits >> (font.cellWidthPx - 1 - column)) & 1) === 0) continue;
          this.frame.set(pen + column, y + row, !inverted);
          ink.push(inkKey(pen + column, y + row));
        }
      }
      pen += glyph.advancePx + tracking;
    }
    this.texts.push({ text, asked, x: left, y, widthPx, heightPx, inverted, ink });
    return widthPx;
  }

  /** Forgets texts that something is about to cover on purpose: those that reach row `y` or lower. */
  dropTextsBelow(y: number): void {
    const kept = this.texts.filter((text) => text.y + text.heightPx <= y);
    this.texts.length = 0;
    this.texts.push(...kept);
  }
}
