/**
 * What known interfaces have besides their capture channels: sockets, 48 V groups, output pairs, clock sockets. Data.
 *
 * The channel map (which capture channel belongs to which port, at each range of rates) is not repeated here: it comes
 * from the table of interfaces in src/device/interfaces, joined by USB id, else by name. One that is not in that table
 * has analogue inputs only.
 */
import type { InterfaceMap, PortMap } from '../device/interfaces/interfaceMap.ts';
import { adatChannels, rateClass } from './patchSheet.ts';

export type InputKind = 'mic' | 'line' | 'inst';

/** A run of like inputs, 1-based, in the order of the capture channels. */
export interface AnalogueInputs {
  readonly first: number;
  readonly last: number;
  readonly connector: 'combo' | 'xlr' | 'trs' | 'hiz';
  readonly kinds: readonly InputKind[];
}

/** A stereo pair of outputs that carries one mix: its line sockets and its headphone sockets hear the same. */
export interface OutputFeed {
  /** Output numbers as printed, left and right. */
  readonly outputs: readonly [number, number];
  /** Line sockets of the pair; null: headphones only. */
  readonly line: 'trs' | 'xlr' | 'rca' | null;
  /** Headphone sockets on this pair. */
  readonly phones: number;
}

export interface InterfaceAbility {
  readonly id: string;
  readonly name: string;
  /** `vvvv:pppp`, lower-case hex; empty where not known. */
  readonly usbIds: readonly string[];
  readonly inputs: readonly AnalogueInputs[];
  /** Inputs under one 48 V switch, first and last; inputs not named have a switch of their own, or no 48 V. */
  readonly phantomGroups: readonly (readonly [number, number])[];
  readonly feeds: readonly OutputFeed[];
  /** ADAT outputs: each can carry the clock back to one expander. */
  readonly adatOuts: number;
  readonly wordClockIn: boolean;
  readonly wordClockOut: boolean;
  readonly maxRateHz: 96000 | 192000;
  /** Where its clock source is chosen, in its own words. */
  readonly clockMenu: string;
  /** true: sockets and pairs read in a driver or manual; false: common knowledge. */
  readonly verified: boolean;
  readonly source: string;
}

const micLineInst: readonly InputKind[] = ['mic', 'line', 'inst'];
const micLine: readonly InputKind[] = ['mic', 'line'];
const line: readonly InputKind[] = ['line'];
const focusriteControl = 'Focusrite Control, Clock Source';
const kernel = 'Linux driver mixer_scarlett2.c: port counts, level and 48 V switches, output names';

const feed = (left: number, sockets: OutputFeed['line'], phones = 0): OutputFeed => ({
  outputs: [left, left + 1],
  line: sockets,
  phones,
});

/** 18i20 and Clarett 8Pre: ten outputs, phones on 7-8 and 9-10, which have line sockets too. */
const tenOuts = [feed(1, 'trs'), feed(3, 'trs'), feed(5, 'trs'), feed(7, 'trs', 1), feed(9, 'trs', 1)];
const eightCombos: readonly AnalogueInputs[] = [
  { first: 1, last: 2, connector: 'combo', kinds: micLineInst },
  { first: 3, last: 8, connector: 'combo', kinds: micLine },
];
const fourCombosFourLines: readonly AnalogueInputs[] = [
  { first: 1, last: 2, connector: 'combo', kinds: micLineInst },
  { first: 3, last: 4, connector: 'combo', kinds: micLine },
  { first: 5, last: 8, connector: 'trs', kinds: line },
];
const twoGroupsOfFour = [
  [1, 4],
  [5, 8],
] as const;

