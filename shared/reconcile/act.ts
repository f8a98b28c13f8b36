import type { Action, Save } from '../claim/action.ts';
import type { Claim } from '../claim/claim.ts';
import { type ClaimKey, formatClaimKey } from '../claim/identity.ts';
import type { EipView, Observed } from '../claim/observation.ts';
import { verdictOf } from './failure.ts';
import type { Lane, Ports, Verdict } from './ports.ts';

/** The claim and the world, as far as they are known at this step. */
export interface View {
  readonly key: ClaimKey;
  readonly claim: Claim | undefined;
  readonly seen: Observed;
  /** The pod was read after everything else: what is decided now may destroy. */
  readonly podIsFresh: boolean;
}

/** What an action taught; or that it must be left for later. */
export type Step =
  | { readonly view: View }
  | { readonly again: { readonly afterMs: number; readonly why: string } };

/** Longest that one cloud call may take, connection and answer; none is begun with less time left. */
export const CALL_WORST_MS = 10_000;

type Effect = Exclude<Action, { kind: 'done' } | { kind: 'wait' }>;

/** Does one action. Failures that a look at the world resolves become that look; the others are thrown. */
export async function act(ports: Ports, view: View, action: Effect): Promise<Step> {
  const { key, seen } = view;
  switch (action.kind) {
    case 'look-eni':
      return looked(ports, view, { eni: await ports.enis.ofPrivateIp(action.privateIp) });
    case 'look-eip':
      return looked(ports, view, { eip: await ports.eips.describe(action.allocationId) });
    case 'find-eip':
      return looked(ports, view, { eip: await ports.eips.findByToken(key, action.token) });
    case 'look-holder':
      return looked(ports, view, { holder: await ports.enis.holderOf(action.vSwitchId, action.address) });

    case 'allocate-eip':
      return change(ports, view, 'AllocateEipAddress', 'bind', {
        call: async () => ({ eip: await ports.eips.allocate(key, action.token, action) }),
        on: async (verdict) => {
          if (verdict === 'token-spent') return { eip: await ports.eips.findByToken(key, action.token) };
          // The address that vanished cannot be had again; the next try asks for any.
          return action.reclaim && (verdict === 'taken' || verdict === 'refused')
            ? { eip: 'absent' }
            : undefined;
        },
      });

    case 'associate-eip':
      return change(ports, view, 'AssociateEipAddress', 'bind', {
        call: async () => {
          await ports.eips.associate(action.allocationId, action.eniId, action.privateIp);
          return {
            eip: eipAfter(view, action.allocationId, 'Associating', {
              instanceId: action.eniId,
              privateIp: action.privateIp,
            }),
          };
        },
        on: async (verdict) => {
          if (verdict === 'misplaced') return { eni: await ports.enis.ofPrivateIp(action.privateIp) };
          return isAny(verdict, 'busy', 'taken', 'elsewhere', 'gone')
            ? { eip: await ports.eips.describe(action.allocationId) }
            : undefined;
        },
      });

    case 'unassociate-eip':
      return change(ports, view, 'UnassociateEipAddress', laneOf(seen), {
        call: async () => {
          await ports.eips.unassociate(action.allocationId, action.eniId, action.privateIp);
          return { eip: eipAfter(view, action.allocationId, 'Unassociating') };
        },
        on: async (verdict) => {
          // Not bound (its ENI died with the pod), or in transition. Taking it for free costs nothing where it is not:
          // whatever needs it free is refused by the cloud and looks, and the sweep compares every EIP with its claim.
          if (isAny(verdict, 'unbound', 'busy'))
            return { eip: eipAfter(view, action.allocationId, 'Available') };
          if (verdict === 'gone') return { eip: 'absent' };
          return verdict === 'elsewhere'
            ? { eip: await ports.eips.describe(action.allocationId) }
            : undefined;
        },
      });

    case 'release-eip':
      return change(ports, view, 'ReleaseEipAddress', 'release', {
        call: async () => {
          if (await ports.releases.frozen()) return undefined;
          await ports.eips.release(action.allocationId);
          return { eip: eipAfter(view, action.allocationId, 'Releasing') };
        },
        on: async (verdict) => {
          if (verdict === 'gone') return { eip: 'absent' };
          return isAny(verdict, 'busy', 'taken', 'elsewhere')
            ? { eip: await ports.eips.describe(action.allocationId) }
            : undefined;
        },
      });

    case 'assign-any-ip':
      return change(ports, view, 'AssignPrivateIpAddresses', 'bind', {
        call: async () => {
          const assigned = await ports.enis.assignAny(action.eniId, action.token);
          return { assigned, holder: { eniId: action.eniId, parking: false } };
        },
        on: async (verdict) => {
          if (verdict === 'token-spent') return { assigned: 'spent' };
          // With the ENI gone there is no address, and never will be, on this token. Nor on a fresh one: what is next
          // follows from where the pod is now.
          return isAny(verdict, 'gone', 'misplaced')
            ? { assigned: 'spent', ...(await eniInsteadOf(ports, seen, action.eniId)) }
            : undefined;
        },
      });

    case 'assign-ip':
      return change(ports, view, 'AssignPrivateIpAddresses', 'bind', {
        call: async () => {
          await ports.enis.assign(action.eniId, action.address);
          return { holder: { eniId: action.eniId, parking: false } };
        },
        on: async (verdict) => {
          if (verdict === 'taken') return { holder: await holderNow(ports, view, action.address) };
          return verdict === 'gone' && seen.pod !== 'absent' && seen.pod.ip
            ? { eni: await ports.enis.ofPrivateIp(seen.pod.ip) }
            : undefined;
        },
      });

    case 'unassign-ip':
      return change(ports, view, 'UnassignPrivateIpAddresses', laneOf(seen), {
        call: async () => {
          // An intent that is abandoned gives its address back too; only what moves to another ENI is no release.
          const releases =
            view.claim?.phase === 'Releasing' ||
            (view.claim?.phase === 'Allocating' && seen.pod === 'absent');
          if (releases && (await ports.releases.frozen())) return undefined;
          await ports.enis.unassign(action.eniId, action.address);
          return { holder: { eniId: undefined, parking: false } };
        },
        on: async (verdict) =>
          isAny(verdict, 'unbound', 'gone') ? { holder: { eniId: undefined, parking: false } } : undefined,
      });

    case 'park-ip':
      return change(ports, view, 'AssignPrivateIpAddresses', laneOf(seen), {
        call: async () => ({
          holder: { eniId: await ports.enis.park(action.allocation), parking: true },
        }),
        on: async (verdict) =>
          verdict === 'taken'
            ? { holder: await holderNow(ports, view, action.allocation.address) }
            : undefined,
      });

    case 'save':
      return save(ports, view, action);

    case 'tell': {
      try {
        await ports.pods.tell(key, action.podUid, action.told);
      } catch (error) {
        if (verdictOf(error) !== 'gone') throw error;
        // Another pod by now, or none: look who is there.
        return looked(ports, view, {});
      }
      const { pod } = seen;
      if (pod === 'absent') return { view };
      return {
        view: { ...view, seen: { ...seen, pod: { ...pod, told: { ...pod.told, [key.kind]: action.told } } } },
      };
    }

    case 'forget':
      if (view.claim) await ports.claims.forget(view.claim);
      return { view: { ...view, claim: undefined } };
  }
}

