/** What the panel is given at a turn: the newest snapshot, and what costs something to ask for only when it is drawn. */
import type { LevelFrame } from './monitor/levels.ts';
import type { Snapshot } from './monitor/snapshot.ts';
import type { PanelView } from './ui/view.ts';

export interface PanelViewParts {
  readonly snapshot: Snapshot;
  /** Takes what stands on the level board. */
  readonly levels: () => LevelFrame;
  readonly network: PanelView['network'];
  /** Read from files of the system. */
  readonly system: () => PanelView['system'];
  readonly takeRunning: boolean;
}

export class PanelViewOfNow implements PanelView {
  readonly snapshot: Snapshot;
  readonly network: PanelView['network'];
  readonly takeRunning: boolean;
  readonly canProve = true;
  readonly #parts: PanelViewParts;
  #levels: LevelFrame | null = null;
  #system: PanelView['system'] | null = null;

  constructor(parts: PanelViewParts) {
    this.#parts = parts;
    this.snapshot = parts.snapshot;
    this.network = parts.network;
    this.takeRunning = parts.takeRunning;
  }

  get levels(): LevelFrame {
    this.#levels ??= this.#parts.levels();
    return this.#levels;
  }

  get system(): PanelView['system'] {
    this.#system ??= this.#parts.system();
    return this.#system;
  }
}
