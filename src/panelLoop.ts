/**
 * Keeps the panel alive: feeds edges and time to the pure panel app, shows its frames on every panel there is, and passes its
 * commands on. All panels (OLED, terminal, the mirror on the phone) show the same frame.
 */
import type { ButtonEdge, Panel } from './device/ports.ts';
import type { UiCommand, UiInput, UiState } from './ui/navigation.ts';
import type { PanelApp } from './ui/panelApp.ts';
import type { PanelView } from './ui/view.ts';

export interface PanelLoopParts {
  readonly app: PanelApp;
  readonly view: () => PanelView;
  /** Monotonic, ms. */
  readonly nowMs: () => number;
  /** Called when somebody looks or may look: a panel is attached, the mirror is asked for, a button pressed. */
  readonly onLook?: () => void;
  readonly onCommand: (command: UiCommand) => void;
  /** Page to begin with. */
  readonly pageName?: string;
}

/** The panel's own frame rate at best; a slow bus takes the newest frame and drops the rest. */
const FRAME_MS = 33;
/** With no panel attached and nobody looking or pressing for this long, a turn comes so rarely: a wake-up costs more than the turn. */
const UNWATCHED_AFTER_MS = 1000;
const UNWATCHED_MS = 2000;

export class PanelLoop {
  readonly #parts: PanelLoopParts;
  readonly #panels = new Set<Panel>();
  #ui: UiState;
  #timer: NodeJS.Timeout | null = null;
  #everyMs = 0;
  #turns = 0;
  #watchedMs = Number.NEGATIVE_INFINITY;
  #steppedMs = Number.NEGATIVE_INFINITY;
  #steppedSeq = -1;

  constructor(parts: PanelLoopParts) {
    this.#parts = parts;
    this.#ui = parts.app.initial(parts.nowMs(), parts.pageName);
  }

  /** Shows on this panel too, from the next frame on. Returns its disposer. */
  attach(panel: Panel): () => void {
    this.#panels.add(panel);
    if (this.#timer !== null) this.#pace();
    return () => this.#panels.delete(panel);
  }

  get ui(): UiState {
    return this.#ui;
  }

  /** Turns so far: what the watchdog looks at. */
  get turns(): number {
    return this.#turns;
  }

  /** An edge of a button, a key or the mirror: worked in and drawn at once. */
  edge(edge: ButtonEdge): void {
    this.#watch(this.#parts.nowMs());
    this.#step({ kind: 'edge', edge });
    this.#draw();
  }

  /** The frame as it stands, 1024 bytes; for HTTP with the PIN masked. */
  frame(maskPin: boolean): Uint8Array {
    const nowMs = this.#parts.nowMs();
    this.#watch(nowMs);
    // Who looks sees the state of now: an alarm of the newest snapshot has not waited for the next turn.
    const stale = this.#parts.view().snapshot.seq !== this.#steppedSeq || nowMs - this.#steppedMs > FRAME_MS;
    if (stale) this.#step({ kind: 'tick', timeMs: nowMs });
    return this.#parts.app.render(this.#parts.view(), this.#ui, this.#parts.nowMs(), { maskPin });
  }

  start(): void {
    this.#pace();
  }

  /** Somebody looks or presses. */
  #watch(nowMs: number): void {
    this.#watchedMs = nowMs;
    this.#parts.onLook?.();
    if (this.#timer !== null) this.#pace();
  }

  /** Turns as often as somebody needs it. */
  #pace(): void {
    const watched = this.#panels.size > 0 || this.#parts.nowMs() - this.#watchedMs < UNWATCHED_AFTER_MS;
    const everyMs = watched ? FRAME_MS : UNWATCHED_MS;
    if (this.#timer !== null && everyMs === this.#everyMs) return;
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#everyMs = everyMs;
    this.#timer = setInterval(() => this.turn(), everyMs);
  }

  turn(): void {
    this.#turns++;
    this.#step({ kind: 'tick', timeMs: this.#parts.nowMs() });
    this.#draw();
    if (this.#timer !== null) this.#pace();
  }

  #step(input: UiInput): void {
    const view = this.#parts.view();
    this.#steppedMs = this.#parts.nowMs();
    this.#steppedSeq = view.snapshot.seq;
    const step = this.#parts.app.reduce(this.#ui, input, view);
    this.#ui = step.ui;
    for (const command of step.commands) this.#parts.onCommand(command);
  }

  #draw(): void {
    if (this.#panels.size === 0) return;
    // Calls #watch: an attached panel is looked at.
    const frame = this.frame(false);
    for (const panel of this.#panels) panel.show(frame);
  }

  async stop(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    await Promise.all([...this.#panels].map((panel) => panel.stop()));
    this.#panels.clear();
  }
}
