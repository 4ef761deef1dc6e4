/** HTML to PDF through a Chromium that the machine has. */
import { execFile } from 'node:child_process';
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { bad, good, type Outcome } from '../fault.ts';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];
const TIMEOUT_MS = 60_000;

/** Path of a Chromium on PATH, or null. */
export function findChromium(path = process.env.PATH ?? ''): string | null {
  for (const folder of path.split(delimiter)) {
    for (const name of NAMES) {
      const file = join(folder, name);
      try {
        accessSync(file, constants.X_OK);
        return file;
      } catch {
        // Not here: look on.
      }
    }
  }
  return null;
}

/** Prints `html` to `pdfPath`. Faults: `sheet-no-browser`, `sheet-pdf`. */
export async function htmlToPdf(html: string, pdfPath: string, browser = findChromium()): Promise<Outcome<string>> {
  if (browser === null) {
    return bad(
      'sheet-no-browser',
      'There is no Chromium on this machine to make a PDF with.',
      'Install it (apt install chromium), or ask for an .html sheet and print that.',
    );
  }
  const folder = mkdtempSync(join(tmpdir(), 'lightkeeper-sheet-'));
  try {
    const page = join(folder, 'sheet.html');
    writeFileSync(page, html);
    const words = [
      '--headless',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      // Chromium's own sandbox refuses to run as root.
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      `--user-data-dir=${join(folder, 'profile')}`,
      '--no-pdf-header-footer',
      `--print-to-pdf=${resolve(pdfPath)}`,
      pathToFileURL(page).href,
    ];
    await new Promise<void>((done, failed) => {
      execFile(browser, words, { timeout: TIMEOUT_MS }, (error) => (error === null ? done() : failed(error)));
    });
    return good(resolve(pdfPath));
  } catch (error) {
    const line = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    return bad(
      'sheet-pdf',
      `The PDF could not be made: ${line.slice(0, 200)}`,
      'Ask for an .html sheet and print that.',
    );
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}
