/**
 * What the views (panel, web, journal) are given: the newest Snapshot and level frames, and a narrow set of commands.
 * Views never touch the device.
 */
import type { LevelFrame } from './levels.ts';
import type { Snapshot } from './snapshot.ts';

export interface MonitorView {
  /** The newest snapshot. */
  snapshot(): Snapshot;
  /** Somebody looks: for a while snapshots come as often as they may. The one at hand is renewed if it is older than that. */
  looked(): void;
  /** The newest levels, merged since the last level frame. */
  levels(): LevelFrame;
  /** Called on each new snapshot, at most twice a second. Returns its disposer. */
  onSnapshot(listener: (snapshot: Snapshot) => void): () => void;
  /** Called on each level frame, 25 to 30 times a second. The frame is shared: read only. Returns its disposer. */
  onLevels(listener: (frame: LevelFrame) => void): () => void;
}

export interface MonitorCommands {
  /** Clears clip latches, counters, maxima; of the named 1-based channels, or of all. */
  clear(channels?: readonly number[]): void;
  /** Closes the PCM, so that another program can have the interface. */
  release(): void;
  /** Opens it again. */
  take(): void;
}
