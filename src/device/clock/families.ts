/**
 * What the controls of known families mean, as data: which control names the clock source, which tell lock, and how far
 * each can be trusted. Names are those of Linux 6.12, sound/usb (mixer.c, mixer_quirks.c, mixer_scarlett*.c).
 */

/**
 * What a control's words stand for. `locked` of a two-state control says only that the receiver decodes: whether it runs
 * from the same clock is not told. `lock` is a three-state control's own "locked, not in sync".
 */
export type LockState = 'noLock' | 'locked' | 'lock' | 'sync' | 'unknown';

export interface LockReader {
  /** Group 1, where there is one, is the port's number. */
  readonly control: RegExp;
  /** Bank id; `$1` is the port's letter (1 is a). `device`: the interface as a whole. */
  readonly port: string;
  /** Words of an ENUMERATED control, lower case; a BOOLEAN is noLock, locked. */
  readonly words?: Readonly<Record<string, LockState>>;
  /**
   * Cached by the kernel after the first read, refreshed only by a status interrupt that many devices never send: not
   * trusted until an event has been seen.
   */
  readonly cached?: boolean;
  /** Means something only while a stream runs. */
  readonly whileStreaming?: boolean;
}

export interface Family {
  readonly id: string;
  readonly name: string;
  /** All of these must be there. */
  readonly has: readonly RegExp[];
  /** USB vendor, where names alone would be ambiguous. */
  readonly vendor?: string;
  readonly source: readonly RegExp[];
  readonly locks: readonly LockReader[];
  /** Port mode: S/PDIF optical, Dual ADAT and so on. */
  readonly portMode?: RegExp;
  /** Rate of the system, Hz or an enum of numbers. */
  readonly rate?: readonly RegExp[];
  /** Per port: format and rate; group 1 is the port's number. */
  readonly format?: RegExp;
  readonly portRate?: RegExp;
}

const TWO: Readonly<Record<string, LockState>> = {
  'no lock': 'noLock',
  unlocked: 'noLock',
  locked: 'locked',
  lock: 'locked',
};
const THREE: Readonly<Record<string, LockState>> = { 'no lock': 'noLock', lock: 'lock', sync: 'sync' };

/** Validity controls of UAC2 clock sources, by what their names say. */
const VALIDITIES: readonly LockReader[] = [
  { control: /\bADAT Port ([1-4]) Validity$/i, port: 'adat-$1', cached: true },
  { control: /\bADAT ?([1-4]) (?:Clock )?Validity$/i, port: 'adat-$1', cached: true },
  { control: /\bOptical ?([1-4]) (?:Clock )?Validity$/i, port: 'adat-$1', cached: true },
  { control: /\b(?:ADAT|Optical)(?: Clock)? Validity$/i, port: 'adat-a', cached: true },
  { control: /\b(?:S\/PDIF|SPDIF|Coax(?:ial)?)(?: Clock)? Validity$/i, port: 'spdif', cached: true },
  { control: /\bAES(?:\/EBU)?(?: Clock)? Validity$/i, port: 'aes', cached: true },
  { control: /\bWord ?Clock(?: Clock)? Validity$/i, port: 'word-clock', cached: true },
];

/** In this order: the first that fits is taken; `generic` fits all. */
export const FAMILIES: readonly Family[] = [
  {
    id: 'rme-digiface',
    name: 'RME Digiface USB',
    has: [/^Input 1 Sync$/, /^Current Sync Source$/],
    source: [/^Current Sync Source$/, /^Sync Source$/],
    locks: [{ control: /^Input ([1-4]) Sync$/, port: 'adat-$1', words: THREE }],
    rate: [/^Current Rate$/, /^System Rate$/],
    format: /^Input ([1-4]) Format$/,
    // Port 4's rate and format look wrong in the driver (masks): left out.
    portRate: /^Input ([1-3]) Rate$/,
  },
  {
    id: 'rme-adi2',
    name: 'RME ADI-2',
    has: [/^(AES|SPDIF) Sync$/, /^Current Frequency$/],
    source: [/^Clock Source$/, /^Sync Source$/],
    locks: [
      { control: /^AES Sync$/, port: 'aes', words: THREE },
      { control: /^SPDIF Sync$/, port: 'spdif', words: THREE },
    ],
    rate: [/^Current Frequency$/],
  },
  {
    id: 'focusrite-gen1',
    name: 'Focusrite Scarlett, 1st generation',
    has: [/^Sample Clock Sync Status$/],
    source: [/^Sample Clock Source$/],
    locks: [{ control: /^Sample Clock Sync Status$/, port: 'device', words: TWO, whileStreaming: true }],
  },
  {
    id: 'focusrite',
    name: 'Focusrite Scarlett 2nd to 4th generation, Clarett, Vocaster',
    vendor: '1235',
    has: [],
    source: [/Clock Source Clock Source$/, /^Clock Source$/],
    locks: [{ control: /^Sync Status$/, port: 'device', words: TWO, whileStreaming: true }, ...VALIDITIES],
    portMode: /^(?:Digital I\/O|S\/PDIF) Mode Capture Enum$/,
  },
  {
    id: 'audient',
    name: 'Audient',
    has: [/^Audient Clock Selector Clock Source$/],
    source: [/^Audient Clock Selector Clock Source$/],
    locks: VALIDITIES,
  },
  {
    id: 'presonus',
    name: 'PreSonus',
    has: [/^PreSonus Clock Selector Clock Source$/],
    source: [/^PreSonus Clock Selector Clock Source$/],
    locks: VALIDITIES,
  },
  {
    id: 'minidsp',
    name: 'miniDSP',
    vendor: '2752',
    has: [],
    source: [/Clock (?:Selector )?(?:Clock )?Source$/],
    locks: VALIDITIES,
  },
  {
    id: 'rme-babyface',
    name: 'RME Babyface Pro',
    has: [/^Sample Clock Source$/],
    vendor: '2a39',
    source: [/^Sample Clock Source$/],
    locks: [],
  },
  {
    id: 'generic',
    name: 'USB Audio Class 2',
    has: [],
    source: [/Clock Source$/, /Clock Selector$/],
    locks: [...VALIDITIES, { control: /^Clock Source (\d+) Validity$/, port: 'device', cached: true }],
  },
];
