import { CALL_FAULTS, type Faults, type Profile, WORLD_FAULTS } from './faults.ts';
import { createPeople, type People } from './people/people.ts';
import { endingOf, keepsItsPromises } from './right.ts';
import type { Violation } from './rules.ts';
import { passOf, toRest, toTheEnd } from './run.ts';
import { PLENTY_OF_EIPS, START, type Story, type WorkloadPlan } from './story.ts';
import { createWorldOf, type World } from './world.ts';

/** Where a scenario takes place. */
export interface Ground {
  readonly world: World;
  readonly people: People;
}

export type Step = (ground: Ground) => Promise<unknown>;

/** A story that is told in the same way each time, and what in it is struck. */
export interface Scenario {
  readonly name: string;
  readonly workloads: readonly WorkloadPlan[];
  /** Nodes write the ENI's id on the pod. */
  readonly hintsEni?: boolean;
  /** How the world came to be as it is when the first blow can fall. */
  readonly before: readonly Step[];
  /** What functions do about this is what is struck. */
  readonly struck: readonly Step[];
  /** Beginnings of calls that must be among those that are struck. */
  readonly strikes: readonly string[];
}

/**
 * What befalls a function at one of its calls. Where the answer of the store is lost, its adapter may ask again by
 * itself, and what is conditional then meets its own first effect.
 */
export const BLOWS = ['death before', 'death after', 'lost answer', 'lost answer, asked again'] as const;
export type BlowKind = (typeof BLOWS)[number];

export interface Blow {
  /** Number of the call that it falls on, from 0. */
  readonly at: number;
  readonly kind: BlowKind;
}

/** How the work goes on when its function has died: the queue delivers its hints again, or nobody does. */
export const RESCUES = ['the hints come again', 'only the sweeps run'] as const;
export type Rescue = (typeof RESCUES)[number];

/** What came of one telling. */
export interface Telling {
  /** The calls that are numbered: those of what is struck and, once a blow has fallen, all until the world is at rest. */
  readonly calls: readonly string[];
  /** How many blows have fallen. */
  readonly fallen: number;
  /** How pods and claims stand in the world at rest. */
  readonly ending: string;
  readonly violations: readonly Violation[];
  readonly trace: readonly string[];
}

const SECOND = 1_000;
const HOUR = 3_600_000;
const SEED = 1;

const NOTHING_BY_CHANCE = Object.fromEntries(
  [...CALL_FAULTS, ...WORLD_FAULTS].map((fault) => [fault, 0]),
) as Profile;

const STRUCK_FROM_HERE = '* from here on calls are struck';

interface Blows extends Faults {
  readonly calls: readonly string[];
  /** From here on calls are numbered. */
  begin(): void;
  /** What is struck is over: calls are numbered on only where they follow from a blow. */
  heal(): void;
}

function createBlows(blows: readonly Blow[]): Blows {
  const calls: string[] = [];
  const struck: { number: number; fault: 'death before' | 'death after' | 'lost answer' }[] = [];
  let counts = false;
  return {
    calls,
    struck,
    storeIsAskedAgain: blows.some(({ kind }) => kind === 'lost answer, asked again'),
    atCall(what) {
      if (!counts) return undefined;
      const number = calls.push(what()) - 1;
      const blow = blows.find(({ at }) => at === number);
      if (!blow) return undefined;
      const fault = blow.kind === 'lost answer, asked again' ? 'lost answer' : blow.kind;
      struck.push({ number, fault });
      return fault;
    },
    strikes: () => false,
    begin() {
      counts = true;
    },
    heal() {
      counts = struck.length > 0;
    },
    end() {
      counts = false;
    },
  };
}

/** Tells a scenario with these blows, lets the world come to rest, and then every retention end. */
export async function tell(
  { workloads, hintsEni = true, before, struck }: Scenario,
  rescue: Rescue,
  blows: readonly Blow[],
  { trace = false } = {},
): Promise<Telling> {
  const story: Story = {
    start: START,
    clusters: 1,
    workloads,
    hintsEni,
    readLagMs: 0,
    eipQuota: PLENTY_OF_EIPS,
    tokenValidityMs: 24 * HOUR,
    callsPerMinute: undefined,
    releasesPerMinute: 200,
    acts: [],
  };
  const faults = createBlows(blows);
  const world = createWorldOf({
    seed: SEED,
    story,
    profile: NOTHING_BY_CHANCE,
    faults,
    ...(rescue === 'only the sweeps run' ? { mostDeliveries: 1 } : {}),
    trace,
  });
  const ground = { world, people: createPeople(world, story) };
  const violations: Violation[] = [];

  for (const step of before) await step(ground);
  world.trace.add(STRUCK_FROM_HERE);
  faults.begin();
  for (const step of struck) await step(ground);
  faults.heal();
  await ground.people.makeUp();
  const fallen = faults.struck.length;
  await toRest(world, violations, 'when nothing is struck any more');
  faults.end();
  if (faults.struck.length > fallen) {
    // A pass that was struck says nothing of whether there was anything to do.
    await passOf(world);
    await toRest(world, violations, 'after a sweep that was struck');
  }
  const ending = wordEnding(ground, story);
  violations.push(...keepsItsPromises(world), ...(await toTheEnd(world, story)));
  return {
    calls: faults.calls,
    fallen: faults.struck.length,
    ending,
    violations: [...world.books.violations, ...violations],
    trace: world.trace.lines,
  };
}

