// Fetches the sound of some Debian packages and decodes it to mono float files in test/.cache/slip. Nothing of it is kept in git.
// Two sets from different packages: detectors are tuned on `tune`, and reported on `report`.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, extname, join } from 'node:path';

export const cache = join(import.meta.dirname, '../../test/.cache/slip');
const manifestFile = join(cache, 'manifest.json');

const drumkits = 'usr/share/hydrogen/data/drumkits';
/** set, class, package, folder in it, seconds of each file at most, number of files at most, name filter */
const sources = [
  ['tune', 'orchestral', 'wesnoth-1.16-music', 'usr/share/games/wesnoth', 90, 12, /./],
  ['tune', 'electronic', 'supertuxkart-data', 'usr/share/games/supertuxkart/data/music', 60, 16, /./],
  ['tune', 'speech', 'hedgewars-data', 'usr/share/games/hedgewars/Data/Sounds/voices', 5, 400, /./],
  ['tune', 'drums', 'hydrogen-drumkits', drumkits, 4, 400, /(Audiophob|BJA|Colombo|Electric|Forzee|Gimme)/],
  ['tune', 'guitar', 'fluid-soundfont-gm', 'riffs', 60, 6, /./],
  ['report', 'orchestral', '0ad-data', 'unzipped', 90, 16, /./],
  ['report', 'electronic', 'hedgewars-data', 'usr/share/games/hedgewars/Data/Music', 60, 16, /./],
  ['report', 'speech', 'klettres-data', 'usr/share', 5, 700, /./],
  ['report', 'drums', 'hydrogen-drumkits', drumkits, 4, 400, /(Pearl|Millo|circ|rumpf|Vari)/],
  ['report', 'drums', 'sonic-pi-samples', 'usr/share', 4, 60, /\/(drum|sn|bd|hat|tabla)_/],
  ['report', 'guitar', 'sonic-pi-samples', 'usr/share', 20, 8, /guit_/],
];

function walk(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.(ogg|wav|flac|mp3)$/i.test(entry.name))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
}

function fetchPackage(name) {
  const home = join(cache, 'pkg', name);
  if (existsSync(home)) return home;
  mkdirSync(home, { recursive: true });
  const debs = join(cache, 'deb');
  mkdirSync(debs, { recursive: true });
  execFileSync('apt-get', ['download', name], { cwd: debs, stdio: ['ignore', 'ignore', 'inherit'] });
  const deb = readdirSync(debs).find((file) => file.startsWith(`${name}_`));
  execFileSync('dpkg', ['-x', join(debs, deb), home]);
  rmSync(join(debs, deb));
  return home;
}

/** Some packages need a step of their own before their sound can be read. */
function prepare(name, home) {
  if (name === '0ad-data' && !existsSync(join(home, 'unzipped')))
    execFileSync('unzip', [
      '-q',
      '-o',
      '-j',
      join(home, 'usr/share/games/0ad/mods/public/public.zip'),
      'audio/music/*',
      '-d',
      join(home, 'unzipped'),
    ]);
  if (name === 'fluid-soundfont-gm' && !existsSync(join(home, 'riffs'))) renderRiffs(home);
}

/** Riffs on the sound font's recorded electric guitars (programs 27, 29, 30), one MIDI file each. */
function renderRiffs(home) {
  mkdirSync(join(home, 'riffs'));
  const soundFont = join(home, 'usr/share/sounds/sf2/FluidR3_GM.sf2');
  [27, 29, 30, 29, 30, 28].forEach((program, index) => {
    let seed = 17 + index;
    const random = () => {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
      return seed / 2 ** 32;
    };
    const bytes = [0, 0xc0, program];
    const delta = (ticks) => (ticks > 127 ? [0x80 | (ticks >> 7), ticks & 127] : [ticks]);
    for (let note = 0; note < 240; note++) {
      const root = 40 + [0, 3, 5, 7, 10, 12][Math.floor(random() * 6)];
      const chord = random() < 0.5 ? [root, root + 7, root + 12] : [root + 12];
      chord.forEach((key) => {
        bytes.push(0, 0x90, key, 70 + Math.floor(random() * 55));
      });
      chord.forEach((key, at) => {
        bytes.push(...delta(at === 0 ? (random() < 0.3 ? 480 : 240) : 0), 0x80, key, 0);
      });
    }
    bytes.push(0, 0xff, 0x2f, 0);
    const track = Buffer.from(bytes);
    const head = Buffer.from([
      0x4d, 0x54, 0x68, 0x64, 0, 0, 0, 6, 0, 0, 0, 1, 0x01, 0xe0, 0x4d, 0x54, 0x72, 0x6b, 0, 0, 0, 0,
    ]);
    head.writeUInt32BE(track.length, 18);
    const midi = join(home, 'riffs', `riff${index}.mid`);
    writeFileSync(midi, Buffer.concat([head, track]));
    execFileSync(
      'fluidsynth',
      [
        '-ni',
        '-q',
        '-R',
        '0',
        '-C',
        '0',
        '-r',
        '44100',
        '-F',
        join(home, 'riffs', `riff${index}.wav`),
        soundFont,
        midi,
      ],
      { stdio: 'ignore' },
    );
  });
}

