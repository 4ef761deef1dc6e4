/**
 * What other programs are told of the box: small plain values out of the Snapshot, the same for MQTT and OSC. Pure.
 * What moves with every sample (levels, frames, uptime) is left out, so that a state that is unchanged is not sent again.
 */
import type { Bank, Finding, Snapshot } from '../monitor/snapshot.ts';

/** Findings told in one list; the count tells how many there are. */
export const FINDINGS_TOLD = 10;

export interface BoxState {
  readonly simulated: boolean;
  /** State of capture: running, absent, ... */
  readonly capture: string;
  readonly source: string;
  readonly rateHz: number;
  /** Alarms and warnings that nobody has acknowledged. */
  readonly alarms: number;
  readonly warnings: number;
  /** The worst of the findings that nobody has acknowledged, in one line; '' for none. */
  readonly finding: string;
  readonly fix: string;
  readonly clips: number;
  readonly slips: number;
  readonly xruns: number;
  /** Name of the take that runs, or null. */
  readonly take: string | null;
  /** Of the take that runs, or of the last: clean, suspect, notWatched; null: none yet. */
  readonly takeVerdict: string | null;
  /** State of the recorder, or null: nothing is recorded. */
  readonly recorder: string | null;
  readonly recorderMinutesLeft: number | null;
}

export interface BankState {
  readonly name: string;
  readonly box: string | null;
  readonly sync: string;
  readonly basis: string;
  readonly ppm: number | null;
  readonly slips: number;
}

export interface FindingState {
  readonly code: string;
  readonly severity: Finding['severity'];
  readonly where: string;
  readonly symptom: string;
  readonly cause: string;
  readonly fix: string;
  readonly confidence: Finding['confidence'];
  readonly acknowledged: boolean;
}

const WORST_FIRST: readonly Finding['severity'][] = ['alarm', 'warning', 'info'];

/** Findings that nobody has acknowledged, the worst first, else in the Snapshot's order. */
export function openFindings(snapshot: Snapshot): Finding[] {
  return snapshot.findings
    .filter((finding) => finding.acknowledged !== true)
    .sort((a, b) => WORST_FIRST.indexOf(a.severity) - WORST_FIRST.indexOf(b.severity));
}

export function boxState(snapshot: Snapshot): BoxState {
  const open = openFindings(snapshot);
  const worst = open[0];
  const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0);
  return {
    simulated: snapshot.simulated,
    capture: snapshot.capture.state,
    source: snapshot.capture.name,
    rateHz: snapshot.capture.rateHz,
    alarms: open.filter(({ severity }) => severity === 'alarm').length,
    warnings: open.filter(({ severity }) => severity === 'warning').length,
    finding: worst === undefined ? '' : `${worst.where}: ${worst.symptom}`,
    fix: worst?.fix ?? '',
    clips: sum(snapshot.channels.map(({ clips }) => clips)),
    slips: sum(snapshot.banks.map(({ slips }) => slips)),
    xruns: snapshot.capture.xruns,
    take: snapshot.take?.name ?? null,
    takeVerdict: (snapshot.take ?? snapshot.lastTake)?.verdict.word ?? null,
    recorder: snapshot.recorder?.state ?? null,
    recorderMinutesLeft: snapshot.recorder?.minutesLeft ?? null,
  };
}

export function bankState(bank: Bank): BankState {
  return {
    name: bank.name,
    box: bank.box,
    sync: bank.sync,
    basis: bank.basis,
    ppm: bank.ppm === null ? null : Math.round(bank.ppm * 10) / 10,
    slips: bank.slips,
  };
}

export function findingStates(snapshot: Snapshot): { readonly count: number; readonly findings: FindingState[] } {
  return {
    count: snapshot.findings.length,
    findings: snapshot.findings
      .slice(0, FINDINGS_TOLD)
      .map(({ code, severity, where, symptom, cause, fix, confidence, acknowledged }) => ({
        code,
        severity,
        where,
        symptom,
        cause,
        fix,
        confidence,
        acknowledged: acknowledged === true,
      })),
  };
}
