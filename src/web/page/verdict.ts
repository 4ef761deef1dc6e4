/** The one word on top of the page, made from the snapshot: pure, so that a test can hold it. */
import type { Bank, Snapshot, SyncWord } from '../../monitor/snapshot.ts';
import { count, ppm } from './format.ts';

export interface Verdict {
  readonly watching: boolean;
  readonly sync: SyncWord;
  /** In big type. */
  readonly word: string;
  /** Beside it, smaller: what the word means here. Empty where it says all. */
  readonly meaning: string;
  /** One line under it. */
  readonly line: string;
  /** What nothing can be said about, or null. */
  readonly aside: string | null;
}

/** ADAT A (OctoPre). */
export function bankTitle(bank: Bank): string {
  return bank.box === null ? bank.name : `${bank.box} on ${bank.name}`;
}

const CAPTURE_LINES: Readonly<Record<Exclude<Snapshot['capture']['state'], 'running'>, string>> = {
  absent: 'No interface is connected.',
  opening: 'Opening the interface.',
  stalled: 'The interface delivers nothing.',
  faulted: 'Capture failed.',
  released: 'The interface is released to another program.',
  ended: 'The recording is over.',
};

function names(banks: readonly Bank[]): string {
  return banks.map((bank) => bankTitle(bank)).join(', ');
}

function slipLine(bank: Bank): string {
  const parts = [
    bank.slipsPerMinute === null
      ? count(bank.slips, 'slip')
      : `${bank.slipsPerMinute.toFixed(bank.slipsPerMinute < 10 ? 1 : 0)} slips a minute`,
  ];
  if (bank.ppm !== null) parts.push(ppm(bank.ppm, bank.uncertaintyPpm));
  return parts.join(', ');
}

/**
 * The worst word wins: a bank that slips, then one without lock. A bank that can't be judged never makes the word
 * better, and is always named; while nothing at all is proven, the word itself is `?`.
 */
export function verdictOf(snapshot: Snapshot): Verdict {
  const { capture, banks } = snapshot;
  if (capture.state !== 'running') {
    const line = capture.fault === null ? CAPTURE_LINES[capture.state] : `${capture.fault.what} ${capture.fault.fix}`;
    return { watching: false, sync: 'unknown', word: 'NOT WATCHING', meaning: '', line, aside: null };
  }
  const of = (sync: SyncWord) => banks.filter((bank) => bank.sync === sync);
  const unknown = of('unknown');
  const aside = unknown.length === 0 ? null : `Can't tell: ${names(unknown)}`;
  const [slipping, lost, inSync] = [of('lock'), of('noLock'), of('sync')];
  if (slipping.length > 0) {
    const worst = slipping.reduce((a, b) => ((b.slipsPerMinute ?? 0) > (a.slipsPerMinute ?? 0) ? b : a));
    const more = [...slipping.filter((bank) => bank !== worst), ...lost];
    return {
      watching: true,
      sync: 'lock',
      word: 'LOCK',
      meaning: 'slipping',
      line: `${bankTitle(worst)}: ${slipLine(worst)}`,
      aside: more.length > 0 ? `Also: ${names(more)}` : aside,
    };
  }
  if (lost.length > 0)
    return { watching: true, sync: 'noLock', word: 'NO LOCK', meaning: '', line: names(lost), aside };
  // Analogue inputs run from the interface's own converters: they alone prove nothing about a box on a fibre.
  const outside = inSync.filter((bank) => bank.kind !== 'analogue' && bank.kind !== 'loopback');
  const onlyOwn = banks.every((bank) => bank.kind === 'analogue' || bank.kind === 'loopback');
  if (outside.length > 0)
    return { watching: true, sync: 'sync', word: 'SYNC', meaning: '', line: names(outside), aside };
  if (onlyOwn && inSync.length > 0)
    return { watching: true, sync: 'sync', word: 'SYNC', meaning: '', line: names(inSync), aside };
  return {
    watching: true,
    sync: 'unknown',
    word: '?',
    meaning: "can't tell",
    line: 'No evidence yet.',
    aside: unknown.length === 0 ? null : names(unknown),
  };
}
