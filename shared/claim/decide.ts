import { type Action, done } from './action.ts';
import { type Claim, type Retained, retainUntil, sameRetention } from './claim.ts';
import { eipSteps } from './eip-steps.ts';
import { ipSteps } from './ip-steps.ts';
import { isView, type PodView } from './observation.ts';
import { type Problem, wordProblem } from './policy.ts';
import { standing } from './standing.ts';
import {
  type Claimant,
  carry,
  lookAgain,
  optional,
  placeOf,
  type Situation,
  type Steps,
  sameBinding,
  tell,
} from './steps.ts';

/**
 * How long a tombstone is kept: longer than any function lives (an hour against minutes), so that a writer who read
 * the claim before its release meets the revision and fails, instead of bringing the claim back to life.
 */
export const TOMBSTONE_MS = 3_600_000;

const STEPS: Readonly<Record<'ip' | 'eip', Steps>> = { ip: ipSteps, eip: eipSteps };

/**
 * The one next action for a claim (law 5): a crash, a lost answer and a rival all become "what do I see now".
 * Pure: the same claim, observation, time and token give the same action.
 */
export function decide(claim: Claim | undefined, situation: Situation): Action {
  const known = byTheCloud(situation);
  return unwanted(claim, known) ?? untold(claim, known, decideStep(claim, known));
}

/** Once the cloud has said which ENI the pod has, that stands for the node's word as well: there is one truth about it. */
function byTheCloud(situation: Situation): Situation {
  const { seen } = situation;
  const { pod, eni } = seen;
  if (pod === 'absent' || !isView(eni)) return situation;
  return { ...situation, seen: { ...seen, pod: { ...pod, eniHint: eni.id } } };
}

/**
 * A live pod that asks for the address no more is told so once it is unbound. Where there is no record, a condition
 * that says "bound" is not ours: the vendor's own controller uses the same type.
 */
function unwanted(claim: Claim | undefined, situation: Situation): Action | undefined {
  const { key, seen } = situation;
  const { pod } = seen;
  if (claim?.phase === 'Bound' || pod === 'absent' || pod.finished || pod.terminating) return undefined;
  if (pod.wishes[key.kind] !== undefined) return undefined;
  const known = pod.told[key.kind]?.reason;
  if (known === undefined || known === 'Unwanted' || (known === 'Bound' && !claim)) return undefined;
  return { kind: 'tell', podUid: pod.uid, told: { reason: 'Unwanted' } };
}

/**
 * What a pod was told about an earlier binding is taken back before a new one is on record: the next step goes by it,
 * and whoever waits for the pod's readiness does too.
 */
function untold(claim: Claim | undefined, { key, seen: { pod } }: Situation, action: Action): Action {
  if (action.kind !== 'save' || action.next.phase !== 'Bound') return action;
  // Stryker disable next-line ConditionalExpression,StringLiteral: nothing is bound for a pod that is absent; only the type asks.
  if (pod === 'absent') return action;
  if (claim?.phase === 'Bound' && sameBinding(claim.binding, action.next.binding)) return action;
  if (pod.told[key.kind]?.reason !== 'Bound') return action;
  return { kind: 'tell', podUid: pod.uid, told: { reason: 'Binding' } };
}

function decideStep(claim: Claim | undefined, situation: Situation): Action {
  const steps = STEPS[situation.key.kind];
  const stand = standing(situation.key.kind, claim, situation.seen.pod);

  switch (claim?.phase) {
    case undefined:
    case 'Released':
      if (stand.kind === 'claimant') {
        // A slip in a retention would otherwise buy an address that is kept for ever.
        if (slipOf(situation, stand.pod)) return tellUnreadable(situation, stand.pod, done);
        return steps.begin(situation, stand, claim);
      }
      if (stand.kind === 'undecided') return tellUnreadable(situation, stand.pod, done);
      if (claim && situation.earliest - claim.releasedAt >= TOMBSTONE_MS) return { kind: 'forget' };
      return done;

    case 'Allocating':
      if (stand.kind === 'claimant') return steps.allocate(situation, claim, stand);
      if (stand.kind === 'leaving') return lookAgain('the pod is gone');
      if (stand.kind === 'undecided') return tellUnreadable(situation, stand.pod, done);
      return steps.abandon(situation, claim);

    case 'Bound':
      if (stand.kind === 'claimant') return boundToClaimant(steps, situation, claim, stand);
      if (stand.kind === 'leaving') return lookAgain('the pod is gone');
      // Unreadable on the pod that has it: nothing is taken from a live pod in doubt.
      if (stand.kind === 'undecided' && stand.pod.uid === claim.binding.podUid) return done;
      return steps.free(situation, claim, () => steps.retain(situation, claim));

    case 'Retained':
      if (stand.kind === 'claimant') return steps.rebind(situation, claim, stand);
      if (stand.kind === 'undecided')
        return tellUnreadable(situation, stand.pod, steps.keep(situation, claim));
      return retained(steps, situation, claim, stand.kind === 'other');

    case 'Releasing':
      if (stand.kind === 'claimant') return steps.rebind(situation, claim, stand);
      if (stand.kind === 'undecided') return backToRetained(claim);
      return steps.release(situation, claim);
  }
}

