/** Changes to a patch sheet that is being edited: what a new row is filled with, so that little has to be typed. Pure. */
import type { Connector, PatchExpander, PatchInput, PatchPort, PatchSheet } from '../../guide/patchSheet.ts';
import type { Snapshot } from '../../monitor/snapshot.ts';

/** What `GET /api/guide/expanders` tells, as far as a sheet needs it. */
export interface GuideTables {
  readonly expanders: readonly {
    readonly id: string;
    readonly maker: string;
    readonly name: string;
    readonly inputs: number;
    readonly adatIns: number;
  }[];
  readonly interfaces: readonly InterfaceFacts[];
}

export interface InterfaceFacts {
  readonly id: string;
  readonly name: string;
  readonly usbIds: readonly string[];
  readonly analogueInputs: number;
  readonly inputs: readonly { first: number; last: number; connector: string; kinds: readonly string[] }[];
  readonly phantomGroups: readonly (readonly number[])[];
  readonly ports: Readonly<Record<'x1' | 'x2' | 'x4', readonly PortFacts[]>>;
}

interface PortFacts {
  readonly id: string;
  readonly name: string;
  readonly kind: string;
  readonly first: number;
  readonly last: number;
}

const MAX_CHANNEL = 64;
const MAX_PORTS = 8;
const RATES_HZ = [44100, 48000, 88200, 96000, 176400, 192000] as const;

/** The interface of a sheet in the tables, by id or USB id. */
export function factsOf(sheet: PatchSheet, tables: GuideTables): InterfaceFacts | null {
  const { model } = sheet.interface;
  if (model === null) return null;
  return tables.interfaces.find(({ id, usbIds }) => id === model || usbIds.includes(model)) ?? null;
}

/** Digital ports at the sheet's rate as the table has them; what the user set on a port of that id stays. */
export function portsFrom(facts: InterfaceFacts, rateHz: number, before: readonly PatchPort[]): PatchPort[] {
  const range = rateHz <= 48000 ? 'x1' : rateHz <= 96000 ? 'x2' : 'x4';
  return facts.ports[range].slice(0, MAX_PORTS).map(({ id, name, kind, first, last }) => {
    const kept = before.find((port) => port.id === id);
    const spdif = kind === 'spdif';
    return {
      id,
      name: name.slice(0, 16),
      connector: kept?.connector ?? (spdif ? 'coax' : 'optical'),
      mode: kept?.mode ?? (spdif ? 'spdif' : 'adat'),
      first,
      last,
    };
  });
}

/** A sheet to begin with: the interface that is captured now, and the boxes that its banks name. */
export function firstSheet(snapshot: Snapshot | null, tables: GuideTables): PatchSheet {
  const capture = snapshot?.capture;
  const name = capture?.name ?? '';
  const plain = (text: string) => text.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
  const facts =
    tables.interfaces.find((known) => name !== '' && plain(known.name) === plain(name)) ??
    tables.interfaces.find((known) => name !== '' && plain(known.name).startsWith(plain(name))) ??
    null;
  const digital = (snapshot?.banks ?? []).filter(({ kind }) => kind === 'adat' || kind === 'spdif');
  const rateHz = RATES_HZ.find((hz) => hz === capture?.rateHz) ?? 48000;
  const ports: PatchPort[] =
    facts !== null
      ? portsFrom(facts, rateHz, [])
      : digital.slice(0, MAX_PORTS).map((bank) => ({
          id: bank.id,
          name: bank.name.slice(0, 16),
          connector: bank.kind === 'spdif' ? ('coax' as const) : ('optical' as const),
          mode: bank.kind === 'spdif' ? ('spdif' as const) : ('adat' as const),
          first: bank.first,
          last: bank.last,
        }));
  const sheet: PatchSheet = {
    title: '',
    rateHz,
    interface: {
      name: name.slice(0, 48),
      model: facts?.id ?? null,
      analogueInputs: null,
      clock: 'internal',
      clockPort: null,
      wordClockFrom: null,
      ports,
    },
    expanders: [],
    inputs: [],
    monitors: [],
    headphones: [],
  };
  for (const bank of digital) {
    if (bank.box === null || bank.kind !== 'adat') continue;
    const port = ports.find(({ id }) => id === bank.id);
    sheet.expanders.push(newExpander(sheet, bank.box, port === undefined ? [] : [port.id]));
  }
  return sheet;
}

/** A box that nobody has looked at yet: the check asks for its clock. */
export function newExpander(sheet: PatchSheet, name: string, fibres: readonly string[]): PatchExpander {
  const stem =
    name
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '-')
      .replaceAll(/^-|-$/g, '')
      .slice(0, 20) || 'box';
  let id = stem;
  const taken = (wanted: string) =>
    wanted === 'interface' || wanted === 'house' || sheet.expanders.some((e) => e.id === wanted);
  for (let number = 2; taken(id); number++) id = `${stem}-${number}`;
  return {
    id,
    name: name.slice(0, 24),
    model: null,
    clock: 'unknown',
    fibres: [...fibres],
    returnFibre: false,
    wordClockFrom: null,
  };
}

/** First ADAT port that no box is plugged into, or null. */
export function freePort(sheet: PatchSheet): PatchPort | null {
  const used = new Set(sheet.expanders.flatMap(({ fibres }) => fibres));
  return sheet.interface.ports.find((port) => port.mode === 'adat' && !used.has(port.id)) ?? null;
}

