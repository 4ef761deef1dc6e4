/**
 * A panel as its data sheet says, fed with the bytes on the wire: RAM, pointers, registers. SSD1306 (rev 1.1, chapters 8.1.5,
 * 8.7, 9) and SH1106 (rev 2.3). Written for the tests, apart from the driver.
 *
 * Their quirks: RAM is noise at power-on; an argument may come in a later write than its command; the SSD1306's column
 * wraps within the page, the SH1106's (132 columns, glass at 2..129) stays at the end; each has commands the other lacks.
 */
export class OledModel {
  readonly chip: 'ssd1306' | 'sh1106';
  readonly columns: number;
  ram: Uint8Array;
  on = false;
  contrast = 0x7f;
  inverted = false;
  /** Commands that this chip does not have. */
  unknown: number[] = [];
  private page = 0;
  private column = 0;
  private pageMode = false;
  private startLine = 0;
  private offset = 0;
  private multiplex = 63;
  private segmentsRemapped = false;
  private rowsRemapped = false;
  private allOn = false;
  private pump = false;
  private waiting: number[] = [];
  private missing = 0;

  constructor(chip: 'ssd1306' | 'sh1106', noise: () => number) {
    this.chip = chip;
    this.columns = chip === 'sh1106' ? 132 : 128;
    this.ram = new Uint8Array(this.columns * 8);
    this.powerOn(noise);
  }

  powerOn(noise: () => number): void {
    for (let i = 0; i < this.ram.length; i++) this.ram[i] = noise();
    this.on = false;
    this.contrast = this.chip === 'sh1106' ? 0x80 : 0x7f;
    this.inverted = false;
    this.page = 0;
    this.column = 0;
    this.pageMode = this.chip === 'sh1106';
    // After reset the SSD1306 is in page mode as well (table 9-1: 10b).
    if (this.chip === 'ssd1306') this.pageMode = true;
    this.startLine = 0;
    this.offset = 0;
    this.multiplex = 63;
    this.segmentsRemapped = false;
    this.rowsRemapped = false;
    this.allOn = false;
    this.pump = this.chip === 'sh1106';
    this.waiting = [];
    this.missing = 0;
  }

  /** The bytes of one write that arrived, after the address byte. Fewer than were sent when it broke off. */
  receive(bytes: ArrayLike<number>): void {
    let i = 0;
    while (i < bytes.length) {
      const control = bytes[i++]!;
      const isData = (control & 0x40) !== 0;
      if ((control & 0x3f) !== 0) this.unknown.push(control);
      if ((control & 0x80) !== 0) {
        if (i < bytes.length) this.take(bytes[i++]!, isData);
      } else {
        while (i < bytes.length) this.take(bytes[i++]!, isData);
      }
    }
  }

  /** What stands before a person: 1024 bytes in page order; all dark while off or without its supply. */
  glass(flip = false): Uint8Array {
    const out = new Uint8Array(1024);
    if (!this.on || !this.pump || this.multiplex !== 63) return out;
    const left = this.chip === 'sh1106' ? 2 : 0;
    for (let y = 0; y < 64; y++) {
      for (let x = 0; x < 128; x++) {
        // The glass is mounted so that remapped columns and rows stand upright; turned, so do the others.
        const mirrorX = this.segmentsRemapped === flip;
        const mirrorY = this.rowsRemapped === flip;
        const column = (mirrorX ? 127 - x : x) + left;
        const row = ((mirrorY ? 63 - y : y) + this.startLine + this.offset) & 63;
        let lit = this.allOn || ((this.ram[(row >> 3) * this.columns + column]! >> (row & 7)) & 1) === 1;
        if (this.inverted) lit = !lit;
        if (lit) out[(y >> 3) * 128 + x]! |= 1 << (y & 7);
      }
    }
    return out;
  }

  private take(byte: number, isData: boolean): void {
    if (isData) {
      this.ram[this.page * this.columns + this.column] = byte;
      if (!this.pageMode) throw new Error('the model knows page addressing only');
      if (this.chip === 'sh1106') this.column = Math.min(this.columns - 1, this.column + 1);
      else this.column = (this.column + 1) % 128;
      return;
    }
    if (this.missing > 0) {
      this.waiting.push(byte);
      this.missing--;
    } else {
      this.waiting = [byte];
      this.missing = this.argumentsOf(byte);
    }
    if (this.missing === 0) this.command();
  }

  private argumentsOf(command: number): number {
    if ([0x81, 0xa8, 0xd3, 0xd5, 0xd9, 0xda, 0xdb].includes(command)) return 1;
    if (this.chip === 'ssd1306') {
      if (command === 0x20 || command === 0x8d) return 1;
      if (command === 0x21 || command === 0x22 || command === 0xa3) return 2;
      if (command === 0x29 || command === 0x2a) return 5;
      if (command === 0x26 || command === 0x27) return 6;
    } else if (command === 0xad) return 1;
    return 0;
  }

  private command(): void {
    const [command, a = 0] = this.waiting as [number, number?];
    if (command <= 0x0f) this.column = (this.column & 0xf0) | command;
    else if (command <= 0x1f) this.column = Math.min(this.columns - 1, (this.column & 0x0f) | ((command & 0x0f) << 4));
    else if (command >= 0x40 && command <= 0x7f) this.startLine = command & 63;
    else if (command >= 0xb0 && command <= 0xb7) this.page = command & 7;
    else if (command === 0x81) this.contrast = a;
    else if (command === 0xa0 || command === 0xa1) this.segmentsRemapped = command === 0xa1;
    else if (command === 0xa4 || command === 0xa5) this.allOn = command === 0xa5;
    else if (command === 0xa6 || command === 0xa7) this.inverted = command === 0xa7;
    else if (command === 0xa8) this.multiplex = a & 63;
    else if (command === 0xae || command === 0xaf) this.on = command === 0xaf;
    else if (command === 0xc0 || command === 0xc8) this.rowsRemapped = command === 0xc8;
    else if (command === 0xd3) this.offset = a & 63;
    else if (command === 0xd5 || command === 0xd9 || command === 0xda || command === 0xdb || command === 0xe3) return;
    else if (this.chip === 'ssd1306' && command === 0x20) this.pageMode = (a & 3) === 2;
    else if (this.chip === 'ssd1306' && command === 0x8d) this.pump = (a & 4) !== 0;
    else if (this.chip === 'ssd1306' && command === 0x2e) return;
    else if (this.chip === 'sh1106' && command === 0xad) this.pump = (a & 1) !== 0;
    else if (this.chip === 'sh1106' && command >= 0x30 && command <= 0x33) return;
    else this.unknown.push(command);
  }
}
