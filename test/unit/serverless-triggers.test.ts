import { describe, expect, it } from 'vitest';
import { type FunctionEvent, readConfiguration } from '../../infra/serverless/configuration.ts';
import { triggersOf } from '../../infra/serverless/triggers.ts';

const PLACE = { region: 'cn-hangzhou', accountId: '1234567890123456', stage: 'prod' };

function triggersFor(events: object[], settings: object = {}) {
  const { functions } = readConfiguration({
    provider: {},
    functions: { it: { handler: 'it.handler', timeout: 60, ...settings, events } },
  });
  const [declared] = functions;
  if (!declared) throw new Error('no function was read');
  return triggersOf(declared, PLACE);
}

const hints = (more: Partial<Extract<FunctionEvent, { type: 'queue' }>> = {}) => ({
  queue: { queue: 'hints', deadLetter: 'hints-dead', ...more },
});

describe('triggers as Function Compute takes them', () => {
  it('renders HTTP', () => {
    expect(triggersFor([{ http: { methods: ['POST'], authType: 'anonymous' } }])).toEqual([
      {
        triggerName: 'http',
        triggerType: 'http',
        triggerConfig: { authType: 'anonymous', methods: ['POST'] },
      },
    ]);
  });

  it('renders a timer, enabled unless it says otherwise', () => {
    expect(
      triggersFor([
        { timer: { rate: '@every 1m', payload: 'due' } },
        { timer: { name: 'nightly', rate: '0 0 3 * * *', enabled: false } },
      ]),
    ).toEqual([
      {
        triggerName: 'timer',
        triggerType: 'timer',
        triggerConfig: { cronExpression: '@every 1m', payload: 'due', enable: true },
      },
      {
        triggerName: 'nightly',
        triggerType: 'timer',
        triggerConfig: { cronExpression: '0 0 3 * * *', payload: '', enable: false },
      },
    ]);
  });

  it('renders a queue as a stream of EventBridge that loses nothing and never stops', () => {
    expect(triggersFor([hints({ batchSize: 64, batchWindow: 0, concurrency: 8 })])).toEqual([
      {
        triggerName: 'queue',
        triggerType: 'eventbridge',
        triggerConfig: {
          triggerEnable: true,
          asyncInvocationType: false,
          eventRuleFilterPattern: '{}',
          eventSourceConfig: {
            eventSourceType: 'MNS',
            eventSourceParameters: {
              sourceMNSParameters: {
                RegionId: 'cn-hangzhou',
                QueueName: 'holdfast-prod-hints',
                IsBase64Decode: true,
              },
            },
          },
          eventSinkConfig: {
            deliveryOption: { mode: 'event-streaming', eventSchema: 'CloudEvents', concurrency: 8 },
          },
          runOptions: {
            mode: 'event-streaming',
            maximumTasks: 8,
            errorsTolerance: 'ALL',
            retryStrategy: { PushRetryStrategy: 'EXPONENTIAL_DECAY_RETRY' },
            deadLetterQueue: { Arn: 'acs:mns:cn-hangzhou:1234567890123456:/queues/holdfast-prod-hints-dead' },
            batchWindow: { CountBasedWindow: 64, TimeBasedWindow: 0 },
          },
        },
      },
    ]);
  });

  it('refuses a queue that is not declared, and names those that are', () => {
    expect(() => triggersFor([hints({ queue: 'hint' })])).toThrow(
      'functions.it.events.queue.queue: no queue "hint" is declared',
    );
    expect(() => triggersFor([hints({ deadLetter: 'dead' })])).toThrow(
      'functions.it.events.queue.deadLetter: no queue "dead" is declared',
    );
  });

  it('refuses a queue as its own dead-letter queue', () => {
    expect(() => triggersFor([hints({ deadLetter: 'hints' })])).toThrow('cannot take its own dead letters');
  });

  it('refuses a function that may still work on a message when it shows again', () => {
    expect(() => triggersFor([hints()], { timeout: 61 })).toThrow(
      'messages of "hints" are hidden for 360 s, a function with a timeout of 61 s needs 366 s',
    );
  });

  it('refuses two triggers of one name', () => {
    const timer = { timer: { rate: '@every 1m' } };
    expect(() => triggersFor([timer, timer])).toThrow('two triggers are named "timer"');
  });
});
