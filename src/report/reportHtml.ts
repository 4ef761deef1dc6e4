/** The report as one page that needs nothing else: to read, to print, to send along with the files. Pure. */
import { kindWords, type Report, type ReportFault, timeWords } from './report.ts';

/** Faults told one by one on the page; all of them stand in the JSON and the CSV. */
export const FAULTS_TOLD = 400;
/** Bytes of pictures on the page, and how many. */
export const PICTURES = { count: 12, bytes: 1_500_000 };

/** A picture of a slip, as SVG, with the words below it. */
export interface ReportPicture {
  readonly svg: string;
  readonly words: string;
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const text = (words: string | number) => String(words).replace(/[&<>"]/g, (c) => ENTITIES[c]!);

const STYLE = `
:root{color-scheme:light}
body{font:15px/1.45 system-ui,sans-serif;color:#1b1c1a;background:#fff;margin:0 auto;max-width:62rem;padding:1.5rem}
h1{font-size:1.6rem;margin:0 0 .2rem}h2{font-size:1.15rem;margin:1.8rem 0 .4rem;border-bottom:2px solid #1b1c1a}
p{margin:.3rem 0}.note{background:#ffe3ab;padding:.3rem .6rem}
table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.22rem .7rem .22rem 0;border-bottom:1px solid #d9d4c5}
td.n,th.n{text-align:right}.wide{overflow-x:auto}
.word{display:inline-block;font-weight:700;padding:0 .5em;border:1.5px solid;border-radius:.25em;white-space:nowrap}
.clean,.sync{color:#08594d;background:#cdeee5}.suspect,.lock{color:#6f4500;background:#ffe3ab}
.notWatched,.unknown{color:#4a4860;background:#e4e2ec}.noLock,.alarm{color:#9c1f08;background:#ffd6cc}
.warning{color:#6f4500;background:#ffe3ab}.info{color:#4a4860;background:#e4e2ec}
figure{margin:1rem 0;break-inside:avoid}figure svg{width:100%;height:auto;border:1px solid #d9d4c5}
.over{width:100%;height:auto}small{color:#5d5b51}
@media screen and (max-width:600px){.words thead{display:none}.words tr{display:flex;flex-wrap:wrap;border-bottom:1px solid #d9d4c5}.words td{border:0}.words td:last-child{flex:1 0 100%}}
@media print{body{max-width:none;padding:0;font-size:10.5pt}h2{break-after:avoid}tr,.finding{break-inside:avoid}}
`;

const SYNC_WORDS = { sync: 'SYNC', lock: 'LOCK', noLock: 'NO LOCK', unknown: '?' } as const;
const TAKE_WORDS = { clean: 'clean', suspect: 'suspect', notWatched: 'not watched' } as const;
const COLOURS = { sync: '#57b8a6', lock: '#f0a818', noLock: '#d0452a', unknown: '#c9c6d8' } as const;

export function reportHtml(report: Report, pictures: readonly ReportPicture[] = []): string {
  const title = `Lightkeeper, session ${report.session}`;
  const stream = report.streams.at(-1);
  const when = report.startedAt.replace('T', ' ').slice(0, 19);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${text(title)}</title><style>${STYLE}</style></head><body>
<h1>${text(title)}</h1>
<p>${text(when)} UTC, ${timeWords(report.lengthMs)} long, ${timeWords(report.watchedMs)} of it watched${
    stream === undefined ? '' : `: ${text(stream.name)}, ${stream.channels} channels, ${stream.rateHz} Hz`
  }.</p>
${report.notes.map((note) => `<p class="note">${text(note)}</p>`).join('\n')}
${overview(report)}
<h2>Takes</h2>
${
  report.takes.length === 0
    ? '<p>No take was marked.</p>'
    : table(
        ['Take', 'From', 'Length', 'Verdict', ''],
        report.takes.map((take) => [
          text(take.name),
          timeWords(take.fromMs),
          take.toMs === null ? 'no end' : timeWords(take.toMs - take.fromMs),
          word(take.verdict, TAKE_WORDS[take.verdict]),
          text(take.words),
        ]),
        [],
        ' words',
      )
}
<h2>Clocks</h2>
<p>${
    report.ratePpm.last === null
      ? "The interface's rate was not measured."
      : `The interface against this box's clock: ${ppm(report.ratePpm.last)} at the end, ${ppm(report.ratePpm.least)} to ${ppm(report.ratePpm.most)} in all.`
  }</p>
${clocks(report)}
<h2>Faults</h2>
${faults(report.faults)}
${
  pictures.length === 0
    ? ''
    : `<h2>What the slips looked like</h2>\n${pictures.map(({ svg, words }) => `<figure>${svg}<figcaption>${text(words)}</figcaption></figure>`).join('\n')}`
}
<h2>Findings that stood</h2>
${
  report.findings.length === 0
    ? '<p>None.</p>'
    : report.findings
        .map(
          (one) =>
            `<div class="finding"><p>${word(one.severity, one.severity)} <b>${text(one.where)}</b>: ${text(one.symptom)} <small>${text(one.code)}, ${timeWords(one.fromMs)} to ${one.toMs === null ? 'the end' : timeWords(one.toMs)}${one.times > 1 ? `, ${one.times} times` : ''}</small></p><p>${text(one.cause)} ${text(one.fix)}</p></div>`,
        )
        .join('\n')
}
${
  report.marks.length === 0
    ? ''
    : `<h2>Marks</h2>${table(
        ['Time', 'Mark', 'By'],
        report.marks.map(({ ms, name, by }) => [timeWords(ms), text(name), text(by)]),
      )}`
}
${
  report.recordings.length === 0
    ? ''
    : `<h2>Recordings</h2>${table(
        ['From', 'File', 'Megabytes', 'Frames lost'],
        report.recordings.map(({ fromMs, toMs, file, bytes, lostFrames }) => [
          timeWords(fromMs),
          text(file),
          toMs === null || bytes === null ? 'not ended' : (bytes / 1e6).toFixed(1),
          lostFrames === null || lostFrames === 0 ? '' : String(lostFrames),
        ]),
        [2, 3],
      )}`
}
<h2>Channels</h2>
${
  report.channels.length === 0
    ? '<p>None.</p>'
    : table(
        ['', 'Channel', 'Port', 'Peak, dBFS', 'Clips'],
        report.channels.map((one) => [
          String(one.index),
          text(one.name),
          text(stream?.banks.find(({ id }) => id === one.bank)?.name ?? one.bank),
          one.peakDbfs === null ? 'nothing' : String(one.peakDbfs).replace('-', '−'),
          one.clips === 0 ? '' : String(one.clips),
        ]),
        [0, 3, 4],
      )
}
<p><small>Made by Lightkeeper ${text(report.version)} from the journal of the session. Peaks are the largest samples, in whole dB.</small></p>
</body></html>
`;
}

function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  numbers: readonly number[] = [],
  words = '',
): string {
  const cell = (tag: 'td' | 'th', column: number, words: string) =>
    `<${tag}${numbers.includes(column) ? ' class="n"' : ''}>${words}</${tag}>`;
  const body = rows.map((row) => `<tr>${row.map((words, c) => cell('td', c, words)).join('')}</tr>`).join('\n');
  return `<div class="wide${words}" tabindex="0"><table><thead><tr>${head.map((words, c) => cell('th', c, words)).join('')}</tr></thead><tbody>\n${body}\n</tbody></table></div>`;
}

const word = (name: string, words: string) => `<span class="word ${name}">${words}</span>`;

function ppm(value: number | null): string {
  if (value === null) return '?';
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(2)} ppm`;
}

/** Takes and the words of the banks over the session, drawn. */
function overview(report: Report): string {
  const width = 960;
  const left = 150;
  const row = 20;
  const length = Math.max(1000, report.lengthMs);
  const x = (ms: number) => left + (ms / length) * (width - left);
  const bar = (fromMs: number, toMs: number, y: number, fill: string, title: string) =>
    `<rect x="${x(fromMs).toFixed(1)}" y="${y}" width="${Math.max(1, x(toMs) - x(fromMs)).toFixed(1)}" height="${row - 6}" fill="${fill}"><title>${text(title)}</title></rect>`;
  const takeFill = { clean: COLOURS.sync, suspect: COLOURS.lock, notWatched: COLOURS.unknown } as const;
  const label = (words: string, y: number) => `<text x="0" y="${y + 11}">${text(words)}</text>`;
  const shapes = [label('Takes', 0)];
  for (const take of report.takes) {
    const toMs = take.toMs ?? report.lengthMs;
    shapes.push(bar(take.fromMs, toMs, 0, takeFill[take.verdict], `${take.name}: ${TAKE_WORDS[take.verdict]}`));
  }
  report.clocks.forEach((clock, i) => {
    const y = (i + 1) * row;
    shapes.push(label(clock.box === null ? clock.name : `${clock.name} (${clock.box})`, y));
    for (const span of clock.spans) {
      const words = `${clock.name}: ${SYNC_WORDS[span.sync]}, ${timeWords(span.fromMs)} to ${timeWords(span.toMs)}`;
      shapes.push(bar(span.fromMs, span.toMs, y, COLOURS[span.sync], words));
    }
  });
  const y = (report.clocks.length + 1) * row;
  shapes.push(label('Faults', y));
  // One line a pixel at most: hours of slips must not make a page of megabytes.
  const columns = new Set(report.faults.map(({ ms }) => Math.round(x(ms))));
  for (const at of columns) shapes.push(`<rect x="${at}" y="${y}" width="1.5" height="${row - 6}" fill="#9c1f08"/>`);
  const height = y + row;
  return `<svg class="over" viewBox="0 0 ${width} ${height}" role="img" aria-label="Takes, clocks and faults over the session" font-size="12" font-family="system-ui, sans-serif">${shapes.join('')}</svg>`;
}

function clocks(report: Report): string {
  if (report.clocks.length === 0) return '<p>No port was watched.</p>';
  return table(
    ['Port', 'Clock', 'Slips', 'In sync', 'Slipping', 'No lock', 'Not told', 'Word by word'],
    report.clocks.map((clock) => [
      text(clock.box === null ? clock.name : `${clock.name} (${clock.box})`),
      clock.ppm === null
        ? 'not measured'
        : `${ppm(clock.ppm)}${clock.uncertaintyPpm === null ? '' : ` ± ${clock.uncertaintyPpm.toFixed(2)}`}`,
      String(clock.slips),
      timeWords(clock.inSyncMs),
      timeWords(clock.slippingMs),
      timeWords(clock.noLockMs),
      timeWords(clock.unknownMs),
      `${clock.spans
        .slice(0, 8)
        .map(({ sync, fromMs }) => `${timeWords(fromMs)} ${word(sync, SYNC_WORDS[sync])}`)
        .join(' ')}${clock.spans.length > 8 ? ` and ${clock.spans.length - 8} more` : ''}`,
    ]),
    [2, 3, 4, 5, 6],
  );
}

function faults(list: readonly ReportFault[]): string {
  if (list.length === 0) return '<p>None was seen.</p>';
  const told = list.slice(0, FAULTS_TOLD);
  const more = list.length - told.length;
  return `<p>${list.length} in all.</p>${table(
    ['Time', 'UTC', 'Frame', 'What', 'Where', 'Take', ''],
    told.map((fault) => [
      timeWords(fault.ms),
      fault.at.slice(11, 23),
      fault.frame < 0 ? '' : String(fault.frame),
      text(kindWords(fault.kind)),
      text(fault.place),
      fault.take === null ? '' : `${text(fault.take)} ${timeWords(fault.takeMs ?? 0)}`,
      text(fault.text),
    ]),
    [2],
    ' words',
  )}${more > 0 ? `<p>${more} more: see the report as JSON or CSV.</p>` : ''}`;
}
