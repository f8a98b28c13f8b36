import { FAULTS } from './faults.ts';
import { type Case, type Run, run } from './run.ts';

/** More tries bring little: what is left is short enough to be read. */
const MOST_TRIES = 400;

/** The smallest case found that breaks the same rule: fewer acts, fewer kinds of fault, fewer faults. */
export async function shrink(given: Case, rule: string): Promise<{ readonly case: Case; readonly run: Run }> {
  let best = { case: given, run: await run(given) };
  let tries = 0;
  const attempt = async (candidate: Case): Promise<boolean> => {
    if (tries++ >= MOST_TRIES) return false;
    const tried = await run(candidate);
    if (!tried.violations.some((violation) => violation.rule === rule)) return false;
    best = { case: candidate, run: tried };
    return true;
  };

  best = { ...best, case: { ...given, acts: given.acts ?? best.run.story.acts.map((_, number) => number) } };
  await without(best.case.acts ?? [], (acts) => attempt({ ...best.case, acts }));
  for (const fault of FAULTS) await attempt({ ...best.case, without: [...(best.case.without ?? []), fault] });
  if (await attempt({ ...best.case, strikes: best.run.struck.map(({ number }) => number) }))
    await without(best.case.strikes ?? [], (strikes) => attempt({ ...best.case, strikes }));
  return best;
}

/** Takes away halves, then quarters, down to single items, as long as what is left still `holds`. */
async function without<T>(
  items: readonly T[],
  holds: (rest: readonly T[]) => Promise<boolean>,
): Promise<void> {
  let rest = items;
  for (let size = Math.ceil(rest.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    // From the end: what is left out there changes nothing before it.
    for (let start = rest.length - size; start > -size; start -= size) {
      const from = Math.max(0, start);
      const smaller = [...rest.slice(0, from), ...rest.slice(from + size)];
      if (smaller.length < rest.length && (await holds(smaller))) rest = smaller;
    }
  }
}
