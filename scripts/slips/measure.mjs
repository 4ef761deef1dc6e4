// Faults put into banks of the report set: single drops, repeats and zero bursts, and whole trains at 2 to 100 ppm.
//   node scripts/slips/measure.mjs <out.json> [banks per class and part]
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { loadKernels } from '../../dist/dsp/kernelFile.js';
import { levinson } from '../../dist/dsp/slip/predictor.js';
import { TAPS } from '../../dist/dsp/slip/slipKernel.js';
import { createWasmSlipKernel } from '../../dist/dsp/slip/slipWasm.js';
import { JUDGE_REACH, SpliceJudge } from '../../dist/dsp/slip/spliceJudge.js';
import { isStrong, isWeak } from '../../dist/monitor/verdict/bankVerdict.js';
import { CHANNELS, dropAt, kinds, makeBank, materialOf, randomOf } from './banks.mjs';
import { detectorVersion } from './clean.mjs';
import { watch } from './watch.mjs';

const [out = '/dev/stdout', count = '4', set = 'report'] = process.argv.slice(2);
const banks = Number(count);
const result = {};
const judge = new SpliceJudge(
  createWasmSlipKernel(loadKernels(), { channels: 4, maxFrames: 64, lanes: [0, 1, 2, 3], capacity: 4096 }).judge,
);
const steady = new Set(['silence', 'noise floor', 'white noise', 'squares']);

/** Banks are dear to make: each serves all parts, cut to length. */
let made = new Map();
function bankOf(kind, i, seconds) {
  const longest = 200;
  if (!made.has(`${kind} ${i}`))
    made.set(`${kind} ${i}`, makeBank({ set, kind, seconds: longest, seed: 200 + i, turn: i % 4 }));
  const { block, rateHz, label } = made.get(`${kind} ${i}`);
  const frames = Math.floor(Math.min(seconds, longest) * rateHz);
  return { block: block.subarray(0, frames * CHANNELS), frames, rateHz, label };
}

/** What the judge says of a gap whose place it is told: the most that a better search could find. */
function toldThePlace(block, place) {
  let channels = 0;
  for (let c = 0; c < CHANNELS; c++) {
    const signal = judge.signals[channels];
    let power = 0;
    for (let n = 0; n < signal.length; n++) {
      signal[n] = block[(place - JUDGE_REACH + n) * CHANNELS + c] >> 8;
      power += signal[n] ** 2;
    }
    if (power < signal.length) continue;
    const windowed = Float64Array.from(
      { length: 1024 },
      (_, n) => signal[JUDGE_REACH - 512 + n] * (0.5 - 0.5 * Math.cos((2 * Math.PI * (n + 0.5)) / 1024)),
    );
    const lags = new Float64Array(TAPS + 1);
    for (let k = 0; k <= TAPS; k++) for (let n = k; n < 1024; n++) lags[k] += windowed[n] * windowed[n - k];
    levinson(lags, TAPS, 10, judge.rough[channels], new Float64Array(TAPS + 1));
    channels++;
  }
  const said = { ...judge.judge(channels, TAPS) };
  return { ...said, storyNats: judge.singleNats(channels, said.place) };
}

/** One frame left out every 1.5 to 2.5 s. */
function singles(kind) {
  const row = { drops: 0, strong: 0, weak: 0, toldStrong: 0, toldWeak: 0, falseStrong: 0, falseWeak: 0, hours: 0 };
  for (let i = 0; i < banks; i++) {
    const { block, frames, rateHz } = bankOf(kind, i, 100);
    const random = randomOf(i + 1);
    const places = [];
    for (let at = rateHz * 2; at < frames - rateHz; at += Math.floor(rateHz * (1.5 + random()))) places.push(at);
    const { block: faulty, seen } = dropAt(block, CHANNELS, places);
    const drops = watch(faulty, CHANNELS, rateHz)
      .evidence.filter((item) => item.kind === 'drop')
      .map((item) => item.event);
    const near = (place) => drops.filter((event) => Math.abs(event.frame - place) <= 8);
    row.drops += seen.length;
    for (const place of seen) {
      const said = toldThePlace(faulty, place);
      if (isStrong(said)) row.toldStrong++;
      if (isWeak(said)) row.toldWeak++;
    }
    row.strong += seen.filter((place) => near(place).some(isStrong)).length;
    row.weak += seen.filter((place) => near(place).some(isWeak)).length;
    for (const event of drops) {
      if (seen.some((place) => Math.abs(event.frame - place) <= 64)) continue;
      if (isStrong(event)) row.falseStrong++;
      else if (isWeak(event)) row.falseWeak++;
    }
    row.hours += frames / rateHz / 3600;
  }
  return row;
}

