// What the slip detector costs, part by part: nanoseconds of processor time per sample per channel, on noise with tones as in `npm run bench`
// and on banks of the tuning set. 34 channels, banks of eight and one of two. Needs the corpus; leaves its table for docs/slips.md.
//   node scripts/slips/cost.mjs [seconds of sound] [rounds]
import { mkdirSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { loadKernels } from '../../dist/dsp/kernelFile.js';
import { createWasmMeter } from '../../dist/dsp/meterWasm.js';
import { SlipDetector } from '../../dist/dsp/slip/slipDetector.js';
import { createWasmSlipKernel } from '../../dist/dsp/slip/slipWasm.js';
import { CHANNELS, makeBank } from './banks.mjs';
import { cache } from './corpus.mjs';

const [seconds = 30, rounds = 5] = process.argv.slice(2).map(Number);
const kernels = loadKernels();
const channels = 34;
const frames = 480;
const rateHz = 48000;
const banks = [];
for (let c = 0; c < channels; c += 8) banks.push(Array.from({ length: Math.min(8, channels - c) }, (_, i) => c + i));

function noise() {
  const words = new Int32Array(rateHz * channels);
  let state = 1;
  for (let n = 0; n < rateHz; n++)
    for (let c = 0; c < channels; c++) {
      state = (Math.imul(state, 1664525) + 1013904223) | 0;
      words[n * channels + c] =
        (Math.round(Math.sin((2 * Math.PI * (100 + 37 * c) * n) / rateHz) * 2 ** 29) + (state >> 3)) & ~255;
    }
  return words;
}

/** Five takes of a class side by side. */
function music(kind) {
  const length = seconds * rateHz;
  const words = new Int32Array(length * channels);
  for (let b = 0; b < banks.length; b++) {
    const { block } = makeBank({ set: 'tune', kind, seconds, seed: 900 + b, turn: 2 });
    for (let n = 0; n < length; n++)
      for (let i = 0; i < banks[b].length; i++) words[n * channels + 8 * b + i] = block[n * CHANNELS + i];
  }
  return words;
}

/** The parts, by what of the kernel is called; the rest is what the program does around it. */
const parts = {
  'stage and keep': ['keep'],
  'search for repeats': ['repeats'],
  append: ['append', 'shift'],
  'predictors fitted': ['train'],
  residual: ['residual'],
  peaks: ['peaks'],
  'splice tests': ['spliceBank'],
  "judge's sums": ['load', 'prepare', 'weigh'],
};

function measure(words) {
  const length = words.length / channels;
  const meter = createWasmMeter(kernels, {
    channels,
    maxFrames: frames,
    fullScale24: 8388607,
    clipRun: 3,
    truePeak: false,
  });
  const spent = {};
  let timing = false;
  const timed = (object, names) => {
    for (const name of names) {
      const call = object[name];
      object[name] = (...args) => {
        if (!timing) return call(...args);
        const from = performance.now();
        const answer = call(...args);
        spent[name] ??= [];
        spent[name].push(performance.now() - from);
        return answer;
      };
    }
  };
  const make = (watched) => {
    const detector = new SlipDetector({
      channels,
      maxFrames: frames,
      rateHz,
      banks,
      kernel: (lanes, capacity) => {
        const kernel = createWasmSlipKernel(kernels, { channels, maxFrames: frames, lanes, capacity });
        if (watched) {
          timed(kernel.judge, ['load', 'prepare', 'weigh']);
          timed(
            kernel,
            Object.values(parts)
              .flat()
              .filter((name) => name in kernel),
          );
        }
        return kernel;
      },
      onEvidence: () => {},
    });
    return detector;
  };
  let done = 0;
  const run = (detector, blocks) => {
    const start = process.cpuUsage();
    for (let i = 0; i < blocks; i++) {
      const from = (done % (length - (length % frames))) * channels;
      meter.input.set(words.subarray(from, from + frames * channels));
      meter.process(frames);
      detector?.process(meter.input, frames, done, meter);
      done += frames;
    }
    const { user, system } = process.cpuUsage(start);
    return ((user + system) * 1000) / blocks / frames / channels;
  };
  const blocks = Math.floor((seconds * rateHz) / frames);
  const plain = make(false);
  const watched = make(true);
  // The compiler of the JS engine has finished by then.
  run(plain, blocks);
  done = 0;
  run(watched, blocks);
  const totals = [];
  for (let round = 0; round < rounds; round++) {
    done = 0;
    plain.reset();
    const all = run(plain, blocks);
    done = 0;
    totals.push(all - run(null, blocks));
  }
  done = 0;
  watched.reset();
  timing = true;
  run(watched, blocks);
  /** Calls during which another program had the processor are the dearest twentieth: the rest stands for them. */
  const ns = (name) => {
    const calls = (spent[name] ?? []).sort((a, b) => a - b);
    const kept = calls.slice(0, Math.ceil(0.95 * calls.length));
    const sum = kept.reduce((a, b) => a + b, 0) * (calls.length / Math.max(1, kept.length));
    return (sum * 1e6) / blocks / frames / channels;
  };
  const row = Object.fromEntries(
    Object.entries(parts).map(([part, names]) => [part, names.reduce((sum, name) => sum + ns(name), 0)]),
  );
  const total = totals.sort((a, b) => a - b)[totals.length >> 1];
  return { ...row, 'the rest': total - Object.values(row).reduce((a, b) => a + b, 0), 'in all': total };
}

const sounds = {
  'noise and tones': noise,
  orchestral: () => music('orchestral'),
  electronic: () => music('electronic'),
  'rehearsal mix': () => music('rehearsal mix'),
  'drums with bleed': () => music('drums with bleed'),
};
const rows = Object.entries(sounds).map(([name, make]) => [name, measure(make())]);
const names = Object.keys(rows[0][1]);
const table = [
  `| | ${rows.map(([name]) => name).join(' | ')} |`,
  `|---|${rows.map(() => '---:').join('|')}|`,
  ...names.map((name) => `| ${name} | ${rows.map(([, row]) => row[name].toFixed(2)).join(' | ')} |`),
  '',
  `Medians of ${rounds} rounds of ${seconds} s; load average ${loadavg()[0].toFixed(1)}.`,
].join('\n');
mkdirSync(join(cache, 'results'), { recursive: true });
writeFileSync(join(cache, 'results', 'cost.md'), table);
console.log(table);
