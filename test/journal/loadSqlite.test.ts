import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadSqlite } from '../../src/journal/sqliteStore.ts';

it.each([
  ['', true],
  ['_ZN4node28RemoveEnvironmentCleanupHookEPN2v87IsolateEPFvPvES3_', false],
])('better-sqlite3 whose compiled file imports "%s" is loaded: %s', (symbol, loaded) => {
  const folder = mkdtempSync(join(tmpdir(), 'lightkeeper-sqlite-'));
  try {
    const compiled = join(folder, 'better_sqlite3.node');
    writeFileSync(compiled, `\x7fELF ${symbol}`);
    const module = () => {};
    const load = Object.assign(() => module, { resolve: () => compiled }) as unknown as NodeJS.Require;
    expect(loadSqlite(load)).toBe(loaded ? module : null);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it('a machine without it gets none', () => {
  const resolve = () => {
    throw new Error('Cannot find module');
  };
  expect(loadSqlite(Object.assign(() => null, { resolve }) as unknown as NodeJS.Require)).toBeNull();
});
