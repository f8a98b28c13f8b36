import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { GUARDS } from './guards.ts';
import { REGRESSIONS } from './regressions.ts';
import { ruleOf } from './rules.ts';
import { run } from './run.ts';
import { checkGuards, removeGuard, tellWithout } from './sabotage.ts';
import { shrink } from './shrink.ts';

/** A bounded part of `npm run simulate`; the seeds stay the same, so that a failure here is this change's. */
const SEEDS = Array.from({ length: 25 }, (_, index) => index + 1);

describe('stories with everything that goes wrong', () => {
  it('break no promise, and end as they do without faults', async () => {
    let steps = 0;
    for (const seed of SEEDS) {
      const { violations, steps: made } = await run({ seed });
      expect(violations, `seed ${seed}`).toEqual([]);
      steps += made;
    }
    expect(steps / SEEDS.length).toBeGreaterThan(80);
  });

  it.each(REGRESSIONS)(
    'do so where $found, and not without the guard',
    async ({ guard: name, case: one }) => {
      expect((await run(one)).violations).toEqual([]);
      const [guard] = GUARDS.filter((each) => each.name === name);
      if (!guard) throw new Error(`there is no guard "${name}"`);
      const broken = (await tellWithout(guard, [one.seed])).map(ruleOf);
      expect(guard.breaks).toEqual(expect.arrayContaining(broken));
      expect(broken, 'another story by now: npm run simulate -- --sabotage --seed 5 finds one').not.toEqual(
        [],
      );
    },
  );

  it('are the same each time they are told', async () => {
    const tell = async () => {
      const { trace, struck } = await run({ seed: 3 }, { trace: true });
      // Parking tokens are drawn from the machine.
      return { struck, trace: trace.map((line) => line.replaceAll(/[0-9a-f-]{36}/g, '<uuid>')) };
    };
    expect(await tell()).toEqual(await tell());
  });
});

describe('a guard', () => {
  it.each(GUARDS.flatMap(({ name, edits }) => edits.map((edit) => ({ name, edit }))))(
    'stands in the code once, where the list says: $name',
    async ({ edit }) => {
      const source = await readFile(edit.file, 'utf8');
      expect(removeGuard(source, edit)).not.toBe(source);
    },
  );

  it('that is taken away is missed', async () => {
    const guards = GUARDS.filter(({ name }) => name === 'the retention');
    expect(guards).toHaveLength(1);
    expect(await checkGuards({ seed: 1, say() {}, guards })).toMatchObject([{ found: true }]);
  });

  it('that stands nowhere is an error that says which', () => {
    const edit = { file: 'a.ts', guard: 'if (safe)', without: '' };
    expect(() => removeGuard('return 1;', edit)).toThrow(/0 times in a\.ts.*if \(safe\)/);
  });
});

describe('a case', () => {
  it('without its acts and its faults is a shorter story', async () => {
    const whole = await run({ seed: 5 });
    const quiet = await run({ seed: 5, acts: [], strikes: [] });
    expect(whole.story.acts.length).toBeGreaterThan(0);
    expect(quiet.story.acts).toEqual([]);
    expect(quiet.struck).toEqual([]);
    expect(quiet.violations).toEqual([]);
  });

  it('that breaks nothing is left as it is by shrinking', async () => {
    const { run: kept } = await shrink({ seed: 5, acts: [0] }, 'a rule that nothing breaks');
    expect(kept.story.acts).toHaveLength(1);
  });
});
