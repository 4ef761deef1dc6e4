import { describe, expect, it } from 'vitest';
import { loadFonts } from '../../src/device/panel/loadFonts.ts';
import { initialUi, pageRing } from '../../src/ui/navigation.ts';
import { burnInShift, createPanelApp, drawPanel } from '../../src/ui/panelApp.ts';
import { finding, rig, rigBanks } from './fixtures.ts';
import { unreadable } from './readable.ts';

const fonts = loadFonts();
const app = createPanelApp({ fonts });

describe('the panel', () => {
  it('shows SIM on every page of a simulated run, and on none of a real one', () => {
    for (const simulated of [true, false]) {
      const view = rig({
        snapshot: { simulated },
        banks: rigBanks({ sync: 'lock', ppm: 23, slips: 9 }),
        findings: [finding()],
      });
      for (const page of [...pageRing(view), { kind: 'channel', index: 3 } as const]) {
        const { texts } = drawPanel(fonts, view, initialUi(0, page), 0);
        expect(
          texts.some((text) => text.text === 'SIM'),
          JSON.stringify(page),
        ).toBe(simulated);
      }
      for (const state of ['absent', 'opening', 'stalled', 'faulted', 'released', 'ended'] as const) {
        const off = rig({ snapshot: { simulated }, capture: { state } });
        expect(
          drawPanel(fonts, off, initialUi(0), 0).texts.some((text) => text.text === 'SIM'),
          state,
        ).toBe(simulated);
      }
      const taken = { ...initialUi(0), takeOver: { cause: 'clock-slip|ADAT A', sinceMs: 0 } };
      expect(drawPanel(fonts, view, taken, 0).texts.some((text) => text.text === 'SIM')).toBe(simulated);
    }
  });

  it('has no text clipped or drawn over on any page of the 34-channel rig', () => {
    const names = new Set(rig().snapshot.channels.map((channel) => channel.name));
    const view = rig({
      snapshot: { simulated: true },
      banks: rigBanks({ sync: 'lock', ppm: 23, slips: 9, slipsPerMinute: 66 }),
      findings: [finding()],
    });
    for (const page of pageRing(view)) {
      const { unshifted, texts } = drawPanel(fonts, view, initialUi(0, page), 0);
      expect(texts.length, JSON.stringify(page)).toBeGreaterThan(0);
      expect(
        unreadable(unshifted, texts, (text) => names.has(text)),
        JSON.stringify(page),
      ).toEqual([]);
    }
  });

  it('shows the PIN on the Network page, and stars in frames that leave by HTTP', () => {
    const view = rig();
    const ui = initialUi(0, { kind: 'network' });
    const shown = drawPanel(fonts, view, ui, 0).texts.map((text) => text.text);
    expect(shown).toContain('482915');
    const masked = drawPanel(fonts, view, ui, 0, { maskPin: true }).texts.map((text) => text.text);
    expect(masked).not.toContain('482915');
    expect(masked).toContain('******');
    for (const pin of ['000000', '111111', '987654']) {
      const other = rig({ view: { network: { ...view.network!, pin } } });
      expect(app.render(other, ui, 0, { maskPin: true })).toEqual(app.render(view, ui, 0, { maskPin: true }));
    }
  });

  it('gives the same frame for the same input, of the size that the panel takes', () => {
    const view = rig();
    const one = app.render(view, app.initial(0), 500);
    expect(one.length).toBe(1024);
    expect(app.render(view, app.initial(0), 500)).toEqual(one);
  });

  it('moves the picture by one pixel a minute and loses none of it', () => {
    const view = rig();
    const ui = app.initial(0);
    const lit = (frame: Uint8Array) =>
      frame.reduce((sum, byte) => sum + byte.toString(2).replaceAll('0', '').length, 0);
    const places = new Set<string>();
    for (let minute = 0; minute < 4; minute++) {
      places.add(burnInShift(minute * 60_000).join());
      expect(lit(app.render(view, ui, minute * 60_000))).toBe(lit(app.render(view, ui, 0)));
    }
    expect(places.size).toBe(4);
  });

  it('is dark while it sleeps', () => {
    expect(app.render(rig(), { ...app.initial(0), light: 'off' }, 0).every((byte) => byte === 0)).toBe(true);
  });

  it('has a splash and a fault screen before there is a snapshot', () => {
    expect(app.splash('0.1.0', true)).not.toEqual(app.splash('0.1.0', false));
    const fault = { code: 'web-port-taken', what: 'Port 8080 is taken.', fix: 'Choose another with --http.' };
    expect(app.fault(fault, 'http://192.168.1.23:8080')).not.toEqual(app.fault(fault, null));
  });
});
