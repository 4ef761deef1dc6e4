// Sums of the judge of single places (src/dsp/slip/judgeKernel.ts is the contract, judgeTwin.ts the plain twin that must match
// bit for bit). Doubles throughout. Every sum runs in the order in which it is written in the twin; what goes side by side in a vector
// are neighbouring frames, never parts of one sum. `slip.ts` lays the memory out and exports what the program calls.

/** Taps of the rough predictor at most. */
const TAPS: i32 = 32;
const ORDER: i32 = 96;
const HALF: i32 = 512;
const GAP: i32 = 16;
const REACH: i32 = HALF + 8;
const LENGTH: i32 = 2 * REACH;
/** Frames of one side that the predictor is fitted to. */
const SIDE: i32 = HALF - GAP;
const RIDGE_SHARE: f64 = 1e-9;
const RIDGE: f64 = 0.2 * <f64>HALF;
/** Doubles from one row of the products to the next: what goes in blocks of eight may run over a row's end. */
const ROW: i32 = ORDER + 16;
const GUARD: i32 = 5;
const BACKGROUND: i32 = 200;
/** Frames of the predictor's error in hand. */
const ERRORS: i32 = 2 * BACKGROUND + ORDER;
const PLACES: i32 = 4;
/** Frames around the middle within which a cut is looked for. */
const CUT_REACH: i32 = 10;
/** Frames of the error of a predictor that runs backwards. */
const BACKWARDS: i32 = ORDER + 16;
/** Places tried, rounded up to pairs. */
const TRIED: i32 = 2 * PLACES + 1;
const PAIRS: i32 = PLACES + 1;
const CHANNELS: i32 = 16;
/** Frames of residual on either side by which channels are compared. */
const ROUGH: i32 = 400;
/** A channel of whose energy another explains this share is a copy of it. */
const COPY: f64 = 0.97;
/** Numbers told of each channel: two energies, whether there is anything, and three stories of each place. */
export const TOLD: i32 = 3 + 3 * TRIED;

let signalsAt: usize = 0;
let roughAt: usize = 0;
let roughOrder: i32 = TAPS;
let filtersAt: usize = 0;
let residualsAt: usize = 0;
let errorsAt: usize = 0;
let toldAt: usize = 0;
let crossAt: usize = 0;
/** [i][j >= i]: products of the frames i and j back. */
let gramAt: usize = 0;
/** [k][i >= k]: column k of the lower triangle. */
let factorAt: usize = 0;
let solvedAt: usize = 0;
let inverseAt: usize = 0;
/** Four rows: the frames that enter and leave at the ends of both sides, latest first. */
let tailsAt: usize = 0;
/** Frames behind the first place, with silence before. */
let restAt: usize = 0;
let zeroStateAt: usize = 0;
let factorsAt: usize = 0;
let powersAt: usize = 0;
/** [i][j], a byte: channel i was found a copy of channel j. */
let copiesAt: usize = 0;
let squaresAt: usize = 0;
let clicksAt: usize = 0;
/** Squares of the error backwards, from CUT_REACH before the middle on. */
let aheadAt: usize = 0;
let backwardsAt: usize = 0;
let excessAt: usize = 0;

