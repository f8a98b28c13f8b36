import type { Save } from '../claim/action.ts';
import type { Allocation, Claim } from '../claim/claim.ts';
import type { ClaimKey, Identity, Kind } from '../claim/identity.ts';
import type { EipView, EniView, HolderView, PodView, Told } from '../claim/observation.ts';

/**
 * What reconcile needs of the world. Adapters implement these; they share nothing with this folder but types.
 *
 * Every method may throw. An error that carries a `verdict` (a `Failure`) is an answer that means something; any other
 * error means that the world could not be asked.
 */
export interface Ports {
  readonly claims: ClaimStore;
  /** The cloud by lane: what is called there counts against that lane's share of the calls a minute. */
  readonly cloud: Readonly<Record<Lane, Cloud>>;
  readonly pods: PodApi;
  readonly hints: HintQueue;
  readonly quota: Pick<Quota, 'prepare' | 'mayRelease'>;
  readonly releases: ReleaseSwitch;
  /** Law 8: how many claims may begin their release in a minute, over all functions; no pass takes up more of them. */
  readonly releasesPerMinute: number;
  readonly log: Log;
  /** Epoch ms. */
  now(): number;
  /** A ClientToken: ASCII, at most 64 characters, never given twice. */
  newToken(): string;
  /** How long this function may still run, ms. */
  remainingMs(): number;
}

/**
 * What a service's answer means for us, whatever it is called there.
 * - `busy`: the resource is in transition or somebody works on it; look again soon.
 * - `throttled`: too many calls in this minute, by the cloud's count or by ours.
 * - `late`: not asked, because this function has not the time left to hear the answer.
 * - `unavailable`: no answer, or one that leaves open whether it acted.
 * - `gone`: the resource does not exist (any more).
 * - `unbound`: it is not bound there; what we asked to undo is undone.
 * - `elsewhere`: it is bound, but not where we said.
 * - `taken`: somebody else has it.
 * - `occupied`: the place that it should go to has another one.
 * - `misplaced`: the address or the ENI is not where we said it is (other vSwitch, other ENI).
 * - `token-spent`: this ClientToken can bring nothing any more.
 * - `exhausted`: a quota of the account is used up.
 * - `unpaid`: the balance of the account does not cover it.
 * - `drained`: the vSwitch has no idle private IP.
 * - `full`: this ENI can take no more private IPs.
 * - `managed`: the ENI belongs to a cloud service.
 * - `forbidden`: the role may not do this.
 * - `refused`: the request is wrong and will stay wrong.
 * - `unreadable`: what was read breaks its own rules, or was written by a newer version.
 */
export type Verdict =
  | 'busy'
  | 'throttled'
  | 'late'
  | 'unavailable'
  | 'gone'
  | 'unbound'
  | 'elsewhere'
  | 'taken'
  | 'occupied'
  | 'misplaced'
  | 'token-spent'
  | 'exhausted'
  | 'unpaid'
  | 'drained'
  | 'full'
  | 'managed'
  | 'forbidden'
  | 'refused'
  | 'unreadable';

export interface Failure extends Error {
  readonly verdict: Verdict;
  /** The service's own code. */
  readonly code: string;
  /** After how long it is worth asking again, ms, where the answer says so itself. */
  readonly afterMs?: number;
}

/** The result of a compare-and-set: `conflict` where another revision was found, or somebody has the lock. */
export type Saved = 'saved' | 'conflict' | { readonly lockedBy: string };

export interface ClaimStore {
  /** Both claims of a pod. Records that cannot be read are logged, named and left alone. */
  read(identity: Identity): Promise<PodClaims>;
  /** Writes deadline and ended binding first, then lock and claim, on the revision before `next.rev`. */
  save(save: Save): Promise<Saved>;
  /** The claim that the lock on an address stands for; undefined where there is none, or a stale one. */
  lockedBy(address: string): Promise<string | undefined>;
  /** Deletes a tombstone, on its revision. */
  forget(claim: Claim): Promise<void>;
  /** Every claim of the store, page by page. Records that cannot be read are logged, and named. */
  all(): AsyncIterable<ClaimPage>;
  /** Claims whose deadline is at or before `now`, oldest first in each bucket, `limit` at most. */
  due(now: number, limit: number): Promise<readonly DueClaim[]>;
  dropDeadline(due: DueClaim): Promise<void>;
  /** Has a claim that is due come up again at `until` (epoch ms). */
  postpone(due: DueClaim, until: number): Promise<void>;
  /**
   * Marks something as suspicious at `now` (epoch ms), unless it is marked already: an allocation that no claim names, a
   * cluster that shows no pod. Gives the time of the standing mark: `now` itself on a first sighting.
   */
  suspect(name: string, now: number): Promise<number>;
  clearSuspect(name: string): Promise<void>;
}

export interface PodClaims {
  readonly claims: Readonly<Partial<Record<Kind, Claim>>>;
  /** Those whose record cannot be read: there is a claim, and nobody knows what it says. */
  readonly unreadable: readonly Kind[];
}

export interface ClaimPage {
  readonly claims: readonly Claim[];
  /** The claims of records that cannot be read. */
  readonly unreadable: readonly ClaimKey[];
}

