/** `lightkeeper analyze <wav...>`: a recorded take, judged; as text for people, JSON for programs or CSV for tables. */
import { availableParallelism } from 'node:os';
import { METER_SCALES, type MeterScaleName } from '../dsp/meterScales.ts';
import { assertNever, good, type Outcome } from '../fault.ts';
import type { CantTell } from '../monitor/snapshot.ts';
import { type AnalyzeResult, analyze } from './analyze.ts';

export interface AnalyzeCommand {
  /** Files of one take, or a folder of them. */
  readonly paths: readonly string[];
  readonly format: 'text' | 'json' | 'csv';
  /** File of banks: a JSON list as in the configuration's `banks`; null: by interface, by the tracks' names or the file's description, else groups of 8. */
  readonly mapFile: string | null;
  /** USB id or name of the interface of the take, or null. */
  readonly interface: string | null;
  /** Meter whose maximum is given. */
  readonly meter: MeterScaleName;
  /** 1-based channels whose loudness is measured together; null: neighbours in pairs. */
  readonly loudness: readonly (readonly number[])[] | null;
}

/** One reads and meters, one looks for slips, one measures loudness. */
const MAX_THREADS = 3;

/**
 * Reads the whole take and answers the text to print.
 *
 * @param onProgress 0..1 while it reads, or null
 */
export async function runAnalyze(
  command: AnalyzeCommand,
  onProgress: ((done: number) => void) | null,
): Promise<Outcome<string>> {
  // Loaded where it is wanted only: the library that checks a map takes 0.3 s.
  const map = command.mapFile === null ? good([]) : (await import('./readMap.ts')).readMap(command.mapFile);
  if (!map.ok) return map;
  const result = await analyze({
    paths: command.paths,
    banks: map.value ?? [],
    ...(command.interface === null ? {} : { interface: command.interface }),
    meter: command.meter,
    threads: Math.min(MAX_THREADS, availableParallelism()),
    ...(command.loudness === null ? {} : { groups: command.loudness }),
    ...(onProgress === null ? {} : { onProgress }),
  });
  if (!result.ok) return result;
  switch (command.format) {
    case 'json':
      return good(`${JSON.stringify(result.value.analysis, null, 1)}\n`);
    case 'csv':
      return good(result.value.csv);
    case 'text':
      return good(asText(result.value));
    default:
      return assertNever(command.format);
  }
}

const db = (level: number | null) => (level === null ? '-' : level.toFixed(1)).padStart(7);

function timeOf(frame: number, rateHz: number): string {
  const s = frame / rateHz;
  return `${Math.floor(s / 60)}:${(s % 60).toFixed(2).padStart(5, '0')}`;
}

/** `1-2 5`: channels in order, neighbours joined. */
function rangesOf(channels: readonly number[]): string {
  const runs: [number, number][] = [];
  for (const channel of channels) {
    const last = runs.at(-1);
    if (last !== undefined && last[1] === channel - 1) last[1] = channel;
    else runs.push([channel, channel]);
  }
  return runs.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(' ');
}

/** What is odd about a channel, in the words of an engineer. */
function remarks(c: AnalyzeResult['analysis']['channels'][number]): string[] {
  const bits = (mask: number) => `0x${mask.toString(16).padStart(8, '0')}`;
  return [
    ...(c.silence === 'none' ? [] : [c.silence]),
    ...(c.flatTop ? ['flat tops below full scale'] : []),
    ...(c.dcFlag ? [`DC ${c.dcDbfs?.toFixed(1)} dBFS`] : []),
    ...(c.stuckAtOne !== 0 ? [`bits stuck at 1: ${bits(c.stuckAtOne)}`] : []),
    ...(c.stuckAtZero !== 0 ? [`bits stuck at 0: ${bits(c.stuckAtZero)}`] : []),
    ...(c.hum === null ? [] : [`hum ${c.hum.baseHz} Hz ${c.hum.levelDbfs.toFixed(1)} dBFS`]),
    ...(c.copyOf === null ? [] : [`copy of ${c.copyOf}`]),
    ...(c.oppositeSeconds > 0 ? [`${c.oppositeSeconds} s against its neighbour's polarity`] : []),
  ];
}

