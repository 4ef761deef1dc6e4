// npm run slips: measures the slip detector on recordings from Debian packages and writes docs/slips.md.
//   npm run slips             short: 2 banks a class, an hour of clean sound
//   npm run slips -- --full   20 banks a class, 100 hours of clean sound; can be stopped and goes on where it was
//   npm run slips -- --table  only writes the page from results that are there
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cleanRows, detectorVersion } from './clean.mjs';
import { cache, corpus } from './corpus.mjs';

const full = process.argv.includes('--full');
const results = join(cache, 'results');
const measured = join(results, 'measure.json');
const cleaned = join(results, 'clean');
const costs = join(results, 'cost.md');
if (!process.argv.includes('--table')) {
  corpus();
  mkdirSync(results, { recursive: true });
  const run = (script, ...args) =>
    execFileSync(process.execPath, [join(import.meta.dirname, script), ...args], { stdio: 'inherit' });
  run('cost.mjs');
  run('measure.mjs', measured, full ? '20' : '2');
  run('clean.mjs', full ? '100' : '1', cleaned);
}

const minutes = { tune: 0, report: 0 };
for (const entry of corpus()) if (entry.rateHz === 44100) minutes[entry.set] += entry.frames / 44100 / 60;
const percent = (part, whole) => (whole > 0 ? `${Math.round((1000 * part) / whole) / 10} %` : '-');
const sumOf = (list) => list.reduce((a, b) => a + b, 0);
/** Minutes that stretches [file, from, to) of tenths of a second cover together. Files at other rates are the same recording. */
function uniqueMinutes(all) {
  const files = new Map();
  for (const [file, from, to] of all) {
    const name = file.replace(/\.\d+\.f32$/, '');
    if (!files.has(name)) files.set(name, new Set());
    for (let tenth = from; tenth < to; tenth++) files.get(name).add(tenth);
  }
  return sumOf([...files.values()].map((tenths) => tenths.size)) / 600;
}

const measure = existsSync(measured) ? JSON.parse(readFileSync(measured, 'utf8')) : { mark: null, kinds: {} };
const faults = Object.entries(measure.kinds);
const rows = cleanRows(cleaned);
const out = [
  '# Slips: what the detector was measured on',
  '',
  'Made by `npm run slips` (`-- --full` for the long form, which can be stopped and started again; `-- --table` to write this page again from results that are there).',
  '',
  `Banks of 8 channels are mixed from recordings in Debian packages, at 44.1 k, 48 k (made of 44.1 k samples as they are: full band, never resampled), 48 k and 96 k (resampled), each channel with its own gain and preamp noise of -108 to -88 dBFS. The detector was tuned on ${Math.round(minutes.tune)} minutes of source material (wesnoth-1.16-music, supertuxkart-data, hedgewars-data voices, half of hydrogen-drumkits, riffs rendered on fluid-soundfont-gm) and is reported on ${Math.round(minutes.report)} minutes from others (0ad-data, hedgewars-data music, klettres-data, the other half of hydrogen-drumkits, sonic-pi-samples); the same minutes are mixed again and again, with other neighbours, gains, polarities and noise.`,
  '',
];
if (measure.mark !== null)
  out.push(
    `Faults: ${measure.mark.banks === 1 ? 'one bank' : `${measure.mark.banks} banks`} a class, mixed from ${Math.round(uniqueMinutes(faults.flatMap(([, { material }]) => material)))} different minutes.`,
    '',
  );
if (measure.mark !== null && measure.mark.version !== detectorVersion())
  out.push('The detector has changed in a detail since the faults were measured: run it again.', '');
out.push(
  '## Frames repeated and zeroed',
  '',
  'One every 1.5 s, told with its kind, exact frame and exact length. By length, frames.',
  '',
  '| class | repeats of 1 | 2..4 | 5..16 | 17..64 | zeros of 2..4 | 5..16 | 17..64 | false |',
  '|---|---|---|---|---|---|---|---|---|',
);
for (const [kind, { exacts }] of faults)
  out.push(
    `| ${kind} | ${exacts.repeats.map((n, i) => percent(exacts.repeatsFound[i], n)).join(' | ')} | ${exacts.zeros
      .slice(1)
      .map((n, i) => percent(exacts.zerosFound[i + 1], n))
      .join(' | ')} | ${exacts.falses} |`,
  );
