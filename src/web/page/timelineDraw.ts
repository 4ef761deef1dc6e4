/**
 * The timeline's picture. The level history is drawn once into a picture of its own, one column a step; moving and zooming
 * only place that picture anew, so that a phone keeps its rhythm whatever the number of channels.
 */
import type { EventMark } from '../../journal/shapes.ts';
import type { SyncWord } from '../../monitor/snapshot.ts';
import { deflection } from './meters.ts';
import { SYNC_WORDS } from './shapes.ts';
import type { History, Overview } from './timelineData.ts';
import { MARKED } from './timelineData.ts';
import { type Stretch, spanOf, tickStep } from './timelineScale.ts';

const AXIS_PX = 20;
const TAKES_PX = 22;
const EVENTS_PX = 24;
const BANK_PX = 20;
/** A finger is this wide. */
const REACH_PX = 22;

/** One row of the picture, from top to bottom, CSS px. */
export type Row =
  | { readonly kind: 'axis' | 'takes' | 'events'; readonly y: number; readonly height: number }
  | { readonly kind: 'bank'; readonly id: string; readonly name: string; readonly y: number; readonly height: number }
  | {
      readonly kind: 'channel';
      /** 0-based. */
      readonly channel: number;
      readonly name: string;
      readonly y: number;
      readonly height: number;
    };

export interface Layout {
  readonly rows: readonly Row[];
  readonly widthPx: number;
  readonly heightPx: number;
  /** Left of it stand the names. */
  readonly gutterPx: number;
}

export function layOut(overview: Overview | null, widthPx: number): Layout {
  const gutterPx = widthPx < 600 ? 84 : 132;
  const lanePx = widthPx < 600 ? 15 : 17;
  const rows: Row[] = [];
  let y = 0;
  const add = (height: number) => {
    const at = { y, height };
    y += height;
    return at;
  };
  rows.push(
    { kind: 'axis', ...add(AXIS_PX) },
    { kind: 'takes', ...add(TAKES_PX) },
    { kind: 'events', ...add(EVENTS_PX) },
  );
  const stream = overview?.streams.at(-1);
  for (const bank of stream?.banks ?? []) {
    const name = bank.box === null ? bank.name : `${bank.name} ${bank.box}`;
    rows.push({ kind: 'bank', id: bank.id, name, ...add(BANK_PX) });
    for (let channel = bank.first - 1; channel < bank.last; channel++) {
      const called = stream?.channelNames[channel] ?? '';
      rows.push({ kind: 'channel', channel, name: `${channel + 1} ${called}`, ...add(lanePx) });
    }
  }
  return { rows, widthPx, heightPx: y + 4, gutterPx };
}

export interface Colours {
  readonly page: string;
  readonly well: string;
  readonly line: string;
  readonly ink: string;
  readonly soft: string;
  readonly accent: string;
  readonly low: string;
  readonly mid: string;
  readonly over: string;
  readonly words: Readonly<Record<SyncWord, { readonly ink: string; readonly ground: string }>>;
}

export function coloursNow(): Colours {
  const style = getComputedStyle(document.documentElement);
  const of = (name: string) => style.getPropertyValue(name).trim();
  return {
    page: of('--page'),
    well: of('--well'),
    line: of('--line'),
    ink: of('--ink'),
    soft: of('--soft'),
    accent: of('--accent'),
    low: of('--bar-low'),
    mid: of('--bar-mid'),
    over: of('--bar-over'),
    words: {
      sync: { ink: of('--sync'), ground: of('--sync-ground') },
      lock: { ink: of('--lock'), ground: of('--lock-ground') },
      noLock: { ink: of('--nolock'), ground: of('--nolock-ground') },
      unknown: { ink: of('--unknown'), ground: of('--unknown-ground') },
    },
  };
}

/** The history as a picture, a column a step, as high as the layout. */
export interface HistoryPicture {
  readonly canvas: HTMLCanvasElement;
  readonly history: History;
}

/** Height of each code from -128 to 127 in a lane of `px`, and its colour's index. */
function heights(px: number): Float32Array {
  return Float32Array.from({ length: 256 }, (_, i) => Math.max(1, deflection(i - 128) * px));
}

