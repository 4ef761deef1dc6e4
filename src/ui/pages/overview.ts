/** Overview: the state word for two metres, and every channel as a bar. */
import { PAGE_WIDTH_PX } from '../canvas.ts';
import { deflectionOf, litPx } from '../deflection.ts';
import { isDigital, ppmText, rateText, rigSync } from '../view.ts';
import { alarmMark, BIG_HEIGHT_PX, blinkOn, drawBar, drawBig, type PageContext } from './frame.ts';

/** Where the bars stand. Exported for the test that reads them back. */
export const OVERVIEW = {
  /** Row of the clip marks, 2 px tall. */
  clipY: 27,
  clipPx: 2,
  /** First row of a bar at 0 dBFS, and the row below its foot. */
  barTopY: 30,
  barBottomY: 62,
  baseY: 62,
} as const;

/** x and width of every channel's bar, in the order of snapshot.channels; 3 px a channel while they fit, else 2. */
export function overviewColumns(bankSizes: readonly number[]): { readonly x: number; readonly widthPx: number }[] {
  const channels = bankSizes.reduce((sum, size) => sum + size, 0);
  if (channels === 0) return [];
  const gaps = bankSizes.length - 1;
  const room = (pitch: number, gap: number) => pitch * channels - 1 + gap * gaps <= PAGE_WIDTH_PX;
  let pitch = 2;
  let gap = 0;
  for (const [candidate, between] of [
    [15, 6],
    [11, 5],
    [8, 4],
    [7, 4],
    [6, 3],
    [5, 3],
    [4, 3],
    [3, 3],
    [3, 2],
    [3, 1],
    [3, 0],
    [2, 2],
    [2, 1],
    [2, 0],
  ] as const) {
    if (!room(candidate, between)) continue;
    pitch = candidate;
    gap = between;
    break;
  }
  // 64 channels at 2 px are 128 px less the last gap: they fill the page.
  const widthPx = pitch - 1;
  const out: { x: number; widthPx: number }[] = [];
  let x = Math.max(0, (PAGE_WIDTH_PX - (pitch * channels - 1 + gap * gaps)) >> 1);
  for (const size of bankSizes) {
    for (let i = 0; i < size; i++) {
      out.push({ x, widthPx });
      x += pitch;
    }
    x += gap;
  }
  return out;
}

export function drawOverview(page: PageContext): void {
  const { canvas, view } = page;
  const { snapshot, levels } = view;
  drawStateWord(page);
  const sizes =
    snapshot.banks.length > 0 ? snapshot.banks.map((bank) => bank.channels.length) : [snapshot.channels.length];
  const order =
    snapshot.banks.length > 0
      ? snapshot.banks.flatMap((bank) => bank.channels)
      : snapshot.channels.map((channel) => channel.index);
  const columns = overviewColumns(sizes);
  const deflection = deflectionOf(snapshot.meter);
  const full = OVERVIEW.barBottomY - OVERVIEW.barTopY;
  order.forEach((index, place) => {
    const column = columns[place]!;
    if (index > levels.channels) return;
    const lit = litPx(deflection, levels.meterDbX100[index - 1]!, full);
    const hold = litPx(deflection, levels.holdDbX100[index - 1]!, full);
    drawBar(page, column.x, OVERVIEW.barBottomY, column.widthPx, lit, hold);
    if (levels.clips[index - 1]! > 0) canvas.frame.fill(column.x, OVERVIEW.clipY, column.widthPx, OVERVIEW.clipPx);
  });
  // The foot of each bank: whole when in sync, dotted when it can't be told, gone where the clock is wrong.
  let place = 0;
  for (const bank of snapshot.banks) {
    const first = columns[place];
    const last = columns[place + bank.channels.length - 1];
    place += bank.channels.length;
    if (first === undefined || last === undefined) continue;
    const wrong = isDigital(bank) && (bank.sync === 'lock' || bank.sync === 'noLock');
    const vague = isDigital(bank) && bank.sync === 'unknown';
    for (let x = first.x; x < last.x + last.widthPx; x++) {
      if (!wrong && !(vague && x % 2 === 1)) canvas.frame.set(x, OVERVIEW.baseY);
    }
  }
}

/** 24 px of state word, and beside it rate, bank or error, SIM and alarms. */
export function drawStateWord(page: PageContext): void {
  const { canvas, fonts, view, nowMs } = page;
  const { snapshot } = view;
  const { sync, bank } = rigSync(snapshot);
  let width: number;
  switch (sync) {
    case 'noLock': {
      // Tighter than the font's own pitch: rate and bank must fit beside it.
      width = 1 + drawBig(page, 1, 1, 'NO', { trackingPx: -1 }) + 5;
      width += drawBig(page, width, 1, 'LOCK', { trackingPx: -1 });
      canvas.frame.invert(0, 0, width, BIG_HEIGHT_PX + 2);
      break;
    }
    case 'lock':
      width = drawBig(page, 0, 0, 'LOCK!', { trackingPx: -1 });
      if (!blinkOn(nowMs)) canvas.frame.dither(0, 0, width, BIG_HEIGHT_PX);
      break;
    case 'sync':
      width = drawBig(page, 0, 0, 'SYNC');
      break;
    case 'unknown':
      width = drawBig(page, 2, 0, '?') + 2;
      break;
  }
  const left = width + 1;
  const room = PAGE_WIDTH_PX - left;
  const right = (row: number, text: string, inverted = false) =>
    canvas.text(fonts.f5x8, PAGE_WIDTH_PX, row * 8, text, { align: 'right', cutToPx: room, inverted });
  right(0, snapshot.capture.rateHz > 0 ? rateText(snapshot.capture.rateHz) : '--');
  if (sync === 'unknown') {
    canvas.text(fonts.f6x12, left + 4, 0, "can't tell");
    canvas.text(fonts.f6x12, left + 4, 11, bank?.name ?? 'no evidence', { cutToPx: room - 40 });
  } else if (sync !== 'sync') right(1, bank?.name ?? 'clock');
  else if (snapshot.clock.rateErrorPpm !== null) right(1, ppmText(snapshot.clock.rateErrorPpm));
  const mark = alarmMark(page);
  const markWidth = mark.text === '' ? 0 : right(2, mark.text, mark.fresh) + 3;
  if (snapshot.simulated) canvas.text(fonts.f5x8, PAGE_WIDTH_PX - markWidth, 16, 'SIM', { align: 'right' });
}
