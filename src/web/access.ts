/**
 * Who may change things: reads are open, a write needs a session, and a session is had with the PIN that the panel shows.
 *
 * The PIN leaves this object in two ways only: `pin()` for the panel's own driver, and `onPin` for the file that
 * `lightkeeper pin` reads on the box itself. No answer, picture, log line or error carries it.
 */
import { createHash, randomBytes, randomInt, timingSafeEqual } from 'node:crypto';
import { bad, good, type Outcome } from '../fault.ts';
import type { WebClock } from './ports.ts';

/** Wrong tries within a minute before the door closes for a minute and the PIN is renewed. */
export const TRIES_PER_MINUTE = 5;
const MINUTE_MS = 60_000;
/** A session that was not used for so long is over. */
const SESSION_IDLE_MS = 12 * 3600_000;
const MAX_SESSIONS = 32;

export interface AccessOptions {
  readonly clock: WebClock;
  /** Called with each new PIN: to show it on the panel, and to put it where `lightkeeper pin` finds it. */
  readonly onPin?: (pin: string) => void;
  /** 0..999999, uniform; for tests. */
  readonly draw?: () => number;
}

export class Access {
  readonly #clock: WebClock;
  readonly #onPin: (pin: string) => void;
  readonly #draw: () => number;
  #pin = '';
  /** When the wrong tries of the last minute came. At most TRIES_PER_MINUTE entries. */
  #wrongMs: number[] = [];
  #lockedUntilMs = Number.NEGATIVE_INFINITY;
  /** SHA-256 of the token -> last use: a dump of memory gives no token away. Oldest first. */
  readonly #sessions = new Map<string, number>();

  constructor(options: AccessOptions) {
    this.#clock = options.clock;
    this.#onPin = options.onPin ?? (() => {});
    this.#draw = options.draw ?? (() => randomInt(1_000_000));
    this.#renew();
  }

  /** Six digits, for the panel's driver alone. */
  pin(): string {
    return this.#pin;
  }

  /** Seconds until the door opens again; 0: it is open. */
  lockedForS(): number {
    return Math.max(0, Math.ceil((this.#lockedUntilMs - this.#clock.nowMs()) / 1000));
  }

  get sessions(): number {
    return this.#sessions.size;
  }

  /** A session token for the right PIN. Wrong tries are counted over all clients: many phones are no way around. */
  pair(tried: string): Outcome<string> {
    const nowMs = this.#clock.nowMs();
    if (nowMs < this.#lockedUntilMs) {
      return bad(
        'access-locked',
        'Too many wrong PINs.',
        `Wait ${this.lockedForS()} s, then read the new PIN on the panel.`,
      );
    }
    if (!sameText(tried, this.#pin)) {
      this.#wrongMs = this.#wrongMs.filter((ms) => nowMs - ms < MINUTE_MS);
      this.#wrongMs.push(nowMs);
      if (this.#wrongMs.length >= TRIES_PER_MINUTE) {
        this.#lockedUntilMs = nowMs + MINUTE_MS;
        this.#wrongMs = [];
        this.#renew();
      }
      return bad(
        'access-wrong-pin',
        'That is not the PIN.',
        'Read it on the panel (hold A and B for 3 s), or run lightkeeper pin on the box.',
      );
    }
    const token = randomBytes(32).toString('base64url');
    this.#sessions.set(digest(token), nowMs);
    if (this.#sessions.size > MAX_SESSIONS) this.#sessions.delete(this.#sessions.keys().next().value!);
    return good(token);
  }

  /** Is this token a session? Using it keeps it alive. */
  isSession(token: string | null): boolean {
    if (token === null || token.length > 128) return false;
    const key = digest(token);
    const usedMs = this.#sessions.get(key);
    if (usedMs === undefined) return false;
    this.#sessions.delete(key);
    const nowMs = this.#clock.nowMs();
    if (nowMs - usedMs > SESSION_IDLE_MS) return false;
    this.#sessions.set(key, nowMs);
    return true;
  }

  /** Ends a session. */
  leave(token: string | null): void {
    if (token !== null) this.#sessions.delete(digest(token));
  }

  #renew(): void {
    const before = this.#pin;
    do {
      this.#pin = String(this.#draw()).padStart(6, '0');
    } while (this.#pin === before);
    this.#onPin(this.#pin);
  }
}

function digest(token: string): string {
  return createHash('sha256').update(token).digest('base64');
}

/** In a time that does not tell how much of it was right. */
function sameText(a: string, b: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(a), hash(b));
}