export function paintHistory(history: History, layout: Layout, colours: Colours, ratio: number): HistoryPicture {
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, history.steps);
  canvas.height = Math.max(1, Math.round(layout.heightPx * ratio));
  const context = canvas.getContext('2d')!;
  const { steps, channels, peak, rms, low } = history;
  for (const row of layout.rows) {
    if (row.kind !== 'channel' || row.channel >= channels) continue;
    const top = Math.round((row.y + 1) * ratio);
    const bottom = Math.round((row.y + row.height - 1) * ratio);
    const high = heights(bottom - top);
    const peaks = new Path2D();
    const bodies = new Path2D();
    const overs = new Path2D();
    const zeros = new Path2D();
    for (let s = 0; s < steps; s++) {
      const at = s * channels + row.channel;
      const code = peak[at]!;
      if (code === -128) continue;
      if (code === -127) {
        zeros.rect(s, bottom - 1, 1, 1);
        continue;
      }
      const h = high[code + 128]!;
      peaks.rect(s, bottom - h, 1, h);
      const loud = high[rms[at]! + 128]!;
      const quiet = low[at]! <= -127 ? 0 : high[low[at]! + 128]!;
      bodies.rect(s, bottom - loud, 1, Math.max(1, loud - quiet));
      if (code >= 0) overs.rect(s, top, 1, Math.max(2, (bottom - top) / 4));
    }
    context.globalAlpha = 0.45;
    context.fillStyle = colours.low;
    context.fill(peaks);
    context.globalAlpha = 1;
    context.fillStyle = colours.mid;
    context.fill(bodies);
    context.fillStyle = colours.over;
    context.fill(overs);
    context.fillStyle = colours.soft;
    context.fill(zeros);
  }
  return { canvas, history };
}

export interface Scene {
  readonly layout: Layout;
  readonly view: Stretch;
  readonly overview: Overview | null;
  readonly picture: HistoryPicture | null;
  readonly colours: Colours;
  readonly ratio: number;
  /** Up to where the session goes now. */
  readonly endMs: number;
  readonly chosen: EventMark | null;
  /** An instant under the finger. */
  readonly cursorMs: number | null;
}

const FONT = '500 12px Barlow, system-ui, sans-serif';
const BOLD = '700 12px Barlow, system-ui, sans-serif';

/** x of an instant, CSS px. */
export function xOf(ms: number, view: Stretch, layout: Layout): number {
  return layout.gutterPx + ((ms - view.fromMs) / spanOf(view)) * (layout.widthPx - layout.gutterPx);
}

export function msAt(x: number, view: Stretch, layout: Layout): number {
  return view.fromMs + ((x - layout.gutterPx) / (layout.widthPx - layout.gutterPx)) * spanOf(view);
}

/** The row in which a mark stands: of its channel, of its bank, else that of all. */
export function rowOf(mark: EventMark, layout: Layout): Row {
  const channel = /^\d+$/.test(mark.where) ? Number(mark.where) - 1 : -1;
  return (
    layout.rows.find(
      (row) =>
        (row.kind === 'channel' && mark.kind === 'clip' && row.channel === channel) ||
        (row.kind === 'bank' && row.id === mark.where),
    ) ?? layout.rows.find((row) => row.kind === 'events')!
  );
}

/** The nearest mark under a finger, or null. */
export function markAt(x: number, y: number, scene: Scene): EventMark | null {
  let best: EventMark | null = null;
  let bestPx = REACH_PX;
  for (const mark of scene.overview?.marks ?? []) {
    if (!MARKED.has(mark.kind)) continue;
    const row = rowOf(mark, scene.layout);
    const dx = Math.abs(xOf(mark.ms, scene.view, scene.layout) - x);
    const dy = Math.max(0, Math.abs(y - row.y - row.height / 2) - row.height / 2);
    const px = Math.hypot(dx, dy * 2);
    if (px < bestPx) {
      best = mark;
      bestPx = px;
    }
  }
  return best;
}

