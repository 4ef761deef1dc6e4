/**
 * Checks of a patch sheet: what will go wrong at this session, why, and what to do about it. Pure; never throws on a
 * valid sheet; the order of the answers is that of the sheet, worst first.
 *
 * Phantom on a dynamic microphone does no harm and is never warned of.
 */
import { assertNever } from '../fault.ts';
import { analogueInputCount, interfaceAbility } from './abilities.ts';
import { type BrokenWhy, boxName, type ClockTrace, portById, traceClocks } from './clockTree.ts';
import { type ExpanderSync, expanderModel, usefulFibres } from './expanders.ts';
import {
  adatChannels,
  cableFeet,
  channelWords,
  effectiveMode,
  type PatchExpander,
  type PatchHeadphones,
  type PatchInput,
  type PatchMonitors,
  type PatchPort,
  type PatchSheet,
  type Source,
  SPDIF_MAX_HZ,
} from './patchSheet.ts';

export const CHECK_CODES = [
  'phantom-on-passive-ribbon',
  'plugging-with-phantom',
  'phantom-missing',
  'mic-into-line-input',
  'line-into-instrument-input',
  'passive-instrument-into-line',
  'active-instrument-into-line',
  'plus4-into-minus10',
  'minus10-into-plus4',
  'trs-plug-in-ts-jack',
  'unbalanced-run-long',
  'monitor-run-unbalanced',
  'monitor-rca-long',
  'headphone-output-impedance',
  'headphone-power-low',
  'headphone-output-shared',
  'adat-channel-over-limit',
  'spdif-above-96k',
  'port-mode-wrong',
  'clock-two-masters',
  'clock-no-master',
  'expander-not-slaved',
  'second-fibre-missing',
  'expander-has-no-adat-in',
  'clock-cable-missing',
  'clock-unknown',
  'word-clock-not-needed',
  'expander-rate',
  'expander-not-wired',
  'more-sources-than-inputs',
  'input-used-twice',
] as const;
export type CheckCode = (typeof CHECK_CODES)[number];

export interface GuideNote {
  readonly code: CheckCode;
  /** alarm: damage, no sound or a ruined take. warning: will be heard. info: works, worth knowing. */
  readonly severity: 'alarm' | 'warning' | 'info';
  /** The channel, box or pair by its name. */
  readonly where: string;
  /**
   * Part of the sheet to change, as a path in it: `inputs.3`, `expanders.0`, `interface`, `monitors.1`, `headphones.0`.
   * Indexes count from 0.
   */
  readonly at: string;
  /** Capture channels it concerns, 1-based. */
  readonly channels: readonly number[];
  readonly what: string;
  readonly why: string;
  readonly fix: string;
}

/** +4 dBu in volts over -10 dBV in volts, as dB: 4 + 20 log10(sqrt(0.6)) + 10 = 11.78. */
export const PLUS4_OVER_MINUS10_DB = 4 + 20 * Math.log10(Math.sqrt(0.6)) + 10;

/** Limits of the studio guide that the product is made from. */
export const LIMITS = {
  unbalancedFt: 15,
  monitorUnbalancedFt: 6,
  monitorRcaFt: 3,
  ampOutputOhm: 10,
  /** Damping: the amplifier's output impedance at most an eighth of the headphones'. */
  damping: 8,
  highImpedanceOhm: 250,
  highImpedanceMw: 100,
} as const;

/** A note before it is told which part of the sheet it stands at. */
type Remark = Omit<GuideNote, 'at'>;

const placed = (at: string, remarks: readonly Remark[]): GuideNote[] => remarks.map((remark) => ({ ...remark, at }));

const isMic = (source: Source) =>
  source === 'dynamic' || source === 'condenser' || source === 'ribbonPassive' || source === 'ribbonActive';
const needsPhantom = (source: Source) => source === 'condenser' || source === 'ribbonActive' || source === 'diActive';
const isLine = (source: Source) => source === 'synth' || source === 'linePlus4' || source === 'lineMinus10';
const isAnalogue = (input: PatchInput) => effectiveMode(input) !== 'digital';

