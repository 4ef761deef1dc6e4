/** The panel, pixel by pixel, as it stands on the rack: asked for twice a second while it is looked at. */
import { byId, h } from './dom.ts';

const EVERY_MS = 500;

export class PanelView {
  readonly #image: HTMLImageElement;
  #timer = 0;

  constructor() {
    this.#image = h('img', 'panel-image', { alt: "What the box's own panel shows now", width: '128', height: '64' });
    byId('panel').append(
      h('h2', '', {}, 'The panel on the box'),
      h('div', 'panel-glass', {}, this.#image),
      h('p', 'hint', {}, 'The same picture as on the rack, twice a second. A PIN is never shown here.'),
    );
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
}
