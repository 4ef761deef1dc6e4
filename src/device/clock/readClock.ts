/** From a card's controls to what they say about its clock, its preamps and its routing. Pure. */
import type { Control } from '../alsa/controls.ts';
import type { PortMap } from '../interfaces/interfaceMap.ts';
import type { ClockInput, ClockReading, PreampReading } from '../ports.ts';
import { controlTraps } from './controlTraps.ts';
import { FAMILIES, type Family, type LockReader, type LockState } from './families.ts';

export interface ClockContext {
  /** `vvvv:pppp` or null. */
  readonly usbId: string | null;
  /** A capture stream of the card runs now. */
  readonly streaming: boolean;
}

const LETTERS = ['a', 'b', 'c', 'd'];

export function familyOf(controls: readonly Control[], usbId: string | null): Family {
  const fits = (family: Family) =>
    (family.vendor === undefined || usbId?.startsWith(`${family.vendor}:`) === true) &&
    family.has.every((name) => controls.some((control) => name.test(control.name)));
  return FAMILIES.find((family) => family.id !== 'generic' && fits(family)) ?? FAMILIES.at(-1)!;
}

/** The word that an ENUMERATED control shows, or null. */
export function wordOf(control: Control): string | null {
  return control.type === 'ENUMERATED' ? (control.items[control.values[0] ?? -1] ?? null) : null;
}

export function readClock(controls: readonly Control[], context: ClockContext): ClockReading {
  const family = familyOf(controls, context.usbId);
  const inputs: ClockInput[] = [];
  let device: ClockInput | null = null;
  const taken = new Set<string>();
  for (const reader of family.locks) {
    for (const control of controls) {
      const match = reader.control.exec(control.name);
      if (match === null || !control.readable || taken.has(control.name)) continue;
      taken.add(control.name);
      const input = readLock(reader, control, portId(reader.port, match[1]), context);
      if (reader.port === 'device') device ??= input;
      else inputs.push({ ...input, ...portWords(family, controls, match[1]) });
    }
  }
  const sourceControl = firstOf(family.source, controls);
  const rateControl = family.rate && firstOf(family.rate, controls);
  const portMode = family.portMode && firstOf([family.portMode], controls);
  const source = sourceControl ? wordOf(sourceControl) : null;
  return {
    family: family.id,
    source,
    sourcePort: source === null ? null : portOfSource(source),
    device,
    inputs,
    portMode: portMode ? wordOf(portMode) : null,
    rateHz: rateControl ? rateOf(rateControl) : null,
    preamps: readPreamps(controls),
    routing: readRouting(controls),
    notes: controlTraps(controls, context.usbId),
  };
}

/** Words of clock sources: `ADAT`, `ADAT Port 2`, `Audient Optical1 Clock`, `S/PDIF`, `Input 3` (an RME Digiface's port). */
function portOfSource(word: string): string | null {
  const optical = /\b(?:ADAT|Optical|Input)(?: ?Port)? ?([1-4])?\b/i.exec(word);
  if (optical) return `adat-${LETTERS[Number(optical[1] ?? 1) - 1]}`;
  if (/\b(?:S\/PDIF|SPDIF|Coax(?:ial)?)\b/i.test(word)) return 'spdif';
  if (/\bAES\b/i.test(word)) return 'aes';
  return /\bWord ?Clock\b/i.test(word) ? 'word-clock' : null;
}

function firstOf(names: readonly RegExp[], controls: readonly Control[]): Control | null {
  for (const name of names) {
    const found = controls.find((control) => name.test(control.name));
    if (found) return found;
  }
  return null;
}

function portId(port: string, number: string | undefined): string {
  return port.replace('$1', LETTERS[Number(number ?? 1) - 1] ?? String(number));
}

function readLock(reader: LockReader, control: Control, port: string, context: ClockContext): ClockInput {
  let told: LockState;
  if (control.type === 'BOOLEAN') told = control.values[0] ? 'locked' : 'noLock';
  else told = reader.words?.[(wordOf(control) ?? '').trim().toLowerCase()] ?? 'unknown';
  // A cached value that never changed under our eyes may be hours old.
  const stale = reader.cached === true && !control.volatile && control.events === 0;
  const idle = reader.whileStreaming === true && !context.streaming;
  return {
    port,
    control: control.name,
    lock: stale || idle ? 'unknown' : told,
    told,
    trust: stale ? 'stale' : idle ? 'idle' : control.volatile ? 'polled' : 'live',
    format: null,
    rateHz: null,
  };
}

function portWords(family: Family, controls: readonly Control[], number: string | undefined) {
  const of = (pattern: RegExp | undefined) =>
    pattern && number !== undefined
      ? controls.find((control) => pattern.exec(control.name)?.[1] === number)
      : undefined;
  const format = of(family.format);
  const rate = of(family.portRate);
  return { format: format ? wordOf(format) : null, rateHz: rate ? rateOf(rate) : null };
}