const sourceWords: Record<Source, string> = {
  dynamic: 'dynamic microphone',
  condenser: 'condenser',
  ribbonPassive: 'passive ribbon',
  ribbonActive: 'active ribbon',
  diActive: 'active DI',
  diPassive: 'passive DI',
  instrumentPassive: 'passive instrument',
  instrumentActive: 'active instrument',
  synth: 'synth',
  linePlus4: '+4 dBu line source',
  lineMinus10: '-10 dBV line source',
  expanderChannel: 'expander channel',
  digital: 'digital device',
  playback: 'playback',
};

/** All notes on a sheet, alarms first, else in the sheet's order. */
export function checkSheet(sheet: PatchSheet): GuideNote[] {
  const notes = [
    ...sheet.inputs.flatMap((input, i) => placed(`inputs.${i}`, inputNotes(sheet, input))),
    ...countNotes(sheet),
    ...sheet.expanders.flatMap((expander, i) => placed(`expanders.${i}`, expanderNotes(sheet, expander))),
    ...clockNotes(sheet),
    ...sheet.monitors.flatMap((monitors, i) => placed(`monitors.${i}`, monitorNotes(monitors))),
    ...sheet.headphones.flatMap((headphones, i) => placed(`headphones.${i}`, headphoneNotes(headphones))),
    ...sharedHeadphoneNotes(sheet.headphones),
  ];
  const rank = { alarm: 0, warning: 1, info: 2 };
  return notes
    .map((note, order) => ({ note, order }))
    .sort((a, b) => rank[a.note.severity] - rank[b.note.severity] || a.order - b.order)
    .map(({ note }) => note);
}

/** Does 48 V reach this input? It does when it or any input of its group is switched on, on sockets that carry it. */
export function phantomReaches(sheet: PatchSheet, input: PatchInput): boolean {
  if (input.connector !== 'xlr' && !(input.connector === 'combo' && (input.plug ?? 'xlr') === 'xlr')) return false;
  if (input.connector === 'combo' && effectiveMode(input) !== 'mic') return false;
  return phantomSwitch(sheet, input).length > 0;
}

/** The inputs at whose switch 48 V is on for this one. */
function phantomSwitch(sheet: PatchSheet, input: PatchInput): PatchInput[] {
  return sheet.inputs.filter(
    (other) =>
      other.phantom &&
      (other === input ||
        (input.phantomGroup !== null && other.phantomGroup === input.phantomGroup && other.box === input.box)),
  );
}

function inputNotes(sheet: PatchSheet, input: PatchInput): Remark[] {
  return [
    ...phantomNotes(sheet, input),
    ...socketNotes(input),
    ...levelNotes(input),
    ...cableNotes(input),
    ...portNotes(sheet, input),
  ];
}

function note(
  code: CheckCode,
  severity: GuideNote['severity'],
  on: PatchInput | string,
  what: string,
  why: string,
  fix: string,
): Remark {
  const where = typeof on === 'string' ? on : channelWords(on);
  return { code, severity, where, channels: typeof on === 'string' ? [] : [on.channel], what, why, fix };
}

function phantomNotes(sheet: PatchSheet, input: PatchInput): Remark[] {
  const notes: Remark[] = [];
  const reaches = phantomReaches(sheet, input);
  if (input.source === 'ribbonPassive' && reaches) {
    const switches = phantomSwitch(sheet, input).filter((other) => other !== input);
    const shared = !input.phantom && switches.length > 0;
    notes.push(
      note(
        'phantom-on-passive-ribbon',
        'alarm',
        input,
        shared
          ? `48 V is on at a passive ribbon: the switch for ${input.phantomGroup} is on for ${switches.map(channelWords).join(', ')}.`
          : '48 V is on at a passive ribbon.',
        'A fault in the cable, or the plug going in, puts 48 V across the ribbon and can tear it.',
        shared
          ? 'Switch that group off and move the ribbon to an input outside it, then switch 48 V on again for the others.'
          : 'Switch 48 V off on this input now; wait ten seconds before touching the cable.',
      ),
    );
  }
  if (needsPhantom(input.source) && !reaches && isMicSocket(input)) {
    notes.push(
      note(
        'phantom-missing',
        'warning',
        input,
        `48 V is off at the ${sourceWords[input.source]}.`,
        input.source === 'diActive'
          ? 'An active DI without 48 V or a battery is silent or distorts.'
          : 'Its electronics need 48 V: without it there is no signal, or next to none.',
        input.source === 'diActive'
          ? 'Turn the fader down, switch 48 V on, wait a few seconds; or fit a battery.'
          : 'Turn the fader down, switch 48 V on, wait a few seconds.',
      ),
    );
  }
  if (input.replug && reaches && input.source !== 'ribbonPassive') {
    notes.push(
      note(
        'plugging-with-phantom',
        input.source === 'dynamic' ? 'info' : 'warning',
        input,
        'This cable is about to be plugged or pulled with 48 V on.',
        'It makes a loud pop, on monitors and in headphones.',
        'Mute, switch 48 V off, wait ten seconds, change the cable, switch it on again.',
      ),
    );
  }
  return notes;
}

