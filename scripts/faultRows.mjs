// How npm run faults judges a row of the fault matrix: by the tests that carry its number, and by what they measured.

const NAME = /\bfault row (\d+)\b/;

/** Rows that a test file names. */
export function rowsNamedIn(text) {
  return [...new Set([...text.matchAll(/[`'"]fault row (\d+):/g)].map(([, row]) => Number(row)))];
}

/**
 * The tests of one file, as vitest's JSON reporter told them. A row that the file names and no test told of has failed: the
 * process died, or never came so far. `ended` says how.
 */
export function testsOf(file, rows, testResults, ended) {
  const tests = testResults.flatMap(({ assertionResults }) =>
    assertionResults
      .filter(({ fullName, status }) => NAME.test(fullName) && (status === 'passed' || status === 'failed'))
      .map(({ fullName, status }) => ({ file, name: fullName, status })),
  );
  const told = new Set(tests.map(({ name }) => Number(NAME.exec(name)[1])));
  const silent = rows
    .filter((row) => !told.has(row))
    .map((row) => ({ file, name: `fault row ${row}: no result, ${ended}`, status: 'failed' }));
  return [...tests, ...silent];
}

/** Times that a row may have a target for, each a figure of its tests. */
const TIMES = ['detectMs', 'recoverMs', 'p99Ms'];

const inMs = (ms) => (ms < 1000 ? `${ms.toFixed(0)} ms` : `${(ms / 1000).toFixed(2)} s`);
const late = (measured, target) => target !== undefined && measured !== undefined && measured > target;

/** A row of the matrix with `state`, what was measured in words, and the files of its tests. */
export function judgeRow(one, tests, measurements) {
  const own = tests.filter(({ name }) => Number(NAME.exec(name)?.[1]) === one.row);
  const figures = measurements.filter(({ row }) => row === one.row);
  const timed = (key) => one[key] === undefined || figures.some((figure) => figure[key] !== undefined);
  const missed = figures.some((figure) => TIMES.some((key) => late(figure[key], one[key])));
  let state = 'ok';
  if (own.some(({ status }) => status === 'failed')) state = 'FAILED';
  else if (own.length === 0) state = 'NO TEST';
  else if (figures.length === 0 || !TIMES.every(timed)) state = 'NOT MEASURED';
  else if (missed) state = 'missed';
  const measured = figures.map(({ did, saw, detectMs, recoverMs, p99Ms }) =>
    [
      `${did}: ${saw}`,
      ...(detectMs === undefined ? [] : [`told after ${inMs(detectMs)}`]),
      ...(recoverMs === undefined ? [] : [`well after ${inMs(recoverMs)}`]),
      ...(p99Ms === undefined ? [] : [`p99 ${inMs(p99Ms)}`]),
    ].join('; '),
  );
  return { ...one, state, measured, files: [...new Set(own.map(({ file }) => file))] };
}