function decode(file, out, seconds, filters) {
  const filter = filters ? ['-af', filters] : [];
  execFileSync(
    'ffmpeg',
    ['-v', 'error', '-y', '-t', String(seconds), '-i', file, ...filter, '-f', 'f32le', '-c:a', 'pcm_f32le', out],
    { stdio: ['ignore', 'ignore', 'ignore'] },
  );
}

/** Returns the manifest, building what is missing: [{set, kind, package, file, channels, rateHz, frames}]. */
export function corpus() {
  if (existsSync(manifestFile)) return JSON.parse(readFileSync(manifestFile, 'utf8'));
  const entries = [];
  for (const [set, kind, name, folder, seconds, limit, filter] of sources) {
    const home = fetchPackage(name);
    prepare(name, home);
    const all = walk(join(home, folder)).filter((file) => filter.test(file) && statSync(file).size > 3000);
    const step = Math.max(1, all.length / limit);
    const raw = join(cache, 'raw', set, kind);
    mkdirSync(raw, { recursive: true });
    for (let i = 0; i < Math.min(limit, all.length); i++) {
      const file = all[Math.floor(i * step)];
      const probe = execFileSync('ffprobe', [
        '-v',
        'error',
        '-select_streams',
        'a:0',
        '-show_entries',
        'stream=sample_rate,channels',
        '-of',
        'csv=p=0',
        file,
      ])
        .toString()
        .trim()
        .split(',');
      const [rateHz, channels] = probe.map(Number);
      if (rateHz !== 44100 || !(channels === 1 || channels === 2)) continue;
      const stem = join(raw, `${entries.length}-${basename(file, extname(file)).replace(/[^\w]/g, '_')}`);
      const shape = kind === 'speech' ? 'silenceremove=start_periods=1:start_threshold=-50dB' : '';
      const distort = kind === 'guitar' ? 'volume=24dB,asoftclip=tanh:oversample=4,volume=-6dB' : '';
      const base = [shape, distort].filter(Boolean).join(',');
      // Native (44.1 k samples as they are), and resampled to 48 and 96 k.
      for (const rate of [44100, 48000, 96000]) {
        if (rate !== 44100 && kind !== 'drums' && kind !== 'speech' && i % 2 === 1) continue;
        const out = `${stem}.${rate}.f32`;
        const resample = rate === 44100 ? '' : `aresample=${rate}:filter_size=64:cutoff=0.97`;
        decode(file, out, rate === 96000 ? Math.min(seconds, 30) : seconds, [base, resample].filter(Boolean).join(','));
        const frames = statSync(out).size / 4 / channels;
        if (frames > 2000) entries.push({ set, kind, package: name, file: out, channels, rateHz: rate, frames });
      }
    }
  }
  writeFileSync(manifestFile, JSON.stringify(entries));
  return entries;
}

if (process.argv[1] === import.meta.filename) {
  const minutes = {};
  for (const entry of corpus().filter((e) => e.rateHz === 44100)) {
    const key = `${entry.set} ${entry.kind} ${entry.package}`;
    minutes[key] = (minutes[key] ?? 0) + entry.frames / entry.rateHz / 60;
  }
  console.log(minutes);
}
