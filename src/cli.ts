/** Arguments -> options. Pure: no device is touched, nothing is printed. */
import { parseArgs } from 'node:util';
import type { AnalyzeCommand } from './analyze/analyzeCommand.ts';
import type { CaptureChoice } from './device/ports.ts';
import type { DoctorCommand } from './doctor/doctorCommand.ts';
import { METER_SCALES, type MeterScaleName } from './dsp/meterScales.ts';
import { bad, good, type Outcome } from './fault.ts';
import type { PlanCommand } from './guide/planCommand.ts';
import type { ProveCommand } from './prove/proveCommand.ts';
import type { MarkerFormat, ReportCommand } from './report/reportCommand.ts';

export interface RunOptions {
  /** null: nothing was chosen; the composition root looks for a card. */
  readonly choice: CaptureChoice | null;
  /** null: as configured. */
  readonly httpPort: number | null;
  readonly panel: 'auto' | 'terminal' | 'none';
  /** null: the platform's own. */
  readonly stateDir: string | null;
  /** Capture and page alone, with default settings. */
  readonly safe: boolean;
}

export type CliRequest =
  | { readonly command: 'run'; readonly options: RunOptions }
  | { readonly command: 'list' }
  | { readonly command: 'dump'; readonly device: string | null }
  | { readonly command: 'plan'; readonly options: PlanCommand }
  | { readonly command: 'analyze'; readonly options: AnalyzeCommand }
  | { readonly command: 'prove'; readonly options: ProveCommand }
  | { readonly command: 'pin'; readonly stateDir: string | null }
  | { readonly command: 'report'; readonly options: ReportCommand; readonly stateDir: string | null }
  | { readonly command: 'doctor'; readonly options: DoctorCommand; readonly stateDir: string | null }
  | { readonly command: 'help' }
  | { readonly command: 'version' };

export const HELP = `lightkeeper: meters and clock-lock monitor for a USB audio interface with expanders

  lightkeeper [run] [options]     capture, meter, show, serve (the default)
  lightkeeper list                capture cards of this machine
  lightkeeper dump [hw:N]         a card's controls as JSON, to send in
  lightkeeper analyze <wav...>    a recorded take: all readings, loudness, and the verdict of each bank
    --json                        for programs
    --csv                         readings as a table, a line a channel
    --meter <name>                give this meter's maximum, too: digital (default), ppmDin, ppmNordic,
                                  ppmBbc, ppmEbu, vu, k12, k14, k20
    --loudness <groups>           channels measured together: 1-2,3-4,5 (default: pairs), 1-2+5 is one group
    --interface <usb id or name>  banks as this interface delivers them; a part of its name will do
    --map <file.json>             banks, as in the configuration
  lightkeeper prove [--bank <name>]  the guided proof of a port: send a test tone into it, and hold it
    --map <file.json>             banks, as in the configuration
    --json                        for programs; ends with 0 for one clock, 1 for two, 3 when it can't tell
  lightkeeper plan <brief.json>   what a session needs, and how to wire it: docs/planner.md
    --sheet <file.html|file.pdf>  also a sheet to print
    --config <file.json>          also a configuration
  lightkeeper report              what a session was, from its journal: JSON, or by the ending of --out
    --session <n>                 which one; default: the last
    --out <file>                  .html (to read and print), .csv or .json
    --markers reaper|audacity|cue takes, faults and marks for a DAW, in place of the report; zero is
                                  the start of the session, or as one of these says:
    --take <name>                 the start of this take
    --mark <name>                 this mark, set by OSC or by hand when the DAW began to roll
    --anchor <take.wav>           the start of this file of the DAW, by its BWF TimeReference
    --zone <hours>                how far east of UTC the clock behind it stood; default: found out
    --ltc                         the timecode that a channel carried (with --anchor: the file's, too)
  lightkeeper doctor              what is wrong with this machine, and what to do
    --fix                         also change the boot configuration where that is the cure
    --json                        for programs
  lightkeeper pin                 the PIN that lets a phone change things, of the Lightkeeper running here

What to listen to (default: the first USB capture card):
  --pcm <alsa name>               an ALSA PCM, such as hw:1,0
    --rate <Hz>                   sample rate; default: the device's present rate
    --channels <n>                channels; default: all
  --wav <file...>                 a take: one polywav or several mono files
    --fast                        as fast as it reads, instead of real time
    --loop                        from the start again at the end
  --sim <scenario>                the simulator: session, clean, free-running, slow-expander,
                                  quiet-expander, no-fibre, usb-loss, unplug, test-tone,
                                  test-tone-free, or a scenario file
    --seed <n>                    another performance of the same scenario
  --replay <dump.json>            the controls of a card that lightkeeper dump wrote down, with silence on its channels

Where to show it:
  --http <port>                   port of the page; default as configured (8080), 0: any free one
  --panel terminal|none           draw the panel in the terminal, or not at all
  --state-dir <folder>            where configuration and journal live
  --safe                          capture and page alone, with default settings

  --help, --version`;

