/** The phone page's files: few and small, read once at the start and served from memory, gzipped when first asked for. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { gzipSync } from 'node:zlib';

export interface PageFile {
  readonly type: string;
  readonly body: Buffer;
  readonly gzipped: Buffer;
  readonly etag: string;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

/** Pure modules of other rooms that the page runs too, so that panel and page say the same word. Beside `web` in dist. */
export const SHARED_MODULES: readonly string[] = ['ui/view.js'];

function pageFile(path: string, type: string): PageFile {
  const body = readFileSync(path);
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 16)}"`;
  let gzipped: Buffer | null = null;
  return {
    type,
    body,
    // Not at the start: a slow processor has a panel to light.
    get gzipped() {
      gzipped ??= gzipSync(body, { level: 9 });
      return gzipped;
    },
    etag,
  };
}

/**
 * URL path -> file: of one folder (`.../dist/web/page`), and the shared modules two folders up. Only the kinds listed
 * above; source maps and sources stay at home.
 */
export function loadPageFiles(folder: string): ReadonlyMap<string, PageFile> {
  const files = new Map<string, PageFile>();
  for (const name of readdirSync(folder)) {
    const type = TYPES[extname(name)];
    if (type !== undefined) files.set(`/page/${name}`, pageFile(join(folder, name), type));
  }
  for (const name of SHARED_MODULES) files.set(`/${name}`, pageFile(join(folder, '..', '..', name), TYPES['.js']!));
  const index = files.get('/page/index.html');
  if (index !== undefined) files.set('/', index);
  return files;
}
