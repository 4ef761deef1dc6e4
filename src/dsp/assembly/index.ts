// The per-sample kernels, compiled by AssemblyScript to dist/dsp/kernels.wasm. One WASM instance is one meter: `init`
// lays the memory out once, nothing allocates after it. The contract is src/dsp/meterKernel.ts; the plain twin that
// every function here must match bit for bit is src/dsp/meterTwin.ts.
//
// SIMD lanes are channels: a vector is four neighbours of one interleaved frame, loaded unaligned. The last vector of a
// row reads into the next row (or the slack behind the block) and those lanes are thrown away, so no channel count
// needs padding. One and two channels would waste most lanes: there a vector holds two or four frames instead.
import { humLayout, humRestart } from "./hum";
import { loudnessLayout, loudnessReset } from "./loudness";
import { unpackThreeBytes } from "./unpack";

export { humEndPart, humRestart, humSlow, humSteps, humSums, humTable } from "./hum";
export * from "./loudness";

/** Frames of filter memory kept before the block: 12 taps a phase need 11 samples of the past. */
const HISTORY: i32 = 11;
/** Bytes behind every region that vectors may read or write past its end. */
const SLACK: usize = 256;
/** Frames whose 24-bit samples surely sum up within i32: 128 x 8388608 = 2^30. */
const SUM_CHUNK: i32 = 128;

let channels: i32 = 0;
let maxFrames: i32 = 0;
let fullScale: i32 = 8388607;
let clipRun: i32 = 3;
let truePeak: bool = true;
/** True peaks are the largest since the last reset. */
let truePeakHeld: bool = false;
let hasPrevious: bool = false;
/** Programme meter: attack of its two integrators and fall, x 2^32; how many frames lie between two falls. 0: no such meter. */
let ppmFrames: i32 = 0;
let ppmAttack1: u32 = 0;
let ppmAttack2: u32 = 0;
let ppmFall: u32 = 0;
/** Frames since the last fall. */
let ppmPhase: i32 = 0;
/** Frames summed into one sample of the slow stream; 0: none. */
let boxFrames: i32 = 0;
/** Frames already in the sum that is being made. */
let boxPhase: i32 = 0;
let boxCount: i32 = 0;
/** Bytes of one frame. */
let stride: usize = 0;

let historyAt: usize = 0;
let inputAt: usize = 0;
let peakAt: usize = 0;
let sumSquaresAt: usize = 0;
let sumAt: usize = 0;
let sumAbsAt: usize = 0;
let orAt: usize = 0;
let andAt: usize = 0;
let equalCountAt: usize = 0;
let overSamplesAt: usize = 0;
let clipEventsAt: usize = 0;
let clipFrameAt: usize = 0;
let truePeakAt: usize = 0;
/** The largest true peak of each channel since the last reset, Q6; behind the last channel: more than there is. */
let heldAt: usize = 0;
/** The loudest 24-bit sample of each channel in the frames that the filter still knows of the block before, or in more of them. */
let beforeAt: usize = 0;
let runAt: usize = 0;
let equalLoAt: usize = 0;
let equalHiAt: usize = 0;
let zeroLoAt: usize = 0;
let zeroHiAt: usize = 0;
/** Rows of eight lanes for the true-peak filter, see NEXT_ROW, and what each comes to, roughly. */
let rowsAt: usize = 0;
let roughAt: usize = 0;
/** Of each lane: 2^(10 - s). */
let scaleAt: usize = 0;
/** Of each lane: the largest result with all bits. */
let exactAt: usize = 0;
/** The loudest 24-bit sample of each channel in the frames looked at, and four channels that are to be filtered. */
let mostAt: usize = 0;
let risersAt: usize = 0;
/** Of four lanes: where their oldest sample stands. */
let oldestAt: usize = 0;
let ppmAt: usize = 0;
let ppm1At: usize = 0;
let ppm2At: usize = 0;
let boxSumAt: usize = 0;
let boxesAt: usize = 0;
/** Samples of three bytes, as a source brought them. */
let packedAt: usize = 0;
let top: usize = 0;

function take(bytes: usize): usize {
  const at = top;
  top = (top + bytes + SLACK + 15) & ~(<usize>15);
  return at;
}

/** Lays out the memory and forgets everything. Call once, before any view on the memory is made: it may grow. */
export function init(
  channelCount: i32,
  frames: i32,
  fullScale24: i32,
  run: i32,
  withTruePeak: bool,
  holdTruePeak: bool,
  framesPerFall: i32,
  attack1: u32,
  attack2: u32,
  fall: u32,
  framesPerBox: i32,
  humWidth: i32,
  humLines: i32,
  humPartSamples: i32,
  humDivisor: f64,
  packedBytes: i32,
  loudnessColumns: i32,
): void {
  ppmFrames = framesPerFall;
  ppmAttack1 = attack1;
  ppmAttack2 = attack2;
  ppmFall = fall;
  boxFrames = framesPerBox;
  channels = channelCount;
  maxFrames = frames;
  fullScale = fullScale24;
  clipRun = run;
  truePeak = withTruePeak;
  truePeakHeld = holdTruePeak;
  stride = <usize>channelCount << 2;
  top = (__heap_base + 15) & ~(<usize>15);
  historyAt = take(<usize>(HISTORY + frames) * stride);
  inputAt = historyAt + <usize>HISTORY * stride;
  // Every per-channel array is 64 entries wide, so that whole vectors can be stored past the last channel.
  peakAt = take(64 * 4);
  sumSquaresAt = take(64 * 8);
  sumAt = take(64 * 8);
  sumAbsAt = take(64 * 8);
  orAt = take(64 * 4);
  andAt = take(64 * 4);
  equalCountAt = take(64 * 4);
  overSamplesAt = take(64 * 4);
  clipEventsAt = take(64 * 4);
  clipFrameAt = take(64 * 4);
  truePeakAt = take(64 * 4);
  ppmAt = take(64 * 4);
  heldAt = take(72 * 4);
  beforeAt = take(64 * 4);
  runAt = take(64 * 4);
  ppm1At = take(64 * 8);
  ppm2At = take(64 * 8);
  boxSumAt = take(64 * 4);
  if (framesPerBox > 0) boxesAt = take(<usize>(frames / framesPerBox + 1) * boxStride());
  equalLoAt = take(<usize>frames * 4);
  equalHiAt = take(<usize>frames * 4);
  zeroLoAt = take(<usize>frames * 4);
  zeroHiAt = take(<usize>frames * 4);
  rowsAt = take(<usize>(HISTORY + ROW_CHUNK) * NEXT_ROW) + NEXT_ROW;
  roughAt = take(<usize>(ROW_CHUNK + 3) << 5);
  scaleAt = take(32);
  exactAt = take(32);
  oldestAt = take(16);
  mostAt = take(64 * 4);
  risersAt = take(16);
  if (packedBytes > 0) packedAt = take(<usize>packedBytes);
  if (humWidth > 0) top = humLayout(top, humWidth, humLines, humPartSamples, humDivisor, boxesAt, boxStride());
  if (loudnessColumns > 0) top = loudnessLayout(top, channelCount, loudnessColumns, inputAt);
  const have = <usize>memory.size() << 16;
  if (top > have) memory.grow(<i32>((top - have + 65535) >> 16));
  reset();
  if (humWidth > 0) humRestart();
  if (loudnessColumns > 0) loudnessReset();
}

export function reset(): void {
  memory.fill(heldAt, 0, <usize>channels << 2);
  for (let c = channels; c < 72; c++) store<i32>(heldAt + (<usize>c << 2), i32.MAX_VALUE);
  memory.fill(historyAt, 0, <usize>HISTORY * stride);
  memory.fill(beforeAt, 0, 64 * 4);
  memory.fill(runAt, 0, 64 * 4);
  memory.fill(ppm1At, 0, 64 * 8);
  memory.fill(ppm2At, 0, 64 * 8);
  memory.fill(boxSumAt, 0, 64 * 4);
  hasPrevious = false;
  ppmPhase = 0;
  boxPhase = 0;
  boxCount = 0;
}