/** Lays the memory out from `place` on; returns what follows. */
export function judgeInit(place: usize): usize {
  let next = place;
  signalsAt = next;
  next += <usize>(CHANNELS * LENGTH + 16) << 3;
  roughAt = next;
  next += <usize>(CHANNELS * (TAPS + 1) + 1) << 3;
  filtersAt = next;
  next += <usize>(CHANNELS * (ORDER + 1)) << 3;
  residualsAt = next;
  next += <usize>(CHANNELS * 2 * ROUGH) << 3;
  errorsAt = next;
  next += <usize>(CHANNELS * ERRORS + 16) << 3;
  toldAt = next;
  next += <usize>(CHANNELS * TOLD + 1) << 3;
  crossAt = next;
  next += <usize>(CHANNELS * CHANNELS) << 3;
  gramAt = next;
  next += <usize>((ORDER + 1) * ROW) << 3;
  factorAt = next;
  next += <usize>(ORDER * ROW) << 3;
  solvedAt = next;
  next += <usize>ROW << 3;
  inverseAt = next;
  next += <usize>ROW << 3;
  tailsAt = next;
  next += <usize>(4 * ROW) << 3;
  restAt = next;
  next += <usize>(2 * ORDER + 8) << 3;
  zeroStateAt = next;
  next += <usize>(ORDER + 16) << 3;
  factorsAt = next;
  next += <usize>CHANNELS << 3;
  powersAt = next;
  next += <usize>CHANNELS << 3;
  copiesAt = next;
  next += CHANNELS * CHANNELS;
  squaresAt = next;
  next += (ORDER + 32) << 3;
  clicksAt = next;
  next += 32 << 3;
  aheadAt = next;
  next += <usize>BACKWARDS << 3;
  backwardsAt = next;
  next += <usize>(CHANNELS * BACKWARDS) << 3;
  excessAt = next;
  next += CHANNELS << 3;
  return next;
}

export function judgeSignals(): usize {
  return signalsAt;
}
export function judgeRough(): usize {
  return roughAt;
}
export function judgeFilters(): usize {
  return filtersAt;
}
export function judgeErrors(): usize {
  return errorsAt;
}
export function judgeBackwards(): usize {
  return backwardsAt;
}
export function judgeExcess(): usize {
  return excessAt;
}
export function judgeTold(): usize {
  return toldAt;
}
export function judgeCross(): usize {
  return crossAt;
}

/** Channel `channel` from one lane of the store, whose frames begin at `from`, and its taps from `taps`; single floats, four lanes a frame. */
export function judgeLoad(channel: i32, from: usize, taps: usize): void {
  let to = signalsAt + (<usize>(channel * LENGTH) << 3);
  for (let n = 0; n < LENGTH; n += 4) {
    store<f64>(to, <f64>load<f32>(from));
    store<f64>(to, <f64>load<f32>(from, 16), 8);
    store<f64>(to, <f64>load<f32>(from, 32), 16);
    store<f64>(to, <f64>load<f32>(from, 48), 24);
    from += 64;
    to += 32;
  }
  to = roughAt + (<usize>(channel * (TAPS + 1)) << 3);
  for (let k = 0; k <= TAPS; k++) store<f64>(to + (<usize>k << 3), <f64>load<f32>(taps + (<usize>k << 4)));
}

/** out[m] = sum of a[k] x[m - k], k = 0..order; `back`: x[m + k] instead. `count`: a multiple of 8. */
// @ts-ignore: decorator
@inline
function filter(a: usize, order: i32, x: usize, count: i32, out: usize, back: isize): void {
  for (let m = 0; m < count; m += 8) {
    let r0 = f64x2.splat(0);
    let r1 = r0;
    let r2 = r0;
    let r3 = r0;
    let p = x + (<usize>m << 3);
    for (let k = a, end = a + (<usize>order << 3); k <= end; k += 8) {
      const tap = v128.load64_splat(k);
      r0 = f64x2.add(r0, f64x2.mul(tap, v128.load(p)));
      r1 = f64x2.add(r1, f64x2.mul(tap, v128.load(p, 16)));
      r2 = f64x2.add(r2, f64x2.mul(tap, v128.load(p, 32)));
      r3 = f64x2.add(r3, f64x2.mul(tap, v128.load(p, 48)));
      p += back;
    }
    const to = out + (<usize>m << 3);
    v128.store(to, r0);
    v128.store(to, r1, 16);
    v128.store(to, r2, 32);
    v128.store(to, r3, 48);
  }
}

/** Sums of products of row `j` with four rows from `i` on, over `count` doubles, at `out`. The first row begins at `rows`. */
function crossFour(rows: usize, stride: usize, j: i32, i: i32, count: i32, out: usize): void {
  let p = rows + <usize>j * stride;
  let q = rows + <usize>i * stride;
  let s0 = 0.0;
  let s1 = 0.0;
  let s2 = 0.0;
  let s3 = 0.0;
  for (let n = 0; n < count; n++) {
    const e = load<f64>(p);
    s0 += load<f64>(q) * e;
    s1 += load<f64>(q + stride) * e;
    s2 += load<f64>(q + 2 * stride) * e;
    s3 += load<f64>(q + 3 * stride) * e;
    p += 8;
    q += 8;
  }
  store<f64>(out, s0);
  store<f64>(out, s1, 8);
  store<f64>(out, s2, 16);
  store<f64>(out, s3, 24);
}

