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
import { detailsIn } from '../../claim/words.ts';

/** Where the node, or the cloud that plays it, says which ENI the pod has. Sources: ACS and ECI, pod annotations. */
const ENI_ANNOTATIONS = ['network.alibabacloud.com/allocated-eni-id', 'k8s.aliyun.com/eni-instance-id'];

/** What a claim cares about in a pod. */
export function toPodView({ metadata, spec, status }: V1Pod): PodView {
  const annotations = textsOf(metadata?.annotations);
  const eniHint = ENI_ANNOTATIONS.map((name) => annotations[name]).find((value) => value?.startsWith('eni-'));
  return {
    uid: typeof metadata?.uid === 'string' ? metadata.uid : '',
    // A null in the answer stays one, whatever the type says, and deletes nothing.
    terminating: (metadata?.deletionTimestamp ?? undefined) !== undefined,
    finished: status?.phase === 'Failed' || status?.phase === 'Succeeded',
    hostNetwork: spec?.hostNetwork === true,
    wishes: readWishes(annotations),
    told: Object.fromEntries(
      KINDS.flatMap((kind) => {
        const told = readTold(kind, annotations, conditionsOf(status?.conditions));
        return told ? [[kind, told]] : [];
      }),
    ),
    ...(typeof status?.podIP === 'string' && status.podIP ? { ip: status.podIP } : {}),
    ...(eniHint ? { eniHint } : {}),
  };
}

/** What the client calls texts is whatever the server sent: only what is one counts. */
const textsOf = (map: Readonly<Record<string, unknown>> | null | undefined): Record<string, string> =>
  Object.fromEntries(
    Object.entries(map ?? {}).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );

const conditionsOf = (list: unknown): readonly Condition[] =>
  Array.isArray(list) ? list.filter((one) => typeof one === 'object' && one !== null) : [];

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: unknown;
  readonly message?: unknown;
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
  const { message: text } = condition;
  const message = reason !== 'Bound' && typeof text === 'string' ? detailsIn(reason, text) : undefined;
  // Told only where every annotation says so too: one that was taken away is written again.
  const [first, ...others] = RESULT_ANNOTATIONS[kind].map((name) => annotations[name]);
  const address = others.every((other) => other === first) ? first : undefined;
  return {
    reason,
    ...(reason === 'Bound' && address !== undefined ? { address } : {}),
    ...(message ? { message } : {}),
  };
}

function readReason(kind: Kind, { status, reason }: Condition): Reason | undefined {
  if (status === 'True') return reason === BOUND_REASON_TEXT[kind] ? 'Bound' : undefined;
  if (typeof reason !== 'string' || !Object.hasOwn(REASONS, reason)) return undefined;
  return reason === 'Bound' ? undefined : (reason as Reason);
}
