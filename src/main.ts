/**
 * Composition root of the main thread: the only place that builds adapters and wires rooms together. The capture worker has its
 * own small root, captureWorker.ts.
 */
import { homedir, networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { RunOptions } from './cli.ts';
import { ConfigStore } from './config/store.ts';
import { listCards } from './device/alsa/cards.ts';
import { firstUsbCapture } from './device/alsa/findCard.ts';
import { loadInterfaceTable } from './device/interfaces/interfaceTable.ts';
import { boardFacts, ioChoiceOf } from './device/panel/ioChoice.ts';
import { startIoPanel } from './device/panel/ioPanel.ts';
import { loadFonts } from './device/panel/loadFonts.ts';
import { monotonicMs } from './device/panel/monotonic.ts';
import { createSystemMeter, phoneUrl } from './device/panel/systemFacts.ts';
import { createTerminalPanel } from './device/panel/terminal.ts';
import type { CaptureChoice } from './device/ports.ts';
import { good, type Outcome } from './fault.ts';
import { createLogger, type Logger } from './log.ts';
import type { CaptureEvent, CaptureState, CaptureWorkerData, FromCapture } from './monitor/captureMessages.ts';
import { createBoardMemory, LevelBoardReader } from './monitor/levelBoard.ts';
import { Monitor } from './monitor/monitor.ts';
import { PanelLoop } from './panelLoop.ts';
import type { UiCommand } from './ui/navigation.ts';
import { createPanelApp } from './ui/panelApp.ts';
import { framePng } from './ui/png.ts';
import { alarmLamp } from './ui/view.ts';
import { createWebServer } from './web/server.ts';

/** How long the worker may take to close the device when the program stops. */
const STOP_MS = 1500;

interface Chosen {
  readonly choice: CaptureChoice;
  readonly simulated: boolean;
  /** What a person calls it until the stream tells its own name. */
  readonly name: string;
  /** A service waits for its device for ever; a choice on the command line is tried once. */
  readonly retry: boolean;
}

/** Started by systemd, or with nobody at a terminal to read that the simulator plays. */
function isService(): boolean {
  return process.env.INVOCATION_ID !== undefined || process.env.NOTIFY_SOCKET !== undefined;
}

function chooseSource(options: RunOptions, device: string, say: (line: string) => void): Chosen {
  const { choice } = options;
  if (choice !== null) {
    const name =
      choice.kind === 'alsa' ? choice.pcm : choice.kind === 'wav' ? (choice.files[0] ?? '') : choice.scenario;
    return { choice, simulated: choice.kind === 'sim', name, retry: false };
  }
  const service = isService();
  if (service || device !== 'auto' || firstUsbCapture(listCards()) !== null) {
    const name = device === 'auto' ? 'USB interface' : device;
    return { choice: { kind: 'alsa', pcm: device, rateHz: null, channels: null }, simulated: false, name, retry: true };
  }
  say('No USB capture card here: the SIMULATOR plays instead. Nothing you see comes from a real input.');
  return {
    choice: { kind: 'sim', scenario: 'session', seed: 1, fast: false },
    simulated: true,
    name: 'session',
    retry: true,
  };
}

function describeEvent(event: CaptureEvent): string {
  const at = `at frame ${event.frame}`;
  switch (event.kind) {
    case 'clip':
      return `channel ${event.channel} clipped ${at}`;
    case 'slip':
      return `${event.bank} slipped ${at}: ${event.slipKind}, ${event.frames} frame${event.frames === 1 ? '' : 's'}`;
    case 'usbLoss':
      return `all channels jumped ${at}: USB loss`;
    case 'xrun':
      return `capture buffer ran over ${at}`;
  }
}

function logState(log: Logger, state: CaptureState): void {
  if (state.kind === 'absent' || state.kind === 'faulted') {
    log.warn(state.fault.code, `${state.fault.what} ${state.fault.fix}`);
  } else if (state.kind === 'ended') {
    log.info('capture-ended', state.note === null ? 'The take is over.' : `The take is over. ${state.note.what}`);
  } else {
    log.info(`capture-${state.kind}`, `Capture is ${state.kind}.`);
  }
}

/** Runs until told to stop. The outcome is a fault only when it could not do what was asked for. */
export async function runLightkeeper(options: RunOptions, version: string): Promise<Outcome<null>> {
  const startMs = performance.now();
  const uptimeMs = () => performance.now() - startMs;
  const stateDir =
    options.stateDir ??
    process.env.STATE_DIRECTORY ??
    join(process.env.XDG_STATE_HOME ?? join(homedir(), '.local', 'state'), 'lightkeeper');
  const store = await ConfigStore.open(stateDir);
  const config = store.config();
  const terminal = options.panel === 'terminal' || (options.panel === 'auto' && process.stdout.isTTY && !isService());
  // The terminal panel owns the screen: what is logged meanwhile is shown when it ends.
  const heldLines: string[] = [];
  let hold = terminal;
  const writeLine = (line: string) => {
    if (!hold) process.stderr.write(line);
    else if (heldLines.push(line) > 200) heldLines.shift();
  };
  const log = createLogger(writeLine, isService(), uptimeMs);
  const say = (line: string) => void (hold ? heldLines.push(`${line}\n`) : process.stdout.write(`${line}\n`));
  const origin = store.origin();
  if (origin.kind === 'lastGood' || origin.kind === 'readOnly')
    log.warn(origin.fault.code, `${origin.fault.what} ${origin.fault.fix}`);

  const chosen = chooseSource(options, config.capture.device, say);

  const interfaces = loadInterfaceTable();
  const memory = createBoardMemory();
  const worker = new Worker(new URL('./captureWorker.js', import.meta.url), {
    workerData: {
      choice: chosen.choice,
      board: memory,
      clipRun: config.meter.clipRun,
      holdMs: config.meter.holdMs,
      retry: chosen.retry,
    } satisfies CaptureWorkerData,
  });

  let endWith: (outcome: Outcome<null>) => void = () => {};
  const ended = new Promise<Outcome<null>>((resolve) => {
    endWith = resolve;
  });
  const monitor = new Monitor({
    config,
    version,
    simulated: chosen.simulated,
    sourceName: chosen.name,
    board: new LevelBoardReader(memory),
    tell: (command) => worker.postMessage(command),
    interfaceMap: interfaces.lookup,
    uptimeMs,
    onEvent: (event) => log.info(`event-${event.kind}`, describeEvent(event)),
    onDropped: (count) => log.warn('events-dropped', `${count} more events in one turn were only counted.`),
    onState: (state) => logState(log, state),
  });

  let everRan = false;
  worker.on('message', (message: FromCapture) => {
    monitor.onMessage(message);
    if (message.kind !== 'state') return;
    if (message.state.kind === 'running') everRan = true;
    // What was asked for on the command line and never ran is a user's mistake: say so and leave.
    if (message.state.kind === 'faulted' || message.state.kind === 'absent') {
      if (!chosen.retry && !everRan) endWith({ ok: false, fault: message.state.fault });
    }
  });
  let stopping = false;
  worker.on('error', (error) => {
    throw error;
  });
  worker.on('exit', (code) => {
    if (!stopping && code !== 0) throw new Error(`capture worker ended with code ${code}`);
  });

  const app = createPanelApp({ fonts: loadFonts() });
  const systemMeter = createSystemMeter();
  // The address on the panel's QR: null while only this machine can reach the page.
  let phone: string | null = null;
  const panelLoop = new PanelLoop({
    app,
    nowMs: uptimeMs,
    view: () => ({
      snapshot: monitor.snapshot(),
      levels: monitor.levels(),
      network: { url: phone, name: null, pin: null },
      system: { ...systemMeter(uptimeMs()), panel: io?.status().label ?? null, buttons: io?.status().buttons ?? null },
      takeRunning: false,
      canProve: false,
    }),
    onCommand: (command: UiCommand) => {
      if (command.kind === 'clear') monitor.clear();
      else if (command.kind === 'light') io?.setLight(command.light);
      else if (command.kind === 'acknowledge') showLamp();
    },
  });
  const ioChoice = ioChoiceOf(config, boardFacts());
  // Edges carry the kernel's monotonic time; the panel counts from the start of the program.
  const startMonotonicMs = monotonicMs() - uptimeMs();
  const io =
    ioChoice === null
      ? null
      : startIoPanel({
          choice: ioChoice,
          onEdge: (edge) => panelLoop.edge({ ...edge, timeMs: edge.timeMs - startMonotonicMs }),
          onFault: (fault) => log.warn(fault.code, `${fault.what} ${fault.fix}`),
        });
  if (io !== null) {
    io.show(app.splash(version, chosen.simulated));
    panelLoop.attach(io);
  }
  const showLamp = () => io?.setLamp(alarmLamp(monitor.snapshot(), panelLoop.ui.acknowledged));
  monitor.onSnapshot(showLamp);
  const terminalPanel = terminal
    ? createTerminalPanel({
        out: process.stdout,
        in: process.stdin,
        now: uptimeMs,
        onEdge: (edge) => panelLoop.edge(edge),
        onQuit: () => endWith(good(null)),
      })
    : null;
  if (terminalPanel !== null) panelLoop.attach(terminalPanel);

  const web = createWebServer({
    interfaceMaps: interfaces.maps,
    view: monitor,
    commands: monitor,
    panelPng: (scale) => framePng(panelLoop.frame(true), scale),
    config: () => ({ ...config.web, port: options.httpPort ?? config.web.port }),
    logger: {
      info: (line) => log.info('web', line),
      warn: (line) => log.warn('web', line),
      error: (line) => log.error('web', line),
    },
    clock: { nowMs: uptimeMs },
  });

  const onSignal = () => endWith(good(null));
  process.once('SIGTERM', onSignal);
  process.once('SIGINT', onSignal);

  monitor.start();
  panelLoop.start();
  const listening = await web.start();
  if (!listening.ok) endWith(listening);
  else {
    const { url } = listening.value;
    phone = phoneUrl(config.web.host, Number(new URL(url).port || 80), networkInterfaces());
    terminalPanel?.note(`${chosen.simulated ? 'SIMULATOR   ' : ''}${url}`);
    if (terminalPanel === null) say(`Lightkeeper: ${url}${chosen.simulated ? '   (SIMULATOR)' : ''}`);
  }

  const outcome = await ended;
  stopping = true;
  process.off('SIGTERM', onSignal);
  process.off('SIGINT', onSignal);
  monitor.stop();
  await Promise.all([panelLoop.stop(), web.stop(), stopWorker(worker)]);
  hold = false;
  for (const line of heldLines) process.stderr.write(line);
  return outcome;
}

async function stopWorker(worker: Worker): Promise<void> {
  const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  worker.postMessage({ kind: 'stop' });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, STOP_MS);
  });
  await Promise.race([exited, late]);
  clearTimeout(timer);
  await worker.terminate();
}
