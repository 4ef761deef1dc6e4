/** Levels: too hot, too low, cut before they reach the interface. */
import type { Scenario } from './types.ts';

export const LEVEL: readonly Scenario[] = [
  {
    name: 'vox-too-hot',
    story: 'The singer came closer after the sound check: the preamp of input 1 overs.',
    session: 'band',
    strips: { 1: { gainDb: 22 } },
    expects: { first: { code: 'channel-clipping', where: 'Vox', says: ['gain'] } },
  },
  {
    name: 'snare-too-hot-no-pad',
    story: 'A loud amp on input 3 of the 18i8; its pad is out, and gain alone may not be enough.',
    session: 'band',
    strips: { 3: { gainDb: 24 } },
    expects: { first: { code: 'channel-clipping', where: 'Gtr amp', says: ['pad'] } },
  },
  {
    name: 'kick-too-hot-on-expander',
    story: 'The kick overs at the OctoPre: its gain stands too high there.',
    session: 'band',
    strips: { 13: { gainDb: 20 } },
    expects: { first: { code: 'channel-clipping', where: 'Kick', says: ['OctoPre'] } },
  },
  {
    name: 'synth-into-instrument-input',
    story: 'A synth at line level was plugged into input 1, which is switched to Inst.',
    session: 'band',
    controls: ['Line In 1 Level Capture Enum = Inst'],
    sheet: {
      inputs: { 1: { name: 'Synth', connector: 'combo', plug: 'trs', source: 'synth', mode: 'inst', phantom: false } },
    },
    strips: { 1: { plays: { keys: 14 }, noiseDbfs: -96 } },
    expects: { first: { code: 'line-into-instrument', where: 'Synth', says: ['Line'] } },
  },
  {
    name: 'inst-switch-left-on',
    story: 'The sheet has the synth on a line input; the switch of input 2 was left on Inst from yesterday.',
    session: 'band',
    sheet: { inputs: { 2: { name: 'Synth', plug: 'trs', source: 'synth', mode: null } } },
    strips: { 2: { plays: { keys: 12 } } },
    expects: { first: { code: 'line-into-instrument', where: 'Synth', says: ['Inst'] } },
  },
  {
    name: 'cut-before-the-converter',
    story:
      'A digital mixer before the ADA8200 clips and is turned down by 4 dB behind the damage: flat tops at -4 dBFS.',
    session: 'digiface',
    strips: { 1: { gainDb: 16, cutAtDbfs: -4 } },
    expects: { first: { code: 'channel-flat-top', where: 'Kick', says: ['before'] } },
  },
  {
    name: 'limiter-on-the-way',
    story: 'A channel of the expander has its soft limiter replaced by a brick wall at -8 dBFS.',
    session: 'mute-controls',
    strips: { 14: { gainDb: 14, cutAtDbfs: -8 } },
    expects: { first: { code: 'channel-flat-top', where: 'Snare' } },
  },
  {
    name: 'plus4-into-minus10',
    story: 'The synth sends +4 dBu into inputs that are set to -10 dBV: 11.8 dB too hot, and it clips.',
    session: 'band',
    sheet: { inputs: { 5: { inputLevel: 'minus10' } } },
    strips: { 5: { plays: { keys: -1 }, gainDb: 11.8 } },
    expects: { first: { code: 'plus4-into-minus10', where: 'Synth L', says: ['+4'] } },
  },
  {
    name: 'minus10-into-plus4',
    story: 'A CD player at -10 dBV runs into inputs set to +4 dBu: 11.8 dB low.',
    session: 'band',
    sheet: { inputs: { 5: { name: 'CD', source: 'lineMinus10', inputLevel: 'plus4' } } },
    strips: { 5: { plays: { keys: -16 }, gainDb: -11.8 } },
    expects: { first: { code: 'minus10-into-plus4', where: 'CD', says: ['-10'] } },
  },
  {
    name: 'passive-guitar-into-line',
    story: 'The guitar is in input 2, and the switch of input 2 stands on Line: dull and 18 dB low.',
    session: 'band',
    controls: ['Line In 2 Level Capture Enum = Line'],
    strips: { 2: { gainDb: -18 } },
    expects: { first: { code: 'passive-instrument-into-line', where: 'Gtr DI', says: ['Inst'] } },
  },
  {
    name: 'gain-shut',
    story: 'The gain of input 3 is at its stop; the sheet has a microphone there.',
    session: 'band',
    seconds: 13,
    controls: ['Line In 3 Gain Capture Volume = 0 [0..70]'],
    strips: { 3: { gainDb: -58, plays: { guitar: -14 } } },
    expects: { first: { code: 'gain-low', where: 'Gtr amp', says: ['gain'] } },
  },
];
