import { describe, expect, it } from 'vitest';
import { RESCUES, type Scenario, strikeAll } from './crash-matrix.ts';

/** Fewer would be no scenario, but one that has come to nothing. */
const FEWEST_CALLS = 10;
/** Pairs in the others are for `npm run simulate:crashes`, which takes minutes. */
const SHORT = 22;
const BLOWS_ON_ANY_CALL = { 'the hints come again': 3, 'only the sweeps run': 2 } as const;

/** One test for each scenario, and for each way in which the work goes on. */
export function describeMatrix(scenarios: readonly Scenario[]): void {
  describe.each(scenarios)('$name, whatever call a function dies at or hears no answer to', (scenario) => {
    it.each(RESCUES)('ends in the same way, and leaves nothing over, where %s', async (rescue) => {
      const { calls, points, pairs, isShort, failures } = await strikeAll(scenario, rescue, {
        pairs: 'of deaths',
        short: SHORT,
      });
      expect(failures).toEqual([]);
      expect(calls.length).toBeGreaterThanOrEqual(FEWEST_CALLS);
      expect(points).toBeGreaterThanOrEqual(BLOWS_ON_ANY_CALL[rescue] * calls.length);
      expect(pairs > 0).toBe(isShort);
      const struck = calls.map((call) => call.replace(/^\S+ /, ''));
      for (const begin of scenario.strikes)
        expect(
          struck.filter((call) => call.startsWith(begin)),
          begin,
        ).not.toEqual([]);
    });
  });
}
