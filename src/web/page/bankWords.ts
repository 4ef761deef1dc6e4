/** Why a bank has the word it has, or none: pure. */
import type { Bank } from '../../monitor/snapshot.ts';
import { seemsToMissOne } from '../../ui/view.ts';
import { count, ppm } from './format.ts';
import { BASIS_WORDS } from './shapes.ts';

/** Why no word can be said of a bank yet, behind its name, as a sentence. */
export function whyUnknown(bank: Bank): string {
  if (seemsToMissOne(bank)) return 'one frame seems to be missing, which is no proof.';
  if (bank.slips > 0) return `${count(bank.slips, 'slip')} seen, not enough to name its clock.`;
  switch (bank.cantTell?.why) {
    case 'vantage':
      return bank.vantage === 'split'
        ? 'a split fibre follows any clock.'
        : 'the stream is resampled, which hides slips.';
    case 'noSound':
      return 'data or hash comes, and no sound.';
    case 'zeros':
      return 'digital zero says nothing.';
    case 'quiet':
      return 'too quiet to see a slip.';
    case 'hidden':
      return 'a slip would hardly show in what plays. Play on more channels.';
    case 'tooLittle':
      return bank.cantTell.heardPercent === 0
        ? 'not enough heard yet.'
        : `${bank.cantTell.heardPercent} % of enough heard.`;
    case 'held':
      return 'a jump was heard: waiting for whether it comes again.';
    case 'notJudged':
    case undefined:
      return 'no evidence yet.';
  }
}

/** Ages in whole minutes: the line is not drawn anew each second. */
function provenWords({ proof, boundPpm }: Bank): string {
  const minutes = Math.floor((proof?.ageS ?? 0) / 60);
  const age = minutes === 0 ? 'just now' : minutes < 120 ? `${minutes} min ago` : `${Math.floor(minutes / 60)} h ago`;
  return `PROVEN by a test tone ${age}${boundPpm === null ? '' : `: under ${boundPpm.toFixed(boundPpm < 10 ? 2 : 1)} ppm`}`;
}

/** Behind "can't tell", short. */
function whyWords({ cantTell }: Bank): string {
  switch (cantTell?.why) {
    case 'vantage':
      return ' from here';
    case 'noSound':
      return ': data or hash';
    case 'zeros':
      return ': digital zero';
    case 'quiet':
      return ': too quiet';
    case 'hidden':
      return `: a slip would show in ${cantTell.showsPercent ?? 0} % of what plays`;
    case 'tooLittle':
      return cantTell.heardPercent === 0 ? ' yet' : ` yet, ${cantTell.heardPercent} % of enough heard`;
    case 'held':
      return ' yet, a jump was heard';
    case 'notJudged':
    case undefined:
      return ': no evidence yet';
  }
}

/** Why the word is what it is, in one line. */
export function evidenceOf(bank: Bank): string {
  switch (bank.sync) {
    case 'lock': {
      if (bank.slips === 0 && bank.basis === 'proof')
        return bank.ppm === null ? 'by a test tone' : `${ppm(bank.ppm, bank.uncertaintyPpm)}, by a test tone`;
      const speed =
        bank.slipsPerMinute === null ? '' : `, ${bank.slipsPerMinute.toFixed(bank.slipsPerMinute < 10 ? 1 : 0)}/min`;
      const drift = bank.ppm === null ? '' : `, ${ppm(bank.ppm, bank.uncertaintyPpm)}`;
      return `${bank.slips} slip${bank.slips === 1 ? '' : 's'}${speed}${drift}`;
    }
    case 'sync':
      if (bank.basis === 'audio' && bank.boundPpm !== null) {
        return `by the audio: under ${bank.boundPpm.toFixed(2)} ppm, ${Math.round(bank.observableS)} s seen`;
      }
      if (bank.basis === 'proof') return provenWords(bank);
      return BASIS_WORDS[bank.basis];
    case 'noLock':
      return BASIS_WORDS[bank.basis];
    case 'unknown':
      if (seemsToMissOne(bank)) return "can't tell yet, one frame missing?";
      if (bank.slips > 0) return `can't tell yet, ${bank.slips} slip${bank.slips === 1 ? '' : 's'} seen`;
      return `can't tell${whyWords(bank)}`;
  }
}
