/**
 * Composition root of the main thread: the only place that builds adapters and wires rooms together. The capture worker has its
 * own small root, captureWorker.ts.
 */
import { hostname } from 'node:os';
import { join } from 'node:path';
import { type CaptureSettings, CaptureThreads } from './captureThreads.ts';
import { Checks } from './checks/checks.ts';
import { loadSoundcheck, saveSoundcheck } from './checks/soundcheckFile.ts';
import type { RunOptions } from './cli.ts';
import { configFinding } from './config/configFinding.ts';
import { defaultConfig } from './config/defaults.ts';
import type { Part } from './config/diff.ts';
import type { Config } from './config/schema.ts';
import { ConfigStore } from './config/store.ts';
import { listCards } from './device/alsa/cards.ts';
import { firstUsbCapture } from './device/alsa/findCard.ts';
import { loadInterfaceTable } from './device/interfaces/interfaceTable.ts';
import { boardFacts, ioChoiceOf } from './device/panel/ioChoice.ts';
import { type IoStatus, startIoPanel } from './device/panel/ioPanel.ts';
import { loadFonts } from './device/panel/loadFonts.ts';
import { monotonicMs } from './device/panel/monotonic.ts';
import { createSystemMeter } from './device/panel/systemFacts.ts';
import { createTerminalPanel } from './device/panel/terminal.ts';
import type { CaptureChoice, Notifier } from './device/ports.ts';
import { startPowerMeter } from './device/power/powerMeter.ts';
import { passedSocket, secondDescriptor } from './device/systemd/listenSocket.ts';
import { systemdNotifier, watchdogMs } from './device/systemd/notifier.ts';
import { startBoxClock } from './device/time/timeKeeper.ts';
import { METER_SCALES } from './dsp/meterScales.ts';
import { EvidenceStore, slipToProve } from './evidence/evidenceStore.ts';
import { assertNever, bad, good, type Outcome } from './fault.ts';
import { collectStart, compileLess } from './heap.ts';
import { Integrations } from './integrations/integrations.ts';
import { JournalFeed } from './journal/feed.ts';
import { Journal } from './journal/journal.ts';
import { noJournal, type SessionJournal } from './journal/noJournal.ts';
import type { JournalLimits } from './journal/sqliteStore.ts';
import { createLogger, type Logger } from './log.ts';
import { BoxReferenceWatch } from './monitor/boxReference.ts';
import type { CaptureState, FromCapture, MonitorEvent } from './monitor/captureMessages.ts';
import { createBoardMemory, LevelBoardReader } from './monitor/levelBoard.ts';
import { Monitor } from './monitor/monitor.ts';
import { levelFor, SignalTakes } from './monitor/signalTakes.ts';
import type { Finding } from './monitor/snapshot.ts';
import { type TakeOrigin, Takes } from './monitor/takes.ts';
import { PageDoor } from './pageDoor.ts';
import { PanelFindings } from './panelFindings.ts';
import { PanelLoop } from './panelLoop.ts';
import { PanelMemory } from './panelMemory.ts';
import { PanelViewOfNow } from './panelView.ts';
import { RecorderClient } from './recorder/recorderClient.ts';
import { createRing } from './recorder/ring.ts';
import { SETTLED_MS, type StartLedger, safeModeFinding } from './startLedger.ts';
import { stateFolder } from './stateFolder.ts';
import type { UiCommand } from './ui/navigation.ts';
import { createPanelApp } from './ui/panelApp.ts';
import { framePng } from './ui/png.ts';
import { alarmLamp } from './ui/view.ts';
import { EventLoopTurns, Watchdog } from './watchdog.ts';
import { Access } from './web/access.ts';
import { writePinFile } from './web/pinFile.ts';
import { createWebServer, type WebServer } from './web/server.ts';
import { WiredPanel } from './wiredPanel.ts';

/** So long after the start all that starting needs has been loaded and used. */
const COLLECT_START_MS = 4000;
/** What phones and journal have let go is given back this often. */
const TRIM_MS = 300_000;
/** By then the capture loop has run a thousand times. */
const COMPILED_MS = 10_000;

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

/** What a person calls it until the stream tells its own name. */
function nameOf(choice: CaptureChoice): string {
  switch (choice.kind) {
    case 'alsa':
      return choice.pcm;
    case 'wav':
      return choice.files[0] ?? '';
    case 'sim':
      return choice.scenario;
    case 'replay':
      return choice.dumpFile;
    default:
      return assertNever(choice);
  }
}

