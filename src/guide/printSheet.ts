/**
 * The sheet to print: one self-contained HTML page for A4 or Letter, black on white, for the wall and the stage box.
 * A patch sheet alone prints too; with its plan come outputs, wiring and the shopping list. Pure.
 */

import { interfaceAbility } from './abilities.ts';
import { checkSheet, syncWords } from './checks.ts';
import { boxName } from './clockTree.ts';
import type { ExpanderSync } from './expanders.ts';
import { effectiveMode, type PatchExpander, type PatchInput, type PatchSheet, type Source } from './patchSheet.ts';
import type { Plan } from './planner.ts';

export const SOURCE_WORDS: Readonly<Record<Source, string>> = {
  dynamic: 'dynamic mic',
  condenser: 'condenser',
  ribbonPassive: 'passive ribbon',
  ribbonActive: 'active ribbon',
  diActive: 'active DI',
  diPassive: 'passive DI',
  instrumentPassive: 'instrument, passive',
  instrumentActive: 'instrument, active',
  synth: 'synth',
  linePlus4: 'line +4 dBu',
  lineMinus10: 'line -10 dBV',
  expanderChannel: 'expander channel',
  digital: 'digital',
  playback: 'playback',
};

const CONNECTOR_WORDS: Readonly<Record<PatchInput['connector'], string>> = {
  xlr: 'XLR',
  trs: 'TRS',
  ts: 'TS',
  combo: 'combo',
  hiz: 'Hi-Z jack',
  adat: 'ADAT',
  spdifCoax: 'S/PDIF coax',
  spdifOptical: 'S/PDIF optical',
  loopback: 'loopback',
};

const MODE_WORDS = { mic: 'Mic', line: 'Line', inst: 'Inst', digital: 'digital' } as const;

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}

const e = escapeHtml;
const row = (cells: readonly string[], className = '') =>
  `<tr${className === '' ? '' : ` class="${className}"`}>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`;
const table = (className: string, heads: readonly string[], rows: readonly string[]) =>
  `<table class="${className}"><thead><tr>${heads.map((head) => `<th>${head}</th>`).join('')}</tr></thead><tbody>${rows.join('')}</tbody></table>`;

/** Where a channel's cable goes in: `18i20 3`, `OctoPre 5`. */
function placeWords(sheet: PatchSheet, input: PatchInput): string {
  const name = boxName(sheet, input.box);
  return `${name === 'the interface' ? 'Interface' : name} <b>${input.input}</b>`;
}

function cableWords(input: PatchInput): string {
  if (effectiveMode(input) === 'digital') return '';
  const length = input.cable.length === 0 ? '' : `${input.cable.length} ${input.cable.unit}`;
  return input.cable.balanced ? length : `${length} unbalanced`.trim();
}

function inputRows(sheet: PatchSheet, plan: Plan | null): string[] {
  return [...sheet.inputs]
    .sort((a, b) => a.channel - b.channel)
    .map((input) => {
      const wire = plan?.wiring.find(({ from, to }) => from === input.name && to.endsWith(` ${input.input}`));
      const di = plan?.channels.find(({ channel }) => channel === input.channel)?.di ?? false;
      const source = di ? 'instrument through a DI' : SOURCE_WORDS[input.source];
      return row([
        `<b>${input.channel}</b>`,
        `<strong>${e(input.name)}</strong>`,
        e(source),
        placeWords(sheet, input).replace(/^(.*) <b>/, (_, name: string) => `${e(name)} <b>`),
        e(CONNECTOR_WORDS[input.connector]),
        MODE_WORDS[effectiveMode(input)],
        input.phantom ? '<span class="on">48 V</span>' : '',
        input.pad ? 'pad' : '',
        e(wire === undefined ? cableWords(input) : wire.cable),
        '',
      ]);
    });
}

const CLOCK_WORDS = {
  internal: 'Internal',
  adat: 'ADAT',
  spdif: 'S/PDIF',
  wordClock: 'Word clock',
  unknown: 'not known',
};

