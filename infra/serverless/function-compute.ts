import { createRequire } from 'node:module';
import { type CloudError, functionComputeError } from './cloud-error.ts';
import type { Target } from './target.ts';

type Json = Readonly<Record<string, unknown>>;

/**
 * The calls that deployment makes, on the API 2016-08-15. Those that read give undefined for what is not there. Every
 * failure is a CloudError that says what was being done.
 */
export interface FunctionCompute {
  getService(service: string): Promise<Json | undefined>;
  createService(service: string, settings: object): Promise<void>;
  updateService(service: string, settings: object): Promise<void>;
  deleteService(service: string): Promise<void>;

  listFunctions(service: string): Promise<readonly Json[]>;
  createFunction(service: string, name: string, settings: object, zip: Uint8Array): Promise<void>;
  /** Leaves the code as it is when no archive is given. */
  updateFunction(service: string, name: string, settings: object, zip?: Uint8Array): Promise<void>;
  deleteFunction(service: string, name: string): Promise<void>;

  listTriggers(service: string, name: string): Promise<readonly Json[]>;
  createTrigger(service: string, name: string, trigger: { triggerName: string }): Promise<void>;
  updateTrigger(service: string, name: string, trigger: { triggerName: string }): Promise<void>;
  deleteTrigger(service: string, name: string, trigger: string): Promise<void>;

  getAsyncConfig(service: string, name: string): Promise<Json | undefined>;
  putAsyncConfig(service: string, name: string, settings: object): Promise<void>;
  deleteAsyncConfig(service: string, name: string): Promise<void>;

  getMaximumInstances(service: string, name: string): Promise<number | undefined>;
  putMaximumInstances(service: string, name: string, count: number): Promise<void>;
  deleteMaximumInstances(service: string, name: string): Promise<void>;
}

/**
 * The part of @alicloud/fc2 that is used; it has no types of its own. Its methods by operation are left alone: they
 * change the settings they are given, and some send options as headers.
 */
interface Fc2 {
  get(path: string, query?: object | null, headers?: object): Promise<{ data: Json }>;
  post(path: string, body: object, headers?: object): Promise<{ data: Json }>;
  put(path: string, body: object, headers?: object): Promise<{ data: Json }>;
  delete(path: string, query?: object | null, headers?: object): Promise<unknown>;
}

const Fc2Client = createRequire(import.meta.url)('@alicloud/fc2') as new (
  accountId: string,
  options: object,
) => Fc2;

/** Largest page that the lists give. Source: Function Compute API, ListFunctions, ListTriggers. */
const PAGE = 100;
/** A code package is uploaded in one request. */
const UPLOAD_TIMEOUT_MS = 180_000;
/** On-demand limits belong to a version or an alias of the service, and we publish none. */
const LATEST = 'LATEST';

export function createFunctionCompute({
  accountId,
  region,
  credentials,
  endpoints,
}: Target): FunctionCompute {
  const client = new Fc2Client(accountId, {
    accessKeyID: credentials.accessKeyId,
    accessKeySecret: credentials.accessKeySecret,
    securityToken: credentials.securityToken,
    region,
    endpoint: endpoints.fc,
    timeout: UPLOAD_TIMEOUT_MS,
    // The client leaves the token out where the key id does not begin with STS.
    ...(credentials.securityToken && { headers: { 'x-fc-security-token': credentials.securityToken } }),
  });

  const pathOf = (service: string, ...rest: string[]) => ['/services', service, ...rest].join('/');
  const functionPath = (service: string, name: string, ...rest: string[]) =>
    pathOf(service, 'functions', name, ...rest);
  const limitPath = (service: string, name: string) =>
    functionPath(`${service}.${LATEST}`, name, 'on-demand-config');

  const calling = async <T>(doing: string, call: Promise<T>): Promise<T> => {
    try {
      return await call;
    } catch (cause) {
      throw functionComputeError(doing, cause);
    }
  };
  const look = async (doing: string, path: string): Promise<Json | undefined> => {
    try {
      return (await calling(doing, client.get(path))).data;
    } catch (error) {
      if ((error as CloudError).status === 404) return undefined;
      throw error;
    }
  };
  const list = async (doing: string, path: string, field: string): Promise<readonly Json[]> => {
    const found: Json[] = [];
    let nextToken: unknown;
    do {
      const query = { limit: PAGE, ...(nextToken ? { nextToken } : {}) };
      const { data } = await calling(doing, client.get(path, query));
      found.push(...(data[field] as Json[]));
      nextToken = data.nextToken;
    } while (nextToken);
    return found;
  };
  const act = async (doing: string, call: Promise<unknown>): Promise<void> => {
    await calling(doing, call);
  };

  return {
    getService: (service) => look(`looking at service ${service}`, pathOf(service)),
    createService: (service, settings) =>
      act(`creating service ${service}`, client.post('/services', { serviceName: service, ...settings })),
    updateService: (service, settings) =>
      act(`updating service ${service}`, client.put(pathOf(service), settings)),
    deleteService: (service) => act(`deleting service ${service}`, client.delete(pathOf(service))),

    listFunctions: (service) =>
      list(`listing the functions of ${service}`, pathOf(service, 'functions'), 'functions'),
    createFunction: (service, name, settings, zip) =>
      act(
        `creating function ${name}`,
        client.post(pathOf(service, 'functions'), { functionName: name, ...settings, code: codeOf(zip) }),
      ),
    updateFunction: (service, name, settings, zip) =>
      act(
        `updating function ${name}`,
        client.put(functionPath(service, name), { ...settings, ...(zip && { code: codeOf(zip) }) }),
      ),
    deleteFunction: (service, name) =>
      act(`deleting function ${name}`, client.delete(functionPath(service, name))),

    listTriggers: (service, name) =>
      list(`listing the triggers of ${name}`, functionPath(service, name, 'triggers'), 'triggers'),
    createTrigger: (service, name, trigger) =>
      act(
        `creating trigger ${name}/${trigger.triggerName}`,
        client.post(functionPath(service, name, 'triggers'), trigger),
      ),
    updateTrigger: (service, name, { triggerName, ...settings }) =>
      act(
        `updating trigger ${name}/${triggerName}`,
        client.put(functionPath(service, name, 'triggers', triggerName), settings),
      ),
    deleteTrigger: (service, name, trigger) =>
      act(
        `deleting trigger ${name}/${trigger}`,
        client.delete(functionPath(service, name, 'triggers', trigger)),
      ),

    getAsyncConfig: (service, name) =>
      look(
        `looking at the asynchronous settings of ${name}`,
        functionPath(service, name, 'async-invoke-config'),
      ),
    putAsyncConfig: (service, name, settings) =>
      act(
        `setting what happens to asynchronous calls of ${name}`,
        client.put(functionPath(service, name, 'async-invoke-config'), settings),
      ),
    deleteAsyncConfig: (service, name) =>
      act(
        `deleting the asynchronous settings of ${name}`,
        client.delete(functionPath(service, name, 'async-invoke-config')),
      ),

    async getMaximumInstances(service, name) {
      const found = await look(`looking at the limit of ${name}`, limitPath(service, name));
      return found?.maximumInstanceCount as number | undefined;
    },
    putMaximumInstances: (service, name, count) =>
      act(
        `limiting the instances of ${name}`,
        client.put(limitPath(service, name), { maximumInstanceCount: count }),
      ),
    deleteMaximumInstances: (service, name) =>
      act(`lifting the limit of ${name}`, client.delete(limitPath(service, name))),
  };
}

const codeOf = (zip: Uint8Array) => ({ zipFile: Buffer.from(zip).toString('base64') });
