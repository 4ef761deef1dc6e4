/** The planner: a brief filled in with a thumb, the plan of the box below it, to keep, to print, to take away. */
import type { Config } from '../../config/schema.ts';
import type { Brief, BriefSourceKind } from '../../guide/brief.ts';
import type { Plan } from '../../guide/planner.ts';
import { change, request } from './api.ts';
import { byId, type Child, h } from './dom.ts';
import { rate } from './format.ts';
import { say, sayFault } from './toast.ts';

interface Tables {
  readonly expanders: readonly { readonly id: string; readonly maker: string; readonly name: string }[];
  readonly interfaces: readonly { readonly id: string; readonly name: string }[];
}

const KIND_WORDS: Readonly<Record<BriefSourceKind, string>> = {
  dynamic: 'Dynamic mic',
  condenser: 'Condenser',
  ribbonPassive: 'Ribbon, passive',
  ribbonActive: 'Ribbon, active',
  diActive: 'DI, active',
  diPassive: 'DI, passive',
  instrumentPassive: 'Guitar or bass, passive',
  instrumentActive: 'Guitar or bass, active',
  synth: 'Synth, drum machine',
  linePlus4: 'Line, +4 dBu',
  lineMinus10: 'Line, -10 dBV',
  digital: 'S/PDIF device',
};
const RATES = [44100, 48000, 88200, 96000, 176400, 192000] as const;
const SHAPES = { alarm: '▲', warning: '●', info: 'i' } as const;
/** Where the brief is kept on this phone, so that a reload loses nothing. */
const KEPT = 'lightkeeper-brief';

const EMPTY: Brief = {
  title: '',
  rateHz: 48000,
  interface: null,
  sources: [{ name: 'Vox', kind: 'condenser', count: 1 }],
  headphones: [],
  monitorPairs: 1,
  growth: 0,
  have: [],
  expander: null,
};

/** Somewhere to start from. */
const STARTS: Readonly<Record<string, Pick<Brief, 'sources' | 'headphones'>>> = {
  'Voice-over': {
    sources: [{ name: 'Voice', kind: 'condenser', count: 1 }],
    headphones: [{ name: 'Talent', mix: 'main' }],
  },
  'Singer-songwriter': {
    sources: [
      { name: 'Vox', kind: 'condenser', count: 1 },
      { name: 'Guitar', kind: 'condenser', count: 1 },
    ],
    headphones: [{ name: 'Singer', mix: 'Singer' }],
  },
  'Band with drums': {
    sources: [
      { name: 'Kick', kind: 'dynamic', count: 1 },
      { name: 'Snare', kind: 'dynamic', count: 1 },
      { name: 'Tom', kind: 'dynamic', count: 3 },
      { name: 'OH', kind: 'condenser', count: 2 },
      { name: 'Bass DI', kind: 'diActive', count: 1 },
      { name: 'Gtr', kind: 'dynamic', count: 2 },
      { name: 'Keys', kind: 'synth', count: 2 },
      { name: 'Vox', kind: 'condenser', count: 1 },
    ],
    headphones: [
      { name: 'Singer', mix: 'Singer' },
      { name: 'Drummer', mix: 'Drums' },
    ],
  },
};

type Row<T> = { -readonly [K in keyof T]: T[K] };
interface Draft extends Omit<Row<Brief>, 'sources' | 'headphones' | 'have'> {
  sources: Row<Brief['sources'][number]>[];
  headphones: Row<Brief['headphones'][number]>[];
  have: string[];
}

export class PlannerView {
  readonly #root = byId('plan');
  readonly #form = h('form', 'plan-form');
  readonly #answer = h('div', 'plan-answer', { 'aria-live': 'polite' });
  #tables: Tables | null = null;
  #draft: Draft = structuredClone(EMPTY) as Draft;
  #focus: string | null = null;

