// Faults put into banks of the report set: single drops, repeats and zero bursts, and whole trains at 2 to 100 ppm.
//   node scripts/slips/measure.mjs <out.json> [banks per class and part]
import { writeFileSync } from 'node:fs';
import { isStrong, isWeak } from '../../dist/monitor/verdict/bankVerdict.js';
import { CHANNELS, dropAt, kinds, makeBank, randomOf, uniqueMinutes } from './banks.mjs';
import { watch } from './watch.mjs';

const [out = '/dev/stdout', count = '4', set = 'report'] = process.argv.slice(2);
const banks = Number(count);
const result = {};

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

/** One frame left out every 1.5 to 2.5 s. */
function singles(kind) {
  const row = { drops: 0, strong: 0, weak: 0, falseStrong: 0, falseWeak: 0, hours: 0 };
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

/** A repeat of 1 to 64 frames or a burst of 2 to 256 zeros every 1.5 s. */
function exacts(kind) {
  const row = { repeats: 0, repeatsFound: 0, zeros: 0, zerosFound: 0, falses: 0 };
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
        if (random() < 0.5) {
          const size = 1 + Math.floor(random() * 64);
          events.push({ kind: 'repeat', frame: to, frames: size });
          from -= size;
        } else {
          const size = 2 + Math.floor(random() * 255);
          events.push({ kind: 'zeros', frame: to, frames: size });
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
      row[event.kind === 'repeat' ? 'repeats' : 'zeros']++;
      if (hit) row[event.kind === 'repeat' ? 'repeatsFound' : 'zerosFound']++;
    }
    row.falses += found.filter((slip) => !events.some((event) => Math.abs(slip.frame - event.frame) <= 256)).length;
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
        const { ppm: said } = states.findLast((state) => state.sync === 'lock');
        // Drops are made in frames of the source; seen, the period is one frame shorter.
        const truth = 1e6 / (period - 1);
        row.worstPpmError = Math.max(row.worstPpmError, Math.abs(said / truth - 1));
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

for (const kind of kinds) {
  made = new Map();
  result[kind] = {
    singles: singles(kind),
    exacts: exacts(kind),
    trains: ['silence', 'noise floor', 'white noise', 'squares'].includes(kind) ? null : trains(kind),
  };
  result[kind].uniqueMinutes = uniqueMinutes();
  writeFileSync(out, JSON.stringify(result));
}