const usage = (what: string) => bad('usage', what, 'See lightkeeper --help.');

function integer(text: string, name: string, low: number, high: number): Outcome<number> {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < low || value > high) {
    return usage(`--${name} wants a whole number from ${low} to ${high}, not "${text}".`);
  }
  return good(value);
}

/** Reads the words after the program's name. */
export function parseCommandLine(words: readonly string[]): Outcome<CliRequest> {
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(words);
  } catch (error) {
    return usage(`${(error as Error).message.split('. ')[0]}.`);
  }
  const { values, positionals } = parsed;
  if (values.help) return good({ command: 'help' });
  if (values.version) return good({ command: 'version' });
  const command = positionals[0] ?? 'run';
  if (command === 'list') {
    if (positionals.length > 1) return usage(`list takes no further words, but got "${positionals[1]}".`);
    return good({ command: 'list' });
  }
  if (command === 'dump') {
    if (positionals.length > 2) return usage(`dump takes one card, but got "${positionals[2]}" too.`);
    return good({ command: 'dump', device: positionals[1] ?? null });
  }
  if (command === 'plan') {
    const briefFile = positionals[1];
    if (briefFile === undefined) return usage('plan wants a brief: lightkeeper plan brief.json.');
    if (positionals.length > 2) return usage(`plan takes one brief, but got "${positionals[2]}" too.`);
    return good({
      command: 'plan',
      options: { briefFile, sheetFile: values.sheet ?? null, configFile: values.config ?? null },
    });
  }
  if (command === 'analyze') {
    const paths = positionals.slice(1);
    if (paths.length === 0) return usage('analyze wants the files of a take, or their folder.');
    return analyzeOptions(values, paths);
  }
  if (command === 'doctor') {
    if (positionals.length > 1) return usage(`doctor takes no further words, but got "${positionals[1]}".`);
    return good({
      command: 'doctor',
      options: { fix: values.fix === true, json: values.json === true, root: values.root ?? null },
      stateDir: values['state-dir'] ?? null,
    });
  }
  if (command === 'report') {
    if (positionals.length > 1) return usage(`report takes no further words, but got "${positionals[1]}".`);
    return reportOptions(values);
  }
  for (const name of REPORT_ONLY) {
    if (values[name] !== undefined) return usage(`--${name} goes with report.`);
  }
  if (command === 'prove') return proveOptions(values, positionals.slice(1));
  if (values.bank !== undefined) return usage('--bank goes with prove.');
  for (const name of ['fix', 'root'] as const) {
    if (values[name] !== undefined) return usage(`--${name} goes with doctor.`);
  }
  for (const name of ['json', 'csv', 'map', 'interface', 'meter', 'loudness'] as const) {
    if (values[name] !== undefined) return usage(`--${name} goes with analyze.`);
  }
  for (const name of ['sheet', 'config'] as const) {
    if (values[name] !== undefined) return usage(`--${name} goes with plan.`);
  }
  if (command === 'pin') {
    if (positionals.length > 1) return usage(`pin takes no further words, but got "${positionals[1]}".`);
    return good({ command: 'pin', stateDir: values['state-dir'] ?? null });
  }
  if (command !== 'run' && values.wav === undefined) return usage(`There is no command "${command}".`);
  const rest = command === 'run' ? positionals.slice(1) : positionals;
  if (rest.length > 0 && values.wav === undefined) return usage(`Too many words: "${rest[0]}".`);
  return runOptions(values, rest);
}

