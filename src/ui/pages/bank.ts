/** Eight channels of a bank: bars with numbers. */

import type { Bank } from '../../monitor/snapshot.ts';
import { PAGE_WIDTH_PX } from '../canvas.ts';
import { deflectionOf, litPx } from '../deflection.ts';
import { BANK_COLUMNS } from '../navigation.ts';
import { isDigital, meterLabel, shortLevel } from '../view.ts';
import { drawBar, drawHeader, type PageContext } from './frame.ts';

export const BANK_LAYOUT = { numberY: 9, barTopY: 18, barBottomY: 54, nameY: 55 } as const;

/** Left edge and width of the columns: 15 px each for eight. */
export function bankColumns(count: number): { readonly x: number; readonly widthPx: number }[] {
  const pitch = 15;
  const left = (PAGE_WIDTH_PX - pitch * BANK_COLUMNS) >> 1;
  return Array.from({ length: count }, (_, i) => ({ x: left + i * pitch, widthPx: pitch }));
}

export function drawBank(page: PageContext, bank: Bank, part: number): void {
  const { canvas, fonts, view } = page;
  const { snapshot, levels } = view;
  const shown = bank.channels.slice(part * BANK_COLUMNS, (part + 1) * BANK_COLUMNS);
  const parts = Math.ceil(bank.channels.length / BANK_COLUMNS);
  const title = `${bank.name}${parts > 1 ? ` ${part + 1}/${parts}` : ''}`;
  const { meter } = snapshot;
  drawHeader(page, { sync: isDigital(bank) ? bank.sync : null, title: `${title} ${meterLabel(meter)}`.trimEnd() });
  const deflection = deflectionOf(meter);
  const full = BANK_LAYOUT.barBottomY - BANK_LAYOUT.barTopY;
  bankColumns(shown.length).forEach((column, place) => {
    const index = shown[place]!;
    const channel = snapshot.channels[index - 1];
    if (channel === undefined || index > levels.channels) return;
    const middle = column.x + (column.widthPx >> 1);
    const barX = column.x + 3;
    const barWidth = column.widthPx - 6;
    const clipped = levels.clips[index - 1]! > 0;
    const number = clipped ? 'CLP' : shortLevel(channel.holdDbfs, meter);
    canvas.text(fonts.f5x8, middle + 1, BANK_LAYOUT.numberY, number, { align: 'centre', inverted: clipped });
    for (const tick of deflection.ticksDbfs) {
      const y = BANK_LAYOUT.barBottomY - Math.max(1, litPx(deflection, tick * 100, full));
      canvas.frame.set(column.x + 1, y);
    }
    drawBar(
      page,
      barX,
      BANK_LAYOUT.barBottomY,
      barWidth,
      litPx(deflection, levels.meterDbX100[index - 1]!, full),
      litPx(deflection, levels.holdDbX100[index - 1]!, full),
    );
    canvas.text(fonts.f5x8, middle + 1, BANK_LAYOUT.nameY, String(index), { align: 'centre' });
  });
}
