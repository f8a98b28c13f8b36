import type { Account } from '../kernel/account.ts';
import type { CloudFunction } from './catalog.ts';
import type { InvocationContext } from './protocol.ts';

/** Source: Function Compute, "Context": the credentials of the service's role can be used for 36 hours. */
const ROLE_SESSION_MS = 36 * 3_600_000;

const QUALIFIER = 'LATEST';

/** The context of one invocation, with credentials of its own. */
export function invocationContext(
  account: Account,
  fn: CloudFunction,
  requestId: string,
  retryCount: number,
  tracing: Partial<InvocationContext['tracing']> = {},
): InvocationContext {
  const { record, service } = fn;
  const { logConfig } = service.record;
  return {
    requestId,
    credentials: account.assumeRole(ROLE_SESSION_MS),
    function: {
      name: fn.name,
      handler: record.handler,
      memory: record.memorySize,
      timeout: record.timeout,
      ...(record.initializer === ''
        ? {}
        : { initializer: record.initializer, initializationTimeout: record.initializationTimeout }),
    },
    service: {
      name: service.name,
      logProject: logConfig.project,
      logStore: logConfig.logstore,
      qualifier: QUALIFIER,
      versionId: '',
    },
    region: account.region,
    accountId: account.id,
    tracing: { openTracingSpanContext: '', openTracingSpanBaggages: {}, jaegerEndpoint: '', ...tracing },
    retryCount,
  };
}

/**
 * All that an instance finds in its environment: the function's variables and what the platform sets. Nothing of this
 * process leaks in, so that a function that forgot to declare a variable fails here as it would there.
 * Source: Function Compute 2.0, "Environment variables".
 */
export function instanceEnvironment(
  account: Account,
  fn: CloudFunction,
  instanceId: string,
): Readonly<Record<string, string>> {
  const { record, service, code } = fn;
  const { accessKeyId, accessKeySecret, securityToken } = account.assumeRole(ROLE_SESSION_MS);
  return {
    PATH: process.env.PATH ?? '/usr/local/bin:/usr/bin:/bin',
    HOME: code.folder,
    LANG: 'C.UTF-8',
    TZ: 'UTC',
    ...record.environmentVariables,
    FC_FUNC_CODE_PATH: `${code.folder}/`,
    FC_ACCOUNT_ID: account.id,
    FC_REGION: account.region,
    FC_SERVICE_NAME: service.name,
    FC_FUNCTION_NAME: fn.name,
    FC_FUNCTION_HANDLER: record.handler,
    FC_FUNCTION_MEMORY_SIZE: String(record.memorySize),
    FC_INSTANCE_ID: instanceId,
    FC_QUALIFIER: QUALIFIER,
    ALIBABA_CLOUD_ACCESS_KEY_ID: accessKeyId,
    ALIBABA_CLOUD_ACCESS_KEY_SECRET: accessKeySecret,
    ALIBABA_CLOUD_SECURITY_TOKEN: securityToken,
    accessKeyID: accessKeyId,
    accessKeySecret,
    securityToken,
  };
}
