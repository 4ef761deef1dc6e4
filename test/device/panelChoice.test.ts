import { describe, expect, it } from 'vitest';
import { defaultConfig } from '../../src/config/defaults.ts';
import { ioChoiceOf } from '../../src/device/panel/ioChoice.ts';

const pi = { raspberryPi: true, hasBus: () => true };
const pc = { raspberryPi: false, hasBus: () => true };

describe('the wired panel and buttons by configuration', () => {
  it('are looked for on a Raspberry Pi without being told', () => {
    expect(ioChoiceOf(defaultConfig(), pi)).toEqual({
      panel: { chip: 'ssd1306', bus: 1, address: null, flip: false, invert: false },
      gpio: {
        chip: null,
        buttons: [
          { button: 'A', line: 'GPIO5' },
          { button: 'B', line: 'GPIO6' },
        ],
        lamp: null,
      },
    });
  });

  it('are left alone on a PC, whose I2C bus may be its own', () => {
    expect(ioChoiceOf(defaultConfig(), pc)).toBeNull();
  });

  it('ask for no panel where the bus is switched off, unless a controller is named', () => {
    const noBus = { raspberryPi: true, hasBus: () => false };
    expect(ioChoiceOf(defaultConfig(), noBus)?.panel).toBeNull();
    const named = {
      ...defaultConfig(),
      panel: { ...defaultConfig().panel, controller: 'sh1106' as const, address: 0x3d },
    };
    expect(ioChoiceOf(named, noBus)?.panel).toMatchObject({ chip: 'sh1106', address: 0x3d });
    const none = { ...defaultConfig(), panel: { ...defaultConfig().panel, controller: 'none' as const } };
    expect(ioChoiceOf(none, pi)?.panel).toBeNull();
  });

  it('take two to four lines, in the order A to D, and a lamp', () => {
    const config = {
      ...defaultConfig(),
      buttons: { chip: 'gpio-sim.0', lines: ['BTN1', 'BTN2', 'BTN3'], lamp: 'LAMP' },
    };
    expect(ioChoiceOf(config, pc)?.gpio).toEqual({
      chip: 'gpio-sim.0',
      buttons: [
        { button: 'A', line: 'BTN1' },
        { button: 'B', line: 'BTN2' },
        { button: 'C', line: 'BTN3' },
      ],
      lamp: 'LAMP',
    });
  });
});