function rateOf(control: Control): number | null {
  const word = wordOf(control);
  if (word === null) return control.type === 'INTEGER' && (control.values[0] ?? 0) > 0 ? control.values[0]! : null;
  const match = /(\d+(?:\.\d+)?)\s*(k?)/i.exec(word);
  if (match === null) return null;
  const value = Number(match[1]);
  return match[2] !== '' || value < 1000 ? Math.round(value * 1000) : value;
}

/** Input number; 1st generation calls inputs `Input N`, later ones `Line In N`; `1-4` is a group under one switch. */
const PREAMP = /^(?:Line In|Input|Mic|Analogue) (\d+)(?:-(\d+))? (.+)$/;

function readPreamps(controls: readonly Control[]): PreampReading[] {
  const found = new Map<number, PreampReading>();
  const put = (input: number, change: Partial<PreampReading>) => {
    const before = found.get(input) ?? {
      input,
      phantom: null,
      inst: null,
      pad: null,
      air: null,
      gain: null,
      muted: null,
    };
    found.set(input, { ...before, ...change });
  };
  for (const control of controls) {
    const match = PREAMP.exec(control.name);
    if (match === null || !control.readable) continue;
    const what = match[3]!;
    const on = (control.values[0] ?? 0) !== 0;
    const change: Partial<PreampReading> | null = /^(Phantom Power|48V)/.test(what)
      ? { phantom: on }
      : /^(Level|Impedance|Inst)/.test(what)
        ? { inst: control.type === 'ENUMERATED' ? /inst|hi-?z/i.test(wordOf(control) ?? '') : on }
        : /^Pad/.test(what)
          ? { pad: on }
          : /^Air/.test(what)
            ? { air: on }
            : /^Gain .*Volume$/.test(what)
              ? { gain: control.values[0] ?? null }
              : /^Mute/.test(what)
                ? { muted: on }
                : null;
    if (change === null) continue;
    const last = Number(match[2] ?? match[1]);
    for (let input = Number(match[1]); input <= last; input++) put(input, change);
  }
  return [...found.values()].sort((a, b) => a.input - b.input);
}

/** `PCM 03 Capture Enum` (2nd generation on), `Input Source 03 Capture Route` (1st): capture channel 3 carries what? */
const ROUTES = [/^PCM (\d+) Capture Enum$/, /^Input Source (\d+) Capture Route$/];

/** Source of each capture channel in the device's words, from channel 1; empty where it can not be told. */
function readRouting(controls: readonly Control[]): string[] {
  const routing: string[] = [];
  for (const control of controls)
    for (const pattern of ROUTES) {
      const match = pattern.exec(control.name);
      const word = match && wordOf(control);
      if (match && word !== null) routing[Number(match[1]) - 1] = word;
    }
  return Array.from(routing, (word) => word ?? '');
}

/**
 * Ports of the capture channels as the device routes them: runs of channels that carry one port. This outranks the table
 * of interfaces, for the user can route at will. Mixes and playback are loopback: copies, no evidence of a clock.
 */
export function portsOfRouting(routing: readonly string[]): PortMap[] {
  const ports: PortMap[] = [];
  routing.forEach((word, i) => {
    const port = portOfWord(word);
    const last = ports.at(-1);
    if (last && last.kind === port.kind && last.name === port.name && last.last === i)
      ports[ports.length - 1] = { ...last, last: i + 1 };
    else {
      const again = ports.filter((one) => one.id === port.id || one.id.startsWith(`${port.id}-r`)).length;
      ports.push({ ...port, id: again === 0 ? port.id : `${port.id}-r${again + 1}`, first: i + 1, last: i + 1 });
    }
  });
  return ports;
}

function portOfWord(word: string): Pick<PortMap, 'id' | 'name' | 'kind'> {
  const twin = /^ADAT ([12])\.(\d+)$/.exec(word);
  const adat = /^ADAT (\d+)$/.exec(word);
  if (twin) return adatPort(Number(twin[1]));
  if (adat) return adatPort(Math.ceil(Number(adat[1]) / 8));
  if (/^S\/?PDIF/i.test(word)) return { id: 'spdif', name: 'S/PDIF', kind: 'spdif' };
  if (/^AES/i.test(word)) return { id: 'aes', name: 'AES', kind: 'aes' };
  if (/^(Analogue|Analog|Mic|Line|Input)\b/i.test(word)) return { id: 'analogue', name: 'Analogue', kind: 'analogue' };
  if (/^(Mix|PCM|DSP|Loop)/i.test(word)) return { id: 'loopback', name: 'Loopback', kind: 'loopback' };
  return { id: 'off', name: 'Off', kind: 'group' };
}

function adatPort(number: number): Pick<PortMap, 'id' | 'name' | 'kind'> {
  const letter = LETTERS[number - 1] ?? String(number);
  return { id: `adat-${letter}`, name: `ADAT ${letter.toUpperCase()}`, kind: 'adat' };
}
