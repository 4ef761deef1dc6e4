/** `ClockSource` over a card's controls: real ones through libasound, or a dump that stands in for a card. */
import { good, type Outcome } from '../../fault.ts';
import { type ControlBoard, type ControlDump, openControls, ReplayBoard } from '../alsa/controls.ts';
import type { ClockRead, ClockReading, ClockSource, ClockStream } from '../ports.ts';
import { readClock } from './readClock.ts';

/** Controls of card `hw:1`. */
export function alsaClockSource(ctl: string, usbId: string | null): ClockSource {
  return {
    open(): Outcome<ClockStream> {
      const opened = openControls(ctl);
      return opened.ok ? good(clockStream(opened.value, usbId)) : opened;
    },
  };
}

/** A simulated card from a dump. */
export function dumpClockSource(dump: ControlDump): ClockSource {
  return { open: () => good(clockStream(new ReplayBoard(dump), dump.usbId)) };
}

export function clockStream(board: ControlBoard, usbId: string | null): ClockStream {
  let streaming = false;
  let due = true;
  let before: ClockReading | null = null;
  return {
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
