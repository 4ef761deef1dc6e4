/**
 * The planner: from a brief to what it needs, what the interface covers, which expanders cover the rest at each rate,
 * and then a rig: channel map, wiring, clock settings, outputs, a patch sheet and a configuration. Pure.
 *
 * Every plan's own patch sheet passes the checks with no alarm, as long as the plan says that it covers the brief.
 */
import { Value } from 'typebox/value';
import { Config } from '../config/schema.ts';
import type { InterfaceMap, PortMap } from '../device/interfaces/interfaceMap.ts';
import { bad, good, type Outcome } from '../fault.ts';
import {
  ABILITIES,
  analogueInputCount,
  type InputKind,
  type InterfaceAbility,
  interfaceAbility,
  mapOf,
  phantomGroupOf,
  portsAtRate,
  shortName,
} from './abilities.ts';
import { assign } from './assign.ts';
import type { Brief, BriefSourceKind } from './brief.ts';
import { checkSheet, type GuideNote } from './checks.ts';
import { EXPANDERS, type ExpanderModel, expanderModel, usefulFibres } from './expanders.ts';
import {
  adatChannels,
  type PatchExpander,
  type PatchInput,
  PatchSheet,
  type RateClass,
  type RateHz,
  rateClass,
  SPDIF_MAX_HZ,
} from './patchSheet.ts';

/** What the brief needs, counted. */
export interface Needs {
  readonly inputs: number;
  /** Microphones and DIs; instruments; line sources; digital channels. They add up to `inputs`. */
  readonly mic: number;
  readonly inst: number;
  readonly line: number;
  readonly digital: number;
  /** Sources that need 48 V. */
  readonly phantom: number;
  readonly growth: number;
  /** Line and headphone outputs: two for each pair of monitors and for each mix of its own. */
  readonly outputs: number;
  readonly monitorPairs: number;
  /** Mixes apart from what the monitors play. */
  readonly headphoneMixes: number;
  readonly listeners: number;
}

/** One channel of the rig. */
export interface PlannedChannel {
  readonly channel: number;
  readonly name: string;
  readonly source: BriefSourceKind;
  /** `interface` or id of an expander. */
  readonly box: string;
  readonly boxName: string;
  /** Input on that box, 1-based; on S/PDIF: 1 or 2. */
  readonly input: number;
  readonly mode: 'mic' | 'line' | 'inst' | 'digital';
  readonly connector: PatchInput['connector'];
  readonly phantom: boolean;
  readonly phantomGroup: string | null;
  /** A DI goes in between: the input is no instrument input. */
  readonly di: boolean;
  readonly port: string | null;
}

export interface PlannedExpander {
  readonly id: string;
  readonly name: string;
  readonly model: ExpanderModel;
  /** true: named under `have`. */
  readonly owned: boolean;
  /** Ports of the interface, in the order of the box's outputs. */
  readonly fibres: readonly string[];
  /** Inputs that reach the interface at this rate. */
  readonly usableInputs: number;
}

export interface PlannedOutput {
  /** Main monitors, A/B monitors 2, Mix Singer. */
  readonly need: string;
  readonly outputs: readonly [number, number] | null;
  readonly socket: 'monitors' | 'phones' | 'amp';
  /** Names of those who listen. */
  readonly listeners: readonly string[];
  /** An external headphone amplifier is needed: no headphone socket on this pair, or fewer than listeners. */
  readonly amp: boolean;
}

export interface Wire {
  readonly from: string;
  readonly to: string;
  readonly cable: string;
}

export interface ClockSetting {
  readonly box: string;
  readonly role: 'master' | 'follows';
  /** Internal, ADAT, Word clock. */
  readonly set: string;
  /** What to press, in the box's own words. */
  readonly how: string;
  /** The words were read in the maker's own papers. */
  readonly verified: boolean;
}

/** How many of a model cover the brief at each range of rates; null: not with this interface. */
export interface ExpanderOption {
  readonly model: string;
  readonly name: string;
  readonly verified: boolean;
  readonly now: Readonly<Record<RateClass, number | null>>;
  readonly withGrowth: Readonly<Record<RateClass, number | null>>;
}

/** What the interface, with the expanders already there, covers at a rate. */
export interface RateCover {
  readonly rateHz: RateHz;
  readonly inputs: number;
  readonly covered: boolean;
  readonly missing: readonly string[];
  /** false: the channel map at this rate is not verified, or worked out from 1x. */
  readonly mapVerified: boolean;
}

export interface Plan {
  readonly brief: Brief;
  readonly interface: {
    readonly id: string;
    readonly name: string;
    readonly usbId: string | null;
    readonly verified: boolean;
  };
  readonly needs: Needs;
  readonly rates: readonly RateCover[];
  readonly options: readonly ExpanderOption[];
  readonly expanders: readonly PlannedExpander[];
  /** true: each source has an input, each mix and pair an output, and the clocks can be set. */
  readonly covered: boolean;
  /** Growth fits too, with at most as many more expanders as there are free ports. */
  readonly growthCovered: boolean;
  /** Sources with no input. */
  readonly uncovered: readonly string[];
  readonly channels: readonly PlannedChannel[];
  readonly outputs: readonly PlannedOutput[];
  readonly wiring: readonly Wire[];
  readonly clock: readonly ClockSetting[];
  /** What to buy or borrow. */
  readonly shopping: readonly string[];
  /** What a person has to know: unverified facts, what falls short and the way out. */
  readonly remarks: readonly string[];
  readonly sheet: PatchSheet;
  readonly notes: readonly GuideNote[];
  /** A configuration for this box, valid against its schema. */
  readonly config: Config;
}

interface Wanted {
  readonly name: string;
  readonly kind: BriefSourceKind | 'growth';
}

