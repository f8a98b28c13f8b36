import { createRandom, type Random } from '../../infra/local/kernel/random.ts';
import { createServerClock } from '../../shared/adapters/kubernetes/server-clock.ts';
import { createCloud } from '../../shared/adapters/openapi/cloud.ts';
import { createClaimStore } from '../../shared/adapters/tablestore/claims.ts';
import { createParkingBooks, createReleaseSwitch } from '../../shared/adapters/tablestore/control.ts';
import {
  createQuota,
  DEFAULT_QUOTAS,
  type Permits,
  type QuotaTable,
} from '../../shared/adapters/tablestore/quota.ts';
import { requireTime } from '../../shared/adapters/time-left.ts';
import { momentOf } from '../../shared/claim/moment.ts';
import type { Log, PodApi, Ports } from '../../shared/reconcile/ports.ts';
import { type Books, createBooks } from './books/books.ts';
import { type CloudStage, createCloudStage, ECS, VPC } from './cloud-stage.ts';
import type { ApiServer } from './cluster/api-server.ts';
import { type Cluster, createCluster } from './cluster/cluster.ts';
import { createEventClock, type EventClock } from './event-clock.ts';
import { createFaults, type Faults, type Profile } from './faults.ts';
import { createFunctionHost, type FunctionHost } from './function-host.ts';
import type { Process } from './process/process.ts';
import { createProcesses, type Processes } from './process/processes.ts';
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
  const given = new Map<string, string>();
  const books = createBooks({
    now: clock.now,
    world: () => stage.world,
    installation: INSTALLATION,
    isGiven: (id) => [...given.values()].includes(id),
    callsPerMinute: 2 * (story.callsPerMinute ?? Number.POSITIVE_INFINITY),
    releasesPerPass: story.releasesPerPass,
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
      onEvent: ({ namespace, name }) => host.onEvent({ clusterId: id, namespace, pod: name }),
    });
  });

  const windows = windowsOf(story);
  let tokens = 0;
  // Permits outlive an invocation: each process is a run in one of a few instances.
  const instances: readonly Permits[] = [new Map(), new Map(), new Map()];
  const permitsOf = ({ number }: Process): Permits => instances[number % instances.length] as Permits;
  const portsFor = (process: Process): Ports => {
    const log: Log = quiet;
    const tables = store.tablesFor(process);
    const pods = podApi(process, clusters, clock.now);
    const moment = () =>
      momentOf(
        process.now(),
        clusters.map(({ id }) => pods.skewMs(id) ?? 0),
      );
    const quota = createQuota(tables, { now: process.now, quotas: windows, permits: permitsOf(process) });
    return {
      claims: createClaimStore(tables, log, moment),
      cloud: createCloud({
        vpc: stage.callFor(process, VPC),
        ecs: stage.callFor(process, ECS),
        installation: INSTALLATION,
        books: createParkingBooks(tables),
        quota,
        remainingMs: process.remainingMs,
      }),
      pods,
      hints: host.queueFor(process),
      quota,
      releases: createReleaseSwitch(tables),
      releasesPerPass: story.releasesPerPass,
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
    mostDeliveries,
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
    calm,
    changes: () => changes,
  };
}

/** Both lanes of every API have a few calls a minute, where the story is about that. */
const windowsOf = ({ callsPerMinute }: Story): QuotaTable =>
  callsPerMinute === undefined
    ? DEFAULT_QUOTAS
    : Object.fromEntries(
        Object.keys(DEFAULT_QUOTAS).map((api) => [api, { bind: callsPerMinute, release: callsPerMinute }]),
      );

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

function podApi(process: Process, clusters: readonly Cluster[], serverNow: () => number): PodApi {
  const apiServerOf = (id: string): ApiServer => {
    requireTime(process.remainingMs, `the API of ${id}`);
    const cluster = clusters.find((one) => one.id === id);
    if (!cluster) throw new Error(`there is no cluster ${id}`);
    return cluster.apiServer;
  };
  // Elapsed time runs on whatever the process thinks that it is.
  const clocks = new Map(
    clusters.map(({ id }) => [id, createServerClock({ now: process.now, elapsedMs: serverNow })]),
  );
  /** Every answer has the server's clock in it, in whole seconds. */
  const withClock = async <T>(clusterId: string, ask: () => Promise<T>): Promise<T> => {
    const note = clocks.get(clusterId)?.ask();
    const answer = await ask();
    note?.(Math.floor(serverNow() / 1_000) * 1_000);
    return answer;
  };
  return {
    clusters: clusters.map(({ id }) => id),
    skewMs: (clusterId) => clocks.get(clusterId)?.skewMs(),
    read: ({ clusterId, namespace, pod }) =>
      withClock(clusterId, () => apiServerOf(clusterId).read(process, namespace, pod)),
    isEmpty: (clusterId) => apiServerOf(clusterId).isEmpty(process),
    list: (clusterId) => withClock(clusterId, () => apiServerOf(clusterId).list(process)),
    tell: (key, podUid, told) => apiServerOf(key.clusterId).tell(process, key, podUid, told),
    // A courtesy: where it cannot be written, nothing fails.
    async event({ clusterId, namespace, pod }, _podUid, { reason }) {
      try {
        apiServerOf(clusterId);
        await process.call(
          'cluster',
          () => `event ${namespace}/${pod} ${reason}`,
          () => {},
        );
      } catch {
        // Said in the log, which nobody reads here.
      }
    },
  };
}

const wordClaim = ({ key, before, after }: Written): string =>
  `${String(key[1]?.[1])}: ${before ? `${before.phase}/${before.rev}` : 'none'} -> ${
    after
      ? `${after.phase}/${after.rev} ${after.address ?? ''} ${after.boundPodUid ?? after.podUid ?? ''} ${after.token ?? ''}`
      : 'none'
  }`;
