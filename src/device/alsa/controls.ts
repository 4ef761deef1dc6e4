/**
 * A card's controls through libasound: listed once, then kept up to date by events, and by polling where a control raises
 * none. Only read: nothing here can set a control. A dump of them is plain JSON, and a dump can stand in for the card.
 */
import { bad, good, type Outcome } from '../../fault.ts';
import { stillBell } from '../system/bell.ts';
import { type Alsa, CTL_IFACES, CTL_TYPES, ERR, loadAlsa, type Pointer } from './libasound.ts';

export type ControlIface = (typeof CTL_IFACES)[number];
export type ControlType = 'BOOLEAN' | 'INTEGER' | 'ENUMERATED' | 'BYTES' | 'INTEGER64';

/** A control with its present values. Values of ENUMERATED are item numbers, of BOOLEAN 0 or 1. */
export interface Control {
  readonly numid: number;
  readonly iface: ControlIface;
  readonly device: number;
  readonly subdevice: number;
  readonly index: number;
  readonly name: string;
  readonly type: ControlType;
  readonly readable: boolean;
  readonly writable: boolean;
  /** Changes raise no event: it must be polled. */
  readonly volatile: boolean;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly items: readonly string[];
  /** In place: refreshed by the board that it belongs to. */
  values: readonly number[];
  /** Events seen since the board was opened: none ever says that a cached value may be old. */
  events: number;
}

export interface CardWords {
  readonly id: string;
  readonly driver: string;
  readonly name: string;
  readonly longname: string;
  readonly mixername: string;
}

export const DUMP_FORMAT = 'lightkeeper-controls';

/** What `lightkeeper dump` writes. */
export interface ControlDump {
  readonly format: typeof DUMP_FORMAT;
  readonly version: 1;
  readonly usbId: string | null;
  readonly card: CardWords;
  readonly controls: readonly Omit<Control, 'events'>[];
}

/** The controls of one card, real or from a dump. */
export interface ControlBoard {
  readonly card: CardWords;
  readonly controls: readonly Control[];
  /**
   * Waits at most `waitMs` for an event, then brings values up to date. true: something changed. false: nothing did.
   * A fault: the card is gone.
   */
  update(waitMs: number): Outcome<boolean>;
  /** Reads all values again. */
  refresh(): Outcome<boolean>;
  close(): void;
}

/** Volatile controls are read this often. */
const POLL_MS = 250;
/** Events taken in one go; the rest waits for the next call. */
const MAX_EVENTS = 1024;
/** SND_CTL_EVENT_MASK_REMOVE. */
const MASK_REMOVE = 0xffff_ffff;

export interface BoardOptions {
  /** Monotonic. */
  readonly nowMs?: () => number;
  /** Ends a wait when it rings: a descriptor (see `bell.ts`). */
  readonly bellFd?: number | null;
}

/** poll.h: POLLIN. */
const POLLIN = 1;
/** Descriptors of a card's controls that are waited for: one on a real card. */
const MAX_FDS = 4;

/** Opens the controls of `hw:1`. Faults: alsa-library-missing, controls-absent, controls-failed. */
export function openControls(ctl: string, options: BoardOptions = {}): Outcome<ControlBoard> {
  const loaded = loadAlsa();
  if (!loaded.ok) return loaded;
  const alsa = loaded.value;
  const handle = alsa.ctl.open(ctl);
  if (typeof handle === 'number') {
    return handle === ERR.EACCES || handle === ERR.EPERM
      ? bad(
          'controls-no-permission',
          `The controls of ${ctl} may not be read by this user.`,
          'Add the user to the group audio, and log in again.',
        )
      : bad(
          'controls-absent',
          `There is no card ${ctl}.`,
          'Plug the interface in, and see what is there with: lightkeeper list.',
        );
  }
  const board = new AlsaBoard(alsa, handle, ctl, options);
  const listed = board.list();
  if (!listed.ok) {
    board.close();
    return listed;
  }
  return good(board);
}

function must(pointer: Pointer | number): Pointer {
  if (typeof pointer === 'number') throw new Error('libasound is out of memory');
  return pointer;
}

class AlsaBoard implements ControlBoard {
  card: CardWords = { id: '', driver: '', name: '', longname: '', mixername: '' };
  controls: readonly Control[] = [];
  readonly #alsa: Alsa;
  readonly #handle: Pointer;
  readonly #name: string;
  readonly #nowMs: () => number;
  readonly #ids: Pointer[] = [];
  readonly #value: Pointer;
  readonly #event: Pointer;
  #byNumid = new Map<number, number>();
  #bellFd: number | null;
  /** struct pollfd each: the card's, then the bell's. */
  readonly #fds = new Int32Array(2 * (MAX_FDS + 1));
  #hasVolatile = false;
  #polledMs = Number.NEGATIVE_INFINITY;
  #closed = false;

