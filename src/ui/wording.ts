/** What the panel says, as an engineer would: at most 21 columns a row. Pure. */
import type { Bank, Channel, Finding, ProveProgress, SyncWord } from '../monitor/snapshot.ts';
import type { UiState } from './navigation.ts';
import { ageText, bankInUse, canProveBank, isDigital, type PanelView, ppmText, seemsToMissOne } from './view.ts';

export interface FindingWords {
  /** The word in the header, or null. */
  readonly sync: SyncWord | null;
  readonly title: string;
  readonly rows: readonly string[];
}

/** What a port's clock is called on the other box, and what carries it there. */
const PORT_WORDS: Readonly<Record<Bank['kind'], { readonly clock: string; readonly cable: string }>> = {
  adat: { clock: 'ADAT', cable: 'fibre' },
  spdif: { clock: 'S/PDIF', cable: 'cable' },
  aes: { clock: 'AES', cable: 'cable' },
  analogue: { clock: 'EXT', cable: 'word clk' },
  loopback: { clock: 'EXT', cable: 'word clk' },
  group: { clock: 'EXT', cable: 'word clk' },
};

function slips(number: number): string {
  return `${count(number)} slip${number === 1 ? '' : 's'}`;
}

/** The rows under a bank's clock. */
export function bankWords(bank: Bank, view: PanelView, ui: UiState, nowMs: number): string[] {
  const box = bank.box ?? bank.name;
  const { clock, cable } = PORT_WORDS[bank.kind];
  switch (bank.sync) {
    case 'lock': {
      const seen = bank.slipsPerMinute === null ? slips(bank.slips) : `${perMinute(bank.slipsPerMinute)} slips/min`;
      return [
        // One slip is a fact; that the box runs on its own clock takes a rate, or more than a few.
        bank.ppm === null && bank.slips < 3 && bank.basis !== 'proof'
          ? `${cut(box, 13)} slipped`
          : `${cut(box, 8)} on own clock`,
        bank.ppm === null ? seen : `${ppmText(bank.ppm)} ${seen}`,
        `${cut(box, 12 - clock.length)}: SYNC = ${clock}`,
        `+ ${cable} OUT>its IN`,
        cleanRow(view, bank),
      ].filter((row) => row !== '');
    }
    case 'noLock':
      return [
        'Nothing decoded here',
        `Is ${cut(box, 13)} on?`,
        `${cable[0]!.toUpperCase()}${cable.slice(1)} its OUT>${cut(bank.name, 6)}`,
        bank.kind === 'adat' ? 'Port mode: ADAT' : '',
      ].filter((row) => row !== '');
    case 'unknown':
      return unknownWords(bank, view, ui, nowMs);
    case 'sync':
      return [`${cut(box, 13)} in sync`, ...evidence(bank)];
  }
}

function unknownWords(bank: Bank, view: PanelView, ui: UiState, nowMs: number): string[] {
  if (bank.vantage === 'resampled') return ['The stream is', 'resampled: that hides', 'slips. Can not tell.'];
  const last = ui.lastSyncMs[bank.id];
  const split = bank.vantage === 'split';
  return [
    ...(split
      ? ['Split fibre: follows', 'any clock. No verdict']
      : [
          bank.slips === 0
            ? whyWords(bank)
            : seemsToMissOne(bank)
              ? '1 frame missing?'
              : `${slips(bank.slips)} seen so far`,
        ]),
    last === undefined ? 'No SYNC seen yet' : `Last SYNC ${ageText(nowMs - last)} ago`,
    ...(split ? [] : [untilWords(bank, canProveBank(view, bank))]),
  ];
}

/** Why no word can be said of a bank. */
function whyWords({ cantTell }: Bank): string {
  switch (cantTell?.why) {
    case 'noSound':
      return 'Data or hash: no word';
    case 'zeros':
      return 'Digital zero: no word';
    case 'quiet':
      return 'Too quiet to see slip';
    case 'hidden':
      return 'A slip would not show';
    case 'tooLittle':
      return cantTell.heardPercent === 0 ? 'Not enough heard yet' : `Heard ${cantTell.heardPercent}% of enough`;
    case 'held':
      return 'Jump heard: waiting';
    case 'notJudged':
    case 'vantage':
    case undefined:
      return 'No evidence yet';
  }
}

