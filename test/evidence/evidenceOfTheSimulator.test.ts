import { describe, expect, it } from 'vitest';
import { EvidenceStore, slipToProve } from '../../src/evidence/evidenceStore.ts';
import type { Monitor } from '../../src/monitor/monitor.ts';
import { playLoop, scenarioSource } from '../monitor/support/playLoop.ts';

/** `seconds` of a scenario with the store wired as the program does it. */
function watch(name: string, seconds: number) {
  const store = new EvidenceStore();
  let running: { readonly monitor: Monitor; readonly nowMs: () => number } | null = null;
  const monitor = playLoop(
    (nowMs) => scenarioSource(name, nowMs),
    seconds,
    {
      onEvent: (event) => {
        if (event.kind === 'slip' && running !== null)
          store.prove(slipToProve(event, running.monitor.snapshot()), running.nowMs());
      },
      onSnippet: (bank, snippet) => store.add(bank, snippet),
    },
    (one, nowMs) => {
      running = { monitor: one, nowMs };
      one.onSnapshot(({ banks }) => {
        for (const bank of banks) if (bank.ppm !== null) store.noteClock(bank.id, bank.ppm);
      });
    },
  );
  return { store, snapshot: monitor.snapshot() };
}

describe('evidence, from samples alone', () => {
  it('shows each repeated frame of an expander that runs 41 ppm slow: the frame stands there twice', () => {
    const { store, snapshot } = watch('slow-expander', 12);
    const { slips } = snapshot.banks.find((bank) => bank.id === 'adat-a')!;
    const list = store.list();
    expect(slips).toBeGreaterThan(10);
    expect(list.length).toBeGreaterThanOrEqual(slips - 2);
    for (const item of list) {
      expect(item).toMatchObject({ bank: 'adat-a', box: 'OctoPre', kind: 'repeat', frames: 1 });
      const { samples, firstFrame, channels } = item.snippet;
      const at = (item.frame - firstFrame) * channels.length;
      expect(samples.slice(at, at + channels.length)).toEqual(samples.slice(at - channels.length, at));
    }
    expect(list[0]!.ppm).toBeCloseTo(-41, 0);
  });

  it('has the drops of a fast expander that were proven only later, by their rhythm', () => {
    const { store, snapshot } = watch('free-running', 45);
    const bank = snapshot.banks.find((one) => one.id === 'adat-a')!;
    expect(bank.slips).toBeGreaterThan(5);
    const list = store.list();
    expect(list.length).toBeGreaterThanOrEqual(Math.floor(bank.slips * 0.8));
    expect(list.every((item) => item.bank === 'adat-a' && item.kind === 'drop')).toBe(true);
    expect(list.every((item) => item.ppm !== null)).toBe(true);
  });

  it('has nothing of a band that is all slaved', () => {
    expect(watch('clean', 20).store.list()).toEqual([]);
  });
});