const isMicSocket = (input: PatchInput) =>
  input.connector === 'xlr' ||
  (input.connector === 'combo' && (input.plug ?? 'xlr') === 'xlr' && effectiveMode(input) === 'mic');

function socketNotes(input: PatchInput): Remark[] {
  const notes: Remark[] = [];
  const mode = effectiveMode(input);
  const micLevel = isMic(input.source) || input.source === 'diActive' || input.source === 'diPassive';
  if (micLevel && isAnalogue(input) && (input.connector === 'trs' || input.connector === 'ts' || mode === 'line')) {
    notes.push(
      note(
        'mic-into-line-input',
        'alarm',
        input,
        `The ${sourceWords[input.source]} goes into a line input.`,
        `A line input has no preamp for a few millivolts, the wrong load, and no 48 V${needsPhantom(input.source) ? ', which this one needs' : ''}.`,
        'Take it to an XLR input with a preamp, on an XLR cable.',
      ),
    );
  }
  if (isLine(input.source) && mode === 'inst') {
    notes.push(
      note(
        'line-into-instrument-input',
        'warning',
        input,
        `A ${sourceWords[input.source]} goes into an instrument input.`,
        'Instrument inputs expect far less level: it distorts before the meter shows full.',
        'Switch the input to Line, or move the cable to a line input.',
      ),
    );
  }
  if (input.source === 'instrumentPassive' && mode === 'line') {
    notes.push(
      note(
        'passive-instrument-into-line',
        'warning',
        input,
        'A passive instrument goes into a line input.',
        'The low input impedance loads the pickups: dull and quiet. They want about 1 megohm.',
        'Switch the input to Inst or use a Hi-Z input; without one, put a DI in between and use a mic input.',
      ),
    );
  }
  if (input.source === 'instrumentActive' && mode === 'line') {
    notes.push(
      note(
        'active-instrument-into-line',
        'info',
        input,
        'An active instrument goes into a line input.',
        'Its own preamp can drive it; a Hi-Z input often sounds better still.',
        'If a Hi-Z input is free, try both and keep the better one.',
      ),
    );
  }
  if (input.plug === 'trs' && (input.connector === 'ts' || input.connector === 'hiz')) {
    notes.push(
      note(
        'trs-plug-in-ts-jack',
        'info',
        input,
        'A TRS plug sits in a TS jack.',
        'It passes signal, but the ring ends nowhere, which makes some gear hum or buzz.',
        'Use a TS cable here.',
      ),
    );
  }
  return notes;
}

/** Nominal level of the source, where the sheet tells. */
function sourceLevel(input: PatchInput): 'plus4' | 'minus10' | null {
  if (input.source === 'linePlus4') return 'plus4';
  if (input.source === 'lineMinus10') return 'minus10';
  return isLine(input.source) ? input.sourceLevel : null;
}

