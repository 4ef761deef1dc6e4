/** The patch sheet: what is plugged where, and what is wrong with it before the first take. */
import type { PatchSheet } from '../../guide/patchSheet.ts';
import { request } from './api.ts';
import { byId, h } from './dom.ts';
import { rate } from './format.ts';

interface PatchAnswer {
  readonly sheet: PatchSheet | null;
  readonly notes: readonly {
    readonly code: string;
    readonly severity: 'alarm' | 'warning' | 'info';
    readonly where: string;
    readonly what: string;
    readonly why: string;
    readonly fix: string;
  }[];
}

const SHAPES = { alarm: '▲', warning: '●', info: 'i' } as const;

export class PatchView {
  async show(shown: boolean): Promise<void> {
    if (!shown) return;
    const root = byId('patch');
    const answer = await request<PatchAnswer>('GET', '/api/patch');
    if (!answer.ok || answer.value.sheet === null) {
      root.replaceChildren(
        h('h2', '', {}, 'Patch sheet'),
        h(
          'p',
          'none',
          {},
          'No patch sheet is kept with this configuration. Import a configuration that has one under Settings.',
        ),
      );
      return;
    }
    const { sheet, notes } = answer.value;
    const boxes = new Map(sheet.expanders.map((expander) => [expander.id, expander.name]));
    root.replaceChildren(
      h('h2', '', {}, sheet.title === '' ? 'Patch sheet' : sheet.title),
      h('p', 'hint', {}, `${sheet.interface.name}, ${rate(sheet.rateHz)}`),
      ...notes.map((note) =>
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
      h(
        'ol',
        'patch-list',
        {},
        ...sheet.inputs.map((input) =>
          h(
            'li',
            '',
            {},
            h('span', '', {}, String(input.channel)),
            h('b', '', {}, input.name),
            h('small', '', {}, `${boxes.get(input.box) ?? sheet.interface.name} ${input.input}`),
            input.phantom && h('em', '', {}, '48 V'),
          ),
        ),
      ),
    );
  }
}
