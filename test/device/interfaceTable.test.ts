import { describe, expect, it } from 'vitest';
import { loadInterfaceTable } from '../../src/device/interfaces/interfaceTable.ts';

const table = loadInterfaceTable();

describe('the table of interfaces', () => {
  it('maps every channel at most once, in order, from channel 1 on without a hole, in every mode', () => {
    expect(table.maps.length).toBeGreaterThan(20);
    for (const map of table.maps) {
      for (const ports of [map.maps.x1, map.maps.x2, map.maps.x4]) {
        let next = 1;
        for (const port of ports ?? []) {
          expect(port.first, `${map.name} ${port.id}`).toBe(next);
          expect(port.last).toBeGreaterThanOrEqual(port.first);
          next = port.last + 1;
        }
        expect(next - 1).toBeLessThanOrEqual(64);
      }
    }
  });

  it('gives ADAT ports 8 channels at 1x, 4 at 2x, 2 at 4x', () => {
    for (const map of table.maps)
      for (const [ports, most] of [
        [map.maps.x1, 8],
        [map.maps.x2, 4],
        [map.maps.x4, 2],
      ] as const)
        for (const port of ports ?? [])
          if (port.kind === 'adat') expect(port.last - port.first + 1, map.name).toBe(most);
  });

  it('calls no map verified that has gaps', () => {
    for (const map of table.maps) if (map.verified) expect([map.maps.x2, map.maps.x4], map.name).not.toContain(null);
  });

  it('is looked up by USB id, and by channel count where modes differ', () => {
    expect(table.lookup('1235:8215')?.name).toBe('Scarlett 18i20 (3rd Gen)');
    expect(table.lookup('1235:8215')?.maps.x2?.find((port) => port.id === 'adat-a')).toEqual({
      id: 'adat-a',
      name: 'ADAT A',
      kind: 'adat',
      first: 13,
      last: 16,
    });
    expect(table.lookup('1235:821d', 20)?.maps.x1.some((port) => port.id === 'adat-b')).toBe(false);
    expect(table.lookup('1235:821d', 26)?.maps.x1.some((port) => port.id === 'adat-b')).toBe(true);
    expect(table.lookup('dead:beef')).toBeNull();
  });

  it('names no USB id twice but for modes of one device', () => {
    const seen = new Map<string, string>();
    for (const map of table.maps)
      for (const id of map.usbIds) {
        const before = seen.get(id);
        if (before !== undefined) expect(map.name).toContain(before);
        else seen.set(id, map.name);
      }
  });
});
