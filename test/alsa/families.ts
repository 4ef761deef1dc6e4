/** Controls of the families of interfaces, in the exact names that their drivers give (Linux 6.12, sound/usb). */
import type { TestControl } from './testCard.ts';

export const bool = (name: string, on: boolean, more: Partial<TestControl> = {}): TestControl => ({
  iface: 'CARD',
  name,
  type: 'BOOLEAN',
  values: [on ? 1 : 0],
  ...more,
});
export const choice = (name: string, items: string[], at: number, more: Partial<TestControl> = {}): TestControl => ({
  name,
  type: 'ENUMERATED',
  items,
  values: [at],
  ...more,
});

/** Controls of the families, in the names that their drivers give. */
export const DIGIFACE: TestControl[] = [
  ...[1, 2, 3, 4].flatMap((n) => [
    choice(`Input ${n} Sync`, ['No Lock', 'Lock', 'Sync'], n === 1 ? 2 : n === 2 ? 1 : 0, { volatile: true }),
    choice(`Input ${n} Format`, ['ADAT', 'S/PDIF'], n === 2 ? 1 : 0, { volatile: true }),
    choice(`Input ${n} Rate`, ['32 kHz', '44.1 kHz', '48 kHz', '96 kHz'], n === 2 ? 1 : 2, { volatile: true }),
  ]),
  choice('Current Sync Source', ['Internal', 'Input 1', 'Input 2', 'Input 3', 'Input 4'], 1, { volatile: true }),
  choice('Sync Source', ['Internal', 'Input 1', 'Input 2', 'Input 3', 'Input 4'], 2, { writable: true }),
  { name: 'Current Rate', type: 'INTEGER', min: 0, max: 192000, step: 0, values: [48000], volatile: true },
];
export const ADI2: TestControl[] = [
  choice('AES Sync', ['No Lock', 'Lock', 'Sync'], 0, { volatile: true }),
  choice('SPDIF Sync', ['No Lock', 'Lock', 'Sync'], 2, { volatile: true }),
  { name: 'Current Frequency', type: 'INTEGER', min: 0, max: 1000000, step: 0, values: [47999], volatile: true },
];
export const GEN1: TestControl[] = [
  choice('Sample Clock Source', ['Internal', 'S/PDIF', 'ADAT'], 2, { writable: true }),
  choice('Sample Clock Sync Status', ['No Lock', 'Locked'], 1, { volatile: true }),
  ...Array.from({ length: 18 }, (_, i) =>
    choice(
      `Input Source ${String(i + 1).padStart(2, '0')} Capture Route`,
      [
        'Off',
        ...Array.from({ length: 8 }, (_, k) => `Analog ${k + 1}`),
        'SPDIF 1',
        'SPDIF 2',
        ...Array.from({ length: 8 }, (_, k) => `ADAT ${k + 1}`),
      ],
      i + 1,
    ),
  ),
  choice('Input 1 Impedance Switch', ['Line', 'Hi-Z'], 1),
];
export const GEN3: TestControl[] = [
  choice('Clock Source Clock Source', ['Internal', 'S/PDIF', 'ADAT'], 2, { writable: true }),
  choice('Sync Status', ['Unlocked', 'Locked'], 1),
  bool('ADAT Validity', true),
  bool('S/PDIF Validity', false),
  bool('Internal Validity', true),
  choice('Digital I/O Mode Capture Enum', ['S/PDIF RCA', 'S/PDIF Optical', 'Dual ADAT'], 0),
  bool('Line In 1-4 Phantom Power Capture Switch', true, { iface: 'MIXER' }),
  choice('Line In 1 Level Capture Enum', ['Line', 'Inst'], 1),
  bool('Line In 1 Pad Capture Switch', false, { iface: 'MIXER' }),
  bool('Line In 1 Air Capture Switch', true, { iface: 'MIXER' }),
  ...Array.from({ length: 20 }, (_, i) =>
    choice(
      `PCM ${String(i + 1).padStart(2, '0')} Capture Enum`,
      [
        'Off',
        ...Array.from({ length: 8 }, (_, k) => `Analogue ${k + 1}`),
        'S/PDIF 1',
        'S/PDIF 2',
        ...Array.from({ length: 8 }, (_, k) => `ADAT ${k + 1}`),
        'PCM 1',
        'PCM 2',
      ],
      // the user has routed: analogue 1-8, ADAT 1-8, S/PDIF, loopback
      i < 8 ? 1 + i : i < 16 ? 11 + (i - 8) : i < 18 ? 9 + (i - 16) : 19 + (i - 18),
    ),
  ),
];
export const GEN4: TestControl[] = [
  choice('Clock Source Clock Source', ['Internal', 'S/PDIF', 'ADAT Port 1', 'ADAT Port 2'], 3),
  bool('ADAT Port 1 Validity', true),
  bool('ADAT Port 2 Validity', true),
  choice('Sync Status', ['Unlocked', 'Locked'], 1),
  { name: 'Line In 1 Gain Capture Volume', type: 'INTEGER', min: 0, max: 70, step: 1, values: [34] },
  bool('Line In 1 Mute Capture Switch', true, { iface: 'MIXER' }),
];
export const AUDIENT: TestControl[] = [
  choice('Audient Clock Selector Clock Source', ['Audient Internal Clock', 'Audient Optical1 Clock'], 1),
  bool('Audient Internal Clock Validity', true),
  bool('Audient Optical1 Clock Validity', true),
];
export const PRESONUS: TestControl[] = [
  choice('PreSonus Clock Selector Clock Source', ['Internal', 'S/PDIF', 'ADAT'], 0),
  bool('ADAT Clock Validity', false),
];
export const GENERIC: TestControl[] = [
  bool('Clock Source 41 Validity', true),
  choice('Clock Selector 40 Clock Source', ['Internal', 'External'], 0),
];
export const BABYFACE: TestControl[] = [choice('Sample Clock Source', ['AutoSync', 'Internal'], 0)];

/** Clarett+ 8Pre: as the 3rd generation Scarlett, without the switch of its digital ports. */
export const CLARETT: TestControl[] = [
  choice('Clock Source Clock Source', ['Internal', 'S/PDIF', 'ADAT'], 1, { writable: true }),
  choice('Sync Status', ['Unlocked', 'Locked'], 1),
  bool('ADAT Validity', false),
  bool('S/PDIF Validity', true),
  bool('Internal Validity', true),
  choice('Line In 1 Level Capture Enum', ['Line', 'Inst'], 0),
  bool('Line In 1 Air Capture Switch', false, { iface: 'MIXER' }),
  choice('S/PDIF Mode Capture Enum', ['S/PDIF Optical', 'S/PDIF RCA'], 1),
];
/** Vocaster Two: no digital port; a sync status, gains and mutes. */
export const VOCASTER: TestControl[] = [
  choice('Sync Status', ['Unlocked', 'Locked'], 1),
  bool('Line In 1 Phantom Power Capture Switch', true, { iface: 'MIXER' }),
  bool('Line In 1 Mute Capture Switch', false, { iface: 'MIXER' }),
  { name: 'Line In 1 Gain Capture Volume', type: 'INTEGER', min: 0, max: 70, step: 1, values: [41] },
  bool('Line In 2 Phantom Power Capture Switch', false, { iface: 'MIXER' }),
];
/** miniDSP: a generic selector and validity under its vendor's number. */
export const MINIDSP: TestControl[] = [
  choice('miniDSP Clock Selector Clock Source', ['Internal', 'S/PDIF'], 1),
  bool('S/PDIF Clock Validity', true),
];
