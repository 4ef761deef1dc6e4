/** The safety recorder: is it armed, what fits on the disk, what is being written, and the two buttons. */
import type { Snapshot } from '../../monitor/snapshot.ts';
import type { RecorderView } from '../../recorder/view.ts';
import { act } from './api.ts';
import { byId, h, rebuild } from './dom.ts';
import { count, duration } from './format.ts';
import { say, sayFault } from './toast.ts';

const STATES: Readonly<Record<RecorderView['state'], string>> = {
  noDisk: 'No disk',
  armed: 'Armed',
  recording: 'Recording',
  faulted: 'Disk trouble',
};

/** `74 min left`, `5 h 10 min left`. */
export function minutesWords(minutes: number): string {
  if (minutes < 120) return `${minutes} min left`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min left`;
}

export function updateRecorder(snapshot: Snapshot, actions: readonly string[]): void {
  const { recorder, take } = snapshot;
  const can = actions.includes('mark-take');
  const running = take !== null;
  const element = byId('recorder');
  // Without a way to mark takes there is none to record either.
  const key = recorder === null && !can ? '' : JSON.stringify([recorder, can, running]);
  rebuild(element, key, () => {
    if (key === '') return [];
    const settings = h('a', 'rec-settings', { href: '#settings' }, 'Settings');
    if (recorder === null) return [h('p', 'rec-off', {}, 'Safety recorder: off. ', settings)];
    const { state, fault, minutesLeft, preRollS, recordedS, lostFrames, file, folder } = recorder;
    const button = h('button', running ? 'running' : '', { type: 'button' }, running ? 'Stop' : 'Record');
    button.addEventListener('click', () => void mark(running ? null : ''));
    const name = file === null ? null : file.slice(file.lastIndexOf('/') + 1);
    return [
      h(
        'div',
        `rec-told ${state}`,
        {},
        h('b', '', {}, `Recorder: ${STATES[state]}`),
        minutesLeft !== null &&
          h('span', minutesLeft < 15 ? 'rec-minutes low' : 'rec-minutes', {}, minutesWords(minutesLeft)),
        state === 'recording' &&
          h('small', '', {}, `${duration(recordedS * 1000)} so far, all channels, in ${name ?? 'a file'}`),
        state === 'armed' &&
          h('small', '', {}, `keeps the last ${Math.floor(preRollS)} s; records into ${folder ?? 'the disk'}`),
        lostFrames > 0 && h('small', 'rec-lost', {}, `${count(lostFrames, 'frame')} lost: silence stands there`),
        fault !== null && h('small', 'rec-lost', {}, `${fault.what} ${fault.fix}`),
        h('small', '', {}, settings),
      ),
      can && button,
    ];
  });
}

async function mark(name: string | null): Promise<void> {
  const answer = await act('mark-take', { name });
  if (!answer.ok) return sayFault(answer.fault);
  say(name === null ? 'Take ended: the file is being closed.' : 'Take begun: it is recorded.');
}
