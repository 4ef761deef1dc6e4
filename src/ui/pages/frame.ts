/** What all pages share: the header of 8 px, the rows of text below it, and the marks that must stand everywhere. */

import type { SyncWord } from '../../monitor/snapshot.ts';
import { type Canvas, PAGE_WIDTH_PX, type TextOptions } from '../canvas.ts';
import { type PanelFonts, textWidthPx } from '../font.ts';
import type { UiState } from '../navigation.ts';
import { isQuiet, type PanelView, rateText, syncLabel, takeTime } from '../view.ts';

export interface PageContext {
  readonly canvas: Canvas;
  readonly fonts: PanelFonts;
  readonly view: PanelView;
  readonly ui: UiState;
  readonly nowMs: number;
  /** Digits of the PIN as stars: for frames that leave by HTTP. */
  readonly maskPin: boolean;
}

/** Rows of 6x12 text under the header. */
export const ROWS = 5;
/** Characters of 6x12 in a row. */
export const COLUMNS = 21;
export const ROW_PITCH_PX = 11;
/** y of row 0, right under the header. */
export const FIRST_ROW_Y = 8;
/** Of the font's 12 rows the first is left out: only brackets, slashes and accents reach it, and rows would touch. */
const ROW_CELLS: readonly [number, number] = [1, 11];

export function rowY(row: number): number {
  return FIRST_ROW_Y + row * ROW_PITCH_PX;
}

/** One of the five rows, 21 columns. */
export function drawRow(page: PageContext, row: number, text: string, options: TextOptions = {}, atX = 0): number {
  const x = options.align === 'right' ? PAGE_WIDTH_PX : atX;
  return page.canvas.text(page.fonts.f6x12, x, rowY(row), text, { cellRows: ROW_CELLS, ...options });
}

/** LOCK! blinks: full for 0.7 s, half lit for 0.3 s. */
export function blinkOn(nowMs: number): boolean {
  return ((nowMs % 1000) + 1000) % 1000 < 700;
}

/** Findings of severity alarm or warning, as `!3`; empty for none. `fresh`: one of the alarms is not acknowledged. */
export function alarmMark(page: PageContext): { readonly text: string; readonly fresh: boolean } {
  const bad = page.view.snapshot.findings.filter((finding) => finding.severity !== 'info');
  if (bad.length === 0) return { text: '', fresh: false };
  const fresh = bad.some((finding) => finding.severity === 'alarm' && !isQuiet(finding, page.ui.acknowledged));
  return { text: `!${Math.min(9, bad.length)}`, fresh };
}

export interface HeaderOptions {
  /** The word at the left; null: none. */
  readonly sync: SyncWord | null;
  /** Beside it; cut when it is too long. */
  readonly title: string;
  /** Instead of the rate. */
  readonly right?: string;
  /** Leaves out the lowest row of pixels, so that the header can stand on a lit band of 7 px. */
  readonly band?: boolean;
}

/** Word and shape of the clock's state, title, SIM, rate, alarm mark. */
export function drawHeader(page: PageContext, options: HeaderOptions): void {
  const { canvas, fonts, view } = page;
  const font = fonts.f5x8;
  const cells = options.band === true ? { cellRows: HEADER_BAND } : {};
  let right = PAGE_WIDTH_PX;
  const mark = alarmMark(page);
  if (mark.text !== '') {
    right -= canvas.text(font, right, 0, mark.text, { align: 'right', inverted: mark.fresh, cellRows: HEADER_BAND });
    right -= 3;
  }
  // While a take runs its time stands in every header, dark on light; the rate can not change then.
  const { take, uptimeMs } = view.snapshot;
  if (take !== null) {
    const text = `T ${takeTime(uptimeMs - take.startedMs)}`;
    right -= canvas.text(font, right, 0, text, { align: 'right', inverted: true, cellRows: HEADER_BAND }) + 3;
  }
  const rate =
    take !== null
      ? ''
      : (options.right ?? (view.snapshot.capture.rateHz > 0 ? rateText(view.snapshot.capture.rateHz) : ''));
  if (rate !== '') right -= canvas.text(font, right, 0, rate, { align: 'right', ...cells }) + 3;
  if (view.snapshot.simulated) right -= canvas.text(font, right, 0, 'SIM', { align: 'right', ...cells }) + 3;
  let left = 0;
  if (options.sync !== null) left = drawSyncSmall(page, options.sync) + 3;
  if (right - left >= 2 * font.cellWidthPx)
    canvas.text(font, left, 0, options.title, { cutToPx: right - left, ...cells });
}

/** Rows of the 5x8 font without the lowest, which only descenders reach: a lit box then keeps clear of the row below. */
export const HEADER_BAND: readonly [number, number] = [0, 6];
export const BAND_PX = 7;

/** SYNC plain, LOCK! blinking, NO LOCK dark on light. Returns its width, px. */
function drawSyncSmall(page: PageContext, sync: SyncWord): number {
  const { canvas, fonts, nowMs } = page;
  const label = syncLabel(sync);
  const inverted = sync === 'noLock';
  const width = canvas.text(fonts.f5x8, inverted ? 1 : 0, 0, label, { inverted, cellRows: HEADER_BAND });
  if (sync === 'lock' && !blinkOn(nowMs)) canvas.frame.dither(0, 0, width, 8);
  return width;
}

/** Caps of the 16x32 font stand in its rows 6..25; drawn over 24 px they can be read from two metres on a 2.42-inch panel. */
export const BIG_HEIGHT_PX = 24;

export interface BigText {
  readonly text: string;
  readonly x: number;
  readonly y: number;
}

/** A word in capitals, 24 px tall. Returns its width, px. */
export function drawBig(
  page: PageContext,
  x: number,
  y: number,
  text: string,
  options: { inverted?: boolean; trackingPx?: number } = {},
): number {
  return page.canvas.text(page.fonts.f16x32, x, y, text, { ...options, cellRows: [6, 25], stretchToPx: BIG_HEIGHT_PX });
}

export function widthOf(page: PageContext, text: string): number {
  return textWidthPx(page.fonts.f6x12, text);
}

/** A bar standing on `bottomY` (exclusive), `heightPx` for 0 dBFS. A held peak is one row above the bar. */
export function drawBar(
  page: PageContext,
  x: number,
  bottomY: number,
  widthPx: number,
  litPx: number,
  holdPx: number,
): void {
  page.canvas.frame.fill(x, bottomY - litPx, widthPx, litPx);
  if (holdPx > litPx) page.canvas.frame.fill(x, bottomY - holdPx, widthPx, 1);
}
