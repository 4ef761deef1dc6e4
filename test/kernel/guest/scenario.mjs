// Keeps what a scenario found and hands it to the host as results.json.
import { writeFileSync } from 'node:fs';

const OUT = '/run/lk/out/results.json';
const PROVOKED = '/run/lk/out/provoked.json';

/** true: the long form. */
export const full = process.env.LK_FULL === '1';

/**
 * Runs a scenario to its end. `body` gets `check` and `skip`; a thrown error is a failed check, so that nothing is lost
 * in silence.
 */
export async function scenario(body) {
  const results = [];
  const provoked = [];
  const note = (result) => {
    results.push(result);
    const word = { passed: 'ok  ', failed: 'FAIL', skipped: 'skip' }[result.state];
    console.log(`${word} ${result.promise}: ${result.measured}${result.target ? ` (${result.target})` : ''}`);
    writeFileSync(OUT, JSON.stringify(results));
  };
  const t = {
    /** One promise with what was measured and what was asked, in words. */
    check(promise, { measured, target, ok }) {
      note({ promise, measured: String(measured), target, state: ok ? 'passed' : 'failed' });
    },
    /** The scenario makes the kernel warn of this, in these words: no complaint of the product. */
    provokes(words) {
      provoked.push(words);
      writeFileSync(PROVOKED, JSON.stringify(provoked));
    },
    /** Not run here, and why. */
    skip(promise, why) {
      note({ promise, measured: why, target: '', state: 'skipped' });
    },
  };
  try {
    await body(t);
  } catch (error) {
    note({ promise: 'runs to its end', measured: error.stack ?? String(error), target: '', state: 'failed' });
  }
  process.exit(results.some((result) => result.state === 'failed') ? 1 : 0);
}