/** Lengths of exact faults, by class: the largest of each. */
const LENGTHS = [1, 4, 16, 64];
const lengthClass = (frames) => LENGTHS.findIndex((most) => frames <= most);

/** A repeat of 1 to 64 frames or a burst of 2 to 64 zeros every 1.5 s, all classes of length alike. */
function exacts(kind) {
  const row = {
    repeats: [0, 0, 0, 0],
    repeatsFound: [0, 0, 0, 0],
    zeros: [0, 0, 0, 0],
    zerosFound: [0, 0, 0, 0],
    falses: 0,
  };
  for (let i = 0; i < banks; i++) {
    const { block, frames, rateHz } = bankOf(kind, i, 60);
    const random = randomOf(i + 7);
    const faulty = new Int32Array(block.length);
    const events = [];
    let from = 0;
    for (let to = 0, next = rateHz * 2; to < frames; ) {
      const end = Math.min(next, frames);
      faulty.set(block.subarray(from * CHANNELS, (from + end - to) * CHANNELS), to * CHANNELS);
      from += end - to;
      to = end;
      if (to >= frames - rateHz) next = frames;
      else {
        next += Math.floor(rateHz * 1.5);
        const repeat = random() < 0.5;
        const of = Math.floor(random() * (repeat ? 4 : 3)) + (repeat ? 0 : 1);
        const least = of === 0 ? 1 : LENGTHS[of - 1] + 1;
        const size = least + Math.floor(random() * (LENGTHS[of] - least + 1));
        events.push({ kind: repeat ? 'repeat' : 'zeros', frame: to, frames: size });
        if (repeat) from -= size;
        else {
          to += size;
          from += size;
        }
      }
    }
    const found = watch(faulty, CHANNELS, rateHz)
      .evidence.filter((item) => item.kind === 'exact')
      .map((item) => item.event);
    for (const event of events) {
      const hit = found.some(
        (slip) => slip.kind === event.kind && slip.frame === event.frame && slip.frames === event.frames,
      );
      const of = lengthClass(event.frames);
      row[event.kind === 'repeat' ? 'repeats' : 'zeros'][of]++;
      if (hit) row[event.kind === 'repeat' ? 'repeatsFound' : 'zerosFound'][of]++;
    }
    row.falses += found.filter((slip) => !events.some((event) => Math.abs(slip.frame - event.frame) <= 256)).length;
  }
  return row;
}

/** A block of 2 to 64 frames left out every 2 to 3 s. */
function blocks(kind) {
  const row = { drops: 0, found: 0, strong: 0, sized: 0, falseStrong: 0, falseWeak: 0 };
  for (let i = 0; i < banks; i++) {
    const { block, frames, rateHz } = bankOf(kind, i, 100);
    const random = randomOf(i + 31);
    const faults = [];
    for (let at = rateHz * 2; at < frames - rateHz; at += Math.floor(rateHz * (2 + random())))
      faults.push({ at, size: random() < 0.5 ? 32 : 2 + Math.floor(random() * 63) });
    const faulty = new Int32Array(block.length);
    let from = 0;
    let to = 0;
    const seen = [];
    for (const { at, size } of [...faults, { at: frames, size: 0 }]) {
      faulty.set(block.subarray(from * CHANNELS, at * CHANNELS), to * CHANNELS);
      to += at - from;
      from = at + size;
      if (size > 0) seen.push({ frame: to, size });
    }
    const drops = watch(faulty.subarray(0, to * CHANNELS), CHANNELS, rateHz)
      .evidence.filter((item) => item.kind === 'drop')
      .map((item) => item.event);
    for (const { frame, size } of seen) {
      const near = drops.filter((event) => Math.abs(event.frame - frame) <= 8);
      row.drops++;
      if (near.some((event) => isWeak(event))) row.found++;
      if (near.some((event) => isStrong(event))) row.strong++;
      if (near.some((event) => isWeak(event) && event.frames === size)) row.sized++;
    }
    for (const event of drops) {
      if (seen.some(({ frame }) => Math.abs(event.frame - frame) <= 64)) continue;
      if (isStrong(event)) row.falseStrong++;
      else if (isWeak(event)) row.falseWeak++;
    }
  }
  return row;
}

