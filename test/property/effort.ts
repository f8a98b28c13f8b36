import type { Parameters } from 'fast-check';
import { vi } from 'vitest';

/**
 * How hard a property is tried: as often as the test says, or, under `npm run fuzz`, as often and from the seed that was
 * asked for there. The two variables are no settings of the product, and so do not begin with its name.
 */
const { FUZZ_RUNS, FUZZ_SEED } = process.env;

// Of a long run, nobody can say how long it takes.
if (FUZZ_RUNS) vi.setConfig({ testTimeout: 0 });

export const runs = (usual: number): Pick<Parameters<unknown>, 'numRuns' | 'seed'> => ({
  numRuns: FUZZ_RUNS ? Number(FUZZ_RUNS) : usual,
  ...(FUZZ_SEED ? { seed: Number(FUZZ_SEED) } : {}),
});