/** The rough residual of channel `c` around the place, by `roughOrder` taps. */
function findResidual(c: i32): void {
  filter(
    roughAt + (<usize>(c * (TAPS + 1)) << 3),
    roughOrder,
    signalsAt + (<usize>(c * LENGTH + REACH - ROUGH) << 3),
    2 * ROUGH,
    residualsAt + (<usize>(c * 2 * ROUGH) << 3),
    -8,
  );
}

/**
 * A channel that is a copy of one before, but for noise, loses all that this one explains of it. By the residuals alone it would keep a
 * share: in what a predictor leaves, noise is large, and hides how much is copied.
 */
function takeCopies(channels: i32): void {
  memory.fill(copiesAt, 0, CHANNELS * CHANNELS);
  const rows = signalsAt + (<usize>(REACH - ROUGH) << 3);
  for (let c = 0; c < channels; c++) {
    crossFour(rows, LENGTH << 3, c, c & ~3, 2 * ROUGH, factorsAt + (<usize>(c & ~3) << 3));
    store<f64>(powersAt + (<usize>c << 3), load<f64>(factorsAt + (<usize>c << 3)));
  }
  for (let j = 0; j + 1 < channels; j++) {
    for (let i = j & ~3; i < channels; i += 4)
      crossFour(rows, LENGTH << 3, j, i, 2 * ROUGH, factorsAt + (<usize>i << 3));
    const power = load<f64>(factorsAt + (<usize>j << 3));
    for (let i = j + 1; i < channels; i++) {
      const sum = load<f64>(factorsAt + (<usize>i << 3));
      if (!(sum * sum > COPY * load<f64>(powersAt + (<usize>i << 3)) * power)) continue;
      const factor = f64x2.splat(sum / power);
      take(signalsAt + (<usize>(i * LENGTH) << 3), signalsAt + (<usize>(j * LENGTH) << 3), factor, LENGTH);
      findResidual(i);
      store<u8>(copiesAt + <usize>(i * CHANNELS + j), 1);
    }
  }
}

/**
 * Each channel loses what the channels before explain of its residual. First the products of all residuals right at the place
 * are told, at judgeCross(): [j][i >= j]. `order`: taps of the rough predictors.
 */
export function judgePrepare(channels: i32, order: i32): void {
  roughOrder = order;
  for (let c = 0; c < channels; c++) findResidual(c);
  const right = residualsAt + (<usize>(ROUGH - GUARD) << 3);
  for (let j = 0; j < channels; j++)
    for (let i = j & ~3; i < channels; i += 4)
      crossFour(right, <usize>(2 * ROUGH) << 3, j, i, GUARD + ORDER, crossAt + (<usize>(j * CHANNELS + i) << 3));
  takeCopies(channels);
  // By then the residuals of the channels before have lost their parts: one column of factors after the other.
  for (let j = 0; j + 1 < channels; j++) {
    for (let i = j & ~3; i < channels; i += 4)
      crossFour(residualsAt, <usize>(2 * ROUGH) << 3, j, i, 2 * ROUGH, factorsAt + (<usize>i << 3));
    const power = load<f64>(factorsAt + (<usize>j << 3));
    if (power <= 0) continue;
    for (let i = j + 1; i < channels; i++) {
      // What such a pair still has in common is the noise of the first: it would bring the source back.
      if (load<u8>(copiesAt + <usize>(i * CHANNELS + j)) != 0) continue;
      const factor = f64x2.splat(load<f64>(factorsAt + (<usize>i << 3)) / power);
      take(residualsAt + (<usize>(i * 2 * ROUGH) << 3), residualsAt + (<usize>(j * 2 * ROUGH) << 3), factor, 2 * ROUGH);
      take(signalsAt + (<usize>(i * LENGTH) << 3), signalsAt + (<usize>(j * LENGTH) << 3), factor, LENGTH);
    }
  }
  for (let c = 0; c < channels; c++) {
    const e = residualsAt + (<usize>(c * 2 * ROUGH) << 3);
    let all = 0.0;
    for (let n: usize = 0; n < 2 * ROUGH << 3; n += 8) all += load<f64>(e + n) * load<f64>(e + n);
    let own = 0.0;
    for (let n: usize = <usize>(ROUGH - GUARD) << 3; n < <usize>(ROUGH + ORDER) << 3; n += 8)
      own += load<f64>(e + n) * load<f64>(e + n);
    store<f64>(excessAt + (<usize>c << 3), all > 0 ? own / all : 0);
  }
}

