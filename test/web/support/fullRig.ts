/** The web over a fake monitor, with all that a run can have: a panel with buttons, PIN, configuration, actions. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigStore } from '../../../src/config/store.ts';
import { loadFonts } from '../../../src/device/panel/loadFonts.ts';
import { initialUi, reduceUi, type UiInput, type UiState } from '../../../src/ui/navigation.ts';
import { drawPanel } from '../../../src/ui/panelApp.ts';
import { framePng } from '../../../src/ui/png.ts';
import type { PanelView } from '../../../src/ui/view.ts';
import { Access } from '../../../src/web/access.ts';
import { createWebServer, type WebAddress, type WebOptions, type WebServer } from '../../../src/web/server.ts';
import { FakeMonitor, type FakeMonitorOptions } from './fakeMonitor.ts';
import { BUILT_PAGE, INTERFACE_MAPS } from './webRig.ts';

export interface FullRig {
  readonly monitor: FakeMonitor;
  readonly access: Access;
  readonly address: WebAddress;
  readonly web: WebServer;
  readonly store: ConfigStore;
  /** What the panel's driver is given now, in words: the true PIN stands there. */
  panelTexts(): string[];
  /** Presses buttons on the box itself, not through the web. */
  pressOnBox(buttons: readonly ('A' | 'B' | 'C' | 'D')[], holdMs: number): void;
  /** Stops the server and starts another on the same port, as a restart of the program does. */
  restart(): Promise<void>;
  stopWeb(): Promise<void>;
  stop(): Promise<void>;
}

export async function fullRig(
  options: FakeMonitorOptions &
    Pick<WebOptions, 'journal' | 'evidence' | 'checks'> & {
      /** The guided proof; without it the page offers none. */
      readonly prove?: NonNullable<WebOptions['actions']>['prove'];
    } & { readonly port?: number; readonly pageFolder?: string } = {},
): Promise<FullRig> {
  const monitor = new FakeMonitor(options);
  const folder = mkdtempSync(join(tmpdir(), 'lightkeeper-web-'));
  const store = await ConfigStore.open(folder);
  const clock = { nowMs: () => performance.now() };
  const access = new Access({ clock });
  const fonts = loadFonts();
  let ui: UiState = initialUi(clock.nowMs());
  let port = options.port ?? 0;
  const view = (): PanelView => ({
    snapshot: monitor.snapshot(),
    levels: monitor.levels(),
    network: { url: `http://192.168.1.23:${port}`, name: 'lightkeeper.local', pin: access.pin() },
    system: null,
    takeRunning: false,
    canProve: false,
  });
  const feed = (input: UiInput) => {
    const step = reduceUi(ui, input, view());
    ui = step.ui;
    for (const command of step.commands) if (command.kind === 'clear') monitor.clear();
  };
  const ticker = setInterval(() => feed({ kind: 'tick', timeMs: clock.nowMs() }), 50);
  let cleared: number[] | null = null;
  const press = (buttons: readonly ('A' | 'B' | 'C' | 'D')[], holdMs: number) => {
    for (const button of buttons) feed({ kind: 'edge', edge: { button, down: true, timeMs: clock.nowMs() } });
    setTimeout(() => {
      for (const button of buttons) feed({ kind: 'edge', edge: { button, down: false, timeMs: clock.nowMs() } });
    }, holdMs);
  };
  const makeWeb = () =>
    createWebServer({
      view: monitor,
      commands: {
        clear: (channels) => {
          cleared = [...monitor.levels().clips];
          monitor.clear(channels);
        },
        release: () => monitor.release(),
        take: () => monitor.take(),
      },
      panelPng: (scale) => framePng(drawPanel(fonts, view(), ui, clock.nowMs(), { maskPin: true }).frame.bytes, scale),
      actions: {
        undoClear: () => {
          if (cleared === null)
            return { ok: false, fault: { code: 'undo-none', what: 'Nothing was cleared.', fix: 'Clear first.' } };
          for (const [i, clips] of cleared.entries()) monitor.levels().clips[i]! += clips;
          cleared = null;
          monitor.publish();
          return { ok: true, value: null };
        },
        acknowledge: (code, where) => monitor.acknowledge(code, where),
        ...(options.prove === undefined ? {} : { prove: options.prove }),
        press: (buttons, holdMs) => {
          press(buttons, holdMs);
          return { ok: true, value: null };
        },
      },
      configDoor: {
        store,
        takeIsMarked: () => false,
        apply: (config) => {
          monitor.names = new Map(config.channels.map(({ index, name }) => [index, name]));
          monitor.publish();
        },
      },
      access,
      config: () => ({ ...store.config().web, host: '127.0.0.1', port }),
      logger: { info: () => {}, warn: () => {}, error: (line) => console.error(line) },
      clock,
      interfaceMaps: INTERFACE_MAPS,
      pageFolder: options.pageFolder ?? BUILT_PAGE,
      ...(options.journal === undefined ? {} : { journal: options.journal }),
      ...(options.checks === undefined ? {} : { checks: options.checks }),
      ...(options.evidence === undefined ? {} : { evidence: options.evidence }),
    });
  let web = makeWeb();
  const started = await web.start();
  if (!started.ok) throw new Error(started.fault.what);
  port = started.value.port;
  return {
    monitor,
    access,
    address: started.value,
    get web() {
      return web;
    },
    store,
    panelTexts: () => drawPanel(fonts, view(), ui, clock.nowMs()).texts.map(({ text }) => text),
    pressOnBox: press,
    async restart() {
      await web.stop();
      web = makeWeb();
      const again = await web.start();
      if (!again.ok) throw new Error(again.fault.what);
    },
    stopWeb: () => web.stop(),
    async stop() {
      clearInterval(ticker);
      await web.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
