/** The rate that the session is meant to have, against the one that the interface runs at. Pure. */
import type { Config } from '../config/schema.ts';
import type { Finding } from './snapshot.ts';

/** Of the patch sheet, else of the configuration; null: nobody has said. */
export function sessionRateHz(config: Config): number | null {
  return config.patch?.rateHz ?? config.capture.rateHz;
}

const kHz = (rateHz: number) => `${rateHz / 1000} kHz`;

/** A take at the wrong rate plays at the wrong pitch. Empty: as meant, or nobody has said. */
export function sessionRateFindings(
  wantedHz: number | null,
  rateHz: number,
  device: string,
  sinceMs: number,
): Finding[] {
  if (wantedHz === null || rateHz === 0 || wantedHz === rateHz) return [];
  return [
    {
      code: 'rate-not-session',
      severity: 'warning',
      where: device,
      symptom: `It runs at ${kHz(rateHz)}; the session is written down as ${kHz(wantedHz)}.`,
      cause: "Another program or the interface's own software has set the rate.",
      fix: `Set it to ${kHz(wantedHz)} before the take, or correct the rate on the patch sheet.`,
      confidence: 'high',
      sinceMs,
    },
  ];
}