/** x -= factor * y, `count` (a multiple of 4) frames. */
// @ts-ignore: decorator
@inline
function take(x: usize, y: usize, factor: v128, count: i32): void {
  for (let end = x + (<usize>count << 3); x < end; x += 32) {
    v128.store(x, f64x2.sub(v128.load(x), f64x2.mul(factor, v128.load(y))));
    v128.store(x, f64x2.sub(v128.load(x, 16), f64x2.mul(factor, v128.load(y, 16))), 16);
    y += 32;
  }
}

// @ts-ignore: decorator
@inline
function addLag(lag: i32, sum: v128): void {
  const out = gramAt + (<usize>lag << 3);
  store<f64>(out, load<f64>(out) + (f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1)));
}

/** Adds the products of one side's frames with those 0..order before. Five lags at a time, so that no sum waits for another. */
function correlateSide(x: usize, order: i32): void {
  const from = x + (<usize>order << 3);
  const end = x + (SIDE << 3);
  for (let lag = 0; lag <= order; lag += 5) {
    let s0 = f64x2.splat(0);
    let s1 = s0;
    let s2 = s0;
    let s3 = s0;
    let s4 = s0;
    let q = from - (<usize>lag << 3) - 32;
    for (let p = from; p < end; p += 16) {
      const y = v128.load(p);
      s0 = f64x2.add(s0, f64x2.mul(y, v128.load(q, 32)));
      s1 = f64x2.add(s1, f64x2.mul(y, v128.load(q, 24)));
      s2 = f64x2.add(s2, f64x2.mul(y, v128.load(q, 16)));
      s3 = f64x2.add(s3, f64x2.mul(y, v128.load(q, 8)));
      s4 = f64x2.add(s4, f64x2.mul(y, v128.load(q)));
      q += 16;
    }
    addLag(lag, s0);
    addLag(lag + 1, s1);
    addLag(lag + 2, s2);
    addLag(lag + 3, s3);
    addLag(lag + 4, s4);
  }
}

/** `count` frames from `x` on backwards, at row `row` of the tails. */
// @ts-ignore: decorator
@inline
function keepTail(row: i32, x: usize, order: i32): void {
  let to = tailsAt + (<usize>(row * ROW) << 3);
  for (let i = 0; i < order; i++) {
    store<f64>(to, load<f64>(x));
    to += 8;
    x -= 8;
  }
}