function levelNotes(input: PatchInput): Remark[] {
  const source = sourceLevel(input);
  if (source === null || input.inputLevel === null || effectiveMode(input) !== 'line') return [];
  const difference = `${PLUS4_OVER_MINUS10_DB.toFixed(1)} dB`;
  if (source === 'plus4' && input.inputLevel === 'minus10' && !input.pad) {
    return [
      note(
        'plus4-into-minus10',
        'warning',
        input,
        'A +4 dBu source goes into an input set to -10 dBV.',
        `It arrives ${difference} hotter than the input is lined up for, and clips.`,
        'Switch the input to +4; where there is no switch, put the pad in or turn the source down 12 dB.',
      ),
    ];
  }
  if (source === 'minus10' && input.inputLevel === 'plus4') {
    return [
      note(
        'minus10-into-plus4',
        'warning',
        input,
        'A -10 dBV source goes into an input set to +4 dBu.',
        `It arrives ${difference} low, and the gain that makes up for it brings the noise up too.`,
        input.pad ? 'Take the pad out and switch the input to -10.' : 'Switch the input to -10, or turn the source up.',
      ),
    ];
  }
  return [];
}

/** Balanced from end to end: neither the socket nor the plug is a two-conductor one. */
function runsBalanced(input: PatchInput): boolean {
  const twoConductors = input.connector === 'ts' || input.connector === 'hiz';
  return input.cable.balanced && !twoConductors && input.plug !== 'ts' && input.plug !== 'rca';
}

const feetAndMetres = (feet: number) => `${feet} ft (${(feet * 0.3048).toFixed(1)} m)`;

function cableNotes(input: PatchInput): Remark[] {
  if (!isAnalogue(input) || runsBalanced(input) || cableFeet(input.cable) <= LIMITS.unbalancedFt) return [];
  const instrument = input.source === 'instrumentPassive' || input.source === 'instrumentActive';
  return [
    note(
      'unbalanced-run-long',
      'warning',
      input,
      `An unbalanced run of ${input.cable.length} ${input.cable.unit}.`,
      `Past ${feetAndMetres(LIMITS.unbalancedFt)} an unbalanced cable picks up hum and noise${instrument ? ', and dulls a pickup' : ''}.`,
      instrument
        ? 'Put a DI next to the player and run balanced XLR from there.'
        : 'Use balanced cable, put a DI at the source, or bring the source nearer.',
    ),
  ];
}

function portNotes(sheet: PatchSheet, input: PatchInput): Remark[] {
  switch (input.connector) {
    case 'adat': {
      const notes: Remark[] = [];
      const port = portById(sheet, input.port);
      if (input.input > adatChannels(sheet.rateHz)) notes.push(overLimit(sheet, input, input.input));
      if (port !== null && port.mode === 'spdif') notes.push(wrongMode(input, port, 'adat'));
      return notes;
    }
    case 'spdifCoax':
    case 'spdifOptical': {
      const notes: Remark[] = [];
      if (sheet.rateHz > SPDIF_MAX_HZ) {
        notes.push(
          note(
            'spdif-above-96k',
            'alarm',
            input,
            `S/PDIF is asked for at ${sheet.rateHz / 1000} kHz.`,
            'On most interfaces S/PDIF ends at 96 kHz: the port goes dead or the link never locks.',
            'Run the session at 96 kHz or below, or bring this source in on analogue inputs.',
          ),
        );
      }
      const port = portById(sheet, input.port);
      if (port !== null && port.mode === 'adat') notes.push(wrongMode(input, port, 'spdif'));
      return notes;
    }
    case 'xlr':
    case 'trs':
    case 'ts':
    case 'combo':
    case 'hiz': {
      const expander = sheet.expanders.find((e) => e.id === input.box);
      if (expander === undefined || expander.fibres.length === 0) return [];
      const most = expanderChannels(sheet, expander);
      return input.input > most ? [overLimit(sheet, input, most)] : [];
    }
    case 'loopback':
      return [];
    default:
      return assertNever(input.connector);
  }
}

/** Inputs of an expander that reach the interface at this rate, over the fibres that are plugged. */
function expanderChannels(sheet: PatchSheet, expander: PatchExpander): number {
  const model = expanderModel(expander.model);
  const fibres = model === null ? expander.fibres.length : Math.min(expander.fibres.length, model.adatOuts);
  const over = fibres * adatChannels(sheet.rateHz);
  return model === null ? over : Math.min(over, model.inputs);
}

