// Kernels of the statistical slip detector (src/dsp/slip/slipKernel.ts is the contract, slipTwin.ts the plain twin that
// must match bit for bit). They live in an instance of their own: `slipInit` lays the memory out, nothing allocates after.
//
// A group is four channels of one bank. Its samples (x >> 8, exact in f32) stand one vector a frame, in time order, so
// that a tap of a predictor is one load. Products and sums are single floats in a fixed order: the same bits everywhere.

/** Taps of the predictor. */
const TAPS: i32 = 16;
/** Frames per entry of the energy table. */
const SEGMENT: i32 = 64;
/** Frames that an autocorrelation looks at. */
const WINDOW: i32 = 1024;
/** Guard of the splice test, frames on either side. */
const GUARD: i32 = 5;
/** Splice places tested around a peak: from 7 frames before it to 1 behind. */
const BEFORE: i32 = 7;
const PLACES: i32 = 9;

let slipChannels: i32 = 0;
let slipGroups: i32 = 0;
let slipCapacity: i32 = 0;
let stagingAt: usize = 0;
let laneAt: usize = 0;
let maskAt: usize = 0;
let dataAt: usize = 0;
let tapsAt: usize = 0;
let energyAt: usize = 0;
let logsAt: usize = 0;
let windowAt: usize = 0;
let windowedAt: usize = 0;
let correlationAt: usize = 0;
let errorAt: usize = 0;
let clickAt: usize = 0;
let scoreAt: usize = 0;
let signalAt: usize = 0;
let lagsAt: usize = 0;
let place: usize = 0;

function room(bytes: usize): usize {
  const at = place;
  place = (place + bytes + 256 + 15) & ~(<usize>15);
  return at;
}

export function slipInit(channels: i32, maxFrames: i32, groups: i32, capacity: i32): void {
  slipChannels = channels;
  slipGroups = groups;
  slipCapacity = capacity;
  place = (__heap_base + 15) & ~(<usize>15);
  stagingAt = room(<usize>(maxFrames * channels) << 2);
  laneAt = room(<usize>groups << 4);
  maskAt = room(<usize>groups << 4);
  tapsAt = room((<usize>groups * (TAPS + 1)) << 4);
  dataAt = room((<usize>groups * <usize>capacity) << 4);
  energyAt = room((<usize>groups * <usize>(capacity / SEGMENT)) << 4);
  logsAt = room(<usize>capacity << 2);
  windowAt = room(<usize>WINDOW << 2);
  windowedAt = room(<usize>WINDOW << 4);
  correlationAt = room(<usize>(TAPS + 1) << 5);
  errorAt = room(<usize>(PLACES + TAPS + 2 * GUARD + 8) << 4);
  clickAt = room(<usize>(PLACES + 8) << 4);
  scoreAt = room(<usize>(PLACES * 3) << 4);
  // Zeros stand before the signal, so that every lag starts at its first sample.
  signalAt = room((<usize>WINDOW + 64) << 3) + (64 << 3);
  lagsAt = room(64 << 3);
  const have = <usize>memory.size() << 16;
  if (place > have) memory.grow(<i32>((place - have + 65535) >> 16));
}

export function slipStaging(): usize {
  return stagingAt;
}
export function slipLanes(): usize {
  return laneAt;
}
export function slipMasks(): usize {
  return maskAt;
}
export function slipTaps(): usize {
  return tapsAt;
}
export function slipData(): usize {
  return dataAt;
}
export function slipEnergy(): usize {
  return energyAt;
}
export function slipLogs(): usize {
  return logsAt;
}
export function slipWindow(): usize {
  return windowAt;
}
export function slipCorrelation(): usize {
  return correlationAt;
}
export function slipScores(): usize {
  return scoreAt;
}
export function slipSignal(): usize {
  return signalAt;
}
export function slipLags(): usize {
  return lagsAt;
}

/** Adds the autocorrelation, lags 0..order, of `length` (even) doubles at slipSignal() to slipLags(). */
export function slipAutocorrelate(length: i32, order: i32): void {
  for (let lag = 0; lag <= order; lag++) {
    let sum = f64x2.splat(0);
    let p = signalAt;
    const back = <usize>lag << 3;
    for (let n = 0; n < length; n += 2) {
      sum = f64x2.add(sum, f64x2.mul(v128.load(p), v128.load(p - back)));
      p += 16;
    }
    const out = lagsAt + (<usize>lag << 3);
    store<f64>(out, load<f64>(out) + (f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1)));
  }
}

// @ts-ignore: decorator
@inline
function frameAt(group: i32, frame: i32): usize {
  return dataAt + ((<usize>group * <usize>slipCapacity + <usize>frame) << 4);
}

