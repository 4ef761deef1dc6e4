// Small steps that every scenario takes: shell out, wait, load a module. In the guest only.
import { execFileSync, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

if (process.env.LK_GUEST !== '1') {
  console.error('This runs inside the virtual machine: npm run test:kernel -- --only <scenario>');
  process.exit(2);
}

export { sleep };

/** Runs a command to its end and returns what it printed. */
export function run(command, ...args) {
  return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
}

export function modprobe(...args) {
  run('modprobe', ...args);
}

/** Monotonic, ms. */
export const nowMs = () => performance.now();

/**
 * Asks until the answer is neither null, undefined nor false, and returns it. Throws after `withinMs`, naming `what`.
 * An answer that throws counts as none: the thing asked may not be there yet.
 */
export async function until(what, withinMs, ask, everyMs = 50) {
  const end = nowMs() + withinMs;
  let last = null;
  while (nowMs() < end) {
    try {
      const answer = await ask();
      if (answer !== null && answer !== undefined && answer !== false) return answer;
      last = null;
    } catch (error) {
      last = error;
    }
    await sleep(everyMs);
  }
  throw new Error(`no ${what} within ${withinMs / 1000} s${last ? `: ${last.message}` : ''}`);
}

/** A child that lives beside the scenario. `stop` ends it and waits. */
export function start(command, args, options = {}) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
  const exited = new Promise((resolve) => child.once('close', (code, signal) => resolve({ code, signal })));
  return {
    child,
    exited,
    async stop(signal = 'SIGTERM') {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
      return exited;
    },
  };
}
