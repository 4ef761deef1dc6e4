/** Plays a scenario and looks at it as people do: the API's JSON and the panel's picture. */
import { loadFonts } from '../../../src/device/panel/loadFonts.ts';
import type { Monitor } from '../../../src/monitor/monitor.ts';
import type { Finding, Snapshot } from '../../../src/monitor/snapshot.ts';
import { PAGE_WIDTH_PX } from '../../../src/ui/canvas.ts';
import { type Font, wrapText } from '../../../src/ui/font.ts';
import { initialUi } from '../../../src/ui/navigation.ts';
import { COLUMNS, ROWS } from '../../../src/ui/pages/frame.ts';
import { createPanelApp } from '../../../src/ui/panelApp.ts';
import { framePng } from '../../../src/ui/png.ts';
import { causeOf, type PanelView } from '../../../src/ui/view.ts';
import { findingWords } from '../../../src/ui/wording.ts';
import { createWebServer } from '../../../src/web/server.ts';
import { panelShows } from '../../daemon/readPanel.ts';
import type { Cause, Scenario } from '../scenarios/types.ts';
import { play } from './run.ts';

const fonts = loadFonts();
const app = createPanelApp({ fonts });
/** As rows are drawn: without the font's first row of pixels, which only brackets and slashes reach. */
const rowFont: Font = {
  ...fonts.f6x12,
  glyphs: new Map(
    [...fonts.f6x12.glyphs].map(([code, glyph]) => [code, { ...glyph, rows: [0, ...glyph.rows.slice(1)] }]),
  ),
};
/** Milliseconds that a sheet of rows stays, from src/ui/pages/text.ts. */
const SHEET_MS = 4000;

/** `GET /api/status` of a monitor. */
export async function statusOf(monitor: Monitor): Promise<Snapshot> {
  const silent = () => {};
  const web = createWebServer({
    view: monitor,
    commands: monitor,
    panelPng: () => new Uint8Array(),
    config: () => ({ host: '127.0.0.1', port: 0, allowedHosts: [] }),
    logger: { info: silent, warn: silent, error: silent },
    clock: { nowMs: () => 0 },
    pageFolder: null,
  });
  const answer = await web.app.inject({ method: 'GET', url: '/api/status', headers: { host: 'localhost' } });
  await web.app.close();
  return answer.json();
}

/** Rows of a finding's page that the picture does not show; empty: it can be read whole. */
export function unread(monitor: Monitor, finding: Finding): string[] {
  const snapshot = monitor.snapshot();
  const view: PanelView = {
    snapshot,
    levels: monitor.levels(),
    network: null,
    system: null,
    takeRunning: false,
    canProve: false,
  } as PanelView;
  const ui = { ...initialUi(0, { kind: 'finding', cause: causeOf(finding) }), seq: snapshot.seq };
  const lines = findingWords(finding, view, ui, 0).rows.flatMap((row) =>
    [...row].length <= COLUMNS ? [row] : wrapText(fonts.f6x12, row, PAGE_WIDTH_PX),
  );
  const missing: string[] = [];
  for (let sheet = 0; sheet * ROWS < lines.length; sheet++) {
    const png = framePng(app.render(view, ui, sheet * SHEET_MS));
    for (const line of lines.slice(sheet * ROWS, (sheet + 1) * ROWS))
      if (!panelShows(png, rowFont, line)) missing.push(line);
  }
  return missing;
}

export function names(finding: Finding | undefined, cause: Cause): boolean {
  if (finding === undefined || finding.code !== cause.code) return false;
  if (cause.where !== undefined && cause.where !== finding.where) return false;
  const words = `${finding.cause} ${finding.fix} ${finding.question ?? ''}`;
  return (cause.says ?? []).every((word) => words.includes(word));
}

export interface Judged {
  readonly findings: readonly Finding[];
  /** The right cause stands first, and every other that the evidence allows is listed with it. */
  readonly right: boolean;
  /** What stands first, for people. */
  readonly first: string;
  readonly monitor: Monitor;
}

export function judge(scenario: Scenario): Judged {
  const monitor = play(scenario);
  const { findings } = monitor.snapshot();
  const [first] = findings;
  const others = first?.others?.map(({ code }) => code) ?? [];
  const right =
    names(first, scenario.expects.first) && (scenario.expects.or ?? []).every((code) => others.includes(code));
  return { findings, right, monitor, first: first === undefined ? 'nothing' : `${first.code} at ${first.where}` };
}
