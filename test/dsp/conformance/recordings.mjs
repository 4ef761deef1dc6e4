// Real recordings: our readings beside those of sox stats, ffmpeg astats and ffmpeg ebur128; hum and flat-top detectors on
// clean clips and on clips with known faults put in. Writes docs/recordings.md. Run by `npm run conformance:recordings`.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { asWav, audioFiles, info, isTune, PACKAGES, samples } from './clips.mjs';
import { lib, randomSource } from './lib.mjs';

const docs = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..', 'docs');
const FULL = 8388607;

/** Reads words through the file reader; `change` may alter a block before it is pushed. */
function read(words, { rateHz, channels, bits }, change) {
  const reader = lib.createFileReader(lib.kernels, { channels, rateHz, validBits: Math.min(24, bits) });
  const step = reader.blockFrames * channels;
  for (let at = 0; at < words.length; at += step) {
    const part = words.subarray(at, Math.min(words.length, at + step));
    reader.input.set(part);
    change?.(reader.input, part.length / channels, at / channels);
    reader.push(Math.floor(part.length / channels));
  }
  return reader.finish();
}

function ask(program, args) {
  const result = spawnSync(program, args, { encoding: 'utf8', maxBuffer: 1 << 28 });
  if (result.status !== 0) throw new Error(`${program} ${args.join(' ')}: ${result.stderr}`);
  return result.stderr;
}

function soxStats(wav, channels) {
  const text = ask('sox', [wav, '-n', 'stats']);
  const values = (name) => {
    const cells = new RegExp(`^${name}\\s+(.*)$`, 'm').exec(text)[1].trim().split(/\s+/);
    // With several channels the first column is the overall value.
    return (channels === 1 ? cells : cells.slice(1)).map((cell) => (cell === '-inf' ? Number.NEGATIVE_INFINITY : cell));
  };
  const peak = values('Pk lev dB').map(Number);
  const rms = values('RMS lev dB').map(Number);
  const dc = values('DC offset').map(Number);
  const bits = values('Bit-depth').map((cell) => Number(String(cell).split('/')[1]));
  return peak.map((_, c) => ({ peak: peak[c], rms: rms[c], dc: dc[c], bits: bits[c] }));
}

function astats(wav, channels) {
  const text = ask('ffmpeg', [
    '-hide_banner',
    '-nostats',
    '-i',
    wav,
    '-af',
    'astats=measure_overall=none',
    '-f',
    'null',
    '-',
  ]);
  const values = (name) =>
    [...text.matchAll(new RegExp(`${name}: (\\S+)`, 'g'))]
      .slice(0, channels)
      .map((m) => (m[1] === '-inf' ? Number.NEGATIVE_INFINITY : m[1]));
  const peak = values('Peak level dB').map(Number);
  const rms = values('RMS level dB').map(Number);
  const dc = values('DC offset').map(Number);
  return peak.map((_, c) => ({ peak: peak[c], rms: rms[c], dc: dc[c] }));
}

function ebur128(wav) {
  const text = ask('ffmpeg', ['-hide_banner', '-nostats', '-i', wav, '-af', 'ebur128=peak=true', '-f', 'null', '-']);
  const summary = text.slice(text.lastIndexOf('Summary:'));
  const value = (pattern) => Number(pattern.exec(summary)?.[1] ?? Number.NaN);
  return {
    integrated: value(/I:\s+(-?[\d.]+|-inf) LUFS/),
    range: value(/LRA:\s+(-?[\d.]+) LU/),
    truePeak: value(/Peak:\s+(-?[\d.]+|-inf) dBFS/),
  };
}

const worst = (values) => values.filter(Number.isFinite).reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a), 0);
const label = (path) =>
  basename(path)
    .replace(/\.[^.]+$/, '')
    .slice(0, 28);

// ---- Other tools ------------------------------------------------------------------------------------------------------

