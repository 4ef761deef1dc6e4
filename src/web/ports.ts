/** What the web room is given by the composition root. It reads no clock and opens no device itself. */

export interface WebClock {
  /** Monotonic milliseconds: never moved by a change of the wall clock. */
  nowMs(): number;
}

export interface WebLogger {
  info(line: string): void;
  warn(line: string): void;
  error(line: string): void;
}
