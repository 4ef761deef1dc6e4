/** Microphones: silent ones, and one in danger. */
import type { Scenario } from './types.ts';

const gone = { sourceGone: [0, 99] as const };

export const MICROPHONE: readonly Scenario[] = [
  {
    name: 'no-48v-at-vox',
    story: 'The singer has a condenser, and 48 V of inputs 1-2 is off.',
    session: 'band',
    seconds: 13,
    controls: ['Line In 1-2 Phantom Power Capture Switch = off'],
    strips: { 1: gone },
    expects: { first: { code: 'phantom-off', where: 'Vox', says: ['48 V'] } },
  },
  {
    name: 'no-48v-beside-a-ribbon',
    story:
      'The singer has a condenser without 48 V; a passive ribbon hangs on the same switch, and 48 V would reach it.',
    session: 'band',
    seconds: 13,
    controls: ['Line In 1-2 Phantom Power Capture Switch = off', 'Line In 2 Level Capture Enum = Line'],
    sheet: {
      inputs: {
        2: {
          name: 'Ribbon',
          connector: 'combo',
          plug: 'xlr',
          mode: 'mic',
          source: 'ribbonPassive',
          phantomGroup: '1-2',
        },
      },
    },
    strips: { 1: gone },
    expects: { first: { code: 'phantom-off', where: 'Vox', says: ['First move Ribbon', '48 V'] } },
  },
  {
    name: 'no-48v-second-group',
    story: 'A second condenser went into input 4; only inputs 1-2 have 48 V.',
    session: 'band',
    seconds: 13,
    sheet: { inputs: { 4: { name: 'Ac gtr', source: 'condenser', phantom: true, phantomGroup: '3-4' } } },
    strips: { 4: gone },
    expects: { first: { code: 'phantom-off', where: 'Ac gtr', says: ['48 V'] } },
  },
  {
    name: 'active-di-without-48v',
    story: 'An active DI on input 3 gets no 48 V and has no battery.',
    session: 'band',
    seconds: 13,
    sheet: { inputs: { 3: { name: 'Bass DI', source: 'diActive', phantom: true } } },
    strips: { 3: gone },
    expects: { first: { code: 'phantom-off', where: 'Bass DI', says: ['48 V', 'battery'] } },
  },
  {
    name: 'sheet-says-no-48v',
    story: 'Overhead left is a condenser; on the sheet its group of the OctoPre has 48 V off, and so it is.',
    session: 'mute-controls',
    seconds: 13,
    sheet: {
      inputs: Object.fromEntries([17, 18, 19, 20].map((n) => [n, { phantom: false }])),
    },
    strips: { 19: gone, 20: gone },
    expects: { first: { code: 'phantom-off', where: 'OH left', says: ['48 V'] } },
  },
  {
    name: 'dynamic-cable-out',
    story: 'The cable of the guitar microphone, a dynamic, is half out of its socket.',
    session: 'band',
    seconds: 13,
    strips: { 3: gone },
    expects: { first: { code: 'channel-dead', where: 'Gtr amp', says: ['cable'] } },
  },
  {
    name: 'dynamic-cable-out-on-expander',
    story: 'The second tom, a dynamic, is not plugged in at the OctoPre.',
    session: 'band',
    seconds: 13,
    strips: { 18: gone },
    expects: { first: { code: 'channel-dead', where: 'Tom 2', says: ['cable', 'OctoPre'] } },
  },
  {
    name: 'muted-preamp',
    story: 'Input 3 is muted on the interface itself.',
    session: 'band',
    seconds: 13,
    controls: ['Line In 3 Mute Capture Switch = on'],
    strips: { 3: gone },
    expects: { first: { code: 'channel-muted', where: 'Gtr amp', says: ['mute'] } },
  },
  {
    name: 'mic-in-line-socket',
    story: 'The guitar microphone went into line input 6 with an adapter: no preamp, no 48 V.',
    session: 'band',
    seconds: 13,
    sheet: { inputs: { 6: { name: 'Gtr room', connector: 'trs', source: 'dynamic', inputLevel: null } } },
    strips: { 6: { plays: { guitar: -14, snare: -44 }, gainDb: -58 } },
    expects: { first: { code: 'mic-into-line', where: 'Gtr room', says: ['XLR'] } },
  },
  {
    name: 'ribbon-under-48v',
    story: 'A passive ribbon stands before the amp on input 3, and somebody switched 48 V of 3-4 on.',
    session: 'band',
    controls: ['Line In 3-4 Phantom Power Capture Switch = on'],
    sheet: { inputs: { 3: { name: 'Ribbon', source: 'ribbonPassive' } } },
    expects: { first: { code: 'phantom-on-ribbon', where: 'Ribbon', says: ['48 V'] } },
  },
  {
    name: 'ribbon-under-48v-by-group',
    story: 'The ribbon shares its group with the singer: 48 V for the condenser is 48 V for the ribbon.',
    session: 'band',
    sheet: {
      inputs: {
        2: {
          name: 'Ribbon',
          connector: 'combo',
          plug: 'xlr',
          mode: 'mic',
          source: 'ribbonPassive',
          phantomGroup: '1-2',
        },
      },
    },
    controls: ['Line In 2 Level Capture Enum = Line'],
    expects: { first: { code: 'phantom-on-ribbon', where: 'Ribbon', says: ['group'] } },
  },
];
