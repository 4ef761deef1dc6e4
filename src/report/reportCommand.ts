/** `lightkeeper report`: the report of a session, or its markers, from the journal's file, whether the program runs or not. */
import { closeSync, openSync, readSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { bad, good, type Outcome } from '../fault.ts';
import { answerQuestion } from '../journal/answer.ts';
import type { JournalReader } from '../journal/journal.ts';
import type { Question } from '../journal/messages.ts';
import { loadSqlite, NewerJournal, SqliteStore } from '../journal/sqliteStore.ts';
import { stateFolder } from '../stateFolder.ts';
import { type BroadcastStart, readBext } from './bext.ts';
import { type Anchor, audacityLabels, cueWav, markersOf, reaperCsv } from './markers.ts';
import { buildReport } from './report.ts';
import { reportCsv } from './reportCsv.ts';
import { reportHtml } from './reportHtml.ts';
import { readSession } from './sessionRecord.ts';

export type MarkerFormat = 'reaper' | 'audacity' | 'cue';

export interface ReportCommand {
  /** null: the last one. */
  readonly session: number | null;
  /** null: to the terminal, as JSON, or as text where markers are asked for. */
  readonly out: string | null;
  readonly markers: MarkerFormat | null;
  /** What zero is for markers; null: the start of the session. */
  readonly take: string | null;
  readonly mark: string | null;
  readonly anchorFile: string | null;
  readonly ltc: boolean;
  readonly zoneMin: number | null;
}

/** Chunks before the samples of a DAW's file: more than this none has. */
const HEAD_BYTES = 4 << 20;

function headOf(path: string): Outcome<Uint8Array> {
  try {
    const fd = openSync(path, 'r');
    try {
      const head = new Uint8Array(HEAD_BYTES);
      return good(head.subarray(0, readSync(fd, head, 0, HEAD_BYTES, 0)));
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    return bad('anchor-unreadable', `${path} can not be read (${code}).`, 'Check the name and the permissions.');
  }
}

function anchorOf(command: ReportCommand): Outcome<Anchor> {
  let file: BroadcastStart | null = null;
  if (command.anchorFile !== null) {
    const head = headOf(command.anchorFile);
    if (!head.ok) return head;
    const start = readBext(head.value);
    if (!start.ok) return start;
    file = start.value;
  }
  if (command.ltc) return good({ kind: 'ltc', file });
  if (file !== null) {
    return good({ kind: 'file', file, zoneMin: command.zoneMin, localZoneMin: -new Date().getTimezoneOffset() });
  }
  if (command.mark !== null) return good({ kind: 'mark', name: command.mark });
  if (command.take !== null) return good({ kind: 'take', take: command.take });
  return good({ kind: 'session' });
}

/** What was made: text for the terminal, or the line that says where it went. */
export async function runReport(command: ReportCommand, stateDir: string | null): Promise<Outcome<{ text: string }>> {
  const sqlite = loadSqlite();
  if (sqlite === null) {
    return bad(
      'report-no-sqlite',
      'The journal can not be read here: better-sqlite3 is not installed.',
      'Install it with npm, or fetch the report from the page.',
    );
  }
  const path = join(stateFolder(stateDir), 'journal.sqlite');
  let store: SqliteStore;
  try {
    store = new SqliteStore(sqlite, path, null, { maxBytes: 0, maxAgeMs: 0 });
  } catch (error) {
    if (error instanceof NewerJournal) {
      return bad('report-newer', `${path} was written by a newer program.`, 'Use that program.');
    }
    return bad('report-no-journal', `There is no journal to read at ${path}.`, 'Name the folder with --state-dir.');
  }
  try {
    const reader: JournalReader = {
      ask: async (kind, question) => good(answerQuestion(store, { kind, ...question } as unknown as Question) as never),
    };
    const record = await readSession(reader, command.session ?? 0);
    if (!record.ok) return record;
    const report = buildReport(record.value);
    if (command.markers === null) {
      const format = command.out === null ? '.json' : extname(command.out).toLowerCase();
      const made =
        format === '.html'
          ? reportHtml(report)
          : format === '.csv'
            ? reportCsv(report)
            : `${JSON.stringify(report, null, 2)}\n`;
      return deliver(command.out, made, `The report of session ${report.session} is in`);
    }
    const anchor = anchorOf(command);
    if (!anchor.ok) return anchor;
    const found = markersOf(report, record.value.events, anchor.value);
    if (!found.ok) return found;
    const { markers, lengthS, said } = found.value;
    const rateHz =
      'file' in anchor.value && anchor.value.file !== null
        ? anchor.value.file.rateHz
        : (report.streams.at(-1)?.rateHz ?? 48_000);
    const made =
      command.markers === 'reaper'
        ? reaperCsv(markers)
        : command.markers === 'audacity'
          ? audacityLabels(markers)
          : cueWav(markers, lengthS, rateHz);
    return deliver(command.out, made, `${said} ${markers.length} markers are in`);
  } finally {
    store.close();
  }
}

function deliver(out: string | null, made: string | Buffer, words: string): Outcome<{ text: string }> {
  if (out === null) return good({ text: String(made) });
  try {
    writeFileSync(out, made);
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    return bad('report-unwritable', `${out} can not be written (${code}).`, 'Name another file with --out.');
  }
  return good({ text: `${words} ${out}.\n` });
}
