/**
 * Programme loudness of a pair or group of channels: ITU-R BS.1770-5 and EBU R 128 (Tech 3341, Tech 3342).
 * Levels are LUFS (or LU) x 100, NO_SIGNAL where there is none.
 */
import { meanOfSum } from './ballistics.ts';
import { loudnessX100OfMeanSquare, NO_SIGNAL } from './decibels.ts';
import type { LoudnessKernel } from './loudnessKernel.ts';

/** Fraction bits of a weighted mean square. */
const ENERGY_BITS = 2;
/** The grid: 10 ms. Momentary is 40 of them, short-term 300, gating steps by 10. */
const MOMENTARY = 40;
const SHORT_TERM = 300;
const GATING_STEP = 10;
/** Doubles below it hold every whole number: about what 3 s at -10 LUFS sum up to. */
const EXACT = 2 ** 53;
/** Histogram of gated loudness: bins of 0.01 LU from -70 LUFS (BS.1770's absolute gate) to +30. */
export const GATE_X100 = -7000;
const BINS = 10_000;

export interface LoudnessOptions {
  readonly rateHz: number;
  /** Weight of each channel x 1024: 1024 for L, R, C and mono; 1444 (1.41) for surrounds; 0 for LFE. Default: all 1024. */
  readonly weightsQ10?: readonly number[];
}

export interface LoudnessReadings {
  /** Over the last 400 ms, every 10 ms. */
  readonly momentaryX100: number;
  readonly momentaryMaxX100: number;
  /** Over the last 3 s. */
  readonly shortTermX100: number;
  readonly shortTermMaxX100: number;
  /** Gated, since the start or the last reset. */
  readonly integratedX100: number;
  /** Loudness range, LU x 100 (Tech 3342); 0 until there is material. */
  readonly rangeX100: number;
}

export interface LoudnessMeter extends LoudnessGroup {
  readonly kernel: LoudnessKernel;
  /** Takes `frames` frames standing in `kernel.input`. */
  update(frames: number): void;
  reset(): void;
}

/** What is read of one group of columns. */
export interface LoudnessGroup {
  /** Momentary and short-term alone: cheap, for 30 times a second. */
  readonly momentaryX100: number;
  readonly shortTermX100: number;
  /** All readings; walks the histograms, so ask a few times a second at most. */
  readings(): LoudnessReadings;
  /** Begins integrated loudness, range and maxima anew; what is heard now goes on. */
  clear(): void;
  /** Puts back what the last clear took away, with what came since. Once. */
  undoClear(): void;
}

/** The loudness of all columns of `kernel` together. */
export function createLoudnessMeter(kernel: LoudnessKernel, options: LoudnessOptions): LoudnessMeter {
  const { update, reset, groups } = createLoudnessMeters(kernel, [[...kernel.columns.keys()]], options);
  // Onto the group itself: a spread would read its getters once and for all.
  return Object.assign(groups[0]!, { kernel, update, reset });
}

/**
 * The loudness of several groups behind one kernel. `groups`: places in `kernel.columns`; groups may share columns.
 * `weightsQ10` go by place too.
 */
