/** Banks: sync by shape and word, its basis, the bars, and a name and a number under each bar. */
import type { Bank, Channel, Snapshot } from '../../monitor/snapshot.ts';
import { bankInUse, inUnit, isDigital } from '../../ui/view.ts';
import { evidenceOf } from './bankWords.ts';
import { h, rebuild, setText } from './dom.ts';
import { db, dbShort } from './format.ts';
import { type Ballistics, BankCanvas, readColours } from './meters.ts';
import { offersProof, proveLine, proveWords } from './proveView.ts';
import { SYNC_SPOKEN, SYNC_WORDS, syncShape } from './shapes.ts';
import { THEME_CHANGED } from './theme.ts';

/** Bars in one row; a bank with more wraps. */
const ROW = 8;

interface Cell {
  readonly channel: number;
  readonly cell: HTMLElement;
  readonly number: HTMLElement;
}

export class BanksView {
  readonly #root: HTMLElement;
  #canvases: BankCanvas[] = [];
  #cells: Cell[] = [];
  #heads = new Map<string, HTMLElement>();
  #colours = readColours();
  #canProve = false;

  constructor(root: HTMLElement) {
    this.#root = root;
    addEventListener(THEME_CHANGED, () => {
      this.#colours = readColours();
    });
  }

  /** What this run can do. */
  offer(actions: readonly string[]): void {
    this.#canProve = actions.includes('prove');
  }

  /** Slow state: names, words, numbers. Twice a second. */
  update(snapshot: Snapshot): void {
    const layout = JSON.stringify([
      snapshot.banks.map((bank) => [bank.id, bank.name, bank.box, bank.channels]),
      snapshot.channels.map((channel) => channel.name),
    ]);
    rebuild(this.#root, layout, () => {
      this.#canvases = [];
      this.#cells = [];
      this.#heads.clear();
      return snapshot.banks.map((bank) => this.#bank(bank, snapshot.channels));
    });
    for (const bank of snapshot.banks) this.#head(bank, snapshot);
    for (const { channel, cell, number } of this.#cells) {
      const state = snapshot.channels[channel - 1];
      if (state === undefined) continue;
      setText(number, numberOf(state, snapshot.meter));
      cell.classList.toggle('clipped', state.clipped);
      cell.dataset.silence = state.silence;
      const now = state.holdDbfs ?? -120;
      cell.setAttribute('aria-valuenow', String(Math.max(-120, Math.round(now))));
      cell.setAttribute('aria-valuetext', spoken(state, snapshot.meter));
    }
  }

  draw(ballistics: Ballistics, grey: boolean): void {
    for (const canvas of this.#canvases) canvas.draw(ballistics, this.#colours, grey);
  }

  #bank(bank: Bank, channels: readonly Channel[]): HTMLElement {
    const head = h('header', 'bank-head');
    this.#heads.set(bank.id, head);
    const rows: HTMLElement[] = [];
    for (let from = 0; from < bank.channels.length; from += ROW) {
      const indexes = bank.channels.slice(from, from + ROW);
      const canvas = new BankCanvas(indexes[0]! - 1, indexes.length);
      this.#canvases.push(canvas);
      const cells = h('div', `cells n${indexes.length}`);
      for (const index of indexes) cells.append(this.#cell(channels[index - 1], index));
      rows.push(h('div', `row n${indexes.length}`, {}, canvas.canvas, cells));
    }
    const width = Math.max(2, Math.min(ROW, bank.channels.length));
    const tall = rows.length > 1 ? ' tall' : '';
    return h('section', `bank w${width}${tall}`, { 'aria-label': bank.name }, head, h('div', 'rows', {}, ...rows));
  }

  #cell(channel: Channel | undefined, index: number): HTMLElement {
    const number = h('span', 'number');
    const name = channel?.name ?? String(index);
    const cell = h(
      'div',
      'cell',
      {
        role: 'meter',
        'aria-label': `${index} ${name}`,
        'aria-valuemin': '-120',
        'aria-valuemax': '0',
        'aria-valuenow': '-120',
        title: `${index} ${name}`,
      },
      number,
      h('span', 'name', {}, name === '' ? String(index) : name),
    );
    this.#cells.push({ channel: index, cell, number });
    return cell;
  }

  #head(bank: Bank, snapshot: Snapshot): void {
    const head = this.#heads.get(bank.id);
    if (head === undefined) return;
    // A port with nothing on it: a question mark there would only worry.
    const unused = bank.sync === 'unknown' && !bankInUse(bank, snapshot);
    const evidence = unused ? '' : evidenceOf(bank);
    const progress = snapshot.prove?.bank === bank.id ? snapshot.prove : null;
    const proves = this.#canProve && !unused && offersProof(bank, progress);
    rebuild(head, JSON.stringify([bank.sync, bank.basis, evidence, unused, proves, progress?.state]), () => [
      h('h3', '', {}, bank.name, bank.box !== null && h('small', '', {}, bank.box)),
      // Analogue inputs and loopback have no clock of their own: no word is said of them.
      isDigital(bank) && unused && h('span', 'pill unused', {}, 'not used'),
      isDigital(bank) &&
        !unused &&
        h(
          'span',
          `pill ${bank.sync}`,
          {},
          syncShape(bank.sync),
          h('b', '', { 'aria-hidden': 'true' }, SYNC_WORDS[bank.sync]),
          h('span', 'spoken', {}, SYNC_SPOKEN[bank.sync]),
        ),
      isDigital(bank) && h('p', 'evidence', {}, evidence),
      proves && proveLine(bank, progress),
    ]);
    // Seconds count in place: a button that is being pressed stays the same.
    const words = head.querySelector('.prove-words');
    if (words !== null) setText(words as HTMLElement, proveWords(progress));
  }
}

/** What stands under the bar: the held peak, or the kind of silence. */
function numberOf(channel: Channel, meter: Snapshot['meter']): string {
  switch (channel.silence) {
    case 'digitalZero':
      return 'zero';
    case 'frozen':
      return 'stuck';
    case 'noiseFloor':
    case 'none':
      return dbShort(inUnit(channel.holdDbfs, meter));
  }
}

function spoken(channel: Channel, meter: Snapshot['meter']): string {
  const level = channel.holdDbfs === null ? 'no signal' : `${db(inUnit(channel.holdDbfs, meter))} ${meter.unit}`;
  return channel.clipped ? `${level}, clipped ${channel.clips} times` : level;
}
