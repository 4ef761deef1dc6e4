/** How npm run faults judges: a test process that dies costs its own rows, and no row is well without a test and a figure. */
import { expect, it } from 'vitest';
// @ts-expect-error: a script, without types
import { judgeRow, rowsNamedIn, testsOf } from '../../scripts/faultRows.mjs';

/** Not written out: matrix.test.ts takes a name for a test. */
const named = (row: number) => `fault row ${row}: done to it`;
const ROW = { row: 1, inject: 'unplug', expect: 'said so', target: '<= 1 s', detectMs: 1000 };
const told = (fullName: string, status: string) => [{ assertionResults: [{ fullName, status }] }];
const passed = testsOf('test/a.test.ts', [1], told(`device ${named(1)}`, 'passed'), 'exit code 0');
const figure = { row: 1, did: 'unplugged', saw: 'no device', detectMs: 300 };

it('a row with a test that passed and a figure within its target is well, and says both', () => {
  expect(judgeRow(ROW, passed, [figure])).toMatchObject({
    state: 'ok',
    measured: ['unplugged: no device; told after 300 ms'],
    files: ['test/a.test.ts'],
  });
});

it('a figure beyond the target is missed; no figure, or none of the time asked for, is not measured; no test is none', () => {
  expect(judgeRow(ROW, passed, [{ ...figure, detectMs: 1001 }]).state).toBe('missed');
  const paged = { row: 1, inject: 'hang', expect: 'answers', target: 'p99 < 100 ms', p99Ms: 100 };
  expect(judgeRow(paged, passed, [{ ...figure, p99Ms: 116 }])).toMatchObject({
    state: 'missed',
    measured: ['unplugged: no device; told after 300 ms; p99 116 ms'],
  });
  expect(judgeRow(paged, passed, [figure]).state).toBe('NOT MEASURED');
  expect(judgeRow(ROW, passed, []).state).toBe('NOT MEASURED');
  expect(judgeRow(ROW, passed, [{ row: 1, did: 'unplugged', saw: 'no device' }]).state).toBe('NOT MEASURED');
  expect(judgeRow(ROW, [], [figure]).state).toBe('NO TEST');
});

it('a failed test fails its row, whatever it measured; row 1 is not row 12', () => {
  const failed = testsOf('test/a.test.ts', [1], told(named(1), 'failed'), 'exit code 1');
  expect(judgeRow(ROW, [...passed, ...failed], [figure]).state).toBe('FAILED');
  const other = testsOf('test/a.test.ts', [12], told(named(12), 'failed'), 'exit code 1');
  expect(judgeRow(ROW, [...passed, ...other], [figure]).state).toBe('ok');
});

it('a test process that died before it told of a row fails that row; what it did tell, and other files, stand', () => {
  const died = testsOf('test/b.test.ts', [1, 2], told(named(2), 'passed'), 'SIGKILL');
  expect(died.map(({ name, status }: { name: string; status: string }) => [name, status])).toEqual([
    [named(2), 'passed'],
    [`fault row ${1}: no result, SIGKILL`, 'failed'],
  ]);
  expect(judgeRow(ROW, died, [figure]).state).toBe('FAILED');
});

it('rows are read from the names of tests, each once', () => {
  const text = `it('${named(3)}'); it("${named(14)}"); it('${named(3)}'); // ${named(9)}`;
  expect(rowsNamedIn(text)).toEqual([3, 14]);
});
