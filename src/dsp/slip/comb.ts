/**
 * Stage 3: slips of one free-running clock come at even intervals. A comb is looked for among the last events of a bank, and
 * its odds against chance are counted, all periods tried included.
 */
export interface CombHit {
  /** Absolute frame. */
  readonly frame: number;
  /** Frames moved: positive where frames were left out (the bank is faster), negative where they were repeated. */
  readonly moved: number;
  /** Of a block left out: log likelihood of each number of frames; null of anything else. */
  readonly sizes: Float64Array | null;
  /** Waveform around the place, or null for exact evidence. */
  readonly shape: Float32Array | null;
  /** Evidence of the event itself, nats. */
  readonly nats: number;
  /** How much louder the bank gets at the place, dB; null for exact evidence. */
  readonly riseDb: number | null;
}

export interface Comb {
  /** Frames between slips. */
  readonly periodFrames: number;
  /** 95 % half width of the period. */
  readonly periodUncertainty: number;
  /** Events on the comb. */
  readonly hits: number;
  /** Places of the comb between its first and its last hit. */
  readonly slots: number;
  /** Odds against chance, nats. */
  readonly nats: number;
  readonly firstFrame: number;
  readonly lastFrame: number;
  /** Frames moved per slip, by majority. */
  readonly moved: number;
  /**
   * Whether the period can be told from its half: of slips at T, some seen and some not, h may all fall on every second place
   * with the odds 2^(1-h).
   */
  readonly settled: boolean;
}

/** Jitter allowed on either side of a comb's place, frames: +-1 of the slip, the rest of its finding: in deep tones a gap has no sharp place. */
const TIGHT = 6;
/** A crystal wanders: with few events over long periods the comb may give this share of its period, on either side. */
const LOOSE_SHARE = 1 / 400;
/** Shortest period looked for, frames: 200 ppm. */
const SHORTEST = 5000;
/** At least this share of the comb's places must be hit. */
const LEAST_OCCUPANCY = 0.06;
/** How alike two waveforms may be before they count as the same music. */
const SAME_SHAPE = 0.85;
/** Evidence beyond which an event needs no comparison of waveforms: more than clean sound has shown. */
const BEYOND_DOUBT = 30;
const MAX_HITS = 64;
/** However unlikely one block makes a size, it may be wrong: nats at most. */
const SIZE_DOUBT = -6;
/** By how much a size must be likelier than any other, nats. */
const SIZE_SURE = 7;
/**
 * Hits from which all of them on every second place of the true comb is less likely than 0.1 %: the comb is looked for each second, and where
 * few slips are seen 8 (0.8 %) told the ppm wrong by 2 in some runs of 50.
 */
const SETTLED_HITS = 11;
/** Repeats and zeros are seen whenever there is sound: slips between them would have been. */
const SETTLED_EXACT_HITS = 8;

/** Odds of chance below which hits on every second, third or fifth place make that the period: as unlikely as a settled comb is wrong. */
const UNEVEN = 0.001;

/** The best comb through the newest event, or null. `hits` in order of time, the newest last; at most the last 64 are used. */
export function findComb(all: readonly CombHit[]): Comb | null {
  const hits = all.slice(-MAX_HITS);
  const n = hits.length;
  if (n < 3) return null;
  const last = hits[n - 1]!;
  let best = null as Comb | null;
  let tried = 1;
  for (let i = n - 2; i >= 0; i--) {
    const distance = last.frame - hits[i]!.frame;
    for (let k = 1; k <= 12; k++) {
      const period = distance / k;
      if (period < SHORTEST) break;
      for (const loose of [false, true]) {
        tried++;
        const comb = fitComb(hits, period, loose);
        if (comb !== null && (best === null || comb.nats > best.nats)) best = comb;
      }
    }
  }
  if (best === null) return null;
  // The best comb stands or falls: were it music, a part of it that happens not to look so would be no better.
  if (isMusic(hits.filter((hit) => onComb(hit.frame, best)))) return null;
  const coarse = coarsest(hits, best);
  return { ...coarse, nats: coarse.nats - Math.log(tried) };
}

/** Whether a frame between the first and the last hit falls on a place of the comb. */
export function onComb(frame: number, comb: Comb): boolean {
  if (frame < comb.firstFrame || frame > comb.lastFrame) return false;
  const m = Math.round((frame - comb.lastFrame) / comb.periodFrames);
  const width = Math.max(TIGHT, comb.periodFrames * LOOSE_SHARE);
  return Math.abs(frame - comb.lastFrame - m * comb.periodFrames) <= width;
}