/** What gets it to a word. */
function untilWords({ cantTell, slips }: Bank, canProve: boolean): string {
  if (cantTell?.why === 'noSound' && slips === 0) return 'See the findings';
  // What plays now would not do it, for as long as it may go on.
  const play = cantTell?.why === 'hidden' && slips === 0 ? 'Play on more' : 'Play';
  if (canProve) return play === 'Play' ? 'Play, or B = prove' : 'Play on more, B=prove';
  return play === 'Play' ? 'Play, and wait' : 'Play on more channels';
}

/** On what ground a bank is called in sync. */
function evidence(bank: Bank): string[] {
  switch (bank.basis) {
    case 'device':
      return ['The interface says so'];
    case 'proof':
      return [
        'PROVEN by test tone',
        ...(bank.proof === null ? [] : [`${ageText(bank.proof.ageS * 1000)} ago`]),
        ...(bank.boundPpm === null ? [] : [`within ${finePpm(bank.boundPpm)}ppm`]),
      ];
    case 'audio':
      if (bank.boundPpm === null) return ['Heard in the audio'];
      return [
        `A slip over ${ppmText(bank.boundPpm).slice(1)}`,
        'would have been seen',
        `in ${ageText(bank.observableS * 1000)} of audio`,
      ];
    case 'none':
      return [];
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
  return (left + right.padStart(20 - left.length)).trimEnd();
}

/** The guided proof: what to do, how it goes, what came out. `progress`: of this bank, or null. */
export function proveWords(
  bank: Bank,
  progress: ProveProgress | null,
  view: PanelView,
  ui: UiState,
  nowMs: number,
): string[] {
  const again = 'Hold A = again';
  switch (progress?.state) {
    case 'measuring':
      return [
        `${progress.hz === null ? 'Tone' : `${Math.round(progress.hz)} Hz`} on ch ${progress.channel ?? '?'}`,
        progress.reference === null ? 'no tone on ours' : `and on our ch ${progress.reference}`,
        ...(progress.fix === 'Hold it.'
          ? [
              `${Math.floor(progress.seconds)} of ${progress.neededS} s`,
              `${count(progress.slips)} jump${progress.slips === 1 ? '' : 's'}`,
            ]
          : [progress.what, progress.fix]),
        'A = give up',
      ];
    case 'passed':
      return [
        `${cut(bank.box ?? bank.name, 14)} PROVEN`,
        progress.ppm === null
          ? `no slip in ${Math.floor(progress.seconds)} s`
          : `${finePpm(progress.ppm)} +-${finePpm(progress.uncertaintyPpm ?? 0)}ppm`,
        progress.boundPpm === null ? '' : `within ${finePpm(progress.boundPpm)}ppm`,
        bank.proof === null ? '' : `${ageText(bank.proof.ageS * 1000)} ago`,
        again,
      ].filter((row) => row !== '');
    case 'failed':
      return bank.sync === 'lock' ? bankWords(bank, view, ui, nowMs) : [progress.what, progress.fix];
    case 'unclear':
      return [progress.what, progress.fix, again];
    default:
      return [
        'Send 1 kHz, -20 dBFS',
        `into ${cut(bank.box ?? bank.name, 16)}`,
        'and, by a Y lead, to',
        'our input: 10 s. Else',
        'hold 70 s.  A=give up',
      ];
  }
}

/** What a proof tells: hundredths below ten. */
function finePpm(ppm: number): string {
  return ppm.toFixed(Math.abs(ppm) < 9.95 ? 2 : 0).replace(/^-(0\.00)$/, '$1');
}

function perMinute(rate: number): string {
  return rate < 9.95 ? rate.toFixed(1).replace(/\.0$/, '') : count(Math.round(rate));
}

function count(number: number): string {
  return number > 9999 ? '>9999' : String(number);
}

function cut(text: string, columns: number): string {
  return text.length <= columns ? text : text.slice(0, columns).trimEnd();
}

/** Titles of findings that have a short name in the trade. Others are titled by where they are. */
const TITLES: Readonly<Record<string, string>> = {
  'usb-loss': 'USB LOSS ALL CH',
  'capture-xrun': 'XRUN ALL CH',
  'capture-stalled': 'STALLED',
  'device-gone': 'NO DEVICE',
  'device-absent': 'NO DEVICE',
  'clock-source-changed': 'CLOCK SWITCHED',
  'pcm-busy': 'DEVICE BUSY',
};

/** Findings of one channel: `NO SIGNAL Vox ch 5`. */
const CHANNEL_TITLES: Readonly<Record<string, string>> = {
  'channel-no-signal': 'NO SIGNAL',
  'channel-dead': 'DEAD',
  'channel-zero': 'ZEROS',
  'channel-frozen': 'FROZEN',
  'channel-bits-stuck': 'STUCK BIT',
  'channel-copy': 'COPY',
  'channel-flat-top': 'FLAT TOPS',
  'channel-dc': 'DC',
  'channel-polarity': 'POLARITY',
  'phantom-on-ribbon': '48V ON RIBBON',
  'line-into-instrument': 'TOO HOT',
  'plus4-into-minus10': 'TOO HOT',
  'minus10-into-plus4': 'TOO LOW',
  'gain-low': 'TOO LOW',
  'mic-into-line': 'TOO LOW',
  'phantom-off': 'NO SIGNAL',
  'channel-muted': 'MUTED',
  'channel-hum': 'HUM',
  'channel-clipping': 'CLIP',
};

/** Rows of findings whose full sentences would not fit. */
const ROWS: Readonly<Record<string, (finding: Finding) => string[]>> = {
  'usb-loss': (finding) => [`${gaps(finding)}, clocks fine`, 'Check Pi power, cable'],
  'bank-slip-once': () => ['1 frame missing?', 'No proof: cable, or a cut in the music.', 'See if it comes again.'],
  'phantom-off': (finding) =>
    finding.cause.includes('DI')
      ? ['48V OFF, active DI', 'Mute, 48V on, or batt']
      : ['48V OFF, condenser', 'Mute, then 48V on'],
};

/** The monitor says how often: `once`, `3 times`. */
function gaps(finding: Finding): string {
  const times = /(\d+) times/.exec(finding.symptom)?.[1];
  return times === undefined ? '1 gap' : `${count(Number(times))} gaps`;
}

export function findingWords(finding: Finding, view: PanelView, ui: UiState, nowMs: number): FindingWords {
  const { banks, channels } = view.snapshot;
  const bank = banks.find((each) => each.name === finding.where || each.box === finding.where);
  const diagnosed = finding.evidence !== undefined;
  const ofClock = !diagnosed || finding.code === 'bank-slips' || finding.code === 'port-no-lock';
  if (bank !== undefined && ofClock && isDigital(bank) && (bank.sync === 'lock' || bank.sync === 'noLock')) {
    const rows = bankWords(bank, view, ui, nowMs);
    return { sync: bank.sync, title: bank.name, rows: diagnosed ? [...rows, finding.fix, ...further(finding)] : rows };
  }
  if (finding.code === 'clock-no-lock' && view.snapshot.clock.sync === 'noLock')
    return { sync: 'noLock', title: 'CLOCK', rows: [finding.symptom, finding.cause, finding.fix] };
  const channel = channels.find((each) => each.name !== '' && each.name === finding.where);
  return {
    sync: null,
    title: TITLES[finding.code] ?? channelTitle(finding, channel) ?? finding.where,
    rows: [
      ...(ROWS[finding.code]?.(finding) ?? new Set([finding.symptom, finding.cause, finding.fix])),
      ...further(finding),
    ],
  };
}

/** What else it may be, and what would settle it. */
function further(finding: Finding): string[] {
  return [
    ...(finding.others ?? []).map((other) => `Or: ${other.cause}`),
    ...(finding.question ? [finding.question] : []),
  ];
}

function channelTitle(finding: Finding, channel: Channel | undefined): string | null {
  const title = CHANNEL_TITLES[finding.code];
  if (channel === undefined) return title ?? null;
  return title === undefined ? `${channel.name} ch ${channel.index}` : `${title} ${channel.name} ch ${channel.index}`;
}