function parse(words: readonly string[]) {
  return parseArgs({
    args: [...words],
    allowPositionals: true,
    strict: true,
    options: {
      help: { type: 'boolean', short: 'h' },
      version: { type: 'boolean' },
      sim: { type: 'string' },
      seed: { type: 'string' },
      wav: { type: 'string', multiple: true },
      fast: { type: 'boolean' },
      loop: { type: 'boolean' },
      pcm: { type: 'string' },
      replay: { type: 'string' },
      rate: { type: 'string' },
      channels: { type: 'string' },
      http: { type: 'string' },
      panel: { type: 'string' },
      'state-dir': { type: 'string' },
      safe: { type: 'boolean' },
      fix: { type: 'boolean' },
      root: { type: 'string' },
      sheet: { type: 'string' },
      config: { type: 'string' },
      json: { type: 'boolean' },
      csv: { type: 'boolean' },
      bank: { type: 'string' },
      map: { type: 'string' },
      interface: { type: 'string' },
      meter: { type: 'string' },
      loudness: { type: 'string' },
      session: { type: 'string' },
      out: { type: 'string' },
      markers: { type: 'string' },
      take: { type: 'string' },
      mark: { type: 'string' },
      anchor: { type: 'string' },
      zone: { type: 'string' },
      ltc: { type: 'boolean' },
    },
  });
}

const REPORT_ONLY = ['session', 'out', 'markers', 'take', 'mark', 'anchor', 'zone', 'ltc'] as const;
const MARKER_FORMATS: readonly MarkerFormat[] = ['reaper', 'audacity', 'cue'];

function reportOptions(values: ReturnType<typeof parse>['values']): Outcome<CliRequest> {
  let session: number | null = null;
  if (values.session !== undefined) {
    const number = integer(values.session, 'session', 1, 1e9);
    if (!number.ok) return number;
    session = number.value;
  }
  const markers = MARKER_FORMATS.find((format) => format === values.markers) ?? null;
  if (values.markers !== undefined && markers === null) {
    return usage(`--markers wants one of ${MARKER_FORMATS.join(', ')}, not "${values.markers}".`);
  }
  for (const name of ['take', 'mark', 'anchor', 'zone', 'ltc'] as const) {
    if (values[name] !== undefined && markers === null) return usage(`--${name} goes with --markers.`);
  }
  const zeros = [values.take, values.mark, values.anchor ?? (values.ltc ? '' : undefined)];
  if (zeros.filter((value) => value !== undefined).length > 1) {
    return usage('Choose one of --take, --mark and --anchor or --ltc.');
  }
  if (markers === 'cue' && values.out === undefined) return usage('--markers cue wants --out <file.wav>.');
  if (markers === null && values.out !== undefined && !/\.(html|csv|json)$/i.test(values.out)) {
    return usage(`--out wants a name that ends in .html, .csv or .json, not "${values.out}".`);
  }
  let zoneMin: number | null = null;
  if (values.zone !== undefined) {
    const hours = Number(values.zone);
    if (!/^[+-]?\d{1,2}(\.\d+)?$/.test(values.zone) || Math.abs(hours) > 14) {
      return usage(`--zone wants hours east of UTC, such as +2 or -3.5, not "${values.zone}".`);
    }
    zoneMin = Math.round(hours * 60);
  }
  return good({
    command: 'report',
    options: {
      session,
      out: values.out ?? null,
      markers,
      take: values.take ?? null,
      mark: values.mark ?? null,
      anchorFile: values.anchor ?? null,
      ltc: values.ltc === true,
      zoneMin,
    },
    stateDir: values['state-dir'] ?? null,
  });
}

function analyzeOptions(values: ReturnType<typeof parse>['values'], paths: readonly string[]): Outcome<CliRequest> {
  if (values.json && values.csv) return usage('Choose one of --json and --csv.');
  if (values.map !== undefined && values.interface !== undefined) return usage('Choose one of --map and --interface.');
  const meter = values.meter ?? 'digital';
  if (!Object.hasOwn(METER_SCALES, meter)) {
    return usage(`--meter wants one of ${Object.keys(METER_SCALES).join(', ')}, not "${meter}".`);
  }
  let loudness: number[][] | null = null;
  if (values.loudness !== undefined) {
    const groups = values.loudness.split(',').map(channelsOf);
    if (groups.some((group) => group === null)) {
      return usage(`--loudness wants groups of channels from 1 to 64, such as 1-2,3-4, not "${values.loudness}".`);
    }
    loudness = groups as number[][];
  }
  return good({
    command: 'analyze',
    options: {
      paths,
      format: values.json ? 'json' : values.csv ? 'csv' : 'text',
      mapFile: values.map ?? null,
      interface: values.interface ?? null,
      meter: meter as MeterScaleName,
      loudness,
    },
  });
}

