import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { METER_SCALES, type MeterScaleName } from '../../src/dsp/meterScales.ts';
import { meterSection } from '../../src/monitor/channelWatch.ts';
import { NO_SIGNAL } from '../../src/monitor/levels.ts';
import { barPx, deflectionOf, deflectionX10000, litPx } from '../../src/ui/deflection.ts';
import { inUnit, meterLabel, shortLevel } from '../../src/ui/view.ts';

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

describe('deflection of the chosen meter', () => {
  const section = (ballistic: MeterScaleName) => meterSection({ ballistic, unit: 'dBFS', fullScaleDbu: null });

  it('is the usual curve for the digital meter', () => {
    const { partX10000, ticksDbfs, label } = deflectionOf(section('digital'));
    for (const db of [-6500, -4321, -1800, -1, 0]) expect(partX10000(db)).toBe(deflectionX10000(db));
    expect(ticksDbfs).toContain(-18);
    expect(label).toBe('');
  });

  it('goes from one end of the scale to the other, even in dB, with every mark at its place', () => {
    for (const name of Object.keys(METER_SCALES) as MeterScaleName[]) {
      if (name === 'digital') continue;
      const scale = METER_SCALES[name];
      const deflection = deflectionOf(section(name));
      const { zeroAtDbfsX100: zero, bottomX100, topX100 } = scale;
      expect(deflection.partX10000(zero + bottomX100)).toBe(0);
      expect(deflection.partX10000(zero + topX100)).toBe(10000);
      expect(deflection.partX10000(zero + topX100 + 500)).toBe(10000);
      expect(deflection.partX10000(NO_SIGNAL)).toBe(0);
      expect(Math.abs(deflection.partX10000(zero + (bottomX100 + topX100) / 2) - 5000)).toBeLessThanOrEqual(1);
      expect(deflection.ticksDbfs).toHaveLength(scale.marks.length);
      expect(litPx(deflection, zero + bottomX100 + 1, 32)).toBe(
        deflection.partX10000(zero + bottomX100 + 1) > 0 ? 1 : 0,
      );
      expect(litPx(deflection, zero + topX100, 32)).toBe(32);
    }
  });

  it('tells levels in dBu and dBV with their sign, three characters at most', () => {
    const dbu = meterSection({ ballistic: 'vu', unit: 'dBu', fullScaleDbu: 22 });
    expect(shortLevel(-18, dbu)).toBe('4');
    expect(shortLevel(-22, dbu)).toBe('0');
    expect(shortLevel(-60, dbu)).toBe('-38');
    expect(shortLevel(-140, dbu)).toBe('-99');
    expect(shortLevel(null, dbu)).toBe('--');
    expect(shortLevel(-18, section('digital'))).toBe('18');
    expect(inUnit(-20, dbu)).toBe(2);
    expect(meterLabel(dbu)).toBe('VU dBu');
    expect(meterLabel(section('digital'))).toBe('');
  });
});
