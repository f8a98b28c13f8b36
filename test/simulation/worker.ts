import type { Violation } from './rules.ts';
import { run } from './run.ts';

/** What a worker is sent: the seeds to run. */
export interface Order {
  readonly seeds: readonly number[];
}

/** What it answers: how many calls that were, and the seeds that broke a rule. */
export interface Report {
  readonly runs: number;
  readonly steps: number;
  readonly broken: readonly { readonly seed: number; readonly violations: readonly Violation[] }[];
}

// Refusals are everyday here, and nobody reads where they came from.
Error.stackTraceLimit = 0;

process.on('message', async ({ seeds }: Order) => {
  let steps = 0;
  const broken: { seed: number; violations: readonly Violation[] }[] = [];
  for (const seed of seeds) {
    const one = await run({ seed });
    steps += one.steps;
    if (one.violations.length > 0) broken.push({ seed, violations: one.violations });
  }
  const report: Report = { runs: seeds.length, steps, broken };
  process.send?.(report);
});
