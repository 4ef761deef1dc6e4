// Meters against the standards' own tables, at 44.1, 48, 96 and 192 kHz. Writes docs/conformance.md and
// docs/true-peak-error.svg; leaves with 1 when a row is out of tolerance. Run by `npm run conformance`.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as cases from './cases.mjs';
import { lib, randomSource } from './lib.mjs';

const docs = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..', 'docs');
const rates = [44100, 48000, 96000, 192000];
const groups = [
  ['Programme meters, IEC 60268-10', cases.ppm],
  ['Volume meters: IEC 60268-17 and K-System', cases.volumeMeters],
  ['Digital peak meter, IEC 60268-18', cases.digitalPeak],
  ['RMS and AES17', cases.rms],
  ['Loudness and true peak, EBU Tech 3341', cases.tech3341],
  ['Loudness range, EBU Tech 3342', cases.tech3342],
  ['Against double precision, before quantisation', (l, rateHz) => cases.accuracy(l, rateHz, randomSource(1))],
  ['Programme meters against double precision, same samples', cases.ppmAccuracy],
];

let failed = 0;
let passed = 0;
const parts = [];
for (const [title, make] of groups) {
  const byRate = rates.map((rateHz) => make(lib, rateHz));
  const lines = byRate[0].map((first, i) => {
    const cells = byRate.map((rows) => {
      const r = rows[i];
      if (r.ok) passed++;
      else failed++;
      const digits = r.standard === 'accuracy' ? 4 : r.unit === 's' ? 3 : 2;
      return `${r.measured.toFixed(digits)}${r.ok ? '' : ' **out**'}`;
    });
    return `| ${first.name} | ${first.expected} ${first.unit} | ${cells.join(' | ')} |`;
  });
  parts.push(
    `## ${title}\n\n| Signal | must read | ${rates.map((r) => `${r / 1000} kHz`).join(' | ')} |\n|---|---|${rates.map(() => '---:').join('|')}|\n${lines.join('\n')}`,
  );
  process.stdout.write(`${title}: done\n`);
}

const points = cases.truePeakError(lib);
writeFileSync(join(docs, 'true-peak-error.svg'), plot(points));
const within = (limit) => points.filter((p) => p.f <= limit);
const lowest = (list) => Math.min(...list.map((p) => p.low)).toFixed(2);
const highest = (list) => Math.max(...list.map((p) => p.high)).toFixed(2);

mkdirSync(docs, { recursive: true });
writeFileSync(
  join(docs, 'conformance.md'),
  `# Meters against the standards' tables

    npm run conformance

${passed} readings within tolerance, ${failed} out. Signals are synthesised from the standards' texts at each rate, 24 bits, by
\`test/dsp/conformance/cases.mjs\`. Not here: Tech 3341 cases 7 and 8 and Tech 3342 cases 5 and 6, which are recordings of
programmes that EBU hands out (others stand in for them in [recordings.md](recordings.md)). What each reading means: [metering.md](metering.md).

Where a standard's text was not at hand its numbers are second-hand, and marked so in metering.md. So are cases 11 and 14 (20
steps of 1 dB from -38, live) and 20 to 23 of Tech 3341 (one full-scale period in a half-scale tone, made at 4 fs, decimated).

${parts.join('\n\n')}

## True-peak error over frequency

![True-peak error over frequency](true-peak-error.svg)

Steady sines at every 1/200 of the rate, 32 phases each: how far the reading lies from the sine's own peak. The worst case
lies at frequencies that lock to the sample grid. Up to 0.25 of the rate: ${lowest(within(0.25))} .. ${highest(within(0.25))} dB. Up to 0.40:
${lowest(within(0.4))} .. ${highest(within(0.4))} dB. Up to 0.45: ${lowest(within(0.45))} .. ${highest(within(0.45))} dB. A sample peak
would read as low as ${Math.min(...points.map((p) => p.sampleLow)).toFixed(2)} dB.
`,
);
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;

function plot(list) {
  const [width, height, left, top, right, bottom] = [760, 360, 60, 20, 20, 50];
  const [yMin, yMax] = [-4, 1];
  const x = (f) => left + (f / 0.5) * (width - left - right);
  const y = (db) => top + ((yMax - Math.max(yMin, db)) / (yMax - yMin)) * (height - top - bottom);
  const line = (key) => list.map((p) => `${x(p.f).toFixed(1)},${y(p[key]).toFixed(1)}`).join(' ');
  const horizontal = [-4, -3, -2, -1, 0, 1].map(
    (
      db,
    ) => `<line x1="${left}" x2="${width - right}" y1="${y(db)}" y2="${y(db)}" stroke="${db === 0 ? '#555' : '#ddd'}"/>
<text x="${left - 8}" y="${y(db) + 4}" text-anchor="end">${db}</text>`,
  );
  const vertical = [0, 0.1, 0.2, 0.3, 0.4, 0.5].map(
    (f) => `<line x1="${x(f)}" x2="${x(f)}" y1="${top}" y2="${height - bottom}" stroke="#ddd"/>
<text x="${x(f)}" y="${height - bottom + 18}" text-anchor="middle">${f}</text>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="white"/>
${horizontal.join('\n')}
${vertical.join('\n')}
<polyline points="${line('sampleLow')}" fill="none" stroke="#bbb" stroke-width="1.5"/>
<polyline points="${line('low')}" fill="none" stroke="#c0392b" stroke-width="2"/>
<polyline points="${line('high')}" fill="none" stroke="#2471a3" stroke-width="2"/>
<text x="${(left + width - right) / 2}" y="${height - 12}" text-anchor="middle">frequency / sample rate</text>
<text x="16" y="${height / 2}" text-anchor="middle" transform="rotate(-90 16 ${height / 2})">error, dB</text>
<text x="${left + 12}" y="${height - bottom - 44}" fill="#2471a3">true peak, highest over phases</text>
<text x="${left + 12}" y="${height - bottom - 28}" fill="#c0392b">true peak, lowest over phases</text>
<text x="${left + 12}" y="${height - bottom - 12}" fill="#999">sample peak, lowest over phases (cut at -4 dB)</text>
</svg>
`;
}
