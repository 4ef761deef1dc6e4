/** The guided proof of one bank on the phone: a button, and what it says while it runs. `progress`: of this bank, or null. */
import type { Bank, ProveProgress } from '../../monitor/snapshot.ts';
import { isDigital } from '../../ui/view.ts';
import { act } from './api.ts';
import { h } from './dom.ts';
import { sayFault } from './toast.ts';

/** Where there is a word already nobody needs a proof, but the one who just made it. */
export function offersProof(bank: Bank, progress: ProveProgress | null): boolean {
  const here = bank.vantage === 'own' || bank.vantage === 'mirror';
  return isDigital(bank) && here && (bank.sync === 'unknown' || progress !== null);
}

/** A verdict stands in the line of evidence; why there is none stands here. */
export function proveWords(progress: ProveProgress | null): string {
  return progress === null || progress.state === 'passed' ? '' : `${progress.what} ${progress.fix}`.trim();
}

export function proveLine(bank: Bank, progress: ProveProgress | null): HTMLElement {
  const runs = progress?.state === 'listening' || progress?.state === 'measuring';
  const label = runs ? 'Give up' : progress === null ? 'Prove it' : 'Prove it again';
  const button = h('button', '', { type: 'button', 'data-prove': bank.id }, label);
  button.addEventListener('click', () => void send(runs ? null : bank.id));
  return h('div', 'prove-line', {}, button, h('p', 'prove-words', { role: 'status' }, proveWords(progress)));
}

async function send(bank: string | null): Promise<void> {
  const answer = await act('prove', { bank });
  if (!answer.ok) sayFault(answer.fault);
}
