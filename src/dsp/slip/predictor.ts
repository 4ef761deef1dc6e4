/**
 * Levinson-Durbin: the predictor-error filter 1, a1 .. aP of an autocorrelation r[0..P], written to `out[0..P]`.
 * `r[0]` is raised by 1e-9 of itself and by `floor` (energy of rounding), so that the filter stays finite. Returns the
 * remaining energy, or 0 when there was nothing to predict (out is then 1, 0, ...).
 */
export function levinson(
  r: Float64Array,
  order: number,
  floor: number,
  out: Float64Array,
  scratch: Float64Array,
): number {
  out.fill(0);
  out[0] = 1;
  if (!(r[0]! > 0)) return 0;
  let energy = r[0]! * (1 + 1e-9) + floor;
  for (let i = 1; i <= order; i++) {
    let sum = r[i]!;
    for (let j = 1; j < i; j++) sum += out[j]! * r[i - j]!;
    const k = -sum / energy;
    if (!(Math.abs(k) < 1)) break;
    scratch.set(out);
    for (let j = 1; j < i; j++) out[j] = scratch[j]! + k * scratch[i - j]!;
    out[i] = k;
    energy *= 1 - k * k;
  }
  return energy;
}
