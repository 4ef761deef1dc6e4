// Clean banks for as long as told: every alarm, every single event and every verdict is written down, one line a take.
//   node scripts/slips/clean.mjs <hours of sound> <folder> [minutes of computing at most]
// Can be stopped and started again, and run several times at once: each take is claimed by a file in the folder, and hours
// judged by another build of the detector do not count.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isStrong, isWeak } from '../../dist/monitor/verdict/bankVerdict.js';
import { CHANNELS, kinds, makeSignals, materialOf, preamps } from './banks.mjs';
import { Watcher } from './watch.mjs';

/** Steady signals need no more than a few takes. */
const rare = new Set(['squares', 'white noise', 'noise floor', 'silence']);
/** A whole interface: analogue inputs, a loopback that carries everything, and the bank. */
export const WHOLE = 'whole interface';
const SECONDS = 150;
/** The same music through other gains, polarities and noise, end to end: one take is ten minutes long. */
const VARIANTS = 4;
/**
 * A second counts as observable when a fifth of the trials of the last three minutes or more were seen, and the bank has played for
 * the longer of 60 s and 12/recall periods of a clock that is 10 ppm off: the time that an alarm may take as well.
 */
const OBSERVABLE_RECALL = 0.2;
const OBSERVABLE_AFTER_S = 60;
const OBSERVABLE_PERIODS = 12;
const SYNC_PPM = 10;

/** Names the detector that stands in dist: its results are not mixed with another's. */
export function detectorVersion() {
  const hash = createHash('sha256');
  for (const folder of ['dsp/slip', 'monitor/verdict']) {
    const home = join(import.meta.dirname, '../../dist', folder);
    for (const name of readdirSync(home).sort())
      if (name.endsWith('.js'))
        hash.update(readFileSync(join(home, name), 'utf8').replace(/\/\/# sourceMappingURL.*/, ''));
  }
  return hash.digest('hex').slice(0, 12);
}

/** The rows that were judged by the detector that stands in dist. */
export function cleanRows(folder) {
  const home = join(folder, detectorVersion());
  if (!existsSync(home)) return [];
  return readdirSync(home)
    .filter((name) => name.endsWith('.json'))
    .map((name) => JSON.parse(readFileSync(join(home, name), 'utf8')));
}

/** Takes a piece of work unless a process that lives has it, or it is done. */
function claim(home, name) {
  if (existsSync(join(home, `${name}.json`))) return false;
  const file = join(home, `${name}.claim`);
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch {
    const owner = Number(readFileSync(file, 'utf8'));
    try {
      process.kill(owner, 0);
      return false;
    } catch {
      // Its process is gone: taken over. Two may do so at once and write the same row.
      writeFileSync(file, String(process.pid));
      return true;
    }
  }
}

function playTake(kind, seed) {
  const turn = [0, 1, 2, 0, 1, 2, 3][seed % 7];
  const seconds = turn === 3 ? SECONDS / 2 : SECONDS;
  const whole = kind === WHOLE;
  const played = whole ? ['orchestral', 'speech x8', 'rehearsal mix', 'drums with bleed'][seed % 4] : kind;
  const made = makeSignals({ set: 'report', kind: played, seconds, seed, turn });
  const { rateHz, frames, label } = made;
  const beside = whole
    ? makeSignals({ set: 'report', kind: ['speech x8', 'rehearsal mix'][seed % 2], seconds, seed: seed + 50_000, turn })
    : null;
  const channels = whole ? 18 : CHANNELS;
  const range = (first, last) => Array.from({ length: last - first + 1 }, (_, i) => first + i);
  const watcher = whole
    ? new Watcher(
        channels,
        rateHz,
        [
          { id: 'analogue', kind: 'analogue', channels: range(0, 7) },
          { id: 'loopback', kind: 'loopback', channels: [8, 9] },
          { id: 'adat-a', kind: 'adat', channels: range(10, 17) },
        ],
        2,
      )
    : new Watcher(channels, rateHz);
  const chunk = 480 * 20;
  const block = new Int32Array(chunk * channels);
  for (let variant = 0; variant < VARIANTS; variant++) {
    const fill = preamps(made, variant, true);
    const fillBeside = beside === null ? null : preamps(beside, variant, true);
    for (let at = 0; at + chunk <= frames; at += chunk) {
      fill(block, at, chunk, channels, channels - CHANNELS);
      if (fillBeside !== null) {
        fillBeside(block, at, chunk, channels, 0);
        for (let n = 0; n < chunk; n++)
          for (let side = 0; side < 2; side++) {
            let sum = 0;
            for (let c = side; c < 8; c += 2) sum += (block[n * channels + c] + block[n * channels + 10 + c]) >> 3;
            block[n * channels + 8 + side] = sum & ~255;
          }
      }
      watcher.push(block);
    }
  }
  return { watcher, label, seconds: watcher.seconds };
}

function summary(kind, seed, { watcher, label, seconds }) {
  const { rateHz } = watcher;
  const row = { kind, label, seed, seconds, weak: 0, strong: 0, exact: 0, trials: 0, seen: 0 };
  Object.assign(row, { lock: 0, sync: 0, unknown: 0, noLock: 0, observable: 0, syncObservable: 0 });
  row.comb = Math.round(watcher.mostSuspicious);
  row.strongest = 0;
  row.shown = watcher.slips.length;
  /** Of each drop that is shown alone: nats, without the surest channel, by the short look, witnesses. */
  row.alone = [];
  for (const item of watcher.evidence) {
    if (item.kind === 'exact') row.exact++;
    else if (item.kind === 'trial') {
      row.trials++;
      if (isWeak(item.event)) row.seen++;
    } else {
      row.strongest = Math.max(row.strongest, item.event.nats);
      const { nats, others, again, voices } = item.event;
      if (isStrong(item.event)) {
        row.strong++;
        row.alone.push([nats, others, again, voices].map((value) => Math.round(value * 10) / 10));
      } else if (isWeak(item.event)) row.weak++;
    }
  }
  watcher.states.forEach((state, second) => {
    row[state.sync]++;
    if (state.recall === null || state.recall < OBSERVABLE_RECALL) return;
    const wait = (OBSERVABLE_PERIODS / state.recall) * (1e6 / SYNC_PPM / rateHz);
    if (second < Math.max(OBSERVABLE_AFTER_S, wait)) return;
    row.observable++;
    if (state.sync !== 'unknown') row.syncObservable++;
  });
  row.material = materialOf();
  return row;
}

if (process.argv[1] === import.meta.filename) {
  const [hours = '1', folder = 'results', minutes = 'Infinity'] = process.argv.slice(2);
  const home = join(folder, detectorVersion());
  mkdirSync(home, { recursive: true });
  const end = Date.now() + Number(minutes) * 60_000;
  const done = () => cleanRows(folder).reduce((sum, row) => sum + row.seconds, 0) / 3600;
  for (let seed = 5000; Date.now() < end && done() < Number(hours); seed++)
    for (const kind of [...kinds, WHOLE]) {
      if (Date.now() > end) break;
      if (rare.has(kind) ? seed % 12 !== 0 : kind === WHOLE && seed % 3 !== 0) continue;
      const name = `${kind.replace(/\W+/g, '-')}-${seed}`;
      if (!claim(home, name)) continue;
      const row = summary(kind, seed, playTake(kind, seed));
      writeFileSync(join(home, `${name}.json`), JSON.stringify(row));
      rmSync(join(home, `${name}.claim`), { force: true });
    }
}
