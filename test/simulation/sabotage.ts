import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Plugin } from 'esbuild';
import { bundleWorker, runFleet, seedsOf } from './fleet.ts';
import { type Edit, GUARDS, type Guard } from './guards.ts';
import { ruleOf, type Violation } from './rules.ts';
import { run } from './run.ts';

export interface Checked {
  readonly guard: string;
  /** Runs until the simulation noticed; all that were tried where it did not. */
  readonly runs: number;
  readonly found: boolean;
}

/** The source without the guard. Throws where the guard is not there exactly once: the list has to follow the code. */
export function removeGuard(source: string, { file, guard, without }: Edit): string {
  const parts = source.split(guard);
  if (parts.length !== 2)
    throw new Error(
      `this guard stands ${parts.length - 1} times in ${file}, and should stand there once: ${guard}`,
    );
  return parts.join(without);
}

const removing = ({ edits }: Guard): Plugin => ({
  name: 'sabotage',
  setup(build) {
    build.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      const mine = edits.filter(({ file }) => resolve(file) === path);
      if (mine.length === 0) return undefined;
      return { contents: mine.reduce(removeGuard, await readFile(path, 'utf8')), loader: 'ts' };
    });
  },
});

const bundleWithout = (guard: Guard): Promise<string> =>
  bundleWorker(`without-${guard.name.replaceAll(/[^a-z0-9]+/gi, '-')}`, [removing(guard)]);

/** Tells these stories without the guard, and gives what they break. */
export async function tellWithout(guard: Guard, seeds: readonly number[]): Promise<readonly Violation[]> {
  const { broken } = await runFleet(await bundleWithout(guard), { seeds, workers: 1 });
  return broken;
}

/** Takes away one guard after the other, and runs stories until one breaks a promise. */
export async function checkGuards({
  seed,
  say,
  guards = GUARDS,
}: {
  seed: number;
  say(line: string): void;
  guards?: readonly Guard[];
}): Promise<readonly Checked[]> {
  const checked: Checked[] = [];
  for (const guard of guards) {
    const bundle = await bundleWithout(guard);
    // What breaks with the guard in place as well says nothing of the guard.
    const cleared = new Set<number>();
    const { runs, broken } = await runFleet(bundle, {
      seeds: seedsOf(seed, guard.within),
      async isEnough(total) {
        for (const { seed: found } of total.broken.filter((one) => guard.breaks.includes(ruleOf(one))))
          if (!cleared.has(found) && (await run({ seed: found })).violations.length === 0) return true;
          else cleared.add(found);
        return false;
      },
    });
    const first = broken.find((one) => guard.breaks.includes(ruleOf(one)) && !cleared.has(one.seed));
    checked.push({ guard: guard.name, runs, found: first !== undefined });
    say(
      first
        ? `✓ without ${guard.name}: within ${runs} runs, ${first.rule}: ${first.what} (seed ${first.seed})`
        : `✗ without ${guard.name}: nothing noticed in ${runs} runs`,
    );
  }
  return checked;
}
