/**
 * The table of interfaces: reads the JSON files beside this one. A map is looked up by USB id; `verified` ones were read
 * in the Linux driver or in a dump of the device's controls, the others come from manuals and are told as such.
 * What a user's configuration says outranks all of it; what the device's own routing says (clock room) comes next.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';
import type { BankKind } from '../../monitor/snapshot.ts';
import type { InterfaceMap, PortMap } from './interfaceMap.ts';

const Ports = Type.String({ pattern: '^[a-z]+(-[a-d])? \\d+-\\d+(, [a-z]+(-[a-d])? \\d+-\\d+)*$' });
const File = Type.Object(
  {
    source: Type.String({ minLength: 1 }),
    interfaces: Type.Array(
      Type.Object(
        {
          name: Type.String({ minLength: 1 }),
          usbIds: Type.Array(Type.String({ pattern: '^[0-9a-f]{4}:[0-9a-f]{4}$' })),
          /** Only when it delivers this many channels at 1x: another mode of its digital ports. */
          channels: Type.Optional(Type.Integer({ minimum: 1, maximum: 64 })),
          verified: Type.Boolean(),
          x1: Ports,
          x2: Type.Union([Ports, Type.Null()]),
          x4: Type.Union([Ports, Type.Null()]),
        },
        { additionalProperties: false },
      ),
    ),
  },
  { additionalProperties: false },
);
type Entry = Static<typeof File>['interfaces'][number];

const NAMES: Readonly<Record<string, { kind: BankKind; name: string }>> = {
  analogue: { kind: 'analogue', name: 'Analogue' },
  loopback: { kind: 'loopback', name: 'Loopback' },
  spdif: { kind: 'spdif', name: 'S/PDIF' },
  aes: { kind: 'aes', name: 'AES' },
  adat: { kind: 'adat', name: 'ADAT' },
};

/** `analogue 1-8, adat-a 9-16` to ports. Throws on an unknown word: the table is ours. */
export function parsePorts(text: string): PortMap[] {
  return text.split(', ').map((part) => {
    const [id, range] = part.split(' ') as [string, string];
    const [word, letter] = id.split('-') as [string, string | undefined];
    const named = NAMES[word];
    if (named === undefined) throw new Error(`no such port: ${id}`);
    const [first, last] = range.split('-').map(Number) as [number, number];
    return { id, name: letter ? `${named.name} ${letter.toUpperCase()}` : named.name, kind: named.kind, first, last };
  });
}

export interface InterfaceTable {
  readonly maps: readonly InterfaceMap[];
  /** By USB id; `channels` as delivered at 1x picks a mode where there are several. null: not in the table. */
  lookup(usbId: string, channels?: number): InterfaceMap | null;
}

/** Reads the table; `dir` holds the JSON files. */
export function loadInterfaceTable(dir: string = dirname(fileURLToPath(import.meta.url))): InterfaceTable {
  const entries: { entry: Entry; map: InterfaceMap }[] = [];
  for (const file of readdirSync(dir).sort()) {
    if (!file.endsWith('.json')) continue;
    const data: unknown = JSON.parse(readFileSync(join(dir, file), 'utf8'));
    if (!Value.Check(File, data)) throw new Error(`${file}: ${JSON.stringify(Value.Errors(File, data)[0])}`);
    for (const entry of data.interfaces) {
      const { name, usbIds, verified, x1, x2, x4 } = entry;
      const maps = { x1: parsePorts(x1), x2: x2 && parsePorts(x2), x4: x4 && parsePorts(x4) };
      entries.push({
        entry,
        map: { name, usbIds, verified, maps: { ...maps, x2: maps.x2 || null, x4: maps.x4 || null } },
      });
    }
  }
  return {
    maps: entries.map((one) => one.map),
    lookup(usbId, channels) {
      const known = entries.filter((one) => one.entry.usbIds.includes(usbId));
      const mode = known.find((one) => one.entry.channels !== undefined && one.entry.channels === channels);
      return (mode ?? known.find((one) => one.entry.channels === undefined))?.map ?? null;
    },
  };
}
