// Sums of the judge of single places (src/dsp/slip/judgeKernel.ts is the contract, judgeTwin.ts the plain twin that must match
// bit for bit). Doubles throughout. Every sum runs in the order in which it is written in the twin; what goes side by side in a vector
// are neighbouring frames, never parts of one sum. `slip.ts` lays the memory out and exports what the program calls.

const TAPS: i32 = 16;
const ORDER: i32 = 24;
const REACH: i32 = 1024 + ORDER + 8;
const LENGTH: i32 = 2 * REACH;
const HALF: i32 = 1024;
const GAP: i32 = 16;
/** Frames of one side that the predictor is fitted to. */
const SIDE: i32 = HALF - GAP;
const GUARD: i32 = 5;
const BACKGROUND: i32 = 200;
const PLACES: i32 = 4;
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
let filtersAt: usize = 0;
let residualsAt: usize = 0;
let errorsAt: usize = 0;
let toldAt: usize = 0;
let crossAt: usize = 0;
let hannAt: usize = 0;
let sideAt: usize = 0;
let lagsAt: usize = 0;
let factorsAt: usize = 0;
let powersAt: usize = 0;
/** [i][j], a byte: channel i was found a copy of channel j. */
let copiesAt: usize = 0;
let squaresAt: usize = 0;
let clicksAt: usize = 0;
let aheadAt: usize = 0;

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
  next += <usize>(CHANNELS * 2 * BACKGROUND + 16) << 3;
  toldAt = next;
  next += <usize>(CHANNELS * TOLD + 1) << 3;
  crossAt = next;
  next += <usize>(CHANNELS * CHANNELS) << 3;
  hannAt = next;
  next += <usize>SIDE << 3;
  // Zeros stand before the signal, so that every lag starts at its first sample.
  next += 64 << 3;
  sideAt = next;
  next += <usize>SIDE << 3;
  lagsAt = next;
  next += <usize>(ORDER + 2) << 3;
  factorsAt = next;
  next += <usize>CHANNELS << 3;
  powersAt = next;
  next += <usize>CHANNELS << 3;
  copiesAt = next;
  next += CHANNELS * CHANNELS;
  squaresAt = next;
  next += 64 << 3;
  clicksAt = next;
  next += 32 << 3;
  aheadAt = next;
  next += 64 << 3;
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
export function judgeTold(): usize {
  return toldAt;
}
export function judgeCross(): usize {
  return crossAt;
}
export function judgeHann(): usize {
  return hannAt;
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

/** The rough residual of channel `c` around the place. */
function findResidual(c: i32): void {
  filter(
    roughAt + (<usize>(c * (TAPS + 1)) << 3),
    TAPS,
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
 * are told, at judgeCross(): [j][i >= j].
 */
function makeIndependent(channels: i32): void {
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
  const out = lagsAt + (<usize>lag << 3);
  store<f64>(out, load<f64>(out) + (f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1)));
}

/** Adds the autocorrelation, lags 0..ORDER, of one windowed side. Five lags at a time, so that no sum waits for another. */
function correlateSide(x: usize): void {
  for (let n: usize = 0; n < <usize>SIDE << 3; n += 16)
    v128.store(sideAt + n, f64x2.mul(v128.load(x + n), v128.load(hannAt + n)));
  const end = sideAt + (<usize>SIDE << 3);
  for (let lag = 0; lag <= ORDER; lag += 5) {
    let s0 = f64x2.splat(0);
    let s1 = s0;
    let s2 = s0;
    let s3 = s0;
    let s4 = s0;
    let q = sideAt - (<usize>lag << 3) - 32;
    for (let p = sideAt; p < end; p += 16) {
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

/** Levinson-Durbin as src/dsp/slip/predictor.ts, floor 1e-3. Returns the remaining energy. */
function levinson(a: usize): f64 {
  memory.fill(a, 0, (ORDER + 1) << 3);
  store<f64>(a, 1);
  const power = load<f64>(lagsAt);
  if (!(power > 0)) return 0;
  let energy = power * (1 + 1e-9) + 1e-3;
  for (let i = 1; i <= ORDER; i++) {
    let sum = load<f64>(lagsAt + (<usize>i << 3));
    for (let j = 1; j < i; j++) sum += load<f64>(a + (<usize>j << 3)) * load<f64>(lagsAt + (<usize>(i - j) << 3));
    const k = -sum / energy;
    if (!(abs(k) < 1)) break;
    for (let j = 1; j + j <= i; j++) {
      const low = a + (<usize>j << 3);
      const high = a + (<usize>(i - j) << 3);
      const x = load<f64>(low);
      const y = load<f64>(high);
      store<f64>(high, y + k * x);
      store<f64>(low, x + k * y);
    }
    store<f64>(a + (<usize>i << 3), k);
    energy *= 1 - k * k;
  }
  return energy;
}

/** The stories of each place around the middle, for one channel whose filter and errors are known. */
function compare(a: usize, x: usize, error: usize, out: usize): void {
  let gain = 0.0;
  for (let k = 0; k <= ORDER; k++) gain += load<f64>(a + (<usize>k << 3)) * load<f64>(a + (<usize>k << 3));
  // Index 0 of what follows is the earliest frame that any place looks at.
  const first = BACKGROUND - PLACES - GUARD;
  const e = error + (<usize>first << 3);
  for (let m: usize = 0; m < 48 << 3; m += 16) {
    const v = v128.load(e + m);
    v128.store(squaresAt + m, f64x2.mul(v, v));
  }
  // What a click explains at each frame from two before the first place on.
  filter(a, ORDER, e + ((GUARD - 2) << 3), 16, clicksAt, 8);
  for (let m: usize = 0; m < 16 << 3; m += 16) {
    const c = v128.load(clicksAt + m);
    v128.store(clicksAt + m, f64x2.div(f64x2.mul(c, c), f64x2.splat(gain)));
  }
  const middle = x + (<usize>(REACH - PLACES) << 3);
  filter(a, ORDER, middle, 40, aheadAt, 8);
  for (let m: usize = 0; m < 40 << 3; m += 16) {
    const r = v128.load(aheadAt + m);
    v128.store(aheadAt + m, f64x2.mul(r, r));
  }
  const zero = f64x2.splat(0);
  for (let pair = 0; pair < PAIRS; pair++) {
    const at = <usize>pair << 4;
    let q0 = zero;
    let inside = zero;
    let backward = zero;
    for (let m = 0; m < ORDER + 2 * GUARD; m++) {
      const s = v128.load(squaresAt + at + (<usize>m << 3));
      q0 = f64x2.add(q0, s);
      if (m >= GUARD && m < GUARD + ORDER) inside = f64x2.add(inside, s);
    }
    for (let m = 0; m < ORDER; m++) backward = f64x2.add(backward, v128.load(aheadAt + at + (<usize>m << 3)));
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
  // With a frame put in as nothing: its residuals are what it must explain.
  let energy0 = zero;
  let energy1 = zero;
  let energy2 = zero;
  let energy3 = zero;
  let energy4 = zero;
  let share0 = zero;
  let share1 = zero;
  let share2 = zero;
  let share3 = zero;
  let share4 = zero;
  for (let k = 0; k <= ORDER; k++) {
    let r0 = zero;
    let r1 = zero;
    let r2 = zero;
    let r3 = zero;
    let r4 = zero;
    let p = middle + (<usize>k << 3) - 8;
    for (let j = 0; j <= ORDER; j++) {
      if (j == k) continue;
      const tap = v128.load64_splat(a + (<usize>j << 3));
      const q = j < k ? p - (<usize>j << 3) : p + 8 - (<usize>j << 3);
      r0 = f64x2.add(r0, f64x2.mul(tap, v128.load(q)));
      r1 = f64x2.add(r1, f64x2.mul(tap, v128.load(q, 16)));
      r2 = f64x2.add(r2, f64x2.mul(tap, v128.load(q, 32)));
      r3 = f64x2.add(r3, f64x2.mul(tap, v128.load(q, 48)));
      r4 = f64x2.add(r4, f64x2.mul(tap, v128.load(q, 64)));
    }
    const own = v128.load64_splat(a + (<usize>k << 3));
    energy0 = f64x2.add(energy0, f64x2.mul(r0, r0));
    energy1 = f64x2.add(energy1, f64x2.mul(r1, r1));
    energy2 = f64x2.add(energy2, f64x2.mul(r2, r2));
    energy3 = f64x2.add(energy3, f64x2.mul(r3, r3));
    energy4 = f64x2.add(energy4, f64x2.mul(r4, r4));
    share0 = f64x2.add(share0, f64x2.mul(r0, own));
    share1 = f64x2.add(share1, f64x2.mul(r1, own));
    share2 = f64x2.add(share2, f64x2.mul(r2, own));
    share3 = f64x2.add(share3, f64x2.mul(r3, own));
    share4 = f64x2.add(share4, f64x2.mul(r4, own));
  }
  const all = f64x2.splat(gain);
  explain(out, 0, energy0, share0, all);
  explain(out, 1, energy1, share1, all);
  explain(out, 2, energy2, share2, all);
  explain(out, 3, energy3, share3, all);
  explain(out, 4, energy4, share4, all);
}

/** Where a story's entry of a pair of places stands; the tenth place is none and is not kept. */
// @ts-ignore: decorator
@inline
function put(out: usize, story: i32, pair: i32, value: v128): void {
  const at = out + (<usize>(story * TRIED + 2 * pair) << 3);
  if (pair < PLACES) v128.store(at, value);
  else v128.store64_lane(at, value, 0);
}

// @ts-ignore: decorator
@inline
function explain(out: usize, pair: i32, energy: v128, share: v128, gain: v128): void {
  const at = out + (<usize>(TRIED + 2 * pair) << 3);
  const around = pair < PLACES ? v128.load(at) : v128.load64_zero(at);
  const left = f64x2.sub(f64x2.add(around, energy), f64x2.div(f64x2.mul(share, share), gain));
  put(out, 1, pair, f64x2.max(f64x2.splat(0), left));
}

/** All sums of a judgement of the channels loaded. */
export function judgePlace(channels: i32): void {
  makeIndependent(channels);
  for (let c = 0; c < channels; c++) {
    const x = signalsAt + (<usize>(c * LENGTH) << 3);
    const a = filtersAt + (<usize>(c * (ORDER + 1)) << 3);
    const out = toldAt + (<usize>(c * TOLD) << 3);
    memory.fill(lagsAt, 0, (ORDER + 1) << 3);
    correlateSide(x + (<usize>(REACH - HALF) << 3));
    correlateSide(x + (<usize>(REACH + GAP) << 3));
    const left = levinson(a);
    store<f64>(out, left);
    if (left == 0) continue;
    const error = errorsAt + (<usize>(c * 2 * BACKGROUND) << 3);
    filter(a, ORDER, x + (<usize>(REACH - BACKGROUND) << 3), 2 * BACKGROUND, error, -8);
    let before = 0.0;
    let behind = 0.0;
    for (let m: usize = 0; m < <usize>(BACKGROUND - ORDER - GUARD - 1) << 3; m += 8) {
      const b = load<f64>(error + m);
      before += b * b;
      const f = load<f64>(error + m, (BACKGROUND + ORDER + GUARD + 1) << 3);
      behind += f * f;
    }
    for (let m = BACKGROUND - ORDER - GUARD - 1; m < BACKGROUND - GUARD - 1; m++) {
      const b = load<f64>(error + (<usize>m << 3));
      before += b * b;
    }
    store<f64>(out, before / <f64>(BACKGROUND - GUARD - 1), 8);
    store<f64>(out, behind / <f64>(BACKGROUND - ORDER - GUARD - 1), 16);
    compare(a, x, error, out + 24);
  }
}
