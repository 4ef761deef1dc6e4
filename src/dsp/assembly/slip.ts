// Kernels of the statistical slip detector (src/dsp/slip/slipKernel.ts is the contract, slipTwin.ts the plain twin that
// must match bit for bit). They live in an instance of their own: `slipInit` lays the memory out, nothing allocates after.
//
import { loudnessLayout, loudnessReset } from "./loudness";
import {
  judgeBackwards,
  judgeCross,
  judgeErrors,
  judgeExcess,
  judgeFilters,
  judgeFit,
    judgeInit,
  judgeLoad,
  judgePrepare,
  judgeRough,
  judgeSignals,
  judgeTold,
} from './judge';

// A group is four channels of one bank. Its samples (x >> 8, exact in f32) stand one vector a frame, in time order, so
// that a tap of a predictor is one load. Products and sums are single floats in a fixed order: the same bits everywhere.

/** Taps of the predictor: a group goes with SHORT of them where the rest would explain little more. */
const TAPS: i32 = 32;
const SHORT: i32 = 16;
/** Frames per entry of the energy table. */
const SEGMENT: i32 = 64;
/** Frames that an autocorrelation looks at. */
const WINDOW: i32 = 768;
/** Guard of the splice test, frames on either side. */
const GUARD: i32 = 5;
/** Entries of `logs` a group. */
const LOGS: i32 = 2816;
/** Frames a peak is the largest of. */
const CELL: i32 = 32;
/** Cells before a peak, and behind it, that it is to stand out from. */
const BESIDE: i32 = 2;
/** Cells before the beginning of a peak's cell, and from there on, whose mean its height is measured against. */
const AROUND: i32 = 8;
/** Peaks chosen at once at most. */
const MOST_PEAKS: i32 = 64;
/** The longest repeated block looked for, frames. */
const LONGEST: i32 = 64;
/** Hits told of in a block at most. */
const HITS: i32 = 32;
/** Splice places tested around a peak: from 7 frames before it to 1 behind. */
const BEFORE: i32 = 7;
const PLACES: i32 = 9;
/** Residuals that the splice test needs, rounded up to four. */
const ERRORS: i32 = (PLACES - 1 + TAPS + 2 * GUARD + 3) & ~3;
/** A lane with no more energy than this in its window (24-bit steps squared) is silent. */
const SILENT_ENERGY: f64 = <f64>WINDOW * 0.3;
/** Where a left-out frame leaves this much of itself, against what can't be foreseen, the short predictor shows it: a factor, mean of the lanes. */
const PLAIN: f64 = 64;
/** The factor by which the longer predictor must leave less of a lane's energy, mean of the lanes, to be used: 2^0.3. */
const GAIN: f64 = 1.231144413344916;
/** What a left-out frame must be expected to leave of itself, against what can't be foreseen, for a lane to be listened to. */
const LEAST_TRACE: f64 = 0.25;
/** Share of the background's energy that both stories of a splice are granted. */
const FLOOR_SHARE: f64 = 0.3;
/** What the energy with a missing sample put in may be, of the background's, at no price. */
const MISFIT_LEEWAY: f64 = 1.5;
const MISFIT_MOST: f64 = 0.5;
/** Added to the energy of a living lane: rounding. */
const ROUNDING: f64 = <f64>WINDOW * 0.01;

let slipChannels: i32 = 0;
let slipGroups: i32 = 0;
let slipCapacity: i32 = 0;
/** The block in hand, in the ring. */
let stagingAt: usize = 0;
let laneAt: usize = 0;
let maskAt: usize = 0;
let tellingAt: usize = 0;
let dataAt: usize = 0;
let tapsAt: usize = 0;
/** Taps that each group's predictor has: SHORT or TAPS. */
let ordersAt: usize = 0;
let energyAt: usize = 0;
let logsAt: usize = 0;
let windowAt: usize = 0;
let windowedAt: usize = 0;
let correlationAt: usize = 0;
let filterAt: usize = 0;
/** Of each pair of lanes: what is left of their energy, and which of them go on. */
let levinsonAt: usize = 0;
/** Of each pair of lanes: what SHORT taps left, and what a left-out frame would leave of itself. */
let shortAt: usize = 0;
let traceAt: usize = 0;
let errorAt: usize = 0;
let squareAt: usize = 0;
let pairAt: usize = 0;
let fourAt: usize = 0;
let eightAt: usize = 0;
let clickAt: usize = 0;
let joinedAt: usize = 0;
let stepAt: usize = 0;
let scoreAt: usize = 0;
let ratiosAt: usize = 0;
let misfitsAt: usize = 0;
/** Frames of the ring of whole samples, less one. */
let ringMask: i32 = 0;
let ringAt: usize = 0;
let keysAt: usize = 0;
let hitsAt: usize = 0;
let cellsAt: usize = 0;
let chosenAt: usize = 0;
let joinAt: usize = 0;
let slipFrames: i32 = 0;
let place: usize = 0;

function room(bytes: usize): usize {
  const at = place;
  place = (place + bytes + 256 + 15) & ~(<usize>15);
  return at;
}

/** `loudnessColumns`: K-weighting filters on what stands in the ring (loudness.ts); 0: none. */
export function slipInit(channels: i32, maxFrames: i32, groups: i32, capacity: i32, ringFrames: i32, loudnessColumns: i32): void {
  slipChannels = channels;
  slipFrames = maxFrames;
  ringMask = ringFrames - 1;
  slipGroups = groups;
  slipCapacity = capacity;
  place = (__heap_base + 15) & ~(<usize>15);
  laneAt = room(<usize>groups << 4);
  maskAt = room(<usize>groups << 4);
  tellingAt = room(<usize>groups << 4);
  tapsAt = room((<usize>groups * (TAPS + 1)) << 4);
  ordersAt = room(<usize>groups << 2);
  for (let g: usize = 0; g < <usize>groups; g++) store<i32>(ordersAt + (g << 2), SHORT);
  dataAt = room((<usize>groups * <usize>capacity) << 4);
  energyAt = room((<usize>groups * <usize>(capacity / SEGMENT)) << 4);
  logsAt = room((<usize>groups * LOGS) << 2);
  cellsAt = room((LOGS / CELL) << 3);
  chosenAt = room((3 * MOST_PEAKS) << 2);
  ringAt = room((<usize>(ringFrames + maxFrames) * <usize>channels) << 2);
  stagingAt = ringAt;
  keysAt = room((<usize>groups * <usize>(LONGEST + maxFrames)) << 2);
  hitsAt = room(HITS << 3);
  windowAt = room(<usize>WINDOW << 2);
  // Silence stands before the windowed frames, so that every lag starts at their first.
  windowedAt = room(<usize>(WINDOW + TAPS) << 4) + (TAPS << 4);
  correlationAt = room(<usize>(TAPS + 1) << 5);
  filterAt = room(<usize>(TAPS + 1) << 5);
  levinsonAt = room(64);
  shortAt = room(32);
  traceAt = room(32);
  errorAt = room(<usize>ERRORS << 4);
  squareAt = room(<usize>ERRORS << 4);
  pairAt = room(<usize>ERRORS << 4);
  fourAt = room(<usize>ERRORS << 4);
  eightAt = room(<usize>ERRORS << 4);
  clickAt = room(<usize>(PLACES + 8) << 4);
  joinedAt = room(<usize>(2 * TAPS + 8) << 4);
  joinAt = room(<usize>(TAPS + 8) << 4);
  stepAt = room(<usize>TAPS << 4);
  scoreAt = room(<usize>(PLACES * 3) << 4);
  ratiosAt = room(PLACES << 3);
  misfitsAt = room(PLACES << 3);
  place = judgeInit(place);
  if (loudnessColumns > 0) place = loudnessLayout(place, channels, loudnessColumns, ringAt);
  const have = <usize>memory.size() << 16;
  if (place > have) memory.grow(<i32>((place - have + 65535) >> 16));
  if (loudnessColumns > 0) loudnessReset();
}

