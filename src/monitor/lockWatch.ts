/**
 * Calms a lock that flaps: a loss is told at once, its return only once it has stayed for a while. Counts what it hides.
 * Pure: time is passed in.
 */
export type WatchedLock = 'noLock' | 'locked' | 'lock' | 'sync' | 'unknown';

/** A lock that is back must stay this long before it is believed: at most two changes a second reach the panel. */
const SETTLE_MS = 1000;

export class LockWatch {
  #shown: WatchedLock = 'unknown';
  #raw: WatchedLock = 'unknown';
  #rawSinceMs = 0;
  #losses = 0;
  #latchedAtMs: number | null = null;
  #started = false;

  /** Takes the present word. `nowMs` monotonic. Returns what to show. */
  update(lock: WatchedLock, nowMs: number): WatchedLock {
    if (!this.#started) {
      this.#started = true;
      this.#raw = lock;
      this.#rawSinceMs = nowMs;
      this.#shown = lock;
      if (lock === 'noLock') this.#latchedAtMs = nowMs;
      return lock;
    }
    if (lock !== this.#raw) {
      if (lock === 'noLock') {
        this.#losses++;
        this.#latchedAtMs ??= nowMs;
      }
      this.#raw = lock;
      this.#rawSinceMs = nowMs;
    }
    if (this.#raw === 'noLock' || this.#raw === 'unknown' || nowMs - this.#rawSinceMs >= SETTLE_MS)
      this.#shown = this.#raw;
    return this.#shown;
  }

  get shown(): WatchedLock {
    return this.#shown;
  }

  /** Losses since the start or the last clear. */
  get losses(): number {
    return this.#losses;
  }

  /** When lock was first lost since the start or the last clear, ms; null: never. */
  get latchedAtMs(): number | null {
    return this.#latchedAtMs;
  }

  clear(): void {
    this.#losses = 0;
    this.#latchedAtMs = this.#shown === 'noLock' ? this.#rawSinceMs : null;
  }
}
