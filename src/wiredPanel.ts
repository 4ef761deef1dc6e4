/** The wired panel, buttons and lamp through changes of the configuration: only they are built anew, and nothing else waits. */
import type { Config } from './config/schema.ts';
import type { IoChoice } from './device/panel/ioLoop.ts';
import type { IoPanel, IoStatus } from './device/panel/ioPanel.ts';
import type { OledLight } from './device/panel/oledChips.ts';
import type { Panel } from './device/ports.ts';

export interface WiredPanelParts {
  /** What a configuration asks for on this machine; null: nothing. */
  readonly choose: (config: Pick<Config, 'panel' | 'buttons'>) => IoChoice | null;
  readonly start: (choice: IoChoice) => IoPanel;
  /** Shows frames on it from now on; returns the disposer. */
  readonly attach: (panel: Panel) => () => void;
}

export class WiredPanel {
  readonly #parts: WiredPanelParts;
  #choice = 'null';
  #io: IoPanel | null = null;
  #detach: () => void = () => {};
  #stopped = false;
  /** One change after the other: a bus has one owner. */
  #turn: Promise<void> = Promise.resolve();
  /** Turns of those that were before: the count never goes back. */
  #turnsBefore = 0;

  constructor(parts: WiredPanelParts) {
    this.#parts = parts;
  }

  /** Brings up what this configuration asks for, the first time. */
  start(config: Pick<Config, 'panel' | 'buttons'>): void {
    this.#begin(this.#parts.choose(config));
  }

  /** Brings up what a changed configuration asks for. Resolves when it stands; the same as before costs nothing. */
  apply(config: Pick<Config, 'panel' | 'buttons'>): Promise<void> {
    this.#turn = this.#turn.then(() => this.#change(this.#parts.choose(config)));
    return this.#turn;
  }

  async #change(choice: IoChoice | null): Promise<void> {
    if (this.#stopped || JSON.stringify(choice) === this.#choice) return;
    this.#detach();
    this.#detach = () => {};
    const before = this.#io;
    if (before !== null) {
      this.#turnsBefore += before.turns();
      this.#io = null;
      await before.stop();
    }
    if (!this.#stopped) this.#begin(choice);
  }

  #begin(choice: IoChoice | null): void {
    this.#choice = JSON.stringify(choice);
    if (choice === null) return;
    this.#io = this.#parts.start(choice);
    this.#detach = this.#parts.attach(this.#io);
  }

  get present(): boolean {
    return this.#io !== null;
  }

  /** null: nothing was asked for. */
  status(): IoStatus | null {
    return this.#io?.status() ?? null;
  }

  setLight(light: OledLight): void {
    this.#io?.setLight(light);
  }

  setLamp(on: boolean): void {
    this.#io?.setLamp(on);
  }

  /** Shows one frame at once: the splash. */
  show(frame: Uint8Array): void {
    this.#io?.show(frame);
  }

  turns(): number {
    return this.#turnsBefore + (this.#io?.turns() ?? 0);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#turn;
    this.#detach();
    await this.#io?.stop();
  }
}
