/**
 * Remembers starts that did not end well, so that a program which crashes again and again comes up in safe mode instead.
 *
 * A start is written down before anything else is loaded, and struck out by a clean end or after a minute of running. The
 * ledger lives in the service's folder under /run: it costs the SD card nothing, and a box whose power was cut three times
 * has not crashed.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Finding } from './monitor/snapshot.ts';

/** Failed starts in a row, each within FORGET_S of now, after which the next one is safe. */
export const CRASHES_TO_SAFE = 3;
const FORGET_S = 600;
const KEPT = 20;
/** A start that lasted so long has succeeded. */
export const SETTLED_MS = 60_000;

export interface StartLedger {
  /** Failed starts just before this one. */
  readonly crashes: number;
  /** This start went well, or ended as it should: forget all. */
  settle(): void;
}

/** @param uptimeS seconds since boot: a wall clock may jump when the box finds the network. */
export function openStartLedger(folder: string, uptimeS: number): StartLedger {
  const file = join(folder, 'starts');
  const before = readStarts(file).filter((s) => s <= uptimeS && uptimeS - s < FORGET_S);
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(file, [...before, uptimeS].slice(-KEPT).join('\n'));
  } catch {
    // Without the ledger there is no safe mode, and no reason not to start.
  }
  return { crashes: before.length, settle: () => rmSync(file, { force: true }) };
}

function readStarts(file: string): number[] {
  try {
    return readFileSync(file, 'utf8')
      .split('\n')
      .map(Number)
      .filter((seconds) => Number.isFinite(seconds) && seconds > 0);
  } catch {
    return [];
  }
}

/** What the page says while it runs. `crashes` 0: a person asked for it. */
export function safeModeFinding(crashes: number): Finding {
  return {
    code: 'safe-mode',
    severity: 'alarm',
    where: 'Lightkeeper',
    symptom:
      'Safe mode: capture, meters and page with default settings. No panel, no buttons, no lock controls, no journal.',
    cause: crashes === 0 ? 'It was started with --safe.' : `It failed ${crashes} times in a row.`,
    fix: 'Read journalctl -u lightkeeper, correct the settings, then: sudo systemctl restart lightkeeper.',
    confidence: 'high',
    sinceMs: 0,
  };
}
