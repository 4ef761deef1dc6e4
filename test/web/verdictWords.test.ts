import { describe, expect, it } from 'vitest';
import type { Bank, CantTell } from '../../src/monitor/snapshot.ts';
import { evidenceOf } from '../../src/web/page/bankWords.ts';
import { fromWords, rateNote } from '../../src/web/page/sourceWords.ts';
import { verdictOf } from '../../src/web/page/verdict.ts';
import { bank, rig } from '../ui/fixtures.ts';

function words(part: Partial<Bank>) {
  const adat = bank({ id: 'adat-a', name: 'ADAT A', box: 'OctoPre', first: 1, last: 8, sync: 'unknown', ...part });
  return [verdictOf(rig({ banks: [adat] }).snapshot).line, evidenceOf(adat)];
}
const why = (why: CantTell['why'], heardPercent = 0, showsPercent: number | null = null) =>
  words({ cantTell: { why, heardPercent, showsPercent } });

describe('the page, where it can not tell', () => {
  it('says how much of enough was heard, and counts nothing before there is something', () => {
    expect(why('tooLittle', 62, 70)).toEqual([
      'OctoPre on ADAT A: 62 % of enough heard.',
      "can't tell yet, 62 % of enough heard",
    ]);
    expect(why('tooLittle')).toEqual(['OctoPre on ADAT A: not enough heard yet.', "can't tell yet"]);
  });

  it('says of what hides slips that waiting will not do, and what will', () => {
    expect(why('hidden', 30, 4)).toEqual([
      'OctoPre on ADAT A: a slip would hardly show in what plays. Play on more channels.',
      "can't tell: a slip would show in 4 % of what plays",
    ]);
  });

  it('names each other reason', () => {
    expect(why('held', 100, 70)[1]).toBe("can't tell yet, a jump was heard");
    expect(why('quiet')[1]).toBe("can't tell: too quiet");
    expect(why('zeros')[1]).toBe("can't tell: digital zero");
    expect(why('noSound')[1]).toBe("can't tell: data or hash");
    expect(why('notJudged')[1]).toBe("can't tell: no evidence yet");
    const split = { vantage: 'split', cantTell: { why: 'vantage', heardPercent: 0, showsPercent: null } } as const;
    expect(words(split)).toEqual(['OctoPre on ADAT A: a split fibre follows any clock.', "can't tell from here"]);
    expect(words({ ...split, vantage: 'resampled' })[0]).toBe(
      'OctoPre on ADAT A: the stream is resampled, which hides slips.',
    );
  });

  it('speaks of slips that were seen first', () => {
    expect(words({ slips: 1, slipsExact: 1 })[0]).toBe('OctoPre on ADAT A: 1 slip seen, not enough to name its clock.');
    expect(words({ slips: 1, slipsExact: 0 })[1]).toBe("can't tell yet, one frame missing?");
  });
});

describe('the page, of what it listens to', () => {
  const { clock } = rig({}).snapshot;

  it('says where the box sits, and of a file that it is one', () => {
    expect(fromWords('alsa', 'own')).toBe('at the interface itself');
    expect(fromWords('sim', 'mirror')).toBe('at a mirror: the slips the DAW gets');
    expect(fromWords('wav', 'own')).toBe('a recorded take');
  });

  it('promises no measurement of a file, which has no clock', () => {
    const unknown = { ...clock, absolutePpm: null, absoluteUncertaintyPpm: null };
    expect(rateNote('alsa', unknown)).toBe('not measured yet');
    expect(rateNote('wav', unknown)).toBe('as the file says');
    expect(rateNote('alsa', { ...clock, absolutePpm: 3.2, absoluteUncertaintyPpm: 0.5 })).toBe(
      '+3.2\u00a0±0.5\u00a0ppm off',
    );
  });
});
