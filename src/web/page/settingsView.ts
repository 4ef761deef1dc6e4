/** Settings: names, banks, and the form that the schema makes. Nothing is in force before it is saved. */
import type { Config } from '../../config/schema.ts';
import type { Fault } from '../../fault.ts';
import type { Snapshot } from '../../monitor/snapshot.ts';
import { act, change, request } from './api.ts';
import { bulkNames, readRange } from './bulkNames.ts';
import { byId, h, setText } from './dom.ts';
import { choice } from './fields.ts';
import { count } from './format.ts';
import { BANK_KINDS, type Form, labelOf, type SchemaNode, schemaForm } from './schemaForm.ts';
import { chooseTheme, type Theme, theme } from './theme.ts';
import { say, sayFault } from './toast.ts';

interface ConfigAnswer {
  readonly revision: string;
  readonly origin: { readonly kind: string; readonly notes: readonly string[]; readonly fault: Fault | null };
  readonly config: Config;
}
interface PutAnswer {
  readonly revision: string;
  readonly problems: readonly { readonly field: string; readonly message: string }[];
  readonly changes: readonly { readonly field: string }[];
  readonly rebuilds: readonly string[];
}
interface HistoryAnswer {
  readonly history: readonly { readonly number: number; readonly changes: number; readonly config: Config }[];
}

/** Kept by their own tables here, or by other views. */
const OWN_TABLES = ['version', 'channels', 'banks', 'patch'];

export class SettingsView {
  readonly #root = byId('settings');
  #snapshot: Snapshot | null = null;
  #schema: SchemaNode | null = null;
  #loaded: ConfigAnswer | null = null;
  #draft: Config | null = null;
  #form: Form | null = null;
  #bar = h('div', 'save-bar', { hidden: '' });
  #problems = h('div', 'problems', { 'aria-live': 'polite' });
  #checkTimer = 0;