/** Law 3: whatever was read of the cloud, the pod is read after it. */
async function looked(ports: Ports, view: View, learnt: Partial<Observed>): Promise<Step> {
  const pod = await ports.pods.read(view.key);
  return { view: { ...view, seen: { ...view.seen, ...learnt, pod }, podIsFresh: true } };
}

interface Change {
  /** The call, and what its answer teaches; undefined where releases are frozen. */
  call(): Promise<Partial<Observed> | undefined>;
  /** What a refusal teaches; undefined where it teaches nothing. */
  on(verdict: Verdict | undefined): Promise<Partial<Observed> | undefined>;
}

async function change(
  ports: Ports,
  view: View,
  api: string,
  lane: Lane,
  { call, on }: Change,
): Promise<Step> {
  if (ports.remainingMs() < CALL_WORST_MS)
    return { again: { afterMs: 1_000, why: 'not enough time left for a cloud call' } };
  const waitMs = await ports.quota.take(api, lane);
  if (waitMs > 0)
    return { again: { afterMs: waitMs, why: `the quota of ${api} is used up for this minute` } };
  try {
    const learnt = await call();
    if (learnt === undefined) return { again: { afterMs: FROZEN_RETRY_MS, why: 'releases are frozen' } };
    return { view: { ...view, seen: { ...view.seen, ...learnt }, podIsFresh: false } };
  } catch (error) {
    const learnt = await on(verdictOf(error));
    if (learnt === undefined) throw error;
    return looked(ports, view, learnt);
  }
}

