/** Which wired panel and buttons a configuration asks for on this machine. */
import { existsSync, readFileSync } from 'node:fs';
import type { Config } from '../../config/schema.ts';
import type { ButtonEdge } from '../ports.ts';
import type { IoChoice } from './ioLoop.ts';

export interface BoardFacts {
  /** /proc/device-tree/model names a Raspberry Pi. */
  readonly raspberryPi: boolean;
  /** The configured I2C bus has a device file. */
  readonly hasBus: (bus: number) => boolean;
}

export function boardFacts(): BoardFacts {
  let model = '';
  try {
    model = readFileSync('/proc/device-tree/model', 'utf8');
  } catch {
    // No device tree: a PC.
  }
  return { raspberryPi: model.includes('Raspberry Pi'), hasBus: (bus) => existsSync(`/dev/i2c-${bus}`) };
}

const BUTTONS: readonly ButtonEdge['button'][] = ['A', 'B', 'C', 'D'];
/** Pins 29 and 31 of the header: free on most boards that sit on it. */
const PI_LINES: readonly string[] = ['GPIO5', 'GPIO6'];

/**
 * null: neither. `auto` asks for hardware on a Raspberry Pi only: on a PC the same bus number may be the memory's or the
 * graphics card's own, where nothing may be written.
 */
export function ioChoiceOf(config: Pick<Config, 'panel' | 'buttons'>, facts: BoardFacts): IoChoice | null {
  const { panel, buttons } = config;
  const auto = panel.controller === 'auto';
  const wanted = auto ? facts.raspberryPi && facts.hasBus(panel.bus) : panel.controller !== 'none';
  const lines = buttons.lines ?? (facts.raspberryPi ? PI_LINES : []);
  const choice: IoChoice = {
    panel:
      wanted && panel.controller !== 'none'
        ? {
            chip: panel.controller === 'auto' ? 'ssd1306' : panel.controller,
            bus: panel.bus,
            address: panel.address,
            flip: panel.flip,
            invert: panel.invert,
          }
        : null,
    gpio:
      lines.length > 0 || buttons.lamp !== null
        ? {
            chip: buttons.chip,
            buttons: lines.map((line, i) => ({ button: BUTTONS[i]!, line })),
            lamp: buttons.lamp,
          }
        : null,
  };
  return choice.panel === null && choice.gpio === null ? null : choice;
}
