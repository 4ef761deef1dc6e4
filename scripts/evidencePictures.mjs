// Draws docs/pictures/evidence-*.png: slips that the built program found in the simulator's samples, as it serves them.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defaultConfig } from '../dist/config/defaults.js';
import { loadFonts } from '../dist/device/panel/loadFonts.js';
import { loadScenario } from '../dist/device/sim/scenario.js';
import { simSource } from '../dist/device/sim/simSource.js';
import { loadKernels } from '../dist/dsp/kernelFile.js';
import { createWasmLoudness } from '../dist/dsp/loudnessWasm.js';
import { createWasmMeter } from '../dist/dsp/meterWasm.js';
import { createWasmSlipKernel } from '../dist/dsp/slip/slipWasm.js';
import { EvidenceStore, slipToProve } from '../dist/evidence/evidenceStore.js';
import { drawingPng } from '../dist/evidence/raster.js';
import { slipPicture } from '../dist/evidence/slipPicture.js';
import { CaptureLoop } from '../dist/monitor/captureLoop.js';
import { createBoardMemory, LevelBoardReader, LevelBoardWriter } from '../dist/monitor/levelBoard.js';
import { Monitor } from '../dist/monitor/monitor.js';

process.chdir(dirname(dirname(fileURLToPath(import.meta.url))));
const folder = process.argv[2] ?? 'docs/pictures';
mkdirSync(folder, { recursive: true });
const kernels = loadKernels();
const { f6x12: small, f8x16: large } = loadFonts();

/** Evidence of so many seconds of a scenario, newest first, and the names of its channels. */
function evidenceOf(name, seconds) {
  const scenario = loadScenario(name).value;
  let nowMs = 0;
  const memory = createBoardMemory();
  const commands = [];
  const store = new EvidenceStore();
  const monitor = new Monitor({
    config: defaultConfig(),
    version: '',
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
  const loop = new CaptureLoop({
    source: simSource(scenario, { seed: 1, fast: true, nowNs: () => nowMs * 1e6, sleepMs: () => {} }),
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
  return { list: store.list(), names: scenario.channels.map((channel) => channel.name) };
}

for (const [scenario, seconds, file] of [
  ['free-running', 30, 'evidence-drop'],
  ['slow-expander', 12, 'evidence-repeat'],
]) {
  const { list, names } = evidenceOf(scenario, seconds);
  // The one that stands out most of what has the least to do with choice: the newest.
  const item = list[0];
  const drawing = slipPicture(
    item.snippet,
    item,
    item.snippet.channels.map((c) => names[c - 1]),
  );
  writeFileSync(`${folder}/${file}.png`, drawingPng(drawing, { small, large }));
  console.log(`${folder}/${file}.png: ${drawing.title}`);
}
