// Clean banks for as long as told: every alarm, every single event and every verdict is written down, one line a bank.
//   node scripts/slips/clean.mjs <minutes of computing> <first seed> <out.jsonl>
import { appendFileSync } from 'node:fs';
import { isStrong, isWeak } from '../../dist/monitor/verdict/bankVerdict.js';
import { kinds, makeSignals, render, uniqueMinutes } from './banks.mjs';
import { watch } from './watch.mjs';

const [minutes = '1', firstSeed = '1000', out = '/dev/stdout'] = process.argv.slice(2);
const end = Date.now() + Number(minutes) * 60_000;
const SECONDS = 150;
// Steady signals need no more than a few banks.
const rare = new Set(['squares', 'white noise', 'noise floor', 'silence']);
for (let seed = Number(firstSeed); Date.now() < end; seed++)
  for (const kind of kinds) {
    if (Date.now() > end) break;
    if (rare.has(kind) && seed % 4 !== 0) continue;
    const turn = [0, 1, 2, 0, 1, 2, 3][seed % 7];
    const signals = makeSignals({ set: 'report', kind, seconds: turn === 3 ? SECONDS / 2 : SECONDS, seed, turn });
    for (let variant = 0; variant < 4; variant++) {
      const { block, rateHz, label } = render(signals, variant);
      const { evidence, states, mostSuspicious } = watch(block, 8, rateHz);
      const row = {
        kind,
        label,
        seed,
        variant,
        seconds: block.length / 8 / rateHz,
        weak: 0,
        strong: 0,
        exact: 0,
        trials: 0,
        seen: 0,
        lock: 0,
        sync: 0,
        unknown: 0,
        noLock: 0,
        observable: 0,
        comb: Math.round(mostSuspicious),
      };
      for (const item of evidence) {
        if (item.kind === 'exact') row.exact++;
        else if (item.kind === 'trial') {
          row.trials++;
          if (isWeak(item.event)) row.seen++;
        } else if (isStrong(item.event)) row.strong++;
        else if (isWeak(item.event)) row.weak++;
      }
      for (const state of states) {
        row[state.sync]++;
        if (state.recall !== null && state.recall >= 0.2) row.observable++;
      }
      row.uniqueMinutes = Math.round(uniqueMinutes());
      appendFileSync(out, `${JSON.stringify(row)}\n`);
    }
  }