interface Slot {
  readonly box: string;
  readonly input: number;
  readonly kinds: readonly (InputKind | 'digital')[];
  readonly connector: PatchInput['connector'];
  /** 48 V switch that it shares with others: unique over all boxes; null: its own, or no 48 V. */
  readonly group: string | null;
  readonly channel: number;
  readonly port: string | null;
}

/** The table of interfaces, and what this plan has found out so far. */
interface Table {
  readonly maps: readonly InterfaceMap[];
  readonly known: Known;
}

interface Rig {
  readonly ability: InterfaceAbility;
  readonly ports: readonly PortMap[];
  readonly verifiedMap: boolean;
  readonly expanders: readonly PlannedExpander[];
  readonly slots: readonly Slot[];
}

const needsPhantom = (kind: Wanted['kind']) => kind === 'condenser' || kind === 'ribbonActive' || kind === 'diActive';

/** Sources one by one: a count of two becomes L and R on line and digital sources, else 1, 2, ... */
export function wantedChannels(brief: Brief): Wanted[] {
  return brief.sources.flatMap(({ name, kind, count }) => {
    if (count === 1) return [{ name, kind }];
    const stereo = count === 2 && (kind === 'synth' || kind.startsWith('line') || kind === 'digital');
    return Array.from({ length: count }, (_, i) => {
      const end = stereo ? (i === 0 ? 'L' : 'R') : String(i + 1);
      return { name: `${name.slice(0, 15 - end.length)} ${end}`, kind };
    });
  });
}

/** Boxes with bare XLR mic inputs take line and instruments on a jack beside them. */
function socketFor(connector: Slot['connector'], mode: PlannedChannel['mode']): Slot['connector'] {
  if (connector !== 'xlr') return connector;
  return mode === 'line' ? 'trs' : mode === 'inst' ? 'hiz' : connector;
}

export function countNeeds(brief: Brief): Needs {
  const wanted = wantedChannels(brief);
  const of = (test: (kind: Wanted['kind']) => boolean) => wanted.filter(({ kind }) => test(kind)).length;
  const inst = of((kind) => kind === 'instrumentPassive' || kind === 'instrumentActive');
  const line = of((kind) => kind === 'synth' || kind === 'linePlus4' || kind === 'lineMinus10');
  const digital = of((kind) => kind === 'digital');
  const mixes = ownMixes(brief).length;
  return {
    inputs: wanted.length,
    mic: wanted.length - inst - line - digital,
    inst,
    line,
    digital,
    phantom: of(needsPhantom),
    growth: brief.growth,
    outputs: 2 * (brief.monitorPairs + mixes),
    monitorPairs: brief.monitorPairs,
    headphoneMixes: mixes,
    listeners: brief.headphones.length,
  };
}

/** Mixes that need a stereo pair of their own, each once. Without monitors the main mix is one of them. */
function ownMixes(brief: Brief): string[] {
  const names = [...new Set(brief.headphones.map(({ mix }) => mix))];
  return brief.monitorPairs > 0 ? names.filter((mix) => mix !== 'main') : names;
}

/**
 * Plans a session. `maps`: the table of interfaces, for the channel map. Faults: `plan-unknown-interface`,
 * `plan-unknown-expander`, `plan-no-interface` (no known interface covers the brief).
 */
export function planSession(brief: Brief, maps: readonly InterfaceMap[]): Outcome<Plan> {
  const table: Table = { maps, known: new Map() };
  const have: ExpanderModel[] = [];
  for (const id of [...brief.have, ...(brief.expander === null ? [] : [brief.expander])]) {
    const model = expanderModel(id);
    if (model === null) {
      return bad('plan-unknown-expander', `No expander "${id}" in the table.`, 'Use an id that docs/planner.md lists.');
    }
    have.push(model);
  }
  if (brief.expander !== null) have.pop();
  let ability: InterfaceAbility | null;
  if (brief.interface === null) {
    ability = chooseInterface(brief, have, table);
    if (ability === null) {
      return bad(
        'plan-no-interface',
        'No interface in the table covers this brief, expanders included.',
        'Split the session, lower the rate, or submix what can share a track.',
      );
    }
  } else {
    ability = interfaceAbility(brief.interface);
    if (ability === null) {
      return bad(
        'plan-unknown-interface',
        `No interface "${brief.interface}" in the table.`,
        'Use an id that docs/planner.md lists, or leave it out and let the planner choose.',
      );
    }
  }
  return good(planWith(brief, ability, have, table));
}

/** Fewest boxes to buy, then room for growth, then the fewest inputs left over. */
function chooseInterface(brief: Brief, have: readonly ExpanderModel[], table: Table): InterfaceAbility | null {
  let best: { ability: InterfaceAbility; rank: readonly number[] } | null = null;
  for (const ability of ABILITIES) {
    if (brief.rateHz > ability.maxRateHz) continue;
    if (!outputsOf(brief, ability).every((output) => output.outputs !== null)) continue;
    const wanted = wantedChannels(brief);
    const extra = bestExtra(brief, ability, have, table, brief.rateHz, wanted);
    if (extra === null) continue;
    const grown = bestExtra(brief, ability, have, table, brief.rateHz, grow(wanted, brief.growth));
    const spare = analogueInputCount(ability) - wanted.length;
    const rank = [extra.length, grown === null ? 1 : 0, outputsOf(brief, ability).filter((o) => o.amp).length, spare];
    if (best === null || less(rank, best.rank)) best = { ability, rank };
  }
  return best?.ability ?? null;
}

function less(a: readonly number[], b: readonly number[]): boolean {
  for (let i = 0; i < a.length; i++) {
    if (a[i]! !== b[i]!) return a[i]! < b[i]!;
  }
  return false;
}

