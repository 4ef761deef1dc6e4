/**
 * The drawing of a slip: each channel of the bank over 40 ms and, beside it, the 49 frames around the place, one dot a sample;
 * below, what a predictor fitted to the sound around could not foresee. A true slip stands on all channels at one frame.
 */
import { levinson } from '../dsp/slip/predictor.ts';
import type { Drawing, Shape } from './drawing.ts';
import type { Snippet } from './snippet.ts';

export interface SlipCaption {
  readonly id: string;
  readonly name: string;
  readonly box: string | null;
  readonly kind: 'drop' | 'repeat' | 'zeros';
  readonly frames: number;
  readonly frame: number;
  readonly ppm: number | null;
}

const WIDTH = 960;
const LEFT = { x: 84, width: 470 };
const RIGHT = { x: 590, width: 356 };
const HEAD = 62;
const ROW = 52;
const RESIDUAL = 84;
const FOOT = 26;
/** Frames on either side of the place in the right-hand column. */
const NEAR = 24;
const ORDER = 24;
/** Frames around the place that do not train the predictor. */
const GAP = 16;
const INK = '#20242c';
const FAINT = '#d5d9e0';
const GREY = '#6b7280';
const WAVE = '#2b5c9e';
const MARK = '#c8321e';
const SHADE = '#f8dcd6';
const PAPER = '#ffffff';

/** `1 frame missing`, `32 frames of zeros`. */
export function slipWords(kind: SlipCaption['kind'], frames: number): string {
  const many = `${frames} frame${frames === 1 ? '' : 's'}`;
  return { drop: `${many} missing`, repeat: `${many} twice`, zeros: `${many} of zeros` }[kind];
}

/** `0:25.72`. */
function timeText(frame: number, rateHz: number): string {
  const s = frame / rateHz;
  return `${Math.floor(s / 60)}:${(s % 60).toFixed(3).padStart(6, '0')}`;
}

/** One channel's samples, -1..1. */
function channelOf(snippet: Snippet, c: number): Float64Array {
  const channels = snippet.channels.length;
  return Float64Array.from(
    { length: snippet.samples.length / channels },
    (_, n) => snippet.samples[n * channels + c]! / 2 ** 31,
  );
}

/** Size of the prediction residual over its own median, dB (0 and more), forwards from a filter fitted around the place. */
export function residualDb(x: Float64Array, place: number): Float64Array {
  const r = new Float64Array(ORDER + 1);
  for (const [from, to] of [
    [0, place - GAP],
    [place + GAP, x.length],
  ] as const) {
    const length = Math.max(0, to - from);
    const windowed = Float64Array.from(
      { length },
      (_, i) => x[from + i]! * (0.5 - 0.5 * Math.cos((2 * Math.PI * (i + 0.5)) / length)),
    );
    for (let lag = 0; lag <= ORDER; lag++)
      for (let n = lag; n < length; n++) r[lag]! += windowed[n]! * windowed[n - lag]!;
  }
  const out = new Float64Array(x.length);
  const filter = new Float64Array(ORDER + 1);
  if (levinson(r, ORDER, 1e-15, filter, new Float64Array(ORDER + 1)) === 0) return out;
  for (let n = ORDER; n < x.length; n++) {
    let e = 0;
    for (let k = 0; k <= ORDER; k++) e += filter[k]! * x[n - k]!;
    out[n] = Math.abs(e);
  }
  const median = out.slice(ORDER).sort()[(x.length - ORDER) >> 1]!;
  const floor = Math.max(median, 1e-8);
  return out.map((e) => Math.max(0, 20 * Math.log10(e / floor + 1e-9)));
}