function clockRows(sheet: PatchSheet): string[] {
  const { clock, clockPort } = sheet.interface;
  const menu = interfaceAbility(sheet.interface.model)?.clockMenu ?? '';
  const port = sheet.interface.ports.find(({ id }) => id === clockPort)?.name ?? '';
  const interfaceSet = clock === 'adat' && port !== '' ? port : CLOCK_WORDS[clock];
  const how = (expander: PatchExpander) =>
    expander.clock === 'unknown' || expander.clock === 'spdif'
      ? ''
      : syncWords(expander, expander.clock as ExpanderSync);
  return [
    row([
      `<strong>${e(boxName(sheet, 'interface') === 'the interface' ? 'Interface' : boxName(sheet, 'interface'))}</strong>`,
      `<b>${e(interfaceSet)}</b>`,
      clock === 'internal' ? 'master' : 'follows',
      e(menu === '' ? '' : `${menu}: ${CLOCK_WORDS[clock]}`),
    ]),
    ...sheet.expanders.map((expander) =>
      row([
        `<strong>${e(boxName(sheet, expander.id))}</strong>`,
        `<b>${CLOCK_WORDS[expander.clock]}</b>`,
        expander.clock === 'internal' ? 'master' : 'follows',
        e(how(expander)),
      ]),
    ),
  ];
}

function outputRows(plan: Plan): string[] {
  return plan.outputs.map((output) =>
    row([
      output.outputs === null ? '<b>none</b>' : `<b>${output.outputs.join('-')}</b>`,
      `<strong>${e(output.need)}</strong>`,
      e(output.listeners.join(', ')),
      output.amp
        ? 'headphone amp'
        : output.socket === 'phones' || output.listeners.length > 0
          ? 'headphone socket'
          : '',
    ]),
  );
}

/** Wires that are no input: fibres, clock, outputs. Inputs stand in the channel table. */
function digitalWires(plan: Plan): string[] {
  return plan.wiring
    .filter(({ cable }) => cable.startsWith('optical') || cable.startsWith('BNC'))
    .map(({ from, to, cable }) => row([e(from), e(to), e(cable), '<i class="box"></i>']));
}

const STYLE = `
@page { size: A4; margin: 12mm 12mm 14mm; }
* { box-sizing: border-box; }
html { font: 9.5pt/1.35 "Helvetica Neue", Helvetica, Arial, "DejaVu Sans", sans-serif; color: #000; background: #fff; }
body { margin: 0 auto; max-width: 186mm; }
header { display: flex; align-items: baseline; gap: 6mm; border-bottom: 1.2pt solid #000; padding-bottom: 2mm; }
h1 { font-size: 19pt; line-height: 1.1; margin: 0; flex: 1; }
header p { margin: 0; font-size: 11pt; }
.facts { display: flex; flex-wrap: wrap; gap: 1mm 8mm; margin: 2.5mm 0 0; padding: 0; list-style: none; }
.facts b { font-size: 11pt; }
h2 { font-size: 10.5pt; margin: 5mm 0 1.2mm; break-after: avoid; }
table { width: 100%; border-collapse: collapse; }
th { text-align: left; font-weight: 400; font-size: 8pt; color: #444; padding: 0 1.5mm 0.6mm 0; border-bottom: 0.6pt solid #000; }
td { padding: 1.05mm 1.5mm 1.05mm 0; border-bottom: 0.4pt solid #bbb; vertical-align: top; }
tr { break-inside: avoid; }
thead { display: table-header-group; }
.inputs td:first-child { width: 8mm; font-size: 11pt; }
.inputs td:nth-child(2) { width: 30mm; font-size: 11pt; }
.inputs td:nth-child(4), .inputs td:nth-child(5), .inputs td:nth-child(6) { white-space: nowrap; }
.inputs td:last-child, .inputs th:last-child { width: 24mm; padding-right: 0; }
.on { border: 0.8pt solid #000; border-radius: 1mm; padding: 0 1mm; font-weight: 700; white-space: nowrap; }
.box { display: inline-block; width: 3.2mm; height: 3.2mm; border: 0.8pt solid #000; }
.wires td:last-child, .wires th:last-child { width: 8mm; text-align: right; }
.columns { display: grid; grid-template-columns: 1fr 1fr; gap: 0 8mm; }
.notes { margin: 0; padding: 0; list-style: none; }
.notes li { break-inside: avoid; padding: 1.2mm 0; border-bottom: 0.4pt solid #bbb; }
.bring { margin: 0; padding: 0; list-style: none; display: flex; flex-wrap: wrap; gap: 1.5mm 9mm; }
.notes .alarm { border-left: 2.4pt solid #000; padding-left: 2mm; }
footer { margin-top: 5mm; font-size: 8pt; color: #444; }
@media screen { html { background: #ddd; } body { background: #fff; padding: 12mm; margin: 8mm auto; max-width: 210mm; } }
`;

