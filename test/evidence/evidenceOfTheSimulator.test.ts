import { describe, expect, it } from 'vitest';
import { defaultConfig } from '../../src/config/defaults.ts';
import { loadScenario } from '../../src/device/sim/scenario.ts';
import { simSource } from '../../src/device/sim/simSource.ts';
import { loadKernels } from '../../src/dsp/kernelFile.ts';
import { createWasmLoudness } from '../../src/dsp/loudnessWasm.ts';
import { createWasmMeter } from '../../src/dsp/meterWasm.ts';
import { createWasmSlipKernel } from '../../src/dsp/slip/slipWasm.ts';
import { EvidenceStore, slipToProve } from '../../src/evidence/evidenceStore.ts';
import { CaptureLoop } from '../../src/monitor/captureLoop.ts';
import type { ToCapture } from '../../src/monitor/captureMessages.ts';
import { createBoardMemory, LevelBoardReader, LevelBoardWriter } from '../../src/monitor/levelBoard.ts';
import { Monitor } from '../../src/monitor/monitor.ts';

const kernels = loadKernels();

function watch(name: string, seconds: number) {
  const loaded = loadScenario(name);
  if (!loaded.ok) throw new Error(loaded.fault.what);
  let nowMs = 0;
  const memory = createBoardMemory();
  const commands: ToCapture[] = [];
  const store = new EvidenceStore();
  const monitor = new Monitor({
    config: defaultConfig(),
    version: '0',
    simulated: true,
    sourceName: name,
    board: new LevelBoardReader(memory),
    tell: (command) => commands.push(command),
    interfaceMap: () => null,
    uptimeMs: () => nowMs,
    onEvent: (event) => {
      if (event.kind === 'slip') store.prove(slipToProve(event, monitor.snapshot()), nowMs);
    },
    onSnippet: (bank, snippet) => store.add(bank, snippet),
  });
  monitor.onSnapshot(({ banks }) => {
    for (const bank of banks) if (bank.ppm !== null) store.noteClock(bank.id, bank.ppm);
  });
  const source = simSource(loaded.value, { seed: 1, fast: true, nowNs: () => nowMs * 1e6, sleepMs: () => {} });
  const loop = new CaptureLoop({
    source,
    board: new LevelBoardWriter(memory),
    createMeter: (options) => createWasmMeter(kernels, options),
    createSlipKernel: (options) => createWasmSlipKernel(kernels, options),
    createLoudnessKernel: (options) => createWasmLoudness(kernels, options),
    movement: 'peak',
    post: (message) => monitor.onMessage(message),
    takeCommand: () => commands.shift(),
    sleepMs: () => {},
    nowMs: () => nowMs,
    clipRun: 3,
    holdMs: 1000,
    retry: true,
  });
  for (let i = 0; i < seconds * 100; i++) {
    loop.turn();
    nowMs += 10;
    if (i % 10 === 0) monitor.turn();
  }
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
    const { store, snapshot } = watch('free-running', 30);
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
