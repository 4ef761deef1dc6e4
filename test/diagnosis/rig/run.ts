/**
 * Runs a scenario: samples through the capture loop, the kernels, the slip detector and the monitor, control values through
 * the device's own reader, in virtual time; then looks at what the API and the panel tell.
 */
import { defaultConfig } from '../../../src/config/defaults.ts';
import { ReplayBoard } from '../../../src/device/alsa/controls.ts';
import { clockStream } from '../../../src/device/clock/clockSource.ts';
import { loadInterfaceTable } from '../../../src/device/interfaces/interfaceTable.ts';
import type { CaptureSource, StreamInfo } from '../../../src/device/ports.ts';
import { loadKernels } from '../../../src/dsp/kernelFile.ts';
import { createWasmLoudness } from '../../../src/dsp/loudnessWasm.ts';
import { createWasmMeter } from '../../../src/dsp/meterWasm.ts';
import { createWasmSlipKernel } from '../../../src/dsp/slip/slipWasm.ts';
import { type PatchSheet, parsePatchSheet } from '../../../src/guide/patchSheet.ts';
import { planBanks } from '../../../src/monitor/bankPlan.ts';
import { CaptureLoop } from '../../../src/monitor/captureLoop.ts';
import type { ToCapture } from '../../../src/monitor/captureMessages.ts';
import { createBoardMemory, LevelBoardReader, LevelBoardWriter } from '../../../src/monitor/levelBoard.ts';
import { Monitor } from '../../../src/monitor/monitor.ts';
import { SESSIONS, type Session } from '../scenarios/session.ts';
import type { Change, SessionName } from '../scenarios/types.ts';
import { dumpOfText, turn } from './controls.ts';
import { rendered } from './render.ts';
import { wireSource } from './wire.ts';

const kernels = loadKernels();
const interfaces = loadInterfaceTable();
const TURN_MS = 10;
/** What only a loop with slow readings takes. */
const meters = {
  createLoudnessKernel: (options: Parameters<typeof createWasmLoudness>[1]) => createWasmLoudness(kernels, options),
  movement: 'peak' as const,
};

export interface Played {
  readonly name: string;
  readonly session: SessionName;
}

function sheetOf(session: Session, change: Change, rateHz: number): PatchSheet {
  const { sheet } = change;
  const parsed = parsePatchSheet({
    title: 'test',
    rateHz,
    interface: { ...session.sheet.interface, ...sheet?.interface },
    expanders: session.sheet.expanders.map((one) => ({ ...one, ...sheet?.expanders?.[String(one.id)] })),
    inputs: session.sheet.inputs.flatMap((one) => {
      const over = sheet?.inputs?.[Number(one.channel)];
      return over === null ? [] : [{ ...one, ...over }];
    }),
    monitors: sheet?.monitors ?? [],
    headphones: sheet?.headphones ?? [],
  });
  if (!parsed.ok) throw new Error(parsed.fault.what);
  return parsed.value;
}

/** The monitor at the end of the scenario's seconds. */
export function play(scenario: Played & Change): Monitor {
  const running = begin(scenario);
  running.elapse(scenario.seconds ?? 6);
  return running.monitor;
}

export interface Running {
  readonly monitor: Monitor;
  /** Plays so many seconds more. */
  elapse(seconds: number): void;
}

/** A scenario at its start. */
export function begin(scenario: Played & Change): Running {
  const session = SESSIONS[scenario.session];
  const { rateHz = session.rateHz, channels = session.strips.length, seconds = 6, happenings = [] } = scenario;
  const patch = sheetOf(session, scenario, rateHz);
  const names = patch.inputs.map(({ channel, name }) => ({ index: channel, name }));
  const config = { ...defaultConfig(), patch, channels: names };

  const info: StreamInfo = {
    source: 'alsa',
    name: session.interfaceName,
    rateHz,
    channels,
    validBits: 24,
    periodFrames: rateHz / 100,
    bufferFrames: rateHz,
    usbId: session.usbId,
    channelNames: [],
    notes: [],
  };
  let nowMs = 0;
  const memory = createBoardMemory();
  const commands: ToCapture[] = [];
  const monitor = new Monitor({
    config,
    version: '0',
    simulated: false,
    sourceName: session.interfaceName,
    board: new LevelBoardReader(memory),
    tell: (command) => commands.push(command),
    interfaceMap: interfaces.lookup,
    uptimeMs: () => nowMs,
  });
  const loop = new CaptureLoop({
    source: sourceOf(session, scenario, info, seconds),
    board: new LevelBoardWriter(memory),
    createMeter: (options) => createWasmMeter(kernels, options),
    createSlipKernel: (options) => createWasmSlipKernel(kernels, options),
    ...meters,
    post: (message) => monitor.onMessage(message),
    takeCommand: () => commands.shift(),
    sleepMs: () => {},
    nowMs: () => nowMs,
    clipRun: 3,
    movement: 'peak',
    holdMs: 1000,
    retry: true,
  });

  const readable = session.controls.length + (scenario.controls?.length ?? 0) > 0;
  const board = readable ? new ReplayBoard(dumpOfText(session.controls, scenario.controls ?? [], session.usbId)) : null;
  const clock = board === null || scenario.cannotOpen ? null : clockStream(board, session.usbId);
  if (scenario.power !== undefined) monitor.onPower(scenario.power);
  const hands = happenings.flatMap((event) => (event.kind === 'control' ? [event] : []));
  let turns = 0;
  return {
    monitor,
    elapse(forS) {
      for (let n = 0; n < (forS * 1000) / TURN_MS; n++) {
        while (hands[0] !== undefined && hands[0].atS * 1000 <= nowMs) turn(board!, hands.shift()!.to);
        loop.turn();
        if (turns++ % 10 === 0) {
          clock?.setStreaming(monitor.snapshot().capture.state === 'running');
          const read = clock?.read(0);
          if (read?.kind === 'reading') monitor.onClock(read);
          // As the clock worker does while it turns.
          else if (clock !== null) monitor.onClock({ kind: 'alive' });
          monitor.turn();
        }
        nowMs += TURN_MS;
      }
      monitor.turn();
    },
  };
}

function sourceOf(session: Session, change: Change, info: StreamInfo, seconds: number): CaptureSource {
  const { cannotOpen } = change;
  if (cannotOpen !== undefined) return { open: () => ({ ok: false, fault: cannotOpen }) };
  const { rateHz, channels } = info;
  const strips = session.strips.slice(0, channels).map((strip, i) => ({ ...strip, ...change.strips?.[i + 1] }));
  // Some more than is played, for senders that run fast.
  const frames = Math.ceil((seconds + 0.5) * rateHz);
  const samples: Int32Array[] = [];
  strips.forEach((strip, i) => {
    samples.push(rendered(strip, i + 1, frames, rateHz, (channel) => samples[channel - 1]!));
  });
  // By the table, as the wires are: the routing of the interface does not change what shares a receiver.
  const { banks } = planBanks(info, [], interfaces.lookup(session.usbId, channels));
  const happenings = [...(change.happenings ?? [])].sort((a, b) => a.atS - b.atS);
  return wireSource({
    info,
    samples,
    happenings,
    banks: banks.map(({ id, first, last }) => ({
      id,
      columns: Array.from({ length: last - first + 1 }, (_, i) => first - 1 + i),
      ppm: change.clocks?.[id]?.ppm ?? 0,
      burst: change.clocks?.[id]?.burst ?? 1,
    })),
  });
}