/** The whole page. With a plan, the plan's sheet is printed. */
export function printSheet(what: { readonly sheet: PatchSheet } | { readonly plan: Plan }): string {
  const plan = 'plan' in what ? what.plan : null;
  const sheet = 'plan' in what ? what.plan.sheet : what.sheet;
  const notes = checkSheet(sheet);
  const title = sheet.title === '' ? 'Patch sheet' : sheet.title;
  const phantom = sheet.inputs.filter((input) => input.phantom).length;
  const facts = [
    `<b>${sheet.rateHz / 1000} kHz</b>`,
    `<b>${sheet.inputs.length}</b> channels`,
    `<b>${phantom}</b> with 48 V`,
    ...(sheet.expanders.length === 0
      ? []
      : [`<b>${sheet.expanders.length}</b> expander${sheet.expanders.length === 1 ? '' : 's'}`]),
  ];
  const parts = [
    `<header><h1>${e(title)}</h1><p>${e(plan?.interface.name ?? sheet.interface.name)}</p></header>`,
    `<ul class="facts">${facts.map((fact) => `<li>${fact}</li>`).join('')}<li>Date ____________</li></ul>`,
  ];
  const remarks = plan?.remarks ?? [];
  if (notes.length > 0 || remarks.length > 0) {
    parts.push(
      '<h2>Look at this first</h2>',
      `<ul class="notes">${[
        ...notes.map(
          (note) =>
            `<li class="${note.severity}"><strong>${e(note.where)}.</strong> ${e(note.what)} ${e(note.why)} <b>${e(note.fix)}</b></li>`,
        ),
        ...remarks.map((remark) => `<li>${e(remark)}</li>`),
      ].join('')}</ul>`,
    );
  }
  parts.push(
    '<h2>Channels</h2>',
    table(
      'inputs',
      ['Ch', 'Name', 'Source', 'Goes into', 'Socket', 'Set', '48 V', 'Pad', 'Cable', 'Mic, stand, gain'],
      inputRows(sheet, plan),
    ),
    '<h2>Clock: one master, all others follow it</h2>',
    table('clock', ['Box', 'Set to', '', 'How'], clockRows(sheet)),
  );
  if (plan !== null) {
    const wires = digitalWires(plan);
    if (wires.length > 0) parts.push('<h2>Digital cables</h2>', table('wires', ['From', 'To', 'Cable', 'Done'], wires));
    if (plan.outputs.length > 0) {
      parts.push('<h2>Outputs</h2>', table('outputs', ['Out', 'Carries', 'Who listens', 'By'], outputRows(plan)));
    }
    if (plan.shopping.length > 0) {
      parts.push(
        '<h2>To bring</h2>',
        `<ul class="bring">${plan.shopping.map((item) => `<li><i class="box"></i> ${e(item)}</li>`).join('')}</ul>`,
      );
    }
  } else {
    const monitors = sheet.monitors.map((pair) => [
      pair.outputs,
      pair.name,
      `${pair.connector.toUpperCase()}, ${pair.cable.balanced ? 'balanced' : 'unbalanced'}`,
    ]);
    const phones = sheet.headphones.map((one) => [
      one.output,
      one.name,
      one.mix === '' ? 'headphones' : `headphones, mix ${one.mix}`,
    ]);
    const rows = [...monitors, ...phones].map((cells) => row(cells.map((cell) => e(cell ?? ''))));
    if (rows.length > 0) parts.push('<h2>Outputs</h2>', table('outputs', ['Out', 'For', 'By'], rows));
  }
  parts.push('<footer>Made by Lightkeeper.</footer>');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${e(title)}</title>
<style>${STYLE}</style>
</head>
<body>
${parts.join('\n')}
</body>
</html>
`;
}
