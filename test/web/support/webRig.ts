/** Builds a web server on a free port over a fake monitor, and takes it down again. */
import { fileURLToPath } from 'node:url';
import { loadInterfaceTable } from '../../../src/device/interfaces/interfaceTable.ts';
import { createWebServer, type WebOptions, type WebServer } from '../../../src/web/server.ts';
import { FakeMonitor, type FakeMonitorOptions } from './fakeMonitor.ts';

export const BUILT_PAGE = fileURLToPath(new URL('../../../dist/web/page', import.meta.url));

/** The smallest true PNG: 1x1, for routes that only pass it on. */
export const TINY_PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==',
  'base64',
);

/** The real table of interfaces, as the program gives it to the planner. */
export const INTERFACE_MAPS = loadInterfaceTable().maps;

export interface WebRig {
  readonly monitor: FakeMonitor;
  readonly web: WebServer;
  readonly log: string[];
}

export function makeWeb(options: FakeMonitorOptions & Partial<WebOptions> = {}): WebRig {
  const monitor = new FakeMonitor(options);
  const log: string[] = [];
  const web = createWebServer({
    view: monitor,
    commands: monitor,
    panelPng: () => TINY_PNG,
    config: () => ({ host: '127.0.0.1', port: 0, allowedHosts: [] }),
    logger: {
      info: (line) => log.push(`info ${line}`),
      warn: (line) => log.push(`warn ${line}`),
      error: (line) => log.push(`error ${line}`),
    },
    clock: { nowMs: () => performance.now() },
    pageFolder: BUILT_PAGE,
    interfaceMaps: INTERFACE_MAPS,
    ...options,
  });
  return { monitor, web, log };
}
