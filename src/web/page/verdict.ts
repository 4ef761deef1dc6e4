/** The one word on top of the page, made from the snapshot: pure, and the same word as on the panel. */
import type { Bank, Snapshot, SyncWord } from '../../monitor/snapshot.ts';
import { bankInUse, isDigital, rigSync } from '../../ui/view.ts';
import { whyUnknown } from './bankWords.ts';
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
  /** The other banks that are not in sync, or null. */
  readonly aside: string | null;
}

/** OctoPre on ADAT A. */
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

const SHORT: Readonly<Record<SyncWord, string>> = {
  sync: 'sync',
  lock: 'slips',
  noLock: 'no lock',
  unknown: "can't tell",
};

function slipLine(bank: Bank): string {
  const { slipsPerMinute } = bank;
  const parts = [
    slipsPerMinute === null
      ? count(bank.slips, 'slip')
      : `${slipsPerMinute.toFixed(slipsPerMinute < 10 ? 1 : 0)} slips a minute`,
  ];
  if (bank.ppm !== null) parts.push(ppm(bank.ppm, bank.uncertaintyPpm));
  return parts.join(', ');
}

export function verdictOf(snapshot: Snapshot): Verdict {
  const { capture, banks } = snapshot;
  if (capture.state !== 'running') {
    const line = capture.fault === null ? CAPTURE_LINES[capture.state] : `${capture.fault.what} ${capture.fault.fix}`;
    return { watching: false, sync: 'unknown', word: 'NOT WATCHING', meaning: '', line, aside: null };
  }
  const { sync, bank } = rigSync(snapshot);
  const others = banks.filter(
    (other) => other !== bank && isDigital(other) && bankInUse(other, snapshot) && other.sync !== 'sync',
  );
  const aside =
    others.length === 0 ? null : others.map((other) => `${bankTitle(other)}: ${SHORT[other.sync]}`).join(' · ');
  const from = bank === null ? "the interface's own clock" : bankTitle(bank);
  switch (sync) {
    case 'lock':
      return {
        watching: true,
        sync,
        word: 'LOCK',
        meaning: 'slipping',
        line: bank === null ? 'The interface slips against its clock source.' : `${from}: ${slipLine(bank)}`,
        aside,
      };
    case 'noLock':
      return { watching: true, sync, word: 'NO LOCK', meaning: '', line: from, aside };
    case 'sync':
      return { watching: true, sync, word: 'SYNC', meaning: '', line: from, aside };
    case 'unknown':
      return {
        watching: true,
        sync,
        word: '?',
        meaning: "can't tell",
        line: bank === null ? 'No evidence yet.' : `${from}: ${whyUnknown(bank)}`,
        aside,
      };
  }
}
