/**
 * Buttons and the alarm lamp on the kernel's GPIO character device. A button connects its line to ground: pull-up, active
 * low, both edges, 5 ms of kernel debounce, times of the edges from the kernel (CLOCK_MONOTONIC). The gesture reducer has
 * its own 20 ms on top, for keyboards and the web.
 *
 * The chip is found by its label, for its number changes between kernels; a line by its name or its offset.
 */
import { bad, good, type Outcome } from '../../fault.ts';
import type { ButtonEdge } from '../ports.ts';
import { errnoName, type Syscalls } from './syscalls.ts';
import {
  GPIO_GET_CHIPINFO_IOCTL,
  GPIO_V2_GET_LINE_IOCTL,
  GPIO_V2_GET_LINEINFO_IOCTL,
  GPIO_V2_LINE_GET_VALUES_IOCTL,
  GPIO_V2_LINE_SET_VALUES_IOCTL,
  LINE_FLAG,
  lineInfoOf,
  lineRequestOf,
  lineValuesOf,
  readChipInfo,
  readLineEvent,
  readLineInfo,
  readLineValues,
  requestedFd,
  SIZE,
} from './uapi.ts';

/** Header pins of the Pi 3 and Zero, the Pi 4, and the Pi 5: labels of the kernel's pin controllers. */
export const HEADER_CHIPS: readonly string[] = ['pinctrl-bcm2835', 'pinctrl-bcm2711', 'pinctrl-rp1'];

export const KERNEL_DEBOUNCE_US = 5000;
const CONSUMER = 'lightkeeper';

export interface GpioChoice {
  /** Label of the chip; null: the header of a Pi, else the first chip that has all the lines by name. */
  readonly chip: string | null;
  /** A line a button: its name (GPIO5, BTN1), or its offset on the chip as digits. */
  readonly buttons: readonly { readonly button: ButtonEdge['button']; readonly line: string }[];
  /** Line of the alarm lamp, lit when high; null: none. */
  readonly lamp: string | null;
}

export interface GpioButtons {
  /** Wait on it for edges; -1 without buttons. */
  readonly fd: number;
  /** Edges since the last call, in order. null: the chip is gone. */
  edges(): ButtonEdge[] | null;
  /** Compares what the lines say with what the edges told, and gives the edges that got lost. null: the chip is gone. */
  resync(nowMs: number): ButtonEdge[] | null;
  /** false: the chip is gone. */
  lamp(on: boolean): boolean;
  close(): void;
}

interface Chip {
  readonly fd: number;
  readonly path: string;
  readonly label: string;
  readonly offsets: ReadonlyMap<string, number>;
}

export function openGpio(calls: Syscalls, choice: GpioChoice): Outcome<GpioButtons> {
  const names = [...choice.buttons.map((each) => each.line), ...(choice.lamp === null ? [] : [choice.lamp])];
  const found = findChip(calls, choice.chip, names);
  if (!found.ok) return found;
  const chip = found.value;
  const offsets = choice.buttons.map((each) => chip.offsets.get(each.line)!);
  let fd = -1;
  let lampFd = -1;
  if (offsets.length > 0) {
    const request = lineRequestOf({
      offsets,
      consumer: CONSUMER,
      flags: LINE_FLAG.input | LINE_FLAG.activeLow | LINE_FLAG.pullUp | LINE_FLAG.edgeRising | LINE_FLAG.edgeFalling,
      debounceUs: KERNEL_DEBOUNCE_US,
      values: null,
    });
    const result = calls.ioctl(chip.fd, GPIO_V2_GET_LINE_IOCTL, request);
    if (result < 0) {
      const who = holder(calls, chip, offsets);
      calls.close(chip.fd);
      return bad(
        'gpio-lines',
        `The button lines ${choice.buttons.map((each) => each.line).join(', ')} of ${chip.label} can not be had (${errnoName(result)}).`,
        who === null ? 'Choose other lines, or check the rights on the chip.' : `Stop ${who}, or choose other lines.`,
      );
    }
    fd = requestedFd(request);
  }
  if (choice.lamp !== null) {
    const request = lineRequestOf({
      offsets: [chip.offsets.get(choice.lamp)!],
      consumer: CONSUMER,
      flags: LINE_FLAG.output,
      debounceUs: null,
      values: 0n,
    });
    const result = calls.ioctl(chip.fd, GPIO_V2_GET_LINE_IOCTL, request);
    if (result < 0) {
      if (fd >= 0) calls.close(fd);
      calls.close(chip.fd);
      return bad(
        'gpio-lamp',
        `The lamp line ${choice.lamp} of ${chip.label} can not be had (${errnoName(result)}).`,
        'Choose another line for the lamp.',
      );
    }
    lampFd = requestedFd(request);
  }
  calls.close(chip.fd);
  return good(new ChardevButtons(calls, choice, offsets, fd, lampFd));
}

class ChardevButtons implements GpioButtons {
  readonly fd: number;
  private readonly calls: Syscalls;
  private readonly choice: GpioChoice;
  private readonly offsets: readonly number[];
  private readonly lampFd: number;
  private readonly down: boolean[];
  private readonly buffer = new Uint8Array(SIZE.lineEvent * 32);
  private lastSeqno = 0;
  private lost = false;
  private closed = false;

  constructor(calls: Syscalls, choice: GpioChoice, offsets: readonly number[], fd: number, lampFd: number) {
    this.calls = calls;
    this.choice = choice;
    this.offsets = offsets;
    this.fd = fd;
    this.lampFd = lampFd;
    this.down = offsets.map(() => false);
  }

