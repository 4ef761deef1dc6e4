/** The take: begin and end with the thumb, how long it runs, what fell into it so far. */
import type { Snapshot } from '../../monitor/snapshot.ts';
import type { EndedTake, RunningTake } from '../../monitor/takes.ts';
import { act } from './api.ts';
import { byId, h, rebuild, setText } from './dom.ts';
import { count, duration } from './format.ts';
import { say, sayFault } from './toast.ts';

const WORDS: Readonly<Record<RunningTake['verdict']['word'], string>> = {
  clean: 'clean',
  suspect: 'suspect',
  notWatched: 'not all watched',
};

const KINDS = {
  clip: 'clip',
  slip: 'slip',
  usbLoss: 'USB loss',
  clockChange: 'clock changed',
  xrun: 'overrun',
  clockSource: 'change of clock source',
  portLock: 'lock lost',
} as const;

/** Less is the moment in which a change is being told. */
export const TOLD_HIDDEN_MS = 1000;

/** `suspect: 3 events, the first a clip at 1:02 (Kick in)`. */
export function takeWords(take: RunningTake | EndedTake, snapshot: Snapshot): string {
  const { word, suspects, first, untold, notWatchedMs, lossesHiddenMs } = take.verdict;
  const bankName = (id: string) => snapshot.banks.find((bank) => bank.id === id)?.name ?? id;
  const parts: string[] = [WORDS[word]];
  const one = first[0];
  if (one !== undefined) {
    const place =
      one.kind === 'clip'
        ? (snapshot.channels[Number(one.where) - 1]?.name ?? `channel ${one.where}`)
        : one.kind === 'slip'
          ? bankName(one.where)
          : 'all channels';
    parts.push(`${count(suspects, 'event')}, the first a ${KINDS[one.kind]} at ${duration(one.atMs)} on ${place}`);
  }
  if (notWatchedMs > 0) parts.push(`${duration(notWatchedMs)} not watched`);
  if (lossesHiddenMs >= TOLD_HIDDEN_MS)
    parts.push(`${duration(lossesHiddenMs)} in which a lost USB packet would not show`);
  if (untold.length > 0) parts.push(`clock not told: ${untold.map(bankName).join(', ')}`);
  return parts.join('; ');
}

export function updateTake(snapshot: Snapshot, actions: readonly string[]): void {
  const { take, lastTake } = snapshot;
  const can = actions.includes('mark-take');
  const element = byId('take');
  if (take === null && lastTake === null && !can) {
    element.replaceChildren();
    return;
  }
  const shown = take ?? lastTake;
  const words = shown === null ? '' : takeWords(shown, snapshot);
  rebuild(element, JSON.stringify([take?.id, lastTake?.id, words, can]), () => {
    const button = h(
      'button',
      take === null ? '' : 'running',
      { type: 'button' },
      take === null ? 'Begin take' : 'End take',
    );
    button.addEventListener('click', () => void mark(take === null ? '' : null));
    return [
      shown === null && h('p', 'take-none', {}, 'No take is marked.'),
      shown !== null &&
        h(
          'div',
          `take-told ${shown.verdict.word}`,
          {},
          h('b', '', {}, shown.name),
          h('span', 'take-time', {}, ''),
          h('small', '', {}, words),
        ),
      can && button,
    ];
  });
  const time = element.querySelector('.take-time');
  if (time !== null && shown !== null) {
    const endMs = take === null ? (lastTake?.endedMs ?? 0) : snapshot.uptimeMs;
    setText(time, duration(endMs - shown.startedMs));
  }
}

async function mark(name: string | null): Promise<void> {
  const answer = await act('mark-take', { name });
  if (!answer.ok) return sayFault(answer.fault);
  say(name === null ? 'Take ended.' : 'Take begun.');
}
