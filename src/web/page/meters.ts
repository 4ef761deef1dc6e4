/**
 * The bars: one canvas a bank, drawn with the screen's own rhythm from 25 to 30 level events a second. The fall and the
 * hold are made here, so that the bars move smoothly between events; a peak between two events is never missed, because
 * each event carries the largest sample since the one before.
 */
import type { Snapshot } from '../../monitor/snapshot.ts';
import type { LevelsEvent } from './stream.ts';

/** IEC 60268-18: 20 dB in 1.7 s. */
const FALL_DB_PER_S = 20 / 1.7;
const HOLD_MS = 1000;
export const FLOOR_DB = -70;
export const TICKS_DB = [0, -6, -12, -18, -30, -48] as const;

/** Deflection 0..1 in the manner of IEC 60268-18: wide where it matters, 2.5 % a dB over -20. */
export function deflection(db: number): number {
  if (db <= -70) return 0;
  if (db < -60) return ((db + 70) / 10) * 0.025;
  if (db < -50) return 0.025 + ((db + 60) / 10) * 0.05;
  if (db < -40) return 0.075 + ((db + 50) / 10) * 0.075;
  if (db < -30) return 0.15 + ((db + 40) / 10) * 0.15;
  if (db < -20) return 0.3 + ((db + 30) / 10) * 0.2;
  return Math.min(1, 0.5 + (db + 20) * 0.025);
}

export type Scale = Snapshot['meter'];

/** Deflection and ticks, dBFS, of the chosen meter: its own scale, even in dB; the digital one has the curve above. */
function scaled(scale: Scale | null): { readonly at: (db: number) => number; readonly ticks: readonly number[] } {
  if (scale === null || scale.ballistic === 'digital') return { at: deflection, ticks: TICKS_DB };
  const bottom = scale.zeroAtDbfs + scale.bottomDb;
  const length = scale.topDb - scale.bottomDb;
  return {
    at: (db) => Math.max(0, Math.min(1, (db - bottom) / length)),
    ticks: scale.marks.map(({ atDb }) => scale.zeroAtDbfs + atDb),
  };
}

/** One channel's bar between events. */
interface Bar {
  meterDb: number;
  rmsDb: number;
  holdDb: number;
  holdUntilMs: number;
  clips: number;
}

export class Ballistics {
  readonly bars: Bar[] = [];
  /** Of the newest snapshot. */
  scale: Scale | null = null;
  #lastMs = 0;
  /** The box sends how the meter moves; else it is made here. */
  #sent = false;

  onLevels(event: LevelsEvent, nowMs: number): void {
    while (this.bars.length < event.peakDbfs.length) {
      this.bars.push({ meterDb: -200, rmsDb: -200, holdDb: -200, holdUntilMs: 0, clips: 0 });
    }
    this.bars.length = event.peakDbfs.length;
    this.#sent = event.meterDbfs !== undefined;
    for (const [i, bar] of this.bars.entries()) {
      const peak = event.peakDbfs[i] ?? -200;
      if (event.meterDbfs !== undefined) bar.meterDb = event.meterDbfs[i] ?? -200;
      else if (peak > bar.meterDb) bar.meterDb = peak;
      if (peak >= bar.holdDb) {
        bar.holdDb = peak;
        bar.holdUntilMs = nowMs + HOLD_MS;
      }
      bar.rmsDb = event.rmsDbfs[i] ?? -200;
      bar.clips = event.clips[i] ?? 0;
    }
  }

