/** A drawing as PNG: smooth lines by coverage, texts in the panel's own bitmap fonts. */
import { crc32, deflateSync } from 'node:zlib';
import { type Font, glyphOf, textWidthPx } from '../ui/font.ts';
import type { Colour, Drawing, Shape } from './drawing.ts';

export interface RasterFonts {
  /** 6x12 */
  readonly small: Font;
  /** 8x16 */
  readonly large: Font;
}

function rgb(colour: Colour): readonly [number, number, number] {
  const value = Number.parseInt(colour.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

/**
 * Bytes of the largest picture so far. One is drawn at a time, and each is 1.7 MB for a bank of 8: left to the collector, a page
 * that looks at slips had tens of megabytes of them waiting at a time.
 */
let scratch = new Uint8Array(0);

/** RGB as PNG has it before it is packed: each row begins with its filter, 0: none. */
class Raster {
  readonly width: number;
  readonly height: number;
  readonly #stride: number;
  /** In the scratch: good until the next one is made. */
  readonly rows: Uint8Array;

  constructor(width: number, height: number, background: Colour) {
    this.width = width;
    this.height = height;
    this.#stride = 1 + 3 * width;
    const bytes = height * this.#stride;
    if (scratch.length < bytes) scratch = new Uint8Array(bytes);
    this.rows = scratch.subarray(0, bytes);
    const [r, g, b] = rgb(background);
    const { rows } = this;
    for (let at = 0; at < bytes; ) {
      rows[at++] = 0;
      for (const end = at + 3 * width; at < end; ) {
        rows[at++] = r;
        rows[at++] = g;
        rows[at++] = b;
      }
    }
  }

  mix(x: number, y: number, colour: readonly [number, number, number], cover: number): void {
    if (x < 0 || y < 0 || x >= this.width || y >= this.height || cover <= 0) return;
    const at = y * this.#stride + 1 + x * 3;
    const share = Math.min(1, cover);
    for (let i = 0; i < 3; i++) this.rows[at + i] = Math.round(this.rows[at + i]! * (1 - share) + colour[i]! * share);
  }

  rect(x: number, y: number, width: number, height: number, colour: readonly [number, number, number]): void {
    for (let py = Math.floor(y); py < y + height; py++) {
      const coverY = Math.min(py + 1, y + height) - Math.max(py, y);
      for (let px = Math.floor(x); px < x + width; px++)
        this.mix(px, py, colour, coverY * (Math.min(px + 1, x + width) - Math.max(px, x)));
    }
  }

  segment(
    x0: number,
    y0: number,
    x1: number,
    y1: number,
    width: number,
    colour: readonly [number, number, number],
  ): void {
    const reach = width / 2 + 0.5;
    const dx = x1 - x0;
    const dy = y1 - y0;
    const length2 = dx * dx + dy * dy;
    for (let py = Math.floor(Math.min(y0, y1) - reach); py <= Math.max(y0, y1) + reach; py++)
      for (let px = Math.floor(Math.min(x0, x1) - reach); px <= Math.max(x0, x1) + reach; px++) {
        const cx = px + 0.5 - x0;
        const cy = py + 0.5 - y0;
        const t = length2 === 0 ? 0 : Math.max(0, Math.min(1, (cx * dx + cy * dy) / length2));
        this.mix(px, py, colour, reach - Math.hypot(cx - t * dx, cy - t * dy));
      }
  }
}

function dashes(points: readonly number[]): number[][] {
  const [x0, y0, x1, y1] = points as [number, number, number, number];
  const length = Math.hypot(x1 - x0, y1 - y0);
  const out: number[][] = [];
  for (let at = 0; at < length; at += 7) {
    const end = Math.min(length, at + 4);
    const along = (d: number) => [x0 + ((x1 - x0) * d) / length, y0 + ((y1 - y0) * d) / length];
    out.push([...along(at), ...along(end)]);
  }
  return out;
}

function paint(raster: Raster, shape: Shape, fonts: RasterFonts): void {
  switch (shape.kind) {
    case 'rect':
      raster.rect(shape.x, shape.y, shape.width, shape.height, rgb(shape.fill));
      return;
    case 'line': {
      const colour = rgb(shape.stroke);
      const lines = shape.dashed === true ? dashes(shape.points) : [shape.points];
      for (const points of lines)
        for (let i = 0; i + 3 < points.length; i += 2)
          raster.segment(points[i]!, points[i + 1]!, points[i + 2]!, points[i + 3]!, shape.width, colour);
      return;
    }
    case 'bars': {
      const colour = rgb(shape.stroke);
      for (let i = 0; i + 2 < shape.bars.length; i += 3) {
        const top = Math.min(shape.bars[i + 1]!, shape.bars[i + 2]!);
        const height = Math.abs(shape.bars[i + 2]! - shape.bars[i + 1]!);
        raster.rect(shape.bars[i]! - shape.width / 2, top, shape.width, Math.max(0.5, height), colour);
      }
      return;
    }
    case 'dot':
      raster.segment(shape.x, shape.y, shape.x, shape.y, 2 * shape.radius, rgb(shape.fill));
      return;
    case 'text': {
      const font = fonts[shape.size];
      const colour = rgb(shape.fill);
      const width = textWidthPx(font, shape.text);
      let pen = Math.round(
        shape.align === 'left' ? shape.x : shape.align === 'right' ? shape.x - width : shape.x - width / 2,
      );
      for (const character of shape.text) {
        const glyph = glyphOf(font, character);
        for (let row = 0; row < font.cellHeightPx; row++)
          for (let column = 0; column < font.cellWidthPx; column++)
            if ((glyph.rows[row]! >> (font.cellWidthPx - 1 - column)) & 1)
              raster.mix(pen + column, Math.round(shape.y) + row, colour, 1);
        pen += glyph.advancePx;
      }
      return;
    }
  }
}

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

/** https://www.w3.org/TR/png-3/#5Chunk-layout: length of the data, type, data, CRC of type and data. */
function chunk(type: string, data: Uint8Array): Buffer {
  const out = Buffer.alloc(12 + data.length);
  out.writeUInt32BE(data.length, 0);
  out.write(type, 4, 'latin1');
  out.set(data, 8);
  out.writeUInt32BE(crc32(out.subarray(4, 8 + data.length)), 8 + data.length);
  return out;
}

export function drawingPng(drawing: Drawing, fonts: RasterFonts): Uint8Array {
  const raster = new Raster(drawing.widthPx, drawing.heightPx, drawing.background);
  for (const shape of drawing.shapes) paint(raster, shape, fonts);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(raster.width, 0);
  header.writeUInt32BE(raster.height, 4);
  // 8 bits, RGB, the one packing, the one filtering, no interlace.
  header.set([8, 2, 0, 0, 0], 8);
  const packed = deflateSync(raster.rows, { level: 3 });
  return Buffer.concat([SIGNATURE, chunk('IHDR', header), chunk('IDAT', packed), chunk('IEND', new Uint8Array(0))]);
}
