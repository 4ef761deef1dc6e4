/** One line at the bottom that says what happened, with at most one thing to do about it. */
import type { Fault } from '../../fault.ts';
import { byId, h } from './dom.ts';

let timer = 0;

export function say(text: string, offer?: { readonly label: string; readonly act: () => void }): void {
  const box = byId('toast');
  clearTimeout(timer);
  const hide = () => box.replaceChildren();
  const button = offer === undefined ? null : h('button', '', { type: 'button' }, offer.label);
  button?.addEventListener('click', () => {
    hide();
    offer?.act();
  });
  box.replaceChildren(h('div', '', {}, h('span', '', {}, text), ...(button === null ? [] : [button])));
  timer = setTimeout(hide, offer === undefined ? 4000 : 8000);
}

export function sayFault(fault: Fault): void {
  say(`${fault.what} ${fault.fix}`);
}
