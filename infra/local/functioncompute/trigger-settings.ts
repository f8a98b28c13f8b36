import { z } from 'zod';
import { nextTick, parseSchedule } from './schedule.ts';
import { queueOfArn } from './settings.ts';

/** What callers may set of a trigger. Of its configuration only what is emulated passes: the rest is refused, not ignored. */

const triggerName = z
  .string()
  .regex(/^[A-Za-z_][\w-]{0,127}$/, 'a name is 1 to 128 letters, digits, _ and -');

/** Source: Function Compute, "Time trigger". */
const timerConfig = z.strictObject({
  cronExpression: z.string().superRefine((expression, issues) => {
    try {
      if (nextTick(parseSchedule(expression), Date.UTC(2024, 0, 1)) === undefined) {
        issues.addIssue(`cron expression '${expression}' never comes due`);
      }
    } catch (error) {
      issues.addIssue((error as Error).message);
    }
  }),
  payload: z.string().default(''),
  enable: z.boolean().default(true),
});

/** Source: Function Compute 2.0, "HTTP trigger". */
const httpConfig = z.strictObject({
  authType: z.enum(['anonymous', 'function']),
  methods: z.array(z.enum(['GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'PATCH', 'OPTIONS'])).min(1),
  disableURLInternet: z.boolean().optional(),
});

const queueArn = z.strictObject({
  Arn: z
    .string()
    .refine((arn) => queueOfArn(arn) !== undefined, 'an Arn is acs:mns:<region>:<account>:/queues/<queue>'),
});

/** Source: Function Compute API, "EventBridgeTriggerConfig"; "Advanced features of triggers" for `runOptions`. */
const eventBridgeConfig = z.strictObject({
  triggerEnable: z.boolean().default(true),
  asyncInvocationType: z.boolean().default(false),
  eventRuleFilterPattern: z.literal('{}', 'event patterns other than {} are not emulated').default('{}'),
  eventSourceConfig: z.strictObject({
    eventSourceType: z.literal('MNS', 'event sources other than MNS are not emulated'),
    eventSourceParameters: z.strictObject({
      sourceMNSParameters: z.strictObject({
        RegionId: z.string().optional(),
        QueueName: z.string().min(1),
        IsBase64Decode: z.boolean().default(true),
      }),
    }),
  }),
  eventSinkConfig: z
    .strictObject({
      deliveryOption: z
        .strictObject({
          mode: z.enum(['event-driven', 'event-streaming']).optional(),
          eventSchema: z.literal('CloudEvents', 'schemas other than CloudEvents are not emulated').optional(),
          concurrency: z.int().min(1).optional(),
        })
        .default({}),
    })
    .default({ deliveryOption: {} }),
  runOptions: z
    .strictObject({
      mode: z.enum(['event-driven', 'event-streaming']).optional(),
      maximumTasks: z.int().min(1).optional(),
      errorsTolerance: z.enum(['ALL', 'NONE']).default('NONE'),
      retryStrategy: z
        .strictObject({
          PushRetryStrategy: z.enum(['BACKOFF_RETRY', 'EXPONENTIAL_DECAY_RETRY']).default('BACKOFF_RETRY'),
        })
        .default({ PushRetryStrategy: 'BACKOFF_RETRY' }),
      deadLetterQueue: queueArn.nullish(),
      batchWindow: z
        .strictObject({
          CountBasedWindow: z.int().min(1).max(10_000).default(16),
          TimeBasedWindow: z.int().min(0).max(15).default(0),
        })
        .default({ CountBasedWindow: 16, TimeBasedWindow: 0 }),
    })
    .default({
      errorsTolerance: 'NONE',
      retryStrategy: { PushRetryStrategy: 'BACKOFF_RETRY' },
      batchWindow: { CountBasedWindow: 16, TimeBasedWindow: 0 },
    }),
});

export type TimerConfig = z.infer<typeof timerConfig>;
export type HttpConfig = z.infer<typeof httpConfig>;
export type EventBridgeConfig = z.infer<typeof eventBridgeConfig>;

const common = z.object({
  triggerName,
  description: z.string().default(''),
  sourceArn: z.string().nullish(),
  invocationRole: z.string().nullish(),
  qualifier: z.string().nullish(),
});

export const triggerCreation = z.discriminatedUnion(
  'triggerType',
  [
    common.extend({ triggerType: z.literal('timer'), triggerConfig: timerConfig }),
    common.extend({ triggerType: z.literal('http'), triggerConfig: httpConfig }),
    common.extend({ triggerType: z.literal('eventbridge'), triggerConfig: eventBridgeConfig }),
  ],
  'triggerType: only timer, http and eventbridge are emulated',
);

export type TriggerSettings = z.infer<typeof triggerCreation>;

/** What an update may carry; the whole trigger is checked again once it is merged. */
export const triggerUpdate = common.partial().extend({ triggerConfig: z.looseObject({}).optional() });
