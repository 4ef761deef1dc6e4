/**
 * The live stream in the browser: opens it, opens it again after a loss (0.5 s, doubling to 8 s, with jitter), says when
 * nothing has come for a second, and closes it while the page is hidden.
 */
import type { Snapshot } from '../../monitor/snapshot.ts';

export interface LevelsEvent {
  readonly seq: number;
  readonly fromFrame: number;
  readonly frame: number;
  readonly peakDbfs: readonly (number | null)[];
  readonly truePeakDbtp: readonly (number | null)[];
  readonly rmsDbfs: readonly (number | null)[];
  /** The chosen meter, where it is not the digital one. */
  readonly meterDbfs?: readonly (number | null)[];
  readonly clips: readonly number[];
}

/** connecting: no word yet. live: all is fresh. stale: the stream is open but silent for over a second, or lost. */
export type LinkState = 'connecting' | 'live' | 'stale';

export interface StreamEvents {
  levels(event: LevelsEvent): void;
  snapshot(snapshot: Snapshot): void;
  /** `silentMs`: since the last event of any kind; 0 while live. */
  link(state: LinkState, silentMs: number): void;
}

const STALE_MS = 1000;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 8000;

export function openStream(events: StreamEvents): void {
  let source: EventSource | null = null;
  let waitMs = FIRST_WAIT_MS;
  let timer = 0;
  let lastEventMs: number | null = null;

  const heard = () => {
    lastEventMs = performance.now();
    waitMs = FIRST_WAIT_MS;
    events.link('live', 0);
  };
  const close = () => {
    source?.close();
    source = null;
    clearTimeout(timer);
  };
  const open = () => {
    close();
    const fresh = new EventSource('/api/live');
    source = fresh;
    fresh.addEventListener('levels', (event) => {
      heard();
      events.levels(JSON.parse(event.data));
    });
    fresh.addEventListener('snapshot', (event) => {
      heard();
      events.snapshot(JSON.parse(event.data));
    });
    fresh.addEventListener('beat', heard);
    fresh.addEventListener('error', () => {
      if (source !== fresh) return;
      close();
      // Jitter: sixteen phones must not all come back in one instant after a restart.
      timer = setTimeout(open, waitMs * (0.75 + Math.random() / 2));
      waitMs = Math.min(LONGEST_WAIT_MS, waitMs * 2);
    });
  };

  setInterval(() => {
    if (lastEventMs === null || document.hidden) return;
    const silentMs = performance.now() - lastEventMs;
    if (silentMs <= STALE_MS) return;
    events.link('stale', silentMs);
    // An open connection that says nothing for 8 s is dead: a phone that changed its network never hears the end.
    if (source !== null && silentMs > LONGEST_WAIT_MS) open();
  }, 250);
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) {
      close();
    } else {
      waitMs = FIRST_WAIT_MS;
      open();
    }
  });
  events.link('connecting', 0);
  if (!document.hidden) open();
}
