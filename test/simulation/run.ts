import { createRandom } from '../../infra/local/kernel/random.ts';
import { drawStory } from './draw-story.ts';
import { drawProfile, FAULTS, type Fault, type Profile, type Strike } from './faults.ts';
import { createPeople } from './people/people.ts';
import { MOST_WRONG_MS } from './process/calls.ts';
import { type Ending, endingOf, keepsItsPromises, leftovers, orphans, type Standing } from './right.ts';
import { undisturbed, type Violation } from './rules.ts';
import { PLENTY_OF_EIPS, type Story } from './story.ts';
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
/** And how many more it may take until nothing is left over. */
const MOST_LAST_PASSES = 6;
/** In so many passes an idle parking ENI is given up: seen, seen again, out of the book, deleted. */
const PASSES_OF_STAYING = 4;
/** A late call acts within this. */
const LATEST_MS = 10 * MINUTE;
/** Longer than any retention that ends, and than any tombstone is kept, even if their ends were set by a wrong clock. */
const LONGEST_RETENTION_MS = 49 * HOUR + MOST_WRONG_MS;
const TOMBSTONE_MS = 61 * MINUTE + MOST_WRONG_MS;

const NOTHING_WRONG = Object.fromEntries(FAULTS.map((fault) => [fault, 0])) as Profile;

/** The story of a seed, told once with everything that goes wrong, and once without. */
export async function run(one: Case, { trace = false } = {}): Promise<Run> {
  const random = createRandom(one.seed);
  const drawn = drawStory(random.fork('story'));
  const story = one.acts ? only(drawn, new Set(one.acts)) : drawn;
  const without = new Set(one.without);
  const profile = Object.fromEntries(
    Object.entries(drawProfile(random.fork('profile'))).map(([fault, chance]) => [
      fault,
      without.has(fault as Fault) ? 0 : chance,
    ]),
  ) as Profile;

  const strikes = one.strikes && new Set(one.strikes);
  const world = createWorldOf({ seed: one.seed, story, profile, strikes, trace });
  const disturbed = await tell(world, story);
  const violations = [...world.books.violations, ...disturbed.violations];
  let { steps } = world.processes;
  const lines = [...world.trace.lines];
  if (violations.length === 0) {
    const calm = createWorldOf({ seed: one.seed, story, profile: NOTHING_WRONG, trace, calm: true });
    const told = await tell(calm, story);
    violations.push(...[...calm.books.violations, ...told.violations].map(undisturbed));
    violations.push(...differences(disturbed, told, story));
    steps += calm.processes.steps;
    if (violations.length > 0)
      lines.push('* the same story, with nothing that goes wrong', ...calm.trace.lines);
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
  /** How pods stood when nothing went wrong any more. */
  readonly ending: Ending;
  readonly violations: readonly Violation[];
}

/** The story, and then nothing but sweeps until there is nothing left for them to do. */
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
  // And it stays so, also when what was young has become old.
  if (!world.calm) {
    await clock.advance(LATEST_MS);
    for (let pass = 0; pass < PASSES_OF_STAYING; pass++) await passOf(world);
  }
  const ending = endingOf(world, story);
  violations.push(...keepsItsPromises(world), ...lacking(ending, 'when nothing goes wrong any more'));
  if (!world.calm) violations.push(...orphans(world), ...(await toTheEnd(world, story)));
  return { ending, violations };
}

/** Every retention that ends is over, and every tombstone old. */
export async function toTheEnd(world: World, story: Story): Promise<readonly Violation[]> {
  const { clock, trace } = world;
  const violations: Violation[] = [];
  trace.add('* every retention that ends is over');
  await clock.advance(LONGEST_RETENTION_MS);
  await toRest(world, violations, 'when every retention is over');
  // Orphans are seen twice, parking ENIs given up in two passes more, and tombstones go an hour later.
  for (let pass = 0; pass < MOST_LAST_PASSES && leftovers(world).length > 0; pass++) {
    await clock.advance(pass === 0 ? TOMBSTONE_MS : 0);
    await passOf(world);
  }
  violations.push(...lacking(endingOf(world, story), 'at the end'), ...leftovers(world));
  const before = world.changes();
  await lookAtAll(world);
  if (world.changes() !== before)
    violations.push({ rule: 'restless', what: 'a look at a world at rest has changed it' });
  return violations;
}

/** Both timers, and whatever follows from them. */
export async function passOf({ host, clock }: World): Promise<void> {
  host.fireTimers();
  await clock.advance(MINUTE);
}

/**
 * Passes until one changes nothing, and the next one neither. A pod that waits for what somebody else has is looked at in
 * every pass, and that is no change.
 */
export async function toRest(world: World, violations: Violation[], when: string): Promise<void> {
  let quiet = 0;
  for (let pass = 0; pass < MOST_PASSES; pass++) {
    const before = world.changes();
    const delivered = new Map(world.host.delivered);
    await passOf(world);
    violations.push(...hotLoops(world, delivered));
    const changed = world.changes() !== before || world.processes.running > 0;
    quiet = changed ? 0 : world.host.lastHinted === 0 ? 2 : quiet + 1;
    if (quiet === 2) return;
  }
  violations.push({
    rule: 'no rest',
    what: `${when}, ${MOST_PASSES} passes of the timers left something to do`,
  });
}

/** Hints that a pod is brought in one pass, by the chains of all sweeps that are still under way. */
const MOST_DELIVERED = 20;

const hotLoops = ({ host }: World, before: ReadonlyMap<string, number>): readonly Violation[] =>
  [...host.delivered]
    .map(([pod, count]) => ({ pod, more: count - (before.get(pod) ?? 0) }))
    .filter(({ more }) => more > MOST_DELIVERED)
    .map(({ pod, more }) => ({ rule: 'hot loop', what: `${pod} is looked at ${more} times in a minute` }));

async function lookAtAll(world: World): Promise<void> {
  for (const cluster of world.clusters)
    for (const pod of cluster.pods.all())
      world.host.hint({ clusterId: cluster.id, namespace: pod.namespace, pod: pod.name });
  await passOf(world);
}

const lacking = (ending: Ending, when: string): readonly Violation[] =>
  Object.entries(ending)
    .filter(([, standing]) => standing === 'lacks it')
    .map(([name]) => ({ rule: 'lacking', what: `${when}, ${name} is asked for and not there` }));

/** Who waits for what somebody else has, and who that is, follows from who came first. */
function differences(disturbed: Told, calm: Told, story: Story): readonly Violation[] {
  // Who waits for what another keeps (for longer, where a wrong clock has set its end), chance has decided.
  const waits = new Set(
    [disturbed, calm]
      .flatMap(({ ending }) => Object.entries(ending))
      .filter(([, standing]) => standing === 'may wait')
      .map(([name]) => withoutNumber(name)),
  );
  const counts = ([name]: readonly [string, Standing]) =>
    !waits.has(withoutNumber(name)) && !(isScarce(story) && name.includes('/eip'));
  const tally = ({ ending }: Told) =>
    Object.entries(ending)
      .filter(counts)
      .map(([name, standing]) => `${withoutNumber(name)} ${standing}`)
      .sort()
      .join(', ');
  const [one, other] = [tally(disturbed), tally(calm)];
  return one === other ? [] : [{ rule: 'another ending', what: `${one} instead of ${other}` }];
}

const withoutNumber = (name: string): string => name.replace(/ \d+$/, '');

const isScarce = ({ eipQuota }: Story): boolean => eipQuota < PLENTY_OF_EIPS;