/** Products of all lags over both sides of `x`, forwards: those of the first by sums, the rest by what enters and leaves at the ends. */
function findGram(x: usize, order: i32): void {
  const before = x + (<usize>(REACH - HALF) << 3);
  const behind = x + (<usize>(REACH + GAP) << 3);
  memory.fill(gramAt, 0, ROW << 3);
  correlateSide(before, order);
  correlateSide(behind, order);
  // The lags behind the last one are none.
  memory.fill(gramAt + (<usize>(order + 1) << 3), 0, <usize>(ROW - order - 1) << 3);
  keepTail(0, before + (<usize>(order - 1) << 3), order);
  keepTail(1, before + ((SIDE - 1) << 3), order);
  keepTail(2, behind + (<usize>(order - 1) << 3), order);
  keepTail(3, behind + ((SIDE - 1) << 3), order);
  const row: usize = ROW << 3;
  for (let i = 0; i < order; i++) {
    const own = tailsAt + (<usize>i << 3);
    const a = v128.load64_splat(own);
    const b = v128.load64_splat(own + row);
    const c = v128.load64_splat(own + 2 * row);
    const d = v128.load64_splat(own + 3 * row);
    let p = own;
    let from = gramAt + (<usize>(i * ROW + i) << 3);
    for (let j = i; j < order; j += 2) {
      const first = f64x2.sub(f64x2.mul(a, v128.load(p)), f64x2.mul(b, v128.load(p + row)));
      const second = f64x2.sub(f64x2.mul(c, v128.load(p + 2 * row)), f64x2.mul(d, v128.load(p + 3 * row)));
      v128.store(from + row + 8, f64x2.add(v128.load(from), f64x2.add(first, second)));
      p += 16;
      from += 16;
    }
  }
}

/**
 * The filter of `order` taps (a multiple of 8, up to ORDER) at `a` that leaves least of both sides of `x`, forwards and backwards.
 * Returns the energy of what it is fitted to, or 0 when there is nothing.
 */
function predict(x: usize, a: usize, order: i32): f64 {
  findGram(x, order);
  memory.fill(a, 0, (ORDER + 1) << 3);
  store<f64>(a, 1);
  const row: usize = ROW << 3;
  const last = gramAt + <usize>order * row + (<usize>order << 3);
  const energy = load<f64>(gramAt) + load<f64>(last);
  if (!(energy > 0)) return 0;
  const ridge = energy * RIDGE_SHARE + RIDGE;
  memory.fill(solvedAt, 0, ROW << 3);
  for (let j = 0; j < order; j++) {
    // Backwards: the products of what lies as far from the other end.
    const mirrored = last - <usize>(j + 1) * row;
    store<f64>(solvedAt + (<usize>j << 3), -(load<f64>(gramAt + (<usize>(j + 1) << 3)) + load<f64>(mirrored)));
    const forward = gramAt + <usize>(j + 1) * row + 8;
    let backward = mirrored - <usize>(j + 1) * 8;
    const to = factorAt + <usize>j * row;
    memory.fill(to + (<usize>order << 3), 0, (ROW - ORDER) << 3);
    for (let i = j; i < order; i++) {
      store<f64>(to + (<usize>i << 3), load<f64>(forward + (<usize>i << 3)) + load<f64>(backward));
      backward -= row;
    }
    const own = to + (<usize>j << 3);
    store<f64>(own, load<f64>(own) + ridge);
  }
  factorize(order);
  solve(a, order);
  return energy;
}

/** Cholesky in place, column by column, eight entries at a time; and the inverse of each diagonal entry. */
function factorize(order: i32): void {
  const row: usize = ROW << 3;
  for (let j = 0; j < order; j++) {
    const column = factorAt + <usize>j * row;
    for (let i = j; i < order; i += 8) {
      const to = column + (<usize>i << 3);
      let s0 = v128.load(to);
      let s1 = v128.load(to, 16);
      let s2 = v128.load(to, 32);
      let s3 = v128.load(to, 48);
      let p = factorAt + (<usize>i << 3);
      let q = factorAt + (<usize>j << 3);
      for (; q < column; q += row) {
        const own = v128.load64_splat(q);
        s0 = f64x2.sub(s0, f64x2.mul(own, v128.load(p)));
        s1 = f64x2.sub(s1, f64x2.mul(own, v128.load(p, 16)));
        s2 = f64x2.sub(s2, f64x2.mul(own, v128.load(p, 32)));
        s3 = f64x2.sub(s3, f64x2.mul(own, v128.load(p, 48)));
        p += row;
      }
      v128.store(to, s0);
      v128.store(to, s1, 16);
      v128.store(to, s2, 32);
      v128.store(to, s3, 48);
    }
    const one = 1 / sqrt<f64>(max<f64>(load<f64>(column + (<usize>j << 3)), 1e-12));
    store<f64>(inverseAt + (<usize>j << 3), one);
    const both = f64x2.splat(one);
    for (let p = column + (<usize>j << 3), end = column + (<usize>order << 3); p < end; p += 16)
      v128.store(p, f64x2.mul(v128.load(p), both));
  }
}

