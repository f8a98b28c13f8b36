import { type Place, queueArn, queueName } from '../resources/names.ts';
import { queueOf, VISIBILITY_PER_TIMEOUT } from '../resources/queues.ts';
import type { FunctionConfiguration, FunctionEvent } from './configuration.ts';

/** A trigger as `createTrigger` of the API 2016-08-15 takes it. */
export interface Trigger {
  readonly triggerName: string;
  readonly triggerType: 'http' | 'timer' | 'eventbridge';
  readonly triggerConfig: Readonly<Record<string, unknown>>;
}

export interface TriggerPlace extends Place {
  readonly stage: string;
}

/** The triggers of a function, in the order of its events. Throws when two have one name, or a queue does not fit. */
export function triggersOf(declared: FunctionConfiguration, place: TriggerPlace): readonly Trigger[] {
  const triggers = declared.events.map((event) => triggerOf(event, declared, place));
  const names = triggers.map((trigger) => trigger.triggerName);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice) {
    throw new Error(
      `functions.${declared.name}: two triggers are named "${twice}", give one of them a \`name\``,
    );
  }
  return triggers;
}

function triggerOf(event: FunctionEvent, declared: FunctionConfiguration, place: TriggerPlace): Trigger {
  switch (event.type) {
    case 'http':
      return {
        triggerName: event.name ?? 'http',
        triggerType: 'http',
        triggerConfig: { authType: event.authType, methods: event.methods },
      };
    case 'timer':
      return {
        triggerName: event.name ?? 'timer',
        triggerType: 'timer',
        triggerConfig: { cronExpression: event.rate, payload: event.payload, enable: event.enabled },
      };
    case 'queue':
      return queueTrigger(event, declared, place);
  }
}

/**
 * MNS queues reach a function through an EventBridge stream that the trigger creates. The mode is always
 * `event-streaming`, as batches, error tolerance, retries and the dead-letter queue have an effect in that mode only
 * (source: Serverless Devs fc3, triggers, runOptions). The call is synchronous, so that a failure is the stream's to
 * retry; with `errorsTolerance` NONE, the default, one message that never succeeds would stop the stream, and without a
 * dead-letter queue ALL would drop it.
 */
function queueTrigger(
  event: Extract<FunctionEvent, { type: 'queue' }>,
  declared: FunctionConfiguration,
  { stage, ...place }: TriggerPlace,
): Trigger {
  checkQueues(event, declared);
  const { concurrency } = event;
  return {
    triggerName: event.name ?? 'queue',
    triggerType: 'eventbridge',
    triggerConfig: {
      triggerEnable: event.enabled,
      asyncInvocationType: false,
      eventRuleFilterPattern: '{}',
      eventSourceConfig: {
        eventSourceType: 'MNS',
        eventSourceParameters: {
          sourceMNSParameters: {
            RegionId: place.region,
            QueueName: queueName(stage, event.queue),
            // Bodies are base64 on the wire, as the SDK does not escape XML.
            IsBase64Decode: true,
          },
        },
      },
      eventSinkConfig: {
        deliveryOption: {
          mode: 'event-streaming',
          eventSchema: 'CloudEvents',
          ...(concurrency === undefined ? {} : { concurrency }),
        },
      },
      runOptions: {
        mode: 'event-streaming',
        ...(concurrency === undefined ? {} : { maximumTasks: concurrency }),
        errorsTolerance: 'ALL',
        retryStrategy: { PushRetryStrategy: 'EXPONENTIAL_DECAY_RETRY' },
        deadLetterQueue: { Arn: queueArn(place, queueName(stage, event.deadLetter)) },
        batchWindow: { CountBasedWindow: event.batchSize, TimeBasedWindow: event.batchWindow },
      },
    },
  };
}

function checkQueues(
  event: Extract<FunctionEvent, { type: 'queue' }>,
  { name, timeout }: FunctionConfiguration,
): void {
  const at = `functions.${name}.events.queue`;
  const source = declaredQueue(event.queue, `${at}.queue`);
  declaredQueue(event.deadLetter, `${at}.deadLetter`);
  if (event.deadLetter === event.queue) {
    throw new Error(`${at}.deadLetter: "${event.queue}" cannot take its own dead letters`);
  }
  const enough = VISIBILITY_PER_TIMEOUT * (timeout ?? 0);
  if (source.visibilityTimeout < enough) {
    throw new Error(
      `${at}.queue: messages of "${event.queue}" are hidden for ${source.visibilityTimeout} s, ` +
        `a function with a timeout of ${timeout} s needs ${enough} s (infra/resources/queues.ts)`,
    );
  }
}

/** As `queueOf`, with the place in serverless.yml in the message. */
export function declaredQueue(queue: string, at: string): ReturnType<typeof queueOf> {
  try {
    return queueOf(queue);
  } catch (error) {
    throw new Error(`${at}: ${(error as Error).message}`, { cause: error });
  }
}