export function draw(
  canvas: HTMLCanvasElement,
  scene: Scene,
  clockText: (ms: number, seconds: boolean) => string,
): void {
  const context = canvas.getContext('2d')!;
  const { layout, view, overview, picture, colours, ratio, endMs } = scene;
  const { widthPx, heightPx, gutterPx } = layout;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.fillStyle = colours.page;
  context.fillRect(0, 0, widthPx, heightPx);
  const x = (ms: number) => xOf(ms, view, layout);
  context.save();
  context.beginPath();
  context.rect(gutterPx, 0, widthPx - gutterPx, heightPx);
  context.clip();
  // Lanes: a well as far as the session goes.
  context.fillStyle = colours.well;
  const endX = Math.min(widthPx, x(endMs));
  const startX = Math.max(gutterPx, x(0));
  for (const row of layout.rows) {
    if (row.kind === 'channel' && endX > startX) context.fillRect(startX, row.y + 1, endX - startX, row.height - 2);
  }
  if (picture !== null) {
    const { history, canvas: lanes } = picture;
    const fromX = x(history.fromS * 1000);
    const toX = x((history.fromS + history.steps * history.stepS) * 1000);
    context.imageSmoothingEnabled = false;
    context.drawImage(lanes, fromX, 0, toX - fromX, lanes.height / ratio);
  }
  drawBands(context, scene, x);
  drawTakes(context, scene, x);
  drawAxis(context, scene, x, clockText);
  drawMarks(context, scene, x);
  if (scene.cursorMs !== null) {
    context.fillStyle = colours.ink;
    context.fillRect(Math.round(x(scene.cursorMs)), AXIS_PX, 1, heightPx);
  }
  context.restore();
  // Names.
  context.textBaseline = 'middle';
  context.textAlign = 'left';
  for (const row of layout.rows) {
    const middle = row.y + row.height / 2 + 0.5;
    switch (row.kind) {
      case 'axis':
        break;
      case 'takes':
      case 'events':
        context.font = BOLD;
        context.fillStyle = colours.soft;
        context.fillText(row.kind === 'takes' ? 'Takes' : 'Events', 2, middle);
        break;
      case 'bank':
        context.font = BOLD;
        context.fillStyle = colours.ink;
        context.fillText(fitted(context, row.name, gutterPx - 8), 2, middle);
        break;
      case 'channel':
        context.font = FONT;
        context.fillStyle = colours.soft;
        context.fillText(fitted(context, row.name, gutterPx - 8), 2, middle);
        break;
    }
  }
  if (overview === null) return;
}

function fitted(context: CanvasRenderingContext2D, text: string, widthPx: number): string {
  if (context.measureText(text).width <= widthPx) return text;
  let short = text;
  while (short.length > 1 && context.measureText(`${short}…`).width > widthPx) short = short.slice(0, -1);
  return `${short.trimEnd()}…`;
}

type X = (ms: number) => number;

/** The words of the banks: colour, pattern and, where there is room, the word itself. */
function drawBands(context: CanvasRenderingContext2D, scene: Scene, x: X): void {
  const { layout, overview, colours } = scene;
  for (const row of layout.rows) {
    if (row.kind !== 'bank') continue;
    for (const span of overview?.spans ?? []) {
      if (span.bank !== row.id) continue;
      const from = Math.max(layout.gutterPx, x(span.fromMs));
      const to = Math.min(layout.widthPx, x(span.toMs));
      if (to <= from) continue;
      const { ink, ground } = colours.words[span.sync];
      const top = row.y + 3;
      const height = row.height - 6;
      context.fillStyle = ground;
      context.fillRect(from, top, Math.max(1, to - from), height);
      context.fillStyle = ink;
      // Without colour: a full edge below for sync, a high block for lock, a full one for no lock, nothing for unknown.
      if (span.sync === 'sync') context.fillRect(from, top + height - 3, Math.max(1, to - from), 3);
      else if (span.sync === 'lock') {
        for (let at = from; at < to; at += 6) context.fillRect(at, top, Math.min(3, to - at), height);
      } else if (span.sync === 'noLock') context.fillRect(from, top, Math.max(1, to - from), height);
      const word = SYNC_WORDS[span.sync];
      context.font = BOLD;
      const wide = context.measureText(word).width;
      if (to - from > wide + 14 && span.sync !== 'unknown') {
        const middle = (from + to) / 2;
        context.fillStyle = ground;
        context.fillRect(middle - wide / 2 - 4, top, wide + 8, height);
        context.fillStyle = ink;
        context.textAlign = 'center';
        context.textBaseline = 'middle';
        context.fillText(word, middle, row.y + row.height / 2 + 0.5);
      }
    }
  }
}

const TAKE_WORD = { clean: 'sync', suspect: 'lock', notWatched: 'unknown' } as const;

