/**
 * Keeps an OLED panel equal to the newest frame, one I2C write at a time, whatever the bus does.
 *
 * `step` sends one write and returns: whoever calls it can look at the buttons in between. Frames are not queued: a sweep
 * goes over the eight pages and sends what differs from the newest frame at that moment, so the frame rate follows the bus.
 *
 * Faults: a refused write is tried twice more at once; then the panel counts as gone, is looked for at both addresses
 * with a growing pause (0.5 to 2 s), set up anew and drawn in full. A bus that hangs (time-out) is left alone for longer.
 * A panel that forgot everything without a sign is cured within REFRESH_MS: set-up and picture are sent again, a page at a time.
 */
import {
  commandWrite,
  dataWrite,
  OLED_ADDRESSES,
  type OledLight,
  type OledSettings,
  RUN_COST,
  setupCommands,
} from './oledChips.ts';
import { nextRun, type Run, UNKNOWN } from './pageDiff.ts';

/** A refused or failed write, in the words of errno. */
export type I2cFault =
  /** No acknowledge: ENXIO, EREMOTEIO, EIO; or arbitration lost, EAGAIN. */
  | { readonly kind: 'refused'; readonly code: string }
  /** The bus hangs: ETIMEDOUT. */
  | { readonly kind: 'hung'; readonly code: string }
  /** The bus itself is not there. */
  | { readonly kind: 'gone'; readonly code: string };

export interface I2cBus {
  /** Writes to a 7-bit address, and comes back when it is on the wire: null, or what went wrong. */
  write(address: number, bytes: Uint8Array): I2cFault | null;
  close(): void;
}

export interface OledDriverOptions {
  readonly settings: OledSettings;
  /** Opens the bus, or says why not. Called again after it was gone. */
  readonly open: () => { readonly ok: true; readonly value: I2cBus } | { readonly ok: false; readonly fault: I2cFault };
  /** Tried in turn. */
  readonly addresses?: readonly number[];
  /** Monotonic, ms. */
  readonly now: () => number;
}

export type OledState =
  | { readonly kind: 'searching' }
  | { readonly kind: 'ready'; readonly address: number }
  /** What happened last; it is tried again by itself. */
  | { readonly kind: 'lost'; readonly fault: I2cFault };

export interface OledCounts {
  /** Bytes on the wire, address bytes included. */
  bytes: number;
  writes: number;
  refused: number;
  setups: number;
  /** Passes over all pages that sent something. */
  sweeps: number;
}

export const OLED_WIDTH_PX = 128;
export const OLED_PAGES = 8;
/** Everything is sent again in this time. */
export const REFRESH_MS = 60_000;
const NOP = 0xe3;
const TRIES = 3;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 2000;
const HUNG_PAUSE_MS = 4000;

export class OledDriver {
  readonly counts: OledCounts = { bytes: 0, writes: 0, refused: 0, setups: 0, sweeps: 0 };
  state: OledState = { kind: 'searching' };

  private readonly options: OledDriverOptions;
  private readonly addresses: readonly number[];
  private bus: I2cBus | null = null;
  private readonly shown = new Int16Array(OLED_WIDTH_PX * OLED_PAGES).fill(UNKNOWN);
  private readonly wanted = new Uint8Array(OLED_WIDTH_PX * OLED_PAGES);
  private light: OledLight = 'bright';
  /** What the panel was last told: nothing since it was found, its set-up, or set-up and light. */
  private told: 'nothing' | 'setup' | OledLight = 'nothing';
  private page = 0;
  private column = 0;
  private sweepSent = false;
  private retryAtMs = Number.NEGATIVE_INFINITY;
  private pauseMs = FIRST_PAUSE_MS;
  private refreshAtMs = 0;
  private refreshPage = 0;

  constructor(options: OledDriverOptions) {
    this.options = options;
    this.addresses = options.addresses ?? OLED_ADDRESSES;
  }

  /** 1024 bytes. The newest wins. */
  show(frame: Uint8Array): void {
    this.wanted.set(frame);
  }

  setLight(light: OledLight): void {
    this.light = light;
  }

  /** Does one write at most. Returns the ms after which there may be more to do: 0 at once, Infinity with the next frame. */
  step(): number {
    const nowMs = this.options.now();
    if (this.state.kind !== 'ready') {
      if (nowMs < this.retryAtMs) return this.retryAtMs - nowMs;
      return this.search() ? 0 : Math.max(0, this.retryAtMs - this.options.now());
    }
    if (nowMs >= this.refreshAtMs) this.refresh(nowMs);
    if (this.told === 'nothing') {
      return this.tell(this.setup(), () => {
        this.told = 'setup';
      });
    }
    const run = this.nextDirty();
    if (run !== null) {
      const from = run.page * OLED_WIDTH_PX + run.first;
      const data = this.wanted.slice(from, from + run.last - run.first + 1);
      this.sweepSent = true;
      return this.tell(dataWrite(this.options.settings.chip, run.page, run.first, data), () =>
        this.shown.set(data, from),
      );
    }
    // The picture stands: only now may the panel be lit.
    if (this.told !== this.light) {
      const next = this.light;
      return this.tell(this.setup(next === 'off' ? 0xae : 0xaf), () => {
        this.told = next;
      });
    }
    return Math.max(0, this.refreshAtMs - nowMs);
  }

