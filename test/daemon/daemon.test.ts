import { Value } from 'typebox/value';
import { describe, expect, it } from 'vitest';
import { loadFonts } from '../../src/device/panel/loadFonts.ts';
import { Snapshot } from '../../src/monitor/snapshot.ts';
import { startDaemon } from './daemonProcess.ts';
import { panelShows } from './readPanel.ts';

async function waitFor<T>(probe: () => Promise<T | null>, withinMs: number): Promise<T> {
  const endMs = performance.now() + withinMs;
  for (;;) {
    const found = await probe();
    if (found !== null) return found;
    if (performance.now() > endMs) throw new Error('waited in vain');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const status = async (url: string) => (await (await fetch(`${url}/api/status`)).json()) as Snapshot;

describe('the program, started with no hardware', () => {
  it('moves, finds the clip and the slip of the script within 2 frames, and says that it is simulated', async () => {
    const daemon = await startDaemon(['--sim', 'session']);
    try {
      const first = await waitFor(async () => {
        const now = await status(daemon.url);
        return now.capture.state === 'running' && now.channels.length === 20 ? now : null;
      }, 10_000);
      expect([...Value.Errors(Snapshot, first)]).toEqual([]);
      expect(first.simulated).toBe(true);
      const last = await waitFor(async () => {
        const now = await status(daemon.url);
        return now.banks.some((bank) => bank.slips > 0) ? now : null;
      }, 30_000);
      expect(last.seq).toBeGreaterThan(first.seq);
      expect(last.channels[0]?.peakDbfs).not.toBe(first.channels[0]?.peakDbfs);
      const adat = last.banks.find((bank) => bank.id === 'adat-a');
      expect(adat).toMatchObject({ slips: 1, name: 'ADAT A' });
      expect(Math.abs((adat?.firstSlipFrame ?? 0) - 288_000)).toBeLessThanOrEqual(2);
      expect(last.channels[4]).toMatchObject({ clipped: true, clips: 1 });
      expect(/channel 5 clipped at frame (\d+)/.exec(daemon.output())?.[1]).toBe('144002');
    } finally {
      expect(await daemon.stop()).toBe(0);
    }
  }, 60_000);

  it('says the same on the panel as by the API: which bank slips, and the box by its name', async () => {
    const daemon = await startDaemon(['--sim', 'slow-expander']);
    try {
      const lock = waitFor(async () => {
        const bank = (await status(daemon.url)).banks.find((one) => one.id === 'adat-a');
        return bank?.sync === 'lock' && bank.ppm !== null ? bank : null;
      }, 60_000);
      // The panel agrees: the same bank in the same state, the same box, and SIM. Its screen for the alarm stands for
      // seconds only and may be over before the ppm is known, so it is looked at all the while.
      const fonts = loadFonts();
      const panel = waitFor(async () => {
        const png = new Uint8Array(await (await fetch(`${daemon.url}/api/panel.png`)).arrayBuffer());
        const shows =
          panelShows(png, fonts.f5x8, 'LOCK!') &&
          panelShows(png, fonts.f5x8, 'ADAT A') &&
          panelShows(png, fonts.f5x8, 'SIM') &&
          panelShows(png, fonts.f6x12, 'OctoPre') &&
          !panelShows(png, fonts.f5x8, 'SYNC');
        return shows ? true : null;
      }, 60_000);
      const [slipping] = await Promise.all([lock, panel]);
      expect(slipping.box).toBe('OctoPre');
      expect(Math.abs(slipping.ppm! + 41)).toBeLessThan(1);
    } finally {
      expect(await daemon.stop()).toBe(0);
    }
  }, 120_000);

  it('shows an interface that was unplugged as gone, without levels, and takes it up again by itself', async () => {
    const daemon = await startDaemon(['--sim', 'unplug', '--seed', '3']);
    try {
      await waitFor(async () => ((await status(daemon.url)).capture.state === 'absent' ? true : null), 20_000);
      const gone = await status(daemon.url);
      expect(gone.channels.every((channel) => channel.peakDbfs === null)).toBe(true);
      await waitFor(async () => ((await status(daemon.url)).capture.state === 'running' ? true : null), 20_000);
    } finally {
      expect(await daemon.stop()).toBe(0);
    }
  }, 60_000);
});