const grow = (wanted: readonly Wanted[], growth: number): Wanted[] => [
  ...wanted,
  ...Array.from({ length: growth }, (_, i): Wanted => ({ name: `Later ${i + 1}`, kind: 'growth' })),
];

interface Box {
  readonly model: ExpanderModel;
  readonly owned: boolean;
}

/**
 * Shares the ADAT ports out: one fibre to each box, then further fibres as far as ports last. Boxes that send nothing at
 * this rate are left out. null: more boxes than ports.
 */
function buildRig(ability: InterfaceAbility, given: readonly Box[], table: Table, rateHz: number): Rig | null {
  const { ports, verified } = portsAtRate(ability, table.maps, rateHz);
  const adat = ports.filter((port) => port.kind === 'adat');
  const boxes = given.filter(({ model }) => usefulFibres(model, rateHz) > 0);
  if (boxes.length > adat.length) return null;
  let spare = adat.length - boxes.length;
  const counts = boxes.map(({ model }) => {
    const further = Math.min(spare, usefulFibres(model, rateHz) - 1);
    spare -= further;
    return 1 + further;
  });
  const free = [...adat];
  const fibresOf = counts.map((count) => free.splice(0, count));
  const perFibre = adatChannels(rateHz);
  const slots: Slot[] = [];
  const analogue = ports.filter((port) => port.kind === 'analogue');
  const channelOf = (input: number): number => {
    let offset = input;
    for (const port of analogue) {
      const width = port.last - port.first + 1;
      if (offset <= width) return port.first + offset - 1;
      offset -= width;
    }
    return 0;
  };
  if (rateHz <= ability.maxRateHz) {
    for (const run of ability.inputs) {
      for (let input = run.first; input <= run.last; input++) {
        const group = phantomGroupOf(ability, input);
        const channel = channelOf(input);
        if (channel === 0) continue;
        slots.push({
          box: 'interface',
          input,
          kinds: run.kinds,
          connector: run.connector,
          group: group === null ? null : `interface ${group}`,
          channel,
          port: null,
        });
      }
    }
  }
  for (const port of ports) {
    if (port.kind !== 'spdif' || rateHz > SPDIF_MAX_HZ) continue;
    for (let i = 0; i < Math.min(2, port.last - port.first + 1); i++) {
      slots.push({
        box: 'interface',
        input: i + 1,
        kinds: ['digital'],
        connector: 'spdifCoax',
        group: null,
        channel: port.first + i,
        port: port.id,
      });
    }
  }
  const expanders = boxes.map(({ model, owned }, i): PlannedExpander => {
    const same = boxes.filter((box) => box.model === model).length > 1;
    const nth = boxes.slice(0, i + 1).filter((box) => box.model === model).length;
    const id = same ? `${model.id.slice(0, 22)}-${nth}` : model.id;
    const name = (same ? `${model.name} ${nth}` : model.name).slice(0, 24);
    let input = 0;
    for (const port of fibresOf[i]!) {
      const width = Math.min(perFibre, port.last - port.first + 1);
      for (let n = 0; n < width && input < model.inputs; n++) {
        input++;
        slots.push({
          box: id,
          input,
          kinds: expanderKinds(model, input),
          connector: model.connector,
          group: expanderGroup(id, model, input),
          channel: port.first + n,
          port: port.id,
        });
      }
    }
    return { id, name, model, owned, fibres: fibresOf[i]!.map((port) => port.id), usableInputs: input };
  });
  return { ability, ports, verifiedMap: verified, expanders, slots };
}

function expanderKinds(model: ExpanderModel, input: number): InputKind[] {
  const kinds: InputKind[] = input <= model.micInputs ? ['mic', 'line'] : ['line'];
  return input <= model.instInputs ? [...kinds, 'inst'] : kinds;
}

function expanderGroup(id: string, model: ExpanderModel, input: number): string | null {
  const size = model.phantomGroupSize;
  if (size <= 1 || input > model.micInputs) return null;
  const first = Math.floor((input - 1) / size) * size + 1;
  return `${id} ${first}-${Math.min(first + size - 1, model.micInputs)}`;
}

/**
 * How far from right a source is on a slot: 0 its own kind of input, 50 works, 200 works through a DI; null: no. Nothing
 * has to be spared for others: the assignment looks at all sources at once.
 */
function fitOf(kind: Wanted['kind'], slot: Slot): { cost: number; mode: PlannedChannel['mode']; di: boolean } | null {
  const has = (wanted: InputKind | 'digital') => slot.kinds.includes(wanted);
  switch (kind) {
    case 'digital':
      return has('digital') ? { cost: 0, mode: 'digital', di: false } : null;
    case 'instrumentPassive':
      if (has('inst')) return { cost: 0, mode: 'inst', di: false };
      return has('mic') ? { cost: 200, mode: 'mic', di: true } : null;
    case 'instrumentActive':
      if (has('inst')) return { cost: 0, mode: 'inst', di: false };
      if (has('line')) return { cost: 50, mode: 'line', di: false };
      return has('mic') ? { cost: 200, mode: 'mic', di: true } : null;
    case 'synth':
    case 'linePlus4':
    case 'lineMinus10':
      return has('line') ? { cost: 0, mode: 'line', di: false } : null;
    case 'dynamic':
    case 'condenser':
    case 'ribbonPassive':
    case 'ribbonActive':
    case 'diActive':
    case 'diPassive':
    case 'growth':
      return has('mic') ? { cost: 0, mode: 'mic', di: false } : null;
  }
}

/**
 * Puts the sources on the slots: as many as possible, each on its own kind, in the order of the brief, passive ribbons never
 * under a 48 V switch that others need on. Answers the slot of each, null for a source with none.
 */
