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

/** What is done to a pod. `workload` is a number in the plan. */
export interface PodAct {
  readonly kind:
    | 'delete a pod'
    | 'force a pod'
    | 'evict a pod'
    | 'rebuild the network'
    | 'unbind by hand'
    | 'release by hand'
    | 'bind elsewhere by hand'
    | 'unassign by hand'
    | 'rewrite its records';
  readonly workload: number;
  readonly ordinal: number;
}

/** What is done to a workload. */
export type WorkloadAct =
  | {
      readonly kind: 'restart' | 'delete the workload' | 'apply the workload' | 'lose its node';
      readonly workload: number;
    }
  | { readonly kind: 'scale'; readonly workload: number; readonly replicas: number }
  | {
      readonly kind: 'annotate' | 'apply with others';
      readonly workload: number;
      readonly annotations: Annotations;
    };

/** What is done to more than that. */
export type WorldAct =
  | { readonly kind: 'delete the namespace'; readonly namespace: string; readonly cluster: number }
  | { readonly kind: 'freeze releases' | 'thaw releases' | 'let go of what was bound by hand' }
  /** No function runs for a while; for hours, and nothing else happens in them. */
  | { readonly kind: 'platform down'; readonly ms: number };

/** What people, nodes and operators do. */
export type Act = PodAct | WorkloadAct | WorldAct;

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
  readonly releasesPerMinute: number;
  readonly acts: readonly { readonly afterMs: number; readonly act: Act }[];
}

const HOUR = 3_600_000;

export const START = Date.UTC(2026, 0, 1);

/** No ClientToken outlives it. */
export const LONG_OUTAGE_MS = 25 * HOUR;

/** The account's quota, where it is enough for every story. */
export const PLENTY_OF_EIPS = 20;

/** Ids of the user's own EIPs; they exist from the start. */
export const GIVEN = ['given-0', 'given-1'] as const;
