/** Patch sheets for tests, written as a studio engineer would fill them in: only what matters, the rest by default. */
import { loadInterfaceTable } from '../../src/device/interfaces/interfaceTable.ts';
import { type PatchSheet, parsePatchSheet } from '../../src/guide/patchSheet.ts';

/** The real table of interfaces, as the program gives it to the planner. */
export const INTERFACE_MAPS = loadInterfaceTable().maps;

export function sheet(value: object): PatchSheet {
  const parsed = parsePatchSheet(value);
  if (!parsed.ok) throw new Error(parsed.fault.what);
  return parsed.value;
}

/** One channel on the interface, alone on a sheet. */
export function oneInput(input: object, rest: object = {}): PatchSheet {
  return sheet({ inputs: [{ channel: 1, name: 'Test', ...input }], ...rest });
}

const adat = (first: number, last: number, id = 'adat-a', name = 'ADAT A') => ({ id, name, first, last });
const xlr = (channel: number, name: string, source: string, more: object = {}) => ({
  channel,
  name,
  input: channel,
  connector: 'xlr',
  source,
  cable: { length: 6, unit: 'm' },
  ...more,
});

/** An OctoPre clocked from an 18i20 over fibre: the usual way. */
export const octopreRig = (inputs: object[], more: object = {}) =>
  sheet({
    title: 'Band',
    interface: { name: '18i20', model: 'scarlett-18i20-gen3', ports: [adat(13, 20)] },
    expanders: [
      {
        id: 'octopre',
        name: 'OctoPre',
        model: 'clarett-octopre',
        clock: 'adat',
        fibres: ['adat-a'],
        returnFibre: true,
      },
    ],
    inputs,
    ...more,
  });

const onOctopre = (input: number, name: string, source: string, more: object = {}) => ({
  channel: 12 + input,
  name,
  box: 'octopre',
  input,
  connector: 'combo',
  source,
  cable: { length: 8, unit: 'm' },
  ...more,
});