  update(snapshot: Snapshot): void {
    const first = this.#snapshot === null;
    this.#snapshot = snapshot;
    // Opened by its address, the view may stand before the first word of the box: the tables need its channels.
    if (first && this.#draft !== null && this.#bar.hidden) this.#render(this.#draft);
  }

  /** Loads when it is opened; a draft that was begun is kept. */
  async show(shown: boolean): Promise<void> {
    if (!shown || (this.#draft !== null && !this.#bar.hidden)) return;
    await this.#load();
  }

  async #load(): Promise<void> {
    const [answer, schema] = await Promise.all([
      request<ConfigAnswer>('GET', '/api/config'),
      request<{ schema: SchemaNode }>('GET', '/api/config/schema'),
    ]);
    if (!answer.ok || !schema.ok) {
      this.#root.replaceChildren(
        h('p', 'none', {}, 'This run keeps no configuration: it was started for one session only.'),
        phoneSection(),
      );
      return;
    }
    this.#schema = schema.value.schema;
    this.#loaded = answer.value;
    this.#render(structuredClone(answer.value.config));
  }

  #render(draft: Config): void {
    if (this.#schema === null || this.#loaded === null) return;
    this.#draft = draft;
    const changed = () => this.#changed();
    const groups = Object.keys(this.#schema.properties ?? {}).filter((name) => !OWN_TABLES.includes(name));
    this.#form = schemaForm(this.#schema, groups, draft as unknown as Record<string, unknown>, changed);
    const { fault, notes } = this.#loaded.origin;
    this.#bar.hidden = true;
    this.#root.replaceChildren(
      ...(fault === null ? [] : [h('p', 'banner', { role: 'alert' }, `${fault.what} ${fault.fix}`)]),
      ...notes.map((note) => h('p', 'banner', {}, note)),
      this.#names(draft, changed),
      this.#banks(draft, changed),
      this.#form.element,
      this.#problems,
      this.#box(),
      phoneSection(),
      this.#keep(),
      this.#bar,
    );
  }

  #changed(): void {
    this.#bar.hidden = false;
    clearTimeout(this.#checkTimer);
    this.#checkTimer = setTimeout(() => void this.#check(), 400);
    this.#drawBar('Checking', []);
  }

  #drawBar(text: string, rebuilds: readonly string[]): void {
    const undo = h('button', '', { type: 'button' }, 'Discard');
    undo.addEventListener('click', () => void this.#load());
    const save = h('button', 'strong', { type: 'button' }, 'Save');
    save.addEventListener('click', () => void this.#save());
    const effect = rebuilds.includes('capture')
      ? 'meters stop for a moment'
      : rebuilds.includes('web')
        ? 'this page reconnects'
        : rebuilds.length > 0
          ? 'at once'
          : '';
    this.#bar.replaceChildren(h('span', '', { role: 'status' }, text, h('small', '', {}, effect)), undo, save);
  }

  /** Asks the box what the draft would change and what is wrong with it. Needs no PIN until something is saved. */
  async #check(): Promise<void> {
    const answer = await request<PutAnswer>('PUT', '/api/config?validateOnly=true', this.#draft);
    if (answer.ok) {
      this.#complain([]);
      if (answer.value.changes.length === 0) this.#bar.hidden = true;
      this.#drawBar(count(answer.value.changes.length, 'change'), answer.value.rebuilds);
    } else if (answer.status === 422) {
      const { problems } = answer.body as PutAnswer;
      this.#complain(problems);
      this.#drawBar(`${count(problems.length, 'field')} to correct`, []);
    } else {
      this.#drawBar('Changed', []);
    }
  }

  #complain(problems: readonly { field: string; message: string }[]): void {
    const left = this.#form?.complain(problems) ?? [];
    this.#problems.replaceChildren(...left.map(({ field, message }) => h('p', 'bad', {}, `${field}: ${message}`)));
  }

  async #save(): Promise<void> {
    const answer = await change<PutAnswer>('PUT', `/api/config?revision=${this.#loaded?.revision ?? ''}`, this.#draft);
    if (answer.ok) {
      say(`Saved: ${count(answer.value.changes.length, 'change')}.`);
      this.#bar.hidden = true;
      await this.#load();
      return;
    }
    if (answer.status === 422) this.#complain((answer.body as PutAnswer).problems);
    else sayFault(answer.fault);
  }

  #names(draft: Config, changed: () => void): HTMLElement {
    const total = Math.max(this.#snapshot?.capture.channels ?? 0, ...draft.channels.map(({ index }) => index), 0);
    const inputs: HTMLInputElement[] = [];
    const set = (index: number, name: string) => {
      draft.channels = draft.channels.filter((channel) => channel.index !== index);
      if (name !== '') draft.channels.push({ index, name });
      draft.channels.sort((a, b) => a.index - b.index);
      changed();
    };
    const list = h('ol', 'names');
    for (let index = 1; index <= total; index++) {
      const input = h('input', '', {
        maxlength: '16',
        enterkeyhint: 'next',
        'aria-label': `Name of channel ${index}`,
        placeholder: this.#snapshot?.channels[index - 1]?.name ?? '',
      });
      input.value = draft.channels.find((channel) => channel.index === index)?.name ?? '';
      input.addEventListener('change', () => set(index, input.value.trim()));
      input.addEventListener('keydown', (event) => {
        if (event.key !== 'Enter') return;
        event.preventDefault();
        (inputs[index] ?? inputs[0])?.focus();
      });
      inputs.push(input);
      list.append(h('li', '', {}, h('span', '', {}, String(index)), input));
    }
    const range = h('input', 'range', { 'aria-label': 'Channels', placeholder: '1-8', inputmode: 'text', value: '' });
    const text = h('input', '', {
      'aria-label': 'Names',
      placeholder: 'Kit   or   Kick, Snare, Hat',
      maxlength: '200',
    });
    const apply = h('button', '', { type: 'submit' }, 'Fill');
    const bulk = h('form', 'bulk', {}, range, text, apply);
    bulk.addEventListener('submit', (event) => {
      event.preventDefault();
      const channels = readRange(range.value);
      if (channels === null) {
        say('Write the channels like 1-8 or 5.');
        range.focus();
        return;
      }
      for (const { index, name } of bulkNames(
        text.value,
        channels.first,
        Math.min(channels.last, Math.max(total, 1)),
      )) {
        set(index, name);
        const input = inputs[index - 1];
        if (input !== undefined) input.value = name;
      }
      text.value = '';
    });
    return h(
      'section',
      'names-box',
      { 'aria-label': 'Names' },
      h('h2', '', {}, 'Names'),
      bulk,
      h(
        'p',
        'hint',
        {},
        'Kit on 1-8 makes Kit 1 to Kit 8. OH on 17-18 makes OH L and OH R. Add "pair" for pairs all along.',
      ),
      list,
    );
  }

  #banks(draft: Config, changed: () => void): HTMLElement {
    const list = h('div', 'bank-table');
    const draw = () => {
      list.replaceChildren(
        ...draft.banks.map((bank, i) => {
          const name = h('input', '', { 'aria-label': `Name of bank ${i + 1}`, maxlength: '16', value: bank.name });
          name.addEventListener('change', () => {
            bank.name = name.value.trim();
            changed();
          });
          const kind = h('select', '', { 'aria-label': `Kind of bank ${i + 1}` });
          for (const [value, label] of Object.entries(BANK_KINDS)) kind.append(h('option', '', { value }, label));
          kind.value = bank.kind;
          kind.addEventListener('change', () => {
            bank.kind = kind.value as typeof bank.kind;
            changed();
          });
          const range = h('input', 'range', {
            'aria-label': `Channels of bank ${i + 1}`,
            value: `${bank.first}-${bank.last}`,
          });
          range.addEventListener('change', () => {
            const read = readRange(range.value);
            if (read === null) {
              say('Write the channels like 9-16.');
              range.value = `${bank.first}-${bank.last}`;
              return;
            }
            bank.first = read.first;
            bank.last = read.last;
            changed();
          });
          const box = h('input', '', {
            'aria-label': `Box on bank ${i + 1}`,
            maxlength: '16',
            placeholder: 'box',
            value: bank.box ?? '',
          });
          box.addEventListener('change', () => {
            if (box.value.trim() === '') delete bank.box;
            else bank.box = box.value.trim();
            changed();
          });
          const remove = h('button', 'quiet', { type: 'button', 'aria-label': `Remove ${bank.name}` }, '✕');
          remove.addEventListener('click', () => {
            draft.banks.splice(i, 1);
            draw();
            changed();
          });
          return h('div', 'bank-row', {}, name, kind, range, box, remove);
        }),
      );
    };
    draw();
    const copy = h('button', '', { type: 'button' }, draft.banks.length === 0 ? 'Correct the banks' : 'Add a bank');
    copy.addEventListener('click', () => {
      const now = this.#snapshot?.banks ?? [];
      if (draft.banks.length === 0 && now.length > 0) {
        draft.banks = now.map((bank) => ({
          id: bank.id,
          name: bank.name,
          kind: bank.kind,
          first: bank.first,
          last: bank.last,
          ...(bank.box === null ? {} : { box: bank.box }),
        }));
      } else {
        const after = Math.max(0, ...draft.banks.map(({ last }) => last));
        let number = draft.banks.length + 1;
        while (draft.banks.some(({ id }) => id === `bank-${number}`)) number++;
        draft.banks.push({
          id: `bank-${number}`,
          name: `Bank ${number}`,
          kind: 'adat',
          first: Math.min(64, after + 1),
          last: Math.min(64, after + 8),
        });
      }
      setText(copy, 'Add a bank');
      draw();
      changed();
    });
    return h(
      'section',
      'banks-box',
      { 'aria-label': 'Banks' },
      h('h2', '', {}, 'Banks'),
      h(
        'p',
        'hint',
        {},
        'Empty: as the table of interfaces says. Correct them when this box is wired otherwise, or to name the boxes.',
      ),
      list,
      copy,
    );
  }

