import { describe, expect, it } from 'vitest';
import {
  ABILITIES,
  analogueInputCount,
  interfaceAbility,
  mapOf,
  portsAtRate,
  shortName,
} from '../../src/guide/abilities.ts';
import { EXPANDERS, expanderModel, usefulFibres } from '../../src/guide/expanders.ts';
import { RATES_HZ } from '../../src/guide/patchSheet.ts';
import { INTERFACE_MAPS } from './sheets.ts';

describe('the table of expanders', () => {
  it('has OctoPre and ADA8200 variants, and fifteen models or more', () => {
    const names = EXPANDERS.map(({ name }) => name);
    expect(names.filter((name) => name.includes('OctoPre')).length).toBeGreaterThanOrEqual(3);
    expect(names).toContain('ADA8200');
    expect(EXPANDERS.length).toBeGreaterThanOrEqual(15);
    expect(new Set(EXPANDERS.map(({ id }) => id)).size).toBe(EXPANDERS.length);
  });

  it.each(EXPANDERS)('is consistent in itself: $maker $name', (model) => {
    expect(model.id).toMatch(/^[a-z0-9-]{1,24}$/);
    expect(model.setSync.internal).toBeTruthy();
    expect(model.setSync.adat !== undefined).toBe(model.adatIns > 0);
    expect(model.setSync.wordClock !== undefined).toBe(model.wordClockIn);
    expect(model.micInputs).toBeLessThanOrEqual(model.inputs);
    expect(model.instInputs).toBeLessThanOrEqual(model.inputs);
    expect(model.inputs).toBeLessThanOrEqual(model.adatOuts * 8);
    expect(model.source).not.toBe('');
    // What nobody read can't be called verified.
    if (model.source === 'from memory') expect(model.verified).toEqual({ ports: false, sync: false });
  });

  it('knows S/MUX: an ADA8200 ends at 48 kHz, a Clarett OctoPre uses two fibres above', () => {
    const fibres = (id: string) => RATES_HZ.map((rate) => usefulFibres(expanderModel(id)!, rate));
    expect(fibres('ada8200')).toEqual([1, 1, 0, 0, 0, 0]);
    expect(fibres('clarett-octopre')).toEqual([1, 1, 2, 2, 2, 2]);
    expect(fibres('ferrofish-a16-mk2')).toEqual([2, 2, 2, 2, 0, 0]);
  });
});

describe('the table of interface abilities', () => {
  it.each(ABILITIES)('is consistent in itself: $name', (ability) => {
    const numbers = ability.inputs.flatMap(({ first, last }) =>
      Array.from({ length: last - first + 1 }, (_, i) => first + i),
    );
    expect(numbers).toEqual(Array.from({ length: analogueInputCount(ability) }, (_, i) => i + 1));
    const outputs = ability.feeds.map((feed) => feed.outputs[0]);
    expect(new Set(outputs).size).toBe(outputs.length);
    for (const [first, last] of ability.phantomGroups) {
      expect(last).toBeGreaterThan(first);
      expect(last).toBeLessThanOrEqual(analogueInputCount(ability));
    }
    expect(interfaceAbility(ability.id)).toBe(ability);
    for (const usbId of ability.usbIds) expect(interfaceAbility(usbId.toUpperCase())).toBe(ability);
    expect(shortName(ability)).not.toMatch(/^\s*$|\(/);
  });

  it.each(ABILITIES)('maps no channel twice, at any rate: $name', (ability) => {
    for (const rateHz of RATES_HZ) {
      let next = 1;
      for (const port of portsAtRate(ability, INTERFACE_MAPS, rateHz).ports) {
        expect(port.first).toBe(next);
        expect(port.last).toBeGreaterThanOrEqual(port.first);
        next = port.last + 1;
      }
    }
  });

  it('has no map of its own: all but the purely analogue ones stand in the table of interfaces', () => {
    const without = ABILITIES.filter((ability) => mapOf(ability, INTERFACE_MAPS) === null).map(({ id }) => id);
    expect(without).toEqual(['scarlett-solo-gen3', 'scarlett-2i2-gen3', 'scarlett-4i4-gen3']);
    for (const ability of ABILITIES) {
      const analogue = portsAtRate(ability, INTERFACE_MAPS, 48000).ports.find(({ kind }) => kind === 'analogue');
      expect(analogue === undefined ? 0 : analogue.last - analogue.first + 1, ability.id).toBe(
        analogueInputCount(ability),
      );
    }
  });

  it('works the map at 96 kHz out from 48 kHz where nobody knows it, and says so', () => {
    const evo = interfaceAbility('audient-evo-16')!;
    const { ports, basis, verified } = portsAtRate(evo, INTERFACE_MAPS, 96000);
    expect(ports.map(({ id, first, last }) => [id, first, last])).toEqual([
      ['analogue', 1, 8],
      ['adat-a', 9, 12],
      ['adat-b', 13, 16],
    ]);
    expect([basis, verified]).toEqual(['derived', false]);
  });

  it('gives way to the table of interfaces', () => {
    const table = {
      name: 'Another word for it',
      usbIds: ['1235:8215'],
      verified: true,
      maps: {
        x1: [{ id: 'analogue', name: 'Analogue', kind: 'analogue' as const, first: 1, last: 4 }],
        x2: null,
        x4: null,
      },
    };
    expect(mapOf(interfaceAbility('scarlett-18i20-gen3')!, [table])).toBe(table);
  });
});