const exactSums = faults.map(([, { exacts }]) => exacts);
if (exactSums.length > 0)
  out.push(
    '',
    `${sumOf(exactSums.map((e) => sumOf(e.repeats)))} repeats and ${sumOf(exactSums.map((e) => sumOf(e.zeros)))} bursts in all. What is missing can not be told from the material: eight copies of one source that stands still for a frame by itself once in some seconds, squares that repeat themselves anyway, and silence, in which a repeated or zeroed frame is no other frame. What is missing in electronic music is one bank of 16-bit files in which one pair stands three times: four sources whose samples move by few steps give less than the 30 bits asked for.`,
  );
out.push(
  '',
  '## Single frames left out',
  '',
  'One every 1.5 to 2.5 s. Alone: shown by itself (20 nats, 6 of them without the surest channel; or 14 and 6, and 2 by the short look, or 4 of them where one missing frame is 20 nats likelier than any other story of a break; and nowhere where another is likelier); on a comb: counts once a period stands (6 nats). "Told the place": the same test asked at the very frame, with no search: more than that no search can find with this test. False: events where nothing was left out.',
  '',
  '| class | drops | alone | told the place | on a comb | told the place | false alone | false on a comb |',
  '|---|---|---|---|---|---|---|---|',
);
for (const [kind, { singles }] of faults)
  out.push(
    `| ${kind} | ${singles.drops} | ${percent(singles.strong, singles.drops)} | ${percent(singles.toldStrong, singles.drops)} | ${percent(singles.weak, singles.drops)} | ${percent(singles.toldWeak, singles.drops)} | ${singles.falseStrong} | ${singles.falseWeak} |`,
  );
out.push(
  '',
  '## Blocks of 2 to 64 frames left out at once',
  '',
  'One every 2 to 3 s, half of them of 32. Sized: with the exact number, from one block alone. On a comb all its blocks tell the number together.',
  '',
  '| class | blocks | found | sized | false |',
  '|---|---|---|---|---|',
);
for (const [kind, { blocks }] of faults)
  out.push(
    `| ${kind} | ${blocks.drops} | ${percent(blocks.found, blocks.drops)} | ${percent(blocks.sized, blocks.drops)} | ${blocks.falseStrong + blocks.falseWeak} |`,
  );
