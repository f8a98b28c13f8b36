import type { Kind } from './identity.ts';

/**
 * Why a pod has its address, or why not yet: the reason of its condition and of the Events on it.
 * `docs/conditions.md` is generated from this table.
 */
export const REASONS = {
  Bound: 'The address is bound to the pod.',
  WaitingForPodIP: 'The pod has no IP yet; the address is bound as soon as its network is up.',
  Binding: 'The cloud is binding the address.',
  AddressInUse: 'Another pod or instance holds this address; it is bound when that one lets go.',
  AddressNotFound: 'The EIP that the pod names does not exist in this account and region.',
  WaitingForRelease:
    'The pod names another EIP than the one kept for it; that one is kept to the end of its retention first.',
  QuotaExceeded: 'A quota of the account is used up (EIPs, private IPs of the ENI, ENIs).',
  InsufficientBalance:
    'The balance of the account does not cover what is to be bought; it goes on once it does.',
  VSwitchExhausted: 'The vSwitch has no idle private IP.',
  WrongVSwitch: 'The pod runs in another vSwitch than the one its fixed IP belongs to.',
  Throttled: "The cloud's calls-per-minute quota is used up; it goes on in the next minute.",
  Forbidden: 'The function role may not do this.',
  ManagedENI: "The pod's ENI is managed by the cloud and refuses changes.",
  HostNetwork: "The pod uses the node's network and has no IP of its own.",
  Unwanted: 'The pod no longer asks for the address, which was unbound and is kept for its retention.',
  InvalidAnnotation: 'An annotation cannot be read.',
  Refused: 'The cloud refused the request.',
  CloudUnavailable: 'The cloud does not answer; it is tried again.',
} as const;

export type Reason = keyof typeof REASONS;

/** Condition types, as a readiness gate names them. The first is the vendor's own. */
export const CONDITION_TYPES: Readonly<Record<Kind, string>> = {
  eip: 'k8s.aliyun.com/eip',
  ip: 'holdfast.io/fixed-ip',
};

/** The vendor's reason for a bound EIP has spaces in it; readers match on the text. Source: ACK, readiness gates FAQ. */
export const BOUND_REASON_TEXT: Readonly<Record<Kind, string>> = {
  eip: 'Associate eip succeed',
  ip: 'Bound',
};

/** What the reason of an Event begins with, so that it says which address is meant. */
export const EVENT_SUBJECTS: Readonly<Record<Kind, string>> = { eip: 'EIP', ip: 'FixedIP' };

/** Events of type Normal: on the way, not in the way. All others are Warnings. */
export const NORMAL_REASONS: readonly Reason[] = ['Bound', 'Binding', 'WaitingForPodIP', 'Unwanted'];

/** Annotations that carry the result. Both prefixes: ACK's controller writes one, Terway wrote the other. */
export const RESULT_ANNOTATIONS: Readonly<Record<Kind, readonly string[]>> = {
  eip: ['k8s.aliyun.com/allocated-eipAddress', 'network.alibabacloud.com/allocated-eipAddress'],
  ip: ['holdfast.io/fixed-ip'],
};
