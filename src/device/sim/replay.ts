/**
 * A card that somebody has sent in: its controls from a dump (`lightkeeper dump`), its channels at their noise floor. So a
 * reader of controls can be tried on interfaces that nobody here has.
 */
import { readFileSync } from 'node:fs';
import { bad, type Outcome } from '../../fault.ts';
import { type ControlDump, parseDump } from '../alsa/controls.ts';
import { readClock } from '../clock/readClock.ts';
import type { InterfaceTable } from '../interfaces/interfaceTable.ts';
import type { Scenario } from './scenario.ts';

const MAX_DUMP_BYTES = 8e6;
/** Of a card that neither routes nor stands in the table. */
const UNKNOWN_CHANNELS = 8;
const NOISE_DBFS = -100;

/** Faults: dump-unreadable. */
export function loadDump(path: string): Outcome<ControlDump> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    return bad('dump-unreadable', `${path} can not be read (${code}).`, 'Give the file that lightkeeper dump wrote.');
  }
  if (text.length > MAX_DUMP_BYTES)
    return bad('dump-unreadable', `${path} is too large for a dump.`, 'Give the file that lightkeeper dump wrote.');
  return parseDump(text);
}

/** As many channels as the dump's own routing tells, else the table, and nothing on them but noise. */
export function replayScenario(dump: ControlDump, table: InterfaceTable): Scenario {
  const { routing } = readClock(
    dump.controls.map((control) => ({ ...control, events: 0 })),
    { usbId: dump.usbId, streaming: true },
  );
  const mapped = dump.usbId === null ? [] : (table.lookup(dump.usbId)?.maps.x1 ?? []);
  const known = routing.length > 0 ? routing.length : Math.max(0, ...mapped.map((port) => port.last));
  const channels = Math.min(64, known || UNKNOWN_CHANNELS);
  return {
    name: 'replay',
    description: 'The controls of a card that was sent in.',
    interfaceName: (dump.card.name || 'Replayed card').slice(0, 48),
    usbId: dump.usbId,
    rateHz: 48_000,
    validBits: 24,
    interfacePpm: 0,
    tempoBpm: 120,
    banks: [{ id: 'all', name: 'All', kind: 'group', first: 1, last: channels }],
    channels: Array.from({ length: channels }, (_, i) => ({
      index: i + 1,
      name: '',
      hears: {},
      noiseDbfs: NOISE_DBFS,
    })),
    events: [],
    repeatEveryFrames: null,
  };
}
