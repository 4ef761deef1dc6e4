/**
 * Sound cards as /proc/asound tells them: numbers, USB ids, what a USB interface can capture, and who holds a PCM.
 * Only text files are read. Without /proc/asound (no sound support, another OS, a sandbox) there are no cards.
 */
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { basename, join } from 'node:path';

/** One alternate setting of a USB capture endpoint (`streamN`, made by sound/usb/proc.c). */
export interface UsbAltSetting {
  /** ALSA's name of the format: S32_LE. */
  readonly format: string;
  readonly channels: number;
  /** Rates offered, Hz; a continuous range is its two ends. */
  readonly ratesHz: readonly number[];
  /** Valid bits of a sample, or null: not told. */
  readonly bits: number | null;
}

export interface CaptureDevice {
  readonly device: number;
  /** Name to open: hw:1,0. */
  readonly pcm: string;
  readonly name: string;
  /** Empty: not a USB device, or not told. */
  readonly altSettings: readonly UsbAltSetting[];
}

export interface Card {
  readonly number: number;
  /** ALSA's short id: USB, Loopback. */
  readonly id: string;
  readonly driver: string;
  readonly name: string;
  /** `vvvv:pppp`, lower-case hex, or null: not a USB card. */
  readonly usbId: string | null;
  readonly capture: readonly CaptureDevice[];
}

/** Who has a PCM open. */
export interface PcmHolder {
  readonly pid: number;
  /** The program's name, or null where it can not be read. */
  readonly command: string | null;
}

/** Where the kernel describes its cards. LIGHTKEEPER_PROC_ASOUND names another place: a copy, or a test's. */
export const PROC_ASOUND = process.env.LIGHTKEEPER_PROC_ASOUND ?? '/proc/asound';

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

function field(text: string, key: string): string | null {
  const match = new RegExp(`^\\s*${key}\\s*[:=]\\s*(.*)$`, 'm').exec(text);
  return match ? match[1]!.trim() : null;
}

/** All cards, by number. `procRoot` is another place than /proc/asound: for tests and for reading someone's copy. */
export function listCards(procRoot: string = PROC_ASOUND): Card[] {
  const cards = readText(join(procRoot, 'cards'));
  if (cards === null) return [];
  const found: Card[] = [];
  // ` 1 [USB            ]: USB-Audio - Scarlett 18i20 USB`
  for (const match of cards.matchAll(/^\s*(\d+)\s+\[(.{1,15}?)\s*\]:\s*(.*?) - (.*)$/gm)) {
    const number = Number(match[1]);
    const dir = join(procRoot, `card${number}`);
    const usbId = readText(join(dir, 'usbid'));
    found.push({
      number,
      id: match[2]!.trim(),
      driver: match[3]!.trim(),
      name: match[4]!.trim(),
      usbId: usbId === null ? null : usbId.trim().toLowerCase(),
      capture: captureDevices(dir, number),
    });
  }
  return found.sort((a, b) => a.number - b.number);
}

function captureDevices(dir: string, card: number): CaptureDevice[] {
  let entries: string[];
  try {
    entries = readdirSync(dir);
  } catch {
    return [];
  }
  const devices: CaptureDevice[] = [];
  for (const entry of entries) {
    const match = /^pcm(\d+)c$/.exec(entry);
    if (!match) continue;
    const device = Number(match[1]);
    const info = readText(join(dir, entry, 'info')) ?? '';
    const stream = readText(join(dir, `stream${device}`));
    devices.push({
      device,
      pcm: `hw:${card},${device}`,
      name: field(info, 'name') || field(info, 'id') || `device ${device}`,
      altSettings: stream === null ? [] : parseUsbStream(stream),
    });
  }
  return devices.sort((a, b) => a.device - b.device);
}

/** The capture half of a `/proc/asound/cardN/streamM`. */
export function parseUsbStream(text: string): UsbAltSetting[] {
  const at = text.search(/^Capture:/m);
  if (at < 0) return [];
  const capture = text.slice(at).split(/^Playback:/m)[0]!;
  const settings: UsbAltSetting[] = [];
  for (const part of capture.split(/^\s*Altset\s+\d+\s*$/m).slice(1)) {
    const format = field(part, 'Format');
    const channels = Number(field(part, 'Channels'));
    const rates = field(part, 'Rates') ?? '';
    const bits = field(part, 'Bits');
    if (format === null || !Number.isInteger(channels) || channels < 1) continue;
    settings.push({
      format,
      channels,
      ratesHz: [...rates.matchAll(/\d+/g)].map((m) => Number(m[0])).filter((rate) => rate > 0),
      bits: bits === null || !/^\d+$/.test(bits) ? null : Number(bits),
    });
  }
  return settings;
}

/** Card and device of `hw:1,0`, `plughw:USB`, `hw:CARD=USB,DEV=0`, `front:...`; null for names that hide them. */
export function cardOfPcm(pcm: string, procRoot: string = PROC_ASOUND): { card: number; device: number } | null {
  const match = /^[a-z]+:(?:CARD=)?([^,]+)(?:,(?:DEV=)?(\d+))?/.exec(pcm);
  if (!match) return null;
  const name = match[1]!;
  const device = match[2] === undefined ? 0 : Number(match[2]);
  if (/^\d+$/.test(name)) return { card: Number(name), device };
  try {
    const card = /^card(\d+)$/.exec(basename(realpathSync(join(procRoot, name))));
    if (card) return { card: Number(card[1]), device };
  } catch {
    // no such link: look into the list
  }
  const listed = listCards(procRoot).find((card) => card.id === name);
  return listed ? { card: listed.number, device } : null;
}

/** Who has the capture PCM open, or null. */
export function pcmHolder(card: number, device: number, procRoot: string = PROC_ASOUND): PcmHolder | null {
  const dir = join(procRoot, `card${card}`, `pcm${device}c`);
  let subs: string[];
  try {
    subs = readdirSync(dir).filter((entry) => /^sub\d+$/.test(entry));
  } catch {
    return null;
  }
  for (const sub of subs) {
    const pid = Number(field(readText(join(dir, sub, 'status')) ?? '', 'owner_pid'));
    if (Number.isInteger(pid) && pid > 0) return { pid, command: readText(`/proc/${pid}/comm`)?.trim() ?? null };
  }
  return null;
}

/**
 * The rate at which the card runs now, Hz, or null: no stream of the card is open, so nobody knows. Any open substream
 * tells: on these interfaces playback and capture run from one clock.
 */
export function presentRateHz(card: number, procRoot: string = PROC_ASOUND): number | null {
  const dir = join(procRoot, `card${card}`);
  let entries: string[];
  try {
    entries = readdirSync(dir).filter((entry) => /^pcm\d+[cp]$/.test(entry));
  } catch {
    return null;
  }
  for (const entry of entries) {
    for (let sub = 0; existsSync(join(dir, entry, `sub${sub}`)); sub++) {
      const rate = /^rate:\s*(\d+)/m.exec(readText(join(dir, entry, `sub${sub}`, 'hw_params')) ?? '');
      if (rate) return Number(rate[1]);
    }
  }
  return null;
}