/** The cloud call that a saved claim leads to next, where there is one. */
function callAfter(next: Claim): string | undefined {
  const { kind } = next.key;
  if (next.phase === 'Allocating') return kind === 'eip' ? 'AllocateEipAddress' : 'AssignPrivateIpAddresses';
  if (next.phase !== 'Bound') return undefined;
  if (kind === 'eip') return 'AssociateEipAddress';
  return next.holdEniId ? 'UnassignPrivateIpAddresses' : undefined;
}

const FROZEN_RETRY_MS = 60_000;

async function save(ports: Ports, view: View, action: Save): Promise<Step> {
  const { next } = action;
  if (next.phase === 'Releasing') {
    if (!view.podIsFresh) return looked(ports, view, {});
    if (await ports.releases.frozen())
      return { again: { afterMs: FROZEN_RETRY_MS, why: 'releases are frozen' } };
  }
  const following = callAfter(next);
  const [saved] = await Promise.all([
    ports.claims.save(action),
    following && ports.quota.prepare(following, 'bind'),
  ]);
  if (saved === 'conflict') return { again: { afterMs: 1_000, why: 'another function works on this claim' } };
  if (saved !== 'saved') return { view: { ...view, seen: { ...view.seen, lockedBy: saved.lockedBy } } };
  ports.log.info('claim saved', {
    key: formatClaimKey(next.key),
    phase: next.phase,
    from: view.claim?.phase,
    rev: next.rev,
  });
  if (action.deadline !== undefined && action.deadline > ports.now())
    await remind(ports, view.key, action.deadline);
  const { assigned: _, lockedBy: __, ...seen } = view.seen;
  // A new intent makes what the old one taught worthless, and so does the end of a claim: what comes next is about
  // another address.
  const isAbout = next.phase !== 'Allocating' && next.phase !== 'Released';
  return {
    view: { ...view, claim: next, seen: isAbout ? seen : { ...seen, eip: 'unread', holder: 'unread' } },
  };
}

/**
 * Longest delay that is asked of the queue, ms; longer retentions are ended by the timer alone. A message's own
 * retention (7 days) runs while it is delayed, so that one delayed for as long would never arrive. Source: MNS, limits.
 */
const LONGEST_DELAY_MS = 6 * 24 * 3_600_000;

/** Law 7: the deadline row is the guarantee; this message only makes the release prompt. */
async function remind(ports: Ports, { clusterId, namespace, pod }: ClaimKey, at: number): Promise<void> {
  const delayMs = at - ports.now();
  if (delayMs > LONGEST_DELAY_MS) return;
  await ports.hints.send([{ hint: { clusterId, namespace, pod }, delayMs }]);
}

function eipAfter(
  view: View,
  allocationId: string,
  status: EipView['status'],
  boundTo?: EipView['boundTo'],
): EipView {
  const claim = view.claim;
  const known = view.seen.eip;
  const address =
    known !== 'unread' && known !== 'absent'
      ? known.address
      : claim && 'allocation' in claim
        ? claim.allocation.address
        : '';
  return { allocationId, address, status, ...(boundTo ? { boundTo } : {}) };
}

/** Where the pod is, after the cloud has said that this ENI is gone: a list that still shows it is behind. */
async function eniInsteadOf(
  ports: Ports,
  { pod }: Observed,
  goneEniId: string,
): Promise<Pick<Observed, 'eni'> | undefined> {
  if (pod === 'absent' || !pod.ip) return undefined;
  const eni = await ports.enis.ofPrivateIp(pod.ip);
  return { eni: eni !== 'absent' && eni.id === goneEniId ? 'absent' : eni };
}

async function holderNow(ports: Ports, { claim }: View, address: string) {
  const vSwitchId = claim && 'allocation' in claim ? claim.allocation.id : '';
  return ports.enis.holderOf(vSwitchId, address);
}

/** What is done for a pod that is there goes with the binds, the rest with the releases (law 10). */
const laneOf = ({ pod }: Observed): Lane => (pod === 'absent' || pod.finished ? 'release' : 'bind');

const isAny = (verdict: Verdict | undefined, ...wanted: Verdict[]): boolean =>
  verdict !== undefined && wanted.includes(verdict);