out.push(
  '',
  '## Trains',
  '',
  'Single drops at 2, 5, 20, 50 and 100 ppm with +-1 frame of jitter: in time is the longer of 60 s and 12/recall periods; runs in which under 20 % of the trials were seen are counted apart, and must not say SYNC. Blocks: 32 frames at a time, at 50 and 100 ppm, over 200 s. False SYNC: runs in which SYNC was said at any time with a bound under the true ppm.',
  '',
  '| class | in time | under 20 % recall (said SYNC) | worst ppm error | false SYNC | blocks: alarms | their ppm | worst ppm error | false SYNC |',
  '|---|---|---|---|---|---|---|---|---|',
);
let runs = 0;
let falseSync = 0;
for (const [kind, { trains, blockTrains }] of faults) {
  if (trains === null) continue;
  const error = (of, told) => (told === 0 ? '-' : `${(100 * of.worstPpmError).toFixed(4)} %`);
  runs += trains.runs + blockTrains.runs;
  falseSync += trains.falseSyncRuns + blockTrains.falseSyncRuns;
  out.push(
    `| ${kind} | ${trains.inTime}/${trains.runs - trains.lowRecall} | ${trains.lowRecall} (${trains.lowRecallSync}) | ${error(trains, trains.alarms - trains.noPpm)} | ${trains.falseSyncRuns}/${trains.runs} | ${blockTrains.alarms}/${blockTrains.runs} | told in ${blockTrains.told} | ${error(blockTrains, blockTrains.told)} | ${blockTrains.falseSyncRuns}/${blockTrains.runs} |`,
  );
}
if (runs > 0) {
  const told = faults.filter(([, { trains }]) => trains !== null).map(([, { trains }]) => trains);
  const inTime = sumOf(told.map((t) => t.inTime));
  const could = sumOf(told.map((t) => t.runs - t.lowRecall));
  out.push(
    '',
    `In time in all: ${inTime} of ${could} runs with a fifth of the trials seen or more (${percent(inTime, could)}).`,
  );
}
if (runs > 0) out.push('', `False SYNC in all: ${falseSync} of ${runs} runs (${percent(falseSync, runs)}).`);
if (faults.length === 0) out.push('(not run)');
out.push(
  '',
  '## Clean material',
  '',
  'Takes of ten minutes (four times 150 s of one mix, with other gains, polarities and noise; 96 k half of that). A second is observable when at least a fifth of the trials of the last three minutes were seen, and the bank has played for the longer of 60 s and 12/recall periods of a clock that is 10 ppm off: the time that an alarm may take as well. "Whole interface": eight analogue inputs, a loopback that carries everything, and the bank.',
  '',
  '| class | hours | seconds of LOCK | slips shown | of them exact | weak drops an hour | strongest drop, nats | comb, most nats (28 alarm) | recall on a comb | SYNC of all the time | observable | SYNC of that |',
  '|---|---|---|---|---|---|---|---|---|---|---|---|',
);
const kinds = [...new Set(rows.map((row) => row.kind))];
const total = (key) => sumOf(rows.map((row) => row[key]));
const EDITED = 'edits, mutes, clicks';
const uncut = (key) => sumOf(rows.filter((row) => row.kind !== EDITED).map((row) => row[key]));
for (const kind of kinds) {
  const of = rows.filter((row) => row.kind === kind);
  const sum = (key) => sumOf(of.map((row) => row[key]));
  const hours = sum('seconds') / 3600;
  out.push(
    `| ${kind} | ${hours.toFixed(1)} | ${sum('lock')} | ${sum('shown')} | ${sum('exact')} | ${(sum('weak') / hours).toFixed(1)} | ${Math.max(...of.map((row) => row.strongest)).toFixed(0)} | ${Math.max(...of.map((row) => row.comb))} | ${percent(sum('seen'), sum('trials'))} | ${percent(sum('sync'), sum('seconds'))} | ${percent(sum('observable'), sum('seconds'))} | ${percent(sum('syncObservable'), sum('observable'))} |`,
  );
}
const alone = rows.flatMap(({ kind, seed, alone = [] }) => alone.map((drop) => ({ kind, seed, drop })));
if (rows.length === 0) out.push('| (not run with this detector) | | | | | | | | | | | |');
out.push(
  '',
  `In all ${(total('seconds') / 3600).toFixed(1)} hours of clean banks, mixed from ${Math.round(uniqueMinutes(rows.flatMap((row) => row.material)))} different minutes: ${total('lock')} seconds of LOCK. A verdict in ${percent(total('syncObservable'), total('observable'))} of the observable time; in ${percent(uncut('syncObservable'), uncut('observable'))} without the class "${EDITED}", which has a cut, a mute or a click through all channels every 1.5 s: there SYNC waits behind what may be a block of frames left out.`,
  '',
  ...(alone.length === 0
    ? []
    : [
        `Single drops shown, with their nats in all, without the surest channel, and by the short look, and the channels' witnesses: ${alone
          .map(({ kind, seed, drop }) => `${kind} (take ${seed}) ${drop.join(' / ')}`)
          .join('; ')}.`,
        '',
      ]),
  '## Cost',
  '',
  'Nanoseconds of processor time per sample per channel at 34 channels (banks of eight, and one of two), the meters and the copy of each block not counted: `node scripts/slips/cost.mjs`. Parts by the clock on the wall, without the dearest twentieth of the calls, in which other programs had the processor; "the rest" is what they do not explain of the whole.',
  '',
  existsSync(costs) ? readFileSync(costs, 'utf8') : '(not run)',
  '',
  readFileSync(join(import.meta.dirname, 'limits.md'), 'utf8').trimEnd(),
  '',
);
writeFileSync(join(import.meta.dirname, '../../docs/slips.md'), out.join('\n'));
