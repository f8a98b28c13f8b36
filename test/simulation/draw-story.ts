import type { Random } from '../../infra/local/kernel/random.ts';
import { pick } from './draw.ts';
import {
  type Act,
  type Annotations,
  GIVEN,
  LONG_OUTAGE_MS,
  PLENTY_OF_EIPS,
  START,
  type Story,
  type WorkloadPlan,
} from './story.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

const EIP = 'k8s.aliyun.com/pod-with-eip';
const RELEASE = 'k8s.aliyun.com/pod-eip-release-strategy';
const NAMED = 'k8s.aliyun.com/pod-eip-instanceid';
const FIXED = 'network.alibabacloud.com/enable-fixed-ip';
const HOURS = 'network.alibabacloud.com/fixed-ip-release-after';

export function drawStory(random: Random): Story {
  const clusters = random.next() < 0.2 ? 2 : 1;
  const workloads = drawWorkloads(random, clusters);
  return {
    start: START + random.integer(0, MINUTE),
    clusters,
    workloads,
    hintsEni: random.next() < 0.6,
    readLagMs: random.next() < 0.6 ? 0 : random.integer(100, 5_000),
    eipQuota: random.next() < 0.85 ? PLENTY_OF_EIPS : random.integer(5, 7),
    tokenValidityMs: random.next() < 0.5 ? 24 * HOUR : 13 * HOUR,
    callsPerMinute: random.next() < 0.9 ? undefined : random.integer(3, 6),
    releasesPerMinute: random.next() < 0.85 ? 200 : random.integer(1, 2),
    acts: drawActs(random, workloads),
  };
}

function drawWorkloads(random: Random, clusters: number): readonly WorkloadPlan[] {
  const count = clusters === 2 ? 2 : pick(random, 1, 1, 1, 2, 2, 3);
  const namespace = pick(random, 'default', 'games');
  return Array.from({ length: count }, (_, index): WorkloadPlan => {
    const kind = random.next() < 0.8 ? 'StatefulSet' : 'Deployment';
    return {
      // The same names in both clusters: only the cluster's id tells them apart.
      name: `web-${clusters === 2 ? Math.floor(index / 2) : index}`,
      namespace,
      cluster: clusters === 2 ? index % 2 : 0,
      kind,
      replicas: pick(random, 1, 1, 2),
      annotations: drawAnnotations(random),
    };
  });
}

/** Draws what pods of a workload ask for. `<given-n>` stands for the id of one of the user's own EIPs. */
function drawAnnotations(random: Random): Annotations {
  const which = random.next();
  if (which < 0.45) return drawEip(random);
  if (which < 0.75) return drawIp(random);
  if (which < 0.95) return { ...drawEip(random), ...drawIp(random) };
  return {};
}

function drawEip(random: Random): Annotations {
  if (random.next() < 0.12) return { [NAMED]: `<${pick(random, ...GIVEN)}>` };
  const release = pick(random, 'Follow', undefined, '1m', '2m', '3m', '5m', '10m', 'Never', 'soon');
  return {
    [EIP]: random.next() < 0.04 ? 'yes' : 'true',
    ...(release === undefined ? {} : { [RELEASE]: release }),
  };
}

function drawIp(random: Random): Annotations {
  const hours = pick(random, undefined, '0', '1', '1', '2', 'x');
  return { [FIXED]: 'true', ...(hours === undefined ? {} : { [HOURS]: hours }) };
}

/** Draws what a workload asks for instead: nothing, less, what nobody can read, or something else. */
function drawOthers(random: Random, annotations: Annotations): Annotations {
  const which = random.next();
  if (which < 0.35) return {};
  if (which < 0.55)
    return { ...annotations, ...(annotations[EIP] ? { [EIP]: 'false' } : { [FIXED]: 'false' }) };
  if (which < 0.75 && annotations[EIP]) return { ...annotations, [EIP]: 'yes' };
  return drawAnnotations(random);
}

function drawActs(random: Random, workloads: readonly WorkloadPlan[]): Story['acts'] {
  const longOutage: Act = { kind: 'platform down', ms: LONG_OUTAGE_MS };
  return [
    // In the middle of the first binds.
    ...(random.next() < 0.06 ? [{ afterMs: random.integer(SECOND, 6 * SECOND), act: longOutage }] : []),
    ...Array.from({ length: random.integer(2, 9) }, () => ({
      afterMs: drawGap(random),
      act: drawAct(random, workloads),
    })),
  ];
}

function drawGap(random: Random): number {
  const which = random.next();
  if (which < 0.5) return random.integer(0, 15 * SECOND);
  if (which < 0.9) return random.integer(5 * SECOND, MINUTE);
  return random.integer(MINUTE, 4 * MINUTE);
}

function drawAct(random: Random, workloads: readonly WorkloadPlan[]): Act {
  const workload = random.integer(0, workloads.length - 1);
  const plan = workloads[workload] as WorkloadPlan;
  const { namespace, cluster, annotations } = plan;
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
  if (which < 0.73) return { kind: 'delete the namespace', namespace, cluster };
  if (which < 0.78) return { kind: 'annotate', workload, annotations: drawOthers(random, annotations) };
  if (which < 0.82)
    return { kind: 'apply with others', workload, annotations: drawOthers(random, annotations) };
  if (which < 0.86) return { kind: 'unbind by hand', workload, ordinal };
  if (which < 0.89) return { kind: 'release by hand', workload, ordinal };
  if (which < 0.91) return { kind: 'bind elsewhere by hand', workload, ordinal };
  if (which < 0.93) return { kind: 'unassign by hand', workload, ordinal };
  if (which < 0.94) return { kind: 'rewrite its records', workload, ordinal };
  if (which < 0.95) return { kind: 'let go of what was bound by hand' };
  if (which < 0.97) return { kind: random.next() < 0.5 ? 'freeze releases' : 'thaw releases' };
  const ms = pick(random, 30 * SECOND, 3 * MINUTE, 10 * MINUTE, LONG_OUTAGE_MS);
  return { kind: 'platform down', ms };
}