/** The taps behind the first one, from the factor and the right-hand side. */
function solve(a: usize, order: i32): void {
  const row: usize = ROW << 3;
  const end = solvedAt + (<usize>order << 3);
  for (let k = 0; k < order; k++) {
    const at = solvedAt + (<usize>k << 3);
    const z = load<f64>(at) * load<f64>(inverseAt + (<usize>k << 3));
    store<f64>(at, z);
    const both = f64x2.splat(z);
    let p = factorAt + <usize>k * row + (<usize>(k + 1) << 3);
    for (let to = at + 8; to < end; to += 16) {
      v128.store(to, f64x2.sub(v128.load(to), f64x2.mul(v128.load(p), both)));
      p += 16;
    }
  }
  for (let i = order - 1; i >= 0; i--) {
    const at = solvedAt + (<usize>i << 3);
    let sum = f64x2.splat(0);
    let p = factorAt + <usize>i * row + (<usize>(i + 1) << 3);
    for (let q = at + 8; q < end; q += 16) {
      sum = f64x2.add(sum, f64x2.mul(v128.load(p), v128.load(q)));
      p += 16;
    }
    const rest = f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
    const tap = (load<f64>(at) - rest) * load<f64>(inverseAt + (<usize>i << 3));
    store<f64>(at, tap);
    store<f64>(a + (<usize>(i + 1) << 3), tap);
  }
}

/** The stories of each place around the middle, for one channel whose filter and errors are known. */
function compare(a: usize, x: usize, error: usize, backwards: usize, out: usize, order: i32): void {
  let gain = 0.0;
  for (let k = 0; k <= order; k++) gain += load<f64>(a + (<usize>k << 3)) * load<f64>(a + (<usize>k << 3));
  // Index 0 of what follows is the earliest frame that any place looks at.
  const first = BACKGROUND - PLACES - GUARD;
  const e = error + (<usize>first << 3);
  for (let m: usize = 0; m < <usize>(order + 24) << 3; m += 16) {
    const v = v128.load(e + m);
    v128.store(squaresAt + m, f64x2.mul(v, v));
  }
  // What a click explains at each frame from two before the first place on.
  filter(a, order, e + ((GUARD - 2) << 3), 16, clicksAt, 8);
  for (let m: usize = 0; m < 16 << 3; m += 16) {
    const c = v128.load(clicksAt + m);
    v128.store(clicksAt + m, f64x2.div(f64x2.mul(c, c), f64x2.splat(gain)));
  }
  filter(a, order, x + (<usize>(REACH - CUT_REACH) << 3), order + 16, backwards, 8);
  for (let m: usize = 0; m < <usize>(order + 16) << 3; m += 16) {
    const r = v128.load(backwards + m);
    v128.store(aheadAt + m, f64x2.mul(r, r));
  }
  const zero = f64x2.splat(0);
  for (let pair = 0; pair < PAIRS; pair++) {
    const at = <usize>pair << 4;
    let q0 = zero;
    let inside = zero;
    let backward = zero;
    for (let m = 0; m < order + 2 * GUARD; m++) {
      const s = v128.load(squaresAt + at + (<usize>m << 3));
      q0 = f64x2.add(q0, s);
      if (m >= GUARD && m < GUARD + order) inside = f64x2.add(inside, s);
    }
    for (let m = 0; m < order; m++) backward = f64x2.add(backward, v128.load(aheadAt + at + (<usize>(m + CUT_REACH - PLACES) << 3)));
    let other = zero;
    for (let j: usize = 0; j < 32; j += 8)
      other = f64x2.max(
        other,
        f64x2.max(v128.load(clicksAt + at + j), v128.load(squaresAt + at + j, (GUARD - 2) << 3)),
      );
    put(out, 0, pair, f64x2.max(zero, f64x2.sub(q0, other)));
    put(out, 1, pair, f64x2.sub(q0, inside));
    put(out, 2, pair, backward);
  }
  putIn(a, x + (<usize>(REACH - PLACES) << 3), e + (GUARD << 3), gain, out, order);
}