/** A single frame that no clean sound has looked like. A block never is: hard cuts of a drum machine look like one. */
function beyondDoubt(hit: CombHit): boolean {
  return hit.sizes === null && hit.nats >= BEYOND_DOUBT;
}

/** Half of the events beyond doubt are slips; otherwise an even train may as well be a drum machine or a drummer. */
function isMusic(members: readonly CombHit[]): boolean {
  const sure = members.filter(beyondDoubt).length;
  return 2 * sure < members.length && (sameMusic(members) || onTheBeat(members));
}

/**
 * A stray event can make a fraction of the true period look better. If nearly all hits fall on every second, third or fifth
 * place, more than chance allows, that is the period.
 */
function coarsest(hits: readonly CombHit[], comb: Comb): Comb {
  const width = Math.max(TIGHT, comb.periodFrames * LOOSE_SHARE);
  for (const q of [5, 3, 2]) {
    const counts = new Map<number, CombHit[]>();
    let members = 0;
    for (const hit of hits) {
      const m = Math.round((hit.frame - comb.lastFrame) / comb.periodFrames);
      if (hit.frame < comb.firstFrame || Math.abs(hit.frame - comb.lastFrame - m * comb.periodFrames) > width) continue;
      members++;
      const residue = ((m % q) + q) % q;
      counts.set(residue, [...(counts.get(residue) ?? []), hit]);
    }
    const most = [...counts.values()].reduce((a, b) => (b.length > a.length ? b : a), []);
    if (most.length < 4 || most.length < 0.8 * members) continue;
    // Odds that members fall into one class so unevenly: `most` of them there, any class.
    if (Math.log(q) + logTail(members, most.length, 1 / q) > Math.log(UNEVEN)) continue;
    const coarser = fitComb(most, comb.periodFrames * q, false) ?? fitComb(most, comb.periodFrames * q, true);
    if (coarser !== null) return { ...coarser, nats: comb.nats };
  }
  return comb;
}

function fitComb(hits: readonly CombHit[], start: number, loose: boolean): Comb | null {
  const last = hits[hits.length - 1]!.frame;
  const width = loose ? Math.max(TIGHT, start * LOOSE_SHARE) : TIGHT;
  let period = start;
  let anchor = last;
  let members: CombHit[] = [];
  let slots = 0;
  // The pair that gave the period is good to a frame or two over k places: grow the comb from its newest end.
  for (let pass = 0; pass < 3; pass++) {
    members = [];
    let places = 0;
    let sumM = 0;
    let sumT = 0;
    let sumMM = 0;
    let sumMT = 0;
    let lastPlace = Number.NaN;
    for (let i = hits.length - 1; i >= 0; i--) {
      const t = hits[i]!.frame - last;
      const m = Math.round((t - (anchor - last)) / period);
      const miss = t - (anchor - last) - m * period;
      // Before the first fit the period is only known to about width/|m| of the pair.
      if (Math.abs(miss) > width || m === lastPlace) continue;
      lastPlace = m;
      members.push(hits[i]!);
      places++;
      sumM += m;
      sumT += t;
      sumMM += m * m;
      sumMT += m * t;
      // Follow the comb as it grows, so that far places are met with a period good enough for them.
      if (pass === 0 && places >= 3) {
        const d = places * sumMM - sumM * sumM;
        if (d > 0) {
          period = (places * sumMT - sumM * sumT) / d;
          anchor = last + (sumT - period * sumM) / places;
        }
      }
    }
    if (places < 3) return null;
    const d = places * sumMM - sumM * sumM;
    if (!(d > 0)) return null;
    period = (places * sumMT - sumM * sumT) / d;
    anchor = last + (sumT - period * sumM) / places;
    if (!(period >= SHORTEST)) return null;
    slots = Math.round((members[0]!.frame - members.at(-1)!.frame) / period) + 1;
  }
  const h = members.length;
  if (h < 3 || h / slots < LEAST_OCCUPANCY) return null;
  const first = members[h - 1]!.frame;
  const newest = members[0]!.frame;
  const inSpan = hits.filter((hit) => hit.frame >= first && hit.frame <= newest).length;
  const chance = Math.min(1, (2 * width + 1) / period);
  // The two that made the period are free.
  const nats = -logTail(inSpan - 2, h - 2, chance);
  const size = commonSize(members);
  const exact = members.every((hit) => hit.shape === null);
  const moved = size.frames === 0 ? median(members.map((hit) => hit.moved)) : size.frames;
  const agreeing = members.filter((hit) => Math.sign(hit.moved) === Math.sign(moved)).length;
  if (agreeing < 0.8 * h) return null;
  let squares = 0;
  let spread = 0;
  const centre = members.reduce((sum, hit) => sum + Math.round((hit.frame - anchor) / period), 0) / h;
  for (const hit of members) {
    const m = Math.round((hit.frame - anchor) / period);
    squares += (hit.frame - anchor - m * period) ** 2;
    spread += (m - centre) ** 2;
  }
  const sigma = Math.sqrt(Math.max(0.5, squares / Math.max(1, h - 2)));
  return {
    periodFrames: period,
    periodUncertainty: (2 * sigma) / Math.sqrt(spread),
    hits: h,
    slots,
    nats,
    firstFrame: first,
    lastFrame: newest,
    moved,
    settled: h >= (exact ? SETTLED_EXACT_HITS : SETTLED_HITS) && size.sure,
  };
}

