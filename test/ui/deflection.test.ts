import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NO_SIGNAL } from '../../src/monitor/levels.ts';
import { barPx, deflectionX10000 } from '../../src/ui/deflection.ts';

describe('deflection of a bar', () => {
  it('stands at the scale points', () => {
    const points: [number, number][] = [
      [0, 100],
      [-10, 75],
      [-20, 50],
      [-30, 30],
      [-40, 15],
      [-50, 7.5],
      [-60, 2.5],
      [-70, 0],
    ];
    for (const [dbfs, percent] of points) expect(deflectionX10000(dbfs * 100)).toBe(percent * 100);
  });

  it('never falls as the level rises, from nothing to full', () => {
    fc.assert(
      fc.property(fc.integer({ min: -12000, max: 600 }), fc.integer({ min: 0, max: 500 }), (db, more) => {
        return deflectionX10000(db + more) >= deflectionX10000(db);
      }),
    );
    expect(deflectionX10000(NO_SIGNAL)).toBe(0);
    expect(deflectionX10000(300)).toBe(10000);
  });

  it('lights one row for any signal above -70 dBFS, none for silence', () => {
    expect(barPx(-6990, 34)).toBe(1);
    expect(barPx(-7000, 34)).toBe(0);
    expect(barPx(NO_SIGNAL, 34)).toBe(0);
    expect(barPx(0, 34)).toBe(34);
  });
});