function place(wanted: readonly Wanted[], slots: readonly Slot[]): (Slot | null)[] {
  const groups = [...new Set(slots.flatMap((slot) => (slot.group === null ? [] : [slot.group])))];
  const ribbons = wanted.some(({ kind }) => kind === 'ribbonPassive');
  const powered = wanted.some(({ kind }) => needsPhantom(kind));
  // Switches to leave off: none, any one, any two. Enough for every box with two groups.
  const choices: string[][] = [[]];
  if (ribbons && powered) {
    for (const a of groups) choices.push([a]);
    groups.forEach((a, i) => {
      for (const b of groups.slice(i + 1)) choices.push([a, b]);
    });
  } else if (ribbons) {
    choices.push(groups);
  }
  let best: { placed: (Slot | null)[]; rank: readonly number[] } | null = null;
  for (const off of choices) {
    const costs = wanted.map(({ kind }, row) =>
      slots.map((slot, index) => {
        const fits = fitOf(kind, slot);
        if (fits === null) return null;
        if (fits.mode === 'mic' && slot.group !== null) {
          if (kind === 'ribbonPassive' && !off.includes(slot.group)) return null;
          if (needsPhantom(kind) && off.includes(slot.group)) return null;
        }
        // Squares keep the order: two sources that cross cost more than two that don't.
        return fits.cost * 8192 + (row - index) ** 2;
      }),
    );
    const columns = assign(costs);
    const placed = columns.map((column) => (column === null ? null : slots[column]!));
    const cost = columns.reduce<number>((sum, column, row) => sum + (column === null ? 0 : costs[row]![column]!), 0);
    const rank = [placed.filter((slot) => slot === null).length, cost];
    if (best === null || less(rank, best.rank)) best = { placed, rank };
  }
  return best!.placed;
}

/**
 * Swaps sources where that puts the channels of one source (a stereo pair, the toms) side by side on one box, and costs
 * nothing else: each keeps an input as right for it, and no ribbon comes under a switch that is on.
 */
function keepTogether(brief: Brief, wanted: readonly Wanted[], placed: readonly (Slot | null)[]): (Slot | null)[] {
  const family = brief.sources.flatMap(({ count }, index) => new Array<number>(count).fill(index));
  const now = [...placed];
  const torn = () => {
    let count = 0;
    for (let row = 1; row < now.length; row++) {
      const [a, b] = [now[row - 1], now[row]];
      if (family[row] !== family[row - 1] || !a || !b) continue;
      if (a.box !== b.box || b.input !== a.input + 1) count++;
    }
    return count;
  };
  const harm = () => {
    const on = new Set(wanted.flatMap(({ kind }, row) => (needsPhantom(kind) ? [now[row]?.group ?? null] : [])));
    return wanted.reduce((sum, { kind }, row) => {
      const slot = now[row];
      if (!slot) return sum;
      const ribbon = kind === 'ribbonPassive' && slot.group !== null && on.has(slot.group);
      return sum + (ribbon ? 1e6 : (fitOf(kind, slot)?.cost ?? 1e6));
    }, 0);
  };
  const swap = (a: number, b: number) => {
    const kept = now[a]!;
    now[a] = now[b]!;
    now[b] = kept;
  };
  const allowed = harm();
  for (let rounds = 0, better = torn() > 0; better && rounds < now.length; rounds++) {
    better = false;
    for (let a = 0; a < now.length; a++) {
      for (let b = a + 1; b < now.length; b++) {
        if (now[a] === null || now[b] === null) continue;
        const before = torn();
        swap(a, b);
        if (torn() < before && harm() <= allowed) better = true;
        else swap(a, b);
      }
    }
  }
  return now;
}

/** Answers already worked out in this plan, by the sources and the shape of the inputs: many boxes look alike. */
type Known = Map<string, boolean>;

function coversAll(wanted: readonly Wanted[], rig: Rig | null, known: Known): boolean {
  if (rig === null || wanted.length > rig.slots.length) return false;
  const groups = [...new Set(rig.slots.map(({ group }) => group))];
  const shape = rig.slots.map(({ kinds, group }) => `${kinds.join('')}${group === null ? '' : groups.indexOf(group)}`);
  const key = `${wanted.map(({ kind }) => kind).join()} ${shape.join()}`;
  const before = known.get(key);
  if (before !== undefined) return before;
  const covers = place(wanted, rig.slots).every((slot) => slot !== null);
  known.set(key, covers);
  return covers;
}

/** How many of `model`, on top of those there, cover the sources at this rate; null: no number that has ports does. */
function boxesNeeded(
  ability: InterfaceAbility,
  have: readonly ExpanderModel[],
  model: ExpanderModel,
  table: Table,
  rateHz: number,
  wanted: readonly Wanted[],
): number | null {
  const owned = have.map((one) => ({ model: one, owned: true }));
  for (let count = 0; count <= 4; count++) {
    const added = Array.from({ length: count }, () => ({ model, owned: false }));
    const rig = buildRig(ability, [...owned, ...added], table, rateHz);
    if (rig === null && count > 0) return null;
    if (coversAll(wanted, rig, table.known) && planClock(rig!) !== null) return count;
  }
  return null;
}

/** Can the box be clocked from the interface over fibre? Then no other cable is needed. */
const followsOverFibre = (ability: InterfaceAbility, model: ExpanderModel) =>
  model.adatIns > 0 && ability.adatOuts > 0 && model.setSync.adat !== undefined;

/** The best models to add, or null where none covers. An empty list: what is there suffices. */
function bestExtra(
  brief: Brief,
  ability: InterfaceAbility,
  have: readonly ExpanderModel[],
  table: Table,
  rateHz: number,
  wanted: readonly Wanted[],
): ExpanderModel[] | null {
  let best: { models: ExpanderModel[]; rank: readonly number[] } | null = null;
  const models = brief.expander === null ? EXPANDERS : EXPANDERS.filter((model) => model.id === brief.expander);
  for (const model of models) {
    const count = boxesNeeded(ability, have, model, table, rateHz, wanted);
    if (count === 0) return [];
    if (count === null) continue;
    const known = (model.verified.ports ? 0 : 1) + (model.verified.sync ? 0 : 1);
    const rank = [count, followsOverFibre(ability, model) ? 0 : 1, known];
    if (best === null || less(rank, best.rank)) best = { models: new Array(count).fill(model), rank };
  }
  return best?.models ?? null;
}

