import type { Random } from '../../infra/local/kernel/random.ts';

/** What is given a pod to ask with. */
export type Annotations = Readonly<Record<string, string>>;

export interface WorkloadPlan {
  readonly name: string;
  readonly namespace: string;
  readonly cluster: number;
  readonly kind: 'StatefulSet' | 'Deployment';
  readonly replicas: number;
  readonly annotations: Annotations;
}

/** What people, nodes and operators do. `workload` is a number in the plan. */
export type Act =
  | {
      readonly kind: 'delete a pod' | 'force a pod' | 'evict a pod' | 'rebuild the network';
      readonly workload: number;
      readonly ordinal: number;
    }
  | {
      readonly kind: 'restart' | 'delete the workload' | 'apply the workload' | 'lose its node';
      readonly workload: number;
    }
  | { readonly kind: 'delete the namespace'; readonly namespace: string; readonly cluster: number }
  | { readonly kind: 'scale'; readonly workload: number; readonly replicas: number }
  | { readonly kind: 'annotate'; readonly workload: number; readonly annotations: Annotations }
  | { readonly kind: 'apply with others'; readonly workload: number; readonly annotations: Annotations }
  | {
      readonly kind:
        | 'unbind by hand'
        | 'release by hand'
        | 'bind elsewhere by hand'
        | 'unassign by hand'
        | 'rewrite its records';
      readonly workload: number;
      readonly ordinal: number;
    }
  | { readonly kind: 'freeze releases' | 'thaw releases' | 'let go of what was bound by hand' }
  /** No function runs for a while; for hours, and nothing else happens in them. */
  | { readonly kind: 'platform down'; readonly ms: number };

