import { failure } from '../../../shared/adapters/failure.ts';
import type { CallFault } from '../faults.ts';
import type { Service, Words } from './process.ts';

/** What came of a call. */
export type Outcome<T> = { readonly value: T } | { readonly error: unknown };

/** Acts, and goes on in the same instant where the service has answered in it; `onWait` where it has not. */
export function attempt<T>(
  act: () => T | Promise<T>,
  onWait: () => void,
  then: (outcome: Outcome<T>) => void,
): void {
  try {
    const value = act();
    if (!(value instanceof Promise)) {
      then({ value });
      return;
    }
    onWait();
    value.then(
      (later) => then({ value: later }),
      (error: unknown) => then({ error }),
    );
  } catch (error) {
    then({ error });
  }
}

export const lost = (service: Service, what: Words) =>
  failure('unavailable', 'NoAnswer', `${what()}: the ${service} gave no answer`);

export function refusalOf(service: Service, what: Words, fault: CallFault | undefined) {
  if (fault === 'refused')
    return failure('unavailable', 'ServiceUnavailable', `${what()}: the ${service} is not available`);
  // Of its own kind only where calls are counted: a store that is too busy asks to try again, which its adapter does.
  if (fault === 'throttled')
    return failure(
      service === 'store' ? 'unavailable' : 'throttled',
      'Throttling',
      `${what()}: too many calls`,
    );
  return undefined;
}

const LONGEST_ANSWER = 160;

export function wordOutcome<T>(outcome: Outcome<T>): string {
  if ('error' in outcome)
    return outcome.error instanceof Error ? outcome.error.message : String(outcome.error);
  const text = JSON.stringify(outcome.value) ?? 'done';
  return text.length > LONGEST_ANSWER ? `${text.slice(0, LONGEST_ANSWER)}…` : text;
}