/** Where each box's clock comes from. `over`: the cable that carries it. */
interface ClockPlan {
  readonly interface: 'internal' | { readonly port: string; readonly from: string };
  readonly expanders: readonly { readonly id: string; readonly clock: 'internal' | 'adat' | 'wordClock' }[];
  /** Box that sends word clock. */
  readonly wordClockFrom: string | null;
}

/**
 * The interface is master where every expander can hear it: over fibre first, over word clock for the rest of several.
 * One expander that can't hear it over fibre becomes the master itself: it never takes word clock. null: can't be done.
 */
function planClock(rig: Rig): ClockPlan | null {
  const { ability, expanders } = rig;
  let outs = ability.adatOuts;
  const overFibre = new Set<string>();
  for (const { id, model } of expanders) {
    if (outs > 0 && followsOverFibre(ability, model)) {
      overFibre.add(id);
      outs--;
    }
  }
  const rest = expanders.filter(({ id }) => !overFibre.has(id));
  const followers = (master: string | null) =>
    expanders.map(({ id }) => ({
      id,
      clock: id === master ? ('internal' as const) : overFibre.has(id) ? ('adat' as const) : ('wordClock' as const),
    }));
  if (rest.length === 0) return { interface: 'internal', expanders: followers(null), wordClockFrom: null };
  if (expanders.length > 1 && ability.wordClockOut && rest.every(({ model }) => model.wordClockIn)) {
    return { interface: 'internal', expanders: followers(null), wordClockFrom: 'interface' };
  }
  // One of the rest is master; the interface follows it over its fibre and passes the clock on.
  for (const master of rest) {
    const port = master.fibres[0];
    if (port === undefined || master.model.setSync.internal === undefined) continue;
    const others = rest.filter((expander) => expander !== master);
    if (others.length === 0) {
      return { interface: { port, from: master.id }, expanders: followers(master.id), wordClockFrom: null };
    }
    if (!others.every(({ model }) => model.wordClockIn)) continue;
    const sender = ability.wordClockOut ? 'interface' : master.model.wordClockOut ? master.id : null;
    if (sender === null) continue;
    return { interface: { port, from: master.id }, expanders: followers(master.id), wordClockFrom: sender };
  }
  return null;
}

/** Monitors and mixes on the output pairs: each pair carries one mix. */
function outputsOf(brief: Brief, ability: InterfaceAbility): PlannedOutput[] {
  const listenersTo = (mix: string) => brief.headphones.filter((one) => one.mix === mix).map(({ name }) => name);
  const monitors = Array.from({ length: brief.monitorPairs }, (_, i) => ({
    need: i === 0 ? 'Main monitors' : `Monitors ${i + 1}`,
    monitors: true,
    listeners: i === 0 ? listenersTo('main') : [],
  }));
  const mixes = ownMixes(brief).map((mix) => ({ need: `Mix ${mix}`, monitors: false, listeners: listenersTo(mix) }));
  const needs = [...monitors, ...mixes];
  const columns = assign(
    needs.map(({ monitors: isMonitors, listeners }) =>
      ability.feeds.map((feed, index) => {
        if (isMonitors) {
          if (feed.line === null) return null;
          // The main pair is best where those who hear the main mix can plug in, else where no headphone socket is lost.
          const misses = listeners.length > 0 ? (feed.phones > 0 ? 0 : 4) : feed.phones > 0 ? 2 : 0;
          return misses * 64 + index;
        }
        if (feed.phones > 0) return (feed.line === null ? 0 : 1) * 64 + index;
        return feed.line === null ? null : 100 * 64 + index;
      }),
    ),
  );
  return needs.map(({ need, monitors: isMonitors, listeners }, row): PlannedOutput => {
    const column = columns[row] ?? null;
    const feed = column === null ? null : ability.feeds[column]!;
    const phones = feed?.phones ?? 0;
    const amp = listeners.length > phones;
    return {
      need,
      outputs: feed?.outputs ?? null,
      socket: isMonitors ? 'monitors' : phones > 0 ? 'phones' : 'amp',
      listeners,
      amp,
    };
  });
}

