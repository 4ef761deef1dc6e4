import { describe, expect, it } from 'vitest';
import { defaultConfig } from '../../src/config/defaults.ts';
import { loadScenario } from '../../src/device/sim/scenario.ts';
import { simSource } from '../../src/device/sim/simSource.ts';
import { loadKernels } from '../../src/dsp/kernelFile.ts';
import { createWasmLoudness } from '../../src/dsp/loudnessWasm.ts';
import { createWasmMeter } from '../../src/dsp/meterWasm.ts';
import { createWasmSlipKernel } from '../../src/dsp/slip/slipWasm.ts';
import { CaptureLoop } from '../../src/monitor/captureLoop.ts';
import type { ToCapture } from '../../src/monitor/captureMessages.ts';
import { createBoardMemory, LevelBoardReader, LevelBoardWriter } from '../../src/monitor/levelBoard.ts';
import { Monitor } from '../../src/monitor/monitor.ts';

const kernels = loadKernels();

/** The loop and the monitor together, without threads, in virtual time: `seconds` of a scenario, then its snapshot. */
function watch(name: string, seconds: number) {
  const loaded = loadScenario(name);
  if (!loaded.ok) throw new Error(loaded.fault.what);
  let nowMs = 0;
  const memory = createBoardMemory();
  const commands: ToCapture[] = [];
  const monitor = new Monitor({
    config: defaultConfig(),
    version: '0',
    simulated: true,
    sourceName: name,
    board: new LevelBoardReader(memory),
    tell: (command) => commands.push(command),
    interfaceMap: () => null,
    uptimeMs: () => nowMs,
  });
  const loop = new CaptureLoop({
    source: simSource(loaded.value, { seed: 1, fast: true, nowNs: () => nowMs * 1e6, sleepMs: () => {} }),
    board: new LevelBoardWriter(memory),
    createMeter: (options) => createWasmMeter(kernels, options),
    createLoudnessKernel: (options) => createWasmLoudness(kernels, options),
    createSlipKernel: (options) => createWasmSlipKernel(kernels, options),
    post: (message) => monitor.onMessage(message),
    takeCommand: () => commands.shift(),
    sleepMs: () => {},
    nowMs: () => nowMs,
    clipRun: 3,
    movement: 'peak',
    holdMs: 1000,
    retry: true,
  });
  for (let i = 0; i < seconds * 100; i++) {
    loop.turn();
    nowMs += 10;
    if (i % 10 === 0) monitor.turn();
  }
  nowMs += 500;
  monitor.turn();
  return monitor.snapshot();
}

describe('the verdict, from samples alone', () => {
  const fast = watch('free-running', 60);
  const slow = watch('slow-expander', 15);

  it('finds an expander that runs 23 ppm fast from its dropped frames, and names it', () => {
    const bank = fast.banks.find((one) => one.id === 'adat-a');
    expect(bank).toMatchObject({ sync: 'lock', basis: 'audio', box: 'OctoPre' });
    expect(bank?.ppm).toBeCloseTo(23, 1);
    expect(bank?.uncertaintyPpm).toBeLessThan(0.5);
    expect(bank?.slipsPerMinute).toBeCloseTo(66.2, 0);
    expect(fast.findings[0]).toMatchObject({ code: 'bank-slips', severity: 'alarm', where: 'OctoPre' });
  });

  it('finds an expander that runs 41 ppm slow from its repeated frames', () => {
    const bank = slow.banks.find((one) => one.id === 'adat-a');
    expect(bank).toMatchObject({ sync: 'lock', basis: 'audio' });
    expect(bank?.ppm).toBeCloseTo(-41, 1);
  });

  it('blames no other bank', () => {
    for (const snapshot of [fast, slow]) {
      for (const bank of snapshot.banks) if (bank.id !== 'adat-a') expect(bank.slips).toBe(0);
    }
  });

  it('accuses nobody in a minute of a band that is all slaved', () => {
    const clean = watch('clean', 60);
    for (const bank of clean.banks) expect(bank.slips).toBe(0);
    expect(clean.findings).toEqual([]);
  });

  it('can not tell from a bank in which nobody plays', () => {
    const quiet = watch('quiet-expander', 20).banks.find((one) => one.id === 'adat-a');
    expect(quiet).toMatchObject({ sync: 'unknown', basis: 'none', slips: 0, boundPpm: null });
  });

  it('tells a bank of digital zeros as such, by the box, and claims no clock from it', () => {
    const dark = watch('no-fibre', 5);
    expect(dark.banks.find((one) => one.id === 'adat-a')).toMatchObject({ sync: 'unknown', basis: 'none', slips: 0 });
    expect(dark.findings).toMatchObject([{ code: 'bank-zero', where: 'OctoPre' }]);
  });

  it('tells lost USB frames from a clock: no bank is accused', () => {
    const lossy = watch('usb-loss', 22);
    for (const bank of lossy.banks) expect(bank.sync).not.toBe('lock');
  });
});
