import { createTwinHum } from './humTwin.ts';
import { createTwinLoudness } from './loudnessTwin.ts';
import {
  checkMeterOptions,
  checkPacked,
  type MeterKernel,
  type MeterKernelOptions,
  type PpmConstants,
} from './meterKernel.ts';
import { TRUE_PEAK_PHASE_0, TRUE_PEAK_PHASE_1 } from './truePeakFilter.ts';

const HISTORY = 11;

/**
 * The meter in plain TypeScript: what the WASM kernels are held against, written for reading, not for speed.
 *
 * @throws RangeError when an option is outside its range.
 */
export function createTwinMeter(options: MeterKernelOptions): MeterKernel {
  checkMeterOptions(options);
  const {
    channels,
    maxFrames,
    fullScale24,
    clipRun,
    truePeak,
    truePeakHeld = false,
    ppm,
    boxFrames = 0,
    hum,
    packedBytes = 0,
    loudness,
  } = options;
  const input = new Int32Array(maxFrames * channels);
  const bytes = new Uint8Array(packedBytes);
  const peak24 = new Int32Array(channels);
  const sumSquares = new BigUint64Array(channels);
  const sum = new BigInt64Array(channels);
  const sumAbs = new BigUint64Array(channels);
  const ppmQ7 = new Uint32Array(channels);
  const boxStride = (channels + 3) & ~3;
  const boxes = new Int32Array(boxFrames > 0 ? (Math.floor(maxFrames / boxFrames) + 1) * boxStride : 0);
  const orBits = new Int32Array(channels);
  const andBits = new Int32Array(channels);
  const equalCount = new Int32Array(channels);
  const overSamples = new Int32Array(channels);
  const clipEvents = new Int32Array(channels);
  const clipFrame = new Int32Array(channels);
  const truePeakQ13 = new Float64Array(channels);
  const heldQ13 = new Float64Array(channels);
  const equalMaskLo = new Uint32Array(maxFrames);
  const equalMaskHi = new Uint32Array(maxFrames);
  const zeroMaskLo = new Uint32Array(maxFrames);
  const zeroMaskHi = new Uint32Array(maxFrames);

  let hasPrevious = false;
  const previous = new Int32Array(channels);
  const run = new Int32Array(channels);
  const integrator1 = new Float64Array(2 * channels);
  const integrator2 = new Float64Array(2 * channels);
  const boxSum = new Int32Array(channels);
  let ppmPhase = 0;
  let boxPhase = 0;
  let boxCount = 0;
  // The last 11 samples of each channel, then the block's, as 24-bit values.
  const line = new Int32Array(HISTORY + maxFrames);
  const history = new Int32Array(channels * HISTORY);

  // Sums and differences of mirrored taps; see the note on true peak in assembly/index.ts.
  const fold = (phase: readonly number[]) => ({
    even: Array.from({ length: 6 }, (_, k) => phase[k]! + phase[11 - k]!),
    odd: Array.from({ length: 6 }, (_, k) => phase[k]! - phase[11 - k]!),
  });
  const folds = [fold(TRUE_PEAK_PHASE_0), fold(TRUE_PEAK_PHASE_1)];

  function truePeakOf(c: number, frames: number): number {
    for (let n = 0; n < HISTORY; n++) line[n] = history[c * HISTORY + n]!;
    for (let n = 0; n < frames; n++) line[HISTORY + n] = input[n * channels + c]! >> 8;
    let peakQ6 = 0;
    for (let n = 0; n < frames; n++) {
      for (const { even, odd } of folds) {
        let a = 0;
        let b = 0;
        for (let k = 0; k < 6; k++) {
          const newer = line[n + HISTORY - k]!;
          const older = line[n + k]!;
          a += even[k]! * (newer + older);
          b += odd[k]! * (newer - older);
        }
        peakQ6 = Math.max(peakQ6, Math.abs(Math.floor(a / 256)) + Math.abs(Math.floor(b / 256)));
      }
    }
    for (let n = 0; n < HISTORY; n++) history[c * HISTORY + n] = line[frames + n]!;
    return peakQ6 * 128;
  }

  /** Upper half of the 64-bit product of two unsigned 32-bit numbers. */
  function upperProduct(a: number, b: number): number {
    const low = Math.floor(((a & 0xffff) * b) / 65536);
    return Math.floor(((a >>> 16) * b + low) / 65536);
  }

  /** An integrator of one channel: upper half (x24 * 128) and lower half of its 64 bits. */
  function add(state: Float64Array, c: number, a: number, b: number): void {
    const low = state[2 * c]! + (Math.imul(a, b) >>> 0);
    const carry = low >= 0x1_0000_0000 ? 1 : 0;
    state[2 * c] = low - carry * 0x1_0000_0000;
    state[2 * c + 1] = state[2 * c + 1]! + upperProduct(a, b) + carry;
  }

  function subtract(state: Float64Array, c: number, a: number, b: number): void {
    const low = state[2 * c]! - (Math.imul(a, b) >>> 0);
    const borrow = low < 0 ? 1 : 0;
    state[2 * c] = low + borrow * 0x1_0000_0000;
    state[2 * c + 1] = state[2 * c + 1]! - upperProduct(a, b) - borrow;
  }

  function programmePeakOf(c: number, frames: number, meter: PpmConstants): number {
    const upper = 2 * c + 1;
    let phase = ppmPhase;
    let peak = 0;
    for (let n = 0; n < frames; n++) {
      const size = Math.abs(input[n * channels + c]! >> 8) * 128;
      add(integrator1, c, Math.max(size - integrator1[upper]!, 0), meter.attack1Q32);
      add(integrator2, c, Math.max(size - integrator2[upper]!, 0), meter.attack2Q32);
      peak = Math.max(peak, integrator1[upper]! + integrator2[upper]!);
      if (++phase === meter.fallFrames) {
        phase = 0;
        subtract(integrator1, c, integrator1[upper]!, meter.fallQ32);
        subtract(integrator2, c, integrator2[upper]!, meter.fallQ32);
      }
    }
    return peak;
  }

  function slowStreamOf(c: number, frames: number): number {
    let phase = boxPhase;
    let rows = 0;
    for (let n = 0; n < frames; n++) {
      boxSum[c] = boxSum[c]! + (input[n * channels + c]! >> 8);
      if (++phase === boxFrames) {
        phase = 0;
        boxes[rows++ * boxStride + c] = boxSum[c]!;
        boxSum[c] = 0;
      }
    }
    return rows;
  }

  function unpack(from: number, count: number): void {
    checkPacked(from, count, bytes, input);
    for (let i = 0, at = from; i < count; i++, at += 3)
      input[i] = (bytes[at]! << 8) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 24);
  }

  return {
    channels,
    maxFrames,
    input,
    packed: packedBytes > 0 ? { bytes, unpack } : null,
    peak24,
    sumSquares,
    sum,
    sumAbs,
    ppmQ7,
    boxes,
    boxStride,
    get boxCount() {
      return boxCount;
    },
    hum: hum === undefined ? null : createTwinHum(hum, boxes, boxStride),
    loudness: loudness === undefined ? null : createTwinLoudness({ channels, maxFrames, ...loudness }, input),
    orBits,
    andBits,
    equalCount,
    overSamples,
    clipEvents,
    clipFrame,
    truePeakQ13,
    equalMaskLo,
    equalMaskHi,
    zeroMaskLo,
    zeroMaskHi,

    process(frames) {
      if (!(frames >= 0 && frames <= maxFrames)) throw new RangeError(`frames ${frames} outside 0..${maxFrames}`);
      equalMaskLo.fill(0, 0, frames);
      equalMaskHi.fill(0, 0, frames);
      zeroMaskLo.fill(0, 0, frames);
      zeroMaskHi.fill(0, 0, frames);
      for (let c = 0; c < channels; c++) {
        const equalMask = c < 32 ? equalMaskLo : equalMaskHi;
        const zeroMask = c < 32 ? zeroMaskLo : zeroMaskHi;
        const bit = (1 << (c & 31)) >>> 0;
        let peak = 0;
        // A square is below 2^47: 64 of them are exact in a double.
        let squares = 0n;
        let part = 0;
        let total = 0;
        let sizes = 0;
        let or = 0;
        let and = -1;
        let equals = 0;
        let overs = 0;
        let events = 0;
        let eventFrame = -1;
        let before = previous[c]!;
        let comparable = hasPrevious;
        for (let n = 0; n < frames; n++) {
          const word = input[n * channels + c]!;
          const x = word >> 8;
          const size = Math.abs(x);
          peak = Math.max(peak, size);
          part += x * x;
          if ((n & 63) === 63) {
            squares += BigInt(part);
            part = 0;
          }
          total += x;
          sizes += size;
          or |= word;
          and &= word;
          if (comparable && word === before) {
            equals++;
            equalMask[n] = equalMask[n]! | bit;
          }
          if (word === 0) zeroMask[n] = zeroMask[n]! | bit;
          if (size >= fullScale24) {
            overs++;
            run[c] = Math.min(run[c]! + 1, clipRun + 1);
            if (run[c] === clipRun) {
              events++;
              eventFrame = n;
            }
          } else run[c] = 0;
          before = word;
          comparable = true;
        }
        previous[c] = before;
        peak24[c] = peak;
        sumSquares[c] = squares + BigInt(part);
        sum[c] = BigInt(total);
        sumAbs[c] = BigInt(sizes);
        orBits[c] = or;
        andBits[c] = and;
        equalCount[c] = equals;
        overSamples[c] = overs;
        clipEvents[c] = events;
        clipFrame[c] = eventFrame;
        const truePeakNow = truePeak ? truePeakOf(c, frames) : 0;
        heldQ13[c] = Math.max(heldQ13[c]!, truePeakNow);
        truePeakQ13[c] = truePeakHeld ? heldQ13[c]! : truePeakNow;
      }
      for (let c = 0; c < channels; c++) ppmQ7[c] = ppm ? programmePeakOf(c, frames, ppm) : 0;
      if (ppm) ppmPhase = (ppmPhase + frames) % ppm.fallFrames;
      boxCount = 0;
      if (boxFrames > 0) {
        for (let c = 0; c < channels; c++) boxCount = slowStreamOf(c, frames);
        boxPhase = (boxPhase + frames) % boxFrames;
      }
      if (frames > 0) hasPrevious = true;
    },

    reset() {
      hasPrevious = false;
      previous.fill(0);
      run.fill(0);
      history.fill(0);
      heldQ13.fill(0);
      integrator1.fill(0);
      integrator2.fill(0);
      boxSum.fill(0);
      ppmPhase = 0;
      boxPhase = 0;
      boxCount = 0;
    },
  };
}
