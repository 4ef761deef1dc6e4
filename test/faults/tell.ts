/**
 * What a test of a fault measured, for the table that `npm run faults` writes. Without that program it goes nowhere.
 *
 * A test of the fault matrix has `fault row N:` in its name, and calls `tellFaultRow` once its promise held.
 */
import { appendFileSync } from 'node:fs';
import { expect } from 'vitest';

/** `npm run faults` asks for the long forms: a thousand kills, a hundred plugs. */
export const LONG_FAULTS = process.env.LIGHTKEEPER_FAULTS_FILE !== undefined;

export interface FaultMeasurement {
  /** Row of the fault matrix (matrix.json), 1..34. */
  readonly row: number;
  /** What was done to the program. */
  readonly did: string;
  /** What it did. */
  readonly saw: string;
  /** From the fault to its being told, ms. */
  readonly detectMs?: number;
  /** From the fault, or the cure, to normal, ms. */
  readonly recoverMs?: number;
  /** Of requests that are answered meanwhile, ms. */
  readonly p99Ms?: number;
}

export function tellFaultRow(measured: FaultMeasurement): void {
  const file = process.env.LIGHTKEEPER_FAULTS_FILE;
  if (file === undefined) return;
  const test = expect.getState().currentTestName ?? '';
  appendFileSync(file, `${JSON.stringify({ ...measured, test })}\n`);
}