export function inputOffset(): usize {
  return inputAt;
}
export function packedOffset(): usize {
  return packedAt;
}
/** `count` samples of three bytes, from byte `from` of the packed ones on, become the first of the input. */
export function unpack(from: i32, count: i32): void {
  unpackThreeBytes(packedAt + <usize>from, inputAt, count);
}
export function peakOffset(): usize {
  return peakAt;
}
export function sumSquaresOffset(): usize {
  return sumSquaresAt;
}
export function sumOffset(): usize {
  return sumAt;
}
export function sumAbsOffset(): usize {
  return sumAbsAt;
}
export function orOffset(): usize {
  return orAt;
}
export function andOffset(): usize {
  return andAt;
}
export function equalCountOffset(): usize {
  return equalCountAt;
}
export function overSamplesOffset(): usize {
  return overSamplesAt;
}
export function clipEventsOffset(): usize {
  return clipEventsAt;
}
export function clipFrameOffset(): usize {
  return clipFrameAt;
}
export function truePeakOffset(): usize {
  return truePeakAt;
}
/** Largest sum of the two integrators in the block, unsigned, x24 * 256 for a meter fully risen. */
export function ppmOffset(): usize {
  return ppmAt;
}
export function boxesOffset(): usize {
  return boxesAt;
}
/** Bytes from one row of sums to the next: whole vectors, so that none writes over its neighbour. */
export function boxStride(): usize {
  return (stride + 15) & ~(<usize>15);
}
export function boxesMade(): i32 {
  return boxCount;
}
export function equalLoOffset(): usize {
  return equalLoAt;
}
export function equalHiOffset(): usize {
  return equalHiAt;
}
export function zeroLoOffset(): usize {
  return zeroLoAt;
}
export function zeroHiOffset(): usize {
  return zeroHiAt;
}

export function process(frames: i32): void {
  if (frames <= 0) {
    memory.fill(peakAt, 0, ppmAt + 64 * 4 - peakAt); // every result stands between these two
    memory.fill(andAt, 0xff, 64 * 4);
    memory.fill(clipFrameAt, 0xff, 64 * 4);
    if (truePeakHeld) memory.copy(truePeakAt, heldAt, <usize>channels << 2);
    boxCount = 0;
    return;
  }
  if (channels == 1) basicSingle(frames);
  else if (channels == 2) basicPair(frames);
  else {
    for (let first = 0; first < channels; first += 4) basicFour(first, frames);
    for (let first = 0; first < channels; first += 16) masksSixteen(first, frames);
  }
  if (!hasPrevious) {
    // The first frame of a stream has nothing before it and so equals nothing.
    store<u32>(equalLoAt, 0);
    store<u32>(equalHiAt, 0);
    for (let c = 0; c < channels; c++) {
      if (load<i32>(inputAt + (<usize>c << 2)) == 0) {
        const at = equalCountAt + (<usize>c << 2);
        store<i32>(at, load<i32>(at) - 1);
      }
    }
    hasPrevious = true;
  }
  clips(frames);
  if (truePeak) truePeaks(frames);
  if (ppmFrames > 0) programmePeaks(frames);
  if (boxFrames > 0) slowStream(frames);
  memory.copy(historyAt, historyAt + <usize>frames * stride, <usize>HISTORY * stride);
}

// ---- Peak, sums, bits -------------------------------------------------------------------------------------------------

// @ts-ignore: decorator
@inline
function square(low: bool, x: v128): v128 {
  return low ? i64x2.extmul_low_i32x4_s(x, x) : i64x2.extmul_high_i32x4_s(x, x);
}

/** Peak, sum, sum of squares, OR and AND of channels first..first+3. */
function basicFour(first: i32, frames: i32): void {
  const offset = <usize>first << 2;
  let at = inputAt + offset;
  let peak = i32x4.splat(0);
  let squaresLo = i64x2.splat(0);
  let squaresHi = i64x2.splat(0);
  let totalLo = i64x2.splat(0);
  let totalHi = i64x2.splat(0);
  let sizesLo = i64x2.splat(0);
  let sizesHi = i64x2.splat(0);
  let or = i32x4.splat(0);
  let and = i32x4.splat(-1);
  const step = stride;
  let left = frames;
  while (left > 0) {
    let n = min(left, SUM_CHUNK);
    left -= n;
    let total = i32x4.splat(0);
    let sizes = i32x4.splat(0);
    for (; n > 0; n--) {
      const word = v128.load(at);
      at += step;
      const x = i32x4.shr_s(word, 8);
      or = v128.or(or, word);
      and = v128.and(and, word);
      const size = i32x4.abs(x);
      peak = i32x4.max_s(peak, size);
      sizes = i32x4.add(sizes, size);
      total = i32x4.add(total, x);
      squaresLo = i64x2.add(squaresLo, square(true, x));
      squaresHi = i64x2.add(squaresHi, square(false, x));
    }
    totalLo = i64x2.add(totalLo, i64x2.extend_low_i32x4_s(total));
    totalHi = i64x2.add(totalHi, i64x2.extend_high_i32x4_s(total));
    sizesLo = i64x2.add(sizesLo, i64x2.extend_low_i32x4_s(sizes));
    sizesHi = i64x2.add(sizesHi, i64x2.extend_high_i32x4_s(sizes));
  }
  v128.store(peakAt + offset, peak);
  v128.store(orAt + offset, or);
  v128.store(andAt + offset, and);
  v128.store(sumSquaresAt + offset * 2, squaresLo);
  v128.store(sumSquaresAt + offset * 2 + 16, squaresHi);
  v128.store(sumAt + offset * 2, totalLo);
  v128.store(sumAt + offset * 2 + 16, totalHi);
  v128.store(sumAbsAt + offset * 2, sizesLo);
  v128.store(sumAbsAt + offset * 2 + 16, sizesHi);
}

/**
 * Equality and zero masks of channels first..first+15 and their equality counts. The masks of 16 channels are 16 bits,
 * stored as such into the u32 words: the word's other half belongs to the next call.
 */