function boundToClaimant(
  steps: Steps,
  situation: Situation,
  claim: Extract<Claim, { phase: 'Bound' }>,
  claimant: Claimant,
): Action {
  const { pod, wish } = claimant;
  const sameHome =
    claim.binding.podUid === pod.uid &&
    // A sandbox that is being rebuilt has no IP for a moment; that alone moves nothing.
    (pod.ip === undefined || claim.binding.privateIp === pod.ip) &&
    (!isView(situation.seen.eni) || situation.seen.eni.id === claim.binding.eniId);
  if (!sameHome) {
    const place = placeOf(situation, pod);
    if ('look' in place) return place.look;
    // The same pod, whose network is made anew: it has let go of nothing, and its retention has not begun.
    if ('blocked' in place && claim.binding.podUid === pod.uid)
      return steps.hold(situation, claim, place.blocked);
    // Another UID under the same name proves that the old pod is gone; another IP, that its old network is. A new pod
    // that has no network yet finds the address retained.
    return steps.free(situation, claim, () =>
      'binding' in place
        ? steps.move(situation, claim, claimant, place.binding)
        : steps.retain(situation, claim),
    );
  }
  if (!sameRetention(claim.retention, wish.retention)) {
    return { kind: 'save', next: { ...claim, rev: claim.rev + 1, retention: wish.retention } };
  }
  return steps.bind(situation, claim, claimant);
}

function retained(steps: Steps, situation: Situation, claim: Retained, wantsAnother: boolean): Action {
  const { now, earliest } = situation;
  const until = retainUntil(claim.key.kind, claim.retention, now);
  if (claim.retainUntil === undefined && until !== undefined) {
    // Lifted for a pod whose wish could not be read; that pod is gone.
    return { kind: 'save', next: { ...claim, rev: claim.rev + 1, retainUntil: until }, deadline: until };
  }
  if (claim.retainUntil === undefined || earliest < claim.retainUntil) {
    const next = steps.keep(situation, claim);
    return wantsAnother
      ? tell(situation, { reason: 'WaitingForRelease', message: claim.allocation.address }, next)
      : next;
  }
  // Law 4: the cloud is touched only after this compare-and-set, which follows a fresh look at the pod.
  const { phase: _, retainUntil: __, ...rest } = claim;
  return { kind: 'save', next: { ...rest, ...carry(claim), phase: 'Releasing' } };
}

/** A pod of this name came whose wish cannot be read: in doubt, keep, with no deadline until it can be. */
function backToRetained(claim: Extract<Claim, { phase: 'Releasing' }>): Action {
  return {
    kind: 'save',
    next: {
      ...carry(claim),
      phase: 'Retained',
      allocation: claim.allocation,
      ...optional('holdEniId', claim.holdEniId),
      ...optional('lastBinding', claim.lastBinding),
    },
  };
}

/** What cannot be read of the wish for this kind; a slip about the other kind is the other claim's to tell. */
const slipOf = ({ key }: Situation, { wishes }: PodView): Problem | undefined =>
  wishes.problems.find(({ kind, counts }) => kind === key.kind && counts === undefined);

/** What cannot be read, in the pod's condition: the annotation quoted, and what would be right. */
function tellUnreadable(situation: Situation, pod: PodView, next: Action): Action {
  const problem = slipOf(situation, pod);
  return tell(
    situation,
    { reason: 'InvalidAnnotation', ...optional('message', problem && wordProblem(problem)) },
    next,
  );
}
