/** What the panel says, as an engineer would: at most 21 columns a row. Pure. */
import type { Bank, Finding, SyncWord } from '../monitor/snapshot.ts';
import type { UiState } from './navigation.ts';
import { ageText, bankInUse, isDigital, type PanelView, ppmText } from './view.ts';

export interface FindingWords {
  /** The word in the header, or null. */
  readonly sync: SyncWord | null;
  readonly title: string;
  readonly rows: readonly string[];
}

/** The rows under a bank's clock. */
export function bankWords(bank: Bank, view: PanelView, ui: UiState, nowMs: number): string[] {
  const box = bank.box ?? bank.name;
  switch (bank.sync) {
    case 'lock': {
      const rate: string[] = [];
      if (bank.ppm !== null) rate.push(ppmText(bank.ppm));
      if (bank.slipsPerMinute !== null) rate.push(`${perMinute(bank.slipsPerMinute)} slips/min`);
      else rate.push(`${bank.slips} slips`);
      return [
        `${cut(box, 9)} on own clock`,
        rate.join(' '),
        `${cut(box, 8)}: SYNC = ADAT`,
        '+ fibre OUT>its IN',
        cleanRow(view, bank),
      ].filter((row) => row !== '');
    }
    case 'noLock':
      return [
        'Nothing decoded here',
        `Is ${cut(box, 10)} on?`,
        `Fibre ${cut(box, 8)} OUT>`,
        `${cut(bank.name, 13)} IN`,
        'Port mode: ADAT',
      ];
    case 'unknown': {
      const last = ui.lastSyncMs[bank.id];
      return [
        'Too quiet to see slip',
        last === undefined ? 'No SYNC seen yet' : `Last SYNC ${ageText(nowMs - last)} ago`,
        view.canProve ? 'Play, or B = prove' : 'Play, and wait',
      ];
    }
    case 'sync':
      return syncRows(bank);
  }
}

function syncRows(bank: Bank): string[] {
  const rows = [`${cut(bank.box ?? bank.name, 16)} in`, 'sync.'].join(' ');
  switch (bank.basis) {
    case 'device':
      return [rows, 'The interface says so'];
    case 'proof':
      return [rows, 'PROVEN by test tone'];
    case 'audio':
      return [
        rows,
        bank.boundPpm === null ? 'Heard in the audio' : `Slips over ${bank.boundPpm.toFixed(1)}ppm`,
        bank.boundPpm === null ? '' : 'would have been seen',
        `in ${Math.round(bank.observableS)} s of audio`,
      ].filter((row) => row !== '');
    case 'none':
      return [rows];
  }
}

/** The first other bank that is in sync: `1-8 clean     PROVEN`. */
function cleanRow(view: PanelView, but: Bank): string {
  const clean = view.snapshot.banks.find(
    (bank) => bank.id !== but.id && bank.sync === 'sync' && (!isDigital(bank) || bankInUse(bank, view.snapshot)),
  );
  if (clean === undefined) return '';
  const left = `${clean.first}-${clean.last} clean`;
  const right = { device: 'DEVICE', audio: 'HEARD', proof: 'PROVEN', none: '' }[clean.basis];
  return left + right.padStart(20 - left.length);
}

function perMinute(rate: number): string {
  return rate < 9.95 ? rate.toFixed(1).replace(/\.0$/, '') : String(Math.round(rate));
}

function cut(text: string, columns: number): string {
  return text.length <= columns ? text : text.slice(0, columns);
}

export function findingWords(finding: Finding, view: PanelView, ui: UiState, nowMs: number): FindingWords {
  const bank = view.snapshot.banks.find(
    (candidate) => candidate.name === finding.where || candidate.box === finding.where,
  );
  if (bank !== undefined && isDigital(bank) && (bank.sync === 'lock' || bank.sync === 'noLock'))
    return { sync: bank.sync, title: bank.name, rows: bankWords(bank, view, ui, nowMs) };
  return { sync: null, title: finding.where, rows: [finding.symptom, finding.cause, finding.fix] };
}
