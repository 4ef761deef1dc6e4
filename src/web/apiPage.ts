/** The API told to people: /api/docs as a plain page, /api/openapi.json for programs. */
import { Type } from 'typebox';
import type { WebContext } from './context.ts';
import { fieldRows, type OpenApi, type Operation } from './openApi.ts';

export function apiPageRoutes(context: WebContext, openApi: OpenApi): void {
  const { app } = context;
  app.get(
    '/api/openapi.json',
    { schema: { tags: ['read'], summary: 'This API as an OpenAPI 3.1 document.', response: { 200: Type.Unknown() } } },
    async (_request, reply) => reply.send({ ...openApi, 'x-simulated': context.view.snapshot().simulated }),
  );
  app.get('/api/docs', async (_request, reply) =>
    reply.header('content-type', 'text/html; charset=utf-8').send(apiHtml(openApi, context.view.snapshot().simulated)),
  );
}

const TAG_WORDS: Readonly<Record<string, string>> = {
  read: 'Reading: open to all on the LAN',
  access: 'Pairing',
  actions: 'Actions: need a session',
  config: 'Configuration',
  guide: 'Studio guide: tables, checks, plans',
};

/** Operations by tag, in the order of the tags. */
export function operationsByTag(
  openApi: OpenApi,
): { tag: string; title: string; operations: [string, string, Operation][] }[] {
  return Object.entries(TAG_WORDS).map(([tag, title]) => ({
    tag,
    title,
    operations: Object.entries(openApi.paths)
      .flatMap(([path, methods]) =>
        Object.entries(methods).map(([method, operation]): [string, string, Operation] => [
          path,
          method.toUpperCase(),
          operation,
        ]),
      )
      .filter(([, , operation]) => operation.tags.includes(tag))
      .sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0)),
  }));
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

/** Backticks become code; all else is text. */
function inline(text: string): string {
  return escapeHtml(text).replaceAll(/`([^`]*)`/g, '<code>$1</code>');
}

function table(rows: readonly (readonly string[])[], head: readonly string[]): string {
  if (rows.length === 0) return '';
  const line = (cells: readonly string[], tag: string) =>
    `<tr>${cells.map((cell) => `<${tag}>${inline(cell)}</${tag}>`).join('')}</tr>`;
  return `<div class="scroll" tabindex="0"><table>${line(head, 'th')}${rows.map((row) => line(row, 'td')).join('')}</table></div>`;
}

function operationHtml(path: string, method: string, operation: Operation): string {
  const parameters = (operation.parameters ?? []).map(({ name, schema }) => {
    const row = fieldRows({ properties: { [name]: schema } })[0]!;
    return [`\`${name}\``, row.type, row.description];
  });
  const body = operation.requestBody?.content['application/json']?.schema;
  const bodyRows =
    body === undefined ? [] : fieldRows(body).map((row) => [`\`${row.field}\``, row.type, row.description]);
  const ok = Object.entries(operation.responses['200']?.content ?? {})[0];
  const answerRows =
    ok === undefined ? [] : fieldRows(ok[1].schema).map((row) => [`\`${row.field}\``, row.type, row.description]);
  const faults = Object.entries(operation.responses).filter(([status]) => status !== '200');
  return [
    `<article><h3><b>${method}</b> <code>${escapeHtml(path)}</code></h3><p>${inline(operation.summary)}${operation.security ? ' <em>Needs a session.</em>' : ''}</p>`,
    parameters.length > 0 ? `<h4>Query</h4>${table(parameters, ['name', 'type', 'meaning'])}` : '',
    bodyRows.length > 0 ? `<h4>Body</h4>${table(bodyRows, ['field', 'type', 'meaning'])}` : '',
    answerRows.length > 0
      ? `<details><summary>Answer</summary>${table(answerRows, ['field', 'type', 'meaning'])}</details>`
      : ok === undefined
        ? ''
        : `<p>Answers <code>${escapeHtml(ok[0])}</code>.</p>`,
    faults.length > 0
      ? `<p>${faults.map(([status, { description }]) => `<code>${status}</code> ${inline(description)}`).join(' ')}</p>`
      : '',
    '</article>',
  ].join('');
}

function apiHtml(openApi: OpenApi, simulated: boolean): string {
  const sections = operationsByTag(openApi)
    .filter(({ operations }) => operations.length > 0)
    .map(
      ({ title, operations }) =>
        `<section><h2>${escapeHtml(title)}</h2>${operations.map((entry) => operationHtml(...entry)).join('')}</section>`,
    );
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Lightkeeper API</title><link rel="icon" href="/page/icon.svg"><link rel="stylesheet" href="/page/style.css"></head><body class="docs">${simulated ? '<div class="sim" role="note"><b>SIMULATED</b><span>nothing here comes from a real input</span></div>' : ''}<main><h1>The API of this box</h1><p>${escapeHtml(openApi.info.description)} The same as a document: <a href="/api/openapi.json">/api/openapi.json</a>.</p>${sections.join('')}</main></body></html>`;
}
