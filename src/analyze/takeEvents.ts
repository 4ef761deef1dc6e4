/** What happened in a take, gathered in more than one place and put together as if it had been in one. */

export const MAX_EVENTS = 10_000;

/** Who finds what in a block, in turn. */
const TURNS = ['detector', 'meter', 'verdict'] as const;

interface Ordered {
  readonly order: number;
  readonly frame: number;
  readonly code: string;
  /** 1-based. */
  readonly channels: readonly number[];
}

export interface TakeEvent {
  readonly frame: number;
  readonly code: string;
  readonly channels: readonly number[];
}

export class TakeEvents {
  /** Public for it crosses to another thread, which leaves a class behind. */
  readonly found: Ordered[] = [];
  cut = false;

  static order(block: number, turn: (typeof TURNS)[number]): number {
    return block * TURNS.length + TURNS.indexOf(turn);
  }

  /** In rising order; `columns` are 0-based channels. No more than MAX_EVENTS are kept. */
  add(order: number, frame: number, code: string, columns: readonly number[]): void {
    if (this.found.length < MAX_EVENTS) this.found.push({ order, frame, code, channels: columns.map((c) => c + 1) });
    else this.cut = true;
  }

  /** The first MAX_EVENTS as they were found, then by their frames; `events-cut` at `frames`, the take's end, where there were more. */
  static together(parts: readonly Pick<TakeEvents, 'found' | 'cut'>[], frames: number): TakeEvent[] {
    const all = parts.flatMap(({ found }) => found).sort((a, b) => a.order - b.order);
    const cut = all.length > MAX_EVENTS || parts.some((part) => part.cut);
    return [
      ...all
        .slice(0, MAX_EVENTS)
        .sort((a, b) => a.frame - b.frame)
        .map(({ frame, code, channels }) => ({ frame, code, channels })),
      ...(cut ? [{ frame: frames, code: 'events-cut', channels: [] }] : []),
    ];
  }
}
