/** Each check once, in its own words, on a sheet made to have that fault: for the docs. */
import { CHECK_CODES, type CheckCode, checkSheet, type GuideNote } from './checks.ts';
import { parsePatchSheet } from './patchSheet.ts';

const input = (fields: object) => ({ inputs: [{ channel: 1, name: 'Vox', ...fields }] });
const expander = (fields: object, more: object = {}) => ({
  interface: { name: '18i20', ports: [{ id: 'adat-a', name: 'ADAT A', first: 13, last: 20 }] },
  expanders: [{ id: 'octopre', name: 'OctoPre', model: 'clarett-octopre', fibres: ['adat-a'], ...fields }],
  ...more,
});
const follows = { clock: 'adat', returnFibre: true };
const phones = (fields: object) => ({ headphones: [{ name: 'Singer', ...fields }] });
const monitors = (fields: object) => ({ monitors: [{ name: 'Main', ...fields }] });
const long = { balanced: false, length: 20, unit: 'ft' };

/** A sheet for each code, with that fault. */
const SHEETS: Readonly<Record<CheckCode, object>> = {
  'phantom-on-passive-ribbon': input({ connector: 'xlr', source: 'ribbonPassive', phantom: true }),
  'plugging-with-phantom': input({ connector: 'xlr', source: 'condenser', phantom: true, replug: true }),
  'phantom-missing': input({ connector: 'xlr', source: 'condenser' }),
  'mic-into-line-input': input({ connector: 'trs', source: 'dynamic' }),
  'line-into-instrument-input': input({ connector: 'hiz', source: 'synth' }),
  'passive-instrument-into-line': input({ connector: 'trs', source: 'instrumentPassive' }),
  'active-instrument-into-line': input({ connector: 'trs', source: 'instrumentActive' }),
  'plus4-into-minus10': input({ connector: 'trs', source: 'linePlus4', inputLevel: 'minus10' }),
  'minus10-into-plus4': input({ connector: 'trs', source: 'lineMinus10', inputLevel: 'plus4' }),
  'trs-plug-in-ts-jack': input({ connector: 'ts', source: 'synth', plug: 'trs' }),
  'unbalanced-run-long': input({ connector: 'trs', source: 'synth', cable: long }),
  'monitor-run-unbalanced': monitors({ connector: 'ts', cable: long }),
  'monitor-rca-long': monitors({ connector: 'rca', cable: { ...long, length: 5 } }),
  'headphone-output-impedance': phones({ ampOutputOhm: 33, impedanceOhm: 80 }),
  'headphone-power-low': phones({ impedanceOhm: 250, ampPowerMw: 40 }),
  'headphone-output-shared': {
    headphones: [
      { name: 'Ann', output: 'Phones 1', mix: 'Ann' },
      { name: 'Bea', output: 'Phones 1', mix: 'Bea' },
    ],
  },
  'adat-channel-over-limit': expander(follows, {
    rateHz: 96000,
    inputs: [{ channel: 17, name: 'Tom', box: 'octopre', input: 5, connector: 'combo', source: 'dynamic' }],
  }),
  'spdif-above-96k': { rateHz: 192000, ...input({ connector: 'spdifCoax', source: 'digital' }) },
  'port-mode-wrong': {
    ...expander(follows),
    interface: { name: '18i20', ports: [{ id: 'adat-a', name: 'ADAT A', mode: 'spdif', first: 13, last: 20 }] },
  },
  'clock-two-masters': expander({ clock: 'internal' }),
  'clock-no-master': {
    ...expander(follows),
    interface: { name: '18i20', clock: 'adat', ports: [{ id: 'adat-a', name: 'ADAT A', first: 13, last: 20 }] },
  },
  'expander-not-slaved': expander({ clock: 'internal' }),
  'second-fibre-missing': expander({ clock: 'adat' }),
  'expander-has-no-adat-in': expander({ model: 'octopre-mkii', ...follows }),
  'clock-cable-missing': expander({ clock: 'wordClock' }),
  'clock-unknown': expander({ clock: 'unknown' }),
  'word-clock-not-needed': expander({ clock: 'wordClock', wordClockFrom: 'interface' }),
  'expander-rate': expander({ model: 'ada8200', name: 'ADA8200', ...follows }, { rateHz: 96000 }),
  'expander-not-wired': expander(
    { fibres: [], ...follows },
    { inputs: [{ channel: 13, name: 'Tom', box: 'octopre', connector: 'combo', source: 'dynamic' }] },
  ),
  'more-sources-than-inputs': {
    interface: { name: '2i2', model: 'scarlett-2i2-gen3' },
    inputs: [1, 2, 3].map((n) => ({ channel: n, input: n, name: `Vox ${n}`, connector: 'combo', source: 'dynamic' })),
  },
  'input-used-twice': {
    inputs: [1, 2].map((n) => ({ channel: n, name: `Vox ${n}`, connector: 'xlr', source: 'dynamic' })),
  },
};

/** One note for each code, in the order of CHECK_CODES. */
export function describeChecks(): GuideNote[] {
  return CHECK_CODES.map((code) => {
    const parsed = parsePatchSheet(SHEETS[code]);
    const found = parsed.ok ? checkSheet(parsed.value).find((note) => note.code === code) : undefined;
    if (found === undefined) throw new Error(`no sheet shows ${code}`);
    return found;
  });
}
