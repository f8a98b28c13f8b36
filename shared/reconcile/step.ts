import type { Claim } from '../claim/claim.ts';
import type { ClaimKey } from '../claim/identity.ts';
import type { Observed } from '../claim/observation.ts';
import { readPod } from './absence.ts';
import type { Lane, Ports } from './ports.ts';

/** The claim and the world, as far as they are known at this step. */
export interface View {
  readonly key: ClaimKey;
  readonly claim: Claim | undefined;
  readonly seen: Observed;
  /** The pod was read after everything else: what is decided now may destroy. */
  readonly podIsFresh: boolean;
}

/** When to look again, and why. */
export interface Again {
  readonly afterMs: number;
  readonly why: string;
  /** The time is known: it is not stretched with each try. */
  readonly exactly?: boolean;
  /** The look at the cloud that the hint asked for is still to be made. */
  readonly look?: boolean;
}

/** What an action taught; or that it must be left for later. */
export type Step = { readonly view: View } | { readonly again: Again };

/** Law 3: whatever was read of the cloud, the pod is read after it. */
export async function looked(ports: Ports, view: View, learnt: Partial<Observed>): Promise<Step> {
  const pod = await readPod(ports, view.key, [view.claim]);
  return { view: { ...view, seen: { ...view.seen, ...learnt, pod }, podIsFresh: true } };
}

/** What is done for a pod that is there goes with the binds, the rest with the releases (law 10). */
export const laneOf = ({ pod }: Observed): Lane => (pod === 'absent' || pod.finished ? 'release' : 'bind');

const FROZEN_RETRY_MS = 60_000;

/** The timer has it first in line, by its deadline: no hint is needed. */
export const inAnotherMinute: Step = {
  again: { afterMs: 60_000, why: 'no more releases may begin in this minute' },
};

export const whenThawed: Step = { again: { afterMs: FROZEN_RETRY_MS, why: 'releases are frozen' } };