export const ABILITIES: readonly InterfaceAbility[] = [
  {
    id: 'scarlett-solo-gen3',
    name: 'Scarlett Solo (3rd Gen)',
    usbIds: ['1235:8211'],
    inputs: [
      { first: 1, last: 1, connector: 'xlr', kinds: ['mic'] },
      { first: 2, last: 2, connector: 'trs', kinds: ['line', 'inst'] },
    ],
    phantomGroups: [],
    feeds: [feed(1, 'trs', 1)],
    adatOuts: 0,
    wordClockIn: false,
    wordClockOut: false,
    maxRateHz: 192000,
    clockMenu: 'internal only',
    verified: true,
    source: `${kernel}; sockets from memory`,
  },
  {
    id: 'scarlett-2i2-gen3',
    name: 'Scarlett 2i2 (3rd Gen)',
    usbIds: ['1235:8210'],
    inputs: [{ first: 1, last: 2, connector: 'combo', kinds: micLineInst }],
    phantomGroups: [[1, 2]],
    feeds: [feed(1, 'trs', 1)],
    adatOuts: 0,
    wordClockIn: false,
    wordClockOut: false,
    maxRateHz: 192000,
    clockMenu: 'internal only',
    verified: true,
    source: kernel,
  },
  {
    id: 'scarlett-4i4-gen3',
    name: 'Scarlett 4i4 (3rd Gen)',
    usbIds: ['1235:8212'],
    inputs: [
      { first: 1, last: 2, connector: 'combo', kinds: micLineInst },
      { first: 3, last: 4, connector: 'trs', kinds: line },
    ],
    phantomGroups: [[1, 2]],
    feeds: [feed(1, 'trs'), feed(3, 'trs', 1)],
    adatOuts: 0,
    wordClockIn: false,
    wordClockOut: false,
    maxRateHz: 192000,
    clockMenu: 'internal only',
    verified: true,
    source: kernel,
  },
  {
    id: 'scarlett-18i8-gen2',
    name: 'Scarlett 18i8 (2nd Gen)',
    usbIds: ['1235:8204'],
    inputs: fourCombosFourLines,
    phantomGroups: [
      [1, 2],
      [3, 4],
    ],
    feeds: [feed(1, 'trs'), feed(3, null, 1), feed(5, null, 1)],
    adatOuts: 0,
    wordClockIn: false,
    wordClockOut: false,
    maxRateHz: 192000,
    clockMenu: focusriteControl,
    verified: true,
    source: `${kernel}; 48 V groups from memory`,
  },
  {
    id: 'scarlett-18i8-gen3',
    name: 'Scarlett 18i8 (3rd Gen)',
    usbIds: ['1235:8214'],
    inputs: fourCombosFourLines,
    phantomGroups: [
      [1, 2],
      [3, 4],
    ],
    feeds: [feed(1, 'trs'), feed(3, 'trs'), feed(5, null, 1), feed(7, null, 1)],
    adatOuts: 0,
    wordClockIn: false,
    wordClockOut: false,
    maxRateHz: 192000,
    clockMenu: focusriteControl,
    verified: true,
    source: kernel,
  },
  {
    id: 'scarlett-18i20-gen1',
    name: 'Scarlett 18i20 (1st Gen)',
    usbIds: ['1235:800c'],
    inputs: eightCombos,
    phantomGroups: twoGroupsOfFour,
    feeds: tenOuts,
    adatOuts: 1,
    wordClockIn: false,
    wordClockOut: true,
    maxRateHz: 96000,
    clockMenu: 'Scarlett MixControl, Sync Source',
    verified: false,
    source: 'from memory',
  },
  {
    id: 'scarlett-18i20-gen2',
    name: 'Scarlett 18i20 (2nd Gen)',
    usbIds: ['1235:8201'],
    inputs: eightCombos,
    phantomGroups: twoGroupsOfFour,
    feeds: tenOuts,
    adatOuts: 1,
    wordClockIn: false,
    wordClockOut: true,
    maxRateHz: 192000,
    clockMenu: focusriteControl,
    verified: true,
    source: `${kernel}; word clock out and ADAT use from the 18i20 (2nd Gen) User Guide; 48 V groups from memory`,
  },
  {
    id: 'scarlett-18i20-gen3',
    name: 'Scarlett 18i20 (3rd Gen)',
    usbIds: ['1235:8215'],
    inputs: eightCombos,
    phantomGroups: twoGroupsOfFour,
    feeds: tenOuts,
    adatOuts: 1,
    wordClockIn: false,
    wordClockOut: true,
    maxRateHz: 192000,
    clockMenu: focusriteControl,
    verified: true,
    source: `${kernel}; word clock out from memory; one ADAT OUT counted, a second socket may exist`,
  },
  {
    id: 'scarlett-18i20-gen4',
    name: 'Scarlett 18i20 (4th Gen)',
    usbIds: ['1235:821d'],
    inputs: eightCombos,
    phantomGroups: [],
    feeds: tenOuts,
    adatOuts: 2,
    wordClockIn: false,
    wordClockOut: true,
    maxRateHz: 192000,
    clockMenu: 'Focusrite Control 2, Clock Source',
    verified: false,
    source: "Focusrite's support page on two ADAT preamps for the ADAT ports and word clock; the rest from memory",
  },
  {
    id: 'scarlett-18i16-gen4',
    name: 'Scarlett 18i16 (4th Gen)',
    usbIds: ['1235:821c'],
    inputs: fourCombosFourLines,
    phantomGroups: [],
    feeds: [feed(1, 'trs'), feed(3, 'trs'), feed(5, null, 1), feed(7, null, 1)],
    adatOuts: 1,
    wordClockIn: false,
    wordClockOut: false,
    maxRateHz: 192000,
    clockMenu: 'Focusrite Control 2, Clock Source',
    verified: false,
    source: 'from memory',
  },
  {
    id: 'scarlett-16i16-gen4',
    name: 'Scarlett 16i16 (4th Gen)',
    usbIds: ['1235:821b'],
    inputs: [
      { first: 1, last: 2, connector: 'combo', kinds: micLineInst },
      { first: 3, last: 6, connector: 'trs', kinds: line },
    ],
    phantomGroups: [],
    feeds: [feed(1, 'trs'), feed(3, 'trs'), feed(5, null, 1)],
    adatOuts: 1,
    wordClockIn: false,
    wordClockOut: false,
    maxRateHz: 192000,
    clockMenu: 'Focusrite Control 2, Clock Source',
    verified: false,
    source: 'from memory',
  },
  {
    id: 'clarett-2pre',
    name: 'Clarett 2Pre USB, Clarett+ 2Pre',
    usbIds: ['1235:8206', '1235:820a'],
    inputs: [{ first: 1, last: 2, connector: 'combo', kinds: micLineInst }],
    phantomGroups: [[1, 2]],
    feeds: [feed(1, 'trs'), feed(3, 'trs', 1)],
    adatOuts: 0,
    wordClockIn: false,
    wordClockOut: false,
    maxRateHz: 192000,
    clockMenu: focusriteControl,
    verified: true,
    source: `${kernel}; line sockets of outputs 3-4 from memory`,
  },
  {
    id: 'clarett-4pre',
    name: 'Clarett 4Pre USB, Clarett+ 4Pre',
    usbIds: ['1235:8207', '1235:820b'],
    inputs: fourCombosFourLines,
    phantomGroups: [
      [1, 2],
      [3, 4],
    ],
    feeds: [feed(1, 'trs'), feed(3, 'trs', 1), feed(5, null, 1)],
    adatOuts: 0,
    wordClockIn: false,
    wordClockOut: false,
    maxRateHz: 192000,
    clockMenu: focusriteControl,
    verified: true,
    source: `${kernel}; 48 V groups and line sockets of outputs 3-4 from memory`,
  },
  {
    id: 'clarett-8pre',
    name: 'Clarett 8Pre USB, Clarett+ 8Pre',
    usbIds: ['1235:8208', '1235:820c'],
    inputs: eightCombos,
    phantomGroups: twoGroupsOfFour,
    feeds: tenOuts,
    adatOuts: 1,
    wordClockIn: false,
    wordClockOut: true,
    maxRateHz: 192000,
    clockMenu: focusriteControl,
    verified: true,
    source: `${kernel}; word clock from the Clarett 8Pre User Guide; 48 V groups from memory`,
  },
  {
    id: 'rme-digiface-usb',
    name: 'RME Digiface USB',
    usbIds: ['2a39:3f8c', '2a39:3fa0'],
    inputs: [],
    phantomGroups: [],
    feeds: [feed(1, null, 1)],
    adatOuts: 4,
    wordClockIn: false,
    wordClockOut: false,
    maxRateHz: 192000,
    clockMenu: 'Settings dialogue, Clock Source',
    verified: false,
    source: 'from memory',
  },
  {
    id: 'rme-ucx-ii',
    name: 'RME Fireface UCX II',
    usbIds: ['2a39:3fd9'],
    inputs: [
      { first: 1, last: 2, connector: 'combo', kinds: micLine },
      { first: 3, last: 4, connector: 'hiz', kinds: ['line', 'inst'] },
      { first: 5, last: 8, connector: 'trs', kinds: line },
    ],
    phantomGroups: [],
    feeds: [feed(1, 'trs'), feed(3, 'trs'), feed(5, 'trs'), feed(7, null, 1)],
    adatOuts: 1,
    wordClockIn: true,
    wordClockOut: true,
    maxRateHz: 192000,
    clockMenu: 'SETUP, Clock Source',
    verified: false,
    source: 'from memory',
  },
  {
    id: 'rme-babyface-pro-fs',
    name: 'RME Babyface Pro FS',
    usbIds: ['2a39:3fb0'],
    inputs: [
      { first: 1, last: 2, connector: 'xlr', kinds: ['mic'] },
      { first: 3, last: 4, connector: 'hiz', kinds: ['line', 'inst'] },
    ],
    phantomGroups: [],
    feeds: [feed(1, 'xlr'), feed(3, null, 2)],
    adatOuts: 1,
    wordClockIn: false,
    wordClockOut: false,
    maxRateHz: 192000,
    clockMenu: 'Settings dialogue, Clock Source',
    verified: false,
    source: 'from memory',
  },
  {
    id: 'motu-ultralite-mk5',
    name: 'MOTU UltraLite mk5',
    usbIds: ['07fd:000c'],
    inputs: [
      { first: 1, last: 2, connector: 'combo', kinds: micLineInst },
      { first: 3, last: 8, connector: 'trs', kinds: line },
    ],
    phantomGroups: [],
    feeds: [feed(1, 'trs'), feed(3, 'trs'), feed(5, 'trs'), feed(7, 'trs'), feed(9, 'trs'), feed(11, null, 1)],
    adatOuts: 1,
    wordClockIn: true,
    wordClockOut: true,
    maxRateHz: 192000,
    clockMenu: 'CueMix 5, Clock Source',
    verified: false,
    source: 'from memory',
  },
  {
    id: 'presonus-1824c',
    name: 'PreSonus Studio 1824c',
    usbIds: ['194f:010d'],
    inputs: eightCombos,
    phantomGroups: [[1, 8]],
    feeds: [feed(1, 'trs'), feed(3, 'trs'), feed(5, 'trs', 1), feed(7, 'trs', 1)],
    adatOuts: 1,
    wordClockIn: true,
    wordClockOut: true,
    maxRateHz: 192000,
    clockMenu: 'Universal Control, Clock Source',
    verified: false,
    source: 'from memory',
  },
  {
    id: 'audient-evo-16',
    name: 'Audient EVO 16',
    usbIds: ['2708:000a'],
    inputs: eightCombos,
    phantomGroups: [],
    feeds: [feed(1, 'trs'), feed(3, 'trs'), feed(5, 'trs', 1), feed(7, 'trs', 1)],
    adatOuts: 2,
    wordClockIn: false,
    wordClockOut: true,
    maxRateHz: 96000,
    clockMenu: 'menu, Clock Source',
    verified: false,
    source: 'from memory',
  },
  {
    id: 'audient-id14-mk2',
    name: 'Audient iD14 mkII',
    usbIds: ['2708:0008'],
    inputs: [{ first: 1, last: 2, connector: 'combo', kinds: micLineInst }],
    phantomGroups: [],
    feeds: [feed(1, 'trs'), feed(3, 'trs', 2)],
    adatOuts: 0,
    wordClockIn: false,
    wordClockOut: false,
    maxRateHz: 96000,
    clockMenu: 'iD mixer, Clock Source: Optical',
    verified: false,
    source: 'from memory',
  },
  {
    id: 'behringer-umc1820',
    name: 'Behringer UMC1820',
    usbIds: [],
    inputs: eightCombos,
    phantomGroups: twoGroupsOfFour,
    feeds: [feed(1, 'trs'), feed(3, 'trs', 1), feed(5, 'trs', 1), feed(7, 'trs'), feed(9, 'trs')],
    adatOuts: 1,
    wordClockIn: false,
    wordClockOut: false,
    maxRateHz: 96000,
    clockMenu: 'control panel, Sync Source',
    verified: false,
    source: 'from memory',
  },
];