/** Trains of single drops with +-1 frame of jitter: when does the alarm come, what ppm does it say, was SYNC said wrongly? */
function trains(kind) {
  const row = {
    runs: 0,
    inTime: 0,
    alarms: 0,
    lowRecall: 0,
    lowRecallSync: 0,
    worstPpmError: 0,
    noPpm: 0,
    falseSyncRuns: 0,
    seconds: [],
  };
  for (const [p, ppm] of [2, 5, 20, 50, 100].entries())
    for (let i = 0; i < banks; i++) {
      const period = 1e6 / ppm;
      const seconds = Math.max(65, Math.min(200, (30 * period) / 48000));
      const { block, frames, rateHz } = bankOf(kind, i, seconds);
      const random = randomOf(i + 10 * p + 3);
      const places = [];
      for (let at = period * (0.1 + 0.9 * random()); at < frames - 100; at += period)
        places.push(Math.round(at + 2 * random() - 1));
      const { block: faulty, seen } = dropAt(block, CHANNELS, places);
      let locked = 0;
      let falseSync = false;
      const { states, evidence } = watch(faulty, CHANNELS, rateHz, {
        // Goes on for a while after the alarm: the ppm settles.
        until: (state, second) => {
          if (state.sync === 'sync' && ppm > state.boundPpm) falseSync = true;
          if (state.sync === 'lock' && locked === 0) locked = second;
          return locked > 0 && second >= locked + 20;
        },
      });
      const trials = evidence.filter((item) => item.kind === 'trial');
      const recall = trials.filter((item) => isWeak(item.event)).length / Math.max(1, trials.length);
      row.runs++;
      if (falseSync) row.falseSyncRuns++;
      const limit = Math.max(60, ((12 / Math.max(recall, 0.01)) * period) / rateHz);
      if (locked > 0) {
        row.alarms++;
        row.seconds.push(locked);
        const told = states.findLast((state) => state.sync === 'lock' && state.ppm !== null);
        // Drops are made in frames of the source; seen, the period is one frame shorter.
        const truth = 1e6 / (period - 1);
        if (told === undefined) row.noPpm++;
        else row.worstPpmError = Math.max(row.worstPpmError, Math.abs(told.ppm / truth - 1));
      }
      if (recall < 0.2) {
        row.lowRecall++;
        if (states.some((state) => state.sync === 'sync')) row.lowRecallSync++;
      } else if (locked > 0 && locked <= limit) row.inTime++;
      else if (locked === 0 && limit > states.length) row.runs--; // the bank was too short to tell
      void seen;
    }
  row.seconds.sort((a, b) => a - b);
  return row;
}

/** A receiver that gives up 32 frames at a time, at 50 and 100 ppm. */
function blockTrains(kind) {
  const row = { runs: 0, alarms: 0, told: 0, worstPpmError: 0, falseSyncRuns: 0, seconds: [] };
  for (const ppm of [50, 100])
    for (let i = 0; i < Math.ceil(banks / 2); i++) {
      const period = (32 * 1e6) / ppm;
      const { block, frames, rateHz } = bankOf(kind, i, 200);
      const random = randomOf(i + ppm);
      const places = [];
      for (let at = period * (0.1 + 0.9 * random()); at < frames - 100; at += period) places.push(Math.round(at));
      const { block: faulty } = dropAt(block, CHANNELS, places, 32);
      let locked = 0;
      let falseSync = false;
      const { states } = watch(faulty, CHANNELS, rateHz, {
        until: (state, second) => {
          if (state.sync === 'sync' && ppm > state.boundPpm) falseSync = true;
          if (state.sync === 'lock' && locked === 0) locked = second;
          return false;
        },
      });
      row.runs++;
      if (falseSync) row.falseSyncRuns++;
      if (locked === 0) continue;
      row.alarms++;
      row.seconds.push(locked);
      const told = states.findLast((state) => state.sync === 'lock' && state.ppm !== null);
      if (told === undefined) continue;
      row.told++;
      row.worstPpmError = Math.max(row.worstPpmError, Math.abs(told.ppm / ((32 * 1e6) / (period - 32)) - 1));
    }
  row.seconds.sort((a, b) => a - b);
  return row;
}

const before = existsSync(out) ? JSON.parse(readFileSync(out, 'utf8')) : null;
const mark = { version: detectorVersion(), banks, set };
if (before !== null && JSON.stringify(before.mark) === JSON.stringify(mark)) Object.assign(result, before.kinds);
for (const kind of kinds) {
  // Stopped and started again: what this detector has been measured on stands.
  if (result[kind] !== undefined) continue;
  made = new Map();
  result[kind] = {
    singles: singles(kind),
    exacts: exacts(kind),
    blocks: blocks(kind),
    trains: steady.has(kind) ? null : trains(kind),
    blockTrains: steady.has(kind) ? null : blockTrains(kind),
  };
  result[kind].material = materialOf();
  writeFileSync(out, JSON.stringify({ mark, kinds: result }));
}
