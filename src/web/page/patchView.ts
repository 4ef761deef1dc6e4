/** The patch sheet: what is plugged where, edited in place, checked while it is typed, saved with the PIN. */
import type { Config } from '../../config/schema.ts';
import type { GuideNote } from '../../guide/checks.ts';
import type { PatchSheet } from '../../guide/patchSheet.ts';
import type { Snapshot } from '../../monitor/snapshot.ts';
import { change, request } from './api.ts';
import { byId, h, rebuild } from './dom.ts';
import { button } from './fields.ts';
import { count } from './format.ts';
import { firstSheet, type GuideTables } from './patchDraft.ts';
import { PatchEditor } from './patchEditor.ts';
import { say, sayFault } from './toast.ts';

interface ConfigAnswer {
  readonly revision: string;
  readonly config: Config;
}
interface PutAnswer {
  readonly problems: readonly { readonly field: string; readonly message: string }[];
}

const CHECK_AFTER_MS = 250;
const UNDO_STEPS = 100;

export class PatchView {
  readonly #root = byId('patch');
  #snapshot: Snapshot | null = null;
  #tables: GuideTables | null = null;
  #loaded: ConfigAnswer | null = null;
  #draft: PatchSheet | null = null;
  #editor: PatchEditor | null = null;
  /** Sheets of before, as JSON, newest last. */
  #past: string[] = [];
  #lastBy = '';
  #checkTimer = 0;
  #checks = 0;
  readonly #summary = h('p', 'patch-summary', { role: 'status' });
  readonly #bar = h('div', 'save-bar', { hidden: '' });

  update(snapshot: Snapshot): void {
    this.#snapshot = snapshot;
  }

