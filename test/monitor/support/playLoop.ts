import { defaultConfig } from '../../../src/config/defaults.ts';
import type { CaptureSource } from '../../../src/device/ports.ts';
import { loadScenario } from '../../../src/device/sim/scenario.ts';
import { simSource } from '../../../src/device/sim/simSource.ts';
import { loadKernels } from '../../../src/dsp/kernelFile.ts';
import { createWasmLoudness } from '../../../src/dsp/loudnessWasm.ts';
import { createWasmMeter } from '../../../src/dsp/meterWasm.ts';
import { createWasmSlipKernel } from '../../../src/dsp/slip/slipWasm.ts';
import { CaptureLoop } from '../../../src/monitor/captureLoop.ts';
import type { ToCapture } from '../../../src/monitor/captureMessages.ts';
import { createBoardMemory, LevelBoardReader, LevelBoardWriter } from '../../../src/monitor/levelBoard.ts';
import { Monitor, type MonitorParts } from '../../../src/monitor/monitor.ts';

const kernels = loadKernels();

/** A scenario of the simulator as a source in virtual time. Throws for a name that does not exist. */
export function scenarioSource(name: string, nowMs: () => number): CaptureSource {
  const loaded = loadScenario(name);
  if (!loaded.ok) throw new Error(loaded.fault.what);
  return simSource(loaded.value, { seed: 1, fast: true, nowNs: () => nowMs() * 1e6, sleepMs: () => {} });
}

/**
 * The capture loop and the monitor together, without threads, in virtual time: reads `seconds` of periods of 10 ms, then lets
 * one more snapshot be made. `watch`: what else the monitor is given, once it is there, and its time in ms.
 */
export function playLoop(
  sourceOf: (nowMs: () => number) => CaptureSource,
  seconds: number,
  parts: Partial<
    Pick<
      MonitorParts,
      'onEvent' | 'onSnippet' | 'onTimecode' | 'onDropped' | 'onStream' | 'onState' | 'takes' | 'wallMs'
    >
  > = {},
  watch: (monitor: Monitor, nowMs: () => number) => void = () => {},
): Monitor {
  let nowMs = 0;
  const clock = () => nowMs;
  const memory = createBoardMemory();
  const commands: ToCapture[] = [];
  const monitor = new Monitor({
    config: defaultConfig(),
    version: '0',
    simulated: true,
    sourceName: 'test',
    board: new LevelBoardReader(memory),
    tell: (command) => commands.push(command),
    interfaceMap: () => null,
    uptimeMs: clock,
    ...parts,
  });
  watch(monitor, clock);
  const loop = new CaptureLoop({
    source: sourceOf(clock),
    board: new LevelBoardWriter(memory),
    createMeter: (options) => createWasmMeter(kernels, options),
    createLoudnessKernel: (options) => createWasmLoudness(kernels, options),
    createSlipKernel: (options) => createWasmSlipKernel(kernels, options),
    movement: 'peak',
    post: (message) => monitor.onMessage(message),
    takeCommand: () => commands.shift(),
    sleepMs: () => {},
    nowMs: clock,
    clipRun: 3,
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
  return monitor;
}