/** Puts `frames` staged frames behind the ones held, at index `at` of every group. */
export function slipAppend(at: i32, frames: i32): void {
  const stride = <usize>slipChannels << 2;
  for (let g = 0; g < slipGroups; g++) {
    const lanes = laneAt + (<usize>g << 4);
    const a = load<i32>(lanes);
    const b = load<i32>(lanes, 4);
    const c = load<i32>(lanes, 8);
    const d = load<i32>(lanes, 12);
    let to = frameAt(g, at);
    let from = stagingAt;
    if (b == a + 1 && c == a + 2 && d == a + 3) {
      from += <usize>a << 2;
      for (let n = 0; n < frames; n++) {
        v128.store(to, f32x4.convert_i32x4_s(i32x4.shr_s(v128.load(from), 8)));
        from += stride;
        to += 16;
      }
    } else {
      for (let n = 0; n < frames; n++) {
        store<f32>(to, <f32>(load<i32>(from + (<usize>a << 2)) >> 8));
        store<f32>(to, <f32>(load<i32>(from + (<usize>b << 2)) >> 8), 4);
        store<f32>(to, <f32>(load<i32>(from + (<usize>c << 2)) >> 8), 8);
        store<f32>(to, <f32>(load<i32>(from + (<usize>d << 2)) >> 8), 12);
        from += stride;
        to += 16;
      }
    }
  }
}

/** Moves the frames from index `from` on to the start of the store. `from` is a multiple of SEGMENT. */
export function slipShift(from: i32, frames: i32): void {
  for (let g = 0; g < slipGroups; g++) {
    memory.copy(frameAt(g, 0), frameAt(g, from), <usize>frames << 4);
    const energy = energyAt + ((<usize>g * <usize>(slipCapacity / SEGMENT)) << 4);
    memory.copy(energy, energy + (<usize>(from / SEGMENT) << 4), <usize>(frames / SEGMENT) << 4);
  }
}

/** Autocorrelation, lags 0..TAPS, of WINDOW frames from index `at`, windowed: f64, lane by lane, at slipCorrelation(). */
export function slipCorrelate(group: i32, at: i32): void {
  const data = frameAt(group, at);
  for (let n = 0; n < WINDOW; n++) {
    const x = v128.load(data + (<usize>n << 4));
    v128.store(windowedAt + (<usize>n << 4), f32x4.mul(x, v128.load32_splat(windowAt + (<usize>n << 2))));
  }
  for (let lag = 0; lag <= TAPS; lag++) {
    let lo = f64x2.splat(0);
    let hi = f64x2.splat(0);
    let n = lag;
    while (n < WINDOW) {
      // Short sums in single, long ones in double: single alone would leave a noise floor at -60 dB.
      const end = min(n + 32, WINDOW);
      let sum = f32x4.splat(0);
      let p = windowedAt + (<usize>n << 4);
      const back = <usize>lag << 4;
      for (; n < end; n++) {
        sum = f32x4.add(sum, f32x4.mul(v128.load(p), v128.load(p - back)));
        p += 16;
      }
      lo = f64x2.add(lo, f64x2.promote_low_f32x4(sum));
      hi = f64x2.add(hi, f64x2.promote_low_f32x4(v128.shuffle<i32>(sum, sum, 2, 3, 0, 1)));
    }
    const out = correlationAt + (<usize>lag << 5);
    v128.store(out, lo);
    v128.store(out, hi, 16);
  }
}

// @ts-ignore: decorator
@inline
function tap(sum: v128, factor: v128, at: usize, back: usize): v128 {
  return f32x4.add(sum, f32x4.mul(factor, v128.load(at - (back << 4))));
}

/**
 * Prediction residual of `frames` (a multiple of SEGMENT) frames from index `at`. Per frame the sum over the group's live
 * lanes of log2(|r| + 1) in Q7 is put (or added, when `add`) at slipLogs()[n]; r^2 summed per SEGMENT goes to the energy table.
 */
export function slipResidual(group: i32, at: i32, frames: i32, add: bool): void {
  const taps = tapsAt + ((<usize>group * (TAPS + 1)) << 4);
  const a1 = v128.load(taps, 16);
  const a2 = v128.load(taps, 32);
  const a3 = v128.load(taps, 48);
  const a4 = v128.load(taps, 64);
  const a5 = v128.load(taps, 80);
  const a6 = v128.load(taps, 96);
  const a7 = v128.load(taps, 112);
  const a8 = v128.load(taps, 128);
  const a9 = v128.load(taps, 144);
  const a10 = v128.load(taps, 160);
  const a11 = v128.load(taps, 176);
  const a12 = v128.load(taps, 192);
  const a13 = v128.load(taps, 208);
  const a14 = v128.load(taps, 224);
  const a15 = v128.load(taps, 240);
  const a16 = v128.load(taps, 256);
  const mask = v128.load(maskAt + (<usize>group << 4));
  const one = f32x4.splat(1);
  const bias = i32x4.splat(127 << 7);
  let p = frameAt(group, at);
  let energy = energyAt + ((<usize>group * <usize>(slipCapacity / SEGMENT) + <usize>(at / SEGMENT)) << 4);
  let log = logsAt;
  for (let left = frames; left > 0; left -= SEGMENT) {
    let power = f32x4.splat(0);
    for (let n = 0; n < SEGMENT; n++) {
      // Two chains, so that the adds do not wait for each other.
      let r = v128.load(p);
      r = tap(r, a1, p, 1);
      r = tap(r, a2, p, 2);
      r = tap(r, a3, p, 3);
      r = tap(r, a4, p, 4);
      r = tap(r, a5, p, 5);
      r = tap(r, a6, p, 6);
      r = tap(r, a7, p, 7);
      r = tap(r, a8, p, 8);
      let s = f32x4.mul(a9, v128.load(p - 144));
      s = tap(s, a10, p, 10);
      s = tap(s, a11, p, 11);
      s = tap(s, a12, p, 12);
      s = tap(s, a13, p, 13);
      s = tap(s, a14, p, 14);
      s = tap(s, a15, p, 15);
      s = tap(s, a16, p, 16);
      r = f32x4.add(r, s);
      power = f32x4.add(power, f32x4.mul(r, r));
      const bits = v128.and(i32x4.sub(i32x4.shr_s(f32x4.add(f32x4.abs(r), one), 16), bias), mask);
      const pair = i32x4.add(bits, v128.shuffle<i32>(bits, bits, 2, 3, 0, 1));
      const sum = i32x4.extract_lane(pair, 0) + i32x4.extract_lane(pair, 1);
      store<i32>(log, add ? load<i32>(log) + sum : sum);
      log += 4;
      p += 16;
    }
    v128.store(energy, power);
    energy += 16;
  }
}