/** By id, USB id or name; null: not in the table. */
export function interfaceAbility(key: string | null): InterfaceAbility | null {
  if (key === null) return null;
  const wanted = key.toLowerCase();
  return ABILITIES.find((a) => a.id === wanted || a.usbIds.includes(wanted) || a.name.toLowerCase() === wanted) ?? null;
}

/** The map of the interface in the table of src/device/interfaces: by USB id, else by name; null: it has none. */
export function mapOf(ability: InterfaceAbility, maps: readonly InterfaceMap[]): InterfaceMap | null {
  return (
    maps.find((m) => m.usbIds.some((id) => ability.usbIds.includes(id))) ??
    maps.find((m) => m.name.toLowerCase().includes(ability.name.toLowerCase())) ??
    null
  );
}

/** The ports of an interface at a rate, and how far that is known. */
export interface PortsAtRate {
  readonly ports: readonly PortMap[];
  /** `table`: as the table of interfaces says. `derived`: the table has no map at this rate, so it is worked out from 1x and S/MUX. */
  readonly basis: 'table' | 'derived';
  readonly verified: boolean;
}

/**
 * Capture ports at a rate. Where the table has none for that range, ADAT ports shrink to 4 (2x) or 2 (4x) channels and
 * all that follows moves up: marked as derived. Above the interface's highest rate there are none.
 */