function masksSixteen(first: i32, frames: i32): void {
  const step = stride;
  let at = inputAt + (<usize>first << 2);
  let before = at - step;
  const half = <usize>(first & 16) >> 3;
  let equalAt = (first < 32 ? equalLoAt : equalHiAt) + half;
  let zeroAt = (first < 32 ? zeroLoAt : zeroHiAt) + half;
  const count = channels - first;
  const keep: i32 = count >= 16 ? 0xffff : (1 << count) - 1;
  const zero = i32x4.splat(0);
  let countLo = i16x8.splat(0);
  let countHi = i16x8.splat(0);
  if (count > 8) {
    for (let n = 0; n < frames; n++) {
      const a = v128.load(at);
      const b = v128.load(at, 16);
      const c = v128.load(at, 32);
      const d = v128.load(at, 48);
      const equalLo = i16x8.narrow_i32x4_s(i32x4.eq(a, v128.load(before)), i32x4.eq(b, v128.load(before, 16)));
      const equalHi = i16x8.narrow_i32x4_s(i32x4.eq(c, v128.load(before, 32)), i32x4.eq(d, v128.load(before, 48)));
      const zeroLo = i16x8.narrow_i32x4_s(i32x4.eq(a, zero), i32x4.eq(b, zero));
      const zeroHi = i16x8.narrow_i32x4_s(i32x4.eq(c, zero), i32x4.eq(d, zero));
      countLo = i16x8.sub(countLo, equalLo);
      countHi = i16x8.sub(countHi, equalHi);
      store<u16>(equalAt, <u16>(i8x16.bitmask(i8x16.narrow_i16x8_s(equalLo, equalHi)) & keep));
      store<u16>(zeroAt, <u16>(i8x16.bitmask(i8x16.narrow_i16x8_s(zeroLo, zeroHi)) & keep));
      at += step;
      before += step;
      equalAt += 4;
      zeroAt += 4;
    }
  } else if (count > 4) {
    for (let n = 0; n < frames; n++) {
      const a = v128.load(at);
      const b = v128.load(at, 16);
      const equal = i16x8.narrow_i32x4_s(i32x4.eq(a, v128.load(before)), i32x4.eq(b, v128.load(before, 16)));
      const zeros = i16x8.narrow_i32x4_s(i32x4.eq(a, zero), i32x4.eq(b, zero));
      countLo = i16x8.sub(countLo, equal);
      store<u16>(equalAt, <u16>(i16x8.bitmask(equal) & keep));
      store<u16>(zeroAt, <u16>(i16x8.bitmask(zeros) & keep));
      at += step;
      before += step;
      equalAt += 4;
      zeroAt += 4;
    }
  } else {
    let counts = i32x4.splat(0);
    for (let n = 0; n < frames; n++) {
      const a = v128.load(at);
      const equal = i32x4.eq(a, v128.load(before));
      counts = i32x4.sub(counts, equal);
      store<u16>(equalAt, <u16>(i32x4.bitmask(equal) & keep));
      store<u16>(zeroAt, <u16>(i32x4.bitmask(i32x4.eq(a, zero)) & keep));
      at += step;
      before += step;
      equalAt += 4;
      zeroAt += 4;
    }
    v128.store(equalCountAt + (<usize>first << 2), counts);
    return;
  }
  const out = equalCountAt + (<usize>first << 2);
  v128.store(out, i32x4.extend_low_i16x8_s(countLo));
  v128.store(out, i32x4.extend_high_i16x8_s(countLo), 16);
  if (count > 8) {
    v128.store(out, i32x4.extend_low_i16x8_s(countHi), 32);
    v128.store(out, i32x4.extend_high_i16x8_s(countHi), 48);
  }
}

/** Two channels: a vector is two frames, lanes L R L R. */
function basicPair(frames: i32): void {
  let at = inputAt;
  let equalAt = equalLoAt;
  let zeroAt = zeroLoAt;
  const zero = i32x4.splat(0);
  let peak = zero;
  let squaresLo = i64x2.splat(0);
  let squaresHi = i64x2.splat(0);
  let totalLo = i64x2.splat(0);
  let totalHi = i64x2.splat(0);
  let sizesLo = i64x2.splat(0);
  let sizesHi = i64x2.splat(0);
  let or = zero;
  let and = i32x4.splat(-1);
  let counts = zero;
  let left = frames >> 1;
  while (left > 0) {
    let n = min(left, SUM_CHUNK);
    left -= n;
    let total = zero;
    let sizes = zero;
    for (; n > 0; n--) {
      const word = v128.load(at);
      const equal = i32x4.eq(word, v128.load(at - 8));
      at += 16;
      const x = i32x4.shr_s(word, 8);
      or = v128.or(or, word);
      and = v128.and(and, word);
      const size = i32x4.abs(x);
      peak = i32x4.max_s(peak, size);
      sizes = i32x4.add(sizes, size);
      total = i32x4.add(total, x);
      squaresLo = i64x2.add(squaresLo, square(true, x));
      squaresHi = i64x2.add(squaresHi, square(false, x));
      counts = i32x4.sub(counts, equal);
      const e = <u64>i32x4.bitmask(equal);
      const z = <u64>i32x4.bitmask(i32x4.eq(word, zero));
      store<u64>(equalAt, (e | (e << 30)) & 0x300000003);
      store<u64>(zeroAt, (z | (z << 30)) & 0x300000003);
      equalAt += 8;
      zeroAt += 8;
    }
    totalLo = i64x2.add(totalLo, i64x2.extend_low_i32x4_s(total));
    totalHi = i64x2.add(totalHi, i64x2.extend_high_i32x4_s(total));
    sizesLo = i64x2.add(sizesLo, i64x2.extend_low_i32x4_s(sizes));
    sizesHi = i64x2.add(sizesHi, i64x2.extend_high_i32x4_s(sizes));
  }
  const squares = i64x2.add(squaresLo, squaresHi);
  const total = i64x2.add(totalLo, totalHi);
  store<i32>(peakAt, max(i32x4.extract_lane(peak, 0), i32x4.extract_lane(peak, 2)));
  store<i32>(peakAt, max(i32x4.extract_lane(peak, 1), i32x4.extract_lane(peak, 3)), 4);
  store<i32>(orAt, i32x4.extract_lane(or, 0) | i32x4.extract_lane(or, 2));
  store<i32>(orAt, i32x4.extract_lane(or, 1) | i32x4.extract_lane(or, 3), 4);
  store<i32>(andAt, i32x4.extract_lane(and, 0) & i32x4.extract_lane(and, 2));
  store<i32>(andAt, i32x4.extract_lane(and, 1) & i32x4.extract_lane(and, 3), 4);
  store<i32>(equalCountAt, i32x4.extract_lane(counts, 0) + i32x4.extract_lane(counts, 2));
  store<i32>(equalCountAt, i32x4.extract_lane(counts, 1) + i32x4.extract_lane(counts, 3), 4);
  v128.store(sumSquaresAt, squares);
  v128.store(sumAt, total);
  v128.store(sumAbsAt, i64x2.add(sizesLo, sizesHi));
  if (frames & 1) oneFrame(at, frames - 1);
}

/** One channel: a vector is four frames. */
function basicSingle(frames: i32): void {
  let at = inputAt;
  let equalAt = equalLoAt;
  let zeroAt = zeroLoAt;
  const zero = i32x4.splat(0);
  const one = i32x4.splat(1);
  let peak = zero;
  let squares = i64x2.splat(0);
  let totals = i64x2.splat(0);
  let allSizes = i64x2.splat(0);
  let or = zero;
  let and = i32x4.splat(-1);
  let counts = zero;
  let left = frames >> 2;
  while (left > 0) {
    let n = min(left, SUM_CHUNK);
    left -= n;
    let total = zero;
    let sizes = zero;
    for (; n > 0; n--) {
      const word = v128.load(at);
      const equal = i32x4.eq(word, v128.load(at - 4));
      at += 16;
      const x = i32x4.shr_s(word, 8);
      or = v128.or(or, word);
      and = v128.and(and, word);
      const size = i32x4.abs(x);
      peak = i32x4.max_s(peak, size);
      sizes = i32x4.add(sizes, size);
      total = i32x4.add(total, x);
      squares = i64x2.add(squares, i64x2.add(square(true, x), square(false, x)));
      counts = i32x4.sub(counts, equal);
      v128.store(equalAt, v128.and(equal, one));
      v128.store(zeroAt, v128.and(i32x4.eq(word, zero), one));
      equalAt += 16;
      zeroAt += 16;
    }
    allSizes = i64x2.add(
      allSizes,
      i64x2.add(i64x2.extend_low_i32x4_s(sizes), i64x2.extend_high_i32x4_s(sizes)),
    );
    totals = i64x2.add(totals, i64x2.add(i64x2.extend_low_i32x4_s(total), i64x2.extend_high_i32x4_s(total)));
  }
  let largest = 0;
  let anyBit = 0;
  let allBits = -1;
  let equals = 0;
  largest = max(
    max(i32x4.extract_lane(peak, 0), i32x4.extract_lane(peak, 1)),
    max(i32x4.extract_lane(peak, 2), i32x4.extract_lane(peak, 3)),
  );
  anyBit = i32x4.extract_lane(or, 0) | i32x4.extract_lane(or, 1) | i32x4.extract_lane(or, 2) | i32x4.extract_lane(or, 3);
  allBits =
    i32x4.extract_lane(and, 0) & i32x4.extract_lane(and, 1) & i32x4.extract_lane(and, 2) & i32x4.extract_lane(and, 3);
  equals =
    i32x4.extract_lane(counts, 0) +
    i32x4.extract_lane(counts, 1) +
    i32x4.extract_lane(counts, 2) +
    i32x4.extract_lane(counts, 3);
  store<i32>(peakAt, largest);
  store<i32>(orAt, anyBit);
  store<i32>(andAt, allBits);
  store<i32>(equalCountAt, equals);
  store<i64>(sumSquaresAt, i64x2.extract_lane(squares, 0) + i64x2.extract_lane(squares, 1));
  store<i64>(sumAbsAt, i64x2.extract_lane(allSizes, 0) + i64x2.extract_lane(allSizes, 1));
  store<i64>(sumAt, i64x2.extract_lane(totals, 0) + i64x2.extract_lane(totals, 1));
  for (let n = frames & ~3; n < frames; n++) {
    oneFrame(at, n);
    at += stride;
  }
}