export function slipLanes(): usize {
  return laneAt;
}
export function slipMasks(): usize {
  return maskAt;
}
export function slipTelling(): usize {
  return tellingAt;
}
export function slipTaps(): usize {
  return tapsAt;
}
export function slipOrders(): usize {
  return ordersAt;
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
export function slipRatios(): usize {
  return ratiosAt;
}
export function slipMisfits(): usize {
  return misfitsAt;
}
export function slipRing(): usize {
  return ringAt;
}
export function slipHits(): usize {
  return hitsAt;
}
export function slipCells(): usize {
  return cellsAt;
}
export function slipChosen(): usize {
  return chosenAt;
}

// ---- Exact evidence ---------------------------------------------------------------------------------------------------

/** `frames` frames stand in the ring from the place of frame `frame` on, and maybe behind its end: those go to its beginning as well. */
export function slipKeep(frame: i32, frames: i32): void {
  const stride = <usize>slipChannels << 2;
  const at = frame & ringMask;
  stagingAt = ringAt + <usize>at * stride;
  const behind = at + frames - ringMask - 1;
  if (behind > 0) memory.copy(ringAt, ringAt + <usize>(ringMask + 1) * stride, <usize>behind * stride);
}

// @ts-ignore: decorator
@inline
function hit(found: i32, frame: i32, lag: i32, equal: v128): i32 {
  let bits = i32x4.bitmask(equal);
  while (bits != 0 && found < HITS) {
    const lane = ctz(bits);
    const at = hitsAt + (<usize>found << 3);
    store<i32>(at, frame);
    store<i32>(at, lag - lane, 4);
    found++;
    bits &= bits - 1;
  }
  return found;
}

/** The pairs of frames `from` .. `to - 1` (even steps from `from` on), behind the `found` that are there. */
function hitsOf(found: i32, keys: usize, from: i32, to: i32, phase: i32): i32 {
  for (let n = from; n < to; n += 2) {
    const p = keys + (<usize>n << 2);
    const key = load<i32>(p);
    if (key == load<i32>(p - 8)) found = hit(found, n, 2, i32x4(-1, 0, 0, 0));
    if (key == load<i32>(p - 12)) found = hit(found, n, 3, i32x4(-1, 0, 0, 0));
    if (((phase + n) & 3) != 0) continue;
    const keyed = i32x4.splat(key);
    // Lanes: lags 7, 6, 5, 4.
    let equal = i32x4.eq(keyed, v128.load(p - 28));
    if (v128.any_true(equal)) found = hit(found, n, 7, equal);
    if (((phase + n) & 7) != 0) continue;
    equal = i32x4.eq(keyed, v128.load(p - 60));
    if (v128.any_true(equal)) found = hit(found, n, 15, equal);
    equal = i32x4.eq(keyed, v128.load(p - 44));
    if (v128.any_true(equal)) found = hit(found, n, 11, equal);
    if (((phase + n) & 15) != 0) continue;
    let any = i32x4.eq(keyed, v128.load(p - 256));
    any = v128.or(any, i32x4.eq(keyed, v128.load(p - 240)));
    any = v128.or(any, i32x4.eq(keyed, v128.load(p - 224)));
    any = v128.or(any, i32x4.eq(keyed, v128.load(p - 208)));
    any = v128.or(any, i32x4.eq(keyed, v128.load(p - 192)));
    any = v128.or(any, i32x4.eq(keyed, v128.load(p - 176)));
    any = v128.or(any, i32x4.eq(keyed, v128.load(p - 160)));
    any = v128.or(any, i32x4.eq(keyed, v128.load(p - 144)));
    any = v128.or(any, i32x4.eq(keyed, v128.load(p - 128)));
    any = v128.or(any, i32x4.eq(keyed, v128.load(p - 112)));
    any = v128.or(any, i32x4.eq(keyed, v128.load(p - 96)));
    any = v128.or(any, i32x4.eq(keyed, v128.load(p - 80)));
    if (v128.any_true(any))
      for (let lag = LONGEST; lag > 16; lag -= 4) {
        equal = i32x4.eq(keyed, v128.load(p - (<usize>lag << 2)));
        if (v128.any_true(equal)) found = hit(found, n, lag, equal);
      }
    if (key == load<i32>(p - 64)) found = hit(found, n, 16, i32x4(-1, 0, 0, 0));
  }
  return found;
}

/** Whether any pair ends in the 16 frames whose fingerprints begin at `p`; the number of the first is a multiple of 16. */
// @ts-ignore: decorator
@inline
function anyHit(p: usize): bool {
  const even = i32x4(-1, 0, -1, 0);
  let any = i32x4.splat(0);
  for (let q = p; q < p + 64; q += 16) {
    const four = v128.load(q);
    const short = v128.or(i32x4.eq(four, v128.load(q - 8)), i32x4.eq(four, v128.load(q - 12)));
    any = v128.or(any, v128.and(short, even));
    any = v128.or(any, i32x4.eq(v128.shuffle<i32>(four, four, 0, 0, 0, 0), v128.load(q - 28)));
  }
  for (let q = p; q < p + 64; q += 32) {
    const key = v128.load32_splat(q);
    any = v128.or(any, v128.or(i32x4.eq(key, v128.load(q - 60)), i32x4.eq(key, v128.load(q - 44))));
  }
  const key = v128.load32_splat(p);
  // Lags 64 .. 17, then 16 alone.
  for (let q = p - 256; q < p - 64; q += 16) any = v128.or(any, i32x4.eq(key, v128.load(q)));
  any = v128.or(any, v128.and(i32x4.eq(key, v128.load(p - 64)), i32x4(-1, 0, 0, 0)));
  return v128.any_true(any);
}

/**
 * Looks for blocks of 2..64 frames that stand in the stream twice in a row, by the fingerprints that two channels make. A
 * block of `lag` frames covers a frame whose number is a multiple of 16 (8, 4, 2 for blocks shorter than 16, 8, 4), so each
 * lag is compared at such frames only. `phase`: number of the first staged frame. Returns how many pairs (frame of the block, lag) stand
 * at slipHits(), HITS at most: more than a few say that the material repeats itself.
 */
export function slipRepeats(group: i32, probeA: i32, probeB: i32, frames: i32, phase: i32): i32 {
  const base = keysAt + ((<usize>group * <usize>(LONGEST + slipFrames)) << 2);
  const keys = base + (LONGEST << 2);
  const stride = <usize>slipChannels << 2;
  let a = stagingAt + (<usize>probeA << 2);
  let b = stagingAt + (<usize>probeB << 2);
  for (let n = 0; n < frames; n++) {
    store<i32>(keys + (<usize>n << 2), load<i32>(a) ^ (load<i32>(b) * <i32>0x9e3779b1));
    a += stride;
    b += stride;
  }
  // Most frames end no pair: sixteen are looked at together before any is looked at by itself.
  const aligned = min(frames, -phase & 15);
  let found = hitsOf(0, keys, phase & 1, aligned, phase);
  let n = aligned;
  for (; n + 16 <= frames; n += 16) if (anyHit(keys + (<usize>n << 2))) found = hitsOf(found, keys, n, n + 16, phase);
  found = hitsOf(found, keys, n, frames, phase);
  // The last fingerprints go before the next block's.
  memory.copy(base, base + (<usize>frames << 2), LONGEST << 2);
  return found;
}

// ---- Left-out frames --------------------------------------------------------------------------------------------------

// @ts-ignore: decorator
@inline
function frameAt(group: i32, frame: i32): usize {
  return dataAt + ((<usize>group * <usize>slipCapacity + <usize>frame) << 4);
}

/** Puts `frames` frames of the block in hand behind the ones held, at index `at` of every group. */
export function slipAppend(at: i32, frames: i32): void {
  // A part of the block at a time, so that every group finds it in the nearest cache.
  for (let n = 0; n < frames; n += SEGMENT) {
    const count = min(SEGMENT, frames - n);
    const block = stagingAt + ((<usize>n * <usize>slipChannels) << 2);
    for (let g = 0; g < slipGroups; g++) appendGroup(g, block, frameAt(g, at + n), count);
  }
}

function appendGroup(group: i32, block: usize, to: usize, frames: i32): void {
  const stride = <usize>slipChannels << 2;
  const lanes = laneAt + (<usize>group << 4);
  const a = load<i32>(lanes);
  const b = load<i32>(lanes, 4);
  const c = load<i32>(lanes, 8);
  const d = load<i32>(lanes, 12);
  let from = block;
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

/** Moves the frames from index `from` on to the start of the store. `from` is a multiple of SEGMENT. */
export function slipShift(from: i32, frames: i32): void {
  for (let g = 0; g < slipGroups; g++) {
    memory.copy(frameAt(g, 0), frameAt(g, from), <usize>frames << 4);
    const energy = energyAt + ((<usize>g * <usize>(slipCapacity / SEGMENT)) << 4);
    memory.copy(energy, energy + (<usize>(from / SEGMENT) << 4), <usize>(frames / SEGMENT) << 4);
  }
}

/**
 * Adds what `nine ? 9 : 8` lags of 32 windowed frames from `p` come to; short sums in single, long ones in double: single alone would leave a
 * noise floor at -60 dB. So many at a time, so that no sum waits for another.
 */
// @ts-ignore: decorator
@inline
function correlateLags(p: usize, lag: i32, nine: bool): void {
  let q = p - (<usize>(lag + 7) << 4);
  let s0 = f32x4.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  let s4 = s0;
  let s5 = s0;
  let s6 = s0;
  let s7 = s0;
  let s8 = s0;
  for (let end = p + (32 << 4); p < end; p += 32) {
    const x0 = v128.load(p);
    const x1 = v128.load(p, 16);
    // Lag by lag, always the earliest frame first.
    if (nine) s8 = f32x4.add(s8, f32x4.mul(x0, v128.load(q - 16)));
    let y = v128.load(q);
    if (nine) s8 = f32x4.add(s8, f32x4.mul(x1, y));
    s7 = f32x4.add(s7, f32x4.mul(x0, y));
    y = v128.load(q, 16);
    s6 = f32x4.add(s6, f32x4.mul(x0, y));
    s7 = f32x4.add(s7, f32x4.mul(x1, y));
    y = v128.load(q, 32);
    s5 = f32x4.add(s5, f32x4.mul(x0, y));
    s6 = f32x4.add(s6, f32x4.mul(x1, y));
    y = v128.load(q, 48);
    s4 = f32x4.add(s4, f32x4.mul(x0, y));
    s5 = f32x4.add(s5, f32x4.mul(x1, y));
    y = v128.load(q, 64);
    s3 = f32x4.add(s3, f32x4.mul(x0, y));
    s4 = f32x4.add(s4, f32x4.mul(x1, y));
    y = v128.load(q, 80);
    s2 = f32x4.add(s2, f32x4.mul(x0, y));
    s3 = f32x4.add(s3, f32x4.mul(x1, y));
    y = v128.load(q, 96);
    s1 = f32x4.add(s1, f32x4.mul(x0, y));
    s2 = f32x4.add(s2, f32x4.mul(x1, y));
    y = v128.load(q, 112);
    s0 = f32x4.add(s0, f32x4.mul(x0, y));
    s1 = f32x4.add(s1, f32x4.mul(x1, y));
    y = v128.load(q, 128);
    s0 = f32x4.add(s0, f32x4.mul(x1, y));
    q += 32;
  }
  const out = correlationAt + (<usize>lag << 5);
  addDouble(out, s0);
  addDouble(out + 32, s1);
  addDouble(out + 64, s2);
  addDouble(out + 96, s3);
  addDouble(out + 128, s4);
  addDouble(out + 160, s5);
  addDouble(out + 192, s6);
  addDouble(out + 224, s7);
  if (nine) addDouble(out + 256, s8);
}

function correlateEight(p: usize, lag: i32): void {
  correlateLags(p, lag, false);
}

function correlateNine(p: usize, lag: i32): void {
  correlateLags(p, lag, true);
}

// @ts-ignore: decorator
@inline
function addDouble(out: usize, sum: v128): void {
  v128.store(out, f64x2.add(v128.load(out), f64x2.promote_low_f32x4(sum)));
  v128.store(
    out,
    f64x2.add(v128.load(out, 16), f64x2.promote_low_f32x4(v128.shuffle<i32>(sum, sum, 2, 3, 0, 1))),
    16,
  );
}

/** Autocorrelation, lags 0..SHORT, of WINDOW frames from index `at`, windowed: f64, lane by lane, at slipCorrelation(). */
export function slipCorrelate(group: i32, at: i32): void {
  const data = frameAt(group, at);
  let any = f32x4.splat(0);
  for (let n = 0; n < WINDOW; n++) {
    const x = v128.load(data + (<usize>n << 4));
    any = v128.or(any, x);
    v128.store(windowedAt + (<usize>n << 4), f32x4.mul(x, v128.load32_splat(windowAt + (<usize>n << 2))));
  }
  memory.fill(correlationAt, 0, (TAPS + 1) << 5);
  if (!v128.any_true(any)) return;
  for (let n = 0; n < WINDOW; n += 32) {
    const p = windowedAt + (<usize>n << 4);
    correlateEight(p, 0);
    correlateNine(p, 8);
  }
}

/** Lags SHORT + 1 .. TAPS of what `slipCorrelate` looked at last. */
function correlateLong(): void {
  for (let n = 0; n < WINDOW; n += 32) {
    const p = windowedAt + (<usize>n << 4);
    correlateEight(p, SHORT + 1);
    correlateEight(p, SHORT + 9);
  }
}

// @ts-ignore: decorator
@inline
function filterOf(pair: usize): usize {
  return filterAt + pair * ((TAPS + 1) << 4);
}

/**
 * Levinson-Durbin for two lanes at once, as src/dsp/slip/predictor.ts, orders `first` .. `last`: a lane that can't be predicted further keeps the
 * filter that it has. `first` 1 begins anew, with `floor` added to the energy; later ones go on from where the last call ended.
 */
function levinsonTwo(pair: usize, floor: v128, first: i32, last: i32): void {
  const r = correlationAt + (pair << 4);
  const filter = filterOf(pair);
  const state = levinsonAt + (pair << 5);
  if (first == 1) {
    memory.fill(filter, 0, (TAPS + 1) << 4);
    v128.store(filter, f64x2.splat(1));
    const power = v128.load(r);
    v128.store(state, f64x2.add(f64x2.mul(power, f64x2.splat(1 + 1e-9)), floor));
    v128.store(state, f64x2.gt(power, f64x2.splat(0)), 16);
  }
  let energy = v128.load(state);
  let goesOn = v128.load(state, 16);
  for (let i = first; i <= last && v128.any_true(goesOn); i++) {
    let sum = v128.load(r + (<usize>i << 5));
    for (let j = 1; j < i; j++)
      sum = f64x2.add(sum, f64x2.mul(v128.load(filter + (<usize>j << 4)), v128.load(r + (<usize>(i - j) << 5))));
    const k = f64x2.div(f64x2.neg(sum), energy);
    goesOn = v128.and(goesOn, f64x2.lt(f64x2.abs(k), f64x2.splat(1)));
    for (let j = 1; j + j <= i; j++) {
      const low = filter + (<usize>j << 4);
      const high = filter + (<usize>(i - j) << 4);
      const a = v128.load(low);
      const b = v128.load(high);
      v128.store(high, v128.bitselect(f64x2.add(b, f64x2.mul(k, a)), b, goesOn));
      v128.store(low, v128.bitselect(f64x2.add(a, f64x2.mul(k, b)), a, goesOn));
    }
    // Another lane may go on alone: this one's tap stays 0.
    v128.store(filter + (<usize>i << 4), v128.and(k, goesOn));
    energy = v128.bitselect(f64x2.mul(energy, f64x2.sub(f64x2.splat(1), f64x2.mul(k, k))), energy, goesOn);
  }
  v128.store(state, energy);
  v128.store(state, goesOn, 16);
}

/** The pair's filter of `order` taps goes to `taps`, two singles a tap, the rest 0. Returns which of its lanes, of those that live, tell of a left-out frame: see `traceOf`. */
function takeFilter(pair: usize, lives: v128, order: i32, taps: usize): v128 {
  const filter = filterOf(pair);
  for (let k = 0; k <= TAPS; k++)
    v128.store64_lane(taps + (<usize>k << 4), f32x4.demote_f64x2_zero(v128.load(filter + (<usize>k << 4))), 0);
  const left = f64x2.mul(v128.load(levinsonAt + (pair << 5)), f64x2.splat(LEAST_TRACE));
  const trace = traceOf(correlationAt + (pair << 4), filter, order);
  v128.store(traceAt + (pair << 4), trace);
  return v128.and(lives, f64x2.gt(trace, left));
}

/**
 * The energy that a left-out frame adds to the prediction error, in the frame where it adds most. k frames behind the gap, taps k + 1 .. order
 * meet what is one frame too old, and err by these taps over the steps from sample to sample; of them all that is the energy S(k), which grows
 * by what tap k + 1 brings: a^2 D(0) + 2 a sum over the taps behind it of a[j] D(j - k - 1), with D the autocorrelation of the steps.
 */
function traceOf(r: usize, filter: usize, order: i32): v128 {
  const zero = f64x2.splat(0);
  const two = f64x2.splat(2);
  const step = f64x2.mul(two, f64x2.sub(v128.load(r), v128.load(r + 32)));
  let trace = zero;
  let most = zero;
  for (let k = order; k >= 1; k--) {
    const a = v128.load(filter + (<usize>k << 4));
    let sum = zero;
    for (let j = k + 1; j <= order; j++) {
      const lag = r + (<usize>(j - k) << 5);
      const steps = f64x2.sub(f64x2.mul(two, v128.load(lag)), f64x2.add(v128.load(lag - 32), v128.load(lag, 32)));
      sum = f64x2.add(sum, f64x2.mul(v128.load(filter + (<usize>j << 4)), steps));
    }
    trace = f64x2.add(trace, f64x2.mul(a, f64x2.add(f64x2.mul(a, step), f64x2.mul(two, sum))));
    most = f64x2.max(most, trace);
  }
  return most;
}

// @ts-ignore: decorator
@inline
function livesOf(mask: usize, pair: usize): v128 {
  return i64x2.extend_low_i32x4_s(v128.load64_zero(mask + (pair << 3)));
}

/** How much a left-out frame would leave of itself, against what the short filters leave of the sound: all telling lanes of `tells` multiplied. */
function plainOf(tells: usize): f64 {
  let plain = 1.0;
  for (let lane: usize = 0; lane < 4; lane++)
    if (load<i32>(tells + (lane << 2)) != 0)
      plain *= load<f64>(traceAt + (lane << 3)) / load<f64>(shortAt + (lane << 3));
  return plain;
}

/** By how much less energy the longer filters of a group leave than the short ones, all telling lanes of `tells` multiplied. */
function gainOf(tells: usize): f64 {
  let gain = 1.0;
  for (let lane: usize = 0; lane < 4; lane++) {
    if (load<i32>(tells + (lane << 2)) == 0) continue;
    const at = lane << 3;
    gain *= load<f64>(shortAt + at) / load<f64>(levinsonAt + ((lane >> 1) << 5) + ((lane & 1) << 3));
  }
  return gain;
}

/**
 * Fits the predictors of a group to WINDOW frames from index `at`, and masks the lanes that are silent or that stand behind its
 * `lanes` first ones; and which tell of a left-out frame. They have SHORT taps, or TAPS where those explain more. Returns
 * how many lanes tell.
 */
export function slipTrain(group: i32, at: i32, lanes: i32, longest: i32): i32 {
  slipCorrelate(group, at);
  const mask = maskAt + (<usize>group << 4);
  const telling = tellingAt + (<usize>group << 4);
  const order = ordersAt + (<usize>group << 2);
  store<i32>(order, SHORT);
  for (let lane = 0; lane < 4; lane++) {
    const lives = lane < lanes && load<f64>(correlationAt + (<usize>lane << 3)) > SILENT_ENERGY;
    store<i32>(mask + (<usize>lane << 2), lives ? -1 : 0);
  }
  v128.store(telling, i32x4.splat(0));
  if (!v128.any_true(v128.load(mask))) return 0;
  const taps = tapsAt + ((<usize>group * (TAPS + 1)) << 4);
  for (let pair: usize = 0; pair < 2; pair++) {
    const lives = livesOf(mask, pair);
    levinsonTwo(pair, v128.bitselect(f64x2.splat(ROUNDING), f64x2.splat(1), lives), 1, SHORT);
    v128.store(shortAt + (pair << 4), v128.load(levinsonAt + (pair << 5)));
    const tells = takeFilter(pair, lives, SHORT, taps + (pair << 3));
    v128.store64_lane(telling + (pair << 3), v128.shuffle<i32>(tells, tells, 0, 2, 0, 2), 0);
  }
  if (longest > SHORT) lengthen(mask, telling, order, taps);
  return popcnt(i32x4.bitmask(v128.load(telling)));
}

/** Goes on to TAPS taps, and takes them if that is worth it. */
function lengthen(mask: usize, telling: usize, order: usize, taps: usize): void {
  const asked = popcnt(i32x4.bitmask(v128.load(telling)));
  let plain: f64 = 1;
  let least: f64 = 1;
  for (let lane = 0; lane < asked; lane++) {
    plain *= PLAIN;
    least *= GAIN;
  }
  if (asked == 0 || plainOf(telling) > plain) return;
  correlateLong();
  for (let pair: usize = 0; pair < 2; pair++) levinsonTwo(pair, f64x2.splat(0), SHORT + 1, TAPS);
  if (gainOf(telling) <= least) return;
  store<i32>(order, TAPS);
  for (let pair: usize = 0; pair < 2; pair++) {
    const tells = takeFilter(pair, livesOf(mask, pair), TAPS, taps + (pair << 3));
    v128.store64_lane(telling + (pair << 3), v128.shuffle<i32>(tells, tells, 0, 2, 0, 2), 0);
  }
}

/** The filter `taps` over the frames from `p` on: residuals of p .. p+3, from the newest frame back, at `out`. */
function filterFour(taps: usize, order: i32, p: usize, out: usize): void {
  let r0 = f32x4.splat(0);
  let r1 = r0;
  let r2 = r0;
  let r3 = r0;
  const end = taps + (<usize>(order + 1) << 4);
  for (let t = taps; t < end; t += 16) {
    const a = v128.load(t);
    r0 = f32x4.add(r0, f32x4.mul(a, v128.load(p)));
    r1 = f32x4.add(r1, f32x4.mul(a, v128.load(p, 16)));
    r2 = f32x4.add(r2, f32x4.mul(a, v128.load(p, 32)));
    r3 = f32x4.add(r3, f32x4.mul(a, v128.load(p, 48)));
    p -= 16;
  }
  v128.store(out, r0);
  v128.store(out, r1, 16);
  v128.store(out, r2, 32);
  v128.store(out, r3, 48);
}

// @ts-ignore: decorator
@inline
function bitsOf(r: v128): v128 {
  return i32x4.shr_s(f32x4.add(f32x4.abs(r), f32x4.splat(1)), 16);
}

/**
 * Prediction residual of `frames` (a multiple of SEGMENT) frames from index `at`. Per frame the sum over the group's telling
 * lanes of log2(|r| + 1) in Q7 is put (or added, when `add`) at slipLogs() from entry `to` on; r^2 summed per SEGMENT goes to the
 * energy table. A group with no telling lane has no logs and no energy. Four frames at a time, so that a sample is loaded once for all that need it; sums run from the oldest tap on.
 */
export function slipResidual(group: i32, at: i32, frames: i32, to: i32, add: bool): void {
  if (!v128.any_true(v128.load(tellingAt + (<usize>group << 4)))) {
    if (!add) memory.fill(logsAt + (<usize>to << 2), 0, <usize>frames << 2);
    const table = (<usize>group * <usize>(slipCapacity / SEGMENT) + <usize>(at / SEGMENT)) << 4;
    memory.fill(energyAt + table, 0, <usize>(frames / SEGMENT) << 4);
    return;
  }
  const order = load<i32>(ordersAt + (<usize>group << 2));
  const taps = tapsAt + ((<usize>group * (TAPS + 1)) << 4);
  const oldest = taps + (<usize>order << 4);
  const mask = v128.load(tellingAt + (<usize>group << 4));
  const ones = i16x8.splat(1);
  // The dot product that sums the lanes of a frame leaves out those that tell nothing; each pair of lanes has so much of the exponent's bias.
  const live = i16x8.narrow_i32x4_s(v128.and(mask, i32x4.splat(1)), v128.and(mask, i32x4.splat(1)));
  const bias = i32x4.dot_i16x8_s(live, i16x8.splat(127 << 7));
  let from = frameAt(group, at - order);
  let energy = energyAt + ((<usize>group * <usize>(slipCapacity / SEGMENT) + <usize>(at / SEGMENT)) << 4);
  let log = logsAt + (<usize>to << 2);
  for (let left = frames; left > 0; left -= SEGMENT) {
    let power = f32x4.splat(0);
    for (let n = 0; n < SEGMENT; n += 4) {
      let p = from;
      let t = oldest;
      // The first frames meet only the oldest taps of the first residuals.
      let x = v128.load(p);
      let t3 = v128.load(t);
      let r0 = f32x4.mul(t3, x);
      x = v128.load(p, 16);
      let t2 = v128.load(t - 16);
      r0 = f32x4.add(r0, f32x4.mul(t2, x));
      let r1 = f32x4.mul(t3, x);
      x = v128.load(p, 32);
      let t1 = v128.load(t - 32);
      r0 = f32x4.add(r0, f32x4.mul(t1, x));
      r1 = f32x4.add(r1, f32x4.mul(t2, x));
      let r2 = f32x4.mul(t3, x);
      x = v128.load(p, 48);
      let t0 = v128.load(t - 48);
      r0 = f32x4.add(r0, f32x4.mul(t0, x));
      r1 = f32x4.add(r1, f32x4.mul(t1, x));
      r2 = f32x4.add(r2, f32x4.mul(t2, x));
      let r3 = f32x4.mul(t3, x);
      // Then each frame meets four taps, of which the next one meets three again.
      for (t -= 112; t >= taps; t -= 64) {
        x = v128.load(p, 64);
        t3 = v128.load(t, 48);
        r0 = f32x4.add(r0, f32x4.mul(t3, x));
        r1 = f32x4.add(r1, f32x4.mul(t0, x));
        r2 = f32x4.add(r2, f32x4.mul(t1, x));
        r3 = f32x4.add(r3, f32x4.mul(t2, x));
        x = v128.load(p, 80);
        t2 = v128.load(t, 32);
        r0 = f32x4.add(r0, f32x4.mul(t2, x));
        r1 = f32x4.add(r1, f32x4.mul(t3, x));
        r2 = f32x4.add(r2, f32x4.mul(t0, x));
        r3 = f32x4.add(r3, f32x4.mul(t1, x));
        x = v128.load(p, 96);
        t1 = v128.load(t, 16);
        r0 = f32x4.add(r0, f32x4.mul(t1, x));
        r1 = f32x4.add(r1, f32x4.mul(t2, x));
        r2 = f32x4.add(r2, f32x4.mul(t3, x));
        r3 = f32x4.add(r3, f32x4.mul(t0, x));
        x = v128.load(p, 112);
        t0 = v128.load(t, 0);
        r0 = f32x4.add(r0, f32x4.mul(t0, x));
        r1 = f32x4.add(r1, f32x4.mul(t1, x));
        r2 = f32x4.add(r2, f32x4.mul(t2, x));
        r3 = f32x4.add(r3, f32x4.mul(t3, x));
        p += 64;
      }
      // The first tap is 1.
      x = v128.load(p, 64);
      r0 = f32x4.add(r0, x);
      r1 = f32x4.add(r1, f32x4.mul(t0, x));
      r2 = f32x4.add(r2, f32x4.mul(t1, x));
      r3 = f32x4.add(r3, f32x4.mul(t2, x));
      x = v128.load(p, 80);
      r1 = f32x4.add(r1, x);
      r2 = f32x4.add(r2, f32x4.mul(t0, x));
      r3 = f32x4.add(r3, f32x4.mul(t1, x));
      x = v128.load(p, 96);
      r2 = f32x4.add(r2, x);
      r3 = f32x4.add(r3, f32x4.mul(t0, x));
      r3 = f32x4.add(r3, v128.load(p, 112));
      power = f32x4.add(power, f32x4.mul(r0, r0));
      power = f32x4.add(power, f32x4.mul(r1, r1));
      power = f32x4.add(power, f32x4.mul(r2, r2));
      power = f32x4.add(power, f32x4.mul(r3, r3));
      // Lanes of a frame are summed by dot products: frames 0 and 1, 2 and 3, then all four.
      const a = i32x4.sub(i32x4.dot_i16x8_s(i16x8.narrow_i32x4_s(bitsOf(r0), bitsOf(r1)), live), bias);
      const b = i32x4.sub(i32x4.dot_i16x8_s(i16x8.narrow_i32x4_s(bitsOf(r2), bitsOf(r3)), live), bias);
      const sum = i32x4.dot_i16x8_s(i16x8.narrow_i32x4_s(a, b), ones);
      v128.store(log, add ? i32x4.add(v128.load(log), sum) : sum);
      log += 16;
      from += 64;
    }
    v128.store(energy, power);
    energy += 16;
  }
}

/** Height of the peak that four frames of the logs make, each alone or with the next: the sum of two counts 0.575 (589 / 1024). */
// @ts-ignore: decorator
@inline
function heightOf(p: usize, log: v128): v128 {
  return i32x4.max_s(log, i32x4.shr_s(i32x4.mul(i32x4.add(log, v128.load(p, 4)), i32x4.splat(589)), 10));
}

/**
 * The largest peak of each CELL frames of slipLogs() from entry `from` on, `cells` of them, at slipCells(), and behind LOGS / CELL entries their sums: a step shows in
 * one frame or in two neighbours. Of the cells but the first and last AROUND the `count` that stand out most from their louder side, at
 * slipChosen(): frames from the first cell's on; behind MOST_PEAKS entries 64 times how far from the louder side; behind as many more
 * 512 times how far from all around.
 */
export function slipPeaks(from: i32, cells: i32, count: i32): void {
  findCells(from, cells);
  const sums = cellsAt + ((LOGS / CELL) << 2);
  const ranks = chosenAt + (MOST_PEAKS << 2);
  for (let i: usize = 0; i < <usize>count << 2; i += 4) store<i32>(ranks + i, i32.MIN_VALUE);
  let around = 0;
  for (let i: usize = 0; i < 2 * AROUND; i++) around += load<i32>(sums + (i << 2));
  let worst: usize = 0;
  let least = i32.MIN_VALUE;
  for (let cell = AROUND; cell < cells - AROUND; cell++) {
    const own = sums + (<usize>cell << 2);
    const height = load<i32>(cellsAt + (<usize>cell << 2));
    const before = load<i32>(own - 8) + load<i32>(own - 4);
    const behind = load<i32>(own, 4) + load<i32>(own, 8);
    const rank = height * (BESIDE * CELL) - max(before, behind);
    if (rank > least) {
      store<i32>(chosenAt + worst, cell);
      store<i32>(ranks + worst, rank);
      store<i32>(ranks + worst, height * (2 * AROUND * CELL) - around, MOST_PEAKS << 2);
      worst = 0;
      least = load<i32>(ranks);
      for (let i: usize = 4; i < <usize>count << 2; i += 4) {
        const other = load<i32>(ranks + i);
        if (other < least) {
          least = other;
          worst = i;
        }
      }
    }
    around += load<i32>(own + (AROUND << 2)) - load<i32>(own - (AROUND << 2));
  }
  // Where in its cell each stands.
  for (let i: usize = 0; i < <usize>count << 2; i += 4) {
    const cell = load<i32>(chosenAt + i);
    const height = i32x4.splat(load<i32>(cellsAt + (<usize>cell << 2)));
    let frame = cell * CELL;
    let p = logsAt + (<usize>(from + frame) << 2);
    let found = i32x4.bitmask(i32x4.eq(heightOf(p, v128.load(p)), height));
    while (found == 0) {
      p += 16;
      frame += 4;
      found = i32x4.bitmask(i32x4.eq(heightOf(p, v128.load(p)), height));
    }
    store<i32>(chosenAt + i, frame + ctz(found));
  }
}

function findCells(from: i32, cells: i32): void {
  let p = logsAt + (<usize>from << 2);
  let out = cellsAt;
  for (let cell = 0; cell < cells; cell++) {
    let top = i32x4.splat(0);
    let sum = i32x4.splat(0);
    for (let n = 0; n < CELL; n += 4) {
      const log = v128.load(p);
      sum = i32x4.add(sum, log);
      top = i32x4.max_s(top, heightOf(p, log));
      p += 16;
    }
    top = i32x4.max_s(top, v128.shuffle<i32>(top, top, 2, 3, 0, 1));
    sum = i32x4.add(sum, v128.shuffle<i32>(sum, sum, 2, 3, 0, 1));
    store<i32>(out, max(i32x4.extract_lane(top, 0), i32x4.extract_lane(top, 1)));
    store<i32>(out, i32x4.extract_lane(sum, 0) + i32x4.extract_lane(sum, 1), (LOGS / CELL) << 2);
    out += 4;
  }
}

/**
 * The splice test around index `peak`: was one frame left out between n-1 and n, for n = peak-7 .. peak+1? For each n the
 * energy of the residual over n-GUARD .. n+order+GUARD-1, lane by lane: as it stands (q0), with the best single click taken
 * out (qc), and with the best sample put in at n (q1). Results at slipScores(): [n][q0, qc, q1][lane].
 */
export function slipSplice(group: i32, peak: i32, order: i32): void {
  const taps = tapsAt + ((<usize>group * (TAPS + 1)) << 4);
  const first = peak - BEFORE;
  let gain = f32x4.splat(0);
  for (let k = 0; k <= order; k++) {
    const a = v128.load(taps + (<usize>k << 4));
    gain = f32x4.add(gain, f32x4.mul(a, a));
  }
  for (let k = 0; k < order; k++) {
    const at = <usize>k << 4;
    v128.store(stepAt + at, f32x4.sub(v128.load(taps + at, 16), v128.load(taps + at)));
  }
  const from = frameAt(group, first - GUARD);
  // Residuals that are needed, rounded up to four.
  const errors = (PLACES - 1 + order + 2 * GUARD + 3) & ~3;
  for (let m = 0; m < errors << 4; m += 64) filterFour(taps, order, from + m, errorAt + m);
  for (let m = 0; m < errors << 4; m += 16) {
    const e = v128.load(errorAt + m);
    v128.store(squareAt + m, f32x4.mul(e, e));
  }
  // Sums of 2, 4, 8 squares in a row; the last ones of each reach beyond what is needed.
  for (let m = 0; m < (errors - 1) << 4; m += 16)
    v128.store(pairAt + m, f32x4.add(v128.load(squareAt + m), v128.load(squareAt + m, 16)));
  for (let m = 0; m < (errors - 3) << 4; m += 16)
    v128.store(fourAt + m, f32x4.add(v128.load(pairAt + m), v128.load(pairAt + m, 32)));
  for (let m = 0; m < (errors - 7) << 4; m += 16)
    v128.store(eightAt + m, f32x4.add(v128.load(fourAt + m), v128.load(fourAt + m, 64)));
  // What a click at j would explain, for j = first-2 .. first+PLACES: four at a time, tap by tap.
  for (let j = 0; j < PLACES + 3; j += 4) {
    let c0 = f32x4.splat(0);
    let c1 = c0;
    let c2 = c0;
    let c3 = c0;
    let e = errorAt + (<usize>(j - 2 + GUARD) << 4);
    for (let k = 0; k <= order; k++) {
      const a = v128.load(taps + (<usize>k << 4));
      c0 = f32x4.add(c0, f32x4.mul(a, v128.load(e)));
      c1 = f32x4.add(c1, f32x4.mul(a, v128.load(e, 16)));
      c2 = f32x4.add(c2, f32x4.mul(a, v128.load(e, 32)));
      c3 = f32x4.add(c3, f32x4.mul(a, v128.load(e, 48)));
      e += 16;
    }
    const out = clickAt + (<usize>j << 4);
    v128.store(out, f32x4.div(f32x4.mul(c0, c0), gain));
    v128.store(out, f32x4.div(f32x4.mul(c1, c1), gain), 16);
    v128.store(out, f32x4.div(f32x4.mul(c2, c2), gain), 32);
    v128.store(out, f32x4.div(f32x4.mul(c3, c3), gain), 48);
  }
  // The frames on both sides of the first place, and between them the missing one as 0: its residuals are what it must explain.
  memory.copy(joinedAt, frameAt(group, first - order), order << 4);
  v128.store(joinedAt + (order << 4), f32x4.splat(0));
  memory.copy(joinedAt + ((order + 1) << 4), frameAt(group, first), (order + 3) << 4);
  for (let k = 0; k < order + 4; k += 4)
    filterFour(taps, order, joinedAt + (<usize>(order + k) << 4), joinAt + (<usize>k << 4));
  const end = <usize>order << 4;
  for (let i = 0; i < PLACES; i++) {
    const m = <usize>i << 4;
    if (i > 0) {
      // The next place differs in one sample, which changes sides: the tap that it meets is one lower.
      const x = v128.load(frameAt(group, first + i - 1));
      for (let k = 0; k < order << 4; k += 16)
        v128.store(joinAt + k, f32x4.add(v128.load(joinAt + k, 16), f32x4.mul(v128.load(stepAt + k), x)));
      v128.store(
        joinAt + end,
        f32x4.sub(v128.load(errorAt + m + end + ((GUARD - 1) << 4)), f32x4.mul(v128.load(taps + end), x)),
      );
    }
    let energy = f32x4.splat(0);
    let share = energy;
    let energyOdd = energy;
    let shareOdd = energy;
    for (let k = 0; k < order << 4; k += 32) {
      let r = v128.load(joinAt + k);
      energy = f32x4.add(energy, f32x4.mul(r, r));
      share = f32x4.add(share, f32x4.mul(r, v128.load(taps + k)));
      r = v128.load(joinAt + k, 16);
      energyOdd = f32x4.add(energyOdd, f32x4.mul(r, r));
      shareOdd = f32x4.add(shareOdd, f32x4.mul(r, v128.load(taps + k, 16)));
    }
    const r = v128.load(joinAt + end);
    energy = f32x4.add(f32x4.add(energy, f32x4.mul(r, r)), energyOdd);
    share = f32x4.add(f32x4.add(share, f32x4.mul(r, v128.load(taps + end))), shareOdd);
    const around = f32x4.add(
      f32x4.add(v128.load(fourAt + m), v128.load(squareAt + m, 64)),
      f32x4.add(v128.load(fourAt + m + end, GUARD << 4), v128.load(squareAt + m + end, (GUARD + 4) << 4)),
    );
    let inside = f32x4.add(v128.load(eightAt + m, GUARD << 4), v128.load(eightAt + m, (GUARD + 8) << 4));
    for (let k: usize = 16 << 4; k < end; k += 16 << 4)
      inside = f32x4.add(
        inside,
        f32x4.add(v128.load(eightAt + m + k, GUARD << 4), v128.load(eightAt + m + k, (GUARD + 8) << 4)),
      );
    const q0 = f32x4.add(around, inside);
    const click = clickAt + m;
    const best = f32x4.max(
      f32x4.max(v128.load(click), v128.load(click, 16)),
      f32x4.max(v128.load(click, 32), v128.load(click, 48)),
    );
    const q1 = f32x4.add(around, f32x4.sub(energy, f32x4.div(f32x4.mul(share, share), gain)));
    const out = scoreAt + (<usize>(i * 3) << 4);
    v128.store(out, q0);
    v128.store(out, f32x4.sub(q0, best), 16);
    v128.store(out, q1, 32);
  }
}

/** Two lanes of (qc + floor) / (q1 + floor); 1 in a lane that is masked out. */
// @ts-ignore: decorator
@inline
function ratioOf(other: v128, missing: v128, floor: v128, mask: v128): v128 {
  const ratio = f64x2.div(
    f64x2.add(f64x2.promote_low_f32x4(other), floor),
    f64x2.add(f64x2.promote_low_f32x4(missing), floor),
  );
  return v128.bitselect(ratio, f64x2.splat(1), mask);
}

/** The energy of two lanes that q1 may have at no price. */
// @ts-ignore: decorator
@inline
function usualOf(floor: v128): v128 {
  return f64x2.mul(floor, f64x2.splat(MISFIT_LEEWAY / FLOOR_SHARE));
}

/** Two lanes of how badly q1 fits the background, 0 in a lane that is masked out: r - 1 - log r for a ratio r over 1, by (r - 1)^2 / (r + 1), MISFIT_MOST at most. */
// @ts-ignore: decorator
@inline
function misfitOf(missing: v128, usual: v128, mask: v128): v128 {
  const over = f64x2.max(
    f64x2.splat(0),
    f64x2.sub(f64x2.div(f64x2.promote_low_f32x4(missing), usual), f64x2.splat(1)),
  );
  const misfit = f64x2.div(f64x2.mul(over, over), f64x2.add(over, f64x2.splat(2)));
  return v128.and(f64x2.min(misfit, f64x2.splat(MISFIT_MOST)), mask);
}

// @ts-ignore: decorator
@inline
function floorOf(power: v128, order: i32): v128 {
  const share = f64x2.div(f64x2.mul(f64x2.splat(FLOOR_SHARE), power), f64x2.splat(<f64>(6 * SEGMENT)));
  return f64x2.add(f64x2.mul(share, f64x2.splat(<f64>(order + 2 * GUARD))), f64x2.splat(1e-3));
}

/**
 * The splice test of a bank's groups `first` .. `first + groups - 1`: for each place the product over the telling lanes of (qc + floor) /
 * (q1 + floor), lane after lane, at slipRatios(); and the sum of the misfits of q1, at slipMisfits(). The background is taken around index `live`. `order`: the taps of the longest predictor among them.
 */
export function slipSpliceBank(first: i32, groups: i32, peak: i32, live: i32, order: i32): void {
  for (let i = 0; i < PLACES; i++) {
    store<f64>(ratiosAt + (<usize>i << 3), 1);
    store<f64>(misfitsAt + (<usize>i << 3), 0);
  }
  const zero = f32x4.splat(0);
  for (let g = first; g < first + groups; g++) {
    const mask = v128.load(tellingAt + (<usize>g << 4));
    if (!v128.any_true(mask)) continue;
    slipSplice(g, peak, order);
    const low = i64x2.extend_low_i32x4_s(mask);
    const high = i64x2.extend_high_i32x4_s(mask);
    const middle = energyAt + ((<usize>g * <usize>(slipCapacity / SEGMENT) + <usize>(live / SEGMENT)) << 4);
    let lowPower = f64x2.splat(0);
    let highPower = lowPower;
    for (let s: isize = -4; s <= 4; s++) {
      if (s >= -1 && s <= 1) continue;
      const energy = v128.load(middle + (s << 4));
      lowPower = f64x2.add(lowPower, f64x2.promote_low_f32x4(energy));
      highPower = f64x2.add(highPower, f64x2.promote_low_f32x4(v128.shuffle<i32>(energy, energy, 2, 3, 0, 1)));
    }
    const lowFloor = floorOf(lowPower, order);
    const highFloor = floorOf(highPower, order);
    const lowUsual = usualOf(lowFloor);
    const highUsual = usualOf(highFloor);
    for (let i = 0; i < PLACES; i++) {
      const at = scoreAt + (<usize>(i * 3) << 4);
      const other = f32x4.max(zero, v128.load(at, 16));
      const missing = f32x4.max(zero, v128.load(at, 32));
      const a = ratioOf(other, missing, lowFloor, low);
      const highMissing = v128.shuffle<i32>(missing, missing, 2, 3, 0, 1);
      const b = ratioOf(v128.shuffle<i32>(other, other, 2, 3, 0, 1), highMissing, highFloor, high);
      const to = ratiosAt + (<usize>i << 3);
      const two = load<f64>(to) * f64x2.extract_lane(a, 0) * f64x2.extract_lane(a, 1);
      store<f64>(to, two * f64x2.extract_lane(b, 0) * f64x2.extract_lane(b, 1));
      // Most places fit, and need no more divisions.
      const lowOver = f64x2.gt(f64x2.promote_low_f32x4(missing), lowUsual);
      const highOver = f64x2.gt(f64x2.promote_low_f32x4(highMissing), highUsual);
      if (!v128.any_true(v128.or(lowOver, highOver))) continue;
      const c = misfitOf(missing, lowUsual, low);
      const d = misfitOf(highMissing, highUsual, high);
      const sum = misfitsAt + (<usize>i << 3);
      const first = load<f64>(sum) + f64x2.extract_lane(c, 0) + f64x2.extract_lane(c, 1);
      store<f64>(sum, first + f64x2.extract_lane(d, 0) + f64x2.extract_lane(d, 1));
    }
  }
}

// ---- The judge's sums -------------------------------------------------------------------------------------------------

export function slipJudgeSignals(): usize {
  return judgeSignals();
}
export function slipJudgeRough(): usize {
  return judgeRough();
}
export function slipJudgeFilters(): usize {
  return judgeFilters();
}
export function slipJudgeErrors(): usize {
  return judgeErrors();
}
export function slipJudgeBackwards(): usize {
  return judgeBackwards();
}
export function slipJudgeExcess(): usize {
  return judgeExcess();
}
export function slipJudgeTold(): usize {
  return judgeTold();
}
export function slipJudgeCross(): usize {
  return judgeCross();
}

/** Loads a channel of the judge with one lane of a group, from index `from` on. */
export function slipJudgeLoad(channel: i32, group: i32, lane: i32, from: i32): void {
  const shift = <usize>lane << 2;
  judgeLoad(channel, frameAt(group, from) + shift, tapsAt + ((<usize>group * (TAPS + 1)) << 4) + shift);
}

export function slipJudgePrepare(channels: i32, order: i32): void {
  judgePrepare(channels, order);
}

export function slipJudgeFit(channel: i32, order: i32): void {
  judgeFit(channel, order);
}
