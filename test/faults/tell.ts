/** What a test of a fault measured, for the table that `npm run faults` writes. Without that program it goes nowhere. */
import { appendFileSync } from 'node:fs';

export interface FaultMeasurement {
  /** Row of the fault matrix, 1..34. */
  readonly row: number;
  /** What was done to the program. */
  readonly did: string;
  /** What it did. */
  readonly saw: string;
  /** From the fault to its being told, ms. */
  readonly detectMs?: number;
  /** From the fault, or the cure, to normal, ms. */
  readonly recoverMs?: number;
}

export function tellFaultRow(measured: FaultMeasurement): void {
  const file = process.env.LIGHTKEEPER_FAULTS_FILE;
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(measured)}\n`);
}
