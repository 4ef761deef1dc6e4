import { decode } from 'fast-png';
import jsQR from 'jsqr';
import { describe, expect, it } from 'vitest';
import { loadFonts } from '../../src/device/panel/loadFonts.ts';
import { initialUi } from '../../src/ui/navigation.ts';
import { createPanelApp } from '../../src/ui/panelApp.ts';
import { framePng } from '../../src/ui/png.ts';
import { rig } from './fixtures.ts';

const app = createPanelApp({ fonts: loadFonts() });

/** The module is CommonJS: its function stands under `default`, or is the module itself, by who loads it. */
const scan = ('default' in jsQR ? jsQR.default : jsQR) as typeof import('jsqr').default;

/** What a phone makes of the panel's PNG, each pixel of it `size` pixels wide on the phone's picture. */
function scanned(url: string, size: number, nowMs: number, simulated = false): string | null {
  const view = rig({
    view: { network: { url, name: 'lightkeeper.local', pin: '482915' } },
    snapshot: { simulated },
  });
  const png = decode(framePng(app.render(view, initialUi(nowMs, { kind: 'network' }), nowMs, {}), 1));
  const width = png.width * size;
  const height = png.height * size;
  const rgba = new Uint8ClampedArray(width * height * 4);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const grey = png.data[Math.floor(y / size) * png.width + Math.floor(x / size)] as number;
      rgba.set([grey, grey, grey, 255], (y * width + x) * 4);
    }
  }
  return scan(rgba, width, height)?.data ?? null;
}

describe('the QR code on the panel', () => {
  it.each([
    'http://192.168.1.23:8080',
    'http://10.0.0.5',
    'http://172.16.254.254:65535',
    'http://192.168.100.200:8080',
  ])('%s is read from the PNG by a decoder that is not ours', (url) => {
    for (const scale of [2, 3, 4, 8]) expect(scanned(url, scale, 0)?.toLowerCase().replace(/\/$/, '')).toBe(url);
  });

  it('in every place that the picture takes against burn-in, and in a simulated run', () => {
    for (const minute of [0, 1, 2, 3]) {
      const url = 'http://192.168.1.23:8080';
      expect(scanned(url, 4, minute * 60_000)?.toLowerCase(), `minute ${minute}`).toBe(url);
      expect(scanned(url, 4, minute * 60_000, true)?.toLowerCase(), `SIM, minute ${minute}`).toBe(url);
    }
  });
});
