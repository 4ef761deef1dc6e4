/** Which slips of a report have a picture, and those pictures: the first of each bank and take before the others. */
import { drawingSvg } from '../evidence/drawing.ts';
import type { Evidence } from '../evidence/evidenceStore.ts';
import { slipPicture, slipWords } from '../evidence/slipPicture.ts';
import { type Report, type ReportFault, timeWords } from './report.ts';
import { PICTURES, type ReportPicture } from './reportHtml.ts';

/** A comb proves drops minutes after they happened. */
const PROVEN_LATER_MS = 30 * 60_000;

/** The evidence of a fault, or null. `evidence`: of the session of the report, and of no other. */
export function evidenceOf(fault: ReportFault, evidence: readonly Evidence[]): Evidence | null {
  if (fault.kind !== 'slip') return null;
  return (
    evidence.find(
      ({ bank, frame, provenMs }) =>
        bank === fault.where &&
        Math.abs(frame - fault.frame) <= 2 &&
        provenMs >= fault.ms - 2000 &&
        provenMs <= fault.ms + PROVEN_LATER_MS,
    ) ?? null
  );
}

export function reportPictures(report: Report, evidence: readonly Evidence[]): ReportPicture[] {
  const seen = new Set<string>();
  const firsts: [ReportFault, Evidence][] = [];
  const others: [ReportFault, Evidence][] = [];
  for (const fault of report.faults) {
    const item = evidenceOf(fault, evidence);
    if (item === null) continue;
    const key = `${fault.where} ${fault.take}`;
    (seen.has(key) ? others : firsts).push([fault, item]);
    seen.add(key);
  }
  const pictures: ReportPicture[] = [];
  let bytes = 0;
  for (const [fault, item] of [...firsts, ...others]) {
    if (pictures.length >= PICTURES.count) break;
    const names = item.snippet.channels.map((index) => report.channels[index - 1]?.name ?? '');
    const svg = drawingSvg(slipPicture(item.snippet, item, names));
    if (bytes + svg.length > PICTURES.bytes) break;
    bytes += svg.length;
    pictures.push({ svg, words: `${fault.place}: ${slipWords(item.kind, item.frames)} at ${timeWords(fault.ms)}` });
  }
  return pictures;
}
