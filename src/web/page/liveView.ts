/** The first view: watching or not, the worst word, clips, banks with bars, the facts, the findings. */
import type { Channel, Finding, Snapshot } from '../../monitor/snapshot.ts';
import { findingsWorstFirst } from '../../ui/view.ts';
import { act } from './api.ts';
import { BanksView } from './banksView.ts';
import { byId, h, rebuild, setText } from './dom.ts';
import { EvidenceView } from './evidenceView.ts';
import { count, db, duration, rate } from './format.ts';
import { updateRecorder } from './recorderView.ts';
import { syncShape } from './shapes.ts';
import { fromWords, rateNote } from './sourceWords.ts';
import { updateTake } from './takeView.ts';
import { say, sayFault } from './toast.ts';
import { verdictOf } from './verdict.ts';

/** `dead` as the channel itself tells it. */
const isDead = (channel: Channel & { readonly dead?: boolean }) => channel.dead === true;

const quietLast = (findings: readonly Finding[]) => [
  ...findings.filter(({ acknowledged }) => acknowledged !== true),
  ...findings.filter(({ acknowledged }) => acknowledged === true),
];

/** What may be lost over USB without showing by the time of arrival; null: nothing, or nothing comes over USB. */
function hiddenLosses(capture: Snapshot['capture'], leastLossFrames: number | null): string | null {
  if (capture.source !== 'alsa' || capture.state !== 'running') return null;
  if (leastLossFrames === null) return 'can not be told for sure now';
  // A USB packet comes each 125 us.
  return leastLossFrames > Math.ceil(capture.rateHz / 8000)
    ? `fewer than ${leastLossFrames} frames would not show`
    : null;
}

/** Label, how often frames were lost on the way, on which way and how many, and whether it is bad. */
function lossFact(
  capture: Snapshot['capture'],
  leastLossFrames: number | null,
): [label: string, value: string, note: string, bad: boolean] {
  const { usbLosses, xruns, lostFrames } = capture;
  if (usbLosses + xruns + lostFrames > 0) {
    const ways = [
      usbLosses > 0 ? `${usbLosses} on USB` : '',
      xruns > 0 ? count(xruns, 'overrun') : '',
      lostFrames > 0 ? `${count(lostFrames, 'frame')} lost` : '',
    ];
    return ['Losses', String(usbLosses + xruns), ways.filter((way) => way !== '').join(', '), true];
  }
  const hidden = hiddenLosses(capture, leastLossFrames);
  // A simulated cable loses frames as well, and nobody says which of them would show.
  const sure = hidden === null && capture.source !== 'sim';
  return ['Losses', sure ? 'none' : 'none seen', hidden ?? `${capture.channels} channels`, false];
}

/** Word, what it means, and whether it is bad. */
function powerWords(power: Snapshot['power']): [string, string, boolean] {
  if (power === null) return ['not known', 'only a Raspberry Pi tells', false];
  if (power.underVoltage === true) return ['too low', 'check its supply and cable', true];
  if (power.throttled === true) return ['held down', 'too hot, or was too low', true];
  return ['good', power.underVoltage === null ? 'supply not told' : 'supply and heat', false];
}

export class LiveView {
  readonly banks = new BanksView(byId('banks'));
  readonly #evidence = new EvidenceView();
  #actions: readonly string[] = [];
  #newest: Snapshot | null = null;

