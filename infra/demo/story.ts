import type { Pod } from '../local/kubernetes/client/objects.ts';
import { type Cluster, openCluster } from './cluster.ts';
import { type AddressKind, createLedger, type Ledger } from './ledger.ts';
import { addressesInCloud, leftovers, type Sight, sightsOf } from './sight.ts';
import type { Stage } from './stage.ts';

/** What happens in the story, for whoever shows it. */
export type Scene =
  | { readonly kind: 'chapter'; readonly title: string }
  | {
      readonly kind: 'bound';
      readonly at: number;
      readonly sight: Sight;
      readonly how: 'first' | 'kept' | 'lost';
    }
  | { readonly kind: 'gone'; readonly at: number; readonly pod: string }
  | {
      readonly kind: 'released';
      readonly at: number;
      readonly address: string;
      readonly pod: string;
      readonly early: boolean;
    }
  | { readonly kind: 'pods'; readonly sights: readonly Sight[]; readonly kept: readonly Keeping[] }
  | { readonly kind: 'clock'; readonly at: number; readonly since: number }
  | { readonly kind: 'failed'; readonly why: string };

/** An address that waits for its pod. */
export interface Keeping {
  readonly pod: string;
  readonly kind: AddressKind;
  readonly address: string;
  /** Cloud time, ms. */
  readonly until: number;
}

