/**
 * The patch sheet as rows to edit with a thumb: name, source, socket and 48 V of a channel stand open, the rest one tap
 * away. What the checks say stands under the row it concerns.
 */
import type { GuideNote } from '../../guide/checks.ts';
import type {
  ClockChoice,
  PatchExpander,
  PatchHeadphones,
  PatchInput,
  PatchMonitors,
  PatchSheet,
  RateHz,
} from '../../guide/patchSheet.ts';
import { h, rebuild, setText } from './dom.ts';
import { button, choice, field, numberInput, type Options, textInput, toggle } from './fields.ts';
import { rate } from './format.ts';
import {
  factsOf,
  freeInputs,
  freePort,
  type GuideTables,
  inOrder,
  isDigital,
  newExpander,
  newInput,
  nextSocket,
  portsFrom,
  sameAgain,
} from './patchDraft.ts';
import { say } from './toast.ts';

const RATES: readonly RateHz[] = [44100, 48000, 88200, 96000, 176400, 192000];
const SOURCES: Options = [
  ['dynamic', 'Dynamic mic'],
  ['condenser', 'Condenser'],
  ['ribbonPassive', 'Ribbon, passive'],
  ['ribbonActive', 'Ribbon, active'],
  ['diActive', 'DI, active'],
  ['diPassive', 'DI, passive'],
  ['instrumentPassive', 'Guitar or bass, passive'],
  ['instrumentActive', 'Guitar or bass, active'],
  ['synth', 'Synth, drum machine'],
  ['linePlus4', 'Line, +4 dBu'],
  ['lineMinus10', 'Line, -10 dBV'],
  ['expanderChannel', 'Expander channel'],
  ['digital', 'S/PDIF device'],
  ['playback', 'Playback'],
];
const CONNECTORS: Options = [
  ['xlr', 'XLR'],
  ['combo', 'Combo'],
  ['trs', 'TRS jack'],
  ['ts', 'TS jack'],
  ['hiz', 'Hi-Z jack'],
  ['adat', 'ADAT'],
  ['spdifCoax', 'S/PDIF coax'],
  ['spdifOptical', 'S/PDIF optical'],
  ['loopback', 'Loopback'],
];
const MODES: Options = [
  ['', 'As the socket implies'],
  ['mic', 'Mic'],
  ['line', 'Line'],
  ['inst', 'Inst'],
  ['digital', 'Digital'],
];
const PLUGS: Options = [
  ['', 'As the socket'],
  ['xlr', 'XLR'],
  ['trs', 'TRS'],
  ['ts', 'TS'],
  ['rca', 'RCA'],
  ['optical', 'Optical'],
];
const LEVELS: Options = [
  ['', 'Not known'],
  ['plus4', '+4 dBu'],
  ['minus10', '-10 dBV'],
];
const CLOCKS: Options = [
  ['internal', 'Internal'],
  ['adat', 'ADAT'],
  ['spdif', 'S/PDIF'],
  ['wordClock', 'Word clock'],
  ['unknown', 'Nobody looked'],
];
const UNITS: Options = [
  ['m', 'm'],
  ['ft', 'ft'],
];
const MONITOR_PLUGS: Options = [
  ['trs', 'TRS'],
  ['xlr', 'XLR'],
  ['ts', 'TS'],
  ['rca', 'RCA'],
];
const SHAPES = { alarm: '▲', warning: '●', info: 'i' } as const;
const words = (options: Options, value: string) => options.find(([id]) => id === value)?.[1] ?? value;
const orNull = (value: string) => (value === '' ? null : value);

export interface EditorEvents {
  /** Before a change: `by` names the control, so that typing in one is undone as one. */
  before(by: string): void;
  /** After it. */
  changed(): void;
  /** Name of a channel on the meters now, for a new row. */
  nameOf(channel: number): string;
}

export class PatchEditor {
  readonly element = h('div', 'patch-editor');
  readonly #tables: GuideTables;
  readonly #events: EditorEvents;
  #sheet: PatchSheet;
  /** Where notes of a part go, by `GuideNote.at`. */
  #notes = new Map<string, HTMLElement>();
  /** Rows that stand open. */
  readonly #open = new Set<string>();
  #focus: string | null = null;

