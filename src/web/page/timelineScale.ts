/** The arithmetic of the timeline: what is in view, how fine it is asked for, where its ticks stand. Pure. */

/** A stretch of the session, ms since its start. */
export interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Steps of the level history that are asked for, s. From a minute on they are whole minutes: those are read ready-made. */
const STEPS_S = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200, 3600] as const;
const SHORTEST_MS = 10_000;
const TICKS_S = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800, 86_400] as const;

export function spanOf(stretch: Stretch): number {
  return stretch.toMs - stretch.fromMs;
}

/** Keeps a view inside the session: no shorter than 10 s, no longer than the session (or a minute, when that is shorter). */
export function clampView(view: Stretch, endMs: number): Stretch {
  const longest = Math.max(60_000, endMs);
  const span = Math.min(longest, Math.max(SHORTEST_MS, spanOf(view)));
  const middle = (view.fromMs + view.toMs) / 2;
  const from = Math.min(Math.max(0, middle - span / 2), Math.max(0, longest - span));
  return { fromMs: from, toMs: from + span };
}

/** Zooms by `factor` (over 1: closer) around an instant, which stays where it is. */
export function zoomView(view: Stretch, factor: number, aroundMs: number, endMs: number): Stretch {
  const span = Math.min(Math.max(60_000, endMs), Math.max(SHORTEST_MS, spanOf(view) / factor));
  const share = (aroundMs - view.fromMs) / spanOf(view);
  const from = aroundMs - share * span;
  return clampView({ fromMs: from, toMs: from + span }, endMs);
}

/** Step of the history, s: a step is no narrower than a pixel. */
export function stepFor(spanMs: number, widthPx: number): number {
  const least = spanMs / 1000 / Math.max(1, widthPx);
  return STEPS_S.find((step) => step >= least) ?? 3600;
}

/** What is asked for: the view and as much again on either side, on the grid of the step, within the session. */
export function stretchToLoad(view: Stretch, stepS: number, endMs: number): { fromS: number; toS: number } {
  const span = spanOf(view);
  const fromS = Math.max(0, Math.floor((view.fromMs - span) / 1000 / stepS) * stepS);
  const toS = Math.min(Math.ceil((view.toMs + span) / 1000 / stepS), Math.ceil(endMs / 1000 / stepS)) * stepS;
  return { fromS, toS: Math.max(fromS + stepS, toS) };
}

/** Distance of the ticks of the time axis, s: at least `leastPx` apart. */
export function tickStep(spanMs: number, widthPx: number, leastPx: number): number {
  const least = ((spanMs / 1000) * leastPx) / Math.max(1, widthPx);
  return TICKS_S.find((step) => step >= least) ?? 86_400;
}

/** base64 of int8 -> codes. */
export function codesOf(base64: string): Int8Array {
  const text = atob(base64);
  const codes = new Int8Array(text.length);
  for (let i = 0; i < text.length; i++) codes[i] = (text.charCodeAt(i) << 24) >> 24;
  return codes;
}