  /** Loads when it is opened; a draft that was begun is kept. */
  async show(shown: boolean): Promise<void> {
    if (shown && this.#bar.hidden) await this.#load();
  }

  async #load(): Promise<void> {
    const [answer, tables] = await Promise.all([
      request<ConfigAnswer>('GET', '/api/config'),
      request<GuideTables>('GET', '/api/guide/expanders'),
    ]);
    if (!answer.ok || !tables.ok) {
      this.#root.replaceChildren(
        h('h2', '', {}, 'Patch sheet'),
        h('p', 'none', {}, 'This run keeps no configuration: it was started for one session only.'),
      );
      return;
    }
    this.#tables = tables.value;
    this.#loaded = answer.value;
    this.#begin();
  }

  /** From what is saved on the box. */
  #begin(): void {
    const kept = this.#loaded?.config.patch ?? null;
    this.#past = [];
    this.#lastBy = '';
    this.#bar.hidden = true;
    if (kept === null) {
      this.#draft = null;
      this.#editor = null;
      this.#root.replaceChildren(
        h('h2', '', {}, 'Patch sheet'),
        h(
          'p',
          'none',
          {},
          'Write down what is plugged where, and Lightkeeper says what will go wrong before the first take.',
        ),
        h(
          'div',
          'buttons',
          {},
          button('Begin a sheet', 'strong', () => this.#fresh()),
          h('a', 'button', { href: '#plan' }, 'Plan a session'),
        ),
      );
      return;
    }
    this.#edit(structuredClone(kept));
  }

  #fresh(): void {
    if (this.#tables === null) return;
    this.#edit(firstSheet(this.#snapshot, this.#tables));
    this.#changed();
  }

  #edit(sheet: PatchSheet): void {
    this.#draft = sheet;
    this.#editor = new PatchEditor(sheet, this.#tables!, {
      before: (by) => this.#remember(by),
      changed: () => this.#changed(),
      nameOf: (channel) => this.#loaded?.config.channels.find(({ index }) => index === channel)?.name ?? '',
    });
    this.#root.replaceChildren(
      h(
        'header',
        'patch-head',
        {},
        h('h2', '', {}, 'Patch sheet'),
        h('a', 'button', { href: '/api/patch/print', target: '_blank', rel: 'noopener' }, 'Print'),
      ),
      this.#summary,
      this.#editor.element,
      this.#bar,
    );
    void this.#check();
  }

  #remember(by: string): void {
    // Letters typed into one field are one step back; a button is a step each time.
    if (by === this.#lastBy && by.includes('.')) return;
    this.#lastBy = by;
    this.#past.push(JSON.stringify(this.#draft));
    if (this.#past.length > UNDO_STEPS) this.#past.shift();
  }

  #undo(): void {
    const before = this.#past.pop();
    if (before === undefined) return;
    this.#lastBy = '';
    this.#draft = JSON.parse(before) as PatchSheet;
    this.#editor?.replace(this.#draft);
    this.#changed();
  }

  #changed(): void {
    const saved = JSON.stringify(this.#loaded?.config.patch ?? null);
    this.#bar.hidden = JSON.stringify(this.#draft) === saved;
    rebuild(this.#bar, `bar ${this.#past.length > 0}`, () => [
      h('span', '', { role: 'status' }, 'Not saved yet'),
      this.#past.length > 0 && button('Undo', '', () => this.#undo()),
      button('Discard', '', () => this.#begin()),
      button('Save', 'strong', () => void this.#save()),
    ]);
    clearTimeout(this.#checkTimer);
    this.#checkTimer = setTimeout(() => void this.#check(), CHECK_AFTER_MS);
  }

  /** The box checks the draft; nothing is kept, no PIN is needed. */
  async #check(): Promise<void> {
    const mine = ++this.#checks;
    const answer = await request<{ notes: GuideNote[] }>('POST', '/api/guide/check', this.#draft);
    // An answer to an older draft says nothing about this one.
    if (mine !== this.#checks || this.#editor === null) return;
    if (!answer.ok) {
      this.#summary.textContent = `${answer.fault.what} ${answer.fault.fix}`;
      return;
    }
    const { notes } = answer.value;
    this.#editor.showNotes(notes);
    this.#summary.textContent = summaryOf(notes);
    this.#summary.className = `patch-summary ${notes.some(({ severity }) => severity === 'alarm') ? 'bad' : ''}`;
  }

  async #save(): Promise<void> {
    if (this.#draft === null || this.#loaded === null) return;
    const { config, revision } = this.#loaded;
    const patch = structuredClone(this.#draft);
    const kept = await change<PutAnswer>('PUT', `/api/config?revision=${revision}`, withSheet(config, patch));
    if (!kept.ok) {
      const problem = kept.status === 422 ? (kept.body as PutAnswer).problems[0] : undefined;
      if (problem === undefined) sayFault(kept.fault);
      else say(`${problem.field}: ${problem.message}`);
      return;
    }
    this.#bar.hidden = true;
    await this.#load();
    say('The sheet is saved.', { label: 'Undo', act: () => void this.#putBack(config) });
  }

  /** As it was before the last save. */
  async #putBack(before: Config): Promise<void> {
    const back = await change('PUT', `/api/config?revision=${this.#loaded?.revision ?? ''}`, before);
    if (!back.ok) return sayFault(back.fault);
    await this.#load();
    say('As it was before.');
  }
}

/** The sheet in a configuration; its names are the names of the channels. */
function withSheet(config: Config, patch: PatchSheet): Config {
  const named = patch.inputs.filter(({ name }) => name.trim() !== '');
  const channels = config.channels.filter(({ index }) => !named.some(({ channel }) => channel === index));
  const names = new Map(named.map(({ channel, name }) => [channel, name.trim()]));
  return {
    ...config,
    patch,
    channels: [...channels, ...[...names].map(([index, name]) => ({ index, name }))].sort((a, b) => a.index - b.index),
  };
}

function summaryOf(notes: readonly GuideNote[]): string {
  if (notes.length === 0) return 'Nothing on this sheet will go wrong that a sheet can tell.';
  const of = (severity: GuideNote['severity']) => notes.filter((note) => note.severity === severity).length;
  return [
    of('alarm') > 0 ? `${count(of('alarm'), 'thing')} to mend` : '',
    of('warning') > 0 ? `${of('warning')} that will be heard` : '',
    of('info') > 0 ? `${of('info')} worth knowing` : '',
  ]
    .filter((part) => part !== '')
    .join(', ');
}
