/** Reads the panel's fonts from the data files beside the program. */
import { readFileSync } from 'node:fs';
import { type Font, type PanelFonts, parseBdf } from '../../ui/font.ts';

/** Throws when a file is missing: then the installation is broken. */
export function loadFonts(): PanelFonts {
  const load = (size: string): Font =>
    parseBdf(readFileSync(new URL(`../../ui/fonts/spleen-${size}.bdf`, import.meta.url), 'latin1'), `spleen-${size}`);
  return {
    f5x8: load('5x8'),
    f6x12: load('6x12'),
    f8x16: load('8x16'),
    f12x24: load('12x24'),
    f16x32: load('16x32'),
  };
}