/** Adds one frame of one or two channels to the readings: the odd frames behind whole vectors. */
function oneFrame(at: usize, frame: i32): void {
  let equalMask: u32 = 0;
  let zeroMask: u32 = 0;
  for (let c = 0; c < channels; c++) {
    const offset = <usize>c << 2;
    const word = load<i32>(at + offset);
    const x = word >> 8;
    const equal = word == load<i32>(at + offset - stride);
    if (equal) equalMask |= 1 << c;
    if (word == 0) zeroMask |= 1 << c;
    store<i32>(peakAt + offset, max(load<i32>(peakAt + offset), abs(x)));
    store<i32>(orAt + offset, load<i32>(orAt + offset) | word);
    store<i32>(andAt + offset, load<i32>(andAt + offset) & word);
    store<i32>(equalCountAt + offset, load<i32>(equalCountAt + offset) + (equal ? 1 : 0));
    store<i64>(sumSquaresAt + offset * 2, load<i64>(sumSquaresAt + offset * 2) + <i64>x * <i64>x);
    store<i64>(sumAt + offset * 2, load<i64>(sumAt + offset * 2) + <i64>x);
    store<i64>(sumAbsAt + offset * 2, load<i64>(sumAbsAt + offset * 2) + <i64>abs(x));
  }
  store<u32>(equalLoAt + (<usize>frame << 2), equalMask);
  store<u32>(zeroLoAt + (<usize>frame << 2), zeroMask);
}

// ---- Overs and clips --------------------------------------------------------------------------------------------------

/** Only a channel that reached full scale in this block is looked at sample by sample; the rest end their run. */
function clips(frames: i32): void {
  for (let c = 0; c < channels; c++) {
    const offset = <usize>c << 2;
    let overs = 0;
    let events = 0;
    let last = -1;
    let run = 0;
    if (load<i32>(peakAt + offset) >= fullScale) {
      run = load<i32>(runAt + offset);
      let at = inputAt + offset;
      for (let n = 0; n < frames; n++) {
        if (abs(load<i32>(at) >> 8) >= fullScale) {
          overs++;
          // Counting stops one past the length: a run of hours must neither overflow nor fire again.
          if (run <= clipRun) run++;
          if (run == clipRun) {
            events++;
            last = n;
          }
        } else run = 0;
        at += stride;
      }
    }
    store<i32>(runAt + offset, run);
    store<i32>(overSamplesAt + offset, overs);
    store<i32>(clipEventsAt + offset, events);
    store<i32>(clipFrameAt + offset, last);
  }
}

// ---- Programme peak ---------------------------------------------------------------------------------------------------
//
// Two integrators that rise towards |x| and fall together (IEC 60268-10): z += attack * (|x| - z) while |x| > z. They are
// held as x24 * 2^39 in 64 bits: the upper half (x24 * 128) is compared and multiplied, factors are x 2^32, and the whole
// product is added, so that a quiet signal does not stall a slow integrator. The fall is taken once a millisecond.

// @ts-ignore: decorator
@inline
function upperHalves(low: v128, high: v128): v128 {
  return v128.shuffle<i32>(low, high, 1, 3, 5, 7);
}

/** How far |x| stands above an integrator, or 0. */
// @ts-ignore: decorator
@inline
function above(size: v128, low: v128, high: v128): v128 {
  return i32x4.max_s(i32x4.sub(size, upperHalves(low, high)), i32x4.splat(0));
}

// @ts-ignore: decorator
@inline
function sizeQ7(at: usize): v128 {
  return i32x4.shl(i32x4.abs(i32x4.shr_s(v128.load(at), 8)), 7);
}

function programmePeaks(frames: i32): void {
  // Two groups side by side where there are two: each sum waits for its own last step, and the other fills the wait.
  let first = 0;
  for (; channels - first > 4; first += 8) programmePeaksOf(first, frames, true);
  if (first < channels) programmePeaksOf(first, frames, false);
  ppmPhase = (ppmPhase + frames) % ppmFrames;
}

/** Channels first..first+3, and the next four when `both`. */
// @ts-ignore: decorator
@inline
function programmePeaksOf(first: i32, frames: i32, both: bool): void {
  const attack1 = i32x4.splat(ppmAttack1);
  const attack2 = i32x4.splat(ppmAttack2);
  const fall = i32x4.splat(ppmFall);
  const offset = <usize>first << 2;
  const state1 = ppm1At + offset * 2;
  const state2 = ppm2At + offset * 2;
  let at = inputAt + offset;
  let low1 = v128.load(state1);
  let high1 = v128.load(state1, 16);
  let low2 = v128.load(state2);
  let high2 = v128.load(state2, 16);
  let peak = i32x4.splat(0);
  let nextLow1 = v128.load(state1, 32);
  let nextHigh1 = v128.load(state1, 48);
  let nextLow2 = v128.load(state2, 32);
  let nextHigh2 = v128.load(state2, 48);
  let nextPeak = i32x4.splat(0);
  let phase = ppmPhase;
  let left = frames;
  while (left > 0) {
    let n = min(left, ppmFrames - phase);
    left -= n;
    phase += n;
    for (; n > 0; n--) {
      const size = sizeQ7(at);
      const d1 = above(size, low1, high1);
      const d2 = above(size, low2, high2);
      low1 = i64x2.add(low1, i64x2.extmul_low_i32x4_u(d1, attack1));
      high1 = i64x2.add(high1, i64x2.extmul_high_i32x4_u(d1, attack1));
      low2 = i64x2.add(low2, i64x2.extmul_low_i32x4_u(d2, attack2));
      high2 = i64x2.add(high2, i64x2.extmul_high_i32x4_u(d2, attack2));
      if (both) {
        const next = sizeQ7(at + 16);
        const e1 = above(next, nextLow1, nextHigh1);
        const e2 = above(next, nextLow2, nextHigh2);
        nextLow1 = i64x2.add(nextLow1, i64x2.extmul_low_i32x4_u(e1, attack1));
        nextHigh1 = i64x2.add(nextHigh1, i64x2.extmul_high_i32x4_u(e1, attack1));
        nextLow2 = i64x2.add(nextLow2, i64x2.extmul_low_i32x4_u(e2, attack2));
        nextHigh2 = i64x2.add(nextHigh2, i64x2.extmul_high_i32x4_u(e2, attack2));
      }
      at += stride;
    }
    // Between two falls they only rise: the last is the largest.
    peak = i32x4.max_u(peak, i32x4.add(upperHalves(low1, high1), upperHalves(low2, high2)));
    if (both)
      nextPeak = i32x4.max_u(
        nextPeak,
        i32x4.add(upperHalves(nextLow1, nextHigh1), upperHalves(nextLow2, nextHigh2)),
      );
    if (phase == ppmFrames) {
      phase = 0;
      const z1 = upperHalves(low1, high1);
      const z2 = upperHalves(low2, high2);
      low1 = i64x2.sub(low1, i64x2.extmul_low_i32x4_u(z1, fall));
      high1 = i64x2.sub(high1, i64x2.extmul_high_i32x4_u(z1, fall));
      low2 = i64x2.sub(low2, i64x2.extmul_low_i32x4_u(z2, fall));
      high2 = i64x2.sub(high2, i64x2.extmul_high_i32x4_u(z2, fall));
      if (both) {
        const y1 = upperHalves(nextLow1, nextHigh1);
        const y2 = upperHalves(nextLow2, nextHigh2);
        nextLow1 = i64x2.sub(nextLow1, i64x2.extmul_low_i32x4_u(y1, fall));
        nextHigh1 = i64x2.sub(nextHigh1, i64x2.extmul_high_i32x4_u(y1, fall));
        nextLow2 = i64x2.sub(nextLow2, i64x2.extmul_low_i32x4_u(y2, fall));
        nextHigh2 = i64x2.sub(nextHigh2, i64x2.extmul_high_i32x4_u(y2, fall));
      }
    }
  }
  v128.store(state1, low1);
  v128.store(state1, high1, 16);
  v128.store(state2, low2);
  v128.store(state2, high2, 16);
  v128.store(ppmAt + offset, peak);
  if (both) {
    v128.store(state1, nextLow1, 32);
    v128.store(state1, nextHigh1, 48);
    v128.store(state2, nextLow2, 32);
    v128.store(state2, nextHigh2, 48);
    v128.store(ppmAt + offset, nextPeak, 16);
  }
}

