/** The panel, pixel by pixel, as it stands on the rack, with its buttons: twice a second while it is looked at. */
import { act } from './api.ts';
import { byId, h } from './dom.ts';
import { sayFault } from './toast.ts';

const EVERY_MS = 500;
/** A short press, ms: over the 20 ms debounce, under the 600 ms of a long one. */
const SHORT_MS = 120;
const LONG_MS = 800;
const PIN_MS = 3200;

export class PanelView {
  readonly #image: HTMLImageElement;
  readonly #keys: HTMLElement;
  #timer = 0;

  constructor() {
    this.#image = h('img', 'panel-image', { alt: "What the box's own panel shows now", width: '128', height: '64' });
    const key = (label: string, buttons: readonly string[], holdMs: number, note: string) => {
      const button = h('button', 'key', { type: 'button' }, h('b', '', {}, label), h('small', '', {}, note));
      button.addEventListener('click', () => void this.#press(buttons, holdMs));
      return button;
    };
    this.#keys = h(
      'div',
      'keys',
      { hidden: '' },
      key('A', ['A'], SHORT_MS, 'page back'),
      key('B', ['B'], SHORT_MS, 'page on'),
      key('A long', ['A'], LONG_MS, 'clear'),
      key('B long', ['B'], LONG_MS, 'detail'),
      key('A + B', ['A', 'B'], SHORT_MS, 'overview'),
      key('A + B 3 s', ['A', 'B'], PIN_MS, 'PIN on the box'),
    );
    byId('panel').append(
      h('h2', '', {}, 'The panel on the box'),
      h('div', 'panel-glass', {}, this.#image),
      this.#keys,
      h(
        'p',
        'hint',
        {},
        'The same picture as on the rack, twice a second. A PIN never shows here: read it on the box.',
      ),
    );
  }

  /** Buttons are offered where the run has a panel that takes them. */
  offer(actions: readonly string[]): void {
    this.#keys.hidden = !actions.includes('press');
  }

  show(shown: boolean): void {
    clearInterval(this.#timer);
    if (!shown) return;
    this.refresh();
    this.#timer = setInterval(() => this.refresh(), EVERY_MS);
  }

  refresh(): void {
    if (document.hidden) return;
    this.#image.src = `/api/panel.png?scale=4&t=${Date.now()}`;
  }

  async #press(buttons: readonly string[], holdMs: number): Promise<void> {
    const answer = await act('press', { buttons, holdMs });
    if (!answer.ok) return sayFault(answer.fault);
    setTimeout(() => this.refresh(), holdMs + 80);
  }
}
