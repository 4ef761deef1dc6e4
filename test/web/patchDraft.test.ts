import { beforeAll, describe, expect, it } from 'vitest';
import { parsePatchSheet } from '../../src/guide/patchSheet.ts';
import {
  firstSheet,
  freeInputs,
  freePort,
  type GuideTables,
  newExpander,
  newInput,
  nextSocket,
  portsFrom,
  sameAgain,
} from '../../src/web/page/patchDraft.ts';
import { FakeMonitor } from './support/fakeMonitor.ts';
import { makeWeb } from './support/webRig.ts';

let tables: GuideTables;
beforeAll(async () => {
  const { web } = makeWeb();
  const answer = await web.app.inject({ url: '/api/guide/expanders', headers: { host: 'localhost' } });
  tables = answer.json();
});

const begun = () => firstSheet(new FakeMonitor().snapshot(), tables);

describe('a patch sheet that is begun on the page', () => {
  it('starts with the interface that is captured, its ports and the boxes on them', () => {
    const sheet = begun();
    expect(sheet.interface).toMatchObject({ model: 'scarlett-18i20-gen3', name: 'Scarlett 18i20 3rd Gen' });
    expect(sheet.interface.ports.map(({ id, mode, first, last }) => [id, mode, first, last])).toEqual([
      ['spdif', 'spdif', 11, 12],
      ['adat-a', 'adat', 13, 20],
    ]);
    expect(sheet.expanders).toMatchObject([{ id: 'octopre', name: 'OctoPre', fibres: ['adat-a'], clock: 'unknown' }]);
    expect(parsePatchSheet(sheet)).toEqual({ ok: true, value: sheet });
  });

  it('of an interface that is not in the table takes the ports from its banks', () => {
    const snapshot = new FakeMonitor().snapshot();
    const sheet = firstSheet({ ...snapshot, capture: { ...snapshot.capture, name: 'Nobody knows it' } }, tables);
    expect(sheet.interface.model).toBeNull();
    expect(sheet.interface.ports.map(({ id, first, last }) => [id, first, last])).toEqual([
      ['spdif', 11, 12],
      ['adat-a', 13, 20],
    ]);
  });

  it('fills a new row from the tables: socket, 48 V group, channel of the fibre', () => {
    const sheet = begun();
    sheet.inputs.push(newInput(sheet, tables, 'interface', nextSocket(sheet, tables)!, 'Kick'));
    expect(sheet.inputs[0]).toMatchObject({
      channel: 1,
      input: 1,
      connector: 'combo',
      phantomGroup: '1-4',
      name: 'Kick',
    });
    expect(freeInputs(sheet, tables, 'interface').map(({ channel }) => channel)).toEqual([2, 3, 4, 5, 6, 7, 8]);
    expect(freeInputs(sheet, tables, 'octopre').map(({ channel }) => channel)).toEqual([
      13, 14, 15, 16, 17, 18, 19, 20,
    ]);
    const tom = newInput(sheet, tables, 'octopre', { input: 8, channel: 20 }, 'Tom');
    expect(tom).toMatchObject({ box: 'octopre', input: 8, channel: 20, phantomGroup: null });
    sheet.inputs.push(tom);
    expect(parsePatchSheet(sheet).ok).toBe(true);
  });

  it('goes on with the next box when one is full, and ends at 64 channels', () => {
    const sheet = begun();
    let rows = 0;
    for (let socket = nextSocket(sheet, tables); socket !== null; socket = nextSocket(sheet, tables)) {
      sheet.inputs.push(newInput(sheet, tables, socket.box, socket, ''));
      expect(++rows).toBeLessThanOrEqual(64);
    }
    expect(sheet.inputs.slice(0, 16).map(({ box, channel }) => `${box} ${channel}`)).toEqual([
      ...[1, 2, 3, 4, 5, 6, 7, 8].map((channel) => `interface ${channel}`),
      ...[13, 14, 15, 16, 17, 18, 19, 20].map((channel) => `octopre ${channel}`),
    ]);
    expect(new Set(sheet.inputs.map(({ channel }) => channel)).size).toBe(rows);
    expect(parsePatchSheet(sheet).ok).toBe(true);
  });

  it('writes the same again with the next name, on the next free socket', () => {
    const sheet = begun();
    const name = (input: string) => {
      const row = { ...newInput(sheet, tables, 'interface', { input: 4, channel: 4 }, input), pad: true };
      return sameAgain({ ...sheet, inputs: [row] }, tables, row);
    };
    expect(name('Tom 1')).toMatchObject({ name: 'Tom 2', channel: 5, input: 5, phantomGroup: '5-8', pad: true });
    expect(name('OH L')?.name).toBe('OH R');
    expect(name('Gtr')?.name).toBe('Gtr 2');
    expect(name('')?.name).toBe('');
    expect(name('Sixteen letters!')?.name.length).toBeLessThanOrEqual(16);
  });

  it('redraws the ports at another rate, and keeps what was set on them', () => {
    const sheet = begun();
    const facts = tables.interfaces.find(({ id }) => id === 'scarlett-18i20-gen3')!;
    sheet.interface.ports.find(({ id }) => id === 'adat-a')!.mode = 'spdif';
    expect(portsFrom(facts, 96_000, sheet.interface.ports).find(({ id }) => id === 'adat-a')).toMatchObject({
      first: 13,
      last: 16,
      mode: 'spdif',
    });
    expect(portsFrom(facts, 192_000, sheet.interface.ports).some(({ id }) => id === 'adat-a')).toBe(false);
  });

  it('gives each expander an id of its own and the next free port', () => {
    const sheet = begun();
    expect(freePort(sheet)).toBeNull();
    const second = newExpander(sheet, 'OctoPre', []);
    expect(second.id).toBe('octopre-2');
    expect(newExpander(sheet, 'interface', []).id).toBe('interface-2');
    expect(newExpander(sheet, '!!', []).id).toBe('box');
  });
});
