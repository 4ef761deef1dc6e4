/** One channel in big type. */

import { NO_SIGNAL } from '../../monitor/levels.ts';
import { PAGE_WIDTH_PX } from '../canvas.ts';
import { deflectionOf } from '../deflection.ts';
import { inUnit, isDigital, longDb, meterLabel } from '../view.ts';
import { drawBig, drawHeader, drawRow, type PageContext } from './frame.ts';

const BAR_Y = 54;
const BAR_PX = 6;

/** Five characters at most: below -99.9 dB the tenths go. */
function bigDb(db: number | null): string {
  return db !== null && db <= -99.95 ? String(Math.round(db)) : longDb(db);
}

export function drawChannel(page: PageContext, index: number): void {
  const { canvas, fonts, view } = page;
  const { meter } = view.snapshot;
  const { partX10000, ticksDbfs } = deflectionOf(meter);
  const channel = view.snapshot.channels[index - 1]!;
  const bank = view.snapshot.banks.find((candidate) => candidate.id === channel.bank);
  drawHeader(page, {
    sync: bank !== undefined && isDigital(bank) ? bank.sync : null,
    title: `${index} ${meterLabel(meter) || (bank?.name ?? '')}`.trimEnd(),
  });
  drawRow(page, 0, channel.name === '' ? `Channel ${index}` : channel.name, { cutToPx: PAGE_WIDTH_PX });
  drawBig(page, 0, 22, bigDb(inUnit(channel.holdDbfs, meter)), { trackingPx: -1 });
  canvas.text(fonts.f5x8, PAGE_WIDTH_PX, 20, `rms ${longDb(inUnit(channel.rmsDbfs, meter))}`, { align: 'right' });
  canvas.text(fonts.f5x8, PAGE_WIDTH_PX, 29, `tp ${longDb(inUnit(channel.truePeakDbtp, meter))}`, { align: 'right' });
  const state = channel.clipped
    ? `CLIP ${Math.min(9999, channel.clips)}`
    : { none: '', digitalZero: 'zeros', frozen: 'frozen', noiseFloor: 'no signal' }[channel.silence];
  if (state !== '') canvas.text(fonts.f5x8, PAGE_WIDTH_PX, 38, state, { align: 'right', inverted: channel.clipped });
  const full = PAGE_WIDTH_PX - 2;
  const lit = Math.round((partX10000(view.levels.meterDbX100[index - 1] ?? NO_SIGNAL) * full) / 10000);
  const hold = Math.round((partX10000(view.levels.holdDbX100[index - 1] ?? NO_SIGNAL) * full) / 10000);
  canvas.frame.outline(0, BAR_Y - 1, PAGE_WIDTH_PX, BAR_PX + 2);
  canvas.frame.fill(1, BAR_Y, lit, BAR_PX);
  if (hold > lit) canvas.frame.fill(hold, BAR_Y, 1, BAR_PX);
  for (const tick of ticksDbfs) {
    const x = 1 + Math.round((partX10000(tick * 100) * (full - 1)) / 10000);
    canvas.frame.fill(x, BAR_Y + BAR_PX + 1, 1, 2);
  }
}
