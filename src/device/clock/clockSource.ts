/** `ClockSource` over a card's controls: real ones through libasound, or a dump that stands in for a card. */
import { bad, good, type Outcome } from '../../fault.ts';
import { cardOfPcm, listCards } from '../alsa/cards.ts';
import { type ControlBoard, type ControlDump, openControls, ReplayBoard } from '../alsa/controls.ts';
import { pcmOfDevice } from '../alsa/findCard.ts';
import type { ClockRead, ClockReading, ClockSource, ClockStream } from '../ports.ts';
import { readClock } from './readClock.ts';

/** Controls of card `hw:1`. `bellFd`: ends a wait when it rings. */
export function alsaClockSource(ctl: string, usbId: string | null, bellFd: number | null = null): ClockSource {
  return {
    open(): Outcome<ClockStream> {
      const opened = openControls(ctl, { bellFd });
      return opened.ok ? good(clockStream(opened.value, usbId)) : opened;
    },
  };
}

/**
 * Controls of the card that a PCM name, a USB id or `auto` means: looked for anew at each opening. Faults as those of
 * `openControls`, and device-absent.
 */
export function alsaCardClockSource(device: string, bellFd: number | null = null, procRoot?: string): ClockSource {
  return {
    open(): Outcome<ClockStream> {
      const cards = listCards(procRoot);
      const pcm = pcmOfDevice(device, cards);
      const at = pcm === null ? null : cardOfPcm(pcm, procRoot);
      if (at === null)
        return bad(
          'controls-absent',
          `${device} has no controls here.`,
          'Plug the interface in; it is found by itself.',
        );
      const usbId = cards.find((card) => card.number === at.card)?.usbId ?? null;
      return alsaClockSource(`hw:${at.card}`, usbId, bellFd).open();
    },
  };
}

/** A simulated card from a dump. */
export function dumpClockSource(dump: ControlDump, sleepMs: (ms: number) => void): ClockSource {
  return { open: () => good(clockStream(new ReplayBoard(dump, sleepMs), dump.usbId)) };
}

export function clockStream(board: ControlBoard, usbId: string | null): ClockStream {
  let streaming = false;
  let due = true;
  let before: ClockReading | null = null;
  return {
    usbId,
    setStreaming(now) {
      if (now !== streaming) due = true;
      streaming = now;
    },
    read(waitMs): ClockRead {
      const updated = board.update(due ? 0 : waitMs);
      if (!updated.ok) return { kind: 'gone', fault: updated.fault };
      if (!updated.value && !due) return { kind: 'idle' };
      due = false;
      const reading = readClock(board.controls, { usbId, streaming });
      const from = before?.source ?? null;
      before = reading;
      const changed = from !== null && reading.source !== null && from !== reading.source;
      return { kind: 'reading', reading, source: changed ? { from, to: reading.source } : null };
    },
    close: () => board.close(),
  };
}