/** Files of several kinds; every music file in four forms: as it is, and as 24-bit at 96 and 192 kHz, 16-bit at 48 kHz. */
function comparisonSet() {
  const set = [];
  const pick = (name, count, wanted = () => true) => audioFiles(name).filter(wanted).slice(0, count);
  // rand-stream is a table of random numbers in a WAV file, not a recording.
  for (const path of pick('sonic-pi-samples', 4, (p) => info(p).seconds > 3 && !p.includes('rand-stream')))
    set.push({ path });
  for (const path of pick('hydrogen-drumkits', 4, (p) => info(p).bits === 24 && info(p).seconds > 1))
    set.push({ path, bits: 24 });
  for (const path of pick('asterisk-core-sounds-en-wav', 3, (p) => info(p).seconds > 4)) set.push({ path });
  for (const name of [
    'fretsonfire-songs-muldjord',
    'fretsonfire-songs-sectoid',
    'singularity-music',
    'drascula-music',
    'planetblupi-music-ogg',
  ]) {
    for (const [index, path] of pick(name, 4, (p) => info(p).seconds > 100).entries()) {
      const forms = [
        { rateHz: 44100, bits: 24 },
        { rateHz: 48000, bits: 16 },
        { rateHz: 96000, bits: 24 },
        { rateHz: 192000, bits: 24 },
      ];
      set.push({ path, from: 30, seconds: 40, ...forms[index] });
    }
  }
  return set;
}

const rows = [];
for (const item of comparisonSet()) {
  const wav = asWav(item.path, item);
  const form = info(wav);
  const ours = read(samples(wav), form);
  const sox = soxStats(wav, form.channels);
  const stats = astats(wav, form.channels);
  // Loudness is claimed from 44.1 kHz up: below, the bilinear transform bends the shelf (8 kHz speech reads 0.2 LU low).
  const loud = form.rateHz >= 44100 && form.seconds > 4 ? ebur128(wav) : undefined;
  const per = (make) => worst(ours.channels.map((c, i) => make(c, i)));
  const dc = (c) => c.dcSteps / 8388608;
  rows.push({
    name: label(item.path),
    form,
    soxPeak: per((c, i) => c.peakDbX100 / 100 - sox[i].peak),
    soxRms: per((c, i) => c.rmsDbX100 / 100 - sox[i].rms),
    soxDc: per((c, i) => dc(c) - sox[i].dc),
    soxBits: per((c, i) => c.bitsUsed - sox[i].bits),
    ffPeak: per((c, i) => c.peakDbX100 / 100 - stats[i].peak),
    ffRms: per((c, i) => c.rmsDbX100 / 100 - stats[i].rms),
    ffDc: per((c, i) => dc(c) - stats[i].dc),
    integrated: loud ? ours.loudness[0].integratedX100 / 100 - loud.integrated : Number.NaN,
    range: loud ? ours.loudness[0].rangeX100 / 100 - loud.range : Number.NaN,
    truePeak: loud ? ours.loudness[0].truePeakDbX100 / 100 - loud.truePeak : Number.NaN,
  });
  process.stdout.write(`compared ${label(item.path)} ${form.rateHz} Hz\n`);
}