export interface Story {
  /** When it begins, epoch ms. */
  readonly start: number;
  readonly clusters: number;
  readonly workloads: readonly WorkloadPlan[];
  readonly hintsEni: boolean;
  /** How far the cloud's Describe calls are behind, ms. */
  readonly readLagMs: number;
  readonly eipQuota: number;
  readonly tokenValidityMs: number;
  /** Calls of each API that a lane may make in a minute; undefined where the account's own quotas hold. */
  readonly callsPerMinute: number | undefined;
  readonly releasesPerPass: number;
  readonly acts: readonly { readonly afterMs: number; readonly act: Act }[];
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
export const START = Date.UTC(2026, 0, 1);

/** No ClientToken outlives it. */
export const LONG_OUTAGE_MS = 25 * HOUR;

const LONG_OUTAGE: Act = { kind: 'platform down', ms: LONG_OUTAGE_MS };

/** The account's quota, where it is enough for every story. */
export const PLENTY_OF_EIPS = 20;

/** Ids of the user's own EIPs; they exist from the start. */
export const GIVEN = ['given-0', 'given-1'] as const;

const EIP = 'k8s.aliyun.com/pod-with-eip';
const RELEASE = 'k8s.aliyun.com/pod-eip-release-strategy';
const NAMED = 'k8s.aliyun.com/pod-eip-instanceid';
const FIXED = 'network.alibabacloud.com/enable-fixed-ip';
const HOURS = 'network.alibabacloud.com/fixed-ip-release-after';

/** Draws what pods of a workload ask for. `<given-n>` stands for the id of one of the user's own EIPs. */
function drawAnnotations(random: Random): Annotations {
  const pick = <T>(...choices: readonly T[]): T => choices[random.integer(0, choices.length - 1)] as T;
  const eip = (): Annotations => {
    if (random.next() < 0.12) return { [NAMED]: `<${pick(...GIVEN)}>` };
    const release = pick('Follow', undefined, '1m', '2m', '3m', '5m', '10m', 'Never', 'soon');
    return {
      [EIP]: random.next() < 0.04 ? 'yes' : 'true',
      ...(release === undefined ? {} : { [RELEASE]: release }),
    };
  };
  const ip = (): Annotations => {
    const hours = pick(undefined, '0', '1', '1', '2', 'x');
    return { [FIXED]: 'true', ...(hours === undefined ? {} : { [HOURS]: hours }) };
  };
  const which = random.next();
  if (which < 0.45) return eip();
  if (which < 0.75) return ip();
  if (which < 0.95) return { ...eip(), ...ip() };
  return {};
}

const without = (annotations: Annotations, random: Random): Annotations => {
  const which = random.next();
  if (which < 0.35) return {};
  if (which < 0.55)
    return { ...annotations, ...(annotations[EIP] ? { [EIP]: 'false' } : { [FIXED]: 'false' }) };
  // Nobody can say whether that is a yes.
  if (which < 0.75 && annotations[EIP]) return { ...annotations, [EIP]: 'yes' };
  return drawAnnotations(random);
};

export function drawStory(random: Random): Story {
  const pick = <T>(...choices: readonly T[]): T => choices[random.integer(0, choices.length - 1)] as T;
  const clusters = random.next() < 0.2 ? 2 : 1;
  const count = clusters === 2 ? 2 : pick(1, 1, 1, 2, 2, 3);
  const namespace = pick('default', 'games');
  const workloads = Array.from({ length: count }, (_, index): WorkloadPlan => {
    const kind = random.next() < 0.8 ? 'StatefulSet' : 'Deployment';
    return {
      // The same names in both clusters: only the cluster's id tells them apart.
      name: `web-${clusters === 2 ? Math.floor(index / 2) : index}`,
      namespace,
      cluster: clusters === 2 ? index % 2 : 0,
      kind,
      replicas: pick(1, 1, 2),
      annotations: drawAnnotations(random),
    };
  });

  const drawAct = (): Act => {
    const workload = random.integer(0, count - 1);
    const plan = workloads[workload] as WorkloadPlan;
    const ordinal = random.integer(0, plan.replicas - 1);
    const which = random.next();
    if (which < 0.26) return { kind: 'delete a pod', workload, ordinal };
    if (which < 0.32) return { kind: 'force a pod', workload, ordinal };
    if (which < 0.36) return { kind: 'evict a pod', workload, ordinal };
    if (which < 0.4) return { kind: 'rebuild the network', workload, ordinal };
    if (which < 0.48) return { kind: 'restart', workload };
    if (which < 0.56) return { kind: 'delete the workload', workload };
    if (which < 0.64) return { kind: 'apply the workload', workload };
    if (which < 0.68) return { kind: 'scale', workload, replicas: random.integer(0, 2) };
    if (which < 0.71) return { kind: 'lose its node', workload };
    if (which < 0.73)
      return { kind: 'delete the namespace', namespace: plan.namespace, cluster: plan.cluster };
    if (which < 0.78) return { kind: 'annotate', workload, annotations: without(plan.annotations, random) };
    if (which < 0.82)
      return { kind: 'apply with others', workload, annotations: without(plan.annotations, random) };
    if (which < 0.86) return { kind: 'unbind by hand', workload, ordinal };
    if (which < 0.89) return { kind: 'release by hand', workload, ordinal };
    if (which < 0.91) return { kind: 'bind elsewhere by hand', workload, ordinal };
    if (which < 0.93) return { kind: 'unassign by hand', workload, ordinal };
    if (which < 0.94) return { kind: 'rewrite its records', workload, ordinal };
    if (which < 0.95) return { kind: 'let go of what was bound by hand' };
    if (which < 0.97) return { kind: random.next() < 0.5 ? 'freeze releases' : 'thaw releases' };
    return { kind: 'platform down', ms: pick(30 * SECOND, 3 * MINUTE, 10 * MINUTE, LONG_OUTAGE_MS) };
  };
  const drawGap = (): number => {
    const which = random.next();
    if (which < 0.5) return random.integer(0, 15 * SECOND);
    if (which < 0.9) return random.integer(5 * SECOND, MINUTE);
    return random.integer(MINUTE, 4 * MINUTE);
  };

  return {
    start: START + random.integer(0, MINUTE),
    clusters,
    workloads,
    hintsEni: random.next() < 0.6,
    readLagMs: random.next() < 0.6 ? 0 : random.integer(100, 5_000),
    eipQuota: random.next() < 0.85 ? PLENTY_OF_EIPS : random.integer(5, 7),
    tokenValidityMs: random.next() < 0.5 ? 24 * HOUR : 13 * HOUR,
    callsPerMinute: random.next() < 0.9 ? undefined : random.integer(3, 6),
    releasesPerPass: random.next() < 0.85 ? 200 : random.integer(1, 2),
    acts: [
      // In the middle of the first binds.
      ...(random.next() < 0.06 ? [{ afterMs: random.integer(SECOND, 6 * SECOND), act: LONG_OUTAGE }] : []),
      ...Array.from({ length: random.integer(2, 9) }, () => ({ afterMs: drawGap(), act: drawAct() })),
    ],
  };
}
