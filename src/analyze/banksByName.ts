import type { Config } from '../config/schema.ts';
import type { BankKind } from '../monitor/snapshot.ts';

const KINDS: readonly (readonly [RegExp, BankKind, string])[] = [
  [/^adat\s*(port\s*)?([a-h]|[1-8](?=\s*[-.:/]))?/i, 'adat', 'ADAT'],
  [/^(s\/?p-?dif|coax|optical)/i, 'spdif', 'S/PDIF'],
  [/^aes/i, 'aes', 'AES'],
  [/^(loop\s*back|loop|mix|daw)/i, 'loopback', 'Loopback'],
  [/^(analogu?e?|line|mic|input|in|inst)/i, 'analogue', 'Analogue'],
];

/**
 * Banks from the names of channels, as recorders write them: `ADAT A 3`, `ADAT 12`, `SPDIF L`, `Analogue 1`. Neighbours whose
 * names begin alike are a bank; `ADAT 1` to `ADAT 16` without a letter are cut every 8. null where no name tells.
 */
export function banksByName(names: readonly string[]): Config['banks'] | null {
  const banks: { id: string; name: string; kind: BankKind; first: number; last: number }[] = [];
  names.forEach((name, index) => {
    const channel = index + 1;
    for (const [pattern, kind, word] of KINDS) {
      const match = pattern.exec(name.trim());
      if (match === null) continue;
      const letter = kind === 'adat' ? (match[2]?.toUpperCase() ?? '') : '';
      const label = letter === '' ? word : `${word} ${letter}`;
      const open = banks.at(-1);
      const goesOn =
        open !== undefined && open.last === channel - 1 && open.kind === kind && open.name.split(' #')[0] === label;
      if (goesOn && !(kind === 'adat' && open.last - open.first >= 7)) open.last = channel;
      else {
        const same = banks.filter((bank) => bank.name.split(' #')[0] === label).length;
        const full = same === 0 ? label : `${label} #${same + 1}`;
        banks.push({
          id: full.toLowerCase().replace(/[^a-z0-9]+/g, '-'),
          name: full,
          kind,
          first: channel,
          last: channel,
        });
      }
      return;
    }
  });
  return banks.length === 0 ? null : banks;
}
