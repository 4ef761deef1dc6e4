/**
 * Takes: what is marked while the band plays, and what can be said of it afterwards. Pure: time, frames and events come in.
 *
 * A take never opens or closes anything: it is a mark on what is watched anyway. Its verdict counts what fell into it.
 */
import { type Static, Type } from 'typebox';
import { assertNever, bad, good, type Outcome } from '../fault.ts';
import type { MonitorEvent } from './captureMessages.ts';

export const TakeOrigin = Type.Enum(['button', 'page', 'osc', 'signal'], {
  description: "Who marked it: the panel's button, the page or another program over HTTP, an OSC message, or a signal.",
});
export type TakeOrigin = Static<typeof TakeOrigin>;

export const TakeVerdictWord = Type.Enum(['clean', 'suspect', 'notWatched'], {
  description:
    'suspect: something happened that may be heard. notWatched: nothing was seen, but part of it was not watched. clean: all of it was watched and nothing happened.',
});
export type TakeVerdictWord = Static<typeof TakeVerdictWord>;

/** Suspects told one by one; more are only counted. */
export const SUSPECTS_TOLD = 32;

/** Events kept for a take that turns out to have begun before them. */
const RECENT_EVENTS = 256;

export const Suspect = Type.Object({
  kind: Type.Enum(['clip', 'slip', 'usbLoss', 'xrun', 'clockChange', 'clockSource', 'portLock']),
  where: Type.String({ description: 'Channel number, id of the bank or port, or `all`.' }),
  frame: Type.Integer({ description: 'Frame of the stream.' }),
  atMs: Type.Integer({ description: 'From the start of the take; negative where it began before.' }),
});
export type Suspect = Static<typeof Suspect>;

const TakeBase = {
  id: Type.String({ description: 'Unique in the journal.' }),
  name: Type.String(),
  startedFrame: Type.Integer({ description: 'Frame of the stream at the start.' }),
  startedMs: Type.Integer({ description: 'uptimeMs of the start.' }),
  startedAt: Type.String({ description: 'Wall clock of the start, ISO 8601, UTC.' }),
  by: TakeOrigin,
  clips: Type.Array(Type.Integer({ minimum: 0 }), { description: 'Clip events of channel 1, 2, ... in this take.' }),
  verdict: Type.Object({
    word: TakeVerdictWord,
    suspects: Type.Integer({ minimum: 0, description: 'Events that make it suspect, all of them.' }),
    first: Type.Array(Suspect, { maxItems: SUSPECTS_TOLD, description: `The first ${SUSPECTS_TOLD}.` }),
    notWatchedMs: Type.Integer({ minimum: 0, description: 'Time in which nothing was captured.' }),
    lossesHiddenMs: Type.Integer({
      minimum: 0,
      description:
        'Time in which a single lost USB packet, or a small change of the clock, would not have shown by when frames arrive: this box came too late to them, or the stream had just begun. What can be heard of a loss was told all the same.',
    }),
    untold: Type.Array(Type.String(), {
      description: 'Banks in use whose clock could not be told at any time of the take: silence, or no evidence.',
    }),
  }),
};

export const RunningTake = Type.Object(TakeBase, { description: 'The take that runs.' });
export type RunningTake = Static<typeof RunningTake>;

export const EndedTake = Type.Object(
  {
    ...TakeBase,
    endedFrame: Type.Integer({ description: 'Frame of the stream at the end.' }),
    endedMs: Type.Integer({ description: 'uptimeMs of the end.' }),
    endedAt: Type.String({ description: 'Wall clock of the end, ISO 8601, UTC.' }),
  },
  { description: 'The last take.' },
);
export type EndedTake = Static<typeof EndedTake>;

/** The instant of a mark. */
export interface TakeInstant {
  /** Frame of the stream. */
  readonly frame: number;
  /** Monotonic, ms since the start of the program. */
  readonly uptimeMs: number;
  /** Wall clock, ms since 1970. */
  readonly wallMs: number;
}

interface Running {
  readonly id: string;
  readonly name: string;
  readonly by: TakeOrigin;
  readonly at: TakeInstant;
  rateHz: number;
  clips: number[];
  suspects: number;
  readonly first: Suspect[];
  notWatchedMs: number;
  notWatchedSinceMs: number | null;
  lossesHiddenMs: number;
  lossesHiddenSinceMs: number | null;
  /** Frame of the present stream at `streamMs`: a stream that began in the take counts from its own start. */
  streamFrame: number;
  streamMs: number;
  /** Digital banks in use: whether their clock could be told at any time. */
  readonly told: Map<string, boolean>;
}