function drawTakes(context: CanvasRenderingContext2D, scene: Scene, x: X): void {
  const { layout, overview, colours, endMs } = scene;
  const row = layout.rows.find(({ kind }) => kind === 'takes')!;
  context.textAlign = 'left';
  context.textBaseline = 'middle';
  context.font = BOLD;
  for (const take of overview?.takes ?? []) {
    const from = x(take.startedMs);
    const to = x('endedMs' in take ? take.endedMs : endMs);
    if (to < layout.gutterPx || from > layout.widthPx) continue;
    const { ink, ground } = colours.words[TAKE_WORD[take.verdict.word]];
    const width = Math.max(3, to - from);
    context.fillStyle = ground;
    context.fillRect(from, row.y + 2, width, row.height - 4);
    context.fillStyle = ink;
    context.fillRect(from, row.y + 2, 2, row.height - 4);
    context.fillRect(from, row.y + 2, width, 2);
    if (width < 24) continue;
    const left = Math.max(from + 6, layout.gutterPx + 4);
    context.fillText(
      fitted(context, take.name, Math.min(to, layout.widthPx) - left - 2),
      left,
      row.y + row.height / 2 + 1,
    );
  }
}

function drawAxis(
  context: CanvasRenderingContext2D,
  scene: Scene,
  x: X,
  clockText: (ms: number, seconds: boolean) => string,
): void {
  const { layout, view, overview, colours } = scene;
  const stepS = tickStep(spanOf(view), layout.widthPx - layout.gutterPx, 62);
  // Ticks stand on whole times of the wall clock here.
  const zone = new Date().getTimezoneOffset() * 60_000;
  const startMs = (overview?.session.startedWallMs ?? 0) - zone;
  const first = Math.ceil((startMs + view.fromMs) / 1000 / stepS) * stepS * 1000 - startMs;
  context.font = FONT;
  context.textBaseline = 'middle';
  context.textAlign = 'center';
  for (let ms = first; ms <= view.toMs; ms += stepS * 1000) {
    const at = Math.round(x(ms));
    context.fillStyle = colours.line;
    context.fillRect(at, AXIS_PX - 3, 1, layout.heightPx);
    context.fillStyle = colours.soft;
    // At either end the word stands beside its line, and is not cut.
    const word = clockText(ms, stepS < 60);
    const half = context.measureText(word).width / 2;
    const middle = Math.min(Math.max(at, layout.gutterPx + half), layout.widthPx - half);
    context.fillText(word, middle, AXIS_PX / 2);
  }
}

/** Each kind has a shape of its own; colour says how bad. */
function drawMarks(context: CanvasRenderingContext2D, scene: Scene, x: X): void {
  const { layout, overview, colours, chosen } = scene;
  for (const mark of overview?.marks ?? []) {
    if (!MARKED.has(mark.kind)) continue;
    const at = x(mark.ms);
    if (at < layout.gutterPx - 8 || at > layout.widthPx + 8) continue;
    const row = rowOf(mark, layout);
    const y = row.y + row.height / 2;
    const size = row.kind === 'channel' ? 4 : 6;
    context.fillStyle =
      mark.severity === 'alarm' ? colours.over : mark.severity === 'warning' ? colours.accent : colours.soft;
    context.strokeStyle = colours.page;
    context.lineWidth = 1.5;
    context.beginPath();
    switch (mark.kind) {
      case 'clip':
        context.moveTo(at - size, y - size);
        context.lineTo(at + size, y - size);
        context.lineTo(at, y + size);
        break;
      case 'slip':
        context.moveTo(at, y - size);
        context.lineTo(at + size, y);
        context.lineTo(at, y + size);
        context.lineTo(at - size, y);
        break;
      case 'finding':
        context.moveTo(at, y - size);
        context.lineTo(at + size, y + size);
        context.lineTo(at - size, y + size);
        break;
      case 'mark':
        context.rect(at - 1, y - size, 2, 2 * size);
        context.rect(at, y - size, size, size);
        break;
      case 'state':
        context.arc(at, y, size - 1, 0, 2 * Math.PI);
        break;
      default:
        context.rect(at - size + 1, y - size + 1, 2 * size - 2, 2 * size - 2);
    }
    context.closePath();
    context.stroke();
    context.fill();
    if (
      mark === chosen ||
      (chosen !== null && mark.ms === chosen.ms && mark.kind === chosen.kind && mark.where === chosen.where)
    ) {
      context.strokeStyle = colours.ink;
      context.lineWidth = 2;
      context.strokeRect(at - size - 4, y - size - 3, 2 * size + 8, 2 * size + 6);
    }
  }
}
