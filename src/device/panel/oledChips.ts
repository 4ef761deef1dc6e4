/**
 * What the panel's controllers want to be told. Sources: Solomon Systech SSD1306 data sheet rev 1.1 (chapters 8.1.5, 9, 10.1;
 * application note for the charge pump), SSD1309 rev 1.0, Sino Wealth SH1106 rev 2.3.
 *
 * All three are driven in page addressing mode: the only mode that the SH1106 has.
 */
export type OledChip = 'ssd1306' | 'ssd1309' | 'sh1106';

export const OLED_CHIPS: readonly OledChip[] = ['ssd1306', 'ssd1309', 'sh1106'];

/** Addresses (7 bits) by the level of the D/C# pin. */
export const OLED_ADDRESSES: readonly number[] = [0x3c, 0x3d];

/** Column of the controller's RAM that stands at the left edge: the SH1106 has 132 columns, the glass shows the middle 128. */
export function columnOffset(chip: OledChip): number {
  return chip === 'sh1106' ? 2 : 0;
}

export interface OledSettings {
  readonly chip: OledChip;
  /** Turned by 180 degrees. */
  readonly flip: boolean;
  /** Dark on light. */
  readonly invert: boolean;
}

export type OledLight = 'bright' | 'dim' | 'off';

/** Contrast steps of 256. The SSD1309 drives a larger glass from an outside supply: less is enough. */
export function contrastOf(chip: OledChip, light: OledLight): number {
  if (light !== 'bright') return 0x08;
  return chip === 'ssd1309' ? 0xa0 : 0xcf;
}

/** Everything but on/off: sent at the start, and again now and then, for a panel may lose its mind without a sign. */
export function setupCommands(settings: OledSettings, light: OledLight): number[] {
  const { chip } = settings;
  const commands: number[] = [];
  // SSD1309: unlock, else it takes no command.
  if (chip === 'ssd1309') commands.push(0xfd, 0x12);
  commands.push(
    0xd5, // clock divide ratio 1, oscillator frequency: the reset value of each chip
    chip === 'ssd1309' ? 0x70 : chip === 'sh1106' ? 0x50 : 0x80,
    0xa8, // multiplex: 64 rows
    0x3f,
    0xd3, // display offset 0
    0x00,
    0x40, // start line 0
  );
  // The panel's 7..9 V: SSD1306 by its charge pump, SH1106 by its DC-DC converter, SSD1309 from outside.
  if (chip === 'ssd1306') commands.push(0x8d, 0x14);
  if (chip === 'sh1106') commands.push(0xad, 0x8b);
  // Page addressing; the SH1106 knows no other and has no such command.
  if (chip !== 'sh1106') commands.push(0x20, 0x02);
  commands.push(
    settings.flip ? 0xa0 : 0xa1, // columns
    settings.flip ? 0xc0 : 0xc8, // rows
    0xda, // rows alternate between the two sides of the glass
    0x12,
    0x81,
    contrastOf(chip, light),
    0xd9, // pre-charge: the pump needs longer
    chip === 'ssd1306' ? 0xf1 : chip === 'sh1106' ? 0x22 : 0x25,
    0xdb, // VCOMH level
    chip === 'sh1106' ? 0x35 : chip === 'ssd1309' ? 0x34 : 0x40,
    0xa4, // show the RAM
    settings.invert ? 0xa7 : 0xa6,
  );
  // No scrolling: left on, it writes into the RAM. The SH1106 has none.
  if (chip !== 'sh1106') commands.push(0x2e);
  return commands;
}

/** One I2C write of commands only: control byte 0x00 (Co 0, D/C# 0), then commands to the end. */
export function commandWrite(commands: readonly number[]): Uint8Array {
  return Uint8Array.from([0x00, ...commands]);
}

/**
 * One I2C write that sets page and column and puts bytes there: three commands with a control byte 0x80 each (Co 1, one
 * byte follows), then control byte 0x40 and data to the end. `column` is that of the picture, 0..127.
 */
export function dataWrite(chip: OledChip, page: number, column: number, data: Uint8Array): Uint8Array {
  const at = column + columnOffset(chip);
  const out = new Uint8Array(WRITE_OVERHEAD + data.length);
  out.set([0x80, 0xb0 | page, 0x80, at & 0x0f, 0x80, 0x10 | (at >> 4), 0x40]);
  out.set(data, WRITE_OVERHEAD);
  return out;
}

/** Bytes of `dataWrite` before the data. */
export const WRITE_OVERHEAD = 7;
/** Bytes on the wire that a further write costs: the overhead and its address byte. */
export const RUN_COST = WRITE_OVERHEAD + 1;
