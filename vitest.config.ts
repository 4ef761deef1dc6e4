import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/kernel/**'],
    // Some tests hold real time (capture, panels): generous, so that a busy machine is no fault.
    testTimeout: 30_000,
    hookTimeout: 60_000,
    pool: 'forks',
  },
});