function overLimit(sheet: PatchSheet, input: PatchInput, most: number): Remark {
  const perFibre = adatChannels(sheet.rateHz);
  const onPort = input.connector === 'adat';
  return note(
    'adat-channel-over-limit',
    'alarm',
    input,
    onPort
      ? `ADAT channel ${input.input} does not exist at ${sheet.rateHz / 1000} kHz.`
      : `Input ${input.input} of ${boxName(sheet, input.box)} does not reach the interface at ${sheet.rateHz / 1000} kHz: only 1 to ${most} do.`,
    `One fibre carries ${adatChannels(44100)} channels at 44.1 and 48 kHz, ${adatChannels(96000)} at 88.2 and 96, ${adatChannels(192000)} at 176.4 and 192.`,
    `Use channels 1 to ${perFibre} of the fibre, run a second fibre if both boxes have the ports, or drop the rate.`,
  );
}

function wrongMode(on: PatchInput | string, port: PatchPort, wanted: 'adat' | 'spdif'): Remark {
  const words = { adat: 'ADAT', spdif: 'S/PDIF' };
  return note(
    'port-mode-wrong',
    'alarm',
    on,
    `Port ${port.name === '' ? port.id : port.name} is set to ${words[port.mode]}, but ${words[wanted]} is plugged into it.`,
    'The two share the socket and the cable, not the format: nothing comes through, or noise.',
    `Set the port to ${words[wanted]} in the interface's own software.`,
  );
}

function countNotes(sheet: PatchSheet): GuideNote[] {
  const notes: GuideNote[] = [];
  const ability = interfaceAbility(sheet.interface.model);
  const has = sheet.interface.analogueInputs ?? (ability === null ? null : analogueInputCount(ability));
  const on = (box: string) => sheet.inputs.filter((input) => input.box === box && isAnalogue(input));
  const short = (box: string, inputs: readonly PatchInput[], most: number) => {
    const beyond = inputs.filter((input) => input.input > most);
    if (inputs.length <= most && beyond.length === 0) return;
    const count = Math.max(inputs.length, ...inputs.map((input) => input.input));
    const expander = sheet.expanders.findIndex(({ id }) => id === box);
    notes.push({
      code: 'more-sources-than-inputs',
      severity: 'alarm',
      at: expander < 0 ? 'interface' : `expanders.${expander}`,
      where: boxName(sheet, box),
      channels: beyond.map((input) => input.channel),
      what: `${boxName(sheet, box)} has ${most} analogue inputs; the sheet asks for ${count}.`,
      why: 'What has no input is not on the recording.',
      fix: 'Move sources to an expander, add one over ADAT, or submix what can share a track.',
    });
  };
  if (has !== null) short('interface', on('interface'), has);
  for (const expander of sheet.expanders) {
    const model = expanderModel(expander.model);
    if (model !== null) short(expander.id, on(expander.id), model.inputs);
  }
  const sockets = new Map<string, PatchInput>();
  const channels = new Map<number, PatchInput>();
  for (const [i, input] of sheet.inputs.entries()) {
    const socket = `${input.box} ${isAnalogue(input) ? 'analogue' : `${input.connector} ${input.port ?? ''}`} ${input.input}`;
    const before = sockets.get(socket) ?? channels.get(input.channel);
    if (before !== undefined) {
      const same = sockets.has(socket)
        ? `input ${input.input} of ${boxName(sheet, input.box)}`
        : `channel ${input.channel}`;
      notes.push(
        ...placed(`inputs.${i}`, [
          note(
            'input-used-twice',
            'alarm',
            input,
            `${channelWords(before)} is already on ${same}.`,
            'One of the two will be missing from the recording.',
            'Give each source its own input and channel.',
          ),
        ]),
      );
    }
    sockets.set(socket, input);
    channels.set(input.channel, input);
  }
  return notes;
}

