/** Why no word can be said of a bank, in the order in which a person would want to know. Pure. */
import { assertNever } from '../fault.ts';
import type { CantTell, Vantage } from './snapshot.ts';
import type { BankVerdictState } from './verdict/bankVerdict.ts';

export interface WhatIsKnown {
  /** null: nothing is captured, or the bank is none to judge. */
  readonly verdict: Pick<BankVerdictState, 'unsettled' | 'heardPart' | 'showsNow'> | null;
  readonly vantage: Vantage;
  /** The port carries data or hash. */
  readonly noSound: boolean;
  /** A channel of the bank plays: above a noise floor, and moving. */
  readonly plays: boolean;
}

/** Of a bank whose word is `unknown`. */
export function cantTell({ verdict, vantage, noSound, plays }: WhatIsKnown): CantTell {
  if (verdict === null) return { why: 'notJudged', heardPercent: 0, showsPercent: null };
  // Rounded down: all of it would be SYNC.
  const heardPercent = Math.floor(verdict.heardPart * 100);
  const showsPercent = verdict.showsNow === null ? null : Math.round(verdict.showsNow * 100);
  return { why: whyOf(verdict, vantage, noSound, plays), heardPercent, showsPercent };
}

function whyOf(
  { unsettled }: Pick<BankVerdictState, 'unsettled'>,
  vantage: Vantage,
  noSound: boolean,
  plays: boolean,
): CantTell['why'] {
  if (vantage === 'split' || vantage === 'resampled') return 'vantage';
  if (noSound) return 'noSound';
  switch (unsettled) {
    case 'zeros':
    case 'held':
      return unsettled;
    case 'hidden':
    case 'tooLittle':
      return plays ? unsettled : 'quiet';
    case null:
      // The verdict has a word, and something else took it back.
      return 'notJudged';
    default:
      return assertNever(unsettled);
  }
}
