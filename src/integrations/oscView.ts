/** What is sent by OSC, and what a command means. Pure. Every address and argument stands in OSC_OUT and OSC_IN, and in the docs. */
import type { LevelFrame } from '../monitor/levels.ts';
import { NO_SIGNAL } from '../monitor/levels.ts';
import type { Snapshot } from '../monitor/snapshot.ts';
import { OscFloat, type OscMessage, type OscSend } from './oscPackets.ts';
import { bankState, boxState, openFindings } from './states.ts';

export const ROOT = '/lightkeeper';
/** What no signal (digital zero) is sent as, dBFS: OSC has no number for nothing that all receivers know. */
export const SILENT_DB = -150;

/** What is sent: address below ROOT, types, meaning. */
export const OSC_OUT: readonly (readonly [address: string, args: string, meaning: string])[] = [
  [
    '/levels',
    'f ...',
    `Largest sample peak of channel 1, 2, ... since the message before, dBFS; ${SILENT_DB}: digital zero.`,
  ],
  ['/channel/<n>/level', 'f', 'The same of channel n, for controllers that want an address each.'],
  ['/channel/<n>/clipped', 'i', '1: it has clipped since the last clear.'],
  ['/channel/<n>/name', 's', 'Its name.'],
  ['/bank/<id>/sync', 's', 'noLock, lock, sync or unknown.'],
  ['/bank/<id>/ppm', 'f', "The bank's clock against the interface's; not sent while it is not known."],
  ['/bank/<id>/slips', 'i', 'Slips since the last clear.'],
  ['/capture', 's', 'State of capture: running, absent, stalled, ...'],
  ['/take', 'i s', '1 and the name while a take runs; 0 and the name of the last one.'],
  ['/take/verdict', 's', "clean, suspect or notWatched; '' before the first take."],
  ['/alarms', 'i', 'Alarms that nobody has acknowledged.'],
  ['/warnings', 'i', 'Warnings that nobody has acknowledged.'],
  [
    '/finding',
    's s s s',
    "Severity, place, symptom and fix of the worst that nobody has acknowledged; four times '' for none.",
  ],
  ['/simulated', 'i', '1: nothing of this comes from a real input.'],
];

export function levelMessages(peakDbX100: ArrayLike<number>, channels: number): OscSend[] {
  const levels: OscFloat[] = [];
  for (let c = 0; c < channels; c++) {
    const peak = peakDbX100[c] ?? NO_SIGNAL;
    levels.push(new OscFloat(peak === NO_SIGNAL ? SILENT_DB : peak / 100));
  }
  return [
    { address: `${ROOT}/levels`, args: levels },
    ...levels.map((level, c) => ({ address: `${ROOT}/channel/${c + 1}/level`, args: [level] })),
  ];
}

export function stateMessages(snapshot: Snapshot): OscSend[] {
  const box = boxState(snapshot);
  const worst = openFindings(snapshot)[0];
  const messages: OscSend[] = [
    { address: `${ROOT}/simulated`, args: [box.simulated ? 1 : 0] },
    { address: `${ROOT}/capture`, args: [box.capture] },
    { address: `${ROOT}/take`, args: [box.take === null ? 0 : 1, box.take ?? snapshot.lastTake?.name ?? ''] },
    { address: `${ROOT}/take/verdict`, args: [box.takeVerdict ?? ''] },
    { address: `${ROOT}/alarms`, args: [box.alarms] },
    { address: `${ROOT}/warnings`, args: [box.warnings] },
    {
      address: `${ROOT}/finding`,
      args: worst === undefined ? ['', '', '', ''] : [worst.severity, worst.where, worst.symptom, worst.fix],
    },
  ];
  for (const bank of snapshot.banks) {
    const { sync, ppm, slips } = bankState(bank);
    const address = `${ROOT}/bank/${bank.id}`;
    messages.push({ address: `${address}/sync`, args: [sync] }, { address: `${address}/slips`, args: [slips] });
    if (ppm !== null) messages.push({ address: `${address}/ppm`, args: [new OscFloat(ppm)] });
  }
  for (const { index, name, clipped } of snapshot.channels) {
    messages.push(
      { address: `${ROOT}/channel/${index}/name`, args: [name] },
      { address: `${ROOT}/channel/${index}/clipped`, args: [clipped ? 1 : 0] },
    );
  }
  return messages;
}

