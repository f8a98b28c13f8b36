import type { Action } from '../claim/action.ts';
import { type ClaimKey, formatClaimKey } from '../claim/identity.ts';
import type { EipView, Observed } from '../claim/observation.ts';
import { verdictOf } from './failure.ts';
import type { Cloud, EipCloud, EniCloud, Ports, TaggedEip, Verdict } from './ports.ts';
import { standsFor } from './stands-for.ts';
import { laneOf, looked, type Step, type View, whenThawed } from './step.ts';

type Kind = Action['kind'];
type Of<K extends Kind> = Extract<Action, { kind: K }>;

type Look = Of<'look-eni' | 'look-eip' | 'find-eip' | 'look-holder'>;
type EipChange = Of<'allocate-eip' | 'associate-eip' | 'unassociate-eip' | 'release-eip'>;
type IpChange = Of<'assign-any-ip' | 'assign-ip' | 'unassign-ip' | 'park-ip'>;

/** An action that is a call of the cloud. */
export type CloudAction = Look | EipChange | IpChange;

/** Does one of them, in the lane of the pod's standing. What the cloud answered is what is known next. */
export async function callCloud(ports: Ports, view: View, action: CloudAction): Promise<Step> {
  const cloud = ports.cloud[laneOf(view.seen)];
  switch (action.kind) {
    case 'look-eni':
    case 'look-eip':
    case 'find-eip':
    case 'look-holder':
      return looked(ports, view, await look(ports, cloud, view, action));
    case 'allocate-eip':
    case 'associate-eip':
    case 'unassociate-eip':
    case 'release-eip':
      return change(ports, view, changeOfEip(ports, cloud, view, action));
    case 'assign-any-ip':
    case 'assign-ip':
    case 'unassign-ip':
    case 'park-ip':
      return change(ports, view, changeOfIp(ports, cloud, view, action));
  }
}

async function look(
  ports: Ports,
  { eips, enis }: Cloud,
  { key }: View,
  action: Look,
): Promise<Partial<Observed>> {
  switch (action.kind) {
    case 'look-eni':
      return { eni: await enis.ofPrivateIp(action.privateIp) };
    case 'look-eip':
      return { eip: await withOwner(ports, key, await eips.describe(action.allocationId)) };
    case 'find-eip':
      return { eip: await eips.findByToken(key, action.token) };
    case 'look-holder':
      return { holder: await enis.holderOf(action.vSwitchId, action.address) };
  }
}

/** With the other claim that it is kept for, if any: only a pod that names somebody's EIP meets one. */
async function withOwner(
  ports: Ports,
  key: ClaimKey,
  eip: EipView | TaggedEip | 'absent',
): Promise<EipView | 'absent'> {
  if (eip === 'absent' || !('claim' in eip) || !eip.claim) return eip;
  if (formatClaimKey(eip.claim) === formatClaimKey(key)) return eip;
  const owner = await standsFor(ports, eip);
  return owner ? { ...eip, keptFor: formatClaimKey(owner) } : eip;
}

interface Change {
  /** The call, and what its answer teaches; undefined where releases are frozen. */
  call(): Promise<Partial<Observed> | undefined>;
  /** What a refusal teaches; undefined where it teaches nothing. */
  on(verdict: Verdict | undefined): Promise<Partial<Observed> | undefined>;
}

async function change(ports: Ports, view: View, { call, on }: Change): Promise<Step> {
  try {
    const learnt = await call();
    if (learnt === undefined) return whenThawed;
    return { view: { ...view, seen: { ...view.seen, ...learnt }, podIsFresh: false } };
  } catch (error) {
    const learnt = await on(verdictOf(error));
    if (learnt === undefined) throw error;
    return looked(ports, view, learnt);
  }
}

function changeOfEip(ports: Ports, { eips, enis }: Cloud, view: View, action: EipChange): Change {
  const { key } = view;
  switch (action.kind) {
    case 'allocate-eip':
      return {
        call: async () => ({ eip: await eips.allocate(key, action.token, action) }),
        on: async (verdict) => {
          if (verdict === 'token-spent') return { eip: await eips.findByToken(key, action.token) };
          // The address that vanished cannot be had again; the next try asks for any.
          return action.reclaim && (verdict === 'taken' || verdict === 'refused')
            ? { eip: 'absent' }
            : undefined;
        },
      };

    case 'associate-eip':
      return {
        call: async () => {
          await eips.associate(action.allocationId, action.eniId, action.privateIp);
          return {
            eip: eipAfter(view, action.allocationId, 'Associating', {
              instanceId: action.eniId,
              privateIp: action.privateIp,
            }),
          };
        },
        on: async (verdict) => {
          if (verdict === 'misplaced') return { eni: await enis.ofPrivateIp(action.privateIp) };
          if (verdict === 'gone') return { eip: 'gone' };
          return whyRefused(eips, action.allocationId, verdict);
        },
      };

    case 'unassociate-eip':
      return {
        call: async () => {
          await eips.unassociate(action.allocationId, action.eniId, action.privateIp);
          return { eip: eipAfter(view, action.allocationId, 'Unassociating') };
        },
        on: async (verdict) => {
          // Not bound (its ENI died with the pod), or in transition. Taking it for free costs nothing where it is not:
          // whatever needs it free is refused by the cloud and looks, and the sweep compares every EIP with its claim.
          if (isAny(verdict, 'unbound', 'busy'))
            return { eip: eipAfter(view, action.allocationId, 'Available') };
          if (verdict === 'gone') return { eip: 'gone' };
          return verdict === 'elsewhere' ? eipAsShown(eips, action.allocationId) : undefined;
        },
      };

    case 'release-eip':
      return {
        call: async () => {
          if (await ports.releases.frozen()) return undefined;
          await ports.cloud.release.eips.release(action.allocationId);
          return { eip: eipAfter(view, action.allocationId, 'Releasing') };
        },
        on: async (verdict) => {
          if (verdict === 'gone') return { eip: 'gone' };
          return whyRefused(eips, action.allocationId, verdict);
        },
      };
  }
}

