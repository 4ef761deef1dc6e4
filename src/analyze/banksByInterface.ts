/** Which interface a take was recorded with, where somebody says so: the user, or the file's own description. */
import type { InterfaceMap } from '../device/interfaces/interfaceMap.ts';
import type { InterfaceTable } from '../device/interfaces/interfaceTable.ts';
import { bad, good, type Outcome } from '../fault.ts';

const USB_ID = /^[0-9a-f]{4}:[0-9a-f]{4}$/i;

/** Letters and digits alone, in small: `Scarlett 18i20 (3rd Gen)` and `scarlett 18i20 3rd gen` are one. */
function bare(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, ' ')
    .trim();
}

/**
 * The table's map by USB id, or by name or a part of it. `channels`: of the take, which tells the modes of one device
 * apart, and two devices where a part of the name fits both.
 */
export function interfaceNamed(table: InterfaceTable, word: string, channels: number): Outcome<InterfaceMap> {
  if (USB_ID.test(word)) {
    const map = table.lookup(word.toLowerCase(), channels);
    if (map !== null) return good(map);
    return bad(
      'interface-unknown',
      `No interface with the USB id ${word} is in the table.`,
      'Name its banks with --map, or leave --interface away: banks then are by track names, else groups of 8.',
    );
  }
  const asked = bare(word);
  const fits = table.maps.filter((map) => asked !== '' && bare(map.name).includes(asked));
  const exact = fits.filter((map) => bare(map.name) === asked);
  const sized = fits.filter((map) => Math.max(...map.maps.x1.map((port) => port.last)) === channels);
  const chosen = exact.length > 0 ? exact : fits.length > 1 && sized.length > 0 ? sized : fits;
  if (chosen.length === 1) return good(chosen[0]!);
  if (chosen.length === 0)
    return bad(
      'interface-unknown',
      `No interface called "${word}" is in the table.`,
      `Use a part of one of these names, or a USB id: ${table.maps.map((map) => map.name).join(', ')}.`,
    );
  return bad(
    'interface-ambiguous',
    `"${word}" fits ${chosen.length} interfaces: ${chosen.map((map) => map.name).join(', ')}.`,
    'Write more of the name, or the USB id.',
  );
}

/** The one interface whose name stands in what the file says of itself, or null. */
export function interfaceIn(table: InterfaceTable, description: string): InterfaceMap | null {
  const text = ` ${bare(description)} `;
  const found = table.maps.filter((map) => text.includes(` ${bare(map.name)} `));
  // `Scarlett 18i20 (4th Gen), Dual ADAT` holds the name of its plainer mode: the longest counts.
  found.sort((a, b) => b.name.length - a.name.length);
  const first = found[0];
  if (first === undefined) return null;
  return found.every((map) => bare(first.name).includes(bare(map.name))) ? first : null;
}