  constructor(alsa: Alsa, handle: Pointer, name: string, options: BoardOptions) {
    this.#alsa = alsa;
    this.#handle = handle;
    this.#name = name;
    this.#nowMs = options.nowMs ?? (() => performance.now());
    this.#bellFd = options.bellFd ?? null;
    this.#value = must(alsa.ctl.valueMalloc());
    this.#event = must(alsa.ctl.eventMalloc());
  }

  list(): Outcome<boolean> {
    const { ctl } = this.#alsa;
    const info = must(ctl.cardInfoMalloc());
    const list = must(ctl.listMalloc());
    const element = must(ctl.infoMalloc());
    try {
      let err = ctl.cardInfo(this.#handle, info);
      if (err < 0) return this.#failed(err);
      this.card = {
        id: ctl.cardInfoId(info),
        driver: ctl.cardInfoDriver(info),
        name: ctl.cardInfoName(info),
        longname: ctl.cardInfoLongname(info),
        mixername: ctl.cardInfoMixername(info),
      };
      // Before reading, so that no change falls between.
      ctl.subscribe(this.#handle, 1);
      err = ctl.list(this.#handle, list);
      if (err < 0) return this.#failed(err);
      const count = ctl.listCount(list);
      if (count > 0) {
        ctl.listAllocSpace(list, count);
        err = ctl.list(this.#handle, list);
      }
      if (err < 0) return this.#failed(err);
      const controls: Control[] = [];
      for (let i = 0; i < ctl.listUsed(list); i++) {
        const id = must(ctl.idMalloc());
        ctl.listId(list, i, id);
        const control = this.#describe(id, element);
        if (control === null) {
          ctl.idFree(id);
          continue;
        }
        this.#ids.push(id);
        this.#byNumid.set(control.numid, controls.length);
        controls.push(control);
      }
      this.controls = controls;
      this.#hasVolatile = controls.some((control) => control.volatile);
      if (count > 0) ctl.listFreeSpace(list);
      return this.refresh();
    } finally {
      ctl.infoFree(element);
      ctl.listFree(list);
      ctl.cardInfoFree(info);
    }
  }

  #describe(id: Pointer, info: Pointer): Control | null {
    const { ctl } = this.#alsa;
    ctl.infoSetId(info, id);
    if (ctl.info(this.#handle, info) < 0) return null;
    const type = CTL_TYPES[ctl.infoType(info)];
    if (type === undefined || type === 'NONE' || type === 'IEC958') return null;
    const items: string[] = [];
    if (type === 'ENUMERATED') {
      const n = ctl.infoItems(info);
      for (let item = 0; item < n; item++) {
        ctl.infoSetItem(info, item);
        items.push(ctl.info(this.#handle, info) < 0 ? '' : ctl.infoItemName(info));
      }
    }
    const isInteger = type === 'INTEGER';
    return {
      numid: ctl.idNumid(id),
      iface: CTL_IFACES[ctl.idIface(id)] ?? 'CARD',
      device: ctl.idDevice(id),
      subdevice: ctl.idSubdevice(id),
      index: ctl.idIndex(id),
      name: ctl.idName(id),
      type,
      readable: ctl.infoReadable(info) !== 0,
      writable: ctl.infoWritable(info) !== 0,
      volatile: ctl.infoVolatile(info) !== 0,
      min: isInteger ? Number(ctl.infoMin(info)) : 0,
      max: isInteger ? Number(ctl.infoMax(info)) : type === 'BOOLEAN' ? 1 : 0,
      step: isInteger ? Number(ctl.infoStep(info)) : 0,
      items,
      values: new Array<number>(ctl.infoCount(info)).fill(0),
      events: 0,
    };
  }

  #read(index: number): number {
    const { ctl } = this.#alsa;
    const control = this.controls[index]!;
    if (!control.readable) return 0;
    ctl.valueSetId(this.#value, this.#ids[index]!);
    const err = ctl.read(this.#handle, this.#value);
    // A driver may refuse one control (a unit that is busy): the others still count.
    if (err < 0) return err === ERR.ENODEV || err === ERR.ENXIO ? err : 0;
    const get = {
      BOOLEAN: ctl.valueBoolean,
      INTEGER: ctl.valueInteger,
      INTEGER64: ctl.valueInteger64,
      ENUMERATED: ctl.valueEnumerated,
      BYTES: ctl.valueByte,
    }[control.type];
    let changed = false;
    const values = control.values.map((old, i) => {
      const value = Number(get(this.#value, i));
      if (value !== old) changed = true;
      return value;
    });
    if (changed) control.values = values;
    return changed ? 1 : 0;
  }

  refresh(): Outcome<boolean> {
    let changed = false;
    for (let i = 0; i < this.controls.length; i++) {
      const got = this.#read(i);
      if (got < 0) return this.#failed(got);
      if (got > 0) changed = true;
    }
    this.#polledMs = this.#nowMs();
    return good(changed);
  }

  update(waitMs: number): Outcome<boolean> {
    if (this.#closed) return this.#failed(ERR.ENODEV);
    const { ctl } = this.#alsa;
    let changed = false;
    const ready = waitMs > 0 ? this.#wait(this.#hasVolatile ? Math.min(waitMs, POLL_MS) : waitMs) : 1;
    if (ready < 0 && ready !== ERR.EINTR && ready !== ERR.EAGAIN) return this.#failed(ready);
    for (let n = 0; n < MAX_EVENTS; n++) {
      const got = ctl.readEvent(this.#handle, this.#event);
      if (got === 0 || got === ERR.EAGAIN || got === ERR.EINTR) break;
      if (got < 0) return this.#failed(got);
      const index = this.#byNumid.get(ctl.eventNumid(this.#event));
      if (index === undefined || ctl.eventMask(this.#event) === MASK_REMOVE) continue;
      this.controls[index]!.events++;
      const read = this.#read(index);
      if (read < 0) return this.#failed(read);
      if (read > 0) changed = true;
    }
    if (this.#hasVolatile && this.#nowMs() - this.#polledMs >= POLL_MS) {
      this.#polledMs = this.#nowMs();
      for (let i = 0; i < this.controls.length; i++) {
        if (!this.controls[i]!.volatile) continue;
        const read = this.#read(i);
        if (read < 0) return this.#failed(read);
        if (read > 0) changed = true;
      }
    }
    return good(changed);
  }

  /** Waits for an event, or for the bell. As `snd_ctl_wait`: 1 something is there, 0 nothing, negative an errno. */
  #wait(waitMs: number): number {
    const { ctl, poll } = this.#alsa;
    const fds = this.#fds;
    const bellFd = this.#bellFd;
    const count = bellFd === null ? 0 : ctl.pollDescriptors(this.#handle, fds, MAX_FDS);
    if (bellFd === null || count < 1) return ctl.wait(this.#handle, Math.min(waitMs, POLL_MS));
    fds[2 * count] = bellFd;
    fds[2 * count + 1] = POLLIN;
    if (poll(fds, count + 1, waitMs) <= 0) return 0;
    // The upper half is what came.
    const rang = fds[2 * count + 1]! >>> 16;
    if (rang === POLLIN) stillBell(bellFd);
    // A bell that is broken would end each wait at once.
    else if (rang !== 0) this.#bellFd = null;
    return ctl.wait(this.#handle, 0);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    const { ctl } = this.#alsa;
    for (const id of this.#ids) ctl.idFree(id);
    ctl.valueFree(this.#value);
    ctl.eventFree(this.#event);
    ctl.close(this.#handle);
  }

  #failed(err: number): Outcome<boolean> {
    return bad(
      'controls-failed',
      `The controls of ${this.#name} can no longer be read: ${this.#alsa.strerror(err)}.`,
      'Plug the interface in again; it is found by itself.',
    );
  }
}

/** All that a card shows, to send in or to replay. */
export function dumpOf(board: ControlBoard, usbId: string | null): ControlDump {
  const controls = board.controls.map(({ events: _, ...control }) => control);
  return { format: DUMP_FORMAT, version: 1, usbId, card: board.card, controls };
}

/** Reads a dump's text. Fault `dump-unreadable`. */
export function parseDump(text: string): Outcome<ControlDump> {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    data = null;
  }
  const dump = data as Partial<ControlDump> | null;
  const isControl = (c: Partial<Control>) =>
    typeof c.name === 'string' && Array.isArray(c.values) && Array.isArray(c.items) && typeof c.type === 'string';
  if (
    dump?.format !== DUMP_FORMAT ||
    dump.version !== 1 ||
    !Array.isArray(dump.controls) ||
    !dump.controls.every(isControl)
  )
    return bad(
      'dump-unreadable',
      'This is no dump of controls that this version knows.',
      'Make one with: lightkeeper dump.',
    );
  return good(dump as ControlDump);
}

/** A card made of a dump: its values stand still until `turn` moves one. */
export class ReplayBoard implements ControlBoard {
  readonly card: CardWords;
  readonly controls: readonly Control[];
  readonly #sleepMs: (ms: number) => void;
  #changed = false;

  /** `sleepMs`: how a wait for a change passes; without it there is none. */
  constructor(dump: ControlDump, sleepMs: (ms: number) => void = () => {}) {
    this.#sleepMs = sleepMs;
    this.card = dump.card;
    this.controls = dump.controls.map((control) => ({ ...control, events: 0 }));
  }

  /** Moves a control, as a hand on the device would. */
  turn(name: string, ...values: number[]): void {
    const control = this.controls.find((one) => one.name === name);
    if (control === undefined) throw new RangeError(`no control ${name}`);
    control.values = values;
    if (!control.volatile) control.events++;
    this.#changed = true;
  }

  update(waitMs: number): Outcome<boolean> {
    if (!this.#changed && waitMs > 0) this.#sleepMs(waitMs);
    const changed = this.#changed;
    this.#changed = false;
    return good(changed);
  }

  refresh(): Outcome<boolean> {
    return this.update(0);
  }

  close(): void {
    this.#changed = false;
  }
}
