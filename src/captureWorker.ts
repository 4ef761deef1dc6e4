/** Root of the capture worker: builds the one adapter that was chosen and runs the loop until told to stop. */
import { constants, setPriority } from 'node:os';
import { performance } from 'node:perf_hooks';
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { alsaCardSource } from './device/alsa/findCard.ts';
import type { CaptureChoice, CaptureSource } from './device/ports.ts';
import { wavSource } from './device/wav/wavSource.ts';
import { loadKernels } from './dsp/kernelFile.ts';
import { createWasmLoudness } from './dsp/loudnessWasm.ts';
import { createWasmMeter } from './dsp/meterWasm.ts';
import { createWasmSlipKernel } from './dsp/slip/slipWasm.ts';
import { assertNever, type Outcome } from './fault.ts';
import { collectStart, HeapWatch } from './heap.ts';
import { CaptureLoop } from './monitor/captureLoop.ts';
import type { CaptureWorkerData, FromCapture, ToCapture } from './monitor/captureMessages.ts';
import { LevelBoardWriter } from './monitor/levelBoard.ts';
import { type WarmUpParts, warmUp } from './monitor/warmUp.ts';
import { RingWriter } from './recorder/ring.ts';

const port = parentPort;
if (port === null) throw new Error('the capture worker runs as a worker thread only');

const data = workerData as CaptureWorkerData;
const commandsTold = new Int32Array(data.commandsTold);
/** Longest wait for the clock worker's first reading. */
const GATE_MS = 500;
const sleeper = new Int32Array(new SharedArrayBuffer(4));
const sleepMs = (ms: number) => void Atomics.wait(sleeper, 0, 0, ms);
/** A snippet's samples go over as they are: this thread collects its garbage once in a long while, and copies would pile up until then. */
const post = (message: FromCapture) =>
  message.kind === 'snippet'
    ? port.postMessage(message, [message.snippet.samples.buffer as ArrayBuffer])
    : port.postMessage(message);

/** Commands told so far, as last seen here. */
let commandsSeen = -1;
/** To ask the port costs more than to look at a count, and there is hardly ever a command. */
function takeCommand(): ToCapture | undefined {
  const told = Atomics.load(commandsTold, 0);
  if (told === commandsSeen) return undefined;
  const received = receiveMessageOnPort(port!);
  if (received === undefined) commandsSeen = told;
  return received?.message as ToCapture | undefined;
}

/**
 * A device does not wait: this thread, and no other, goes before what else the box does, where that is allowed (LimitNICE of the unit; root).
 * On a core of its own it makes no difference.
 */
function goFirst(): void {
  try {
    setPriority(constants.priority.PRIORITY_HIGH);
  } catch {
    // As it was: a start by hand, mostly, on a machine with cores to spare.
  }
}

async function sourceOf(choice: CaptureChoice): Promise<Outcome<CaptureSource>> {
  switch (choice.kind) {
    case 'alsa':
      return { ok: true, value: alsaCardSource(choice) };
    case 'wav':
      return { ok: true, value: wavSource(choice) };
    case 'sim': {
      // Loaded for the simulator only: with the library that checks scenarios it weighs 10 MB.
      const { loadScenario } = await import('./device/sim/scenario.ts');
      const { simSource } = await import('./device/sim/simSource.ts');
      const scenario = loadScenario(choice.scenario);
      if (!scenario.ok) return scenario;
      const nowNs = () => Number(process.hrtime.bigint());
      return { ok: true, value: simSource(scenario.value, { seed: choice.seed, fast: choice.fast, nowNs, sleepMs }) };
    }
    case 'replay': {
      const { loadDump, replayScenario } = await import('./device/sim/replay.ts');
      const { simSource } = await import('./device/sim/simSource.ts');
      const { loadInterfaceTable } = await import('./device/interfaces/interfaceTable.ts');
      const dump = loadDump(choice.dumpFile);
      if (!dump.ok) return dump;
      const nowNs = () => Number(process.hrtime.bigint());
      const scenario = replayScenario(dump.value, loadInterfaceTable());
      return { ok: true, value: simSource(scenario, { seed: 1, fast: false, nowNs, sleepMs }) };
    }
    default:
      return assertNever(choice);
  }
}

try {
  const source = await sourceOf(data.choice);
  if (!source.ok) {
    post({ kind: 'state', state: { kind: 'faulted', fault: source.fault } });
  } else {
    const kernels = loadKernels();
    const creators: WarmUpParts = {
      createMeter: (options) => createWasmMeter(kernels, options),
      createLoudnessKernel: (options) => createWasmLoudness(kernels, options),
      createSlipKernel: (options) => createWasmSlipKernel(kernels, options),
    };
    // A file waits for its reader; a device does not.
    if (data.choice.kind === 'alsa') {
      warmUp(creators);
      collectStart();
      goFirst();
    }
    // The controls are read once before the stream opens: opening may change the clock source, and that shall be seen.
    if (data.gate !== null) Atomics.wait(new Int32Array(data.gate), 0, 0, GATE_MS);
    const heap = new HeapWatch();
    new CaptureLoop({
      source: source.value,
      board: new LevelBoardWriter(data.board),
      ...creators,
      post,
      takeCommand,
      sleepMs,
      nowMs: () => performance.now(),
      clipRun: data.clipRun,
      holdMs: data.holdMs,
      movement: data.movement,
      retry: data.retry,
      lookAtHeap: () => void heap.look(),
      ...(data.ring === null ? {} : { ring: new RingWriter(data.ring) }),
    }).run();
  }
} catch (error) {
  post({ kind: 'bug', stack: (error as Error).stack ?? String(error) });
}
