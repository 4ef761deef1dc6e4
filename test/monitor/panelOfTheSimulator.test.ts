import { describe, expect, it } from 'vitest';
import { loadFonts } from '../../src/device/panel/loadFonts.ts';
import type { CaptureSource } from '../../src/device/ports.ts';
import { checkScenario, loadScenario } from '../../src/device/sim/scenario.ts';
import { simSource } from '../../src/device/sim/simSource.ts';
import type { Monitor } from '../../src/monitor/monitor.ts';
import { initialUi, type Page, type UiState } from '../../src/ui/navigation.ts';
import { createPanelApp } from '../../src/ui/panelApp.ts';
import { framePng } from '../../src/ui/png.ts';
import { panelShows } from '../daemon/readPanel.ts';
import { playLoop, scenarioSource } from './support/playLoop.ts';

const fonts = loadFonts();
const app = createPanelApp({ fonts });

/** The panel's PNG of this moment. */
function panel(monitor: Monitor, page: Page, ui: Partial<UiState> = {}, nowMs = 100): Uint8Array {
  const view = {
    snapshot: monitor.snapshot(),
    levels: monitor.levels(),
    network: null,
    system: null,
    takeRunning: false,
    canProve: true,
  };
  return framePng(app.render(view, { ...initialUi(nowMs, page), ...ui }, nowMs, { maskPin: true }), 1);
}

/** All these texts stand on it; rows of the panel leave out the font's first row, which only slashes and brackets reach. */
function expectTexts(png: Uint8Array, small: readonly string[], rows: readonly string[]): void {
  for (const text of small) expect(panelShows(png, fonts.f5x8, text), `header: ${text}`).toBe(true);
  for (const text of rows) expect(panelShows(png, fonts.f6x12, text), `row: ${text}`).toBe(true);
}

/** Two expanders: the OctoPre free-running with a band on it, an ADA8200 slaved with a test tone, and two inputs of our own. */
function twoExpanders(nowMs: () => number): CaptureSource {
  const free = loadScenario('free-running');
  if (!free.ok) throw new Error(free.fault.what);
  const band = free.value.channels.slice(12, 20).map((channel, i) => ({ ...channel, index: 9 + i }));
  const quiet = (index: number, name: string, hears = {}) => ({ index, name, hears, noiseDbfs: -102 });
  const scenario = checkScenario(
    {
      ...free.value,
      banks: [
        { id: 'adat-b', name: 'ADAT B', kind: 'adat', box: 'ADA8200', first: 1, last: 8 },
        { id: 'adat-a', name: 'ADAT A', kind: 'adat', box: 'OctoPre', first: 9, last: 16, ppm: 23 },
        { id: 'analogue', name: 'Analogue', kind: 'analogue', first: 17, last: 18 },
      ],
      channels: [
        quiet(1, 'Tone', { tone: -20 }),
        ...Array.from({ length: 7 }, (_, i) => quiet(2 + i, `In ${2 + i}`)),
        ...band,
        quiet(17, 'Tone lead', { tone: -26 }),
        quiet(18, 'In 18'),
      ],
      events: [],
    },
    'two expanders',
  );
  if (!scenario.ok) throw new Error(scenario.fault.what);
  return simSource(scenario.value, { seed: 1, fast: true, nowNs: () => nowMs() * 1e6, sleepMs: () => {} });
}

describe('from samples to the panel', () => {
  let asked = false;
  const monitor = playLoop(twoExpanders, 60, {}, (running, nowMs) => {
    running.onSnapshot(({ capture }) => {
      if (asked || capture.state !== 'running' || nowMs() < 1000) return;
      asked = true;
      expect(running.startProof('adat-b').ok).toBe(true);
    });
  });
  const slipping: Page = { kind: 'syncBank', bank: 'adat-a' };

  it('LOCK! ADAT A with its box, ppm, slips a minute and fix, and the clean bank beside it PROVEN', () => {
    const png = panel(monitor, slipping);
    expectTexts(
      png,
      ['LOCK!', 'ADAT A', '48.0k'],
      ['OctoPre on own clock', '+23ppm 66 slips', 'OctoPre: SYNC = ADAT', '+ fibre OUT>its IN', '1-8 clean     PROVEN'],
    );
  });

  it('the same words fill the panel when the alarm is new', () => {
    const { code, where } = monitor.snapshot().findings[0]!;
    expect(code).toBe('bank-slips');
    const png = panel(monitor, { kind: 'overview' }, { takeOver: { cause: `${code}|${where}`, sinceMs: 100 } });
    expectTexts(png, ['LOCK!', 'ADAT A'], ['OctoPre on own clock', 'OctoPre: SYNC = ADAT', '1-8 clean     PROVEN']);
  });

  it('the clean bank is SYNC, with its basis and its age', () => {
    const png = panel(monitor, { kind: 'syncBank', bank: 'adat-b' });
    expectTexts(png, ['SYNC', 'ADAT B'], ['ADA8200 in sync', 'PROVEN by test tone', 'within 0.03ppm', 's ago']);
    expectTexts(panel(monitor, { kind: 'sync', part: 0 }), [], ['ADAT A', 'LOCK!', '+23ppm', 'SYNC', 'PROVEN']);
  });
});

describe('the words on the panel, where their state occurs', () => {
  it('? : too quiet, when it was last in sync, and what can be done', () => {
    const quiet = playLoop((nowMs) => scenarioSource('quiet-expander', nowMs), 8);
    const png = panel(
      quiet,
      { kind: 'syncBank', bank: 'adat-a' },
      { lastSyncMs: { 'adat-a': 100 } },
      100 + 3 * 60_000 + 500,
    );
    expectTexts(png, ['?', 'ADAT A'], ['Too quiet to see slip', 'Last SYNC 3 min ago', 'Play, or B = prove']);
  });

  it('USB LOSS ALL CH: the clocks are fine, look at cable and power', () => {
    let told = 0;
    const lossy = playLoop(
      (nowMs) => scenarioSource('quiet-expander', nowMs),
      6,
      {},
      (running, nowMs) => {
        running.onSnapshot(() => {
          if (nowMs() < 1000 * (told + 1) || told === 3) return;
          told++;
          running.onMessage({
            kind: 'events',
            events: [{ kind: 'usbLoss', frame: 48_000 * told, frames: 6 }],
            dropped: 0,
          });
        });
      },
    );
    const loss = lossy.snapshot().findings.find(({ code }) => code === 'usb-loss')!;
    const png = panel(lossy, { kind: 'overview' }, { takeOver: { cause: `usb-loss|${loss.where}`, sinceMs: 100 } });
    expectTexts(png, ['USB LOSS ALL CH'], ['3 gaps, clocks fine', 'Check Pi power, cable']);
  });
});