export interface DueClaim {
  readonly key: ClaimKey;
  /** Epoch ms. */
  readonly dueAt: number;
}

/** An EIP with our tags: the claim that it was bought for, and the token that it was bought with. */
export interface TaggedEip extends EipView {
  readonly claim: ClaimKey | undefined;
  readonly token: string | undefined;
  /** Epoch ms. */
  readonly allocatedAt: number;
}

/** One account's EIPs and ENIs. No call is begun without a permit of its window, nor without the time to be answered. */
export interface Cloud {
  readonly eips: EipCloud;
  readonly enis: EniCloud;
}

export interface EipCloud {
  /** Buys an EIP with our tags from the first moment; the same token gives the same EIP. */
  allocate(key: ClaimKey, token: string, options: { bandwidth?: number; reclaim?: string }): Promise<EipView>;
  associate(allocationId: string, eniId: string, privateIp: string): Promise<void>;
  /** Refused where the EIP is not bound exactly there. */
  unassociate(allocationId: string, eniId: string, privateIp: string | undefined): Promise<void>;
  release(allocationId: string): Promise<void>;
  /** With its tags, where they are ours. */
  describe(allocationId: string): Promise<EipView | TaggedEip | 'absent'>;
  /** The EIP that was bought with this token; of several, the one that is bound, else the oldest. */
  findByToken(key: ClaimKey, token: string): Promise<EipView | 'absent'>;
  /** Every EIP that carries our tags, page by page. */
  tagged(): AsyncIterable<readonly TaggedEip[]>;
}

export interface ParkingEni {
  readonly id: string;
  readonly vSwitchId: string;
  /** Private IPs that it holds beside its own. */
  readonly held: readonly string[];
  /** Epoch ms. */
  readonly createdAt: number;
}

export interface EniCloud {
  /** The ENI that has this private IP as its own or beside it. */
  ofPrivateIp(privateIp: string): Promise<EniView | 'absent'>;
  holderOf(vSwitchId: string, address: string): Promise<HolderView>;
  /** Any idle private IP of the ENI's vSwitch; the same token gives the same address. */
  assignAny(eniId: string, token: string): Promise<string>;
  assign(eniId: string, address: string): Promise<void>;
  unassign(eniId: string, address: string): Promise<void>;
  /** Puts the address on a parking ENI of the vSwitch, which is created when there is none with room. */
  park(allocation: Allocation): Promise<string>;
  parking(): Promise<readonly ParkingEni[]>;
  /** Gives up a parking ENI that was seen to hold nothing, in two calls; true once it is deleted. */
  dropParking(eni: ParkingEni): Promise<boolean>;
}

/** A pod as a complete list shows it. */
export interface ListedPod {
  readonly identity: Identity;
  readonly view: PodView;
}

export interface PodApi {
  /** Ids of the clusters that are configured. */
  readonly clusters: readonly string[];
  /** `absent` is proven by a 404 and by nothing else. */
  read(identity: Identity): Promise<PodView | 'absent'>;
  /**
   * By how much the cluster's clock is ahead of ours, ms, as its last answer to a `read` or a `list` showed; undefined
   * where it has answered none, or its answers show no time.
   */
  skewMs(clusterId: string): number | undefined;
  /** Whether the cluster shows no pod at all, in no namespace. */
  isEmpty(clusterId: string): Promise<boolean>;
  /** Every pod of a cluster; throws unless the list is complete. */
  list(clusterId: string): Promise<readonly ListedPod[]>;
  /** Condition, annotations and Event; refused where the pod has another UID by now. `gone` when there is no pod. */
  tell(key: ClaimKey, podUid: string, told: Told): Promise<void>;
  /** An Event on the pod; the same one is written once. */
  event(identity: Identity, podUid: string, event: PodEvent): Promise<void>;
}

export interface PodEvent {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}

/** What is put on the queue: whose claims to look at. */
export interface Hint extends Identity {
  /** How often it has been put back; spaces out the next try. */
  readonly attempt?: number;
  /** Look at the cloud even where the record and the pod agree. */
  readonly look?: boolean;
}

export interface HintQueue {
  /** Puts hints on the queue, each not to be seen before its delay (ms, at most 7 days) is over. */
  send(hints: readonly { readonly hint: Hint; readonly delayMs?: number }[]): Promise<void>;
}

/** Binding and releasing do not starve each other: each has its own share of every API's calls per minute. */
export type Lane = 'bind' | 'release';

export interface Quota {
  /** A permit for one call: 0 where it may be made now, else how long to wait, ms. */
  take(api: string, lane: Lane): Promise<number>;
  /** Has a permit at hand for the call that comes next, in the round trip of a write that is made at the same time. */
  prepare(api: string, lane: Lane): Promise<void>;
  /** A permit to give back one more address in this minute: false where it has none left. */
  mayRelease(): Promise<boolean>;
}

export interface ReleaseSwitch {
  /** Whether an operator has frozen every release. */
  frozen(): Promise<boolean>;
}

/** One line about one thing; fields are named in `shared/runtime/log.ts`. */
export interface Log {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
}