// ---- Slow stream ------------------------------------------------------------------------------------------------------

/** Sums of boxFrames frames, one after the other: the first step down to the low rate where hum is looked for. */
function slowStream(frames: i32): void {
  let phase = 0;
  let count = 0;
  for (let first = 0; first < channels; first += 4) {
    const offset = <usize>first << 2;
    let at = inputAt + offset;
    let out = boxesAt + offset;
    let sum = v128.load(boxSumAt + offset);
    phase = boxPhase;
    count = 0;
    let left = frames;
    while (left > 0) {
      let n = min(left, boxFrames - phase);
      left -= n;
      phase += n;
      for (; n > 0; n--) {
        sum = i32x4.add(sum, i32x4.shr_s(v128.load(at), 8));
        at += stride;
      }
      if (phase == boxFrames) {
        phase = 0;
        v128.store(out, sum);
        out += boxStride();
        count++;
        sum = i32x4.splat(0);
      }
    }
    v128.store(boxSumAt + offset, sum);
  }
  boxPhase = phase;
  boxCount = count;
}

// ---- True peak --------------------------------------------------------------------------------------------------------
//
// ITU-R BS.1770-5 Annex 2: 4x oversampling, 48 taps, all exact multiples of 2^-13. Phases 3 and 2 mirror 0 and 1, so with
//   e[k] = x[n-k] + x[n-11+k],  d[k] = x[n-k] - x[n-11+k],  k = 0..5
//   A = sum (p[k] + p[11-k]) e[k],  B = sum (p[k] - p[11-k]) d[k]
// the two mirrored outputs are (A + B) / 2 and (A - B) / 2, the larger of which in size is (|A| + |B|) / 2.
// The result is the largest |floor(A / 256)| + |floor(B / 256)|: x24 * 64 (Q6), at most 2 units (1/32 of a 24-bit step) too small,
// whatever the level or the cut of the blocks.
//
// The i16 dot product makes eight products at once, of 16 bits a factor. So each channel is first looked at with the
// upper 15 bits of its loudest sample: x = y * 2^s, rounded, |y| <= 16383. Where s is 0 that is exact. Else only frames that come within
// NEARLY of the largest may be the largest: those few, one or two a channel and block in music, are filtered once more, with all bits.

/** Largest |y|: the sum of two must fit 16 bits. */
const LARGEST: i32 = 16383;
/**
 * Two rough results in units of 2^s that differ by more are in the right order. Rounding moves each y by 1/2 at most and a result by
 * sum max(|p[k]|, |p[11-k]|) * 2 / 256 = 77, its own two floors and those of the exact one move it by 2 each: 81, twice.
 */
const NEARLY: i32 = 162;