/** Channels of a group such as `1-2+5`; null where it is none. */
function channelsOf(group: string): number[] | null {
  const channels: number[] = [];
  for (const part of group.split('+')) {
    const match = /^(\d{1,2})(?:-(\d{1,2}))?$/.exec(part.trim());
    const first = Number(match?.[1]);
    const last = Number(match?.[2] ?? first);
    if (match === null || first < 1 || last > 64 || last < first) return null;
    for (let channel = first; channel <= last; channel++) {
      if (channels.includes(channel)) return null;
      channels.push(channel);
    }
  }
  return channels;
}

/** The same sources as a run; by default the first USB capture card. */
function proveOptions(values: ReturnType<typeof parse>['values'], moreFiles: readonly string[]): Outcome<CliRequest> {
  if (moreFiles.length > 0 && values.wav === undefined) return usage(`Too many words: "${moreFiles[0]}".`);
  const run = runOptions(values, moreFiles);
  if (!run.ok || run.value.command !== 'run') return run;
  const choice = run.value.options.choice ?? { kind: 'alsa', pcm: 'auto', rateHz: null, channels: null };
  return good({
    command: 'prove',
    options: { choice, bank: values.bank ?? null, mapFile: values.map ?? null, json: values.json === true },
  });
}

function runOptions(values: ReturnType<typeof parse>['values'], moreFiles: readonly string[]): Outcome<CliRequest> {
  const chosen = [values.sim, values.wav, values.pcm, values.replay].filter((value) => value !== undefined).length;
  if (chosen > 1) return usage('Choose one of --sim, --wav, --pcm and --replay.');
  const only = (name: 'seed' | 'fast' | 'loop' | 'rate' | 'channels', owner: 'sim' | 'wav' | 'pcm') =>
    values[name] !== undefined && values[owner] === undefined ? usage(`--${name} goes with --${owner}.`) : null;
  const misplaced =
    only('seed', 'sim') ?? only('fast', 'wav') ?? only('loop', 'wav') ?? only('rate', 'pcm') ?? only('channels', 'pcm');
  if (misplaced) return misplaced;

  let choice: CaptureChoice | null = null;
  if (values.sim !== undefined) {
    const seed = integer(values.seed ?? '1', 'seed', 0, 2 ** 31 - 1);
    if (!seed.ok) return seed;
    choice = { kind: 'sim', scenario: values.sim, seed: seed.value, fast: false };
  } else if (values.replay !== undefined) {
    choice = { kind: 'replay', dumpFile: values.replay };
  } else if (values.wav !== undefined) {
    choice = {
      kind: 'wav',
      files: [...values.wav, ...moreFiles],
      fast: values.fast === true,
      loop: values.loop === true,
    };
  } else if (values.pcm !== undefined) {
    if (values.pcm === '') return usage('--pcm wants an ALSA name, such as hw:1,0.');
    const rate = values.rate === undefined ? good(null) : integer(values.rate, 'rate', 8000, 192000);
    if (!rate.ok) return rate;
    const channels = values.channels === undefined ? good(null) : integer(values.channels, 'channels', 1, 64);
    if (!channels.ok) return channels;
    choice = { kind: 'alsa', pcm: values.pcm, rateHz: rate.value, channels: channels.value };
  }
  let httpPort: number | null = null;
  if (values.http !== undefined) {
    const port = integer(values.http, 'http', 0, 65535);
    if (!port.ok) return port;
    httpPort = port.value;
  }
  const panel = values.panel ?? 'auto';
  if (panel !== 'auto' && panel !== 'terminal' && panel !== 'none') {
    return usage(`--panel wants terminal or none, not "${panel}".`);
  }
  return good({
    command: 'run',
    options: { choice, httpPort, panel, stateDir: values['state-dir'] ?? null, safe: values.safe === true },
  });
}
