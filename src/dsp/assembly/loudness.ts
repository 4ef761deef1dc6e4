// K-weighting (ITU-R BS.1770-5 Annex 1) in fixed point. Plain twin: src/dsp/loudnessTwin.ts.
//
// Two second-order sections. Samples are x24 * 64, coefficients x 2^28, products and sums 64 bits. What a section's output
// loses below its last bit comes back into the next two sums as 2 e[n-1] - e[n-2]: the rounding noise gets two zeros at
// 0 Hz, where the second section (38 Hz, poles close to 1) would otherwise amplify it.
//
// The twin keeps past inputs, outputs and errors (direct form 1). Here a section keeps the two sums that they come to
// (transposed form). All is exact in 64 bits that wrap, so both give the same bits. With y = sum >> 28 and
// e = sum - (y << 28), the error needs no word of its own: 2 e - a1 y is 2 sum - (a1 + 2^29) y.

const COEFFICIENT_BITS: i64 = 28;
const ONE: i64 = 1 << 28;
/** Per channel: what both sections still add to their next sum and to the one after, i64 each. */
const STATE_BYTES: usize = 32;

let columns: i32 = 0;
/** Bytes of one frame of the input. */
let stride: usize = 0;
let inputAt: usize = 0;
let stateAt: usize = 0;
let squaresAt: usize = 0;
/** Which channel of the input each filter reads, i32. */
let columnsAt: usize = 0;
/** b0 b1 b2 a1 a2 of both sections, i64. */
let coefficientsAt: usize = 0;

/** `columnCount` filters on a block of `channels` interleaved channels; the columns are to be written before the first block. */
export function loudnessInit(channels: i32, columnCount: i32, maxFrames: i32): void {
  columns = columnCount;
  stride = <usize>channels << 2;
  coefficientsAt = (__heap_base + 15) & ~(<usize>15);
  stateAt = coefficientsAt + 10 * 8;
  squaresAt = stateAt + <usize>columnCount * STATE_BYTES;
  columnsAt = squaresAt + <usize>columnCount * 8;
  inputAt = (columnsAt + <usize>columnCount * 4 + 15) & ~(<usize>15);
  const end = inputAt + stride * <usize>maxFrames;
  const have = <usize>memory.size() << 16;
  if (end > have) memory.grow(<i32>((end - have + 65535) >> 16));
  loudnessReset();
}

export function loudnessReset(): void {
  memory.fill(stateAt, 0, <usize>columns * STATE_BYTES);
}
export function loudnessInput(): usize {
  return inputAt;
}
export function loudnessSquares(): usize {
  return squaresAt;
}
export function loudnessColumns(): usize {
  return columnsAt;
}
export function loudnessCoefficients(): usize {
  return coefficientsAt;
}

/** Sums up the squares of the weighted samples (x24 * 4, rounded) of frames from..to of the input, one sum a column. */
export function loudnessProcess(from: i32, to: i32): void {
  const plain =
    load<i64>(coefficientsAt, 40) == ONE &&
    load<i64>(coefficientsAt, 48) == -2 * ONE &&
    load<i64>(coefficientsAt, 56) == ONE;
  for (let k = 0; k < columns; k++) {
    if (plain) weigh(k, from, to, true);
    else weigh(k, from, to, false);
  }
}

/**
 * @param plain the second section's b are 1, -2, 1, as at 48 kHz. Its sum then is (y << 28) + c, so its output is
 *   y + (c >> 28), and what it still adds is left without y.
 */
// @ts-ignore: decorator of AssemblyScript
@inline
function weigh(k: i32, from: i32, to: i32, plain: bool): void {
  const p0 = load<i64>(coefficientsAt);
  const p1 = load<i64>(coefficientsAt, 8);
  const p2 = load<i64>(coefficientsAt, 16);
  const p3 = load<i64>(coefficientsAt, 24) + 2 * ONE;
  const p4 = load<i64>(coefficientsAt, 32) - ONE;
  const q0 = load<i64>(coefficientsAt, 40);
  const q1 = load<i64>(coefficientsAt, 48);
  const q2 = load<i64>(coefficientsAt, 56);
  const q3 = load<i64>(coefficientsAt, 64) + 2 * ONE;
  const q4 = load<i64>(coefficientsAt, 72) - ONE;
  const state = stateAt + <usize>k * STATE_BYTES;
  let a = load<i64>(state);
  let b = load<i64>(state, 8);
  let c = load<i64>(state, 16);
  let d = load<i64>(state, 24);
  let squares: i64 = 0;
  let at = inputAt + (<usize>load<i32>(columnsAt + (<usize>k << 2)) << 2) + <usize>from * stride;
  const end = at + <usize>(to - from) * stride;
  while (at < end) {
    const x = <i64>(load<i32>(at) >> 8) << 6;
    at += stride;
    const sum = p0 * x + a;
    const y = sum >> COEFFICIENT_BITS;
    a = p1 * x + b + 2 * sum - p3 * y;
    b = p2 * x - sum - p4 * y;
    let z: i64;
    if (plain) {
      z = y + (c >> COEFFICIENT_BITS);
      const before = c;
      c = d + 2 * c - q3 * z;
      d = -before - q4 * z;
    } else {
      const second = q0 * y + c;
      z = second >> COEFFICIENT_BITS;
      c = q1 * y + d + 2 * second - q3 * z;
      d = q2 * y - second - q4 * z;
    }
    const rounded = (z + 8) >> 4;
    squares += rounded * rounded;
  }
  store<i64>(state, a);
  store<i64>(state, b, 8);
  store<i64>(state, c, 16);
  store<i64>(state, d, 24);
  store<i64>(squaresAt + (<usize>k << 3), squares);
}