/** Twenty sheets that a studio would be happy with: no check may say a word about any of them. */
export const SOUND_SHEETS: readonly { name: string; sheet: PatchSheet }[] = [
  {
    name: 'voice-over: one condenser, powered, monitors on short TRS',
    sheet: sheet({
      interface: { name: '2i2', model: 'scarlett-2i2-gen3' },
      inputs: [
        {
          channel: 1,
          name: 'Voice',
          connector: 'combo',
          source: 'condenser',
          phantom: true,
          phantomGroup: '1-2',
          cable: { length: 15, unit: 'ft' },
        },
      ],
      monitors: [{ name: 'Main', outputs: '1-2', connector: 'trs', cable: { length: 3, unit: 'm' } }],
      headphones: [{ name: 'Voice', output: '1-2', mix: 'main', impedanceOhm: 80, ampOutputOhm: 8, ampPowerMw: 33 }],
    }),
  },
  {
    name: 'singer-songwriter: dynamic under the same 48 V switch as a condenser',
    sheet: sheet({
      interface: { name: '2i2', model: 'scarlett-2i2-gen3' },
      inputs: [
        { channel: 1, name: 'Vox', connector: 'combo', source: 'dynamic', phantom: true, phantomGroup: '1-2' },
        {
          channel: 2,
          name: 'Acoustic',
          input: 2,
          connector: 'combo',
          source: 'condenser',
          phantom: true,
          phantomGroup: '1-2',
        },
      ],
    }),
  },
  {
    name: 'a guitar straight into Hi-Z on a 10 ft lead',
    sheet: oneInput({
      name: 'Guitar',
      connector: 'hiz',
      source: 'instrumentPassive',
      plug: 'ts',
      cable: { balanced: false, length: 10, unit: 'ft' },
    }),
  },
  {
    name: 'a bass 12 m away through an active DI with 48 V',
    sheet: oneInput({
      name: 'Bass DI',
      connector: 'xlr',
      source: 'diActive',
      phantom: true,
      cable: { length: 12, unit: 'm' },
    }),
  },
  {
    name: 'a passive DI, no 48 V needed',
    sheet: oneInput({ name: 'Keys DI', connector: 'xlr', source: 'diPassive', cable: { length: 20, unit: 'm' } }),
  },
  {
    name: 'a passive ribbon with 48 V off, condensers in the other group',
    sheet: sheet({
      interface: { name: '18i20', model: 'scarlett-18i20-gen3' },
      inputs: [
        xlr(1, 'OH L', 'condenser', { phantom: true, phantomGroup: '1-4' }),
        xlr(2, 'OH R', 'condenser', { phantom: true, phantomGroup: '1-4' }),
        xlr(5, 'Room', 'ribbonPassive', { phantomGroup: '5-8' }),
        xlr(6, 'Snare', 'dynamic', { phantomGroup: '5-8' }),
      ],
    }),
  },
  {
    name: 'an active ribbon, powered, on the piano',
    sheet: oneInput({ name: 'Piano', connector: 'xlr', source: 'ribbonActive', phantom: true }),
  },
  {
    name: 'a +4 outboard preamp into a +4 line input, balanced',
    sheet: oneInput({
      name: 'Pre 1',
      connector: 'trs',
      source: 'linePlus4',
      inputLevel: 'plus4',
      plug: 'trs',
      cable: { length: 2, unit: 'm' },
    }),
  },
  {
    name: 'a tape deck at -10 into inputs switched to -10, RCA leads of 1 m',
    sheet: sheet({
      inputs: [
        {
          channel: 1,
          name: 'Deck L',
          connector: 'trs',
          source: 'lineMinus10',
          inputLevel: 'minus10',
          plug: 'ts',
          cable: { balanced: false, length: 1, unit: 'm' },
        },
        {
          channel: 2,
          name: 'Deck R',
          input: 2,
          connector: 'trs',
          source: 'lineMinus10',
          inputLevel: 'minus10',
          plug: 'ts',
          cable: { balanced: false, length: 1, unit: 'm' },
        },
      ],
    }),
  },
  {
    name: 'a stereo synth on unbalanced leads just under the limit',
    sheet: sheet({
      inputs: [
        {
          channel: 1,
          name: 'Synth L',
          connector: 'trs',
          source: 'synth',
          plug: 'ts',
          cable: { balanced: false, length: 4.5, unit: 'm' },
        },
        {
          channel: 2,
          name: 'Synth R',
          input: 2,
          connector: 'trs',
          source: 'synth',
          plug: 'ts',
          cable: { balanced: false, length: 15, unit: 'ft' },
        },
      ],
    }),
  },
  {
    name: 'a loud +4 source into a -10 input with the pad in',
    sheet: oneInput({ connector: 'trs', source: 'linePlus4', inputLevel: 'minus10', pad: true }),
  },
  {
    name: 'drums on an 18i20 with an OctoPre that follows over its own fibre',
    sheet: octopreRig([
      xlr(1, 'Vox', 'dynamic'),
      onOctopre(1, 'Kick', 'dynamic'),
      onOctopre(2, 'Snare', 'dynamic'),
      onOctopre(3, 'OH L', 'condenser', { phantom: true, phantomGroup: '1-4' }),
      onOctopre(4, 'OH R', 'condenser', { phantom: true, phantomGroup: '1-4' }),
      onOctopre(8, 'Hat', 'dynamic'),
    ]),
  },
  {
    name: 'one ADA8200 as master over a single fibre, the interface on ADAT',
    sheet: sheet({
      interface: { name: '4Pre', model: 'clarett-4pre', clock: 'adat', clockPort: 'adat-a', ports: [adat(11, 18)] },
      expanders: [{ id: 'ada', name: 'ADA8200', model: 'ada8200', clock: 'internal', fibres: ['adat-a'] }],
      inputs: [
        { channel: 11, name: 'Kick', box: 'ada', connector: 'xlr', source: 'dynamic' },
        { channel: 18, name: 'Floor', box: 'ada', input: 8, connector: 'xlr', source: 'dynamic' },
      ],
    }),
  },
  {
    name: 'two expanders on word clock from the interface',
    sheet: sheet({
      interface: {
        name: 'Digiface',
        ports: [adat(1, 8), adat(9, 16, 'adat-b', 'ADAT B')],
      },
      expanders: [
        {
          id: 'one',
          name: 'ASP 1',
          model: 'asp880',
          clock: 'wordClock',
          fibres: ['adat-a'],
          wordClockFrom: 'interface',
        },
        {
          id: 'two',
          name: 'ASP 2',
          model: 'asp880',
          clock: 'wordClock',
          fibres: ['adat-b'],
          wordClockFrom: 'interface',
        },
      ],
      inputs: [
        { channel: 1, name: 'Kick', box: 'one', connector: 'combo', source: 'dynamic' },
        { channel: 9, name: 'Gtr', box: 'two', connector: 'combo', source: 'dynamic' },
      ],
    }),
  },
  {
    name: 'a house clock that everything follows',
    sheet: sheet({
      interface: { name: 'UCX II', clock: 'wordClock', wordClockFrom: 'house', ports: [adat(13, 20)] },
      expanders: [
        {
          id: 'mic',
          name: 'OctaMic',
          model: 'octamic-xtc',
          clock: 'wordClock',
          fibres: ['adat-a'],
          wordClockFrom: 'house',
        },
      ],
      inputs: [{ channel: 13, name: 'Cello', box: 'mic', connector: 'combo', source: 'condenser', phantom: true }],
    }),
  },
  {
    name: '96 kHz over two fibres: inputs 1-4 on one, 5-8 on the other',
    sheet: sheet({
      rateHz: 96000,
      interface: { name: '18i20', ports: [adat(13, 16), adat(17, 20, 'adat-b', 'ADAT B')] },
      expanders: [
        {
          id: 'octopre',
          name: 'OctoPre',
          model: 'clarett-octopre',
          clock: 'adat',
          fibres: ['adat-a', 'adat-b'],
          returnFibre: true,
        },
      ],
      inputs: [
        { channel: 13, name: 'Kick', box: 'octopre', input: 1, connector: 'combo', source: 'dynamic' },
        { channel: 20, name: 'Floor', box: 'octopre', input: 8, connector: 'combo', source: 'dynamic' },
      ],
    }),
  },
  {
    name: 'a reverb on coaxial S/PDIF at 96 kHz',
    sheet: sheet({
      rateHz: 96000,
      interface: {
        name: '18i20',
        ports: [{ id: 'spdif', name: 'S/PDIF', connector: 'coax', mode: 'spdif', first: 9, last: 10 }],
      },
      inputs: [
        { channel: 9, name: 'Verb L', input: 1, port: 'spdif', connector: 'spdifCoax', source: 'digital' },
        { channel: 10, name: 'Verb R', input: 2, port: 'spdif', connector: 'spdifCoax', source: 'digital' },
      ],
    }),
  },
  {
    name: 'control room: two pairs of monitors, RCA only where it is short',
    sheet: sheet({
      monitors: [
        { name: 'Main', outputs: '1-2', connector: 'xlr', cable: { length: 25, unit: 'ft' } },
        { name: 'Auratone', outputs: '3-4', connector: 'rca', cable: { balanced: false, length: 0.9, unit: 'm' } },
        { name: 'Near', outputs: '5-6', connector: 'ts', cable: { balanced: false, length: 6, unit: 'ft' } },
      ],
    }),
  },
  {
    name: 'two singers on one mix, the drummer on his own, all amps strong enough',
    sheet: sheet({
      headphones: [
        { name: 'Ann', output: 'Phones 1', mix: 'Voices', impedanceOhm: 38, ampOutputOhm: 4, ampPowerMw: 60 },
        { name: 'Bea', output: 'Phones 1', mix: 'Voices', impedanceOhm: 38, ampOutputOhm: 4, ampPowerMw: 60 },
        { name: 'Cy', output: 'Phones 2', mix: 'Click', impedanceOhm: 250, ampOutputOhm: 10, ampPowerMw: 100 },
      ],
    }),
  },
  {
    name: 'loopback of the playback beside a mic change with 48 V off',
    sheet: sheet({
      interface: { name: '18i20', model: 'scarlett-18i20-gen3' },
      inputs: [
        xlr(1, 'Vox', 'condenser', { phantom: true }),
        xlr(2, 'Spare', 'dynamic', { replug: true }),
        { channel: 9, name: 'Playback', connector: 'loopback', source: 'playback' },
      ],
    }),
  },
];