  #box(): HTMLElement {
    const button = (label: string, action: string, done: string) => {
      const made = h('button', '', { type: 'button' }, label);
      made.addEventListener('click', () => {
        void act(action).then((answer) => (answer.ok ? say(done) : sayFault(answer.fault)));
      });
      return made;
    };
    return h(
      'section',
      '',
      { 'aria-label': 'Interface' },
      h('h2', '', {}, 'Interface'),
      h('p', 'hint', {}, 'Release it so that another program on this box can open it; take it back to watch again.'),
      h(
        'div',
        'buttons',
        {},
        button('Release', 'release', 'Released.'),
        button('Take back', 'take', 'Watching again.'),
      ),
    );
  }

  #keep(): HTMLElement {
    const file = h('input', '', { type: 'file', accept: 'application/json,.json', id: 'import' });
    file.addEventListener('change', () => {
      void file.files?.[0]?.text().then((text) => {
        try {
          this.#render(JSON.parse(text) as Config);
          this.#changed();
        } catch {
          say('That file is no JSON.');
        }
      });
    });
    const past = h('div', 'past');
    const show = h('button', '', { type: 'button' }, 'Earlier configurations');
    show.addEventListener('click', () => {
      void request<HistoryAnswer>('GET', '/api/config/history').then((answer) => {
        if (!answer.ok) return sayFault(answer.fault);
        past.replaceChildren(
          ...(answer.value.history.length === 0 ? [h('p', 'hint', {}, 'There are none yet.')] : []),
          ...answer.value.history.map(({ number, changes, config }) => {
            const back = h(
              'button',
              '',
              { type: 'button' },
              `No. ${number}: ${count(changes, 'field differs', 'fields differ')}`,
            );
            back.addEventListener('click', () => {
              this.#render(structuredClone(config));
              this.#changed();
            });
            return back;
          }),
        );
        return undefined;
      });
    });
    return h(
      'section',
      '',
      { 'aria-label': 'Keep' },
      h('h2', '', {}, labelOf('keep')),
      h(
        'div',
        'buttons',
        {},
        h('a', 'button', { href: '/api/config/export', download: 'lightkeeper-config.json' }, 'Export'),
        h('label', 'button', { for: 'import' }, 'Import', file),
        show,
      ),
      past,
      h('p', 'hint', {}, h('a', '', { href: '/api/docs' }, 'The API of this box')),
    );
  }
}

/** What is kept on this phone alone. */
function phoneSection(): HTMLElement {
  const colours = choice(
    'Colours',
    theme(),
    [
      ['dark', 'Dark'],
      ['light', 'Light'],
      ['system', 'As the phone'],
    ],
    (chosen) => chooseTheme(chosen as Theme),
  );
  return h(
    'section',
    '',
    { 'aria-label': 'This phone' },
    h('h2', '', {}, 'This phone'),
    h('label', 'field', {}, h('span', '', {}, 'Colours'), colours),
  );
}
