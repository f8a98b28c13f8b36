import type { Action, Save } from '../claim/action.ts';
import type { Claim } from '../claim/claim.ts';
import { type ClaimKey, formatClaimKey } from '../claim/identity.ts';
import { callCloud } from './cloud-step.ts';
import { verdictOf } from './failure.ts';
import { momentIn } from './moment.ts';
import type { Ports } from './ports.ts';
import { inAnotherMinute, looked, type Step, type View, whenThawed } from './step.ts';

type Effect = Exclude<Action, { kind: 'done' } | { kind: 'wait' }>;

/** Does one action. Failures that a look at the world resolves become that look; the others are thrown. */
export async function act(ports: Ports, view: View, action: Effect): Promise<Step> {
  const { key, seen } = view;
  switch (action.kind) {
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

    default:
      return callCloud(ports, view, action);
  }
}

/**
 * The calls of the cloud whose permits come with the save of a claim. First those that the claim leads to; where an
 * answer says that something has begun, the look a second later is one. And the look at an ENI that many a pod begins
 * with: no write goes before that one, so that the next pod's permit comes with this pod's write.
 */
function callsAfter({ phase, key: { kind }, ...claim }: Claim): readonly string[] {
  if (phase !== 'Allocating' && phase !== 'Bound') return [];
  if (phase === 'Allocating')
    return [LOOK_AT_ENI, kind === 'eip' ? 'AllocateEipAddress' : 'AssignPrivateIpAddresses'];
  if (kind === 'eip') return [LOOK_AT_ENI, 'AssociateEipAddress', 'DescribeEipAddresses'];
  const moves = 'holdEniId' in claim ? ['UnassignPrivateIpAddresses', 'AssignPrivateIpAddresses'] : [];
  return [LOOK_AT_ENI, ...moves];
}

const LOOK_AT_ENI = 'DescribeNetworkInterfaces';

async function save(ports: Ports, view: View, action: Save): Promise<Step> {
  const { next } = action;
  if (next.phase === 'Releasing') {
    if (!view.podIsFresh) return looked(ports, view, {});
    const refusal = await refusalOfRelease(ports, next);
    if (refusal) return refusal;
  }
  const [saved] = await Promise.all([
    ports.claims.save(action),
    ...callsAfter(next).map((api) => ports.quota.prepare(api, 'bind')),
  ]);
  if (saved === 'conflict') return { again: { afterMs: 1_000, why: 'another function works on this claim' } };
  if (saved !== 'saved') return { view: { ...view, seen: { ...view.seen, lockedBy: saved.lockedBy } } };
  ports.log.info('claim saved', {
    key: formatClaimKey(next.key),
    phase: next.phase,
    from: view.claim?.phase,
    rev: next.rev,
  });
  if (action.deadline !== undefined) await remind(ports, view.key, action.deadline);
  const { assigned: _, lockedBy: __, ...seen } = view.seen;
  // A new intent makes what the old one taught worthless, and so does the end of a claim: what comes next is about
  // another address.
  const isAbout = next.phase !== 'Allocating' && next.phase !== 'Released';
  return {
    view: { ...view, claim: next, seen: isAbout ? seen : { ...seen, eip: 'unread', holder: 'unread' } },
  };
}

/**
 * Law 8: one switch, and so many a minute over all functions, since hints end retentions as the timer does. The user's
 * own EIP is only let go of, which gives nothing back.
 */
async function refusalOfRelease(ports: Ports, { origin }: Claim): Promise<Step | undefined> {
  if (origin === 'given') return undefined;
  if (await ports.releases.frozen()) return whenThawed;
  return (await ports.quota.mayRelease()) ? undefined : inAnotherMinute;
}

/**
 * Longest delay that is asked of the queue, ms; longer retentions are ended by the timer alone. A message's own
 * retention (7 days) runs while it is delayed, so that one delayed for as long would never arrive. Source: MNS, limits.
 */
const LONGEST_DELAY_MS = 6 * 24 * 3_600_000;

/** Law 7: the deadline row is the guarantee; this message only makes the release prompt. */
async function remind(ports: Ports, { clusterId, namespace, pod }: ClaimKey, at: number): Promise<void> {
  const delayMs = at - momentIn(ports, clusterId).latest;
  if (delayMs <= 0 || delayMs > LONGEST_DELAY_MS) return;
  await ports.hints.send([{ hint: { clusterId, namespace, pod }, delayMs }]);
}
