// The sums behind the search for hum. Contract: src/dsp/humKernel.ts; plain twin: src/dsp/humTwin.ts.
//
// Whole numbers below 2^53 in doubles: sums are exact in any order, so a vector may hold two samples of a part.

const DECIMATION: i32 = 4;
/** Box sums before the newest that the low-pass needs. */
const BEFORE: i32 = 9;
const TONE_BITS: i32 = 12;
const TURN: i32 = 1 << TONE_BITS;

let width: i32 = 0;
let lines: i32 = 0;
let partSamples: i32 = 0;
let divisor: f64 = 1;
/** The meter's slow stream: i32, and bytes from one row to the next. */
let boxesAt: usize = 0;
let boxBytes: usize = 0;

/** A cosine x 2^14, i32, written from outside; what each line turns a sample, and how far it has turned, u32. */
let tableAt: usize = 0;
let stepsAt: usize = 0;
let phasesAt: usize = 0;
/** f64: the box sums of each channel that the low-pass still needs, oldest first; those and the new ones of one channel. */
let historyAt: usize = 0;
let runAt: usize = 0;
/** f64: [channel][sample]; the tones of one line; [channel][line][real, imaginary]. */
let slowAt: usize = 0;
let cosinesAt: usize = 0;
let sinesAt: usize = 0;
let sumsAt: usize = 0;

/** Lays itself out from `top` on (a multiple of 16) and returns the new top. */
export function humLayout(
  top: usize,
  channelCount: i32,
  lineCount: i32,
  samples: i32,
  slowDivisor: f64,
  boxes: usize,
  boxStride: usize,
): usize {
  width = channelCount;
  lines = lineCount;
  partSamples = samples;
  divisor = slowDivisor;
  boxesAt = boxes;
  boxBytes = boxStride;
  tableAt = top;
  stepsAt = tableAt + (<usize>TURN << 2);
  phasesAt = stepsAt + (<usize>lineCount << 2);
  historyAt = (phasesAt + (<usize>lineCount << 2) + 15) & ~(<usize>15);
  runAt = historyAt + ((<usize>channelCount * BEFORE) << 3);
  slowAt = runAt + ((<usize>(BEFORE + samples * DECIMATION)) << 3);
  cosinesAt = slowAt + ((<usize>channelCount * samples) << 3);
  sinesAt = cosinesAt + (<usize>samples << 3);
  sumsAt = sinesAt + (<usize>samples << 3);
  return (sumsAt + ((<usize>channelCount * lineCount) << 4) + 15) & ~(<usize>15);
}

export function humTable(): usize {
  return tableAt;
}
export function humSteps(): usize {
  return stepsAt;
}
export function humSums(): usize {
  return sumsAt;
}

export function humRestart(): void {
  memory.fill(phasesAt, 0, <usize>lines << 2);
  memory.fill(historyAt, 0, (<usize>width * BEFORE) << 3);
  memory.fill(slowAt, 0, (<usize>width * partSamples) << 3);
  memory.fill(sumsAt, 0, (<usize>width * lines) << 4);
}

export function humSlow(first: i32, row: i32, rows: i32, phase: i32, to: i32): void {
  const news = runAt + (<usize>BEFORE << 3);
  for (let c = 0; c < width; c++) {
    const history = historyAt + ((<usize>c * BEFORE) << 3);
    memory.copy(runAt, history, <usize>BEFORE << 3);
    let box = boxesAt + <usize>row * boxBytes + (<usize>(first + c) << 2);
    for (let i = 0; i < rows; i++) {
      store<f64>(news + (<usize>i << 3), <f64>load<i32>(box));
      box += boxBytes;
    }
    let out = slowAt + ((<usize>(c * partSamples + to)) << 3);
    for (let i = DECIMATION - 1 - phase; i < rows; i += DECIMATION) {
      const at = runAt + (<usize>i << 3);
      const sum =
        load<f64>(at) +
        load<f64>(at, 72) +
        3 * (load<f64>(at, 8) + load<f64>(at, 64)) +
        6 * (load<f64>(at, 16) + load<f64>(at, 56)) +
        10 * (load<f64>(at, 24) + load<f64>(at, 48)) +
        12 * (load<f64>(at, 32) + load<f64>(at, 40));
      store<f64>(out, Math.floor(sum / divisor));
      out += 8;
    }
    memory.copy(history, runAt + (<usize>rows << 3), <usize>BEFORE << 3);
  }
}

export function humEndPart(): void {
  const bytes = <usize>partSamples << 3;
  for (let k = 0; k < lines; k++) {
    const step = load<u32>(stepsAt + (<usize>k << 2));
    const phaseAt = phasesAt + (<usize>k << 2);
    let turn = load<u32>(phaseAt);
    for (let n: usize = 0; n < bytes; n += 8) {
      const index = turn >> (32 - TONE_BITS);
      store<f64>(cosinesAt + n, <f64>load<i32>(tableAt + (<usize>index << 2)));
      const quarter = (index - TURN / 4) & (TURN - 1);
      store<f64>(sinesAt + n, <f64>load<i32>(tableAt + (<usize>quarter << 2)));
      turn += step;
    }
    store<u32>(phaseAt, turn);
    // An odd last channel goes with itself.
    for (let c = 0; c < width; c += 2) mix(c, min(c + 1, width - 1), k, bytes);
  }
}

/** Two channels with line `k`: a tone is loaded once for both, and no sum waits for the one before. */
function mix(c: i32, other: i32, k: i32, bytes: usize): void {
  const first = slowAt + <usize>c * bytes;
  const second = slowAt + <usize>other * bytes;
  let reals = f64x2.splat(0);
  let imaginaries = reals;
  let reals2 = reals;
  let imaginaries2 = reals;
  let n: usize = 0;
  for (; n + 8 < bytes; n += 16) {
    const cosine = v128.load(cosinesAt + n);
    const sine = v128.load(sinesAt + n);
    const x = v128.load(first + n);
    const y = v128.load(second + n);
    reals = f64x2.add(reals, f64x2.mul(x, cosine));
    imaginaries = f64x2.sub(imaginaries, f64x2.mul(x, sine));
    reals2 = f64x2.add(reals2, f64x2.mul(y, cosine));
    imaginaries2 = f64x2.sub(imaginaries2, f64x2.mul(y, sine));
  }
  let real = sumOf(reals);
  let imaginary = sumOf(imaginaries);
  let real2 = sumOf(reals2);
  let imaginary2 = sumOf(imaginaries2);
  if (n < bytes) {
    const cosine = load<f64>(cosinesAt + n);
    const sine = load<f64>(sinesAt + n);
    real += load<f64>(first + n) * cosine;
    imaginary -= load<f64>(first + n) * sine;
    real2 += load<f64>(second + n) * cosine;
    imaginary2 -= load<f64>(second + n) * sine;
  }
  keep(c, k, real, imaginary);
  keep(other, k, real2, imaginary2);
}

// @ts-ignore: decorator
@inline
function sumOf(pair: v128): f64 {
  return f64x2.extract_lane(pair, 0) + f64x2.extract_lane(pair, 1);
}

// @ts-ignore: decorator
@inline
function keep(c: i32, k: i32, real: f64, imaginary: f64): void {
  const to = sumsAt + ((<usize>(c * lines + k)) << 4);
  store<f64>(to, Math.floor(real / 65536));
  store<f64>(to, Math.floor(imaginary / 65536), 8);
}