export class Takes {
  #running: Running | null = null;
  #last: EndedTake | null = null;
  /** The tally behind `#last`, while its stream goes on: a comb proves slips after they happened, maybe after the take. */
  #lastTally: Running | null = null;
  #number: number;
  #watching = false;
  #lossesHidden = false;
  /** What happened lately: a take that begins by itself began a little before. */
  #recent: MonitorEvent[] = [];
  #rateHz = 0;
  #channels = 0;
  readonly #onEnd: (take: EndedTake) => void;
  readonly #onStart: (take: RunningTake) => void;
  readonly #onAmend: (take: EndedTake) => void;

  constructor(
    parts: {
      /** Takes so far, of earlier runs: the next is `Take n+1`. */
      readonly before?: number;
      readonly onStart?: (take: RunningTake) => void;
      readonly onEnd?: (take: EndedTake) => void;
      /** Something that fell into a take that had ended was proven only now. */
      readonly onAmend?: (take: EndedTake) => void;
    } = {},
  ) {
    this.#number = parts.before ?? 0;
    this.#onStart = parts.onStart ?? (() => {});
    this.#onAmend = parts.onAmend ?? (() => {});
    this.#onEnd = parts.onEnd ?? (() => {});
  }

  get running(): boolean {
    return this.#running !== null;
  }

  /** Takes are numbered on from earlier runs, once the journal has told. */
  numberFrom(before: number): void {
    this.#number = Math.max(this.#number, before);
  }

