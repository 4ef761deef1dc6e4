/**
 * A picture of 1 bit a pixel in the order of the SSD1306's own memory: pages of 8 rows, one byte a column, bit 0 the
 * upper row. 1 is lit.
 */
export const PANEL_WIDTH_PX = 128;
export const PANEL_HEIGHT_PX = 64;

export class Framebuffer {
  readonly widthPx: number;
  readonly heightPx: number;
  /** width * height / 8 bytes. */
  readonly bytes: Uint8Array;

  /** heightPx: a multiple of 8. */
  constructor(widthPx = PANEL_WIDTH_PX, heightPx = PANEL_HEIGHT_PX, bytes?: Uint8Array) {
    if (heightPx % 8 !== 0) throw new RangeError(`a page is 8 rows: ${heightPx} is no multiple`);
    this.widthPx = widthPx;
    this.heightPx = heightPx;
    this.bytes = bytes ?? new Uint8Array((widthPx * heightPx) / 8);
    if (this.bytes.length !== (widthPx * heightPx) / 8) throw new RangeError('the bytes do not fit the size');
  }

  /** Outside the picture: false. */
  get(x: number, y: number): boolean {
    if (x < 0 || y < 0 || x >= this.widthPx || y >= this.heightPx) return false;
    return ((this.bytes[(y >> 3) * this.widthPx + x]! >> (y & 7)) & 1) === 1;
  }

  /** Outside the picture: ignored. */
  set(x: number, y: number, lit = true): void {
    if (x < 0 || y < 0 || x >= this.widthPx || y >= this.heightPx) return;
    const at = (y >> 3) * this.widthPx + x;
    const bit = 1 << (y & 7);
    if (lit) this.bytes[at]! |= bit;
    else this.bytes[at]! &= ~bit;
  }

  fill(x: number, y: number, width: number, height: number, lit = true): void {
    for (let row = y; row < y + height; row++)
      for (let column = x; column < x + width; column++) this.set(column, row, lit);
  }

  outline(x: number, y: number, width: number, height: number): void {
    this.fill(x, y, width, 1);
    this.fill(x, y + height - 1, width, 1);
    this.fill(x, y, 1, height);
    this.fill(x + width - 1, y, 1, height);
  }

  invert(x: number, y: number, width: number, height: number): void {
    for (let row = y; row < y + height; row++)
      for (let column = x; column < x + width; column++) this.set(column, row, !this.get(column, row));
  }

  /** Puts out every second pixel, as on a chess board. */
  dither(x: number, y: number, width: number, height: number): void {
    for (let row = y; row < y + height; row++)
      for (let column = x + ((x + row) & 1); column < x + width; column += 2) this.set(column, row, false);
  }

  /** The picture moved right and down; what comes in is dark. */
  shifted(dx: number, dy: number): Framebuffer {
    const out = new Framebuffer(this.widthPx, this.heightPx);
    for (let y = 0; y < this.heightPx; y++)
      for (let x = 0; x < this.widthPx; x++) if (this.get(x, y)) out.set(x + dx, y + dy);
    return out;
  }
}