function expanderNotes(sheet: PatchSheet, expander: PatchExpander): Remark[] {
  const notes: Remark[] = [];
  const name = boxName(sheet, expander.id);
  const model = expanderModel(expander.model);
  if (model !== null && usefulFibres(model, sheet.rateHz) === 0) {
    notes.push(
      note(
        'expander-rate',
        'alarm',
        name,
        `${name} sends nothing over ADAT at ${sheet.rateHz / 1000} kHz.`,
        model.maxAdatRateHz === 48000
          ? `The ${model.name} has no S/MUX: 44.1 and 48 kHz only.`
          : `The ${model.name} ends at ${model.maxAdatRateHz / 1000} kHz over ADAT.`,
        `Run the session at ${model.maxAdatRateHz / 1000} kHz or below, or use another box.`,
      ),
    );
  }
  if (expander.fibres.length === 0 && sheet.inputs.some((input) => input.box === expander.id)) {
    notes.push(
      note(
        'expander-not-wired',
        'alarm',
        name,
        `${name} has sources on it, but no fibre to the interface.`,
        'Its ADAT OUT has to reach an ADAT IN of the interface.',
        `Plug ${name}'s ADAT OUT into the interface's ADAT IN and write the port down.`,
      ),
    );
  }
  for (const fibre of expander.fibres) {
    const port = portById(sheet, fibre);
    if (port !== null && port.mode === 'spdif' && expander.clock !== 'spdif') {
      notes.push(wrongMode(name, port, 'adat'));
    }
  }
  return notes;
}

/** What to do on a box to make it take this clock, in its own words where they are known. */
export function syncWords(expander: PatchExpander, sync: ExpanderSync): string {
  const words = expanderModel(expander.model)?.setSync[sync];
  if (words !== undefined) return words;
  const plain = { internal: 'internal', adat: 'ADAT (external)', wordClock: 'word clock (external)' };
  return `set its clock to ${plain[sync]}`;
}

/** How this expander can follow the interface, and what that takes. */
function slaveFix(sheet: PatchSheet, expander: PatchExpander): string {
  const name = boxName(sheet, expander.id);
  const model = expanderModel(expander.model);
  if (model !== null && model.adatIns === 0) {
    return sheet.expanders.length === 1
      ? `It has no ADAT IN. Leave ${name} on internal (${syncWords(expander, 'internal')}) and set the interface's clock source to ADAT.`
      : `It has no ADAT IN. Run word clock to it: ${syncWords(expander, 'wordClock')}.`;
  }
  const fibre = expander.returnFibre ? '' : "Run a second fibre from the interface's ADAT OUT to its ADAT IN. ";
  return `${fibre}${name}: ${syncWords(expander, 'adat')}.`;
}

function clockNotes(sheet: PatchSheet): GuideNote[] {
  if (sheet.expanders.length === 0 && sheet.interface.clock === 'internal') return [];
  const rig: Remark[] = [];
  const notes: GuideNote[] = [];
  const traces = traceClocks(sheet);
  const masters = [...new Set(traces.flatMap((trace) => (trace.kind === 'root' ? [trace.master] : [])))];
  const clicks = 'Two crystals never agree: clicks at regular intervals, with every lock light green.';
  if (masters.length > 1) {
    const names = masters.map((master) => boxName(sheet, master));
    rig.push(
      note(
        'clock-two-masters',
        'alarm',
        names.join(' and '),
        `${masters.length} boxes run on their own clock: ${names.join(', ')}.`,
        clicks,
        masters.includes('interface')
          ? 'Keep the interface on internal and make all others follow it.'
          : `Keep one of them on internal, ${names[0]} say, and make all others follow it.`,
      ),
    );
  }
  const interfaceTrace = traces[0];
  const interfaceMaster = interfaceTrace?.kind === 'root' ? interfaceTrace.master : null;
  if (masters.length === 0 && traces.every((trace) => trace.kind === 'loop' || brokenFor(trace))) {
    rig.push(
      note(
        'clock-no-master',
        'alarm',
        'clock',
        'No box makes the clock: each waits for another.',
        'Without a master nothing locks: silence, or noise at a rate nobody chose.',
        "Set the interface's clock source to internal and let the expanders follow it.",
      ),
    );
  }
  notes.push(...placed('interface', rig));
  for (const trace of traces) {
    if (trace.box === 'interface') {
      if (trace.kind === 'broken' && trace.at === 'interface') {
        notes.push(...placed('interface', interfaceClockNotes(sheet, trace.why)));
      }
      continue;
    }
    const index = sheet.expanders.findIndex((e) => e.id === trace.box);
    const expander = sheet.expanders[index];
    if (expander === undefined) continue;
    const remarks = expanderClockNotes(sheet, expander, trace, interfaceMaster, clicks);
    notes.push(...placed(`expanders.${index}`, remarks));
  }
  notes.push(...placed('expanders.0', wordClockNotes(sheet)));
  return notes;
}

