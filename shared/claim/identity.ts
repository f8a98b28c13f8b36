/** Whose address it is: a pod's name outlives the pod. */
export interface Identity {
  readonly clusterId: string;
  readonly namespace: string;
  readonly pod: string;
}

/** What kind of address: a fixed private IP, or an elastic public one. */
export type Kind = 'ip' | 'eip';

export const KINDS: readonly Kind[] = ['ip', 'eip'];

export interface ClaimKey extends Identity {
  readonly kind: Kind;
}

/** `<cluster>/<namespace>/<pod>`; none of the three can hold a slash. */
export const formatIdentity = ({ clusterId, namespace, pod }: Identity): string =>
  `${clusterId}/${namespace}/${pod}`;

/** `<cluster>/<namespace>/<pod>/<kind>`, the claim's name in the store, in tags and in logs. */
export const formatClaimKey = (key: ClaimKey): string => `${formatIdentity(key)}/${key.kind}`;

/** The reverse of `formatClaimKey`; undefined for any other text. */
export function parseClaimKey(text: string): ClaimKey | undefined {
  const parts = text.split('/');
  const [clusterId, namespace, pod, kind] = parts;
  if (parts.length !== 4 || !clusterId || !namespace || !pod) return undefined;
  return kind === 'ip' || kind === 'eip' ? { clusterId, namespace, pod, kind } : undefined;
}

// Source: Kubernetes, Object Names and IDs: RFC 1123 label (namespace) and subdomain (pod).
const NAMESPACE = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;
const POD = /^(?=.{1,253}$)[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/;
const CLUSTER = /^[A-Za-z0-9][-._A-Za-z0-9]{0,127}$/;

export const isNamespaceName = (text: unknown): text is string =>
  typeof text === 'string' && NAMESPACE.test(text);
export const isPodName = (text: unknown): text is string => typeof text === 'string' && POD.test(text);
export const isClusterId = (text: unknown): text is string => typeof text === 'string' && CLUSTER.test(text);
