/** The panel as one pure thing: the program feeds it edges, ticks and views, and shows the frames that come out. */
import { assertNever, type Fault } from '../fault.ts';
import { Canvas, type DrawnText, PAGE_WIDTH_PX } from './canvas.ts';
import type { PanelFonts } from './font.ts';
import type { Framebuffer } from './framebuffer.ts';
import { pendingGesture } from './gestures.ts';
import {
  existingPage,
  initialUi,
  type Page,
  pageFromName,
  reduceUi,
  type UiInput,
  type UiState,
  type UiStep,
} from './navigation.ts';
import { drawBank } from './pages/bank.ts';
import { drawChannel } from './pages/channel.ts';
import { drawCheck } from './pages/check.ts';
import type { PageContext } from './pages/frame.ts';
import { drawOverview } from './pages/overview.ts';
import { drawCaptureState, drawFault, drawSplash, drawTakeOver } from './pages/screens.ts';
import { drawTake } from './pages/take.ts';
import { drawFinding, drawNetwork, drawPatch, drawProve, drawSync, drawSyncBank, drawSystem } from './pages/text.ts';
import { causeOf, type PanelView } from './view.ts';

export interface RenderOptions {
  /** Stars instead of the PIN: for every frame that leaves by HTTP. */
  readonly maskPin?: boolean;
}

export interface PanelApp {
  /** `pageName`: from the last `remember` command; overview when unknown. */
  initial(nowMs: number, pageName?: string): UiState;
  /** 1024 bytes in the order of `Panel.show`. Dark while the panel sleeps. */
  render(view: PanelView, ui: UiState, nowMs: number, options?: RenderOptions): Uint8Array;
  reduce(ui: UiState, input: UiInput, view: PanelView): UiStep;
  /** Within 2 s of the start, before there is a snapshot. */
  splash(version: string, simulated: boolean): Uint8Array;
  /** The program cannot go on: why, and what to do. */
  fault(fault: Fault, url: string | null): Uint8Array;
}

export function createPanelApp(parts: { readonly fonts: PanelFonts }): PanelApp {
  const { fonts } = parts;
  return {
    initial: (nowMs, pageName) => initialUi(nowMs, pageName === undefined ? undefined : pageFromName(pageName)),
    render: (view, ui, nowMs, options = {}) => drawPanel(fonts, view, ui, nowMs, options).frame.bytes,
    reduce: reduceUi,
    splash(version, simulated) {
      const canvas = new Canvas();
      drawSplash(canvas, fonts, version, simulated);
      return canvas.frame.bytes;
    },
    fault(fault, url) {
      const canvas = new Canvas();
      drawFault(canvas, fonts, fault, url);
      return canvas.frame.bytes;
    },
  };
}

/** The frame, and what was written into it (before the shift against burn-in): for tests. */
export function drawPanel(
  fonts: PanelFonts,
  view: PanelView,
  ui: UiState,
  nowMs: number,
  options: RenderOptions = {},
): { readonly frame: Framebuffer; readonly unshifted: Framebuffer; readonly texts: readonly DrawnText[] } {
  const canvas = new Canvas();
  if (ui.light === 'off') return { frame: canvas.frame, unshifted: canvas.frame, texts: [] };
  const page: PageContext = { canvas, fonts, view, ui, nowMs, maskPin: options.maskPin ?? false };
  const takenOver =
    ui.takeOver === null
      ? undefined
      : view.snapshot.findings.find((finding) => causeOf(finding) === ui.takeOver!.cause);
  if (takenOver !== undefined) drawTakeOver(page, takenOver);
  else drawPage(page, existingPage(ui.page, view));
  drawHint(page);
  const [dx, dy] = burnInShift(nowMs);
  const frame = dx === 0 && dy === 0 ? canvas.frame : canvas.frame.shifted(dx, dy);
  return { frame, unshifted: canvas.frame, texts: canvas.texts };
}

function drawPage(page: PageContext, shown: Page): void {
  const { snapshot } = page.view;
  const bankOf = (id: string) => snapshot.banks.find((bank) => bank.id === id)!;
  switch (shown.kind) {
    case 'overview':
      if (!drawCaptureState(page)) drawOverview(page);
      return;
    case 'bank':
      if (!drawCaptureState(page)) drawBank(page, bankOf(shown.bank), shown.part);
      return;
    case 'channel':
      if (!drawCaptureState(page)) drawChannel(page, shown.index);
      return;
    case 'sync':
      drawSync(page, shown.part);
      return;
    case 'prove':
      drawProve(page, bankOf(shown.bank));
      return;
    case 'syncBank':
      drawSyncBank(page, bankOf(shown.bank));
      return;
    case 'finding':
      drawFinding(page, snapshot.findings.find((finding) => causeOf(finding) === shown.cause) ?? null);
      return;
    case 'check':
      drawCheck(page, shown.check);
      return;
    case 'patch':
      drawPatch(page, bankOf(shown.bank), shown.part);
      return;
    case 'network':
      drawNetwork(page);
      return;
    case 'system':
      drawSystem(page);
      return;
    case 'take':
      drawTake(page);
      return;
    default:
      assertNever(shown);
  }
}

/** One line across the foot: what a held button will do on release, or that a clear can be undone. */
function drawHint(page: PageContext): void {
  const { canvas, fonts, ui, nowMs } = page;
  let hint: string | null = null;
  const pending = pendingGesture(ui.gestures, nowMs);
  if (pending?.kind === 'chordLong') hint = 'let go: QR and PIN';
  else if (pending?.kind === 'long' && pending.button === 'A')
    hint =
      ui.page.kind === 'check'
        ? 'let go: do it'
        : ui.page.kind === 'prove'
          ? 'let go: begin anew'
          : ui.page.kind !== 'take'
            ? 'let go: clear clips'
            : page.view.takeRunning
              ? 'let go: end take'
              : 'let go: begin take';
  else if (pending?.kind === 'long' && pending.button === 'B') hint = 'let go: worst channel';
  else if (ui.clearedMs !== null) hint = 'Cleared.  A = undo';
  if (hint === null) return;
  canvas.frame.fill(0, 51, PAGE_WIDTH_PX, 12);
  canvas.dropTextsBelow(51);
  canvas.text(fonts.f6x12, PAGE_WIDTH_PX >> 1, 51, hint, { align: 'centre', inverted: true });
}

/** Where the picture stands in this minute: 1 px further each minute, around a square. */
export function burnInShift(nowMs: number): readonly [number, number] {
  const minute = Math.floor(Math.max(0, nowMs) / 60_000) % 4;
  return (
    [
      [0, 0],
      [1, 0],
      [1, 1],
      [0, 1],
    ] as const
  )[minute]!;
}
