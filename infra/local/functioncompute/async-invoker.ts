import type { CloudContext } from '../kernel/context.ts';
import { type Activity, waitAside } from './activity.ts';
import type { CloudFunction } from './catalog.ts';
import type { Source } from './events.ts';
import { InjectedFailure } from './injected-failure.ts';
import type { Invoker } from './invoker.ts';
import type { Outcome } from './outcome.ts';
import type { QueueSource } from './queue-source.ts';
import { tooLarge } from './refusal.ts';
import { queueOfArn } from './settings.ts';

/** Source: Function Compute, "Limits". */
const LARGEST_ASYNC_EVENT = 128 * 1024;

/** Source: Function Compute, "Retry policy": what holds unless an asynchronous configuration says otherwise. */
const DEFAULT_RETRIES = 3;
const DEFAULT_AGE_SECONDS = 86_400;

const FIRST_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 64_000;

/** Calls that somebody made without waiting for them. */
export interface AsyncInvoker {
  /**
   * Takes the event, or throws EntityTooLarge. `attempted` resolves when it was tried for the first time, with
   * whichever outcome; retries and the destination follow by themselves.
   */
  submit(
    fn: CloudFunction,
    requestId: string,
    event: Uint8Array,
    source: Source,
  ): { attempted: Promise<void> };
}

export interface AsyncInvokerParts {
  readonly context: CloudContext;
  readonly invoker: Invoker;
  readonly activity: Activity;
  readonly queues: QueueSource;
  /** Aborts when the service closes. */
  readonly closing: AbortSignal;
}

interface Verdict {
  readonly outcome?: Outcome;
  /** What the destination is told of a failure. */
  readonly condition: string;
  readonly attempts: number;
}

export function createAsyncInvoker(parts: AsyncInvokerParts): AsyncInvoker {
  const { context, invoker, activity, queues, closing } = parts;
  const { clock, account } = context;

  /** Tries until it succeeds, or there are no retries or there is no time left. */
  const persevere = async (
    fn: CloudFunction,
    requestId: string,
    event: Uint8Array,
    source: Source,
    attempted: () => void,
  ): Promise<Verdict> => {
    const acceptedAt = clock.now();
    for (let attempts = 1; ; attempts++) {
      const attempt = await once(fn, requestId, event, source, attempts - 1);
      attempted();
      closing.throwIfAborted();
      const { maxAsyncRetryAttempts: retries, maxAsyncEventAgeInSeconds: age } = {
        maxAsyncRetryAttempts: DEFAULT_RETRIES,
        maxAsyncEventAgeInSeconds: DEFAULT_AGE_SECONDS,
        ...fn.asyncConfiguration,
      };
      if (attempt.condition === '' || attempts > retries) return { ...attempt, attempts };
      const delay = Math.min(FIRST_RETRY_MS * 2 ** (attempts - 1), LONGEST_RETRY_MS);
      if (clock.now() + delay - acceptedAt > age * 1000) return { ...attempt, attempts };
      await waitAside(activity, clock.sleep(delay, closing));
    }
  };

  const once = async (
    fn: CloudFunction,
    requestId: string,
    event: Uint8Array,
    source: Source,
    retryCount: number,
  ): Promise<Omit<Verdict, 'attempts'>> => {
    try {
      const outcome = await invoker.invoke(fn, { requestId, event, source, retryCount }, 'wait');
      return { outcome, condition: outcome.error ?? '' };
    } catch (error) {
      if (error instanceof InjectedFailure) return { condition: error.code };
      throw error;
    }
  };

  /** Source: Function Compute, "Destinations for asynchronous invocations". */
  const report = async (fn: CloudFunction, requestId: string, event: Uint8Array, verdict: Verdict) => {
    const { outcome, condition, attempts } = verdict;
    const { onSuccess, onFailure } = fn.asyncConfiguration?.destinationConfig ?? {};
    const queue = queueOfArn((condition === '' ? onSuccess : onFailure)?.destination ?? '');
    if (queue === undefined) {
      if (condition !== '') context.log(`functioncompute: ${fn.name} gave up on ${requestId}: ${condition}`);
      return;
    }
    const body = {
      timestamp: clock.now(),
      requestContext: {
        requestId,
        functionArn: `acs:fc:${account.region}:${account.id}:services/${fn.service.name}/functions/${fn.name}`,
        condition,
        approximateInvokeCount: attempts,
      },
      requestPayload: Buffer.from(event).toString(),
      responseContext: { statusCode: outcome ? 200 : 500, functionError: outcome?.error ?? '' },
      responsePayload: outcome ? Buffer.from(outcome.body).toString() : '',
    };
    await queues.send(queue, JSON.stringify(body));
  };

  return {
    submit(fn, requestId, event, source) {
      if (event.byteLength > LARGEST_ASYNC_EVENT) throw tooLarge(LARGEST_ASYNC_EVENT);
      let attempted = () => {};
      const firstAttempt = new Promise<void>((resolve) => {
        attempted = resolve;
      });
      activity.begin();
      persevere(fn, requestId, event, source, attempted)
        .then((verdict) => report(fn, requestId, event, verdict))
        .catch((error: Error) => {
          if (!closing.aborted) {
            context.log(`functioncompute: ${fn.name} lost ${requestId}: ${error.message}`);
          }
        })
        .finally(() => {
          attempted();
          activity.end();
        });
      return { attempted: firstAttempt };
    },
  };
}
