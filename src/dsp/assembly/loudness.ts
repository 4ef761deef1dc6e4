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
/** What `raised` and `four` hand out, one vector each. */
let lanesAt: usize = 0;

/** `columnCount` filters on a block of `channels` interleaved channels; the columns are to be written before the first block. */
export function loudnessInit(channels: i32, columnCount: i32, maxFrames: i32): void {
  const input = (loudnessLayout(__heap_base, channels, columnCount, 0) + 15) & ~(<usize>15);
  const end = input + stride * <usize>maxFrames;
  const have = <usize>memory.size() << 16;
  if (end > have) memory.grow(<i32>((end - have + 65535) >> 16));
  inputAt = input;
  loudnessReset();
}

/** Lays out the filters from `from` on, for a block that stands at `input`. Returns where they end; `loudnessReset` is to follow. */
export function loudnessLayout(from: usize, channels: i32, columnCount: i32, input: usize): usize {
  columns = columnCount;
  stride = <usize>channels << 2;
  inputAt = input;
  coefficientsAt = (from + 15) & ~(<usize>15);
  lanesAt = coefficientsAt + 10 * 8;
  stateAt = lanesAt + 10 * 16;
  squaresAt = stateAt + <usize>columnCount * STATE_BYTES;
  columnsAt = squaresAt + <usize>columnCount * 8;
  return columnsAt + <usize>columnCount * 4;
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
  const raised = plain && fitRaised();
  let k = 0;
  for (; k + 4 <= columns; k += 4) {
    const beside = standBeside(k);
    if (raised && beside) weighRaised(k, from, to, true);
    else if (raised) weighRaised(k, from, to, false);
    else if (plain && beside) weighFour(k, from, to, true, true);
    else if (plain) weighFour(k, from, to, true, false);
    else if (beside) weighFour(k, from, to, false, true);
    else weighFour(k, from, to, false, false);
  }
  for (; k < columns; k++) {
    if (plain) weigh(k, from, to, true);
    else weigh(k, from, to, false);
  }
}

/** Byte from a frame's start on where column `k` stands. */
// @ts-ignore: decorator of AssemblyScript
@inline
function columnAt(k: i32): usize {
  return <usize>load<i32>(columnsAt + (<usize>k << 2)) << 2;
}

/** Four columns from `k` on are neighbours in the input: one load takes them. */
function standBeside(k: i32): bool {
  const first = columnAt(k);
  return columnAt(k + 1) == first + 4 && columnAt(k + 2) == first + 8 && columnAt(k + 3) == first + 12;
}

/** Coefficient `index` on four lanes: all are under 4 and fit 32 bits. */
// @ts-ignore: decorator of AssemblyScript
@inline
function four(index: usize, more: i64): v128 {
  return fromMemory(index, <i32>(load<i64>(coefficientsAt + (index << 3)) + more));
}

/**
 * `value` on four lanes, by way of memory: what is made of a number the engine makes anew in every turn of the loop that uses it, and that cost a
 * tenth of the whole (our measurement).
 */
function fromMemory(index: usize, value: i32): v128 {
  const at = lanesAt + (index << 4);
  v128.store(at, i32x4.splat(value));
  return v128.load(at);
}

/** What stands over the fraction of two pairs of sums, rounded down. */
// @ts-ignore: decorator of AssemblyScript
@inline
function wholeOf(low: v128, high: v128): v128 {
  return v128.shuffle<i32>(i64x2.shl(low, 4), i64x2.shl(high, 4), 1, 3, 5, 7);
}

// @ts-ignore: decorator of AssemblyScript
@inline
function low(x: v128, y: v128): v128 {
  return i64x2.extmul_low_i32x4_s(x, y);
}

// @ts-ignore: decorator of AssemblyScript
@inline
function high(x: v128, y: v128): v128 {
  return i64x2.extmul_high_i32x4_s(x, y);
}

/** Word `word` of the states of columns `k` and `k + 1`. */
// @ts-ignore: decorator of AssemblyScript
@inline
function statesOf(k: i32, word: usize): v128 {
  const at = stateAt + <usize>k * STATE_BYTES + (word << 3);
  return v128.load64_lane(at + STATE_BYTES, v128.load64_zero(at), 1);
}

// @ts-ignore: decorator of AssemblyScript
@inline
function keepStates(k: i32, word: usize, states: v128): void {
  const at = stateAt + <usize>k * STATE_BYTES + (word << 3);
  v128.store64_lane(at, states, 0);
  v128.store64_lane(at + STATE_BYTES, states, 1);
}

/**
 * As `weigh`, four columns at once: a sum waits for the one before it, and four wait together. Outputs fit 32 bits: a sample is under 2^29,
 * the sections' answers sum up to 2.25 and 3.45 in size at 8 to 384 kHz (our calculation), so the products of 32 bits are all there is.
 *
 * @param beside the columns are neighbours
 */