/** Behind "can't tell". */
function whyWords(cantTell: CantTell | null): string {
  switch (cantTell?.why) {
    case 'zeros':
      return ': digital zero at its end';
    case 'quiet':
      return ': too quiet';
    case 'hidden':
      return `: a slip would hardly show in what plays, ${cantTell.heardPercent} % of enough heard`;
    case 'tooLittle':
      return `: ${cantTell.heardPercent} % of enough heard`;
    case 'held':
      return ': a jump was heard, which may be a cut';
    case 'vantage':
    case 'noSound':
    case 'notJudged':
    case undefined:
      return '';
  }
}

function asText({ analysis, banksFrom, interface: box, notes }: AnalyzeResult): string {
  const { rateHz } = analysis;
  const lines = [
    `${analysis.files.join(', ')}: ${analysis.channels.length} channels, ${rateHz} Hz, ${analysis.bits} bits, ${timeOf(analysis.frames, rateHz)}`,
    ...notes.map((note) => `[${note.code}] ${note.what} ${note.fix}`),
    '',
    ` ch  name                peak      tp     rms   crest   floor  clips  bits  ${METER_SCALES[analysis.meter].label} max`,
  ];
  for (const c of analysis.channels) {
    lines.push(
      `${String(c.index).padStart(3)}  ${c.name.slice(0, 16).padEnd(16)} ${db(c.peakDbfs)} ${db(c.truePeakDbtp)} ${db(c.rmsDbfs)} ${db(c.crestDb)} ${db(c.noiseFloorDbfs)} ${String(c.clips).padStart(6)} ${String(c.usedBits).padStart(5)} ${db(c.meterMaxDb)}  ${remarks(c).join(', ')}`.trimEnd(),
    );
  }
  lines.push('', ' loudness          I     LRA   max M   max S  max TP');
  for (const g of analysis.loudness) {
    // Ten seconds give an I, a minute a range; a group that never played has neither.
    lines.push(
      ` ch ${rangesOf(g.channels).padEnd(9)} ${db(g.integratedLufs)} ${db(g.rangeLu)} ${db(g.momentaryMaxLufs)} ${db(g.shortTermMaxLufs)} ${db(g.truePeakDbtp)}`,
    );
  }
  lines.push('');
  if (banksFrom === 'guess') lines.push('Banks are a guess, groups of 8: name them with --interface or --map.');
  if (box !== null) {
    const source = banksFrom === 'description' ? ', which the file names' : '';
    lines.push(
      `Banks of the ${box.name}${source}${box.verified ? '' : ' (unverified: check them, or name them with --map)'}.`,
    );
  }
  for (const bank of analysis.banks) {
    const ppm = bank.ppm === null ? '' : `, ${bank.ppm > 0 ? '+' : ''}${bank.ppm.toFixed(2)} ppm`;
    const bound = bank.boundPpm === null ? '' : `, under ${bank.boundPpm.toFixed(2)} ppm`;
    const words = { noLock: 'NO LOCK', lock: 'LOCK, slips', sync: 'SYNC', unknown: "can't tell" }[bank.sync];
    const until = bank.syncUntilFrame;
    const early = until !== null && until < analysis.frames - rateHz;
    const rest = !early
      ? ''
      : bank.sync === 'sync'
        ? ` until ${timeOf(until, rateHz)}, can't tell behind that`
        : `, SYNC until ${timeOf(until, rateHz)}`;
    const count = `${bank.slips.length} slip${bank.slips.length === 1 ? '' : 's'}`;
    lines.push(
      `${bank.id} (${bank.first}-${bank.last}): ${words}${rest}${ppm}${bound}${whyWords(bank.cantTell)}, ${count}`,
    );
    for (const slip of bank.slips.slice(0, 10)) {
      lines.push(`  ${timeOf(slip.frame, rateHz)}  frame ${slip.frame}: ${slip.kind}, ${slip.frames}`);
    }
    if (bank.slips.length > 10) lines.push(`  and ${bank.slips.length - 10} more`);
  }
  return `${lines.join('\n')}\n`;
}
