import { createRandom } from '../../infra/local/kernel/random.ts';
import { type Books, createBooks } from './books/books.ts';
import { type CloudStage, createCloudStage } from './cloud-stage.ts';
import { type Cluster, type ClusterOptions, createCluster } from './cluster/cluster.ts';
import { createEventClock, type EventClock } from './event-clock.ts';
import { createFaults, type Faults, type Profile } from './faults.ts';
import { createFunctionHost, type FunctionHost } from './function-host.ts';
import { putEips } from './own-eips.ts';
import { createPortsFor } from './ports.ts';
import { createProcesses, type Processes } from './process/processes.ts';
import { createRowStore, type RowStore, type Written } from './row-store.ts';
import type { Story } from './story.ts';
import { createTrace, type Trace } from './trace.ts';

/** Everything that there is in one run. */
export interface World {
  readonly clock: EventClock;
  readonly faults: Faults;
  readonly trace: Trace;
  readonly processes: Processes;
  readonly store: RowStore;
  readonly stage: CloudStage;
  readonly books: Books;
  readonly clusters: readonly Cluster[];
  readonly host: FunctionHost;
  /** Ids of the user's own EIPs, by the names that stories have for them. */
  readonly given: ReadonlyMap<string, string>;
  readonly calm: boolean;
  /** What changed something so far: writes of claims, changes of the cloud, and what pods were told. */
  changes(): number;
}

export interface WorldOptions {
  readonly seed: number;
  readonly story: Story;
  readonly profile: Profile;
  /** The opportunities at which a fault may strike; all when left out. */
  readonly strikes?: ReadonlySet<number> | undefined;
  readonly trace: boolean;
  /** What goes wrong, where that is not left to the profile and to chance. */
  readonly faults?: Faults;
  /** How often a message is delivered whose function ended without an answer. */
  readonly mostDeliveries?: number;
  /** Told only to see how the story ends without faults. */
  readonly calm?: boolean;
}

export const INSTALLATION = 'holdfast';

/** A turn of the event loop: all that was woken runs until it waits for a service again. */
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

export function createWorldOf({
  seed,
  story,
  profile,
  strikes,
  trace: traced,
  faults = createFaults(createRandom(seed).fork('faults'), profile, strikes),
  mostDeliveries,
  calm = false,
}: WorldOptions): World {
  const random = createRandom(seed);
  const clock: EventClock = createEventClock(story.start, () => {
    if (!processes.takeWoken()) return undefined;
    // Two: a call that is joined with others leaves at the end of the first.
    return turn().then(turn);
  });
  const trace = createTrace(traced, clock, story.start);
  const processes = createProcesses({
    clock,
    faults,
    random: random.fork('processes'),
    trace,
    onLate: (what) => books.late(what),
  });

  let changes = 0;
  const books = createBooks({
    now: clock.now,
    world: () => stage.world,
    installation: INSTALLATION,
    isGiven: (id) => [...given.values()].includes(id),
    callsPerMinute: 2 * (story.callsPerMinute ?? Number.POSITIVE_INFINITY),
    releasesPerMinute: story.releasesPerMinute,
  });
  const store = createRowStore((written: Written) => {
    if (written.table === 'claims') {
      changes++;
      if (trace.on) trace.add(`  claim ${wordClaim(written)}`);
    }
    books.written(written);
  });
  const stage = createCloudStage(
    clock,
    random.fork('cloud'),
    { readLagMs: story.readLagMs, tokenValidityMs: story.tokenValidityMs, quotas: { eips: story.eipQuota } },
    {
      begins: books.begins,
      before: books.before,
      after(performed) {
        if (performed.by) changes++;
        books.after(performed);
      },
    },
  );
  if (trace.on)
    stage.world.onChange(({ resource, id, from, to }) =>
      trace.add(`  ${resource} ${id}: ${from ?? 'nothing'} -> ${to ?? 'gone'}`),
    );
  const given = putEips(stage);

  const clusters = createClusters({
    story,
    clock,
    random,
    faults,
    world: stage.world,
    audit: {
      ...books,
      told(...told) {
        changes++;
        books.told(...told);
      },
    },
    onEvent: ({ clusterId, namespace, name }) => host.onEvent({ clusterId, namespace, pod: name }),
  });
  const host: FunctionHost = createFunctionHost({
    clock,
    random: random.fork('host'),
    faults,
    processes,
    trace,
    mostDeliveries,
    portsFor: (process) => portsFor(process),
  });
  const portsFor = createPortsFor({
    clock,
    story,
    installation: INSTALLATION,
    store,
    stage,
    clusters,
    queueFor: host.queueFor,
  });

  return {
    clock,
    faults,
    trace,
    processes,
    store,
    stage,
    books,
    clusters,
    host,
    given,
    calm,
    changes: () => changes,
  };
}

interface ClustersOptions
  extends Pick<ClusterOptions, 'clock' | 'random' | 'faults' | 'world' | 'audit' | 'onEvent'> {
  readonly story: Story;
}

function createClusters({ story, random, world, ...options }: ClustersOptions): readonly Cluster[] {
  let uids = 0;
  return Array.from({ length: story.clusters }, (_, index) => {
    const id = `c-${index}`;
    return createCluster({
      ...options,
      id,
      random: random.fork(id),
      world,
      hintsEni: story.hintsEni,
      vSwitchId: world.defaults.vSwitchIds[0],
      newUid: () => `uid-${++uids}`,
    });
  });
}

const wordClaim = ({ key, before, after }: Written): string =>
  `${String(key[1]?.[1])}: ${before ? `${before.phase}/${before.rev}` : 'none'} -> ${
    after
      ? `${after.phase}/${after.rev} ${after.address ?? ''} ${after.boundPodUid ?? after.podUid ?? ''} ${after.token ?? ''}`
      : 'none'
  }`;
