import type { Reason } from '../claim/reason.ts';
import type { Failure, Verdict } from './ports.ts';
import type { Again } from './step.ts';

export const isFailure = (error: unknown): error is Failure =>
  error instanceof Error && 'verdict' in error && 'code' in error;

export const verdictOf = (error: unknown): Verdict | undefined =>
  isFailure(error) ? error.verdict : undefined;

interface Consequence {
  /** What the pod is told; nothing where it is no matter of the pod's. */
  readonly reason?: Reason;
  /** When it is tried again, ms. */
  readonly afterMs: number;
}

/** What follows where a call fails in a way that no look at the cloud resolves. */
export const CONSEQUENCES: Readonly<Record<Verdict, Consequence>> = {
  busy: { reason: 'Binding', afterMs: 1_000 },
  throttled: { reason: 'Throttled', afterMs: 30_000 },
  late: { afterMs: 1_000 },
  unavailable: { reason: 'CloudUnavailable', afterMs: 2_000 },
  gone: { reason: 'AddressNotFound', afterMs: 10_000 },
  unbound: { reason: 'Binding', afterMs: 1_000 },
  elsewhere: { reason: 'AddressInUse', afterMs: 10_000 },
  taken: { reason: 'AddressInUse', afterMs: 10_000 },
  occupied: { reason: 'AddressInUse', afterMs: 10_000 },
  misplaced: { reason: 'WrongVSwitch', afterMs: 60_000 },
  'token-spent': { reason: 'Binding', afterMs: 1_000 },
  exhausted: { reason: 'QuotaExceeded', afterMs: 60_000 },
  drained: { reason: 'VSwitchExhausted', afterMs: 60_000 },
  full: { reason: 'QuotaExceeded', afterMs: 60_000 },
  managed: { reason: 'ManagedENI', afterMs: 300_000 },
  forbidden: { reason: 'Forbidden', afterMs: 300_000 },
  refused: { reason: 'Refused', afterMs: 300_000 },
};

/** When it is worth trying again: what the answer says itself, or else what follows from its verdict. */
export const againAfter = ({ verdict, code, afterMs }: Failure, what: string): Again => ({
  afterMs: afterMs ?? CONSEQUENCES[verdict].afterMs,
  why: `${what}: ${code}`,
});

/** Nothing is wrong: this function has no time left, or this minute no calls. */
export const isPutOff = (error: unknown): error is Failure =>
  isFailure(error) && (error.verdict === 'late' || error.verdict === 'throttled');
