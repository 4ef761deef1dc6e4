/** What this run listens to, and what that is worth: pure. */
import type { Bank, Snapshot } from '../../monitor/snapshot.ts';
import { ppm } from './format.ts';

type Source = Snapshot['capture']['source'];

/** Where this box listens: the table of rigs in the README. */
const FROM_WORDS: Readonly<Record<Bank['vantage'], string>> = {
  own: 'at the interface itself',
  mirror: 'at a mirror: the slips the DAW gets',
  split: 'at a split fibre: no SYNC from here',
  resampled: 'at a resampled stream: no word on clocks',
};

/** A file was made wherever it was made. */
export function fromWords(source: Source, vantage: Bank['vantage']): string {
  return source === 'wav' ? 'a recorded take' : FROM_WORDS[vantage];
}

/** Beside the rate: how far it is off. A file has a number in its head, and no clock to measure. */
export function rateNote(source: Source, clock: Snapshot['clock']): string {
  if (source === 'wav') return 'as the file says';
  return clock.absolutePpm === null
    ? 'not measured yet'
    : `${ppm(clock.absolutePpm, clock.absoluteUncertaintyPpm)} off`;
}
