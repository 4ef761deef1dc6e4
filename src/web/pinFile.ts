/** The PIN on the box itself, for `lightkeeper pin` where there is no panel: a file that only the service's user reads. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bad, good, type Outcome } from '../fault.ts';

const NAME = 'pin';

/** Writes the PIN for its owner alone. A folder that can't be written to is told, and is no reason to stop. */
export function writePinFile(folder: string, pin: string): Outcome<null> {
  try {
    const path = join(folder, NAME);
    writeFileSync(`${path}.tmp`, `${pin}\n`, { mode: 0o600 });
    renameSync(`${path}.tmp`, path);
    return good(null);
  } catch {
    return bad(
      'pin-file-not-writable',
      `The PIN can not be written to ${folder}.`,
      'Read it on the panel, or give --state-dir a folder that can be written to.',
    );
  }
}

export function readPinFile(folder: string): Outcome<string> {
  try {
    const pin = readFileSync(join(folder, NAME), 'utf8').trim();
    if (/^\d{6}$/.test(pin)) return good(pin);
  } catch {
    // Said below: missing and unreadable ask for the same.
  }
  return bad(
    'pin-not-found',
    `There is no PIN in ${folder}.`,
    'Is Lightkeeper running with this --state-dir? Run this as its user, or with sudo.',
  );
}