// @ts-ignore: decorator of AssemblyScript
@inline
function weighFour(k: i32, from: i32, to: i32, plain: bool, beside: bool): void {
  const p0 = four(0, 0);
  const p1 = four(1, 0);
  const p2 = four(2, 0);
  const p3 = four(3, 2 * ONE);
  const p4 = four(4, -ONE);
  const q0 = four(5, 0);
  const q1 = four(6, 0);
  const q2 = four(7, 0);
  const q3 = four(8, 2 * ONE);
  const q4 = four(9, -ONE);
  let a0 = statesOf(k, 0);
  let a1 = statesOf(k + 2, 0);
  let b0 = statesOf(k, 1);
  let b1 = statesOf(k + 2, 1);
  let c0 = statesOf(k, 2);
  let c1 = statesOf(k + 2, 2);
  let d0 = statesOf(k, 3);
  let d1 = statesOf(k + 2, 3);
  let squares0 = i64x2.splat(0);
  let squares1 = squares0;
  const first = columnAt(k);
  const second = columnAt(k + 1);
  const third = columnAt(k + 2);
  const fourth = columnAt(k + 3);
  let at = inputAt + <usize>from * stride;
  const end = at + <usize>(to - from) * stride;
  while (at < end) {
    const x = i32x4.shl(i32x4.shr_s(samplesOf(at, beside, first, second, third, fourth), 8), 6);
    at += stride;
    const sum0 = i64x2.add(low(p0, x), a0);
    const sum1 = i64x2.add(high(p0, x), a1);
    const y = wholeOf(sum0, sum1);
    a0 = i64x2.sub(i64x2.add(i64x2.add(low(p1, x), b0), i64x2.shl(sum0, 1)), low(p3, y));
    a1 = i64x2.sub(i64x2.add(i64x2.add(high(p1, x), b1), i64x2.shl(sum1, 1)), high(p3, y));
    b0 = i64x2.sub(i64x2.sub(low(p2, x), sum0), low(p4, y));
    b1 = i64x2.sub(i64x2.sub(high(p2, x), sum1), high(p4, y));
    let z: v128;
    if (plain) {
      z = i32x4.add(y, wholeOf(c0, c1));
      const before0 = c0;
      const before1 = c1;
      c0 = i64x2.sub(i64x2.add(d0, i64x2.shl(c0, 1)), low(q3, z));
      c1 = i64x2.sub(i64x2.add(d1, i64x2.shl(c1, 1)), high(q3, z));
      d0 = i64x2.sub(i64x2.neg(before0), low(q4, z));
      d1 = i64x2.sub(i64x2.neg(before1), high(q4, z));
    } else {
      const second0 = i64x2.add(low(q0, y), c0);
      const second1 = i64x2.add(high(q0, y), c1);
      z = wholeOf(second0, second1);
      c0 = i64x2.sub(i64x2.add(i64x2.add(low(q1, y), d0), i64x2.shl(second0, 1)), low(q3, z));
      c1 = i64x2.sub(i64x2.add(i64x2.add(high(q1, y), d1), i64x2.shl(second1, 1)), high(q3, z));
      d0 = i64x2.sub(i64x2.sub(low(q2, y), second0), low(q4, z));
      d1 = i64x2.sub(i64x2.sub(high(q2, y), second1), high(q4, z));
    }
    const rounded = i32x4.shr_s(i32x4.add(z, i32x4.splat(8)), 4);
    squares0 = i64x2.add(squares0, low(rounded, rounded));
    squares1 = i64x2.add(squares1, high(rounded, rounded));
  }
  keepStates(k, 0, a0);
  keepStates(k + 2, 0, a1);
  keepStates(k, 1, b0);
  keepStates(k + 2, 1, b1);
  keepStates(k, 2, c0);
  keepStates(k + 2, 2, c1);
  keepStates(k, 3, d0);
  keepStates(k + 2, 3, d1);
  v128.store(squaresAt + (<usize>k << 3), squares0);
  v128.store(squaresAt + (<usize>k << 3), squares1, 16);
}

/** One frame of four columns, which stand so many bytes behind `at`; `beside`: next to each other. */
// @ts-ignore: decorator of AssemblyScript
@inline
function samplesOf(at: usize, beside: bool, first: usize, second: usize, third: usize, fourth: usize): v128 {
  if (beside) return v128.load(at + first);
  const two = v128.load32_lane(at + second, v128.load32_zero(at + first), 1);
  return v128.load32_lane(at + fourth, v128.load32_lane(at + third, two, 2), 3);
}

// @ts-ignore: decorator of AssemblyScript
@inline
function coefficient(index: usize): i64 {
  return load<i64>(coefficientsAt + (index << 3));
}

// @ts-ignore: decorator of AssemblyScript
@inline
function fits(value: i64): bool {
  return value == <i64>(<i32>value);
}

