import type { CloudContext } from '../kernel/context.ts';
import type { Random } from '../kernel/random.ts';
import { type Activity, waitAside } from './activity.ts';
import type { AsyncInvoker } from './async-invoker.ts';
import type { CloudFunction } from './catalog.ts';
import { type CloudEvent, cloudEvent, type EventRoute } from './cloud-event.ts';
import type { Invoker } from './invoker.ts';
import type { QueuedMessage, QueueSource } from './queue-source.ts';
import { retryDelay } from './retry-policy.ts';
import { queueOfArn } from './settings.ts';
import type { EventBridgeConfig } from './trigger-settings.ts';

export interface QueueTriggerParts {
  readonly context: CloudContext;
  readonly invoker: Invoker;
  readonly asyncInvoker: AsyncInvoker;
  readonly activity: Activity;
  readonly queues: QueueSource;
  /** For the ids of events and requests, and for delays. */
  readonly random: Random;
}

/** Source: MNS, "BatchReceiveMessage": at most 16 messages and 30 seconds. */
const LARGEST_RECEIVE = 16;
const LONGEST_POLL_MS = 30_000;

/** How long a queue that cannot be read is left alone, doubling each time. */
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 30_000;

/** Feeds a function with a queue's messages until `stopping` aborts, in as many tasks as the trigger asks for. */
export function runQueueTrigger(
  parts: QueueTriggerParts,
  fn: CloudFunction,
  triggerName: string,
  config: EventBridgeConfig,
  stopping: AbortSignal,
): void {
  const { context, invoker, asyncInvoker, activity, queues, random } = parts;
  const { clock, account } = context;
  const { runOptions, eventSinkConfig } = config;
  const { deliveryOption } = eventSinkConfig;
  const source = config.eventSourceConfig.eventSourceParameters.sourceMNSParameters;
  const queue = source.QueueName;
  const streaming = (runOptions.mode ?? deliveryOption.mode ?? 'event-streaming') === 'event-streaming';
  const window = streaming ? runOptions.batchWindow.CountBasedWindow : 1;
  const windowMs = streaming ? runOptions.batchWindow.TimeBasedWindow * 1000 : 0;
  const tasks = runOptions.maximumTasks ?? deliveryOption.concurrency ?? 1;
  const route: EventRoute = {
    account,
    functionName: fn.name,
    triggerName,
    queue,
    decode: source.IsBase64Decode,
  };
  // A stream whose errors are not tolerated stops as a whole, whichever task met the error.
  const halted = new AbortController();
  const signal = AbortSignal.any([stopping, halted.signal]);

  const receive = (max: number, waitMs: number) =>
    queues.receive(queue, { max: Math.min(max, LARGEST_RECEIVE), waitMs, signal });

  /** What is there, up to the window; and if the window is one of time, what comes until it closes. */
  const fillWindow = async (batch: QueuedMessage[]): Promise<void> => {
    let backlog = batch.length === LARGEST_RECEIVE;
    while (backlog && batch.length < window && !signal.aborted) {
      const more = await receive(window - batch.length, 0);
      batch.push(...more);
      backlog = more.length === LARGEST_RECEIVE;
    }
    const closesAt = clock.now() + windowMs;
    while (batch.length < window && clock.now() < closesAt && !signal.aborted) {
      const arriving = receive(window - batch.length, closesAt - clock.now());
      batch.push(...(await waitAside(activity, arriving)));
    }
  };

  const toEvent = (message: QueuedMessage): CloudEvent =>
    cloudEvent(route, message, {
      id: random.requestId().toLowerCase(),
      requestId: random.requestId().replaceAll('-', '').slice(0, 24),
      now: clock.now(),
    });

  /** Whether the function took the event; why not is in its log. */
  const push = async (payload: Buffer, retryCount: number): Promise<boolean> => {
    const requestId = random.requestId();
    if (config.asyncInvocationType) {
      asyncInvoker.submit(fn, requestId, payload, 'queue');
      return true;
    }
    try {
      const call = { requestId, event: payload, source: 'queue', retryCount } as const;
      const { error } = await invoker.invoke(fn, call, 'wait');
      return error === undefined;
    } catch (error) {
      context.log(`functioncompute: trigger ${triggerName} of ${fn.name}: ${(error as Error).message}`);
      return false;
    }
  };

  const pushWithRetries = async (payload: Buffer): Promise<boolean> => {
    for (let retries = 0; !signal.aborted; retries++) {
      if (await push(payload, retries)) return true;
      const delay = retryDelay(runOptions.retryStrategy.PushRetryStrategy, retries + 1, random);
      if (delay === undefined) return false;
      await waitAside(activity, clock.sleep(delay, signal));
    }
    return false;
  };

  /** The handle is stale when the delivery took longer than the message's invisibility: then it comes again. */
  const acknowledge = (messages: readonly QueuedMessage[]) =>
    Promise.all(
      messages.map(({ receiptHandle, id }) =>
        queues.delete(queue, receiptHandle).catch((error: Error) => {
          context.log(`functioncompute: trigger ${triggerName} could not delete ${id}: ${error.message}`);
        }),
      ),
    );

  const deliver = async (messages: readonly QueuedMessage[]): Promise<void> => {
    const events = messages.map(toEvent);
    const payload = Buffer.from(JSON.stringify(streaming ? events : events[0]));
    if (await pushWithRetries(payload)) {
      await acknowledge(messages);
      return;
    }
    if (signal.aborted) return;
    if (runOptions.errorsTolerance === 'NONE') {
      context.log(`functioncompute: trigger ${triggerName} of ${fn.name} stopped: its retries are exhausted`);
      halted.abort();
      return;
    }
    const deadLetters = queueOfArn(runOptions.deadLetterQueue?.Arn ?? '');
    if (deadLetters !== undefined) {
      await Promise.all(events.map((event) => queues.send(deadLetters, JSON.stringify(event))));
    }
    await acknowledge(messages);
  };

  const work = async (): Promise<void> => {
    let pause = FIRST_PAUSE_MS;
    while (!signal.aborted) {
      try {
        const batch = [...(await receive(window, LONGEST_POLL_MS))];
        pause = FIRST_PAUSE_MS;
        if (batch.length === 0) continue;
        activity.begin();
        try {
          await fillWindow(batch);
          await deliver(batch);
        } finally {
          activity.end();
        }
      } catch (error) {
        if (signal.aborted) return;
        context.log(
          `functioncompute: trigger ${triggerName} cannot use ${queue}: ${(error as Error).message}`,
        );
        await clock.sleep(pause, signal).catch(() => {});
        pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
      }
    }
  };

  for (let task = 0; task < tasks; task++) work();
}
