import { createRandom, type Random } from '../../infra/local/kernel/random.ts';
import { createEipCloud } from '../../shared/adapters/openapi/eips.ts';
import { createEniCloud } from '../../shared/adapters/openapi/enis.ts';
import { createClaimStore } from '../../shared/adapters/tablestore/claims.ts';
import {
  createParkingBooks,
  createQuota,
  createReleaseSwitch,
} from '../../shared/adapters/tablestore/control.ts';
import type { Log, PodApi, Ports } from '../../shared/reconcile/ports.ts';
import { type Books, createBooks } from './books.ts';
import { type CloudStage, createCloudStage, ECS, VPC } from './cloud-stage.ts';
import { type Cluster, createCluster } from './cluster.ts';
import { createEventClock, type EventClock } from './event-clock.ts';
import { createFaults, type Faults, type Profile } from './faults.ts';
import { createFunctionHost, type FunctionHost } from './function-host.ts';
import { createProcesses, type Process, type Processes } from './process.ts';
import { createRowStore, type RowStore, type Written } from './row-store.ts';
import { GIVEN, type Story } from './story.ts';
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
  /** Draws for what people do. */
  readonly random: Random;
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
}

export const INSTALLATION = 'holdfast';

/** A turn of the event loop: all that was woken runs until it waits for a service again. */
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

export function createWorldOf({ seed, story, profile, strikes, trace: traced }: WorldOptions): World {
  const random = createRandom(seed);
  const clock: EventClock = createEventClock(story.start, () => {
    if (!processes.takeWoken()) return undefined;
    // Two: a call that is joined with others leaves at the end of the first.
    return turn().then(turn);
  });
  const trace = createTrace(traced, clock, story.start);
  const faults = createFaults(random.fork('faults'), profile, strikes);
  const processes = createProcesses({ clock, faults, random: random.fork('processes'), trace });

  let changes = 0;
  const given = new Map<string, string>();
  const books = createBooks({
    now: clock.now,
    stage: () => stage,
    installation: INSTALLATION,
    given: { has: (id: string) => [...given.values()].includes(id) } as ReadonlySet<string>,
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
      before: books.before,
      after(performed) {
        if (performed.by) changes++;
        books.after(performed);
      },
    },
  );
  if (trace.on)
    stage.world.onChange(({ resource, id, from, to }) => trace.add(`  ${resource} ${id}: ${from ?? 'nothing'} -> ${to ?? 'gone'}`));
  for (const name of GIVEN) given.set(name, giveEip(stage, []));
  // Neighbours in the account, which nobody here may touch: nobody's, and those of another installation.
  giveEip(stage, []);
  giveEip(stage, [{ key: 'holdfast/owner', value: 'somebody else' }]);

  let uids = 0;
  const clusters = Array.from({ length: story.clusters }, (_, index): Cluster => {
    const id = `c-${index}`;
    return createCluster({
      id,
      clock,
      random: random.fork(id),
      faults,
      world: stage.world,
      audit: {
        ...books,
        told(...told) {
          changes++;
          books.told(...told);
        },
      },
      hintsEni: story.hintsEni,
      vSwitchId: stage.world.defaults.vSwitchIds[0],
      newUid: () => `uid-${++uids}`,
      onEvent: (namespace, pod) => host.onEvent({ clusterId: id, namespace, pod }),
    });
  });

  let tokens = 0;
  const portsFor = (process: Process): Ports => {
    const log: Log = quiet;
    const tables = store.tablesFor(process);
    const vpc = stage.callFor(process, VPC);
    const ecs = stage.callFor(process, ECS);
    return {
      claims: createClaimStore(tables, log, process.now),
      eips: createEipCloud(vpc, { installation: INSTALLATION }),
      enis: createEniCloud(ecs, { installation: INSTALLATION, books: createParkingBooks(tables) }),
      pods: podApi(process, clusters),
      hints: host.queueFor(process),
      quota: createQuota(tables, process.now),
      releases: createReleaseSwitch(tables),
      log,
      now: process.now,
      newToken: () => `token-${++tokens}`,
      remainingMs: process.remainingMs,
    };
  };
  const host: FunctionHost = createFunctionHost({
    clock,
    random: random.fork('host'),
    faults,
    processes,
    trace,
    portsFor,
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
    random: random.fork('people'),
    changes: () => changes,
  };
}

const quiet: Log = { debug() {}, info() {}, warn() {} };

function giveEip({ cloud }: CloudStage, tags: readonly { key: string; value: string }[]): string {
  const address = cloud.publicAddresses.takeAny() ?? '';
  const id = cloud.newId('eip');
  cloud.eips.put({
    id,
    sequence: cloud.nextNumber(),
    task: 0,
    address,
    status: 'Available',
    bandwidth: 5,
    internetChargeType: 'PayByTraffic',
    chargeType: 'PostPaid',
    isp: 'BGP',
    netmode: 'public',
    name: '',
    description: '',
    resourceGroupId: '',
    publicIpAddressPoolId: '',
    zone: '',
    securityProtectionTypes: [],
    tags,
    createdAt: cloud.clock.now(),
  });
  return id;
}

function podApi(process: Process, clusters: readonly Cluster[]): PodApi {
  const clusterOf = (id: string): Cluster => {
    const cluster = clusters.find((one) => one.id === id);
    if (!cluster) throw new Error(`there is no cluster ${id}`);
    return cluster;
  };
  return {
    clusters: clusters.map(({ id }) => id),
    read: ({ clusterId, namespace, pod }) => clusterOf(clusterId).read(process, namespace, pod),
    list: (clusterId) => clusterOf(clusterId).list(process),
    tell: (key, podUid, told) => clusterOf(key.clusterId).tell(process, key, podUid, told),
    event: ({ namespace, pod }, _podUid, { reason }) =>
      process.call('cluster', `event ${namespace}/${pod} ${reason}`, () => {}),
  };
}

const wordClaim = ({ key, before, after }: Written): string =>
  `${String(key[1]?.[1])}: ${before ? `${before.phase}/${before.rev}` : 'none'} -> ${
    after
      ? `${after.phase}/${after.rev} ${after.address ?? ''} ${after.boundPodUid ?? after.podUid ?? ''} ${after.token ?? ''}`
      : 'none'
  }`;
