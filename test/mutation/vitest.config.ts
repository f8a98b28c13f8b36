import { defineConfig } from 'vitest/config';

/** The tests that cover what is mutated: short of them, nothing may kill a mutant. */
export default defineConfig({
  test: {
    include: ['test/{unit,property}/{claim,net,intake}-*.test.ts'],
    exclude: ['test/property/claim-codec.test.ts'],
    setupFiles: ['test/mutation/seed.ts'],
    env: { PROPERTY_RUNS: '0.05' },
    isolate: false,
    deps: { interopDefault: false },
  },
});