function changeOfIp(ports: Ports, { enis }: Cloud, view: View, action: IpChange): Change {
  const { claim, seen } = view;
  const holderNow = (address: string) =>
    enis.holderOf(claim && 'allocation' in claim ? claim.allocation.id : '', address);
  switch (action.kind) {
    case 'assign-any-ip':
      return {
        call: async () => {
          const assigned = await enis.assignAny(action.eniId, action.token);
          return { assigned, holder: { eniId: action.eniId, parking: false } };
        },
        on: async (verdict) => {
          if (verdict === 'token-spent') return { assigned: 'spent' };
          // With the ENI gone there is no address, and never will be, on this token. Nor on a fresh one: what is next
          // follows from where the pod is now.
          return isAny(verdict, 'gone', 'misplaced')
            ? { assigned: 'spent', ...(await eniInsteadOf(enis, seen, action.eniId)) }
            : undefined;
        },
      };

    case 'assign-ip':
      return {
        call: async () => {
          await enis.assign(action.eniId, action.address);
          return { holder: { eniId: action.eniId, parking: false } };
        },
        on: async (verdict) => {
          if (verdict === 'taken') return { holder: await holderNow(action.address) };
          return verdict === 'gone' && seen.pod !== 'absent' && seen.pod.ip
            ? { eni: await enis.ofPrivateIp(seen.pod.ip) }
            : undefined;
        },
      };

    case 'unassign-ip':
      return {
        call: async () => {
          // An intent that is abandoned gives its address back too, also where the next pod of the name is there: that
          // one waits, as the intent is not over. No release: what moves between ENIs; and an address that turned out to
          // be another claim's, where a pod waits for one of its own: this is a part of its bind.
          const isPartOfBind = seen.lockedBy !== undefined && seen.pod !== 'absent';
          const releases = claim?.phase === 'Releasing' || (claim?.phase === 'Allocating' && !isPartOfBind);
          if (releases && (await ports.releases.frozen())) return undefined;
          await enis.unassign(action.eniId, action.address);
          return { holder: { eniId: undefined, parking: false } };
        },
        on: async (verdict) =>
          isAny(verdict, 'unbound', 'gone') ? { holder: { eniId: undefined, parking: false } } : undefined,
      };

    case 'park-ip':
      return {
        call: async () => ({
          holder: { eniId: await enis.park(action.allocation), parking: true },
        }),
        on: async (verdict) =>
          verdict === 'taken' ? { holder: await holderNow(action.allocation.address) } : undefined,
      };
  }
}

/**
 * After a refusal that says that there is an EIP. A read that shows none is behind, and teaches nothing: taken for an
 * answer, the call that was refused would come next, and again, as long as the read is behind.
 */
async function eipAsShown(
  eips: EipCloud,
  allocationId: string,
): Promise<{ readonly eip: EipView } | undefined> {
  const eip = await eips.describe(allocationId);
  return eip === 'absent' ? undefined : { eip };
}

/**
 * What stands in the way of a call that needs the EIP free. Where the cloud says "busy" and shows it free, it is something
 * that no look at the EIP tells, such as the state of the instance: that is waited for, and not asked again at once.
 */
async function whyRefused(
  eips: EipCloud,
  allocationId: string,
  verdict: Verdict | undefined,
): Promise<Pick<Observed, 'eip'> | undefined> {
  if (!isAny(verdict, 'busy', 'taken', 'elsewhere')) return undefined;
  const shown = await eipAsShown(eips, allocationId);
  return verdict === 'busy' && shown?.eip.status === 'Available' ? undefined : shown;
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
    typeof known === 'object'
      ? known.address
      : claim && 'allocation' in claim
        ? claim.allocation.address
        : '';
  return { allocationId, address, status, ...(boundTo ? { boundTo } : {}) };
}

/** Where the pod is, after the cloud has said that this ENI is gone: a list that still shows it is behind. */
async function eniInsteadOf(
  enis: EniCloud,
  { pod }: Observed,
  goneEniId: string,
): Promise<Pick<Observed, 'eni'> | undefined> {
  if (pod === 'absent' || !pod.ip) return undefined;
  const eni = await enis.ofPrivateIp(pod.ip);
  return { eni: eni !== 'absent' && eni.id === goneEniId ? 'absent' : eni };
}

const isAny = (verdict: Verdict | undefined, ...wanted: Verdict[]): boolean =>
  verdict !== undefined && wanted.includes(verdict);
