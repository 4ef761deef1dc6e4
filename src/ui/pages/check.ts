/** The guided checks: what to do now, what was found, and what a held button does. */
import type { CheckKind, CheckRow, CheckView } from '../../checks/check.ts';
import { PAGE_WIDTH_PX } from '../canvas.ts';
import { wrapText } from '../font.ts';
import { rigSync } from '../view.ts';
import { COLUMNS, drawHeader, drawRow, type PageContext, ROWS } from './frame.ts';

const TITLES: Readonly<Record<CheckKind, string>> = {
  line: 'LINES',
  hum: 'HUM',
  gain: 'GAINS',
  noise: 'NOISE',
  proof: 'PROOF',
};
const WHAT: Readonly<Record<CheckKind, string>> = {
  line: 'Play each source when it is asked for.',
  hum: 'Where it hums, while things are unplugged.',
  gain: 'Peaks against a target of -18 to -6 dBFS.',
  noise: 'Floors, with nobody playing, for 10 s.',
  proof: 'A test tone proves each port: one clock or two.',
};
/** A sheet of rows stays for so long. */
const SHEET_MS = 4000;

/** `Tom 1     on 18 Tom 2` in 21 columns: the finding is whole, the name gives way. */
function rowText({ name, text, levelDbfs, state }: CheckRow): string {
  const level = levelDbfs === null || state === 'gone' ? '' : ` ${Math.round(levelDbfs)}`;
  const right = `${text}${level}`.slice(0, COLUMNS - 4);
  const left = name.slice(0, COLUMNS - 1 - right.length).trimEnd();
  return left.padEnd(COLUMNS - right.length) + right;
}

/** What is worth a row: what is wrong first; in a line check the last that was found, too. */
function rowsOf(check: CheckView): string[] {
  const bad = check.rows.filter(({ state }) => state === 'bad');
  const rest = check.rows.filter(({ state }) => state === 'gone' || state === 'good');
  const shown = check.kind === 'line' && check.state === 'running' ? [...rest.slice(-1), ...bad] : [...bad, ...rest];
  return shown.map(rowText);
}

function hint(kind: CheckKind, check: CheckView | null): string {
  if (check?.state !== 'running') return check === null ? 'Hold A = begin' : 'Hold A = again';
  switch (kind) {
    case 'line':
      return 'Hold A = it is dead';
    case 'gain':
      return 'Hold A = peaks anew';
    case 'proof':
      return 'Hold A = skip it';
    case 'hum':
    case 'noise':
      return 'Hold A = end';
  }
}

export function drawCheck(page: PageContext, kind: CheckKind): void {
  const { snapshot } = page.view;
  const check = snapshot.check?.kind === kind ? snapshot.check : null;
  const done = check === null ? 0 : check.rows.filter(({ state }) => state === 'good' || state === 'bad').length;
  const right = check !== null && kind === 'line' ? `${done}/${check.rows.length}` : undefined;
  drawHeader(page, { sync: rigSync(snapshot).sync, title: TITLES[kind], ...(right === undefined ? {} : { right }) });
  const wrap = (text: string) => wrapText(page.fonts.f6x12, text, PAGE_WIDTH_PX);
  const changes = snapshot.soundcheck?.changes ?? [];
  const since =
    kind === 'line' && check?.state !== 'running'
      ? changes.map(({ channel, db }) => `ch ${channel} ${db > 0 ? '+' : ''}${db} dB vs check`)
      : [];
  const rows = [...since, ...(check === null ? [] : rowsOf(check))];
  // What was found always has its place.
  const head = wrap(check?.ask ?? WHAT[kind]).slice(0, rows.length > 0 ? ROWS - 3 : ROWS - 1);
  const room = ROWS - 1 - head.length;
  const sheets = Math.max(1, room <= 0 ? 1 : Math.ceil(rows.length / room));
  const sheet = Math.floor(Math.max(0, page.nowMs) / SHEET_MS) % sheets;
  [...head, ...rows.slice(sheet * room, (sheet + 1) * room)].forEach((text, row) => {
    drawRow(page, row, text, { cutToPx: PAGE_WIDTH_PX });
  });
  drawRow(page, ROWS - 1, hint(kind, check));
}
