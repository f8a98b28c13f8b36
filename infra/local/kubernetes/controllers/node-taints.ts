import { conditionOf, type Node, type Pod, type Taint } from '../client/objects.ts';
import { tolerates } from './node-fit.ts';

const NOT_READY = 'node.kubernetes.io/not-ready';
const UNREACHABLE = 'node.kubernetes.io/unreachable';
const UNSCHEDULABLE = 'node.kubernetes.io/unschedulable';
const OURS = [NOT_READY, UNREACHABLE, UNSCHEDULABLE];

/**
 * The taints that follow from a node's state, or undefined when it has them already.
 * Source: kubernetes, pkg/controller/nodelifecycle, taints by condition.
 */
export function wantedTaints(node: Node): readonly Taint[] | undefined {
  const ready = conditionOf(node.status?.conditions, 'Ready')?.status ?? 'Unknown';
  const key = ready === 'False' ? NOT_READY : ready === 'Unknown' ? UNREACHABLE : undefined;
  const wanted: Taint[] = [
    ...(key ? ['NoSchedule', 'NoExecute'].map((effect) => ({ key, effect })) : []),
    ...(node.spec?.unschedulable ? [{ key: UNSCHEDULABLE, effect: 'NoSchedule' }] : []),
  ];
  const taints = node.spec?.taints ?? [];
  const has = ({ key: wantedKey, effect }: Taint) =>
    taints.some((taint) => taint.key === wantedKey && taint.effect === effect);
  const ours = taints.filter((taint) => OURS.includes(taint.key));
  if (ours.length === wanted.length && wanted.every(has)) return undefined;
  return [...taints.filter((taint) => !OURS.includes(taint.key)), ...wanted];
}

/** How long the pod may stay on the node, ms: undefined for as long as it likes. */
export function patienceOf(pod: Pod, node: Node): number | undefined {
  const taints = (node.spec?.taints ?? []).filter((taint) => taint.effect === 'NoExecute');
  let patience = Number.POSITIVE_INFINITY;
  for (const taint of taints) {
    const matching = (pod.spec.tolerations ?? []).filter((toleration) => tolerates([toleration], taint));
    if (matching.length === 0) return 0;
    for (const { tolerationSeconds = Number.POSITIVE_INFINITY } of matching) {
      patience = Math.min(patience, Math.max(0, tolerationSeconds) * 1000);
    }
  }
  return Number.isFinite(patience) ? patience : undefined;
}
