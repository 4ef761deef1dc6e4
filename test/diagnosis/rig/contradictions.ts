/** Do findings that stand together contradict each other? */
import type { Finding, Snapshot } from '../../../src/monitor/snapshot.ts';

/** Of one place at most one of these can be true at a time. */
const ONE_OF: readonly (readonly string[])[] = [
  // Why nothing is heard of a channel, and that it is too loud.
  [
    'channel-dead',
    'channel-zero',
    'channel-frozen',
    'channel-muted',
    'phantom-off',
    'gain-low',
    'mic-into-line',
    'routing-off',
    'channel-clipping',
    'channel-flat-top',
    'line-into-instrument',
    'plus4-into-minus10',
    'minus10-into-plus4',
  ],
  // What 48 V does to a channel.
  ['phantom-off', 'phantom-on-ribbon'],
  // What comes over a fibre.
  ['port-no-lock', 'port-mode-wrong', 'bank-zero', 'bank-zero-locked', 'bank-no-source', 'bank-slips'],
  // Where all channels break at once.
  ['usb-loss', 'capture-stalled', 'device-gone', 'device-absent', 'pcm-busy'],
  ['bank-hum', 'channel-hum'],
];

/** Each contradiction in a line; empty: none. */
export function contradictions(findings: readonly Finding[], snapshot: Snapshot): string[] {
  const found: string[] = [];
  for (const group of ONE_OF) {
    const places = new Map<string, string>();
    for (const { code, where } of findings) {
      if (!group.includes(code)) continue;
      const other = places.get(where);
      if (other !== undefined) found.push(`${where}: ${other} and ${code}`);
      places.set(where, code);
    }
  }
  for (const bank of snapshot.banks) {
    if (
      bank.sync === 'sync' &&
      findings.some(({ code, where }) => code === 'bank-slips' && where === (bank.box ?? bank.name))
    )
      found.push(`${bank.name}: SYNC, and slips`);
  }
  const twice = findings
    .map(({ code, where }) => `${code} at ${where}`)
    .filter((one, i, all) => all.indexOf(one) !== i);
  return [...found, ...twice.map((one) => `${one} twice`)];
}