  /** Puts the panel out and closes the bus. */
  stop(): void {
    if (this.bus !== null && this.state.kind === 'ready') this.bus.write(this.state.address, commandWrite([0xae]));
    this.close();
    this.state = { kind: 'searching' };
    this.retryAtMs = Number.POSITIVE_INFINITY;
  }

  /** Set-up, and on or off. It begins with NOP: a write that broke off may have left a command waiting for its argument. */
  private setup(...onOff: readonly number[]): Uint8Array {
    return commandWrite([NOP, ...setupCommands(this.options.settings, this.light), ...onOff]);
  }

  private nextDirty(): Run | null {
    // One look at each page: at the rest of this one, at the others, and at the start of this one again.
    for (let looked = 0; looked <= OLED_PAGES; looked++) {
      const run = nextRun(this.shown, this.wanted, OLED_WIDTH_PX, this.page, this.column, RUN_COST);
      if (run !== null) {
        this.column = run.last + 1;
        return run;
      }
      this.column = 0;
      this.page++;
      if (this.page === OLED_PAGES) {
        this.page = 0;
        if (this.sweepSent) this.counts.sweeps++;
        this.sweepSent = false;
      }
    }
    return null;
  }

  private refresh(nowMs: number): void {
    this.refreshAtMs = nowMs + REFRESH_MS / (OLED_PAGES + 1);
    if (this.refreshPage === OLED_PAGES) {
      if (this.told !== 'nothing') this.told = 'setup';
      this.refreshPage = 0;
      return;
    }
    const from = this.refreshPage * OLED_WIDTH_PX;
    this.shown.fill(UNKNOWN, from, from + OLED_WIDTH_PX);
    this.refreshPage++;
  }

  /** Looks for the panel at each address. true: found. */
  private search(): boolean {
    if (this.bus === null) {
      const opened = this.options.open();
      if (!opened.ok) {
        this.lose(opened.fault);
        return false;
      }
      this.bus = opened.value;
    }
    let fault: I2cFault | null = null;
    for (const address of this.addresses) {
      // Dark until the picture stands: the RAM holds noise at power-on.
      const bytes = commandWrite([NOP, 0xae]);
      fault = this.put(address, bytes);
      if (fault === null) {
        this.state = { kind: 'ready', address };
        this.counts.setups++;
        this.pauseMs = FIRST_PAUSE_MS;
        this.shown.fill(UNKNOWN);
        this.told = 'nothing';
        this.page = 0;
        this.column = 0;
        this.refreshPage = 0;
        this.refreshAtMs = this.options.now() + REFRESH_MS / (OLED_PAGES + 1);
        return true;
      }
      if (fault.kind !== 'refused') break;
    }
    // Nobody answers: the handle may belong to an adapter that was replaced. The next search opens the bus anew.
    if (fault!.kind === 'refused') this.close();
    this.lose(fault!);
    return false;
  }

  private tell(bytes: Uint8Array, done: () => void): number {
    if (this.state.kind !== 'ready') return 0;
    let fault: I2cFault | null = null;
    for (let tried = 0; tried < TRIES; tried++) {
      fault = this.put(this.state.address, bytes);
      if (fault === null) {
        done();
        return 0;
      }
      if (fault.kind !== 'refused') break;
    }
    this.lose(fault!);
    return this.retryAtMs - this.options.now();
  }

  private put(address: number, bytes: Uint8Array): I2cFault | null {
    const fault = this.bus!.write(address, bytes);
    this.counts.writes++;
    this.counts.bytes += bytes.length + 1;
    if (fault !== null) this.counts.refused++;
    return fault;
  }

  private lose(fault: I2cFault): void {
    this.state = { kind: 'lost', fault };
    if (fault.kind === 'gone') this.close();
    const pauseMs = fault.kind === 'hung' ? HUNG_PAUSE_MS : this.pauseMs;
    this.retryAtMs = this.options.now() + pauseMs;
    this.pauseMs = Math.min(LONGEST_PAUSE_MS, this.pauseMs * 2);
  }

  private close(): void {
    this.bus?.close();
    this.bus = null;
  }
}
