export const USAGE = `npm run chaos -- [options]     the whole system, with everything going wrong at once

  --minutes N   real minutes of chaos, fractions allowed (default 3); healing and the audit come after it
  --seed N      what is planned: workloads, what happens to them, faults, kills, and when (default 1)
  --pods N      how many pods (default 200)
  --json        print the verdict as one JSON object on the last line
  --notes FILE  write down what happened in the cloud, the cluster and the functions' logs

The seed gives the same plan each time. The functions are real processes that race each other, so that what the plan
meets differs from run to run: a violation need not come again. Cloud time runs five times as fast.`;

export interface ChaosOptions {
  readonly minutes: number;
  readonly seed: number;
  readonly pods: number;
  readonly json: boolean;
  readonly notes?: string;
}

const LONGEST_MINUTES = 24 * 60;
const LARGEST_SEED = 2 ** 32 - 1;
/** What the vSwitch has addresses for, each pod with its own, a fixed one, and a successor that is starting. */
const MOST_PODS = 1_000;

/** As they stand on the command line. */
export interface GivenOptions {
  readonly minutes: string;
  readonly seed: string;
  readonly pods: string;
  readonly json: boolean;
  readonly notes?: string | undefined;
}

/** Throws an Error that says what would be right. */
export function checkOptions(given: GivenOptions): ChaosOptions {
  const minutes = numberIn(given.minutes, 0, LONGEST_MINUTES);
  if (minutes === undefined || minutes === 0)
    throw wrong('minutes', given.minutes, `a number of minutes above 0, ${LONGEST_MINUTES} at most`);
  const seed = numberIn(given.seed, 0, LARGEST_SEED);
  if (seed === undefined || !Number.isInteger(seed))
    throw wrong('seed', given.seed, `a whole number from 0 to ${LARGEST_SEED}`);
  const pods = numberIn(given.pods, 1, MOST_PODS);
  if (pods === undefined || !Number.isInteger(pods))
    throw wrong('pods', given.pods, `a whole number from 1 to ${MOST_PODS}`);
  const { json, notes } = given;
  return { minutes, seed, pods, json, ...(notes === undefined ? {} : { notes }) };
}

const wrong = (name: string, value: string, right: string): Error =>
  new Error(`--${name} is "${value}"; it is ${right}`);

function numberIn(text: string, low: number, high: number): number | undefined {
  const number = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  return number >= low && number <= high ? number : undefined;
}