  async show(shown: boolean): Promise<void> {
    if (!shown || this.#tables !== null) return;
    const answer = await request<Tables>('GET', '/api/guide/expanders');
    if (!answer.ok) {
      this.#root.replaceChildren(h('p', 'none', {}, `${answer.fault.what} ${answer.fault.fix}`));
      return;
    }
    this.#tables = answer.value;
    this.#draft = readKept();
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#plan();
    });
    this.#root.replaceChildren(this.#form, this.#answer);
    this.#drawForm();
  }

  /** After a row came or went the form is drawn anew; typing never redraws it. */
  #drawForm(): void {
    const draft = this.#draft;
    const tables = this.#tables!;
    const none: [string, string] = ['', 'Choose for me'];
    const expanders = tables.expanders.map(({ id, maker, name }): [string, string] => [id, `${maker} ${name}`]);
    const add = (label: string, id: string, act: () => void) =>
      this.#button(label, '', () => {
        act();
        this.#focus = id;
        this.#drawForm();
      });
    const starts = h(
      'div',
      'buttons',
      {},
      ...Object.entries(STARTS).map(([label, start]) =>
        this.#button(label, 'quiet', () => {
          Object.assign(draft, structuredClone(start));
          this.#drawForm();
        }),
      ),
    );
    this.#form.replaceChildren(
      h('h2', '', {}, 'Plan a session'),
      starts,
      h(
        'section',
        'card',
        { 'aria-label': 'The basics' },
        this.#text('Session', draft.title, 48, (value) => {
          draft.title = value;
        }),
        this.#select(
          'Interface',
          draft.interface ?? '',
          [none, ...tables.interfaces.map(({ id, name }): [string, string] => [id, name])],
          (value) => {
            draft.interface = value === '' ? null : value;
          },
        ),
        this.#select(
          'Rate',
          String(draft.rateHz),
          RATES.map((hz): [string, string] => [String(hz), rate(hz)]),
          (value) => {
            draft.rateHz = Number(value) as Draft['rateHz'];
          },
        ),
        this.#select('Expander to add', draft.expander ?? '', [none, ...expanders], (value) => {
          draft.expander = value === '' ? null : value;
        }),
        this.#select('Expander you have', draft.have[0] ?? '', [['', 'None'], ...expanders], (value) => {
          draft.have = value === '' ? [] : [value, ...draft.have.slice(1)];
        }),
        this.#number('Monitor pairs', draft.monitorPairs, 0, 4, (value) => {
          draft.monitorPairs = value;
        }),
        this.#number('More mics later', draft.growth, 0, 32, (value) => {
          draft.growth = value;
        }),
      ),
      h(
        'section',
        'card',
        { 'aria-labelledby': 'plan-sources' },
        h('h3', '', { id: 'plan-sources' }, 'Recorded at once'),
        ...draft.sources.map((source, i) => this.#sourceRow(source, i)),
        add('Add a source', `plan-source-${draft.sources.length}`, () => {
          draft.sources.push({ name: `Mic ${draft.sources.length + 1}`, kind: 'dynamic', count: 1 });
        }),
      ),
      h(
        'section',
        'card',
        { 'aria-labelledby': 'plan-phones' },
        h('h3', '', { id: 'plan-phones' }, 'Who listens to which mix'),
        ...draft.headphones.map((one, i) => this.#listenerRow(one, i)),
        h('small', '', {}, 'The same mix counts once; main is what the monitors play.'),
        add('Add a listener', `plan-phones-${draft.headphones.length}`, () => {
          draft.headphones.push({ name: `Player ${draft.headphones.length + 1}`, mix: 'main' });
        }),
      ),
      h('button', 'strong', { type: 'submit' }, 'Plan it'),
    );
    keep(draft);
    if (this.#focus !== null) document.getElementById(this.#focus)?.focus();
    this.#focus = null;
  }

  #sourceRow(source: Draft['sources'][number], i: number): HTMLElement {
    const name = this.#input(
      `Name of source ${i + 1}`,
      source.name,
      { maxlength: '16', required: '', id: `plan-source-${i}` },
      (value) => {
        source.name = value;
      },
    );
    const kind = this.#choice(`Kind of source ${i + 1}`, source.kind, Object.entries(KIND_WORDS), (value) => {
      source.kind = value as BriefSourceKind;
    });
    const count = this.#input(
      `Channels of source ${i + 1}`,
      String(source.count),
      { type: 'number', min: '1', max: '16', required: '', inputmode: 'numeric' },
      (value) => {
        source.count = Number(value);
      },
    );
    return h('div', 'plan-row', {}, name, count, kind, this.#remove(`Remove ${source.name}`, this.#draft.sources, i));
  }

  #listenerRow(one: Draft['headphones'][number], i: number): HTMLElement {
    const name = this.#input(
      `Name of listener ${i + 1}`,
      one.name,
      { maxlength: '24', required: '', id: `plan-phones-${i}` },
      (value) => {
        one.name = value;
      },
    );
    const mix = this.#input(`Mix of listener ${i + 1}`, one.mix, { maxlength: '24', required: '' }, (value) => {
      one.mix = value;
    });
    return h('div', 'plan-row two', {}, name, mix, this.#remove(`Remove ${one.name}`, this.#draft.headphones, i));
  }

  #remove(label: string, list: unknown[], i: number): HTMLElement {
    const button = h('button', 'quiet', { type: 'button', 'aria-label': label }, '×');
    button.addEventListener('click', () => {
      list.splice(i, 1);
      this.#drawForm();
    });
    return button;
  }

  #button(label: string, style: string, act: () => void): HTMLButtonElement {
    const button = h('button', style, { type: 'button' }, label);
    button.addEventListener('click', act);
    return button;
  }

  #input(label: string, value: string, attributes: Record<string, string>, take: (value: string) => void): HTMLElement {
    const input = h('input', '', { 'aria-label': label, ...attributes });
    input.value = value;
    input.addEventListener('input', () => {
      take(input.value);
      keep(this.#draft);
    });
    return input;
  }

  #choice(
    label: string,
    value: string,
    options: readonly (readonly [string, string])[],
    take: (value: string) => void,
  ): HTMLSelectElement {
    const select = h(
      'select',
      '',
      { 'aria-label': label },
      ...options.map(([id, words]) => h('option', '', { value: id }, words)),
    );
    select.value = value;
    select.addEventListener('change', () => {
      take(select.value);
      keep(this.#draft);
    });
    return select;
  }

  #field(label: string, control: HTMLElement): HTMLElement {
    return h('label', 'field', {}, h('span', '', {}, label), control);
  }

  #text(label: string, value: string, length: number, take: (value: string) => void): HTMLElement {
    return this.#field(label, this.#input(label, value, { maxlength: String(length) }, take));
  }

  #number(label: string, value: number, low: number, high: number, take: (value: number) => void): HTMLElement {
    const attributes = { type: 'number', min: String(low), max: String(high), required: '', inputmode: 'numeric' };
    return this.#field(
      label,
      this.#input(label, String(value), attributes, (text) => take(Number(text))),
    );
  }

  #select(
    label: string,
    value: string,
    options: readonly (readonly [string, string])[],
    take: (value: string) => void,
  ): HTMLElement {
    return this.#field(label, this.#choice(label, value, options, take));
  }

  async #plan(): Promise<void> {
    const answer = await request<{ plan: Plan }>('POST', '/api/guide/plan', this.#draft);
    if (!answer.ok) {
      this.#answer.replaceChildren(h('p', 'banner', { role: 'alert' }, `${answer.fault.what} ${answer.fault.fix}`));
    } else {
      this.#drawPlan(answer.value.plan);
    }
    this.#answer.scrollIntoView({ block: 'start' });
  }

  #drawPlan(plan: Plan): void {
    const { needs, brief } = plan;
    const part = (title: string, ...children: Child[]) =>
      h('section', 'card', { 'aria-label': title }, h('h3', '', {}, title), ...children);
    const table = (name: string, heads: readonly string[], rows: readonly (readonly string[])[]) =>
      h(
        'div',
        'scroll',
        { tabindex: '0', role: 'region', 'aria-label': name },
        h(
          'table',
          '',
          {},
          h('thead', '', {}, h('tr', '', {}, ...heads.map((head) => h('th', '', { scope: 'col' }, head)))),
          h('tbody', '', {}, ...rows.map((cells) => h('tr', '', {}, ...cells.map((cell) => h('td', '', {}, cell))))),
        ),
      );
    const count = (value: number | null) => (value === null ? '-' : String(value));
    const short = plan.rates.some(({ covered }) => !covered);
    this.#answer.replaceChildren(
      h('h2', 'plan-title', {}, brief.title === '' ? plan.interface.name : `${brief.title}: ${plan.interface.name}`),
      h(
        'p',
        `plan-verdict ${plan.covered ? 'fits' : 'short'}`,
        {},
        h('strong', '', {}, plan.covered ? 'It fits' : 'It does not fit'),
        ` ${rate(brief.rateHz)}, ${needs.inputs} inputs (${needs.mic} mic, ${needs.inst} instrument, ${needs.line} line, ${needs.digital} digital), ${needs.outputs} outputs.`,
      ),
      this.#takeAway(plan),
      ...plan.remarks.map((text) => h('p', 'banner', {}, text)),
      ...plan.notes.map((note) =>
        h(
          'article',
          `finding ${note.severity}`,
          {},
          h('h3', '', {}, h('i', '', { 'aria-label': note.severity, role: 'img' }, SHAPES[note.severity]), note.where),
          h('p', 'symptom', {}, note.what),
          h('p', 'cause', {}, note.why),
          h('p', 'fix', {}, note.fix),
        ),
      ),
      part(
        'Channels',
        table(
          'Channels',
          ['Ch', 'Name', 'Goes into', 'Set to', '48 V'],
          plan.channels.map(({ channel, name, boxName, input, mode, phantom, di }) => [
            String(channel),
            name,
            `${boxName} ${input}`,
            di ? `${mode}, through a DI` : mode,
            phantom ? '48 V' : '',
          ]),
        ),
      ),
      part(
        'Clock',
        table(
          'Clock',
          ['Box', 'Set to', 'How'],
          plan.clock.map(({ box, role, set, how, verified }) => [
            box,
            `${set} (${role})`,
            verified ? how : `${how} (not verified)`,
          ]),
        ),
      ),
      part(
        'Wiring',
        table(
          'Wiring',
          ['From', 'To', 'Cable'],
          plan.wiring.map(({ from, to, cable }) => [from, to, cable]),
        ),
      ),
      part(
        'Outputs',
        table(
          'Outputs',
          ['Out', 'Carries', 'Who', 'By'],
          plan.outputs.map(({ outputs, need, listeners, amp, socket }) => [
            outputs === null ? 'none' : outputs.join('-'),
            need,
            listeners.join(', '),
            amp ? 'headphone amp' : socket === 'phones' ? 'headphone socket' : '',
          ]),
        ),
      ),
      plan.shopping.length > 0
        ? part('To bring', h('ul', '', {}, ...plan.shopping.map((item) => h('li', '', {}, item))))
        : '',
      short
        ? part(
            'Expanders that would do, and how many',
            table(
              'Expanders',
              ['Model', ...plan.rates.map(({ rateHz }) => rate(rateHz))],
              plan.options
                .filter(({ now }) => now.x1 !== null || now.x2 !== null || now.x4 !== null)
                .map(({ name, now }) => [name, count(now.x1), count(now.x2), count(now.x4)]),
            ),
          )
        : '',
    );
  }

  #takeAway(plan: Plan): HTMLElement {
    const file = new Blob([`${JSON.stringify(plan.config, null, 2)}\n`], { type: 'application/json' });
    return h(
      'div',
      'buttons plan-away',
      {},
      this.#button('Keep on this box', 'strong', () => void this.#keepOnBox(plan)),
      this.#button('Print the sheet', '', () => print()),
      h('a', 'button', { href: URL.createObjectURL(file), download: 'lightkeeper.json' }, 'Save the configuration'),
    );
  }

  /** The sheet, the names and the banks go into the configuration in use; all else of it stays. */
  async #keepOnBox(plan: Plan): Promise<void> {
    const now = await request<{ config: Config }>('GET', '/api/config');
    if (!now.ok) {
      sayFault(now.fault);
      return;
    }
    const { patch, channels, banks } = plan.config;
    const kept = await change('PUT', '/api/config', { ...now.value.config, patch, channels, banks });
    if (kept.ok) say('Patch sheet, names and banks are on this box.');
    else sayFault(kept.fault);
  }
}

function keep(draft: Draft): void {
  try {
    localStorage.setItem(KEPT, JSON.stringify(draft));
  } catch {
    // A phone that keeps nothing loses the brief on reload, no more.
  }
}

/** The brief of the last time, if it still has the right form. */
function readKept(): Draft {
  try {
    const value = JSON.parse(localStorage.getItem(KEPT) ?? 'null') as Partial<Draft> | null;
    if (
      value !== null &&
      Array.isArray(value.sources) &&
      Array.isArray(value.headphones) &&
      Array.isArray(value.have)
    ) {
      return { ...(structuredClone(EMPTY) as Draft), ...value };
    }
  } catch {
    // Not ours: begin anew.
  }
  return structuredClone(EMPTY) as Draft;
}