// @ts-ignore: decorator
@inline
function lower(a: v128, b: v128): v128 {
  return v128.shuffle<i16>(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
}

// @ts-ignore: decorator
@inline
function upper(a: v128, b: v128): v128 {
  return v128.shuffle<i16>(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
}

/** Rows built and filtered at a time: with 64 bytes a row, and 32 for its results, they stay in the first-level cache. */
const ROW_CHUNK: i32 = 240;
/** The same where the largest is held: short, so that most of them are surely smaller and need not be looked at. */
const HELD_CHUNK: i32 = 60;

/** The loudest 24-bit sample of a channel in the block, and in what the filter still knows of the one before. */
function loudest(channel: i32): i32 {
  const offset = <usize>channel << 2;
  let most = load<i32>(peakAt + offset);
  let at = historyAt + offset;
  for (let n = 0; n < HISTORY; n++) {
    most = max(most, abs(load<i32>(at) >> 8));
    at += stride;
  }
  return most;
}

/** s of a channel: 0..10. */
function scaleOf(channel: i32): i32 {
  return scaleOfSize(loudest(channel));
}

/** s of samples up to `most` in size. */
function scaleOfSize(most: i32): i32 {
  let s = 0;
  while ((most + ((1 << s) >> 1)) >> s > LARGEST) s++;
  return s;
}

function truePeaks(frames: i32): void {
  if (truePeakHeld && channels >= 4) {
    heldTruePeaks(frames);
    return;
  }
  let first = 0;
  while (first < channels) {
    const left = channels - first;
    // Few channels are spread over the eight lanes in time: 8 / width segments of the block run side by side.
    const width = left >= 5 ? 8 : left >= 3 ? 4 : left;
    const segments = 8 / width;
    const length = (frames + segments - 1) / segments;
    for (let lane = 0; lane < 8; lane++) {
      const channel = first + (lane & (width - 1));
      // Lanes behind the last channel hold what comes next in memory: nothing is looked for there.
      const s = channel < channels ? scaleOf(channel) : 0;
      store<i32>(scaleAt + (<usize>lane << 2), 1 << (10 - s));
    }
    scaleLo = v128.load(scaleAt);
    scaleHi = v128.load(scaleAt, 16);
    peakLo = i32x4.splat(0);
    peakHi = i32x4.splat(0);
    v128.store(exactAt, i32x4.splat(0));
    v128.store(exactAt, i32x4.splat(0), 16);
    for (let from = 0; from < length; from += ROW_CHUNK) {
      const count = min(ROW_CHUNK, length - from);
      if (width == 8) rowsOfEight(first, from, count);
      else if (width == 4) rowsOfFour(first, from, count, frames, length);
      else if (width == 2) rowsOfTwo(first, from, count, frames, length);
      else rowsOfOne(first, from, count, frames, length);
      phases(count);
      largest(first, width, from, count, frames, length);
    }
    const lo = v128.bitselect(peakLo, v128.load(exactAt), whole(scaleLo));
    const hi = v128.bitselect(peakHi, v128.load(exactAt, 16), whole(scaleHi));
    const out = truePeakAt + (<usize>first << 2);
    if (width == 8) {
      v128.store(out, lo);
      v128.store(out, hi, 16);
    } else {
      let peak = i32x4.max_s(lo, hi);
      if (width <= 2) peak = i32x4.max_s(peak, v128.shuffle<i32>(peak, peak, 2, 3, 0, 1));
      if (width == 1) peak = i32x4.max_s(peak, v128.shuffle<i32>(peak, peak, 1, 0, 3, 2));
      v128.store(out, peak);
    }
    if (truePeakHeld) holdFour(first);
    first += width;
  }
}

// @ts-ignore: decorator
@inline
function holdFour(first: i32): void {
  const offset = <usize>first << 2;
  const held = i32x4.max_s(v128.load(heldAt + offset), v128.load(truePeakAt + offset));
  v128.store(heldAt + offset, held);
  v128.store(truePeakAt + offset, held);
}

/** The most that a true peak may be with samples up to `most` in size and steps up to `step` from one to the next, Q6. */
// @ts-ignore: decorator
@inline
function bound(most: v128, step: v128): v128 {
  // The output is the middle sample times the sum of the taps, at most 8205 / 8192, plus each step times the sum of the taps beyond it: the
  // sizes of these come to 7053 / 8192, or 55.1 in Q6. Two floors add 2.
  const near = i32x4.add(
    i32x4.add(i32x4.shl(most, 6), i32x4.shr_s(most, 3)),
    i32x4.sub(i32x4.shl(step, 6), i32x4.shl(step, 3)),
  );
  return i32x4.min_s(i32x4.add(near, i32x4.splat(3)), farBound(most));
}

/** The same of whatever steps: no more than the sum of the sizes of all taps, 16571 / 8192, or 129.5 in Q6, makes of it; and two floors. */
// @ts-ignore: decorator
@inline
function farBound(most: v128): v128 {
  return i32x4.add(i32x4.add(i32x4.shl(most, 7), i32x4.shl(most, 1)), i32x4.splat(3));
}

/**
 * True peaks that are held, of so many channels that no lane need be filled with time: only the channels are filtered, four at once, whose next
 * frames might bring a larger one. In music that is one block of many.
 */
function heldTruePeaks(frames: i32): void {
  const loud = loudFours(frames);
  for (let from = 0; loud != 0 && from < frames; from += HELD_CHUNK) {
    const count = min(HELD_CHUNK, frames - from);
    let waiting = 0;
    for (let first = 0; first < channels; first += 4) {
      if ((loud & (1 << (first >> 2))) == 0) continue;
      const rise = risers(first, from, count);
      for (let lane = 0; lane < 4; lane++) {
        if ((rise & (1 << lane)) == 0) continue;
        store<i32>(risersAt + (<usize>waiting << 2), first + lane);
        if (++waiting < 4) continue;
        riseFour(from, count);
        waiting = 0;
      }
    }
    if (waiting == 0) continue;
    // Lanes that are left over do what the first does.
    for (; waiting < 4; waiting++) store<i32>(risersAt + (<usize>waiting << 2), load<i32>(risersAt));
    riseFour(from, count);
  }
  memory.copy(truePeakAt, heldAt, stride);
}

/**
 * In which fours of channels there may be a larger true peak than so far, by the block's loudest samples alone, as bits: no true peak is more
 * than about twice that (see `bound`), and in music most blocks are half as loud as the loudest.
 */
function loudFours(frames: i32): u32 {
  let loud: u32 = 0;
  for (let first = 0; first < channels; first += 4) {
    const offset = <usize>first << 2;
    const peak = v128.load(peakAt + offset);
    const before = v128.load(beforeAt + offset);
    const most = i32x4.max_s(peak, before);
    if (v128.any_true(i32x4.gt_s(farBound(most), v128.load(heldAt + offset)))) loud |= 1 << (first >> 2);
    v128.store(beforeAt + offset, frames >= HISTORY ? peak : most);
  }
  return loud;
}

/** Which of four channels might have a larger true peak in `count` frames than they had so far, as bits; notes their loudest samples. */
function risers(first: i32, from: i32, count: i32): i32 {
  const offset = <usize>first << 2;
  let at = historyAt + offset + <usize>from * stride;
  let before = i32x4.shr_s(v128.load(at), 8);
  let most = i32x4.abs(before);
  let step = i32x4.splat(0);
  for (let n = count + HISTORY - 1; n > 0; n--) {
    at += stride;
    const now = i32x4.shr_s(v128.load(at), 8);
    most = i32x4.max_s(most, i32x4.abs(now));
    step = i32x4.max_s(step, i32x4.abs(i32x4.sub(now, before)));
    before = now;
  }
  v128.store(mostAt + offset, most);
  return i32x4.bitmask(i32x4.gt_s(bound(most, step), v128.load(heldAt + offset)));
}

/** Filters the four channels at `risersAt`, and raises what is held of them. */
function riseFour(from: i32, count: i32): void {
  for (let lane: usize = 0; lane < 16; lane += 4) {
    const offset = <usize>load<i32>(risersAt + lane) << 2;
    const s = scaleOfSize(load<i32>(mostAt + offset));
    const held = load<i32>(heldAt + offset);
    store<i32>(scaleAt + lane, 1 << (10 - s));
    // A rough result that may come out larger than the largest so far: half of NEARLY is what it may be too small.
    store<i32>(exactAt + lane, s == 0 ? i32.MAX_VALUE : (held >> s) - (NEARLY >> 1) - 1);
    store<u32>(oldestAt + lane, <u32>(historyAt + offset + <usize>from * stride));
  }
  scaleLo = v128.load(scaleAt);
  rowsOfRisers(count);
  let peak = i32x4.splat(0);
  let at = rowsAt;
  let out = roughAt;
  for (let n = count; n > 0; n--) {
    const four = phasesOfFour(at, 0);
    v128.store(out, four);
    peak = i32x4.max_s(peak, four);
    at += NEXT_ROW;
    out += 32;
  }
  const done = whole(scaleLo);
  let exact = v128.and(peak, done);
  const least = i32x4.max_s(v128.load(exactAt), i32x4.sub(peak, i32x4.splat(NEARLY)));
  if (v128.any_true(i32x4.gt_s(peak, least))) {
    out = roughAt;
    for (let n = 0; n < count; n++) {
      if (v128.any_true(i32x4.gt_s(v128.load(out), least)))
        exact = i32x4.max_s(exact, exactFour(<usize>n * stride, false));
      out += 32;
    }
  }
  v128.store(exactAt, exact);
  for (let lane: usize = 0; lane < 16; lane += 4) {
    const held = heldAt + (<usize>load<i32>(risersAt + lane) << 2);
    store<i32>(held, max(load<i32>(held), load<i32>(exactAt + lane)));
  }
}

/** Rows of the four channels whose oldest samples are noted; the other four lanes of a row are left as they are. */
function rowsOfRisers(count: i32): void {
  let at0 = <usize>load<u32>(oldestAt);
  let at1 = <usize>load<u32>(oldestAt, 4);
  let at2 = <usize>load<u32>(oldestAt, 8);
  let at3 = <usize>load<u32>(oldestAt, 12);
  let row = rowsAt - NEXT_ROW;
  let before = i64x2.splat(0);
  for (let n = count + HISTORY; n > 0; n--) {
    let x = v128.load_lane<u32>(at1, v128.load32_zero(at0), 1);
    x = v128.load_lane<u32>(at3, v128.load_lane<u32>(at2, x, 2), 3);
    at0 += stride;
    at1 += stride;
    at2 += stride;
    at3 += stride;
    x = i32x4.shr_s(i32x4.add(i32x4.mul(i32x4.shr_s(x, 8), scaleLo), i32x4.splat(512)), 10);
    const now = i16x8.narrow_i32x4_s(x, x);
    v128.store(row, lower(now, before));
    v128.store(row, lower(before, now), 32);
    before = now;
    row += NEXT_ROW;
  }
}

/** Lanes that were looked at with all their bits at once: s is 0. */
// @ts-ignore: decorator
@inline
function whole(scale: v128): v128 {
  return i32x4.eq(scale, i32x4.splat(1 << 10));
}

/** Filters again, with all bits, the frames of a chunk whose rough result is not surely under another's. */
function largest(first: i32, width: i32, from: i32, count: i32, frames: i32, length: i32): void {
  for (let half = 0; half < 2; half++) {
    const lanes = <usize>half << 4;
    // Where the four lanes find their oldest sample for the first row.
    for (let lane = half << 2; lane < (half << 2) + 4; lane++) {
      const frame = from + min(length * (lane / width), frames - length);
      const at = historyAt + (<usize>(first + (lane & (width - 1))) << 2) + <usize>frame * stride;
      store<u32>(oldestAt + (<usize>(lane & 3) << 2), <u32>at);
    }
    const done = whole(half == 0 ? scaleLo : scaleHi);
    if (i32x4.all_true(done)) continue;
    const rough = i32x4.sub(half == 0 ? peakLo : peakHi, i32x4.splat(NEARLY));
    // A lane that was looked at with all its bits asks for more than there is.
    const least = v128.bitselect(i32x4.splat(i32.MAX_VALUE), rough, done);
    let exact = v128.load(exactAt + lanes);
    let row = roughAt + lanes;
    for (let n = 0; n < count; n += 4) {
      // Few rows are that near: four are looked at together. Those behind the last are less than any.
      const two = i32x4.max_s(v128.load(row), v128.load(row, 32));
      const four = i32x4.max_s(two, i32x4.max_s(v128.load(row, 64), v128.load(row, 96)));
      if (v128.any_true(i32x4.gt_s(four, least)))
        for (let i = 0; i < 4; i++)
          if (v128.any_true(i32x4.gt_s(v128.load(row + (<usize>i << 5)), least)))
            exact = i32x4.max_s(exact, exactFour(<usize>(n + i) * stride, width >= 4));
      row += 128;
    }
    v128.store(exactAt + lanes, exact);
  }
}

/** Four lanes' samples, `offset` bytes behind their oldest. */
// @ts-ignore: decorator
@inline
function samplesAt(offset: usize, neighbours: bool): v128 {
  const at = <usize>load<u32>(oldestAt) + offset;
  if (neighbours) return i32x4.shr_s(v128.load(at), 8);
  let x = v128.load32_zero(at);
  x = v128.load_lane<u32>(<usize>load<u32>(oldestAt, 4) + offset, x, 1);
  x = v128.load_lane<u32>(<usize>load<u32>(oldestAt, 8) + offset, x, 2);
  return i32x4.shr_s(v128.load_lane<u32>(<usize>load<u32>(oldestAt, 12) + offset, x, 3), 8);
}

/** |floor(sum / 256)| of four lanes, two of them in each. */
// @ts-ignore: decorator
@inline
function exactSize(low: v128, high: v128): v128 {
  return i32x4.abs(v128.shuffle<i32>(i64x2.shr_s(low, 8), i64x2.shr_s(high, 8), 0, 2, 4, 6));
}

/** The larger of the mirrored pairs of outputs at a frame, with all bits, four lanes: Q6. `offset`: of its oldest sample. */
function exactFour(offset: usize, neighbours: bool): v128 {
  let aLo = i64x2.splat(0);
  let aHi = aLo;
  let bLo = aLo;
  let bHi = aLo;
  let cLo = aLo;
  let cHi = aLo;
  let dLo = aLo;
  let dHi = aLo;
  for (let k = 0; k < 6; k++) {
    const now = samplesAt(offset + <usize>(HISTORY - k) * stride, neighbours);
    const then = samplesAt(offset + <usize>k * stride, neighbours);
    const e = i32x4.add(now, then);
    const d = i32x4.sub(now, then);
    const taps = FOLDED + (<usize>k << 4);
    let tap = v128.load32_splat(taps);
    aLo = i64x2.add(aLo, i64x2.extmul_low_i32x4_s(e, tap));
    aHi = i64x2.add(aHi, i64x2.extmul_high_i32x4_s(e, tap));
    tap = v128.load32_splat(taps, 4);
    bLo = i64x2.add(bLo, i64x2.extmul_low_i32x4_s(d, tap));
    bHi = i64x2.add(bHi, i64x2.extmul_high_i32x4_s(d, tap));
    tap = v128.load32_splat(taps, 8);
    cLo = i64x2.add(cLo, i64x2.extmul_low_i32x4_s(e, tap));
    cHi = i64x2.add(cHi, i64x2.extmul_high_i32x4_s(e, tap));
    tap = v128.load32_splat(taps, 12);
    dLo = i64x2.add(dLo, i64x2.extmul_low_i32x4_s(d, tap));
    dHi = i64x2.add(dHi, i64x2.extmul_high_i32x4_s(d, tap));
  }
  return i32x4.max_s(
    i32x4.add(exactSize(aLo, aHi), exactSize(bLo, bHi)),
    i32x4.add(exactSize(cLo, cHi), exactSize(dLo, dHi)),
  );
}

/** For each k: p[k] + p[11-k] and p[k] - p[11-k] of phase 0, and of phase 1. */
const FOLDED = memory.data<i32>([
  14 - 68, 14 + 68, -239 - 155, -239 + 155,
  90 + 122, 90 - 122, 240 + 271, 240 - 271,
  -161 - 218, -161 + 218, -424 - 477, -424 + 477,
  272 + 390, 272 - 390, 730 + 832, 730 - 832,
  -487 - 838, -487 + 838, -1364 - 1641, -1364 + 1641,
  1125 + 7964, 1125 - 7964, 3810 + 6388, 3810 - 6388,
]);

// A row is one frame of eight lanes, each sample (y) paired with the one before it, in both orders:
//   0 (now, before) lanes 0..3   16 the same, lanes 4..7   32 (before, now) lanes 0..3   48 lanes 4..7
const NEXT_ROW: usize = 64;

let scaleLo: v128 = i64x2.splat(0);
let scaleHi: v128 = i64x2.splat(0);
let peakLo: v128 = i64x2.splat(0);
let peakHi: v128 = i64x2.splat(0);

/** Eight samples as y. */
// @ts-ignore: decorator
@inline
function scaled(a: v128, b: v128): v128 {
  const half = i32x4.splat(512);
  return i16x8.narrow_i32x4_s(
    i32x4.shr_s(i32x4.add(i32x4.mul(i32x4.shr_s(a, 8), scaleLo), half), 10),
    i32x4.shr_s(i32x4.add(i32x4.mul(i32x4.shr_s(b, 8), scaleHi), half), 10),
  );
}

// @ts-ignore: decorator
@inline
function storeRow(row: usize, now: v128, before: v128): void {
  v128.store(row, lower(now, before));
  v128.store(row, upper(now, before), 16);
  v128.store(row, lower(before, now), 32);
  v128.store(row, upper(before, now), 48);
}

function rowsOfEight(first: i32, from: i32, count: i32): void {
  let at = historyAt + (<usize>first << 2) + <usize>from * stride;
  let row = rowsAt;
  let before = scaled(v128.load(at), v128.load(at, 16));
  for (let n = count + HISTORY - 1; n > 0; n--) {
    at += stride;
    const now = scaled(v128.load(at), v128.load(at, 16));
    storeRow(row, now, before);
    before = now;
    row += NEXT_ROW;
  }
}

// The last segments end with the block and may overlap the ones before: a maximum does not mind.

function rowsOfFour(first: i32, from: i32, count: i32, frames: i32, length: i32): void {
  let at0 = historyAt + (<usize>first << 2) + <usize>from * stride;
  let at1 = at0 + <usize>min(length, frames - length) * stride;
  let row = rowsAt - NEXT_ROW;
  let before = i64x2.splat(0);
  for (let n = count + HISTORY; n > 0; n--) {
    const now = scaled(v128.load(at0), v128.load(at1));
    at0 += stride;
    at1 += stride;
    storeRow(row, now, before);
    before = now;
    row += NEXT_ROW;
  }
}

function rowsOfTwo(first: i32, from: i32, count: i32, frames: i32, length: i32): void {
  const latest = frames - length;
  let at0 = historyAt + (<usize>first << 2) + <usize>from * stride;
  let at1 = at0 + <usize>min(length, latest) * stride;
  let at2 = at0 + <usize>min(length * 2, latest) * stride;
  let at3 = at0 + <usize>min(length * 3, latest) * stride;
  let row = rowsAt - NEXT_ROW;
  let before = i64x2.splat(0);
  for (let n = count + HISTORY; n > 0; n--) {
    const a = v128.load_lane<u64>(at1, v128.load64_zero(at0), 1);
    const b = v128.load_lane<u64>(at3, v128.load64_zero(at2), 1);
    at0 += stride;
    at1 += stride;
    at2 += stride;
    at3 += stride;
    const now = scaled(a, b);
    storeRow(row, now, before);
    before = now;
    row += NEXT_ROW;
  }
}

function rowsOfOne(first: i32, from: i32, count: i32, frames: i32, length: i32): void {
  const latest = frames - length;
  let at = historyAt + (<usize>first << 2) + <usize>from * stride;
  const s1 = <usize>min(length, latest) * stride;
  const s2 = <usize>min(length * 2, latest) * stride;
  const s3 = <usize>min(length * 3, latest) * stride;
  const s4 = <usize>min(length * 4, latest) * stride;
  const s5 = <usize>min(length * 5, latest) * stride;
  const s6 = <usize>min(length * 6, latest) * stride;
  const s7 = <usize>min(length * 7, latest) * stride;
  let row = rowsAt - NEXT_ROW;
  let before = i64x2.splat(0);
  for (let n = count + HISTORY; n > 0; n--) {
    let a = v128.load32_zero(at);
    a = v128.load_lane<u32>(at + s1, a, 1);
    a = v128.load_lane<u32>(at + s2, a, 2);
    a = v128.load_lane<u32>(at + s3, a, 3);
    let b = v128.load32_zero(at + s4);
    b = v128.load_lane<u32>(at + s5, b, 1);
    b = v128.load_lane<u32>(at + s6, b, 2);
    b = v128.load_lane<u32>(at + s7, b, 3);
    at += stride;
    const now = scaled(a, b);
    storeRow(row, now, before);
    before = now;
    row += NEXT_ROW;
  }
}

/**
 * Taps of neighbouring k in pairs, as often as a vector has room: p[k] + p[11-k] (a, c) and p[k] - p[11-k] (b, d) of phases 0 (a, b) and 1
 * (c, d), k = 0, 2, 4 of each. In memory: twelve constants are more than there are registers, and to make one takes five instructions.
 */
const PAIRED = memory.data<i16>([
  14 - 68, 90 + 122, 14 - 68, 90 + 122, 14 - 68, 90 + 122, 14 - 68, 90 + 122,
  -161 - 218, 272 + 390, -161 - 218, 272 + 390, -161 - 218, 272 + 390, -161 - 218, 272 + 390,
  -487 - 838, 1125 + 7964, -487 - 838, 1125 + 7964, -487 - 838, 1125 + 7964, -487 - 838, 1125 + 7964,
  14 + 68, 90 - 122, 14 + 68, 90 - 122, 14 + 68, 90 - 122, 14 + 68, 90 - 122,
  -161 + 218, 272 - 390, -161 + 218, 272 - 390, -161 + 218, 272 - 390, -161 + 218, 272 - 390,
  -487 + 838, 1125 - 7964, -487 + 838, 1125 - 7964, -487 + 838, 1125 - 7964, -487 + 838, 1125 - 7964,
  -239 - 155, 240 + 271, -239 - 155, 240 + 271, -239 - 155, 240 + 271, -239 - 155, 240 + 271,
  -424 - 477, 730 + 832, -424 - 477, 730 + 832, -424 - 477, 730 + 832, -424 - 477, 730 + 832,
  -1364 - 1641, 3810 + 6388, -1364 - 1641, 3810 + 6388, -1364 - 1641, 3810 + 6388, -1364 - 1641, 3810 + 6388,
  -239 + 155, 240 - 271, -239 + 155, 240 - 271, -239 + 155, 240 - 271, -239 + 155, 240 - 271,
  -424 + 477, 730 - 832, -424 + 477, 730 - 832, -424 + 477, 730 - 832, -424 + 477, 730 - 832,
  -1364 + 1641, 3810 - 6388, -1364 + 1641, 3810 - 6388, -1364 + 1641, 3810 - 6388, -1364 + 1641, 3810 - 6388,
]);

/** |floor(A / 256)| */
// @ts-ignore: decorator
@inline
function size(sum: v128): v128 {
  return i32x4.abs(i32x4.shr_s(sum, 8));
}

/** Adds one pair of taps of all four sums. */
// @ts-ignore: decorator
@inline
function tap(sum: v128, factor: v128, x: v128): v128 {
  return i32x4.add(sum, i32x4.dot_i16x8_s(x, factor));
}

// @ts-ignore: decorator
@inline
function phasesOfFour(at: usize, half: usize): v128 {
  const a0 = v128.load(PAIRED);
  const a1 = v128.load(PAIRED, 16);
  const a2 = v128.load(PAIRED, 32);
  const b0 = v128.load(PAIRED, 48);
  const b1 = v128.load(PAIRED, 64);
  const b2 = v128.load(PAIRED, 80);
  const c0 = v128.load(PAIRED, 96);
  const c1 = v128.load(PAIRED, 112);
  const c2 = v128.load(PAIRED, 128);
  const d0 = v128.load(PAIRED, 144);
  const d1 = v128.load(PAIRED, 160);
  const d2 = v128.load(PAIRED, 176);
  let now = v128.load(at + half, 10 * NEXT_ROW);
  let then = v128.load(at + half, 32);
  let e = i16x8.add(now, then);
  let d = i16x8.sub(now, then);
  let a = i32x4.dot_i16x8_s(e, a0);
  let b = i32x4.dot_i16x8_s(d, b0);
  let c = i32x4.dot_i16x8_s(e, c0);
  let g = i32x4.dot_i16x8_s(d, d0);
  now = v128.load(at + half, 8 * NEXT_ROW);
  then = v128.load(at + half, 2 * NEXT_ROW + 32);
  e = i16x8.add(now, then);
  d = i16x8.sub(now, then);
  a = tap(a, a1, e);
  b = tap(b, b1, d);
  c = tap(c, c1, e);
  g = tap(g, d1, d);
  now = v128.load(at + half, 6 * NEXT_ROW);
  then = v128.load(at + half, 4 * NEXT_ROW + 32);
  e = i16x8.add(now, then);
  d = i16x8.sub(now, then);
  a = tap(a, a2, e);
  b = tap(b, b2, d);
  c = tap(c, c2, e);
  g = tap(g, d2, d);
  return i32x4.max_s(i32x4.add(size(a), size(b)), i32x4.add(size(c), size(g)));
}

/** The larger |output| of the four phases for each of `count` rows, at roughAt; raises peakLo and peakHi by the largest. */
function phases(count: i32): void {
  let lo = peakLo;
  let hi = peakHi;
  let at = rowsAt;
  let out = roughAt;
  for (let n = count; n > 0; n--) {
    const four = phasesOfFour(at, 0);
    v128.store(out, four);
    lo = i32x4.max_s(lo, four);
    const more = phasesOfFour(at, 16);
    v128.store(out, more, 16);
    hi = i32x4.max_s(hi, more);
    at += NEXT_ROW;
    out += 32;
  }
  memory.fill(out, 0x80, 3 << 5);
  peakLo = lo;
  peakHi = hi;
}

export * from './slip';
