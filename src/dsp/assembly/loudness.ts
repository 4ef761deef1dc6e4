// K-weighting (ITU-R BS.1770-5 Annex 1) in fixed point, a few channels at a time. Plain twin: src/dsp/loudnessTwin.ts.
//
// Two second-order sections, direct form 1. Samples are x24 * 64, coefficients x 2^28, products and sums 64 bits. What a
// section's output loses below its last bit comes back into the next two sums as 2 e[n-1] - e[n-2]: the rounding noise
// gets two zeros at 0 Hz, where the second section (38 Hz, poles close to 1) would otherwise amplify it.

const COEFFICIENT_BITS: i64 = 28;
/** Per channel: x1 x2 | y1 y2 | z1 z2 | first section's e1 e2 | second section's e1 e2, i64 each. */
const STATE_BYTES: usize = 80;

let channels: i32 = 0;
let inputAt: usize = 0;
let stateAt: usize = 0;
let squaresAt: usize = 0;
/** b0 b1 b2 a1 a2 of both sections, i64. */
let coefficientsAt: usize = 0;

export function loudnessInit(channelCount: i32, maxFrames: i32): void {
  channels = channelCount;
  coefficientsAt = (__heap_base + 15) & ~(<usize>15);
  stateAt = coefficientsAt + 10 * 8;
  squaresAt = stateAt + <usize>channelCount * STATE_BYTES;
  inputAt = squaresAt + <usize>channelCount * 8;
  const end = inputAt + <usize>channelCount * <usize>maxFrames * 4;
  const have = <usize>memory.size() << 16;
  if (end > have) memory.grow(<i32>((end - have + 65535) >> 16));
  loudnessReset();
}

export function loudnessReset(): void {
  memory.fill(stateAt, 0, <usize>channels * STATE_BYTES);
}
export function loudnessInput(): usize {
  return inputAt;
}
export function loudnessSquares(): usize {
  return squaresAt;
}
export function loudnessCoefficients(): usize {
  return coefficientsAt;
}

/** Sums up the squares of the weighted samples (x24 * 4, rounded) of frames from..to of the input, one sum a channel. */
export function loudnessProcess(from: i32, to: i32): void {
  const p0 = load<i64>(coefficientsAt);
  const p1 = load<i64>(coefficientsAt, 8);
  const p2 = load<i64>(coefficientsAt, 16);
  const p3 = load<i64>(coefficientsAt, 24);
  const p4 = load<i64>(coefficientsAt, 32);
  const q0 = load<i64>(coefficientsAt, 40);
  const q1 = load<i64>(coefficientsAt, 48);
  const q2 = load<i64>(coefficientsAt, 56);
  const q3 = load<i64>(coefficientsAt, 64);
  const q4 = load<i64>(coefficientsAt, 72);
  const stride = <usize>channels << 2;
  for (let c = 0; c < channels; c++) {
    const state = stateAt + <usize>c * STATE_BYTES;
    let x1 = load<i64>(state);
    let x2 = load<i64>(state, 8);
    let y1 = load<i64>(state, 16);
    let y2 = load<i64>(state, 24);
    let z1 = load<i64>(state, 32);
    let z2 = load<i64>(state, 40);
    let d1 = load<i64>(state, 48);
    let d2 = load<i64>(state, 56);
    let e1 = load<i64>(state, 64);
    let e2 = load<i64>(state, 72);
    let squares: i64 = 0;
    let at = inputAt + (<usize>c << 2) + <usize>from * stride;
    for (let n = from; n < to; n++) {
      const x = <i64>(load<i32>(at) >> 8) << 6;
      at += stride;
      let sum = p0 * x + p1 * x1 + p2 * x2 - p3 * y1 - p4 * y2 + 2 * d1 - d2;
      const y = sum >> COEFFICIENT_BITS;
      d2 = d1;
      d1 = sum - (y << COEFFICIENT_BITS);
      sum = q0 * y + q1 * y1 + q2 * y2 - q3 * z1 - q4 * z2 + 2 * e1 - e2;
      const z = sum >> COEFFICIENT_BITS;
      e2 = e1;
      e1 = sum - (z << COEFFICIENT_BITS);
      x2 = x1;
      x1 = x;
      y2 = y1;
      y1 = y;
      z2 = z1;
      z1 = z;
      const rounded = (z + 8) >> 4;
      squares += rounded * rounded;
    }
    store<i64>(state, x1);
    store<i64>(state, x2, 8);
    store<i64>(state, y1, 16);
    store<i64>(state, y2, 24);
    store<i64>(state, z1, 32);
    store<i64>(state, z2, 40);
    store<i64>(state, d1, 48);
    store<i64>(state, d2, 56);
    store<i64>(state, e1, 64);
    store<i64>(state, e2, 72);
    store<i64>(squaresAt + (<usize>c << 3), squares);
  }
}