  edges(): ButtonEdge[] | null {
    const out: ButtonEdge[] = [];
    for (;;) {
      const got = this.calls.read(this.fd, this.buffer);
      if (got === -EAGAIN) break;
      if (got <= 0) return null;
      for (let at = 0; at + SIZE.lineEvent <= got; at += SIZE.lineEvent) {
        const event = readLineEvent(this.buffer, at);
        if (this.lastSeqno !== 0 && event.seqno !== (this.lastSeqno + 1) >>> 0) this.lost = true;
        this.lastSeqno = event.seqno;
        const place = this.offsets.indexOf(event.offset);
        if (place < 0) continue;
        this.down[place] = event.rising;
        out.push({
          button: this.choice.buttons[place]!.button,
          down: event.rising,
          timeMs: Number(event.timeNs / 1000n) / 1000,
        });
      }
      if (got < this.buffer.length) break;
    }
    if (!this.lost) return out;
    this.lost = false;
    const missing = this.resync(out.at(-1)?.timeMs ?? 0);
    return missing === null ? null : [...out, ...missing];
  }

  resync(nowMs: number): ButtonEdge[] | null {
    if (this.fd < 0) return [];
    const mask = (1n << BigInt(this.offsets.length)) - 1n;
    const values = lineValuesOf(0n, mask);
    if (this.calls.ioctl(this.fd, GPIO_V2_LINE_GET_VALUES_IOCTL, values) < 0) return null;
    const bits = readLineValues(values);
    const out: ButtonEdge[] = [];
    this.down.forEach((before, place) => {
      const down = ((bits >> BigInt(place)) & 1n) === 1n;
      if (down === before) return;
      this.down[place] = down;
      out.push({ button: this.choice.buttons[place]!.button, down, timeMs: nowMs });
    });
    return out;
  }

  lamp(on: boolean): boolean {
    if (this.lampFd < 0) return true;
    return this.calls.ioctl(this.lampFd, GPIO_V2_LINE_SET_VALUES_IOCTL, lineValuesOf(on ? 1n : 0n, 1n)) >= 0;
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    if (this.fd >= 0) this.calls.close(this.fd);
    if (this.lampFd >= 0) this.calls.close(this.lampFd);
  }
}

const EAGAIN = 11;

/** The chip that has the lines. It stays open: close it. */
function findChip(calls: Syscalls, label: string | null, names: readonly string[]): Outcome<Chip> {
  const paths = calls.gpioChips();
  if (paths.length === 0)
    return bad(
      'gpio-none',
      'There is no GPIO chip.',
      'Use the keyboard or the phone; on a Pi check that /dev/gpiochip0 exists.',
    );
  let refused: string | null = null;
  const seen: string[] = [];
  const chips: Chip[] = [];
  for (const path of paths) {
    const fd = calls.open(path);
    if (fd < 0) {
      refused = `${path}: ${errnoName(fd)}`;
      continue;
    }
    const bytes = new Uint8Array(SIZE.chipInfo);
    if (calls.ioctl(fd, GPIO_GET_CHIPINFO_IOCTL, bytes) < 0) {
      calls.close(fd);
      continue;
    }
    const info = readChipInfo(bytes);
    seen.push(info.label);
    const wanted = label === null || info.label === label;
    const offsets = wanted ? lineOffsets(calls, fd, info.lines, names) : null;
    if (offsets === null) calls.close(fd);
    else chips.push({ fd, path, label: info.label, offsets });
  }
  // Offsets fit any chip that is large enough: the Pi's header goes first, and the first of several.
  const best = chips.find((chip) => HEADER_CHIPS.includes(chip.label)) ?? chips[0];
  for (const chip of chips) if (chip !== best) calls.close(chip.fd);
  if (best !== undefined) return good(best);
  if (refused !== null && seen.length === 0)
    return bad('gpio-denied', `No GPIO chip can be opened (${refused}).`, 'Put the user into the group gpio.');
  return bad(
    'gpio-not-found',
    `No GPIO chip${label === null ? '' : ` ${label}`} has the lines ${names.join(', ')} (there: ${seen.join(', ')}).`,
    'Correct the chip or the lines in the configuration.',
  );
}

/** Offset of each line, or null when the chip lacks one. */
function lineOffsets(calls: Syscalls, fd: number, lines: number, names: readonly string[]): Map<string, number> | null {
  const out = new Map<string, number>();
  for (const name of names) if (/^\d{1,4}$/.test(name) && Number(name) < lines) out.set(name, Number(name));
  for (let offset = 0; offset < lines && out.size < new Set(names).size; offset++) {
    const bytes = lineInfoOf(offset);
    if (calls.ioctl(fd, GPIO_V2_GET_LINEINFO_IOCTL, bytes) < 0) continue;
    const info = readLineInfo(bytes);
    if (names.includes(info.name) && !out.has(info.name)) out.set(info.name, offset);
  }
  return names.every((name) => out.has(name)) ? out : null;
}

/** Who holds one of the lines, by the name it gave the kernel. */
function holder(calls: Syscalls, chip: Chip, offsets: readonly number[]): string | null {
  for (const offset of offsets) {
    const bytes = lineInfoOf(offset);
    if (calls.ioctl(chip.fd, GPIO_V2_GET_LINEINFO_IOCTL, bytes) < 0) continue;
    const info = readLineInfo(bytes);
    if (info.used) return info.consumer === '' ? 'the program that holds them' : info.consumer;
  }
  return null;
}
