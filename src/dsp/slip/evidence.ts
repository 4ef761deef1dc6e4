import type { DropEvent, DropTrial } from './dropDetector.ts';
import type { ExactSlip } from './exactSlips.ts';

/** What the detector hands to the verdict. Plain data: it crosses a thread. */
export type SlipEvidence =
  | { readonly kind: 'exact'; readonly event: ExactSlip }
  | { readonly kind: 'drop'; readonly event: DropEvent }
  | { readonly kind: 'trial'; readonly event: DropTrial };