export function createLoudnessMeters(
  kernel: LoudnessKernel,
  groups: readonly (readonly number[])[],
  options: LoudnessOptions,
): {
  readonly groups: readonly LoudnessGroup[];
  /** Takes `frames` frames standing in `kernel.input`, from frame `at` of it on: 0 where nothing is said. */
  update(frames: number, at?: number): void;
  reset(): void;
} {
  const gridFrames = Math.round(options.rateHz / 100);
  const columns = kernel.columns.length;
  const weights = options.weightsQ10 ?? new Array<number>(columns).fill(1024);
  const words = new Uint32Array(kernel.sumSquaresQ4.buffer, kernel.sumSquaresQ4.byteOffset, columns * 2);
  // Sums of a 10 ms cell that a block's end cut in two, as whole numbers: low 32 bits and the rest.
  const partLow = new Float64Array(columns);
  const partHigh = new Float64Array(columns);
  /** Weighted mean square of each column in the cell that ended. */
  const energies = new Float64Array(columns);
  const meters = groups.map((members) => createGroup(members));
  let filled = 0;

  function endCell(): void {
    for (let c = 0; c < columns; c++) {
      const carry = Math.floor(partLow[c]! / 0x1_0000_0000);
      const low = partLow[c]! - carry * 0x1_0000_0000;
      // Squares of x24 * 4 have 4 fraction bits; the mean keeps 2.
      energies[c] = Math.floor((meanOfSum(partHigh[c]! + carry, low, gridFrames, 1) * weights[c]!) / 4096);
      partLow[c] = 0;
      partHigh[c] = 0;
    }
    for (const { endCell } of meters) endCell(energies);
  }

  return {
    groups: meters.map(({ group }) => group),
    update(frames, at = 0) {
      let from = at;
      const end = at + frames;
      while (from < end) {
        const to = Math.min(end, from + gridFrames - filled);
        kernel.process(from, to);
        for (let c = 0; c < columns; c++) {
          partLow[c] = partLow[c]! + words[2 * c]!;
          partHigh[c] = partHigh[c]! + words[2 * c + 1]!;
        }
        filled += to - from;
        from = to;
        if (filled === gridFrames) {
          filled = 0;
          endCell();
        }
      }
    },
    reset() {
      kernel.reset();
      partLow.fill(0);
      partHigh.fill(0);
      filled = 0;
      for (const { reset } of meters) reset();
    },
  };
}

function createGroup(members: readonly number[]): {
  readonly group: LoudnessGroup;
  /** Takes the weighted mean squares of all columns in a cell of 10 ms. */
  endCell(energies: Float64Array): void;
  reset(): void;
} {
  /** Weighted mean squares of the last 3 s, one each 10 ms. */
  const ring = new Float64Array(SHORT_TERM);
  const gated = new Float64Array(BINS);
  const ranged = new Float64Array(BINS);
  let cells = 0;
  /** Of the cells in the ring. */
  let momentarySum = 0;
  let shortTermSum = 0;
  /** The largest of them. More energy is more loudness, and a logarithm for every cell would cost more than all the rest here: levels are made when read. */
  let momentaryMost = 0;
  let shortTermMost = 0;
  const clearedGated = new Float64Array(BINS);
  const clearedRanged = new Float64Array(BINS);
  let clearedMomentaryMost = 0;
  let clearedShortTermMost = 0;

  function reset(): void {
    ring.fill(0);
    gated.fill(0);
    ranged.fill(0);
    cells = momentarySum = shortTermSum = momentaryMost = shortTermMost = 0;
    forget();
  }

  /** There is nothing to undo any more. */
  function forget(): void {
    clearedGated.fill(0);
    clearedRanged.fill(0);
    clearedMomentaryMost = clearedShortTermMost = 0;
  }

  /** Sum of the last `count` cells, from the newest back. */
  function walk(count: number): number {
    let sum = 0;
    for (let i = 1, at = cells % SHORT_TERM; i <= count; i++) {
      at = at === 0 ? SHORT_TERM - 1 : at - 1;
      sum += ring[at]!;
    }
    return sum;
  }

  /** The sum that a new cell makes of a window's; cells are whole numbers, so below 2^53 it is exact, else it is walked. */
  function slide(sum: number, oldest: number, newest: number, count: number): number {
    const slid = sum - oldest + newest;
    return sum < EXACT && slid < EXACT ? slid : walk(count);
  }

  const meanX100 = (sum: number, count: number) => loudnessX100OfMeanSquare(Math.floor(sum / count), ENERGY_BITS);
  const momentaryX100 = () => meanX100(momentarySum, MOMENTARY);
  const shortTermX100 = () => meanX100(shortTermSum, SHORT_TERM);

  function count(histogram: Float64Array, levelX100: number): void {
    if (levelX100 <= GATE_X100) return;
    const bin = Math.min(levelX100 - GATE_X100, BINS - 1);
    histogram[bin] = histogram[bin]! + 1;
  }

  function endCell(energies: Float64Array): void {
    let energy = 0;
    for (const c of members) energy += energies[c]!;
    const at = cells % SHORT_TERM;
    const leavesMomentary = ring[(at + SHORT_TERM - MOMENTARY) % SHORT_TERM]!;
    const leavesShortTerm = ring[at]!;
    ring[at] = energy;
    cells++;
    momentarySum = slide(momentarySum, leavesMomentary, energy, MOMENTARY);
    shortTermSum = slide(shortTermSum, leavesShortTerm, energy, SHORT_TERM);
    // Windows are full before they count: a maximum or a gate must not see the start of the ring.
    if (cells >= MOMENTARY) momentaryMost = Math.max(momentaryMost, momentarySum);
    if (cells >= SHORT_TERM) shortTermMost = Math.max(shortTermMost, shortTermSum);
    if (cells % GATING_STEP === 0) {
      if (cells >= MOMENTARY) count(gated, momentaryX100());
      if (cells >= SHORT_TERM) count(ranged, shortTermX100());
    }
  }

  const group: LoudnessGroup = {
    get momentaryX100() {
      return momentaryX100();
    },
    get shortTermX100() {
      return shortTermX100();
    },
    clear() {
      clearedGated.set(gated);
      clearedRanged.set(ranged);
      clearedMomentaryMost = momentaryMost;
      clearedShortTermMost = shortTermMost;
      gated.fill(0);
      ranged.fill(0);
      momentaryMost = shortTermMost = 0;
    },
    undoClear() {
      for (let bin = 0; bin < BINS; bin++) {
        gated[bin] = gated[bin]! + clearedGated[bin]!;
        ranged[bin] = ranged[bin]! + clearedRanged[bin]!;
      }
      momentaryMost = Math.max(momentaryMost, clearedMomentaryMost);
      shortTermMost = Math.max(shortTermMost, clearedShortTermMost);
      forget();
    },
    readings() {
      return {
        momentaryX100: momentaryX100(),
        momentaryMaxX100: meanX100(momentaryMost, MOMENTARY),
        shortTermX100: shortTermX100(),
        shortTermMaxX100: meanX100(shortTermMost, SHORT_TERM),
        integratedX100: integrated(gated),
        rangeX100: range(ranged),
      };
    },
  };
  return { group, endCell, reset };
}

