import { NORMAL_REASONS, type Reason } from '../claim/reason.ts';
import type { Failure, Verdict } from './ports.ts';
import type { Again } from './step.ts';

export const isFailure = (error: unknown): error is Failure =>
  error instanceof Error && 'verdict' in error && 'code' in error;

export const verdictOf = (error: unknown): Verdict | undefined =>
  isFailure(error) ? error.verdict : undefined;

/**
 * What is done about an error. `docs/errors.md` says it for each verdict.
 * - `retry`: tried again soon, each time after twice the time.
 * - `retry after`: tried again at the time that the answer names, else after what its kind is known to need.
 * - `terminal`: will be refused again. Told and logged, and not tried again but by every tenth sweep.
 * - `poison`: cannot be read. Counted and logged, and left alone until somebody has mended it.
 */
export type ErrorClass = 'retry' | 'retry after' | 'terminal' | 'poison';

interface Consequence {
  readonly is: ErrorClass;
  /** What the pod is told; nothing where it is no matter of the pod's. */
  readonly reason?: Reason;
  /** When it is tried again, ms, where the answer does not say so itself. */
  readonly afterMs?: number;
}

/** What follows where a call fails in a way that no look at the cloud resolves. */
export const CONSEQUENCES: Readonly<Record<Verdict, Consequence>> = {
  busy: { is: 'retry', reason: 'Binding', afterMs: 1_000 },
  throttled: { is: 'retry after', reason: 'Throttled', afterMs: 60_000 },
  late: { is: 'retry after', afterMs: 1_000 },
  unavailable: { is: 'retry', reason: 'CloudUnavailable', afterMs: 2_000 },
  gone: { is: 'retry', reason: 'AddressNotFound', afterMs: 10_000 },
  unbound: { is: 'retry', reason: 'Binding', afterMs: 1_000 },
  elsewhere: { is: 'retry', reason: 'AddressInUse', afterMs: 10_000 },
  taken: { is: 'retry', reason: 'AddressInUse', afterMs: 10_000 },
  occupied: { is: 'retry', reason: 'AddressInUse', afterMs: 10_000 },
  misplaced: { is: 'retry', reason: 'WrongVSwitch', afterMs: 60_000 },
  'token-spent': { is: 'retry', reason: 'Binding', afterMs: 1_000 },
  exhausted: { is: 'retry after', reason: 'QuotaExceeded', afterMs: 60_000 },
  unpaid: { is: 'retry after', reason: 'InsufficientBalance', afterMs: 60_000 },
  drained: { is: 'retry after', reason: 'VSwitchExhausted', afterMs: 60_000 },
  full: { is: 'retry after', reason: 'QuotaExceeded', afterMs: 60_000 },
  managed: { is: 'terminal', reason: 'ManagedENI' },
  forbidden: { is: 'terminal', reason: 'Forbidden' },
  refused: { is: 'terminal', reason: 'Refused' },
  unreadable: { is: 'poison' },
};

/** The reasons that a pod was told where trying again is of no use. */
export const TERMINAL_REASONS: readonly Reason[] = Object.values(CONSEQUENCES).flatMap(({ is, reason }) =>
  is === 'terminal' && reason !== undefined ? [reason] : [],
);

/**
 * Whether a pod that was told this last is to be told of the failure as well. That a minute has no calls left says less
 * than whatever is in the pod's way, which stands until the next call that is made.
 */
export const saysMore = ({ verdict }: Failure, toldLast: Reason | undefined): boolean =>
  verdict !== 'throttled' ||
  toldLast === undefined ||
  toldLast === 'Throttled' ||
  NORMAL_REASONS.includes(toldLast);

/**
 * When it is worth trying again; undefined where it is not. Exactly then only where the failure itself names the time:
 * what its kind is known to need is an estimate, and one of a minute or more is the sweep's turn.
 */
export function againAfter(failure: Failure, what: string): Again | undefined {
  const why = `${what}: ${failure.code}`;
  if (failure.afterMs !== undefined) return { afterMs: failure.afterMs, why, exactly: true };
  const { afterMs } = CONSEQUENCES[failure.verdict];
  return afterMs === undefined ? undefined : { afterMs, why };
}

/** Nothing is wrong: this function has no time left, or this minute no calls. */
export const isPutOff = (error: unknown): error is Failure =>
  isFailure(error) && (error.verdict === 'late' || error.verdict === 'throttled');

export const isTerminal = (error: unknown): boolean =>
  isFailure(error) && CONSEQUENCES[error.verdict].is === 'terminal';