const number = (value, digits = 2) => (Number.isNaN(value) ? '' : value.toFixed(digits).replace(/^-(0\.?0*)$/, '$1'));
const COLUMNS = [
  ['sox peak dB', (r) => number(r.soxPeak)],
  ['sox RMS dB', (r) => number(r.soxRms)],
  ['sox DC', (r) => number(r.soxDc, 6)],
  ['sox bits', (r) => String(r.soxBits)],
  ['astats peak dB', (r) => number(r.ffPeak)],
  ['astats RMS dB', (r) => number(r.ffRms)],
  ['astats DC', (r) => number(r.ffDc, 6)],
  ['ebur128 I LU', (r) => number(r.integrated)],
  ['LRA LU', (r) => number(r.range)],
  ['true peak dB', (r) => number(r.truePeak)],
];
const LIMITS = {
  soxPeak: 0.0101,
  soxRms: 0.0101,
  soxDc: 1e-6,
  soxBits: 0,
  ffPeak: 0.0101,
  ffRms: 0.0101,
  ffDc: 1e-6,
  integrated: 0.1,
  range: 1,
  truePeak: 0.3,
};
const table = [
  `| Recording | form | ${COLUMNS.map(([name]) => name).join(' | ')} |`,
  `|---|---|${COLUMNS.map(() => '---:').join('|')}|`,
  ...rows.map(
    (r) =>
      `| ${r.name} | ${r.form.rateHz / 1000} kHz, ${r.form.bits} bit, ${r.form.channels} ch | ${COLUMNS.map(([, value]) => value(r)).join(' | ')} |`,
  ),
];
const outOf = Object.entries(LIMITS).map(([key, limit]) => {
  const values = rows.map((r) => r[key]).filter((v) => !Number.isNaN(v));
  return {
    key,
    limit,
    largest: worst(values),
    out: values.filter((v) => Math.abs(v) > limit + 1e-9).length,
    count: values.length,
  };
});

// ---- Loudness range of whole programmes --------------------------------------------------------------------------------

// Tech 3342's cases 5 and 6 are two programmes that are not ours to have: narrow, 5 LU, and wide, 15 LU. In their stead stand two
// pieces whose range ffmpeg puts there, chosen by ffmpeg's figure alone.
const PROGRAMMES = [
  { like: 'case 5, narrow', nominal: 5, file: 'track8.ogg' },
  { like: 'case 6, wide', nominal: 15, file: 'track25.ogg' },
];
const programmeRows = PROGRAMMES.flatMap(({ like, nominal, file }) => {
  const path = audioFiles('drascula-music').find((one) => one.endsWith(`/audio/${file}`));
  return [44100, 48000, 96000, 192000].map((rateHz) => {
    const wav = asWav(path, { rateHz, bits: 24 });
    const ours = read(samples(wav), info(wav)).loudness[0].rangeX100 / 100;
    return { like, nominal, name: label(path), rateHz, ours, theirs: ebur128(wav).range };
  });
});
const programmesOut = programmeRows.filter(
  (r) => Math.abs(r.ours - r.nominal) > 1 || Math.abs(r.ours - r.theirs) > LIMITS.range,
).length;

// ---- Hum and flat tops -------------------------------------------------------------------------------------------------

const CLIP_S = 24;
const clips = [
  'fretsonfire-songs-muldjord',
  'fretsonfire-songs-sectoid',
  'singularity-music',
  'drascula-music',
  'planetblupi-music-ogg',
].flatMap((name) =>
  audioFiles(name)
    // One language of the game's music is enough: the others are the same files.
    .filter((path) => name !== 'drascula-music' || path.includes('/audio/'))
    .filter((path) => info(path).seconds > 3 * CLIP_S)
    .flatMap((path) => {
      const { seconds } = info(path);
      return [0.02, 0.5].map((part) => ({
        path,
        from: Math.round(seconds * part),
        tune: isTune(path),
        guitar: path.endsWith('guitar.ogg'),
      }));
    }),
);
const clean = {
  tune: { clips: 0, channels: 0, hum: [], flat: [] },
  report: { clips: 0, channels: 0, hum: [], flat: [] },
};
const guitars = { tune: { channels: 0, flat: 0 }, report: { channels: 0, flat: 0 } };
const cutTops = { tune: { channels: 0, found: 0 }, report: { channels: 0, found: 0 } };
for (const clip of clips) {
  const wav = asWav(clip.path, { bits: 24, from: clip.from, seconds: CLIP_S });
  const form = info(wav);
  const words = samples(wav);
  const set = clip.tune ? 'tune' : 'report';
  const result = read(words, form);
  clean[set].clips++;
  for (const channel of result.channels) {
    clean[set].channels++;
    if (channel.hum) clean[set].hum.push(`${label(clip.path)} ${clip.from} s`);
    if (channel.flatTop) clean[set].flat.push(`${label(clip.path)} ${clip.from} s`);
  }
  if (!clip.guitar) continue;
  for (const channel of result.channels) {
    guitars[set].channels++;
    if (channel.flatTop) guitars[set].flat++;
  }
  // The same guitar through a box that clips: 3 dB over its limit of -6 dBFS.
  for (const [c, channel] of result.channels.entries()) {
    if (channel.peakDbX100 < -4000) continue;
    const limit = Math.round(FULL * 10 ** (-6 / 20));
    const lift = 10 ** ((-3 - channel.peakDbX100 / 100) / 20);
    const cut = new Int32Array(words.length / form.channels);
    for (let n = 0; n < cut.length; n++) {
      const x = Math.round((words[n * form.channels + c] / 256) * lift);
      cut[n] = Math.max(-limit, Math.min(limit, x)) * 256;
    }
    cutTops[set].channels++;
    if (read(cut, { ...form, channels: 1 }).channels[0].flatTop) cutTops[set].found++;
  }
  process.stdout.write(`judged ${label(clip.path)}\n`);
}