/**
 * How many frames the blocks on a comb have in common: one receiver gives up the same number each time. `frames` 0: most of them
 * are no blocks.
 */
function commonSize(members: readonly CombHit[]): { frames: number; sure: boolean } {
  const blocks = members.filter((hit) => hit.sizes !== null);
  if (blocks.length * 2 <= members.length) return { frames: 0, sure: true };
  const sum = new Float64Array(blocks[0]!.sizes!.length);
  for (const { sizes } of blocks) {
    const top = Math.max(...sizes!);
    for (let d = 0; d < sum.length; d++) sum[d]! += Math.max(SIZE_DOUBT, sizes![d]! - top);
  }
  const { frames, margin } = likeliestSize(sum);
  return { frames, sure: margin >= SIZE_SURE };
}

/** The likeliest number of missing frames of a block, and by how many nats it leads. */
function likeliestSize(sizes: Float64Array): { frames: number; margin: number } {
  let best = 2;
  for (let d = 3; d < sizes.length; d++) if (sizes[d]! > sizes[best]!) best = d;
  let second = Number.NEGATIVE_INFINITY;
  for (let d = 2; d < sizes.length; d++) if (d !== best && sizes[d]! > second) second = sizes[d]!;
  return { frames: best, margin: sizes[best]! - second };
}

/** log P(X >= k) for n trials of odds p. */
function logTail(n: number, k: number, p: number): number {
  if (k <= 0) return 0;
  let sum = 0;
  let choose = 0;
  let term = Number.NEGATIVE_INFINITY;
  for (let i = 1; i <= k; i++) choose += Math.log((n - k + i) / i);
  term = choose + k * Math.log(p) + (n - k) * Math.log1p(-p);
  let ratio = 1;
  sum = 1;
  for (let i = k; i < n; i++) {
    ratio *= ((n - i) / (i + 1)) * (p / (1 - p));
    sum += ratio;
    if (ratio < 1e-12 * sum) break;
  }
  return Math.min(0, term + Math.log(sum));
}

/** A drum machine repeats its samples on the beat; a slip falls anywhere in the music. */
function sameMusic(members: readonly CombHit[]): boolean {
  let compared = 0;
  let same = 0;
  for (let i = 0; i < members.length; i++) {
    const a = members[i]!;
    if (a.shape === null || beyondDoubt(a)) continue;
    compared++;
    for (let j = Math.max(0, i - 8); j < Math.min(members.length, i + 9); j++) {
      const b = members[j]!;
      if (i === j || b.shape === null) continue;
      if (likeness(a.shape, b.shape) > SAME_SHAPE) {
        same++;
        break;
      }
    }
  }
  return compared >= 3 && same > 0.3 * compared;
}

/** Half of the events where the music gets louder: they follow the drummer, not a clock. Slips fall in decays as well, -1 dB in the median. */
const BEAT_RISE_DB = 2;

function onTheBeat(members: readonly CombHit[]): boolean {
  const rises = members.flatMap((hit) => (hit.riseDb === null ? [] : [hit.riseDb]));
  return rises.length >= 3 && median(rises) > BEAT_RISE_DB;
}

/** Largest normalised correlation over shifts of -2..2 frames; -1 where they are of different channels. */
export function likeness(a: Float32Array, b: Float32Array): number {
  const length = a.length - 1;
  if (a[length] !== b[length]) return -1;
  let best = -1;
  for (let shift = -2; shift <= 2; shift++) {
    let cross = 0;
    let aa = 0;
    let bb = 0;
    for (let i = Math.max(0, -shift); i < Math.min(length, length - shift); i++) {
      cross += a[i]! * b[i + shift]!;
      aa += a[i]! ** 2;
      bb += b[i + shift]! ** 2;
    }
    if (aa > 0 && bb > 0) best = Math.max(best, cross / Math.sqrt(aa * bb));
  }
  return best;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((x, y) => x - y);
  return sorted[sorted.length >> 1]!;
}
