/** Screens that fill the panel: splash, faults, released, take-over. */
import { assertNever, type Fault } from '../../fault.ts';
import type { Finding } from '../../monitor/snapshot.ts';
import { type Canvas, PAGE_WIDTH_PX } from '../canvas.ts';
import { type PanelFonts, wrapText } from '../font.ts';
import { ageText, rigSync, syncLabel } from '../view.ts';
import { findingWords } from '../wording.ts';
import { BAND_PX, drawHeader, drawRow, HEADER_BAND, type PageContext } from './frame.ts';
import { drawWords } from './text.ts';

/** Before there is anything to show. */
export function drawSplash(canvas: Canvas, fonts: PanelFonts, version: string, simulated: boolean): void {
  canvas.text(fonts.f8x16, PAGE_WIDTH_PX >> 1, 14, 'Lightkeeper', { align: 'centre' });
  canvas.text(fonts.f6x12, PAGE_WIDTH_PX >> 1, 34, `starting ${version}`, { align: 'centre', cutToPx: PAGE_WIDTH_PX });
  if (simulated) canvas.text(fonts.f5x8, PAGE_WIDTH_PX, 0, 'SIM', { align: 'right' });
}

/** One cause, one action, a code, the address. For a program that cannot start. */
export function drawFault(canvas: Canvas, fonts: PanelFonts, fault: Fault, url: string | null): void {
  const title = 'FAULT';
  canvas.text(fonts.f5x8, 1, 0, title, { inverted: true, cellRows: HEADER_BAND });
  canvas.text(fonts.f5x8, PAGE_WIDTH_PX, 0, fault.code, { align: 'right', cutToPx: PAGE_WIDTH_PX - 32 });
  const what = wrapText(fonts.f6x12, fault.what, PAGE_WIDTH_PX);
  const fix = wrapText(fonts.f6x12, fault.fix, PAGE_WIDTH_PX);
  const room = url === null ? 5 : 4;
  const lines = [...what.slice(0, Math.max(1, room - Math.min(2, fix.length))), ...fix].slice(0, room);
  lines.forEach((line, row) => {
    canvas.text(fonts.f6x12, 0, 8 + row * 11, line, { cellRows: [1, 11] });
  });
  if (url !== null) canvas.text(fonts.f5x8, 0, 54, url.replace(/^http:\/\//, ''), { cutToPx: PAGE_WIDTH_PX });
}

/** In place of meters while nothing is captured. Returns false when the stream runs. */
export function drawCaptureState(page: PageContext): boolean {
  const { view, ui, nowMs } = page;
  const capture = view.snapshot.capture;
  switch (capture.state) {
    case 'running':
      return false;
    case 'released': {
      drawHeader(page, { sync: null, title: 'RELEASED' });
      drawTitle(page, 9, 'NOT');
      drawTitle(page, 29, 'WATCHING');
      const last = Object.values(ui.lastSyncMs);
      const newest = last.length === 0 ? null : Math.max(...last);
      drawRow(page, 4, newest === null ? 'No SYNC seen before' : `Last SYNC ${ageText(nowMs - newest)} ago`);
      return true;
    }
    case 'absent':
      stateScreen(page, 'NO DEVICE', capture.fault, ['No USB interface.', 'Plug it in: it is', 'found by itself.']);
      return true;
    case 'opening':
      stateScreen(page, 'OPENING', null, [capture.name === '' ? 'Looking for a device' : capture.name]);
      return true;
    case 'stalled':
      stateScreen(page, 'STALLED', capture.fault, ['No frames arrive.', 'Check USB cable and', 'power, then replug.']);
      return true;
    case 'faulted':
      stateScreen(page, 'FAULT', capture.fault, ['The device failed.', 'Replug it.']);
      return true;
    case 'ended': {
      stateScreen(page, 'ENDED', null, [capture.name, `was ${syncLabel(rigSync(view.snapshot).sync)}`]);
      return true;
    }
    default:
      return assertNever(capture.state);
  }
}

/** Capitals of 12x24, 18 px tall, in the middle. */
function drawTitle(page: PageContext, y: number, text: string): void {
  page.canvas.text(page.fonts.f12x24, PAGE_WIDTH_PX >> 1, y, text, {
    align: 'centre',
    cellRows: [4, 18],
    stretchToPx: 18,
  });
}

function stateScreen(page: PageContext, title: string, fault: Fault | null, otherwise: readonly string[]): void {
  drawHeader(page, { sync: null, title: fault === null ? '' : fault.code });
  drawTitle(page, 9, title);
  const lines = fault === null ? otherwise : [fault.what, fault.fix];
  const rows = lines.flatMap((line) => wrapText(page.fonts.f6x12, line, PAGE_WIDTH_PX));
  const sheets = Math.max(1, Math.ceil(rows.length / 3));
  const sheet = Math.floor(Math.max(0, page.nowMs) / 4000) % sheets;
  rows.slice(sheet * 3, sheet * 3 + 3).forEach((line, row) => {
    drawRow(page, row + 2, line, { cutToPx: PAGE_WIDTH_PX });
  });
}

/** A new alarm fills the panel: word, cause, action. */
export function drawTakeOver(page: PageContext, finding: Finding): void {
  const words = findingWords(finding, page.view, page.ui, page.nowMs);
  drawHeader(page, { sync: words.sync, title: words.title, band: true, ...(words.sync === null ? { right: '' } : {}) });
  drawWords(page, words.rows);
  page.canvas.frame.invert(0, 0, PAGE_WIDTH_PX, BAND_PX);
}