const brokenFor = (trace: ClockTrace) => trace.kind === 'broken';

function interfaceClockNotes(sheet: PatchSheet, why: BrokenWhy): Remark[] {
  const name = boxName(sheet, 'interface');
  if (why === 'unknown')
    return [clockUnknown(name, 'Look in its control software: one box on internal, all others on it.')];
  return [
    note(
      'clock-cable-missing',
      'alarm',
      name,
      why === 'noCable'
        ? `${name} is set to word clock, but no BNC cable comes in.`
        : `${name} takes its clock from a digital port with nothing on it.`,
      'It falls back to its own crystal or stops, and the meters stand still or the pitch is off.',
      'Set its clock source to internal, or plug in the box that is meant to be master.',
    ),
  ];
}

function clockUnknown(name: string, fix: string): Remark {
  return note(
    'clock-unknown',
    'warning',
    name,
    `Nobody has written down what ${name} takes its clock from.`,
    'Left on internal it slips against the interface, and its lock light stays green.',
    fix,
  );
}

function expanderClockNotes(
  sheet: PatchSheet,
  expander: PatchExpander,
  trace: ClockTrace,
  interfaceMaster: string | null,
  clicks: string,
): Remark[] {
  const name = boxName(sheet, expander.id);
  switch (trace.kind) {
    case 'root':
      // An expander that is itself the interface's master, or shares its master, is where it should be.
      if (interfaceMaster === null || trace.master === interfaceMaster) return [];
      return [
        note(
          'expander-not-slaved',
          'alarm',
          name,
          `${name} does not follow the interface's clock.`,
          clicks,
          slaveFix(sheet, expander),
        ),
      ];
    case 'loop':
      return [];
    case 'broken':
      if (trace.at !== expander.id) return [];
      switch (trace.why) {
        case 'noReturnFibre':
          return [
            note(
              'second-fibre-missing',
              'alarm',
              name,
              `${name} is set to ADAT sync, but no fibre comes to its ADAT IN.`,
              'One fibre brings its channels to the interface; the clock needs a second one the other way.',
              `Run a fibre from the interface's ADAT OUT to ${name}'s ADAT IN; or, with this one expander only, set ${name} to internal and the interface's clock source to ADAT.`,
            ),
          ];
        case 'noAdatInput':
          return [
            note(
              'expander-has-no-adat-in',
              'alarm',
              name,
              `${name} is set to ADAT sync, but this model has no ADAT IN.`,
              'There is no socket for the clock to come in by.',
              slaveFix(sheet, expander),
            ),
          ];
        case 'noCable':
          return [
            note(
              'clock-cable-missing',
              'alarm',
              name,
              `${name} is set to word clock, but no BNC cable comes in.`,
              'It runs on its own crystal or mutes.',
              sheet.expanders.length === 1
                ? `One expander needs no word clock. ${slaveFix(sheet, expander)}`
                : `Run a BNC cable to it from the master's word clock out. Or: ${slaveFix(sheet, expander)}`,
            ),
          ];
        case 'unknown':
          return [clockUnknown(name, slaveFix(sheet, expander))];
        case 'nothingOnPort':
        case 'noSuchBox':
          return [];
        default:
          return assertNever(trace.why);
      }
    default:
      return assertNever(trace);
  }
}

function wordClockNotes(sheet: PatchSheet): Remark[] {
  const expander = sheet.expanders[0];
  if (sheet.expanders.length !== 1 || expander === undefined) return [];
  const model = expanderModel(expander.model);
  const overBnc = expander.clock === 'wordClock' && expander.wordClockFrom === 'interface';
  if (!overBnc || model === null || model.adatIns === 0) return [];
  const name = boxName(sheet, expander.id);
  return [
    note(
      'word-clock-not-needed',
      'info',
      name,
      `${name} takes its clock over BNC.`,
      'That works. With a single expander word clock is never required: the ADAT fibre carries the clock.',
      `Leave it, or free the cable: fibre from the interface's ADAT OUT to its ADAT IN, then ${syncWords(expander, 'adat')}.`,
    ),
  ];
}

