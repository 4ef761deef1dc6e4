/**
 * The panel's last page, in the state folder, so that a box that was switched off shows after its start what it showed before.
 * Written some seconds after the last change of page: nobody's browsing shall wear a card out. A folder that can not be written
 * to costs the memory, nothing else.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeDurably } from './config/durableFile.ts';

const NAME = 'panel-page';
const SETTLE_MS = 5000;
/** Page names are short; whatever else stands there is not ours. */
const LONGEST = 200;

export class PanelMemory {
  readonly #path: string;
  readonly #settleMs: number;
  #page: string | null = null;
  #timer: NodeJS.Timeout | null = null;
  #writing: Promise<void> = Promise.resolve();

  constructor(folder: string, settleMs = SETTLE_MS) {
    this.#path = join(folder, NAME);
    this.#settleMs = settleMs;
  }

  /** Name of the page to begin with; undefined: none is known. */
  read(): string | undefined {
    try {
      const name = readFileSync(this.#path, 'utf8').trim();
      return name === '' || name.length > LONGEST ? undefined : name;
    } catch {
      return undefined;
    }
  }

  remember(page: string): void {
    this.#page = page;
    this.#timer ??= setTimeout(() => this.#write(), this.#settleMs).unref();
  }

  #write(): void {
    this.#timer = null;
    const page = this.#page;
    this.#page = null;
    if (page === null) return;
    this.#writing = this.#writing.then(() => writeDurably(this.#path, `${page}\n`)).catch(() => {});
  }

  /** What is not written yet is written now. */
  async stop(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#write();
    await this.#writing;
  }
}
