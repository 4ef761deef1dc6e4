// What a sample costs: nanoseconds of processor time per sample per channel, each contestant in turn, round after round,
// medians taken so that the machine's moods fall on all alike. Writes docs/bench.md. Needs gcc and libebur128-dev; run by `npm run bench`.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(dirname(here));
const { createWasmMeter } = await import('../../dist/dsp/meterWasm.js');
const { createTwinMeter } = await import('../../dist/dsp/meterTwin.js');
const { loadKernels } = await import('../../dist/dsp/kernelFile.js');
const { ChannelMeter, kernelOptions } = await import('../../dist/dsp/channelMeter.js');
const { ForeignWatch } = await import('../../dist/dsp/foreignWatch.js');
const { createLoudnessMeter } = await import('../../dist/dsp/loudness.js');
const { createWasmLoudness } = await import('../../dist/dsp/loudnessWasm.js');
const { SlipDetector } = await import('../../dist/dsp/slip/slipDetector.js');
const { createWasmSlipKernel } = await import('../../dist/dsp/slip/slipWasm.js');

const rounds = Number(process.argv[2] ?? 15);
const frames = 480;
/** Frames of the sound that the slip detector listens to. */
const LOOP = 4800;
const channelCounts = [2, 18, 34];
/** Blocks before the first round: the slip detector makes two trials in three seconds and bank, and their code is to be compiled by then. */
const warmUp = (name) => (name.startsWith('readingsSlips') ? 6000 : 40);
/** How long one contestant runs in one round. */
const roundMs = 60;

/**
 * Programme-like: a tone with noise, its own on every channel, peaks near -6 dBFS, 24 bits in 32. `quieter`: how many bits the noise lies lower.
 * A frame left out leaves no trace in noise as loud as the tone, and is not looked for; 8 bits lower it does, on every channel.
 */
function programme(channels, length, quieter = 0) {
  const words = new Int32Array(length * channels);
  let state = 1;
  for (let n = 0; n < length; n++) {
    for (let c = 0; c < channels; c++) {
      state = (Math.imul(state, 1664525) + 1013904223) | 0;
      const tone = Math.sin((2 * Math.PI * (100 + 40 * c) * n) / 48000) * 2 ** 29;
      words[n * channels + c] = (Math.round(tone) + (state >> (3 + quieter))) & ~255;
    }
  }
  return words;
}

