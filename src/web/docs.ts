/** docs/api.md, docs/config.md and docs/errors.md, written from the schemas and the sources themselves. Pure. */
import type { TSchema } from 'typebox';
import { Config } from '../config/schema.ts';
import { operationsByTag } from './apiPage.ts';
import { type FieldRow, fieldRows, type OpenApi, type SchemaNode } from './openApi.ts';

const MADE = '<!-- Made by `npm run docs`; do not edit. -->';

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  return [
    `| ${head.join(' | ')} |`,
    `|${head.map(() => '---').join('|')}|`,
    ...rows.map((row) => `| ${row.map(cell).join(' | ')} |`),
  ];
}

const answerRow = (row: FieldRow) => [`\`${row.field}\``, row.type, row.description];

export function configMarkdown(): string {
  const rows = fieldRows(Config as TSchema as SchemaNode).map((row) => [
    `\`${row.field}\``,
    row.type,
    row.defaultValue === '' ? '' : `\`${row.defaultValue}\``,
    row.rebuilds === 'none' ? 'at once' : row.rebuilds,
    row.description,
  ]);
  return `${[
    '# Configuration',
    '',
    MADE,
    '',
    'One file, `config.json`, in the state folder (`--state-dir`). The page writes it under Settings; programs use',
    '`PUT /api/config`. Missing fields take their defaults; a field that is not listed here is refused.',
    '',
    'Saving puts the new file beside the old one, waits until the disk has it, then changes the name: after a power cut',
    'the old or the new file is there, whole. The ten before stand in `config-history/`. A file that can not be read is',
    'kept aside as `config.bad-1.json`, and the last good one is used. A file of a newer version is left untouched.',
    '',
    'A change rebuilds the part of the program named in the fourth column. While a take is marked, nothing that rebuilds',
    '`capture` is accepted.',
    '',
    ...table(['Field', 'Type', 'Default', 'Rebuilds', 'Meaning'], rows),
  ].join('\n')}\n`;
}

export function apiMarkdown(openApi: OpenApi): string {
  const lines = [
    '# API',
    '',
    MADE,
    '',
    'JSON over HTTP. The same stands at `/api/docs` of every box, and as an OpenAPI document at `/api/openapi.json`.',
    '',
    'Levels are numbers in dB, `null` for no signal. Frames count from the start of the stream. Channels are 1-based.',
    'Every answer of a simulated run says so: `simulated` in JSON, `x-lightkeeper-simulated: true` as a header.',
    'A refusal is `{simulated, fault: {code, what, fix}}`; the codes stand in [errors.md](errors.md).',
    '',
    'Reads are open to all who reach the box. Writes need a session: send the six digits on the panel to',
    '`POST /api/pair`, then the cookie or `Authorization: Bearer <token>`. Five wrong PINs in a minute close the door for',
    'a minute and renew the PIN. The PIN itself is never sent over HTTP. A request must name the box by an address or a',
    'name that it owns, and bodies must be `application/json`, at most 64 KiB.',
    '',
    '## The live stream',
    '',
    '`GET /api/live` is a stream of server-sent events:',
    '',
    '- `levels`, 25 to 30 a second: `{seq, fromFrame, frame, peakDbfs[], truePeakDbtp[], rmsDbfs[], clips[]}`. The peaks are',
    '  the largest of the frames after `fromFrame` up to `frame`; the next event goes on where this one ended, so that no',
    '  peak falls between two. With a meter other than the digital one chosen, `meterDbfs[]` tells its reading, as the dBFS',
    "  of a steady sine's peak; `meter` of the snapshot is its scale. A client that is behind gets one event with the largest of all it missed, never a queue.",
    '- `snapshot`, on change, at most two a second: the body of `GET /api/status`.',
    '- `beat`, twice a second when there is nothing else to say.',
    '',
    'At most 16 streams are served; the next is answered 503.',
  ];
  for (const { title, operations } of operationsByTag(openApi)) {
    if (operations.length === 0) continue;
    lines.push('', `## ${title}`);
    for (const [path, method, operation] of operations) {
      lines.push(
        '',
        `### ${method} ${path}`,
        '',
        `${operation.summary}${operation.security ? ' Needs a session.' : ''}`,
      );
      const parameters = (operation.parameters ?? []).map(({ name, schema }) => {
        const row = fieldRows({ properties: { [name]: schema } })[0]!;
        return [`\`${name}\``, row.type, row.description];
      });
      if (parameters.length > 0) lines.push('', ...table(['Query', 'Type', 'Meaning'], parameters));
      const body = operation.requestBody?.content['application/json']?.schema;
      const bodyRows = body === undefined ? [] : fieldRows(body).map(answerRow);
      if (bodyRows.length > 0) lines.push('', ...table(['Body', 'Type', 'Meaning'], bodyRows));
      const ok = Object.entries(operation.responses['200']?.content ?? {})[0];
      const okRows = ok === undefined ? [] : fieldRows(ok[1].schema).map(answerRow);
      if (okRows.length > 0) lines.push('', ...table(['Answer', 'Type', 'Meaning'], okRows));
      else if (ok !== undefined) lines.push('', `Answers \`${ok[0]}\`.`);
      const faults = Object.entries(operation.responses).filter(([status]) => status !== '200');
      if (faults.length > 0) {
        lines.push('', faults.map(([status, { description }]) => `\`${status}\` ${description}`).join(' '));
      }
    }
  }
  return `${lines.join('\n')}\n`;
}

/** A code with its words as they stand in the source; what is filled in at run time reads `...`. */
export interface CodeWords {
  readonly code: string;
  readonly what: string;
  readonly fix: string;
  /** Room it comes from: src/web -> web. */
  readonly room: string;
}

export function errorsMarkdown(codes: readonly CodeWords[]): string {
  const rows = codes.map(({ code, what, fix, room }) => [`\`${code}\``, what, fix, room]);
  return `${[
    '# Error codes and findings',
    '',
    MADE,
    '',
    'Every refusal and every finding has a code that does not change. `...` stands for what is filled in at run time.',
    '',
    ...table(['Code', 'What happened', 'What to do', 'From'], rows),
  ].join('\n')}\n`;
}
