import type { Claim } from '../claim/claim.ts';
import { decide } from '../claim/decide.ts';
import { formatClaimKey, type Identity, KINDS, type Kind } from '../claim/identity.ts';
import { nothingRead, type Observed, type PodView, type Told } from '../claim/observation.ts';
import { wordProblem } from '../claim/policy.ts';
import { isTold } from '../claim/steps.ts';
import { readPod } from './absence.ts';
import { act } from './act.ts';
import { againAfter, CONSEQUENCES, isFailure, saysMore } from './failure.ts';
import { momentIn } from './moment.ts';
import type { Failure, Hint, Lane, Ports } from './ports.ts';
import type { Again, View } from './step.ts';

export interface Outcome {
  /** Undefined where everything is as it should be; else when to look again, and why. */
  readonly again: Again | undefined;
  /** What is left to do was refused, and will be again. */
  readonly refused: boolean;
  /** The claims as they stand now, as far as this function knows. */
  readonly claims: Readonly<Partial<Record<Kind, Claim>>>;
  /** Those that nothing was done for: their records cannot be read. */
  readonly unreadable: readonly Kind[];
}

/** More steps than the longest honest way (rebind after a crash takes nine): a loop that goes on is a fault, not work. */
const MOST_STEPS = 24;

/**
 * Brings both claims of one pod as near to where they belong as can be done without waiting. One whose record cannot
 * be read is left alone; the other knows nothing of it.
 */
export async function reconcile(ports: Ports, hint: Hint): Promise<Outcome> {
  const identity: Identity = { clusterId: hint.clusterId, namespace: hint.namespace, pod: hint.pod };
  // Law 3: the record, then the cloud, then the cluster. A pod that is read first and found missing, and a record
  // read after it, together unbind an address that a new pod was given in between.
  const { claims, unreadable } = await ports.claims.read(identity);
  const looks = hint.look ? await lookAtCloud(ports, claims) : {};
  const pod = await readPod(ports, identity, Object.values(claims));

  const results = await Promise.all(
    KINDS.filter((kind) => !unreadable.includes(kind)).map(async (kind) => {
      const key = { ...identity, kind };
      const view: View = {
        key,
        claim: claims[kind],
        seen: { ...nothingRead(pod), ...looks[kind] },
        podIsFresh: true,
      };
      return { kind, refused: false, ...(await reconcileClaim(ports, view)) };
    }),
  );
  if (pod !== 'absent') await reportProblems(ports, identity, pod);

  const agains = results.flatMap(({ again }) => (again ? [again] : []));
  agains.sort((a, b) => a.afterMs - b.afterMs);
  return {
    // What is put off is asked for again as it was.
    again: agains[0] && { ...agains[0], ...(hint.look ? { look: true } : {}) },
    refused: results.some(({ refused }) => refused),
    claims: Object.fromEntries(results.flatMap(({ kind, claim }) => (claim ? [[kind, claim]] : []))),
    unreadable,
  };
}

interface Result {
  readonly claim: Claim | undefined;
  readonly again: Outcome['again'];
  readonly refused?: boolean;
}

/** Law 5: one action, then look again. */
async function reconcileClaim(ports: Ports, start: View): Promise<Result> {
  let view = start;
  for (let step = 0; step < MOST_STEPS; step++) {
    // By the clock of the very answer that says that there is no pod.
    const { earliest, latest } = momentIn(ports, view.key.clusterId);
    const action = decide(view.claim, {
      key: view.key,
      seen: view.seen,
      now: latest,
      earliest,
      freshToken: ports.newToken(),
    });
    if (action.kind === 'done') return { claim: view.claim, again: undefined };
    if (action.kind === 'wait')
      return { claim: view.claim, again: { afterMs: action.ms, why: `waiting until ${action.until}` } };
    try {
      const result = await act(ports, view, action);
      if ('again' in result) return { claim: view.claim, again: result.again };
      ports.log.debug('step', { key: formatClaimKey(view.key), action: action.kind });
      view = result.view;
    } catch (error) {
      if (!isFailure(error)) throw error;
      const again = await suffer(ports, view, action.kind, error);
      return { claim: view.claim, again, refused: again === undefined };
    }
  }
  ports.log.warn('too many steps', { key: formatClaimKey(view.key), phase: view.claim?.phase });
  return { claim: view.claim, again: { afterMs: 60_000, why: 'too many steps' } };
}

/** A failure that no look resolves: the pod is told, and it is tried again where that can be of use. */
async function suffer(
  ports: Ports,
  view: View,
  action: string,
  failure: Failure,
): Promise<Again | undefined> {
  const { verdict, code } = failure;
  const { reason } = CONSEQUENCES[verdict];
  if (reason === undefined) return againAfter(failure, action);
  ports.log.warn('cloud refused', { key: formatClaimKey(view.key), action, verdict, code, err: failure });
  const { key, seen } = view;
  const { pod } = seen;
  const told: Told = { reason, message: `${code}: ${failure.message}` };
  if (
    pod !== 'absent' &&
    !pod.finished &&
    pod.wishes[key.kind] !== undefined &&
    !isTold(pod, key.kind, told) &&
    saysMore(failure, pod.told[key.kind]?.reason)
  ) {
    await ports.pods.tell(key, pod.uid, told).catch((error) => {
      ports.log.warn('the pod could not be told', { key: formatClaimKey(key), err: error });
    });
  }
  return againAfter(failure, action);
}

/** The pod has not been read yet: what is on record as bound counts as for a pod that is there. */
const laneFor = ({ phase }: Claim): Lane => (phase === 'Bound' ? 'bind' : 'release');

async function lookAtCloud(
  ports: Ports,
  claims: Partial<Record<Kind, Claim>>,
): Promise<Partial<Record<Kind, Partial<Observed>>>> {
  const { eip, ip } = claims;
  const [eipView, holder] = await Promise.all([
    eip && 'allocation' in eip ? ports.cloud[laneFor(eip)].eips.describe(eip.allocation.id) : undefined,
    ip && 'allocation' in ip
      ? ports.cloud[laneFor(ip)].enis.holderOf(ip.allocation.id, ip.allocation.address)
      : undefined,
  ]);
  return { ...(eipView ? { eip: { eip: eipView } } : {}), ...(holder ? { ip: { holder } } : {}) };
}

/** An Event for each annotation that cannot count. To say it again writes nothing, so it may be said at every look. */
export async function reportProblems(ports: Ports, identity: Identity, pod: PodView): Promise<void> {
  for (const problem of pod.wishes.problems) {
    await ports.pods.event(identity, pod.uid, {
      type: 'Warning',
      reason: problem.counts === undefined ? 'InvalidAnnotation' : 'ConflictingAnnotations',
      message: wordProblem(problem),
    });
  }
}