export function portsAtRate(ability: InterfaceAbility, maps: readonly InterfaceMap[], rateHz: number): PortsAtRate {
  if (rateHz > ability.maxRateHz) return { ports: [], basis: 'table', verified: ability.verified };
  const map = mapOf(ability, maps);
  if (map === null) {
    const inputs = analogueInputCount(ability);
    const analogue: PortMap[] =
      inputs === 0 ? [] : [{ id: 'analogue', name: 'Analogue', kind: 'analogue', first: 1, last: inputs }];
    return { ports: analogue, basis: 'derived', verified: false };
  }
  const known = map.maps[rateClass(rateHz)];
  if (known !== null) return { ports: known, basis: 'table', verified: map.verified };
  let next = 1;
  const ports: PortMap[] = [];
  for (const port of [...map.maps.x1].sort((a, b) => a.first - b.first)) {
    const width = port.last - port.first + 1;
    const now = port.kind === 'adat' ? Math.min(width, adatChannels(rateHz)) : width;
    ports.push({ ...port, first: next, last: next + now - 1 });
    next += now;
  }
  return { ports, basis: 'derived', verified: false };
}

/** As people in the room call it: 18i20, not Scarlett 18i20 (3rd Gen). */
export function shortName(ability: InterfaceAbility): string {
  const first = ability.name.split(',')[0]!;
  return first
    .replace(/ \(.*\)| USB$/g, '')
    .replace(/^(Scarlett|RME Fireface|RME|MOTU|PreSonus Studio|Audient|Behringer) /, '');
}

export function analogueInputCount(ability: InterfaceAbility): number {
  return ability.inputs.reduce((most, group) => Math.max(most, group.last), 0);
}

/** The run that an input belongs to, or null. */
export function analogueInput(ability: InterfaceAbility, input: number): AnalogueInputs | null {
  return ability.inputs.find((group) => input >= group.first && input <= group.last) ?? null;
}

/** Name of the 48 V group of an input (`1-4`), or null for a switch of its own. */
export function phantomGroupOf(ability: InterfaceAbility, input: number): string | null {
  const group = ability.phantomGroups.find(([first, last]) => input >= first && input <= last);
  return group === undefined ? null : `${group[0]}-${group[1]}`;
}
