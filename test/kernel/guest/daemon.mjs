// The product itself, as a user starts it, spoken to over its own HTTP.
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { start, until } from './system.mjs';

const ENTRY = 'dist/cli-entry.js';

/**
 * Starts `lightkeeper run` with `args` and waits for its page. `status()` is its Snapshot; `log()` all that it said.
 * A service (INVOCATION_ID set) waits for its device for ever, as under systemd.
 */
export async function startDaemon(args, { service = false, stateDir = mkdtempSync(join(tmpdir(), 'lk-state-')) } = {}) {
  const env = { ...process.env };
  if (service) env.INVOCATION_ID = 'kernel-test';
  const daemon = start(
    process.execPath,
    [ENTRY, 'run', ...args, '--http', '0', '--panel', 'none', '--state-dir', stateDir],
    { env },
  );
  let said = '';
  for (const stream of [daemon.child.stdout, daemon.child.stderr]) {
    stream.setEncoding('utf8');
    stream.on('data', (text) => {
      said += text;
      if (process.env.LK_VERBOSE === '1') process.stdout.write(text);
    });
  }
  let url;
  try {
    url = await until('page of the daemon', 60_000, () => {
      if (daemon.child.exitCode !== null) return 'ended';
      return /http:\/\/[\w.:[\]-]+/.exec(said)?.[0];
    });
  } catch (error) {
    throw new Error(`${error.message}; it said:\n${said}`);
  }
  if (url === 'ended') throw new Error(`the daemon ended with ${daemon.child.exitCode}; it said:\n${said}`);
  const get = async (path) => {
    const answer = await fetch(`${url}${path}`, { signal: AbortSignal.timeout(10_000) });
    if (!answer.ok) throw new Error(`${path}: HTTP ${answer.status}`);
    return answer;
  };
  return {
    ...daemon,
    url,
    get,
    status: async () => (await get('/api/status')).json(),
    log: () => said,
  };
}