const build = mkdtempSync(join(tmpdir(), 'lightkeeper-bench-'));
function compile(name, source, flags, libraries = []) {
  const out = join(build, name);
  execFileSync('gcc', [...flags, '-o', out, join(here, source), ...libraries], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  return out;
}

/** Processor time, not the clock on the wall: other programs on the machine take turns with this one. */
function timed(channels, repeats, once) {
  const from = process.cpuUsage();
  for (let i = 0; i < repeats; i++) once();
  const spent = process.cpuUsage(from);
  return ((spent.user + spent.system) * 1000) / repeats / frames / channels;
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

try {
  const scalar = compile('scalar', 'native.c', ['-O3', '-fno-tree-vectorize']);
  const vectorised = compile('vectorised', 'native.c', ['-O3']);
  const native = compile('native', 'native.c', ['-O3', '-march=native']);
  const ebur128 = compile('ebur128', 'ebur128.c', ['-O3'], ['-lebur128']);
  const kernels = loadKernels();

  const results = {};
  for (const channels of channelCounts) {
    const words = programme(channels, frames);
    // A tenth of a second of it, whole periods of every tone, for the slip detector: one block said again and again would jump at each turn. No more,
    // so that it stays in the cache, as a block does that a driver has just written.
    const loop = programme(channels, LOOP, 8);
    const noisy = programme(channels, LOOP);
    const bytes = Buffer.from(words.buffer);
    const c = (program, mode) => (repeats) =>
      Number(
        execFileSync(program, [mode, channels, frames, repeats].map(String), { input: bytes }).toString().split(' ')[0],
      );
    const js = (create, truePeak, input = words) => {
      const meter = create({ channels, maxFrames: frames, fullScale24: 8388607, clipRun: 3, truePeak });
      meter.input.set(input);
      meter.process(frames);
      return (repeats) => timed(channels, repeats, () => meter.process(frames));
    };
    const wasm = (options) => createWasmMeter(kernels, options);
    /** All readings of a channel: kernels, ballistics, what is judged by the second; with or without the diagnoses. */
    const readings = (movement, diagnose, slips, copied = slips, sound = loop) => {
      const options = {
        channels,
        rateHz: 48000,
        maxFrames: frames,
        fullScale24: 8388607,
        clipRun: 3,
        holdMs: 1000,
        movement,
        diagnose,
      };
      const kernel = createWasmMeter(kernels, kernelOptions(options));
      const meter = new ChannelMeter(kernel, options);
      kernel.input.set(words);
      const banks = [];
      for (let c = 0; c < channels; c += 8)
        banks.push(Array.from({ length: Math.min(8, channels - c) }, (_, i) => c + i));
      const detector = slips
        ? new SlipDetector({
            channels,
            maxFrames: frames,
            rateHz: 48000,
            banks,
            kernel: (lanes, capacity) =>
              createWasmSlipKernel(kernels, { channels, maxFrames: frames, lanes, capacity }),
            onEvidence: () => {},
          })
        : undefined;
      let done = 0;
      return (repeats) =>
        timed(channels, repeats, () => {
          if (copied) {
            const from = (done % LOOP) * channels;
            kernel.input.set(sound.subarray(from, from + frames * channels));
          }
          kernel.process(frames);
          meter.update(frames);
          detector?.process(kernel.input, frames, done, kernel);
          done += frames;
        });
    };
    /** The watch for foreign data alone, on digital banks of eight, with the meter's results of the block at hand. */
    const foreign = (hash) => {
      const kernel = wasm({ channels, maxFrames: frames, fullScale24: 8388607, clipRun: 3, truePeak: false });
      let state = 1;
      const noise = Int32Array.from(words, () => {
        state = (Math.imul(state, 1664525) + 1013904223) | 0;
        return state ^ (state >>> 15);
      });
      kernel.input.set(hash ? noise : words);
      kernel.process(frames);
      const banks = [];
      for (let c = 0; c < channels; c += 8)
        banks.push({ columns: Array.from({ length: Math.min(8, channels - c) }, (_, i) => c + i), digital: true });
      const watch = new ForeignWatch({ channels, rateHz: 48000, banks, onChange: () => {} });
      let done = 0;
      const once = () => {
        watch.process(kernel.input, frames, done, kernel);
        done += frames;
      };
      for (let n = 0; n < 48000; n += frames) once();
      const stands = banks.every((_, b) => watch.silences(b));
      if (stands !== hash) throw new Error(`hash ${stands ? 'stands' : 'does not stand'}`);
      return (repeats) => timed(channels, repeats, once);
    };
    const loudness = () => {
      const meter = createLoudnessMeter(
        createWasmLoudness(kernels, { channels: 2, maxFrames: frames, rateHz: 48000 }),
        { rateHz: 48000 },
      );
      for (let n = 0; n < frames; n++) meter.kernel.input.set(words.subarray(n * channels, n * channels + 2), n * 2);
      return (repeats) => timed(2, repeats, () => meter.update(frames));
    };
    // What comes near its largest value more often than music does: a line-up tone of 1 kHz, its phase another on each channel, and stuck bits.
    const tone = words.map((_, i) => {
      const n = Math.floor(i / channels);
      return Math.round(Math.sin((2 * Math.PI * n) / 48 + (i % channels)) * 2 ** 22) * 256;
    });
    const constant = new Int32Array(words.length).fill(2 ** 30);
    const contestants = {
      wasmBasic: js(wasm, false),
      wasmBoth: js(wasm, true),
      wasmTone: js(wasm, true, tone),
      wasmConstant: js(wasm, true, constant),
      readingsPeak: readings('peak', false, false),
      readingsPpm: readings('ppmI', false, false),
      readingsVu: readings('vu', false, false),
      readingsAll: readings('ppmI', true, false),
      readingsCopied: readings('ppmI', false, false, true),
      readingsSlips: readings('ppmI', false, true),
      readingsSlipsNoise: readings('ppmI', false, true, true, noisy),
      foreignSound: foreign(false),
      foreignHash: foreign(true),
      loudness: loudness(),
      twinBasic: js(createTwinMeter, false),
      twinBoth: js(createTwinMeter, true),
      scalarByChannel: c(scalar, 'basic-channels'),
      scalarByFrame: c(scalar, 'basic-frames'),
      scalarTruePeak: c(scalar, 'truepeak'),
      vectorisedByChannel: c(vectorised, 'basic-channels'),
      vectorisedByFrame: c(vectorised, 'basic-frames'),
      vectorisedTruePeak: c(vectorised, 'truepeak'),
      nativeByChannel: c(native, 'basic-channels'),
      nativeByFrame: c(native, 'basic-frames'),
      nativeTruePeak: c(native, 'truepeak'),
      ebur128Sample: c(ebur128, 'sample'),
      ebur128True: c(ebur128, 'true'),
    };
    const times = {};
    const repeats = {};
    for (const [name, run] of Object.entries(contestants)) {
      run(warmUp(name)); // warms the caches and lets the compiler of the JS engine finish
      repeats[name] = Math.max(10, Math.round((roundMs * 1e6) / (run(40) * frames * channels)));
      times[name] = [];
    }
    for (let round = 0; round < rounds; round++) {
      for (const [name, run] of Object.entries(contestants)) times[name].push(run(repeats[name]));
    }
    const t = Object.fromEntries(Object.entries(times).map(([name, values]) => [name, median(values)]));
    for (const kind of ['scalar', 'vectorised', 'native']) {
      t[`${kind}Basic`] = Math.min(t[`${kind}ByChannel`], t[`${kind}ByFrame`]);
      t[`${kind}Both`] = t[`${kind}Basic`] + t[`${kind}TruePeak`];
    }
    results[channels] = t;
  }

  const slipsAlone = results[34].readingsSlips - results[34].readingsCopied;
  const rows = [
    ['WASM SIMD, basic set', 'wasmBasic'],
    ['WASM SIMD, basic + true peak', 'wasmBoth'],
    ['the same, a line-up tone on every channel', 'wasmTone'],
    ['the same, a constant value on every channel', 'wasmConstant'],
    ['readings with digital peak and true peak', 'readingsPeak'],
    ['readings with PPM and true peak', 'readingsPpm'],
    ['readings with VU and true peak', 'readingsVu'],
    ['readings with PPM, hum and channel pairs', 'readingsAll'],
    ['readings with PPM and true peak (and a copy of each block)', 'readingsCopied'],
    ['readings with PPM, and slips on banks of eight that are searched (and a copy of each block)', 'readingsSlips'],
    ['readings with PPM, and slips on banks of noise (and a copy of each block)', 'readingsSlipsNoise'],
    ['watch for S/MUX, bursts and hash: sound', 'foreignSound'],
    ['watch for S/MUX, bursts and hash: hash on every bank', 'foreignHash'],
    ['loudness of one pair (per sample of the pair)', 'loudness'],
    ['TypeScript twin, basic set', 'twinBasic'],
    ['TypeScript twin, basic + true peak', 'twinBoth'],
    ['C -O3 scalar, basic set', 'scalarBasic'],
    ['C -O3 scalar, basic + true peak', 'scalarBoth'],
    ['C -O3 auto-vectorised, basic set', 'vectorisedBasic'],
    ['C -O3 auto-vectorised, basic + true peak', 'vectorisedBoth'],
    ['C -O3 -march=native, basic set', 'nativeBasic'],
    ['C -O3 -march=native, basic + true peak', 'nativeBoth'],
    ['libebur128, sample peak (with K-weighting)', 'ebur128Sample'],
    ['libebur128, true peak (with K-weighting)', 'ebur128True'],
  ];
  const ratios = [
    ['WASM basic / C scalar basic', (t) => t.wasmBasic / t.scalarBasic, '<= 0.5'],
    ['WASM basic + true peak / C scalar both', (t) => t.wasmBoth / t.scalarBoth, ''],
    ['WASM basic + true peak / libebur128 true peak', (t) => t.wasmBoth / t.ebur128True, '<= 0.15'],
    ['the same, K-weighting taken off libebur128', (t) => t.wasmBoth / (t.ebur128True - t.ebur128Sample), ''],
    ['readings with PPM and true peak / libebur128 true peak', (t) => t.readingsPpm / t.ebur128True, '<= 0.2'],
    [
      'slips on banks that are searched / C scalar both',
      (t) => (t.readingsSlips - t.readingsCopied) / t.scalarBoth,
      '',
    ],
    ['slips on banks of noise / C scalar both', (t) => (t.readingsSlipsNoise - t.readingsCopied) / t.scalarBoth, ''],
    ['twin basic + true peak / WASM', (t) => t.twinBoth / t.wasmBoth, ''],
  ];
  const table = [
    `| | ${channelCounts.map((n) => `${n} channels`).join(' | ')} |`,
    `|---|${channelCounts.map(() => '---:').join('|')}|`,
    ...rows.map(([label, key]) => `| ${label} | ${channelCounts.map((n) => results[n][key].toFixed(2)).join(' | ')} |`),
  ];
  const ratioTable = [
    `| Ratio | ${channelCounts.map((n) => `${n} channels`).join(' | ')} | goal |`,
    `|---|${channelCounts.map(() => '---:').join('|')}|---|`,
    ...ratios.map(
      ([label, f, goal]) =>
        `| ${label} | ${channelCounts.map((n) => f(results[n]).toFixed(3)).join(' | ')} | ${goal} |`,
    ),
  ];
  const share = (key) => ((results[34][key] * 34 * 48000) / 1e7).toFixed(2);
  const page = `# What a sample costs

Nanoseconds of processor time per sample per channel; blocks of ${frames} frames, interleaved 24-in-32-bit noise and tones. The contestants
take turns; each figure is the median of ${rounds} rounds of ${roundMs} ms. Load average at the end: ${loadavg()[0].toFixed(1)}.

    npm run bench

Machine: ${cpus()[0].model.trim()}, ${cpus().length} cores, ${process.arch}, Node ${process.version}, ${execFileSync('gcc', ['--version']).toString().split('\n')[0]}.

The basic set: peak, sum, sum of squares, OR, AND, equality count, overs and clips, equality and zero masks. C is
\`test/bench/native.c\`, the faster of its two loop orders, baseline x86-64 unless it says native; its true peak has the
same folded filter with 64-bit sums. libebur128 always runs its K-weighting, on the first six channels alone: the ratio that says so takes it off.

${table.join('\n')}

${ratioTable.join('\n')}

34 channels at 48 kHz: basic set and true peak take ${share('wasmBoth')} % of one core, readings with PPM and true peak ${share('readingsPpm')} %, with
hum and channel pairs ${share('readingsAll')} %, with slips ${share('readingsSlips')} %. Goals here: readings with one ballistic and true peak <= 4.8 ns
(${results[34].readingsPpm.toFixed(2)}), with slips <= 8 ns (${(results[34].readingsPpm + slipsAlone).toFixed(2)}; ${results[34].readingsSlips.toFixed(2)} with the copy of each block, which stands for the driver's), of which
the slips alone <= 4 ns (${slipsAlone.toFixed(2)}). The watch for foreign data takes ${share('foreignSound')} % of a core, and
${share('foreignHash')} % while hash stands on every bank.
`;
  mkdirSync(join(root, 'docs'), { recursive: true });
  writeFileSync(join(root, 'docs', 'bench.md'), page);
  process.stdout.write(page);
} finally {
  rmSync(build, { recursive: true, force: true });
}
