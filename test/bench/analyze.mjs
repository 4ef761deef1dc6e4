// What `lightkeeper analyze` costs beside `sox stats` and ffmpeg's `astats`, on the same take, in one run. Writes
// docs/analyze-speed.md. Needs sox and ffmpeg; run by `npm run bench:analyze -- --takes 4x2,4x16,4x34,60x16` (an hour of 16 channels: 8 GB
// of disk, five minutes).
import { execFileSync } from 'node:child_process';
import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const { values: chosen } = parseArgs({
  options: {
    /** Minutes x channels. */
    takes: { type: 'string', default: '4x2,4x16,4x34' },
    /** Each contestant so often; the least time counts. Who takes more than a minute: once. */
    rounds: { type: 'string', default: '3' },
  },
});
const TAKES = chosen.takes.split(',').map((take) => take.split('x').map(Number));
const ROUNDS = Number(chosen.rounds);
const LONG_S = 60;
const RATE_HZ = 48_000;
const PERIOD_S = 20;

/** RF64 at need: tones that swell, with noise, of their own on every channel; 24 bits; 20 s over and over. */
function writeTake(path, minutes, channels) {
  const fd = openSync(path, 'w');
  const bytes = minutes * 60 * RATE_HZ * channels * 3;
  const head = Buffer.alloc(80);
  const large = bytes > 0xffff_0000;
  head.write(large ? 'RF64' : 'RIFF', 0);
  head.writeUInt32LE(large ? 0xffff_ffff : 72 + bytes, 4);
  head.write('WAVE', 8);
  head.write(large ? 'ds64' : 'JUNK', 12);
  head.writeUInt32LE(28, 16);
  if (large) {
    head.writeBigUInt64LE(BigInt(72 + bytes), 20);
    head.writeBigUInt64LE(BigInt(bytes), 28);
    head.writeBigUInt64LE(BigInt(bytes / channels / 3), 36);
  }
  head.write('fmt ', 48);
  head.writeUInt32LE(16, 52);
  head.writeUInt16LE(1, 56);
  head.writeUInt16LE(channels, 58);
  head.writeUInt32LE(RATE_HZ, 60);
  head.writeUInt32LE(RATE_HZ * channels * 3, 64);
  head.writeUInt16LE(channels * 3, 68);
  head.writeUInt16LE(24, 70);
  head.write('data', 72);
  head.writeUInt32LE(large ? 0xffff_ffff : bytes, 76);
  writeSync(fd, head);
  const period = Buffer.alloc(PERIOD_S * RATE_HZ * channels * 3);
  let seed = 1;
  for (let n = 0, at = 0; n < PERIOD_S * RATE_HZ; n++) {
    for (let c = 0; c < channels; c++, at += 3) {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) | 0;
      const swell = 0.5 - 0.4 * Math.cos((2 * Math.PI * n * (1 + (c % 5))) / (PERIOD_S * RATE_HZ));
      const tone = Math.sin((2 * Math.PI * (100 + 37 * c) * n) / RATE_HZ) * swell * 2 ** 21;
      period.writeIntLE(Math.round(tone) + (seed >> 14), at, 3);
    }
  }
  for (let left = bytes; left > 0; left -= period.length) writeSync(fd, period, 0, Math.min(left, period.length));
  // Or the disk would be written to while the first of them reads.
  fsyncSync(fd);
  closeSync(fd);
}

/** Processor and wall seconds of a command, by the shell, on its standard output; null: it refused. */
function seconds(command, args) {
  const script = 'TIMEFORMAT="%U %S %R"; { time "$@" >/dev/null 2>/dev/null; } 2>&1';
  try {
    const [user, system, wall] = execFileSync('bash', ['-c', script, 'bash', command, ...args], { encoding: 'utf8' })
      .trim()
      .split(/\s+/)
      .map(Number);
    return { cpu: user + system, wall };
  } catch {
    return null;
  }
}

const work = mkdtempSync(join(tmpdir(), 'lightkeeper-analyze-'));
const rows = [];
const walls = [];
try {
  for (const [minutes, channels] of TAKES) {
    const take = join(work, 'take.wav');
    writeTake(take, minutes, channels);
    const contestants = {
      analyze: [process.execPath, [join(root, 'dist/cli-entry.js'), 'analyze', take, '--json']],
      sox: ['sox', ['--ignore-length', take, '-n', 'stats']],
      astats: ['ffmpeg', ['-v', 'error', '-i', take, '-af', 'astats', '-f', 'null', '-']],
    };
    const best = {};
    for (let round = 0; round < ROUNDS; round++) {
      for (const [name, [command, args]] of Object.entries(contestants)) {
        if (best[name]?.wall > LONG_S) continue;
        const took = seconds(command, args);
        if (took === null) continue;
        const { cpu, wall } = best[name] ?? took;
        best[name] = { cpu: Math.min(cpu, took.cpu), wall: Math.min(wall, took.wall) };
      }
    }
    const samples = minutes * 60 * RATE_HZ * channels;
    const cell = (took) =>
      took === undefined ? 'refuses' : `${took.cpu.toFixed(2)} s (${((took.cpu * 1e9) / samples).toFixed(1)} ns)`;
    const wall = (took) => (took === undefined ? 'refuses' : `${took.wall.toFixed(2)} s`);
    const ratio = (took, kind) => (took === undefined ? '' : (best.analyze[kind] / took[kind]).toFixed(2));
    const names = ['analyze', 'sox', 'astats'];
    for (const [table, show, kind] of [
      [walls, wall, 'wall'],
      [rows, cell, 'cpu'],
    ]) {
      const cells = [...names.map((name) => show(best[name])), ratio(best.sox, kind), ratio(best.astats, kind)];
      table.push(`| ${[minutes, channels, ...cells].join(' | ')} |`);
    }
    rmSync(take);
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}
const version = (command, args) => execFileSync(command, args, { encoding: 'utf8' }).split('\n')[0].trim();
const page = `# How fast a take is analysed

\`lightkeeper analyze\` gives all readings, hum, copies, loudness of the channels in pairs, and the verdict with its slips; \`sox stats\` and
ffmpeg's \`astats\` give peak, RMS, DC and the like. All three read the same takes (24 bits, 48 kHz) in one run.
\`analyze\` works in up to three threads where there are cores and four channels: of two one looks for slips and weighs a quarter of the loudness, the other
reads what a helper of the runtime has fetched, meters, and weighs the rest; of three one has the loudness to itself. Start and end of the program are within; the least of ${ROUNDS}, of what takes more than a minute the only one. Load average at the end: ${loadavg()[0].toFixed(1)}.

    npm run bench:analyze -- --takes ${chosen.takes}

How long one waits:

| minutes | channels | analyze | sox stats | ffmpeg astats | analyze / sox | analyze / astats |
|---:|---:|---:|---:|---:|---:|---:|
${walls.join('\n')}

Processor time of all threads together; in brackets by sample and channel:

| minutes | channels | analyze | sox stats | ffmpeg astats | analyze / sox | analyze / astats |
|---:|---:|---:|---:|---:|---:|---:|
${rows.join('\n')}

Machine: ${cpus()[0].model.trim()}, ${cpus().length} cores, ${process.arch}, Node ${process.version}; ${version('sox', ['--version'])}; ${version('ffmpeg', ['-version'])}.
`;
writeFileSync(join(root, 'docs', 'analyze-speed.md'), page);
process.stdout.write(page);