/** The coefficients fit 32 bits as `weighRaised` takes them, as at 48 kHz. */
function fitRaised(): bool {
  return (
    fits(coefficient(0) << 2) &&
    fits(coefficient(1) << 1) &&
    fits(coefficient(2) << 2) &&
    fits((coefficient(3) + 2 * ONE) << 4) &&
    fits((coefficient(4) - ONE) << 4) &&
    fits((coefficient(8) + 2 * ONE) << 4) &&
    fits((coefficient(9) - ONE) << 4)
  );
}

/** As `four`, times 2^bits. */
// @ts-ignore: decorator of AssemblyScript
@inline
function raised(index: usize, more: i64, bits: i64): v128 {
  return fromMemory(index, <i32>((coefficient(index) + more) << bits));
}

/** The upper halves of two pairs of sums. */
// @ts-ignore: decorator of AssemblyScript
@inline
function upperOf(low: v128, high: v128): v128 {
  return v128.shuffle<i32>(low, high, 1, 3, 5, 7);
}

// @ts-ignore: decorator of AssemblyScript
@inline
function twice(x: v128): v128 {
  return i64x2.add(x, x);
}

/**
 * As `weighFour` where the second section is plain, with all sums times 16: what stands over their fraction then is their upper half, and
 * the sample its word without the lowest byte, so that nothing is shifted. What is lost at the top are bits that no output has. The second
 * sum of the second section is kept with its sign turned.
 */
// @ts-ignore: decorator of AssemblyScript
@inline
function weighRaised(k: i32, from: i32, to: i32, beside: bool): void {
  // The sample is raised by 4 already. The second is too large to be raised by another 4: its product is doubled.
  const p0 = raised(0, 0, 2);
  const p1 = raised(1, 0, 1);
  const p2 = raised(2, 0, 2);
  const p3 = raised(3, 2 * ONE, 4);
  const p4 = raised(4, -ONE, 4);
  const q3 = raised(8, 2 * ONE, 4);
  const q4 = raised(9, -ONE, 4);
  let a0 = i64x2.shl(statesOf(k, 0), 4);
  let a1 = i64x2.shl(statesOf(k + 2, 0), 4);
  let b0 = i64x2.shl(statesOf(k, 1), 4);
  let b1 = i64x2.shl(statesOf(k + 2, 1), 4);
  let c0 = i64x2.shl(statesOf(k, 2), 4);
  let c1 = i64x2.shl(statesOf(k + 2, 2), 4);
  let d0 = i64x2.neg(i64x2.shl(statesOf(k, 3), 4));
  let d1 = i64x2.neg(i64x2.shl(statesOf(k + 2, 3), 4));
  let squares0 = i64x2.splat(0);
  let squares1 = squares0;
  const first = columnAt(k);
  const second = columnAt(k + 1);
  const third = columnAt(k + 2);
  const fourth = columnAt(k + 3);
  let at = inputAt + <usize>from * stride;
  const end = at + <usize>(to - from) * stride;
  while (at < end) {
    const x = v128.and(samplesOf(at, beside, first, second, third, fourth), i32x4.splat(~0xff));
    at += stride;
    const sum0 = i64x2.add(low(p0, x), a0);
    const sum1 = i64x2.add(high(p0, x), a1);
    const y = upperOf(sum0, sum1);
    a0 = i64x2.sub(i64x2.add(twice(i64x2.add(low(p1, x), sum0)), b0), low(p3, y));
    a1 = i64x2.sub(i64x2.add(twice(i64x2.add(high(p1, x), sum1)), b1), high(p3, y));
    b0 = i64x2.sub(i64x2.sub(low(p2, x), sum0), low(p4, y));
    b1 = i64x2.sub(i64x2.sub(high(p2, x), sum1), high(p4, y));
    const z = i32x4.add(y, upperOf(c0, c1));
    const before0 = c0;
    const before1 = c1;
    c0 = i64x2.sub(i64x2.sub(twice(c0), d0), low(q3, z));
    c1 = i64x2.sub(i64x2.sub(twice(c1), d1), high(q3, z));
    d0 = i64x2.add(before0, low(q4, z));
    d1 = i64x2.add(before1, high(q4, z));
    const rounded = i32x4.shr_s(i32x4.add(z, i32x4.splat(8)), 4);
    squares0 = i64x2.add(squares0, low(rounded, rounded));
    squares1 = i64x2.add(squares1, high(rounded, rounded));
  }
  keepStates(k, 0, i64x2.shr_s(a0, 4));
  keepStates(k + 2, 0, i64x2.shr_s(a1, 4));
  keepStates(k, 1, i64x2.shr_s(b0, 4));
  keepStates(k + 2, 1, i64x2.shr_s(b1, 4));
  keepStates(k, 2, i64x2.shr_s(c0, 4));
  keepStates(k + 2, 2, i64x2.shr_s(c1, 4));
  keepStates(k, 3, i64x2.shr_s(i64x2.neg(d0), 4));
  keepStates(k + 2, 3, i64x2.shr_s(i64x2.neg(d1), 4));
  v128.store(squaresAt + (<usize>k << 3), squares0);
  v128.store(squaresAt + (<usize>k << 3), squares1, 16);
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
