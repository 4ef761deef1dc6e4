/**
 * The panel in a terminal: half blocks, redrawn in place; keys stand in for the buttons. Two rows of the panel share a
 * line: 128 columns by 32 lines. In a smaller terminal braille is used: 64 columns by 16 lines.
 */
import { Framebuffer, PANEL_HEIGHT_PX, PANEL_WIDTH_PX } from '../../ui/framebuffer.ts';
import type { ButtonEdge, Panel } from '../ports.ts';

/** What is needed of a tty. */
export interface TerminalOut {
  write(text: string): unknown;
  readonly columns?: number;
  readonly rows?: number;
}
export interface TerminalIn {
  readonly isTTY?: boolean;
  setRawMode?(on: boolean): unknown;
  resume(): unknown;
  pause(): unknown;
  on(event: 'data', listener: (chunk: Buffer) => void): unknown;
  off(event: 'data', listener: (chunk: Buffer) => void): unknown;
}

export interface TerminalPanelOptions {
  readonly out: TerminalOut;
  /** null: no keys. */
  readonly in: TerminalIn | null;
  /** Monotonic, ms. */
  readonly now: () => number;
  readonly onEdge: (edge: ButtonEdge) => void;
  /** q or Ctrl-C. Raw mode swallows the signal, so the program must stop by itself. */
  readonly onQuit: () => void;
}

const ALTERNATE_SCREEN = '\x1b[?1049h\x1b[?25l\x1b[2J';
const RESTORE = '\x1b[0m\x1b[?25h\x1b[?1049l';
const SHORT_PRESS_MS = 60;
const LONG_PRESS_MS = 650;
const HELD_CHORD_MS = 3050;

/** Half blocks: 32 lines of 128 characters. */
export function halfBlocks(frame: Uint8Array): string[] {
  const picture = new Framebuffer(PANEL_WIDTH_PX, PANEL_HEIGHT_PX, frame);
  const lines: string[] = [];
  for (let y = 0; y < PANEL_HEIGHT_PX; y += 2) {
    let line = '';
    for (let x = 0; x < PANEL_WIDTH_PX; x++) {
      const upper = picture.get(x, y);
      const lower = picture.get(x, y + 1);
      line += upper ? (lower ? '\u2588' : '\u2580') : lower ? '\u2584' : ' ';
    }
    lines.push(line);
  }
  return lines;
}

/** Braille: 16 lines of 64 characters, 2 x 4 pixels each. */
export function braille(frame: Uint8Array): string[] {
  const picture = new Framebuffer(PANEL_WIDTH_PX, PANEL_HEIGHT_PX, frame);
  // Dots 1-8 of U+2800 in the order of their bits: down the left column, then the right, then the bottom pair.
  const dots = [
    [0, 0],
    [0, 1],
    [0, 2],
    [1, 0],
    [1, 1],
    [1, 2],
    [0, 3],
    [1, 3],
  ] as const;
  const lines: string[] = [];
  for (let y = 0; y < PANEL_HEIGHT_PX; y += 4) {
    let line = '';
    for (let x = 0; x < PANEL_WIDTH_PX; x += 2) {
      let bits = 0;
      dots.forEach(([dx, dy], bit) => {
        if (picture.get(x + dx, y + dy)) bits |= 1 << bit;
      });
      line += String.fromCharCode(0x2800 + bits);
    }
    lines.push(line);
  }
  return lines;
}

/** Writes only the lines that changed. `stop` leaves the terminal as it was found. */
export function createTerminalPanel(options: TerminalPanelOptions): Panel & { note(text: string): void } {
  const { out } = options;
  let shown: string[] = [];
  let note = '';
  let stopped = false;
  let size = '';
  const timers = new Set<NodeJS.Timeout>();
  const later = (ms: number, act: () => void) => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      act();
    }, ms);
    timers.add(timer);
  };
  const press = (buttons: readonly ButtonEdge['button'][], ms: number) => {
    for (const button of buttons) options.onEdge({ button, down: true, timeMs: options.now() });
    later(ms, () => {
      for (const button of buttons) options.onEdge({ button, down: false, timeMs: options.now() });
    });
  };
  const onKey = (chunk: Buffer) => {
    for (const key of chunk.toString('latin1').replaceAll('\x1b[D', 'a').replaceAll('\x1b[C', 'b')) {
      if (key === 'q' || key === '\x03') options.onQuit();
      else if ('abcd'.includes(key)) press([key.toUpperCase() as ButtonEdge['button']], SHORT_PRESS_MS);
      else if ('ABCD'.includes(key)) press([key as ButtonEdge['button']], LONG_PRESS_MS);
      else if (key === 'o') press(['A', 'B'], SHORT_PRESS_MS);
      else if (key === 'p') press(['A', 'B'], HELD_CHORD_MS);
    }
  };
  out.write(ALTERNATE_SCREEN);
  const keys = options.in !== null && options.in.isTTY === true ? options.in : null;
  if (keys !== null) {
    keys.setRawMode?.(true);
    keys.on('data', onKey);
    keys.resume();
  }
  return {
    widthPx: PANEL_WIDTH_PX,
    heightPx: PANEL_HEIGHT_PX,
    show(frame) {
      if (stopped) return;
      const wide = (out.columns ?? 80) >= PANEL_WIDTH_PX && (out.rows ?? 24) >= 34;
      const keysHelp =
        keys === null ? '' : 'a b: page   A: clear   B: worst channel   o: overview   p: QR and PIN   q: quit';
      const lines = [...(wide ? halfBlocks(frame) : braille(frame)), keysHelp, note];
      const nowSize = `${out.columns}x${out.rows}`;
      if (nowSize !== size) {
        size = nowSize;
        shown = [];
        out.write('\x1b[2J');
      }
      let text = '';
      lines.forEach((line, row) => {
        const fitted = [...line].slice(0, out.columns ?? 80).join('');
        if (shown[row] === fitted) return;
        shown[row] = fitted;
        text += `\x1b[${row + 1};1H${fitted}\x1b[K`;
      });
      if (text !== '') out.write(text);
    },
    note(text) {
      note = text;
    },
    async stop() {
      if (stopped) return;
      stopped = true;
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
      if (keys !== null) {
        keys.off('data', onKey);
        keys.setRawMode?.(false);
        keys.pause();
      }
      out.write(RESTORE);
    },
  };
}