function wordEnding({ world }: Pick<Ground, 'world'>, story: Story): string {
  const pods = Object.entries(endingOf(world, story)).map(([name, standing]) => `${name} ${standing}`);
  const claims = world.store
    .rows('claims')
    .map(({ claim, phase }) => `the claim ${String(claim)} is ${String(phase)}`);
  return [...pods, ...claims].sort().join(', ');
}

/** A matrix, as far as it was tried. */
export interface Matrix {
  /** Calls of the telling without blows. */
  readonly calls: readonly string[];
  readonly points: number;
  readonly pairs: number;
  /** Whether it was struck twice as well. */
  readonly isShort: boolean;
  readonly failures: readonly string[];
}

/** Enough to see what is wrong. */
const MOST_FAILURES = 5;
const LONGEST_TRACE = 120;

/** A scenario of fewer calls is struck twice as well. */
const SHORT = 30;

export interface Extent {
  /** Every two deaths; or every two of deaths and lost answers, which are some five times as many. */
  readonly pairs: 'of deaths' | 'of all';
  /** Scenarios of fewer calls than this are struck in pairs. Default: 30. */
  readonly short?: number;
}

/**
 * Without the hints, a death before a call is the death after the one before it; and an answer that the store's adapter
 * asks for again costs no hint: both are as they are with them.
 */
const isNewTo = (rescue: Rescue, { at, kind }: Blow): boolean =>
  rescue === 'the hints come again' ||
  kind === 'death after' ||
  kind === 'lost answer' ||
  (kind === 'death before' && at === 0);

/** Each blow on each call; and, where a scenario is short, each two. */
export async function strikeAll(
  scenario: Scenario,
  rescue: Rescue,
  { pairs: which, short = SHORT }: Extent = { pairs: 'of deaths' },
): Promise<Matrix> {
  const calm = await tell(scenario, rescue, []);
  const failures = calm.violations.map(({ rule, what }) => `${scenario.name}, undisturbed: ${rule}: ${what}`);
  const isShort = calm.calls.length < short;
  let points = 0;
  let pairs = 0;
  const check = async (...blows: readonly Blow[]): Promise<Telling> => {
    const told = await tell(scenario, rescue, blows);
    const wrong = told.violations.map(({ rule, what }) => `${rule}: ${what}`);
    if (told.fallen !== blows.length) wrong.push(`only ${told.fallen} of ${blows.length} blows have fallen`);
    if (told.ending !== calm.ending) wrong.push(`the ending is ${told.ending} instead of ${calm.ending}`);
    if (wrong.length > 0)
      failures.push(await wordFailure({ scenario, rescue, blows, told, wrong, failures }));
    return told;
  };

  for (const blow of blowsOn(calm.calls)) {
    if (failures.length >= MOST_FAILURES) break;
    if (!isNewTo(rescue, blow)) continue;
    points++;
    const { calls } = await check(blow);
    if (!isShort || !isInPairs(blow, calm.calls, which)) continue;
    for (const second of blowsOn(calls, blow.at + 1)) {
      if (failures.length >= MOST_FAILURES) break;
      if (!isInPairs(second, calls, which)) continue;
      pairs++;
      await check(blow, second);
    }
  }
  return { calls: calm.calls, points, pairs, isShort, failures };
}

function* blowsOn(calls: readonly string[], from = 0): Generator<Blow> {
  for (const [index, call] of calls.slice(from).entries())
    for (const kind of BLOWS)
      if (kind !== 'lost answer, asked again' || IN_STORE.test(call)) yield { at: from + index, kind };
}

const IN_STORE = /#\d+ (?:read|write|range) /;
/** Calls that change something; what is counted in a window and never used is no matter of anybody's. */
const ACTS =
  /#\d+ (?:write (?!windows)|tell|send|Allocate|Associate|Unassociate|Release|Assign|Unassign|Create|Delete)/;

/**
 * Whether it makes a pair that no other makes: a death before a call, and one after a call that only reads, leave the
 * world as a death does after the last call before it that acted.
 */
const isInPairs = ({ at, kind }: Blow, calls: readonly string[], which: Extent['pairs']): boolean =>
  (kind === 'death after' || (which === 'of all' && kind === 'lost answer')) && ACTS.test(calls[at] ?? '');

/** What was struck and what came of it; the first time with all that happened. */
async function wordFailure({ scenario, rescue, blows, told, wrong, failures }: Failing): Promise<string> {
  const where = blows.map(({ at, kind }) => `${kind} at call ${at}, ${told.calls[at]}`).join('; then ');
  const head = `${scenario.name}, ${rescue}: ${where}: ${wrong.join('; ')}`;
  if (failures.length > 0) return head;
  const { trace } = await tell(scenario, rescue, blows, { trace: true });
  const begin = trace.findIndex((line) => line.endsWith(STRUCK_FROM_HERE));
  return [head, ...trace.slice(begin, begin + LONGEST_TRACE)].join('\n    ');
}

interface Failing {
  readonly scenario: Scenario;
  readonly rescue: Rescue;
  readonly blows: readonly Blow[];
  readonly told: Telling;
  readonly wrong: readonly string[];
  readonly failures: readonly string[];
}

export const waits =
  (ms: number): Step =>
  ({ world }) =>
    world.clock.advance(ms);
export const sweeps: Step = ({ world }) => passOf(world);
export const begins: Step = async ({ people, world }) => {
  people.begin();
  await world.clock.advance(LONG_ENOUGH_MS);
};
/** For whatever was begun to come to its end, and for hints to have come again. */
export const LONG_ENOUGH_MS = 100 * SECOND;