function chooseSource(options: RunOptions, capture: Config['capture'], say: (line: string) => void): Chosen {
  const { device, rateHz, channels } = capture;
  const { choice } = options;
  if (choice !== null) {
    return { choice, simulated: choice.kind === 'sim' || choice.kind === 'replay', name: nameOf(choice), retry: false };
  }
  const service = isService();
  if (service || device !== 'auto' || firstUsbCapture(listCards()) !== null) {
    const name = device === 'auto' ? 'USB interface' : device;
    return { choice: { kind: 'alsa', pcm: device, rateHz, channels }, simulated: false, name, retry: true };
  }
  say('No USB capture card here: the SIMULATOR plays instead. Nothing you see comes from a real input.');
  return {
    choice: { kind: 'sim', scenario: 'session', seed: 1, fast: false },
    simulated: true,
    name: 'session',
    retry: true,
  };
}

function describeEvent(event: MonitorEvent): string {
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
    case 'clockChange':
      return `the interface's clock changed by ${(event.afterPpm - event.beforePpm).toFixed(1)} ppm ${at}`;
    case 'clockSource':
      return `clock source went from ${event.from} to ${event.to} ${at}`;
    case 'portLock':
      return `${event.port === 'device' ? 'the interface' : event.port}: ${event.lock} ${at}`;
    case 'inputSwitch':
      return `input ${event.input}: ${event.switch} ${event.on ? 'on' : 'off'} ${at}`;
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

function journalLimits(config: Config): JournalLimits {
  return { maxBytes: config.journal.maxMb * 1e6, maxAgeMs: config.journal.maxDays * 86_400_000 };
}

/** What outlives a change of configuration that builds all anew: the clock, the sessions of the phones, the port. */
interface Kept {
  readonly startMs: number;
  readonly notifier: Notifier | null;
  /** The socket unit's descriptor, or null: the program opens its port itself. */
  readonly listenFd: number | null;
  /** Capture and page alone, with defaults: the program failed again and again, or a person asked for it. */
  safe: boolean;
  access: Access | null;
  port: number | null;
  /** The session's memory: a session is one run of the program. */
  memory: { readonly feed: JournalFeed; readonly journal: SessionJournal; readonly takes: Takes } | null;
}

/** What `runLightkeeper` is told beside its options. */
export interface RunCircumstances {
  readonly version: string;
  /** null: nobody keeps count of starts; not a service. */
  readonly ledger: StartLedger | null;
  readonly safe: boolean;
}

/** Runs until told to stop. The outcome is a fault only when it could not do what was asked for. */
export async function runLightkeeper(options: RunOptions, circumstances: RunCircumstances): Promise<Outcome<null>> {
  const { ledger } = circumstances;
  const kept: Kept = {
    startMs: performance.now(),
    notifier: systemdNotifier(process.env),
    listenFd: passedSocket(process.env, process.pid),
    safe: circumstances.safe,
    access: null,
    port: null,
    memory: null,
  };
  // In safe mode nothing is forgotten: should it end badly too, the next start is safe again.
  const settled = kept.safe ? undefined : setTimeout(() => ledger?.settle(), SETTLED_MS).unref();
  for (;;) {
    const outcome = await runOnce(options, circumstances, kept);
    if (outcome === 'again') continue;
    await kept.memory?.journal.stop();
    clearTimeout(settled);
    if (outcome.ok) ledger?.settle();
    return outcome;
  }
}

async function runOnce(
  options: RunOptions,
  circumstances: RunCircumstances,
  kept: Kept,
): Promise<Outcome<null> | 'again'> {
  const { version } = circumstances;
  const { notifier, safe } = kept;
  const uptimeMs = () => performance.now() - kept.startMs;
  const stateDir = stateFolder(options.stateDir);
  const store = await ConfigStore.open(stateDir);
  let config = safe ? defaultConfig() : store.config();
  const terminal =
    !safe && (options.panel === 'terminal' || (options.panel === 'auto' && process.stdout.isTTY && !isService()));
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
  if (origin.kind === 'lastGood' || origin.kind === 'readOnly') {
    log.warn(origin.fault.code, `${origin.fault.what} ${origin.fault.fix}`);
  }

  const safeMode = safe ? safeModeFinding(circumstances.ledger?.crashes ?? 0) : null;
  if (safeMode !== null) log.error(safeMode.code, `${safeMode.symptom} ${safeMode.cause} ${safeMode.fix}`);

  let chosen = chooseSource(options, config.capture, say);

  const interfaces = loadInterfaceTable();
  const memory = createBoardMemory();
  const ring = config.recorder.enabled && !safe ? createRing() : null;
  const threads = new CaptureThreads({
    board: memory,
    ring,
    readControls: !safe,
    onCapture: (message) => onCapture(message),
    onClock: (message) => monitor.onClock(message),
  });
  const settingsOf = (of: Chosen, now: Config): CaptureSettings => ({
    choice: of.choice,
    clipRun: now.meter.clipRun,
    holdMs: now.meter.holdMs,
    movement: METER_SCALES[now.meter.ballistic].movement,
    retry: of.retry,
  });

  let endWith: (outcome: Outcome<null> | 'again') => void = () => {};
  const ended = new Promise<Outcome<null> | 'again'>((resolve) => {
    endWith = resolve;
  });
  const board = new LevelBoardReader(memory);
  const checks = new Checks({
    soundcheck: safe ? null : loadSoundcheck(stateDir),
    nowIso: () => new Date().toISOString(),
    onSoundcheck: (soundcheck) =>
      void saveSoundcheck(stateDir, soundcheck).then((saved) => {
        if (!saved.ok) log.warn(saved.fault.code, `${saved.fault.what} ${saved.fault.fix}`);
      }),
  });
  kept.memory ??= openMemory();
  const { feed, journal, takes } = kept.memory;
  function openMemory() {
    const newFeed = new JournalFeed({ uptimeMs, wallMs: Date.now });
    const newTakes = new Takes({
      onStart: (take) => newFeed.onTakeStart(take),
      onEnd: (take) => newFeed.onTakeEnd(take),
      onAmend: (take) => newFeed.onTakeAmended(take),
    });
    if (safe) return { feed: newFeed, journal: noJournal, takes: newTakes };
    const newJournal = new Journal({
      feed: newFeed,
      file: join(stateDir, 'journal.sqlite'),
      start: { startedWallMs: Date.now() - uptimeMs(), version, simulated: chosen.simulated },
      limits: journalLimits(config),
      uptimeMs,
      onOpen: (before) => newTakes.numberFrom(before),
      onHealth: (health) => {
        if (health.kind !== 'disk') log.warn(`journal-${health.kind}`, health.told);
      },
    });
    newJournal.start();
    return { feed: newFeed, journal: newJournal, takes: newTakes };
  }
  const recorder =
    ring === null
      ? null
      : new RecorderClient({
          ring,
          options: config.recorder,
          uptimeMs,
          onSaid: ({ severity, text, detail }) => {
            if (severity === 'info') log.info('recorder', text);
            else log.warn('recorder', text);
            feed.onRecorder(severity, text, detail);
          },
        });
  const evidence = new EvidenceStore();
  const signal = new SignalTakes(config.takes);
  let integrations: Integrations | null = null;
  const panelFindings = new PanelFindings(uptimeMs);
  /** Until the panel is started there is nothing to say of it. */
  let panelStatus: () => IoStatus | null = () => null;
  let doorFindings: () => Finding[] = () => [];
  const monitor = new Monitor({
    config,
    version,
    simulated: chosen.simulated,
    sourceName: chosen.name,
    board,
    standing: () => [
      ...[safeMode, configFinding(store.origin())].filter((finding) => finding !== null),
      ...journal.findings(),
      ...(recorder?.findings() ?? []),
      ...(integrations?.findings() ?? []),
      ...panelFindings.findings(panelStatus()),
      ...doorFindings(),
    ],
    takes,
    checks,
    recorder: () => recorder?.view() ?? null,
    tell: (command) => threads.tell(command),
    tellClock: (command) => threads.tellClock(command),
    interfaceMap: interfaces.lookup,
    uptimeMs,
    onEvent: (event) => {
      log.info(`event-${event.kind}`, describeEvent(event));
      feed.onEvent(event);
      integrations?.onEvent(event);
      if (event.kind === 'slip' && !safe) evidence.prove(slipToProve(event, monitor.snapshot()), uptimeMs());
    },
    onDropped: (count) => {
      log.warn('events-dropped', `${count} more events in one turn were only counted.`);
      feed.onDropped(count);
    },
    onSnippet: (bank, snippet) => {
      if (!safe) evidence.add(bank, snippet);
    },
    onStream: (info) => feed.onStream(info),
    onTimecode: (event) => {
      feed.onTimecode(event);
      const { frames, rateHz } = monitor.snapshot().capture;
      const sinceFrame = event.kind === 'stopped' ? event.frame : event.sinceFrame;
      const agoMs = rateHz > 0 ? Math.max(0, ((frames - sinceFrame) / rateHz) * 1000) : 0;
      signal.onTimecode(event.kind !== 'stopped', uptimeMs() - agoMs);
    },
    onState: (state) => {
      if (state.kind !== 'running') signal.onTimecode(false, uptimeMs());
      feed.onState(state);
      // What was asked for on the command line and never ran is said once, by the program's last line.
      const failed = state.kind === 'faulted' || state.kind === 'absent';
      if (!everRan && !chosen.retry && (failed || state.kind === 'opening')) return;
      logState(log, state);
    },
  });

  if (!safe) {
    monitor.onLevelsTaken((frame) => feed.onLevels(frame));
    monitor.onLevelsTaken(({ peakDbX100, channels }) => {
      const level = levelFor(signal.rule, peakDbX100, channels);
      const wish = signal.turn(level, monitor.takeRuns, uptimeMs());
      if (wish === null) return;
      const marked = wish.kind === 'end' ? markTake(null, 'signal') : markTake('', 'signal', wish.agoMs);
      if (!marked.ok) signal.refused();
    });
    monitor.onSnapshot((snapshot) => feed.onSnapshot(snapshot));
  }

  let everRan = false;
  let tellStarted: () => void = () => {};
  /** Frames come, or the source is waited for: there is something to look at. */
  const started = new Promise<void>((resolve) => {
    tellStarted = resolve;
  });
  if (chosen.retry) tellStarted();
  monitor.onSnapshot(({ banks }) => {
    for (const bank of banks) if (bank.ppm !== null) evidence.noteClock(bank.id, bank.ppm);
  });
  const onCapture = (message: FromCapture) => {
    if (message.kind === 'stream') evidence.newStream();
    monitor.onMessage(message);
    if (message.kind !== 'state') return;
    if (message.state.kind === 'running') {
      everRan = true;
      tellStarted();
    }
    // What was asked for on the command line and never ran is a user's mistake: say so and leave.
    if (message.state.kind === 'faulted' || message.state.kind === 'absent') {
      if (!chosen.retry && !everRan) endWith({ ok: false, fault: message.state.fault });
    }
  };
  void threads.start(settingsOf(chosen, config));

  const markTake = (name: string | null, by: TakeOrigin, agoMs = 0): Outcome<null> => {
    const marked = name === null ? monitor.endTake() : monitor.startTake(name, by, agoMs);
    if (!marked.ok) return marked;
    if (name === null) recorder?.stop();
    else {
      const names = monitor.snapshot().channels.map((channel) => channel.name);
      recorder?.start(marked.value.name, names);
    }
    return good(null);
  };

  if (!safe) {
    integrations = new Integrations({
      settings: config,
      snapshot: () => monitor.snapshot(),
      levels: () => monitor.levels(),
      actions: {
        takeRuns: () => monitor.takeRuns,
        markTake: (name) => markTake(name, 'osc'),
        mark: (name) => feed.onMark(name, 'osc'),
        clear: (channels) => monitor.clear(channels),
        acknowledge: (code, where) => monitor.acknowledge(code, where),
      },
      pageUrl: () => door.phone,
      uptimeMs,
      wallMs: Date.now,
      hostName: hostname(),
      log,
    });
    monitor.onLevelsTaken((frame) => integrations?.onLevels(frame));
    monitor.onSnapshot((snapshot) => integrations?.onSnapshot(snapshot));
  }

  const clock = { nowMs: uptimeMs };
  kept.access ??= new Access({
    clock,
    onPin: (pin) => {
      const written = writePinFile(stateDir, pin);
      if (!written.ok) log.warn(written.fault.code, `${written.fault.what} ${written.fault.fix}`);
    },
  });
  const { access } = kept;
  const fonts = loadFonts();
  const app = createPanelApp({ fonts });
  const systemMeter = createSystemMeter();
  const panelMemory = new PanelMemory(stateDir);
  const lastPage = safe ? undefined : panelMemory.read();
  const panelLoop: PanelLoop = new PanelLoop({
    app,
    ...(lastPage === undefined ? {} : { pageName: lastPage }),
    nowMs: uptimeMs,
    view: () =>
      new PanelViewOfNow({
        snapshot: monitor.snapshot(),
        levels: () => monitor.levels(),
        network: { url: door.phone, name: door.name, pin: access.pin() },
        system: () => ({
          ...systemMeter(uptimeMs()),
          panel: wired.status()?.label ?? null,
          buttons: wired.status()?.buttons ?? null,
        }),
        takeRunning: monitor.takeRuns,
      }),
    onLook: () => monitor.looked(),
    onCommand: (command: UiCommand) => {
      if (command.kind === 'clear') monitor.clear();
      else if (command.kind === 'undoClear') monitor.undoClear();
      else if (command.kind === 'light') wired.setLight(command.light);
      else if (command.kind === 'prove') monitor.startProof(command.bank);
      else if (command.kind === 'endProof') monitor.endProof();
      else if (command.kind === 'remember') panelMemory.remember(command.page);
      else if (command.kind === 'buttonStuck') panelFindings.onStuck(command.button, command.stuck);
      else if (command.kind === 'check') {
        if (command.step === 'start') monitor.startCheck(command.check);
        else if (command.step === 'next') monitor.nextCheck();
        else monitor.endCheck();
      } else if (command.kind === 'markTake') markTake(monitor.takeRuns ? null : '', 'button');
      else if (command.kind === 'acknowledge') {
        const [code = '', ...where] = command.cause.split('|');
        monitor.acknowledge(code, where.join('|'));
        showLamp();
      }
    },
  });
  // Edges carry the kernel's monotonic time; the panel counts from the start of the program.
  const startMonotonicMs = monotonicMs() - uptimeMs();
  const wired = new WiredPanel({
    choose: (now) => (safe ? null : ioChoiceOf(now, boardFacts())),
    start: (choice) =>
      startIoPanel({
        choice,
        onEdge: (edge) => panelLoop.edge({ ...edge, timeMs: edge.timeMs - startMonotonicMs }),
        onFault: (fault) => log.warn(fault.code, `${fault.what} ${fault.fix}`),
      }),
    attach: (panel) => panelLoop.attach(panel),
  });
  wired.start(config);
  wired.show(app.splash(version, chosen.simulated));
  panelStatus = () => wired.status();
  const showLamp = () => wired.setLamp(alarmLamp(monitor.snapshot(), panelLoop.ui.acknowledged));
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

  const webLogger = {
    info: (line: string) => log.info('web', line),
    warn: (line: string) => log.warn('web', line),
    error: (line: string) => log.error('web', line),
  };
  const createPage = (webConfig: () => Config['web']): WebServer =>
    createWebServer({
      evidence: { store: evidence, fonts: { small: fonts.f6x12, large: fonts.f8x16 } },
      interfaceMaps: interfaces.maps,
      view: monitor,
      commands: monitor,
      checks: monitor,
      panelPng: (scale) => framePng(panelLoop.frame(true), scale),
      access,
      actions: {
        undoClear: () =>
          monitor.undoClear()
            ? good(null)
            : bad('undo-nothing', 'There is nothing to put back.', 'Only the last clear can be undone, and only once.'),
        markTake: (name) => markTake(name, 'page'),
        acknowledge: (code, where) => monitor.acknowledge(code, where),
        prove: (bank) => {
          if (bank !== null) return monitor.startProof(bank);
          monitor.endProof();
          return good(null);
        },
        press: (buttons, holdMs) => {
          for (const button of buttons) panelLoop.edge({ button, down: true, timeMs: uptimeMs() });
          setTimeout(() => {
            for (const button of buttons) panelLoop.edge({ button, down: false, timeMs: uptimeMs() });
          }, holdMs).unref();
          return good(null);
        },
      },
      journal,
      configDoor: {
        store,
        takeIsMarked: () => monitor.takeRuns,
        apply: (changed, rebuilds) => applyConfig(changed, rebuilds),
      },
      config: webConfig,
      listenFd: () => (kept.listenFd === null ? null : secondDescriptor(kept.listenFd)),
      logger: webLogger,
      clock,
    });
  /** The command line's port outranks the configuration's. */
  const webOf = (now: Config) => ({ ...now.web, port: kept.port ?? options.httpPort ?? now.web.port });
  const door: PageDoor = new PageDoor(
    {
      create: createPage,
      log,
      webLogger,
      named: !safe,
      uptimeMs,
      onListening: ({ url, port }) => {
        if (options.httpPort === 0) kept.port = port;
        terminalPanel?.note(`${chosen.simulated ? 'SIMULATOR   ' : ''}${url}`);
      },
    },
    webOf(config),
  );
  doorFindings = () => door.findings();

  const applyConfig = (changed: Config, rebuilds: readonly Part[]) => {
    if (safe) {
      // Perhaps these were the settings that brought it down: the full program tries them.
      kept.safe = false;
      kept.memory = null;
      endWith('again');
      return;
    }
    const before = config;
    config = changed;
    monitor.reconfigure(changed);
    journal.limit(journalLimits(changed));
    recorder?.setOptions(changed.recorder);
    signal.setRule(changed.takes);
    void integrations?.reconfigure(changed);
    const parts = new Set(rebuilds);
    if (parts.has('panel') || parts.has('buttons')) void wired.apply(changed);
    if (parts.has('web')) void door.restart(webOf(changed));
    else door.note(webOf(changed));
    if (!parts.has('capture')) return;
    const anew = chooseSource(options, changed.capture, say);
    // What records, and what stands in the snapshot as simulated, is fixed for a run.
    if (anew.simulated !== chosen.simulated || changed.recorder.enabled !== before.recorder.enabled) {
      log.info('config-anew', 'The configuration changes what is captured or recorded: all is built anew.');
      endWith('again');
      return;
    }
    log.info('config-capture', 'The configuration changes what is captured: the device is opened anew.');
    chosen = anew;
    void threads.start(settingsOf(anew, changed));
  };

  const onSignal = () => endWith(good(null));
  process.once('SIGTERM', onSignal);
  process.once('SIGINT', onSignal);

  monitor.start();
  integrations?.start();
  const powerMeter = safe ? null : startPowerMeter((reading) => monitor.onPower(reading));
  const boxReference = new BoxReferenceWatch();
  const boxClock = safe
    ? null
    : startBoxClock((pair, keeper) => {
        boxReference.take(pair, keeper);
        monitor.onReference(boxReference.reference());
      });
  panelLoop.start();
  const listening = await door.start();
  const mainLoop = new EventLoopTurns(() => door.listening);
  const watchdog = new Watchdog({
    loops: [
      { name: 'capture', turns: () => board.turns() },
      { name: 'panel', turns: () => panelLoop.turns },
      // A box with no wired panel has no such loop; it may get one.
      { name: 'io', turns: () => (wired.present ? wired.turns() : mainLoop.turns) },
      { name: 'web', turns: () => mainLoop.turns },
    ],
    feed: () => notifier?.feed(),
    onStuck: (names) => log.error('loop-stuck', `No turn of: ${names.join(', ')}. The watchdog is not fed.`),
  });
  if (!listening.ok) endWith(listening);
  else {
    const { url } = listening.value;
    notifier?.ready(`${safe ? 'SAFE MODE, ' : ''}${url}`);
    const withinMs = notifier === null ? null : watchdogMs(process.env, process.pid);
    if (withinMs !== null) {
      mainLoop.start(withinMs / 20);
      watchdog.start(withinMs);
    }
    // An address before what was asked for runs would be a promise: a wrong file or card is the only line then.
    if (terminalPanel === null)
      void started.then(() => say(`Lightkeeper: ${url}${chosen.simulated ? '   (SIMULATOR)' : ''}`));
  }

  const giveBack = () => threads.tellClock({ kind: 'trimMemory' });
  const collecting = setTimeout(() => {
    collectStart();
    giveBack();
  }, COLLECT_START_MS).unref();
  const trimming = setInterval(giveBack, TRIM_MS).unref();
  const compiled = setTimeout(compileLess, COMPILED_MS).unref();
  const outcome = await ended;
  clearTimeout(collecting);
  clearTimeout(compiled);
  clearInterval(trimming);
  if (outcome !== 'again') notifier?.stopping();
  watchdog.stop();
  mainLoop.stop();
  process.off('SIGTERM', onSignal);
  process.off('SIGINT', onSignal);
  monitor.stop();
  powerMeter?.stop();
  boxClock?.stop();
  await Promise.all([
    panelLoop.stop(),
    panelMemory.stop(),
    wired.stop(),
    door.stop(),
    integrations?.stop(),
    threads.stop().then(() => recorder?.close()),
  ]);
  hold = false;
  for (const line of heldLines) process.stderr.write(line);
  return outcome;
}
