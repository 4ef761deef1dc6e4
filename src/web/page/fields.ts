/** Form controls with their label, for views that draw rows of them. Each tells its new value as it is typed. */
import { h } from './dom.ts';

export type Options = readonly (readonly [value: string, words: string])[];

/** A text box. `label` is what a screen reader says where no label stands beside it. */
export function textInput(
  label: string,
  value: string,
  attributes: Readonly<Record<string, string>>,
  take: (value: string) => void,
): HTMLInputElement {
  const input = h('input', '', { 'aria-label': label, autocomplete: 'off', ...attributes });
  input.value = value;
  input.addEventListener('input', () => take(input.value));
  return input;
}

/** A number from `low` to `high`; empty is null where `empty` says what that means. What does not fit is not taken. */
export function numberInput(
  label: string,
  value: number | null,
  limits: { readonly low: number; readonly high: number; readonly whole?: boolean; readonly empty?: string },
  take: (value: number | null) => void,
): HTMLInputElement {
  const { low, high, whole = true, empty } = limits;
  const input = h('input', '', {
    'aria-label': label,
    autocomplete: 'off',
    inputmode: whole ? 'numeric' : 'decimal',
    placeholder: empty ?? '',
  });
  input.value = value === null ? '' : String(value);
  input.addEventListener('input', () => {
    const text = input.value.trim().replace(',', '.');
    const number = Number(text);
    const fits =
      text === '' ? empty !== undefined : number >= low && number <= high && (!whole || Number.isInteger(number));
    input.setCustomValidity(fits ? '' : `${low} to ${high}`);
    input.classList.toggle('wrong', !fits);
    if (fits) take(text === '' ? null : number);
  });
  return input;
}

export function choice(
  label: string,
  value: string,
  options: Options,
  take: (value: string) => void,
): HTMLSelectElement {
  const select = h(
    'select',
    '',
    { 'aria-label': label },
    ...options.map(([id, words]) => h('option', '', { value: id }, words)),
  );
  select.value = value;
  select.addEventListener('change', () => take(select.value));
  return select;
}

/** A button that stays down. */
export function toggle(label: string, words: string, on: boolean, take: (on: boolean) => void): HTMLButtonElement {
  const button = h('button', 'toggle', { type: 'button', 'aria-label': label, 'aria-pressed': String(on) }, words);
  button.addEventListener('click', () => {
    const now = button.getAttribute('aria-pressed') !== 'true';
    button.setAttribute('aria-pressed', String(now));
    take(now);
  });
  return button;
}

/** A control with its words above it. */
export function field(words: string, control: HTMLElement): HTMLElement {
  return h('label', 'small-field', {}, h('span', '', {}, words), control);
}

export function button(words: string, style: string, act: () => void, label?: string): HTMLButtonElement {
  const made = h('button', style, { type: 'button', ...(label === undefined ? {} : { 'aria-label': label }) }, words);
  made.addEventListener('click', act);
  return made;
}
