/**
 * A GPIO chip as the kernel would answer for it, in virtual time: takes the raw structures of the v2 uAPI apart by their
 * byte offsets (include/uapi/linux/gpio.h), keeps lines, debounces, queues events (16 a line, the oldest dropped).
 */
import type { Syscalls } from '../../src/device/gpio/syscalls.ts';

const [EAGAIN, EBUSY, ENODEV, ENOENT, EINVAL, ENOTTY] = [11, 16, 19, 2, 22, 25];

interface Line {
  name: string;
  /** Voltage at the pin. */
  high: boolean;
  consumer: string | null;
}

interface Requested {
  fd: number;
  offsets: number[];
  flags: bigint;
  debounceUs: number;
  queue: Uint8Array[];
  seqno: number;
  lineSeqno: number[];
}

export class GpioKernel implements Syscalls {
  nowMs = 0;
  /** What happens when: run by `poll` as time passes. */
  readonly schedule: { atMs: number; run: () => void }[] = [];
  chips = new Map<string, { label: string; lines: Line[] }>();
  readonly openFds = new Map<number, string>();
  private readonly requests = new Map<number, Requested>();
  private readonly woken = new Set<number>();
  private nextFd = 10;
  /** Calls of poll: to see that nothing spins. */
  polls = 0;

  addChip(path: string, label: string, names: readonly string[]): void {
    this.chips.set(path, { label, lines: names.map((name) => ({ name, high: true, consumer: null })) });
  }

  removeChip(path: string): void {
    this.chips.delete(path);
  }

  at(ms: number, run: () => void): void {
    this.schedule.push({ atMs: ms, run });
    this.schedule.sort((a, b) => a.atMs - b.atMs);
  }

  line(path: string, name: string): Line {
    return this.chips.get(path)!.lines.find((line) => line.name === name)!;
  }

  /** Pulls the pin to ground or lets it go: both are edges of the pin. */
  drive(path: string, name: string, high: boolean): void {
    const line = this.line(path, name);
    if (line.high === high) return;
    line.high = high;
    const offset = this.chips.get(path)!.lines.indexOf(line);
    for (const request of this.requests.values()) {
      if (this.openFds.get(request.fd) !== path) continue;
      const place = request.offsets.indexOf(offset);
      if (place < 0) continue;
      const activeLow = (request.flags & 2n) !== 0n;
      const rising = activeLow ? !high : high;
      if ((request.flags & (rising ? 1n << 4n : 1n << 5n)) === 0n) continue;
      const event = new Uint8Array(48);
      const view = new DataView(event.buffer);
      view.setBigUint64(0, BigInt(Math.round(this.nowMs * 1e6)), true);
      view.setUint32(8, rising ? 1 : 2, true);
      view.setUint32(12, offset, true);
      view.setUint32(16, ++request.seqno, true);
      request.lineSeqno[place]!++;
      view.setUint32(20, request.lineSeqno[place]!, true);
      request.queue.push(event);
      if (request.queue.length > 16 * request.offsets.length) request.queue.shift();
    }
  }

  gpioChips(): string[] {
    return [...this.chips.keys()];
  }

  open(path: string): number {
    if (!this.chips.has(path)) return -ENOENT;
    const fd = this.nextFd++;
    this.openFds.set(fd, path);
    return fd;
  }

  close(fd: number): void {
    const path = this.openFds.get(fd);
    const request = this.requests.get(fd);
    if (request !== undefined && path !== undefined)
      for (const offset of request.offsets) {
        const line = this.chips.get(path)?.lines[offset];
        if (line !== undefined) line.consumer = null;
      }
    this.requests.delete(fd);
    if (!this.openFds.delete(fd)) throw new Error(`close of ${fd}, which is not open`);
  }

