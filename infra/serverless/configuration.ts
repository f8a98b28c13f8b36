import { z } from 'zod';

/** Our name in `provider.name`. */
export const PROVIDER = 'aliyun';

/** Source: Function Compute 2.0, limits: 128 MB to 32 GB in steps of 64. */
const memorySize = z.int().min(128).max(32_768).multipleOf(64).describe('MB');
/** Source: Function Compute 2.0, limits: 1 s to 24 h. */
const timeout = z.int().min(1).max(86_400).describe('seconds');
const environment = z.record(z.string().regex(/^[A-Za-z][A-Za-z0-9_]*$/), z.string());
const triggerName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_-]{0,127}$/)
  .optional();

export const providerSchema = z.strictObject({
  region: z.string().optional(),
  runtime: z.enum(['nodejs18', 'nodejs20']).default('nodejs20'),
  memorySize: memorySize.default(512),
  timeout: timeout.default(60),
  environment: environment.default({}),
});

export const functionSchema = z.strictObject({
  /** `path/to/file.export`, from the folder of serverless.yml, without the file's ending. */
  handler: z.string().regex(/^[\w./-]+\.[A-Za-z_$][\w$]*$/),
  description: z.string().max(256).optional(),
  memorySize: memorySize.optional(),
  timeout: timeout.optional(),
  /** Requests that one instance serves at a time. */
  instanceConcurrency: z.int().min(1).max(200).default(1),
  /** Instances that run at a time; no limit of its own when left out. */
  maximumInstanceCount: z.int().min(1).optional(),
  /** What happens to invocations that nobody waits for, as a timer's. */
  asynchronous: z
    .strictObject({
      retries: z.int().min(0).max(8).default(3),
      /** Seconds that an event waits at most. */
      maximumAge: z.int().min(1).max(604_800).optional(),
      /** The declared queue that takes what failed to the last retry. */
      onFailure: z.string(),
    })
    .optional(),
  environment: environment.default({}),
});

export const eventSchemas = {
  http: z.strictObject({
    name: triggerName,
    methods: z.array(z.enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])).min(1),
    authType: z.enum(['anonymous', 'function']),
  }),
  timer: z.strictObject({
    name: triggerName,
    /**
     * `@every 5m`, or cron with six fields, the first of them seconds, in UTC unless it begins with `CRON_TZ=`.
     * Source: Function Compute, timer triggers.
     */
    rate: z.string().regex(/^(@every [1-9][0-9]*[mh]|(CRON_TZ=[^ ]+ )?([^ ]+ ){5}[^ ]+)$/),
    payload: z.string().default(''),
    enabled: z.boolean().default(true),
  }),
  queue: z.strictObject({
    name: triggerName,
    /** The declared queue whose messages come. */
    queue: z.string(),
    /** Messages in one invocation at most. */
    batchSize: z.int().min(1).max(10_000).default(1),
    /** Seconds to wait for a batch to fill. */
    batchWindow: z.int().min(0).max(15).default(0),
    /** Invocations that run at a time. */
    concurrency: z.int().min(1).max(200).optional(),
    /** The declared queue that takes what failed to the last retry; without one those messages would be dropped. */
    deadLetter: z.string(),
    enabled: z.boolean().default(true),
  }),
} as const;

export type EventType = keyof typeof eventSchemas;
export const EVENT_TYPES = Object.keys(eventSchemas) as readonly EventType[];

export type FunctionEvent = {
  [T in EventType]: { readonly type: T } & z.output<(typeof eventSchemas)[T]>;
}[EventType];

export interface FunctionConfiguration extends z.output<typeof functionSchema> {
  readonly name: string;
  readonly events: readonly FunctionEvent[];
}

export interface Configuration {
  readonly provider: z.output<typeof providerSchema>;
  readonly functions: readonly FunctionConfiguration[];
}

/** What osls hands over of serverless.yml; its own keys are left out before the rest is read. */
export interface RawConfiguration {
  readonly provider: Readonly<Record<string, unknown>>;
  readonly functions: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** Keys that osls puts beside ours and that mean nothing here. */
const OSLS_PROVIDER_KEYS = ['name', 'stage', 'versionFunctions'];
const OSLS_FUNCTION_KEYS = ['name', 'events', 'package'];

/**
 * Names every event that no schema knows, as `function, event, what is known`: an event that is ignored would be a
 * function that never runs, so that this is looked at before anything else.
 */
export function unknownEvents(functions: RawConfiguration['functions']): readonly string[] {
  return Object.entries(functions).flatMap(([name, declared]) =>
    eventsOf(declared).flatMap((event, index) => {
      const types = typeof event === 'object' && event !== null ? Object.keys(event) : [String(event)];
      return types
        .filter((type) => !isEventType(type))
        .map(
          (type) =>
            `functions.${name}.events[${index}]: unknown event "${type}"; known are ${EVENT_TYPES.join(', ')}`,
        );
    }),
  );
}

/** Reads what osls resolved. Throws an Error that lists everything that is wrong. */
export function readConfiguration(raw: RawConfiguration): Configuration {
  const problems = [...unknownEvents(raw.functions)];
  const read = <T extends z.ZodType>(schema: T, value: unknown, path: string): z.output<T> | undefined => {
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
    for (const { path: inner, message } of parsed.error.issues) {
      problems.push(`${[path, ...inner.map(String)].join('.')}: ${message}`);
    }
    return undefined;
  };

  const provider = read(providerSchema, without(raw.provider, OSLS_PROVIDER_KEYS), 'provider');
  const functions = Object.entries(raw.functions).map(([name, declared]) => {
    const settings = read(functionSchema, without(declared, OSLS_FUNCTION_KEYS), `functions.${name}`);
    const events = eventsOf(declared).flatMap((event, index) =>
      Object.entries(event as Record<string, unknown>)
        .filter((entry): entry is [EventType, unknown] => isEventType(entry[0]))
        .map(([type, value]) => {
          const path = `functions.${name}.events[${index}].${type}`;
          return { type, ...read(eventSchemas[type], value, path) } as FunctionEvent;
        }),
    );
    return { name, ...settings, events } as FunctionConfiguration;
  });
  if (problems.length > 0 || !provider) throw new Error(`serverless.yml:\n  ${problems.join('\n  ')}`);
  return { provider, functions };
}

const isEventType = (type: string): type is EventType => Object.hasOwn(eventSchemas, type);

const eventsOf = (declared: Readonly<Record<string, unknown>>): readonly unknown[] =>
  Array.isArray(declared.events) ? declared.events : [];

const without = (
  value: Readonly<Record<string, unknown>>,
  keys: readonly string[],
): Record<string, unknown> =>
  Object.fromEntries(Object.entries(value).filter(([key]) => !keys.includes(key)));
