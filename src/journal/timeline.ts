/** What the timeline draws besides levels: for each bank, which word held from when to when. Pure. */
import { type Static, Type } from 'typebox';
import { SyncWord } from '../monitor/snapshot.ts';
import type { ClockRow } from './shapes.ts';

export const SyncSpan = Type.Object(
  {
    bank: Type.String({ description: 'id of the bank' }),
    fromMs: Type.Number(),
    toMs: Type.Number(),
    sync: SyncWord,
    ppm: Type.Union([Type.Number(), Type.Null()], { description: 'The last that was told in this span.' }),
    uncertaintyPpm: Type.Union([Type.Number(), Type.Null()]),
  },
  { description: 'So long a bank had this word. Where there is no span nothing was watched.' },
);
export type SyncSpan = Static<typeof SyncSpan>;

/** A change of capture: from here on it runs, or does not. */
export interface CaptureEdge {
  readonly ms: number;
  readonly running: boolean;
}

/** Clock rows come once a minute while something is captured. One that is missing for longer than this is a hole. */
const LONGEST_SILENCE_MS = 130_000;
/** Of the words in one step the worst is shown: a fault is never hidden by its neighbours. */
const WORSE: readonly SyncWord[] = ['sync', 'unknown', 'lock', 'noLock'];

const WORDLESS = { sync: 'unknown', ppm: null, uncertaintyPpm: null } as const;

/** The states of capture among the events of a session: kind `state`, detail.state. */
export function captureEdges(
  events: readonly { readonly ms: number; readonly kind: string; readonly detail: Readonly<Record<string, unknown>> }[],
): CaptureEdge[] {
  return events
    .filter(({ kind }) => kind === 'state')
    .map(({ ms, detail }) => ({ ms, running: detail.state === 'running' }));
}

/**
 * Spans of each bank in order of time, by bank. `rows`, `edges`: in order of time. `endMs`: up to where the session is known.
 * `stepMs` > 0: on a grid of such steps, each with the worst word that held in it.
 */
export function syncSpans(
  rows: readonly ClockRow[],
  edges: readonly CaptureEdge[],
  endMs: number,
  stepMs: number,
): SyncSpan[] {
  const spans = new Map<string, SyncSpan[]>();
  let edge = -1;
  rows.forEach((row, i) => {
    const nextMs = Math.min(rows[i + 1]?.ms ?? endMs, row.ms + LONGEST_SILENCE_MS);
    while (edge + 1 < edges.length && edges[edge + 1]!.ms <= row.ms) edge++;
    // The row tells of the stretch that it lies in; a later stretch before the next row begins without a word.
    const stretches: { fromMs: number; toMs: number; told: boolean }[] = [];
    if (edges[edge]?.running ?? true) stretches.push({ fromMs: row.ms, toMs: nextMs, told: true });
    for (let e = edge + 1; e < edges.length && edges[e]!.ms < nextMs; e++) {
      const { ms, running } = edges[e]!;
      const open = stretches.at(-1);
      if (open !== undefined && open.toMs > ms) open.toMs = ms;
      if (running) stretches.push({ fromMs: ms, toMs: nextMs, told: false });
    }
    for (const { id, ...words } of row.banks) {
      const list = spans.get(id) ?? [];
      spans.set(id, list);
      for (const { fromMs, toMs, told } of stretches) {
        const { sync, ppm, uncertaintyPpm } = told ? words : WORDLESS;
        const last = list.at(-1);
        if (last !== undefined && last.toMs >= fromMs && last.sync === sync) {
          list[list.length - 1] = { ...last, toMs, ...(ppm === null ? {} : { ppm, uncertaintyPpm }) };
        } else if (toMs > fromMs) list.push({ bank: id, fromMs, toMs, sync, ppm, uncertaintyPpm });
      }
    }
  });
  return [...spans.values()].flatMap((list) => (stepMs > 0 ? onGrid(list, stepMs) : list));
}

function onGrid(spans: readonly SyncSpan[], stepMs: number): SyncSpan[] {
  const merged: SyncSpan[] = [];
  for (const span of spans) {
    let fromMs = Math.floor(span.fromMs / stepMs) * stepMs;
    const toMs = Math.max(fromMs + stepMs, Math.ceil(span.toMs / stepMs) * stepMs);
    const last = merged.at(-1);
    // The step that two spans share is the worse one's.
    if (last !== undefined && last.toMs > fromMs) {
      const worse = WORSE.indexOf(span.sync) > WORSE.indexOf(last.sync);
      if (!worse) fromMs = last.toMs;
      else if (last.fromMs >= fromMs) merged.pop();
      else merged[merged.length - 1] = { ...last, toMs: fromMs };
    }
    if (toMs <= fromMs) continue;
    const before = merged.at(-1);
    if (before !== undefined && before.toMs === fromMs && before.sync === span.sync) {
      merged[merged.length - 1] = { ...span, fromMs: before.fromMs, toMs };
    } else merged.push({ ...span, fromMs, toMs });
  }
  return merged;
}