function monitorNotes(monitors: PatchMonitors): Remark[] {
  const feet = cableFeet(monitors.cable);
  const name = monitors.name === '' ? 'monitors' : monitors.name;
  const run = `${monitors.cable.length} ${monitors.cable.unit}`;
  if (monitors.connector === 'rca') {
    if (feet <= LIMITS.monitorRcaFt) return [];
    return [
      note(
        'monitor-rca-long',
        'warning',
        name,
        `RCA to the monitors over ${run}.`,
        `RCA is unbalanced: past ${feetAndMetres(LIMITS.monitorRcaFt)} it collects hum in an ordinary studio.`,
        'Use balanced TRS or XLR outputs; with RCA only, keep it shorter or add an isolation transformer.',
      ),
    ];
  }
  const balanced = monitors.cable.balanced && monitors.connector !== 'ts';
  if (balanced || feet <= LIMITS.monitorUnbalancedFt) return [];
  return [
    note(
      'monitor-run-unbalanced',
      'warning',
      name,
      `Unbalanced cable to the monitors over ${run}.`,
      `Past ${feetAndMetres(LIMITS.monitorUnbalancedFt)} it picks up hum and interference.`,
      'Use balanced TRS or XLR cable.',
    ),
  ];
}

function headphoneNotes(headphones: PatchHeadphones): Remark[] {
  const notes: Remark[] = [];
  const name = headphones.name === '' ? 'headphones' : `${headphones.name}'s headphones`;
  const { impedanceOhm, ampOutputOhm, ampPowerMw } = headphones;
  if (ampOutputOhm !== null) {
    const overTen = ampOutputOhm > LIMITS.ampOutputOhm;
    const overEighth = impedanceOhm !== null && impedanceOhm > 0 && ampOutputOhm > impedanceOhm / LIMITS.damping;
    if (overTen || overEighth) {
      notes.push(
        note(
          'headphone-output-impedance',
          'info',
          name,
          overEighth
            ? `The output's ${ampOutputOhm} ohm is more than an eighth of the headphones' ${impedanceOhm} ohm.`
            : `The output has ${ampOutputOhm} ohm; up to ${LIMITS.ampOutputOhm} is clean.`,
          'The two impedances form a filter that colours the sound, most often a fatter bass.',
          `Don't judge bass on them; use headphones of ${Math.ceil(ampOutputOhm * LIMITS.damping)} ohm or more here, or a headphone amp with a lower output impedance.`,
        ),
      );
    }
  }
  if (
    impedanceOhm !== null &&
    impedanceOhm >= LIMITS.highImpedanceOhm &&
    ampPowerMw !== null &&
    ampPowerMw < LIMITS.highImpedanceMw
  ) {
    notes.push(
      note(
        'headphone-power-low',
        'warning',
        name,
        `${impedanceOhm} ohm headphones on an output of ${ampPowerMw} mW.`,
        `They want ${LIMITS.highImpedanceMw} mW or more: too quiet, or distorted when turned up.`,
        'Use a headphone amp on a line output, or headphones of lower impedance.',
      ),
    );
  }
  return notes;
}

function sharedHeadphoneNotes(all: readonly PatchHeadphones[]): GuideNote[] {
  const notes: GuideNote[] = [];
  const outputs = new Map<string, PatchHeadphones>();
  for (const [i, headphones] of all.entries()) {
    if (headphones.output === '') continue;
    const first = outputs.get(headphones.output);
    if (first === undefined) {
      outputs.set(headphones.output, headphones);
    } else if (first.mix !== '' && headphones.mix !== '' && first.mix !== headphones.mix) {
      notes.push(
        ...placed(`headphones.${i}`, [
          note(
            'headphone-output-shared',
            'warning',
            headphones.output,
            `${first.name || 'One'} wants ${first.mix}, ${headphones.name || 'another'} wants ${headphones.mix}, on one output.`,
            'Sockets that share an output hear the same mix.',
            'Give one of them another output, or a headphone amp on a spare line pair.',
          ),
        ]),
      );
    }
  }
  return notes;
}
