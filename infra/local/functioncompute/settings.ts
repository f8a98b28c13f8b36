import { z } from 'zod';
import { Refusal } from './refusal.ts';

/** What callers may set of a service, a function and its configurations, with the cloud's limits and defaults. */

const serviceName = z
  .string()
  .regex(/^[A-Za-z_][\w-]{0,127}$/, 'a name is 1 to 128 letters, digits, _ and -');
const functionName = z.string().regex(/^[A-Za-z_][\w-]{0,63}$/, 'a name is 1 to 64 letters, digits, _ and -');

/** Source: Function Compute API, "Service". */
const serviceFields = z.object({
  description: z.string().max(256),
  role: z.string(),
  logConfig: z.looseObject({ project: z.string().default(''), logstore: z.string().default('') }),
  internetAccess: z.boolean(),
  vpcConfig: z.looseObject({}),
  nasConfig: z.looseObject({}),
  tracingConfig: z.looseObject({}),
});

export type ServiceSettings = z.infer<typeof serviceFields>;

export const DEFAULT_SERVICE: ServiceSettings = {
  description: '',
  role: '',
  logConfig: { project: '', logstore: '' },
  internetAccess: true,
  vpcConfig: { vpcId: '', vSwitchIds: [], securityGroupId: '' },
  nasConfig: { userId: -1, groupId: -1, mountPoints: [] },
  tracingConfig: { type: null, params: null },
};

export const serviceUpdate = serviceFields.partial();
export const serviceCreation = serviceUpdate.extend({ serviceName });

/** Function Compute keeps these for itself. Source: "Environment variables". */
const RESERVED_VARIABLE = /^FC_/;
const LARGEST_ENVIRONMENT = 4096;

const environmentVariables = z
  .record(z.string().regex(/^[A-Za-z]\w*$/, 'a variable is letters, digits and _'), z.string())
  .refine(
    (variables) => !Object.keys(variables).some((name) => RESERVED_VARIABLE.test(name)),
    'variables that start with FC_ are reserved',
  )
  .refine(
    (variables) => Object.entries(variables).flat().join('').length <= LARGEST_ENVIRONMENT,
    `variables must not take more than ${LARGEST_ENVIRONMENT} bytes`,
  );

const entryPoint = z.string().regex(/^[^.].*\.[\w$]+$/, 'an entry point is file.export');

/** Runtimes that this machine's Node can stand in for. */
const RUNTIMES = ['nodejs12', 'nodejs14', 'nodejs16', 'nodejs18', 'nodejs20'] as const;

/** Source: Function Compute API, "Function"; times in seconds, memory in MB. */
const functionFields = z.object({
  description: z.string().max(256),
  runtime: z.enum(
    RUNTIMES,
    `Runtime is set to an invalid value: it must be one of ${RUNTIMES.join(', ')} here`,
  ),
  handler: entryPoint,
  initializer: z.union([z.literal(''), entryPoint]),
  timeout: z.int().min(1).max(86_400),
  initializationTimeout: z.int().min(1).max(300),
  memorySize: z.int().min(128).max(32_768).multipleOf(64),
  cpu: z.number().min(0.05).max(16),
  diskSize: z.union([z.literal(512), z.literal(10_240)]),
  instanceConcurrency: z.int().min(1).max(200),
  instanceType: z.string(),
  environmentVariables,
});

export type FunctionSettings = z.infer<typeof functionFields>;

export const DEFAULT_FUNCTION: Omit<FunctionSettings, 'runtime' | 'handler'> = {
  description: '',
  initializer: '',
  timeout: 3,
  initializationTimeout: 3,
  memorySize: 128,
  cpu: 0.1,
  diskSize: 512,
  instanceConcurrency: 1,
  instanceType: 'e1',
  environmentVariables: {},
};

const code = z.object({
  zipFile: z.string('code.zipFile is required here: the local cloud has no object storage to read code from'),
});

export const functionUpdate = functionFields.partial().extend({ code: code.optional() });
export const functionCreation = functionFields
  .partial()
  .required({ runtime: true, handler: true })
  .extend({ functionName, code });

/** Source: MNS and FC, resource names of destinations: `acs:mns:<region>:<account>:/queues/<queue>/messages`. */
export const queueOfArn = (arn: string): string | undefined =>
  /^acs:mns:[^:]*:[^:]*:\/?queues\/([^/]+)(?:\/messages)?$/.exec(arn)?.[1];

const destination = z.object({
  destination: z
    .string()
    .refine(
      (arn) => arn === '' || queueOfArn(arn) !== undefined,
      'a destination is acs:mns:<region>:<account>:/queues/<queue>/messages here: only queues are emulated',
    ),
});

/** Source: Function Compute API, "PutFunctionAsyncInvokeConfig". */
export const asyncConfiguration = z.object({
  destinationConfig: z
    .object({ onSuccess: destination.nullish(), onFailure: destination.nullish() })
    .default({}),
  maxAsyncEventAgeInSeconds: z.int().min(1).max(604_800).default(86_400),
  maxAsyncRetryAttempts: z.int().min(0).max(8).default(3),
});

export type AsyncConfiguration = z.infer<typeof asyncConfiguration>;

/** Source: Function Compute API, "PutFunctionOnDemandConfig". */
export const onDemandConfiguration = z.object({ maximumInstanceCount: z.int().min(1) });

export type OnDemandConfiguration = z.infer<typeof onDemandConfiguration>;

/** The body of a request as `schema` has it. Throws InvalidArgument that names each field that is wrong, and why. */
export function parseBody<T>(schema: z.ZodType<T>, body: Buffer): T {
  let json: unknown;
  try {
    json = body.length === 0 ? {} : JSON.parse(body.toString());
  } catch {
    throw new Refusal('InvalidArgument', 'the request body is not JSON');
  }
  return check(schema, json);
}

/** `value` as `schema` has it, or InvalidArgument. */
export function check<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) =>
    path.length > 0 ? `${path.join('.')}: ${message}` : message,
  );
  throw new Refusal('InvalidArgument', faults.join('; '));
}
