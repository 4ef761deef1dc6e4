/** The OpenAPI document without a run: a server that never listens, over a monitor that never moves. For the docs. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigStore } from '../config/store.ts';
import { EvidenceStore } from '../evidence/evidenceStore.ts';
import { meterSection } from '../monitor/channelWatch.ts';
import { emptyLevelFrame } from '../monitor/levels.ts';
import type { Snapshot } from '../monitor/snapshot.ts';
import type { Font } from '../ui/font.ts';
import type { OpenApi } from './openApi.ts';
import { createWebServer } from './server.ts';

const STILL: Snapshot = {
  product: 'lightkeeper',
  version: '0',
  simulated: false,
  seq: 0,
  uptimeMs: 0,
  capture: {
    state: 'absent',
    source: 'none',
    name: '',
    rateHz: 0,
    sessionRateHz: null,
    channels: 0,
    frames: 0,
    xruns: 0,
    usbLosses: 0,
    lostFrames: 0,
    fault: null,
  },
  clock: {
    source: null,
    sync: 'unknown',
    rateErrorPpm: null,
    uncertaintyPpm: null,
    absolutePpm: null,
    absoluteUncertaintyPpm: null,
    reference: 'none',
    trueRateHz: null,
    leastLossFrames: null,
    portMode: null,
    ports: [],
  },
  inputs: [],
  banks: [],
  meter: meterSection(),
  channels: [],
  loudness: [],
  prove: null,
  foreign: [],
  power: null,
  findings: [],
  take: null,
  recorder: null,
  lastTake: null,
};

const NO_FONT: Font = { name: '', cellWidthPx: 1, cellHeightPx: 1, glyphs: new Map() };

export async function describeApi(): Promise<OpenApi> {
  const folder = await mkdtemp(join(tmpdir(), 'lightkeeper-docs-'));
  const nothing = () => {};
  const web = createWebServer({
    view: {
      looked: () => {},
      snapshot: () => STILL,
      levels: () => emptyLevelFrame(0),
      onSnapshot: () => nothing,
      onLevels: () => nothing,
    },
    commands: { clear: nothing, release: nothing, take: nothing },
    checks: { startCheck: nothing, nextCheck: () => false, endCheck: nothing, answer: () => [] },
    panelPng: () => new Uint8Array(),
    evidence: { store: new EvidenceStore(), fonts: { small: NO_FONT, large: NO_FONT } },
    configDoor: { store: await ConfigStore.open(folder), takeIsMarked: () => false, apply: nothing },
    journal: { ask: () => Promise.reject(new Error('the document asks nothing')) },
    config: () => ({ host: '127.0.0.1', port: 0, allowedHosts: [] }),
    logger: { info: nothing, warn: nothing, error: nothing },
    clock: { nowMs: () => 0 },
    pageFolder: null,
  });
  await web.app.ready();
  await web.stop();
  await rm(folder, { recursive: true, force: true });
  return web.openApi;
}