  ioctl(fd: number, request: number, argument: Uint8Array): number {
    const path = this.openFds.get(fd);
    if (path === undefined) return -EINVAL;
    const chip = this.chips.get(path);
    if (chip === undefined) return -ENODEV;
    const view = new DataView(argument.buffer, argument.byteOffset, argument.byteLength);
    const text = (at: number, value: string) => argument.set(Buffer.from(value), at);
    switch (request) {
      case 0x8044b401:
        text(0, path.slice(5));
        text(32, chip.label);
        view.setUint32(64, chip.lines.length, true);
        return 0;
      case 0xc100b405: {
        const line = chip.lines[view.getUint32(64, true)];
        if (line === undefined) return -EINVAL;
        text(0, line.name);
        text(32, line.consumer ?? '');
        view.setBigUint64(72, line.consumer === null ? 0n : 1n, true);
        return 0;
      }
      case 0xc250b407:
        return this.requestLines(path, chip.lines, argument, view);
      case 0xc010b40e: {
        const asked = this.requests.get(fd)!;
        let bits = 0n;
        asked.offsets.forEach((offset, place) => {
          const logical = chip.lines[offset]!.high !== ((asked.flags & 2n) !== 0n);
          if (logical) bits |= 1n << BigInt(place);
        });
        view.setBigUint64(0, bits, true);
        return 0;
      }
      case 0xc010b40f: {
        const asked = this.requests.get(fd)!;
        const bits = view.getBigUint64(0, true);
        asked.offsets.forEach((offset, place) => {
          chip.lines[offset]!.high = ((bits >> BigInt(place)) & 1n) === 1n;
        });
        return 0;
      }
      default:
        return -ENOTTY;
    }
  }

  private requestLines(path: string, lines: Line[], argument: Uint8Array, view: DataView): number {
    const count = view.getUint32(560, true);
    const offsets = Array.from({ length: count }, (_, i) => view.getUint32(i * 4, true));
    if (offsets.some((offset) => lines[offset] === undefined)) return -EINVAL;
    if (offsets.some((offset) => lines[offset]!.consumer !== null)) return -EBUSY;
    const flags = view.getBigUint64(288, true);
    let debounceUs = 0;
    let values: bigint | null = null;
    for (let i = 0; i < view.getUint32(296, true); i++) {
      const at = 320 + i * 24;
      if (view.getUint32(at, true) === 3) debounceUs = view.getUint32(at + 8, true);
      if (view.getUint32(at, true) === 2) values = view.getBigUint64(at + 8, true);
    }
    const consumer = Buffer.from(argument.subarray(256, 288)).toString().replace(/\0.*$/s, '');
    const fd = this.nextFd++;
    offsets.forEach((offset, place) => {
      lines[offset]!.consumer = consumer;
      if ((flags & 8n) !== 0n) lines[offset]!.high = values !== null && ((values >> BigInt(place)) & 1n) === 1n;
    });
    this.openFds.set(fd, path);
    this.requests.set(fd, { fd, offsets, flags, debounceUs, queue: [], seqno: 0, lineSeqno: offsets.map(() => 0) });
    view.setInt32(588, fd, true);
    return 0;
  }

  /** The one line request of that chip's buttons. */
  requested(): { flags: bigint; debounceUs: number; offsets: number[] }[] {
    return [...this.requests.values()];
  }

  ioctlNumber(): number {
    return 0;
  }

  read(fd: number, into: Uint8Array): number {
    const path = this.openFds.get(fd);
    if (path === undefined || !this.chips.has(path)) return -ENODEV;
    const queue = this.requests.get(fd)!.queue;
    if (queue.length === 0) return -EAGAIN;
    const taken = queue.splice(0, Math.floor(into.length / 48));
    taken.forEach((event, i) => {
      into.set(event, i * 48);
    });
    return taken.length * 48;
  }

  poll(fds: readonly number[], timeoutMs: number): { readonly fd: number; readonly failed: boolean }[] {
    this.polls++;
    const end = this.nowMs + timeoutMs;
    for (;;) {
      while (this.schedule.length > 0 && this.schedule[0]!.atMs <= this.nowMs) this.schedule.shift()!.run();
      const ready = fds.flatMap((fd) => {
        const path = this.openFds.get(fd);
        if (this.woken.has(fd)) return [{ fd, failed: false }];
        if (path === undefined) return [];
        if (!this.chips.has(path)) return [{ fd, failed: true }];
        return (this.requests.get(fd)?.queue.length ?? 0) > 0 ? [{ fd, failed: false }] : [];
      });
      if (ready.length > 0 || this.nowMs >= end) return ready;
      this.nowMs = Math.min(end, this.schedule[0]?.atMs ?? end);
    }
  }

  eventFd(): number {
    return this.nextFd++;
  }
  wake(fd: number): void {
    this.woken.add(fd);
  }
  clearWake(fd: number): void {
    this.woken.delete(fd);
  }
}
