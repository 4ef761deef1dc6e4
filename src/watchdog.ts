/**
 * Feeds the service manager's watchdog only while every loop of the program turns. A thread that hangs (a bus, a driver, a
 * bug) stops the feeding, and the manager starts the program anew.
 */

/** A loop and how often it went round, in whatever state: an absent interface turns too. */
export interface TurningLoop {
  readonly name: string;
  readonly turns: () => number;
}

export interface WatchdogParts {
  readonly loops: readonly TurningLoop[];
  readonly feed: () => void;
  /** Told once for each time that loops stand still at two looks in a row. */
  readonly onStuck: (names: readonly string[]) => void;
}

/** Looks in a row without a turn, before it is said. */
const SAY_AFTER_LOOKS = 2;

export class Watchdog {
  readonly #parts: WatchdogParts;
  #fedAt: readonly number[];
  #hungry = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(parts: WatchdogParts) {
    this.#parts = parts;
    this.#fedAt = parts.loops.map((loop) => loop.turns());
  }

  /** Looks four times in the manager's time, so that one late turn costs nothing. */
  start(withinMs: number): void {
    this.#timer ??= setInterval(() => this.look(), withinMs / 4);
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  /** Feeds when each loop turned since the last feed. Returns the names of those that did not. */
  look(): readonly string[] {
    const now = this.#parts.loops.map((loop) => loop.turns());
    const stuck = this.#parts.loops.filter((_, i) => now[i] === this.#fedAt[i]).map((loop) => loop.name);
    if (stuck.length === 0) {
      this.#fedAt = now;
      this.#hungry = 0;
      this.#parts.feed();
    } else if (++this.#hungry === SAY_AFTER_LOOKS) this.#parts.onStuck(stuck);
    return stuck;
  }
}

/** Counts turns of this thread's event loop: a timer ran, then the loop went on past its I/O. */
export class EventLoopTurns {
  #turns = 0;
  #timer: NodeJS.Timeout | null = null;
  readonly #alive: () => boolean;

  /** @param alive counts only while it says so: the server listens. */
  constructor(alive: () => boolean) {
    this.#alive = alive;
  }

  start(everyMs: number): void {
    this.#timer ??= setInterval(() => {
      setImmediate(() => {
        if (this.#alive()) this.#turns++;
      });
    }, everyMs);
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  get turns(): number {
    return this.#turns;
  }
}