const levelOf = (bin: number) => (bin + GATE_X100) / 100;

/** Mean loudness, LUFS, of the bins from `first` on; null when they are empty. */
function meanFrom(histogram: Float64Array, first: number): number | null {
  let blocks = 0;
  let power = 0;
  for (let bin = Math.max(0, first); bin < BINS; bin++) {
    const n = histogram[bin]!;
    if (n > 0) {
      blocks += n;
      power += n * 10 ** (levelOf(bin) / 10);
    }
  }
  return blocks === 0 ? null : 10 * Math.log10(power / blocks);
}

const binAbove = (level: number) => Math.floor(level * 100 - GATE_X100) + 1;

/** BS.1770-5: blocks above the absolute gate, then those above 10 LU under their mean. */
function integrated(histogram: Float64Array): number {
  const ungated = meanFrom(histogram, 0);
  if (ungated === null) return NO_SIGNAL;
  const result = meanFrom(histogram, binAbove(ungated - 10));
  return result === null ? NO_SIGNAL : Math.round(result * 100);
}

/** Tech 3342: between the 10th and 95th percentile of the short-term levels above 20 LU under their mean. */
function range(histogram: Float64Array): number {
  const ungated = meanFrom(histogram, 0);
  if (ungated === null) return 0;
  const first = Math.max(0, binAbove(ungated - 20));
  let total = 0;
  for (let bin = first; bin < BINS; bin++) total += histogram[bin]!;
  const at = (fraction: number) => {
    let left = Math.round((total - 1) * fraction);
    for (let bin = first; bin < BINS; bin++) {
      left -= histogram[bin]!;
      if (left < 0) return bin;
    }
    return BINS - 1;
  };
  return at(0.95) - at(0.1);
}
