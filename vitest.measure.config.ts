import { defineConfig } from 'vitest/config';

/** Scripts that measure and write docs: run by name (npm run load), never with the tests. */
export default defineConfig({
  test: {
    include: ['test/**/*.measure.ts'],
    testTimeout: 3_600_000,
    hookTimeout: 600_000,
    pool: 'forks',
    fileParallelism: false,
  },
});