/** The largest of all frames since `take`: what falls between two messages is not lost. */
export class PeakHold {
  #peaks = new Int32Array(0);

  add(frame: LevelFrame): void {
    if (this.#peaks.length !== frame.channels) this.#peaks = new Int32Array(frame.channels).fill(NO_SIGNAL);
    for (let c = 0; c < frame.channels; c++) {
      if (frame.peakDbX100[c]! > this.#peaks[c]!) this.#peaks[c] = frame.peakDbX100[c]!;
    }
  }

  /** dBFS x 100, an entry a channel; begins anew. */
  take(): Int32Array {
    const peaks = this.#peaks.slice();
    this.#peaks.fill(NO_SIGNAL);
    return peaks;
  }
}

export type OscCommand =
  | { readonly kind: 'takeStart'; readonly name: string | null }
  | { readonly kind: 'takeStop' }
  | { readonly kind: 'takeToggle'; readonly name: string | null }
  /** Name of the next take. */
  | { readonly kind: 'takeName'; readonly name: string }
  /** A mark in the journal, to lay its times against another recorder's. */
  | { readonly kind: 'mark'; readonly name: string }
  /** 1-based; null: all. */
  | { readonly kind: 'clear'; readonly channel: number | null }
  /** code null: all that stand. */
  | { readonly kind: 'acknowledge'; readonly code: string | null; readonly where: string | null };

/** What is understood: address below ROOT, types, meaning. */
export const OSC_IN: readonly (readonly [address: string, args: string, meaning: string])[] = [
  ['/take/start', '[s]', 'Begins a take, with this name.'],
  ['/take/stop', '', 'Ends it.'],
  ['/take/toggle', '[s]', 'Begins one, or ends the one that runs.'],
  ['/take/name', 's', 'Name of the next take that is begun without one.'],
  ['/mark', '[s]', "A mark in the journal: lay the report's times against another recorder's by it."],
  ['/clear', '', 'Clears clip latches, counters and maxima of all channels.'],
  ['/channel/<n>/clear', '', 'The same of channel n.'],
  ['/acknowledge', '[s [s]]', 'Acknowledges findings: of this code, at this place; without arguments all that stand.'],
];

const NAME_LENGTH = 40;

/** null: not for us, or the release of a button: its only argument is 0 or false. */
export function commandOf({ address, args }: OscMessage): OscCommand | null {
  if (!address.startsWith(`${ROOT}/`)) return null;
  const first = args[0];
  if (args.length === 1 && (first === 0 || first === false)) return null;
  const word = (arg: unknown) => {
    const text =
      typeof arg === 'string'
        ? [...arg]
            .filter((letter) => letter >= ' ')
            .join('')
            .trim()
        : '';
    return text === '' ? null : [...text].slice(0, NAME_LENGTH).join('');
  };
  const below = address.slice(ROOT.length);
  switch (below) {
    case '/take/start':
      return { kind: 'takeStart', name: word(first) };
    case '/take/stop':
      return { kind: 'takeStop' };
    case '/take/toggle':
      return { kind: 'takeToggle', name: word(first) };
    case '/take/name': {
      const name = word(first);
      return name === null ? null : { kind: 'takeName', name };
    }
    case '/mark':
      return { kind: 'mark', name: word(first) ?? 'Mark' };
    case '/clear':
      return { kind: 'clear', channel: null };
    case '/acknowledge':
      return { kind: 'acknowledge', code: word(first), where: word(args[1]) };
    default: {
      const channel = Number(/^\/channel\/(\d{1,2})\/clear$/.exec(below)?.[1] ?? 0);
      return channel >= 1 && channel <= 64 ? { kind: 'clear', channel } : null;
    }
  }
}