function planWith(brief: Brief, ability: InterfaceAbility, have: readonly ExpanderModel[], table: Table): Plan {
  const wanted = wantedChannels(brief);
  const grown = grow(wanted, brief.growth);
  const rateHz = brief.rateHz;
  const owned = have.map((model) => ({ model, owned: true }));
  const extra = bestExtra(brief, ability, have, table, rateHz, wanted);
  const boxes = [
    ...owned,
    ...(extra ?? mostUseful(brief, ability, have, table, wanted)).map((model) => ({ model, owned: false })),
  ];
  // With more boxes owned than ports, the first ones are plugged.
  let rig = buildRig(ability, boxes, table, rateHz);
  for (let keep = boxes.length - 1; rig === null; keep--) rig = buildRig(ability, boxes.slice(0, keep), table, rateHz);

  const placed = keepTogether(brief, wanted, place(wanted, rig.slots));
  const uncovered = wanted.flatMap((one, i) => (placed[i] === null ? [one.name] : []));
  const phantomGroups = new Set(
    wanted.flatMap(({ kind }, i) => {
      const group = placed[i]?.group ?? null;
      return needsPhantom(kind) && group !== null ? [group] : [];
    }),
  );
  const nameOf = (box: string) => rig.expanders.find(({ id }) => id === box)?.name ?? shortName(ability);
  const channels = wanted
    .flatMap(({ name, kind }, i): PlannedChannel[] => {
      const slot = placed[i];
      if (slot === undefined || slot === null || kind === 'growth') return [];
      const fits = fitOf(kind, slot)!;
      const active = needsPhantom(kind);
      return [
        {
          channel: slot.channel,
          name,
          source: kind,
          box: slot.box,
          boxName: nameOf(slot.box),
          input: slot.input,
          mode: fits.mode,
          connector: socketFor(slot.connector, fits.mode),
          phantom: fits.mode === 'mic' && (active || (slot.group !== null && phantomGroups.has(slot.group))),
          phantomGroup: fits.mode === 'mic' && slot.group !== null ? slot.group.slice(slot.box.length + 1) : null,
          di: fits.di,
          port: slot.port,
        },
      ];
    })
    .sort((a, b) => a.channel - b.channel);

  const clockPlan = planClock(rig);
  const outputs = [...outputsOf(brief, ability)].sort((a, b) => (a.outputs?.[0] ?? 99) - (b.outputs?.[0] ?? 99));
  const sheet = makeSheet(brief, rig, channels, clockPlan, outputs);
  const notes = checkSheet(sheet);
  const options = expanderOptions(brief, ability, have, table, wanted, grown);
  const grownExtra = bestExtra(brief, ability, have, table, rateHz, grown);
  const map = mapOf(ability, table.maps);
  const outputsShort = outputs.filter((output) => output.outputs === null);
  const plan = {
    brief,
    interface: {
      id: ability.id,
      name: ability.name,
      usbId: ability.usbIds[0] ?? null,
      verified: ability.verified && (map?.verified ?? false),
    },
    needs: countNeeds(brief),
    rates: rateCovers(ability, have, table, rateHz, wanted),
    options,
    expanders: rig.expanders,
    covered: uncovered.length === 0 && outputsShort.length === 0 && clockPlan !== null,
    growthCovered: grownExtra !== null,
    uncovered,
    channels,
    outputs,
    wiring: wiringOf(rig, channels, clockPlan, outputs),
    clock: clockPlan === null ? [] : clockSettings(rig, clockPlan),
    sheet,
    notes,
    config: makeConfig(brief, rig, channels, sheet),
  };
  return { ...plan, shopping: shoppingOf(plan), remarks: remarksOf(plan, rig, have, clockPlan) };
}

/** Where nothing covers: the model of which one more box serves most sources. */
function mostUseful(
  brief: Brief,
  ability: InterfaceAbility,
  have: readonly ExpanderModel[],
  table: Table,
  wanted: readonly Wanted[],
): ExpanderModel[] {
  const owned = have.map((model) => ({ model, owned: true }));
  const served = (rig: Rig | null) =>
    rig === null ? -1 : place(wanted, rig.slots).filter((slot) => slot !== null).length;
  let best: { models: ExpanderModel[]; count: number } = {
    models: [],
    count: served(buildRig(ability, owned, table, brief.rateHz)),
  };
  for (const model of brief.expander === null ? EXPANDERS : EXPANDERS.filter(({ id }) => id === brief.expander)) {
    for (let count = 1; count <= 4; count++) {
      const models: ExpanderModel[] = new Array(count).fill(model);
      const rig = buildRig(
        ability,
        [...owned, ...models.map((one) => ({ model: one, owned: false }))],
        table,
        brief.rateHz,
      );
      if (rig === null || planClock(rig) === null) break;
      const now = served(rig);
      if (now > best.count) best = { models, count: now };
    }
  }
  return best.models;
}

function rateFamily(rateHz: RateHz): readonly RateHz[] {
  return rateHz % 44100 === 0 ? [44100, 88200, 176400] : [48000, 96000, 192000];
}

function rateCovers(
  ability: InterfaceAbility,
  have: readonly ExpanderModel[],
  table: Table,
  rateHz: RateHz,
  wanted: readonly Wanted[],
): RateCover[] {
  return rateFamily(rateHz).map((rate): RateCover => {
    let boxes = have.map((model) => ({ model, owned: true }));
    let rig = buildRig(ability, boxes, table, rate);
    while (rig === null) {
      boxes = boxes.slice(0, -1);
      rig = buildRig(ability, boxes, table, rate);
    }
    const placed = place(wanted, rig.slots);
    const missing = wanted.flatMap((one, i) => (placed[i] === null ? [one.name] : []));
    return {
      rateHz: rate,
      inputs: rig.slots.length,
      covered: missing.length === 0,
      missing,
      mapVerified: rig.verifiedMap,
    };
  });
}

function expanderOptions(
  brief: Brief,
  ability: InterfaceAbility,
  have: readonly ExpanderModel[],
  table: Table,
  wanted: readonly Wanted[],
  grown: readonly Wanted[],
): ExpanderOption[] {
  const [x1, x2, x4] = rateFamily(brief.rateHz);
  return EXPANDERS.map((model): ExpanderOption => {
    const at = (rows: readonly Wanted[]) => ({
      x1: boxesNeeded(ability, have, model, table, x1!, rows),
      x2: boxesNeeded(ability, have, model, table, x2!, rows),
      x4: boxesNeeded(ability, have, model, table, x4!, rows),
    });
    const now = at(wanted);
    return {
      model: model.id,
      name: `${model.maker} ${model.name}`,
      verified: model.verified.ports && model.verified.sync,
      now,
      withGrowth: brief.growth === 0 ? now : at(grown),
    };
  });
}

const isDi = (kind: BriefSourceKind) => kind === 'diActive' || kind === 'diPassive';