  /** Lets bars fall to the instant `nowMs`. */
  advance(nowMs: number): void {
    const fallDb = (Math.min(1000, nowMs - this.#lastMs) / 1000) * FALL_DB_PER_S;
    this.#lastMs = nowMs;
    for (const bar of this.bars) {
      if (!this.#sent) bar.meterDb = Math.max(-200, bar.meterDb - fallDb);
      if (nowMs > bar.holdUntilMs) bar.holdDb = Math.max(bar.meterDb, bar.holdDb - fallDb);
    }
  }
}

interface Colours {
  readonly well: string;
  readonly tick: string;
  readonly low: string;
  readonly mid: string;
  readonly high: string;
  readonly over: string;
  readonly hold: string;
  readonly grey: string;
}

export function readColours(): Colours {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string) => style.getPropertyValue(`--${name}`).trim();
  return {
    well: colour('well'),
    tick: colour('tick'),
    low: colour('bar-low'),
    mid: colour('bar-mid'),
    high: colour('bar-high'),
    over: colour('bar-over'),
    hold: colour('bar-hold'),
    grey: colour('bar-grey'),
  };
}

const CLIP_LAMP_PX = 9;
const GAP_PX = 3;

/** One bank's canvas. `first` is the 0-based channel of its first bar; `columns` bars stand side by side. */
export class BankCanvas {
  readonly canvas: HTMLCanvasElement;
  readonly #first: number;
  readonly #bars: number;
  #ratio = 0;
  #width = 0;
  #height = 0;

  constructor(first: number, bars: number) {
    this.canvas = document.createElement('canvas');
    this.canvas.className = 'bars';
    this.canvas.setAttribute('aria-hidden', 'true');
    this.#first = first;
    this.#bars = bars;
  }

  #fit(): CanvasRenderingContext2D | null {
    const ratio = Math.min(3, window.devicePixelRatio || 1);
    const width = this.canvas.clientWidth;
    const height = this.canvas.clientHeight;
    if (width === 0 || height === 0) return null;
    if (ratio !== this.#ratio || width !== this.#width || height !== this.#height) {
      this.#ratio = ratio;
      this.#width = width;
      this.#height = height;
      this.canvas.width = Math.round(width * ratio);
      this.canvas.height = Math.round(height * ratio);
    }
    const context = this.canvas.getContext('2d', { alpha: true });
    context?.setTransform(ratio, 0, 0, ratio, 0, 0);
    return context;
  }

  draw(ballistics: Ballistics, colours: Colours, grey: boolean): void {
    const context = this.#fit();
    if (context === null) return;
    const { at, ticks } = scaled(ballistics.scale);
    const width = this.#width;
    const top = CLIP_LAMP_PX + 3;
    const height = this.#height - top;
    context.clearRect(0, 0, width, this.#height);
    const pitch = width / this.#bars;
    const barWidth = Math.max(2, Math.min(34, pitch - GAP_PX));
    for (let i = 0; i < this.#bars; i++) {
      const bar = ballistics.bars[this.#first + i];
      const x = Math.round(i * pitch + (pitch - barWidth) / 2);
      const w = Math.round(barWidth);
      context.fillStyle = colours.well;
      context.fillRect(x, 0, w, CLIP_LAMP_PX);
      context.fillRect(x, top, w, height);
      if (bar === undefined) continue;
      if (bar.clips > 0) {
        context.fillStyle = grey ? colours.grey : colours.over;
        context.fillRect(x, 0, w, CLIP_LAMP_PX);
      }
      this.#column(context, x, w, top, height, bar, colours, grey, at);
    }
    // Ticks over the bars: the eye finds -18 and -6 at any level.
    context.fillStyle = colours.tick;
    for (const db of ticks) {
      const y = top + height * (1 - at(db));
      context.fillRect(0, Math.round(y), width, 1);
    }
  }

  #column(
    context: CanvasRenderingContext2D,
    x: number,
    w: number,
    top: number,
    height: number,
    bar: Bar,
    colours: Colours,
    grey: boolean,
    at: (db: number) => number,
  ): void {
    const bottom = top + height;
    const yOf = (db: number) => bottom - height * at(db);
    const zones: readonly [number, number, string][] = [
      [FLOOR_DB, -18, colours.low],
      [-18, -6, colours.mid],
      [-6, -1, colours.high],
      [-1, 0, colours.over],
    ];
    const fill = (toDb: number) => {
      for (const [from, to, colour] of zones) {
        if (toDb <= from) break;
        const upper = yOf(Math.min(toDb, to));
        const lower = yOf(from);
        context.fillStyle = grey ? colours.grey : colour;
        context.fillRect(x, upper, w, lower - upper);
      }
    };
    // The peak stands pale behind the solid RMS: both in one bar.
    context.globalAlpha = 0.42;
    fill(bar.meterDb);
    context.globalAlpha = 1;
    fill(Math.min(bar.rmsDb, bar.meterDb));
    if (bar.meterDb > FLOOR_DB) {
      context.fillStyle = grey ? colours.grey : zones.findLast(([from]) => bar.meterDb > from)![2];
      context.fillRect(x, yOf(bar.meterDb), w, 2);
    }
    if (bar.holdDb > FLOOR_DB) {
      context.fillStyle = grey ? colours.grey : bar.holdDb > -1 ? colours.over : colours.hold;
      context.fillRect(x, Math.max(top, yOf(bar.holdDb) - 1), w, 2);
    }
  }
}
