/** `lightkeeper plan <brief.json>`: reads the brief, plans, writes what was asked for. The words around it are cli.ts's. */
import { readFileSync, writeFileSync } from 'node:fs';
import { extname } from 'node:path';
import type { InterfaceMap } from '../device/interfaces/interfaceMap.ts';
import { bad, good, type Outcome } from '../fault.ts';
import { parseBrief } from './brief.ts';
import { htmlToPdf } from './chromiumPdf.ts';
import { planSession } from './planner.ts';
import { planText } from './planText.ts';
import { printSheet } from './printSheet.ts';

export interface PlanCommand {
  readonly briefFile: string;
  /** Sheet to print, .html or .pdf; null: none. */
  readonly sheetFile: string | null;
  /** Configuration to write; null: none. */
  readonly configFile: string | null;
}

/**
 * Answers the text for the terminal. A brief that does not fit is still planned: the text says so first. Faults of its
 * own: `plan-brief-file`, `plan-brief-json`, `plan-sheet-kind`, `plan-write`.
 */
export async function runPlan(command: PlanCommand, maps: readonly InterfaceMap[]): Promise<Outcome<string>> {
  const { briefFile, sheetFile, configFile } = command;
  const kind = sheetFile === null ? null : extname(sheetFile).toLowerCase();
  if (kind !== null && kind !== '.html' && kind !== '.pdf') {
    return bad('plan-sheet-kind', `A sheet can not be written as "${sheetFile}".`, 'End its name with .html or .pdf.');
  }
  let text: string;
  try {
    text = readFileSync(briefFile, 'utf8');
  } catch {
    return bad(
      'plan-brief-file',
      `The brief ${briefFile} can not be read.`,
      'Check the name; docs/planner.md shows a brief.',
    );
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const line = error instanceof Error ? error.message : '';
    return bad('plan-brief-json', `The brief ${briefFile} is not JSON: ${line}.`, 'docs/planner.md shows a brief.');
  }
  const brief = parseBrief(value);
  if (!brief.ok) return brief;
  const planned = planSession(brief.value, maps);
  if (!planned.ok) return planned;
  const written: string[] = [];
  try {
    if (configFile !== null) {
      writeFileSync(configFile, `${JSON.stringify(planned.value.config, null, 2)}\n`);
      written.push(`Configuration: ${configFile}`);
    }
    if (sheetFile !== null) {
      const html = printSheet({ plan: planned.value });
      if (kind === '.html') {
        writeFileSync(sheetFile, html);
      } else {
        const made = await htmlToPdf(html, sheetFile);
        if (!made.ok) return made;
      }
      written.push(`Sheet: ${sheetFile}`);
    }
  } catch (error) {
    const line = error instanceof Error ? error.message : String(error);
    return bad('plan-write', `Writing failed: ${line}.`, 'Choose a folder that can be written.');
  }
  return good(`${planText(planned.value)}${written.length === 0 ? '' : `\n${written.join('\n')}\n`}`);
}
