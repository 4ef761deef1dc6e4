/**
 * Alarms by POST, one after the other: a receiver that fails is tried again, later each time, until it takes the alarm or
 * the tries are used up. At most WAITING alarms wait; the oldest goes first, and the loss is counted and told.
 *
 * A delivery keeps its id over all tries: a receiver whose answer was lost knows by it that it has the alarm already.
 */
import { createHmac } from 'node:crypto';
import { bad, type Fault } from '../fault.ts';
import type { Finding, Snapshot } from '../monitor/snapshot.ts';

export const WAITING = 50;
export const TRIES = 10;
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 60_000;
const ANSWER_MS = 10_000;

export interface Delivery {
  /** Unique in the life of the program and, by its start, beyond. */
  readonly id: string;
  readonly body: string;
}

/** The body of one alarm. Pure. */
export function alarmBody(id: string, finding: Finding, snapshot: Snapshot, wallMs: number): string {
  const { code, severity, where, symptom, cause, fix, confidence, sinceMs } = finding;
  return JSON.stringify({
    id,
    kind: 'alarm',
    at: new Date(wallMs).toISOString(),
    simulated: snapshot.simulated,
    alarm: { code, severity, where, symptom, cause, fix, confidence, sinceMs },
    interface: snapshot.capture.name,
    take: snapshot.take?.name ?? null,
    version: snapshot.version,
  });
}

/** `sha256=<hex>` over `<timestamp>.<body>`: the receiver makes it anew with the same key, and refuses old timestamps. */
export function signatureOf(secret: string, timestamp: string, body: string): string {
  return `sha256=${createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')}`;
}

export interface WebhookParts {
  readonly url: string;
  readonly secret: string | null;
  readonly wallMs: () => number;
  /** For tests: the first wait, ms. */
  readonly firstWaitMs?: number;
  readonly answerMs?: number;
}

export class Webhook {
  readonly #parts: WebhookParts;
  #waiting: Delivery[] = [];
  #running = false;
  #tries = 0;
  #timer: NodeJS.Timeout | undefined;
  #dropped = 0;
  #fault: Fault | null = null;
  readonly #abort = new AbortController();

  constructor(parts: WebhookParts) {
    this.#parts = parts;
  }

  /** Stands from the first try that failed until one is taken. The address is not in it: it may be a key. */
  get fault(): Fault | null {
    return this.#fault;
  }

  /** Alarms that were given up. */
  get dropped(): number {
    return this.#dropped;
  }

  send(delivery: Delivery): void {
    this.#waiting.push(delivery);
    if (this.#waiting.length > WAITING) {
      // The first one is on its way.
      this.#waiting.splice(1, 1);
      this.#dropped++;
    }
    if (!this.#running) void this.#run();
  }

  stop(): void {
    this.#waiting = [];
    clearTimeout(this.#timer);
    this.#abort.abort();
  }

  async #run(): Promise<void> {
    this.#running = true;
    for (;;) {
      const delivery = this.#waiting[0];
      if (delivery === undefined) break;
      const answer = await this.#post(delivery);
      if (this.#abort.signal.aborted) break;
      if (answer === 'taken') {
        this.#fault = null;
        this.#forget(delivery);
        continue;
      }
      this.#tries++;
      this.#fault = bad(
        'webhook-failing',
        `The webhook does not take the alarms (${answer.why}).`,
        'Look whether its receiver runs, and whether the address under Settings is right.',
      ).fault;
      if (answer.forGood || this.#tries >= TRIES) {
        this.#dropped++;
        this.#forget(delivery);
        continue;
      }
      const waitMs = Math.min(LONGEST_WAIT_MS, (this.#parts.firstWaitMs ?? FIRST_WAIT_MS) * 2 ** (this.#tries - 1));
      await new Promise<void>((resolve) => {
        this.#timer = setTimeout(resolve, waitMs).unref();
      });
    }
    this.#running = false;
  }

  #forget(delivery: Delivery): void {
    this.#tries = 0;
    if (this.#waiting[0] === delivery) this.#waiting.shift();
  }

  async #post({ id, body }: Delivery): Promise<'taken' | { readonly why: string; readonly forGood: boolean }> {
    const { url, secret, wallMs, answerMs } = this.#parts;
    const timestamp = String(Math.floor(wallMs() / 1000));
    try {
      const response = await fetch(url, {
        method: 'POST',
        redirect: 'manual',
        signal: AbortSignal.any([this.#abort.signal, AbortSignal.timeout(answerMs ?? ANSWER_MS)]),
        headers: {
          'content-type': 'application/json',
          'user-agent': 'lightkeeper',
          'x-lightkeeper-delivery': id,
          'x-lightkeeper-timestamp': timestamp,
          ...(secret === null ? {} : { 'x-lightkeeper-signature': signatureOf(secret, timestamp, body) }),
        },
        body,
      });
      // The answer's words are not read, however many they are.
      await response.body?.cancel().catch(() => {});
      if (response.ok) return 'taken';
      const later =
        response.status >= 500 || response.status === 408 || response.status === 425 || response.status === 429;
      return { why: `it answered ${response.status}`, forGood: !later };
    } catch (error) {
      const { name, cause } = error as { name?: string; cause?: { code?: string } };
      return { why: name === 'TimeoutError' ? 'no answer in time' : (cause?.code ?? 'no connection'), forGood: false };
    }
  }
}
