import { describe, expect, it } from 'vitest';
import { cantTell } from '../../src/monitor/cantTell.ts';

const hidden = { unsettled: 'hidden', heardPart: 0.299, showsNow: 0.041 } as const;
const known = { verdict: hidden, vantage: 'own', noSound: false, plays: true } as const;

describe('why a bank has no word', () => {
  it('is what plays, how far it is from SYNC, and in how much of it a slip would show', () => {
    expect(cantTell(known)).toEqual({ why: 'hidden', heardPercent: 29, showsPercent: 4 });
    expect(cantTell({ ...known, verdict: { unsettled: 'tooLittle', heardPart: 0.999, showsNow: null } })).toEqual({
      why: 'tooLittle',
      heardPercent: 99,
      showsPercent: null,
    });
  });

  it('is that nothing plays, before what a slip would look like in it', () => {
    expect(cantTell({ ...known, plays: false }).why).toBe('quiet');
    expect(cantTell({ ...known, verdict: { ...hidden, unsettled: 'tooLittle' }, plays: false }).why).toBe('quiet');
    expect(cantTell({ ...known, verdict: { ...hidden, unsettled: 'zeros' }, plays: false }).why).toBe('zeros');
  });

  it('is where the box sits, before all that is heard from there; and data before what it sounds like', () => {
    expect(cantTell({ ...known, vantage: 'split', noSound: true }).why).toBe('vantage');
    expect(cantTell({ ...known, vantage: 'resampled' }).why).toBe('vantage');
    // The verdict had a word, which data took back.
    expect(cantTell({ ...known, noSound: true, verdict: { ...hidden, unsettled: null } }).why).toBe('noSound');
  });

  it('is that there is nothing to judge, of analogue channels and while nothing is captured', () => {
    expect(cantTell({ ...known, verdict: null })).toEqual({ why: 'notJudged', heardPercent: 0, showsPercent: null });
  });
});
