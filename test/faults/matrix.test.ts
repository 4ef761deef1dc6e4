/** Every row of the fault matrix has a test that carries its number. What they measure: `npm run faults`, docs/faults.md. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import matrix from './matrix.json' with { type: 'json' };

const tests = fileURLToPath(new URL('../', import.meta.url));

it('the matrix has rows 1 to 34, each with a test of its number', () => {
  expect(matrix.map(({ row }) => row)).toEqual(Array.from({ length: 34 }, (_, i) => i + 1));
  const named = new Set<number>();
  for (const name of readdirSync(tests, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.test.ts')) continue;
    const text = readFileSync(join(tests, name), 'utf8');
    for (const [, row] of text.matchAll(/[`'"]fault row (\d+):/g)) named.add(Number(row));
  }
  expect(matrix.map(({ row }) => row).filter((row) => !named.has(row))).toEqual([]);
});
