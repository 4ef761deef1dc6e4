/** Guided checks and questions with the thumb: begin one, see each channel's word, go on; or tell what is wrong. */
import type { CheckKind, CheckRow } from '../../checks/check.ts';
import type { ComplaintKind } from '../../diagnosis/complaints.ts';
import type { Finding, Snapshot } from '../../monitor/snapshot.ts';
import { change, request } from './api.ts';
import { byId, h, rebuild } from './dom.ts';
import { sayFault } from './toast.ts';

const CHECKS: readonly (readonly [CheckKind, string, string])[] = [
  ['line', 'Line check', 'Asks for each source, and tells whether it arrives, and on which channel.'],
  ['hum', 'Hum hunt', 'The level of mains hum, while things are unplugged.'],
  ['gain', 'Gain staging', 'Highest peaks against a target of -18 to -6 dBFS.'],
  ['noise', 'Noise survey', 'The floor of every channel, with nobody playing.'],
  ['proof', 'Sync proof', 'A test tone into each digital port in turn: one clock, or two?'],
];
const COMPLAINTS: readonly (readonly [ComplaintKind, string])[] = [
  ['noSignal', 'No signal'],
  ['crackle', 'It crackles'],
  ['distortion', 'It distorts'],
  ['hum', 'It hums'],
  ['headphonesQuiet', 'Headphones too quiet'],
  ['monitorsSilent', 'Monitors silent'],
  ['latency', 'Latency'],
];
const WORDS: Readonly<Record<CheckRow['state'], string>> = {
  waiting: '',
  now: 'now',
  good: 'OK',
  bad: 'look',
  gone: 'gone',
};

export class ChecksView {
  #snapshot: Snapshot | null = null;
  #answers: readonly Finding[] | null = null;
  #channel: number | null = null;

  update(snapshot: Snapshot): void {
    this.#snapshot = snapshot;
    if (!byId('checks').hidden) this.#draw();
  }

  show(shown: boolean): void {
    if (shown) this.#draw();
  }

  #draw(): void {
    const snapshot = this.#snapshot;
    if (snapshot === null) return;
    const { check, soundcheck } = snapshot;
    const names = snapshot.channels.map(({ name }) => name).join();
    rebuild(byId('checks'), JSON.stringify([check, soundcheck, this.#answers, names]), () => [
      h('h2', '', {}, 'Guided checks'),
      h('div', 'check-starts', {}, ...CHECKS.map(([kind, title, what]) => this.#starter(kind, title, what))),
      check === undefined ? null : this.#running(snapshot),
      soundcheck === undefined ? null : this.#since(snapshot),
      h('h2', '', {}, 'What is wrong?'),
      this.#desk(snapshot),
    ]);
  }

  #starter(kind: CheckKind, title: string, what: string): HTMLElement {
    const button = h('button', '', { type: 'button', 'data-check': kind }, title);
    button.addEventListener('click', () => void this.#do('start', { kind }));
    return h('div', 'check-start', {}, button, h('p', '', {}, what));
  }

  #running({ check }: Snapshot): HTMLElement {
    if (check === undefined) return h('div');
    const buttons: HTMLElement[] = [];
    const button = (label: string, step: 'next' | 'end') => {
      const element = h('button', '', { type: 'button', 'data-step': step }, label);
      element.addEventListener('click', () => void this.#do(step));
      buttons.push(element);
    };
    if (check.state === 'running' && check.kind === 'line') button('It is dead: next', 'next');
    if (check.state === 'running' && check.kind === 'gain') button('Peaks anew', 'next');
    if (check.state === 'running' && check.kind === 'proof') button('Leave it out: next', 'next');
    button('End', 'end');
    return h(
      'section',
      `check ${check.state}`,
      { 'aria-label': CHECKS.find(([kind]) => kind === check.kind)?.[1] ?? '' },
      h('p', 'ask', { role: 'status', 'aria-live': 'polite' }, check.ask),
      h('div', 'check-steps', {}, ...buttons),
      h(
        'ol',
        'check-rows',
        {},
        ...check.rows.map((row) =>
          h(
            'li',
            row.state,
            { 'data-channel': String(row.channel) },
            h('span', 'check-channel', {}, String(row.channel)),
            h('span', 'check-name', {}, row.name),
            h('span', 'check-text', {}, row.text || WORDS[row.state]),
            h('span', 'check-level', {}, row.levelDbfs === null ? '' : `${row.levelDbfs.toFixed(0)} dBFS`),
          ),
        ),
      ),
    );
  }

  #since({ soundcheck }: Snapshot): HTMLElement {
    const changes = soundcheck?.changes ?? [];
    return h(
      'section',
      'soundcheck',
      { 'aria-label': 'Since the sound check' },
      h('h3', '', {}, 'Since the sound check'),
      h(
        'ul',
        '',
        {},
        ...(changes.length === 0
          ? [h('li', '', {}, 'All that play are as loud as they were.')]
          : changes.map(({ channel, name, db }) =>
              h('li', '', {}, `ch ${channel} ${name}: ${db > 0 ? '+' : ''}${db} dB since soundcheck`),
            )),
      ),
    );
  }

  #desk(snapshot: Snapshot): HTMLElement {
    const select = h(
      'select',
      '',
      { 'aria-label': 'Channel' },
      h('option', '', { value: '' }, 'no channel in particular'),
      ...snapshot.channels.map(({ index, name }) => h('option', '', { value: String(index) }, `${index} ${name}`)),
    );
    select.value = this.#channel === null ? '' : String(this.#channel);
    select.addEventListener('change', () => {
      this.#channel = select.value === '' ? null : Number(select.value);
    });
    const buttons = COMPLAINTS.map(([kind, label]) => {
      const button = h('button', '', { type: 'button', 'data-complaint': kind }, label);
      button.addEventListener('click', () => void this.#ask(kind));
      return button;
    });
    return h(
      'section',
      'desk',
      { 'aria-label': 'What is wrong?' },
      h('label', '', {}, 'Channel ', select),
      h('div', 'check-starts', {}, ...buttons),
      h('div', 'answers', { 'aria-live': 'polite' }, ...(this.#answers ?? []).map(answerCard)),
    );
  }

  async #do(step: 'start' | 'next' | 'end', body: object = {}): Promise<void> {
    const answer = await change<Pick<Snapshot, 'check' | 'soundcheck'>>('POST', `/api/checks/${step}`, body);
    if (!answer.ok) sayFault(answer.fault);
  }

  async #ask(kind: ComplaintKind): Promise<void> {
    const channel = this.#channel === null ? '' : `&channel=${this.#channel}`;
    const answer = await request<{ answers: Finding[] }>('GET', `/api/ask?kind=${kind}${channel}`);
    if (!answer.ok) sayFault(answer.fault);
    else this.#answers = answer.value.answers;
    this.#draw();
  }
}

function answerCard(answer: Finding): HTMLElement {
  return h(
    'article',
    `answer ${answer.severity}`,
    {},
    h('h3', '', {}, answer.symptom),
    h('p', '', {}, answer.cause),
    h('p', 'fix', {}, answer.fix),
    answer.question ? h('p', 'question', {}, answer.question) : null,
  );
}