  /** What this run can do: only that is offered. */
  offer(actions: readonly string[]): void {
    this.#actions = actions;
    if (this.#newest !== null) this.update(this.#newest);
  }

  update(snapshot: Snapshot): void {
    this.#newest = snapshot;
    this.#watch(snapshot);
    this.#verdict(snapshot);
    updateTake(snapshot, this.#actions);
    updateRecorder(snapshot, this.#actions);
    this.#clips(snapshot);
    this.#dead(snapshot);
    this.banks.update(snapshot);
    this.#facts(snapshot);
    this.#findings(snapshot);
    this.#evidence.update(snapshot);
  }

  #watch(snapshot: Snapshot): void {
    const { capture, banks } = snapshot;
    const watching = capture.state === 'running';
    const element = byId('watch');
    element.classList.toggle('off', !watching);
    const from = watching ? fromWords(capture.source, banks[0]?.vantage ?? 'own') : '';
    rebuild(element, JSON.stringify([watching, capture.name, from]), () => [
      h('b', '', {}, watching ? 'Watching' : 'Not watching'),
      h('span', '', {}, capture.name === '' ? 'no interface' : capture.name),
      from !== '' && h('small', '', {}, from),
    ]);
  }

  #verdict(snapshot: Snapshot): void {
    const verdict = verdictOf(snapshot);
    const element = byId('verdict');
    element.dataset.sync = verdict.watching ? verdict.sync : 'off';
    rebuild(element, JSON.stringify(verdict), () => [
      verdict.watching && syncShape(verdict.sync),
      h(
        'strong',
        verdict.word.length > 8 ? 'long' : '',
        {},
        verdict.word,
        verdict.meaning !== '' && h('em', '', {}, verdict.meaning),
      ),
      h('p', '', {}, verdict.line),
      verdict.aside !== null && h('p', 'aside', {}, verdict.aside),
    ]);
  }

  #clips(snapshot: Snapshot): void {
    const clipped = snapshot.channels.filter((channel) => channel.clipped);
    const key = JSON.stringify([clipped.map((c) => [c.index, c.name, c.clips]), this.#actions]);
    rebuild(byId('clips'), key, () => {
      if (clipped.length === 0) return [];
      const clear = h('button', '', { type: 'button' }, 'Clear');
      clear.addEventListener('click', () => void this.#clear());
      return [
        h('h2', '', {}, 'Clipped'),
        h(
          'ul',
          '',
          {},
          ...clipped.map((channel) =>
            h(
              'li',
              '',
              {},
              h('b', '', {}, channel.name || `Channel ${channel.index}`),
              h('span', '', {}, `×${channel.clips}`),
            ),
          ),
        ),
        this.#actions.includes('clear') && clear,
      ];
    });
  }

  /** Channels that somebody counts on and that no longer say a thing. */
  #dead(snapshot: Snapshot): void {
    const dead = snapshot.channels.filter(isDead);
    rebuild(byId('dead'), JSON.stringify(dead.map((channel) => [channel.index, channel.name])), () =>
      dead.length === 0
        ? []
        : [
            h('h2', '', {}, 'Gone dead'),
            h(
              'ul',
              '',
              {},
              ...dead.map((channel) => h('li', '', {}, h('b', '', {}, channel.name || `Channel ${channel.index}`))),
            ),
          ],
    );
  }

  async #clear(): Promise<void> {
    const answer = await act('clear');
    if (!answer.ok) return sayFault(answer.fault);
    if (!this.#actions.includes('undo-clear')) return say('Clips and counters cleared.');
    say('Clips and counters cleared.', {
      label: 'Undo',
      act: () => void act('undo-clear').then((undone) => (undone.ok ? say('Put back.') : sayFault(undone.fault))),
    });
  }

  #facts(snapshot: Snapshot): void {
    const { capture, clock, channels, power } = snapshot;
    const loudest = channels.reduce<(typeof channels)[number] | null>(
      (best, channel) =>
        channel.truePeakDbtp !== null && (best?.truePeakDbtp == null || channel.truePeakDbtp > best.truePeakDbtp)
          ? channel
          : best,
      null,
    );
    const offRate = capture.sessionRateHz !== null && capture.rateHz > 0 && capture.sessionRateHz !== capture.rateHz;
    const asMeant = capture.sessionRateHz !== null && capture.rateHz === capture.sessionRateHz;
    const measured = rateNote(capture.source, clock);
    const [powerWord, powerNote, powerBad] = powerWords(power);
    const facts: [string, string, string, boolean][] = [
      [
        'Headroom',
        loudest?.truePeakDbtp == null ? '–' : `${db(-loudest.truePeakDbtp)} dB`,
        loudest === null ? 'no signal yet' : `${loudest.name}, true peak`,
        loudest?.truePeakDbtp != null && loudest.truePeakDbtp > -1,
      ],
      [
        asMeant ? "Rate, the session's" : 'Rate',
        capture.rateHz > 0 ? rate(capture.rateHz) : '–',
        offRate ? `the session is at ${rate(capture.sessionRateHz ?? 0)}` : measured,
        offRate,
      ],
      lossFact(capture, clock.leastLossFrames),
      ['Pi power', powerWord, powerNote, powerBad],
      ['Clock source', clock.source ?? 'not told', clock.source === null ? '' : 'says the interface', false],
      ['Running', duration(snapshot.uptimeMs), `version ${snapshot.version}`, false],
      ...snapshot.loudness
        .slice(0, 2)
        .map((group): [string, string, string, boolean] => [
          group.name,
          group.integratedLufs === null ? '–' : `${db(group.integratedLufs)} LUFS`,
          `M ${db(group.momentaryLufs)}, S ${db(group.shortTermLufs)}, range ${db(group.rangeLu)} LU, peak ${db(group.truePeakDbtp)}`,
          group.truePeakDbtp !== null && group.truePeakDbtp > -1,
        ]),
    ];
    const element = byId('facts');
    if (element.childElementCount !== facts.length) {
      element.replaceChildren(
        ...facts.map(([label]) => h('div', '', {}, h('dt', '', {}, label), h('dd', '', {}, h('b'), h('small')))),
      );
    }
    for (const [i, [label, value, note, bad]] of facts.entries()) {
      const box = element.children[i]!;
      box.classList.toggle('bad', bad);
      setText(box.querySelector('dt')!, label);
      setText(box.querySelector('b')!, value);
      setText(box.querySelector('small')!, note);
    }
  }

  #findings(snapshot: Snapshot): void {
    const key = JSON.stringify([snapshot.findings.map(({ sinceMs: _since, ...rest }) => rest), this.#actions]);
    const canSilence = this.#actions.includes('acknowledge');
    rebuild(byId('findings'), key, () =>
      snapshot.findings.length === 0
        ? [h('p', 'none', {}, 'Nothing found wrong so far.')]
        : quietLast(findingsWorstFirst(snapshot)).map((finding) => findingCard(finding, canSilence)),
    );
  }
}

const SEVERITY: Readonly<Record<Finding['severity'], string>> = { alarm: '▲', warning: '●', info: 'i' };
const CONFIDENCE: Readonly<Record<Finding['confidence'], string>> = {
  high: 'sure',
  medium: 'likely',
  low: 'a guess',
};

export function findingCard(finding: Finding, canSilence = false): HTMLElement {
  const silence = h('button', 'quiet', { type: 'button' }, 'Got it');
  silence.addEventListener('click', () => {
    void act('acknowledge', { code: finding.code, where: finding.where }).then((answer) =>
      answer.ok ? say('Noted: quiet until it comes again.') : sayFault(answer.fault),
    );
  });
  return h(
    'article',
    `finding ${finding.severity}${finding.acknowledged === true ? ' quiet' : ''}`,
    {},
    h(
      'h3',
      '',
      {},
      h('i', '', { 'aria-label': finding.severity, role: 'img' }, SEVERITY[finding.severity]),
      finding.where,
    ),
    h('p', 'symptom', {}, finding.symptom),
    h('p', 'cause', {}, finding.cause, h('small', '', {}, CONFIDENCE[finding.confidence])),
    h('p', 'fix', {}, finding.fix),
    h(
      'div',
      'foot',
      {},
      h('code', '', {}, finding.code),
      finding.acknowledged === true && h('small', '', {}, 'noted, quiet until it comes again'),
      finding.acknowledged !== true && canSilence && finding.severity !== 'info' && silence,
    ),
  );
}
