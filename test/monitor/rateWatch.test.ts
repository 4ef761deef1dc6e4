import { describe, expect, it } from 'vitest';
import { type RateContext, RateWatch } from '../../src/monitor/rateWatch.ts';

const context: RateContext = { deviceName: 'Scarlett', source: null, external: null, sourceChangedMs: null };
const change = { kind: 'clockChange' as const, frame: 480_000, beforePpm: 10, afterPpm: 15.2, uncertaintyPpm: 0.8 };

describe('the rate, for people', () => {
  it('says 30 ppm where nobody has checked the crystal of this box, and less where a time server has', () => {
    const watch = new RateWatch();
    watch.streamOpened(48_000);
    expect(watch.words()).toMatchObject({ rateErrorPpm: null, absolutePpm: null, reference: 'none' });
    watch.take({ ppm: 20, uncertaintyPpm: 0.5, leastLossFrames: 6 }, 1000);
    expect(watch.words()).toMatchObject({ rateErrorPpm: 20, uncertaintyPpm: 0.5, absolutePpm: 20, reference: 'none' });
    expect(watch.words().absoluteUncertaintyPpm).toBeCloseTo(30, 1);
    watch.onReference({ kind: 'chrony', boxPpm: -12, uncertaintyPpm: 1 });
    expect(watch.words()).toMatchObject({ rateErrorPpm: 20, absolutePpm: 8, reference: 'chrony' });
    expect(watch.words().absoluteUncertaintyPpm).toBeCloseTo(1.12, 2);
    watch.drop();
    expect(watch.words()).toMatchObject({ rateErrorPpm: null, absolutePpm: null });
  });

  it('a change of clock is a finding with its size, its time and what is known of the cause, until it is cleared', () => {
    const watch = new RateWatch();
    watch.streamOpened(48_000);
    watch.onChange(change, 60_000);
    const found = watch.findings(context);
    expect(found).toMatchObject([{ code: 'clock-changed', severity: 'warning', where: 'Scarlett', sinceMs: 60_000 }]);
    expect(found[0]?.symptom).toBe('Its clock changed by +5.2 ppm (+-0.8).');
    expect(found[0]?.confidence).toBe('medium');
    const switched = watch.findings({ ...context, source: 'ADAT', external: true, sourceChangedMs: 50_000 });
    expect(switched[0]).toMatchObject({ cause: 'Its clock source was switched to ADAT.', confidence: 'high' });
    expect(watch.findings({ ...context, source: 'ADAT', external: true })[0]?.cause).toContain('takes its clock from');
    watch.onChange(change, 90_000);
    expect(watch.findings(context)[0]?.symptom).toContain('one change before');
    watch.clear();
    expect(watch.findings(context)).toEqual([]);
  });

  it('a 44.1 kHz master behind a 48 kHz stream is named as such, as long as it is one', () => {
    const watch = new RateWatch();
    watch.streamOpened(48_000);
    watch.take({ ppm: (44_100 / 48_000 - 1) * 1e6 + 12, uncertaintyPpm: 1, leastLossFrames: 6 }, 5000);
    expect(watch.words().trueRateHz).toBe(44_100);
    expect(watch.findings({ ...context, source: 'ADAT' })).toMatchObject([
      {
        code: 'clock-other-rate',
        severity: 'alarm',
        symptom: 'The stream is called 48 kHz and runs at 44.1 kHz.',
        sinceMs: 5000,
      },
    ]);
    watch.take({ ppm: 12, uncertaintyPpm: 1, leastLossFrames: 6 }, 9000);
    expect(watch.findings(context)).toEqual([]);
    expect(watch.words().trueRateHz).toBeNull();
  });

  it('says that lost packets would not show, where that is so most of the time, within minutes and no sooner; and no more where it is seldom', () => {
    const watch = new RateWatch();
    watch.streamOpened(48_000);
    let nowMs = 10_000;
    const take = (leastLossFrames: number | null, seconds: number) => {
      for (const until = nowMs + 1000 * seconds; nowMs < until; nowMs += 1000)
        watch.take({ ppm: 1, uncertaintyPpm: 0.5, leastLossFrames }, nowMs);
    };
    take(null, 150);
    expect(watch.words().leastLossFrames).toBeNull();
    expect(watch.findings(context)).toEqual([]);
    take(12, 40);
    expect(watch.words().leastLossFrames).toBe(12);
    expect(watch.findings(context)).toMatchObject([{ code: 'losses-hidden', severity: 'info', where: 'This box' }]);
    // Now late and now not: it stands, and does not come and go.
    for (let turn = 0; turn < 20; turn++) {
      take(6, 10);
      take(null, 20);
      expect(watch.findings(context)).toHaveLength(1);
    }
    take(6, 60);
    expect(watch.findings(context)).toHaveLength(1);
    take(6, 120);
    expect(watch.findings(context)).toEqual([]);
    watch.streamOpened(48_000);
    expect(watch.words().leastLossFrames).toBeNull();
  });

  it('does not call a box late that is so for half a minute now and then', () => {
    const watch = new RateWatch();
    watch.streamOpened(48_000);
    for (let s = 0; s < 3000; s++) {
      watch.take({ ppm: 1, uncertaintyPpm: 0.5, leastLossFrames: s % 60 < 30 ? null : 6 }, 1000 * s);
      expect(watch.findings(context)).toEqual([]);
    }
  });

  it('says nothing of USB losses where nothing comes over USB', () => {
    const watch = new RateWatch();
    watch.streamOpened(48_000, false);
    for (let nowMs = 0; nowMs <= 400_000; nowMs += 1000)
      watch.take({ ppm: 1, uncertaintyPpm: 0.5, leastLossFrames: null }, nowMs);
    expect(watch.findings(context)).toEqual([]);
  });

  it('at 44.1 kHz a packet holds up to six frames', () => {
    const watch = new RateWatch();
    watch.streamOpened(44_100);
    for (let nowMs = 0; nowMs <= 400_000; nowMs += 1000)
      watch.take({ ppm: 1, uncertaintyPpm: 0.5, leastLossFrames: 6 }, nowMs);
    expect(watch.findings(context)).toEqual([]);
  });
});
