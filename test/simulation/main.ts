import { parseArgs } from 'node:util';
import { bundleWorker, type Found, runFleet, seedsOf, type Total } from './fleet.ts';
import { GUARDS } from './guards.ts';
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
  if (options.replay) return replay(options.replay);
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

async function replay(one: Case): Promise<number> {
  const told = await run(one, { trace: true });
  console.log(tellCase(one, told, { whole: true }));
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

/** Throws an Error that says what would be right. */
function readOptions(args: readonly string[]): Options | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      runs: { type: 'string' },
      seed: { type: 'string' },
      replay: { type: 'string' },
      sabotage: { type: 'boolean', default: false },
      within: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  if (values.within !== undefined && !values.sabotage)
    throw new Error('--within says how many stories may tell of a missing guard: it goes with --sabotage');
  const whole = (name: 'runs' | 'seed' | 'within', least: number, otherwise: number): number => {
    const text = values[name];
    if (text === undefined) return otherwise;
    const number = Number(text);
    if (!/^\d{1,9}$/.test(text) || number < least)
      throw new Error(`--${name} takes a whole number from ${least}, got "${text}"`);
    return number;
  };
  return {
    runs: whole('runs', 1, DEFAULT_RUNS),
    seed: whole('seed', 0, Math.floor(Math.random() * 1_000_000)),
    replay: values.replay === undefined ? undefined : readCase(values.replay),
    sabotage: values.sabotage,
    within: whole('within', 1, Number.POSITIVE_INFINITY),
    json: values.json,
  };
}

function readCase(text: string): Case {
  if (/^\d+$/.test(text)) return { seed: Number(text) };
  try {
    const parsed = JSON.parse(text) as Case;
    if (typeof parsed.seed === 'number') return parsed;
  } catch {
    // Said below.
  }
  throw new Error(
    `--replay takes a seed such as 17 or a case such as '{"seed":17,"acts":[0,2]}', got "${text}"`,
  );
}

let options: Options | 'help';
try {
  options = readOptions(process.argv.slice(2));
} catch (error) {
  console.error(`${(error as Error).message}\n\n${USAGE}`);
  process.exit(2);
}
if (options === 'help') console.log(USAGE);
else process.exitCode = await main(options);
