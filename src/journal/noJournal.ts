/** In place of the journal in safe mode: nothing is opened, nothing is kept, and who asks hears why. */
import { bad, type Outcome } from '../fault.ts';
import type { Journal } from './journal.ts';

/** What the program needs of a journal beside its feed. */
export type SessionJournal = Pick<Journal, 'ask' | 'findings' | 'limit' | 'stop'>;

export const noJournal: SessionJournal = {
  ask: () => Promise.resolve(refusal()),
  findings: () => [],
  limit: () => {},
  stop: () => Promise.resolve(),
};

function refusal(): Outcome<never> {
  return bad(
    'journal-safe-mode',
    'There is no journal in safe mode.',
    'Correct the settings, then: sudo systemctl restart lightkeeper.',
  );
}
