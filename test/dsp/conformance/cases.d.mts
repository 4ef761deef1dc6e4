// Types for the tests: the cases themselves are plain scripts, run as they stand.
export interface Row {
  standard: string;
  name: string;
  rateHz: number;
  expected: string;
  measured: number;
  unit: string;
  low: number;
  high: number;
  ok: boolean;
}
type Cases = (lib: object, rateHz: number, options?: { short?: boolean }) => Row[];
export const ppm: Cases;
export const volumeMeters: Cases;
export const digitalPeak: Cases;
export const rms: Cases;
export const tech3341: Cases;
export const tech3342: Cases;
