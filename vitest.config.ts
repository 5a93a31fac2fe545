// Unit, property, transcript, crash and simulation tests: test/**, in two workers. The last lines of a run are its
// counts; .ci/run reads them.

import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/support/open-handles.ts'],
    pool: 'forks',
    maxWorkers: 2,
    // Generous: no test measures time, and machines that run them are slow at times. What hangs still ends.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    teardownTimeout: 5_000,
    expect: { poll: { timeout: 30_000 } },
    allowOnly: false,
    passWithNoTests: false,
    reporters: ['default'],
  },
});
