/** Asks for the six digits on the panel. */
import { request } from './api.ts';
import { h, setText } from './dom.ts';

/** true: this phone is paired now. false: the question was closed. */
export function askForPin(): Promise<boolean> {
  const input = h('input', 'pin', {
    inputmode: 'numeric',
    autocomplete: 'one-time-code',
    pattern: '[0-9]{6}',
    maxlength: '6',
    required: '',
    'aria-label': 'PIN',
    'aria-describedby': 'pin-say',
  });
  const say = h(
    'p',
    'say',
    { id: 'pin-say', 'aria-live': 'assertive' },
    'Hold A and B on the box for 3 s: the panel shows it.',
  );
  const form = h(
    'form',
    'pair',
    { method: 'dialog' },
    h('h2', '', {}, 'PIN of the box'),
    say,
    input,
    h(
      'div',
      'buttons',
      {},
      h('button', '', { type: 'button', value: 'cancel' }, 'Cancel'),
      h('button', 'strong', { type: 'submit' }, 'Pair this phone'),
    ),
  );
  const dialog = h('dialog', '', { 'aria-label': 'Pairing' }, form);
  document.body.append(dialog);
  return new Promise((resolve) => {
    let paired = false;
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      void (async () => {
        const answer = await request('POST', '/api/pair', { pin: input.value });
        if (answer.ok) {
          paired = true;
          dialog.close();
          return;
        }
        setText(say, `${answer.fault.what} ${answer.fault.fix}`);
        say.classList.add('bad');
        input.value = '';
        input.focus();
      })();
    });
    form.querySelector('button[value=cancel]')?.addEventListener('click', () => dialog.close());
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(paired);
    });
    dialog.showModal();
    input.focus();
  });
}