// Hum put onto idle channels: a converter's noise at -110 dBFS (RMS), three harmonics.
const humRows = [];
for (const base of [50, 60]) {
  for (const db of [-50, -60, -70, -80, -90, -100, -110]) {
    const random = randomSource(base - db);
    const words = new Int32Array(48000 * 14);
    let squares = 0;
    for (let n = 0; n < words.length; n++) {
      const turn = (2 * Math.PI * base * 1.0006 * n) / 48000;
      const hum =
        10 ** (db / 20) * FULL * (Math.sin(turn) + 0.5 * Math.sin(2 * turn + 1) + 0.3 * Math.sin(3 * turn + 2));
      squares += hum * hum;
      const noise = (random() + random() + random() + random() - 2) * Math.sqrt(3) * FULL * 10 ** (-110 / 20);
      words[n] = Math.round(hum + noise) * 256;
    }
    const found = read(words, { rateHz: 48000, channels: 1, bits: 24 }).channels[0].hum;
    const exact = 10 * Math.log10(squares / words.length / FULL ** 2);
    humRows.push({ base, db, exact, found });
  }
}
// And onto real programme, quiet and loud.
const programme = [];
for (const clip of clips.filter((c) => !c.tune).slice(0, 12)) {
  const wav = asWav(clip.path, { bits: 24, from: clip.from, seconds: CLIP_S });
  const form = info(wav);
  const words = samples(wav);
  for (const db of [-50, -60, -70]) {
    const found = read(words, form, (input, frames, at) => {
      for (let n = 0; n < frames; n++) {
        const turn = (2 * Math.PI * 50 * (at + n)) / form.rateHz;
        const hum = Math.round(10 ** (db / 20) * FULL * (Math.sin(turn) + 0.5 * Math.sin(2 * turn + 1)));
        for (let c = 0; c < form.channels; c++) {
          const x = (input[n * form.channels + c] >> 8) + hum;
          input[n * form.channels + c] = Math.max(-8388608, Math.min(FULL, x)) * 256;
        }
      }
    });
    programme.push({ db, found: found.channels.some((c) => c.hum) });
  }
}

