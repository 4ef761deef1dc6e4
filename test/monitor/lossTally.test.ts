import { describe, expect, it } from 'vitest';
import { LossTally } from '../../src/monitor/lossTally.ts';

const heard = (s: number) => ({ kind: 'usbLoss' as const, frame: Math.round(s * 48_000), frames: null });
const measured = (s: number, frames = 6) => ({ ...heard(s), frames });

describe('USB losses', () => {
  it('one that is heard, and that the stamps show seconds later, counts once', () => {
    const tally = new LossTally();
    tally.open(48_000);
    expect(tally.isNew(heard(10))).toBe(true);
    expect(tally.isNew(measured(11.4))).toBe(false);
  });

  it('one that the stamps tell first and the sound proves later counts once', () => {
    const tally = new LossTally();
    tally.open(48_000);
    expect(tally.isNew(measured(10.6))).toBe(true);
    expect(tally.isNew(heard(9.9))).toBe(false);
    expect(tally.isNew(heard(10)), 'a second one that was heard').toBe(true);
  });

  it('two that are heard within a second are two, though the stamps show one step', () => {
    const tally = new LossTally();
    tally.open(48_000);
    expect([heard(10), heard(10.3)].map((loss) => tally.isNew(loss))).toEqual([true, true]);
    expect(tally.isNew(measured(10.5, 12))).toBe(false);
  });

  it('in silence only the stamps tell, and each step counts; far apart they are two losses', () => {
    const tally = new LossTally();
    tally.open(48_000);
    expect(tally.isNew(measured(10))).toBe(true);
    expect(tally.isNew(measured(12))).toBe(true);
    expect(tally.isNew(heard(20))).toBe(true);
    expect(tally.isNew(measured(30))).toBe(true);
  });

  it('a new stream counts anew', () => {
    const tally = new LossTally();
    tally.open(48_000);
    expect(tally.isNew(heard(10))).toBe(true);
    tally.open(48_000);
    expect(tally.isNew(measured(10))).toBe(true);
  });
});