  /** Begins a take. `name` null or empty: `Take n`. A fault when one runs already. */
  start(name: string | null, by: TakeOrigin, at: TakeInstant): Outcome<RunningTake> {
    if (this.#running !== null) {
      return bad('take-runs', `${this.#running.name} is running.`, 'End it first.');
    }
    this.#number++;
    const stamp = new Date(at.wallMs).toISOString().replace(/[-:]|\.\d+/g, '');
    this.#running = {
      id: `${stamp}-${this.#number}`,
      name: name === null || name.trim() === '' ? `Take ${this.#number}` : name.trim(),
      by,
      at,
      rateHz: this.#rateHz,
      clips: new Array<number>(this.#channels).fill(0),
      suspects: 0,
      first: [],
      notWatchedMs: 0,
      notWatchedSinceMs: this.#watching ? null : at.uptimeMs,
      lossesHiddenMs: 0,
      lossesHiddenSinceMs: this.#lossesHidden ? at.uptimeMs : null,
      streamFrame: at.frame,
      streamMs: at.uptimeMs,
      told: new Map(),
    };
    for (const event of this.#recent) if (event.frame >= at.frame) this.#judge(event);
    const take = this.#describe(this.#running, at.uptimeMs);
    this.#onStart(take);
    return good(take);
  }

  /** Ends the take that runs. A fault when none does. */
  end(at: TakeInstant): Outcome<EndedTake> {
    if (this.#running === null) return bad('take-none', 'No take is running.', 'Begin one first.');
    const ended: EndedTake = {
      ...this.#describe(this.#running, at.uptimeMs),
      endedFrame: at.frame,
      endedMs: Math.floor(at.uptimeMs),
      endedAt: new Date(at.wallMs).toISOString(),
    };
    this.#lastTally = this.#running;
    this.#running = null;
    this.#last = ended;
    this.#onEnd(ended);
    return good(ended);
  }

  /** A stream opened: its frames count anew. */
  onStream(rateHz: number, channels: number, uptimeMs: number): void {
    this.#rateHz = rateHz;
    this.#channels = channels;
    this.#lastTally = null;
    this.#recent = [];
    if (this.#running === null) return;
    this.#running.rateHz = rateHz;
    this.#running.streamFrame = 0;
    this.#running.streamMs = uptimeMs;
    while (this.#running.clips.length < channels) this.#running.clips.push(0);
  }

  /** Whether frames are captured and judged now. */
  onWatching(watching: boolean, uptimeMs: number): void {
    this.#watching = watching;
    const take = this.#running;
    if (take === null) return;
    if (!watching) take.notWatchedSinceMs ??= uptimeMs;
    else if (take.notWatchedSinceMs !== null) {
      take.notWatchedMs += uptimeMs - take.notWatchedSinceMs;
      take.notWatchedSinceMs = null;
    }
  }

  /** Whether single lost USB packets would not show by their arrival now. */
  onLossesHidden(hidden: boolean, uptimeMs: number): void {
    this.#lossesHidden = hidden;
    const take = this.#running;
    if (take === null) return;
    if (hidden) take.lossesHiddenSinceMs ??= uptimeMs;
    else if (take.lossesHiddenSinceMs !== null) {
      take.lossesHiddenMs += uptimeMs - take.lossesHiddenSinceMs;
      take.lossesHiddenSinceMs = null;
    }
  }

  /** Digital banks that are in use now, and whether their clock can be told. */
  onBanks(banks: readonly { readonly id: string; readonly told: boolean }[]): void {
    if (this.#running === null) return;
    for (const { id, told } of banks) this.#running.told.set(id, told || this.#running.told.get(id) === true);
  }

  onEvent(event: MonitorEvent): void {
    this.#recent.push(event);
    if (this.#recent.length > RECENT_EVENTS) this.#recent.shift();
    this.#judge(event);
  }

  #judge(event: MonitorEvent): void {
    // A switch of a preamp is a person's own doing; a lock that came back is no fault.
    if (event.kind === 'inputSwitch') return;
    if (event.kind === 'portLock' && event.lock !== 'noLock' && event.lock !== 'lock') return;
    if (this.#running !== null && atMsOf(this.#running, event.frame) >= 0) {
      count(this.#running, event);
      return;
    }
    // What happened before the mark does not belong to the take; it may belong to the one before.
    const [last, tally] = [this.#last, this.#lastTally];
    if (last === null || tally === null || event.frame > last.endedFrame || atMsOf(tally, event.frame) < 0) return;
    count(tally, event);
    this.#last = {
      ...last,
      clips: [...tally.clips],
      verdict: { ...last.verdict, word: 'suspect', suspects: tally.suspects, first: [...tally.first] },
    };
    this.#onAmend(this.#last);
  }

  /** Events that were only counted are suspects too. */
  onDropped(count: number): void {
    if (this.#running !== null) this.#running.suspects += count;
  }

  /** For the Snapshot. */
  view(uptimeMs: number): { readonly take: RunningTake | null; readonly lastTake: EndedTake | null } {
    return { take: this.#running === null ? null : this.#describe(this.#running, uptimeMs), lastTake: this.#last };
  }

  #describe(take: Running, uptimeMs: number): RunningTake {
    const sinceThen = (sinceMs: number | null) => (sinceMs === null ? 0 : Math.max(0, uptimeMs - sinceMs));
    const notWatchedMs = Math.round(take.notWatchedMs + sinceThen(take.notWatchedSinceMs));
    return {
      id: take.id,
      name: take.name,
      startedFrame: take.at.frame,
      startedMs: Math.floor(take.at.uptimeMs),
      startedAt: new Date(take.at.wallMs).toISOString(),
      by: take.by,
      clips: [...take.clips],
      verdict: {
        word:
          take.suspects > 0 ? 'suspect' : notWatchedMs > 0 || take.notWatchedSinceMs !== null ? 'notWatched' : 'clean',
        suspects: take.suspects,
        first: [...take.first],
        notWatchedMs,
        lossesHiddenMs: Math.round(take.lossesHiddenMs + sinceThen(take.lossesHiddenSinceMs)),
        untold: [...take.told].filter(([, told]) => !told).map(([id]) => id),
      },
    };
  }
}

type Suspicious = Exclude<MonitorEvent, { readonly kind: 'inputSwitch' }>;

/** From the start of the take. */
function atMsOf(take: Running, frame: number): number {
  const sinceStreamMs = take.rateHz === 0 ? 0 : ((frame - take.streamFrame) / take.rateHz) * 1000;
  return Math.round(take.streamMs - take.at.uptimeMs + sinceStreamMs);
}

function count(take: Running, event: Suspicious): void {
  take.suspects++;
  let where: string;
  switch (event.kind) {
    case 'clip':
      where = String(event.channel);
      take.clips[event.channel - 1] = (take.clips[event.channel - 1] ?? 0) + 1;
      break;
    case 'slip':
      where = event.bank;
      break;
    case 'portLock':
      where = event.port;
      break;
    case 'usbLoss':
    case 'xrun':
    case 'clockChange':
    case 'clockSource':
      where = 'all';
      break;
    default:
      assertNever(event);
  }
  const atMs = atMsOf(take, event.frame);
  if (take.first.length < SUSPECTS_TOLD) take.first.push({ kind: event.kind, where, frame: event.frame, atMs });
}
