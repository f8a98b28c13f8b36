import { createRandom } from '../../infra/local/kernel/random.ts';
import type { Violation } from './books.ts';
import { drawProfile, FAULTS, type Fault, type Profile, type Strike } from './faults.ts';
import { createPeople, type People } from './people.ts';
import { type Ending, endingOf, keepsItsPromises, leftovers } from './right.ts';
import { drawStory, type Story } from './story.ts';
import { createWorldOf, type World } from './world.ts';

/** One run, as it can be asked for again: the seed gives all of it, the rest takes something away. */
export interface Case {
  readonly seed: number;
  /** Numbers of the acts that are done; all when left out. */
  readonly acts?: readonly number[];
  /** The opportunities at which a fault strikes; all that the seed draws when left out. */
  readonly strikes?: readonly number[];
  /** Faults that do not happen at all. */
  readonly without?: readonly Fault[];
}

export interface Run {
  readonly violations: readonly Violation[];
  /** Calls that functions made. */
  readonly steps: number;
  readonly story: Story;
  readonly profile: Profile;
  readonly struck: readonly Strike[];
  readonly trace: readonly string[];
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Passes of both timers in which a world without faults must come to rest. */
const MOST_PASSES = 25;
/** A late call acts within this. */
const LATEST_MS = 10 * MINUTE;
/** Longer than any retention that ends. */
const LONGEST_RETENTION_MS = 49 * HOUR;
const TOMBSTONE_MS = 61 * MINUTE;

const NOTHING_WRONG = Object.fromEntries(FAULTS.map((fault) => [fault, 0])) as Profile;

/** The story of a seed, told once with everything that goes wrong, and once without. */
export async function run(one: Case, { trace = false } = {}): Promise<Run> {
  const random = createRandom(one.seed);
  const drawn = drawStory(random.fork('story'));
  const story = one.acts ? only(drawn, new Set(one.acts)) : drawn;
  const without = new Set(one.without);
  const profile = Object.fromEntries(
    Object.entries(drawProfile(random.fork('profile'))).map(([fault, chance]) => [fault, without.has(fault as Fault) ? 0 : chance]),
  ) as Profile;

  const strikes = one.strikes && new Set(one.strikes);
  const world = createWorldOf({ seed: one.seed, story, profile, strikes, trace });
  const disturbed = await tell(world, story);
  const violations = [...world.books.violations, ...disturbed.violations];
  let { steps } = world.processes;
  const lines = [...world.trace.lines];
  if (violations.length === 0) {
    const calm = createWorldOf({ seed: one.seed, story, profile: NOTHING_WRONG, trace });
    const undisturbed = await tell(calm, story);
    for (const violation of [...calm.books.violations, ...undisturbed.violations])
      violations.push({ rule: `undisturbed: ${violation.rule}`, what: violation.what });
    violations.push(...differences(disturbed.ending, undisturbed.ending));
    steps += calm.processes.steps;
    if (violations.length > 0) lines.push('* the same story, with nothing that goes wrong', ...calm.trace.lines);
  }
  return { violations, steps, story, profile, struck: world.faults.struck, trace: lines };
}

/** The story with some of its acts; the gaps before the others stay. */
function only(story: Story, wanted: ReadonlySet<number>): Story {
  let gap = 0;
  const acts = story.acts.flatMap(({ afterMs, act }, number) => {
    gap += afterMs;
    if (!wanted.has(number)) return [];
    const kept = { afterMs: gap, act };
    gap = 0;
    return [kept];
  });
  return { ...story, acts };
}

interface Told {
  readonly ending: Ending;
  readonly violations: readonly Violation[];
}

async function tell(world: World, story: Story): Promise<Told> {
  const { clock, faults, host, trace } = world;
  const people = createPeople(world, story);
  const violations: Violation[] = [];

  people.begin();
  host.startTimers();
  for (const { afterMs, act } of story.acts) {
    await clock.advance(afterMs);
    await people.act(act);
  }
  await clock.advance(30 * SECOND);

  trace.add('* nothing goes wrong any more');
  faults.end();
  host.stopTimers();
  await people.makeUp();
  await clock.advance(LATEST_MS);
  await toRest(world, violations, 'when nothing goes wrong any more');
  violations.push(...keepsItsPromises(world));
  violations.push(...lacking(endingOf(world, people, story), 'when nothing goes wrong any more'));

  trace.add('* every retention that ends is over');
  await clock.advance(LONGEST_RETENTION_MS);
  await toRest(world, violations, 'when every retention is over');
  await clock.advance(LATEST_MS);
  for (let pass = 0; pass < 4; pass++) await passOf(world);
  await clock.advance(TOMBSTONE_MS);
  await toRest(world, violations, 'at the end');

  const ending = endingOf(world, people, story);
  violations.push(...lacking(ending, 'at the end'), ...leftovers(world, people));
  const before = world.changes();
  await lookAtAll(world);
  if (world.changes() !== before) violations.push({ rule: 'restless', what: 'a look at a world at rest has changed it' });
  return { ending: withoutRobbed(ending, people), violations };
}

/** Both timers, and whatever follows from them. */
async function passOf({ host, clock }: World): Promise<void> {
  host.fireTimers();
  await clock.advance(MINUTE);
}

/**
 * Passes until one changes nothing, and the next one neither. A pod that waits for what somebody else has is looked at in
 * every pass, and that is no change.
 */
async function toRest(world: World, violations: Violation[], when: string): Promise<void> {
  let quiet = 0;
  for (let pass = 0; pass < MOST_PASSES; pass++) {
    const before = world.changes();
    await passOf(world);
    const changed = world.changes() !== before || world.processes.running > 0;
    quiet = changed ? 0 : world.host.lastHinted === 0 ? 2 : quiet + 1;
    if (quiet === 2) return;
  }
  violations.push({ rule: 'no rest', what: `${when}, ${MOST_PASSES} passes of the timers left something to do` });
}

async function lookAtAll(world: World): Promise<void> {
  for (const cluster of world.clusters)
    for (const pod of cluster.pods()) world.host.hint({ clusterId: cluster.id, namespace: pod.namespace, pod: pod.name });
  await passOf(world);
}

const lacking = (ending: Ending, when: string): readonly Violation[] =>
  Object.entries(ending)
    .filter(([, standing]) => standing === 'lacks it')
    .map(([name]) => ({ rule: 'lacking', what: `${when}, ${name} is asked for and not there` }));

const withoutRobbed = (ending: Ending, { robbed }: People): Ending =>
  Object.fromEntries(Object.entries(ending).filter(([name]) => !robbed.has(name)));

function differences(disturbed: Ending, undisturbed: Ending): readonly Violation[] {
  const tally = (ending: Ending) => JSON.stringify(Object.entries(ending).filter(([, standing]) => standing !== 'may wait').sort());
  const [one, other] = [tally(disturbed), tally(undisturbed)];
  return one === other ? [] : [{ rule: 'another ending', what: `${one} instead of ${other}` }];
}
