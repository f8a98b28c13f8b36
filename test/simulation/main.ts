import { readCommandLine } from '../../infra/local/command-line.ts';
import { bundleWorker, type Found, runFleet, seedsOf, type Total } from './fleet.ts';
import { GUARDS } from './guards.ts';
import { readCase } from './read-case.ts';
import { type Case, run } from './run.ts';
import { checkGuards } from './sabotage.ts';
import { shrink } from './shrink.ts';
import { tellCase } from './tell-case.ts';

const USAGE = `npm run simulate -- [options]     stories with everything that goes wrong, and no promise broken

  --runs N          how many stories (default 1000)
  --seed N          which ones: the same number gives the same stories (default: drawn, and printed)
  --replay CASE     tell one story again: a story's seed, or the case that was printed with a violation
  --sabotage        take away one guard of the product after the other, and see that the simulation notices
  --within N        with --sabotage: only the guards that are missed within N stories (default: all)
  --json            print one JSON object on the last line, and no progress`;

const DEFAULT_RUNS = 1_000;
const PROGRESS_MS = 5_000;

interface Options {
  readonly runs: number;
  readonly seed: number;
  readonly replay: Case | undefined;
  readonly sabotage: boolean;
  /** Stories. */
  readonly within: number;
  readonly json: boolean;
}

async function main(options: Options): Promise<number> {
  if (options.replay) return replay(options.replay, options);
  if (options.sabotage) return sabotage(options);
  return simulate(options);
}

async function simulate({ runs, seed, json }: Options): Promise<number> {
  const say = json ? () => {} : console.log;
  say(`${runs} stories of campaign ${seed}; each is told with faults, and once without.`);
  const bundle = await bundleWorker('product');
  const started = performance.now();
  const perSecond = ({ runs: done }: Total) =>
    Math.round((done / (performance.now() - started)) * 10_000) / 10;
  let spoken = started;
  const total = await runFleet(bundle, {
    seeds: seedsOf(seed, runs),
    isEnough(so) {
      if (performance.now() - spoken >= PROGRESS_MS) {
        spoken = performance.now();
        say(`  ${so.runs} told, ${perSecond(so)} a second, ${so.broken.length} with a violation`);
      }
      return so.broken.length >= MOST_BROKEN;
    },
  });
  const summary = {
    seed,
    runs: total.runs,
    violations: total.broken.length,
    steps: total.steps,
    runsPerSecond: perSecond(total),
  };
  const [first] = total.broken;
  if (first) await tellViolations(total.broken, first);
  else
    say(
      `\n✓ ${summary.runs} stories, ${summary.steps} calls of functions, ${summary.runsPerSecond} stories a second: no promise was broken.`,
    );
  if (json) console.log(JSON.stringify(summary));
  return first ? 1 : 0;
}

/** Enough to see what is wrong. */
const MOST_BROKEN = 20;

async function tellViolations(broken: readonly Found[], first: Found): Promise<void> {
  console.log(`\n✗ ${broken.length} stories break a promise:`);
  for (const { seed, rule, what } of broken) console.log(`  ${seed}  ${rule}: ${what}`);
  console.log(`\nThe shortest way to the first that was found (${first.rule}):\n`);
  const shrunk = await shrink({ seed: first.seed }, first.rule);
  console.log(tellCase(shrunk.case, await run(shrunk.case, { trace: true })));
}

async function replay(one: Case, { json }: Options): Promise<number> {
  const told = await run(one, { trace: true });
  console.log(tellCase(one, told, { whole: true }));
  if (json) {
    const { violations, steps } = told;
    console.log(
      JSON.stringify({ ...one, steps, violations: violations.map(({ rule, what }) => ({ rule, what })) }),
    );
  }
  return told.violations.length > 0 ? 1 : 0;
}

async function sabotage({ seed, within, json }: Options): Promise<number> {
  const say = json ? () => {} : console.log;
  const guards = GUARDS.filter((guard) => guard.within <= within);
  if (guards.length < GUARDS.length)
    say(`${GUARDS.length - guards.length} guards are missed more seldom, and not taken away this time.`);
  const each = await checkGuards({ seed, say, guards });
  const detected = each.filter(({ found }) => found).length;
  say(
    `\n${detected === each.length ? '✓' : '✗'} ${detected} of ${each.length} guards are missed when they are gone.`,
  );
  if (json)
    console.log(
      JSON.stringify({
        guards: each.length,
        detected,
        each: each.map(({ guard, runs }) => ({ guard, runs })),
      }),
    );
  return detected === each.length ? 0 : 1;
}

type Given = Readonly<Partial<Record<'runs' | 'seed' | 'replay' | 'within', string>>> & {
  readonly sabotage: boolean;
  readonly json: boolean;
};

/** Throws an Error that says what would be right. */
function check(given: Given): Options {
  if (given.replay !== undefined) {
    const others = [
      ...(['runs', 'seed', 'within'] as const).filter((name) => given[name] !== undefined),
      ...(given.sabotage ? ['sabotage'] : []),
    ];
    if (others.length > 0)
      throw new Error(`--replay tells one story: --${others.join(' and --')} cannot go with it`);
  }
  if (given.within !== undefined && !given.sabotage)
    throw new Error('--within says how many stories may tell of a missing guard: it goes with --sabotage');
  if (given.runs !== undefined && given.sabotage)
    throw new Error('--runs says how many stories of the whole product are told: --sabotage takes --within');
  const whole = (name: 'runs' | 'seed' | 'within', least: number, otherwise: number): number => {
    const text = given[name];
    if (text === undefined) return otherwise;
    const number = Number(text);
    if (!/^\d{1,9}$/.test(text) || number < least)
      throw new Error(`--${name} takes a whole number from ${least}, got "${text}"`);
    return number;
  };
  return {
    runs: whole('runs', 1, DEFAULT_RUNS),
    seed: whole('seed', 0, Math.floor(Math.random() * 1_000_000)),
    replay: given.replay === undefined ? undefined : readCase(given.replay),
    sabotage: given.sabotage,
    within: whole('within', 1, Number.POSITIVE_INFINITY),
    json: given.json,
  };
}

process.exitCode = await main(
  readCommandLine({
    usage: USAGE,
    options: {
      runs: { type: 'string' },
      seed: { type: 'string' },
      replay: { type: 'string' },
      sabotage: { type: 'boolean', default: false },
      within: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
    check,
  }),
);