function inputCable(channel: PlannedChannel): string {
  if (channel.mode === 'digital') return 'S/PDIF, 75 ohm RCA';
  if (channel.di) return 'TS to a DI, XLR from there';
  if (channel.mode === 'inst') return 'TS instrument cable';
  if (channel.mode === 'line') {
    return channel.source === 'lineMinus10' ? 'TS (RCA or jack at the source)' : 'balanced TRS';
  }
  return isDi(channel.source) ? 'XLR from the DI' : 'XLR';
}

function wiringOf(
  rig: Rig,
  channels: readonly PlannedChannel[],
  clock: ClockPlan | null,
  outputs: readonly PlannedOutput[],
): Wire[] {
  const portName = (id: string) => rig.ports.find((port) => port.id === id)?.name ?? id;
  const wires: Wire[] = channels.map((channel) => ({
    from: channel.name,
    to:
      channel.mode === 'digital'
        ? `${channel.boxName} ${portName(channel.port ?? '')} channel ${channel.input}`
        : `${channel.boxName} input ${channel.input}`,
    cable: inputCable(channel),
  }));
  let returnOut = 0;
  for (const expander of rig.expanders) {
    expander.fibres.forEach((port, i) => {
      wires.push({
        from: `${expander.name} ADAT OUT${expander.model.adatOuts > 1 ? ` ${i + 1}` : ''}`,
        to: `${shortName(rig.ability)} ${portName(port)} IN`,
        cable: 'optical fibre (TOSLINK)',
      });
    });
    const set = clock?.expanders.find(({ id }) => id === expander.id);
    if (set?.clock === 'adat') {
      returnOut++;
      wires.push({
        from: `${shortName(rig.ability)} ADAT OUT${rig.ability.adatOuts > 1 ? ` ${returnOut}` : ''}`,
        to: `${expander.name} ADAT IN`,
        cable: 'optical fibre (TOSLINK), for the clock',
      });
    }
    if (set?.clock === 'wordClock' && clock !== null && clock.wordClockFrom !== null) {
      const sender = rig.expanders.find(({ id }) => id === clock.wordClockFrom)?.name ?? shortName(rig.ability);
      wires.push({
        from: `${sender} word clock OUT`,
        to: `${expander.name} word clock IN`,
        cable: 'BNC, 75 ohm; T-pieces and a 75 ohm end where several hang on it',
      });
    }
  }
  for (const output of outputs) {
    if (output.outputs === null) continue;
    const pair = `${shortName(rig.ability)} outputs ${output.outputs[0]}-${output.outputs[1]}`;
    if (output.socket === 'monitors') {
      const feed = rig.ability.feeds.find((one) => one.outputs[0] === output.outputs?.[0]);
      wires.push({ from: pair, to: output.need, cable: `balanced ${(feed?.line ?? 'trs').toUpperCase()}, one pair` });
    }
    if (output.listeners.length === 0) continue;
    const who = output.listeners.join(', ');
    wires.push(
      output.amp
        ? { from: pair, to: `headphone amp: ${who}`, cable: 'balanced TRS, one pair' }
        : { from: `${pair}, headphone socket`, to: who, cable: 'headphones' },
    );
  }
  return wires;
}

function clockSettings(rig: Rig, clock: ClockPlan): ClockSetting[] {
  const setWords = { internal: 'Internal', adat: 'ADAT', wordClock: 'Word clock' };
  const master = clock.interface === 'internal';
  const port = clock.interface === 'internal' ? '' : clock.interface.port;
  const portName = rig.ports.find(({ id }) => id === port)?.name ?? port;
  return [
    {
      box: shortName(rig.ability),
      role: master ? 'master' : 'follows',
      set: master ? 'Internal' : portName,
      how: `${rig.ability.clockMenu}: ${master ? 'Internal' : 'ADAT'}`,
      verified: rig.ability.verified,
    },
    ...rig.expanders.map((expander): ClockSetting => {
      const set = clock.expanders.find(({ id }) => id === expander.id)?.clock ?? 'internal';
      return {
        box: expander.name,
        role: set === 'internal' ? 'master' : 'follows',
        set: setWords[set],
        how: expander.model.setSync[set] ?? `set its clock to ${setWords[set]}`,
        verified: expander.model.verified.sync,
      };
    }),
  ];
}

function makeSheet(
  brief: Brief,
  rig: Rig,
  channels: readonly PlannedChannel[],
  clock: ClockPlan | null,
  outputs: readonly PlannedOutput[],
): PatchSheet {
  const digital = rig.ports.filter((port) => port.kind === 'adat' || port.kind === 'spdif');
  const follows = clock !== null && clock.interface !== 'internal' ? clock.interface : null;
  return Value.Default(PatchSheet, {
    title: brief.title,
    rateHz: brief.rateHz,
    interface: {
      name: shortName(rig.ability),
      model: rig.ability.id,
      clock: follows === null ? 'internal' : 'adat',
      clockPort: follows?.port ?? null,
      ports: digital.slice(0, 8).map((port) => ({
        id: port.id,
        name: port.name.slice(0, 16),
        connector: port.kind === 'spdif' ? 'coax' : 'optical',
        mode: port.kind === 'spdif' ? 'spdif' : 'adat',
        first: port.first,
        last: port.last,
      })),
    },
    expanders: rig.expanders.map((expander): PatchExpander => {
      const set = clock?.expanders.find(({ id }) => id === expander.id)?.clock ?? 'unknown';
      return {
        id: expander.id,
        name: expander.name,
        model: expander.model.id,
        clock: set,
        fibres: [...expander.fibres],
        returnFibre: set === 'adat',
        wordClockFrom: set === 'wordClock' ? (clock?.wordClockFrom ?? null) : null,
      };
    }),
    inputs: channels.map((channel) => ({
      channel: channel.channel,
      name: channel.name,
      box: channel.box,
      input: channel.input,
      port: channel.mode === 'digital' ? channel.port : null,
      connector: channel.connector,
      // With a DI in between, the input sees the DI.
      source: channel.di ? 'diPassive' : channel.source,
      mode: channel.mode,
      phantom: channel.phantom,
      phantomGroup: channel.phantomGroup,
      plug: channel.connector === 'combo' && channel.mode === 'line' ? 'trs' : null,
      cable: { balanced: channel.mode === 'mic' || (channel.mode === 'line' && channel.source !== 'lineMinus10') },
    })),
    monitors: outputs
      .filter((output) => output.socket === 'monitors' && output.outputs !== null)
      .map((output) => ({ name: output.need, outputs: output.outputs!.join('-'), connector: 'trs' })),
    headphones: outputs.flatMap((output) =>
      output.outputs === null
        ? []
        : output.listeners.map((name) => ({
            name,
            output: `${output.outputs![0]}-${output.outputs![1]}`,
            mix: output.need.replace(/^Mix /, ''),
          })),
    ),
  }) as PatchSheet;
}