export interface Verdict {
  readonly pods: number;
  readonly rebinds: number;
  readonly kept: number;
  readonly lost: number;
  readonly wrongReleases: number;
  readonly leaked: number;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** How long the samples' addresses are kept, ms. */
const RETENTION: Readonly<Record<string, number>> = {
  'default/web': 48 * HOUR,
  'games/example': 10 * MINUTE,
  'edge/example': 0,
};
/** The cloud time that a chapter may take before the story gives it up. */
const PATIENCE_MS = 8 * MINUTE;
/** Real time that a chapter is watched at its own speed, before cloud time is hurried. */
const WATCH_MS = 2_500;
const HURRY_STEP_MS = 5_000;
const POLL_MS = 40;

/** The samples, from their first bind to a cloud in which nothing is left. The same on any cluster. */
export async function tellStory(stage: Stage, show: (scene: Scene) => void): Promise<Verdict> {
  const { cloud } = stage;
  const { clock } = cloud.context;
  const cluster = await openCluster(cloud.context, cloud.cluster.kubeconfig);
  const ledger = createLedger();
  const seen = new Set<string>();
  let failures = 0;

  const note = (pod: Pod) => {
    if (!(workloadOf(pod) in RETENTION) || pod.metadata.deletionTimestamp) return;
    for (const sight of sightsOf(cloud, pod)) {
      if (sight.address === undefined) continue;
      const how = ledger.bound({
        ...sight,
        address: sight.address,
        retentionMs: RETENTION[workloadOf(pod)] ?? 0,
      });
      seen.add(sight.uid);
      if (how !== 'known') show({ kind: 'bound', at: clock.now(), sight, how });
    }
  };
  cluster.pods.listen({
    changed: note,
    gone(pod) {
      const name = `${pod.metadata.namespace}/${pod.metadata.name}`;
      if (!(workloadOf(pod) in RETENTION)) return;
      ledger.gone(name, pod.metadata.uid ?? '', clock.now());
      show({ kind: 'gone', at: clock.now(), pod: name });
    },
  });
  await cluster.pods.start();

  const until = async (what: string, holds: () => boolean): Promise<void> => {
    const started = clock.now();
    const watchUntil = performance.now() + WATCH_MS;
    for (;;) {
      for (const pod of cluster.pods.list()) note(pod);
      if (holds()) return;
      if (clock.now() - started > PATIENCE_MS) {
        failures++;
        return show({
          kind: 'failed',
          why: `${what} did not come to pass in ${PATIENCE_MS / MINUTE} minutes`,
        });
      }
      if (performance.now() > watchUntil) await clock.advance(HURRY_STEP_MS);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  };
  const allBound =
    (counts: Readonly<Record<string, number>>, not: ReadonlySet<string> = new Set()) =>
    () => {
      const live = livePods(cluster).filter((pod) => !not.has(pod.metadata.uid ?? ''));
      return (
        live.every(
          (pod) => isReady(pod) && sightsOf(cloud, pod).every(({ address }) => address !== undefined),
        ) &&
        Object.entries(counts).every(
          ([workload, count]) => live.filter((pod) => workloadOf(pod) === workload).length === count,
        )
      );
    };
  const uids = (workload: string) =>
    new Set(
      livePods(cluster)
        .filter((pod) => workloadOf(pod) === workload)
        .map((pod) => pod.metadata.uid ?? ''),
    );
  const noneOf = (old: ReadonlySet<string>) => () =>
    [...cluster.pods.list()].every((pod) => !old.has(pod.metadata.uid ?? ''));
  const picture = () =>
    show({
      kind: 'pods',
      sights: livePods(cluster).flatMap((pod) => sightsOf(cloud, pod)),
      kept: keepings(ledger),
    });
  const audit = () => {
    const before = new Map(ledger.holdings().map((holding) => [holding.address, holding.pod]));
    const early = new Set(ledger.check(addressesInCloud(cloud), clock.now()).map(({ address }) => address));
    const after = new Set(ledger.holdings().map(({ address }) => address));
    for (const [address, pod] of before) {
      if (!after.has(address))
        show({ kind: 'released', at: clock.now(), address, pod, early: early.has(address) });
    }
  };
  // Days pass in leaps: what the nodes and the functions would do every few seconds of them adds nothing.
  const pass = async (ms: number, leap: number) => {
    const from = clock.now();
    for (let passed = 0; passed < ms; passed += leap) {
      clock.leap(Math.min(leap, ms - passed));
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      await cloud.quiet();
      audit();
      show({ kind: 'clock', at: clock.now(), since: from });
    }
  };

  try {
    show({
      kind: 'chapter',
      title: 'Five pods start: two get a fixed IP, two a kept EIP, one an EIP that follows it',
    });
    await cluster.apply('statefulset-fixed-ip.yaml', 'default');
    await cluster.apply('statefulset-eip.yaml', 'games');
    await cluster.apply('deployment-eip.yaml', 'edge');
    const all = { 'default/web': 2, 'games/example': 2, 'edge/example': 1 };
    await until('every pod having its address', allBound(all));
    picture();

    show({
      kind: 'chapter',
      title: 'A rolling restart of both StatefulSets: every pod is rebuilt, every address stays',
    });
    const beforeRestart = new Set([...uids('default/web'), ...uids('games/example')]);
    const at = new Date(clock.now()).toISOString();
    await cluster.rolloutRestart('StatefulSet', 'default', 'web', at);
    await cluster.rolloutRestart('StatefulSet', 'games', 'example', at);
    await until('the restart', () => noneOf(beforeRestart)() && allBound(all)());
    picture();

    show({
      kind: 'chapter',
      title: 'Three pods are deleted: two come back with their address, one with a new name and a new one',
    });
    const deleted = new Set(
      livePods(cluster)
        .filter(
          ({ metadata: { name = '' } }) => name === 'example-0' || name === 'web-1' || !/-\d$/.test(name),
        )
        .map((pod) => pod.metadata.uid ?? ''),
    );
    for (const pod of livePods(cluster).filter(({ metadata }) => deleted.has(metadata.uid ?? ''))) {
      await cluster.deletePod(pod.metadata.namespace ?? '', pod.metadata.name ?? '');
    }
    await until('the deleted pods being back', () => noneOf(deleted)() && allBound(all)());
    picture();

    show({
      kind: 'chapter',
      title: 'All workloads are deleted: kept addresses wait for their pods',
    });
    await cluster.deleteWorkload('StatefulSet', 'default', 'web');
    await cluster.deleteWorkload('StatefulSet', 'games', 'example');
    await cluster.deleteWorkload('Deployment', 'edge', 'example');
    await until('every pod being gone', () => livePods(cluster, true).length === 0);
    await until('the EIP that follows its pod being released', () => {
      audit();
      return !ledger.holdings().some(({ retentionMs }) => retentionMs === 0);
    });
    await until('the kept addresses being off their ENIs', () =>
      cloud.openApi.world.eips().every(({ status }) => status === 'Available'),
    );
    await cloud.quiet();
    picture();

    show({ kind: 'chapter', title: 'Time passes: ten minutes for the EIPs, 48 hours for the fixed IPs' });
    await pass(9 * MINUTE, MINUTE);
    await until('the EIPs being released', () => {
      audit();
      return cloud.openApi.world.eips().length === 0;
    });
    await pass(47 * HOUR, HOUR);
    await pass(HOUR, 10 * MINUTE);
    await until('nothing being left', () => {
      audit();
      return leftovers(cloud).length === 0;
    });

    const { rebinds, kept, lost, wrongReleases } = ledger.tally();
    const left = leftovers(cloud);
    for (const what of left) show({ kind: 'failed', why: `left over: ${what}` });
    return { pods: seen.size, rebinds, kept, lost: lost + failures, wrongReleases, leaked: left.length };
  } finally {
    cluster.close();
  }
}

function livePods(cluster: Cluster, terminatingToo = false): readonly Pod[] {
  return [...cluster.pods.list()].filter(
    (pod) => workloadOf(pod) in RETENTION && (terminatingToo || !pod.metadata.deletionTimestamp),
  );
}

/** `<namespace>/<workload>`, from the pod's name. */
function workloadOf({ metadata: { namespace, name = '' } }: Pod): string {
  return `${namespace}/${name.split('-')[0]}`;
}

const isReady = ({ status }: Pod): boolean =>
  status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') === true;

function keepings(ledger: Ledger): readonly Keeping[] {
  return ledger
    .holdings()
    .flatMap(({ goneAt, retentionMs, pod, kind, address }) =>
      goneAt === undefined ? [] : [{ pod, kind, address, until: goneAt + retentionMs }],
    );
}
