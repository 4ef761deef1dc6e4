/**
 * The kernel's GPIO character device, version 2: numbers and structures of include/uapi/linux/gpio.h (Linux 5.10 and later).
 * Sizes and ioctl numbers are the same on x86-64 and arm64; little endian on both. test/device/gpioUapi.test.ts compares
 * them with the C compiler's own.
 */

/** `_IOC(direction, 0xB4, number, size)` of include/uapi/asm-generic/ioctl.h; direction 1 write, 2 read, 3 both. */
function request(direction: 1 | 2 | 3, number: number, size: number): number {
  return ((direction << 30) | (size << 16) | (0xb4 << 8) | number) >>> 0;
}

export const SIZE = {
  chipInfo: 68,
  lineInfo: 256,
  lineRequest: 592,
  lineValues: 16,
  lineEvent: 48,
} as const;

export const GPIO_GET_CHIPINFO_IOCTL = request(2, 0x01, SIZE.chipInfo);
export const GPIO_V2_GET_LINEINFO_IOCTL = request(3, 0x05, SIZE.lineInfo);
export const GPIO_V2_GET_LINE_IOCTL = request(3, 0x07, SIZE.lineRequest);
export const GPIO_V2_LINE_GET_VALUES_IOCTL = request(3, 0x0e, SIZE.lineValues);
export const GPIO_V2_LINE_SET_VALUES_IOCTL = request(3, 0x0f, SIZE.lineValues);

/** enum gpio_v2_line_flag */
export const LINE_FLAG = {
  used: 1n << 0n,
  activeLow: 1n << 1n,
  input: 1n << 2n,
  output: 1n << 3n,
  edgeRising: 1n << 4n,
  edgeFalling: 1n << 5n,
  pullUp: 1n << 8n,
} as const;

/** enum gpio_v2_line_attr_id */
const ATTR_OUTPUT_VALUES = 2;
const ATTR_DEBOUNCE = 3;

/** enum gpio_v2_line_event_id; edges of the logical value: with activeLow, rising is a button going down. */
export const EVENT_RISING = 1;
export const EVENT_FALLING = 2;

const NAME_BYTES = 32;

function cString(bytes: Uint8Array, at: number): string {
  const end = bytes.indexOf(0, at);
  return Buffer.from(bytes.buffer, bytes.byteOffset + at, Math.max(0, Math.min(end, at + NAME_BYTES) - at)).toString(
    'utf8',
  );
}

/** struct gpiochip_info */
export function readChipInfo(bytes: Uint8Array): {
  readonly name: string;
  readonly label: string;
  readonly lines: number;
} {
  return {
    name: cString(bytes, 0),
    label: cString(bytes, 32),
    lines: new DataView(bytes.buffer, bytes.byteOffset).getUint32(64, true),
  };
}

/** struct gpio_v2_line_info, with the line asked for. */
export function lineInfoOf(offset: number): Uint8Array {
  const bytes = new Uint8Array(SIZE.lineInfo);
  new DataView(bytes.buffer).setUint32(64, offset, true);
  return bytes;
}

export function readLineInfo(bytes: Uint8Array): {
  readonly name: string;
  readonly consumer: string;
  readonly used: boolean;
} {
  const flags = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(72, true);
  return { name: cString(bytes, 0), consumer: cString(bytes, 32), used: (flags & LINE_FLAG.used) !== 0n };
}

export interface LineRequest {
  /** Offsets on the chip, at most 64. */
  readonly offsets: readonly number[];
  readonly consumer: string;
  readonly flags: bigint;
  /** Kernel debounce, us; null: none. */
  readonly debounceUs: number | null;
  /** First value of outputs, a bit a line; null: none. */
  readonly values: bigint | null;
}

/** struct gpio_v2_line_request: offsets[64], consumer[32], config (flags, num_attrs, padding[5], attrs[10]), num_lines, ... */
export function lineRequestOf(wanted: LineRequest): Uint8Array {
  const bytes = new Uint8Array(SIZE.lineRequest);
  const view = new DataView(bytes.buffer);
  wanted.offsets.forEach((offset, i) => {
    view.setUint32(i * 4, offset, true);
  });
  bytes.set(Buffer.from(wanted.consumer.slice(0, NAME_BYTES - 1)), 256);
  view.setBigUint64(288, wanted.flags, true);
  const mask = (1n << BigInt(wanted.offsets.length)) - 1n;
  let attrs = 0;
  const attribute = (id: number, put: (at: number) => void) => {
    const at = 320 + attrs++ * 24;
    view.setUint32(at, id, true);
    put(at + 8);
    view.setBigUint64(at + 16, mask, true);
  };
  if (wanted.debounceUs !== null) attribute(ATTR_DEBOUNCE, (at) => view.setUint32(at, wanted.debounceUs!, true));
  if (wanted.values !== null) attribute(ATTR_OUTPUT_VALUES, (at) => view.setBigUint64(at, wanted.values!, true));
  view.setUint32(296, attrs, true);
  view.setUint32(560, wanted.offsets.length, true);
  return bytes;
}

/** The descriptor that GPIO_V2_GET_LINE_IOCTL filled in. */
export function requestedFd(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getInt32(588, true);
}

/** struct gpio_v2_line_values */
export function lineValuesOf(bits: bigint, mask: bigint): Uint8Array {
  const bytes = new Uint8Array(SIZE.lineValues);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, bits, true);
  view.setBigUint64(8, mask, true);
  return bytes;
}

export function readLineValues(bytes: Uint8Array): bigint {
  return new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
}

export interface LineEvent {
  /** CLOCK_MONOTONIC, ns. */
  readonly timeNs: bigint;
  readonly rising: boolean;
  readonly offset: number;
  /** Number of this event among all of the request: a gap means that the kernel dropped some. */
  readonly seqno: number;
}

/** struct gpio_v2_line_event at `at`. */
export function readLineEvent(bytes: Uint8Array, at: number): LineEvent {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at);
  return {
    timeNs: view.getBigUint64(0, true),
    rising: view.getUint32(8, true) === EVENT_RISING,
    offset: view.getUint32(12, true),
    seqno: view.getUint32(16, true),
  };
}
