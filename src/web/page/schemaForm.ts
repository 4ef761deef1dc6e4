/**
 * A form made from the configuration's own schema: label, hint, unit, limits, choices. A new field in the schema is a
 * new field on the page, without a line here.
 */
import { h, setText } from './dom.ts';

export interface SchemaNode {
  readonly type?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode;
  readonly anyOf?: readonly SchemaNode[];
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly 'x-rebuilds'?: string;
  /** What null means, in a word. */
  readonly 'x-null'?: string;
  readonly 'x-secret'?: boolean;
}

type Values = Record<string, unknown>;

export const BANK_KINDS: Readonly<Record<string, string>> = {
  analogue: 'Analogue',
  adat: 'ADAT',
  spdif: 'S/PDIF',
  aes: 'AES',
  loopback: 'Loopback',
  group: 'Group',
};

const ACRONYMS = ['mqtt', 'osc', 'tls', 'url'];

/** `allowedHosts` -> `Allowed hosts`; a unit at the end stays as it is written: `holdMs` -> `Hold (ms)`. */
export function labelOf(name: string): string {
  const unit = /(Ms|Hz|Db|Ppm|S)$/.exec(name)?.[1];
  const stem = unit === undefined ? name : name.slice(0, -unit.length);
  if (ACRONYMS.includes(stem)) return stem.toUpperCase();
  const words = stem.replaceAll(/([A-Z])/g, ' $1').toLowerCase();
  const units: Readonly<Record<string, string>> = { Ms: 'ms', Hz: 'Hz', Db: 'dB', Ppm: 'ppm', S: 's' };
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}${unit === undefined ? '' : ` (${units[unit]})`}`;
}

/** The option of a union that is not null, and whether null is allowed. */
function unwrap(node: SchemaNode): { node: SchemaNode; nullable: boolean } {
  const options = node.anyOf?.filter((option) => option.type !== 'null') ?? [];
  const nullable = node.anyOf !== undefined && options.length < node.anyOf.length;
  return options.length === 1 ? { node: { ...node, ...options[0] }, nullable } : { node, nullable };
}

export interface Form {
  readonly element: HTMLElement;
  /** Marks fields by `meter.holdMs`; forgets marks of before. Returns the problems that no field of this form took. */
  complain(problems: readonly { field: string; message: string }[]): { field: string; message: string }[];
}

/**
 * Fields for the groups of `schema` named in `groups`. `values` is the whole configuration and is changed in place;
 * `onChange` is called after each change.
 */
export function schemaForm(schema: SchemaNode, groups: readonly string[], values: Values, onChange: () => void): Form {
  const fields = new Map<string, { row: HTMLElement; note: HTMLElement; hint: string }>();
  const element = h('div', 'form');
  for (const group of groups) {
    const node = schema.properties?.[group];
    const inside = values[group] as Values | undefined;
    if (node?.properties === undefined || inside === undefined) continue;
    const set = h('fieldset', '', {}, h('legend', '', {}, labelOf(group)));
    for (const [name, child] of Object.entries(node.properties)) {
      const control = controlFor(child, inside[name], (value) => {
        inside[name] = value;
        onChange();
      });
      if (control === null) continue;
      const id = `field-${group}-${name}`;
      control.id = id;
      const hint = child.description ?? '';
      const note = h('small', '', { id: `${id}-note` }, hint);
      control.setAttribute('aria-describedby', note.id);
      const row = h('div', 'field', {}, h('label', '', { for: id }, labelOf(name)), control, note);
      fields.set(`${group}.${name}`, { row, note, hint });
      set.append(row);
    }
    element.append(set);
  }
  return {
    element,
    complain(problems) {
      for (const { row, note, hint } of fields.values()) {
        row.classList.remove('bad');
        setText(note, hint);
      }
      return problems.filter(({ field, message }) => {
        const taken = fields.get(field);
        if (taken === undefined) return true;
        taken.row.classList.add('bad');
        setText(taken.note, message);
        return false;
      });
    },
  };
}

function controlFor(schema: SchemaNode, value: unknown, set: (value: unknown) => void): HTMLElement | null {
  const { node, nullable } = unwrap(schema);
  if (node.enum !== undefined) {
    const select = h('select');
    for (const option of node.enum) select.append(h('option', '', { value: option }, option));
    select.value = String(value);
    select.addEventListener('change', () => set(select.value));
    return select;
  }
  switch (node.type) {
    case 'boolean': {
      const box = h('input', '', { type: 'checkbox' });
      box.checked = value === true;
      box.addEventListener('change', () => set(box.checked));
      return box;
    }
    case 'integer':
    case 'number': {
      const input = h('input', '', {
        type: 'text',
        inputmode: node.type === 'integer' ? 'numeric' : 'decimal',
        placeholder: nullable ? (node['x-null'] ?? 'as the device') : '',
      });
      input.value = value === null || value === undefined ? '' : String(value);
      input.addEventListener('change', () => {
        const text = input.value.trim();
        if (text === '' && nullable) set(null);
        else set(/^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text);
      });
      return input;
    }
    case 'string': {
      const input = h('input', '', {
        type: node['x-secret'] === true ? 'password' : 'text',
        autocomplete: 'off',
        maxlength: String(node.maxLength ?? 128),
        autocapitalize: 'none',
        placeholder: nullable ? (node['x-null'] ?? '') : '',
      });
      input.value = String(value ?? '');
      input.addEventListener('change', () => {
        const text = input.value.trim();
        set(text === '' && nullable ? null : text);
      });
      return input;
    }
    case 'array': {
      if (node.items?.type !== 'string') return null;
      const input = h('textarea', '', { rows: '2', autocapitalize: 'none', placeholder: 'one a line' });
      // null: not set, which is not the same as an empty list; it stays so until it is typed in.
      input.value = (Array.isArray(value) ? (value as string[]) : []).join('\n');
      input.addEventListener('change', () =>
        set(
          input.value
            .split('\n')
            .map((line) => line.trim())
            .filter((line) => line !== ''),
        ),
      );
      return input;
    }
    default:
      return null;
  }
}