/** A whole configuration: the device by USB id, names, banks with their boxes, and the sheet. */
function makeConfig(brief: Brief, rig: Rig, channels: readonly PlannedChannel[], sheet: PatchSheet): Config {
  const boxOn = (port: string) => rig.expanders.find(({ fibres }) => fibres.includes(port))?.name.slice(0, 16);
  return Value.Default(Config, {
    version: 1,
    capture: { device: rig.ability.usbIds[0] ?? 'auto', rateHz: brief.rateHz },
    channels: channels.map(({ channel, name }) => ({ index: channel, name })),
    banks: rig.ports.slice(0, 16).map((port) => {
      const box = boxOn(port.id);
      return {
        id: port.id,
        name: port.name.slice(0, 16),
        kind: port.kind,
        first: port.first,
        last: port.last,
        ...(box === undefined ? {} : { box }),
      };
    }),
    patch: sheet,
  }) as Config;
}

function shoppingOf(plan: Omit<Plan, 'shopping' | 'remarks'>): string[] {
  const list: string[] = [];
  const count = (n: number, what: string, many = `${what}s`) => {
    if (n > 0) list.push(`${n} ${n === 1 ? what : many}`);
  };
  if (plan.brief.interface === null) list.push(`1 ${plan.interface.name}`);
  const added = plan.expanders.filter(({ owned }) => !owned);
  for (const model of new Set(added.map((expander) => expander.model))) {
    list.push(`${added.filter((expander) => expander.model === model).length} ${model.maker} ${model.name}`);
  }
  count(
    plan.wiring.filter(({ cable }) => cable.startsWith('optical')).length,
    'optical fibre (TOSLINK)',
    'optical fibres (TOSLINK)',
  );
  count(plan.wiring.filter(({ cable }) => cable.startsWith('BNC')).length, 'BNC cable, 75 ohm', 'BNC cables, 75 ohm');
  count(plan.channels.filter(({ di }) => di).length, 'DI box', 'DI boxes');
  count(plan.outputs.filter(({ amp, outputs }) => amp && outputs !== null).length, 'headphone amplifier');
  return list;
}

function remarksOf(
  plan: Omit<Plan, 'shopping' | 'remarks'>,
  rig: Rig,
  have: readonly ExpanderModel[],
  clock: ClockPlan | null,
): string[] {
  const remarks: string[] = [];
  const { brief, needs } = plan;
  if (plan.uncovered.length > 0) {
    remarks.push(`No input for: ${plan.uncovered.join(', ')}.`);
    const lower = rateFamily(brief.rateHz).find(
      (rate) => rate < brief.rateHz && plan.options.some(({ now }) => now[rateClass(rate)] !== null),
    );
    remarks.push(
      lower === undefined
        ? 'Take an interface with more ADAT ports, submix, or record in two passes.'
        : `At ${lower / 1000} kHz it fits: ADAT carries ${adatChannels(lower)} channels a fibre there, ${adatChannels(brief.rateHz)} at ${brief.rateHz / 1000} kHz.`,
    );
  }
  const short = plan.outputs.filter(({ outputs }) => outputs === null);
  if (short.length > 0) {
    remarks.push(
      `No output pair for: ${short.map(({ need }) => need).join(', ')}. ${plan.interface.name} has ${rig.ability.feeds.length} stereo ${rig.ability.feeds.length === 1 ? 'pair' : 'pairs'}, and sockets on one pair hear one mix.`,
    );
  }
  if (clock === null) remarks.push('The clocks of these boxes can not be joined: take expanders with an ADAT IN.');
  const idle = have.filter((model) => usefulFibres(model, brief.rateHz) === 0);
  const plugged = rig.expanders.filter(({ owned }) => owned).length;
  if (plugged < have.length - idle.length) {
    remarks.push(`Of ${have.length - idle.length} expanders there, ${plugged} find an ADAT port.`);
  }
  for (const model of idle) {
    remarks.push(`The ${model.name} sends nothing over ADAT at ${brief.rateHz / 1000} kHz and is left out.`);
  }
  if (needs.growth > 0 && !plan.growthCovered) {
    remarks.push(
      `There is no room for ${needs.growth} more inputs later on this interface at ${brief.rateHz / 1000} kHz.`,
    );
  }
  const guessed = rig.expanders.filter(({ model }) => !model.verified.ports || !model.verified.sync);
  if (!plan.interface.verified || !rig.verifiedMap) {
    remarks.push(
      `The facts on ${plan.interface.name} are not all verified at this rate: compare the map with the box.`,
    );
  }
  for (const model of new Set(guessed.map((expander) => expander.model))) {
    remarks.push(`The facts on ${model.maker} ${model.name} are not all verified: ${model.source}.`);
  }
  return remarks;
}