/** Draws the slip at `caption.frame` of a snippet of its bank. `names`: one a channel of the snippet, '' for none. */
export function slipPicture(snippet: Snippet, caption: SlipCaption, names: readonly string[] = []): Drawing {
  const rows = snippet.channels.length;
  const frames = snippet.samples.length / rows;
  const place = caption.frame - snippet.firstFrame;
  const height = HEAD + rows * ROW + RESIDUAL + FOOT;
  const shapes: Shape[] = [];
  const text = (
    x: number,
    y: number,
    words: string,
    fill = INK,
    size: 'small' | 'large' = 'small',
    align: 'left' | 'centre' | 'right' = 'left',
  ) => shapes.push({ kind: 'text', x, y, text: words, size, align, fill });
  const title = `${caption.name}${caption.box === null ? '' : ` (${caption.box})`} slipped: ${slipWords(caption.kind, caption.frames)}`;
  const clock =
    caption.ppm === null
      ? ''
      : `, clock ${caption.ppm > 0 ? '+' : ''}${caption.ppm.toFixed(2)} ppm against the interface's`;
  const at = `frame ${caption.frame}, ${timeText(caption.frame, snippet.rateHz)}, ${snippet.rateHz} Hz${clock}`;
  text(12, 10, title, INK, 'large');
  text(12, 30, at, GREY);
  text(LEFT.x, 46, `${((1000 * place) / snippet.rateHz).toFixed(0)} ms before and behind`, GREY);
  text(RIGHT.x, 46, `${NEAR} frames before and behind, a dot a sample`, GREY);

  const leftX = (n: number) => LEFT.x + (LEFT.width * n) / frames;
  const step = RIGHT.width / (2 * NEAR + 1);
  const rightX = (n: number) => RIGHT.x + step * (n - place + NEAR + 0.5);
  // What was moved: the frames that stand there twice or as zeros; for a gap the seam alone.
  const moved = caption.kind === 'drop' ? 0 : caption.frames;
  const bottom = HEAD + rows * ROW + RESIDUAL;
  if (moved > 0) {
    const to = Math.min(place + moved, place + NEAR + 1);
    shapes.push({
      kind: 'rect',
      x: leftX(place),
      y: HEAD,
      width: Math.max(1, leftX(place + moved) - leftX(place)),
      height: bottom - HEAD,
      fill: SHADE,
    });
    shapes.push({
      kind: 'rect',
      x: rightX(place) - step / 2,
      y: HEAD,
      width: step * (to - place),
      height: bottom - HEAD,
      fill: SHADE,
    });
  }
  const residual = new Float64Array(frames);
  for (let c = 0; c < rows; c++) {
    const x = channelOf(snippet, c);
    const middle = HEAD + c * ROW + ROW / 2;
    const peak = x.reduce((max, v) => Math.max(max, Math.abs(v)), 0);
    text(12, middle - 13, `ch ${snippet.channels[c]}`);
    text(12, middle + 1, (names[c] ?? '').slice(0, 11), GREY);
    shapes.push({ kind: 'line', points: [LEFT.x, middle, LEFT.x + LEFT.width, middle], stroke: FAINT, width: 1 });
    shapes.push({ kind: 'line', points: [RIGHT.x, middle, RIGHT.x + RIGHT.width, middle], stroke: FAINT, width: 1 });
    if (peak === 0) {
      text(LEFT.x + LEFT.width - 4, middle - 14, 'digital zero', GREY, 'small', 'right');
      continue;
    }
    const half = ROW / 2 - 4;
    const bars: number[] = [];
    for (let px = 0; px < LEFT.width; px++) {
      const from = Math.floor((px * frames) / LEFT.width);
      const to = Math.max(from + 1, Math.floor(((px + 1) * frames) / LEFT.width));
      let low = x[from]!;
      let high = low;
      // One sample over, so that neighbouring bars touch.
      for (let n = from; n <= to && n < frames; n++) {
        low = Math.min(low, x[n]!);
        high = Math.max(high, x[n]!);
      }
      bars.push(LEFT.x + px + 0.5, middle - (half * high) / peak, middle - (half * low) / peak);
    }
    shapes.push({ kind: 'bars', bars, stroke: WAVE, width: 1 });
    const from = Math.max(0, place - NEAR);
    const to = Math.min(frames - 1, place + NEAR);
    let low = Number.POSITIVE_INFINITY;
    let high = Number.NEGATIVE_INFINITY;
    for (let n = from; n <= to; n++) {
      low = Math.min(low, x[n]!);
      high = Math.max(high, x[n]!);
    }
    const scale = high > low ? (2 * half) / (high - low) : 0;
    const y = (v: number) => middle + half - (v - low) * scale;
    const points: number[] = [];
    for (let n = from; n <= to; n++) points.push(rightX(n), y(x[n]!));
    shapes.push({ kind: 'line', points, stroke: FAINT, width: 1 });
    for (let n = from; n <= to; n++)
      shapes.push({
        kind: 'dot',
        x: rightX(n),
        y: y(x[n]!),
        radius: 1.8,
        fill: n >= place && n < place + moved ? MARK : WAVE,
      });
    const db = residualDb(x, place);
    for (let n = 0; n < frames; n++) residual[n]! += db[n]! / rows;
  }

  const base = HEAD + rows * ROW + RESIDUAL - 8;
  const tallest = Math.max(12, ...residual);
  const scale = (RESIDUAL - 26) / tallest;
  text(12, base - RESIDUAL + 20, 'not', GREY);
  text(12, base - RESIDUAL + 33, 'foreseen', GREY);
  text(12, base - 12, `0-${Math.round(tallest)} dB`, GREY);
  const bars: number[] = [];
  for (let px = 0; px < LEFT.width; px++) {
    let high = 0;
    for (let n = Math.floor((px * frames) / LEFT.width); n < ((px + 1) * frames) / LEFT.width && n < frames; n++)
      high = Math.max(high, residual[n]!);
    bars.push(LEFT.x + px + 0.5, base - high * scale, base);
  }
  const near: number[] = [];
  for (let n = Math.max(0, place - NEAR); n <= Math.min(frames - 1, place + NEAR); n++)
    near.push(rightX(n), base - residual[n]! * scale, base);
  shapes.push({ kind: 'bars', bars, stroke: INK, width: 1 }, { kind: 'bars', bars: near, stroke: INK, width: 4 });
  // The seam: between the last frame before the slip and the first behind it.
  shapes.push({
    kind: 'line',
    points: [leftX(place), HEAD, leftX(place), bottom],
    stroke: MARK,
    width: 1,
    dashed: true,
  });
  shapes.push({
    kind: 'line',
    points: [rightX(place) - step / 2, HEAD, rightX(place) - step / 2, bottom],
    stroke: MARK,
    width: 1,
    dashed: true,
  });
  text(
    12,
    bottom + 6,
    `Lightkeeper, ${caption.id}. What a predictor of ${ORDER} taps did not foresee, mean of the channels, over its median.`,
    GREY,
  );
  return { widthPx: WIDTH, heightPx: height, background: PAPER, shapes, title: `${title}, ${at}` };
}
