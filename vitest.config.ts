import { availableParallelism } from 'node:os';
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';

interface Suite {
  readonly name: string;
  readonly include: string[];
  /** Longest that one test may take, ms. */
  readonly limit?: number;
  /** One file after the other: each has the one control plane to itself. */
  readonly serial?: boolean;
}

const suite = ({ name, include, limit = 10_000, serial = false }: Suite): TestProjectInlineConfiguration => ({
  test: {
    name,
    include,
    testTimeout: limit,
    hookTimeout: limit,
    fileParallelism: !serial,
    // Modules are loaded once for each worker: no test changes what another can see of them, nor the environment.
    isolate: false,
    setupFiles: ['test/rig/same-environment.ts'],
    // As Node itself does it: the default export of a CommonJS module is the module.
    deps: { interopDefault: false },
  },
});

export default defineConfig({
  test: {
    // A worker for every core: many tests wait for processes of their own.
    maxWorkers: availableParallelism(),
    projects: [
      suite({ name: 'unit', include: ['test/unit/**/*.test.ts', 'test/property/**/*.test.ts'] }),
      suite({ name: 'contract', include: ['test/contract/**/*.test.ts'], limit: 30_000 }),
      suite({
        name: 'integration',
        include: ['test/integration/**/*.test.ts'],
        limit: 120_000,
      }),
      suite({ name: 'simulation', include: ['test/simulation/**/*.test.ts'], limit: 120_000 }),
      suite({ name: 'cluster', include: ['test/cluster/**/*.test.ts'], limit: 300_000, serial: true }),
    ],
  },
});