/** Inputs of a box that no row uses yet, in order, with the capture channel that each arrives on. */
export function freeInputs(sheet: PatchSheet, tables: GuideTables, box: string): { input: number; channel: number }[] {
  const used = new Set(
    sheet.inputs.filter((input) => input.box === box && !isDigital(input.connector)).map(({ input }) => input),
  );
  const channels = new Set(sheet.inputs.map(({ channel }) => channel));
  return allInputs(sheet, tables, box).filter(({ input, channel }) => !used.has(input) && !channels.has(channel));
}

function allInputs(sheet: PatchSheet, tables: GuideTables, box: string): { input: number; channel: number }[] {
  if (box === 'interface') {
    const count = sheet.interface.analogueInputs ?? factsOf(sheet, tables)?.analogueInputs ?? 8;
    return Array.from({ length: count }, (_, i) => ({ input: i + 1, channel: i + 1 }));
  }
  const expander = sheet.expanders.find(({ id }) => id === box);
  const model = tables.expanders.find(({ id }) => id === expander?.model);
  const channels = (expander?.fibres ?? []).flatMap((fibre) => {
    const port = sheet.interface.ports.find(({ id }) => id === fibre);
    return port === undefined ? [] : Array.from({ length: port.last - port.first + 1 }, (_, i) => port.first + i);
  });
  return channels.slice(0, model?.inputs ?? channels.length).map((channel, i) => ({ input: i + 1, channel }));
}

export function isDigital(connector: Connector): boolean {
  return connector === 'adat' || connector === 'spdifCoax' || connector === 'spdifOptical' || connector === 'loopback';
}

/** 48 V group of an input of the interface as the table has it (`1-4`), or null. */
function groupOf(facts: InterfaceFacts | null, input: number): string | null {
  const group = facts?.phantomGroups.find(([first = 0, last = 0]) => input >= first && input <= last);
  return group === undefined ? null : `${group[0]}-${group[1]}`;
}

/** A row for a socket: its connector and 48 V group as the tables know them, a dynamic microphone on it. */
export function newInput(
  sheet: PatchSheet,
  tables: GuideTables,
  box: string,
  at: { readonly input: number; readonly channel: number },
  name: string,
): PatchInput {
  const facts = box === 'interface' ? factsOf(sheet, tables) : null;
  const run = facts?.inputs.find(({ first, last }) => at.input >= first && at.input <= last);
  const connector = (run?.connector ?? 'combo') as Connector;
  const mic = connector === 'xlr' || connector === 'combo';
  return {
    channel: at.channel,
    name: name.slice(0, 16),
    box,
    input: at.input,
    port: null,
    connector,
    source: mic ? 'dynamic' : connector === 'hiz' ? 'instrumentPassive' : 'synth',
    mode: null,
    inputLevel: null,
    sourceLevel: null,
    phantom: false,
    phantomGroup: mic ? groupOf(facts, at.input) : null,
    pad: false,
    plug: null,
    cable: { balanced: mic, length: 0, unit: 'm' },
    replug: false,
  };
}

/** The next free socket: on the box of the last row if it has one, else on any. null: all are taken. */
export function nextSocket(
  sheet: PatchSheet,
  tables: GuideTables,
): { box: string; input: number; channel: number } | null {
  const last = sheet.inputs.at(-1)?.box ?? 'interface';
  const boxes = [last, 'interface', ...sheet.expanders.map(({ id }) => id)];
  for (const box of boxes) {
    const free = freeInputs(sheet, tables, box)[0];
    if (free !== undefined) return { box, ...free };
  }
  const channel = Math.max(0, ...sheet.inputs.map((input) => input.channel)) + 1;
  return channel > MAX_CHANNEL ? null : { box: 'interface', input: channel, channel };
}

/** The same again on the next free socket: three toms are typed once. `Tom 1` becomes `Tom 2`. null: no socket left. */
export function sameAgain(sheet: PatchSheet, tables: GuideTables, input: PatchInput): PatchInput | null {
  const free =
    freeInputs(sheet, tables, input.box).find((one) => one.input > input.input) ??
    freeInputs(sheet, tables, input.box)[0] ??
    nextSocket(sheet, tables);
  if (free === null || free === undefined) return null;
  const box = 'box' in free ? (free as { box: string }).box : input.box;
  const socket = newInput(sheet, tables, box, free, nextName(input.name));
  return {
    ...structuredClone(input),
    channel: free.channel,
    input: free.input,
    box,
    name: socket.name,
    phantomGroup: socket.phantomGroup,
    replug: false,
  };
}

function nextName(name: string): string {
  const numbered = /^(.*?)(\d+)$/.exec(name);
  if (numbered !== null) return `${numbered[1]}${Number(numbered[2]) + 1}`.slice(0, 16);
  if (/ L$/.test(name)) return `${name.slice(0, -1)}R`;
  return name === '' ? '' : `${name.slice(0, 14)} 2`;
}

/** Rows in the order of their channels. */
export function inOrder(inputs: readonly PatchInput[]): PatchInput[] {
  return [...inputs].sort((a, b) => a.channel - b.channel);
}
