// Real recordings from Debian packages, unpacked into test/.cache (never committed) and decoded to WAV there.
// Needs apt-get, dpkg-deb, ffmpeg and sox.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const cache = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '.cache');

/** What each package holds: rehearsals of distorted guitar with their mixes, electronic and orchestral music, drums, speech. */
export const PACKAGES = [
  'fretsonfire-songs-muldjord',
  'fretsonfire-songs-sectoid',
  'singularity-music',
  'drascula-music',
  'planetblupi-music-ogg',
  'sonic-pi-samples',
  'hydrogen-drumkits',
  'asterisk-core-sounds-en-wav',
];

function run(program, args, options = {}) {
  return execFileSync(program, args, { stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 1 << 30, ...options });
}

function unpack(name) {
  const target = join(cache, 'clips', name);
  if (existsSync(target)) return target;
  const debs = join(cache, 'debs');
  mkdirSync(debs, { recursive: true });
  let deb = readdirSync(debs).find((file) => file.startsWith(`${name}_`));
  if (!deb) {
    process.stdout.write(`fetching ${name}\n`);
    run('apt-get', ['download', name], { cwd: debs });
    deb = readdirSync(debs).find((file) => file.startsWith(`${name}_`));
  }
  mkdirSync(`${target}.part`, { recursive: true });
  run('dpkg-deb', ['-x', join(debs, deb), `${target}.part`]);
  renameSync(`${target}.part`, target);
  return target;
}

function walk(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? walk(path) : /\.(wav|flac|ogg)$/i.test(entry.name) ? [path] : [];
  });
}

/** All audio files of a package, in order of their names. */
export function audioFiles(name) {
  return walk(unpack(name)).sort();
}

/** A stretch of a file as WAV, at a rate and depth, made once. Without from and seconds the whole file. */
export function asWav(path, { rateHz, bits, from, seconds } = {}) {
  const key = createHash('sha1')
    .update(JSON.stringify([relative(cache, path), rateHz, bits, from, seconds]))
    .digest('hex');
  const out = join(cache, 'wav', `${key.slice(0, 16)}.wav`);
  if (!existsSync(out)) {
    mkdirSync(dirname(out), { recursive: true });
    const cut = [
      ...(from === undefined ? [] : ['-ss', String(from)]),
      ...(seconds === undefined ? [] : ['-t', String(seconds)]),
    ];
    const rate = rateHz ? ['-ar', String(rateHz)] : [];
    run('ffmpeg', [
      '-v',
      'error',
      '-y',
      ...cut,
      '-i',
      path,
      ...rate,
      '-c:a',
      `pcm_s${bits ?? 16}le`,
      '-f',
      'wav',
      `${out}.part`,
    ]);
    renameSync(`${out}.part`, out);
  }
  return out;
}

export function info(path) {
  const [rateHz, channels, bits, seconds] = ['-r', '-c', '-b', '-D'].map((flag) =>
    Number(run('soxi', [flag, path]).toString()),
  );
  return { rateHz, channels, bits, seconds };
}

/** Samples as left-justified 32-bit words, interleaved. */
export function samples(wav) {
  const raw = run('sox', [wav, '-t', 'raw', '-e', 'signed', '-b', '32', '-L', '-']);
  return new Int32Array(raw.buffer.slice(raw.byteOffset, raw.byteOffset + (raw.length & ~3)));
}

/** tune: free to look at while thresholds are chosen; report: only ever measured. By the file's path, for ever. */
export function isTune(path) {
  return createHash('sha1').update(relative(cache, path)).digest()[0] % 3 === 0;
}
