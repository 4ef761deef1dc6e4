/** A session of the simulator, through capture, detectors, monitor and journal as the program wires them, in virtual time. */
import type { Scenario, ScenarioEvent } from '../../../src/device/sim/scenario.ts';
import { loadScenario } from '../../../src/device/sim/scenario.ts';
import { simSource } from '../../../src/device/sim/simSource.ts';
import { EvidenceStore, slipToProve } from '../../../src/evidence/evidenceStore.ts';
import { JournalFeed } from '../../../src/journal/feed.ts';
import { MemoryStore } from '../../../src/journal/memoryStore.ts';
import type { JournalStore } from '../../../src/journal/shapes.ts';
import type { Monitor } from '../../../src/monitor/monitor.ts';
import { Takes } from '../../../src/monitor/takes.ts';
import { playLoop } from '../../monitor/support/playLoop.ts';

export const STARTED_WALL_MS = Date.UTC(2026, 4, 1, 12, 0, 0);

/** When a take begins and ends, s. */
export interface ScriptedTake {
  readonly fromS: number;
  readonly toS: number;
}

export interface SimulatedSession {
  readonly store: JournalStore;
  readonly evidence: EvidenceStore;
  readonly scenario: Scenario;
}

/** The slaved band of the scenario `clean`, with these faults and no others. */
export function simulateSession(
  events: readonly ScenarioEvent[],
  takes: readonly ScriptedTake[],
  seconds: number,
  store: (start: { startedWallMs: number; version: string; simulated: boolean }) => JournalStore = (start) =>
    new MemoryStore(start),
): SimulatedSession {
  const loaded = loadScenario('clean');
  if (!loaded.ok) throw new Error(loaded.fault.what);
  const scenario: Scenario = { ...loaded.value, events: [...events], repeatEveryFrames: null };
  const journal = store({ startedWallMs: STARTED_WALL_MS, version: '1', simulated: true });
  const evidence = new EvidenceStore();
  let clock = () => 0;
  const wallMs = () => STARTED_WALL_MS + clock();
  const feed = new JournalFeed({ uptimeMs: () => clock(), wallMs });
  let running: Monitor | null = null;
  playLoop(
    (nowMs) => {
      clock = nowMs;
      return simSource(scenario, { seed: 1, fast: true, nowNs: () => nowMs() * 1e6, sleepMs: () => {} });
    },
    seconds,
    {
      wallMs,
      onEvent: (event) => {
        feed.onEvent(event);
        if (event.kind === 'slip' && running !== null) evidence.prove(slipToProve(event, running.snapshot()), clock());
      },
      onDropped: (count) => feed.onDropped(count),
      onSnippet: (bank, snippet) => evidence.add(bank, snippet),
      onStream: (info) => {
        evidence.newStream();
        feed.onStream(info);
      },
      onState: (state) => feed.onState(state),
      takes: new Takes({
        onStart: (take) => feed.onTakeStart(take),
        onEnd: (take) => feed.onTakeEnd(take),
        onAmend: (take) => feed.onTakeAmended(take),
      }),
    },
    (monitor, nowMs) => {
      clock = nowMs;
      running = monitor;
      monitor.onLevelsTaken((frame) => feed.onLevels(frame));
      const script = takes.flatMap(({ fromS, toS }) => [
        { atMs: fromS * 1000, begin: true },
        { atMs: toS * 1000, begin: false },
      ]);
      monitor.onSnapshot((snapshot) => {
        // Who marks takes has the page open: a snapshot each half second, as for anybody who looks.
        monitor.looked();
        for (let next = script[0]; next !== undefined && nowMs() >= next.atMs; next = script[0]) {
          script.shift();
          if (next.begin) monitor.startTake('', 'page');
          else monitor.endTake();
        }
        feed.onSnapshot(snapshot);
        const batch = feed.fetch();
        if (batch !== null) journal.write(batch);
      });
    },
  );
  const last = feed.fetch(true);
  if (last !== null) journal.write(last);
  return { store: journal, evidence, scenario };
}
