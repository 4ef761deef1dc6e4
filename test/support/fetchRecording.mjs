// A real recording for tests: spoken words at 48 kHz from Debian's alsa-utils, kept in test/.cache and never committed.
// Run by itself (test set-up does) or imported: recordingDir() fetches once.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const PACKAGE = 'alsa-utils';
const cache = join(dirname(dirname(fileURLToPath(import.meta.url))), '.cache');
const sounds = join(cache, PACKAGE, 'usr', 'share', 'sounds', 'alsa');

/** Why there can be none here, or null. */
export function recordingMissing() {
  if (existsSync(sounds)) return null;
  try {
    execFileSync('apt-get', ['--version'], { stdio: 'ignore' });
    execFileSync('dpkg', ['--version'], { stdio: 'ignore' });
    return null;
  } catch {
    return `the recording comes from Debian's package ${PACKAGE}, and there is no apt-get here`;
  }
}

/** Folder with mono recordings: Front_Center.wav and seven more. */
export function recordingDir() {
  if (existsSync(sounds)) return sounds;
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(join(cache, 'fetch-'));
  try {
    // apt fetches as another user where it can; that user must be able to write here, else it warns and goes on as root
    execFileSync('apt-get', ['-o', 'APT::Sandbox::User=root', 'download', PACKAGE], { cwd: work, stdio: 'pipe' });
    const deb = readdirSync(work).find((name) => name.endsWith('.deb'));
    execFileSync('dpkg', ['-x', deb, 'tree'], { cwd: work });
    if (!existsSync(sounds)) {
      rmSync(join(cache, PACKAGE), { recursive: true, force: true });
      try {
        renameSync(join(work, 'tree'), join(cache, PACKAGE));
      } catch (error) {
        if (!existsSync(sounds)) throw error; // another process was first: fine
      }
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return sounds;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const missing = recordingMissing();
  console.log(missing ?? recordingDir());
}