  constructor(sheet: PatchSheet, tables: GuideTables, events: EditorEvents) {
    this.#sheet = sheet;
    this.#tables = tables;
    this.#events = events;
    this.#draw();
  }

  /** Another sheet in the same place: undo, or a row that came or went. */
  replace(sheet: PatchSheet): void {
    this.#sheet = sheet;
    this.#draw();
  }

  /** Puts each note under its row, and takes the old ones away. */
  showNotes(notes: readonly GuideNote[]): void {
    for (const [at, place] of this.#notes) {
      const here = notes.filter((note) => note.at === at);
      place.parentElement?.classList.toggle('flagged', here.length > 0);
      rebuild(place, JSON.stringify(here), () => here.map(noteCard));
    }
  }

  #change(by: string, act: () => void): void {
    this.#events.before(by);
    act();
    this.#events.changed();
  }

  /** A change after which the form itself is another. */
  #reshape(by: string, act: () => void, focus: string | null = null): void {
    this.#focus = focus;
    this.#change(by, act);
    this.#draw();
  }

  #draw(): void {
    const sheet = this.#sheet;
    this.#notes = new Map();
    const groups = new Set(
      [
        ...sheet.inputs.map(({ phantomGroup }) => phantomGroup),
        ...(factsOf(sheet, this.#tables)?.phantomGroups ?? []).map((group) => group.join('-')),
      ].filter((group) => group !== null),
    );
    this.element.replaceChildren(
      h('datalist', '', { id: 'phantom-groups' }, ...[...groups].map((value) => h('option', '', { value }))),
      this.#rig(),
      h(
        'section',
        'card',
        { 'aria-labelledby': 'patch-inputs' },
        h('h3', '', { id: 'patch-inputs' }, 'Inputs'),
        ...sheet.inputs.map((input, i) => this.#input(input, i)),
        this.#adders(),
      ),
      h(
        'section',
        'card',
        { 'aria-labelledby': 'patch-expanders' },
        h('h3', '', { id: 'patch-expanders' }, 'Expanders'),
        ...sheet.expanders.map((expander, i) => this.#expander(expander, i)),
        button('Add an expander', '', () => {
          const port = freePort(sheet);
          const at = sheet.expanders.length;
          this.#reshape(
            'add',
            () => {
              const made = newExpander(sheet, 'Expander', port === null ? [] : [port.id]);
              sheet.expanders.push(made);
              this.#open.add(`expanders.${at}`);
            },
            `patch-expander-${at}`,
          );
        }),
      ),
      h(
        'section',
        'card',
        { 'aria-labelledby': 'patch-monitors' },
        h('h3', '', { id: 'patch-monitors' }, 'Monitors'),
        ...sheet.monitors.map((monitors, i) => this.#monitors(monitors, i)),
        button('Add a pair', '', () =>
          this.#reshape(
            'add',
            () => {
              sheet.monitors.push({
                name: sheet.monitors.length === 0 ? 'Main' : `Pair ${sheet.monitors.length + 1}`,
                outputs: '',
                connector: 'trs',
                cable: { balanced: true, length: 0, unit: 'm' },
              });
            },
            `patch-monitors-${sheet.monitors.length}`,
          ),
        ),
      ),
      h(
        'section',
        'card',
        { 'aria-labelledby': 'patch-phones' },
        h('h3', '', { id: 'patch-phones' }, 'Headphones'),
        ...sheet.headphones.map((headphones, i) => this.#headphones(headphones, i)),
        button('Add headphones', '', () =>
          this.#reshape(
            'add',
            () => {
              sheet.headphones.push({
                name: '',
                output: '',
                mix: '',
                impedanceOhm: null,
                ampOutputOhm: null,
                ampPowerMw: null,
              });
            },
            `patch-headphones-${sheet.headphones.length}`,
          ),
        ),
      ),
    );
    if (this.#focus !== null) document.getElementById(this.#focus)?.focus();
    this.#focus = null;
  }

  #place(at: string): HTMLElement {
    const place = h('div', 'notes');
    this.#notes.set(at, place);
    return place;
  }

  /** `details` that stays open when the form is drawn anew. */
  #more(key: string, summary: HTMLElement, ...children: HTMLElement[]): HTMLElement {
    const details = h(
      'details',
      '',
      this.#open.has(key) ? { open: '' } : {},
      summary,
      h('div', 'grid', {}, ...children),
    );
    details.addEventListener('toggle', () => {
      if (details.open) this.#open.add(key);
      else this.#open.delete(key);
    });
    return details;
  }

  #rig(): HTMLElement {
    const sheet = this.#sheet;
    const { interface: box } = sheet;
    const ports = () => {
      const facts = factsOf(sheet, this.#tables);
      if (facts !== null) box.ports = portsFrom(facts, sheet.rateHz, box.ports);
    };
    return h(
      'section',
      'card patch-rig',
      { 'aria-label': 'Session and interface' },
      field(
        'Session',
        textInput('Session', sheet.title, { maxlength: '48' }, (value) =>
          this.#change('title', () => {
            sheet.title = value;
          }),
        ),
      ),
      field(
        'Rate',
        choice(
          'Rate',
          String(sheet.rateHz),
          RATES.map((hz) => [String(hz), rate(hz)] as const),
          (value) =>
            this.#reshape('rate', () => {
              sheet.rateHz = Number(value) as RateHz;
              ports();
            }),
        ),
      ),
      field(
        'Interface',
        choice(
          'Interface',
          factsOf(sheet, this.#tables)?.id ?? '',
          [['', 'Not in the table'], ...this.#tables.interfaces.map(({ id, name }) => [id, name] as const)],
          (value) =>
            this.#reshape('model', () => {
              box.model = orNull(value);
              const facts = factsOf(sheet, this.#tables);
              if (facts === null) return;
              box.name = facts.name.slice(0, 48);
              ports();
            }),
        ),
      ),
      field(
        'Its clock',
        this.#clock('Clock of the interface', box.clock, (clock) =>
          this.#reshape('clock', () => {
            box.clock = clock;
          }),
        ),
      ),
      ...(box.clock === 'adat' || box.clock === 'spdif'
        ? [
            field(
              'From port',
              this.#port('Port that the clock comes from', box.clockPort, (port) =>
                this.#change('clockPort', () => {
                  box.clockPort = port;
                }),
              ),
            ),
          ]
        : []),
      ...(box.clock === 'wordClock'
        ? [
            field(
              'BNC from',
              this.#bnc('interface', box.wordClockFrom, (from) =>
                this.#change('bnc', () => {
                  box.wordClockFrom = from;
                }),
              ),
            ),
          ]
        : []),
      this.#more(
        'interface',
        h('summary', '', {}, 'Name, inputs, ports'),
        field(
          'Called',
          textInput('Name of the interface', box.name, { maxlength: '48' }, (value) =>
            this.#change('box-name', () => {
              box.name = value;
            }),
          ),
        ),
        field(
          'Analogue inputs',
          numberInput('Analogue inputs', box.analogueInputs, { low: 0, high: 64, empty: 'as the table' }, (value) =>
            this.#change('analogue', () => {
              box.analogueInputs = value;
            }),
          ),
        ),
        ...box.ports.map((port) =>
          field(
            `${port.name || port.id}, channels ${port.first}-${port.last}`,
            choice(
              `Mode of ${port.name || port.id}`,
              port.mode,
              [
                ['adat', 'ADAT'],
                ['spdif', 'S/PDIF'],
              ],
              (value) =>
                this.#change(`port-${port.id}`, () => {
                  port.mode = value as typeof port.mode;
                }),
            ),
          ),
        ),
      ),
      this.#place('interface'),
    );
  }

  #clock(label: string, value: ClockChoice, take: (value: ClockChoice) => void): HTMLElement {
    return choice(label, value, CLOCKS, (clock) => take(clock as ClockChoice));
  }

  #port(label: string, value: string | null, take: (value: string | null) => void): HTMLElement {
    const ports = this.#sheet.interface.ports.map(({ id, name }) => [id, name || id] as const);
    return choice(label, value ?? '', [['', 'None'], ...ports], (port) => take(orNull(port)));
  }

  #bnc(box: string, value: string | null, take: (value: string | null) => void): HTMLElement {
    const boxes = this.#boxes().filter(([id]) => id !== box);
    const from = choice(
      `Word clock of ${box} comes from`,
      value ?? '',
      [['', 'No cable'], ...boxes, ['house', 'House clock']],
      (id) => take(orNull(id)),
    );
    return from;
  }

  #boxes(): Options {
    const { interface: box, expanders } = this.#sheet;
    return [['interface', box.name || 'Interface'], ...expanders.map(({ id, name }) => [id, name || id] as const)];
  }

  #input(input: PatchInput, i: number): HTMLElement {
    const key = `inputs.${i}`;
    const change = (what: string, act: () => void) => this.#change(`${key}.${what}`, act);
    const name = () => input.name || `channel ${input.channel}`;
    const called = name();
    const digital = isDigital(input.connector);
    const micSocket = input.connector === 'xlr' || input.connector === 'combo';
    const number = h('span', 'channel', {}, String(input.channel));
    const line = !digital && (input.source === 'synth' || input.source.startsWith('line'));
    const summary = h('summary', '');
    const tell = () => {
      const box = words(this.#boxes(), input.box);
      const { cable } = input;
      const run = cable.length > 0 ? `${cable.length} ${cable.unit} ` : '';
      const cableWords = digital ? '' : `, ${run}${cable.balanced ? 'balanced' : 'unbalanced'}`;
      setText(summary, `${box} ${input.input}${cableWords}${input.pad ? ', pad' : ''}`);
    };
    tell();
    const told = (what: string, act: () => void) =>
      change(what, () => {
        act();
        tell();
      });
    const detail: HTMLElement[] = [
      field(
        'Channel',
        numberInput(`Channel of ${called}`, input.channel, { low: 1, high: 64 }, (value) =>
          change('channel', () => {
            input.channel = value ?? input.channel;
            setText(number, String(input.channel));
            callRow(row, name());
          }),
        ),
      ),
      field(
        'Box',
        choice(`Box of ${called}`, input.box, this.#boxes(), (value) =>
          told('box', () => {
            input.box = value;
          }),
        ),
      ),
      field(
        digital ? 'Channel of the port' : 'Input',
        numberInput(`Input of ${called}`, input.input, { low: 1, high: 64 }, (value) =>
          told('input', () => {
            input.input = value ?? input.input;
          }),
        ),
      ),
    ];
    if (digital) {
      detail.push(
        field(
          'Port',
          this.#port(`Port of ${called}`, input.port, (port) =>
            change('port', () => {
              input.port = port;
            }),
          ),
        ),
      );
    } else {
      detail.push(
        field(
          'Switched to',
          choice(`Mode of ${called}`, input.mode ?? '', MODES, (value) =>
            change('mode', () => {
              input.mode = orNull(value) as PatchInput['mode'];
            }),
          ),
        ),
        field(
          'Plug',
          choice(`Plug of ${called}`, input.plug ?? '', PLUGS, (value) =>
            change('plug', () => {
              input.plug = orNull(value) as PatchInput['plug'];
            }),
          ),
        ),
        field(
          'Cable',
          toggle(`Balanced cable, ${called}`, 'Balanced', input.cable.balanced, (on) =>
            told('balanced', () => {
              input.cable.balanced = on;
            }),
          ),
        ),
        this.#length(called, input.cable, told),
        field(
          'Pad',
          toggle(`Pad of ${called}`, 'Pad', input.pad, (on) =>
            told('pad', () => {
              input.pad = on;
            }),
          ),
        ),
      );
      if (micSocket) {
        detail.push(
          field(
            '48 V shared with',
            textInput(
              `48 V group of ${called}`,
              input.phantomGroup ?? '',
              { maxlength: '16', list: 'phantom-groups', placeholder: 'own switch' },
              (value) =>
                change('group', () => {
                  input.phantomGroup = orNull(value.trim());
                }),
            ),
          ),
          field(
            'Cable',
            toggle(`About to be plugged or pulled, ${called}`, 'Replug soon', input.replug, (on) =>
              change('replug', () => {
                input.replug = on;
              }),
            ),
          ),
        );
      }
      if (line) {
        detail.push(
          field(
            'Input set to',
            choice(`Level of the input, ${called}`, input.inputLevel ?? '', LEVELS, (value) =>
              change('inputLevel', () => {
                input.inputLevel = orNull(value) as PatchInput['inputLevel'];
              }),
            ),
          ),
        );
        if (input.source === 'synth') {
          detail.push(
            field(
              'It puts out',
              choice(`Level of the source, ${called}`, input.sourceLevel ?? '', LEVELS, (value) =>
                change('sourceLevel', () => {
                  input.sourceLevel = orNull(value) as PatchInput['sourceLevel'];
                }),
              ),
            ),
          );
        }
      }
    }
    detail.push(
      h(
        'div',
        'buttons',
        {},
        button('Same again', '', () => this.#again(input, i), `Same again after ${called}`),
        button('Remove', 'quiet', () => this.#remove(this.#sheet.inputs, key, i), `Remove ${called}`),
      ),
    );
    const row: HTMLElement = h(
      'div',
      'patch-row',
      { role: 'group', 'aria-label': called },
      number,
      textInput(
        `Name of input ${i + 1}`,
        input.name,
        { maxlength: '16', id: `patch-input-${i}`, enterkeyhint: 'next' },
        (value) =>
          change('name', () => {
            input.name = value;
            callRow(row, name());
          }),
      ),
      micSocket
        ? toggle(`48 V on ${called}`, '48 V', input.phantom, (on) =>
            change('phantom', () => {
              input.phantom = on;
            }),
          )
        : h('span'),
      choice(`Source of ${called}`, input.source, SOURCES, (value) =>
        this.#reshape(`${key}.source`, () => {
          input.source = value as PatchInput['source'];
        }),
      ),
      choice(`Connector of ${called}`, input.connector, CONNECTORS, (value) =>
        this.#reshape(`${key}.connector`, () => {
          input.connector = value as PatchInput['connector'];
          if (isDigital(input.connector)) {
            input.phantom = false;
            input.phantomGroup = null;
            input.mode = null;
            input.plug = null;
          } else {
            input.port = null;
          }
        }),
      ),
      this.#more(key, summary, ...detail),
      this.#place(key),
    );
    return row;
  }

  #length(called: string, cable: PatchInput['cable'], change: (what: string, act: () => void) => void): HTMLElement {
    return h(
      'div',
      'small-field',
      {},
      h('span', '', {}, 'Length'),
      h(
        'div',
        'length',
        {},
        numberInput(
          `Length of the cable, ${called}`,
          cable.length === 0 ? null : cable.length,
          { low: 0, high: 1000, whole: false, empty: 'not known' },
          (value) =>
            change('length', () => {
              cable.length = value ?? 0;
            }),
        ),
        choice(`Unit of length, ${called}`, cable.unit, UNITS, (value) =>
          change('unit', () => {
            cable.unit = value as PatchInput['cable']['unit'];
          }),
        ),
      ),
    );
  }

  #again(input: PatchInput, i: number): void {
    const made = sameAgain(this.#sheet, this.#tables, input);
    if (made === null) {
      say('No channel is left.');
      return;
    }
    this.#openRowsMove(i + 1, 1);
    this.#reshape('again', () => this.#sheet.inputs.splice(i + 1, 0, made), `patch-input-${i + 1}`);
  }

  #remove(list: unknown[], key: string, i: number): void {
    this.#open.delete(key);
    if (list === this.#sheet.inputs) this.#openRowsMove(i + 1, -1);
    this.#reshape('remove', () => list.splice(i, 1));
  }

  /** Rows of inputs from `from` on move by `by`: what stands open moves with them. */
  #openRowsMove(from: number, by: number): void {
    const open = [...this.#open];
    for (const key of open) if (key.startsWith('inputs.')) this.#open.delete(key);
    for (const key of open) {
      const index = Number(/^inputs\.(\d+)$/.exec(key)?.[1] ?? Number.NaN);
      if (!Number.isNaN(index)) this.#open.add(`inputs.${index >= from ? index + by : index}`);
    }
  }

  /** One row, or all that is free on a box. */
  #adders(): HTMLElement {
    const sheet = this.#sheet;
    const put = (box: string, sockets: readonly { input: number; channel: number }[]) => {
      const first = sheet.inputs.length;
      this.#reshape(
        'add',
        () => {
          for (const socket of sockets) {
            sheet.inputs.push(newInput(sheet, this.#tables, box, socket, this.#events.nameOf(socket.channel)));
          }
          if (sockets.length > 1) sheet.inputs = inOrder(sheet.inputs);
        },
        sockets.length === 1 ? `patch-input-${first}` : null,
      );
    };
    const one = button('Add an input', 'strong', () => {
      const socket = nextSocket(sheet, this.#tables);
      if (socket === null) say('No channel is left.');
      else put(socket.box, [socket]);
    });
    const fills = this.#boxes().flatMap(([box, name]) => {
      const free = freeInputs(sheet, this.#tables, box);
      return free.length < 2 ? [] : [button(`All ${free.length} free on ${name}`, '', () => put(box, free))];
    });
    return h('div', 'buttons', {}, one, ...fills);
  }

  #expander(expander: PatchExpander, i: number): HTMLElement {
    const key = `expanders.${i}`;
    const { expanders } = this.#sheet;
    const called = expander.name || expander.id;
    const model = this.#tables.expanders.find(({ id }) => id === expander.model);
    const fibres = [0, 1].map((fibre) =>
      field(
        fibre === 0 ? 'Its OUT goes to' : 'Its second OUT to',
        this.#port(`Port for output ${fibre + 1} of ${called}`, expander.fibres[fibre] ?? null, (port) =>
          this.#reshape(`${key}.fibre`, () => {
            const list: (string | null)[] = [expander.fibres[0] ?? null, expander.fibres[1] ?? null];
            list[fibre] = port;
            expander.fibres = [...list.filter((id) => id !== null), ...expander.fibres.slice(2)];
          }),
        ),
      ),
    );
    const row: HTMLElement = h(
      'div',
      'patch-row box',
      { role: 'group', 'aria-label': called },
      textInput(`Name of expander ${i + 1}`, expander.name, { maxlength: '24', id: `patch-expander-${i}` }, (value) =>
        this.#change(`${key}.name`, () => {
          expander.name = value;
          callRow(row, value || expander.id);
        }),
      ),
      this.#clock(`Clock of ${called}`, expander.clock, (clock) =>
        this.#reshape(`${key}.clock`, () => {
          expander.clock = clock;
        }),
      ),
      toggle(`Fibre back to ${called}`, 'Fibre back', expander.returnFibre, (on) =>
        this.#change(`${key}.return`, () => {
          expander.returnFibre = on;
        }),
      ),
      this.#more(
        key,
        h('summary', '', {}, model === undefined ? 'Model and cables' : `${model.maker} ${model.name}`),
        field(
          'Model',
          choice(
            `Model of ${called}`,
            expander.model ?? '',
            [
              ['', 'Not in the table'],
              ...this.#tables.expanders.map(({ id, maker, name }) => [id, `${maker} ${name}`] as const),
            ],
            (value) =>
              this.#reshape(`${key}.model`, () => {
                expander.model = orNull(value);
                const known = this.#tables.expanders.find(({ id }) => id === value);
                if (known !== undefined && expander.name === 'Expander') expander.name = known.name.slice(0, 24);
              }),
          ),
        ),
        ...fibres,
        ...(expander.clock === 'wordClock'
          ? [
              field(
                'BNC from',
                this.#bnc(expander.id, expander.wordClockFrom, (from) =>
                  this.#change(`${key}.bnc`, () => {
                    expander.wordClockFrom = from;
                  }),
                ),
              ),
            ]
          : []),
        h(
          'div',
          'buttons',
          {},
          button('Remove', 'quiet', () => this.#remove(expanders, key, i), `Remove ${called}`),
        ),
      ),
      this.#place(key),
    );
    return row;
  }

  #monitors(monitors: PatchMonitors, i: number): HTMLElement {
    const key = `monitors.${i}`;
    const called = monitors.name || `pair ${i + 1}`;
    const change = (what: string, act: () => void) => this.#change(`${key}.${what}`, act);
    const row: HTMLElement = h(
      'div',
      'patch-row out',
      { role: 'group', 'aria-label': called },
      field(
        'Pair',
        textInput(`Name of monitors ${i + 1}`, monitors.name, { maxlength: '24', id: `patch-monitors-${i}` }, (value) =>
          change('name', () => {
            monitors.name = value;
            callRow(row, value || `pair ${i + 1}`);
          }),
        ),
      ),
      field(
        'Outputs',
        textInput(`Outputs of ${called}`, monitors.outputs, { maxlength: '16', placeholder: '1-2' }, (value) =>
          change('outputs', () => {
            monitors.outputs = value;
          }),
        ),
      ),
      field(
        'Connector',
        choice(`Connector of ${called}`, monitors.connector, MONITOR_PLUGS, (value) =>
          change('connector', () => {
            monitors.connector = value as PatchMonitors['connector'];
          }),
        ),
      ),
      field(
        'Cable',
        toggle(`Balanced cable, ${called}`, 'Balanced', monitors.cable.balanced, (on) =>
          change('balanced', () => {
            monitors.cable.balanced = on;
          }),
        ),
      ),
      this.#length(called, monitors.cable, change),
      button('Remove', 'quiet', () => this.#remove(this.#sheet.monitors, key, i), `Remove ${called}`),
      this.#place(key),
    );
    return row;
  }

  #headphones(headphones: PatchHeadphones, i: number): HTMLElement {
    const key = `headphones.${i}`;
    const called = headphones.name || `headphones ${i + 1}`;
    const change = (what: string, act: () => void) => this.#change(`${key}.${what}`, act);
    const text = (title: string, name: 'name' | 'output' | 'mix', hint: string, id?: string) =>
      field(
        title,
        textInput(
          `${title}, ${called}`,
          headphones[name],
          { maxlength: '24', placeholder: hint, ...(id === undefined ? {} : { id }) },
          (value) =>
            change(name, () => {
              headphones[name] = value;
              if (name === 'name') callRow(row, value || `headphones ${i + 1}`);
            }),
        ),
      );
    const number = (title: string, name: 'impedanceOhm' | 'ampOutputOhm' | 'ampPowerMw', high: number) =>
      field(
        title,
        numberInput(
          `${title}, ${called}`,
          headphones[name],
          { low: 0, high, whole: false, empty: 'not known' },
          (value) =>
            change(name, () => {
              headphones[name] = value;
            }),
        ),
      );
    const row: HTMLElement = h(
      'div',
      'patch-row out',
      { role: 'group', 'aria-label': called },
      text('Who', 'name', 'Singer', `patch-headphones-${i}`),
      text('Output', 'output', 'Phones 1'),
      text('Mix', 'mix', 'any'),
      number('Headphones (ohm)', 'impedanceOhm', 2000),
      number('Output (ohm)', 'ampOutputOhm', 1000),
      number('Output (mW)', 'ampPowerMw', 10_000),
      button('Remove', 'quiet', () => this.#remove(this.#sheet.headphones, key, i), `Remove ${called}`),
      this.#place(key),
    );
    return row;
  }
}

/** The labels of a row end with what it is called: they follow when it is called otherwise. */
function callRow(row: HTMLElement, called: string): void {
  const before = row.getAttribute('aria-label') ?? '';
  for (const one of [row, ...row.querySelectorAll('[aria-label]')]) {
    const label = one.getAttribute('aria-label') ?? '';
    if (label.endsWith(before)) one.setAttribute('aria-label', label.slice(0, label.length - before.length) + called);
  }
}

/** What a check says: what, why, what to do. */
export function noteCard(note: Pick<GuideNote, 'severity' | 'where' | 'what' | 'why' | 'fix'>): HTMLElement {
  return h(
    'article',
    `finding ${note.severity}`,
    {},
    h('h4', '', {}, h('i', '', { 'aria-label': note.severity, role: 'img' }, SHAPES[note.severity]), note.what),
    h('p', 'cause', {}, note.why),
    h('p', 'fix', {}, note.fix),
  );
}