/**
 * A frame put in as nothing at each place: what the frames before say of those from there on, and what the frames behind say, is what it
 * must explain. The filter's answer to the frames behind alone is known for the first place, and moves on by a frame from place to place.
 */
function putIn(a: usize, x: usize, e: usize, gain: f64, out: usize, order: i32): void {
  memory.fill(restAt, 0, <usize>order << 3);
  memory.copy(restAt + (<usize>order << 3), x, <usize>(order + 8) << 3);
  store<f64>(zeroStateAt, 0);
  filter(a, order, restAt + (<usize>order << 3), order + 8, zeroStateAt + 8, -8);
  const end = zeroStateAt + (<usize>order << 3);
  for (let i = 0; i < TRIED; i++) {
    let energies = f64x2.splat(0);
    let shares = energies;
    let tap = a;
    let error = e;
    for (let u = zeroStateAt; u < end; u += 16) {
      const r = f64x2.sub(f64x2.add(v128.load(u), v128.load(error)), v128.load(u, 8));
      energies = f64x2.add(energies, f64x2.mul(r, r));
      shares = f64x2.add(shares, f64x2.mul(r, v128.load(tap)));
      tap += 16;
      error += 16;
    }
    const r = load<f64>(end) + load<f64>(error) - load<f64>(end, 8);
    const energy = f64x2.extract_lane(energies, 0) + f64x2.extract_lane(energies, 1) + r * r;
    const share = f64x2.extract_lane(shares, 0) + f64x2.extract_lane(shares, 1) + r * load<f64>(tap);
    const at = out + (<usize>(TRIED + i) << 3);
    store<f64>(at, max<f64>(0, load<f64>(at) + energy - (share * share) / gain));
    const moved = f64x2.splat(load<f64>(x));
    tap = a;
    for (let u = zeroStateAt; u < end; u += 16) {
      v128.store(u, f64x2.sub(v128.load(u, 8), f64x2.mul(v128.load(tap), moved)));
      tap += 16;
    }
    store<f64>(end, load<f64>(end, 8) - load<f64>(tap) * load<f64>(x));
    // The answer to all of them is the error itself.
    store<f64>(end, load<f64>(error, 8), 8);
    x += 8;
    e += 8;
  }
}

/** Where a story's entry of a pair of places stands; the tenth place is none and is not kept. */
// @ts-ignore: decorator
@inline
function put(out: usize, story: i32, pair: i32, value: v128): void {
  const at = out + (<usize>(story * TRIED + 2 * pair) << 3);
  if (pair < PLACES) v128.store(at, value);
  else v128.store64_lane(at, value, 0);
}

/** All sums of one of the channels prepared, by a predictor of `order` taps. */
export function judgeFit(c: i32, order: i32): void {
  const x = signalsAt + (<usize>(c * LENGTH) << 3);
  const a = filtersAt + (<usize>(c * (ORDER + 1)) << 3);
  const out = toldAt + (<usize>(c * TOLD) << 3);
  const left = predict(x, a, order);
  store<f64>(out, left);
  if (left == 0) return;
  const error = errorsAt + (<usize>(c * ERRORS) << 3);
  filter(a, order, x + (<usize>(REACH - BACKGROUND) << 3), 2 * BACKGROUND + order, error, -8);
  const late = error + (<usize>(BACKGROUND + order + GUARD + 1) << 3);
  let before = 0.0;
  let behind = 0.0;
  for (let m: usize = 0; m < <usize>(BACKGROUND - GUARD - 1) << 3; m += 8) {
    const b = load<f64>(error + m);
    before += b * b;
    const f = load<f64>(late + m);
    behind += f * f;
  }
  store<f64>(out, before / <f64>(BACKGROUND - GUARD - 1), 8);
  store<f64>(out, behind / <f64>(BACKGROUND - GUARD - 1), 16);
  compare(a, x, error, backwardsAt + (<usize>(c * BACKWARDS) << 3), out + 24, order);
}