/**
 * The splice test around index `peak`: was one frame left out between n-1 and n, for n = peak-7 .. peak+1? For each n the
 * energy of the residual over n-GUARD .. n+TAPS+GUARD-1, lane by lane: as it stands (q0), with the best single click taken
 * out (qc), and with the best sample put in at n (q1). Results at slipScores(): [n][q0, qc, q1][lane].
 */
export function slipSplice(group: i32, peak: i32): void {
  const taps = tapsAt + ((<usize>group * (TAPS + 1)) << 4);
  const first = peak - BEFORE;
  const from = first - GUARD;
  const total = PLACES - 1 + TAPS + 2 * GUARD;
  let gain = f32x4.splat(0);
  for (let k = 0; k <= TAPS; k++) {
    const a = v128.load(taps + (<usize>k << 4));
    gain = f32x4.add(gain, f32x4.mul(a, a));
  }
  for (let m = 0; m < total; m++) {
    const p = frameAt(group, from + m);
    let r = f32x4.splat(0);
    for (let k = 0; k <= TAPS; k++) r = tap(r, v128.load(taps + (<usize>k << 4)), p, <usize>k);
    v128.store(errorAt + (<usize>m << 4), r);
  }
  // What a click at j would explain, for j = first-2 .. first+PLACES.
  for (let j = 0; j < PLACES + 3; j++) {
    let c = f32x4.splat(0);
    const e = errorAt + (<usize>(j - 2 + GUARD) << 4);
    for (let k = 0; k <= TAPS; k++)
      c = f32x4.add(c, f32x4.mul(v128.load(taps + (<usize>k << 4)), v128.load(e + (<usize>k << 4))));
    v128.store(clickAt + (<usize>j << 4), f32x4.div(f32x4.mul(c, c), gain));
  }
  for (let i = 0; i < PLACES; i++) {
    const n = first + i;
    let around = f32x4.splat(0);
    let inside = f32x4.splat(0);
    for (let m = 0; m < TAPS + 2 * GUARD; m++) {
      const e = v128.load(errorAt + (<usize>(i + m) << 4));
      const square = f32x4.mul(e, e);
      if (m >= GUARD && m < GUARD + TAPS) inside = f32x4.add(inside, square);
      else around = f32x4.add(around, square);
    }
    const q0 = f32x4.add(around, inside);
    let best = f32x4.splat(0);
    for (let j = 0; j < 4; j++) best = f32x4.max(best, v128.load(clickAt + (<usize>(i + j) << 4)));
    let energy = f32x4.splat(0);
    let share = f32x4.splat(0);
    for (let k = 0; k <= TAPS; k++) {
      // Residual at place k of n-1 | new sample | n: the taps beyond k reach over the new sample to the frames before.
      const p = frameAt(group, n + k - 1);
      let r = f32x4.splat(0);
      for (let j = 0; j < k; j++) r = tap(r, v128.load(taps + (<usize>j << 4)), p, <usize>j);
      for (let j = k + 1; j <= TAPS; j++) r = tap(r, v128.load(taps + (<usize>j << 4)), p, <usize>(j - 1));
      energy = f32x4.add(energy, f32x4.mul(r, r));
      share = f32x4.add(share, f32x4.mul(r, v128.load(taps + (<usize>k << 4))));
    }
    const q1 = f32x4.add(around, f32x4.sub(energy, f32x4.div(f32x4.mul(share, share), gain)));
    const out = scoreAt + (<usize>(i * 3) << 4);
    v128.store(out, q0);
    v128.store(out, f32x4.sub(q0, best), 16);
    v128.store(out, q1, 32);
  }
}
