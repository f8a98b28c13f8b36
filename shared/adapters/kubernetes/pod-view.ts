import type { V1Pod } from '@kubernetes/client-node';
import { KINDS, type Kind } from '../../claim/identity.ts';
import type { PodView, Told } from '../../claim/observation.ts';
import { readWishes } from '../../claim/policy.ts';
import {
  BOUND_REASON_TEXT,
  CONDITION_TYPES,
  REASONS,
  RESULT_ANNOTATIONS,
  type Reason,
} from '../../claim/reason.ts';

/** Where the node, or the cloud that plays it, says which ENI the pod has. Sources: ACS and ECI, pod annotations. */
const ENI_ANNOTATIONS = ['network.alibabacloud.com/allocated-eni-id', 'k8s.aliyun.com/eni-instance-id'];

/** What a claim cares about in a pod. */
export function toPodView({ metadata, spec, status }: V1Pod): PodView {
  const annotations = metadata?.annotations ?? {};
  const eniHint = ENI_ANNOTATIONS.map((name) => annotations[name]).find((value) => value?.startsWith('eni-'));
  return {
    uid: metadata?.uid ?? '',
    terminating: metadata?.deletionTimestamp !== undefined,
    finished: status?.phase === 'Failed' || status?.phase === 'Succeeded',
    hostNetwork: spec?.hostNetwork === true,
    wishes: readWishes(annotations),
    told: Object.fromEntries(
      KINDS.flatMap((kind) => {
        const told = readTold(kind, annotations, status?.conditions ?? []);
        return told ? [[kind, told]] : [];
      }),
    ),
    ...(status?.podIP ? { ip: status.podIP } : {}),
    ...(eniHint ? { eniHint } : {}),
  };
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

function readTold(
  kind: Kind,
  annotations: Readonly<Record<string, string>>,
  conditions: readonly Condition[],
): Told | undefined {
  const condition = conditions.find(({ type }) => type === CONDITION_TYPES[kind]);
  if (!condition) return undefined;
  const reason = readReason(kind, condition);
  if (!reason) return undefined;
  // Told only where every annotation says so too: one that was taken away is written again.
  const [first, ...others] = RESULT_ANNOTATIONS[kind].map((name) => annotations[name]);
  const address = others.every((other) => other === first) ? first : undefined;
  return {
    reason,
    ...(reason === 'Bound' && address !== undefined ? { address } : {}),
    ...(reason !== 'Bound' && condition.message ? { message: condition.message } : {}),
  };
}

function readReason(kind: Kind, { status, reason }: Condition): Reason | undefined {
  if (status === 'True') return reason === BOUND_REASON_TEXT[kind] ? 'Bound' : undefined;
  return reason !== undefined && reason in REASONS && reason !== 'Bound' ? (reason as Reason) : undefined;
}
