/** The take that runs, in big figures; without one, how to begin and how the last one went. */
import type { EndedTake, RunningTake } from '../../monitor/takes.ts';
import { PAGE_WIDTH_PX } from '../canvas.ts';
import { rigSync, takeTime } from '../view.ts';
import { drawBig, drawHeader, drawRow, type PageContext } from './frame.ts';

/** The verdict in a row of 21 columns. */
export function takeVerdict(take: RunningTake | EndedTake, uptimeMs: number): string {
  const { word, suspects, untold, lossesHiddenMs } = take.verdict;
  switch (word) {
    case 'suspect':
      return `SUSPECT: ${suspects > 9999 ? '>9999' : suspects} event${suspects === 1 ? '' : 's'}`;
    case 'notWatched':
      return 'NOT ALL WATCHED';
    case 'clean':
      if (untold.length > 0) return `CLEAN, ${untold.length} clock${untold.length === 1 ? '' : 's'} ?`;
      // Most of the time a lost packet would not have shown: the page says for how long.
      return 2 * lossesHiddenMs > ('endedMs' in take ? take.endedMs : uptimeMs) - take.startedMs
        ? 'CLEAN, USB losses ?'
        : 'CLEAN';
  }
}

function firstSuspect(take: RunningTake | EndedTake): string | null {
  const suspect = take.verdict.first[0];
  if (suspect === undefined) return null;
  const what = {
    clip: 'clip ch',
    slip: 'slip',
    usbLoss: 'USB loss',
    clockChange: 'clock',
    xrun: 'xrun',
    clockSource: 'clock',
    portLock: 'lock lost',
  }[suspect.kind];
  return `${takeTime(suspect.atMs)} ${what} ${suspect.where}`;
}

export function drawTake(page: PageContext): void {
  const { view } = page;
  const { take, lastTake, uptimeMs } = view.snapshot;
  const sync = rigSync(view.snapshot).sync;
  if (take !== null) {
    drawHeader(page, { sync, title: take.name });
    drawBig(page, 0, 13, takeTime(uptimeMs - take.startedMs), { trackingPx: -1 });
    drawRow(page, 3, firstSuspect(take) ?? takeVerdict(take, uptimeMs));
    drawRow(page, 4, 'Hold A = end');
    return;
  }
  drawHeader(page, { sync, title: 'TAKE' });
  drawRow(page, 0, 'No take runs');
  if (lastTake !== null) {
    drawRow(page, 1, `${lastTake.name} ${takeTime(lastTake.endedMs - lastTake.startedMs)}`, {
      cutToPx: PAGE_WIDTH_PX,
    });
    drawRow(page, 2, takeVerdict(lastTake, uptimeMs));
    const first = firstSuspect(lastTake);
    if (first !== null) drawRow(page, 3, first);
  }
  drawRow(page, 4, 'Hold A = begin');
}