const counted = (list) => (list.length === 0 ? '0' : `${list.length} (${[...new Set(list)].join(', ')})`);
const share = (db) => {
  const list = programme.filter((p) => p.db === db);
  return `${list.filter((p) => p.found).length} of ${list.length}`;
};
writeFileSync(
  join(docs, 'recordings.md'),
  `# Meters on real recordings

    npm run conformance:recordings

Recordings from the Debian packages ${PACKAGES.join(', ')}: unpacked into \`test/.cache\`, not part of this repository. Coded
files (ogg) are decoded, cut and converted by ffmpeg first; then every tool reads the same WAV file.

## Beside sox and ffmpeg

Our reading less theirs; of several channels the one furthest off. DC is a part of full scale. Bits: used bits less sox's
second bit depth (the first leaves out unused top bits). astats divides a 16-bit mean by 32767. Loudness is compared from
44.1 kHz up; below, the bilinear transform bends the weighting (8 kHz speech reads 0.2 LU low). ffmpeg's summary has one decimal, so up to 0.05 of I, LRA and true peak is its rounding. Recordings below 4 s, and LRA
of anything short, say little.

${table.join('\n')}

| Reading | limit | largest difference | recordings over the limit |
|---|---:|---:|---:|
${outOf.map((o) => `| ${o.key} | ${o.limit} | ${number(o.largest, o.key.endsWith('Dc') ? 7 : 3)} | ${o.out} of ${o.count} |`).join('\n')}

## Loudness range of whole programmes

Tech 3342's cases 5 and 6 are two broadcast programmes that EBU hands out, of 5 and 15 LU +-1. They can't be made from the text, and
were not at hand. In their stead: two whole pieces of drascula-music whose range ffmpeg puts there.

| In the stead of | piece | rate | must read | ours LU | ffmpeg LU |
|---|---|---|---|---:|---:|
${programmeRows.map((r) => `| ${r.like} | ${r.name} | ${r.rateHz / 1000} kHz | ${r.nominal} +-1 LU | ${r.ours.toFixed(2)} | ${r.theirs.toFixed(1)} |`).join('\n')}

## False alarms on clean clips

Clips of ${CLIP_S} s, two of each file. A third of the files (by a hash of their names) are free for choosing thresholds; the
others are only ever measured.

| | files to tune | files to report |
|---|---:|---:|
| clips (channels) | ${clean.tune.clips} (${clean.tune.channels}) | ${clean.report.clips} (${clean.report.channels}) |
| channels with hum | ${counted(clean.tune.hum)} | ${counted(clean.report.hum)} |
| channels with flat tops | ${counted(clean.tune.flat)} | ${counted(clean.report.flat)} |
| of these distorted guitar: channels | ${guitars.tune.channels} | ${guitars.report.channels} |
| distorted guitar with flat tops | ${guitars.tune.flat} | ${guitars.report.flat} |
| the same guitar cut 3 dB over a limit of -6 dBFS: found | ${cutTops.tune.found} of ${cutTops.tune.channels} | ${cutTops.report.found} of ${cutTops.report.channels} |

The guitars reached us lossily coded: whatever was flat before is so no longer, so this shows that distortion as such raises no
alarm, not that every clipped track is found. The cut is made after decoding, on the clip's loudest peak: where only a note or
two reach it, there are too few flat blocks in a second (three) to be sure of.

## Hum on idle channels

Noise of -110 dBFS RMS, a fundamental at the level named (peak) with its second and third harmonic, 0.06 % off 50 or 60 Hz, 14 s.

| Hum | true RMS dBFS | found | level dBFS | off by dB |
|---|---:|---|---:|---:|
${humRows.map((r) => `| ${r.base} Hz at ${r.db} | ${r.exact.toFixed(2)} | ${r.found ? `${r.found.baseHz} Hz` : 'no'} | ${r.found ? (r.found.levelDbX100 / 100).toFixed(2) : ''} | ${r.found ? (r.found.levelDbX100 / 100 - r.exact).toFixed(2) : ''} |`).join('\n')}

Under programme hum is looked for in quiet stretches alone. Put onto 12 clips of music it was found at -50 dBFS in ${share(-50)}, at
-60 dBFS in ${share(-60)}, at -70 dBFS in ${share(-70)}: listen to an idle channel.
`,
);
const faults = programmesOut + outOf.reduce((sum, o) => sum + o.out, 0) + clean.report.hum.length + guitars.report.flat;
process.stdout.write(`${JSON.stringify({ outOf, clean, guitars, cutTops }, null, 1)}\n`);
process.exitCode = faults === 0 ? 0 : 1;
