/** Controls written as text, `name = value [choices]`, as a dump that stands in for the card. */
import { type ControlDump, DUMP_FORMAT, type ReplayBoard } from '../../../src/device/alsa/controls.ts';

const LINE = /^(.+?) = (.+?)(?: \[(.+)\])?$/;
/** Read by polling, in the drivers: they raise no event. */
const VOLATILE = /^(Input \d (Sync|Format)|Current Sync Source)$/;

type Parsed = { readonly name: string; readonly value: string; readonly choices: string | null };

function parse(text: string): Parsed {
  const match = LINE.exec(text);
  if (match === null) throw new Error(`no control: ${text}`);
  return { name: match[1]!, value: match[2]!, choices: match[3] ?? null };
}

/** The session's controls with a scenario's changes over them. Empty: the interface shows none. */
export function dumpOfText(standing: readonly string[], changes: readonly string[], usbId: string): ControlDump {
  const controls = new Map(standing.map((text) => [parse(text).name, parse(text)]));
  for (const text of changes) {
    const change = parse(text);
    controls.set(change.name, { ...change, choices: change.choices ?? controls.get(change.name)?.choices ?? null });
  }
  return {
    format: DUMP_FORMAT,
    version: 1,
    usbId,
    card: { id: 'USB', driver: 'USB-Audio', name: 'USB', longname: 'USB', mixername: 'USB' },
    controls: [...controls.values()].map(({ name, value, choices }, i) => {
      const range = choices === null ? null : /^(\d+)\.\.(\d+)$/.exec(choices);
      const type = choices === null ? ('BOOLEAN' as const) : range ? ('INTEGER' as const) : ('ENUMERATED' as const);
      const items = type === 'ENUMERATED' ? choices!.split('|') : [];
      const number =
        type === 'BOOLEAN' ? (value === 'on' ? 1 : 0) : type === 'INTEGER' ? Number(value) : items.indexOf(value);
      if (number < 0 || Number.isNaN(number)) throw new Error(`${name} has no choice ${value}`);
      return {
        numid: i + 1,
        iface: 'MIXER' as const,
        device: 0,
        subdevice: 0,
        index: 0,
        name,
        type,
        readable: true,
        writable: false,
        volatile: VOLATILE.test(name),
        min: 0,
        max: range ? Number(range[2]) : 1,
        step: 0,
        items,
        values: [number],
      };
    }),
  };
}

/** Moves a control, as a hand on the device would. */
export function turn(board: ReplayBoard, text: string): void {
  const { name, value } = parse(text);
  const control = board.controls.find((one) => one.name === name)!;
  board.turn(name, control.type === 'BOOLEAN' ? (value === 'on' ? 1 : 0) : control.items.indexOf(value));
}
