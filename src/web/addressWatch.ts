/**
 * The addresses of this box over time: a new lease, another Wi-Fi, a cable pulled. What shows an address (the panel's QR,
 * mDNS) is told within seconds.
 */

/** The kernel has no word for it that Node passes on: asked again this often. The target is 5 s. */
export const LOOK_EVERY_MS = 4000;

export interface AddressWatchOptions {
  /** All that is worth telling of now, as one text: the address of the page, or all of them. */
  readonly look: () => string;
  readonly onChange: (now: string, before: string) => void;
  readonly everyMs?: number;
}

export class AddressWatch {
  readonly #options: AddressWatchOptions;
  #last: string;
  readonly #timer: NodeJS.Timeout;

  constructor(options: AddressWatchOptions) {
    this.#options = options;
    this.#last = options.look();
    this.#timer = setInterval(() => this.look(), options.everyMs ?? LOOK_EVERY_MS);
    this.#timer.unref();
  }

  look(): void {
    const now = this.#options.look();
    if (now === this.#last) return;
    const before = this.#last;
    this.#last = now;
    this.#options.onChange(now, before);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
